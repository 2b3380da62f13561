# SPDX-License-Identifier: ISC
"""What an operator sees of hosts, and changes, on the control socket."""
import datetime
import http.client
import json
import re
import socket
import time

import pytest

import dnsserver
import origin
import wire

HOST = "/v1/hosts/127.0.0.1"
WAITS = {"queue": {"max_wait": "1h"}}


class Socket(http.client.HTTPConnection):
	def __init__(self, path):
		super().__init__("localhost", timeout=wire.DEADLINE)
		self.path = path

	def connect(self):
		self.sock = socket.socket(socket.AF_UNIX)
		self.sock.settimeout(self.timeout)
		self.sock.connect(self.path)


class Answer:
	def __init__(self, response):
		self.status = response.status
		self.type = response.headers["Content-Type"]
		self.value = json.loads(response.read())


class Control:
	def __init__(self, path):
		self.path = path

	def ask(self, method, path, body=None):
		one = Socket(self.path)
		try:
			if body is None:
				one.request(method, path)
			else:
				one.request(method, path, json.dumps(body),
				    {"Content-Type": "application/json"})
			return Answer(one.getresponse())
		finally:
			one.close()

	def get(self, path):
		answer = self.ask("GET", path)
		assert answer.status == 200, answer.value
		return answer.value

	def change(self, method, path, body=None):
		answer = self.ask(method, path, body)
		assert answer.status == 200, answer.value
		return answer.value

	def host(self):
		return self.get(HOST)

	def wait(self, like):
		"""The host, once it is so."""
		seen = []

		def look():
			answer = self.ask("GET", HOST)
			if answer.status == 404:	# nobody has asked yet
				return False
			seen[:] = [answer.value]
			return like(seen[0])
		wire.wait_until(look)
		return seen[0]


def control_of(daemon, path):
	daemon.err.wait("control plane at")
	return Control(path)


@pytest.fixture
def started(lab, tmp_path):
	"""Starts a daemon before an origin; returns the control, and both."""
	def start(rule, handler=None):
		far = lab.origin(handler or origin.fixed())
		path = str(tmp_path / "admin.sock")
		daemon = lab.sluice(admin={"socket": path},
		    hosts={"127.0.0.1": rule})
		return control_of(daemon, path), far, daemon
	return start


def waiting(lab, control, url, n=1):
	"""So many requests that wait, each on a connection of its own."""
	clients = [lab.client().ask("GET", url) for _ in range(n)]
	control.wait(lambda host: host["waiting"] == n)
	return clients


def test_host(lab, started):
	control, far, _ = started({"capacity": 2, "period": "1h",
	    "concurrency": 5, **WAITS})
	assert control.get("/v1/hosts") == {"hosts": [], "total": 0,
	    "next": None}
	assert lab.get(far.url + "/a").status == 200
	assert lab.get(far.url + "/b").status == 200
	waiting(lab, control, far.url + "/secret?key=hush")
	host = control.wait(lambda host: host["in_flight"] == 0)
	assert host["key"] == host["rule"] == "127.0.0.1"
	assert host["state"] == "open"
	assert host["counts"] == {"admitted": 2, "refused": 0, "throttled": 0,
	    "resent": 0}
	assert host["concurrency"] == 5
	assert host["limits"]["concurrency"] == {"value": 5, "from": "file"}
	assert host["oldest_wait"] >= 0
	budget, = host["budgets"]
	assert budget["name"] == "2 per 1h" and budget["from"] == "file"
	assert budget["left"] < 1
	assert host["clients"] == [{"client": "127.0.0.1", "waiting": 1,
	    "in_flight": 0}]
	queue = control.get(HOST + "/queue")
	assert queue["waiting"] == queue["clients"] == 1
	waiter, = queue["waiters"]
	assert (waiter["client"], waiter["method"], waiter["path"]) == \
	    ("127.0.0.1", "GET", "/secret")
	assert 0 < waiter["starts_in"] <= 1800
	assert "hush" not in json.dumps([queue, host])


