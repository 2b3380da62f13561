/* SPDX-License-Identifier: ISC */
#include "conf/conf.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_advice.h"
#include "check_conf.h"

/*
 * What people write who know other programs, and what they are told they
 * probably meant: text, LINE:COLUMN:, and what the error ends with.
 */
static const struct {
	const char	*text;
	const char	*place;
	const char	*advice;
} errors[] = {
	{ "hosts: {a.b: {capacity: 10/s}}\n",
	    "1:25: ",
	    "; did you mean \"capacity: 10, period: 1s\"?" },
	{ "hosts: {a.b: {capacity: 10/min}}\n",
	    "1:25: ",
	    "; did you mean \"capacity: 10, period: 1m\"?" },
	{ "hosts: {a.b: {capacity: 10 per second}}\n",
	    "1:25: ",
	    "; did you mean \"capacity: 10, period: 1s\"?" },
	{ "hosts: {a.b: {capacity: 600rpm}}\n",
	    "1:25: ",
	    "; did you mean \"capacity: 600, period: 1m\"?" },
	{ "hosts: {a.b: {capacity: 10 req/s}}\n",
	    "1:25: ",
	    "; did you mean \"capacity: 10, period: 1s\"?" },
	{ "hosts: {a.b: {capacity: \"5 requests per 10 seconds\"}}\n",
	    "1:25: ",
	    "; did you mean \"capacity: 5, period: 10s\"?" },
	{ "hosts: {a.b: {capacity: 10r/s}}\n",
	    "1:25: ",
	    "; did you mean \"capacity: 10, period: 1s\"?" },
	{ "hosts: {a.b: {capacity: \"1,000\"}}\n",
	    "1:25: ",
	    "; did you mean \"1000\"?" },
	{ "hosts: {a.b: {capacity: 1e3}}\n",
	    "1:25: ",
	    "; did you mean \"1000\"?" },
	{ "hosts: {a.b: {capacity: 10k/day}}\n",
	    "1:25: ",
	    "; did you mean \"capacity: 10000, period: 1d\"?" },
	{ "hosts: {a.b: {capacity: unlimited}}\n",
	    "1:25: ",
	    "; for no limit leave the key out" },
	{ "hosts: {a.b: {rate: 10/s}}\n",
	    "1:15: ",
	    "; did you mean \"capacity: 10, period: 1s\"?" },
	{ "hosts: {a.b: {rate: 10}}\n",
	    "1:15: ",
	    "; did you mean \"capacity: 10, period: 1s\"?" },
	{ "hosts: {a.b: {limit: 5}}\n",
	    "1:15: ",
	    "; did you mean \"capacity: 5, period: 1s\"?" },
	{ "hosts: {a.b: {rps: 5}}\n",
	    "1:15: ",
	    "; did you mean \"capacity: 5, period: 1s\"?" },
	{ "hosts: {a.b: {requests_per_second: 5}}\n",
	    "1:15: ",
	    "; did you mean \"capacity: 5, period: 1s\"?" },
	{ "hosts: {a.b: {requestsPerMinute: 5}}\n",
	    "1:15: ",
	    "; did you mean \"capacity: 5, period: 1m\"?" },
	{ "hosts: {a.b: {qps: 5}}\n",
	    "1:15: ",
	    "; did you mean \"capacity: 5, period: 1s\"?" },
	{ "hosts: {a.b: {throughput: 5}}\n",
	    "1:15: ",
	    "; did you mean \"capacity: 5, period: 1s\"?" },
	{ "hosts: {a.b: {capacity: 5, window: 60}}\n",
	    "1:28: ",
	    "; did you mean \"period\"?" },
	{ "hosts: {a.b: {capacity: 5, interval: 60}}\n",
	    "1:28: ",
	    "; did you mean \"period\"?" },
	{ "hosts: {a.b: {max_connections: 5}}\n",
	    "1:15: ",
	    "; did you mean \"concurrency\"?" },
	{ "hosts: {a.b: {max-concurrent: 5}}\n",
	    "1:15: ",
	    "; did you mean \"concurrency\"?" },
	{ "hosts: {a.b: {parallel: 5}}\n",
	    "1:15: ",
	    "; did you mean \"concurrency\"?" },
	{ "hosts: {a.b: {timeout: 5}}\n",
	    "1:15: ",
	    "; did you mean \"queue: {max_wait: 60s}\"?" },
	{ "hosts: {a.b: {capacity: 5, period: 1 minute}}\n",
	    "1:36: ",
	    "; did you mean \"1m\"?" },
	{ "hosts: {a.b: {capacity: 5, period: 1min}}\n",
	    "1:36: ",
	    "; did you mean \"1m\"?" },
	{ "hosts: {a.b: {capacity: 5, period: 1h30m}}\n",
	    "1:36: ",
	    "; did you mean \"90m\"?" },
	{ "hosts: {a.b: {capacity: 5, period: minute}}\n",
	    "1:36: ",
	    "; did you mean \"1m\"?" },
	{ "hosts: {a.b: {capacity: 5, per: minute}}\n",
	    "1:33: ",
	    "; did you mean \"period: 1m\"?" },
	{ "hosts: {a.b: {https: true}}\n",
	    "1:22: ",
	    "; did you mean \"intercept\"?" },
	{ "hosts: {a.b: {https: yes}}\n",
	    "1:22: ",
	    "; did you mean \"intercept\"?" },
	{ "hosts: {a.b: {https: no}}\n",
	    "1:22: ",
	    "; did you mean \"tunnel\"?" },
	{ "hosts: {a.b: {learn: on}}\n",
	    "1:22: ",
	    "; did you mean \"pause\"?" },
	{ "hosts: {a.b: {queue: 100}}\n",
	    "1:22: ",
	    "; did you mean \"queue: {length: 100}\"?" },
	{ "hosts: {a.b: {queue: 10s}}\n",
	    "1:22: ",
	    "; did you mean \"queue: {max_wait: 10s}\"?" },
	{ "hosts: {a.b: {retry: 3}}\n",
	    "1:22: ",
	    "; did you mean \"retry: {attempts: 3}\"?" },
	{ "hosts: {a.b: {pause: 10s}}\n",
	    "1:22: ",
	    "; did you mean \"pause: {default: 10s}\"?" },
	{ "hosts: {a.b: 10/s}\n",
	    "1:14: ",
	    "; did you mean \"{capacity: 10, period: 1s}\"?" },
	{ "hosts: {a.b: 5}\n",
	    "1:14: ",
	    "; did you mean \"{capacity: 5}\"?" },
	{ "hosts: {\"https://api.x.com/v1\": {}}\n",
	    "1:9: ",
	    "; did you mean \"api.x.com\"? For \"/v1\" see paths." },
	{ "hosts: {\"http://user:pw@api.x.com:8080\": {}}\n",
	    "1:9: ",
	    "; did you mean \"api.x.com:8080\"?" },
	{ "hosts: {\"http:/api.x.com\": {}}\n",
	    "1:9: ",
	    "; did you mean \"api.x.com\"?" },
	{ "hosts: {\"api.x.com/*\": {}}\n",
	    "1:9: ",
	    "; did you mean \"api.x.com\"?" },
	{ "hosts: {\"api.x.com/v1/**\": {}}\n",
	    "1:9: ",
	    "; did you mean \"api.x.com\"? For \"/v1/**\" see paths." },
	{ "hosts: {\".x.com\": {}}\n",
	    "1:9: ",
	    "; did you mean \"*.x.com\"?" },
	{ "hosts: {\"*x.com\": {}}\n",
	    "1:9: ",
	    "; did you mean \"*.x.com\"?" },
	{ "hosts: {\"a.*.com\": {}}\n",
	    "1:9: ",
	    "; for parts of a name write each host, or \"*\" and what "
	    "all of them end with" },
	{ "hosts: {\"b\xc3\xbc""cher.example\": {}}\n",
	    "1:9: ",
	    "; did you mean \"xn--bcher-kva.example\"?" },
	{ "hosts: {\"*.b\xc3\xbc""cher.example:443\": {}}\n",
	    "1:9: ",
	    "; did you mean \"*.xn--bcher-kva.example:443\"?" },
	{ "hosts: {\"https://b\xc3\xbc""cher.example/x\": {}}\n",
	    "1:9: ",
	    "; did you mean \"xn--bcher-kva.example\"? For \"/x\" see "
	    "paths." },
	{ "hosts: {\"10.0.0.0/8\": {}}\n",
	    "1:9: ",
	    "; a network names no host: give each address, or \"*\" "
	    "for all hosts" },
	{ "hosts: {\"2001:db8::/32\": {}}\n",
	    "1:9: ",
	    "; a network names no host: give each address, or \"*\" "
	    "for all hosts" },
	{ "hosts: {\"::1\": {}}\n",
	    "1:9: ",
	    "; did you mean \"[::1]\"?" },
	{ "hosts: {\"a.b:https\": {}}\n",
	    "1:9: ",
	    "; did you mean \"a.b:443\"?" },
	{ "hosts: {\"a.b:\": {}}\n",
	    "1:9: ",
	    "; did you mean \"a.b\"?" },
	{ "hosts: {\"a.b:*\": {}}\n",
	    "1:9: ",
	    "; did you mean \"a.b\"?" },
	{ "hosts: {\"a.b, c.d\": {}}\n",
	    "1:9: ",
	    "; give each host an entry of its own" },
	{ "hosts: {\"^a\\\\.b$\": {}}\n",
	    "1:9: ",
	    "; patterns are no regular expressions: \"*.example.org\" "
	    "is all below example.org" },
	{ "hosts: {\"\xe2\x80\x9c""a.b\xe2\x80\x9d""\": {}}\n",
	    "1:9: ",
	    "; typographic quotes are part of the text, use \" or '" },
	{ "hosts: {a.b: {\xe2\x80\x9c""capacity\xe2\x80\x9d"": 1}}\n",
	    "1:15: ",
	    "; typographic quotes are part of the text, use \" or '" },
	{ "hosts: [a.b]\n",
	    "1:8: ",
	    "; leave the dashes out, and put a colon behind each name" },
	{ "hosts: [{host: a.b, capacity: 1}]\n",
	    "1:8: ",
	    "; leave the dashes out, and begin each entry with its "
	    "name and a colon" },
	{ "hosts: [{name: a.b}]\n",
	    "1:8: ",
	    "; leave the dashes out, and begin each entry with its "
	    "name and a colon" },
	{ "hosts:\n  a.b:\n    capacity:10\n",
	    "3:5: ",
	    "; did you mean \"capacity: 10\", with a space behind the "
	    "colon?" },
	{ "hosts:\n  a.b:\n    capacity:10\n    period: 1s\n",
	    "4:11: ",
	    "; did you mean \"capacity: 10\", with a space behind the "
	    "colon?" },
	{ "hosts:\n  a.b: {capacity:10}\n",
	    "2:9: ",
	    "; did you mean \"capacity: 10\", with a space behind the "
	    "colon?" },
	{ "listen:127.0.0.1:3128\n",
	    "1:1: ",
	    "; did you mean \"listen: 127.0.0.1:3128\", with a space "
	    "behind the colon?" },
	{ "listen:127.0.0.1:3128\nworkers: 1\n",
	    "2:8: ",
	    "; did you mean \"listen: 127.0.0.1:3128\", with a space "
	    "behind the colon?" },
	{ "timeouts: {idle:10s}\n",
	    "1:12: ",
	    "; did you mean \"idle: 10s\", with a space behind the "
	    "colon?" },
	{ "hosts:\n  a.b:\n  capacity: 10\n",
	    "2:7: ",
	    "; indent the lines below further, from \"capacity:\" on" },
	{ "hosts:\na.b:\n  capacity: 10\n",
	    "1:7: ",
	    "; indent the lines below that belong to it, from \"a.b:\" "
	    "on" },
	{ "hosts:\n  a.b:\n    capacity: 10\n   period: 1s\n",
	    "4:4: ",
	    "; keys of one mapping begin at the same column, and what "
	    "belongs to a key is indented below it" },
	{ "hosts:\n  a.b:\n    capacity: 10\n      period: 1s\n",
	    "4:13: ",
	    "; keys of one mapping begin at the same column, and what "
	    "belongs to a key is indented below it" },
	{ "hosts:\n  *.example.org:\n    capacity: 10\n",
	    "2:4: ",
	    "; a pattern that begins with * must stand in quotes" },
	{ "hosts:\n\ta.b: {}\n",
	    "2:1: ",
	    "; indent with spaces, not with tabs" },
	{ "hosts:\n  a.b: &x {capacity: 1}\n  c.d: {<<: *x}\n",
	    "3:9: ",
	    "; merge keys are not supported: give the whole mapping a "
	    "name and repeat that, as in \"a: &x {...}\" and \"b: "
	    "*x\", or repeat the keys" },
	{ "capacity: 10\n",
	    "1:1: ",
	    "; it belongs to a host, indented below it in hosts (or "
	    "into defaults)" },
	{ "defaults: {max_wait: 10}\n",
	    "1:12: ",
	    "; did you mean \"queue: {max_wait: 60s}\"?" },
	{ "max_wait: 10\n",
	    "1:1: ",
	    "; did you mean \"hosts.*.queue.max_wait\"?" },
	{ "listen: 0.0.0.0\n",
	    "1:9: ",
	    "; did you mean \"0.0.0.0:3128\"?" },
	{ "listen: http://127.0.0.1:3128\n",
	    "1:9: ",
	    "; did you mean \"127.0.0.1:3128\"?" },
	{ "listen: localhost\n",
	    "1:9: ",
	    "; did you mean \"localhost:3128\"?" },
	{ "listen: 8080\n",
	    "1:9: ",
	    "; did you mean \"127.0.0.1:8080\"?" },
	{ "port: 3128\n",
	    "1:1: ",
	    "; did you mean \"listen: 127.0.0.1:3128\"?" },
	{ "log: debug\n",
	    "1:6: ",
	    "; did you mean \"log: {level: debug, access: \"-\"}\"?" },
	{ "log: {access: stdout}\n",
	    "1:15: ",
	    "; did you mean \"-\"?" },
	{ "log: {access: access.log}\n",
	    "1:15: ",
	    "; did you mean \"./access.log\"?" },
	{ "log: {level: WARN}\n",
	    "1:14: ",
	    "; did you mean \"warn\"?" },
	{ "log: {level: warning}\n",
	    "1:14: ",
	    "; did you mean \"warn\"?" },
	{ "limits: {head: 10 mb}\n",
	    "1:16: ",
	    "; did you mean \"10MB\"?" },
	{ "defaults: {concurrency: unlimited}\n",
	    "1:25: ",
	    "; did you mean \"0\"?" },
	{ "tls: {ca: x}\n",
	    "1:7: ",
	    "; did you mean \"ca_certificate\"?" },
	{ "defaults: {strict: 1}\n",
	    "1:20: ",
	    "; did you mean \"true\"?" },
	{ "hosts: {a.b: {rates: {capacity: 1}}}\n",
	    "1:22: ",
	    "; put [ ] around it, or a dash before each rate" },
	{ "hosts: {a.b: {rates: [10/s]}}\n",
	    "1:23: ",
	    "; did you mean \"{capacity: 10, period: 1s}\"?" },
	{ "hosts: {a.b: {paths: {/x: 10/s}}}\n",
	    "1:27: ",
	    "; did you mean \"{capacity: 10, period: 1s}\"?" },
	{ "timeouts: 10s\n",
	    "1:11: ",
	    "; did you mean \"timeouts: {response: 10s}\"?" },
	{ "retry: 3\n",
	    "1:1: ",
	    "; it belongs to a host, indented below it in hosts (or "
	    "into defaults)" },
	{ "hosts: {a.b: {rpm: 5}}\n",
	    "1:15: ",
	    "; did you mean \"capacity: 5, period: 1m\"?" },
	{ "hosts: {a.b: {rate_limit: \"100 requests per hour\"}}\n",
	    "1:15: ",
	    "; did you mean \"capacity: 100, period: 1h\"?" },
	{ "hosts: {a.b: {capacity: \"10 / 5 s\"}}\n",
	    "1:25: ",
	    "; did you mean \"capacity: 10, period: 5s\"?" },
	{ "hosts: {a.b: {capacity: 1M/week}}\n",
	    "1:25: ",
	    "; did you mean \"capacity: 1000000, period: 7d\"?" },
	{ "hosts: {a.b: {Capacity: 5}}\n",
	    "1:15: ",
	    "; did you mean \"capacity\"?" },
	{ "hosts: {a.b: {mitm: true}}\n",
	    "1:15: ",
	    "; did you mean \"https: intercept\"?" },
	{ "hosts: {a.b: {ssl: true}}\n",
	    "1:15: ",
	    "; did you mean \"https: upstream\"?" },
	{ "hosts: {a.b: {queue_size: 50}}\n",
	    "1:15: ",
	    "; did you mean \"queue: {length: 50}\"?" },
	{ "hosts: {a.b: {queue: {timeout: 5s}}}\n",
	    "1:23: ",
	    "; did you mean \"max_wait\"?" },
	{ "hosts: {a.b: {retries: 3}}\n",
	    "1:15: ",
	    "; did you mean \"retry: {attempts: 3}\"?" },
	{ "hosts: {a.b: {cost: 3}}\n",
	    "1:15: ",
	    "; did you mean \"costs: [{cost: 3}]\"?" },
	{ "hosts: {a.b: unlimited}\n",
	    "1:14: ",
	    "; did you mean \"{}\"?" },
	{ "hosts: {\"ws://a.b/chat\": {}}\n",
	    "1:9: ",
	    "; did you mean \"a.b\"? For \"/chat\" see paths." },
	{ "hosts: {\"//a.b\": {}}\n",
	    "1:9: ",
	    "; did you mean \"a.b\"?" },
	{ "hosts: {\"**.a.b\": {}}\n",
	    "1:9: ",
	    "; did you mean \"*.a.b\"?" },
	{ "hosts: {\" a.b \": {}}\n",
	    "1:9: ",
	    "; did you mean \"a.b\"?" },
	{ "hosts: {\"\xef\xbc\xa5""\xef\xbc\xb8""\xef\xbc\xa1""\xef"
	    "\xbc\xad""\xef\xbc\xb0""\xef\xbc\xac""\xef\xbc\xa5"".com\""
	    ": {}}\n",
	    "1:9: ",
	    "; did you mean \"example.com\"?" },
	{ "hosts: {\"a.b?x=1\": {}}\n",
	    "1:9: ",
	    "; did you mean \"a.b\"?" },
	{ "threads: 4\n",
	    "1:1: ",
	    "; did you mean \"workers\"?" },
	{ "rules: {a.b: {}}\n",
	    "1:1: ",
	    "; did you mean \"hosts\"?" },
	{ "access_log: /var/log/x\n",
	    "1:1: ",
	    "; did you mean \"log: {access: /PATH}\"?" },
	{ "log: {file: /x}\n",
	    "1:7: ",
	    "; did you mean \"diagnostics\"?" },
	{ "limits: {max_connections: 5}\n",
	    "1:10: ",
	    "; did you mean \"connections\"?" },
	{ "timeouts: {connect_timeout: 5s}\n",
	    "1:12: ",
	    "; did you mean \"connect\"?" },
	{ "tls: {key: x}\n",
	    "1:7: ",
	    "; did you mean \"ca_key\"?" },
	{ "listen: {host: 127.0.0.1}\n",
	    "1:10: ",
	    "; did you mean \"address: 127.0.0.1:3128\"?" },
	{ "listen: /run/x.sock\n",
	    "1:9: ",
	    "; did you mean \"unix:/run/x.sock\"?" },
	{ "listen: [\"::1\"]\n",
	    "1:10: ",
	    "; did you mean \"[::1]:3128\"?" },
	{ "api.example.com: {capacity: 1}\n",
	    "1:1: ",
	    "; a host belongs into hosts, indented below that line" },
	{ "hosts: {a.b: {pause: {duration: 5s}}}\n",
	    "1:23: ",
	    "; did you mean \"default\"?" },
	{ "log: {diagnostics: syslog}\n",
	    "1:20: ",
	    "; did you mean \"stderr\"?" },
	{ "limits: {body: 5 gib}\n",
	    "1:16: ",
	    "; did you mean \"5GiB\"?" },
	{ "hosts:\n  @a: {}\n",
	    "2:3: ",
	    "; text that begins with @, ` or % must stand in quotes" },
};

