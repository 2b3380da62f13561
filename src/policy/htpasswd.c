/* SPDX-License-Identifier: ISC */
#include "policy/htpasswd.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define BCRYPT_COST	17		/* seconds; as much as htpasswd makes */
#define SHA_ROUNDS	5000000		/* seconds */
#define SHA_SALT	16

static const char crypt64[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz";

/* Hashes */

static bool
begins(const char *hash, const char *prefix)
{
	return strncmp(hash, prefix, strlen(prefix)) == 0;
}

/* Whether it is n characters of that alphabet, and no more. */
static bool
is_coded(const char *p, size_t n)
{
	return strlen(p) == n && strspn(p, crypt64) == n;
}

static const char broken[] = "no whole hash, as if its line was cut; make it "
    "anew with htpasswd -B";
static const char costly[] = "a hash whose check takes longer than seconds; "
    "make it anew with htpasswd -B and a smaller -C";

/* $2y$10$ and 22 characters of salt, 31 of hash */
static const char *
why_no_bcrypt(const char *hash)
{
	unsigned cost;

	if (strlen(hash) < 7 || strspn(hash + 4, "0123456789") != 2 ||
	    hash[6] != '$' || !is_coded(hash + 7, 53))
		return broken;
	cost = (unsigned)(hash[4] - '0') * 10 + (unsigned)(hash[5] - '0');
	if (cost < 4)
		return broken;
	return cost > BCRYPT_COST ? costly : NULL;
}

/* Takes "rounds=N$", if it is there.  Returns what is wrong with it. */
static const char *
skip_rounds(const char **p)
{
	char *end;
	unsigned long n;

	if (!begins(*p, "rounds="))
		return NULL;
	*p += strlen("rounds=");
	if (**p < '1' || **p > '9')
		return broken;
	n = strtoul(*p, &end, 10);
	if (*end != '$')
		return broken;
	*p = end + 1;
	return n > SHA_ROUNDS ? costly : NULL;
}

/* $6$rounds=5000$salt$hash, the rounds or not */
static const char *
why_no_sha(const char *hash, size_t len)
{
	const char *p = hash + 3, *why = skip_rounds(&p);
	size_t salt = strcspn(p, "$");

	if (why != NULL)
		return why;
	return salt <= SHA_SALT && p[salt] == '$' &&
	    is_coded(p + salt + 1, len) ? NULL : broken;
}

/* $y$j9T$salt$hash: 2^12 blocks of 4 KiB; up to 2^15, which is 128 MiB. */
static const char *
why_no_yescrypt(const char *hash)
{
	const char *p = hash + 3;
	size_t salt;

	if (*p != 'j' || p[1] == '\0' || p[2] == '\0' || p[3] != '$')
		return strcspn(p, "$") > 3 ? costly : broken;
	if (strchr("./0123456789ABC", p[1]) == NULL || p[2] > 'T')
		return costly;
	p += 4;
	salt = strcspn(p, "$");
	return salt > 0 && p[salt] == '$' && is_coded(p + salt + 1, 43) ?
	    NULL : broken;
}

/* What others write, and why that is not taken. */
static const struct {
	const char	*prefix;
	const char	*why;
} refused[] = {
	{ "$apr1$", "a hash of MD5 ($apr1$), which guessing breaks; make it "
	    "anew with htpasswd -B" },
	{ "$1$", "a hash of MD5 ($1$), which guessing breaks; make it anew "
	    "with htpasswd -B" },
	{ "{SHA}", "a hash of SHA-1 without salt ({SHA}), which guessing "
	    "breaks; make it anew with htpasswd -B" },
	{ "{", "a hash of LDAP's; make it anew with htpasswd -B" },
	{ "$2x$", "a hash of a bcrypt that was wrong ($2x$); make it anew with "
	    "htpasswd -B" },
	{ "$", "a hash of an unknown kind; make it anew with htpasswd -B" },
	{ "", "no hash but perhaps the password itself; make one with "
	    "htpasswd -B" },
};

static const char *
why_no_hash(const char *hash)
{
	size_t i;

	if (hash[0] == '\0')
		return "no password behind the name; make one with htpasswd "
		    "-B";
	if (begins(hash, "$2y$") || begins(hash, "$2b$") ||
	    begins(hash, "$2a$"))
		return why_no_bcrypt(hash);
	if (begins(hash, "$5$"))
		return why_no_sha(hash, 43);
	if (begins(hash, "$6$"))
		return why_no_sha(hash, 86);
	if (begins(hash, "$y$"))
		return why_no_yescrypt(hash);
	for (i = 0; !begins(hash, refused[i].prefix); i++)
		;
	return refused[i].why;
}

/* Lines */

static bool
is_utf8(const char *p)
{
	size_t left = strlen(p), len;
	uint32_t c;

	for (; left > 0; p += len, left -= len) {
		if ((len = utf8_take(p, left, &c)) == 0)
			return false;
	}
	return true;
}

/* Names are logged, and compared with what clients send in UTF-8. */
static const char *
why_no_name(const char *name)
{
	const unsigned char *p;

	if (name[0] == '\0')
		return "no name before the colon";
	if (strlen(name) > HTPASSWD_NAME)
		return "a name of more than 255 bytes";
	for (p = (const unsigned char *)name; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f)
			return "a control character in a name";
	}
	return is_utf8(name) ? NULL : "a name that is not UTF-8";
}

