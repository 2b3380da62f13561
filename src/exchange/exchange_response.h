/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_RESPONSE_H
#define SLUICE_EXCHANGE_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The response comes in, and is relayed.  Those with void * are events of
 * upstream, of an exchange.
 */

struct exchange;
struct http1_head;

/* A head, interim ones (1xx) too. */
void	 exchange_response_head(void *, struct http1_head *);
/* A piece of the body, which stays until the flush. */
void	 exchange_response_data(void *, const char *, size_t);
/* Those were all.  Returns whether more may be read. */
bool	 exchange_response_flush(void *);
/* It is complete. */
void	 exchange_response_done(void *, const struct http1_head *trailers);

/*
 * An answer that was held back is judged.  Returns true when it was relayed as
 * far as it has come; false when the request is back in its queue, as after
 * exchange_resend().
 */
bool	 exchange_response_judged(struct exchange *);
/* There is room for more of it. */
void	 exchange_response_resume(struct exchange *);

#endif
