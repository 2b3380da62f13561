/* SPDX-License-Identifier: ISC */

/* What identifies a credential, and what does not tell two apart. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/credential.h"
#include "check_exact.h"
#include "check_run.h"

#define SIGV4(key, date, sig) "AWS4-HMAC-SHA256 Credential=" key "/" date \
	"/us-east-1/s3/aws4_request, SignedHeaders=host;range;x-amz-date, " \
	"Signature=" sig
#define DIGEST(user, realm, nonce) "Digest username=\"" user "\", realm=\"" \
	realm "\", nonce=\"" nonce "\", uri=\"/\", qop=auth, nc=00000001, " \
	"cnonce=\"" nonce "\", response=\"" nonce "\""

/* What is read, as its pieces with a bar between them; NULL: nobody's. */
static const struct {
	const char	*value;
	const char	*pieces;
} read_as[] = {
	{ "Bearer t0ken", "token|t0ken" },
	{ "bearer t0ken", "token|t0ken" },
	{ "BEARER  t0ken", "token|t0ken" },
	{ "  Bearer \t t0ken \t", "token|t0ken" },
	{ "token t0ken", "token|t0ken" },
	{ "Token token=\"t0ken\"", "token|t0ken" },
	{ "Token token=t0ken, nonce=\"5\"", "token|t0ken" },
	{ "t0ken", "token|t0ken" },
	{ "Bot t0ken", "token|t0ken" },
	{ "ApiKey t0ken", "token|t0ken" },
	{ "Bearer dDBrZW4=", "token|dDBrZW4=" },
	{ "Bearer", "token|Bearer" },
	{ "Basic YWxpY2U6c2VjcmV0", "basic|alice:secret" },
	{ "basic   YWxpY2U6c2VjcmV0", "basic|alice:secret" },
	/* padding, its absence, and what decoders pass over */
	{ "Basic Ym9iOg==", "basic|bob:" },
	{ "Basic Ym9iOg", "basic|bob:" },
	{ "Basic Ym9iOh==", "basic|bob:" },
	{ "Basic Ym9iOg==Ym9i", "basic|bob:" },
	{ "Basic Y=m9iOg=", "basic|bob:" },
	{ "Basic Ym9i Og==", "basic|bob:" },
	{ "Basic !Y.m9i\"Og==", "basic|bob:" },
	{ "Basic YTo_", "basic|a:?" },
	{ "Basic YTo/", "basic|a:?" },
	{ "Basic !", "value|basic|!" },
	{ DIGEST("alice", "here", "1"), "digest|alice|here" },
	{ DIGEST("alice", "here", "2"), "digest|alice|here" },
	{ "digest realm=here,username=alice,response=\"x\"",
	    "digest|alice|here" },
	{ "Digest username=\"alice\"", "digest|alice" },
	{ "Digest username = \"a\\\"b\", realm\t=x", "digest|a\"b|x" },
	{ "Digest username=\"a\\\"b, realm=c\", realm=\"x\"",
	    "digest|a\"b, realm=c|x" },
	{ "Digest username=\"\\a\\l\\i\\ce\", realm=\"\\x\"", "digest|alice|x" },
	{ "Digest username*=UTF-8''J%C3%A4s, realm=\"x\"",
	    "digest|J\xc3\xa4s|x" },
	{ "Digest username*=utf-8'en'al%69ce", "digest|alice" },
	{ "Digest username*=alice", "digest|alice" },
	{ "Digest username=alice, username=\"al\\ice\"", "digest|alice" },
	{ "Digest username=, username=\"alice\"", "digest|alice" },
	{ "Digest nonce=\"username=mallory\", username=\"alice\"",
	    "digest|alice" },
	{ SIGV4("AKIDEXAMPLE", "20250101", "fe5f"), "key|AKIDEXAMPLE" },
	{ SIGV4("AKIDEXAMPLE", "20250102", "0000"), "key|AKIDEXAMPLE" },
	{ "AWS4-ECDSA-P256-SHA256 Credential=AKID/20250101/s3/aws4_request,"
	    "SignedHeaders=host,Signature=00", "key|AKID" },
	{ "GOOG4-RSA-SHA256 Credential=a@b.example/20250101/auto/storage/"
	    "goog4_request, SignedHeaders=host, Signature=00",
	    "key|a@b.example" },
	{ "HMAC-SHA256 Credential=id-of-it&SignedHeaders=date;host&"
	    "Signature=00", "key|id-of-it" },
	{ "AWS AKID:c2lnbmF0dXJl=", "key|AKID" },
	{ "AWS AKID:ZGlmZmVyZW50=", "key|AKID" },
	{ "AWS3-HTTPS AWSAccessKeyId=AKID,Algorithm=HmacSHA256,Signature=x",
	    "key|AKID" },
	{ "SharedKey account:c2lnbmF0dXJl", "key|account" },
	{ "OAuth realm=\"x\", oauth_consumer_key=\"ck\", oauth_token=\"tk\", "
	    "oauth_nonce=\"1\", oauth_signature=\"a%3D\"", "oauth|ck|tk" },
	{ "oauth oauth_nonce=\"2\",oauth_token=\"tk\","
	    "oauth_consumer_key=\"ck\"", "oauth|ck|tk" },
	{ "OAuth oauth_consumer_key=\"ck\", oauth_token=\"\"", "oauth|ck" },
	{ "OAuth 00Dx0000000BV7z!AR8AQP0", "token|00Dx0000000BV7z!AR8AQP0" },
	{ "Hawk id=\"dh37fgj492je\", ts=\"1353832234\", nonce=\"j4h3g2\", "
	    "mac=\"6R4rV5iE\"", "hawk|dh37fgj492je" },
	{ "Signature keyId=\"rsa-key-1\",algorithm=\"rsa-sha256\","
	    "signature=\"x\"", "signature|rsa-key-1" },
	{ "EG1-HMAC-SHA256 client_token=ct;access_token=at;timestamp=1;"
	    "nonce=2;signature=3", "eg1-hmac-sha256|ct|at" },
	{ "SharedAccessSignature sr=hub.example%2Fd&sig=x&se=1735689600&"
	    "skn=owner", "sharedaccesssignature|owner|hub.example%2Fd" },
	/* a key and its signature, whatever the scheme is called */
	{ "acs AKID:c2lnbmF0dXJl=", "key|AKID" },
	{ "UPYUN operator:c2lnbmF0dXJl=", "key|operator" },
	{ "Frobnicate  AKID5EXAMPLE:ZGlmZmVyZW50=", "key|AKID5EXAMPLE" },
	{ "Frobnicate 1234567:SECRET", "value|frobnicate|1234567:SECRET" },
	{ "Frobnicate 12345678:SECRET", "key|12345678" },
	/* not behind what every key may begin with */
	{ "Frobnicate v1:SECRET-A", "value|frobnicate|v1:SECRET-A" },
	{ "Frobnicate v1.10:SECRET", "value|frobnicate|v1.10:SECRET" },
	{ "Frobnicate urn:a:1", "value|frobnicate|urn:a:1" },
	{ "Frobnicate sha256:00", "value|frobnicate|sha256:00" },
	{ "Frobnicate https://a.example/5",
	    "value|frobnicate|https://a.example/5" },
	{ "Frobnicate credentials:SECRET",
	    "value|frobnicate|credentials:SECRET" },
	{ "hmac username=\"alice\", algorithm=\"hmac-sha256\", "
	    "headers=\"date\", signature=\"c2ln\"", "key|alice" },
	{ "q-sign-algorithm=sha1&q-ak=AKID&q-sign-time=1;2&q-signature=00",
	    "key|AKID" },
	{ "t0ken&t0ken", "token|t0ken&t0ken" },
	{ "Credential=/a&b:c", "token|Credential=/a&b:c" },
	{ "Frobnicate Credential=/a:b", "value|frobnicate|Credential=/a:b" },
	{ "JWT t0ken", "token|t0ken" },
	{ "SSWS t0ken", "token|t0ken" },
	/* a scheme that is not known is compared without case, too */
	{ "Frobnicate t0ken", "value|frobnicate|t0ken" },
	{ "FROBNICATE \tt0ken", "value|frobnicate|t0ken" },
	{ "NTLM TlRMTVNTUAAB", NULL },
	{ "Negotiate", NULL },
	{ "negotiate YIIJvwYGKwYB", NULL },
	{ "", NULL },
	{ " \t ", NULL },
	{ "Bearer two words", "value|bearer|two words" },
	{ "Frobnicate a b", "value|frobnicate|a b" },
	{ "Digest nonce=1", "value|digest|nonce=1" },
	{ "Digest username=", "value|digest|username=" },
	{ "AWS :x", "value|aws|:x" },
	{ "AWS4-HMAC-SHA256 Credential=/2025/x", "value|"
	    "aws4-hmac-sha256|Credential=/2025/x" },
	{ "Frobnicate \"", "value|frobnicate|\"" },
	{ "Frobnicate =", "value|frobnicate|=" },
	{ "Digest username=\"alice", "digest|alice" },
	{ "Digest username=\"alice\\", "digest|alice\\" },
};

