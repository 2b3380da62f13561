/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REFUSAL_XML_H
#define SLUICE_REFUSAL_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "http/http1_str.h"

/* The elements of a text in XML or HTML that have text and nothing else. */
struct refusal_xml {
	const char	*p;		/* what is left to be read */
	const char	*end;
	unsigned	 left;		/* how many more are told */
};

/* Returns whether the text begins as XML or HTML does; then it is begun. */
bool		 refusal_xml_begin(struct refusal_xml *, const char *,
		    size_t);
/*
 * Returns false behind the last; else the element's name, without its name
 * space, and its text as it stands there, without the blanks around it.
 */
bool		 refusal_xml_next(struct refusal_xml *, struct http1_str *name,
		    struct http1_str *text);

#endif
