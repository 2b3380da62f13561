/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_OPENAPI_FILE_H
#define SLUICE_OPENAPI_FILE_H

#include <stddef.h>

/* doc/openapi.yaml, as it is compiled in. */
extern const unsigned char openapi_file[];
extern const size_t openapi_file_len;

#endif
