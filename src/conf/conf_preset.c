/* SPDX-License-Identifier: ISC */
#include "conf/conf_preset.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf_file.h"
#include "conf/conf_value.h"

static const char	 ending[] = ".yaml";

const char *
conf_preset_dir(void)
{
	const char *dir = secure_getenv("SLUICE_PRESETS");

	return dir != NULL && dir[0] != '\0' ? dir : SLUICE_PRESETS;
}

/* No name leads out of the directory. */
static bool
is_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < CONF_PRESET_NAME && strspn(name,
	    "abcdefghijklmnopqrstuvwxyz0123456789-_") == len;
}

static bool
path_of(char path[PATH_MAX], const char *name)
{
	int n = snprintf(path, PATH_MAX, "%s/%s%s", conf_preset_dir(), name,
	    ending);

	return n > 0 && n < PATH_MAX;
}

/* What is there */

/* Makes a name of the file's, in place. */
static bool
cut_name(char *file)
{
	size_t len = strlen(file), n = sizeof ending - 1;

	if (len <= n || strcmp(file + len - n, ending) != 0)
		return false;
	file[len - n] = '\0';
	return is_name(file);
}

static int
is_preset(const struct dirent *entry)
{
	char name[sizeof entry->d_name];

	snprintf(name, sizeof name, "%s", entry->d_name);
	return cut_name(name);
}

static int
compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void
free_list(struct dirent **list, int n)
{
	while (n > 0)
		free(list[--n]);
	free(list);
}

/* The names that are there; -1 where the directory cannot be read. */
static int
scan(struct dirent ***list)
{
	int i, n = scandir(conf_preset_dir(), list, is_preset, compare);

	for (i = 0; i < n; i++)
		(void)cut_name((*list)[i]->d_name);
	return n;
}

static void
nearest(char name[CONF_PRESET_NAME], const char *wrote)
{
	struct dirent **list = NULL;
	unsigned distance, least = 0;
	int i, n = scan(&list);

	name[0] = '\0';
	for (i = 0; i < n; i++)
		if (conf_near(wrote, list[i]->d_name, &distance) &&
		    (name[0] == '\0' || distance < least)) {
			snprintf(name, CONF_PRESET_NAME, "%.*s",
			    CONF_PRESET_NAME - 1, list[i]->d_name);
			least = distance;
		}
	if (n >= 0)
		free_list(list, n);
}

static bool
unknown(struct conf_report *report, const struct conf_node *node,
    const char *name)
{
	char near[CONF_PRESET_NAME], show[CONF_SHOW];

	conf_show(show, name);
	if (access(conf_preset_dir(), R_OK | X_OK) == -1)
		return conf_wrong(report, node, "\"%s\" cannot be looked for: "
		    "%s: %s", show, conf_preset_dir(), strerror(errno));
	nearest(near, name);
	if (near[0] == '\0')
		return conf_wrong(report, node, "\"%s\" is no preset, expected "
		    "one that \"sluice presets\" lists", show);
	return conf_wrong(report, node, "\"%s\" is no preset, expected one "
	    "that \"sluice presets\" lists; did you mean \"%s\"?", show, near);
}

/* One of them */

/* Errors are about the preset's own file. */
static bool
read_preset(struct conf_report *report, struct conf_preset *preset,
    const char *path)
{
	struct conf_report own = { .name = path };
	bool done = false;

	preset->text = conf_file_read(&own, path, true, &preset->len);
	if (own.cause == NULL)
		preset->yaml = conf_yaml_parse(&own, preset->text,
		    preset->len);
	if (preset->yaml != NULL)
		done = conf_preset_check(&own, conf_yaml_root(preset->yaml),
		    &preset->parts);
	if (!done)
		report->cause = own.cause;
	return done;
}

struct conf_preset *
conf_preset_load(struct conf_report *report, const struct conf_node *node,
    const char *name)
{
	char path[PATH_MAX];
	struct conf_preset *preset;

	if (!is_name(name) || !path_of(path, name) ||
	    access(path, F_OK) == -1) {
		unknown(report, node, name);
		return NULL;
	}
	preset = calloc(1, sizeof *preset);
	if (preset == NULL) {
		conf_wrong(report, NULL, "out of memory");
		return NULL;
	}
	snprintf(preset->name, sizeof preset->name, "%s", name);
	if (read_preset(report, preset, path))
		return preset;
	conf_preset_free(preset);
	return NULL;
}

bool
conf_preset_load_all(struct conf_report *report, struct conf_preset **all)
{
	struct dirent **list = NULL;
	struct conf_preset **tail = all;
	int i, n = scan(&list);

	*all = NULL;
	if (n == -1)
		return conf_wrong(report, NULL, "%s: %s",
		    conf_preset_dir(), strerror(errno));
	for (i = 0; i < n; i++) {
		*tail = conf_preset_load(report, NULL, list[i]->d_name);
		if (*tail == NULL)
			break;
		tail = &(*tail)->next;
	}
	free_list(list, n);
	if (i == n)
		return true;
	conf_preset_free(*all);
	*all = NULL;
	return false;
}

void
conf_preset_free(struct conf_preset *preset)
{
	struct conf_preset *next;

	for (; preset != NULL; preset = next) {
		next = preset->next;
		conf_yaml_free(preset->yaml);
		free(preset->text);
		free(preset);
	}
}
