# SPDX-License-Identifier: ISC
"""Several sluices share the slots of a host in a Redis: never more under way
than there are, all used, and they come back from whoever is gone."""
import signal
import threading
import time

import pytest

import shared
import wire

SLOTS = 4
TTL = 3			# s: a block of slots is good for so long


class Works:
	"""Works for a while on each request, whether its client is there or not,
	and knows how many it works on at a time; paths begin with who asks."""

	def __init__(self, work=0.05):
		self.work = work
		self.lock = threading.Lock()
		self.now = self.most = 0
		self.area = 0		# requests times seconds
		self.since = time.monotonic()
		self.seen = []		# (s, who), as they came

	def note(self, change):
		with self.lock:
			at = time.monotonic()
			self.area += self.now * (at - self.since)
			self.since = at
			self.now += change
			self.most = max(self.most, self.now)
			return at

	def used(self):
		"""Requests times seconds, so far, and now."""
		return self.area, self.note(0)

	def __call__(self, conn, req):
		at = self.note(1)
		self.seen.append((at, int(req.target.strip("/"))))
		time.sleep(self.work)
		self.note(-1)
		conn.reply()

	def by(self, who, since=0):
		return sum(w == who and t > since for t, w in self.seen)


class Proxies:
	def __init__(self, lab, n, rule, work=0.05, **keys):
		self.lab = lab
		self.redis = shared.Redis(lab.dir)
		self.far = Works(work)
		self.url = lab.origin(self.far).url
		self.rule = {"concurrency": SLOTS, "store": True,
		    "queue": {"max_wait": "60s"}, **rule}
		self.crowds = []
		self.daemons = [lab.sluice(hosts={"127.0.0.1": self.rule}, store={
		    "redis": self.redis.url, "timeout": "1s"}, **keys)
		    for _ in range(n)]
		for daemon in self.daemons:
			daemon.err.wait("connected: budgets are shared")

	def begin(self, *who):
		"""Twice as many ask at each as there are slots."""
		self.crowds += [shared.Crowd(self.daemons[i].address, self.url, i,
		    n=2 * SLOTS) for i in who or range(len(self.daemons))]

	def await_by(self, who, n=1, since=0, what="requests"):
		wire.wait_until(lambda: self.far.by(who, since) >= n, what=what)

	def know_each_other(self):
		"""How many there are each has heard."""
		for daemon in self.daemons:
			control = self.lab.control(daemon)
			wire.wait_until(lambda: f"sluice_store_proxies {len(self.daemons)}\n"
			    in control.get("/metrics").body.decode(), what="peers")

	def share(self, seconds):
		"""What part of the slots is in use, in so many seconds from now."""
		area, at = self.far.used()
		wire.wait_until(lambda: time.monotonic() > at + seconds,
		    what="time")
		then, end = self.far.used()
		return (then - area) / (end - at) / SLOTS

	def end(self):
		for crowd in self.crowds:
			crowd.end()
		self.redis.end()
		assert self.far.most <= SLOTS


@pytest.mark.plain("what goes between sluice and a store is in shorter ones")
@pytest.mark.parametrize("n", [2, 4])
def test_one_limit(proxies, n):
	# what is learned is asked for, too
	many = proxies(n, {"learn": "pause"})
	many.begin()
	for who in range(n):
		many.await_by(who, 3)
	begin, calls = time.monotonic(), many.redis.calls()
	share = many.share(4)
	calls = (many.redis.calls() - calls) / (time.monotonic() - begin)
	by = [many.far.by(who, begin) for who in range(n)]
	print(f"{n} sluices: {share:.3f} of {SLOTS} slots used, {calls:.1f} calls"
	    f" a second, requests {by}")
	assert share >= 0.7
	assert min(by) >= max(by) / 3
	assert many.far.most == SLOTS
	# A question each third of the time that a block is good for.
	assert calls < n * 4


def test_more_proxies_than_slots(proxies):
	"""Who has none gets one in turn."""
	many = proxies(4, {"concurrency": 1})
	many.begin()
	for who in range(4):
		many.await_by(who, 3)
	begin = time.monotonic()
	for who in range(4):
		many.await_by(who, 3, since=begin)
	assert many.far.most == 1


