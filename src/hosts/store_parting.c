/* SPDX-License-Identifier: ISC */
#include "hosts/store_parting.h"

#include <stdlib.h>
#include <string.h>

#include "hosts/host_types.h"
#include "hosts/store_name.h"
#include "hosts/store_redis.h"

/* Without memory it is as if it had not been said. */
static struct store_parting *
make(const struct host *h, const struct throttle_store_question *q)
{
	char name[STORE_BUDGET];
	size_t len = store_name(name, sizeof name, h, q);
	size_t text = q->learn != NULL && q->learn->text != NULL ?
	    strlen(q->learn->text) + 1 : 0;
	struct store_parting *p;

	if (len == 0 || (p = calloc(1, sizeof *p + len + text)) == NULL)
		return NULL;
	p->len = len;
	memcpy(p->name, name, len);
	if (q->slots != NULL) {
		p->of_slots = true;
		p->slots = *q->slots;
	} else if (q->learn != NULL) {
		p->of_learn = true;
		p->learn = *q->learn;
		if (text > 0)
			p->learn.text = memcpy(p->name + len, q->learn->text,
			    text);
	} else {
		p->limits = *q->limits;
		p->ask = *q->ask;
	}
	return p;
}

void
store_parting_add(struct host *h, enum throttle_store_what what, bool ends,
    uint64_t now)
{
	struct host_leases *l = h->leases;
	struct throttle_store_question q;
	struct store_parting *p;
	char text[ESTIMATE_SAVED];
	unsigned next = 0;
	bool any = false;

	while (throttle_store_leave(h->throttle, what, &next, ends, text, now,
	    &q)) {
		if ((p = make(h, &q)) == NULL)
			continue;
		pthread_mutex_lock(&l->lock);
		TAILQ_INSERT_TAIL(&l->partings, p, entry);
		pthread_mutex_unlock(&l->lock);
		any = true;
	}
	throttle_store_left(h->throttle, what);
	if (any)
		l->ring(l->arg);
}

struct store_parting *
store_parting_next(struct host_leases *l)
{
	struct store_parting *p;

	pthread_mutex_lock(&l->lock);
	if ((p = TAILQ_FIRST(&l->partings)) != NULL)
		TAILQ_REMOVE(&l->partings, p, entry);
	pthread_mutex_unlock(&l->lock);
	return p;
}

void
store_parting_free(struct host_leases *l)
{
	struct store_parting *p;

	while ((p = TAILQ_FIRST(&l->partings)) != NULL) {
		TAILQ_REMOVE(&l->partings, p, entry);
		free(p);
	}
}
