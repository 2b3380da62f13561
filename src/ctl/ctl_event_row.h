/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_EVENT_ROW_H
#define SLUICE_CTL_EVENT_ROW_H

#include <jansson.h>

#include "ctl/ctl_print.h"

/* Prints an event in a line (Event of doc/openapi.yaml). */
void		 ctl_event_print(const struct ctl_paper *,
		    const json_t *event);

#endif
