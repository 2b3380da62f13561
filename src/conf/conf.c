/* SPDX-License-Identifier: ISC */
#include "conf/conf.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "policy/destination_list.h"
#include "policy/parent.h"

/*
 * A configuration is built by conf_parse() in one go.  Nobody sees it before it
 * is whole; from then on it does not change, and goes with its last
 * reference.
 */

/* What is allocated: the reference count is nobody else's. */
struct counted {
	struct conf	 conf;		/* first */
	atomic_uint	 references;
};

struct conf *
conf_new(void)
{
	struct counted *counted = calloc(1, sizeof *counted);

	if (counted == NULL)
		return NULL;
	atomic_init(&counted->references, 1);
	return &counted->conf;
}

struct conf *
conf_ref(struct conf *conf)
{
	struct counted *counted = (struct counted *)conf;

	atomic_fetch_add_explicit(&counted->references, 1,
	    memory_order_relaxed);
	return conf;
}

bool
conf_address_is_loopback(const struct conf_address *address)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	switch (address->addr.ss_family) {
	case AF_INET:
		memcpy(&in, &address->addr, sizeof in);
		return ntohl(in.sin_addr.s_addr) >> 24 == 127;
	case AF_INET6:
		memcpy(&in6, &address->addr, sizeof in6);
		return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
	default:
		return true;
	}
}

void
conf_address_free(struct conf_address *address)
{
	free(address->text);
	free(address->certificate);
	free(address->key);
}

void
conf_addresses_free(struct conf_addresses *addresses)
{
	size_t i;

	for (i = 0; i < addresses->n; i++)
		conf_address_free(&addresses->list[i]);
	free(addresses->list);
	addresses->list = NULL;
	addresses->n = 0;
}

void
conf_names_free(struct conf_names *names)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		free(names->list[i]);
	free(names->list);
	names->list = NULL;
	names->n = 0;
}

void
conf_networks_free(struct conf_networks *networks)
{
	free(networks->list);
	networks->list = NULL;
	networks->n = 0;
}

/* A token is not to be found in memory that was freed. */
static void
free_admin(struct conf *conf)
{
	free(conf->admin_socket);
	free(conf->admin_group);
	conf_addresses_free(&conf->admin_web);
	free(conf->admin_token_file);
	if (conf->admin_token != NULL)
		explicit_bzero(conf->admin_token, strlen(conf->admin_token));
	free(conf->admin_token);
	conf_names_free(&conf->admin_hosts);
}

void
conf_unref(struct conf *conf)
{
	struct counted *counted = (struct counted *)conf;
	size_t i;

	if (conf == NULL || atomic_fetch_sub_explicit(&counted->references, 1,
	    memory_order_acq_rel) != 1)
		return;
	if (conf->tls != NULL)
		conf->free_tls(conf->tls);
	for (i = 0; i < conf->nrules; i++) {
		free((char *)(uintptr_t)conf->rules[i].name);
		rule_free(&conf->rules[i]);
	}
	free(conf->rules);
	rule_free(&conf->fallback);
	host_pattern_set_free(conf->patterns);
	free(conf->access_users_file);
	htpasswd_free(conf->access_users);
	conf_addresses_free(&conf->listen);
	conf_addresses_free(&conf->resolver);
	conf_networks_free(&conf->access_clients);
	destinations_free(&conf->destinations);
	free(conf->log_diagnostics);
	free(conf->log_access);
	free(conf->state_file);
	store_free(&conf->store);
	free(conf->via_name);
	free(conf->tls_ca_certificate);
	free(conf->tls_ca_key);
	free(conf->tls_trust);
	free_admin(conf);
	parent_free(conf->parents);
	free(conf->path);
	/* a password may stand in it */
	if (conf->text != NULL)
		explicit_bzero(conf->text, conf->text_len);
	free(conf->text);
	free(counted);
}

const struct rule *
conf_rule(const struct conf *conf, const struct http1_host *host)
{
	const struct rule *rule;

	rule = host_pattern_set_match(conf->patterns, host);
	return rule == NULL ? &conf->fallback : rule;
}

const struct parent *
conf_parent(const struct conf *conf, const struct rule *rule,
    const struct http1_host *host)
{
	const struct parent *parent = rule->parent;

	if (parent == NULL) {
		parent = conf->parent;
		if (parent == NULL || parent == &parent_direct ||
		    parent_is_local(host))
			return NULL;
	}
	return parent == &parent_direct ? NULL : parent;
}

const struct rule *
conf_shared_rule(const struct conf *conf, const char *name)
{
	size_t i;

	for (i = 0; i < conf->nrules; i++) {
		if (conf->rules[i].shared &&
		    strcmp(conf->rules[i].name, name) == 0)
			return &conf->rules[i];
	}
	return NULL;
}
