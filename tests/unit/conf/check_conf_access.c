/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_conf.h"
#include "conf/conf_access.h"
#include "conf/conf_networks.h"
#include "conf/conf_users.h"

/* Who may use the proxy. */

#define NOUN "addresses and networks such as 192.0.2.1, 192.0.2.0/24 or " \
	    "2001:db8::/32, up to 1024 networks"
#define ANY "an address or a network such as 192.0.2.0/24 or 2001:db8::/32"

static const struct wrong errors[] = {
	{ "access: 10.0.0.0/8\n", "1:9: access: a plain value, ..." },
	{ "access: {clients: }\n",
	    "1:19: access.clients: no value, expected " NOUN },
	{ "access: {clients: [{a: b}]}\n",
	    "1:20: access.clients[0]: a mapping, expected " NOUN },
	{ "access: {clients: [127.0.0.1, host.example]}\n",
	    "1:31: access.clients[1]: \"host.example\" is no network, "
	    "expected " ANY },
	{ "access: {clients: 192.0.2.1/24}\n",
	    "1:19: access.clients: \"192.0.2.1/24\" is no network, expected "
	    "no bits that are set behind the network's length; did you mean "
	    "\"192.0.2.0/24\"?" },
	{ "access: {clients: 192.0.2.0/33}\n",
	    "1:19: access.clients: \"192.0.2.0/33\" is no network, expected "
	    "a length of 0 to 32 behind the /" },
	{ "access: {clients: all}\n",
	    "1:19: access.clients: \"all\" is no network, expected " ANY
	    "; did you mean \"[0.0.0.0/0, '::/0']\"?" },
	{ "access: {clients: [localhost]}\n",
	    "1:20: access.clients[0]: \"localhost\" is no network, expected "
	    ANY "; did you mean \"[127.0.0.0/8, '::1']\"?" },
	{ "access: {clients: 'fe80::1%eth0'}\n",
	    "1:19: access.clients: \"fe80::1%eth0\" is no network, expected "
	    ANY "; did you mean \"fe80::1\"?" },
	{ "access: {users: }\n", "1:17: access.users: no value, expected the "
	    "path of a file that htpasswd -B has made" },
	{ "access: {users: [a]}\n", "1:17: access.users: a list, ..." },
	{ "access: {users: ''}\n", "1:17: access.users: \"\" ..." },
};

START_TEST(error)
{
	fails_with(&errors[_i]);
}
END_TEST

static char *
printed(const struct conf *conf)
{
	static const struct conf_type type = { .none = "none" };
	static const struct conf_option option = { .as = &type };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	conf_networks_print(out, &option, &conf->access_clients);
	fclose(out);
	return text;
}

static const struct {
	const char	*text;
	const char	*clients;
} good[] = {
	{ "workers: 1\n", "127.0.0.0/8, ::1" },
	{ "access: {}\n", "127.0.0.0/8, ::1" },
	{ "access: {clients: 10.0.0.0/8}\n", "10.0.0.0/8" },
	{ "access:\n  clients:\n    - 2001:DB8::/32\n    - 192.0.2.1\n",
	    "2001:db8::/32, 192.0.2.1" },
	{ "access: {clients: ['::ffff:192.0.2.0/120', 0.0.0.0/0]}\n",
	    "192.0.2.0/24, 0.0.0.0/0" },
	{ "access: {clients: []}\n", "none" },
};

START_TEST(clients)
{
	struct conf *conf = parse_ok(good[_i].text);
	char *text = printed(conf);

	ck_assert_str_eq(text, good[_i].clients);
	free(text);
	conf_unref(conf);
}
END_TEST

/* Beyond what the option allows. */
START_TEST(too_many)
{
	char *text = NULL, *cause;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	unsigned i;

	ck_assert_ptr_nonnull(out);
	fputs("access: {clients: [", out);
	for (i = 0; i < 1025; i++)
		fprintf(out, "10.0.%u.%u,", i / 256, i % 256);
	fputs("]}\n", out);
	fclose(out);
	cause = parse_bad(text, size);
	ck_assert_str_eq(cause, "test.yaml:1:19: access.clients: 1025 "
	    "networks, expected up to 1024 networks");
	free(cause);
	free(text);
}
END_TEST

