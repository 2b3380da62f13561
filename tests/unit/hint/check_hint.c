/* SPDX-License-Identifier: ISC */

/* Retry-After and HTTP-dates: what is understood, and what is as absent. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hint/hint_date.h"
#include "hint/hint_read.h"
#include "hint/hint_until.h"
#include "http/http1.h"
#include "check_run.h"

#define SEC	1000000000ULL
#define MS	1000000ULL

/* Sun, 06 Nov 1994 08:49:37 GMT */
#define NOV_1994	784111777
/* Wed, 01 Jan 2025 00:00:00 GMT */
#define JAN_2025	1735689600

static const struct {
	const char	*value;
	uint64_t	 delay;
} delays[] = {
	{ "0", 0 },
	{ "1", SEC },
	{ "120", 120 * SEC },
	{ "007", 7 * SEC },
	{ "1.5", 1500 * MS },
	{ "0.001", MS },
	{ "0.000000001", 1 },
	{ "3.000000000000", 3 * SEC },
	{ "3.14159265358979", 3141592654 },	/* up, never too early */
	{ "0.0000000000000000001", 1 },
	{ "0.999999999999", SEC },
	{ "86400", 86400 * SEC },
	{ "1000000000", 1000000000 * SEC },	/* not yet an instant */
	{ "1735689690", 90 * SEC },
	{ "1735689690.25", 90250 * MS },
	{ "1735689690250", 90250 * MS },
	{ "1735689690250000", 90250 * MS },
	{ "1735689690250000000", 90250 * MS },
	{ "1735689690250000000.5", 90250 * MS + 1 },
	{ "1735689599", 0 },
	{ "1767312000", 366 * 86400 * SEC },
	{ "1704067200", 0 },		/* as long ago */
	{ "5s", 5 * SEC },
	{ "1m30s", 90 * SEC },
	{ "99999999999999999999h", UINT64_MAX },
	{ "00000000000000000000000000000000000001", SEC },
	/* Against Wed, 01 Jan 2025 00:00:00 GMT. */
	{ "Wed, 01 Jan 2025 00:01:30 GMT", 90 * SEC },
	{ "2025-01-01T00:01:30Z", 90 * SEC },
	{ "2025-01-01T00:00:00.25Z", 250 * MS },
	{ "2025-01-01T01:01:30+01:00", 90 * SEC },
	{ "2024-12-31T23:59:59Z", 0 },
	/* RFC 9557, and what Java's ZonedDateTime prints */
	{ "2025-01-01T00:01:30Z[UTC]", 90 * SEC },
	{ "2025-01-01T01:01:30.5+01:00[!Europe/Berlin][u-ca=hebrew]",
	    90500 * MS },
	/* other forms of dates */
	{ "Wed, 01 Jan 2025 00:01:30 UTC", 90 * SEC },
	{ "Wed, 01 Jan 2025 00:01:30 +0000", 90 * SEC },
	{ "Wed, 01 Jan 2025 01:01:30 +0100", 90 * SEC },
	{ "Wed, 01 Jan 2025 01:01:30 +01:00", 90 * SEC },
	{ "Wed, 1 Jan 2025 00:01:30 GMT", 90 * SEC },
	{ "wed, 01 jan 2025 00:01:30 gmt", 90 * SEC },
	{ "01 Jan 2025 00:01:30 GMT", 90 * SEC },
	{ "Wed, 01-Jan-2025 00:01:30 GMT", 90 * SEC },
	{ "Tue, 31 Dec 2024 19:01:30 EST", 90 * SEC },
	{ "Wed Jan  1 00:01:30 UTC 2025", 90 * SEC },
	{ "January 1, 2025 00:01:30", 90 * SEC },
	{ "Wed Jan 01 2025 00:01:30 GMT+0000 (Coordinated Universal Time)",
	    90 * SEC },
	{ "2025-01-01 00:01:30.5 +0000 UTC", 90500 * MS },
	{ "2025-01-01 00:01:30.5 +0000 UTC m=+0.1", 90500 * MS },
	{ "2025/01/01 00:01:30", 90 * SEC },
	{ "2025/1/1 00:01:30 +0100", 0 },
	{ "20250101T000130Z", 90 * SEC },
	{ "20250101t000130z", 90 * SEC },
	{ "20250101T000130.5+0000", 90 * SEC },
	{ "20250101T010130 +0100", 90 * SEC },
	/* an exponent */
	{ "1e3", 1000 * SEC },
	{ "1.73568969E9", 90 * SEC },
	/* units in words, ISO 8601, clocks */
	{ "30 seconds", 30 * SEC },
	{ "1 second", SEC },
	{ "30 sec", 30 * SEC },
	{ "30secs", 30 * SEC },
	{ "30 s", 30 * SEC },
	{ "1 m 30 s", 90 * SEC },
	{ "500 ms", 500 * MS },
	{ "1 Minute", 60 * SEC },
	{ "1.5 minutes", 90 * SEC },
	{ "1 hour 2 mins 3 secs", 3723 * SEC },
	{ "2 days", 172800 * SEC },
	{ "500 milliseconds", 500 * MS },
	{ "500 millis", 500 * MS },
	{ "99999999999999999999 hours", UINT64_MAX },
	{ "99999999999999 hours 99999999999999 hours", UINT64_MAX },
	{ "PT30S", 30 * SEC },
	{ "PT1M30.5S", 90500 * MS },
	{ "pt1h", 3600 * SEC },
	{ "P1DT1H", 90000 * SEC },
	{ "P1W", 604800 * SEC },
	{ "00:00:30", 30 * SEC },
	{ "1:02:03.5", 3723500 * MS },
};

