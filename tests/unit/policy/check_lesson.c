/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "http/http1_head.h"
#include "policy/lesson.h"
#include "check_run.h"

/* What answers teach: of their fields and bodies, by their hosts' rules. */

#define SECOND	1000000000ULL	/* ns */
#define DEFAULT	(7 * SECOND)	/* pause.default */
#define MAX	(60 * SECOND)	/* pause.max */

static const struct throttle_key	 key = { 1, 2 };
static const char			 here[] = "a dialect";

/* A rule in which 429 and 503 pause, 429 for three seconds. */
static struct rule
rule_with(enum rule_learn learn)
{
	return (struct rule){
		.learn = learn,
		.pause_default = DEFAULT,
		.pause_max = MAX,
		.pause_statuses = {
			{ .status = 429, .own = true, .pause = 3 * SECOND },
			{ .status = 503, .own = true, .off = true },
		},
		.npause_statuses = 2,
	};
}

/* Verdicts */

static const struct {
	enum rule_learn		 learn;
	int			 status;
	struct hint		 hint;
	enum budget_verdict	 verdict;
} verdicts[] = {
	{ RULE_LEARN_PAUSE, 200, { .source = NULL }, BUDGET_SUCCESS },
	{ RULE_LEARN_PAUSE, 404, { .source = NULL }, BUDGET_SUCCESS },
	{ RULE_LEARN_PAUSE, 500, { .source = NULL }, BUDGET_NEUTRAL },
	/* by the status alone */
	{ RULE_LEARN_OFF, 429, { .source = NULL }, BUDGET_THROTTLED },
	/* that one is off: its answer has to say more */
	{ RULE_LEARN_OFF, 503, { .source = NULL }, BUDGET_NEUTRAL },
	{ RULE_LEARN_OFF, 503, { .retry_after = true }, BUDGET_THROTTLED },
	{ RULE_LEARN_OFF, 503, { .throttled = true }, BUDGET_THROTTLED },
	/* only a dialect tells, where there is learning */
	{ RULE_LEARN_PAUSE, 403, { .throttled = true }, BUDGET_THROTTLED },
	{ RULE_LEARN_PAUSE, 420, { .throttled = true }, BUDGET_THROTTLED },
	{ RULE_LEARN_OFF, 403, { .throttled = true }, BUDGET_SUCCESS },
	{ RULE_LEARN_PAUSE, 403, { .retry_after = true }, BUDGET_SUCCESS },
};

START_TEST(verdict)
{
	struct rule rule = rule_with(verdicts[_i].learn);
	struct lesson_answer answer = {
		.rule = &rule,
		.status = verdicts[_i].status,
	};
	struct lesson l;

	lesson_of_head(&l, &answer, &verdicts[_i].hint);
	ck_assert_int_eq(l.verdict, verdicts[_i].verdict);
}
END_TEST

/* Statuses that the configuration does not name are its alone, all the same. */
START_TEST(status_that_is_not_to_pause)
{
	struct rule rule = rule_with(RULE_LEARN_PAUSE);
	struct hint hint = { .throttled = true, .pause = 5 * SECOND };
	struct lesson_answer answer = { .rule = &rule, .status = 429 };
	struct lesson l;

	rule.npause_statuses = 0;
	lesson_of_head(&l, &answer, &hint);
	ck_assert_int_eq(l.verdict, BUDGET_SUCCESS);
	ck_assert_uint_eq(l.pause, 0);
	ck_assert(!l.backoff);
}
END_TEST

static const struct {
	enum rule_learn	 learn;
	size_t		 nbodies;
	int		 status;
	bool		 reads;
} read[] = {
	{ RULE_LEARN_OFF, 0, 200, false },
	{ RULE_LEARN_OFF, 0, 429, true },
	{ RULE_LEARN_OFF, 0, 503, true },
	{ RULE_LEARN_OFF, 1, 200, true },
	{ RULE_LEARN_PAUSE, 0, 200, true },
	{ RULE_LEARN_SHAPE, 0, 200, true },
};

START_TEST(fields_that_are_read)
{
	struct rule rule = rule_with(read[_i].learn);

	rule.nbodies = read[_i].nbodies;
	ck_assert_int_eq(lesson_reads(&rule, read[_i].status),
	    read[_i].reads);
}
END_TEST

