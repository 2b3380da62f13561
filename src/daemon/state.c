/* SPDX-License-Identifier: ISC */
#include "daemon/state.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/bell.h"
#include "base/gate.h"
#include "base/log.h"
#include "base/once.h"
#include "base/stats.h"
#include "base/text.h"
#include "conf/conf.h"
#include "daemon/state_file.h"
#include "daemon/state_head.h"
#include "daemon/state_read.h"
#include "hosts/hosts_state.h"
#include "net/loop.h"
#include "throttle/budget_save.h"

#define MS		UINT64_C(1000000)
#define HORIZON		(50 * MS)	/* a lease lasts so long at least */
#define HORIZON_MAX	(1000 * MS)
#define SOON		(10 * MS)	/* what is only written, so long */
#define PIECE		(1 << 20)	/* bytes that are written at once */
#define WANTED		256		/* leases that are */
#define GROWN		(64 << 20)	/* bytes of lines behind a snapshot */

struct state {
	struct state_file	 file;
	char			*found;		/* what was in it; or NULL */
	size_t			 found_len;
	char			*records;	/* ... behind its head */
	struct state_head	 head;		/* of this process */
	bool			 same_boot;
	bool			 keyed;		/* by the store's key */
	bool			 told_failed;	/* ... to be written, last */
	uint64_t		 every;		/* ns */
	struct hosts		*hosts;
	struct loop		*loop;
	struct gate		*gate;
	struct budget_saved	*saved;
	struct text		 text;
	pthread_t		 thread;
	bool			 runs;
	int			 bell;		/* eventfd */
	atomic_bool		 stop;
	struct mail		 mail;		/* has the loop admit */
	atomic_bool		 mailed;
	uint64_t		 took;		/* ns: the last safe write */
	uint64_t		 noted;		/* ns: the last other one */
	size_t			 records_last;	/* of the last snapshot */
	off_t			 appended;	/* bytes since that */
};

static uint64_t
horizon(uint64_t least, uint64_t ns)
{
	return ns < least ? least : ns > HORIZON_MAX ? HORIZON_MAX : ns;
}

/* The disk has a quarter of the time; who only writes, a twentieth. */
static struct hosts_writer
writer(struct state *s)
{
	return (struct hosts_writer){
		.hosts = s->hosts,
		.text = &s->text,
		.saved = s->saved,
		.at = state_now(),
		.ahead.safe = horizon(HORIZON, s->took * 4),
		.ahead.written = horizon(SOON, s->noted * 20),
	};
}

/* Says once a minute what is wrong; it may be better next time. */
static void
tell_failed(struct state *s, int error)
{
	static const char what[] = "state.file";

	stats_add(&stats_process.state_failures, 1);
	if (!once_a_minute(what, sizeof what, loop_now()))
		return;
	log_error("state.file: %s cannot be written: %s: what is spent from "
	    "now on would be forgotten in a crash", s->file.path,
	    strerror(error));
	s->told_failed = true;
}

/* All of it is. */
static void
tell_written(struct state *s)
{
	if (s->told_failed)
		log_info("state.file: %s: writing again", s->file.path);
	s->told_failed = false;
}

/* Who waits for what was just written may go, on its loop. */
static void
grant(struct state *s)
{
	if (hosts_state_written(s->hosts, loop_now()) && s->loop != NULL &&
	    !atomic_exchange(&s->mailed, true))
		loop_post(s->loop, &s->mail);
}

static void
admit_cb(struct mail *m)
{
	struct state *s = (struct state *)(void *)((char *)m -
	    offsetof(struct state, mail));

	atomic_store(&s->mailed, false);
	hosts_state_admit(s->hosts, s->loop, loop_now());
}

/* A snapshot */

static int
add_text(struct state *s, size_t at_least)
{
	int error = s->text.failed ? ENOMEM : 0;

	if (error == 0 && s->text.len < at_least)
		return 0;
	if (error == 0)
		error = state_file_add(&s->file, s->text.p, s->text.len);
	text_reset(&s->text);
	return error;
}

static int
write_all(struct state *s, struct hosts_writer *w, bool last)
{
	uint64_t cursor = 0;
	int error = state_file_begin(&s->file);

	if (error != 0)
		return error;
	text_reset(&s->text);
	state_head_put(&s->head, &s->text);
	hosts_state_overrides(w);
	do {
		w->at = state_now();
		cursor = hosts_state_piece(w, cursor, last);
		if ((error = add_text(s, PIECE)) != 0)
			return error;
	} while (cursor != 0);
	if ((error = add_text(s, 0)) != 0)
		return error;
	return state_file_replace(&s->file);
}

