/* SPDX-License-Identifier: ISC */
#include "conf/conf.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_conf.h"

/*
 * What users see, whole: text, then LINE:COLUMN: KEY: and so on.  An error
 * that ends with "..." is compared up to there.
 */
static const struct wrong errors[] = {
	{ "", "1:1: the file is empty, expected at least one key" },
	{ "# nothing\n", "1:1: the file is empty, expected at least one key" },
	{ "---\n", "2:1: the file is empty, expected at least one key" },
	{ "hello\n", "1:1: not a configuration, ..." },
	{ "- a\n", "1:1: not a configuration, ..." },
	{ "workers: 1\n---\nworkers: 2\n", "2:1: a second document, ..." },

	{ "worker: 2\n", "1:1: worker: an unknown key, expected listen, "
	    "workers, sandbox, resolver, access, log, timeouts, limits, "
	    "destinations, metrics, state, store, keep_alive_10, via, tls, admin, parent, defaults, "
	    "hosts; "
	    "did you mean \"workers\"?" },
	{ "log: {levle: info}\n", "1:7: log.levle: an unknown key, expected "
	    "level, diagnostics, access, format, held; did you mean "
	    "\"level\"?" },
	{ "zzz: 2\n", "1:1: zzz: an unknown key, expected listen, workers, "
	    "sandbox, resolver, access, log, timeouts, limits, destinations, "
	    "metrics, state, store, keep_alive_10, via, tls, admin, parent, defaults, hosts" },
	{ "hosts:\n  a.b:\n    max_wait: 1\n",
	    "3:5: hosts.a.b.max_wait: an unknown key, ..." },
	{ "https: {}\n", "1:1: https: an unknown key, ..." },
	{ "workers: 1\nlog: {}\nworkers: 2\n", "3:1: workers: a key that is "
	    "there twice, expected once; the first is at line 1, column 1" },
	{ "hosts:\n  API.example.com: {}\n  api.example.com.: {}\n",
	    "3:3: hosts.api.example.com.: another spelling of "
	    "\"API.example.com\", expected once; the first is at line 2, "
	    "column 3" },
	{ "hosts:\n  x.y: {}\n  \"*.a.b\": {}\n  \"*.A.b\": {}\n",
	    "4:3: hosts.*.A.b: another spelling of \"*.a.b\", expected once; "
	    "the first is at line 3, column 3" },
	{ "hosts:\n  x.y: {}\n  x.y: {}\n", "3:3: hosts.x.y: a key that is "
	    "there twice, expected once; the first is at line 2, column 3" },
	{ "hosts: {10.0.0.1: {}, \"[::ffff:a00:1]\": {}}\n",
	    "1:23: hosts.[::ffff:a00:1]: another spelling of \"10.0.0.1\", "
	    "..." },
	{ "hosts: {\"127.0.0.1:080\": {}, \"0.0.0.0:80\": {}}\n",
	    "1:30: hosts.0.0.0.0:80: another spelling of \"127.0.0.1:080\", "
	    "..." },
	{ "hosts: {\"[::1]\": {}, \"[::]\": {}}\n",
	    "1:22: hosts.[::]: another spelling of \"[::1]\", ..." },

	{ "workers:\n", "1:9: workers: no value, expected auto or a whole "
	    "number from 1 to 64" },
	{ "workers: [1]\n", "1:10: workers: a list, ..." },
	{ "workers: {a: 1}\n", "1:10: workers: a mapping, ..." },
	{ "workers: 0\n", "1:10: workers: \"0\" is too little, ..." },
	{ "workers: 65\n", "1:10: workers: \"65\" is too much, ..." },
	{ "workers: 1.5\n", "1:10: workers: \"1.5\" is not a whole number, "
	    "expected auto or a whole number from 1 to 64" },
	{ "sandbox: maybe\n", "1:10: sandbox: \"maybe\" is neither true nor "
	    "false, ..." },
	{ "workers: many\n", "1:10: workers: \"many\" is not a number, ..." },
	{ "log: {level: inof}\n", "1:14: log.level: \"inof\" is unknown, "
	    "expected error, warn, info or debug; did you mean \"info\"?" },
	{ "log: {format: xml}\n", "1:15: log.format: \"xml\" is unknown, "
	    "expected text or json" },
	{ "log: {access: none}\n", "1:15: log.access: \"none\" has no / in "
	    "it, expected \"-\", off or a path; did you mean \"off\"?" },
	{ "log: {held: 0}\n", "1:13: log.held: \"0\" is too little, "
	    "expected off or a duration in ms, s, m, h or d, from 1ms to "
	    "24h" },
	{ "log:\n", "1:5: log: nothing, expected a mapping ..." },
	{ "log: info\n", "1:6: log: a plain value, ..." },

	{ "timeouts: {idle: -1}\n", "1:18: timeouts.idle: \"-1\" is negative, "
	    "expected a duration in ms, s, m, h or d, from 1ms to 7d" },
	{ "timeouts: {idle: 0}\n",
	    "1:18: timeouts.idle: \"0\" is too little, ..." },
	{ "timeouts: {idle: 0.0001}\n",
	    "1:18: timeouts.idle: \"0.0001\" is too little, ..." },
	{ "timeouts: {idle: 8d}\n",
	    "1:18: timeouts.idle: \"8d\" is too much, ..." },
	{ "timeouts: {idle: 10x}\n",
	    "1:18: timeouts.idle: \"10x\" has an unknown unit, ..." },
	{ "timeouts: {idle: 1h30m}\n",
	    "1:18: timeouts.idle: \"1h30m\" has an unknown unit, ..." },
	{ "timeouts: {idle: \"\"}\n",
	    "1:18: timeouts.idle: \"\" is empty, ..." },
	{ "state: {file: state}\n", "1:15: state.file: \"state\" is no "
	    "absolute path, expected an absolute path such as "
	    "/var/lib/sluice/state, or none" },
	{ "state: {every: 1ms}\n", "1:16: state.every: ..." },
	{ "state: {path: /x}\n", "1:9: state.path: an unknown key, expected "
	    "file, every; did you mean \"file\"?" },
	{ "store: {}\n", "1:8: store: no redis, expected one such as {redis: "
	    "redis://10.0.0.5:6379/0}" },
	{ "store: x\n", "1:8: store: a plain value, expected a mapping such "
	    "as {redis: redis://10.0.0.5:6379/0}" },
	{ "store: {redis: \"http://:secret@h\"}\n", "1:16: store.redis: no "
	    "URL of a Redis, expected such as redis://10.0.0.5:6379/0 or "
	    "rediss://10.0.0.5:6379/0" },
	{ "store: {redis: \"redis://:secret@h:x\"}\n", "1:16: store.redis: "
	    "no port that is valid, expected one from 1 to 65535, such as "
	    "redis://10.0.0.5:6379" },
	{ "store: {redis: \"redis://:%0asecret@h\"}\n", "1:16: store.redis: "
	    "a user or password with a control character or a % without two "
	    "digits, expected such as %40 for an @" },
	{ "store: {redis: redis://h/secret}\n", "1:16: store.redis: a path "
	    "that is no number of a database, expected such as "
	    "redis://10.0.0.5:6379/0" },
	{ "store: {redis: redis://h/0?secret}\n", "1:16: store.redis: a query "
	    "or a fragment, expected none (such a character in a password is "
	    "%3F or %23)" },
	{ "store: {redis: redis://u@h}\n", "1:16: store.redis: a user without "
	    "a password, expected password_file beside it" },
	{ "store: {redis: redis://:p@h, password_file: /x}\n", "1:45: "
	    "store.password_file: beside a password in the URL, expected one "
	    "of them" },
	{ "store: {redis: redis://h, ca: /x}\n", "1:31: store.ca: beside a "
	    "URL of redis://, expected rediss://" },
	{ "store: {redis: redis://my..master}\n", "1:16: store.redis: no host "
	    "that is valid, expected such as redis://10.0.0.5:6379" },
	{ "store: {redis: redis://m:1, sentinel: {addresses: h}}\n", "1:16: "
	    "store.redis: a port beside sentinel, expected the name alone by "
	    "which sentinels know the master, such as redis://mymaster/0" },
	{ "store: {redis: redis://m, sentinel: {}}\n", "1:37: "
	    "store.sentinel: without addresses, expected such as {addresses: "
	    "[10.0.0.6, 10.0.0.7]}" },
	{ "store: {redis: redis://m, sentinel: {addresses: [a, b:x]}}\n",
	    "1:53: store.sentinel.addresses[1]: no host and port of a "
	    "sentinel, expected such as 10.0.0.6:26379" },
	{ "store: {namespace: \"a{b\", redis: redis://h}\n", "1:20: "
	    "store.namespace: ..." },
	{ "store: {timeout: 11s}\n", "1:18: store.timeout: ..." },
	{ "snapshot: /x\n", "1:1: snapshot: an unknown key, expected listen, "
	    "workers, sandbox, resolver, access, log, timeouts, limits, "
	    "destinations, metrics, state, store, keep_alive_10, via, tls, admin, "
	    "parent, defaults, hosts; did you mean "
	    "\"state: {file: /PATH}\"?" },
	{ "via: {name: a b}\n", "1:13: via.name: \"a b\" is no name, expected "
	    "a name such as proxy-1, up to 64 letters, digits or -._~ and the "
	    "like" },
	{ "via: {name: \"\"}\n", "1:13: via.name: \"\" is empty, ..." },
	{ "via: {name: [a]}\n", "1:13: via.name: a list, ..." },
	{ "via: {name: \"a,b\"}\n", "1:13: via.name: \"a,b\" is no name, ..." },
	{ "via: {name: \"[::1]\"}\n",
	    "1:13: via.name: \"[::1]\" is no name, ..." },
	{ "via: {name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaa}\n", "1:13: via.name: \"aaaaaaaa..." },
	{ "via: {send: maybe}\n", "1:13: via.send: \"maybe\" is ..." },
	{ "limits: {buffer: 16XB}\n", "1:18: limits.buffer: \"16XB\" has an "
	    "unknown unit, expected a size in bytes, KiB, MiB or GiB, from "
	    "16KiB to 1GiB" },
	{ "limits: {body: 9EiB}\n",
	    "1:16: limits.body: \"9EiB\" is too much, ..." },

	{ "defaults: {capacity: .nan}\n", "1:22: defaults.capacity: \".nan\" "
	    "is not a number, expected a number from 0.000001 to 1000000000" },
	{ "defaults: {capacity: .inf}\n",
	    "1:22: defaults.capacity: \".inf\" is not a number, ..." },
	{ "defaults: {capacity: -.inf}\n",
	    "1:22: defaults.capacity: \"-.inf\" is ..." },
	{ "defaults: {capacity: nan}\n",
	    "1:22: defaults.capacity: \"nan\" is not a number, ..." },
	{ "defaults: {capacity: -1}\n",
	    "1:22: defaults.capacity: \"-1\" is negative, ..." },
	{ "defaults: {capacity: 0}\n",
	    "1:22: defaults.capacity: \"0\" is too little, ..." },
	{ "defaults: {capacity: 0.0000001}\n",
	    "1:22: defaults.capacity: \"0.0000001\" is too little, ..." },
	{ "defaults: {capacity: 1e309}\n",
	    "1:22: defaults.capacity: \"1e309\" has an exponent, ..." },
	{ "defaults: {capacity: 1_000}\n",
	    "1:22: defaults.capacity: \"1_000\" is not a number, ..." },
	{ "defaults: {capacity: 0x10}\n",
	    "1:22: defaults.capacity: \"0x10\" is not a number, ..." },
	{ "defaults: {capacity: 99999999999999999999999999999999}\n",
	    "1:22: defaults.capacity: \"99999999999999999999999999999999\" "
	    "is too much, ..." },
	{ "defaults: {capacity: 1000000000.1}\n",
	    "1:22: defaults.capacity: \"1000000000.1\" is too much, ..." },
	{ "defaults: {capacity: 1, strict: maybe}\n",
	    "1:33: defaults.strict: \"maybe\" is neither true nor false, "
	    "expected true or false" },
	{ "defaults: {concurrency: -1}\n",
	    "1:25: defaults.concurrency: \"-1\" is negative, ..." },
	{ "defaults: {concurrency: 4294967296}\n",
	    "1:25: defaults.concurrency: \"4294967296\" is too much, ..." },

	{ "defaults: {period: 10}\n", "1:20: defaults.period: without "
	    "capacity, expected capacity beside it" },
	{ "defaults: {burst: 10}\n", "1:19: defaults.burst: without ..." },
	{ "defaults: {strict: true}\n", "1:20: defaults.strict: without ..." },
	{ "defaults: {capacity: 10, rates: [{capacity: 1}]}\n",
	    "1:22: defaults.capacity: beside rates, ..." },
	{ "defaults: {burst: 10, rates: [{capacity: 1}]}\n",
	    "1:19: defaults.burst: beside rates, ..." },
	{ "defaults: {capacity: 10, burst: 11, strict: true}\n",
	    "1:33: defaults.burst: more than capacity, expected as much or "
	    "less beside strict: true" },
	{ "defaults: {capacity: 0.5, burst: 2, strict: true}\n",
	    "1:34: defaults.burst: more than capacity, ..." },
	{ "defaults: {counted_within: 0s}\n",
	    "1:28: defaults.counted_within: \"0s\" is too little, ..." },
	{ "defaults: {capacity: 0.000001, period: 366d}\n",
	    "1:22: defaults.capacity: so little ..." },
	{ "defaults: {capacity: 1, period: 366d, burst: 10}\n",
	    "1:22: defaults.capacity: so little ..." },
	{ "defaults: {rates: {capacity: 1}}\n",
	    "1:19: defaults.rates: no list, ..." },
	{ "defaults: {rates: []}\n",
	    "1:19: defaults.rates: 0 rates, expected 1 to 8 rates" },
	{ "defaults: {rates: [a, b, c, d, e, f, g, h, i]}\n",
	    "1:19: defaults.rates: 9 rates, expected 1 to 8 rates" },
	{ "defaults: {rates: [{capacity: 1}, {period: 1s}]}\n",
	    "1:35: defaults.rates[1]: a rate without capacity, ..." },
	{ "defaults: {rates: [{capacity: 1, burts: 1}]}\n",
	    "1:34: defaults.rates[0].burts: an unknown key, expected "
	    "capacity, period, burst, strict; did you mean \"burst\"?" },
	{ "defaults: {pause: {default: 2h}}\n", "1:29: defaults.pause.default: "
	    "longer than max, expected at most 1h" },
	{ "defaults: {pause: {bodies: [{status: 1000, contains: x}]}}\n",
	    "1:38: defaults.pause.bodies[0].status: \"1000\" is too much, "
	    "..." },
	{ "admin: {socket: /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}\n",
	    "1:17: admin.socket: \"/aaaaaa..." },
	{ "defaults: {pause: {statuses: [429, 199]}}\n",
	    "1:36: defaults.pause.statuses[1]: \"199\" is too little, ..." },
	{ "defaults: {pause: {statuses: [429, 429]}}\n",
	    "1:36: defaults.pause.statuses[1]: \"429\" is there twice, ..." },
	{ "defaults: {pause: {statuses: [400,401,402,403,404,405,406,407,408,"
	    "409,410,411,412,413,414,415,416]}}\n",
	    "1:30: defaults.pause.statuses: 17 statuses, ..." },
	{ "defaults: {shared: true}\n", "1:20: defaults.shared: true, ..." },
	{ "hosts: {a.b: {shared: true}}\n",
	    "1:23: hosts.a.b.shared: true, ..." },
	{ "defaults: {per_total: {capacity: 1}}\n", "1:23: defaults.per_total: "
	    "limits, expected them with \"per\", ..." },
	{ "defaults: {per: client, per_total: {}}\n",
	    "1:36: defaults.per_total: no limit, ..." },
	{ "defaults: {per: client, per_total: {capacity: 1, strict: true}}\n",
	    "1:36: defaults.per_total: a strict rate, ..." },
	{ "defaults: {per: client, per_total: 5}\n",
	    "1:36: defaults.per_total: a plain value, ..." },
	{ "defaults: {per: client, per_total: {capcity: 1}}\n", "1:37: "
	    "defaults.per_total.capcity: an unknown key, expected capacity, "
	    "period, burst, strict, rates, concurrency; did you mean "
	    "\"capacity\"?" },
	{ "defaults: {per: client, per_total: {burst: 1}}\n",
	    "1:44: defaults.per_total.burst: without capacity, ..." },
	{ "defaults: {same: a.b}\n", "1:18: defaults.same: hosts, expected "
	    "them with a rule of hosts only" },
	{ "hosts: {\"*.a\": {same: b.c}}\n", "1:23: hosts.*.a.same: hosts, "
	    "expected \"shared: true\" ..." },
	{ "hosts: {a.b: {same: [c.d, {}]}}\n",
	    "1:27: hosts.a.b.same[1]: a mapping, ..." },
	{ "hosts: {a.b: {same: \"*.c\"}}\n", "1:21: hosts.a.b.same: \"*.c\" "
	    "stands for many hosts, ..." },
	{ "hosts: {a.b: {same: http://c.d/}}\n", "1:21: hosts.a.b.same: no "
	    "host, expected a host without scheme and path; did you mean "
	    "\"c.d\"?" },
	{ "hosts: {a.b: {same: [c.d, C.d.]}}\n",
	    "1:27: hosts.a.b.same[1]: \"C.d.\" is there twice, ..." },
	{ "hosts: {a.b: {same: A.b}}\n",
	    "1:21: hosts.a.b.same: \"A.b\" is there twice, ..." },
	{ "hosts:\n  a.b: {}\n  c.d: {same: a.b}\n", "3:15: hosts.c.d.same: "
	    "\"a.b\" belongs to \"a.b\" at line 2, column 3, expected it "
	    "once" },
	{ "hosts:\n  a.b: {same: c.d}\n  c.d: {}\n", "3:3: hosts.c.d: a host "
	    "of \"a.b\", whose \"same\" lists it, expected once; that is at "
	    "line 2, column 3" },
	{ "hosts: {a.b: {same: [1.c,2.c,3.c,4.c,5.c,6.c,7.c,8.c,9.c,10.c,"
	    "11.c,12.c,13.c,14.c,15.c,16.c,17.c,18.c,19.c,20.c,21.c,22.c,"
	    "23.c,24.c,25.c,26.c,27.c,28.c,29.c,30.c,31.c,32.c,33.c]}}\n",
	    "1:173: hosts.a.b.same[32]: \"33.c\" is too much, ..." },

	{ "hosts:\n", "1:7: hosts: nothing, expected a mapping of host "
	    "patterns (for none leave the key out, or write {})" },
	{ "hosts: [a.b]\n", "1:8: hosts: a list, ..." },
	{ "hosts:\n  a.b:\n", "2:7: hosts.a.b: nothing, ..." },
	{ "hosts:\n  a.b: 5\n", "2:8: hosts.a.b: a plain value, ..." },
	{ "hosts: {\"https://a.b/\": {}}\n", "1:9: hosts.https://a.b/: no "
	    "host pattern, expected a host without scheme and path; did you "
	    "mean \"a.b\"?" },
	{ "hosts: {\"a\\x1b[31m\\nb\": {}}\n",
	    "1:9: hosts.a\\x1b[31m\\x0ab: no host pattern, ..." },
	{ "hosts:\n  *.example.org:\n    capacity: 1\n",
	    "2:4: not valid YAML: did not find expected alphabetic or numeric "
	    "character while scanning an alias that begins at line 2; a "
	    "pattern that begins with * must stand in quotes" },
	{ "hosts:\n  *foo : {}\n", "2:3: the alias *foo names nothing, ..." },
	{ "hosts:\n  [::1]:80: {}\n", "2:3: a list or mapping as a key, ..." },

	{ "listen: 3128\n", "1:9: listen: \"3128\" has no address, expected an "
	    "address and port such as 127.0.0.1:3128, [::1]:3128 or "
	    "unix:/run/sluice.sock; did you mean \"127.0.0.1:3128\"?" },
	{ "listen: :3128\n", "1:9: listen: \":3128\" has no address, ..." },
	{ "listen: 127.0.0.1\n",
	    "1:9: listen: \"127.0.0.1\" has no port, ..." },
	{ "listen: \"::1\"\n", "1:9: listen: \"::1\" has no port, ..." },
	{ "listen: 127.0.0.1:\n", "1:18: not valid YAML: ..." },
	{ "listen: 127.0.0.1:65536\n",
	    "1:9: listen: \"127.0.0.1:65536\" has no valid port, ..." },
	{ "listen: 127.0.0.1:+1\n",
	    "1:9: listen: \"127.0.0.1:+1\" has no valid port, ..." },
	{ "listen: proxy.example:1\n",
	    "1:9: listen: \"proxy.example:1\" has no IP address, ..." },
	{ "listen: \"[127.0.0.1]:1\"\n",
	    "1:9: listen: \"[127.0.0.1]:1\" has no IP address, ..." },
	{ "listen: \"[::1]x\"\n",
	    "1:9: listen: \"[::1]x\" has no IP address, ..." },
	{ "listen: unix:run/s\n",
	    "1:9: listen: \"unix:run/s\" has no absolute path, ..." },
	{ "listen: []\n", "1:9: listen: 0 addresses, ..." },
	{ "listen: [\"127.0.0.1:1\", \"127.0.0.1:1\"]\n",
	    "1:25: listen[1]: \"127.0.0.1:1\" is there twice, ..." },
	{ "listen: [\"127.0.0.1:1\", [x]]\n", "1:25: listen[1]: a list, ..." },
	{ "resolver: dns.example\n",
	    "1:11: resolver: \"dns.example\" has no IP address, ..." },
	{ "resolver: [system]\n",
	    "1:12: resolver[0]: \"system\" has no IP address, ..." },
	{ "resolver: 127.0.0.1:0\n",
	    "1:11: resolver: \"127.0.0.1:0\" has no valid port, ..." },

	{ "log:\n\tlevel: info\n", "2:1: not valid YAML: found character that "
	    "cannot start any token while scanning for the next token that "
	    "begins at line 2; indent with spaces, not with tabs" },
	{ "log: {level: info\n", "2:1: not valid YAML: ..." },
	{ "hosts:\n  a.example:\n    capaci",
	    "3:5: hosts.a.example: a plain value, ..." },
	{ "listen: \"127.0.0.1:1\n", "2:1: not valid YAML: ..." },
	{ "\xef\xbb\xbfworkers: 1\n", "1:1: the file begins with a byte order "
	    "mark, save it as UTF-8 without one" },
	{ "\xff\xfew", "1:1: the file is in UTF-16, save it as UTF-8 without "
	    "a byte order mark" },
	{ "# caf\xe9\n", "1:6: not text: ..." },
	{ "# \xc3\xa9\x01\n", "1:4: not text: control characters ..." },
	{ "listen: \"a\\0b\"\n", "1:9: a NUL in text, expected none" },
	{ "workers: !!int 2\n", "1:10: the tag tag:yaml.org,2002:int is not "
	    "supported, expected a value without one" },
	{ "hosts: &a {x: *a}\n",
	    "1:15: the alias *a stands inside of what it names" },
	{ "hosts:\n  a.b: &x {capacity: 1}\n  c.d: {<<: *x}\n",
	    "3:9: hosts.c.d.<<: an unknown key, ..." },
};

