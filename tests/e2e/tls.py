# SPDX-License-Identifier: ISC
"""TLS over anything that has recv() and sendall(), with its bytes in hand.

A test can see the ClientHello that the peer sent, send its own when it likes,
put TLS inside TLS, and tell a proper end (close_notify) from a cut.  A Tls is
used in place of a socket: what it lacks is the socket's.
"""
import select
import socket
import ssl
import struct
import threading
import time

PIECE = 65536
VERSIONS = {0x0301: "TLSv1", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2",
    0x0304: "TLSv1.3"}


class Truncated(ConnectionError):
	"""The peer's bytes ended, and it had not said that they would."""


def cut(error):
	return isinstance(error, ssl.SSLEOFError) or \
	    error.reason == "UNEXPECTED_EOF_WHILE_READING"


class Tls:
	def __init__(self, sock, context, name=None, server=False,
	    session=None):
		self.sock = sock
		self.incoming = ssl.MemoryBIO()
		self.outgoing = ssl.MemoryBIO()
		self.obj = context.wrap_bio(self.incoming, self.outgoing,
		    server_side=server, server_hostname=name, session=session)
		self.lock = threading.Lock()	# of obj
		self.order = threading.Lock()	# of what is sent
		self.unsent = b""		# ciphertext
		self.plain = b""		# read ahead by readable()
		self.over = False		# close_notify was read
		self.first = b""		# what the peer sent first

	def __getattr__(self, name):
		return getattr(self.sock, name)

	def flush(self):
		"""Sends what is to be sent; how much of it could not be."""
		with self.order:
			with self.lock:
				self.unsent += self.outgoing.read()
			if self.gettimeout() != 0:
				data, self.unsent = self.unsent, b""
				self.sock.sendall(data)
				return 0
			while self.unsent:
				try:
					n = self.sock.send(self.unsent)
				except BlockingIOError:
					n = 0
				if n == 0:
					break
				self.unsent = self.unsent[n:]
			return len(self.unsent)

	def feed(self):
		"""More from below."""
		data = self.sock.recv(PIECE)
		if len(self.first) < 32768:
			self.first += data
		with self.lock:
			if data:
				self.incoming.write(data)
			else:
				self.incoming.write_eof()

	def run(self, call, *args):
		"""Calls until it has had all that it needs from below."""
		while True:
			try:
				with self.lock:
					value = call(*args)
			except ssl.SSLWantReadError:
				self.flush()
				self.feed()
				continue
			except ssl.SSLError as error:
				if cut(error):
					raise Truncated(str(error)) from None
				try:
					self.flush()	# the alert
				except OSError:
					pass
				raise
			if self.outgoing.pending:
				self.flush()
			return value

	def handshake(self):
		self.run(self.obj.do_handshake)
		return self

	def hello(self):
		"""A client's first bytes, for the caller to send."""
		try:
			self.obj.do_handshake()
		except ssl.SSLWantReadError:
			pass
		return self.outgoing.read()

	def recv(self, n):
		if self.plain:
			data, self.plain = self.plain[:n], self.plain[n:]
			return data
		if self.over:
			return b""
		data = self.run(self.obj.read, n)
		self.over = not data
		return data

	def readable(self, seconds):
		"""Whether plain bytes, or the end, come within so long."""
		end = time.monotonic() + seconds
		while not self.plain and not self.over:
			try:
				with self.lock:
					self.plain = self.obj.read(PIECE)
				self.over = not self.plain
			except ssl.SSLWantReadError:
				if not self.waits(max(0, end
				    - time.monotonic())):
					return False
				self.feed()
			except ssl.SSLError:
				return True		# recv() will tell
		return True

	def waits(self, seconds):
		"""Whether something comes from below."""
		if isinstance(self.sock, Tls):
			return self.sock.readable(seconds)
		poll = select.poll()
		poll.register(self.sock, select.POLLIN)
		return bool(poll.poll(seconds * 1000))

	def sendall(self, data):
		# What goes at once is sealed at once, so that the order of
		# two threads' records is the order on the wire.
		data = memoryview(data)
		for at in range(0, len(data), PIECE):
			self.run(self.obj.write, data[at:at + PIECE])
			self.flush()

	def send(self, data):
		"""As a socket's that does not block: 0 while it is full."""
		if self.unsent and self.flush():
			return 0
		n = self.run(self.obj.write, data[:16384])
		self.flush()
		return n

	def notify(self):
		"""close_notify, and nothing else: the reading side stays."""
		try:
			with self.lock:
				self.obj.unwrap()
		except ssl.SSLError:
			pass
		self.flush()

	def shutdown(self, how):
		if how == socket.SHUT_WR:
			self.notify()
		self.sock.shutdown(how)

	@property
	def hello_seen(self):
		"""The peer's ClientHello."""
		return parse_hello(self.first)


class Hello:
	"""What a client asked for."""

	def __init__(self):
		self.name = None		# SNI
		self.alpn = []
		self.versions = []
		self.ticket = False		# it has a session to resume

	def __repr__(self):
		return f"<hello {vars(self)}>"


class Fields:
	"""Numbers and vectors, one after another."""

	def __init__(self, data):
		self.data = data

	def take(self, n):
		if len(self.data) < n:
			raise ValueError("ClientHello is cut")
		data, self.data = self.data[:n], self.data[n:]
		return data

	def number(self, size):
		return int.from_bytes(self.take(size), "big")

	def vector(self, size):
		return Fields(self.take(self.number(size)))


def parse_hello(data):
	"""From the records that a client sends first (RFC 8446, 4.1.2)."""
	handshake = b""
	while len(data) >= 5 and data[0] == 22:
		size, = struct.unpack("!H", data[3:5])
		handshake += data[5:5 + size]
		data = data[5 + size:]
	f = Fields(handshake)
	if f.number(1) != 1:
		raise ValueError("no ClientHello")
	f = f.vector(3)
	hello = Hello()
	oldest = f.number(2)
	f.take(32)
	f.vector(1)			# session id
	f.vector(2)			# cipher suites
	f.vector(1)			# compression
	f = f.vector(2)
	while f.data:
		kind, body = f.number(2), f.vector(2)
		if kind == 0:
			names = body.vector(2)
			names.take(1)
			hello.name = names.vector(2).data.decode()
		elif kind == 16:
			names = body.vector(2)
			while names.data:
				hello.alpn.append(
				    names.vector(1).data.decode())
		elif kind == 43:
			versions = body.vector(1)
			while versions.data:
				n = versions.number(2)
				hello.versions.append(VERSIONS.get(n, hex(n)))
		elif kind == 41 or kind == 35 and body.data:
			hello.ticket = True
	if not hello.versions:
		hello.versions = [VERSIONS.get(oldest, hex(oldest))]
	return hello
