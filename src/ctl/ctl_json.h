/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_JSON_H
#define SLUICE_CTL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/*
 * Members of what the daemon answers.  It may be a newer one, or none of ours:
 * what is missing, or of another type, reads as nothing.
 */

/* Returns a member's text; fallback where there is none. */
const char	*ctl_string(const json_t *, const char *name,
		    const char *fallback);
/* Returns a member's number; 0 where there is none. */
double		 ctl_number(const json_t *, const char *name);
/* The same, of which no fraction counts. */
long long	 ctl_integer(const json_t *, const char *name);
bool		 ctl_true(const json_t *, const char *name);
/* Returns whether the member is there, and not null. */
bool		 ctl_has(const json_t *, const char *name);
/* Returns a member's object or list; NULL where there is none. */
const json_t	*ctl_member(const json_t *, const char *name);

/* The shape of what --json prints; a new number only where a member goes. */
#define CTL_VERSION	1
/* ... and how: in one line, numbers as short as they were. */
#define CTL_DUMP	(JSON_COMPACT | JSON_REAL_PRECISION(15))

/* Room for the words of a time or a number. */
#define CTL_WORDS	64	/* as WORDS of words.h */

/* Seconds as words, such as "1.5 s"; "-" for no number.  Returns buf. */
const char	*ctl_seconds(char buf[CTL_WORDS], const json_t *,
		    const char *name);
/* A number with as many decimals as it needs, three at most.  Returns buf. */
const char	*ctl_figure(char buf[CTL_WORDS], double);
/* Bytes as words, such as "1.5 MiB".  Returns buf. */
const char	*ctl_bytes(char buf[CTL_WORDS], double);

/*
 * Prints {"version": 1, …members of the answer} in one line on standard output.
 * Returns whether there was memory.
 */
bool		 ctl_print_json(const json_t *);

#endif
