/* SPDX-License-Identifier: ISC */
#include "conf/conf.h"

#include <sys/socket.h>

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf_option.h"
#include "conf/conf_changes.h"
#include "conf/conf_table.h"
#include "check_conf.h"

#define SECOND	UINT64_C(1000000000)
#define UNIT	BUDGET_UNIT

/* What the configuration says of HTTPS: to the proxy, and to hosts. */

#define ADDRESS	"expected an address and port such as 127.0.0.1:3128, " \
    "[::1]:3128 or unix:/run/sluice.sock"
#define PATH	"expected the path of a PEM file"

static const struct wrong listen_errors[] = {
	{ "listen: {}\n", "1:9: listen: no address, expected one such as "
	    "{address: 127.0.0.1:3128}" },
	{ "listen: [{}]\n", "1:10: listen[0]: no address, ..." },
	{ "listen: [{tls: {certificate: /c, key: /k}}]\n",
	    "1:10: listen[0]: no address, ..." },
	{ "listen:\n- 127.0.0.1:1\n- {adress: 127.0.0.1:2}\n",
	    "3:4: listen[1].adress: an unknown key, expected address, tls; "
	    "did you mean \"address\"?" },
	{ "listen: {address: 127.0.0.1:1, address: 127.0.0.1:2}\n",
	    "1:32: listen.address: a key that is there twice, expected once; "
	    "the first is at line 1, column 10" },
	{ "listen: {address: }\n",
	    "1:19: listen.address: no value, " ADDRESS },
	{ "listen: {address: [127.0.0.1:1]}\n",
	    "1:19: listen.address: a list, " ADDRESS },
	{ "listen: [[127.0.0.1:1]]\n", "1:10: listen[0]: a list, " ADDRESS },
	{ "listen: {address: 127.0.0.1}\n",
	    "1:19: listen.address: \"127.0.0.1\" has no port, " ADDRESS "; did "
	    "you mean \"127.0.0.1:3128\"?" },
	{ "listen: {address: 3128}\n",
	    "1:19: listen.address: \"3128\" has no address, " ADDRESS "; did "
	    "you mean \"127.0.0.1:3128\"?" },
	{ "listen: [127.0.0.1:1, {address: 127.0.0.1:1}]\n",
	    "1:33: listen[1].address: \"127.0.0.1:1\" is there twice, "
	    ADDRESS },
	{ "listen: [{address: unix:/s, tls: {certificate: /c, key: /k}}, "
	    "unix:/s]\n", "1:63: listen[1]: \"unix:/s\" is there twice, ..." },
	{ "resolver: {address: 192.0.2.53}\n", "1:11: resolver: a mapping, "
	    "expected system, or addresses such as 192.0.2.53 or "
	    "[2001:db8::53]:53" },

	{ "listen: {address: 127.0.0.1:1, tls: }\n",
	    "1:37: listen.tls: nothing, expected a mapping ..." },
	{ "listen: {address: 127.0.0.1:1, tls: true}\n",
	    "1:37: listen.tls: a plain value, expected a mapping" },
	{ "listen: {address: 127.0.0.1:1, tls: {}}\n",
	    "1:37: listen.tls: empty, expected certificate and key" },
	{ "listen: {address: 127.0.0.1:1, tls: {certificate: /c}}\n",
	    "1:51: listen.tls.certificate: without key, expected key beside "
	    "it" },
	{ "listen: [{address: 127.0.0.1:1, tls: {key: /k}}]\n",
	    "1:44: listen[0].tls.key: without certificate, expected "
	    "certificate beside it" },
	{ "listen: {address: 127.0.0.1:1, tls: {cert: /c, key: /k}}\n",
	    "1:38: listen.tls.cert: an unknown key, expected "
	    "certificate, key; did you mean \"certificate\"?" },
	{ "listen: {address: 127.0.0.1:1, tls: {certificate: /c, keys: /k}}\n",
	    "1:55: listen.tls.keys: an unknown key, expected certificate, "
	    "key; did you mean \"key\"?" },
	{ "listen: {tls: {certificate: \"\", key: /k}}\n",
	    "1:29: listen.tls.certificate: \"\" is empty, " PATH },
	{ "listen: {tls: {certificate: /c, key: }}\n",
	    "1:38: listen.tls.key: no value, " PATH },
	{ "listen: {tls: {certificate: [/c], key: /k}}\n",
	    "1:29: listen.tls.certificate: a list, " PATH },
	/* What was taken before the error is given back. */
	{ "listen: [{address: 127.0.0.1:1, tls: {certificate: /c, key: /k}}, "
	    "{address: 127.0.0.1:2, tls: {certificate: /c, key: {}}}]\n",
	    "1:118: listen[1].tls.key: a mapping, " PATH },
	{ "listen: [{address: 127.0.0.1:1, tls: {certificate: /c, key: /k}}]\n"
	    "worker: 2\n", "2:1: worker: an unknown key, ..." },
};

