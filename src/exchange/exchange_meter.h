/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_METER_H
#define SLUICE_EXCHANGE_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct exchange;
struct exchanges;
struct http1_head;
struct relay_request;
struct text;
struct throttle_request;
struct usage_cut_out;

/*
 * What an exchange takes of its rule's named budgets (policy/tokens.h): read out
 * of its request before it is admitted, and out of its answer as that passes.
 */

enum exchange_meter {
	EXCHANGE_METER_GOES,	/* what it wants is in the request */
	EXCHANGE_METER_READS,	/* its body comes first; the head is held */
	EXCHANGE_METER_REFUSED,	/* it wants more than there ever is */
	EXCHANGE_METER_NO_MEMORY,
};

/*
 * Sets what it wants in what is asked of its host's throttle.  Does nothing, and
 * costs nothing, where its rule has no named budgets.
 */
enum exchange_meter exchange_meter_ask(struct exchange *,
		    const struct http1_head *, struct throttle_request *);

/*
 * A piece of the request's body, which is kept; and its end, with what goes out
 * behind it.  Returns false without memory.  Where no more is wanted before it
 * is admitted, exchange_meter_is_done(), and its timer is due.
 */
bool		 exchange_meter_body(struct exchange *, const char *, size_t);
bool		 exchange_meter_body_end(struct exchange *,
		    const struct text *tail);
bool		 exchange_meter_is_done(const struct exchange *);

/*
 * Makes what was kept what goes out, once, when it is certain by which rule; and
 * says how the head has to be for that: the answer in a coding that can be read,
 * a body of another length.  Returns false without memory.
 */
bool		 exchange_meter_prepare(struct exchange *,
		    const struct http1_head *, struct relay_request *);

/* An answer that is relayed has begun; a piece of it passes. */
void		 exchange_meter_answer(struct exchange *,
		    const struct http1_head *);
void		 exchange_meter_piece(struct exchange *, const char *, size_t);

/*
 * Returns whether something of the answer of one that is metered is kept from
 * the client: then it is relayed by the other two.
 */
bool		 exchange_meter_cuts(const struct exchange *);
void		 exchange_meter_cut(struct exchange *, const char *, size_t,
		    const struct usage_cut_out *);
void		 exchange_meter_cut_end(struct exchange *,
		    const struct usage_cut_out *);

/*
 * It ends, with all of its answer or not: what it has used is told, by its
 * ticket when that leaves its host.
 */
void		 exchange_meter_end(struct exchange *, bool whole);

/* Frees what it had for that, when it is at no host any more. */
void		 exchange_meter_free(struct exchange *);

/* Frees what a thread keeps for the next ones. */
void		 exchange_meters_free(struct exchanges *);

#endif
