/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RESOLVE_ANSWER_H
#define SLUICE_RESOLVE_ANSWER_H

#include <stddef.h>

#include "net/address.h"

/* What a name is resolved to. */

#define RESOLVE_ADDRESSES	16	/* of one name, at most */

enum resolve_result {
	RESOLVE_OK,
	RESOLVE_NO_NAME,	/* no such name, or no address of it */
	RESOLVE_FAILED,		/* the servers cannot tell */
	RESOLVE_TIMEOUT,
	RESOLVE_NO_MEMORY,	/* nor descriptors, to hear of the answer */
};

struct resolve_answer {
	enum resolve_result	 result;	/* why there are none */
	size_t			 n;		/* addresses */
	struct address		 list[RESOLVE_ADDRESSES];
};

#endif
