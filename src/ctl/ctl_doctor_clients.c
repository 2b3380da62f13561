/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_clients.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BOTH	"export http_proxy=@PROXY@ https_proxy=@PROXY@"
#define SWITCH	BOTH " NODE_USE_ENV_PROXY=1 (before Node 22.21: sluice " \
		"exec, or an agent in the code)"
#define JVM	"export JAVA_TOOL_OPTIONS='-Dhttp.proxyHost=@HOST@ " \
		"-Dhttp.proxyPort=@PORT@ -Dhttps.proxyHost=@HOST@ " \
		"-Dhttps.proxyPort=@PORT@'"

/* Python's modules */
#define IMPORT(name)	"import sys\ntry:\n import " name "\n" \
			"except ImportError:\n sys.exit(77)\n"
#define URLLIB		"import sys, urllib.request as r\n" \
			"r.urlopen(sys.argv[1], timeout=15).read()\n"
#define REQUESTS	IMPORT("requests") \
			"requests.get(sys.argv[1], timeout=15)\n"
#define AIOHTTP		IMPORT("aiohttp, asyncio") \
			"async def f():\n" \
			" async with aiohttp.ClientSession(trust_env=True) " \
			"as s:\n  await (await s.get(sys.argv[1])).read()\n" \
			"asyncio.run(f())\n"
#define HTTPX		IMPORT("httpx") \
			"httpx.get(sys.argv[1], timeout=15)\n"

#define FETCH	"fetch(process.argv[1]).then(r => r.text()).catch(e => { " \
		"console.error(String(e.cause || e)); process.exit(1); })"
#define GET	"const u = process.argv[1]; require(u.split(':')[0])" \
		".get(u, r => r.resume()).on('error', e => { " \
		"console.error(String(e)); process.exit(1); })"

#define JAVA	"import java.net.*;\nclass Probe {\n" \
		"\tpublic static void main(String[] a) throws Exception {\n" \
		"\t\tnew URL(a[0]).openStream().readAllBytes();\n\t}\n}\n"

#define LWP	"eval { require LWP::UserAgent } or exit 77; " \
		"my $r = LWP::UserAgent->new(env_proxy => 1, timeout => 15)" \
		"->get($ARGV[0]); $r->is_success or die $r->status_line"
#define CURL_PHP "if (!function_exists('curl_init')) exit(77); " \
		"$c = curl_init($argv[1]); " \
		"curl_setopt($c, CURLOPT_RETURNTRANSFER, true); " \
		"if (curl_exec($c) === false) { echo curl_error($c); exit(1); }"

#define CARGO	"[package]\nname = \"probe\"\nversion = \"0.1.0\"\n" \
		"[lib]\npath = \"Cargo.toml\"\n" \
		"[dependencies]\nsluice-probe = \"1\"\n"

