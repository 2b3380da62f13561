/* SPDX-License-Identifier: ISC */
#include "exchange/relay_codings.h"

#include <string.h>

#include "base/text.h"
#include "http/http1.h"
#include "http/http1_fields.h"

/* What a client says of codings. */
struct taste {
	bool	 said;		/* anything at all */
	bool	 some;		/* it names one that it takes, and we read */
	bool	 packed;	/* ... that compresses */
	bool	 named;		/* it names identity */
	bool	 plain;		/* it takes identity */
};

bool
relay_codings_is(const struct http1_field *f)
{
	return !f->hop && http1_str_is(f->name, "accept-encoding");
}

/* "q=0", with up to any number of decimals: not acceptable. */
static bool
is_refusal(struct http1_str weight)
{
	size_t i;

	if (weight.len < 3 || (weight.p[0] != 'q' && weight.p[0] != 'Q') ||
	    weight.p[1] != '=' || weight.p[2] != '0')
		return false;
	for (i = 3; i < weight.len; i++) {
		if (weight.p[i] != (i == 3 ? '.' : '0'))
			return false;
	}
	return true;
}

/* Takes the weight off a member of the list; returns whether it is refused. */
static bool
split(struct http1_str *member)
{
	struct http1_str weight = { NULL, 0 };
	const char *p = memchr(member->p, ';', member->len);

	if (p != NULL) {
		weight.p = p + 1;
		weight.len = member->len - (size_t)(weight.p - member->p);
		member->len = (size_t)(p - member->p);
	}
	*member = http1_str_trim(*member);
	return is_refusal(http1_str_trim(weight));
}

static bool
is_compression(struct http1_str coding)
{
	return http1_str_is(coding, "gzip") ||
	    http1_str_is(coding, "x-gzip") ||
	    http1_str_is(coding, "deflate");
}

/* What is not named counts as "*" does; without that only identity is taken. */
static void
take_member(struct taste *k, struct http1_str member, struct text *t)
{
	struct http1_str coding = member;
	bool refused = split(&coding), all = http1_str_is(coding, "*");
	bool plain = http1_str_is(coding, "identity");

	if (plain || (all && !k->named))
		k->plain = !refused;
	k->named |= plain;
	if (refused || !(plain || is_compression(coding)))
		return;
	k->packed |= !plain;
	if (t != NULL) {
		text_puts(t, k->some ? ", " : "");
		text_put(t, member.p, member.len);
	}
	k->some = true;
}

/* Of all fields, which are one list.  Puts what can be read unless t is NULL. */
static struct taste
take(const struct http1_head *h, struct text *t)
{
	struct taste k = { .plain = true };
	struct http1_str value, member;
	unsigned i;

	for (i = 0; i < h->nfields; i++) {
		if (!relay_codings_is(&h->fields[i]))
			continue;
		k.said = true;
		value = h->fields[i].value;
		while (http1_list_next(&value, &member))
			take_member(&k, member, t);
	}
	return k;
}

bool
relay_codings_plain(const struct http1_head *h)
{
	return take(h, NULL).plain;
}

bool
relay_codings_readable(const struct http1_head *h)
{
	struct taste k = take(h, NULL);

	return k.said && (k.packed || k.plain);
}

void
relay_codings_put(struct text *t, const struct http1_head *h)
{
	struct taste k;

	text_puts(t, "Accept-Encoding: ");
	k = take(h, t);
	if (!k.plain)
		text_puts(t, ", identity;q=0");
	else if (!k.some)
		text_puts(t, "identity");
	text_puts(t, "\r\n");
}
