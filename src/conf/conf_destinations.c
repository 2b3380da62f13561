/* SPDX-License-Identifier: ISC */
#include "conf/conf_destinations.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_advice.h"
#include "conf/conf_list.h"
#include "conf/conf_option_wrong.h"
#include "conf/conf_value.h"
#include "policy/destination_list.h"

/* Destinations */

/* Other words for these; as hosts' names they would do nothing. */
static const struct conf_synonym synonyms[] = {
	{ " imds instance-metadata cloud-metadata meta-data ", "metadata" },
	{ " link_local linklocal ", "link-local" },
	{ " localhost loop-back ", "loopback" },
	{ " rfc1918 private-networks rfc-1918 ", "private" },
	{ " self itself ", "own" },
	{ " all any everything everywhere internet ", "*" },
};

static const char *
meant(const char *text)
{
	return conf_advice_synonym(synonyms,
	    sizeof synonyms / sizeof synonyms[0], text);
}

static bool
wrong_entry(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, const char *expected,
    const struct network *near)
{
	char buf[CONF_ADVICE] = "", show[CONF_SHOW], text[NETWORK_TEXT];
	const char *word = meant(node->text);

	if (expected == destination_no_memory)
		return conf_wrong(&w->report, NULL, "out of memory");
	if (word != NULL)
		conf_advice_meant(buf, word);
	else if (near->family != 0)
		conf_advice_meant(buf, network_text(text, near));
	return conf_wrong(&w->report, node, "\"%s\" is no destination, "
	    "expected %s%s%s", conf_show(show, node->text), word != NULL ?
	    conf_option_noun(option) : expected, word != NULL ?
	    option->range : "", buf);
}

static bool
add_entry(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *out)
{
	struct destination_list *list = out;
	struct destination_entry *e = &list->list[list->n];
	struct network none = { 0 };
	const char *expected;

	if (meant(node->text) != NULL)
		return wrong_entry(w, option, node, NULL, &none);
	expected = destination_entry_parse(e, node->text, strlen(node->text));
	if (expected != NULL)
		return wrong_entry(w, option, node, expected, &e->network);
	e->at = conf_node_place(node);
	list->n++;
	return true;
}

bool
conf_destinations_list(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct destination_list *kept = field, list = { 0 };
	size_t n = conf_list_length(node);

	if (n > option->max)
		return conf_wrong(&w->report, node, "%zu destinations, "
		    "expected %s", n, option->range);
	list.list = calloc(n + 1, sizeof *list.list);
	if (list.list == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	if (!conf_list_read(w, option, node, add_entry, &list) ||
	    (!destination_list_close(&list) &&
	    !conf_wrong(&w->report, NULL, "out of memory"))) {
		destination_list_free(&list);
		return false;
	}
	destination_list_free(kept);
	*kept = list;
	return true;
}

void
conf_destinations_print_list(FILE *out, const struct conf_option *option,
    const void *field)
{
	const struct destination_list *list = field;
	size_t i;

	for (i = 0; i < list->n; i++)
		fprintf(out, "%s%s", i == 0 ? "" : ", ", list->list[i].text);
	if (list->n == 0)
		fputs(option->as->none, out);
}

/* Ports */

/* The number of len digits; 0 where it is no port. */
static uint16_t
read_port(const char *text, size_t len)
{
	unsigned port = 0;
	size_t i;

	if (len == 0 || len > 5)
		return 0;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		port = 10 * port + (unsigned)(text[i] - '0');
	}
	return port > UINT16_MAX ? 0 : (uint16_t)port;
}

static bool
add_range(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *out)
{
	struct destination_ports *ports = out;
	const char *text = node->text, *dash = strchr(text, '-');
	size_t n = dash != NULL ? (size_t)(dash - text) : strlen(text);
	struct destination_range range;

	range.from = range.to = read_port(text, n);
	if (dash != NULL)
		range.to = read_port(dash + 1, strlen(dash + 1));
	if (range.from == 0 || range.to == 0)
		return conf_option_wrong(&w->report, option, node,
		    "is no port");
	if (range.from > range.to)
		return conf_option_wrong(&w->report, option, node,
		    "ends before it begins");
	ports->list[ports->n++] = range;
	return true;
}

bool
conf_destinations_ports(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct destination_ports *kept = field;
	struct destination_ports ports = { .at = conf_node_place(node) };
	size_t n = conf_list_length(node);

	if (n > option->max)
		return conf_wrong(&w->report, node, "%zu ports and ranges, "
		    "expected %s", n, option->range);
	ports.list = calloc(n + 1, sizeof *ports.list);
	if (ports.list == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	if (!conf_list_read(w, option, node, add_range, &ports)) {
		free(ports.list);
		return false;
	}
	free(kept->list);
	*kept = ports;
	return true;
}

void
conf_destinations_print_ports(FILE *out, const struct conf_option *option,
    const void *field)
{
	const struct destination_ports *ports = field;
	const struct destination_range *r;
	size_t i;

	for (i = 0; i < ports->n; i++) {
		r = &ports->list[i];
		fprintf(out, "%s%u", i == 0 ? "" : ", ", r->from);
		if (r->to != r->from)
			fprintf(out, "-%u", r->to);
	}
	if (ports->n == 0)
		fputs(option->as->none, out);
}

void
conf_destinations_nowhere(struct destinations *all)
{
	size_t i;

	for (i = 0; i < all->deny.n; i++)
		all->deny.list[i].at = (struct place){ 0 };
	for (i = 0; i < DESTINATION_INSIDES; i++)
		all->ports[i].at = (struct place){ 0 };
}
