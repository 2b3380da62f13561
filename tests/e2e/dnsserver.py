# SPDX-License-Identifier: ISC
"""A name server of a few lines, over UDP and TCP, that a test scripts.

Names map to {"A": [...], "AAAA": [...]}, each a list or "silent", or to
"NXDOMAIN", "SERVFAIL", "silent", "garbage", or to ("truncated", {...}): cut
over UDP, whole over TCP.
"""
import ipaddress
import socket
import struct
import threading

TYPES = {1: "A", 28: "AAAA"}
CODES = {"SERVFAIL": 2, "NXDOMAIN": 3, "REFUSED": 5}


class Here(dict):
	"""Every name of .test is this machine, but for those given."""

	def get(self, name, default=None):
		if name not in self and name.endswith(".test"):
			return {"A": ["127.0.0.1"]}
		return super().get(name, default)


class Dns:
	def __init__(self, names, make=socket.socket, port=0):
		self.names = names
		self.make = make
		self.wanted = port
		self.asked = []			# (name, type, "udp" or "tcp")
		self.lock = threading.Lock()
		self.bind()
		self.at = f"127.0.0.1:{self.port}"
		for loop in (self.serve_udp, self.serve_tcp):
			threading.Thread(target=loop, daemon=True).start()

	def bind(self):
		"""One port for both; another try where TCP's is taken."""
		for _ in range(50):
			self.udp = self.make(socket.AF_INET, socket.SOCK_DGRAM)
			self.udp.bind(("127.0.0.1", self.wanted))
			self.port = self.udp.getsockname()[1]
			self.tcp = self.make()
			try:
				self.tcp.bind(("127.0.0.1", self.port))
				self.tcp.listen(16)
				return
			except OSError:
				self.udp.close()
				self.tcp.close()
		raise OSError("no port free for both UDP and TCP")

	def serve_udp(self):
		while True:
			try:
				data, peer = self.udp.recvfrom(4096)
				if not data:		# shut down
					return
				reply = self.answer(data, "udp")
				if reply:
					self.udp.sendto(reply, peer)
			except OSError:
				return

	def serve_tcp(self):
		while True:
			try:
				sock, _ = self.tcp.accept()
			except OSError:
				return
			threading.Thread(target=self.one_tcp, args=(sock,),
			    daemon=True).start()

	def one_tcp(self, sock):
		sock.settimeout(10)
		with sock, sock.makefile("rwb") as f:
			try:
				while True:
					size = f.read(2)
					if len(size) < 2:
						return
					data = f.read(struct.unpack("!H",
					    size)[0])
					reply = self.answer(data, "tcp")
					if reply:
						f.write(struct.pack("!H",
						    len(reply)) + reply)
						f.flush()
			except OSError:
				return

	def answer(self, data, way):
		labels = []
		at = 12
		while data[at]:
			labels.append(data[at + 1:at + 1 + data[at]].decode())
			at += data[at] + 1
		question = data[12:at + 5]
		kind = TYPES.get(struct.unpack("!H", data[at + 1:at + 3])[0])
		name = ".".join(labels).lower()
		with self.lock:
			self.asked.append((name, kind, way))
		entry = self.names.get(name, "NXDOMAIN")
		cut = False
		if isinstance(entry, tuple):
			cut = way == "udp"
			entry = entry[1]
		if entry == "silent":
			return None
		if entry == "garbage":
			return data[:2] + b"\xff" * 40
		if isinstance(entry, str):
			return self.pack(data, question, CODES[entry], [])
		found = [] if cut else entry.get(kind, [])
		if found == "silent":
			return None
		return self.pack(data, question, 0, found, cut)

	@staticmethod
	def pack(data, question, code, addresses, cut=False):
		out = data[:2] + struct.pack("!HHHHH", 0x8180 | code
		    | (0x200 if cut else 0), 1, len(addresses), 0, 0)
		out += question
		for text in addresses:
			raw = ipaddress.ip_address(text).packed
			out += b"\xc0\x0c" + struct.pack("!HHIH",
			    1 if len(raw) == 4 else 28, 1, 60, len(raw)) + raw
		return out

	def stop(self):
		for sock in (self.udp, self.tcp):
			try:
				sock.shutdown(socket.SHUT_RDWR)
			except OSError:
				pass
			sock.close()
