/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_TABLE_ROW_H
#define SLUICE_CONF_TABLE_ROW_H

#include "conf/conf_option.h"
#include "conf/conf_types.h"

/* What the rows of the table of options are written with. */

#define MS	UINT64_C(1000000)
#define SECOND	(1000 * MS)
#define HOUR	(3600 * SECOND)
#define DAY	(24 * HOUR)
#define KIB	(UINT64_C(1) << 10)
#define MIB	(UINT64_C(1) << 20)
#define GIB	(UINT64_C(1) << 30)
#define TIB	(UINT64_C(1) << 40)
#define EIB	(UINT64_C(1) << 60)

#define KIND(name)	.kind = CONF_##name, .as = &conf_types[CONF_##name]

#endif
