/* SPDX-License-Identifier: ISC */
#include "core/hint_internal.h"

/* What the response's dates are measured against. */
static int64_t
response_date(const struct http1_head *head, int64_t now)
{
	const struct http1_field *f;
	int64_t date;
	unsigned i;

	for (i = 0; i < head->nfields; i++) {
		f = &head->fields[i];
		if (f->id == HTTP1_DATE &&
		    hint_date(f->value.p, f->value.len, now, &date))
			return date;
	}
	return now;
}

void
hint_read(const struct http1_head *head, int64_t now, struct hint *hint)
{
	const struct http1_field *f;
	int64_t date = response_date(head, now);
	uint64_t delay;
	unsigned i;

	hint->retry_after = false;
	hint->delay = 0;
	for (i = 0; i < head->nfields; i++) {
		f = &head->fields[i];
		if (f->id != HTTP1_RETRY_AFTER ||
		    !hint_retry_after(f->value.p, f->value.len, date, &delay))
			continue;
		hint->retry_after = true;
		if (delay > hint->delay)
			hint->delay = delay;
	}
}
