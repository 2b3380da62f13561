/* SPDX-License-Identifier: ISC */
#include "conf/conf.h"

#include <check.h>
#include <string.h>

#include "conf/conf_changes.h"
#include "conf/conf_table.h"
#include "check_conf.h"

/* Where clients may go, as a configuration says it. */

#define LIST	"expected metadata, link-local, own, loopback or private, an " \
    "address or network such as 10.2.0.0/16, or a host such as " \
    "*.example.com, up to 1024 destinations"
#define PORTS	"expected ports and ranges such as 443 or 1024-65535, up to " \
    "64 of them"

static const struct wrong errors[] = {
	{ "destinations: [a.test]\n", "1:15: destinations: a list, ..." },
	{ "destinations: {denied: []}\n", "1:16: destinations.denied: an "
	    "unknown key, expected deny, allow, only, ports; did you mean "
	    "\"deny\"?" },
	{ "destinations: {allowlist: []}\n", "1:16: destinations.allowlist: "
	    "an unknown key, expected deny, allow, only, ports; did you mean "
	    "\"allow\"?" },
	{ "destinations: {deny: }\n", "1:22: destinations.deny: no value, "
	    LIST },
	{ "destinations: {deny: {a: b}}\n", "1:22: destinations.deny: a "
	    "mapping, " LIST },
	{ "destinations: {deny: [a.test, [b.test]]}\n",
	    "1:31: destinations.deny[1]: a list, " LIST },
	{ "destinations: {allow: [10.0.0.1/8]}\n", "1:24: "
	    "destinations.allow[0]: \"10.0.0.1/8\" is no destination, "
	    "expected no bits that are set behind the network's length; did "
	    "you mean \"10.0.0.0/8\"?" },
	{ "destinations: {allow: 10.0.0}\n", "1:23: destinations.allow: "
	    "\"10.0.0\" is no destination, expected a host name or address, "
	    "with or without a port" },
	{ "destinations: {deny: 'http://a.test/'}\n", "1:22: "
	    "destinations.deny: \"http://a.test/\" is no destination, "
	    "expected an address or a network such as 192.0.2.0/24 or "
	    "2001:db8::/32" },
	{ "destinations: {deny: [imds]}\n", "1:23: destinations.deny[0]: "
	    "\"imds\" is no destination, " LIST "; did you mean "
	    "\"metadata\"?" },
	{ "destinations: {deny: localhost}\n", "1:22: destinations.deny: "
	    "\"localhost\" is no destination, " LIST "; did you mean "
	    "\"loopback\"?" },
	{ "destinations: {deny: link_local}\n", "1:22: destinations.deny: "
	    "\"link_local\" is no destination, " LIST "; did you mean "
	    "\"link-local\"?" },
	{ "destinations: {allow: all}\n", "1:23: destinations.allow: \"all\" "
	    "is no destination, " LIST "; did you mean \"*\"?" },
	{ "destinations: {only: maybe}\n", "1:22: destinations.only: "
	    "\"maybe\" is ..." },
	{ "destinations: {ports: [443]}\n", "1:23: destinations.ports: a "
	    "list, ..." },
	{ "destinations: {ports: {https: 443}}\n", "1:24: "
	    "destinations.ports.https: an unknown key, expected tls, http, "
	    "other; did you mean \"http\"?" },
	{ "destinations: {ports: {tls: 0}}\n", "1:29: destinations.ports.tls: "
	    "\"0\" is no port, " PORTS },
	{ "destinations: {ports: {tls: [65536]}}\n", "1:30: "
	    "destinations.ports.tls[0]: \"65536\" is no port, " PORTS },
	{ "destinations: {ports: {tls: [https]}}\n", "1:30: "
	    "destinations.ports.tls[0]: \"https\" is no port, " PORTS },
	{ "destinations: {ports: {tls: [80-]}}\n", "1:30: "
	    "destinations.ports.tls[0]: \"80-\" is no port, " PORTS },
	{ "destinations: {ports: {tls: [-80]}}\n", "1:30: "
	    "destinations.ports.tls[0]: \"-80\" is no port, " PORTS },
	{ "destinations: {ports: {tls: 1024-80}}\n", "1:29: "
	    "destinations.ports.tls: \"1024-80\" ends before it begins, "
	    PORTS },
	{ "destinations: {ports: {tls: {}}}\n", "1:29: "
	    "destinations.ports.tls: a mapping, " PORTS },
};

