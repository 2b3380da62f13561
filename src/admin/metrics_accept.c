/* SPDX-License-Identifier: ISC */
#include "admin/metrics_accept.h"

#include "http/accept.h"

bool
metrics_accept_open(const char *accept)
{
	struct accept_liking open = accept_like(accept,
	    "application/openmetrics-text", "1.0.0");
	struct accept_liking text = accept_like(accept, "text/plain", "0.0.4");

	/* "*" is said by those who know of neither */
	return open.closeness == 3 && open.q > 0 && (open.q > text.q ||
	    (open.q == text.q && text.closeness < 3));
}
