/* SPDX-License-Identifier: ISC */
#include "conf/conf_advice_host.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <ctype.h>
#include <idn2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_advice.h"
#include "conf/conf_value.h"
#include "policy/host_pattern.h"

/*
 * What is written where a host is meant: URLs, networks, globs, names in the
 * letters of their language.  What is advised is a pattern, always.
 */

#define HOST	256		/* bytes that are looked at */

static bool
is_pattern(const char *text)
{
	struct host_pattern pattern;

	return host_pattern_parse(&pattern, text, strlen(text)) == NULL;
}

/* Advises the pattern, if it is one; more: what else there is to say. */
static bool
advise(char buf[CONF_ADVICE], const char *pattern, const char *more)
{
	char show[CONF_SHOW];

	if (!is_pattern(pattern))
		return false;
	snprintf(buf, CONF_ADVICE, "; did you mean \"%s\"?%s",
	    conf_show(show, pattern), more);
	return true;
}

/* "10.0.0.0/8" and "2001:db8::/32". */
static bool
advise_network(char buf[CONF_ADVICE], const char *text)
{
	unsigned char addr[16];
	const char *slash = strchr(text, '/');
	char host[HOST];
	size_t len;

	if (slash == NULL || slash[1] == '\0' ||
	    slash[1 + strspn(slash + 1, "0123456789.")] != '\0')
		return false;
	len = (size_t)(slash - text);
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(AF_INET, host, addr) != 1 &&
	    inet_pton(AF_INET6, host, addr) != 1)
		return false;
	snprintf(buf, CONF_ADVICE, "; a network names no host: give each "
	    "address, or \"*\" for all hosts");
	return true;
}

/* The name in ASCII, with what stands before and behind it. */
static bool
advise_idn(char buf[CONF_ADVICE], const char *text, const char *more)
{
	char *ascii = NULL, host[HOST];
	size_t stars = strncmp(text, "*.", 2) == 0 ? 2 : 0;
	size_t len = strcspn(text + stars, ":/");
	char pattern[CONF_SHOW];
	bool ok;

	memcpy(host, text + stars, len);
	host[len] = '\0';
	if (idn2_to_ascii_8z(host, &ascii, IDN2_NONTRANSITIONAL) != IDN2_OK)
		return false;
	snprintf(pattern, sizeof pattern, "%.*s%s%.8s", (int)stars, text, ascii,
	    text[stars + len] == ':' ? text + stars + len : "");
	ok = strcmp(ascii, host) != 0 && advise(buf, pattern, more);
	idn2_free(ascii);
	return ok;
}

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

/* What a scheme leaves of the text; text itself where there is none. */
static const char *
behind_scheme(const char *text)
{
	const char *p = text + strspn(text, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	if (p != text && strncmp(p, ":/", 2) == 0)
		return p + 1 + strspn(p + 1, "/");
	return strncmp(text, "//", 2) == 0 ? text + 2 : text;
}

/* Takes user, path and what follows off a URL; *path tells of the latter. */
static bool
take_host(char host[HOST], const char *text, const char **path)
{
	const char *p = behind_scheme(text);
	size_t len = strcspn(p, "/?#");
	const char *at = memchr(p, '@', len);

	*path = p[len] == '/' && strcmp(p + len, "/") != 0 &&
	    strcmp(p + len, "/*") != 0 ? p + len : NULL;
	if (at != NULL) {
		len -= (size_t)(at + 1 - p);
		p = at + 1;
	}
	if (len == 0 || len >= HOST)
		return false;
	memcpy(host, p, len);
	host[len] = '\0';
	return true;
}

/* A service's name or no number at all where a port should be. */
static void
mend_port(char *host)
{
	char *colon = strrchr(host, ':');

	if (colon == NULL || strchr(host, ':') != colon)
		return;
	if (strcasecmp(colon, ":https") == 0)
		memcpy(colon, ":443", 5);
	else if (strcasecmp(colon, ":http") == 0)
		memcpy(colon, ":80", 4);
	else if (colon[1] == '\0' || strcmp(colon, ":*") == 0)
		*colon = '\0';
}

/* ".x.org", "*x.org", "**.x.org", "::1", "x.org." and so on, in place. */
static void
mend_host(char out[HOST + 4], char *host)
{
	const char *p = host;
	unsigned char addr[16];
	size_t stars;

	mend_port(host);
	stars = strspn(p, "*");
	if (inet_pton(AF_INET6, p, addr) == 1)
		snprintf(out, HOST + 4, "[%s]", p);
	else if (p[0] == '.')
		snprintf(out, HOST + 4, "*%s", p);
	else if (stars > 1 && p[stars] == '\0')
		snprintf(out, HOST + 4, "*");
	else if (stars > 0 && p[stars] == '.')
		snprintf(out, HOST + 4, "*%s", p + stars);
	else if (stars > 0 && p[stars] != '\0' && p[stars] != ':')
		snprintf(out, HOST + 4, "*.%s", p + stars);
	else
		snprintf(out, HOST + 4, "%s", p);
}

static const char *
trim(char buf[HOST], const char *text)
{
	size_t len;

	text += strspn(text, " \t\"'");
	len = strlen(text);
	while (len > 0 && strchr(" \t\"',;", text[len - 1]) != NULL)
		len--;
	if (len >= HOST)
		len = HOST - 1;
	memcpy(buf, text, len);
	buf[len] = '\0';
	return buf;
}

static bool
advise_form(char buf[CONF_ADVICE], const char *text)
{
	const char *what = NULL;

	if (strpbrk(text, "^$()|\\") != NULL || text[0] == '~')
		what = "; patterns are no regular expressions: "
		    "\"*.example.org\" is all below example.org";
	else if (strpbrk(text, ", ;") != NULL)
		what = "; give each host an entry of its own";
	else if (strchr(text, '*') != NULL && strchr(text, '*') != text)
		what = "; for parts of a name write each host, or \"*\" and "
		    "what all of them end with";
	if (what != NULL)
		snprintf(buf, CONF_ADVICE, "%s", what);
	return what != NULL;
}

const char *
conf_advice_host(char buf[CONF_ADVICE], const char *text)
{
	char trimmed[HOST], host[HOST], mended[HOST + 4];
	char more[CONF_SHOW + 32] = "", show[CONF_SHOW];
	char before[HOST];
	const char *path;

	buf[0] = '\0';
	if (conf_advice_foreign(buf, text) || strlen(text) >= HOST)
		return buf;
	text = trim(trimmed, text);
	if (advise_network(buf, text) || !take_host(host, text, &path))
		return buf;
	/* an @ there is the end of a password with a slash */
	if (path != NULL && strchr(path, '@') == NULL) {
		snprintf(before, sizeof before, "%.*s",
		    (int)strcspn(path, "?#"), path);
		snprintf(more, sizeof more, " For \"%s\" see paths.",
		    conf_show(show, before));
	}
	mend_host(mended, host);
	if (!is_ascii(mended) && advise_idn(buf, mended, more))
		return buf;
	if (!advise(buf, mended, more))
		advise_form(buf, text);
	return buf;
}
