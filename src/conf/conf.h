/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_H
#define SLUICE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/place.h"
#include "http/http1.h"
#include "policy/pattern.h"
#include "policy/rule.h"

/*
 * The configuration: read from YAML, validated whole, then immutable and
 * shared by reference count.  Times are nanoseconds, sizes bytes.
 */

enum conf_log_format {
	CONF_LOG_TEXT,
	CONF_LOG_JSON,
};

/* One address to listen at, or to ask names of. */
struct conf_address {
	struct sockaddr_storage	 addr;		/* AF_INET, AF_INET6, AF_UNIX */
	socklen_t		 len;
	char			*text;		/* as configured */
	/* to listen with TLS: PEM files; or both NULL */
	char			*certificate;
	char			*key;
	struct place		 at;
	struct place		 tls_at;
};

struct conf_addresses {
	struct conf_address	*list;
	size_t			 n;
};

struct tls_contexts;

struct conf {
	char			*path;		/* the file it came from */

	struct conf_addresses	 listen;
	unsigned		 workers;	/* auto is resolved: >= 1 */
	struct conf_addresses	 resolver;	/* empty: the system's */

	int			 log_level;	/* enum log_level */
	char			*log_diagnostics; /* path; NULL: stderr */
	char			*log_access;	/* path, "-", or NULL: off */
	struct place		 log_diagnostics_at;
	struct place		 log_access_at;
	enum conf_log_format	 log_format;

	uint64_t		 timeout_header;
	uint64_t		 timeout_idle;
	uint64_t		 timeout_connect;
	uint64_t		 timeout_response;
	uint64_t		 timeout_half_closed;
	uint64_t		 timeout_tunnel;
	uint64_t		 timeout_drain;
	/* where these two are, if the file has them */
	struct place		 idle_at;
	struct place		 response_at;

	uint64_t		 limit_connections;
	uint64_t		 limit_head;
	uint64_t		 limit_fields;
	uint64_t		 limit_body;
	uint64_t		 limit_buffer;
	uint64_t		 limit_memory;
	uint64_t		 limit_hosts;
	uint64_t		 limit_lookups;	/* of a worker */
	uint64_t		 limit_names;	/* of a worker */
	uint64_t		 limit_ttl;	/* ns */

	bool			 keep_alive_10;	/* clients of HTTP/1.0, too */
	char			*via_name;	/* a token; NULL: made up */
	bool			 via_send;

	char			*tls_ca_certificate; /* PEM file; or NULL */
	char			*tls_ca_key;
	struct place		 ca_certificate_at;
	struct place		 ca_key_at;
	struct place		 trust_at;
	char			*tls_trust;	/* PEM file; NULL: system's */
	/*
	 * What the files named above hold: made by tls_contexts_load() when
	 * the rest is valid, freed with the configuration.  NULL until then.
	 */
	struct tls_contexts	*tls;
	void			(*tls_free)(struct tls_contexts *);

	struct rule		 fallback;	/* defaults, or "unlimited" */
	struct rule		*rules;		/* in the order of the file */
	size_t			 nrules;
	struct pattern_set	*patterns;	/* to conf_rule */
};

/*
 * Reads and validates a file, or what comes through a pipe within 10 s.  NULL
 * on any error, with *cause set to one line without line end
 * ("FILE:LINE:COLUMN: KEY: expected ..., did you mean ...?"), to be freed by
 * the caller.  The reference is the caller's.
 */
struct conf	*conf_load(const char *path, char **cause)
		    __attribute__((warn_unused_result));

/* The same for a reload: a file only, and so without waiting for anybody. */
struct conf	*conf_load_again(const char *path, char **cause)
		    __attribute__((warn_unused_result));

/* The same from memory; name stands for the file in errors. */
struct conf	*conf_parse(const char *name, const char *text, size_t len,
		    char **cause) __attribute__((warn_unused_result));

/* Reference counting; safe from any thread. */
struct conf	*conf_ref(struct conf *);
void		 conf_unref(struct conf *);

/* The rule for a host and port; never NULL. */
const struct rule *conf_rule(const struct conf *,
		    const struct http1_host *);

/* The shared rule of that name (its pattern), or NULL; O(rules). */
const struct rule *conf_shared_rule(const struct conf *,
		    const char *name);

/*
 * Calls line() with a text for each key that differs between the two but only
 * takes effect at a restart ("workers: 1 -> 4 takes effect at a restart").
 */
void		 conf_changes(const struct conf *old, const struct conf *new,
		    void (*line)(const char *, void *), void *arg);

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
	bool		 reloadable;
	/* How it is read: conf_options.h knows. */
	int		 level;		/* enum conf_level */
	int		 kind;		/* enum conf_kind */
	size_t		 offset;	/* of the field */
	uint64_t	 min;		/* what range says */
	uint64_t	 max;
};

/* The table, ended by a path of NULL. */
const struct conf_option *conf_options(void);

#endif
