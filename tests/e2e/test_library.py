# SPDX-License-Identifier: ISC
"""libsluice as it is installed: the examples are built against that alone, and
do what they say."""
import os
import pathlib
import shlex
import shutil
import subprocess
import time

import pytest

import sluice
import wire

BUILD = pathlib.Path(sluice.BINARY).resolve().parent
EXAMPLES = sluice.HERE / "../../contrib/examples"

pytestmark = [
    pytest.mark.plain("programs that sanitizers have not seen cannot load a "
	"library that they have"),
    pytest.mark.skipif(not (BUILD / "Makefile").exists() or
	not list(BUILD.glob("libsluice.so.*")),
	reason="no build with libsluice beside the program"),
]


class Installed:
	"""A tree as of make install DESTDIR=..., in which programs are built."""

	def __init__(self, room):
		self.root = room / "root"
		self.room = room
		env = {k: v for k, v in os.environ.items()
		    if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
		self.run("make", "-C", BUILD, "install", f"DESTDIR={self.root}",
		    env=env, timeout=20 * wire.DEADLINE)
		pc, = self.root.rglob("libsluice.pc")
		self.env = {"PATH": os.environ["PATH"],
		    "PKG_CONFIG_PATH": str(pc.parent),
		    "LD_LIBRARY_PATH": str(pc.parent.parent)}

	def run(self, *args, timeout=3 * wire.DEADLINE, **keys):
		done = subprocess.run([str(one) for one in args], text=True,
		    stdout=subprocess.PIPE, stderr=subprocess.PIPE,
		    timeout=timeout, **keys)
		assert done.returncode == 0, (args, done.stdout, done.stderr)
		return done.stdout

	def flags(self, *names, sysroot=False):
		"""What pkg-config says, ours within the tree."""
		env = dict(self.env)
		if sysroot:
			env["PKG_CONFIG_SYSROOT_DIR"] = str(self.root)
		return shlex.split(self.run("pkg-config", "--cflags", "--libs",
		    *names, env=env))

	def build(self, name, *others):
		program = self.room / name
		self.run("cc", "-Wall", "-Wextra", "-Werror", "-o", program,
		    EXAMPLES / f"{name}.c",
		    *self.flags("libsluice", sysroot=True),
		    *(self.flags(*others) if others else ()),
		    timeout=10 * wire.DEADLINE)
		return program


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
	room = tmp_path_factory.mktemp("installed")
	yield Installed(room)
	shutil.rmtree(room)


def test_files(installed):
	names = {str(one.relative_to(installed.root)) for one in
	    installed.root.rglob("*sluice*")}
	for wanted in ("libsluice.a", "libsluice.so", "libsluice.so.0",
	    "pkgconfig/libsluice.pc", "man3/libsluice.3",
	    "man3/sluice_throttle.3", "man3/sluice_hint.3"):
		assert any(one.endswith("/" + wanted) for one in names), wanted
	for header in "hint", "result", "throttle":
		assert list(installed.root.rglob(
		    f"include/sluice/{header}.h")), header
	link, = installed.root.rglob("libsluice.so.0")
	assert link.is_symlink() and link.resolve().is_file()


def test_paced_get(installed, lab):
	"""Ten a second, two at a time; nothing for as long as the host asks."""
	times = []

	def answer(conn, request):
		times.append(time.monotonic())
		# so that there is another one at that time
		if len(times) == 1:
			wire.wait_until(lambda: conn.origin.most > 1)
		if len(times) == 15:
			conn.reply(429, fields=[("Retry-After", "2")])
		else:
			conn.reply(200, b"here")

	program = installed.build("paced_get", "libevent")
	origin = lab.origin(answer)
	out = installed.run(program, "127.0.0.1", origin.port, "/", 25,
	    env=installed.env, timeout=6 * wire.DEADLINE)
	assert out.count("200\n") == 25 and "waits 2.000 s" in out, out
	assert len(times) == 26 and origin.most == 2
	assert max(sum(a <= b < a + 1 for b in times) for a in times) <= 10
	# but for those that were on their way when that one was refused
	assert sum(times[14] < t < times[14] + 2 for t in times) <= 2


def test_limits_said(installed):
	program = installed.build("limits_said")
	head = "\r\n".join(["HTTP/1.1 301 Moved", "Location: /", "",
	    "HTTP/2 429", "content-type: text/plain", "retry-after: 30",
	    'ratelimit-policy: "burst";q=100;w=60', 'ratelimit: "burst";r=0;t=30',
	    "x bad: 1", "", ""])
	done = subprocess.run([program], input=head, text=True,
	    env=installed.env, capture_output=True, timeout=wire.DEADLINE)
	assert done.returncode == 0
	assert "301: not refused for a limit\n" in done.stdout
	assert "429: refused for a limit\n  wait 30 s" in done.stdout
	assert '"burst", requests: 0 left of 100 in 60 s, reset in 30 s' in \
	    done.stdout
	assert "x bad: the field's name or value is not allowed" in done.stderr
