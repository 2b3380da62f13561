# SPDX-License-Identifier: ISC
"""Several sluices under one budget: an origin that judges, and who asks.

When a request came is the kernel's word, not that of a thread that may be late.
"""
import os
import selectors
import signal
import socket
import struct
import subprocess
import threading
import time

import wire

SO_TIMESTAMPNS = 35
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Far:
	"""An origin on an address of its own; paths begin with who asks."""

	def __init__(self, address="127.0.0.1"):
		self.sock = socket.socket()
		self.sock.bind((address, 0))
		self.sock.listen(512)
		self.port = self.sock.getsockname()[1]
		self.url = f"http://{address}:{self.port}"
		self.seen = []			# (s, who), as they came
		self.select = selectors.DefaultSelector()
		self.select.register(self.sock, selectors.EVENT_READ)
		self.ends = False
		self.thread = threading.Thread(target=self.run, daemon=True)
		self.thread.start()

	def run(self):
		while not self.ends:
			for key, _ in self.select.select(0.2):
				if key.fileobj is self.sock:
					self.accept()
				else:
					self.read(key.fileobj, key.data)

	def accept(self):
		sock, _ = self.sock.accept()
		sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
		sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		self.select.register(sock, selectors.EVENT_READ, bytearray())

	def read(self, sock, buf):
		try:
			data, more, _, _ = sock.recvmsg(65536, 128)
		except OSError:
			data, more = b"", []
		if not data:
			self.select.unregister(sock)
			sock.close()
			return
		at = time.time()
		for level, kind, value in more:
			if kind == SO_TIMESTAMPNS:
				s, ns = struct.unpack("qq", value)
				at = s + ns / 1e9
		buf += data
		while (end := buf.find(b"\r\n\r\n")) >= 0:
			path = bytes(buf[:end].split(b" ", 2)[1])
			del buf[:end + 4]
			self.seen.append((at, int(path.strip(b"/"))))
			try:
				sock.sendall(ANSWER)
			except OSError:
				return

	def times(self):
		return sorted(at for at, _ in self.seen)

	def end(self):
		self.ends = True
		self.thread.join()
		self.sock.close()


class Redis:
	"""A redis-server of its own."""

	def __init__(self, directory, port=None):
		self.dir = directory
		self.port = port or wire.free_port()
		self.url = f"redis://127.0.0.1:{self.port}"
		self.start()

	def start(self):
		self.proc = subprocess.Popen(["redis-server", "--port",
		    str(self.port), "--bind", "127.0.0.1", "--save", "",
		    "--appendonly", "no", "--dir", str(self.dir)],
		    stdout=subprocess.DEVNULL)
		wire.wait_until(self.answers, what="redis-server")

	def answers(self):
		try:
			return self.call("PING") == b"+PONG\r\n"
		except OSError:
			return False

	def call(self, *words):
		"""One command, and its answer as it comes."""
		with socket.create_connection(("127.0.0.1", self.port)) as s:
			s.settimeout(wire.DEADLINE)
			s.sendall(b"*%d\r\n" % len(words) + b"".join(
			    b"$%d\r\n%s\r\n" % (len(w), w.encode())
			    for w in words))
			return s.recv(1 << 16)

	def calls(self):
		"""How many scripts it has run."""
		text = self.call("INFO", "commandstats").decode()
		return sum(int(line.split("calls=")[1].split(",")[0])
		    for line in text.splitlines() if ":calls=" in line
		    and line.startswith("cmdstat_eval"))

	def kill(self):
		self.proc.kill()
		self.proc.wait()

	def stop(self):
		os.kill(self.proc.pid, signal.SIGSTOP)

	def go_on(self):
		os.kill(self.proc.pid, signal.SIGCONT)

	def end(self):
		if self.proc.poll() is None:
			self.go_on()
			self.kill()


class Crowd:
	"""Some connections to one sluice, each of which always asks."""

	def __init__(self, address, url, who, n=4, field="Accept: */*"):
		self.address, self.who = address, who
		self.url = f"{url}/{who}".encode()
		self.at = url[7:].encode()
		self.field = field.encode()
		self.ends = False
		self.statuses = []
		self.socks = set()
		self.threads = [threading.Thread(target=self.run, daemon=True)
		    for _ in range(n)]
		for thread in self.threads:
			thread.start()

	def run(self):
		while not self.ends:
			try:
				self.connection()
			except (OSError, wire.Closed):
				time.sleep(0.05)

	def connection(self):
		with socket.create_connection(self.address) as sock:
			self.socks.add(sock)
			link = wire.Link(sock, timeout=60)
			while not self.ends:
				link.send(b"GET %s HTTP/1.1\r\nHost: %s\r\n"
				    b"%s\r\n\r\n" % (self.url, self.at,
				    self.field))
				self.statuses.append(link.response().status)

	def end(self):
		self.ends = True
		for sock in list(self.socks):
			try:
				sock.shutdown(socket.SHUT_RDWR)
			except OSError:
				pass		# it was closed
		for thread in self.threads:
			thread.join(wire.DEADLINE)


def over_bucket(times, rate, burst, late):
	"""By how many requests they exceed what a bucket allows, where each may
	have come so much (s) later than it went."""
	tat, most = 0, 0
	for at in times:
		tat = max(tat, at) + 1 / rate
		most = max(most, (tat - at - late) * rate - burst)
	return most


def over_window(times, capacity, period):
	"""How many more than the capacity the fullest window has."""
	return max((sum(1 for u in times[i:i + 2 * capacity]
	    if u - t < period) - capacity for i, t in enumerate(times)),
	    default=0)


def used(times, rate, begin, end):
	"""What part of a rate was used between two instants."""
	return sum(begin <= t < end for t in times) / (rate * (end - begin))