static const struct ctl_doctor_client clients[] = {
	{ .name = "curl", .programs = "curl",
	  .args = { "-q", "-sS", "-o", "/dev/null", "-m", "15", "@URL@" },
	  .proxy = BOTH " (lowercase)",
	  .trust = CTL_ADVICE_CURL },
	{ .name = "wget", .programs = "wget",
	  .args = { "-nv", "-O", "/dev/null", "-T", "15", "-t", "1",
	    "@URL@" },
	  .variables = "HOME=@DIR@ XDG_CONFIG_HOME=@DIR@ "
	    "SYSTEM_WGETRC=@DIR@/none SYSTEM_WGET2RC=@DIR@/none "
	    "WGET2RC=@DIR@/none",
	  .file = "none", .content = "",
	  .proxy = BOTH " (lowercase)",
	  .trust = CTL_ADVICE_WGET },
	{ .name = "git", .programs = "git",
	  .args = { "ls-remote", "@URL@" },
	  .variables = "GIT_TERMINAL_PROMPT=0 GIT_ASKPASS= GIT_DIR=@DIR@/none "
	    "GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 HOME=@DIR@ "
	    "XDG_CONFIG_HOME=@DIR@",
	  .proxy = BOTH " (lowercase)",
	  .trust = CTL_ADVICE_GIT },
	{ .name = "Python urllib", .programs = "python3 python",
	  .args = { "-c", URLLIB, "@URL@" },
	  .proxy = BOTH, .trust = CTL_ADVICE_OPENSSL },
	{ .name = "Python requests", .programs = "python3 python",
	  .args = { "-c", REQUESTS, "@URL@" },
	  .proxy = BOTH, .trust = CTL_ADVICE_REQUESTS },
	{ .name = "Python aiohttp", .programs = "python3 python",
	  .args = { "-c", AIOHTTP, "@URL@" },
	  .proxy = BOTH ", and trust_env=True in the code",
	  .trust = CTL_ADVICE_OPENSSL },
	{ .name = "Python httpx", .programs = "python3 python",
	  .args = { "-c", HTTPX, "@URL@" },
	  .proxy = BOTH, .trust = CTL_ADVICE_OPENSSL },
	{ .name = "pip", .programs = "pip3 pip",
	  .args = { "download", "--no-input", "--no-deps",
	    "--only-binary=:all:",
	    "--no-cache-dir", "--disable-pip-version-check", "--retries", "0",
	    "--timeout", "15", "-d", "@DIR@", "-i", "@URL@",
	    "--trusted-host", "@HOST@", "sluice-probe" },
	  .variables = "PIP_CONFIG_FILE=/dev/null "
	    "PIP_KEYRING_PROVIDER=disabled NETRC=/dev/null",
	  .proxy = BOTH, .trust = CTL_ADVICE_PIP },
	{ .name = "Node fetch", .programs = "node nodejs",
	  .args = { "-e", FETCH, "@URL@" },
	  .proxy = SWITCH, .trust = CTL_ADVICE_NODE },
	{ .name = "Node http(s)", .programs = "node nodejs",
	  .args = { "-e", GET, "@URL@" },
	  .proxy = SWITCH, .trust = CTL_ADVICE_NODE },
	{ .name = "npm", .programs = "npm",
	  .args = { "ping", "--registry=@URL@", "--cache=@DIR@",
	    "--fetch-retries=0", "--fetch-timeout=15000", "--logs-max=0",
	    "--no-update-notifier", "--ignore-scripts",
	    "--userconfig=@DIR@/user", "--globalconfig=@DIR@/none" },
	  .file = "package.json", .content = "{}\n",
	  .proxy = BOTH, .trust = CTL_ADVICE_NPM },
	{ .name = "bun", .programs = "bun",
	  .args = { "-e", "fetch(process.env.SLUICE_PROBE).catch(e => { "
	    "console.error(String(e)); process.exit(1); })" },
	  .variables = "SLUICE_PROBE=@URL@ HOME=@DIR@ XDG_CONFIG_HOME=@DIR@",
	  .outside = true,
	  .proxy = BOTH, .trust = CTL_ADVICE_OPENSSL },
	{ .name = "deno", .programs = "deno",
	  .args = { "eval", "--no-config", "--no-remote",
	    "await (await fetch(Deno.args[0])).text()",
	    "@URL@" },
	  .variables = "DENO_DIR=@DIR@ DENO_NO_UPDATE_CHECK=1",
	  .proxy = BOTH, .trust = CTL_ADVICE_DENO },
	{ .name = "Go", .programs = "go",
	  .args = { "list", "-m", "probe.invalid/sluice@latest" },
	  .variables = "GOPROXY=@URL@ GOSUMDB=off GOFLAGS=-mod=mod "
	    "GOTOOLCHAIN=local GOENV=off GOWORK=off GOPRIVATE= "
	    "GONOPROXY=none GOVCS=*:off GOAUTH=off "
	    "GOMODCACHE=@DIR@ GOCACHE=@DIR@ GO111MODULE=on",
	  .file = "go.mod", .content = "module probe\n",
	  .proxy = BOTH " (never for loopback)",
	  .trust = CTL_ADVICE_OPENSSL },
	{ .name = "Java", .programs = "java",
	  .args = { "-XX:TieredStopAtLevel=1",
	    "-Djava.net.useSystemProxies=false", "@DIR@/Probe.java",
	    "@URL@" },
	  .file = "Probe.java", .content = JAVA,
	  .proxy = JVM, .trust = CTL_ADVICE_JAVA,
	  .host = "[::ffff:127.0.0.1]" },
	{ .name = "Ruby", .programs = "ruby",
	  .args = { "-rnet/http", "-ruri", "-e",
	    "Net::HTTP.get_response(URI(ARGV[0]))", "@URL@" },
	  .proxy = BOTH, .trust = CTL_ADVICE_OPENSSL },
	{ .name = "Perl LWP", .programs = "perl",
	  .args = { "-e", LWP, "@URL@" },
	  .proxy = BOTH ", and env_proxy => 1 in the code",
	  .trust = CTL_ADVICE_PERL },
	{ .name = "PHP curl", .programs = "php",
	  .args = { "-d", "auto_prepend_file=", "-d", "auto_append_file=",
	    "-r", CURL_PHP, "@URL@" },
	  .proxy = BOTH, .trust = CTL_ADVICE_PHP },
	{ .name = "apt", .programs = "/usr/lib/apt/apt-helper",
	  .beside = "apt",
	  .args = { "-c", "@APT@", "-o", "Acquire::Retries=0",
	    "download-file", "@URL@", "@DIR@/probe" },
	  .variables = "APT_CONFIG=@DIR@/none",
	  .file = "none", .content = "Dir::Etc::Parts \"/dev/null\";\n"
	    "Dir::Etc::Main \"/dev/null\";\n",
	  .proxy = "Acquire::http::Proxy \"@PROXY@\"; and https::Proxy in "
	    "/etc/apt/apt.conf.d", .trust = CTL_ADVICE_APT },
	{ .name = "cargo", .programs = "cargo",
	  .args = { "fetch", "-q", "--manifest-path=@DIR@/Cargo.toml",
	    "--config",
	    "source.crates-io.replace-with='probe'", "--config",
	    "source.probe.registry='sparse+@URL@/'", "--config",
	    "net.retry=0" },
	  .variables = "CARGO_HOME=@DIR@/home RUSTUP_AUTO_INSTALL=0",
	  .outside = true,
	  .file = "Cargo.toml", .content = CARGO,
	  .proxy = BOTH, .trust = CTL_ADVICE_CARGO },
	/*
	 * Without a proxy it finds no host but this machine; whom it trusts
	 * its user's database says.
	 */
	{ .name = "Chromium", .programs = "chromium chromium-browser "
	    "google-chrome google-chrome-stable",
	  .args = { "--headless=new", "@SANDBOX@", "--disable-gpu",
	    "--disable-quic", "--no-first-run", "--disable-sync",
	    "--disable-background-networking", "--disable-component-update",
	    "--disable-default-apps", "--disable-domain-reliability",
	    "--disable-dev-shm-usage",
	    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 0.0.0.0, "
	    "EXCLUDE 127.0.0.1",
	    "--user-data-dir=@DIR@/profile", "--dump-dom", "@URL@" },
	  .variables = "HOME=@DIR@ XDG_CONFIG_HOME=@DIR@/config "
	    "XDG_CACHE_HOME=@DIR@/cache",
	  .link = ".pki", .filtered = true,
	  .proxy = "--proxy-server=@PROXY@ --proxy-bypass-list='<-loopback>'",
	  .trust = CTL_ADVICE_CHROMIUM },
	{ .name = NULL },
};

