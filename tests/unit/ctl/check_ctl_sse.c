/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "ctl/ctl_sse.h"

/* Server-sent events, however they are cut into pieces. */

static const struct {
	const char	*stream;
	const char	*events;	/* "NAME=DATA;" each */
} rows[] = {
	{ "data: a\n\n", "=a;" },
	{ "data:a\n\n", "=a;" },
	{ "data:  a\n\n", "= a;" },
	{ "data: a\r\n\r\n", "=a;" },
	{ "data: a\r\rdata: b\r\r", "=a;=b;" },
	{ "event: refusal\nid: 7\ndata: {}\n\n", "refusal={};" },
	{ ": hello\n\ndata: a\n\n", "=a;" },
	{ "data: a\ndata: b\n\n", "=a\nb;" },
	{ "data\n\n", "=;" },
	{ "datax: a\n\n", "" },
	{ "retry: 5\n\nevent: x\n\ndata: a\n\n", "=a;" },
	/* what is not ended was not sent */
	{ "data: a\n", "" },
	{ "\n\n\n", "" },
};

static void
event_cb(const char *name, const char *data, size_t n, void *arg)
{
	text_putf(arg, "%s=%.*s;", name, (int)n, data);
}

/* Each piece of so many bytes. */
static void
in_pieces(const char *stream, size_t piece, const char *events)
{
	struct text got = { NULL, 0, 0, false };
	struct ctl_sse sse = { .failed = false };
	size_t at, n, len = strlen(stream);

	for (at = 0; at < len; at += n) {
		n = len - at < piece ? len - at : piece;
		ck_assert(ctl_sse_read(&sse, stream + at, n, event_cb, &got));
	}
	ck_assert_uint_eq(got.len, strlen(events));
	if (got.len > 0)
		ck_assert_mem_eq(got.p, events, got.len);
	ctl_sse_free(&sse);
	text_free(&got);
}

START_TEST(pieces)
{
	size_t piece;

	for (piece = 1; piece <= strlen(rows[_i].stream); piece++)
		in_pieces(rows[_i].stream, piece, rows[_i].events);
}
END_TEST

static bool
survives(const char *begin, const char *line, size_t n)
{
	struct text got = { NULL, 0, 0, false };
	struct ctl_sse sse = { .failed = false };
	bool ok = ctl_sse_read(&sse, begin, strlen(begin), event_cb, &got);

	for (; ok && n > 0; n--)
		ok = ctl_sse_read(&sse, line, strlen(line), event_cb, &got);
	ctl_sse_free(&sse);
	text_free(&got);
	return ok;
}

/* A stream without an end is not kept whole. */
START_TEST(bounded)
{
	ck_assert(survives("", "data: a\n\n", 100000));
	ck_assert(survives("data: ", "0123456789", CTL_SSE_LINE / 10 - 1));
	ck_assert(!survives("data: ", "0123456789", CTL_SSE_LINE / 10 + 1));
	ck_assert(!survives("", "data: 0123456789012345678901234567890123\n",
	    CTL_SSE_DATA / 34 + 1));
}
END_TEST

static Suite *
sse_suite(void)
{
	Suite *suite = suite_create("ctl_sse");
	TCase *tc = tcase_create("ctl_sse");

	ROWS(tc, pieces, rows);
	tcase_add_test(tc, bounded);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(sse_suite());
}
