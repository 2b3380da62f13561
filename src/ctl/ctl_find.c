/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_find.h"

#include <arpa/inet.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own_dir.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/conf_load.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_find_dead.h"
#include "ctl/ctl_http.h"
#include "ctl/ctl_json.h"

#define SYSTEM	"/run/sluice"
#define CONNECT	UINT64_C(500000000)	/* ns in which one connects */
#define NAMED	3			/* of those that do not answer */

static int
take(const struct ctl *c, struct ctl_place *place, const char *path)
{
	if (path[0] == '\0')
		return ctl_fail(c, CTL_USAGE, "the socket's path is empty");
	if (strlen(path) >= sizeof place->path)
		return ctl_fail(c, CTL_USAGE, "%s is longer than the %zu bytes "
		    "that a socket's path may have", path,
		    sizeof place->path - 1);
	memcpy(place->path, path, strlen(path) + 1);
	return CTL_DONE;
}

/* The default places */

/*
 * Which of them answer, and what the others say.  The names are those of
 * admin_place.h; that one makes directories, too.
 */
struct search {
	unsigned	 found;
	struct ctl_place place;		/* the first that was */
	struct text	 others;	/* of those found, "  PATH\n" */
	struct text	 tried;		/* ", PATH: why not": the first few */
	unsigned	 ntried;
	unsigned	 removed;	/* left by daemons that were killed */
	const char	*file;		/* whose alone counts; NULL: any's */
	unsigned	 port;		/* ... or who listens there */
	bool		 denied;	/* one is there, and may not be asked */
};

static bool
has_file(const json_t *status, const char *file)
{
	const char *path = ctl_string(ctl_member(status, "configuration"),
	    "path", NULL);
	char *real = realpath(file, NULL);
	char *theirs = path != NULL ? realpath(path, NULL) : NULL;
	bool has = real != NULL && theirs != NULL && strcmp(real, theirs) == 0;

	free(real);
	free(theirs);
	return has;
}

static bool
listens_at(const json_t *status, unsigned port)
{
	const json_t *listen = ctl_member(status, "listen");
	const char *address, *colon;
	size_t i;

	for (i = 0; i < json_array_size(listen); i++) {
		address = json_string_value(json_array_get(listen, i));
		colon = address != NULL ? strrchr(address, ':') : NULL;
		if (colon != NULL && strtoul(colon + 1, NULL, 10) == port)
			return true;
	}
	return false;
}

/* Whether who answers is meant. */
static bool
is_meant(const struct search *s, struct ctl_http *h)
{
	struct text body = { .p = NULL };
	json_t *status = NULL;
	bool is;

	if (ctl_http_ask(h, "GET", "/v1/status", NULL) == CTL_HTTP_DONE &&
	    ctl_http_body(h, &body) == CTL_HTTP_DONE)
		status = json_loadb(body.p != NULL ? body.p : "", body.len, 0,
		    NULL);
	is = has_file(status, s->file) || listens_at(status, s->port);
	json_decref(status);
	text_free(&body);
	return is;
}

static void
put_tried(struct search *s, const char *path, const char *why)
{
	if (s->ntried++ >= NAMED)
		return;
	text_puts(&s->tried, s->tried.len > 0 ? ", " : "");
	text_puts(&s->tried, path);
	text_puts(&s->tried, ": ");
	text_puts(&s->tried, why);
}

/* What became of the others. */
static void
put_others(struct search *s)
{
	const char *comma = s->tried.len > 0 ? ", " : "";

	if (s->ntried > NAMED)
		text_putf(&s->tried, "%s%u more", comma, s->ntried - NAMED);
	comma = s->tried.len > 0 ? ", " : "";
	if (s->removed > 0)
		text_putf(&s->tried, "%s%u left by daemons that were killed, "
		    "now removed", comma, s->removed);
}

static void
look(struct search *s, const char *path)
{
	struct ctl_http *h = ctl_http_new();
	bool there;

	if (h == NULL)
		return;
	ctl_http_deadline(h, ctl_http_now() + CONNECT);
	there = ctl_http_connect(h, path) == CTL_HTTP_DONE;
	if (there && s->file != NULL && !is_meant(s, h)) {
		put_tried(s, path, "of another configuration");
	} else if (there) {
		if (s->found++ == 0)
			snprintf(s->place.path, sizeof s->place.path, "%s",
			    path);
		text_puts(&s->others, s->found > 1 ? ", " : "");
		text_puts(&s->others, path);
	} else if (ctl_find_dead(path)) {
		s->removed++;
	} else {
		put_tried(s, path, ctl_http_error(h));
		s->denied |= access(path, F_OK) == 0 &&
		    access(path, W_OK) == -1;
	}
	ctl_http_free(h);
}

/* Those of a name, or a pattern, in a directory. */
static void
look_in(struct search *s, const char *dir, const char *below, const char *name)
{
	glob_t found = { 0 };
	char pattern[512];
	size_t i;

	if (dir == NULL || dir[0] != '/')
		return;
	snprintf(pattern, sizeof pattern, "%s%s/%s", dir, below, name);
	if (glob(pattern, 0, NULL, &found) == 0)
		for (i = 0; i < found.gl_pathc; i++)
			look(s, found.gl_pathv[i]);
	else
		look(s, pattern);
	globfree(&found);
}

