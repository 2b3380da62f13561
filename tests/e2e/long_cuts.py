# SPDX-License-Identifier: ISC
"""Connections that end at any byte, of requests and of TLS, on all ways.

As long_storms: script/long runs it.
"""
import contextlib
import random
import socket
import ssl
import threading
import time

import pytest

import client
import tls
import wire
from long_storms import GROWTH, SECONDS, SEED, Storm, cut, forget
from long_storms import seed		# noqa: F401

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(SECONDS
    + 300 * wire.SLOW)]
BROKEN = (OSError, wire.Closed, AssertionError, ValueError)


class Frail(wire.Link):
	"""A socket, under TLS or not, that ends after some byte in some way."""

	def __init__(self, sock, rng):
		super().__init__(sock, sock.gettimeout())
		self.rng = rng
		self.out = int(10 ** rng.uniform(0, 6))
		self.over = False
		if rng.random() < 0.5:
			for what in (socket.SO_SNDBUF, socket.SO_RCVBUF):
				sock.setsockopt(socket.SOL_SOCKET, what, 4096)

	def __getattr__(self, name):
		return getattr(self.sock, name)

	def sendall(self, data):
		if self.over:
			return			# it may still read
		self.sock.sendall(data[:self.out])
		self.out -= min(self.out, len(data))
		if self.out == 0:
			self.over = True
			time.sleep(self.rng.uniform(0, 0.05))
			cut(self.rng, self)

	def send(self, data):
		self.sendall(data)
		return len(data)


def pipe(conn):
	"""An origin's end of a tunnel: what comes goes back."""
	conn.send(conn.take(len(conn.buf)))
	while data := conn.sock.recv(wire.PIECE):
		conn.send(data)
	conn.fin()
	conn.wait_gone(1)


def serve(conn, rng, frail):
	while conn.buf or conn.fill():
		if conn.buf.startswith(b"!"):
			pipe(conn)
			return
		req = conn.head()
		conn.method = req.method
		if req.get("upgrade"):
			conn.send(b"HTTP/1.1 101 Switching Protocols\r\n"
			    b"Connection: upgrade\r\nUpgrade: websocket"
			    b"\r\n\r\n!first")
			pipe(conn)
			return
		if frail and rng.random() < 0.3:
			conn.reply(body="not read")
			return
		conn.read_body(req, wire.request_framing(req))
		conn.reply(body=req.body, chunked=rng.random() < 0.5)


def accept(context, frail):
	"""An origin's handler of connections, with TLS or without."""
	def run(conn):
		rng = random.Random(f"{SEED} {conn.number}")
		conn.sock.settimeout(4 * wire.SLOW)
		if frail and rng.random() < 0.8:
			conn.sock = Frail(conn.sock, rng)
		if context:
			conn.secure(context, server=True)
		serve(conn, rng, frail)
		conn.finish()
	return run


def body(rng, most):
	return wire.pattern(int(10 ** rng.uniform(0, most)), rng.randrange(9))


class Place:
	"""A daemon on whose ways clients come, origins good and frail."""

	def __init__(self, lab):
		self.lab = lab
		server = lab.pki.server("origin")
		self.origins = [lab.origin(accept=accept(context, frail))
		    for frail in (False, True) for context in (None, server)]
		self.daemon = lab.https(**self.settings())
		self.daemon.err.wait("is ready")
		self.contexts = {ca: lab.pki.client(ca)
		    for ca in ("proxy-ca", "user-ca", "ca")}

	def settings(self, concurrency=16, buffer="16KiB", memory="64MiB"):
		rule = {"concurrency": concurrency, "queue": {"max_wait": "1h",
		    "length": 1000}}
		upstream = {"https": "upstream", **rule}
		return {"listen": ["127.0.0.1:0", {"address": "127.0.0.1:0",
		    "tls": {"certificate": self.lab.pki.pem("proxy"),
		    "key": self.lab.pki.key("proxy")}}],
		    "limits": {"buffer": buffer, "memory": memory},
		    "timeouts": {"idle": "2s", "header": "3s", "drain": "10s"},
		    "hosts": {"127.0.0.1": rule, "tunnel.test": rule,
		    "intercept.test": {"https": "intercept", **rule},
		    "upstream.test": {**upstream, "tls": {
		        "port": self.origins[1].port}},
		    "other.test": {**upstream, "tls": {
		        "port": self.origins[3].port}}}}

	def reload(self, rng):
		daemon = self.daemon
		daemon.write(**{**daemon.keys, **self.settings(
		    rng.randrange(4, 30), rng.choice(["16KiB", "256KiB"]),
		    rng.choice(["64KiB", "64MiB"]))})
		daemon.hup()
		with daemon.err.cond:		# or they would fill the memory
			del daemon.err.lines[:-100]
		for far in self.origins:
			forget(far)
		time.sleep(rng.expovariate(2))

	def visit(self, rng, way, frail_origin, frail, timeout=wire.DEADLINE):
		"""A client of one of the ways; what it does has to come out."""
		secure = rng.random() < 0.5
		one = client.Client(("127.0.0.1", self.daemon.ports[secure]),
		    timeout)
		try:
			if frail:
				one.sock = Frail(one.sock, rng)
			if secure:
				one.secure(self.contexts["proxy-ca"],
				    "localhost")
			way(self, rng, one,
			    *self.origins[2 * frail_origin:][:2])
		finally:
			one.close()

	def good(self, rng):
		self.visit(rng, rng.choice(WAYS), False, False)

	def rude(self, rng):
		with contextlib.suppress(*BROKEN):
			self.visit(rng, rng.choice(WAYS), rng.random() < 0.6,
			    rng.random() < 0.7, timeout=2 * wire.SLOW)