def test_one_that_is_killed(proxies):
	"""Its slots are the other's when its block is over, and what it may have
	had under way."""
	both = proxies(2, {}, timeouts={"exchange": "1s"})
	both.begin()
	both.await_by(0, 10)
	both.await_by(1, 10)
	both.lab.daemons.remove(both.daemons[0])
	both.daemons[0].proc.kill()
	both.daemons[0].proc.wait()
	at = time.monotonic()
	wire.wait_until(lambda: both.share(0.5) > 0.6, what="all slots")
	# It had asked a third of a ttl before, at most.
	assert time.monotonic() - at > TTL * 2 / 3 + 1


def test_one_that_stands_still(proxies):
	"""What it had is the other's, and it does not go on with it."""
	both = proxies(2, {})
	both.begin()
	both.await_by(0, 10)
	both.await_by(1, 10)
	both.daemons[0].proc.send_signal(signal.SIGSTOP)
	at = time.monotonic()
	wire.wait_until(lambda: time.monotonic() > at + TTL and
	    both.share(0.5) > 0.6, what="all slots")
	assert both.far.most == SLOTS
	both.daemons[0].proc.send_signal(signal.SIGCONT)
	# It may have been stopped between an admission and what is sent then.
	both.await_by(0, 1, since=time.monotonic(), what="its requests")
	assert both.far.most <= SLOTS + SLOTS // 2
	wire.wait_until(lambda: both.far.now <= SLOTS, what="their end")
	both.far.most = 0
	both.await_by(0, 20, since=time.monotonic(), what="its requests")


@pytest.mark.parametrize("fault", ["kill", "stop"])
@pytest.mark.parametrize("without", ["hold", "share"])
def test_the_store_is_away(proxies, fault, without):
	both = proxies(2, {"without_store": without})
	both.begin()
	both.await_by(0, 10)
	both.await_by(1, 10)
	both.know_each_other()
	if fault == "kill":
		both.redis.kill()
	else:
		both.redis.stop()
	for daemon in both.daemons:
		daemon.err.wait("without_store")
	away = time.monotonic()
	wire.wait_until(lambda: time.monotonic() > away + TTL + 2, what="time")
	if without == "share":
		for who in range(2):
			both.await_by(who, 5, since=time.monotonic())
	else:
		# What was admitted last may be on its way for a moment.
		assert not [t for t, _ in both.far.seen if t > away + TTL + 1]
	if fault == "kill":
		both.redis.start()
	else:
		both.redis.go_on()
	for daemon in both.daemons:
		daemon.err.like("connected: budgets are shared", 2)
	wire.wait_until(lambda: both.share(0.5) > 0.6, what="all slots")


def test_it_is_open(proxies):
	"""Each has all of them; the origin sees both."""
	both = proxies(2, {"without_store": "open"})
	both.redis.kill()
	for daemon in both.daemons:
		daemon.err.wait("without_store")
	both.begin()
	wire.wait_until(lambda: both.far.most > SLOTS, what="those of both")
	assert both.far.most <= 2 * SLOTS
	for crowd in both.crowds:
		crowd.end()
	wire.wait_until(lambda: both.far.now == 0, what="an end")
	both.far.most = 0


def test_a_reload(lab, proxies):
	"""Another concurrency holds from then on, and what is told of it."""
	both = proxies(2, {})
	both.begin()
	both.await_by(0, 10)
	both.await_by(1, 10)
	control = lab.control(both.daemons[0])
	metrics = control.get("/metrics").body.decode()
	assert "sluice_store_slots 2" in metrics
	for daemon in both.daemons:
		hosts = {"127.0.0.1": {**both.rule, "concurrency": 2}}
		daemon.reload(**{**daemon.keys, "hosts": hosts})
	wire.wait_until(lambda: both.far.now <= 2, what="those under way")
	at = time.monotonic()
	wire.wait_until(lambda: time.monotonic() > at + 1.2, what="a heartbeat")
	with both.far.lock:
		both.far.most = 0
	both.await_by(0, 10, since=time.monotonic())
	both.await_by(1, 10, since=time.monotonic())
	assert both.far.most <= 2
