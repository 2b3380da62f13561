# SPDX-License-Identifier: ISC
"""Tests side by side: who goes first, who waits, and who is alone.

Most tests wait for something most of the time, so several processes (xdist's)
go through them, more than there are cores.  Files whose tests share what takes
long to start go first, all to one process, then long tests, by a table of
durations, so that none is still at it when all others are done.  What is marked
alone comes last, one at a time.
"""
import contextlib
import fcntl
import itertools
import os
import pathlib

try:
	from xdist.scheduler.load import LoadScheduling
except ImportError:			# one after another, then
	LoadScheduling = object

TABLE = pathlib.Path(__file__).resolve().parent / "durations"
# Below that a function is not in the table, and its tests go by the handful.
SHORT = 0.5
HANDFUL = 8
# Files of which each has a browser.
TOGETHER = "test_dashboard.py", "test_site.py"
# Processes for each core: with five, two cores were busy all the time.
PROCESSES = 3


def function(nodeid):
	"""The test without its parameters, for files are called differently."""
	path, _, rest = nodeid.partition("::")
	return f"{os.path.basename(path)}::{rest.partition('[')[0]}"


def durations():
	"""The table: seconds by function, of the slowest set of parameters."""
	table = {}
	if TABLE.exists():
		for line in TABLE.read_text().splitlines():
			seconds, name = line.split(None, 1)
			table[name] = float(seconds)
	return table


def write(seconds):
	"""Makes the table anew, from the seconds of each test."""
	table = {}
	for nodeid, took in seconds.items():
		name = function(nodeid)
		table[name] = max(took, table.get(name, 0))
	rows = sorted(((took, name) for name, took in table.items()
	    if took >= SHORT), reverse=True)
	TABLE.write_text("".join(f"{took:.1f}\t{name}\n"
	    for took, name in rows))


def order(items):
	"""Sorts them: those together, long ones, then files as they are, then
	those alone.

	What is short stays beside its neighbours, with whom it may share what
	is made for a file.
	"""
	table = durations()

	def key(item):
		if item.get_closest_marker("alone"):
			return 2, 0
		if item.path.name in TOGETHER:
			return 0, 0
		guess = 10 if item.get_closest_marker("heavy") else 0
		return 1, -table.get(function(item.nodeid), guess)
	items.sort(key=key)


class Scheduler(LoadScheduling):
	"""One test at a time to whoever is free, and short ones by handfuls.

	A process has to know the test after the one that it runs, so it is
	given two.
	"""

	def __init__(self, config, log=None):
		super().__init__(config, log)
		self.table = durations()

	def check_schedule(self, node, duration=0):
		if node.shutting_down:
			return
		if len(self.node2pending[node]) < 2:
			self._send_tests(node, self.next())
		if not self.pending:
			node.shutdown()

	def next(self):
		"""How many to send: what goes together, or what follows and is
		in no table."""
		together = list(itertools.takewhile(lambda at:
		    self.collection[at].partition("::")[0].endswith(TOGETHER),
		    self.pending))
		if together:
			return len(together)
		most = min(HANDFUL, len(self.pending) // len(self.nodes) // 4)
		for many, at in enumerate(self.pending[:most]):
			if function(self.collection[at]) in self.table:
				return max(many, 1)
		return max(most, 1)

	def schedule(self):
		if self.collection is None:
			if not self._check_nodes_have_same_collection():
				return
			self.collection = next(iter(
			    self.node2collection.values()))
			self.pending[:] = range(len(self.collection))
		for _ in range(2):
			for node in self.nodes:
				self.check_schedule(node)


class Locks:
	"""Who is alone is so among all that use the same directory.

	Each test holds the room, shared or not.  Whoever enters passes the
	gate, one at a time, and who waits to be alone waits in it: those who
	come later cannot get in before.
	"""

	def __init__(self, directory):
		directory = pathlib.Path(directory)
		directory.mkdir(parents=True, exist_ok=True)
		self.gate = open(directory / "gate", "w")
		self.room = open(directory / "room", "w")

	@contextlib.contextmanager
	def held(self, alone):
		fcntl.flock(self.gate, fcntl.LOCK_EX)
		try:
			fcntl.flock(self.room,
			    fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
		finally:
			fcntl.flock(self.gate, fcntl.LOCK_UN)
		try:
			yield
		finally:
			fcntl.flock(self.room, fcntl.LOCK_UN)


@contextlib.contextmanager
def once(directory):
	"""For what all processes share: True for the first, who makes it."""
	directory.mkdir(parents=True, exist_ok=True)
	with open(directory / "made", "a+") as f:
		fcntl.flock(f, fcntl.LOCK_EX)
		f.seek(0)
		first = not f.read()
		yield first
		if first:
			f.write("yes\n")
