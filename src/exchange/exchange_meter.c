/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_meter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>

#include "base/client_hash.h"
#include "base/log.h"
#include "conf/conf.h"
#include "exchange/exchange_continue.h"
#include "exchange/exchange_state.h"
#include "exchange/exchange_usage.h"
#include "front/front.h"
#include "hint/hint.h"
#include "hint/refusal_text.h"
#include "hint/sse_scan.h"
#include "hint/unpack.h"
#include "hint/usage_ask.h"
#include "hosts/hosts_say.h"
#include "policy/tokens.h"
#include "policy/tokens_learned.h"
#include "upstream/upstream.h"

/*
 * Where limits are only observed nothing is kept or changed: a body that does not
 * come with its head is not read, and an answer is where it can be.
 *
 * Life: made when its exchange first asks for admission; where the request's
 * body has to be read before, that is kept as it comes, and the exchange asks
 * again when there is enough of it.  The same memory then reads the answer.
 * It lives until the exchange has left its host, for the throttle has what it
 * wants, and no longer, for its client may be gone then.
 */

enum reading {
	READS_NOTHING,
	READS_JSON,
	READS_EVENTS,
};

struct metering {
	struct metering		*next;		/* that nobody has */
	struct json_scan	 json;		/* not cleared: it is large */
	/* What follows begins as zero. */
	const struct conf	*conf;		/* by which; maybe gone */
	const struct tokens	*tokens;	/* of that */
	uint64_t		 bytes;		/* of the request's body */
	bool			 holds;		/* its rule does */
	bool			 counts;	/* its request does */
	bool			 ahead;		/* that was read, not taken */
	bool			 begun;		/* to read that */
	bool			 done;		/* with it */
	bool			 ended;		/* there is no more of it */
	bool			 whole;		/* ... and it is JSON */
	bool			 bad;		/* what is read is not JSON */
	enum reading		 reading;	/* of the answer */
	struct unpack		*unpack;	/* or NULL */
	uint64_t		 events;	/* of JSON */
	uint64_t		 kinds[THROTTLE_METERS]; /* learned of; or 0 */
	uint64_t		 inputs[THROTTLE_METERS];
	uint64_t		 used[THROTTLE_METERS];
	struct text		 tail;		/* goes out behind the body */
	struct exchange_usage	 usage;
	struct sse_scan		 sse;
	struct tokens_told	 told;
	struct throttle_wants	 wants;		/* last: with its amounts */
};

/* Each is large enough for all, and so for the next. */
#define SIZE	(sizeof(struct metering) + \
	THROTTLE_METERS * sizeof(struct throttle_amount))
#define SPARE	16		/* that a thread keeps, at most */

static struct metering *
take_spare(struct exchanges *all)
{
	struct metering *m = all->meterings;

	if (m == NULL)
		return malloc(SIZE);
	all->meterings = m->next;
	all->nmeterings--;
	return m;
}

static void
put_spare(struct exchanges *all, struct metering *m)
{
	if (all->nmeterings == SPARE) {
		free(m);
		return;
	}
	m->next = all->meterings;
	all->meterings = m;
	all->nmeterings++;
}

void
exchange_meters_free(struct exchanges *all)
{
	struct metering *m;

	while (all->nmeterings > 0) {
		m = take_spare(all);
		free(m);
	}
}

/* Reads what was kept of the body by the paths of another configuration. */
static void
read_again(struct exchange *x, struct metering *m, struct metering *old)
{
	const char *p = "";
	size_t n = x->replay.size;

	m->begun = true;
	m->done = old->done;
	m->bytes = old->bytes;
	m->tail = old->tail;
	old->tail = (struct text){ 0 };
	json_scan_init(&m->json, &m->tokens->asks);
	if (n > 0)
		p = (const char *)evbuffer_pullup(x->replay.bytes, -1);
	m->bad = p == NULL || !json_scan_push(&m->json, p, n);
	m->whole = old->ended && !m->bad && json_scan_end(&m->json);
}

