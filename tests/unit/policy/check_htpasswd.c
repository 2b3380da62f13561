/* SPDX-License-Identifier: ISC */
#include "policy/htpasswd.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* What htpasswd, mkpasswd and openssl have made of "secret". */
#define BCRYPT "$2y$05$eqI5ClYaXlmpjyjIVKDaduBhVwOKdHzeTxZjVLUNi0k5GuSsWV/2G"
#define BCRYPT_B "$2b$05$eqI5ClYaXlmpjyjIVKDaduBhVwOKdHzeTxZjVLUNi0k5GuSsWV/2G"
#define SHA256 "$5$saltsalt$Hc6BsYNrzAQnLnOvJH5Xda5vSc4HBMpTOMN3RC3VR63"
#define SHA512 "$6$rounds=1000$salt$" \
	    "W9MpBnbKXrYgSX9kWUQ2XMGSfBZUWJv0oqsXh/1iGCn4VPhf" \
	    "x/jcYF7B3yd1Ck9a8vkO6Y3kQ1ZbcEHl/NMlp0"
#define YESCRYPT "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$" \
	    "X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7"

static struct htpasswd *
parse(const char *text, size_t len, struct htpasswd_error *error)
{
	char *copy = malloc(len + 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, len);
	copy[len] = 'x';
	return htpasswd_parse(copy, len, error);
}

static const struct {
	const char	*text;
	unsigned	 n;
	const char	*name;
	const char	*hash;
} good[] = {
	{ "", 0, "a", NULL },
	{ "# nobody\n\n  \n", 0, "# nobody", NULL },
	{ "a:" BCRYPT, 1, "a", BCRYPT },
	{ "a:" BCRYPT "\n", 1, "a", BCRYPT },
	{ "a:" BCRYPT "\n", 1, "", NULL },
	{ "a:" BCRYPT "\n", 1, "A", NULL },
	{ "a:" BCRYPT "\r\nb:" SHA256 "\r\n", 2, "b", SHA256 },
	{ "a:" BCRYPT_B ":Alice, of accounting\n", 1, "a", BCRYPT_B },
	{ "a:" SHA512 "  \n", 1, "a", SHA512 },
	{ "a:" YESCRYPT "\n", 1, "a", YESCRYPT },
	{ "z:" BCRYPT "\nb:" SHA256 "\na:" SHA512 "\n", 3, "z", BCRYPT },
	{ "z:" BCRYPT "\nb:" SHA256 "\na:" SHA512 "\n", 3, "a", SHA512 },
	{ "J\xc3\xb6rg Q:" BCRYPT "\n", 1, "J\xc3\xb6rg Q", BCRYPT },
	{ "\xe2\x82\xac\xf0\x9f\x98\x80\xed\x9f\xbf:" BCRYPT "\n", 1,
	    "\xe2\x82\xac\xf0\x9f\x98\x80\xed\x9f\xbf", BCRYPT },
};

START_TEST(users)
{
	struct htpasswd_error error;
	struct htpasswd *h = parse(good[_i].text, strlen(good[_i].text),
	    &error);

	ck_assert_msg(h != NULL, "%u: %s", error.line, error.why);
	ck_assert_uint_eq(h->n, good[_i].n);
	ck_assert_pstr_eq(htpasswd_find(h, good[_i].name), good[_i].hash);
	htpasswd_free(h);
}
END_TEST

#define B " make it anew with htpasswd -B"
#define CUT "no whole hash, as if its line was cut;" B
#define COSTLY "a hash whose check takes longer than seconds;" B \
	    " and a smaller -C"

