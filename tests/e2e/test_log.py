# SPDX-License-Identifier: ISC
"""The access log: a line for each exchange, and no secrets in it."""
import datetime
import json
import re
import threading

import pytest

import client
import origin
import sluice
import wire

LINE = re.compile(r"^(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) "
    r"(?P<client>\S+) (?P<method>\S+) (?P<host>\S+) (?P<status>\d{3}|0) "
    r"(?P<in>\d+) (?P<out>\d+) (?P<held>\d+\.\d{3}) "
    r"(?P<upstream>\d+\.\d{3}) "
    r"(?P<outcome>.+?)(?P<members>( [a-z]+=\"([^\"\\]|\\.)*\")*)$")
MEMBER = re.compile(r' ([a-z]+)="((?:[^"\\]|\\.)*)"')
# As in the API, and what the log has besides.
KEYS = ["time", "host", "rule", "client", "method", "path", "status",
    "outcome", "held", "upstream", "resent", "in", "out", "reason", "budget",
    "paused", "observed", "parent", "user"]


def parse(line):
	"""As JSON has it, but for numbers that stay text."""
	match = LINE.match(line)
	assert match, line
	row = {**dict.fromkeys(("rule", "path", "budget", "paused", "observed",
	    "parent", "user")), **match.groupdict()}
	for name, value in MEMBER.findall(row.pop("members")):
		row[name] = re.sub(r"\\(.)", r"\1", value)
	for name in ("held", "upstream"):
		row[name] = float(row[name]) / 1000
	return row


@pytest.fixture(params=["text", "json"])
def logged(request, lab):
	"""Starts a sluice; gives its lines as dictionaries."""
	def start(**keys):
		daemon = lab.sluice(log={"format": request.param}, **keys)

		def lines(n):
			got = daemon.out.count(n)
			assert len(daemon.out) == n, daemon.out.text()
			if request.param == "text":
				return [parse(line) for line in got]
			rows = [json.loads(line) for line in got]
			for row in rows:
				assert list(row) == KEYS
				if row.get("reason"):
					row["outcome"] += ": " + row["reason"]
			return rows
		return lines
	return start


def test_forwarded(lab, logged):
	far = lab.origin(origin.fixed(201, body=b"x" * 5000))
	lines = logged()
	one = lab.client()
	name = "%s:%d" % one.sock.getsockname()
	before = datetime.datetime.now(datetime.timezone.utc).replace(
	    tzinfo=None) - datetime.timedelta(seconds=1)
	one.call("POST", far.url + "/secret-path?q=secret-query",
	    body=b"y" * 700)
	row, = lines(1)
	assert row["client"] == name
	assert row["method"] == "POST"
	assert row["host"] == far.at
	assert int(row["status"]) == 201
	assert int(row["in"]) >= 700
	assert int(row["out"]) >= 5000
	assert float(row["held"]) < 1 * wire.SLOW
	assert 0 < float(row["upstream"]) < 5 * wire.SLOW
	assert row["outcome"] == "forwarded"
	assert (row["rule"], row["path"]) == ("unlimited", "/secret-path")
	assert (row["budget"], row["paused"]) == (None, None)
	when = datetime.datetime.strptime(row["time"], "%Y-%m-%dT%H:%M:%S.%fZ")
	assert before < when < before + datetime.timedelta(seconds=30)


def test_one_line_each(lab, logged):
	far = lab.origin()
	lines = logged()
	one = lab.client()
	for i in range(20):
		one.ask("GET", far.url + f"/{i}")
	for _ in range(20):
		assert one.response().status == 200
	rows = lines(20)
	assert {r["outcome"] for r in rows} == {"forwarded"}


def test_wait_is_shown(lab, logged):
	far = lab.origin()
	lines = logged(hosts={"127.0.0.1": {"capacity": 1, "burst": 1}})
	clients = [lab.client().ask("GET", far.url + "/") for _ in range(2)]
	for one in clients:
		assert one.response().status == 200
	first, second = sorted(lines(2), key=lambda r: r["held"])
	waited = second["held"]
	assert first["held"] < waited / 2
	assert 0.8 <= waited < 4 * wire.SLOW
	assert second["upstream"] < waited / 2
	assert (first["budget"], second["budget"]) == (None, "1 per 1s")
	assert (second["rule"], second["path"]) == ("127.0.0.1", "/")


