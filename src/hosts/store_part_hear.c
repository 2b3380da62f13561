/* SPDX-License-Identifier: ISC */
#include "hosts/store_part_hear.h"

#include <string.h>

#include "base/client_hash.h"
#include "base/events.h"
#include "base/words.h"
#include "hosts/host.h"
#include "hosts/host_pause.h"
#include "hosts/hosts_name.h"
#include "hosts/state_line.h"
#include "policy/lesson.h"

#define US	UINT64_C(1000)		/* ns */

const char *
store_part_words(const char *said, size_t *len)
{
	const char *end = memchr(said, '\n', *len);

	if (end == NULL)
		return NULL;
	*len = (size_t)(end - said);
	return end + 1;
}

struct heard {
	uint64_t	 by;
	uint64_t	 left;		/* ns */
	const char	*name;		/* in the words; or NULL */
	const char	*route;		/* the same */
	unsigned	 n;
	size_t		 ends[ROUTE_SEGMENTS + 1];
};

static bool
read_word(struct heard *p, const struct state_word *w)
{
	uint64_t n = state_number(w->value);

	if (w->value == NULL)
		return false;
	if (strcmp(w->name, "by") == 0)
		p->by = n;
	else if (strcmp(w->name, "left") == 0)
		p->left = n < UINT64_MAX / US ? n * US : 0;
	else if (strcmp(w->name, "of") == 0)
		p->name = w->value;
	else if (strcmp(w->name, "route") == 0)
		p->route = w->value;
	else if (strcmp(w->name, "end") == 0 && p->n <= ROUTE_SEGMENTS)
		p->ends[p->n++] = n;
	/* what a later version says besides is not for this one */
	return true;
}

/* Its route by the hashes of this process; without memory, none. */
static bool
hash_route(struct client_hasher *k, const struct heard *p, struct route *r)
{
	struct client_hash hash;
	size_t len = strlen(p->route);
	unsigned i;

	for (i = 0; i < p->n; i++) {
		if (p->ends[i] > len || !client_hash(k, "route", p->route,
		    p->ends[i], &hash))
			return false;
		r->hashes[i] = hash.a;
	}
	r->n = p->n;
	return r->n > 0;
}

static void
tell(const struct host *h, const char *name, uint64_t ns)
{
	char host[EVENTS_HOST], buf[WORDS];

	hosts_name_print(host, h->rule, &h->name, &h->credential);
	events_tell(EVENT_PAUSE, host, h->rule->name, NULL, "its part %s is "
	    "paused for %s: another proxy that shares the budget was refused",
	    name, words_duration(buf, ns));
}

static bool
heed(struct host *h, struct client_hasher *k, const struct heard *p,
    uint64_t now)
{
	uint64_t ns = p->left < h->rule->pause_max ? p->left :
	    h->rule->pause_max;
	char shown[THROTTLE_NAME];
	struct client_hash hash;
	struct throttle_key key;
	struct route route;
	unsigned named;

	if (!client_hash(k, "part", p->name, strlen(p->name), &hash) ||
	    !hash_route(k, p, &route) || (h->routes == NULL &&
	    (h->routes = routes_new()) == NULL))
		return false;
	key = (struct throttle_key){ hash.a, hash.b };
	lesson_show_part(shown, p->name, strlen(p->name));
	named = throttle_named_make(h->throttle, &key, shown, now);
	if (named == 0)
		return false;
	routes_learn(h->routes, &route, (struct route_part){ key.a, key.b });
	host_rejudge(h, now);
	if (!host_pause(h, THROTTLE_NAMED_PART(named), now + ns, STATS_NAMED,
	    now))
		return false;
	tell(h, shown, ns);
	return true;
}

bool
store_part_hear(struct host *h, struct client_hasher *k, const char *words,
    size_t len, uint64_t id, uint64_t now)
{
	char line[STORE_PART_SAID], *at = line;
	struct heard p = { .by = id };
	struct state_word w;

	if (len >= sizeof line)
		return false;
	memcpy(line, words, len);
	line[len] = '\0';
	while (state_line_next(&at, &w))
		if (!read_word(&p, &w))
			return false;
	return p.by != id && p.left > 0 && p.name != NULL && p.route != NULL &&
	    h->rule->mode == RULE_ENFORCE && heed(h, k, &p, now);
}
