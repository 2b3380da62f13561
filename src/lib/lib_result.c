/* SPDX-License-Identifier: ISC */
#include <sluice/result.h>

#include <stddef.h>

#include "config.h"

static const char *const texts[] = {
	[SLUICE_OK] = "all is well",
	[SLUICE_WAIT] = "it waits in the queue",
	[SLUICE_NO_MEMORY] = "out of memory",
	[SLUICE_FULL] = "the queue is full",
	[SLUICE_LATE] = "it could not start by its deadline",
	[SLUICE_BUSY] = "the waiter waits already, or was admitted",
	[SLUICE_BAD_RATE] = "a rate's capacity, period or burst is out of range",
	[SLUICE_MANY_RATES] = "too many rates",
	[SLUICE_BAD_COST] = "the cost is out of range",
	[SLUICE_BAD_WEIGHT] = "the weight is out of range",
	[SLUICE_BAD_URGENCY] = "the urgency is not one from 0 to 7",
	[SLUICE_BAD_FIELD] = "the field's name or value is not allowed in HTTP",
	[SLUICE_MANY_FIELDS] = "too many fields, or too long ones",
	[SLUICE_BAD_STATUS] = "the status is not one from 100 to 999",
};

const char *
sluice_strerror(int result)
{
	if (result < 0 || (size_t)result >= sizeof texts / sizeof texts[0])
		return "no such result";
	return texts[result];
}

const char *
sluice_version(void)
{
	return PACKAGE_VERSION;
}
