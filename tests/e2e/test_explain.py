# SPDX-License-Identifier: ISC
"""Why a request waits: what is said, and what then becomes of it."""
import http.client
import json
import os
import pathlib
import random
import re
import socket
import threading
import time

import pytest

import origin
import sluice
import wire

EARLY = 0.05		# seconds that clocks and loops may differ
SLACK = 0.25		# ... that timers may be late


class Socket(http.client.HTTPConnection):
	def __init__(self, path):
		super().__init__("sluice", timeout=wire.DEADLINE)
		self.path = str(path)

	def connect(self):
		self.sock = socket.socket(socket.AF_UNIX)
		self.sock.settimeout(wire.DEADLINE)
		self.sock.connect(self.path)


def start(lab, **keys):
	"""A daemon that asks nobody else for names."""
	return lab.sluice(resolver=[lab.dns({}).at], **keys)


def call(daemon, question):
	daemon.err.wait("control plane at")
	one = Socket(daemon.control)
	one.request("POST", "/v1/explain", json.dumps(question),
	    {"Content-Type": "application/json"})
	answer = one.getresponse()
	body = answer.read()
	one.close()
	return answer.status, json.loads(body), body.decode()


def explain(daemon, url, status=200, **question):
	got, answer, text = call(daemon, {"url": url, **question})
	assert got == status, text
	return answer


def decider(answer):
	found = [one["name"] for one in answer["reasons"] if one["decides"]]
	assert len(found) == (answer["decision"] != "go"), answer
	return found[0] if found else None


def test_nobody_has_asked_yet(lab):
	daemon = start(lab, hosts={"api.example": {"capacity": 30,
	    "period": "1m", "concurrency": 5, "paths": {"/search": {
	    "capacity": 2, "period": "1h"}}}})
	answer = explain(daemon, "http://api.example/search?q=private")
	where = answer.pop("destination")
	assert where == {"allowed": None, "at": None, "addresses": [],
	    "says": "the host's name is not known, or has no address"}
	at = answer.pop("at")
	file, line, column = at.rsplit(":", 2)
	assert file == str(daemon.file)
	text = pathlib.Path(file).read_text().splitlines()[int(line) - 1]
	assert text[int(column) - 1:].lstrip('"').startswith("api.example")
	assert answer == {"key": "api.example", "rule": "api.example",
	    "preset": None, "part": "/search", "cost": 1, "decision": "go",
	    "parent": None,
	    "starts_in": 0, "certain": True, "says": "it would go at once",
	    "reasons": [
	    {"name": "5 at a time", "in": 0, "says": "lets it go now",
	    "decides": False},
	    {"name": "30 per 1m", "in": 0, "says": "lets it go now",
	    "decides": False},
	    {"name": "2 per 1h of /search", "in": 0,
	    "says": "lets it go now", "decides": False},
	    {"name": "turn", "in": 0, "says": "it may be next",
	    "decides": False}],
	    "turn": {"waiting": 0, "clients": 0, "ahead": 0, "own_ahead": 0}}
	# Nothing was spent, and no entry made.
	for _ in range(5):
		assert explain(daemon, "http://api.example/search") == {
		    "at": at, "destination": where, **answer}
	answer = explain(daemon, "http://other.example/")
	assert (answer["rule"], answer["at"]) == ("unlimited", None)


def test_other_forms(lab):
	daemon = start(lab, hosts={"api.example": {"capacity": 1,
	    "period": "1h"}})
	for question in ({"url": "https://API.example./x"},
	    {"url": "api.example:443", "method": "CONNECT"},
	    {"url": "http://api.example", "client": "2001:db8::1"},
	    {"url": "http://api.example/", "headers": {"Host": "api.example",
	    "Authorization": "Bearer hidden"}}):
		answer = explain(daemon, **question)
		assert answer["rule"] == "api.example"
		assert answer["decision"] == "go"
		assert "hidden" not in json.dumps(answer)


