# SPDX-License-Identifier: ISC
"""What people use, under "sluice exec" alone, in each mode at once.

The origins are at an address of another network namespace, since many programs
never ask a proxy for this machine.  Programs are told by their name server of
another address than sluice is by its own: so whoever comes there has gone
without it, and gets what he wants all the same.
"""
import io
import json
import os
import pathlib
import shlex
import socket
import subprocess
import threading
import zipfile

import pytest

import elsewhere
import fleet
import sluice
import wire

TRAP = "10.9.0.7"		# where nobody is expected
PERIOD = 0.3			# in which a host allows one request
MANY = 3			# at least, of a program
PATIENCE = 4 * wire.DEADLINE
TOLD = os.environ.get("SLUICE_CLIENTS_TOLD")
PAGE = pathlib.Path(__file__).resolve().parent / "../../doc/clients.md"


def wheel(name):
	"""The least that pip takes for a package."""
	info = f"{name}-1.0.dist-info"
	data = io.BytesIO()
	with zipfile.ZipFile(data, "w") as z:
		z.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\n"
		    f"Name: {name}\nVersion: 1.0\n")
		z.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\n"
		    "Root-Is-Purelib: true\nTag: py3-none-any\n")
		z.writestr(f"{info}/RECORD", "")
	return data.getvalue()


def content(path, base):
	"""What is there, and its type."""
	name = path.rstrip("/").rsplit("/", 1)[-1].partition("?")[0]
	if path == "/page.html":
		return "<!doctype html><body>" + "".join(
		    f'<script src="/item.js?{i}"></script>'
		    for i in range(MANY)), "text/html"
	if name == "item.js":
		return f'document.body.append("{fleet.BODY} ");', \
		    "text/javascript"
	if path.startswith("/simple/"):
		return f'<a href="/f/{name}-1.0-py3-none-any.whl">x</a>', \
		    "text/html"
	if path.startswith("/f/"):
		return wheel(name.partition("-")[0]), \
		    "application/octet-stream"
	if path.startswith("/npm/"):
		return json.dumps({"name": name, "description": fleet.BODY,
		    "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {
		    "name": name, "version": "1.0.0",
		    "description": fleet.BODY, "dist": {"tarball":
		    f"{base}/{name}.tgz", "shasum": "0" * 40}}}}), \
		    "application/json"
	if "/info/refs" in path:
		return "0123456789" * 4 + "\trefs/heads/" \
		    + fleet.BODY.replace(" ", "-") + "\n", "text/plain"
	if name == "HEAD":
		return "ref: refs/heads/none\n", "text/plain"
	return fleet.BODY, "text/plain"


class Seen:
	"""What an origin has seen of one host."""

	def __init__(self):
		self.lock = threading.Lock()
		self.requests = []	# when they came
		self.tunnels = []	# when their connections did
		self.refused = 0	# answered with 429


