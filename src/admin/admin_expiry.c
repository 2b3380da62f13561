/* SPDX-License-Identifier: ISC */
#include "admin/admin_expiry.h"

#include <stdlib.h>

#include "hosts/hosts_lift.h"
#include "throttle/throttle.h"

struct admin_expiry {
	struct admin_context	*context;
	struct deadline		 next;
};

static void
next_cb(void *arg)
{
	struct admin_expiry *e = arg;

	admin_expiry_set(e->context);
}

struct admin_expiry *
admin_expiry_new(struct admin_context *context)
{
	struct admin_expiry *e;

	if ((e = calloc(1, sizeof *e)) == NULL)
		return NULL;
	e->context = context;
	deadline_init(&e->next, context->loop, next_cb, e);
	return e;
}

void
admin_expiry_free(struct admin_expiry *e)
{
	if (e == NULL)
		return;
	deadline_free(&e->next);
	free(e);
}

void
admin_expiry_set(struct admin_context *context)
{
	uint64_t now = loop_now(), at;

	at = hosts_expire(context->hosts, context->loop, now);
	/* what could not be ended is tried again in a while */
	if (at <= now)
		at = now + 1000000000;
	deadline_set(&context->expiry->next, at == THROTTLE_NEVER ? 0 : at);
}