static void
note_written(struct state *s)
{
	atomic_store(&stats_process.state_bytes, (uint64_t)s->file.size);
	atomic_store(&stats_process.state_written, loop_now());
}

/* Returns whether it is safe. */
static bool
snapshot(struct state *s, bool last)
{
	struct hosts_writer w = writer(s);
	uint64_t began = loop_now();
	int error = write_all(s, &w, last);

	if (error != 0) {
		state_file_drop(&s->file);
		tell_failed(s, error);
	} else {
		s->records_last = w.records;
		s->appended = 0;
		note_written(s);
		tell_written(s);
	}
	s->took = loop_now() - began;
	grant(s);
	return error == 0;
}

/* What is leased since */

/* Returns whether there was something to write. */
static bool
append(struct state *s)
{
	struct hosts_writer w = writer(s);
	uint64_t began = loop_now();
	int error;

	text_reset(&s->text);
	hosts_state_wanted(&w, WANTED);
	if (s->text.len == 0 && !s->text.failed) {
		grant(s);
		return false;
	}
	error = s->text.failed ? ENOMEM :
	    state_file_append(&s->file, s->text.p, s->text.len, w.safe);
	if (error != 0)
		tell_failed(s, error);
	s->appended += (off_t)s->text.len;
	*(w.safe ? &s->took : &s->noted) = loop_now() - began;
	atomic_store(&stats_process.state_bytes, (uint64_t)s->file.size);
	grant(s);
	return true;
}

/* The thread */

static void
ring_cb(void *arg)
{
	const struct state *s = arg;

	bell_ring(s->bell);
}

static void
wait_until(const struct state *s, uint64_t at)
{
	struct pollfd p = { .fd = s->bell, .events = POLLIN };
	uint64_t now = loop_now(), n;
	int ms = at > now ? (int)((at - now) / MS) + 1 : 0;

	if (poll(&p, 1, ms) == 1 && read(s->bell, &n, sizeof n) == -1)
		return;
}

/* Of nothing there is no second snapshot. */
static bool
is_due(const struct state *s, uint64_t next)
{
	return s->appended > GROWN || (loop_now() >= next &&
	    (s->records_last > 0 || s->appended > 0 ||
	    !hosts_state_is_empty(s->hosts)));
}

static void *
run(void *arg)
{
	struct state *s = arg;
	uint64_t next;

	gate_wait(s->gate);
	next = loop_now() + s->every;
	while (!atomic_load(&s->stop)) {
		wait_until(s, next);
		while (append(s) && s->appended <= GROWN)
			continue;
		if (is_due(s, next))
			(void)snapshot(s, false);
		if (loop_now() >= next)
			next = loop_now() + s->every;
	}
	return NULL;
}

bool
state_start(struct state *s, struct loop *l, struct gate *gate)
{
	if (s == NULL)
		return true;
	atomic_store(&s->stop, false);
	s->loop = l;
	s->mail.deliver = admit_cb;
	s->gate = gate;
	errno = pthread_create(&s->thread, NULL, run, s);
	s->runs = errno == 0;
	return s->runs;
}

void
state_begin(struct state *s)
{
	/* what was leased in an earlier life is spent in this one */
	if (s != NULL)
		(void)snapshot(s, false);
}

/* Reading, and the end */

/* Of this boot, since it is from a process that was there until now. */
static void
load_handed(struct hosts *hs, struct budget_saved *saved, char *handed,
    size_t len)
{
	struct hosts_reader r = {
		.hosts = hs,
		.saved = saved,
		.at = state_now(),
		.same_boot = true,
	};

	if (len > 0)
		state_read(&r, "the process before", handed, len);
}

static void
load_alone(struct hosts *hs, char *handed, size_t len)
{
	struct budget_saved *saved = calloc(1, sizeof *saved);

	if (saved == NULL)
		fatal("cannot start: out of memory");
	load_handed(hs, saved, handed, len);
	free(saved);
}

static void
load_file(struct state *s)
{
	struct hosts_reader r = {
		.hosts = s->hosts,
		.saved = s->saved,
		.at = state_now(),
		.same_boot = s->same_boot,
	};
	char *from;

	if (s->records != NULL &&
	    asprintf(&from, "state.file: %s", s->file.path) != -1) {
		state_read(&r, from, s->records,
		    (size_t)(s->found + s->found_len - s->records));
		free(from);
	}
	free(s->found);
	s->found = s->records = NULL;
}