/* Pauses */

static const struct {
	const char	*what;
	enum rule_learn	 learn;
	int		 status;
	struct hint	 hint;
	struct lesson	 lesson;	/* its pause, and what that rests on */
} pauses[] = {
	{ "nothing is said", RULE_LEARN_PAUSE, 200, { .source = NULL },
	    { .pause = 0 } },
	{ "no time: the status' own", RULE_LEARN_PAUSE, 429,
	    { .source = NULL }, { .backoff = true, .base = 3 * SECOND } },
	{ "no time: the default", RULE_LEARN_PAUSE, 403,
	    { .throttled = true }, { .backoff = true, .base = DEFAULT } },
	{ "Retry-After", RULE_LEARN_OFF, 429,
	    { .retry_after = true, .delay = 9 * SECOND },
	    { .pause = 9 * SECOND, .base = 3 * SECOND } },
	{ "Retry-After, with a status that is off", RULE_LEARN_OFF, 503,
	    { .retry_after = true, .delay = 9 * SECOND },
	    { .pause = 9 * SECOND, .base = DEFAULT } },
	{ "now", RULE_LEARN_PAUSE, 429,
	    { .retry_after = true, .delay = BUDGET_NOW - 1 },
	    { .pause = BUDGET_NOW - 1, .backoff = true, .at_once = true,
	    .base = 3 * SECOND } },
	{ "no more now", RULE_LEARN_PAUSE, 429,
	    { .retry_after = true, .delay = BUDGET_NOW },
	    { .pause = BUDGET_NOW, .base = 3 * SECOND } },
	{ "now, and a reset", RULE_LEARN_PAUSE, 429,
	    { .retry_after = true, .refusal = 4 * SECOND },
	    { .pause = 4 * SECOND, .at_once = true, .base = 3 * SECOND } },
	{ "now, and a reset that is not learned", RULE_LEARN_OFF, 429,
	    { .retry_after = true, .refusal = 4 * SECOND },
	    { .pause = 0, .backoff = true, .at_once = true,
	    .base = 3 * SECOND } },
	{ "a dialect's time", RULE_LEARN_PAUSE, 403,
	    { .throttled = true, .pause = 5 * SECOND },
	    { .pause = 5 * SECOND, .base = DEFAULT } },
	{ "a dialect's time that is not learned", RULE_LEARN_OFF, 429,
	    { .throttled = true, .pause = 5 * SECOND },
	    { .backoff = true, .base = 3 * SECOND } },
	{ "a reset, of what only the status calls a refusal",
	    RULE_LEARN_PAUSE, 429, { .refusal = 6 * SECOND },
	    { .pause = 6 * SECOND, .base = 3 * SECOND } },
	{ "what is used up", RULE_LEARN_PAUSE, 200,
	    { .pause = 8 * SECOND }, { .pause = 8 * SECOND, .spent = true } },
	{ "what is used up, and not learned", RULE_LEARN_OFF, 200,
	    { .pause = 8 * SECOND }, { .pause = 0 } },
	{ "Retry-After without a refusal", RULE_LEARN_PAUSE, 200,
	    { .retry_after = true, .delay = 8 * SECOND,
	    .pause = 8 * SECOND }, { .pause = 8 * SECOND } },
};

START_TEST(pause)
{
	const struct lesson *e = &pauses[_i].lesson;
	struct rule rule = rule_with(pauses[_i].learn);
	struct lesson_answer answer = {
		.rule = &rule,
		.status = pauses[_i].status,
	};
	struct lesson l;

	lesson_of_head(&l, &answer, &pauses[_i].hint);
	ck_assert_msg(l.pause == e->pause && l.spent == e->spent &&
	    l.backoff == e->backoff && l.at_once == e->at_once &&
	    l.base == e->base, "%s", pauses[_i].what);
	ck_assert(!l.again);
	answer.hastened = true;
	lesson_of_head(&l, &answer, &pauses[_i].hint);
	ck_assert(l.again == (l.verdict == BUDGET_THROTTLED && (l.pause > 0 ||
	    l.at_once)));
	ck_assert(lesson_is_final(&l) == (l.verdict == BUDGET_THROTTLED &&
	    !e->backoff));
}
END_TEST

/* What is left */

