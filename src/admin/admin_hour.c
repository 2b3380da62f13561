/* SPDX-License-Identifier: ISC */
#include "admin/admin_hour.h"

#include <stdlib.h>

#include "admin/admin_totals.h"
#include "net/loop.h"

#define MINUTES		60
#define MINUTE		UINT64_C(60000000000)

struct admin_hour {
	struct deadline	 next;
	/* how many there were when each minute began */
	uint64_t	 refused[MINUTES];
	unsigned	 minutes;	/* that began; the ring's next place */
};

static void
minute_cb(void *arg)
{
	struct admin_hour *hour = arg;

	(void)admin_totals_requests(&hour->refused[hour->minutes++ %
	    MINUTES]);
	deadline_set(&hour->next, loop_now() + MINUTE);
}

struct admin_hour *
admin_hour_new(struct loop *loop)
{
	struct admin_hour *hour;

	if ((hour = calloc(1, sizeof *hour)) == NULL)
		return NULL;
	deadline_init(&hour->next, loop, minute_cb, hour);
	minute_cb(hour);
	return hour;
}

void
admin_hour_free(struct admin_hour *hour)
{
	if (hour == NULL)
		return;
	deadline_free(&hour->next);
	free(hour);
}

/* In the first hour the oldest minute is the first. */
uint64_t
admin_hour_refused(const struct admin_hour *hour, uint64_t refused)
{
	if (hour->minutes < MINUTES)
		return refused - hour->refused[0];
	return refused - hour->refused[hour->minutes % MINUTES];
}