@pytest.mark.parametrize("question, said", [
	({"url": "/x"}, "refused"),
	({"url": "http://bad host/"}, "refused"),
	({"url": "ftp://api.example/"}, "refused"),
	({"url": "http://user:hidden@api.example/"}, "refused"),
	({"url": ""}, "url is missing"),
	({"url": "http://a.example/", "method": "G(T"}, "refused"),
	({"url": "http://a.example/", "method": "CONNECT"}, "refused"),
	({"url": "http://a.example/", "client": "localhost"}, "client"),
	({"url": "http://a.example/", "headers": {"A": "b\r\nC: d"}}, "field"),
	({"url": "http://a.example/", "headers": {"A: b\r\nC": "d"}}, "field"),
	({"url": "http://a.example/", "headers": {"A": 1}}, "field"),
	({"url": "http://a.example/", "headers": {"A\x01": "b"}}, "refused"),
	({"url": "http://a.example/", "headers": ["A"]}, "headers"),
	({"url": "http://a.example/", "headers": {"Transfer-Encoding": "x"}},
	    "refused"),
	({"url": "http://a.example/", "headers": {"Sluice-Max-Wait": "soon"}},
	    "Sluice-Max-Wait is not a number of seconds"),
])
def test_what_is_no_request(shared_lab, question, said):
	daemon = shared_lab.daemon if getattr(shared_lab, "daemon",
	    None) else shared_lab.sluice()
	status, answer, _ = call(daemon, question)
	assert status == 422, answer
	assert said in answer["detail"], answer


def test_no_secret_comes_back(lab):
	daemon = start(lab, hosts={"a.example": {"capacity": 1,
	    "period": "1h", "per": "authorization"}})
	secret = "sk-very-secret"
	for value in (f"Bearer {secret}", f"{secret}\x01"):
		_, _, text = call(daemon, {"url": f"http://a.example/?k={secret}",
		    "headers": {"Authorization": value}})
		assert secret not in text
	one, other = (explain(daemon, "http://a.example/",
	    headers={"Authorization": value})["key"]
	    for value in ("Bearer one", "Bearer other"))
	assert one != other and one.startswith("a.example~")
	lab.settle()
	assert secret not in "\n".join(daemon.err.lines)


def hold(lab, far, path, n=1, **fields):
	"""Requests that are on their way, one after another."""
	clients = []
	for _ in range(n):
		one = lab.client()
		one.ask("GET", far.url + path, fields=[(name.replace("_", "-"),
		    value) for name, value in fields.items()])
		clients.append(one)
	return clients


def test_slots(lab):
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = start(lab, hosts={"127.0.0.1": {"concurrency": 1,
	    "queue": {"length": 2}}})
	clients = hold(lab, far, "/")
	far.wait_requests(1)
	answer = explain(daemon, far.url)
	assert (answer["decision"], answer["starts_in"], answer["certain"]) == (
	    "wait", None, False)
	assert decider(answer) == "1 at a time"
	assert answer["says"] == "1 at a time: all are in use"
	clients += hold(lab, far, "/", 2)
	wire.wait_until(lambda: explain(daemon, far.url)["turn"]["waiting"] == 2)
	answer = explain(daemon, far.url)
	assert answer["decision"] == "refuse"
	assert answer["turn"] == {"waiting": 2, "clients": 1, "ahead": 2,
	    "own_ahead": 2}
	assert answer["reasons"][-1]["says"] == \
	    "its turn comes later: 2 of the 2 that wait go before it"
	gate.open()
	for one in clients:
		assert one.response().status == 200


def test_a_pause_of_the_host(lab):
	far = lab.origin(origin.sequence(origin.fixed(429, fields=[
	    ("Retry-After", "100")]), origin.fixed()))
	daemon = start(lab, hosts={"127.0.0.1": {"learn": "pause",
	    "retry": {"attempts": 0}}})
	assert lab.get(far.url).status == 429
	answer = explain(daemon, far.url)
	assert decider(answer) == "paused by the host"
	assert 95 < answer["starts_in"] <= 101
	assert answer["certain"]


