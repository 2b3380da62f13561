/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_DATE_H
#define SLUICE_DATE_H

#include <time.h>

/* An instant as Date has it (RFC 9110 5.6.7), made anew once a second. */

struct date {
	time_t	 at;
	char	 text[64];	/* "": not made yet */
};

/* Returns that of now, which stays until the next call. */
const char	*date_text(struct date *, time_t now);

#endif
