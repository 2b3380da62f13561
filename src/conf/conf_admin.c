/* SPDX-License-Identifier: ISC */
#include "conf/conf_admin.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_list.h"
#include "conf/conf_option_wrong.h"
#include "conf/conf_value.h"
#include "http/http1_host.h"

/* The section */

static const char *
wrong_web(const struct conf *conf, const struct conf_address *a)
{
	if (a->addr.ss_family == AF_UNIX)
		return "is a Unix socket, which is what admin.socket is for; "
		    "expected an address and port such as 127.0.0.1:3130";
	if (conf_address_is_loopback(a))
		return NULL;
	if (a->certificate == NULL)
		return "can be reached from other machines, expected tls "
		    "beside it, as in {address: \"*:3130\", tls: "
		    "{certificate: ..., key: ...}}";
	if (conf->admin_token_file == NULL)
		return "can be reached from other machines, expected "
		    "web_token_file beside it";
	return NULL;
}

/* What the keys must be together. */
static bool
check_web(struct conf_walk *w, const struct conf_node *node)
{
	const struct conf_addresses *web = &w->conf->admin_web;
	const char *wrong;
	char text[CONF_ADVICE], show[CONF_SHOW];
	size_t i;

	for (i = 0; i < web->n; i++) {
		if ((wrong = wrong_web(w->conf, &web->list[i])) == NULL)
			continue;
		snprintf(text, sizeof text, "\"%s\" %s",
		    conf_show(show, web->list[i].text), wrong);
		return conf_walk_wrong(w, node, "web", text);
	}
	return true;
}

/* A group that may not use the socket would be named in vain. */
static void
complete_mode(struct conf *conf, const struct conf_node *node)
{
	if (conf->admin_group != NULL && conf_node_value(node, "mode") == NULL)
		conf->admin_mode = 0660;
}

bool
conf_admin_load(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	if (node->type == CONF_SCALAR &&
	    (strcasecmp(node->text, "off") == 0 ||
	    strcasecmp(node->text, "false") == 0)) {
		w->conf->admin_off = true;
		return true;
	}
	if (!conf_walk_mapping(w, node, "a mapping or off") ||
	    !conf_walk_level(w, option->behind, node, field) ||
	    !check_web(w, node))
		return false;
	complete_mode(w->conf, node);
	return true;
}

void
conf_admin_print(FILE *out, const struct conf_option *option,
    const void *field)
{
	const struct conf *conf = field;

	(void)option;
	fputs(conf->admin_off ? "off" : "on", out);
}

/* Its values */

bool
conf_admin_socket(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	const char *path = node->text;
	char *copy;

	if (strncmp(path, "unix:", 5) == 0)
		path += 5;
	if (path[0] != '/')
		return conf_option_wrong(&w->report, option, node,
		    "is no absolute path");
	if (strlen(path) > option->max)
		return conf_option_wrong(&w->report, option, node,
		    "is too long");
	if ((copy = strdup(path)) == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	free(*(char **)field);
	*(char **)field = copy;
	return true;
}

bool
conf_admin_mode(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	size_t len = strlen(node->text);

	if (len == 0 || len > 4 || strspn(node->text, "01234567") != len)
		return conf_option_wrong(&w->report, option, node,
		    "is no octal number");
	*(uint32_t *)field = (uint32_t)strtoul(node->text, NULL, 8);
	return *(uint32_t *)field <= option->max ||
	    conf_option_wrong(&w->report, option, node, "is too much");
}

void
conf_admin_print_mode(FILE *out, const struct conf_option *option,
    const void *field)
{
	(void)option;
	fprintf(out, "%04o", *(const uint32_t *)field);
}

/* A name as browsers write it, who do so in lower case. */
static bool
add_host(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *out)
{
	struct conf_names *names = out;
	struct http1_host host;
	char *copy, *p;

	if (http1_host_parse(&host, node->text, strlen(node->text)) !=
	    HTTP1_OK)
		return conf_option_wrong(&w->report, option, node,
		    "is no host");
	if ((copy = strdup(node->text)) == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	for (p = copy; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	names->list[names->n++] = copy;
	return true;
}

bool
conf_admin_hosts(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct conf_names *names = field;
	size_t n = conf_list_length(node);

	if (n > option->max)
		return conf_wrong(&w->report, node, "%zu hosts, expected %s",
		    n, option->range);
	conf_names_free(names);
	names->list = calloc(n + 1, sizeof *names->list);
	if (names->list == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	return conf_list_read(w, option, node, add_host, names);
}
