/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_RESEND_H
#define SLUICE_EXCHANGE_RESEND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

/*
 * Whether a request is sent again because of its answer, instead of relaying a
 * refusal; and its body, which is kept for that.
 */

struct exchange;

/*
 * Returns whether the answer was a refusal for a limit after which the request
 * may be sent again; then the body that was sent is kept, as
 * exchange_hold_body() keeps it.
 */
bool		 exchange_may_resend(struct exchange *);
/*
 * Puts the request back into its queue where it may be sent again.  What still
 * comes of its answer is discarded.  Returns false where the answer is to be
 * relayed.
 */
bool		 exchange_resend(struct exchange *);
/*
 * Puts a request that was read, and not answered, back into its queue, to be
 * sent over another connection.  Returns false where it cannot wait there.
 */
bool		 exchange_pay_again(struct exchange *);
/*
 * The answer that is discarded: n bytes of it; all bytes at hand were given;
 * its end, after which its connection is kept if it came whole.
 */
void		 exchange_discard(struct exchange *, size_t n);
void		 exchange_discard_flush(struct exchange *);
void		 exchange_discard_end(struct exchange *, bool whole);
/* Body bytes go out; they are kept where they may have to go out again. */
void		 exchange_keep_body(struct exchange *, const struct iovec *,
		    int n);
/*
 * The request is about to go out again.  Returns whether all of its body that
 * was sent is kept, which it then stays until exchange_request_send().
 */
bool		 exchange_hold_body(struct exchange *);
/* Drops what is kept where it will not be sent again. */
void		 exchange_keep_needed(struct exchange *);
/* It will not go out again. */
void		 exchange_forget_body(struct exchange *);

#endif
