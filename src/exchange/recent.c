/* SPDX-License-Identifier: ISC */
#include "exchange/recent.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "exchange/exchange_state.h"
#include "front/front.h"
#include "policy/parent.h"

struct recent {
	size_t			 size;
	size_t			 next;		/* to be written */
	size_t			 n;		/* that are there */
	struct recent_exchange	 ring[];
};

/* The ring */

struct recent *
recent_new(size_t n)
{
	struct recent *r;

	if (n == 0 || (r = calloc(1, sizeof *r + n * sizeof r->ring[0])) ==
	    NULL)
		return NULL;
	r->size = n;
	return r;
}

void
recent_free(struct recent *r)
{
	free(r);
}

static struct recent_exchange *
next_of(struct recent *r)
{
	struct recent_exchange *e = &r->ring[r->next];

	r->next = r->next + 1 < r->size ? r->next + 1 : 0;
	if (r->n < r->size)
		r->n++;
	return e;
}

/* The i-th from the newest, which is the 0-th. */
static const struct recent_exchange *
newest(const struct recent *r, size_t i)
{
	return &r->ring[(r->next + r->size - 1 - i) % r->size];
}

struct recent *
recent_resize(struct recent *old, size_t n)
{
	struct recent *r;
	size_t i;

	if (n == (old != NULL ? old->size : 0))
		return old;
	if ((r = recent_new(n)) == NULL && n > 0)
		return old;
	for (i = old != NULL && r != NULL ? old->n : 0; i-- > 0;)
		*next_of(r) = *newest(old, i);
	free(old);
	return r;
}

/* What is noted */

static void
put(char *to, size_t size, const char *p, size_t n)
{
	if (n >= size)
		n = utf8_cut(p, size - 1);
	/* what is empty may have no address */
	if (n > 0)
		memcpy(to, p, n);
	to[n] = '\0';
}

/* Up to its query. */
static void
put_path(struct recent_exchange *e, const char *p, size_t n)
{
	const char *end;

	if (n > 0 && (end = memchr(p, '?', n)) != NULL)
		n = (size_t)(end - p);
	put(e->path, sizeof e->path, p, n);
}

/* Out of the head as it went out. */
static void
put_request(struct recent_exchange *e, const struct exchange *x)
{
	const char *p = x->head.p, *end;
	size_t n = x->method_len;

	put(e->method, sizeof e->method, p, n);
	e->path[0] = '\0';
	if (x->is_connect || x->head.len <= n + 1)
		return;
	p += n + 1;
	n = x->head.len - n - 1;
	if (n > sizeof e->path)
		n = sizeof e->path;
	end = memchr(p, ' ', n);
	put_path(e, p, end != NULL ? (size_t)(end - p) : n);
}

static void
put_client(struct recent_exchange *e, const struct downstream *d)
{
	const struct sockaddr *from = front_address(d);

	e->client.sin6_family = AF_UNSPEC;
	if (from == NULL)
		return;
	if (from->sa_family == AF_INET6)
		memcpy(&e->client, from, sizeof(struct sockaddr_in6));
	else
		memcpy(&e->client, from, sizeof(struct sockaddr_in));
}

static void
put_host(struct recent_exchange *e, const struct http1_host *host,
    const struct rule *rule)
{
	_Static_assert(RECENT_HOST <= sizeof host->name, "it is cut");
	memcpy(e->host, host->name, sizeof e->host - 1);
	e->kind = host->kind;
	e->port = host->port;
	e->series = rule->series;
	e->shared = rule->shared;
	e->has_port = rule->has_port;
	if (rule->shared)
		put(e->host, sizeof e->host, rule->name, strlen(rule->name));
}

static void
put_text(char *to, size_t size, const char *text)
{
	to[0] = '\0';
	if (text != NULL && text[0] != '\0')
		put(to, size, text, strlen(text));
}

void
recent_note(const struct exchange *x, enum access_outcome outcome,
    const char *reason, const char *observed, uint64_t now)
{
	struct recent *r = x->exchanges->recent;
	struct recent_exchange *e;

	if (r == NULL)
		return;
	e = next_of(r);
	e->at = now;
	e->ended = loop_wall();
	e->held = exchange_held(x, now);
	e->upstream = x->admitted ? now - x->began - e->held : 0;
	e->in = x->in;
	e->out = x->out;
	e->status = x->status;
	e->resent = x->resent;
	e->paused = x->paused;
	e->outcome = outcome;
	e->credential = x->ticket.credential;
	put_host(e, &x->host, x->ticket.rule);
	put_client(e, x->downstream);
	put_request(e, x);
	put_text(e->reason, sizeof e->reason, reason);
	put_text(e->budget, sizeof e->budget, x->ticket.budget);
	put_text(e->observed, sizeof e->observed, observed);
	put_text(e->parent, sizeof e->parent, x->parent != NULL ?
	    x->parent->name : NULL);
}

void
recent_note_refused(struct exchanges *all, const struct downstream *d,
    const struct http1_head *head, const struct rule *rule, int status,
    const char *why)
{
	struct recent *r = all->recent;
	struct recent_exchange *e;

	if (r == NULL)
		return;
	e = next_of(r);
	*e = (struct recent_exchange){
		.at = loop_now(),
		.ended = loop_wall(),
		.status = status,
		.outcome = ACCESS_REFUSED,
	};
	put_host(e, &head->host, rule);
	put_client(e, d);
	put(e->method, sizeof e->method, head->method.p, head->method.len);
	if (head->path.p != NULL)
		put_path(e, head->path.p, head->path.len);
	put_text(e->reason, sizeof e->reason, why);
}

/* Questions */

static void
reply_cb(struct mail *m)
{
	struct recent_question *q = (struct recent_question *)(void *)
	    ((char *)m - offsetof(struct recent_question, reply));

	q->answer(q);
}

/* On the thread that was asked. */
static void
question_cb(struct mail *m)
{
	struct recent_question *q = (struct recent_question *)(void *)
	    ((char *)m - offsetof(struct recent_question, mail));
	const struct recent *r = q->exchanges->recent;

	for (q->n = 0; r != NULL && q->n < r->n && q->n < q->max; q->n++)
		q->list[q->n] = *newest(r, q->n);
	loop_post(q->from, &q->reply);
}

void
recent_ask(struct exchanges *all, struct recent_question *q)
{
	q->exchanges = all;
	q->mail = (struct mail){ .deliver = question_cb };
	q->reply = (struct mail){ .deliver = reply_cb };
	loop_post(all->loop, &q->mail);
}

bool
recent_take_back(struct recent_question *q)
{
	return loop_unpost(q->exchanges->loop, &q->mail);
}
