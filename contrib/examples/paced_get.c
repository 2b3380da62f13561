/* SPDX-License-Identifier: ISC */

/*
 * paced_get [-r N] [-c N] HOST PORT PATH COUNT
 *
 * Gets a path so many times by plain HTTP, at most 10 in each second and two at
 * a time, and waits as long as the host asks when it refuses one for a limit.
 * Prints a line for each answer.
 *
 *	cc -o paced_get paced_get.c \
 *	    $(pkg-config --cflags --libs libsluice libevent)
 */

#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/queue.h>

#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include <sluice/hint.h>
#include <sluice/throttle.h>

#define LONGEST_PAUSE	(60 * SLUICE_SECOND)

struct client {
	struct event_base	*base;
	struct event		*timer;		/* when the next one may go */
	struct sluice_throttle	*throttle;
	struct sluice_hint	*hint;
	const char		*host;
	const char		*path;
	uint16_t		 port;
	unsigned		 left;		/* have no answer yet */
	bool			 failed;
};

struct job {
	struct client		*client;
	struct sluice_waiter	*waiter;
};

static void	start(struct job *);

static uint64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SLUICE_SECOND + (uint64_t)ts.tv_nsec;
}

/* Starts all that may go, and sets the timer for the next. */
static void
pump(struct client *c)
{
	struct sluice_waiter *w;
	struct timeval in;
	uint64_t at, wait;

	while ((w = sluice_next(c->throttle, now())) != NULL)
		start(sluice_waiter_data(w));
	at = sluice_wake(c->throttle, now());
	if (at == SLUICE_NEVER) {
		evtimer_del(c->timer);
		return;
	}
	wait = now();
	wait = at > wait ? at - wait + 999 : 0;
	in.tv_sec = (time_t)(wait / SLUICE_SECOND);
	in.tv_usec = (suseconds_t)(wait % SLUICE_SECOND / 1000);
	evtimer_add(c->timer, &in);
}

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	pump(arg);
}

static void
ask(struct job *job)
{
	enum sluice_result result = sluice_ask(job->waiter, SLUICE_UNIT, now());

	if (result == SLUICE_OK)
		start(job);
	else if (result != SLUICE_WAIT)
		errx(1, "%s", sluice_strerror((int)result));
}

static void
end(struct job *job, bool failed)
{
	struct client *c = job->client;

	sluice_leave(job->waiter, now());
	sluice_waiter_free(job->waiter);
	free(job);
	c->failed |= failed;
	if (--c->left == 0)
		event_base_loopbreak(c->base);
}

/* What the answer says of the host's limits. */
static void
read_hint(struct sluice_hint *h, struct evhttp_request *request)
{
	struct evkeyval *field;

	sluice_hint_begin(h);
	TAILQ_FOREACH(field, evhttp_request_get_input_headers(request), next)
		(void)sluice_hint_field(h, field->key, strlen(field->key),
		    field->value, strlen(field->value));
	if (sluice_hint_read(h, evhttp_request_get_response_code(request),
	    (int64_t)time(NULL)) != SLUICE_OK)
		sluice_hint_begin(h);
}

/* Refused for a limit: all wait, and this one asks again. */
static void
refused(struct job *job)
{
	struct client *c = job->client;
	uint64_t pause = sluice_hint_pause(c->hint);

	if (pause == 0)
		pause = SLUICE_SECOND;
	if (pause > LONGEST_PAUSE)
		pause = LONGEST_PAUSE;
	printf("refused: everybody waits %.3f s\n", (double)pause / 1e9);
	sluice_pause(c->throttle, now() + pause, now());
	sluice_leave(job->waiter, now());
	ask(job);
}

static void
answered_cb(struct evhttp_request *request, void *arg)
{
	struct job *job = arg;
	struct client *c = job->client;

	if (request == NULL || evhttp_request_get_response_code(request) == 0) {
		warnx("no answer");
		end(job, true);
	} else {
		read_hint(c->hint, request);
		if (sluice_hint_flags(c->hint) & SLUICE_HINT_THROTTLED) {
			refused(job);
		} else {
			printf("%d\n", evhttp_request_get_response_code(
			    request));
			end(job, false);
		}
	}
	pump(c);
}

static void
start(struct job *job)
{
	struct client *c = job->client;
	struct evhttp_connection *connection;
	struct evhttp_request *request;

	connection = evhttp_connection_base_new(c->base, NULL, c->host,
	    c->port);
	request = evhttp_request_new(answered_cb, job);
	if (connection == NULL || request == NULL)
		errx(1, "out of memory");
	evhttp_connection_free_on_completion(connection);
	evhttp_add_header(evhttp_request_get_output_headers(request), "Host",
	    c->host);
	if (evhttp_make_request(connection, request, EVHTTP_REQ_GET,
	    c->path) != 0)
		errx(1, "cannot send");
}

static struct sluice_throttle *
make_throttle(unsigned rate, unsigned concurrency)
{
	struct sluice_limits *limits = sluice_limits_new();
	struct sluice_throttle *throttle;
	enum sluice_result result;

	if (limits == NULL)
		errx(1, "out of memory");
	result = sluice_limits_rate(limits, rate * SLUICE_UNIT, SLUICE_SECOND,
	    0, SLUICE_STRICT);
	if (result != SLUICE_OK)
		errx(1, "%s", sluice_strerror((int)result));
	sluice_limits_concurrency(limits, concurrency);
	throttle = sluice_throttle_new(limits);
	sluice_limits_free(limits);
	return throttle;
}

static void
add_job(struct client *c)
{
	struct job *job = malloc(sizeof *job);

	if (job == NULL)
		errx(1, "out of memory");
	job->client = c;
	job->waiter = sluice_waiter_new(c->throttle, job);
	if (job->waiter == NULL)
		errx(1, "out of memory");
	ask(job);
}

static void
run(struct client *c, unsigned count)
{
	unsigned i;

	c->base = event_base_new();
	c->timer = c->base != NULL ? evtimer_new(c->base, timer_cb, c) : NULL;
	c->hint = sluice_hint_new();
	if (c->timer == NULL || c->hint == NULL || c->throttle == NULL)
		errx(1, "out of memory");
	c->left = count;
	for (i = 0; i < count; i++)
		add_job(c);
	pump(c);
	if (count > 0)
		event_base_dispatch(c->base);
	event_free(c->timer);
	event_base_free(c->base);
	sluice_hint_free(c->hint);
	sluice_throttle_free(c->throttle);
}

static unsigned
number(const char *text)
{
	char *rest;
	unsigned long n = strtoul(text, &rest, 10);

	if (*text == '\0' || *rest != '\0' || n > 1000000)
		errx(2, "not a number, or too large: %s", text);
	return (unsigned)n;
}

int
main(int argc, char **argv)
{
	unsigned rate = 10, concurrency = 2;
	struct client c = { .failed = false };
	int option;

	while ((option = getopt(argc, argv, "r:c:")) != -1) {
		if (option == 'r')
			rate = number(optarg);
		else if (option == 'c')
			concurrency = number(optarg);
		else
			return 2;
	}
	if (argc - optind != 4)
		errx(2, "usage: paced_get [-r N] [-c N] HOST PORT PATH COUNT");
	setvbuf(stdout, NULL, _IOLBF, 0);
	c.host = argv[optind];
	c.port = (uint16_t)number(argv[optind + 1]);
	c.path = argv[optind + 2];
	c.throttle = make_throttle(rate, concurrency);
	run(&c, number(argv[optind + 3]));
	return c.failed;
}
