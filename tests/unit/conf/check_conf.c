/* SPDX-License-Identifier: ISC */
#include "conf/conf.h"

#include <sys/un.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_value.h"
#include "conf/conf_parse.h"
#include "conf/conf_changes.h"
#include "base/log.h"
#include "http/http1_host.h"
#include "check_conf.h"

#define SECOND	UINT64_C(1000000000)
#define UNIT	BUDGET_UNIT

static const char	 whole[] =
    "listen: [127.0.0.1:1, \"[::1]:2\", unix:/s]\n"
    "workers: auto\nsandbox: false\nresolver: [192.0.2.53, \"[::1]:5353\"]\n"
    "log: {level: warn, access: /a/b, format: json, held: OFF}\n"
    "timeouts: {idle: 1.5m, header: 500ms}\n"
    "limits: {head: 8K, fields: 10000, body: 1GB}\n"
    "metrics: {hosts: 0}\n"
    "keep_alive_10: on\n"
    "store: {redis: \"rediss://u:p%40@m/3\", ca: /c, timeout: 1s,\n"
    "  namespace: n, sentinel: {addresses: [a, \"[::1]:7\"]}}\n"
    "via: {name: p-1, send: no}\n"
    "defaults: &d {capacity: 10, queue: {length: 5, max_wait: 1}}\n"
    "hosts:\n  a.b: *d\n  \"*.c:80\":\n    shared: yes\n"
    "    same: [\"c:80\", 192.0.2.7]\n"
    "    per: client\n    per_total: {capacity: 7, concurrency: 3}\n"
    "    rates:\n    - {capacity: 0.5, strict: on}\n    - {capacity: 9}\n"
    "    pause: {statuses: [429], default: 1, max: 2}\n";

START_TEST(cut)
{
	cut_anywhere(whole, sizeof whole - 1);
}
END_TEST

START_TEST(broken)
{
	break_anywhere(whole, sizeof whole - 1);
}
END_TEST

