/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RESERVE_H
#define SLUICE_RESERVE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Memory that is set aside for where evhttp does not survive without: in the
 * middle of making a connection or a request it ends half-made things as if
 * they were whole.  A thread opens its reserve before it lets evhttp do such a
 * thing; what libevent then cannot get elsewhere it gets from there, and who
 * has opened it learns that and gives the connection up, whole as it is.
 */

#define RESERVE_SIZE	65536	/* bytes for each thread */

/*
 * Has libevent get its memory here, and sets the reserves of so many threads
 * aside; before the first call of libevent, once.  Returns false without
 * memory.
 */
bool	 reserve_init(unsigned threads);

/* Says which of them is the calling thread's; from 0. */
void	 reserve_use(unsigned nth);

/*
 * From here on memory may come out of the thread's reserve, until
 * reserve_close(), which returns whether any has since the last time it was
 * asked.  They do not nest; without a reserve they do nothing.
 */
void	 reserve_open(void);
bool	 reserve_close(void);

/*
 * As calloc() and free(), out of the reserve where there is no other memory
 * and it is open.  To be freed on the same thread, or when that has ended.
 */
void	*reserve_calloc(size_t size);
void	 reserve_free(void *);

#endif
