/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_FORM_H
#define SLUICE_HINT_FORM_H

#include "hint/hint_field.h"

/*
 * Returns what a field says by the words of its name alone; its role is
 * HINT_NONE when they say nothing of limits.
 */
struct hint_name		 hint_form(struct http1_str);

#endif
