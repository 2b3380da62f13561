/* SPDX-License-Identifier: ISC */
#include "conf/conf_yaml.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM	1
#include <uthash.h>
#include <yaml.h>

#include "conf/conf_value.h"

/*
 * A tree is built from libyaml's events with a stack of its own, and lives
 * in an arena that is freed at once.  An alias is a second pointer to the node
 * it names, so it costs no memory; what it would cost whoever walks the tree
 * is counted in the weights.
 */

#define BLOCK	65536

struct block {
	struct block	*next;
	size_t		 used;
	size_t		 size;
	_Alignas(max_align_t) char data[];
};

struct conf_yaml {
	struct conf_node	*root;
	char			*name;	/* of its file */
	struct block		*blocks;
};

struct anchor {
	UT_hash_handle		 hh;
	struct conf_node	*node;
	char			 name[];
};

struct frame {
	struct conf_node	*node;
	struct conf_node	*key;	/* mapping: read, its value is not */
	struct conf_entry	**tail;
};

struct builder {
	yaml_parser_t		 parser;
	struct conf_report	*report;
	struct conf_yaml	*yaml;
	struct anchor		*anchors;
	struct frame		 stack[CONF_YAML_DEPTH];
	unsigned		 depth;
	size_t			 nodes;
	const char		*text;
	size_t			 len;
};

void
conf_enter(struct conf_report *report, const char *name, size_t index)
{
	if (report->nsteps == CONF_STEPS)
		abort();
	report->steps[report->nsteps].name = name;
	report->steps[report->nsteps].index = index;
	report->nsteps++;
}

void
conf_leave(struct conf_report *report)
{
	report->nsteps--;
}

static void
print_key(FILE *out, const struct conf_report *report)
{
	const struct conf_step *step;
	char buf[CONF_SHOW];
	unsigned i;

	for (i = 0; i < report->nsteps; i++) {
		step = &report->steps[i];
		if (step->name == NULL)
			fprintf(out, "[%zu]", step->index);
		else
			fprintf(out, "%s%s", i == 0 ? "" : ".",
			    conf_show(buf, step->name));
	}
	if (report->nsteps > 0)
		fputs(": ", out);
}

/* File names may hold line ends; an error is one line. */
static void
print_name(FILE *out, const char *name)
{
	for (; *name != '\0'; name++)
		fputc((unsigned char)*name < ' ' ? '?' : *name, out);
}

static void __attribute__((format(printf, 5, 0)))
wrong_at(struct conf_report *report, const char *name, size_t line,
    size_t column, const char *fmt, va_list ap)
{
	char *text = NULL;
	size_t size;
	FILE *out;

	if (report->cause != NULL)
		return;
	out = open_memstream(&text, &size);
	if (out == NULL)
		return;
	print_name(out, name);
	if (line > 0)
		fprintf(out, ":%zu:%zu", line, column);
	fputs(": ", out);
	print_key(out, report);
	vfprintf(out, fmt, ap);
	fclose(out);
	report->cause = text;
}

bool
conf_wrong(struct conf_report *report, const struct conf_node *node,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (node == NULL)
		wrong_at(report, report->name, 0, 0, fmt, ap);
	else
		wrong_at(report, node->file, node->line, node->column, fmt,
		    ap);
	va_end(ap);
	return false;
}

static bool __attribute__((format(printf, 3, 4)))
wrong_mark(struct builder *b, const yaml_mark_t *mark, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	wrong_at(b->report, b->report->name, mark->line + 1, mark->column + 1,
	    fmt, ap);
	va_end(ap);
	return false;
}

void *
conf_yaml_alloc(struct conf_yaml *yaml, size_t size)
{
	struct block *block = yaml->blocks;
	size_t align = _Alignof(max_align_t);
	size_t room;
	void *p;

	size = (size + align - 1) / align * align;
	if (block == NULL || block->size - block->used < size) {
		room = size > BLOCK ? size : BLOCK;
		block = malloc(sizeof *block + room);
		if (block == NULL)
			return NULL;
		block->used = 0;
		block->size = room;
		block->next = yaml->blocks;
		yaml->blocks = block;
	}
	p = block->data + block->used;
	block->used += size;
	memset(p, 0, size);
	return p;
}

