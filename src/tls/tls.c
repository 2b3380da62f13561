/* SPDX-License-Identifier: ISC */
#include "tls/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/log.h"

/*
 * OpenSSL reads and writes through a BIO of our own.  At the bottom it reads
 * what the wire holds and appends to what the wire is to send; one that runs
 * inside another reads and writes that one instead.  Writing never blocks, so
 * no call has to be made again with the same bytes.
 */

#define OUT_MIN	4096	/* bytes */
#define RECORD	16384	/* bytes; RFC 8446 5.1 */
#define WITHOUT	32	/* messages that may come without data between */
#define MESSAGE	8	/* records of which one costs as much */

struct tls {
	SSL			*ssl;
	struct tls_wire		*wire;
	struct tls		*below;		/* or NULL: the wire itself */
	const char		*early;		/* what below has read before */
	size_t			 early_len;
	bool			 eof;		/* below has no more */
	unsigned		 without;	/* messages since data came */
	size_t			 work;		/* see tls_work() */
	bool			 failed;
	struct tls_failure	 failure;
};

void
tls_wire_free(struct tls_wire *w)
{
	free(w->out);
	memset(w, 0, sizeof *w);
}

/* The wire */

static void
wire_put(struct tls_wire *w, const char *p, size_t n)
{
	size_t size = w->out_size > 0 ? w->out_size : OUT_MIN;
	char *out;

	if (w->failed)
		return;
	while (size - w->out_len < n)
		size *= 2;
	if (size != w->out_size) {
		if ((out = realloc(w->out, size)) == NULL) {
			w->failed = true;
			return;
		}
		w->out = out;
		w->out_size = size;
	}
	memcpy(w->out + w->out_len, p, n);
	w->out_len += n;
}

static int
wire_get(struct tls_wire *w, char *p, size_t n)
{
	if (n > w->in_len)
		n = w->in_len;
	memcpy(p, w->in, n);
	w->in += n;
	w->in_len -= n;
	return (int)n;
}

/* The BIO */

static int
bio_write(BIO *bio, const char *p, int n)
{
	struct tls *t = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (t->below != NULL)
		return SSL_write(t->below->ssl, p, n);
	wire_put(t->wire, p, (size_t)n);
	return n;
}

static int
bio_read_below(struct tls *t, BIO *bio, char *p, int n)
{
	int r;

	if (t->early_len > 0) {
		r = (size_t)n < t->early_len ? n : (int)t->early_len;
		memcpy(p, t->early, (size_t)r);
		t->early += r;
		t->early_len -= (size_t)r;
		return r;
	}
	r = SSL_read(t->below->ssl, p, n);
	if (r > 0) {
		t->below->without = 0;
		return r;
	}
	if (SSL_get_error(t->below->ssl, r) == SSL_ERROR_WANT_READ)
		BIO_set_retry_read(bio);
	else
		t->eof = true;
	return -1;
}

static int
bio_read(BIO *bio, char *p, int n)
{
	struct tls *t = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (n <= 0)
		return 0;
	if (t->failed)
		return -1;
	if (t->below != NULL)
		return bio_read_below(t, bio, p, n);
	if (t->wire->in_len > 0)
		return wire_get(t->wire, p, (size_t)n);
	BIO_set_retry_read(bio);
	return -1;
}

static long
bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	(void)bio;
	(void)num;
	(void)ptr;
	return cmd == BIO_CTRL_FLUSH || cmd == BIO_CTRL_DUP;
}

static BIO_METHOD *method;

/* Once, before main(): no thread can race for it. */
__attribute__((constructor)) static void
make_method(void)
{
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
	    "sluice");
	if (method == NULL)
		fatal("cannot start: out of memory");
	BIO_meth_set_write(method, bio_write);
	BIO_meth_set_read(method, bio_read);
	BIO_meth_set_ctrl(method, bio_ctrl);
}

__attribute__((destructor)) static void
free_method(void)
{
	BIO_meth_free(method);
}

/* Connections */

/* They change keys, offer sessions or ask for a handshake: no data comes. */
static bool
brings_nothing(int message)
{
	return message == SSL3_MT_KEY_UPDATE ||
	    message == SSL3_MT_NEWSESSION_TICKET ||
	    message == SSL3_MT_HELLO_REQUEST;
}

