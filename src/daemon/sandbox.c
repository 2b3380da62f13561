/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "daemon/sandbox.h"

#ifdef HAVE_SECCOMP

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <seccomp.h>

/*
 * By their names, since not every kernel and library knows all of them.  What
 * is not listed fails as it does in a kernel that does not have it, for which
 * the C library has other ways (clone for clone3, whose flags stand in memory
 * where no filter sees them).
 */
static const char *const allowed[] = {
	/* memory, threads, time */
	"arch_prctl", "brk", "clock_getres", "clock_gettime",
	"clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64",
	"exit", "exit_group", "futex", "futex_time64", "futex_waitv",
	"get_robust_list", "getcpu", "getrandom", "gettimeofday", "madvise",
	"membarrier", "mincore", "mlock", "mlock2", "mremap", "munlock",
	"munmap", "nanosleep", "restart_syscall", "rseq", "rt_sigaction",
	"rt_sigpending", "rt_sigprocmask", "rt_sigreturn",
	"rt_sigtimedwait", "sched_getaffinity", "sched_getparam",
	"sched_getscheduler", "sched_yield", "set_robust_list",
	"set_tid_address", "sigaltstack", "sigreturn", "sysinfo", "time",
	"times", "uname",
	/* who it is, what has ended under it, and how much it may use */
	"getegid", "getegid32", "geteuid", "geteuid32", "getgid", "getgid32",
	"getgroups", "getgroups32", "getpgid", "getpgrp", "getpid",
	"getppid", "getresgid", "getresuid", "getrlimit", "getrusage",
	"getsid", "gettid", "getuid", "getuid32", "setrlimit", "ugetrlimit",
	"wait4", "waitid", "waitpid",
	/* descriptors */
	"close", "close_range", "dup", "dup2", "dup3", "epoll_create",
	"epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2",
	"epoll_wait", "eventfd", "eventfd2", "fcntl", "fcntl64", "pipe",
	"pipe2", "poll", "ppoll", "ppoll_time64", "pread64", "preadv",
	"pselect6", "pselect6_time64", "pwrite64", "pwritev", "read",
	"readv", "select", "timerfd_create", "timerfd_gettime",
	"timerfd_gettime64", "timerfd_settime", "timerfd_settime64",
	"write", "writev",
	/* files: read, log, move into place */
	"_llseek", "access", "faccessat", "faccessat2", "fadvise64",
	"fchmod", "fdatasync", "flock", "fstat", "fstat64", "fstatat64",
	"fsync", "ftruncate", "ftruncate64", "getcwd", "getdents",
	"getdents64", "lseek", "lstat", "lstat64", "newfstatat", "open",
	"openat", "readlink", "readlinkat", "rename", "renameat",
	"renameat2", "stat", "stat64", "statx", "unlink", "unlinkat",
	/* sockets, but none to listen at */
	"accept", "accept4", "bind", "connect", "getpeername",
	"getsockname", "getsockopt", "recv", "recvfrom", "recvmmsg",
	"recvmsg", "send", "sendmmsg", "sendmsg", "sendto", "setsockopt",
	"shutdown",
};

/*
 * What a shell or a debugger begins with.  ENOSYS would do, too, but is not
 * what is wrong with them.
 */
static const char *const refused[] = {
	"execve", "execveat", "fork", "kill", "listen", "pidfd_getfd",
	"pidfd_open", "pidfd_send_signal", "process_vm_readv",
	"process_vm_writev", "ptrace", "rt_sigqueueinfo",
	"rt_tgsigqueueinfo", "tkill", "vfork",
};

/* One that is allowed only if an argument, of which mask is looked at, fits. */
struct condition {
	const char	*name;
	unsigned	 arg;
	uint64_t	 mask;
	uint64_t	 value;
};

#define SPACES	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | \
		    CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
		    CLONE_NEWNET | CLONE_VFORK | CLONE_PTRACE)
#define INT(n)	((uint64_t)(uint32_t)(n))

static const struct condition conditions[] = {
	/* threads, not processes */
	{ "clone", 0, CLONE_THREAD | SPACES, CLONE_THREAD },
	/* what can be run was not written, what was written is not run */
	{ "mmap", 2, PROT_WRITE | PROT_EXEC, 0 },
	{ "mmap", 2, PROT_WRITE | PROT_EXEC, PROT_WRITE },
	{ "mmap", 2, PROT_WRITE | PROT_EXEC, PROT_EXEC },
	{ "mmap2", 2, PROT_WRITE | PROT_EXEC, 0 },
	{ "mmap2", 2, PROT_WRITE | PROT_EXEC, PROT_WRITE },
	{ "mmap2", 2, PROT_WRITE | PROT_EXEC, PROT_EXEC },
	{ "mprotect", 2, PROT_EXEC, 0 },
	{ "socket", 0, INT(-1), AF_UNIX },
	{ "socket", 0, INT(-1), AF_INET },
	{ "socket", 0, INT(-1), AF_INET6 },
	{ "socket", 0, INT(-1), AF_NETLINK },
	{ "ioctl", 1, INT(-1), TCGETS },
	{ "ioctl", 1, INT(-1), TIOCGWINSZ },
	{ "ioctl", 1, INT(-1), FIONREAD },
	{ "ioctl", 1, INT(-1), SIOCOUTQ },
	{ "ioctl", 1, INT(-1), FIONBIO },
	{ "ioctl", 1, INT(-1), FIOCLEX },
	{ "ioctl", 1, INT(-1), SIOCGIFNAME },
	{ "ioctl", 1, INT(-1), SIOCGIFINDEX },
	{ "ioctl", 1, INT(-1), SIOCGIFFLAGS },
	{ "prctl", 0, INT(-1), PR_SET_NAME },
	{ "prctl", 0, INT(-1), PR_GET_NAME },
	{ "prctl", 0, INT(-1), PR_SET_DUMPABLE },
	{ "prctl", 0, INT(-1), PR_GET_DUMPABLE },
	/* threads that check passwords let others go first */
	{ "setpriority", 0, INT(-1), PRIO_PROCESS },
	/* of its own limits */
	{ "prlimit64", 0, INT(-1), 0 },
};

