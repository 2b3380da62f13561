# SPDX-License-Identifier: ISC
"""A scripted parent: a proxy that a test says the answers of.

It resolves no name: to it every host is this machine.  What it is asked is
recorded as an origin's requests are; the CONNECTs among them are also apart.
"""
import base64
import socket
import threading

import origin
import wire


def basic(user, password):
	both = base64.b64encode(f"{user}:{password}".encode()).decode()
	return f"Basic {both}"


def pump(source, sink):
	"""Bytes from one end to the other, and their end."""
	try:
		while True:
			data = source.recv(wire.PIECE)
			if not data:
				break
			sink.sendall(data)
		sink.shutdown(socket.SHUT_WR)
	except (OSError, ValueError):
		for one in (source, sink):
			try:
				one.shutdown(socket.SHUT_RDWR)
			except OSError:
				pass


class Parent(origin.Origin):
	"""connect(conn, request) and plain(conn, request) in place of what a
	proxy does; user and password are required where they are given."""

	def __init__(self, connect=None, plain=None, user=None, password="",
	    early=b"", **keys):
		self.connect = connect or self.tunnel
		self.plain = plain or self.forward
		self.want = basic(user, password) if user else None
		self.early = early		# behind the 200
		self.connects = []
		super().__init__(self.handle, **keys)

	@property
	def name(self):
		return f"http{'s' if self.tls else ''}://{self.at}"

	def handle(self, conn, req):
		if self.want and req.get("proxy-authorization") != self.want:
			conn.reply(407, "who are you?", [("Proxy-Authenticate",
			    'Basic realm="company"')])
		elif req.method == "CONNECT":
			with self.cond:
				self.connects.append(req)
			self.connect(conn, req)
		else:
			self.plain(conn, req)

	def reach(self, authority):
		port = int(authority.rpartition(":")[2])
		return socket.create_connection(("127.0.0.1", port),
		    wire.DEADLINE)

	def tunnel(self, conn, req):
		far = self.reach(req.target)
		conn.send(b"HTTP/1.1 200 Connection established\r\n"
		    b"X-Parent: yes\r\n\r\n" + self.early)
		conn.leave()
		conn.done = True
		there = threading.Thread(target=pump, args=(conn.sock, far),
		    daemon=True)
		there.start()
		pump(far, conn.sock)
		there.join(wire.DEADLINE)
		far.close()

	def forward(self, conn, req):
		"""To the host that it is for, as an origin would get it."""
		url = req.target.partition("://")[2]
		authority, slash, path = url.partition("/")
		if ":" not in authority:
			authority += ":80"
		far = wire.Link(self.reach(authority))
		lines = [f"{req.method} {slash}{path} HTTP/1.1".encode()]
		lines += [n + b": " + v for n, v in req.fields
		    if n.lower() not in (b"proxy-authorization",
		    b"transfer-encoding", b"content-length")]
		lines.append(b"Content-Length: %d" % len(req.body))
		lines.append(b"Via: 1.1 parent")
		far.send(b"\r\n".join(lines) + b"\r\n\r\n" + req.body)
		answer = far.response(req.method)
		conn.reply(answer.status, answer.body, [(n.decode(),
		    v.decode()) for n, v in answer.fields if n.lower() not in
		    (b"content-length", b"transfer-encoding")])
		far.close()


def refuses(status, fields=(), body=b"", **keys):
	"""A connect() or plain() that always answers so."""
	return lambda conn, req: conn.reply(status, body, fields, **keys)
