/* SPDX-License-Identifier: ISC */

/*
 * What was saved of an estimate, and a little of the life that begins with it:
 * whatever it is, somebody may go some day, and what is saved then can be read.
 */

#include "fuzz.h"

#include "throttle/estimate.h"
#include "throttle/estimate_save.h"
#include "throttle/estimate_view.h"

#define BEGIN	1000000000000000ULL	/* ns */
#define GONE	3000000000ULL
#define RTT	1000000ULL
#define REQUESTS 64
#define YEAR	31536000000000000ULL

/*
 * One goes when it may, in the ways that a text's bytes choose; false: nobody
 * lives to see it.
 */
static bool
one_goes(struct estimate *e, unsigned how, uint64_t *now)
{
	struct estimate_mark mark;
	uint64_t due;

	estimate_tick(e, *now);
	due = estimate_due(e, *now);
	REQUIRE(due != ESTIMATE_NEVER);
	if (due > BEGIN + YEAR)
		return false;
	if (due > *now)
		*now = due;
	estimate_tick(e, *now);
	estimate_take(e, &mark, *now, *now);
	*now += RTT;
	estimate_tick(e, *now);
	if (how % 3 == 0)
		estimate_dropped(e);
	else
		estimate_counted(e, mark.sent, *now);
	estimate_answered(e, &mark, how % 3 == 0 ? BUDGET_THROTTLED :
	    how % 16 == 1 ? BUDGET_NEUTRAL : BUDGET_SUCCESS, *now);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char again[ESTIMATE_SAVED];
	struct estimate_view view;
	struct estimate e;
	uint64_t now = BEGIN;
	char *text = malloc(size + 1);
	size_t i;

	REQUIRE(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	estimate_init(&e, true);
	if (estimate_load(&e, text, GONE, now)) {
		for (i = 0; i < REQUESTS && i < size; i++)
			if (!one_goes(&e, data[size - 1 - i], &now))
				break;
		estimate_view(&e, &view);
		estimate_tick(&e, now);
		REQUIRE(strlen(estimate_save(again, &e, now)) <
		    ESTIMATE_SAVED - 1);
		REQUIRE(estimate_load(&e, again, 0, now));
	} else {
		REQUIRE(estimate_is_new(&e));
	}
	estimate_clear(&e);
	free(text);
	return 0;
}
