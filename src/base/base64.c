/* SPDX-License-Identifier: ISC */
#include "base/base64.h"

#include <stdint.h>

static int
sextet(char ch)
{
	if (ch >= 'A' && ch <= 'Z')
		return ch - 'A';
	if (ch >= 'a' && ch <= 'z')
		return ch - 'a' + 26;
	if (ch >= '0' && ch <= '9')
		return ch - '0' + 52;
	if (ch == '-' || ch == '+')
		return 62;
	return ch == '_' || ch == '/' ? 63 : -1;
}

size_t
base64_decode(char *out, const char *text, size_t len)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t i, n = 0;
	int value;

	while (len > 0 && text[len - 1] == '=')
		len--;
	for (i = 0; i < len; i++) {
		if ((value = sextet(text[i])) < 0)
			return 0;
		bits = (bits << 6 | (uint32_t)value) & 0xffffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (char)(bits >> have & 0xff);
		}
	}
	return n;
}

void
base64_encode(char *out, const char *bytes, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits;
	size_t i, j, have;

	for (i = 0; i < n; i += 3) {
		have = n - i < 3 ? n - i : 3;
		for (bits = 0, j = 0; j < 3; j++)
			bits = bits << 8 | (j < have ?
			    (unsigned char)bytes[i + j] : 0);
		for (j = 0; j < 4; j++)
			*out++ = j > have ? '=' :
			    digits[bits >> (18 - 6 * j) & 63];
	}
	*out = '\0';
}
