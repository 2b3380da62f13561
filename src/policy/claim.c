/* SPDX-License-Identifier: ISC */
#include "policy/claim.h"

#include <string.h>

#include <netinet/in.h>

#include "http/http1_head.h"
#include "http/sf.h"
#include "policy/credential.h"
#include "policy/rule_cost.h"
#include "policy/rule_path.h"
#include "policy/rule_weight.h"
#include "policy/user.h"

#define SECOND		1000000000ULL	/* ns */
#define COST_MAX	1000000000LL	/* units */
#define MILLI		1000		/* of a unit, in structured fields */

/* Fields */

/* The first field of that name (lower case), or NULL. */
static const struct http1_field *
find_field(const struct http1_head *h, const char *name)
{
	unsigned i;

	for (i = 0; i < h->nfields; i++) {
		if (http1_str_is(h->fields[i].name, name))
			return &h->fields[i];
	}
	return NULL;
}

/* A field that is one number, not negative, in thousandths; once. */
static bool
one_number(const struct http1_head *h, enum http1_name id, int64_t *milli)
{
	const struct http1_field *f = NULL;
	struct sf_item item;
	struct sf sf;
	unsigned i;

	for (i = 0; i < h->nfields; i++) {
		if (h->fields[i].id != id)
			continue;
		if (f != NULL)
			return false;
		f = &h->fields[i];
	}
	if (f == NULL || !sf_is_list(f->value))
		return false;
	sf_start(&sf, f->value);
	if (!sf_member(&sf, &item) || item.type != SF_NUMBER ||
	    item.milli < 0)
		return false;
	*milli = item.milli;
	return !sf_member(&sf, &item);
}

/* RFC 9218 4.1: what is not valid is as if it were not there. */
static uint8_t
urgency_of(const struct http1_head *h)
{
	uint8_t urgency = FAIR_URGENCY;
	struct http1_str key;
	struct sf_item item;
	struct sf sf;
	unsigned i;

	for (i = 0; i < h->nfields; i++) {
		if (h->fields[i].id != HTTP1_PRIORITY ||
		    !sf_is_dictionary(h->fields[i].value))
			continue;
		sf_start(&sf, h->fields[i].value);
		while (sf_entry(&sf, &key, &item)) {
			if (key.len == 1 && key.p[0] == 'u' &&
			    item.type == SF_NUMBER && item.milli >= 0 &&
			    item.milli < FAIR_URGENCIES * MILLI &&
			    item.milli % MILLI == 0)
				urgency = (uint8_t)(item.milli / MILLI);
		}
	}
	return urgency;
}

/* Who it is */

/* What somebody is told apart by. */
struct identity {
	const char	*kind;
	const void	*p;		/* NULL: not known */
	size_t		 len;
	bool		 named;		/* a text that weights may name */
	bool		 address;	/* the source's address */
};

static struct identity
address_of(const struct sockaddr *sa)
{
	struct identity who = { .kind = "address", .p = "", .address = true };
	const struct sockaddr_in *in;
	const struct sockaddr_in6 *in6;

	if (sa != NULL && sa->sa_family == AF_INET) {
		in = (const struct sockaddr_in *)(const void *)sa;
		who.p = &in->sin_addr;
		who.len = sizeof in->sin_addr;
	} else if (sa != NULL && sa->sa_family == AF_INET6) {
		in6 = (const struct sockaddr_in6 *)(const void *)sa;
		who.p = &in6->sin6_addr;
		who.len = sizeof in6->sin6_addr;
		/* a client of IPv4, at an address for both */
		if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
			who.p = &in6->sin6_addr.s6_addr[12];
			who.len = sizeof in->sin_addr;
		}
	}
	return who;
}

/* Whoever is meant by the key, or nobody (p NULL). */
static struct identity
identify(const struct rule_key *key, const struct claim_source *s,
    char user[USER_NAME])
{
	struct identity who = { .kind = "user", .named = true };
	const struct http1_field *f;

	switch (key->kind) {
	case RULE_KEY_NONE:
	case RULE_KEY_JWT:
		break;
	case RULE_KEY_CLIENT:
		return address_of(s->address);
	case RULE_KEY_USER:
		if (!s->checked && user_read(s->head, user))
			who.p = user;
		else
			who.p = s->user;
		if (who.p != NULL)
			who.len = strlen(who.p);
		break;
	case RULE_KEY_HEADER:
		who.kind = key->header;
		if ((f = find_field(s->head, key->header)) != NULL) {
			who.p = f->value.p;
			who.len = f->value.len;
		}
		break;
	}
	return who;
}

const char claim_no_memory[] = "out of memory";

/* The hash of somebody; an address's is made once for many requests. */
static bool
make_hash(struct client_hash *hash, const struct claim_hash *k,
    const struct identity *who, const struct claim_source *s)
{
	struct client_hash *kept = who->address ? s->address_hash : NULL;

	if (kept != NULL && (kept->a != 0 || kept->b != 0)) {
		*hash = *kept;
		return true;
	}
	if (!k->make(k->hasher, who->kind, who->p, who->len, hash))
		return false;
	if (kept != NULL)
		*kept = *hash;
	return true;
}

