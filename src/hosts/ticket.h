/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TICKET_H
#define SLUICE_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

#include "conf/conf.h"
#include "http/http1.h"
#include "net/loop.h"
#include "policy/claim.h"
#include "policy/routes.h"
#include "throttle/throttle.h"

struct away_ticket;
struct client_hasher;
struct host;
struct hosts_why;
struct observed;
struct ticket_said;

enum ticket_state {
	TICKET_IDLE,		/* neither waits nor holds a slot */
	TICKET_WAITING,
	TICKET_HELD,		/* admitted, holds a slot */
	TICKET_STATES,		/* how many there are */
};

enum hosts_answer {
	HOSTS_GO,		/* admitted: send it */
	HOSTS_WAIT,		/* queued; an answer will be posted */
	HOSTS_FULL,		/* refused: too many wait */
	HOSTS_YIELDED,		/* refused: it did wait, and too many do */
	HOSTS_LATE,		/* refused: it would wait too long */
	HOSTS_DRAINED,		/* refused: an operator drains the host */
	HOSTS_NO_ROOM,		/* refused: limits.hosts is reached */
	HOSTS_NO_SHARE,		/* refused: the client's share of them is */
	HOSTS_NO_MEMORY,
	HOSTS_LOST,		/* refused: who has the word now is gone */
	HOSTS_RELOADED,		/* ask again: the ticket has a newer conf */
};

#define HOSTS_BUDGET	96	/* bytes of a budget's name, with its end */
#define HOSTS_OBSERVED	160	/* bytes of what would have happened */

/*
 * What is told of a request to whoever looks at the queue, on any thread: it
 * points to what does not change, nor go, while the ticket is at its host.
 */
struct ticket_shown {
	union {
		const char	*head;		/* as it goes out; or NULL */
		/* len is 0: as it came, while it asks */
		const struct http1_head *asked;
	};
	size_t			 len;		/* of head */
	size_t			 method_len;	/* head begins with it */
	const char		*user;		/* who asks; or NULL */
};

/*
 * One request's place at its host's throttle; begins as zero.  Lives in the
 * exchange, which sets loop, hasher, mail.deliver, name, conf and rule; the
 * rest is this room's.
 */
struct ticket {
	struct throttle_waiter	 waiter;
	struct loop		*loop;		/* where it lives */
	struct client_hasher	*hasher;	/* that thread's */
	struct mail		 mail;		/* that it was answered */
	struct http1_host	*name;		/* host and port; its owner's */
	_Atomic(struct host *)	 host;		/* NULL: at none */
	enum ticket_state	 state;
	/* Set when it is admitted: hosts_connected() and _sent() are heard. */
	bool			 strict;
	bool			 observed_turn;	/* it had its turn in a shadow */
	/* Its refusal holds up nobody, nor itself: hosts_learn() */
	bool			 unheld;
	bool			 guest;		/* of the process before */
	/* Set before hosts_leave(): the host's name led nowhere. */
	bool			 nowhere;
	/* ... no byte of it has left */
	bool			 unsent;
	TAILQ_ENTRY(ticket)	 entry;		/* among its host's tickets */
	/* Set then, too: what it has really used of each amount that it wanted of
	   named budgets (throttle_settle()); its owner's; NULL: not known */
	const uint64_t		*used;
	struct conf		*conf;		/* own reference; one for all
						   of the request's life */
	const struct rule	*rule;		/* of conf, for name */
	struct client_hash	 credential;	/* whose, by rule */
	struct route		 route;		/* where that is needed */
	/* ns, to be admitted by; may become later: hosts_deadline() */
	uint64_t		 deadline;
	uint64_t		 latest;	/* ns: never later than this */
	struct throttle_report	 report;	/* see hosts_ask() */
	unsigned		 asked;		/* times that it was put back
						   after it had only asked */
	enum hosts_answer	 refusal;	/* why, as the mail says */
	/* which one had it wait last, or refuses it; "": none did */
	char			 budget[HOSTS_BUDGET];
	struct hosts_why	*why;		/* of its refusal; owned, or NULL */
	/* Set with the host's lock held, or before it is at one. */
	const struct sockaddr	*address;	/* whose; NULL: a Unix socket */
	union {
		struct ticket_shown shown;	/* hosts_show() */
		/* Of a guest, what the process before says of it, instead of
		   address and shown; its owner's. */
		const struct ticket_said *said;	/* ticket_say.h */
	};
	/* counted by that serial, with the table locked; or 0 */
	_Atomic(uint64_t)	 tunnel;
	/* Its place in its host's shadow, with the host's lock held; or NULL. */
	struct observed		*observed;
	/* ... and what the next process knows it by (host_away.h); or NULL */
	struct away_ticket	*away;
	char			*observed_as;	/* owned, or NULL */
};

#endif
