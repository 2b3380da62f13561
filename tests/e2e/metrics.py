# SPDX-License-Identifier: ISC
"""What /metrics says, read strictly: more so than Prometheus does."""
import re
import subprocess

import client
import wire

OPEN = "application/openmetrics-text"

COMMENT = re.compile(r"# (HELP|TYPE) ([a-z_]+) (.+)")
SAMPLE = re.compile(r"([a-z_]+)(?:\{(.*)\})? (-?[0-9]+(?:\.[0-9]*[1-9])?)")
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "gauge": ("",),
    "counter": ("_total",), "info": ("_info",)}


def labels_of(text):
	"""A sample's labels, each once."""
	found, at = {}, 0
	while at < len(text or ""):
		match = LABEL.match(text, at)
		assert match, text
		name, value = match.groups()
		assert name not in found, text
		found[name] = re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(
		    m[1], m[1]), value)
		at = match.end()
	return found


class Metrics:
	"""values: of a sample's name and its labels, as a frozenset."""

	def __init__(self, text, is_open=False):
		self.text = text
		self.kinds = {}
		self.helps = {}
		self.values = {}
		self.open = is_open
		assert text.endswith("\n")
		lines = text.split("\n")[:-1]
		if is_open:
			assert lines.pop() == "# EOF"
		family = None
		for line in lines:
			match = COMMENT.fullmatch(line)
			if match:
				family = self.comment(*match.groups())
			else:
				self.sample(family, line)

	def comment(self, what, name, text):
		table = self.kinds if what == "TYPE" else self.helps
		assert name not in table, f"two times {what} {name}"
		# HELP comes first, then TYPE, then the samples.
		assert (name in self.helps) == (what == "TYPE"), name
		table[name] = text
		return name

	def sample(self, family, line):
		match = SAMPLE.fullmatch(line)
		assert match, line
		name, labels, value = match.groups()
		kind = self.kinds[family]
		names = [family + suffix for suffix in SUFFIXES[kind]]
		if not self.open and kind == "counter":
			names = [family]
		assert name in names, f"{name} among those of {family}"
		key = name, frozenset(labels_of(labels).items())
		assert key not in self.values, f"two times {line}"
		self.values[key] = float(value)

	def __call__(self, name, **labels):
		"""The value of that sample; 0 where there is none."""
		return self.values.get((name, frozenset(labels.items())), 0)

	def has(self, name, **labels):
		return (name, frozenset(labels.items())) in self.values

	def sum(self, name, **labels):
		"""Of all samples of that name that have these labels."""
		return sum(value for (n, found), value in self.values.items()
		    if n == name and set(labels.items()) <= found)

	def names(self):
		return {name for name, _ in self.values}

	def labels(self, name):
		"""The names of the labels of all its samples."""
		return {label for n, found in self.values if n == name
		    for label, _ in found}

	def counters(self):
		"""What must never go back."""
		return {key: value for key, value in self.values.items()
		    if re.search("_(total|bucket|count|sum)$", key[0])}


def fetch(daemon, accept=None, path="/metrics", method="GET"):
	"""The answer of the control plane's socket."""
	daemon.err.wait("control plane at unix:")
	one = client.Client(str(daemon.control))
	try:
		return one.call(method, path, [("Accept", accept)] if accept
		    else [], host="localhost")
	finally:
		one.close()


def scrape(daemon, accept=None):
	answer = fetch(daemon, accept)
	assert answer.status == 200, answer.body
	return Metrics(answer.body.decode(),
	    answer.get("content-type").startswith(OPEN))


def until(daemon, condition):
	"""
	The metrics, once they are so.  A scrape is no moment: what one thing
	that happens changes, it may show in part.  So a condition may assert,
	too, all that belongs together; the last failure is told.
	"""
	seen, why = [], [None]

	def is_so():
		seen.append(scrape(daemon))
		try:
			return condition(seen[-1]) is not False
		except AssertionError as e:
			why[0] = e
			return False
	try:
		wire.wait_until(is_so, what="such metrics")
	except AssertionError:
		if why[0]:
			raise why[0]
		raise AssertionError("\n".join(line for line in
		    seen[-1].text.split("\n") if not line.endswith(" 0") and
		    not line.startswith("#") and "_bucket" not in line))
	return seen[-1]


def promtool(text, *args):
	"""What promtool finds wrong with it."""
	done = subprocess.run(["promtool", "check", "metrics", *args],
	    input=text, capture_output=True, text=True,
	    timeout=wire.DEADLINE)
	return done.returncode, done.stdout + done.stderr
