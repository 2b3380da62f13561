/* SPDX-License-Identifier: ISC */
#include "tls/tls_mint.h"

#include <pthread.h>
#include <stdatomic.h>

#include "check_run.h"
#include "check_tls.h"

/*
 * Certificates: what is in them, who accepts them, how long they are kept, and
 * from which CAs there are none.
 */

#define HOUR		3600
#define MAX		4		/* certificates kept */
#define CA_FROM		(NOW - 30 * DAY)
#define CA_UNTIL	(NOW + 300 * DAY)

static struct signer	 ca;
static struct tls_mint	*mint;

static unsigned		 fail_at;	/* the nth malloc() fails; 0: none */

/* The linker has the sources that are tested call this. */

void	*__real_malloc(size_t);
void	*__wrap_malloc(size_t);

void *
__wrap_malloc(size_t size)
{
	return fail_at > 0 && --fail_at == 0 ? NULL : __real_malloc(size);
}

static void
put_ca(void)
{
	add_cert("ca.pem", ca.cert);
	put_key("ca.key", ca.key);
}

static void
open_mint(void)
{
	char	*cause = NULL;

	mint = tls_mint_new(in_dir("ca.pem"), in_dir("ca.key"), MAX, NOW,
	    &cause);
	ck_assert_msg(mint != NULL, "%s", cause);
	ck_assert_ptr_null(cause);
	ck_assert_uint_eq(ERR_peek_error(), 0);
}

/* With the CA's certificate, whatever that is. */
static void
start(X509 *cert)
{
	ca.cert = cert;
	put_ca();
	open_mint();
}

static void
start_plain(void)
{
	start(make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL, CA_EXTENSIONS,
	    0));
}

static void
start_constrained(const char *constraints)
{
	start(make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL, CA_EXTENSIONS,
	    NID_name_constraints, constraints, 0));
}

static void
mint_setup(void)
{
	setup();
	mint = NULL;
	ca.cert = NULL;
	ca.key = make_key("EC");
}

static void
mint_teardown(void)
{
	tls_mint_free(mint);
	X509_free(ca.cert);
	EVP_PKEY_free(ca.key);
	teardown();
}

static X509 *
get_at(const char *name, time_t now)
{
	struct http1_host	 h = host(name);
	const char		*why = NULL;
	X509			*cert;

	cert = tls_mint_certificate(mint, &h, now, &why);
	ck_assert_msg(cert != NULL, "%s: %s", name, why);
	ck_assert_ptr_null(why);
	ck_assert_uint_eq(ERR_peek_error(), 0);
	return cert;
}

static X509 *
get(const char *name)
{
	return get_at(name, NOW);
}

static void
refused(const char *name, time_t now, const char *want)
{
	struct http1_host	 h = host(name);
	const char		*why = NULL;

	ck_assert_ptr_null(tls_mint_certificate(mint, &h, now, &why));
	ck_assert_ptr_nonnull(why);
	ck_assert_str_eq(why, want);
	ck_assert_uint_eq(ERR_peek_error(), 0);
}

static void
accepted(const char *name)
{
	struct http1_host	 h = host(name);
	X509			*cert = get(name);

	ck_assert_int_eq(verify(ca.cert, cert, NULL, &h, NOW), X509_V_OK);
	X509_free(cert);
}

/* What is in a certificate */

static time_t
seconds(const ASN1_TIME *t)
{
	struct tm	 tm;

	ck_assert(ASN1_TIME_to_tm(t, &tm));
	return timegm(&tm);
}

/* The certificate, parsed from the bytes that are sent. */
static X509 *
sent(X509 *cert)
{
	const unsigned char	*p;
	unsigned char		*der = NULL;
	X509			*parsed;
	int			 len = i2d_X509(cert, &der);

	ck_assert_int_gt(len, 0);
	p = der;
	parsed = d2i_X509(NULL, &p, len);
	ck_assert_ptr_nonnull(parsed);
	ck_assert_ptr_eq(p, der + len);
	OPENSSL_free(der);
	X509_free(cert);
	return parsed;
}

