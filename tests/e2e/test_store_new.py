# SPDX-License-Identifier: ISC
"""A budget that is new in a store which has lost nothing is full."""
import time

import pytest

import shared
import wire

RULE = {"capacity": 5, "burst": 5, "concurrency": 2, "per": "X-Key",
    "store": True}
FULL = 1.5 + 1		# s: nothing is granted at first, and then it fills


@pytest.fixture
def redis(lab):
	redis = shared.Redis(lab.dir)
	yield redis
	redis.end()


def test_credentials_that_come_later(lab, redis):
	"""Whichever of the store's keys are theirs."""
	file = lab.dir / "key"
	file.write_text("0123456789abcdef" * 2 + "\n")
	file.chmod(0o600)
	far = lab.origin()
	daemon = lab.sluice(hosts={"127.0.0.1": RULE}, store={
	    "redis": redis.url, "timeout": "2s", "key_file": file})
	daemon.err.wait("connected: budgets are shared")
	at = time.monotonic()
	wire.wait_until(lambda: time.monotonic() > at + FULL + 1,
	    what="the first budgets' time")
	client = lab.client(daemon)
	at = time.monotonic()
	# Ten credentials have a second and a half each where they begin empty.
	for who in range(10):
		for _ in range(3):
			assert client.get(far.url + "/",
			    [("X-Key", str(who))]).status == 200
	took = time.monotonic() - at
	print(f"ten new credentials, three requests of each: {took:.3f} s")
	assert took < 5
