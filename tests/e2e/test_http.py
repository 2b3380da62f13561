# SPDX-License-Identifier: ISC
"""Connections and messages: keep-alive, pipelining, versions, interim."""
import json
import threading

import pytest

import client
import origin
import wire


def test_keepalive(lab):
	far = lab.origin()
	lab.sluice()
	one = lab.client()
	for i in range(50):
		assert one.get(far.url + f"/{i}").status == 200
	assert far.targets() == [f"/{i}" for i in range(50)]
	assert len(far.conns) == 1


def test_pipelining(lab):
	"""Answers come in the order of the requests, whatever their length."""
	def handle(conn, req):
		n = int(req.target[1:])
		conn.reply(body=wire.pattern(n * 997, n), chunked=n % 2 == 0,
		    fields=[("X-N", n)])
	far = lab.origin(handle)
	lab.sluice()
	one = lab.client()
	one.send(b"".join(client.request("POST" if i % 3 else "GET",
	    far.url + f"/{i}", body=wire.pattern(i * 13) if i % 3 else None)
	    for i in range(60)))
	for i in range(60):
		answer = one.response()
		assert answer.get("x-n") == str(i)
		assert answer.body == wire.pattern(i * 997, i)


def test_pipelined_with_refusals_between(lab):
	far = lab.origin()
	lab.sluice()
	one = lab.client()
	one.send(client.request("GET", far.url + "/1")
	    + client.request("OPTIONS", "*", host="x")
	    + client.request("GET", far.url + "/2")
	    + client.request("GET", "/origin-form", host=far.at)
	    + client.request("GET", far.url + "/hidden"))
	assert [one.response().status for _ in range(4)] == [200, 200, 200, 400]
	assert one.ended()
	assert far.targets() == ["/1", "/2"]


def test_two_thousand_pipelined_that_we_answer(lab):
	"""Each has a turn of its own: none is answered inside another."""
	far = lab.origin()
	lab.sluice()
	one = lab.client()
	one.send(client.request("OPTIONS", "*", host="x") * 2000
	    + client.request("GET", far.url + "/last"))
	assert {one.response().status for _ in range(2001)} == {200}
	assert far.targets() == ["/last"]


def test_client_closes_after_pipelining(lab):
	"""A half-close ends no exchange that makes progress."""
	far = lab.origin(lambda c, r: c.reply(body=b"x" * 1_000_000))
	lab.sluice()
	one = lab.client()
	one.send(b"".join(client.request("GET", far.url + f"/{i}")
	    for i in range(5)))
	one.fin()
	for _ in range(5):
		answer = one.response()
		assert answer.whole and len(answer.body) == 1_000_000
	assert one.ended()


def test_half_closed_client_whose_origin_is_silent(lab):
	gate = origin.Gate()
	far = lab.origin(gate)
	lab.sluice(timeouts={"half_closed": "300ms"})
	one = lab.client()
	one.ask("GET", far.url + "/")
	far.wait_requests(1)
	one.fin()
	assert one.rest()[:10] in (b"", b"HTTP/1.1 5")
	gate.open()
	assert far.conns[0].gone.wait(wire.DEADLINE)


@pytest.mark.parametrize("body", [None, b"", b"text"])
def test_connection_close_from_the_client(lab, body):
	far = lab.origin()
	lab.sluice()
	for field in ("Connection", "Proxy-Connection"):
		one = lab.client()
		answer = one.call("POST", far.url + "/", [(field, "close")],
		    body=body)
		assert answer.status == 200
		assert "close" in answer.get("connection", "").lower()
		assert one.ended()


@pytest.mark.parametrize("how", ["length", "chunked", "close"])
def test_http10_client(lab, how):
	data = wire.pattern(100_000)

	def handle(conn, req):
		conn.reply(body=data, chunked=how == "chunked",
		    length=how == "length")
		if how == "close":
			conn.end()
	far = lab.origin(handle)
	lab.sluice()
	one = lab.client()
	answer = one.get(far.url + "/", version="1.0", host=None)
	assert answer.status == 200
	assert answer.get("transfer-encoding") is None
	assert answer.body == data
	assert one.ended()
	assert far.requests[0].line_version == "HTTP/1.1"
	assert far.requests[0].all("host") == [far.at]