/* The whole subject, as "CN=host", or "". */
static void
ck_subject(X509 *cert, const char *want)
{
	BIO	*out = BIO_new(BIO_s_mem());
	char	*text;
	long	 len;

	X509_NAME_print_ex(out, X509_get_subject_name(cert), 0,
	    XN_FLAG_RFC2253);
	BIO_write(out, "", 1);
	len = BIO_get_mem_data(out, &text);
	ck_assert_int_gt(len, 0);
	ck_assert_str_eq(text, want);
	BIO_free(out);
}

/* The one name in subjectAltName. */
static void
ck_alt_name(X509 *cert, int type, const void *want, size_t len, int critical)
{
	const GENERAL_NAME	*name;
	GENERAL_NAMES		*names;
	ASN1_STRING		*value;
	int			 crit;

	names = X509_get_ext_d2i(cert, NID_subject_alt_name, &crit, NULL);
	ck_assert_ptr_nonnull(names);
	ck_assert_int_eq(crit, critical);
	ck_assert_int_eq(sk_GENERAL_NAME_num(names), 1);
	name = sk_GENERAL_NAME_value(names, 0);
	ck_assert_int_eq(name->type, type);
	value = GENERAL_NAME_get0_value(name, NULL);
	ck_assert_uint_eq((size_t)ASN1_STRING_length(value), len);
	ck_assert_mem_eq(ASN1_STRING_get0_data(value), want, len);
	GENERAL_NAMES_free(names);
}

static void
ck_critical(X509 *cert, int nid, int critical)
{
	int	 i = X509_get_ext_by_NID(cert, nid, -1);

	ck_assert_int_ge(i, 0);
	ck_assert_int_eq(X509_EXTENSION_get_critical(X509_get_ext(cert, i)),
	    critical);
	ck_assert_int_eq(X509_get_ext_by_NID(cert, nid, i), -1);
}

START_TEST(fields)
{
	X509	*cert;

	start_plain();
	cert = sent(get("api.example"));
	ck_assert_int_eq(X509_get_version(cert), X509_VERSION_3);
	ck_subject(cert, "CN=api.example");
	ck_assert_int_eq(X509_NAME_cmp(X509_get_issuer_name(cert),
	    X509_get_subject_name(ca.cert)), 0);
	ck_assert_int_eq(seconds(X509_get0_notBefore(cert)), NOW - HOUR);
	ck_assert_int_eq(seconds(X509_get0_notAfter(cert)), NOW + DAY);
	ck_assert_int_eq(EVP_PKEY_eq(X509_get0_pubkey(cert),
	    tls_mint_key(mint)), 1);
	ck_assert_int_eq(X509_get_signature_nid(cert), NID_ecdsa_with_SHA256);
	ck_assert_int_eq(X509_verify(cert, ca.key), 1);
	X509_free(cert);
}
END_TEST

START_TEST(extensions)
{
	const ASN1_OCTET_STRING	*id;
	X509			*cert;

	start_plain();
	cert = sent(get("api.example"));
	ck_assert_int_eq(X509_get_ext_count(cert), 6);
	ck_alt_name(cert, GEN_DNS, "api.example", 11, 0);
	ck_critical(cert, NID_basic_constraints, 1);
	ck_assert_int_eq(X509_check_ca(cert), 0);
	ck_critical(cert, NID_key_usage, 1);
	ck_assert_uint_eq(X509_get_key_usage(cert), KU_DIGITAL_SIGNATURE);
	ck_critical(cert, NID_ext_key_usage, 0);
	ck_assert_uint_eq(X509_get_extended_key_usage(cert), XKU_SSL_SERVER);
	ck_critical(cert, NID_subject_key_identifier, 0);
	id = X509_get0_subject_key_id(cert);
	ck_assert_int_eq(ASN1_STRING_length(id), 20);
	ck_critical(cert, NID_authority_key_identifier, 0);
	ck_assert_int_eq(ASN1_OCTET_STRING_cmp(
	    X509_get0_authority_key_id(cert),
	    X509_get0_subject_key_id(ca.cert)), 0);
	ck_assert_ptr_null(X509_get0_authority_issuer(cert));
	ck_assert_ptr_null(X509_get0_authority_serial(cert));
	X509_free(cert);
}
END_TEST

