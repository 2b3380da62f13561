/* SPDX-License-Identifier: ISC */
#include "admin/admin_dashboard.h"

#include <string.h>
#include <time.h>

#include "admin/admin_answer.h"
#include "admin/admin_hosts.h"
#include "admin/admin_request.h"
#include "admin/admin_status.h"
#include "admin/dashboard_files.h"
#include "admin/dashboard_rows.h"
#include "base/digest.h"
#include "base/text.h"

#define ROWS	100		/* that are there without scripts */

/* What the API says, to be shown. */
struct shown {
	json_t	*status;
	json_t	*hosts;
};

static void
put_css(struct text *out, const struct shown *shown)
{
	(void)shown;
	text_put(out, (const char *)dashboard_css, dashboard_css_len);
}

static void
put_js(struct text *out, const struct shown *shown)
{
	(void)shown;
	text_put(out, (const char *)dashboard_js, dashboard_js_len);
}

static void
put_rows(struct text *out, const struct shown *shown)
{
	dashboard_rows(out, shown->hosts);
}

static void
put_summary(struct text *out, const struct shown *shown)
{
	dashboard_summary(out, shown->status);
}

static void
put_process(struct text *out, const struct shown *shown)
{
	dashboard_process(out, shown->status);
}

/* To the minute: the page of a calm daemon has the same ETag for so long. */
static void
put_time(struct text *out, const struct shown *shown)
{
	time_t now = time(NULL);
	struct tm tm;

	(void)shown;
	if (gmtime_r(&now, &tm) != NULL)
		text_putf(out, "%02d:%02d UTC", tm.tm_hour, tm.tm_min);
}

/* What stands where in the page. */
static const struct {
	const char	*mark;
	void		(*put)(struct text *, const struct shown *);
} marks[] = {
	{ "<!--style-->", put_css },
	{ "<!--summary-->", put_summary },
	{ "<!--process-->", put_process },
	{ "<!--time-->", put_time },
	{ "<!--rows-->", put_rows },
	{ "<!--script-->", put_js },
};

static void
put_page(struct text *out, const struct shown *shown)
{
	const char *at = (const char *)dashboard_html;
	const char *end = at + dashboard_html_len;
	const char *mark;
	size_t i;

	for (i = 0; i < sizeof marks / sizeof marks[0]; i++) {
		mark = memmem(at, (size_t)(end - at), marks[i].mark,
		    strlen(marks[i].mark));
		if (mark == NULL)
			continue;
		text_put(out, at, (size_t)(mark - at));
		marks[i].put(out, shown);
		at = mark + strlen(marks[i].mark);
	}
	text_put(out, at, (size_t)(end - at));
}

/* The fields of the answer, ended, and its tag.  False without memory. */
static bool
put_fields(struct text *out, const struct text *page, char tag[DIGEST_TEXT])
{
	char css[DIGEST_TEXT], js[DIGEST_TEXT];

	if (!digest_text(css, dashboard_css, dashboard_css_len) ||
	    !digest_text(js, dashboard_js, dashboard_js_len) ||
	    !digest_text(tag, page->p, page->len))
		return false;
	text_putf(out, "Content-Security-Policy: default-src 'none'; "
	    "style-src 'sha256-%s'; script-src 'sha256-%s'; "
	    "connect-src 'self'; img-src data:; base-uri 'none'; "
	    "form-action 'none'; frame-ancestors 'none'\r\n", css, js);
	text_putf(out, "Cross-Origin-Opener-Policy: same-origin\r\n"
	    "Cache-Control: no-cache\r\nETag: \"%s\"\r\n", tag);
	text_put(out, "", 1);
	return !out->failed;
}

/*
 * Whether the asker has it: If-None-Match is a list of quoted tags, or "*"
 * (RFC 9110 13.1.2).  No tag of ours is a part of another one.
 */
static bool
has_it(const struct admin_request *request, const char *tag)
{
	const char *tags = request->if_none_match;

	return tags != NULL &&
	    (strcmp(tags, "*") == 0 || strstr(tags, tag) != NULL);
}

static void
send_page(struct admin_request *request, json_t *hosts)
{
	struct shown shown = { admin_status_json(request), hosts };
	struct text page = {0}, fields = {0};
	char tag[DIGEST_TEXT];

	put_page(&page, &shown);
	if (shown.status == NULL || hosts == NULL || page.failed ||
	    !put_fields(&fields, &page, tag))
		admin_answer_json(request, 503, NULL);
	else if (has_it(request, tag))
		admin_answer_text_with(request, 304, fields.p, NULL, "", 0);
	else
		admin_answer_text_with(request, 200, fields.p,
		    "text/html; charset=utf-8", page.p, page.len);
	json_decref(shown.status);
	json_decref(hosts);
	text_free(&page);
	text_free(&fields);
}

void
admin_dashboard(struct admin_request *request)
{
	admin_hosts_worst(request, ROWS, send_page);
}
