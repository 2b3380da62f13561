/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DATA_H
#define SLUICE_CTL_DATA_H

#include "base/text.h"
#include "ctl/ctl_command.h"

#define CTL_DATA	(16 << 20)	/* bytes of a body, at most */

/*
 * Sets *body to what --data has, or is the content of the file whose name it has
 * behind an @ (@-: of what comes in); to nothing where there is no such option.
 * Returns CTL_DONE, or the exit status, having said what is wrong.  text_free()
 * in either case.
 */
int		 ctl_data(const struct ctl *, struct text *body);

#endif
