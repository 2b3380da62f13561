/* SPDX-License-Identifier: ISC */
#include "conf/conf_addresses.h"

#include <netinet/in.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_advice.h"
#include "conf/conf_list.h"
#include "conf/conf_option_wrong.h"
#include "conf/conf_value.h"

/*
 * Addresses to listen at, and of name servers: one, or a list of them.  One to
 * listen at is plain text, or a mapping where there is more to say of it.
 */

/* Twice the same cannot be bound; port 0 is another one each time. */
static bool
is_repeated(const struct conf_addresses *addresses,
    const struct conf_address *address)
{
	in_port_t port;
	size_t i;

	/* The port has the same place in both families of IP. */
	memcpy(&port, (const char *)&address->addr + 2, sizeof port);
	if (address->addr.ss_family != AF_UNIX && port == 0)
		return false;
	for (i = 0; i < addresses->n; i++)
		if (addresses->list[i].len == address->len &&
		    memcmp(&addresses->list[i].addr, &address->addr,
		    address->len) == 0)
			return true;
	return false;
}

/* Whether it would be read; keeps nothing. */
static bool
is_address(const char *text)
{
	struct conf_address address = { .text = NULL };
	bool ok;

	ok = conf_listen_address(text, &address) == NULL;
	free(address.text);
	return ok;
}

/*
 * "::1:3128": its end is a port to people, and one to us, unless it is too
 * large; all of it may be an address, too.
 */
static bool
mend_v6(char near[128], const char *p, size_t len)
{
	size_t n = len;

	while (n > 0 && p[n - 1] >= '0' && p[n - 1] <= '9')
		n--;
	if (len >= 100 || len - n < 4 || n < 3 || p[n - 1] != ':' ||
	    p[0] == '[')
		return false;
	snprintf(near, 128, "[%.*s]:%.*s", (int)(n - 1), p, (int)(len - n),
	    p + n);
	return is_address(near);
}

/* An address that is written as a URL, as a path, or lacks its port. */
static const char *
nearest_address(char buf[CONF_ADVICE], const char *text)
{
	static const char *const forms[][2] = {
		{ "", "" }, { "", ":3128" }, { "127.0.0.1:", "" },
		{ "[", "]:3128" },
	};
	const char *p = strstr(text, "://");
	char near[128];
	size_t i, len;

	buf[0] = '\0';
	if (conf_advice_foreign(buf, text))
		return buf;
	if (text[0] == '/') {
		snprintf(buf, CONF_ADVICE, "; did you mean \"unix:%.100s\"?",
		    text);
		return buf;
	}
	p = p != NULL ? p + 3 : text;
	if (p[strcspn(p, ", ")] == ',' || (strchr(p, ' ') != NULL &&
	    strchr(strchr(p, ' '), ':') != NULL)) {
		snprintf(buf, CONF_ADVICE, "; several addresses are a list, "
		    "as in [\"127.0.0.1:3128\", \"[::1]:3128\"]");
		return buf;
	}
	/* what configurations of others have behind it: "3128;", ":3128 ssl" */
	len = strcspn(p, "/; ");
	if (mend_v6(near, p, len)) {
		snprintf(buf, CONF_ADVICE, "; did you mean \"%s\"?", near);
		return buf;
	}
	for (i = 0; len < 100 && i < sizeof forms / sizeof forms[0]; i++) {
		snprintf(near, sizeof near, "%s%.*s%s", forms[i][0], (int)len,
		    p, forms[i][1]);
		if (!is_address(near))
			continue;
		snprintf(buf, CONF_ADVICE, "; did you mean \"%s\"?", near);
		break;
	}
	return buf;
}

