/* SPDX-License-Identifier: ISC */
#include "daemon/rights.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

/*
 * Three states: root or whoever it is, if no user is named; the user with root
 * as saved user ID, until the addresses are bound; the user.  The C library
 * changes user IDs in all threads, and without one of root's the kernel takes
 * all capabilities away, which have no such function.
 */

#define RUN	"/run/sluice"	/* for the control plane's socket */
#define NAME	256		/* bytes of an account's, with its end */

struct account {
	uid_t		 uid;
	gid_t		 gid;
	char		 name[NAME];	/* of whom the groups are; or "" */
};

static bool changed;		/* root is the saved user ID */
static struct account to;

static bool
wrong(char **cause, const char *text, const char *why)
{
	if (asprintf(cause, "--user %s: %s", text, why) == -1)
		*cause = NULL;
	return false;
}

/* A number that stands for itself; all ones means "none" to the kernel. */
static bool
read_number(const char *text, uint32_t *n)
{
	uintmax_t value;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	value = strtoumax(text, &end, 10);
	*n = (uint32_t)value;
	return *end == '\0' && value < UINT32_MAX;
}

static bool
find_user(const char *name, struct account *a)
{
	const struct passwd *pw = getpwnam(name);
	uint32_t n;

	if (pw == NULL && read_number(name, &n))
		pw = getpwuid(n);
	if (pw != NULL) {
		a->uid = pw->pw_uid;
		a->gid = pw->pw_gid;
		return snprintf(a->name, NAME, "%s", pw->pw_name) < NAME;
	}
	/* one without an account has no group by that */
	a->gid = (gid_t)-1;
	return read_number(name, &a->uid);
}

static bool
find_group(const char *name, struct account *a)
{
	const struct group *gr = getgrnam(name);

	if (gr != NULL)
		a->gid = gr->gr_gid;
	return gr != NULL || read_number(name, &a->gid);
}

/* Cuts the copy in two. */
static bool
find_both(char *copy, const char *text, struct account *a, char **cause)
{
	char *group = strchr(copy, ':');

	if (group != NULL)
		*group++ = '\0';
	if (!find_user(copy, a))
		return wrong(cause, text, "there is no such user");
	if (group != NULL) {
		a->name[0] = '\0';
		if (!find_group(group, a))
			return wrong(cause, text, "there is no such group");
	}
	if (a->gid == (gid_t)-1)
		return wrong(cause, text, "has no account, expected "
		    "NUMBER:GROUP");
	if (a->uid == 0)
		return wrong(cause, text, "is root, expected another user");
	return true;
}

static bool
find(const char *text, struct account *a, char **cause)
{
	char *copy = strdup(text);
	bool ok = copy != NULL && find_both(copy, text, a, cause);

	free(copy);
	return ok;
}

/* Whoever is that user already has nothing to change. */
static bool
is_already(const struct account *a)
{
	return getuid() == a->uid && geteuid() == a->uid &&
	    getegid() == a->gid;
}

/* What no program that this one became could have again. */
static void
drop_bounds(void)
{
	int i;

	for (i = 0; prctl(PR_CAPBSET_READ, i) >= 0; i++)
		(void)prctl(PR_CAPBSET_DROP, i);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

/*
 * The directory that commands look in, unless there is another for that
 * (RUNTIME_DIRECTORY), or something is in it.
 */
static void
make_run(const struct account *a)
{
	if (getenv("RUNTIME_DIRECTORY") != NULL)
		return;
	(void)rmdir(RUN);
	if (mkdir(RUN, 0755) == 0 && lchown(RUN, a->uid, a->gid) == -1)
		(void)rmdir(RUN);
}

static bool
become(const struct account *a)
{
	int error;

	make_run(a);
	drop_bounds();
	error = a->name[0] != '\0' ? initgroups(a->name, a->gid) :
	    setgroups(1, &a->gid);
	return error == 0 && setresgid(a->gid, a->gid, a->gid) == 0 &&
	    setresuid(a->uid, a->uid, 0) == 0;
}

bool
rights_begin(const char *user, char **cause)
{
	*cause = NULL;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return wrong(cause, "", strerror(errno));
	if (user == NULL)
		return true;
	if (!find(user, &to, cause))
		return false;
	if (is_already(&to))
		return true;
	if (geteuid() != 0)
		return wrong(cause, user, "only root can become another user");
	if (!become(&to))
		return wrong(cause, user, strerror(errno));
	changed = true;
	return true;
}

/*
 * Root again for what the kernel asks the process (a low port), and the user
 * for files.
 */
void
rights_bind_begin(void)
{
	if (!changed)
		return;
	if (seteuid(0) == -1)
		fatal("--user: cannot bind: %s", strerror(errno));
	(void)setfsuid(to.uid);
}

void
rights_bind_end(void)
{
	if (changed && seteuid(to.uid) == -1)
		fatal("--user: %s", strerror(errno));
}

/* Of this thread; the others' went with the same calls. */
static bool
has_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	if (syscall(SYS_capget, &header, data) == -1)
		return true;
	return (data[0].permitted | data[1].permitted | data[0].effective |
	    data[1].effective | data[0].inheritable |
	    data[1].inheritable) != 0;
}

static bool
is_only(const struct account *a)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	return getresuid(&r, &e, &s) == 0 && getresgid(&rg, &eg, &sg) == 0 &&
	    r == a->uid && e == a->uid && s == a->uid && rg == a->gid &&
	    eg == a->gid && sg == a->gid;
}

void
rights_end(void)
{
	if (!changed)
		return;
	if (setresuid(to.uid, to.uid, to.uid) == -1)
		fatal("--user: %s", strerror(errno));
	if (setuid(0) != -1 || seteuid(0) != -1 ||
	    setresuid(0, 0, 0) != -1 || !is_only(&to) || has_capabilities())
		fatal("--user: root is not given up");
	changed = false;
}
