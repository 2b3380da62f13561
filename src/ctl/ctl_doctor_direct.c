/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_direct.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Returns the address's family; 0: it is none. */
static int
address(const char *text, uint8_t bytes[16])
{
	if (inet_pton(AF_INET, text, bytes) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, text, bytes) == 1 ? AF_INET6 : 0;
}

/* "10.0.0.0/8" */
static bool
is_in_net(const char *rule, char *net, char *slash)
{
	uint8_t a[16], b[16];
	unsigned long bits;
	char *end;
	int family;

	*slash = '\0';
	bits = strtoul(slash + 1, &end, 10);
	family = address(net, a);
	if (!isdigit((unsigned char)slash[1]) || *end != '\0' || family == 0 ||
	    address(rule, b) != family || bits > (family == AF_INET ? 32 : 128))
		return false;
	return memcmp(a, b, bits / 8) == 0 && (bits % 8 == 0 ||
	    (a[bits / 8] ^ b[bits / 8]) >> (8 - bits % 8) == 0);
}

/* Whether a host's name is another's, or below it. */
static bool
is_below(const char *name, const char *above)
{
	size_t n = strlen(name), m = strlen(above);

	return n >= m && strcasecmp(name + n - m, above) == 0 &&
	    (n == m || name[n - m - 1] == '.');
}

/* Takes "[" and "]" away; and a port behind a name, which is returned. */
static const char *
cut_port(char *entry)
{
	char *colon = strrchr(entry, ':'), *end = strchr(entry, ']');

	if (colon != NULL && (end != NULL ? colon == end + 1 :
	    strchr(entry, ':') == colon) && colon[1] != '\0' &&
	    colon[1 + strspn(colon + 1, "0123456789")] == '\0')
		*colon++ = '\0';
	else
		colon = NULL;
	if (entry[0] == '[' && end != NULL && end[1] == '\0') {
		*end = '\0';
		memmove(entry, entry + 1, (size_t)(end - entry));
	}
	return colon != NULL ? colon : "";
}

static bool
is_bypassed(const char *rule, const char *rport, char *entry)
{
	const char *port;
	char *slash = strchr(entry, '/');
	bool wild = strncmp(rule, "*.", 2) == 0;

	if (strcmp(entry, "*") == 0)
		return true;
	if (slash != NULL)
		return is_in_net(rule, entry, slash);
	port = cut_port(entry);
	if (port[0] != '\0' && rport[0] != '\0' && strcmp(port, rport) != 0)
		return false;
	if (strncmp(entry, "*.", 2) == 0)
		entry += 2;
	else if (entry[0] == '.')
		entry++;
	if (entry[0] == '\0')
		return false;
	if (wild)
		rule += 2;
	/* one of those that a rule is for may be named by itself */
	return is_below(rule, entry) || (wild && is_below(entry, rule));
}

const char *
ctl_doctor_direct(const char *list, const char *rule, const char *port,
    size_t *n)
{
	char entry[256], name[256];

	snprintf(name, sizeof name, "%s", rule);
	(void)cut_port(name);
	while (*list != '\0') {
		list += strspn(list, ", \t");
		*n = strcspn(list, ", \t");
		snprintf(entry, sizeof entry, "%.*s", (int)*n, list);
		if (*n > 0 && *n < sizeof entry && is_bypassed(name, port,
		    entry))
			return list;
		list += *n;
	}
	return NULL;
}
