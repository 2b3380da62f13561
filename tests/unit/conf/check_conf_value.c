/* SPDX-License-Identifier: ISC */
#include "conf/conf_value.h"

#include <check.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_option.h"
#include "conf/conf_table.h"
#include "check_run.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define MS	UINT64_C(1000000)
#define SECOND	(1000 * MS)
#define HUGE	UINT64_MAX

/* A value, or what is wrong with the text. */
struct row {
	const char	*text;
	uint64_t	 value;
	const char	*wrong;
};

static void
check_row(const struct row *row,
    const char *(*reader)(const char *, uint64_t *))
{
	uint64_t value = 12345;
	const char *wrong = reader(row->text, &value);

	if (row->wrong != NULL) {
		ck_assert_msg(wrong != NULL, "\"%s\" is taken", row->text);
		ck_assert_str_eq(wrong, row->wrong);
		return;
	}
	ck_assert_msg(wrong == NULL, "\"%s\" %s", row->text, wrong);
	ck_assert_uint_eq(value, row->value);
}

static const struct row	 durations[] = {
	{ "10", 10 * SECOND, NULL },
	{ "10s", 10 * SECOND, NULL },
	{ "500ms", 500 * MS, NULL },
	{ "1.5s", 1500 * MS, NULL },
	{ "0.25", 250 * MS, NULL },
	{ ".25", 250 * MS, NULL },
	{ "2.", 2 * SECOND, NULL },
	{ "010", 10 * SECOND, NULL },
	{ "1m", 60 * SECOND, NULL },
	{ "1.5h", 5400 * SECOND, NULL },
	{ "366d", 366 * 86400 * SECOND, NULL },
	{ "0", 0, NULL },
	{ "0.000000001", 1, NULL },
	{ "0.0000000005", 1, NULL },
	{ "0.0000000004", 0, NULL },
	{ "0.1234567894999999999999999999", 123456789, NULL },
	{ "18446744073s", 18446744073 * SECOND, NULL },
	{ "18446744074s", HUGE, NULL },
	{ "213504d", HUGE, NULL },
	{ "99999999999999999999d", HUGE, NULL },
	{ "", 0, "is empty" },
	{ "-1", 0, "is negative" },
	{ "-.5s", 0, "is negative" },
	{ "-", 0, "is not a number" },
	{ ".", 0, "is not a number" },
	{ "s", 0, "is not a number" },
	{ "+1", 0, "is not a number" },
	{ " 1", 0, "is not a number" },
	{ "nan", 0, "is not a number" },
	{ ".inf", 0, "is not a number" },
	{ "1e309", 0, "has an exponent" },
	{ "1E-3s", 0, "has an exponent" },
	{ "10 s", 0, "has an unknown unit" },
	{ "10S", 0, "has an unknown unit" },
	{ "10min", 0, "has an unknown unit" },
	{ "1h30m", 0, "has an unknown unit" },
	{ "1.5.5", 0, "has an unknown unit" },
	{ "1,5", 0, "has an unknown unit" },
};

START_TEST(duration)
{
	check_row(&durations[_i], conf_duration);
}
END_TEST

static const struct row	 sizes[] = {
	{ "0", 0, NULL },
	{ "100", 100, NULL },
	{ "100B", 100, NULL },
	{ "64KiB", 65536, NULL },
	{ "64K", 65536, NULL },
	{ "64kB", 64000, NULL },
	{ "1.5M", 1572864, NULL },
	{ "1MiB", 1048576, NULL },
	{ "1MB", 1000000, NULL },
	{ "1G", 1073741824, NULL },
	{ "1GB", 1000000000, NULL },
	{ "1TiB", UINT64_C(1) << 40, NULL },
	{ "1TB", UINT64_C(1000000000000), NULL },
	{ "8EiB", UINT64_C(1) << 63, NULL },
	{ "15.5EiB", UINT64_C(31) << 59, NULL },
	{ "16EiB", HUGE, NULL },
	{ "18446744073709551614", HUGE - 1, NULL },
	{ "18446744073709551616", HUGE, NULL },
	{ "-1", 0, "is negative" },
	{ "1KB", 0, "has an unknown unit" },
	{ "1kib", 0, "has an unknown unit" },
	{ "1 K", 0, "has an unknown unit" },
	{ "1EB", 0, "has an unknown unit" },
	{ "K", 0, "is not a number" },
};

START_TEST(size)
{
	check_row(&sizes[_i], conf_size);
}
END_TEST

static const struct row	 units[] = {
	{ "10", 10000000, NULL },
	{ "0.5", 500000, NULL },
	{ "0.000001", 1, NULL },
	{ "0.0000005", 1, NULL },
	{ "0.00000049", 0, NULL },
	{ "1.0000015", 1000002, NULL },
	{ "0.333333333333333333333333333333333", 333333, NULL },
	{ "1000000000", UINT64_C(1000000000000000), NULL },
	{ "18446744073709", UINT64_C(18446744073709000000), NULL },
	{ "18446744073710", HUGE, NULL },
	{ "1s", 0, "is not a number" },
	{ "1_000", 0, "is not a number" },
	{ "0x10", 0, "is not a number" },
	{ "1e3", 0, "has an exponent" },
	{ "-0", 0, "is negative" },
};

