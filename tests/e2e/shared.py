# SPDX-License-Identifier: ISC
"""Several sluices under one budget: an origin that judges, and who asks.

When a request came is the kernel's word, not that of a thread that may be late.
"""
import collections
import os
import re
import selectors
import signal
import socket
import struct
import subprocess
import threading
import time

import wire

# redis-server, or another that speaks as it does, such as valkey-server
SERVER = os.environ.get("SLUICE_REDIS_SERVER", "redis-server")
SO_TIMESTAMPNS = 35
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
REFUSAL = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\n" \
    b"Content-Length: 0\r\n\r\n"


def version():
	"""What the server says that it is."""
	said = subprocess.run([SERVER, "--version"], capture_output=True,
	    text=True, check=True).stdout.split()
	return f"{said[0]} {said[2].removeprefix('v=')}"


class Far:
	"""An origin on an address of its own; paths begin with who asks."""

	def __init__(self, address="127.0.0.1"):
		self.sock = socket.socket()
		# or what comes before it is accepted has the time of its reading
		self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
		self.sock.bind((address, 0))
		self.sock.listen(512)
		self.port = self.sock.getsockname()[1]
		self.url = f"http://{address}:{self.port}"
		self.seen = []			# (s, who), as they came
		self.refuses = 0		# of the next ones, so many
		self.refused = []		# (s, who)
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
			who = int(path.strip(b"/"))
			self.seen.append((at, who))
			try:
				sock.sendall(self.answer(who))
			except OSError:
				return

	def answer(self, who):
		if self.refuses == 0:
			return ANSWER
		self.refuses -= 1
		self.refused.append((time.time(), who))
		return REFUSAL

	def times(self):
		return sorted(at for at, _ in self.seen)

	def end(self):
		self.ends = True
		self.thread.join()
		self.sock.close()


class Redis:
	"""A redis-server of its own, which begins with what it was told to save
	in that directory; of: the port of the one whose replica it is."""

	def __init__(self, directory, of=None):
		self.dir = directory
		self.of = of
		self.port = wire.free_port()
		self.url = f"redis://127.0.0.1:{self.port}"
		self.start()

	def start(self):
		of = ["--replicaof", f"127.0.0.1 {self.of}"] if self.of else []
		self.proc = subprocess.Popen([SERVER, "--port",
		    str(self.port), "--bind", "127.0.0.1", "--save", "",
		    "--appendonly", "no", "--dir", str(self.dir),
		    "--repl-diskless-sync-delay", "0", *of],
		    stdout=subprocess.DEVNULL)
		try:
			wire.wait_until(self.answers, what="redis-server")
		except BaseException:
			self.end()
			raise

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

	def info(self, section, name):
		"""What it says of itself by that name; "" where it says nothing."""
		for line in self.call("INFO", section).decode().splitlines():
			if line.startswith(name + ":"):
				return line.split(":", 1)[1]
		return ""

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


class Relay:
	"""What stands between two programs, and passes on what both say: later
	(s), or not yet; port is where the other one is, for those who come."""

	def __init__(self, port):
		self.to = port
		self.delay = 0			# of what the other one says
		self.holds = False		# that, and keeps it
		self.catches = None		# a pattern: from what has it on
		self.peers = {}			# by socket, the one across
		self.kept = collections.deque()	# (s, socket, bytes), in order
		self.sock = socket.socket()
		self.sock.bind(("127.0.0.1", 0))
		self.sock.listen(64)
		self.port = self.sock.getsockname()[1]
		self.select = selectors.DefaultSelector()
		self.select.register(self.sock, selectors.EVENT_READ, True)
		self.ends = False
		self.thread = threading.Thread(target=self.run, daemon=True)
		self.thread.start()

	def run(self):
		while not self.ends:
			for key, _ in self.select.select(self.patience()):
				if key.fileobj is self.sock:
					self.accept()
				elif key.fileobj in self.peers:
					self.read(key.fileobj, key.data)
			self.pass_on()

	def patience(self):
		"""For how long (s) there is nothing to pass on."""
		if not self.kept:
			return 0.2
		return max(0.001, min(0.02, self.kept[0][0] - time.monotonic()))

	def accept(self):
		near, _ = self.sock.accept()
		try:
			far = socket.create_connection(("127.0.0.1", self.to))
		except OSError:
			near.close()
			return
		for sock, other, is_far in (near, far, False), (far, near, True):
			sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
			self.peers[sock] = other
			self.select.register(sock, selectors.EVENT_READ, is_far)

	def read(self, sock, is_far):
		try:
			data = sock.recv(65536)
		except OSError:
			data = b""
		if data and is_far:
			if self.catches and self.catches.search(data):
				self.catches, self.holds = None, True
			self.kept.append((time.monotonic() + self.delay,
			    self.peers[sock], data))
		elif data:
			self.say(self.peers[sock], data)
		else:
			self.close(sock)

	def pass_on(self):
		while self.kept and not self.holds and \
		    self.kept[0][0] <= time.monotonic():
			_, sock, data = self.kept.popleft()
			self.say(sock, data)

	def say(self, sock, data):
		try:
			sock.sendall(data)
		except OSError:
			self.close(sock)

	def close(self, sock):
		for one in (sock, self.peers.get(sock)):
			if one in self.peers:
				del self.peers[one]
				self.select.unregister(one)
				one.close()

	def end(self):
		self.ends = True
		self.thread.join()
		for sock in list(self.peers):
			self.close(sock)
		self.sock.close()


