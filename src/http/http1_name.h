/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_NAME_H
#define SLUICE_HTTP1_NAME_H

#include <stdbool.h>

#include "http/http1.h"

enum http1_name	 http1_name_id(struct http1_str);
/* Whether fields of that name are for one connection only. */
bool		 http1_is_hop(enum http1_name);

#endif
