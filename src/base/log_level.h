/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LOG_LEVEL_H
#define SLUICE_LOG_LEVEL_H

/* How much a line of the diagnostics matters: the first most. */
enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

#endif
