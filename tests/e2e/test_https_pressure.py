# SPDX-License-Identifier: ISC
"""Slow peers and many peers, with TLS on both sides."""
import threading

import pytest

import client
import sluice
import ways
import wire

SIZE = 60_000_000
MB = 1 << 20
# What kernel buffers on the way may take in.
KERNEL = 48 * MB
# How far the daemon may grow for one exchange.
GROWTH = (160 if sluice.sanitized() else 12) * MB
MANY = 200 if sluice.sanitized() else 1000
# For a connection with TLS: OpenSSL's state, our buffers, what the allocator
# keeps of a handshake.
EACH = (1500 if sluice.sanitized() else 150) * 1024

pytestmark = pytest.mark.heavy
both = pytest.mark.parametrize("mode", ways.BOTH)


@both
def test_reader_that_stalls(tlab, mode):
	"""The origin is read only as fast as the client reads."""
	data = wire.pattern(SIZE)
	sent, stalled = [], threading.Event()

	def handle(conn, req):
		if req.target == "/first":
			conn.reply()
			return
		conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
		    % SIZE)
		n = conn.send_until_stalled(SIZE, data=data)
		sent.append(n)
		stalled.set()
		conn.sock.settimeout(3 * wire.DEADLINE)
		conn.send(memoryview(data)[n:])
	far = tlab.secure_origin(handle)
	way = ways.Way(tlab, mode, far)
	assert way.get("/first").status == 200
	one = way.client(rcvbuf=65536)
	before = way.daemon.rss()
	one.ask("GET", "/")
	assert one.head().status == 200
	assert stalled.wait(3 * wire.DEADLINE)
	assert sent[0] < KERNEL
	assert way.daemon.rss() - before < GROWTH
	assert one.digest(SIZE) == wire.sha(data)


@both
def test_origin_that_does_not_read(tlab, mode):
	"""The client is read only as fast as the origin reads."""
	data = wire.pattern(SIZE)
	go = threading.Event()
	got = []

	def handle(conn, req):
		if req.target == "/first":
			conn.reply()
			return
		go.wait(3 * wire.DEADLINE)
		conn.sock.settimeout(3 * wire.DEADLINE)
		got.append(conn.digest(SIZE))
		conn.reply(body="done")
	far = tlab.secure_origin(handle, read_body=False, rcvbuf=65536)
	way = ways.Way(tlab, mode, far)
	assert way.get("/first").status == 200
	one = way.client()
	before = way.daemon.rss()
	one.ask("PUT", "/", [("Content-Length", SIZE)])
	sent = one.send_until_stalled(SIZE, data=data)
	assert sent < KERNEL
	assert way.daemon.rss() - before < GROWTH
	go.set()
	one.sock.settimeout(3 * wire.DEADLINE)
	one.send(memoryview(data)[sent:])
	assert one.response("PUT").body == b"done"
	assert got == [wire.sha(data)]


def test_host_that_speaks_before_it_reads(tlab):
	"""A body that waits for it is not what TLS answers."""
	data = wire.pattern(20 * MB)
	full, said = threading.Event(), threading.Event()

	def handle(conn, req):
		full.wait(3 * wire.DEADLINE)
		conn.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
		said.wait(3 * wire.DEADLINE)
		conn.reply(body=conn.digest(len(data)))
	far = tlab.secure_origin(handle, read_body=False, rcvbuf=65536)
	way = ways.Way(tlab, "upstream", far, limits={"buffer": "16KiB"})
	one = way.client()
	one.ask("PUT", "/", [("Content-Length", len(data))])
	sent = one.send_until_stalled(len(data), data=data)
	full.set()
	assert one.head().status == 103
	said.set()
	one.send(memoryview(data)[sent:])
	assert one.response("PUT").body.decode() == wire.sha(data)


def test_client_that_speaks_before_it_reads(tlab):
	"""Of a response more may wait since limits.buffer has grown."""
	data = wire.pattern(20 * MB)
	sent, full = [], threading.Event()

	def handle(conn, req):
		if req.target != "/large":
			conn.reply()
			return
		conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
		    % len(data))
		sent.append(conn.send_until_stalled(len(data), data=data))
		full.set()
		conn.sock.settimeout(3 * wire.DEADLINE)
		conn.send(memoryview(data)[sent[0]:])
	far = tlab.secure_origin(handle)
	way = ways.Way(tlab, "intercept", far, limits={"buffer": "16KiB"})
	one = way.client(rcvbuf=65536)
	assert one.get("/first").status == 200
	way.daemon.change(limits={"buffer": "4MiB"})
	one.ask("GET", "/large")
	assert full.wait(3 * wire.DEADLINE)
	one.ask("GET", "/second")
	assert one.head().status == 200
	assert one.digest(len(data)) == wire.sha(data)
	assert one.response().status == 200


def test_slow_readers_and_a_quick_one(tlab):
	"""Ten stuck inside; others are served as if they were not there."""
	many, size = 10, 20 * MB
	data = wire.pattern(size)
	stuck = threading.Semaphore(0)

	def handle(conn, req):
		if req.target == "/quick":
			conn.reply(body="quick")
			return
		conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
		    % size)
		conn.send_until_stalled(size, data=data)
		stuck.release()
		conn.wait_gone()
		conn.done = True
	far = tlab.secure_origin(handle)
	way = ways.Way(tlab, "intercept", far)
	assert way.get("/quick").status == 200
	before = way.daemon.rss()
	clients = [way.client(rcvbuf=32768) for _ in range(many)]
	for one in clients:
		one.ask("GET", "/slow")
	for _ in clients:
		assert stuck.acquire(timeout=3 * wire.DEADLINE)
	for _ in range(10):
		assert way.get("/quick").body == b"quick"
	# limits.buffer is 256 KiB a side.
	assert way.daemon.rss() - before < GROWTH + many * MB
	for one in clients:
		one.reset()
	assert way.get("/quick").body == b"quick"


def test_many_connections(tlab):
	"""All open at once, each with two requests; memory is bounded."""
	site = tlab.nginx()
	site.port = site.tls_port
	way = ways.Way(tlab, "intercept", site, rule={"concurrency": 50},
	    timeouts={"idle": "10m"})
	context = tlab.pki.client("user-ca")
	for _ in range(20):
		warm = client.Inside(way.daemon.address, way.at, context)
		assert warm.get("/hello").body == b"hello\n"
		warm.finish()
	before = way.daemon.rss()
	clients = [way.client(context=context) for _ in range(MANY)]
	for turn in range(2):
		for one in clients:
			one.ask("GET", f"/hello?{turn}")
		for one in clients:
			assert one.response().body == b"hello\n"
	grown = way.daemon.rss() - before
	assert grown < MANY * EACH, f"{grown / MANY / 1024:.0f} KiB each"
	assert len(site.wait_rows(2 * MANY, "/hello?")) == 2 * MANY
	for one in clients:
		one.close()
	wire.wait_until(lambda: way.daemon.files() < 150 * sluice.WORKERS,
	    what="closed connections")


def test_memory_comes_to_rest(tlab):
	"""The same handshakes ten times over take no more memory."""
	far = tlab.secure_origin(lambda conn, req: conn.reply(
	    body="x" * 1000, fields=[("Connection", "close")]))
	way = ways.Way(tlab, "intercept", far)

	def load(n):
		for _ in range(n):
			assert way.get("/").status == 200
	load(150)
	before = way.daemon.rss()
	load(600)
	grown = way.daemon.rss() - before
	# a sanitizer keeps freed memory for a while, on purpose
	assert grown < (300 if sluice.sanitized() else 4) * MB, grown
