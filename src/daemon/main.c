/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <ares.h>
#include <event2/event.h>
#include <event2/thread.h>

#include "conf/conf.h"
#include "conf/conf_changes.h"
#include "conf/conf_load.h"
#include "conf/conf_warnings.h"
#include "base/log.h"
#include "base/log_file.h"
#include "exchange/access.h"
#include "hosts/hosts.h"
#include "hosts/hosts_reload.h"
#include "base/client_hash.h"
#include "net/listen.h"
#include "net/loop.h"
#include "tls/tls_ca.h"
#include "tls/tls_context.h"
#include "tls/tls_warnings.h"
#include "exchange/via.h"
#include "daemon/worker.h"

/*
 * The main thread reads the command line and the configuration, starts the
 * workers and then only waits: for signals, and for the workers to end.
 */

struct sluice {
	struct conf		*conf;
	struct hosts		*hosts;
	struct listeners	*listeners;
	struct workers		 workers;
	unsigned		 done;		/* workers that ended */
	bool			 draining;
	int			 signal_fd;
};

static const char usage_text[] =
"usage: sluice [-htV] [-c file]\n"
"       sluice ca [-h] [-c file] directory\n"
"\n"
"  -c, --config file  configuration (default " SLUICE_CONF ")\n"
"  -t, --test         check the configuration and exit\n"
"  -V, --version      print the version and exit\n"
"  -h, --help         print this and exit\n";

