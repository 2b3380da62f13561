/* SPDX-License-Identifier: ISC */

/*
 * The IETF's fields in all their revisions, the forms of values that any
 * dialect may have, and what a hostile peer sends instead of them.
 */

#include "check_hint.h"

static const struct want drafts[] = {
	{ "revision 10, one policy", 200,
	    "RateLimit-Policy: \"burst\";q=100;w=60\r\n"
	    "RateLimit: \"burst\";r=50;t=30\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", "burst", 100, 50, 30, 60, PARTIAL } } },
	{ "revision 10, two policies, both used", 200,
	    "RateLimit: \"default\";r=50;t=30, \"day\";r=4000;t=3600\r\n"
	    "RateLimit-Policy: \"day\";q=5000;w=86400,"
	    "\"default\";q=100;w=60\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", "default", 100, 50, 30, 60, 0 },
	    { "ratelimit", "day", 5000, 4000, 3600, 86400, 0 } } },
	{ "a policy of which nothing was used", 200,
	    "RateLimit-Policy: hour;q=1000;w=3600, day;q=5000;w=86400\r\n"
	    "RateLimit: day;r=100;t=36000\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", "hour", 1000, NO, NO, 3600, 0 },
	    { "ratelimit", "day", 5000, 100, 36000, 86400, 0 } } },
	{ "over several lines", 200,
	    "RateLimit-Policy: \"a\";q=10;w=1\r\n"
	    "RateLimit: \"a\";r=9;t=1\r\n"
	    "RateLimit-Policy: \"b\";q=20;w=2\r\n"
	    "RateLimit: \"b\";r=19;t=2\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", "a", 10, 9, 1, 1, 0 },
	    { "ratelimit", "b", 20, 19, 2, 2, 0 } } },
	{ "one line of two is malformed", 200,
	    "RateLimit: \"a\";r=9;t=1\r\n"
	    "RateLimit: \"b\";r=19;t=\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", "a", NO, 9, 1, NO, PARTIAL } } },
	{ "exhausted", 200,
	    "RateLimit: \"burst\";r=0;t=5\r\n",
	    PARTIAL, 5, "ratelimit",
	    { { "ratelimit", "burst", NO, 0, 5, NO, PARTIAL } } },
	{ "the longest of two that are exhausted", 429,
	    "RateLimit: \"burst\";r=0;t=5, \"day\";r=0;t=700\r\n",
	    THROTTLED, 700, "ratelimit",
	    { { "ratelimit", "burst", NO, 0, 5, NO, 0 },
	    { "ratelimit", "day", NO, 0, 700, NO, 0 } } },
	{ "Retry-After goes first", 429,
	    "Date: Mon, 05 Aug 2019 09:27:00 GMT\r\n"
	    "Retry-After: Mon, 05 Aug 2019 09:27:05 GMT\r\n"
	    "RateLimit: \"default\";r=0;t=60\r\n",
	    THROTTLED | RETRY | PARTIAL, 5, "retry-after",
	    { { "ratelimit", "default", NO, 0, 60, NO, PARTIAL } } },
	{ "Retry-After goes first, although it is 0", 429,
	    "Retry-After: 0\r\n"
	    "RateLimit: \"default\";r=0;t=60\r\n",
	    THROTTLED | RETRY | PARTIAL, 0, "retry-after",
	    { { "ratelimit", "default", NO, 0, 60, NO, PARTIAL } } },
	{ "a dictionary with semicolons", 429,
	    "RateLimit: limit=10; remaining=0; reset=20\r\n",
	    THROTTLED, 20, "ratelimit",
	    { { "ratelimit", NULL, 10, 0, 20, NO, 0 } } },
	{ "a and w, as proposed", 200,
	    "RateLimit-Policy: \"burst\";q=100;w=60\r\n"
	    "RateLimit: \"burst\";a=80;w=45\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", "burst", 100, 80, 45, 60, PARTIAL } } },
	{ "a and w, exhausted", 429,
	    "RateLimit: \"burst\";a=0;w=45\r\n",
	    THROTTLED | PARTIAL, 45, "ratelimit",
	    { { "ratelimit", "burst", NO, 0, 45, NO, PARTIAL } } },
	{ "all in one field", 200,
	    "RateLimit: \"burst\";q=100;w=60;r=80;t=45\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", "burst", 100, 80, 45, 60, PARTIAL } } },
	{ "a reset alone", 200,
	    "RateLimit-Policy: quota;q=10\r\n"
	    "RateLimit: quota;t=1\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", "quota", 10, NO, 1, NO, PARTIAL } } },
	{ "units and a partition", 200,
	    "RateLimit-Policy: \"bytes\";q=1000;w=60;qu=\"content-bytes\";"
	    "pk=:cHsdsRa894==:, \"peruser\";q=100;w=60;pk=:ZWFk:;"
	    "qu=\"requests\"\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", "bytes", 1000, NO, NO, 60, TOKENS },
	    { "ratelimit", "peruser", 100, NO, NO, 60, 0 } } },
	{ "requests at once", 429,
	    "RateLimit-Policy: \"c\";q=10;qu=\"concurrent-requests\"\r\n"
	    "RateLimit: \"c\";r=0;t=60\r\n",
	    THROTTLED, 0, "ratelimit",
	    { { "ratelimit", "c", 10, 0, 60, NO, AT_ONCE | PARTIAL } } },
	{ "parameters of all types, blanks where they may be", 200,
	    "RateLimit:   \"a \\\"b\\\"\";  r=50; t=30;x=?1;y;z=-1.5;"
	    "s=\"q;r=0\";b=:YQ==:;k=*t/x:y;d=@1735689600;u=%\"%c3%bc\" "
	    ",\t\"c\";r=1\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", "a \\\"b\\\"", NO, 50, 30, NO, 0 },
	    { "ratelimit", "c", NO, 1, NO, NO, 0 } } },
	{ "the last of a parameter's values counts", 200,
	    "RateLimit: \"a\";r=1;r=50\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", "a", NO, 50, NO, NO, PARTIAL } } },
	{ "negative numbers, and others' types", 200,
	    "RateLimit: \"a\";r=-1;t=30, \"b\";r=\"5\";t=60\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", "a", NO, NO, 30, NO, 0 },
	    { "ratelimit", "b", NO, NO, 60, NO, 0 } } },
	{ "a window of nothing is none", 200,
	    "RateLimit-Policy: \"trial\";q=100;w=0\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", "trial", 100, NO, NO, NO, PARTIAL } } },
	{ "revision 07", 200,
	    "RateLimit-Policy: 100;w=60\r\n"
	    "RateLimit: limit=100, remaining=50, reset=30\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", NULL, 100, 50, 30, 60, 0 } } },
	{ "revision 07, the other way round", 200,
	    "RateLimit: limit=1000, remaining=0, reset=300\r\n"
	    "RateLimit-Policy: 10;w=1, 1000;w=3600;comment=\"slow\"\r\n",
	    0, 300, "ratelimit",
	    { { "ratelimit", NULL, 1000, 0, 300, 3600, 0 },
	    { "ratelimit", NULL, 10, NO, NO, 1, 0 } } },
	{ "revision 07, over two lines", 200,
	    "RateLimit: limit=100, remaining=50\r\n"
	    "RateLimit: reset=30\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", NULL, 100, 50, 30, NO, 0 } } },
	{ "revision 07, with what is not known or not usable", 200,
	    "RateLimit: limit=100, remaining=-1, policy=\"x\", reset=30\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", NULL, 100, NO, 30, NO, 0 } } },
	{ "units that are no text, bytes in RateLimit and a quota", 200,
	    "RateLimit-Policy: \"a\";q=10;qu=5, 500;w=60;qu=\"content-bytes\""
	    "\r\nRateLimit: \"a\";r=9;qu=bytes\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", "a", 10, 9, NO, NO, TOKENS | PARTIAL },
	    { "ratelimit", NULL, 500, NO, NO, 60, TOKENS } } },
	{ "items that say nothing", 200,
	    "RateLimit-Policy: \"a\", \"b\";qu=\"requests\", -5;w=60, 7\r\n"
	    "RateLimit: \"a\", \"b\";w=5, 5;r=1\r\n",
	    0, 0, NULL, { { 0 } } },
	{ "revision 06", 200,
	    "RateLimit-Limit: 100\r\n"
	    "RateLimit-Policy: 100;w=60\r\n"
	    "RateLimit-Remaining: 99\r\n"
	    "RateLimit-Reset: 50\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", NULL, 100, 99, 50, 60, 0 } } },
	{ "revision 03", 200,
	    "RateLimit-Limit: 100, 100;w=60, 5000;w=3600\r\n"
	    "RateLimit-Remaining: 99\r\n"
	    "RateLimit-Reset: 50\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", NULL, 100, 99, 50, 60, 0 },
	    { "ratelimit", NULL, 5000, NO, NO, 3600, 0 } } },
	{ "revision 03, as an item of its own", 200,
	    "RateLimit-Limit: 10;w=10;burst=20\r\n"
	    "RateLimit-Remaining: 9\r\n"
	    "RateLimit-Reset: 1\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", NULL, 10, 9, 1, 10, 0 } } },
	{ "three fields, refused", 503,
	    "RateLimit-Limit: 10\r\n"
	    "RateLimit-Remaining: 0\r\n"
	    "RateLimit-Reset: 7\r\n",
	    THROTTLED, 7, "ratelimit",
	    { { "ratelimit", NULL, 10, 0, 7, NO, 0 } } },
	{ "the same under another name", 200,
	    "X-RateLimit-Limit: 20, 20;w=60\r\n"
	    "X-RateLimit-Remaining: 19\r\n"
	    "X-RateLimit-Reset: 32\r\n",
	    0, 0, "x-ratelimit",
	    { { "x-ratelimit", NULL, 20, 19, 32, 60, 0 } } },
	{ "out of a cache", 200,
	    "Age: 7\r\n"
	    "RateLimit: \"default\";r=0;t=12\r\n", 0, 0, NULL, { { 0 } } },
	{ "out of a cache, refused", 429,
	    "RateLimit: \"default\";r=0;t=12\r\n"
	    "Retry-After: 3\r\n"
	    "Age: 7\r\n",
	    THROTTLED | RETRY, 3, "retry-after", { { 0 } } },
	{ "through a cache", 200,
	    "RateLimit: \"default\";r=0;t=12\r\n"
	    "Age: 0\r\n",
	    PARTIAL, 12, "ratelimit",
	    { { "ratelimit", "default", NO, 0, 12, NO, PARTIAL } } },
	{ "an age that is none", 200,
	    "Age: old\r\n"
	    "RateLimit: \"default\";r=0;t=12\r\n",
	    PARTIAL, 12, "ratelimit",
	    { { "ratelimit", "default", NO, 0, 12, NO, PARTIAL } } },
	{ "all revisions at once", 200,
	    "RateLimit-Policy: \"default\";q=60;w=60\r\n"
	    "RateLimit: \"default\";r=0;t=12\r\n"
	    "RateLimit-Limit: 60\r\n"
	    "RateLimit-Remaining: 0\r\n"
	    "RateLimit-Reset: 12\r\n",
	    0, 12, "ratelimit",
	    { { "ratelimit", "default", 60, 0, 12, 60, PARTIAL },
	    { "ratelimit", NULL, 60, 0, 12, NO, 0 } } },
};

