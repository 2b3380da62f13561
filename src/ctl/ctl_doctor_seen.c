/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_seen.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl/ctl_http.h"
#include "ctl/ctl_json.h"

#define EVERY	UINT64_C(100000000)	/* ns between two questions */
#define MANY	4	/* a list's part that may be new when it is read */

/* To the second, so that what comes in it counts as later. */
static void
put_now(char buf[32])
{
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm) == NULL ||
	    strftime(buf, 32, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		buf[0] = '\0';
}

void
ctl_doctor_seen_begin(struct ctl_doctor_seen *s)
{
	put_now(s->since);
	memcpy(s->until, s->since, sizeof s->until);
}

/* One in the list */

/* The path of what a tunnel was to be for is not seen where that is refused. */
static bool
is_refused_tunnel(const json_t *one, const struct ctl_doctor_seen *s)
{
	return strcmp(ctl_string(one, "method", ""), "CONNECT") == 0 &&
	    ctl_integer(one, "status") != 200 && s->port != 0 &&
	    ctl_integer(one, "port") == s->port &&
	    strcmp(ctl_string(one, "time", ""), s->since) >= 0;
}

/*
 * One that was answered, rather than one that was refused, which comes again;
 * of those the last: the first attempt may be without a password.
 */
static const json_t *
find(const json_t *list, const struct ctl_doctor_seen *s)
{
	const json_t *one, *found = NULL;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		one = json_array_get(list, i);
		if (strstr(ctl_string(one, "path", ""), s->nonce) == NULL &&
		    !is_refused_tunnel(one, s))
			continue;
		if (ctl_integer(one, "status") == 200)
			return one;
		if (found == NULL)	/* the newest stands first */
			found = one;
	}
	return found;
}

/* Whether the same connection was a tunnel before. */
static bool
was_connect(const json_t *list, const json_t *request)
{
	const char *client = ctl_string(request, "client", "?");
	const json_t *one;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		one = json_array_get(list, i);
		if (strcmp(ctl_string(one, "method", ""), "CONNECT") == 0 &&
		    strcmp(ctl_string(one, "client", ""), client) == 0)
			return true;
	}
	return false;
}

static void
take(struct ctl_doctor_seen *s, const json_t *list, const json_t *one)
{
	if (ctl_integer(one, "status") == 200) {
		s->answered = true;
		s->by_tunnel = s->plain && was_connect(list, one);
		return;
	}
	s->refused = true;
	snprintf(s->line, sizeof s->line, "%lld, %s", ctl_integer(one,
	    "status"), ctl_string(one, "reason", "no reason"));
}

/*
 * That it is not in the list: it has not come, or is not kept any more, where
 * more have come than are listed, and all of these since it was looked for.
 */
static void
miss(struct ctl_doctor_seen *s, const json_t *list, long long came)
{
	size_t n = json_array_size(list);
	const char *oldest = n > 0 ? ctl_string(json_array_get(list, n - 1),
	    "time", "") : s->until;

	if (s->refused || (list != NULL && (came <= (long long)n ||
	    strcmp(oldest, s->until) < 0)))
		return;
	s->missed = true;
	if (list == NULL)
		snprintf(s->line, sizeof s->line, "the daemon does not tell "
		    "which requests have come");
	else if (n == 0)
		snprintf(s->line, sizeof s->line, "the daemon keeps no "
		    "requests that have come: admin.exchanges");
	else
		snprintf(s->line, sizeof s->line, "the daemon keeps the last "
		    "%zu requests, and this may have been one before: "
		    "admin.exchanges", n);
}

/* The list */

/* Those that have come, of which it lists the last only, or none. */
static long long
count_requests(const struct ctl_daemon *daemon)
{
	struct ctl_answer a;
	long long n;

	ctl_ask_quietly(daemon, "GET", "/v1/status", NULL, &a);
	n = ctl_integer(a.json, "requests");
	ctl_answer_done(&a);
	return n;
}

static void
read_list(struct ctl_doctor_watch *w, struct ctl_doctor_seen *const *all,
    unsigned n)
{
	const json_t *list, *one;
	struct ctl_answer a;
	char now[32];
	unsigned i;

	put_now(now);
	ctl_ask_quietly(w->daemon, "GET", "/v1/exchanges?limit=1000", NULL,
	    &a);
	list = ctl_member(a.json, "exchanges");
	w->length = (unsigned)json_array_size(list);
	for (i = 0; i < n; i++) {
		if (all[i]->answered)
			continue;
		if ((one = find(list, all[i])) != NULL)
			take(all[i], list, one);
		else
			miss(all[i], list, w->listed);
		memcpy(all[i]->until, now, sizeof now);
	}
	ctl_answer_done(&a);
}

void
ctl_doctor_watch_look(struct ctl_doctor_watch *w,
    struct ctl_doctor_seen *const *all, unsigned n, bool whole)
{
	long long came;

	if (!whole && ctl_http_now() < w->next)
		return;
	w->next = ctl_http_now() + EVERY;
	came = count_requests(w->daemon);
	if (!whole && came - w->listed <= w->length / MANY)
		return;
	w->listed = came;
	read_list(w, all, n);
}
