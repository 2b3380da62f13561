/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <string.h>

#include "base/text.h"
#include "check_run.h"
#include "exchange/relay_inside.h"
#include "http/http1.h"

/* Fields that keep a client inside, and all that stays as it is. */

/* Any port of in.test is asked for by http://; its own one is 443. */
static bool
plain_cb(const void *arg, const struct http1_host *host, uint16_t *port)
{
	*port = host->port == 443 ? 0 : host->port;
	return strcmp(host->name, arg) == 0;
}

#define LINKS	1
#define COOKIES	2

static const struct {
	const char	*name;
	const char	*value;
	const char	*out;	/* its value; NULL: the field is not put */
	int		 what;
} fields[] = {
	{ "Location", "https://in.test/x", "http://in.test/x", LINKS },
	{ "LOCATION", "HTTPS://IN.test?x", "http://IN.test?x", LINKS },
	{ "Location", "https://in.test:443/", "http://in.test/", LINKS },
	{ "Location", "https://u@in.test:8443/x",
	    "http://u@in.test:8443/x", LINKS },
	{ "Location", "https://out.test/", "https://out.test/", LINKS },
	{ "Location", "https://in.test.out.test/",
	    "https://in.test.out.test/", LINKS },
	{ "Location", "https://in.test@out.test/",
	    "https://in.test@out.test/", LINKS },
	{ "Location", "https://in.test\\@out.test/",
	    "https://in.test\\@out.test/", LINKS },
	{ "Location", "http://in.test/", "http://in.test/", LINKS },
	{ "Location", "/https://in.test/", "/https://in.test/", LINKS },
	{ "Location", "//in.test/", "//in.test/", LINKS },
	{ "Location", "", "", LINKS },
	{ "Location", "https://in.test/a, https://in.test/b",
	    "http://in.test/a, https://in.test/b", LINKS },
	{ "Content-Location", "https://in.test/x", "http://in.test/x", LINKS },
	{ "Link", "<https://in.test/2>; rel=\"next\", "
	    "<https://out.test/>; rel=x,<https://in.test/9>; "
	    "title=\"<https://in.test/>, y\"; rel=last",
	    "<http://in.test/2>; rel=\"next\", "
	    "<https://out.test/>; rel=x,<http://in.test/9>; "
	    "title=\"<https://in.test/>, y\"; rel=last", LINKS },
	{ "link", "https://in.test/", "https://in.test/", LINKS },
	{ "link", "<https://in.test/>, x, <https://in.test/>",
	    "<http://in.test/>, x, <https://in.test/>", LINKS },
	{ "link", "<https://in.test/", "<https://in.test/", LINKS },
	{ "link", "< https://in.test/>", "< https://in.test/>", LINKS },
	{ "link", "", "", LINKS },
	{ "Set-Cookie", "a=https://in.test/; Secure; HttpOnly",
	    "a=https://in.test/; HttpOnly", COOKIES },
	{ "Set-Cookie", "__Host-a=b; Secure; Path=/",
	    "__Host-a=b; Secure; Path=/", COOKIES },
	{ "Set-Cookie", "a=b; SameSite=None; Secure; Partitioned; Path=/",
	    "a=b; Path=/", COOKIES },
	{ "Set-Cookie", "a=b; SameSite=Strict; Secure",
	    "a=b; SameSite=Strict", COOKIES },
	{ "Set-Cookie", "a=b; SameSite=None; Partitioned",
	    "a=b; SameSite=None; Partitioned", COOKIES },
	{ "Set-Cookie", "__Host-a=b; Secure; Path=/; SameSite=None",
	    "__Host-a=b; Secure; Path=/; SameSite=None", COOKIES },
	{ "Set-Cookie", "a=b; Secure", NULL, LINKS },
	{ "Location", "https://in.test/", NULL, COOKIES },
	{ "Link", "<https://in.test/>", NULL, COOKIES },
	{ "Locations", "https://in.test/", NULL, LINKS | COOKIES },
	{ "Referer", "https://in.test/", NULL, LINKS | COOKIES },
};

START_TEST(field)
{
	const struct relay_inside inside = {
		.links = fields[_i].what & LINKS,
		.cookies = fields[_i].what & COOKIES,
		.plain = plain_cb,
		.arg = "in.test",
	};
	struct http1_field f = {
		.name = { fields[_i].name, strlen(fields[_i].name) },
		.value = { fields[_i].value, strlen(fields[_i].value) },
	};
	struct text got = { .p = NULL }, want = { .p = NULL };

	if (relay_inside_put(&got, &f, &inside))
		text_putf(&want, "%s: %s\r\n", fields[_i].name,
		    fields[_i].out != NULL ? fields[_i].out : "(not put)");
	else
		ck_assert_ptr_null(fields[_i].out);
	text_put(&got, "", 1);
	text_put(&want, "", 1);
	ck_assert_str_eq(got.p, want.p);
	text_free(&got);
	text_free(&want);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("relay_inside");
	TCase *c = tcase_create("relay_inside");

	ROWS(c, field, fields);
	suite_add_tcase(s, c);
	return run_suite(s);
}
