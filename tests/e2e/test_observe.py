# SPDX-License-Identifier: ISC
"""Limits that are only observed, and those that are tried beside others."""
import json
import statistics
import time

import client
import origin
import wire

HOUR = {"capacity": 1, "period": "1h", "queue": {"max_wait": "24h"}}


def limits(**keys):
	return {"127.0.0.1": keys}


def lines(daemon, n):
	"""The log's lines of n exchanges by path, which has to be JSON."""
	rows = [json.loads(line) for line in daemon.out.count(n)]
	assert len(rows) == n
	return {row["path"]: row for row in rows}


def would_wait(row):
	"""What a line says that it would have waited (s); None: refused."""
	words = row["observed"]
	if words is None:
		return 0
	if words.startswith("would have been refused"):
		return None
	assert words.startswith("would have waited "), words
	number, unit = words.split()[3:5]
	return float(number) * {"ms": 1e-3, "s": 1}[unit]


def arrived(row):
	"""When the request came (s), to the millisecond of the line's time."""
	second, rest = row["time"].rstrip("Z").split(".")
	ended = time.mktime(time.strptime(second, "%Y-%m-%dT%H:%M:%S")) + \
	    float("0." + rest)
	return ended - row["held"] - row["upstream"]


def test_candidate_decides_as_if_enforced(lab):
	"""A crowd, with turns for two clients: the same arrivals to a sluice
	that tries limits and to one where they hold.  Each has one loop, which
	takes them in the order in which they are sent."""
	tried = {"capacity": 8, "period": f"{wire.SLOW:g}s", "burst": 1,
	    "queue": {"length": 6}}
	gate = origin.Gate()
	far = lab.origin(gate)
	keys = {"log": {"format": "json"}, "workers": 1}
	tries = lab.sluice(hosts=limits(capacity=1000,
	    fair_by="header:X-Who", candidate=tried), **keys)
	holds = lab.sluice(hosts=limits(fair_by="header:X-Who", **tried),
	    **keys)
	there = [lab.client(daemon) for daemon in (tries, holds)
	    for _ in range(10)]
	for i in range(10):
		who = [("X-Who", "abb"[i % 3])]
		there[10 + i].ask("GET", far.url + f"/{i}?holds", who)
		there[i].ask("GET", far.url + f"/{i}?tries", who)
		far.wait(lambda: f"/{i}?tries" in far.targets(),
		    what=f"request {i}")
	# all ten on the one side, and what the other lets go
	far.wait_requests(17)
	gate.open()
	for one in there[:10]:
		assert one.response().status == 200
	statuses = [one.response().status for one in there[10:]]
	assert statuses.count(429) >= 1
	seen, real = lines(tries, 10), lines(holds, 10)
	late = []
	first = arrived(real["/0"]) - arrived(seen["/0"])
	for path, row in seen.items():
		wait = would_wait(row)
		assert row["status"] == 200 and row["budget"] is None
		assert (wait is None) == (real[path]["status"] == 429), path
		if wait is None:
			assert row["observed"].endswith(
			    f": 8 per {wire.SLOW:g}s"), row
			continue
		own = arrived(real[path]) - arrived(row)
		# 1 ms, that of the times of lines, and 1 % of words
		slack = 0.005 + abs(own - first) + wait / 100
		# who really waits goes when he is due, or later
		assert real[path]["held"] - wait > -slack, path
		late.append(real[path]["held"] - wait - slack)
	assert statistics.median(late) < 0.05 * wire.SLOW


def test_nothing_is_held(lab):
	far = lab.origin()
	daemon = lab.sluice(log={"format": "json"},
	    hosts=limits(mode="observe", capacity=1, period="1h", burst=2,
	    queue={"max_wait": "2h"}))
	one = lab.client()
	for i in range(5):
		assert one.get(far.url + f"/{i}").status == 200
	rows = lines(daemon, 5)
	assert all(row["held"] == 0 for row in rows.values())
	assert [would_wait(rows[f"/{i}"]) for i in (0, 1)] == [0, 0]
	assert rows["/2"]["observed"].endswith(" or more")
	assert rows["/3"]["observed"].endswith(" or more")
	assert rows["/4"]["observed"] == \
	    "would have been refused: 1 per 1h"


def test_slots_and_parts(lab):
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = lab.sluice(log={"format": "json"}, hosts=limits(
	    mode="observe", concurrency=2, queue={"length": 0},
	    paths={"/part/*": {"concurrency": 1}}))
	there = [lab.client() for _ in range(4)]
	for n, (one, path) in enumerate(zip(there,
	    ("/part/a", "/part/b", "/c", "/d"))):
		one.ask("GET", far.url + path)
		far.wait_requests(n + 1)
	gate.open()
	for one in there:
		assert one.response().status == 200
	rows = lines(daemon, 4)
	refused = "would have been refused, the queue being full: "
	assert rows["/part/a"]["observed"] is None
	assert rows["/part/b"]["observed"] == refused + \
	    "1 at a time of /part/*"
	assert rows["/c"]["observed"] is None
	assert rows["/d"]["observed"] == refused + "2 at a time"