static const struct {
	const char	*text;
	unsigned	 line;
	const char	*why;
} bad[] = {
	{ "a\n", 1, "no colon behind a name; expected lines as htpasswd -B "
	    "writes them" },
	{ "# x\n:" BCRYPT "\n", 2, "no name before the colon" },
	{ "\na:\n", 2, "no password behind the name; make one with htpasswd "
	    "-B" },
	{ "a:secret\n", 1, "no hash but perhaps the password itself; make one "
	    "with htpasswd -B" },
	{ "a:rqXexS6ZhobKA\n", 1, "no hash but perhaps the password itself; "
	    "make one with htpasswd -B" },
	{ "a:" BCRYPT "\nb:$apr1$Zu8IT/..$tYBLuFIgTuAXRqhbNKvtR/\n", 2,
	    "a hash of MD5 ($apr1$), which guessing breaks;" B },
	{ "b:$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/\n", 1,
	    "a hash of MD5 ($1$), which guessing breaks;" B },
	{ "b:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n", 1, "a hash of SHA-1 "
	    "without salt ({SHA}), which guessing breaks;" B },
	{ "b:{SSHA}x\n", 1, "a hash of LDAP's;" B },
	{ "b:$2x$05$eqI5ClYaXlmpjyjIVKDaduBhVwOKdHzeTxZjVLUNi0k5GuSsWV/2G\n",
	    1, "a hash of a bcrypt that was wrong ($2x$);" B },
	{ "b:$7$CU..../....\n", 1, "a hash of an unknown kind;" B },
	{ "b:$\n", 1, "a hash of an unknown kind;" B },
	{ "b:$2y$\n", 1, CUT },
	{ "b:$2y$05$eqI5ClYaXlmpjyjIVKDaduBhVwOKdHzeTxZjVLUNi0k5GuSsWV/2\n",
	    1, CUT },
	{ "b:$2y$05$eqI5ClYaXlmpjyjIVKDaduBhVwOKdHzeTxZjVLUNi0k5GuSsWV/2GG\n",
	    1, CUT },
	{ "b:$2y$05$eqI5ClYaXlmpjyjIVKDaduBhVwOKdHzeTxZjVLUNi0k5GuSsWV/2!\n",
	    1, CUT },
	{ "b:$2y$03$eqI5ClYaXlmpjyjIVKDaduBhVwOKdHzeTxZjVLUNi0k5GuSsWV/2G\n",
	    1, CUT },
	{ "b:$2y$18$eqI5ClYaXlmpjyjIVKDaduBhVwOKdHzeTxZjVLUNi0k5GuSsWV/2G\n",
	    1, COSTLY },
	{ "b:$5$salt$short\n", 1, CUT },
	{ "b:$5$" "\n", 1, CUT },
	{ "b:$5$rounds=\n", 1, CUT },
	{ "b:$5$rounds=1000\n", 1, CUT },
	{ "b:$5$rounds=-1$salt$Hc6BsYNrzAQnLnOvJH5Xda5vSc4HBMpTOMN3RC3VR63\n",
	    1, CUT },
	{ "b:$5$rounds=5000001$salt$"
	    "Hc6BsYNrzAQnLnOvJH5Xda5vSc4HBMpTOMN3RC3VR63\n", 1, COSTLY },
	{ "b:$5$rounds=99999999999999999999999$salt$"
	    "Hc6BsYNrzAQnLnOvJH5Xda5vSc4HBMpTOMN3RC3VR63\n", 1, COSTLY },
	{ "b:$5$saltsaltsaltsalts$"
	    "Hc6BsYNrzAQnLnOvJH5Xda5vSc4HBMpTOMN3RC3VR63\n", 1, CUT },
	{ "b:$y$\n", 1, CUT },
	{ "b:$y$j\n", 1, CUT },
	{ "b:$y$jDT$F5Jx5fExrKuPp53xLKQ..1$"
	    "X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7\n", 1, COSTLY },
	{ "b:$y$j9z$F5Jx5fExrKuPp53xLKQ..1$"
	    "X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7\n", 1, COSTLY },
	{ "b:$y$j9T3.$F5Jx5fExrKuPp53xLKQ..1$"
	    "X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7\n", 1, COSTLY },
	{ "b:$y$j9T$F5Jx5fExrKuPp53xLKQ..1$short\n", 1, CUT },
	{ "a:" BCRYPT "\nb:" BCRYPT "\n#\na:" SHA256 "\n", 4,
	    "a name that is there twice" },
	{ "a\x07:" BCRYPT "\n", 1, "a control character in a name" },
	{ "J\xf6rg:" BCRYPT "\n", 1, "a name that is not UTF-8" },
	{ "\xc0\x80:" BCRYPT "\n", 1, "a name that is not UTF-8" },
	{ "\xe0\x9f\xbf:" BCRYPT "\n", 1, "a name that is not UTF-8" },
	{ "\xed\xa0\x80:" BCRYPT "\n", 1, "a name that is not UTF-8" },
	{ "\xf4\x90\x80\x80:" BCRYPT "\n", 1, "a name that is not UTF-8" },
	{ "\xe2\x82:" BCRYPT "\n", 1, "a name that is not UTF-8" },
	{ "\x80:" BCRYPT "\n", 1, "a name that is not UTF-8" },
};

