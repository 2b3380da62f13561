# SPDX-License-Identifier: ISC
"""The control plane's events, kept and to come, and what it shows live."""
import json
import re

import pytest

import dnsserver
import origin
import wire
from test_admin import WEB

PLAIN = {"hosts": {"*.test": {"capacity": 1000}}}


def test_events(lab):
	daemon = lab.sluice(**PLAIN)
	stream = lab.control().events()
	daemon.write("wrong")
	daemon.hup()
	event = stream.until(lambda e: e["kind"] == "reload")
	assert "not reloaded" in event["text"]
	stream.close()
	again = lab.control().events("/v1/events",
	    **{"Last-Event-ID": str(event["id"] - 1)})
	assert again.until(lambda e: True) == event
	again.close()
	kept = lab.control().get(f"/v1/events?follow=false&after="
	    f"{event['id'] - 1}").json()
	assert kept["events"][0] == event
	assert kept["missed"] == 0


def test_events_that_are_not_kept_any_more(lab):
	daemon = lab.sluice(admin={"events": 2})
	for i in range(4):
		daemon.reload(**daemon.keys)
	wire.wait_until(lambda: lab.control().get(
	    "/v1/events?follow=false").json()["events"])
	kept = lab.control().get("/v1/events?follow=false&after=0").json()
	assert len(kept["events"]) == 2
	assert kept["missed"] == kept["events"][0]["id"] - 1


def test_stream_says_what_is_not_kept_any_more(lab):
	daemon = lab.sluice(admin={"events": 2})
	for _ in range(4):
		daemon.reload(**daemon.keys)
	one, response = lab.control().open("GET", "/v1/events?after=0")
	assert re.fullmatch(rb": [1-9][0-9]* are not kept any more\n",
	    response.readline())
	assert response.readline() == b"\n"
	assert response.readline().startswith(b"id: ")
	one.close()


def test_events_by_match(lab):
	one = lab.origin(origin.fixed(429,
	    fields=[("Retry-After", "1")]))
	lab.sluice(hosts={"127.0.0.1": {"retry": {"attempts": 0}}})
	found = lab.control().events("/v1/events?match=127.*")
	lab.get(one.url + "/")
	event = found.until(lambda e: e["kind"] == "refusal")
	assert event["host"].startswith("127.0.0.1")
	assert "Retry-After: 1" in event["fields"] or \
	    "retry-after: 1" in event["fields"].lower()
	found.close()
	none = lab.control().get(
	    "/v1/events?follow=false&match=other&after=0").json()
	assert none["events"] == []


def test_events_without_a_token(lab):
	one = lab.origin(origin.fixed(429, fields=[("Retry-After", "1"),
	    ("X-RateLimit-Limit", "60"), ("X-RateLimit-Remaining", "0"),
	    ("Set-Cookie", "s3cret")]))
	lab.sluice(admin=WEB, defaults={"retry": {"attempts": 0}})
	stream = lab.web().events()
	whole = lab.control().events()
	lab.get(one.url + "/secret")
	event = whole.until(lambda e: e["kind"] == "refusal")
	assert event["host"] == "127.0.0.1"
	assert event["fields"].lower() == "retry-after: 1 · " \
	    "x-ratelimit-limit: 60 · x-ratelimit-remaining: 0"
	whole.close()
	event = stream.until(lambda e: e["kind"] == "refusal")
	assert event["host"] is None and event["fields"] is None
	assert event["rule"] == "defaults"
	stream.close()
	text = lab.web().get("/v1/events?follow=false&after=0").body
	assert b"127.0.0.1" not in text and b"secret" not in text


