/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_STREAM_H
#define SLUICE_CHECK_STREAM_H

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "net/loop.h"
#include "net/stream.h"

/* A stream over one end of a socket pair, its peer at the other. */

static struct memory	 memory;
static struct loop	*loop;
static struct stream	 stream;
static int		 peer;
static unsigned		 readable, written;
static char		*data;		/* of its size, all different */

static void
readable_cb(void *owner)
{
	ck_assert_ptr_eq(owner, &stream);
	readable++;
}

static void
written_cb(void *owner)
{
	ck_assert_ptr_eq(owner, &stream);
	written++;
}

static void
rung_cb(void *arg)
{
	(void)arg;
}

static const struct stream_events events = { readable_cb, written_cb };

static void
open_stream(size_t much)
{
	int fd[2];
	size_t i;

	signal(SIGPIPE, SIG_IGN);	/* as the daemon does */
	memory_init(&memory, 1 << 30, SHARE_OFF);
	loop = loop_new(0, &memory, rung_cb, NULL);
	ck_assert_ptr_nonnull(loop);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    fd), 0);
	peer = fd[1];
	memset(&stream, 0, sizeof stream);
	stream_open(&stream, loop, fd[0], &events, &stream);
	readable = written = 0;
	data = malloc(much);
	ck_assert_ptr_nonnull(data);
	for (i = 0; i < much; i++)
		data[i] = (char)(i * 31 + i / 251);
}

static void
close_stream(void)
{
	stream_close(&stream);
	stream_free(&stream);
	if (peer != -1)
		close(peer);
	loop_free(loop);
	ck_assert_uint_eq(memory.used, 0);
	memory_destroy(&memory);
	free(data);
}

static void
turn(void)
{
	event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

#endif
