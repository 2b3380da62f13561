/* SPDX-License-Identifier: ISC */
#include "conf/conf_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_conf.h"
#include "check_run.h"
#include "conf/conf_diff.h"
#include "conf/conf_parse.h"
#include "conf/conf_warnings.h"
#include "policy/store.h"

/* What stands in store, and in the files that it names. */

static const struct {
	const char	*url;
	const char	*name;
	const char	*user;
	const char	*password;
	const char	*host;
	uint16_t	 port;
	unsigned	 db;
	bool		 tls;
} urls[] = {
	{ "redis://h", "redis://h/0", NULL, NULL, "h", 0, 0, false },
	{ "REDIS://h/", "redis://h/0", NULL, NULL, "h", 0, 0, false },
	{ "rediss://10.0.0.5:6380/12", "rediss://10.0.0.5:6380/12", NULL,
	    NULL, "10.0.0.5", 6380, 12, true },
	{ "redis://:p@h:1", "redis://h:1/0", NULL, "p", "h", 1, 0, false },
	{ "redis://u:p@h:1", "redis://h:1/0", "u", "p", "h", 1, 0, false },
	{ "redis://u%3a%40:%2f%25@h", "redis://h/0", "u:@", "/%", "h", 0, 0,
	    false },
	{ "redis://:a@b@h", "redis://h/0", NULL, "a@b", "h", 0, 0, false },
	{ "redis://:a:b@[2001:DB8::1]:7/1", "redis://[2001:db8::1]:7/1", NULL,
	    "a:b", "2001:db8::1", 7, 1, false },
	{ "redis://:@h", "redis://h/0", NULL, NULL, "h", 0, 0, false },
	{ "redis://My_Master", "redis://My_Master/0", NULL, NULL, "My_Master",
	    0, 0, false },
};

static void
same_text(const char *a, const char *b)
{
	if (b == NULL)
		ck_assert_ptr_null(a);
	else
		ck_assert_str_eq(a, b);
}

START_TEST(url)
{
	struct store s = { .name = NULL };

	ck_assert_ptr_null(store_parse(&s, urls[_i].url));
	same_text(s.name, urls[_i].name);
	same_text(s.user, urls[_i].user);
	same_text(s.password, urls[_i].password);
	same_text(s.host, urls[_i].host);
	ck_assert_uint_eq(s.port, urls[_i].port);
	ck_assert_uint_eq(s.db, urls[_i].db);
	ck_assert(s.tls == urls[_i].tls);
	store_free(&s);
}
END_TEST

/* No error says what stands in a URL that is wrong. */
static const char *const wrong_urls[] = {
	"", "x", "redis:", "redis://", "redis://:hunter2@", "http://:hunter2@h",
	"redis://:hunter2@h:99999", "redis://:hunter2@h:x", "redis://hunter2/x",
	"redis://:hunter2@h/1/2", "redis://:hunter2@h/100000",
	"redis://:hunter2@h?x", "redis://:hunter2@h#x", "redis://:hunter2%@h",
	"redis://:hunter2%0g@h", "redis://:hunter2%00@h", "redis://hun ter2",
	"redis://[::1", "redis://:hunter2@[::1]x",
};

START_TEST(wrong_url)
{
	struct store s = { .name = NULL };
	const char *why = store_parse(&s, wrong_urls[_i]);

	ck_assert_ptr_nonnull(why);
	ck_assert_ptr_null(strstr(why, "hunter2"));
	store_free(&s);
}
END_TEST

static const struct {
	const char	*one;
	const char	*other;
} different[] = {
	{ "redis: redis://h", "redis: redis://i" },
	{ "redis: redis://h", "redis: rediss://h" },
	{ "redis: redis://h/0", "redis: redis://h/1" },
	{ "redis: redis://:p@h", "redis: redis://:q@h" },
	{ "redis: redis://u:p@h", "redis: redis://v:p@h" },
	{ "redis: redis://h", "redis: redis://:p@h" },
	{ "redis: redis://h", "redis: redis://h, namespace: n" },
	{ "redis: redis://h", "redis: redis://h, timeout: 1s" },
	{ "redis: rediss://h", "redis: rediss://h, ca: /x" },
	{ "redis: redis://h", "redis: redis://h, sentinel: {addresses: a}" },
	{ "redis: redis://h, sentinel: {addresses: a}",
	    "redis: redis://h, sentinel: {addresses: b}" },
	{ "redis: redis://h, sentinel: {addresses: a}",
	    "redis: redis://h, sentinel: {addresses: [a, a]}" },
	{ "redis: redis://h, sentinel: {addresses: a}",
	    "redis: redis://h, sentinel: {addresses: \"a:1\"}" },
};

static struct conf *
with_store(const char *keys)
{
	char text[512];

	snprintf(text, sizeof text, "store: {%s}", keys);
	return parse_ok(text);
}

START_TEST(equals)
{
	struct conf *a = with_store(different[_i].one);
	struct conf *b = with_store(different[_i].one);
	struct conf *c = with_store(different[_i].other);

	ck_assert(store_equals(&a->store, &b->store));
	ck_assert(!store_equals(&a->store, &c->store));
	ck_assert(!store_equals(&c->store, &a->store));
	conf_unref(a);
	conf_unref(b);
	conf_unref(c);
}
END_TEST

