/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_total.h"

#include <stdlib.h>
#include <string.h>

#include "hosts/hosts_key.h"
#include "policy/tokens.h"

struct host_total *
hosts_total_find(const struct hosts_totals *totals, const struct rule *rule,
    const struct http1_host *name)
{
	static const struct client_hash nobody;
	struct host_total *total;
	char key[HOSTS_KEY];
	size_t len = hosts_key(key, rule, name, &nobody);

	HASH_FIND(hh, totals->table, key, len, total);
	return total;
}

static void
free_total(struct host_total *total)
{
	throttle_total_close(&total->total);
	pthread_mutex_destroy(&total->lock);
	free(total->key);
	free(total);
}

/* Those of its named budgets. */
static bool
limit_meters(struct host_total *total, const struct rule *rule, uint64_t now)
{
	const struct tokens *tokens = rule->tokens;
	struct throttle_limits limits = { .nmeters = 0 };
	unsigned i;

	for (i = 0; tokens != NULL && i < tokens->ntotals; i++)
		limits.meters[limits.nmeters++] = &tokens->totals[i];
	return throttle_total_meters(&total->total, &limits, now);
}

static struct host_total *
make_total(struct hosts_totals *totals, const struct rule *rule,
    const struct http1_host *name)
{
	static const struct client_hash nobody;
	struct host_total *total;
	char key[HOSTS_KEY];
	size_t len = hosts_key(key, rule, name, &nobody);

	if ((total = calloc(1, sizeof *total)) == NULL)
		return NULL;
	pthread_mutex_init(&total->lock, NULL);
	if (++totals->serial == 0)
		totals->serial++;
	throttle_total_init(&total->total, &rule->total, totals->serial);
	total->reload = totals->reload;
	if (!limit_meters(total, rule, 0) ||
	    (total->key = strdup(key)) == NULL) {
		free_total(total);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, totals->table, total->key, len, total);
	if (total->hh.tbl == NULL) {
		free_total(total);
		return NULL;
	}
	return total;
}

struct host_total *
hosts_total_join(struct hosts_totals *totals, const struct rule *rule,
    const struct http1_host *name, struct throttle *t, void *owner)
{
	struct host_total *total = hosts_total_find(totals, rule, name);

	if (total == NULL)
		total = make_total(totals, rule, name);
	if (total == NULL)
		return NULL;
	total->entries++;
	throttle_join(t, &total->total, owner);
	return total;
}

void
hosts_total_leave(struct hosts_totals *totals, struct host_total *total,
    struct throttle *t)
{
	throttle_join(t, NULL, NULL);
	if (--total->entries > 0)
		return;
	HASH_DEL(totals->table, total);
	free_total(total);
}

bool
hosts_total_limit(struct hosts_totals *totals, struct host_total *total,
    const struct rule *rule, uint64_t now)
{
	if (total->reload == totals->reload)
		return true;
	total->reload = totals->reload;
	throttle_total_limit(&total->total, &rule->total, now);
	return limit_meters(total, rule, now);
}

bool
hosts_total_lets_go(struct host_total *total, uint64_t now)
{
	return total == NULL || total->entries > 1 ||
	    throttle_total_idle(&total->total, now);
}