def test_a_host_whose_limits_are_learned(lab):
	far = lab.origin(origin.fixed(429, fields=[("Retry-After", "100")]))
	daemon = start(lab, hosts={"127.0.0.1": {"retry": {"attempts": 0}}})
	assert lab.get(far.url).status == 429
	answer = explain(daemon, far.url)
	assert decider(answer) == "paused by the host"
	assert 95 < answer["starts_in"] <= 101


# One that waits

def command(daemon, *args):
	done = sluice.run(*args, env={**os.environ, "LC_ALL": "C.UTF-8",
	    "SLUICE_SOCKET": str(daemon.control)})
	assert done.returncode == 0, done.stderr
	return done.stdout


def test_the_same_is_said_everywhere(lab):
	"""Of one request: before it comes, as it waits, in its refusal, by
	the commands."""
	far = lab.origin()
	daemon = start(lab, hosts={"127.0.0.1": {"capacity": 1,
	    "period": "1h", "concurrency": 5, "queue": {"length": 1,
	    "max_wait": "2h"}}})
	ask = lab.control().get
	assert lab.get(far.url + "/first").status == 200
	nobody = ask("/v1/hosts/127.0.0.1/queue").json()
	assert (nobody["waiting"], nobody["why"]) == (0, None)
	assert ask("/v1/hosts/127.0.0.1").json()["why"] is None
	before = explain(daemon, far.url + "/second")
	assert before["decision"] == "wait"
	one, = hold(lab, far, "/second?secret")
	why = wire.wait_until(lambda: ask(
	    "/v1/hosts/127.0.0.1/queue").json()["why"])
	assert set(why) == {"says", "starts_in", "certain", "reasons", "turn"}
	assert plain(why["says"]) == plain(before["says"]) + \
	    "; 1 of at most 1 wait"
	same({**before, "says": why["says"]}, why)
	assert abs(why["starts_in"] - before["starts_in"]) < SLACK * wire.SLOW
	assert why["certain"] == before["certain"]
	same(why, ask("/v1/hosts/127.0.0.1").json()["why"])
	for name in "queue", "show":
		text = command(daemon, name, "127.0.0.1")
		assert "\nthe next one   1 per 1h lets it go in " in text
		assert "\\x0a" not in text
		assert re.search("^1 per 1h +in .*; this decides$", text, re.M)
		assert "secret" not in text
	# The queue is full, and the next is told by what, in the same words.
	after = explain(daemon, far.url + "/third")
	assert after["decision"] == "refuse"
	answer = lab.get(far.url + "/third")
	assert answer.status == 429
	same(after, json.loads(answer.body))
	assert plain(after["says"]) in plain(command(daemon, "explain",
	    far.url + "/third"))


def test_it_changes_nothing(lab):
	"""So it is answered where nothing may be changed."""
	far = lab.origin()
	token = lab.dir / "token"
	token.write_text("0123456789abcdef")
	token.chmod(0o600)
	start(lab, admin={"web": "127.0.0.1:0", "readonly": True,
	    "web_token_file": str(token)}, hosts={"127.0.0.1": {
	    "capacity": 1, "period": "1h"}})
	question = {"url": far.url}
	web = lab.web(token="0123456789abcdef")
	answer = web.post("/v1/explain", question)
	assert answer.status == 200 and answer.json()["decision"] == "go"
	assert web.post("/v1/explain", question).json() == answer.json()
	assert web.post("/v1/hosts/127.0.0.1/drain", {}).status == 403
	assert "token" in lab.web().post("/v1/explain", question).problem()
	# A stranger's page asks nothing here, either.
	assert web.post("/v1/explain", question,
	    Origin="http://evil.example").status == 403
	assert web.post("/v1/explain", json.dumps(question),
	    **{"Content-Type": "text/plain"}).status == 415
	assert web.get("/v1/hosts").json()["total"] == 0


