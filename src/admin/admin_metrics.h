/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_METRICS_H
#define SLUICE_ADMIN_METRICS_H

/* GET /metrics, for Prometheus and whoever reads as it does. */

struct admin_request;

void	 admin_metrics(struct admin_request *);

#endif