START_TEST(listen_error)
{
	fails_with(&listen_errors[_i]);
}
END_TEST

/* A key in the file itself is refused, and not shown. */
START_TEST(pem)
{
	static const char text[] =
	    "listen:\n"
	    "  address: 127.0.0.1:1\n"
	    "  tls:\n"
	    "    certificate: /c\n"
	    "    key: |\n"
	    "      -----BEGIN PRIVATE KEY-----\n"
	    "      c2VjcmV0\n"
	    "      -----END PRIVATE KEY-----\n";
	char *cause = parse_bad(text, sizeof text - 1);

	ck_assert_str_eq(cause, "test.yaml:5:10: listen.tls.key: PEM itself, "
	    "expected the path of a file that holds it");
	free(cause);
}
END_TEST

START_TEST(listen_plain)
{
	struct conf *conf = parse_ok("listen: {address: 127.0.0.1:1}");

	ck_assert_uint_eq(conf->listen.n, 1);
	ck_assert_str_eq(conf->listen.list[0].text, "127.0.0.1:1");
	ck_assert_ptr_null(conf->listen.list[0].certificate);
	ck_assert_ptr_null(conf->listen.list[0].key);
	conf_unref(conf);
}
END_TEST

START_TEST(listen_tls)
{
	struct conf *conf = parse_ok(
	    "listen:\n"
	    "- 127.0.0.1:1\n"
	    "- {address: \"[::1]:2\", tls: {certificate: /c 1, key: ./k}}\n"
	    "- {tls: {key: \"k:2\", certificate: c}, address: unix:/s}\n"
	    "- {address: 127.0.0.1:0}\n"
	    "- {address: 127.0.0.1:0}\n");
	const struct conf_address *list = conf->listen.list;

	ck_assert_uint_eq(conf->listen.n, 5);
	ck_assert_ptr_null(list[0].certificate);
	ck_assert_str_eq(list[1].text, "[::1]:2");
	ck_assert_int_eq(list[1].addr.ss_family, AF_INET6);
	ck_assert_str_eq(list[1].certificate, "/c 1");
	ck_assert_str_eq(list[1].key, "./k");
	ck_assert_str_eq(list[2].text, "unix:/s");
	ck_assert_int_eq(list[2].addr.ss_family, AF_UNIX);
	ck_assert_str_eq(list[2].certificate, "c");
	ck_assert_str_eq(list[2].key, "k:2");
	ck_assert_ptr_null(list[4].key);
	conf_unref(conf);
}
END_TEST

/* The same mapping in two places is read for each of them. */
START_TEST(listen_alias)
{
	struct conf *conf = parse_ok("listen: [{address: 127.0.0.1:1, tls: "
	    "&t {certificate: /c, key: /k}}, {address: "
	    "127.0.0.1:2, tls: *t}]");

	ck_assert_str_eq(conf->listen.list[0].key, "/k");
	ck_assert_str_eq(conf->listen.list[1].key, "/k");
	ck_assert_ptr_ne(conf->listen.list[0].key, conf->listen.list[1].key);
	conf_unref(conf);
}
END_TEST

static void
collect(const char *line, void *arg)
{
	char *all = arg;
	size_t len = strlen(all);

	snprintf(all + len, 512 - len, "%s\n", line);
}

