# SPDX-License-Identifier: ISC
"""A scripted origin: a test says, per request, which bytes come back.

Each connection has a thread.  The handler is called with the connection and
the request, writes what it likes, and returns; the connection then goes on
with the next request unless it was closed.  Everything is recorded, and every
record can be waited for.  With a context it speaks TLS, and each connection
tells what the peer's ClientHello asked for and what came of it.
"""
import socket
import threading
import time

import wire

REASONS = {200: "OK", 204: "No Content", 304: "Not Modified",
    404: "Not Found", 429: "Too Many Requests", 503: "Service Unavailable"}


class Conn(wire.Link):
	"""The origin's end of one connection."""

	def __init__(self, origin, sock, number):
		super().__init__(sock)
		self.origin = origin
		self.number = number
		self.done = False
		self.busy = 0			# requests in flight: 0 or 1
		self.method = None		# of the request at hand
		self.gone = threading.Event()	# the peer's end was seen
		self.hello = None		# tls.Hello, where TLS is spoken
		self.failure = None		# why no TLS came of it
		self.version = None		# such as "TLSv1.3"
		self.resumed = None
		self.subject = None		# common name of the peer

	def shake(self, context):
		"""TLS before anything else."""
		try:
			self.secure(context, server=True)
			self.look()
		except (OSError, wire.Closed) as error:
			self.failure = error
			self.linger()
		finally:
			try:
				self.hello = self.sock.hello_seen
			except ValueError:
				pass
			with self.origin.cond:
				self.origin.cond.notify_all()
		return not self.failure

	def linger(self):
		"""So that no reset overtakes the alert."""
		try:
			self.sock.sock.shutdown(socket.SHUT_WR)
			while self.sock.sock.recv(wire.PIECE):
				pass
		except OSError:
			pass

	def look(self):
		"""Notes what came of the handshake, for good."""
		tls = self.sock.obj
		self.version = tls.version()
		self.resumed = tls.session_reused
		for part in (tls.getpeercert() or {}).get("subject", ()):
			for key, value in part:
				if key == "commonName":
					self.subject = value

	def reply(self, status=200, body=b"", fields=(), chunked=False,
	    reason=None, version="1.1", length=True, trailers=()):
		if isinstance(body, str):
			body = body.encode()
		head = [f"HTTP/{version} {status} "
		    f"{reason or REASONS.get(status, 'Status')}"]
		head += [f"{n}: {v}" for n, v in fields]
		if chunked:
			head.append("Transfer-Encoding: chunked")
			body = wire.chunked(body, trailers=trailers)
		elif length and status not in (204, 304):
			head.append(f"Content-Length: {len(body)}")
		if self.method == "HEAD":
			body = b""
		text = "\r\n".join(head) + "\r\n\r\n"
		self.leave()
		self.send(text.encode("latin-1") + body)

	def leave(self):
		"""No longer in flight: before the last byte goes, not after."""
		with self.origin.cond:
			self.origin.inflight -= self.busy
			self.busy = 0
			self.origin.cond.notify_all()

	def end(self):
		"""Closes in good order, and ends this connection's loop."""
		self.leave()
		self.done = True
		self.finish()

	def cut(self):
		"""Closes without TLS's word that this was all."""
		self.leave()
		self.done = True
		self.close()

	def abort(self):
		"""Closes with RST."""
		self.leave()
		self.done = True
		self.reset()

	def wait_gone(self, timeout=wire.DEADLINE):
		"""True once the peer has closed, whatever it still sent."""
		try:
			self.sock.settimeout(timeout)
			while self.fill():
				pass
		except TimeoutError:
			return False
		except OSError:
			pass
		self.gone.set()
		return True


