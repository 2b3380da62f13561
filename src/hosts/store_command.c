/* SPDX-License-Identifier: ISC */
#include "hosts/store_command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/fnv.h"
#include "hosts/store_script.h"
#include "net/redis_reply.h"
#include "throttle/larger.h"
#include "throttle/lease_account.h"

#define US		UINT64_C(1000)		/* ns */
#define AGAIN		UINT64_C(60000000)	/* us: it is asked by then */
#define FIXED		11	/* numbers before those of the rates */
#define SLOTS		11	/* numbers of an answer about slots */
#define LEARN		18	/* ... about what is learned, before its text */

uint64_t
store_hash(const char *budget, size_t len)
{
	return fnv_bytes(FNV_BASIS, budget, len);
}

unsigned
store_tag(const char *budget, size_t len)
{
	uint64_t h = store_hash(budget, len);

	return (unsigned)((h ^ h >> 32) % STORE_TAGS);
}

void
store_channel(char channel[STORE_CHANNEL], const char *space)
{
	snprintf(channel, STORE_CHANNEL, "sluice:{%s}:pauses", space);
}

/* Scripts */

enum { SCRIPT_LEASE, SCRIPT_SLOTS, SCRIPT_LEARN, SCRIPT_EPOCH, SCRIPTS };

static const struct {
	const unsigned char	*text;
	const size_t		*len;
} scripts[SCRIPTS] = {
	[SCRIPT_LEASE] = { store_lease_lua, &store_lease_lua_len },
	[SCRIPT_SLOTS] = { store_slots_lua, &store_slots_lua_len },
	[SCRIPT_LEARN] = { store_learn_lua, &store_learn_lua_len },
	[SCRIPT_EPOCH] = { store_epoch_lua, &store_epoch_lua_len },
};

/* Its keys have of each its own. */
static const struct {
	const char		*key;
	const char		*epoch;
} kinds[SCRIPTS] = {
	[SCRIPT_LEASE] = { "b", "e" },
	[SCRIPT_SLOTS] = { "s", "es" },
	[SCRIPT_LEARN] = { "l", "el" },
};

static unsigned
script_of(const struct store_asking *a)
{
	if (a->is_epoch)
		return SCRIPT_EPOCH;
	return a->slots != NULL ? SCRIPT_SLOTS :
	    a->learn != NULL ? SCRIPT_LEARN : SCRIPT_LEASE;
}

/* Words */

static void
put(struct store_command *c, const char *p, size_t n)
{
	c->words[c->n] = p;
	c->lengths[c->n++] = n;
}

/* There is room for it: see STORE_KEY. */
static void __attribute__((format(printf, 2, 3)))
put_text(struct store_command *c, const char *fmt, ...)
{
	char *p = c->text + c->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(p, sizeof c->text - c->used, fmt, ap);
	va_end(ap);
	put(c, p, (size_t)n);
	c->used += (size_t)n + 1;
}

static void
put_number(struct store_command *c, uint64_t v)
{
	put_text(c, "%llu", (unsigned long long)(v < STORE_MOST ? v :
	    STORE_MOST));
}

/* Of ns, which are not to be fewer. */
static void
put_time(struct store_command *c, uint64_t ns)
{
	put_number(c, ns / US + (ns % US != 0));
}

/* A budget's name is any bytes. */
static void
put_keys(struct store_command *c, const struct store_asking *a)
{
	unsigned tag = store_tag(a->budget, a->len);
	const char *kind = kinds[script_of(a)].key;
	size_t n;

	put_text(c, "sluice:{%s.%u}:%s:", a->space, tag, kind);
	n = c->lengths[--c->n];
	c->used--;
	memcpy(c->text + c->used, a->budget, a->len);
	c->used += a->len;
	put(c, c->words[c->n], n + a->len);
	put_text(c, "sluice:{%s.%u}:%s", a->space, tag,
	    kinds[script_of(a)].epoch);
}

static void
put_rate(struct store_command *c, const struct gcra_rate *r, uint64_t ends)
{
	put_number(c, r->capacity);
	put_time(c, r->period);
	put_number(c, r->burst);
	put_number(c, r->strict);
	put_time(c, ends);
}

static void
put_question(struct store_command *c, const struct store_asking *a)
{
	const struct lease_question *q = a->ask;

	put(c, a->run, strlen(a->run));
	put_time(c, q->stepped);
	put_text(c, "%llu", (unsigned long long)q->holder);
	put_number(c, q->weight);
	put_number(c, q->demand);
	put_number(c, q->first);
	put_time(c, q->horizon);
	put_time(c, q->guard);
	put_number(c, q->last);
	put_number(c, q->counted);
	put_number(c, q->unused);
	put_number(c, q->returned);
	put_time(c, q->told.pause);
	put_time(c, q->told.opened);
	put_time(c, q->longest);
	put_time(c, lease_guard_most(a->limits, q->horizon));
	put_time(c, q->gained);
	put_time(c, q->gained_at);
	put_number(c, q->leaves);
	put_time(c, q->told.ago);
	put_time(c, q->told.heeded);
	put_time(c, q->told.orders);
	put_number(c, a->limits->nrates);
}

