/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FRONT_HTTP2_H
#define SLUICE_FRONT_HTTP2_H

struct downstream;

/*
 * Tells, once for each host inside TLS that we read, that a client speaks
 * nothing but HTTP/2; how: by what one knows, "speaks HTTP/2 from the start".
 */
void		 front_tell_http2(const struct downstream *, const char *how);

#endif
