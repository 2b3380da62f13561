/* SPDX-License-Identifier: ISC */
#include "exchange/relay_parent.h"

#include <string.h>

#include "base/text.h"
#include "exchange/relay_head.h"
#include "http/http1.h"

#define END	"\r\n"

/* The parent resolves it: a name that is whole stays so.  Without a port if 0. */
static void
put_host(struct text *t, const struct relay_parent *p, uint16_t port)
{
	relay_authority(t, p->host, p->host->absolute, port);
}

/* With the port, unless that is HTTP's own. */
static void
put_origin(struct text *t, const struct relay_parent *p)
{
	put_host(t, p, p->port != 80 ? p->port : 0);
}

/* The head's end, and before it what is for the parent alone. */
static void
put_end(struct text *t, const struct relay_parent *p)
{
	if (p->authorization != NULL) {
		text_puts(t, "Proxy-Authorization: ");
		text_puts(t, p->authorization);
		text_puts(t, END);
	}
	text_puts(t, END);
}

/* Puts what stands behind so many lines, but for the head's end. */
static void
put_behind(struct text *t, const struct text *head, unsigned lines)
{
	const char *p = head->p, *end = head->p + head->len, *next;

	for (; lines > 0; lines--) {
		next = memchr(p, '\n', (size_t)(end - p));
		p = next != NULL ? next + 1 : end;
	}
	if (end - p > 2)
		text_put(t, p, (size_t)(end - p) - 2);
}

void
relay_parent_absolute(struct text *t, const struct text *head,
    size_t method_len, const struct relay_parent *p)
{
	size_t target = method_len + 1;
	const char *end = memchr(head->p, '\n', head->len);

	text_put(t, head->p, target);
	text_puts(t, "http://");
	put_origin(t, p);
	/* RFC 9112 3.2.4: the last proxy makes a * of a target without path */
	if (head->p[target] == '*')
		target++;
	text_put(t, head->p + target, (size_t)(end + 1 - head->p) - target);
	/* Host is what the target has (RFC 9112 3.2) */
	text_puts(t, "Host: ");
	put_origin(t, p);
	text_puts(t, END);
	put_behind(t, head, 2);
	put_end(t, p);
}

/* The first two lines of a CONNECT. */
static void
put_connect(struct text *t, const struct relay_parent *p)
{
	text_puts(t, "CONNECT ");
	put_host(t, p, p->port);
	text_puts(t, " HTTP/1.1" END "Host: ");
	put_host(t, p, p->port);
	text_puts(t, END);
}

void
relay_parent_connect(struct text *t, const struct text *head,
    const struct relay_parent *p)
{
	put_connect(t, p);
	/* without its own */
	put_behind(t, head, 2);
	put_end(t, p);
}

void
relay_parent_own_connect(struct text *t, const char *via,
    const struct relay_parent *p)
{
	put_connect(t, p);
	if (via != NULL) {
		text_puts(t, "Via: 1.1 ");
		text_puts(t, via);
		text_puts(t, END);
	}
	put_end(t, p);
}
