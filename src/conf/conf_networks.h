/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_NETWORKS_H
#define SLUICE_CONF_NETWORKS_H

#include <stdio.h>

#include "conf/conf_walk.h"

/* Addresses and networks of those who are meant. */

/* One, or a list of them, into struct conf_networks. */
conf_reader	 conf_networks_load;

/* As text for people. */
void		 conf_networks_print(FILE *, const struct conf_option *,
		    const void *field);

#endif
