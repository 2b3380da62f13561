# SPDX-License-Identifier: ISC
"""One client cannot have all of it: places, connections, time, memory."""
import json

import metrics
import origin
import wire

GREEDY, MODEST, THIRD = "127.0.0.1", "127.0.0.5", "127.0.0.6"


def ask(lab, source, url):
	one = lab.client(source=source)
	one.ask("GET", url)
	return one


def fill(lab, daemon, far, n, source=GREEDY, first=0):
	"""So many more wait, one after the other; who they are."""
	waiting = []
	for i in range(first, first + n):
		waiting.append(ask(lab, source, f"{far.url}/{source}/{i}"))
		metrics.until(daemon, lambda seen: seen.sum(
		    "sluice_queue_length") == i + 1)
	return waiting


def test_a_full_queue_makes_room(lab):
	"""
	Who has all places gives its last one to a newcomer, up to half of
	them, and is told why; who would have no fewer is refused itself.
	"""
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = lab.sluice(hosts={"127.0.0.1": {"concurrency": 1,
	    "queue": {"length": 4}}})
	held = ask(lab, GREEDY, far.url + "/held")
	far.wait_requests(1)
	waiting = fill(lab, daemon, far, 4)
	refused = lab.client(source=GREEDY).get(far.url + "/alone")
	assert refused.status == 429
	assert json.loads(refused.body)["detail"] == "the host's queue is full"

	modest = [ask(lab, MODEST, f"{far.url}/modest/{i}") for i in range(2)]
	for one in waiting[:1:-1]:
		answer = one.response()
		assert answer.status == 429
		assert int(answer.get("retry-after")) >= 1
		problem = json.loads(answer.body)
		assert problem["detail"] == ("the host's queue is full, and "
		    "most of it is the client's")
		assert problem["says"].startswith("refused, for the queue is full")
	assert lab.client(source=MODEST).get(far.url + "/no").status == 429
	third = ask(lab, THIRD, far.url + "/third")
	metrics.until(daemon, lambda seen: seen("sluice_refusals_total",
	    host="127.0.0.1", reason="queue_full") == 5)
	gate.open()
	done = [one.response().status
	    for one in [held, third, *modest, *waiting[:2]]]
	assert sorted(done) == [200] * 5 + [429]
