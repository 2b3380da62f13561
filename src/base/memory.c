/* SPDX-License-Identifier: ISC */
#include "base/memory.h"

#include <event2/buffer.h>

static int
compare(const struct memory_body *a, const struct memory_body *b)
{
	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return a < b ? -1 : a > b;
}

static int
holder_cmp(const struct memory_holder *a, const struct memory_holder *b)
{
	if (a->kept != b->kept)
		return a->kept < b->kept ? -1 : 1;
	return a < b ? -1 : a > b;
}

RB_PROTOTYPE(memory_bodies, memory_body, entry, compare)
RB_GENERATE(memory_bodies, memory_body, entry, compare)
RB_PROTOTYPE(memory_holders, memory_holder, entry, holder_cmp)
RB_GENERATE(memory_holders, memory_holder, entry, holder_cmp)

void
memory_holder_init(struct memory_holder *h, struct memory *m)
{
	h->memory = m;
	atomic_init(&h->used, 0);
	RB_INIT(&h->bodies);
	h->kept = 0;
}

/* While all have no more than the share of max, none has more than its own. */
static void
set_limits(struct memory *m, uint64_t max, enum share share)
{
	atomic_store_explicit(&m->max, max, memory_order_relaxed);
	atomic_store_explicit(&m->share, share, memory_order_relaxed);
	atomic_store_explicit(&m->calm, share_most(share, max, 0, 0),
	    memory_order_relaxed);
}

void
memory_init(struct memory *m, uint64_t max, enum share share)
{
	atomic_init(&m->used, 0);
	set_limits(m, max, share);
	pthread_mutex_init(&m->lock, NULL);
	RB_INIT(&m->holders);
	memory_holder_init(&m->nobody, m);
}

void
memory_destroy(struct memory *m)
{
	pthread_mutex_destroy(&m->lock);
}

/* The account */

static uint64_t
used(const struct memory *m)
{
	return atomic_load_explicit(&m->used, memory_order_relaxed);
}

static uint64_t
limit(const struct memory *m)
{
	return atomic_load_explicit(&m->max, memory_order_relaxed);
}

/* Whether it alone has too much. */
static bool
has_too_much(const struct memory_holder *h)
{
	const struct memory *m = h->memory;
	enum share share = atomic_load_explicit(&m->share,
	    memory_order_relaxed);
	uint64_t own = atomic_load_explicit(&h->used, memory_order_relaxed);

	return own > 0 && share != SHARE_OFF && h != &m->nobody &&
	    own > share_most(share, limit(m), used(m), own);
}

bool
memory_is_short(const struct memory_holder *h)
{
	const struct memory *m = h->memory;
	uint64_t all = used(m);

	if (all <= atomic_load_explicit(&m->calm, memory_order_relaxed))
		return false;
	return all > limit(m) || has_too_much(h);
}

size_t
memory_piece(const struct memory_holder *h, size_t size)
{
	return size > MEMORY_PIECE && memory_is_short(h) ? MEMORY_PIECE : size;
}

bool
memory_room(const struct memory_holder *h, size_t len, size_t max)
{
	return len == 0 || (len < max && !memory_is_short(h));
}

static void
count(struct memory_holder *h, size_t n)
{
	atomic_fetch_add_explicit(&h->memory->used, n, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->used, n, memory_order_relaxed);
}

void
memory_sub(struct memory_holder *h, size_t n)
{
	atomic_fetch_sub_explicit(&h->memory->used, n, memory_order_relaxed);
	atomic_fetch_sub_explicit(&h->used, n, memory_order_relaxed);
}

/* What follows, with the lock. */

static void
enlist(struct memory_body *b, bool listed)
{
	struct memory_holder *h = b->holder;
	struct memory_holders *all = &h->memory->holders;

	if (b->listed == listed)
		return;
	b->listed = listed;
	if (!RB_EMPTY(&h->bodies))
		RB_REMOVE(memory_holders, all, h);
	if (listed) {
		RB_INSERT(memory_bodies, &h->bodies, b);
		h->kept += b->size;
	} else {
		RB_REMOVE(memory_bodies, &h->bodies, b);
		h->kept -= b->size;
	}
	if (!RB_EMPTY(&h->bodies))
		RB_INSERT(memory_holders, all, h);
}

/* Forgets a body's bytes. */
static void
drop(struct memory_holder *h, struct memory_body *b)
{
	enlist(b, false);
	if (b->bytes != NULL)
		evbuffer_free(b->bytes);
	b->bytes = NULL;
	memory_sub(h, b->size);
	b->size = 0;
	b->lost = true;
}

