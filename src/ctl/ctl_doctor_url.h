/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_URL_H
#define SLUICE_CTL_DOCTOR_URL_H

#include <stdbool.h>
#include <stddef.h>

/* A proxy's URL, as variables have it: http://name:password@localhost:3128/ */
struct ctl_doctor_url {
	const char	*scheme;	/* "http" where there is none */
	size_t		 nscheme;
	const char	*user;		/* name and password */
	size_t		 nuser;
	const char	*authority;	/* what is behind them: host and port */
	size_t		 nauthority;
	/*
	 * Programs do not agree where the name and password end: there is a
	 * character in them that has to be written as %XX.
	 */
	bool		 unclear;
};

/* What it has points into the text. */
void		 ctl_doctor_url_parse(struct ctl_doctor_url *, const char *);
/*
 * Whether two name the same place: any name of this machine is as good as
 * another.  No host is asked, only /etc/hosts.
 */
bool		 ctl_doctor_url_same(const struct ctl_doctor_url *,
		    const struct ctl_doctor_url *);
/* Whether a host's name or address, in brackets or not, is this machine. */
bool		 ctl_doctor_url_here(const char *host, size_t n);
/*
 * Puts asterisks where a line has a password of a proxy that the environment
 * names, or a part of it, or anything else of the form "://name:password@".
 */
void		 ctl_doctor_url_hide(char *line);

#endif