#define LEFT(n, s)	{ .has_remaining = true, .has_reset = true, \
			.remaining = (n) * HINT_MICRO, .reset = (s) * SECOND }

static const struct {
	const char		*what;
	struct hint_budget	 budgets[2];
	uint64_t		 left;
	uint64_t		 seconds;	/* to the reset; 0: no shape */
} shapes[] = {
	{ "one", { LEFT(10, 20) }, 10, 20 },
	{ "the tighter of two", { LEFT(10, 20), LEFT(100, 2000) }, 100, 2000 },
	{ "in any order", { LEFT(100, 2000), LEFT(10, 20) }, 100, 2000 },
	{ "nothing left", { LEFT(0, 20) }, 0, 20 },
	{ "cut to pause.max for each", { LEFT(1, 3600) }, 1, 120 },
	{ "already counted anew", { LEFT(10, 0) }, 0, 0 },
	{ "no reset", { { .has_remaining = true, .remaining = 1 } }, 0, 0 },
	{ "tokens", { { .unit = HINT_TOKENS, .has_remaining = true,
	    .has_reset = true, .reset = SECOND } }, 0, 0 },
	{ "one that refills", { { .refills = true, .has_limit = true,
	    .limit = 50 * HINT_MICRO, .has_remaining = true,
	    .has_reset = true, .remaining = HINT_MICRO,
	    .reset = 20 * SECOND } }, 50, 20 },
};

START_TEST(shape)
{
	struct rule rule = rule_with(RULE_LEARN_SHAPE);
	struct lesson_answer answer = { .rule = &rule, .status = 200 };
	struct hint hint = { .nbudgets = 2 };
	struct lesson l;

	memcpy(hint.budgets, shapes[_i].budgets, sizeof shapes[_i].budgets);
	lesson_of_head(&l, &answer, &hint);
	ck_assert_msg(l.shape == (shapes[_i].seconds > 0), "%s",
	    shapes[_i].what);
	ck_assert_uint_eq(l.left, shapes[_i].left);
	ck_assert_uint_eq(l.reset, shapes[_i].seconds * SECOND);
	ck_assert(!l.shape_partial);
	rule.learn = RULE_LEARN_PAUSE;
	lesson_of_head(&l, &answer, &hint);
	ck_assert(!l.shape);
}
END_TEST

/* What is allowed */

#define ALLOWS(n, s)	{ .has_limit = true, .has_window = true, \
			.limit = (n) * HINT_MICRO, .window = (s) * SECOND }

static const struct {
	const char		*what;
	struct hint_budget	 budgets[3];
	struct lesson_allowed	 allowed;
} allowances[] = {
	{ "a window", { ALLOWS(100, 60) }, { 100, 60 * SECOND, 0, false } },
	{ "a longer one that allows less", { ALLOWS(100, 60),
	    ALLOWS(1000, 3600) }, { 100, 60 * SECOND, 0, false, 1000,
	    3600 * SECOND } },
	{ "in any order", { ALLOWS(1000, 3600), ALLOWS(100, 60) },
	    { 100, 60 * SECOND, 0, false, 1000, 3600 * SECOND } },
	{ "a longer one that allows more", { ALLOWS(100, 60),
	    ALLOWS(6000, 3600) }, { 100, 60 * SECOND, 0, false } },
	{ "the same for each time", { ALLOWS(190, 10), ALLOWS(19, 1) },
	    { 19, SECOND, 0, false } },
	{ "the same length", { ALLOWS(100, 60), ALLOWS(50, 60) },
	    { 50, 60 * SECOND, 0, false } },
	{ "three", { ALLOWS(5000, 86400), ALLOWS(10, 2), ALLOWS(1000, 3600) },
	    { 10, 2 * SECOND, 0, false, 5000, 86400 * SECOND } },
	{ "three, the shortest last", { ALLOWS(1000, 3600),
	    ALLOWS(100, 60), ALLOWS(1, 10) }, { 1, 10 * SECOND, 0, false } },
	{ "without a window", { { .has_limit = true,
	    .limit = 100 * HINT_MICRO } }, { 0, 0, 0, false } },
	{ "a window of nothing", { ALLOWS(100, 0) }, { 0, 0, 0, false } },
	{ "nothing", { ALLOWS(0, 60) }, { 0, 0, 0, false } },
	{ "of a part", { { .partial = true, .has_limit = true,
	    .has_window = true, .limit = 100 * HINT_MICRO,
	    .window = 60 * SECOND } }, { 0, 0, 0, false } },
	{ "tokens", { { .unit = HINT_TOKENS, .has_limit = true,
	    .has_window = true, .limit = 100 * HINT_MICRO,
	    .window = 60 * SECOND } }, { 0, 0, 0, false } },
	{ "slots", { { .unit = HINT_CONCURRENT, .has_limit = true,
	    .limit = 9 * HINT_MICRO }, { .unit = HINT_CONCURRENT,
	    .has_limit = true, .limit = 5 * HINT_MICRO } }, { 0, 0, 5, false } },
	{ "slots beside a window", { { .unit = HINT_CONCURRENT,
	    .has_limit = true, .limit = 9 * HINT_MICRO }, ALLOWS(1, 2) },
	    { 1, 2 * SECOND, 9, false } },
};

