/* SPDX-License-Identifier: ISC */
#include "policy/user.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "check_run.h"
#include "http/http1_request.h"

/* Who a request's Proxy-Authorization says that somebody is. */

static struct http1_head	 head;
static char			 text[4096];

static void
request(const char *fields)
{
	snprintf(text, sizeof text, "GET http://a.test/ HTTP/1.1\r\n"
	    "Host: a.test\r\n%s\r\n", fields);
	ck_assert_int_eq(http1_request(&head, text, strlen(text)), HTTP1_OK);
}

static void
basic(const char *plain, size_t n)
{
	char fields[2048], encoded[1600];
	size_t len;

	ck_assert_uint_lt(BASE64_TEXT(n), sizeof encoded);
	base64_encode(encoded, plain, n);
	len = (n + 2) / 3 * 4;
	snprintf(fields, sizeof fields, "Proxy-Authorization: Basic %.*s\r\n",
	    (int)len, encoded);
	request(fields);
}

static const struct {
	const char	*fields;
	const char	*name;		/* NULL: nobody's */
	const char	*password;
} fields[] = {
	{ "", NULL, NULL },
	{ "Proxy-Authorization: Basic YWxpY2U6c2VjcmV0\r\n", "alice",
	    "secret" },
	{ "Proxy-Authorization: bASIC YWxpY2U6c2VjcmV0\r\n", "alice",
	    "secret" },
	{ "Proxy-Authorization: Basic Ym9iOg==\r\n", "bob", "" },
	/* the first colon ends the name */
	{ "Proxy-Authorization: Basic YTpiOmM=\r\n", "a", "b:c" },
	{ "Proxy-Authorization: basic   YTpiOmM=\r\n", "a", "b:c" },
	{ "Proxy-Authorization: Basic YTpi OmM=\r\n", NULL, NULL },
	{ "Proxy-Authorization: Basic OmI=\r\n", "", "b" },
	{ "Proxy-Authorization: Basic YQ==\r\n", NULL, NULL },
	{ "Proxy-Authorization: Basic Ym9iOg\r\n", NULL, NULL },
	{ "Proxy-Authorization: Basic !!!!\r\n", NULL, NULL },
	{ "Proxy-Authorization: Basic\r\n", NULL, NULL },
	{ "Proxy-Authorization: Bearer YWxpY2U6c2VjcmV0\r\n", NULL, NULL },
	{ "Authorization: Basic YWxpY2U6c2VjcmV0\r\n", NULL, NULL },
};

START_TEST(reads)
{
	struct user_basic both;
	char name[USER_NAME];

	request(fields[_i].fields);
	ck_assert_int_eq(user_read(&head, name), fields[_i].name != NULL);
	ck_assert_int_eq(user_read_basic(&head, &both),
	    fields[_i].name != NULL);
	if (fields[_i].name == NULL)
		return;
	ck_assert_str_eq(name, fields[_i].name);
	ck_assert_str_eq(both.name, fields[_i].name);
	ck_assert_str_eq(both.password, fields[_i].password);
}
END_TEST

/* What is not taken whole is nobody's: not that of a shorter name. */
START_TEST(too_long)
{
	struct user_basic both;
	char plain[1024], name[USER_NAME];

	memset(plain, 'a', sizeof plain);
	plain[USER_NAME - 1] = ':';
	basic(plain, USER_NAME + 1);
	ck_assert(user_read(&head, name));
	ck_assert_uint_eq(strlen(name), USER_NAME - 1);
	ck_assert(user_read_basic(&head, &both));
	ck_assert_str_eq(both.password, "a");

	plain[USER_NAME - 1] = 'a';
	plain[USER_NAME] = ':';
	basic(plain, USER_NAME + 2);
	ck_assert(!user_read(&head, name));
	ck_assert(!user_read_basic(&head, &both));

	/* more than may be of both */
	plain[1] = ':';
	basic(plain, 1000);
	ck_assert(!user_read(&head, name));
	ck_assert(!user_read_basic(&head, &both));
}
END_TEST

/* A NUL would make a shorter one of it. */
START_TEST(nul)
{
	static const char in_name[] = "al\0ice:secret", in_password[] =
	    "alice:sec\0ret";
	struct user_basic both;
	char name[USER_NAME];

	basic(in_name, sizeof in_name - 1);
	ck_assert(!user_read(&head, name));
	ck_assert(!user_read_basic(&head, &both));
	basic(in_password, sizeof in_password - 1);
	ck_assert(user_read(&head, name));
	ck_assert_str_eq(name, "alice");
	ck_assert(!user_read_basic(&head, &both));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("user");
	TCase *tc = tcase_create("basic");

	ROWS(tc, reads, fields);
	tcase_add_test(tc, too_long);
	tcase_add_test(tc, nul);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
