# SPDX-License-Identifier: ISC
"""Requests wait their turn: rates, slots, order, bounds."""
import json
import time

import pytest

import client
import origin
import sluice
import wire

ONE = {"concurrency": 1}


def limits(**keys):
	return {"127.0.0.1": keys}


def start(lab, n, url, path="/{}"):
	"""n clients that have each sent a GET, one after another."""
	clients = []
	for i in range(n):
		one = lab.client()
		one.ask("GET", url + path.format(i))
		clients.append(one)
	return clients


def refusal(answer, low, high):
	"""Checks an answer 429 of sluice's own in every respect."""
	assert answer.status == 429
	assert low <= int(answer.get("retry-after")) <= high
	assert answer.get("content-type") == "application/problem+json"
	assert answer.get("proxy-status", "").startswith("sluice")
	problem = json.loads(answer.body)
	assert problem["status"] == 429
	assert problem["title"]


def hold_slot(lab, far, gate, url=None):
	"""A client whose request is at the origin and stays there."""
	before = gate.held
	one = lab.client()
	one.ask("GET", (url or far.url) + "/held")
	wire.wait_until(lambda: gate.held > before, what="a request held")
	return one


def test_rate(lab):
	far = lab.origin()
	lab.sluice(hosts=limits(capacity=10, burst=1))
	clients = start(lab, 10, far.url)
	for one in clients:
		assert one.response().status == 200
	times = far.times()
	assert 0.85 <= times[-1] < 2.5 * wire.SLOW
	# No window sees more than B + L/T, with room for delivery's jitter.
	for i in range(len(times)):
		for j in range(i + 1, len(times)):
			assert j - i <= 1 + (times[j] - times[i] + 0.05) * 10


def test_rate_on_one_connection(lab):
	far = lab.origin()
	lab.sluice(hosts=limits(capacity=20, burst=1))
	one = lab.client()
	since = time.monotonic()
	for i in range(11):
		assert one.get(far.url + f"/{i}").status == 200
	assert 0.45 <= far.times(since)[-1] < 2 * wire.SLOW


def test_burst(lab):
	far = lab.origin()
	lab.sluice(hosts=limits(capacity=2, burst=6))
	since = time.monotonic()
	for one in start(lab, 8, far.url):
		assert one.response().status == 200
	times = far.times(since)
	assert times[5] < 2 * wire.SLOW		# 2.5 s without a burst
	assert times[7] >= 0.9


def test_fractional_rate(lab):
	far = lab.origin()
	lab.sluice(hosts=limits(capacity=0.5, period="250ms"))
	since = time.monotonic()
	for one in start(lab, 3, far.url):
		assert one.response().status == 200
	assert 0.95 <= far.times(since)[-1] < 3 * wire.SLOW


def test_several_rates(lab):
	"""Four at once by the one, then one each 0.8 s; by the other not."""
	far = lab.origin()
	lab.sluice(hosts=limits(rates=[
	    {"capacity": 50, "period": "1s", "burst": 1},
	    {"capacity": 4, "period": "3200ms", "burst": 4}]))
	since = time.monotonic()
	for one in start(lab, 6, far.url):
		assert one.response().status == 200
	times = far.times(since)
	assert 0.04 <= times[3] < 2 * wire.SLOW
	assert times[5] >= 1.5


def test_strict(lab):
	"""No second, wherever it starts, sees more than 10."""
	far = lab.origin()
	lab.sluice(hosts=limits(capacity=10, strict=True, burst=5))
	for one in start(lab, 16, far.url):
		assert one.response().status == 200
	times = far.times()
	for i in range(len(times) - 10):
		assert times[i + 10] - times[i] >= 0.95


def test_strict_window(lab):
	"""
	All of a window goes at once; the next one a period after the host
	has counted the first: soon after they were sent, though it is slow
	to answer.
	"""
	gate = origin.Gate()
	far = lab.origin(gate)
	lab.sluice(hosts=limits(capacity=10, strict=True,
	    counted_within="500ms"))
	began = time.monotonic()
	clients = start(lab, 20, far.url)
	far.wait_requests(20)
	gate.open()
	for one in clients:
		assert one.response().status == 200
	assert far.times()[9] < 1 * wire.SLOW
	assert far.times(began)[10] >= 1.5