START_TEST(key)
{
	char	 group[32];

	start_plain();
	ck_assert(EVP_PKEY_get_group_name(tls_mint_key(mint), group,
	    sizeof group, NULL));
	ck_assert_str_eq(group, "prime256v1");
}
END_TEST

START_TEST(no_memory)
{
	struct http1_host	 h = host("api.example");
	const char		*why = NULL;
	X509			*cert;

	start_plain();
	fail_at = (unsigned)_i;
	cert = tls_mint_certificate(mint, &h, NOW, &why);
	fail_at = 0;
	ck_assert((cert == NULL) == (why != NULL));
	X509_free(cert);
	/* whether it was kept or not */
	X509_free(get("api.example"));
	X509_free(get("api.example"));
}
END_TEST

/* At most 20 bytes and positive (RFC 5280 4.1.2.2); never the same. */
START_TEST(serials)
{
	BIGNUM	*seen[32];
	X509	*cert;
	char	 name[32];
	int	 i, j;

	start_plain();
	for (i = 0; i < 32; i++) {
		snprintf(name, sizeof name, "h%d.example", i);
		cert = sent(get(name));
		seen[i] = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert),
		    NULL);
		ck_assert_int_eq(BN_is_negative(seen[i]), 0);
		ck_assert_int_gt(BN_num_bits(seen[i]), 64);
		ck_assert_int_lt(BN_num_bits(seen[i]), 160);
		for (j = 0; j < i; j++)
			ck_assert_int_ne(BN_cmp(seen[i], seen[j]), 0);
		X509_free(cert);
	}
	for (i = 0; i < 32; i++)
		BN_free(seen[i]);
}
END_TEST

/* A common name that looks like a host's would be held against constraints. */
START_TEST(addresses)
{
	static const unsigned char	 v4[4] = { 192, 0, 2, 7 };
	static const unsigned char	 v6[16] = { 0x20, 1, 0xd, 0xb8,
					    [15] = 1 };
	X509				*cert;

	start_plain();
	cert = sent(get("192.0.2.7"));
	ck_subject(cert, "");
	ck_alt_name(cert, GEN_IPADD, v4, sizeof v4, 1);
	X509_free(cert);
	cert = sent(get("[2001:db8::1]"));
	ck_subject(cert, "");
	ck_alt_name(cert, GEN_IPADD, v6, sizeof v6, 1);
	X509_free(cert);
	accepted("192.0.2.7");
	accepted("[2001:db8::1]");
}
END_TEST

/* The longest that fits as a common name, the first that does not, and all. */
START_TEST(long_names)
{
	char	 name[HTTP1_HOST + 1], subject[HTTP1_HOST + 4];
	X509	*cert;
	size_t	 i, len;

	start_plain();
	for (len = 64; len <= 253; len += len == 64 ? 1 : 188) {
		for (i = 0; i < len; i++)
			name[i] = i % 50 == 49 ? '.' : 'a';
		name[len] = '\0';
		snprintf(subject, sizeof subject, "%s%s", len == 64 ? "CN=" :
		    "", len == 64 ? name : "");
		cert = sent(get(name));
		ck_subject(cert, subject);
		ck_alt_name(cert, GEN_DNS, name, len, len > 64);
		X509_free(cert);
		accepted(name);
	}
}
END_TEST

START_TEST(odd_names)
{
	start_plain();
	accepted("localhost");
	accepted("xn--mnchen-3ya.example");
	accepted("3.example");
	accepted("api.example.");
}
END_TEST

