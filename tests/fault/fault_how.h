/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FAULT_HOW_H
#define SLUICE_FAULT_HOW_H

#include "fault.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * What fault.c tells the files that stand in for calls: whether this one is to
 * fail, and how.
 */

enum call {
	CALL_none,
#define CALL(name, ...) CALL_##name,
#include "calls.h"
#undef CALL
};

/* How it fails, apart from the errors. */
#define WHOLE	(-1)		/* it does not */
#define CUT	0

/* The function that would have been called. */
#define NEXT(next, name) \
	static __typeof__(name) *next; \
	if (next == NULL) \
		*(void **)&next = dlsym(RTLD_NEXT, #name)

/* The daemon has names of its own, which these do not stand in for. */
#pragma GCC visibility push(hidden)

extern struct fault *fault;
/* This thread is in here; what it calls on the way is not counted. */
extern _Thread_local bool inside;

/* Returns WHOLE, CUT, or the error that this call has to fail with. */
int	how(enum call call, int fd);
/* The same, for one that reads or writes; it fails only as fd can. */
int	how_file(enum call call, int fd, bool write);
/* As how(), and sets errno; for calls that cannot be cut short. */
bool	fails(enum call call, int fd);

#pragma GCC visibility pop

#endif