static const struct {
	const char	*old;
	const char	*new;
	const char	*told;
} changes[] = {
	{ "listen: 127.0.0.1:1", "listen: {address: 127.0.0.1:1}", "" },
	{ "listen: 127.0.0.1:1",
	    "listen: {address: 127.0.0.1:1, tls: {certificate: c, key: k}}",
	    "listen: 127.0.0.1:1 -> 127.0.0.1:1 (tls) takes effect at a "
	    "restart\n" },
	{ "listen: [{address: 127.0.0.1:1, tls: {certificate: c, key: k}}, "
	    "\"unix:/s\"]", "listen: [127.0.0.1:1, unix:/s]",
	    "listen: 127.0.0.1:1 (tls), unix:/s -> 127.0.0.1:1, unix:/s takes "
	    "effect at a restart\n" },
	/* Other files are read at a reload. */
	{ "listen: {address: 127.0.0.1:1, tls: {certificate: c, key: k}}",
	    "listen: {address: 127.0.0.1:1, tls: {certificate: d, key: l}}",
	    "" },
};

START_TEST(change)
{
	struct conf *old = parse_ok(changes[_i].old);
	struct conf *new = parse_ok(changes[_i].new);
	char all[512] = "";

	conf_changes(old, new, collect, all);
	ck_assert_str_eq(all, changes[_i].told);
	conf_unref(old);
	conf_unref(new);
}
END_TEST

static const struct wrong file_errors[] = {
	{ "tls:\n", "1:5: tls: nothing, expected a mapping ..." },
	{ "tls: off\n", "1:6: tls: a plain value, expected a mapping" },
	{ "tls: {ca_cert: /c}\n", "1:7: tls.ca_cert: an unknown key, expected "
	    "ca_certificate, ca_key, trust; did you mean "
	    "\"ca_certificate\"?" },
	{ "tls: {ca_kye: /k}\n", "1:7: tls.ca_kye: an unknown key, expected "
	    "ca_certificate, ca_key, trust; did you mean \"ca_key\"?" },
	{ "tsl: {trust: /t}\n", "1:1: tsl: an unknown key, expected listen, "
	    "workers, ..." },
	{ "tls: {ca_certificate: /c, ca_certificate: /c}\n",
	    "1:27: tls.ca_certificate: a key that is there twice, ..." },
	{ "tls: {ca_certificate: /c}\n", "1:23: tls.ca_certificate: without "
	    "ca_key, expected ca_key beside it" },
	{ "tls: {trust: /t, ca_key: /k}\n", "1:26: tls.ca_key: without "
	    "ca_certificate, expected ca_certificate beside it" },
	{ "tls: {ca_key: ~}\n", "1:15: tls.ca_key: no value, " PATH },
	{ "tls: {ca_key: \"\"}\n", "1:15: tls.ca_key: \"\" is empty, " PATH },
	{ "tls: {ca_key: [/k]}\n", "1:15: tls.ca_key: a list, " PATH },
	{ "tls: {ca_key: \"-----BEGIN EC PRIVATE KEY-----\"}\n",
	    "1:15: tls.ca_key: PEM itself, expected the path of a file that "
	    "holds it" },
	{ "tls: {trust: }\n",
	    "1:14: tls.trust: no value, expected system or a path" },
	{ "tls: {trust: \"\"}\n",
	    "1:14: tls.trust: \"\" is empty, expected system or a path" },
	{ "tls: {trust: {}}\n",
	    "1:14: tls.trust: a mapping, expected system or a path" },
	{ "tls: {trust: /t, ca_certificate: /c, ca_key: /k}\nworker: 1\n",
	    "2:1: worker: an unknown key, ..." },
};

START_TEST(file_error)
{
	fails_with(&file_errors[_i]);
}
END_TEST

START_TEST(files)
{
	struct conf *conf = parse_ok("tls: {}");

	ck_assert_ptr_null(conf->tls_ca_certificate);
	ck_assert_ptr_null(conf->tls_ca_key);
	ck_assert_ptr_null(conf->tls_trust);
	ck_assert_ptr_null(conf->tls);
	conf_unref(conf);
	conf = parse_ok("tls: {ca_key: /a b, trust: ./system, ca_certificate: "
	    "\"~\"}");
	ck_assert_str_eq(conf->tls_ca_certificate, "~");
	ck_assert_str_eq(conf->tls_ca_key, "/a b");
	ck_assert_str_eq(conf->tls_trust, "./system");
	conf_unref(conf);
	conf = parse_ok("tls: {trust: System}");
	ck_assert_ptr_null(conf->tls_trust);
	conf_unref(conf);
}
END_TEST

