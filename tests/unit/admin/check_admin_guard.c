/* SPDX-License-Identifier: ISC */
#include "admin/admin_guard.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"

/* Who may ask for what, by what the head says: a table, and a few words. */

#define TOKEN	"0123456789abcdef"
#define WEB	"127.0.0.1:3130"

enum way {
	SOCKET,
	PLAIN,		/* the web, without a token of its own */
	TOKENS,		/* ... with one */
	READONLY,	/* ... where nothing is changed */
};

static const struct {
	enum way	 way;
	bool		 change;
	const char	*host;
	const char	*origin;
	const char	*site;
	const char	*authorization;
	const char	*upgrade;
	int		 status;
	bool		 full;
	bool		 may_change;
} judged[] = {
	/* the socket */
	{ SOCKET, false, "localhost", NULL, NULL, NULL, NULL, 0, true, true },
	{ SOCKET, true, "localhost", NULL, NULL, NULL, NULL, 0, true, true },
	{ SOCKET, true, NULL, NULL, NULL, NULL, NULL, 0, true, true },
	{ SOCKET, true, "x", NULL, NULL, NULL, NULL, 0, true, true },
	{ SOCKET, true, "127.0.0.1:8080", NULL, NULL, NULL, NULL,
	    0, true, true },
	{ SOCKET, true, "[::1]:8080", NULL, NULL, NULL, NULL, 0, true, true },
	{ SOCKET, false, "evil.example", NULL, NULL, NULL, NULL,
	    421, false, false },
	{ SOCKET, false, "127.0.0.1.evil.example", NULL, NULL, NULL, NULL,
	    421, false, false },
	{ SOCKET, true, "localhost", "http://localhost:8080", NULL, NULL,
	    NULL, 403, false, false },
	{ SOCKET, false, "localhost", NULL, "cross-site", NULL, NULL,
	    403, false, false },
	{ SOCKET, false, "localhost", NULL, NULL, NULL, "websocket",
	    400, false, false },

	/* hosts: the list, and nothing like it */
	{ PLAIN, false, WEB, NULL, NULL, NULL, NULL, 0, false, false },
	{ PLAIN, false, "[::1]:3130", NULL, NULL, NULL, NULL,
	    0, false, false },
	{ PLAIN, false, "localhost:3130", NULL, NULL, NULL, NULL,
	    0, false, false },
	{ PLAIN, false, "LocalHost:3130", NULL, NULL, NULL, NULL,
	    0, false, false },
	{ PLAIN, false, "sluice.example:3130", NULL, NULL, NULL, NULL,
	    0, false, false },
	{ PLAIN, false, "front.example:80", NULL, NULL, NULL, NULL,
	    0, false, false },
	{ PLAIN, false, "front.example:3130", NULL, NULL, NULL, NULL,
	    421, false, false },
	{ PLAIN, false, NULL, NULL, NULL, NULL, NULL, 421, false, false },
	{ PLAIN, false, "", NULL, NULL, NULL, NULL, 421, false, false },
	{ PLAIN, false, "127.0.0.1", NULL, NULL, NULL, NULL,
	    421, false, false },
	{ PLAIN, false, "127.0.0.1:3131", NULL, NULL, NULL, NULL,
	    421, false, false },
	{ PLAIN, false, "0.0.0.0:3130", NULL, NULL, NULL, NULL,
	    421, false, false },
	{ PLAIN, false, "localhost.:3130", NULL, NULL, NULL, NULL,
	    421, false, false },
	{ PLAIN, false, "127.0.0.1:3130.evil.example", NULL, NULL, NULL, NULL,
	    421, false, false },
	{ PLAIN, false, "evil.example:3130", NULL, NULL, NULL, NULL,
	    421, false, false },

	/* pages */
	{ PLAIN, false, WEB, "http://" WEB, "same-origin", NULL, NULL,
	    0, false, false },
	{ PLAIN, false, WEB, NULL, "none", NULL, NULL, 0, false, false },
	{ PLAIN, false, WEB, "http://evil.example", NULL, NULL, NULL,
	    403, false, false },
	{ PLAIN, false, WEB, "https://" WEB, NULL, NULL, NULL,
	    403, false, false },
	{ PLAIN, false, WEB, "http://127.0.0.1:3131", NULL, NULL, NULL,
	    403, false, false },
	{ PLAIN, false, WEB, "null", NULL, NULL, NULL, 403, false, false },
	{ PLAIN, false, WEB, "", NULL, NULL, NULL, 403, false, false },
	{ PLAIN, false, WEB, NULL, "cross-site", NULL, NULL,
	    403, false, false },
	{ PLAIN, false, WEB, NULL, "same-site", NULL, NULL,
	    403, false, false },
	{ PLAIN, false, WEB, NULL, "SAME-ORIGIN-not", NULL, NULL,
	    403, false, false },
	{ PLAIN, false, WEB, NULL, NULL, NULL, "websocket",
	    400, false, false },
	{ PLAIN, false, WEB, NULL, NULL, NULL, "h2c", 400, false, false },

	/* tokens */
	{ PLAIN, true, WEB, NULL, NULL, NULL, NULL, 403, false, false },
	{ PLAIN, true, WEB, NULL, NULL, "Bearer " TOKEN, NULL,
	    401, false, false },
	{ TOKENS, false, WEB, NULL, NULL, NULL, NULL, 0, false, false },
	{ TOKENS, true, WEB, NULL, NULL, NULL, NULL, 403, false, false },
	{ TOKENS, false, WEB, NULL, NULL, "Bearer " TOKEN, NULL,
	    0, true, true },
	{ TOKENS, true, WEB, "http://" WEB, NULL, "bearer  " TOKEN, NULL,
	    0, true, true },
	{ TOKENS, true, WEB, "http://evil.example", NULL, "Bearer " TOKEN,
	    NULL, 403, false, false },
	{ TOKENS, true, "evil.example:3130", NULL, NULL, "Bearer " TOKEN,
	    NULL, 421, false, false },
	{ TOKENS, false, WEB, NULL, NULL, "Bearer " TOKEN "0", NULL,
	    401, false, false },
	{ TOKENS, false, WEB, NULL, NULL, "Bearer 0123456789abcdeF", NULL,
	    401, false, false },
	{ TOKENS, false, WEB, NULL, NULL, "Bearer ", NULL,
	    401, false, false },
	{ TOKENS, false, WEB, NULL, NULL, "Basic " TOKEN, NULL,
	    401, false, false },
	{ TOKENS, false, WEB, NULL, NULL, TOKEN, NULL, 401, false, false },
	{ READONLY, false, WEB, NULL, NULL, "Bearer " TOKEN, NULL,
	    0, true, false },
	{ READONLY, true, WEB, NULL, NULL, "Bearer " TOKEN, NULL,
	    403, false, false },
};