def test_host_that_refuses(lab):
	"""Its refusal goes on as it is, and pauses nobody."""
	far = lab.origin(origin.by_path({"/busy": origin.fixed(429, b"busy",
	    [("Retry-After", "30")])}, origin.fixed(200, b"fine")))
	daemon = lab.sluice(log={"format": "json"}, hosts=limits(
	    mode="observe", queue={"max_wait": "10s"}))
	one = lab.client()
	answer = one.get(far.url + "/busy")
	assert (answer.status, answer.body) == (429, b"busy")
	assert one.get(far.url + "/fine").status == 200
	rows = lines(daemon, 2)
	assert rows["/busy"]["resent"] == 0
	assert rows["/fine"]["held"] == 0
	assert rows["/fine"]["observed"] == \
	    "would have been refused: paused by the host"


def test_own_wait(lab):
	"""A client's own limit of its wait counts, too."""
	far = lab.origin()
	daemon = lab.sluice(log={"format": "json"}, hosts=limits(
	    candidate=dict(HOUR)))
	one = lab.client()
	assert one.get(far.url + "/0").status == 200
	assert one.get(far.url + "/1",
	    [("Sluice-Max-Wait", "5")]).status == 200
	assert one.get(far.url + "/2").status == 200
	rows = lines(daemon, 3)
	assert would_wait(rows["/1"]) is None
	assert rows["/2"]["observed"].endswith(" or more")


def test_connect_takes_one_turn(lab):
	"""A tunnel that turns out to be requests gives back what it took."""
	far = lab.origin()
	daemon = lab.sluice(log={"format": "json"}, hosts=limits(
	    mode="observe", burst=2, capacity=1, period="1h"))
	one = lab.client()
	at = f"127.0.0.1:{far.port}"
	assert one.tunnel(at).status == 200
	for path in ("/1", "/2", "/3"):
		one.send(f"GET {path} HTTP/1.1\r\nHost: {at}\r\n\r\n".encode())
		assert one.response().status == 200
	rows = lines(daemon, 4)
	assert rows["/1"]["observed"] is None
	assert rows["/2"]["observed"] is None
	assert would_wait(rows["/3"]) is None


def test_reload_switches(lab):
	"""To and fro, with requests that wait and are in flight."""
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = lab.sluice(log={"format": "json"}, hosts=limits(**HOUR))
	there = [lab.client() for _ in range(6)]
	for i in range(3):
		there[i].ask("GET", far.url + f"/{i}")
	far.wait_requests(1)
	there[3].ask("GET", far.url + "/3")
	daemon.change(hosts=limits(mode="observe", **HOUR))
	# those who waited go
	far.wait_requests(4)
	there[4].ask("GET", far.url + "/4")
	far.wait_requests(5)
	daemon.change(hosts=limits(**HOUR))
	there[5].ask("GET", far.url + "/5")
	gate.open()
	for one in there[:5]:
		assert one.response().status == 200
	# what was spent under observation is spent
	assert len(far.targets()) == 5
	daemon.change(hosts=limits(candidate={"concurrency": 1}))
	assert there[5].response().status == 200
	rows = lines(daemon, 6)
	assert all(row["outcome"] == "forwarded" for row in rows.values())
	assert rows["/4"]["held"] == 0
	assert rows["/5"]["held"] > 0


def test_told_by_the_api(lab):
	"""Its counters are those of what would have been, by now."""
	far = lab.origin()
	at = str(lab.dir / "a.sock")
	daemon = lab.sluice(admin={"socket": at, "mode": "0600"},
	    hosts=limits(mode="observe", capacity=10, burst=1, concurrency=9,
	    queue={"length": 2}))
	daemon.err.wait("is ready")

	def host():
		one = client.Client(at)
		lab.clients.append(one)
		answer = one.get("/v1/hosts/127.0.0.1", host="localhost")
		assert answer.status == 200
		return json.loads(answer.body)

	there = [lab.client() for _ in range(8)]
	for one in there:
		one.ask("GET", far.url)
	for one in there:
		assert one.response().status == 200
	seen = host()
	assert seen["limits"]["mode"] == "observe"
	assert seen["limits"]["concurrency"] == {"value": 9, "from": "file"}
	assert seen["counts"]["admitted"] == 8
	assert seen["waiting"] == 0
	assert sum(seen["observed"].values()) == 8
	assert seen["observed"]["would_go"] >= 1
	# nobody asks, but time passes there, too
	wire.wait_until(lambda: host()["observed"]["waiting"] == 0,
	    what="the queue that is only observed to be empty")
	seen = host()["observed"]
	assert seen["would_wait"] >= 2
	assert sum(seen.values()) == 8
