# SPDX-License-Identifier: ISC
"""
Which tests run what others run, too.

Of many rows of a table the daemon takes the same ways, and one sanitizer's look
at a way is worth more than the tenth.  So with --choice a sanitizer is not
shown the tests in the list `repeats`.  Whatever is not in there it sees: so
all that is new, and each test whose source or parameters are no longer what
they were when the list was made.

--write-repeats makes the list anew, of what is run then, by a daemon that
counts edges (script/lib.sh, build_sanitized): with the address sanitizer each
program tells at its end which edges between its pieces of code, so which side
of each branch, it has passed.  Listed are tests without which each edge is
still passed by one that is not.
"""
import array
import collections
import contextlib
import functools
import hashlib
import heapq
import inspect
import os
import pathlib
import re
import tempfile
import zlib

LIST = pathlib.Path(__file__).with_name("repeats")
# Begins what a 64-bit program tells; addresses follow.
MAGIC = 0xC0BFFFFFFFFFFF64
# A program that is killed tells nothing.
KILLS = re.compile(r"SIGKILL|\bkill\(\)")
# What a test takes apart from its own time (s).
EACH = 0.05


def name_of(nodeid):
	"""As it is in the list: files are called differently."""
	path, _, rest = nodeid.partition("::")
	return f"{os.path.basename(path)}::{rest}"


def settled(value):
	"""A parameter as text that is the same in each process."""
	if isinstance(value, (list, tuple)):
		return [settled(one) for one in value]
	if isinstance(value, (set, frozenset)):
		return sorted(map(repr, value))
	if isinstance(value, dict):
		return [(settled(one), settled(value[one])) for one in value]
	return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


source = functools.lru_cache(None)(inspect.getsource)


def key_of(item):
	"""A line of the list: what the test says with its parameters, as a
	hash, and its name."""
	row = getattr(item, "callspec", None)
	text = source(item.function) + repr(settled(row.params if row else {}))
	digest = hashlib.blake2s(text.encode("utf-8", "backslashreplace"),
	    digest_size=4)
	return f"{digest.hexdigest()} {name_of(item.nodeid)}"


def listed():
	"""The keys of tests that repeat others."""
	return set(LIST.read_text().splitlines()) if LIST.exists() else set()


def addresses(place):
	"""All that the programs have told of in that directory."""
	found = set()
	for file in pathlib.Path(place).glob("*.sancov"):
		told = array.array("Q", file.read_bytes())
		if told and told[0] == MAGIC:
			found.update(told[1:])
	return found


@contextlib.contextmanager
def counted(directory, item):
	"""Keeps in the directory what the daemons of the test pass meanwhile."""
	before = os.environ.get("ASAN_OPTIONS", "")
	with tempfile.TemporaryDirectory(prefix="edges.") as place:
		os.chmod(place, 0o777)
		os.environ["ASAN_OPTIONS"] = \
		    f"{before}:coverage=1:coverage_dir={place}"
		try:
			yield
		finally:
			os.environ["ASAN_OPTIONS"] = before
		passed = array.array("Q", sorted(addresses(place)))
	_, kept = tempfile.mkstemp(dir=directory)
	pathlib.Path(kept).write_bytes(key_of(item).encode() + b"\n" +
	    zlib.compress(passed.tobytes(), 1))


def read(directory):
	"""Of each test its edges, as bits of a number."""
	bits, tests = {}, {}
	for file in directory.iterdir():
		key, _, data = file.read_bytes().partition(b"\n")
		row = bytearray((len(bits) + 7) // 8 + 1)
		for one in array.array("Q", zlib.decompress(data)):
			at = bits.setdefault(one, len(bits))
			if at // 8 >= len(row):
				row.extend(bytes(at // 8 + 1024 - len(row)))
			row[at // 8] |= 1 << at % 8
		tests[key.decode()] = int.from_bytes(row, "little")
	return tests


def choose(tests, seconds, always):
	"""
	Of tests, by their edges, and what they take, those that are wanted:
	those of always, then whichever passes most that is new in a second,
	until none does.
	"""
	passed = 0
	chosen = set(always)
	for test in always:
		passed |= tests[test]

	def worth(test):
		return (tests[test] & ~passed).bit_count() / \
		    (seconds[test] + EACH)
	heap = [(-worth(test), test) for test in sorted(tests.keys() - chosen)]
	heapq.heapify(heap)
	while heap:
		# what it was worth before others were chosen, or still is
		before, test = heapq.heappop(heap)
		now = -worth(test)
		if now > before:
			heapq.heappush(heap, (now, test))
		elif now < 0:
			chosen.add(test)
			passed |= tests[test]
	return chosen


def kills(name):
	"""Whether the test's file ends programs that then tell nothing."""
	file = LIST.with_name(name.partition("::")[0])
	return KILLS.search(file.read_text()) is not None


def write(directory, stats):
	"""Makes the list anew, from what counted() has kept and pytest's
	reports by how they went."""
	passed = {name_of(one.nodeid) for one in stats.get("passed", [])}
	took = collections.Counter()
	for reports in stats.values():
		for one in reports:
			took[name_of(one.nodeid)] += \
			    getattr(one, "duration", 0)
	tests, seconds, always = {}, {}, set()
	for key, edges in read(directory).items():
		name = key.partition(" ")[2]
		if name not in passed or edges == 0:
			continue
		tests[key] = edges
		seconds[key] = took[name]
		if kills(name):
			always.add(key)
	LIST.write_text("".join(f"{key}\n" for key in sorted(
	    tests.keys() - choose(tests, seconds, always),
	    key=lambda key: key.partition(" ")[2])))