START_TEST(defaults)
{
	struct conf *conf = parse_ok("{}");
	struct rule *rule = &conf->fallback;
	struct sockaddr_in in;

	ck_assert_str_eq(conf->path, "test.yaml");
	ck_assert_uint_eq(conf->listen.n, 1);
	memcpy(&in, &conf->listen.list[0].addr, sizeof in);
	ck_assert_uint_eq(conf->listen.list[0].len, sizeof in);
	ck_assert_int_eq(in.sin_family, AF_INET);
	ck_assert_uint_eq(ntohl(in.sin_addr.s_addr), INADDR_LOOPBACK);
	ck_assert_uint_eq(ntohs(in.sin_port), 3128);
	ck_assert_str_eq(conf->listen.list[0].text, "127.0.0.1:3128");
	ck_assert_uint_eq(conf->workers, 1);
	ck_assert_uint_eq(conf->resolver.n, 0);
	ck_assert_int_eq(conf->log_level, LOG_LEVEL_INFO);
	ck_assert_str_eq(conf->log_access, "-");
	ck_assert_int_eq(conf->log_format, CONF_LOG_TEXT);
	ck_assert_uint_eq(conf->log_held, 5 * SECOND);
	ck_assert_uint_eq(conf->timeout_header, 10 * SECOND);
	ck_assert_uint_eq(conf->timeout_idle, 60 * SECOND);
	ck_assert_uint_eq(conf->timeout_connect, 5 * SECOND);
	ck_assert_uint_eq(conf->timeout_response, 60 * SECOND);
	ck_assert_uint_eq(conf->timeout_continue, SECOND);
	ck_assert_uint_eq(conf->timeout_half_closed, 2 * SECOND);
	ck_assert_uint_eq(conf->timeout_tunnel, 3600 * SECOND);
	ck_assert_uint_eq(conf->timeout_drain, 30 * SECOND);
	ck_assert_uint_eq(conf->timeout_upgrade, 30 * SECOND);
	ck_assert_uint_eq(conf->timeout_exchange, 0);
	ck_assert(!conf->access_same_user);
	ck_assert_int_eq(conf->access_share, SHARE_HALF);
	ck_assert_uint_eq(conf->access_rate, 0);
	ck_assert_uint_eq(conf->limit_connections, 10000);
	ck_assert_uint_eq(conf->limit_head, 64 << 10);
	ck_assert_uint_eq(conf->limit_fields, 1000);
	ck_assert_ptr_null(conf->state_file);
	ck_assert_uint_eq(conf->state_every, 5 * SECOND);
	ck_assert_ptr_null(conf->store.name);
	ck_assert_str_eq(conf->store.space, "default");
	ck_assert_uint_eq(conf->store.timeout, SECOND / 5);
	ck_assert_ptr_null(conf->via_name);
	ck_assert(conf->via_send);
	ck_assert(conf->sandbox);
	ck_assert(!conf->keep_alive_10);
	ck_assert_uint_eq(conf->limit_body, 1 << 30);
	ck_assert_uint_eq(conf->limit_buffer, 256 << 10);
	ck_assert_uint_eq(conf->limit_pace, 1 << 10);
	ck_assert_uint_eq(conf->limit_hosts, 100000);
	ck_assert_uint_eq(conf->limit_lookups, 256);
	ck_assert_uint_eq(conf->limit_names, 10000);
	ck_assert_uint_eq(conf->limit_ttl, 3600 * SECOND);
	ck_assert_uint_eq(conf->metrics_hosts, 100);
	ck_assert_uint_eq(conf->nrules, 0);
	ck_assert_str_eq(rule->name, "unlimited");
	ck_assert_uint_eq(rule->limits.nrates, 0);
	ck_assert_uint_eq(rule->limits.concurrency, 0);
	ck_assert_uint_eq(rule->queue_length, 1000);
	ck_assert_uint_eq(rule->max_wait, 60 * SECOND);
	ck_assert_uint_eq(rule->npause_statuses, 2);
	ck_assert_uint_eq(rule->pause_statuses[0].status, 429);
	ck_assert(!rule->pause_statuses[0].off);
	ck_assert_uint_eq(rule->pause_statuses[0].pause, 5 * SECOND);
	ck_assert_uint_eq(rule->pause_statuses[1].status, 503);
	ck_assert(rule->pause_statuses[1].off);
	ck_assert_uint_eq(rule->pause_default, 5 * SECOND);
	ck_assert_uint_eq(rule->pause_max, 3600 * SECOND);
	conf_unref(conf);
}
END_TEST