START_TEST(draft)
{
	check_row(&drafts[_i]);
}
END_TEST

#define RESET(value) \
	"X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: " value "\r\n"
#define RESETS_IN(s)	0, s, "x-ratelimit", \
	    { { "x-ratelimit", NULL, NO, 0, s, NO, 0 } }

#define NO_RESET	0, 0, "x-ratelimit", \
	    { { "x-ratelimit", NULL, NO, 0, NO, NO, 0 } }

static const struct want forms[] = {
	{ "seconds", 200, RESET("30"), RESETS_IN(30) },
	{ "seconds and a fraction", 200, RESET("0.25"), RESETS_IN(0.25) },
	{ "just not yet an epoch", 200, RESET("1000000000"),
	    RESETS_IN(1000000000.0) },
	{ "since 1970", 200, RESET("1735689610"), RESETS_IN(10) },
	{ "since 1970, with a fraction", 200, RESET("1735689610.5"),
	    RESETS_IN(10.5) },
	{ "microseconds since 1970", 200, RESET("1735689610250001"),
	    RESETS_IN(10.250001) },
	{ "nanoseconds since 1970", 200, RESET("1735689610250000001"),
	    RESETS_IN(10.250000001) },
	{ "milliseconds with a fraction", 200, RESET("1735689610250.5"),
	    RESETS_IN(10.2505) },
	{ "a year ahead", 200, RESET("1767312000"),
	    RESETS_IN(366.0 * 86400) },
	{ "a second more", 200, RESET("1767312001"), NO_RESET },
	{ "more than a year ago", 200, RESET("1704067199"), NO_RESET },
	{ "since 1970, in the past", 200, RESET("1735689599"), RESETS_IN(0) },
	{ "milliseconds since 1970", 200, RESET("1735689610250"),
	    RESETS_IN(10.25) },
	{ "a timestamp", 200, RESET("2025-01-01T00:00:10Z"), RESETS_IN(10) },
	{ "a timestamp with a fraction", 200,
	    RESET("2025-01-01T00:00:10.125Z"), RESETS_IN(10.125) },
	{ "a timestamp with a zone", 200,
	    RESET("2025-01-01T01:30:10+01:30"), RESETS_IN(10) },
	{ "a timestamp west of it", 200,
	    RESET("2024-12-31T16:00:10-0800"), RESETS_IN(10) },
	{ "a timestamp as Ruby has it", 200,
	    RESET("2025-01-01 00:00:10 UTC"), RESETS_IN(10) },
	{ "an HTTP-date", 200, RESET("Wed, 01 Jan 2025 00:00:10 GMT"),
	    RESETS_IN(10) },
	{ "a duration", 200, RESET("1m1.5s"), RESETS_IN(61.5) },
	{ "against the response's own clock", 200,
	    "Date: Wed, 01 Jan 2025 00:00:05 GMT\r\n" RESET("1735689610"),
	    RESETS_IN(5) },
	{ "its clock is unusable", 200,
	    "Date: noon\r\n" RESET("2025-01-01T00:00:10Z"), RESETS_IN(10) },
	{ "text", 200, RESET("soon"), NO_RESET },
	{ "a negative number", 200, RESET("-5"), RESETS_IN(0) },
	{ "not a date", 200, RESET("2025-02-30T00:00:10Z"), NO_RESET },
	{ "10^30", 200, RESET("1000000000000000000000000000000"),
	    NO_RESET },
	{ "9999", 200, RESET("9999-12-31T23:59:59Z"), NO_RESET },
	{ "a duration without end", 200, RESET("99999999999999999999h"),
	    RESETS_IN(FOREVER) },
};

