/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_status.h"

#include "base/text.h"
#include "ctl/ctl_ask.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"
#include "ctl/ctl_print.h"

static void
print_process(const struct ctl_paper *paper, const json_t *s)
{
	const char *state = ctl_string(s, "state", "");
	char up[CTL_WORDS];

	ctl_printf(paper, CTL_BOLD, "sluice %s", ctl_string(s, "version", ""));
	ctl_printf(paper, CTL_PLAIN, ", ");
	ctl_printf(paper, strcmp(state, "running") == 0 ? CTL_GOOD : CTL_WARN,
	    "%s", state);
	ctl_printf(paper, CTL_PLAIN, " for %s, process %lld, event loops %lld"
	    "\n", ctl_seconds(up, s, "up"), ctl_integer(s, "pid"),
	    ctl_integer(s, "workers"));
}

static void
print_listen(const struct ctl_paper *paper, const json_t *listen)
{
	const char *address;
	size_t i;

	for (i = 0; i < json_array_size(listen); i++) {
		address = json_string_value(json_array_get(listen, i));
		ctl_printf(paper, CTL_PLAIN, "%s%s", i == 0 ?
		    "listening      " : " ", address != NULL ? address : "-");
	}
	if (i > 0)
		ctl_printf(paper, CTL_PLAIN, "\n");
}

static void
print_configuration(const struct ctl_paper *paper, const json_t *c)
{
	const char *error = ctl_string(c, "last_error", NULL);

	ctl_printf(paper, CTL_PLAIN, "configuration  %s, loaded %s, reloads "
	    "%lld\n", ctl_string(c, "path", "none"), ctl_string(c, "loaded",
	    "-"), ctl_integer(c, "reloads"));
	if (error != NULL)
		ctl_printf(paper, CTL_BAD, "last error     %s\n", error);
}

static void
print_state(const struct ctl_paper *paper, const json_t *s)
{
	char age[CTL_WORDS], bytes[CTL_WORDS];

	if (!json_is_object(s))
		return;
	ctl_printf(paper, CTL_PLAIN, "state file     %s, %s",
	    ctl_string(s, "path", "none"),
	    ctl_bytes(bytes, ctl_number(s, "bytes")));
	if (ctl_has(s, "age"))
		ctl_printf(paper, CTL_PLAIN, ", written %s ago",
		    ctl_seconds(age, s, "age"));
	if (ctl_integer(s, "failures") > 0)
		ctl_printf(paper, CTL_BAD, ", not written %lld times",
		    ctl_integer(s, "failures"));
	ctl_printf(paper, CTL_PLAIN, "\n");
}

static void
print_store(const struct ctl_paper *paper, const json_t *s)
{
	bool connected = ctl_true(s, "connected");
	char age[CTL_WORDS];

	if (!json_is_object(s))
		return;
	ctl_printf(paper, CTL_PLAIN, "store          %s, ",
	    ctl_string(s, "url", "not told"));
	ctl_printf(paper, connected ? CTL_PLAIN : CTL_BAD, "%s for %s",
	    connected ? "connected" : "not connected",
	    ctl_seconds(age, s, "age"));
	if (ctl_integer(s, "proxies") > 0)
		ctl_printf(paper, CTL_PLAIN, ", %lld %s",
		    ctl_integer(s, "proxies"),
		    ctl_integer(s, "proxies") == 1 ? "proxy" : "proxies");
	ctl_printf(paper, CTL_PLAIN, ", %lld leases, %lld slots, asked %lld times",
	    ctl_integer(s, "leases"), ctl_integer(s, "slots"),
	    ctl_integer(s, "operations"));
	if (ctl_integer(s, "failures") > 0)
		ctl_printf(paper, CTL_WARN, ", %lld without an answer",
		    ctl_integer(s, "failures"));
	if (ctl_integer(s, "without") > 0)
		ctl_printf(paper, CTL_BAD, ", %lld budgets without it",
		    ctl_integer(s, "without"));
	ctl_printf(paper, CTL_PLAIN, "\n");
}

static void
print_hosts(const struct ctl_paper *paper, const json_t *s)
{
	long long paused = ctl_integer(s, "paused");
	char oldest[CTL_WORDS];

	ctl_printf(paper, CTL_PLAIN, "hosts          %lld, paused ",
	    ctl_integer(s, "hosts"));
	ctl_printf(paper, paused > 0 ? CTL_BAD : CTL_PLAIN, "%lld\n", paused);
	ctl_printf(paper, CTL_PLAIN, "waiting        %lld",
	    ctl_integer(s, "waiting"));
	if (ctl_has(s, "oldest_wait"))
		ctl_printf(paper, CTL_WARN, ", the oldest for %s",
		    ctl_seconds(oldest, s, "oldest_wait"));
	ctl_printf(paper, CTL_PLAIN, "\n");
	ctl_printf(paper, CTL_PLAIN, "in flight      %lld\n",
	    ctl_integer(s, "in_flight"));
	ctl_printf(paper, CTL_PLAIN, "refused        %lld in the last hour, "
	    "for a limit\n", ctl_integer(s, "refused_last_hour"));
	ctl_printf(paper, CTL_PLAIN, "overrides      %lld\n",
	    ctl_integer(s, "overrides"));
}

static void
print_load(const struct ctl_paper *paper, const json_t *s)
{
	const json_t *memory = ctl_member(s, "memory");
	char used[CTL_WORDS], limit[CTL_WORDS];

	ctl_printf(paper, CTL_PLAIN, "connections    %lld, of %lld client%s\n",
	    ctl_integer(s, "connections"), ctl_integer(s, "clients"),
	    ctl_integer(s, "clients") == 1 ? "" : "s");
	ctl_printf(paper, CTL_PLAIN, "requests       %lld since %s\n",
	    ctl_integer(s, "requests"), ctl_string(s, "started", "the start"));
	ctl_printf(paper, CTL_PLAIN, "memory         %s of %s\n",
	    ctl_bytes(used, ctl_number(memory, "used")),
	    ctl_bytes(limit, ctl_number(memory, "limit")));
}

static void
print_status(const json_t *s)
{
	const char *parent = ctl_string(s, "parent", NULL);
	struct ctl_paper paper = ctl_paper();

	print_process(&paper, s);
	print_listen(&paper, ctl_member(s, "listen"));
	print_configuration(&paper, ctl_member(s, "configuration"));
	print_state(&paper, ctl_member(s, "state_file"));
	print_store(&paper, ctl_member(s, "store"));
	if (parent != NULL)
		ctl_printf(&paper, CTL_PLAIN, "via parent     %s\n", parent);
	print_hosts(&paper, s);
	print_load(&paper, s);
}

/* The answer has a version of its own, the program's: it stands below. */
static int
print_status_json(const struct ctl *c, json_t *s)
{
	json_t *all = json_pack("{s:O}", "status", s);
	bool ok = ctl_print_json(all);

	json_decref(all);
	return ok ? CTL_DONE : ctl_fail(c, CTL_FAILED, "out of memory");
}

int
ctl_status(struct ctl *c)
{
	json_t *answer = NULL;
	int status = ctl_get(c, "/v1/status", &answer);

	if (status == CTL_DONE && c->json)
		status = print_status_json(c, answer);
	else if (status == CTL_DONE)
		print_status(answer);
	json_decref(answer);
	return status;
}