/* For another host, another time, another CA there is no word. */
START_TEST(accepted_for_no_other)
{
	struct http1_host	 h = host("api.example");
	struct http1_host	 other = host("www.example");
	EVP_PKEY		*another = make_key("EC");
	X509			*cert, *root;

	start_plain();
	cert = get("api.example");
	root = make_cert(another, NULL, "CA", CA_FROM, CA_UNTIL, CA_EXTENSIONS,
	    0);
	ck_assert_int_eq(verify(ca.cert, cert, NULL, &h, NOW), X509_V_OK);
	ck_assert_int_eq(verify(ca.cert, cert, NULL, &other, NOW),
	    X509_V_ERR_HOSTNAME_MISMATCH);
	ck_assert_int_eq(verify(ca.cert, cert, NULL, &h, NOW + DAY + 1),
	    X509_V_ERR_CERT_HAS_EXPIRED);
	ck_assert_int_eq(verify(ca.cert, cert, NULL, &h, NOW - HOUR - 1),
	    X509_V_ERR_CERT_NOT_YET_VALID);
	ck_assert_int_ne(verify(root, cert, NULL, &h, NOW), X509_V_OK);
	X509_free(cert);
	X509_free(root);
	EVP_PKEY_free(another);
}
END_TEST

START_TEST(openssl_verify)
{
	char	 now[32];
	X509	*cert;

	snprintf(now, sizeof now, "%lld", (long long)NOW);
	start_plain();
	cert = get("api.example");
	add_cert("leaf.pem", cert);
	X509_free(cert);
	ck_assert(openssl("verify", "-x509_strict", "-purpose", "sslserver",
	    "-verify_hostname", "api.example", "-attime", now, "-CAfile",
	    in_dir("ca.pem"), in_dir("leaf.pem"), NULL));
	ck_assert(!openssl("verify", "-x509_strict", "-purpose", "sslserver",
	    "-verify_hostname", "www.example", "-attime", now, "-CAfile",
	    in_dir("ca.pem"), in_dir("leaf.pem"), NULL));
}
END_TEST

/* CAs */

static const struct {
	const char	*key;
	int		 signature;
} types[] = {
	{ "EC", NID_ecdsa_with_SHA256 },
	{ "RSA", NID_sha256WithRSAEncryption },
	{ "ED25519", NID_ED25519 },
};

START_TEST(key_types)
{
	X509	*cert;

	EVP_PKEY_free(ca.key);
	ca.key = make_key(types[_i].key);
	start_plain();
	cert = sent(get("api.example"));
	ck_assert_int_eq(X509_get_signature_nid(cert), types[_i].signature);
	X509_free(cert);
	accepted("api.example");
}
END_TEST

/* Neither it nor what it signs is older or younger than the CA. */
START_TEST(within_the_ca)
{
	X509	*cert;

	start(make_cert(ca.key, NULL, "CA", NOW - 10, NOW + 20, CA_EXTENSIONS,
	    0));
	cert = sent(get("api.example"));
	ck_assert_int_eq(seconds(X509_get0_notBefore(cert)), NOW - 10);
	ck_assert_int_eq(seconds(X509_get0_notAfter(cert)), NOW + 20);
	X509_free(cert);
	refused("api.example", NOW + 21, "the CA has expired");
	refused("www.example", NOW + 21, "the CA has expired");
	refused("api.example", NOW - 11, "the CA is not valid yet");
}
END_TEST

/* One that does not name its own key: the name is made of the key. */
START_TEST(ca_without_key_id)
{
	X509	*cert;

	start(make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL,
	    NID_basic_constraints, "critical,CA:TRUE", 0));
	cert = sent(get("api.example"));
	ck_assert_int_eq(ASN1_STRING_length(X509_get0_authority_key_id(cert)),
	    20);
	X509_free(cert);
}
END_TEST

START_TEST(root_sends_nothing)
{
	start_plain();
	ck_assert_int_eq(sk_X509_num(tls_mint_chain(mint)), 0);
}
END_TEST

