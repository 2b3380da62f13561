/* SPDX-License-Identifier: ISC */
#include "admin/admin_explanation.h"

#include <string.h>

#include "admin/admin_value.h"
#include "policy/parent.h"

/* In how many seconds (from then) that is; null: it cannot be known. */
static json_t *
seconds_until(uint64_t at, uint64_t now)
{
	if (at == THROTTLE_NEVER)
		return json_null();
	return admin_seconds(at > now ? at - now : 0);
}

static json_t *
reasons_value(const struct hosts_explanation *e)
{
	json_t *list = json_array();
	const struct hosts_reason *reason;
	unsigned i;

	for (i = 0; list != NULL && i < e->n; i++) {
		reason = &e->reasons[i];
		if (json_array_append_new(list, json_pack("{so so so sb}",
		    "name", admin_string(reason->name),
		    "in", seconds_until(reason->at, e->now),
		    "says", admin_string(reason->says),
		    "decides", (int)reason->decides)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

json_t *
admin_why_value(const struct hosts_explanation *e)
{
	return json_pack("{so so sb so s{sI sI sI sI}}",
	    "says", admin_string(e->says),
	    "starts_in", seconds_until(e->starts, e->now),
	    "certain", (int)e->certain,
	    "reasons", reasons_value(e),
	    "turn", "waiting", (json_int_t)e->why.waiting,
	    "clients", (json_int_t)e->why.clients,
	    "ahead", (json_int_t)e->place.ahead,
	    "own_ahead", (json_int_t)e->place.own_ahead);
}

/* Where the rule stands; null: in no file. */
static json_t *
place_value(const struct conf *conf, const struct rule *rule)
{
	if (rule->builtin || rule->at.line == 0)
		return json_null();
	return json_sprintf("%s:%u:%u", conf->path, rule->at.line,
	    rule->at.column);
}

/* What of the limits a preset says; null: nothing. */
static json_t *
preset_value(const struct rule *rule, const char *part)
{
	bool of_part = false;
	size_t i;

	if (rule->preset == NULL)
		return json_null();
	for (i = 0; i < rule->npaths; i++)
		if (strcmp(rule->paths[i].text, part) == 0)
			of_part = rule->paths[i].of_preset;
	return json_pack("{so sb sb}", "name", admin_string(rule->preset),
	    "rates", (int)rule->preset_rates, "part", (int)of_part);
}

json_t *
admin_explanation_value(const struct hosts_explanation *e,
    const struct conf *conf, const struct rule *rule,
    const struct http1_host *host, uint64_t cost)
{
	const struct parent *parent = conf_parent(conf, rule, host);
	json_t *value = admin_why_value(e);

	if (value == NULL || json_object_update_new(value,
	    json_pack("{so so so so so so ss so}",
	    "key", admin_string(e->key),
	    "rule", admin_string(rule->name),
	    "at", place_value(conf, rule),
	    "preset", preset_value(rule, e->part),
	    "part", e->part[0] != '\0' ? admin_string(e->part) : json_null(),
	    "cost", admin_units((int64_t)cost),
	    "decision", hosts_decision_word(e->decision),
	    "parent", parent != NULL ? admin_string(parent->name) :
	    json_null())) == 0)
		return value;
	json_decref(value);
	return NULL;
}
