/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_CLIENTS_H
#define SLUICE_CTL_DOCTOR_CLIENTS_H

#include <limits.h>
#include <stdbool.h>

#include "ctl/ctl_advice.h"

/*
 * The clients that are tried, each as its users run it, but that nobody reads
 * files of settings: they may name other proxies, other indexes and programs to
 * run, and nothing is to leave this machine.
 */

#define CTL_DOCTOR_ARGS	30

/* What a script ends with where the module that it is to try is not there. */
#define CTL_DOCTOR_ABSENT	77

struct ctl_doctor_client {
	const char	*name;
	const char	*programs;	/* words; the first that is there */
	const char	*beside;	/* one that has to be in PATH; or NULL */
	/*
	 * Behind it, up to a NULL.  In them @URL@ is what is to be asked for,
	 * @DIR@ an empty directory, and @HOST@ for whom http:// is good
	 * enough: the host, where that is its URL; @APT@ the settings of apt
	 * that the environment names; and @SANDBOX@ what has Chromium run as
	 * root, too.
	 */
	const char	*args[CTL_DOCTOR_ARGS];
	const char	*variables;	/* words NAME=VALUE; or NULL */
	const char	*file;		/* one that is there; or NULL */
	const char	*content;
	const char	*link;		/* what of the home is there; or NULL */
	/*
	 * It is run in the root directory, since it takes settings from each
	 * that its own is in, and others may write in one of them.
	 */
	bool		 outside;
	/* It asks others of its own accord: ctl_doctor_filter.h is between. */
	bool		 filtered;
	/* How it is told of a proxy: @PROXY@, its URL, @HOST@, @PORT@. */
	const char	*proxy;
	enum ctl_advice_for trust;
	/* How the address 0.0.0.0 is written, where that counts as loopback. */
	const char	*host;
};

/* Ended by one without a name. */
const struct ctl_doctor_client *ctl_doctor_clients(void);

/*
 * Finds its program in PATH.  Returns whether there is one, with its path.
 */
bool		 ctl_doctor_client_find(const struct ctl_doctor_client *,
		    char path[PATH_MAX]);

#endif
