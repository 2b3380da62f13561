/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_VALUE_H
#define SLUICE_CONF_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

/*
 * Values as people write them.  Each reader returns NULL when it understood,
 * else what is wrong, to be said behind the value: "is negative".  Numbers too
 * large to hold become UINT64_MAX, which no range allows.
 */

/* A number of seconds, or one with ms, s, m, h or d, to nanoseconds. */
const char	*conf_duration(const char *, uint64_t *)
		    __attribute__((warn_unused_result));
/*
 * A number of bytes, or one with B, KiB to EiB (or K, M, G, T for the
 * same), kB, MB, GB or TB (powers of 1000).
 */
const char	*conf_size(const char *, uint64_t *)
		    __attribute__((warn_unused_result));
/* A number with or without a fraction, to millionths. */
const char	*conf_units(const char *, uint64_t *)
		    __attribute__((warn_unused_result));
const char	*conf_integer(const char *, uint64_t *)
		    __attribute__((warn_unused_result));
const char	*conf_boolean(const char *, bool *)
		    __attribute__((warn_unused_result));

/*
 * An address to listen at: IP:PORT, [IPV6]:PORT, localhost:PORT, *:PORT or
 * unix:/PATH.  On success the address owns a copy of the text; without memory
 * for that it returns conf_value_no_memory.
 */
const char	*conf_listen_address(const char *, struct conf_address *)
		    __attribute__((warn_unused_result));
/* A name server: an IP address, with or without a port (53). */
const char	*conf_resolver_address(const char *, struct conf_address *)
		    __attribute__((warn_unused_result));
extern const char conf_value_no_memory[];

/* A duration, size or number of millionths as conf_duration() and so on
 * would read it; returns buf. */
#define CONF_TEXT	32
const char	*conf_duration_text(char buf[CONF_TEXT], uint64_t);
const char	*conf_size_text(char buf[CONF_TEXT], uint64_t);
const char	*conf_units_text(char buf[CONF_TEXT], uint64_t);

/*
 * Text out of the file, fit to be shown in one line, and in a log: control
 * characters are escaped, what is long is cut, and what stands before an @ or
 * in a URL's query is left out.  Returns buf.
 */
#define CONF_SHOW	256
const char	*conf_show(char buf[CONF_SHOW], const char *);

/*
 * How many letters must be added, dropped, changed or swapped with their
 * neighbour to get from one word to the other, without regard to case;
 * UINT_MAX for words longer than 63 bytes.
 */
unsigned	 conf_distance(const char *, const char *);
/* Whether somebody who wrote the one may well have meant the other. */
bool		 conf_near(const char *wrote, const char *meant,
		    unsigned *distance);

#endif