/* An option as text for people. */
static void
is_text(const struct conf *conf, enum conf_level level, const char *key,
    const char *want)
{
	char *text;

	text = conf_option_text(conf_option_find(conf_options(), level, key),
	    conf);
	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, want);
	free(text);
}

START_TEST(texts)
{
	struct conf *conf = parse_ok("workers: 1");

	is_text(conf, CONF_TLS, "ca_certificate", "none");
	is_text(conf, CONF_TLS, "trust", "system");
	conf_unref(conf);
	conf = parse_ok("listen: {address: 127.0.0.1:1, tls: {certificate: c, "
	    "key: k}}\ntls: {ca_key: /k, ca_certificate: /c, trust: /t}");
	is_text(conf, CONF_TLS, "ca_certificate", "/c");
	is_text(conf, CONF_TLS, "ca_key", "/k");
	is_text(conf, CONF_TLS, "trust", "/t");
	is_text(conf, CONF_TOP, "listen", "127.0.0.1:1 (tls)");
	is_text(conf, CONF_LISTENER, "address", "");
	is_text(conf, CONF_LISTENER, "tls", "");
	is_text(conf, CONF_LISTENER_TLS, "key", "");
	is_text(conf, CONF_RULE, "capacity", "");
	conf_unref(conf);
}
END_TEST

#define HOST(rule)	"hosts: {a.b: {" rule "}}\n"

