# SPDX-License-Identifier: ISC
"""A proxy that ends, hands over or does not share any more says so to the store:
the others have at once what it had."""
import re
import socket
import time

import pytest

import metrics
import shared
import wire

RULE = {"concurrency": 4, "store": True, "queue": {"max_wait": "60s"}}
TTL = 3			# s: a block of slots is good for so long


class Slow:
	"""An origin that works on each request until it is told to end."""

	def __init__(self, lab):
		self.now = self.most = 0
		self.origin = lab.origin(self)
		self.url = self.origin.url

	def __call__(self, conn, req):
		self.now += 1
		self.most = max(self.most, self.now)
		time.sleep(0.05)
		self.now -= 1
		conn.reply()


@pytest.fixture
def two(lab):
	"""Two sluices, and a crowd at each that has half of the slots."""
	redis = shared.Redis(lab.dir)
	far = Slow(lab)
	daemons = [lab.sluice(hosts={"127.0.0.1": RULE}, store={
	    "redis": redis.url, "timeout": "2s"}) for _ in range(2)]
	crowds = []
	for daemon in daemons:
		daemon.err.wait("connected: budgets are shared")
	for i, daemon in enumerate(daemons):
		crowds.append(shared.Crowd(daemon.address, far.url, i, n=8))
	for daemon in daemons:
		slots(lab, daemon, 2)
		peers(daemon, 2)
	yield far, redis, daemons, crowds
	for crowd in crowds:
		crowd.end()
	redis.end()
	assert far.most <= 4


def slots(lab, daemon, n):
	control = lab.control(daemon)
	# The host is there with its first request.
	wire.wait_until(lambda: control.get("/v1/hosts/127.0.0.1").json()
	    .get("store", {}).get("slots") == n, what=f"{n} slots")


def peers(daemon, n):
	metrics.until(daemon, lambda m: m("sluice_store_proxies") == n)


def test_one_that_ends(lab, two):
	"""Its slots come back before its block is over, and it is counted no
	more."""
	far, redis, daemons, crowds = two
	crowds.pop(0).end()
	daemons[0].stop()
	lab.daemons.remove(daemons[0])
	at = time.monotonic()
	slots(lab, daemons[1], 4)
	took = time.monotonic() - at
	print(f"all slots {took:.3f} s after the end")
	assert took < TTL / 2
	peers(daemons[1], 1)


def test_an_end_is_soon(lab, two):
	"""Though the store stands still."""
	far, redis, daemons, crowds = two
	crowds.pop(0).end()
	redis.stop()
	at = time.monotonic()
	daemons[0].stop()
	lab.daemons.remove(daemons[0])
	took = time.monotonic() - at
	redis.go_on()
	assert took < 5 * wire.SLOW


def test_a_reload(lab, two):
	"""One that does not share the host any more gives back what it had."""
	far, redis, daemons, crowds = two
	crowds.pop(0).end()
	# What is in use is not given back.
	control = lab.control(daemons[0])
	wire.wait_until(lambda: control.get("/v1/hosts/127.0.0.1").json()
	    ["in_flight"] == 0, what="the end of its requests")
	daemons[0].reload(**{**daemons[0].keys, "hosts": {
	    "127.0.0.1": {"concurrency": 1}}})
	at = time.monotonic()
	slots(lab, daemons[1], 4)
	assert time.monotonic() - at < TTL / 2


class Learned:
	"""Two sluices that learn the limit of a host that refuses the third of
	its requests, and what the store knows of that."""

	def __init__(self, lab, redis):
		self.lab, self.redis = lab, redis
		self.seen = 0
		self.url = lab.origin(self).url
		rule = {"store": True, "queue": {"max_wait": "60s"}}
		self.daemons = [lab.sluice(hosts={"127.0.0.1": rule}, store={
		    "redis": redis.url, "timeout": "2s"}) for _ in range(2)]
		for daemon in self.daemons:
			daemon.err.wait("connected: budgets are shared")

	def __call__(self, conn, req):
		self.seen += 1
		conn.reply(429 if self.seen == 3 else 200)

	def holder(self):
		"""Who has the loan, as the store says; b"0": nobody."""
		keys = [key for key in self.redis.call("KEYS", "*:l:*").split(
		    b"\r\n") if b":l:" in key]
		assert len(keys) == 1
		return self.redis.call("HGET", keys[0].decode(),
		    "holder").split(b"\r\n")[1]


@pytest.fixture
def learned(lab):
	redis = shared.Redis(lab.dir)
	far = Learned(lab, redis)
	crowd = shared.Crowd(far.daemons[0].address, far.url, 0)
	wire.wait_until(lambda: far.seen > 3, what="a request that asks")
	wire.wait_until(lambda: far.holder() != b"0", what="the loan")
	yield far
	crowd.end()
	redis.end()


def test_what_is_learned_at_an_end(lab, learned):
	"""Nobody waits for the loan of one that has ended."""
	learned.daemons[0].stop()
	lab.daemons.remove(learned.daemons[0])
	assert learned.holder() == b"0"


def test_what_is_learned_at_a_reload(learned):
	"""Nor for that of one that does not share the host any more."""
	learned.daemons[0].reload(**{**learned.daemons[0].keys, "hosts": {
	    "127.0.0.1": {"concurrency": 1}}})
	wire.wait_until(lambda: learned.holder() == b"0", what="its last word")


def gives_back(told, holder):
	"""Reads what the store is asked until that one gives back the loan."""
	end = time.monotonic() + wire.DEADLINE
	for line in told:
		words = re.findall(rb'"((?:[^"\\]|\\.)*)"', line)
		# the script, two keys; run, holder, number, known, has, returns
		if len(words) > 10 and b":l:" in words[3] and \
		    words[6] == holder and words[10] == b"1":
			return
		assert time.monotonic() < end


def test_what_is_learned_at_an_upgrade(learned):
	"""The next one has another loan."""
	holder = learned.holder()
	assert holder != b"0"
	with socket.create_connection(("127.0.0.1", learned.redis.port)) as s, \
	    s.makefile("rb") as told:
		s.settimeout(wire.DEADLINE)
		s.sendall(b"MONITOR\r\n")
		assert told.readline() == b"+OK\r\n"
		assert "has taken over" in learned.daemons[0].upgrade()
		gives_back(told, holder)
	wire.wait_until(lambda: learned.holder() not in (b"0", holder),
	    what="another loan")


def test_an_upgrade(lab, two):
	"""The new one is the same proxy, by name, and the old one's slots come
	back."""
	far, redis, daemons, crowds = two
	daemons[0].upgrade()
	at = time.monotonic()
	daemons[0].err.like("connected: budgets are shared", 2)
	begin = time.monotonic() + 2 * TTL
	while time.monotonic() < begin:
		wire.wait_until(lambda t=time.monotonic():
		    time.monotonic() > t + 0.5, what="time")
		assert metrics.scrape(daemons[1])("sluice_store_proxies") == 2
	for daemon in daemons:
		slots(lab, daemon, 2)
