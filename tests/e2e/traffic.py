# SPDX-License-Identifier: ISC
"""Random traffic that knows the product, and a model of what must come of it.

A client sends requests in any pieces, and may go at any byte; an origin
answers each as a plan says, which may be broken.  What the origin got is
compared with what a strict reader finds in the bytes that the client sent; what
the client got, with the plan.  All of it follows from a seed and a number, but
for the threads' order.

	SLUICE=build/sluice python3 tests/e2e/traffic.py [--seconds N]
	    [--seed N] [--only CONNECTION]
"""
import argparse
import pathlib
import random
import re
import socket
import ssl
import tempfile
import threading
import time

import certs
import client
import strict
import wire
from traffic_make import FRAMING, ID, Plan, Request, pieces, refusal

UNPLANNED = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
HOP = {b"connection", b"http2-settings", b"keep-alive", b"proxy-connection",
    b"te", b"transfer-encoding", b"upgrade", b"proxy-authenticate",
    b"proxy-authorization", b"sluice-cost", b"sluice-max-wait"}
TRAILERS_DROPPED = HOP | {b"authorization", b"content-length", b"host",
    b"cookie", b"set-cookie", b"trailer", b"x-forwarded-for",
    b"max-forwards", b"via"}


def end_to_end(message):
	"""The fields that go on, by the model."""
	named = set(message.options())
	return [(n, v) for n, v in message.fields if n.lower() not in HOP
	    and n.lower() not in FRAMING and (n.lower() not in named or
	    n.lower() in FRAMING)]


def one_hop_less(some):
	"""Of several Max-Forwards, which are all 7, one stays."""
	limits = [i for i, f in enumerate(some)
	    if f[0].lower() == b"max-forwards"]
	return [(b"Max-Forwards", b"6") if i in limits else f
	    for i, f in enumerate(some) if i not in limits[1:]]


def kept_trailers(message):
	dropped = TRAILERS_DROPPED | set(message.options())
	return [(n, v) for n, v in message.trailers
	    if n.lower() not in dropped]


class Origin:
	"""Answers by the plans, and remembers what came."""

	def __init__(self, seed):
		self.seed = seed
		self.lock = threading.Lock()
		self.plans = {}			# by identity
		self.seen = {}			# the same: strict.Message
		self.wrong = []			# what no proxy may send

	def note(self, message):
		"""The plan for a request, which is remembered; and whether this
		attempt is to be refused."""
		found = ID.search(message.one("X-Id") or b"")
		key = found[1] if found else b"unknown"
		with self.lock:
			seen = self.seen.setdefault(key, [])
			seen.append(message)
			plan = self.plans.get(key)
		if not plan or plan.method != message.method:
			return None, False
		return plan, len(seen) <= plan.refusals

	def __call__(self, conn):
		rng = random.Random(f"{self.seed} origin {conn.number}")
		conn.sock.settimeout(wire.DEADLINE)
		reader = strict.Reader()
		try:
			while self.one(conn, rng, reader):
				pass
		except strict.Bad as error:
			with self.lock:
				self.wrong.append((error, bytes(reader.buf)))
		except OSError:
			pass
		conn.close()

	def head(self, conn, reader):
		"""Reads until a head is there; whether one is."""
		while True:
			whole = reader.request()
			if whole or reader.message:
				return whole or reader.message
			data = conn.sock.recv(wire.PIECE)
			if not data:
				return None
			reader.feed(data)

	def rest(self, conn, reader, message):
		while not message.whole:
			data = conn.sock.recv(wire.PIECE)
			if not data:
				return False
			reader.feed(data)
			reader.request()
		return True

	def one(self, conn, rng, reader):
		message = self.head(conn, reader)
		if message is None:
			return False
		plan, refused = self.note(message)
		if plan is None or refused:	# None: broken, and passed
			if self.rest(conn, reader, message):
				conn.send(refusal(message.method) if refused
				    else UNPLANNED)
			return message.whole
		if not plan.early and not self.rest(conn, reader, message):
			return False
		for piece in pieces(rng, plan.raw):
			conn.send(piece)
		if plan.fault == "reset":
			conn.reset()
			return False
		if plan.early:
			if plan.closes:		# or both would wait
				conn.fin()
			if not self.rest(conn, reader, message):
				return False
		if plan.closes or plan.extra:
			conn.finish()
		return not (plan.closes or plan.extra)


