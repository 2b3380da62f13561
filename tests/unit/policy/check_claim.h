/* SPDX-License-Identifier: ISC */
#ifndef CHECK_CLAIM_H
#define CHECK_CLAIM_H

#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "http/http1_request.h"
#include "policy/claim.h"

/* Of tests of claims: a rule, and requests that are made for it. */

#define UNIT	BUDGET_UNIT
#define SECOND	1000000000ULL
#define NOW	(100 * SECOND)

static struct rule		 rule;
static struct rule_path		 paths[2];
static struct http1_head	 head;
static struct claim		 claim;
static char			 text[4096];
static struct sockaddr_in	 alice;
static struct sockaddr_in6	 bob;

/* A hash that is good enough for a test (FNV-1a): a and b are the same. */
static inline bool
make_hash(struct client_hasher *hasher, const char *kind, const void *p,
    size_t n, struct client_hash *hash)
{
	const unsigned char *bytes = p;
	uint64_t h = 14695981039346656037ULL;
	size_t i;

	ck_assert_ptr_null(hasher);
	for (i = 0; i <= strlen(kind); i++)
		h = (h ^ (unsigned char)kind[i]) * 1099511628211ULL;
	for (i = 0; i < n; i++)
		h = (h ^ bytes[i]) * 1099511628211ULL;
	*hash = (struct client_hash){ h, h };
	return true;
}

static struct claim_hash	 hash;

/* A rule as the defaults of the configuration make one. */
static inline void
set_up(void)
{
	rule = (struct rule){
		.max_wait = 30 * SECOND,
		.retry_max_time = 300 * SECOND,
		.tunnel_cost = UNIT,
		.fair_by = { .kind = RULE_KEY_CLIENT },
	};
	hash.make = make_hash;
	alice.sin_family = AF_INET;
	alice.sin_addr.s_addr = htonl(0x0a000001);
	bob.sin6_family = AF_INET6;
	bob.sin6_addr = in6addr_loopback;
}

static inline void
add_part(const char *path, struct budget_limits limits)
{
	struct rule_path *part = &paths[rule.npaths++];

	rule.paths = paths;
	part->limits = limits;
	ck_assert_ptr_null(path_pattern_parse(&part->pattern, path,
	    strlen(path)));
}

static inline struct budget_limits
burst(uint64_t units)
{
	return (struct budget_limits){ .nrates = 1, .rates = {
		{ .capacity = 10 * UNIT, .period = SECOND,
		    .burst = units * UNIT } } };
}

/* As the configuration has it: client, user, jwt:CLAIMS or a field. */
static inline struct rule_key
key(const char *of)
{
	struct rule_key k = { .kind = RULE_KEY_HEADER };

	if (strcmp(of, "client") == 0)
		k.kind = RULE_KEY_CLIENT;
	else if (strcmp(of, "user") == 0)
		k.kind = RULE_KEY_USER;
	else if (strncmp(of, "jwt:", 4) == 0) {
		k.kind = RULE_KEY_JWT;
		k.claims = (char *)(uintptr_t)(of + 4);
	} else
		k.header = (char *)(uintptr_t)of;
	return k;
}

/* What a request with these field lines claims; NULL, or what is wrong. */
static inline const char *
make(const char *method, const char *fields, const struct sockaddr *from,
    const char *user)
{
	struct claim_source source = { .head = &head, .address = from,
	    .user = user };

	snprintf(text, sizeof text, "%s http://api.test/search?q HTTP/1.1\r\n"
	    "Host: api.test\r\n%s\r\n", method, fields);
	ck_assert_int_eq(http1_request(&head, text, strlen(text)), HTTP1_OK);
	return claim_make(&claim, &hash, &rule, &source, NOW);
}

static inline const char *
get(const char *fields)
{
	return make("GET", fields, (struct sockaddr *)&alice, NULL);
}

static inline uint64_t
client_of(const char *fields, const void *from, const char *user)
{
	ck_assert_ptr_null(make("GET", fields, from, user));
	return claim.request.client;
}

/* alice:secret, and bob without a password */
#define ALICE	"Proxy-Authorization: Basic YWxpY2U6c2VjcmV0\r\n"
#define ALICE2	"Proxy-Authorization: basic YWxpY2U6b3RoZXI=\r\n"
#define BOB	"Proxy-Authorization: Basic Ym9iOg==\r\n"

#endif
