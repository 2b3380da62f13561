/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_control.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_value.h"
#include "ctl/ctl_args.h"
#include "ctl/ctl_ask.h"
#include "ctl/ctl_body.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"
#include "ctl/ctl_key.h"
#include "ctl/ctl_out.h"
#include "ctl/ctl_print.h"
#include "throttle/budget.h"

static void
print_change(const struct ctl *c, const json_t *change)
{
	struct ctl_paper paper = ctl_paper();
	const char *until = ctl_string(change, "until", NULL);

	(void)c;
	ctl_printf(&paper, CTL_BOLD, "%s", ctl_string(change, "key", "?"));
	ctl_printf(&paper, CTL_PLAIN, ": was %s; is %s",
	    ctl_string(change, "was", "?"), ctl_string(change, "is", "?"));
	if (until != NULL)
		ctl_printf(&paper, CTL_PLAIN, " until %s", until);
	ctl_printf(&paper, CTL_PLAIN, "\n");
}

/*
 * A host that nobody has asked yet may be paused, too.  A slip of the keys is
 * one as well: so it is said, before the answer.
 */
static void
warn_unknown(const struct ctl_daemon *d)
{
	const char *key = ctl_operand(d->ctl, 0);
	char *near;

	if (d->ctl->json || ctl_key_known(d, key))
		return;
	near = ctl_key_nearest(d, key);
	ctl_note(d->ctl, "nobody has asked for %s yet%s%s", key,
	    near != NULL ? "; there is " : "", near != NULL ? near : "");
	free(near);
}

/* With a body, or NULL. */
static int
change(struct ctl *c, const char *method, const char *tail, bool may_be_new,
    const json_t *body)
{
	struct ctl_daemon daemon;
	json_t *answer = NULL;
	int status = ctl_daemon_find(c, &daemon);

	if (status == CTL_DONE) {
		if (may_be_new)
			warn_unknown(&daemon);
		status = ctl_key_ask(&daemon, method, tail, body, &answer);
	}
	return ctl_out(c, status, answer, print_change);
}

/* The same with the reason for it; takes the body's reference. */
static int
change_with(struct ctl *c, const char *method, const char *tail,
    bool may_be_new, json_t *body)
{
	int status = ctl_body_option(c, body, "reason");

	if (status == CTL_DONE)
		status = change(c, method, tail, may_be_new, body);
	json_decref(body);
	return status;
}

int
ctl_pause(struct ctl *c)
{
	json_t *body = json_object();
	int status = ctl_body_put(c, body, "for", ctl_operand(c, 1), "TIME");

	if (status == CTL_DONE)
		return change_with(c, "POST", "/pause", true, body);
	json_decref(body);
	return status;
}

int
ctl_resume(struct ctl *c)
{
	return change_with(c, "POST", "/resume", false, json_object());
}

int
ctl_drain(struct ctl *c)
{
	return change_with(c, "POST", "/drain", true, json_object());
}

int
ctl_forget(struct ctl *c)
{
	return change_with(c, "POST", "/forget", false, json_object());
}

int
ctl_unset(struct ctl *c)
{
	return change(c, "DELETE", "/limits", false, NULL);
}

/* set */

/*
 * Returns what it is to be, read as the configuration would; NULL, *right false
 * where it is no such value.
 */
static json_t *
value_of(const char *name, const char *value, bool *right)
{
	uint64_t n = 0;

	if (strcmp(name, "period") == 0) {
		*right = conf_duration(value, &n) == NULL;
		return *right ? json_string(value) : NULL;
	}
	if (strcmp(name, "concurrency") == 0) {
		*right = conf_integer(value, &n) == NULL && n <= UINT32_MAX;
		return *right ? json_integer((json_int_t)n) : NULL;
	}
	*right = conf_units(value, &n) == NULL && n > 0 && n != UINT64_MAX;
	return *right ? json_real((double)n / BUDGET_UNIT) : NULL;
}

