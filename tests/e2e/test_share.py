# SPDX-License-Identifier: ISC
"""One budget, many clients: turns, weights, urgency, costs, parts of a host."""
import base64
import json
import re
import time

import pytest

import origin
import sluice
import wire

one_worker = pytest.mark.skipif(sluice.WORKERS != 1,
    reason="arrival over workers")
NOW = {"queue": {"max_wait": "10ms"}}


def ask(lab, far, path, who=None, **fields):
	"""A request of that client's, on its way."""
	names = [(n.replace("_", "-"), v) for n, v in fields.items()]
	if who:
		names.append(("X-Client", who))
	one = lab.client()
	one.ask("GET", far.url + path, fields=names)
	return one


def hold(lab, **rule):
	"""An origin that holds a first request, and one slot for all."""
	gate = origin.Gate()
	far = lab.origin(gate)
	lab.sluice(hosts={"127.0.0.1": {"concurrency": 1,
	    "fair_by": "header:X-Client", **rule}})
	first = ask(lab, far, "/first", "first")
	far.wait_requests(1)
	return far, gate, first


def order(far, gate, clients):
	"""Lets all go; the paths in the order in which they came."""
	gate.open()
	for one in clients:
		assert one.response().status == 200
	return far.targets()[1:]


@one_worker
def test_many_of_one_delay_another_by_one_turn(lab):
	far, gate, first = hold(lab)
	clients = [first] + [ask(lab, far, f"/a{i}", "a") for i in range(200)]
	lab.settle()
	clients.append(ask(lab, far, "/b", "b"))
	lab.settle()
	assert order(far, gate, clients).index("/b") <= 1


@one_worker
def test_clients_take_turns(lab):
	far, gate, first = hold(lab)
	clients = [first]
	for who in "abc":
		clients += [ask(lab, far, f"/{who}", who) for _ in range(5)]
		lab.settle()
	got = order(far, gate, clients)
	for i in range(0, 15, 3):
		assert sorted(got[i:i + 3]) == ["/a", "/b", "/c"], got


@one_worker
def test_weights(lab):
	far, gate, first = hold(lab, weights={"heavy": 3})
	clients = [first]
	for who in ("light", "heavy"):
		clients += [ask(lab, far, f"/{who}", who) for _ in range(12)]
		lab.settle()
	got = order(far, gate, clients)
	assert 8 <= got[:12].count("/heavy") <= 10, got


@one_worker
def test_client_is_the_address(lab):
	"""Whatever else the requests say."""
	far, gate, first = hold(lab, fair_by="client",
	    weights={"127.0.0.3": 2, "127.0.0.0/8": 1})
	clients = [first]
	for source in ("127.0.0.2", "127.0.0.3"):
		for i in range(6):
			one = lab.client(source=source)
			clients.append(one.ask("GET", far.url + "/" + source))
		lab.settle()
	got = order(far, gate, clients)
	assert got[:6].count("/127.0.0.3") == 4, got


def basic(user):
	word = base64.b64encode(f"{user}:secret".encode()).decode()
	return {"Proxy_Authorization": f"Basic {word}"}


@one_worker
def test_user_of_proxy_authorization(lab):
	far, gate, first = hold(lab, fair_by="user")
	clients = [first] + [ask(lab, far, "/a", **basic("alice"))
	    for _ in range(20)]
	lab.settle()
	clients.append(ask(lab, far, "/b", **basic("bob")))
	lab.settle()
	assert order(far, gate, clients).index("/b") <= 1
	assert not any(r.get("proxy-authorization") for r in far.requests)


@one_worker
def test_urgency_within_a_client(lab):
	far, gate, first = hold(lab)
	clients = [first]
	for urgency in (7, None, 0, 3, 5, 1):
		fields = {} if urgency is None else \
		    {"Priority": f"i, u={urgency}"}
		clients.append(ask(lab, far, f"/{urgency}", "a", **fields))
		lab.settle()
	assert order(far, gate, clients) == \
	    ["/0", "/1", "/None", "/3", "/5", "/7"]
	assert far.requests[-1].get("priority") == "i, u=7"


