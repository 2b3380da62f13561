/* SPDX-License-Identifier: ISC */
#include "hint/hint_duration.h"

#include <string.h>

#include "base/sum.h"
#include "hint/hint.h"
#include "hint/hint_number.h"
#include "hint/hint_reader.h"

/* The unit of a term, in ns; 0: it is none. */
static uint64_t
read_unit(struct hint_reader *r)
{
	static const struct {
		const char	*text;
		uint64_t	 ns;
	} units[] = {		/* the longer of two first */
		{ "ms", 1000000 },
		{ "us", 1000 },
		{ "\xc2\xb5s", 1000 },
		{ "\xce\xbcs", 1000 },
		{ "ns", 1 },
		{ "s", HINT_SECOND },
		{ "m", 60 * HINT_SECOND },
		{ "h", 3600 * HINT_SECOND },
		{ "d", 86400 * HINT_SECOND },
	};
	unsigned i;
	size_t n;

	for (i = 0; i < sizeof units / sizeof units[0]; i++) {
		n = strlen(units[i].text);
		if (!hint_reader_starts(r, units[i].text, n))
			continue;
		r->p += n;
		return units[i].ns;
	}
	return 0;
}

bool
hint_duration(struct http1_str s, uint64_t *ns)
{
	struct hint_reader r;
	struct hint_number number;
	uint64_t unit;

	if (s.len == 0)
		return false;
	r = hint_reader(s.p, s.len);
	*ns = 0;
	while (r.p < r.end) {
		hint_number_read(&r, &number);
		unit = read_unit(&r);
		if (r.bad || unit == 0)
			return false;
		*ns = sum(*ns, hint_number_of(number, unit));
	}
	return true;
}