def test_refused(lab, logged):
	far = lab.origin()
	lines = logged(hosts={"127.0.0.1": {"capacity": 1, "period": "1h",
	    "queue": {"max_wait": "10ms"}}})
	lab.get(far.url + "/")
	lab.get(far.url + "/")
	# Several workers' lines come in any order.
	row = max(lines(2), key=lambda r: int(r["status"]))
	assert int(row["status"]) == 429
	assert re.match(r"refused: \S", row["outcome"])
	assert row["host"] == far.at
	assert row["budget"] == "1 per 1h"


def test_slot_is_waited_for(lab, logged):
	gate = origin.Gate()
	far = lab.origin(gate)
	lines = logged(hosts={"127.0.0.1": {"concurrency": 1}})
	first = lab.client().ask("GET", far.url + "/slot")
	far.wait_requests(1)
	assert lab.client().get(far.url + "/waits", [("Sluice-Max-Wait",
	    "0.01")]).status == 429
	gate.open()
	assert first.response().status == 200
	rows = {row["path"]: row["budget"] for row in lines(2)}
	assert rows == {"/slot": None, "/waits": "1 at a time"}


def test_paused_is_told_once(lab, logged):
	"""By the line of the request whose answer was the first to say so."""
	far = lab.origin(origin.sequence(origin.fixed(429, fields=[(
	    "Retry-After", "1")]), origin.fixed(200)))
	lines = logged()
	lab.get(far.url + "/first")
	row, = lines(1)
	assert float(row["paused"]) == 1
	assert row["budget"] == "paused by the host"


def test_refused_syntax(lab, logged):
	lines = logged()
	one = lab.client()
	one.send(b"GET http://h/ HTTP/1.1\r\nHost : h\r\n\r\n")
	assert one.response().status == 400
	row, = lines(1)
	assert int(row["status"]) == 400
	assert re.match(r"refused: \S", row["outcome"])


@pytest.mark.parametrize("head, status, host, path", [
    ("GET http://h.test/a?s3cret HTTP/1.1\r\nHost : h", 400, None,
	"/a"),
    ("GET http://h.test?s3cret HTTP/1.1\r\nTransfer-Encoding: x", 501,
	None, "/"),
    ("GET http://u:s3cret@h.test/a HTTP/1.1", 400, None, "/a"),
    ("GET /s3cret#b HTTP/1.1", 400, None, None),
    ("GET http://h.test/a?s3cret HTTP/1.1\r\nHost: h.test\r\n"
	"Via: 1.1 loop.test", 508, "h.test:80", "/a"),
    ("GET http://h.test?s3cret HTTP/1.1\r\nHost: h.test\r\n"
	"Via: 1.1 loop.test", 508, "h.test:80", "/"),
    ("CONNECT h.test:443 HTTP/1.1\r\nHost: h.test:443\r\n"
	"Via: 1.1 loop.test", 508, "h.test:443", None)])
def test_path_of_what_is_refused(lab, logged, head, status, host, path):
	"""As far as it was understood, and never its query."""
	lines = logged(via={"name": "loop.test"})
	one = lab.client()
	one.send(f"{head}\r\n\r\n".encode())
	assert one.response().status == status
	row, = lines(1)
	assert (int(row["status"]), row["path"]) == (status, path)
	assert (None if row["host"] == "-" else row["host"]) == host
	assert "s3cret" not in str(row)


def test_path_inside_of_a_tunnel_of_another_host(lab, logged):
	far = lab.origin()
	lines = logged(hosts={"127.0.0.1": {"capacity": 9}, "other.test": {
	    "capacity": 9}})
	one = lab.client()
	assert one.tunnel(far.at).status == 200
	assert one.get("/a/b?s3cret", host="other.test").status == 421
	row = [row for row in lines(2) if int(row["status"]) == 421][0]
	assert row["path"] == "/a/b"


def chunks(*sizes):
	return b"".join(wire.chunked(b"x" * n)[:-5] for n in sizes)


