/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "tls/tls_ca_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tls/tls_x509.h"

/*
 * Each is written where it has no name, then to the disk, and only then gets
 * one: after a crash there is no half of one, and whoever is killed before that
 * has left nothing.  Where the file system knows no such files, or the system
 * cannot name them, they stand beside their places meanwhile, under names that
 * nobody else has.
 */

struct beside {
	char	path[PATH_MAX];		/* where it is to be */
	char	now[PATH_MAX];		/* where it is; "": it has no name */
	int	fd;			/* where it has none; or -1 */
	bool	placed;
};

static bool
wrong(const char *path, char **cause)
{
	return tls_x509_cause(cause, "%s: %s", path, strerror(errno));
}

static bool
cannot_write(const char *path, char **cause)
{
	return tls_x509_cause(cause, "%s: cannot write: %s", path,
	    strerror(errno));
}

static bool
write_all(int fd, const char *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n == -1 && errno != EINTR)
			return false;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return true;
}

/* How the system calls what is open there. */
static void
link_of(char link[64], int fd)
{
	(void)snprintf(link, 64, "/proc/self/fd/%d", fd);
}

/* Opens one that has no name, on the file system of a directory; or -1. */
static int
open_unnamed(const char *dir)
{
	int fd = open(dir, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	char link[64];

	link_of(link, fd);
	if (fd == -1 || access(link, F_OK) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Opens a new one for b->path, for nobody else; or -1. */
static int
open_beside(struct beside *b, char **cause)
{
	const char *slash = strrchr(b->path, '/');
	int dir = slash != NULL ? (int)(slash + 1 - b->path) : 0, fd = -1;

	errno = ENAMETOOLONG;
	if (snprintf(b->now, sizeof b->now, "%.*s", dir > 0 ? dir : 1,
	    dir > 0 ? b->path : ".") < (int)sizeof b->now &&
	    (fd = open_unnamed(b->now)) != -1) {
		b->now[0] = '\0';
		b->fd = fd;
		return fd;
	}
	if (snprintf(b->now, sizeof b->now, "%.*s.%s.XXXXXX", dir, b->path,
	    b->path + dir) < (int)sizeof b->now)
		fd = mkostemp(b->now, O_CLOEXEC);
	if (fd == -1) {
		wrong(b->path, cause);
		b->now[0] = '\0';
	}
	return fd;
}

/* Writes it whole; what has a name is closed. */
static bool
fill(const struct beside *b, int fd, mode_t mode, const char *p, size_t len,
    char **cause)
{
	bool ok = fchmod(fd, mode) == 0 && write_all(fd, p, len) &&
	    fsync(fd) == 0;

	if (!ok)
		cannot_write(b->path, cause);
	if (b->fd == -1 && close(fd) == -1 && ok)
		ok = cannot_write(b->path, cause);
	return ok;
}

/* Gives it a name that nobody has. */
static bool
name_it(const struct beside *b, const char *path)
{
	char link[64];

	link_of(link, b->fd);
	return linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0;
}

/* Who interrupts it has to wait until none stands beside its place. */
static void
hold_signals(sigset_t *before)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, before);
}

/* That its place is empty: a link is there, too, wherever it leads. */
static bool
is_free(const char *path, char **cause)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		return tls_x509_cause(cause, "%s: is there already, and is "
		    "not overwritten", path);
	return errno == ENOENT || wrong(path, cause);
}

/* Some file systems cannot tell whether there is another one. */
static bool
place(struct beside *b, char **cause)
{
	if (b->fd != -1)
		b->placed = name_it(b, b->path);
	else
		b->placed = renameat2(AT_FDCWD, b->now, AT_FDCWD, b->path,
		    RENAME_NOREPLACE) == 0;
	if (!b->placed && b->fd == -1 && (errno == EINVAL || errno == ENOSYS))
		b->placed = link(b->now, b->path) == 0 &&
		    unlink(b->now) == 0;
	if (b->placed)
		return true;
	return errno == EEXIST ? is_free(b->path, cause) :
	    wrong(b->path, cause);
}

