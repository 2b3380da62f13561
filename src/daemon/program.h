/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_PROGRAM_H
#define SLUICE_PROGRAM_H

/* This program, as it was started, for who starts it again. */

/* Notes how that was; argv lasts. */
void		 program_note(char **argv);

/*
 * Becomes the program that is found now by the name that this one was started
 * by, with the same arguments; where there is none by that, the file that this
 * one was.  Returns only where that cannot be, with errno.
 */
void		 program_exec(void);

/* Returns that name. */
const char	*program_name(void);

#endif