ENDS = {
	"too long": (chunks(900), chunks(200), 413),
	"bad chunk": (chunks(900), b"xyz\r\n", 400),
	"bad trailer": (chunks(900), b"0\r\nno colon\r\n\r\n", 400),
	"too slow": (chunks(900), b"", 408),
}


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("end", ENDS)
def test_aborted(lab, logged, end, answered):
	"""We end it, but the upstream has got a part: not "refused"."""
	first, second, status = ENDS[end]

	def handle(conn, req):
		if answered:
			conn.send(b"HTTP/1.1 200 OK\r\n"
			    b"Content-Length: 9\r\n\r\n1")
		conn.done = conn.wait_gone()
	far = lab.origin(handle, read_body=False)
	lines = logged(limits={"body": 1000},
	    timeouts={"idle": 0.5 * wire.SLOW})
	one = lab.client()
	one.ask("POST", far.url + "/", [("Transfer-Encoding", "chunked")])
	one.send(first)
	far.wait_requests(1)
	if answered:
		head = one.head()
		assert head.status == 200
	one.send(second)
	if answered:
		one.read_body(head, "length")
		assert not head.whole
	else:
		assert one.response("POST").status == status
	row, = lines(1)
	assert int(row["status"]) == (200 if answered else status)
	assert re.match(r"aborted: \S", row["outcome"])
	assert far.conns[0].gone.wait(wire.DEADLINE)


def test_aborted_after_it_was_sent(lab, logged):
	"""It is to be sent again, but the pause grows beyond its patience."""
	go = {"/one": threading.Event(), "/two": threading.Event()}
	pause = {"/one": "1", "/two": "60"}

	def handle(conn, req):
		go[req.target].wait(wire.DEADLINE)
		conn.reply(429, fields=[("Retry-After", pause[req.target])])
	far = lab.origin(handle)
	lines = logged()
	one = lab.client().ask("GET", far.url + "/one",
	    [("Sluice-Max-Wait", "3")])
	two = lab.client().ask("GET", far.url + "/two",
	    [("Sluice-Max-Wait", "3")])
	far.wait_requests(2)
	go["/one"].set()
	lab.daemons[-1].err.wait("paused for")
	go["/two"].set()
	assert two.response().get("retry-after") == "60"
	answer = one.response()
	assert answer.status == 429
	assert len(far.requests) == 2
	aborted, forwarded = sorted(row["outcome"] for row in lines(2))
	assert forwarded == "forwarded"
	assert re.match(r"aborted(, sent again: 1)?: max_wait", aborted)


def test_refused_before_it_was_sent(lab, logged):
	"""A body that is too long by what it says of itself."""
	far = lab.origin()
	lines = logged(limits={"body": 1000})
	one = lab.client()
	assert one.call("POST", far.url + "/", body=b"x" * 1001).status == 413
	row, = lines(1)
	assert re.match(r"refused: \S", row["outcome"])
	assert far.conns == []


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS"])
def test_answered_here(lab, logged, method):
	far = lab.origin()
	lines = logged()
	one = lab.client()
	assert one.call(method, far.url + "/", [("Max-Forwards", "0")]
	    ).status == 200
	one.ping()
	assert {r["outcome"] for r in lines(2)} == {"answered here"}
	assert far.conns == []


def test_upstream_error(lab, logged):
	lines = logged()
	lab.get(f"http://127.0.0.1:{lab.closed_port()}/")
	row, = lines(1)
	assert int(row["status"]) == 502
	assert re.match(r"upstream error: \S", row["outcome"])


def test_cut_off(lab, logged):
	far = lab.origin(origin.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50"
	    b"\r\n\r\nhello", "end"))
	lines = logged()
	lab.client().ask("GET", far.url + "/").response()
	row, = lines(1)
	assert row["outcome"].startswith("upstream error: ")


def test_client_gone(lab, logged):
	gate = origin.Gate()
	far = lab.origin(gate)
	lines = logged()
	one = lab.client().ask("GET", far.url + "/")
	far.wait_requests(1)
	one.reset()
	row, = lines(1)
	gate.open()
	assert row["outcome"] == "client gone"
	assert int(row["status"]) == 0		# none was sent


def test_tunnel(lab, logged):
	def accept(conn):
		conn.exactly(100)
		conn.send(b"z" * 3000)
	far = lab.origin(accept=accept)
	lines = logged()
	one = lab.client()
	assert one.tunnel(far.at).status == 200
	one.send(b"x" * 100)
	assert one.exactly(3000)
	one.close()
	row, = lines(1)
	assert (row["method"], row["host"]) == ("CONNECT", far.at)
	assert int(row["status"]) == 200
	assert row["outcome"] == "tunnel, requests inside not seen"
	assert 100 <= int(row["in"]) < 1000
	assert 3000 <= int(row["out"]) < 4000


def test_host_as_addressed(lab, logged):
	"""With the port, though the target left it to the scheme."""
	lines = logged()
	dns_free = lab.client()
	dns_free.get("http://127.0.0.1/x", host="other")
	row, = lines(1)
	assert row["host"] == "127.0.0.1:80"