START_TEST(allowed)
{
	struct rule rule = rule_with(RULE_LEARN_PAUSE);
	struct lesson_answer answer = { .rule = &rule, .status = 200 };
	const struct lesson_allowed *want = &allowances[_i].allowed;
	struct hint hint = { .nbudgets = 3 };
	struct lesson l;

	memcpy(hint.budgets, allowances[_i].budgets,
	    sizeof allowances[_i].budgets);
	lesson_of_head(&l, &answer, &hint);
	ck_assert_msg(l.allowed.limit == want->limit, "%s",
	    allowances[_i].what);
	ck_assert_uint_eq(l.allowed.window, want->window);
	ck_assert_uint_eq(l.allowed.longer_limit, want->longer_limit);
	ck_assert_uint_eq(l.allowed.longer_window, want->longer_window);
	ck_assert_uint_eq(l.allowed.concurrent, want->concurrent);
	ck_assert(!l.allowed.partial);
}
END_TEST

/* A lone policy may be all there is; others would be told apart. */
START_TEST(allowed_by_a_lone_policy)
{
	struct rule rule = rule_with(RULE_LEARN_PAUSE);
	struct lesson_answer answer = { .rule = &rule, .status = 200,
	    .part = &key };
	struct hint hint = {
		.nbudgets = 1,
		.budgets = { ALLOWS(100, 60) },
		.general = true,
	};
	struct lesson l;

	hint.budgets[0].partial = true;
	lesson_of_head(&l, &answer, &hint);
	ck_assert_uint_eq(l.allowed.limit, 100);
	ck_assert(l.allowed.partial);
	lesson_widen(&l);
	ck_assert(!l.allowed.partial);
	hint.general = false;
	lesson_of_head(&l, &answer, &hint);
	ck_assert_uint_eq(l.allowed.limit, 0);
}
END_TEST

/*
 * Where limits are learned, or what is left is spread: the fewest that are left,
 * and for the longest.
 */
START_TEST(room)
{
	struct rule rule = rule_with(RULE_LEARN_ESTIMATE);
	struct lesson_answer answer = { .rule = &rule, .status = 200,
	    .part = &key };
	struct hint hint = {
		.nbudgets = 3,
		.budgets = { LEFT(10, 20), LEFT(3, 5), LEFT(3, 9) },
		.general = true,
	};
	struct lesson l;
	unsigned i;

	lesson_of_head(&l, &answer, &hint);
	ck_assert_uint_eq(l.room.limit, 0);
	for (i = 0; i < 3; i++) {
		hint.budgets[i].has_limit = true;
		hint.budgets[i].limit = 50 * HINT_MICRO;
	}
	rule.learn = RULE_LEARN_PAUSE;
	lesson_of_head(&l, &answer, &hint);
	ck_assert_uint_eq(l.room.limit, 0);
	/* where it is spread: whether others have used it */
	rule.learn = RULE_LEARN_SHAPE;
	lesson_of_head(&l, &answer, &hint);
	ck_assert_uint_eq(l.room.limit, 50);
	rule.learn = RULE_LEARN_ESTIMATE;
	lesson_of_head(&l, &answer, &hint);
	ck_assert_uint_eq(l.room.limit, 50);
	ck_assert_uint_eq(l.room.left, 3);
	ck_assert_uint_eq(l.room.reset, 9 * HINT_SECOND);
	ck_assert(!l.room.partial && !l.room.refills);
	for (i = 0; i < 3; i++)
		hint.budgets[i].partial = true;
	hint.budgets[2].refills = true;
	lesson_of_head(&l, &answer, &hint);
	ck_assert(l.room.partial && l.room.refills);
	lesson_widen(&l);
	ck_assert(!l.room.partial);
	hint.general = false;
	lesson_of_head(&l, &answer, &hint);
	ck_assert_uint_eq(l.room.limit, 0);
	rule.learn = RULE_LEARN_PAUSE;
	hint.general = true;
	lesson_of_head(&l, &answer, &hint);
	ck_assert_uint_eq(l.room.limit, 0);
}
END_TEST

