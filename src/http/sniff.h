/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_SNIFF_H
#define SLUICE_SNIFF_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What the first bytes inside a tunnel are: TLS, a request of HTTP, or neither.
 *
 * Whatever an origin could take for a request counts as one, however careless
 * that origin reads (RFC 9112 2.2 and 3: empty lines before it, any white
 * space, line ends without CR, methods that nobody knows, lines of any length):
 * what follows has to pass the strict parser.  Only the first line decides;
 * behind one that is no request line an origin of HTTP answers 400 and closes.
 */

#define SNIFF_TLS_BYTES	6	/* a record's header, and its ClientHello's */
#define SNIFF_METHOD	64	/* bytes of methods that programs send */

enum sniff_verdict {
	SNIFF_NOTHING,		/* no byte yet, or but white space */
	SNIFF_MAYBE_TLS,
	SNIFF_MAYBE_HTTP,
	SNIFF_TLS,		/* RFC 8446 5.1, 4.1.2 */
	SNIFF_HTTP,
	SNIFF_OTHER,
};

/* Zeroed to start with; the fields are sniff's. */
struct sniff {
	enum sniff_verdict	 verdict;
	size_t			 seen;		/* bytes before the verdict */
	size_t			 method;	/* bytes of it so far */
	bool			 in_target;	/* behind the method */
	bool			 apart;		/* white space came last */
	unsigned		 matched;	/* bytes of "HTTP/" */
	/*
	 * With SNIFF_MAYBE_HTTP: so far it is what programs send, a method in
	 * capitals and one space behind it.
	 */
	bool			 likely;
};

/*
 * Takes more bytes, until there is a verdict; later ones change nothing.
 * Returns what is known by then.
 */
enum sniff_verdict sniff(struct sniff *, const char *, size_t len);

#endif