START_TEST(error)
{
	fails_with(&errors[_i]);
}
END_TEST

/* Lists of as many as there may be, each with a number, and one more. */
static const struct {
	const char	*before;
	const char	*each[2];	/* before its number, and behind */
	const char	*after;
	unsigned	 most;
	const char	*wrong;
} lists[] = {
	{ "destinations: {deny: [", { "h", ".test" }, "]}", 1024,
	    "destinations.deny: 1025 destinations, expected up to 1024 "
	    "destinations" },
	{ "destinations: {ports: {tls: [", { "", "" }, "]}}", 64,
	    "destinations.ports.tls: 65 ports and ranges, expected up to 64 "
	    "of them" },
	{ "admin: {web_hosts: [", { "h", ".test" }, "]}", 16,
	    "admin.web_hosts: 17 hosts, expected up to 16 hosts" },
	{ "defaults: {pause: {bodies: [", { "{status: ",
	    ", contains: x}" }, "]}}", 16, "pause.bodies: 17 rules, expected up to 16 rules" },
	{ "defaults: {pause: {bodies: [{contains: x, status: [", { "", "" }, "]}]}}",
	    16, "bodies[0].status[16]: \"216\" is one too many, " },
	{ "defaults: {pause: {bodies: [{status: 400, json: a, in: [", { "t",
	    "" }, "]}]}}", 32, "bodies[0].in[32]: \"t232\" is one too many, " },
};

