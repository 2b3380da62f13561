/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_JAVA_H
#define SLUICE_CTL_DOCTOR_JAVA_H

#include <stdbool.h>
#include <stddef.h>

/* What a Java machine is told of proxies, by options or by its own file. */

struct ctl_doctor_java {
	const char	*host;		/* in the text */
	size_t		 nhost;
	unsigned	 port;
	bool		 http;		/* it speaks HTTP; else SOCKS */
};

/*
 * Finds the next in a text of options (-Dhttp.proxyHost=a -Dhttp.proxyPort=1)
 * or of properties, from *at on, which is moved behind it.  Returns false where
 * there is none.
 */
bool		 ctl_doctor_java_next(const char *text, const char **at,
		    struct ctl_doctor_java *);

/*
 * Returns the properties of the Java machine that is in PATH, to be freed,
 * without what is commented out; NULL: there is none, or none is to be read.
 */
char		*ctl_doctor_java_properties(void);

#endif
