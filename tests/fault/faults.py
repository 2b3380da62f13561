# SPDX-License-Identifier: ISC
"""Has calls of the daemon fail, through the library that is preloaded there.

fault.h tells of the file that both have mapped, calls.h which calls there are.
"""
import collections
import errno
import functools
import mmap
import os
import pathlib
import re
import struct
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
FRAMES, CALLS, CHILD = 32, 65536, 1
# struct fault, up to the stack.
HEAD = struct.Struct("=6I Q q 2I I Q 2I 4x")
(CALL, ERROR, NTH, MANY, PORT, DEPTH, SITE, SHIFT, HANG, SEEN, FIRED, AT,
    N_FRAMES, WRITTEN) = (0, 4, 8, 12, 16, 20, 24, 32, 40, 44, 48, 56, 64, 68)
STACK = 72
SITES = STACK + 8 * FRAMES
SIZE = SITES + 8 * CALLS

CUT = 0

SOURCES = "fault.c", "fault_calls.c", "fault_moves.c"


def table():
	"""The calls of calls.h by name, in order: how each may fail."""
	text = re.sub(r"/\*.*?\*/", "", (HERE / "calls.h").read_text(),
	    flags=re.S)
	return {name: re.split(r",\s*", errors.strip()) for name, errors in
	    re.findall(r"CALL\((\w+),(.*?)\)", text, re.S)}


TABLE = table()
NAMES = list(TABLE)


def number(error):
	"""CUT and the like as fault.h has them."""
	return CUT if error == "CUT" else getattr(errno, error)


def build(library):
	"""The library, made by the compiler at hand."""
	subprocess.run(["cc", "-std=gnu11", "-O1", "-g", "-Wall", "-Wextra",
	    "-Werror", "-fno-builtin", "-U_FORTIFY_SOURCE", "-shared", "-fPIC",
	    "-o", str(library), *(str(HERE / name) for name in SOURCES),
	    "-ldl"], check=True)
	return library


Fired = collections.namedtuple("Fired", "seen fired site frames")


class Fault:
	"""The file, and the environment by which a daemon heeds it."""

	def __init__(self, directory, library):
		self.path = pathlib.Path(directory) / "fault"
		self.path.write_bytes(bytes(SIZE))
		self.library = library
		with open(self.path, "r+b") as f:
			self.map = mmap.mmap(f.fileno(), SIZE)

	def environment(self):
		return {"LD_PRELOAD": str(self.library),
		    "FAULT_FILE": str(self.path)}

	def put(self, at, value, kind="I"):
		struct.pack_into("=" + kind, self.map, at, value)

	def take(self, at, kind="I"):
		return struct.unpack_from("=" + kind, self.map, at)[0]

	def arm(self, call, error, nth=1, many=1, port=0, site=0, depth=0):
		"""The nth call from now on fails, and as many as that.

		nth=0 counts only.  error is a name: EINTR, CUT, ...
		"""
		self.disarm()
		self.put(ERROR, number(error))
		self.put(NTH, nth)
		self.put(MANY, many)
		self.put(PORT, port)
		self.put(DEPTH, depth)
		self.put(SITE, site, "Q")
		for at in SEEN, FIRED, N_FRAMES, WRITTEN:
			self.put(at, 0)
		self.put(AT, 0, "Q")
		self.put(CALL, NAMES.index(call) + 1)

	def disarm(self):
		self.put(CALL, 0)
		return self.result()

	def result(self):
		n = min(self.take(N_FRAMES), FRAMES)
		return Fired(self.take(SEEN), self.take(FIRED),
		    self.take(AT, "Q"),
		    struct.unpack_from(f"={n}Q", self.map, STACK))

	def fired(self):
		return self.take(FIRED)

	def each(self, call, error, few=False):
		"""Has the Nth call fail while the caller's loop does
		something, for each N, until there are no more; few: of
		those behind the first fewer and fewer."""
		nth = 0
		while True:
			nth += 1 + (nth // 16 if few else 0)
			self.arm(call, error, nth)
			yield nth
			if not self.disarm().fired:
				return

	def each_site(self, call, error):
		"""The same for some of the calls from each site.  The first
		round tells which these are, and has none fail."""
		self.arm(call, error, nth=0, depth=1)
		yield 0
		self.disarm()
		at = collections.defaultdict(list)
		for i, site in enumerate(self.sites()):
			at[site].append(i + 1)
		for nth in sorted(n for found in at.values()
		    for n in some(found)):
			self.arm(call, error, nth)
			yield nth
			self.disarm()

	def sites(self):
		"""Those of the calls so far, in order."""
		n = min(self.take(WRITTEN), CALLS)
		return struct.unpack_from(f"={n}Q", self.map, SITES)

	def shift_clock(self, seconds):
		"""What the wall clock is wrong by, from now on."""
		self.put(SHIFT, int(seconds * 1e9), "q")

	def hang(self, port=0):
		"""The next loop that comes round hangs: of those that serve
		that port, where one is given."""
		self.put(PORT, port)
		self.put(HANG, 1)

	def hangs(self):
		return self.take(HANG) == 2

	def go_on(self):
		self.put(HANG, 0)


def some(found):
	"""Of the calls from one site the first, the second and the last."""
	return {*found[:2], found[-1]}


class Places:
	"""Where addresses of a process are: for a stack, as people read it."""

	def __init__(self, pid):
		self.maps = []
		with open(f"/proc/{pid}/maps") as f:
			for line in f:
				part = line.split(None, 5)
				if len(part) == 6 and part[5][0] == "/":
					begin, end = (int(x, 16) for x in
					    part[0].split("-"))
					self.maps.append((begin, end, begin -
					    int(part[2], 16), part[5].strip()))

	def lines(self, frames):
		return [self.line(address) for address in frames]

	def line(self, address):
		for begin, end, base, name in self.maps:
			if begin <= address < end:
				return describe(name, address - base - 1)
		return hex(address)


@functools.lru_cache(None)
def describe(file, offset):
	"""The function, the place in its source, or what is known of it."""
	done = subprocess.run(["addr2line", "-f", "-e", file, hex(offset)],
	    capture_output=True, text=True)
	lines = done.stdout.split("\n")
	if done.returncode == 0 and lines[0] != "??":
		return "%s (%s)" % (lines[0], os.path.basename(
		    lines[1].split(" ")[0]))
	return f"{os.path.basename(file)}+{offset:#x}"
