/* SPDX-License-Identifier: ISC */
#include "base/log_sink.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log_file.h"

/*
 * Two buffers of the same size: writers of lines fill one, the thread empties
 * the other, and takes the first when it is done.  O_NONBLOCK belongs to what
 * was opened, not to the descriptor: set on a standard one it would be set for
 * the shell and its other programs too.  So a pipe or terminal that was
 * inherited is opened once more; where that is not possible it is only written
 * to when poll() says so, and if that should be wrong it is this thread that
 * waits.  A file on a slow disk makes it wait in any case.
 *
 * After each buffer the thread rests a little, so that under load a system call
 * writes many lines.
 */

#define REST_NS		5000000L	/* after a buffer */
#define POLL_MS		100		/* for one that is not writable */
#define AGAIN_NS	1000000000L	/* after a write that failed */
#define FLUSH_NS	500000000L	/* without progress, at the end */
#define STACK		(256 * 1024)

enum took {
	TOOK_SOME,
	TOOK_NOTHING,	/* nobody reads; poll() has waited */
	TOOK_ERROR,	/* errno says why */
};

struct log_sink {
	const char	*name;
	/* called without the lock: it may write to this sink */
	void		 (*tell)(enum log_level, const char *, ...)
			    __attribute__((format(printf, 2, 3)));
	size_t		 max;		/* bytes of a buffer */
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	pthread_cond_t	 wake;		/* the thread: there is something */
	pthread_cond_t	 progress;	/* those who flush */

	/* under the lock */
	char		*in;
	size_t		 n;		/* bytes in it */
	unsigned long long dropped;	/* lines; not told yet */
	int		 error;		/* of the last write; or 0 */
	bool		 idle;		/* the thread waits for wake */
	bool		 closed;	/* lines go nowhere */
	bool		 ending;
	bool		 abandoned;	/* what is left need not go out */
	bool		 gone;		/* the thread is */
	bool		 changed;	/* fd is to be next, path next_path */
	int		 next;
	char		*next_path;	/* a FIFO that nobody reads; or NULL */
	size_t		 left;		/* bytes that out still holds */
	unsigned long	 writes;	/* that took something */

	/* the thread's own */
	char		*out;
	size_t		 off;
	size_t		 len;
	int		 fd;		/* or -1 */
	char		*path;		/* to be opened yet; or NULL */
	mode_t		 type;		/* of fd, as in S_IFMT */
	bool		 told;		/* that it cannot be written */
};

/* One whose thread a disk holds: it needs it until the process ends. */
static struct log_sink *stuck;

/* Opening */

bool
log_sink_open(struct log_sink *s, const char *path, int std, char **cause)
{
	char *later = NULL;
	int fd;

	fd = path != NULL ? log_file_open(path) : log_file_open_std(std);
	if (fd == -1 && path != NULL && errno == ENXIO &&
	    log_file_is_fifo(path))
		later = strdup(path);
	if (fd == -1 && later == NULL)
		return path != NULL ? log_file_wrong(cause, path, errno) :
		    log_file_wrong_std(cause, std, errno);
	if (later != NULL)
		s->tell(LOG_LEVEL_WARN, "%s: nobody reads the FIFO %s yet: "
		    "lines wait", s->name, path);
	pthread_mutex_lock(&s->lock);
	if (s->changed && s->next != -1)
		close(s->next);
	free(s->next_path);
	s->next = fd;
	s->next_path = later;
	s->changed = true;
	s->closed = false;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	return true;
}

