/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "daemon/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check_run.h"

/*
 * Each call is made in a process of its own, which the filter is put on first:
 * it cannot be taken off.  A call that is refused is made without it, too: it
 * has to have another end there, or nothing would be shown by it.
 */

#define P(p)	((long)(uintptr_t)(p))
#define FD	9		/* that is none */
#define LACKS	125		/* exit status: no filter */
#define WORKED	126		/* the call did */

struct call {
	const char	*name;
	long		 nr;
	long		 args[6];
	int		 error;		/* that it fails with */
};

static char *const argv[] = { (char *)"true", NULL };

#define CALL(n, e, ...)	{ .name = #n, .nr = SYS_##n, .error = e, \
			    .args = { __VA_ARGS__ } }

/* What a shell, a rootkit or a debugger would need. */
static const struct call refused[] = {
	CALL(execve, EPERM, P("/bin/true"), P(argv), P(argv + 1)),
	CALL(execveat, EPERM, AT_FDCWD, P("/bin/true"), P(argv), P(argv + 1)),
#ifdef SYS_fork
	CALL(fork, EPERM, 0),
	CALL(vfork, EPERM, 0),
#endif
	CALL(clone, ENOSYS, SIGCHLD),
	CALL(clone, ENOSYS, SIGCHLD | CLONE_NEWUSER),
	CALL(clone3, ENOSYS, 0),
	CALL(ptrace, EPERM, PTRACE_TRACEME),
	CALL(process_vm_readv, EPERM, 1, P(argv), 1, P(argv), 1),
	CALL(process_vm_writev, EPERM, 1, P(argv), 1, P(argv), 1),
	CALL(kill, EPERM, 0, 0),
	CALL(tkill, EPERM, -1, 0),
	CALL(tgkill, ENOSYS, 1, 1, 0),
	CALL(listen, EPERM, FD, 1),
	CALL(mount, ENOSYS, 0),
	CALL(umount2, ENOSYS, 0),
	CALL(pivot_root, ENOSYS, 0),
	CALL(chroot, ENOSYS, 0),
	CALL(unshare, ENOSYS, CLONE_FILES),
	CALL(setns, ENOSYS, FD, 0),
	CALL(bpf, ENOSYS, 0),
	CALL(perf_event_open, ENOSYS, 0),
	CALL(keyctl, ENOSYS, 0),
	CALL(add_key, ENOSYS, 0),
	CALL(request_key, ENOSYS, 0),
	CALL(init_module, ENOSYS, 0),
	CALL(finit_module, ENOSYS, FD),
	CALL(kexec_load, ENOSYS, 0, 0, 0, -1),
	CALL(userfaultfd, ENOSYS, -1),
	CALL(memfd_create, ENOSYS, P("x"), 0),
	CALL(personality, ENOSYS, 0xffffffff),
	CALL(setuid, ENOSYS, 0),
	CALL(setresuid, ENOSYS, -1, -1, -1),
	CALL(setgroups, ENOSYS, 0, 0),
	CALL(capset, ENOSYS, 0),
	CALL(prctl, ENOSYS, 1 /* PR_SET_PDEATHSIG */, 0),
	CALL(prlimit64, ENOSYS, 1, 0, 0, 0),
	CALL(mknodat, ENOSYS, AT_FDCWD, P("/nowhere/x"), 0, 0),
	CALL(fchmodat, ENOSYS, AT_FDCWD, P("/nowhere/x"), 04755),
	CALL(socket, ENOSYS, AF_PACKET, SOCK_RAW, 0),
	CALL(socket, ENOSYS, AF_ALG, SOCK_SEQPACKET, 0),
	CALL(ioctl, ENOSYS, FD, TIOCSTI, P("x")),
	CALL(mmap, ENOSYS, 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	CALL(mprotect, ENOSYS, 0, 4096, PROT_READ | PROT_EXEC),
};

/* Whether it was made in a process with the filter; its status. */
static int
in_process(void (*act)(const void *), const void *arg, bool filter)
{
	const char *why;
	int status;
	pid_t pid;

	fflush(NULL);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		if (filter && !sandbox_enter(&why))
			_exit(LACKS);
		act(arg);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

/* Ends with the error; whoever it makes ends here, too. */
static void
make_call(const void *arg)
{
	const struct call *c = arg;
	const long *a = c->args;

	_exit(syscall(c->nr, a[0], a[1], a[2], a[3], a[4], a[5]) == -1 ?
	    errno : WORKED);
}

START_TEST(calls)
{
	const struct call *c = &refused[_i];
	int status = in_process(make_call, c, true);

	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == c->error,
	    "%s: status %#x", c->name, (unsigned)status);
	status = in_process(make_call, c, false);
	/* the kernel itself may lack one */
	ck_assert_msg(!WIFEXITED(status) || WEXITSTATUS(status) == ENOSYS ||
	    WEXITSTATUS(status) != c->error, "%s without the filter: "
	    "status %#x", c->name, (unsigned)status);
}
END_TEST

/* What goes on */

#define MUST(condition)	do { if (!(condition)) _exit(__LINE__ % 100 + 1); } \
			while (0)

static void *
thread(void *arg)
{
	*(int *)arg = 1;
	return arg;
}

static void
work_memory(const void *arg)
{
	pthread_t t;
	char *p;
	int done = 0;

	(void)arg;
	MUST(pthread_create(&t, NULL, thread, &done) == 0);
	MUST(pthread_join(t, NULL) == 0 && done == 1);
	MUST((p = malloc(64 << 20)) != NULL);
	memset(p, 1, 64 << 20);
	MUST((p = realloc(p, 128 << 20)) != NULL);
	free(p);
}

static void
work_files(const void *arg)
{
	const char *dir = arg;
	char from[128], to[128], text[4];
	int fd;

	snprintf(from, sizeof from, "%s/a", dir);
	snprintf(to, sizeof to, "%s/b", dir);
	MUST((fd = open(from, O_RDWR | O_CREAT | O_APPEND, 0640)) != -1);
	MUST(write(fd, "log", 3) == 3 && fdatasync(fd) == 0);
	MUST(pread(fd, text, 3, 0) == 3 && memcmp(text, "log", 3) == 0);
	MUST(rename(from, to) == 0 && access(to, R_OK) == 0);
	MUST(unlink(to) == 0 && close(fd) == 0);
}

static void
work_sockets(const void *arg)
{
	const int *listening = arg;
	struct sockaddr_in sin;
	struct epoll_event event = { .events = EPOLLIN };
	socklen_t len = sizeof sin;
	struct ifaddrs *list;
	char c;
	int out, in, epoll;

	MUST(getsockname(*listening, (struct sockaddr *)&sin, &len) == 0);
	MUST((out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) != -1);
	MUST(connect(out, (struct sockaddr *)&sin, len) == 0);
	MUST((in = accept4(*listening, NULL, NULL, SOCK_CLOEXEC)) != -1);
	MUST(send(out, "x", 1, MSG_NOSIGNAL) == 1);
	MUST((epoll = epoll_create1(EPOLL_CLOEXEC)) != -1);
	MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, in, &event) == 0);
	MUST(epoll_wait(epoll, &event, 1, -1) == 1);
	MUST(recv(in, &c, 1, 0) == 1 && c == 'x');
	MUST(eventfd(0, EFD_CLOEXEC) != -1);
	MUST(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC) != -1);
	MUST(getifaddrs(&list) == 0);
	freeifaddrs(list);
}