START_TEST(form)
{
	check_row(&forms[_i]);
}
END_TEST

static const struct want retries[] = {
	{ "seconds", 429, "Retry-After: 120\r\n",
	    THROTTLED | RETRY, 120, "retry-after", { { 0 } } },
	{ "a fraction", 429, "Retry-After: 1.5\r\n",
	    THROTTLED | RETRY, 1.5, "retry-after", { { 0 } } },
	{ "a timestamp", 429, "Retry-After: 2025-01-01T00:00:10.5Z\r\n",
	    THROTTLED | RETRY, 10.5, "retry-after", { { 0 } } },
	{ "10^30", 503, "Retry-After: 1000000000000000000000000000000\r\n",
	    0, 0, NULL, { { 0 } } },
	{ "an instant", 429, "Retry-After: 1735689630\r\n",
	    THROTTLED | RETRY, 30, "retry-after", { { 0 } } },
	{ "an instant in milliseconds", 429,
	    "Retry-After: 1735689630500\r\n",
	    THROTTLED | RETRY, 30.5, "retry-after", { { 0 } } },
	{ "an instant where milliseconds are due", 429,
	    "Retry-After-Ms: 1735689630500\r\n",
	    THROTTLED | RETRY, 30.5, "retry-after", { { 0 } } },
	{ "so many milliseconds that they were an instant long ago", 429,
	    "Retry-After-Ms: 1000000001\r\n",
	    THROTTLED | RETRY, 1000000.001, "retry-after", { { 0 } } },
	{ "a duration", 429, "Retry-After: 1m30s\r\n",
	    THROTTLED | RETRY, 90, "retry-after", { { 0 } } },
	{ "a longer one in milliseconds", 429,
	    "Retry-After: 1\r\nRetry-After-Ms: 5000\r\n",
	    THROTTLED | RETRY, 5, "retry-after", { { 0 } } },
	{ "a far shorter one in milliseconds", 429,
	    "Retry-After-Ms: 5\r\nRetry-After: 60\r\n",
	    THROTTLED | RETRY, 60, "retry-after", { { 0 } } },
	{ "the longest in milliseconds", 429,
	    "Retry-After-Ms: 5\r\nRetry-After-Ms: 2000.5\r\n",
	    THROTTLED | RETRY, 2.0005, "retry-after", { { 0 } } },
	{ "milliseconds that are none", 429,
	    "Retry-After-Ms: five\r\nRetry-After-Ms: 5 mx\r\n",
	    THROTTLED, 0, NULL, { { 0 } } },
	{ "milliseconds without end", 429,
	    "Retry-After-Ms: 1000000000000000000000000000000\r\n",
	    THROTTLED | RETRY, FOREVER, "retry-after", { { 0 } } },
	{ "403 with it", 403, "Retry-After: 5\r\n",
	    THROTTLED | RETRY, 5, "retry-after", { { 0 } } },
	{ "403 without", 403, "Server: x\r\n", 0, 0, NULL, { { 0 } } },
	{ "503 without", 503, "Server: x\r\n", 0, 0, NULL, { { 0 } } },
	{ "429 without", 429, "Server: x\r\n", THROTTLED, 0, NULL,
	    { { 0 } } },
	{ "a redirect's is not for the host", 301,
	    "Retry-After: 120\r\n", RETRY, 0, NULL, { { 0 } } },
	{ "a job to be polled", 202, "Retry-After: 30\r\n",
	    RETRY, 0, NULL, { { 0 } } },
	{ "it does not hide what is used up", 202,
	    "Retry-After: 30\r\nRateLimit: a;r=0;t=3\r\n",
	    RETRY | PARTIAL, 3, "ratelimit",
	    { { "ratelimit", "a", NO, 0, 3, NO, PARTIAL } } },
	{ "when the next may go is not when all are back", 429,
	    "X-RateLimit-Limit: 5\r\nX-RateLimit-Remaining: 0\r\n"
	    "X-RateLimit-Reset: 60\r\nX-RateLimit-Next: 12\r\n",
	    THROTTLED | RETRY, 12, "retry-after",
	    { { "x-ratelimit", NULL, 5, 0, 60, NO, 0 } } },
	{ "nor is it in so many seconds", 429,
	    "X-RateLimit-In: 12\r\nX-RateLimit-Reset: 60\r\n"
	    "X-RateLimit-Remaining: 0\r\n",
	    THROTTLED | RETRY, 12, "retry-after",
	    { { "x-ratelimit", NULL, NO, 0, 60, NO, 0 } } },
	{ "the last one, and when the next may go", 200,
	    "X-RateLimit-Limit: 5\r\nX-RateLimit-Remaining: 0\r\n"
	    "X-RateLimit-Next: 2025-01-01T00:00:12Z\r\n",
	    RETRY, 12, "retry-after",
	    { { "x-ratelimit", NULL, 5, 0, NO, NO, 0 } } },
	{ "the next of some that are left", 200,
	    "X-RateLimit-Limit: 5\r\nX-RateLimit-Remaining: 3\r\n"
	    "X-RateLimit-Next-Request: 12\r\n",
	    RETRY, 0, "x-ratelimit",
	    { { "x-ratelimit", NULL, 5, 3, NO, NO, 0 } } },
	{ "what remains next is a count", 200,
	    "X-RateLimit-Limit: 5\r\nX-RateLimit-Remaining-Next: 3\r\n"
	    "X-RateLimit-Reset: 60\r\n",
	    0, 0, "x-ratelimit",
	    { { "x-ratelimit", NULL, 5, 3, 60, NO, 0 } } },
	{ "the least delay", 429, "X-Min-Retry-Delay: 30\r\n",
	    THROTTLED | RETRY, 30, "retry-after", { { 0 } } },
};

