/* SPDX-License-Identifier: ISC */
#include "base/log_file.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
log_file_open_std(int std)
{
	struct stat st;
	char path[32];
	int fd;

	if (fstat(std, &st) == 0 && (S_ISFIFO(st.st_mode) || isatty(std))) {
		snprintf(path, sizeof path, "/proc/self/fd/%d", std);
		fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
		if (fd != -1)
			return fd;
	}
	return fcntl(std, F_DUPFD_CLOEXEC, 3);
}

int
log_file_open(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC |
	    O_NONBLOCK | O_NOCTTY, 0640);
}

bool
log_file_is_fifo(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

bool
log_file_wrong(char **cause, const char *path, int error)
{
	const char *why = strerror(error);

	if (error == ENXIO || error == ENOTSOCK)
		why = "a socket, or a device that is not there";
	if (asprintf(cause, "cannot open %s: %s", path, why) == -1)
		*cause = NULL;
	return false;
}

bool
log_file_wrong_std(char **cause, int std, int error)
{
	return log_file_wrong(cause, std == STDOUT_FILENO ? "standard output" :
	    "standard error", error);
}

/* Where a file would be made, its directory decides. */
static int
test_directory(const char *path)
{
	char *copy = strdup(path);
	int error = 0;

	if (copy == NULL)
		return ENOMEM;
	if (faccessat(AT_FDCWD, dirname(copy), W_OK | X_OK, AT_EACCESS) == -1)
		error = errno;
	free(copy);
	return error;
}

bool
log_file_test(const char *path, char **cause)
{
	struct stat st;
	int error = 0;

	if (stat(path, &st) == -1)
		error = errno == ENOENT ? test_directory(path) : errno;
	else if (S_ISDIR(st.st_mode))
		error = EISDIR;
	else if (S_ISSOCK(st.st_mode))
		error = ENOTSOCK;
	else if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == -1)
		error = errno;
	return error == 0 || log_file_wrong(cause, path, error);
}
