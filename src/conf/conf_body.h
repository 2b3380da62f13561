/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_BODY_H
#define SLUICE_CONF_BODY_H

#include "conf/conf_walk.h"

/* Bodies that refuse, as a rule describes them (hint/refusal.h). */

/* The list of them, into struct rule. */
conf_reader	 conf_body_load;

/*
 * What one of them has, into struct rule_body: a delay (a path in JSON, or a
 * mapping of three), statuses and texts (one, or a list), a path pattern.
 */
conf_reader	 conf_body_delay;
conf_reader	 conf_body_statuses;
conf_reader	 conf_body_texts;
conf_reader	 conf_body_path;

/* A path in JSON, and a text, into a string that is owned. */
conf_reader	 conf_body_json;
conf_reader	 conf_body_text;

#endif
