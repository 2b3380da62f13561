# SPDX-License-Identifier: ISC
"""Several sluices share budgets in a Redis: never over, used, and nobody is
starved; and what holds without it."""
import json
import time

import pytest

import shared
import sluice
import wire

Proxies = shared.Proxies
# A request may come later than it went, on a machine that others use, too; and
# one that a timer fetches late counts from when it was due.
LATE = 0.08 * wire.SLOW
QUEUE = {"queue": {"max_wait": "60s"}, "store": True}
FAST = {"capacity": 100, "burst": 10, **QUEUE}
# What answers may be late by, where others use the machine, is less than this.
LONG = {**FAST, "burst": 50}
SLOW = {"capacity": 2, "burst": 2, **QUEUE}
EXACT = {"capacity": 20, "period": "6s", "strict": True, **QUEUE}


def judge(proxies, burst=10):
	"""No window anywhere has more than the budget."""
	fast, slow, exact = (far.times() for far in proxies.fars[:3])
	assert shared.over_bucket(fast, 100, burst, LATE) <= 0
	assert shared.over_bucket(slow, 2, 2, LATE) <= 0
	assert shared.over_window(exact, 20, 6) <= 0


@pytest.mark.plain("what goes between sluice and a store is in shorter ones")
@pytest.mark.parametrize("n", [2, 5])
def test_one_budget(proxies, n):
	"""As much as what each has of its own without a store, beside it: what
	the machine cannot do neither of them can."""
	rules = [LONG, SLOW, EXACT]
	all_of_them = proxies(n, rules + [shared.alone(rule, n)
	    for rule in rules])
	all_of_them.begin()
	calls = all_of_them.redis.calls()
	begin = all_of_them.first(0) + 1
	# Two periods after the first places of exact windows.
	took = [all_of_them.first(far, n=41) -
	    all_of_them.fars[far].times()[0] for far in (2, 5)]
	end = time.time()
	calls = all_of_them.redis.calls() - calls
	judge(all_of_them, burst=50)
	fast, slow, _, fast_alone, slow_alone, _ = (shared.came(far, begin,
	    end) for far in all_of_them.fars)
	ours = all_of_them.fars[:3]
	went = sum(len(far.seen) for far in ours)
	print(f"{n} sluices: {fast} and alone {fast_alone} of 100/s,"
	    f" {slow} and {slow_alone} of 2/s, {took[0]:.2f} and"
	    f" {took[1]:.2f} s for three times 20 per 6 s; {went} requests,"
	    f" {calls / (end - begin):.1f} calls a second")
	assert fast >= 0.95 * fast_alone
	# At both ends each alone counts for itself.
	assert slow >= 0.95 * slow_alone - n
	assert took[1] >= 0.95 * took[0]
	for far in ours:
		by = [sum(who == i for _, who in far.seen) for i in range(n)]
		assert min(by) > 0
		# Turns are of leases, which are of a second, or of a place.
		assert min(by) >= max(by) / 4
	# Far fewer than the requests.
	assert calls < went / 2


@pytest.mark.parametrize("fault", ["kill", "stop"])
def test_the_store_is_away(proxies, fault):
	"""Killed and begun again with nothing, or standing still for 3 s."""
	both = proxies(2, [FAST, SLOW, EXACT], timeout="500ms")
	both.begin()
	both.first(0, n=100)
	both.first(2, n=5)
	if fault == "kill":
		both.redis.kill()
	else:
		both.redis.stop()
	for daemon in both.daemons:
		daemon.err.wait("without_store")
	# Each has half of what is no exact window, after what leases may reach.
	away = time.time()
	both.first(0, since=away + 2, n=50)
	if fault == "kill":
		both.redis.start()
	else:
		both.redis.go_on()
	for daemon in both.daemons:
		daemon.err.like("connected: budgets are shared", 2)
	back = time.time()
	both.first(0, since=back + 2, n=150)
	judge(both)


@pytest.mark.parametrize("total", [False, True])
def test_credentials(lab, proxies, total):
	"""A credential is one and the same at both, by the key that they share;
	and all credentials of a host have together what per_total says."""
	file = lab.dir / "key"
	file.write_text("0123456789abcdef" * 2 + "\n")
	file.chmod(0o600)
	rule = {"capacity": 20, "burst": 10, "per": "X-Key", **QUEUE}
	if total:
		rule["per_total"] = {"capacity": 25, "burst": 10}
	two = proxies(2, [rule, shared.alone(rule, 2)], key_file=file)
	# Who asks: a's at both, and b's.
	two.crowds = [shared.Crowd(daemon.address, far.url, who, n=2,
	    field=f"X-Key: {who}") for far in two.fars
	    for daemon in two.daemons for who in (0, 1)]
	begin = two.first(0) + 1
	two.first(0, since=begin, n=100 if total else 160)
	end = time.time()
	times = two.fars[0].times()
	assert shared.over_bucket(times, 25 if total else 40,
	    10 if total else 20, LATE) <= 0
	together, alone = (shared.came(far, begin, end) for far in two.fars)
	print(f"{together}, and {alone} alone")
	# Two leases at a time are had less often than one.
	assert together >= (0.5 if total else 0.9) * alone
	for who in (0, 1):
		own = sorted(t for t, w in two.fars[0].seen if w == who)
		assert shared.over_bucket(own, 20, 10, LATE) <= 0
		assert len(own) > len(times) / 4