def test_reader_who_does_not_read(lab):
	daemon = lab.sluice(limits={"buffer": "16KiB"})
	slow = lab.control().events()
	good = lab.control().events()
	ids = []

	def flood():
		daemon.write("wrong: " + "x" * 200)
		for _ in range(50):
			daemon.hup()
		ids.append(good.until(lambda e: True)["id"])
		while ids[-1] < events_so_far():
			ids.append(good.until(lambda e: True)["id"])

	def events_so_far():
		kept = lab.control().get("/v1/events?follow=false&limit=1")
		return kept.json()["events"][-1]["id"]

	def cut():
		flood()
		return not established(slow)

	def established(stream):
		try:
			stream.connection.sock.send(b"")
		except OSError:
			return False
		import select
		poll = select.poll()
		poll.register(stream.connection.sock, 0)
		return not poll.poll(0)

	def dropped():
		return re.search(r"^sluice_events_dropped_total (\d+)$",
		    lab.control().get("/metrics").body.decode(), re.M)[1]

	assert dropped() == "0"
	wire.wait_until(cut)
	assert dropped() == "1"
	assert ids == sorted(set(ids))
	slow.close()
	good.close()


def next_live(stream):
	while True:
		event = stream.next()
		if event["event"] == "live":
			assert event["id"] == ""
			return json.loads(event["data"])


def test_live(lab):
	one = lab.origin()
	lab.sluice(admin=WEB)
	stream = lab.control().events("/v1/events?live=true")
	first = next_live(stream)
	assert first["status"]["full"] is True
	assert (first["hosts"], first["gone"]) == ([], [])
	lab.get(one.url + "/")
	while not (live := next_live(stream))["hosts"]:
		pass
	assert [host["key"] for host in live["hosts"]] == ["127.0.0.1"]
	assert live["status"]["hosts"] == 1
	stream.close()
	# a newcomer is told all; on the web all of a rule is one
	stream = lab.control().events("/v1/events?live=true")
	assert next_live(stream)["hosts"][0]["key"] == "127.0.0.1"
	stream.close()
	stream = lab.web().events("/v1/events?live=true")
	live = next_live(stream)
	assert [host["key"] for host in live["hosts"]] == ["unlimited"]
	assert "127.0.0.1:" + str(one.port) not in json.dumps(live)
	stream.close()


def test_live_of_many_hosts(lab):
	"""More than is sent at once, to one who reads: nothing is missing."""
	names = lab.dns(dnsserver.Here())
	far = lab.origin()
	lab.sluice(resolver=[names.at], limits={"buffer": "16KiB"},
	    defaults={"capacity": 10, "period": "1h"})
	one = lab.client()
	for i in range(200):
		assert one.get(f"http://h{i}.test:{far.port}/").status == 200
	one.close()
	keys = {host["key"] for host in lab.control().get(
	    "/v1/hosts?limit=1000").json()["hosts"]}
	assert len(keys) == 200
	stream = lab.control().events("/v1/events?live=true")
	seen = set()
	while seen < keys:
		seen |= {host["key"] for host in next_live(stream)["hosts"]}
	assert seen == keys
	stream.close()


@pytest.mark.parametrize("most,streams", [(32, 28), (6, 3), (1, 1)])
def test_streams_leave_places(lab, most, streams):
	"""Dashboards that stay open lock nobody out."""
	lab.sluice(admin={"connections": most})
	kept = [lab.control().events() for _ in range(streams)]
	if most > streams:
		answer = lab.control().get("/v1/events")
		assert answer.status == 503
		assert "admin.connections" in answer.json()["expected"]
		assert lab.control().get("/v1/status").status == 200
	kept.pop().close()
	wire.wait_until(lambda: opens(lab), what="a place")
	for one in kept:
		one.close()


def opens(lab):
	"""Whether there is a place for one more stream."""
	try:
		lab.control().events().close()
	except (AssertionError, OSError):
		return False
	return True


def test_stream_ends_with_its_reader_and_with_the_process(lab):
	daemon = lab.sluice()
	assert lab.control().get("/healthz").status == 200
	before = daemon.files()
	streams = [lab.control().events() for _ in range(5)]
	for one in streams:
		one.close()
	wire.wait_until(lambda: daemon.files() <= before)
	last = lab.control().events()
	daemon.term()
	with pytest.raises((EOFError, OSError, Exception)):
		while True:
			last.next()
	last.close()
