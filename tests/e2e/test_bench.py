# SPDX-License-Identifier: ISC
"""Benches that compile a part of the sources do so, and print their tables."""
import pathlib
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.plain("it compiles the sources by itself")
def test_queue():
	run = subprocess.run([sys.executable, TOP / "bench/queue", "--waiters",
	    "10240", "--rounds", "1"], capture_output=True, text=True,
	    check=False)
	assert run.returncode == 0, run.stderr
	rows = [line.split() for line in run.stdout.splitlines()]
	for name, columns in ("100", 6), ("window", 4), ("bucket", 4):
		row = next(row for row in rows if row[:1] == [name])
		assert len(row) == columns and \
		    all(float(cell) > 0 for cell in row[1:]), run.stdout
