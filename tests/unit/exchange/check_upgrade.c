/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "exchange/upgrade.h"
#include "http/http1_request.h"
#include "http/http1_response.h"

/* What of an Upgrade is passed on, and which 101 is for it. */

static struct rule	 rule;
static struct http1_head head;

static void
set_up(void)
{
	rule = (struct rule){ .nupgrades = 2 };
	memcpy(rule.upgrades[0], "websocket", sizeof "websocket");
	memcpy(rule.upgrades[1], "TLS/1.0", sizeof "TLS/1.0");
}

static void
request(const char *version, const char *fields)
{
	static char buf[1024];
	int n;

	n = snprintf(buf, sizeof buf, "GET http://a.test/ HTTP/%s\r\n"
	    "Host: a.test\r\n%s\r\n", version, fields);
	ck_assert_int_eq(http1_request(&head, buf, (size_t)n), HTTP1_OK);
}

static const struct {
	const char *fields;
	const char *offer;	/* NULL: none */
	const char *dropped;	/* "": nothing */
} rows[] = {
	{ "", NULL, "" },
	{ "Connection: upgrade\r\nUpgrade: websocket\r\n", "websocket", "" },
	{ "Connection: keep-alive, UPGRADE\r\nupgrade: WebSocket\r\n",
	    "WebSocket", "" },
	{ "Connection: upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
	    "HTTP2-Settings: AAMAAABk\r\n", NULL, "h2c" },
	{ "Connection: upgrade\r\nUpgrade: websocket, h2c\r\n",
	    "websocket", "h2c" },
	{ "Connection: upgrade\r\nUpgrade: H2C\r\nUpgrade: websocket\r\n",
	    "websocket", "H2C" },
	{ "Connection: upgrade\r\nUpgrade: tls/1.0 ,websocket\r\n",
	    "tls/1.0, websocket", "" },
	{ "Connection: upgrade\r\nUpgrade: TLS/1.1\r\n", NULL, "TLS/1.1" },
	{ "Connection: upgrade\r\nUpgrade: TLS\r\n", NULL, "TLS" },
	{ "Connection: upgrade\r\nUpgrade: websocket/13\r\n", NULL,
	    "websocket/13" },
	{ "Connection: upgrade\r\nUpgrade: websocket, WEBSOCKET\r\n",
	    "websocket", "" },
	{ "Connection: upgrade\r\nUpgrade: websocket h2c\r\n", NULL,
	    "websocket h2c" },
	{ "Connection: upgrade\r\nUpgrade: \"websocket\"\r\n", NULL,
	    "\"websocket\"" },
	{ "Connection: upgrade\r\nUpgrade:\r\n", NULL, "" },
	{ "Connection: upgrade\r\nUpgrade: , ,\r\n", NULL, "" },
	{ "Connection: upgrade\r\n", NULL, "" },
	/* Halves of an offer. */
	{ "Upgrade: websocket\r\n", NULL, "websocket" },
	{ "Connection: close\r\nUpgrade: websocket\r\n", NULL, "websocket" },
	{ "Connection: websocket\r\nUpgrade: websocket\r\n", NULL,
	    "websocket" },
};

START_TEST(offers)
{
	struct upgrade u = { 0 };

	set_up();
	request("1.1", rows[_i].fields);
	upgrade_read(&u, &head, &rule);
	ck_assert_pstr_eq(u.offer, rows[_i].offer);
	ck_assert_uint_eq(u.dropped.len, strlen(rows[_i].dropped));
	ck_assert_int_eq(memcmp(rows[_i].dropped,
	    u.dropped.len > 0 ? u.dropped.p : "", u.dropped.len), 0);
	free(u.offer);
}
END_TEST

START_TEST(not_of_an_old_version)
{
	struct upgrade u = { 0 };

	set_up();
	request("1.0", "Connection: upgrade\r\nUpgrade: websocket\r\n");
	upgrade_read(&u, &head, &rule);
	ck_assert_ptr_null(u.offer);
	ck_assert(http1_str_is(u.dropped, "websocket"));
}
END_TEST

/* As much as there can be, over and over. */
START_TEST(as_long_as_it_gets)
{
	static char field[20000];
	struct upgrade u = { 0 };
	size_t n = 0, i, j;

	rule = (struct rule){ .nupgrades = RULE_UPGRADES_MAX };
	for (i = 0; i < RULE_UPGRADES_MAX; i++) {
		memset(rule.upgrades[i], 'a' + (char)i, RULE_UPGRADE - 1);
		rule.upgrades[i][RULE_UPGRADE - 1] = '\0';
	}
	for (j = 0; j < 20; j++)
		for (i = 0; i < RULE_UPGRADES_MAX; i++)
			n += (size_t)snprintf(field + n, sizeof field - n,
			    "%s,", rule.upgrades[i]);
	head = (struct http1_head){ .upgrade = true, .minor = 1,
	    .nfields = 1 };
	head.fields[0] = (struct http1_field){ .id = HTTP1_UPGRADE,
	    .value = { field, n } };
	upgrade_read(&u, &head, &rule);
	ck_assert_uint_eq(strlen(u.offer),
	    RULE_UPGRADES_MAX * (RULE_UPGRADE + 1) - 2);
	free(u.offer);
}
END_TEST

static const struct {
	const char *offer;
	const char *fields;
	bool	    fits;
} answers[] = {
	{ "websocket", "Upgrade: websocket\r\n", true },
	{ "websocket", "Upgrade: WebSocket\r\n", true },
	{ "a, websocket", "Upgrade: websocket, a\r\n", true },
	{ "websocket", "Upgrade: h2c\r\n", false },
	{ "websocket", "Upgrade: websocket, h2c\r\n", false },
	{ "websocket", "Upgrade: websocket\r\nUpgrade: h2c\r\n", false },
	{ "websocket", "Upgrade:\r\n", false },
	{ "websocket", "", false },
	{ "websocket, a", "Upgrade: web\r\n", false },
	{ NULL, "Upgrade: websocket\r\n", false },
	{ NULL, "", false },
};

START_TEST(answered)
{
	static const struct http1_str method = { "GET", 3 };
	char buf[256];
	int n;

	n = snprintf(buf, sizeof buf, "HTTP/1.1 101 Switching\r\n"
	    "Connection: upgrade\r\n%s\r\n", answers[_i].fields);
	ck_assert_int_eq(http1_response(&head, buf, (size_t)n, method),
	    HTTP1_OK);
	ck_assert_int_eq(upgrade_was_offered(answers[_i].offer, &head),
	    answers[_i].fits);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("upgrade");
	TCase *tc = tcase_create("offers");

	ROWS(tc, offers, rows);
	tcase_add_test(tc, not_of_an_old_version);
	tcase_add_test(tc, as_long_as_it_gets);
	ROWS(tc, answered, answers);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
