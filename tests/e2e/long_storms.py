# SPDX-License-Identifier: ISC
"""What has to be done for long, or very often, before it shows.

Not collected with the other tests: script/long runs these, each for
SLUICE_LONG seconds.  They are random; a failure tells the seed, which
SLUICE_SEED repeats as far as threads allow.
"""
import contextlib
import os
import random
import signal
import threading
import time

import pytest

import client
import origin
import sluice
import wire

SECONDS = float(os.environ.get("SLUICE_LONG", "20"))
SEED = int(os.environ.get("SLUICE_SEED", random.randrange(1 << 32)))
MB = 1 << 20
# How far a daemon may still grow once it is warm.
GROWTH = (200 if sluice.sanitized() else 16) * MB

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(SECONDS
    + 300 * wire.SLOW)]


class Storm:
	"""Threads that do things over and over, until the time is up."""

	def __init__(self, lab, seconds=SECONDS):
		self.lab = lab
		self.end = time.monotonic() + seconds
		self.tasks = []
		self.over = threading.Event()

	def lasts(self):
		return time.monotonic() < self.end and not self.over.is_set()

	def start(self, act, *args, threads=1):
		for _ in range(threads):
			name = len(self.tasks)
			self.tasks.append(self.lab.spawn(self.run, act, name,
			    *args))

	def run(self, act, name, *args):
		rng = random.Random(f"{SEED} {name}")
		times = 0
		try:
			while self.lasts():
				act(rng, *args)
				times += 1
		except BaseException:
			self.over.set()
			raise
		return times

	def join(self):
		"""How often each thread did it."""
		left = max(0, self.end - time.monotonic())
		return [task.join(left + 3 * wire.DEADLINE)
		    for task in self.tasks]


@pytest.fixture(autouse=True)
def seed():
	print("seed", SEED)


def body(rng):
	return wire.pattern(int(10 ** rng.uniform(0, 5.5)), rng.randrange(9))


def good(lab, rng, url, statuses=(200,)):
	"""A request like anybody's, whose answer has to be whole."""
	data = body(rng)
	one = lab.client()
	try:
		answer = one.call(rng.choice(["POST", "PUT"]), url + "/echo",
		    body=data)
		assert answer.status in statuses, (answer, answer.body)
		if answer.status == 200:
			assert answer.whole
			assert wire.sha(answer.body) == wire.sha(data)
	finally:
		one.close()
		lab.clients.remove(one)


def cut(rng, one):
	"""Ends a connection in one of the ways there are."""
	with contextlib.suppress(OSError):
		rng.choice([one.close, one.reset, one.fin,
		    lambda: one.ended(0.05)])()


def rude(lab, rng, far):
	"""A client that goes away at any moment of any request."""
	data = body(rng)
	path = rng.choice(["/echo", "/slow", "/cut", "/abort", "/garbage"])
	text = client.request("POST", far.url + path, body=data)
	if rng.random() < 0.2:
		text = client.request("CONNECT", far.at) + text
	if rng.random() < 0.3:
		text = rng.choice([client.request("OPTIONS", "*", host="x"),
		    client.request("GET", far.url + "/echo")]) \
		    * rng.randrange(1, 30) + text
	text = text[:rng.randrange(len(text) + 1)]
	one = lab.client(timeout=0.2)
	try:
		with contextlib.suppress(OSError, wire.Closed):
			one.send(text)
			if rng.random() < 0.5:
				one.exactly(rng.randrange(1, 5000))
		cut(rng, one)
	finally:
		one.close()
		lab.clients.remove(one)


def slow(conn, req):
	threading.Event().wait(0.02)		# what an origin does there
	conn.reply(body=req.body)


def answers():
	"""An origin of every kind; /echo is the good one."""
	def half(then):
		def handle(conn, req):
			conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999"
			    b"\r\n\r\n" + b"x" * 5000)
			then(conn)
		return handle
	return origin.by_path({"/echo": origin.echo, "/slow": slow,
	    "/cut": half(lambda conn: conn.end()),
	    "/abort": half(lambda conn: conn.abort()),
	    "/garbage": origin.raw(b"garbage\r\n\r\n", "end")})


def rest(lab, daemon, far, files):
	"""It has come to rest: no descriptor and no slot was lost."""
	wire.wait_until(lambda: far.inflight == 0, what="the last request")
	lab.settle()
	# Idle upstreams may stay, and end by their timeout.
	wire.wait_until(lambda: daemon.files() <= files, 3 * wire.DEADLINE,
	    what=f"{files} descriptors")


def forget(far):
	"""What an origin has recorded would fill the memory."""
	with far.cond:
		far.requests.clear()
		far.conns[:] = [conn for conn in far.conns
		    if not conn.gone.is_set()]


def trim(daemon):
	"""What it has logged would, too, unless it tells of a fault."""
	for pipe in daemon.err, daemon.out:
		with pipe.cond:
			old = "\n".join(pipe.lines[:-100])
			assert not sluice.FAULTS.search(old), old
			del pipe.lines[:-100]


