# SPDX-License-Identifier: ISC
"""Which tests may pass at the second try."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import pytest

import sluice
import wire

HERE = pathlib.Path(__file__).resolve().parent

pytestmark = pytest.mark.plain("the daemon has no part in it")

# What the tests beside it have, in a folder of its own.
CONFTEST = f"""
import importlib.util, sys
sys.path.insert(0, {str(HERE)!r})
spec = importlib.util.spec_from_file_location("theirs",
    {str(HERE / "conftest.py")!r})
theirs = importlib.util.module_from_spec(spec)
spec.loader.exec_module(theirs)
globals().update((name, value) for name, value in vars(theirs).items()
    if name.startswith("pytest_"))
"""

TEST = """
import pathlib, sluice
runs = pathlib.Path(__file__).parent / "runs"
def test_it():
	n = len(runs.read_text()) if runs.exists() else 0
	runs.write_text("x" * (n + 1))
	{}
"""


def run(directory, what, more=""):
	(directory / "conftest.py").write_text(CONFTEST)
	(directory / "test_it.py").write_text(TEST.format(what) + more)
	env = {name: value for name, value in os.environ.items()
	    if not name.startswith("PYTEST")}
	done = subprocess.run([sys.executable, "-m", "pytest", "-p",
	    "no:cacheprovider", "-p", "no:anyio", "-p", "no:xdist",
	    "--rootdir", directory, "--again", directory], text=True,
	    capture_output=True, env=env, cwd=directory)
	seen = directory / "runs"
	runs = len(seen.read_text()) if seen.exists() else 0
	return done.returncode, runs, done.stdout + done.stderr


@pytest.mark.parametrize("what, status, runs", [
	("assert n != 0", 0, 3),
	("assert 0", 1, 2),
	("assert n == 1", 1, 3),
	("assert n != 0, 'ThreadSanitizer: data race'", 1, 1),
	("if n == 0: raise sluice.Fault('status -11')", 1, 1),
], ids=["once", "always", "third", "sanitizer", "fault"])
def test_alone(tmp_path, what, status, runs):
	found, times, told = run(tmp_path, what)
	assert (found, times) == (status, runs), told
	assert ("1 passed alone" in told) == (status == 0), told


def test_many(tmp_path):
	"""As many as that are no accident."""
	found, times, told = run(tmp_path, "assert n != 0", "".join(
	    f"def test_{n}(): assert not (runs.parent / 'x').exists()\n"
	    f"(runs.parent / 'x').touch()\n" for n in range(7)))
	assert (found, times) == (1, 1), told


# What it starts has a session of its own, no parent and no environment, and
# does not end when it is asked to.
LEAVES = f"""if n == 0: assert 0
	import os, signal, time
	if os.fork() == 0:
		os.setsid()
		if os.fork():
			os._exit(0)
		signal.signal(signal.SIGTERM, signal.SIG_IGN)
		name = pathlib.Path(str(runs) + "." + str(os.getpid()))
		name.touch()
		os.execve({shutil.which("sleep")!r}, ["sleep", "4321"], {{}})
	while len(list(runs.parent.glob("runs.*"))) < n:
		time.sleep(0.01)
	"""


@pytest.mark.parametrize("then, status, runs", [
	("", 0, 3),
	("assert 0", 1, 2),
	("os.kill(os.getpid(), signal.SIGKILL)", 1, 2),
], ids=["passes", "fails", "is killed"])
def test_nothing_is_left(tmp_path, then, status, runs):
	"""However a run alone ends, all that it has started ends with it."""
	found, times, told = run(tmp_path, LEAVES + then)
	assert (found, times) == (status, runs), told
	left = [int(one.suffix[1:]) for one in tmp_path.glob("runs.*")]
	assert len(left) == runs - 1
	assert not any(sluice.alive(pid) for pid in left)


@pytest.mark.parametrize("told", ["it", "its parent", "its group"])
def test_nothing_is_left_when_whoever_waits_ends(tmp_path, told):
	"""A command that is told to end, or whose parent is gone; or both, and
	more than once, while it ends all that it has started."""
	note = tmp_path / "note"
	args = [sys.executable, str(HERE / "left.py"), "sh", "-c",
	    f"echo $$ >{note}.new; for n in $(seq 20); do "
	    f"setsid sleep 4321 & echo $! >>{note}.new; done; "
	    f"mv {note}.new {note}; wait"]
	parent = subprocess.Popen([sys.executable, "-S", "-c",
	    "import subprocess, sys; subprocess.run(sys.argv[1:])", *args],
	    start_new_session=True)
	pids = [int(pid) for pid in wire.wait_until(lambda: note.exists() and
	    note.read_text().split(), what="a command")]
	it = ppid(pids[0])
	if told == "it":
		os.kill(it, signal.SIGTERM)
	elif told == "its parent":
		parent.kill()
	else:
		wire.wait_until(lambda: os.killpg(parent.pid, signal.SIGTERM) or
		    not sluice.alive(it), step=0, what="its end")
	parent.wait(wire.DEADLINE)
	wire.wait_until(lambda: not any(sluice.alive(pid) for pid in pids),
	    what="the end of all of it")


def ppid(pid):
	"""Whose child it is."""
	stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
	return int(stat.rpartition(")")[2].split()[1])
