# SPDX-License-Identifier: ISC
"""A machine that sluice doctor looks at: its programs and its daemon."""
import json
import shutil
import socket
import sys

import pytest

import sluice
import wire

PATIENCE = 6 * wire.DEADLINE
HOSTS = {"intercept.test": {"capacity": 1000, "https": "intercept"},
    "up.test": {"capacity": 1000, "https": "upstream"}}
MODES = ["plain", "tunnel", "upstream", "intercept"]
# They start quickly, and are on each machine that has the tests.
QUICK = ["curl", "wget", "git", "python3"]
SLOW = ["node", "npm", "pip3", "java", "ruby", "perl", "php", "cargo", "go",
    "bun", "deno"]

# Python without its packages, each of which is one more client that takes a
# second of a processor for each way.
ALONE = f"""#!/bin/sh
exec {sys.executable} -S "$@"
"""

# A program that goes direct, whatever it is told.
DIRECT = f"""#!{sys.executable}
import socket, sys
from urllib.parse import urlsplit
at = urlsplit(sys.argv[-1])
one = socket.create_connection((at.hostname, at.port or 443))
one.sendall(b"\\x16\\x03\\x01\\x00\\x05hello" if at.scheme == "https" else
    b"GET / HTTP/1.1\\r\\nHost: here\\r\\n\\r\\n")
one.recv(100)
"""

# One that asks nothing, and leaves another one, in a session of its own, without
# a parent and without its environment.
HANGS = f"""#!{sys.executable}
import os, pathlib, signal
left = os.fork() == 0
if left:
	os.setsid()
	if os.fork():
		os._exit(0)
pathlib.Path("NOTES", str(os.getpid())).write_text(os.getcwd())
if left:
	os.execve("{shutil.which("sleep")}", ["sleep", "4321"], {{}})
signal.pause()
"""


def real(name):
	"""Where it is, behind a shim that would want more than a PATH."""
	if name == "python3":
		return sys.executable
	return shutil.which(name)


class Place:
	"""A machine that has those programs."""

	def __init__(self, directory, daemon, *programs):
		self.dir = directory
		self.bin = directory / "bin"
		self.bin.mkdir()
		self.daemon = daemon
		self.env = {"PATH": str(self.bin), "LANG": "C.UTF-8",
		    "HOME": str(directory), **sluice.measured()}
		for name in programs:
			if real(name):
				(self.bin / name).symlink_to(real(name))

	def put(self, name, text):
		path = self.bin / name
		if path.is_symlink():
			path.unlink()
		path.write_text(text)
		path.chmod(0o755)

	def has(self, *programs):
		"""Only those of its programs, for each takes its time."""
		for path in self.bin.iterdir():
			if path.name not in programs:
				path.unlink()

	def told(self, proxy=None):
		"""The environment names the proxy, in both cases."""
		for name in ("http_proxy", "https_proxy"):
			self.env[name] = self.env[name.upper()] = \
			    proxy or self.daemon.url

	def run(self, *args, status):
		done = sluice.run("doctor", "-s", self.daemon.control, *args,
		    env=self.env, timeout=PATIENCE)
		assert done.returncode == status, done.stdout + done.stderr
		return done.stdout

	def json(self, *args, status):
		self.all = json.loads(self.run("--json", *args,
		    status=status))
		assert self.all["version"] == 1
		assert self.all["ok"] == (status == 0)
		return {one["client"]: one for one in self.all["clients"]}

	def bad(self):
		return {one["about"]: one["says"] for one in
		    self.all["checks"] if one["level"] == "bad"}


@pytest.fixture
def whole(tlab):
	"""With all that Python has."""
	daemon = tlab.https(hosts=HOSTS)
	(tlab.dir / "place").mkdir()
	return Place(tlab.dir / "place", daemon, *QUICK)


@pytest.fixture
def place(whole):
	whole.put("python3", ALONE)
	return whole


def verdicts(client):
	return [client[mode]["verdict"] for mode in MODES]


def lines(daemon):
	return [line for line in daemon.out.text().splitlines() if line]


@pytest.fixture
def bare(place):
	"""Without programs."""
	place.has()
	place.told()
	return place


@pytest.fixture
def elsewhere():
	"""Somebody else, whom nobody is to ask: what it has heard is told."""
	with socket.create_server(("127.0.0.1", 0), backlog=64) as sock:
		sock.setblocking(False)

		def asked():
			try:
				sock.accept()[0].close()
			except BlockingIOError:
				return False
			return True
		asked.url = "http://127.0.0.1:%d" % sock.getsockname()[1]
		yield asked
