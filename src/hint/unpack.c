/* SPDX-License-Identifier: ISC */
#include "hint/unpack.h"

#include <stdlib.h>

#include <zlib.h>

struct unpack {
	z_stream		 z;
	bool			 gzip;
	bool			 began;
	bool			 failed;
	bool			 ended;		/* a member has */
	uint64_t		 in;
	uint64_t		 out;
	char			 piece[UNPACK_PIECE];
};

struct unpack *
unpack_new(bool gzip)
{
	struct unpack *u = calloc(1, sizeof *u);

	if (u == NULL)
		return NULL;
	u->gzip = gzip;
	if (inflateInit2(&u->z, gzip ? 15 + 16 : 15) == Z_OK)
		return u;
	free(u);
	return NULL;
}

void
unpack_free(struct unpack *u)
{
	if (u == NULL)
		return;
	inflateEnd(&u->z);
	free(u);
}

/* RFC 1950 2.2: the method in the first byte; what has another is raw. */
static void
begin(struct unpack *u, char first)
{
	u->began = true;
	if (!u->gzip && (first & 0x0f) != 8)
		u->failed = inflateReset2(&u->z, -15) != Z_OK;
}

static bool
is_too_much(const struct unpack *u)
{
	return u->out > UNPACK_FREE && u->out / UNPACK_RATIO > u->in;
}

/* One call of zlib's; false when there is no more to be had of this piece. */
static bool
step(struct unpack *u, void (*out)(const char *, size_t, void *), void *arg)
{
	size_t n;
	int result;

	/* members may follow each other (RFC 1952 2.2) */
	if (u->ended && inflateReset(&u->z) != Z_OK)
		u->failed = true;
	u->ended = false;
	u->z.next_out = (Bytef *)u->piece;
	u->z.avail_out = sizeof u->piece;
	result = inflate(&u->z, Z_SYNC_FLUSH);
	n = sizeof u->piece - u->z.avail_out;
	u->out += n;
	u->ended = result == Z_STREAM_END;
	if ((result != Z_OK && result != Z_STREAM_END &&
	    result != Z_BUF_ERROR) || is_too_much(u))
		u->failed = true;
	if (n > 0 && !u->failed)
		out(u->piece, n, arg);
	return !u->failed && (u->z.avail_in > 0 || u->z.avail_out == 0);
}

bool
unpack_push(struct unpack *u, const char *p, size_t n,
    void (*out)(const char *, size_t, void *), void *arg)
{
	if (n == 0 || u->failed)
		return !u->failed;
	if (!u->began)
		begin(u, *p);
	u->in += n;
	u->z.next_in = (Bytef *)(uintptr_t)p;
	u->z.avail_in = (uInt)n;
	while (!u->failed && step(u, out, arg))
		;
	return !u->failed;
}
