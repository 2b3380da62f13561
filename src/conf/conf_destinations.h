/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_DESTINATIONS_H
#define SLUICE_CONF_DESTINATIONS_H

#include <stdio.h>

#include "conf/conf_walk.h"

/* Where clients may go. */

/* A destination, or a list of them, into struct destination_list. */
conf_reader	 conf_destinations_list;
/* A port or a range, or a list of such, into struct destination_ports. */
conf_reader	 conf_destinations_ports;

/* As text for people. */
void		 conf_destinations_print_list(FILE *,
		    const struct conf_option *, const void *field);
void		 conf_destinations_print_ports(FILE *,
		    const struct conf_option *, const void *field);

/* What is there so far stands in no file. */
void		 conf_destinations_nowhere(struct destinations *);

#endif
