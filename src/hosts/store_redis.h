/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_REDIS_H
#define SLUICE_STORE_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "throttle/lease_grant.h"
#include "throttle/lease_learn.h"
#include "throttle/lease_slots.h"

/*
 * A store of budgets: a Redis, or several of them (Sentinel, Cluster), in which
 * scripts do what lease_grant_share(), lease_slots_grant() and
 * lease_learn_grant() do.  All of it belongs to the thread of its loop.
 * Questions go out as they come, many at a time.
 *
 * Keys are "sluice:{NAMESPACE.TAG}:b:BUDGET", hashes, with TAG a number below 64
 * that is made of BUDGET, and one of a tag for all, "sluice:{NAMESPACE.TAG}:e";
 * of slots, ":s:" and ":es", of what is learned, ":l:" and ":el".
 */

#define STORE_BUDGET	1024	/* bytes of a budget's name */
#define STORE_ASKED	1024	/* questions at a time */

struct dialer;
struct http1_host;
struct store;
struct store_redis;

struct store_question {
	const char		*budget;	/* what it is called there */
	size_t			 len;		/* bytes of that */
	const struct budget_limits *limits;
	struct lease_question	 ask;
	/* What is asked then instead of all that; or NULL. */
	const struct lease_slots_question *slots;
	const struct lease_learn_question *learn;
};

struct store_answer {
	bool			 ok;
	const char		*why;		/* not so; else NULL */
	struct lease_answer	 lease;
	struct lease_slots_answer slots;
	struct lease_learn_answer learn;
	uint64_t		 sent;		/* ns, own clock */
	uint64_t		 received;	/* ns, own clock */
};

/* What stands in it is there until this returns. */
typedef void	 store_answer_cb(void *arg, const struct store_answer *);

struct store_events {
	/* Questions may be answered from now on. */
	void	(*connected)(void *owner);
	/* They are not any more, or were not from the beginning. */
	void	(*lost)(void *owner, const char *why);
};

/*
 * Begins to connect.  Keeps dialer and store, which stay their owners', as long
 * as it is open.  Nothing is told before this returns.  NULL without memory.
 */
struct store_redis *store_redis_open(const struct dialer *,
		    const struct store *, const struct store_events *,
		    void *owner);
/*
 * Closes it: questions that have no answer are answered, with why; the owner is
 * told nothing.  Its memory goes by and by, with the loop's.  NULL is allowed.
 */
void		 store_redis_close(struct store_redis *);

/*
 * Asks.  cb is called once, from the loop, never before this returns: with an
 * answer, or with why there is none, within two of the store's timeouts.  The
 * question and what it points to are the caller's again when this returns.
 * Returns false, and calls nobody, without memory, or where STORE_ASKED have no
 * answer yet, or the budget's name is too long.
 */
bool		 store_redis_ask(struct store_redis *,
		    const struct store_question *, store_answer_cb *cb,
		    void *arg) __attribute__((warn_unused_result));

/*
 * Says something to all who listen (store_listener.h), of a budget with that
 * tag.  Nobody is told whether that was heard.
 */
void		 store_redis_say(struct store_redis *, unsigned tag,
		    const char *said, size_t len);

/* As redis_cluster_other(), of its servers. */
bool		 store_redis_other(const struct store_redis *,
		    const struct http1_host *but, struct http1_host *other);

/*
 * Has the store know from now on that it has lost nothing of a tag, if it does
 * not: what is not there of it later has expired, or never was.  Nobody is told
 * whether that was heard.
 */
void		 store_redis_begin(struct store_redis *, unsigned tag);

#endif
