/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_REQUEST_H
#define SLUICE_EXCHANGE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The request goes out: its head, and its body as it comes from the client.
 * Those with void * are events of front and of upstream, of an exchange.
 */

struct exchange;
struct http1_head;

/* There is an upstream: sends it the head, and what is kept of the body. */
void	 exchange_request_send(struct exchange *);
/*
 * A piece of the body, and its end.  Returns whether more may be taken before
 * there is room again.
 */
bool	 exchange_request_body(void *, const char *, size_t);
void	 exchange_request_body_end(void *, const struct http1_head *trailers);
/* The upstream has room for more. */
void	 exchange_request_sendable(void *);

#endif
