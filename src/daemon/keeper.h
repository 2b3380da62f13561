/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_KEEPER_H
#define SLUICE_KEEPER_H

/*
 * A process that does nothing but keep another one: the workers', which is this
 * program started again with the same arguments.  It holds what that one
 * listens at, so that where it dies by a signal the next one has the same
 * sockets, and clients wait instead of being refused.  It passes signals on,
 * and what a service manager is told.  It has no rights: the user's alone, once
 * the workers' process has bound.  On SIGUSR2 the workers' process has it start
 * the one that takes over (starter.h).
 */

/*
 * Keeps the workers' process until that ends by itself or is told to.  user: as
 * rights_begin() has it.  Returns that process's exit status; 128 and the
 * signal's number where that has ended it for good.
 */
int		 keeper_run(const char *user);

#endif
