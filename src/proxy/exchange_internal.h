/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_INTERNAL_H
#define SLUICE_EXCHANGE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/http1.h"
#include "proxy/access.h"
#include "proxy/exchange.h"
#include "proxy/hosts.h"
#include "proxy/relay.h"
#include "proxy/reply.h"
#include "proxy/worker.h"

/* What the files of an exchange's life share; its states are in exchange.c. */

struct dial;
struct evbuffer;
struct tunnel;

enum phase {
	QUEUED,
	CONNECTING,
	SENDING,
	RELAYING,
	TUNNEL,
	ENDED,
};

struct exchange {
	struct worker		*worker;
	struct downstream	*downstream;
	struct upstream		*upstream;
	struct dial		*dial;		/* for a CONNECT */
	struct tunnel		*tunnel;
	enum phase		 phase;
	struct ticket		 ticket;
	struct http1_host	 host;
	uint16_t		 port;		/* of the upstream */
	bool			 tls;		/* to it */
	struct deadline		 timer;

	/* the request */
	struct relay_text	 head;		/* as it goes out */
	size_t			 method_len;	/* head begins with it */
	bool			 is_connect;
	bool			 is_head;
	bool			 old_client;	/* speaks HTTP/1.0 */
	bool			 keep;		/* the client wants to go on */
	bool			 chunked;	/* its body */
	bool			 upgrade;
	bool			 expect;	/* waits for 100 to go on */
	bool			 idempotent;
	bool			 was_queued;
	bool			 half_closed;
	bool			 retried;
	bool			 body_taken;	/* some of it, from front */
	struct evbuffer		*replay;	/* body sent, for a retry */
	bool			 no_replay;	/* too long for that */
	bool			 stopped;	/* no more of the body */

	/* the response */
	enum relay_framing	 framing;
	int			 status;
	bool			 head_sent;

	/* for the log */
	uint64_t		 began;		/* ns */
	uint64_t		 admitted;	/* ns; 0: not */
	uint64_t		 in;		/* bytes of body */
	uint64_t		 out;

	struct grave		 grave;
};

/* exchange.c */

/* Gives back all that it holds and writes its log line; once. */
void		 exchange_finish(struct exchange *, enum access_outcome,
		    const char *reason);
/* Ends it with an answer of our own; nothing of a response was sent yet. */
void		 exchange_answer(struct exchange *, const struct reply *,
		    enum access_outcome, const char *reason);
/* The same, for what the request or the proxy got wrong. */
void		 exchange_reject(struct exchange *, int status,
		    const char *error, const char *detail);
/* Ends it so that the client does not take what it got for whole. */
void		 exchange_cut_off(struct exchange *, enum access_outcome,
		    const char *reason);
/* Sets the deadline for the upstream's next progress. */
void		 exchange_set_timer(struct exchange *);
/* How long it was held, in ns; 0 when it was not. */
uint64_t	 exchange_waited(const struct exchange *);

/* exchange_relay.c */

/* Sends the request to an upstream: an idle connection unless fresh. */
void		 exchange_forward(struct exchange *, bool fresh);

/* exchange_tunnel.c */

/* Connects to the target of a CONNECT. */
void		 exchange_connect(struct exchange *);
/* Answers a CONNECT, and takes its host's place inside. */
void		 exchange_intercept(struct exchange *);
/* Joins the sockets after a 101. */
void		 exchange_upgrade(struct exchange *, const struct http1_head *);

#endif
