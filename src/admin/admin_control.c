/* SPDX-License-Identifier: ISC */
#include "admin/admin_control.h"

#include <stdlib.h>

#include "admin/admin_answer.h"
#include "admin/admin_body.h"
#include "admin/admin_expiry.h"
#include "admin/admin_host_value.h"
#include "conf/conf.h"
#include "hosts/hosts_control.h"

#define SECOND	UINT64_C(1000000000)	/* ns */
#define MS	(SECOND / 1000)
#define DAY	(86400 * SECOND)
#define LONGEST	(366 * DAY)		/* of what is set for a time */
#define UNITS	(1000000000 * BUDGET_UNIT) /* as in the configuration */

static const char *
key_of(const struct admin_request *r)
{
	return r->parts[2];
}

static struct hosts_order
order_of(struct admin_request *r, const char *reason, uint64_t length)
{
	uint64_t now = loop_now();

	return (struct hosts_order){
		.loop = r->context->loop,
		.now = now,
		.given = loop_wall(),
		.until = length > 0 ? now + length : 0,
		.by = r->by,
		.reason = reason,
	};
}

static void
answer_change(struct admin_request *r, const struct hosts_order *order,
    const struct hosts_change *change)
{
	uint64_t until = change->until != 0 ? change->until : order->until;

	admin_answer_json(r, 200, json_pack("{s:o, s:o, s:o, s:o}",
	    "key", admin_string(key_of(r)),
	    "was", admin_string(change->was),
	    "is", admin_string(change->is),
	    "until", until == 0 ? json_null() :
	    admin_instant(until, order->now)));
}

static void
answer(struct admin_request *r, enum hosts_done done,
    const struct hosts_order *order, const struct hosts_change *change)
{
	switch (done) {
	case HOSTS_DONE:
		admin_expiry_set(r->context);
		answer_change(r, order, change);
		break;
	case HOSTS_UNKNOWN:
		admin_answer_problem(r, 404, "a key that /v1/hosts lists, or "
		    "a host that may come", "no such host: %s", key_of(r));
		break;
	case HOSTS_WRONG:
		admin_answer_problem(r, 422, NULL, "%s", change->is);
		break;
	case HOSTS_TOO_MANY:
		admin_answer_problem(r, 422, "fewer of them, or a larger "
		    "admin.overrides", "admin.overrides is reached");
		break;
	case HOSTS_NO_MEMORY_FOR_IT:
		admin_answer_problem(r, 503, NULL, "out of memory");
		break;
	case HOSTS_AWAY:
		admin_answer_problem(r, 503, NULL, "another process takes "
		    "over from this one: ask again, on another connection");
		break;
	}
}

typedef enum hosts_done order_fn(struct hosts *, const char *,
    const struct hosts_order *, struct hosts_change *);

static void
carry_out(struct admin_request *r, order_fn *fn, const char *reason,
    uint64_t length)
{
	struct hosts_order order = order_of(r, reason, length);
	struct hosts_change change = { .until = 0 };
	enum hosts_done done;

	done = fn(r->context->hosts, key_of(r), &order, &change);
	answer(r, done, &order, &change);
}

void
admin_pause(struct admin_request *r)
{
	const char *reason;
	uint64_t length;

	if (admin_body_duration(r, "for", true, MS, LONGEST, &length) &&
	    admin_body_reason(r, &reason))
		carry_out(r, hosts_pause, reason, length);
}

static void
with_reason(struct admin_request *r, order_fn *fn)
{
	const char *reason;

	if (admin_body_reason(r, &reason))
		carry_out(r, fn, reason, 0);
}

void
admin_resume(struct admin_request *r)
{
	with_reason(r, hosts_resume);
}

void
admin_drain_host(struct admin_request *r)
{
	with_reason(r, hosts_drain);
}

void
admin_forget(struct admin_request *r)
{
	with_reason(r, hosts_forget);
}

void
admin_unset(struct admin_request *r)
{
	carry_out(r, hosts_unset, "", 0);
}

/* Whether it says what to set, and that as the configuration would. */
static bool
read_limits(struct admin_request *r, struct hosts_limits *limits)
{
	uint64_t concurrency = 0;
	bool has[3] = { false, false, false };

	if (!admin_body_units(r, "capacity", 1, UNITS, &has[0],
	    &limits->capacity) ||
	    !admin_body_duration(r, "period", false, MS, LONGEST,
	    &limits->period) ||
	    !admin_body_units(r, "burst", 1, UNITS, &has[1],
	    &limits->burst) ||
	    !admin_body_integer(r, "concurrency", 0, 1000000, &has[2],
	    &concurrency))
		return false;
	limits->has_concurrency = has[2];
	limits->concurrency = (uint32_t)concurrency;
	if (has[0] || has[1] || has[2] || limits->period != 0)
		return true;
	admin_answer_problem(r, 422, "capacity, period, burst or concurrency",
	    "nothing is to be set");
	return false;
}

void
admin_set(struct admin_request *r)
{
	struct hosts_change change = { .until = 0 };
	struct hosts_limits limits = { 0 };
	struct hosts_order order;
	enum hosts_done done;
	const char *reason;
	uint64_t length;

	if (!admin_body_duration(r, "for", true, MS, LONGEST, &length) ||
	    !admin_body_reason(r, &reason) || !read_limits(r, &limits))
		return;
	order = order_of(r, reason, length);
	done = hosts_set(r->context->hosts, key_of(r), &limits, &order,
	    &change);
	answer(r, done, &order, &change);
}

/* All of them: there are no more than admin.overrides. */
void
admin_overrides(struct admin_request *r)
{
	size_t i, n, max = hosts_overrides_count(r->context->hosts);
	struct hosts_override_view *list = calloc(max + 1, sizeof *list);
	json_t *array = list != NULL ? json_array() : NULL;
	uint64_t now = loop_now();

	n = list != NULL ? hosts_overrides(r->context->hosts, now, list,
	    max) : 0;
	for (i = 0; i < n; i++)
		json_array_append_new(array,
		    admin_override_value(&list[i], now));
	free(list);
	admin_answer_json(r, 200, array == NULL ? NULL :
	    json_pack("{s:o}", "overrides", array));
}
