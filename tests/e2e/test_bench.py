# SPDX-License-Identifier: ISC
"""Benches that compile a part of the sources do so, and print their tables."""
import pathlib
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

import sluice

TOP = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.plain("it compiles the sources by itself")
def test_queue():
	run = subprocess.run([sys.executable, TOP / "bench/queue", "--waiters",
	    "10240", "--rounds", "1", "--quickly-built"],
	    capture_output=True, text=True, check=False)
	assert run.returncode == 0, run.stderr
	rows = [line.split() for line in run.stdout.splitlines()]
	for name, columns in ("100", 6), ("window", 4), ("bucket", 4):
		row = next(row for row in rows if row[:1] == [name])
		assert len(row) == columns and \
		    all(float(cell) > 0 for cell in row[1:]), run.stdout


@pytest.mark.plain("it asks a server, and no sluice")
def test_store():
	"""It asks as the scripts of today want to be asked."""
	run = subprocess.run([sys.executable, TOP / "bench/shared", "--redis",
	    "--calls", "50"], capture_output=True, text=True, check=False)
	assert run.returncode == 0, run.stderr
	rows = re.findall(r"(?m)^\| (\d+)" + r" \| [\d.]+ \| ([\d,]+)" * 3 +
	    r" \|$", run.stdout)
	assert rows[0][0] == "1" and rows[-1][0] == "128", run.stdout
	# All of them are known there.
	for script in (1, 2, 3):
		sizes = [int(row[script].replace(",", "")) for row in rows]
		assert sizes[-1] > 30 * (sizes[1] - sizes[0]), run.stdout


@pytest.mark.plain("sluices with a store are in test_store_share.py")
def test_shared(tmp_path):
	"""Sluices of which one is killed: it is judged, and drawn."""
	picture = tmp_path / "store.svg"
	run = subprocess.run([sys.executable, TOP / "bench/store", "--only",
	    "proxy_killed", "--sluices", "2", "--seconds", "2", "--picture",
	    picture], capture_output=True, text=True, check=False)
	assert run.returncode == 0, run.stderr
	row = run.stdout.splitlines()[-1].split("|")
	assert row[1].strip() == "one of the sluices is killed"
	assert float(row[2].strip(" %")) > 50, run.stdout
	drawn = ElementTree.parse(picture).getroot()
	lines = [one.get("d") for one in drawn.iter() if one.get("class",
	    "").startswith("l ") and one.get("d").count("L") > 3]
	assert len(lines) == 2


@pytest.mark.plain("a Python that no sanitizer has seen runs it")
def test_python():
	library = next(pathlib.Path(sluice.BINARY).parent.glob(
	    "libsluice.so.*"), None)
	if library is None:
		pytest.skip("no libsluice beside the program")
	run = subprocess.run([sys.executable, TOP / "bench/python", library,
	    "--entries", "1000", "--seconds", "0.2"], capture_output=True,
	    text=True, check=False)
	assert run.returncode == 0, run.stderr
	cells = re.findall(r"(?<=  )\d+(?:\.\d+)?", run.stdout)
	assert len(cells) == 3 * 2 + 3 * 4 and \
	    all(float(cell) > 0 for cell in cells[:6]), run.stdout