START_TEST(everything)
{
	static const char *const joined[] = {
		"a.c:80", "c:80", "192.0.2.7:1", "c:81",
	};
	struct http1_host host;
	size_t i;
	struct conf *conf = parse_ok(whole);
	struct rule *rule = &conf->rules[1];
	struct sockaddr_in6 in6;
	struct sockaddr_un un;

	ck_assert_uint_eq(conf->listen.n, 3);
	memcpy(&in6, &conf->listen.list[1].addr, sizeof in6);
	ck_assert_int_eq(in6.sin6_family, AF_INET6);
	ck_assert_uint_eq(ntohs(in6.sin6_port), 2);
	memcpy(&un, &conf->listen.list[2].addr, sizeof un);
	ck_assert_int_eq(un.sun_family, AF_UNIX);
	ck_assert_str_eq(un.sun_path, "/s");
	ck_assert_uint_eq(conf->listen.list[2].len,
	    offsetof(struct sockaddr_un, sun_path) + 3);
	ck_assert_uint_ge(conf->workers, 1);
	ck_assert_uint_eq(conf->resolver.n, 2);
	ck_assert_int_eq(conf->log_level, LOG_LEVEL_WARN);
	ck_assert_str_eq(conf->log_access, "/a/b");
	ck_assert_int_eq(conf->log_format, CONF_LOG_JSON);
	ck_assert_uint_eq(conf->log_held, 0);
	ck_assert_uint_eq(conf->timeout_idle, 90 * SECOND);
	ck_assert_uint_eq(conf->timeout_header, SECOND / 2);
	ck_assert_uint_eq(conf->timeout_drain, 30 * SECOND);
	ck_assert_uint_eq(conf->limit_head, 8192);
	ck_assert_uint_eq(conf->limit_fields, 10000);
	ck_assert_uint_eq(conf->metrics_hosts, 0);
	ck_assert_str_eq(conf->via_name, "p-1");
	ck_assert(!conf->via_send);
	ck_assert(!conf->sandbox);
	ck_assert(conf->keep_alive_10);
	ck_assert_uint_eq(conf->limit_body, 1000000000);

	ck_assert_str_eq(conf->fallback.name, "defaults");
	ck_assert_uint_eq(conf->fallback.limits.nrates, 1);
	ck_assert_uint_eq(conf->nrules, 2);
	ck_assert_str_eq(conf->rules[0].name, "a.b");
	ck_assert(!conf->rules[0].has_port);
	ck_assert_uint_eq(conf->rules[0].limits.rates[0].capacity, 10 * UNIT);
	ck_assert_uint_eq(conf->rules[0].queue_length, 5);
	ck_assert_uint_eq(conf->rules[0].max_wait, SECOND);

	ck_assert_str_eq(rule->name, "*.c:80");
	ck_assert(rule->has_port);
	ck_assert(rule->shared);
	ck_assert_uint_eq(rule->total.rates[0].capacity, 7 * UNIT);
	ck_assert_uint_eq(rule->total.nrates, 1);
	ck_assert_uint_eq(rule->total.concurrency, 3);
	ck_assert(rule_has_total(rule));
	ck_assert(!rule_has_total(&conf->rules[0]));
	ck_assert_uint_eq(rule->nsame, 2);
	for (i = 0; i < 4; i++) {
		ck_assert(http1_host_parse(&host, joined[i],
		    strlen(joined[i])) == HTTP1_OK);
		ck_assert_ptr_eq(conf_rule(conf, &host), i < 3 ? rule :
		    &conf->fallback);
	}
	ck_assert_uint_eq(rule->limits.nrates, 2);
	ck_assert(rule->limits.rates[0].strict);
	ck_assert(!rule->limits.rates[1].strict);
	ck_assert_uint_eq(rule->limits.rates[0].capacity, UNIT / 2);
	ck_assert_uint_eq(rule->limits.rates[1].capacity, 9 * UNIT);
	ck_assert_uint_eq(rule->limits.rates[1].period, SECOND);
	ck_assert_uint_eq(rule->queue_length, 1000);
	ck_assert_uint_eq(rule->npause_statuses, 1);
	ck_assert_uint_eq(rule->pause_default, SECOND);
	ck_assert_uint_eq(rule->pause_max, 2 * SECOND);
	conf_unref(conf);
}
END_TEST

/* Bursts, by default and given, in micro units. */
static const struct {
	const char	*rate;
	uint64_t	 burst;
} bursts[] = {
	{ "{capacity: 10}", 10 * UNIT },
	{ "{capacity: 10.5}", 10500000 },
	{ "{capacity: 1}", UNIT },
	{ "{capacity: 0.25}", UNIT },
	{ "{capacity: 10, burst: 3}", 3 * UNIT },
	{ "{capacity: 10, burst: 0.5}", UNIT / 2 },
	{ "{capacity: 10, burst: 50}", 50 * UNIT },
	{ "{capacity: 100, strict: true}", 100 * UNIT },
	{ "{capacity: 5, strict: true}", 5 * UNIT },
	{ "{capacity: 1, strict: true}", UNIT },
	{ "{capacity: 0.5, strict: true}", UNIT },
	{ "{capacity: 0.5, burst: 1, strict: true}", UNIT },
	{ "{capacity: 10, burst: 9, strict: true}", 9 * UNIT },
};

START_TEST(burst)
{
	struct conf *conf;
	char text[128];

	snprintf(text, sizeof text, "defaults: %s", bursts[_i].rate);
	conf = parse_ok(text);
	ck_assert_uint_eq(conf->fallback.limits.rates[0].burst,
	    bursts[_i].burst);
	ck_assert_uint_eq(conf->fallback.counted_within, 0);
	conf_unref(conf);
	snprintf(text, sizeof text, "defaults: {rates: [%s], "
	    "counted_within: 2s}",
	    bursts[_i].rate);
	conf = parse_ok(text);
	ck_assert_uint_eq(conf->fallback.limits.rates[0].burst,
	    bursts[_i].burst);
	ck_assert_uint_eq(conf->fallback.counted_within, 2 * SECOND);
	conf_unref(conf);
}
END_TEST

