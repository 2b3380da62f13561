/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_TOLD_H
#define SLUICE_HINT_TOLD_H

#include <stddef.h>

#include "http/http1.h"

/*
 * Puts the fields of a response that speak of a limit into buf, for people, as
 * they were received: "name: value" with " · " between, those that fit whole.
 * Values are cut; what could stand for somebody, a partition key or a long run
 * of letters and digits, is only hinted at.  Nothing is escaped.  Returns the
 * length, 0 where there are none; buf is terminated.
 */
size_t		 hint_told(const struct http1_head *, char *buf, size_t size);

#endif
