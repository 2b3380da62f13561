# SPDX-License-Identifier: ISC
"""A host that names parts of itself is held up by part, not as a whole."""
import re
import select
import time

import pytest

import origin
import wire

SOON = {"queue": {"max_wait": "10ms"}, "retry": {"attempts": 0}}


def bucket(name, left=4, after=40, *more):
	return [("X-RateLimit-Bucket", name),
	    ("X-RateLimit-Limit", max(5, left)),
	    ("X-RateLimit-Remaining", left),
	    ("X-RateLimit-Reset-After", after), *more]


class Discord:
	"""Each route has a bucket, of which some are empty, or refuse."""

	def __init__(self, buckets, empty=(), status=200, more=()):
		self.buckets = buckets
		self.empty = set(empty)
		self.status = status
		self.more = more

	def __call__(self, conn, req):
		path = re.sub(r"\d+", "N", req.target.split("?")[0])
		name = self.buckets.get(f"{req.method} {path}")
		if name in self.empty:
			conn.reply(self.status, body=path,
			    fields=bucket(name, 0, 40, *self.more))
		elif name:
			conn.reply(body=path, fields=bucket(name))
		else:
			conn.reply(body=path)


ROUTES = {"GET /channels/N/messages": "read", "POST /channels/N/messages":
    "write", "GET /guilds/N": "guild", "GET /guilds/N/members": "guild"}


def start(lab, handler, **rule):
	far = lab.origin(handler)
	lab.sluice(hosts={"127.0.0.1": {**SOON, **rule}})
	return far


def goes(lab, far, path, method="GET"):
	"""None: it went; else for how long (s) it would have to wait."""
	before = len(far.requests)
	answer = lab.client().call(method, far.url + path)
	if len(far.requests) > before:
		return None
	assert answer.status == 429
	return int(answer.get("retry-after"))


@pytest.mark.parametrize("status", [200, 429])
def test_an_empty_bucket_stops_its_route_alone(lab, status):
	far = start(lab, Discord(ROUTES, ["read"], status,
	    [("Retry-After", 40)] if status == 429 else []))
	assert goes(lab, far, "/guilds/5") is None
	assert goes(lab, far, "/channels/1/messages") is None
	# The same route, whatever it is about.
	assert 37 <= goes(lab, far, "/channels/1/messages") <= 40
	assert 37 <= goes(lab, far, "/channels/99/messages?limit=3") <= 40
	assert goes(lab, far, "/channels/1/messages", "POST") is None
	assert goes(lab, far, "/guilds/5") is None
	assert goes(lab, far, "/elsewhere") is None
	# Not seen yet: it belongs where most is in common.
	assert 37 <= goes(lab, far, "/channels/1/messages/2") <= 40
	assert 37 <= goes(lab, far, "/channels/1") <= 40


def test_two_routes_share_a_bucket(lab):
	host = Discord(ROUTES)
	far = start(lab, host)
	for path in ("/guilds/1", "/guilds/1/members", "/channels/1/messages"):
		assert goes(lab, far, path) is None
	host.empty.add("guild")
	assert goes(lab, far, "/guilds/1") is None
	assert goes(lab, far, "/guilds/2/members") is not None
	assert goes(lab, far, "/guilds/3") is not None
	assert goes(lab, far, "/channels/1/messages") is None


@pytest.mark.parametrize("more, everyone", [
    ([("X-RateLimit-Global", "true")], True),
    ([("X-RateLimit-Scope", "global")], True),
    ([("X-RateLimit-Scope", "shared")], False),
    ([("X-RateLimit-Scope", "user")], False)])
def test_only_a_global_sign_holds_the_host(lab, more, everyone):
	far = start(lab, Discord(ROUTES, ["read"], 429,
	    [("Retry-After", 40), *more]))
	assert goes(lab, far, "/guilds/5") is None
	assert goes(lab, far, "/channels/1/messages") is None
	assert goes(lab, far, "/channels/1/messages") is not None
	assert (goes(lab, far, "/guilds/5") is not None) == everyone
	assert (goes(lab, far, "/elsewhere") is not None) == everyone