/* The place of a byte, for errors that libyaml gives by offset only. */
static yaml_mark_t
mark_of(const struct builder *b, size_t offset)
{
	yaml_mark_t mark = { .index = offset };
	size_t i;

	for (i = 0; i < offset && i < b->len; i++) {
		if (b->text[i] == '\n') {
			mark.line++;
			mark.column = 0;
		} else if ((b->text[i] & 0xc0) != 0x80) {
			mark.column++;
		}
	}
	return mark;
}

static bool
wrong_syntax(struct builder *b)
{
	const yaml_parser_t *p = &b->parser;
	const char *problem = p->problem;
	char hint[CONF_ADVICE];
	yaml_mark_t mark;

	if (problem == NULL)
		problem = "it ends too early";
	if (p->error == YAML_MEMORY_ERROR)
		return conf_wrong(b->report, NULL, "out of memory");
	if (p->error == YAML_READER_ERROR) {
		mark = mark_of(b, p->problem_offset);
		return wrong_mark(b, &mark, "not text: %s, expected UTF-8",
		    problem);
	}
	hint[0] = '\0';
	if (b->report->advise != NULL)
		b->report->advise(hint, b->report->options, b->text, b->len,
		    p->problem_mark.line, problem, p->context);
	if (p->context == NULL)
		return wrong_mark(b, &p->problem_mark, "not valid YAML: %s%s",
		    problem, hint);
	return wrong_mark(b, &p->problem_mark,
	    "not valid YAML: %s %s that begins at line %zu%s", problem,
	    p->context, p->context_mark.line + 1, hint);
}

static bool
heavy(struct builder *b, const yaml_mark_t *mark)
{
	wrong_mark(b, mark, "too much, expected at most %d values%s",
	    CONF_YAML_NODES, " (an alias counts as all it stands for)");
	return false;
}

static struct conf_node *
node_new(struct builder *b, enum conf_node_type type, const yaml_mark_t *mark)
{
	struct conf_node *node;

	if (b->nodes++ == CONF_YAML_NODES) {
		heavy(b, mark);
		return NULL;
	}
	node = conf_yaml_alloc(b->yaml, sizeof *node);
	if (node == NULL) {
		conf_wrong(b->report, NULL, "out of memory");
		return NULL;
	}
	node->type = type;
	node->file = b->yaml->name;
	node->line = (unsigned)mark->line + 1;
	node->column = (unsigned)mark->column + 1;
	node->weight = 1;
	return node;
}

static bool
anchor_set(struct builder *b, const yaml_char_t *name, struct conf_node *node)
{
	struct anchor *anchor;
	size_t len;

	if (name == NULL)
		return true;
	len = strlen((const char *)name);
	HASH_FIND(hh, b->anchors, name, (unsigned)len, anchor);
	if (anchor != NULL) {
		anchor->node = node;	/* YAML: the latest counts */
		return true;
	}
	anchor = conf_yaml_alloc(b->yaml, sizeof *anchor + len + 1);
	if (anchor == NULL)
		return conf_wrong(b->report, NULL, "out of memory");
	anchor->node = node;
	memcpy(anchor->name, name, len);
	HASH_ADD(hh, b->anchors, name, (unsigned)len, anchor);
	return anchor->hh.tbl != NULL ||
	    conf_wrong(b->report, NULL, "out of memory");
}

/* Puts a node where the parser stands: root, key, or value. */
static bool
place(struct builder *b, struct conf_node *node, const yaml_mark_t *mark)
{
	struct conf_entry *entry;
	struct frame *frame;

	if (b->depth == 0) {
		b->yaml->root = node;
		return true;
	}
	frame = &b->stack[b->depth - 1];
	frame->node->weight += node->weight;
	if (frame->node->weight > CONF_YAML_NODES)
		return heavy(b, mark);
	if (frame->node->type == CONF_MAPPING && frame->key == NULL) {
		if (node->type != CONF_SCALAR)
			return wrong_mark(b, mark, "a list or mapping as a "
			    "key, expected text; a pattern that begins with "
			    "[ must stand in quotes");
		frame->key = node;
		return true;
	}
	entry = conf_yaml_alloc(b->yaml, sizeof *entry);
	if (entry == NULL)
		return conf_wrong(b->report, NULL, "out of memory");
	entry->key = frame->key;
	entry->value = node;
	frame->key = NULL;
	*frame->tail = entry;
	frame->tail = &entry->next;
	frame->node->n++;
	return true;
}