/* Files */

static char	 path[64], sentinel_path[96];

static void
setup(void)
{
	snprintf(path, sizeof path, "/tmp/check_conf_store.%d", getpid());
	snprintf(sentinel_path, sizeof sentinel_path, "%s.s", path);
}

static void
teardown(void)
{
	unlink(path);
	unlink(sentinel_path);
}

static void
put_file(const char *name, const char *text)
{
	FILE *out = fopen(name, "w");

	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	fclose(out);
	ck_assert_int_eq(chmod(name, 0600), 0);
}

static struct conf *
with_files(void)
{
	char keys[256];

	snprintf(keys, sizeof keys, "redis: redis://u@m, password_file: %s, "
	    "sentinel: {addresses: h, password_file: %s}", path,
	    sentinel_path);
	return with_store(keys);
}

START_TEST(passwords)
{
	struct conf *conf = with_files();
	char *cause;

	put_file(path, "hunter 2\n");
	put_file(sentinel_path, "other\r\n");
	ck_assert(conf_store_load(conf, &cause));
	ck_assert_str_eq(conf->store.password, "hunter 2");
	ck_assert_str_eq(conf->store.sentinel_password, "other");
	conf_unref(conf);
}
END_TEST

START_TEST(no_password)
{
	struct conf *conf = with_files();
	char *cause;

	ck_assert(!conf_store_load(conf, &cause));
	ck_assert_ptr_nonnull(strstr(cause, "store.password_file: "));
	ck_assert_ptr_nonnull(strstr(cause, path));
	free(cause);
	put_file(path, "x");
	put_file(sentinel_path, "hunter2\nand more\n");
	ck_assert(!conf_store_load(conf, &cause));
	ck_assert_ptr_nonnull(strstr(cause, "store.sentinel.password_file: "));
	ck_assert_ptr_null(strstr(cause, "hunter2"));
	free(cause);
	conf_unref(conf);
}
END_TEST

/* The key by which credentials are known. */
START_TEST(key_file)
{
	static const char *const bad[] = {
		"", "00112233445566778899aabbccddeef", "not a key",
		"00112233445566778899aabbccddeeffa",
		"00112233445566778899aabbccddeefg",
	};
	struct conf *conf;
	char keys[256], *cause;
	size_t i;

	snprintf(keys, sizeof keys, "redis: redis://h, key_file: %s", path);
	conf = with_store(keys);
	ck_assert(!conf_store_load(conf, &cause));
	ck_assert_ptr_nonnull(strstr(cause, "store.key_file: "));
	free(cause);
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		put_file(path, bad[i]);
		ck_assert(!conf_store_load(conf, &cause));
		ck_assert_ptr_nonnull(strstr(cause, "store.key_file: "));
		ck_assert(bad[i][0] == '\0' || strstr(cause, bad[i]) == NULL);
		free(cause);
	}
	put_file(path, "00112233445566778899aAbBccddeeff\n");
	ck_assert(conf_store_load(conf, &cause));
	ck_assert_uint_eq(conf->store.key[0], 0);
	ck_assert_uint_eq(conf->store.key[10], 0xaa);
	ck_assert_uint_eq(conf->store.key[15], 0xff);
	conf_unref(conf);
}
END_TEST

static void
count_cb(const char *line, void *arg)
{
	ck_assert_ptr_null(strstr(line, "hunter2"));
	++*(unsigned *)arg;
}

START_TEST(warnings)
{
	struct conf *conf = with_files();
	unsigned n = 0;

	put_file(path, "hunter2");
	put_file(sentinel_path, "hunter2");
	conf_store_warnings(conf, count_cb, &n);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(chmod(path, 0640), 0);
	conf_store_warnings(conf, count_cb, &n);
	ck_assert_uint_eq(n, 1);
	conf_unref(conf);
}
END_TEST

/* Who compares two files sees no password of either. */
static void
diff_cb(const char *key, const char *was, const char *is, void *arg)
{
	(void)key;
	ck_assert_ptr_null(strstr(was != NULL ? was : "", "hunter"));
	ck_assert_ptr_null(strstr(is != NULL ? is : "", "hunter"));
	++*(unsigned *)arg;
}

START_TEST(diff)
{
	static const char *const texts[] = {
		"{}", "store: {redis: \"redis://:hunter2@h\"}",
		"store: {redis: \"redis://:hunter3@h\"}",
	};
	struct conf_report report = { .name = "a" };
	struct conf_yaml *yaml[3];
	unsigned i, n = 0;

	for (i = 0; i < 3; i++) {
		yaml[i] = conf_yaml_parse(&report, texts[i],
		    strlen(texts[i]));
		ck_assert_ptr_nonnull(yaml[i]);
	}
	conf_diff(conf_yaml_root(yaml[0]), conf_yaml_root(yaml[1]), diff_cb,
	    &n);
	conf_diff(conf_yaml_root(yaml[1]), conf_yaml_root(yaml[2]), diff_cb,
	    &n);
	ck_assert_uint_eq(n, 2);
	for (i = 0; i < 3; i++)
		conf_yaml_free(yaml[i]);
}
END_TEST