static char *
list_of(int i, unsigned n)
{
	char *text = NULL;
	unsigned k;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	fputs(lists[i].before, out);
	for (k = 0; k < n; k++) {
		fprintf(out, "%s%s%u%s", k > 0 ? ", " : "", lists[i].each[0],
		    200 + k, lists[i].each[1]);
	}
	fputs(lists[i].after, out);
	fclose(out);
	return text;
}

START_TEST(too_many)
{
	char *text = list_of(_i, lists[_i].most), *cause;

	conf_unref(parse_ok(text));
	free(text);
	text = list_of(_i, lists[_i].most + 1);
	cause = parse_bad(text, strlen(text));
	ck_assert_msg(strstr(cause, lists[_i].wrong) != NULL, "%s", cause);
	free(cause);
	free(text);
}
END_TEST

START_TEST(utf16)
{
	static const char text[] = "w\0o\0r\0k\0";
	char *cause = parse_bad(text, sizeof text - 1);

	ck_assert_ptr_nonnull(strstr(cause, ":1:1: the file is in UTF-16"));
	free(cause);
}
END_TEST

START_TEST(binary)
{
	char text[256];
	char *cause;
	int i;

	for (i = 0; i < 256; i++)
		text[i] = (char)i;
	cause = parse_bad(text, sizeof text);
	ck_assert_ptr_nonnull(strstr(cause, ":1:1: not text"));
	free(cause);
}
END_TEST

