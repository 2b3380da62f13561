/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TEXT_H
#define SLUICE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing string; zeroed to start with. */
struct relay_text {
	char	*p;
	size_t	 len;
	size_t	 size;
	bool	 failed;	/* out of memory */
};

void	 relay_text_free(struct relay_text *);
/* Empties it, and forgets that it failed. */
void	 relay_text_reset(struct relay_text *);
void	 relay_put(struct relay_text *, const char *, size_t);
bool	 reserve(struct relay_text *, size_t n);
void	 puts_text(struct relay_text *, const char *);
void	 putf(struct relay_text *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));
void	 put_number(struct relay_text *, uint64_t);

#endif
