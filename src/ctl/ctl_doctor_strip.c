/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_strip.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

extern char **environ;

/*
 * What begins so is taken away.  Package managers take each of their settings
 * from a variable; other names of indexes would be asked as well.
 */
static const char *const taken[] = {
	"PIP_", "npm_config_", "CARGO_", "RUSTC", "GIT_", "GOPRIVATE=",
	"GONOPROXY=", "GONOSUMDB=", "GOINSECURE=", "GOVCS=", "GOAUTH=",
	"GOWORK=", "RUBYOPT=", "PERL5OPT=", "PERL5DB=", "PYTHONINSPECT=",
	"CLASSPATH=", "BUN_", "DENO_", "PHPRC=", "CHROMIUM_",
	/* a desktop's settings of a proxy win over variables */
	"XDG_CURRENT_DESKTOP=", "DESKTOP_SESSION=",
	"GNOME_DESKTOP_SESSION_ID=", "KDE_FULL_SESSION=",
};

/* ... but for these: the proxy, who is asked without it, and the trust. */
static const char *const left[] = {
	"PIP_PROXY=", "PIP_CERT=", "PIP_CLIENT_CERT=",
	"npm_config_proxy=", "npm_config_http_proxy=",
	"npm_config_https_proxy=", "npm_config_noproxy=",
	"npm_config_cafile=", "npm_config_ca=", "npm_config_strict_ssl=",
	"NPM_CONFIG_PROXY=", "NPM_CONFIG_HTTP_PROXY=",
	"NPM_CONFIG_HTTPS_PROXY=", "NPM_CONFIG_NOPROXY=",
	"NPM_CONFIG_CAFILE=", "NPM_CONFIG_CA=", "NPM_CONFIG_STRICT_SSL=",
	"CARGO_HTTP_", "GIT_SSL_", "GIT_EXEC_PATH=", "DENO_CERT=",
	"DENO_TLS_CA_STORE=",
};

/* npm does not heed the case of its own: it is taken away in any. */
static bool
is_taken(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof left / sizeof left[0]; i++)
		if (strncmp(word, left[i], strlen(left[i])) == 0)
			return false;
	for (i = 0; i < sizeof taken / sizeof taken[0]; i++)
		if (strncasecmp(word, taken[i], strlen(taken[i])) == 0)
			return true;
	return false;
}

void
ctl_doctor_strip(void)
{
	char **from, **to;

	for (from = to = environ; from != NULL && *from != NULL; from++)
		if (!is_taken(*from))
			*to++ = *from;
	if (to != NULL)
		*to = NULL;
}
