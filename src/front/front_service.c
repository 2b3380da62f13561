/* SPDX-License-Identifier: ISC */
#include "front/front_service.h"

#include <string.h>

#include "conf/conf.h"
#include "tls/tls_context.h"

const char *
front_connections_option(enum front_service service)
{
	return service == FRONT_PROXY ? "limits.connections" :
	    "admin.connections";
}

uint64_t
front_connections(enum front_service service, const struct conf *conf)
{
	return service == FRONT_PROXY ? conf->limit_connections :
	    conf->admin_connections;
}

uint64_t
front_body_max(enum front_service service, const struct conf *conf)
{
	return service == FRONT_PROXY ? conf->limit_body : UINT64_MAX;
}

/* Of which port 0 may have several of the same text. */
static size_t
find(const struct conf_addresses *addresses, const char *text, size_t nth)
{
	size_t i;

	for (i = 0; i < addresses->n; i++) {
		if (strcmp(addresses->list[i].text, text) == 0 && nth-- == 0)
			break;
	}
	return i;
}

SSL_CTX *
front_certificate(enum front_service service, const struct conf *conf,
    const char *text, size_t nth)
{
	size_t i;

	switch (service) {
	case FRONT_PROXY:
		i = find(&conf->listen, text, nth);
		return i < conf->listen.n ? tls_contexts_listener(conf, i) :
		    NULL;
	case FRONT_WEB:
		i = find(&conf->admin_web, text, nth);
		return i < conf->admin_web.n ? tls_contexts_web(conf, i) : NULL;
	case FRONT_SOCKET:
		break;
	}
	return NULL;
}