class Origin:
	"""handler(conn, request), or accept(conn) for a connection's bytes."""

	def __init__(self, handler=None, accept=None, read_body=True,
	    address=("127.0.0.1", 0), rcvbuf=None, tls=None,
	    make=socket.socket):
		self.tls = tls			# an ssl.SSLContext
		self.handler = handler or (lambda conn, req: conn.reply())
		self.accept = accept
		self.read_body = read_body
		family = (socket.AF_INET6 if ":" in address[0]
		    else socket.AF_INET)
		self.sock = make(family)
		self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		if rcvbuf:
			self.sock.setsockopt(socket.SOL_SOCKET,
			    socket.SO_RCVBUF, rcvbuf)
		self.sock.bind(address)
		self.sock.listen(1024)
		self.host = address[0]
		self.port = self.sock.getsockname()[1]
		name = (f"[{self.host}]" if family == socket.AF_INET6
		    else self.host)
		self.at = f"{name}:{self.port}"
		self.url = f"http{'s' if tls else ''}://{self.at}"
		self.cond = threading.Condition()
		self.requests = []		# by arrival of their heads
		self.conns = []
		self.inflight = 0
		self.most = 0			# the most in flight at once
		self.errors = []
		self.stopping = False
		self.thread = threading.Thread(target=self.serve, daemon=True)
		self.thread.start()

	def serve(self):
		while True:
			try:
				sock, _ = self.sock.accept()
			except OSError:
				return
			with self.cond:
				if self.stopping:
					sock.close()
					return
				conn = Conn(self, sock, len(self.conns))
				conn.time = time.monotonic()
				self.conns.append(conn)
				self.cond.notify_all()
			threading.Thread(target=self.run, args=(conn,),
			    daemon=True).start()

	def run(self, conn):
		try:
			if self.tls and not conn.shake(self.tls):
				pass
			elif self.accept:
				self.accept(conn)
			else:
				while not conn.done and self.one(conn):
					pass
		except (OSError, wire.Closed):
			pass			# the peer went away
		except Exception as error:	# a fault of the test itself
			self.errors.append(error)
		finally:
			conn.gone.set()
			conn.close()
			with self.cond:
				self.cond.notify_all()

	def one(self, conn):
		while not conn.buf:
			if not conn.fill():
				return False
		req = conn.head()
		req.time = time.monotonic()
		req.conn = conn.number
		conn.method = req.method
		req.complete = threading.Event()
		with self.cond:
			req.number = len(self.requests)
			self.requests.append(req)
			self.inflight += 1
			conn.busy = 1
			self.most = max(self.most, self.inflight)
			self.cond.notify_all()
		try:
			if self.read_body:
				self.body(conn, req)
				if not req.whole:
					return False
			self.handler(conn, req)
		finally:
			conn.leave()
		return True

	def body(self, conn, req):
		"""Reads a request's body, asking for it where that is due."""
		if req.get("expect", "").lower() == "100-continue":
			conn.send(b"HTTP/1.1 100 Continue\r\n\r\n")
		conn.read_body(req, wire.request_framing(req))
		req.complete.set()

	def wait(self, condition, timeout=wire.DEADLINE, what="condition"):
		with self.cond:
			if not self.cond.wait_for(condition, timeout):
				raise AssertionError(f"{what} did not come in "
				    f"{timeout} s: {self.requests}")

	def wait_requests(self, n, timeout=wire.DEADLINE):
		"""The first n requests, once their heads are there."""
		self.wait(lambda: len(self.requests) >= n, timeout,
		    f"request {n}")
		return self.requests[:n]

	def wait_conns(self, n, timeout=wire.DEADLINE):
		self.wait(lambda: len(self.conns) >= n, timeout,
		    f"connection {n}")
		return self.conns[:n]

	def wait_hellos(self, n, timeout=wire.DEADLINE):
		"""The first n connections, once TLS stands or has failed."""
		self.wait(lambda: len([c for c in self.conns if c.hello
		    or c.failure]) >= n, timeout, f"handshake {n}")
		return self.conns[:n]

	def targets(self):
		with self.cond:
			return [r.target for r in self.requests]

	def times(self, since=None):
		"""Arrivals, monotonic seconds since the first, or since then.

		The first may be seen late, and what follows it not: a gap can
		seem shorter than it was, but not the time since it was sent.
		"""
		with self.cond:
			if since is None:
				since = self.requests[0].time
			return [r.time - since for r in self.requests]

	def stop(self):
		with self.cond:
			self.stopping = True
		try:
			self.sock.shutdown(socket.SHUT_RDWR)
		except OSError:
			pass
		self.sock.close()
		for conn in list(self.conns):
			try:
				conn.sock.shutdown(socket.SHUT_RDWR)
			except OSError:
				pass
		if self.errors:
			raise self.errors[0]


class Gate:
	"""A handler that holds each request until the test lets it go."""

	def __init__(self, reply=None):
		self.cond = threading.Condition()
		self.free = 0
		self.held = 0
		self.reply = reply or (lambda conn, req: conn.reply(
		    body=req.target))

	def __call__(self, conn, req):
		with self.cond:
			self.held += 1
			self.cond.notify_all()
			self.cond.wait_for(lambda: self.free > 0,
			    3 * wire.DEADLINE)
			self.free -= 1
			self.held -= 1
		self.reply(conn, req)

	def let(self, n=1):
		with self.cond:
			self.free += n
			self.cond.notify_all()

	def open(self):
		self.let(1 << 30)


def by_path(table, default=None):
	"""A handler that picks another by the request's path."""
	def handle(conn, req):
		path = req.target.split("?")[0]
		table.get(path, default or (lambda c, r: c.reply()))(conn, req)
	return handle


def sequence(*handlers):
	"""A handler for each request in turn; the last for all the rest."""
	lock = threading.Lock()
	left = list(handlers)

	def handle(conn, req):
		with lock:
			one = left.pop(0) if len(left) > 1 else left[0]
		one(conn, req)
	return handle


def fixed(*args, **keys):
	"""A handler that always sends the same reply."""
	return lambda conn, req: conn.reply(*args, **keys)


def raw(data, then="keep"):
	"""A handler that sends bytes as they are, then: keep, end, abort."""
	def handle(conn, req):
		conn.send(data)
		if then == "end":
			conn.end()
		elif then == "abort":
			conn.abort()
		elif then == "hold":
			conn.wait_gone()
			conn.done = True
	return handle


def echo(conn, req):
	"""Sends the request's body back, as it was framed."""
	conn.reply(body=req.body, chunked=req.framing == "chunked",
	    fields=[("X-Framing", req.framing)])