class House:
	"""Origins in one place, programs and their sluice in another."""

	def __init__(self, lab):
		self.lab = lab
		self.dir = lab.dir / "fleet"
		self.dir.mkdir()
		self.trusted = [lab.pki.pem("ca"), lab.pki.pem("user-ca")]
		self.seen = {mode: Seen() for mode in fleet.MODES}
		self.wire = lab.elsewhere()
		self.wire.home.has(TRAP + "/24", dev="home0")
		self.settle()
		self.far = self.origins(elsewhere.HOME)
		self.trap = self.origins(TRAP)
		self.names()
		self.configure()

	def settle(self):
		"""An address that the kernel makes, and has after a second,
		would be a change of networks, at which Chromium gives up."""
		for what in (("link", "set", "away0", "addrgenmode", "none"),
		    ("-6", "address", "flush", "dev", "away0", "scope",
		    "link")):
			self.wire.away.ip(*what)

	def origins(self, address):
		"""In clear, with TLS, and what passes bytes on to gRPC."""
		keys = {"make": self.wire.home.socket}
		return [self.lab.origin(self.answer, address=(address, 80),
		    **keys), self.lab.secure_origin(self.answer,
		    address=(address, 443), **keys), self.lab.origin(
		    accept=self.pass_on, address=(address, 50051), **keys)]

	def names(self):
		"""Two name servers, of which only sluice's is right."""
		ask = self.wire.away.socket
		names = [f"{mode}.test" for mode in fleet.MODES]
		right = self.lab.dns({name: {"A": [elsewhere.HOME]}
		    for name in names}, make=ask)
		self.lab.dns({name: {"A": [TRAP]} for name in names},
		    make=ask, port=53)
		self.resolver = right.at
		(self.dir / "resolv.conf").write_text("nameserver 127.0.0.1\n")

	def configure(self):
		rule = {"capacity": 1, "period": f"{int(PERIOD * 1000)}ms",
		    "strict": True}
		pem, key = self.lab.pki.pem, self.lab.pki.key
		(self.dir / "sluice.yaml").write_text(json.dumps({
		    "resolver": [self.resolver], "workers": 1,
		    "log": {"access": str(self.dir / "access.log")},
		    "tls": {"ca_certificate": str(pem("user-ca")),
		    "ca_key": str(key("user-ca")), "trust": str(pem("ca"))},
		    "hosts": {f"{mode}.test": {**rule, **({"https": mode}
		    if mode != "plain" else {})} for mode in fleet.MODES}}))

	# What origins do

	def answer(self, conn, req):
		mode = req.get("host", "").partition(".")[0]
		path = req.start.split(b" ")[1].decode()
		body, kind = content(path, f"http://{mode}.test")
		if mode in self.seen and self.refuses(mode, conn, req):
			conn.reply(429, "not so fast",
			    [("Retry-After", "1")])
			return
		# What a tunnel holds is one request.
		close = mode == "tunnel"
		conn.reply(body=body, fields=[("Content-Type", kind),
		    *([("Connection", "close")] if close else [])])
		if close:
			conn.end()

	def refuses(self, mode, conn, req):
		"""The second one of a host whose requests are seen."""
		seen = self.seen[mode]
		with seen.lock:
			seen.requests.append(req.time)
			seen.tunnels.append(conn.time)
			if mode == "tunnel" or len(seen.requests) != 2:
				return False
			seen.refused += 1
			return True

	def pass_on(self, conn):
		"""Bytes, to a server of gRPC that runs here."""
		with self.seen["tunnel"].lock:
			self.seen["tunnel"].requests.append(conn.time)
			self.seen["tunnel"].tunnels.append(conn.time)
		other = socket.create_connection(("127.0.0.1", self.grpc_port()))

		def back():
			try:
				while data := other.recv(65536):
					conn.sock.sendall(data)
			except OSError:
				pass		# the client has gone
		threading.Thread(target=back, daemon=True).start()
		while data := conn.sock.recv(65536):
			other.sendall(data)
		other.close()

	def grpc_port(self):
		if not hasattr(self, "grpc"):
			self.start_grpc()
		return self.grpc

	def start_grpc(self):
		import concurrent.futures
		import grpc
		server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
		server.add_generic_rpc_handlers((
		    grpc.method_handlers_generic_handler("test.Echo", {
		    "Call": grpc.unary_unary_rpc_method_handler(
		    lambda request, context: fleet.BODY.encode())}),))
		pki = self.lab.pki
		self.grpc = server.add_secure_port("127.0.0.1:0",
		    grpc.ssl_server_credentials([(
		    pki.key("origin").read_bytes(),
		    pki.pem("origin").read_bytes())]))
		server.start()
		server.stop = lambda stop=server.stop: stop(None)
		self.lab.others.append(server)

	# What is run

	def place(self, mode):
		return Place(self, self.dir / mode)

	def before(self):
		"""What puts a command there."""
		return ["nsenter", "-n", "-t", str(self.wire.away.proc.pid),
		    *(["-U", "--preserve-credentials"] if "-r" in
		    elsewhere.NEW else []), "unshare", "-m", "sh", "-c",
		    'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"',
		    "-", str(self.dir / "resolv.conf")]

	def environment(self):
		"""A user's own, who trusts the origins' CA."""
		home = self.dir / "home"
		home.mkdir()
		if fleet.EXTRA:
			(home / "node_modules").symlink_to(
			    fleet.EXTRA / "npm/node_modules")
		own = str(self.lab.pki.pem("ca"))
		return {"HOME": str(home), "PATH": os.environ["PATH"],
		    "LANG": "C.UTF-8", "NODE_PATH": fleet.DEBIAN,
		    "SSL_CERT_FILE": own, "NODE_EXTRA_CA_CERTS": own,
		    "DENO_CERT": own, **sluice.measured()}

	def run(self, *command):
		"""Under "sluice exec" alone."""
		done = subprocess.run([*self.before(), sluice.BINARY, "exec",
		    "-c", str(self.dir / "sluice.yaml"), *map(str, command)],
		    env=self.environment(), cwd=self.dir, text=True,
		    errors="replace", capture_output=True,
		    stdin=subprocess.DEVNULL, timeout=PATIENCE)
		assert done.returncode == 0, done
		return done

	def fetch(self, row):
		"""In all modes, at the same time."""
		lines = []
		for mode in fleet.MODES:
			scheme = "http" if mode in ("plain", "upstream") else \
			    "https"
			place = self.place(mode)
			command = row.make(place, [
			    f"{scheme}://{mode}.test/{i}"
			    for i in range(MANY)])
			lines.append(f"(cd {shlex.quote(str(place.dir))} && "
			    f"HOME={shlex.quote(str(place.dir))} "
			    f"{shlex.join(map(str, command))} >out 2>err; "
			    "echo $? >status) &")
		self.said = self.run("sh", "-c", "\n".join(lines) + "\nwait")

	# What came of it

	def says(self, mode):
		return "".join(f"{mode}/{name}: "
		    + (self.dir / mode / name).read_text(
		    errors="replace")[-800:] for name in ("status", "out", "err"))

	def log(self, mode):
		path = self.dir / "access.log"
		return [line for line in path.read_text().splitlines()
		    if f" {mode}.test:" in line] if path.exists() else []

	def bypassed(self, mode):
		"""How many have come by themselves."""
		return sum(1 for far in self.trap for req in far.requests
		    if req.get("host", "").startswith(f"{mode}."))

	def verdict(self, mode):
		"""What it was, in a word of fleet's."""
		if self.bypassed(mode):
			return fleet.BYPASS
		place = self.dir / mode
		done = (place / "status").read_text() == "0\n" and \
		    (place / "out").read_text().replace("-", " ").count(
		    fleet.BODY) >= 2
		if not done:
			return fleet.REFUSED
		if mode == "tunnel":
			return fleet.TUNNEL
		return fleet.INSIDE if mode != "intercept" and any(
		    " CONNECT " in line for line in self.log(mode)) else \
		    fleet.EACH

	def is_paced(self, mode):
		"""Never two at once.  A busy machine notes some later than
		they came, so less than a period may seem to be between."""
		seen = self.seen[mode]
		times = sorted(seen.tunnels if mode == "tunnel" else
		    seen.requests)
		gaps = [b - a for a, b in zip(times, times[1:])]
		return len(times) >= MANY and min(gaps) >= PERIOD / 2 and \
		    sum(gaps) >= 0.6 * PERIOD * len(gaps)


