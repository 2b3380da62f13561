/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_UTF8_H
#define SLUICE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * Takes the character at p, of n bytes at least one.  Returns its length; 0
 * where it is no UTF-8 as RFC 3629 has it.
 */
size_t	 utf8_take(const char *, size_t n, uint32_t *c);

/*
 * Returns how many of the first n bytes at p to keep, where another one follows,
 * so that no character is cut: all but three at least.
 */
size_t	 utf8_cut(const char *, size_t n);

#endif