#define N(list)	(sizeof (list) / sizeof (list)[0])

/* What nobody knows here nobody calls either. */
static bool
add(scmp_filter_ctx filter, uint32_t action, const char *name,
    const struct scmp_arg_cmp *condition)
{
	int nr = seccomp_syscall_resolve_name(name);

	return nr == __NR_SCMP_ERROR || seccomp_rule_add_array(filter, action,
	    nr, condition != NULL, condition) == 0;
}

static bool
add_conditions(scmp_filter_ctx filter, pid_t own)
{
	struct scmp_arg_cmp arg;
	size_t i;

	for (i = 0; i < N(conditions); i++) {
		arg = SCMP_CMP64(conditions[i].arg, SCMP_CMP_MASKED_EQ,
		    conditions[i].mask, conditions[i].value);
		if (!add(filter, SCMP_ACT_ALLOW, conditions[i].name, &arg))
			return false;
	}
	/* abort() sends a signal to its own thread */
	arg = SCMP_CMP64(0, SCMP_CMP_EQ, (uint64_t)own, 0);
	return add(filter, SCMP_ACT_ALLOW, "tgkill", &arg);
}

static bool
fill(scmp_filter_ctx filter, pid_t own)
{
	bool ok = add_conditions(filter, own);
	size_t i;

	for (i = 0; ok && i < N(allowed); i++)
		ok = add(filter, SCMP_ACT_ALLOW, allowed[i], NULL);
	for (i = 0; ok && i < N(refused); i++)
		ok = add(filter, SCMP_ACT_ERRNO(EPERM), refused[i], NULL);
	return ok;
}

/* Appends the program for the process own to a file; 0, or an error. */
static int
write_filter(int fd, pid_t own)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int error = ENOMEM;

	if (filter != NULL && fill(filter, own) &&
	    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0)
		error = -seccomp_export_bpf(filter, fd);
	seccomp_release(filter);
	return error;
}

/* Twice, in no more than two seconds of the processor's time. */
static int
write_twice(int fd, pid_t own)
{
	const struct rlimit limit = { .rlim_cur = 2, .rlim_max = 2 };
	int error;

	if (setrlimit(RLIMIT_CPU, &limit) == -1)
		return errno;
	error = write_filter(fd, own);
	return error != 0 ? error : write_filter(fd, own);
}

/*
 * The library makes some 24,000 allocations for it, and where one of them fails
 * it frees twice, follows a list in a circle, or leaves rules out and says
 * nothing.  So a child makes the program, where a crash harms nobody, and makes
 * it twice: what is left out once is not left out again.  Returns 0, or an
 * error.
 */
static int
write_filters(int fd)
{
	pid_t child, own = getpid();
	int status;

	if ((child = fork()) == -1)
		return errno;
	if (child == 0)
		_exit(write_twice(fd, own));
	while (waitpid(child, &status, 0) == -1)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : ENOMEM;
}

/* For all threads.  Returns 0, or an error. */
static int
load(struct sock_filter *list, size_t n)
{
	struct sock_fprog program = {
		.len = (unsigned short)n,
		.filter = list,
	};

	if (n == 0 || n > BPF_MAXINSNS)
		return EINVAL;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return errno;
	switch (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_TSYNC, &program)) {
	case -1:
		return errno;
	case 0:
		return 0;
	default:			/* a thread that has its own */
		return ESRCH;
	}
}

static int
load_written(int fd)
{
	struct stat st;
	size_t half;
	char *p;
	int error = EINVAL;

	if (fstat(fd, &st) == -1)
		return errno;
	half = (size_t)st.st_size / 2;
	p = mmap(NULL, 2 * half, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return errno;
	if (memcmp(p, p + half, half) == 0)
		error = load((struct sock_filter *)(void *)p,
		    half / sizeof(struct sock_filter));
	munmap(p, 2 * half);
	return error;
}

bool
sandbox_enter(const char **why)
{
	int error, fd = memfd_create("filter", MFD_CLOEXEC);

	if (fd == -1)
		error = errno;
	else if ((error = write_filters(fd)) == 0)
		error = load_written(fd);
	if (fd != -1)
		close(fd);
	*why = error != 0 ? strerror(error) : NULL;
	return error == 0;
}

#else

bool
sandbox_enter(const char **why)
{
	*why = "built without libseccomp";
	return false;
}

#endif
