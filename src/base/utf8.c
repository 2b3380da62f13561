/* SPDX-License-Identifier: ISC */
#include "base/utf8.h"

size_t
utf8_take(const char *s, size_t n, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;
	size_t i, len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 :
	    p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

	if (len == 0 || len > n)
		return 0;
	*c = len == 1 ? p[0] : p[0] & (0x7fU >> len);
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3f);
	}
	if (*c < least[len] || (*c >= 0xd800 && *c < 0xe000) || *c > 0x10ffff)
		return 0;
	return len;
}

size_t
utf8_cut(const char *p, size_t n)
{
	size_t i;

	/* the byte behind the cut goes on with a character that began before */
	for (i = 0; i <= 3 && i <= n; i++) {
		if (((unsigned char)p[n - i] & 0xc0) != 0x80)
			return n - i;
	}
	return n;
}
