# SPDX-License-Identifier: ISC
"""The control plane in the middle of everything: all that it answers, asked
at random by several, while requests pass and configurations come and go.

As long_storms.py: not collected, run by script/long.  test_control_storm.py
has the same for a second.
"""
import http.client
import json
import random
import threading
import time

import pytest

import client
import control
import dnsserver
import long_storms
import origin
import wire
from long_storms import Storm, body, forget, rest
from long_storms import seed			# noqa: F401, a fixture

SECONDS = long_storms.SECONDS
TOKEN = "a-token-of-the-storm"
NAMES = [f"{name}.storm.test" for name in "abcdefgh"]

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(SECONDS
    + 300 * wire.SLOW)]


def too_much(conn, req):
	"""Refuses, sometimes with a time."""
	after = random.choice([[], [("Retry-After", "1")],
	    [("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "1")]])
	conn.reply(429, fields=after)


def answers():
	return origin.by_path({"/echo": origin.echo, "/slow": long_storms.slow,
	    "/limit": too_much})


class House:
	"""A daemon with all that there is, and one origin of many names."""

	def __init__(self, lab):
		self.lab = lab
		self.far = lab.origin(answers())
		token = lab.dir / "token"
		token.write_text(TOKEN + "\n")
		self.keys = {
		    "admin": {"web": "127.0.0.1:0",
			"web_token_file": str(token), "connections": 2000,
			"events": 200, "exchanges": 100, "history": 4,
			"overrides": 40},
		    "resolver": [lab.dns(dnsserver.Here()).at],
		    "timeouts": {"idle": "2s", "drain": "10s"},
		    "log": {"held": "100ms"},
		    "metrics": {"hosts": 5}}
		self.daemon = lab.sluice(**self.keys, hosts=rules())
		self.daemon.err.wait("is ready")
		self.ways = [control.Control(self.daemon.control),
		    lab.web(TOKEN), lab.web()]

	def url(self, name):
		return f"http://{name}:{self.far.port}"

	def change(self, rng, hosts):
		self.daemon.write(**self.keys, hosts=hosts)
		if rng.random() < 0.5:
			self.daemon.hup()
		else:
			answer = self.ways[0].post("/v1/reload", {})
			assert answer.status in (200, 409), answer.body
		long_storms.trim(self.daemon)


def rules(rng=None):
	"""Some rules; each time others, where there is a choice."""
	# A host that refuses again and again is paused for longer and longer: no
	# longer than clients wait here.
	always = {"queue": {"max_wait": "1h", "length": 1000},
	    "pause": {"max": "3s"}}
	if rng is None:
		return {"*.storm.test": {"concurrency": 8, **always}}
	hosts = {}
	for name in ["*.storm.test", *NAMES, "*", "a.storm.test:80"]:
		if rng.random() < 0.4:
			continue
		rule = hosts[name] = dict(always)
		if rng.random() < 0.7:
			rule["concurrency"] = rng.randrange(1, 20)
		if rng.random() < 0.6:
			rule["capacity"] = rng.choice([50, 500, 5000])
			rule["period"] = rng.choice(["100ms", "1s"])
		if rng.random() < 0.3:
			rule["per"] = rng.choice(["header:Authorization", "header:X-Key"])
		if name.startswith("*") and rng.random() < 0.3:
			rule["shared"] = True
		if rng.random() < 0.3:
			rule["mode"] = "observe"
		elif rng.random() < 0.4:
			rule["candidate"] = {"concurrency": rng.randrange(1, 9),
			    "capacity": rng.choice([5, 50]),
			    "queue": {"max_wait": "2s"}}
		if rng.random() < 0.3:
			rule["paths"] = {rng.choice(["/echo", "/slow"]):
			    {"concurrency": 3}}
		rule["fair_by"] = rng.choice(["client", "header:X-Key"])
	return hosts


def key(rng):
	return rng.choice(NAMES + ["*.storm.test", "*", "x.test", "%00", "..",
	    "~", "a.storm.test~" + "0" * 31 + "1", "a" * 1500, "%ff%fe",
	    "a.storm.test:80", "[::1]"])


def orders(rng):
	"""A request to the control plane that changes something."""
	at = f"/v1/hosts/{key(rng)}/"
	brief = rng.choice(["1ms", "20ms", "200ms", 0.05, 0, -1, 1e300, "0s",
	    None, "x", []])
	return rng.choice([
	    lambda: ("POST", at + "pause", {"for": brief, "reason": "stop"}),
	    lambda: ("POST", at + "pause", {"for": "10ms"}),
	    lambda: ("POST", at + "resume", {"reason": "\u2028\u0007"[
		:rng.randrange(3)]}),
	    lambda: ("POST", at + "drain", {}),
	    lambda: ("POST", at + "forget", {}),
	    lambda: ("PUT", at + "limits", {"for": brief, "capacity":
		rng.choice([1e12, 1e9, 1, 100, 1e-6, -1, None]), "period":
		rng.choice(["1ms", "1s", "366d", None]), "concurrency":
		rng.choice([0, 1, 5, 1000000, None])}),
	    lambda: ("PUT", at + "limits", {"for": rng.choice(["100ms",
		"366d"]), "concurrency": rng.randrange(1, 9)}),
	    lambda: ("DELETE", at + "limits", None),
	    lambda: ("PUT", "/v1/log", {"level": rng.choice(["info", "warn"]),
		"for": "10ms"}),
	])()


def looks(rng):
	"""A path of it that is only looked at."""
	return rng.choice(["/metrics", "/", "/healthz", "/readyz",
	    "/v1/status", "/v1/overrides", "/v1/suggest", "/v1/log",
	    "/v1/hosts?by=rule", "/v1/hosts?limit=3&sort=waiting",
	    "/v1/hosts?state=paused&match=*storm*", "/v1/exchanges?limit=50",
	    f"/v1/exchanges?host={key(rng)}", f"/v1/hosts/{key(rng)}",
	    f"/v1/hosts/{key(rng)}/queue", "/v1/hosts?after=1.2.3.4.x",
	    "/v1/events?follow=false&after=0&limit=1000",
	    f"/v1/events?follow=false&match={key(rng)}"])


def answered(answer):
	"""It is one, whatever was asked: nothing that the server broke by."""
	assert answer.status < 500 or answer.status == 503, answer.body
	if "json" in (answer.headers["Content-Type"] or ""):
		json.loads(answer.body)


def look(rng, house):
	path = looks(rng)
	try:
		answered(rng.choice(house.ways).get(path))
	except (OSError, http.client.HTTPException) as error:
		raise AssertionError(path) from error


def order(rng, house):
	method, path, what = orders(rng)
	answered(rng.choice(house.ways[:2]).ask(method, path, what,
	    {} if what is not None else {"Content-Type": "application/json"}))


def explain(rng, house):
	answered(house.ways[0].post("/v1/explain", {
	    "url": house.url(rng.choice(NAMES)) + rng.choice(["/echo", "/?q"]),
	    "method": rng.choice(["GET", "POST"]), "headers":
	    rng.choice([{}, {"x-key": "1"}])}))


def follow(rng, house):
	"""A stream of events, left at some moment, or never read."""
	way = rng.choice(house.ways)
	live = rng.choice(["true", "false"])
	one, response = way.open("GET", "/v1/events?live=" + live)
	try:
		assert response.status in (200, 503), response.status
		if live == "true" and rng.random() < 0.7:
			response.read1(rng.choice([1, 500, 100000]))
		threading.Event().wait(rng.expovariate(10))
	finally:
		one.close()


def half_ask(rng, house):
	"""Who asks, and is gone before there is an answer."""
	one = control.Connection(rng.choice(house.ways).at)
	try:
		one.connect()
		text = client.request("GET", rng.choice(["/metrics",
		    "/v1/hosts", "/v1/exchanges", "/v1/suggest"]),
		    host="localhost")
		if rng.random() < 0.3:
			text = text[:rng.randrange(len(text))]
		one.sock.sendall(text)
		threading.Event().wait(rng.expovariate(500))
	finally:
		one.close()


def ask_many(rng, house, statuses):
	"""Requests of a client, each to another host."""
	one = house.lab.client(timeout=30 * wire.SLOW)
	try:
		for _ in range(rng.randrange(1, 8)):
			name = rng.choice(NAMES)
			try:
				answer = one.call("POST", house.url(name) +
				    "/echo", [("x-key", str(rng.randrange(3)))],
				    body=body(rng)[:2000])
			except TimeoutError:
				raise AssertionError(name, house.ways[0].get(
				    "/v1/hosts?match=*storm*").body)
			assert answer.status in statuses, (answer, answer.body)
			if answer.get("connection") == "close":
				return
	finally:
		one.close()
		house.lab.clients.remove(one)


def tunnel(rng, house):
	one = house.lab.client(timeout=30 * wire.SLOW)
	try:
		answer = one.call("CONNECT",
		    f"{rng.choice(NAMES)}:{house.far.port}")
		assert answer.status in (200, 429, 503), answer
		threading.Event().wait(rng.expovariate(50))
	finally:
		one.close()
		house.lab.clients.remove(one)


def refused(rng, house):
	"""One whose host says that it is too much, and one that is gone."""
	one = house.lab.client(timeout=1)
	try:
		one.ask("GET", house.url(rng.choice(NAMES)) + "/limit")
		if rng.random() < 0.5:
			one.response()
	except (OSError, wire.Closed):
		pass
	finally:
		one.close()
		house.lab.clients.remove(one)


def storm_of(house, seconds):
	storm = Storm(house.lab, seconds)

	def reload(rng):
		house.change(rng, rules(rng))
		time.sleep(0.05)
	storm.start(reload)
	storm.start(ask_many, house, (200, 429, 503), threads=4)
	storm.start(tunnel, house)
	storm.start(refused, house)
	storm.start(look, house, threads=3)
	storm.start(order, house, threads=2)
	storm.start(explain, house)
	storm.start(follow, house, threads=2)
	storm.start(half_ask, house)
	storm.start(lambda rng: (forget(house.far), time.sleep(1)))
	return storm


def lift_all(house):
	"""What was ordered is taken back."""
	way = house.ways[0]
	for one in way.get("/v1/overrides").json()["overrides"]:
		for method, what in (("DELETE", "limits"), ("POST", "resume")):
			way.ask(method, f"/v1/hosts/{one['key']}/{what}",
			    {} if method == "POST" else None)


def calm(house, files):
	"""All is as before: slots, queues, tunnels, descriptors."""
	way = house.ways[0]

	def empty():
		lift_all(house)
		return all(one["in_flight"] == one["waiting"] ==
		    one["tunnels"] == 0 for one in way.get(
		    "/v1/hosts?limit=1000").json()["hosts"])
	wire.wait_until(empty, 6 * wire.DEADLINE, what="empty hosts")
	house.daemon.write(**house.keys, hosts=rules())
	answer = way.post("/v1/reload", {})
	assert answer.status == 200, answer.body
	lift_all(house)
	for name in NAMES:
		way.post(f"/v1/hosts/{name}/forget", {})
		assert house.lab.get(house.url(name) + "/echo").status == 200
	assert way.get("/v1/overrides").json()["overrides"] == []
	rest(house.lab, house.daemon, house.far, files)


def rise(before, after):
	"""Whether no counter of the later scrape is less than in the former."""
	def counters(text):
		return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
		    for line in text.decode().splitlines()
		    if line and line[0] != "#" and "_total" in line}
	old, new = counters(before), counters(after)
	fell = {name: (value, new.get(name)) for name, value in old.items()
	    if new.get(name, -1) < value}
	assert not fell, fell


def test_control(lab):
	"""Everything at once; afterwards all is as it was before."""
	house = House(lab)
	files = house.daemon.files()
	for seconds in (SECONDS / 4, SECONDS * 3 / 4):
		before = house.ways[0].get("/metrics").body
		assert all(storm_of(house, seconds).join())
		calm(house, files)
		rise(before, house.ways[0].get("/metrics").body)
		if seconds == SECONDS / 4:
			warm = house.daemon.rss()
	assert house.daemon.rss() - warm < long_storms.GROWTH


def test_control_ends(lab, tmp_path):
	"""Ended in the middle of it all, again and again."""
	rng = random.Random(f"{long_storms.SEED} ends")
	end = time.monotonic() + SECONDS
	lives = 0
	while time.monotonic() < end or lives < 2:
		lab.dir = tmp_path / f"life{lives}"
		lab.dir.mkdir()
		house = House(lab)
		storm = storm_of(house, 30 * wire.SLOW)
		threading.Event().wait(rng.uniform(0, 1))
		house.daemon.term()
		house.daemon.wait(30 * wire.SLOW)
		storm.over.set()
		for task in storm.tasks:	# whose door has closed
			task.thread.join(6 * wire.DEADLINE)
			assert not task.thread.is_alive()
		house.daemon.check()
		lab.daemons.remove(house.daemon)
		lab.threads.clear()
		lives += 1
	print(lives, "lives")
