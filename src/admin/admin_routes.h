/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_ROUTES_H
#define SLUICE_ADMIN_ROUTES_H

#include "admin/admin_request.h"

/* The table of all that the control plane can be asked for. */

struct admin_route {
	enum admin_method	 method;
	const char		*path;	/* {}: any one part */
	void			(*handler)(struct admin_request *);
	bool			 needs_full;
	bool			 asks;	/* by a body, and changes nothing */
	/* Names, a space between two: of parameters; of the body's members. */
	const char		*query;		/* NULL: none */
	const char		*members;	/* NULL: none */
	bool			 any_query;	/* which says nothing */
};

/*
 * Returns the route for a method and a path; NULL: there is none.  *allowed has
 * then the methods that the path has, 0 where there is no such path.
 */
const struct admin_route *admin_route_find(const struct admin_request *,
		    unsigned *allowed);

/* Returns the path that is most like one that there is not, or NULL. */
const char	*admin_route_nearest(const struct admin_request *);

#endif
