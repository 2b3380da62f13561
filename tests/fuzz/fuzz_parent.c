/* SPDX-License-Identifier: ISC */

/*
 * A parent: the first line is its URL, the rest the head of what came through
 * it.
 */

#include "fuzz_http1.h"

#include "http/http1_host.h"
#include "http/http1_response.h"
#include "policy/parent.h"

static struct http1_head head;

/* What it is called names it again, and no user. */
static void
check_parent(const struct parent *parent)
{
	struct parent *again = calloc(1, sizeof *again);

	REQUIRE(again != NULL);
	REQUIRE(parent->host.port != 0 && parent->host.name[0] != '\0');
	REQUIRE(parent->name != NULL && strchr(parent->name, '@') == NULL);
	REQUIRE(parent_parse(again, parent->name) == NULL);
	REQUIRE(strcmp(again->host.name, parent->host.name) == 0);
	REQUIRE(again->host.port == parent->host.port);
	REQUIRE(again->tls == parent->tls && again->user == NULL);
	REQUIRE(strcmp(again->name, parent->name) == 0);
	(void)parent_is_local(&parent->host);
	parent_free(again);
}

static void
read_url(const char *url)
{
	struct parent *parent = calloc(1, sizeof *parent);
	const char *wrong;

	REQUIRE(parent != NULL);
	wrong = parent_parse(parent, url);
	if (wrong != NULL) {
		REQUIRE(wrong[0] != '\0');
		free(parent);
		return;
	}
	check_parent(parent);
	if (parent->user != NULL) {
		REQUIRE(parent_authorize(parent, "a:b\xff", 4));
		REQUIRE(parent->authorization != NULL &&
		    strpbrk(parent->authorization, "\r\n") == NULL);
	}
	parent_free(parent);
}

/* Whatever says that it speaks says so by its field. */
static void
read_answer(char *p, size_t len)
{
	const struct http1_str method = { "GET", 3 };
	enum http1_error error;
	bool has = false;
	unsigned i;
	size_t end;

	if (scan_whole(p, len, &end, &error) != HTTP1_DONE ||
	    http1_response(&head, p, end, method) != HTTP1_OK)
		return;
	for (i = 0; i < head.nfields; i++)
		has = has || head.fields[i].id == HTTP1_PROXY_STATUS;
	REQUIRE(has || !parent_speaks(&head));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *p = exact_copy(data, size);
	char *end = size > 0 ? memchr(p, '\n', size) : NULL;
	char *url = calloc(1, size + 1);
	size_t n = end != NULL ? (size_t)(end - p) : size;

	REQUIRE(url != NULL);
	memcpy(url, p, n);
	read_url(url);
	if (end != NULL)
		read_answer(end + 1, size - n - 1);
	free(url);
	free(p);
	return 0;
}