static const char *const not_delays[] = {
	"", " ", "-1", "-0", "-1.5", "-", "--1", "-1.", "-1s",
	"- 1", "+1", "1.", ".5", ".", "1.5.", "1.5.2",
	"1,5", "1, 5", "5;", "5 x", " 5", "5 ", "0x10", "1e",
	"inf", "nan", "soon", "five", "1_000", "1 2", "\t1",
	"2025-01-01", "2025-01-01T00:61:30Z", "1735689600Z",
	"2025-01-01T00:01:30Z[UTC", "2025-01-01T00:01:30Z]", "[UTC]", "]",
	"2025-01-01T00:01:30Z[UTC]x", "90[UTC]",
	/* instants more than a year away */
	"1000000001", "1767312001", "1704067199", "18446744073",
	"18446744073.709551615", "99999999999", "1767312001000",
	"1767312001000000", "1767312001000000000", "18446744073709551616",
	"1000000000000000000000000000000",
	"99999999999999999999999999999999999.5", "9999-12-31T23:59:59Z",
	"Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT",
	"Fri, 32 Jan 2025 00:01:30 UTC", "Jan 2025 00:01:30", "01 Jan 2025",
	"01 Jan 00:01:30", "01 Feb Jan 2025 00:01:30", "01 2025 00:01:30",
	"01 Jan 2025 24:01:30", "01 Jan 2025 00:01", "01 Jan 2025 00:01:",
	"01 Jan 2025 00:01:3", "01 Jan 2025 00:01:30 +", "GMT", "(x)",
	"01 Jan 2025 00:01:30 +2400", "01 Jan 2025 00:01:30 +01:",
	"01 Jan 2025 00:01:30 CET", "01 Jan 2025 00:01:30 00:01:30",
	"01 Jan 2025 00:01:30 (", "01 Jan 2025 00:01:30 GMT (UTC",
	"01 Jan 2025 00:01:30 GMT (a\x01)", "01 Jan 2025 00:01:30 GMT (UTC)x",
	"01 Jan 2025 00:01:30 7", "01 Jan 12025 00:01:30", "Wed Thu",
	"2025/01/01", "2025/01 00:01:30", "2025/01/ 00:01:30",
	"2025/ 01/01 00:01:30", "2025//01 00:01:30", "25/01/01 00:01:30",
	"01/01/2025 00:01:30", "2025/13/01 00:01:30", "2025/001/1 00:01:30",
	"2025/01/01 2025/01/01 00:01:30", "1 Jan 2025/01/01 00:01:30",
	"20250101T", "20250101T0001", "2025010T000130Z",
	"20250101T000161Z", "20250132T000130Z", "20250101T000130x",
	"20250101T00013020250101T000130", "1 Jan 20250101T000130",
	"5M", "5 M", "15M", "30 D", "30 S", "30S", "1 H", "1 m 30 S",
	"seconds", "30 parsecs", "30 seconds ago", "in 30 seconds", "30 ",
	"1 hour 2", "1.2.3 seconds", "P", "PT", "P1", "P1M", "P1DT", "PT1D",
	"PT1.2.3S", "PT1S2", "P1HT", "PS", "1:30", "00:00:60", "00:60:00",
	"00:00:1", "00:00:001", "00000:00:01", "00:00:30 ", ":00:30",
	"\xd9\xa3", "99999999999999999999x", "1.99999999999999999999x",
};

