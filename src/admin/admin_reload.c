/* SPDX-License-Identifier: ISC */
#include "admin/admin_reload.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include "admin/admin_answer.h"
#include "admin/admin_body.h"
#include "base/stats.h"

/* From the request to the main thread, and by mail back to the request. */

struct asked {
	struct admin_reload	 reload;
	struct mail		 mail;
	struct admin_request	*request;
	struct loop		*loop;
};

static void
free_lines(char **lines)
{
	size_t i;

	for (i = 0; lines != NULL && lines[i] != NULL; i++)
		free(lines[i]);
	free(lines);
}

static void
free_asked(struct asked *a)
{
	free(a->reload.error);
	free_lines(a->reload.warnings);
	free_lines(a->reload.changes);
	free(a);
}

static json_t *
list(char **lines)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; lines != NULL && lines[i] != NULL; i++)
		json_array_append_new(array, admin_string(lines[i]));
	return array;
}

static void
answer(struct asked *a)
{
	struct admin_request *r = a->request;

	if (a->reload.ok)
		admin_answer_json(r, 200, json_pack("{s:o, s:s, s:o, s:o}",
		    "loaded", admin_time_ns(
		    atomic_load(&stats_process.loaded)),
		    "says", a->reload.says,
		    "warnings", list(a->reload.warnings),
		    "changes", list(a->reload.changes)));
	else
		admin_answer_problem(r, 422, "a file that is right; all stays "
		    "as it was", "%s", a->reload.error != NULL ?
		    a->reload.error : "out of memory");
}

static void
deliver_cb(struct mail *m)
{
	struct asked *a = (struct asked *)(void *)((char *)m -
	    offsetof(struct asked, mail));
	struct admin_context *context = a->request->context;

	context->reloading = false;
	answer(a);
	free_asked(a);
}

/* On the main thread. */
static void
done_cb(struct admin_reload *reload)
{
	struct asked *a = (struct asked *)reload;

	loop_post(a->loop, &a->mail);
}

/* The control plane ends before there is an answer. */
static void
ended_cb(struct admin_request *r)
{
	free_asked(r->state);
}

void
admin_reload_post(struct admin_request *r)
{
	struct admin_context *context = r->context;
	const char *reason;
	struct asked *a;

	if (!admin_body_reason(r, &reason))
		return;
	if (context->draining || context->reloading) {
		admin_answer_problem(r, 409, NULL, context->draining ?
		    "the process drains" : "a reload is under way");
		return;
	}
	if ((a = calloc(1, sizeof *a)) == NULL) {
		admin_answer_problem(r, 503, NULL, "out of memory");
		return;
	}
	a->reload.done = done_cb;
	a->mail.deliver = deliver_cb;
	a->request = r;
	a->loop = context->loop;
	r->state = a;
	r->ended = ended_cb;
	context->reloading = true;
	context->reload(&a->reload, context->reload_arg);
}
