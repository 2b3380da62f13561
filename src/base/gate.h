/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_GATE_H
#define SLUICE_GATE_H

#include <pthread.h>
#include <stdbool.h>

/*
 * Threads that have been made wait at it until all of them may begin: what can
 * fail in making them has not failed by then.  Begins as GATE_SHUT, and once it
 * is open stays so.
 */
struct gate {
	pthread_mutex_t	 lock;
	pthread_cond_t	 opened;
	bool		 open;
};

#define GATE_SHUT { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false }

static inline void
gate_wait(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	while (!g->open)
		pthread_cond_wait(&g->opened, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

static inline void
gate_open(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->open = true;
	pthread_cond_broadcast(&g->opened);
	pthread_mutex_unlock(&g->lock);
}

#endif