static bool
retry_after(const char *value, uint64_t *delay)
{
	char *copy = NULL;
	size_t n = strlen(value);
	bool usable;

	/* In a block of its own size, so that a byte too far is seen. */
	if (n > 0) {
		copy = malloc(n);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, value, n);
	}
	usable = hint_retry_after(copy, n, JAN_2025, delay);
	free(copy);
	return usable;
}

START_TEST(delay)
{
	uint64_t ns = 1;

	ck_assert_msg(retry_after(delays[_i].value, &ns), "%s",
	    delays[_i].value);
	ck_assert_msg(ns == delays[_i].delay, "%s: %llu", delays[_i].value,
	    (unsigned long long)ns);
}
END_TEST

START_TEST(not_a_delay)
{
	uint64_t ns;

	ck_assert_msg(!retry_after(not_delays[_i], &ns), "%s",
	    not_delays[_i]);
}
END_TEST

START_TEST(nul_is_not_a_delay)
{
	static const char *const values[] = { "5\0", "\0005", "5\0005" };
	uint64_t ns;
	size_t i;

	for (i = 0; i < 3; i++)
		ck_assert(!hint_retry_after(values[i], i == 2 ? 3 : 2,
		    JAN_2025, &ns));
}
END_TEST

START_TEST(only_the_bytes_given)
{
	uint64_t ns;

	ck_assert(hint_retry_after("120", 2, JAN_2025, &ns));
	ck_assert_uint_eq(ns, 12 * SEC);
	ck_assert(hint_retry_after("1.59", 3, JAN_2025, &ns));
	ck_assert_uint_eq(ns, 1500 * MS);
}
END_TEST