/* CA, the one above it, the root: the first two are sent. */
START_TEST(chain)
{
	struct http1_host	 h = host("api.example");
	struct signer		 root = { NULL, make_key("RSA") };
	struct signer		 middle = { NULL, make_key("EC") };
	X509			*cert;

	root.cert = make_cert(root.key, NULL, "root", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, 0);
	middle.cert = make_cert(middle.key, &root, "middle", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, 0);
	ca.cert = make_cert(ca.key, &middle, "CA", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, 0);
	put_ca();
	add_cert("ca.pem", middle.cert);
	add_cert("ca.pem", root.cert);
	open_mint();
	ck_assert_int_eq(sk_X509_num(tls_mint_chain(mint)), 2);
	ck_assert_int_eq(X509_cmp(sk_X509_value(tls_mint_chain(mint), 0),
	    ca.cert), 0);
	ck_assert_int_eq(X509_cmp(sk_X509_value(tls_mint_chain(mint), 1),
	    middle.cert), 0);
	cert = get("api.example");
	ck_assert_int_eq(verify(root.cert, cert, tls_mint_chain(mint), &h,
	    NOW), X509_V_OK);
	X509_free(cert);
	X509_free(root.cert);
	EVP_PKEY_free(root.key);
	X509_free(middle.cert);
	EVP_PKEY_free(middle.key);
}
END_TEST

/* Name constraints */

static bool
permits(const char *name)
{
	struct http1_host	 h = host(name);
	bool			 yes = tls_mint_permits(mint, &h);

	ck_assert_uint_eq(ERR_peek_error(), 0);
	if (yes)
		accepted(name);
	else
		refused(name, NOW, "the CA may not speak for this host");
	return yes;
}

START_TEST(no_constraints)
{
	start_plain();
	ck_assert(permits("api.example"));
	ck_assert(permits("192.0.2.7"));
}
END_TEST

START_TEST(constraints_names)
{
	start_constrained("critical,permitted;DNS:example.org,"
	    "excluded;DNS:secret.example.org");
	ck_assert(permits("example.org"));
	ck_assert(permits("a.b.example.org"));
	ck_assert(!permits("example.com"));
	ck_assert(!permits("badexample.org"));
	ck_assert(!permits("secret.example.org"));
	ck_assert(!permits("very.secret.example.org"));
	/* not said, so not bound */
	ck_assert(permits("192.0.2.7"));
}
END_TEST

START_TEST(constraints_addresses)
{
	start_constrained("critical,permitted;IP:192.0.2.0/255.255.255.0");
	ck_assert(permits("192.0.2.7"));
	ck_assert(!permits("192.0.3.7"));
	ck_assert(!permits("[2001:db8::1]"));
	ck_assert(permits("example.com"));
}
END_TEST

/* Above the CA is the one that is bound. */
START_TEST(constraints_above)
{
	struct signer	 root = { NULL, make_key("EC") };

	root.cert = make_cert(root.key, NULL, "root", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, NID_name_constraints,
	    "critical,permitted;DNS:example.org", 0);
	ca.cert = make_cert(ca.key, &root, "CA", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, 0);
	put_ca();
	add_cert("ca.pem", root.cert);
	open_mint();
	X509_free(ca.cert);
	ca.cert = root.cert;
	refused("example.com", NOW, "the CA may not speak for this host");
	X509_free(get("www.example.org"));
	EVP_PKEY_free(root.key);
}
END_TEST

/* Where subjects are bound, there is none. */
START_TEST(constraints_subject)
{
	GENERAL_SUBTREE	*tree = GENERAL_SUBTREE_new();
	NAME_CONSTRAINTS *nc = NAME_CONSTRAINTS_new();
	X509_NAME	*name = X509_NAME_new();
	X509		*cert;

	X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
	    (const unsigned char *)"Example", -1, -1, 0);
	GENERAL_NAME_set0_value(tree->base, GEN_DIRNAME, name);
	nc->permittedSubtrees = sk_GENERAL_SUBTREE_new_null();
	sk_GENERAL_SUBTREE_push(nc->permittedSubtrees, tree);
	cert = make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL, CA_EXTENSIONS,
	    0);
	ck_assert_int_eq(X509_add1_ext_i2d(cert, NID_name_constraints, nc, 1,
	    X509V3_ADD_DEFAULT), 1);
	NAME_CONSTRAINTS_free(nc);
	sign_cert(cert, ca.key);
	start(sent(cert));
	ck_assert(permits("api.example"));
	cert = sent(get("api.example"));
	ck_subject(cert, "");
	ck_alt_name(cert, GEN_DNS, "api.example", 11, 1);
	X509_free(cert);
}
END_TEST

