# SPDX-License-Identifier: ISC
"""Whatever one client does, another one is answered (bench/flood)."""
import os
import pathlib
import signal
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
	tool = subprocess.Popen([sys.executable, TOOL, "--outcomes", flood],
	    env={**os.environ, "SLUICE": str(sluice.BINARY)}, text=True,
	    stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
	    start_new_session=True)
	try:
		told, _ = tool.communicate(timeout=5 * wire.DEADLINE)
	finally:
		# with its servers and floods, which are processes, too
		if tool.poll() is None:
			os.killpg(tool.pid, signal.SIGKILL)
			tool.wait()
	assert tool.returncode == 0, told
	assert " 0 of 40 wrong" in told