static void
join(const struct credential *c, char text[1024])
{
	size_t n = 0;
	unsigned i;

	text[0] = '\0';
	for (i = 0; i < c->npieces; i++)
		n += (size_t)snprintf(text + n, 1024 - n, "%s%.*s",
		    i > 0 ? "|" : "", (int)c->pieces[i].len, c->pieces[i].p);
}

START_TEST(values)
{
	const char *want = read_as[_i].pieces;
	struct http1_str s = exact(read_as[_i].value);
	struct credential c;
	char got[1024];

	credential_read(&c, s);
	join(&c, got);
	if (want == NULL) {
		ck_assert_int_eq(c.kind, CREDENTIAL_NONE);
		ck_assert_uint_eq(c.npieces, 0);
	} else {
		ck_assert_msg(strcmp(got, want) == 0, "%s: %s",
		    read_as[_i].value, got);
		ck_assert_int_eq(c.kind, strncmp(want, "value|", 6) == 0 ?
		    CREDENTIAL_VALUE : CREDENTIAL_READ);
	}
	drop(s);
}
END_TEST

/* A key that stands there alone is no scheme's name. */
START_TEST(scheme)
{
	struct credential c;

	credential_read(&c, (struct http1_str){ "s3cr3t", 6 });
	ck_assert_ptr_null(c.scheme.p);
	credential_read(&c, (struct http1_str){ "Foo a b", 7 });
	ck_assert(http1_str_is(c.scheme, "foo"));
}
END_TEST

