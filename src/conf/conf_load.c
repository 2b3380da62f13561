/* SPDX-License-Identifier: ISC */
#include "conf/conf_load.h"

#include <stdlib.h>

#include "conf/conf_file.h"
#include "conf/conf_parse.h"
#include "conf/conf_yaml.h"

static struct conf *
load(const char *path, bool again, char **cause)
{
	struct conf_report report = { .name = path };
	struct conf *conf = NULL;
	size_t size;
	char *text = conf_file_read(&report, path, again, &size);

	if (report.cause == NULL)
		conf = conf_parse(path, text, size, &report.cause);
	if (conf != NULL) {
		conf->text = text;
		conf->text_len = size;
	} else
		free(text);
	*cause = report.cause;
	return conf;
}

char *
conf_load_text(const char *path, size_t *size, char **cause)
{
	struct conf_report report = { .name = path };
	char *text = conf_file_read(&report, path, false, size);

	*cause = report.cause;
	if (report.cause == NULL)
		return text;
	free(text);
	return NULL;
}

struct conf *
conf_load(const char *path, char **cause)
{
	return load(path, false, cause);
}

struct conf *
conf_load_again(const char *path, char **cause)
{
	return load(path, true, cause);
}