/*
 * OpenSSL reads such messages for as long as there are any, and each costs a
 * peer 27 bytes, and us new keys: whoever sends nothing else is given up.
 */
static void
message_cb(int sent, int version, int type, const void *p, size_t n, SSL *ssl,
    void *arg)
{
	struct tls *t = arg;

	(void)version;
	(void)ssl;
	if (sent)
		return;
	if (type == SSL3_RT_HEADER)
		t->work++;
	if (type != SSL3_RT_HANDSHAKE || n == 0 ||
	    !brings_nothing(*(const unsigned char *)p))
		return;
	t->work += MESSAGE;
	if (++t->without > WITHOUT)
		tls_give_up(t, "too many messages without data");
}

static struct tls *
new_tls(SSL_CTX *ctx, struct tls_wire *wire, struct tls *below)
{
	struct tls *t;
	BIO *bio;

	if ((t = calloc(1, sizeof *t)) == NULL)
		return NULL;
	t->wire = wire;
	t->below = below;
	t->ssl = SSL_new(ctx);
	bio = BIO_new(method);
	if (t->ssl == NULL || bio == NULL) {
		SSL_free(t->ssl);
		BIO_free(bio);
		free(t);
		return NULL;
	}
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio);
	SSL_set_msg_callback(t->ssl, message_cb);
	SSL_set_msg_callback_arg(t->ssl, t);
	return t;
}

struct tls *
tls_server(SSL_CTX *ctx, struct tls_wire *wire, struct tls *below)
{
	struct tls *t;

	if ((t = new_tls(ctx, wire, below)) != NULL)
		SSL_set_accept_state(t->ssl);
	return t;
}

/* Whom the certificate must be for (RFC 9110 4.3.4), and SNI (RFC 6066 3). */
static bool
expect(SSL *ssl, const char *name, bool is_address)
{
	if (is_address)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl),
		    name) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
	    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	return SSL_set1_host(ssl, name) == 1 &&
	    SSL_set_tlsext_host_name(ssl, name) == 1;
}

struct tls *
tls_client(SSL_CTX *ctx, struct tls_wire *wire, struct tls *below,
    const char *name, bool is_address)
{
	struct tls *t;

	if ((t = new_tls(ctx, wire, below)) == NULL)
		return NULL;
	SSL_set_connect_state(t->ssl);
	if (name != NULL && !expect(t->ssl, name, is_address)) {
		tls_free(t);
		return NULL;
	}
	return t;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	free(t);
}

SSL *
tls_ssl(struct tls *t)
{
	return t->ssl;
}

bool
tls_ready(const struct tls *t)
{
	return SSL_is_init_finished(t->ssl);
}

