/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_PHP_H
#define SLUICE_CTL_PHP_H

#include <stddef.h>

/*
 * What PHP is to load so that what it opens by a URL goes by the proxy, which
 * the build makes out of proxy.php.
 */
extern const unsigned char ctl_php_script[];
extern const size_t ctl_php_script_len;

#endif