static bool
untagged(struct builder *b, const yaml_char_t *tag, const yaml_mark_t *mark)
{
	char buf[CONF_SHOW];

	if (tag == NULL)
		return true;
	return wrong_mark(b, mark, "the tag %s is not supported, expected a "
	    "value without one", conf_show(buf, (const char *)tag));
}

static bool
on_scalar(struct builder *b, const yaml_event_t *event)
{
	const yaml_mark_t *mark = &event->start_mark;
	struct conf_node *node;
	size_t len = event->data.scalar.length;
	char *text;

	if (!untagged(b, event->data.scalar.tag, mark))
		return false;
	if (memchr(event->data.scalar.value, '\0', len) != NULL)
		return wrong_mark(b, mark, "a NUL in text, expected none");
	node = node_new(b, CONF_SCALAR, mark);
	if (node == NULL)
		return false;
	text = conf_yaml_alloc(b->yaml, len + 1);
	if (text == NULL)
		return conf_wrong(b->report, NULL, "out of memory");
	memcpy(text, event->data.scalar.value, len);
	node->text = text;
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return anchor_set(b, event->data.scalar.anchor, node) &&
	    place(b, node, mark);
}

static bool
on_open(struct builder *b, enum conf_node_type type, const yaml_char_t *anchor,
    const yaml_char_t *tag, const yaml_mark_t *mark)
{
	struct conf_node *node;
	struct frame *frame;

	if (!untagged(b, tag, mark))
		return false;
	if (b->depth == CONF_YAML_DEPTH)
		return wrong_mark(b, mark, "nested too deeply, expected at "
		    "most %d levels", CONF_YAML_DEPTH);
	node = node_new(b, type, mark);
	if (node == NULL || !anchor_set(b, anchor, node) ||
	    !place(b, node, mark))
		return false;
	node->open = true;
	frame = &b->stack[b->depth++];
	frame->node = node;
	frame->key = NULL;
	frame->tail = &node->first;
	return true;
}

static bool
on_close(struct builder *b, const yaml_event_t *event)
{
	struct conf_node *node = b->stack[--b->depth].node;
	struct conf_node *parent;

	node->open = false;
	if (b->depth == 0)
		return true;
	parent = b->stack[b->depth - 1].node;
	parent->weight += node->weight - 1;	/* 1 was there from the start */
	if (parent->weight > CONF_YAML_NODES)
		return heavy(b, &event->start_mark);
	return true;
}

static bool
on_alias(struct builder *b, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct anchor *anchor;
	char buf[CONF_SHOW];

	HASH_FIND(hh, b->anchors, name, (unsigned)strlen(name), anchor);
	if (anchor == NULL)
		return wrong_mark(b, &event->start_mark, "the alias *%s names "
		    "nothing, expected an anchor before it; a pattern that "
		    "begins with * must stand in quotes",
		    conf_show(buf, name));
	if (anchor->node->open)
		return wrong_mark(b, &event->start_mark, "the alias *%s stands "
		    "inside of what it names", conf_show(buf, name));
	return place(b, anchor->node, &event->start_mark);
}

static bool
on_document(struct builder *b, const yaml_event_t *event)
{
	if (b->yaml->root == NULL)
		return true;
	return wrong_mark(b, &event->start_mark,
	    "a second document, expected one");
}

