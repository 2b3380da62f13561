/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_HEAD_H
#define SLUICE_HTTP1_HEAD_H

#include "http/http1.h"

/* Makes it a head of which nothing is known, and that has no fields. */
void		 http1_head_clear(struct http1_head *);

/* Returns the first field of that name; NULL when there is none. */
const struct http1_field *http1_find(const struct http1_head *,
		    enum http1_name);

#endif
