# SPDX-License-Identifier: ISC
"""Two machines on this one: network namespaces with a wire between them.

At home is the daemon, with origins at whatever addresses a test gives it; away
are clients that are not on its machine.  A socket belongs to the namespace that
it was made in: so a process in each makes sockets and hands them over, and
whoever has them need not be there.
"""
import json
import os
import socket
import subprocess
import sys

import wire

HOME, AWAY = "10.9.0.1", "10.9.0.2"		# the wire's ends
HOME6, AWAY6 = "fd09::1", "fd09::2"
# The beginning of a command that is in a new one, as root of it.
NEW = ["unshare", *([] if os.geteuid() == 0 else ["-r"]), "-n", "--"]
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


class Place:
	"""A process in a namespace, which makes sockets and runs ip(8).

	before: the beginning of a command that puts the rest of it there.
	"""

	def __init__(self, before):
		self.link, theirs = socket.socketpair()
		self.link.settimeout(30)
		with theirs:
			self.proc = subprocess.Popen([*before, sys.executable,
			    "-S", __file__, str(theirs.fileno())],
			    pass_fds=[theirs.fileno()],
			    stdin=subprocess.DEVNULL)
		self.ip("link", "set", "lo", "up")

	def ask(self, **what):
		self.link.sendall(json.dumps(what).encode())
		text, fds, _, _ = socket.recv_fds(self.link, 65536, 1)
		answer = json.loads(text or '{"error": "it has ended"}')
		assert not answer["error"], (what, answer)
		return fds[0] if fds else answer["says"]

	def ip(self, *args):
		"""What it says."""
		return self.ask(ip=args)

	def has(self, *addresses, dev="lo"):
		"""From now on that machine has these addresses, too."""
		for one in addresses:
			self.ip("address", "add", one, "dev", dev,
			    *(["nodad"] if ":" in one else []))
			# Of IPv6 the kernel has the route a moment later.
			if ":" in one:
				wire.wait_until(lambda: self.ip("-6", "route",
				    "show", "table", "local", "type", "local",
				    one.split("/")[0]), what=one)

	def socket(self, family=socket.AF_INET, kind=socket.SOCK_STREAM):
		"""In place of socket.socket."""
		fd = self.ask(family=family, kind=kind)
		return socket.socket(family, kind, fileno=fd)

	def stop(self):
		self.link.close()
		self.proc.wait(30)


def why_not():
	"""Why there are none here, as in some containers, or for other users
	than root; or nothing."""
	done = subprocess.run([*NEW, "true"], capture_output=True, text=True,
	    stdin=subprocess.DEVNULL)
	return done.stderr.strip() if done.returncode else ""


class Elsewhere:
	def __init__(self):
		self.home = Place(NEW)
		# The beginning of a command that runs there.
		self.before = ["nsenter", "-n", "-t", str(self.home.proc.pid)]
		if "-r" in NEW:
			self.before += ["-U", "--preserve-credentials"]
		try:
			self.lay_wire()
		except BaseException:
			self.home.stop()
			raise

	def lay_wire(self):
		"""The other end is made at home, so that home may reach it."""
		self.away = Place([*self.before, "unshare", "-n", "--"])
		self.home.ip("link", "add", "home0", "type", "veth", "peer",
		    "name", "away0", "netns", str(self.away.proc.pid))
		self.home.ip("link", "set", "home0", "up")
		self.away.ip("link", "set", "away0", "up")
		self.home.has(HOME + "/24", HOME6 + "/64", dev="home0")
		self.away.has(AWAY + "/24", AWAY6 + "/64", dev="away0")

	def stop(self):
		self.away.stop()
		self.home.stop()


def serve(link):
	"""Answers until the other end is closed."""
	while text := link.recv(65536):
		what = json.loads(text)
		if "ip" not in what:
			with socket.socket(what["family"], what["kind"]) as one:
				socket.send_fds(link, [b'{"error": ""}'],
				    [one.fileno()])
			continue
		done = subprocess.run(["ip", *what["ip"]], text=True,
		    env={**os.environ, "PATH": PATH}, capture_output=True,
		    stdin=subprocess.DEVNULL)
		link.sendall(json.dumps({"says": done.stdout, "error":
		    done.stderr if done.returncode else ""}).encode())


if __name__ == "__main__":
	serve(socket.socket(fileno=int(sys.argv[1])))
