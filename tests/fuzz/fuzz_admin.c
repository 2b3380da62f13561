/* SPDX-License-Identifier: ISC */

/*
 * Requests to the control plane, from their heads to what is answered.  The
 * first byte has the door and the pieces in which a body comes; then comes a
 * head, then the body.  The linker puts the functions of a front that are here
 * in place of the real ones; all else is what the daemon has.
 */

#include "fuzz_http1.h"

#include <event2/event.h>

#include "admin/admin_context.h"
#include "admin/admin_events.h"
#include "admin/admin_expiry.h"
#include "admin/admin_history.h"
#include "admin/admin_hour.h"
#include "admin/admin_log.h"
#include "admin/admin_reload.h"
#include "admin/admin_request.h"
#include "admin/admin_session.h"
#include "base/events.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/stats.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/conf_parse.h"
#include "exchange/exchanges.h"
#include "front/clients.h"
#include "front/front.h"
#include "hosts/hosts.h"
#include "http/http1_chunked.h"
#include "http/http1_request.h"
#include "http/http1_response.h"
#include "net/listen.h"
#include "net/own.h"
#include "net/resolve.h"

#define ROUNDS	64	/* of the loop, for what is done in pieces */

/* (The name server is nobody: what is looked up stays open.) */
static const char yaml[] =
    "resolver: [\"127.0.0.1:9\"]\n"
    "hosts:\n"
    "  a.test: {capacity: 5, period: 1s, concurrency: 2,"
    " paths: {/x: {capacity: 1}}}\n"
    "  \"*.b.test\": {capacity: 1, period: 1h, shared: true}\n"
    "  c.test: {capacity: 3, per: authorization, mode: observe}\n";

/* The front's one client, and what it was sent. */
struct downstream {
	void		*user;
	const char	*body;
	size_t		 left;
	size_t		 step;
	struct text	 sent;
	bool		 whole;		/* its body was read */
	bool		 ended;
	bool		 aborted;
};

static struct memory memory;
static struct listeners listeners;
static struct exchanges *exchanges;
static struct admin_context context;
static struct http1_head head, answer;

void	__wrap_front_attach(struct downstream *, void *);
void	__wrap_front_abort(struct downstream *, bool);
bool	__wrap_front_body_done(const struct downstream *);
bool	__wrap_front_credentials(const struct downstream *,
	    struct front_credentials *);
void	__wrap_front_end(struct downstream *, bool);
const char *__wrap_front_peer(const struct downstream *);
size_t	__wrap_front_pending(const struct downstream *);
void	__wrap_front_read_body(struct downstream *, bool);
void	__wrap_front_send(struct downstream *, struct iovec *, int);

void
__wrap_front_attach(struct downstream *d, void *user)
{
	d->user = user;
}

void
__wrap_front_abort(struct downstream *d, bool reset)
{
	(void)reset;
	REQUIRE(!d->ended);
	d->ended = d->aborted = true;
}

bool
__wrap_front_body_done(const struct downstream *d)
{
	return d->whole;
}

bool
__wrap_front_credentials(const struct downstream *d,
    struct front_credentials *c)
{
	*c = (struct front_credentials){ .uid = 0, .pid = 1 };
	return d->step % 2 == 0;
}

void
__wrap_front_end(struct downstream *d, bool keep)
{
	(void)keep;
	REQUIRE(!d->ended);
	d->ended = true;
}

const char *
__wrap_front_peer(const struct downstream *d)
{
	(void)d;
	return "127.0.0.1:4711";
}

size_t
__wrap_front_pending(const struct downstream *d)
{
	return d->sent.len;
}

/* What is left of the body, or all until nobody wants more. */
void
__wrap_front_read_body(struct downstream *d, bool patient)
{
	size_t n;
	char *copy;
	bool more = true;

	(void)patient;
	while (more && d->left > 0 && !d->ended) {
		n = d->left < d->step ? d->left : d->step;
		copy = exact_copy(d->body, n);
		d->body += n;
		d->left -= n;
		more = admin_session_events.body(d->user, copy, n);
		free(copy);
	}
	if (!more || d->ended)
		return;
	d->whole = true;
	admin_session_events.body_end(d->user, NULL);
}

void
__wrap_front_send(struct downstream *d, struct iovec *v, int n)
{
	int i;

	REQUIRE(!d->ended);
	for (i = 0; i < n; i++)
		text_put(&d->sent, v[i].iov_base, v[i].iov_len);
}

/* A reload that is refused, as one without a file is. */
static void
reload(struct admin_reload *asked, void *arg)
{
	(void)arg;
	asked->ok = false;
	asked->done(asked);
}

static void
rung(void *arg)
{
	(void)arg;
}

static void
begin(void)
{
	struct exchanges_setup setup = { .loop = NULL };
	char *cause = NULL;

	log_set_level(LOG_LEVEL_ERROR);
	context.loop = loop_new(1, &memory, rung, NULL);
	context.conf = conf_parse("fuzz", yaml, sizeof yaml - 1, &cause);
	if (context.conf == NULL)
		fprintf(stderr, "%s\n", cause);
	REQUIRE(context.loop != NULL && context.conf != NULL);
	context.hosts = hosts_new(context.conf, 1);
	setup.loop = context.loop;
	setup.conf = context.conf;
	setup.hosts = context.hosts;
	exchanges = exchanges_new(&setup);
	context.exchanges = &exchanges;
	context.nworkers = 1;
	context.memory = &memory;
	context.listeners = &listeners;
	context.clients = clients_new(&memory);
	context.started = loop_now();
	context.started_wall = loop_wall();
	context.reload = reload;
	context.hasher = client_hasher_new();
	context.own = own_new(&listeners);
	context.log = admin_log_new(&context);
	context.expiry = admin_expiry_new(&context);
	context.history = admin_history_new(&context);
	context.events = admin_events_new(&context);
	context.hour = admin_hour_new(context.loop);
	REQUIRE(exchanges != NULL && context.hosts != NULL &&
	    context.clients != NULL &&
	    context.hasher != NULL && context.own != NULL &&
	    context.log != NULL &&
	    context.expiry != NULL && context.history != NULL &&
	    context.events != NULL && context.hour != NULL);
}

