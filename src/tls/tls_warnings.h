/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_WARNINGS_H
#define SLUICE_TLS_WARNINGS_H

struct conf;

/*
 * Calls line() with a text for what is allowed but unwise: hosts whose
 * certificates are not verified, or that the CA may not speak for.
 */
void		 tls_warnings(const struct conf *,
		    void (*line)(const char *, void *), void *arg);

#endif
