/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_DIALER_H
#define SLUICE_DIALER_H

struct conf;
struct loop;
struct own;
struct resolver;

/* What a thread dials with; all of it stays its owner's. */
struct dialer {
	struct loop		*loop;
	struct resolver		*resolver;
	struct own		*own;		/* this process's */
	const struct conf	*conf;		/* as it is now */
};

#endif
