/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_COMMAND_H
#define SLUICE_STORE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "throttle/lease_grant.h"
#include "throttle/lease_learn.h"
#include "throttle/lease_slots.h"

/*
 * What is said to a store, and what it answers, in the units of store_lease.lua,
 * store_slots.lua and store_learn.lua: microseconds, and whole numbers that they
 * have exactly.
 */

#define STORE_MOST	((UINT64_C(1) << 53) - 1)
#define STORE_TAGS	64
#define STORE_WORDS	(28 + 5 * BUDGET_RATES)
#define STORE_KEY	1280	/* bytes of a key, more than one may have */
#define STORE_CHANNEL	128	/* bytes of a channel's name */

struct redis_reply;

/* A question, in memory of its own. */
struct store_asking {
	const char		*space;		/* the namespace */
	const char		*budget;
	size_t			 len;
	const char		*run;		/* of the server */
	const struct budget_limits *limits;
	const struct lease_question *ask;
	const struct lease_slots_question *slots; /* that is asked; or NULL */
	bool			 is_epoch;	/* only that of a tag is: */
	unsigned		 tag;
	const struct lease_learn_question *learn; /* the same */
};

/* The words of a command; it must stay where it is. */
struct store_command {
	int			 n;
	const char		*words[STORE_WORDS];
	size_t			 lengths[STORE_WORDS];
	char			 text[2 * STORE_KEY + 24 * STORE_WORDS];
	size_t			 used;		/* of that */
};

/* Returns a hash of a budget's name that is the same everywhere. */
uint64_t	 store_hash(const char *budget, size_t len);
/* Returns the tag of a budget's key, which all proxies agree about. */
unsigned	 store_tag(const char *budget, size_t len);

/* Fills in the name of the channel by which proxies of a namespace are told. */
void		 store_channel(char channel[STORE_CHANNEL], const char *space);

/* Returns the text of the nth script that a command may run; NULL: no more. */
const char	*store_script(unsigned n, size_t *len);

/* Makes the command; the script by its text, or by its digest. */
void		 store_command(struct store_command *,
		    const struct store_asking *, bool by_text);

/*
 * Reads an answer to a question.  Returns NULL; or what is wrong with it, which
 * is static.
 */
const char	*store_read(const struct redis_reply *,
		    const struct store_asking *, struct lease_answer *);
/* The same of one that is about slots. */
const char	*store_read_slots(const struct redis_reply *,
		    const struct store_asking *, struct lease_slots_answer *);
/* ... about what is learned; its text is the reply's. */
const char	*store_read_learn(const struct redis_reply *,
		    struct lease_learn_answer *);

#endif
