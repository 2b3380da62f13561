/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_FORM_H
#define SLUICE_HINT_FORM_H

#include "hint/hint_field.h"

/* By its words; HINT_NONE where they say nothing of limits. */
struct hint_name		 hint_form(struct http1_str);

#endif
