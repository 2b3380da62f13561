/* SPDX-License-Identifier: ISC */
#include "daemon/program.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

static char **args;
static char file[PATH_MAX];	/* "": not known */

void
program_note(char **argv)
{
	ssize_t n = readlink("/proc/self/exe", file, sizeof file - 1);

	args = argv;
	file[n > 0 ? n : 0] = '\0';
}

const char *
program_name(void)
{
	return args[0];
}

/* A link that was moved to another release is to lead there. */
void
program_exec(void)
{
	int error;

	execvp(args[0], args);
	error = errno;
	if (file[0] != '\0' && (error == ENOENT || error == ENOTDIR))
		execv(file, args);
	else
		errno = error;
}