/* Files that are refused */

static void
fails(const char *name, const char *what)
{
	char	*cause = NULL;

	ck_assert_ptr_null(tls_mint_new(in_dir("ca.pem"), in_dir("ca.key"), MAX,
	    NOW, &cause));
	ck_cause(cause, name, what);
}

START_TEST(not_a_ca)
{
	ca.cert = make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL,
	    NID_basic_constraints, "critical,CA:FALSE", 0);
	put_ca();
	fails("ca.pem", ": not a CA's certificate: basicConstraints do not say "
	    "CA:TRUE");
}
END_TEST

START_TEST(nothing_says_ca)
{
	ca.cert = make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL, 0);
	put_ca();
	fails("ca.pem", ": not a CA's certificate: basicConstraints do not say "
	    "CA:TRUE");
}
END_TEST

START_TEST(may_not_sign)
{
	ca.cert = make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL,
	    NID_basic_constraints, "critical,CA:TRUE",
	    NID_key_usage, "critical,cRLSign,digitalSignature", 0);
	put_ca();
	fails("ca.pem", ": the CA may not sign certificates: keyUsage lacks "
	    "keyCertSign");
}
END_TEST

START_TEST(not_for_servers)
{
	ca.cert = make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, NID_ext_key_usage, "clientAuth,codeSigning", 0);
	put_ca();
	fails("ca.pem", ": the CA may not speak for servers: extendedKeyUsage "
	    "lacks serverAuth");
}
END_TEST

START_TEST(malformed_extension)
{
	ca.cert = make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, NID_name_constraints, "critical,DER:30:03:01", 0);
	put_ca();
	fails("ca.pem", ": an extension of the certificate is malformed");
}
END_TEST

START_TEST(expired)
{
	ca.cert = make_cert(ca.key, NULL, "CA", CA_FROM, NOW - 1, CA_EXTENSIONS,
	    0);
	put_ca();
	fails("ca.pem", ": the CA expired at 2027-01-15T07:59:59Z");
}
END_TEST

START_TEST(not_valid_yet)
{
	ca.cert = make_cert(ca.key, NULL, "CA", NOW + 1, CA_UNTIL,
	    CA_EXTENSIONS, 0);
	put_ca();
	fails("ca.pem", ": the CA is not valid before 2027-01-15T08:00:01Z");
}
END_TEST

START_TEST(key_of_another)
{
	EVP_PKEY	*other = make_key("EC");
	char		 what[400];

	ca.cert = make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, 0);
	put_ca();
	put_key("ca.key", other);
	snprintf(what, sizeof what, ": not the key of %s", in_dir("ca.pem"));
	fails("ca.key", what);
	EVP_PKEY_free(other);
}
END_TEST

START_TEST(bad_files)
{
	fails("ca.pem", ": No such file or directory");
	put_text("ca.pem", "garbage\n", 0644);
	fails("ca.pem", ": no certificate in PEM");
	unlink(in_dir("ca.pem"));
	ca.cert = make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, 0);
	put_ca();
	put_text("ca.key", "garbage\n", 0600);
	fails("ca.key", ": no private key in PEM");
	put_key("ca.key", ca.key);
	ck_assert_int_eq(chmod(in_dir("ca.key"), 0644), 0);
	fails("ca.key", ": mode 0644 lets others read it, expected 0600");
}
END_TEST

/* The cache */