class Place:
	"""A directory for one program in one mode."""

	def __init__(self, house, directory):
		self.dir = directory
		self.trusted = house.trusted
		self.dir.mkdir()
		if fleet.EXTRA:
			(self.dir / "node_modules").symlink_to(
			    fleet.EXTRA / "npm/node_modules")

	def file(self, text, name="get.js"):
		path = self.dir / name
		path.write_text(text)
		return str(path)


@pytest.fixture
def house(tlab):
	return House(tlab)


pytestmark = pytest.mark.plain("what programs do: other tests have the same "
    "requests, under sanitizers and with several loops")
ROWS = [row for row in fleet.ROWS if fleet.EXTRA or not row.extra]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_program(house, row):
	try:
		house.fetch(row)
	except fleet.Absent as why:
		pytest.skip(str(why))
	got = {mode: house.verdict(mode) for mode in fleet.MODES}
	assert got == row.expect, "".join(map(house.says, fleet.MODES)) \
	    + "\n".join(sum(map(house.log, fleet.MODES), []))
	for mode, verdict in got.items():
		if verdict in (fleet.BYPASS, fleet.REFUSED):
			continue
		assert house.is_paced(mode), (mode, house.seen[mode].__dict__)
		if mode != "tunnel":
			assert house.seen[mode].refused == 1
	if TOLD:
		(pathlib.Path(TOLD) / f"{fleet.ROWS.index(row)}.json"
		    ).write_text(json.dumps({"name": row.name,
		    "version": row.told_version()}))


def test_who_goes_direct_is_seen(house):
	"""One that does not heed its environment gets what it wants, and is
	counted."""
	house.fetch(fleet.Row("deaf", lambda place, urls: ["env", "-i",
	    fleet.program("curl"), "-sSf", "--cacert",
	    str(house.trusted[0]), *urls]))
	assert {mode: house.verdict(mode) for mode in fleet.MODES} == \
	    dict.fromkeys(fleet.MODES, fleet.BYPASS)
	assert not house.log("plain")


def test_what_exec_sets(house):
	"""Whatever the page says that programs go by."""
	names = {name for row in fleet.ROWS for name in row.sets}
	out = "\n" + house.run("env").stdout
	assert not [name for name in names if f"\n{name}=" not in out]


def test_page():
	"""It has the rows, as they are here, but for versions."""
	told = {}
	for line in PAGE.read_text().splitlines():
		cells = line.split(" | ")
		if len(cells) > 4 and line.startswith("| "):
			told[cells[0][2:]] = cells[1]
	assert PAGE.read_text() == fleet.page({row.name:
	    told.get(row.name, "missing") for row in fleet.ROWS})
