/* SPDX-License-Identifier: ISC */
#include "conf/conf_reread.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "check_run.h"
#include "conf/conf_parse.h"
#include "policy/htpasswd.h"
#include "policy/parent.h"

/* What people are told of a configuration that was read again. */

static const struct {
	const char	*was;
	const char	*is;
	const char	*lines;
	const char	*says;
} rows[] = {
	{ "workers: 1", "# the same\nworkers: 1", "", "nothing changed" },
	/* only its words changed */
	{ "listen: 127.0.0.1:1", "listen: [127.0.0.1:1]", "",
	  "nothing changed" },
	/* a restart's: told by conf_changes() */
	{ "workers: 1", "workers: 2", "", "1 option changed" },
	{ "listen: [127.0.0.1:1]", "listen: [127.0.0.1:1, 127.0.0.1:2]", "",
	  "1 option changed" },
	{ "limits: {hosts: 5}", "limits: {hosts: 6}",
	  "limits.hosts: 5 -> 6;", "1 option changed" },
	{ "limits: {hosts: 5}", "limits: {hosts: 6}\nlog: {held: 1s}",
	  "limits.hosts: 5 -> 6;log: not there -> {held: 1s};",
	  "2 options changed" },
	{ "hosts: {a.test: {capacity: 1}}", "hosts: {a.test: {capacity: 2}}",
	  "hosts.a.test.capacity: 1 -> 2;", "1 rule changed" },
	{ "hosts: {a.test: {capacity: 1, period: 1s}}",
	  "hosts: {a.test: {capacity: 2, period: 2s}}",
	  "hosts.a.test.capacity: 1 -> 2;hosts.a.test.period: 1s -> 2s;",
	  "1 rule changed" },
	{ "hosts: {a.test: {capacity: 1}}", "hosts: {a: {capacity: 1}}",
	  "hosts.a.test: {capacity: 1} -> not there;"
	  "hosts.a: not there -> {capacity: 1};", "1 rule new, 1 gone" },
	{ "hosts: {}", "hosts: {a: {capacity: 1}, b: {capacity: 1}}",
	  "hosts.a: not there -> {capacity: 1};"
	  "hosts.b: not there -> {capacity: 1};", "2 rules new" },
	{ "workers: 1", "workers: 1\nhosts: {a: {capacity: 1}}",
	  "hosts: not there -> {a: {capacity: 1}};", "1 rule new" },
	{ "hosts: {a: {capacity: 1}, b: {capacity: 1}, c: {capacity: 1}}\n"
	  "defaults: {capacity: 1}",
	  "hosts: {d: {capacity: 3}, b: {capacity: 2}, c: {capacity: 2}}\n"
	  "defaults: {capacity: 2}",
	  "hosts.a: {capacity: 1} -> not there;hosts.b.capacity: 1 -> 2;"
	  "hosts.c.capacity: 1 -> 2;hosts.d: not there -> {capacity: 3};"
	  "defaults.capacity: 1 -> 2;",
	  "2 rules changed, 1 new, 1 gone, 1 other option changed" },
	/* not a rule by its name */
	{ "hosts: {x: {capacity: 1}}\nlimits: {hosts: 1}",
	  "hosts: {x: {capacity: 1}}\nlimits: {hosts: 2}",
	  "limits.hosts: 1 -> 2;", "1 option changed" },
};

/* As conf_load() leaves it. */
static struct conf *
parse(const char *text)
{
	char *cause = NULL;
	struct conf *conf = conf_parse("test", text, strlen(text), &cause);

	ck_assert_msg(conf != NULL, "%s", cause);
	conf->text = strdup(text);
	conf->text_len = strlen(text);
	return conf;
}

static void
line_cb(const char *line, void *arg)
{
	text_putf(arg, "%s;", line);
}

static void
compare(const char *was, const char *is, struct text *got,
    struct conf_reread *counts)
{
	struct conf *before = parse(was), *after = parse(is);

	conf_reread(before, after, line_cb, got, counts);
	text_put(got, "", 1);
	ck_assert(!got->failed);
	conf_unref(before);
	conf_unref(after);
}

START_TEST(reread)
{
	struct text got = { NULL, 0, 0, false };
	struct conf_reread counts;
	char buf[CONF_REREAD];

	compare(rows[_i].was, rows[_i].is, &got, &counts);
	ck_assert_str_eq(got.p, rows[_i].lines);
	ck_assert_str_eq(conf_reread_text(buf, &counts), rows[_i].says);
	text_free(&got);
}
END_TEST

