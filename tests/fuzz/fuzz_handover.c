/* SPDX-License-Identifier: ISC */

/*
 * Two processes, of which one takes over from the other, and what they say to
 * each other.  Each line of the input is a step of the one before (it asks, an
 * answer teaches it, it leaves), or is put in between by somebody who says what
 * he likes, in either direction.  Whatever that was, in the end nobody waits and
 * no slot is held.
 *
 *	>LINE	to the new one		<LINE	to the one before
 *	=LINE	of the state		~N	so many ms pass
 *	+N	a request asks		-N	it leaves, with a refund if odd
 *	!N	an answer to it		^N	it goes back into the queue
 */

#include <netinet/in.h>
#include <stdarg.h>

#include "fuzz.h"
#include "fuzz_silent.h"

#include "base/client_hash.h"
#include "base/stats.h"
#include "conf/conf_parse.h"
#include "hosts/hosts.h"
#include "hosts/hosts_away.h"
#include "hosts/hosts_guest.h"
#include "hosts/hosts_learn.h"
#include "hosts/hosts_state.h"
#include "hosts/hosts_view.h"
#include "hosts/state_line.h"
#include "http/http1_host.h"
#include "net/loop.h"
#include "throttle/budget_save.h"

#define MS	UINT64_C(1000000)
#define NOW	(UINT64_C(4000000) * 1000 * MS)
#define REQUESTS 16
#define LINES	200
#define WAKES	64

/* Rules of each kind; the new one has other limits, paths and credentials. */
static const char old_rules[] =
    "{limits: {hosts: 16}, defaults: {queue: {max_wait: 1h}}, hosts: {"
    "a.test: {capacity: 3, period: 1s, paths: {/v1/: {capacity: 1, "
    "period: 1s}, /v2/: {capacity: 2, period: 1s}}}, "
    "b.test: {concurrency: 1, queue: {length: 2}}, "
    "c.test: {capacity: 2, period: 1s, strict: true, per: X}, "
    "d.test: {learn: estimate}, "
    "e.test: {budgets: {tokens: {rates: [{capacity: 100, period: 1s}]}}}, "
    "f.test: {capacity: 1, period: 1h, mode: observe}}}";
static const char new_rules[] =
    "{limits: {hosts: 16}, defaults: {queue: {max_wait: 1h}}, hosts: {"
    "a.test: {capacity: 2, period: 1s, paths: {/v2/: {capacity: 1, "
    "period: 1s}}}, "
    "b.test: {concurrency: 2, queue: {length: 2}}, "
    "c.test: {capacity: 3, period: 1s, strict: true}, "
    "d.test: {learn: estimate}, "
    "e.test: {budgets: {tokens: {rates: [{capacity: 50, period: 1s}]}}}, "
    "f.test: {capacity: 1, period: 1h, per: X}}}";

/* What a loop would do. */

static struct loop	 loop;
static uint64_t		 now;
static struct mail	*mails[1024];
static size_t		 nmails;
static struct wake	*wakes[WAKES];
static size_t		 nwakes;

uint64_t
loop_now(void)
{
	return now;
}

void
loop_post(struct loop *l, struct mail *m)
{
	(void)l;
	if (m->posted)
		return;
	m->posted = true;
	REQUIRE(nmails < sizeof mails / sizeof mails[0]);
	mails[nmails++] = m;
}

bool
loop_unpost(struct loop *l, struct mail *m)
{
	bool posted = m->posted;
	size_t i;

	(void)l;
	m->posted = false;
	for (i = 0; i < nmails; i++)
		if (mails[i] == m)
			mails[i] = NULL;
	return posted;
}

void
loop_wake_at(struct loop *l, struct wake *k, uint64_t at)
{
	(void)l;
	if (!k->armed) {
		REQUIRE(nwakes < WAKES);
		wakes[nwakes++] = k;
	}
	k->armed = true;
	k->at = at;
}

/* A mail may post others. */
static void
deliver(void)
{
	struct mail *m;
	size_t i;

	for (i = 0; i < nmails; i++) {
		if ((m = mails[i]) == NULL)
			continue;
		mails[i] = NULL;
		m->posted = false;
		if (m->deliver != NULL)
			m->deliver(m);
	}
	nmails = 0;
}

/* over: the loops have ended. */
static void
wake(bool over)
{
	struct wake *k;
	size_t i;

	for (i = 0; i < nwakes;) {
		k = wakes[i];
		if (k->at > now && !over) {
			i++;
			continue;
		}
		wakes[i] = wakes[--nwakes];
		k->armed = false;
		k->fire(k, over ? NULL : &loop, now);
	}
}

/* The two */

static struct conf	*old_conf, *new_conf;
static struct client_hasher *hasher;
static struct hosts	*old, *next;
static struct hosts_guests *guests;
static bool		 heard;		/* the new one is to be left alone */

static struct ticket	 tickets[REQUESTS];
static struct http1_host names[REQUESTS];
static uint64_t		 used[REQUESTS][THROTTLE_METERS];
static struct throttle_wants *wanted[REQUESTS];

