/* SPDX-License-Identifier: ISC */
#include "conf/conf_parent.h"
#include "conf/conf_password.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_conf.h"
#include "http/http1_host.h"
#include "policy/parent.h"

static const struct wrong errors[] = {
	{ "parent: \n", "1:8: parent: nothing, expected a URL such as "
	    "http://proxy.example:3128, a mapping or direct" },
	{ "parent: [http://a:1]\n", "1:9: parent: a list, expected a URL ..." },
	{ "parent: proxy.corp:3128\n", "1:9: parent: \"proxy.corp:3128\" is no "
	    "URL of a proxy, expected one such as http://proxy.example:3128 or "
	    "https://proxy.example:3129" },
	{ "parent: none\n", "1:9: parent: \"none\" is no URL of a proxy, ..." },
	{ "parent: http://proxy.corp\n", "1:9: parent: \"http://proxy.corp\" "
	    "has no port, expected one such as http://proxy.example:3128" },
	{ "parent: {}\n", "1:9: parent: no url, expected one such as "
	    "{url: http://proxy.example:3128}" },
	{ "parent: {password_file: /p}\n", "1:9: parent: no url, ..." },
	{ "parent: {url: direct}\n",
	    "1:15: parent.url: \"direct\" is no URL of a proxy, ..." },
	{ "parent: {url: http://a:1, url: http://b:1}\n",
	    "1:27: parent.url: a key that is there twice, ..." },
	{ "parent: {url: http://a:1, password_file: /p}\n",
	    "1:42: parent.password_file: without a user, expected one in the "
	    "url, as in http://USER@proxy.example:3128" },
	{ "parent: {url: http://u@a:1, password_file: \"\"}\n",
	    "1:44: parent.password_file: \"\" is empty, expected the path of a "
	    "file" },
	{ "parent: {url: http://a:1, tls: {verify: false}}\n",
	    "1:32: parent.tls: beside a url of http://, expected https://" },
	{ "parent: {url: https://a:1, tls: {certificate: /c}}\n",
	    "1:47: parent.tls.certificate: without key, expected key beside "
	    "it" },
	{ "parent: {url: https://a:1, tls: {ca: /c}}\n",
	    "1:34: parent.tls.ca: an unknown key, expected verify, trust, "
	    "certificate, key; did you mean \"trust\"?" },
	{ "parent: {url: http://a:1, password: x}\n",
	    "1:27: parent.password: an unknown key, expected url, "
	    "password_file, tls; did you mean \"password_file: /PATH\"?" },
	{ "hosts:\n  a.b:\n    parent: ftp://a:1\n", "3:13: hosts.a.b.parent: "
	    "\"ftp://a:1\" is no URL of a proxy, ..." },
	{ "defaults: {parent: {}}\n", "1:20: defaults.parent: no url, ..." },
	{ "http_proxy: http://a:1\n", "1:1: http_proxy: an unknown key, ..." },
	/* what was taken before the error is given back */
	{ "parent: {url: http://u@a:1, password_file: /p, tls: 1}\n",
	    "1:53: parent.tls: a plain value, ..." },
};

START_TEST(error)
{
	fails_with(&errors[_i]);
}
END_TEST

/* No password is said again, wherever one was written. */
START_TEST(passwords_are_not_told)
{
	static const char *const texts[] = {
		"parent: http://joe:hunter2@proxy.corp:3128\n",
		"parent: {url: http://joe:hunter2@proxy.corp:3128}\n",
		"hosts: {a.b: {parent: http://joe:hunter2@proxy.corp:3128}}\n",
	};
	char *cause = parse_bad(texts[_i], strlen(texts[_i]));

	ck_assert_ptr_nonnull(strstr(cause, "has a password in it, expected "
	    "that in a file: {url: http://USER@HOST:PORT, password_file: "
	    "/PATH}"));
	ck_assert_ptr_null(strstr(cause, "hunter2"));
	free(cause);
}
END_TEST

/* The name of the parent that the host is reached through, or "direct". */
static const char *
parent_of(const struct conf *conf, const char *name)
{
	const struct parent *p;
	struct http1_host h;

	ck_assert_int_eq(http1_host_parse(&h, name, strlen(name)), HTTP1_OK);
	p = conf_parent(conf, conf_rule(conf, &h), &h);
	return p != NULL ? p->name : "direct";
}

