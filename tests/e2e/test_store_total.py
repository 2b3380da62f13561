# SPDX-License-Identifier: ISC
"""What all credentials of a host have together, in a Redis: one proxy holds it
once, and few requests cost a question."""
import threading
import time

import pytest

import shared
import wire

KEYS = {"per": "X-Key", "store": True, "queue": {"max_wait": "60s"}}
MUCH = {"capacity": 1000, "burst": 1000}
HOST = {**MUCH, "per_total": MUCH}
NAMED = {**MUCH, "budgets": {"bytes": {"rates": [MUCH], "per_total": MUCH,
    "reserve": {"input": "bytes/4"}}}}


@pytest.fixture
def redis(lab):
	redis = shared.Redis(lab.dir)
	yield redis
	redis.end()


def begin(lab, redis, rule):
	file = lab.dir / "key"
	file.write_text("0123456789abcdef" * 2 + "\n")
	file.chmod(0o600)
	daemon = lab.sluice(hosts={"127.0.0.1": {**KEYS, **rule}},
	    store={"redis": redis.url, "key_file": file})
	daemon.err.wait("connected: budgets are shared")
	return daemon


def ask(lab, far, who):
	assert lab.client().ask("POST", far.url + "/", [("X-Key", str(who))],
	    "12345678").response().status == 200


@pytest.mark.parametrize("rule", [HOST, NAMED], ids=["host", "named"])
def test_one_proxy_is_one(lab, redis, rule):
	"""However many credentials there are."""
	far = lab.origin()
	begin(lab, redis, rule)
	for who in range(4):
		ask(lab, far, who)
	control = lab.control()
	wire.wait_until(lambda: control.get("/v1/status").json()["store"]
	    ["proxies"], what="that it has heard of itself")
	assert control.get("/v1/status").json()["store"]["proxies"] == 1


@pytest.mark.parametrize("rule", [HOST, NAMED], ids=["host", "named"])
def test_few_questions(lab, redis, rule):
	"""Some for each budget of each credential, though all of them need the
	total's lease at the same time as their own."""
	far = lab.origin()
	begin(lab, redis, rule)
	before, began = redis.calls(), time.monotonic()
	crowd = [threading.Thread(target=lambda n=n: [ask(lab, far, who)
	    for who in range(n, 30, 10)], daemon=True) for n in range(10)]
	for one in crowd:
		one.start()
	for one in crowd:
		one.join(wire.DEADLINE)
		assert not one.is_alive()
	# One for each tag of the store's besides, when it connects; and what a
	# budget has is for a second, if all of this takes longer.
	again = 31 * (time.monotonic() - began)
	assert redis.calls() - before < 200 + 64 + again
