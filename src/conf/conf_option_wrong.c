/* SPDX-License-Identifier: ISC */
#include "conf/conf_option_wrong.h"

#include "conf/conf_advice_value.h"
#include "conf/conf_value.h"

static const char *
range(const struct conf_option *option)
{
	return option->as->alone || option->range == NULL ? "" : option->range;
}

bool
conf_option_wrong(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node, const char *wrong)
{
	char buf[CONF_SHOW], advice[CONF_ADVICE];

	return conf_wrong(report, node, "\"%s\" %s, expected %s%s%s",
	    conf_show(buf, node->text), wrong, conf_option_noun(option),
	    range(option), conf_advice_value(advice, option, node->text));
}

bool
conf_option_scalar(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node)
{
	if (conf_node_null(node))
		return conf_wrong(report, node, "no value, expected %s%s",
		    conf_option_noun(option), range(option));
	if (node->type == CONF_SCALAR)
		return true;
	return conf_wrong(report, node, "a %s, expected %s%s",
	    node->type == CONF_LIST ? "list" : "mapping",
	    conf_option_noun(option), range(option));
}
