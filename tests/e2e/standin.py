# SPDX-License-Identifier: ISC
"""A socket in place of a daemon's, for what no daemon should say: it answers
as a test tells it to."""
import json
import os
import socket
import threading

import wire


def answer(value, status=200, kind="application/json"):
	"""The bytes of an answer; a value that is no text becomes JSON."""
	if not isinstance(value, (bytes, str)):
		value = json.dumps(value)
	body = value.encode() if isinstance(value, str) else value
	return b"HTTP/1.1 %d x\r\nContent-Type: %s\r\n" \
	    b"Content-Length: %d\r\n\r\n%s" % (status, kind.encode(),
	    len(body), body)


def problem(status, detail, **more):
	return answer({"type": "about:blank", "title": "x", "status": status,
	    "detail": detail, **more}, status, "application/problem+json")


def events(*all):
	"""The beginning of a stream of events."""
	head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" \
	    b"Connection: close\r\n\r\n"
	return head + b"".join(b"id: %d\nevent: %s\ndata: %s\n\n" % (
	    one["id"], one["kind"].encode(), json.dumps(one).encode())
	    for one in all)


class Standin:
	"""reply: the bytes, or a function of the request (a wire.Message) that
	gives them; None where it does not answer, and keeps the connection."""

	def __init__(self, path, reply):
		self.path = str(path)
		self.reply = reply
		self.asked = []			# wire.Message
		self.links = []
		os.makedirs(os.path.dirname(self.path), exist_ok=True)
		self.sock = socket.socket(socket.AF_UNIX)
		self.sock.bind(self.path)
		self.sock.listen(64)
		self.thread = threading.Thread(target=self.accept, daemon=True)
		self.thread.start()

	def accept(self):
		while True:
			try:
				sock, _ = self.sock.accept()
			except OSError:
				return
			threading.Thread(target=self.serve, args=(sock,),
			    daemon=True).start()

	def serve(self, sock):
		link = wire.Link(sock)
		self.links.append(link)
		try:
			request = link.request()
			self.asked.append(request)
			data = self.reply(request) if callable(self.reply) \
			    else self.reply
			if data is not None:
				link.send(data)
				link.close()
		except (OSError, wire.Closed):
			pass

	def targets(self):
		return [f"{one.method} {one.target}" for one in self.asked]

	def close(self):
		"""Nobody listens there any more; the file stays."""
		if self.sock.fileno() != -1:
			self.sock.shutdown(socket.SHUT_RDWR)
			self.sock.close()

	def stop(self):
		self.close()
		for link in self.links:
			link.close()
		os.unlink(self.path)
