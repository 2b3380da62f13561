/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_TYPES_H
#define SLUICE_ESTIMATE_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/budget_types.h"
#include "throttle/gcra.h"
#include "throttle/window.h"

/* What an estimate is made of; estimate.h says what it does. */

#define ESTIMATE_LOG		64	/* slots of an era */
#define ESTIMATE_WINDOWS	2	/* a shorter one, and a longer */
#define ESTIMATE_OPENING	16	/* may be on their way at first */
#define ESTIMATE_WHOLE		64	/* ... from so many on, any number */
#define ESTIMATE_FEW		4	/* ... after a refusal */
#define ESTIMATE_UNIT		BUDGET_UNIT	/* a request */

/* What was admitted since an opening, by the time of its answers. */
struct estimate_log {
	uint64_t	 first;		/* ns; of the first answer */
	uint64_t	 unit;		/* ns; length of a slot */
	uint64_t	 total;		/* requests */
	uint32_t	 slots[ESTIMATE_LOG];
};

/* When one more than a limit is tried. */
struct estimate_more {
	uint32_t	 wait;		/* so many full windows before */
	uint32_t	 step;		/* so many more */
	uint64_t	 after;		/* ns: not before */
};

/* At most n in any window of that length. */
struct estimate_window {
	uint64_t	 n;		/* requests; 0: none is known */
	uint64_t	 lo;		/* ns: it is longer than that */
	uint64_t	 hi;		/* ns: so long it is taken to be */
	uint64_t	 ok;		/* ns: ... at most, if that is refused */
	uint32_t	 held;		/* times that it was tried and went */
	uint64_t	 born;		/* ns: so long at first */
	uint64_t	 tested;	/* ns: by the one on its way; or 0 */
	uint32_t	 full;		/* times used up since one was tried */
	uint32_t	 seen;		/* times used up in all */
	uint32_t	 clean;		/* ... since a refusal */
	uint64_t	 known_at;	/* ns: what it holds is exact since */
	uint64_t	 full_at;	/* ns: last used up */
	bool		 told;		/* the host names it */
	bool		 spent;		/* nobody has gone since it was full */
	uint64_t	 used;		/* requests, at the last refusal */
	uint64_t	 before;	/* n, before it was raised; or 0 */
	uint64_t	 top;		/* n, before others took some of it; 0:
					   they do not, as far as is known */
	struct estimate_more more;
	struct window	 window;
};

/* One after another at a pace: what a host does that counts in a bucket. */
struct estimate_pace {
	bool		 on;
	bool		 told;		/* as the host says */
	uint32_t	 raised;	/* times, and none was refused since */
	uint64_t	 raised_at;	/* ns: first */
	uint64_t	 raised_went;	/* went, then */
	/* not in the snapshot: after that no bound is known by them */
	uint64_t	 step_at;	/* ns: the last time but one; 0: none */
	uint64_t	 step_went;	/* went, then */
	uint64_t	 last_at;	/* ns: the last time */
	uint64_t	 last_went;	/* went, then */
	uint64_t	 after;		/* ns: not again before */
	uint64_t	 since;		/* ns: counts from that refusal on */
	uint64_t	 went;		/* requests admitted since */
	uint64_t	 refused;	/* ns: the last refusal */
	uint64_t	 went_then;	/* went, at that */
	uint64_t	 interval;	/* ns, between two */
	uint64_t	 burst;		/* requests at once; 0: one */
	uint64_t	 full;		/* ... at the most; 0: not known */
	uint32_t	 early;		/* refusals in a row, few between */
	uint64_t	 early_at;	/* ns: the first of them */
	uint64_t	 early_went;	/* went, then */
	uint32_t	 quiet;		/* went at that pace, none refused */
	uint32_t	 seen;		/* refusals it rests on */
	struct gcra	 gcra;
};

/* At most n on their way at a time. */
struct estimate_slots {
	uint32_t	 n;		/* 0: none is known */
	uint32_t	 strikes;	/* refusals with fewer on their way */
	bool		 off;		/* the host does not count so */
	uint32_t	 went;		/* tried beyond n, and admitted */
	bool		 trying;	/* one of them is on its way */
	uint64_t	 quiet;		/* successes with all in use */
	uint64_t	 seen;		/* ... in all */
	struct estimate_more more;
};