class Visit:
	"""A client's connection, from its first byte to the last."""

	def __init__(self, place, number):
		self.place = place
		self.number = number
		self.rng = rng = random.Random(f"{place.seed} {number}")
		self.way = rng.choice(place.ways)
		self.inside = self.way in ("inside", "intercept")
		self.requests = [Request(rng, place, self.way)
		    for _ in range(rng.choice([1, 1, 2, 3, 6]))]
		self.plans = [Plan(rng, r) for r in self.requests]
		for request, plan in zip(self.requests, self.plans):
			place.far.plans[request.id] = plan
		self.data = b"".join(r.raw for r in self.requests)
		self.good = all(r.good for r in self.requests)
		self.goes = rng.random() < 0.2	# before it is answered
		if self.goes:
			self.data = self.data[:rng.randrange(
			    len(self.data) + 1)]
		self.sent = 0
		self.broken = False		# while it was sending
		self.answers = []		# strict.Message
		self.end = None			# how it came to an end

	def send(self, sock):
		rng = random.Random(f"{self.place.seed} {self.number} send")
		try:
			for piece in pieces(rng, self.data):
				self.sent += len(piece)
				sock.sendall(piece)
			if not self.good:	# it may wait for more
				sock.shutdown(socket.SHUT_WR)
		except OSError:
			self.broken = True	# and nobody else is told

	def run(self):
		link = self.place.connect()
		try:
			if self.inside and not self.tunnel(link):
				return
			self.sender = threading.Thread(target=self.send,
			    args=(link.sock,), daemon=True)
			self.sender.start()
			if self.goes:
				self.sender.join()
				if self.rng.random() < 0.5:
					link.reset()
				return
			self.read(link)
			link.close()
			self.sender.join()
		finally:
			link.close()

	def tunnel(self, link):
		at = self.place.authority(self.rng, self.way)
		link.send(b"CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (at, at))
		if link.response("CONNECT").status != 200:
			return False
		if self.way == "intercept":
			link.secure(self.place.trust, "intercept.test")
		return True

	def read(self, link):
		"""Responses, until all are there or the connection is over."""
		reader = strict.Reader()
		for request in self.requests:
			while True:
				answer = reader.response(request.method)
				if answer and answer.status >= 200:
					break
				if not answer and not self.more(link, reader):
					return
			self.answers.append(answer)
			if b"close" in answer.options():
				self.end = "close"
				return

	def more(self, link, reader):
		try:
			data = link.sock.recv(wire.PIECE)
		except (ConnectionError, ssl.SSLError):
			data = None
		if data:
			reader.feed(data)
			return True
		self.sender.join()
		self.over(reader, None if self.broken else data)
		return False

	def over(self, reader, data):
		self.end = "reset" if data is None else "end"
		last = reader.message if data is None else reader.ended()
		if last and last.status >= 200:
			self.answers.append(last)

	# What must hold of it

	def check(self):
		sent = self.data[:self.sent]
		good, cut, why = strict.requests(sent)
		known = {}
		for message in good + ([cut] if cut else []):
			found = ID.search(message.one("X-Id") or b"")
			known[found[1] if found else b"unknown"] = message
		for request, plan in zip(self.requests, self.plans):
			seen = self.place.far.seen.get(request.id, [])
			self.check_seen(request, plan, known.get(request.id),
			    seen)
		if not self.goes:
			self.check_answers(good)
		return set(known)

	def say(self, what, *more):
		raise AssertionError(f"{what}: seed {self.place.seed}, "
		    f"--only {self.number}\n" + "\n".join(map(repr, more)))

	def check_seen(self, request, plan, meant, seen):
		"""What the origin got of a request is what it was."""
		if seen and meant is None:
			self.say("a request that nobody sent", seen,
			    request.raw[:2000])
		if len(seen) > 1 + plan.refusals and plan.fault is None and \
		    not plan.early:
			self.say("sent again, though it was answered", seen)
		for got in seen:
			self.check_same(request, meant, got)

	def check_same(self, request, meant, got):
		path = meant.target
		if not self.inside:
			path = re.sub(rb"^[a-zA-Z]+://[^/?]*", b"", path)
		if not path:
			path = b"*" if meant.method == b"OPTIONS" else b"/"
		elif path.startswith(b"?"):
			path = b"/" + path
		if (got.method, got.target) != (meant.method, path):
			self.say("another request line", got, meant)
		if got.framing != meant.framing:
			self.say("framed otherwise", got, meant)
		if got.whole and (not meant.whole or got.body != meant.body):
			self.say("another body", got, meant, request.raw[:2000])
		if not meant.body.startswith(got.body):
			self.say("another beginning of a body", got, meant)
		if got.whole and kept_trailers(meant) != got.trailers:
			self.say("other trailers", got.trailers, meant.trailers)
		self.check_fields(meant, got)

	def check_fields(self, meant, got):
		want = end_to_end(meant)
		if meant.minor == 0:
			# that version expects nothing (RFC 9110 10.1.1)
			want = [f for f in want if f[0].lower() != b"expect"]
		if meant.method == b"OPTIONS":
			want = one_hop_less(want)
		have = [(n, v) for n, v in got.fields
		    if n.lower() not in FRAMING]
		if have[:len(want)] != want:
			self.say("other fields", have, want)
		for n, v in have[len(want):]:
			if n.lower() not in (b"via", b"te", b"connection"):
				self.say("a field from nowhere", n, v)
			if n.lower() == b"connection" and v.lower() != b"te":
				self.say("a connection option", v)

	def check_answers(self, good):
		for i, answer in enumerate(self.answers):
			request, plan = self.requests[i], self.plans[i]
			if not request.good:
				return		# what comes of it is open
			if i >= len(good) + plan.early:
				self.say("an answer to nothing", answer)
			self.check_answer(request, plan, answer,
			    i == len(self.answers) - 1)
		n = len(self.answers)
		if n < len(self.requests) and self.end != "close" and \
		    self.good and not self.may_end(n):
			self.say("no answer", n, self.end,
			    self.requests[n].raw[:2000],
			    self.plans[n].raw[:2000])

	def may_end(self, n):
		"""Whether the answer before may have ended the connection, or
		the one that is missing been cut before it began."""
		return n > 0 and (not self.answers[n - 1].whole or
		    self.answers[n - 1].framing == "close" or
		    self.requests[n - 1].old)

	def check_answer(self, request, plan, answer, last):
		meant = plan.answer()
		seen = len(self.place.far.seen.get(request.id, []))
		if plan.refusals and answer.status == 429:
			if seen > plan.refusals:
				self.say("refused, but answered", seen)
			return
		if b"; error=" in (answer.one("Proxy-Status") or b""):
			self.check_error(request, plan, answer, meant)
			return
		if meant is None:
			self.say("an answer out of nothing", answer, plan.raw)
		if answer.status != meant.status:
			self.say("another status", answer, meant)
		if answer.whole and not meant.whole:
			self.say("whole, though it was cut", answer, meant)
		if not answer.whole and meant.whole and not plan.early:
			self.say("cut, though it was whole", answer, meant)
		if answer.whole and answer.body != meant.body or \
		    not meant.body.startswith(answer.body):
			self.say("another body", answer, meant)
		want = end_to_end(meant)
		have = [f for f in answer.fields
		    if f[0].lower() not in FRAMING]
		if have[:len(want)] != want:
			self.say("other fields", have, want)
		if not answer.one("Date"):
			self.say("no date", have)
		if answer.framing == "chunked" and answer.whole and \
		    answer.trailers != kept_trailers(meant):
			self.say("other trailers", answer.trailers,
			    meant.trailers)

	def check_error(self, request, plan, answer, meant):
		if meant is not None and meant.whole and plan.fault is None \
		    and not plan.early and answer.status not in (502, 504):
			self.say("refused", answer, answer.body)
		if plan.fault is None and not plan.early and not plan.extra:
			self.say("an error of ours", answer, answer.body,
			    request.raw[:2000], plan.raw[:2000])


class Place:
	"""A daemon, origins, and their clients; with the lab's certificates
	also the ways of HTTPS."""

	spellings = ["127.0.0.1", "LocalHost", "localhost."]

	def __init__(self, lab, seed, **keys):
		self.lab = lab
		self.seed = seed
		self.far = Origin(seed)
		self.origin = lab.origin(accept=self.far)
		self.secure = None
		self.ways = ["plain"] * 3 + ["inside"]
		if lab.pki:
			self.secure = lab.secure_origin(accept=self.far)
			self.ways += ["upstream", "intercept"]
			self.trust = lab.pki.client("user-ca")
			self.daemon = lab.https(**{**self.settings(), **keys})
		else:
			self.daemon = lab.sluice(**{**self.settings(), **keys})
		self.control = lab.control()
		self.descriptors = self.count()
		self.visits = 0

	def settings(self):
		hosts = {"127.0.0.1": {"concurrency": 32}, "localhost": {
		    "concurrency": 4, "queue": {"max_wait": "1m"},
		    "pause": {"default": "5ms", "max": "50ms"}}}
		if self.secure:
			hosts["intercept.test"] = {"https": "intercept"}
			hosts["upstream.test"] = {"https": "upstream",
			    "tls": {"port": self.secure.port}}
		return {"timeouts": {"drain": "10s"}, "hosts": hosts}

	def authority(self, rng, way):
		"""Where that way leads to."""
		if way == "upstream":
			return b"upstream.test"
		if way == "intercept":
			return b"intercept.test:%d" % self.secure.port
		name = "127.0.0.1" if way == "inside" else \
		    rng.choice(self.spellings)
		return f"{name}:{self.origin.port}".encode()

	def connect(self):
		return client.Client(self.daemon.address)

	def count(self):
		return self.daemon.files()

	def round(self, n, threads=8):
		"""n visits, side by side; then nothing may be left of them."""
		visits = [Visit(self, self.visits + i) for i in range(n)]
		self.visits += n
		self.go(visits, threads)
		self.settle()
		for error, left in self.far.wrong:
			raise AssertionError(f"the origin got {error}: {left}")
		known = set()
		for visit in visits:
			known |= visit.check()
		for key in set(self.far.seen) - known:
			owner = [v for v in visits if b"~" + key + b"~" in
			    b"".join(r.raw for r in v.requests)]
			raise AssertionError(f"nobody asked: seed {self.seed}, "
			    f"by {[v.number for v in owner]}: "
			    f"{self.far.seen[key]}")
		self.far.seen.clear()
		self.far.plans.clear()

	def go(self, visits, threads):
		left = list(visits)
		lock = threading.Lock()

		def work():
			while True:
				with lock:
					if not left:
						return
					one = left.pop()
				try:
					one.run()
				except TimeoutError:
					one.say("nothing came", one.answers,
					    one.data[:one.sent][-2000:])
		tasks = [self.lab.spawn(work) for _ in range(threads)]
		for task in tasks:
			task.join()
			self.lab.threads.remove(task)

	def settle(self):
		"""Until the daemon is at rest: nobody is left in it."""
		def rests():
			now = self.control.get("/v1/status").json()
			return now["in_flight"] == 0 and now["waiting"] == 0 \
			    and now["connections"] == 0
		wire.wait_until(rests, what="a daemon at rest")

	def end(self):
		"""Without the origin no descriptor is left, either."""
		self.origin.stop()
		if self.secure:
			self.secure.stop()
		wire.wait_until(lambda: self.count() <= self.descriptors,
		    what="the last descriptor's end")


def main():
	parser = argparse.ArgumentParser()
	parser.add_argument("--seconds", type=float, default=60)
	parser.add_argument("--seed", type=int,
	    default=random.randrange(1 << 32))
	parser.add_argument("--only", type=int)
	args = parser.parse_args()
	print("seed", args.seed, flush=True)
	with tempfile.TemporaryDirectory() as directory:
		place = pathlib.Path(directory)
		(place / "certs").mkdir()
		lab = conftest.Lab(place, certs.Certs(place / "certs"))
		try:
			run(lab, args)
		finally:
			lab.end()


def run(lab, args):
	place = Place(lab, args.seed)
	if args.only is not None:
		place.visits = args.only
		place.round(1)
		return
	until = time.monotonic() + args.seconds
	while time.monotonic() < until:
		place.round(64)
	place.end()
	print(place.visits, "connections")


if __name__ == "__main__":
	import conftest
	main()
