/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

/*
 * There is one terminal, and signals' handlers know nothing else: so all of
 * this is static.  The handlers call only what they may (signal-safety(7)).
 */

#define ENTER	"\033[?1049h\033[?25l"	/* another screen, no cursor */
#define LEAVE	"\033[?25h\033[?1049l"
#define SECOND	1000000000U

static const int ending[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGABRT, SIGSEGV, SIGBUS,
	SIGFPE, SIGILL, SIGXCPU,
};

static struct termios	 before;	/* how it was */
static struct termios	 ours;
static sigset_t		 waiting;	/* the mask while a key is awaited */
static sigset_t		 masked;	/* as it was before */
static volatile sig_atomic_t is_open;
static volatile sig_atomic_t changed;	/* draw anew */
static unsigned char	 keys[64];	/* that were read, and not taken */
static size_t		 nkeys;

static void
say(const char *text, size_t n)
{
	while (n > 0) {
		ssize_t done = write(STDOUT_FILENO, text, n);

		if (done == -1 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		text += done;
		n -= (size_t)done;
	}
}

static void
give_back(void)
{
	if (!is_open)
		return;
	is_open = 0;
	say(LEAVE, sizeof LEAVE - 1);
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

static void
take(void)
{
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &ours);
	is_open = 1;
	say(ENTER, sizeof ENTER - 1);
}

/* The handler is off once it runs: so the signal ends the process. */
static void
end_cb(int sig)
{
	give_back();
	raise(sig);
}

static void
stop_cb(int sig)
{
	int error = errno;

	(void)sig;
	give_back();
	raise(SIGSTOP);
	take();
	changed = 1;
	errno = error;
}

static void
change_cb(int sig)
{
	(void)sig;
	changed = 1;
}

/* Not where somebody has a handler already, as the sanitizers have. */
static void
handle(int sig, void (*handler)(int), int flags)
{
	struct sigaction action, old;

	if (sigaction(sig, NULL, &old) == -1 || old.sa_handler != SIG_DFL)
		return;
	memset(&action, 0, sizeof action);
	action.sa_handler = handler;
	action.sa_flags = flags;
	sigemptyset(&action.sa_mask);
	(void)sigaction(sig, &action, NULL);
}

static void
handle_all(void)
{
	sigset_t hold;
	size_t i;

	/* what has to be drawn anew is heard of while a key is awaited */
	sigemptyset(&hold);
	sigaddset(&hold, SIGWINCH);
	sigaddset(&hold, SIGTSTP);
	(void)sigprocmask(SIG_BLOCK, &hold, &masked);
	waiting = masked;
	for (i = 0; i < sizeof ending / sizeof ending[0]; i++)
		handle(ending[i], end_cb, SA_RESETHAND | SA_NODEFER);
	handle(SIGTSTP, stop_cb, 0);
	handle(SIGWINCH, change_cb, 0);
}

bool
ctl_screen_open(void)
{
	if (tcgetattr(STDIN_FILENO, &before) == -1)
		return false;
	ours = before;
	ours.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	ours.c_cc[VMIN] = 1;
	ours.c_cc[VTIME] = 0;
	handle_all();
	take();
	return true;
}

void
ctl_screen_close(void)
{
	give_back();
	(void)sigprocmask(SIG_SETMASK, &masked, NULL);
}

void
ctl_screen_size(unsigned *lines, unsigned *columns)
{
	struct winsize size;

	*lines = 24;
	*columns = 80;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == -1 ||
	    size.ws_row == 0 || size.ws_col == 0)
		return;
	*lines = size.ws_row;
	*columns = size.ws_col;
}

/* What was there before is written over, not cleared first: it would flicker. */
void
ctl_screen_draw(const char *picture, size_t n)
{
	struct text all = { NULL, 0, 0, false };
	size_t i, line;

	text_puts(&all, "\033[H");
	for (i = 0; i < n; i += line + 1) {
		const char *end = memchr(picture + i, '\n', n - i);

		line = end != NULL ? (size_t)(end - picture) - i : n - i;
		text_put(&all, picture + i, line);
		text_puts(&all, end != NULL ? "\033[K\r\n" : "\033[K");
	}
	text_puts(&all, "\033[J");
	if (!all.failed)
		say(all.p, all.len);
	text_free(&all);
}

/* Keys */

static int
take_bytes(size_t n, int key)
{
	nkeys -= n;
	memmove(keys, keys + n, nkeys);
	return key;
}

/* A sequence comes whole: ESC [ or ESC O, parameters, a letter. */
static int
take_key(void)
{
	size_t n = 2;

	if (keys[0] != '\033')
		return take_bytes(1, keys[0]);
	if (nkeys < 3 || (keys[1] != '[' && keys[1] != 'O'))
		return take_bytes(1, CTL_KEY_ESCAPE);
	while (n + 1 < nkeys && keys[n] < 0x40)
		n++;
	if (keys[n] == 'A')
		return take_bytes(n + 1, CTL_KEY_UP);
	if (keys[n] == 'B')
		return take_bytes(n + 1, CTL_KEY_DOWN);
	return take_bytes(n + 1, CTL_KEY_OTHER);
}

static bool
wait_until(uint64_t until)
{
	struct pollfd p = { STDIN_FILENO, POLLIN, 0 };
	struct timespec now, left = { 0, 0 };
	uint64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
	if (until > ns) {
		left.tv_sec = (time_t)((until - ns) / SECOND);
		left.tv_nsec = (long)((until - ns) % SECOND);
	}
	return ppoll(&p, 1, &left, &waiting) > 0;
}

int
ctl_screen_key(uint64_t until)
{
	ssize_t n;

	if (nkeys > 0)
		return take_key();
	if (!wait_until(until) || changed) {
		changed = 0;
		return CTL_KEY_NONE;
	}
	n = read(STDIN_FILENO, keys, sizeof keys);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return CTL_KEY_NONE;
	if (n <= 0)
		return CTL_KEY_END;
	nkeys = (size_t)n;
	return take_key();
}
