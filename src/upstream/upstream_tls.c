/* SPDX-License-Identifier: ISC */
#include "upstream/upstream_tls.h"

#include <stdio.h>

#include "tls/tls.h"

enum failure
upstream_tls_failure(const struct tls *tls, bool parent,
    char why[UPSTREAM_TLS_WHY])
{
	static const struct {
		enum failure	 error;
		const char	*before;	/* who */
		const char	*after;
	} kinds[] = {
		[TLS_CERTIFICATE] = { FAILURE_TLS_CERTIFICATE,
		    "", "'s certificate was not accepted" },
		[TLS_ALERT] = { FAILURE_TLS_ALERT, "", " sent a TLS alert" },
		[TLS_PROTOCOL] = { FAILURE_TLS_PROTOCOL,
		    "TLS with ", " failed" },
	};
	const struct tls_failure *f = tls_failure(tls);

	snprintf(why, UPSTREAM_TLS_WHY, "%s%s%s: %s", kinds[f->kind].before,
	    parent ? "the parent proxy" : "the host", kinds[f->kind].after,
	    f->text);
	return kinds[f->kind].error;
}
