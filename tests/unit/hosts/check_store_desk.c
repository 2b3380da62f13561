/* SPDX-License-Identifier: ISC */
#include <stdatomic.h>

#include "base/stats.h"
#include "check_hosts.h"
#include "check_run.h"
#include "hosts/hosts_control.h"
#include "hosts/hosts_learn.h"
#include "hosts/hosts_reload.h"
#include "hosts/hosts_table.h"
#include "hosts/store_desk.h"
#include "hosts/store_listener.h"
#include "hosts/store_redis.h"
#include "net/dialer.h"
#include "policy/lesson.h"
#include "policy/store.h"
#include "throttle/lease_account.h"
#include "throttle/window.h"

/* Who wants leases, what the store is asked, and what becomes of answers. */

#define MS	1000000ULL
#define ASKED	64
#define SHARED	"store: {redis: \"redis://h\"}, "
#define RATE	"{capacity: 10, burst: 5, queue: {max_wait: 1h}, store: yes"

/* A store that remembers what it is asked. */

static struct question {
	char			 name[STORE_BUDGET];
	struct budget_limits	 limits;
	struct lease_question	 ask;
	struct lease_turn_news	 told;
	uint64_t		 number;	/* where it is of slots */
	struct lease_learn_question learn;	/* its holder 0: it is another */
	store_answer_cb		*cb;
	void			*arg;
	bool			 answered;
} questions[ASKED];
static unsigned		 nquestions;
static const struct store_events *events;
static store_heard_cb	*heard;
static void		*owner;
static bool		 refuses;	/* whoever asks */
static uint64_t		 now;
static struct store_desk *desk;
static struct dialer	 dialer = { .loop = &loop };
static unsigned		 rings;
static unsigned		 proxies;	/* that say that they are there */
static char		 said[8192];	/* last, by the channel */
static size_t		 said_len;
static unsigned		 times_said;

uint64_t
loop_now(void)
{
	return now;
}

struct store_redis *
store_redis_open(const struct dialer *d, const struct store *s,
    const struct store_events *e, void *o)
{
	ck_assert_ptr_eq(d, &dialer);
	ck_assert_ptr_nonnull(s->name);
	events = e;
	owner = o;
	return (struct store_redis *)(void *)questions;
}

bool
store_redis_ask(struct store_redis *s, const struct store_question *q,
    store_answer_cb *cb, void *arg)
{
	struct question *to = &questions[nquestions];

	ck_assert_ptr_eq(s, questions);
	if (q->slots == NULL && q->learn == NULL && q->limits->nrates == 0) {
		if (proxies > 0)
			cb(arg, &(struct store_answer){ .ok = true, .sent = now,
			    .received = now, .lease = { .peers = proxies } });
		return true;
	}
	ck_assert_uint_lt(nquestions, ASKED);
	if (refuses)
		return false;
	nquestions++;
	*to = (struct question){ .limits = *q->limits, .ask = q->ask,
		.told = q->slots != NULL ? q->slots->told : q->ask.told,
		.number = q->slots != NULL ? q->slots->number : 0,
		.cb = cb, .arg = arg };
	if (q->learn != NULL) {
		to->learn = *q->learn;
		to->told = (struct lease_turn_news){ 0 };
	}
	memcpy(to->name, q->budget, q->len);
	return true;
}

void
store_redis_begin(struct store_redis *s, unsigned tag)
{
	ck_assert_ptr_eq(s, questions);
	ck_assert_uint_lt(tag, 64);
}

void
store_redis_say(struct store_redis *s, unsigned tag, const char *p, size_t len)
{
	ck_assert_ptr_eq(s, questions);
	ck_assert_uint_lt(tag, 64);
	ck_assert_uint_lt(len, sizeof said);
	memcpy(said, p, len);
	said[len] = '\0';
	said_len = len;
	times_said++;
}

static void
answer_with(struct question *q, const struct store_answer *a)
{
	q->answered = true;
	q->cb(q->arg, a);
}

void
store_redis_close(struct store_redis *s)
{
	unsigned i;

	for (i = 0; s != NULL && i < nquestions; i++)
		if (!questions[i].answered)
			answer_with(&questions[i], &(struct store_answer){
			    .why = "closed" });
}

struct store_listener *
store_listener_new(const struct dialer *d, const struct store *s,
    const struct store_redis *servers, store_heard_cb *cb, void *o)
{
	ck_assert_ptr_eq(d, &dialer);
	ck_assert_ptr_nonnull(s->name);
	ck_assert_ptr_eq(servers, questions);
	heard = cb;
	ck_assert_ptr_nonnull(o);
	return (struct store_listener *)(void *)&heard;
}

