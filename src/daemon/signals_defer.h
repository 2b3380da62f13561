/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_SIGNALS_DEFER_H
#define SLUICE_SIGNALS_DEFER_H

/*
 * Has those wait that are for a daemon that runs and would end one that starts
 * (SIGHUP, SIGUSR1, SIGUSR2); those that end it may do so at once.  Children are
 * waited for, though whoever has started us does not do so.
 */
void		 signals_defer(void);

#endif