def test_history(lab, started):
	control, far, _ = started({})
	assert lab.get(far.url).status == 200
	host = control.wait(lambda host: host["history"])
	history = host["history"]
	assert history["step"] == 1
	for name in "started", "waiting", "refused":
		assert len(history[name]) == 600
	assert sum(history["started"]) == 1
	listed, = control.get("/v1/hosts")["hosts"]
	assert sum(listed["history"]["started"]) == 1


def test_pause_and_resume(lab, started):
	control, far, daemon = started(WAITS)
	assert lab.get(far.url).status == 200
	change = control.change("POST", HOST + "/pause", {"for": "1h",
	    "reason": "deploy"})
	assert change["was"] == "open"
	assert change["is"] == "paused for 1 h"
	clients = waiting(lab, control, far.url, 3)
	host = control.host()
	assert host["state"] == "paused"
	assert host["pause"]["cause"] == "manual"
	assert host["pause"]["why"].endswith(": deploy")
	assert 3500 < host["pause"]["remaining"] <= 3600
	# it is never shortened
	again = control.change("POST", HOST + "/pause", {"for": 1})
	moved = datetime.datetime.fromisoformat(again["until"]) - \
	    datetime.datetime.fromisoformat(change["until"])
	assert abs(moved.total_seconds()) < 10
	assert control.host()["pause"]["remaining"] > 3500
	override, = control.get("/v1/overrides")["overrides"]
	assert override["kind"] == "pause" and override["reason"] == "deploy"
	assert override["by"]
	change = control.change("POST", HOST + "/resume", {})
	assert change["is"] == "open"
	for client in clients:
		assert client.response("GET").status == 200
	assert control.get("/v1/overrides")["overrides"] == []
	daemon.err.wait("127.0.0.1: paused by .*, deploy: was open, is paused "
	    "for 1 h$")
	told = [one["text"] for one in control.get(
	    "/v1/events?follow=false&after=0")["events"]]
	assert any(text.startswith("paused by ") and
	    text.endswith(", deploy: was open, is paused for 1 h")
	    for text in told), told
	daemon.err.wait("127.0.0.1: resumed by ")


def test_pause_of_a_host_to_come(lab, started):
	control, far, _ = started(WAITS)
	control.change("POST", HOST + "/pause", {"for": 3600})
	client, = waiting(lab, control, far.url)
	assert far.requests == []
	control.change("POST", HOST + "/resume", {})
	assert client.response("GET").status == 200


def test_resume_after_a_refusal(lab, started):
	control, far, _ = started({"retry": {"attempts": 0},
	    "pause": {"max": "2h"}, **WAITS}, origin.sequence(
	    origin.fixed(429, fields=[("Retry-After", "3600")]),
	    origin.fixed()))
	assert lab.get(far.url).status == 429
	clients = waiting(lab, control, far.url, 3)
	host = control.host()
	assert host["pause"]["cause"] == "named"
	assert host["pause"]["why"] == "after its answer 429 (retry-after)"
	assert host["counts"]["throttled"] == 1
	assert host["refusals"][0]["kind"] == "refusal"
	control.change("POST", HOST + "/resume", {})
	for client in clients:
		assert client.response("GET").status == 200


def test_drain(lab, started):
	gate = origin.Gate()
	control, far, _ = started({"concurrency": 1, **WAITS}, gate)
	first = lab.client().ask("GET", far.url)
	wire.wait_until(lambda: gate.held == 1)
	second, = waiting(lab, control, far.url)
	assert control.change("POST", HOST + "/drain", {"reason": "x"})["is"] \
	    == "draining"
	answer = lab.get(far.url)
	assert answer.status == 503
	assert "http_request_denied" in answer.get("proxy-status")
	assert b"the host is drained" in answer.body
	assert control.host()["state"] == "draining"
	# who was there goes on
	gate.open()
	assert first.response("GET").status == 200
	assert second.response("GET").status == 200
	assert control.change("POST", HOST + "/resume", {})["was"] == "draining"
	assert lab.get(far.url).status == 200


