# SPDX-License-Identifier: ISC
"""What a daemon is asked while something fails, and what may come of it.

Each scenario returns a word for what its client has seen: "ok"; a status that
is not the origin's; "closed" where nothing came, "cut" where an answer that
had begun was broken off.  Whatever else a client sees is an exception.
"""
import contextlib
import gzip
import http.client
import os
import pathlib
import re
import signal
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "../e2e"))

import certs				# noqa: E402
import client				# noqa: E402
import control				# noqa: E402
import dnsserver			# noqa: E402
import origin				# noqa: E402
import shared				# noqa: E402
import sluice				# noqa: E402
import wire				# noqa: E402

# s; longer than anything that the configuration allows, with its timeouts of
# a second or two, and what DNS takes to ask again.
PATIENCE = 8 * wire.SLOW
ONE = {"concurrency": 1, "queue": {"max_wait": "4s"},
    "pause": {"default": "10ms", "max": "20ms"}}
BODY = b"once more, with feeling " * 800
JSON = ("Content-Type", "application/json")
USAGE = b'{"usage": {"total_tokens": 7}}'
EVENTS = [b'data: {"n": %d}\n\n' % i for i in range(4)] + [
    b"data: " + USAGE + b"\n\n", b"data: [DONE]\n\n"]
METERED = {"queue": {"max_wait": "4s"}, "budgets": {"tokens": {
    "rates": [{"capacity": 1000000, "period": "1s"}],
    "reserve": {"input": "bytes/4", "output": ["max_tokens"], "default": 9},
    "settle": {"json": "usage.total_tokens"}}}}
ESTIMATED = {"learn": "estimate", "queue": {"max_wait": "4s"},
    "pause": {"default": "10ms", "max": "20ms"}, "retry": {"attempts": 4}}
PRESETS = pathlib.Path(__file__).resolve().parent / "../../conf/presets"
# Whoever is under way in an upgrade, and that itself; and who waits meanwhile.
PATIENT = {"response": "60s", "upgrade": "20s"}
PATIENTLY = {"max_wait": "60s"}
# Of the budget that is shared, a second.
RATE, BURST = 20, 2
# What our own answers to a failure may say.
OURS = {502, 503, 504}


@contextlib.contextmanager
def unhurried():
	"""Where nothing fails, only the machine keeps us waiting."""
	global PATIENCE
	before = PATIENCE
	PATIENCE *= 10
	try:
		yield
	finally:
		PATIENCE = before


class Wrong(Exception):
	"""An answer that nobody may ever see."""


class Hang(Exception):
	"""Nothing came, for longer than that may last."""


def handler(world):
	def handle(conn, req):
		if req.target == "/busy" and world.busy > 0:
			world.busy -= 1
			conn.reply(429, fields=[("Retry-After", "0")],
			    body="not now")
		elif req.target == "/metered":
			conn.reply(body=gzip.compress(USAGE, mtime=0),
			    fields=[JSON, ("Content-Encoding", "gzip")])
		elif req.target == "/stream":
			conn.send(b"HTTP/1.1 200 OK\r\nContent-Type: "
			    b"text/event-stream\r\n"
			    b"Transfer-Encoding: chunked\r\n\r\n")
			for piece in EVENTS:
				conn.send(b"%x\r\n%s\r\n" %
				    (len(piece), piece))
			conn.leave()
			conn.send(b"0\r\n\r\n")
		elif req.method == "POST":
			conn.reply(body=req.body)
		elif req.target == "/stored":
			world.stored.append(time.monotonic())
			conn.reply(body="for /stored")
		else:
			conn.reply(body="for " + req.target)
	return handle


