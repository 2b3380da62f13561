# SPDX-License-Identifier: ISC
"""Sluices that share budgets in a Redis: up to eight, at a thousand a second,
and whatever may happen to them, over and over.

As long_storms.py: not collected, run by script/long.  test_store_share.py and
test_store_faults.py have the short forms, bench/store the pictures.
"""
import random
import time

import pytest

import shared
import store_faults
import test_store_share
import wire
from long_storms import SECONDS, SEED
from test_store_share import EXACT, FAST, LATE, LONG, QUEUE, SLOW

Proxies = shared.Proxies
pytestmark = [pytest.mark.heavy, pytest.mark.timeout(SECONDS
    + 300 * wire.SLOW)]

QUICK = {"capacity": 1000, "burst": 500, **QUEUE}
MEASURED = 20		# s


@pytest.mark.alone("a load that others slow down uses up no budget")
@pytest.mark.plain("test_faults is for sanitizers")
@pytest.mark.parametrize("n", [1, 2, 5, 8])
@pytest.mark.parametrize("rule", [SLOW, LONG, QUICK],
    ids=lambda rule: f"{rule['capacity']}/s")
def test_one_budget(proxies, n, rule):
	many = proxies(n, [rule])
	rate, burst = rule["capacity"], rule["burst"]
	many.begin()
	begin = many.first(0) + 2
	wire.wait_until(lambda: time.time() > begin, what="its beginning")
	calls = many.redis.calls()
	many.first(0, since=begin + MEASURED * wire.SLOW)
	end = time.time()
	calls = (many.redis.calls() - calls) / (end - begin)
	times = many.fars[0].times()
	used = shared.used(times, rate, begin, end)
	by = [sum(who == i for _, who in many.fars[0].seen)
	    for i in range(n)]
	print(f"{n} sluices at {rate}/s: {used:.3f} used, of each "
	    f"{min(by) / sum(by):.3f} to {max(by) / sum(by):.3f}, "
	    f"{calls:.1f} calls a second")
	assert shared.over_bucket(times, rate, burst, LATE) <= 0
	assert used >= 0.95 - 1 / (rate * (end - begin))
	# Turns are of leases, which are of a second.
	assert min(by) >= max(by) / 4 - 1


def test_faults(proxies):
	"""One after another, at moments that nobody chose, but for one that has
	a proxy less afterwards."""
	rng = random.Random(f"{SEED} shared")
	many = proxies(5, [FAST, SLOW, EXACT, LONG], between=True,
	    timeout="500ms")
	many.begin()
	many.first(2, n=5)
	faults = [name for name in store_faults.ALL if name not in
	    ("proxy_killed", "replica_promoted")]
	end, happened = time.monotonic() + SECONDS, []
	while time.monotonic() < end:
		name = rng.choice(faults)
		happened.append(name)
		_, ended = store_faults.ALL[name](many)
		many.first(0, since=ended + rng.uniform(0, 4))
		print(name, end=" ", flush=True)
		test_store_share.judge(many)
	for name in "proxy_killed", "replica_promoted":
		_, ended = store_faults.ALL[name](many)
		again = many.first(3, since=ended + 2.5)
		last = many.first(3, since=again, n=300)
		# other storms are beside it
		assert shared.used(many.fars[3].times(), 100, again,
		    last) >= 0.6
	test_store_share.judge(many)
	print(f"{len(happened)} faults, {len(many.fars[0].seen)} requests")
