/* SPDX-License-Identifier: ISC */
#include "conf/conf_diff.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "conf/conf_index.h"
#include "conf/conf_value.h"

struct diff {
	conf_diff_told	*fn;
	void		*arg;
	char		 path[CONF_DIFF_PATH];
	size_t		 len;
};

/* The depth of a tree is bounded (CONF_YAML_DEPTH), so these may recurse. */
static void	 compare(struct diff *, const struct conf_node *,
		    const struct conf_node *);

/* Puts a value in the flow style, until it is longer than is shown. */
static void
put_node(struct text *t, const struct conf_node *node)
{
	const struct conf_entry *entry;
	char show[CONF_SHOW];

	if (node->type == CONF_SCALAR) {
		text_putf(t, "%s", conf_show(show, node->text));
		return;
	}
	text_puts(t, node->type == CONF_LIST ? "[" : "{");
	for (entry = node->first; entry != NULL && t->len < CONF_DIFF_TEXT;
	    entry = entry->next) {
		if (entry != node->first)
			text_puts(t, ", ");
		if (entry->key != NULL) {
			text_puts(t, conf_show(show, entry->key->text));
			text_puts(t, ": ");
		}
		put_node(t, entry->value);
	}
	text_puts(t, node->type == CONF_LIST ? "]" : "}");
}

static const char *
text_of(char buf[CONF_DIFF_TEXT], const struct conf_node *node)
{
	struct text t = { NULL, 0, 0, false };

	if (node == NULL)
		return NULL;
	put_node(&t, node);
	snprintf(buf, CONF_DIFF_TEXT, "%.*s", (int)t.len, t.p != NULL ? t.p :
	    "");
	if (t.len >= CONF_DIFF_TEXT)
		memcpy(buf + CONF_DIFF_TEXT - 4, "...", 4);
	text_free(&t);
	return buf;
}

static void
tell(struct diff *d, const struct conf_node *was, const struct conf_node *is)
{
	char before[CONF_DIFF_TEXT], after[CONF_DIFF_TEXT];

	d->fn(d->path, text_of(before, was), text_of(after, is), d->arg);
}

/* Compares what stands behind a key, or at an index. */
static void
step(struct diff *d, const char *key, size_t index,
    const struct conf_node *was, const struct conf_node *is)
{
	size_t len = d->len;
	char show[CONF_SHOW];
	int n;

	if (key != NULL)
		n = snprintf(d->path + len, sizeof d->path - len, "%s%s",
		    len > 0 ? "." : "", conf_show(show, key));
	else
		n = snprintf(d->path + len, sizeof d->path - len, "[%zu]",
		    index);
	if ((size_t)n < sizeof d->path - len)
		d->len += (size_t)n;
	else
		d->len = sizeof d->path - 1;
	compare(d, was, is);
	d->len = len;
	d->path[len] = '\0';
}

static void
compare_mappings(struct diff *d, const struct conf_node *was,
    const struct conf_node *is)
{
	struct conf_index before, after;
	const struct conf_entry *entry;
	const char *key;

	conf_index_init(&before, was);
	conf_index_init(&after, is);
	for (entry = was->first; entry != NULL; entry = entry->next) {
		key = entry->key->text;
		step(d, key, 0, entry->value, conf_index_value(&after, key));
	}
	for (entry = is->first; entry != NULL; entry = entry->next) {
		key = entry->key->text;
		if (conf_index_value(&before, key) == NULL)
			step(d, key, 0, NULL, entry->value);
	}
	conf_index_free(&before);
	conf_index_free(&after);
}

static void
compare_lists(struct diff *d, const struct conf_node *was,
    const struct conf_node *is)
{
	const struct conf_entry *before = was->first, *after = is->first;
	size_t i;

	for (i = 0; before != NULL || after != NULL; i++) {
		step(d, NULL, i, before != NULL ? before->value : NULL,
		    after != NULL ? after->value : NULL);
		before = before != NULL ? before->next : NULL;
		after = after != NULL ? after->next : NULL;
	}
}

static void
compare(struct diff *d, const struct conf_node *was,
    const struct conf_node *is)
{
	if (was == NULL || is == NULL || was->type != is->type)
		tell(d, was, is);
	else if (was->type == CONF_MAPPING)
		compare_mappings(d, was, is);
	else if (was->type == CONF_LIST)
		compare_lists(d, was, is);
	else if (strcmp(was->text, is->text) != 0)
		tell(d, was, is);
}

void
conf_diff(const struct conf_node *was, const struct conf_node *is,
    conf_diff_told *fn, void *arg)
{
	struct diff d = { .fn = fn, .arg = arg };

	compare(&d, was, is);
}
