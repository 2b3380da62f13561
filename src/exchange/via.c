/* SPDX-License-Identifier: ISC */
#include "exchange/via.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/rand.h>

#include "conf/conf.h"
#include "http/http1.h"

/* Made once, so that it lives across reloads. */
static char own[VIA_OWN];

bool
via_init(void)
{
	unsigned char b[4];

	if (RAND_bytes(b, sizeof b) != 1)
		return false;
	snprintf(own, sizeof own, "sluice-%02x%02x%02x%02x", b[0], b[1], b[2],
	    b[3]);
	return true;
}

void
via_own(char name[VIA_OWN])
{
	memcpy(name, own, VIA_OWN);
}

void
via_set_own(const char *name)
{
	snprintf(own, sizeof own, "%s", name);
}

const char *
via_name(const struct conf *conf)
{
	if (!conf->via_send)
		return NULL;
	return conf->via_name != NULL ? conf->via_name : own;
}

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

/* Behind the comment at p, or NULL where it does not end. */
static const char *
skip_comment(const char *p, const char *end)
{
	unsigned depth = 0;

	for (; p < end; p++) {
		if (*p == '\\')
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p + 1;
	}
	return NULL;
}

/*
 * Where the element at p ends.  A comma in a comment is none; but what begins
 * like a comment and does not end must not hide those that follow: from then on
 * there are none, which also bounds the time that this takes.
 */
static const char *
element_end(const char *p, const char *end, bool *comments)
{
	const char *behind;

	while (p < end && *p != ',') {
		behind = NULL;
		if (*p == '(' && *comments) {
			behind = skip_comment(p, end);
			*comments = behind != NULL;
		}
		p = behind != NULL ? behind : p + 1;
	}
	return p;
}

/* One element of Via: protocol, received-by, perhaps a comment. */
static bool
names_us(const char *p, const char *end, const char *name)
{
	size_t len = strlen(name);
	const char *by;

	p = skip_blanks(p, end);
	while (p < end && *p != ' ' && *p != '\t')
		p++;
	by = p = skip_blanks(p, end);
	while (p < end && *p != ' ' && *p != '\t' && *p != '(')
		p++;
	return (size_t)(p - by) == len && strncasecmp(by, name, len) == 0;
}

bool
via_is_loop(const struct http1_head *h, const char *name)
{
	const char *p, *end, *stop;
	bool comments;
	unsigned i;

	for (i = 0; name != NULL && i < h->nfields; i++) {
		if (h->fields[i].id != HTTP1_VIA)
			continue;
		p = h->fields[i].value.p;
		end = p + h->fields[i].value.len;
		comments = true;
		for (; p < end; p = stop < end ? stop + 1 : end) {
			stop = element_end(p, end, &comments);
			if (names_us(p, stop, name))
				return true;
		}
	}
	return false;
}