START_TEST(error)
{
	const char	*text = errors[_i].text, *got;
	char		*cause = parse_bad(text, strlen(text));
	size_t		 len = strlen(errors[_i].advice);

	got = cause + strlen("test.yaml:");
	ck_assert_msg(strncmp(got, errors[_i].place,
	    strlen(errors[_i].place)) == 0, "%s", got);
	ck_assert_msg(strlen(got) > len &&
	    strcmp(got + strlen(got) - len, errors[_i].advice) == 0,
	    "%s, expected %s", got, errors[_i].advice);
	free(cause);
}
END_TEST

/* What is far from anything gets no advice that is far from it, too. */
static const char *const nothing[] = {
	"hosts: {a.b: {capacity: lots}}\n",
	"hosts: {a.b: {capacity: 10/fortnight}}\n",
	"hosts: {a.b: {capacity: /}}\n",
	"hosts: {a.b: {capacity: -}}\n",
	"hosts: {a.b: {capacity: 1e99}}\n",
	"hosts: {a.b: {capacity: 1, period: s s s s s s}}\n",
	"hosts: {a.b: {capacity: 1, period: 1h2}}\n",
	"hosts: {a.b: {capacity: 1, period: 99999999999999999999h}}\n",
	"hosts: {a.b: {zzzz: 5}}\n",
	"hosts: {a.b: {https: maybe}}\n",
	"hosts: {\"...\": {}}\n",
	"hosts: {\"://\": {}}\n",
	"hosts: {\"\": {}}\n",
	"hosts: {a.b: word}\n",
	"timeouts: {idle: 2 weeks}\n",
	"listen: proxy.example:1\n",
	"listen: \"http://\"\n",
};

