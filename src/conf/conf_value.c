/* SPDX-License-Identifier: ISC */
#include "conf/conf_value.h"

#include <sys/un.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND	UINT64_C(1000000000)
#define WORD	63			/* bytes that are compared, at most */

struct unit {
	const char	*name;
	uint64_t	 scale;
};

static const struct unit durations[] = {
	{ "", SECOND },
	{ "ms", SECOND / 1000 },
	{ "s", SECOND },
	{ "m", 60 * SECOND },
	{ "h", 3600 * SECOND },
	{ "d", 86400 * SECOND },
	{ NULL, 0 },
};

static const struct unit sizes[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "KiB", UINT64_C(1) << 10 },
	{ "MiB", UINT64_C(1) << 20 },
	{ "GiB", UINT64_C(1) << 30 },
	{ "TiB", UINT64_C(1) << 40 },
	{ "PiB", UINT64_C(1) << 50 },
	{ "EiB", UINT64_C(1) << 60 },
	{ "K", UINT64_C(1) << 10 },
	{ "M", UINT64_C(1) << 20 },
	{ "G", UINT64_C(1) << 30 },
	{ "T", UINT64_C(1) << 40 },
	{ "kB", UINT64_C(1000) },
	{ "MB", UINT64_C(1000000) },
	{ "GB", UINT64_C(1000000000) },
	{ "TB", UINT64_C(1000000000000) },
	{ NULL, 0 },
};

/* A decimal number: whole + fraction / power. */
struct decimal {
	uint64_t	 whole;		/* UINT64_MAX: larger than that */
	uint64_t	 fraction;
	uint64_t	 power;		/* of ten, at most 10^18 */
	bool		 is_whole;	/* written without a point */
};

/* Why text that is no number is none. */
static const char *
not_number(const char *text)
{
	if (text[0] == '-' && (isdigit((unsigned char)text[1]) ||
	    text[1] == '.'))
		return "is negative";
	if (text[0] == '\0')
		return "is empty";
	return "is not a number";
}

/* Reads digits, point and digits; digits beyond 10^-18 do not count. */
static const char *
decimal(const char *text, struct decimal *d, const char **end)
{
	const char *p = text;
	unsigned digits = 0;
	unsigned digit;

	*d = (struct decimal){ .power = 1, .is_whole = true };
	for (; isdigit((unsigned char)*p); p++, digits++) {
		digit = (unsigned)(*p - '0');
		if (d->whole > (UINT64_MAX - digit) / 10)
			d->whole = UINT64_MAX;
		else
			d->whole = d->whole * 10 + digit;
	}
	if (*p == '.') {
		d->is_whole = false;
		for (p++; isdigit((unsigned char)*p); p++, digits++) {
			if (d->power == UINT64_C(1000000000000000000))
				continue;
			d->fraction = d->fraction * 10 + (unsigned)(*p - '0');
			d->power *= 10;
		}
	}
	if (digits == 0)
		return not_number(text);
	if ((*p == 'e' || *p == 'E') && (isdigit((unsigned char)p[1]) ||
	    p[1] == '+' || p[1] == '-'))
		return "has an exponent";
	*end = p;
	return NULL;
}

/* Rounds to the nearest; what does not fit becomes UINT64_MAX. */
static uint64_t
scaled(const struct decimal *d, uint64_t scale)
{
	unsigned __int128 v;

	v = (unsigned __int128)d->fraction * scale + d->power / 2;
	v = v / d->power + (unsigned __int128)d->whole * scale;
	if (d->whole == UINT64_MAX || v > UINT64_MAX)
		return UINT64_MAX;
	return (uint64_t)v;
}

static const char *
with_unit(const char *text, const struct unit *unit, uint64_t *value)
{
	struct decimal d;
	const char *wrong, *end;
	bool units = unit[1].name != NULL;

	wrong = decimal(text, &d, &end);
	if (wrong != NULL)
		return wrong;
	for (; unit->name != NULL; unit++) {
		if (strcmp(end, unit->name) == 0) {
			*value = scaled(&d, unit->scale);
			return NULL;
		}
	}
	return units ? "has an unknown unit" : "is not a number";
}

const char *
conf_duration(const char *text, uint64_t *ns)
{
	return with_unit(text, durations, ns);
}

const char *
conf_size(const char *text, uint64_t *bytes)
{
	return with_unit(text, sizes, bytes);
}

const char *
conf_units(const char *text, uint64_t *micro)
{
	static const struct unit none[] = {
		{ "", BUDGET_UNIT },
		{ NULL, 0 },
	};

	return with_unit(text, none, micro);
}

