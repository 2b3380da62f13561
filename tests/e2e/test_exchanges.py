# SPDX-License-Identifier: ISC
"""/v1/exchanges: the requests that ended last, without their secrets."""
import json

import dnsserver
import metrics
import origin
import sluice
import wire

HERE = "127.0.0.1"
MEMBERS = {"time", "host", "port", "rule", "client", "method", "path",
    "status", "outcome", "held", "upstream", "resent", "in", "out", "reason",
    "budget", "paused", "observed", "parent"}


def ask(daemon, query=""):
	answer = metrics.fetch(daemon, path="/v1/exchanges" + query)
	assert answer.status == 200, answer.body
	value = json.loads(answer.body)
	assert set(value) == {"exchanges"}
	for one in value["exchanges"]:
		assert set(one) == MEMBERS
	return value["exchanges"]


def until(daemon, n, query=""):
	"""Their list, once there are so many."""
	wire.wait_until(lambda: len(ask(daemon, query)) >= n,
	    what=f"{n} exchanges")
	return ask(daemon, query)


def test_what_is_told(lab):
	far = lab.origin(lambda conn, req: conn.reply(body="12345"))
	daemon = lab.sluice(hosts={HERE: {}})
	one = lab.client()
	assert one.call("POST", far.url + "/a/b?key=s3cret", [("Cookie",
	    "s3cret"), ("Authorization", "Basic s3cret")],
	    body="abc").status == 200
	told, = until(daemon, 1)
	assert told["host"] == HERE
	assert told["port"] == far.port
	assert told["rule"] == HERE
	assert told["client"].startswith("127.0.0.1:")
	assert (told["method"], told["path"]) == ("POST", "/a/b")
	assert (told["status"], told["outcome"]) == (200, "forwarded")
	assert (told["in"], told["out"], told["resent"]) == (3, 5, 0)
	assert told["reason"] is None
	assert told["held"] == 0
	assert 0 < told["upstream"] < wire.DEADLINE
	assert "s3cret" not in json.dumps(told)


def test_paths_with_letters_of_their_own(lab):
	"""They are cut between two, and not shown by signs that turn text."""
	far = lab.origin()
	daemon = lab.sluice()
	paths = [b"/" + b"x" * i + "\u00e9\u20ac\U0001f600".encode() * 60
	    for i in range(9)] + ["/a\u202eb\u00e9".encode(), b"/\xff\xc3\xa9"]
	for path in paths:
		one = lab.client()
		one.send(b"GET %s%s HTTP/1.1\r\nHost: x\r\n\r\n" % (
		    far.url.encode(), path))
		assert one.response().status == 200
	told = [e["path"].encode() for e in until(daemon, len(paths))][::-1]
	assert all(whole.startswith(path) and len(path) > 91
	    for whole, path in zip(paths, told[:9]))
	assert told[9:] == [paths[9], "/?\u00e9".encode()]
	answer = metrics.fetch(daemon, path="/v1/exchanges")
	assert answer.body.isascii()


def test_refused(lab):
	daemon = lab.sluice(hosts={HERE: {"queue": {"length": 0},
	    "concurrency": 1}})
	assert lab.get(f"http://{HERE}:{lab.closed_port()}/").status == 502
	lab.client().send(b"nonsense\r\n\r\n")
	told = until(daemon, 2)
	assert {one["outcome"] for one in told} == {"refused",
	    "upstream error"}
	bad, = [one for one in told if one["outcome"] == "refused"]
	assert bad["status"] == 400
	assert bad["method"] is None or bad["method"] == "nonsense"
	assert bad["path"] is None
	# One that is wrong, but whose target is understood.
	lab.client().send(b"GET http://h.test/p/a?s3cret HTTP/1.1\r\n"
	    b"Host: h.test\r\nTransfer-Encoding: x\r\n\r\n")
	told = until(daemon, 3)
	assert (told[0]["status"], told[0]["path"]) == (501, "/p/a")
	assert bad["reason"]