static const struct {
	const char	*value;
	int64_t		 seconds;
} dates[] = {
	{ "Sun, 06 Nov 1994 08:49:37 GMT", NOV_1994 },
	{ "Sunday, 06-Nov-94 08:49:37 GMT", NOV_1994 },
	{ "Sun Nov  6 08:49:37 1994", NOV_1994 },
	{ "Sun Nov 06 08:49:37 1994", NOV_1994 },
	{ "Wed Nov 16 08:49:37 1994", NOV_1994 + 10 * 86400 },
	{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
	{ "Wed, 31 Dec 1969 23:59:59 GMT", -1 },
	{ "Wed, 01 Jan 2025 00:00:00 GMT", JAN_2025 },
	{ "Tue, 29 Feb 2000 12:00:00 GMT", 951825600 },
	{ "Thu, 29 Feb 2024 00:00:00 GMT", 1709164800 },
	{ "Fri, 01 Mar 2024 00:00:00 GMT", 1709251200 },
	{ "Wed, 01 Mar 2023 00:00:00 GMT", 1677628800 },
	{ "Sun, 28 Feb 2100 23:59:59 GMT", 4107542399 },
	{ "Mon, 01 Mar 2100 00:00:00 GMT", 4107542400 },
	{ "Tue, 31 Dec 2024 23:59:59 GMT", JAN_2025 - 1 },
	/* A leap second is the next one's beginning. */
	{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 },
	{ "Sat, 01 Jan 0000 00:00:00 GMT", -62167219200 },
	{ "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799 },
	/* The weekday says nothing that the date does not. */
	{ "Mon, 06 Nov 1994 08:49:37 GMT", NOV_1994 },
	{ "Tue, 19 Jan 2038 03:14:08 GMT", 2147483648 },
};

static const char *const not_dates[] = {
	"", "S", "Sun", "Sun,", "Sunday", "Sun, 06 Nov 1994 08:49:37",
	"Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 GMT ",
	" Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMTx",
	"Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
	"Sun, 06 Nov 19940 08:49:37 GMT", "Sun, 06  Nov 1994 08:49:37 GMT",
	"Sun,06 Nov 1994 08:49:37 GMT", "06 Nov 1994 08:49:37 GMT",
	"Xyz, 06 Nov 1994 08:49:37 GMT", "sun, 06 nov 1994 08:49:37 gmt",
	"Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
	"Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 8:49:37 GMT",
	"Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 -8:49:37 GMT",
	"Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
	"Sun, 32 Jan 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
	"Wed, 29 Feb 2023 00:00:00 GMT", "Thu, 29 Feb 1900 00:00:00 GMT",
	"Mon, 29 Feb 2100 00:00:00 GMT", "Thu, 30 Feb 2024 00:00:00 GMT",
	"Sunday, 06-Nov-1994 08:49:37 GMT", "Sunday, 06 Nov 94 08:49:37 GMT",
	"Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 6-Nov-94 08:49:37 GMT",
	"Sunday, 31-Feb-94 08:49:37 GMT", "Sun Nov 6 08:49:37 1994",
	"Sun Nov  6 08:49:37 94", "Sun Nov   6 08:49:37 1994",
	"Sun Nov  0 08:49:37 1994", "Sun Nov  6 08:49:37 1994 GMT",
	"Sun Nov  6 08:49:37 19945", "1994-11-06T08:49:37Z", "784111777",
};

START_TEST(date)
{
	const char *value = dates[_i].value;
	int64_t seconds = 12345;

	ck_assert_msg(hint_date(value, strlen(value), JAN_2025, &seconds),
	    "%s", value);
	ck_assert_msg(seconds == dates[_i].seconds, "%s: %lld", value,
	    (long long)seconds);
}
END_TEST

START_TEST(not_a_date)
{
	const char *value = not_dates[_i];
	int64_t seconds;

	ck_assert_msg(!hint_date(value, strlen(value), JAN_2025, &seconds),
	    "%s", value);
}
END_TEST

START_TEST(cut_date)
{
	static const char *const whole[] = {
		"Sun, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994",
	};
	size_t n = strlen(whole[_i]);
	int64_t seconds;
	char *copy;

	while (n-- > 1) {
		copy = malloc(n);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, whole[_i], n);
		ck_assert(!hint_date(copy, n, JAN_2025, &seconds));
		free(copy);
	}
}
END_TEST

static int64_t
seconds_of(const char *value, int64_t now)
{
	int64_t seconds = 12345;

	ck_assert_msg(hint_date(value, strlen(value), now, &seconds), "%s",
	    value);
	return seconds;
}

/* Each day of 800 years in order, through all the kinds of leap year. */
START_TEST(days_follow_each_other)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char value[64];
	int64_t seconds, before = 0;
	int i, n = 0;

	for (i = 0; i < 800 * 12 * 31; i++) {
		snprintf(value, sizeof value,
		    "Sun, %02d %.3s %04d 00:00:00 GMT", i % 31 + 1,
		    months + i / 31 % 12 * 3, 1600 + i / 31 / 12);
		if (!hint_date(value, strlen(value), 0, &seconds))
			continue;
		if (n++ > 0 && seconds != before + 86400)
			ck_abort_msg("%s", value);
		before = seconds;
	}
	ck_assert_int_eq(n, 2 * 146097);
}
END_TEST

