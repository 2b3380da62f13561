/* SPDX-License-Identifier: ISC */
#include "hosts/store_news.h"

#include <string.h>

#include "base/log.h"
#include "base/once.h"
#include "hosts/store_name.h"
#include "hosts/store_redis.h"
#include "net/loop.h"

/* Of the store's clock, which is one for all budgets. */
static const char *const of_clock[] = {
	[LEASE_CLOCK_BACK] = "its clock was set back: budgets begin empty",
	[LEASE_CLOCK_FORWARD] = "its clock has gone forward: budgets begin "
	    "empty",
	[LEASE_CLOCK_FAST] = "its clock is too fast: less is granted for it",
};

static const char *const of_budget[] = {
	[LEASE_IS_CUT] = "no question is answered: it is without the store "
	    "for now",
	[LEASE_IS_FAR] = "answers take longer than half a second, too long for "
	    "a lease: it is without the store for now",
	[LEASE_IS_BACK] = "it is shared again",
	[LEASE_DIFFERS] = "other proxies have other limits for it: the smaller "
	    "of both hold",
	[LEASE_NO_PLACE] = "128 proxies have leases of it, and no other can: "
	    "requests wait",
};

static void
say_of_clock(enum lease_news news)
{
	const char *what = of_clock[news];

	if (once_a_minute(what, strlen(what), loop_now()))
		log_warn("the store: %s", what);
}

static void
say_of_budget(const struct host *h, const struct throttle_store_question *q,
    enum lease_news news)
{
	char name[STORE_BUDGET + 1];
	size_t len = store_name(name, sizeof name - 1, h, q);

	/* by news, too: else that it is back is not told after that it went */
	name[len] = (char)news;
	if (!once_a_minute(name, len + 1, loop_now()))
		return;
	name[len] = '\0';
	if (news == LEASE_IS_BACK)
		log_info("the store: budget %s: %s", name, of_budget[news]);
	else
		log_warn("the store: budget %s: %s", name, of_budget[news]);
}

void
store_news_say(const struct host *h, const struct throttle_store_question *q,
    enum lease_news news)
{
	switch (news) {
	case LEASE_NO_NEWS:
		break;
	case LEASE_CLOCK_BACK:
	case LEASE_CLOCK_FORWARD:
	case LEASE_CLOCK_FAST:
		say_of_clock(news);
		break;
	case LEASE_IS_CUT:
	case LEASE_IS_FAR:
	case LEASE_IS_BACK:
	case LEASE_NO_PLACE:
	case LEASE_DIFFERS:
		say_of_budget(h, q, news);
		break;
	}
}
