/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_EVENTS_H
#define SLUICE_ADMIN_EVENTS_H

/*
 * What happens, as it does: streams of server-sent events, and lists.
 */

struct admin_context;
struct admin_events;
struct admin_request;

/* On the control plane's loop; NULL without memory. */
struct admin_events *admin_events_new(struct admin_context *);
/* When there are no streams any more. */
void		 admin_events_free(struct admin_events *);

void		 admin_events_get(struct admin_request *);

/* Ends the streams that were begun with a token which holds no longer. */
void		 admin_events_revoke(struct admin_events *);
/* Ends all of them. */
void		 admin_events_end(struct admin_events *);

#endif
