# SPDX-License-Identifier: ISC
"""A pause that one of several sluices was told, all of them keep; and one asks
for all whether it is over."""
import time

import pytest

import shared
import sluice
import wire

HORIZON = 1	# s: so long is a lease
AT_ONCE = 0.05	# s: by then all others have heard of it, of each other


class Refuses:
	"""Refuses the next request to /0, once it is told to; notes the others."""

	def __init__(self):
		self.armed = False
		self.wait = 6
		self.refused = None
		self.seen = []

	def __call__(self, conn, req):
		if self.armed and req.target == "/0":
			self.armed = False
			self.refused = time.monotonic()
			conn.reply(429, fields=[("Retry-After", str(self.wait))])
			return
		self.seen.append((time.monotonic(), req.target))
		conn.reply()

	def since(self, at):
		return [t for t, target in self.seen if target == "/1" and t > at]


class Shuts(Refuses):
	"""Refuses all for a while, and says to come back in a second."""

	def __init__(self):
		super().__init__()
		self.until = 0
		self.refusals = []

	def __call__(self, conn, req):
		at = time.monotonic()
		if at < self.until:
			self.refusals.append(at)
			conn.reply(429, fields=[("Retry-After", "1")])
			return
		super().__call__(conn, req)


class RefusesPart(Refuses):
	"""The same, of a part of itself that it names: who asks is no other route."""

	def __call__(self, conn, req):
		if not self.armed or req.target != "/0":
			super().__call__(conn, req)
			return
		self.armed = False
		self.refused = time.monotonic()
		conn.reply(429, fields=[("Retry-After", str(self.wait)),
		    ("X-RateLimit-Bucket", "read"), ("X-RateLimit-Limit", "5"),
		    ("X-RateLimit-Remaining", "0"),
		    ("X-RateLimit-Reset-After", str(self.wait))])


RATES = {"capacity": 400, "period": "1s"}
# Nothing but pauses: what is learned has tests of its own, and of a host that is
# shut for six seconds that is a window of so many.
SLOTS = {"concurrency": 8, "learn": "pause"}


def several(lab, tmp_path, far, n, limits, listens=True):
	redis = shared.Redis(tmp_path)
	if not listens:
		# Nobody may listen: it is as if each message was lost.
		redis.call("ACL", "SETUSER", "default", "resetchannels")
	url = far.url = lab.origin(far).url
	store = {"redis": redis.url, "timeout": "5s"}
	rule = {**limits, "store": True, "queue": {"max_wait": "60s"}}
	for _ in range(n):
		lab.sluice(hosts={"127.0.0.1": rule}, store=store)
	crowds = []
	for who, daemon in enumerate(lab.daemons):
		daemon.err.wait("budgets are shared")
		if not listens:
			daemon.err.wait("which are heard with leases only")
		crowds.append(shared.Crowd(daemon.address, url, who))
	yield far, lab.daemons
	for crowd in crowds:
		crowd.ends = True
	for crowd in crowds:
		for thread in crowd.threads:
			thread.join()
	redis.end()


@pytest.fixture(params=[(RATES, True), (RATES, False), (SLOTS, True),
    (SLOTS, False)], ids=["at once", "with a lease", "at once, by slots",
    "with slots"])
def pair(lab, tmp_path, request):
	limits, listens = request.param
	far = Refuses()
	far.within = (AT_ONCE if listens else HORIZON + 0.5) * wire.SLOW
	for one, _ in several(lab, tmp_path, far, 2, limits,
	    listens):
		yield one


@pytest.fixture(params=[{**RATES, "learn": "pause"}, SLOTS,
    {"learn": "estimate"}], ids=["rates", "slots", "estimate"])
def part(lab, tmp_path, request):
	far = RefusesPart()
	for one, daemons in several(lab, tmp_path, far, 2, request.param):
		far.other = lab.client(daemons[1])
		yield one


@pytest.fixture(params=[RATES, SLOTS], ids=["rates", "slots"])
def four(lab, tmp_path, request):
	yield from several(lab, tmp_path, Shuts(), 4, request.param)


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


@pytest.mark.alone("it measures milliseconds")
def test_a_part_pauses_at_the_other(part):
	"""Only that part: other routes go on there."""
	far = part
	wire.wait_until(lambda: len(far.since(0)) > 20, what="requests of both")
	far.armed = True
	wire.wait_until(lambda: far.refused, what="a refusal")
	over = far.refused + far.wait
	assert far.other.get(far.url + "/else/where").status == 200
	assert time.monotonic() < over
	wire.wait_until(lambda: time.monotonic() > over + 2 * wire.SLOW and
	    len(far.since(over)) > 5, what="requests after the pause")
	late = [t - far.refused for t in far.since(far.refused) if t < over]
	print(f"the last of the other came {1000 * max(late, default=0):.1f} ms"
	    f" after the refusal")
	assert max(late, default=0) <= AT_ONCE * wire.SLOW


def test_one_asks_for_all(four):
	far, daemons = four
	wire.wait_until(lambda: {t for _, t in far.seen} == {"/0", "/1", "/2",
	    "/3"}, what="requests of all")
	shut = time.monotonic()
	far.until = shut + 6
	# One of them each second; it is the retried one that comes late.
	begin = shut + HORIZON + 0.5 * wire.SLOW
	wire.wait_until(lambda: time.monotonic() > far.until, what="its end")
	asked = [t - shut for t in far.refusals if t > begin]
	print("asked at", asked)
	assert 2 <= len(asked) <= 6
	# All go on as soon as they hear of it, half a second apart.
	at = time.monotonic()
	wire.wait_until(lambda: {t for s, t in far.seen if s > at} == {"/0",
	    "/1", "/2", "/3"}, what="requests of all")
	assert time.monotonic() - at < 1 + 2 * wire.SLOW


def test_an_order_ends_it(four):
	"""Who resumes the host at one of them has all go on."""
	far, daemons = four
	far.wait = 600
	wire.wait_until(lambda: {t for _, t in far.seen} == {"/0", "/1", "/2",
	    "/3"}, what="requests of all")
	far.armed = True
	wire.wait_until(lambda: all("paused" in sluice.run("hosts", "--socket",
	    one.control).stdout for one in daemons), what="word of it")
	at = time.monotonic()
	sluice.run("resume", "--socket", daemons[1].control, "127.0.0.1")
	wire.wait_until(lambda: {t for s, t in far.seen if s > at} == {"/0",
	    "/1", "/2", "/3"}, what="requests of all")
	# nor do they hear of that pause again
	at = time.monotonic()
	wire.wait_until(lambda: time.monotonic() > at + 2 * HORIZON and
	    {t for s, t in far.seen if s > at + HORIZON} == {"/0", "/1", "/2",
	    "/3"}, what="requests of all")