void
store_listener_free(struct store_listener *s)
{
	ck_assert_ptr_eq(s, &heard);
}

/* What it asks for, at once. */
static void
grant(struct question *q)
{
	struct store_answer a = { .ok = true, .sent = now, .received = now,
		.lease = { .serial = 7, .now = SECOND, .amount = q->ask.first,
		    .peers = 2 } };
	unsigned i;

	for (i = 0; i < q->limits.nrates; i++) {
		a.lease.begins[i] = SECOND;
		a.lease.ends[i] = 2 * SECOND;
	}
	answer_with(q, &a);
}

static void
ring(void *arg)
{
	(void)arg;
	rings++;
}

/* What hosts_new() takes for hosts of tickets begins with the desk. */
static void
open_desk(const char *yaml)
{
	nquestions = rings = proxies = 0;
	refuses = false;
	now = NOW;
	start(yaml);
	store_desk_begin(hosts, ring, NULL);
	desk = store_desk_new(hosts, &dialer, &conf->store, 0);
	ck_assert_ptr_nonnull(desk);
	events->connected(owner);
}

static void
close_desk(unsigned n)
{
	while (n > 0)
		leave(--n, false);
	store_desk_free(desk);
	end();
}

/* Time goes on until then, with all that is to be looked at. */
static void
wait_until(uint64_t at)
{
	struct wake *k;
	unsigned i;

	now = at;
	for (i = 0; i < narmed; i++) {
		k = armed[i];
		if (k->at > now)
			continue;
		armed[i--] = armed[--narmed];
		k->armed = false;
		k->fire(k, &loop, now);
	}
}

/* Until it has been heard three times who is there. */
static void
hear_proxies(unsigned n)
{
	unsigned i;

	proxies = n;
	for (i = 0; i < 3; i++)
		wait_until(now + SECOND);
	proxies = 0;
}

START_TEST(one_who_waits)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_WAIT);
	ck_assert_uint_eq(rings, 1);
	ck_assert_uint_eq(nquestions, 0);
	store_desk_look(desk);
	ck_assert_uint_eq(nquestions, 1);
	ck_assert_str_eq(questions[0].name, "a.test a.test h");
	ck_assert_uint_eq(questions[0].ask.first, BUDGET_UNIT);
	ck_assert_uint_eq(questions[0].limits.rates[0].capacity,
	    10 * BUDGET_UNIT);
	/* who comes now waits for the same answer */
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_WAIT);
	ck_assert_uint_eq(rings, 1);
	store_desk_look(desk);
	ck_assert_uint_eq(nquestions, 1);
	grant(&questions[0]);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	ck_assert(tickets[0].mail.posted);
	ck_assert_int_eq(tickets[1].state, TICKET_WAITING);
	wait_until(now + 1);
	ck_assert_uint_eq(nquestions, 2);
	ck_assert_uint_eq(questions[0].ask.holder, questions[1].ask.holder);
	grant(&questions[1]);
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	close_desk(2);
}
END_TEST