def test_limits_that_are_only_observed(lab):
	far = lab.origin()
	daemon = start(lab, hosts={"127.0.0.1": {"mode": "observe",
	    "capacity": 1, "period": "1h", "concurrency": 5, "paths": {
	    "/part": {"capacity": 7, "period": "2h"}}}})
	answer = explain(daemon, far.url)
	assert answer["says"] == \
	    "limits are only observed: it would go at once"
	assert answer["decision"] == "observe"
	assert lab.get(far.url).status == 200
	answer = explain(daemon, far.url)
	assert (answer["decision"], answer["starts_in"], answer["certain"]) \
	    == ("observe", 0, True)
	assert decider(answer) == "1 per 1h"
	assert re.fullmatch("limits are only observed: refused, for it would "
	    "wait too long; 1 per 1h lets it go in (1 h|60 min|59[.0-9]* min) "
	    "at the earliest", answer["says"])
	assert [one["name"] for one in answer["reasons"]] == [
	    "5 at a time", "1 per 1h", "turn"]
	assert lab.get(far.url).status == 200
	# What they have left is shown as if they held.
	host = lab.control().get("/v1/hosts/127.0.0.1").json()
	assert [(one["name"], one["from"]) for one in host["budgets"]] == [
	    ("1 per 1h", "file")]
	assert host["budgets"][0]["left"] < 0.5
	part, = host["parts"]
	assert [(one["name"], one["left"]) for one in part["budgets"]] == [
	    ("7 per 2h of /part", 7)]
	# What an operator orders holds, and is explained as that.
	pause = lab.control().post("/v1/hosts/127.0.0.1/pause",
	    {"for": "30s"})
	assert pause.status == 200
	answer = explain(daemon, far.url)
	assert answer["decision"] == "wait"
	assert decider(answer) == "paused by an operator"


# Random states

def any_rate(rng):
	return {"capacity": rng.randint(1, 4),
	    "period": f"{rng.choice((400, 800, 1500))}ms",
	    "burst": rng.randint(1, 3)}


def any_rule(rng):
	rule = {"retry": {"attempts": 0}, "queue": {"max_wait": "30s"}}
	if rng.random() < 0.8:
		rule.update(any_rate(rng))
	if rng.random() < 0.3:
		rule["concurrency"] = rng.randint(3, 20)
	if rng.random() < 0.5:
		rule["paths"] = {"/part": any_rate(rng)}
	return rule


def plain(says):
	"""Without the numbers that time changes."""
	return re.sub(r"[0-9.]+ (ns|us|ms|s|min)\b", "T", says)


def same(explained, problem):
	"""What an explanation and a refusal say at about the same time."""
	a, b = explained["reasons"], problem["reasons"]
	assert [(x["name"], x["decides"]) for x in a] == \
	    [(x["name"], x["decides"]) for x in b]
	for x, y in zip(a, b):
		assert (x["in"] is None) == (y["in"] is None)
		if x["in"] is not None:
			assert abs(x["in"] - y["in"]) < SLACK * wire.SLOW
	assert plain(explained["says"]) == plain(problem["says"])


def check_refusal(lab, daemon, far, path, again=3):
	"""One that may not wait is refused in the words that explain it."""
	fields = {"Sluice-Max-Wait": "0"}
	for _ in range(again):
		before = explain(daemon, far.url + path, headers=fields)
		if before["decision"] != "refuse":
			return
		answer = lab.get(far.url + path, fields=list(fields.items()))
		after = explain(daemon, far.url + path, headers=fields)
		if answer.status == 429 and plain(before["says"]) == plain(
		    after["says"]):
			same(before, json.loads(answer.body))
			return


def asked(lab, daemon):
	"""How many requests have asked its throttle and were not refused."""
	answer = lab.control(daemon).get("/v1/hosts/127.0.0.1")
	if answer.status == 404:
		return 0
	host = answer.json()
	return host["counts"]["admitted"] + host["waiting"]


def check_wait(lab, daemon, far, path, number):
	"""One that is sent now goes when it is said, and no earlier."""
	before = asked(lab, daemon)
	began = time.monotonic()
	said = explain(daemon, far.url + path)
	one, = hold(lab, far, f"{path}?{number}")
	sent = time.monotonic()
	# or the next question could be answered before this one has asked
	wire.wait_until(lambda: asked(lab, daemon) > before)
	return one, began, sent, said