START_TEST(error)
{
	fails_with(&errors[_i]);
}
END_TEST

static char *
text_of(const struct conf *conf, const char *path)
{
	const struct conf_option *option = conf_options();

	while (strcmp(option->path, path) != 0)
		option = conf_option_next(option);
	return conf_option_text(option, conf);
}

static const struct {
	const char	*text;
	const char	*path;
	const char	*shown;
} values[] = {
	{ "workers: 1\n", "destinations.deny", "metadata, link-local, own" },
	{ "workers: 1\n", "destinations.allow", "none" },
	{ "workers: 1\n", "destinations.ports.tls", "443" },
	{ "workers: 1\n", "destinations.ports.http", "80, 443, 1024-65535" },
	{ "workers: 1\n", "destinations.ports.other", "none" },
	{ "destinations: {deny: []}\n", "destinations.deny", "none" },
	{ "destinations: {deny: private}\n", "destinations.deny", "private" },
	{ "destinations: {allow: ['*.a.test', '10.2.0.0/16', '[::1]:80']}\n",
	    "destinations.allow", "*.a.test, 10.2.0.0/16, [::1]:80" },
	{ "destinations: {ports: {tls: [443, 8443-8450]}}\n",
	    "destinations.ports.tls", "443, 8443-8450" },
	{ "destinations: {ports: {tls: [443, 8443-8450]}}\n",
	    "destinations.ports.http", "80, 443, 1024-65535" },
	{ "destinations: {ports: {other: 22}}\n",
	    "destinations.ports.other", "22" },
};

START_TEST(value)
{
	struct conf *conf = parse_ok(values[_i].text);
	char *text = text_of(conf, values[_i].path);

	ck_assert_str_eq(text, values[_i].shown);
	free(text);
	conf_unref(conf);
}
END_TEST

START_TEST(places)
{
	struct conf *conf = parse_ok("destinations:\n"
	    "  deny:\n"
	    "  - metadata\n"
	    "  - a.test\n"
	    "  only: true\n"
	    "  ports:\n"
	    "    tls: 8443\n");
	const struct destinations *d = &conf->destinations;

	ck_assert_uint_eq(d->deny.list[1].at.line, 4);
	ck_assert_uint_eq(d->deny.list[1].at.column, 5);
	ck_assert(d->only);
	ck_assert_uint_eq(d->only_at.line, 5);
	ck_assert_uint_eq(d->ports[DESTINATION_TLS].at.line, 7);
	ck_assert_uint_eq(d->ports[DESTINATION_HTTP].at.line, 0);
	conf_unref(conf);
	conf = parse_ok("workers: 1\n");
	d = &conf->destinations;
	ck_assert(!d->only);
	ck_assert_uint_eq(d->deny.n, 3);
	ck_assert_uint_eq(d->deny.list[2].at.line, 0);
	ck_assert_uint_eq(d->only_at.line, 0);
	ck_assert_uint_eq(d->ports[DESTINATION_TLS].at.line, 0);
	conf_unref(conf);
}
END_TEST

START_TEST(broken)
{
	static const char text[] = "destinations: {deny: [own, 'a.b', 10.0.0.0"
	    "/8], allow: '[::1]:80', only: on, ports: {http: [80, 1-2]}}\n";

	cut_anywhere(text, sizeof text - 1);
	break_anywhere(text, sizeof text - 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conf_destinations");
	TCase *tc = tcase_create("destinations");

	tcase_set_timeout(tc, 60);
	ROWS(tc, error, errors);
	ROWS(tc, value, values);
	tcase_add_test(tc, places);
	tcase_add_test(tc, broken);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
