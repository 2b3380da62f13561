/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_STATE_H
#define SLUICE_EXCHANGE_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/stats.h"
#include "base/text.h"
#include "exchange/date.h"
#include "exchange/gather.h"
#include "exchange/relay_head.h"
#include "exchange/user_gate.h"
#include "hosts/hosts.h"
#include "http/http1.h"
#include "net/dial.h"
#include "net/loop.h"
#include "policy/claim.h"

/*
 * What an exchange is, and what its files share.  None of them calls a file
 * that is above it: it returns what is to happen next.
 */

struct access_log;
struct client;
struct client_hasher;
struct dialer;
struct downstream;
struct judging;
struct metering;
struct opening;
struct parent;
struct parent_tunnel;
struct recent;
struct tokens_learned;
struct tunnel;
struct upstream;
struct upstreams;

/* See exchange_state.c. */
enum exchange_phase {
	EXCHANGE_NONE,		/* not yet */
	EXCHANGE_STARTING,
	EXCHANGE_CHECKING,
	EXCHANGE_READING,
	EXCHANGE_QUEUED,
	EXCHANGE_CONNECTING,
	EXCHANGE_OPENED,
	EXCHANGE_SENDING,
	EXCHANGE_RELAYING,
	EXCHANGE_TUNNEL,
	EXCHANGE_ENDED,
	EXCHANGE_PHASES,	/* how many there are */
};

/* What an exchange in flight waits for. */
enum exchange_turn {
	TURN_NOBODYS,
	TURN_CLIENTS,
	TURN_TO_TAKE,	/* the upstream's: more of the request */
	TURN_TO_ASK,	/* ... for the body, by a 100; or to begin */
	TURN_TO_BEGIN,	/* ... its response */
	TURN_TO_GO_ON,	/* ... with it */
};

/* The exchanges of one thread: what they use. */
struct exchanges {
	struct loop		*loop;
	struct conf		*conf;		/* of those that begin */
	struct hosts		*hosts;
	struct upstreams	*upstreams;
	const struct dialer	*dialer;
	struct access_log	*access;
	struct client_hasher	*hasher;
	struct user_gate	*users;
	struct recent		*recent;	/* who ended last; or NULL */
	struct tokens_learned	*learned;	/* what is used; or NULL */
	struct metering		*meterings;	/* that nobody has now */
	unsigned		 nmeterings;
	unsigned		 workers;	/* that share what is kept */
	bool			 draining;
	const atomic_bool	*over;		/* ... and its time */
	/* how many are in each; of EXCHANGE_ENDED, how many there were */
	uint64_t		 in_phase[EXCHANGE_PHASES];
	/* for the length of one callback */
	struct gather		 gather;
	struct date		 date;		/* of answers without one */
	struct text		 parent_head;	/* see exchange_parent.h */
	/* QUEUED and not looked at for log.held, the first first */
	TAILQ_HEAD(exchange_list, exchange) held;
	/* ... and looked at, by when they last were */
	struct exchange_list	 held_long;
	struct deadline		 held_timer;
	struct deadline		 held_long_timer;
};

/*
 * Its fields leave few holes, and what few requests need stands elsewhere: see
 * EXCHANGE_MOST.
 */
struct exchange {
	struct exchanges	*exchanges;	/* its thread's */
	struct downstream	*downstream;
	struct client		*client;	/* whose it is; or NULL */
	struct memory_holder	*memory;	/* for whom it holds any */
	struct upstream		*upstream;
	/* Through which it goes, or went last; NULL: none; the conf's. */
	const struct parent	*parent;
	bool			 by_tunnel;	/* ... of the parent's */
	struct dial		*dial;		/* for a CONNECT, or */
	struct parent_tunnel	*way;		/* ... through the parent */
	struct opening		*opening;	/* of a CONNECT */
	struct tunnel		*tunnel;
	enum exchange_phase	 phase;		/* exchange_set_phase() */
	bool			 dialled;	/* for opening, once */
	TAILQ_ENTRY(exchange)	 entry;		/* in held or held_long */
	struct ticket		 ticket;
	struct claim_turn	 taken;		/* the turn it goes on with */
	struct throttle_deposit	*deposit;	/* for a refund; or NULL */
	struct metering		*metering;	/* of named budgets; or NULL */
	struct http1_host	 host;
	uint16_t		 port;		/* of the upstream */
	bool			 tls;		/* to it */
	bool			 inside;	/* ... for an http:// URL */
	bool			 through;	/* ... the host of its tunnel */
	enum exchange_turn	 turn;		/* that timer was set for */
	struct deadline		 timer;
	struct deadline		 whole;		/* timeouts.exchange */
	struct {
		uint64_t	 since;		/* ns: its turn; 0: it is not */
		uint64_t	 took;		/* ns: those before */
		uint64_t	 moved;		/* bytes, before all of them */
	} pace;					/* of the client */

