# SPDX-License-Identifier: ISC
"""A pause that one of several sluices was told, all of them keep."""
import time

import pytest

import shared
import wire

HORIZON = 1	# s: so long is a lease


class Refuses:
	"""Refuses the next request to /0, once it is told to; notes the others."""

	def __init__(self):
		self.armed = False
		self.refused = None
		self.seen = []

	def __call__(self, conn, req):
		if self.armed and req.target == "/0":
			self.armed = False
			self.refused = time.monotonic()
			conn.reply(429, fields=[("Retry-After", "6")])
			return
		self.seen.append((time.monotonic(), req.target))
		conn.reply()

	def since(self, at):
		return [t for t, target in self.seen if target == "/1" and t > at]


@pytest.fixture
def pair(lab, tmp_path):
	redis = shared.Redis(tmp_path)
	far = Refuses()
	url = lab.origin(far).url
	store = {"redis": redis.url, "timeout": "5s"}
	rule = {"capacity": 50, "period": "1s", "store": True,
	    "queue": {"max_wait": "60s"}}
	for _ in range(2):
		lab.sluice(hosts={"127.0.0.1": rule}, store=store)
	crowds = []
	for who, daemon in enumerate(lab.daemons):
		daemon.err.wait("budgets are shared")
		crowds.append(shared.Crowd(daemon.address, url, who))
	yield far
	for crowd in crowds:
		crowd.ends = True
	for crowd in crowds:
		for thread in crowd.threads:
			thread.join()
	redis.end()


def test_a_refusal_at_one_pauses_the_other(pair):
	far = pair
	wire.wait_until(lambda: len(far.since(0)) > 20, what="requests of both")
	far.armed = True
	wire.wait_until(lambda: far.refused, what="a refusal")
	# it knows with its next lease, and goes on when the pause is over
	told = far.refused + HORIZON + 0.5 * wire.SLOW
	over = far.refused + 6
	wire.wait_until(lambda: time.monotonic() > over + 2 * wire.SLOW and
	    len(far.since(over)) > 5, what="requests after the pause")
	assert [t - far.refused for t in far.since(told) if t < over] == []
