/* SPDX-License-Identifier: ISC */

/*
 * Who may ask the control plane, by the head of a request, and what else is
 * read of its fields there.  The first byte has the door.
 */

#include "fuzz_http1.h"

#include "admin/admin_guard.h"
#include "admin/admin_match.h"
#include "admin/metrics_accept.h"
#include "http/http1_request.h"

static struct http1_head head;

static struct http1_str
field(const char *name)
{
	unsigned i;

	for (i = 0; i < head.nfields; i++) {
		if (http1_str_is(head.fields[i].name, name))
			return head.fields[i].value;
	}
	return (struct http1_str){ NULL, 0 };
}

static const struct guard_origins *
origins(void)
{
	static struct guard_origins list;

	if (list.n == 0) {
		REQUIRE(guard_origins_add(&list, false, "127.0.0.1", 3130));
		REQUIRE(guard_origins_add(&list, false, "localhost", 3130));
		REQUIRE(guard_origins_add(&list, true, "[::1]:8443", 3130));
	}
	return &list;
}

/* Whether a field is one of the names that the door has. */
static bool
is_one_of(struct http1_str s, const char *const *list)
{
	for (; *list != NULL; list++) {
		if (http1_str_is(s, *list))
			return true;
	}
	return false;
}

/* What must hold of whoever comes in, by the words of the specification. */
static void
check_passed(const struct guard_door *door, const struct guard_request *asks,
    const struct guard_verdict *v)
{
	static const char *const hosts[] = { "127.0.0.1:3130",
	    "localhost:3130", "[::1]:8443", NULL };
	static const char *const sites[] = { "http://127.0.0.1:3130",
	    "http://localhost:3130", "https://[::1]:8443", NULL };

	REQUIRE(asks->upgrade.p == NULL);
	if (door->socket) {
		REQUIRE(asks->origin.p == NULL && v->may_change);
		return;
	}
	REQUIRE(!door->readonly || !asks->change);
	REQUIRE(is_one_of(asks->host, hosts));
	REQUIRE(asks->origin.p == NULL || is_one_of(asks->origin, sites));
	REQUIRE(!asks->change || (door->token != NULL && v->full));
	REQUIRE(!v->full || (door->token != NULL &&
	    asks->authorization.len > strlen(door->token) &&
	    memmem(asks->authorization.p, asks->authorization.len,
	    door->token, strlen(door->token)) != NULL));
}

static void
judge(unsigned way)
{
	const struct guard_door door = {
		.socket = way & 1,
		.origins = origins(),
		.token = way & 2 ? "secret-token" : NULL,
		.readonly = way & 4,
	};
	const struct guard_request asks = {
		.change = way & 8,
		.host = field("Host"),
		.origin = field("Origin"),
		.fetch_site = field("Sec-Fetch-Site"),
		.authorization = field("Authorization"),
		.upgrade = field("Upgrade"),
	};
	struct guard_verdict v = guard_judge(&door, &asks);

	if (v.status == 0) {
		check_passed(&door, &asks, &v);
		return;
	}
	REQUIRE(v.status >= 400 && v.status < 500);
	REQUIRE(v.why != NULL && v.why[0] != '\0');
}

/* A copy with an end, for those who read strings. */
static char *
string(struct http1_str s)
{
	char *copy = calloc(1, s.len + 1);

	REQUIRE(copy != NULL);
	if (s.len > 0)
		memcpy(copy, s.p, s.len);
	return copy;
}

/* A search finds itself; and one for everything finds anything. */
static void
check_match(const char *name)
{
	REQUIRE(admin_match("*", name));
	REQUIRE(strpbrk(name, "*") != NULL || admin_match(name, name));
	(void)admin_match(name, "api.example.com:443");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum http1_error error;
	char *p, *accept, *match;
	size_t end;

	if (size < 1 || size > FUZZ_HEAD)
		return 0;
	p = exact_copy(data + 1, size - 1);
	if (scan_whole(p, size - 1, &end, &error) == HTTP1_DONE) {
		error = http1_request(&head, p, end);
		if (error == HTTP1_OK || error == HTTP1_NOT_PROXY) {
			judge(data[0]);
			accept = string(field("Accept"));
			match = string(head.path);
			(void)metrics_accept_open(accept);
			(void)guard_is_json(field("Content-Type"));
			check_match(match);
			free(accept);
			free(match);
		}
	}
	free(p);
	return 0;
}
