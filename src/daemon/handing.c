/* SPDX-License-Identifier: ISC */
#include "daemon/handing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/reload.h"
#include "daemon/state.h"
#include "daemon/state_head.h"
#include "daemon/worker.h"
#include "hosts/hosts_away.h"
#include "hosts/hosts_state.h"
#include "throttle/budget_save.h"

/* Adds each line of a text. */
static void
say_lines(struct handover *h, const char *word, const struct text *lines)
{
	const char *p = lines->p, *end, *feed;

	h->out.failed |= lines->failed;
	if (lines->len == 0)
		return;
	end = p + lines->len;
	while (p < end && (feed = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		text_puts(&h->out, word);
		text_put(&h->out, p, (size_t)(feed + 1 - p));
		p = feed + 1;
	}
}

bool
handing_say_head(struct handover *h, uint64_t store)
{
	struct text line = { NULL, 0, 0, false };
	struct state_head head;

	state_head_init(&head);
	head.store = store;
	state_head_put(&head, &line);
	say_lines(h, "head ", &line);
	explicit_bzero(&head, sizeof head);
	text_free(&line);
	return !h->out.failed;
}

/* What is spent and paused, and learned, as the file of a state has it. */
static void
say_state(struct handover *h, struct hosts *hosts, struct budget_saved *saved)
{
	struct text lines = { NULL, 0, 0, false };
	struct hosts_writer w = {
		.hosts = hosts,
		.text = &lines,
		.saved = saved,
		.at = state_now(),
	};
	uint64_t cursor = 0;

	hosts_state_overrides(&w);
	do {
		w.at = state_now();
		cursor = hosts_state_piece(&w, cursor, true);
	} while (cursor != 0);
	say_lines(h, "state ", &lines);
	text_free(&lines);
}

/* Returns false without memory. */
static bool
say_all(struct handover *h, struct hosts *hosts, struct state *state)
{
	struct budget_saved *saved = calloc(1, sizeof *saved);

	if (saved == NULL)
		return false;
	say_state(h, hosts, saved);
	free(saved);
	if ((h->pass = state_lock(state)) != -1)
		handover_say(h, "lock", NULL);
	hosts_away_take(hosts, &h->out);
	handover_say(h, "yours", NULL);
	return !h->out.failed;
}

/* Its queues go on by what its budgets say. */
static void
go_on(struct reloader *r, struct state *state)
{
	worker_admit(r->workers->list[0]);
	if (!state_start(state, worker_loop(r->workers->list[0]),
	    &r->workers->gate))
		log_error("state.file: it is not written any more: %s",
		    strerror(errno));
}

const char *
handing_begin(struct reloader *r, struct state *state, struct handover *h,
    void (*ring)(void *), void *arg)
{
	static const char no_memory[] = "there is no memory to hand over to it";

	state_pause(state);
	if (!hosts_away_begin(r->hosts, ring, arg)) {
		go_on(r, state);
		return no_memory;
	}
	if (say_all(h, r->hosts, state))
		return NULL;
	handing_take_back(r, state);
	return no_memory;
}

void
handing_take_back(struct reloader *r, struct state *state)
{
	hosts_away_end(r->hosts);
	go_on(r, state);
}