def test_forget(lab, started):
	control, far, _ = started({"capacity": 1, "period": "10m",
	    **WAITS})
	assert lab.get(far.url).status == 200
	clients = waiting(lab, control, far.url, 2)
	control.change("POST", HOST + "/forget", {})
	host = control.wait(lambda host: host["counts"]["admitted"] == 2)
	assert host["waiting"] == 1
	control.change("POST", HOST + "/forget", {})
	for client in clients:
		assert client.response("GET").status == 200


def test_limits_take_effect_for_those_who_wait(lab, started):
	control, far, daemon = started({"capacity": 1, "period": "10m",
	    **WAITS})
	assert lab.get(far.url).status == 200
	clients = waiting(lab, control, far.url, 5)
	change = control.change("PUT", HOST + "/limits", {"capacity": 1000,
	    "period": "1s", "for": "1h", "reason": "more"})
	assert (change["was"], change["is"]) == ("1 per 10m", "1000 per 1s")
	for client in clients:
		assert client.response("GET").status == 200
	host = control.host()
	assert host["override"]["is"] == "1000 per 1s"
	assert host["budgets"][0]["from"] == "override"
	assert control.change("DELETE", HOST + "/limits")["is"] == "1 per 10m"
	assert control.host()["override"] is None
	assert control.host()["budgets"][0]["from"] == "file"
	daemon.err.wait("limits set for 1 h by .*was 1 per 10m, is 1000 per 1s")
	assert "1000" not in daemon.file.read_text()


def test_limits_end_by_themselves(lab, started):
	control, far, daemon = started({"concurrency": 1})
	assert lab.get(far.url).status == 200
	control.change("PUT", HOST + "/limits", {"concurrency": 7,
	    "for": "300ms"})
	begun = time.monotonic()
	control.wait(lambda host: host["override"] is None)
	assert time.monotonic() - begun > 0.2
	assert control.host()["concurrency"] == 1
	daemon.err.wait("no longer held: their time is over")


def test_reload_wins(lab, started):
	control, far, daemon = started({"concurrency": 1})
	assert lab.get(far.url).status == 200
	control.change("PUT", HOST + "/limits", {"concurrency": 7,
	    "for": "1h"})
	path = control.path
	daemon.reload(admin={"socket": path},
	    hosts={"127.0.0.1": {"concurrency": 1, "capacity": 9},
	    "other.test": {}})
	control.wait(lambda host: host["override"] is None)
	assert control.host()["concurrency"] == 1
	daemon.err.wait("no longer held: the configuration has other limits")
	# one that changes nothing of them does not
	control.change("PUT", HOST + "/limits", {"concurrency": 3,
	    "for": "1h"})
	daemon.reload(admin={"socket": path},
	    hosts={"127.0.0.1": {"concurrency": 1, "capacity": 9}})
	assert control.host()["override"]["is"] == "9 per 1s, 3 at a time"
	assert control.host()["concurrency"] == 3


WRONG = [
	("POST", "/pause", {}, 422),
	("POST", "/pause", {"for": 0}, 422),
	("POST", "/pause", {"for": "soon"}, 422),
	("POST", "/pause", {"for": "1h", "reason": "a\nb"}, 422),
	("POST", "/pause", {"for": "1h", "reason": "x" * 201}, 422),
	("POST", "/pause", {"for": "1h", "until": "x"}, 422),
	("POST", "/pause", {"for": "400d"}, 422),
	("PUT", "/limits", {"for": "1h"}, 422),
	("PUT", "/limits", {"capacity": 5}, 422),
	("PUT", "/limits", {"capacity": 0, "for": "1h"}, 422),
	("PUT", "/limits", {"capacity": -1, "for": "1h"}, 422),
	("PUT", "/limits", {"capacity": "many", "for": "1h"}, 422),
	("PUT", "/limits", {"period": "1s", "for": "1h"}, 422),
	("PUT", "/limits", {"burst": 5, "for": "1h"}, 422),
	("PUT", "/limits", {"concurrency": 1.5, "for": "1h"}, 422),
	("PUT", "/limits", {"capacity": 1e-6, "period": "366d",
	    "for": "1h"}, 422),
	("DELETE", "/pause", None, 405),
	("GET", "/limits", None, 405),
]