static struct http1_str
str(const char *text)
{
	struct http1_str s = { text, text != NULL ? strlen(text) : 0 };

	return s;
}

static void
name_all(struct guard_origins *origins)
{
	ck_assert(guard_origins_add(origins, false, "127.0.0.1", 3130));
	ck_assert(guard_origins_add(origins, false, "[::1]", 3130));
	ck_assert(guard_origins_add(origins, false, "localhost", 3130));
	ck_assert(guard_origins_add(origins, false, "sluice.example", 3130));
	ck_assert(guard_origins_add(origins, false, "front.example:80",
	    3130));
}

START_TEST(judge)
{
	struct guard_origins origins = { NULL, 0 };
	struct guard_door door = {
		.socket = judged[_i].way == SOCKET,
		.origins = &origins,
		.token = judged[_i].way >= TOKENS ? TOKEN : NULL,
		.readonly = judged[_i].way == READONLY,
	};
	struct guard_request r = {
		.change = judged[_i].change,
		.host = str(judged[_i].host),
		.origin = str(judged[_i].origin),
		.fetch_site = str(judged[_i].site),
		.authorization = str(judged[_i].authorization),
		.upgrade = str(judged[_i].upgrade),
	};
	struct guard_verdict v;

	name_all(&origins);
	v = guard_judge(&door, &r);
	ck_assert_int_eq(v.status, judged[_i].status);
	ck_assert_int_eq(v.full, judged[_i].full);
	ck_assert_int_eq(v.may_change, judged[_i].may_change);
	ck_assert_int_eq(v.why != NULL, v.status != 0);
	guard_origins_free(&origins);
}
END_TEST

/* What a browser leaves out of a Host where the port is the scheme's. */
static const struct {
	bool		 tls;
	const char	*host;
	uint16_t	 port;
	const char	*origin;
} origin_rows[] = {
	{ false, "localhost", 3130, "http://localhost:3130" },
	{ true, "localhost", 3130, "https://localhost:3130" },
	{ false, "localhost", 80, "http://localhost" },
	{ true, "localhost", 443, "https://localhost" },
	{ true, "localhost", 80, "https://localhost:80" },
	{ false, "[::1]", 3130, "http://[::1]:3130" },
	{ false, "[::1]:7", 3130, "http://[::1]:7" },
	{ false, "a.example:7", 3130, "http://a.example:7" },
};

START_TEST(origin)
{
	struct guard_origins origins = { NULL, 0 };

	ck_assert(guard_origins_add(&origins, origin_rows[_i].tls,
	    origin_rows[_i].host, origin_rows[_i].port));
	ck_assert_str_eq(origins.list[0], origin_rows[_i].origin);
	guard_origins_free(&origins);
}
END_TEST

static const struct {
	const char	*type;
	bool		 json;
} types[] = {
	{ NULL, false },
	{ "", false },
	{ "application/json", true },
	{ "Application/JSON", true },
	{ "application/json; charset=utf-8", true },
	{ "application/json ;x", true },
	{ "text/plain", false },
	{ "text/plain; application/json", false },
	{ "application/jsonp", false },
	{ "application/x-www-form-urlencoded", false },
};

START_TEST(json)
{
	ck_assert_int_eq(guard_is_json(str(types[_i].type)), types[_i].json);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("admin_guard");
	TCase *tc = tcase_create("guard");

	ROWS(tc, judge, judged);
	ROWS(tc, origin, origin_rows);
	ROWS(tc, json, types);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
