/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_try.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"

#define WIDE	4	/* at a time */

/* One that is under way. */
struct run {
	struct ctl_doctor_probe	 probe;
	struct ctl_doctor_row	*row;	/* NULL: none is */
	enum ctl_doctor_mode	 mode;
	char			 since[32];	/* as the daemon has times */
	unsigned		 port;		/* here; 0: it asks elsewhere */
};

struct round {
	struct ctl_doctor_try	*all;
	enum ctl_doctor_mode	 first, last;	/* modes that are tried */
	unsigned		 at;		/* of rows times modes */
	struct run		 runs[WIDE];
};

static bool
is_tls(enum ctl_doctor_mode mode)
{
	return mode == CTL_DOCTOR_TUNNEL || mode == CTL_DOCTOR_INTERCEPT;
}

/* What the daemon has seen */

/* The path of what a tunnel was to be for is not seen where that is refused. */
static bool
is_refused_tunnel(const json_t *one, const struct run *run)
{
	return strcmp(ctl_string(one, "method", ""), "CONNECT") == 0 &&
	    ctl_integer(one, "status") != 200 && run->port != 0 &&
	    ctl_integer(one, "port") == run->port &&
	    strcmp(ctl_string(one, "time", ""), run->since) >= 0;
}

/*
 * One that was answered, rather than one that was refused, which comes again;
 * of those the last: the first attempt may be without a password.
 */