class World:
	"""Origins, a name server, certificates, and a daemon that may die."""

	def __init__(self, place, fault, pki=None):
		self.dir = pathlib.Path(place)
		self.fault = fault
		self.busy = 0
		self.turn = 0
		self.daemons = 0
		self.pki = pki or certs.Certs(self.make("certs"))
		self.dns = dnsserver.Dns(dnsserver.Here())
		self.far = origin.Origin(handler(self))
		self.secure = origin.Origin(handler(self),
		    tls=self.pki.server("origin"))
		self.trust = self.pki.client("user-ca")
		self.daemon = None
		self.scenario = None	# which it is for
		self.redis = None	# one that only that of it has
		self.stored = []	# when its budget was used

	def make(self, name):
		(self.dir / name).mkdir()
		return self.dir / name

	def settings(self):
		one = {**ONE, "concurrency": 1 + self.turn % 2}
		return {"resolver": [self.dns.at],
		    "timeouts": {"connect": "3s", "response": "1s",
		        "header": "2s", "idle": "2s", "drain": "4s"},
		    "admin": {"web": "127.0.0.1:0"},
		    "log": {"access": str(self.dir / "access.log")},
		    "tls": {"ca_certificate": self.pki.pem("user-ca"),
		        "ca_key": self.pki.key("user-ca"),
		        "trust": self.pki.pem("ca")},
		    "hosts": {"127.0.0.1": {**one, "retry": {"attempts": 2,
		            "methods": ["POST", "idempotent"]}},
		        "*.name.test": {**one, "shared": True},
		        "tunnel.test": one,
		        "intercept.test": {**one, "https": "intercept"},
		        "metered.test": METERED,
		        "*.estimated.test": ESTIMATED,
		        "api.github.com": {"preset": "github"},
		        "upstream.test": {**one, "https": "upstream",
		            "tls": {"port": self.secure.port}},
		        f"rule{self.turn}.test": one}}

	def shares(self, settings):
		"""What a daemon with a store has besides."""
		if self.redis is None:
			self.redis = shared.Redis(self.make("redis"))
		settings["store"] = {"redis": self.redis.url, "timeout": "2s"}
		settings["hosts"]["stored.test"] = {"capacity": RATE,
		    "period": "1s", "burst": BURST, "store": True,
		    "without_store": "hold", "queue": {"max_wait": "4s"}}

	def environment(self):
		"""What is freed is overwritten; a sanitizer puts up with us.

		One that ends with a call that failed has OpenSSL's own end
		fail, or the sanitizer's: what is left then is nobody's loss.
		"""
		leaks = self.scenario not in LIVES
		suppressed = self.dir / "leaks"
		suppressed.write_text("leak:dl_open_worker\n")
		return {**self.fault.environment(), "MALLOC_PERTURB_": "165",
		    "SLUICE_PRESETS": str(PRESETS),
		    "ASAN_OPTIONS": "verify_asan_link_order=0:"
		    "allocator_may_return_null=1:"
		    f"detect_leaks={leaks:d}",
		    "LSAN_OPTIONS": f"suppressions={suppressed}"}

	@contextlib.contextmanager
	def preloaded(self):
		"""Only what is started in here is injected."""
		before = dict(os.environ)
		os.environ.update(self.environment())
		try:
			yield
		finally:
			os.environ.clear()
			os.environ.update(before)

	def start(self, wait=True):
		self.daemons += 1
		place = self.make(f"daemon{self.daemons}")
		settings = self.settings()
		if self.scenario == "store":
			self.shares(settings)
		if self.scenario == "upgrade":
			settings["timeouts"].update(PATIENT)
			settings["hosts"]["127.0.0.1"]["queue"] = PATIENTLY
		with self.preloaded():
			self.daemon = sluice.Sluice(place, wait=wait,
			    **settings)
		if wait:
			self.daemon.err.wait("is ready")
		return self.daemon

	def alive(self):
		return self.daemon.proc.poll() is None

	def forget(self):
		"""What origins have recorded would fill the memory."""
		for far in self.far, self.secure:
			with far.cond:
				far.requests.clear()
				far.conns[:] = [c for c in far.conns
				    if not c.gone.is_set()]
		for pipe in self.daemon.err, self.daemon.out:
			with pipe.cond:
				del pipe.lines[:-200]

	def client(self):
		return client.Client(self.daemon.address, timeout=PATIENCE)

	def control(self):
		return control.Control(self.daemon.control)

	def stop(self):
		for one in self.far, self.secure, self.dns:
			one.stop()
		if self.redis is not None:
			self.redis.kill()


