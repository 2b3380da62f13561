/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_NODE_H
#define SLUICE_CTL_NODE_H

#include <stddef.h>

/*
 * What an older Node is to load to heed the proxy that it is told of, which the
 * build makes out of proxy.cjs.
 */
extern const unsigned char ctl_node_script[];
extern const size_t ctl_node_script_len;

#endif