def test_another_namespace(proxies):
	"""A reload that names another store, or space, goes on there."""
	two = proxies(2, [{**FAST, "capacity": 20, "burst": 2}])
	two.begin()
	two.first(0, n=20)
	daemon = two.daemons[1]
	store = dict(daemon.keys["store"], namespace="other")
	daemon.reload(**{**daemon.keys, "store": store})
	daemon.err.like("connected: budgets are shared", 2)
	begin = two.first(0, since=time.time() + 2)
	two.first(0, since=begin, n=60)
	# Each has all of its own now.
	times = two.fars[0].times()
	assert shared.used(times, 40, begin, times[-1]) >= 0.8


def test_it_holds(lab, proxies):
	"""hold: who asks waits, and is told for what; then the store is back."""
	one = proxies(1, [{**FAST, "without_store": "hold"}])
	daemon = one.daemons[0]
	one.redis.kill()
	daemon.err.wait("what holds now is each rule's without_store")
	crowd = shared.Crowd(daemon.address, one.fars[0].url, 0, n=1)
	one.crowds.append(crowd)
	control = lab.control(daemon)
	wire.wait_until(lambda: json.loads(control.get("/v1/status").body)
	    ["waiting"] == 1, what="one that waits")
	status = json.loads(control.get("/v1/status").body)["store"]
	assert not status["connected"] and status["age"] >= 0
	assert status["url"] == one.redis.url + "/0"
	said = sluice.run("explain", "--socket", daemon.control,
	    one.fars[0].url + "/0")
	assert "a lease from the store" in said.stdout
	assert "not connected for" in sluice.run("status", "--socket",
	    daemon.control).stdout
	assert not one.fars[0].seen
	one.redis.start()
	one.first(0)
	assert ", connected for" in sluice.run("status", "--socket",
	    daemon.control).stdout
	metrics = control.get("/metrics").body.decode()
	assert "sluice_store_connected 1" in metrics
	assert "sluice_store_operations_total" in metrics


def test_a_first_store_at_a_reload(lab, proxies):
	"""It is used at once, by hosts that have requests then, too."""
	rule = {"capacity": 40, "burst": 2, **QUEUE}
	two = proxies(1, [rule])
	alone = lab.sluice(hosts={"127.0.0.1": rule})
	two.daemons.append(alone)
	two.begin()
	two.first(0, n=20)
	alone.reload(**{**alone.keys, "store": two.daemons[0].keys["store"]})
	alone.err.wait("connected: budgets are shared")
	begin = two.first(0, since=time.time() + 2)
	two.first(0, since=begin, n=120)
	times = [t for t in two.fars[0].times() if t >= begin]
	assert shared.over_bucket(times, 40, 2, LATE) <= 0
	assert shared.used(times, 40, begin, times[-1]) >= 0.8
	assert {who for t, who in two.fars[0].seen if t >= begin} == {0, 1}
	# and its end is as any other's
	alone.stop()


def test_a_first_store_that_cannot_be_reached(lab):
	"""What holds without one holds from then on."""
	daemon = lab.sluice(hosts={"127.0.0.1": {**FAST,
	    "without_store": "open"}})
	daemon.reload(**{**daemon.keys, "store": {
	    "redis": "redis://127.0.0.1:1"}})
	daemon.err.wait("what holds now is each rule's without_store")
	far = shared.Far()
	crowd = shared.Crowd(daemon.address, far.url, 0, n=1)
	wire.wait_until(lambda: len(far.seen) > 20, what="requests")
	crowd.end()
	far.end()


def test_it_is_open(proxies):
	"""open: each has its own limits, all of them."""
	two = proxies(2, [{**FAST, "without_store": "open"}])
	two.redis.kill()
	for daemon in two.daemons:
		daemon.err.wait("what holds now is each rule's without_store")
	two.begin()
	begin = two.first(0)
	two.first(0, since=begin, n=150)
	times = two.fars[0].times()
	# 150 of one budget would take 1.4 s.
	assert times[149] - begin < 1.2 * wire.SLOW
	for i in range(2):
		own = sorted(t for t, who in two.fars[0].seen if who == i)
		assert shared.over_bucket(own, 100, 10, LATE) <= 0


def test_sluices_that_do_not_start(lab, monkeypatch):
	"""Their store does not outlive the test that wanted them."""
	made = []

	def redis(*args, make=shared.Redis):
		made.append(make(*args))
		return made[-1]
	monkeypatch.setattr(shared, "Redis", redis)
	with pytest.raises(AssertionError):
		Proxies(lab, 1, [{"capacity": "none"}])
	assert made[0].proc.poll() is not None
