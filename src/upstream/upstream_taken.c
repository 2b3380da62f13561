/* SPDX-License-Identifier: ISC */
#include "upstream/upstream_taken.h"

#include <unistd.h>

#include "tls/tls.h"

void
upstream_taken_drop(struct upstream_taken *t)
{
	close(t->fd);
	tls_free(t->tls);
	tls_free(t->tls_below);
}
