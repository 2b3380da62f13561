/* SPDX-License-Identifier: ISC */
#include "hosts/store_name.h"

#include <stdio.h>

#include "hosts/host_types.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_store.h"

/* Which of its budgets: a letter, and a text where there are several. */
static const char *
which(const struct host *h, const struct throttle_store_question *q, char *kind)
{
	const char *text = "";

	*kind = 'h';
	if (q->whose == THROTTLE_OF_PART) {
		*kind = 'p';
		text = h->rule->paths[q->part].text;
	} else if (q->whose == THROTTLE_OF_TOTAL) {
		*kind = 't';
	} else if (q->whose == THROTTLE_OF_METER) {
		*kind = 'm';
		(void)throttle_meter(h->throttle, THROTTLE_METERS_OWN, q->part,
		    &text);
	} else if (q->whose == THROTTLE_OF_TOTAL_METER) {
		*kind = 'a';
		(void)throttle_meter(h->throttle, THROTTLE_METERS_TOTAL,
		    q->part, &text);
	}
	return text;
}

size_t
store_name(char *buf, size_t size, const struct host *h,
    const struct throttle_store_question *q)
{
	bool of_all = q->whose == THROTTLE_OF_TOTAL ||
	    q->whose == THROTTLE_OF_TOTAL_METER;
	const char *key = of_all && h->total != NULL ? h->total->key : h->key;
	char kind;
	const char *text = which(h, q, &kind);
	int n = snprintf(buf, size, "%s %s %c%s", h->rule->name, key, kind,
	    text);

	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

size_t
store_name_own(char *buf, size_t size, const struct host *h)
{
	static const struct throttle_store_question own = {
		.whose = THROTTLE_OF_HOST,
	};

	return store_name(buf, size, h, &own);
}