def test_what_is_wrong_changes_nothing(lab, started):
	control, far, _ = started({"concurrency": 1})
	assert lab.get(far.url).status == 200

	def stands():
		host = control.host()
		host.pop("history")
		return host, control.get("/v1/overrides")
	control.wait(lambda host: host["in_flight"] == 0)
	before = stands()
	for method, path, body, status in WRONG:
		answer = control.ask(method, HOST + path, body)
		assert answer.status == status, (method, path, body,
		    answer.value)
		assert answer.type == "application/problem+json"
		assert answer.value["detail"]
	assert stands() == before


@pytest.mark.parametrize("method,path,body", [
	("GET", "", None), ("GET", "/queue", None),
	("POST", "/resume", {}), ("POST", "/forget", {}),
	("DELETE", "/limits", None),
])
def test_no_such_host(started, method, path, body):
	control, _, _ = started({})
	for key in "none.test", "a%20b", "*.none.test":
		answer = control.ask(method, f"/v1/hosts/{key}{path}", body)
		assert answer.status == 404, answer.value
		assert answer.value["expected"]


@pytest.fixture
def named(lab, tmp_path):
	"""A daemon that has asked n hosts of .test; returns the control."""
	def start(n, **keys):
		far = lab.origin(origin.fixed())
		path = str(tmp_path / "admin.sock")
		daemon = lab.sluice(admin={"socket": path},
		    resolver=[lab.dns(dnsserver.Here()).at], **keys)
		control = control_of(daemon, path)
		for i in range(1, n + 1):
			assert lab.get(f"http://h{i}.test:{far.port}/").status \
			    == 200
		# an answer is there before its slot is given back
		wire.wait_until(lambda: control.get("/v1/status")[
		    "in_flight"] == 0)
		return control
	return start


def test_pages(named):
	names = [f"h{n}.test" for n in range(1, 8)]
	control = named(7, hosts={name: {"capacity": 9, "period": "1h"}
	    for name in names})
	control.change("POST", "/v1/hosts/h5.test/drain", {})
	keys, after = [], ""
	while after is not None:
		page = control.get("/v1/hosts?limit=3" + after)
		assert page["total"] == 7
		keys += [host["key"] for host in page["hosts"]]
		after = page["next"] and "&after=" + page["next"]
	assert keys[0] == "h5.test"
	assert keys[1:] == [name for name in names if name != "h5.test"]

	def listed(query):
		return [host["key"] for host in
		    control.get("/v1/hosts?" + query)["hosts"]]
	assert listed("state=draining") == ["h5.test"]
	assert listed("match=H3") == ["h3.test"]
	assert listed("match=h*4.test") == ["h4.test"]
	assert listed("match=h4.*&state=paused") == []
	assert listed("match=[h]4*") == []
	assert listed("sort=key&by=rule") == names
	for query in "sort=x", "by=x", "limit=0", "limit=1001", "state=x", \
	    "after=x", "after=1.2.3", "nosuch=1":
		answer = control.ask("GET", "/v1/hosts?" + query)
		assert answer.status == 400, query
		assert answer.value["detail"]


def test_by_rule(named):
	control = named(3, defaults={"capacity": 100, "period": "1h"})
	control.change("POST", "/v1/hosts/h2.test/pause", {"for": "1h",
	    "reason": "secret.test"})
	rule, = control.get("/v1/hosts?by=rule")["hosts"]
	assert rule["key"] == rule["rule"] == "defaults"
	assert rule["hosts"] == 3 and rule["state"] == "paused"
	# what an operator wrote may name a host
	assert rule["pause"]["why"] == "by an operator"
	detail = control.get("/v1/hosts/defaults")
	assert detail["counts"]["admitted"] == 3
	assert detail["hosts"] == 3