static const char usage_ca_text[] =
"usage: sluice ca [-h] [-c file] directory\n"
"\n"
"Makes a CA for the hosts whose HTTPS is intercepted: ca.pem and ca.key in\n"
"the directory.\n"
"\n"
"  -c, --config file  configuration (default " SLUICE_CONF ")\n"
"  -h, --help         print this and exit\n";

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "test", no_argument, NULL, 't' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const struct option long_options_ca[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void
usage(const char *text)
{
	fputs(text, stderr);
	exit(2);
}

/* A start, a reload and -t say the same of a file: it is said here. */

/* Puts the place before what is wrong with a log. */
static bool
wrong_log(const struct conf *conf, struct place at, const char *key,
    char **cause)
{
	char *what = *cause;

	if (asprintf(cause, "%s:%u:%u: %s%s", conf->path, at.line, at.column,
	    key, what != NULL ? what : "out of memory") == -1)
		*cause = NULL;
	free(what);
	return false;
}

static bool
test_logs(const struct conf *conf, char **cause)
{
	*cause = NULL;
	if (conf->log_diagnostics != NULL &&
	    !log_file_test(conf->log_diagnostics, cause))
		return wrong_log(conf, conf->log_diagnostics_at,
		    "log.diagnostics: ", cause);
	return access_test(conf, cause) ||
	    wrong_log(conf, conf->log_access_at, "", cause);
}

/* A configuration with all that it names; NULL with *cause. */
static struct conf *
load(const char *path, bool again, char **cause)
{
	struct conf *conf;

	conf = again ? conf_load_again(path, cause) : conf_load(path, cause);
	if (conf == NULL || (tls_contexts_load(conf, cause) &&
	    test_logs(conf, cause)))
		return conf;
	conf_unref(conf);
	return NULL;
}

/* Two descriptors a connection, as far as the hard limit goes. */
static void
raise_limits(const struct conf *conf, void (*line)(const char *, void *))
{
	struct place nowhere = { 0, 0 };
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		return;
	if (r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	if (r.rlim_cur < conf->limit_connections * 2)
		conf_warn(conf, nowhere, line, NULL, "limits.connections: "
		    "%llu, but only %llu files may be open; two a connection "
		    "are needed", (unsigned long long)conf->limit_connections,
		    (unsigned long long)r.rlim_cur);
}

static void
warn_of(const struct conf *conf, void (*line)(const char *, void *))
{
	raise_limits(conf, line);
	conf_warnings(conf, line, NULL);
	tls_warnings(conf, line, NULL);
}

static void
print_warning_cb(const char *line, void *arg)
{
	(void)arg;
	fprintf(stderr, "%s (warning)\n", line);
}

/* -t: says whether the file is good, as a person or a script wants it. */
static int
test_conf(const char *path)
{
	struct conf *conf;
	char *cause = NULL;

	if ((conf = load(path, false, &cause)) == NULL) {
		fprintf(stderr, "%s\n", cause != NULL ? cause :
		    "out of memory");
		free(cause);
		return 1;
	}
	warn_of(conf, print_warning_cb);
	printf("%s: ok\n", path);
	conf_unref(conf);
	return 0;
}

/* ca */

static int
make_ca(const char *path, const char *dir)
{
	struct conf *conf;
	char *cause = NULL;
	bool ok;

	conf = conf_load(path, &cause);
	ok = conf != NULL && tls_ca_make(conf, dir, stdout, &cause);
	if (!ok)
		fprintf(stderr, "%s\n", cause != NULL ? cause :
		    "out of memory");
	free(cause);
	conf_unref(conf);
	return ok ? 0 : 1;
}

static int
main_ca(int argc, char **argv)
{
	const char *path = SLUICE_CONF;
	int c;

	while ((c = getopt_long(argc, argv, "c:h", long_options_ca,
	    NULL)) != -1) {
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case 'h':
			fputs(usage_ca_text, stdout);
			return 0;
		default:
			usage(usage_ca_text);
		}
	}
	if (argc - optind != 1)
		usage(usage_ca_text);
	return make_ca(path, argv[optind]);
}

/* Reload */

static void
warn_cb(const char *line, void *arg)
{
	(void)arg;
	log_warn("%s", line);
}

/* The log files, anew; false with *cause where one of them stays as it was. */
static bool
open_logs(const struct conf *conf, char **cause)
{
	char *what = NULL;

	/* the first is not to change when the second cannot */
	if (!test_logs(conf, cause))
		return false;
	if (log_open(conf->log_diagnostics, &what))
		return access_open(conf, cause);
	if (asprintf(cause, "log.diagnostics: %s", what != NULL ? what :
	    "out of memory") == -1)
		*cause = NULL;
	free(what);
	return false;
}

static void
reopen_logs(struct sluice *s)
{
	char *cause = NULL;

	if (open_logs(s->conf, &cause))
		log_info("log files opened anew");
	else
		log_error("log files not opened anew: %s", cause != NULL ?
		    cause : "out of memory");
	free(cause);
}

static void
reload(struct sluice *s)
{
	struct conf *conf;
	char *cause = NULL;
	unsigned i;

	conf = load(s->conf->path, true, &cause);
	if (conf == NULL || !open_logs(conf, &cause)) {
		log_error("configuration not reloaded: %s",
		    cause != NULL ? cause : "out of memory");
		free(cause);
		conf_unref(conf);
		return;
	}
	conf_changes(s->conf, conf, warn_cb, NULL);
	warn_of(conf, warn_cb);
	log_set_level((enum log_level)conf->log_level);
	hosts_reload(s->hosts, conf, loop_now());
	memory_limit(&s->workers.memory, conf->limit_memory);
	for (i = 0; i < s->workers.n; i++)
		worker_reload(s->workers.list[i], conf);
	conf_unref(s->conf);
	s->conf = conf;
	log_info("configuration reloaded");
}

/* Signals */

static void
shut_down(struct sluice *s, int sig)
{
	unsigned i;

	log_info("%s: %s", strsignal(sig), s->draining ? "ending at once" :
	    "draining");
	for (i = 0; i < s->workers.n; i++) {
		if (s->draining)
			worker_stop(s->workers.list[i]);
		else
			worker_drain(s->workers.list[i]);
	}
	s->draining = true;
}

static void
take_signal(struct sluice *s)
{
	struct signalfd_siginfo info;

	if (read(s->signal_fd, &info, sizeof info) != sizeof info)
		return;
	if (info.ssi_signo == SIGUSR1)
		reopen_logs(s);
	else if (info.ssi_signo != SIGHUP)
		shut_down(s, (int)info.ssi_signo);
	else if (!s->draining)
		reload(s);
}

static void
wait_for_end(struct sluice *s)
{
	struct pollfd p[2] = {
		{ .fd = s->signal_fd, .events = POLLIN },
		{ .fd = s->workers.done_fd, .events = POLLIN },
	};
	uint64_t n;

	while (s->done < s->workers.n) {
		if (poll(p, 2, -1) == -1 && errno != EINTR)
			fatal("poll: %s", strerror(errno));
		if (p[1].revents & POLLIN &&
		    read(s->workers.done_fd, &n, sizeof n) == sizeof n)
			s->done += (unsigned)n;
		else if (p[0].revents & POLLIN)
			take_signal(s);
	}
}

/* Start */

/*
 * They are for one that runs, and would end one that starts: they wait.  Those
 * that end it may do so at once.
 */
static void
defer_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* Blocked in all threads; the main one reads them. */
static int
open_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
libevent_fatal_cb(int err)
{
	log_error("libevent: fatal error %d", err);
	log_flush();
	abort();
}

static void
libevent_log_cb(int severity, const char *msg)
{
	if (severity >= EVENT_LOG_WARN)
		log_warn("libevent: %s", msg);
}

static void
start(struct sluice *s)
{
	char *cause = NULL;
	unsigned i;

	s->workers.n = s->conf->workers;
	memory_init(&s->workers.memory, s->conf->limit_memory);
	s->workers.done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->workers.done_fd == -1 || s->signal_fd == -1)
		fatal("cannot start: %s", strerror(errno));
	if (!open_logs(s->conf, &cause))
		fatal("%s", cause != NULL ? cause : "out of memory");
	s->listeners = listen_open(s->conf, s->workers.n, &cause);
	if (s->listeners == NULL)
		fatal("%s", cause != NULL ? cause : "out of memory");
	s->hosts = hosts_new(s->conf, s->workers.n);
	s->workers.list = calloc(s->workers.n, sizeof *s->workers.list);
	if (s->hosts == NULL || s->workers.list == NULL)
		fatal("cannot start: out of memory");
	for (i = 0; i < s->workers.n; i++)
		s->workers.list[i] = worker_new(&s->workers, i, s->conf,
		    s->hosts, s->listeners);
	for (i = 0; i < s->workers.n; i++)
		worker_start(s->workers.list[i]);
	log_info("sluice " PACKAGE_VERSION " is ready, %u worker%s, "
	    "configuration %s", s->workers.n,
	    s->workers.n == 1 ? "" : "s", s->conf->path);
}