static const struct wrong host_errors[] = {
	{ HOST("https: "), "1:22: hosts.a.b.https: no value, expected tunnel, "
	    "upstream or intercept" },
	{ HOST("https: on"), "1:22: hosts.a.b.https: \"on\" is unknown, "
	    "expected tunnel, upstream or intercept; did you mean "
	    "\"intercept\"?" },
	{ HOST("https: intercpet"), "1:22: hosts.a.b.https: \"intercpet\" is "
	    "unknown, expected tunnel, upstream or intercept; did you mean "
	    "\"intercept\"?" },
	{ HOST("https: {}"), "1:22: hosts.a.b.https: a mapping, expected "
	    "tunnel, upstream or intercept" },
	{ HOST("htpts: tunnel"), "1:15: hosts.a.b.htpts: an unknown key, "
	    "expected preset, capacity, period, burst, strict, counted_within, "
	    "rates, concurrency, queue, mode, candidate, pause, learn, "
	    "learn_probes, retry, client_cost, "
	    "costs, paths, budgets, "
	    "per, per_total, fair_by, weights, trust_priority, store, "
	    "without_store, reserve, shared, same, https, upstream, tunnel, upgrade, tls, parent; did you mean \"https\"?" },
	{ HOST("https: tunnel, https: tunnel"),
	    "1:30: hosts.a.b.https: a key that is there twice, ..." },
	{ "defaults: {https: intercept}\n", "1:19: defaults.https: intercept, "
	    "expected tunnel or upstream: name the hosts to intercept" },
	{ "hosts: {a.b: &r {https: intercept}}\ndefaults: *r\n",
	    "1:25: defaults.https: intercept, expected tunnel or upstream: "
	    "name the hosts to intercept" },

	{ HOST("upstream: yes"),
	    "1:25: hosts.a.b.upstream: a plain value, expected a mapping" },
	{ HOST("upstream: {rewrites: yes}"), "1:26: hosts.a.b.upstream."
	    "rewrites: an unknown key, expected rewrite, strip_secure, "
	    "refuse_tunnels; did you mean \"rewrite\"?" },
	{ HOST("tunnel: 5"),
	    "1:23: hosts.a.b.tunnel: a plain value, expected a mapping" },
	{ HOST("tunnel: "), "1:23: hosts.a.b.tunnel: nothing, ..." },
	{ HOST("tunnel: {costs: 5}"), "1:24: hosts.a.b.tunnel.costs: an "
	    "unknown key, expected cost, hold, idle; did you mean \"cost\"?" },
	{ HOST("tunnel: {cost: 0}"), "1:30: hosts.a.b.tunnel.cost: \"0\" is "
	    "too little, expected a number from 0.000001 to 1000000000" },
	{ HOST("tunnel: {cost: 1000000000.1}"), "1:30: hosts.a.b.tunnel.cost: "
	    "\"1000000000.1\" is too much, ..." },
	{ HOST("tunnel: {cost: -1}"),
	    "1:30: hosts.a.b.tunnel.cost: \"-1\" is negative, ..." },
	{ HOST("tunnel: {hold: open}"), "1:30: hosts.a.b.tunnel.hold: \"open\" "
	    "is unknown, expected close or connect" },
	{ HOST("tunnel: {hold: Close}"), "1:30: hosts.a.b.tunnel.hold: "
	    "\"Close\" is unknown, expected close or connect; did you mean "
	    "\"close\"?" },
	{ HOST("tunnel: {idle: 500ms}"), "1:30: hosts.a.b.tunnel.idle: "
	    "\"500ms\" is too little, expected a duration in ms, s, m, h or "
	    "d, from 1s to 7d" },
	{ HOST("tunnel: {idle: 8d}"),
	    "1:30: hosts.a.b.tunnel.idle: \"8d\" is too much, ..." },
	{ "defaults: {tunnel: {idle: 0}}\n",
	    "1:27: defaults.tunnel.idle: \"0\" is too little, ..." },

	{ HOST("tls: true"),
	    "1:20: hosts.a.b.tls: a plain value, expected a mapping" },
	{ HOST("tls: {prot: 1}"), "1:21: hosts.a.b.tls.prot: an unknown key, "
	    "expected port, verify, trust, certificate, key; did you mean "
	    "\"port\"?" },
	{ HOST("tls: {port: 0}"), "1:27: hosts.a.b.tls.port: \"0\" is too "
	    "little, expected a whole number from 1 to 65535" },
	{ HOST("tls: {port: 65536}"),
	    "1:27: hosts.a.b.tls.port: \"65536\" is too much, ..." },
	{ HOST("tls: {port: https}"),
	    "1:27: hosts.a.b.tls.port: \"https\" is not a number, ..." },
	{ HOST("tls: {verify: none}"),
	    "1:29: hosts.a.b.tls.verify: \"none\" is neither true nor "
	    "false, expected true or false; did you mean \"false\"?" },
	{ HOST("tls: {verify: }"), "1:29: hosts.a.b.tls.verify: no value, "
	    "expected true or false" },
	{ HOST("tls: {trust: \"\"}"), "1:28: hosts.a.b.tls.trust: \"\" is "
	    "empty, expected system or a path" },
	{ HOST("tls: {certificate: \"\", key: /k}"),
	    "1:34: hosts.a.b.tls.certificate: \"\" is empty, " PATH },
	{ HOST("tls: {trust: /t, certificate: /c}"),
	    "1:45: hosts.a.b.tls.certificate: without key, expected key "
	    "beside it" },
	{ HOST("tls: {trust: /t, key: /k}"), "1:37: hosts.a.b.tls.key: without "
	    "certificate, expected certificate beside it" },
	{ "defaults: {tls: {key: /k}}\n", "1:23: defaults.tls.key: without "
	    "certificate, expected certificate beside it" },
	/* What was taken before the error is given back. */
	{ "defaults: {tls: {trust: /t, certificate: /c, key: /k}}\n"
	    "hosts:\n"
	    "  a.b: {tls: {trust: system, certificate: /c, key: /k}}\n"
	    "  c.d: {tls: {trust: /t, certificate: /c, key: /k}, burst: 1}\n",
	    "4:60: hosts.c.d.burst: without capacity, ..." },
	{ "hosts:\n"
	    "  a.b: {tls: {trust: /t}}\n"
	    "  A.b: {tls: {trust: /t}}\n", "3:3: hosts.A.b: another "
	    "spelling of \"a.b\", ..." },
};

START_TEST(host_error)
{
	fails_with(&host_errors[_i]);
}
END_TEST

