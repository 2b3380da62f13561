# SPDX-License-Identifier: ISC
"""How hosts change, in the stream of events: what changed only, but all of it
to who has just come."""
import contextlib
import http.client
import json

import pytest

import panel
import wire


@contextlib.contextmanager
def stream(house, query="live=true"):
	"""Calls for what comes next: next(live) is the data of one."""
	one = http.client.HTTPConnection(house.door, timeout=wire.DEADLINE)
	with contextlib.closing(one):
		one.request("GET", "/v1/events?" + query, headers={
		    "Authorization": "Bearer " + house.token}
		    if house.token else {})
		answer = one.getresponse()
		assert answer.status == 200
		assert answer.getheader("content-type") == "text/event-stream"
		yield lives(answer)


def lives(answer):
	"""The data of each event "live"."""
	name = None
	for line in answer:
		line = line.decode().rstrip("\n")
		if line.startswith("event: "):
			name = line[7:]
		elif line.startswith("data: ") and name == "live":
			yield json.loads(line[6:])
		elif not line:
			name = None


def quiet(live):
	"""All that is told until a second in which nothing changes: what was
	sent has ended then, and is told of."""
	told = {}
	for one in live:
		if not one["hosts"]:
			return told
		told.update({host["key"]: host for host in one["hosts"]})


def until(live, key):
	"""The next one that tells of a host, and what it tells."""
	for one in live:
		for host in one["hosts"]:
			if host["key"] == key:
				return host


@pytest.fixture
def house(lab):
	return panel.House(lab, hosts={"*.test": {"capacity": 3,
	    "period": "1h", "queue": {"max_wait": "2h"}}})


def test_changes_only(house):
	for i in range(40):
		house.get(f"h{i}.test")
	with stream(house) as live:
		# Time alone changes nothing: buckets fill, and that is all.
		assert quiet(live).keys() == {f"h{i}.test" for i in range(40)}
		house.json("/v1/hosts/h7.test/pause", "POST", {"for": "1h"})
		one = until(live, "h7.test")
		assert one["state"] == "paused"
		assert one["pause"]["cause"] == "manual"
		assert quiet(live).keys() <= {"h7.test"}
		house.wait_for("h7.test")
		one = until(live, "h7.test")
		assert one["waiting"] == 1
		assert len(one["history"]["waiting"]) == 1
		# Who comes later gets all of them, and the first no more.
		with stream(house) as other:
			assert len(quiet(other)) == 40
			assert quiet(live).keys() <= {"h7.test"}


def test_gone(lab):
	"""A host that has nothing spent and nobody waiting is forgotten."""
	house = panel.House(lab, hosts={"*.test": {"capacity": 1,
	    "period": "2s"}})
	house.get("a.test")
	with stream(house) as live:
		assert [host["key"] for host in next(live)["hosts"]] == \
		    ["a.test"]
		# Room is made where another comes.
		for i, one in zip(range(int(wire.DEADLINE)), live):
			if "a.test" in one["gone"]:
				break
			house.get(f"b{i}.test")
	assert "a.test" not in [host["key"] for host in
	    house.json("/v1/hosts")["hosts"]]


def test_rules_without_a_token(lab):
	house = panel.House(lab, token=False, hosts={"*.test": {
	    "capacity": 5, "period": "1h"}})
	house.get("a.test")
	house.get("b.test")
	with stream(house) as live:
		first = next(live)
		assert not first["status"]["full"]
		assert [host["key"] for host in first["hosts"]] == ["*.test"]
		assert first["hosts"][0]["hosts"] == 2
		house.get("c.test")
		while until(live, "*.test")["hosts"] != 3:
			pass


def test_not_live(house):
	"""Without it there is none; and it is a boolean."""
	house.get("a.test")
	assert house.call("/v1/events?live=maybe").status == 400
	with stream(house, "after=0") as events:
		house.daemon.term()
		assert list(events) == []


def test_other_limits(house):
	"""Limits that are set again are told of, though nobody asks."""
	house.get("a.test")
	with stream(house) as live:
		quiet(live)
		for concurrency in 5, 7:
			house.json("/v1/hosts/a.test/limits", "PUT",
			    {"for": "1h", "concurrency": concurrency})
			host = until(live, "a.test")
			assert host["concurrency"] == concurrency