def judge(answer, body, statuses=(200,)):
	"""Ours, or the origin's and then whole."""
	if answer.status in statuses:
		if not answer.whole:
			return "cut"
		if answer.body != body:
			raise Wrong(f"body {answer.body[:200]!r}")
		return "ok"
	if answer.status not in OURS:
		raise Wrong(f"{answer.status}: {answer.body[:300]!r}")
	if "sluice" not in (answer.get("proxy-status") or ""):
		raise Wrong(f"{answer.status} that is not told as ours")
	return str(answer.status)


@contextlib.contextmanager
def watched(one, seen):
	"""Turns what the socket tells into a word, in seen."""
	try:
		yield
	except (TimeoutError, ssl.SSLWantReadError):
		seen.append(Hang("no answer"))
	except (OSError, wire.Closed, http.client.HTTPException, EOFError):
		seen.append("cut" if one is not None and one.buf
		    else "closed")
	finally:
		if one is not None:
			one.close()


def word(act, one):
	"""act(one)'s word, or that of how the connection ended."""
	seen = []
	with watched(one, seen):
		return act(one)
	if isinstance(seen[0], Hang):
		raise seen[0]
	return seen[0]


def get(world):
	url = world.far.url + "/get"
	return word(lambda one: judge(one.get(url), b"for /get"),
	    world.client())


def keep_alive(world):
	"""Three on a connection; the first that is not served ends it."""
	def act(one):
		for i in range(3):
			was = judge(one.get(f"{world.far.url}/{i}"),
			    b"for /%d" % i)
			if was != "ok":
				return was
		return "ok"
	return word(act, world.client())


def post_again(world):
	"""A 429, and the body again."""
	def act(one):
		answer = one.call("POST", world.far.url + "/busy", body=BODY)
		if answer.status == 429:	# which could not be kept
			return judge(answer, b"not now", (429,)) and "429"
		return judge(answer, BODY)
	world.busy = 1
	try:
		return word(act, world.client())
	finally:
		world.busy = 0


def asks_tokens(world, path, body):
	"""A body that is looked into, an answer that tells what it took."""
	return word(lambda one: judge(one.call("POST",
	    f"http://metered.test:{world.far.port}{path}", [JSON],
	    b'{"max_tokens": 50}'), body), world.client())


def metered(world):
	return asks_tokens(world, "/metered", gzip.compress(USAGE, mtime=0))


def stream(world):
	return asks_tokens(world, "/stream", b"".join(EVENTS))


def estimate(world):
	"""Two refusals by a host whose limit is not known yet."""
	world.turn += 1
	world.busy = 2
	url = f"http://n{world.turn}.estimated.test:{world.far.port}/busy"

	def act(one):
		answer = one.get(url)
		if answer.status == 429:	# which could not be held back
			return judge(answer, b"not now", (429,)) and "429"
		return judge(answer, b"for /busy")
	try:
		return word(act, world.client())
	finally:
		world.busy = 0


def queue(world):
	"""Three at once for one slot."""
	crowd = [world.client() for _ in range(3)]
	for one in crowd:
		with contextlib.suppress(OSError):
			one.ask("GET", world.far.url + "/queue")
	words = [word(lambda one: judge(one.response(), b"for /queue"), one)
	    for one in crowd]
	return next((w for w in words if w != "ok"), "ok")


def resolve(world):
	"""A name that was not asked for before."""
	world.turn += 1
	url = f"http://n{world.turn}.name.test:{world.far.port}/name"
	return word(lambda one: judge(one.get(url), b"for /name"),
	    world.client())


def opened(one, at):
	"""The answer to a CONNECT; None where that is 200."""
	answer = one.tunnel(at)
	return None if answer.status == 200 else judge(answer, b"", ())


def connect(world):
	"""TLS from end to end through a tunnel."""
	def act(one):
		was = opened(one, f"tunnel.test:{world.secure.port}")
		if was:
			return was
		one.secure(world.pki.client("ca"), "tunnel.test")
		return judge(one.get("/deep", host="tunnel.test"),
		    b"for /deep")
	return word(act, world.client())


def inside(world):
	"""A request in clear through a tunnel."""
	def act(one):
		at = f"tunnel.test:{world.far.port}"
		was = opened(one, at)
		return was or judge(one.get("/deep", host=at), b"for /deep")
	return word(act, world.client())


