/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_judge.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf/conf.h"
#include "exchange/exchange_learn.h"
#include "exchange/exchange_state.h"
#include "hint/hint_date.h"
#include "hint/refusal_judge.h"
#include "hint/refusal_pick.h"
#include "hint/refusal_text.h"
#include "http/http1_head.h"

/*
 * An answer that may refuse by its body is held back, head and all, until that
 * was judged: then its request is sent again, or it is relayed as it came.
 *
 * Life: exchange_judge() finds rules for the head and begins; pieces are kept
 * until the end of the body, or as many of them as are judged, or for as
 * long as may be waited; exchange_judge_end() judges them, and gives them to
 * its caller.  What ends the exchange meanwhile comes to exchange_judge_drop().
 * Either gives the one lesson of the answer.
 *
 * Where the head says all of that lesson, it was given, and what is asked of
 * the body is only whether its request is to be sent again:
 * exchange_judge_retry().
 */

#define PIECE		4096	/* bytes of the first allocation */
/* For a word about how long, of what is a refusal anyway. */
#define WORD_WAIT	1000000000ULL	/* ns */

struct judging {
	bool			 taught;	/* by the head; else: */
	struct hint		 hint;		/* without what is the head's */
	struct lesson		 lesson;	/* by the head alone */
	const struct refusal_rule *rules[REFUSAL_RULES];
	unsigned		 nrules;
	enum refusal_coding	 coding;
	int64_t			 date;		/* seconds since 1970 */
	uint64_t		 until;		/* ns; no longer than that */
	struct held_answer	 held;
	size_t			 size;		/* of its body's memory */
	char			 fields[EVENTS_TEXT];	/* to be told */
};

static int64_t
date_of(const struct http1_head *h)
{
	const struct http1_field *f = http1_find(h, HTTP1_DATE);
	int64_t date, now = (int64_t)time(NULL);

	if (f != NULL && hint_date(f->value.p, f->value.len, now, &date))
		return date;
	return now;
}

/* Who is known to be refused waits for a word about how long, not for more. */
static uint64_t
patience(const struct exchange *x)
{
	uint64_t idle = x->ticket.conf->timeout_idle;

	return x->throttled && idle > WORD_WAIT ? WORD_WAIT : idle;
}

/*
 * Begins, where rules are for the answer, and may say more than was taught;
 * NULL: it is relayed as it comes.
 */
static struct judging *
begin(struct exchange *x, const struct http1_head *h, bool taught)
{
	const struct refusal_rule *picked[REFUSAL_RULES];
	unsigned n = lesson_bodies(x->ticket.rule, h, exchange_path(x),
	    picked);
	enum refusal_coding coding;
	struct judging *j;

	if (n == 0 || (taught && !refusal_may_be_final(picked, n, h)) ||
	    (coding = refusal_coding(h)) == REFUSAL_OTHER ||
	    (j = calloc(1, sizeof *j)) == NULL)
		return NULL;
	j->taught = taught;
	memcpy(j->rules, picked, n * sizeof picked[0]);
	j->nrules = n;
	j->coding = coding;
	j->date = date_of(h);
	j->until = loop_now() + patience(x);
	j->held.keep = x->keep;
	x->judging = j;
	return j;
}

bool
exchange_judge(struct exchange *x, const struct http1_head *h,
    const struct hint *hint, const struct lesson *l)
{
	struct judging *j = begin(x, h, false);

	if (j == NULL)
		return false;
	j->hint = *hint;
	j->hint.part.p = NULL;
	j->hint.unusable = NULL;
	j->hint.nbudgets = 0;
	j->lesson = *l;
	exchange_tell_fields(h, j->fields);
	return true;
}

bool
exchange_judge_retry(struct exchange *x, const struct http1_head *h)
{
	return begin(x, h, true) != NULL;
}

bool
exchange_judge_head(struct exchange *x, const struct http1_head *h,
    const struct relay_response *r)
{
	relay_response(&x->judging->held.head, h, r);
	return !x->judging->held.head.failed;
}

uint64_t
exchange_judge_until(const struct exchange *x)
{
	return x->judging->until;
}

static bool
grow(struct judging *j, size_t need)
{
	size_t size = j->size > 0 ? j->size : PIECE;
	char *p;

	while (size < need)
		size *= 2;
	if (size == j->size)
		return true;
	if ((p = realloc(j->held.body, size)) == NULL)
		return false;
	j->held.body = p;
	j->size = size;
	return true;
}

size_t
exchange_judge_data(struct exchange *x, const char *p, size_t n)
{
	struct judging *j = x->judging;
	struct held_answer *held = &j->held;
	size_t room = REFUSAL_BYTES - held->len;

	if (n > room)
		n = room;
	if (!grow(j, held->len + n))
		return 0;
	memcpy(held->body + held->len, p, n);
	held->len += n;
	memory_add(x->memory, n);
	return n;
}

bool
exchange_judge_full(const struct exchange *x)
{
	return x->judging->held.len == REFUSAL_BYTES;
}

void
exchange_judge_free(struct exchange *x, struct held_answer *held)
{
	memory_sub(x->memory, held->len);
	text_free(&held->head);
	free(held->body);
}

/* The body says that it refuses. */
static void
take_refusal(struct exchange *x, struct judging *j, const struct refusal *r)
{
	struct lesson_answer answer = exchange_lesson_answer(x, x->status);

	if (!x->throttled)
		exchange_tell_refusal(x, j->fields);
	x->throttled = true;
	lesson_of_refusal(&j->lesson, &answer, &j->hint, r);
}

void
exchange_judge_end(struct exchange *x, struct held_answer *held)
{
	struct judging *j = x->judging;
	struct refusal_body body = { j->held.body, j->held.len, j->coding,
	    x->status < 400 };
	struct refusal found;
	bool refuses;

	x->judging = NULL;
	refuses = refusal_judge(j->rules, j->nrules, &body, j->date, &found);
	x->no_retry = x->no_retry || found.no_retry;
	/* what only money helps, say, is no matter of how many went */
	if (found.unit != REFUSAL_OF_ANYTHING)
		j->lesson.no_rate = found.unit == REFUSAL_OF_TOKENS;
	j->lesson.no_rate = j->lesson.no_rate || found.no_retry;
	if (found.too_large && !j->taught) {
		x->throttled = false;
		lesson_of_too_large(&j->lesson);
	} else if (refuses && !j->taught) {
		take_refusal(x, j, &found);
	}
	if (!j->taught)
		exchange_teach(x, &j->lesson, loop_now());
	*held = j->held;
	free(j);
}

void
exchange_judge_drop(struct exchange *x)
{
	struct judging *j = x->judging;

	if (j == NULL)
		return;
	x->judging = NULL;
	/* what it would have said, nobody knows */
	if (j->lesson.verdict == BUDGET_SUCCESS)
		j->lesson.verdict = BUDGET_NEUTRAL;
	if (!j->taught)
		exchange_teach(x, &j->lesson, loop_now());
	exchange_judge_free(x, &j->held);
	free(j);
}