/* In the place of one of an older configuration. */
static struct metering *
make(struct exchange *x, const struct tokens *tokens,
    const struct http1_head *h)
{
	size_t kept = offsetof(struct metering, conf);
	struct metering *m;
	unsigned i;

	if ((m = take_spare(x->exchanges)) == NULL)
		return NULL;
	memset((char *)m + kept, 0, sizeof *m +
	    tokens->n * sizeof m->wants.amounts[0] - kept);
	memory_add(x->memory, SIZE);
	m->conf = x->ticket.conf;
	m->tokens = tokens;
	m->holds = x->ticket.rule->mode == RULE_ENFORCE;
	m->counts = tokens_counts(h);
	m->wants.n = tokens->n;
	for (i = 0; i < tokens->n; i++)
		m->wants.amounts[i].name = tokens->budgets[i].name;
	if (x->metering != NULL && x->body_taken)
		read_again(x, m, x->metering);
	exchange_meter_free(x);
	x->metering = m;
	return m;
}

void
exchange_meter_free(struct exchange *x)
{
	struct metering *m = x->metering;

	if (m == NULL)
		return;
	memory_sub(x->memory, SIZE);
	unpack_free(m->unpack);
	if (m->tail.p != NULL)
		text_free(&m->tail);
	if (m->usage.asked)
		exchange_usage_free(x, &m->usage);
	put_spare(x->exchanges, m);
	x->metering = NULL;
	x->ticket.used = NULL;
}

/* The request */

static bool
read_body(struct exchange *x, struct metering *m)
{
	if (!front_hold(x->downstream))
		return false;
	m->begun = true;
	json_scan_init(&m->json, &m->tokens->asks);
	exchange_set_phase(x, EXCHANGE_READING);
	if (x->expect)
		exchange_continue(x);
	front_read_body(x->downstream, false);
	return true;
}

/*
 * Most bodies come with their heads: nothing has to wait then, where nothing is
 * to be changed.
 */
static bool
read_ahead(const struct exchange *x, struct metering *m,
    const struct http1_head *h)
{
	const char *p;
	size_t n;

	if (x->expect || (m->holds && m->tokens->asks_usage &&
	    tokens_asks_usage(m->tokens, h)) ||
	    (p = front_body_ahead(x->downstream, &n)) == NULL)
		return false;
	m->ahead = true;
	json_scan_init(&m->json, &m->tokens->asks);
	json_scan_push(&m->json, p, n);
	return true;
}

static void
is_done(struct exchange *x)
{
	x->metering->done = true;
	deadline_set(&x->timer, loop_now());
}

bool
exchange_meter_is_done(const struct exchange *x)
{
	return x->metering != NULL && x->metering->done;
}

bool
exchange_meter_body(struct exchange *x, const char *p, size_t n)
{
	const struct iovec v = { (char *)(uintptr_t)p, n };
	struct metering *m = x->metering;

	m->bytes += n;
	m->bad = m->bad || !json_scan_push(&m->json, p, n);
	x->body_taken = true;
	if (!memory_put(x->memory, &x->replay, &v, 1))
		return false;
	if (x->replay.size > x->ticket.rule->retry_body ||
	    memory_is_short(x->memory))
		is_done(x);
	return true;
}

bool
exchange_meter_body_end(struct exchange *x, const struct text *tail)
{
	struct metering *m = x->metering;

	m->ended = true;
	m->whole = !m->bad && json_scan_end(&m->json);
	x->body_taken = true;
	text_put(&m->tail, tail->p, tail->len);
	is_done(x);
	return !m->tail.failed && !tail->failed;
}

/*
 * What such requests have used is kept by their path, without query, their
 * model, and how many answers they ask for.  The head that goes out is not made
 * yet.
 */
