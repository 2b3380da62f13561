/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_EXPLAIN_H
#define SLUICE_CTL_EXPLAIN_H

#include <jansson.h>

#include "ctl/ctl_command.h"

/* sluice explain URL: what would become of a request now, and why. */
int		 ctl_explain(struct ctl *);

#endif
