/* SPDX-License-Identifier: ISC */
#include "admin/admin_log.h"

#include <stdlib.h>

#include "admin/admin_answer.h"
#include "admin/admin_body.h"
#include "base/log.h"
#include "conf/conf.h"

#define SECOND	UINT64_C(1000000000)
#define WEEK	(7 * 86400 * SECOND)

static const char *const levels[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
	NULL,
};

struct admin_log {
	struct admin_context	*context;
	struct deadline		 until;		/* at 0: until a reload */
};

/* The time is over: what the configuration says holds again. */
static void
until_cb(void *arg)
{
	struct admin_log *l = arg;
	int level = l->context->conf->log_level;

	log_set_level((enum log_level)level);
	log_info("log.level is %s again", levels[level]);
}

struct admin_log *
admin_log_new(struct admin_context *context)
{
	struct admin_log *l;

	if ((l = calloc(1, sizeof *l)) == NULL)
		return NULL;
	l->context = context;
	deadline_init(&l->until, context->loop, until_cb, l);
	return l;
}

void
admin_log_free(struct admin_log *l)
{
	if (l == NULL)
		return;
	deadline_free(&l->until);
	free(l);
}

void
admin_log_reloaded(struct admin_log *l)
{
	deadline_set(&l->until, 0);
}

static enum log_level
level_now(void)
{
	enum log_level level = LOG_LEVEL_ERROR;

	while (level < LOG_LEVEL_DEBUG && log_enabled(level + 1))
		level++;
	return level;
}

void
admin_log_get(struct admin_request *r)
{
	uint64_t at = r->context->log->until.at;

	admin_answer_json(r, 200, json_pack("{s:s, s:o}", "level",
	    levels[level_now()], "until", at == 0 ? json_null() :
	    admin_instant(at, loop_now())));
}

void
admin_log_put(struct admin_request *r)
{
	struct admin_log *l = r->context->log;
	enum log_level before = level_now();
	uint64_t length = 0;
	const char *reason;
	int level;

	if (!admin_body_choice(r, "level", true, levels, &level) ||
	    !admin_body_duration(r, "for", false, SECOND / 1000, WEEK,
	    &length) || !admin_body_reason(r, &reason))
		return;
	/* that is told at whichever of the two lets it be seen */
	if ((int)before < level)
		log_set_level((enum log_level)level);
	log_info("log.level: %s -> %s", levels[before], levels[level]);
	log_set_level((enum log_level)level);
	deadline_set(&l->until, length > 0 ? loop_now() + length : 0);
	admin_log_get(r);
}
