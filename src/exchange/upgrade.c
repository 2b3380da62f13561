/* SPDX-License-Identifier: ISC */
#include "exchange/upgrade.h"

#include <stdlib.h>
#include <string.h>

#include "http/http1_fields.h"

/* Where one is in the members of all of a head's Upgrade fields. */
struct members {
	const struct http1_head	*head;
	unsigned		 field;		/* that comes next */
	struct http1_str	 rest;		/* of the one before that */
};

/* The next member that is not empty; false: there is none. */
static bool
next(struct members *m, struct http1_str *member)
{
	const struct http1_head *h = m->head;

	for (;;) {
		while (http1_list_next(&m->rest, member)) {
			if (member->len > 0)
				return true;
		}
		while (m->field < h->nfields &&
		    h->fields[m->field].id != HTTP1_UPGRADE)
			m->field++;
		if (m->field == h->nfields)
			return false;
		m->rest = h->fields[m->field++].value;
	}
}

static bool
is_in(const char *list, struct http1_str member)
{
	struct http1_str rest = { list, strlen(list) }, one;
	char text[RULE_UPGRADE];

	if (member.len >= sizeof text)
		return false;
	memcpy(text, member.p, member.len);
	text[member.len] = '\0';
	while (http1_list_next(&rest, &one)) {
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
