/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_hosts.h"

#include <stdlib.h>

#include "ctl/ctl_args.h"
#include "ctl/ctl_ask.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_host_row.h"
#include "ctl/ctl_json.h"

#define PAGE	"1000"	/* hosts in an answer, at most */

/* The target of the page behind one, or of the first. */
static const char *
page(const struct ctl *c, struct text *target, const char *after)
{
	text_reset(target);
	text_puts(target, "/v1/hosts");
	ctl_put_query(target, "match", ctl_operand(c, 0));
	ctl_put_query(target, "state", ctl_arg(c, "state"));
	ctl_put_query(target, "sort", ctl_arg(c, "sort"));
	ctl_put_query(target, "by", ctl_arg(c, "by"));
	ctl_put_query(target, "limit", ctl_arg(c, "limit") != NULL ?
	    ctl_arg(c, "limit") : PAGE);
	ctl_put_query(target, "after", after);
	return ctl_target(target);
}

/* Adds a page to what is there. */
static void
append(json_t **all, json_t *more)
{
	json_t *hosts;

	if (*all == NULL) {
		*all = json_incref(more);
		return;
	}
	hosts = json_object_get(*all, "hosts");
	(void)json_array_extend(hosts, json_object_get(more, "hosts"));
	(void)json_object_set(*all, "next", json_object_get(more, "next"));
}

/* All pages; with --limit the first one only. */
static int
get_all(const struct ctl_daemon *d, json_t **all)
{
	struct text target = { NULL, 0, 0, false };
	json_t *answer = NULL;
	const char *next = NULL, *to;
	int status;

	do {
		to = page(d->ctl, &target, next);
		status = to == NULL ? ctl_fail(d->ctl, CTL_FAILED,
		    "out of memory") : ctl_ask(d, "GET", to, NULL, &answer);
		if (status != CTL_DONE)
			break;
		append(all, answer);
		next = json_array_size(ctl_member(answer, "hosts")) > 0 ?
		    ctl_string(*all, "next", NULL) : NULL;
		json_decref(answer);
	} while (next != NULL && ctl_arg(d->ctl, "limit") == NULL);
	text_free(&target);
	return status;
}

static void
print_keys(const json_t *hosts)
{
	size_t i;

	for (i = 0; i < json_array_size(hosts); i++)
		printf("%s\n", ctl_string(json_array_get(hosts, i), "key",
		    ""));
}

static void
print_table(const struct ctl *c, const json_t *answer)
{
	const json_t *hosts = ctl_member(answer, "hosts");
	struct ctl_paper paper = ctl_paper();
	struct ctl_table *t;
	size_t i, n = json_array_size(hosts);

	if (n == 0) {
		ctl_note(c, "%s", ctl_operand(c, 0) != NULL ||
		    ctl_arg(c, "state") != NULL ? "no host is like that" :
		    "there are no hosts yet");
		return;
	}
	t = ctl_host_table();
	for (i = 0; i < n; i++)
		ctl_host_row(t, json_array_get(hosts, i));
	ctl_table_print(t, &paper, 0, n, -1);
	ctl_table_free(t);
	if ((long long)n < ctl_integer(answer, "total"))
		ctl_note(c, "%zu of %lld", n, ctl_integer(answer, "total"));
}

int
ctl_hosts(struct ctl *c)
{
	struct ctl_daemon daemon;
	json_t *all = NULL;
	int status = ctl_daemon_find(c, &daemon);

	if (status == CTL_DONE)
		status = get_all(&daemon, &all);
	if (status != CTL_DONE)
		;
	else if (c->json)
		status = ctl_print_json(all) ? CTL_DONE :
		    ctl_fail(c, CTL_FAILED, "out of memory");
	else if (ctl_arg_is(c, "keys"))
		print_keys(ctl_member(all, "hosts"));
	else
		print_table(c, all);
	json_decref(all);
	return status;
}
