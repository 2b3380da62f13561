/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_ADMIN_H
#define SLUICE_CONF_ADMIN_H

#include <stdbool.h>
#include <stdio.h>

#include "conf/conf_walk.h"

/* The control plane: how its section is read. */

conf_reader	 conf_admin_load;	/* the section, or off */
conf_reader	 conf_admin_socket;
conf_reader	 conf_admin_mode;
conf_reader	 conf_admin_hosts;

/* As text for people: on or off; permissions. */
void		 conf_admin_print(FILE *, const struct conf_option *,
		    const void *field);
void		 conf_admin_print_mode(FILE *, const struct conf_option *,
		    const void *field);

#endif
