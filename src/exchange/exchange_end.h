/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_END_H
#define SLUICE_EXCHANGE_END_H

#include "base/stats.h"
#include "exchange/access.h"
#include "exchange/reply.h"
#include "net/failure.h"

/*
 * How an exchange ends: all of its ways come to exchange_finish(), once.
 */

struct downstream;
struct exchange;
struct exchanges;
struct http1_head;

/* Gives back all that it holds and writes its log line; once. */
void		 exchange_finish(struct exchange *, enum access_outcome,
		    const char *reason);
/* Ends it with an answer of our own; nothing of a response was sent yet. */
void		 exchange_answer(struct exchange *, const struct reply *,
		    enum access_outcome, const char *reason);
/* The same, for what the request or the proxy got wrong. */
void		 exchange_reject(struct exchange *, int status,
		    enum stats_refusal, const char *error, const char *detail);
/* The same, since the proxy ends before its turn comes. */
void		 exchange_refuse_drained(struct exchange *);
/* Ends it because of its other side: with an answer, or cut off. */
void		 exchange_fail(struct exchange *, enum failure,
		    const char *why);
/* Ends it so that the client does not take what it got for whole. */
void		 exchange_cut_off(struct exchange *, enum access_outcome,
		    const char *reason);
/* The same, because we refuse what it has become. */
void		 exchange_abort(struct exchange *, enum stats_refusal,
		    const char *reason);

/*
 * Answers a request that never became one with that status, and ends its
 * connection.  The head has what was understood.
 */
void		 exchange_refuse(struct exchanges *, struct downstream *,
		    const struct http1_head *, int status, const char *why);

#endif