START_TEST(none)
{
	struct conf *conf = parse_ok("defaults: {capacity: 1}\n");

	ck_assert_str_eq(parent_of(conf, "a.example"), "direct");
	ck_assert_ptr_null(conf->parents);
	conf_unref(conf);
}
END_TEST

/* Rules have their own, or none; this machine's is its rule's only. */
START_TEST(choices)
{
	struct conf *conf = parse_ok("parent: http://all:1\n"
	    "hosts:\n"
	    "  inside.example: {parent: direct}\n"
	    "  other.example: {parent: http://other:2}\n"
	    "  limited.example: {capacity: 1}\n"
	    "  127.0.0.2: {parent: http://other:2}\n");

	ck_assert_str_eq(parent_of(conf, "a.example"), "http://all:1");
	ck_assert_str_eq(parent_of(conf, "limited.example"), "http://all:1");
	ck_assert_str_eq(parent_of(conf, "other.example"), "http://other:2");
	ck_assert_str_eq(parent_of(conf, "inside.example"), "direct");
	ck_assert_str_eq(parent_of(conf, "localhost"), "direct");
	ck_assert_str_eq(parent_of(conf, "127.0.0.1"), "direct");
	ck_assert_str_eq(parent_of(conf, "[::1]"), "direct");
	ck_assert_str_eq(parent_of(conf, "127.0.0.2"), "http://other:2");
	conf_unref(conf);
}
END_TEST

START_TEST(of_defaults)
{
	struct conf *conf = parse_ok("defaults: {parent: http://rest:1}\n"
	    "hosts: {a.example: {capacity: 1}}\n");

	ck_assert_str_eq(parent_of(conf, "b.example"), "http://rest:1");
	ck_assert_str_eq(parent_of(conf, "a.example"), "direct");
	conf_unref(conf);
}
END_TEST

START_TEST(all_keys)
{
	struct conf *conf = parse_ok("parent: {url: https://u@p.corp:3129, "
	    "password_file: /p, tls: {verify: false, trust: system, "
	    "certificate: /c, key: /k}}\n");
	const struct parent *p = conf->parent;

	ck_assert_str_eq(p->name, "https://p.corp:3129");
	ck_assert_str_eq(p->host.name, "p.corp");
	ck_assert_uint_eq(p->host.port, 3129);
	ck_assert(p->tls);
	ck_assert_str_eq(p->user, "u");
	ck_assert_str_eq(p->password_file, "/p");
	ck_assert(!p->tls_verify);
	ck_assert_str_eq(p->tls_trust, "system");
	ck_assert_str_eq(p->tls_certificate, "/c");
	ck_assert_str_eq(p->tls_key, "/k");
	ck_assert_uint_eq(p->password_at.column, 53);
	ck_assert_uint_ne(p->id, 0);
	conf_unref(conf);
}
END_TEST

/* Those that are alike are one, so that their connections are shared. */
START_TEST(alike)
{
	struct conf *conf = parse_ok("hosts:\n"
	    "  a: {parent: http://p:1}\n"
	    "  b: {parent: {url: http://P:1/}}\n"
	    "  c: {parent: http://u@p:1}\n"
	    "  d: {parent: https://p:1}\n");
	const struct rule *r = conf->rules;

	ck_assert_ptr_eq(r[0].parent, r[1].parent);
	ck_assert_ptr_ne(r[0].parent, r[2].parent);
	ck_assert_ptr_ne(r[0].parent, r[3].parent);
	ck_assert_uint_ne(r[0].parent->id, r[2].parent->id);
	ck_assert_uint_eq(conf->nparents, 3);
	ck_assert(r[3].parent->tls_verify);
	conf_unref(conf);
}
END_TEST

/* Passwords: what a file holds, and what is made of it, or said of it. */

static char	 longest[CONF_PASSWORD_MAX + 3];

static const struct {
	const char	*holds;		/* NULL: no file */
	const char	*made;		/* or NULL, and */
	const char	*wrong;
} files[] = {
	{ "secret", "Basic dTpzZWNyZXQ=", NULL },
	{ "secret\n", "Basic dTpzZWNyZXQ=", NULL },
	{ "secret\r\n", "Basic dTpzZWNyZXQ=", NULL },
	{ " a:b ", "Basic dTogYTpiIA==", NULL },
	{ "", NULL, "no password, expected one line with it" },
	{ "\n", NULL, "no password, expected one line with it" },
	{ "a\nb\n", NULL, "without control characters" },
	{ "a\tb", NULL, "without control characters" },
	{ longest, NULL, "longer than 1024 bytes" },
	{ NULL, NULL, "No such file or directory" },
};