@pytest.mark.skipif(sluice.WORKERS != 1, reason="arrival over workers")
def test_order(lab):
	gate = origin.Gate()
	far = lab.origin(gate)
	lab.sluice(hosts=limits(**ONE))
	first = hold_slot(lab, far, gate)
	clients = []
	for i in range(12):
		clients += start(lab, 1, far.url, f"/{i}")
		lab.settle()
	gate.open()
	for one in [first] + clients:
		assert one.response().status == 200
	assert far.targets() == ["/held"] + [f"/{i}" for i in range(12)]


def test_nobody_overtakes(lab):
	"""A newcomer waits behind the queue, though a slot is just free."""
	far = lab.origin()
	lab.sluice(hosts=limits(capacity=20, burst=1))
	early = start(lab, 10, far.url, "/early{}")
	lab.settle()
	late = start(lab, 3, far.url, "/late{}")
	for one in early + late:
		assert one.response().status == 200
	assert all(t.startswith("/late") for t in far.targets()[-3:])


@pytest.mark.parametrize("n", [1, 3])
def test_concurrency(lab, n):
	far = lab.origin()
	far.handler = lambda c, r: (far.wait(
	    lambda: far.inflight == n or len(far.requests) == 30), c.reply())
	lab.sluice(hosts=limits(concurrency=n))
	for one in start(lab, 30, far.url):
		assert one.response().status == 200
	assert far.most == n


def test_slot_is_held_until_the_response_is_whole(lab):
	gate = origin.Gate(lambda c, r: c.send(b"x" * 50))

	def handle(conn, req):
		conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
		    + b"x" * 50)
		gate(conn, req)
	far = lab.origin(handle)
	lab.sluice(hosts=limits(**ONE))
	one, = start(lab, 1, far.url)
	assert one.head().status == 200
	two = lab.client().ask("GET", far.url + "/two")
	lab.settle()
	assert len(far.requests) == 1
	gate.open()
	assert two.response().status == 200


@pytest.mark.parametrize("how", ["reset", "close", "refused", "bad",
    "short", "client"])
def test_slot_comes_back(lab, how):
	"""Whatever ends an exchange, its slot is free again, once."""
	def handle(conn, req):
		if req.target != "/bad":
			return conn.reply()
		if how != "client":
			conn.leave()
		if how == "reset":
			conn.abort()
		elif how == "close":
			conn.end()
		elif how == "bad":
			conn.send(b"nonsense\r\n\r\n")
		elif how == "short":
			conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9"
			    b"\r\n\r\nshort")
			conn.end()
		else:
			conn.wait_gone()
			conn.done = True
	far = lab.origin(handle)
	lab.sluice(hosts=limits(concurrency=1, queue={"max_wait": "10s"}))
	url = far.url
	if how == "refused":
		url = f"http://127.0.0.1:{lab.closed_port()}"
	for _ in range(5):
		one = lab.client()
		one.ask("GET", url + "/bad")
		if how == "client":
			far.wait(lambda: far.inflight == 1)
			one.reset()
		else:
			try:
				one.response()
			except (wire.Closed, OSError):
				pass
		assert lab.get(far.url + "/good").status == 200
	assert far.most == 1 or how == "client"


def test_hosts_have_throttles_of_their_own(lab):
	far = lab.origin()
	lab.sluice(defaults={"capacity": 1, "period": "1h",
	    "queue": {"max_wait": "10ms"}})
	one = lab.client()
	for host in ("127.0.0.1", "localhost"):
		url = f"http://{host}:{far.port}/"
		assert one.get(url).status == 200
		refusal(one.get(url), 3500, 3600)


def test_names_of_one_host_share(lab):
	"""Case and one trailing dot make no other host."""
	far = lab.origin()
	lab.sluice(defaults={"capacity": 1, "period": "1h",
	    "queue": {"max_wait": "10ms"}})
	one = lab.client()
	assert one.get(f"http://localhost:{far.port}/").status == 200
	for name in ("LOCALHOST", "localhost.", "LocalHost."):
		assert one.get(f"http://{name}:{far.port}/").status == 429


def test_rule_of_a_port_wins(lab):
	a, b = lab.origin(), lab.origin()
	tight = {"capacity": 1, "period": "1h", "queue": {"max_wait": "10ms"}}
	lab.sluice(hosts={a.at: tight, "127.0.0.1": {"capacity": 1000}})
	one = lab.client()
	assert one.get(a.url + "/").status == 200
	assert one.get(a.url + "/").status == 429
	for _ in range(5):
		assert one.get(b.url + "/").status == 200


