/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_url.h"

#include <arpa/inet.h>
#include <check.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_run.h"

/* Whose a proxy's URL is, and what of it must not be shown. */

static bool
is_here(const char *host)
{
	return ctl_doctor_url_here(host, strlen(host));
}

START_TEST(names_of_this_machine)
{
	static const char *const here[] = {
		"localhost", "LocalHost", "a.localhost", "127.0.0.1",
		"127.9.9.9", "::1", "[::1]", "0.0.0.0", "[::]",
		"[::ffff:127.0.0.1]",
	};
	static const char *const elsewhere[] = {
		"", "[]", ".localhost.example", "notlocalhost", "192.0.2.1",
		"192.0.2", "[2001:db8::1]", "[::ffff:192.0.2.1]",
		"no-such-name.invalid",
	};
	char longer[300], name[256] = "";
	size_t i;

	for (i = 0; i < sizeof here / sizeof here[0]; i++)
		ck_assert_msg(is_here(here[i]), "%s", here[i]);
	for (i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++)
		ck_assert_msg(!is_here(elsewhere[i]), "%s", elsewhere[i]);
	memset(longer, 'a', sizeof longer);
	ck_assert(!ctl_doctor_url_here(longer, sizeof longer));
	ck_assert_int_eq(gethostname(name, sizeof name - 1), 0);
	ck_assert_msg(is_here(name), "%s", name);
}
END_TEST

/* Whatever address a network card has is this machine's, too. */
START_TEST(addresses_of_this_machine)
{
	char text[INET_ADDRSTRLEN], mapped[INET_ADDRSTRLEN + 16];
	struct ifaddrs *all = NULL, *one;
	struct sockaddr_in *in;

	ck_assert_int_eq(getifaddrs(&all), 0);
	for (one = all; one != NULL; one = one->ifa_next) {
		if (one->ifa_addr == NULL ||
		    one->ifa_addr->sa_family != AF_INET)
			continue;
		in = (struct sockaddr_in *)(void *)one->ifa_addr;
		ck_assert_ptr_nonnull(inet_ntop(AF_INET, &in->sin_addr, text,
		    sizeof text));
		ck_assert_msg(is_here(text), "%s", text);
		snprintf(mapped, sizeof mapped, "[::ffff:%s]", text);
		ck_assert_msg(is_here(mapped), "%s", mapped);
	}
	freeifaddrs(all);
}
END_TEST

static const struct {
	const char	*a, *b;
	bool		 same;
} pairs[] = {
	{ "http://localhost:3128", "http://LOCALHOST:3128/", true },
	{ "http://localhost:3128", "127.0.0.1:3128", true },
	{ "http://me:secret@localhost:3128", "http://[::1]:3128", true },
	{ "http://localhost:3128", "http://localhost:3129", false },
	{ "http://localhost:3128", "http://localhost", false },
	{ "http://proxy.example:3128", "http://proxy.example:3128", true },
	{ "http://proxy.example:3128", "http://other.example:3128", false },
	{ "http://proxy.example:3128", "http://localhost:3128", false },
};

START_TEST(the_same_place)
{
	struct ctl_doctor_url a, b;

	ctl_doctor_url_parse(&a, pairs[_i].a);
	ctl_doctor_url_parse(&b, pairs[_i].b);
	ck_assert_int_eq(ctl_doctor_url_same(&a, &b), pairs[_i].same);
	ck_assert_int_eq(ctl_doctor_url_same(&b, &a), pairs[_i].same);
}
END_TEST

static const struct {
	const char	*proxy;		/* as a variable has it */
	const char	*line;
	const char	*shown;
} hidden[] = {
	{ "http://me:secret@p:1", "it says secret, to you",
	    "it says ******, to you" },
	/* as one that has read it shows it, or half of it */
	{ "http://me:s%65cret@p:1", "secret s%65cret", "****** ********" },
	{ "http://me:one/two@p:1", "host one, path two",
	    "host ***, path ***" },
	/* a name alone may be a token */
	{ "http://token@p:1", "token", "*****" },
	/* a letter is everywhere */
	{ "http://m:e@p:1", "me, here", "me, here" },
	/* what no variable has, too, as far as it is one */
	{ "p:1", "ftp://you:hidden@elsewhere and http://x/ @y",
	    "ftp://**********@elsewhere and http://x/ @y" },
};

START_TEST(secrets_are_hidden)
{
	char line[128];

	ck_assert_int_eq(setenv("HTTPS_PROXY", hidden[_i].proxy, 1), 0);
	snprintf(line, sizeof line, "%s", hidden[_i].line);
	ctl_doctor_url_hide(line);
	(void)unsetenv("HTTPS_PROXY");
	ck_assert_str_eq(line, hidden[_i].shown);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ctl_doctor_url");
	TCase *tc = tcase_create("ctl_doctor_url");

	tcase_add_test(tc, names_of_this_machine);
	tcase_add_test(tc, addresses_of_this_machine);
	ROWS(tc, the_same_place, pairs);
	ROWS(tc, secrets_are_hidden, hidden);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
