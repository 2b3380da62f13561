/* SPDX-License-Identifier: ISC */
#include "base/log_sink.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log_file.h"
#include "check_limit.h"
#include "check_run.h"

/*
 * Sinks that nobody empties, that fill up, that are moved away.  What hangs is
 * ended by the time that Check gives a test.
 */

#define MAX	65536		/* bytes that a sink keeps */
#define WAIT	20000		/* ms */

static char		 dir[256];
static char		 path[300];
static char		 moved[300];
static pthread_mutex_t	 told_lock = PTHREAD_MUTEX_INITIALIZER;
static char		 told[4096];	/* what the sink had to say */

static void __attribute__((format(printf, 2, 3)))
tell(enum log_level level, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	ck_assert_int_le(level, LOG_LEVEL_INFO);
	pthread_mutex_lock(&told_lock);
	n = strlen(told);
	va_start(ap, fmt);
	vsnprintf(told + n, sizeof told - n, fmt, ap);
	va_end(ap);
	n = strlen(told);
	snprintf(told + n, sizeof told - n, "\n");
	pthread_mutex_unlock(&told_lock);
}

static bool
was_told(const char *what)
{
	bool found;

	pthread_mutex_lock(&told_lock);
	found = strstr(told, what) != NULL;
	pthread_mutex_unlock(&told_lock);
	return found;
}

static void
wait_told(const char *what)
{
	int ms;

	for (ms = 0; !was_told(what); ms++) {
		if (ms == WAIT)
			ck_abort_msg("no \"%s\" in \"%s\"", what, told);
		poll(NULL, 0, 1);
	}
}

/* How many lines were dropped, of all that was told. */
static unsigned
told_dropped(void)
{
	unsigned n = 0;
	char *p;

	pthread_mutex_lock(&told_lock);
	for (p = told; (p = strstr(p, " dropped\n")) != NULL; p++) {
		char *q = p;

		while (q > told && strchr(";d", *q) == NULL)
			q--;
		n += (unsigned)strtoul(q + 1, NULL, 10);
	}
	pthread_mutex_unlock(&told_lock);
	return n;
}

static void
setup(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof dir, "%s/sluice-check.XXXXXX",
	    tmp == NULL ? "/tmp" : tmp);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/log", dir);
	snprintf(moved, sizeof moved, "%s/log.1", dir);
	told[0] = '\0';
}

static void
teardown(void)
{
	unlink(path);
	unlink(moved);
	rmdir(dir);
}

static struct log_sink *
sink_at(const char *name)
{
	struct log_sink *s = log_sink_new("test", MAX, tell);
	char *cause = NULL;

	ck_assert_ptr_nonnull(s);
	if (!log_sink_open(s, name, 0, &cause))
		ck_abort_msg("%s", cause);
	return s;
}

