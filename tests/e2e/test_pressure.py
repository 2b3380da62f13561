# SPDX-License-Identifier: ISC
"""Slow peers hold each other back instead of filling the memory."""
import threading

import pytest

import client
import sluice
import wire

SIZE = 100_000_000
MB = 1 << 20
# What kernel buffers on the way may take in.
KERNEL = 48 * MB
# How far the daemon may grow for one exchange or for a few.
GROWTH = (160 if sluice.sanitized() else 12) * MB

pytestmark = pytest.mark.heavy


def send_slowly(data, sent, stalled, size=SIZE):
	"""A handler that notes where it got stuck, then sends the rest."""
	def handle(conn, req):
		conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
		    % size)
		n = conn.send_until_stalled(size, data=data)
		sent.append(n)
		stalled.set()
		conn.sock.settimeout(3 * wire.DEADLINE)
		conn.send(data[n:])
	return handle


def test_reader_that_stalls(lab):
	data = wire.pattern(SIZE)
	sent, stalled = [], threading.Event()
	far = lab.origin(send_slowly(data, sent, stalled))
	daemon = lab.sluice()
	one = lab.client(rcvbuf=65536)
	one.ping()
	before = daemon.rss()
	one.ask("GET", far.url + "/")
	assert one.head().status == 200
	assert stalled.wait(wire.DEADLINE)
	assert sent[0] < KERNEL
	assert daemon.rss() - before < GROWTH
	assert one.digest(SIZE) == wire.sha(data)


def test_origin_that_does_not_read(lab):
	data = wire.pattern(SIZE)
	go = threading.Event()
	got = []

	def handle(conn, req):
		go.wait(3 * wire.DEADLINE)
		conn.sock.settimeout(3 * wire.DEADLINE)
		got.append(conn.digest(SIZE))
		conn.reply(body="done")
	far = lab.origin(handle, read_body=False, rcvbuf=65536)
	daemon = lab.sluice()
	one = lab.client()
	one.ping()
	before = daemon.rss()
	one.send(client.request("PUT", far.url + "/",
	    fields=[("Content-Length", SIZE)]))
	sent = one.send_until_stalled(SIZE, data=data)
	assert sent < KERNEL
	assert daemon.rss() - before < GROWTH
	go.set()
	one.send(memoryview(data)[sent:])
	assert one.response("PUT").body == b"done"
	assert got == [wire.sha(data)]


def test_tunnel_whose_reader_stalls(lab):
	data = wire.pattern(SIZE)
	sent, stalled = [], threading.Event()

	def accept(conn):
		n = conn.send_until_stalled(SIZE, data=data)
		sent.append(n)
		stalled.set()
		conn.sock.settimeout(3 * wire.DEADLINE)
		conn.send(data[n:])
	far = lab.origin(accept=accept)
	daemon = lab.sluice()
	one = lab.client(rcvbuf=65536)
	one.ping()
	before = daemon.rss()
	assert one.tunnel(far.at).status == 200
	assert stalled.wait(wire.DEADLINE)
	assert sent[0] < KERNEL
	assert daemon.rss() - before < GROWTH
	assert one.digest(SIZE) == wire.sha(data)


def test_several_slow_readers_and_a_quick_one(lab):
	"""Thirty stuck readers; others are served as if they were not there."""
	many, size = 30, 20 * MB
	data = wire.pattern(size)
	sent, stuck = [], threading.Semaphore(0)

	class Stalled:
		set = staticmethod(stuck.release)

	def handle(conn, req):
		if req.target == "/quick":
			conn.reply(body="quick")
		else:
			slow(conn, req)
	slow = send_slowly(data, sent, Stalled, size)
	far = lab.origin(handle)
	daemon = lab.sluice()
	lab.get(far.url + "/quick")
	before = daemon.rss()
	clients = [lab.client(rcvbuf=32768) for _ in range(many)]
	for one in clients:
		one.ask("GET", far.url + "/slow")
	for _ in clients:
		assert stuck.acquire(timeout=2 * wire.DEADLINE)
	for _ in range(10):
		assert lab.get(far.url + "/quick").body == b"quick"
	# limits.buffer is 256 KiB a side.
	assert daemon.rss() - before < GROWTH + many * MB
	for one in clients[:3]:
		assert one.head().status == 200
		assert one.digest(size) == wire.sha(data)
	for one in clients[3:]:
		one.reset()
	wire.wait_until(lambda: far.inflight == 0, what="release of all")


def test_memory_comes_to_rest(lab):
	"""The same load twice as long takes no more memory."""
	far = lab.origin(lambda c, r: c.reply(body=b"x" * 1000))
	daemon = lab.sluice()

	def load(n):
		one = lab.client()
		for _ in range(n):
			assert one.get(far.url + "/").status == 200
		one.close()
	load(500)
	before = daemon.rss()
	for _ in range(20):
		load(50)
	assert daemon.rss() - before < (64 if sluice.sanitized() else 4) * MB
