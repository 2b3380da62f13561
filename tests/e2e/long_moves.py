# SPDX-License-Identifier: ISC
"""Hosts that move between rules, parts and sharing in the middle of requests
that end in any way; and what a daemon has seen for long.

As long_storms.py: not collected, run by script/long.  test_moves.py has the
same for a moment.
"""
import threading
import time

import pytest

import long_control
import long_storms
import origin
import wire
from long_control import NAMES, rules
from long_storms import GROWTH, MB, SECONDS, Storm, forget, good, rude, trim
from long_storms import seed			# noqa: F401, a fixture

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(SECONDS
    + 300 * wire.SLOW)]

SLOTS = 3


class House(long_control.House):
	"""One whose hosts all have some slots when it is over."""

	def settled(self):
		queue = {"max_wait": "1h", "length": 1000}
		return {"*.storm.test": {"concurrency": SLOTS, "queue": queue}}

	def status(self):
		return self.ways[0].get("/v1/status").json()

	def rest(self):
		"""No slot is taken, nobody waits, no memory is counted."""
		def left():
			seen = self.status()
			return {"memory": seen["memory"]["used"], **{name:
			    seen[name] for name in ("in_flight", "waiting")}}
		try:
			wire.wait_until(lambda: not any(left().values()),
			    2 * wire.DEADLINE)
		except AssertionError:
			raise AssertionError(f"left: {left()}")


def storm_of(house, seconds):
	"""Clients good and rude, each at hosts that are moved meanwhile."""
	lab, far = house.lab, house.far
	storm = Storm(lab, seconds)

	def visit(rng):
		statuses = (200, 429, 503)	# a host's queue may be short
		good(lab, rng, house.url(rng.choice(NAMES)), statuses)

	class There:
		"""An origin by another of its names."""
		def __init__(self, name):
			self.url = house.url(name)
			self.at = f"{name}:{far.port}"

	def leave(rng):
		rude(lab, rng, There(rng.choice(NAMES)))

	def move(rng):
		house.change(rng, rules(rng))
		forget(far)
		threading.Event().wait(rng.expovariate(20))
	storm.start(visit, threads=4)
	storm.start(leave, threads=6)
	storm.start(move)
	return storm


def all_slots(house):
	"""As many at once as there are slots, and not one more."""
	lab, far = house.lab, house.far
	house.daemon.change(**house.keys, hosts=house.settled())
	for name in NAMES:
		gate = origin.Gate()
		far.handler = gate
		held = [lab.client().ask("GET", house.url(name) + "/")
		    for _ in range(SLOTS + 1)]
		wire.wait_until(lambda: gate.held == SLOTS and
		    house.status()["waiting"] == 1, what=f"slots of {name}")
		gate.open()
		assert [one.response().status for one in held] == \
		    [200] * (SLOTS + 1)
		for one in held:
			one.close()
	house.rest()


def moves(lab, seconds):
	house = House(lab)
	far = house.far
	far.handler = long_storms.answers()
	files = house.daemon.files()
	for part in (seconds / 4, seconds * 3 / 4):
		storm = storm_of(house, part)
		assert all(storm.join())
		house.rest()
		wire.wait_until(lambda: house.daemon.files() <= files,
		    3 * wire.DEADLINE, what=f"{files} descriptors")
		if part == seconds / 4:
			warm = house.daemon.rss()
	assert house.daemon.rss() - warm < GROWTH
	all_slots(house)


def test_moves(lab):
	moves(lab, SECONDS)


# What is seen and never comes again.


def slope(samples):
	"""Bytes a second, by least squares over (time, bytes)."""
	n = len(samples)
	mean_t = sum(t for t, _ in samples) / n
	mean_b = sum(b for _, b in samples) / n
	return sum((t - mean_t) * (b - mean_b) for t, b in samples) / \
	    sum((t - mean_t) ** 2 for t, _ in samples)


MINTED = 10000		# certificates that are remembered


def mint(tlab, port, n):
	"""So many certificates; the handshakes are not needed for that."""
	for i in range(n):
		one = tlab.client()
		try:
			one.tunnel(f"f{i}.mint.test:{port}")
		finally:
			one.close()
			tlab.clients.remove(one)


def soak(tlab, seconds, growth, full=0):
	"""Hosts, credentials and certificates, each seen once.

	full: how many certificates are made before, so that what is remembered
	of them does not grow any more.
	"""
	far = tlab.origin(origin.fixed(body="fine"))
	secure = tlab.secure_origin(origin.fixed(body="fine"))
	daemon = tlab.https({"*.grow.test": {"concurrency": 4,
	    "per": "header:Authorization"}, "*.mint.test": {
	    "https": "intercept", "tls": {"verify": False}}},
	    limits={"hosts": 300, "names": 300, "ttl": "1s"}, timeouts={"idle": "1s"})
	context = tlab.pki.client("user-ca")
	seen = [0, 0]

	def plain(rng):
		"""New to it: the host, the client's name and credential."""
		one = tlab.client()
		n = rng.getrandbits(60)
		try:
			answer = one.get(f"http://h{n}.grow.test:{far.port}/",
			    [("Authorization", f"Bearer {n}")])
			# the table is full of those that came just before
			assert answer.status in (200, 503), answer
			seen[0] += answer.status == 200
		finally:
			one.close()
			tlab.clients.remove(one)
		if rng.random() < 0.05:
			threading.Event().wait(0.2)

	def minted(rng):
		name = f"m{rng.getrandbits(60)}.mint.test"
		one = tlab.client()
		try:
			if one.tunnel(f"{name}:{secure.port}").status == 200:
				one.secure(context, name)
				one.get("/", host=name)
				seen[1] += 1
		finally:
			one.close()
			tlab.clients.remove(one)
	mint(tlab, secure.port, full)
	storm = Storm(tlab, seconds)
	storm.start(plain, threads=3)
	storm.start(minted, threads=2)
	samples = []
	begun = time.monotonic()

	def look(rng):
		threading.Event().wait(seconds / 100)
		if time.monotonic() - begun > seconds / 3:
			samples.append((time.monotonic(), daemon.rss()))
		for one in far, secure:
			forget(one)
		trim(daemon)
	storm.start(look)
	assert all(storm.join())
	half = len(samples) // 2
	first, last = (sum(b for _, b in part) / len(part)
	    for part in (samples[:half], samples[half:]))
	print(f"{seen[0]} hosts, {seen[1]} certificates, "
	    f"{slope(samples) / 1024:.1f} KiB/s, {(last - first) / MB:.2f} "
	    "MiB between the halves")
	assert seen[0] > 10 and seen[1] > 10
	assert last - first < growth


def test_growth(tlab):
	soak(tlab, SECONDS, GROWTH / 4, full=MINTED)
