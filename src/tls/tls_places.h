/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_PLACES_H
#define SLUICE_TLS_PLACES_H

/*
 * Returns the first that can be read of the files in which distributions have
 * all CAs that a system trusts; NULL where there is none.
 */
const char	*tls_places_find(void);

#endif
