# SPDX-License-Identifier: ISC
"""Whatever happens to sluices that share budgets, or to their Redis, the origin
sees no more than the budgets allow, and soon as much as before."""
import signal
import time

import pytest

import shared
import store_faults
import test_store_share
import wire
from test_store_share import EXACT, FAST, LONG, SLOW

Proxies = shared.Proxies
pytestmark = pytest.mark.plain("a store that is away is in test_store_share.py")

# s: until then the budget is born empty, and has been asked for again
RECOVERED = 2.5


def judge(proxies, burst=50):
	"""No window anywhere has more than the budget."""
	test_store_share.judge(proxies)
	times = proxies.fars[3].times()
	assert shared.over_bucket(times, 100, burst, test_store_share.LATE) <= 0


@pytest.mark.parametrize("name", [name for name in store_faults.ALL
    if name != "redis_slow"])
def test_fault(proxies, name):
	two = proxies(2, [FAST, SLOW, EXACT, LONG], between=True,
	    timeout="500ms")
	two.begin()
	two.first(0, n=100)
	two.first(2, n=5)
	_, ended = store_faults.ALL[name](two)
	again = two.first(3, since=ended + RECOVERED)
	last = two.first(3, since=again, n=200)
	judge(two)
	used = shared.used(two.fars[3].times(), 100, again, last)
	print(f"{used:.3f} used again")
	# other tests are beside it
	assert used >= 0.85
	# who stood still hears what was said meanwhile, and loses nobody
	if name.startswith("proxy_stopped"):
		assert "without_store" not in two.daemons[0].err.text()


def test_slow(proxies):
	"""While it is so nobody is without it, and where a burst is longer than
	what answers may be late by as much is used."""
	second = {**LONG, "burst": 100}
	two = proxies(2, [FAST, SLOW, EXACT, second, shared.alone(second, 2)],
	    between=True)
	two.begin()
	two.first(3, n=100)
	began, ended = store_faults.redis_slow(two)
	two.first(3, since=ended + 1)
	judge(two, burst=100)
	together, alone = (shared.came(far, began + 1, ended)
	    for far in two.fars[3:])
	print(f"{together} meanwhile, and {alone} alone")
	assert together >= 0.9 * alone
	for daemon in two.daemons:
		assert "without_store" not in daemon.err.text()


def test_stopped_before_the_send(lab, fault, monkeypatch, proxies):
	"""What was let go and not yet sent goes when its proxy goes on, and that
	is all: one request for each of its clients."""
	two = proxies(1, [FAST, SLOW, EXACT])
	for name in fault.environment():
		monkeypatch.delenv(name)
	two.add().err.wait("connected: budgets are shared")
	two.begin()
	two.first(0, n=100)
	two.first(2, n=5)
	one = two.daemons[0]
	fault.arm("sendmsg", "EAGAIN", many=1 << 30, port=two.fars[0].port)
	wire.wait_until(fault.fired, what="a request that is not sent")
	store_faults.stop(one)
	held = len(two.crowds[0].socks)
	before = sum(who == 0 for _, who in two.fars[0].seen)
	store_faults.lasts(store_faults.STOPPED)
	assert sum(who == 0 for _, who in two.fars[0].seen) == before
	fault.disarm()
	went = time.time()
	one.proc.send_signal(signal.SIGCONT)
	two.first(0, since=went + store_faults.STOPPED, n=1)
	fast, slow, exact = (far.times() for far in two.fars)
	assert shared.over_bucket(fast, 100, 10, test_store_share.LATE) <= held
	assert shared.over_bucket(slow, 2, 2, test_store_share.LATE) <= 0
	assert shared.over_window(exact, 20, 6) <= 0
