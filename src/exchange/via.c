/* SPDX-License-Identifier: ISC */
#include "exchange/via.h"

#include <stdint.h>
#include <stdio.h>

#include <openssl/rand.h>

#include "conf/conf.h"

/* Made once, so that it lives across reloads. */
static char own[sizeof "sluice-" + 8];

bool
via_init(void)
{
	unsigned char b[4];

	if (RAND_bytes(b, sizeof b) != 1)
		return false;
	snprintf(own, sizeof own, "sluice-%02x%02x%02x%02x", b[0], b[1], b[2],
	    b[3]);
	return true;
}

const char *
via_name(const struct conf *conf)
{
	if (!conf->via_send)
		return NULL;
	return conf->via_name != NULL ? conf->via_name : own;
}
