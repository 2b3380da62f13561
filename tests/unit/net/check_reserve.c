/* SPDX-License-Identifier: ISC */
#include "net/reserve.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>

#include "check_run.h"

static bool	 empty;		/* there is no memory */

/* The linker has the sources that are tested call these. */
void	*__real_malloc(size_t);
void	*__real_calloc(size_t, size_t);
void	*__real_realloc(void *, size_t);
void	*__wrap_malloc(size_t);
void	*__wrap_calloc(size_t, size_t);
void	*__wrap_realloc(void *, size_t);

void *
__wrap_malloc(size_t size)
{
	return empty ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return empty ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	return empty ? NULL : __real_realloc(p, size);
}

static void
setup(void)
{
	static bool made;

	empty = false;
	if (!made)
		ck_assert(reserve_init(2));
	made = true;
	reserve_use(1);
}

static void
teardown(void)
{
	(void)reserve_close();
}

/* What libevent makes, and frees; Check itself needs memory all the time. */
static bool
makes_a_buffer(bool without)
{
	struct evbuffer *b;

	empty = without;
	if ((b = evbuffer_new()) != NULL)
		evbuffer_free(b);
	empty = false;
	return b != NULL;
}

static void *
draw(size_t size)
{
	void *p;

	empty = true;
	p = reserve_calloc(size);
	empty = false;
	return p;
}

START_TEST(is_there_while_it_is_open)
{
	ck_assert(!makes_a_buffer(true));
	reserve_open();
	ck_assert(makes_a_buffer(true));
	ck_assert(reserve_close());
	ck_assert(!reserve_close());
	ck_assert(!makes_a_buffer(true));
}
END_TEST

START_TEST(is_not_drawn_on_without_need)
{
	reserve_open();
	ck_assert(makes_a_buffer(false));
	ck_assert(!reserve_close());
}
END_TEST

/* All of it can be had again and again, once it has been given back. */
START_TEST(comes_back)
{
	void *p[4];
	int i, round;

	reserve_open();
	for (round = 0; round < 100; round++) {
		for (i = 0; i < 4; i++) {
			p[i] = draw(RESERVE_SIZE / 4 - 64);
			ck_assert_ptr_nonnull(p[i]);
			ck_assert_uint_eq((uintptr_t)p[i] % 16, 0);
			memset(p[i], round, RESERVE_SIZE / 4 - 64);
		}
		ck_assert_ptr_null(draw(RESERVE_SIZE / 4));
		for (i = 0; i < 4; i++)
			reserve_free(p[(i + round) % 4]);
	}
}
END_TEST

START_TEST(has_no_room_for_more)
{
	reserve_open();
	ck_assert_ptr_null(draw(RESERVE_SIZE));
	ck_assert_ptr_null(draw(SIZE_MAX));
	ck_assert(!reserve_close());
}
END_TEST

/* What was elsewhere, or in the reserve, is the same when it has grown. */
START_TEST(keeps_what_grows)
{
	struct evbuffer *b = evbuffer_new();
	struct evbuffer_iovec v;
	char text[200];
	int i, added = 0;

	memset(text, 'x', sizeof text);
	for (i = 0; i < 100; i++) {
		reserve_open();
		empty = i % 3 != 0;
		added += evbuffer_add(b, text, sizeof text) == 0;
		empty = false;
		(void)reserve_close();
	}
	ck_assert_int_eq(added, 100);
	ck_assert_uint_eq(evbuffer_get_length(b), 100 * sizeof text);
	ck_assert_ptr_nonnull(evbuffer_pullup(b, -1));
	ck_assert_int_eq(evbuffer_peek(b, -1, NULL, &v, 1), 1);
	for (i = 0; i < (int)v.iov_len; i++)
		ck_assert_int_eq(((char *)v.iov_base)[i], 'x');
	evbuffer_free(b);
}
END_TEST

/* A thread that has none does without. */
START_TEST(needs_a_thread_of_its_own)
{
	reserve_use(2);
	reserve_open();
	ck_assert_ptr_null(draw(16));
	ck_assert(!reserve_close());
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("reserve");
	TCase *tc = tcase_create("reserve");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, is_there_while_it_is_open);
	tcase_add_test(tc, is_not_drawn_on_without_need);
	tcase_add_test(tc, comes_back);
	tcase_add_test(tc, has_no_room_for_more);
	tcase_add_test(tc, keeps_what_grows);
	tcase_add_test(tc, needs_a_thread_of_its_own);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
