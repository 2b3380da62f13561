/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_java.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "ctl/ctl_doctor_clients.h"

#define BLANKS	" \t\r\n\"'"
#define HOST	"proxyHost="
#define PORT	"proxyPort="
#define FILE_MAX 65536		/* bytes of it that are read */

/* The number behind the last "http.proxyPort=": that one counts. */
static unsigned
port_of(const char *text, const char *scheme, size_t n)
{
	unsigned long port = 0;
	const char *p = text;

	while ((p = strcasestr(p, PORT)) != NULL) {
		if ((size_t)(p - text) >= n && strncasecmp(p - n, scheme, n) ==
		    0)
			port = strtoul(p + strlen(PORT), NULL, 10);
		p += strlen(PORT);
	}
	return port > 0 && port <= 65535 ? (unsigned)port : 0;
}

bool
ctl_doctor_java_next(const char *text, const char **at,
    struct ctl_doctor_java *found)
{
	static const struct {
		const char	*scheme;
		unsigned	 port;
		bool		 http;
	} kinds[] = {
		{ "https.", 443, true }, { "http.", 80, true },
		{ "ftp.", 80, true }, { "socks", 1080, false },
	};
	const size_t last = sizeof kinds / sizeof kinds[0] - 1;
	const char *p = strcasestr(*at, HOST);
	size_t i, n;

	if (p == NULL)
		return false;
	for (i = 0; i < last; i++) {
		n = strlen(kinds[i].scheme);
		if ((size_t)(p - text) >= n &&
		    strncasecmp(p - n, kinds[i].scheme, n) == 0)
			break;
	}
	found->host = p + strlen(HOST);
	found->nhost = strcspn(found->host, BLANKS);
	found->http = kinds[i].http;
	found->port = port_of(text, kinds[i].scheme, strlen(kinds[i].scheme));
	if (found->port == 0)
		found->port = kinds[i].port;
	*at = found->host + found->nhost;
	return true;
}

/* .../bin/java, wherever links lead, has .../conf/net.properties. */
static FILE *
open_properties(void)
{
	const struct ctl_doctor_client java = { .programs = "java" };
	char path[PATH_MAX], name[PATH_MAX + 32], *real, *slash;
	FILE *f = NULL;
	int i;

	if (!ctl_doctor_client_find(&java, path) ||
	    (real = realpath(path, NULL)) == NULL)
		return NULL;
	for (i = 0; i < 2; i++)
		if ((slash = strrchr(real, '/')) != NULL)
			*slash = '\0';
	if (snprintf(name, sizeof name, "%s/conf/net.properties", real) <
	    (int)sizeof name)
		f = fopen(name, "re");
	free(real);
	return f;
}

char *
ctl_doctor_java_properties(void)
{
	struct text t = { .p = NULL };
	FILE *f = open_properties();
	char line[1024];

	if (f == NULL)
		return NULL;
	while (t.len < FILE_MAX && fgets(line, sizeof line, f) != NULL)
		if (strchr("#!", line[strspn(line, " \t")]) == NULL)
			text_puts(&t, line);
	fclose(f);
	text_put(&t, "", 1);
	if (!t.failed)
		return t.p;
	text_free(&t);
	return NULL;
}