/* Who says for how long has said enough. */
START_TEST(shape_of_a_refusal)
{
	struct rule rule = rule_with(RULE_LEARN_SHAPE);
	struct lesson_answer answer = { .rule = &rule, .status = 429 };
	struct hint hint = { .nbudgets = 1, .budgets = { LEFT(10, 20) } };
	struct lesson l;

	lesson_of_head(&l, &answer, &hint);
	ck_assert(l.shape);
	hint.retry_after = true;
	lesson_of_head(&l, &answer, &hint);
	ck_assert(!l.shape);
}
END_TEST

/* Parts */

static const struct {
	enum rule_learn	 learn;
	bool		 tunnel;
	const char	*part;
	bool		 names;
} parts[] = {
	{ RULE_LEARN_PAUSE, false, "core", true },
	{ RULE_LEARN_OFF, false, "core", false },
	{ RULE_LEARN_PAUSE, true, "core", false },
	{ RULE_LEARN_PAUSE, false, "", false },
	{ RULE_LEARN_PAUSE, false, NULL, false },
};

START_TEST(part_that_counts)
{
	struct rule rule = rule_with(parts[_i].learn);
	struct lesson_answer answer = {
		.rule = &rule,
		.status = 200,
		.tunnel = parts[_i].tunnel,
	};
	struct hint hint = { .source = NULL };

	if (parts[_i].part != NULL)
		hint.part = (struct http1_str){ parts[_i].part,
		    strlen(parts[_i].part) };
	ck_assert_int_eq(lesson_names_part(&answer, &hint), parts[_i].names);
}
END_TEST

/* A lesson of an answer that names a part of which two requests are left. */
static struct lesson
of_part(bool partial, bool general, const char *name)
{
	struct rule rule = rule_with(RULE_LEARN_SHAPE);
	struct lesson_answer answer = {
		.rule = &rule,
		.status = 429,
		.part = &key,
		.method = { "GET", 3 },
		.path = { "/a", 2 },
	};
	struct hint hint = {
		.part = { name, strlen(name) },
		.partial = partial,
		.general = general,
		.nbudgets = 1,
		.budgets = { LEFT(2, 20) },
	};
	struct lesson l;

	hint.budgets[0].partial = partial;
	lesson_of_head(&l, &answer, &hint);
	return l;
}

START_TEST(part_by_name)
{
	struct lesson l = of_part(true, false, "core\x1b[0m\xc3\xa4 b");

	ck_assert(l.named && l.partial && !l.general);
	ck_assert_mem_eq(&l.part, &key, sizeof key);
	/* nothing in it that a terminal takes for its own */
	ck_assert_str_eq(l.name, "core?[0m???b");
	ck_assert_str_eq(l.raw, "core\x1b[0m\xc3\xa4 b");
	ck_assert(l.method.len == 3 && l.path.len == 2);
	ck_assert(l.shape && l.shape_partial);
	l = of_part(false, false, "core");
	ck_assert(l.named && !l.partial && l.shape && !l.shape_partial);
}
END_TEST

START_TEST(part_with_a_long_name)
{
	char name[LESSON_PART + 1];
	struct lesson l;

	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	l = of_part(true, false, name);
	ck_assert_uint_eq(strlen(l.name), THROTTLE_NAME - 1);
	ck_assert_str_eq(l.raw, "");
	name[LESSON_PART - 1] = '\0';
	l = of_part(true, false, name);
	ck_assert_str_eq(l.raw, name);
}
END_TEST