static void
is_default(const struct rule *rule)
{
	ck_assert_int_eq(rule->https, RULE_HTTPS_TUNNEL);
	ck_assert_uint_eq(rule->https_at.line, 0);
	ck_assert_uint_eq(rule->https_at.column, 0);
	ck_assert(rule->upstream_rewrite);
	ck_assert(!rule->upstream_strip_secure);
	ck_assert(!rule->upstream_refuse_tunnels);
	ck_assert_uint_eq(rule->tunnel_cost, UNIT);
	ck_assert_int_eq(rule->tunnel_hold, RULE_HOLD_CLOSE);
	ck_assert_uint_eq(rule->tunnel_idle, 3600 * SECOND);
	ck_assert_uint_eq(rule->tls_port, 443);
	ck_assert(rule->tls_verify);
	ck_assert_ptr_null(rule->tls_trust);
	ck_assert_ptr_null(rule->tls_certificate);
	ck_assert_ptr_null(rule->tls_key);
}

START_TEST(host_defaults)
{
	struct conf *conf = parse_ok("hosts: {a.b: {}, c.d: {tls: {}, "
	    "tunnel: {}, upstream: {}}}");

	ck_assert_str_eq(conf->fallback.name, "unlimited");
	is_default(&conf->fallback);
	is_default(&conf->rules[0]);
	is_default(&conf->rules[1]);
	conf_unref(conf);
	conf = parse_ok("defaults: {}");
	is_default(&conf->fallback);
	conf_unref(conf);
}
END_TEST

START_TEST(host)
{
	struct conf *conf = parse_ok(
	    "hosts:\n"
	    "  a.b:\n"
	    "    https: upstream\n"
	    "    tunnel: {cost: 0.5, hold: connect, idle: 90}\n"
	    "    tls: {port: 8443, verify: no, trust: t, certificate: c d, "
	    "key: ./k}\n"
	    "  \"*.c\": {capacity: 1, https: intercept, shared: true}\n"
	    "  \"*\": {https: intercept, tls: {trust: SYSTEM}}\n"
	    "  d.e: {https: tunnel, tls: {trust: ./system}}\n"
	    "defaults: {https: upstream, tls: {port: 1}, upstream: "
	    "{rewrite: no, strip_secure: yes, refuse_tunnels: yes}}\n");
	struct rule *rule = conf->rules;

	ck_assert_int_eq(rule->https, RULE_HTTPS_UPSTREAM);
	ck_assert_uint_eq(rule->https_at.line, 3);
	ck_assert_uint_eq(rule->https_at.column, 12);
	ck_assert_uint_eq(rule->tunnel_cost, UNIT / 2);
	ck_assert_int_eq(rule->tunnel_hold, RULE_HOLD_CONNECT);
	ck_assert_uint_eq(rule->tunnel_idle, 90 * SECOND);
	ck_assert_uint_eq(rule->tls_port, 8443);
	ck_assert(!rule->tls_verify);
	ck_assert_str_eq(rule->tls_trust, "t");
	ck_assert_str_eq(rule->tls_certificate, "c d");
	ck_assert_str_eq(rule->tls_key, "./k");
	ck_assert_int_eq(rule[1].https, RULE_HTTPS_INTERCEPT);
	ck_assert_uint_eq(rule[1].https_at.line, 6);
	ck_assert_uint_eq(rule[1].https_at.column, 31);
	ck_assert_int_eq(rule[2].https, RULE_HTTPS_INTERCEPT);
	ck_assert_str_eq(rule[2].tls_trust, "system");
	ck_assert_int_eq(rule[3].https, RULE_HTTPS_TUNNEL);
	ck_assert_uint_eq(rule[3].https_at.line, 8);
	ck_assert_str_eq(rule[3].tls_trust, "./system");
	ck_assert_int_eq(conf->fallback.https, RULE_HTTPS_UPSTREAM);
	ck_assert_uint_eq(conf->fallback.https_at.line, 9);
	ck_assert_uint_eq(conf->fallback.https_at.column, 19);
	ck_assert_uint_eq(conf->fallback.tls_port, 1);
	ck_assert(!conf->fallback.upstream_rewrite);
	ck_assert(conf->fallback.upstream_strip_secure);
	ck_assert(conf->fallback.upstream_refuse_tunnels);
	conf_unref(conf);
}
END_TEST

