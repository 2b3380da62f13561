/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_PROBE_H
#define SLUICE_CTL_DOCTOR_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ctl/ctl_client.h"
#include "ctl/ctl_doctor_clients.h"
#include "ctl/ctl_doctor_filter.h"
#include "ctl/ctl_variables.h"

/*
 * A probe: one client is run, and asked for a URL whose path the daemon answers
 * itself (exchange_local.h) and whose host is this process, on the loopback.
 * So what comes here from that client has gone direct.
 */

#define CTL_DOCTOR_NONCE	17	/* bytes, with the end */
#define CTL_DOCTOR_TEXT		200
#define CTL_DOCTOR_CONNS	4	/* connections that are looked at */

struct ctl_doctor_probe {
	/* To be set; the rest zeroed. */
	const struct ctl_doctor_client *client;
	const char	*program;	/* its path */
	bool		 tls;		/* https: */
	const char	*host;		/* asked for; NULL: this process */
	const struct ctl_variables *variables;	/* put over the environment;
						   or NULL */
	const struct ctl_client *daemon;
	const char	*dir;		/* where one of its own is made */
	uint64_t	 patience;	/* ns */
	int		 line;		/* kept open until nothing is left */

	char		 nonce[CTL_DOCTOR_NONCE];	/* in the path */
	pid_t		 pid;		/* its warden's, and its session's */
	bool		 over;		/* it has ended by itself */
	int		 out;		/* what it says */
	int		 listener;
	struct ctl_doctor_filter *filter;	/* own; NULL: it has none */
	char		 tunnel[300];	/* "HOST:PORT", of that */
	int		 conns[CTL_DOCTOR_CONNS];
	char		 own_dir[PATH_MAX];
	uint64_t	 deadline;
	char		 said[4096];
	size_t		 nsaid;
	/* What came of it. */
	bool		 direct;	/* the client itself came here */
	bool		 through;	/* somebody else came for it */
	bool		 late;		/* it was ended */
	bool		 broken;	/* it was not run; said has why */
	int		 status;	/* as wait(2) has it */
};

/*
 * Starts it.  Returns false where it cannot be (broken).
 * ctl_doctor_probe_end() in either case.
 */
bool		 ctl_doctor_probe_start(struct ctl_doctor_probe *);
/*
 * Hears those that were started, for a moment at most.  Returns one that has
 * ended; or NULL where none has.
 */
struct ctl_doctor_probe *ctl_doctor_probe_hear(struct ctl_doctor_probe **,
		    unsigned n);
/* Ends whatever runs of it, and removes its files. */
void		 ctl_doctor_probe_end(struct ctl_doctor_probe *);

/* Whether what it has said is about a certificate that it does not trust. */
bool		 ctl_doctor_probe_distrusts(const struct ctl_doctor_probe *);
/* The line of what it has said that tells most, without any password. */
void		 ctl_doctor_probe_line(const struct ctl_doctor_probe *,
		    char line[CTL_DOCTOR_TEXT]);

#endif
