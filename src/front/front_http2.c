/* SPDX-License-Identifier: ISC */
#include "front/front_http2.h"

#include "base/log.h"
#include "base/once.h"
#include "front/downstream.h"

void
front_tell_http2(const struct downstream *d, const char *how)
{
	const char *host = d->inside != NULL ? d->inside->name : "";

	if (!once_first(ONCE_HTTP2, host))
		return;
	if (d->inside != NULL)
		log_info("%s: a client (%s) %s, which is not spoken here: "
		    "have it use HTTP/1.1, or let it through with \"https: "
		    "tunnel\"", host, front_peer(d), how);
	else
		log_info("a client (%s) %s, which is not spoken here: have it "
		    "use HTTP/1.1 with its proxy", front_peer(d), how);
}
