/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RULE_H
#define SLUICE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/place.h"
#include "hint/refusal.h"
#include "http/http1.h"
#include "policy/network.h"
#include "policy/path.h"
#include "throttle/budget.h"

/*
 * What holds for the hosts that one pattern names, and what it says of a
 * request or a response.  Times are nanoseconds, sizes bytes.
 */

#define CONF_STATUSES_MAX	16	/* in a list of them */
#define CONF_METHODS_MAX	16
#define CONF_UPGRADES_MAX	8
#define CONF_UPGRADE		32	/* bytes of a protocol, with its end */
#define CONF_COSTS_MAX		64	/* of a rule */
#define CONF_PATHS_MAX		32
#define CONF_WEIGHTS_MAX	1000
#define CONF_BODIES_MAX		16
#define CONF_BODY_TEXTS		32	/* of one of them */

/* What is done about HTTPS to a host. */
enum conf_https {
	CONF_HTTPS_TUNNEL,	/* CONNECT is passed through unseen */
	CONF_HTTPS_UPSTREAM,	/* http:// goes out as HTTPS */
	CONF_HTTPS_INTERCEPT,	/* CONNECT ends here, requests are counted */
};

/* Until when a tunnel holds its slot. */
enum conf_hold {
	CONF_HOLD_CLOSE,	/* it closes */
	CONF_HOLD_CONNECT,	/* it stands */
};

/* What is made of a host's word about what it still allows. */
enum conf_learn {
	CONF_LEARN_OFF,
	CONF_LEARN_PAUSE,	/* nothing left: pause until the reset */
	CONF_LEARN_SHAPE,	/* and what is left is spread until then */
};

/* What of a request tells it from others. */
enum conf_key_kind {
	CONF_KEY_NONE,		/* nothing */
	CONF_KEY_CLIENT,	/* the client's address */
	CONF_KEY_USER,		/* the user of Proxy-Authorization, if Basic */
	CONF_KEY_HEADER,	/* the value of a field */
	CONF_KEY_JWT,		/* claims of Authorization's token */
};

struct conf_key {
	enum conf_key_kind	 kind;
	char			*header;	/* its name in lower case, or
						   NULL; owned */
	char			*claims;	/* with commas between, or
						   NULL; owned */
};

/* What the requests cost that are of such a kind; NULL, none: any. */
struct conf_cost {
	char			**methods;	/* owned */
	size_t			 nmethods;
	char			*path;		/* owned; of the pattern */
	struct path_pattern	 pattern;
	char			*header;	/* a field's name; owned */
	char			*value;		/* of it; owned */
	uint64_t		 cost;		/* micro cost units */
};

/* Limits for a part of a host. */
struct conf_path {
	char			*text;		/* canonical; owned */
	struct path_pattern	 pattern;	/* of the text */
	struct budget_limits	 limits;
};

/* A status that pauses its host. */
struct conf_status {
	uint32_t		 status;
	bool			 own;		/* pause or off is its own */
	/* Nothing, where its answer names no time: it is no refusal then. */
	bool			 off;
	uint64_t		 pause;		/* ns, where that names none */
};

/* A body that refuses; what its rule points to is owned. */
struct conf_body {
	struct refusal_rule	 rule;
	char			*path;		/* of a request */
	struct path_pattern	 pattern;	/* of the path */
	char			*json;
	char			*in[CONF_BODY_TEXTS + 1]; /* ended by NULL */
	size_t			 nin;
	char			*contains;
	char			*delay;
	char			*need;
	char			*have;
	char			*rate;
};

/* How much of a host one gets, compared with the others. */
struct conf_weight {
	char			*value;		/* owned; NULL: */
	struct network		 network;
	uint32_t		 weight;	/* millionths */
};

