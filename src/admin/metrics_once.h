/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_METRICS_ONCE_H
#define SLUICE_METRICS_ONCE_H

#include "admin/metrics_sample.h"

/* What is told of the process, not of hosts. */

void	 metrics_once_build(struct metrics_sample *);
void	 metrics_once_reload_successful(struct metrics_sample *);
void	 metrics_once_reload_time(struct metrics_sample *);
void	 metrics_once_reloads(struct metrics_sample *);
void	 metrics_once_hosts(struct metrics_sample *);
void	 metrics_once_connections(struct metrics_sample *);
void	 metrics_once_clients(struct metrics_sample *);
void	 metrics_once_dropped(struct metrics_sample *);
void	 metrics_once_state_age(struct metrics_sample *);
void	 metrics_once_state_bytes(struct metrics_sample *);
void	 metrics_once_state_failures(struct metrics_sample *);
void	 metrics_once_store_connected(struct metrics_sample *);
void	 metrics_once_store_age(struct metrics_sample *);
void	 metrics_once_store_operations(struct metrics_sample *);
void	 metrics_once_store_failures(struct metrics_sample *);
void	 metrics_once_store_leases(struct metrics_sample *);
void	 metrics_once_store_slots(struct metrics_sample *);
void	 metrics_once_store_proxies(struct metrics_sample *);
void	 metrics_once_store_without(struct metrics_sample *);
void	 metrics_once_answered(struct metrics_sample *);
void	 metrics_once_process(struct metrics_sample *);

#endif
