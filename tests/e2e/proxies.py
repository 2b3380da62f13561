# SPDX-License-Identifier: ISC
"""Real proxies as parents: Squid and tinyproxy, each in a directory of its
own, with Basic credentials if they are given."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

import pytest

import wire

PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
HELPERS = pathlib.Path("/usr/lib/squid")

SQUID = """
http_port 127.0.0.1:{port}
pid_filename none
cache_log {dir}/cache.log
access_log stdio:{dir}/access.log
cache deny all
coredump_dir {dir}
hosts_file {dir}/hosts
shutdown_lifetime 0 seconds
{auth}
"""

SQUID_AUTH = """
auth_param basic program {helpers}/basic_ncsa_auth {dir}/users
auth_param basic realm company
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
"""

TINYPROXY = """
Port {port}
Listen 127.0.0.1
Timeout 60
Allow 127.0.0.1
LogFile "{dir}/access.log"
LogLevel Connect
MaxClients 50
{auth}
"""


class Proxy:
	"""Neither takes port 0, so one is tried after another."""

	def __init__(self, user=None, password=None):
		self.program = shutil.which(self.name, path=PATH) or \
		    pytest.skip(f"no {self.name}")
		self.user, self.password = user, password
		# One that other users can reach: it will not run as root.
		self.dir = pathlib.Path(tempfile.mkdtemp(prefix="proxy."))
		for _ in range(5):
			self.port = wire.free_port()
			self.write()
			if os.geteuid() == 0:
				self.give()
			self.start()
			if self.answers():
				break
		else:
			raise AssertionError(self.log())
		self.url = f"http://127.0.0.1:{self.port}"

	def give(self):
		for path in (self.dir, *self.dir.iterdir()):
			shutil.chown(path, "nobody", "nogroup")

	def start(self):
		keys = {}
		if os.geteuid() == 0:
			keys = {"user": "nobody", "group": "nogroup",
			    "extra_groups": []}
		self.proc = subprocess.Popen(self.command(), cwd=self.dir,
		    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
		    stderr=subprocess.DEVNULL, start_new_session=True, **keys)

	def answers(self):
		"""Whether it takes connections; False: it has ended."""
		def there():
			with socket.socket() as sock:
				return sock.connect_ex(("127.0.0.1",
				    self.port)) == 0
		wire.wait_until(lambda: self.proc.poll() is not None
		    or there(), what=f"{self.name} at its port")
		return self.proc.poll() is None

	def log(self):
		return "".join(path.read_text(errors="replace")
		    for path in self.dir.glob("*.log"))

	def stop(self):
		try:
			os.killpg(self.proc.pid, signal.SIGKILL)
		except ProcessLookupError:
			pass
		self.proc.wait()
		shutil.rmtree(self.dir, ignore_errors=True)


class Squid(Proxy):
	name = "squid"

	def __init__(self, names=(), **keys):
		self.names = names		# of this machine
		super().__init__(**keys)

	def write(self):
		auth = "http_access allow all"
		if self.user:
			auth = SQUID_AUTH.format(dir=self.dir, helpers=HELPERS)
			hashed = subprocess.run(["openssl", "passwd", "-apr1",
			    self.password], check=True, capture_output=True,
			    text=True).stdout
			(self.dir / "users").write_text(
			    f"{self.user}:{hashed}")
		(self.dir / "hosts").write_text("".join(
		    f"127.0.0.1 {name}\n" for name in self.names))
		(self.dir / "squid.conf").write_text(SQUID.format(
		    port=self.port, dir=self.dir, auth=auth))

	def command(self):
		return [self.program, "-N", "-f", self.dir / "squid.conf"]


class Tinyproxy(Proxy):
	name = "tinyproxy"

	def write(self):
		auth = f"BasicAuth {self.user} {self.password}" if self.user \
		    else ""
		(self.dir / "tinyproxy.conf").write_text(TINYPROXY.format(
		    port=self.port, dir=self.dir, auth=auth))

	def command(self):
		return [self.program, "-d", "-c", self.dir / "tinyproxy.conf"]
