# SPDX-License-Identifier: ISC
"""Upgrades at 5,000 requests a second with 1,000 waiting, twenty in a row.

As long_storms.py: not collected, run by script/long, with wrk for clients and
nginx for an origin, since Python is no match for either.  test_takeover.py has
the short form.
"""
import re
import shutil
import subprocess
import time

import pytest

import crowd
import wire

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600 * wire.SLOW)]

RATE = 5000
WAITING = 1000
TIMES = 20
BETWEEN = 2				# s

SCRIPT = """
wrk.method = "POST"
wrk.body = string.rep("x", 100)
request = function()
	return wrk.format(nil, "%s")
end
"""


def load(lab, daemon, url, seconds):
	script = lab.dir / "post.lua"
	script.write_text(SCRIPT % url)
	return subprocess.Popen(["wrk", "-t1", f"-c{WAITING}",
	    f"-d{seconds}s", "--timeout", "60s", "-s", str(script),
	    daemon.url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
	    text=True)


@pytest.mark.skipif(shutil.which("wrk") is None, reason="no wrk")
@pytest.mark.parametrize("workers", [(1,), (4, 1)])
def test_twenty_upgrades(lab, workers):
	far = lab.nginx()
	daemon = lab.sluice(workers=workers[0], log={"access": "off"},
	    hosts={"127.0.0.1": {"capacity": RATE, "period": "1s",
	    "burst": RATE, "queue": {"length": 2 * WAITING,
	    "max_wait": "1m"}}})
	daemon.err.wait("is ready")
	many = load(lab, daemon, f"http://127.0.0.1:{far.port}/hello",
	    TIMES * BETWEEN + 10)
	began = time.monotonic()
	for i in range(TIMES):
		# The load goes on meanwhile, and is what this is about.
		time.sleep(BETWEEN)
		daemon.write(**{**daemon.keys, "workers":
		    workers[(i + 1) % len(workers)]})
		line = daemon.upgrade()
		assert "has taken over" in line, line
	took = time.monotonic() - began
	told, _ = many.communicate(timeout=120)
	print(told)
	# Nothing refused, reset or lost.
	assert "Socket errors" not in told, told
	assert "Non-2xx" not in told, told
	daemon.stop()
	rows = [float(line.split(" ", 1)[0]) for line in
	    (far.dir / "access.log").read_text().splitlines()]
	rows.sort()
	within = [at for at in rows if at - rows[0] < took]
	used = len(within) / (RATE * took)
	full = crowd.fullest(rows, RATE)
	print(f"{len(rows)} requests, {TIMES} upgrades in {took:.1f} s, "
	    f"{used:.3f} used, {full:.0f} of {RATE} at most")
	assert full <= RATE * (1 + 0.25 * wire.SLOW)
	assert used >= 0.9, used
