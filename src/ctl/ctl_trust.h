/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_TRUST_H
#define SLUICE_CTL_TRUST_H

#include "ctl/ctl_client.h"

/* Files that programs are told of, in a directory. */

#define CTL_TRUST_CA		"ca.pem"
#define CTL_TRUST_BUNDLE	"bundle.pem"	/* the system's, and it */
#define CTL_TRUST_STORE		"trust.p12"	/* the same for Java */
#define CTL_TRUST_WGET		"wgetrc"
#define CTL_TRUST_APT		"apt.conf"
#define CTL_TRUST_NODE		"node.cjs"	/* what Node loads */
#define CTL_TRUST_PHP		"php"		/* a directory */

/*
 * Writes them into a directory that there is, over those that are there.
 * Returns CTL_DONE, or the exit status, having said why.
 */
int		 ctl_trust_write(const struct ctl *, const struct ctl_client *,
		    const char *dir);
/* Takes them away, and the directory. */
void		 ctl_trust_remove(const char *dir);

#endif
