/* SPDX-License-Identifier: ISC */
#include "conf/conf_reread.h"

#include <stdlib.h>
#include <string.h>

#include "base/same.h"
#include "conf/conf_changes.h"
#include "conf/conf_diff.h"
#include "conf/conf_index.h"
#include "conf/conf_table.h"
#include "conf/conf_yaml.h"
#include "policy/htpasswd.h"
#include "policy/parent.h"

#define HOSTS	"hosts"

struct reread {
	void			(*line)(const char *, void *);
	void			*arg;
	struct conf_reread	*counts;
};

/* Whether a path is that of an option, or of something in it. */
static bool
is_in(const char *path, const char *option)
{
	size_t len = strlen(option);

	return strncmp(path, option, len) == 0 && (path[len] == '\0' ||
	    path[len] == '.' || path[len] == '[');
}

static bool
needs_restart(const char *path)
{
	const struct conf_option *option;

	for (option = conf_options(); option != NULL;
	    option = conf_option_next(option))
		if (option->needs_restart && is_in(path, option->path))
			return true;
	return false;
}

static void
value_cb(const char *path, const char *was, const char *is, void *arg)
{
	struct reread *r = arg;
	char *text;

	if (needs_restart(path))
		return;
	if (!is_in(path, HOSTS))
		r->counts->options++;
	if (asprintf(&text, "%s: %s -> %s", path, was != NULL ? was :
	    "not there", is != NULL ? is : "not there") < 0)
		return;
	r->line(text, r->arg);
	free(text);
}

static void
restart_cb(const char *line, void *arg)
{
	struct conf_reread *counts = arg;

	(void)line;
	counts->options++;
}

/* Rules */

static void
differs_cb(const char *path, const char *was, const char *is, void *differs)
{
	(void)path;
	(void)was;
	(void)is;
	*(bool *)differs = true;
}

static bool
differ(const struct conf_node *was, const struct conf_node *is)
{
	bool differs = false;

	conf_diff(was, is, differs_cb, &differs);
	return differs;
}

static void
count_rules(const struct conf_index *was, const struct conf_index *is,
    struct conf_reread *counts)
{
	const struct conf_entry *entry;
	const struct conf_node *other;

	entry = was->node != NULL ? was->node->first : NULL;
	for (; entry != NULL; entry = entry->next) {
		other = conf_index_value(is, entry->key->text);
		if (other == NULL)
			counts->went++;
		else if (differ(entry->value, other))
			counts->changed++;
	}
	entry = is->node != NULL ? is->node->first : NULL;
	for (; entry != NULL; entry = entry->next)
		if (conf_index_value(was, entry->key->text) == NULL)
			counts->came++;
}

/* What files say that it names, none of which is told */

/* Another file is an option that changed. */
static void
file_changed(struct reread *r, const char *was, const char *is,
    const char *what)
{
	if (was == NULL || is == NULL || strcmp(was, is) != 0)
		return;
	r->counts->files++;
	r->line(what, r->arg);
}

static bool
same_users(const struct htpasswd *was, const struct htpasswd *is)
{
	size_t i;

	if (was == NULL || is == NULL || was->n != is->n)
		return was == is;
	for (i = 0; i < is->n; i++)
		if (strcmp(was->users[i].name, is->users[i].name) != 0 ||
		    strcmp(was->users[i].hash, is->users[i].hash) != 0)
			return false;
	return true;
}

/* Returns whether one of the same user with the same file is authorized so. */
static bool
was_so(const struct parent *list, const struct parent *is)
{
	bool there = false;

	for (; list != NULL; list = list->next) {
		if (!same(list->user, is->user) ||
		    !same(list->password_file, is->password_file))
			continue;
		if (same(list->authorization, is->authorization))
			return true;
		there = true;
	}
	return !there;
}

