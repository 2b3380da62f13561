/* SPDX-License-Identifier: ISC */
#include "conf/conf.h"

#include <sys/socket.h>

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf_options.h"
#include "check_conf.h"

/* What the configuration says of HTTPS: to the proxy, and to hosts. */

#define ADDRESS	"expected an address and port such as 127.0.0.1:3128, " \
    "[::1]:3128 or unix:/run/sluice.sock"
#define PATH	"expected the path of a PEM file"

static const struct wrong listen_errors[] = {
	{ "listen: {}\n", "1:9: listen: no address, expected one such as "
	    "{address: 127.0.0.1:3128}" },
	{ "listen: [{}]\n", "1:10: listen[0]: no address, ..." },
	{ "listen: [{tls: {certificate: /c, key: /k}}]\n",
	    "1:10: listen[0]: no address, ..." },
	{ "listen:\n- 127.0.0.1:1\n- {adress: 127.0.0.1:2}\n",
	    "3:4: listen[1].adress: an unknown key, expected address, tls; "
	    "did you mean \"address\"?" },
	{ "listen: {address: 127.0.0.1:1, address: 127.0.0.1:2}\n",
	    "1:32: listen.address: a key that is there twice, expected once; "
	    "the first is at line 1, column 10" },
	{ "listen: {address: }\n",
	    "1:19: listen.address: no value, " ADDRESS },
	{ "listen: {address: [127.0.0.1:1]}\n",
	    "1:19: listen.address: a list, " ADDRESS },
	{ "listen: [[127.0.0.1:1]]\n", "1:10: listen[0]: a list, " ADDRESS },
	{ "listen: {address: 127.0.0.1}\n",
	    "1:19: listen.address: \"127.0.0.1\" has no port, " ADDRESS },
	{ "listen: {address: 3128}\n",
	    "1:19: listen.address: \"3128\" has no address, " ADDRESS "; did "
	    "you mean \"127.0.0.1:3128\"?" },
	{ "listen: [127.0.0.1:1, {address: 127.0.0.1:1}]\n",
	    "1:33: listen[1].address: \"127.0.0.1:1\" is there twice, "
	    ADDRESS },
	{ "listen: [{address: unix:/s, tls: {certificate: /c, key: /k}}, "
	    "unix:/s]\n", "1:63: listen[1]: \"unix:/s\" is there twice, ..." },
	{ "resolver: {address: 192.0.2.53}\n", "1:11: resolver: a mapping, "
	    "expected system, or addresses such as 192.0.2.53 or "
	    "[2001:db8::53]:53" },

	{ "listen: {address: 127.0.0.1:1, tls: }\n",
	    "1:37: listen.tls: nothing, expected a mapping ..." },
	{ "listen: {address: 127.0.0.1:1, tls: true}\n",
	    "1:37: listen.tls: a plain value, expected a mapping" },
	{ "listen: {address: 127.0.0.1:1, tls: {}}\n",
	    "1:37: listen.tls: empty, expected certificate and key" },
	{ "listen: {address: 127.0.0.1:1, tls: {certificate: /c}}\n",
	    "1:51: listen.tls.certificate: without key, expected key beside "
	    "it" },
	{ "listen: [{address: 127.0.0.1:1, tls: {key: /k}}]\n",
	    "1:44: listen[0].tls.key: without certificate, expected "
	    "certificate beside it" },
	{ "listen: {address: 127.0.0.1:1, tls: {cert: /c, key: /k}}\n",
	    "1:38: listen.tls.cert: an unknown key, expected certificate, "
	    "key" },
	{ "listen: {address: 127.0.0.1:1, tls: {certificate: /c, keys: /k}}\n",
	    "1:55: listen.tls.keys: an unknown key, expected certificate, "
	    "key; did you mean \"key\"?" },
	{ "listen: {tls: {certificate: \"\", key: /k}}\n",
	    "1:29: listen.tls.certificate: \"\" is empty, " PATH },
	{ "listen: {tls: {certificate: /c, key: }}\n",
	    "1:38: listen.tls.key: no value, " PATH },
	{ "listen: {tls: {certificate: [/c], key: /k}}\n",
	    "1:29: listen.tls.certificate: a list, " PATH },
	/* What was taken before the error is given back. */
	{ "listen: [{address: 127.0.0.1:1, tls: {certificate: /c, key: /k}}, "
	    "{address: 127.0.0.1:2, tls: {certificate: /c, key: {}}}]\n",
	    "1:118: listen[1].tls.key: a mapping, " PATH },
	{ "listen: [{address: 127.0.0.1:1, tls: {certificate: /c, key: /k}}]\n"
	    "worker: 2\n", "2:1: worker: an unknown key, ..." },
};

START_TEST(listen_error)
{
	fails_with(&listen_errors[_i]);
}
END_TEST

