/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TOKENS_H
#define SLUICE_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hint/json_scan.h"
#include "http/http1.h"
#include "throttle/throttle_types.h"

/*
 * Named budgets of a rule, which count something else than requests (tokens,
 * points): what a request is taken to want of each before it goes, and what its
 * answer says that it has used.
 */

#define TOKENS_PATHS	8	/* in a list of them */

/* Where in JSON; owned. */
struct tokens_paths {
	char			*all[TOKENS_PATHS];
	int			 at[TOKENS_PATHS];	/* of asks, or tells */
	unsigned		 n;
};

enum tokens_learn {
	TOKENS_LEARN_OFF,
	TOKENS_LEARN_P90,	/* what nine of ten have used lately */
};

enum tokens_format {
	TOKENS_FORMAT_SSE,	/* server-sent events */
	TOKENS_FORMAT_NONE,	/* streams are not read */
};

struct tokens_budget {
	char			*name;		/* owned */
	struct budget_limits	 limits;	/* of rates */
	struct budget_limits	 total;		/* the same, of all that per
						   tells apart together */

	uint32_t		 input_bytes;	/* are one; 0: not counted */
	char			*input;		/* where it stands; or NULL */
	int			 input_at;	/* of asks */
	struct tokens_paths	 output;	/* its caps */
	uint64_t		 fallback;	/* of output; micro units */
	enum tokens_learn	 learn;

	char			*json;		/* what was used; or NULL */
	int			 json_at;	/* of tells */
	struct tokens_paths	 plus;
	struct tokens_paths	 minus;
	enum tokens_format	 format;
	bool			 ask_usage;	/* has it told in streams */
	bool			 refuse;	/* what can never fit */
	unsigned		 series;	/* of what is counted; stats.h */
};

/* Those of a rule. */
struct tokens {
	struct tokens_budget	 budgets[THROTTLE_METERS];
	unsigned		 n;
	/* made by tokens_complete() */
	struct throttle_meter_limits meters[THROTTLE_METERS];
	struct throttle_meter_limits totals[THROTTLE_METERS];
	unsigned		 ntotals;	/* of those that have one */
	struct json_scan_paths	 asks;		/* of requests */
	struct json_scan_paths	 tells;		/* of answers */
	int			 times;		/* where asks has "n"; or -1 */
	int			 model;		/* ... "model" */
	char			**wrapped;	/* half of tells; owned */
	unsigned		 nwrapped;
	bool			 learns;	/* one does */
	bool			 asks_usage;	/* the same */
};

/* Completes them; returns NULL, or what is wrong, for people. */
const char	*tokens_complete(struct tokens *);
void		 tokens_free(struct tokens *);

/* Returns whether the body of one that counts has to be read before it goes. */
bool		 tokens_reads(const struct tokens *, const struct http1_head *);

/*
 * Returns whether a request is one that is asked to have its usage told where it
 * is for a stream: one that has such an option, which is OpenAI's of completions.
 */
bool		 tokens_asks_usage(const struct tokens *,
		    const struct http1_head *);

/* Returns whether a body is compressed, or the like. */
bool		 tokens_is_coded(const struct http1_head *);

/*
 * Returns whether the body of a message may be changed: it is not said that it
 * must not be (no-transform, RFC 9110, 7.7), and nothing speaks for its bytes
 * (digests of RFC 9530 and before it, signatures of RFC 9421 and Amazon's).
 */
bool		 tokens_may_change(const struct http1_head *);

/* Returns whether a body may be one that counts: JSON, if its type is told. */
bool		 tokens_counts(const struct http1_head *);

/*
 * Returns what goes into a host by a request, and what is to come out of it
 * (micro units), as far as a budget counts that: of a body of so many bytes, in
 * which that was found; json is NULL where it was not read.  learned: what came
 * out for such ones lately, of all their answers together; THROTTLE_NEVER where
 * that is not known.
 */
uint64_t	 tokens_input(const struct tokens *, unsigned budget,
		    uint64_t bytes, const struct json_scan *json);
uint64_t	 tokens_output(const struct tokens *, unsigned budget,
		    const struct json_scan *json, uint64_t learned);

/*
 * Returns how many answers a request asks for (n), in millionths, as far as
 * that counts for a budget; one and more.
 */
uint64_t	 tokens_answers(const struct tokens *, unsigned budget,
		    const struct json_scan *json);

/* Returns a hash of the model that a request names; 0: of none. */
uint64_t	 tokens_model(const struct tokens *, const struct json_scan *);

/*
 * Returns the name of a budget that refuses what it could never allow, or NULL.
 */
const char	*tokens_never_fits(const struct tokens *,
		    const struct throttle_wants *);

/*
 * Returns whether it refuses whatever names no cap, by what it takes for one.
 */
bool		 tokens_refuses_default(const struct tokens_budget *);

/* Returns whether an answer is a stream of server-sent events. */
bool		 tokens_is_stream(const struct http1_head *);

enum tokens_left {
	TOKENS_LEFT_UNTOLD,
	TOKENS_LEFT_TOLD,
	TOKENS_LEFT_OF_ANOTHER,
};

/*
 * Returns whether an answer's fields tell what is left of a budget, by their
 * names: "x-ratelimit-remaining-tokens" of "tokens",
 * "anthropic-ratelimit-input-tokens-remaining" of "input" and "input-tokens";
 * and sets *amount (micro units) to that.  Where the limit that is named beside
 * it is half of that budget or less, it is of another one, such as another
 * model's: then *amount is that limit.
 */
enum tokens_left tokens_left(const struct tokens_budget *,
		    const struct http1_head *, uint64_t *amount);

/* What an answer has told so far, by the number of each path of tells. */
struct tokens_told {
	uint64_t		 amounts[JSON_SCAN_PATHS]; /* micro units */
	bool			 known[JSON_SCAN_PATHS];
	bool			 unusable;	/* text stood there, or the like */
};

/* Takes what stands in a text; of those that follow each other the last. */
void		 tokens_hear(const struct tokens *, const struct json_scan *,
		    struct tokens_told *);

/*
 * Returns what was used of a budget (micro units); THROTTLE_NEVER where that was
 * not told.
 */
uint64_t	 tokens_used(const struct tokens *, unsigned budget,
		    const struct tokens_told *);

#endif
