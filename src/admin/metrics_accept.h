/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_METRICS_ACCEPT_H
#define SLUICE_METRICS_ACCEPT_H

#include <stdbool.h>

/*
 * Returns whether whoever sends that Accept (RFC 9110 12.5.1) would rather have
 * OpenMetrics 1.0 than Prometheus' text format, which is for all who do not
 * care.
 */
bool	 metrics_accept_open(const char *accept);

#endif
