# SPDX-License-Identifier: ISC
"""Limits that a host does not tell: they are found, kept and suggested."""
import json
import threading
import time
import urllib.parse

import client
import origin
import pytest
import wire


class Windows:
	"""Admits so many in a second, counted from whenever it likes."""

	def __init__(self, capacity, fields=()):
		self.capacity, self.fields = capacity, list(fields)
		self.lock = threading.Lock()
		self.went, self.refused = [], 0

	def __call__(self, conn, req):
		with self.lock:
			now = time.monotonic()
			self.went = [t for t in self.went if t > now - 1]
			ok = len(self.went) < self.capacity
			if ok:
				self.went.append(now)
			else:
				self.refused += 1
		conn.reply(200 if ok else 429, b"", self.fields)


class Slots:
	"""Has so many places; each is held until the test lets go."""

	def __init__(self, places):
		self.places = threading.Semaphore(places)
		self.refused = 0

	def __call__(self, conn, req):
		if not self.places.acquire(blocking=False):
			self.refused += 1
			conn.reply(429, b"")
			return
		time.sleep(0.05)	# its work
		self.places.release()
		conn.reply(200, b"")


def start(lab, **keys):
	# all by default: no rate is named
	rule = {"queue": {"max_wait": "300s"}, **keys}
	daemon = lab.sluice(admin={"socket": str(lab.dir / "a.sock"),
	    "mode": "0600"}, hosts={"127.0.0.1": rule})
	daemon.err.wait("is ready")

	def suggestion():
		one = client.Client(str(lab.dir / "a.sock"))
		lab.clients.append(one)
		answer = one.get("/v1/suggest?host=127.0.0.1",
		    host="localhost")
		return json.loads(answer.body)["suggestions"][0]

	def estimate():
		one = client.Client(str(lab.dir / "a.sock"))
		lab.clients.append(one)
		answer = one.get("/v1/hosts/127.0.0.1", host="localhost")
		return json.loads(answer.body)["estimate"]
	suggestion.estimate = estimate
	return daemon, suggestion


