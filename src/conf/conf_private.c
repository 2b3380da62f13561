/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "conf/conf_private.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

static bool
listen_privately(struct conf *conf)
{
	struct conf_address *a = calloc(1, sizeof *a);
	struct sockaddr_in *in = a != NULL ? (void *)&a->addr : NULL;

	if (a == NULL || (a->text = strdup("127.0.0.1:0")) == NULL) {
		free(a);
		return false;
	}
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a->len = sizeof *in;
	conf_addresses_free(&conf->listen);
	conf->listen = (struct conf_addresses){ .list = a, .n = 1 };
	return true;
}

/* What a program prints is its own. */
static void
log_privately(struct conf *conf)
{
	if (conf->log_access != NULL && strcmp(conf->log_access, "-") == 0) {
		free(conf->log_access);
		conf->log_access = NULL;
	}
}

/*
 * Who may use it is known: what the file says of others is about its own
 * daemon, and would keep the program out.
 */
static bool
let_in_privately(struct conf *conf)
{
	struct network *loopback = calloc(1, sizeof *loopback);

	if (loopback == NULL)
		return false;
	*loopback = (struct network){ .family = AF_INET, .bits = 8,
	    .address = { 127 } };
	conf_networks_free(&conf->access_clients);
	conf->access_clients.list = loopback;
	conf->access_clients.n = 1;
	free(conf->access_users_file);
	conf->access_users_file = NULL;
	conf->access_same_user = true;
	return true;
}

bool
conf_private(struct conf *conf, const char *dir)
{
	char *socket;

	if (asprintf(&socket, "%s/admin.sock", dir) == -1)
		return false;
	free(conf->admin_socket);
	conf->admin_socket = socket;
	conf->admin_off = false;
	conf_addresses_free(&conf->admin_web);
	conf->admin_web = (struct conf_addresses){ .n = 0 };
	free(conf->state_file);
	conf->state_file = NULL;
	log_privately(conf);
	return let_in_privately(conf) && listen_privately(conf);
}
