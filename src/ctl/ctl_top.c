/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_top.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf_value.h"
#include "ctl/ctl_ask.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_host_row.h"
#include "ctl/ctl_json.h"
#include "ctl/ctl_key.h"
#include "ctl/ctl_print.h"
#include "ctl/ctl_screen.h"

#define EACH	UINT64_C(1000000000)	/* ns between two pictures */
#define PATIENT	(2 * EACH)		/* ns: keys are not heard meanwhile */
#define AROUND	4			/* lines that are not hosts */

struct top {
	struct ctl		 ctl;		/* with less patience */
	struct ctl_daemon	 daemon;
	struct ctl_paper	 paper;
	unsigned		 lines;
	json_t			*status;	/* the last that came */
	json_t			*hosts;
	char			 error[512];	/* of the last picture; or "" */
	char			 message[512];	/* what was done; or "" */
	char			*picked;	/* the key of a host; or NULL */
	size_t			 at;		/* its row */
	size_t			 first;		/* row that is shown */
};

/* What is to be shown */

/* Keeps the answer in place of the last one. */
static bool
fetch(struct top *top, const char *target, json_t **kept)
{
	struct ctl_answer a;
	bool ok;

	ctl_ask_quietly(&top->daemon, "GET", target, NULL, &a);
	ok = a.status == 200;
	if (ok) {
		json_decref(*kept);
		*kept = json_incref(a.json);
	} else {
		snprintf(top->error, sizeof top->error, "%s: %s",
		    top->daemon.place.path, a.status == 0 ? a.error :
		    ctl_string(a.json, "detail", "refused"));
	}
	ctl_answer_done(&a);
	return ok;
}

static const json_t *
rows(const struct top *top)
{
	return ctl_member(top->hosts, "hosts");
}

static const char *
key_at(const struct top *top, size_t row)
{
	return ctl_string(json_array_get(rows(top), row), "key", NULL);
}

static void
pick(struct top *top, size_t row)
{
	const char *key = key_at(top, row);

	free(top->picked);
	top->picked = key != NULL ? strdup(key) : NULL;
	top->at = row;
}

/* The one that was picked may stand elsewhere now, or nowhere. */
static void
find_picked(struct top *top)
{
	size_t i, n = json_array_size(rows(top));

	for (i = 0; i < n && top->picked != NULL; i++)
		if (strcmp(key_at(top, i) != NULL ? key_at(top, i) : "",
		    top->picked) == 0) {
			top->at = i;
			return;
		}
	pick(top, top->at < n ? top->at : n > 0 ? n - 1 : 0);
}

static void
refresh(struct top *top)
{
	top->error[0] = '\0';
	if (fetch(top, "/v1/status", &top->status) &&
	    fetch(top, "/v1/hosts?limit=1000", &top->hosts))
		find_picked(top);
}

/* The picture */

static void
draw_head(const struct top *top)
{
	const struct ctl_paper *p = &top->paper;
	const json_t *s = top->status;
	char up[CTL_WORDS], oldest[CTL_WORDS], line[512];
	unsigned columns;
	size_t n;

	n = (size_t)snprintf(line, sizeof line, "sluice %s %s for %s  hosts "
	    "%lld, paused %lld  waiting %lld (%s)  in flight %lld  refused "
	    "%lld", ctl_string(s, "version", ""), ctl_string(s, "state", "?"),
	    ctl_seconds(up, s, "up"), ctl_integer(s, "hosts"),
	    ctl_integer(s, "paused"), ctl_integer(s, "waiting"),
	    ctl_seconds(oldest, s, "oldest_wait"), ctl_integer(s,
	    "in_flight"), ctl_integer(s, "refused_last_hour"));
	if (n >= sizeof line)
		n = sizeof line - 1;
	n = ctl_print_fit(line, n, p->width, &columns);
	ctl_printf(p, CTL_BOLD, "%.*s\n", (int)n, line);
}

