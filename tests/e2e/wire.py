# SPDX-License-Identifier: ISC
"""HTTP/1.1 on a socket, as bytes: what both ends of the tests share.

Deliberately literal: nothing is normalised, so that a test can see the case,
the order and the framing of what the proxy wrote.
"""
import fcntl
import hashlib
import os
import random
import select
import socket
import struct
import termios
import time

import tls

# Every wait ends; a slow build (a sanitizer's) may stretch them.
SLOW = float(os.environ.get("SLUICE_SLOW", "1"))
DEADLINE = 20 * SLOW
PIECE = 65536
# So often the end may be read.
ENDS = 100


class Closed(Exception):
	"""The peer ended the connection before what was expected came."""


def sha(data):
	return hashlib.sha256(data).hexdigest()


def pattern(size, seed=0):
	"""Bytes that differ everywhere, cheaply, so that a shift shows."""
	block = hashlib.shake_128(b"%d" % seed).digest(65521)
	return (block * (size // len(block) + 1))[:size]


def ready(sock, what, seconds):
	"""poll(), for descriptors beyond what select() can take."""
	if what == select.POLLIN and hasattr(sock, "readable"):
		return sock.readable(seconds)	# TLS has bytes of its own
	poll = select.poll()
	poll.register(sock, what)
	return bool(poll.poll(seconds * 1000))


def chunked(data, sizes=(1, 7, 1000, 65536), trailers=()):
	"""A whole chunked body, with chunk sizes taken in turn."""
	out = []
	at = turn = 0
	while at < len(data):
		piece = data[at:at + sizes[turn % len(sizes)]]
		out.append(b"%x\r\n%s\r\n" % (len(piece), piece))
		at += len(piece)
		turn += 1
	tail = b"".join(b"%s: %s\r\n" % t for t in trailers)
	return b"".join(out) + b"0\r\n" + tail + b"\r\n"


class Message:
	def __init__(self, head):
		self.head = head
		lines = head[:-4].split(b"\r\n")
		self.start = lines[0]
		self.fields = []
		for line in lines[1:]:
			name, _, value = line.partition(b":")
			self.fields.append((name, value.strip(b" \t")))
		self.body = b""
		self.trailers = []
		self.interim = []
		self.framing = None		# none, length, chunked, close
		self.chunks = 0			# that had data
		self.whole = True		# the body came to its end

	def all(self, name):
		"""The values of every field of that name, in order, as text."""
		want = name.lower().encode()
		return [v.decode("latin-1") for n, v in self.fields
		    if n.lower() == want]

	def get(self, name, default=None):
		values = self.all(name)
		return ", ".join(values) if values else default

	@property
	def status(self):
		return int(self.start.split(b" ")[1])

	@property
	def reason(self):
		return self.start.split(b" ", 2)[2].decode("latin-1")

	@property
	def version(self):
		return self.start.split(b" ")[0].decode()

	@property
	def method(self):
		return self.start.split(b" ")[0].decode("latin-1")

	@property
	def target(self):
		return self.start.split(b" ")[1].decode("latin-1")

	@property
	def line_version(self):
		return self.start.rsplit(b" ", 1)[1].decode("latin-1")

	def __repr__(self):
		return f"<{self.start!r} {len(self.body)} bytes>"


class Link:
	"""One end of a connection with a buffer and deadlines."""

	def __init__(self, sock, timeout=DEADLINE):
		self.sock = sock
		self.buf = bytearray()
		self.ends = 0			# how often the end was read
		self.timeout = timeout
		sock.settimeout(timeout)
		if sock.family != socket.AF_UNIX:
			sock.setsockopt(socket.IPPROTO_TCP,
			    socket.TCP_NODELAY, 1)

	def secure(self, context, name=None, server=False, session=None):
		"""From here on it is TLS; returns once that stands."""
		if self.buf:
			raise AssertionError("bytes before TLS: %r"
			    % bytes(self.buf[:200]))
		self.sock = tls.Tls(self.sock, context, name, server, session)
		self.sock.handshake()
		return self

	def finish(self):
		"""Closes so that the peer can tell that all has come."""
		if isinstance(self.sock, tls.Tls):
			self.sock.notify()
		self.sock.close()

	def send(self, data):
		self.sock.sendall(data)

	def send_bytes(self, data):
		"""One byte a segment; a peer that has had enough may close."""
		try:
			for i in range(len(data)):
				self.sock.send(data[i:i + 1])
		except OSError:
			pass

	def send_until_closed(self, data):
		"""All of it, or as much as the peer takes before it closes."""
		try:
			self.send(data)
		except OSError:
			pass

	def send_until_stalled(self, total, idle=1.0, data=None):
		"""Sends until nothing is taken for idle s; how much went."""
		data = memoryview(data or pattern(total))
		sent = 0
		self.sock.setblocking(False)
		try:
			while sent < total:
				if not ready(self.sock, select.POLLOUT, idle):
					break
				sent += self.sock.send(data[sent:sent + PIECE])
		finally:
			self.sock.settimeout(self.timeout)
		return sent

	def fill(self):
		"""More bytes into the buffer; False at the end.  Who goes on
		reading there would do so, on a thread beside all other tests,
		until their process ends."""
		data = self.sock.recv(PIECE)
		self.buf += data
		self.ends += not data
		assert self.ends < ENDS, "reads on where all has been read"
		return bool(data)

	def take(self, n):
		data = bytes(self.buf[:n])
		del self.buf[:n]
		return data

	def exactly(self, n):
		if n <= len(self.buf):
			return self.take(n)
		parts = [self.take(len(self.buf))]
		left = n - len(parts[0])
		while left:
			data = self.sock.recv(min(left, 1 << 20))
			if not data:
				raise Closed(f"{left} bytes short of {n}")
			parts.append(data)
			left -= len(data)
		return b"".join(parts)

	def digest(self, n):
		"""The hash of the next n bytes, none of them kept."""
		state = hashlib.sha256()
		while n:
			data = self.exactly(min(n, 1 << 20))
			state.update(data)
			n -= len(data)
		return state.hexdigest()

	def until(self, mark, limit=1 << 20):
		at = 0
		while True:
			i = self.buf.find(mark, max(0, at - len(mark)))
			if i >= 0:
				return self.take(i + len(mark))
			at = len(self.buf)
			if at > limit:
				raise Closed("no %r in %d bytes" %
				    (mark, limit))
			if not self.fill():
				raise Closed("ended with %r" %
				    bytes(self.buf[:200]))

	def rest(self):
		"""All that comes until the peer ends its side."""
		while self.fill():
			pass
		return self.take(len(self.buf))

	def until_reset(self):
		"""All that comes before the peer resets the connection."""
		try:
			while self.fill():
				pass
		except ConnectionResetError:
			return self.take(len(self.buf))
		raise Closed(f"ended after {len(self.buf)} bytes")

	def acknowledged(self):
		"""Whether the peer's kernel has all that was sent."""
		queued = fcntl.ioctl(self.sock, termios.TIOCOUTQ, bytes(4))
		return queued == bytes(4)

	def head(self):
		return Message(self.until(b"\r\n\r\n"))

	def read_chunked(self, message):
		parts = []
		try:
			while True:
				line = self.until(b"\r\n")
				size = int(line.split(b";")[0], 16)
				if size == 0:
					break
				parts.append(self.exactly(size))
				if self.exactly(2) != b"\r\n":
					raise AssertionError("bad chunk end")
			while True:
				line = self.until(b"\r\n")[:-2]
				if not line:
					break
				name, _, value = line.partition(b":")
				message.trailers.append((name, value.strip()))
		finally:
			message.body = b"".join(parts)
			message.chunks = len(parts)

	def read_body(self, message, kind):
		message.framing = kind
		try:
			if kind == "chunked":
				self.read_chunked(message)
			elif kind == "length":
				n = int(message.get("content-length"))
				message.body = self.exactly(n)
			elif kind == "close":
				message.body = self.rest()
		except (Closed, ConnectionError):
			message.whole = False
			message.body += self.take(len(self.buf))

	def request(self):
		"""Reads a request whole; for a peer that is trusted: sluice."""
		message = self.head()
		self.read_body(message, request_framing(message))
		return message

	def response(self, method="GET"):
		"""The final response; 1xx before it are in .interim."""
		interim = []
		while True:
			message = self.head()
			if message.status >= 200 or message.status == 101:
				break
			interim.append(message)
		message.interim = interim
		self.read_body(message, response_framing(message, method))
		return message

	def ended(self, timeout=None):
		"""True where the peer ends, or has, with no byte left over."""
		try:
			if timeout is not None:
				self.sock.settimeout(timeout)
			return not self.buf and not self.sock.recv(1)
		except ConnectionError:
			return True
		except TimeoutError:
			return False
		finally:
			self.sock.settimeout(self.timeout)

	def quiet(self, seconds=0.3):
		"""True where nothing arrives (nor an end) for so long."""
		if self.buf:
			return False
		return not ready(self.sock, select.POLLIN, seconds)

	def fin(self):
		self.sock.shutdown(socket.SHUT_WR)

	def reset(self):
		self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
		    struct.pack("ii", 1, 0))
		self.sock.close()

	def close(self):
		try:
			self.sock.close()
		except OSError:
			pass


def request_framing(message):
	if message.get("transfer-encoding", "").lower() == "chunked":
		return "chunked"
	return "length" if message.get("content-length") else "none"


def response_framing(message, method):
	if method == "HEAD" or message.status in (101, 204, 304):
		return "none"
	if method == "CONNECT" and message.status // 100 == 2:
		return "none"
	if message.get("transfer-encoding", "").lower() == "chunked":
		return "chunked"
	return "length" if message.get("content-length") else "close"


def free_port():
	"""For a program that does not take port 0: by chance, below those that
	the kernel gives to who does, so that none of these gets it before."""
	for _ in range(1000):
		port = random.randrange(10000, 32000)
		with socket.socket() as sock:
			try:
				sock.bind(("127.0.0.1", port))
			except OSError:
				continue
			return port
	raise AssertionError("no port is free")


def listens(where):
	"""A port of loopback, or a path, which is there a moment before."""
	unix = isinstance(where, str)
	with socket.socket(socket.AF_UNIX if unix else socket.AF_INET) as sock:
		return sock.connect_ex(where if unix else
		    ("127.0.0.1", where)) == 0


def wait_until(condition, timeout=DEADLINE, step=0.01, what="condition"):
	"""Polls what has no event to wait for, such as /proc."""
	end = time.monotonic() + timeout
	while True:
		value = condition()
		if value:
			return value
		if time.monotonic() > end:
			raise AssertionError(
			    f"{what} did not come in {timeout} s")
		time.sleep(step)
