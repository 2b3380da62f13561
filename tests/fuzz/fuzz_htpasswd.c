/* SPDX-License-Identifier: ISC */

/* Files of users, which somebody else may write than whoever runs this. */

#include "fuzz.h"

#include "policy/htpasswd.h"

/* Each is found by his name, in order, and has a hash of a kind that is taken. */
static void
check_users(const struct htpasswd *h)
{
	const struct htpasswd_user *user;
	size_t i;

	for (i = 0; i < h->n; i++) {
		user = &h->users[i];
		REQUIRE(user->line > 0);
		REQUIRE(user->name[0] != '\0' && user->hash[0] == '$');
		REQUIRE(strlen(user->name) <= HTPASSWD_NAME);
		REQUIRE(strchr(user->name, ':') == NULL);
		REQUIRE(htpasswd_find(h, user->name) == user->hash);
		REQUIRE(htpasswd_any(h, i) == user->hash);
		REQUIRE(i == 0 || strcmp(h->users[i - 1].name,
		    user->name) < 0);
	}
	REQUIRE(htpasswd_find(h, "") == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct htpasswd_error error;
	struct htpasswd *h;
	char *text = malloc(size + 1);

	REQUIRE(text != NULL);
	memcpy(text, data, size);
	if ((h = htpasswd_parse(text, size, &error)) != NULL)
		check_users(h);
	else
		REQUIRE(error.line > 0 && error.why[0] != '\0');
	htpasswd_free(h);
	return 0;
}