/* A line that is no wider than the screen. */
static void
draw_line(const struct top *top, enum ctl_style style, const char *text)
{
	struct text safe = { NULL, 0, 0, false };
	unsigned columns;
	size_t n = 0;

	ctl_print_safe(&safe, text, strlen(text));
	if (safe.len > 0)
		n = ctl_print_fit(safe.p, safe.len, top->paper.width,
		    &columns);
	ctl_printf(&top->paper, style, "%.*s\n", (int)n, safe.len > 0 ?
	    safe.p : "");
	text_free(&safe);
}

static void
draw_hosts(struct top *top)
{
	size_t i, n = json_array_size(rows(top));
	size_t room = top->lines > AROUND ? top->lines - AROUND : 1;
	struct ctl_table *t = ctl_host_table();

	for (i = 0; i < n; i++)
		ctl_host_row(t, json_array_get(rows(top), i));
	if (top->at < top->first)
		top->first = top->at;
	if (top->at >= top->first + room)
		top->first = top->at - room + 1;
	if (top->first + room > n)
		top->first = n > room ? n - room : 0;
	ctl_table_print(t, &top->paper, top->first, room,
	    top->picked != NULL ? (long)top->at : -1);
	for (i = n - top->first; i < room; i++)
		fputc('\n', top->paper.out);
	ctl_table_free(t);
}

/* prompt: what is asked, with what was typed so far; or NULL. */
static void
draw(struct top *top, const char *prompt)
{
	char *picture = NULL;
	size_t size, n;

	ctl_screen_size(&top->lines, &top->paper.width);
	top->paper.out = open_memstream(&picture, &size);
	if (top->paper.out == NULL)
		return;
	draw_head(top);
	if (top->error[0] != '\0')
		draw_line(top, CTL_BAD, top->error);
	else
		draw_line(top, CTL_PLAIN, top->message);
	draw_hosts(top);
	draw_line(top, prompt != NULL ? CTL_BOLD : CTL_DIM, prompt != NULL ?
	    prompt : "up, down  p pause  r resume  q quit");
	fclose(top->paper.out);
	n = size > 0 && picture[size - 1] == '\n' ? size - 1 : size;
	ctl_screen_draw(picture, n);
	free(picture);
}

/* Asking */

/* Asks for a line.  Returns false where it was given up. */
static bool
ask_line(struct top *top, const char *question, char *line, size_t size)
{
	char prompt[1024];
	size_t n = 0;
	int key;

	line[0] = '\0';
	for (;;) {
		snprintf(prompt, sizeof prompt, "%s %s_", question, line);
		draw(top, prompt);
		key = ctl_screen_key(ctl_http_now() + EACH);
		if (key == '\r' || key == '\n')
			return true;
		if (key == CTL_KEY_ESCAPE || key == CTL_KEY_END)
			return false;
		if ((key == '\b' || key == 0x7f) && n > 0) {
			while (n > 0 && (line[--n] & 0xc0) == 0x80)
				;
			line[n] = '\0';
		} else if (key >= ' ' && key < CTL_KEY_NONE && key != 0x7f &&
		    n + 1 < size) {
			line[n++] = (char)key;
			line[n] = '\0';
		}
	}
}