START_TEST(who_shares_nothing_is_not_asked_for)
{
	open_desk("{" SHARED "hosts: {a.test: {capacity: 10}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	store_desk_look(desk);
	ck_assert_uint_eq(rings + nquestions, 0);
	close_desk(1);
}
END_TEST

static bool
was_asked(const char *begin, const char *end)
{
	const char *name;
	unsigned i;

	for (i = 0; i < nquestions; i++) {
		name = questions[i].name;
		if (strncmp(name, begin, strlen(begin)) == 0 &&
		    strlen(name) > strlen(end) && strcmp(name + strlen(name) -
		    strlen(end), end) == 0)
			return true;
	}
	return false;
}

/* Each budget of a host by a name of its own; a total without a credential. */
START_TEST(all_its_budgets)
{
	open_desk("{" SHARED "hosts: {\"*.test\": " RATE ", per: header:X, "
	    "per_total: {capacity: 20}, paths: {/: {capacity: 5}}}}}");
	head.path = (struct http1_str){ "/", 1 };
	ck_assert_int_eq(ask(0, "a.test", 1, "mine"), HOSTS_WAIT);
	store_desk_look(desk);
	ck_assert_uint_ge(nquestions, 2);
	ck_assert(was_asked("*.test a.test ", " h"));
	ck_assert(was_asked("*.test a.test t", " t"));
	ck_assert(!was_asked("*.test a.test h", ""));
	close_desk(1);
}
END_TEST

#define TOTAL	"{" SHARED "hosts: {a.test: " RATE ", per: header:X, " \
	"per_total: {capacity: 10, burst: 5}}}}"

/* By one proxy. */
START_TEST(a_total_is_held_once)
{
	struct question *q;
	unsigned i;

	open_desk(TOTAL);
	hear_proxies(1);
	for (i = 0; i < 3; i++) {
		ask(i, "a.test", 1, (const char *[]){ "a", "b", "c" }[i]);
		store_desk_look(desk);
		ck_assert_uint_eq(nquestions, 2 * i + 2);
		q = &questions[2 * i + 1];
		ck_assert_str_eq(q->name, "a.test a.test t");
		ck_assert_uint_eq(q->ask.holder, questions[1].ask.holder);
		grant(&questions[2 * i]);
		grant(q);
		ck_assert_int_eq(tickets[i].state, TICKET_HELD);
	}
	ck_assert_uint_eq(atomic_load(&stats_process.store_peers), 1);
	close_desk(3);
}
END_TEST

/* While one has to wait the other one, which would melt, is not asked for. */
START_TEST(leases_that_are_needed_together)
{
	open_desk(TOTAL);
	ask(0, "a.test", 1, "a");
	store_desk_look(desk);
	ck_assert_uint_eq(nquestions, 2);
	/* it lasts */
	ck_assert_uint_gt(questions[1].ask.demand, questions[1].ask.first);
	answer_with(&questions[0], &(struct store_answer){ .ok = true, .sent =
	    now, .received = now, .lease = { 0, .again_at = 1500 * MS } });
	grant(&questions[1]);
	while (nquestions == 2)
		wait_until(now + MS);
	ck_assert_uint_eq(now, NOW + 1500 * MS);
	ck_assert_uint_eq(nquestions, 4);
	close_desk(1);
}
END_TEST

START_TEST(an_answer_that_does_not_come)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	answer_with(&questions[0], &(struct store_answer){ .why = "late",
	    .sent = now, .received = now });
	ck_assert_int_eq(tickets[0].state, TICKET_WAITING);
	wait_until(now + 99 * MS);
	ck_assert_uint_eq(nquestions, 1);
	wait_until(now + 1 * MS);
	ck_assert_uint_eq(nquestions, 2);
	grant(&questions[1]);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	close_desk(1);
}
END_TEST

/* Nor does one without a lease, and with no time, have it ask at once. */
START_TEST(an_answer_that_says_nothing)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	answer_with(&questions[0], &(struct store_answer){ .ok = true,
	    .sent = now, .received = now, .lease = { .now = SECOND } });
	wait_until(now + 99 * MS);
	ck_assert_uint_eq(nquestions, 1);
	wait_until(now + 1 * MS);
	ck_assert_uint_eq(nquestions, 2);
	grant(&questions[1]);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	close_desk(1);
}
END_TEST

/* One that cannot even be asked is asked again. */
START_TEST(a_question_that_does_not_go)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	refuses = true;
	ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	ck_assert_uint_eq(nquestions, 0);
	refuses = false;
	wait_until(now + 100 * MS);
	ck_assert_uint_eq(nquestions, 1);
	grant(&questions[0]);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	close_desk(1);
}
END_TEST

START_TEST(the_store_goes_and_comes)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE ", without_store: hold}, "
	    "b.test: " RATE ", without_store: open}, c.test: " RATE "}}}");
	ask(0, "a.test", 1, NULL);
	ask(1, "b.test", 1, NULL);
	ask(2, "c.test", 1, NULL);
	store_desk_look(desk);
	ck_assert_uint_eq(nquestions, 3);
	events->lost(owner, "gone");
	ck_assert_uint_eq(warnings, 1);
	events->lost(owner, "still gone");
	ck_assert_uint_eq(warnings, 1);
	ck_assert_int_eq(tickets[0].state, TICKET_WAITING);
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	/* how many share it was never heard */
	ck_assert_int_eq(tickets[2].state, TICKET_WAITING);
	/* what comes late is nobody's */
	grant(&questions[0]);
	ck_assert_int_eq(tickets[0].state, TICKET_WAITING);
	wait_until(now + 10 * SECOND);
	ck_assert_uint_eq(nquestions, 3);
	events->connected(owner);
	ck_assert_uint_eq(nquestions, 6);
	/* the open one has spent, and says so */
	ck_assert(was_asked("b.test", "h"));
	ck_assert_uint_eq(questions[3].ask.stepped != 0, false);
	ck_assert_uint_eq(questions[4].ask.stepped != 0, true);
	grant(&questions[3]);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	close_desk(3);
}
END_TEST

/* How many share it was heard: each has an even part. */
START_TEST(shares)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	hear_proxies(2);
	ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	grant(&questions[0]);
	ask(1, "a.test", 1, NULL);
	events->lost(owner, "gone");
	wait_until(now + SECOND);
	ck_assert_int_eq(tickets[1].state, TICKET_WAITING);
	wait_until(now + SECOND);
	wait_until(now + SECOND);
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	ck_assert_uint_eq(nquestions, 1);
	close_desk(2);
}
END_TEST

