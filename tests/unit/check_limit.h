/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_LIMIT_H
#define SLUICE_CHECK_LIMIT_H

#include <signal.h>
#include <sys/resource.h>

/*
 * Files may have so many bytes; 0: as many as they like.  Check notes each
 * assertion in a file of its own, so there is none meanwhile.
 */
static inline void
limit_files(rlim_t most)
{
	struct rlimit limit;

	(void)getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = most != 0 ? most : limit.rlim_max;
	(void)setrlimit(RLIMIT_FSIZE, &limit);
	signal(SIGXFSZ, most != 0 ? SIG_IGN : SIG_DFL);
}

#endif
