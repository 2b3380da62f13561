/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hosts/hosts_lookup.h"

static void
show_waiter(struct hosts_waiter *w, struct host *h,
    const struct waiter_view *view)
{
	const struct ticket *t = const_ticket_of(view->waiter);

	w->waiter = *view;
	w->waiter.waiter = NULL;
	ticket_say(&w->said, h, t);
	w->part[0] = '\0';
	if (view->named != 0)
		snprintf(w->part, sizeof w->part, "%s",
		    throttle_named_text(h->throttle, view->named));
	else if (view->part < h->rule->npaths)
		snprintf(w->part, sizeof w->part, "%s",
		    h->rule->paths[view->part].text);
}

size_t
hosts_view_queue(struct hosts *hs, const char *key, uint64_t now,
    struct hosts_waiter *list, size_t max, size_t *all, size_t *clients)
{
	struct waiter_view *views = calloc(max, sizeof *views);
	struct host *h = views != NULL ? hosts_lookup(hs, key) : NULL;
	struct throttle_view view;
	size_t i, n = 0;

	*all = *clients = 0;
	if (h != NULL) {
		throttle_view(h->throttle, now, &view);
		*all = view.waiting;
		*clients = view.clients;
		n = throttle_view_queue(h->throttle, now, views, max);
		for (i = 0; i < n; i++)
			show_waiter(&list[i], h, &views[i]);
		hosts_exit(hs, h);
	}
	free(views);
	return n;
}

/* Users */

static int
by_use(const void *a, const void *b)
{
	const struct hosts_user *one = a, *other = b;
	size_t x = one->waiting + one->inflight;
	size_t y = other->waiting + other->inflight;

	return x > y ? -1 : x < y;
}

/* Its place in an open table of a power of two, at most half full; or NULL. */
static struct hosts_user *
place_of(struct hosts_user *table, size_t size, size_t *used, uint64_t id)
{
	size_t i = (size_t)id & (size - 1);

	while (table[i].client[0] != '\0' && table[i].id != id)
		i = (i + 1) & (size - 1);
	if (table[i].client[0] == '\0' && ++*used > size / 2)
		return NULL;
	return &table[i];
}

/* A name that says who it is stands before the digits of a hash. */
static void
count_ticket(struct hosts_user *u, const struct host *h,
    const struct ticket *t)
{
	u->id = t->waiter.fair.client;
	if (u->client[0] == '\0' || u->client[0] == '#')
		ticket_say_client(u->client, h, t);
	if (t->state == TICKET_WAITING)
		u->waiting++;
	else
		u->inflight++;
}

#define USERS_TABLE	4096	/* places, for half as many clients */

size_t
hosts_view_users(struct hosts *hs, const char *key, struct hosts_user *list,
    size_t max)
{
	struct hosts_user *table = calloc(USERS_TABLE, sizeof *table), *u;
	struct host *h = table != NULL ? hosts_lookup(hs, key) : NULL;
	struct ticket *t;
	size_t i, n = 0, used = 0;

	if (h != NULL) {
		TAILQ_FOREACH(t, &h->tickets, entry) {
			u = place_of(table, USERS_TABLE, &used,
			    t->waiter.fair.client);
			if (u == NULL)
				break;
			count_ticket(u, h, t);
		}
		hosts_exit(hs, h);
		for (i = 0; i < USERS_TABLE; i++)
			if (table[i].client[0] != '\0')
				table[n++] = table[i];
		qsort(table, n, sizeof *table, by_use);
		if (n > max)
			n = max;
		memcpy(list, table, n * sizeof *list);
	}
	free(table);
	return n;
}