def intercept(world):
	def act(one):
		at = f"intercept.test:{world.secure.port}"
		was = opened(one, at)
		if was:
			return was
		one.secure(world.trust, "intercept.test")
		return judge(one.get("/in", host=at), b"for /in")
	return word(act, world.client())


def upstream(world):
	return word(lambda one: judge(one.get("http://upstream.test/up"),
	    b"for /up"), world.client())


RELOADED = sluice.RELOADED


def reload(world):
	"""Another rule, another limit; or the old ones stay."""
	daemon = world.daemon
	world.turn += 1
	since = len(daemon.err)
	daemon.write(**world.settings())
	daemon.hup()
	try:
		line = daemon.err.wait(RELOADED, PATIENCE, since)
	except AssertionError:
		raise Hang("no word of the reload")
	if "not reloaded" not in line:
		return "ok"
	world.turn -= 1
	return "kept"


def asked(world, path, what):
	"""A question to the control plane."""
	try:
		answer = world.control().get(path)
	except TimeoutError:
		raise Hang(path)
	except http.client.IncompleteRead:
		return "cut"
	except (OSError, http.client.HTTPException):
		return "closed"
	if answer.status == 200:
		if what not in answer.body:
			raise Wrong(answer.body[:300])
		return "ok"
	if answer.status not in (500, 503):
		raise Wrong(f"{answer.status} {answer.body[:300]!r}")
	return str(answer.status)


def page(world):
	return asked(world, "/", b"</html>")


def metrics(world):
	return asked(world, "/metrics", b"sluice_build_info")


def hosts(world):
	return asked(world, "/v1/hosts", b'"hosts"')


def events(world):
	"""A stream that tells of an order that is given meanwhile."""
	stream = None
	try:
		stream = world.control().events()
		order = world.control().post("/v1/hosts/tunnel.test/pause",
		    {"for": "1ms", "reason": "a test"})
		if order.status in (500, 503):
			return str(order.status)
		if order.status != 200:
			raise Wrong(f"{order.status}: {order.body[:300]!r}")
		stream.until(lambda data: data.get("reason") == "a test" or
		    "a test" in str(data))
		return "ok"
	except TimeoutError:
		raise Hang("no event")
	except (OSError, http.client.HTTPException, EOFError, ValueError,
	    AssertionError) as error:
		return "cut" if stream else f"closed"
	finally:
		if stream:
			stream.close()


def log_reopen(world):
	"""The log is rotated while it is written."""
	daemon = world.daemon
	path = world.dir / "access.log"
	with contextlib.suppress(OSError):
		path.rename(world.dir / "access.old")
	since = len(daemon.err)
	daemon.proc.send_signal(sluice.signal.SIGUSR1)
	try:
		line = daemon.err.wait("opened anew", PATIENCE, since)
	except AssertionError:
		raise Hang("no word of the log")
	was = get(world)
	return "kept" if "not opened" in line else was


def connected(world):
	"""Whether the store is there, if there is to be one."""
	if world.scenario != "store":
		return True
	answer = world.control().get("/v1/status")
	return answer.status == 200 and answer.json()["store"]["connected"]


def store(world):
	"""More than one lease has, of a budget that may never be exceeded."""
	url = f"http://stored.test:{world.far.port}/stored"

	def act(one):
		answer = one.get(url)
		if answer.status == 429:	# there is no store for now
			return "429"
		return judge(answer, b"for /stored")
	words = [word(act, world.client()) for _ in range(BURST + 1)]
	over = shared.over_bucket(world.stored, RATE, BURST, 0.1 * wire.SLOW)
	if over > 0:
		raise Wrong(f"{over} over the budget")
	del world.stored[:-RATE]
	return next((w for w in words if w != "ok"), "ok")


# The one that is at hand, after which others are asked for.
SERVING = {
	"get": get, "keep-alive": keep_alive, "post-again": post_again,
	"metered": metered, "stream": stream, "estimate": estimate,
	"queue": queue, "resolve": resolve, "connect": connect,
	"inside": inside, "intercept": intercept, "upstream": upstream,
	"reload": reload, "page": page, "metrics": metrics, "hosts": hosts,
	"events": events, "log-reopen": log_reopen, "store": store,
}


