/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RULE_H
#define SLUICE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/place.h"
#include "hint/refusal.h"
#include "http/http1.h"
#include "policy/network.h"
#include "policy/path.h"
#include "throttle/budget.h"

struct parent;
struct tokens;

/*
 * What holds for the hosts that one pattern names.  What it says of a request
 * stands in rule_cost.h, rule_path.h, rule_retry.h and rule_weight.h.  Times
 * are nanoseconds, sizes bytes.
 */

#define RULE_STATUSES_MAX	16	/* in a list of them */
#define RULE_METHODS_MAX	16
#define RULE_UPGRADES_MAX	8
#define RULE_UPGRADE		32	/* bytes of a protocol, with its end */
#define RULE_COSTS_MAX		64	/* of a rule */
#define RULE_PATHS_MAX		32
#define RULE_WEIGHTS_MAX	1000
#define RULE_SAME_MAX		32
#define RULE_BODIES_MAX		16
#define RULE_BODY_TEXTS		32	/* of one of them */

/* What is done about HTTPS to a host. */
enum rule_https {
	RULE_HTTPS_TUNNEL,	/* CONNECT is passed through unseen */
	RULE_HTTPS_UPSTREAM,	/* http:// goes out as HTTPS */
	RULE_HTTPS_INTERCEPT,	/* CONNECT ends here, requests are counted */
};

/* Until when a tunnel holds its slot. */
enum rule_hold {
	RULE_HOLD_CLOSE,	/* it closes */
	RULE_HOLD_CONNECT,	/* it stands */
};

/* What to do when a host says how many requests it still allows. */
enum rule_learn {
	RULE_LEARN_OFF,
	RULE_LEARN_PAUSE,	/* nothing left: pause until the reset */
	RULE_LEARN_SHAPE,	/* and what is left is spread until then */
	RULE_LEARN_ESTIMATE,	/* pause, and find limits that it does not tell */
	RULE_LEARN_AUTO,	/* of a configuration's text: one of these */
};

/* What limits do. */
enum rule_mode {
	RULE_ENFORCE,
	RULE_OBSERVE,		/* tell what they would have done */
};

/* What holds of a shared budget while there is no store. */
enum rule_without {
	RULE_WITHOUT_AUTO,	/* of a configuration's text: one of these */
	RULE_WITHOUT_HOLD,	/* its requests wait */
	RULE_WITHOUT_SHARE,	/* each proxy has a part of it */
	RULE_WITHOUT_OPEN,	/* each has all of it */
};

/* What of a request tells it from others. */
enum rule_key_kind {
	RULE_KEY_NONE,		/* nothing */
	RULE_KEY_CLIENT,	/* the client's address */
	RULE_KEY_USER,		/* the user of Proxy-Authorization, if Basic */
	RULE_KEY_HEADER,	/* the value of a field */
	RULE_KEY_JWT,		/* claims of Authorization's token */
};

struct rule_key {
	enum rule_key_kind	 kind;
	char			*header;	/* its name in lower case, or
						   NULL; owned */
	char			*claims;	/* with commas between, or
						   NULL; owned */
};

/* What the requests cost that are of such a kind; NULL, none: any. */
struct rule_cost {
	char			**methods;	/* owned */
	size_t			 nmethods;
	char			*path;		/* owned; of the pattern */
	struct path_pattern	 pattern;
	char			*header;	/* a field's name; owned */
	char			*value;		/* of it; owned */
	uint64_t		 cost;		/* micro cost units */
};

/* Limits for a part of a host. */
struct rule_path {
	char			*text;		/* canonical; owned */
	struct path_pattern	 pattern;	/* of the text */
	struct budget_limits	 limits;
	bool			 of_preset;	/* so a preset says */
};

/* A status that pauses its host. */
struct rule_status {
	uint32_t		 status;
	bool			 own;		/* pause or off is its own */
	/* Nothing, where its answer names no time: it is no refusal then. */
	bool			 off;
	uint64_t		 pause;		/* ns, where that names none */
};

/* A body that refuses; what its rule points to is owned. */
struct rule_body {
	struct refusal_rule	 rule;
	char			*path;		/* of a request */
	struct path_pattern	 pattern;	/* of the path */
	char			*json;
	char			*in[RULE_BODY_TEXTS + 1]; /* ended by NULL */
	size_t			 nin;
	char			*contains;
	char			*delay;
	char			*need;
	char			*have;
	char			*rate;
};

/* How much of a host one gets, compared with the others. */
struct rule_weight {
	char			*value;		/* owned; NULL: */
	struct network		 network;
	uint32_t		 weight;	/* millionths */
};

/* Limits that are tried beside those that hold. */
struct rule_candidate {
	struct budget_limits	 limits;	/* of the host; not of paths */
	uint32_t		 queue_length;	/* waiters */
	uint64_t		 max_wait;	/* ns */
};