/* Two that differ behind what there is room for differ. */
START_TEST(long_scheme)
{
	char value[CREDENTIAL_TEXT + 5];
	struct credential c;
	size_t i;

	for (i = 0; i < 3; i++) {
		memset(value, 'a', sizeof value);
		value[CREDENTIAL_TEXT + i] = ' ';
		credential_read(&c, (struct http1_str){ value, sizeof value });
		ck_assert_int_eq(c.kind, CREDENTIAL_VALUE);
		ck_assert_uint_eq(c.npieces, 3);
		ck_assert_uint_eq(c.pieces[1].len, CREDENTIAL_TEXT + i);
	}
}
END_TEST

/* {"alg":"none"} and an empty signature around it. */
#define JWT(payload) "Bearer eyJhbGciOiJub25lIn0." payload ".c2ln"
/* {"iss":"https://a.example","sub":"alice","exp":1} */
#define ALICE "eyJpc3MiOiJodHRwczovL2EuZXhhbXBsZSIsInN1YiI6ImFsaWNlIiwiZXhw" \
	"IjoxfQ"
/* the same with exp 2, and spaces */
#define ALICE2 "eyAiaXNzIjogImh0dHBzOi8vYS5leGFtcGxlIiwgInN1YiI6ICJhbGljZSIs" \
	"ICJleHAiOiAyIH0="
/* {"sub":5,"a":[1]} */
#define NUMBER "eyJzdWIiOjUsImEiOlsxXX0"
/* {"sub":"","a":"x"} */
#define EMPTY "eyJzdWIiOiIiLCJhIjoieCJ9"
/* {"sub":"a","sub":"b"} */
#define TWICE "eyJzdWIiOiJhIiwic3ViIjoiYiJ9"
/* ["sub"] */
#define LIST "WyJzdWIiXQ"

