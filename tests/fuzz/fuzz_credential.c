/* SPDX-License-Identifier: ISC */

/* The value of an Authorization field, read by its scheme and by claims. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/credential.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static bool
is_inside(struct http1_str s, const char *p, size_t n)
{
	return s.p >= p && s.len <= n && s.p + s.len <= p + n;
}

/* All but the first piece is what was sent, or what was decoded from it. */
static void
check(const struct credential *c, const char *p, size_t n)
{
	unsigned i;

	require(c->npieces <= CREDENTIAL_PIECES);
	require((c->npieces > 0) == (c->kind != CREDENTIAL_NONE));
	require(c->scheme.p == NULL || is_inside(c->scheme, p, n));
	for (i = 0; i < c->npieces; i++) {
		require(c->pieces[i].len > 0);
		require(i == 0 || is_inside(c->pieces[i], p, n) ||
		    is_inside(c->pieces[i], c->text, sizeof c->text));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http1_str value = { (const char *)data, size };
	struct credential c;

	credential_read(&c, value);
	check(&c, value.p, size);
	credential_read_claims(&c, value, "iss,sub");
	check(&c, value.p, size);
	credential_read_claims(&c, value, "sub");
	check(&c, value.p, size);
	return 0;
}
