/* SPDX-License-Identifier: ISC */
#include "base/events.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "check_run.h"

#define THREADS	4
#define EACH	2000

/* Ids go on through the life of the process: tests count from here. */
static uint64_t base;

static void
setup(void)
{
	ck_assert(events_keep(4));
	base = events_last();
}

static void
teardown(void)
{
	events_notify(NULL, NULL);
	events_free();
}

static void
tell(unsigned n)
{
	for (; n > 0; n--)
		events_tell(EVENT_PAUSE, "h", "r", NULL, "%u", n);
}

START_TEST(what_was_told)
{
	struct event_told e[2];
	uint64_t missed = 7;
	int64_t now = (int64_t)time(NULL) * 1000;

	events_tell(EVENT_REFUSAL, "h:80", "*.h", "retry-after: 7", "no %d", 5);
	events_tell(EVENT_RELOAD, NULL, NULL, NULL, "done");
	ck_assert_uint_eq(events_read(base, e, 2, &missed), 2);
	ck_assert_uint_eq(missed, 0);
	ck_assert_uint_eq(e[0].id, base + 1);
	ck_assert_int_eq(e[0].kind, EVENT_REFUSAL);
	ck_assert_str_eq(e[0].host, "h:80");
	ck_assert_str_eq(e[0].rule, "*.h");
	ck_assert_str_eq(e[0].fields, "retry-after: 7");
	ck_assert_str_eq(e[0].text, "no 5");
	ck_assert_int_ge(e[0].time, now);
	ck_assert_int_lt(e[0].time, now + 60000);
	ck_assert_uint_eq(e[1].id, base + 2);
	ck_assert_str_eq(e[1].host, "");
	ck_assert_str_eq(e[1].rule, "");
	ck_assert_str_eq(e[1].fields, "");
	ck_assert_uint_eq(events_last(), base + 2);
}
END_TEST

START_TEST(words_of_kinds)
{
	unsigned i, j;

	ck_assert_str_eq(events_word(EVENT_REFUSAL), "refusal");
	ck_assert_str_eq(events_word(EVENT_NOT_FULL), "not_full");
	ck_assert_str_eq(events_word(EVENT_WARNING), "warning");
	for (i = 0; i < EVENT_KINDS; i++)
		for (j = 0; j < i; j++)
			ck_assert_str_ne(events_word((enum event_kind)i),
			    events_word((enum event_kind)j));
}
END_TEST

static const struct {
	unsigned told;
	unsigned after;		/* behind base; above told: never given */
	unsigned max;
	unsigned n;
	unsigned first;		/* of the n */
	unsigned missed;
} reads[] = {
	{ 0, 0, 9, 0, 0, 0 },
	{ 3, 0, 9, 3, 1, 0 },
	{ 3, 1, 9, 2, 2, 0 },
	{ 3, 3, 9, 0, 0, 0 },
	{ 4, 0, 9, 4, 1, 0 },
	{ 5, 0, 9, 4, 2, 1 },
	{ 5, 1, 9, 4, 2, 0 },
	{ 5, 0, 2, 2, 2, 1 },
	{ 9, 7, 9, 2, 8, 0 },
	{ 90, 10, 9, 4, 87, 76 },
};

START_TEST(the_oldest_goes)
{
	struct event_told e[9];
	uint64_t missed;
	size_t n, i;

	tell(reads[_i].told);
	n = events_read(base + reads[_i].after, e, reads[_i].max, &missed);
	ck_assert_uint_eq(n, reads[_i].n);
	ck_assert_uint_eq(missed, reads[_i].missed);
	for (i = 0; i < n; i++)
		ck_assert_uint_eq(e[i].id, base + reads[_i].first + i);
}
END_TEST

START_TEST(an_id_that_was_never_given)
{
	struct event_told e[9];
	uint64_t missed;

	tell(2);
	ck_assert_uint_eq(events_read(UINT64_MAX, e, 9, &missed), 2);
	ck_assert_uint_eq(events_read(base + 3, e, 9, &missed), 2);
	ck_assert_uint_eq(events_read(base + 2, e, 9, &missed), 0);
}
END_TEST

START_TEST(keeping_more_or_less)
{
	struct event_told e[9];
	uint64_t missed;

	tell(4);
	ck_assert(events_keep(2));
	ck_assert_uint_eq(events_read(base, e, 9, &missed), 2);
	ck_assert_uint_eq(missed, 2);
	ck_assert_uint_eq(e[0].id, base + 3);
	ck_assert_str_eq(e[0].text, "2");
	ck_assert(events_keep(6));
	tell(3);
	ck_assert_uint_eq(events_read(base, e, 9, &missed), 5);
	ck_assert_uint_eq(e[0].id, base + 3);
	ck_assert_str_eq(e[0].text, "2");
	ck_assert_uint_eq(e[4].id, base + 7);
}
END_TEST

START_TEST(keeping_none)
{
	struct event_told e;
	uint64_t missed;

	ck_assert(events_kept());
	ck_assert(events_keep(0));
	ck_assert(!events_kept());
	tell(1);
	ck_assert_uint_eq(events_last(), base);
	ck_assert(events_keep(1));
	ck_assert_uint_eq(events_read(base, &e, 1, &missed), 0);
	tell(1);
	ck_assert_uint_eq(events_read(base, &e, 1, &missed), 1);
}
END_TEST