static void
look_for(struct search *s, const char *name)
{
	char own[OWN_DIR];

	look_in(s, SYSTEM, "", name);
	look_in(s, getenv("XDG_RUNTIME_DIR"), "/sluice", name);
	own_dir_name(own);
	if (own_dir_is(own))
		look_in(s, own, "", name);
}

static int
choose(const struct ctl *c, const struct search *s, struct ctl_place *place)
{
	if (s->found == 1) {
		*place = s->place;
		return CTL_DONE;
	}
	if (s->found > 1)
		return ctl_fail(c, CTL_NOT_REACHABLE, "%u daemons answer; "
		    "choose one by --socket: %.*s", s->found,
		    (int)s->others.len, s->others.p);
	return ctl_fail(c, CTL_NOT_REACHABLE, "no daemon answers (%.*s); "
	    "is it running, and where? (--socket PATH, or -c FILE)",
	    (int)s->tried.len, s->tried.p != NULL ? s->tried.p : "");
}

/*
 * port: that of the daemon, or 0.  A daemon that found the first name taken has
 * one with its port.
 */
static void
look_all(struct search *s, unsigned port, const char *file)
{
	char name[32];

	if (port == 0) {
		look_for(s, "admin*.sock");
		return;
	}
	snprintf(name, sizeof name, "admin-%u.sock", port);
	look_for(s, name);
	/* that has no port in its name: it may be anybody's */
	if (s->found == 0) {
		s->file = file;
		s->port = port;
		look_for(s, "admin.sock");
	}
}

static void
search_free(struct search *s)
{
	text_free(&s->others);
	text_free(&s->tried);
}

static int
search(const struct ctl *c, unsigned port, const char *file,
    struct ctl_place *place)
{
	struct search s = { 0 };
	int status;

	look_all(&s, port, file);
	put_others(&s);
	status = choose(c, &s, place);
	search_free(&s);
	return status;
}

/* The one of a configuration */

static unsigned
port_of(const struct conf_address *a)
{
	const struct sockaddr_in6 *six = (const void *)&a->addr;
	const struct sockaddr_in *four = (const void *)&a->addr;

	return a->addr.ss_family == AF_INET ? ntohs(four->sin_port) :
	    a->addr.ss_family == AF_INET6 ? ntohs(six->sin6_port) : 0;
}

static unsigned
port_of_conf(const struct conf *conf)
{
	unsigned port = 0;
	size_t i;

	for (i = 0; i < conf->listen.n && port == 0; i++)
		port = port_of(&conf->listen.list[i]);
	return port;
}

static int
of_conf(const struct ctl *c, const struct conf *conf, struct ctl_place *place)
{
	if (conf->admin_off)
		return ctl_fail(c, CTL_NOT_REACHABLE, "%s: admin: off, so its "
		    "daemon cannot be asked", conf->path);
	if (conf->admin_socket != NULL)
		return take(c, place, conf->admin_socket);
	return search(c, port_of_conf(conf), conf->path, place);
}

static int
of_file(const struct ctl *c, struct ctl_place *place)
{
	char *cause = NULL;
	struct conf *conf = conf_load(c->file, &cause);
	int status;

	if (conf == NULL)
		status = ctl_fail(c, CTL_WRONG_CONF, "%s", cause != NULL ?
		    cause : "out of memory");
	else
		status = of_conf(c, conf, place);
	free(cause);
	conf_unref(conf);
	return status;
}

int
ctl_find(const struct ctl *c, struct ctl_place *place)
{
	const char *said = getenv("SLUICE_SOCKET");

	if (c->socket != NULL)
		return take(c, place, c->socket);
	if (c->file != NULL)
		return of_file(c, place);
	if (said != NULL && said[0] != '\0')
		return take(c, place, said);
	return search(c, 0, NULL, place);
}

/* Whether any runs */

/* Those of a configuration; one that is wrong has none. */
static void
look_of_file(struct search *s, const char *file)
{
	char *cause = NULL;
	struct conf *conf = conf_load(file, &cause);

	if (conf != NULL && conf->admin_socket != NULL)
		look(s, conf->admin_socket);
	else if (conf != NULL && !conf->admin_off)
		look_all(s, port_of_conf(conf), file);
	free(cause);
	conf_unref(conf);
}

bool
ctl_find_any(const struct ctl *c)
{
	const char *said = getenv("SLUICE_SOCKET");
	struct search s = { 0 };

	if (c->socket != NULL)
		return true;
	if (c->file != NULL)
		look_of_file(&s, c->file);
	else if (said != NULL && said[0] != '\0')
		return true;
	else
		look_all(&s, 0, NULL);
	put_others(&s);
	if (s.found == 0 && s.denied)
		ctl_note(c, "a daemon is there that may not be asked "
		    "(%.*s)", (int)s.tried.len, s.tried.p);
	search_free(&s);
	return s.found > 0;
}
