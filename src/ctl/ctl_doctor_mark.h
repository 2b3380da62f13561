/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_MARK_H
#define SLUICE_CTL_DOCTOR_MARK_H

/*
 * The variable that programs that are tried have, and what they start: the
 * directory that theirs are in.  Who was killed in between knows neither their
 * numbers any more nor is their parent.
 */
#define CTL_DOCTOR_MARK	"SLUICE_DOCTOR"

/* Ends all processes of this user's that have that directory there. */
void		 ctl_doctor_mark_end(const char *dir);

#endif