def test_more_parts_than_can_be_held_up(lab):
	"""Who is refused by one of the others is told so; nobody waits."""
	far = lab.origin(lambda conn, req: conn.reply(
	    200 if req.target == "/free" else 429, fields=bucket(
	    req.target[1:], 0, 40, *[("Retry-After", 40)] *
	    (req.target != "/free"))))
	daemon = lab.sluice(hosts={"127.0.0.1": {"learn": "pause"}})
	names = [f"/zone{a}{b}" for a in "ghijkl" for b in "mnopqr"][:35]
	asked = [lab.client().ask("GET", far.url + name) for name in names]
	refused = 0
	far.wait_requests(35)
	wire.wait_until(lambda: daemon.err.text().count("is paused for") == 32)
	for one in asked:
		if wire.ready(one.sock, select.POLLIN, 0.2):
			assert one.response().status == 429
			refused += 1
	assert refused == 3
	assert lab.get(far.url + "/free").status == 200
	assert len(far.requests) == 36
	assert daemon.err.text().count("no more parts can be held up") == 1
	assert " 127.0.0.1: paused for" not in daemon.err.text()


def test_the_edge_refuses_for_all(lab):
	"""No bucket is named: it is for everybody.

	https://github.com/discord-jda/JDA/pull/1355
	"""
	far = start(lab, origin.sequence(
	    origin.fixed(fields=bucket("a")),
	    origin.fixed(429, fields=[("Retry-After", 40)]),
	    origin.fixed(fields=bucket("a"))),
	    paths={"/a": {"capacity": 5}, "/b": {"capacity": 5}})
	assert goes(lab, far, "/a") is None
	assert goes(lab, far, "/a") is None
	for path in ("/a", "/b", "/c"):
		assert 37 <= goes(lab, far, path) <= 40


def test_github_by_resource(lab):
	"""A spent resource is that resource's affair.

	https://github.com/mozilla/agithub/issues/57
	"""
	then = int(time.time()) + 40

	def handle(conn, req):
		search = req.target.startswith("/search")
		conn.reply(403 if search else 200, fields=[
		    ("X-GitHub-Request-Id", "C0DE:1"),
		    ("X-RateLimit-Limit", 30 if search else 5000),
		    ("X-RateLimit-Remaining", 0 if search else 4900),
		    ("X-RateLimit-Reset", then),
		    ("X-RateLimit-Resource", "search" if search else "core")])
	far = start(lab, handle)
	assert goes(lab, far, "/repos/a/b") is None
	assert goes(lab, far, "/search/code?q=x") is None
	assert goes(lab, far, "/search/code?q=y") >= 36
	assert goes(lab, far, "/search/issues") >= 36
	assert goes(lab, far, "/repos/a/b/issues") is None
	assert goes(lab, far, "/users/x") is None


def test_within_a_configured_path(lab):
	"""Others of that path go on, and its own limit holds, too."""
	host = Discord({"GET /api/a/N": "a", "GET /api/b/N": "b",
	    "GET /other": "a"}, ["a"])
	far = start(lab, host, paths={"/api/**": {"capacity": 5,
	    "period": "1h"}})
	assert goes(lab, far, "/api/b/1") is None
	assert goes(lab, far, "/api/a/1") is None
	assert 30 <= goes(lab, far, "/api/a/2") <= 40
	for i in range(3):
		assert goes(lab, far, f"/api/b/{i}") is None
	assert goes(lab, far, "/api/b/9") > 100
	# Outside of the path the bucket is the same.
	host.empty.clear()
	assert goes(lab, far, "/other") is None
	assert 30 <= goes(lab, far, "/other") <= 40


