/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_DIRECT_H
#define SLUICE_CTL_DOCTOR_DIRECT_H

#include <stddef.h>

/*
 * The first entry of a value of NO_PROXY that stands for a rule's hosts, or for
 * some of them, as the most generous of programs read it; NULL: none does.  The
 * rule is its name ("*.example.com", "10.1.2.3", "[::1]"), and the port that it
 * is of, or "".
 */
const char	*ctl_doctor_direct(const char *list, const char *rule,
		    const char *port, size_t *n);

#endif
