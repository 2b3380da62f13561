/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_OPTION_WRONG_H
#define SLUICE_CONF_OPTION_WRONG_H

#include "conf/conf_option.h"

/* What is wrong with the value of an option, in words. */

/* Reports what is wrong with a scalar, and what was expected.  False. */
bool		 conf_option_wrong(struct conf_report *,
		    const struct conf_option *, const struct conf_node *,
		    const char *wrong);

/* Whether a value is a scalar; reports where it is not. */
bool		 conf_option_scalar(struct conf_report *,
		    const struct conf_option *, const struct conf_node *)
		    __attribute__((warn_unused_result));

#endif
