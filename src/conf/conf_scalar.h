/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_SCALAR_H
#define SLUICE_CONF_SCALAR_H

#include <stdio.h>

#include "conf/conf_walk.h"

/* Values of one word or number. */

conf_reader	 conf_scalar_number;	/* of all kinds; uint64_t */
conf_reader	 conf_scalar_integer32;	/* uint32_t */
conf_reader	 conf_scalar_boolean;	/* bool */
conf_reader	 conf_scalar_percent;	/* uint32_t, millionths */
conf_reader	 conf_scalar_choice;	/* an enum or int: which of choices */
conf_reader	 conf_scalar_workers;	/* unsigned */
conf_reader	 conf_scalar_number_off;	/* uint64_t; 0: off */

/* Into a string that is owned; NULL: off, standard error, the system's. */
conf_reader	 conf_scalar_access;
conf_reader	 conf_scalar_diagnostics;
conf_reader	 conf_scalar_token;
conf_reader	 conf_scalar_file;
conf_reader	 conf_scalar_state;
conf_reader	 conf_scalar_trust;
conf_reader	 conf_scalar_host_trust;	/* never NULL */

/* One, or a list of them: a rule's of retry, into struct rule. */
conf_reader	 conf_scalar_statuses;

/* What was read, as text for people. */
void		 conf_scalar_print_duration(FILE *, const struct conf_option *,
		    const void *field);
void		 conf_scalar_print_duration_off(FILE *,
		    const struct conf_option *, const void *field);
void		 conf_scalar_print_size(FILE *, const struct conf_option *,
		    const void *field);
void		 conf_scalar_print_integer(FILE *, const struct conf_option *,
		    const void *field);
void		 conf_scalar_print_boolean(FILE *, const struct conf_option *,
		    const void *field);
void		 conf_scalar_print_integer_off(FILE *,
		    const struct conf_option *, const void *field);
void		 conf_scalar_print_workers(FILE *, const struct conf_option *,
		    const void *field);
void		 conf_scalar_print_choice(FILE *, const struct conf_option *,
		    const void *field);
void		 conf_scalar_print_text(FILE *, const struct conf_option *,
		    const void *field);

#endif
