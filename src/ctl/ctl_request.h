/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_REQUEST_H
#define SLUICE_CTL_REQUEST_H

#include "base/text.h"
#include "ctl/ctl_command.h"
#include "http/http1.h"

/*
 * The request that --request, --header, --data and the URL of a command
 * describe, as a client would send it to the proxy.
 */
struct ctl_request {
	struct text		 bytes;
	struct text		 body;		/* ctl_data() */
	struct http1_head	 head;		/* points into the bytes */
};

/*
 * Makes it of a URL, or for CONNECT host:port.  Returns CTL_DONE, or the exit
 * status, having said what is wrong.  ctl_request_free() in either case.
 */
int		 ctl_request_make(const struct ctl *, const char *url,
		    struct ctl_request **);
void		 ctl_request_free(struct ctl_request *);

#endif
