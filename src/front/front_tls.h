/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FRONT_TLS_H
#define SLUICE_FRONT_TLS_H

#include <stddef.h>
#include <sys/types.h>

struct downstream;
struct evbuffer;
struct tls;

/*
 * Receives into the loop's scratch, about size bytes, through TLS where that is
 * on.  Returns what recv() would: -1 with EAGAIN is nothing for now.
 */
ssize_t		 front_receive(struct downstream *, size_t size);
/*
 * Begins TLS, which it takes, as it does what was received of it already, or
 * NULL; the handshake is to be done in time.
 */
void		 front_start_tls(struct downstream *, struct tls *,
		    struct evbuffer *early);
/* The handshake took too long; the caller closes the connection. */
void		 front_handshake_late(struct downstream *);

#endif