/* As the control plane does with what has still to be answered. */
static void
finish(void)
{
	struct admin_request *r;

	while ((r = LIST_FIRST(&context.requests)) != NULL) {
		if (r->ended != NULL)
			r->ended(r);
		admin_request_free(r);
	}
	if (context.resolver != NULL)
		resolver_free(context.resolver);
	admin_hour_free(context.hour);
	admin_events_free(context.events);
	admin_log_free(context.log);
	admin_expiry_free(context.expiry);
	admin_history_free(context.history);
	exchanges_free(exchanges);
	loop_bury_all(context.loop);
	loop_free(context.loop);
	own_free(context.own);
	clients_free(context.clients);
	hosts_free(context.hosts);
	client_hasher_free(context.hasher);
	conf_unref(context.conf);
	/* counters stay for as long as a process lives, 80 KB each time */
	stats_free();
	memset(&context, 0, sizeof context);
}

/* All of a chunked body, or as much as there is of a stream; JSON's in text. */
static void
check_chunks(const char *p, size_t n, bool whole)
{
	struct http1_chunked chunked;
	enum http1_result result = HTTP1_MORE;
	struct http1_str piece;
	size_t used;

	http1_chunked_init(&chunked, false);
	while (result == HTTP1_MORE && n > 0) {
		result = http1_chunked(&chunked, p, n, &used, &piece);
		REQUIRE(result != HTTP1_FAILED);
		p += used;
		n -= used;
	}
	REQUIRE(n == 0 && (!whole || result == HTTP1_DONE));
	http1_chunked_free(&chunked);
}

static bool
is_json(void)
{
	const struct http1_field *f = answer.fields;
	unsigned i;

	for (i = 0; i < answer.nfields; i++, f++) {
		if (http1_str_is(f->name, "content-type"))
			return http1_str_is(f->value, "application/json") ||
			    http1_str_is(f->value,
			    "application/problem+json");
	}
	return false;
}

/* What a client can make nothing of is no answer. */
static void
check_answer(const struct downstream *d, bool taken)
{
	struct http1_scan scan = { .seen = 0 };
	size_t end = 0, n;
	json_t *json;

	if (!taken && d->sent.len == 0)
		return;			/* it was still to be answered */
	REQUIRE(http1_scan(&scan, d->sent.p, d->sent.len, 65536, 65536,
	    &end) == HTTP1_DONE);
	REQUIRE(http1_response(&answer, d->sent.p, end, head.method) ==
	    HTTP1_OK);
	n = d->sent.len - end;
	if (answer.body == HTTP1_CHUNKED)
		check_chunks(d->sent.p + end, n, taken && !d->aborted);
	else if (answer.body == HTTP1_LENGTH)
		REQUIRE(n == answer.length);
	else if (answer.body == HTTP1_NO_BODY)
		REQUIRE(n == 0);
	if (answer.body != HTTP1_LENGTH || !is_json())
		return;
	json = json_loadb(d->sent.p + end, n, JSON_DECODE_ANY, NULL);
	REQUIRE(json != NULL);
	json_decref(json);
}

static void
ask(const char *p, size_t n, unsigned way)
{
	struct admin_door door = { .context = &context, .socket = way & 1 };
	struct downstream d = {
		.body = p,
		.left = n,
		.step = 1 + (way >> 2) * 64U,
		.whole = n == 0,
	};
	bool taken;
	unsigned i;

	REQUIRE(guard_origins_add(&door.origins, false, "localhost", 3130));
	admin_session_events.start(&door, &d, &head);
	for (i = 0; i < ROUNDS && !d.ended; i++)
		event_base_loop(context.loop->base, EVLOOP_NONBLOCK);
	taken = d.ended;
	if (!d.ended)
		admin_session_events.gone(d.user, "the client is gone");
	for (i = 0; i < ROUNDS && !LIST_EMPTY(&context.requests); i++)
		event_base_loop(context.loop->base, EVLOOP_NONBLOCK);
	check_answer(&d, taken);
	text_free(&d.sent);
	guard_origins_free(&door.origins);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	enum http1_error error;
	size_t end;
	char *p;

	if (size < 1)
		return 0;
	if (!ready) {
		REQUIRE(client_hash_init());
		memory_init(&memory, 1U << 24, SHARE_OFF);
		ready = true;
	}
	p = exact_copy(data + 1, size - 1);
	if (scan_whole(p, size - 1, &end, &error) == HTTP1_DONE) {
		error = http1_request(&head, p, end);
		if (error == HTTP1_OK || error == HTTP1_NOT_PROXY) {
			begin();
			ask(p + end, size - 1 - end, data[0]);
			finish();
		}
	}
	free(p);
	return 0;
}