static void
put_slots(struct store_command *c, const struct store_asking *a)
{
	const struct lease_slots_question *q = a->slots;

	put(c, a->run, strlen(a->run));
	put_text(c, "%llu", (unsigned long long)q->holder);
	put_number(c, q->number);
	put_number(c, q->limit);
	put_number(c, q->weight);
	put_number(c, q->holds);
	put_number(c, q->good);
	put_number(c, q->busy);
	put_number(c, q->want);
	put_number(c, q->known);
	put_time(c, q->ttl);
	put_time(c, q->grace);
	put_number(c, q->leaves);
	put_time(c, q->told.pause);
	put_time(c, q->told.opened);
	put_time(c, q->longest);
	put_time(c, q->told.ago);
	put_time(c, q->told.heeded);
	put_time(c, q->told.orders);
}

static void
put_learn(struct store_command *c, const struct store_asking *a)
{
	const struct lease_learn_question *q = a->learn;

	put(c, a->run, strlen(a->run));
	put_text(c, "%llu", (unsigned long long)q->holder);
	put_number(c, q->number);
	put_number(c, q->known);
	put_number(c, q->has);
	put_number(c, q->returns);
	put_number(c, q->wants);
	put_number(c, q->ahead);
	put_number(c, q->flying);
	put_time(c, q->ttl);
	put_time(c, q->memory);
	put_number(c, q->merged);
	put_number(c, q->merged_late);
	put_number(c, q->went);
	put_number(c, q->late);
	put_time(c, q->began);
	put_time(c, q->heeded);
	put_time(c, q->orders);
	put_number(c, q->renews);
	if (q->text != NULL)
		put(c, q->text, strlen(q->text));
}

const char *
store_script(unsigned n, size_t *len)
{
	if (n >= SCRIPTS)
		return NULL;
	*len = *scripts[n].len;
	return (const char *)scripts[n].text;
}

/* The same for all of a process's life; threads agree about what it is. */
static const char *
digest(unsigned n)
{
	static _Thread_local char hex[SCRIPTS][DIGEST_SHA1];

	if (hex[n][0] == '\0' && !digest_sha1(hex[n], scripts[n].text,
	    *scripts[n].len))
		snprintf(hex[n], sizeof hex[n], "none");	/* NOSCRIPT */
	return hex[n];
}

/* Both of a tag, and what lease_grant_share() would wait for then. */
static void
put_epoch(struct store_command *c, const struct store_asking *a)
{
	static const struct budget_limits none;

	put_text(c, "sluice:{%s.%u}:e", a->space, a->tag);
	put_text(c, "sluice:{%s.%u}:es", a->space, a->tag);
	put(c, a->run, strlen(a->run));
	put_time(c, LEASE_HORIZON + lease_guard_most(&none, LEASE_HORIZON));
}

void
store_command(struct store_command *c, const struct store_asking *a,
    bool by_text)
{
	unsigned i, n = script_of(a);

	c->n = 0;
	c->used = 0;
	put_text(c, "%s", by_text ? "EVAL" : "EVALSHA");
	if (by_text)
		put(c, (const char *)scripts[n].text, *scripts[n].len);
	else
		put(c, digest(n), strlen(digest(n)));
	put_text(c, "2");
	if (a->is_epoch) {
		put_epoch(c, a);
		return;
	}
	put_keys(c, a);
	if (a->slots != NULL) {
		put_slots(c, a);
		return;
	}
	if (a->learn != NULL) {
		put_learn(c, a);
		return;
	}
	put_question(c, a);
	for (i = 0; i < a->limits->nrates; i++)
		put_rate(c, &a->limits->rates[i], a->ask->ends[i]);
}

/* Answers */

/* The first n parts; sets *rest to the one behind them, or NULL. */
static bool
read_first(const struct redis_reply *reply, size_t n, uint64_t *numbers,
    const struct redis_reply **rest)
{
	const struct redis_reply *part = reply->first;
	size_t i;

	if (reply->kind != REDIS_ARRAY)
		return false;
	for (i = 0; i < n; i++, part = part->next)
		if (part == NULL ||
		    !redis_reply_number(part, STORE_MOST, &numbers[i]))
			return false;
	*rest = part;
	return true;
}