/* Returns whether there was any. */
static bool
drop_largest(struct memory_holder *h)
{
	struct memory_body *b = RB_MAX(memory_bodies, &h->bodies);

	if (b != NULL)
		drop(h, b);
	return b != NULL;
}

/* Bodies go until there is room: of who has too much, and of all. */
static void
shed(struct memory_holder *h)
{
	struct memory *m = h->memory;
	struct memory_holder *most;

	while (has_too_much(h) && drop_largest(h))
		;
	while (used(m) > limit(m) &&
	    (most = RB_MAX(memory_holders, &m->holders)) != NULL &&
	    drop_largest(most))
		;
}

void
memory_add(struct memory_holder *h, size_t n)
{
	count(h, n);
	if (!memory_is_short(h))
		return;
	pthread_mutex_lock(&h->memory->lock);
	shed(h);
	pthread_mutex_unlock(&h->memory->lock);
}

void
memory_limit(struct memory *m, uint64_t max, enum share share)
{
	set_limits(m, max, share);
	memory_add(&m->nobody, 0);
}

static void
changed_cb(struct evbuffer *buffer, const struct evbuffer_cb_info *info,
    void *arg)
{
	struct memory_holder *h = arg;

	(void)buffer;
	if (info->n_added > info->n_deleted)
		memory_add(h, info->n_added - info->n_deleted);
	else if (info->n_deleted > info->n_added)
		memory_sub(h, info->n_deleted - info->n_added);
}

bool
memory_watch(struct memory_holder *h, struct evbuffer *buffer)
{
	if (evbuffer_add_cb(buffer, changed_cb, h) == NULL)
		return false;
	memory_add(h, evbuffer_get_length(buffer));
	return true;
}

void
memory_unwatch(struct memory_holder *h, struct evbuffer *buffer)
{
	if (evbuffer_remove_cb(buffer, changed_cb, h) == 0)
		memory_sub(h, evbuffer_get_length(buffer));
}

/* Bodies */

static bool
append(struct memory_body *b, const struct iovec *v, int n)
{
	int i;

	if (b->bytes == NULL && (b->bytes = evbuffer_new()) == NULL)
		return false;
	for (i = 0; i < n; i++) {
		if (evbuffer_add(b->bytes, v[i].iov_base, v[i].iov_len) != 0)
			return false;
	}
	return true;
}

/* Up to max bytes in all; may_go: others' need may have it dropped. */
static bool
grow(struct memory_holder *h, struct memory_body *b, const struct iovec *v,
    int n, size_t max, bool may_go)
{
	size_t more = 0;
	bool ok;
	int i;

	for (i = 0; i < n; i++)
		more += v[i].iov_len;
	pthread_mutex_lock(&h->memory->lock);
	b->holder = h;
	enlist(b, false);
	if (!b->lost && b->size + more <= max && append(b, v, n)) {
		b->size += more;
		count(h, more);
		enlist(b, may_go);
		shed(h);
	} else
		drop(h, b);
	ok = !b->lost;
	pthread_mutex_unlock(&h->memory->lock);
	return ok;
}

bool
memory_keep(struct memory_holder *h, struct memory_body *b,
    const struct iovec *v, int n, size_t max)
{
	return grow(h, b, v, n, max, true);
}

bool
memory_put(struct memory_holder *h, struct memory_body *b,
    const struct iovec *v, int n)
{
	return grow(h, b, v, n, SIZE_MAX, false);
}

bool
memory_replace(struct memory_holder *h, struct memory_body *b,
    const struct iovec *v, int n)
{
	struct memory_body other = { .listed = false };
	bool ok = memory_put(h, &other, v, n);

	memory_forget(h, b);
	/* it is in no list */
	if (ok)
		*b = other;
	return ok;
}

bool
memory_hold(struct memory_holder *h, struct memory_body *b)
{
	bool ok;

	pthread_mutex_lock(&h->memory->lock);
	b->holder = h;
	enlist(b, false);
	ok = !b->lost;
	pthread_mutex_unlock(&h->memory->lock);
	return ok;
}

void
memory_release(struct memory_holder *h, struct memory_body *b)
{
	pthread_mutex_lock(&h->memory->lock);
	if (b->bytes != NULL) {
		enlist(b, true);
		shed(h);
	}
	pthread_mutex_unlock(&h->memory->lock);
}

void
memory_forget(struct memory_holder *h, struct memory_body *b)
{
	pthread_mutex_lock(&h->memory->lock);
	b->holder = h;
	drop(h, b);
	pthread_mutex_unlock(&h->memory->lock);
}
