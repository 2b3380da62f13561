/* SPDX-License-Identifier: ISC */
#include "front/turns.h"


static int
compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* The earlier round first, in one who came first. */
static int
order_cmp(const struct turn *a, const struct turn *b)
{
	int difference = compare(a->round, b->round);

	return difference != 0 ? difference : compare(a->number, b->number);
}

static int
client_cmp(const struct turn *a, const struct turn *b)
{
	int difference = compare(a->client, b->client);

	return difference != 0 ? difference : order_cmp(a, b);
}

RB_PROTOTYPE(turns_order, turn, in_order, order_cmp)
RB_GENERATE(turns_order, turn, in_order, order_cmp)
RB_PROTOTYPE(turns_clients, turn, of_client, client_cmp)
RB_GENERATE(turns_clients, turn, of_client, client_cmp)

/* The last one of a client that waits; NULL where none does. */
static const struct turn *
last_of(struct turns *t, uint64_t client)
{
	struct turn behind = { .client = client, .round = UINT64_MAX,
	    .number = UINT64_MAX };
	struct turn *next = RB_NFIND(turns_clients, &t->clients, &behind);
	const struct turn *last = next != NULL ?
	    RB_PREV(turns_clients, &t->clients, next) :
	    RB_MAX(turns_clients, &t->clients);

	return last != NULL && last->client == client ? last : NULL;
}

void
turns_wait(struct turns *t, struct turn *turn, uint64_t client)
{
	const struct turn *last = last_of(t, client);

	turn->client = client;
	/* not in this one: it may have had its turn, and come again */
	turn->round = (last != NULL ? last->round : t->round) + 1;
	turn->number = ++t->numbers;
	turn->waits = true;
	RB_INSERT(turns_order, &t->order, turn);
	RB_INSERT(turns_clients, &t->clients, turn);
}

void
turns_leave(struct turns *t, struct turn *turn)
{
	if (!turn->waits)
		return;
	RB_REMOVE(turns_order, &t->order, turn);
	RB_REMOVE(turns_clients, &t->clients, turn);
	turn->waits = false;
}

struct turn *
turns_next(struct turns *t)
{
	struct turn *turn = RB_MIN(turns_order, &t->order);

	if (turn == NULL)
		return NULL;
	t->round = turn->round;
	turns_leave(t, turn);
	return turn;
}
