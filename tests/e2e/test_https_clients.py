# SPDX-License-Identifier: ISC
"""What people use, through each kind of HTTPS, kept under a limit.

The programs get nothing but the environment.  What counts is what the origin
has seen.
"""
import json
import re
import sys
import threading
import time

import pytest

import origin
import programs
import wire
import wsserver

# In any second five, so the seventh comes 1.2 s after the first: what a busy
# machine may shift stays in between.
LIMIT = 6
STRICT = {"capacity": LIMIT - 1, "period": "1s", "strict": True, "burst": 1,
    "queue": {"max_wait": "60s"}}
MANY = 9
# Longer than a program takes to start, or it would find it over.
PAUSE = 5 * max(1, int(wire.SLOW))


def busiest(times, window=1.0):
	"""The most of them that lie in one window."""
	times = sorted(times)
	return max(sum(1 for t in times if at <= t < at + window)
	    for at in times)


class House:
	"""nginx, a sluice before it with one host, and the programs."""

	def __init__(self, lab, mode, rule=None):
		self.lab = lab
		self.mode = mode
		self.name = f"{mode}.test"
		self.site = lab.nginx()
		self.site.file("item.js", b'document.body.append("done ");')
		self.site.file("page.html", b"<!doctype html><body>"
		    + b"".join(b'<script src="item.js?%d"></script>' % i
		    for i in range(MANY)))
		tls = {"tls": {"port": self.site.tls_port}}
		self.daemon = lab.https(hosts={self.name: {"https": mode,
		    **(tls if mode == "upstream" else {}), **(rule or {})}})
		self.base = base(mode, self.site.tls_port)
		self.programs = people(lab, mode, self.daemon)


def base(mode, port):
	return f"http://{mode}.test" if mode == "upstream" else \
	    f"https://{mode}.test:{port}"


def people(lab, mode, daemon, url=None):
	"""The programs, trusting whom they have to in that mode."""
	trust = {"tunnel": lab.pki.pem("ca"), "upstream": None,
	    "intercept": lab.pki.pem("user-ca")}[mode]
	return programs.Programs(lab.dir / "home", url or daemon.url, trust)


def fetch(house, name, place):
	"""All items with that program, which must all have come."""
	call = getattr(house.programs, name)
	if name == "chromium":
		page, = call([f"{house.base}{place}/page.html"])
		assert page.text.count("done ") == MANY, page.text
		return
	answers = call([f"{house.base}{place}/item.js?{i}"
	    for i in range(MANY)])
	assert [a.status for a in answers] == [200] * MANY, answers
	assert {a.text for a in answers} == {'document.body.append("done ");'}


@pytest.mark.parametrize("name", programs.NAMES)
@pytest.mark.parametrize("mode", ["upstream", "intercept"])
def test_requests_are_held(tlab, mode, name):
	"""Every request is one, however the tunnels are used."""
	house = House(tlab, mode, STRICT)
	fetch(house, name, "")
	rows = house.site.wait_rows(MANY, "/item.js")
	assert [r.status for r in rows] == [200] * MANY
	assert busiest([r.time for r in house.site.rows("/")]) <= LIMIT, rows
	assert {r.name for r in rows} == {house.name}
	wire.wait_until(lambda: len(re.findall(rf" GET {house.name}:\d+ 200 ",
	    house.daemon.out.text())) >= MANY, what="a line for each")


@pytest.mark.parametrize("name", programs.NAMES)
def test_tunnels_are_held(tlab, name):
	"""The origin closes after each answer, so each needs a tunnel."""
	house = House(tlab, "tunnel", STRICT)
	fetch(house, name, "/close")
	rows = house.site.wait_rows(MANY, "/close/item.js")
	rows = house.site.rows()
	assert {r.turn for r in rows} == {1}, rows
	assert busiest([r.born for r in rows]) <= LIMIT, rows


@pytest.mark.parametrize("name", programs.NAMES)
@pytest.mark.parametrize("mode", ["tunnel", "upstream", "intercept"])
def test_size_and_content(tlab, mode, name):
	"""A few megabytes come as they are."""
	if name == "chromium":
		pytest.skip("shows pages, not bytes")
	house = House(tlab, mode)
	data = wire.pattern(5_000_000, 7)
	house.site.file("big.bin", data)
	answers = getattr(house.programs, name)(
	    [f"{house.base}/big.bin?{i}" for i in range(3)])
	assert [(a.status, a.size, a.hash) for a in answers] == [
	    (200, len(data), wire.sha(data))] * 3


def throttled_once(seconds):
	"""429 to the first, whoever that is, and 200 to all others."""
	def refuse(conn, req):
		conn.reply(429, "not so fast",
		    [("Retry-After", str(seconds)),
		    ("Content-Type", "text/plain")])

	def fine(conn, req):
		conn.reply(body="fine", fields=[
		    ("Content-Type", "text/plain")])
	return origin.sequence(refuse, fine)


@pytest.mark.parametrize("first, second",
    zip(programs.NAMES, programs.NAMES[1:] + programs.NAMES[:1]))
@pytest.mark.parametrize("mode", ["upstream", "intercept"])
def test_a_429_pauses_for_the_next(tlab, mode, first, second):
	"""One program is throttled; another, in another language, waits."""
	# A browser takes its time to start.
	pause = 3 * PAUSE if second == "chromium" else PAUSE
	far = tlab.secure_origin(throttled_once(pause))
	daemon = tlab.https(hosts={f"{mode}.test": {"https": mode,
	    "retry": {"attempts": 0},
	    **({"tls": {"port": far.port}} if mode == "upstream" else {})}})
	many = people(tlab, mode, daemon)
	url = base(mode, far.port) + "/"
	# A browser asks for an icon as well, which has to wait; so its text
	# is read when all has come.
	got, = getattr(many, first)([url])
	assert got.status in (429, None)
	assert "not so fast" in got.text
	got, = getattr(many, second)([url])
	assert got.status in (200, None)
	assert "fine" in got.text
	times = [r.time for r in far.requests]
	assert times[1] - times[0] >= pause, far.requests
	if second == "chromium":
		return			# it may have come too late to wait
	waited = [float(line.split(" ")[7])
	    for line in daemon.out.like(f" GET {mode}.test:", 2)]
	assert max(waited) > 0, daemon.out.text()