/*
 * Who was there counts for ten minutes, also where nobody has asked for a budget
 * since, or the others were busy by turns.
 */
START_TEST(proxies_are_remembered)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	hear_proxies(5);
	ck_assert_uint_eq(atomic_load(&stats_process.store_peers), 5);
	proxies = 1;
	while (now < NOW + 600 * SECOND)
		wait_until(now + SECOND);
	ck_assert_uint_eq(atomic_load(&stats_process.store_peers), 5);
	while (now < NOW + 1210 * SECOND)
		wait_until(now + SECOND);
	ck_assert_uint_eq(atomic_load(&stats_process.store_peers), 1);
	close_desk(0);
}
END_TEST

/* Who is alone for all that it knows must not take the whole of it. */
START_TEST(too_many_proxies)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	hear_proxies(_i == 0 ? LEASE_HOLDERS : 0);
	ck_assert_uint_eq(atomic_load(&stats_process.store_peers), 0);
	ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	events->lost(owner, "gone");
	for (; now < NOW + 60 * SECOND; wait_until(now + SECOND))
		ck_assert_int_eq(tickets[0].state, TICKET_WAITING);
	close_desk(1);
}
END_TEST

/* A key of another type, say: its budget alone is without the store. */
START_TEST(a_budget_that_is_not_answered)
{
	unsigned i;

	open_desk("{" SHARED "hosts: {a.test: " RATE ", without_store: open}, "
	    "b.test: " RATE "}}}");
	ask(0, "a.test", 1, NULL);
	ask(1, "b.test", 1, NULL);
	store_desk_look(desk);
	grant(&questions[1]);
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(tickets[0].state, TICKET_WAITING);
		ck_assert_uint_eq(atomic_load(&stats_process.store_cut), 0);
		answer_with(&questions[i == 0 ? 0 : i + 1],
		    &(struct store_answer){ .why = "WRONGTYPE", .sent = now,
		    .received = now });
		wait_until(now + 100 * MS);
	}
	ck_assert_uint_eq(atomic_load(&stats_process.store_cut), 1);
	ck_assert_uint_eq(warnings, 1);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	ck_assert_uint_eq(nquestions, 4);
	wait_until(now + SECOND);
	ck_assert_uint_eq(nquestions, 5);
	ck_assert_uint_eq(questions[4].ask.first, 0);
	answer_with(&questions[4], &(struct store_answer){ .ok = true,
	    .sent = now, .received = now, .lease = { .now = SECOND } });
	ck_assert_uint_eq(atomic_load(&stats_process.store_cut), 0);
	ask(2, "a.test", 1, NULL);
	wait_until(now + 1);
	close_desk(3);
}
END_TEST

/* Of a pause it has heard: it asks at once, or when there is an answer. */
START_TEST(others_have_paused)
{
	static const char name[] = "a.test a.test h";

	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	heard(owner, name, sizeof name - 1);
	ck_assert_uint_eq(nquestions, 0);
	ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	heard(owner, name, sizeof name - 1);
	heard(owner, "b.test b.test h", sizeof name - 1);
	ck_assert_uint_eq(nquestions, 1);
	grant(&questions[0]);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	wait_until(now + 1);
	ck_assert_uint_eq(nquestions, 2);
	ck_assert_uint_eq(questions[1].ask.first, 0);
	answer_with(&questions[1], &(struct store_answer){ .ok = true,
	    .sent = now, .received = now, .lease = { .now = SECOND,
	    .pause = 31 * SECOND } });
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_WAIT);
	heard(owner, name, sizeof name - 1);
	ck_assert_uint_eq(nquestions, 3);
	close_desk(2);
}
END_TEST

/* Answers all that wait for one. */
static void
grant_all(void)
{
	unsigned i;

	for (i = 0; i < nquestions; i++)
		if (!questions[i].answered)
			grant(&questions[i]);
}

/* A request for a path, by as many leases as it takes. */
static enum ticket_state
asks_for(unsigned i, const char *path)
{
	path_asked = (struct http1_str){ path, strlen(path) };
	(void)ask(i, "a.test", 1, NULL);
	store_desk_look(desk);
	grant_all();
	return tickets[i].state;
}

#define PARTS	"{" SHARED "hosts: {a.test: {capacity: 100, learn: pause, " \
	"queue: {max_wait: 1h}, store: yes, pause: {max: 10s}}}}"
#define OF_BUCKET " of=the%20bucket end=3 end=5 route=GET/a"