@pytest.mark.parametrize("shared", [True, False])
def test_shared_wildcard(lab, shared):
	far = lab.origin()
	dns = lab.dns({f"{n}.w.test": {"A": ["127.0.0.1"]} for n in "abc"})
	lab.sluice(resolver=[dns.at], hosts={"*.w.test": {"capacity": 1,
	    "period": "1h", "shared": shared, "queue": {"max_wait": "10ms"}}})
	one = lab.client()
	got = [one.get(f"http://{n}.w.test:{far.port}/").status for n in "abc"]
	assert got == ([200, 429, 429] if shared else [200, 200, 200])


def test_queue_length(lab):
	gate = origin.Gate()
	far = lab.origin(gate)
	lab.sluice(hosts=limits(concurrency=1, queue={"length": 3}))
	first = hold_slot(lab, far, gate)
	clients = start(lab, 8, far.url)
	lab.settle()
	gate.open()
	assert first.response().status == 200
	got = sorted(one.response().status for one in clients)
	assert got == [200] * 3 + [429] * 5
	assert len(far.requests) == 4


def test_full_queue_says_so_at_once(lab):
	gate = origin.Gate()
	far = lab.origin(gate)
	lab.sluice(hosts=limits(concurrency=1, queue={"length": 0}))
	hold_slot(lab, far, gate)
	one = lab.client()
	began = time.monotonic()
	refusal(one.get(far.url + "/no"), 0, 60)
	assert time.monotonic() - began < 2 * wire.SLOW
	assert one.ping()		# the connection goes on
	gate.open()


def test_refused_keepalive_with_body(lab):
	"""The body of a refused request is not the next request."""
	gate = origin.Gate()
	far = lab.origin(gate)
	lab.sluice(hosts=limits(concurrency=1, queue={"length": 0}))
	hold_slot(lab, far, gate)
	one = lab.client()
	inner = client.request("GET", far.url + "/inner")
	answer = one.call("POST", far.url + "/no", body=inner)
	assert answer.status == 429
	if "close" in answer.get("connection", "").lower():
		assert one.ended()
	else:
		assert one.ping()
	gate.open()
	assert "/inner" not in far.targets()


def test_max_wait_refuses_at_once(lab):
	"""The true Retry-After: when there would be room for it."""
	far = lab.origin()
	lab.sluice(hosts=limits(capacity=1, period="100s", burst=1,
	    queue={"max_wait": "5s"}))
	assert lab.get(far.url + "/").status == 200
	began = time.monotonic()
	# The budget is there in 100 s; one may wait 5 of them.
	refusal(lab.get(far.url + "/"), 90, 100)
	assert time.monotonic() - began < 2 * wire.SLOW
	assert len(far.requests) == 1


def test_max_wait_counts_those_ahead(lab):
	far = lab.origin()
	lab.sluice(hosts=limits(capacity=10, burst=1,
	    queue={"max_wait": "450ms"}))
	clients = start(lab, 12, far.url)
	got = [one.response().status for one in clients]
	# One at once, and some four who have room in 450 ms.
	assert got.count(200) in (5, 6)
	assert got.count(429) == 12 - got.count(200)


def test_max_wait_with_slots(lab):
	"""What slots will do cannot be known: refused when the time is up."""
	gate = origin.Gate()
	far = lab.origin(gate)
	lab.sluice(hosts=limits(concurrency=1, queue={"max_wait": "300ms"}))
	first = hold_slot(lab, far, gate)
	one = lab.client()
	began = time.monotonic()
	answer = one.get(far.url + "/late")
	took = time.monotonic() - began
	assert answer.status == 429 and answer.get("retry-after")
	assert 0.28 <= took < 3 * wire.SLOW
	gate.open()
	assert first.response().status == 200
	assert far.targets() == ["/held"]


def test_server_timing(lab):
	far = lab.origin(origin.fixed(fields=[("Server-Timing", "db;dur=5")]))
	lab.sluice(hosts=limits(capacity=4, burst=1))
	held = []
	for one in start(lab, 2, far.url):
		values = one.response().all("server-timing")
		assert "db;dur=5" in ", ".join(values)
		mine = [v for v in ", ".join(values).split(", ")
		    if v.startswith("queue;dur=")]
		held += [float(v.split("=")[1]) for v in mine] or [0.0]
	held.sort()
	assert len(held) == 2
	assert held[0] < held[1] / 2
	assert 200 <= held[1] < 2000 * wire.SLOW


