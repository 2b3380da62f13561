/* SPDX-License-Identifier: ISC */
#include "net/resolve_share.h"

#include <arpa/inet.h>
#include <check.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "check_alloc.h"
#include "check_run.h"

/*
 * Stories of clients, each a letter:
 *
 *	a	a asks
 *	.a	the first lookup of a's is over
 *	~a	nobody asks for the first one of a's that is not idle
 *	^a	somebody asks for the first one of a's that is idle
 *	!a	the last of a's who waits for a turn leaves
 *	=12	there are 12 places
 *
 * and what comes of it: a letter for each turn, a capital one before it when an
 * idle place of that client's was given up for it.
 */

#define MAX	32

static struct lookup {
	struct resolve_waiter	 waiter;
	struct resolve_place	 place;
	char			 client;
	unsigned		 asked;		/* as the nth of all */
	enum { NOTHING, WAITS, AT_WORK } state;
} lookups[MAX];

static struct resolve_share	 share;
static char			 told[2 * MAX + 1];
static size_t			 ntold;
static unsigned			 nasked;

static void
tell(char c)
{
	ck_assert_uint_lt(ntold, 2 * MAX);
	told[ntold++] = c;
	told[ntold] = '\0';
}

static struct lookup *
lookup_of(const struct resolve_waiter *w)
{
	unsigned i;

	for (i = 0; &lookups[i].waiter != w; i++)
		ck_assert_uint_lt(i, MAX - 1);
	return &lookups[i];
}

static struct lookup *
lookup_at(const struct resolve_place *p)
{
	unsigned i;

	for (i = 0; &lookups[i].place != p; i++)
		ck_assert_uint_lt(i, MAX - 1);
	return &lookups[i];
}

static void
end_lookup(struct lookup *l)
{
	resolve_share_give_back(&share, &l->place);
	l->state = NOTHING;
}

/* Has a place for the next one, as there is room or a victim. */
static bool
make_room(const struct resolve_waiter *w)
{
	struct resolve_place *p;

	if (resolve_share_has_room(&share, w))
		return true;
	if ((p = resolve_share_victim(&share, w)) == NULL)
		return false;
	tell((char)toupper(lookup_at(p)->client));
	end_lookup(lookup_at(p));
	return true;
}

/* Whoever asked first of a client's is the first to have a turn. */
static void
check_first(const struct lookup *l)
{
	unsigned i;

	for (i = 0; i < MAX; i++)
		ck_assert(lookups[i].state != WAITS ||
		    lookups[i].client != l->client ||
		    lookups[i].asked >= l->asked);
}

static void
serve(void)
{
	struct resolve_waiter *w;
	struct lookup *l;

	while ((w = resolve_share_next(&share)) != NULL) {
		if (!make_room(w)) {
			/* nobody else would have found any */
			ck_assert(TAILQ_EMPTY(&share.idle));
			ck_assert_uint_ge(share.taken, share.places);
			return;
		}
		l = lookup_of(w);
		check_first(l);
		resolve_share_take(&share, &l->place, w);
		resolve_share_end_turn(&share, w);
		ck_assert(!resolve_share_waits(w));
		l->state = AT_WORK;
		tell(l->client);
	}
}

static bool
wait_for_turn(struct lookup *l, char client)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)(1000 + (l - lookups))),
		.sin_addr.s_addr = htonl(0x7f000000U + (unsigned)client),
	};

	memset(l, 0, sizeof *l);
	l->client = client;
	l->asked = nasked++;
	/* one client has no address */
	if (!resolve_share_wait(&share, &l->waiter,
	    client == 'u' ? NULL : (const struct sockaddr *)&in))
		return false;
	l->state = WAITS;
	return true;
}

static void
ask(char client)
{
	unsigned i;

	for (i = 0; i < MAX && lookups[i].state != NOTHING; i++)
		;
	ck_assert_uint_lt(i, MAX);
	ck_assert(wait_for_turn(&lookups[i], client));
	ck_assert(resolve_share_waits(&lookups[i].waiter));
}

/* The first of the client's at work, idle or not; places are taken in order. */
static struct lookup *
at_work(char client, bool idle)
{
	unsigned i;

	for (i = 0; i < MAX; i++) {
		if (lookups[i].client == client &&
		    lookups[i].state == AT_WORK &&
		    lookups[i].place.idle == idle)
			return &lookups[i];
	}
	ck_abort_msg("%c has none", client);
}

static void
leave_last(char client)
{
	struct lookup *last = NULL;
	unsigned i;

	for (i = 0; i < MAX; i++) {
		if (lookups[i].client == client && lookups[i].state == WAITS)
			last = &lookups[i];
	}
	ck_assert_ptr_nonnull(last);
	resolve_share_leave(&share, &last->waiter);
	last->state = NOTHING;
}

static void
start(size_t places)
{
	memset(lookups, 0, sizeof lookups);
	told[ntold = 0] = '\0';
	resolve_share_init(&share, places);
}

