/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_UPSTREAM_EVENTS_H
#define SLUICE_UPSTREAM_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "net/failure.h"

struct http1_head;
struct text;

/* What is told of a connection, to whoever has opened it. */
struct upstream_events {
	/* Puts the head that a parent is to be asked for a tunnel with. */
	void	(*ask)(void *, struct text *);
	/*
	 * The parent has refused that; its answer stays for the call.  The
	 * connection is to be closed by who hears of it.
	 */
	void	(*refused)(void *, const struct http1_head *);
	/* The connection is there; the request's head was not sent yet. */
	void	(*connected)(void *);
	/* There is room for more of the request's body. */
	void	(*sendable)(void *);
	/* A response's head, interim ones (1xx) too. */
	void	(*response)(void *, struct http1_head *);
	/* A piece of the response's body, which stays until flush(). */
	void	(*data)(void *, const char *, size_t);
	/*
	 * Those were all the bytes at hand.  Returns whether more may be read
	 * before the next upstream_resume().
	 */
	bool	(*flush)(void *);
	/* The response is complete; trailers are the head's fields, if any. */
	void	(*done)(void *, const struct http1_head *trailers);
	/* It failed, and is to be closed by who hears of it. */
	void	(*failed)(void *, enum failure, const char *why);
};

#endif
