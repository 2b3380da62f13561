/* SPDX-License-Identifier: ISC */
#include "conf/conf.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_conf_advice.h"

static const struct advised errors[] = {
	{ "redis: redis://h\n",
	    "1:1: ",
	    "; did you mean \"store: {redis: redis://HOST:PORT}\"?" },
	{ "store: {url: redis://h}\n",
	    "1:9: ",
	    "; did you mean \"redis: redis://HOST:PORT\"?" },
	{ "store: {redis: redis://h, password: x}\n",
	    "1:27: ",
	    "; did you mean \"password_file: /PATH\"?" },
	{ "store: {redis: redis://m, sentinel: {nodes: [a]}}\n",
	    "1:38: ",
	    "; did you mean \"addresses\"?" },
	{ "store: {redis: redis://m, sentinel: {master: a}}\n",
	    "1:38: ",
	    "; store.redis has the master's name: redis://NAME" },
	{ "store: \"redis://127.0.0.1\"\n",
	    "1:8: ",
	    "; did you mean \"store: {redis: \"redis://127.0.0.1\"}\"?" },
	{ "store: rediss://h:6380/1\n",
	    "1:8: ",
	    "; did you mean \"store: {redis: \"rediss://h:6380/1\"}\"?" },
	{ "store: {redis: \"redis://h:99999\"}\n",
	    "1:16: ",
	    "no port that is valid, expected one from 1 to 65535, such as "
	    "redis://10.0.0.5:6379" },
	{ "store: {redis: \"redis://[::1]:x\"}\n",
	    "1:16: ",
	    "no port that is valid, expected one from 1 to 65535, such as "
	    "redis://10.0.0.5:6379" },
	{ "store: {redis: \"redis://:6379\"}\n",
	    "1:16: ",
	    "no host that is valid, expected such as redis://10.0.0.5:6379" },
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
	{ "capacity: 10\n",
	    "1:1: ",
	    "; it belongs to a host, indented below it in hosts (or "
	    "into defaults)" },
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
	{ "tls: {ca: x}\n",
	    "1:7: ",
	    "; did you mean \"ca_certificate\"?" },
	{ "timeouts: 10s\n",
	    "1:11: ",
	    "; did you mean \"timeouts: {response: 10s}\"?" },
	{ "retry: 3\n",
	    "1:1: ",
	    "; it belongs to a host, indented below it in hosts (or "
	    "into defaults)" },
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
	{ "log: {diagnostics: syslog}\n",
	    "1:20: ",
	    "; did you mean \"stderr\"?" },
	{ "limits: {body: 5 gib}\n",
	    "1:16: ",
	    "; did you mean \"5GiB\"?" },
	{ "via: false\n",
	    "1:6: ",
	    "; did you mean \"via: {send: false}\"?" },
	{ "limits: {head: 8k}\n",
	    "1:16: ",
	    "; did you mean \"8K\"?" },
	{ "limits: {body: 10m}\n",
	    "1:16: ",
	    "; did you mean \"10M\"?" },
	{ "timeouts.idle: 5s\n",
	    "1:1: ",
	    "; write \"timeouts:\", and what is behind the point below it, "
	    "indented" },
	{ "\"*\": {}\n",
	    "1:1: ",
	    "; did you mean \"defaults\"?" },
	{ "acl: x\n",
	    "1:1: ",
	    "; did you mean \"access: {clients: [192.0.2.0/24]}\"?" },
	{ "access: {allow: 10.0.0.0/8}\n",
	    "1:10: ",
	    "; did you mean \"clients\"?" },
	{ "access: {deny: 10.0.0.0/8}\n",
	    "1:10: ",
	    "; who is not named in clients may not connect" },
	{ "client_max_body_size: 1m\n",
	    "1:1: ",
	    "; did you mean \"limits: {body: 1GiB}\"?" },
	{ "listen: ::1:3128\n",
	    "1:9: ",
	    "; did you mean \"[::1]:3128\"?" },
	{ "listen: 2001:db8::7:8080\n",
	    "1:9: ",
	    "; did you mean \"[2001:db8::7]:8080\"?" },
	{ "listen: ::1\n",
	    "1:9: ",
	    "; did you mean \"[::1]:3128\"?" },
	{ "listen: 127.0.0.1:${PORT}\n",
	    "1:9: ",
	    "; variables are not replaced here, make "
	    "the file of a template, as with envsubst" },
	{ "listen: 3128;\n",
	    "1:9: ",
	    "; did you mean \"127.0.0.1:3128\"?" },
	{ "listen: 127.0.0.1:3128 ssl\n",
	    "1:9: ",
	    "; did you mean \"127.0.0.1:3128\"?" },
	{ "listen: 127.0.0.1:3128, 127.0.0.1:3129\n",
	    "1:9: ",
	    "; several addresses are a list, as in "
	    "[\"127.0.0.1:3128\", \"[::1]:3128\"]" },
};

START_TEST(error)
{
	is_advised(&errors[_i]);
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
	"hosts: {a.b: {capacity: \"10,60\"}}\n",
	"hosts: {a.b: {capacity: 1, period: 1:75}}\n",
	"hosts: {a.b: {pause: {statuses: [42]}}}\n",
	"limits: {speed: 5}\n",
	"listen: \"http://\"\n",
};

START_TEST(no_advice)
{
	char *cause = parse_bad(nothing[_i], strlen(nothing[_i]));

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
	"store: redis://user:hunter2@h\n",
	"store: redis://:hunter2@h:6379/0\n",
	"listen:http://user:hunter2@127.0.0.1:3128\n",
	"resolver: https://user:hunter2@192.0.2.1\n",
	"log: {access: \"user:hunter2@h\"}\n",
};

START_TEST(no_credentials)
{
	char *cause = parse_bad(credentials[_i], strlen(credentials[_i]));

	ck_assert_msg(strstr(cause, "hunter2") == NULL, "%s", cause);
	free(cause);
}
END_TEST

/* However long: it stays one line, and within its bounds. */
START_TEST(long_words)
{
	static const char *const forms[][2] = {
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
		{ "store: redis://", "\n" },
		{ "hosts: {a.b: {budgets: {t: {settle: ", "}}}}\n" },
		{ "hosts: {a.b: {budgets: {t: {capacity: ", "}}}}\n" },
	};
	static const char *const fill[] = { "a", "1", "\u00fc", "*", "/" };
	char word[2048], text[4096], *cause;
	size_t n, f;

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
	Suite *suite = suite_create("conf_advice");
	TCase *tc = tcase_create("errors");

	suite_add_tcase(suite, tc);
	ROWS(tc, error, errors);
	ROWS(tc, no_advice, nothing);
	ROWS(tc, no_credentials, credentials);
	tcase_add_loop_test(tc, long_words, 0, 17);
	return run_suite(suite);
}