START_TEST(hit_is_the_same)
{
	X509	*a, *b;

	start_plain();
	a = get("api.example:443");
	b = get_at("API.example.:8443", NOW + HOUR);
	ck_assert_ptr_eq(a, b);
	X509_free(b);
	b = get("www.example");
	ck_assert_ptr_ne(a, b);
	X509_free(a);
	X509_free(b);
}
END_TEST

static bool
is_cached(const char *name, X509 *cert)
{
	X509	*now = get(name);
	bool	 same = now == cert;

	X509_free(now);
	return same;
}

START_TEST(least_used_goes)
{
	static const char	*names[] = { "a.example", "b.example",
				    "c.example", "d.example" };
	X509			*cert[MAX], *more;
	int			 i;

	start_plain();
	for (i = 0; i < MAX; i++)
		cert[i] = get(names[i]);
	/* a is the oldest, but not the one that was used least lately */
	ck_assert(is_cached("a.example", cert[0]));
	more = get("e.example");
	ck_assert(is_cached("a.example", cert[0]));
	ck_assert(is_cached("c.example", cert[2]));
	ck_assert(is_cached("d.example", cert[3]));
	ck_assert(is_cached("e.example", more));
	ck_assert(!is_cached("b.example", cert[1]));
	/* who has one keeps it, in the cache or not */
	ck_assert_int_eq(X509_verify(cert[1], ca.key), 1);
	for (i = 0; i < MAX; i++)
		X509_free(cert[i]);
	X509_free(more);
}
END_TEST

START_TEST(none_is_kept)
{
	struct http1_host	 h = host("a.example");
	const char		*why;
	X509			*cert;
	char			*cause = NULL;
	int			 i;

	ca.cert = make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, 0);
	put_ca();
	mint = tls_mint_new(in_dir("ca.pem"), in_dir("ca.key"), 0, NOW, &cause);
	ck_assert_ptr_nonnull(mint);
	for (i = 0; i < 3; i++) {
		cert = tls_mint_certificate(mint, &h, NOW, &why);
		ck_assert_ptr_nonnull(cert);
		ck_assert_int_eq(X509_verify(cert, ca.key), 1);
		X509_free(cert);
	}
}
END_TEST

/* Valid for 25 hours from an hour ago: the last 6:15 are not used. */
START_TEST(renewal)
{
	time_t	 late = NOW + DAY - 25 * HOUR / 4;
	X509	*a, *b;

	start_plain();
	a = get("api.example");
	b = get_at("api.example", late);
	ck_assert_ptr_eq(a, b);
	X509_free(b);
	b = get_at("api.example", late + 1);
	ck_assert_ptr_ne(a, b);
	ck_assert_int_eq(seconds(X509_get0_notAfter(b)), late + 1 + DAY);
	X509_free(a);
	a = get_at("api.example", late + 2);
	ck_assert_ptr_eq(a, b);
	X509_free(a);
	X509_free(b);
}
END_TEST

START_TEST(clock_set_back)
{
	X509	*a, *b;

	start_plain();
	a = get("api.example");
	b = get_at("api.example", NOW - HOUR);
	ck_assert_ptr_eq(a, b);
	X509_free(b);
	b = get_at("api.example", NOW - HOUR - 1);
	ck_assert_ptr_ne(a, b);
	ck_assert_int_eq(seconds(X509_get0_notBefore(b)), NOW - 2 * HOUR - 1);
	X509_free(a);
	X509_free(b);
}
END_TEST

/* When no later one can be had, one is used up. */
START_TEST(end_of_the_ca)
{
	X509	*a, *b;

	start(make_cert(ca.key, NULL, "CA", CA_FROM, NOW + HOUR, CA_EXTENSIONS,
	    0));
	a = get("api.example");
	b = get_at("api.example", NOW + HOUR);
	ck_assert_ptr_eq(a, b);
	X509_free(a);
	X509_free(b);
	refused("api.example", NOW + HOUR + 1, "the CA has expired");
}
END_TEST

/* Threads */

#define THREADS	4
#define ROUNDS	200

static atomic_uint	 turns;