static bool
on_event(struct builder *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return on_document(b, event);
	case YAML_ALIAS_EVENT:
		return on_alias(b, event);
	case YAML_SCALAR_EVENT:
		return on_scalar(b, event);
	case YAML_SEQUENCE_START_EVENT:
		return on_open(b, CONF_LIST, event->data.sequence_start.anchor,
		    event->data.sequence_start.tag, &event->start_mark);
	case YAML_MAPPING_START_EVENT:
		return on_open(b, CONF_MAPPING,
		    event->data.mapping_start.anchor,
		    event->data.mapping_start.tag, &event->start_mark);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_close(b, event);
	default:
		return true;
	}
}

static bool
build(struct builder *b)
{
	yaml_event_t event;
	bool ok, end;

	do {
		if (!yaml_parser_parse(&b->parser, &event))
			return wrong_syntax(b);
		end = event.type == YAML_STREAM_END_EVENT;
		ok = on_event(b, &event);
		yaml_event_delete(&event);
	} while (ok && !end);
	return ok;
}

/* A letter with a zero byte before or behind it. */
static bool
is_utf16(const unsigned char *p)
{
	if (memcmp(p, "\xff\xfe", 2) == 0 || memcmp(p, "\xfe\xff", 2) == 0)
		return true;
	return (p[0] == 0 && p[1] >= ' ' && p[1] < 0x7f) ||
	    (p[1] == 0 && p[0] >= ' ' && p[0] < 0x7f);
}

/* UTF-8 without a mark is what is read; libyaml would take more. */
static bool
encoding(struct builder *b)
{
	const yaml_mark_t start = { 0 };
	const unsigned char *p = (const unsigned char *)b->text;

	if (b->len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		return wrong_mark(b, &start, "the file begins with a byte "
		    "order mark, save it as UTF-8 without one");
	if (b->len >= 2 && is_utf16(p))
		return wrong_mark(b, &start, "the file is in UTF-16, save it "
		    "as UTF-8 without a byte order mark");
	return true;
}

static bool
parse(struct builder *b)
{
	const yaml_mark_t start = { 0 };
	bool ok;

	if (!encoding(b))
		return false;
	if (!yaml_parser_initialize(&b->parser))
		return conf_wrong(b->report, NULL, "out of memory");
	yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&b->parser,
	    (const unsigned char *)b->text, b->len);
	ok = build(b);
	yaml_parser_delete(&b->parser);
	HASH_CLEAR(hh, b->anchors);
	if (ok && b->yaml->root == NULL)
		return wrong_mark(b, &start, "the file is empty, expected at "
		    "least one key");
	return ok;
}

struct conf_yaml *
conf_yaml_parse(struct conf_report *report, const char *text, size_t len)
{
	struct builder b = { .report = report, .text = text, .len = len };

	b.yaml = calloc(1, sizeof *b.yaml);
	if (b.yaml == NULL || (b.yaml->name = strdup(report->name)) == NULL) {
		free(b.yaml);
		conf_wrong(report, NULL, "out of memory");
		return NULL;
	}
	if (!parse(&b)) {
		conf_yaml_free(b.yaml);
		return NULL;
	}
	return b.yaml;
}

void
conf_yaml_free(struct conf_yaml *yaml)
{
	struct block *block;

	if (yaml == NULL)
		return;
	while ((block = yaml->blocks) != NULL) {
		yaml->blocks = block->next;
		free(block);
	}
	free(yaml->name);
	free(yaml);
}

const struct conf_node *
conf_yaml_root(const struct conf_yaml *yaml)
{
	return yaml->root;
}

const struct conf_entry *
conf_node_get(const struct conf_node *node, const char *key)
{
	const struct conf_entry *entry;

	for (entry = node->first; entry != NULL; entry = entry->next)
		if (entry->key != NULL && strcmp(entry->key->text, key) == 0)
			return entry;
	return NULL;
}

const struct conf_node *
conf_node_value(const struct conf_node *node, const char *key)
{
	const struct conf_entry *entry = conf_node_get(node, key);

	return entry == NULL ? NULL : entry->value;
}

struct place
conf_node_place(const struct conf_node *node)
{
	return (struct place){ node->line, node->column };
}

bool
conf_node_null(const struct conf_node *node)
{
	if (node->type != CONF_SCALAR || !node->plain)
		return false;
	return node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
	    strcasecmp(node->text, "null") == 0;
}