/* A part that the host names pauses where others hear of it, too. */
START_TEST(a_part_is_paused_for_all)
{
	static const char begin[] = "a.test a.test h\n by=";
	const struct lesson l = {
		.status = 429,
		.verdict = BUDGET_THROTTLED,
		.partial = true,
		.named = true,
		.part = { 7, 9 },
		.name = "the?bucket",
		.raw = "the bucket",
		.method = { "GET", 3 },
		.path = { "/a", 2 },
		.pause = 5 * SECOND,
	};

	open_desk(PARTS);
	times_said = 0;
	ck_assert_int_eq(asks_for(0, "/a"), TICKET_HELD);
	ck_assert_uint_gt(hosts_learn(hosts, &tickets[0], &l, NOW), 0);
	store_desk_look(desk);
	grant_all();
	ck_assert_uint_eq(times_said, 1);
	ck_assert_int_eq(strncmp(said, begin, sizeof begin - 1), 0);
	ck_assert_ptr_nonnull(strstr(said, " left=5000000" OF_BUCKET));
	/* its own word is no news: it would be a longer pause */
	wait_until(now + 2 * SECOND);
	heard(owner, said, said_len);
	ck_assert_int_eq(asks_for(1, "/a"), TICKET_WAITING);
	wait_until(NOW + 5 * SECOND);
	grant_all();
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	close_desk(2);

	/* another one, whose hashes may be others */
	open_desk(PARTS);
	ck_assert_int_eq(asks_for(0, "/b"), TICKET_HELD);
	heard(owner, said, said_len);
	ck_assert_int_eq(asks_for(1, "/a"), TICKET_WAITING);
	ck_assert_int_eq(asks_for(2, "/b"), TICKET_HELD);
	wait_until(NOW + 5 * SECOND - 1);
	grant_all();
	ck_assert_int_eq(tickets[1].state, TICKET_WAITING);
	wait_until(NOW + 5 * SECOND);
	grant_all();
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	/* what was heard is not told again */
	ck_assert_uint_eq(times_said, 1);
	close_desk(3);
}
END_TEST

#define X20	"xxxxxxxxxxxxxxxxxxxx"

static const struct name_row {
	const char	*name;
	const char	*shown;
} names_of_parts[] = {
	{ "per user", "per?user" },
	{ X20 X20 X20, X20 X20 "xxxxxxx" },
	{ "\x1b[0m\xc3\xa4%20", "?[0m??%20" },
};

/* The lesson of an answer to /a that names its part. */
static struct lesson
of_answer(unsigned i, int status, const char *name)
{
	const bool refused = status == 429;
	const struct hint hint = {
		.retry_after = refused,
		.delay = 5 * SECOND,
		.throttled = refused,
		.part = { name, strlen(name) },
		.partial = refused,
		.pause = refused ? 5 * SECOND : 0,
	};
	struct client_hash hash;
	struct throttle_key key;
	struct lesson l;

	ck_assert(client_hash(hasher, "part", name, strlen(name), &hash));
	key = (struct throttle_key){ hash.a, hash.b };
	lesson_of_head(&l, &(struct lesson_answer){ .rule = tickets[i].rule,
	    .status = status, .part = &key, .method = { "GET", 3 },
	    .path = { "/a", 2 } }, &hint);
	return l;
}

/* The host says to the others what it has said here: it is the same part. */
START_TEST(a_part_by_its_name)
{
	const struct name_row *row = &names_of_parts[_i];
	struct lesson l;

	open_desk(PARTS);
	times_said = 0;
	ck_assert_int_eq(asks_for(0, "/a"), TICKET_HELD);
	l = of_answer(0, 429, row->name);
	ck_assert_uint_gt(hosts_learn(hosts, &tickets[0], &l, NOW), 0);
	store_desk_look(desk);
	grant_all();
	ck_assert_uint_eq(times_said, 1);
	close_desk(1);

	open_desk(PARTS);
	ck_assert_int_eq(asks_for(0, "/a"), TICKET_HELD);
	heard(owner, said, said_len);
	ck_assert_str_eq(throttle_named_text(tickets[0].host->throttle, 1),
	    row->shown);
	/* its answer was on the way */
	l = of_answer(0, 200, row->name);
	ck_assert_uint_eq(hosts_learn(hosts, &tickets[0], &l, NOW), 0);
	ck_assert_int_eq(asks_for(1, "/a"), TICKET_WAITING);
	wait_until(NOW + 5 * SECOND);
	grant_all();
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	close_desk(2);
}
END_TEST

