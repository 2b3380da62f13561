/* SPDX-License-Identifier: ISC */

/*
 * Response fields as hint_read() gets them: one a line, "D" and a Date, "N"
 * and eight bytes of our clock, or else a Retry-After as it stands.
 */

#include <stdlib.h>
#include <string.h>

#include "core/hint.h"
#include "core/http1.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct http1_head head;

static void
add_field(enum http1_name id, const char *p, size_t len)
{
	struct http1_field *f;

	if (head.nfields == HTTP1_FIELDS)
		return;
	f = &head.fields[head.nfields++];
	f->id = id;
	f->value.p = p;
	f->value.len = len;
}

static void
add_line(const char *p, size_t len, int64_t *now)
{
	if (len > sizeof(*now) && p[0] == 'N')
		memcpy(now, p + 1, sizeof(*now));
	else if (len > 0 && p[0] == 'D')
		add_field(HTTP1_DATE, p + 1, len - 1);
	else
		add_field(HTTP1_RETRY_AFTER, p, len);
}

/* What holds of a single value, whatever it is. */
static void
check_value(struct http1_str value, int64_t now)
{
	int64_t seconds;
	uint64_t delay;

	if (hint_date(value.p, value.len, now, &seconds)) {
		/* Years of four digits, and a leap second after the last. */
		if (seconds < -62167219200 || seconds > 253402300800)
			abort();
		if (!hint_retry_after(value.p, value.len, now, &delay) ||
		    (seconds <= now) != (delay == 0))
			abort();
	}
	if (hint_retry_after(value.p, value.len, now, &delay) &&
	    (value.len == 0 || memchr(value.p, '\0', value.len) != NULL))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size, *line;
	int64_t now = 1735689600;
	struct hint hint;
	unsigned i;

	head.nfields = 0;
	while (p < end) {
		line = p;
		p = memchr(line, '\n', (size_t)(end - line));
		if (p == NULL)
			p = end;
		add_line(line, (size_t)(p - line), &now);
		p += p < end;
	}
	hint_read(&head, now, &hint);
	if (!hint.retry_after && hint.delay != 0)
		abort();
	for (i = 0; i < head.nfields; i++)
		check_value(head.fields[i].value, now);
	return 0;
}
