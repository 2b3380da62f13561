/* SPDX-License-Identifier: ISC */

/*
 * The value of Proxy-Authorization: who somebody says he is.  What is read is a
 * text that ends, and the same whether a password is wanted or not; a name and a
 * password that were written are read again.
 */

#include "fuzz.h"

#include "base/base64.h"
#include "http/http1_head.h"
#include "policy/user.h"

#define PLAIN	(USER_NAME + USER_PASSWORD)

static struct http1_head head;

static void
set(const char *p, size_t n)
{
	head.fields[0] = (struct http1_field){
		.name = { "Proxy-Authorization",
		    sizeof("Proxy-Authorization") - 1 },
		.value = { p, n },
		.id = HTTP1_PROXY_AUTHORIZATION,
	};
	head.nfields = 1;
}

static void
check_read(const char *p, size_t n)
{
	struct user_basic basic;
	char name[USER_NAME];

	set(p, n);
	if (!user_read_basic(&head, &basic))
		return;
	REQUIRE(strnlen(basic.name, USER_NAME) < USER_NAME);
	REQUIRE(strnlen(basic.password, USER_PASSWORD) < USER_PASSWORD);
	REQUIRE(strchr(basic.name, ':') == NULL);
	REQUIRE(user_read(&head, name) && strcmp(name, basic.name) == 0);
}

/* The plain text of one, which may be any bytes. */
static void
check_written(const char *p, size_t n)
{
	static const char scheme[] = "Basic ";
	char value[sizeof scheme + BASE64_TEXT(PLAIN)];
	struct user_basic basic;
	const char *colon;
	size_t len;
	char *exact;
	bool read;

	if (n > USER_NAME - 1 || memchr(p, '\0', n) != NULL ||
	    (colon = memchr(p, ':', n)) == NULL)
		return;
	memcpy(value, scheme, sizeof scheme - 1);
	base64_encode(value + sizeof scheme - 1, p, n);
	len = strlen(value);
	exact = exact_copy(value, len);
	set(exact, len);
	read = user_read_basic(&head, &basic);
	REQUIRE(read);
	REQUIRE(strlen(basic.name) == (size_t)(colon - p));
	REQUIRE(memcmp(basic.name, p, (size_t)(colon - p)) == 0);
	REQUIRE(strlen(basic.password) == n - 1 - (size_t)(colon - p));
	REQUIRE(memcmp(basic.password, colon + 1,
	    n - 1 - (size_t)(colon - p)) == 0);
	free(exact);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = exact_copy(data, size);

	check_read(copy, size);
	check_written(copy, size);
	free(copy);
	return 0;
}
