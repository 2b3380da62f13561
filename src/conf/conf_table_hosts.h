/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_TABLE_HOSTS_H
#define SLUICE_CONF_TABLE_HOSTS_H

#include "conf/conf_option.h"

/* The part of the table with what stands in the rules of hosts: its end. */
extern const struct conf_option conf_table_hosts[];

#endif
