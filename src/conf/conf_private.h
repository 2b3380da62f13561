/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_PRIVATE_H
#define SLUICE_CONF_PRIVATE_H

#include <stdbool.h>

struct conf;

/*
 * Has a configuration be that of a daemon that one program has to itself: it
 * listens on a port of the loopback that the kernel chooses, for processes of
 * the same user, whatever access says, and is asked by a socket in a directory;
 * it remembers nothing, and writes nothing into the standard output.  Returns
 * false without memory.
 */
bool		 conf_private(struct conf *, const char *dir)
		    __attribute__((warn_unused_result));

#endif
