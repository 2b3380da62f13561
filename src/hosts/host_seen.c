/* SPDX-License-Identifier: ISC */
#include "hosts/host_seen.h"

void
host_seen_answer(struct host_seen *seen, const struct lesson *l,
    uint32_t inflight, uint64_t now)
{
	if (seen->since == 0)
		seen->since = now;
	if (l->verdict == BUDGET_SUCCESS && inflight > seen->most)
		seen->most = inflight;
	if (l->allowed.partial)
		return;
	if (l->allowed.limit != 0) {
		seen->allowed.limit = l->allowed.limit;
		seen->allowed.window = l->allowed.window;
		seen->allowed.longer_limit = l->allowed.longer_limit;
		seen->allowed.longer_window = l->allowed.longer_window;
	}
	if (l->allowed.concurrent != 0)
		seen->allowed.concurrent = l->allowed.concurrent;
}
