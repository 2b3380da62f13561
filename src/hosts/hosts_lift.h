/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_LIFT_H
#define SLUICE_HOSTS_LIFT_H

#include <stdbool.h>
#include <stdint.h>

#include "hosts/hosts_override.h"

struct conf;
struct hosts;
struct loop;

/*
 * Ends an override and frees it, with the table locked for writing: its entry,
 * if there is one, is as the configuration has it, and those who may go by that
 * are admitted.  Returns false without memory: then it stays as it was.
 */
bool		 hosts_lift(struct hosts *, struct hosts_override *,
		    struct loop *, uint64_t now)
		    __attribute__((warn_unused_result));

/*
 * Ends those whose time is over.  Returns when the next one's is (ns);
 * THROTTLE_NEVER: none is left that ends.
 */
uint64_t	 hosts_expire(struct hosts *, struct loop *, uint64_t now);

/*
 * Drops those that a new configuration leaves nothing of, with the table locked
 * for writing, and the old one still there; their entries get its limits next.
 */
void		 hosts_lift_by(struct hosts *, const struct conf *);

#endif