START_TEST(two_digit_years)
{
	int64_t jan_2075 = seconds_of("Tue, 01 Jan 2075 00:00:00 GMT", 0);
	int64_t jan_1975 = seconds_of("Wed, 01 Jan 1975 00:00:00 GMT", 0);
	int64_t jan_2099 = seconds_of("Thu, 01 Jan 2099 00:00:00 GMT", 0);
	int64_t jan_2105 = seconds_of("Thu, 01 Jan 2105 00:00:00 GMT", 0);

	/* Fifty years ahead is not yet too far; a second more is. */
	ck_assert_int_eq(seconds_of("Tuesday, 01-Jan-75 00:00:00 GMT",
	    JAN_2025), jan_2075);
	ck_assert_int_eq(seconds_of("Tuesday, 01-Jan-75 00:00:01 GMT",
	    JAN_2025), jan_1975 + 1);
	ck_assert_int_eq(seconds_of("Wednesday, 01-Jan-25 00:00:00 GMT",
	    JAN_2025), JAN_2025);
	ck_assert_int_eq(seconds_of("Thursday, 01-Jan-99 00:00:00 GMT",
	    JAN_2025), 915148800);
	/* Across the turn of a century. */
	ck_assert_int_eq(seconds_of("Thursday, 01-Jan-05 00:00:00 GMT",
	    jan_2099), jan_2105);
	ck_assert_int_eq(seconds_of("Thursday, 01-Jan-99 00:00:00 GMT",
	    jan_2105), jan_2099);
	/* 1900 had no 29th of February, 2000 had. */
	ck_assert_int_eq(seconds_of("Tuesday, 29-Feb-00 12:00:00 GMT",
	    JAN_2025), 951825600);
}
END_TEST

START_TEST(no_clock_is_too_odd)
{
	static const int64_t clocks[] = { INT64_MIN, -1, 0, INT64_MAX };
	const char *value = "Sunday, 06-Nov-94 08:49:37 GMT";
	int64_t seconds;
	uint64_t ns;
	size_t i;

	for (i = 0; i < 4; i++) {
		ck_assert(hint_date(value, strlen(value), clocks[i],
		    &seconds));
		/* all of them are more than a year from then */
		ck_assert(!hint_retry_after(dates[0].value,
		    strlen(dates[0].value), clocks[i], &ns));
	}
}
END_TEST

static void
add_field(struct http1_head *head, enum http1_name id, const char *value)
{
	struct http1_field *f = &head->fields[head->nfields++];

	f->id = id;
	f->value.p = value;
	f->value.len = strlen(value);
}

static struct hint
read_fields(const char *date_field, const char *first, const char *second)
{
	static struct http1_head head;
	struct hint hint = { .delay = 99 };

	memset(&head, 0, sizeof head);
	add_field(&head, HTTP1_OTHER, "77");
	if (first != NULL)
		add_field(&head, HTTP1_RETRY_AFTER, first);
	if (date_field != NULL)
		add_field(&head, HTTP1_DATE, date_field);
	if (second != NULL)
		add_field(&head, HTTP1_RETRY_AFTER, second);
	hint_read(&head, (struct http1_str){ NULL, 0 }, JAN_2025, &hint);
	return hint;
}

