/* SPDX-License-Identifier: ISC */

/*
 * What a Redis answers: the first byte is how many bytes come at a time, the
 * rest any bytes.  Each whole reply is read as all that it may be taken for.
 */

#include "fuzz.h"

#include "hosts/store_command.h"
#include "net/redis_place.h"
#include "net/redis_reply.h"

static const struct budget_limits limits = {
	.rates = {
	    { BUDGET_UNIT, 1000000000, BUDGET_UNIT, false },
	    { BUDGET_UNIT, 1000000000, BUDGET_UNIT, true },
	},
	.nrates = 2,
};
static const struct lease_question ask = {
	.demand = 1000 * BUDGET_UNIT,
	.first = BUDGET_UNIT,
};

/* What is bounded, whatever came. */
static unsigned
check_parts(const struct redis_reply *reply, unsigned depth)
{
	const struct redis_reply *part;
	unsigned n = 1;

	REQUIRE(depth <= REDIS_REPLY_DEPTH);
	if (reply->kind == REDIS_STATUS || reply->kind == REDIS_ERROR ||
	    reply->kind == REDIS_STRING) {
		REQUIRE(reply->len < REDIS_REPLY_MAX);
		REQUIRE(reply->text[reply->len] == '\0');
	}
	REQUIRE(reply->first == NULL || reply->kind == REDIS_ARRAY);
	for (part = reply->first; part != NULL; part = part->next)
		n += check_parts(part, depth + 1);
	REQUIRE(n <= REDIS_REPLY_PARTS);
	return n;
}

static void
check_lease(const struct redis_reply *reply)
{
	const struct store_asking a = { .limits = &limits, .ask = &ask };
	struct lease_answer l;
	unsigned i;

	if (store_read(reply, &a, &l) != NULL || l.serial == 0)
		return;
	REQUIRE(l.amount >= ask.first && l.amount <= ask.demand);
	REQUIRE(l.again_at <= l.now + UINT64_C(60000000000));
	for (i = 0; i < limits.nrates; i++)
		REQUIRE(l.begins[i] >= l.now && l.ends[i] >= l.begins[i]);
}

static void
check_slots(const struct redis_reply *reply)
{
	const struct lease_slots_question slots = {
		.number = 5, .limit = 4, .holds = 6,
	};
	const struct store_asking a = { .limits = &limits, .slots = &slots };
	struct lease_slots_answer l;

	if (store_read_slots(reply, &a, &l) != NULL)
		return;
	REQUIRE(l.number == slots.number && l.slots <= slots.holds);
	REQUIRE(l.keeps <= l.slots);
	REQUIRE(l.ends == 0 || l.ends >= l.now);
	REQUIRE(l.again_at <= l.now + UINT64_C(60000000000));
}

static void
check_reply(const struct redis_reply *reply)
{
	const struct http1_host asked = { .name = "10.0.0.1", .port = 1 };
	struct http1_host place;
	char text[REDIS_WHY];
	const char *said;
	uint64_t number;
	size_t i;

	(void)check_parts(reply, 0);
	said = redis_reply_say(reply, text);
	for (i = 0; said[i] != '\0'; i++)
		REQUIRE(said[i] >= ' ' && said[i] < 0x7f);
	REQUIRE(redis_reply_code(reply) != NULL);
	if (redis_place_moved(reply, &asked, &place))
		REQUIRE(place.port != 0 && place.name[0] != '\0');
	if (redis_place_master(reply, &place))
		REQUIRE(place.port != 0 && place.name[0] != '\0');
	if (redis_reply_number(reply, 1000, &number))
		REQUIRE(number <= 1000);
	(void)redis_reply_is(reply, "OK");
	check_lease(reply);
	check_slots(reply);
}

/* Whether there may be more. */
static bool
read_all(struct redis_reader *r)
{
	const struct redis_reply *reply;
	const char *why = NULL;

	for (;;) {
		switch (redis_reader_next(r, &reply, &why)) {
		case REDIS_READ_REPLY:
			check_reply(reply);
			break;
		case REDIS_READ_MORE:
			return true;
		case REDIS_READ_FAILED:
			REQUIRE(why != NULL && why[0] != '\0');
			/* it stays so */
			REQUIRE(redis_reader_next(r, &reply, &why) ==
			    REDIS_READ_FAILED);
			return false;
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct redis_reader *r = redis_reader_new();
	size_t piece, n;
	char *copy;

	REQUIRE(r != NULL);
	piece = size > 0 && data[0] > 0 ? data[0] : 16384;
	for (data++; size > 1; data += n, size -= n) {
		n = piece < size - 1 ? piece : size - 1;
		copy = exact_copy(data, n);
		REQUIRE(redis_reader_feed(r, copy, n));
		free(copy);
		if (!read_all(r))
			break;
	}
	redis_reader_free(r);
	return 0;
}