START_TEST(deep)
{
	char *text = malloc(100000);
	char *cause;

	ck_assert_ptr_nonnull(text);
	memset(text, '[', 100000);
	cause = parse_bad(text, 100000);
	ck_assert_str_eq(cause, "test.yaml:1:33: nested too deeply, expected "
	    "at most 32 levels");
	free(cause);
	free(text);
}
END_TEST

/* Ten aliases of ten aliases of...: 10^9 values in half a kilobyte. */
START_TEST(bomb)
{
	char text[2048] = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
	char *cause;
	size_t n = strlen(text);
	char c;
	int i;

	for (c = 'b'; c <= 'j'; c++) {
		n += (size_t)snprintf(text + n, sizeof text - n,
		    "%c: &%c [", c, c);
		for (i = 0; i < 10; i++)
			n += (size_t)snprintf(text + n, sizeof text - n,
			    "*%c%s", c - 1, i == 9 ? "]\n" : ", ");
	}
	cause = parse_bad(text, n);
	ck_assert_ptr_nonnull(strstr(cause, ": too much, expected at most "));
	free(cause);
}
END_TEST

/* A value that is very long is shown in part, and in one line. */
START_TEST(long_value)
{
	char text[5000];
	char *cause;

	memset(text, 'x', sizeof text);
	memcpy(text, "workers: ", 9);
	cause = parse_bad(text, sizeof text);
	ck_assert_uint_lt(strlen(cause), 250);
	ck_assert_ptr_nonnull(strstr(cause, "xxx...\" is not a number"));
	free(cause);
}
END_TEST

static Suite *
conf_errors_suite(void)
{
	Suite *suite = suite_create("conf_errors");
	TCase *tc = tcase_create("errors");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, error, 0, COUNT(errors));
	tcase_add_loop_test(tc, too_many, 0, COUNT(lists));
	tcase_add_test(tc, utf16);
	tcase_add_test(tc, binary);
	tcase_add_test(tc, deep);
	tcase_add_test(tc, bomb);
	tcase_add_test(tc, long_value);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(conf_errors_suite());
}
