/* SPDX-License-Identifier: ISC */

/* A stream of events, as a command reads what some daemon sends. */

#include "fuzz.h"

#include "ctl/ctl_sse.h"

/* The events of a stream, one behind the other. */
struct told {
	struct text	 all;
	unsigned	 n;
};

static void
tell(const char *name, const char *data, size_t n, void *arg)
{
	struct told *told = arg;

	REQUIRE(strlen(name) < 32 && n <= CTL_SSE_DATA);
	text_puts(&told->all, name);
	text_put(&told->all, "\0", 1);
	text_put(&told->all, data, n);
	text_put(&told->all, "\0", 1);
	told->n++;
}

static bool
read_by(const char *p, size_t len, size_t step, struct told *told)
{
	struct ctl_sse sse = { .failed = false };
	bool ok = true;
	size_t n;
	char *copy;

	while (ok && len > 0) {
		n = len < step ? len : step;
		copy = exact_copy(p, n);
		ok = ctl_sse_read(&sse, copy, n, tell, told);
		REQUIRE(ok == !sse.failed);
		REQUIRE(sse.line.len <= CTL_SSE_LINE + 1);
		free(copy);
		p += n;
		len -= n;
	}
	ctl_sse_free(&sse);
	return ok;
}

/* How many lines of the stream are empty: no more events than that. */
static unsigned
count_ends(const char *p, size_t len)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < len; i++)
		n += p[i] == '\n' || p[i] == '\r';
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	struct told whole = { .n = 0 }, pieces = { .n = 0 };

	if (size == 0)
		return 0;
	REQUIRE(read_by(p, size, size, &whole) ==
	    read_by(p, size, 1 + data[size - 1] % 17U, &pieces));
	REQUIRE(whole.n == pieces.n && whole.n <= count_ends(p, size));
	REQUIRE(whole.all.len == pieces.all.len);
	REQUIRE(whole.all.len == 0 ||
	    memcmp(whole.all.p, pieces.all.p, whole.all.len) == 0);
	text_free(&whole.all);
	text_free(&pieces.all);
	return 0;
}