/* Whose turns it takes, and of what weight those are. */
static const char *
take_client(struct claim *c, const struct claim_hash *k,
    const struct rule *rule, const struct claim_source *s)
{
	char user[USER_NAME];
	struct identity who = identify(&rule->fair_by, s, user);
	struct client_hash hash;

	if (who.p == NULL)
		who = address_of(s->address);
	if (!make_hash(&hash, k, &who, s))
		return claim_no_memory;
	c->request.client = hash.a;
	c->request.weight = rule_weight_of(rule, s->address,
	    who.named ? who.p : NULL, who.named ? who.len : 0);
	return NULL;
}

/* A hash over pieces, each in its place; begins as zero. */
static bool
add_piece(const struct claim_hash *k, const char *kind, struct http1_str piece,
    struct client_hash *hash)
{
	struct client_hash both[2] = { *hash };

	return k->make(k->hasher, kind, piece.p, piece.len, &both[1]) &&
	    k->make(k->hasher, kind, both, sizeof both, hash);
}

/* Takes the next of a field's values, which commas separate (RFC 9110 5.3). */
static bool
next_value(struct http1_str *list, struct http1_str *value)
{
	size_t n;

	while (list->len > 0 && strchr(", \t", list->p[0]) != NULL) {
		list->p++;
		list->len--;
	}
	for (n = 0; n < list->len && list->p[n] != ','; n++)
		;
	value->p = list->p;
	value->len = n;
	list->p += n;
	list->len -= n;
	while (value->len > 0 && strchr(" \t",
	    value->p[value->len - 1]) != NULL)
		value->len--;
	return value->len > 0;
}

/* A hash over what one field says, zero where that is nothing. */
static bool
hash_values(const struct claim_hash *k, const char *name,
    struct http1_str list, struct client_hash *hash)
{
	struct http1_str value, last = { NULL, 0 };

	*hash = (struct client_hash){ 0, 0 };
	while (next_value(&list, &value)) {
		if (last.p != NULL && last.len == value.len &&
		    memcmp(last.p, value.p, value.len) == 0)
			continue;
		if (!add_piece(k, name, value, hash))
			return false;
		last = value;
	}
	return true;
}

/*
 * Of fields of one name some hosts take the first and some the last.  So they
 * have to say the same; whoever adds another one would be somebody else to us
 * with each, and the same to the host.
 */
static const char *
take_hash(struct claim *c, const struct client_hash *one)
{
	static const struct client_hash none;

	if (memcmp(one, &none, sizeof none) == 0)
		return NULL;
	if (memcmp(&c->credential, &none, sizeof none) != 0 &&
	    memcmp(&c->credential, one, sizeof *one) != 0)
		return "two fields, of which one says whose it is, differ";
	c->credential = *one;
	return NULL;
}

static const char *
take_values(struct claim *c, const struct claim_hash *k, const char *name,
    const struct http1_head *h)
{
	struct client_hash one;
	const char *wrong = NULL;
	unsigned i;

	for (i = 0; wrong == NULL && i < h->nfields; i++) {
		if (!http1_str_is(h->fields[i].name, name))
			continue;
		if (!hash_values(k, name, h->fields[i].value, &one))
			return claim_no_memory;
		wrong = take_hash(c, &one);
	}
	return wrong;
}

static const char *
add_credential(struct claim *c, const struct claim_hash *k,
    const struct rule_key *key, struct http1_str value,
    struct client_hash *hash)
{
	const char *wrong = NULL;
	struct credential credential;
	unsigned i;

	if (key->claims != NULL)
		credential_read_claims(&credential, value, key->claims);
	else
		credential_read(&credential, value);
	if (credential.kind == CREDENTIAL_UNCLEAR)
		wrong = "Authorization names more than one credential";
	if (credential.kind == CREDENTIAL_VALUE && !c->unread) {
		c->unread = true;
		c->scheme = credential.scheme;
	}
	for (i = 0; wrong == NULL && i < credential.npieces; i++)
		if (!add_piece(k, "authorization", credential.pieces[i], hash))
			wrong = claim_no_memory;
	explicit_bzero(credential.text, credential.used);
	return wrong;
}

static const char *
take_authorization(struct claim *c, const struct claim_hash *k,
    const struct rule_key *key, const struct http1_head *h)
{
	struct client_hash one;
	const char *wrong = NULL;
	unsigned i;

	for (i = 0; wrong == NULL && i < h->nfields; i++) {
		if (!http1_str_is(h->fields[i].name, "authorization"))
			continue;
		one = (struct client_hash){ 0, 0 };
		wrong = add_credential(c, k, key, h->fields[i].value, &one);
		if (wrong == NULL)
			wrong = take_hash(c, &one);
	}
	return wrong;
}

/* By who asks, as fair_by tells clients apart. */
static const char *
take_identity(struct claim *c, const struct claim_hash *k,
    const struct rule *rule, const struct claim_source *s)
{
	char user[USER_NAME];
	struct identity who = identify(&rule->per, s, user);

	if (who.p == NULL)
		return NULL;
	return make_hash(&c->credential, k, &who, s) ? NULL : claim_no_memory;
}

