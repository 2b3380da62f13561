/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_BROWSER_PAGE_H
#define SLUICE_BROWSER_PAGE_H

/*
 * For people who open the proxy's address in a browser, as if it were a
 * website's.
 */

struct conf;
struct downstream;
struct http1_head;
struct reply;

/*
 * Returns a page in HTML that says what this is and what it has answered, to
 * clients on this machine also where the dashboard stands; to be freed.  NULL
 * where the request has another form than a browser's would, or Accept does
 * not prefer HTML, or there is no memory.
 */
char	*browser_page(const struct conf *, const struct downstream *,
	    const struct http1_head *, const struct reply *);

#endif
