/* SPDX-License-Identifier: ISC */
#include "conf/conf_access.h"

#include "conf/conf_warnings.h"

/* One of the networks that are all of IPv4, or of IPv6; or NULL. */
static const struct network *
all_of_them(const struct conf_networks *networks)
{
	size_t i;

	for (i = 0; i < networks->n; i++) {
		if (networks->list[i].bits == 0)
			return &networks->list[i];
	}
	return NULL;
}

/*
 * Earlier versions let in whoever could connect, so a file that listens to
 * other machines was meant for them.
 */
static void
warn_of_address(const struct conf *conf, const struct conf_address *address,
    void (*line)(const char *, void *), void *arg)
{
	const struct network *all = all_of_them(&conf->access_clients);
	char buf[NETWORK_TEXT];

	if (conf->access_clients_at.line == 0)
		conf_warn(conf, address->at, line, arg, "listen: %s can be "
		    "reached from other machines, but without access.clients "
		    "only clients on this one are let in; write \"access: "
		    "{clients: [127.0.0.0/8, '::1', 192.0.2.0/24]}\" with the "
		    "networks of yours, or listen at 127.0.0.1",
		    address->text);
	else if (all != NULL)
		conf_warn(conf, address->at, line, arg, "listen: %s lets "
		    "everybody use the proxy who can reach that address, by "
		    "%s in access.clients", address->text,
		    network_text(buf, all));
}

void
conf_access_warnings(const struct conf *conf,
    void (*line)(const char *, void *), void *arg)
{
	size_t i;

	for (i = 0; i < conf->listen.n; i++) {
		if (!conf_address_is_loopback(&conf->listen.list[i]))
			warn_of_address(conf, &conf->listen.list[i], line,
			    arg);
	}
}
