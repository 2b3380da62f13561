/* SPDX-License-Identifier: ISC */
#include "policy/host_pattern.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM	1
#include <uthash.h>

#include "http/http1_host.h"

/*
 * All patterns are in one hash table.  A key is a small head (port, wildcard
 * or not) and the name behind it, so that a match needs no string of its own
 * for each candidate: it copies the host's name once and writes the head right
 * in front of the labels that are left, over those that are done with.
 */
#define HEAD	3		/* port, 2 bytes; wildcard */

struct entry {
	UT_hash_handle	 hh;
	void		*value;
	char		 key[];
};

struct host_pattern_set {
	struct entry	*entries;
	/* what none of them has is not looked for */
	bool		 has_ports;
	bool		 has_wildcards;
};

static const char *const expected_host =
    "a host name or address, with or without a port";

static const char *
parse_exact(struct host_pattern *pattern, const char *text, size_t len)
{
	if (memchr(text, '/', len) != NULL)
		return "a host without scheme and path";
	if (memchr(text, '*', len) != NULL)
		return "a * as the whole first label only, as in *.example.org";
	if (memchr(text, '@', len) != NULL)
		return "a host without user and password";
	if (len > 0 && text[len - 1] == ':')
		return "a port behind the colon, or no colon";
	if (http1_host_parse(&pattern->host, text, len) != HTTP1_OK)
		return expected_host;
	return NULL;
}

/* "*" or "*:port": the port is checked as that of a name would be. */
static const char *
parse_all(struct host_pattern *pattern, const char *text, size_t len)
{
	char buf[8] = "x";
	const char *expected;

	if (len > sizeof buf)
		return "a port of 1 to 65535 behind *:";
	memcpy(buf + 1, text + 1, len - 1);
	expected = parse_exact(pattern, buf, len);
	if (expected != NULL)
		return expected;
	memset(pattern->host.name, 0, sizeof pattern->host.name);
	pattern->wildcard = true;
	return NULL;
}

const char *
host_pattern_parse(struct host_pattern *pattern, const char *text, size_t len)
{
	const char *expected;

	memset(pattern, 0, sizeof *pattern);
	if (len == 0)
		return expected_host;
	if (text[0] != '*')
		return parse_exact(pattern, text, len);
	if (len == 1 || text[1] == ':')
		return parse_all(pattern, text, len);
	if (text[1] != '.')
		return "a * as the whole first label only, as in *.example.org";
	expected = parse_exact(pattern, text + 2, len - 2);
	if (expected != NULL)
		return expected;
	if (pattern->host.kind != HTTP1_NAME)
		return "a host name behind *., not an address";
	pattern->wildcard = true;
	return NULL;
}

struct host_pattern_set *
host_pattern_set_new(void)
{
	return calloc(1, sizeof(struct host_pattern_set));
}

void
host_pattern_set_free(struct host_pattern_set *set)
{
	struct entry *entry, *next;

	if (set == NULL)
		return;
	entry = set->entries;
	HASH_CLEAR(hh, set->entries);
	for (; entry != NULL; entry = next) {
		next = entry->hh.next;
		free(entry);
	}
	free(set);
}

/* Writes the head of a key, whose name begins at name. */
static char *
key_head(char *name, bool wildcard, uint16_t port)
{
	char *key = name - HEAD;

	key[0] = (char)(port >> 8);
	key[1] = (char)(port & 0xff);
	key[2] = wildcard ? '*' : '=';
	return key;
}

static struct entry *
find(const struct host_pattern_set *set, const char *key, size_t name_len)
{
	struct entry *entry;

	HASH_FIND(hh, set->entries, key, (unsigned)(HEAD + name_len), entry);
	return entry;
}

bool
host_pattern_set_add(struct host_pattern_set *set,
    const struct host_pattern *pattern, void *value, void **there)
{
	struct entry *entry, *old;
	size_t len = strlen(pattern->host.name);

	entry = calloc(1, sizeof *entry + HEAD + len);
	if (entry == NULL)
		return false;
	entry->value = value;
	memcpy(entry->key + HEAD, pattern->host.name, len);
	key_head(entry->key + HEAD, pattern->wildcard, pattern->host.port);

	old = find(set, entry->key, len);
	*there = old != NULL ? old->value : NULL;
	if (old != NULL) {
		free(entry);
		return true;
	}
	HASH_ADD_KEYPTR(hh, set->entries, entry->key, (unsigned)(HEAD + len),
	    entry);
	if (entry->hh.tbl == NULL) {
		free(entry);
		return false;
	}
	set->has_ports |= pattern->host.port != 0;
	set->has_wildcards |= pattern->wildcard;
	return true;
}

/* With its port, then without. */
static struct entry *
find_either(const struct host_pattern_set *set, char *name, size_t len,
    bool wildcard, uint16_t port)
{
	struct entry *entry = NULL;

	if (port != 0 && set->has_ports)
		entry = find(set, key_head(name, wildcard, port), len);
	if (entry == NULL)
		entry = find(set, key_head(name, wildcard, 0), len);
	return entry;
}

static struct entry *
find_wildcard(const struct host_pattern_set *set, char *name, size_t len,
    const struct http1_host *host)
{
	struct entry *entry;
	char *end = name + len;
	char *dot = name;

	if (host->kind == HTTP1_NAME) {
		while ((dot = memchr(dot, '.', (size_t)(end - dot))) != NULL) {
			dot++;
			entry = find_either(set, dot, (size_t)(end - dot),
			    true, host->port);
			if (entry != NULL)
				return entry;
		}
	}
	return find_either(set, end, 0, true, host->port);
}

void *
host_pattern_set_match(const struct host_pattern_set *set,
    const struct http1_host *host)
{
	struct entry *entry;
	char buf[HEAD + HTTP1_HOST + 1];
	char *name = buf + HEAD;
	size_t len = strnlen(host->name, HTTP1_HOST);

	memcpy(name, host->name, len);
	entry = find_either(set, name, len, false, host->port);
	if (entry == NULL && set->has_wildcards)
		entry = find_wildcard(set, name, len, host);
	return entry == NULL ? NULL : entry->value;
}
