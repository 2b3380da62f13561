/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_SEEN_H
#define SLUICE_CTL_DOCTOR_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/ctl_ask.h"
#include "ctl/ctl_doctor_probe.h"

/*
 * What the daemon has seen of programs that are tried.  It lists the last
 * requests alone, and others may ask it for many; so it is asked while they
 * run, each time that many more have come.
 */

/* Of one program. */
struct ctl_doctor_seen {
	/* To be set; the rest zeroed. */
	const char	*nonce;		/* in the path that it asks for */
	unsigned	 port;		/* of what it asks; 0: elsewhere */
	bool		 plain;		/* for http:// */

	char		 since[32];	/* when it began, as the daemon says */
	char		 until[32];	/* from when on it was not looked for */
	bool		 missed;	/* between them, or it is not told */
	/* What came of it. */
	bool		 answered;
	bool		 refused;	/* each time until now */
	bool		 by_tunnel;	/* that one, though it is plain */
	char		 line[CTL_DOCTOR_TEXT];	/* why refused, or missed */
};

/* All of them. */
struct ctl_doctor_watch {
	const struct ctl_daemon	*daemon;
	long long		 listed;	/* requests when it was read */
	unsigned		 length;	/* of the list then */
	uint64_t		 next;		/* ns: when to ask again */
};

/* From now on it may come. */
void		 ctl_doctor_seen_begin(struct ctl_doctor_seen *);
/*
 * Looks for those in the list; unless it is for one that has ended (whole),
 * only where enough time has passed and enough has come.
 */
void		 ctl_doctor_watch_look(struct ctl_doctor_watch *,
		    struct ctl_doctor_seen *const *, unsigned n, bool whole);

#endif
