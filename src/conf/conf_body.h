/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_BODY_H
#define SLUICE_CONF_BODY_H

#include <stdbool.h>

#include "conf/conf_walk.h"

/* Bodies that refuse, as a rule describes them (hint/refusal.h). */

/* The list of them. */
bool		 conf_body_load(struct conf_walk *,
		    const struct conf_option *, const struct conf_node *,
		    struct rule *) __attribute__((warn_unused_result));

/* A delay: a path in JSON, or a mapping of three. */
bool		 conf_body_delay(struct conf_walk *,
		    const struct conf_option *, const struct conf_node *,
		    struct rule_body *) __attribute__((warn_unused_result));

/* Statuses, or texts: one, or a list. */
bool		 conf_body_statuses(struct conf_report *,
		    const struct conf_option *, const struct conf_node *,
		    struct rule_body *) __attribute__((warn_unused_result));
bool		 conf_body_texts(struct conf_report *,
		    const struct conf_option *, const struct conf_node *,
		    struct rule_body *) __attribute__((warn_unused_result));

/* A path pattern, a path in JSON, a text, into a string that is owned. */
bool		 conf_body_path(struct conf_report *, const struct conf_node *,
		    struct rule_body *) __attribute__((warn_unused_result));
bool		 conf_body_json(struct conf_report *,
		    const struct conf_option *, const struct conf_node *,
		    char **) __attribute__((warn_unused_result));
bool		 conf_body_text(struct conf_report *,
		    const struct conf_option *, const struct conf_node *,
		    char **) __attribute__((warn_unused_result));

#endif