const char *
conf_integer(const char *text, uint64_t *value)
{
	struct decimal d;
	const char *wrong, *end;

	wrong = decimal(text, &d, &end);
	if (wrong != NULL)
		return wrong;
	if (*end != '\0')
		return "is not a number";
	if (!d.is_whole)
		return "is not a whole number";
	*value = d.whole;
	return NULL;
}

const char *
conf_boolean(const char *text, bool *value)
{
	static const char *const names[] = {
		"false", "true", "no", "yes", "off", "on",
	};
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcasecmp(text, names[i]) == 0) {
			*value = i % 2 == 1;
			return NULL;
		}
	}
	return "is neither true nor false";
}

static bool
port_parse(const char *text, in_port_t *port)
{
	uint64_t value;

	if (text[0] == '\0' || strlen(text) > 5 ||
	    text[strspn(text, "0123456789")] != '\0' ||
	    conf_integer(text, &value) != NULL || value > 65535)
		return false;
	*port = htons((uint16_t)value);
	return true;
}

static const char *
set_ip(struct conf_address *address, const char *host, in_port_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	memset(&address->addr, 0, sizeof address->addr);
	if (inet_pton(AF_INET, host, &in.sin_addr) == 1) {
		in.sin_port = port;
		memcpy(&address->addr, &in, sizeof in);
		address->len = sizeof in;
	} else if (inet_pton(AF_INET6, host, &in6.sin6_addr) == 1) {
		in6.sin6_port = port;
		memcpy(&address->addr, &in6, sizeof in6);
		address->len = sizeof in6;
	} else {
		return "has no IP address";
	}
	return NULL;
}

static const char *
set_unix(struct conf_address *address, const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t len = strlen(path);

	if (path[0] != '/')
		return "has no absolute path";
	if (len >= sizeof un.sun_path)
		return "has too long a path for a socket";
	memcpy(un.sun_path, path, len);
	memset(&address->addr, 0, sizeof address->addr);
	memcpy(&address->addr, &un, sizeof un);
	address->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    len + 1);
	return NULL;
}

/*
 * Splits HOST:PORT or [HOST]:PORT; an address of IPv6 without brackets has no
 * port.  *port is NULL where none is there.
 */
static const char *
split(const char *text, char host[INET6_ADDRSTRLEN], const char **port)
{
	const char *end, *colon = strchr(text, ':');
	size_t len = strlen(text);

	*port = NULL;
	if (text[0] == '[') {
		end = strchr(++text, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':') ||
		    memchr(text, ':', (size_t)(end - text)) == NULL)
			return "has no IP address";
		len = (size_t)(end - text);
		if (end[1] == ':')
			*port = end + 2;
	} else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
		len = (size_t)(colon - text);
		*port = colon + 1;
	}
	if (len >= INET6_ADDRSTRLEN)
		return "has no IP address";
	memcpy(host, text, len);
	host[len] = '\0';
	return NULL;
}

const char	conf_value_no_memory[] = "is too much for the memory";

static const char *
keep_text(struct conf_address *address, const char *text)
{
	address->text = strdup(text);
	return address->text == NULL ? conf_value_no_memory : NULL;
}

const char *
conf_listen_address(const char *text, struct conf_address *address)
{
	char host[INET6_ADDRSTRLEN];
	const char *wrong, *name = host, *port_text;
	in_port_t port;

	if (strncmp(text, "unix:", 5) == 0) {
		wrong = set_unix(address, text + 5);
		return wrong != NULL ? wrong : keep_text(address, text);
	}
	wrong = split(text, host, &port_text);
	if (wrong != NULL)
		return wrong;
	if (port_text == NULL)
		return "has no port";
	if (!port_parse(port_text, &port))
		return "has no valid port";
	if (strcasecmp(host, "localhost") == 0)
		name = "127.0.0.1";
	else if (strcmp(host, "*") == 0)
		name = "0.0.0.0";
	wrong = set_ip(address, name, port);
	return wrong != NULL ? wrong : keep_text(address, text);
}

const char *
conf_resolver_address(const char *text, struct conf_address *address)
{
	char host[INET6_ADDRSTRLEN];
	const char *wrong, *port_text;
	in_port_t port = htons(53);

	wrong = split(text, host, &port_text);
	if (wrong != NULL)
		return wrong;
	if (port_text != NULL && (!port_parse(port_text, &port) || port == 0))
		return "has no valid port";
	wrong = set_ip(address, host, port);
	return wrong != NULL ? wrong : keep_text(address, text);
}

