# SPDX-License-Identifier: ISC
"""Programs that people use, run as they would: only the environment says which
proxy to use and whom to trust.

Each takes a list of URLs and gives a list of answers with status, size, hash
and text; for a browser, which does not tell, the status is None and the text
the page's.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import pytest

import wire

HERE = pathlib.Path(__file__).resolve().parent
# The time that a program may take to start, on a busy machine too.
PATIENCE = 3 * wire.DEADLINE
CHROMIUM = ["--headless=new", "--no-sandbox", "--disable-gpu",
    "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"]


def chromium():
	"""Where it is.  The one without windows, of the same sources, takes a
	third of a processor's time; the other one, which people have, is asked
	in test_doctor_browsers.py."""
	return shutil.which("chromium-headless-shell") or \
	    shutil.which("chromium") or pytest.skip("no chromium")


class Answer:
	def __init__(self, status, size, hash, text):
		self.status = status
		self.size = size
		self.hash = hash
		self.text = text

	def __repr__(self):
		return f"<{self.status} {self.size} bytes {self.text!r}>"


class Programs:
	"""In a home of their own.  proxy is a URL, trust files with a CA."""

	def __init__(self, home, proxy, *trust):
		self.home = home
		self.home.mkdir(exist_ok=True)
		self.believe(*trust)
		self.env = {
		    "HOME": str(home), "PATH": os.environ["PATH"],
		    "LANG": "C.UTF-8",
		    # Where Debian's modules are, for a Node from elsewhere.
		    "NODE_PATH": "/usr/share/nodejs",
		}
		for name in ("http_proxy", "https_proxy", "wss_proxy"):
			self.env[name] = self.env[name.upper()] = proxy

	def believe(self, *trust):
		"""Trusts these from now on."""
		self.trust = [pathlib.Path(one) for one in trust if one]
		(self.home / "trust.pem").write_text("".join(one.read_text()
		    for one in self.trust))

	def trusting(self, name):
		env = dict(self.env)
		if self.trust:
			env[name] = str(self.home / "trust.pem")
		return env

	def run(self, args, env, status=0):
		"""A program to its end, and whatever it has started."""
		proc = subprocess.Popen([str(a) for a in args], env=env,
		    cwd=self.home, stdin=subprocess.DEVNULL,
		    stdout=subprocess.PIPE, stderr=subprocess.PIPE,
		    start_new_session=True)
		try:
			out, err = proc.communicate(timeout=PATIENCE)
		except subprocess.TimeoutExpired:
			os.killpg(proc.pid, signal.SIGKILL)
			out, err = proc.communicate()
			raise AssertionError(f"{args} did not end:\n"
			    + out[-1000:].decode("latin-1")
			    + err[-3000:].decode("latin-1"))
		if status is not None:
			assert proc.returncode == status, (proc.returncode,
			    args, err[-3000:].decode("latin-1"),
			    out[-1000:].decode("latin-1"))
		return out, err

	def json(self, args, env):
		out, _ = self.run(args, env)
		return [Answer(**json.loads(line))
		    for line in out.splitlines()]

	def curl(self, urls, *options):
		program = shutil.which("curl") or pytest.skip("no curl")
		args = [program, "-sS", *options]
		for i, url in enumerate(urls):
			args += ["-o", f"curl{i}", url]
		out, _ = self.run(args + ["-w", "%{http_code}\\n"],
		    self.trusting("CURL_CA_BUNDLE"))
		answers = []
		for i, code in enumerate(out.split()):
			file = self.home / f"curl{i}"
			data = file.read_bytes() if file.exists() else b""
			answers.append(Answer(int(code), len(data),
			    wire.sha(data), data[:200].decode("latin-1")))
		return answers

	def requests(self, urls):
		return self.json([sys.executable, HERE / "get_requests.py",
		    *urls], self.trusting("REQUESTS_CA_BUNDLE"))

	def aiohttp(self, urls):
		return self.json([sys.executable, HERE / "get_aiohttp.py",
		    *urls], self.trusting("SSL_CERT_FILE"))

	def node(self, urls):
		program = node()
		return self.json([program, HERE / "get_node.cjs", *urls],
		    self.trusting("NODE_EXTRA_CA_CERTS"))

	def undici(self, urls):
		program = node()
		return self.json([program, HERE / "get_undici.cjs", *urls],
		    self.trusting("NODE_EXTRA_CA_CERTS"))

	def in_tunnels(self, name, urls):
		"""The same for http:// URLs, which go through tunnels, too."""
		if name == "curl":
			return self.curl(urls, "-p")
		if name == "python":
			return self.json([sys.executable,
			    HERE / "get_tunnel.py", *urls], self.env)
		self.env["TUNNEL"] = "1"
		return getattr(self, name)(urls)

	def chromium(self, urls, *options):
		program = chromium()
		database = self.home / ".pki/nssdb"
		if self.trust and not database.exists():
			self.nss(database)
		answers = []
		for i, url in enumerate(urls):
			out, err = self.run([program, *CHROMIUM, *options,
			    f"--user-data-dir={self.home}/profile{i}",
			    "--dump-dom", url], self.env)
			text = out.decode()
			assert text.strip(), err[-3000:].decode("latin-1")
			answers.append(Answer(None, len(out), wire.sha(out),
			    text))
		return answers

	def nss(self, database):
		program = shutil.which("certutil") or \
		    pytest.skip("no certutil")
		database.mkdir(parents=True)
		at = f"sql:{database}"
		self.run([program, "-d", at, "-N", "--empty-password"],
		    self.env)
		for i, one in enumerate(self.trust):
			self.run([program, "-d", at, "-A", "-t", "C,,", "-n",
			    f"ca{i}", "-i", one], self.env)


def node():
	return shutil.which("node") or shutil.which("nodejs") or \
	    pytest.skip("no node")


# Who can open a tunnel for http:// URLs, some without being asked to.
TUNNELERS = ["curl", "node", "undici", "python"]
NAMES = ["curl", "requests", "aiohttp", "node", "undici", "chromium"]