KEEP = [("Connection", "keep-alive"), ("Proxy-Connection", "keep-alive"),
    ("Connection", "Keep-Alive, x")]
ANSWERS = {
	"forwarded": ("GET", "{far}/"), "no body": ("HEAD", "{far}/"),
	"204": ("GET", "{far}/204"), "until close": ("GET", "{far}/close"),
	"here": ("OPTIONS", "*"), "refused": ("GET", "http://127.0.0.1:{own}/"),
	"failed": ("GET", "http://127.0.0.1:{closed}/"),
}


def answer_10(lab, how, field):
	def handle(conn, req):
		conn.reply(204 if req.target == "/204" else 200, "x",
		    length=req.target != "/close")
		if req.target == "/close":
			conn.end()
	far = lab.origin(handle)
	method, target = ANSWERS[how]
	one = lab.client()
	answer = one.call(method, target.format(far=far.url,
	    own=lab.daemons[0].port, closed=lab.closed_port()), [field],
	    host=far.at, version="1.0")
	return one, answer, far


@pytest.mark.parametrize("field", KEEP)
@pytest.mark.parametrize("how", ANSWERS)
def test_http10_is_not_kept_alive(lab, same, how, field):
	"""RFC 9112 9.3: not by a proxy, whatever it asks for."""
	same()
	one, answer, _ = answer_10(lab, how, field)
	assert answer.get("connection") == "close"
	assert one.ended()


@pytest.mark.parametrize("field", KEEP)
@pytest.mark.parametrize("how", ANSWERS)
def test_http10_kept_alive_by_configuration(lab, same, how, field):
	same(keep_alive_10=True)
	one, answer, far = answer_10(lab, how, field)
	if how == "until close":
		assert one.ended()
		return
	assert answer.get("connection") == "keep-alive"
	assert one.get(far.url + "/", version="1.0").status == 200
	assert one.ended()


def test_http10_that_does_not_ask(lab):
	far = lab.origin()
	lab.sluice(keep_alive_10=True)
	one = lab.client()
	assert one.get(far.url + "/", version="1.0").status == 200
	assert one.ended()


@pytest.mark.parametrize("keep", [False, True])
def test_http10_origin(lab, keep):
	def handle(conn, req):
		conn.reply(body="old", version="1.0", length=keep,
		    fields=[("Connection", "keep-alive")] if keep else [])
		if not keep:
			conn.end()
	far = lab.origin(handle)
	lab.sluice()
	one = lab.client()
	for _ in range(3):
		answer = one.get(far.url + "/")
		assert answer.body == b"old" and answer.whole
		assert answer.version == "HTTP/1.1"
	assert len(far.conns) == (1 if keep else 3)


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("fields", [[], [("Content-Length", "12345")]])
def test_no_body_by_status(lab, status, fields):
	if status == 204 and fields:
		pytest.skip("RFC 9110 8.6 forbids it; see test_upstream")
	far = lab.origin(origin.fixed(status,
	    fields=fields + [("ETag", '"x"')]))
	lab.sluice()
	one = lab.client()
	for _ in range(3):
		answer = one.get(far.url + "/")
		assert answer.status == status
		assert answer.get("etag") == '"x"'
		if fields:
			assert answer.get("content-length") == "12345"
	assert len(far.conns) == 1


@pytest.mark.parametrize("fields", [[("Content-Length", "5000")],
    [("Transfer-Encoding", "chunked")], []])
def test_head(lab, fields):
	far = lab.origin(lambda c, r: c.reply(fields=fields, length=False))
	lab.sluice()
	one = lab.client()
	for _ in range(3):
		answer = one.call("HEAD", far.url + "/")
		assert answer.status == 200
		assert one.quiet(0.05)
		if fields and fields[0][0] == "Content-Length":
			assert answer.get("content-length") == "5000"
	assert one.ping()