def all_left(daemon, n):
	"""Until the lines of so many say that they have left."""
	wire.wait_until(lambda: daemon.out.text().count("client gone") >= n,
	    what=f"the end of {n}")


@pytest.mark.parametrize("how", ["reset", "close"])
def test_client_gone_while_queued(lab, how):
	"""It leaves the queue; the origin never hears of it."""
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = lab.sluice(hosts=limits(concurrency=1, queue={"length": 2}),
	    timeouts={"half_closed": "50ms"})
	first = hold_slot(lab, far, gate)
	for i in range(4):
		gone = start(lab, 2, far.url, "/gone")
		lab.settle()
		for one in gone:
			getattr(one, how)()
		all_left(daemon, 2 * (i + 1))
	last = start(lab, 2, far.url, "/last")
	lab.settle()
	gate.open()
	for one in [first] + last:
		assert one.response().status == 200
	assert far.targets() == ["/held", "/last", "/last"]


def test_client_gone_spends_nothing(lab):
	far = lab.origin()
	daemon = lab.sluice(hosts=limits(capacity=2, period="1s", burst=1))
	assert lab.get(far.url + "/").status == 200
	gone = start(lab, 20, far.url, "/gone")
	lab.settle()
	for one in gone:
		one.reset()
	all_left(daemon, 15)
	began = time.monotonic()
	assert lab.get(far.url + "/last").status == 200
	assert time.monotonic() - began < 3 * wire.SLOW


def test_client_gone_mid_response(lab):
	"""The upstream is closed and the slot is free."""
	def handle(conn, req):
		if req.target == "/":
			return conn.reply()
		conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\nx")
		conn.wait_gone()
		conn.done = True
	far = lab.origin(handle)
	lab.sluice(hosts=limits(**ONE))
	one = lab.client()
	one.ask("GET", far.url + "/stuck")
	assert one.head().status == 200
	one.reset()
	assert far.conns[0].gone.wait(wire.DEADLINE)
	assert lab.get(far.url + "/").status == 200


def test_expect_waits_for_admission(lab):
	gate = origin.Gate(lambda c, r: c.reply(body=r.body))
	far = lab.origin(gate)
	lab.sluice(hosts=limits(**ONE))
	first = hold_slot(lab, far, gate)
	one = lab.client()
	one.ask("PUT", far.url + "/", [("Expect", "100-continue"),
	    ("Content-Length", "3")])
	assert one.quiet(0.4)
	gate.let()
	assert first.response().status == 200
	assert one.head().status == 100
	one.send(b"abc")
	gate.let()
	assert one.response("PUT").body == b"abc"


def test_queued_upload_is_not_read_into_memory(lab):
	gate = origin.Gate(lambda c, r: c.reply(body=wire.sha(r.body)))
	far = lab.origin(gate)
	daemon = lab.sluice(hosts=limits(**ONE))
	first = hold_slot(lab, far, gate)
	before = daemon.rss()
	size = 60_000_000
	data = wire.pattern(size)
	one = lab.client()
	one.ask("PUT", far.url + "/", [("Content-Length", size)])
	sent = one.send_until_stalled(size, data=data)
	assert sent < size
	assert daemon.rss() - before < (120 if sluice.sanitized()
	    else 12) << 20
	gate.open()
	assert first.response().status == 200
	one.send(memoryview(data)[sent:])
	assert one.response("PUT").body.decode() == wire.sha(data)


def test_thousands_at_a_small_queue(lab):
	"""Far past the bound: 429 for the rest, and all is well after."""
	gate = origin.Gate()
	far = lab.origin(gate)
	lab.sluice(hosts=limits(concurrency=2, queue={"length": 50}))
	clients = start(lab, 1500, far.url)
	wire.wait_until(lambda: sum(not c.quiet(0) for c in clients) >= 1448,
	    what="refusals")
	assert sum(not c.quiet(0) for c in clients) == 1448
	gate.open()
	got = [one.response().status for one in clients]
	assert got.count(200) == 52 and got.count(429) == 1448
	assert lab.get(far.url + "/").status == 200
