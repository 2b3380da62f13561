/* SPDX-License-Identifier: ISC */
#include "base/events.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * A ring, in which each has its place by its id.  Who tells makes the event on
 * his stack; under the lock it is only copied.
 */

static const char *const words[] = {
	[EVENT_REFUSAL] = "refusal",
	[EVENT_PAUSE] = "pause",
	[EVENT_RESUME] = "resume",
	[EVENT_RECOVERY] = "recovery",
	[EVENT_OPEN] = "open",
	[EVENT_WAIT] = "wait",
	[EVENT_FULL] = "full",
	[EVENT_NOT_FULL] = "not_full",
	[EVENT_DRAIN] = "drain",
	[EVENT_FORGET] = "forget",
	[EVENT_OVERRIDE] = "override",
	[EVENT_RELOAD] = "reload",
	[EVENT_WARNING] = "warning",
};
_Static_assert(sizeof words / sizeof words[0] == EVENT_KINDS,
    "each kind has a word");

static atomic_size_t kept;	/* how many at most; the ring's size */
/* This thread is telling: what that logs is not told again. */
static _Thread_local bool telling;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* under it */
static struct event_told *ring;	/* or NULL */
static size_t size;		/* places in it */
static uint64_t first = 1;	/* the oldest's id, if any is kept */
static uint64_t last;		/* the newest's; 0: there was none */
static void (*notify)(void *);
static void *notify_arg;

const char *
events_word(enum event_kind kind)
{
	return words[kind];
}

/* Text */

/* Returns whether those n bytes go on a character. */
static bool
goes_on(const unsigned char *p, size_t n)
{
	while (n > 0 && (*p & 0xc0) == 0x80) {
		p++;
		n--;
	}
	return n == 0;
}

/*
 * Returns how many bytes the character there has; 0 where it is none, or none
 * to be shown: RFC 3629, and neither C0 nor C1.
 */
static size_t
character(const unsigned char *p)
{
	if (p[0] < 0x80)
		return p[0] >= 0x20 && p[0] != 0x7f ? 1 : 0;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		return goes_on(p + 1, 1) && (p[0] != 0xc2 || p[1] >= 0xa0) ?
		    2 : 0;
	if ((p[0] & 0xf0) == 0xe0)
		return goes_on(p + 1, 2) && (p[0] != 0xe0 || p[1] >= 0xa0) &&
		    (p[0] != 0xed || p[1] < 0xa0) ? 3 : 0;
	if (p[0] >= 0xf0 && p[0] <= 0xf4)
		return goes_on(p + 1, 3) && (p[0] != 0xf0 || p[1] >= 0x90) &&
		    (p[0] != 0xf4 || p[1] < 0x90) ? 4 : 0;
	return 0;
}

static void
copy(char *to, size_t room, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n;

	for (; p != NULL && *p != '\0'; p += n > 0 ? n : 1) {
		n = character(p);
		if (room <= (n > 0 ? n : 1))
			break;
		if (n == 0) {
			*to++ = '?';
			room--;
			continue;
		}
		memcpy(to, p, n);
		to += n;
		room -= n;
	}
	*to = '\0';
}

/* The ring */

static struct event_told *
place(uint64_t id)
{
	return &ring[id % size];
}

bool
events_keep(size_t n)
{
	struct event_told *fresh = NULL, *old;
	uint64_t id;

	if (n > 0 && (fresh = calloc(n, sizeof *fresh)) == NULL)
		return false;
	pthread_mutex_lock(&lock);
	if (last - first + 1 > n)
		first = last - n + 1;
	for (id = first; n > 0 && id <= last; id++)
		fresh[id % n] = *place(id);
	old = ring;
	ring = fresh;
	size = n;
	atomic_store(&kept, n);
	pthread_mutex_unlock(&lock);
	free(old);
	return true;
}

bool
events_kept(void)
{
	return atomic_load_explicit(&kept, memory_order_relaxed) > 0;
}

/* Takes the newest in, in the place of the oldest where there is no other. */
static void
take(struct event_told *e)
{
	pthread_mutex_lock(&lock);
	if (size > 0) {
		e->id = ++last;
		if (last - first + 1 > size)
			first++;
		*place(last) = *e;
		if (notify != NULL)
			notify(notify_arg);
	}
	pthread_mutex_unlock(&lock);
}

static int64_t
wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
events_tell(enum event_kind kind, const char *host, const char *rule,
    const char *fields, const char *fmt, ...)
{
	struct event_told e = { .kind = kind };
	char text[2 * EVENTS_TEXT];
	va_list ap;

	if (!events_kept() || telling)
		return;
	telling = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	copy(e.host, sizeof e.host, host);
	copy(e.rule, sizeof e.rule, rule);
	copy(e.fields, sizeof e.fields, fields);
	copy(e.text, sizeof e.text, text);
	e.time = wall_ms();
	take(&e);
	telling = false;
}

size_t
events_read(uint64_t after, struct event_told *list, size_t max,
    uint64_t *missed)
{
	uint64_t id;
	size_t n = 0;

	pthread_mutex_lock(&lock);
	id = after > last ? 1 : after + 1;
	*missed = id < first ? first - id : 0;
	if (id < first)
		id = first;
	for (; n < max && id <= last; id++)
		list[n++] = *place(id);
	pthread_mutex_unlock(&lock);
	return n;
}

uint64_t
events_last(void)
{
	uint64_t id;

	pthread_mutex_lock(&lock);
	id = last;
	pthread_mutex_unlock(&lock);
	return id;
}

void
events_notify(void (*fn)(void *), void *arg)
{
	pthread_mutex_lock(&lock);
	notify = fn;
	notify_arg = arg;
	pthread_mutex_unlock(&lock);
}

void
events_free(void)
{
	(void)!events_keep(0);
}