START_TEST(unit)
{
	check_row(&units[_i], conf_units);
}
END_TEST

static const struct row	 integers[] = {
	{ "0", 0, NULL },
	{ "007", 7, NULL },
	{ "18446744073709551615", HUGE, NULL },
	{ "18446744073709551616", HUGE, NULL },
	{ "1.0", 0, "is not a whole number" },
	{ "1.", 0, "is not a whole number" },
	{ "1x", 0, "is not a number" },
	{ "-1", 0, "is negative" },
	{ "", 0, "is empty" },
};

START_TEST(integer)
{
	check_row(&integers[_i], conf_integer);
}
END_TEST

START_TEST(boolean)
{
	static const char *yes[] = { "true", "Yes", "ON", "True" };
	static const char *no[] = { "false", "No", "OFF", "False" };
	static const char *none[] = { "", "1", "0", "y", "truee" };
	bool value;
	int i;

	for (i = 0; i < COUNT(yes); i++) {
		ck_assert_ptr_null(conf_boolean(yes[i], &value));
		ck_assert(value);
		ck_assert_ptr_null(conf_boolean(no[i], &value));
		ck_assert(!value);
	}
	for (i = 0; i < COUNT(none); i++)
		ck_assert_ptr_nonnull(conf_boolean(none[i], &value));
}
END_TEST

/* What is printed is read as the same. */
START_TEST(texts)
{
	static const uint64_t values[] = {
		0, 1, 999, MS, 1500 * MS, SECOND, 90 * SECOND, 3600 * SECOND,
		86400 * SECOND, 86401 * SECOND + 1, 1024, 1536, 1 << 30,
		UINT64_C(1) << 63, 500000, 10000000,
	};
	char buf[CONF_TEXT];
	uint64_t value;
	int i;

	for (i = 0; i < COUNT(values); i++) {
		ck_assert_ptr_null(conf_duration(conf_duration_text(buf,
		    values[i]), &value));
		ck_assert_uint_eq(value, values[i]);
		ck_assert_ptr_null(conf_size(conf_size_text(buf, values[i]),
		    &value));
		ck_assert_uint_eq(value, values[i]);
		ck_assert_ptr_null(conf_units(conf_units_text(buf, values[i]),
		    &value));
		ck_assert_uint_eq(value, values[i]);
	}
	ck_assert_str_eq(conf_duration_text(buf, 90 * SECOND), "90s");
	ck_assert_str_eq(conf_duration_text(buf, 7200 * SECOND), "2h");
	ck_assert_str_eq(conf_size_text(buf, 262144), "256KiB");
	ck_assert_str_eq(conf_units_text(buf, 500000), "0.5");
}
END_TEST

static const struct {
	const char	*text;
	const char	*shown;
} shows[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "a\nb\t\x7f", "a\\x0ab\\x09\\x7f" },
	{ "\x1b[31m", "\\x1b[31m" },
	{ "caf\xc3\xa9", "caf\xc3\xa9" },
	{ "\xc2\x9b", "\\x9b" },	/* CSI as C1 */
	{ "http://u:p@h/x?k=v", "http://...@h/x?..." },
	{ "u:p@h", "...@h" },
	{ "a@b@h", "...@h" },
	{ "@", "@" },
	{ "a?", "a?" },
	{ "a?b", "a?b" },
	{ "/@a", "/@a" },
};

START_TEST(show)
{
	char buf[CONF_SHOW];

	ck_assert_str_eq(conf_show(buf, shows[_i].text), shows[_i].shown);
}
END_TEST

START_TEST(show_long)
{
	char buf[CONF_SHOW], text[2000];
	int byte;

	text[sizeof text - 1] = '\0';
	for (byte = 1; byte < 256; byte++) {
		memset(text, byte, sizeof text - 1);
		ck_assert_uint_lt(strlen(conf_show(buf, text)), CONF_SHOW);
		if (byte != '@')
			ck_assert_str_eq(buf + strlen(buf) - 3, "...");
	}
}
END_TEST

static const struct {
	const char	*a;
	const char	*b;
	unsigned	 distance;
} distances[] = {
	{ "", "", 0 },
	{ "", "abc", 3 },
	{ "burst", "burst", 0 },
	{ "Burst", "bURST", 0 },
	{ "burts", "burst", 1 },
	{ "urst", "burst", 1 },
	{ "bburst", "burst", 1 },
	{ "bxrst", "burst", 1 },
	{ "max-wait", "max_wait", 1 },
	{ "ab", "ba", 1 },
	{ "ca", "abc", 3 },	/* a swap is not split again */
	{ "kitten", "sitting", 3 },
};