static const json_t *
find(const json_t *list, const struct run *run)
{
	const json_t *one, *found = NULL;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		one = json_array_get(list, i);
		if (strstr(ctl_string(one, "path", ""), run->probe.nonce) ==
		    NULL && !is_refused_tunnel(one, run))
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

/* Those that have come, of which it lists the last only, or none. */
static long long
count_requests(const struct round *r)
{
	struct ctl_answer a;
	long long n;

	ctl_ask_quietly(r->all->daemon, "GET", "/v1/status", NULL, &a);
	n = ctl_integer(a.json, "requests");
	ctl_answer_done(&a);
	return n;
}

/*
 * That it is not in the list: it has not come, or is not kept any more, where
 * more have come than are listed, and all of these since it was started.
 */
static enum ctl_doctor_verdict
not_listed(const struct run *run, const struct ctl_answer *a, long long came,
    char line[CTL_DOCTOR_TEXT])
{
	const json_t *list = ctl_member(a->json, "exchanges");
	size_t n = json_array_size(list);
	const char *oldest = n > 0 ? ctl_string(json_array_get(list, n - 1),
	    "time", "") : run->since;

	if (list != NULL && (came <= (long long)n ||
	    strcmp(oldest, run->since) < 0))
		return CTL_DOCTOR_UNTRIED;
	if (list == NULL)
		snprintf(line, CTL_DOCTOR_TEXT, "the daemon does not tell "
		    "which requests have come");
	else if (n == 0)
		snprintf(line, CTL_DOCTOR_TEXT, "the daemon keeps no requests "
		    "that have come: admin.exchanges");
	else
		snprintf(line, CTL_DOCTOR_TEXT, "the daemon keeps the last "
		    "%zu requests, and this may have been one before: "
		    "admin.exchanges", n);
	return CTL_DOCTOR_UNKNOWN;
}

/*
 * What became of it there; CTL_DOCTOR_UNTRIED: it has not come.  Why it was
 * refused, or nothing is known, goes to line.
 */
static enum ctl_doctor_verdict
look(const struct round *r, const struct run *run,
    char line[CTL_DOCTOR_TEXT])
{
	enum ctl_doctor_verdict verdict = CTL_DOCTOR_GOES;
	long long came = count_requests(r);
	struct ctl_answer a;
	const json_t *list, *one;

	ctl_ask_quietly(r->all->daemon, "GET", "/v1/exchanges?limit=1000",
	    NULL, &a);
	list = ctl_member(a.json, "exchanges");
	one = find(list, run);
	if (one == NULL)
		verdict = not_listed(run, &a, came, line);
	else if (ctl_integer(one, "status") != 200) {
		verdict = CTL_DOCTOR_REFUSED;
		snprintf(line, CTL_DOCTOR_TEXT, "%lld, %s", ctl_integer(one,
		    "status"), ctl_string(one, "reason", "no reason"));
	} else if (!is_tls(run->mode) && was_connect(list, one))
		verdict = CTL_DOCTOR_BY_TUNNEL;
	ctl_answer_done(&a);
	return verdict;
}

/* Verdicts */

static enum ctl_doctor_verdict
judge(const struct round *r, const struct run *run,
    char line[CTL_DOCTOR_TEXT])
{
	const struct ctl_doctor_probe *p = &run->probe;
	enum ctl_doctor_verdict seen;

	if (p->direct)
		return CTL_DOCTOR_BYPASSES;
	if (run->mode == CTL_DOCTOR_TUNNEL && p->through)
		return CTL_DOCTOR_GOES;
	seen = look(r, run, line);
	if (seen != CTL_DOCTOR_UNTRIED && seen != CTL_DOCTOR_UNKNOWN)
		return seen;
	/* before it is late: some ask again and again */
	if (run->mode == CTL_DOCTOR_INTERCEPT &&
	    ctl_doctor_probe_distrusts(p))
		return CTL_DOCTOR_DISTRUSTS;
	if (p->late)
		return CTL_DOCTOR_LATE;
	return seen == CTL_DOCTOR_UNKNOWN ? seen : CTL_DOCTOR_FAILS;
}

/* What had no room for its end may end within a character. */
static void
cut_whole(char line[CTL_DOCTOR_TEXT])
{
	size_t n = strlen(line), at = n, len;
	unsigned char lead;

	while (at > 0 && n - at < 3 && ((unsigned char)line[at - 1] & 0xc0) ==
	    0x80)
		at--;
	if (n < CTL_DOCTOR_TEXT - 1 || at == 0)
		return;
	lead = (unsigned char)line[at - 1];
	len = lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	if (n - at + 1 < len)
		line[at - 1] = '\0';
}

static void
note(const struct round *r, struct run *run)
{
	struct ctl_doctor_cell *cell = &run->row->cells[run->mode];
	const struct ctl_doctor_probe *p = &run->probe;

	if (!p->broken && !p->late && WIFEXITED(p->status) &&
	    WEXITSTATUS(p->status) == CTL_DOCTOR_ABSENT)
		run->row->absent = true;
	else
		cell->verdict = judge(r, run, cell->line);
	if (cell->verdict <= CTL_DOCTOR_REFUSED)
		return;
	ctl_doctor_probe_line(p, cell->line);
	cut_whole(cell->line);
}

static void
end(struct run *run)
{
	ctl_doctor_probe_end(&run->probe);
	run->row = NULL;
}

/* Who is next */

/*
 * To a host that is elsewhere only who is known to go by the daemon: whoever
 * does not would ask that host.
 */
static bool
may_try(const struct ctl_doctor_try *all, const struct ctl_doctor_row *row,
    enum ctl_doctor_mode mode)
{
	enum ctl_doctor_verdict before;

	if (row->absent || row->client->untried || all->hosts[mode] == NULL)
		return false;
	if (mode < CTL_DOCTOR_UPSTREAM)
		return true;
	before = row->cells[mode == CTL_DOCTOR_UPSTREAM ? CTL_DOCTOR_PLAIN :
	    CTL_DOCTOR_TUNNEL].verdict;
	return before == CTL_DOCTOR_GOES || before == CTL_DOCTOR_BY_TUNNEL;
}

/* To the second, so that what comes in it counts as later. */
static void
put_now(char *buf, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm) == NULL ||
	    strftime(buf, size, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		buf[0] = '\0';
}

static unsigned
port_of(int listener)
{
	struct sockaddr_in a = { 0 };
	socklen_t len = sizeof a;

	return getsockname(listener, (struct sockaddr *)&a, &len) == 0 ?
	    ntohs(a.sin_port) : 0;
}

static bool
start(struct round *r, struct run *run, struct ctl_doctor_row *row,
    enum ctl_doctor_mode mode)
{
	const char *host = r->all->hosts[mode];

	*run = (struct run){ .row = row, .mode = mode, .probe = {
		.client = row->client,
		.program = row->program,
		.tls = is_tls(mode),
		.host = host[0] != '\0' ? host : NULL,
		.variables = r->all->variables,
		.dir = r->all->dir,
		.patience = r->all->patience,
	} };
	put_now(run->since, sizeof run->since);
	if (ctl_doctor_probe_start(&run->probe)) {
		run->port = host[0] == '\0' ? port_of(run->probe.listener) : 0;
		return true;
	}
	note(r, run);
	end(run);
	return false;
}

/* Starts the next that may be; false: there is none. */
static bool
start_next(struct round *r, struct run *run)
{
	unsigned modes = r->last - r->first + 1, at;
	struct ctl_doctor_row *row;
	enum ctl_doctor_mode mode;

	while (r->at < r->all->nrows * modes) {
		at = r->at++;
		row = &r->all->rows[at % r->all->nrows];
		mode = r->first + at / r->all->nrows;
		if (may_try(r->all, row, mode) && start(r, run, row, mode))
			return true;
	}
	return false;
}

static struct run *
wait_for_one(struct round *r)
{
	struct ctl_doctor_probe *list[WIDE], *ended;
	unsigned i, n = 0;

	for (i = 0; i < WIDE; i++)
		if (r->runs[i].row != NULL)
			list[n++] = &r->runs[i].probe;
	ended = ctl_doctor_probe_wait(list, n, r->all->stop);
	for (i = 0; i < WIDE; i++)
		if (ended == &r->runs[i].probe)
			return &r->runs[i];
	return NULL;
}

static void
try_modes(struct ctl_doctor_try *all, enum ctl_doctor_mode first,
    enum ctl_doctor_mode last)
{
	struct round *r = calloc(1, sizeof *r);
	struct run *run;
	unsigned i;

	if (r == NULL)
		return;
	r->all = all;
	r->first = first;
	r->last = last;
	for (i = 0; i < WIDE && start_next(r, &r->runs[i]); i++)
		continue;
	while ((run = wait_for_one(r)) != NULL) {
		note(r, run);
		end(run);
		(void)start_next(r, run);
	}
	for (i = 0; i < WIDE; i++)
		if (r->runs[i].row != NULL)
			end(&r->runs[i]);
	free(r);
}

int
ctl_doctor_try(struct ctl_doctor_try *all)
{
	const struct ctl_doctor_client *client = ctl_doctor_clients();
	unsigned n = 0;

	while (client[n].name != NULL)
		n++;
	all->rows = calloc(n, sizeof *all->rows);
	if (all->rows == NULL)
		return ctl_fail(all->daemon->ctl, CTL_FAILED, "out of memory");
	all->nrows = 0;
	for (; client->name != NULL; client++) {
		all->rows[all->nrows].client = client;
		if (ctl_doctor_client_find(client,
		    all->rows[all->nrows].program))
			all->nrows++;
	}
	try_modes(all, CTL_DOCTOR_PLAIN, CTL_DOCTOR_TUNNEL);
	try_modes(all, CTL_DOCTOR_UPSTREAM, CTL_DOCTOR_INTERCEPT);
	return *all->stop ? ctl_fail(all->daemon->ctl, CTL_FAILED,
	    "interrupted") : CTL_DONE;
}

void
ctl_doctor_try_free(struct ctl_doctor_try *all)
{
	free(all->rows);
	all->rows = NULL;
	all->nrows = 0;
}
