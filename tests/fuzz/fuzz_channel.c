/* SPDX-License-Identifier: ISC */

/*
 * What anybody may publish on the store's channel about the parts that a host
 * names: each line of the input is such a word, after which a request for its
 * route asks.  Whatever was said, nothing waits for longer than the rule's
 * pause.max, and all go then, one after another.
 */

#include <netinet/in.h>
#include <stdarg.h>

#include "fuzz.h"
#include "fuzz_silent.h"

#include "base/client_hash.h"
#include "base/stats.h"
#include "conf/conf_parse.h"
#include "hosts/host_types.h"
#include "hosts/hosts.h"
#include "hosts/store_part_hear.h"
#include "http/http1_host.h"
#include "net/loop.h"

#define SECOND	UINT64_C(1000000000)
#define NOW	(100 * SECOND)
#define LONGEST	(10 * SECOND)	/* pause.max */
#define REQUESTS 16

static const char rules[] = "{hosts: {a.test: {learn: pause, "
    "queue: {max_wait: 1h}, pause: {max: 10s}}}}";

/* What a loop would do. */

static struct loop	 loop;

uint64_t
loop_now(void)
{
	return NOW;
}

void
loop_post(struct loop *l, struct mail *m)
{
	(void)l;
	m->posted = true;
}

bool
loop_unpost(struct loop *l, struct mail *m)
{
	bool posted = m->posted;

	(void)l;
	m->posted = false;
	return posted;
}

void
loop_wake_at(struct loop *l, struct wake *k, uint64_t at)
{
	(void)l;
	k->armed = true;
	k->at = at;
}

static struct conf	*conf;
static struct client_hasher *hasher;
static struct hosts	*hosts;
static struct ticket	 tickets[REQUESTS];
static struct http1_host name = { .name = "a.test", .port = 80 };

/* A request for a path, which may wait. */
static void
ask(struct ticket *t, const char *path, size_t len)
{
	static struct http1_head head;
	static struct sockaddr_in client = { .sin_family = AF_INET };
	const struct claim_hash hash = { client_hash, hasher };
	struct claim_source source = { .head = &head,
	    .address = (struct sockaddr *)&client };
	enum hosts_answer answer;
	struct claim claim;

	memset(t, 0, sizeof *t);
	head.method = (struct http1_str){ "GET", 3 };
	head.path = (struct http1_str){ path, len };
	t->loop = &loop;
	t->hasher = hasher;
	t->name = &name;
	t->conf = conf_ref(conf);
	t->rule = conf_rule(conf, &name);
	REQUIRE(claim_make(&claim, &hash, t->rule, &source, NOW) == NULL);
	answer = hosts_ask(hosts, t, &claim, &source, NOW);
	REQUIRE(answer == HOSTS_GO || answer == HOSTS_WAIT);
}

/* The path of the words' route, as it stands there. */
static void
ask_for_route(struct ticket *t, const char *words, size_t len)
{
	static const char before[] = "route=GET/";
	const char *at = memmem(words, len, before, sizeof before - 1);
	const char *end;

	if (at == NULL) {
		ask(t, "/a", 2);
		return;
	}
	at += sizeof before - 2;
	end = memchr(at, ' ', len - (size_t)(at - words));
	ask(t, at, end == NULL ? len - (size_t)(at - words) :
	    (size_t)(end - at));
}

static void
begin(void)
{
	char *cause = NULL;

	if (conf == NULL) {
		conf = conf_parse("fuzz", rules, strlen(rules), &cause);
		REQUIRE(conf != NULL);
		hasher = client_hasher_new();
		REQUIRE(hasher != NULL);
	}
	hosts = hosts_new(conf, 1);
	REQUIRE(hosts != NULL);
	ask(&tickets[0], "/", 1);
}

/* After a pause one of a part goes, and others when that one is back. */
static void
finish(unsigned n)
{
	bool gone[REQUESTS] = { false };
	unsigned i, left = n, before;

	while (left > 0) {
		before = left;
		hosts_admit_all(hosts, &loop, NOW + LONGEST);
		for (i = 0; i < n; i++) {
			if (gone[i] || tickets[i].state != TICKET_HELD)
				continue;
			hosts_leave(hosts, &tickets[i], NOW + LONGEST);
			gone[i] = true;
			left--;
		}
		REQUIRE(left < before);
	}
	hosts_free(hosts);
	/* its counters stay for as long as a process lives, 80 KB each time */
	stats_free();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at, *end, *line;
	char *copy = exact_copy(data, size);
	unsigned n = 1;
	size_t len;

	begin();
	end = copy + size;
	for (line = copy; line < end && n < REQUESTS; line = at + 1) {
		at = memchr(line, '\n', (size_t)(end - line));
		if (at == NULL)
			at = end;
		len = (size_t)(at - line);
		(void)store_part_hear(tickets[0].host, hasher, line, len, 1,
		    NOW);
		ask_for_route(&tickets[n++], line, len);
	}
	finish(n);
	free(copy);
	return 0;
}
