/* SPDX-License-Identifier: ISC */
#include "net/socket_file.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Of a socket of another family, or without a name in any directory: "". */
static const char *
path_of(const struct sockaddr *sa)
{
	return sa->sa_family != AF_UNIX ? "" :
	    ((const struct sockaddr_un *)sa)->sun_path;
}

void
socket_file_note(struct socket_file *f, const struct sockaddr *sa)
{
	struct stat st;

	memset(f, 0, sizeof *f);
	if (lstat(path_of(sa), &st) == -1 || !S_ISSOCK(st.st_mode))
		return;
	*f = (struct socket_file){ .is = true, .dev = st.st_dev,
		.ino = st.st_ino, .made = st.st_mtim };
}

void
socket_file_remove(const struct socket_file *f, const struct sockaddr *sa)
{
	struct socket_file now;

	if (!f->is)
		return;
	socket_file_note(&now, sa);
	if (now.is && now.dev == f->dev && now.ino == f->ino &&
	    now.made.tv_sec == f->made.tv_sec &&
	    now.made.tv_nsec == f->made.tv_nsec)
		(void)unlink(path_of(sa));
}