static void
stop(struct sluice *s)
{
	unsigned i;

	for (i = 0; i < s->workers.n; i++)
		worker_join(s->workers.list[i]);
	free(s->workers.list);
	memory_destroy(&s->workers.memory);
	hosts_free(s->hosts);
	listen_close(s->listeners);
	access_close();
	conf_unref(s->conf);
	close(s->workers.done_fd);
	close(s->signal_fd);
	log_info("ended");
}

static int
run(const char *path)
{
	struct sluice s = { 0 };
	char *cause = NULL;

	defer_signals();
	if ((s.conf = load(path, false, &cause)) == NULL) {
		log_error("%s", cause != NULL ? cause : "out of memory");
		free(cause);
		return 1;
	}
	log_set_level((enum log_level)s.conf->log_level);
	s.signal_fd = open_signals();
	event_set_fatal_callback(libevent_fatal_cb);
	event_set_log_callback(libevent_log_cb);
	if (evthread_use_pthreads() == -1 ||
	    ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		fatal("cannot start: libraries");
	if (!client_hash_init() || !via_init())
		fatal("cannot start: no randomness");
	warn_of(s.conf, warn_cb);
	start(&s);
	wait_for_end(&s);
	stop(&s);
	ares_library_cleanup();
	libevent_global_shutdown();
	return 0;
}

/*
 * Whoever was started without a standard descriptor gets none: what is opened
 * next would have its number, and be written to.
 */
static void
keep_standard_files(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd != -1 && fd <= STDERR_FILENO);
	if (fd != -1)
		close(fd);
}

int
main(int argc, char **argv)
{
	const char *path = SLUICE_CONF;
	bool test = false;
	int c;

	keep_standard_files();
	if (argc > 1 && strcmp(argv[1], "ca") == 0)
		return main_ca(argc - 1, argv + 1);
	while ((c = getopt_long(argc, argv, "c:tVh", long_options,
	    NULL)) != -1) {
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case 't':
			test = true;
			break;
		case 'V':
			puts("sluice " PACKAGE_VERSION);
			return 0;
		case 'h':
			fputs(usage_text, stdout);
			return 0;
		default:
			usage(usage_text);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: \"%s\" is too much; did you mean -c "
		    "%s?\n", argv[0], argv[optind], argv[optind]);
		usage(usage_text);
	}
	return test ? test_conf(path) : run(path);
}