class Crowd:
	"""Some connections to one sluice, each of which always asks; all on one
	thread, since many of them would wait for each other."""

	def __init__(self, address, url, who, n=8, field="Accept: */*"):
		self.address, self.who = address, who
		self.ask = b"GET %s/%d HTTP/1.1\r\nHost: %s\r\n%s\r\n\r\n" % (
		    url.encode(), who, url[7:].encode(), field.encode())
		self.missing = n		# connections that are to be made
		self.ends = False
		self.statuses = []
		self.socks = set()
		self.select = selectors.DefaultSelector()
		self.threads = [threading.Thread(target=self.run, daemon=True)]
		self.threads[0].start()

	def run(self):
		while not self.ends:
			while self.missing > 0 and self.connect():
				self.missing -= 1
			for key, _ in self.select.select(
			    0.05 if self.missing else 0.2):
				self.read(key.fileobj, key.data)
		for sock in list(self.socks):
			self.close(sock)

	def connect(self):
		try:
			sock = socket.create_connection(self.address)
		except OSError:
			return False
		sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		self.socks.add(sock)
		self.select.register(sock, selectors.EVENT_READ, bytearray())
		sock.sendall(self.ask)
		return True

	def read(self, sock, buf):
		try:
			data = sock.recv(65536)
			buf += data
			if self.is_answered(buf):
				sock.sendall(self.ask)
		except OSError:
			data = b""
		if not data:
			self.close(sock)

	def is_answered(self, buf):
		"""Whether there is a whole answer, which is noted and taken."""
		head, mark, body = buf.partition(b"\r\n\r\n")
		length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
		if not mark or (length and len(body) < int(length[1])):
			return False
		self.statuses.append(int(head[9:12]))
		buf.clear()
		return True

	def close(self, sock):
		self.select.unregister(sock)
		self.socks.discard(sock)
		sock.close()
		self.missing += 1

	def end(self):
		self.ends = True
		self.threads[0].join(wire.DEADLINE)


class Proxies:
	"""So many sluices with one store and the same rules, each at hosts of
	its own address, and a crowd at each; between: each comes to the store by
	a relay of its own."""

	def __init__(self, lab, n, rules, timeout="2s", between=False, **store):
		self.lab = lab
		self.redis = Redis(lab.dir)
		self.fars = [Far(f"127.0.0.{i + 1}")
		    for i in range(len(rules))]
		self.hosts = {f"127.0.0.{i + 1}": rule
		    for i, rule in enumerate(rules)}
		self.store = {"timeout": timeout, **store}
		self.between = between
		self.relays = []
		self.others = []	# servers that are there, too
		self.daemons = []
		self.crowds = []
		try:
			for _ in range(n):
				self.add()
			for daemon in self.daemons:
				daemon.err.wait("connected: budgets are shared")
		except BaseException:
			self.end()
			raise

	def add(self):
		"""One more sluice."""
		port = self.redis.port
		if self.between:
			self.relays.append(Relay(port))
			port = self.relays[-1].port
		self.daemons.append(self.lab.sluice(hosts=self.hosts, store={
		    "redis": f"redis://127.0.0.1:{port}", **self.store}))
		return self.daemons[-1]

	def begin(self, n=8):
		"""Everybody asks, always, so many of each; returns when that began."""
		at = time.time()
		self.crowds = [Crowd(daemon.address, far.url, i, n)
		    for i, daemon in enumerate(self.daemons)
		    for far in self.fars]
		return at

	def first(self, far, since=0, n=1):
		"""When so many have come since then."""
		def came():
			return [t for t in self.fars[far].times()
			    if t >= since][n - 1:]
		wire.wait_until(came, what="requests")
		return came()[0]

	def kill(self, i):
		"""Ends one of them at once."""
		self.daemons[i].status = None
		self.daemons[i].proc.kill()
		self.daemons[i].proc.wait()

	def end(self):
		for crowd in self.crowds:
			crowd.end()
		for one in (*self.fars, *self.relays, self.redis, *self.others):
			one.end()


def alone(rule, n):
	"""What each of n sluices has of it without a store, so that all of them
	have as much.  Beside the shared one it tells what could be used
	meanwhile, on a machine that is busy."""
	if rule.get("strict"):
		return {**rule, "capacity": rule["capacity"] // n,
		    "store": False}
	one = {**rule, "period": f"{n}s", "burst": max(rule["burst"] // n, 1),
	    "store": False}
	if "per_total" in rule:
		one["per_total"] = alone(rule["per_total"], n)
		del one["per_total"]["store"]
	return one


def came(far, begin, end):
	"""How many, between two instants."""
	return sum(begin <= at < end for at in far.times())


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
