/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_try.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "ctl/ctl_doctor_seen.h"
#include "ctl/ctl_fail.h"

#define WIDE	4	/* at a time */

/* One that is under way. */
struct run {
	struct ctl_doctor_probe	 probe;
	struct ctl_doctor_row	*row;	/* NULL: none is */
	enum ctl_doctor_mode	 mode;
	struct ctl_doctor_seen	 seen;
};

struct round {
	struct ctl_doctor_try	*all;
	enum ctl_doctor_mode	 first, last;	/* modes that are tried */
	unsigned		 at;		/* of rows times modes */
	struct ctl_doctor_watch	 watch;
	struct run		 runs[WIDE];
};

static bool
is_tls(enum ctl_doctor_mode mode)
{
	return mode == CTL_DOCTOR_TUNNEL || mode == CTL_DOCTOR_INTERCEPT;
}

/* Verdicts */

static enum ctl_doctor_verdict
judge(struct round *r, struct run *run, char line[CTL_DOCTOR_TEXT])
{
	const struct ctl_doctor_probe *p = &run->probe;
	struct ctl_doctor_seen *seen = &run->seen;

	if (p->direct)
		return CTL_DOCTOR_BYPASSES;
	if (run->mode == CTL_DOCTOR_TUNNEL && p->through)
		return CTL_DOCTOR_GOES;
	ctl_doctor_watch_look(&r->watch, &seen, 1, true);
	memcpy(line, seen->line, CTL_DOCTOR_TEXT);
	if (seen->answered)
		return seen->by_tunnel ? CTL_DOCTOR_BY_TUNNEL :
		    CTL_DOCTOR_GOES;
	if (seen->refused)
		return CTL_DOCTOR_REFUSED;
	/* before it is late: some ask again and again */
	if (run->mode == CTL_DOCTOR_INTERCEPT &&
	    ctl_doctor_probe_distrusts(p))
		return CTL_DOCTOR_DISTRUSTS;
	if (p->late)
		return CTL_DOCTOR_LATE;
	return seen->missed ? CTL_DOCTOR_UNKNOWN : CTL_DOCTOR_FAILS;
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
note(struct round *r, struct run *run)
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

/* Whether it speaks TLS as a proxy, which the filter does not. */
static bool
is_secure(const struct ctl_client *client)
{
	return strncmp(client->proxy, "https:", 6) == 0;
}

/*
 * To a host that is elsewhere only who is known to go by the daemon: whoever
 * does not would ask that host.
 */
static bool
may_try(const struct ctl_doctor_try *all, const struct ctl_doctor_row *row,
    enum ctl_doctor_mode mode)
{
	enum ctl_doctor_verdict before;

	if (row->absent || all->hosts[mode] == NULL ||
	    (row->client->filtered && is_secure(all->client)))
		return false;
	if (mode < CTL_DOCTOR_UPSTREAM)
		return true;
	before = row->cells[mode == CTL_DOCTOR_UPSTREAM ? CTL_DOCTOR_PLAIN :
	    CTL_DOCTOR_TUNNEL].verdict;
	return before == CTL_DOCTOR_GOES || before == CTL_DOCTOR_BY_TUNNEL;
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
		.daemon = r->all->client,
		.dir = r->all->dir,
		.line = r->all->line,
		.patience = r->all->patience,
	} };
	run->seen.nonce = run->probe.nonce;
	run->seen.plain = !is_tls(mode);
	ctl_doctor_seen_begin(&run->seen);
	if (ctl_doctor_probe_start(&run->probe)) {
		run->seen.port = host[0] == '\0' ?
		    port_of(run->probe.listener) : 0;
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

/* Until one of them ends; NULL: none is left, or they are not waited for. */
static struct run *
wait_for_one(struct round *r)
{
	struct ctl_doctor_probe *list[WIDE], *ended = NULL;
	struct ctl_doctor_seen *seen[WIDE];
	unsigned i, n = 0;

	for (i = 0; i < WIDE; i++)
		if (r->runs[i].row != NULL) {
			list[n] = &r->runs[i].probe;
			seen[n++] = &r->runs[i].seen;
		}
	while (n > 0 && ended == NULL && !*r->all->stop) {
		ended = ctl_doctor_probe_hear(list, n);
		ctl_doctor_watch_look(&r->watch, seen, n, false);
	}
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
	r->watch.daemon = all->daemon;
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
