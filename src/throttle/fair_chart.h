/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FAIR_CHART_H
#define SLUICE_FAIR_CHART_H

#include "throttle/fair_flow.h"

/* Brings the charts up to date after any change to a client or its flows. */
void		 fair_chart(struct fair *, struct fair_client *);
/* Takes a flow that ends out of its chart. */
void		 fair_unchart(struct fair *, struct fair_flow *);

/* What one flow was served at a time, in cost / FAIR_WEIGHT. */
fair_wide	 fair_chart_bar_at(const struct fair_bar *, fair_wide at);
/* And what all of a lane were. */
fair_wide	 fair_chart_at(const struct fair_lane *, fair_wide at);

#endif
