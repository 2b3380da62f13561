/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_LOOKUP_H
#define SLUICE_HOSTS_LOOKUP_H

#include "hosts/hosts_table.h"

/*
 * Returns the host of a name (hosts_name.h), locked within the table as by
 * hosts_enter(); NULL, with nothing locked, where there is none.
 */
struct host	*hosts_lookup(struct hosts *, const char *name);

#endif
