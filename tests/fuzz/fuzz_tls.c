/* SPDX-License-Identifier: ISC */

/*
 * What somebody sends where TLS is spoken.  The first byte tells whether we are
 * the server, an interceptor who mints a certificate, or a client, and how many
 * bytes come at a time; the rest is what comes.
 */

#include "fuzz.h"

#include <unistd.h>

#include "conf/conf.h"
#include "conf/conf_parse.h"
#include "tls/tls.h"
#include "tls/tls_ca.h"
#include "tls/tls_context.h"

#define WIRE_MAX	(1U << 20)	/* bytes of ours, for so few of theirs */

static char dir[] = "/tmp/fuzz_tls.XXXXXX";
static struct conf *conf;

static struct conf *
parse(const char *tls)
{
	char yaml[512], *cause = NULL;
	struct conf *c;
	int n = snprintf(yaml, sizeof yaml, "listen: 127.0.0.1:0\n%s"
	    "hosts:\n  a.test: {https: intercept}\n"
	    "  b.test: {https: upstream, tls: {verify: false}}\n", tls);

	c = conf_parse("fuzz", yaml, (size_t)n, &cause);
	if (c == NULL)
		fprintf(stderr, "%s\n", cause);
	REQUIRE(c != NULL);
	return c;
}

static void
remove_files(void)
{
	char path[64];

	snprintf(path, sizeof path, "%s/ca.pem", dir);
	unlink(path);
	snprintf(path, sizeof path, "%s/ca.key", dir);
	unlink(path);
	snprintf(path, sizeof path, "%s/bundle.pem", dir);
	unlink(path);
	rmdir(dir);
}

/* A CA, and a configuration that has it. */
static void
set_up(void)
{
	struct conf *plain = parse("");
	FILE *out = fopen("/dev/null", "w");
	char tls[256], *cause = NULL;
	bool ok;

	REQUIRE(mkdtemp(dir) != NULL && out != NULL);
	REQUIRE(tls_ca_make(plain, &(struct tls_ca_order){ .dir = dir },
	    out, &cause));
	snprintf(tls, sizeof tls, "tls: {ca_certificate: %s/ca.pem, "
	    "ca_key: %s/ca.key, trust: %s/ca.pem}\n", dir, dir, dir);
	conf_unref(plain);
	fclose(out);
	conf = parse(tls);
	ok = tls_contexts_load(conf, &cause);
	if (!ok)
		fprintf(stderr, "%s\n", cause);
	remove_files();
	REQUIRE(ok);
}

static struct tls *
make(unsigned kind, struct tls_wire *wire)
{
	struct http1_host host = { .name = "a.test", .port = 443 };
	const char *why = NULL;

	if (kind != 0)
		return tls_contexts_intercept(conf, &host, wire, NULL, &why);
	host.name[0] = 'b';
	return tls_contexts_connect(conf, conf_rule(conf, &host), &host,
	    NULL, wire);
}

/* Reads a piece; false where no more is to come. */
static bool
read_piece(struct tls *tls, const struct tls_wire *wire, const char *p,
    size_t n)
{
	static char buf[TLS_RECORD + 65536];
	enum tls_result result;
	char *copy = exact_copy(p, n);
	size_t plain = 0;

	result = tls_read(tls, copy, n, buf, sizeof buf, &plain);
	free(copy);
	REQUIRE(plain <= sizeof buf && !wire->failed);
	REQUIRE(wire->out_len <= WIRE_MAX);
	REQUIRE(plain == 0 || tls_ready(tls));
	if (result == TLS_FAILED)
		REQUIRE(tls_failure(tls)->text[0] != '\0' &&
		    strpbrk(tls_failure(tls)->text, "\"\r\n") == NULL);
	return result == TLS_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tls_wire wire = { .failed = false };
	const char *p = (const char *)data + 1;
	size_t n, step;
	struct tls *tls;
	bool go_on;

	if (size < 1 || size > 32768)
		return 0;
	if (conf == NULL)
		set_up();
	tls = make(data[0] & 1, &wire);
	REQUIRE(tls != NULL);
	step = 1 + (size_t)(data[0] >> 1) * 16;
	go_on = (data[0] & 1) != 0 || read_piece(tls, &wire, p, 0);
	for (size--; go_on && size > 0; size -= n, p += n) {
		n = size < step ? size : step;
		go_on = read_piece(tls, &wire, p, n);
		(void)tls_wants_http2(tls_ssl(tls));
	}
	tls_close(tls);
	tls_free(tls);
	tls_wire_free(&wire);
	return 0;
}