@one_worker
@pytest.mark.parametrize("trust", [False, True])
def test_urgency_between_clients(lab, trust):
	far, gate, first = hold(lab, trust_priority=trust)
	clients = [first, ask(lab, far, "/a", "a", Priority="u=6")]
	lab.settle()
	clients.append(ask(lab, far, "/b", "b", Priority="u=5"))
	lab.settle()
	clients.append(ask(lab, far, "/b2", "b", Priority="u=0"))
	lab.settle()
	got = order(far, gate, clients)
	if trust:
		assert got == ["/b2", "/b", "/a"]
	else:
		assert got == ["/a", "/b2", "/b"]


@pytest.mark.parametrize("value", ["u=8", "u=-1", "u=1.5", "u", "u=?1", "u=",
    "\"u=0\"", "u=0, u=0;;"])
def test_a_priority_that_is_none(lab, value):
	"""As if it were not there, and sent on as it is."""
	far = lab.origin()
	lab.sluice()
	one = ask(lab, far, "/", Priority=value)
	assert one.response().status == 200
	assert far.requests[0].get("priority") == value


# Costs

def spent(lab, far, budget=100):
	"""How much of the host's budget is gone, by what can still be had."""
	for n in range(budget + 1):
		answer = lab.client().get(far.url + "/one")
		if answer.status == 429:
			return budget - n
		assert answer.status == 200
	raise AssertionError("no end of it")


COSTS = {"capacity": 100, "period": "1h", "burst": 100, "client_cost": True,
    "costs": [{"method": "POST", "cost": 50}, {"path": "/search/**",
    "cost": 30}, {"header": "X-Big: yes", "cost": 20},
    {"path": "/free", "cost": 0}], **NOW}


@pytest.mark.parametrize("method, path, fields, cost", [
    ("GET", "/", [], 1), ("POST", "/search/x", [], 50),
    ("GET", "/search/x?q=1", [], 30), ("GET", "/", [("X-Big", "yes")], 20),
    ("GET", "/", [("X-Big", "no")], 1), ("GET", "/free", [], 0),
    ("GET", "/", [("Sluice-Cost", "7")], 7),
    ("GET", "/", [("Sluice-Cost", "2.5")], 3),
    ("GET", "/free", [("Sluice-Cost", "3")], 3),
    ("POST", "/", [("Sluice-Cost", "0")], 0)])
def test_costs(lab, method, path, fields, cost):
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": COSTS})
	answer = lab.client().call(method, far.url + path, fields=fields)
	assert answer.status == 200
	assert far.requests[0].get("sluice-cost") is None
	assert spent(lab, far) == cost


@pytest.mark.parametrize("value", ["", "x", "-1", "1, 2", "1e3",
    "\"1\"", "10000000000", "99999999999999999999"])
def test_a_cost_that_is_none(lab, value):
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": COSTS})
	answer = ask(lab, far, "/", Sluice_Cost=value).response()
	assert answer.status == 400
	assert "Sluice-Cost" in json.loads(answer.body)["detail"]
	assert not far.requests


def test_a_cost_that_nobody_allows(lab):
	"""Ignored, but the origin does not hear of it."""
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": {**COSTS, "client_cost": False}})
	assert ask(lab, far, "/", Sluice_Cost="x").response().status == 200
	assert far.requests[0].get("sluice-cost") is None
	assert spent(lab, far) == 1


# Parts of a host

PATHS = {"capacity": 10, "period": "1h", "burst": 10, "paths":
    {"/search": {"capacity": 2, "period": "1h", "burst": 2},
    "/slow/**": {"concurrency": 1}}, "queue": {"max_wait": "10ms"}}


def test_a_path_has_limits_on_top_of_the_hosts(lab):
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": PATHS})
	one = lab.client()
	got = [one.get(far.url + "/search?q").status for _ in range(3)]
	assert got == [200, 200, 429]
	# what the path refused has spent nothing of the host's
	got = [one.get(far.url + "/other").status for _ in range(9)]
	assert got == [200] * 8 + [429]


