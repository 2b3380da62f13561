/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_SUCCESSOR_H
#define SLUICE_SUCCESSOR_H

#include <stdbool.h>
#include <stdint.h>

/*
 * An upgrade, as the process sees it that takes over from another (upgrade.h).
 * What that one has begun it ends by what we let go: its requests are guests
 * here (hosts_guest.h), on the first worker's loop, until it is gone.  From the
 * main thread, while the process starts.
 */

struct hosts;
struct loop;
struct state;
struct workers;

/*
 * Takes the socket from the environment, where nothing is left of it.  To be
 * called before another process is made.
 */
void		 successor_take(void);

/* Returns whether there is a process before. */
bool		 successor_is(void);

/*
 * Hears what hashes are made with there, and does the same, unless they have a
 * key of their own here; before anything is made of them.  Returns false, having
 * logged why, where it is not to go on.
 */
bool		 successor_meet(bool keyed) __attribute__((warn_unused_result));

/* Tells why we do not come up. */
void		 successor_fail(const char *why);
/* The same, where it is the configuration that is wrong. */
void		 successor_fail_conf(const char *why);

/* What it takes over with. */
struct successor {
	struct state	*state;		/* or NULL */
	struct hosts	*hosts;		/* empty */
	struct loop	*loop;		/* the first worker's, not run yet */
	struct workers	*workers;
	/* rung when the one before is gone, or wants something */
	int		 bell;
};

/*
 * Says that we are ready, and takes over, once that process lets us; or at once,
 * where it is gone.  Loads what the table is to remember (state_load()).
 * Returns false, having logged why, where we are not to go on.
 */
bool		 successor_take_over(const struct successor *)
		    __attribute__((warn_unused_result));

/*
 * Returns what the process before is known by in a store, so that this one is
 * no other proxy; 0: by nothing.
 */
uint64_t	 successor_store(void);

/*
 * Returns whether the process before still ends what it has begun: it asks for
 * that here, so who ends earlier cuts it off.
 */
bool		 successor_has_guests(void);

/* We are to end, and so is what is left of the process before. */
void		 successor_stop(void);
/* Our log files are opened anew, and so are its, which are the same. */
void		 successor_logs(void);
/*
 * Returns whether it has said the same to us since the last call; then the bell
 * was rung.
 */
bool		 successor_wants_logs(void);
/* The same of a reload that it was told of after we had read the file. */
bool		 successor_wants_reload(void);
/* The loop ends; on its thread. */
void		 successor_end(struct loop *);

#endif