static const struct {
	const char *told;
	const char *kept;
} texts[] = {
	{ "", "" },
	{ "a\n\r\t\033[2Jb\177", "a????[2Jb?" },
	{ "gr\303\274\303\237e \342\202\254 \360\237\230\200",
	    "gr\303\274\303\237e \342\202\254 \360\237\230\200" },
	{ "\302\233 \302\240", "?? \302\240" },		/* C1, no-break space */
	{ "\377 \303 \303", "? ? ?" },
	{ "\300\257 \340\200\257", "?? ???" },		/* too long */
	{ "\355\240\200", "???" },			/* a surrogate */
	{ "\364\220\200\200 \365\200\200\200", "???? ????" },
	{ "\342\202", "??" },				/* cut */
};

START_TEST(text_is_made_harmless)
{
	struct event_told e;
	uint64_t missed;

	events_tell(EVENT_WARNING, texts[_i].told, texts[_i].told,
	    texts[_i].told, "%s", texts[_i].told);
	ck_assert_uint_eq(events_read(base, &e, 1, &missed), 1);
	ck_assert_str_eq(e.host, texts[_i].kept);
	ck_assert_str_eq(e.rule, texts[_i].kept);
	ck_assert_str_eq(e.fields, texts[_i].kept);
	ck_assert_str_eq(e.text, texts[_i].kept);
}
END_TEST

/* Two bytes a character: one does not fit whole before the end. */
START_TEST(long_text_is_cut_between_characters)
{
	char text[4 * EVENTS_TEXT] = "x";
	struct event_told e;
	uint64_t missed;
	size_t i;

	for (i = 1; i + 2 < sizeof text; i += 2)
		memcpy(text + i, "\303\274", 3);
	events_tell(EVENT_WARNING, text, text, text, "%s", text + 1);
	ck_assert_uint_eq(events_read(base, &e, 1, &missed), 1);
	ck_assert_uint_eq(strlen(e.fields), EVENTS_TEXT - 1);
	ck_assert_uint_eq(strlen(e.text), EVENTS_TEXT - 2);
	ck_assert(strncmp(e.text, text + 1, EVENTS_TEXT - 2) == 0);
	ck_assert_uint_eq(strlen(e.host), EVENTS_HOST - 1);
	ck_assert_uint_eq(strlen(e.rule), EVENTS_RULE - 1);
}
END_TEST

/* Whoever is told rings */

static void
ring_cb(void *arg)
{
	(*(unsigned *)arg)++;
	/* what goes wrong with that is logged */
	log_warn("told by the way");
}

START_TEST(notified)
{
	unsigned rung = 0;

	events_notify(ring_cb, &rung);
	tell(3);
	ck_assert_uint_eq(rung, 3);
	events_notify(NULL, NULL);
	tell(1);
	ck_assert_uint_eq(rung, 3);
	ck_assert_uint_eq(events_last(), base + 4);
}
END_TEST

/* The log */

START_TEST(warnings_of_the_log)
{
	struct event_told e[4];
	uint64_t missed;

	log_set_level(LOG_LEVEL_INFO);
	log_info("not told");
	log_warn("%s is low", "it");
	log_error("it is lost");
	log_told(LOG_LEVEL_ERROR, "told as another event");
	ck_assert_uint_eq(events_read(base, e, 4, &missed), 2);
	ck_assert_int_eq(e[0].kind, EVENT_WARNING);
	ck_assert_str_eq(e[0].text, "it is low");
	ck_assert_str_eq(e[0].host, "");
	ck_assert_str_eq(e[1].text, "it is lost");
}
END_TEST

START_TEST(warnings_that_are_not_written)
{
	log_set_level(LOG_LEVEL_ERROR);
	log_warn("not written");
	log_set_level(LOG_LEVEL_INFO);
	ck_assert_uint_eq(events_last(), base);
}
END_TEST

/* Threads */

static void *
tell_many(void *arg)
{
	unsigned i;

	(void)arg;
	for (i = 0; i < EACH; i++)
		events_tell(EVENT_WAIT, "host", "rule", NULL, "%u", i);
	return NULL;
}

START_TEST(from_many_threads)
{
	pthread_t threads[THREADS];
	struct event_told e[16];
	uint64_t missed, lost = 0, after = base;
	size_t n, i;

	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, tell_many,
		    NULL), 0);
	while (after < base + THREADS * EACH) {
		/* the ring changes its size meanwhile */
		ck_assert(events_keep(4 + after % 8));
		n = events_read(after, e, 16, &missed);
		lost += missed;
		for (i = 0; i < n; i++) {
			ck_assert_uint_eq(e[i].id, after + missed + i + 1);
			ck_assert_str_eq(e[i].host, "host");
		}
		after += missed + n;
	}
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(events_last(), base + THREADS * EACH);
	ck_assert_uint_lt(lost, THREADS * EACH);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("events");
	TCase *tc = tcase_create("ring");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_was_told);
	tcase_add_test(tc, words_of_kinds);
	ROWS(tc, the_oldest_goes, reads);
	tcase_add_test(tc, an_id_that_was_never_given);
	tcase_add_test(tc, keeping_more_or_less);
	tcase_add_test(tc, keeping_none);
	tcase_add_test(tc, notified);
	tcase_add_test(tc, from_many_threads);

	tc = tcase_create("text");
	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	ROWS(tc, text_is_made_harmless, texts);
	tcase_add_test(tc, long_text_is_cut_between_characters);

	tc = tcase_create("log");
	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, warnings_of_the_log);
	tcase_add_test(tc, warnings_that_are_not_written);
	return run_suite(suite);
}
