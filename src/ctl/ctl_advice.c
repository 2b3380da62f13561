/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_advice.h"

#include <string.h>

#define SYSTEM	"/usr/local/share/ca-certificates/sluice.crt"

static const struct {
	const char	*clients;
	const char	*before;	/* of the file's path */
	const char	*behind;
	bool		 alone;		/* the CA; else the bundle */
	bool		 words;		/* no command of a shell's */
} table[CTL_ADVICES] = {
	[CTL_ADVICE_SYSTEM] = { "The system, with it all that bring no list "
	    "of their own", "sudo cp ", " " SYSTEM
	    " && sudo update-ca-certificates", .alone = true },
	[CTL_ADVICE_CURL] = { "curl", "export CURL_CA_BUNDLE=",
	    .behind = "" },
	[CTL_ADVICE_GIT] = { "git", "export GIT_SSL_CAINFO=",
	    .behind = "" },
	[CTL_ADVICE_OPENSSL] = { "Python's urllib, aiohttp and httpx; Go, "
	    "Ruby, bun, uv", "export SSL_CERT_FILE=",
	    .behind = "" },
	[CTL_ADVICE_REQUESTS] = { "Python's requests",
	    "export REQUESTS_CA_BUNDLE=",
	    .behind = "" },
	[CTL_ADVICE_PIP] = { "pip", "export PIP_CERT=",
	    .behind = "" },
	[CTL_ADVICE_AWS] = { "aws, boto3", "export AWS_CA_BUNDLE=",
	    .behind = "" },
	[CTL_ADVICE_NODE] = { "Node (fetch, https, undici, axios, got), bun",
	    "export NODE_EXTRA_CA_CERTS=", "", .alone = true },
	[CTL_ADVICE_NPM] = { "npm", "export npm_config_cafile=",
	    .behind = "" },
	[CTL_ADVICE_DENO] = { "deno", "export DENO_CERT=", "",
	    .alone = true },
	[CTL_ADVICE_CARGO] = { "cargo", "export CARGO_HTTP_CAINFO=",
	    .behind = "" },
	[CTL_ADVICE_PERL] = { "Perl's LWP", "export PERL_LWP_SSL_CA_FILE=",
	    .behind = "" },
	[CTL_ADVICE_WGET] = { "wget", "ca_certificate = ", " in ~/.wgetrc",
	    .words = true },
	[CTL_ADVICE_PHP] = { "PHP", "curl.cainfo = ", " in php.ini, and "
	    "openssl.cafile", .words = true },
	[CTL_ADVICE_APT] = { "apt", "Acquire::https::CAInfo ", " in "
	    "/etc/apt/apt.conf.d", .words = true },
	[CTL_ADVICE_JAVA] = { "Java", "keytool -importcert -cacerts -noprompt "
	    "-storepass changeit -alias sluice -file ", "", .alone = true,
	    .words = true },
	[CTL_ADVICE_CHROMIUM] = { "Chromium", "certutil -d "
	    "sql:$HOME/.pki/nssdb -A -t C,, -n sluice -i ", "", .alone = true,
	    .words = true },
};

/* A path as a word of the shell's. */
static void
put_word(struct text *t, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";

	if (path[strspn(path, plain)] == '\0') {
		text_puts(t, path);
		return;
	}
	text_puts(t, "'");
	for (; *path != '\0'; path++)
		if (*path == '\'')
			text_puts(t, "'\\''");
		else
			text_put(t, path, 1);
	text_puts(t, "'");
}

void
ctl_advice_put(struct text *t, enum ctl_advice_for who,
    const struct ctl_advice_files *files)
{
	text_puts(t, table[who].before);
	put_word(t, table[who].alone ? files->ca : files->bundle);
	text_puts(t, table[who].behind);
}

void
ctl_advice_print(FILE *out, const struct ctl_advice_files *files)
{
	struct text line = { .p = NULL };
	int i;

	for (i = 0; i < CTL_ADVICES; i++) {
		text_reset(&line);
		text_puts(&line, "# ");
		text_puts(&line, table[i].clients);
		text_puts(&line, table[i].words ? ": " : ":\n");
		ctl_advice_put(&line, (enum ctl_advice_for)i, files);
		fprintf(out, "%.*s\n", (int)line.len, line.p != NULL ?
		    line.p : "");
	}
	fputs("# All of it at once, for a daemon that runs: eval \"$(sluice "
	    "env)\", or sluice exec PROGRAM.\n", out);
	text_free(&line);
}
