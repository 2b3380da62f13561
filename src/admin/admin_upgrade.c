/* SPDX-License-Identifier: ISC */
#include "admin/admin_upgrade.h"

#include <stddef.h>
#include <stdlib.h>

#include "admin/admin_answer.h"
#include "admin/admin_body.h"

/* From the request to the main thread, and by mail back to the request. */

struct asked {
	struct admin_upgrade	 upgrade;
	struct mail		 mail;
	struct admin_request	*request;
	struct loop		*loop;
};

static void
free_asked(struct asked *a)
{
	free(a->upgrade.error);
	free(a);
}

/* With what there is to be said where it has not come up. */
static void
answer_failed(struct admin_request *r, const struct admin_upgrade *u)
{
	static const int statuses[] = {
		[ADMIN_UPGRADE_REFUSED] = 409,
		[ADMIN_UPGRADE_WRONG] = 422,
		[ADMIN_UPGRADE_FAILED] = 500,
		[ADMIN_UPGRADE_LATE] = 504,
	};

	admin_answer_problem(r, statuses[u->outcome],
	    u->outcome == ADMIN_UPGRADE_WRONG ? "a configuration that is "
	    "right; all stays as it was" : NULL, "%s",
	    u->error != NULL ? u->error : "out of memory");
}

static void
deliver_cb(struct mail *m)
{
	struct asked *a = (struct asked *)(void *)((char *)m -
	    offsetof(struct asked, mail));
	struct admin_request *r = a->request;

	r->context->upgrading = false;
	if (a->upgrade.outcome == ADMIN_UPGRADED)
		admin_answer_json(r, 200, json_pack("{s:I}", "pid",
		    (json_int_t)a->upgrade.pid));
	else
		answer_failed(r, &a->upgrade);
	free_asked(a);
}

/* On the main thread. */
static void
done_cb(struct admin_upgrade *upgrade)
{
	struct asked *a = (struct asked *)upgrade;

	loop_post(a->loop, &a->mail);
}

/* The control plane ends before there is an answer. */
static void
ended_cb(struct admin_request *r)
{
	free_asked(r->state);
}

void
admin_upgrade_post(struct admin_request *r)
{
	struct admin_context *context = r->context;
	const char *reason;
	struct asked *a;

	if (!admin_body_reason(r, &reason))
		return;
	if (context->draining || context->upgrading) {
		admin_answer_problem(r, 409, NULL, context->draining ?
		    "the process drains" : "an upgrade is under way");
		return;
	}
	if ((a = calloc(1, sizeof *a)) == NULL) {
		admin_answer_problem(r, 503, NULL, "out of memory");
		return;
	}
	a->upgrade.done = done_cb;
	a->mail.deliver = deliver_cb;
	a->request = r;
	a->loop = context->loop;
	r->state = a;
	r->ended = ended_cb;
	context->upgrading = true;
	context->upgrade(&a->upgrade, context->upgrade_arg);
}