START_TEST(a_part_with_a_name_too_long)
{
	char name[LESSON_PART + 1] = "";
	size_t len = LESSON_PART - 1 + (size_t)_i;
	struct lesson l;

	memset(name, 'x', len);
	open_desk(PARTS);
	times_said = 0;
	ck_assert_int_eq(asks_for(0, "/a"), TICKET_HELD);
	l = of_answer(0, 429, name);
	ck_assert_uint_gt(hosts_learn(hosts, &tickets[0], &l, NOW), 0);
	ck_assert_int_eq(asks_for(1, "/a"), TICKET_WAITING);
	ck_assert_uint_eq(times_said, _i == 0);
	ck_assert(_i != 0 || strstr(said, name) != NULL);
	close_desk(2);
}
END_TEST

static const struct word_row {
	const char	*words;
	bool		 pauses;
	uint64_t	 until;		/* ns from now */
} part_words[] = {
	{ "by=1 left=5000000" OF_BUCKET, true, 5 * SECOND },
	{ "by=1 left=5000000 newer=7" OF_BUCKET, true, 5 * SECOND },
	/* no longer than it may be here */
	{ "by=1 left=3600000000" OF_BUCKET, true, 10 * SECOND },
	{ "by=1 left=18446744073709551615" OF_BUCKET, false, 0 },
	{ "by=1 left=0" OF_BUCKET, false, 0 },
	{ "by=1 left=x" OF_BUCKET, false, 0 },
	{ "left=5000000" OF_BUCKET, false, 0 },
	{ "by=1 left=5000000 of=x", false, 0 },
	{ "by=1 left=5000000 of=x route=GET/a", false, 0 },
	{ "by=1 left=5000000 of=x end=3 end=6 route=GET/a", false, 0 },
	{ "by=1 left=5000000 end=3 end=5 route=GET/a", false, 0 },
	{ "by=1 left=5000000 word" OF_BUCKET, false, 0 },
	{ "by", false, 0 },
	{ "", false, 0 },
};

START_TEST(words_of_a_part)
{
	const struct word_row *row = &part_words[_i];
	char text[256];

	open_desk(PARTS);
	ck_assert_int_eq(asks_for(0, "/b"), TICKET_HELD);
	snprintf(text, sizeof text, "a.test a.test h\n%s", row->words);
	heard(owner, text, strlen(text));
	ck_assert_int_eq(asks_for(1, "/a"), row->pauses ? TICKET_WAITING :
	    TICKET_HELD);
	wait_until(NOW + row->until - row->pauses);
	grant_all();
	ck_assert(tickets[1].state == TICKET_HELD || row->pauses);
	wait_until(NOW + row->until);
	grant_all();
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	close_desk(2);
}
END_TEST

/* Of so many bytes, as anybody may publish. */
START_TEST(too_many_words)
{
	static char text[20000] = "a.test a.test h\n";
	size_t len = strlen(text);

	open_desk(PARTS);
	ck_assert_int_eq(asks_for(0, "/b"), TICKET_HELD);
	memset(text + len, ' ', sizeof text - len - 1);
	memcpy(text + len, "by=1 left=5000000" OF_BUCKET,
	    strlen("by=1 left=5000000" OF_BUCKET));
	heard(owner, text, sizeof text - 1);
	ck_assert_int_eq(asks_for(1, "/a"), TICKET_HELD);
	heard(owner, text, 100);
	ck_assert_int_eq(asks_for(2, "/a"), TICKET_WAITING);
	close_desk(3);
}
END_TEST

#define OF(text)	"{" SHARED "hosts: {a.test: {store: yes, queue: " \
	"{max_wait: 1h}, " text "}}}"

/* Slots, all that it wants; and a pass, while nothing is learned. */
static void
lend(struct question *q)
{
	answer_with(q, &(struct store_answer){ .ok = true, .sent = now,
	    .received = now, .slots = { .now = SECOND, .number = q->number,
	    .slots = 3, .keeps = 3, .ends = 4 * SECOND }, .learn = {
	    .now = SECOND, .free = true, .ends = 2 * SECOND } });
}

/* A host refuses: who learns its limits tells that with those, or as a pause. */
START_TEST(what_is_learned_is_no_pause)
{
	const struct lesson l = { .status = 429, .verdict = BUDGET_THROTTLED,
		.pause = 5 * SECOND };
	unsigned i, first;
	bool paused = false;

	open_desk(_i == 0 ? OF("learn: pause, concurrency: 3") :
	    OF("learn: estimate, concurrency: 3"));
	(void)ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	for (i = 0; i < nquestions; i++)
		lend(&questions[i]);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	first = nquestions;
	ck_assert_uint_gt(hosts_learn(hosts, &tickets[0], &l, now), 0);
	leave(0, false);
	store_desk_look(desk);
	wait_until(now + SECOND);
	ck_assert_uint_gt(nquestions, first);
	for (i = first; i < nquestions; i++)
		paused = paused || questions[i].told.pause != 0;
	ck_assert(paused == (_i == 0));
	close_desk(0);
}
END_TEST