	/* the request */
	struct text		 head;		/* as it goes out */
	size_t			 counted;	/* of it, in memory */
	size_t			 method_len;	/* head begins with it */
	bool			 is_connect;
	bool			 is_head;
	bool			 old_client;	/* speaks HTTP/1.0 */
	bool			 keep;		/* the client wants to go on */
	bool			 chunked;	/* its body */
	bool			 user_told;	/* by user_waiter */
	bool			 user_right;	/* ... that */
	bool			 expect;	/* waits for 100 to go on */
	bool			 continued;	/* got that from us */
	bool			 idempotent;
	bool			 binds;		/* see struct http1_head */
	bool			 resendable;	/* the rule allows it */
	bool			 half_closed;
	bool			 retried;	/* idle upstream was closed */
	bool			 body_taken;	/* some of it, from front */
	bool			 reached;	/* an upstream got some of it */
	char			*offer;		/* to upgrade; or NULL */
	char			*user;		/* that waits; or NULL */
	struct user_waiter	 user_waiter;	/* for his password's check */
	struct memory_body	 replay;	/* body sent, to send again */
	bool			 no_replay;	/* not all of it is kept */
	bool			 stopped;	/* no more of the body */
	bool			 sent_whole;	/* the upstream has it */
	bool			 admitted;	/* once at least */

	/* the response */
	enum relay_framing	 framing;
	int			 status;
	bool			 head_sent;
	bool			 throttled;	/* refused for a limit */
	bool			 no_retry;	/* asked not to send it again */
	bool			 hastened;	/* one said: now */
	bool			 discarding;	/* one; it is not relayed */
	struct judging		*judging;	/* is held back; or NULL */
	uint64_t		 discarded;	/* bytes of its body */
	unsigned		 resent;	/* after such refusals */

	/* what is counted */
	enum stats_refusal	 refusal;	/* why, if we refuse it */
	struct stats_block	*counts;	/* where: its rule's */
	uint64_t		 cost;		/* spent; micro cost units */
	uint64_t		 forwarded;	/* ns; last admitted then */

	/* for the log */
	uint64_t		 began;		/* ns */
	uint64_t		 queued;	/* ns; when it last asked */
	uint64_t		 looked_at;	/* ns; if QUEUED: in held_long */
	uint64_t		 held;		/* ns that it has waited */
	uint64_t		 paused;	/* ns; its answer, its host */
	uint64_t		 in;		/* bytes of body */
	uint64_t		 out;

	struct grave		 grave;
};

/*
 * bytes: one is cleared for each request, which from 2 KiB on the C library
 * does byte by byte, by callgrind's count.
 */
#define EXCHANGE_MOST	2040
_Static_assert(sizeof(struct exchange) <= EXCHANGE_MOST,
    "struct exchange: keep what few requests need behind a pointer");

/*
 * The only place where the phase changes, so that the counts of those in each
 * are right.
 */
void	 exchange_set_phase(struct exchange *, enum exchange_phase);

/* Returns for how long (ns) it has waited in all, and waits now. */
uint64_t exchange_held(const struct exchange *, uint64_t now);

/* Returns how its request is sent on. */
struct relay_request exchange_origin(const struct exchange *);

/* Puts its path, for the log; before the head that goes out is made. */
void	 exchange_put_path(struct exchange *, const struct http1_head *);

/* Returns for whom its host is dialled. */
struct dial_client exchange_client(const struct exchange *);

/* Returns whether more may wait for the client. */
bool	 exchange_has_room(const struct exchange *);

#endif
