/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_RULE_H
#define SLUICE_CHECK_RULE_H

#include <stdio.h>
#include <string.h>

#include "check_run.h"
#include "http/http1_error.h"
#include "http/http1_request.h"
#include "policy/rule.h"

/* What the tests of rules share: one rule, and requests that it is asked of. */

static struct rule		 rule;
static struct http1_head	 head;
static char			 text[512];

static inline struct http1_str
str(const char *s)
{
	return (struct http1_str){ s, strlen(s) };
}

/* The head of a request; line: its method and target. */
static inline void
request(const char *line, const char *fields)
{
	enum http1_error wrong;

	snprintf(text, sizeof text, "%s HTTP/1.1\r\nHost: a.test\r\n%s\r\n",
	    line, fields);
	wrong = http1_request(&head, text, strlen(text));
	ck_assert_msg(wrong == HTTP1_OK, "%s: %s", http1_strerror(wrong),
	    line);
}

static inline void
pattern(struct path_pattern *p, const char *of)
{
	ck_assert_ptr_null(path_pattern_parse(p, of, strlen(of)));
}

static inline void
set_up(void)
{
	memset(&rule, 0, sizeof rule);
}

#endif