START_TEST(part_that_is_all)
{
	struct lesson l = of_part(true, true, "core");

	ck_assert(l.general && l.partial && l.shape_partial);
	lesson_widen(&l);
	ck_assert(l.named && !l.partial && l.shape && !l.shape_partial);
}
END_TEST

/* Bodies */

static const struct refusal_rule plain = { .name = "plain" };
static const struct refusal_rule timed = {
	.name = "timed",
	.pause = 11 * SECOND,
	.has_pause = true,
};

static const struct {
	const char	*what;
	struct hint	 hint;		/* of the head */
	struct refusal	 refusal;	/* of the body */
	struct lesson	 lesson;
} bodies[] = {
	{ "no time", { .source = NULL }, { .rule = &plain },
	    { .backoff = true, .base = DEFAULT, .source = "plain" } },
	{ "the rule's time", { .source = NULL }, { .rule = &timed },
	    { .backoff = true, .base = 11 * SECOND, .source = "timed" } },
	{ "its own time", { .source = NULL },
	    { .rule = &timed, .has_delay = true, .delay = 2 * SECOND },
	    { .pause = 2 * SECOND, .base = DEFAULT, .source = "timed" } },
	{ "its own time, now", { .source = NULL },
	    { .rule = &timed, .has_delay = true },
	    { .backoff = true, .at_once = true, .base = 11 * SECOND,
	    .source = "timed" } },
	{ "the head's is longer", { .retry_after = true,
	    .delay = 5 * SECOND, .source = here, .pause = 5 * SECOND },
	    { .rule = &plain, .has_delay = true, .delay = 2 * SECOND },
	    { .pause = 5 * SECOND, .base = DEFAULT, .source = here } },
	{ "the head's is shorter", { .retry_after = true,
	    .delay = 1 * SECOND, .source = here, .pause = 1 * SECOND },
	    { .rule = &plain, .has_delay = true, .delay = 2 * SECOND },
	    { .pause = 2 * SECOND, .base = DEFAULT, .source = "plain" } },
	{ "the head's reset", { .pause = 4 * SECOND, .source = here },
	    { .rule = &plain },
	    { .pause = 4 * SECOND, .base = DEFAULT, .source = here } },
};

START_TEST(refusal)
{
	const struct lesson *e = &bodies[_i].lesson;
	struct rule rule = rule_with(RULE_LEARN_PAUSE);
	struct lesson_answer answer = { .rule = &rule, .status = 200 };
	struct lesson l;

	lesson_of_head(&l, &answer, &bodies[_i].hint);
	ck_assert_int_eq(l.verdict, BUDGET_SUCCESS);
	lesson_of_refusal(&l, &answer, &bodies[_i].hint,
	    &bodies[_i].refusal);
	ck_assert_int_eq(l.verdict, BUDGET_THROTTLED);
	ck_assert_msg(l.pause == e->pause && l.backoff == e->backoff &&
	    l.at_once == e->at_once && l.base == e->base, "%s",
	    bodies[_i].what);
	ck_assert_str_eq(l.source, e->source);
}
END_TEST

/* Nobody waits for it; what is used up by its fields, is. */
START_TEST(too_large)
{
	struct rule rule = rule_with(RULE_LEARN_PAUSE);
	struct lesson_answer answer = { .rule = &rule, .status = 429 };
	struct hint hint = { .throttled = true, .pause = 4 * SECOND };
	struct lesson l;

	lesson_of_head(&l, &answer, &hint);
	ck_assert(l.verdict == BUDGET_THROTTLED && l.pause == 4 * SECOND);
	lesson_of_too_large(&l);
	ck_assert(l.verdict == BUDGET_NEUTRAL && l.pause == 0 && !l.backoff);
	hint.pause = 0;
	lesson_of_head(&l, &answer, &hint);
	ck_assert(l.backoff);
	lesson_of_too_large(&l);
	ck_assert(l.verdict == BUDGET_NEUTRAL && !l.backoff && !l.at_once);
	answer.status = 413;
	hint = (struct hint){ .pause = 4 * SECOND };
	lesson_of_head(&l, &answer, &hint);
	lesson_of_too_large(&l);
	ck_assert(l.verdict == BUDGET_NEUTRAL && l.pause == 4 * SECOND);
}
END_TEST

