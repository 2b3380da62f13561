/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STATE_LESSON_H
#define SLUICE_STATE_LESSON_H

#include <stdbool.h>

#include "hosts/state_line.h"
#include "policy/lesson.h"
#include "policy/routes.h"

/* What an answer teaches (policy/lesson.h), as words of a line. */

struct state_lesson {
	struct lesson	 lesson;
	struct route	 route;		/* of its request */
	bool		 whole;		/* there was a lesson */
};

void		 state_put_lesson(struct text *, const struct lesson *,
		    const struct route *);

/*
 * Adds what a word says, whose text has to stay; one that is not known says
 * nothing.  Returns false where it says what cannot be.
 */
bool		 state_lesson_word(struct state_lesson *,
		    const struct state_word *)
		    __attribute__((warn_unused_result));

#endif
