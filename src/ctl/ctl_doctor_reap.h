/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_REAP_H
#define SLUICE_CTL_DOCTOR_REAP_H

/* Removes a directory with all that programs have left in it. */
void		 ctl_doctor_reap_dir(const char *);

#endif
