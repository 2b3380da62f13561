/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_body.h"

#include <stdio.h>

#include "ctl/ctl_args.h"
#include "ctl/ctl_fail.h"

/* jansson refuses both what is no UTF-8, and all without memory. */
static int
refused(const struct ctl *c, const char *text, const char *what)
{
	json_t *any = json_string_nocheck(text);

	if (any == NULL)
		return ctl_fail(c, CTL_FAILED, "out of memory");
	json_decref(any);
	return ctl_fail(c, CTL_USAGE, "%s is no UTF-8", what);
}

int
ctl_body_put(const struct ctl *c, json_t *body, const char *name,
    const char *text, const char *what)
{
	json_t *value;

	if (body == NULL)
		return ctl_fail(c, CTL_FAILED, "out of memory");
	if (text == NULL)
		return CTL_DONE;
	value = json_string(text);
	if (value == NULL)
		return refused(c, text, what);
	return json_object_set_new(body, name, value) == 0 ? CTL_DONE :
	    ctl_fail(c, CTL_FAILED, "out of memory");
}

int
ctl_body_option(const struct ctl *c, json_t *body, const char *name)
{
	char what[64];

	snprintf(what, sizeof what, "--%s", name);
	return ctl_body_put(c, body, name, ctl_arg(c, name), what);
}
