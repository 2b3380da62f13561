/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FAIR_CHART_H
#define SLUICE_FAIR_CHART_H

#include "throttle/fair_flow.h"

/* Brings the charts up to date after any change to a client or its flows. */
void		 fair_chart_update(struct fair *, struct fair_client *);
/* Takes a flow that ends out of its chart. */
void		 fair_chart_remove(struct fair *, struct fair_flow *);

/*
 * Return what one flow, or all of a lane together, will have been served at a
 * virtual time that is relative to the group's moved; in micro cost units by
 * FAIR_WEIGHT.
 */
wide		 fair_chart_bar_at(const struct fair_bar *, wide at);
wide		 fair_chart_at(const struct fair_lane *, wide at);

#endif
