/* SPDX-License-Identifier: ISC */
#include "exchange/date.h"

const char *
date_text(struct date *d, time_t now)
{
	struct tm tm;

	if ((now != d->at || d->text[0] == '\0') &&
	    gmtime_r(&now, &tm) != NULL) {
		d->at = now;
		strftime(d->text, sizeof d->text, "%a, %d %b %Y %H:%M:%S GMT",
		    &tm);
	}
	return d->text;
}
