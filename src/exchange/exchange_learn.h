/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_LEARN_H
#define SLUICE_EXCHANGE_LEARN_H

#include "base/events.h"
#include "hint/hint.h"
#include "http/http1.h"
#include "policy/lesson.h"

/*
 * What an answer says of its host's limits, for everybody.
 */

struct exchange;

/* Returns the path (with its query) of the request as it was sent. */
struct http1_str exchange_path(const struct exchange *);
/* Returns what an answer with that status is to a lesson. */
struct lesson_answer exchange_lesson_answer(const struct exchange *,
		    int status);
/*
 * Reads what a final response's head says of the host's limits: its hint, and
 * the lesson, which its caller gives by exchange_teach(), once, when nothing
 * more is to come of the body.
 */
void		 exchange_learn(struct exchange *, const struct http1_head *,
		    struct hint *, struct lesson *);
/*
 * Puts the fields of an answer that speak of a limit into fields, where events
 * are kept: for exchange_tell_refusal() where only its body tells that it
 * refuses.  One that refuses by its head is told by exchange_learn().
 */
void		 exchange_tell_fields(const struct http1_head *,
		    char fields[EVENTS_TEXT]);
void		 exchange_tell_refusal(const struct exchange *,
		    const char *fields);
/*
 * Gives an answer's lesson to the host, and says if that pauses it; now: ns,
 * monotonic.
 */
void		 exchange_teach(struct exchange *, const struct lesson *,
		    uint64_t now);
/* The host has answered with something that tells nothing of them. */
void		 exchange_learn_success(struct exchange *);

#endif