/* A default that was not asked for gives way to a maximum that was. */
START_TEST(pause_default)
{
	struct conf *conf = parse_ok("defaults: {pause: {max: 2s}}");

	ck_assert_uint_eq(conf->fallback.pause_default, 2 * SECOND);
	ck_assert_uint_eq(conf->fallback.pause_max, 2 * SECOND);
	conf_unref(conf);
	conf = parse_ok("defaults: {pause: {statuses: []}}");
	ck_assert_uint_eq(conf->fallback.npause_statuses, 0);
	conf_unref(conf);
}
END_TEST

START_TEST(line_ends)
{
	struct conf *conf = parse_ok("workers: 3\r\nhosts:\r\n  a.b:\r\n"
	    "    capacity: 1\r\n");

	ck_assert_uint_eq(conf->workers, 3);
	ck_assert_uint_eq(conf->nrules, 1);
	conf_unref(conf);
}
END_TEST

static const char	*off[] = { "off", "OFF", "\"off\"" };

START_TEST(access_off)
{
	struct conf *conf;
	char text[64];

	snprintf(text, sizeof text, "log: {access: %s}", off[_i]);
	conf = parse_ok(text);
	ck_assert_ptr_null(conf->log_access);
	conf_unref(conf);
}
END_TEST

static const char	*listens[] = {
	"0.0.0.0:0", "[::]:0", "localhost:1", "*:1", "[2001:db8::1]:65535",
	"unix:/run/sluice.sock",
};

START_TEST(listen_address)
{
	struct conf_address address;

	ck_assert_ptr_null(conf_listen_address(listens[_i], &address));
	ck_assert_str_eq(address.text, listens[_i]);
	free(address.text);
}
END_TEST

/* As long as the system takes it, and one more. */
START_TEST(unix_length)
{
	struct conf_address address;
	struct sockaddr_un un;
	char text[5 + sizeof un.sun_path + 1] = "unix:";

	memset(text + 5, '/', sizeof un.sun_path);
	ck_assert_ptr_nonnull(conf_listen_address(text, &address));
	text[5 + sizeof un.sun_path - 1] = '\0';
	ck_assert_ptr_null(conf_listen_address(text, &address));
	ck_assert_uint_eq(address.len, sizeof un);
	free(address.text);
}
END_TEST

/* The same port twice is none where the system chooses it. */
START_TEST(listen_any_port)
{
	conf_unref(parse_ok("listen: [\"127.0.0.1:0\", \"127.0.0.1:0\"]"));
}
END_TEST

static const char	*resolvers[][2] = {
	{ "192.0.2.53", "53" }, { "192.0.2.53:5353", "5353" },
	{ "2001:db8::53", "53" }, { "[2001:db8::53]", "53" },
	{ "[2001:db8::53]:5353", "5353" },
};

START_TEST(resolver_address)
{
	struct conf_address address;
	struct sockaddr_in in;

	ck_assert_ptr_null(conf_resolver_address(resolvers[_i][0], &address));
	memcpy(&in, &address.addr, sizeof in);	/* the port is at one place */
	ck_assert_uint_eq(ntohs(in.sin_port),
	    strtoul(resolvers[_i][1], NULL, 10));
	free(address.text);
}
END_TEST

static const struct rule *
rule_of(const struct conf *conf, const char *text)
{
	struct http1_host host;

	ck_assert_int_eq(http1_host_parse(&host, text, strlen(text)),
	    HTTP1_OK);
	return conf_rule(conf, &host);
}

START_TEST(rules)
{
	struct conf *conf = parse_ok("hosts: {\"*.b\": {}, a.b: {}, "
	    "\"a.b:81\": {}, \"[2001:DB8:0::1]:80\": {}, "
	    "\"*:82\": {}}");

	ck_assert_str_eq(rule_of(conf, "a.b:80")->name, "a.b");
	ck_assert_str_eq(rule_of(conf, "A.B.:81")->name, "a.b:81");
	ck_assert_str_eq(rule_of(conf, "x.b:80")->name, "*.b");
	ck_assert_str_eq(rule_of(conf, "[2001:db8::1]:80")->name,
	    "[2001:db8::1]:80");
	ck_assert_str_eq(rule_of(conf, "c:82")->name, "*:82");
	ck_assert_ptr_eq(rule_of(conf, "c:80"), &conf->fallback);
	conf_unref(conf);
}
END_TEST

