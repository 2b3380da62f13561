/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_ADVICE_H
#define SLUICE_CTL_ADVICE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/text.h"

/*
 * How clients are made to trust a CA.  Most variables replace whom they trust
 * otherwise, so those get a bundle.
 */

enum ctl_advice_for {
	CTL_ADVICE_SYSTEM,
	CTL_ADVICE_CURL,
	CTL_ADVICE_GIT,
	CTL_ADVICE_OPENSSL,	/* Python, Go, Ruby, … */
	CTL_ADVICE_REQUESTS,
	CTL_ADVICE_PIP,
	CTL_ADVICE_AWS,
	CTL_ADVICE_NODE,
	CTL_ADVICE_NPM,
	CTL_ADVICE_DENO,
	CTL_ADVICE_CARGO,
	CTL_ADVICE_PERL,
	CTL_ADVICE_WGET,
	CTL_ADVICE_PHP,
	CTL_ADVICE_APT,
	CTL_ADVICE_JAVA,
	CTL_ADVICE_CHROMIUM,
	CTL_ADVICES,
};

/* Where the certificates are. */
struct ctl_advice_files {
	const char	*ca;		/* what is to be trusted, alone */
	const char	*bundle;	/* the system's, and that */
};

/* Puts what is to be done for one of them, in a line without its end. */
void		 ctl_advice_put(struct text *, enum ctl_advice_for,
		    const struct ctl_advice_files *);

/* Prints all of it, as lines of a shell's: commands and comments. */
void		 ctl_advice_print(FILE *, const struct ctl_advice_files *);

#endif
