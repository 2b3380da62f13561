/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RELAY_INSIDE_H
#define SLUICE_RELAY_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What an answer says to a client that asks for http:// and is to go on with
 * that, although its requests go out by TLS: https:// URLs of hosts for which
 * that holds become http://.  Pure: bytes in, bytes out.
 */

struct http1_field;
struct http1_host;
struct text;

struct relay_inside {
	bool		 links;		/* Location and the like */
	bool		 cookies;	/* ... and none needs https:// */
	/*
	 * Whether an https:// URL of that host is asked for by http://, and
	 * then with which port; 0: with none.
	 */
	bool		(*plain)(const void *arg, const struct http1_host *,
			    uint16_t *port);
	const void	*arg;
};

/*
 * Puts a field of an answer where it is one of those that may have to be
 * changed; else false, and nothing is put.
 */
bool	 relay_inside_put(struct text *, const struct http1_field *,
	    const struct relay_inside *);

#endif