/*
 * More hosts than are kept, with a clock that makes them old.  Not NULL: it
 * failed.
 */
static void *
hammer(void *arg)
{
	const char		*why;
	struct http1_host	 h;
	unsigned		 i, turn;
	X509			*cert;
	char			 name[32];

	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		turn = atomic_fetch_add(&turns, 1);
		snprintf(name, sizeof name, "h%u.example", turn % (MAX + 2));
		h = host(name);
		cert = tls_mint_certificate(mint, &h, NOW + turn * HOUR, &why);
		if (cert == NULL || !tls_mint_permits(mint, &h) ||
		    X509_check_host(cert, name, 0, 0, NULL) != 1)
			return mint;
		X509_free(cert);
	}
	return NULL;
}

START_TEST(threads)
{
	pthread_t	 thread[THREADS];
	void		*failed;
	int		 i;

	start_constrained("critical,permitted;DNS:example");
	atomic_store(&turns, 0);
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, hammer,
		    NULL), 0);
	for (i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(thread[i], &failed), 0);
		ck_assert_ptr_null(failed);
	}
}
END_TEST

static Suite *
tls_mint_suite(void)
{
	Suite	*suite = suite_create("tls_mint");
	TCase	*certificate = tcase_create("certificate");
	TCase	*cas = tcase_create("cas");
	TCase	*constraints = tcase_create("constraints");
	TCase	*files = tcase_create("files");
	TCase	*cache = tcase_create("cache");

	tcase_add_checked_fixture(certificate, mint_setup, mint_teardown);
	tcase_add_test(certificate, fields);
	tcase_add_test(certificate, extensions);
	tcase_add_test(certificate, key);
	tcase_add_loop_test(certificate, no_memory, 1, 6);
	tcase_add_test(certificate, serials);
	tcase_add_test(certificate, addresses);
	tcase_add_test(certificate, long_names);
	tcase_add_test(certificate, odd_names);
	tcase_add_test(certificate, accepted_for_no_other);
	tcase_add_test(certificate, openssl_verify);
	suite_add_tcase(suite, certificate);

	tcase_add_checked_fixture(cas, mint_setup, mint_teardown);
	tcase_set_timeout(cas, 60);
	tcase_add_loop_test(cas, key_types, 0, 3);
	tcase_add_test(cas, within_the_ca);
	tcase_add_test(cas, ca_without_key_id);
	tcase_add_test(cas, root_sends_nothing);
	tcase_add_test(cas, chain);
	suite_add_tcase(suite, cas);

	tcase_add_checked_fixture(constraints, mint_setup, mint_teardown);
	tcase_add_test(constraints, no_constraints);
	tcase_add_test(constraints, constraints_names);
	tcase_add_test(constraints, constraints_addresses);
	tcase_add_test(constraints, constraints_above);
	tcase_add_test(constraints, constraints_subject);
	suite_add_tcase(suite, constraints);

	tcase_add_checked_fixture(files, mint_setup, mint_teardown);
	tcase_add_test(files, not_a_ca);
	tcase_add_test(files, nothing_says_ca);
	tcase_add_test(files, may_not_sign);
	tcase_add_test(files, not_for_servers);
	tcase_add_test(files, malformed_extension);
	tcase_add_test(files, expired);
	tcase_add_test(files, not_valid_yet);
	tcase_add_test(files, key_of_another);
	tcase_add_test(files, bad_files);
	suite_add_tcase(suite, files);

	tcase_add_checked_fixture(cache, mint_setup, mint_teardown);
	tcase_set_timeout(cache, 60);
	tcase_add_test(cache, hit_is_the_same);
	tcase_add_test(cache, least_used_goes);
	tcase_add_test(cache, none_is_kept);
	tcase_add_test(cache, renewal);
	tcase_add_test(cache, clock_set_back);
	tcase_add_test(cache, end_of_the_ca);
	tcase_add_test(cache, threads);
	suite_add_tcase(suite, cache);
	return suite;
}

int
main(void)
{
	return run_suite(tls_mint_suite());
}
