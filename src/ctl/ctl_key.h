/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_KEY_H
#define SLUICE_CTL_KEY_H

#include "ctl/ctl_ask.h"

/* A host that a command names: by its key exactly. */

/* Puts "/v1/hosts/{key}" and a tail, as a string.  Returns whether it could. */
bool		 ctl_key_target(struct text *, const char *key,
		    const char *tail);

/*
 * Asks about the run's first operand, with a tail such as "/pause"; as
 * ctl_ask().  Where there is no such host it names the nearest.
 */
int		 ctl_key_ask(const struct ctl_daemon *, const char *method,
		    const char *tail, const json_t *json, json_t **answer);

/*
 * As ctl_ask_judge(), of an answer about a key; where there is no such host it
 * names the nearest.
 */
int		 ctl_key_judge(const struct ctl_daemon *,
		    const struct ctl_answer *, const char *key);

/*
 * Returns the keys most like that, five at most, with ", " between, to be
 * freed; NULL where there is none.
 */
char		*ctl_key_nearest(const struct ctl_daemon *, const char *key);

/* Returns whether there is such a host now. */
bool		 ctl_key_known(const struct ctl_daemon *, const char *key);

#endif