SECRETS = [("Authorization", "Bearer s3cr3t-a"),
    ("Proxy-Authorization", "Basic s3cr3t-b"), ("Cookie", "k=s3cr3t-c"),
    ("X-Api-Key", "s3cr3t-d")]


def test_no_secrets(lab):
	"""Nowhere, at no level: fields, queries, userinfo, bodies."""
	far = lab.origin(lambda c, r: c.reply(body="s3cr3t-e", fields=[
	    ("Set-Cookie", "k=s3cr3t-f"), ("Location", "/?t=s3cr3t-g")]))
	daemon = lab.sluice(log={"level": "debug"},
	    hosts={"127.0.0.1": {"capacity": 3, "period": "1h",
	    "queue": {"max_wait": "10ms"}}})
	one = lab.client()
	for _ in range(4):
		one.call("POST", far.url + "/p?token=s3cr3t-h", SECRETS,
		    body=b"s3cr3t-i")
	for target in ("http://u:s3cr3t-j@h/", "http://h/#s3cr3t-k",
	    "ftp://s3cr3t-l/"):
		one = lab.client()
		assert one.get(target, SECRETS, host="h").status == 400
	one = lab.client()
	one.send(b"GET http://h/ HTTP/1.1\r\nAuthorization : s3cr3t-m\r\n\r\n")
	assert one.response().status == 400
	lab.client().tunnel(f"127.0.0.1:{lab.closed_port()}")
	for end in (lambda c, r: c.end(), origin.raw(b"s3cr3t-n\r\n\r\n")):
		bad = lab.origin(end)
		url = bad.url.replace("127.0.0.1", "localhost")
		assert lab.get(url + "/?s3cr3t-o", SECRETS).status == 502
	daemon.out.count(11)
	daemon.stop()
	assert "s3cr3t" not in daemon.out.text()
	assert "s3cr3t" not in daemon.err.text()


def test_what_a_peer_sends_forges_no_line(lab):
	"""A line is a line, whatever is in a method or a host."""
	daemon = lab.sluice()
	for method in ("A" * 3000, "|x|", "%0a"):
		one = lab.client()
		one.ask(method, "http://127.0.0.1:1/")
		one.response()
	one = lab.client()
	one.send(b"G\x1b[31mT http://h/ HTTP/1.1\r\nHost: h\r\n\r\n")
	one.response()
	for line in daemon.out.count(4):
		assert line.isascii() and line.isprintable(), line
		assert len(line) < 4096


def test_access_off(lab):
	far = lab.origin()
	daemon = lab.sluice(log={"access": "off"})
	lab.get(far.url + "/")
	daemon.stop()
	assert daemon.out.text() == ""


def test_diagnostics_have_time_and_level(lab):
	daemon = lab.sluice(log={"level": "debug"})
	daemon.stop()
	for line in daemon.err.text().split("\n"):
		assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*\b"
		    r"(error|warn(ing)?|info|debug)\b", line), line


def test_log_file_that_cannot_be_opened(lab, tmp_path):
	path = tmp_path / "bad.yaml"
	path.write_text("listen: 127.0.0.1:0\n"
	    f"log: {{access: {tmp_path}/no/such/dir/a.log}}\n")
	done = sluice.run("-c", path)
	assert done.returncode == 1
	assert "no/such/dir/a.log" in done.stderr


def test_reopen_that_fails_keeps_the_old(lab):
	"""A log that cannot be reopened is said; requests go on."""
	far = lab.origin()
	place = lab.dir / "logs"
	place.mkdir()
	daemon = lab.sluice(log={"access": str(place / "a.log")})
	lab.get(far.url + "/")
	wire.wait_until(lambda: (place / "a.log").read_text(), what="a line")
	place.rename(lab.dir / "moved")
	since = len(daemon.err)
	daemon.hup()
	daemon.err.wait("a.log", since=since)
	assert lab.get(far.url + "/").status == 200


def test_expect_and_1xx_make_one_line(lab):
	far = lab.origin(origin.raw(b"HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK"
	    b"\r\nContent-Length: 0\r\n\r\n"))
	daemon = lab.sluice()
	one = lab.client()
	one.send(client.request("GET", far.url + "/") * 3)
	for _ in range(3):
		assert one.response().status == 200
	assert [parse(x)["status"] for x in daemon.out.count(3)] == ["200"] * 3
