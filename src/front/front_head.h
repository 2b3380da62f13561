/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FRONT_HEAD_H
#define SLUICE_FRONT_HEAD_H

#include <stdbool.h>
#include <stddef.h>

struct downstream;
struct evhttp_request;

/* evhttp's general callback: it has made a request of what it was shown. */
void		 front_request_cb(struct evhttp_request *, void *);
/*
 * Looks for a head in these bytes, which are either the whole input or have
 * just been received while that was empty.
 */
void		 front_read_head(struct downstream *, const char *, size_t,
		    bool stored);
/* Looks for a head in the input that waits. */
void		 front_read_stored_head(struct downstream *);
/* Answers a head that is none, and is done with the connection. */
void		 front_refuse(struct downstream *, int status, const char *why);

#endif