def test_those_who_wait_are_judged_anew(lab):
	"""Of those in the queue the refused route's stay there."""
	gate = origin.Gate(Discord(ROUTES, ["read"], 429,
	    [("Retry-After", 30)]))
	far = lab.origin(gate)
	lab.sluice(hosts={"127.0.0.1": {"concurrency": 1, "retry":
	    {"attempts": 0}, "queue": {"max_wait": "50s"}}})
	first = lab.client().ask("GET", far.url + "/channels/1/messages")
	far.wait_requests(1)
	waiting = []
	for path in ("/channels/2/messages", "/guilds/1",
	    "/channels/3/messages", "/guilds/2"):
		waiting.append(lab.client().ask("GET", far.url + path))
	lab.settle()
	gate.open()
	assert first.response().status == 429
	for one in (waiting[1], waiting[3]):
		assert one.response().status == 200
	assert sorted(far.targets()[1:]) == ["/guilds/1", "/guilds/2"]


def test_those_who_cannot_wait_hear_of_it(lab):
	gate = origin.Gate(Discord(ROUTES, ["read"], 429,
	    [("Retry-After", 300)]))
	far = lab.origin(gate)
	lab.sluice(hosts={"127.0.0.1": {"concurrency": 1, "retry":
	    {"attempts": 0}, "queue": {"max_wait": "50s"}}})
	first = lab.client().ask("GET", far.url + "/channels/1/messages")
	far.wait_requests(1)
	second = lab.client().ask("GET", far.url + "/channels/2/messages")
	lab.settle()
	gate.open()
	assert first.response().status == 429
	answer = second.response()
	assert answer.status == 429
	assert 290 <= int(answer.get("retry-after")) <= 300


def test_the_refused_one_is_sent_again(lab):
	"""It waits for its bucket, and nobody else does."""
	slow = origin.fixed(429, fields=bucket("a", 0, 1, ("Retry-After", 1)))
	far = lab.origin(origin.by_path({
	    "/a": origin.sequence(slow, origin.fixed(fields=bucket("a"))),
	    "/b": origin.fixed(fields=bucket("b"))}))
	lab.sluice()
	one = lab.client().ask("GET", far.url + "/a")
	far.wait_requests(1)
	lab.settle()
	assert lab.get(far.url + "/b").status == 200
	answer = one.response()
	assert answer.status == 200
	assert "sent again 1 time" in answer.get("proxy-status")
	assert far.targets() == ["/a", "/b", "/a"]


def test_it_is_said_which_part(lab):
	far = start(lab, Discord(ROUTES, ["read"], 429,
	    [("Retry-After", 40)]))
	assert goes(lab, far, "/channels/1/messages") is None
	answer = lab.get(far.url + "/channels/1/messages")
	assert answer.status == 429
	assert b"paused by the host of its part read" in answer.body
	lab.daemons[-1].err.wait("its part read is paused for ")


@pytest.mark.parametrize("name", ["a b", "x" * 500, "\u20ac\\u0000",
    "<script>", '"'])
def test_whatever_the_part_is_called(lab, name):
	far = start(lab, origin.fixed(fields=[(k, v.encode().decode("latin-1")
	    if isinstance(v, str) else v) for k, v in bucket(name, 0)]))
	assert goes(lab, far, "/a") is None
	answer = lab.get(far.url + "/a")
	assert answer.status == 429
	assert b"its part" in answer.body and len(answer.body) < 1000
	answer.body.decode("ascii")


def test_reload_keeps_parts(lab):
	far = start(lab, Discord(ROUTES, ["read"]))
	assert goes(lab, far, "/guilds/5") is None
	assert goes(lab, far, "/channels/1/messages") is None
	for rule in ({"capacity": 1000}, {"paths": {"/channels/**":
	    {"capacity": 50}, "/x": {"capacity": 1}}}, {}):
		lab.daemons[-1].change(hosts={"127.0.0.1": {**SOON, **rule}})
		assert goes(lab, far, "/channels/3/messages") >= 30
		assert goes(lab, far, "/guilds/5") is None
	# A rule of its own for the port is another throttle.
	lab.daemons[-1].change(hosts={f"127.0.0.1:{far.port}": SOON})
	assert goes(lab, far, "/channels/3/messages") >= 30
	assert goes(lab, far, "/guilds/5") is None


