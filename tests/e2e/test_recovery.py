# SPDX-License-Identifier: ISC
"""A host that has just been refusing is not run over by those who wait."""
import re
import threading
import time

import pytest

import client
import origin
import wire

RULE = {"queue": {"length": 100000, "max_wait": "2m"},
    "retry": {"attempts": 0}}


class Recovering:
	"""Refuses the first, then takes its time, and counts who is there."""

	def __init__(self, after="1", rtt=0.05):
		self.after = after
		self.rtt = rtt
		self.cond = threading.Condition()
		self.inside = 0
		self.rounds = []	# how many were inside, at each arrival

	def __call__(self, conn, req):
		if req.number == 0:
			return conn.reply(429,
			    fields=[("Retry-After", self.after)])
		with self.cond:
			self.inside += 1
			self.rounds.append(self.inside)
		time.sleep(self.rtt)
		with self.cond:
			self.inside -= 1
		conn.reply()


def burst(lab, far, n, each=1):
	clients = [lab.client() for _ in range(n)]
	for one in clients:
		for _ in range(each):
			one.ask("GET", far.url + "/")
	return clients


def test_half_open(lab):
	"""One, then two, then four at once."""
	host = Recovering()
	far = lab.origin(host)
	lab.sluice(hosts={"127.0.0.1": {"capacity": 1000, "concurrency": 16,
	    **RULE}})
	assert lab.get(far.url + "/").status == 429
	for one in burst(lab, far, 60):
		assert one.response().status == 200
	# arrivals in their order see no more than the window can be
	for i, inside in enumerate(host.rounds):
		assert inside <= min(i + 1, 16), host.rounds
	assert host.rounds[:3] == [1, 1, 2] or host.rounds[:2] == [1, 1]
	assert max(host.rounds) == 16


def test_a_stampede(lab):
	"""Thousands wait when the pause ends; the host sees a few of them."""
	host = Recovering(after="3", rtt=0.02)
	far = lab.origin(host)
	lab.sluice(hosts={"127.0.0.1": {"capacity": 5000, "period": "1s",
	    "concurrency": 64, **RULE}})
	assert lab.get(far.url + "/").status == 429
	clients = burst(lab, far, 1000)
	paused = time.monotonic()
	for one in clients:
		assert one.response().status == 200
	first = [far.requests[i].time for i in range(1, 65)]
	for i, inside in enumerate(host.rounds[:64]):
		assert inside <= i + 1
	assert max(host.rounds) <= 64
	# the first round trips: one, then at most two, then four
	began = first[0]
	for n, rounds in ((1, 1), (3, 2), (7, 3)):
		early = [t for t in first if t < began + rounds * host.rtt]
		assert len(early) <= n, (n, [t - began for t in first])


@pytest.mark.heavy
def test_a_probe_that_takes_its_time(lab):
	"""A slow upload is no reason to keep everybody waiting for its end."""
	def handle(conn, req):
		if req.number == 0:
			return conn.reply(429, fields=[("Retry-After", "0.2")])
		if req.method == "PUT":
			conn.wait_gone()
			conn.done = True
		else:
			conn.reply()
	far = lab.origin(handle)
	lab.sluice(hosts={"127.0.0.1": {"concurrency": 16, **RULE}})
	assert lab.get(far.url + "/").status == 429
	slow = lab.client()
	slow.send(client.request("PUT", far.url + "/", body=b"x" * 100)[:-50])
	far.wait_requests(2)
	began = time.monotonic()
	for one in burst(lab, far, 5):
		assert one.response().status == 200
	# budget.h: BUDGET_PATIENCE
	assert 8 < time.monotonic() - began < 12 * wire.SLOW
	slow.reset()


def test_trouble_is_no_success(lab):
	"""A host that is down has not recovered: still one at a time."""
	def handle(conn, req):
		if req.number == 0:
			return conn.reply(429, fields=[("Retry-After", "0.3")])
		time.sleep(0.02)
		conn.reply(503)
	far = lab.origin(handle)
	lab.sluice(hosts={"127.0.0.1": {"concurrency": 8, **RULE}})
	assert lab.get(far.url + "/").status == 429
	for one in burst(lab, far, 12):
		assert one.response().status == 503
	assert far.most == 1


def test_without_a_time_pauses_double(lab):
	"""From pause.default on while it goes on refusing, to pause.max."""
	far = lab.origin(origin.sequence(*[origin.fixed(429)] * 5,
	    origin.fixed()))
	daemon = lab.sluice(hosts={"127.0.0.1": {
	    "pause": {"default": "100ms", "max": "500ms"},
	    "learn": "pause", "retry": {"attempts": 10}}})
	assert lab.get(far.url + "/").status == 200
	lines = daemon.err.like("paused for", 5)
	assert [line.split("paused for ")[1].split(" after")[0]
	    for line in lines] == ["100 ms", "200 ms", "400 ms", "500 ms",
	    "500 ms"]
	times = far.times()
	for i, pause in enumerate([0.1, 0.2, 0.4, 0.5, 0.5]):
		assert times[i + 1] - times[i] >= pause - 0.02


