/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "ctl/ctl_doctor_checks.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "conf/conf.h"
#include "ctl/ctl_diff_limits.h"
#include "ctl/ctl_doctor_told.h"
#include "ctl/ctl_json.h"
#include "tls/tls_bundle.h"

#define MONTH	(30 * (time_t)86400)
#define RESOLV	"/etc/resolv.conf"

/* The daemon */

static void
check_daemon(struct ctl_doctor_findings *f, const struct ctl_doctor_subject *s)
{
	const char *version = ctl_string(s->status, "version", "?");

	ctl_doctor_find(f, CTL_DOCTOR_OK, "daemon", "sluice %s, process "
	    "%lld, listens at %s", version, ctl_integer(s->status, "pid"),
	    s->client->proxy);
	if (strcmp(version, PACKAGE_VERSION) != 0)
		ctl_doctor_find(f, CTL_DOCTOR_BAD, "daemon", "it is another "
		    "version than this, " PACKAGE_VERSION ": sluice upgrade, "
		    "or restart it");
	if (strcmp(ctl_string(s->status, "state", ""), "running") != 0)
		ctl_doctor_find(f, CTL_DOCTOR_BAD, "daemon", "it is ending, "
		    "and refuses what is new");
	if (s->client->users)
		ctl_doctor_find(f, CTL_DOCTOR_NOTE, "daemon", "it wants a name "
		    "and a password: http://NAME:PASSWORD@%s:%s",
		    s->client->host, s->client->port);
}

/* The configuration */

static void
count_cb(const char *path, const char *was, const char *is, void *arg)
{
	struct ctl_doctor_findings *f = arg;

	ctl_doctor_find(f, CTL_DOCTOR_BAD, "configuration", "%s is %s in the "
	    "file, and %s in force: sluice reload, or sluice diff", path,
	    is != NULL ? is : "not there", was != NULL ? was : "not there");
}

static bool
loaded_at(const struct ctl_doctor_subject *s, time_t *at)
{
	const char *text = ctl_string(ctl_member(s->status, "configuration"),
	    "loaded", "");
	struct tm tm = { 0 };

	if (strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) == NULL)
		return false;
	*at = timegm(&tm);
	return true;
}

static void
check_file(struct ctl_doctor_findings *f, const struct ctl_doctor_subject *s)
{
	struct ctl_answer a;
	struct stat st;
	time_t at;

	if (stat(s->path, &st) == 0 && loaded_at(s, &at) &&
	    st.st_mtime > at + 1)
		ctl_doctor_find(f, CTL_DOCTOR_NOTE, "configuration", "%s was "
		    "written after it was read: sluice reload", s->conf->path);
	ctl_ask_quietly(s->daemon, "GET", "/v1/hosts?by=rule&limit=1000",
	    NULL, &a);
	if (a.status == 200)
		ctl_diff_limits(ctl_member(a.json, "hosts"), s->conf,
		    count_cb, f);
	ctl_answer_done(&a);
}

static void
check_configuration(struct ctl_doctor_findings *f,
    const struct ctl_doctor_subject *s)
{
	const json_t *c = ctl_member(s->status, "configuration");
	const char *error = ctl_string(c, "last_error", NULL);
	const char *path = ctl_string(c, "path", NULL);

	if (error != NULL)
		ctl_doctor_find(f, CTL_DOCTOR_BAD, "configuration", "the last "
		    "reload failed: %s", error);
	if (s->conf != NULL)
		check_file(f, s);
	else if (path != NULL)
		ctl_doctor_find(f, CTL_DOCTOR_NOTE, "configuration", "%s "
		    "cannot be read by who runs this: hosts that are asked by "
		    "TLS, or intercepted, are not tried", path);
	if (error == NULL && s->conf != NULL)
		ctl_doctor_find(f, CTL_DOCTOR_OK, "configuration", "%s, "
		    "loaded %s", path, ctl_string(c, "loaded", "-"));
}

/* The machine */

static unsigned long
files_of(long long pid)
{
	unsigned long n = 0;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof path, "/proc/%lld/limits", pid);
	if ((f = fopen(path, "re")) == NULL)
		return 0;
	while (n == 0 && fgets(line, sizeof line, f) != NULL)
		(void)!sscanf(line, "Max open files %lu", &n);
	fclose(f);
	return n;
}

/* A connection of a client's may need another one to its host. */
static void
check_files(struct ctl_doctor_findings *f, const struct ctl_doctor_subject *s)
{
	unsigned long has = files_of(ctl_integer(s->status, "pid"));
	unsigned long long wants;

	if (has == 0 || s->conf == NULL)
		return;
	wants = 2 * (unsigned long long)s->conf->limit_connections;
	if (has < wants)
		ctl_doctor_find(f, CTL_DOCTOR_NOTE, "open files", "the daemon "
		    "may have %lu, and limits.connections wants up to %llu: "
		    "LimitNOFILE=, or ulimit -n", has, wants);
	else
		ctl_doctor_find(f, CTL_DOCTOR_OK, "open files", "up to %lu",
		    has);
}