static void
ring_cb(void *arg)
{
	(void)arg;
}

static struct conf *
parse(const char *yaml)
{
	char *cause = NULL;
	struct conf *c = conf_parse("fuzz", yaml, strlen(yaml), &cause);

	if (c == NULL)
		fprintf(stderr, "%s\n", cause);
	REQUIRE(c != NULL);
	return c;
}

static void
say_there(char *line)
{
	if (!heard && !hosts_guests_line(guests, line, now)) {
		heard = true;
		hosts_guests_free(guests);
		guests = NULL;
		hosts_away_lost(old, now);
	}
}

/* Carries what they say, as often as there is something. */
static void
carry(void)
{
	struct text there = { NULL, 0, 0, false }, back = there;
	char *at, *line;

	deliver();
	hosts_away_take(old, &there);
	text_put(&there, "", 1);
	for (at = there.p; (line = strsep(&at, "\n")) != NULL;)
		if (*line != '\0')
			say_there(line);
	deliver();
	if (!heard)
		hosts_guests_take(guests, &back);
	text_put(&back, "", 1);
	for (at = back.p; (line = strsep(&at, "\n")) != NULL;)
		if (*line != '\0')
			REQUIRE(hosts_away_line(old, line, now));
	deliver();
	text_free(&there);
	text_free(&back);
}

/* Steps */

static void
leave(unsigned i, bool refund)
{
	struct ticket *t = &tickets[i];

	if (t->conf == NULL)
		return;
	if (wanted[i] != NULL && wanted[i]->n > 0) {
		used[i][0] = i;
		t->used = used[i];
	}
	if (refund && t->state == TICKET_HELD)
		hosts_refund(old, t, NULL, now);
	hosts_leave(old, t, now);
}

static void
claim(unsigned i, const struct rule *rule, struct claim *c,
    struct throttle_deposit *deposit)
{
	*c = (struct claim){
		.request = {
			.client = i % 3 + 1,
			.owner = i % 3 + 1,
			.cost = 1000000,
			.deadline = now + 3600000 * MS,
			.again = 1000 * MS,
			.latest = THROTTLE_NEVER,
			.weight = FAIR_WEIGHT,
			.urgency = (uint8_t)(i % FAIR_URGENCIES),
			.part = i % 4 < rule->npaths ? i % 4 : THROTTLE_WHOLE,
			.deposit = deposit,
		},
		.max_wait = 3600000 * MS,
	};
	if (c->request.part != THROTTLE_WHOLE)
		c->request.deposit = NULL;
	if (rule->per.kind != RULE_KEY_NONE)
		c->credential = (struct client_hash){ i % 2 + 1, 1 };
}

static void
want(unsigned i, struct claim *c)
{
	struct throttle_wants *w = wanted[i];

	free(w);
	wanted[i] = NULL;
	if (names[i].name[0] != 'e')
		return;
	wanted[i] = w = calloc(1, sizeof *w + sizeof w->amounts[0]);
	REQUIRE(w != NULL);
	w->n = 1;
	w->amounts[0] = (struct throttle_amount){ .name = "tokens",
	    .amount = 30000000 };
	c->request.wants = w;
}

static void
ask(unsigned n)
{
	static struct throttle_deposit deposits[REQUESTS];
	static const char *const paths[] = { "/v1/a", "/v2/b/c", "/x" };
	static struct http1_head head;
	struct claim_source source = { .head = &head };
	unsigned i = n % REQUESTS;
	struct ticket *t = &tickets[i];
	enum hosts_answer answer;
	struct claim c;

	leave(i, false);
	memset(t, 0, sizeof *t);
	memset(&deposits[i], 0, sizeof deposits[i]);
	memset(&names[i], 0, sizeof names[i]);
	snprintf(names[i].name, sizeof names[i].name, "%c.test",
	    (char)('a' + n / REQUESTS % 7));
	head.method = (struct http1_str){ "GET", 3 };
	head.path.p = paths[n % 3];
	head.path.len = strlen(head.path.p);
	t->loop = &loop;
	t->hasher = hasher;
	t->name = &names[i];
	t->conf = conf_ref(old_conf);
	t->rule = conf_rule(old_conf, t->name);
	claim(i, t->rule, &c, &deposits[i]);
	want(i, &c);
	answer = hosts_ask(old, t, &c, &source, now);
	REQUIRE(answer != HOSTS_RELOADED);
}

