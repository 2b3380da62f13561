/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_SECRET_H
#define SLUICE_SECRET_H

/*
 * To be called before a private key, or what is worth as much, is read.  From
 * then on nobody but root reads this process's memory, by a debugger or
 * otherwise, its own user's programs included, and it leaves no core dump.
 * What stands below /proc of it belongs to root.
 */
void		 secret_guard(void);

#endif
