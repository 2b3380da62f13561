/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_DASHBOARD_FILES_H
#define SLUICE_DASHBOARD_FILES_H

#include <stddef.h>

/*
 * The files of src/admin/dashboard/, as they are compiled in: the page with
 * marks where the others belong, its style, and its scripts one after another.
 */
extern const unsigned char dashboard_html[];
extern const size_t dashboard_html_len;
extern const unsigned char dashboard_css[];
extern const size_t dashboard_css_len;
extern const unsigned char dashboard_js[];
extern const size_t dashboard_js_len;

#endif