INTERIM = (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    b"HTTP/1.1 102 Processing\r\n\r\n"
    b"HTTP/1.1 199 Odd One\r\nX-A: 1\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def test_interim_responses(lab):
	far = lab.origin(origin.raw(INTERIM))
	lab.sluice()
	one = lab.client()
	for _ in range(2):
		answer = one.get(far.url + "/")
		assert answer.status == 200 and answer.body == b"ok"
		assert [m.status for m in answer.interim] == [103, 102, 199]
		assert answer.interim[0].get("link") == "</a>"
		assert answer.get("link") is None
		# Who forwards it says so, as in the final one.
		via = answer.all("via")
		assert len(via) == 1
		assert [m.all("via") for m in answer.interim] == [via] * 3
	answer = one.get(far.url + "/", version="1.0")
	assert answer.status == 200 and answer.interim == []


def test_early_hints_are_not_held_back(lab):
	gate = origin.Gate()

	def handle(conn, req):
		conn.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
		gate(conn, req)
	far = lab.origin(handle)
	lab.sluice()
	one = lab.client()
	one.ask("GET", far.url + "/")
	assert one.head().status == 103
	gate.open()
	assert one.response().status == 200


def test_expect_continue(lab):
	far = lab.origin(origin.echo)
	lab.sluice()
	one = lab.client()
	one.ask("PUT", far.url + "/", [("Expect", "100-continue"),
	    ("Content-Length", "5")])
	assert one.head().status == 100
	one.send(b"hello")
	answer = one.response("PUT")
	assert answer.status == 200 and answer.body == b"hello"
	assert [m.status for m in answer.interim if m.status == 100] == []
	assert one.get(far.url + "/").status == 200


def test_expect_refused_by_the_origin(lab):
	"""A final answer instead of 100; the body never leaves the client."""
	def handle(conn, req):
		conn.reply(417, body="no")
		conn.done = not conn.wait_gone()
	far = lab.origin(handle, read_body=False)
	lab.sluice()
	one = lab.client()
	one.ask("PUT", far.url + "/", [("Expect", "100-continue"),
	    ("Content-Length", "500000")])
	answer = one.response("PUT")
	# A proxy may answer 100 itself; then the final answer comes all the
	# same.
	assert answer.status == 417 and answer.body == b"no"
	assert far.conns[0].gone.wait(wire.DEADLINE)


def test_expect_from_http10_is_ignored(lab):
	far = lab.origin(origin.echo)
	lab.sluice()
	one = lab.client()
	answer = one.call("POST", far.url + "/", [("Expect", "100-continue")],
	    body=b"now", version="1.0")
	assert answer.status == 200 and answer.body == b"now"
	assert answer.interim == []


@pytest.mark.parametrize("value", ["nonsense", "100-continue, x", "101"])
def test_unknown_expect(lab, value):
	far = lab.origin()
	lab.sluice()
	answer = lab.client().call("POST", far.url + "/",
	    [("Expect", value)], body=b"x")
	assert answer.status == 417
	assert far.targets() == []


def test_expect_twice_while_pipelining(lab):
	far = lab.origin(origin.echo)
	lab.sluice()
	one = lab.client()
	ask = client.request("POST", far.url + "/", [
	    ("Expect", "100-continue"), ("Expect", "100-continue")],
	    body=b"abc")
	one.send(ask * 5)
	for _ in range(5):
		answer = one.response("POST")
		assert answer.status in (200, 417)
		if answer.status != 200 or "close" in answer.get(
		    "connection", ""):
			break
	assert lab.get(far.url + "/x").status == 200


def test_trailers_both_ways(lab):
	seen = []

	def handle(conn, req):
		seen.extend(req.trailers)
		conn.reply(body="abc", chunked=True, fields=[
		    ("Trailer", "X-Sum")], trailers=[(b"X-Sum", b"77"),
		    (b"X-Two", b"2")])
	far = lab.origin(handle)
	lab.sluice()
	one = lab.client()
	one.ask("POST", far.url + "/", [("Transfer-Encoding", "chunked"),
	    ("TE", "trailers"), ("Trailer", "X-Up")], length=False,
	    body=wire.chunked(b"up", trailers=[(b"X-Up", b"1")]))
	answer = one.response("POST")
	assert (b"X-Sum", b"77") in answer.trailers
	assert (b"X-Two", b"2") in answer.trailers
	assert seen == [(b"X-Up", b"1")]
	assert one.get(far.url + "/", version="1.0").body == b"abc"


BAD_TRAILERS = [(b"Content-Length", b"3"), (b"Transfer-Encoding", b"chunked"),
    (b"Host", b"evil"), (b"Authorization", b"x"), (b"Connection", b"close"),
    (b"Proxy-Authorization", b"x"), (b"Trailer", b"x"), (b"TE", b"x"),
    (b"Content-Type", b"a/b"), (b"Content-Encoding", b"gzip")]


def test_framing_trailers_are_dropped(lab):
	got = []

	def handle(conn, req):
		got.append(req)
		conn.reply(body="abc", chunked=True,
		    trailers=BAD_TRAILERS[:8] + [(b"X-Ok", b"1")])
	far = lab.origin(handle)
	lab.sluice()
	one = lab.client()
	one.ask("POST", far.url + "/", [("Transfer-Encoding", "chunked"),
	    ("TE", "trailers")], length=False, body=wire.chunked(b"up",
	    trailers=BAD_TRAILERS + [(b"X-Ok", b"1")]))
	answer = one.response("POST")
	assert answer.trailers == [(b"X-Ok", b"1")]
	assert {n for n, _ in got[0].trailers} - {b"Content-Type",
	    b"Content-Encoding"} == {b"X-Ok"}
	assert got[0].get("authorization") is None
	assert got[0].all("host") == [far.at]
	assert one.ping()


def test_trailers_that_connection_names_are_dropped(lab):
	"""RFC 9110 7.6.1: of a message all fields of that name, wherever."""
	seen = []

	def handle(conn, req):
		seen.append(req)
		conn.reply(body="abc", chunked=True, fields=[
		    ("Connection", "x-hop"), ("X-Hop", "1"),
		    ("Connection", "close-not, X-AWAY")], trailers=[
		    (b"X-HOP", b"2"), (b"X-Hope", b"3"), (b"X-Away", b"4"),
		    (b"X-Up", b"5")])
	far = lab.origin(handle)
	lab.sluice()
	one = lab.client()
	for _ in range(2):
		one.ask("POST", far.url + "/", [("Transfer-Encoding",
		    "chunked"), ("Connection", "TE, X-Up,,x-user"),
		    ("TE", "trailers")], length=False, body=wire.chunked(b"up",
		    trailers=[(b"x-up", b"1"), (b"X-Hop", b"2"),
		    (b"X-User", b"3"), (b"X-User-Id", b"4")]))
		answer = one.response("POST")
		assert answer.trailers == [(b"X-Hope", b"3"), (b"X-Up", b"5")]
		assert seen.pop().trailers == [(b"X-Hop", b"2"),
		    (b"X-User-Id", b"4")]
	# What one message named is nothing to the next.
	one.ask("POST", far.url + "/", [("Transfer-Encoding", "chunked")],
	    length=False, body=wire.chunked(b"up", trailers=[(b"X-Up", b"1")]))
	assert one.response("POST").status == 200
	assert seen.pop().trailers == [(b"X-Up", b"1")]


def test_final_response_during_the_upload(lab):
	"""It is relayed; the rest of the upload is not sent."""
	total = 50_000_000
	go = threading.Event()

	def handle(conn, req):
		conn.exactly(1000)
		conn.reply(413, body="enough", reason="Enough")
		go.set()
		conn.wait_gone()
		conn.done = True
		conn.extra = len(conn.buf)
	far = lab.origin(handle, read_body=False)
	lab.sluice()
	one = lab.client()
	one.ask("POST", far.url + "/", [("Content-Length", total)])
	one.send(wire.pattern(2000))
	answer = one.response("POST")
	assert answer.status == 413 and answer.body == b"enough"
	conn = far.conns[0]
	assert conn.gone.wait(wire.DEADLINE)
	assert conn.extra < 2_000_000
	# The connection cannot go on as if the body had been read.
	one.sock.settimeout(wire.DEADLINE)
	try:
		one.send_until_stalled(total - 2000, idle=1)
	except OSError:
		pass
	assert len(far.requests) == 1


def test_early_refusal_and_a_reset(lab):
	"""https://github.com/envoyproxy/envoy/issues/2929

	The origin closes with much of the body unread, so that a reset follows
	its answer (RFC 9112 9.6).
	"""
	def handle(conn, req):
		conn.reply(413, "too large", [("Connection", "close")])
		conn.end()
	far = lab.origin(handle, read_body=False)
	lab.sluice()
	for _ in range(20):
		one = lab.client()
		answer = one.call("POST", far.url + "/", body=b"z" * 400_000)
		assert answer.status == 413 and answer.body == b"too large"
		one.close()


def test_answers_of_its_own(lab):
	"""What sluice answers itself says so."""
	lab.sluice()
	one = lab.client()
	answer = one.get(f"http://127.0.0.1:{lab.closed_port()}/")
	assert answer.status == 502
	assert answer.get("proxy-status", "").startswith("sluice")
	assert "connection_refused" in answer.get("proxy-status")
	assert answer.get("content-type") == "application/problem+json"
	problem = json.loads(answer.body)
	assert problem["status"] == 502
	assert problem["title"]
	assert one.ping()


def test_head_refused_has_no_body(lab):
	lab.sluice()
	one = lab.client()
	for _ in range(2):
		answer = one.call("HEAD",
		    f"http://127.0.0.1:{lab.closed_port()}/")
		assert answer.status == 502
	assert one.ping()


def test_path_in_utf8(lab):
	"""As curl, git and PHP send it: it is told as a URL, and as text."""
	far = lab.origin()
	daemon = lab.sluice()
	assert lab.get(far.url + "/caf\xc3\xa9?q=\xe9").status == 200
	daemon.out.wait(' path="/caf%C3%A9"')
	told = lab.control().get("/v1/exchanges").json()["exchanges"][0]
	assert told["path"] == "/caf\u00e9"


def test_methods_have_their_case(lab):
	"""Answers to what only looks like HEAD or TRACE are like any other."""
	far = lab.origin()
	lab.sluice()
	one = lab.client()
	answer = one.call("head", f"http://127.0.0.1:{lab.closed_port()}/")
	assert answer.status == 502
	assert json.loads(answer.body)["status"] == 502
	assert one.call("Trace", far.url + "/",
	    [("Max-Forwards", "0")]).status == 200
	assert one.ping()
	assert [r.method for r in far.requests] == ["Trace"]


# a page, since browsers ask, too, with all that they would ask for
PROBED = b'<!doctype html><title>sluice</title>' \
    b'<link rel=icon href="data:,">sluice\n'


def test_what_is_the_proxys(tlab):
	"""Of any host, in each way, without that one being asked."""
	daemon = tlab.https(hosts={"intercept.test": {"https": "intercept"},
	    "up.test": {"https": "upstream"}, "slow.test": {"capacity": 1,
	    "period": "1h", "burst": 1}})
	one = tlab.client()
	for at in ("nowhere.test:1", "up.test", "slow.test:1", "slow.test:1"):
		answer = one.get(f"http://{at}/.well-known/sluice/abc?secret")
		assert (answer.status, answer.body) == (200, PROBED)
	answer = one.call("HEAD", "http://nowhere.test/.well-known/sluice/abc")
	assert (answer.status, answer.body) == (200, b"")
	inside = tlab.inside("intercept.test:443")
	answer = inside.get("/.well-known/sluice/abc/def")
	assert (answer.status, answer.body) == (200, PROBED)
	daemon.out.wait(r"intercept.test:443 200 .*answered.*abc/def")
	assert "secret" not in daemon.out.text()
	# what is only like it goes where it is for
	far = tlab.origin()
	for path in ("/.well-known/sluic", "/.well-known/sluicer/x",
	    "/.Well-known/sluice/x", "/x/.well-known/sluice/x"):
		one.get(far.url + path)
	assert len(far.requests) == 4
