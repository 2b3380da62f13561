/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STATE_READ_H
#define SLUICE_STATE_READ_H

#include "hosts/hosts_state.h"

/*
 * Gives the table what the records in a text say, which is changed; of those of
 * the same kind and name the last one counts.  Logs how many that were, and
 * which were not understood; where they are from is for that.
 */
void		 state_read(struct hosts_reader *, const char *from,
		    char *records, size_t len);

#endif