START_TEST(distance)
{
	ck_assert_uint_eq(conf_distance(distances[_i].a, distances[_i].b),
	    distances[_i].distance);
	ck_assert_uint_eq(conf_distance(distances[_i].b, distances[_i].a),
	    distances[_i].distance);
}
END_TEST

START_TEST(distance_long)
{
	char text[65];
	unsigned d;

	memset(text, 'a', sizeof text);
	text[63] = '\0';
	ck_assert_uint_eq(conf_distance(text, ""), 63);
	text[63] = 'a';
	text[64] = '\0';
	ck_assert_uint_eq(conf_distance(text, "a"), UINT_MAX);
	ck_assert(!conf_near(text, "burst", &d));
	ck_assert(conf_near("wokrer", "workers", &d));
	ck_assert(!conf_near("xyz", "log", &d));
}
END_TEST

static const char *
read_number(int kind, const char *text, uint64_t *value)
{
	switch (kind) {
	case CONF_DURATION:
		return conf_duration(text, value);
	case CONF_SIZE:
		return conf_size(text, value);
	case CONF_UNITS:
		return conf_units(text, value);
	default:
		return conf_integer(text, value);
	}
}

/* The range that people read is the one that is checked. */
START_TEST(ranges)
{
	const struct conf_option *o;
	char low[32], high[32];
	uint64_t value;

	for (o = conf_options(); o != NULL; o = conf_option_next(o)) {
		switch (o->kind) {
		case CONF_DURATION:
		case CONF_SIZE:
		case CONF_INTEGER:
		case CONF_INTEGER32:
		case CONF_UNITS:
		case CONF_WORKERS:
			break;
		default:
			continue;
		}
		ck_assert_msg(o->range != NULL && sscanf(o->range,
		    "%31s to %31s", low, high) == 2, "%s: range", o->path);
		ck_assert_ptr_null(read_number(o->kind, low, &value));
		ck_assert_msg(value == o->min, "%s: least", o->path);
		ck_assert_ptr_null(read_number(o->kind, high, &value));
		ck_assert_msg(value == o->max, "%s: most", o->path);
	}
}
END_TEST

/* Each key is found where it stands, and has what the table promises. */
START_TEST(table)
{
	const struct conf_option *o, *other;
	const char *key;

	for (o = conf_options(); o != NULL; o = conf_option_next(o)) {
		ck_assert_ptr_nonnull(o->type);
		ck_assert_ptr_nonnull(o->help);
		ck_assert_int_eq(o->help[strlen(o->help) - 1], '.');
		key = conf_option_key(o);
		ck_assert_msg(strrchr(o->path, '.') == NULL ?
		    key == o->path : key == strrchr(o->path, '.') + 1,
		    "%s: level", o->path);
		ck_assert_ptr_eq(conf_option_find(conf_options(), o->level,
		    key), o);
		ck_assert_str_eq(conf_option_nearest(conf_options(),
		    o->level, key), key);
		for (other = conf_option_next(o); other != NULL;
		    other = conf_option_next(other))
			ck_assert_str_ne(o->path, other->path);
	}
}
END_TEST

/* A table that goes on in another one is searched as one, in its order. */
START_TEST(table_in_two)
{
	static const struct conf_option second[] = {
		{ .path = "tls", .level = CONF_TOP },
		{ .path = "via", .level = CONF_TOP },
		{ .path = NULL },
	};
	static const struct conf_option first[] = {
		{ .path = "listen", .level = CONF_TOP },
		{ .path = NULL, .rest = second },
	};
	char *keys = conf_option_keys(first, CONF_TOP);

	ck_assert_str_eq(keys, "listen, tls, via");
	free(keys);
	ck_assert_ptr_eq(conf_option_find(first, CONF_TOP, "via"), &second[1]);
	ck_assert_ptr_null(conf_option_find(first, CONF_TOP, "log"));
	ck_assert_str_eq(conf_option_nearest(first, CONF_TOP, "vai"), "via");
	ck_assert_ptr_null(conf_option_next(&second[1]));
}
END_TEST

static Suite *
conf_value_suite(void)
{
	Suite *suite = suite_create("conf_value");
	TCase *values = tcase_create("values");
	TCase *options = tcase_create("options");

	tcase_add_loop_test(values, duration, 0, COUNT(durations));
	tcase_add_loop_test(values, size, 0, COUNT(sizes));
	tcase_add_loop_test(values, unit, 0, COUNT(units));
	tcase_add_loop_test(values, integer, 0, COUNT(integers));
	tcase_add_test(values, boolean);
	tcase_add_test(values, texts);
	tcase_add_loop_test(values, show, 0, COUNT(shows));
	tcase_add_test(values, show_long);
	tcase_add_loop_test(values, distance, 0, COUNT(distances));
	tcase_add_test(values, distance_long);
	suite_add_tcase(suite, values);

	tcase_add_test(options, ranges);
	tcase_add_test(options, table);
	tcase_add_test(options, table_in_two);
	suite_add_tcase(suite, options);
	return suite;
}

int
main(void)
{
	return run_suite(conf_value_suite());
}