void
log_sink_close(struct log_sink *s)
{
	pthread_mutex_lock(&s->lock);
	s->closed = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

/* The thread */

/* How many bytes may be written at once; only whole lines where that counts. */
static size_t
piece(const struct log_sink *s)
{
	size_t n = s->len - s->off;
	const char *end;

	if (n <= PIPE_BUF || s->type == S_IFREG)
		return n;
	end = memrchr(s->out + s->off, '\n', PIPE_BUF);
	return end != NULL ? (size_t)(end + 1 - (s->out + s->off)) : PIPE_BUF;
}

static void
use(struct log_sink *s, int fd)
{
	struct stat st;

	if (s->fd != -1)
		close(s->fd);
	s->fd = fd;
	s->type = fd != -1 && fstat(fd, &st) == 0 ? st.st_mode & S_IFMT : 0;
}

static bool
is_open(struct log_sink *s)
{
	int fd;

	if (s->fd != -1)
		return true;
	if (s->path == NULL || (fd = log_file_open(s->path)) == -1)
		return false;
	use(s, fd);
	free(s->path);
	s->path = NULL;
	return true;
}

static ssize_t
put(const struct log_sink *s, size_t n)
{
	const char *p = s->out + s->off;

	return s->type == S_IFSOCK ? send(s->fd, p, n, MSG_DONTWAIT |
	    MSG_NOSIGNAL) : write(s->fd, p, n);
}

/* Without the lock. */
static enum took
write_some(struct log_sink *s)
{
	struct pollfd p = { .events = POLLOUT };
	ssize_t r;

	if (!is_open(s))
		return TOOK_ERROR;
	p.fd = s->fd;
	if (poll(&p, 1, POLL_MS) < 1)
		return TOOK_NOTHING;
	r = put(s, piece(s));
	if (r == -1 && errno == EAGAIN)
		poll(NULL, 0, 1);	/* a terminal's poll() is not exact */
	if (r == -1 && (errno == EAGAIN || errno == EINTR))
		return TOOK_NOTHING;
	if (r == -1)
		return TOOK_ERROR;
	s->off += (size_t)r;
	return TOOK_SOME;
}

/* What waits for a reader of its FIFO is no failure, and was told. */
static void
tell_error(struct log_sink *s, int error)
{
	if (!s->told && s->path == NULL)
		s->tell(LOG_LEVEL_ERROR, "%s: cannot write: %s; lines wait, "
		    "and are dropped when there are too many", s->name,
		    strerror(error));
	s->told = true;
}

static void
tell_again(struct log_sink *s, unsigned long long dropped)
{
	if (dropped > 0)
		s->tell(LOG_LEVEL_WARN, "%s: writing again; %llu line%s "
		    "dropped", s->name, dropped,
		    dropped == 1 ? " was" : "s were");
	else if (s->told)
		s->tell(LOG_LEVEL_INFO, "%s: writing again", s->name);
	s->told = false;
}

static void
after(const struct timespec *delay, struct timespec *end)
{
	clock_gettime(CLOCK_MONOTONIC, end);
	end->tv_sec += delay->tv_sec;
	end->tv_nsec += delay->tv_nsec;
	if (end->tv_nsec >= 1000000000L) {
		end->tv_nsec -= 1000000000L;
		end->tv_sec++;
	}
}

static void
rest(struct log_sink *s, long ns)
{
	struct timespec delay = { ns / 1000000000L, ns % 1000000000L }, end;

	after(&delay, &end);
	while (!s->ending && !s->changed &&
	    pthread_cond_timedwait(&s->wake, &s->lock, &end) != ETIMEDOUT)
		continue;
}

/*
 * Half a line in the old file gets its other half there, if that takes it, and
 * is never continued in the new one.
 */
static void
finish_line(struct log_sink *s)
{
	const char *end;
	size_t whole = s->len;

	if (s->off == 0 || s->off == s->len || s->out[s->off - 1] == '\n')
		return;
	end = memchr(s->out + s->off, '\n', s->len - s->off);
	s->len = (size_t)(end + 1 - s->out);
	if (s->fd != -1)
		(void)write_some(s);
	s->off = s->len;
	s->len = whole;
}

static void
change(struct log_sink *s)
{
	char *path = s->next_path;
	int fd = s->next;

	s->next = -1;
	s->next_path = NULL;
	s->changed = false;
	pthread_mutex_unlock(&s->lock);
	finish_line(s);
	use(s, fd);
	free(s->path);
	s->path = path;
	pthread_mutex_lock(&s->lock);
	s->left = s->len - s->off;
}

/* Whether there are lines, and somewhere for them to go. */
static bool
has_work(const struct log_sink *s)
{
	return s->n > 0 && (s->fd != -1 || s->path != NULL);
}

/* Takes the full buffer when the other one is empty. */
static bool
refill(struct log_sink *s)
{
	char *empty = s->out;

	if (s->off < s->len)
		return true;
	s->off = s->len = s->left = 0;
	if (!has_work(s))
		return false;
	s->out = s->in;
	s->len = s->left = s->n;
	s->in = empty;
	s->n = 0;
	return true;
}

/* Writes once, without the lock; false where that is no use for a while. */
static bool
drain(struct log_sink *s)
{
	unsigned long long dropped = s->dropped;
	enum took took;
	int error;

	pthread_mutex_unlock(&s->lock);
	took = write_some(s);
	error = took == TOOK_ERROR ? errno : 0;
	if (took == TOOK_SOME && s->off == s->len)
		tell_again(s, dropped);
	else if (took == TOOK_ERROR)
		tell_error(s, error);
	pthread_mutex_lock(&s->lock);
	s->error = error;
	s->left = s->len - s->off;
	if (took == TOOK_SOME) {
		s->writes++;
		if (s->left == 0)
			s->dropped -= dropped;
	}
	pthread_cond_broadcast(&s->progress);
	return took != TOOK_ERROR;
}

/* Somebody may read a FIFO before there is anything to read. */
static void
wait_reader(struct log_sink *s)
{
	bool opened;

	pthread_mutex_unlock(&s->lock);
	opened = is_open(s);
	pthread_mutex_lock(&s->lock);
	if (!opened)
		rest(s, AGAIN_NS);
}

static void
wait_lines(struct log_sink *s)
{
	s->idle = true;
	while (!has_work(s) && !s->changed && !s->ending) {
		if (s->closed)
			use(s, -1);
		if (s->path != NULL)
			wait_reader(s);
		else
			pthread_cond_wait(&s->wake, &s->lock);
	}
	s->idle = false;
}

/* Under the lock; false at the end. */
static bool
step(struct log_sink *s)
{
	bool ok;

	if (s->changed)
		change(s);
	if (refill(s)) {
		ok = drain(s);
		if (!ok || s->left == 0)
			rest(s, ok ? REST_NS : AGAIN_NS);
		/* where it goes from now on may take it */
		return !s->abandoned && (ok || !s->ending || s->changed);
	}
	pthread_cond_broadcast(&s->progress);
	if (!s->ending)
		wait_lines(s);
	return !s->ending || has_work(s) || s->changed;
}

static void *
run(void *arg)
{
	struct log_sink *s = arg;

	pthread_mutex_lock(&s->lock);
	while (step(s))
		continue;
	s->gone = true;
	pthread_cond_broadcast(&s->progress);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* From any thread */

/* No signal is for it. */
static bool
start(struct log_sink *s)
{
	sigset_t all, old;
	pthread_attr_t attr;
	int error;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&s->thread, &attr, run, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return error == 0;
}

static void
destroy(struct log_sink *s)
{
	if (s->fd != -1)
		close(s->fd);
	if (s->changed && s->next != -1)
		close(s->next);
	free(s->path);
	free(s->next_path);
	pthread_cond_destroy(&s->wake);
	pthread_cond_destroy(&s->progress);
	pthread_mutex_destroy(&s->lock);
	free(s->in);
	free(s->out);
	free(s);
}

struct log_sink *
log_sink_new(const char *name, size_t max,
    void (*tell)(enum log_level, const char *, ...))
{
	pthread_condattr_t attr;
	struct log_sink *s;

	if ((s = calloc(1, sizeof *s)) == NULL)
		return NULL;
	s->name = name;
	s->tell = tell;
	s->max = max;
	s->fd = s->next = -1;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &attr);
	pthread_cond_init(&s->progress, &attr);
	pthread_condattr_destroy(&attr);
	s->in = malloc(max);
	s->out = malloc(max);
	if (s->in != NULL && s->out != NULL && start(s))
		return s;
	destroy(s);
	return NULL;
}

static unsigned long long
lines_of(const char *p, size_t n)
{
	const char *end = p + n;
	unsigned long long lines = 0;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		p++;
		lines++;
	}
	return lines;
}

