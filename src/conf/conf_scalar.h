/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_SCALAR_H
#define SLUICE_CONF_SCALAR_H

#include "conf/conf_option.h"

/* Values of one word or number. */

/*
 * Reads a value (of a kind from CONF_DURATION on) into the struct at base, in
 * place of what stands there.  False when that is reported to be wrong.
 */
bool		 conf_option_read(struct conf_report *,
		    const struct conf_option *, const struct conf_node *,
		    void *base) __attribute__((warn_unused_result));

/* The words that a kind takes, ended by NULL. */
const char *const *conf_option_choices(int kind);

#endif
