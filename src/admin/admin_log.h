/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_LOG_H
#define SLUICE_ADMIN_LOG_H

struct admin_context;
struct admin_log;
struct admin_request;

/* The log's level, as it was set for a time, or until a reload. */

/* Returns NULL without memory. */
struct admin_log *admin_log_new(struct admin_context *);
void		 admin_log_free(struct admin_log *);
/* A reload has set the level. */
void		 admin_log_reloaded(struct admin_log *);

void		 admin_log_get(struct admin_request *);
void		 admin_log_put(struct admin_request *);

#endif