def requests(rng, one, base, at):
	for _ in range(rng.randrange(1, 4)):
		data = body(rng, 5.7)
		one.ask("PUT", base + "/", body=data, host=at)
		answer = one.response("PUT")
		assert answer.status == 200, (answer, answer.body)
		assert answer.whole and answer.body == data


def talk(rng, one, sent=b"", first=b""):
	"""Both ends of a tunnel at once, then its end in good order."""
	data = b"!" + body(rng, 6)
	inside = isinstance(one.sock, tls.Tls)

	def send():
		with contextlib.suppress(OSError, wire.Closed):
			one.send(data)
			if not inside:
				one.fin()
	thread = threading.Thread(target=send, daemon=True)
	thread.start()
	want = first + sent + data
	assert one.exactly(len(want)) == want
	thread.join()
	if inside:
		one.sock.notify()
	try:
		assert not one.buf and not one.sock.recv(1)
	except ssl.SSLZeroReturnError:
		pass				# as good as an end


def upgrade(rng, one, base, at):
	one.ask("GET", base + "/", [("Connection", "upgrade"),
	    ("Upgrade", "websocket")], host=at)
	assert one.response().status == 101
	talk(rng, one, first=b"!first")


def plain(place, rng, one, far, secure_far):
	rng.choice([requests, upgrade])(rng, one, far.url, far.at)


def upstream(place, rng, one, far, secure_far):
	name = "upstream.test" if secure_far is place.origins[1] \
	    else "other.test"
	requests(rng, one, f"http://{name}", name)


def intercepted(place, rng, one, far, secure_far):
	at = f"intercept.test:{secure_far.port}"
	inner = tls.Tls(one.sock, place.contexts["user-ca"], "intercept.test")
	early = inner.hello()
	if rng.random() < 0.5:
		assert one.tunnel(at, early=early).status == 200
	else:
		assert one.tunnel(at).status == 200
		one.send(early)
	inner.incoming.write(one.take(len(one.buf)))
	one.sock = inner.handshake()
	rng.choice([requests, upgrade])(rng, one, "", at)


def inside(place, rng, one, far, secure_far):
	at = f"tunnel.test:{far.port}"
	assert one.tunnel(at).status == 200
	requests(rng, one, "", at)


def tunnel(place, rng, one, far, secure_far):
	early = b"!" + body(rng, 4) if rng.random() < 0.5 else b""
	assert one.tunnel(f"tunnel.test:{far.port}", early).status == 200
	talk(rng, one, sent=early)


def secure_tunnel(place, rng, one, far, secure_far):
	assert one.tunnel(f"tunnel.test:{secure_far.port}").status == 200
	one.secure(place.contexts["ca"], "tunnel.test")
	talk(rng, one)


WAYS = [plain, upstream, intercepted, inside, tunnel, secure_tunnel]


def test_cuts(tlab):
	"""Reloads change what may wait meanwhile; nothing of it stays."""
	place = Place(tlab)
	daemon = place.daemon
	files = daemon.files()
	for seconds in (SECONDS / 4, SECONDS * 3 / 4):
		storm = Storm(tlab, seconds)
		storm.start(place.good, threads=3)
		storm.start(place.rude, threads=12)
		storm.start(place.reload)
		assert all(storm.join())
		wire.wait_until(lambda: daemon.files() <= files,
		    3 * wire.DEADLINE, what=f"{files} descriptors")
		if seconds == SECONDS / 4:
			warm = daemon.rss()
	assert daemon.rss() - warm < GROWTH
	for far in place.origins:
		far.errors.clear()		# of handshakes that were cut