static char *
file_of(const char *text)
{
	static char path[] = "check_conf_access.XXXXXX";
	int fd;

	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	ck_assert_int_ne(fd = mkstemp(path), -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	return path;
}

#define HASH "$2y$05$eqI5ClYaXlmpjyjIVKDaduBhVwOKdHzeTxZjVLUNi0k5GuSsWV/2G"

/* A file's text, and its error behind its path; NULL: there is none. */
static const struct {
	const char	*text;
	const char	*cause;
} files[] = {
	{ "a:" HASH "\nb:" HASH "\n", NULL },
	{ "", NULL },
	{ "a:" HASH "\nb:x\n", ":2: no hash but perhaps the password itself; "
	    "make one with htpasswd -B" },
};

START_TEST(users)
{
	char *path = file_of(files[_i].text), text[256], *cause = NULL;
	struct conf *conf;
	bool ok;

	snprintf(text, sizeof text, "access:\n  users: %s\n", path);
	conf = parse_ok(text);
	ck_assert_str_eq(conf->access_users_file, path);
	ok = conf_users_load(conf, &cause);
	ck_assert_int_eq(ok, files[_i].cause == NULL);
	ck_assert_int_eq(conf->access_users != NULL, ok);
	if (!ok) {
		snprintf(text, sizeof text, "test.yaml:2:10: access.users: %s"
		    "%s", path, files[_i].cause);
		ck_assert_str_eq(cause, text);
	}
	free(cause);
	unlink(path);
	conf_unref(conf);
}
END_TEST

START_TEST(no_users)
{
	struct conf *conf = parse_ok("access: {users: /nowhere/at/all}\n");
	char *cause = NULL;

	ck_assert(!conf_users_load(conf, &cause));
	ck_assert_str_eq(cause, "test.yaml:1:17: access.users: "
	    "/nowhere/at/all: No such file or directory");
	free(cause);
	conf_unref(conf);
	conf = parse_ok("workers: 1\n");
	ck_assert(conf_users_load(conf, &cause));
	ck_assert_ptr_null(conf->access_users);
	conf_unref(conf);
}
END_TEST

/* Listening addresses, clients, and the one warning; NULL: none. */
static const struct {
	const char	*text;
	const char	*warning;
} warned[] = {
	{ "listen: 127.0.0.1:1\n", NULL },
	{ "listen: ['[::1]:1', 'unix:/s']\n", NULL },
	{ "listen: 0.0.0.0:1\n", "test.yaml:1:9: listen: 0.0.0.0:1 can be "
	    "reached from other machines, but without access.clients only "
	    "clients on this one are let in; write \"access: {clients: "
	    "[127.0.0.0/8, '::1', 192.0.2.0/24]}\" with the networks of "
	    "yours, or listen at 127.0.0.1" },
	{ "listen: '*:1'\naccess: {clients: 10.0.0.0/8}\n", NULL },
	{ "listen: '*:1'\naccess: {clients: [10.0.0.0/8, 0.0.0.0/0]}\n",
	    "test.yaml:1:9: listen: *:1 lets everybody use the proxy who can "
	    "reach that address, by 0.0.0.0/0 in access.clients" },
	{ "listen: '[::]:1'\naccess: {clients: '::/0'}\n",
	    "test.yaml:1:9: listen: [::]:1 lets everybody use the proxy who "
	    "can reach that address, by ::/0 in access.clients" },
	{ "listen: 127.0.0.1:1\naccess: {clients: 0.0.0.0/0}\n", NULL },
};

/* Names that nobody checks tell nobody apart. */
static const struct {
	const char	*text;
	const char	*cause;
} needing[] = {
	{ "defaults: {per: user}\n", "test.yaml:1:17: defaults.per" },
	{ "hosts:\n  a.b: {}\n  c.d:\n    per: user\n",
	    "test.yaml:4:10: hosts.c.d.per" },
};

START_TEST(needs_users)
{
	char *path = file_of("a:" HASH "\n"), text[256], *cause = NULL;
	struct conf *conf = parse_ok(needing[_i].text);

	ck_assert(!conf_users_load(conf, &cause));
	snprintf(text, sizeof text, "%s: user, expected access.users beside "
	    "it, a file of users whose passwords are checked (\"htpasswd -B\" "
	    "makes one)", needing[_i].cause);
	ck_assert_str_eq(cause, text);
	free(cause);
	conf_unref(conf);
	snprintf(text, sizeof text, "%saccess: {users: %s}\n",
	    needing[_i].text, path);
	conf = parse_ok(text);
	ck_assert(conf_users_load(conf, &cause));
	unlink(path);
	conf_unref(conf);
}
END_TEST

static void
keep_cb(const char *line, void *arg)
{
	char **kept = arg;

	ck_assert_ptr_null(*kept);
	*kept = strdup(line);
}

START_TEST(warnings)
{
	struct conf *conf = parse_ok(warned[_i].text);
	char *line = NULL;

	conf_access_warnings(conf, keep_cb, &line);
	if (warned[_i].warning == NULL)
		ck_assert_ptr_null(line);
	else
		ck_assert_pstr_eq(line, warned[_i].warning);
	free(line);
	conf_unref(conf);
}
END_TEST

static Suite *
conf_access_suite(void)
{
	Suite *suite = suite_create("conf_access");
	TCase *texts = tcase_create("clients");

	tcase_add_loop_test(texts, error, 0, COUNT(errors));
	tcase_add_loop_test(texts, clients, 0, COUNT(good));
	tcase_add_test(texts, too_many);
	tcase_add_loop_test(texts, warnings, 0, COUNT(warned));
	tcase_add_loop_test(texts, users, 0, COUNT(files));
	tcase_add_test(texts, no_users);
	tcase_add_loop_test(texts, needs_users, 0, COUNT(needing));
	suite_add_tcase(suite, texts);
	return suite;
}

int
main(void)
{
	return run_suite(conf_access_suite());
}
