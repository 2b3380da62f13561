/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_WALK_H
#define SLUICE_CONF_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "conf/conf_option.h"
#include "conf/conf_preset.h"
#include "conf/conf_yaml.h"
#include "policy/parent.h"
#include "policy/tokens.h"

/*
 * What fills a configuration: the walk through a file's tree against the option
 * table, and what those need that its rows name to read a part of it in their
 * own way.  Whatever returns false has reported why.
 */

struct conf_walk {
	struct conf_report	 report;
	struct conf		*conf;
	struct rule		 rule;	/* defaults of a rule; owns nothing */
	struct gcra_rate	 rate;	/* defaults of one of several rates */
	struct budget_limits	 path;	/* defaults of a path */
	struct parent		 parent; /* of one; owns nothing */
	struct tokens_budget	 budget; /* the same */
	/* see conf_presets.h */
	struct conf_preset	*presets; /* all, or those that were named */
	struct conf_preset	*presets_named; /* before all were read */
	struct host_pattern_set	*preset_hosts; /* of all; NULL: not read */
	bool			 preset_auto; /* defaults say so */
};

/* Reads the keys of a mapping into the struct that its level stands for. */
bool		 conf_walk_level(struct conf_walk *, enum conf_level,
		    const struct conf_node *, void *base)
		    __attribute__((warn_unused_result));

/* Reads the value of one of them into that struct. */
bool		 conf_walk_option(struct conf_walk *,
		    const struct conf_option *, const struct conf_node *,
		    void *base) __attribute__((warn_unused_result));

/* Reads a mapping of the level behind the option into the same struct. */
conf_reader	 conf_walk_section;

/* Whether it is a mapping; what: of what kind. */
bool		 conf_walk_mapping(struct conf_walk *,
		    const struct conf_node *, const char *what)
		    __attribute__((warn_unused_result));

/* Reports what is wrong with the value of a key of a mapping.  False. */
bool		 conf_walk_wrong(struct conf_walk *,
		    const struct conf_node *, const char *key,
		    const char *what);

/* Reports a key that is there twice.  False. */
bool		 conf_walk_twice(struct conf_walk *,
		    const struct conf_node *key,
		    const struct conf_node *first);

#endif
