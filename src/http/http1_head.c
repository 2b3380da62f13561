/* SPDX-License-Identifier: ISC */
#include "http/http1_head.h"

#include <string.h>

void
http1_head_clear(struct http1_head *head)
{
	/* the fields are not worth it: nfields says that there are none */
	memset(head, 0, offsetof(struct http1_head, fields));
}

const struct http1_field *
http1_find(const struct http1_head *head, enum http1_name id)
{
	for (unsigned i = 0; i < head->nfields; i++) {
		if (head->fields[i].id == id)
			return &head->fields[i];
	}
	return NULL;
}
