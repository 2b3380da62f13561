/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_internal.h"

#include <stdlib.h>
#include <string.h>

#include "net/address.h"

/*
 * Who has how many of the table's entries, with the table locked for writing.
 *
 * A host that the configuration names has its place whatever else is in the
 * table: there are no more of them than rules.  All others count, and are
 * charged to the client who named them first.  It may have SHARE times as
 * many as are left after them: one client alone most of the table, many of them
 * less each, and there is room for another one always.
 */

#define SHARE	3

struct hosts_client {
	RB_ENTRY(hosts_client)	 node;
	struct address		 address;
	size_t			 n;		/* entries */
	bool			 asking;	/* for another one, just now */
	bool			 refusing;	/* logged that it is refused */
};

static int
client_cmp(const struct hosts_client *a, const struct hosts_client *b)
{
	return memcmp(&a->address, &b->address, sizeof a->address);
}

RB_PROTOTYPE(hosts_clients, hosts_client, node, client_cmp)
RB_GENERATE(hosts_clients, hosts_client, node, client_cmp)

/* One that a rule is for by its name, or that all of a wildcard share. */
static bool
has_place(const struct conf *conf, const struct rule *rule,
    const struct client_hash *whose)
{
	return rule != &conf->fallback && whose->a == 0 && whose->b == 0 &&
	    (rule->shared || rule->name[0] != '*');
}

/*
 * How many entries there may be for another one.  Credentials, which clients
 * make up, leave room for hosts.
 */
static size_t
room_for(const struct hosts *hs, const struct client_hash *whose)
{
	size_t max = hs->conf->limit_hosts;

	return whose->a == 0 && whose->b == 0 ? max : max - max / 4;
}

enum hosts_answer
hosts_room(const struct hosts *hs, const struct rule *rule,
    const struct client_hash *whose, const struct hosts_client *c)
{
	if (has_place(hs->conf, rule, whose))
		return HOSTS_GO;
	if (hs->counted >= room_for(hs, whose))
		return HOSTS_NO_ROOM;
	if (c->n > SHARE * (hs->conf->limit_hosts - hs->counted))
		return HOSTS_NO_SHARE;
	return HOSTS_GO;
}

struct hosts_client *
hosts_client(struct hosts *hs, const struct sockaddr *address)
{
	struct hosts_client *c, key;

	address_pack(address, &key.address);
	c = RB_FIND(hosts_clients, &hs->clients, &key);
	if (c == NULL) {
		if ((c = calloc(1, sizeof *c)) == NULL)
			return NULL;
		c->address = key.address;
		RB_INSERT(hosts_clients, &hs->clients, c);
	}
	c->asking = true;
	return c;
}

bool
hosts_client_crosses(struct hosts_client *c, bool refused)
{
	bool crosses = refused && !c->refusing;

	c->refusing = refused;
	return crosses;
}

static void
forget_idle(struct hosts *hs, struct hosts_client *c)
{
	if (c->n > 0 || c->asking)
		return;
	RB_REMOVE(hosts_clients, &hs->clients, c);
	free(c);
}

void
hosts_client_done(struct hosts *hs, struct hosts_client *c)
{
	c->asking = false;
	forget_idle(hs, c);
}

void
hosts_charge(struct hosts *hs, struct host *h, struct hosts_client *c)
{
	h->counted = !has_place(h->conf, h->rule, &h->credential);
	if (!h->counted)
		return;
	hs->counted++;
	if ((h->client = c) != NULL)
		c->n++;
}

void
hosts_discharge(struct hosts *hs, struct host *h)
{
	struct hosts_client *c = h->client;

	h->client = NULL;
	if (h->counted)
		hs->counted--;
	h->counted = false;
	if (c != NULL) {
		c->n--;
		forget_idle(hs, c);
	}
}

void
hosts_recharge(struct hosts *hs, struct host *h)
{
	bool counts = !has_place(h->conf, h->rule, &h->credential);

	if (counts && !h->counted)
		hosts_charge(hs, h, NULL);
	else if (!counts)
		hosts_discharge(hs, h);
}