/* An answer in JSON with that status, to be judged by which rules? */
static unsigned
pick_for(const struct rule *rule, int status, const char *path,
    const struct refusal_rule *picked[REFUSAL_RULES])
{
	struct http1_str p = { path, path == NULL ? 0 : strlen(path) };
	static const struct http1_field json = {
		.name = { "Content-Type", 12 },
		.value = { "application/json", 16 },
		.id = HTTP1_CONTENT_TYPE,
	};
	static struct http1_head head;

	http1_head_clear(&head);
	head.status = status;
	head.fields[head.nfields++] = json;
	head.body = HTTP1_LENGTH;
	head.length = 100;
	return lesson_bodies(rule, &head, p, picked);
}

static unsigned
pick(const struct rule *rule, int status)
{
	const struct refusal_rule *picked[REFUSAL_RULES];

	return pick_for(rule, status, "/", picked);
}

START_TEST(rules_for_bodies)
{
	struct rule rule = rule_with(RULE_LEARN_OFF);
	struct rule_body own = {
		.rule = {
			.name = "own",
			.json = "error",
			.statuses = { 429 },
			.nstatuses = 1,
		},
	};
	unsigned builtin;

	ck_assert_uint_eq(pick(&rule, 429), 0);
	rule.learn = RULE_LEARN_PAUSE;
	builtin = pick(&rule, 429);
	ck_assert_uint_gt(builtin, 0);
	rule.bodies = &own;
	rule.nbodies = 1;
	ck_assert_uint_eq(pick(&rule, 429), builtin + 1);
	/* not to pause: what is built in does not, either */
	rule.npause_statuses = 0;
	ck_assert_uint_eq(pick(&rule, 429), 1);
}
END_TEST

static struct rule_body
body_for(const char *path)
{
	static char text[] = "is there";
	struct rule_body b = {
		.rule = {
			.name = "own",
			.contains = "a",
			.statuses = { 403 },
			.nstatuses = 1,
		},
	};

	if (path == NULL)
		return b;
	b.path = text;
	ck_assert_ptr_null(path_pattern_parse(&b.pattern, path, strlen(path)));
	return b;
}

START_TEST(rules_for_paths)
{
	struct rule rule = rule_with(RULE_LEARN_OFF);
	struct rule_body own[] = { body_for("/a/*"), body_for("/a/b"),
	    body_for(NULL) };
	const struct refusal_rule *picked[REFUSAL_RULES];

	rule.bodies = own;
	rule.nbodies = 3;
	ck_assert_uint_eq(pick_for(&rule, 403, "/a/b?c", picked), 3);
	ck_assert_uint_eq(pick_for(&rule, 403, "/a/c", picked), 2);
	ck_assert_ptr_eq(picked[0], &own[0].rule);
	ck_assert_ptr_eq(picked[1], &own[2].rule);
	ck_assert_uint_eq(pick_for(&rule, 403, "/a", picked), 1);
	ck_assert_ptr_eq(picked[0], &own[2].rule);
	ck_assert_uint_eq(pick_for(&rule, 403, NULL, picked), 1);
	ck_assert_uint_eq(pick_for(&rule, 404, "/a/b", picked), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lesson");
	TCase *tc = tcase_create("heads");

	ROWS(tc, verdict, verdicts);
	tcase_add_test(tc, status_that_is_not_to_pause);
	ROWS(tc, fields_that_are_read, read);
	ROWS(tc, pause, pauses);
	ROWS(tc, shape, shapes);
	ROWS(tc, allowed, allowances);
	tcase_add_test(tc, allowed_by_a_lone_policy);
	tcase_add_test(tc, room);
	tcase_add_test(tc, shape_of_a_refusal);
	suite_add_tcase(suite, tc);
	tc = tcase_create("parts");
	ROWS(tc, part_that_counts, parts);
	tcase_add_test(tc, part_by_name);
	tcase_add_test(tc, part_with_a_long_name);
	tcase_add_test(tc, part_that_is_all);
	suite_add_tcase(suite, tc);
	tc = tcase_create("bodies");
	ROWS(tc, refusal, bodies);
	tcase_add_test(tc, too_large);
	tcase_add_test(tc, rules_for_bodies);
	tcase_add_test(tc, rules_for_paths);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