/* Of a rule */

static const struct {
	const char	*rule;
	uint32_t	 reserve;	/* millionths */
	enum rule_without without;
} rules[] = {
	{ "capacity: 1", 0, RULE_WITHOUT_SHARE },
	{ "capacity: 1, strict: yes", 0, RULE_WITHOUT_HOLD },
	{ "paths: {/a: {capacity: 1, strict: yes}}", 0, RULE_WITHOUT_HOLD },
	{ "budgets: {t: {rates: [{capacity: 1, strict: yes}]}}", 0,
	    RULE_WITHOUT_HOLD },
	{ "capacity: 1, strict: yes, without_store: share, reserve: 90%",
	    900000, RULE_WITHOUT_SHARE },
	{ "capacity: 1, without_store: hold, reserve: 0.5%", 5000,
	    RULE_WITHOUT_HOLD },
	{ "capacity: 1, without_store: open", 0, RULE_WITHOUT_OPEN },
};

START_TEST(rule)
{
	struct conf *conf;
	char text[256];

	snprintf(text, sizeof text, "hosts: {a.b: {store: yes, %s}}",
	    rules[_i].rule);
	conf = parse_ok(text);
	ck_assert(conf->rules[0].store);
	ck_assert(!conf->fallback.store);
	ck_assert_uint_eq(conf->rules[0].reserve, rules[_i].reserve);
	ck_assert_int_eq(rule_without_store(&conf->rules[0]),
	    rules[_i].without);
	conf_unref(conf);
}
END_TEST

static const struct wrong wrong_rules[] = {
	{ "defaults: {reserve: 10}\n", "1:21: defaults.reserve: \"10\" has no "
	    "% behind it, expected a percentage such as 10%, 0% to 90%" },
	{ "defaults: {reserve: 91%}\n", "1:21: defaults.reserve: \"91%\" is "
	    "too much, expected a percentage such as 10%, 0% to 90%" },
	{ "defaults: {reserve: x%}\n", "1:21: defaults.reserve: ..." },
	{ "defaults: {without_store: wait}\n", "1:27: defaults.without_store: "
	    "..." },
	{ "defaults: {store: 1}\n", "1:19: defaults.store: ..." },
};

START_TEST(wrong_rule)
{
	fails_with(&wrong_rules[_i]);
}
END_TEST

static void
find_cb(const char *line, void *arg)
{
	unsigned *n = arg;

	*n += strstr(line, "there is no store to share") != NULL ||
	    strstr(line, "without store.key_file") != NULL ||
	    strstr(line, "1:16: store: nothing is shared in it") != NULL;
}

START_TEST(rule_without_one)
{
	struct conf *conf = parse_ok("defaults: {store: yes}\n"
	    "hosts: {a.b: {store: yes}}\n");
	unsigned n = 0;

	conf_warnings(conf, find_cb, &n);
	ck_assert_uint_eq(n, 2);
	conf_unref(conf);
	conf = parse_ok("store: {redis: \"redis://h\"}\n"
	    "hosts: {a.b: {store: yes}}\n");
	n = 0;
	conf_warnings(conf, find_cb, &n);
	ck_assert_uint_eq(n, 0);
	conf_unref(conf);
	conf = parse_ok("store: {redis: \"redis://h\"}\n"
	    "hosts: {a.b: {store: yes, per: client}}\n");
	conf_warnings(conf, find_cb, &n);
	ck_assert_uint_eq(n, 1);
	conf_unref(conf);
}
END_TEST

START_TEST(one_without_a_rule)
{
	static const struct {
		const char	*rules;
		unsigned	 n;
	} cases[] = {
		{ "", 1 },
		{ "hosts: {a.b: {capacity: 1}, c.d: {store: no}}\n", 1 },
		{ "hosts: {a.b: {capacity: 1}, c.d: {store: yes}}\n", 0 },
		{ "defaults: {store: yes}\n", 0 },
	};
	char text[256];
	struct conf *conf;
	unsigned i, n;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		snprintf(text, sizeof text, "store: {redis: \"redis://h\"}\n%s",
		    cases[i].rules);
		conf = parse_ok(text);
		n = 0;
		conf_warnings(conf, find_cb, &n);
		ck_assert_uint_eq(n, cases[i].n);
		conf_unref(conf);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("conf_store");
	TCase *tc = tcase_create("store");

	tcase_add_checked_fixture(tc, setup, teardown);
	ROWS(tc, url, urls);
	ROWS(tc, wrong_url, wrong_urls);
	ROWS(tc, equals, different);
	ROWS(tc, rule, rules);
	ROWS(tc, wrong_rule, wrong_rules);
	tcase_add_test(tc, rule_without_one);
	tcase_add_test(tc, one_without_a_rule);
	tcase_add_test(tc, passwords);
	tcase_add_test(tc, no_password);
	tcase_add_test(tc, key_file);
	tcase_add_test(tc, warnings);
	tcase_add_test(tc, diff);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