static const struct order_row {
	const char	*yaml;
	enum hosts_done	(*fn)(struct hosts *, const char *,
			    const struct hosts_order *, struct hosts_change *);
	bool		 renews;
} orders[] = {
	{ OF("capacity: 10, learn: pause"), hosts_resume, false },
	{ OF("concurrency: 3, learn: pause"), hosts_resume, false },
	{ OF("learn: estimate"), hosts_resume, false },
	{ OF("learn: estimate"), hosts_forget, true },
	{ OF("learn: estimate, concurrency: 3"), hosts_forget, true },
};

/* Where nobody has asked for the host, others that share it are to hear it. */
START_TEST(an_order_for_others)
{
	const struct order_row *row = &orders[_i];
	const struct hosts_order order = { .loop = &loop, .now = NOW,
		.by = "me", .reason = "" };
	struct hosts_change change;
	const struct question *q;
	bool learns = strstr(row->yaml, "estimate") != NULL, told = false;
	unsigned i;

	open_desk(row->yaml);
	ck_assert_int_eq(row->fn(hosts, "a.test", &order, &change),
	    HOSTS_DONE);
	ck_assert_uint_eq(rings, 1);
	wait_until(NOW + SECOND);
	store_desk_look(desk);
	for (i = 0; i < nquestions; i++) {
		q = &questions[i];
		ck_assert_str_eq(q->name, "a.test a.test h");
		if (q->learn.holder != 0)
			ck_assert(q->learn.renews == row->renews);
		told = told || q->learn.orders == SECOND;
		ck_assert(q->learn.orders + q->told.orders == SECOND);
	}
	ck_assert(told == learns);
	ck_assert_uint_eq(nquestions, strstr(row->yaml, "con") != NULL &&
	    learns ? 2 : 1);
	for (i = 0; i < nquestions; i++)
		answer_with(&questions[i], &(struct store_answer){ .ok = true,
		    .sent = now, .received = now, .lease = { .now = SECOND,
		    .ordered = SECOND }, .slots = { .now = SECOND,
		    .ordered = SECOND, .number = 1 }, .learn = {
		    .now = SECOND, .ordered = SECOND } });
	/* once */
	i = nquestions;
	wait_until(now + 3 * SECOND);
	store_desk_look(desk);
	ck_assert_uint_eq(nquestions, i);
	close_desk(0);
}
END_TEST

static bool
was_ordered(void)
{
	unsigned i;

	for (i = 0; i < nquestions; i++)
		if (questions[i].learn.orders + questions[i].told.orders > 0)
			return true;
	return false;
}

static bool
is_there(const char *key)
{
	hosts_sweep(hosts, 10, now);
	return hosts_find(hosts, key, strlen(key)) != NULL;
}

/* It is kept until the store has it. */
START_TEST(an_order_without_the_store)
{
	const struct order_row *row = &orders[_i];
	const struct hosts_order order = { .loop = &loop, .now = NOW,
		.by = "me", .reason = "" };
	struct hosts_change change;
	unsigned i;

	open_desk(row->yaml);
	events->lost(owner, "gone");
	ck_assert_int_eq(row->fn(hosts, "a.test", &order, &change),
	    HOSTS_DONE);
	ck_assert(is_there("a.test"));
	store_desk_look(desk);
	ck_assert_uint_eq(nquestions, 0);
	ck_assert(is_there("a.test"));
	wait_until(now + 3600 * SECOND);
	ck_assert(is_there("a.test"));
	events->connected(owner);
	ck_assert(was_ordered());
	ck_assert(is_there("a.test"));
	for (i = 0; i < nquestions; i++)
		answer_with(&questions[i], &(struct store_answer){ .ok = true,
		    .sent = now, .received = now, .lease = { .now = SECOND,
		    .ordered = SECOND }, .slots = { .now = SECOND,
		    .ordered = SECOND, .number = 1 }, .learn = {
		    .now = SECOND, .ordered = SECOND } });
	ck_assert(!is_there("a.test"));
	close_desk(0);
}
END_TEST

/* Nobody hears of a pause behind the order that has ended it. */
START_TEST(a_part_that_is_resumed)
{
	const struct hosts_order order = { .loop = &loop, .now = NOW,
		.by = "me", .reason = "" };
	struct hosts_change change;
	struct lesson l;

	open_desk(PARTS);
	times_said = 0;
	ck_assert_int_eq(asks_for(0, "/a"), TICKET_HELD);
	l = of_answer(0, 429, "bucket");
	ck_assert_uint_gt(hosts_learn(hosts, &tickets[0], &l, NOW), 0);
	ck_assert_int_eq((_i == 0 ? hosts_resume : hosts_forget)(hosts,
	    "a.test", &order, &change), HOSTS_DONE);
	store_desk_look(desk);
	grant_all();
	ck_assert_uint_eq(times_said, 0);
	ck_assert_int_eq(asks_for(1, "/a"), TICKET_HELD);
	close_desk(2);
}
END_TEST

