# SPDX-License-Identifier: ISC
"""Whoever looks sees that a budget is shared: what of it is leased here, what
nobody had when the store last answered, and what holds without the store."""
import pytest

import metrics
import shared
import sluice
import wire

HERE = "127.0.0.1"
RULE = {"capacity": 600, "period": "1m", "concurrency": 4, "store": True,
    "without_store": "share"}


@pytest.fixture
def redis(lab):
	redis = shared.Redis(lab.dir)
	yield redis
	redis.end()


def begin(lab, redis, rule=RULE):
	daemon = lab.sluice(hosts={HERE: rule, "*.alone.test": {"capacity": 5}},
	    store={"redis": redis.url, "timeout": "2s"})
	daemon.err.wait("connected: budgets are shared")
	return daemon


def host_of(lab, daemon):
	return lab.control(daemon).get("/v1/hosts/" + HERE).json()


def say(daemon, *words):
	return sluice.run(*words, "--socket", daemon.control).stdout


def test_what_two_have(lab, redis):
	"""Each tells what the other has taken, too."""
	far = lab.origin()
	one, other = begin(lab, redis), begin(lab, redis)
	for _ in range(2):
		assert lab.client(one).get(far.url + "/").status == 200
	wire.wait_until(lambda: host_of(lab, one)["store"]["proxies"] == 2,
	    what="that there are two")
	host = host_of(lab, one)
	assert host["store"]["connected"] and host["store"]["without"] is None
	budget, = host["budgets"]
	assert budget["store"]["without"] is None
	assert 0 <= budget["store"]["left"] <= 600
	assert budget["store"]["age"] >= 0
	assert host["store"]["slots"] >= 0
	# The list has it, too, and who has asked for nothing says so.
	hosts = lab.control(one).get("/v1/hosts").json()["hosts"]
	assert hosts[0]["store"]["proxies"] == 2
	row = say(one, "hosts")
	assert ", shared" in row
	shown = say(one, "show", HERE)
	assert "shared         by 2 proxies, the store is connected" in shown
	assert " leased, " in shown and " free " in shown and " ago" in shown
	m = metrics.scrape(one)
	assert m("sluice_budget_shared_left", host=HERE,
	    budget="600 per 1m") <= 600
	assert m.has("sluice_budget_leased", host=HERE, budget="600 per 1m")
	assert m("sluice_hosts_without_store", host=HERE) == 0


def test_without_it(lab, redis):
	far = lab.origin()
	daemon = begin(lab, redis, {**RULE, "without_store": "open"})
	assert lab.client(daemon).get(far.url + "/").status == 200
	redis.kill()
	daemon.err.wait("without_store")
	wire.wait_until(lambda: host_of(lab, daemon)["budgets"][0]["store"]
	    ["without"] == "open", what="that it is without it")
	host = host_of(lab, daemon)
	assert not host["store"]["connected"]
	assert host["store"]["without"] == "open"
	assert "without the store: open" in say(daemon, "hosts")
	shown = say(daemon, "show", HERE)
	assert "the store is not connected; without it: open" in shown
	assert "without it: open" in shown
	m = metrics.scrape(daemon)
	assert m("sluice_hosts_without_store", host=HERE) == 1


def test_alone(lab, redis):
	"""What is nobody else's is told as ever."""
	far = lab.origin()
	daemon = begin(lab, redis, {"capacity": 100})
	assert lab.client(daemon).get(far.url + "/").status == 200
	host = host_of(lab, daemon)
	assert host["store"] is None
	assert host["budgets"][0]["store"] is None
	assert "shared" not in say(daemon, "hosts")
	assert not metrics.scrape(daemon).has("sluice_hosts_without_store",
	    host=HERE)
