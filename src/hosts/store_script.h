/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_SCRIPT_H
#define SLUICE_STORE_SCRIPT_H

#include <stddef.h>

/* The scripts that a store runs, which the build makes out of files. */
extern const unsigned char store_lease_lua[];
extern const size_t store_lease_lua_len;
extern const unsigned char store_slots_lua[];
extern const size_t store_slots_lua_len;
extern const unsigned char store_epoch_lua[];
extern const size_t store_epoch_lua_len;
extern const unsigned char store_learn_lua[];
extern const size_t store_learn_lua_len;

#endif