/* A sink for a descriptor in the place of standard output. */
static struct log_sink *
sink_std(int fd)
{
	struct log_sink *s = log_sink_new("test", MAX, tell);
	int saved;
	char *cause = NULL;
	bool ok;

	ck_assert_ptr_nonnull(s);
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	ck_assert_int_eq(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	ok = log_sink_open(s, NULL, STDOUT_FILENO, &cause);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	ck_assert(ok);
	return s;
}

/* Lines from first on, each with its number and of differing lengths. */
static void
put_lines(struct log_sink *s, unsigned first, unsigned n)
{
	char line[160];
	int len;

	for (; n > 0; n--, first++) {
		len = snprintf(line, sizeof line, "%u %.*s\n", first,
		    (int)(first % 97), "abcdefghijklmnopqrstuvwxyz"
		    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
		    "abcdefghijklmnopqrstuvwxyz");
		log_sink_write(s, line, (size_t)len);
	}
}

/* Each whole, in their order; how many there are. */
static unsigned
count_lines(FILE *in)
{
	unsigned n = 0, number, last = 0;
	char line[200], rest[160];
	int got;

	while (fgets(line, sizeof line, in) != NULL) {
		rest[0] = '\0';
		got = sscanf(line, "%u %159s", &number, rest);
		ck_assert_int_ge(got, 1);
		ck_assert_ptr_nonnull(strchr(line, '\n'));
		ck_assert_uint_eq(strlen(rest), number % 97);
		ck_assert(n == 0 || number > last);
		last = number;
		n++;
	}
	return n;
}

static unsigned
count_file(const char *name)
{
	FILE *in = fopen(name, "r");
	unsigned n;

	ck_assert_ptr_nonnull(in);
	n = count_lines(in);
	fclose(in);
	return n;
}

START_TEST(file)
{
	struct log_sink *s = sink_at(path);

	put_lines(s, 0, 500);
	log_sink_free(s);
	ck_assert_uint_eq(count_file(path), 500);
	ck_assert_str_eq(told, "");
}
END_TEST

/* Before the sink is open lines are kept. */
START_TEST(before_it_is_open)
{
	struct log_sink *s = log_sink_new("test", MAX, tell);
	char *cause;

	put_lines(s, 0, 10);
	ck_assert(log_sink_open(s, path, 0, &cause));
	log_sink_free(s);
	ck_assert_uint_eq(count_file(path), 10);
}
END_TEST

/* What is written before and after the file was moved is in either. */
START_TEST(moved_away)
{
	struct log_sink *s = sink_at(path);
	char *cause;

	put_lines(s, 0, 300);
	log_sink_flush(s);
	put_lines(s, 300, 300);
	ck_assert_int_eq(rename(path, moved), 0);
	ck_assert(log_sink_open(s, path, 0, &cause));
	put_lines(s, 600, 300);
	log_sink_free(s);
	ck_assert_uint_ge(count_file(moved), 300);
	ck_assert_uint_ge(count_file(path), 300);
	ck_assert_uint_eq(count_file(moved) + count_file(path), 900);
}
END_TEST

struct reader {
	pthread_t	 thread;
	int		 fd;
	unsigned	 n;
};

static void *
read_all(void *arg)
{
	struct reader *r = arg;
	FILE *in = fdopen(r->fd, "r");

	r->n = count_lines(in);
	fclose(in);
	return NULL;
}

static void
open_pipe(int fds[2])
{
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_ge(fcntl(fds[1], F_SETPIPE_SZ, 4096), 0);
}

static void
open_sockets(int fds[2])
{
	int size = 4096;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

static void (*const kinds[])(int [2]) = { open_pipe, open_sockets };

/* Nobody reads for a while, then somebody does: what is missing was told. */
START_TEST(nobody_reads)
{
	struct log_sink *s;
	struct reader r;
	int fds[2];

	kinds[_i](fds);
	s = sink_std(fds[1]);
	/* O_NONBLOCK would be everybody's who has the descriptor */
	ck_assert_int_eq(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
	close(fds[1]);
	put_lines(s, 0, 20000);
	ck_assert(was_told("test: lines are dropped: nobody reads it"));
	r.fd = fds[0];
	ck_assert_int_eq(pthread_create(&r.thread, NULL, read_all, &r), 0);
	wait_told("test: writing again; ");
	put_lines(s, 20000, 10);
	log_sink_free(s);
	pthread_join(r.thread, NULL);
	ck_assert_uint_gt(r.n, 100);
	ck_assert_uint_lt(r.n, 20000);
	ck_assert_uint_eq(r.n + told_dropped(), 20010);
}
END_TEST

/* Its end is bounded, and says what is lost. */
START_TEST(nobody_reads_to_the_end)
{
	struct log_sink *s;
	int fds[2];

	kinds[_i](fds);
	s = sink_std(fds[1]);
	close(fds[1]);
	put_lines(s, 0, 1000);
	log_sink_free(s);
	ck_assert(was_told("test: at the end "));
	ck_assert_uint_lt(told_dropped(), 1000);
	close(fds[0]);
}
END_TEST

/* The other half of a line goes where the first one is, and the rest on. */
START_TEST(half_a_line)
{
	struct log_sink *s = sink_at(path);
	char *cause;
	bool ok;

	limit_files(3001);
	put_lines(s, 0, 200);
	wait_told("test: cannot write: File too large");
	limit_files(0);
	ok = log_sink_open(s, moved, 0, &cause);
	log_sink_free(s);
	ck_assert(ok);
	/* each whole */
	ck_assert_uint_eq(count_file(path) + count_file(moved), 200);
}
END_TEST

START_TEST(reader_goes_away)
{
	struct log_sink *s;
	int fds[2];

	open_pipe(fds);
	s = sink_std(fds[1]);
	close(fds[1]);
	close(fds[0]);
	put_lines(s, 0, 3);
	wait_told("test: cannot write: Broken pipe");
	log_sink_free(s);
	ck_assert_uint_eq(told_dropped(), 3);
}
END_TEST

/* A FIFO is opened once it has a reader; what was written waits for it. */
START_TEST(fifo)
{
	struct log_sink *s;
	char buf[100];
	ssize_t n;
	int fd;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	s = sink_at(path);
	ck_assert(was_told("test: nobody reads the FIFO "));
	log_sink_write(s, "one\n", 4);
	fd = open(path, O_RDONLY);
	ck_assert_int_ge(fd, 0);
	n = read(fd, buf, sizeof buf);
	ck_assert_int_eq(n, 4);
	ck_assert_mem_eq(buf, "one\n", 4);
	log_sink_free(s);
	close(fd);
	ck_assert_uint_eq(told_dropped(), 0);
}
END_TEST

/* Without a reader it keeps neither anybody nor the end. */
START_TEST(fifo_nobody_reads)
{
	struct log_sink *s;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	s = sink_at(path);
	put_lines(s, 0, 5000);
	ck_assert(was_told("test: lines are dropped: "));
	log_sink_free(s);
	ck_assert_uint_eq(told_dropped(), 5000);
}
END_TEST

START_TEST(full_disk)
{
	struct log_sink *s = sink_at("/dev/full");
	char *cause;

	log_sink_write(s, "x 0\n", 4);
	wait_told("test: cannot write: No space left on device; lines wait");
	put_lines(s, 0, 5000);
	ck_assert(was_told("test: lines are dropped: No space left"));
	ck_assert(log_sink_open(s, path, 0, &cause));
	wait_told("test: writing again; ");
	log_sink_free(s);
	ck_assert_uint_gt(told_dropped(), 0);
}
END_TEST

START_TEST(closed)
{
	struct log_sink *s = sink_at(path);
	char *cause;

	put_lines(s, 0, 10);
	log_sink_close(s);
	put_lines(s, 10, 10000);
	ck_assert(log_sink_open(s, moved, 0, &cause));
	put_lines(s, 20000, 10);
	log_sink_free(s);
	ck_assert_uint_eq(count_file(path) + count_file(moved), 20);
	ck_assert_str_eq(told, "");
}
END_TEST

/* What cannot be opened leaves the sink as it was. */
START_TEST(wrong)
{
	struct log_sink *s = sink_at(path);
	char *cause;

	ck_assert(!log_sink_open(s, dir, 0, &cause));
	ck_assert_ptr_nonnull(strstr(cause, "Is a directory"));
	free(cause);
	ck_assert(!log_sink_open(s, "/no/such/place", 0, &cause));
	ck_assert_str_eq(cause, "cannot open /no/such/place: No such file or "
	    "directory");
	free(cause);
	put_lines(s, 0, 10);
	log_sink_free(s);
	ck_assert_uint_eq(count_file(path), 10);
}
END_TEST

/* Asking leaves no file behind. */
START_TEST(tested)
{
	char *cause;

	ck_assert(log_file_test(path, &cause));
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert(!log_file_test(dir, &cause));
	free(cause);
	ck_assert(!log_file_test("/no/such/place", &cause));
	ck_assert_str_eq(cause, "cannot open /no/such/place: No such file or "
	    "directory");
	free(cause);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert(log_file_test(path, &cause));
}
END_TEST

/* Nobody can write to a socket by its path, nor is that found out later. */
START_TEST(socket_in_its_place)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct log_sink *s = sink_at(moved);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char want[sizeof path + 64], *cause;

	ck_assert_uint_lt(strlen(path), sizeof sun.sun_path);
	memcpy(sun.sun_path, path, strlen(path));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof sun), 0);
	snprintf(want, sizeof want, "cannot open %s: a socket, or a device "
	    "that is not there", path);
	ck_assert(!log_file_test(path, &cause));
	ck_assert_str_eq(cause, want);
	free(cause);
	ck_assert(!log_sink_open(s, path, 0, &cause));
	ck_assert_str_eq(cause, want);
	free(cause);
	put_lines(s, 0, 10);
	log_sink_free(s);
	ck_assert_uint_eq(count_file(moved), 10);
	close(fd);
}
END_TEST

