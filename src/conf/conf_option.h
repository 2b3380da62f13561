/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_OPTION_H
#define SLUICE_CONF_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "conf/conf_yaml.h"

/* The mappings in which keys stand. */
enum conf_level {
	CONF_TOP,
	CONF_LISTENER,		/* listen[] */
	CONF_LISTENER_TLS,
	CONF_ACCESS,
	CONF_LOG,
	CONF_TIMEOUTS,
	CONF_LIMITS,
	CONF_DESTINATIONS,
	CONF_PORTS,		/* destinations.ports */
	CONF_METRICS,
	CONF_STATE,
	CONF_STORE,
	CONF_SENTINEL,		/* store.sentinel */
	CONF_VIA,
	CONF_TLS,
	CONF_ADMIN,
	CONF_RULE,		/* hosts.*, and defaults */
	CONF_QUEUE,
	CONF_PAUSE,
	CONF_STATUS,		/* hosts.*.pause.statuses[] */
	CONF_BODY,		/* hosts.*.pause.bodies[] */
	CONF_BODY_DELAY,	/* hosts.*.pause.bodies[].delay */
	CONF_RETRY,
	CONF_RATE,		/* hosts.*.rates[] */
	CONF_COST,		/* hosts.*.costs[] */
	CONF_PATH,		/* hosts.*.paths.* */
	CONF_BUDGET,		/* hosts.*.budgets.* */
	CONF_BUDGET_RESERVE,
	CONF_BUDGET_SETTLE,
	CONF_BUDGET_STREAM,
	CONF_WEIGHT,		/* hosts.*.weights */
	CONF_CANDIDATE,		/* hosts.*.candidate */
	CONF_CANDIDATE_QUEUE,
	CONF_UPSTREAM,
	CONF_TUNNEL,
	CONF_HOST_TLS,
	CONF_PARENT,		/* parent, and hosts.*.parent */
	CONF_PARENT_TLS,
};

/* What stands behind a key, and the field that it is read into. */
enum conf_kind {
	CONF_SECTION,		/* a mapping: see behind */
	CONF_DEFAULTS,		/* a mapping of level CONF_RULE */
	CONF_HOSTS,		/* a mapping of patterns to such */
	CONF_RATES,		/* a list of mappings of level CONF_RATE, into
				   struct budget_limits */
	CONF_COSTS,		/* a list of mappings of level CONF_COST */
	CONF_PATHS,		/* a mapping of patterns to CONF_PATH */
	CONF_BUDGETS,		/* a mapping of names to CONF_BUDGET */
	CONF_BUDGET_INPUT,	/* into struct tokens_budget, owned */
	CONF_JSON_PATHS,	/* struct tokens_paths, owned */
	CONF_BUDGET_LEARN,	/* enum tokens_learn */
	CONF_BUDGET_FORMAT,	/* enum tokens_format */
	CONF_BUDGET_TOTAL,	/* struct budget_limits: level CONF_PATH */
	CONF_WEIGHTS,		/* a mapping of clients to numbers */
	CONF_PAUSE_STATUSES,	/* statuses, or such of CONF_STATUS */
	CONF_BODIES,		/* a list of mappings of level CONF_BODY */
	CONF_DELAY,		/* into struct rule_body, owned: a path in
				   JSON, or the level CONF_BODY_DELAY */
	CONF_CONTROL,		/* a mapping of level CONF_ADMIN, or off */
	CONF_LISTEN,		/* struct conf_addresses, owned */
	CONF_RESOLVER,		/* struct conf_addresses, owned */
	CONF_NETWORKS,		/* struct conf_networks, owned */
	CONF_DESTINATION_LIST,	/* struct destination_list, owned */
	CONF_DESTINATION_PORTS,	/* struct destination_ports, owned */
	CONF_DURATION,		/* uint64_t, ns */
	CONF_DURATION_OFF,	/* uint64_t, ns; 0: off */
	CONF_SIZE,		/* uint64_t, bytes */
	CONF_INTEGER,		/* uint64_t */
	CONF_INTEGER32,		/* uint32_t */
	CONF_INTEGER_OFF,	/* uint64_t; 0: off */
	CONF_UNITS,		/* uint64_t, micro units */
	CONF_BOOLEAN,		/* bool */
	CONF_LEVEL,		/* int: enum log_level */
	CONF_FORMAT,		/* enum conf_log_format */
	CONF_HTTPS,		/* enum rule_https */
	CONF_HOLD,		/* enum rule_hold */
	CONF_LEARN,		/* enum rule_learn */
	CONF_RULE_MODE,		/* enum rule_mode */
	CONF_WITHOUT,		/* enum rule_without */
	CONF_PERCENT,		/* uint32_t, millionths */
	CONF_SHARE,		/* enum share */
	CONF_ACCESS_LOG,	/* char *, owned */
	CONF_DIAGNOSTICS,	/* char *, owned; NULL: standard error */
	CONF_TOKEN,		/* char *, owned */
	CONF_SHARED,		/* a mapping of level CONF_STORE */
	CONF_STORE_URL,		/* into struct store, owned */
	CONF_SENTINELS,		/* the same */
	CONF_WORKERS,		/* unsigned */
	CONF_ADDRESS,		/* struct conf_address, owned */
	CONF_FILE,		/* char *, owned */
	CONF_USERS_FILE,	/* char *, owned */
	CONF_STATE_FILE,	/* char *, owned: absolute; NULL: none */
	CONF_SOCKET,		/* char *, owned: of a Unix socket */
	CONF_MODE,		/* uint32_t: permissions */
	CONF_WEB_HOSTS,		/* struct conf_names, owned */
	CONF_TRUST,		/* char *, owned; NULL: the system's */
	CONF_HOST_TRUST,	/* char *, owned; "system": the system's */
	CONF_STATUSES,		/* into struct rule: those of retry */
	CONF_PAUSE_AFTER,	/* into struct rule_status */
	CONF_BODY_STATUSES,	/* into struct rule_body */
	CONF_BODY_PATH,		/* the same, owned */
	CONF_BODY_TEXTS_IN,	/* the same */
	CONF_JSON,		/* char *, owned: a path in JSON */
	CONF_TEXT_IN,		/* char *, owned */
	CONF_RETRY_METHODS,	/* into struct rule, owned */
	CONF_COST_METHODS,	/* into struct rule_cost, owned */
	CONF_UPGRADES,		/* into struct rule */
	CONF_SAME,		/* the same */
	CONF_COST_PATH,		/* into struct rule_cost, owned */
	CONF_COST_HEADER,	/* the same */
	CONF_PER,		/* struct rule_key, owned */
	CONF_PER_TOTAL,		/* struct budget_limits: level CONF_PATH */
	CONF_FAIR_BY,		/* the same */
	CONF_PROXY,		/* struct parent *, the configuration's: a URL,
				   the level CONF_PARENT, or direct */
	CONF_PRESET,		/* a word: conf_presets.h has what it does */
	CONF_PROXY_URL,		/* into struct parent, owned */
	CONF_PASSWORD_FILE,	/* char *, owned */
};