static const struct {
	const char	*name;
	const char	*expected;
} settings[] = {
	{ "capacity", "a number above 0" },
	{ "period", "a time such as 1s or 1m" },
	{ "burst", "a number above 0" },
	{ "concurrency", "a whole number, 0 for no limit" },
};

static int
wrong_setting(const struct ctl *c, const char *text)
{
	return ctl_fail(c, CTL_USAGE, "\"%s\" is no limit; expected "
	    "capacity=, period=, burst= or concurrency=, with a value", text);
}

static int
put_setting(const struct ctl *c, json_t *body, const char *text)
{
	const char *equals = strchr(text, '=');
	json_t *value;
	size_t i, n;
	bool right;

	if (equals == NULL)
		return wrong_setting(c, text);
	n = (size_t)(equals - text);
	for (i = 0; i < sizeof settings / sizeof settings[0]; i++) {
		if (strlen(settings[i].name) != n ||
		    strncmp(settings[i].name, text, n) != 0)
			continue;
		value = value_of(settings[i].name, equals + 1, &right);
		if (!right)
			return ctl_fail(c, CTL_USAGE, "%s: \"%s\" is not "
			    "right; expected %s", settings[i].name,
			    equals + 1, settings[i].expected);
		if (json_object_get(body, settings[i].name) != NULL) {
			json_decref(value);
			return ctl_fail(c, CTL_USAGE, "%s= is there twice; "
			    "expected one of them", settings[i].name);
		}
		return json_object_set_new(body, settings[i].name,
		    value) == 0 ? CTL_DONE : ctl_fail(c, CTL_FAILED,
		    "out of memory");
	}
	return wrong_setting(c, text);
}

int
ctl_set(struct ctl *c)
{
	json_t *body = json_object();
	unsigned i;
	int status;

	for (i = 1; i < c->nargs; i++) {
		status = put_setting(c, body, c->args[i]);
		if (status != CTL_DONE) {
			json_decref(body);
			return status;
		}
	}
	if (ctl_arg(c, "for") == NULL) {
		json_decref(body);
		return ctl_fail(c, CTL_USAGE, "--for TIME is missing: for how "
		    "long? The configuration is for good");
	}
	status = ctl_body_option(c, body, "for");
	if (status == CTL_DONE)
		return change_with(c, "PUT", "/limits", true, body);
	json_decref(body);
	return status;
}

/* overrides */

static void
print_overrides(const struct ctl *c, const json_t *answer)
{
	const json_t *list = ctl_member(answer, "overrides"), *o;
	struct ctl_paper paper = ctl_paper();
	size_t i, n = json_array_size(list);
	char left[CTL_WORDS];
	struct ctl_table *t;

	if (n == 0) {
		ctl_note(c, "nothing is overridden");
		return;
	}
	t = ctl_table_new("HOST|WHAT|IS|WAS|>LEFT|BY|SINCE|REASON");
	for (i = 0; i < n; i++) {
		o = json_array_get(list, i);
		ctl_cell(t, CTL_PLAIN, "%s", ctl_string(o, "key", "?"));
		ctl_cell(t, CTL_PLAIN, "%s", ctl_string(o, "kind", ""));
		ctl_cell(t, CTL_WARN, "%s", ctl_string(o, "is", ""));
		ctl_cell(t, CTL_PLAIN, "%s", ctl_string(o, "was", ""));
		ctl_cell(t, CTL_PLAIN, "%s", ctl_seconds(left, o,
		    "remaining"));
		ctl_cell(t, CTL_PLAIN, "%s", ctl_string(o, "by", ""));
		ctl_cell(t, CTL_PLAIN, "%s", ctl_string(o, "since", ""));
		ctl_cell(t, CTL_PLAIN, "%s", ctl_string(o, "reason", ""));
	}
	ctl_table_print(t, &paper, 0, n, -1);
	ctl_table_free(t);
}

int
ctl_overrides(struct ctl *c)
{
	json_t *answer = NULL;
	int status = ctl_get(c, "/v1/overrides", &answer);

	return ctl_out(c, status, answer, print_overrides);
}