START_TEST(fields)
{
	static const struct {
		const char	*date;
		const char	*first;
		const char	*second;
		bool		 usable;
		uint64_t	 delay;
	} cases[] = {
		{ NULL, NULL, NULL, false, 0 },
		{ NULL, "5", NULL, true, 5 * SEC },
		{ NULL, "0", NULL, true, 0 },
		{ NULL, "-1", NULL, false, 0 },
		{ NULL, "", NULL, false, 0 },
		/* The longest of those that are usable. */
		{ NULL, "5", "7", true, 7 * SEC },
		{ NULL, "7", "5", true, 7 * SEC },
		{ NULL, "soon", "5", true, 5 * SEC },
		{ NULL, "5", "-1", true, 5 * SEC },
		{ NULL, "soon", "later", false, 0 },
		{ NULL, "3", "99999999999999999999", true, 3 * SEC },
		{ NULL, "3", "99999999999999999999h", true, UINT64_MAX },
		/* Joined by commas, as one field. */
		{ NULL, "5, 7", NULL, true, 7 * SEC },
		{ NULL, "7,5", "6", true, 7 * SEC },
		{ NULL, " ,, 5 ,", NULL, true, 5 * SEC },
		{ NULL, "soon, 5", NULL, true, 5 * SEC },
		{ NULL, ", ,", NULL, false, 0 },
		{ NULL, "Wed, 01 Jan 2025 00:00:03 GMT, "
		    "Wed, 01 Jan 2025 00:00:09 GMT", NULL, true, 9 * SEC },
		{ NULL, "20, Wed, 01 Jan 2025 00:00:03 GMT,8", NULL, true,
		    20 * SEC },
		{ NULL, "Wednesday, 01-Jan-25 00:00:07 GMT, "
		    "Wed Jan  1 00:00:09 2025, 4", NULL, true, 9 * SEC },
		{ NULL, "Wed, soon, 5", NULL, true, 5 * SEC },
		{ NULL, "2025-01-01T00:00:00,25Z, 2025-01-01T00:00:02Z", NULL,
		    true, 2 * SEC },
		{ NULL, "2025-01-01T00:00:00,25Z", NULL, true, 250 * MS },
		{ NULL, "60", "Wed, 01 Jan 2025 00:01:30 GMT", true,
		    90 * SEC },
		/* Against the response's own clock, however wrong. */
		{ "Sun, 06 Nov 1994 08:49:37 GMT",
		    "Sun, 06 Nov 1994 08:49:47 GMT", NULL, true, 10 * SEC },
		{ "Sunday, 06-Nov-94 08:49:37 GMT",
		    "Sun Nov  6 08:49:47 1994", NULL, true, 10 * SEC },
		{ "Sun, 06 Nov 1994 08:49:37 GMT",
		    "Monday, 06-Nov-95 08:49:37 GMT", NULL, true,
		    365 * 86400ULL * SEC },
		{ "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 "
		    "GMT", "784111787", NULL, true, 784111787 * SEC },
		{ "Wed, 01 Jan 2025 00:00:05 GMT, Wed, 01 Jan 2025 00:00:05 "
		    "GMT", "Wed, 01 Jan 2025 00:00:09 GMT", NULL, true,
		    4 * SEC },
		/* Against ours where there is none or no usable one. */
		{ NULL, "Wed, 01 Jan 2025 00:00:03 GMT", NULL, true,
		    3 * SEC },
		{ "yesterday", "Wed, 01 Jan 2025 00:00:03 GMT", NULL, true,
		    3 * SEC },
		/* A date in the past, or now, is no delay. */
		{ NULL, "Tue, 31 Dec 2024 23:59:59 GMT", NULL, true, 0 },
		{ NULL, "Wed, 01 Jan 2025 00:00:00 GMT", NULL, true, 0 },
		{ "Wed, 01 Jan 2025 00:00:10 GMT",
		    "Wed, 01 Jan 2025 00:00:09 GMT", NULL, true, 0 },
		{ NULL, "Fri, 31 Dec 9999 23:59:59 GMT", NULL, false, 0 },
		/* A delay has nothing to do with any date. */
		{ "Sun, 06 Nov 1994 08:49:37 GMT", "5", NULL, true, 5 * SEC },
	};
	struct hint hint;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		hint = read_fields(cases[i].date, cases[i].first,
		    cases[i].second);
		ck_assert_msg(hint.retry_after == cases[i].usable &&
		    hint.delay == cases[i].delay, "case %zu: %d, %llu", i,
		    hint.retry_after, (unsigned long long)hint.delay);
	}
}
END_TEST

#define TABLE(tc, test, table) tcase_add_loop_test(tc, test, 0, \
		    (int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *s = suite_create("hint");
	TCase *tc = tcase_create("values");

	TABLE(tc, delay, delays);
	TABLE(tc, not_a_delay, not_delays);
	tcase_add_test(tc, nul_is_not_a_delay);
	tcase_add_test(tc, only_the_bytes_given);
	TABLE(tc, date, dates);
	TABLE(tc, not_a_date, not_dates);
	tcase_add_loop_test(tc, cut_date, 0, 3);
	tcase_add_test(tc, days_follow_each_other);
	tcase_add_test(tc, two_digit_years);
	tcase_add_test(tc, no_clock_is_too_odd);
	tcase_add_test(tc, fields);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