START_TEST(many_rules)
{
	const size_t n = repetitions(100000);
	struct conf *conf;
	char *text = NULL, *cause, last[32];
	size_t i, size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	fputs("hosts:\n", out);
	for (i = 0; i < n; i++)
		fprintf(out, "  h%zu.example: {capacity: %zu, period: 1h, "
		    "queue: {max_wait: 5s}}\n", i, i + 1);
	fclose(out);
	conf = conf_parse("test.yaml", text, size, &cause);
	ck_assert_msg(conf != NULL, "%s", cause);
	free(text);
	ck_assert_uint_eq(conf->nrules, n);
	for (i = 0; i < n; i += 999)
		ck_assert_uint_eq(conf->rules[i].limits.rates[0].capacity,
		    (i + 1) * UNIT);
	snprintf(last, sizeof last, "h%zu.example:80", n - 1);
	ck_assert_uint_eq(rule_of(conf, last)->limits.rates[0].capacity,
	    n * UNIT);
	ck_assert_ptr_eq(rule_of(conf, "h100000.example:80"), &conf->fallback);
	conf_unref(conf);
}
END_TEST

START_TEST(references)
{
	struct conf *conf = parse_ok(whole);

	ck_assert_ptr_eq(conf_ref(conf), conf);
	conf_unref(conf);
	ck_assert_str_eq(conf->path, "test.yaml");
	conf_unref(conf);
	conf_unref(NULL);
}
END_TEST

static void
collect(const char *line, void *arg)
{
	char *all = arg;
	size_t len = strlen(all);

	snprintf(all + len, 512 - len, "%s\n", line);
}

START_TEST(changes)
{
	struct conf *old = parse_ok("{workers: 1, log: {level: info}}");
	struct conf *new = parse_ok("{workers: 4, log: {level: warn}, "
	    "sandbox: off, "
	    "listen: [\"127.0.0.1:1\", unix:/s], resolver: "
	    "192.0.2.53, hosts: {a.b: {}}}");
	char all[512] = "";

	conf_changes(old, old, collect, all);
	ck_assert_str_eq(all, "");
	conf_changes(old, new, collect, all);
	ck_assert_str_eq(all,
	    "listen: 127.0.0.1:3128 -> 127.0.0.1:1, unix:/s takes effect at a "
	    "restart\n"
	    "workers: 1 -> 4 takes effect at a restart\n"
	    "sandbox: true -> false takes effect at a restart\n");
	conf_unref(old);
	conf_unref(new);
}
END_TEST

static Suite *
conf_suite(void)
{
	Suite *suite = suite_create("conf");
	TCase *bad = tcase_create("errors");
	TCase *good = tcase_create("values");

	tcase_set_timeout(bad, 60);
	tcase_add_test(bad, cut);
	tcase_add_test(bad, broken);
	suite_add_tcase(suite, bad);

	tcase_set_timeout(good, 60);
	tcase_add_test(good, defaults);
	tcase_add_test(good, everything);
	tcase_add_loop_test(good, burst, 0, COUNT(bursts));
	tcase_add_test(good, pause_default);
	tcase_add_test(good, line_ends);
	tcase_add_loop_test(good, access_off, 0, COUNT(off));
	tcase_add_loop_test(good, listen_address, 0, COUNT(listens));
	tcase_add_test(good, unix_length);
	tcase_add_test(good, listen_any_port);
	tcase_add_loop_test(good, resolver_address, 0, COUNT(resolvers));
	tcase_add_test(good, rules);
	tcase_add_test(good, many_rules);
	tcase_add_test(good, references);
	tcase_add_test(good, changes);
	suite_add_tcase(suite, good);
	return suite;
}

int
main(void)
{
	return run_suite(conf_suite());
}