static void
set_kinds(struct exchange *x, struct metering *m, const struct http1_head *h)
{
	struct http1_str path = h->path;
	const char *query;
	struct client_hash hash;
	char text[1024];
	unsigned i;
	int n;

	if (!m->tokens->learns)
		return;
	if (path.p != NULL && (query = memchr(path.p, '?', path.len)) != NULL)
		path.len = (size_t)(query - path.p);
	n = snprintf(text, sizeof text, "%s %016llx %.*s", x->host.name,
	    (unsigned long long)tokens_model(m->tokens, &m->json),
	    (int)path.len, path.p != NULL ? path.p : "");
	if (n <= 0 || !client_hash(x->exchanges->hasher, "usage", text,
	    (size_t)n < sizeof text ? (size_t)n : sizeof text - 1, &hash))
		return;
	for (i = 0; i < m->tokens->n; i++)
		m->kinds[i] = hash.a + i + THROTTLE_METERS *
		    tokens_answers(m->tokens, i, &m->json);
}

static uint64_t
learned(const struct exchange *x, const struct metering *m, unsigned budget)
{
	if (m->kinds[budget] == 0 || x->exchanges->learned == NULL ||
	    m->tokens->budgets[budget].learn != TOKENS_LEARN_P90)
		return THROTTLE_NEVER;
	return tokens_learned(x->exchanges->learned, m->kinds[budget]);
}

static void
reserve(struct exchange *x, struct metering *m, const struct http1_head *h)
{
	const struct json_scan *json = m->begun || m->ahead ? &m->json : NULL;
	uint64_t bytes = m->bytes;
	unsigned i;

	if (h->body == HTTP1_LENGTH)
		bytes = h->length;
	if (json != NULL)
		set_kinds(x, m, h);
	for (i = 0; m->counts && i < m->tokens->n; i++) {
		m->inputs[i] = tokens_input(m->tokens, i, bytes, json);
		m->wants.amounts[i].amount = m->inputs[i] +
		    tokens_output(m->tokens, i, json, learned(x, m, i));
	}
}

static enum exchange_meter
ask(struct exchange *x, const struct http1_head *h,
    struct throttle_request *request)
{
	const struct tokens *tokens = x->ticket.rule->tokens;
	struct metering *m = x->metering;

	if (m == NULL || m->conf != x->ticket.conf)
		m = make(x, tokens, h);
	if (m == NULL)
		return EXCHANGE_METER_NO_MEMORY;
	if (m->counts && !m->begun && !m->ahead && !x->body_taken &&
	    tokens_reads(tokens, h) && !read_ahead(x, m, h) && m->holds)
		return read_body(x, m) ? EXCHANGE_METER_READS :
		    EXCHANGE_METER_NO_MEMORY;
	reserve(x, m, h);
	if (m->holds && tokens_never_fits(tokens, &m->wants) != NULL)
		return EXCHANGE_METER_REFUSED;
	request->wants = &m->wants;
	return EXCHANGE_METER_GOES;
}

enum exchange_meter
exchange_meter_ask(struct exchange *x, const struct http1_head *h,
    struct throttle_request *request)
{
	const struct rule *rule = x->ticket.rule;
	bool ok = true;

	if (rule->tokens != NULL && !x->is_connect)
		return ask(x, h, request);
	/* by an older configuration it may have been read */
	if (x->metering != NULL && x->body_taken)
		ok = exchange_usage_frame(x, &(struct usage_ask){ 0 },
		    &x->metering->tail);
	exchange_meter_free(x);
	return ok ? EXCHANGE_METER_GOES : EXCHANGE_METER_NO_MEMORY;
}

bool
exchange_meter_prepare(struct exchange *x, const struct http1_head *h,
    struct relay_request *to)
{
	struct metering *m = x->metering;
	struct usage_ask ask = { 0 };

	if (m == NULL)
		return true;
	to->readable = m->holds && m->tokens->tells.n > 0 && m->counts;
	if (m->holds && m->tokens->asks_usage &&
	    exchange_usage_ask(x, m->tokens, h, m->whole, &ask)) {
		m->usage.asked = true;
		to->plain = true;
		to->more = (int)strlen(ask.text) - (int)ask.gone;
	}
	return !x->body_taken || exchange_usage_frame(x, &ask, &m->tail);
}

/* The answer */