class Window:
	"""Takes so many in any so many seconds, and says no more than 429."""

	def __init__(self, most, period):
		self.most = most
		self.period = period
		self.lock = threading.Lock()
		self.counted = []
		self.refused = 0

	def __call__(self, conn, req):
		with self.lock:
			now = time.monotonic()
			full = len(self.counted) >= self.most and \
			    now - self.counted[-self.most] < self.period
			if full:
				self.refused += 1
			else:
				self.counted.append(now)
		conn.reply(429 if full else 200)


def test_a_window_that_is_configured(lab):
	"""It refuses what a bucket allows beyond it, and then no more."""
	host = Window(5, 0.3)
	far = lab.origin(host)
	lab.sluice(hosts={"127.0.0.1": {"capacity": 5, "period": "300ms",
	    "pause": {"default": "300ms"}, "retry": {"attempts": 10},
	    "queue": RULE["queue"]}})
	for one in burst(lab, far, 80):
		assert one.response().status == 200
	assert 1 <= host.refused <= 8


def test_refusals_of_one_burst_count_once(lab):
	gate = origin.Gate(origin.fixed(429))
	far = lab.origin(origin.sequence(*[gate] * 10, origin.fixed()))
	daemon = lab.sluice(hosts={"127.0.0.1": {
	    "learn": "pause", "pause": {"default": "300ms"},
	    "retry": {"attempts": 1}}})
	clients = [lab.client().ask("GET", far.url + "/") for _ in range(10)]
	far.wait_requests(10)
	gate.open()
	for one in clients:
		assert one.response().status == 200
	for line in daemon.err.like("paused for", 1):
		assert "paused for 300 ms after its answer 429 " \
		    "(no time is named: pause.default)" in line


def test_after_recovery_pauses_are_short_again(lab):
	answers = [origin.fixed(429), origin.fixed(429)] + \
	    [origin.fixed()] * 20 + [origin.fixed(429), origin.fixed()]
	far = lab.origin(origin.sequence(*answers))
	daemon = lab.sluice(hosts={"127.0.0.1": {"concurrency": 2,
	    "learn": "pause", "pause": {"default": "100ms"},
	    "retry": {"attempts": 5}}})
	one = lab.client()
	for _ in range(22):
		assert one.get(far.url + "/").status == 200
	lines = daemon.err.like("paused for", 3)
	first, second, third = [int(re.search(r"paused for (\d+) ms",
	    line).group(1)) for line in lines]
	assert (first, second) == (100, 200)
	# about as long as it took last time, or a little less
	assert 100 <= third < 300


def test_any_success_means_that_the_pause_has_helped(lab):
	"""A host that allows few at a time is not shut out for ever longer."""
	def handle(conn, req):
		if req.number % 5 == 4:
			conn.reply(429)
		else:
			conn.reply()
	far = lab.origin(handle)
	daemon = lab.sluice(hosts={"127.0.0.1": {
	    "learn": "pause", "pause": {"default": "100ms"}}})
	one = lab.client()
	for _ in range(40):
		assert one.get(far.url + "/").status == 200
	for line in daemon.err.like("paused for", 9):
		assert int(re.search(r"paused for (\d+) ms",
		    line).group(1)) <= 100


@pytest.mark.parametrize("how", ["reset", "refused", "gone"])
def test_a_probe_that_fails_is_followed_by_another(lab, how):
	"""Nobody waits for the verdict of one that cannot give it."""
	def handle(conn, req):
		if req.number == 0:
			conn.reply(429, fields=[("Retry-After", "0.2")])
		elif req.target == "/bad" and how == "gone":
			conn.wait_gone()
			conn.done = True
		elif req.target == "/bad":
			conn.abort()
		else:
			conn.reply()
	far = lab.origin(handle)
	lab.sluice(hosts={"127.0.0.1": {"concurrency": 4, **RULE}})
	assert lab.get(far.url + "/").status == 429
	url = far.url
	if how == "refused":		# the host is the same, the port is not
		url = f"http://127.0.0.1:{lab.closed_port()}"
	bad = lab.client().ask("GET", url + "/bad")
	lab.settle()
	good = [lab.client().ask("GET", far.url + "/") for _ in range(8)]
	if how == "gone":
		far.wait_requests(2)
		bad.reset()
	else:
		assert bad.response().status == 502
	for one in good:
		assert one.response().status == 200
