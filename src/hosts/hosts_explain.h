/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_EXPLAIN_H
#define SLUICE_HOSTS_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hosts/hosts.h"
#include "hosts/hosts_why.h"

/*
 * Why a request waits, or would, for people.  The same words stand in a
 * refusal, in an explanation, on the dashboard.
 */

/* Who asks for what; nothing of it is kept. */
struct hosts_question {
	struct conf		*conf;		/* the asker's */
	const struct rule	*rule;		/* of conf, for the name */
	const struct http1_host	*name;
	const struct claim	*claim;
	const struct claim_source *source;
	struct client_hasher	*hasher;	/* the thread's */
};

/*
 * Explains what would become of a claim now; nothing is taken, and no entry
 * made.  Returns HOSTS_GO; HOSTS_RELOADED where the table's limits are of
 * another configuration than the question; or HOSTS_NO_MEMORY.
 */
enum hosts_answer hosts_explain(struct hosts *, const struct hosts_question *,
		    uint64_t now, struct hosts_explanation *)
		    __attribute__((warn_unused_result));

/*
 * Explains why a ticket was refused just now, on its own thread; once.  Returns
 * false where nothing is kept of that.
 */
bool		 hosts_explain_refused(struct ticket *,
		    struct hosts_explanation *);

/*
 * Explains why the first of those who wait at a key do, in the order of
 * hosts_view_queue(), at most max.  Returns how many.
 */
size_t		 hosts_explain_queue(struct hosts *, const char *key,
		    uint64_t now, struct hosts_explanation *, size_t max);

#endif