def test_tunnel_does_not_see_a_429(tlab):
	"""What is inside a tunnel pauses nobody; the log says why."""
	far = tlab.secure_origin(throttled_once(3600))
	daemon = tlab.https(hosts={"tunnel.test": {"https": "tunnel"}})
	many = people(tlab, "tunnel", daemon)
	url = base("tunnel", far.port) + "/"
	assert many.curl([url])[0].status == 429
	assert many.requests([url])[0].status == 200
	line = daemon.out.wait(" CONNECT tunnel.test:")
	assert "seen" in line, line


@pytest.mark.parametrize("mode", ["tunnel", "upstream", "intercept"])
def test_websocket(tlab, mode):
	"""Text, binary of all sizes, a ping, and a close by the client."""
	far = wsserver.WebSockets(tlab.pki.server())
	tlab.others.append(far)
	daemon = tlab.https(hosts={f"{mode}.test": {"https": mode,
	    **({"tls": {"port": far.port}} if mode == "upstream" else {})}})
	many = people(tlab, mode, daemon)
	out, _ = many.run([sys.executable, programs.HERE / "ws_client.py",
	    base(mode, far.port) + "/ws"], many.trusting("SSL_CERT_FILE"))
	got = json.loads(out)
	assert got == {"text": "hello", "sizes": [0, 1, 125, 126, 65535, 65536,
	    1000000], "pong": "are you there", "closed": 1000}
	assert far.pings == 1
	daemon.out.wait(f" CONNECT {mode}.test:.* tunnel.*seen"
	    if mode == "tunnel" else f" GET {mode}.test:.* 101 .* upgraded")


@pytest.mark.parametrize("name", programs.TUNNELERS)
@pytest.mark.parametrize("mode", ["tunnel", "upstream", "intercept"])
def test_plain_requests_in_tunnels(tlab, mode, name):
	"""Counted and paused as others are, and never in clear to a host
	that is to be reached by HTTPS."""
	answers = [origin.fixed(429, body="not so fast",
	    fields=[("Retry-After", "1")]), origin.fixed(body="fine")]
	make = tlab.secure_origin if mode == "upstream" else tlab.origin
	far = make(origin.sequence(*answers))
	daemon = tlab.https(hosts={f"{mode}.test": {"https": mode,
	    "capacity": 3, "period": "1h", "retry": {"attempts": 1},
	    "queue": {"max_wait": "20s"}}})
	many = people(tlab, mode, daemon)
	url = f"http://{mode}.test:{far.port}/"
	got = many.in_tunnels(name, [url] * 3)
	assert sorted(a.status for a in got) == [200, 200, 429]
	assert len(far.requests) == 3
	times = far.times()
	if name != "node":		# it sends all at once
		assert times[1] - times[0] >= 1
	assert all(r.all("host") == [f"{mode}.test:{far.port}"]
	    for r in far.requests)
	wire.wait_until(lambda: " plain requests inside" in daemon.out.text(),
	    what="the CONNECT's line")
	assert "not seen" not in daemon.out.text()


@pytest.mark.parametrize("mode", ["tunnel", "upstream"])
def test_websocket_of_a_browser(tlab, mode):
	"""It opens a tunnel for ws://, too; what is inside is one request."""
	opened = threading.Event()

	def handle(conn, req):
		path = req.target
		if path == "/ws":
			opened.set()
			conn.reply(403)
		elif path == "/wait.js":
			opened.wait(wire.DEADLINE)
			conn.reply(body=b"document.body.append('done');")
		else:
			conn.reply(fields=[("Content-Type", "text/html")],
			    body=b"<body><script>new WebSocket('ws://' + "
			    b"location.host + '/ws')</script>"
			    b"<script src=wait.js></script>")
	make = tlab.secure_origin if mode == "upstream" else tlab.origin
	far = make(handle)
	daemon = tlab.https(hosts={f"{mode}.test": {"https": mode}})
	page, = people(tlab, mode, daemon).chromium(
	    [f"http://{mode}.test:{far.port}/"])
	assert "done" in page.text and opened.is_set()
	daemon.out.like(rf" CONNECT {mode}.test:.* plain requests inside ", 1)
	daemon.out.like(rf" GET {mode}.test:\d+ 403 ", 1)


def test_a_browser_without_trust_shows_nothing(tlab):
	"""It does not get in, and nothing is asked of the origin."""
	house = House(tlab, "intercept")
	house.programs.believe()
	try:
		page, = house.programs.chromium([house.base + "/page.html"])
	except AssertionError:
		pass			# it may print nothing at all
	else:
		assert "done" not in page.text, page.text
	assert house.site.rows() == []


@pytest.mark.parametrize("name", [n for n in programs.NAMES
    if n != "chromium"])
def test_a_program_without_trust_fails(tlab, name):
	house = House(tlab, "intercept")
	house.programs.believe(tlab.pki.pem("ca"))
	began = time.monotonic()
	with pytest.raises(AssertionError) as failure:
		getattr(house.programs, name)([house.base + "/item.js"])
	assert "certificate" in str(failure.value).lower()
	assert time.monotonic() - began < programs.PATIENCE
	assert house.site.rows() == []
