/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_FILE_H
#define SLUICE_CONF_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf_yaml.h"

/*
 * What is in a file, or comes through a pipe within 10 s, to be freed; *size
 * is in bytes.  again: for a reload, a file only, and so without waiting for
 * anybody.  With an error, which is then reported, it is to be freed, too.
 */
char		*conf_file_read(struct conf_report *, const char *path,
		    bool again, size_t *size);

#endif
