/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_client.h"

#include <string.h>

#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"

/* "http://[::1]:3128", of which a host has its brackets. */
static bool
take_apart(struct ctl_client *client)
{
	const char *host = strstr(client->proxy, "://"), *colon;
	size_t n;

	if (host == NULL)
		return false;
	host += 3;
	colon = strrchr(host, ':');
	n = colon != NULL ? (size_t)(colon - host) : 0;
	if (n == 0 || n >= sizeof client->host ||
	    strlen(colon + 1) >= sizeof client->port)
		return false;
	memcpy(client->host, host, n);
	client->host[n] = '\0';
	memcpy(client->port, colon + 1, strlen(colon + 1) + 1);
	return true;
}

int
ctl_client_get(const struct ctl_daemon *daemon, struct ctl_client *client)
{
	int status;

	*client = (struct ctl_client){ .answer = NULL };
	status = ctl_ask(daemon, "GET", "/v1/client", NULL, &client->answer);
	if (status != CTL_DONE)
		return status;
	client->proxy = json_string_value(json_array_get(ctl_member(
	    client->answer, "proxies"), 0));
	if (client->proxy == NULL || !take_apart(client))
		return ctl_fail(daemon->ctl, CTL_FAILED, "the daemon listens "
		    "at no address that programs know how to use as a proxy");
	client->trust = ctl_string(client->answer, "certificates", NULL);
	client->users = ctl_true(client->answer, "users");
	return CTL_DONE;
}

void
ctl_client_done(struct ctl_client *client)
{
	json_decref(client->answer);
	client->answer = NULL;
}

void
ctl_client_warn(const struct ctl *c, const struct ctl_client *client)
{
	if (client->users)
		ctl_note(c, "the proxy wants a name and a password: put them "
		    "into the URLs, as in http://NAME:PASSWORD@%s:%s",
		    client->host, client->port);
	if (strncmp(client->proxy, "https:", 6) == 0)
		ctl_note(c, "the proxy speaks TLS at all of its addresses: "
		    "Java and aiohttp go there by none, or go direct");
}