def settings(**keys):
	return {"hosts": {"127.0.0.1": {"concurrency": 8,
	    "queue": {"max_wait": "1h", "length": 1000}, **keys}},
	    "timeouts": {"idle": "2s", "drain": "10s"}}


def test_aborts(lab):
	"""Clients and origins go away at any moment; nothing of it stays."""
	far = lab.origin(answers())
	daemon = lab.sluice(**settings())
	daemon.err.wait("is ready")
	files = daemon.files()
	for seconds in (SECONDS / 4, SECONDS * 3 / 4):
		storm = Storm(lab, seconds)
		storm.start(lambda rng: good(lab, rng, far.url), threads=4)
		storm.start(lambda rng: rude(lab, rng, far), threads=8)
		storm.start(lambda rng: (forget(far), time.sleep(1)))
		assert all(storm.join())
		rest(lab, daemon, far, files)
		if seconds == SECONDS / 4:
			warm = daemon.rss()
	assert daemon.rss() - warm < GROWTH
	# All eight slots are there.
	gate = origin.Gate()
	far.handler = gate
	held = [lab.client().ask("GET", far.url + "/") for _ in range(9)]
	wire.wait_until(lambda: gate.held == 8, what="eight at once")
	gate.open()
	assert [one.response().status for one in held] == [200] * 9


def test_reloads(lab):
	"""SIGHUPs one after another, with other limits; no request is lost."""
	far = lab.origin(answers())
	daemon = lab.sluice(**settings())
	daemon.err.wait("is ready")
	files = daemon.files()

	def reload(rng):
		keys = settings(concurrency=rng.randrange(1, 20))
		if rng.random() < 0.5:
			keys["hosts"]["127.0.0.1"].update(capacity=rng.choice(
			    [100, 1000, 10000]), strict=rng.random() < 0.5)
		if rng.random() < 0.2:
			keys["hosts"] = {"*": {"concurrency": 5, "queue": {
			    "max_wait": "1h", "length": 1000}}}
		daemon.write(**keys)
		for _ in range(rng.randrange(1, 5)):
			daemon.hup()
		if rng.random() < 0.2:
			daemon.proc.send_signal(signal.SIGPIPE)
		trim(daemon)
		time.sleep(rng.expovariate(50))
	storm = Storm(lab)
	storm.start(reload)
	storm.start(lambda rng: good(lab, rng, far.url), threads=6)
	storm.start(lambda rng: (forget(far), time.sleep(1)))
	assert all(storm.join())
	assert "not reloaded" not in daemon.err.text()
	rest(lab, daemon, far, files)


def one_life(lab, rng, far, how):
	"""A daemon under load, ended at any moment in that way."""
	daemon = lab.sluice(**settings())
	broken = []

	def load(rng):
		try:
			good(lab, rng, far.url, statuses=(200, 503))
		except (OSError, wire.Closed, AssertionError) as error:
			broken.append(error)
	storm = Storm(lab, 30 * wire.SLOW)
	storm.start(load, threads=6)
	threading.Event().wait(rng.uniform(0, 0.5))
	ending = len(broken)
	if how == "kill":
		daemon.status = -signal.SIGKILL
		daemon.proc.kill()
	else:
		daemon.term()
		if how == "twice":
			daemon.status = None
			time.sleep(rng.uniform(0, 0.05))
			daemon.term()
	daemon.wait(30 * wire.SLOW)
	storm.over.set()
	storm.join()
	assert ending == 0, broken[0]
	if how == "once":
		# What it had begun to answer it has answered whole.
		for error in broken:
			assert not isinstance(error, AssertionError), error
	daemon.check()
	lab.daemons.remove(daemon)


@pytest.mark.parametrize("how", ["kill", "once", "twice"])
def test_lives(lab, tmp_path, how):
	"""Ended and started again and again; each starts, serves and ends."""
	far = lab.origin(answers())
	rng = random.Random(f"{SEED} {how}")
	end = time.monotonic() + SECONDS
	lives = 0
	while time.monotonic() < end or lives < 3:
		lab.dir = tmp_path / f"life{lives}"
		lab.dir.mkdir()
		one_life(lab, rng, far, how)
		forget(far)
		lab.threads.clear()
		lives += 1
	print(lives, "lives")


def test_soak(lab):
	"""Many clients before a host with a rate, for long: it holds."""
	starts = []

	def handle(conn, req):
		starts.append(time.monotonic())
		origin.echo(conn, req)
	far = lab.origin(handle)
	daemon = lab.sluice(**settings(capacity=100, burst=10, period="1s"))
	daemon.err.wait("is ready")
	files = daemon.files()
	began = time.monotonic()
	storm = Storm(lab)
	storm.start(lambda rng: good(lab, rng, far.url), threads=20)
	storm.start(lambda rng: (forget(far), time.sleep(1)))
	threading.Event().wait(SECONDS / 4)
	warm = daemon.rss()
	assert all(storm.join())
	assert len(starts) <= 10 + 100 * (time.monotonic() - began) + 1
	assert len(starts) >= 20 * SECONDS
	assert daemon.rss() - warm < GROWTH
	rest(lab, daemon, far, files)