/* What a host says is left of a limit. */
struct estimate_room {
	uint64_t	 limit;		/* requests; 0: it does not say */
	uint64_t	 left;		/* requests */
	uint64_t	 until;		/* ns: then it is counted anew, or full */
	bool		 refills;	/* all the time, as the host says */
};

enum estimate_phase {
	ESTIMATE_FREE,		/* the host has never refused */
	ESTIMATE_SHUT,		/* it refuses: one asks at a time */
	ESTIMATE_OPEN,		/* it admits what is known, or more */
};

enum estimate_role {
	ESTIMATE_PLAIN,
	ESTIMATE_PROBE,		/* asks whether the host is open again */
	ESTIMATE_EDGE,		/* asks whether a window is shorter */
	ESTIMATE_EXTRA,		/* asks whether there is more */
};

/* What is remembered of one that was admitted; with its waiter. */
struct estimate_mark {
	uint64_t	 sent;		/* ns */
	uint32_t	 era;
	uint32_t	 loan;		/* see estimate_share.h */
	uint8_t		 role;		/* enum estimate_role */
	uint8_t		 window;	/* of which, where that is one's */
	bool		 guess;		/* no limit is known well yet */
	bool		 again;		/* it was refused before */
};

struct estimate {
	enum estimate_phase phase;
	bool		 probes;	/* one more may be tried */
	bool		 told_only;	/* keeps what is named, learns nothing */
	uint32_t	 era;		/* counts openings */
	uint32_t	 loan;		/* counts those that it was shared by */
	uint32_t	 peers;		/* see estimate_share_peers(); 0: as 1 */
	uint32_t	 abroad;	/* on their way from others */
	uint32_t	 flying;	/* admitted, not answered */
	uint32_t	 uncounted;	/* ... not counted by the host yet */
	uint32_t	 places;	/* may be so; 0: any number */
	uint64_t	 several;	/* ns: then it was known that the era was
					   over, which was several proxies', who
					   knew nothing of each other; or 0 */
	uint64_t	 last;		/* ns: the last admission */
	uint64_t	 heard;		/* ns: the last answer */
	uint64_t	 rtt;		/* ns, about the shortest */
	uint64_t	 spread;	/* ns: beyond that, about the longest */
	uint64_t	 went;		/* admitted in the last era */
	uint64_t	 closed;	/* ns: it was shut then; 0: not known */
	uint64_t	 early;		/* ... in this one, when it was open */
					/* long before it should; or 0 */
	struct estimate_log log;
	/* while it is shut */
	uint64_t	 refused;	/* ns: the first refused one was sent */
	uint64_t	 shut;		/* ns: the last one, it was shut then */
	uint64_t	 next;		/* ns: the next one asks */
	bool		 named;		/* ... as the host has said */
	bool		 asking;	/* it is on its way */
	bool		 at_edge;	/* the first one of a window was refused */
	uint32_t	 asked;		/* so many were refused */
	uint32_t	 beside;	/* on their way then, and admitted */
	uint32_t	 before;	/* ... the time before */
	bool		 doubted;	/* see estimate_doubt.h */
	uint64_t	 outage;	/* ns: the last one ended, so to say */
	/* what may be a longer window */
	uint64_t	 long_first;	/* ns */
	uint64_t	 long_went;
	uint64_t	 told_n;	/* as the host named it last */
	uint64_t	 told_window;	/* ns */
	struct estimate_room room;	/* until: 0 where it says nothing */
	uint64_t	 first_until;	/* ns: one that is not reached yet */
	bool		 refills;	/* it is a bucket, to judge by that */
	bool		 emptied;	/* it is shut since nothing was left, */
	uint64_t	 empty_until;	/* ns: ... until then, as was told */
	uint64_t	 refusals;	/* in all */
	uint64_t	 firsts;	/* ... of those that were not before */
	uint64_t	 second;	/* which, and how many in it; the most */
	uint32_t	 in_second;
	uint32_t	 peak;
	struct estimate_pace pace;
	struct estimate_slots slots;
	struct estimate_window *windows;	/* owned; NULL: none yet */
};

#endif
