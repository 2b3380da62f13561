# SPDX-License-Identifier: ISC
"""A client that writes exactly the bytes that a test gives it."""
import socket
from urllib.parse import urlsplit

import wire


def to_bytes(text):
	return text.encode("latin-1") if isinstance(text, str) else text


def request(method, url, fields=(), body=None, version="1.1", host=True,
    length=True):
	"""A request as bytes; url may be any target."""
	lines = [f"{method} {url} HTTP/{version}"]
	if host is True:
		host = urlsplit(url).netloc if "://" in url else url
	if host:
		lines.append(f"Host: {host}")
	lines += [f"{n}: {v}" for n, v in fields]
	if body is not None and length:
		lines.append(f"Content-Length: {len(body)}")
	text = "\r\n".join(lines) + "\r\n\r\n"
	return text.encode("latin-1") + to_bytes(body or b"")


class Client(wire.Link):
	"""A connection to the proxy, by address or by a unix socket's path."""

	def __init__(self, address, timeout=wire.DEADLINE, rcvbuf=None,
	    tls=None, source=None, make=socket.socket):
		unix = isinstance(address, str)
		sock = make(socket.AF_UNIX if unix else
		    socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
		if rcvbuf:
			sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
			    rcvbuf)
		if source:
			sock.bind((source, 0))
		sock.settimeout(timeout)
		sock.connect(address)
		super().__init__(sock, timeout)
		if tls:			# a context: the proxy itself has TLS
			self.secure(tls, "localhost")

	def ask(self, method, url, *args, **keys):
		"""Sends a request only."""
		self.send(request(method, url, *args, **keys))
		return self

	def call(self, method, url, *args, **keys):
		"""Sends a request and reads its final response."""
		self.ask(method, url, *args, **keys)
		return self.response(method)

	def get(self, url, *args, **keys):
		return self.call("GET", url, *args, **keys)

	def ping(self):
		"""A round trip that needs no origin and no budget."""
		answer = self.call("OPTIONS", "*", host="sluice")
		assert answer.status == 200, answer
		return answer

	def tunnel(self, at, early=b"", fields=()):
		"""CONNECT, with bytes that do not wait for the answer."""
		self.send(request("CONNECT", at, fields) + early)
		return self.response("CONNECT")


class Outside(Client):
	"""A client of one host, by absolute URLs; it is asked for paths."""

	def __init__(self, address, base, **keys):
		super().__init__(address, **keys)
		self.base = base

	def ask(self, method, path, *args, **keys):
		return super().ask(method, self.base + path, *args, **keys)


class Inside(Client):
	"""A connection to a host of HTTPS, through a tunnel of the proxy's.

	Its requests are the host's: their targets are paths.
	"""

	def __init__(self, address, at, context, name=None, session=None,
	    fields=(), **keys):
		super().__init__(address, **keys)
		self.at = at
		self.peer = self.sock.getsockname()
		answer = self.tunnel(at, fields=fields)
		assert answer.status == 200, (answer, answer.body)
		self.secure(context, name or at.rsplit(":", 1)[0].strip("[]"),
		    session=session)

	def ask(self, method, path, *args, host=None, **keys):
		return super().ask(method, path, *args,
		    host=self.at if host is None else host, **keys)

	@property
	def certificate(self):
		"""What the peer showed, as ssl.getpeercert() tells it."""
		return self.sock.obj.getpeercert()
