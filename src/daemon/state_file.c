/* SPDX-License-Identifier: ISC */
#include "daemon/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE	0600	/* hashes of credentials, and the key of those */
#define ASIDES	1000	/* names for what is kept aside */
#define LINKS	40	/* one behind another, as the kernel has it */

static bool
wrong(char **cause, const char *path, const char *why)
{
	int error = errno;

	if (asprintf(cause, "%s: %s", path, why) == -1)
		*cause = NULL;
	errno = error;
	return false;
}

/* Where a link leads that stands at path. */
static char *
target(const char *path, const char *to)
{
	const char *name = strrchr(path, '/');
	char *p;
	int n = name != NULL && to[0] != '/' ? (int)(name - path) + 1 : 0;

	return asprintf(&p, "%.*s%s", n, path, to) != -1 ? p : NULL;
}

char *
state_file_resolve(const char *path)
{
	char *p = strdup(path), *next, to[PATH_MAX];
	ssize_t n;
	int i;

	for (i = 0; p != NULL && i < LINKS; i++) {
		if ((n = readlink(p, to, sizeof to - 1)) == -1)
			return p;
		to[n] = '\0';
		next = target(p, to);
		free(p);
		p = next;
	}
	free(p);
	errno = i == LINKS ? ELOOP : ENOMEM;
	return NULL;
}

static bool
take_lock(struct state_file *f, bool heir, char **cause)
{
	char *path;

	if (asprintf(&path, "%s.lock", f->path) == -1)
		return wrong(cause, f->path, strerror(ENOMEM));
	f->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, MODE);
	if (f->lock == -1) {
		wrong(cause, path, strerror(errno));
		free(path);
		return false;
	}
	free(path);
	if (flock(f->lock, LOCK_EX | LOCK_NB) == 0)
		return true;
	f->waits = heir && errno == EWOULDBLOCK;
	return f->waits || wrong(cause, f->path, errno == EWOULDBLOCK ?
	    "another sluice has it, expected a file for each" :
	    strerror(errno));
}

static bool
open_directory(struct state_file *f, char **cause)
{
	char *copy = strdup(f->path);

	if (copy == NULL)
		return wrong(cause, f->path, strerror(ENOMEM));
	f->directory = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	return f->directory != -1 || wrong(cause, f->path, strerror(errno));
}

bool
state_file_open(struct state_file *f, const char *path, bool heir,
    char **cause)
{
	*f = (struct state_file){ .lock = -1, .directory = -1, .fd = -1,
	    .next = -1 };
	*cause = NULL;
	if ((f->path = state_file_resolve(path)) == NULL)
		wrong(cause, path, strerror(errno));
	if (f->path == NULL || asprintf(&f->beside, "%s.new", f->path) == -1)
		f->beside = NULL;
	if (f->beside != NULL && open_directory(f, cause) &&
	    take_lock(f, heir, cause))
		return true;
	state_file_close(f);
	return false;
}

static bool
is_one(const struct stat *x, const struct stat *y)
{
	return x->st_dev == y->st_dev && x->st_ino == y->st_ino;
}

/* It may be that of another path. */
static bool
is_same(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && is_one(&x, &y);
}

bool
state_file_adopt(struct state_file *f, int lock)
{
	if (f->waits && lock != -1 && is_same(f->lock, lock)) {
		close(f->lock);
		f->lock = lock;
		f->waits = false;
		return true;
	}
	if (lock != -1)
		close(lock);
	if (f->waits)
		f->waits = flock(f->lock, LOCK_EX | LOCK_NB) == -1;
	return !f->waits;
}

void
state_file_close(struct state_file *f)
{
	int fds[] = { f->next, f->fd, f->directory, f->lock };
	size_t i;

	for (i = 0; i < sizeof fds / sizeof fds[0]; i++)
		if (fds[i] != -1)
			close(fds[i]);
	free(f->path);
	free(f->beside);
}

/* Reading */