const struct ctl_doctor_client *
ctl_doctor_clients(void)
{
	return clients;
}

static bool
is_program(char path[PATH_MAX], const char *dir, size_t dlen,
    const char *name, size_t nlen)
{
	int n = dlen == 0 ? snprintf(path, PATH_MAX, "%.*s", (int)nlen, name) :
	    snprintf(path, PATH_MAX, "%.*s/%.*s", (int)dlen, dir, (int)nlen,
	    name);
	struct stat st;

	return n > 0 && n < PATH_MAX && path[0] == '/' &&
	    stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    access(path, X_OK) == 0;
}

static bool
find(const char *name, size_t nlen, char path[PATH_MAX])
{
	const char *dir = getenv("PATH");
	size_t n;

	if (name[0] == '/')
		return is_program(path, "", 0, name, nlen);
	while (dir != NULL && *dir != '\0') {
		n = strcspn(dir, ":");
		if (n > 0 && is_program(path, dir, n, name, nlen))
			return true;
		dir += n + (dir[n] == ':');
	}
	return false;
}

bool
ctl_doctor_client_find(const struct ctl_doctor_client *client,
    char path[PATH_MAX])
{
	const char *name = client->programs;
	size_t n;

	if (client->beside != NULL && !find(client->beside,
	    strlen(client->beside), path))
		return false;
	while (*name != '\0') {
		n = strcspn(name, " ");
		if (find(name, n, path))
			return true;
		name += n + (name[n] == ' ');
	}
	return false;
}
