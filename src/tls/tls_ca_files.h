/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_CA_FILES_H
#define SLUICE_TLS_CA_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Files that appear whole, in their places, or not at all, whatever signal is
 * sent meanwhile: those that end a process from outside are held back.
 */

struct tls_ca_file {
	const char	*name;		/* in the directory */
	mode_t		 mode;		/* 0600: for nobody else */
	const char	*p;		/* what is in it */
	size_t		 len;
};

/*
 * Makes them in a directory, and has them written to the disk.  Returns false
 * with *cause, to be freed, where one of them is there already, or anything
 * goes wrong: then there is none.
 */
bool		 tls_ca_files_make(const char *dir,
		    const struct tls_ca_file *, size_t n, char **cause)
		    __attribute__((warn_unused_result));

/*
 * Puts one in the place of another, whose owner and mode it gets.  Who reads it
 * meanwhile has the one or the other whole.  Returns false with *cause, to be
 * freed: then the old one is there.
 */
bool		 tls_ca_files_replace(const char *path, const char *p,
		    size_t len, char **cause)
		    __attribute__((warn_unused_result));

#endif
