/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LOG_SINK_H
#define SLUICE_LOG_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log_level.h"

/*
 * Where lines go: a file, a FIFO, a pipe, a terminal, a socket.  Whatever
 * becomes of it, nobody who writes a line is held up: a thread of the sink's
 * own takes the lines out of a bounded buffer.  What does not fit there is
 * dropped, counted, and told once there is room again.  A line goes out whole,
 * or not at all.
 */

struct log_sink;

/*
 * Returns a sink that is not open yet, and keeps what is written to it; NULL
 * without memory.  name is what it is called in messages, and must outlive it;
 * max bytes are kept, and as many again are on their way.  What becomes of the
 * lines is told by tell(), from any thread; that may write to the sink itself.
 */
struct log_sink	*log_sink_new(const char *name, size_t max,
		    void (*tell)(enum log_level, const char *, ...)
		    __attribute__((format(printf, 2, 3))));

/*
 * Writes what is left, as long as somebody takes it (half a second without
 * any progress is the end of that), and frees the sink.
 */
void		 log_sink_free(struct log_sink *);

/*
 * Opens a file, which is made where it is missing, or opens it anew: what was
 * written before may go to either.  Where path is NULL it is the standard
 * descriptor std, 1 or 2.  A FIFO that nobody reads is opened once somebody
 * does.  False with *cause, to be freed or NULL, where it cannot be written:
 * the sink stays as it was.
 */
bool		 log_sink_open(struct log_sink *, const char *path, int std,
		    char **cause) __attribute__((warn_unused_result));

/* From now on lines go nowhere, without a word. */
void		 log_sink_close(struct log_sink *);

/* Whole lines, with their ends.  Never waits; safe from any thread. */
void		 log_sink_write(struct log_sink *, const char *, size_t);

/* Waits as log_sink_free() does, and keeps the sink. */
void		 log_sink_flush(struct log_sink *);

#endif
