/* SPDX-License-Identifier: ISC */
#include "conf/conf_networks.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_advice.h"
#include "conf/conf_list.h"
#include "conf/conf_value.h"

/* What others have words for, which are no networks here. */
static const struct conf_synonym synonyms[] = {
	{ " all any everybody everyone world * 0/0 public internet ",
	    "[0.0.0.0/0, '::/0']" },
	{ " localhost local loopback lo self ", "[127.0.0.0/8, '::1']" },
	{ " private lan intranet rfc1918 localnet localnets ",
	    "[10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 'fc00::/7']" },
	{ " none nobody no off false ", "[]" },
};

static const char *
meant(const char *text)
{
	return conf_advice_synonym(synonyms,
	    sizeof synonyms / sizeof synonyms[0], text);
}

/* Addresses have a zone where they are link-local: of a network it is none. */
static bool
advise_zone(char buf[CONF_ADVICE], const char *text)
{
	struct network network;
	size_t len = strcspn(text, "%");
	char address[NETWORK_TEXT];

	if (text[len] == '\0' || network_parse(&network, text, len) != NULL)
		return false;
	conf_advice_meant(buf, network_text(address, &network));
	return true;
}

static bool
wrong_network(struct conf_walk *w, const struct conf_node *node,
    const char *expected, const struct network *near)
{
	char buf[CONF_ADVICE] = "", show[CONF_SHOW], text[NETWORK_TEXT];

	if (near->family != 0)
		conf_advice_meant(buf, network_text(text, near));
	else if (meant(node->text) != NULL)
		conf_advice_meant(buf, meant(node->text));
	else
		(void)advise_zone(buf, node->text);
	return conf_wrong(&w->report, node, "\"%s\" is no network, expected "
	    "%s%s", conf_show(show, node->text), expected, buf);
}

static bool
add_network(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *out)
{
	struct conf_networks *networks = out;
	struct network *network = &networks->list[networks->n];
	const char *expected;

	(void)option;
	expected = network_parse(network, node->text, strlen(node->text));
	if (expected != NULL)
		return wrong_network(w, node, expected, network);
	networks->n++;
	return true;
}

bool
conf_networks_load(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct conf_networks *kept = field;
	struct conf_networks networks = { NULL, 0 };
	size_t n = conf_list_length(node);

	if (n > option->max)
		return conf_wrong(&w->report, node, "%zu networks, expected "
		    "%s", n, option->range);
	networks.list = calloc(n + 1, sizeof *networks.list);
	if (networks.list == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	if (!conf_list_read(w, option, node, add_network, &networks)) {
		conf_networks_free(&networks);
		return false;
	}
	conf_networks_free(kept);
	*kept = networks;
	return true;
}

void
conf_networks_print(FILE *out, const struct conf_option *option,
    const void *field)
{
	const struct conf_networks *networks = field;
	char buf[NETWORK_TEXT];
	size_t i;

	for (i = 0; i < networks->n; i++)
		fprintf(out, "%s%s", i == 0 ? "" : ", ",
		    network_text(buf, &networks->list[i]));
	if (networks->n == 0)
		fputs(option->as->none, out);
}
