/* SPDX-License-Identifier: ISC */
#include "hint/hint_reader.h"

#include <string.h>

#include "http/http1_class.h"

/* Of at least one byte: an empty value may have no address. */
struct hint_reader
hint_reader(const char *value, size_t n)
{
	struct hint_reader r = { value, value + n, false };

	return r;
}

bool
hint_reader_starts(const struct hint_reader *r, const char *text, size_t n)
{
	return (size_t)(r->end - r->p) >= n && memcmp(r->p, text, n) == 0;
}

void
hint_reader_text(struct hint_reader *r, const char *text)
{
	size_t n = strlen(text);

	if (!hint_reader_starts(r, text, n))
		r->bad = true;
	else
		r->p += n;
}

/* Exactly that many digits. */
int
hint_reader_digits(struct hint_reader *r, int n)
{
	int value = 0;

	for (; n > 0; n--) {
		if (r->p == r->end || !http1_is_digit(*r->p)) {
			r->bad = true;
			return 0;
		}
		value = value * 10 + (*r->p++ - '0');
	}
	return value;
}