/* What is wrong with a standard descriptor is told of it. */
START_TEST(standard_descriptors)
{
	char *cause;

	ck_assert(!log_file_wrong_std(&cause, STDOUT_FILENO, EBADF));
	ck_assert_str_eq(cause, "cannot open standard output: Bad file "
	    "descriptor");
	free(cause);
	ck_assert(!log_file_wrong_std(&cause, STDERR_FILENO, EBADF));
	ck_assert_str_eq(cause, "cannot open standard error: Bad file "
	    "descriptor");
	free(cause);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("log_sink");
	TCase *tc = tcase_create("sinks");

	signal(SIGPIPE, SIG_IGN);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	tcase_add_test(tc, file);
	tcase_add_test(tc, before_it_is_open);
	tcase_add_test(tc, moved_away);
	ROWS(tc, nobody_reads, kinds);
	ROWS(tc, nobody_reads_to_the_end, kinds);
	tcase_add_test(tc, half_a_line);
	tcase_add_test(tc, reader_goes_away);
	tcase_add_test(tc, fifo);
	tcase_add_test(tc, fifo_nobody_reads);
	tcase_add_test(tc, full_disk);
	tcase_add_test(tc, closed);
	tcase_add_test(tc, wrong);
	tcase_add_test(tc, tested);
	tcase_add_test(tc, socket_in_its_place);
	tcase_add_test(tc, standard_descriptors);
	return run_suite(suite);
}
