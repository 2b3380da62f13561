/* SPDX-License-Identifier: ISC */
#include "hint/hint_reading.h"

#include "hint/hint_date.h"
#include "hint/hint_list.h"

int64_t
hint_reading_date(struct hint_reading *r)
{
	const struct http1_field *f = r->head->fields;
	struct http1_str list, member;
	unsigned i;

	if (r->dated)
		return r->date;
	r->dated = true;
	r->date = r->now;
	for (i = 0; i < r->head->nfields; i++, f++) {
		if (f->id != HTTP1_DATE)
			continue;
		list = f->value;
		while (hint_member(&list, &member))
			if (hint_date(member.p, member.len, r->now, &r->date))
				return r->date;
	}
	return r->date;
}