/* How much of the text fits, in whole lines. */
static size_t
fitting(const struct log_sink *s, const char *p, size_t n)
{
	size_t room = s->max - s->n;
	const char *end;

	if (n <= room)
		return n;
	end = memrchr(p, '\n', room);
	return end != NULL ? (size_t)(end + 1 - p) : 0;
}

void
log_sink_write(struct log_sink *s, const char *p, size_t n)
{
	unsigned long long dropped, before;
	size_t fits;
	int error;

	pthread_mutex_lock(&s->lock);
	fits = s->closed ? n : fitting(s, p, n);
	if (!s->closed) {
		memcpy(s->in + s->n, p, fits);
		s->n += fits;
	}
	dropped = lines_of(p + fits, n - fits);
	before = s->dropped;
	s->dropped += dropped;
	error = s->error;
	if (s->idle)
		pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	if (dropped > 0 && before == 0)
		s->tell(LOG_LEVEL_ERROR, "%s: lines are dropped: %s", s->name,
		    error != 0 ? strerror(error) : "nobody reads it");
}

/* Under the lock: until all is written, or nothing moves. */
static bool
wait_written(struct log_sink *s)
{
	const struct timespec delay = { 0, FLUSH_NS };
	unsigned long seen = s->writes;
	struct timespec end;

	after(&delay, &end);
	while (!s->gone && (s->n > 0 || s->left > 0 || s->changed)) {
		if (pthread_cond_timedwait(&s->progress, &s->lock, &end) ==
		    ETIMEDOUT && s->writes == seen)
			return false;
		if (s->writes != seen)
			after(&delay, &end);
		seen = s->writes;
	}
	return s->n == 0 && s->left == 0;
}

void
log_sink_flush(struct log_sink *s)
{
	pthread_mutex_lock(&s->lock);
	(void)wait_written(s);
	pthread_mutex_unlock(&s->lock);
}

/* Under the lock: whether the thread ends, now that it may leave the rest. */
static bool
wait_gone(struct log_sink *s)
{
	const struct timespec delay = { 0, FLUSH_NS };
	struct timespec end;

	s->abandoned = true;
	after(&delay, &end);
	while (!s->gone && pthread_cond_timedwait(&s->progress, &s->lock,
	    &end) != ETIMEDOUT)
		continue;
	return s->gone;
}

void
log_sink_free(struct log_sink *s)
{
	unsigned long long dropped;
	bool gone;

	if (s == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_signal(&s->wake);
	(void)wait_written(s);
	gone = wait_gone(s);
	dropped = s->dropped + lines_of(s->in, s->n) +
	    lines_of(s->out + s->len - s->left, s->left);
	s->closed = true;
	pthread_mutex_unlock(&s->lock);
	if (dropped > 0)
		s->tell(LOG_LEVEL_WARN, "%s: at the end %llu line%s dropped",
		    s->name, dropped, dropped == 1 ? " was" : "s were");
	if (!gone) {
		stuck = s;
		pthread_detach(s->thread);
		return;
	}
	pthread_join(s->thread, NULL);
	destroy(s);
}
