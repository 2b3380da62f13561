/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_YAML_H
#define SLUICE_CONF_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/place.h"

/*
 * YAML as a small tree that knows where each piece stood, and the one way
 * in which anything wrong with a configuration is told.
 */

#define CONF_YAML_DEPTH	32		/* mappings and lists in each other */
#define CONF_YAML_NODES	4000000		/* with aliases written out */

enum conf_node_type {
	CONF_SCALAR,
	CONF_LIST,
	CONF_MAPPING,
};

struct conf_node;

/* An entry of a mapping, or of a list (no key). */
struct conf_entry {
	struct conf_node	*key;	/* always a scalar */
	struct conf_node	*value;	/* shared where it is an alias */
	struct conf_entry	*next;
};

struct conf_node {
	enum conf_node_type	 type;
	const char		*file;	/* its name; as the tree's */
	unsigned		 line;	/* from 1 */
	unsigned		 column;	/* from 1 */
	const char		*text;	/* scalar: terminated, without NUL */
	bool			 plain;	/* scalar: without quotes */
	bool			 open;	/* while parsing: not complete */
	struct conf_entry	*first;
	size_t			 n;	/* entries */
	size_t			 weight;	/* nodes, with aliases */
};

/* A step of the way from the root to a key: a name, or an index. */
struct conf_step {
	const char		*name;	/* NULL: an index */
	size_t			 index;
};

#define CONF_STEPS	8

struct conf_option;

/*
 * Fills in what is said behind an error of libyaml's, or nothing: what that
 * says of it (either may be NULL), and the number of the line, from 0.
 */
#define CONF_ADVICE	512
typedef const char *conf_advise(char buf[CONF_ADVICE],
		    const struct conf_option *, const char *text, size_t len,
		    size_t line, const char *problem, const char *context);

/* Where errors go.  The first one stays. */
struct conf_report {
	const char		*name;	/* of the file */
	char			*cause;	/* owned; NULL: no error so far */
	struct conf_step	 steps[CONF_STEPS];
	unsigned		 nsteps;
	const struct conf_option *options; /* the table; or NULL, with */
	conf_advise		*advise;
};

/* Enters the value of a key, or (name NULL) of a list's entry; leaves it. */
void		 conf_enter(struct conf_report *, const char *, size_t index);
void		 conf_leave(struct conf_report *);

/*
 * Notes an error at a node: "FILE:LINE:COLUMN: KEY: ...", the key being the
 * one that was entered.  Without a node "FILE: ...".  Always false, so that it
 * can be returned.
 */
bool		 conf_wrong(struct conf_report *, const struct conf_node *,
		    const char *, ...) __attribute__((format(printf, 3, 4)));

struct conf_yaml;

/*
 * Parses one document.  NULL on any error, which is then reported.  Nothing
 * that is in the text makes it recurse, or use more than CONF_YAML_NODES
 * nodes.
 */
struct conf_yaml *conf_yaml_parse(struct conf_report *, const char *text,
		    size_t len) __attribute__((warn_unused_result));
void		 conf_yaml_free(struct conf_yaml *);

/* Memory that is zeroed, and goes with the tree; NULL: there is none. */
void		*conf_yaml_alloc(struct conf_yaml *, size_t size);

/* The root: a scalar, list or mapping. */
const struct conf_node *conf_yaml_root(const struct conf_yaml *);

/* The entry of a mapping with that key, the first such, or NULL. */
const struct conf_entry *conf_node_get(const struct conf_node *, const char *);

/* The value of that key, or NULL. */
const struct conf_node *conf_node_value(const struct conf_node *, const char *);

/* Where it stands. */
struct place conf_node_place(const struct conf_node *);

/* Whether nothing is there: an empty plain scalar, "~" or "null". */
bool		 conf_node_null(const struct conf_node *);

#endif
