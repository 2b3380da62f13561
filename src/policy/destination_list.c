/* SPDX-License-Identifier: ISC */
#include "policy/destination_list.h"

#include <stdlib.h>
#include <string.h>

#include "http/http1_host.h"

const char	 destination_no_memory[] = "memory";

/* An address with a port is a host's form, and means that address. */
static bool
take_literal(struct destination_entry *e)
{
	const struct http1_host *h = &e->pattern.host;

	if (e->pattern.wildcard || h->kind == HTTP1_NAME ||
	    network_parse(&e->network, h->name, strlen(h->name)) != NULL)
		return false;
	e->port = h->port;
	return true;
}

/* What is written as a network, or is one where it is written otherwise. */
static const char *
parse(struct destination_entry *e, const char *text, size_t len)
{
	const char *expected = network_parse(&e->network, text, len);

	if (expected == NULL) {
		e->kind = DESTINATION_NETWORK;
		return NULL;
	}
	if (memchr(text, '/', len) != NULL)
		return expected;
	expected = host_pattern_parse(&e->pattern, text, len);
	e->kind = expected == NULL && take_literal(e) ? DESTINATION_NETWORK :
	    DESTINATION_HOST;
	return expected;
}

const char *
destination_entry_parse(struct destination_entry *e, const char *text,
    size_t len)
{
	const char *expected;

	memset(e, 0, sizeof *e);
	e->class = destination_class_named(text, len);
	if (e->class == DESTINATION_PUBLIC &&
	    (expected = parse(e, text, len)) != NULL)
		return expected;
	e->text = strndup(text, len);
	return e->text == NULL ? destination_no_memory : NULL;
}

bool
destination_list_close(struct destination_list *list)
{
	struct destination_entry *e;
	size_t i;
	void *old;

	for (i = 0; i < list->n; i++) {
		e = &list->list[i];
		if (e->kind != DESTINATION_HOST) {
			list->has_addresses = true;
			continue;
		}
		if (list->hosts == NULL &&
		    (list->hosts = host_pattern_set_new()) == NULL)
			return false;
		/* of the same pattern twice the first one stays */
		if (!host_pattern_set_add(list->hosts, &e->pattern, e, &old))
			return false;
	}
	return true;
}

static bool
same_list(const struct destination_list *a, const struct destination_list *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		if (strcmp(a->list[i].text, b->list[i].text) != 0)
			return false;
	}
	return true;
}

static bool
same_ports(const struct destination_ports *a, const struct destination_ports *b)
{
	return a->n == b->n && (a->n == 0 ||
	    memcmp(a->list, b->list, a->n * sizeof *a->list) == 0);
}

bool
destinations_same(const struct destinations *a, const struct destinations *b)
{
	int i;

	for (i = 0; i < DESTINATION_INSIDES; i++) {
		if (!same_ports(&a->ports[i], &b->ports[i]))
			return false;
	}
	return a->only == b->only && same_list(&a->deny, &b->deny) &&
	    same_list(&a->allow, &b->allow);
}

void
destination_list_free(struct destination_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		free(list->list[i].text);
	free(list->list);
	host_pattern_set_free(list->hosts);
	memset(list, 0, sizeof *list);
}

void
destinations_free(struct destinations *all)
{
	int i;

	destination_list_free(&all->deny);
	destination_list_free(&all->allow);
	for (i = 0; i < DESTINATION_INSIDES; i++)
		free(all->ports[i].list);
	memset(all, 0, sizeof *all);
}
