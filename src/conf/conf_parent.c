/* SPDX-License-Identifier: ISC */
#include "conf/conf_parent.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conf/conf_password.h"
#include "conf/conf_value.h"
#include "conf/conf_warnings.h"
#include "policy/parent.h"

/* The keys */

bool
conf_parent_url(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	char show[CONF_SHOW];
	const char *wrong = parent_parse(field, node->text);

	(void)option;
	if (wrong == parent_no_memory)
		return conf_wrong(&w->report, NULL, "out of memory");
	return wrong == NULL || conf_wrong(&w->report, node, "\"%s\" %s",
	    conf_show(show, node->text), wrong);
}

/* What its keys must be together. */
static bool
finish(struct conf_walk *w, const struct conf_node *node,
    const struct parent *p)
{
	if (p->name == NULL)
		return conf_wrong(&w->report, node, "no url, expected one such "
		    "as {url: http://proxy.example:3128}");
	if (p->password_file != NULL && p->user == NULL)
		return conf_walk_wrong(w, node, "password_file", "without a "
		    "user, expected one in the url, as in "
		    "http://USER@proxy.example:3128");
	if (p->tls_at.line != 0 && !p->tls)
		return conf_walk_wrong(w, node, "tls", "beside a url of "
		    "http://, expected https://");
	return true;
}

static bool
read_mapping(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, struct parent *p)
{
	static const char expected[] = "a URL such as "
	    "http://proxy.example:3128, a mapping or direct";

	if (conf_node_null(node))
		return conf_wrong(&w->report, node, "nothing, expected %s",
		    expected);
	return conf_walk_mapping(w, node, expected) &&
	    conf_walk_level(w, option->behind, node, p) &&
	    finish(w, node, p);
}

/* Connections through one that is there already may be shared with it. */
static struct parent *
keep(struct conf *conf, struct parent *p)
{
	static atomic_ulong last;
	struct parent *other;

	for (other = conf->parents; other != NULL; other = other->next) {
		if (parent_equals(other, p)) {
			parent_free(p);
			return other;
		}
	}
	p->id = atomic_fetch_add(&last, 1) + 1;
	p->index = conf->nparents++;
	p->next = conf->parents;
	conf->parents = p;
	return p;
}

bool
conf_parent_read(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct parent **parent = field, *p;
	bool ok;

	if (node->type == CONF_SCALAR &&
	    strcasecmp(node->text, "direct") == 0) {
		*parent = &parent_direct;
		return true;
	}
	if ((p = malloc(sizeof *p)) == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	*p = w->parent;
	p->at = conf_node_place(node);
	if (node->type == CONF_SCALAR && !conf_node_null(node))
		ok = conf_parent_url(w, option, node, p);
	else
		ok = read_mapping(w, option, node, p);
	if (ok)
		*parent = keep(w->conf, p);
	else
		parent_free(p);
	return ok;
}

void
conf_parent_print(FILE *out, const struct conf_option *option,
    const void *field)
{
	const struct parent *p = *(struct parent *const *)field;

	(void)option;
	fputs(p != NULL && p->name != NULL ? p->name : "direct", out);
}

/* Passwords */

static bool
wrong(const struct conf *conf, const struct parent *p, char **cause,
    const char *why)
{
	if (asprintf(cause, "%s:%u:%u: parent.password_file: %s: %s",
	    conf->path, p->password_at.line, p->password_at.column,
	    p->password_file, why) == -1)
		*cause = NULL;
	return false;
}

static bool
load(const struct conf *conf, struct parent *p, char **cause)
{
	char password[CONF_PASSWORD];
	const char *why = NULL;
	size_t len = 0;
	bool ok;

	if (p->user == NULL)
		return true;
	if (p->password_file != NULL)
		why = conf_password_read(p->password_file, password, &len);
	if (why != NULL) {
		ok = wrong(conf, p, cause, why);
	} else {
		ok = parent_authorize(p, password, len);
		*cause = NULL;
	}
	explicit_bzero(password, sizeof password);
	return ok;
}

bool
conf_parent_load(struct conf *conf, char **cause)
{
	struct parent *p;

	for (p = conf->parents; p != NULL; p = p->next)
		if (!load(conf, p, cause))
			return false;
	return true;
}

void
conf_parent_warnings(const struct conf *conf,
    void (*line)(const char *, void *), void *arg)
{
	const struct parent *p;
	struct stat st;

	for (p = conf->parents; p != NULL; p = p->next)
		if (p->password_file != NULL &&
		    stat(p->password_file, &st) == 0 && S_ISREG(st.st_mode) &&
		    (st.st_mode & (S_IRGRP | S_IROTH)) != 0)
			conf_warn(conf, p->password_at, line, arg,
			    "parent.password_file: %s can be read by others "
			    "(mode %04o)", p->password_file,
			    (unsigned)st.st_mode & 07777);
}
