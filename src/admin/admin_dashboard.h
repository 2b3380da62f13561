/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_DASHBOARD_H
#define SLUICE_ADMIN_DASHBOARD_H

struct admin_request;

/*
 * Answers with the dashboard: one page with its style and scripts in it, which
 * shows how hosts stand as far as the asker may see, and goes on from there by
 * the API.  Its policy names these by their hashes and lets nothing else in.
 */
void		 admin_dashboard(struct admin_request *);

#endif