START_TEST(no_advice)
{
	char	*cause = parse_bad(nothing[_i], strlen(nothing[_i]));

	ck_assert_msg(strchr(cause, ';') == NULL, "%s", cause);
	free(cause);
}
END_TEST

/* Where URLs have credentials, an error, and thus the log, does not. */
static const char *const credentials[] = {
	"hosts: {\"http://user:hunter2@h.example/\": {}}\n",
	"hosts: {\"https://hunter2@h.example/p\": {}}\n",
	"hosts: {\"hunter2@h.example\": {}}\n",
	"hosts: {\"user:hunter2@h.example:8080\": {}}\n",
	"hosts: {\"http:user:hunter2@h.example\": {}}\n",
	"hosts: {\"//user:hunter2@h.example\": {}}\n",
	"hosts: {\"http://a:hunter2 b@h.example\": {}}\n",
	"hosts: {\"http://a:b@hunter2@h.example\": {}}\n",
	"hosts: {\"http://us/er:hunter2@h.example/\": {}}\n",
	"hosts: {\"http://user:hunter2@h^.example/\": {}}\n",
	"hosts: {\"h.example/v1?key=hunter2\": {}}\n",
	"hosts: {\"http://user:hunter2@h.example/v1?key=hunter2#x\": {}}\n",
	"hosts: {\"h.example?key=hunter2\": {}}\n",
	"hosts: {a.b: {paths: {/x?key=hunter2: {}}}}\n",
	"hosts: {a.b: {paths: {\"http://u:hunter2@a.b/x\": {}}}}\n",
	"hosts: {a.b: \"http://u:hunter2@a.b/x\"}\n",
	"hosts: {a.b: {https: \"http://u:hunter2@a.b/x\"}}\n",
	"\"http://user:hunter2@h.example/\": {}\n",
	"listen: http://user:hunter2@127.0.0.1:3128\n",
	"listen:http://user:hunter2@127.0.0.1:3128\n",
	"resolver: https://user:hunter2@192.0.2.1\n",
	"log: {access: \"user:hunter2@h\"}\n",
};

