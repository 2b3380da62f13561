/* SPDX-License-Identifier: ISC */
#include "hosts/state_line.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#define CRC	" crc="
#define CRC_LEN	(sizeof CRC - 1 + 8)

static uint32_t
checksum(const char *p, size_t n)
{
	return (uint32_t)crc32_z(0, (const unsigned char *)p, n);
}

/* Writing */

static void
put_byte(struct text *t, unsigned char c)
{
	if (c > ' ' && c < 0x7f && c != '%')
		text_put(t, (const char *)&c, 1);
	else
		text_putf(t, "%%%02X", c);
}

void
state_put_text(struct text *t, const char *name, const char *value)
{
	text_put(t, " ", 1);
	text_puts(t, name);
	text_put(t, "=", 1);
	for (; *value != '\0'; value++)
		put_byte(t, (unsigned char)*value);
}

void
state_put_numbers(struct text *t, const char *name, const uint64_t *list,
    unsigned n)
{
	unsigned i;

	text_put(t, " ", 1);
	text_puts(t, name);
	for (i = 0; i < n; i++) {
		text_put(t, i == 0 ? "=" : ",", 1);
		text_put_number(t, list[i]);
	}
}

void
state_put_number(struct text *t, const char *name, uint64_t value)
{
	state_put_numbers(t, name, &value, 1);
}

void
state_put_end(struct text *t, size_t begin)
{
	if (!t->failed)
		text_putf(t, CRC "%08" PRIx32 "\n",
		    checksum(t->p + begin, t->len - begin));
}

/* Reading */

bool
state_line_check(char *line, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	if (len < CRC_LEN || memchr(line, '\0', len) != NULL ||
	    memcmp(line + len - CRC_LEN, CRC, sizeof CRC - 1) != 0)
		return false;
	for (i = len - 8; i < len; i++) {
		if (text_hex(line[i]) == -1)
			return false;
		sum = sum << 4 | (uint32_t)text_hex(line[i]);
	}
	if (sum != checksum(line, len - CRC_LEN))
		return false;
	line[len - CRC_LEN] = '\0';
	return true;
}

/* What is no %XX stays as it is. */
static void
decode(char *p)
{
	char *to = p;

	while (*p != '\0') {
		if (*p == '%' && text_hex(p[1]) != -1 && text_hex(p[2]) != -1) {
			*to++ = (char)(text_hex(p[1]) << 4 | text_hex(p[2]));
			p += 3;
		} else
			*to++ = *p++;
	}
	*to = '\0';
}

bool
state_line_next(char **at, struct state_word *w)
{
	char *p = *at + strspn(*at, " ");

	if (*p == '\0')
		return false;
	w->name = p;
	p += strcspn(p, " ");
	*at = *p == '\0' ? p : p + 1;
	*p = '\0';
	if ((w->value = strchr(w->name, '=')) != NULL) {
		*w->value++ = '\0';
		decode(w->value);
	}
	return true;
}

unsigned
state_numbers(const char *value, uint64_t *list, unsigned max)
{
	unsigned n = 0;
	char *end;

	while (value != NULL && n < max && *value >= '0' && *value <= '9') {
		errno = 0;
		list[n++] = strtoumax(value, &end, 10);
		if (errno != 0)
			return 0;
		if (*end == '\0')
			return n;
		if (*end != ',')
			return 0;
		value = end + 1;
	}
	return 0;
}

uint64_t
state_number(const char *value)
{
	uint64_t n;

	return state_numbers(value, &n, 1) == 1 ? n : 0;
}
