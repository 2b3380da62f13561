/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FUZZ_SILENT_H
#define SLUICE_FUZZ_SILENT_H

#include "base/log.h"

/* A log that says nothing, for targets whose inputs are told there. */

void
log_warn(const char *format, ...)
{
	(void)format;
}

void
log_told(enum log_level level, const char *format, ...)
{
	(void)level;
	(void)format;
}

void
log_info(const char *format, ...)
{
	(void)format;
}

void
log_error(const char *format, ...)
{
	(void)format;
}

#endif
