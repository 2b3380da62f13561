/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_PEERS_H
#define SLUICE_STORE_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "hosts/store_redis.h"

/*
 * How many proxies share a store: each that is connected says so once a second,
 * as a holder of something that has no limits, whatever it asks else, and hears
 * how many do.  What counts is the most that were there at a time within the
 * last ten minutes, or up to twenty, but for those that have said that they leave:
 * so those count that are cut off from it, or are busy by turns.
 */

struct loop;
struct store_peers;
struct store_redis;

/*
 * Makes one that is not connected, with an id that no other has.  Returns NULL
 * without memory.
 */
struct store_peers *store_peers_new(struct loop *, uint64_t id);
/* When nothing that it has asked is without an answer.  NULL is allowed. */
void		 store_peers_free(struct store_peers *);
/* From now on, with that store; NULL: it is not connected any more. */
void		 store_peers_connect(struct store_peers *,
		    struct store_redis *);
/* Returns its id. */
uint64_t	 store_peers_id(const struct store_peers *);
/*
 * It is not there any more: says so, if it is connected, and calls back when
 * that is heard.  Returns false where nothing was said.
 */
bool		 store_peers_leave(struct store_peers *, store_answer_cb *,
		    void *arg);
/* It is another store from now on: nothing is known of that. */
void		 store_peers_forget(struct store_peers *);
/* Returns how many there are; 0 where that is not known, or too many. */
uint64_t	 store_peers(const struct store_peers *);

#endif