/* A key in the file itself is refused, and not shown. */
START_TEST(pem)
{
	static const char	 text[] =
	    "listen:\n"
	    "  address: 127.0.0.1:1\n"
	    "  tls:\n"
	    "    certificate: /c\n"
	    "    key: |\n"
	    "      -----BEGIN PRIVATE KEY-----\n"
	    "      c2VjcmV0\n"
	    "      -----END PRIVATE KEY-----\n";
	char			*cause = parse_bad(text, sizeof text - 1);

	ck_assert_str_eq(cause, "test.yaml:5:10: listen.tls.key: PEM itself, "
	    "expected the path of a file that holds it");
	free(cause);
}
END_TEST

START_TEST(listen_plain)
{
	struct conf	*conf = parse_ok("listen: {address: 127.0.0.1:1}");

	ck_assert_uint_eq(conf->listen.n, 1);
	ck_assert_str_eq(conf->listen.list[0].text, "127.0.0.1:1");
	ck_assert_ptr_null(conf->listen.list[0].certificate);
	ck_assert_ptr_null(conf->listen.list[0].key);
	conf_unref(conf);
}
END_TEST

START_TEST(listen_tls)
{
	struct conf			*conf = parse_ok(
	    "listen:\n"
	    "- 127.0.0.1:1\n"
	    "- {address: \"[::1]:2\", tls: {certificate: /c 1, key: ./k}}\n"
	    "- {tls: {key: \"k:2\", certificate: c}, address: unix:/s}\n"
	    "- {address: 127.0.0.1:0}\n"
	    "- {address: 127.0.0.1:0}\n");
	const struct conf_address	*list = conf->listen.list;

	ck_assert_uint_eq(conf->listen.n, 5);
	ck_assert_ptr_null(list[0].certificate);
	ck_assert_str_eq(list[1].text, "[::1]:2");
	ck_assert_int_eq(list[1].addr.ss_family, AF_INET6);
	ck_assert_str_eq(list[1].certificate, "/c 1");
	ck_assert_str_eq(list[1].key, "./k");
	ck_assert_str_eq(list[2].text, "unix:/s");
	ck_assert_int_eq(list[2].addr.ss_family, AF_UNIX);
	ck_assert_str_eq(list[2].certificate, "c");
	ck_assert_str_eq(list[2].key, "k:2");
	ck_assert_ptr_null(list[4].key);
	conf_unref(conf);
}
END_TEST

/* The same mapping in two places is read for each of them. */
START_TEST(listen_alias)
{
	struct conf	*conf = parse_ok("listen: [{address: 127.0.0.1:1, tls: "
			    "&t {certificate: /c, key: /k}}, {address: "
			    "127.0.0.1:2, tls: *t}]");

	ck_assert_str_eq(conf->listen.list[0].key, "/k");
	ck_assert_str_eq(conf->listen.list[1].key, "/k");
	ck_assert_ptr_ne(conf->listen.list[0].key, conf->listen.list[1].key);
	conf_unref(conf);
}
END_TEST

static void
collect(const char *line, void *arg)
{
	char	*all = arg;
	size_t	 len = strlen(all);

	snprintf(all + len, 512 - len, "%s\n", line);
}

static const struct {
	const char	*old;
	const char	*new;
	const char	*told;
} changes[] = {
	{ "listen: 127.0.0.1:1", "listen: {address: 127.0.0.1:1}", "" },
	{ "listen: 127.0.0.1:1",
	    "listen: {address: 127.0.0.1:1, tls: {certificate: c, key: k}}",
	    "listen: 127.0.0.1:1 -> 127.0.0.1:1 (tls) takes effect at a "
	    "restart\n" },
	{ "listen: [{address: 127.0.0.1:1, tls: {certificate: c, key: k}}, "
	    "\"unix:/s\"]", "listen: [127.0.0.1:1, unix:/s]",
	    "listen: 127.0.0.1:1 (tls), unix:/s -> 127.0.0.1:1, unix:/s takes "
	    "effect at a restart\n" },
	/* Other files are read at a reload. */
	{ "listen: {address: 127.0.0.1:1, tls: {certificate: c, key: k}}",
	    "listen: {address: 127.0.0.1:1, tls: {certificate: d, key: l}}",
	    "" },
};

START_TEST(change)
{
	struct conf	*old = parse_ok(changes[_i].old);
	struct conf	*new = parse_ok(changes[_i].new);
	char		 all[512] = "";

	conf_changes(old, new, collect, all);
	ck_assert_str_eq(all, changes[_i].told);
	conf_unref(old);
	conf_unref(new);
}
END_TEST

