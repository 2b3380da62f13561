/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_EXPIRY_H
#define SLUICE_ADMIN_EXPIRY_H

#include "admin/admin_context.h"

/* Has what operators set for a time end when that is over. */

struct admin_expiry	*admin_expiry_new(struct admin_context *);
void		 admin_expiry_free(struct admin_expiry *);
/* Something was set: its end may be the next. */
void		 admin_expiry_set(struct admin_context *);

#endif
