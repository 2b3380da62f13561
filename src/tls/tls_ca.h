/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_CA_H
#define SLUICE_TLS_CA_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Makes a CA that may speak only for the hosts that the configuration marks
 * with https: intercept (name constraints, RFC 5280 4.2.1.10): DIR/ca.pem and
 * DIR/ca.key (mode 0600), the directory too where it is missing; never over a
 * file that is there.  Tells on out what makes curl, Python, Node and the
 * system trust it.  Returns false with *cause, to be freed; then no file is
 * left behind.
 */

struct conf;

bool	 tls_ca_make(const struct conf *, const char *dir, FILE *out,
	    char **cause) __attribute__((warn_unused_result));

#endif
