/* SPDX-License-Identifier: ISC */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
text_grow(struct text *t, size_t n)
{
	size_t size = t->size ? t->size : 512;
	char *p;

	if (t->failed)
		return false;
	while (size - t->len < n)
		size *= 2;
	if ((p = realloc(t->p, size)) == NULL) {
		t->failed = true;
		return false;
	}
	t->p = p;
	t->size = size;
	return true;
}

void
text_putf(struct text *t, const char *fmt, ...)
{
	char buf[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof buf, fmt, ap);
	va_end(ap);
	if (n > 0)
		text_put(t, buf, (size_t)n < sizeof buf ? (size_t)n :
		    sizeof buf - 1);
}

void
text_put_number(struct text *t, uint64_t n)
{
	char buf[20];
	size_t i = sizeof buf;

	do {
		buf[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	text_put(t, buf + i, sizeof buf - i);
}

void
text_free(struct text *t)
{
	free(t->p);
	memset(t, 0, sizeof *t);
}

void
text_reset(struct text *t)
{
	t->len = 0;
	t->failed = false;
}

int
text_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int
text_decode(const char *p, size_t n, size_t *used)
{
	int c = (unsigned char)p[0];

	*used = 1;
	if (c == '%') {
		if (n < 3 || text_hex(p[1]) < 0 || text_hex(p[2]) < 0)
			return -1;
		*used = 3;
		c = text_hex(p[1]) * 16 + text_hex(p[2]);
	}
	return c < 0x20 || c == 0x7f ? -1 : c;
}