static enum reading
reading_of(const struct tokens *tokens, const struct http1_head *h)
{
	unsigned i;

	if (h->status < 200 || tokens->tells.n == 0 ||
	    h->body == HTTP1_NO_BODY)
		return READS_NOTHING;
	if (tokens_is_stream(h)) {
		for (i = 0; i < tokens->n; i++)
			if (tokens->budgets[i].format == TOKENS_FORMAT_SSE)
				return READS_EVENTS;
		return READS_NOTHING;
	}
	return tokens_counts(h) ? READS_JSON : READS_NOTHING;
}

/* Or the budget is configured too large: say so, once a host. */
static void
tell_another(struct exchange *x, const struct tokens_budget *b,
    uint64_t limit)
{
	char label[HOSTS_LABEL];

	if (hosts_is_news(x->exchanges->hosts, &x->ticket, HOSTS_NEWS_LIMIT))
		log_info("%s: it names a limit of %llu for \"%s\", half of what "
		    "is configured or less: that is taken for another one's, "
		    "and what is left of it is not heeded",
		    hosts_label(label, &x->ticket),
		    (unsigned long long)(limit / JSON_SCAN_UNIT), b->name);
}

/* What the host says is left, when it has just counted the request. */
static void
correct(struct exchange *x, const struct metering *m,
    const struct http1_head *h)
{
	const struct tokens_budget *b;
	uint64_t amount, now = loop_now();
	enum tokens_left left;
	unsigned i;

	for (i = 0; i < m->wants.n; i++) {
		b = &m->tokens->budgets[i];
		left = tokens_left(b, h, &amount);
		if (left == TOKENS_LEFT_OF_ANOTHER)
			tell_another(x, b, amount);
		/* what a cache has kept was so when the host sent it */
		else if (left == TOKENS_LEFT_TOLD && !hint_is_cached(h))
			hosts_meter_left(x->exchanges->hosts, &x->ticket,
			    b->name, amount, x->forwarded, now);
	}
}

/* Most tell nothing, but each is one. */
static void
event_cb(const struct json_scan *json, void *arg)
{
	struct metering *m = arg;

	m->events++;
	if (json != NULL)
		tokens_hear(m->tokens, json, &m->told);
}

void
exchange_meter_answer(struct exchange *x, const struct http1_head *h)
{
	enum refusal_coding coding = refusal_coding(h);
	struct metering *m = x->metering;

	correct(x, m, h);
	m->reading = reading_of(m->tokens, h);
	m->bad = coding == REFUSAL_OTHER;
	m->events = 0;
	memset(m->told.known, 0, sizeof m->told.known);
	m->told.unusable = false;
	unpack_free(m->unpack);
	m->unpack = NULL;
	json_scan_init(&m->json, &m->tokens->tells);
	if (m->reading == READS_EVENTS)
		sse_scan_init(&m->sse, &m->json, event_cb, m);
	if (m->usage.asked)
		exchange_usage_answer(x, &m->usage, h,
		    m->reading == READS_EVENTS && h->status < 300);
	if (m->reading != READS_NOTHING && !m->bad &&
	    coding != REFUSAL_IDENTITY) {
		m->unpack = unpack_new(coding == REFUSAL_GZIP);
		m->bad = m->unpack == NULL;
	}
	/* a few bytes may be a hundred times as many */
	upstream_read_little(x->upstream, m->unpack != NULL);
}

static void
read_piece(const char *p, size_t n, void *arg)
{
	struct metering *m = arg;

	if (m->reading == READS_EVENTS)
		sse_scan_push(&m->sse, p, n);
	else
		m->bad = m->bad || !json_scan_push(&m->json, p, n);
}

void
exchange_meter_piece(struct exchange *x, const char *p, size_t n)
{
	struct metering *m = x->metering;

	if (m->reading == READS_NOTHING || m->bad)
		return;
	if (m->unpack == NULL)
		read_piece(p, n, m);
	else if (!unpack_push(m->unpack, p, n, read_piece, m))
		m->bad = true;
}

bool
exchange_meter_cuts(const struct exchange *x)
{
	return x->metering->usage.cuts;
}

void
exchange_meter_cut(struct exchange *x, const char *p, size_t n,
    const struct usage_cut_out *out)
{
	exchange_usage_cut(x, &x->metering->usage, p, n, out);
}

