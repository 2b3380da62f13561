/* SPDX-License-Identifier: ISC */
#include "admin/admin_event.h"

#include "admin/admin_match.h"
#include "admin/admin_value.h"

/* What can be said of it to everybody: texts may name paths, people, files. */
static const char *
plain_text(enum event_kind kind)
{
	static const char *const texts[] = {
		[EVENT_REFUSAL] = "refused a request for a limit",
		[EVENT_PAUSE] = "paused",
		[EVENT_RESUME] = "resumed by an operator",
		[EVENT_RECOVERY] = "the pause is over: one request asks",
		[EVENT_OPEN] = "the configured limits hold again",
		[EVENT_WAIT] = "the first request waits",
		[EVENT_FULL] = "requests are refused",
		[EVENT_NOT_FULL] = "requests are not refused any more",
		[EVENT_DRAIN] = "drained by an operator",
		[EVENT_FORGET] = "made as new by an operator",
		[EVENT_OVERRIDE] = "limits set or unset by an operator",
		[EVENT_RELOAD] = "the configuration was read",
		[EVENT_WARNING] = "a warning was logged",
	};

	return texts[kind];
}

static json_t *
text_or_null(const char *text)
{
	return text[0] != '\0' ? admin_string(text) : json_null();
}

json_t *
admin_event_json(const struct event_told *e, bool full)
{
	return json_pack("{s:I, s:o, s:s, s:o, s:o, s:o, s:o}",
	    "id", (json_int_t)e->id, "time", admin_time(e->time),
	    "kind", events_word(e->kind),
	    "host", full ? text_or_null(e->host) : json_null(),
	    "rule", text_or_null(e->rule),
	    "text", admin_string(full ? e->text : plain_text(e->kind)),
	    "fields", full ? text_or_null(e->fields) : json_null());
}

bool
admin_event_fits(const struct event_told *e, bool full, const char *search)
{
	return search == NULL || admin_match(search, full ? e->host : e->rule);
}
