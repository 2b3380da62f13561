/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_STRIP_H
#define SLUICE_CTL_DOCTOR_STRIP_H

/*
 * Takes from the environment what would have a program that is tried ask
 * somebody else, too, or run what its user has put beside it.  For a process
 * that is to be another.
 */
void		 ctl_doctor_strip(void);

#endif
