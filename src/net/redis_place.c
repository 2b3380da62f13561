/* SPDX-License-Identifier: ISC */
#include "net/redis_place.h"

#include <stdio.h>
#include <string.h>

#include "http/http1_host.h"
#include "net/redis_reply.h"

/* Addresses of IPv6 stand there without brackets. */
static bool
read_place(const char *host, size_t n, const char *port,
    struct http1_host *place)
{
	char text[HTTP1_HOST + 16];
	bool v6 = memchr(host, ':', n) != NULL;
	int len;

	if (n > HTTP1_HOST || strlen(port) > 5)
		return false;
	len = snprintf(text, sizeof text, "%s%.*s%s:%s", v6 ? "[" : "",
	    (int)n, host, v6 ? "]" : "", port);
	return http1_host_parse(place, text, (size_t)len) == HTTP1_OK &&
	    place->port != 0;
}

bool
redis_place_is_once(const struct redis_reply *reply)
{
	return strcmp(redis_reply_code(reply), "ASK") == 0;
}

bool
redis_place_moved(const struct redis_reply *reply,
    const struct http1_host *asked, struct http1_host *place)
{
	const char *host, *port;

	if (strcmp(redis_reply_code(reply), "MOVED") != 0 &&
	    !redis_place_is_once(reply))
		return false;
	host = strchr(reply->text, ' ');
	if (host == NULL || (host = strchr(host + 1, ' ')) == NULL)
		return false;
	host++;
	if ((port = strrchr(host, ':')) == NULL)
		return false;
	if (port == host || (port == host + 1 && *host == '?'))
		return read_place(asked->name, strlen(asked->name), port + 1,
		    place);
	return read_place(host, (size_t)(port - host), port + 1, place);
}

bool
redis_place_master(const struct redis_reply *reply, struct http1_host *place)
{
	const struct redis_reply *host = reply->first, *port;

	if (reply->kind != REDIS_ARRAY || host == NULL ||
	    host->kind != REDIS_STRING || (port = host->next) == NULL ||
	    port->kind != REDIS_STRING)
		return false;
	return read_place(host->text, host->len, port->text, place);
}