const char *
conf_duration_text(char buf[CONF_TEXT], uint64_t ns)
{
	const struct unit *unit;

	for (unit = durations; unit[1].name != NULL; unit++)
		continue;
	while (unit > durations + 1 && (ns == 0 || ns % unit->scale != 0))
		unit--;
	if (ns == 0)
		snprintf(buf, CONF_TEXT, "0s");
	else if (ns % unit->scale == 0)
		snprintf(buf, CONF_TEXT, "%" PRIu64 "%s", ns / unit->scale,
		    unit->name);
	else
		snprintf(buf, CONF_TEXT, "%" PRIu64 ".%09" PRIu64 "s",
		    ns / SECOND, ns % SECOND);
	return buf;
}

const char *
conf_size_text(char buf[CONF_TEXT], uint64_t bytes)
{
	static const char *const names[] = {
		"", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB",
	};
	size_t i = 0;

	while (bytes != 0 && bytes % 1024 == 0 && i < 6) {
		bytes /= 1024;
		i++;
	}
	snprintf(buf, CONF_TEXT, "%" PRIu64 "%s", bytes, names[i]);
	return buf;
}

const char *
conf_units_text(char buf[CONF_TEXT], uint64_t micro)
{
	size_t len;

	snprintf(buf, CONF_TEXT, "%llu.%06llu", micro / BUDGET_UNIT,
	    micro % BUDGET_UNIT);
	len = strlen(buf);
	while (buf[len - 1] == '0')
		buf[--len] = '\0';
	if (buf[len - 1] == '.')
		buf[--len] = '\0';
	return buf;
}

/*
 * What a URL may have that is nobody's business: user and password, that is all
 * before its last @, and a query with values.  Its first byte and length; a
 * path may have an @ of its own.
 */
static const char *
secret(const char *text, size_t *len)
{
	const char *at = strrchr(text, '@');
	const char *from = strstr(text, "//");
	const char *query = strchr(text, '?');

	from = from == NULL || at == NULL || from > at ? text : from + 2;
	if (at > from && !(text[0] == '/' && text[1] != '/')) {
		*len = (size_t)(at - from);
		return from;
	}
	if (query == NULL || strchr(query, '=') == NULL)
		return NULL;
	*len = strlen(query + 1);
	return query + 1;
}

const char *
conf_show(char buf[CONF_SHOW], const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	const char *hidden;
	size_t n = 0, len;

	hidden = secret(text, &len);
	for (; *p != '\0'; p++) {
		if ((const char *)p == hidden) {
			n += (size_t)snprintf(buf + n, CONF_SHOW - n, "...");
			p += len;
			hidden = secret((const char *)p, &len);
			if (*p == '\0')
				break;
		}
		/* Cut between characters, not inside of one. */
		if ((n >= 72 && (*p & 0xc0) != 0x80) || n >= CONF_SHOW - 8) {
			n += (size_t)snprintf(buf + n, CONF_SHOW - n, "...");
			break;
		}
		/* C1 controls are two bytes in UTF-8. */
		if (*p < ' ' || *p == 0x7f ||
		    (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)) {
			if (*p == 0xc2)
				p++;
			n += (size_t)snprintf(buf + n, CONF_SHOW - n, "\\x%02x",
			    *p);
		} else {
			buf[n++] = (char)*p;
		}
	}
	buf[n] = '\0';
	return buf;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool
same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Optimal string alignment: three rows of the table are enough. */
unsigned
conf_distance(const char *a, const char *b)
{
	unsigned rows[3][WORD + 1];
	unsigned *before, *last, *row;
	size_t i, j, na = strlen(a), nb = strlen(b);

	if (na > WORD || nb > WORD)
		return UINT_MAX;
	for (j = 0; j <= nb; j++)
		rows[0][j] = (unsigned)j;
	for (i = 1; i <= na; i++) {
		row = rows[i % 3];
		last = rows[(i + 2) % 3];
		before = rows[(i + 1) % 3];
		row[0] = (unsigned)i;
		for (j = 1; j <= nb; j++) {
			row[j] = least(last[j], row[j - 1]) + 1;
			row[j] = least(row[j], last[j - 1] +
			    !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
			    same(a[i - 2], b[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return rows[na % 3][nb];
}

bool
conf_near(const char *wrote, const char *meant, unsigned *distance)
{
	size_t len = strlen(meant);

	*distance = conf_distance(wrote, meant);
	return *distance <= (len < 4 ? 1 : 2);
}