bool
tls_ended(const struct tls *t)
{
	return (SSL_get_shutdown(t->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}

/* Failures */

const struct tls_failure *
tls_failure(const struct tls *t)
{
	return &t->failure;
}

/* Text that goes into a quoted string of a field, and into a log. */
static void
set_text(struct tls_failure *f, const char *text)
{
	char *p;

	snprintf(f->text, sizeof f->text, "%s", text);
	for (p = f->text; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\' || (unsigned char)*p < 0x20)
			*p = '\'';
	}
}

/* Its name, also where OpenSSL has none: some of TLS 1.3's (RFC 8446 6.2). */
static const char *
alert_text(int alert)
{
	switch (alert) {
	case SSL_AD_INAPPROPRIATE_FALLBACK:
		return "inappropriate fallback";
	case SSL_AD_MISSING_EXTENSION:
		return "missing extension";
	case SSL_AD_CERTIFICATE_REQUIRED:
		return "certificate required";
	default:
		return SSL_alert_desc_string_long(alert);
	}
}

static void
set_failure(struct tls *t, unsigned long err)
{
	struct tls_failure *f = &t->failure;
	int reason = ERR_GET_REASON(err);
	const char *text = ERR_reason_error_string(err);
	long verify = SSL_get_verify_result(t->ssl);

	f->kind = TLS_PROTOCOL;
	if (err == 0) {
		set_text(f, "the connection ended");
		return;
	}
	if (ERR_GET_LIB(err) == ERR_LIB_SSL &&
	    reason == SSL_R_CERTIFICATE_VERIFY_FAILED &&
	    verify != X509_V_OK) {
		f->kind = TLS_CERTIFICATE;
		text = X509_verify_cert_error_string(verify);
	} else if (ERR_GET_LIB(err) == ERR_LIB_SSL &&
	    reason > SSL_AD_REASON_OFFSET &&
	    reason <= SSL_AD_REASON_OFFSET + 255) {
		f->kind = TLS_ALERT;
		f->alert = reason - SSL_AD_REASON_OFFSET;
		text = alert_text(f->alert);
	}
	set_text(f, text != NULL ? text : "TLS error");
}

/* The first error is the cause, what follows its consequences. */
static enum tls_result
fail(struct tls *t)
{
	if (!t->failed)
		set_failure(t, ERR_peek_error());
	ERR_clear_error();
	t->failed = true;
	return TLS_FAILED;
}

/* Bytes */

static struct tls_wire *
open_wire(struct tls *t, const char *p, size_t n)
{
	struct tls_wire *w = t->wire;

	/* OpenSSL clears each of its places, though there be nothing */
	if (ERR_peek_error() != 0)
		ERR_clear_error();
	w->in = p;
	w->in_len = n;
	w->failed = false;
	t->work = 0;
	if (t->below != NULL)
		t->below->work = 0;
	return w;
}

static enum tls_result
read_all(struct tls *t, char *buf, size_t size, size_t *plain)
{
	struct tls_wire *w = t->wire;
	int r, err = SSL_ERROR_WANT_READ;

	*plain = 0;
	if (t->failed)
		return TLS_FAILED;
	while (*plain < size) {
		r = SSL_read(t->ssl, buf + *plain, (int)(size - *plain));
		if (r <= 0) {
			err = SSL_get_error(t->ssl, r);
			break;
		}
		*plain += (size_t)r;
		t->without = 0;
	}
	if (w->failed)
		return fail(t);
	if (err == SSL_ERROR_ZERO_RETURN)
		return TLS_CLOSED;
	if (err != SSL_ERROR_WANT_READ || t->eof)
		return fail(t);
	return TLS_OK;
}

enum tls_result
tls_read(struct tls *t, const char *p, size_t n, char *buf, size_t size,
    size_t *plain)
{
	open_wire(t, p, n);
	return read_all(t, buf, size, plain);
}

enum tls_result
tls_read_early(struct tls *t, const char *p, size_t n, char *buf, size_t size,
    size_t *plain)
{
	if (t->below == NULL)
		return tls_read(t, p, n, buf, size, plain);
	open_wire(t, NULL, 0);
	t->early = p;
	t->early_len = n;
	return read_all(t, buf, size, plain);
}

size_t
tls_work(const struct tls *t)
{
	return t->work + (t->below != NULL ? t->below->work : 0);
}

void
tls_give_up(struct tls *t, const char *why)
{
	if (t->failed)
		return;
	t->failed = true;
	t->failure.kind = TLS_PROTOCOL;
	set_text(&t->failure, why);
}

static bool
write_all(struct tls *t, const char *p, size_t n)
{
	size_t done;

	while (n > 0) {
		if (SSL_write_ex(t->ssl, p, n, &done) != 1)
			return false;
		p += done;
		n -= done;
	}
	return true;
}

/*
 * Small pieces (chunk sizes, heads) go out in one record with what follows
 * them: each record costs 22 bytes and a pass of the cipher.
 */
bool
tls_write(struct tls *t, const struct iovec *v, int n)
{
	struct tls_wire *w = open_wire(t, NULL, 0);
	char record[RECORD];
	size_t len = 0, off, take;
	bool ok = !t->failed;
	int i;

	for (i = 0; i < n && ok; i++) {
		for (off = 0; off < v[i].iov_len && ok; off += take) {
			take = v[i].iov_len - off;
			if (take > sizeof record - len)
				take = sizeof record - len;
			memcpy(record + len, (char *)v[i].iov_base + off,
			    take);
			len += take;
			if (len < sizeof record)
				continue;
			ok = write_all(t, record, len);
			len = 0;
		}
	}
	ok = ok && write_all(t, record, len) && !w->failed;
	if (!ok)
		fail(t);
	return ok;
}

void
tls_close(struct tls *t)
{
	open_wire(t, NULL, 0);
	if (!t->failed && tls_ready(t))
		(void)SSL_shutdown(t->ssl);
	ERR_clear_error();
}

const char *
tls_library(void)
{
	return OpenSSL_version(OPENSSL_VERSION_STRING);
}
