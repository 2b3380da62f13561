/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CLAIM_H
#define SLUICE_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/client_hash.h"
#include "http/http1.h"
#include "policy/rule.h"
#include "throttle/throttle.h"

/*
 * What a request claims of its host's throttle, by the host's rule: at what
 * cost, for whom, how urgently, until when, and from which part of it.
 */

/*
 * The keyed hash that clients and credentials are told apart by, and whoever
 * makes it: client_hash() of client_hash.h, or what keeps its promises.
 */
struct claim_hash {
	bool			(*make)(struct client_hasher *,
				    const char *kind, const void *, size_t n,
				    struct client_hash *);
	struct client_hasher	*hasher;
};

/*
 * The turn of one that came to nothing, for what takes its place: a request of
 * the same client and credential that costs no more, in no part, does not have
 * to wait for another.
 */
struct claim_turn {
	struct client_hash	 credential;
	uint64_t		 client;
	uint64_t		 cost;		/* micro cost units; 0: none */
	bool			 observed;	/* in the shadow, too */
};

/* Who asks for what. */
struct claim_source {
	const struct http1_head	*head;
	const struct sockaddr	*address;	/* NULL: a Unix socket */
	/* Where that one's hash stays, once it was made: zero until then. */
	struct client_hash	*address_hash;	/* or NULL */
	/*
	 * By whom the tunnel was asked for that it comes through, or NULL; where
	 * users are checked, who asks: what the head says is nothing then.
	 */
	const char		*user;
	bool			 checked;
	uint64_t		 owner;		/* whose place in the queue */
	bool			 tunnel;	/* a CONNECT */
};

struct claim {
	struct throttle_request	 request;
	uint64_t		 max_wait;	/* ns; Sluice-Max-Wait's, or
						   THROTTLE_NEVER */
	/* A request that is returned has had its turn in the shadow, too. */
	bool			 observed_turn;
	/* Whose throttle: both 0 where the rule does not tell them apart. */
	struct client_hash	 credential;
	/* That was taken by its value, being of a scheme that is not known. */
	bool			 unread;
	struct http1_str	 scheme;	/* that one, in the head */
};

/* It is not the request that is wrong. */
extern const char claim_no_memory[];

/*
 * Fills in the claim; now: ns, monotonic.  Returns NULL, or what is wrong with
 * the request, a constant for its answer; claim_no_memory where there was no
 * hash.
 */
const char	*claim_make(struct claim *, const struct claim_hash *,
		    const struct rule *, const struct claim_source *,
		    uint64_t now) __attribute__((warn_unused_result));

/* Returns whether the claim is one that may go on with that turn. */
bool		 claim_has_turn(const struct claim *,
		    const struct claim_turn *);

#endif
