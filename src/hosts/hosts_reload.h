/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_RELOAD_H
#define SLUICE_HOSTS_RELOAD_H

#include <stdint.h>

#include "hosts/hosts.h"

/*
 * Takes a new configuration: limits change, consumption, pauses and waiters
 * stay; tickets whose rule went away move to the one that matches now.  From
 * the main thread; a loop's thread then calls hosts_admit_all().
 */
void		 hosts_reload(struct hosts *, struct conf *, uint64_t now);

#endif
