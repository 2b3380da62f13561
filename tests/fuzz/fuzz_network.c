/* SPDX-License-Identifier: ISC */

/* Networks and addresses as text, as a configuration or a question has them. */

#include "fuzz.h"

#include "policy/network.h"

/* What is one is the same again, and lies in itself and in all of its kind. */
static void
check_network(const struct network *network)
{
	char text[NETWORK_TEXT];
	struct network again, all = { .family = network->family };

	network_text(text, network);
	REQUIRE(network_parse(&again, text, strlen(text)) == NULL);
	REQUIRE(network_compare(network, &again) == 0);
	REQUIRE(network_has(network, &again));
	REQUIRE(network_has(&all, network));
	REQUIRE(network->bits == 0 || !network_has(network, &all));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct network network;
	char *p = exact_copy(data, size);
	const char *expected = network_parse(&network, p, size);

	if (expected == NULL)
		check_network(&network);
	else
		REQUIRE(expected[0] != '\0');
	free(p);
	return 0;
}
