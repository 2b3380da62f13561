/* SPDX-License-Identifier: ISC */
#ifndef LIBSLUICE_RESULT_H
#define LIBSLUICE_RESULT_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What became of a call.  SLUICE_OK is 0 and SLUICE_WAIT is no error; all that
 * follows is a refusal, after which everything is as it was before the call.
 * Later versions may add some at the end.
 */
enum sluice_result {
	SLUICE_OK = 0,
	SLUICE_WAIT,		/* queued: sluice_next() will name it */
	SLUICE_NO_MEMORY,
	SLUICE_FULL,		/* the queue is */
	SLUICE_LATE,		/* it could not start by its deadline */
	SLUICE_BUSY,		/* the waiter waits, or was admitted */
	SLUICE_BAD_RATE,	/* a rate out of range */
	SLUICE_MANY_RATES,	/* more than SLUICE_RATES */
	SLUICE_BAD_COST,	/* above SLUICE_COST_MAX */
	SLUICE_BAD_WEIGHT,	/* 0, or above SLUICE_WEIGHT_MAX */
	SLUICE_BAD_URGENCY,	/* above 7 */
	SLUICE_BAD_FIELD,	/* a name or a value that HTTP does not have */
	SLUICE_MANY_FIELDS,	/* more than SLUICE_FIELDS or their bytes */
	SLUICE_BAD_STATUS,	/* not 100 to 999 */
};

/*
 * Returns a short text in English for one of the above, static; for any other
 * number one that says so.
 */
const char	*sluice_strerror(int result);

/* Returns the library's version, such as "0.1.0"; static. */
const char	*sluice_version(void);

#ifdef __cplusplus
}
#endif

#endif
