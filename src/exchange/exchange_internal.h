/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_INTERNAL_H
#define SLUICE_EXCHANGE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "front/front.h"
#include "http/http1.h"
#include "exchange/access.h"
#include "exchange/exchange.h"
#include "exchange/gather.h"
#include "net/failure.h"
#include "hosts/hosts.h"
#include "policy/lesson.h"
#include "base/memory.h"
#include "base/text.h"
#include "exchange/relay.h"
#include "exchange/reply.h"
#include "net/loop.h"
#include "upstream/upstream.h"

/* What the files of an exchange's life share; its states are in exchange.c. */

struct dial;
struct judging;
struct opening;
struct tunnel;

enum exchange_phase {
	EXCHANGE_NONE,		/* not yet */
	EXCHANGE_STARTING,
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
enum turn {
	NOBODYS,
	CLIENTS,
	TO_TAKE,	/* the upstream's: more of the request */
	TO_BEGIN,	/* ... its response */
	TO_GO_ON,	/* ... with it */
};

/* The exchanges of one thread: what they use. */
struct exchanges {
	struct exchanges_setup	 setup;
	struct loop		*loop;
	struct hosts		*hosts;
	struct conf		*conf;		/* of those that begin */
	struct access_log	*access;
	struct client_hasher	*hasher;
	bool			 draining;
	/* how many are in each; of EXCHANGE_ENDED, how many there were */
	uint64_t		 in_phase[EXCHANGE_PHASES];
	/* for the length of one callback */
	struct gather		 gather;
};

struct exchange {
	struct exchanges	*exchanges;	/* its thread's */
	struct downstream	*downstream;
	struct upstream		*upstream;
	struct dial		*dial;		/* for a CONNECT */
	struct opening		*opening;	/* of a CONNECT */
	bool			 dialled;	/* for that, once */
	struct tunnel		*tunnel;
	enum exchange_phase	 phase;		/* exchange_set_phase() */
	struct ticket		 ticket;
	struct claim_turn	 taken;		/* the turn that it goes on with */
	struct throttle_deposit	*deposit;	/* for a refund; or NULL */
	struct http1_host	 host;
	uint16_t		 port;		/* of the upstream */
	bool			 tls;		/* to it */
	bool			 through;	/* ... the host of its tunnel */
	struct deadline		 timer;
	enum turn		 turn;		/* that it was set for */

	/* the request */
	struct text		 head;		/* as it goes out */
	size_t			 counted;	/* of it, in memory */
	size_t			 method_len;	/* head begins with it */
	bool			 is_connect;
	bool			 is_head;
	bool			 old_client;	/* speaks HTTP/1.0 */
	bool			 keep;		/* the client wants to go on */
	bool			 chunked;	/* its body */
	char			*offer;		/* to upgrade; or NULL */
	bool			 expect;	/* waits for 100 to go on */
	bool			 idempotent;
	bool			 resendable;	/* the rule allows it */
	bool			 half_closed;
	bool			 retried;	/* idle upstream was closed */
	bool			 body_taken;	/* some of it, from front */
	bool			 reached;	/* an upstream got some of it */
	struct memory_body	 replay;	/* body sent, to send again */
	bool			 no_replay;	/* not all of it is kept */
	bool			 stopped;	/* no more of the body */

	/* the response */
	enum relay_framing	 framing;
	int			 status;
	bool			 head_sent;
	bool			 throttled;	/* refused for a limit */
	struct judging		*judging;	/* is held back; or NULL */
	bool			 no_retry;	/* asked not to send it again */
	unsigned		 resent;	/* after such refusals */
	bool			 discarding;	/* one; it is not relayed */
	uint64_t		 discarded;	/* bytes of its body */

	/* for the log */
	uint64_t		 began;		/* ns */
	uint64_t		 queued;	/* ns; when it last asked */
	uint64_t		 held;		/* ns that it has waited */
	bool			 admitted;	/* once at least */
	uint64_t		 in;		/* bytes of body */
	uint64_t		 out;

