/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_PRESET_H
#define SLUICE_CONF_PRESET_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf_preset_check.h"
#include "conf/conf_yaml.h"

/*
 * What is known of a host's limits: a file NAME.yaml with the hosts, a line
 * about their limits, a rule in the sample's own language, and where each part
 * of that is documented.  It is read at a start and a reload only.
 */

#define CONF_PRESET_NAME	40	/* bytes of a name, with its end */

struct conf_preset {
	char			 name[CONF_PRESET_NAME];
	char			*text;		/* of the file */
	size_t			 len;
	struct conf_yaml	*yaml;
	struct conf_preset_parts parts;
	struct conf_preset	*next;
};

/* The directory of them: $SLUICE_PRESETS, or where they are installed. */
const char	*conf_preset_dir(void);

/*
 * Reads and checks one.  NULL on any error, which is then reported: about the
 * file, or at the node that names it (NULL: none) where there is no such file.
 */
struct conf_preset *conf_preset_load(struct conf_report *,
		    const struct conf_node *, const char *name)
		    __attribute__((warn_unused_result));

/*
 * Reads all of them, in the order of their names; *all is NULL where there are
 * none.  Returns false on any error, which is then reported.
 */
bool		 conf_preset_load_all(struct conf_report *,
		    struct conf_preset **all)
		    __attribute__((warn_unused_result));

/* Frees it, and those behind it. */
void		 conf_preset_free(struct conf_preset *);

#endif
