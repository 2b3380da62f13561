/* SPDX-License-Identifier: ISC */
#include "conf/conf_file.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FILE_MAX	(64 * 1024 * 1024)	/* bytes */
#define PIPE_MS		10000	/* for all that comes through a pipe */

static bool
wrong_open(struct conf_report *report, int error)
{
#ifdef SLUICE_SAMPLE
	if (error == ENOENT)
		return conf_wrong(report, NULL, "%s; copy the sample from %s "
		    "or give one with -c FILE", strerror(error),
		    SLUICE_SAMPLE);
#else
	if (error == ENOENT)
		return conf_wrong(report, NULL, "%s; give one with -c FILE",
		    strerror(error));
#endif
	return conf_wrong(report, NULL, "%s", strerror(error));
}

static bool
too_large(struct conf_report *report)
{
	return conf_wrong(report, NULL, "too large, expected at most %d MiB",
	    FILE_MAX / 1024 / 1024);
}

/* What is no file is a pipe, a FIFO or a terminal. */
static int
open_file(struct conf_report *report, const char *path, struct stat *st)
{
	int fd;

	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd == -1) {
		wrong_open(report, errno);
		return -1;
	}
	if (fstat(fd, st) == -1)
		conf_wrong(report, NULL, "%s", strerror(errno));
	else if (S_ISDIR(st->st_mode))
		conf_wrong(report, NULL, "a directory, expected a file");
	else if (S_ISBLK(st->st_mode))
		conf_wrong(report, NULL, "a disk, expected a file");
	else if (S_ISREG(st->st_mode) && st->st_size > FILE_MAX)
		too_large(report);
	if (report->cause == NULL)
		return fd;
	close(fd);
	return -1;
}

/*
 * Reads a file.  One that others write to meanwhile may be a half of one, and
 * is not taken.
 */
static char *
read_file(struct conf_report *report, int fd, size_t *size)
{
	char *text = malloc(*size + 1);
	size_t done = 0;
	ssize_t n;

	while (text != NULL && done <= *size) {
		n = read(fd, text + done, *size + 1 - done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			conf_wrong(report, NULL, "%s", strerror(errno));
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (text == NULL)
		conf_wrong(report, NULL, "out of memory");
	else if (done != *size)
		conf_wrong(report, NULL, "changed while it was read, "
		    "expected a file that is complete; try again");
	return text;
}

/* Waits for more of a pipe; false when there is no more time for that. */
static bool
wait_more(struct conf_report *report, int fd, const struct timespec *began)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timespec now;
	int64_t ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (now.tv_sec - began->tv_sec) * 1000 +
	    (now.tv_nsec - began->tv_nsec) / 1000000;
	if (ms < PIPE_MS && poll(&p, 1, (int)(PIPE_MS - ms)) > 0)
		return true;
	return conf_wrong(report, NULL, "a pipe, FIFO or terminal that nobody "
	    "has written a whole configuration to within %d s", PIPE_MS / 1000);
}

/* Doubles the room where it is used up. */
static bool
grow(struct conf_report *report, char **text, size_t done, size_t *room)
{
	char *more;

	if (done < *room)
		return true;
	if (*room >= FILE_MAX)
		return too_large(report);
	more = realloc(*text, *room * 2);
	if (more == NULL)
		return conf_wrong(report, NULL, "out of memory");
	*text = more;
	*room *= 2;
	return true;
}

/* Whether the last writer of a pipe has gone. */
static bool
hung_up(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) != 0 &&
	    (p.revents & POLLIN) == 0;
}

/*
 * Reads until the end; but a FIFO tells of one before its first writer comes,
 * too.
 */
static char *
read_pipe(struct conf_report *report, int fd, bool is_fifo, size_t *size)
{
	size_t room = 65536;
	char *text = malloc(room);
	struct timespec began;
	ssize_t n;

	clock_gettime(CLOCK_MONOTONIC, &began);
	*size = 0;
	if (text == NULL)
		conf_wrong(report, NULL, "out of memory");
	while (report->cause == NULL && grow(report, &text, *size, &room)) {
		n = read(fd, text + *size, room - *size);
		if (n > 0)
			*size += (size_t)n;
		else if (n == 0 && (*size > 0 || !is_fifo || hung_up(fd)))
			break;
		else if (n == 0 || errno == EAGAIN || errno == EINTR)
			wait_more(report, fd, &began);
		else
			conf_wrong(report, NULL, "%s", strerror(errno));
	}
	return text;
}

char *
conf_file_read(struct conf_report *report, const char *path, bool again,
    size_t *size)
{
	char *text = NULL;
	struct stat st;
	int fd = open_file(report, path, &st);

	*size = fd != -1 ? (size_t)st.st_size : 0;
	if (fd != -1 && S_ISREG(st.st_mode))
		text = read_file(report, fd, size);
	else if (fd != -1 && again)
		conf_wrong(report, NULL, "a pipe, FIFO or terminal, which "
		    "cannot be read again, expected a file: start with one "
		    "(-c FILE) to change it later");
	else if (fd != -1)
		text = read_pipe(report, fd, S_ISFIFO(st.st_mode), size);
	if (fd != -1)
		close(fd);
	return text;
}
