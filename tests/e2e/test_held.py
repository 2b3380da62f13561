# SPDX-License-Identifier: ISC
"""log.held: a request that waits for long says so while it does, and again."""
import re
import time

import origin
import wire

HELD = re.compile(r'info: (?P<host>\S+): held for (?P<time>[^"]+) by '
    r'"(?P<budget>[^"]+)", (?P<when>to go [^:]+): (?P<request>\S+( \S+)?) of '
    r"(?P<client>\S+); waiting there: (?P<waiting>\d+), the oldest for .+$")
LONG = {"capacity": 1, "period": "1h", "queue": {"max_wait": "3h",
    "length": 1000}}
SOON = 0.3			# s


def start(lab, held="300ms", host=LONG, **keys):
	return lab.sluice(hosts={"127.0.0.1": host}, log={"held": held},
	    **keys)


def told(daemon, n=1):
	lines = daemon.err.like(" held for ", n)
	return [HELD.search(line).groupdict() for line in lines]


def test_what_is_told(lab):
	"""Who, where, what for and until when; no query."""
	far = lab.origin()
	daemon = start(lab)
	lab.get(far.url + "/first")
	one = lab.client().ask("GET", far.url + "/waits?s3cr3t")
	name = "%s:%d" % one.sock.getsockname()
	row = told(daemon)[0]
	assert row["host"] == "127.0.0.1"
	assert row["budget"] == "1 per 1h"
	assert re.match(r"to go in (1 h|\d+ min|\d+ s)", row["when"]), row
	assert row["request"] == "GET /waits"
	assert row["client"] == name
	assert int(row["waiting"]) == 1
	assert "s3cr3t" not in daemon.err.text()


def test_a_queue_that_stands(lab):
	"""It is told of for as long as it does, though nobody comes."""
	far = lab.origin()
	daemon = start(lab)
	began = time.monotonic()
	lab.get(far.url + "/first")
	clients = [lab.client().ask("GET", far.url + f"/{i}") for i in range(3)]
	rows = told(daemon, 3)
	most = (time.monotonic() - began) / SOON + 1
	assert 3 <= len(rows) <= most, rows
	for row in rows[1:]:
		assert row["request"] in {f"GET /{i}" for i in range(3)}
		assert int(row["waiting"]) == len(clients)


def test_who_was_told_goes(lab):
	"""Of those that stay one is told, though it was looked at before."""
	far = lab.origin()
	daemon = start(lab)
	lab.get(far.url + "/first")
	clients = {}
	for path in ("/0", "/1"):
		one = clients["GET " + path] = lab.client()
		one.ask("GET", far.url + path)
	gone = told(daemon)[0]["request"]
	clients.pop(gone).close()
	wire.wait_until(lambda: lab.control().get(
	    "/v1/status").json()["waiting"] == 1)
	since = len(daemon.err)
	stays, = clients
	assert " " + stays + " of " in daemon.err.wait(" held for ",
	    since=since)


def test_one_line_for_many(lab):
	"""A queue that passes log.held together is one line."""
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = start(lab, host={"concurrency": 1})
	began = time.monotonic()
	clients = [lab.client().ask("GET", far.url + "/") for _ in range(200)]
	told(daemon)
	# a word of one that came when the others had theirs
	since = len(daemon.err)
	last = lab.client().ask("GET", far.url + "/")
	daemon.err.wait(" held for ", since=since)
	most = (time.monotonic() - began) / SOON + 1
	rows = told(daemon, 2)
	assert len(rows) <= most, rows
	assert int(rows[-1]["waiting"]) >= len(clients) - 1
	gate.open()
	for one in [*clients, last]:
		assert one.response().status == 200


def test_hosts_apart(lab):
	far = lab.origin()
	daemon = lab.sluice(hosts={"127.0.0.1": LONG, "localhost": LONG},
	    log={"held": "300ms"})
	clients = []
	for name in ("127.0.0.1", "localhost"):
		url = f"http://{name}:{far.port}/"
		lab.get(url)
		clients.append(lab.client().ask("GET", url))
	assert {row["host"] for row in told(daemon, 2)} == {"127.0.0.1",
	    "localhost"}


def test_a_slot(lab):
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = start(lab, host={"concurrency": 1})
	first = lab.client().ask("GET", far.url + "/held")
	far.wait_requests(1)
	second = lab.client().ask("CONNECT", far.at, host=far.at)
	row = told(daemon)[0]
	assert row["budget"] == "1 at a time"
	assert row["when"] == "to go when another ends"
	assert row["request"] == "CONNECT"
	gate.open()
	assert first.response().status == 200
	assert second.response("CONNECT").status == 200


def test_off_and_reload(lab):
	"""Off it is not told; from a reload on it is, as of those who wait."""
	far = lab.origin()
	daemon = start(lab, held="off")
	lab.get(far.url + "/first")
	one = lab.client().ask("GET", far.url + "/waits")
	lab.settle()
	assert " held for " not in daemon.err.text()
	since = len(daemon.err)
	daemon.change(log={"held": "1ms"})
	daemon.err.wait(" held for ", since=since)
	one.close()


def test_again_after_a_refusal(lab):
	"""It waits anew, and says so anew, for the pause."""
	far = lab.origin(origin.sequence(origin.fixed(429, fields=[(
	    "Retry-After", "2")]), origin.fixed(200)))
	daemon = start(lab, host={"capacity": 100})
	assert lab.get(far.url + "/again").status == 200
	row = told(daemon)[0]
	assert row["budget"] == "paused by the host"
	assert wire.SLOW > 1 or re.match(r"to go in 1\.\d s", row["when"])