def none_between(said):
	"""Time goes on between the question and the request: nobody who waits
	for a part may have gone meanwhile who would have gone behind it."""
	turn = said["turn"]
	return turn["waiting"] == (0 if said["decision"] == "go"
	    else turn["ahead"])


class Machine:
	"""How late a round trip is that nobody holds up, at the same time."""

	def __init__(self, lab):
		self.client = lab.client()
		self.late = 0			# s; the longest
		self.over = threading.Event()
		self.task = lab.spawn(self.run)

	def run(self):
		while not self.over.wait(0.005):
			began = time.monotonic()
			self.client.ping()
			self.late = max(self.late, time.monotonic() - began)

	def end(self):
		self.over.set()
		self.task.join()
		return self.late


def arrival(far, path):
	with far.cond:
		return next(r.time for r in far.requests if r.target == path)


@pytest.mark.parametrize("seed", range(8))
def test_it_goes_when_it_is_said(lab, seed):
	rng = random.Random(seed)
	far = lab.origin(origin.by_path({"/pause": origin.fixed(429, fields=[
	    ("Retry-After", "1")])}, origin.fixed()))
	daemon = start(lab, hosts={"127.0.0.1": any_rule(rng)})
	if rng.random() < 0.4:
		lab.get(far.url + "/pause")
	waits = []
	machine = Machine(lab)
	for number in range(10):
		path = rng.choice(("/", "/part"))
		check_refusal(lab, daemon, far, path)
		waits.append((f"{path}?{number}",
		    *check_wait(lab, daemon, far, path, number)))
	assert [one.response().status for _, one, *_ in waits] == [200] * 10
	late = SLACK * wire.SLOW + 2 * machine.end()
	for path, _, began, sent, said in waits:
		if said["starts_in"] is None:
			continue
		went = arrival(far, path)
		assert went - began >= said["starts_in"] - EARLY, said
		if said["certain"] and none_between(said):
			assert went - sent <= said["starts_in"] + late, said


def test_drained(lab):
	"""When it would go otherwise would be no answer."""
	daemon = start(lab, hosts={"api.example": {"capacity": 30}})
	assert lab.control().ask("POST", "/v1/hosts/api.example/drain",
	    {}).status == 200
	answer = explain(daemon, "http://api.example/")
	assert answer["decision"] == "refuse"
	assert answer["says"] == "refused, for the host is drained"


@pytest.mark.parametrize("names, says", [
    ({"a.test": {"A": "silent", "AAAA": "silent"}},
     "the resolver did not answer in time"),
    ({"a.test": "SERVFAIL"}, "the host's name could not be resolved"),
    ({"a.test": "NXDOMAIN"},
     "the host's name is not known, or has no address"),
], ids=["silent", "SERVFAIL", "NXDOMAIN"])
def test_name_that_has_no_address_now(lab, names, says):
	"""What it says of limits is said all the same."""
	daemon = lab.sluice(resolver=[lab.dns(names).at],
	    timeouts={"connect": "200ms"}, hosts={"a.test": {"capacity": 1}})
	answer = explain(daemon, "http://a.test/")
	assert answer["destination"]["says"] == says
	assert answer["destination"]["addresses"] == []
	assert answer["decision"] == "go"


def test_asker_who_is_gone(lab):
	"""While the name is looked up: the next one is answered."""
	dns = lab.dns({"a.test": {"A": "silent", "AAAA": "silent"},
	    "b.test": {"A": ["127.0.0.1"]}})
	daemon = lab.sluice(resolver=[dns.at])
	daemon.err.wait("control plane at")
	one = Socket(daemon.control)
	one.request("POST", "/v1/explain", json.dumps({"url":
	    "http://a.test/"}), {"Content-Type": "application/json"})
	wire.wait_until(lambda: dns.asked, what="a question")
	one.close()
	assert explain(daemon, "http://b.test/")["decision"] == "go"