	struct grave		 grave;
};

/* The client: events of front, see there. */

void		 exchange_start(struct exchanges *, struct downstream *,
		    const struct http1_head *);
void		 exchange_refuse(struct exchanges *, struct downstream *,
		    const struct http1_head *, int status, const char *why);
bool		 exchange_body(struct exchange *, const char *, size_t);
void		 exchange_body_end(struct exchange *,
		    const struct http1_head *trailers);
void		 exchange_body_failed(struct exchange *, int status,
		    const char *why);
void		 exchange_writable(struct exchange *);
void		 exchange_heard(struct exchange *);

/* The other side: events of upstream, see there. */

void		 exchange_connected(struct exchange *);
/*
 * Where the upstream's failure is not the end: what came of an answer that was
 * held back is relayed, or the request goes out again.
 */
void		 exchange_failed(struct exchange *, enum failure,
		    const char *why);

/* Events of tunnel, see there. */

void		 exchange_tunnel_ended(struct exchange *, const char *why);
bool		 exchange_may_pass(struct exchange *, const char *, size_t);

/* exchange.c */

/*
 * The only place where the phase changes, so that the counts of those in each
 * are right.
 */
void		 exchange_set_phase(struct exchange *, enum exchange_phase);
/* Gives back all that it holds and writes its log line; once. */
void		 exchange_finish(struct exchange *, enum access_outcome,
		    const char *reason);
/* Ends it with an answer of our own; nothing of a response was sent yet. */
void		 exchange_answer(struct exchange *, const struct reply *,
		    enum access_outcome, const char *reason);
/* The same, for what the request or the proxy got wrong. */
void		 exchange_reject(struct exchange *, int status,
		    const char *error, const char *detail);
/* Ends it because of its other side: with an answer, or cut off. */
void		 exchange_fail(struct exchange *, enum failure,
		    const char *why);
/* Ends it so that the client does not take what it got for whole. */
void		 exchange_cut_off(struct exchange *, enum access_outcome,
		    const char *reason);
/*
 * Gives back what it has paid, and its slot, as if it had never been admitted.
 * Where the turn is not NULL it goes to the request that takes its place.
 */
void		 exchange_refund(struct exchange *, struct claim_turn *);
/* Sets the deadline for the upstream's next progress. */
void		 exchange_set_timer(struct exchange *);
/* The same, and a response that has not begun gets its whole time again. */
void		 exchange_renew_timer(struct exchange *);

/* Whether more may wait for the client. */
bool		 exchange_has_room(const struct exchange *);

/* exchange_relay.c */

/* Sends the request to an upstream: an idle connection unless fresh. */
void		 exchange_forward(struct exchange *, bool fresh);
/*
 * An answer that was held back is judged.  Returns true when it was relayed as
 * far as it has come; false when the request is back in its queue, as after
 * exchange_resend().
 */
bool		 exchange_judged(struct exchange *);

/* exchange_learn.c */

/* The path (with its query) of the request as it was sent. */
struct http1_str exchange_path(const struct exchange *);
/* What an answer with that status is to a lesson. */
struct lesson_answer exchange_lesson_answer(const struct exchange *,
		    int status);
/*
 * Takes what a final response's head says of the host's limits: its hint, and
 * the lesson that is to be given, once, or judged by its body before.
 */
void		 exchange_learn(struct exchange *, const struct http1_head *,
		    struct hint *, struct lesson *);
/* Gives an answer's lesson to the host, and says if that pauses it. */
void		 exchange_teach(struct exchange *, const struct lesson *);
/* The host has answered with something that tells nothing of them. */
void		 exchange_learn_success(struct exchange *);

/* exchange_resend.c */

/*
 * Puts the request back into its queue where its answer, of which only the
 * head was seen, was a refusal for a limit and it may be sent again.  The rest
 * of that answer is discarded.  False: the answer is to be relayed.
 */
bool		 exchange_resend(struct exchange *);
/* The answer that is discarded: bytes of it, its pieces' end, its end. */
void		 exchange_discard(struct exchange *, size_t n);
void		 exchange_discard_flush(struct exchange *);
void		 exchange_discard_end(struct exchange *, bool whole);
/* Body bytes go out; they are kept where they may have to go out again. */
void		 exchange_keep_body(struct exchange *, const struct iovec *,
		    int n);
/*
 * The request is about to go out again: true when all of its body that was
 * sent is kept, which it then stays until exchange_connected().
 */
bool		 exchange_hold_body(struct exchange *);
/* It will not go out again. */
void		 exchange_forget_body(struct exchange *);

/* exchange_judge.c */

/* An answer that was held back. */
struct held_answer {
	struct text		 head;		/* as it will be relayed */
	char			*body;		/* what came of it; owned */
	size_t			 len;		/* bytes */
	bool			 keep;		/* the exchange's, before */
};

/*
 * Holds an answer back whose body may refuse: true.  Then x->judging is set,
 * the lesson is given when that was judged, and the rest is called.
 */
bool		 exchange_judge(struct exchange *, const struct http1_head *,
		    const struct hint *, const struct lesson *);
/* Its head, as it will be relayed; false without memory. */
bool		 exchange_judge_head(struct exchange *,
		    const struct http1_head *, const struct relay_response *);
/* Takes a piece of its body, and returns how much of it. */
size_t		 exchange_judge_data(struct exchange *, const char *, size_t);
/* No more of it is judged. */
bool		 exchange_judge_full(const struct exchange *);
/* It is held no longer than until then (ns). */
uint64_t	 exchange_judge_until(const struct exchange *);
/*
 * Judges what has come, and gives the answer's one lesson: x->throttled tells
 * whether it refuses.  The answer is the caller's then, to be given to
 * exchange_judge_free().
 */
void		 exchange_judge_end(struct exchange *, struct held_answer *);
void		 exchange_judge_free(struct exchange *, struct held_answer *);
/* The exchange ends before that. */
void		 exchange_judge_drop(struct exchange *);

/* exchange_tunnel.c */

/*
 * Connects to the target of a CONNECT, and opens it, or joins the sockets where
 * it is open.
 */
void		 exchange_connect(struct exchange *);
/* Joins the client of a CONNECT that is open with that socket. */
void		 exchange_join(struct exchange *, int fd);
/* The tunnel stands: that is a success, and what it has paid is spent. */
void		 exchange_stands(struct exchange *);
/*
 * Joins the sockets after a 101.  Returns false, and has done nothing, when it
 * comes before all of the request was sent.
 */
bool		 exchange_upgrade(struct exchange *, const struct http1_head *);

/* exchange_opening.c */

/* What a CONNECT needs, unless it has it; false without memory. */
bool		 exchange_opening_new(struct exchange *,
		    const struct http1_head *);
/* Lets go of all of it, then frees it. */
void		 exchange_opening_end(struct exchange *);
void		 exchange_opening_free(struct exchange *);
/*
 * Answers a CONNECT with 200; its socket to the host, or -1 where that is not
 * dialled before the client has spoken.
 */
void		 exchange_open(struct exchange *, int fd);
/* The same, to take the host's place if the client speaks TLS. */
void		 exchange_intercept(struct exchange *);
/* The time that somebody had to speak in is over. */
void		 exchange_opening_late(struct exchange *);
/* The client will send no more. */
void		 exchange_opening_half_closed(struct exchange *);

#endif
