/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REFUSAL_H
#define SLUICE_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/http1.h"

/*
 * Bodies that say what their status does not: that a request was refused for a
 * limit, and for how long.
 *
 * Rules say where to look.  A body is judged by its first REFUSAL_BYTES, as it
 * came and as it is without its content coding (gzip, deflate), so that no
 * length and no compression costs more.  JSON that is cut off there, or
 * otherwise not whole, is not judged; text is, as far as it goes.
 *
 * Nothing here trusts a peer: what is malformed says nothing.
 */

#define REFUSAL_BYTES		65536	/* of a body, at most */
#define REFUSAL_STATUSES	16	/* of a rule, at most */
#define REFUSAL_RULES		32	/* that one response is judged by */

/*
 * By what an error may be named as a limit.  What a request was about has a
 * name and a key, too, and a field that is wrong a sentence of its own.
 */
enum refusal_names {
	REFUSAL_NAMES,		/* by any of its names, */
	REFUSAL_SENTENCES,	/* by codes, its error and what is said, */
	REFUSAL_CODES,		/* by codes and its error only */
};

/*
 * The strings are the caller's; NULL is none.  A rule names json or contains
 * or limit or a delay; what it names must all be there.  Paths are those of
 * hint/json_path.h.
 */
struct refusal_rule {
	const char		*name;		/* whose, for people */
	/* Which responses: */
	int			 statuses[REFUSAL_STATUSES]; /* ascending */
	unsigned		 nstatuses;
	const char		*field;		/* that have this field */
	const char		*end;		/* to a path that ends so */
	/* Which bodies: */
	const char		*json;		/* a path at which there is */
	/*
	 * ... one of these, ended by NULL: a string, perhaps with a name space
	 * before it and # between them, or a whole number; NULL: anything but
	 * null and false.
	 */
	const char		*const *in;
	const char		*contains;	/* without regard to case */
	bool			 limit;		/* an error named as one */
	enum refusal_names	 names;		/* ... by these */
	bool			 within;	/* ... in errors: only there */
	/* For how long: */
	const char		*delay;		/* a path; see below, or */
	/* (need - have) / rate seconds, by their paths */
	const char		*need;
	const char		*have;
	const char		*rate;
	bool			 told;		/* by keys or words */
	uint64_t		 pause;		/* ns, where none is told */
	bool			 has_pause;
};

enum refusal_coding {
	REFUSAL_IDENTITY,
	REFUSAL_GZIP,
	REFUSAL_DEFLATE,	/* in zlib's format, or without one */
	REFUSAL_OTHER,		/* not judged */
};

struct refusal_body {
	const char		*p;
	size_t			 len;
	enum refusal_coding	 coding;
	bool			 success;	/* of an answer that is one */
};

/* What was asked for too much of. */
enum refusal_unit {
	REFUSAL_OF_ANYTHING,	/* that is not said */
	REFUSAL_OF_REQUESTS,
	REFUSAL_OF_TOKENS,
};

struct refusal {
	const struct refusal_rule *rule;	/* by which it is one */
	bool			 has_delay;
	uint64_t		 delay;		/* ns; saturates */
	/*
	 * It is not to be sent again, since no waiting helps; known of a body
	 * that is no refusal by any rule, too.
	 */
	bool			 no_retry;
	/*
	 * The request is too large by itself, whatever its error is called: not
	 * by any rule that reads more than the form of it.  Nobody else is over
	 * a limit, and nothing was used.
	 */
	bool			 too_large;
	enum refusal_unit	 unit;
};

#endif