def test_a_refusal_says_whose_budget_is_short(lab):
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": PATHS})
	one = lab.client()
	for _ in range(2):
		assert one.get(far.url + "/search").status == 200
	problem = json.loads(one.get(far.url + "/search").body)
	assert problem["budget"] == "2 per 1h of /search"
	assert problem["waiting"] == 0
	assert 1700 <= problem["retry_after"] <= 1800
	assert [(reason["name"], reason["decides"])
	    for reason in problem["reasons"]] == [("10 per 1h", False),
	    ("2 per 1h of /search", True), ("turn", False)]
	whole, part, turn = (reason["in"] for reason in problem["reasons"])
	assert (whole, turn) == (0, 0)
	assert 1700 <= part <= 1800
	assert re.fullmatch("refused, for it would wait too long; "
	    "2 per 1h of /search lets it go in [0-9.]+ min "
	    "at the earliest", problem["says"]), problem["says"]
	for _ in range(8):
		assert one.get(far.url + "/").status == 200
	problem = json.loads(one.get(far.url + "/").body)
	assert problem["budget"] == "10 per 1h"
	assert 300 <= problem["retry_after"] <= 360


@one_worker
def test_who_waits_for_a_path_holds_up_nobody_else(lab):
	gate = origin.Gate()
	far = lab.origin(origin.by_path({"/slow/a": gate, "/slow/b": gate}))
	lab.sluice(hosts={"127.0.0.1": {**PATHS, "queue": {}}})
	first = ask(lab, far, "/slow/a")
	far.wait_requests(1)
	second = ask(lab, far, "/slow/b")
	lab.settle()
	assert lab.get(far.url + "/quick").status == 200
	gate.open()
	for one in (first, second):
		assert one.response().status == 200
	assert far.targets() == ["/slow/a", "/quick", "/slow/b"]


def test_paths_inside_change_with_a_reload(lab):
	"""What a path has spent stays spent."""
	far = lab.origin()
	daemon = lab.sluice(hosts={"127.0.0.1": PATHS})
	one = lab.client()
	for _ in range(2):
		assert one.get(far.url + "/search").status == 200
	paths = {"/new": {"capacity": 1, "period": "1h"},
	    "/search": {"capacity": 3, "period": "1h", "burst": 3}}
	daemon.change(hosts={"127.0.0.1": {**PATHS, "paths": paths}})
	got = [one.get(far.url + "/search").status for _ in range(2)]
	assert got == [200, 429]
	got = [one.get(far.url + "/new").status for _ in range(2)]
	assert got == [200, 429]


# Credentials

def test_each_credential_has_a_throttle_of_its_own(lab):
	far = lab.origin()
	daemon = lab.sluice(hosts={"127.0.0.1": {"capacity": 1,
	    "period": "1h", "per": "authorization", **NOW}})
	for word in ("Bearer s3cret-a", "Bearer s3cret-b", None):
		fields = [("Authorization", word)] if word else []
		got = [lab.client().get(far.url + "/", fields=fields).status
		    for _ in range(2)]
		assert got == [200, 429]
	assert [r.get("authorization") for r in far.requests] == \
	    ["Bearer s3cret-a", "Bearer s3cret-b", None]
	assert "s3cret" not in daemon.err.text() + daemon.out.text()


@pytest.mark.parametrize("values", [
    ("Bearer s3cret", "bearer s3cret", "BEARER  s3cret"),
    ('Digest username="a", realm="r", nonce="1", response="2"',
	'Digest realm="r", username="a", nonce="3", response="4"'),
    ("AWS4-HMAC-SHA256 Credential=KEY/1/r/s/aws4_request, Signature=1",
	"AWS4-HMAC-SHA256 Credential=KEY/2/r/s/aws4_request, Signature=2")])
def test_a_credential_is_what_identifies_it(lab, values):
	"""However the same one is written.

	https://github.com/hyperdxio/hyperdx/issues/2775
	"""
	far = lab.origin()
	daemon = lab.sluice(hosts={"127.0.0.1": {"capacity": 1,
	    "period": "1h", "per": "authorization", **NOW}})
	got = [ask(lab, far, "/", Authorization=value).response().status
	    for value in values]
	assert got == [200] + [429] * (len(values) - 1)
	assert "per: " not in daemon.err.text()


