/* SPDX-License-Identifier: ISC */
#include "net/socket_file.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
socket_file_note(struct socket_file *f, const char *path)
{
	struct stat st;

	memset(f, 0, sizeof *f);
	if (lstat(path, &st) == -1 || !S_ISSOCK(st.st_mode))
		return;
	*f = (struct socket_file){ .is = true, .dev = st.st_dev,
		.ino = st.st_ino, .made = st.st_mtim };
}

void
socket_file_remove(const struct socket_file *f, const char *path)
{
	struct socket_file now;

	socket_file_note(&now, path);
	if (f->is && now.is && now.dev == f->dev && now.ino == f->ino &&
	    now.made.tv_sec == f->made.tv_sec &&
	    now.made.tv_nsec == f->made.tv_nsec)
		(void)unlink(path);
}
