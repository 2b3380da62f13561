/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_conf.h"
#include "conf/conf_changes.h"
#include "conf/conf_token.h"

/* The control plane's section, and its token. */

static const struct wrong errors[] = {
	{ "admin: on\n", "1:8: admin: a plain value, ..." },
	{ "admin: [off]\n", "1:8: admin: a list, expected a mapping or off..." },
	{ "admin: {sockets: /s}\n", "1:9: admin.sockets: an unknown key, "
	    "expected socket, mode, group, web, web_token_file, web_hosts, "
	    "readonly, connections, events, exchanges, history, overrides; "
	    "did you mean \"socket\"?" },
	{ "admin: {socket: admin.sock}\n", "1:17: admin.socket: "
	    "\"admin.sock\" is no absolute path, expected an absolute path "
	    "such as /run/sluice/admin.sock, up to 107 bytes" },
	{ "admin: {mode: 0888}\n", "1:15: admin.mode: \"0888\" is no octal "
	    "number, expected permissions such as 0660, 0 to 0777" },
	{ "admin: {mode: 1777}\n", "1:15: admin.mode: \"1777\" is too much, "
	    "..." },
	{ "admin: {mode: \"\"}\n", "1:15: admin.mode: \"\" is no octal "
	    "number, ..." },
	{ "admin: {web: 3130}\n", "1:14: admin.web: \"3130\" has no address, "
	    "..." },
	{ "admin: {web: \"unix:/s\"}\n", "1:14: admin.web: \"unix:/s\" is a "
	    "Unix socket, which is what admin.socket is for; ..." },
	{ "admin: {web: \"*:3130\", web_token_file: /t}\n", "1:14: admin.web: "
	    "\"*:3130\" can be reached from other machines, expected tls "
	    "beside it, ..." },
	{ "admin:\n  web: {address: \"192.0.2.1:1\", tls: {certificate: /c, "
	    "key: /k}}\n", "2:8: admin.web: \"192.0.2.1:1\" can be reached "
	    "from other machines, expected web_token_file beside it" },
	{ "admin: {web_hosts: \"a b\"}\n", "1:20: admin.web_hosts: \"a b\" is "
	    "no host, ..." },
	{ "admin: {web_hosts: [a, {b: c}]}\n",
	    "1:24: admin.web_hosts[1]: a mapping, ..." },
	{ "admin: {connections: 0}\n",
	    "1:22: admin.connections: \"0\" is too little, ..." },
	{ "admin: {events: 100001}\n",
	    "1:17: admin.events: \"100001\" is too much, ..." },
};

START_TEST(error)
{
	fails_with(&errors[_i]);
}
END_TEST

START_TEST(defaults)
{
	struct conf *conf = parse_ok("workers: 1\n");

	ck_assert(!conf->admin_off);
	ck_assert_ptr_null(conf->admin_socket);
	ck_assert_uint_eq(conf->admin_mode, 0600);
	ck_assert_ptr_null(conf->admin_group);
	ck_assert_uint_eq(conf->admin_web.n, 0);
	ck_assert(!conf->admin_readonly);
	ck_assert_uint_eq(conf->admin_connections, 32);
	ck_assert_uint_eq(conf->admin_events, 1000);
	ck_assert_uint_eq(conf->admin_exchanges, 1000);
	ck_assert_uint_eq(conf->admin_history, 500);
	ck_assert_uint_eq(conf->admin_overrides, 1000);
	conf_unref(conf);
}
END_TEST

START_TEST(everything)
{
	struct conf *conf = parse_ok("admin:\n"
	    "  socket: unix:/run/s\n"
	    "  group: staff\n"
	    "  web:\n"
	    "    - 127.0.0.1:1\n"
	    "    - {address: '*:2', tls: {certificate: /c, key: /k}}\n"
	    "  web_token_file: /t\n"
	    "  web_hosts: [Sluice.example.com, '[::1]:7']\n"
	    "  readonly: true\n"
	    "  connections: 1\n"
	    "  events: 2\n"
	    "  exchanges: 3\n"
	    "  history: 4\n"
	    "  overrides: 5\n");

	ck_assert_str_eq(conf->admin_socket, "/run/s");
	ck_assert_uint_eq(conf->admin_mode, 0660);
	ck_assert_str_eq(conf->admin_group, "staff");
	ck_assert_uint_eq(conf->admin_web.n, 2);
	ck_assert_str_eq(conf->admin_web.list[0].text, "127.0.0.1:1");
	ck_assert_str_eq(conf->admin_web.list[1].key, "/k");
	ck_assert_str_eq(conf->admin_token_file, "/t");
	ck_assert_uint_eq(conf->admin_hosts.n, 2);
	ck_assert_str_eq(conf->admin_hosts.list[0], "sluice.example.com");
	ck_assert_str_eq(conf->admin_hosts.list[1], "[::1]:7");
	ck_assert(conf->admin_readonly);
	ck_assert_uint_eq(conf->admin_connections, 1);
	ck_assert_uint_eq(conf->admin_events, 2);
	ck_assert_uint_eq(conf->admin_exchanges, 3);
	ck_assert_uint_eq(conf->admin_history, 4);
	ck_assert_uint_eq(conf->admin_overrides, 5);
	conf_unref(conf);
}
END_TEST

START_TEST(mode)
{
	struct conf *conf = parse_ok("admin: {mode: 600, group: staff}\n");

	ck_assert_uint_eq(conf->admin_mode, 0600);
	conf_unref(conf);
}
END_TEST