def test_schemes_that_are_not_known_are_said_once(lab):
	far = lab.origin()
	daemon = lab.sluice(hosts={"127.0.0.1": {"per": "authorization"}})
	for value in ("s3cret", "Frob s3cret x", "Frob s3cret y", "s3cr3t 1 2"):
		assert ask(lab, far, "/",
		    Authorization=value).response().status == 200
	assert "not known, Frob is taken by its value" in \
	    daemon.err.wait(" per: ")
	assert daemon.err.text().count(" per: ") == 1
	assert "s3cr" not in daemon.err.text()


def test_credentials_leave_room_for_hosts(lab):
	far = lab.origin()
	daemon = lab.sluice(limits={"hosts": 8}, hosts={"127.0.0.1": {
	    "capacity": 1, "period": "1h", "per": "authorization", **NOW}})
	got = [ask(lab, far, "/", Authorization=f"{i}").response().status
	    for i in range(8)]
	assert got == [200] * 6 + [503] * 2
	daemon.err.wait("limits.hosts")
	url = far.url.replace("127.0.0.1", "localhost")
	assert lab.get(url + "/").status == 200


def test_a_pause_is_its_credentials_alone(lab):
	def handle(conn, req):
		bad = req.get("x-key") == "bad"
		conn.reply(429 if bad else 200,
		    fields=[("Retry-After", "60")] if bad else [])
	far = lab.origin(handle)
	lab.sluice(hosts={"127.0.0.1": {"per": "X-Key",
	    "retry": {"attempts": 0}, **NOW}})
	for _ in range(2):
		for key, status in (("bad", 429), ("good", 200)):
			answer = ask(lab, far, "/", X_Key=key).response()
			assert answer.status == status
	assert len(far.requests) == 3


def test_per_client(lab):
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": {"capacity": 1, "period": "1h",
	    "per": "client", **NOW}})
	for source in ("127.0.0.1", "127.0.0.2"):
		got = [lab.client(source=source).get(far.url + "/").status
		    for _ in range(2)]
		assert got == [200, 429]


@pytest.mark.parametrize("per", ["authorization", "none", "X-Key"])
def test_credentials_survive_a_reload(lab, per):
	"""Or become one where the rule does not tell them apart any more."""
	far = lab.origin()
	rule = {"capacity": 2, "period": "1h", "burst": 2,
	    "per": "authorization", **NOW}
	daemon = lab.sluice(hosts={"127.0.0.1": rule})
	for word in "ab":
		assert ask(lab, far, "/",
		    Authorization=word).response().status == 200
	daemon.change(hosts={"127.0.0.1": {**rule, "per": per}})
	got = [ask(lab, far, "/", Authorization=word).response().status
	    for word in "abab"]
	if per == "authorization":
		assert got == [200, 200, 429, 429]
	else:
		assert got == [200, 429, 429, 429]


def test_credentials_go_with_a_host_that_gets_a_rule(lab):
	"""What was spent under the pattern is spent under the name."""
	far = lab.origin()
	dns = lab.dns({f"{n}.w.test": {"A": ["127.0.0.1"]} for n in "ab"})
	rule = {"capacity": 1, "period": "1h", "shared": True,
	    "per": "authorization", **NOW}
	daemon = lab.sluice(resolver=[dns.at], hosts={"*.w.test": rule})

	def get(host, word):
		return lab.client().get(f"http://{host}.w.test:{far.port}/",
		    fields=[("Authorization", word)]).status
	assert get("a", "x") == 200
	own = {k: v for k, v in rule.items() if k != "shared"}
	daemon.change(hosts={"*.w.test": rule, "b.w.test": own})
	assert get("b", "x") == 429
	assert get("b", "y") == 200
	assert get("a", "x") == 429


# Deadlines

def test_a_request_bounds_its_own_wait(lab):
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": {"capacity": 1, "period": "10s",
	    "burst": 1}})
	assert lab.get(far.url + "/").status == 200
	began = time.monotonic()
	answer = ask(lab, far, "/", Sluice_Max_Wait="5").response()
	assert answer.status == 429
	assert 8 <= int(answer.get("retry-after")) <= 10
	problem = json.loads(answer.body)
	assert "Sluice-Max-Wait" in problem["detail"]
	assert 8 < problem["retry_after"] <= 10
	assert time.monotonic() - began < 3 * wire.SLOW


