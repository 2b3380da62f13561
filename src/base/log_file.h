/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LOG_FILE_H
#define SLUICE_LOG_FILE_H

#include <stdbool.h>

/*
 * What lines are written to, opened without waiting: a file, a FIFO, a
 * terminal, or a standard descriptor.
 */

/*
 * Returns a descriptor of our own for a standard one, 1 or 2; -1 with errno
 * when that is closed.  Its offset, where it has one, stays that of all who
 * share it.
 */
int	 log_file_open_std(int std);

/*
 * Opens a file to append to, which is made where it is missing.  Returns -1
 * with errno when that cannot be: ENXIO for a FIFO that nobody reads.
 */
int	 log_file_open(const char *path);

/* Returns whether there is a FIFO at the path. */
bool	 log_file_is_fifo(const char *path);

/*
 * Say why a path, or a standard descriptor, cannot be opened (an errno).  They
 * return false, with *cause (to be freed, or NULL without memory).
 */
bool	 log_file_wrong(char **cause, const char *path, int error);
bool	 log_file_wrong_std(char **cause, int std, int error);

/*
 * Returns whether log_file_open() would open the path, or will once somebody
 * reads it, without opening it or leaving a file behind; false with *cause as
 * above.
 */
bool	 log_file_test(const char *path, char **cause)
	    __attribute__((warn_unused_result));

#endif