static void
check_clock(struct ctl_doctor_findings *f)
{
	struct timex t = { .modes = 0 };

	if (adjtimex(&t) == TIME_ERROR)
		ctl_doctor_find(f, CTL_DOCTOR_NOTE, "clock", "nothing keeps it "
		    "right (NTP); hosts that name instants, and certificates, "
		    "need it to be");
	else
		ctl_doctor_find(f, CTL_DOCTOR_OK, "clock", "synchronized");
}

static unsigned
count_nameservers(void)
{
	FILE *in = fopen(RESOLV, "re");
	char line[512];
	unsigned n = 0;

	if (in == NULL)
		return 0;
	while (fgets(line, sizeof line, in) != NULL)
		n += strncmp(line, "nameserver", 10) == 0 &&
		    isspace((unsigned char)line[10]);
	fclose(in);
	return n;
}

/* Nobody is asked: that would leave this machine. */
static void
check_names(struct ctl_doctor_findings *f, const struct ctl_doctor_subject *s)
{
	unsigned n = s->conf != NULL ? (unsigned)s->conf->resolver.n : 0;
	bool own = n > 0;

	if (ctl_has(s->status, "parent"))
		return;
	n = own ? n : count_nameservers();
	if (n > 0)
		ctl_doctor_find(f, CTL_DOCTOR_OK, "DNS", "%u server%s in %s", n,
		    n == 1 ? "" : "s", own ? "resolver" : RESOLV);
	else
		ctl_doctor_find(f, CTL_DOCTOR_BAD, "DNS", "no nameserver in "
		    RESOLV ": no name of a host can be looked up");
}

/* What the daemon says of its own files and servers */

static void
check_state(struct ctl_doctor_findings *f, const struct ctl_doctor_subject *s)
{
	const json_t *state = ctl_member(s->status, "state_file");
	const char *path = ctl_string(state, "path", "the state file");

	if (!json_is_object(state))
		return;
	if (ctl_integer(state, "failures") > 0)
		ctl_doctor_find(f, CTL_DOCTOR_BAD, "state file", "%s could "
		    "not be written %lld times: see the log", path,
		    ctl_integer(state, "failures"));
	else
		ctl_doctor_find(f, CTL_DOCTOR_OK, "state file", "%s", path);
}

static void
check_store(struct ctl_doctor_findings *f, const struct ctl_doctor_subject *s)
{
	const json_t *store = ctl_member(s->status, "store");
	const char *url = ctl_string(store, "url", "the store");
	char age[CTL_WORDS];

	if (!json_is_object(store))
		return;
	(void)ctl_seconds(age, store, "age");
	if (!ctl_true(store, "connected"))
		ctl_doctor_find(f, CTL_DOCTOR_BAD, "store", "%s has not been "
		    "reached for %s: see the log", url, age);
	else
		ctl_doctor_find(f, CTL_DOCTOR_OK, "store", "%s, connected for "
		    "%s", url, age);
}

static void
check_ca(struct ctl_doctor_findings *f, const struct ctl_doctor_subject *s)
{
	time_t now = time(NULL), from, until;
	char day[32] = "";
	struct tm tm;

	if (s->client->trust == NULL ||
	    !tls_bundle_validity(s->client->trust, &from, &until))
		return;
	if (gmtime_r(&until, &tm) != NULL)
		strftime(day, sizeof day, "%Y-%m-%d", &tm);
	if (now < from)
		ctl_doctor_find(f, CTL_DOCTOR_BAD, "CA", "it is not valid yet: "
		    "is the clock right?");
	else if (now > until)
		ctl_doctor_find(f, CTL_DOCTOR_BAD, "CA", "it expired on %s: "
		    "make another one (sluice ca)", day);
	else if (now > until - MONTH)
		ctl_doctor_find(f, CTL_DOCTOR_NOTE, "CA", "it expires on %s: "
		    "make another one (sluice ca)", day);
	else
		ctl_doctor_find(f, CTL_DOCTOR_OK, "CA", "valid until %s", day);
}

bool
ctl_doctor_check(struct ctl_doctor_findings *f,
    const struct ctl_doctor_subject *s)
{
	bool may;

	check_daemon(f, s);
	check_configuration(f, s);
	check_ca(f, s);
	may = ctl_doctor_check_told(f, s);
	check_state(f, s);
	check_store(f, s);
	check_files(f, s);
	check_clock(f);
	check_names(f, s);
	return may;
}