/* All end and leave; then no client is left behind. */
static void
end(void)
{
	unsigned i;

	for (i = 0; i < MAX; i++) {
		if (lookups[i].state == WAITS)
			resolve_share_leave(&share, &lookups[i].waiter);
		else if (lookups[i].state == AT_WORK)
			resolve_share_give_back(&share, &lookups[i].place);
	}
	ck_assert_uint_eq(share.taken, 0);
	ck_assert(RB_EMPTY(&share.clients));
	ck_assert(TAILQ_EMPTY(&share.idle));
	ck_assert(TAILQ_EMPTY(&share.turns));
}

/* Returns how much of the story that was. */
static size_t
step(const char *s)
{
	char *rest;

	switch (*s) {
	case '.':
		end_lookup(at_work(s[1], false));
		return 2;
	case '~':
		resolve_share_set_idle(&share, &at_work(s[1], false)->place,
		    true);
		return 2;
	case '^':
		resolve_share_set_idle(&share, &at_work(s[1], true)->place,
		    false);
		return 2;
	case '!':
		leave_last(s[1]);
		return 2;
	case '=':
		resolve_share_resize(&share, strtoul(s + 1, &rest, 10));
		return (size_t)(rest - s);
	default:
		ask(*s);
		return 1;
	}
}

static const struct {
	size_t		 places;
	const char	*story;
	const char	*turns;
} stories[] = {
	/* a client has a fourth of the places, and one at least */
	{ 8, "aaaaa", "aa" },
	{ 11, "aaaaa", "aa" },
	{ 12, "aaaaa", "aaa" },
	{ 4, "aa", "a" },
	{ 3, "aa", "a" },
	{ 1, "aa", "a" },
	{ 8, "uuuaaab", "uuaab" },

	/* its next comes when one of its own is over, not another's */
	{ 8, "aaaabbb.a", "aabba" },
	{ 8, "aaaabbb.b", "aabbb" },
	{ 8, "aaa!a.a", "aa" },
	{ 8, "aaaa!a.a.a", "aaa" },

	/* when all are taken clients take turns, whoever asks more */
	{ 4, "abcdeeefg.a.b.c.d", "abcdefg" },
	{ 4, "abcdeeefg.a.b.c.d.e.e", "abcdefgee" },
	{ 8, "aabbccddeeefffgg.a.a.b.b.c.c", "aabbccddefgefg" },
	/* who leaves and comes again is the last */
	{ 4, "abcdefg!ee.a.b.c", "abcdfge" },
	/* what leaves takes nobody's turn */
	{ 8, "aabbccddeeef!e.a.a.b", "aabbccddefe" },
	/* nobody is held up by one who may have no more */
	{ 4, "abcdaaae.b", "abcde" },

	/* what is idle is kept while there is room */
	{ 8, "a~abc", "abc" },
	/* and is given up, the first one first, for whoever it is */
	{ 4, "abcd~c~aef", "abcdCeAf" },
	{ 4, "abcd~a^ae.b", "abcde" },
	{ 4, "abcd~a~b^a~aef", "abcdBeAf" },
	/* who has all of its share gives up its own, though there is room */
	{ 8, "aa~aa", "aaAa" },
	{ 8, "bb~baa~aa", "bbaaAa" },
	{ 8, "aaa~a", "aaAa" },
	{ 8, "bbaaa~b", "bbaa" },
	{ 8, "aaa~a.a", "aaAa" },
	{ 4, "abcdef~a.b", "abcdAef" },

	/* other numbers of places */
	{ 4, "aabbc=8", "abcab" },
	{ 4, "aaa=12", "aaa" },
	{ 8, "aabbc=4aa.a", "aabbc" },
	{ 8, "aabbc=4aa.a.a", "aabbca" },
	{ 8, "aabbcc=4d.a.a.b", "aabbccd" },
	{ 8, "aabbcc=4~bd", "aabbccBd" },
};

START_TEST(whose_turn)
{
	const char *s = stories[_i].story;

	start(stories[_i].places);
	while (*s != '\0') {
		s += step(s);
		serve();
	}
	ck_assert_str_eq(told, stories[_i].turns);
	end();
}
END_TEST

START_TEST(no_memory)
{
	bool waits;

	start(4);
	check_alloc = 1;
	waits = wait_for_turn(&lookups[0], 'a');
	check_alloc = 0;
	ck_assert(!waits);
	ck_assert(!resolve_share_waits(&lookups[0].waiter));
	ck_assert_ptr_null(resolve_share_next(&share));
	/* one who is there needs none */
	ck_assert(wait_for_turn(&lookups[0], 'a'));
	check_alloc = 1;
	waits = wait_for_turn(&lookups[1], 'a');
	check_alloc = 0;
	ck_assert(waits);
	end();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("resolve_share");
	TCase *tc = tcase_create("resolve_share");

	tcase_add_loop_test(tc, whose_turn, 0,
	    sizeof stories / sizeof stories[0]);
	tcase_add_test(tc, no_memory);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