START_TEST(off)
{
	struct conf *conf = parse_ok("admin: off\n");

	ck_assert(conf->admin_off);
	conf_unref(conf);
}
END_TEST

static void
collect(const char *line, void *arg)
{
	char *all = arg;
	size_t len = strlen(all);

	snprintf(all + len, 512 - len, "%s\n", line);
}

START_TEST(changes)
{
	struct conf *old = parse_ok("admin: {web: '127.0.0.1:1'}\n");
	struct conf *new = parse_ok("admin: off\n");
	struct conf *other = parse_ok("admin: {socket: /s, mode: 0660, "
	    "readonly: true}\n");
	char all[512] = "";

	conf_changes(old, new, collect, all);
	ck_assert_str_eq(all, "admin: on -> off takes effect at a restart\n"
	    "admin.web: 127.0.0.1:1 -> none takes effect at a restart\n");
	all[0] = '\0';
	conf_changes(old, other, collect, all);
	ck_assert_str_eq(all, "admin.socket: the default -> /s takes effect "
	    "at a restart\n"
	    "admin.mode: 0600 -> 0660 takes effect at a restart\n"
	    "admin.web: 127.0.0.1:1 -> none takes effect at a restart\n");
	conf_unref(old);
	conf_unref(new);
	conf_unref(other);
}
END_TEST

/* Tokens */

#define TOKEN_16	"0123456789abcde="
#define LETTERS_64	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char	*text;
	const char	*why;		/* NULL: it is one */
} tokens[] = {
	{ TOKEN_16, NULL },
	{ TOKEN_16 "\n", NULL },
	{ TOKEN_16 "\r\n", NULL },
	{ LETTERS_64 LETTERS_64 LETTERS_64 LETTERS_64 "\r\n", NULL },
	{ "", "the token is shorter than 16 letters" },
	{ "0123456789abcde\n", "the token is shorter than 16 letters" },
	{ LETTERS_64 LETTERS_64 LETTERS_64 LETTERS_64 "a",
	    "the token is longer than 256 letters" },
	{ "0123456789 abcdef", "no token, expected one line of letters, "
	    "digits or -._~+/=" },
};

/* A file with that text, and a configuration that names it. */
static struct conf *
with_file(char path[32], const char *text)
{
	struct conf *conf;
	char yaml[128];
	int fd;

	snprintf(path, 32, "/tmp/check_conf_admin.XXXXXX");
	ck_assert_int_ge(fd = mkstemp(path), 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	snprintf(yaml, sizeof yaml, "admin: {web_token_file: %s}\n", path);
	conf = parse_ok(yaml);
	return conf;
}

START_TEST(token)
{
	char path[32], want[256], *cause = NULL;
	struct conf *conf = with_file(path, tokens[_i].text);
	bool ok = conf_token_load(conf, &cause);
	size_t len = strcspn(tokens[_i].text, "\r\n");

	ck_assert_int_eq(ok, tokens[_i].why == NULL);
	if (ok) {
		ck_assert_uint_eq(strlen(conf->admin_token), len);
		ck_assert_int_eq(strncmp(conf->admin_token, tokens[_i].text,
		    len), 0);
	} else {
		snprintf(want, sizeof want, "test.yaml:1:25: "
		    "admin.web_token_file: %s: %s", path, tokens[_i].why);
		ck_assert_str_eq(cause, want);
	}
	free(cause);
	unlink(path);
	conf_unref(conf);
}
END_TEST

START_TEST(no_token)
{
	struct conf *conf = parse_ok("workers: 1\n");
	char *cause = NULL;

	ck_assert(conf_token_load(conf, &cause));
	ck_assert_ptr_null(conf->admin_token);
	conf_unref(conf);
	conf = parse_ok("admin: {web_token_file: /nonexistent/token}\n");
	ck_assert(!conf_token_load(conf, &cause));
	ck_assert_str_eq(cause, "test.yaml:1:25: admin.web_token_file: "
	    "/nonexistent/token: No such file or directory");
	free(cause);
	conf_unref(conf);
}
END_TEST

START_TEST(token_of_others)
{
	char path[32], all[512] = "", want[256];
	struct conf *conf = with_file(path, TOKEN_16);

	conf_token_warnings(conf, collect, all);
	ck_assert_str_eq(all, "");
	ck_assert_int_eq(chmod(path, 0644), 0);
	conf_token_warnings(conf, collect, all);
	snprintf(want, sizeof want, "test.yaml:1:25: admin.web_token_file: %s "
	    "can be read by others (mode 0644); who reads it can change "
	    "everything\n", path);
	ck_assert_str_eq(all, want);
	unlink(path);
	conf_unref(conf);
}
END_TEST

static Suite *
admin_suite(void)
{
	Suite *suite = suite_create("conf_admin");
	TCase *section = tcase_create("section");
	TCase *tokens_case = tcase_create("token");

	tcase_add_loop_test(section, error, 0, COUNT(errors));
	tcase_add_test(section, defaults);
	tcase_add_test(section, everything);
	tcase_add_test(section, mode);
	tcase_add_test(section, off);
	tcase_add_test(section, changes);
	suite_add_tcase(suite, section);

	tcase_add_loop_test(tokens_case, token, 0, COUNT(tokens));
	tcase_add_test(tokens_case, no_token);
	tcase_add_test(tokens_case, token_of_others);
	suite_add_tcase(suite, tokens_case);
	return suite;
}

int
main(void)
{
	return run_suite(admin_suite());
}