/* What holds for the hosts that one pattern (or defaults) names. */
struct rule {
	const char		*name;		/* canonical pattern, or
						   "defaults", "unlimited" */
	struct place		 at;		/* of its key */
	/* What it is counted as (stats.h): set when it is put in force. */
	unsigned		 series;
	bool			 builtin;	/* not the file's: no limits */
	char			*preset;	/* its name; owned; NULL: none */
	bool			 preset_rates;	/* limits' rates are that's */
	bool			 preset_only;	/* no rule of the file's own */
	char			*preset_apart;	/* a host that has its limits
						   with this rule's, and is not
						   among its; owned; or NULL */
	bool			 has_port;	/* the pattern names a port */
	bool			 shared;	/* one throttle for all */
	char			**same;		/* hosts besides the pattern's; */
	unsigned		 nsame;		/* owned */
	struct budget_limits	 limits;
	uint64_t		 counted_within; /* ns; 0: by handshakes */
	uint32_t		 queue_length;	/* waiters */
	uint64_t		 max_wait;	/* ns */
	enum rule_mode		 mode;
	bool			 tries;		/* the candidate is there */
	struct rule_candidate	 candidate;
	struct rule_status	 pause_statuses[RULE_STATUSES_MAX];
	unsigned		 npause_statuses;
	uint64_t		 pause_default;	/* ns */
	struct place		 pause_default_at; /* line 0: not given */
	uint64_t		 pause_max;	/* ns */
	struct rule_body	*bodies;	/* owned */
	size_t			 nbodies;
	enum rule_learn		 learn;
	bool			 learn_probes;	/* more than is known is tried */

	uint32_t		 retry_attempts; /* 0: never */
	uint64_t		 retry_max_time; /* ns, in all */
	bool			 retry_idempotent; /* such methods, and */
	char			**retry_methods; /* these; owned */
	size_t			 nretry_methods;
	bool			 retry_idempotency_key;
	uint64_t		 retry_body;	/* bytes of a request's body */
	int			 retry_statuses[RULE_STATUSES_MAX];
	unsigned		 nretry_statuses;

	bool			 client_cost;	/* Sluice-Cost is believed */
	struct rule_cost	*costs;		/* the first that matches */
	size_t			 ncosts;	/* counts; owned */
	struct rule_path	*paths;		/* who wins comes first; */
	size_t			 npaths;	/* owned */

	struct tokens		*tokens;	/* named budgets; owned, or
						   NULL: none */

	struct rule_key		 per;		/* a throttle for each */
	struct place		 per_at;
	struct budget_limits	 total;		/* of all of them; see
						   rule_has_total() */
	bool			 store;		/* budgets are shared */
	struct place		 store_at;
	enum rule_without	 without_store;
	uint32_t		 reserve;	/* millionths of each budget
						   that are for RULE_WITHOUT_
						   SHARE alone */
	struct rule_key		 fair_by;	/* turns, within a throttle */
	bool			 trust_priority; /* between clients, too */
	struct rule_weight	*weights;	/* owned; see */
	size_t			 nweights;	/* rule_weight_of() */

	enum rule_https		 https;
	struct place		 https_at;
	/* With RULE_HTTPS_UPSTREAM: clients are to go on with http://. */
	bool			 upstream_rewrite; /* URLs in answers */
	bool			 upstream_strip_secure; /* off cookies */
	bool			 upstream_refuse_tunnels;
	struct place		 upstream_at;
	uint64_t		 tunnel_cost;	/* micro cost units */
	enum rule_hold		 tunnel_hold;
	uint64_t		 tunnel_idle;	/* ns; timeouts.tunnel */
	/* What requests may upgrade to; see rule_upgrades(). */
	char			 upgrades[RULE_UPGRADES_MAX][RULE_UPGRADE];
	unsigned		 nupgrades;

	/* NULL: that of all hosts; the configuration's */
	struct parent		*parent;

	/* TLS to the host; the strings are owned */
	struct place		 tls_at;
	uint32_t		 tls_port;	/* for URLs without one */
	bool			 tls_verify;
	/* PEM file; "system": the system's, whatever conf's is; NULL: conf's */
	char			*tls_trust;
	char			*tls_certificate; /* PEM; NULL: none */
	char			*tls_key;
};

/* What the rule says of a status, or NULL: it does not pause. */
const struct rule_status *rule_pauses(const struct rule *, int status);

/* Whether what credentials have throttles for may be used up by all of them. */
bool		 rule_has_total(const struct rule *);

/* What holds while there is no store; never RULE_WITHOUT_AUTO. */
enum rule_without rule_without_store(const struct rule *);

/* Whether requests may upgrade to that protocol. */
bool		 rule_upgrades(const struct rule *,
		    struct http1_str protocol);

/* Frees what a rule owns, but for its name. */
void		 rule_free(struct rule *);

#endif
