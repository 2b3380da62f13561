/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_METRICS_PROCESS_H
#define SLUICE_METRICS_PROCESS_H

#include <stdint.h>

/* What the system says of this process; 0 where it does not. */
struct metrics_process {
	uint64_t	 cpu;		/* us, of user and system */
	uint64_t	 start;		/* ms since 1970 */
	uint64_t	 resident;	/* bytes */
	uint64_t	 virtual;	/* bytes */
	uint64_t	 open_fds;
	uint64_t	 max_fds;
	uint64_t	 threads;
};

void	 metrics_process(struct metrics_process *);

#endif