START_TEST(passwords)
{
	char path[] = "/tmp/check_conf_parent.XXXXXX", text[256];
	struct conf *conf;
	char *cause = NULL;
	int fd = mkstemp(path);
	const char *holds = files[_i].holds;

	memset(longest, 'x', sizeof longest - 2);
	ck_assert_int_ne(fd, -1);
	if (holds != NULL)
		ck_assert_int_eq(write(fd, holds, strlen(holds)),
		    (ssize_t)strlen(holds));
	else
		unlink(path);
	close(fd);
	snprintf(text, sizeof text, "parent: {url: http://u@p:1, "
	    "password_file: %s}\n", path);
	conf = parse_ok(text);
	ck_assert(conf_parent_load(conf, &cause) == (files[_i].made != NULL));
	if (files[_i].made != NULL) {
		ck_assert_str_eq(conf->parent->authorization, files[_i].made);
	} else {
		snprintf(text, sizeof text, "test.yaml:1:44: "
		    "parent.password_file: %s: ", path);
		ck_assert_msg(strncmp(cause, text, strlen(text)) == 0, "%s",
		    cause);
		ck_assert_msg(strstr(cause, files[_i].wrong) != NULL, "%s",
		    cause);
	}
	free(cause);
	conf_unref(conf);
	unlink(path);
}
END_TEST

START_TEST(no_password)
{
	struct conf *conf = parse_ok("parent: http://u@p:1\n"
	    "hosts: {a: {parent: http://p:1}}\n");
	char *cause;

	ck_assert(conf_parent_load(conf, &cause));
	ck_assert_str_eq(conf->parent->authorization, "Basic dTo=");
	ck_assert_ptr_null(conf->rules[0].parent->authorization);
	conf_unref(conf);
}
END_TEST

static const char	 whole[] =
    "parent: {url: https://u%40@p:1, password_file: /p,\n"
    "  tls: {verify: true, trust: /t}}\n"
    "hosts: {a.b: {parent: direct}, c.d: {parent: http://e:1}}\n";

START_TEST(broken)
{
	cut_anywhere(whole, sizeof whole - 1);
	break_anywhere(whole, sizeof whole - 1);
}
END_TEST

static void
collect(const char *line, void *arg)
{
	char *all = arg;

	snprintf(all + strlen(all), 512 - strlen(all), "%s\n", line);
}

START_TEST(password_of_others)
{
	char path[] = "/tmp/check_conf_parent.XXXXXX", yaml[256];
	char all[512] = "", want[256];
	struct conf *conf;
	int fd = mkstemp(path);

	ck_assert_int_ne(fd, -1);
	snprintf(yaml, sizeof yaml, "parent: {url: http://u@a:1, "
	    "password_file: %s}\n", path);
	conf = parse_ok(yaml);
	conf_parent_warnings(conf, collect, all);
	ck_assert_str_eq(all, "");
	ck_assert_int_eq(fchmod(fd, 0640), 0);
	conf_parent_warnings(conf, collect, all);
	snprintf(want, sizeof want, "test.yaml:1:44: parent.password_file: %s "
	    "can be read by others (mode 0640)\n", path);
	ck_assert_str_eq(all, want);
	close(fd);
	unlink(path);
	conf_unref(conf);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("conf_parent");
	TCase *bad = tcase_create("errors");
	TCase *good = tcase_create("values");

	tcase_set_timeout(bad, 60);
	tcase_add_loop_test(bad, error, 0, COUNT(errors));
	tcase_add_loop_test(bad, passwords_are_not_told, 0, 3);
	tcase_add_test(bad, broken);
	suite_add_tcase(s, bad);

	tcase_add_test(good, none);
	tcase_add_test(good, choices);
	tcase_add_test(good, of_defaults);
	tcase_add_test(good, all_keys);
	tcase_add_test(good, alike);
	ROWS(good, passwords, files);
	tcase_add_test(good, no_password);
	tcase_add_test(good, password_of_others);
	suite_add_tcase(s, good);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}
