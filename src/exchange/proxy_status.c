/* SPDX-License-Identifier: ISC */
#include "exchange/proxy_status.h"

#include <stdio.h>

#include "base/text.h"

void
proxy_status_put(struct text *t, int status, unsigned resent)
{
	if (status == 0 && resent == 0)
		return;
	text_puts(t, "Proxy-Status: " PROXY_STATUS_NAME);
	if (status != 0)
		text_putf(t, "; received-status=%d", status);
	if (resent > 0)
		text_putf(t, "; details=\"sent again %u time%s after a "
		    "throttled answer\"", resent, resent == 1 ? "" : "s");
	text_puts(t, "\r\n");
}

const char *
proxy_status_timing(char buf[PROXY_STATUS_TIMING], uint64_t wait,
    unsigned resent)
{
	double ms = (double)wait / 1e6;

	buf[0] = '\0';
	if (resent > 0)
		snprintf(buf, PROXY_STATUS_TIMING, "Server-Timing: "
		    "queue;dur=%.3f, retry;desc=\"%u\"\r\n", ms, resent);
	else if (wait > 0)
		snprintf(buf, PROXY_STATUS_TIMING, "Server-Timing: "
		    "queue;dur=%.3f\r\n", ms);
	return buf;
}