def test_sorted(lab, tmp_path):
	"""By who waits longest, and by who has most under way."""
	gate = origin.Gate()
	one, two = lab.origin(gate), lab.origin(gate)
	path = str(tmp_path / "admin.sock")
	daemon = lab.sluice(admin={"socket": path}, hosts={
	    f"127.0.0.1:{one.port}": {"concurrency": 1, **WAITS},
	    f"127.0.0.1:{two.port}": {"concurrency": 3, **WAITS}})
	control = control_of(daemon, path)
	names = [f"127.0.0.1:{far.port}" for far in (one, two)]

	def rows(query):
		return [host["key"] for host in
		    control.get(f"/v1/hosts?{query}")["hosts"]]

	clients = [lab.client().ask("GET", one.url) for _ in range(2)]
	wire.wait_until(lambda: [host["waiting"] for host in
	    control.get("/v1/hosts?sort=key")["hosts"]] == [1])
	clients += [lab.client().ask("GET", two.url) for _ in range(4)]
	wire.wait_until(lambda: control.get("/v1/status")["in_flight"] == 4
	    and control.get("/v1/status")["waiting"] == 2)
	assert rows("sort=in_flight") == names[::-1]
	assert rows("sort=oldest") == names
	gate.open()
	for client in clients:
		assert client.response().status == 200


def test_no_more_overrides_than_there_may_be(lab, tmp_path):
	path = str(tmp_path / "admin.sock")
	daemon = lab.sluice(admin={"socket": path, "overrides": 1},
	    hosts={"a.test": {}, "b.test": {}})
	control = control_of(daemon, path)
	body = {"capacity": 5, "for": 60}
	control.change("PUT", "/v1/hosts/a.test/limits", body)
	answer = control.ask("PUT", "/v1/hosts/b.test/limits", body)
	assert answer.status == 422
	assert "admin.overrides" in answer.value["detail"]
	# the one that is there may be changed, and makes room when it goes
	control.change("PUT", "/v1/hosts/a.test/limits", body)
	control.change("DELETE", "/v1/hosts/a.test/limits")
	control.change("PUT", "/v1/hosts/b.test/limits", body)
	assert [o["key"] for o in control.get("/v1/overrides")["overrides"]] \
	    == ["b.test"]


@pytest.mark.parametrize("by, fields, client", [
    ("client", [], "127.0.0.1"),
    ("header:X-Team", [("X-Team", "blue")], "blue"),
    ("header:X-Team", [], "127.0.0.1"),
    ("header:X-Api-Key", [("X-Api-Key", "hush")], None),
    ("user", [("Proxy-Authorization", "Basic YW5uOmh1c2g=")], "ann"),
])
def test_who_waits(lab, started, by, fields, client):
	"""By what tells him apart; what may be a secret as a number."""
	control, far, _ = started({"fair_by": by, "capacity": 100, "paths": {
	    "/slow": {"capacity": 1, "period": "1h"}}, **WAITS})
	assert lab.get(far.url + "/slow", fields).status == 200
	lab.client().ask("GET", far.url + "/slow?key=hush", fields)
	control.wait(lambda host: host["waiting"] == 1)
	waiter, = control.get(HOST + "/queue")["waiters"]
	if client is None:
		assert re.fullmatch("#[0-9a-f]{16}", waiter["client"])
	else:
		assert waiter["client"] == client
	assert waiter["part"] == "/slow" and waiter["path"] == "/slow"
	assert "hush" not in json.dumps(waiter)


def test_who_waits_at_a_socket(lab, tmp_path):
	far = lab.origin(origin.fixed())
	path, door = str(tmp_path / "admin.sock"), str(tmp_path / "door")
	daemon = lab.sluice(admin={"socket": path}, listen=f"unix:{door}",
	    hosts={"127.0.0.1": {"capacity": 1, "period": "1h", **WAITS}})
	control = control_of(daemon, path)
	assert lab.get(far.url).status == 200
	lab.client().ask("GET", far.url)
	control.wait(lambda host: host["waiting"] == 1)
	waiter, = control.get(HOST + "/queue")["waiters"]
	assert waiter["client"] == "a Unix socket"