static const struct {
	const char	*value;
	const char	*claims;
	const char	*pieces;	/* NULL: as without claims */
} tokens[] = {
	{ JWT(ALICE), "sub", "jwt|alice" },
	{ JWT(ALICE2), "sub", "jwt|alice" },
	{ JWT(ALICE), "iss,sub", "jwt|https://a.example|alice" },
	{ JWT(ALICE2), "iss,sub", "jwt|https://a.example|alice" },
	{ JWT(ALICE), "exp,sub,iss", "jwt|1|alice|https://a.example" },
	{ JWT(NUMBER), "sub", "jwt|5" },
	{ JWT(ALICE), "aud", NULL },
	{ JWT(ALICE), "sub,aud", NULL },
	{ JWT(NUMBER), "a", NULL },
	{ JWT(EMPTY), "sub", NULL },
	{ JWT(EMPTY), "a,sub", NULL },
	{ JWT(TWICE), "sub", NULL },
	{ JWT(LIST), "sub", NULL },
	{ JWT("!!!!"), "sub", NULL },
	{ JWT(""), "sub", NULL },
	{ JWT("e"), "sub", NULL },
	{ JWT("eyJ"), "sub", NULL },
	{ "Bearer a.b", "sub", NULL },
	{ "Bearer a.b.c.d.e", "sub", NULL },
	{ "Bearer opaque", "sub", NULL },
	{ "Basic eyJhbGciOiJub25lIn0." ALICE ".c2ln", "sub", NULL },
	{ "token eyJhbGciOiJub25lIn0." ALICE ".c2ln", "sub", "jwt|alice" },
	{ "NTLM TlRMTVNTUAAB", "sub", NULL },
	{ "", "sub", NULL },
};

START_TEST(claims)
{
	struct http1_str s = exact(tokens[_i].value);
	struct credential c, plain;
	char got[1024], want[1024];

	credential_read_claims(&c, s, tokens[_i].claims);
	credential_read(&plain, s);
	join(&c, got);
	if (tokens[_i].pieces != NULL)
		snprintf(want, sizeof want, "%s", tokens[_i].pieces);
	else
		join(&plain, want);
	ck_assert_msg(strcmp(got, want) == 0, "%s: %s", tokens[_i].value, got);
	drop(s);
}
END_TEST

/* Each longer than the last, up to more than there is room for. */
START_TEST(long_claims)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
	    "nopqrstuvwxyz0123456789-_";
	char json[1200], value[2000];
	struct credential c;
	size_t n, i, at;

	for (n = 1000; n < 1060; n++) {
		at = (size_t)snprintf(json, sizeof json, "{\"sub\":\"");
		memset(json + at, 'a', n);
		snprintf(json + at + n, sizeof json - at - n, "\"}   ");
		at = (size_t)snprintf(value, sizeof value, "Bearer h.");
		for (i = 0; i + 3 <= n + 10 + (3 - (n + 10) % 3) % 3; i += 3) {
			value[at++] = base64[json[i] >> 2 & 63];
			value[at++] = base64[(json[i] << 4 | json[i + 1] >> 4)
			    & 63];
			value[at++] = base64[(json[i + 1] << 2 |
			    json[i + 2] >> 6) & 63];
			value[at++] = base64[json[i + 2] & 63];
		}
		memcpy(value + at, ".s", 3);
		credential_read_claims(&c, (struct http1_str){ value, at + 2 },
		    "sub");
		ck_assert_uint_eq(c.npieces, 2);
		ck_assert(http1_str_is(c.pieces[0], n <= CREDENTIAL_TEXT ?
		    "jwt" : "token"));
		ck_assert_uint_eq(c.pieces[1].len, n <= CREDENTIAL_TEXT ? n :
		    at + 2 - 7);
	}
}
END_TEST

START_TEST(names_of_claims)
{
	static const char *const good[] = { "sub", "iss,sub", "a,b,c",
	    "https://x.example/y" };
	static const char *const bad[] = { "", ",", "sub,", ",sub", "a,,b",
	    "a,b,c,d", "a b", "a\"b", "a, b" };
	unsigned i;

	for (i = 0; i < 4; i++)
		ck_assert_msg(credential_are_claims(good[i]), "%s", good[i]);
	for (i = 0; i < 9; i++)
		ck_assert_msg(!credential_are_claims(bad[i]), "%s", bad[i]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("credential");
	TCase *tc = tcase_create("values");

	ROWS(tc, values, read_as);
	tcase_add_test(tc, scheme);
	tcase_add_test(tc, long_scheme);
	ROWS(tc, claims, tokens);
	tcase_add_test(tc, long_claims);
	tcase_add_test(tc, names_of_claims);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
