/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_PLACE_H
#define SLUICE_PLACE_H

/* Where something stands in the file; line 0: nowhere. */
struct place {
	unsigned	 line;
	unsigned	 column;
};

#endif