/* Of one that came out of no file nothing can be told. */
START_TEST(without_file)
{
	struct conf *before = parse("log: {held: 1s}");
	struct conf *after = parse("log: {held: 2s}");
	struct text got = { NULL, 0, 0, false };
	struct conf_reread counts;

	free(before->text);
	before->text = NULL;
	conf_reread(before, after, line_cb, &got, &counts);
	ck_assert_uint_eq(got.len, 0);
	ck_assert_uint_eq(counts.options, 0);
	conf_unref(before);
	conf_unref(after);
}
END_TEST

#define HASH	"$6$salt$0123456789012345678901234567890123456789" \
		"0123456789012345678901234567890123456789012345"
#define FILES	"access: {users: /u}\nadmin: {web_token_file: /t}\n" \
		"parent: {url: \"http://me@p.test:1\", password_file: /p}\n" \
		"store: {redis: \"redis://r.test\", password_file: /r, " \
		"key_file: /k}\n"

static const struct {
	const char	*users, *token, *parent, *store;
	char		 key;
	const char	*lines, *says;
} files[] = {
	{ "a:" HASH, "token", "one", "one", 1, "", "nothing changed" },
	/* a comment is nobody */
	{ "#\na:" HASH, "token", "one", "one", 1, "", "nothing changed" },
	{ "b:" HASH, "token", "one", "one", 1,
	  "access.users: its file changed;", "1 file changed" },
	{ "a:" HASH "\nb:" HASH, "token", "one", "one", 1,
	  "access.users: its file changed;", "1 file changed" },
	{ "a:" HASH, "other", "one", "one", 1,
	  "admin.web_token_file: its file changed;", "1 file changed" },
	{ "a:" HASH, "token", "two", "two", 1,
	  "store.password_file: its file changed;"
	  "parent.password_file: its file changed;", "2 files changed" },
	{ "a:" HASH, "token", "one", "one", 2,
	  "store.key_file: its file changed, which takes effect at a "
	  "restart;", "1 file changed" },
};

/* A configuration with what its files say. */
static struct conf *
read_files(size_t i)
{
	struct conf *conf = parse(FILES);
	struct htpasswd_error error;

	conf->access_users = htpasswd_parse(strdup(files[i].users),
	    strlen(files[i].users), &error);
	ck_assert_msg(conf->access_users != NULL, "%s", error.why);
	conf->admin_token = strdup(files[i].token);
	ck_assert(parent_authorize(conf->parents, files[i].parent,
	    strlen(files[i].parent)));
	conf->store.password = strdup(files[i].store);
	memset(conf->store.key, files[i].key, sizeof conf->store.key);
	return conf;
}

START_TEST(of_files)
{
	struct conf *before = read_files(0), *after = read_files((size_t)_i);
	struct text got = { NULL, 0, 0, false };
	struct conf_reread counts;
	char buf[CONF_REREAD];

	conf_reread(before, after, line_cb, &got, &counts);
	text_put(&got, "", 1);
	ck_assert_str_eq(got.p, files[_i].lines);
	ck_assert_str_eq(conf_reread_text(buf, &counts), files[_i].says);
	text_free(&got);
	conf_unref(before);
	conf_unref(after);
}
END_TEST

static void
put_hosts(struct text *t, unsigned from, unsigned half, unsigned capacity)
{
	unsigned i;

	text_puts(t, "hosts:\n");
	for (i = from; i < from + 2 * half; i++)
		text_putf(t, "  h%u.test: {capacity: %u}\n", i, capacity);
	text_put(t, "", 1);
}

/* Nobody looks at each for each: that would take many seconds. */
START_TEST(many)
{
	struct text was = { NULL, 0, 0, false }, is = was, got = was;
	const unsigned half = repetitions(10000);
	struct conf_reread counts;

	put_hosts(&was, 0, half, 1);
	put_hosts(&is, half, half, 2);
	compare(was.p, is.p, &got, &counts);
	ck_assert_uint_eq(counts.changed, half);
	ck_assert_uint_eq(counts.came, half);
	ck_assert_uint_eq(counts.went, half);
	text_free(&was);
	text_free(&is);
	text_free(&got);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conf_reread");
	TCase *tc = tcase_create("conf_reread");

	ROWS(tc, reread, rows);
	ROWS(tc, of_files, files);
	tcase_add_test(tc, without_file);
	tcase_add_test(tc, many);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