START_TEST(retry)
{
	check_row(&retries[_i]);
}
END_TEST

static const struct want hostile[] = {
	{ "10^30 of everything", 429,
	    "X-RateLimit-Limit: 1000000000000000000000000000000\r\n"
	    "X-RateLimit-Remaining: 1000000000000000000000000000000\r\n",
	    THROTTLED, 0, "x-ratelimit",
	    { { "x-ratelimit", NULL, FOREVER, FOREVER, NO, NO, 0 } } },
	{ "more left than there is", 200,
	    "X-RateLimit-Limit: 10\r\nX-RateLimit-Remaining: 11\r\n",
	    0, 0, "x-ratelimit",
	    { { "x-ratelimit", NULL, 10, 10, NO, NO, 0 } } },
	{ "used without end", 200,
	    "X-RateLimit-Used: 99999999999999999999999\r\n"
	    "X-RateLimit-Remaining: 5\r\n",
	    0, 0, "x-ratelimit",
	    { { "x-ratelimit", NULL, FOREVER, 5, NO, NO, 0 } } },
	{ "a limit of nothing", 200,
	    "X-RateLimit-Limit: 0\r\nX-RateLimit-Remaining: 0\r\n"
	    "X-RateLimit-Reset: 0\r\n",
	    0, 0, NULL, { { 0 } } },
	{ "a limit of nothing that refills", 429,
	    "x-ratelimit-limit-requests: 0\r\n"
	    "x-ratelimit-remaining-requests: 0\r\n"
	    "x-ratelimit-reset-requests: 5s\r\n",
	    THROTTLED, 5, "openai",
	    { { "openai", NULL, 0, 0, 5, NO, REFILLS } } },
	{ "a limit without end that refills", 429,
	    "x-ratelimit-limit-requests: 99999999999999999999999\r\n"
	    "x-ratelimit-remaining-requests: 0\r\n"
	    "x-ratelimit-reset-requests: 5s\r\n",
	    THROTTLED, 1e-9, "openai",
	    { { "openai", NULL, FOREVER, 0, 5, NO, REFILLS } } },
	{ "no numbers", 429,
	    "X-RateLimit-Limit: NaN\r\n"
	    "X-RateLimit-Remaining: Infinity\r\n"
	    "X-RateLimit-Reset: -Infinity\r\n"
	    "X-RateLimit-Used: 0x10\r\n"
	    "Retry-After: NaN\r\n",
	    THROTTLED, 0, NULL, { { 0 } } },
	{ "negative numbers", 429,
	    "X-RateLimit-Limit: -100\r\n"
	    "X-RateLimit-Remaining: -1\r\n"
	    "X-RateLimit-Reset: -30\r\n",
	    THROTTLED, 0, "x-ratelimit",
	    { { "x-ratelimit", NULL, NO, NO, 0, NO, 0 } } },
	{ "nothing", 429,
	    "X-RateLimit-Limit:\r\n"
	    "X-RateLimit-Remaining: \r\n"
	    "X-RateLimit-Reset:\r\n"
	    "X-RateLimit-Used:\r\n"
	    "X-RateLimit-Bucket:\r\n"
	    "X-RateLimit-Resource:\r\n"
	    "X-Rate-Limit-Interval:\r\n"
	    "X-Shopify-Shop-Api-Call-Limit:\r\n"
	    "Sforce-Limit-Info:\r\n"
	    "Stripe-Rate-Limited-Reason:\r\n"
	    "RateLimit:\r\n"
	    "RateLimit-Policy:\r\n"
	    "Retry-After-Ms:\r\n"
	    "Retry-After:\r\n",
	    THROTTLED, 0, NULL, { { 0 } } },
	{ "an exponent", 200,
	    "X-RateLimit-Remaining: 1e3\r\n", 0, 0, "x-ratelimit",
	    { { "x-ratelimit", NULL, NO, 1000, NO, NO, 0 } } },
	{ "of two, the more cautious", 429,
	    "X-RateLimit-Limit: 100\r\n"
	    "X-RateLimit-Remaining: 50\r\n"
	    "X-RateLimit-Reset: 5\r\n"
	    "X-RateLimit-Limit: 10\r\n"
	    "X-RateLimit-Remaining: 0\r\n"
	    "X-RateLimit-Reset: 60\r\n"
	    "X-RateLimit-Reset: 3\r\n",
	    THROTTLED, 60, "x-ratelimit",
	    { { "x-ratelimit", NULL, 10, 0, 60, NO, 0 } } },
	{ "ratios that are none", 429,
	    "X-Shopify-Shop-Api-Call-Limit: 40\r\n"
	    "X-Shopify-Shop-Api-Call-Limit: /\r\n"
	    "X-Shopify-Shop-Api-Call-Limit: 1/2/3\r\n"
	    "X-Shopify-Shop-Api-Call-Limit: -1/40\r\n"
	    "X-Shopify-Shop-Api-Call-Limit: 1/\r\n"
	    "Sforce-Limit-Info: api-usage=\r\n"
	    "Sforce-Limit-Info: api-usage=;\r\n"
	    "Sforce-Limit-Info: ;api-usage=1/2\r\n",
	    THROTTLED, 0, NULL, { { 0 } } },
	{ "structured fields that are none", 429,
	    "RateLimit: \"burst;r=0;t=30\r\n"
	    "RateLimit: \"burst\";r=0;t=30,\r\n"
	    "RateLimit: \"burst\";r=0;t=30;\r\n"
	    "RateLimit: \"burst\";r=0;T=30\r\n"
	    "RateLimit: \"burst\" ;r=0\r\n"
	    "RateLimit: \"bu\\rst\";r=0\r\n"
	    "RateLimit: \"burst\";r=0000000000000000;t=30\r\n"
	    "RateLimit: \"burst\";r=0;t=1.0000\r\n"
	    "RateLimit: (\"burst\" \"day\");r=0;t=30\r\n"
	    "RateLimit: \"burst\";r=0;pk=:a b:\r\n"
	    "RateLimit: \"burst\";r=0 \"day\";r=0\r\n"
	    "RateLimit: limit=10, remaining=0, reset=\r\n"
	    "RateLimit: limit=10; remaining=0; reset=30,\r\n"
	    "RateLimit-Policy: \"burst\";q=\r\n",
	    THROTTLED, 0, NULL, { { 0 } } },
	{ "names that are only alike", 429,
	    "X-RateLimit-Remainin: 0\r\n"
	    "RateLimit-Limi: 5\r\n"
	    "RateLimiting-Remaining-Lives-Of-Cats-And-Dogs-In-The-House-Of-My-"
	    "Mother-And-Her-Sister-Or-Mine: 0\r\n"
	    "Retry-After-M: 5\r\n"
	    "Retry-After-All: 5\r\n"
	    "X-Preset: 5\r\n"
	    "X-Unlimited: 5\r\n"
	    "X-Leftover: 0\r\n",
	    THROTTLED, 0, NULL, { { 0 } } },
	{ "their case does not matter", 200,
	    "X-RATELIMIT-LIMIT: 5\r\nx-ratelimit-remaining: 4\r\n",
	    0, 0, "x-ratelimit",
	    { { "x-ratelimit", NULL, 5, 4, NO, NO, 0 } } },
	{ "more policies than there is room for", 200,
	    "RateLimit: a;r=0;t=1, b;r=0;t=2, c;r=0;t=3, d;r=0;t=4, "
	    "e;r=0;t=5, f;r=0;t=6, g;r=0;t=7, h;r=0;t=8, i;r=0;t=9\r\n"
	    "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 99\r\n",
	    0, 8, "ratelimit",
	    { { "ratelimit", "a", NO, 0, 1, NO, 0 },
	    { "ratelimit", "b", NO, 0, 2, NO, 0 },
	    { "ratelimit", "c", NO, 0, 3, NO, 0 },
	    { "ratelimit", "d", NO, 0, 4, NO, 0 },
	    { "ratelimit", "e", NO, 0, 5, NO, 0 },
	    { "ratelimit", "f", NO, 0, 6, NO, 0 },
	    { "ratelimit", "g", NO, 0, 7, NO, 0 },
	    { "ratelimit", "h", NO, 0, 8, NO, 0 } } },
	{ "no room for a dictionary", 200,
	    "RateLimit: a;r=1, b;r=1, c;r=1, d;r=1, e;r=1, f;r=1, g;r=1, "
	    "h;r=1\r\nRateLimit: limit=5, remaining=0, reset=5\r\n"
	    "RateLimit-Policy: i;q=5;w=5, 5;w=5\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", "a", NO, 1, NO, NO, 0 },
	    { "ratelimit", "b", NO, 1, NO, NO, 0 },
	    { "ratelimit", "c", NO, 1, NO, NO, 0 },
	    { "ratelimit", "d", NO, 1, NO, NO, 0 },
	    { "ratelimit", "e", NO, 1, NO, NO, 0 },
	    { "ratelimit", "f", NO, 1, NO, NO, 0 },
	    { "ratelimit", "g", NO, 1, NO, NO, 0 },
	    { "ratelimit", "h", NO, 1, NO, NO, 0 } } },
	{ "more quotas than there is room for", 200,
	    "RateLimit-Policy: 1;w=1, 2;w=2, 3;w=3, 4;w=4, 5;w=5, 6;w=6, "
	    "7;w=7, 8;w=8, 9;w=9\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", NULL, 1, NO, NO, 1, 0 },
	    { "ratelimit", NULL, 2, NO, NO, 2, 0 },
	    { "ratelimit", NULL, 3, NO, NO, 3, 0 },
	    { "ratelimit", NULL, 4, NO, NO, 4, 0 },
	    { "ratelimit", NULL, 5, NO, NO, 5, 0 },
	    { "ratelimit", NULL, 6, NO, NO, 6, 0 },
	    { "ratelimit", NULL, 7, NO, NO, 7, 0 },
	    { "ratelimit", NULL, 8, NO, NO, 8, 0 } } },
	{ "the largest numbers that there are", 200,
	    "RateLimit: \"a\";q=999999999999999;r=999999999999999;"
	    "t=999999999999999\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", "a", FOREVER, FOREVER, NO, NO, PARTIAL } } },
};