static void
works(void (*act)(const void *), const void *arg)
{
	int status = in_process(act, arg, true);

	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "status %#x", (unsigned)status);
}

START_TEST(goes_on)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	char dir[] = "/tmp/sluice_sandbox.XXXXXX";
	int listening = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(listening, (struct sockaddr *)&sin, sizeof sin),
	    0);
	ck_assert_int_eq(listen(listening, 1), 0);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	works(work_memory, NULL);
	works(work_files, dir);
	works(work_sockets, &listening);
	ck_assert_int_eq(rmdir(dir), 0);
	close(listening);
}
END_TEST

static void
end_it(const void *arg)
{
	(void)arg;
	abort();
}

/* Who has found a fault in himself may still end by it. */
START_TEST(aborts)
{
	int status = in_process(end_it, NULL, true);

	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
END_TEST

/* Threads that were there before */

struct turn {
	int	 go[2];
	int	 error;
};

static void *
try_later(void *arg)
{
	struct turn *turn = arg;
	char c;

	MUST(read(turn->go[0], &c, 1) == 1);
	turn->error = execve("/bin/true", argv, argv + 1) == -1 ? errno : 0;
	return NULL;
}

static void
filter_later(const void *arg)
{
	struct turn turn = { { -1, -1 }, 0 };
	const char *why;
	pthread_t t;

	(void)arg;
	MUST(pipe(turn.go) == 0);
	MUST(pthread_create(&t, NULL, try_later, &turn) == 0);
	MUST(sandbox_enter(&why));
	MUST(write(turn.go[1], "x", 1) == 1);
	MUST(pthread_join(t, NULL) == 0 && turn.error == EPERM);
}

START_TEST(other_threads)
{
	int status = in_process(filter_later, NULL, false);

	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "status %#x", (unsigned)status);
}
END_TEST

/* Why there is nothing to test; NULL: there is. */
static const char *
why_not(void)
{
#ifndef HAVE_SECCOMP
	return "built without libseccomp";
#endif
	if (under_valgrind())
		return "valgrind makes calls of its own";
	return NULL;
}

int
main(void)
{
	Suite *suite;
	TCase *tc;

	if (why_not() != NULL) {
		printf("1..0 # SKIP %s\n", why_not());
		return EXIT_SUCCESS;
	}
	suite = suite_create("sandbox");
	tc = tcase_create("sandbox");
	ROWS(tc, calls, refused);
	tcase_add_test(tc, goes_on);
	tcase_add_test(tc, aborts);
	tcase_add_test(tc, other_threads);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
