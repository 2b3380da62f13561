/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "check_run.h"
#include "hosts/state_budget.h"
#include "hosts/state_line.h"

/* Lines of what outlives the process, and budgets in them. */

static struct text text;

static size_t
put_line(void)
{
	const uint64_t list[] = { 1, UINT64_MAX, 0 };

	text_free(&text);
	text_puts(&text, "host");
	state_put_text(&text, "name", "a b%c=\xc3\xa4\n");
	state_put_numbers(&text, "list", list, 3);
	state_put_number(&text, "n", 7);
	state_put_end(&text, 0);
	ck_assert(!text.failed);
	ck_assert_int_eq(text.p[text.len - 1], '\n');
	return text.len - 1;
}

START_TEST(round_trip)
{
	size_t len = put_line();
	struct state_word w;
	uint64_t list[3];
	char *at;

	ck_assert_mem_eq(text.p, "host name=a%20b%25c=%C3%A4%0A "
	    "list=1,18446744073709551615,0 n=7 crc=", 68);
	ck_assert(state_line_check(text.p, len));
	at = text.p;
	ck_assert(state_line_next(&at, &w));
	ck_assert_str_eq(w.name, "host");
	ck_assert_ptr_null(w.value);
	ck_assert(state_line_next(&at, &w));
	ck_assert_str_eq(w.name, "name");
	ck_assert_str_eq(w.value, "a b%c=\xc3\xa4\n");
	ck_assert(state_line_next(&at, &w));
	ck_assert_uint_eq(state_numbers(w.value, list, 3), 3);
	ck_assert_uint_eq(list[1], UINT64_MAX);
	ck_assert_uint_eq(state_numbers(w.value, list, 2), 0);
	ck_assert(state_line_next(&at, &w));
	ck_assert_uint_eq(state_number(w.value), 7);
	ck_assert(!state_line_next(&at, &w));
	text_free(&text);
}
END_TEST

/* Whichever bit is another one, and wherever it ends. */
START_TEST(damage_is_seen)
{
	size_t len = put_line(), i;
	char *copy = malloc(len + 1);

	for (i = 0; i < 8 * len; i++) {
		memcpy(copy, text.p, len + 1);
		copy[i / 8] ^= (char)(1 << i % 8);
		/* a digit in upper case is the same digit */
		if (i / 8 >= len - 8 && i % 8 == 5)
			continue;
		ck_assert(!state_line_check(copy, len));
	}
	for (i = 0; i < len; i++) {
		memcpy(copy, text.p, len + 1);
		ck_assert(!state_line_check(copy, i));
	}
	free(copy);
	text_free(&text);
}
END_TEST

START_TEST(no_numbers)
{
	static const char *const wrong[] = {
		"", "x", "-1", "+1", " 1", "1 ", "1,", ",1", "1,,2", "1.5",
		"18446744073709551616", "1,2,3,4",
	};
	uint64_t list[3];
	size_t i;

	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		ck_assert_uint_eq(state_numbers(wrong[i], list, 3), 0);
	ck_assert_uint_eq(state_numbers(NULL, list, 3), 0);
}
END_TEST

static void
fill(struct budget_saved *s)
{
	memset(s, 0, sizeof *s);
	s->limits.nrates = 2;
	s->limits.rates[0] = (struct gcra_rate){ 1, 2, 3, false };
	s->limits.rates[1] = (struct gcra_rate){ 4, 5, 6, true };
	s->used[0] = 7;
	s->used[1] = 8;
	s->flying[1] = 9;
	s->leased = 10;
	s->written = 9;
	s->pause = 11;
	s->half_open = true;
	s->failures = 12;
	s->went = 13;
	s->abreast = 14;
	s->opens = 15;
	s->shut = 16;
	s->shape = 17;
	s->shape_left = -18;
	s->nslots = 2;
	s->slots[0] = (struct budget_slot){ 1, 19, 20 };
	s->slots[1] = (struct budget_slot){ 1, 21, UINT64_MAX };
}

START_TEST(a_budget_comes_back)
{
	struct budget_saved *s = malloc(sizeof *s), *r = malloc(sizeof *r);
	struct text again = { .p = NULL };
	struct state_word w;
	char *at;

	fill(s);
	text_free(&text);
	state_put_budget(&text, s);
	text_put(&text, "", 1);
	state_budget_begin(r);
	at = strdup(text.p);
	for (char *p = at; state_line_next(&p, &w);)
		ck_assert(state_budget_word(r, &w));
	state_put_budget(&again, r);
	ck_assert_uint_eq(again.len, text.len - 1);
	ck_assert_mem_eq(again.p, text.p, again.len);
	ck_assert_int_eq(r->shape_left, -18);
	ck_assert(r->half_open);
	ck_assert_uint_eq(r->nslots, 2);
	ck_assert_uint_eq(r->flying[1], 9);
	ck_assert_uint_eq(r->written, 9);
	free(at);
	text_free(&again);
	text_free(&text);
	free(s);
	free(r);
}
END_TEST

START_TEST(impossible_budgets)
{
	static const struct {
		const char	*name;
		const char	*value;
	} wrong[] = {
		{ "rate", "0,1,1,0,0,0" }, { "rate", "1,0,1,0,0,0" },
		{ "rate", "1,1,0,0,0,0" }, { "rate", "1,1,1,2,0,0" },
		{ "rate", "1,1,1,0,0" }, { "rate", "x" },
		{ "slot", "0,1,1" }, { "slot", "0,1" }, { "shape", "1" },
	};
	struct budget_saved *s = malloc(sizeof *s);
	char name[8], value[32];
	size_t i;

	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		snprintf(name, sizeof name, "%s", wrong[i].name);
		snprintf(value, sizeof value, "%s", wrong[i].value);
		state_budget_begin(s);
		ck_assert(!state_budget_word(s, &(struct state_word){ name,
		    value }));
	}
	state_budget_begin(s);
	for (i = 0; i < BUDGET_RATES; i++) {
		snprintf(value, sizeof value, "1,1,1,0,0,0");
		snprintf(name, sizeof name, "rate");
		ck_assert(state_budget_word(s, &(struct state_word){ name,
		    value }));
	}
	ck_assert(!state_budget_word(s, &(struct state_word){ name, value }));
	free(s);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("state_line");
	TCase *tcase = tcase_create("lines");

	tcase_add_test(tcase, round_trip);
	tcase_add_test(tcase, damage_is_seen);
	tcase_add_test(tcase, no_numbers);
	tcase_add_test(tcase, a_budget_comes_back);
	tcase_add_test(tcase, impossible_budgets);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
