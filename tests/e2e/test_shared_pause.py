# SPDX-License-Identifier: ISC
"""A pause that one of several sluices was told, all of them keep."""
import time

import pytest

import shared
import wire

HORIZON = 1	# s: so long is a lease
AT_ONCE = 0.05	# s: by then all others have heard of it, of each other


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


@pytest.fixture(params=["at once", "with a lease"])
def pair(lab, tmp_path, request):
	redis = shared.Redis(tmp_path)
	far = Refuses()
	far.within = AT_ONCE * wire.SLOW
	if request.param == "with a lease":
		# Nobody may listen: it is as if each message was lost.
		redis.call("ACL", "SETUSER", "default", "resetchannels")
		far.within = HORIZON + 0.5 * wire.SLOW
	url = lab.origin(far).url
	store = {"redis": redis.url, "timeout": "5s"}
	rule = {"capacity": 400, "period": "1s", "store": True,
	    "queue": {"max_wait": "60s"}}
	for _ in range(2):
		lab.sluice(hosts={"127.0.0.1": rule}, store=store)
	crowds = []
	for who, daemon in enumerate(lab.daemons):
		daemon.err.wait("budgets are shared")
		if request.param == "with a lease":
			daemon.err.wait("which are heard with leases only")
		crowds.append(shared.Crowd(daemon.address, url, who))
	yield far
	for crowd in crowds:
		crowd.ends = True
	for crowd in crowds:
		for thread in crowd.threads:
			thread.join()
	redis.end()


@pytest.mark.alone("it measures milliseconds")
def test_a_refusal_at_one_pauses_the_other(pair):
	far = pair
	wire.wait_until(lambda: len(far.since(0)) > 20, what="requests of both")
	far.armed = True
	wire.wait_until(lambda: far.refused, what="a refusal")
	# it knows then, and goes on when the pause is over
	told = far.refused + far.within
	over = far.refused + 6
	wire.wait_until(lambda: time.monotonic() > over + 2 * wire.SLOW and
	    len(far.since(over)) > 5, what="requests after the pause")
	late = [t - far.refused for t in far.since(far.refused) if t < over]
	print(f"the last of the other came {1000 * max(late, default=0):.1f} ms"
	    f" after the refusal")
	assert max(late, default=0) <= told - far.refused