@pytest.mark.parametrize("value", ["0", "0.5", "5", "100000"])
def test_a_bound_that_can_be_met(lab, value):
	far = lab.origin()
	lab.sluice()
	assert ask(lab, far, "/", Sluice_Max_Wait=value).response().status \
	    == 200
	assert far.requests[0].get("sluice-max-wait") is None


def test_it_cannot_be_longer_than_the_rule_allows(lab):
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": {"capacity": 1, "period": "10s",
	    "burst": 1, "queue": {"max_wait": "1s"}}})
	assert lab.get(far.url + "/").status == 200
	answer = ask(lab, far, "/", Sluice_Max_Wait="100").response()
	assert answer.status == 429
	assert "queue.max_wait" in json.loads(answer.body)["detail"]


@pytest.mark.parametrize("value", ["", "soon", "-1", "5s", "1, 2"])
def test_a_bound_that_is_none(lab, value):
	far = lab.origin()
	lab.sluice()
	answer = ask(lab, far, "/", Sluice_Max_Wait=value).response()
	assert answer.status == 400
	assert "Sluice-Max-Wait" in json.loads(answer.body)["detail"]


def test_a_pause_that_comes_meanwhile(lab):
	"""Whose own bound it breaks is told at once; others go on waiting."""
	gate = origin.Gate(origin.fixed(429, fields=[("Retry-After", "2")]))
	far = lab.origin(origin.sequence(gate, origin.fixed()))
	lab.sluice(hosts={"127.0.0.1": {"concurrency": 1,
	    "retry": {"attempts": 0}}})
	first = ask(lab, far, "/")
	far.wait_requests(1)
	hasty = ask(lab, far, "/hasty", Sluice_Max_Wait="1")
	patient = ask(lab, far, "/patient", Sluice_Max_Wait="30")
	lab.settle()
	gate.open()
	assert first.response().status == 429
	answer = hasty.response()
	assert answer.status == 429
	assert 1 <= int(answer.get("retry-after")) <= 2
	assert json.loads(answer.body)["budget"] == "paused by the host"
	assert patient.response().status == 200
	assert far.targets() == ["/", "/patient"]


def test_a_shape_that_comes_meanwhile(lab):
	"""As a pause: one that cannot wait for it is told at once."""
	gate = origin.Gate(origin.fixed(fields=[("RateLimit", '"a";r=1;t=60')]))
	far = lab.origin(gate)
	lab.sluice(hosts={"127.0.0.1": {"concurrency": 1, "learn": "shape"}})
	first = ask(lab, far, "/")
	far.wait_requests(1)
	hasty = ask(lab, far, "/hasty", Sluice_Max_Wait="20")
	lab.settle()
	began = time.monotonic()
	gate.let()
	assert first.response().status == 200
	problem = json.loads(hasty.response().body)
	assert problem["budget"] == "what the host says is left"
	assert 25 <= problem["retry_after"] <= 30
	assert time.monotonic() - began < 5 * wire.SLOW


def test_a_refusal_names_its_budget_in_whole_characters(lab):
	path = "/" + "é" * 60
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": {"paths": {path: {"capacity": 1,
	    "period": "1h"}}, **NOW}})
	url = far.url + "/" + "%C3%A9" * 60
	assert lab.get(url).status == 200
	problem = json.loads(lab.get(url).body)
	assert problem["budget"].startswith("1 per 1h of /ééé")


def test_a_refusal_says_how_many_wait(lab):
	gate = origin.Gate()
	far = lab.origin(gate)
	lab.sluice(hosts={"127.0.0.1": {"concurrency": 1,
	    "queue": {"length": 3}}})
	clients = [ask(lab, far, "/") for _ in range(4)]
	far.wait_requests(1)
	lab.settle()
	problem = json.loads(ask(lab, far, "/").response().body)
	assert problem["waiting"] == 3
	assert problem["budget"] == "1 at a time"
	assert problem["reasons"] == [
	    {"name": "1 at a time", "in": None, "decides": True},
	    {"name": "turn", "in": 0, "decides": False}]
	assert problem["says"] == ("refused, for the queue is full; "
	    "1 at a time: all are in use; 3 of at most 3 wait")
	gate.open()
	for one in clients:
		assert one.response().status == 200
