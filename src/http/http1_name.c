/* SPDX-License-Identifier: ISC */
#include "http/http1_name.h"

#include "http/http1_class.h"

/* The names of the fields that the proxy looks at. */

/* By length, so that a few bytes decide. */
static const struct {
	const char	*text;
	enum http1_name	 id;
} known[][3] = {
	[2] = { { "te", HTTP1_TE } },
	[3] = { { "via", HTTP1_VIA } },
	[4] = { { "host", HTTP1_HOST_FIELD }, { "date", HTTP1_DATE } },
	[6] = { { "expect", HTTP1_EXPECT } },
	[7] = { { "upgrade", HTTP1_UPGRADE }, { "trailer", HTTP1_TRAILER } },
	[8] = { { "priority", HTTP1_PRIORITY } },
	[10] = { { "connection", HTTP1_CONNECTION },
	    { "keep-alive", HTTP1_KEEP_ALIVE } },
	[11] = { { "retry-after", HTTP1_RETRY_AFTER },
	    { "sluice-cost", HTTP1_SLUICE_COST } },
	[12] = { { "content-type", HTTP1_CONTENT_TYPE },
	    { "max-forwards", HTTP1_MAX_FORWARDS },
	    { "proxy-status", HTTP1_PROXY_STATUS } },
	[13] = { { "authorization", HTTP1_AUTHORIZATION },
	    { "server-timing", HTTP1_SERVER_TIMING } },
	[14] = { { "content-length", HTTP1_CONTENT_LENGTH },
	    { "http2-settings", HTTP1_HTTP2_SETTINGS } },
	[15] = { { "idempotency-key", HTTP1_IDEMPOTENCY_KEY },
	    { "sluice-max-wait", HTTP1_SLUICE_MAX_WAIT } },
	[16] = { { "proxy-connection", HTTP1_PROXY_CONNECTION } },
	[17] = { { "transfer-encoding", HTTP1_TRANSFER_ENCODING } },
	[18] = { { "proxy-authenticate", HTTP1_PROXY_AUTHENTICATE } },
	[19] = { { "proxy-authorization", HTTP1_PROXY_AUTHORIZATION } },
};

#define KNOWN_LENGTHS	(sizeof known / sizeof known[0])
#define KNOWN_EACH	(sizeof known[0] / sizeof known[0][0])

bool
http1_is_hop(enum http1_name id)
{
	switch (id) {
	case HTTP1_CONNECTION:
	case HTTP1_HTTP2_SETTINGS:
	case HTTP1_KEEP_ALIVE:
	case HTTP1_PROXY_AUTHENTICATE:
	case HTTP1_PROXY_AUTHORIZATION:
	case HTTP1_PROXY_CONNECTION:
	case HTTP1_SLUICE_COST:
	case HTTP1_SLUICE_MAX_WAIT:
	case HTTP1_TE:
	case HTTP1_TRANSFER_ENCODING:
	case HTTP1_UPGRADE:
		return true;
	default:
		return false;
	}
}

enum http1_name
http1_name_id(struct http1_str name)
{
	const char *text;

	if (name.len >= KNOWN_LENGTHS)
		return HTTP1_OTHER;
	for (size_t i = 0; i < KNOWN_EACH; i++) {
		text = known[name.len][i].text;
		if (text == NULL)
			break;
		if (http1_same(name.p, text, name.len))
			return known[name.len][i].id;
	}
	return HTTP1_OTHER;
}