/* One rule in several places: each has strings of its own. */
START_TEST(host_alias)
{
	struct conf *conf = parse_ok("defaults: &d {tls: {trust: /t, "
	    "certificate: /c, key: /k}}\n"
	    "hosts: {a.b: *d, c.d: *d}\n");

	ck_assert_str_eq(conf->rules[0].tls_key, "/k");
	ck_assert_str_eq(conf->rules[1].tls_key, "/k");
	ck_assert_ptr_ne(conf->rules[0].tls_key, conf->rules[1].tls_key);
	ck_assert_ptr_ne(conf->rules[0].tls_key, conf->fallback.tls_key);
	conf_unref(conf);
}
END_TEST

/* The time of tunnels: a rule's own, or the file's, in any order. */
static const struct {
	const char	*text;
	uint64_t	 fallback;	/* seconds */
	uint64_t	 rule;
} idles[] = {
	{ "hosts: {a.b: {}}", 3600, 3600 },
	{ "timeouts: {tunnel: 5}\nhosts: {a.b: {}}", 5, 5 },
	{ "hosts: {a.b: {}}\ntimeouts: {tunnel: 5}", 5, 5 },
	{ "hosts: {a.b: {tunnel: {cost: 2}}}\ndefaults: {}\n"
	    "timeouts: {tunnel: 5}", 5, 5 },
	{ "hosts: {a.b: {tunnel: {idle: 7}}}\ntimeouts: {tunnel: 5}", 5, 7 },
	{ "timeouts: {tunnel: 5}\ndefaults: {tunnel: {idle: 6}}\n"
	    "hosts: {a.b: {}}", 6, 5 },
	{ "defaults: {tunnel: {idle: 1s}}\nhosts: {a.b: {tunnel: {idle: "
	    "7d}}}", 1, 604800 },
};

START_TEST(idle)
{
	struct conf *conf = parse_ok(idles[_i].text);

	ck_assert_uint_eq(conf->fallback.tunnel_idle,
	    idles[_i].fallback * SECOND);
	ck_assert_uint_eq(conf->rules[0].tunnel_idle,
	    idles[_i].rule * SECOND);
	conf_unref(conf);
}
END_TEST

static const char	 whole[] =
    "listen:\n- 127.0.0.1:1\n"
    "- {address: \"[::1]:2\", tls: &t {certificate: c, key: k}}\n"
    "tls: {ca_certificate: c, ca_key: k, trust: t}\n"
    "defaults: &d {https: upstream, tunnel: {cost: 2, idle: 9}, tls: *t}\n"
    "hosts:\n  a.b: *d\n  \"*.c\":\n    https: intercept\n"
    "    tunnel: {hold: connect}\n"
    "    tls: {port: 1, verify: no, trust: system, certificate: c, key: k}\n";

START_TEST(cut)
{
	conf_unref(parse_ok(whole));
	cut_anywhere(whole, sizeof whole - 1);
}
END_TEST

START_TEST(broken)
{
	break_anywhere(whole, sizeof whole - 1);
}
END_TEST

static Suite *
conf_tls_suite(void)
{
	Suite *suite = suite_create("conf_tls");
	TCase *listening = tcase_create("listen");
	TCase *file = tcase_create("files");
	TCase *hosts = tcase_create("hosts");
	TCase *wrongs = tcase_create("broken");

	tcase_add_loop_test(listening, listen_error, 0, COUNT(listen_errors));
	tcase_add_test(listening, pem);
	tcase_add_test(listening, listen_plain);
	tcase_add_test(listening, listen_tls);
	tcase_add_test(listening, listen_alias);
	tcase_add_loop_test(listening, change, 0, COUNT(changes));
	suite_add_tcase(suite, listening);

	tcase_add_loop_test(file, file_error, 0, COUNT(file_errors));
	tcase_add_test(file, files);
	tcase_add_test(file, texts);
	suite_add_tcase(suite, file);

	tcase_add_loop_test(hosts, host_error, 0, COUNT(host_errors));
	tcase_add_test(hosts, host_defaults);
	tcase_add_test(hosts, host);
	tcase_add_test(hosts, host_alias);
	tcase_add_loop_test(hosts, idle, 0, COUNT(idles));
	suite_add_tcase(suite, hosts);

	tcase_set_timeout(wrongs, 60);
	tcase_add_test(wrongs, cut);
	tcase_add_test(wrongs, broken);
	suite_add_tcase(suite, wrongs);
	return suite;
}

int
main(void)
{
	return run_suite(conf_tls_suite());
}