@pytest.mark.parametrize("again", ["upgrade", "restart", "kill"])
def test_another_process_keeps_parts(lab, again):
	"""It holds the same part alone, and knows which routes are one part."""
	host = Discord(ROUTES, ["read"])
	far = lab.origin(host)
	state = {} if again == "upgrade" else {"state": {
	    "file": str(lab.dir / "state"), "every": "100ms"}}
	daemon = lab.sluice(hosts={"127.0.0.1": SOON}, **state)
	assert goes(lab, far, "/guilds/5/members") is None
	assert goes(lab, far, "/guilds/5") is None
	assert goes(lab, far, "/channels/1/messages") is None
	assert goes(lab, far, "/channels/1/messages") >= 30
	if again == "upgrade":
		assert "has taken over" in daemon.upgrade()
	else:
		file = lab.dir / "state"
		wire.wait_until(lambda: b" named=" in file.read_bytes(),
		    what="the part in the file")
		if again == "kill":
			daemon.status = None
			daemon.proc.kill()
			daemon.wait()
		else:
			daemon.stop()
		lab.sluice(hosts={"127.0.0.1": SOON}, **state)
	assert 30 <= goes(lab, far, "/channels/3/messages") <= 40
	assert goes(lab, far, "/channels/1/messages", "POST") is None
	# Both routes of the other one are known to be its.
	host.empty.add("guild")
	assert goes(lab, far, "/guilds/6") is None
	assert goes(lab, far, "/guilds/7/members") >= 30
	assert goes(lab, far, "/elsewhere") is None


def test_what_the_process_before_is_told_of_a_part(lab):
	"""By an answer that comes there after an upgrade: the next one knows."""
	gate = origin.Gate(Discord(ROUTES, ["read"]))
	far = start(lab, gate)
	asked = lab.client().ask("GET", far.url + "/channels/1/messages")
	far.wait_requests(1)
	assert "has taken over" in lab.daemons[-1].upgrade()
	gate.open()
	assert asked.response().status == 200
	wire.wait_until(lambda: goes(lab, far, "/channels/2/messages"),
	    what="word of it")
	assert 30 <= goes(lab, far, "/channels/3/messages") <= 40
	assert goes(lab, far, "/guilds/5") is None


def test_nothing_is_learned_where_that_is_off(lab):
	far = start(lab, Discord(ROUTES, ["read"]), learn="off")
	for _ in range(3):
		assert goes(lab, far, "/channels/1/messages") is None


def test_shape_spreads_that_part_only(lab):
	far = start(lab, origin.by_path({
	    "/a": origin.fixed(fields=bucket("a", 3, 40)),
	    "/b": origin.fixed(fields=bucket("b", 4000, 40))}),
	    learn="shape")
	assert goes(lab, far, "/b") is None
	assert goes(lab, far, "/a") is None
	assert goes(lab, far, "/a") is None
	assert 5 <= goes(lab, far, "/a") <= 20
	for _ in range(3):
		assert goes(lab, far, "/b") is None


def test_a_pause_of_a_part_ends(lab):
	"""Half open then: one asks, and the rest follow its success."""
	far = lab.origin(origin.sequence(
	    origin.fixed(fields=bucket("a", 0, 0.4)),
	    origin.fixed(fields=bucket("a"))))
	lab.sluice()
	assert lab.get(far.url + "/a").status == 200
	waiting = [lab.client().ask("GET", far.url + "/a") for _ in range(8)]
	for one in waiting:
		assert one.response().status == 200
	assert min(far.times()[1:]) >= 0.35


