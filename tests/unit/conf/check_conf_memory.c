/* SPDX-License-Identifier: ISC */
#include "conf/conf.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "check_alloc.h"
#include "check_conf.h"

/*
 * A configuration of which everything allocates: wherever memory fails, it is
 * refused for that, and nothing of it is taken.
 */
static const char	 whole[] =
    "listen: [127.0.0.1:1, \"[::1]:2\", unix:/s, {address: 127.0.0.1:3,\n"
    "  tls: {certificate: /a, key: /b}}]\n"
    "resolver: [192.0.2.53, \"[::1]:5353\"]\n"
    "access: {clients: [127.0.0.0/8, \"::1\"], users: /u}\n"
    "destinations:\n"
    "  deny: [a.test, \"*.b.test\", 192.0.2.0/24, link-local]\n"
    "  allow: [c.test]\n"
    "  only: true\n"
    "  ports: {tls: [443, 8000-8999], http: [80]}\n"
    "log: {diagnostics: /d, access: /a/b}\n"
    "via: {name: p-1}\n"
    "tls: {ca_certificate: /c, ca_key: /k, trust: /t}\n"
    "store:\n"
    "  redis: rediss://mymaster/0\n"
    "  namespace: n\n"
    "  ca: /c\n"
    "  password_file: /p\n"
    "  key_file: /k\n"
    "  sentinel: {addresses: [10.0.0.6, s.test:7], password_file: /q}\n"
    "admin: {socket: /s.sock, web: [127.0.0.1:4], web_hosts: [w.test],\n"
    "  web_token_file: /w, group: root}\n"
    "parent:\n"
    "  url: https://user@proxy.test:3128\n"
    "  password_file: /p\n"
    "  tls: {trust: /t, certificate: /c, key: /k}\n"
    "defaults: &d {capacity: 10}\n"
    "hosts:\n"
    "  a.test: *d\n"
    "  \"*.c.test:80\":\n"
    "    shared: yes\n"
    "    same: [\"c.test:80\", 192.0.2.7]\n"
    "    per: jwt:sub,iss\n"
    "    per_total: {capacity: 7, concurrency: 3}\n"
    "    fair_by: \"header:X-Team\"\n"
    "    weights: {a: 2, b: 3}\n"
    "    rates: [{capacity: 0.5, strict: on}, {capacity: 9}]\n"
    "    candidate: {rates: [{capacity: 3}]}\n"
    "    pause:\n"
    "      statuses: [429, {status: 420, default: 1s}]\n"
    "      bodies:\n"
    "      - {status: 400, path: /api/*, json: error.code, in: [a, b],\n"
    "         delay: {need: x.need, have: x.have, rate: x.rate}}\n"
    "      - {status: [403, 400], contains: slow down, delay: x.y}\n"
    "    retry: {methods: [GET, PUT], statuses: [502]}\n"
    "    costs:\n"
    "    - {method: [POST], path: /x/*, header: \"X-A: b\", cost: 5}\n"
    "    paths: {\"/y/*\": {capacity: 3}, \"/z\": {concurrency: 1}}\n"
    "  u.test: {https: upstream, parent: \"http://other.test:3\",\n"
    "    tls: {trust: /t, certificate: /c, key: /k}}\n"
    "  h.test: {per: \"header:X-Key\", parent: direct}\n"
    "  api.github.com: {preset: github}\n"
    "  api.openai.com:\n"
    "    preset: openai\n"
    "    per: authorization\n"
    "    budgets:\n"
    "      tokens:\n"
    "        rates: [{capacity: 30000, period: 1m}]\n"
    "        per_total: {capacity: 200000, period: 1m}\n"
    "        reserve: {input: bytes/4, output: [a.b, c], learn: p90}\n"
    "        settle: {json: u.t, plus: [u.p], minus: [u.m, u.n]}\n"
    "      points: {rates: [{capacity: 3}], reserve: {input: x.y}}\n";

START_TEST(anywhere)
{
	struct conf *conf = NULL;
	unsigned n = 0, left;
	char *cause;

	find_presets();
	while (conf == NULL) {
		check_alloc = ++n;
		conf = conf_parse("test.yaml", whole, sizeof whole - 1,
		    &cause);
		left = check_alloc;
		check_alloc = 0;
		if (conf == NULL) {
			ck_assert_msg(left == 0, "%s", cause);
			ck_assert_msg(cause == NULL || strstr(cause,
			    "out of memory") != NULL, "%u: %s", n, cause);
			free(cause);
		}
	}
	ck_assert_msg(left > 0, "allocation %u is not missed", n);
	ck_assert_uint_gt(n, 100);
	ck_assert_uint_eq(conf->nrules, 6);
	conf_unref(conf);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conf_memory");
	TCase *tc = tcase_create("conf_memory");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, anywhere);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
