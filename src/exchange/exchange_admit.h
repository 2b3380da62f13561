/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_ADMIT_H
#define SLUICE_EXCHANGE_ADMIT_H

#include <stdbool.h>

/*
 * Admission: a host's throttle is asked, lets the request go at once or when
 * its turn comes, or refuses it (429).
 */

struct exchange;
struct http1_head;
struct mail;

/*
 * Its host's throttle is asked, which takes the request, or its end.  Returns
 * false when nothing was asked, for there is a newer configuration.
 */
bool	 exchange_admit(struct exchange *, const struct http1_head *);
/* The throttle has answered one that waited: its ticket's mail. */
void	 exchange_admit_mail(struct mail *);
/* It has waited for as long as it could when it began to. */
void	 exchange_admit_late(struct exchange *);

#endif
