/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_key.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_value.h"
#include "ctl/ctl_args.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"

#define NEAREST	5	/* that are named, at most */

/* Those that are most like a key so far, the nearest first. */
struct nearest {
	const char	*keys[NEAREST];
	unsigned	 distances[NEAREST];
	unsigned	 n;
};

bool
ctl_key_target(struct text *t, const char *key, const char *tail)
{
	text_puts(t, "/v1/hosts/");
	ctl_put_encoded(t, key);
	text_puts(t, tail);
	return ctl_target(t) != NULL;
}

/*
 * How far one is from what was written; what it is a part of, or that of it, is
 * near as well.  UINT_MAX: too far.
 */
static unsigned
distance_of(const char *wrote, const char *key)
{
	unsigned distance;

	if (strcasestr(key, wrote) != NULL || strcasestr(wrote, key) != NULL)
		return 0;
	return conf_near(wrote, key, &distance) ? distance : UINT_MAX;
}

static void
consider(struct nearest *best, const char *key, unsigned distance)
{
	unsigned i;

	for (i = best->n; i > 0 && best->distances[i - 1] > distance; i--)
		if (i < NEAREST) {
			best->keys[i] = best->keys[i - 1];
			best->distances[i] = best->distances[i - 1];
		}
	if (i == NEAREST)
		return;
	best->keys[i] = key;
	best->distances[i] = distance;
	if (best->n < NEAREST)
		best->n++;
}

static char *
join(const struct nearest *best)
{
	struct text t = { NULL, 0, 0, false };
	unsigned i;

	for (i = 0; i < best->n; i++) {
		text_puts(&t, i > 0 ? ", " : "");
		text_puts(&t, best->keys[i]);
	}
	text_put(&t, "", best->n > 0 ? 1 : 0);
	if (t.failed)
		text_free(&t);
	return t.p;
}

/* Of the thousand worst: who is asked for is hardly behind them. */
char *
ctl_key_nearest(const struct ctl_daemon *d, const char *wrote)
{
	struct nearest best = { .n = 0 };
	struct ctl_answer a;
	const json_t *hosts;
	unsigned distance;
	const char *key;
	char *text;
	size_t i;

	ctl_ask_quietly(d, "GET", "/v1/hosts?limit=1000", NULL, &a);
	hosts = ctl_member(a.json, "hosts");
	for (i = 0; i < json_array_size(hosts); i++) {
		key = ctl_string(json_array_get(hosts, i), "key", "");
		distance = distance_of(wrote, key);
		if (key[0] != '\0' && distance != UINT_MAX)
			consider(&best, key, distance);
	}
	text = join(&best);
	ctl_answer_done(&a);
	return text;
}

int
ctl_key_judge(const struct ctl_daemon *d, const struct ctl_answer *a,
    const char *key)
{
	char *near;
	int status;

	if (a->status != 404 || key == NULL)
		return ctl_ask_judge(d, a);
	near = ctl_key_nearest(d, key);
	status = ctl_fail_with(d->ctl, CTL_NO_HOST, a->json, "%s%s%s%s",
	    ctl_string(a->json, "detail", "there is no such host"),
	    near != NULL ? "; did you mean " : "", near != NULL ? near : "",
	    near != NULL ? "?" : "; sluice hosts lists them");

	free(near);
	return status;
}

int
ctl_key_ask(const struct ctl_daemon *d, const char *method, const char *tail,
    const json_t *json, json_t **answer)
{
	const char *key = ctl_operand(d->ctl, 0);
	struct text target = { NULL, 0, 0, false };
	struct ctl_answer a = { .result = CTL_HTTP_BROKEN };
	int status;

	if (!ctl_key_target(&target, key, tail)) {
		text_free(&target);
		return ctl_fail(d->ctl, CTL_FAILED, "out of memory");
	}
	ctl_ask_quietly(d, method, target.p, json, &a);
	status = ctl_key_judge(d, &a, key);
	if (status == CTL_DONE)
		*answer = json_incref(a.json);
	ctl_answer_done(&a);
	text_free(&target);
	return status;
}

bool
ctl_key_known(const struct ctl_daemon *d, const char *key)
{
	struct text target = { NULL, 0, 0, false };
	struct ctl_answer a = { .status = 0 };

	if (ctl_key_target(&target, key, ""))
		ctl_ask_quietly(d, "GET", target.p, NULL, &a);
	ctl_answer_done(&a);
	text_free(&target);
	return a.status != 404;
}
