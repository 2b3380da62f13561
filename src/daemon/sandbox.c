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
#include <unistd.h>

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
	/* who it is, and how much it may use */
	"getegid", "getegid32", "geteuid", "geteuid32", "getgid", "getgid32",
	"getgroups", "getgroups32", "getpgid", "getpgrp", "getpid",
	"getppid", "getresgid", "getresuid", "getrlimit", "getrusage",
	"getsid", "gettid", "getuid", "getuid32", "setrlimit", "ugetrlimit",
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
add_conditions(scmp_filter_ctx filter)
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
	arg = SCMP_CMP64(0, SCMP_CMP_EQ, (uint64_t)getpid(), 0);
	return add(filter, SCMP_ACT_ALLOW, "tgkill", &arg);
}

static bool
fill(scmp_filter_ctx filter)
{
	bool ok = add_conditions(filter);
	size_t i;

	for (i = 0; ok && i < N(allowed); i++)
		ok = add(filter, SCMP_ACT_ALLOW, allowed[i], NULL);
	for (i = 0; ok && i < N(refused); i++)
		ok = add(filter, SCMP_ACT_ERRNO(EPERM), refused[i], NULL);
	return ok;
}

bool
sandbox_enter(const char **why)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int error = ENOMEM;

	if (filter == NULL) {
		*why = strerror(error);
		return false;
	}
	if (fill(filter) &&
	    seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
	    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0)
		error = -seccomp_load(filter);
	seccomp_release(filter);
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