/* A line without its end.  Returns what is wrong with it. */
static const char *
take_line(struct htpasswd *h, char *line, unsigned number)
{
	struct htpasswd_user *user = &h->users[h->n];
	char *colon = strchr(line, ':');
	const char *why;

	if (line[0] == '#' || line[strspn(line, " \t")] == '\0')
		return NULL;
	if (colon == NULL)
		return "no colon behind a name; expected lines as htpasswd -B "
		    "writes them";
	*colon = '\0';
	user->name = line;
	user->line = number;
	user->hash = colon + 1;
	colon[1 + strcspn(colon + 1, ": \t")] = '\0';
	if ((why = why_no_name(user->name)) != NULL ||
	    (why = why_no_hash(user->hash)) != NULL)
		return why;
	h->n++;
	return NULL;
}

/*
 * Makes a text of a line, whose end it returns: of the file, or a line feed with
 * or without a carriage return.  NULL where there is a NUL in it.
 */
static char *
end_line(char *line, char *end)
{
	char *next = memchr(line, '\n', (size_t)(end - line));

	if (next == NULL)
		next = end;
	if (memchr(line, '\0', (size_t)(next - line)) != NULL)
		return NULL;
	*next = '\0';
	if (next > line && next[-1] == '\r')
		next[-1] = '\0';
	return next;
}

static bool
take_lines(struct htpasswd *h, struct htpasswd_error *error)
{
	char *line = h->text, *end = h->text + h->len, *next;

	for (error->line = 1; line < end; line = next + 1, error->line++) {
		if ((next = end_line(line, end)) == NULL)
			error->why = "a NUL byte";
		else
			error->why = take_line(h, line, error->line);
		if (error->why != NULL)
			return false;
	}
	return true;
}

/* Users */

static int
compare(const void *a, const void *b)
{
	const struct htpasswd_user *p = a, *q = b;
	int difference = strcmp(p->name, q->name);

	return difference != 0 ? difference :
	    (p->line > q->line) - (p->line < q->line);
}

/* Whoever is there twice would have the first password, or the second. */
static bool
are_different(const struct htpasswd *h, struct htpasswd_error *error)
{
	size_t i;

	for (i = 1; i < h->n; i++) {
		if (strcmp(h->users[i - 1].name, h->users[i].name) != 0)
			continue;
		error->why = "a name that is there twice";
		error->line = h->users[i].line;
		return false;
	}
	return true;
}

static size_t
lines_of(const char *text, size_t len)
{
	size_t i, n = 1;

	for (i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

struct htpasswd *
htpasswd_parse(char *text, size_t len, struct htpasswd_error *error)
{
	struct htpasswd *h = calloc(1, sizeof *h);

	*error = (struct htpasswd_error){ 0, "out of memory" };
	if (h == NULL) {
		explicit_bzero(text, len);
		free(text);
		return NULL;
	}
	h->text = text;
	h->len = len;
	h->users = calloc(lines_of(text, len), sizeof *h->users);
	if (h->users == NULL || !take_lines(h, error)) {
		htpasswd_free(h);
		return NULL;
	}
	qsort(h->users, h->n, sizeof *h->users, compare);
	if (are_different(h, error))
		return h;
	htpasswd_free(h);
	return NULL;
}

void
htpasswd_free(struct htpasswd *h)
{
	if (h == NULL)
		return;
	explicit_bzero(h->text, h->len);
	free(h->text);
	free(h->users);
	free(h);
}

static int
compare_name(const void *name, const void *user)
{
	return strcmp(name, ((const struct htpasswd_user *)user)->name);
}

const char *
htpasswd_find(const struct htpasswd *h, const char *name)
{
	const struct htpasswd_user *user;

	if (h->n == 0)
		return NULL;
	user = bsearch(name, h->users, h->n, sizeof *h->users, compare_name);
	return user != NULL ? user->hash : NULL;
}

const char *
htpasswd_any(const struct htpasswd *h, uint64_t number)
{
	return h->n > 0 ? h->users[number % h->n].hash : NULL;
}