def test_three_hundred_routes(lab):
	"""More than are remembered: the latest are."""
	far = start(lab, lambda conn, req: conn.reply(fields=bucket(
	    req.target, 0 if req.target == "/r299x" else 4)))
	for i in range(300):
		assert goes(lab, far, f"/r{i}x") is None
	assert goes(lab, far, "/r299x") >= 30
	for i in (0, 150, 298):
		assert goes(lab, far, f"/r{i}x") is None


def test_a_host_that_makes_up_parts(lab):
	"""A new name for each answer, each empty: bounded, and its own harm."""
	count = [0]

	def handle(conn, req):
		count[0] += 1
		conn.reply(fields=bucket(f"b{count[0]}", 0, 300))
	far = start(lab, handle)
	other = lab.origin()
	for i in range(400):
		lab.get(f"{far.url}/r{i}x/{i}")
	url = other.url.replace("127.0.0.1", "localhost")
	assert lab.get(url + "/").status == 200
	assert lab.daemons[-1].proc.poll() is None


def test_a_part_and_the_host(lab):
	"""A pause of the host holds all; then the part's still holds."""
	far = start(lab, origin.sequence(
	    origin.fixed(fields=bucket("a", 0, 40)),
	    origin.fixed(429, fields=[("Retry-After", 1)]),
	    origin.fixed()))
	assert goes(lab, far, "/a") is None
	assert goes(lab, far, "/b") is None
	assert goes(lab, far, "/c") is not None
	assert goes(lab, far, "/a") >= 30
	wire.wait_until(lambda: goes(lab, far, "/c") is None, what="an end")
	assert goes(lab, far, "/a") >= 30


def policies(name, left):
	return [("RateLimit", f'"{name}";r={left};t=30')]


def resources(name, left):
	return [("X-GitHub-Request-Id", "1:2"), ("X-RateLimit-Resource", name),
	    ("X-RateLimit-Remaining", left), ("X-RateLimit-Reset", "30")]


@pytest.mark.parametrize("dialect", [policies, resources])
@pytest.mark.parametrize("known", [True, False])
def test_what_may_be_all_of_the_host(lab, dialect, known):
	"""It is a part as soon as the host has named another one."""
	def handle(conn, req):
		if req.target == "/search":
			return conn.reply(fields=dialect("search", 9))
		conn.reply(fields=dialect("core", 0))
	far = lab.origin(handle)
	lab.sluice(hosts={"127.0.0.1": {"queue": {"max_wait": "10ms"}}})
	if known:
		assert lab.get(far.url + "/search").status == 200
	assert lab.get(far.url + "/a").status == 200
	assert lab.get(far.url + "/a").status == 429
	assert lab.get(far.url + "/b").status == (200 if known else 429)
	assert lab.get(far.url + "/search").status == (200 if known else 429)


class Imgur:
	"""Uploads have a budget of their own, which is used up."""

	def __init__(self, everywhere):
		self.everywhere = everywhere

	def __call__(self, conn, req):
		fields = [("X-RateLimit-UserLimit", 500),
		    ("X-RateLimit-UserRemaining", 480),
		    ("X-RateLimit-UserReset", 3000)]
		if self.everywhere or req.method == "POST":
			fields += [("X-Post-Rate-Limit-Limit", 1250),
			    ("X-Post-Rate-Limit-Remaining", 0),
			    ("X-Post-Rate-Limit-Reset", 2000)]
		conn.reply(fields=fields)


@pytest.mark.parametrize("everywhere", [False, True],
    ids=["with-posts", "with-all"])
def test_a_methods_budget_stops_that_method_alone(lab, everywhere):
	far = start(lab, Imgur(everywhere))
	assert goes(lab, far, "/3/album/1") is None
	assert goes(lab, far, "/3/image", "POST") is None
	assert goes(lab, far, "/3/image", "POST") > 1900
	assert goes(lab, far, "/3/album/1") is None
	assert goes(lab, far, "/3/image") is None
	assert goes(lab, far, "/3/account", "PUT") is None
