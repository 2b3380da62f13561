# SPDX-License-Identifier: ISC
"""Whatever one client does, another one is answered (bench/flood)."""
import os
import pathlib
import subprocess
import sys

import pytest

import sluice
import wire

TOOL = pathlib.Path(__file__).resolve().parents[2] / "bench" / "flood"
FLOODS = ["connections", "queue", "uploads", "readers", "memory", "dns", "log",
    "heads", "handshakes"]


@pytest.mark.plain("how fast a flood comes is what counts")
@pytest.mark.parametrize("flood", FLOODS)
def test_the_innocent_is_answered(flood):
	"""Each of its requests, with 200; how soon, the tool tells by itself."""
	done = subprocess.run([sys.executable, TOOL, "--outcomes", flood],
	    env={**os.environ, "SLUICE": str(sluice.BINARY)},
	    capture_output=True, text=True, timeout=5 * wire.DEADLINE)
	assert done.returncode == 0, done.stdout + done.stderr
	assert " 0 of 40 wrong" in done.stdout
