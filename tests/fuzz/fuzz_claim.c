/* SPDX-License-Identifier: ISC */

/*
 * What a request claims by its fields.  The first byte picks the host whose
 * rule holds, and who asks; the rest is a head.
 */

#include "fuzz_http1.h"

#include <netinet/in.h>

#include "conf/conf.h"
#include "conf/conf_parse.h"
#include "http/http1_request.h"
#include "policy/claim.h"

#define NOW	UINT64_C(100000000000)

static const char yaml[] =
    "hosts:\n"
    "  client.test: {capacity: 5, fair_by: client}\n"
    "  user.test: {capacity: 5, fair_by: user, weights: {a: 2, b: 0.5}}\n"
    "  header.test: {capacity: 5, fair_by: \"header:X-A\", per: authorization}\n"
    "  jwt.test: {capacity: 5, per: \"jwt:iss,sub\"}\n"
    "  cost.test: {capacity: 5, client_cost: true, paths: {/a: {capacity: 1}},"
    " costs: [{path: \"/a/**\", cost: 3}, {method: POST, cost: 2.5},"
    " {header: \"X-B: 1\", cost: 7}]}\n";

static const char *const names[] = { "client.test", "user.test",
    "header.test", "jwt.test", "cost.test", "other.test" };

#define NAMES	(sizeof names / sizeof names[0])

static struct http1_head head;

/* FNV-1a: what is the same has the same, whatever it is. */
static bool
make_hash(struct client_hasher *hasher, const char *kind, const void *p,
    size_t n, struct client_hash *hash)
{
	const unsigned char *bytes = p;
	uint64_t h = UINT64_C(14695981039346656037);
	size_t i;

	REQUIRE(hasher == NULL && p != NULL && kind[0] != '\0');
	for (i = 0; i < n; i++)
		h = (h ^ bytes[i]) * UINT64_C(1099511628211);
	*hash = (struct client_hash){ h | 1, (unsigned char)kind[0] };
	return true;
}

static bool
no_hash(struct client_hasher *hasher, const char *kind, const void *p,
    size_t n, struct client_hash *hash)
{
	(void)hasher, (void)kind, (void)p, (void)n, (void)hash;
	return false;
}

static const struct conf *
rules(void)
{
	static struct conf *conf;
	char *cause = NULL;

	if (conf == NULL)
		conf = conf_parse("fuzz", yaml, sizeof yaml - 1, &cause);
	if (conf == NULL)
		fprintf(stderr, "%s\n", cause);
	REQUIRE(conf != NULL);
	return conf;
}

static void
check_claim(const struct claim *c, const struct rule *rule)
{
	const struct throttle_request *r = &c->request;

	REQUIRE(r->cost <= UINT64_C(1000000000) * BUDGET_UNIT);
	REQUIRE(r->part < rule->npaths || r->part == THROTTLE_WHOLE);
	REQUIRE(r->urgency < FAIR_URGENCIES);
	REQUIRE(r->weight > 0);
	REQUIRE(r->deadline >= NOW);
	REQUIRE(rule->per.kind != RULE_KEY_NONE ||
	    (c->credential.a == 0 && c->credential.b == 0));
}

/* The same request claims the same; without hashes it fails as a whole. */
static void
claim(const struct rule *rule, const struct claim_source *source)
{
	const struct claim_hash hash = { make_hash, NULL };
	const struct claim_hash none = { no_hash, NULL };
	struct claim first, again;
	const char *wrong;

	memset(&first, 0x5a, sizeof first);
	memset(&again, 0xa5, sizeof again);
	wrong = claim_make(&first, &hash, rule, source, NOW);
	REQUIRE(wrong != claim_no_memory);
	REQUIRE(wrong == claim_make(&again, &hash, rule, source, NOW));
	if (wrong != NULL) {
		REQUIRE(wrong[0] != '\0');
		return;
	}
	check_claim(&first, rule);
	REQUIRE(first.request.cost == again.request.cost);
	REQUIRE(first.request.client == again.request.client);
	REQUIRE(first.request.weight == again.request.weight);
	REQUIRE(first.request.urgency == again.request.urgency);
	REQUIRE(first.request.deadline == again.request.deadline);
	REQUIRE(first.credential.a == again.credential.a);
	REQUIRE(first.max_wait == again.max_wait);
	wrong = claim_make(&again, &none, rule, source, NOW);
	REQUIRE(wrong == NULL || wrong == claim_no_memory);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sockaddr_in from = { .sin_family = AF_INET };
	struct claim_source source = { .head = &head };
	struct http1_host name = { .port = 80 };
	enum http1_error error;
	size_t end;
	char *p;

	if (size < 1 || size > FUZZ_HEAD)
		return 0;
	snprintf(name.name, sizeof name.name, "%s", names[data[0] % NAMES]);
	source.user = data[0] & 64 ? "somebody" : NULL;
	source.address = data[0] & 128 ? NULL : (const void *)&from;
	p = exact_copy(data + 1, size - 1);
	if (scan_whole(p, size - 1, &end, &error) == HTTP1_DONE &&
	    http1_request(&head, p, end) == HTTP1_OK) {
		source.tunnel = head.form == HTTP1_AUTHORITY_FORM;
		claim(conf_rule(rules(), &name), &source);
	}
	free(p);
	return 0;
}