def crowd(lab, url, clients, each):
	"""All at once, one after another each; returns the statuses."""
	statuses = []

	def run(one):
		for _ in range(each):
			statuses.append(one.get(url).status)
	threads = [threading.Thread(target=run, args=(lab.client(),))
	    for _ in range(clients)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	return statuses


def may_stand_below_hosts(daemon, yaml):
	text = f'listen: "127.0.0.1:{daemon.port}"\nhosts:\n' + \
	    "".join(f"  {line}\n" for line in yaml.splitlines())
	return "not reloaded" not in daemon.reload(text)


@pytest.mark.heavy
def test_window(lab):
	"""10 a second are found, kept, and suggested as an exact window."""
	host = Windows(10)
	far = lab.origin(host)
	daemon, suggestion = start(lab)
	assert crowd(lab, far.url, 5, 12) == [200] * 60
	assert 1 <= host.refused <= 5 + 30
	found = suggestion()
	assert found["confident"] is True
	assert "refusals in the last" in found["why"]
	assert "confidence" in found["why"]
	assert "rates:" in found["limits"]["yaml"]
	# a slow machine may make a longer one of it, too
	limit = suggestion.estimate()[0]
	assert limit["kind"] in ("window", "bucket")
	assert limit["evidence"] in found["why"]
	assert may_stand_below_hosts(daemon, found["limits"]["yaml"])


def test_slots(lab):
	host = Slots(3)
	far = lab.origin(host)
	daemon, suggestion = start(lab)
	assert crowd(lab, far.url, 8, 10) == [200] * 80
	assert 1 <= host.refused <= 8 + 30
	assert suggestion()["confident"] is True
	assert may_stand_below_hosts(daemon,
	    suggestion()["limits"]["yaml"])


def test_nothing_was_refused(lab):
	"""Then nobody is held back, and no limit is made up."""
	far = lab.origin()
	daemon, suggestion = start(lab)
	assert crowd(lab, far.url, 4, 5) == [200] * 20
	found = suggestion()
	assert found["confident"] is False and found["limits"] is None
	assert suggestion.estimate() == []
	assert found["why"].startswith("unknown, peak ")
	assert found["why"].endswith(" per 1 s: 0 of 20 requests refused")


def test_what_the_host_names(lab):
	"""Is kept before anything was refused."""
	host = Windows(1000, [("RateLimit-Policy", '"default";q=3;w=1')])
	far = lab.origin(host)
	daemon, suggestion = start(lab)
	one = lab.client()
	began = time.monotonic()
	assert [one.get(far.url).status for _ in range(7)] == [200] * 7
	# three in each second; the third window has begun
	assert time.monotonic() - began >= 2
	assert suggestion()["why"] == "the host says that it allows 3 per 1s"


def test_what_is_left_of_a_named_window(lab):
	"""Where all of it went here, it is better known than by a reset."""
	counted = []

	def handle(conn, req):
		counted.append(req)
		conn.reply(200, b"", [("RateLimit-Policy", '"default";q=3;w=1'),
		    ("RateLimit", f'"default";r={2 - (len(counted) - 1) % 3}'
		    f';t=3000')])
	far = lab.origin(handle)
	start(lab)
	one = lab.client()
	assert [one.get(far.url).status for _ in range(7)] == [200] * 7


def test_what_is_left_for_others(lab):
	"""Others have used it up: the host's word holds, as ever."""
	far = lab.origin(origin.fixed(fields=[
	    ("RateLimit-Policy", '"default";q=30;w=60'),
	    ("RateLimit", '"default";r=0;t=50')]))
	start(lab, queue={"max_wait": "1s"}, retry={"attempts": 0})
	one = lab.client()
	assert one.get(far.url).status == 200
	answer = one.get(far.url)
	assert answer.status == 429
	assert 45 <= int(answer.get("retry-after")) <= 51


def test_named_time(lab):
	"""A Retry-After is obeyed, and ends the wait of who cannot stay."""
	host = Windows(1, [("Retry-After", "100")])
	far = lab.origin(host)
	daemon, _ = start(lab, queue={"max_wait": "1s"},
	    retry={"attempts": 0})
	one = lab.client()
	assert one.get(far.url).status == 200
	assert one.get(far.url).status == 429
	answer = one.get(far.url)
	assert answer.status == 429
	assert int(answer.get("retry-after")) > 90
	assert host.refused == 1


def told(conn, status, body, *fields):
	conn.reply(status, body, [("Content-Type", "application/json"),
	    ("x-ratelimit-limit-requests", "500"),
	    ("x-ratelimit-remaining-requests", "499"),
	    ("x-ratelimit-limit-tokens", "1000"), *fields])


def of(unit):
	return b'{"error":{"type":"%s","message":"m"}}' % unit


TOO_FEW = ("x-ratelimit-remaining-tokens", "300")
SPENT = ("x-ratelimit-remaining-tokens", "0")


def refuses_each_second(lab, body, *fields):
	"""A host that refuses a request between two; its times."""
	def handle(conn, req):
		if len(far.requests) % 2 == 0:
			told(conn, 429, body, *fields)
		else:
			told(conn, 200, b"{}",
			    ("x-ratelimit-remaining-tokens", "900"))
	far = lab.origin(handle)
	_, suggestion = start(lab)
	one = lab.client()
	for _ in range(6):
		assert one.get(far.url).status == 200
	assert len(far.times()) == 11
	return far.times(), suggestion


@pytest.mark.parametrize("body, fields, wait", [
    (of(b"tokens"), [("x-ratelimit-reset-tokens", "0.9s"), TOO_FEW], 0.9),
    (of(b"tokens"), [("retry-after-ms", "400"), TOO_FEW], 0.4),
    (of(b"tokens"), [TOO_FEW], 0.5), (b"{}", [SPENT], 0.5)],
    ids=["reset", "named", "unnamed", "spent"])
def test_a_refusal_for_tokens_is_none_for_requests(lab, body, fields, wait):
	"""It is waited for, and that is all: there are requests enough."""
	times, suggestion = refuses_each_second(lab, body, *fields)
	assert times[2] - times[1] >= wait - 0.01
	assert suggestion.estimate() == []
	assert suggestion()["limits"] is None


@pytest.mark.parametrize("body, fields", [(of(b"requests"), [TOO_FEW]),
    (of(b"requests"), [SPENT]), (b"{}", [TOO_FEW])], ids=str)
def test_a_refusal_for_requests_that_no_field_tells_of(lab, body, fields):
	"""There are more requests left than tokens, of another time."""
	_, suggestion = refuses_each_second(lab, body, *fields)
	assert suggestion.estimate() != []


@pytest.mark.parametrize("body", [
    b'{"error":{"code":"insufficient_quota"}}', b'{"retryable":false}'],
    ids=["quota", "retryable"])
def test_a_refusal_for_good_teaches_nothing(lab, body):
	"""One has no money left; others are served as ever."""
	far = lab.origin(origin.by_path({"/broke": origin.fixed(429, body=body,
	    fields=[("Content-Type", "application/json")])}))
	_, suggestion = start(lab)
	one = lab.client()
	for _ in range(4):
		assert one.get(far.url + "/broke").status == 429
		for _ in range(3):
			assert one.get(far.url + "/rich").status == 200
	assert len(far.requests) == 16
	assert suggestion.estimate() == []
	assert suggestion()["limits"] is None


def test_a_request_refused_for_what_it_is_teaches_nothing(lab):
	"""Each time with a second to wait, after which all others are served."""
	far = lab.origin(origin.by_path({"/never": origin.fixed(429,
	    fields=[("Retry-After", "0.3")])}))
	_, suggestion = start(lab)
	one = lab.client()
	for _ in range(20):
		assert one.get(far.url + "/").status == 200
	bad = lab.client().ask("HEAD", far.url + "/never")
	far.wait_requests(21)
	for _ in range(100):
		assert one.get(far.url + "/").status == 200
	assert bad.response("HEAD").status == 429
	assert suggestion.estimate() == []
	assert suggestion()["limits"] is None


def test_one_that_is_always_refused(lab):
	"""Others ask, too, and are served; it is told so in the end."""
	far = lab.origin(origin.by_path({"/bad": origin.fixed(429)}))
	lab.sluice(hosts={"127.0.0.1": {"queue": {"max_wait": "60s"}}})
	bad = lab.client().ask("GET", far.url + "/bad")
	far.wait_requests(1)
	began = time.monotonic()
	assert crowd(lab, far.url + "/good", 3, 5) == [200] * 15
	assert time.monotonic() - began < 30 * wire.SLOW
	assert bad.response().status == 429


@pytest.mark.parametrize("fields", [
    [("RateLimit-Policy", '"d";q=1;w=31536000')],
    [("RateLimit-Policy", '"d";q=1;w=3600')],
    [("RateLimit-Limit", "1, 1;w=86400")],
])
def test_one_answer_names_another_limit(lab, fields):
	"""What was served says that it is no limit of the host."""
	far = lab.origin(lambda conn, req: conn.reply(200, fields=fields
	    if req.target.endswith("/login") else ()))
	lab.sluice(hosts={"127.0.0.1": {"queue": {"max_wait": "10ms"}}})
	for path in "/a", "/b", "/c", "/login", "/d", "/e":
		assert lab.get(far.url + path).status == 200


def test_a_resume_lifts_what_was_named(lab):
	far = lab.origin(origin.fixed(fields=[("RateLimit-Policy",
	    '"d";q=1;w=3600')]))
	lab.sluice(hosts={"127.0.0.1": {"queue": {"max_wait": "10ms"}}},
	    admin={})
	assert lab.get(far.url + "/").status == 200
	assert lab.get(far.url + "/").status == 429
	assert lab.control().post("/v1/hosts/127.0.0.1/resume",
	    {}).status == 200
	assert lab.get(far.url + "/").status == 200


class Parts(Windows):
	"""One of its routes is limited; it says which part each one is of."""

	def __call__(self, conn, req):
		part = req.target.split("/")[1]
		self.fields = [("X-RateLimit-Bucket", part)]
		if part == "read":
			super().__call__(conn, req)
		else:
			conn.reply(200, b"", self.fields)


def host_of(lab, key="127.0.0.1"):
	one = client.Client(str(lab.dir / "a.sock"))
	lab.clients.append(one)
	return json.loads(one.get(f"/v1/hosts/{key}", host="localhost").body)


@pytest.mark.heavy
def test_a_part_learns_its_own(lab):
	"""What it refuses says nothing of the host, nor is that held up."""
	host = Parts(5)
	far = lab.origin(host)
	# One may meet the limit three times on a machine with much to do.
	daemon, suggestion = start(lab, retry={"attempts": 8})
	assert lab.client().get(far.url + "/other/1").status == 200
	assert crowd(lab, far.url + "/read/7", 4, 8) == [200] * 32
	assert 1 <= host.refused <= 4 + 30
	assert suggestion.estimate() == []
	parts = host_of(lab)["parts"]
	assert [p["name"] for p in parts] == ["read"]
	assert parts[0]["learned"] is True
	assert parts[0]["estimate"][0]["kind"] in ("window", "bucket")
	[told] = suggestion()["parts"]	# a rule cannot say what is of it
	assert suggestion()["limits"] is None and told["name"] == "read"
	assert told["estimate"][0]["kind"] in ("window", "bucket")
	# it knows that as long as the host is known, and by whatever process
	assert "has taken over" in daemon.upgrade()
	wire.wait_until(lambda: [p["estimate"] != [] for p in
	    host_of(lab)["parts"]] == [True], what="the part there")


@pytest.mark.heavy
def test_each_credential_learns_its_own(lab):
	host = Windows(5)

	def handle(conn, req):
		if req.get("authorization") == "Bearer a":
			host(conn, req)
		else:
			conn.reply(200)
	far = lab.origin(handle)
	start(lab, per="authorization")
	for word in "ab":
		one = lab.client()
		assert [one.get(far.url, [("Authorization",
		    f"Bearer {word}")]).status for _ in range(14)] == \
		    [200] * 14
	one = client.Client(str(lab.dir / "a.sock"))
	lab.clients.append(one)
	keys = [h["key"] for h in json.loads(one.get("/v1/hosts",
	    host="localhost").body)["hosts"]]
	found = [host_of(lab, urllib.parse.quote(key, safe=""))["estimate"]
	    for key in keys if "~" in key]
	assert sorted(len(limits) > 0 for limits in found) == [False, True]