START_TEST(no_credentials)
{
	char	*cause = parse_bad(credentials[_i], strlen(credentials[_i]));

	ck_assert_msg(strstr(cause, "hunter2") == NULL, "%s", cause);
	free(cause);
}
END_TEST

/* However long: it stays one line, and within its bounds. */
START_TEST(long_words)
{
	static const char *const	 forms[][2] = {
		{ "hosts: {\"", "\": {}}\n" },
		{ "hosts: {\"https://", "/\": {}}\n" },
		{ "hosts: {\"a.b/", "\": {}}\n" },
		{ "hosts: {a.b: {", ": 1}}\n" },
		{ "hosts: {a.b: {capacity: ", "}}\n" },
		{ "hosts: {a.b: {capacity: 1/", "}}\n" },
		{ "hosts: {a.b: ", "}\n" },
		{ "timeouts: {idle: ", "}\n" },
		{ "timeouts: {idle:", "}\n" },
		{ "listen: ", "\n" },
		{ "listen: /", "\n" },
		{ "limits: {head: 1 ", "}\n" },
		{ "", ": 1\n" },
		{ "listen:", "\nworkers: 1\n" },
	};
	static const char *const	 fill[] = { "a", "1", "\u00fc", "*", "/" };
	char				 word[2048], text[4096], *cause;
	size_t				 n, f;

	for (f = 0; f < sizeof fill / sizeof fill[0]; f++) {
		for (n = 0; n < 1000; n += strlen(fill[f]))
			memcpy(word + n, fill[f], strlen(fill[f]));
		word[n] = '\0';
		snprintf(text, sizeof text, "%s%s%s", forms[_i][0], word,
		    forms[_i][1]);
		cause = parse_bad(text, strlen(text));
		ck_assert_uint_lt(strlen(cause), 1500);
		free(cause);
	}
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("conf_advice");
	TCase	*tc = tcase_create("errors");

	suite_add_tcase(suite, tc);
	ROWS(tc, error, errors);
	ROWS(tc, no_advice, nothing);
	ROWS(tc, no_credentials, credentials);
	tcase_add_loop_test(tc, long_words, 0, 14);
	return run_suite(suite);
}
