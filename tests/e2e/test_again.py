# SPDX-License-Identifier: ISC
"""Which tests may pass at the second try."""
import os
import pathlib
import subprocess
import sys

import pytest

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
	    "no:cacheprovider", "-p", "no:xdist", "--rootdir", directory,
	    "--again", directory], capture_output=True, text=True, env=env,
	    cwd=directory)
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
