/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_presets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_preset.h"
#include "ctl/ctl_args.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"
#include "ctl/ctl_out.h"
#include "ctl/ctl_print.h"

static json_t *
texts_value(const struct conf_node *list)
{
	const struct conf_entry *entry;
	json_t *value = json_array();

	for (entry = list->first; entry != NULL; entry = entry->next)
		(void)json_array_append_new(value,
		    json_string(entry->value->text));
	return value;
}

static json_t *
source_value(const struct conf_node *source)
{
	const struct conf_entry *entry;
	json_t *value = json_object();

	for (entry = source->first; entry != NULL; entry = entry->next)
		(void)json_object_set_new(value, entry->key->text,
		    entry->value->type == CONF_LIST ?
		    texts_value(entry->value) :
		    json_string(entry->value->text));
	return value;
}

static json_t *
preset_value(const struct conf_preset *preset)
{
	const struct conf_entry *entry;
	json_t *sources = json_array();

	for (entry = preset->parts.sources->first; entry != NULL;
	    entry = entry->next)
		(void)json_array_append_new(sources,
		    source_value(entry->value));
	return json_pack("{s:s, s:o, s:b, s:s, s:o}", "name", preset->name,
	    "hosts", texts_value(preset->parts.hosts), "same",
	    preset->parts.same, "limits", preset->parts.limits, "sources",
	    sources);
}

/* The list */

static void
put_hosts(char *buf, size_t size, const json_t *hosts)
{
	size_t i, n = 0;

	buf[0] = '\0';
	for (i = 0; i < json_array_size(hosts) && n < size; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s%s", i > 0 ?
		    ", " : "", json_string_value(json_array_get(hosts, i)));
}

static void
print_list(const struct ctl *c, const json_t *all)
{
	const json_t *presets = ctl_member(all, "presets"), *preset;
	struct ctl_paper paper = ctl_paper();
	struct ctl_table *t = ctl_table_new("PRESET|HOSTS|WHAT IS LIMITED");
	size_t i, n = json_array_size(presets);
	char hosts[256];

	(void)c;
	for (i = 0; i < n; i++) {
		preset = json_array_get(presets, i);
		put_hosts(hosts, sizeof hosts, ctl_member(preset, "hosts"));
		ctl_cell(t, CTL_BOLD, "%s", ctl_string(preset, "name", "?"));
		ctl_cell(t, CTL_PLAIN, "%s", hosts);
		ctl_cell(t, CTL_PLAIN, "%s", ctl_string(preset, "limits",
		    ""));
	}
	ctl_table_print(t, &paper, 0, n, -1);
	ctl_table_free(t);
}

static void
print_keys(const struct conf_preset *preset)
{
	for (; preset != NULL; preset = preset->next)
		printf("%s\n", preset->name);
}

static int
wrong(const struct ctl *c, struct conf_report *report)
{
	int status = ctl_fail(c, CTL_WRONG_CONF, "%s", report->cause != NULL ?
	    report->cause : "out of memory");

	free(report->cause);
	return status;
}

static int
put_list(struct ctl *c, const struct conf_preset *preset)
{
	json_t *presets = json_array();

	for (; preset != NULL; preset = preset->next)
		(void)json_array_append_new(presets, preset_value(preset));
	return ctl_out(c, CTL_DONE, json_pack("{s:s, s:o}", "directory",
	    conf_preset_dir(), "presets", presets), print_list);
}

static int
list(struct ctl *c)
{
	struct conf_report report = { .name = "presets" };
	struct conf_preset *all;
	int status = CTL_DONE;

	if (!conf_preset_load_all(&report, &all))
		return wrong(c, &report);
	if (!c->json && ctl_arg_is(c, "keys"))
		print_keys(all);
	else
		status = put_list(c, all);
	conf_preset_free(all);
	return status;
}

/* One */

static int
show(struct ctl *c, const char *name)
{
	struct conf_report report = { .name = "presets" };
	struct conf_preset *preset;
	json_t *value;

	preset = conf_preset_load(&report, NULL, name);
	if (preset == NULL)
		return wrong(c, &report);
	if (c->json) {
		value = preset_value(preset);
		(void)json_object_set_new(value, "text",
		    json_stringn(preset->text, preset->len));
		(void)ctl_print_json(value);
		json_decref(value);
	} else
		fwrite(preset->text, 1, preset->len, stdout);
	conf_preset_free(preset);
	return CTL_DONE;
}

int
ctl_presets(struct ctl *c)
{
	const char *name = ctl_operand(c, 1);

	if (ctl_operand(c, 0) == NULL)
		return list(c);
	if (name == NULL)
		return ctl_fail(c, CTL_USAGE, "presets show: which? "
		    "\"sluice presets\" lists them");
	return show(c, name);
}