# Those that take a daemon each.


def ended(daemon):
	"""Its status; it may not take longer than it is given."""
	try:
		return daemon.wait(PATIENCE)
	except subprocess.TimeoutExpired:
		daemon.proc.kill()
		daemon.wait()
		raise Hang("it does not end")


def drain(world, arm):
	"""A request is under way when it is told to end."""
	gate = origin.Gate(lambda conn, req: conn.reply(body="at last"))
	before, world.far.handler = world.far.handler, gate
	one = world.client()
	try:
		one.ask("GET", world.far.url + "/last")
		wire.wait_until(lambda: gate.held == 1, what="a request")
		arm()
		world.daemon.term()
		world.daemon.err.wait("draining|ending|ends|SIGTERM",
		    PATIENCE)
		gate.open()
		was = word(lambda one: judge(one.response(), b"at last"),
		    one)
		if ended(world.daemon) != 0:
			raise Wrong(f"status {world.daemon.proc.returncode}")
		return was
	finally:
		gate.open()
		world.far.handler = before


def start(world, arm):
	"""It starts, or says why not, and ends with 1."""
	arm()
	daemon = world.start(wait=False)
	# the child that makes the filter may take two seconds of a processor
	end = time.monotonic() + 3 * PATIENCE
	while daemon.proc.poll() is None:
		if "is ready" in daemon.err.text():
			world.fault.disarm()
			daemon.learn()
			was = get(world)
			daemon.term()
			ended(daemon)
			return was
		if time.monotonic() > end:
			daemon.proc.kill()
			raise Hang("neither ready nor over")
		threading.Event().wait(0.002)
	daemon.wait()
	if daemon.proc.returncode != 1 or not daemon.err.text().strip():
		raise Wrong(f"status {daemon.proc.returncode}, "
		    f"{daemon.err.text()!r}")
	return "1"


HANDED = re.compile(r"upgraded: process (\d+) has taken over|"
    "not upgraded: |no upgrade begins: ")


def upgrade(world, arm):
	"""Another process takes over while one request is under way and another
	waits, or the first goes on: either serves both, and the next."""
	world.turn = 0			# one at a time
	daemon = world.start()
	gate = origin.Gate(lambda conn, req: conn.reply(
	    body="for " + req.target))
	before, world.far.handler = world.far.handler, gate
	crowd = [world.client() for _ in range(2)]
	try:
		for one in crowd:
			one.ask("GET", world.far.url + "/old")
		wire.wait_until(lambda: waiting(world) == 1, what="a waiter")
		since = len(daemon.err)
		arm()
		os.kill(daemon.pid, signal.SIGUSR2)
		try:
			line = daemon.err.wait(HANDED, 4 * PATIENCE, since)
		except AssertionError:
			raise Hang("no word of the upgrade")
		new = HANDED.search(line)[1]
		gate.open()
		words = [word(lambda one: judge(one.response(), b"for /old"),
		    one) for one in crowd]
		world.fault.disarm()
		if new:
			# the next one has its pipes, too
			if daemon.proc.wait(PATIENCE) != 0:
				raise Wrong("status %s" %
				    daemon.proc.returncode)
			daemon.pid = int(new)
		words.append(get(world))
		if words[-1] != "ok":
			raise Wrong(f"next: {words[-1]}")
		daemon.term()
		if new:
			wire.wait_until(lambda: not sluice.alive(daemon.pid),
			    PATIENCE, what="its end")
		elif ended(daemon) != 0:
			raise Wrong(f"status {daemon.proc.returncode}")
		if not new:
			words.append("kept")
		return next((w for w in words if w != "ok"), "ok")
	finally:
		gate.open()
		world.far.handler = before
		if sluice.alive(daemon.pid):
			os.kill(daemon.pid, signal.SIGKILL)


def waiting(world):
	answer = world.control().get("/v1/status")
	return answer.json()["waiting"] if answer.status == 200 else None


LIVES = {"drain": drain, "start": start, "upgrade": upgrade}
