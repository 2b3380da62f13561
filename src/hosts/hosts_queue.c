/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hosts/hosts_lookup.h"
#include "net/address.h"

/* Names of fields that may hold what nobody is to see have one of these. */
static const char *const secrets[] = {
	"auth", "bearer", "cookie", "cred", "jwt", "key", "pass", "secret",
	"sess", "sign", "token",
};

static bool
may_be_secret(const char *field)
{
	size_t i;

	for (i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
		if (strstr(field, secrets[i]) != NULL)
			return true;
	return false;
}

/* What must not move a cursor, or break a line, is shown as a question mark. */
static void
show(char *to, size_t size, const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len && i + 1 < size; i++)
		to[i] = (unsigned char)p[i] < 0x20 || p[i] == 0x7f ? '?' :
		    p[i];
	to[i] = '\0';
}

/* The value of the first field of that name, in a head as it goes out. */
static struct http1_str
find_value(const struct ticket_shown *shown, const char *name)
{
	const char *end = shown->head + shown->len, *line = shown->head, *eol;
	struct http1_str none = { NULL, 0 };
	size_t n = strlen(name);

	for (; line < end; line = eol + 1) {
		eol = memchr(line, '\n', (size_t)(end - line));
		if (eol == NULL)
			return none;
		if ((size_t)(eol - line) < n + 2 || line[n] != ':' ||
		    strncasecmp(line, name, n) != 0)
			continue;
		line += n + 1;
		while (line < eol && *line == ' ')
			line++;
		return (struct http1_str){ line,
		    (size_t)(eol - line) - (eol > line && eol[-1] == '\r') };
	}
	return none;
}

static void
show_address(char *to, const struct sockaddr *sa)
{
	struct sockaddr_storage plain;
	struct address address;
	char text[ADDRESS_TEXT];
	size_t len;

	address_pack(sa, &address);
	if (address.family == 0) {
		snprintf(to, HOSTS_CLIENT, "a Unix socket");
		return;
	}
	address_unpack(&address, 0, &plain);
	address_print((struct sockaddr *)&plain, text, sizeof text);
	/* without the port, and its brackets */
	len = strlen(text) - strlen(":0");
	if (text[0] == '[')
		show(to, HOSTS_CLIENT, text + 1, len - 2);
	else
		show(to, HOSTS_CLIENT, text, len);
}

/* Whether its client is known by its address, for all that is known here. */
static bool
is_by_address(const struct rule_key *by)
{
	return by->kind == RULE_KEY_NONE || by->kind == RULE_KEY_CLIENT ||
	    by->kind == RULE_KEY_JWT;
}

/* What its turns are told apart by, or nothing. */
static struct http1_str
identity_of(const struct rule_key *by, const struct ticket_shown *shown)
{
	struct http1_str none = { NULL, 0 };

	if (by->kind == RULE_KEY_USER && shown->user != NULL)
		return (struct http1_str){ shown->user, strlen(shown->user) };
	if (by->kind != RULE_KEY_HEADER || shown->head == NULL)
		return none;
	return find_value(shown, by->header);
}

/* With the host's lock held.  Never nothing. */
static void
show_client(char *to, const struct host *h, const struct ticket *t)
{
	const struct rule_key *by = &h->rule->fair_by;
	struct http1_str value = identity_of(by, &t->shown);
	bool secret = by->kind == RULE_KEY_HEADER && may_be_secret(by->header);

	if (is_by_address(by) || (value.p == NULL && t->shown.head != NULL))
		show_address(to, t->address);
	else if (value.len == 0 || secret)
		snprintf(to, HOSTS_CLIENT, "#%016" PRIx64,
		    t->waiter.fair.client);
	else
		show(to, HOSTS_CLIENT, value.p, value.len);
}

static void
show_request(struct hosts_waiter *w, const struct ticket_shown *shown)
{
	const char *path, *end;
	size_t n = shown->method_len, len;

	w->method[0] = w->path[0] = '\0';
	if (shown->head == NULL || shown->len <= n + 1)
		return;
	show(w->method, sizeof w->method, shown->head, n);
	path = shown->head + n + 1;
	if ((end = memchr(path, ' ', shown->len - n - 1)) == NULL)
		return;
	len = (size_t)(end - path);
	if ((end = memchr(path, '?', len)) != NULL)
		len = (size_t)(end - path);
	show(w->path, sizeof w->path, path, len);
}

static void
show_waiter(struct hosts_waiter *w, struct host *h,
    const struct waiter_view *view)
{
	const struct ticket *t = const_ticket_of(view->waiter);

	w->waiter = *view;
	w->waiter.waiter = NULL;
	show_client(w->client, h, t);
	show_request(w, &t->shown);
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
		show_client(u->client, h, t);
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
