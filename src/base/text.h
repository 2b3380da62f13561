/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TEXT_H
#define SLUICE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A growing string: zeroed to start with, text_free() at the end.  Nothing
 * more is put once memory has failed, so what is there then is the beginning of
 * what was meant.  It is enough to look at failed when everything was put.
 */
struct text {
	char	*p;		/* not terminated; NULL: nothing was put */
	size_t	 len;		/* bytes in it */
	size_t	 size;		/* bytes it has room for */
	bool	 failed;	/* out of memory: something is missing */
};

/* Frees what it holds, and leaves it as when it was zeroed. */
void	 text_free(struct text *);
/* Empties it, keeps its room, and forgets that it failed. */
void	 text_reset(struct text *);

/* The same as text_reserve(), which calls it where there is no room yet. */
bool	 text_grow(struct text *, size_t n);

/*
 * Makes room for n more bytes, so that p does not move while they are put.
 * Returns whether there is room; false when memory failed, now or before.
 */
static inline bool
text_reserve(struct text *t, size_t n)
{
	return (!t->failed && t->size - t->len >= n) || text_grow(t, n);
}

/*
 * Puts n bytes, a string, or a number in decimal digits at the end.  These are
 * here because heads are put in pieces whose lengths the compiler knows.
 */
static inline void
text_put(struct text *t, const char *p, size_t n)
{
	if (n == 0 || !text_reserve(t, n))
		return;
	memcpy(t->p + t->len, p, n);
	t->len += n;
}

static inline void
text_puts(struct text *t, const char *s)
{
	text_put(t, s, strlen(s));
}

void	 text_put_number(struct text *, uint64_t);
/* Puts what is formatted at the end: 511 bytes of it at most. */
void	 text_putf(struct text *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));

/* Returns what a hexadecimal digit is, in either case; -1 where it is none. */
int	 text_hex(char);
/*
 * Returns the byte that stands at p, of n > 0, percent-decoded (RFC 3986 2.1),
 * and how many *used; -1 where that is no encoding, or a control byte.
 */
int	 text_decode(const char *p, size_t n, size_t *used);

#endif
