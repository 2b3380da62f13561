/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_ASK_H
#define SLUICE_CTL_ASK_H

#include <jansson.h>

#include "base/text.h"
#include "ctl/ctl_command.h"
#include "ctl/ctl_find.h"
#include "ctl/ctl_http.h"

/* Questions to the daemon's API (doc/openapi.yaml), and its answers. */

/* A daemon that was found. */
struct ctl_daemon {
	const struct ctl	*ctl;
	struct ctl_place	 place;
};

/* What it answers. */
struct ctl_answer {
	int		 status;	/* of HTTP; 0: there was none */
	json_t		*json;		/* an object; own reference */
	/* What went wrong, where status is 0. */
	enum ctl_http_result result;
	char		 error[256];
};

/* Finds it.  Returns CTL_DONE, or the exit status, having said why. */
int		 ctl_daemon_find(const struct ctl *, struct ctl_daemon *);

/*
 * Asks without a word about what goes wrong; json is the body, or NULL.
 * ctl_answer_done() frees the answer.
 */
void		 ctl_ask_quietly(const struct ctl_daemon *, const char *method,
		    const char *target, const json_t *json,
		    struct ctl_answer *);
/* Reads the body of an answer whose head was read. */
void		 ctl_answer_read(struct ctl_http *, struct ctl_answer *);
void		 ctl_answer_done(struct ctl_answer *);

/*
 * Says what is wrong with an answer, if anything.  Returns CTL_DONE for one of
 * status 200; or the exit status.
 */
int		 ctl_ask_judge(const struct ctl_daemon *,
		    const struct ctl_answer *);
/* The same of a connection of one's own. */
int		 ctl_ask_failed(const struct ctl_daemon *,
		    enum ctl_http_result, const char *why);

/*
 * Asks.  Returns CTL_DONE with *answer, an object that is the caller's; or the
 * exit status, having said why.
 */
int		 ctl_ask(const struct ctl_daemon *, const char *method,
		    const char *target, const json_t *json, json_t **answer);

/* Finds the daemon and gets one thing of it; as ctl_ask(). */
int		 ctl_get(const struct ctl *, const char *target,
		    json_t **answer);

/* Puts text with all encoded that a path's part or a query's cannot have. */
void		 ctl_put_encoded(struct text *, const char *);

/* Puts "?name=text", or "&name=text" where a query was begun; not of NULL. */
void		 ctl_put_query(struct text *, const char *name,
		    const char *text);

/* Ends it as a string.  Returns NULL where memory was short. */
const char	*ctl_target(struct text *);

#endif