def test_newest_first_and_no_more_than_wanted(lab):
	far = lab.origin()
	daemon = lab.sluice(admin={"exchanges": 10})
	one = lab.client()
	for i in range(30):
		assert one.get(f"{far.url}/{i}").status == 200
	wire.wait_until(lambda: ask(daemon)[0]["path"] == "/29",
	    what="the last one")
	told = [one["path"] for one in ask(daemon)]
	# each worker has its share, and one connection has one worker
	kept = -(-10 // sluice.WORKERS)
	assert told == [f"/{i}" for i in range(29, 29 - kept, -1)]
	assert [one["path"] for one in ask(daemon, "?limit=2")] == \
	    ["/29", "/28"]
	for query in ("?limit=0", "?limit=1001", "?limit=x", "?all=1"):
		assert metrics.fetch(daemon, path="/v1/exchanges" + query
		    ).status == 400, query
	daemon.change(admin={"exchanges": 0})
	wire.wait_until(lambda: ask(daemon) == [], what="none")


def test_all_workers(lab):
	"""Merged by time, whoever has served them."""
	far = lab.origin()
	daemon = lab.sluice(workers=4)
	for i in range(40):
		assert lab.get(f"{far.url}/{i}").status == 200
	told = until(daemon, 40)
	assert {one["path"] for one in told} == {f"/{i}" for i in range(40)}
	times = [one["time"] for one in told]
	assert times == sorted(times, reverse=True)


def test_of_one_host(lab):
	far = lab.origin()
	daemon = lab.sluice(resolver=[lab.dns(dnsserver.Here()).at],
	    hosts={"*.shared.test": {"shared": True},
	    "per.test": {"per": "header:X-Key"},
	    f"port.test:{far.port}": {}})
	for name in ("a.test", "b.test", "x.shared.test", "y.shared.test",
	    "port.test"):
		assert lab.get(f"http://{name}:{far.port}/").status == 200
	assert lab.get(f"http://per.test:{far.port}/", [("X-Key", "s3cret")]
	    ).status == 200
	told = until(daemon, 6)
	assert {one["rule"] for one in told} == {"unlimited", "*.shared.test",
	    "per.test", f"port.test:{far.port}"}
	keys = [one["host"] for one in told]
	assert keys.count("*.shared.test") == 2
	assert f"port.test:{far.port}" in keys
	per, = [key for key in keys if key.startswith("per.test~")]
	assert len(per) == len("per.test~") + 32
	for key in set(keys):
		found = ask(daemon, "?limit=5&host=" + key.replace("*", "%2A"))
		assert {one["host"] for one in found} == {key}
		assert len(found) == keys.count(key)
	assert ask(daemon, "?host=none.test") == []


def test_rules_beyond_those_with_metrics(lab):
	far = lab.origin()
	daemon = lab.sluice(hosts={HERE: {}}, metrics={"hosts": 0})
	assert lab.get(far.url + "/").status == 200
	assert until(daemon, 1)[0]["rule"] == HERE


def test_while_a_worker_ends(lab):
	"""One that does not answer any more is not waited for for ever."""
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = lab.sluice(workers=2)
	one = lab.client().ask("GET", far.url + "/")
	far.wait_requests(1)
	daemon.term()
	daemon.err.wait("draining")
	for _ in range(3):
		assert ask(daemon) == []
	asking = [metrics.client.Client(str(daemon.control)) for _ in range(5)]
	for each in asking:
		each.ask("GET", "/v1/exchanges", host="localhost")
	# some go before they are answered, some are not answered at all
	for each in asking[:2]:
		each.close()
	gate.open()
	assert one.response("GET").status == 200
	assert daemon.wait() == 0


def test_client_that_goes(lab):
	"""Nobody is told, and nothing is kept."""
	far = lab.origin()
	daemon = lab.sluice(workers=2)
	assert lab.get(far.url + "/").status == 200
	until(daemon, 1)
	for _ in range(50):
		for path in ("/v1/exchanges", "/metrics"):
			one = metrics.client.Client(str(daemon.control))
			one.ask("GET", path, host="localhost")
			one.close()

	# their connections are counted until each has been seen to be gone
	def answers():
		try:
			return metrics.fetch(daemon,
			    path="/healthz").status == 200
		except (OSError, wire.Closed):
			return False
	wire.wait_until(answers, what="an answer")
	assert len(ask(daemon)) == 1


def test_why_one_waited(lab):
	"""As the access log has it: by what, and for whom it was a pause."""
	far = lab.origin(origin.sequence(origin.fixed(), origin.fixed(),
	    origin.fixed(429, fields=[("Retry-After", "100")])))
	daemon = lab.sluice(hosts={HERE: {"capacity": 5, "period": "1s",
	    "burst": 1, "retry": {"attempts": 0}}})
	one = lab.client()
	for status in (200, 200, 429):
		assert one.get(far.url).status == status
	refused, waited, first = until(daemon, 3)
	assert (first["budget"], first["paused"]) == (None, None)
	assert (waited["budget"], waited["paused"]) == ("5 per 1s", None)
	assert waited["held"] > 0
	assert 99 < refused["paused"] <= 101
	assert {one["observed"] for one in (refused, waited, first)} == {None}


def test_what_would_have_been(lab):
	far = lab.origin()
	daemon = lab.sluice(hosts={HERE: {"capacity": 1, "period": "1h",
	    "mode": "observe", "queue": {"length": 0}}})
	one = lab.client()
	for _ in range(2):
		assert one.get(far.url).status == 200
	second, first = until(daemon, 2)
	assert first["observed"] is None
	assert second["observed"] == "would have been refused, the queue " \
	    "being full: 1 per 1h"
	seen = metrics.scrape(daemon)
	for decision, n in ("go", 1), ("refuse", 1), ("wait", 0):
		assert seen("sluice_observed_requests_total", host=HERE,
		    decision=decision) == n


def test_long_names(lab):
	"""Keys are whole, however long."""
	far = lab.origin()
	daemon = lab.sluice(resolver=[lab.dns(dnsserver.Here()).at])
	long = ".".join([60 * "a", 60 * "b", 60 * "c"])
	names = [long + ".one.test", long + ".two.test"]
	for name in names:
		assert lab.get(f"http://{name}:{far.port}/").status == 200
	assert {one["host"] for one in until(daemon, 2)} == set(names)
	for name in names:
		found, = ask(daemon, "?host=" + name)
		assert found["host"] == name
