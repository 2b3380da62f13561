/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_ACCESS_H
#define SLUICE_CONF_ACCESS_H

#include "conf/conf.h"

/*
 * Tells one line for each listening address that lets in other clients than the
 * file's author may think: nobody from elsewhere, or everybody.
 */
void		 conf_access_warnings(const struct conf *,
		    void (*line)(const char *, void *), void *arg);

#endif
