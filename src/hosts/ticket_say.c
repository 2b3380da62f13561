/* SPDX-License-Identifier: ISC */
#include "hosts/ticket_say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http/http1.h"
#include "net/address.h"

/* Names of fields that may hold what nobody is to see have one of these. */
static const char *const secrets[] = {
	"auth", "bearer", "cookie", "cred", "jwt", "key", "pass", "secret",
	"sess", "sign", "token",
};

static bool
may_be_secret(const char *field)
{
	size_t i;

	for (i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
		if (strstr(field, secrets[i]) != NULL)
			return true;
	return false;
}

/* What must not move a cursor, or break a line, is shown as a question mark. */
static void
show(char *to, size_t size, const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len && i + 1 < size; i++)
		to[i] = (unsigned char)p[i] < 0x20 || p[i] == 0x7f ? '?' :
		    p[i];
	to[i] = '\0';
}

/* The value of the first field of that name, of those that go on. */
static struct http1_str
find_asked(const struct http1_head *h, const char *name)
{
	unsigned i;

	for (i = 0; i < h->nfields; i++)
		if (!h->fields[i].hop && http1_str_is(h->fields[i].name, name))
			return h->fields[i].value;
	return (struct http1_str){ NULL, 0 };
}

/* The same, in a head as it goes out. */
static struct http1_str
find_value(const struct ticket_shown *shown, const char *name)
{
	const char *end = shown->head + shown->len, *line = shown->head, *eol;
	struct http1_str none = { NULL, 0 };
	size_t n = strlen(name);

	for (; line < end; line = eol + 1) {
		eol = memchr(line, '\n', (size_t)(end - line));
		if (eol == NULL)
			return none;
		if ((size_t)(eol - line) < n + 2 || line[n] != ':' ||
		    strncasecmp(line, name, n) != 0)
			continue;
		line += n + 1;
		while (line < eol && *line == ' ')
			line++;
		return (struct http1_str){ line,
		    (size_t)(eol - line) - (eol > line && eol[-1] == '\r') };
	}
	return none;
}

static void
show_address(char *to, const struct sockaddr *sa)
{
	struct sockaddr_storage plain;
	struct address address;
	char text[ADDRESS_TEXT];
	size_t len;

	address_pack(sa, &address);
	if (address.family == 0) {
		snprintf(to, TICKET_CLIENT, "a Unix socket");
		return;
	}
	address_unpack(&address, 0, &plain);
	address_print((struct sockaddr *)&plain, text, sizeof text);
	/* without the port, and its brackets */
	len = strlen(text) - strlen(":0");
	if (text[0] == '[')
		show(to, TICKET_CLIENT, text + 1, len - 2);
	else
		show(to, TICKET_CLIENT, text, len);
}

/* Whether its client is known by its address, for all that is known here. */
static bool
is_by_address(const struct rule_key *by)
{
	return by->kind == RULE_KEY_NONE || by->kind == RULE_KEY_CLIENT ||
	    by->kind == RULE_KEY_JWT;
}

/* What its turns are told apart by, or nothing. */
static struct http1_str
identity_of(const struct rule_key *by, const struct ticket_shown *shown)
{
	struct http1_str none = { NULL, 0 };

	if (by->kind == RULE_KEY_USER && shown->user != NULL)
		return (struct http1_str){ shown->user, strlen(shown->user) };
	if (by->kind != RULE_KEY_HEADER || shown->head == NULL)
		return none;
	if (shown->len == 0)
		return find_asked(shown->asked, by->header);
	return find_value(shown, by->header);
}

/* Of one of our own. */
static void
show_client(char *to, const struct host *h, const struct ticket *t)
{
	const struct rule_key *by = &h->rule->fair_by;
	struct http1_str value = identity_of(by, &t->shown);
	bool secret = by->kind == RULE_KEY_HEADER && may_be_secret(by->header);

	if (is_by_address(by) || (value.p == NULL && t->shown.head != NULL))
		show_address(to, t->address);
	else if (value.len == 0 || secret)
		snprintf(to, TICKET_CLIENT, "#%016" PRIx64,
		    t->waiter.fair.client);
	else
		show(to, TICKET_CLIENT, value.p, value.len);
}

/* Without its query. */
static void
show_path(char *to, size_t size, const char *path, size_t len)
{
	const char *query = memchr(path, '?', len);

	show(to, size, path, query != NULL ? (size_t)(query - path) : len);
}

/* As its head will have it (relay_head.h). */
static void
show_asked(struct ticket_said *to, const struct http1_head *h)
{
	show(to->method, sizeof to->method, h->method.p, h->method.len);
	if (h->path.len > 0 && h->path.p[0] != '?')
		show_path(to->path, sizeof to->path, h->path.p, h->path.len);
	else
		snprintf(to->path, sizeof to->path, "%s", h->path.len == 0 &&
		    http1_str_equals(h->method, "OPTIONS") ? "*" : "/");
}

static void
show_request(struct ticket_said *to, const struct ticket_shown *shown)
{
	const char *path, *end;
	size_t n = shown->method_len;

	to->method[0] = to->path[0] = '\0';
	if (shown->head != NULL && shown->len == 0)
		show_asked(to, shown->asked);
	if (shown->len <= n + 1)
		return;
	show(to->method, sizeof to->method, shown->head, n);
	path = shown->head + n + 1;
	if ((end = memchr(path, ' ', shown->len - n - 1)) != NULL)
		show_path(to->path, sizeof to->path, path,
		    (size_t)(end - path));
}

void
ticket_say(struct ticket_said *to, const struct host *h, const struct ticket *t)
{
	if (t->guest) {
		*to = *t->said;
		return;
	}
	show_client(to->client, h, t);
	show_request(to, &t->shown);
}

void
ticket_say_client(char *to, const struct host *h, const struct ticket *t)
{
	if (t->guest)
		snprintf(to, TICKET_CLIENT, "%s", t->said->client);
	else
		show_client(to, h, t);
}