START_TEST(wrong)
{
	struct htpasswd_error error;
	struct htpasswd *h = parse(bad[_i].text, strlen(bad[_i].text), &error);

	ck_assert_msg(h == NULL, "%s was taken", bad[_i].text);
	ck_assert_uint_eq(error.line, bad[_i].line);
	ck_assert_str_eq(error.why, bad[_i].why);
}
END_TEST

START_TEST(nul)
{
	static const char text[] = "# x\na\0b:" BCRYPT "\n";
	struct htpasswd_error error;

	ck_assert_ptr_null(parse(text, sizeof text - 1, &error));
	ck_assert_uint_eq(error.line, 2);
	ck_assert_str_eq(error.why, "a NUL byte");
}
END_TEST

static struct htpasswd *
with_name(size_t len, struct htpasswd_error *error)
{
	char text[512];

	memset(text, 'n', len);
	memcpy(text + len, ":" BCRYPT "\n", sizeof ":" BCRYPT "\n");
	return parse(text, strlen(text), error);
}

START_TEST(long_name)
{
	struct htpasswd_error error;
	struct htpasswd *h = with_name(HTPASSWD_NAME, &error);

	ck_assert_ptr_nonnull(h);
	htpasswd_free(h);
	ck_assert_ptr_null(with_name(HTPASSWD_NAME + 1, &error));
	ck_assert_str_eq(error.why, "a name of more than 255 bytes");
}
END_TEST

/* Names that nobody has are checked by all of them, and always by the same. */
START_TEST(any)
{
	static const char text[] = "a:" BCRYPT "\nb:" SHA256 "\n";
	struct htpasswd_error error;
	struct htpasswd *h = parse(text, sizeof text - 1, &error);

	ck_assert_ptr_nonnull(h);
	ck_assert_str_eq(htpasswd_any(h, 0), BCRYPT);
	ck_assert_str_eq(htpasswd_any(h, 1), SHA256);
	ck_assert_str_eq(htpasswd_any(h, UINT64_MAX), SHA256);
	htpasswd_free(h);
	h = parse("", 0, &error);
	ck_assert_ptr_nonnull(h);
	ck_assert_ptr_null(htpasswd_any(h, 1));
	htpasswd_free(h);
	htpasswd_free(NULL);
}
END_TEST

static Suite *
htpasswd_suite(void)
{
	Suite *suite = suite_create("htpasswd");
	TCase *files = tcase_create("files");

	tcase_add_loop_test(files, users, 0, COUNT(good));
	tcase_add_loop_test(files, wrong, 0, COUNT(bad));
	tcase_add_test(files, nul);
	tcase_add_test(files, long_name);
	tcase_add_test(files, any);
	suite_add_tcase(suite, files);
	return suite;
}

int
main(void)
{
	return run_suite(htpasswd_suite());
}