/* Closes them, and unless they are to stay takes them away. */
static void
done(const struct beside *list, size_t n, bool stay)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (list[i].fd != -1)
			close(list[i].fd);
		if (stay)
			continue;
		if (list[i].placed)
			(void)unlink(list[i].path);
		else if (list[i].now[0] != '\0')
			(void)unlink(list[i].now);
	}
}

/* That the names last, too; where a directory cannot be, nothing is lost. */
static void
sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		return;
	(void)fsync(fd);
	close(fd);
}

static bool
write_one(struct beside *b, const char *dir, const struct tls_ca_file *file,
    char **cause)
{
	int fd;

	if (snprintf(b->path, sizeof b->path, "%s/%s", dir, file->name) >=
	    (int)sizeof b->path)
		return tls_x509_cause(cause, "%s: the path is too long", dir);
	return is_free(b->path, cause) && (fd = open_beside(b, cause)) != -1 &&
	    fill(b, fd, file->mode, file->p, file->len, cause);
}

bool
tls_ca_files_make(const char *dir, const struct tls_ca_file *files, size_t n,
    char **cause)
{
	struct beside *list = calloc(n, sizeof *list);
	sigset_t before;
	bool ok = true;
	size_t i;

	if (list == NULL)
		return tls_x509_cause(cause, "out of memory");
	for (i = 0; i < n; i++)
		list[i].fd = -1;
	hold_signals(&before);
	for (i = 0; i < n && ok; i++)
		ok = write_one(&list[i], dir, &files[i], cause);
	for (i = 0; i < n && ok; i++)
		ok = place(&list[i], cause);
	if (ok)
		sync_dir(dir);
	done(list, n, ok);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	free(list);
	return ok;
}

/* Replacing */

/* Of those who may not give files away it is theirs by now, if anybody's. */
static bool
take_over(int fd, const struct stat *old, const char *path, char **cause)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return wrong(path, cause);
	if ((st.st_uid == old->st_uid && st.st_gid == old->st_gid) ||
	    fchown(fd, old->st_uid, old->st_gid) == 0)
		return true;
	return tls_x509_cause(cause, "%s: belongs to user %u, and cannot be "
	    "replaced by user %u", path, (unsigned)old->st_uid,
	    (unsigned)geteuid());
}

/*
 * Over the old one, under the name of a new one before: one that is left of a
 * run that was killed is taken away by the next, and whoever else writes it
 * meanwhile fails.
 */
static bool
replace(struct beside *b, const char *path, char **cause)
{
	const char *slash = strrchr(b->path, '/');
	int dir = (int)(slash + 1 - b->path);

	if (b->fd != -1) {
		if (snprintf(b->now, sizeof b->now, "%.*s.%s.new", dir,
		    b->path, b->path + dir) >= (int)sizeof b->now) {
			b->now[0] = '\0';
			errno = ENAMETOOLONG;
			return wrong(path, cause);
		}
		(void)unlink(b->now);
		if (!name_it(b, b->now)) {
			b->now[0] = '\0';
			return wrong(path, cause);
		}
	}
	return rename(b->now, b->path) == 0 || wrong(path, cause);
}

bool
tls_ca_files_replace(const char *path, const char *p, size_t len, char **cause)
{
	struct beside b = { .fd = -1 };
	char *real = realpath(path, NULL), *slash;
	sigset_t before;
	struct stat old;
	bool ok;
	int fd;

	if (real == NULL || stat(real, &old) == -1) {
		free(real);
		return wrong(path, cause);
	}
	snprintf(b.path, sizeof b.path, "%s", real);
	hold_signals(&before);
	ok = (fd = open_beside(&b, cause)) != -1;
	if (ok && !take_over(fd, &old, path, cause)) {
		if (b.fd == -1)
			close(fd);
		ok = false;
	} else if (ok)
		ok = fill(&b, fd, old.st_mode & 0777, p, len, cause) &&
		    replace(&b, path, cause);
	done(&b, 1, ok);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (ok && (slash = strrchr(real, '/')) != NULL) {
		slash[1] = '\0';
		sync_dir(real);
	}
	free(real);
	return ok;
}
