/* SPDX-License-Identifier: ISC */
#include "exchange/json_text.h"

#include "base/text.h"

static int
put_cb(const char *p, size_t n, void *arg)
{
	struct text *t = arg;

	text_put(t, p, n);
	return t->failed ? -1 : 0;
}

void
json_text_put(struct text *t, const json_t *value, size_t flags)
{
	if (value == NULL || json_dump_callback(value, put_cb, t, flags) != 0)
		t->failed = true;
}
