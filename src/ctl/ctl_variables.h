/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_VARIABLES_H
#define SLUICE_CTL_VARIABLES_H

#include <stdbool.h>

#include "ctl/ctl_client.h"

/*
 * The variables that tell programs of a proxy and of a CA.  Which program heeds
 * which of them stands in sluice-ctl(8).
 */

#define CTL_VARIABLES	40	/* there are fewer */

struct ctl_variables {
	struct {
		const char	*name;
		char		*value;
	}		 list[CTL_VARIABLES];
	unsigned	 n;
	bool		 failed;	/* out of memory */
};

/*
 * Returns whom the environment says that programs ask without a proxy, beside
 * those that are put there here; or NULL.
 */
const char	*ctl_variables_direct(void);

/*
 * Makes them: for a client, with files in a directory (ctl_trust.h).  What is
 * in the environment and says more than a proxy is extended.
 * ctl_variables_free() at the end.
 */
void		 ctl_variables_make(struct ctl_variables *,
		    const struct ctl_client *, const char *dir);
void		 ctl_variables_free(struct ctl_variables *);

#endif
