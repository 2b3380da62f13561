/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_HOSTS_AWAY_H
#define SLUICE_CHECK_HOSTS_AWAY_H

#include "hosts/hosts_away.h"
#include "hosts/hosts_guest.h"
#include "hosts/hosts_state.h"
#include "hosts/hosts_view.h"
#include "hosts/state_line.h"
#include "throttle/budget_save.h"

#include "check_hosts.h"

/* Two tables, of which one has taken over from the other. */

static struct conf	*new_conf;
static struct hosts	*next;
static struct hosts_guests *guests;
static unsigned		 rung;		/* there is something to be told */
static unsigned		 heard;

uint64_t
loop_now(void)
{
	return NOW;
}

static inline void
ring_cb(void *arg)
{
	++*(unsigned *)arg;
}

static inline void
begin(const char *yaml, const char *new_yaml)
{
	start(yaml);
	new_conf = parse(new_yaml);
	next = hosts_new(new_conf, 1);
	guests = hosts_guests_new(next, &loop, ring_cb, &heard);
	ck_assert_ptr_nonnull(next);
	ck_assert_ptr_nonnull(guests);
	rung = heard = 0;
}

static inline void
finish(void)
{
	hosts_guests_free(guests);
	while (narmed > 0) {
		armed[--narmed]->armed = false;
		armed[narmed]->fire(armed[narmed], NULL, NOW);
	}
	hosts_free(next);
	conf_unref(new_conf);
	end();
}

/* Carries lines to one of both, who takes them; returns how many. */
static inline unsigned
carry(struct text *t, bool there, uint64_t now)
{
	unsigned n = 0;
	char *p, *feed;

	for (p = t->p; t->len > 0 && p < t->p + t->len; p = feed + 1, n++) {
		feed = memchr(p, '\n', (size_t)(t->p + t->len - p));
		ck_assert_ptr_nonnull(feed);
		*feed = '\0';
		ck_assert(there ? hosts_guests_line(guests, p, now) :
		    hosts_away_line(hosts, p, now));
	}
	text_free(t);
	return n;
}

static inline unsigned
carry_there(uint64_t now)
{
	struct text t = { NULL, 0, 0, false };

	hosts_away_take(hosts, &t);
	return carry(&t, true, now);
}

static inline unsigned
carry_back(uint64_t now)
{
	struct text t = { NULL, 0, 0, false };

	hosts_guests_take(guests, &t);
	return carry(&t, false, now);
}

static inline struct host_view
view_of(struct hosts *hs, const char *key)
{
	struct host_view v;

	ck_assert(hosts_view_one(hs, key, NOW, &v));
	host_view_done(&v);
	return v;
}

/* What the loop of the other one does; a mail may be gone with its delivery. */
static inline void
deliver(void)
{
	struct mail *m;
	unsigned i = 0;

	while (i < nmails) {
		m = mails[i];
		if (m->deliver == NULL || !m->posted) {
			i++;
			continue;
		}
		forget_mail(m);
		m->posted = false;
		m->deliver(m);
	}
}

static inline enum ticket_state
state(unsigned i)
{
	return tickets[i].state;
}

static inline enum hosts_answer
ask_path(unsigned i, const char *path)
{
	path_asked = (struct http1_str){ path, strlen(path) };
	return ask(i, "a.test", 1, NULL);
}

/* What is remembered, from one table to the other. */
static inline void
carry_state(void)
{
	struct text t = { NULL, 0, 0, false };
	struct budget_saved saved;
	struct hosts_writer w = {
		.hosts = hosts, .text = &t, .saved = &saved,
		.at = { NOW, NOW, NOW },
	};
	struct hosts_reader r = {
		.hosts = next, .saved = &saved, .at = { NOW, NOW, NOW },
		.same_boot = true,
	};
	char *p, *feed;

	ck_assert_uint_eq(hosts_state_piece(&w, 0, true), 0);
	for (p = t.p; t.len > 0 && p < t.p + t.len; p = feed + 1) {
		feed = memchr(p, '\n', (size_t)(t.p + t.len - p));
		ck_assert_ptr_nonnull(feed);
		ck_assert(state_line_check(p, (size_t)(feed - p)));
		ck_assert_pstr_eq(hosts_state_read(&r, p), NULL);
	}
	text_free(&t);
}

#endif
