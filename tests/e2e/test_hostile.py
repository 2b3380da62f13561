# SPDX-License-Identifier: ISC
"""Hostile requests: refused, closed, and nothing behind them is served."""
import json
import random
import time

import pytest

import client
import hostile_rows
import origin
import sluice
import wire


@pytest.fixture
def place(shared_lab):
	"""One daemon for all; an origin for each, so nothing comes late."""
	if not shared_lab.daemons:
		shared_lab.sluice()
	far = shared_lab.far = shared_lab.origin(origin.fixed(body="ok"))
	yield shared_lab
	shared_lab.origins.remove(far)
	far.stop()


def at(place, data):
	return data.replace(b"AT", place.far.at.encode())


def attack(place, data, statuses, drip):
	"""Sends it with a request hidden behind; checks what comes back."""
	mark = f"/hidden{len(place.clients)}"
	data = at(place, data)
	hidden = client.request("GET", place.far.url + mark)
	one = place.client()
	try:
		if drip:
			# The first kilobyte in single bytes, the rest at once.
			one.send_bytes(data[:1000])
			one.send(data[1000:] + hidden)
		else:
			one.send(data + hidden)
	except ConnectionError:
		pass
	try:
		answer = one.response()
		got = answer.status
	except (wire.Closed, ConnectionError):
		got = None
	assert got in statuses, got
	if got:
		assert answer.get("proxy-status", "").startswith("sluice")
		assert "close" in answer.get("connection", "").lower()
	assert one.ended()
	# A request of ours, so that what was let through has arrived.
	two = place.client()
	assert two.get(place.far.url + mark.replace("hidden", "seen")
	    ).status == 200
	two.close()
	assert mark not in place.far.targets()


@pytest.mark.parametrize("drip", [False, True], ids=["whole", "drip"])
@pytest.mark.parametrize("row", hostile_rows.ROWS)
def test_row(place, row, drip):
	data, statuses = hostile_rows.ROWS[row]
	seen = len(place.far.requests)
	attack(place, data, statuses, drip)
	if row not in hostile_rows.CHUNKS:
		# Only our own has arrived.
		assert [t[:5] for t in place.far.targets()[seen:]] == ["/seen"]


REASONS = {
	"1 both": "Content-Length and Transfer-Encoding",
	"2 two fields": "repeated Content-Length",
	"3 plus": "malformed Content-Length",
	"4 xchunked": "unknown transfer coding",
	"4 gzip last": "malformed Transfer-Encoding",
	"4 two fields": "repeated Transfer-Encoding",
	"4 HTTP/1.0": "Transfer-Encoding in HTTP/1.0",
	"4 NUL": "NUL byte",
	"6 plus": "malformed chunk size",
	"7 bare semicolon": "chunk extensions",
	"8 longer data": "chunk that does not end in CRLF",
	"9 many trailers": "trailers longer than 8 KiB",
	"11 bare CR": "bare CR", "11 bare LF": "bare LF",
	"11 obs-fold": "folded field line", "11 DEL": "control byte",
	"12 space before colon": "white space before a field's colon",
	"12 no colon": "field line without a colon",
	"12 8 bit": "malformed field name",
	"13 9.9": "unknown HTTP version", "14 method": "malformed method",
	"15 target": "start line longer than half of limits.head",
	"15 field": "head longer than limits.head",
	"15 fields": "more than 1000 fields (limits.fields)",
	"17 too many options": "more than 100 connection options",
	"18 no Host": "Host missing", "18 Host twice": "repeated Host",
	"19 origin-form": "not in the form for a proxy",
	"19 userinfo": "user information", "19 fragment": "fragment",
	"19 ftp": "unsupported scheme", "19 gopher": "unsupported scheme",
	"19 urn": "unsupported scheme", "19 file": "unsupported scheme",
	"19 javascript": "malformed request target",
	"20 port 0": "malformed host or port",
	"24 CONNECT, no port": "CONNECT without a port",
	"24 CONNECT, body": "CONNECT with a body",
}