void
state_load(struct state *s, struct hosts *hs, char *handed, size_t len)
{
	if (s == NULL) {
		load_alone(hs, handed, len);
		return;
	}
	s->hosts = hs;
	hosts_state_lease(hs, ring_cb, s);
	load_file(s);
	load_handed(hs, s->saved, handed, len);
}

static void
free_state(struct state *s)
{
	if (s->bell != -1)
		close(s->bell);
	state_file_close(&s->file);
	text_free(&s->text);
	free(s->found);
	free(s->saved);
	free(s);
}

/* What was found cannot be read: it is kept, and not written over. */
static bool
keep_aside(struct state *s, const char *why, char **cause)
{
	char *to = NULL;
	int error = state_file_aside(&s->file, &to);

	free(s->found);
	s->found = NULL;
	if (error == 0) {
		log_warn("state.file: %s: %s: it is kept as %s, and all "
		    "begins anew", s->file.path, why, to);
		free(to);
		return true;
	}
	if (asprintf(cause, "%s: %s, and cannot be moved aside: %s",
	    s->file.path, why, strerror(error)) == -1)
		*cause = NULL;
	return false;
}

/* Takes the head of what is there. */
static bool
look(struct state *s, char **cause)
{
	struct state_head before;
	const char *why = NULL;
	int error = state_file_read(&s->file, &s->found, &s->found_len);

	if (error == ENOMEM) {
		*cause = NULL;
		return false;
	}
	if (error != 0)
		return keep_aside(s, strerror(error), cause);
	if (s->found != NULL && s->found_len == 0)
		log_warn("state.file: %s is empty: all begins anew",
		    s->file.path);
	if (s->found == NULL || s->found_len == 0)
		return true;
	s->records = state_head_read(&before, s->found, &why);
	if (s->records == NULL)
		return keep_aside(s, why, cause);
	s->same_boot = s->head.boot[0] != '\0' &&
	    strcmp(before.boot, s->head.boot) == 0;
	state_head_adopt(&s->head, &before, !s->keyed);
	return true;
}

static struct state *
make(const struct conf *conf, bool heir, char **cause)
{
	struct state *s;

	*cause = NULL;
	if ((s = calloc(1, sizeof *s)) == NULL)
		return NULL;
	s->every = conf->state_every;
	s->keyed = conf->store.key_file != NULL;
	s->saved = calloc(1, sizeof *s->saved);
	s->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!state_file_open(&s->file, conf->state_file, heir, cause)) {
		s->file = (struct state_file){ .lock = -1, .directory = -1,
		    .fd = -1, .next = -1 };
	} else if (s->saved != NULL && s->bell != -1) {
		return s;
	}
	free_state(s);
	return NULL;
}

/* Puts the option before what is wrong, which is freed. */
static void
name_option(char *why, char **cause)
{
	*cause = why;
	if (why != NULL && asprintf(cause, "state.file: %s", why) == -1)
		*cause = NULL;
	free(why);
}

struct state *
state_open(const struct conf *conf, bool heir, char **cause)
{
	struct state *s = make(conf, heir, cause);
	char *why = *cause;

	if (s != NULL) {
		state_head_init(&s->head);
		if (s->file.waits || look(s, &why))
			return s;
		free_state(s);
	}
	name_option(why, cause);
	return NULL;
}

bool
state_adopt(struct state *s, int lock, char **cause)
{
	bool waited = s->file.waits;
	char *why = NULL;

	*cause = NULL;
	if (!state_file_adopt(&s->file, lock)) {
		if (asprintf(&why, "%s: another sluice has it, expected a file "
		    "for each", s->file.path) == -1)
			why = NULL;
		name_option(why, cause);
		return false;
	}
	/* by now the head is that of the process before */
	state_head_init(&s->head);
	if (!waited || lock != -1 || look(s, &why))
		return true;
	name_option(why, cause);
	return false;
}

void
state_pause(struct state *s)
{
	if (s == NULL)
		return;
	if (s->runs) {
		atomic_store(&s->stop, true);
		bell_ring(s->bell);
		pthread_join(s->thread, NULL);
		if (loop_unpost(s->loop, &s->mail))
			atomic_store(&s->mailed, false);
	}
	s->runs = false;
	s->loop = NULL;
}

int
state_lock(const struct state *s)
{
	return s != NULL ? s->file.lock : -1;
}

void
state_leave(struct state *s)
{
	if (s != NULL)
		free_state(s);
}

void
state_end(struct state *s)
{
	if (s == NULL)
		return;
	state_pause(s);
	if (snapshot(s, true))
		log_info("state.file: %s is written", s->file.path);
	free_state(s);
}