/* "3128" and ":3128" are what people try first. */
static bool
wrong_address(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node, const char *wrong)
{
	const char *port = node->text;
	uint64_t value;
	char buf[CONF_SHOW], advice[CONF_ADVICE];

	if (*port == ':')
		port++;
	if (option->kind == CONF_RESOLVER)
		return conf_option_wrong(report, option, node, wrong);
	if (conf_integer(port, &value) != NULL || value > 65535)
		return conf_wrong(report, node, "\"%s\" %s, expected %s%s",
		    conf_show(buf, node->text), wrong, conf_option_noun(option),
		    nearest_address(advice, node->text));
	return conf_wrong(report, node, "\"%s\" has no address, expected %s; "
	    "did you mean \"127.0.0.1:%" PRIu64 "\"?",
	    conf_show(buf, node->text), conf_option_noun(option), value);
}

static bool
read_address(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node, struct conf_address *address)
{
	const char *wrong;

	if (!conf_option_scalar(report, option, node))
		return false;
	if (option->kind == CONF_RESOLVER)
		wrong = conf_resolver_address(node->text, address);
	else
		wrong = conf_listen_address(node->text, address);
	if (wrong == conf_value_no_memory)
		return conf_wrong(report, NULL, "out of memory");
	return wrong == NULL || wrong_address(report, option, node, wrong);
}

bool
conf_addresses_one(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	return read_address(&w->report, option, node, field);
}

static bool
read_mapping(struct conf_walk *w, const struct conf_node *node,
    struct conf_address *address)
{
	if (!conf_walk_level(w, CONF_LISTENER, node, address))
		return false;
	if (address->text == NULL)
		return conf_wrong(&w->report, node, "no address, expected one "
		    "such as {address: 127.0.0.1:3128}");
	return true;
}

static bool
repeated(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node)
{
	if (node->type != CONF_MAPPING)
		return conf_option_wrong(&w->report, option, node,
		    "is there twice");
	conf_enter(&w->report, "address", 0);
	conf_option_wrong(&w->report, option, conf_node_value(node, "address"),
	    "is there twice");
	conf_leave(&w->report);
	return false;
}

static bool
add_address(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, struct conf_addresses *addresses)
{
	struct conf_address *address = &addresses->list[addresses->n];
	bool ok;

	address->at = conf_node_place(node);
	if (option->kind == CONF_LISTEN && node->type == CONF_MAPPING)
		ok = read_mapping(w, node, address);
	else
		ok = read_address(&w->report, option, node, address);
	if (ok && is_repeated(addresses, address))
		ok = repeated(w, option, node);
	if (ok)
		addresses->n++;
	else
		conf_address_free(address);
	return ok;
}

static bool
add_addresses(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, struct conf_addresses *addresses)
{
	const struct conf_entry *entry;
	bool ok = true;

	if (node->type != CONF_LIST)
		return add_address(w, option, node, addresses);
	for (entry = node->first; ok && entry != NULL; entry = entry->next) {
		conf_enter(&w->report, NULL, addresses->n);
		ok = add_address(w, option, entry->value, addresses);
		conf_leave(&w->report);
	}
	return ok;
}

bool
conf_addresses_load(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct conf_addresses *kept = field;
	struct conf_addresses addresses = { NULL, 0 };
	size_t n = conf_list_length(node);

	if (option->kind == CONF_RESOLVER && node->type == CONF_SCALAR &&
	    strcasecmp(node->text, "system") == 0) {
		conf_addresses_free(kept);
		return true;
	}
	if (n < option->min || n > option->max)
		return conf_wrong(&w->report, node,
		    "%zu addresses, expected %s", n, option->range);
	addresses.list = calloc(n, sizeof *addresses.list);
	if (addresses.list == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	if (!add_addresses(w, option, node, &addresses)) {
		conf_addresses_free(&addresses);
		return false;
	}
	conf_addresses_free(kept);
	*kept = addresses;
	return true;
}

void
conf_addresses_print(FILE *out, const struct conf_option *option,
    const void *field)
{
	const struct conf_addresses *addresses = field;
	size_t i;

	for (i = 0; i < addresses->n; i++)
		fprintf(out, "%s%s%s", i == 0 ? "" : ", ",
		    addresses->list[i].text,
		    addresses->list[i].certificate == NULL ? "" : " (tls)");
	if (addresses->n == 0)
		fputs(option->as->none, out);
}