/* What holds for the hosts that one pattern (or defaults) names. */
struct conf_rule {
	const char		*name;		/* canonical pattern, or
						   "defaults", "unlimited" */
	struct conf_place	 at;		/* of its key */
	bool			 builtin;	/* the file has none: no limits */
	bool			 has_port;	/* the pattern names a port */
	bool			 shared;	/* one throttle for all */
	struct budget_limits	 limits;
	uint32_t		 queue_length;	/* waiters */
	uint64_t		 max_wait;	/* ns */
	struct conf_status	 pause_statuses[CONF_STATUSES_MAX];
	unsigned		 npause_statuses;
	uint64_t		 pause_default;	/* ns */
	uint64_t		 pause_max;	/* ns */
	struct conf_body	*bodies;	/* owned */
	size_t			 nbodies;
	enum conf_learn		 learn;

	uint32_t		 retry_attempts; /* 0: never */
	uint64_t		 retry_max_time; /* ns, in all */
	bool			 retry_idempotent; /* such methods, and */
	char			**retry_methods; /* these; owned */
	size_t			 nretry_methods;
	bool			 retry_idempotency_key;
	uint64_t		 retry_body;	/* bytes of a request's body */
	int			 retry_statuses[CONF_STATUSES_MAX];
	unsigned		 nretry_statuses;

	bool			 client_cost;	/* Sluice-Cost is believed */
	struct conf_cost	*costs;		/* the first that matches */
	size_t			 ncosts;	/* counts; owned */
	struct conf_path	*paths;		/* who wins comes first; */
	size_t			 npaths;	/* owned */

	struct conf_key		 per;		/* a throttle for each */
	struct conf_key		 fair_by;	/* turns, within a throttle */
	bool			 trust_priority; /* between clients, too */
	struct conf_weight	*weights;	/* owned; see */
	size_t			 nweights;	/* conf_rule_weight() */

	enum conf_https		 https;
	struct conf_place	 https_at;
	uint64_t		 tunnel_cost;	/* micro cost units */
	enum conf_hold		 tunnel_hold;
	uint64_t		 tunnel_idle;	/* ns; timeouts.tunnel */
	/* What requests may upgrade to; see conf_rule_upgrades(). */
	char			 upgrades[CONF_UPGRADES_MAX][CONF_UPGRADE];
	unsigned		 nupgrades;

	/* TLS to the host; the strings are owned */
	struct conf_place	 tls_at;
	uint32_t		 tls_port;	/* for URLs without one */
	bool			 tls_verify;
	/* PEM file; "system": the system's, whatever conf's is; NULL: conf's */
	char			*tls_trust;
	char			*tls_certificate; /* PEM; NULL: none */
	char			*tls_key;
};

/* What the rule says of a status, or NULL: it does not pause. */
const struct conf_status *conf_rule_pauses(const struct conf_rule *,
		    int status);

/*
 * Whether a request may be sent again: has_key tells that it carries an
 * Idempotency-Key.  How often, retry_attempts says.
 */
bool		 conf_rule_retries(const struct conf_rule *,
		    struct http1_str method, bool idempotent, bool has_key);

/* Whether requests may upgrade to that protocol. */
bool		 conf_rule_upgrades(const struct conf_rule *,
		    struct http1_str protocol);

/* What a request costs, without what it says itself; micro cost units. */
uint64_t	 conf_rule_cost(const struct conf_rule *,
		    const struct http1_head *);

/*
 * Which of the rule's paths a request belongs to; -1 for none.  There is one at
 * most.
 */
int		 conf_rule_path(const struct conf_rule *,
		    const struct http1_head *);

/*
 * How much of the rule's hosts somebody gets, in millionths; 1000000 is what
 * everybody else does.  With fair_by a client's address that decides (NULL: it
 * has none), else the value; NULL where the request has no such field, or user.
 */
uint32_t	 conf_rule_weight(const struct conf_rule *,
		    const struct sockaddr *, const char *value, size_t len);

/* Whether that method is among them. */
bool		 conf_methods_has(char *const *methods, size_t n,
		    struct http1_str);
void		 conf_methods_free(char **methods, size_t n);

/* In what order a rule has its weights; both of values, or both of networks. */
int		 conf_weight_compare(const struct conf_weight *,
		    const struct conf_weight *);

/* Frees what a rule owns, but for its name. */
void		 conf_rule_free(struct conf_rule *);

#endif