static void tell(struct top *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

static void
tell(struct top *top, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(top->message, sizeof top->message, format, ap);
	va_end(ap);
}

/* Takes the body's reference. */
static void
change(struct top *top, const char *key, const char *tail, json_t *body)
{
	struct text target = { NULL, 0, 0, false };
	struct ctl_answer a = { .status = 0 };

	if (ctl_key_target(&target, key, tail) && body != NULL)
		ctl_ask_quietly(&top->daemon, "POST", target.p, body, &a);
	if (a.status == 200)
		tell(top, "%s: was %s; is %s", key, ctl_string(a.json, "was",
		    "?"), ctl_string(a.json, "is", "?"));
	else
		tell(top, "%s: %s", key, a.status == 0 ? a.error :
		    ctl_string(a.json, "detail", "refused"));
	ctl_answer_done(&a);
	text_free(&target);
	json_decref(body);
}

static void
pause_picked(struct top *top)
{
	char *key = strdup(top->picked), question[512];
	char time[32], reason[200];
	uint64_t ns;

	if (key == NULL)
		return;
	snprintf(question, sizeof question, "Pause %s for (30s):", key);
	if (!ask_line(top, question, time, sizeof time))
		tell(top, "%s is not paused", key);
	else if (time[0] != '\0' && conf_duration(time, &ns) != NULL)
		tell(top, "\"%s\" is no time such as 30s, 5m or 1h", time);
	else if (!ask_line(top, "Why?", reason, sizeof reason))
		tell(top, "%s is not paused", key);
	else
		change(top, key, "/pause", json_pack("{s:s, s:s}", "for",
		    time[0] != '\0' ? time : "30s", "reason", reason));
	free(key);
}

static void
resume_picked(struct top *top)
{
	char *key = strdup(top->picked), question[512], answer[8];

	if (key == NULL)
		return;
	snprintf(question, sizeof question, "Resume %s (y/n)?", key);
	if (ask_line(top, question, answer, sizeof answer) &&
	    (answer[0] == 'y' || answer[0] == 'Y'))
		change(top, key, "/resume", json_object());
	else
		tell(top, "%s is not resumed", key);
	free(key);
}

/* Returns whether it goes on. */
static bool
obey(struct top *top, int key)
{
	switch (key) {
	case 'q':
	case CTL_KEY_END:
		return false;
	case 'k':
	case CTL_KEY_UP:
		if (top->at > 0)
			pick(top, top->at - 1);
		return true;
	case 'j':
	case CTL_KEY_DOWN:
		if (top->at + 1 < json_array_size(rows(top)))
			pick(top, top->at + 1);
		return true;
	case 'p':
	case 'r':
		if (top->picked == NULL)
			return true;
		if (key == 'p')
			pause_picked(top);
		else
			resume_picked(top);
		refresh(top);
		return true;
	default:
		return true;
	}
}

static void
show(struct top *top)
{
	uint64_t next = ctl_http_now() + EACH;
	bool goes_on = true;

	while (goes_on) {
		draw(top, NULL);
		goes_on = obey(top, ctl_screen_key(next));
		if (goes_on && ctl_http_now() >= next) {
			refresh(top);
			next = ctl_http_now() + EACH;
		}
	}
}

/* Once, for a file or a pipe. */
static int
print_once(struct ctl *c, json_t *hosts)
{
	const json_t *list = ctl_member(hosts, "hosts");
	struct ctl_paper paper = ctl_paper();
	struct ctl_table *t;
	size_t i;

	if (c->json)
		return ctl_print_json(hosts) ? CTL_DONE : ctl_fail(c,
		    CTL_FAILED, "out of memory");
	t = ctl_host_table();
	for (i = 0; i < json_array_size(list); i++)
		ctl_host_row(t, json_array_get(list, i));
	ctl_table_print(t, &paper, 0, i, -1);
	ctl_table_free(t);
	return CTL_DONE;
}

/* The first answers come before the screen: what is wrong is said outside. */
static int
start(struct top *top, struct ctl *c)
{
	int status = ctl_daemon_find(c, &top->daemon);

	if (status == CTL_DONE)
		status = ctl_ask(&top->daemon, "GET", "/v1/status", NULL,
		    &top->status);
	if (status == CTL_DONE)
		status = ctl_ask(&top->daemon, "GET", "/v1/hosts?limit=1000",
		    NULL, &top->hosts);
	return status;
}

int
ctl_top(struct ctl *c)
{
	struct top top = { .ctl = *c, .paper = ctl_paper() };
	int status = start(&top, c);

	if (status != CTL_DONE)
		;
	else if (c->json || !isatty(STDOUT_FILENO)) {
		status = print_once(c, top.hosts);
	} else if (!ctl_screen_open()) {
		status = ctl_fail(c, CTL_FAILED, "standard input: %s",
		    strerror(errno));
	} else {
		top.daemon.ctl = &top.ctl;
		if (top.ctl.timeout > PATIENT)
			top.ctl.timeout = PATIENT;
		pick(&top, 0);
		show(&top);
		ctl_screen_close();
	}
	json_decref(top.status);
	json_decref(top.hosts);
	free(top.picked);
	return status;
}