START_TEST(hostile_says)
{
	check_row(&hostile[_i]);
}
END_TEST

/* Parts over and over, as many as fit a head of 60 KiB. */
static struct hint
read_many(const char *begin, const char *part, const char *end)
{
	static struct http1_head head;
	size_t n = strlen(begin), size = 60000;
	char *lines = malloc(size + 256), *buf;
	struct hint h;

	ck_assert_ptr_nonnull(lines);
	memcpy(lines, begin, n);
	while (n + strlen(part) < size) {
		memcpy(lines + n, part, strlen(part));
		n += strlen(part);
	}
	memcpy(lines + n, end, strlen(end) + 1);
	read_head(429, lines, &head, &buf, &h);
	free(lines);
	free(buf);
	return h;
}

START_TEST(thousands)
{
	struct hint h;

	h = read_many("RateLimit: \"a\"", ";r=0", ";t=30\r\n");
	ck_assert_uint_eq(h.pause, 30 * HINT_SECOND);
	h = read_many("RateLimit: \"a\";r=0;t=30", ", \"a\";r=0;t=31", "\r\n");
	ck_assert_uint_eq(h.nbudgets, 1);
	ck_assert_uint_eq(h.pause, 31 * HINT_SECOND);
	h = read_many("RateLimit: limit=1", ", remaining=0", ", reset=5\r\n");
	ck_assert_uint_eq(h.pause, 5 * HINT_SECOND);
	h = read_many("RateLimit: \"", "a", "\r\n");
	ck_assert_uint_eq(h.nbudgets, 0);
	h = read_many("RateLimit: \"", "\\\"", "\";r=0;t=2\r\n");
	ck_assert_uint_eq(h.pause, 2 * HINT_SECOND);
	h = read_many("RateLimit-Policy: ", "((((", "\r\n");
	ck_assert_uint_eq(h.nbudgets, 0);
	h = read_many("X-RateLimit-Reset: ", "9", "\r\n");
	ck_assert_uint_eq(h.nbudgets, 0);
	h = read_many("X-RateLimit-Reset: ", "1h", "\r\n");
	ck_assert_uint_eq(h.budgets[0].reset, (60000ULL - 19) / 2 * 3600 *
	    HINT_SECOND);
	h = read_many("X-RateLimit-Limit: 1", ", 1;w=1", "\r\n");
	ck_assert_uint_eq(h.nbudgets, 1);
	h = read_many("Retry-After: 0.", "0", "1\r\n");
	ck_assert_uint_eq(h.pause, 1);
}
END_TEST

START_TEST(as_many_fields_as_a_head_has)
{
	static struct http1_head head;
	enum { FIELDS = 1000 };
	static char lines[FIELDS * 40];
	char *buf;
	struct hint h;
	size_t n = 0;
	int i;

	for (i = 0; i < FIELDS; i++)
		n += (size_t)snprintf(lines + n, sizeof lines - n,
		    "RateLimit: p%d;r=0;t=%d\r\n", i, i + 1);
	read_head(200, lines, &head, &buf, &h);
	ck_assert_uint_eq(h.nbudgets, HINT_BUDGETS);
	ck_assert_uint_eq(h.pause, HINT_BUDGETS * HINT_SECOND);
	free(buf);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hint_fields");
	TCase *tc = tcase_create("fields");

	tcase_add_loop_test(tc, draft, 0, NROWS(drafts));
	tcase_add_loop_test(tc, form, 0, NROWS(forms));
	tcase_add_loop_test(tc, retry, 0, NROWS(retries));
	tcase_add_loop_test(tc, hostile_says, 0, NROWS(hostile));
	tcase_add_test(tc, thousands);
	tcase_add_test(tc, as_many_fields_as_a_head_has);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