static const char *
take_credential(struct claim *c, const struct claim_hash *k,
    const struct rule *rule, const struct claim_source *s)
{
	const struct rule_key *key = &rule->per;

	if (key->kind == RULE_KEY_NONE)
		return NULL;
	if (key->kind == RULE_KEY_JWT || (key->kind == RULE_KEY_HEADER &&
	    strcmp(key->header, "authorization") == 0))
		return take_authorization(c, k, key, s->head);
	if (key->kind == RULE_KEY_HEADER)
		return take_values(c, k, key->header, s->head);
	return take_identity(c, k, rule, s);
}

/* How much, and until when */

static uint64_t
smallest_burst(const struct budget_limits *l, uint64_t max)
{
	unsigned i;

	for (i = 0; i < l->nrates; i++) {
		if (l->rates[i].burst < max)
			max = l->rates[i].burst;
	}
	return max;
}

/* What a client may claim: never a debt that others have to wait for. */
static uint64_t
largest_cost(const struct rule *rule, const struct throttle_request *q)
{
	uint64_t max;
	unsigned i;

	if (rule->mode == RULE_OBSERVE)
		return UINT64_MAX;
	max = smallest_burst(&rule->limits, UINT64_MAX);
	max = smallest_burst(&rule->total, max);
	if (q->part != THROTTLE_WHOLE)
		max = smallest_burst(&rule->paths[q->part].limits, max);
	for (i = 0; i < q->also.n; i++)
		max = smallest_burst(&rule->paths[q->also.parts[i]].limits,
		    max);
	return max;
}

static const char *
take_cost(struct claim *c, const struct rule *rule,
    const struct claim_source *s)
{
	uint64_t max = largest_cost(rule, &c->request);
	int64_t milli;

	if (s->tunnel)
		c->request.cost = rule->tunnel_cost;
	else
		c->request.cost = rule_cost_of(rule, s->head);
	if (!rule->client_cost ||
	    http1_find(s->head, HTTP1_SLUICE_COST) == NULL)
		return NULL;
	if (!one_number(s->head, HTTP1_SLUICE_COST, &milli) ||
	    milli > COST_MAX * MILLI)
		return "Sluice-Cost is not a number from 0 to 1000000000";
	c->request.cost = (uint64_t)milli * (BUDGET_UNIT / MILLI);
	if (c->request.cost > max)
		return "Sluice-Cost is more than the host's burst";
	return NULL;
}

static const char *
take_deadline(struct claim *c, const struct rule *rule,
    const struct claim_source *s, uint64_t now)
{
	uint64_t wait = rule->max_wait, own;
	uint64_t all = rule->retry_max_time > wait ? rule->retry_max_time :
	    wait;
	int64_t milli;

	c->max_wait = THROTTLE_NEVER;
	if (http1_find(s->head, HTTP1_SLUICE_MAX_WAIT) != NULL) {
		if (!one_number(s->head, HTTP1_SLUICE_MAX_WAIT, &milli))
			return "Sluice-Max-Wait is not a number of seconds";
		if (milli < INT64_MAX / (int64_t)(SECOND / MILLI)) {
			own = (uint64_t)milli * (SECOND / MILLI);
			c->max_wait = own;
			wait = own < wait ? own : wait;
			all = own < all ? own : all;
		}
	}
	c->request.deadline = now + wait;
	c->request.again = rule->max_wait;
	c->request.latest = now + all;
	return NULL;
}

_Static_assert(RULE_PATH_PARTS == 1 + THROTTLE_ALSO, "all of a request's");

static const char *
take_parts(struct claim *c, const struct rule *rule,
    const struct claim_source *s)
{
	unsigned parts[RULE_PATH_PARTS];
	int i, n;

	c->request.part = THROTTLE_WHOLE;
	if (s->tunnel)
		return NULL;
	if ((n = rule_path_of(rule, s->head, parts)) < 0)
		return "the path can be read in too many ways";
	if (n > 0)
		c->request.part = parts[0];
	for (i = 1; i < n; i++)
		c->request.also.parts[c->request.also.n++] =
		    (uint8_t)parts[i];
	return NULL;
}

const char *
claim_make(struct claim *c, const struct claim_hash *k,
    const struct rule *rule, const struct claim_source *s, uint64_t now)
{
	const char *wrong;

	memset(c, 0, sizeof *c);
	c->request.owner = s->owner;
	c->request.urgency = urgency_of(s->head);
	if ((wrong = take_parts(c, rule, s)) != NULL ||
	    (wrong = take_cost(c, rule, s)) != NULL ||
	    (wrong = take_deadline(c, rule, s, now)) != NULL ||
	    (wrong = take_client(c, k, rule, s)) != NULL)
		return wrong;
	return take_credential(c, k, rule, s);
}

bool
claim_has_turn(const struct claim *c, const struct claim_turn *turn)
{
	return turn->cost > 0 && c->request.cost <= turn->cost &&
	    c->request.client == turn->client &&
	    c->request.part == THROTTLE_WHOLE &&
	    c->credential.a == turn->credential.a &&
	    c->credential.b == turn->credential.b;
}