void
exchange_meter_cut_end(struct exchange *x, const struct usage_cut_out *out)
{
	exchange_usage_cut(x, &x->metering->usage, NULL, 0, out);
}

/* Its end */

/* An answer that is an error for which nothing was done. */
static bool
did_nothing(const struct exchange *x)
{
	return x->status >= 400 && x->status < 500 && x->status != 408 &&
	    !x->throttled;
}

/* Of a stream that was cut: what went in, and an event for each of the rest. */
static uint64_t
used_until_cut(const struct metering *m, unsigned i)
{
	uint64_t amount = m->wants.amounts[i].amount;
	uint64_t used = m->inputs[i], room = amount - used;

	return used + (m->events < room / JSON_SCAN_UNIT ?
	    m->events * JSON_SCAN_UNIT : room);
}

static uint64_t
used(const struct exchange *x, const struct metering *m, unsigned i,
    bool whole)
{
	uint64_t told = tokens_used(m->tokens, i, &m->told), until;

	if (m->tokens->budgets[i].json == NULL ||
	    (m->reading == READS_EVENTS &&
	    m->tokens->budgets[i].format != TOKENS_FORMAT_SSE))
		return THROTTLE_NEVER;
	if (!whole && m->reading == READS_EVENTS && m->events > 0) {
		until = used_until_cut(m, i);
		return told == THROTTLE_NEVER || told < until ? until : told;
	}
	return told == THROTTLE_NEVER && did_nothing(x) ? 0 : told;
}

static void
learn(struct exchange *x, const struct metering *m, unsigned i, uint64_t used)
{
	struct exchanges *all = x->exchanges;

	if (m->kinds[i] == 0 || used == THROTTLE_NEVER || x->status >= 300 ||
	    m->tokens->budgets[i].learn != TOKENS_LEARN_P90)
		return;
	if (all->learned == NULL)
		all->learned = tokens_learned_new();
	if (all->learned != NULL)
		tokens_learned_note(all->learned, m->kinds[i],
		    used > m->inputs[i] ? used - m->inputs[i] : 0);
}

/* Somebody thinks that it is counted: say that it is not, once a host. */
static void
tell_unread(struct exchange *x, const struct metering *m)
{
	char label[HOSTS_LABEL];

	if (x->status >= 300 || m->reading == READS_NOTHING ||
	    !(m->bad || m->told.unusable) ||
	    !hosts_is_news(x->exchanges->hosts, &x->ticket, HOSTS_NEWS_USAGE))
		return;
	log_info("%s: an answer does not tell what was used, by settle of its "
	    "budgets, or not in a way that can be read; what was reserved "
	    "stands", hosts_label(label, &x->ticket));
}

/* What of a budget was taken, and what became of it. */
static void
count(const struct exchange *x, const struct metering *m, unsigned i,
    uint64_t used)
{
	stats_count *counts = x->counts->metered[m->tokens->budgets[i].series];
	uint64_t reserved = m->wants.amounts[i].amount;

	stats_add(&counts[STATS_RESERVED], reserved);
	if (used == THROTTLE_NEVER)
		return;
	stats_add(&counts[STATS_USED], used);
	if (used < reserved)
		stats_add(&counts[STATS_REFUNDED], reserved - used);
	else
		stats_add(&counts[STATS_OWED], used - reserved);
}

void
exchange_meter_end(struct exchange *x, bool whole)
{
	struct metering *m = x->metering;
	unsigned i;

	/* of what has not left all comes back (hosts_leave()) */
	if (x->ticket.state != TICKET_HELD || !x->reached)
		return;
	if (m->reading == READS_JSON && !m->bad && whole) {
		m->bad = !json_scan_end(&m->json);
		if (!m->bad)
			tokens_hear(m->tokens, &m->json, &m->told);
	}
	for (i = 0; i < m->wants.n; i++) {
		m->used[i] = used(x, m, i, whole);
		count(x, m, i, m->used[i]);
		if (whole)
			learn(x, m, i, m->used[i]);
	}
	tell_unread(x, m);
	x->ticket.used = m->used;
}
