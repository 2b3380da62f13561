/* SPDX-License-Identifier: ISC */
#include "exchange/upgrade.h"

#include <stdlib.h>
#include <string.h>

/* Where one is in the members of all of a head's Upgrade fields. */
struct members {
	const struct http1_head	*head;
	unsigned		 field;
	size_t			 off;
};

static struct http1_str
trim(const char *p, size_t len)
{
	while (len > 0 && (*p == ' ' || *p == '\t')) {
		p++;
		len--;
	}
	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'))
		len--;
	return (struct http1_str){ p, len };
}

/* The next member up to a comma, perhaps an empty one, and what follows it. */
static struct http1_str
cut(const struct http1_str *list, size_t *off)
{
	const char *p = list->p + *off, *comma;
	size_t left = list->len - *off, len = left;

	if ((comma = memchr(p, ',', left)) != NULL)
		len = (size_t)(comma - p);
	*off += comma != NULL ? len + 1 : left;
	return trim(p, len);
}

/* The next member that is not empty; false: there is none. */
static bool
next(struct members *m, struct http1_str *member)
{
	const struct http1_field *f;

	for (; m->field < m->head->nfields; m->field++, m->off = 0) {
		f = &m->head->fields[m->field];
		while (f->id == HTTP1_UPGRADE && m->off < f->value.len) {
			*member = cut(&f->value, &m->off);
			if (member->len > 0)
				return true;
		}
	}
	return false;
}

static bool
is_in(const char *list, struct http1_str member)
{
	struct http1_str all = { list, strlen(list) }, one;
	char text[RULE_UPGRADE];
	size_t off = 0;

	if (member.len >= sizeof text)
		return false;
	memcpy(text, member.p, member.len);
	text[member.len] = '\0';
	while (off < all.len) {
		one = cut(&all, &off);
		if (http1_str_is(one, text))
			return true;
	}
	return false;
}

static void
add(struct upgrade *u, struct http1_str member)
{
	/* what the rule names, and each once */
	size_t size = RULE_UPGRADES_MAX * (RULE_UPGRADE + 2);
	size_t len;

	if (u->offer == NULL && (u->offer = calloc(1, size)) == NULL) {
		u->failed = true;
		return;
	}
	if (is_in(u->offer, member))
		return;
	if ((len = strlen(u->offer)) > 0) {
		memcpy(u->offer + len, ", ", 2);
		len += 2;
	}
	memcpy(u->offer + len, member.p, member.len);
	u->offer[len + member.len] = '\0';
}

void
upgrade_read(struct upgrade *u, const struct http1_head *h,
    const struct rule *rule)
{
	struct members m = { .head = h };
	struct http1_str member;

	while (!u->failed && next(&m, &member)) {
		/* half an offer is none, nor is one of HTTP/1.0 */
		if (h->upgrade && h->minor > 0 &&
		    rule_upgrades(rule, member))
			add(u, member);
		else if (u->dropped.len == 0)
			u->dropped = member;
	}
}

void
upgrade_free(struct upgrade *u)
{
	free(u->offer);
	u->offer = NULL;
}

bool
upgrade_was_offered(const char *offer, const struct http1_head *response)
{
	struct members m = { .head = response };
	struct http1_str member;
	bool any = false;

	while (next(&m, &member)) {
		if (offer == NULL || !is_in(offer, member))
			return false;
		any = true;
	}
	return any;
}
