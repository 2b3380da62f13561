/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "http/set_cookie.h"

/* What of Set-Cookie says Secure, or needs it, as clients read it. */

static const struct {
	const char	*value;
	const char	*rest;		/* of its parts that do not say it */
	bool		 needs;
} cookies[] = {
	{ "a=b", "a=b", false },
	{ "a=b; Secure", "a=b", false },
	{ "a=b;secure;HttpOnly", "a=b;HttpOnly", false },
	{ "a=b; SECURE ; Path=/; Secure", "a=b; Path=/", false },
	{ "a=b;\tSecure=yes; x", "a=b; x", false },
	{ "a=b; Secure\t=; Max-Age=1", "a=b; Max-Age=1", false },
	/* that is something else */
	{ "Secure", "Secure", false },
	{ "Secure=b; Path=/Secure", "Secure=b; Path=/Secure", false },
	{ "a=Secure; Securely; x=Secure", "a=Secure; Securely; x=Secure",
	    false },
	{ "a=\"b; Secure\"; Secure", "a=\"b; Secure\"", false },
	{ "", "", false },
	{ ";", ";", false },
	{ ";;Secure;", ";;", false },
	{ "; Secure", "", false },
	/* names that want it */
	{ "__Secure-a=b; x", "__Secure-a=b; x", true },
	{ " __host-a=b", " __host-a=b", true },
	{ "__HTTP-a=b", "__HTTP-a=b", true },
	{ "__Secure=b", "__Secure=b", false },
	{ "a__Host-=b", "a__Host-=b", false },
};

START_TEST(parts)
{
	size_t len = strlen(cookies[_i].value);
	char *copy = malloc(len + 1), got[64] = "";
	struct http1_str rest = { copy, len }, part;

	memcpy(copy, cookies[_i].value, len);
	ck_assert(set_cookie_needs_secure(rest) == cookies[_i].needs);
	ck_assert(set_cookie_has_secure(rest) == (strcmp(cookies[_i].value,
	    cookies[_i].rest) != 0));
	while (set_cookie_next(&rest, &part))
		if (!set_cookie_is_secure(part))
			strncat(got, part.p, part.len);
	ck_assert_str_eq(got, cookies[_i].rest);
	free(copy);
}
END_TEST

static const struct {
	const char	*part;
	bool		 cross_site;
} attributes[] = {
	{ "; SameSite=None", true },
	{ ";samesite\t=\tNONE ", true },
	{ "; Partitioned", true },
	{ ";PARTITIONED=x", true },
	{ "; SameSite=Lax", false },
	{ "; SameSite=Strict", false },
	{ "; SameSite", false },
	{ "; SameSite=", false },
	{ "; SameSite=\"None\"", false },
	{ "; SameSite=None=", false },
	{ "; SameSites=None", false },
	{ "; None", false },
	{ "; None=SameSite", false },
	{ "; x=Partitioned", false },
	{ "; Secure", false },
	{ ";", false },
	{ "", false },
	/* the pair of name and value */
	{ "SameSite=None", false },
	{ "Partitioned", false },
};

START_TEST(cross_site)
{
	size_t len = strlen(attributes[_i].part);
	char *copy = malloc(len + 1);
	struct http1_str part = { copy, len };

	memcpy(copy, attributes[_i].part, len);
	ck_assert(set_cookie_is_cross_site(part) == attributes[_i].cross_site);
	free(copy);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("set_cookie");
	TCase *c = tcase_create("set_cookie");

	ROWS(c, parts, cookies);
	ROWS(c, cross_site, attributes);
	suite_add_tcase(s, c);
	return run_suite(s);
}
