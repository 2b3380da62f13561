/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_USAGE_ASK_H
#define SLUICE_USAGE_ASK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What has to be changed in a request for a stream, so that its end tells what
 * was used: OpenAI's stream_options.include_usage ("Create chat completion",
 * https://platform.openai.com/docs/api-reference/chat/create).
 */

struct usage_ask {
	size_t			 at;		/* there */
	size_t			 gone;		/* bytes go, */
	const char		*text;		/* and this comes */
};

/*
 * Returns whether a whole text of JSON, which was found to be some, asks for a
 * stream and not for its usage, and sets what is to be changed then.  Returns
 * false, too, where what stands there is not understood.
 */
bool		 usage_ask(const char *, size_t, struct usage_ask *);

#endif
