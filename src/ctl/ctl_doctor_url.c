/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

extern char **environ;

#define SCHEME	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
		"0123456789+-."
#define UNCLEAR	"/?#@\\ \t"

void
ctl_doctor_url_parse(struct ctl_doctor_url *u, const char *text)
{
	size_t n = strspn(text, SCHEME);
	const char *at, *p;

	*u = (struct ctl_doctor_url){ .scheme = "http", .nscheme = 4 };
	if (n > 0 && strncmp(text + n, "://", 3) == 0) {
		u->scheme = text;
		u->nscheme = n;
		text += n + 3;
	}
	u->user = u->authority = text;
	if ((at = strrchr(text, '@')) != NULL) {
		u->nuser = (size_t)(at - text);
		u->authority = at + 1;
	}
	for (p = u->user; p < u->user + u->nuser; p++)
		u->unclear |= strchr(UNCLEAR, *p) != NULL;
	u->nauthority = strcspn(u->authority, "/?#");
}

/* Whose it is */

static bool
is_own_address(const char *text)
{
	struct ifaddrs *all = NULL, *one;
	struct in_addr a;
	bool is = false;

	if (inet_pton(AF_INET, text, &a) != 1 || getifaddrs(&all) == -1)
		return false;
	for (one = all; one != NULL && !is; one = one->ifa_next)
		is = one->ifa_addr != NULL &&
		    one->ifa_addr->sa_family == AF_INET &&
		    ((struct sockaddr_in *)(void *)one->ifa_addr)
		    ->sin_addr.s_addr == a.s_addr;
	freeifaddrs(all);
	return is;
}

static bool
is_address_here(const char *text)
{
	if (strncasecmp(text, "::ffff:", 7) == 0)
		text += 7;
	return strncmp(text, "127.", 4) == 0 || strcmp(text, "::1") == 0 ||
	    strcmp(text, "0.0.0.0") == 0 || strcmp(text, "::") == 0 ||
	    is_own_address(text);
}

/* "127.0.1.1 name other": whether a line of /etc/hosts has it, and as here. */
static bool
is_line_here(char *line, const char *name)
{
	char *rest = line, *address = NULL, *word;

	line[strcspn(line, "#\n")] = '\0';
	while ((word = strsep(&rest, " \t")) != NULL) {
		if (*word == '\0')
			continue;
		if (address == NULL)
			address = word;
		else if (strcasecmp(word, name) == 0)
			return is_address_here(address);
	}
	return false;
}

static bool
is_name_here(const char *name)
{
	char line[1024];
	bool is = false;
	FILE *f = fopen("/etc/hosts", "re");

	while (!is && f != NULL && fgets(line, sizeof line, f) != NULL)
		is = is_line_here(line, name);
	if (f != NULL)
		fclose(f);
	return is || (gethostname(line, sizeof line - 1) == 0 &&
	    strcasecmp(line, name) == 0);
}

bool
ctl_doctor_url_here(const char *host, size_t n)
{
	char name[256];

	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		host++;
		n -= 2;
	}
	if (n == 0 || n >= sizeof name)
		return false;
	memcpy(name, host, n);
	name[n] = '\0';
	if (strcasecmp(name, "localhost") == 0 || (n > 10 &&
	    strcasecmp(name + n - 10, ".localhost") == 0))
		return true;
	if (strchr(name, ':') != NULL || name[strspn(name, "0123456789.")] ==
	    '\0')
		return is_address_here(name);
	return is_name_here(name);
}

bool
ctl_doctor_url_same(const struct ctl_doctor_url *a,
    const struct ctl_doctor_url *b)
{
	const char *x = a->authority, *y = b->authority, *xport, *yport;
	size_t n;

	if (a->nauthority == b->nauthority &&
	    strncasecmp(x, y, a->nauthority) == 0)
		return true;
	xport = memrchr(x, ':', a->nauthority);
	yport = memrchr(y, ':', b->nauthority);
	if (xport == NULL || yport == NULL)
		return false;
	n = a->nauthority - (size_t)(xport - x);
	return n == b->nauthority - (size_t)(yport - y) &&
	    strncmp(xport, yport, n) == 0 &&
	    ctl_doctor_url_here(x, (size_t)(xport - x)) &&
	    ctl_doctor_url_here(y, (size_t)(yport - y));
}

/* Passwords */

static void
hide_each(char *line, const char *secret, size_t n)
{
	char *at = line;

	/* a single letter tells nothing, and is everywhere */
	while (n > 1 && (at = memmem(at, strlen(at), secret, n)) != NULL) {
		memset(at, '*', n);
		at += n;
	}
}

/* Some show what they took for the host: it is hidden in parts, too. */
static void
hide_parts(char *line, const char *secret, size_t n)
{
	const char *end = secret + n, *p;

	hide_each(line, secret, n);
	for (; secret < end; secret = p + 1) {
		for (p = secret; p < end && strchr(UNCLEAR ":", *p) == NULL;
		    p++)
			continue;
		hide_each(line, secret, (size_t)(p - secret));
	}
}

/* As programs show it that have read it. */
static void
hide_decoded(char *line, const char *secret, size_t n)
{
	char text[512] = "";
	unsigned byte;
	size_t i, len = 0;

	for (i = 0; i < n && len < sizeof text; i++) {
		if (secret[i] == '%' && i + 2 < n &&
		    isxdigit((unsigned char)secret[i + 1]) &&
		    sscanf(secret + i + 1, "%2x", &byte) == 1) {
			text[len++] = (char)byte;
			i += 2;
		} else
			text[len++] = secret[i];
	}
	hide_parts(line, text, len);
}

static void
hide_of(char *line, const char *value)
{
	struct ctl_doctor_url u;
	const char *colon;
	size_t n;

	ctl_doctor_url_parse(&u, value);
	colon = memchr(u.user, ':', u.nuser);
	hide_each(line, u.user, u.nuser);
	if (colon != NULL) {
		u.user = colon + 1;
		n = (size_t)(u.authority - 1 - u.user);
	} else
		n = u.nuser;
	hide_parts(line, u.user, n);
	hide_decoded(line, u.user, n);
}

static void
hide_any(char *line)
{
	char *at, *from = line, *begin;

	while ((begin = strstr(from, "://")) != NULL) {
		begin += 3;
		at = memrchr(begin, '@', strcspn(begin, " \t\"'"));
		if (at != NULL)
			memset(begin, '*', (size_t)(at - begin));
		from = begin;
	}
}

void
ctl_doctor_url_hide(char *line)
{
	char **one;
	size_t n;

	for (one = environ; one != NULL && *one != NULL; one++) {
		n = strcspn(*one, "=");
		if (n >= 5 && strncasecmp(*one + n - 5, "proxy", 5) == 0 &&
		    (*one)[n] == '=')
			hide_of(line, *one + n + 1);
	}
	hide_any(line);
}
