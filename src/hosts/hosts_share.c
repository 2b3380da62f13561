/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_share.h"

#include <stdlib.h>
#include <string.h>

#include "net/address.h"

#define SHARE	3	/* times what is left of the table */

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

/* A rule is for it by its name, or all of a wildcard share it. */
bool
hosts_has_place(const struct conf *conf, const struct rule *rule,
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
room_for(const struct conf *conf, const struct client_hash *whose)
{
	size_t max = conf->limit_hosts;

	return whose->a == 0 && whose->b == 0 ? max : max - max / 4;
}

enum hosts_answer
hosts_room(const struct hosts_share *share, const struct conf *conf,
    const struct rule *rule, const struct client_hash *whose,
    const struct hosts_client *c)
{
	if (hosts_has_place(conf, rule, whose))
		return HOSTS_GO;
	if (share->counted >= room_for(conf, whose))
		return HOSTS_NO_ROOM;
	if (c->n > SHARE * (conf->limit_hosts - share->counted))
		return HOSTS_NO_SHARE;
	return HOSTS_GO;
}

struct hosts_client *
hosts_client(struct hosts_share *share, const struct sockaddr *address)
{
	struct hosts_client *c, key;

	address_client(address, &key.address);
	c = RB_FIND(hosts_clients, &share->clients, &key);
	if (c == NULL) {
		if ((c = calloc(1, sizeof *c)) == NULL)
			return NULL;
		c->address = key.address;
		RB_INSERT(hosts_clients, &share->clients, c);
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
forget_idle(struct hosts_share *share, struct hosts_client *c)
{
	if (c->n > 0 || c->asking)
		return;
	RB_REMOVE(hosts_clients, &share->clients, c);
	free(c);
}

void
hosts_client_done(struct hosts_share *share, struct hosts_client *c)
{
	c->asking = false;
	forget_idle(share, c);
}

void
hosts_charge(struct hosts_share *share, struct hosts_charge *charge,
    struct hosts_client *c)
{
	charge->counted = true;
	share->counted++;
	if ((charge->client = c) != NULL)
		c->n++;
}

void
hosts_discharge(struct hosts_share *share, struct hosts_charge *charge)
{
	struct hosts_client *c = charge->client;

	if (charge->counted)
		share->counted--;
	*charge = (struct hosts_charge){ 0 };
	if (c != NULL) {
		c->n--;
		forget_idle(share, c);
	}
}