/* A reload takes its rule away while it has asked. */
START_TEST(a_host_that_shares_no_more)
{
	struct conf *other = parse("{" SHARED "hosts: {a.test: "
	    "{capacity: 10, queue: {max_wait: 1h}}}}");

	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	hosts_reload(hosts, other, now);
	hosts_admit_all(hosts, &loop, now);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	grant(&questions[0]);
	leave(0, false);
	wait_until(now + 3600 * SECOND);
	ck_assert_uint_eq(nquestions, 1);
	close_desk(0);
	conf_unref(other);
}
END_TEST

START_TEST(another_store)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	ck_assert(store_desk_change(desk, &conf->store));
	ck_assert(questions[0].answered);
	ck_assert_int_eq(tickets[0].state, TICKET_WAITING);
	events->connected(owner);
	ck_assert_uint_eq(nquestions, 2);
	grant(&questions[1]);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	close_desk(1);
}
END_TEST

/* Whichever allocation fails, it goes in the end. */
START_TEST(without_memory)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	ask(0, "a.test", 1, NULL);
	check_alloc = (unsigned)_i + 1;
	store_desk_look(desk);
	check_alloc = 0;
	ask(1, "a.test", 1, NULL);
	store_desk_look(desk);
	wait_until(now + 200 * MS);
	ck_assert_uint_ge(nquestions, 1);
	grant(&questions[nquestions - 1]);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	close_desk(2);
}
END_TEST

static void
done(void *arg)
{
	++*(unsigned *)arg;
}

/* What is left of a lease goes back, and then nothing is asked any more. */
START_TEST(a_last_word)
{
	unsigned times = 0;

	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	(void)ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	grant(&questions[0]);
	proxies = 1;
	store_desk_leave(desk, done, &times);
	ck_assert_uint_eq(nquestions, 2);
	ck_assert_str_eq(questions[1].name, questions[0].name);
	ck_assert(questions[1].ask.leaves);
	ck_assert_uint_eq(questions[1].ask.holder, questions[0].ask.holder);
	ck_assert_uint_eq(questions[1].ask.returned, 7);
	ck_assert_uint_eq(times, 0);
	answer_with(&questions[1], &(struct store_answer){ .ok = true,
	    .sent = now, .received = now });
	ck_assert_uint_gt(times, 0);
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_WAIT);
	store_desk_look(desk);
	wait_until(now + 100 * SECOND);
	ck_assert_uint_eq(nquestions, 2);
	close_desk(2);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("store_desk");
	TCase *tcase = tcase_create("desk");

	tcase_add_test(tcase, one_who_waits);
	tcase_add_test(tcase, who_shares_nothing_is_not_asked_for);
	tcase_add_test(tcase, all_its_budgets);
	tcase_add_test(tcase, a_total_is_held_once);
	tcase_add_test(tcase, leases_that_are_needed_together);
	tcase_add_test(tcase, an_answer_that_does_not_come);
	tcase_add_test(tcase, an_answer_that_says_nothing);
	tcase_add_test(tcase, a_question_that_does_not_go);
	tcase_add_test(tcase, the_store_goes_and_comes);
	tcase_add_test(tcase, shares);
	tcase_add_test(tcase, proxies_are_remembered);
	tcase_add_loop_test(tcase, too_many_proxies, 0, 2);
	tcase_add_test(tcase, a_budget_that_is_not_answered);
	tcase_add_test(tcase, others_have_paused);
	tcase_add_test(tcase, a_part_is_paused_for_all);
	ROWS(tcase, a_part_by_its_name, names_of_parts);
	tcase_add_loop_test(tcase, a_part_with_a_name_too_long, 0, 2);
	ROWS(tcase, words_of_a_part, part_words);
	tcase_add_test(tcase, too_many_words);
	tcase_add_loop_test(tcase, what_is_learned_is_no_pause, 0, 2);
	ROWS(tcase, an_order_for_others, orders);
	ROWS(tcase, an_order_without_the_store, orders);
	tcase_add_loop_test(tcase, a_part_that_is_resumed, 0, 2);
	tcase_add_test(tcase, a_host_that_shares_no_more);
	tcase_add_test(tcase, another_store);
	tcase_add_test(tcase, a_last_word);
	tcase_add_loop_test(tcase, without_memory, 0, 5);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