@pytest.mark.parametrize("row", REASONS)
def test_reason(lab, row):
	"""The answer and the log say what was wrong."""
	far = lab.origin()
	daemon = lab.sluice()
	data, statuses = hostile_rows.ROWS[row]
	one = lab.client()
	one.send(data.replace(b"AT", far.at.encode()))
	answer = one.response()
	assert answer.status in statuses
	assert REASONS[row] in answer.get("proxy-status")
	assert REASONS[row] in json.loads(answer.body)["detail"]
	assert REASONS[row] in daemon.out.count(1)[0]


@pytest.mark.parametrize("scheme", ["ftp", "FTP", "wsx", "z39.50r", "news"])
def test_unsupported_scheme(place, scheme):
	answer = place.client().call("GET", f"{scheme}://{place.far.at}/")
	assert answer.status == 400
	assert "unsupported scheme" in answer.get("proxy-status")


SLOW = {
	"comments that do not end": ("GET", [("Via", "1.1 a" + "(" * 60_000)]),
	"comments": ("GET", [("Via", "1.1 a " + "(x)" * 20_000)]),
	"elements": ("GET", [("Via", "," * 60_000)]),
	"many Via": ("GET", [("Via", "1.1 a(")] * 990),
	"many limits": ("TRACE", [("Max-Forwards", "5")] * 990),
	"long limit": ("TRACE", [("Max-Forwards", "5" * 60_000)]),
	"list of limits": ("TRACE", [("Max-Forwards", "5," * 20_000 + "5")]),
	"options": ("GET", [("Connection", ",".join(f"x{i}"
	    for i in range(99)))] + [("X1", "y")] * 900),
}


@pytest.mark.parametrize("row", SLOW)
def test_cost_of_odd_fields(place, row):
	"""Time in proportion to the bytes, or the worker stands still."""
	method, fields = SLOW[row]
	one = place.client()
	began = time.monotonic()
	for _ in range(20):
		assert one.call(method, place.far.url + "/", fields
		    ).status == 200
	assert time.monotonic() - began < 4 * wire.SLOW
	one.close()


GOOD = {
	"3 010": b"POST http://AT/g HTTP/1.1\r\nHost: AT\r\n"
	    b"Content-Length: 010\r\n\r\n0123456789",
	"4 case": b"POST http://AT/g HTTP/1.1\r\nHost: AT\r\n"
	    b"Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	"4 underscore": b"POST http://AT/g HTTP/1.1\r\nHost: AT\r\n"
	    b"Transfer_Encoding: chunked\r\nContent_Length: 3\r\n\r\n",
	"11 empty line first": b"\r\n\r\nGET http://AT/g HTTP/1.1\r\n"
	    b"Host: AT\r\n\r\n",
	"12 no space": b"GET http://AT/g HTTP/1.1\r\nHost:AT\r\nX:1\r\n\r\n",
	"12 spaces": b"GET http://AT/g HTTP/1.1\r\nHost: \t AT \t\r\n\r\n",
	"13 1.2": b"GET http://AT/g HTTP/1.2\r\nHost: AT\r\n\r\n",
	"20 empty path": b"GET http://AT HTTP/1.1\r\nHost: AT\r\n\r\n",
	"20 Host without port": b"GET http://AT/g HTTP/1.1\r\n"
	    b"Host: 127.0.0.1\r\n\r\n",
}


@pytest.mark.parametrize("row", GOOD)
def test_good_row(place, row):
	"""Odd but right: served, and so is the next one."""
	one = place.client()
	one.send(at(place, GOOD[row]))
	answer = one.response()
	if row == "3 010" and answer.status == 400:
		return			# also right
	assert answer.status == 200
	assert one.get(place.far.url + "/next").status == 200


