/* SPDX-License-Identifier: ISC */

/*
 * A line of the state, without its checksum: whatever it says, a budget takes
 * it, and what is written of that says the same.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hosts/state_budget.h"
#include "hosts/state_line.h"
#include "throttle/budget.h"

#define NOW	(UINT64_C(3600) * 1000000000)

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct budget_saved read_of, again;

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static bool
read_words(char *at, struct budget_saved *s)
{
	struct state_word w;

	state_budget_begin(s);
	while (state_line_next(&at, &w))
		if (w.value != NULL && !state_budget_word(s, &w))
			return false;
	return true;
}

static void
check_written(void)
{
	struct text first = { .p = NULL }, second = { .p = NULL };
	size_t len;

	text_puts(&first, "host");
	state_put_budget(&first, &read_of);
	state_put_end(&first, 0);
	len = first.len - 1;
	require(!first.failed && state_line_check(first.p, len));
	len = strlen(first.p);
	text_put(&second, first.p, len + 1);
	require(read_words(second.p, &again));
	text_reset(&second);
	text_puts(&second, "host");
	state_put_budget(&second, &again);
	require(second.len == len && memcmp(second.p, first.p, len) == 0);
	text_free(&first);
	text_free(&second);
}

static void
check_restored(uint64_t passed)
{
	static const struct budget_limits limits = {
		.rates = {
			{ 10000000, 1000000000, 10000000, false },
			{ 50000000, 60000000000, 50000000, true },
		},
		.nrates = 2,
	};
	struct window window;
	struct budget b;

	budget_init(&b, &limits, false, &window);
	budget_restore(&b, &read_of, passed, NOW);
	budget_tick(&b, NOW + 1);
	budget_save(&b, NOW + 1, &again);
	(void)budget_due(&b, 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line, *copy;

	if (size > 1 << 16 || memchr(data, '\0', size) != NULL)
		return 0;
	line = malloc(size + 1);
	memcpy(line, data, size);
	line[size] = '\0';
	copy = strdup(line);
	(void)state_line_check(copy, size);
	if (read_words(line, &read_of)) {
		check_written();
		check_restored(0);
		check_restored(NOW / 7);
		check_restored(UINT64_MAX);
	}
	free(copy);
	free(line);
	return 0;
}
