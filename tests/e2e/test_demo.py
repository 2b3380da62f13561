# SPDX-License-Identifier: ISC
"""script/demo shows what it says, and leaves nothing."""
import pathlib
import re
import signal
import subprocess
import sys

import pytest

import control
import sluice
import wire

DEMO = pathlib.Path(__file__).resolve().parents[2] / "script/demo.py"
LINE = re.compile(r"^ +(\d+) answered, +(\d+) refused(.*)$", re.M)


def start(tmp_path, *args):
	return subprocess.Popen([sys.executable, DEMO, sluice.BINARY, *args],
	    env={"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
	    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_demo(tmp_path):
	demo = start(tmp_path, "--seconds", "8")
	out, err = demo.communicate(timeout=40 + wire.DEADLINE)
	assert demo.returncode == 0 and not err, (out, err)
	before, after = out.split("... and with it:")
	refused = sum(int(line[1]) for line in LINE.findall(before))
	assert refused > 50, out
	lines = LINE.findall(after)
	assert sum(int(line[0]) for line in lines) > 50, out
	# what learns a limit may need a refusal that the client sees
	assert sum(int(line[1]) for line in lines) < refused / 10, out
	assert not list(tmp_path.iterdir())


def test_what_it_shows(tmp_path):
	"""The dashboard's address works while the crowd is there, and so does
	the command, both as they stand."""
	demo = start(tmp_path, "--seconds", "60")
	for line in demo.stdout:
		if "#token=" in line:
			break
	url, _, token = line.strip().partition("#token=")
	port = int(url.split(":")[2].rstrip("/"))
	web = control.Control(("127.0.0.1", port), token)
	wire.wait_until(lambda: web.get("/v1/status").json()["hosts"] == 3,
	    what="all hosts")
	assert web.get("/v1/status").json()["full"]
	shown = subprocess.run([*demo.stdout.readline().split(), "--json"],
	    capture_output=True, text=True, timeout=wire.DEADLINE)
	assert "known.localhost" in shown.stdout, shown
	demo.send_signal(signal.SIGTERM)
	out, err = demo.communicate(timeout=wire.DEADLINE)
	assert demo.returncode == 0 and not err, (out, err)
	assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("when", ["without sluice", "with it"])
def test_interrupted(tmp_path, when):
	demo = start(tmp_path)
	for line in demo.stdout:
		if when in line:
			break
	for line in demo.stdout:
		if "answered" in line:
			break
	demo.send_signal(signal.SIGINT)
	out, err = demo.communicate(timeout=wire.DEADLINE)
	assert demo.returncode == 0 and not err, (out, err)
	assert not list(tmp_path.iterdir())