struct conf_option;
struct conf_walk;

/*
 * Reads a value into a field, in place of what stands there.  Returns false
 * when it is wrong, which is then reported.
 */
typedef bool	 conf_reader(struct conf_walk *, const struct conf_option *,
		    const struct conf_node *, void *field);

/* How the values of a kind are read, shown, and spoken of. */
struct conf_type {
	const char		*noun;	/* what they look like, before range */
	bool			 alone;	/* the noun says it all: no range */
	bool			 scalar; /* read() gets nothing else */
	bool			 section; /* a mapping with keys of ours */
	const char *const	*choices; /* words, ended by NULL; or NULL */
	const char		*none;	/* what NULL is shown as */
	conf_reader		*read;
	/* As text for people; NULL: there is none. */
	void			(*print)(FILE *, const struct conf_option *,
				    const void *field);
};

/*
 * The option table: what parses, validates and documents each key.  A path is
 * "timeouts.header"; "hosts.*.capacity" stands for the same key in defaults,
 * too; "hosts.*.rates[].capacity" for one in a list.
 */
struct conf_option {
	const char	*path;
	const char	*type;		/* "duration", "size", "integer", ... */
	const char	*range;		/* for people; NULL: none */
	const char	*fallback;	/* default, as written; NULL: none */
	const char	*help;		/* one line */
	bool		 needs_restart;	/* a reload does not change it */
	enum conf_level	 level;		/* where its key stands */
	enum conf_level	 behind;	/* of a section: that of its keys */
	enum conf_kind	 kind;
	const struct conf_type	*as;	/* of the kind */
	size_t		 offset;	/* of the field */
	size_t		 place;		/* of a struct place beside it, which
					   keeps where a file has it; or 0 */
	uint64_t	 min;		/* what range says */
	uint64_t	 max;
	/* In the row without a path, which ends a table: the table that goes
	 * on from here, with a row at least; NULL: none. */
	const struct conf_option	*rest;
};

/* The row behind that one, maybe in another table; NULL: that was the last. */
const struct conf_option *conf_option_next(const struct conf_option *);

/* The option of that key in a level of the table, or NULL. */
const struct conf_option *conf_option_find(const struct conf_option *table,
		    enum conf_level, const char *key);

/* The key of the level that is most like that word, or NULL. */
const char	*conf_option_nearest(const struct conf_option *table,
		    enum conf_level, const char *);

/* All keys of a level as text for people, to be freed; NULL without memory. */
char		*conf_option_keys(const struct conf_option *table,
		    enum conf_level);

/* The last part of an option's path, such as "capacity". */
const char	*conf_option_key(const struct conf_option *);

/* What an option's value looks like, before its range. */
const char	*conf_option_noun(const struct conf_option *);

#endif
