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

RB_PROTOTYPE(memory_bodies, memory_body, entry, compare)
RB_GENERATE(memory_bodies, memory_body, entry, compare)

void
memory_init(struct memory *m, uint64_t max)
{
	atomic_init(&m->used, 0);
	atomic_init(&m->max, max);
	pthread_mutex_init(&m->lock, NULL);
	RB_INIT(&m->bodies);
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

bool
memory_is_short(const struct memory *m)
{
	return used(m) > limit(m);
}

size_t
memory_piece(const struct memory *m, size_t size)
{
	return size > MEMORY_PIECE && memory_is_short(m) ? MEMORY_PIECE : size;
}

bool
memory_room(const struct memory *m, size_t len, size_t max)
{
	return len == 0 || (len < max && !memory_is_short(m));
}

void
memory_sub(struct memory *m, size_t n)
{
	atomic_fetch_sub_explicit(&m->used, n, memory_order_relaxed);
}

/* With the lock: forgets a body's bytes. */
static void
drop(struct memory *m, struct memory_body *b)
{
	if (b->listed)
		RB_REMOVE(memory_bodies, &m->bodies, b);
	b->listed = false;
	if (b->bytes != NULL)
		evbuffer_free(b->bytes);
	b->bytes = NULL;
	memory_sub(m, b->size);
	b->size = 0;
	b->lost = true;
}

/* With the lock: the largest bodies go until there is room. */
static void
shed(struct memory *m)
{
	struct memory_body *b;

	while (memory_is_short(m) &&
	    (b = RB_MAX(memory_bodies, &m->bodies)) != NULL)
		drop(m, b);
}

void
memory_add(struct memory *m, size_t n)
{
	atomic_fetch_add_explicit(&m->used, n, memory_order_relaxed);
	if (!memory_is_short(m))
		return;
	pthread_mutex_lock(&m->lock);
	shed(m);
	pthread_mutex_unlock(&m->lock);
}

void
memory_limit(struct memory *m, uint64_t max)
{
	atomic_store_explicit(&m->max, max, memory_order_relaxed);
	memory_add(m, 0);
}

static void
changed_cb(struct evbuffer *buffer, const struct evbuffer_cb_info *info,
    void *arg)
{
	struct memory *m = arg;

	(void)buffer;
	if (info->n_added > info->n_deleted)
		memory_add(m, info->n_added - info->n_deleted);
	else if (info->n_deleted > info->n_added)
		memory_sub(m, info->n_deleted - info->n_added);
}

bool
memory_watch(struct memory *m, struct evbuffer *buffer)
{
	if (evbuffer_add_cb(buffer, changed_cb, m) == NULL)
		return false;
	memory_add(m, evbuffer_get_length(buffer));
	return true;
}

void
memory_unwatch(struct memory *m, struct evbuffer *buffer)
{
	if (evbuffer_remove_cb(buffer, changed_cb, m) == 0)
		memory_sub(m, evbuffer_get_length(buffer));
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

bool
memory_keep(struct memory *m, struct memory_body *b, const struct iovec *v,
    int n, size_t max)
{
	size_t more = 0;
	bool ok;
	int i;

	for (i = 0; i < n; i++)
		more += v[i].iov_len;
	pthread_mutex_lock(&m->lock);
	if (b->listed)
		RB_REMOVE(memory_bodies, &m->bodies, b);
	b->listed = false;
	if (!b->lost && b->size + more <= max && append(b, v, n)) {
		b->size += more;
		atomic_fetch_add_explicit(&m->used, more,
		    memory_order_relaxed);
		b->listed = true;
		RB_INSERT(memory_bodies, &m->bodies, b);
		shed(m);
	} else
		drop(m, b);
	ok = !b->lost;
	pthread_mutex_unlock(&m->lock);
	return ok;
}

bool
memory_hold(struct memory *m, struct memory_body *b)
{
	bool ok;

	pthread_mutex_lock(&m->lock);
	if (b->listed)
		RB_REMOVE(memory_bodies, &m->bodies, b);
	b->listed = false;
	ok = !b->lost;
	pthread_mutex_unlock(&m->lock);
	return ok;
}

void
memory_release(struct memory *m, struct memory_body *b)
{
	pthread_mutex_lock(&m->lock);
	if (b->bytes != NULL && !b->listed) {
		b->listed = true;
		RB_INSERT(memory_bodies, &m->bodies, b);
		shed(m);
	}
	pthread_mutex_unlock(&m->lock);
}

void
memory_forget(struct memory *m, struct memory_body *b)
{
	pthread_mutex_lock(&m->lock);
	drop(m, b);
	pthread_mutex_unlock(&m->lock);
}