/* The file of one may be that of others, too. */
static bool
parents_changed(const struct conf *old, const struct conf *new)
{
	const struct parent *p;

	for (p = new->parents; p != NULL; p = p->next)
		if (p->password_file != NULL && !was_so(old->parents, p))
			return true;
	return false;
}

static void
compare_files(struct reread *r, const struct conf *old, const struct conf *new)
{
	if (!same_users(old->access_users, new->access_users))
		file_changed(r, old->access_users_file,
		    new->access_users_file, "access.users: its file changed");
	if (!same(old->admin_token, new->admin_token))
		file_changed(r, old->admin_token_file, new->admin_token_file,
		    "admin.web_token_file: its file changed");
	if (!same(old->store.password, new->store.password))
		file_changed(r, old->store.password_file,
		    new->store.password_file,
		    "store.password_file: its file changed");
	if (!same(old->store.sentinel_password, new->store.sentinel_password))
		file_changed(r, old->store.sentinel_password_file,
		    new->store.sentinel_password_file,
		    "store.sentinel.password_file: its file changed");
	if (memcmp(old->store.key, new->store.key, sizeof new->store.key) != 0)
		file_changed(r, old->store.key_file, new->store.key_file,
		    "store.key_file: its file changed, which takes effect at "
		    "a restart");
	if (parents_changed(old, new))
		file_changed(r, "", "", "parent.password_file: its file "
		    "changed");
}

/* Files */

static void
compare(struct reread *r, const struct conf_node *was,
    const struct conf_node *is)
{
	struct conf_index before, after;

	conf_diff(was, is, value_cb, r);
	conf_index_init(&before, conf_node_value(was, HOSTS));
	conf_index_init(&after, conf_node_value(is, HOSTS));
	count_rules(&before, &after, r->counts);
	conf_index_free(&before);
	conf_index_free(&after);
}

/* What was valid once is so again, unless there is no memory for it. */
static struct conf_yaml *
tree_of(const struct conf *conf)
{
	struct conf_report report = { .name = conf->path };
	struct conf_yaml *yaml = NULL;

	if (conf->text != NULL)
		yaml = conf_yaml_parse(&report, conf->text, conf->text_len);
	free(report.cause);
	return yaml;
}

void
conf_reread(const struct conf *old, const struct conf *new,
    void (*line)(const char *, void *), void *arg, struct conf_reread *counts)
{
	struct reread r = { line, arg, counts };
	struct conf_yaml *was = tree_of(old), *is = tree_of(new);

	*counts = (struct conf_reread){ .came = 0 };
	conf_changes(old, new, restart_cb, counts);
	if (old->presets != new->presets) {
		counts->options++;
		line("presets: their files changed, or which are read", arg);
	}
	if (was != NULL && is != NULL) {
		compare(&r, conf_yaml_root(was), conf_yaml_root(is));
		compare_files(&r, old, new);
	}
	conf_yaml_free(was);
	conf_yaml_free(is);
}

/* Words */

struct words {
	char	*buf;
	size_t	 len;
};

static void
put(struct words *w, size_t n, const char *noun, const char *what)
{
	if (n == 0)
		return;
	w->len += (size_t)snprintf(w->buf + w->len, CONF_REREAD - w->len,
	    "%s%zu%s%s %s", w->len > 0 ? ", " : "", n, noun, *noun != '\0' &&
	    n > 1 ? "s" : "", what);
}

const char *
conf_reread_text(char buf[CONF_REREAD], const struct conf_reread *counts)
{
	struct words w = { .buf = buf };

	put(&w, counts->changed, " rule", "changed");
	put(&w, counts->came, w.len > 0 ? "" : " rule", "new");
	put(&w, counts->went, w.len > 0 ? "" : " rule", "gone");
	put(&w, counts->options, w.len > 0 ? " other option" : " option",
	    "changed");
	put(&w, counts->files, " file", "changed");
	if (w.len == 0)
		snprintf(buf, CONF_REREAD, "nothing changed");
	return buf;
}