def test_largest_chunk(place):
	"""2^64 - 1 bytes are announced: refused, or what follows is data."""
	one = place.client()
	one.send(at(place, b"POST http://AT/x HTTP/1.1\r\nHost: AT\r\n"
	    b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n")
	    + client.request("GET", place.far.url + "/in-the-chunk"))
	if not one.quiet(0.5):
		assert one.response().status in (400, 413)
		assert one.ended()
	one.close()
	assert place.client().get(place.far.url + "/seen").status == 200
	assert "/in-the-chunk" not in place.far.targets()


def test_two_equal_lengths(place):
	"""Refused, or taken as one."""
	one = place.client()
	one.send(at(place, b"POST http://AT/two HTTP/1.1\r\nHost: AT\r\n"
	    b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"))
	answer = one.response()
	assert answer.status in (200, 400)
	req = [r for r in place.far.requests if r.target == "/two"]
	assert len(req) == (answer.status == 200)
	for one in req:
		assert one.all("content-length") == ["5"]


def test_answer_is_read_before_the_reset(lab):
	"""An error to a client that still sends reaches it all the same."""
	far = lab.origin()
	lab.sluice(limits={"body": "1MB"})
	for _ in range(5):
		one = lab.client()
		try:
			one.send(client.request("POST", far.url + "/",
			    body=wire.pattern(3_000_000)))
		except ConnectionError:
			pass
		assert one.response("POST").status == 413
		assert one.ended()


def test_connection_options_crash_nothing(place):
	one = place.client()
	for value in ("connection, proxy-connection, host",
	    "host, host, host, close, keep-alive", ",,,", "", "x" * 5000,
	    "close close", "keep-alive, upgrade", "transfer-encoding, te"):
		try:
			one.send(client.request("GET", place.far.url + "/c",
			    [("Connection", value), ("Connection", value)]))
			answer = one.response()
		except (wire.Closed, OSError):
			pytest.fail(f"no answer to {value[:40]}")
		assert answer.status in (200, 400)
		if "close" in answer.get("connection", ""):
			one = place.client()


def mutate(rng, data):
	"""A few bytes changed, dropped, put in or repeated."""
	data = bytearray(data)
	for _ in range(rng.randrange(1, 4)):
		i = rng.randrange(len(data))
		j = rng.randrange(len(data))
		how = rng.randrange(4)
		if how == 0:
			data[i] = rng.randrange(256)
		elif how == 1:
			del data[i:i + rng.randrange(1, 9)]
		elif how == 2:
			data[i:i] = rng.choice([b"\r\n", b"\n", b"\0", b" ",
			    b":", b"\r", b",", b"0"])
		else:
			data += data[min(i, j):max(i, j)]
		data = data or bytearray(b"x")
	return bytes(data)


def test_mutations(lab):
	"""Broken in every way: each gets an answer or an end, soon."""
	far = lab.origin(origin.fixed(body="ok"))
	dns = lab.dns({})
	lab.sluice(resolver=[dns.at], timeouts={"half_closed": "200ms",
	    "connect": "500ms"})
	rng = random.Random(4711)
	good = [d.replace(b"AT", far.at.encode()) for d in
	    [d for d, _ in hostile_rows.ROWS.values() if len(d) < 500]
	    + list(GOOD.values())]
	for _ in range(1000):
		data = mutate(rng, rng.choice(good))
		# Less than timeouts.header: nothing more can come.
		one = lab.client(timeout=6)
		try:
			one.send(data)
			one.fin()
			one.rest()
		except TimeoutError:
			pytest.fail(f"no end for {data!r}")
		except OSError:
			pass
		one.close()
	assert lab.client().ping()


@pytest.mark.parametrize("head", ["GET http://127.0.0.1:1/ HTTP/1.1\r\n",
    "GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\nX-A: b", "G"])
def test_head_that_never_ends(lab, head):
	"""A header dripped or left open: 408 at the deadline, then closed."""
	lab.sluice(timeouts={"header": "400ms", "idle": "60s"})
	one = lab.client()
	one.send(head.encode())
	assert one.response().status == 408
	assert one.ended()


def test_head_dripped(lab):
	"""Each byte does not buy more time."""
	lab.sluice(timeouts={"header": "500ms"})
	one = lab.client()
	one.send(b"GET http://127.0.0.1:1/ HTTP/1.1\r\nX: ")
	for _ in range(200):
		if not one.quiet(0.05):
			break
		try:
			one.send(b"a")
		except OSError:
			break
	else:
		pytest.fail("still open after 10 s")
	assert one.response().status == 408
	assert one.ended()


def test_empty_lines_dripped(lab):
	"""They begin no request, and keep no idle connection."""
	lab.sluice(timeouts={"header": "500ms", "idle": "500ms"})
	one = lab.client()
	for i in range(200):
		if not one.quiet(0.05):
			break
		try:
			one.send(b"\r\n"[i % 2:i % 2 + 1])
		except OSError:
			break
	else:
		pytest.fail("still open after 10 s")
	assert one.ended()


@pytest.mark.parametrize("half", [b"\r", b"\r\n\r", b"GET"])
def test_half_of_a_line_and_an_end(lab, half):
	"""Nothing follows: no connection is kept for it."""
	lab.sluice()
	one = lab.client()
	assert one.ping()
	one.send(half)
	one.fin()
	assert one.ended()


def test_body_dripped(lab):
	"""408, the slot comes back, and the origin is not left hanging."""
	far = lab.origin()
	lab.sluice(timeouts={"idle": "500ms", "header": "500ms"},
	    hosts={"127.0.0.1": {"concurrency": 1}})
	one = lab.client()
	one.ask("POST", far.url + "/", [("Content-Length", "1000")])
	one.send(b"x" * 10)
	far.wait_requests(1)
	assert one.response("POST").status == 408
	assert one.ended()
	assert far.conns[0].gone.wait(wire.DEADLINE)
	assert lab.get(far.url + "/").status == 200


def test_garbage_in_a_tunnel_is_left_alone(lab):
	far = lab.origin(accept=lambda c: (c.send(c.exactly(256)), None))
	lab.sluice()
	one = lab.client()
	assert one.tunnel(far.at).status == 200
	one.send(bytes(range(256)))
	assert one.exactly(256) == bytes(range(256))


def test_limits_head(lab):
	far = lab.origin()
	lab.sluice(limits={"head": "4KiB"})
	assert lab.get(far.url + "/", [("X-A", "y" * 3000)]).status == 200
	assert lab.get(far.url + "/", [("X-A", "y" * 4100)]).status == 431
	assert lab.get(far.url + "/" + "y" * 5000).status == 414
	# The response's own limit.
	far.handler = origin.fixed(fields=[("X-A", "y" * 5000)])
	assert lab.get(far.url + "/").status == 502


@pytest.mark.skipif(sluice.WORKERS != 1, reason="counted over workers")
def test_limit_of_connections(lab):
	"""Past it: 503 or a close, never a hang; then it recovers."""
	far = lab.origin()
	lab.sluice(limits={"connections": 20}, access={"share": "off"})
	clients = [lab.client() for _ in range(20)]
	for one in clients:
		one.ping()
	late = lab.client()
	late.ask("GET", far.url + "/")
	if not late.quiet(1):
		assert late.rest()[:12] in (b"", b"HTTP/1.1 503")
	for one in clients:
		one.close()
	wire.wait_until(lambda: works(lab, far), what="recovery")


def test_far_beyond_the_limit_of_connections(lab):
	"""Nobody is accepted any more, until some have gone."""
	far = lab.origin()
	daemon = lab.sluice(limits={"connections": 5}, access={"share": "off"})
	clients = [lab.client() for _ in range(5)]
	for one in clients:
		one.ping()
	beyond = [lab.client() for _ in range(80)]
	daemon.err.wait(r"limits\.connections \(5\) is reached; "
	    r"accepting stops")
	for one in clients + beyond:
		one.close()
	wire.wait_until(lambda: works(lab, far), what="recovery")


def works(lab, far):
	try:
		return lab.get(far.url + "/").status == 200
	except (OSError, wire.Closed):
		return False