static void
learn(unsigned n)
{
	struct ticket *t = &tickets[n % REQUESTS];
	struct lesson l = {
		.status = 429,
		.verdict = (enum budget_verdict)(n / REQUESTS % 3),
		.partial = n & 64,
		.named = n & 128,
		.part = { n % 5, 1 },
		.name = "part",
		.method = { "GET", 3 },
		.path = { "/x", 2 },
		.pause = n % 7 * 100 * MS,
		.backoff = n & 256,
		.base = 50 * MS,
		.spent = n & 512,
		.shape = n & 1024,
		.left = n % 11,
		.reset = n % 13 * 100 * MS,
		.shape_partial = n & 2048,
		.allowed = { .limit = n % 17, .window = 1000 * MS },
		.room = { .limit = n % 19, .left = n % 3, .reset = 500 * MS },
	};

	if (t->conf == NULL || t->state != TICKET_HELD)
		return;
	hosts_connected(old, t, MS);
	hosts_sent(old, t, now);
	(void)hosts_learn(old, t, &l, now);
	hosts_meter_left(old, t, "tokens", n % 100, now, now);
	if (n & 4096)
		hosts_release_slot(old, t, now);
}

static void
go_back(unsigned n)
{
	struct ticket *t = &tickets[n % REQUESTS];

	if (t->conf != NULL && t->state == TICKET_HELD &&
	    t->waiter.settled && !t->waiter.slotless)
		(void)hosts_return(old, t, now);
}

static void
take_state(char *line)
{
	static struct budget_saved saved;
	struct hosts_reader r = { .hosts = next, .saved = &saved,
	    .at = { now, now, now }, .same_boot = true };

	(void)hosts_state_read(&r, line);
}

static void
take_step(char *line)
{
	unsigned n = *line == '\0' ? 0 :
	    (unsigned)strtoul(line + 1, NULL, 10);

	switch (line[0]) {
	case '>':
		say_there(line + 1);
		break;
	case '<':
		(void)hosts_away_line(old, line + 1, now);
		break;
	case '=':
		take_state(line + 1);
		break;
	case '~':
		now += n % 100000 * MS;
		wake(false);
		break;
	case '+':
		ask(n);
		break;
	case '-':
		leave(n % REQUESTS, n & 1);
		break;
	case '!':
		learn(n);
		break;
	case '^':
		go_back(n);
		break;
	}
	carry();
}

/* What is known when the one before begins to hand over. */
static void
hand_over(void)
{
	static struct budget_saved saved;
	struct text lines = { NULL, 0, 0, false };
	struct hosts_writer w = { .hosts = old, .text = &lines,
	    .saved = &saved, .at = { now, now, now } };
	char *at, *line;

	REQUIRE(hosts_away_begin(old, ring_cb, NULL));
	REQUIRE(hosts_state_piece(&w, 0, true) == 0);
	text_put(&lines, "", 1);
	for (at = lines.p; (line = strsep(&at, "\n")) != NULL;)
		if (*line != '\0') {
			REQUIRE(state_line_check(line, strlen(line)));
			take_state(line);
		}
	text_free(&lines);
	carry();
}

/* Nobody is left in it. */
static void
check_empty(struct hosts *hs)
{
	static const char *const keys[] = { "a.test", "b.test", "c.test",
	    "d.test", "e.test", "f.test" };
	struct host_view v;
	size_t i;

	for (i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (!hosts_view_one(hs, keys[i], now, &v))
			continue;
		REQUIRE(v.throttle.waiting == 0);
		REQUIRE(v.throttle.host.inflight == 0);
		host_view_done(&v);
	}
}

static void
begin(void)
{
	if (hasher == NULL) {
		REQUIRE(client_hash_init());
		hasher = client_hasher_new();
		old_conf = parse(old_rules);
		new_conf = parse(new_rules);
	}
	now = NOW;
	heard = false;
	old = hosts_new(old_conf, 1);
	next = hosts_new(new_conf, 1);
	guests = hosts_guests_new(next, &loop, ring_cb, NULL);
	REQUIRE(old != NULL && next != NULL && guests != NULL);
}

static void
finish(void)
{
	unsigned i;

	for (i = 0; i < REQUESTS; i++)
		leave(i, i % 2);
	carry();
	check_empty(old);
	hosts_guests_free(guests);
	check_empty(next);
	deliver();
	wake(true);
	hosts_free(old);
	hosts_free(next);
	/* what a run left behind would have the fuzzer look for leaks, for long */
	stats_free();
	for (i = 0; i < REQUESTS; i++) {
		free(wanted[i]);
		wanted[i] = NULL;
	}
}

/* The first lines, up to an empty one, are before it is handed over. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned n = 0;
	char *copy, *at, *line;
	bool before = true;

	if (size > 1 << 14 || memchr(data, '\0', size) != NULL)
		return 0;
	copy = malloc(size + 1);
	REQUIRE(copy != NULL);
	if (size > 0)
		memcpy(copy, data, size);
	copy[size] = '\0';
	begin();
	for (at = copy; (line = strsep(&at, "\n")) != NULL && n++ < LINES;) {
		if (before && *line == '\0') {
			hand_over();
			before = false;
		} else if (*line == '+' && before)
			ask((unsigned)strtoul(line + 1, NULL, 10));
		else if (*line == '!' && before)
			learn((unsigned)strtoul(line + 1, NULL, 10));
		else if (!before)
			take_step(line);
	}
	if (before)
		hand_over();
	finish();
	free(copy);
	return 0;
}
