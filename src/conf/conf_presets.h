/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_PRESETS_H
#define SLUICE_CONF_PRESETS_H

#include "conf/conf_walk.h"
#include "policy/host_pattern.h"

/*
 * The presets of a configuration: which one a rule is put on top of, while the
 * configuration is read.
 */

/*
 * Looks whether the file's defaults say auto, and reads all presets then.
 * conf_presets_end() is called in any case.
 */
bool		 conf_presets_begin(struct conf_walk *,
		    const struct conf_node *root)
		    __attribute__((warn_unused_result));
void		 conf_presets_end(struct conf_walk *);

/*
 * Notes in rules of the file's own which host of their preset has its limits
 * together with theirs, and is none of their hosts; once all rules are there.
 */
void		 conf_presets_apart(struct conf_walk *);

/* How many hosts' patterns those have that auto may bring in; or 0. */
size_t		 conf_presets_hosts(const struct conf_walk *);

/*
 * The keys of the rule of a pattern: the file's own, which stay as they are
 * where there is no preset for it, or with a preset below them, whose name
 * then stands in the rule.  NULL when it is wrong.
 */
const struct conf_node *conf_presets_under(struct conf_walk *,
		    const struct conf_node *, const struct host_pattern *,
		    struct rule *);

/* The same for a host that has no rule, with the preset above the defaults. */
const struct conf_node *conf_presets_over(struct conf_walk *,
		    const struct conf_node *defaults, struct conf_preset *,
		    struct rule *);

/* A pattern's host, such that only what covers all of it matches. */
struct http1_host conf_presets_cover(const struct host_pattern *);

/* Reads a preset's name, auto or off. */
conf_reader	 conf_presets_word;

#endif
