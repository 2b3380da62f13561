/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REDIS_REPLY_H
#define SLUICE_REDIS_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a Redis answers (RESP2), read out of bytes as they come, whatever they
 * are.  All that a reply may be is bounded: what is larger is no reply of
 * a command of ours.
 */

#define REDIS_REPLY_MAX		65536	/* bytes of a reply, all in all */
#define REDIS_REPLY_PARTS	256	/* of a reply, itself included */
#define REDIS_REPLY_DEPTH	4	/* arrays in arrays */

enum redis_kind {
	REDIS_STATUS,		/* text */
	REDIS_ERROR,		/* text */
	REDIS_STRING,		/* text */
	REDIS_INTEGER,
	REDIS_NIL,
	REDIS_ARRAY,
};

/* A reply, or a part of one. */
struct redis_reply {
	enum redis_kind		 kind;
	long long		 integer;
	const char		*text;	/* a NUL stands behind it */
	size_t			 len;
	struct redis_reply	*first;	/* of an array */
	struct redis_reply	*next;	/* in the array that it is in */
};

struct redis_reader;

/* Returns NULL without memory. */
struct redis_reader *redis_reader_new(void);
/* NULL is allowed. */
void		 redis_reader_free(struct redis_reader *);

/*
 * Takes bytes that came: REDIS_REPLY_MAX at most.  Returns false without
 * memory.
 */
bool		 redis_reader_feed(struct redis_reader *, const char *, size_t)
		    __attribute__((warn_unused_result));

enum redis_read {
	REDIS_READ_REPLY,	/* *reply, the reader's until the next call */
	REDIS_READ_MORE,	/* there is no whole one */
	REDIS_READ_FAILED,	/* nothing more can be read: *why */
};

/* Reads the next reply of what was fed.  *why is static. */
enum redis_read	 redis_reader_next(struct redis_reader *,
		    const struct redis_reply **reply, const char **why);

/* Returns whether it is text of a kind that says so: a status, or a string. */
bool		 redis_reply_is(const struct redis_reply *, const char *text);

/*
 * Reads a number in decimal digits, as an integer or as text.  Returns false
 * where it is anything else, or above max.
 */
bool		 redis_reply_number(const struct redis_reply *, uint64_t max,
		    uint64_t *);

#define REDIS_WHY	160	/* bytes */

/*
 * Returns what an error says, for people: without what is no ASCII that can be
 * printed, and cut.
 */
const char	*redis_reply_say(const struct redis_reply *,
		    char buf[REDIS_WHY]);
/*
 * Returns what kind of error it is, as "NOSCRIPT", of those that are known: so
 * it is nothing that the server has heard from us.  "" where it is none.
 */
const char	*redis_reply_code(const struct redis_reply *);

#endif