static bool
read_numbers(const struct redis_reply *reply, size_t n, uint64_t *numbers)
{
	const struct redis_reply *rest;

	return read_first(reply, n, numbers, &rest) && rest == NULL;
}

/* A lease that nobody could have given. */
static const char *
why_no_lease(const struct store_asking *a, const struct lease_answer *l)
{
	unsigned i;

	if (l->amount < a->ask->first ||
	    l->amount > larger(a->ask->demand, a->ask->first))
		return "an answer with a lease that is no answer to that";
	for (i = 0; i < a->limits->nrates; i++)
		if (l->begins[i] < l->now || l->ends[i] < l->begins[i])
			return "an answer with a lease of the past";
	return NULL;
}

const char *
store_read(const struct redis_reply *reply, const struct store_asking *a,
    struct lease_answer *l)
{
	uint64_t numbers[FIXED + 3 * BUDGET_RATES] = { 0 }, again;
	size_t n = FIXED + 3 * a->limits->nrates;
	unsigned i;

	if (!read_numbers(reply, n, numbers))
		return "an answer that is none of sluice's script";
	*l = (struct lease_answer){
		.now = numbers[0] * US,
		.serial = numbers[1],
		.amount = numbers[2],
	};
	again = numbers[3] < numbers[0] + AGAIN ? numbers[3] :
	    numbers[0] + AGAIN;
	l->again_at = again * US;
	l->pause = numbers[4] * US;
	l->peers = numbers[5];
	l->foreign = numbers[6];
	l->probe = numbers[7] != 0;
	l->guard = numbers[8] * US;
	l->leavers = numbers[9];
	l->ordered = numbers[10] * US;
	for (i = 0; i < a->limits->nrates; i++) {
		l->begins[i] = numbers[FIXED + 3 * i] * US;
		l->ends[i] = numbers[FIXED + 1 + 3 * i] * US;
		l->left[i] = numbers[FIXED + 2 + 3 * i];
	}
	return l->serial != 0 ? why_no_lease(a, l) : NULL;
}

/* More than anybody could have been lent, or a block that is over. */
static const char *
why_no_slots(const struct lease_slots_question *q,
    const struct lease_slots_answer *l)
{
	if (l->number != q->number || l->slots > larger(q->limit, q->holds) ||
	    l->keeps > l->slots)
		return "an answer with slots that is no answer to that";
	if (l->ends != 0 && l->ends < l->now)
		return "an answer with slots of the past";
	return NULL;
}

const char *
store_read_slots(const struct redis_reply *reply, const struct store_asking *a,
    struct lease_slots_answer *l)
{
	uint64_t n[SLOTS] = { 0 };

	if (!read_numbers(reply, SLOTS, n) || n[2] > UINT32_MAX ||
	    n[3] > UINT32_MAX)
		return "an answer that is none of sluice's script";
	*l = (struct lease_slots_answer){
		.now = n[0] * US,
		.number = n[1],
		.slots = (uint32_t)n[2],
		.keeps = (uint32_t)n[3],
		.turn_ends = n[4] * US,
		.ends = n[5] * US,
		.again_at = (n[6] < n[0] + AGAIN ? n[6] : n[0] + AGAIN) * US,
		.peers = n[7],
		.pause = n[8] * US,
		.probe = n[9] != 0,
		.ordered = n[10] * US,
	};
	return why_no_slots(a->slots, l);
}

const char *
store_read_learn(const struct redis_reply *reply, struct lease_learn_answer *l)
{
	const struct redis_reply *text = NULL;
	uint64_t n[LEARN] = { 0 };

	if (!read_first(reply, LEARN, n, &text) || text == NULL ||
	    text->next != NULL || text->kind != REDIS_STRING)
		return "an answer that is none of sluice's script";
	*l = (struct lease_learn_answer){
		.now = n[0] * US,
		.known = n[1] != 0,
		.free = n[2] != 0,
		.serial = n[3],
		.ends = n[4] * US,
		.written = n[5] * US,
		.lost = n[6],
		.merged = n[7],
		.went = n[8],
		.merged_late = n[9],
		.late = n[10],
		.began = n[11] * US,
		.abroad = n[12],
		.others = n[13] != 0,
		.again_at = (n[14] < n[0] + AGAIN ? n[14] : n[0] + AGAIN) * US,
		.ordered = n[15] * US,
		.renewed = n[16] * US,
		.heeded = n[17] * US,
		/* nobody writes an empty one */
		.text = text->len > 0 ? text->text : NULL,
	};
	if ((l->free || l->serial != 0) && l->ends < l->now)
		return "an answer with a loan of the past";
	return NULL;
}
