/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_NAME_H
#define SLUICE_HTTP1_NAME_H

#include <stdbool.h>

#include "http/http1.h"

/* Returns which of the known names it is; HTTP1_OTHER when it is none. */
enum http1_name	 http1_name_id(struct http1_str);

/* Returns whether fields of that name are for one connection only. */
bool		 http1_is_hop(enum http1_name);

#endif