static int
read_whole(int fd, char *p, size_t n)
{
	ssize_t got;

	while (n > 0) {
		if ((got = read(fd, p, n)) == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0 ? EIO : errno;
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

static int
read_fd(int fd, char **text, size_t *len)
{
	struct stat st;
	int error;

	if (fstat(fd, &st) == -1)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EINVAL;
	*len = (size_t)st.st_size;
	if ((*text = malloc(*len + 1)) == NULL)
		return ENOMEM;
	if ((error = read_whole(fd, *text, *len)) != 0) {
		free(*text);
		*text = NULL;
		return error;
	}
	(*text)[*len] = '\0';
	return 0;
}

int
state_file_read(const struct state_file *f, char **text, size_t *len)
{
	int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int error;

	*text = NULL;
	*len = 0;
	if (fd == -1)
		return errno == ENOENT ? 0 : errno;
	error = read_fd(fd, text, len);
	close(fd);
	return error;
}

/* A link is made only where nothing has that name. */
int
state_file_aside(const struct state_file *f, char **to)
{
	int i;

	for (i = 1; i <= ASIDES; i++) {
		if (asprintf(to, "%s.%d", f->path, i) == -1) {
			*to = NULL;
			return ENOMEM;
		}
		if (renameat2(AT_FDCWD, f->path, AT_FDCWD, *to,
		    RENAME_NOREPLACE) == 0)
			return 0;
		free(*to);
		*to = NULL;
		if (errno != EEXIST)
			return errno;
	}
	return EEXIST;
}

/* Writing */

/* Another directory may have its path, where nobody has a lock. */
static int
take_place_again(struct state_file *f)
{
	struct state_file again = { .path = f->path, .lock = -1,
	    .directory = -1 };
	char *cause = NULL;
	bool ok;
	int error;

	ok = open_directory(&again, &cause) && take_lock(&again, true, &cause);
	error = errno;
	free(cause);
	if (ok && !again.waits) {
		close(f->directory);
		close(f->lock);
		f->directory = again.directory;
		f->lock = again.lock;
		return 0;
	}
	if (again.lock != -1)
		close(again.lock);
	if (again.directory != -1)
		close(again.directory);
	return ok ? EBUSY : error;
}

/*
 * It, or the whole directory, was removed or moved away, so that whoever looks
 * beside the file finds none, or another one.
 */
static bool
lock_is_gone(const struct state_file *f, bool *gone)
{
	struct stat ours, beside;
	char *path;
	bool there;

	if (asprintf(&path, "%s.lock", f->path) == -1) {
		errno = ENOMEM;
		return false;
	}
	there = lstat(path, &beside) == 0;
	free(path);
	*gone = !there || fstat(f->lock, &ours) == -1 ||
	    !is_one(&ours, &beside);
	return true;
}

static int
write_whole(int fd, const char *p, size_t n)
{
	ssize_t done;

	while (n > 0) {
		if ((done = write(fd, p, n)) == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return errno;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

void
state_file_drop(struct state_file *f)
{
	if (f->next == -1)
		return;
	close(f->next);
	f->next = -1;
	(void)unlink(f->beside);
}

int
state_file_begin(struct state_file *f)
{
	bool gone;
	int error;

	state_file_drop(f);
	f->written = 0;
	if (!lock_is_gone(f, &gone))
		return errno;
	if (gone && (error = take_place_again(f)) != 0)
		return error;
	/* what a process that was stopped has left is nobody's */
	if (unlink(f->beside) == -1 && errno != ENOENT)
		return errno;
	f->next = open(f->beside, O_WRONLY | O_CREAT | O_EXCL | O_APPEND |
	    O_CLOEXEC, MODE);
	return f->next == -1 ? errno : 0;
}

int
state_file_add(struct state_file *f, const char *p, size_t n)
{
	int error = write_whole(f->next, p, n);

	if (error != 0)
		state_file_drop(f);
	f->written += (off_t)n;
	return error;
}

int
state_file_replace(struct state_file *f)
{
	int error = 0;

	if (fsync(f->next) == -1 || rename(f->beside, f->path) == -1) {
		error = errno;
		state_file_drop(f);
		return error;
	}
	if (f->fd != -1)
		close(f->fd);
	f->fd = f->next;
	f->next = -1;
	f->size = f->written;
	/* until then a machine that stops has the old one */
	return fsync(f->directory) == -1 ? errno : 0;
}

int
state_file_append(struct state_file *f, const char *p, size_t n, bool safe)
{
	int error;

	if (f->fd == -1)
		return EBADF;
	error = write_whole(f->fd, p, n);
	if (error == 0 && safe && fdatasync(f->fd) == -1)
		error = errno;
	if (error == 0) {
		f->size += (off_t)n;
		return 0;
	}
	/* half a line would take the next one with it */
	if (ftruncate(f->fd, f->size) == -1) {
		close(f->fd);
		f->fd = -1;
	}
	return error;
}
