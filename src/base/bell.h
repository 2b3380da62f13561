/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_BELL_H
#define SLUICE_BELL_H

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

/*
 * Has whoever watches an eventfd wake; on any thread.  One that is full has
 * woken him already; one that was interrupted would leave him asleep.
 */
static inline void
bell_ring(int fd)
{
	const uint64_t one = 1;

	while (write(fd, &one, sizeof one) == -1 && errno == EINTR)
		continue;
}

#endif
