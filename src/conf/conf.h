/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_H
#define SLUICE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/place.h"
#include "base/share.h"
#include "http/http1.h"
#include "policy/destination.h"
#include "policy/host_pattern.h"
#include "policy/htpasswd.h"
#include "policy/network.h"
#include "policy/rule.h"
#include "policy/store.h"

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

/* Names, as configured but in lower case. */
struct conf_names {
	char			**list;
	size_t			 n;
};

struct conf_networks {
	struct network		*list;
	size_t			 n;
};

struct tls_contexts;

struct conf {
	char			*path;		/* the file it came from */
	char			*text;		/* what that held; or NULL */
	size_t			 text_len;

	struct conf_addresses	 listen;
	unsigned		 workers;	/* auto is resolved: >= 1 */
	bool			 sandbox;	/* filter system calls */
	struct conf_addresses	 resolver;	/* empty: the system's */

	struct conf_networks	 access_clients; /* who may connect */
	struct place		 access_clients_at; /* if a file has it */
	bool			 access_same_user;
	char			*access_users_file; /* or NULL: anybody */
	struct htpasswd		*access_users;	/* out of that; or NULL */
	struct place		 access_users_at;
	enum share		 access_share;	/* of one client */
	uint64_t		 access_rate;	/* a second, the same; 0: off */

	int			 log_level;	/* enum log_level */
	char			*log_diagnostics; /* path; NULL: stderr */
	char			*log_access;	/* path, "-", or NULL: off */
	struct place		 log_diagnostics_at;
	struct place		 log_access_at;
	enum conf_log_format	 log_format;
	uint64_t		 log_held;	/* ns; 0: off */

	uint64_t		 timeout_header;
	uint64_t		 timeout_idle;
	uint64_t		 timeout_connect;
	uint64_t		 timeout_response;
	uint64_t		 timeout_continue;
	uint64_t		 timeout_half_closed;
	uint64_t		 timeout_tunnel;
	uint64_t		 timeout_drain;
	uint64_t		 timeout_upgrade;
	uint64_t		 timeout_exchange; /* 0: none */
	/* where these two are, if the file has them */
	struct place		 idle_at;
	struct place		 response_at;

	uint64_t		 limit_connections;
	uint64_t		 limit_head;
	uint64_t		 limit_fields;
	uint64_t		 limit_body;
	uint64_t		 limit_buffer;
	uint64_t		 limit_memory;
	uint64_t		 limit_pace;	/* bytes a second; 0: none */
	uint64_t		 limit_hosts;
	uint64_t		 limit_lookups;	/* of a worker */
	uint64_t		 limit_names;	/* of a worker */
	uint64_t		 limit_ttl;	/* ns */

	struct destinations	 destinations;

	uint64_t		 metrics_hosts;	/* names of series, at most */

	char			*state_file;	/* path; NULL: none */
	struct place		 state_at;
	uint64_t		 state_every;	/* ns */

	struct store		 store;		/* its name: NULL: none */

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
	void			(*free_tls)(struct tls_contexts *);

	/* the control plane */
	bool			 admin_off;
	char			*admin_socket;	/* path; NULL: a default */
	uint32_t		 admin_mode;	/* permissions of that */
	char			*admin_group;	/* whose it is; or NULL */
	struct conf_addresses	 admin_web;
	char			*admin_token_file; /* or NULL */
	char			*admin_token;	/* out of that; or NULL */
	struct conf_names	 admin_hosts;	/* with or without a port */
	struct place		 admin_socket_at;
	struct place		 admin_token_at;
	bool			 admin_readonly;
	uint64_t		 admin_connections; /* of socket, and web */
	uint64_t		 admin_events;
	uint64_t		 admin_exchanges;
	uint64_t		 admin_history;	/* hosts */
	uint64_t		 admin_overrides;

	/* of the hosts whose rules name none: see conf_parent() */
	struct parent		*parent;
	struct parent		*parents;	/* all there are; owned */
	size_t			 nparents;

	uint64_t		 presets;	/* hash of those it was read
						   with; 0: none */
	struct rule		 fallback;	/* defaults, or "unlimited" */
	struct rule		*rules;		/* in the order of the file */
	size_t			 nrules;
	struct host_pattern_set	*patterns;	/* to struct rule */
};

/* An empty one with one reference, to be filled; NULL without memory. */
struct conf	*conf_new(void);

/* Reference counting; safe from any thread. */
struct conf	*conf_ref(struct conf *);
void		 conf_unref(struct conf *);

/* The rule for a host and port; never NULL. */
const struct rule *conf_rule(const struct conf *,
		    const struct http1_host *);

/*
 * The parent through which a host of that rule is reached; NULL: it is reached
 * directly, as this machine is where its rule does not say otherwise.
 */
const struct parent *conf_parent(const struct conf *, const struct rule *,
		    const struct http1_host *);

/* The shared rule of that name (its pattern), or NULL; O(rules). */
const struct rule *conf_shared_rule(const struct conf *,
		    const char *name);

/* Frees what they own, and empties the list. */
void		 conf_addresses_free(struct conf_addresses *);

/* Whether only this machine reaches it: the loopback, or a Unix socket. */
bool		 conf_address_is_loopback(const struct conf_address *);

/* Frees what it owns. */
void		 conf_address_free(struct conf_address *);

/* Frees them, and empties the list. */
void		 conf_names_free(struct conf_names *);

/* The same. */
void		 conf_networks_free(struct conf_networks *);

#endif
