/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STARTER_WORDS_H
#define SLUICE_STARTER_WORDS_H

/*
 * What a process says to whoever starts others for it, by the socket that
 * carries listening sockets (kept.h), and hears from there: a text that begins
 * with one of these.
 */
#define STARTER_START	'\3'	/* start the program again, beside me */
#define STARTER_KILL	'\4'	/* ... and end that process */
#define STARTER_DONE	'\5'	/* ... it has taken over from me */
#define STARTER_STARTED	'\6'	/* number of that process; and a socket to it */
#define STARTER_ENDED	'\7'	/* how it has ended, for people */

#define STARTER_TEXT	128	/* bytes of one, with its end */

/* Of the environment: names the socket to the process before. */
#define STARTER_HANDOVER "SLUICE_HANDOVER"

#endif