static const struct wrong file_errors[] = {
	{ "tls:\n", "1:5: tls: nothing, expected a mapping ..." },
	{ "tls: off\n", "1:6: tls: a plain value, expected a mapping" },
	{ "tls: {ca_cert: /c}\n", "1:7: tls.ca_cert: an unknown key, expected "
	    "ca_certificate, ca_key, trust" },
	{ "tls: {ca_kye: /k}\n", "1:7: tls.ca_kye: an unknown key, expected "
	    "ca_certificate, ca_key, trust; did you mean \"ca_key\"?" },
	{ "tsl: {trust: /t}\n", "1:1: tsl: an unknown key, expected listen, "
	    "workers, resolver, log, timeouts, limits, tls, defaults, hosts; "
	    "did you mean \"tls\"?" },
	{ "tls: {ca_certificate: /c, ca_certificate: /c}\n",
	    "1:27: tls.ca_certificate: a key that is there twice, ..." },
	{ "tls: {ca_certificate: /c}\n", "1:23: tls.ca_certificate: without "
	    "ca_key, expected ca_key beside it" },
	{ "tls: {trust: /t, ca_key: /k}\n", "1:26: tls.ca_key: without "
	    "ca_certificate, expected ca_certificate beside it" },
	{ "tls: {ca_key: ~}\n", "1:15: tls.ca_key: no value, " PATH },
	{ "tls: {ca_key: \"\"}\n", "1:15: tls.ca_key: \"\" is empty, " PATH },
	{ "tls: {ca_key: [/k]}\n", "1:15: tls.ca_key: a list, " PATH },
	{ "tls: {ca_key: \"-----BEGIN EC PRIVATE KEY-----\"}\n",
	    "1:15: tls.ca_key: PEM itself, expected the path of a file that "
	    "holds it" },
	{ "tls: {trust: }\n",
	    "1:14: tls.trust: no value, expected system or a path" },
	{ "tls: {trust: \"\"}\n",
	    "1:14: tls.trust: \"\" is empty, expected system or a path" },
	{ "tls: {trust: {}}\n",
	    "1:14: tls.trust: a mapping, expected system or a path" },
	{ "tls: {trust: /t, ca_certificate: /c, ca_key: /k}\nworker: 1\n",
	    "2:1: worker: an unknown key, ..." },
};

START_TEST(file_error)
{
	fails_with(&file_errors[_i]);
}
END_TEST

START_TEST(files)
{
	struct conf	*conf = parse_ok("tls: {}");

	ck_assert_ptr_null(conf->tls_ca_certificate);
	ck_assert_ptr_null(conf->tls_ca_key);
	ck_assert_ptr_null(conf->tls_trust);
	ck_assert_ptr_null(conf->tls);
	conf_unref(conf);
	conf = parse_ok("tls: {ca_key: /a b, trust: ./system, ca_certificate: "
	    "\"~\"}");
	ck_assert_str_eq(conf->tls_ca_certificate, "~");
	ck_assert_str_eq(conf->tls_ca_key, "/a b");
	ck_assert_str_eq(conf->tls_trust, "./system");
	conf_unref(conf);
	conf = parse_ok("tls: {trust: System}");
	ck_assert_ptr_null(conf->tls_trust);
	conf_unref(conf);
}
END_TEST

/* An option as text for people. */
static void
is_text(const struct conf *conf, enum conf_level level, const char *key,
    const char *want)
{
	char	*text;

	text = conf_option_text(conf_option_find(level, key), conf);
	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, want);
	free(text);
}

START_TEST(texts)
{
	struct conf	*conf = parse_ok("workers: 1");

	is_text(conf, CONF_TLS, "ca_certificate", "none");
	is_text(conf, CONF_TLS, "trust", "system");
	conf_unref(conf);
	conf = parse_ok("listen: {address: 127.0.0.1:1, tls: {certificate: c, "
	    "key: k}}\ntls: {ca_key: /k, ca_certificate: /c, trust: /t}");
	is_text(conf, CONF_TLS, "ca_certificate", "/c");
	is_text(conf, CONF_TLS, "ca_key", "/k");
	is_text(conf, CONF_TLS, "trust", "/t");
	is_text(conf, CONF_TOP, "listen", "127.0.0.1:1 (tls)");
	is_text(conf, CONF_LISTENER, "address", "");
	is_text(conf, CONF_LISTENER, "tls", "");
	is_text(conf, CONF_LISTENER_TLS, "key", "");
	is_text(conf, CONF_RULE, "capacity", "");
	conf_unref(conf);
}
END_TEST

static Suite *
conf_tls_suite(void)
{
	Suite	*suite = suite_create("conf_tls");
	TCase	*listening = tcase_create("listen");
	TCase	*file = tcase_create("files");

	tcase_add_loop_test(listening, listen_error, 0, COUNT(listen_errors));
	tcase_add_test(listening, pem);
	tcase_add_test(listening, listen_plain);
	tcase_add_test(listening, listen_tls);
	tcase_add_test(listening, listen_alias);
	tcase_add_loop_test(listening, change, 0, COUNT(changes));
	suite_add_tcase(suite, listening);

	tcase_add_loop_test(file, file_error, 0, COUNT(file_errors));
	tcase_add_test(file, files);
	tcase_add_test(file, texts);
	suite_add_tcase(suite, file);
	return suite;
}

int
main(void)
{
	return run_suite(conf_tls_suite());
}
