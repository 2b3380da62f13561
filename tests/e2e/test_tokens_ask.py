# SPDX-License-Identifier: ISC
"""ask_usage: a stream is asked what it has used, and its client gets what it
would have got of a host that was not asked."""
import gzip
import json

import pytest

import client
import llm
import wire

JSON = ("Content-Type", "application/json")
CHAT = "/v1/chat/completions"
ASKED = {"include_usage": True}


def rule(**keys):
	return {"127.0.0.1": {"budgets": {"tokens": {
	    "rates": [{"capacity": 100000, "period": "366d"}],
	    "reserve": {"input": "bytes/4", "output": "max_tokens"},
	    "settle": {"json": "usage.completion_tokens"},
	    "stream": {"ask_usage": True}}}, **keys}}


def spends(lab, amount):
	def spent():
		host, = lab.control().get("/v1/hosts").json()["hosts"]
		one, = host["budgets"]
		return round(one["capacity"] - one["left"])
	wire.wait_until(lambda: spent() == amount,
	    what=f"{amount} spent, not {spent()}")


def body(**keys):
	return {"model": "m", "max_tokens": 400, "user": "use=30",
	    "stream": True, **keys}


def post(one, far, sent, fields=(), path=CHAT):
	if not isinstance(sent, (bytes, str)):
		sent = json.dumps(sent)
	return one.call("POST", far.url + path, [JSON, *fields], sent)


def direct(lab, far, sent, **keys):
	"""What that host sends of its own accord."""
	one = client.Client((far.host, far.port))
	answer = post(one, far, sent, **keys)
	one.close()
	return answer.body


@pytest.mark.parametrize("options", ["none", None, {}, {"include_usage":
    False}, {"include_usage": None}, {"include_obfuscation": False}],
    ids=str)
@pytest.mark.parametrize("chunked", [False, True])
def test_it_is_asked(lab, options, chunked):
	far = lab.origin(llm.Llm())
	lab.sluice(hosts=rule())
	sent = body() if options == "none" else body(stream_options=options)
	one = lab.client()
	if chunked:
		text = json.dumps(sent).encode()
		one.send(f"POST {far.url}{CHAT} HTTP/1.1\r\nHost: {far.at}\r\n"
		    "Transfer-Encoding: chunked\r\nTrailer: x-t\r\n\r\n"
		    .encode() + wire.chunked(text[:9]).replace(b"0\r\n\r\n",
		    b"") + b"%x\r\n%s\r\n0\r\nx-t: 1\r\n\r\n" % (
		    len(text) - 9, text[9:]))
		answer = one.response("POST")
	else:
		answer = post(one, far, sent, [("Accept-Encoding", "gzip")])
	got = json.loads(far.requests[0].body)
	assert got.pop("stream_options") == {**(options if options and
	    options != "none" else {}), **ASKED}
	sent.pop("stream_options", None)
	assert got == sent
	assert far.requests[0].get("accept-encoding") == "identity"
	assert answer.body == direct(lab, far, sent)
	assert b"usage" not in answer.body
	spends(lab, 30)
	# the connection is as good as before
	assert post(one, far, sent).status == 200


@pytest.mark.parametrize("sent, path", [
    (body(stream_options=ASKED), CHAT), (body(stream=False), CHAT),
    (body(), "/v1/messages"), (b"{\"stream\": true", CHAT),
    (b"[]", CHAT), (body(stream_options=7), CHAT)], ids=str)
def test_what_is_not_asked(lab, sent, path):
	"""It goes as it came, and its answer is the host's."""
	events = b"data: {\"choices\": [], \"usage\": {\"completion_tokens\": 5}"\
	    b"}\n\n"
	def handle(conn, req):
		conn.reply(200, events, [("Content-Type",
		    "text/event-stream")])
	far = lab.origin(handle)
	lab.sluice(hosts=rule())
	answer = post(lab.client(), far, sent, [("Accept-Encoding", "gzip")],
	    path)
	assert answer.body == events
	assert answer.get("content-length") == str(len(events))
	assert far.requests[0].get("accept-encoding") == "gzip"
	assert far.requests[0].body == (sent if isinstance(sent, bytes)
	    else json.dumps(sent).encode())
	spends(lab, 5)


def test_who_refuses_plain_text_is_not_asked(lab):
	"""For only of plain text something could be taken out."""
	far = lab.origin(llm.Llm())
	lab.sluice(hosts=rule())
	accepts = "gzip, identity;q=0"
	answer = post(lab.client(), far, body(), [("Accept-Encoding",
	    accepts)])
	assert answer.status == 200
	assert far.requests[0].get("accept-encoding") == accepts
	assert json.loads(far.requests[0].body) == body()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=repr)
@pytest.mark.parametrize("size", [1, 7, 100000])
def test_pieces(lab, end, size):
	"""Wherever the host's segments end."""
	def stream(asked):
		null = ", \"usage\": null" if asked else ""
		events = [": here", "event: e%sdata: {\"choices\": [{}]%s}" % (
		    end, null), "data: {\"choices\": []%s, \"x\": 1}" % null]
		if asked:
			events.append("id: 1%sdata: {\"choices\": [], \"usage\": {"
			    "\"completion_tokens\": 9}}" % end)
		events += ["data: [DONE]"]
		return "".join(e + 2 * end for e in events).encode()
	def handle(conn, req):
		events = stream(True)
		conn.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream"
		    b"\r\nTransfer-Encoding: chunked\r\n\r\n")
		for i in range(0, len(events), size):
			conn.send(b"%x\r\n%s\r\n" % (len(events[i:i + size]),
			    events[i:i + size]))
		conn.send(b"0\r\n\r\n")
	far = lab.origin(handle)
	lab.sluice(hosts=rule())
	assert post(lab.client(), far, body()).body == stream(False)
	spends(lab, 9)


USAGE = b"data: {\"choices\":[{}]}\n\ndata: {\"choices\":[],\"usage\":"\
    b"{\"completion_tokens\":9}}\n\n"


def usage(conn, events=USAGE, fields=()):
	conn.reply(200, events, [("Content-Type", "text/event-stream"),
	    *fields])


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_length_is_not_kept(lab, version):
	far = lab.origin(lambda conn, req: usage(conn))
	lab.sluice(hosts=rule())
	one = lab.client()
	text = json.dumps(body())
	one.send(f"POST {far.url}{CHAT} HTTP/{version}\r\nHost: {far.at}\r\n"
	    f"Content-Length: {len(text)}\r\n\r\n{text}".encode())
	answer = one.response("POST")
	assert answer.get("content-length") is None
	assert answer.body == b"data: {\"choices\":[{}]}\n\n"
	spends(lab, 9)


def said(daemon):
	daemon.term()
	daemon.wait()
	return [line for line in daemon.err.text().splitlines()
	    if "in spite of ask_usage" in line]


def test_what_is_coded_in_spite_of_that(lab):
	"""It passes as it is; said once."""
	packed = gzip.compress(USAGE)
	far = lab.origin(lambda conn, req: usage(conn, packed, [(
	    "Content-Encoding", "gzip")]))
	daemon = lab.sluice(hosts=rule())
	for _ in range(2):
		assert post(lab.client(), far, body()).body == packed
	spends(lab, 18)
	assert len(said(daemon)) == 1


@pytest.mark.parametrize("long", [False, True])
def test_bodies_that_are_not_read(lab, long):
	far = lab.origin(llm.Llm())
	daemon = lab.sluice(hosts=rule(retry={"body": "2KiB"}))
	text = json.dumps(body(messages=9000 * "m")).encode()
	fields = []
	if not long:
		text = gzip.compress(text)
		fields = [("Content-Encoding", "gzip")]
	far.handler = lambda conn, req: usage(conn)
	for i in range(2):
		answer = post(lab.client(), far, text, fields)
		assert answer.body.count(b"\n\n") == 2
		assert far.requests[i].body == text
	assert len(said(daemon)) == 1


@pytest.mark.parametrize("field", [("Content-Digest", "sha-256=:AA==:"),
    ("Cache-Control", "no-transform")])
def test_requests_that_are_to_stay_as_they_are(lab, field):
	far = lab.origin(lambda conn, req: usage(conn))
	daemon = lab.sluice(hosts=rule())
	text = json.dumps(body()).encode()
	for i in range(2):
		answer = post(lab.client(), far, text, [field])
		assert answer.body == USAGE
		assert far.requests[i].body == text
		assert far.requests[i].get(field[0]) == field[1]
	assert len(said(daemon)) == 1


def test_answers_that_are_to_stay_as_they_are(lab):
	"""The first passes whole, the others are not asked for any more."""
	far = lab.origin(lambda conn, req: usage(conn, fields=[
	    ("Cache-Control", "no-cache, no-transform")]))
	daemon = lab.sluice(hosts=rule())
	text = json.dumps(body()).encode()
	for i in range(3):
		answer = post(lab.client(), far, text)
		assert answer.body == USAGE
		assert answer.get("content-length") == str(len(USAGE))
		assert (far.requests[i].body == text) == (i > 0)
	lab.control().post("/v1/hosts/127.0.0.1/forget", {})
	post(lab.client(), far, text)
	assert far.requests[3].body != text
	assert len(said(daemon)) == 1


def test_sent_again(lab):
	"""With the same change."""
	def handle(conn, req):
		if len(far.requests) == 1:
			conn.reply(429, b"{}", [("Retry-After", "0")])
		else:
			usage(conn)
	far = lab.origin(handle)
	lab.sluice(hosts=rule(retry={"methods": ["POST"]}))
	answer = post(lab.client(), far, body())
	assert answer.body == b"data: {\"choices\":[{}]}\n\n"
	first, second = far.requests
	assert first.body == second.body
	assert json.loads(first.body)["stream_options"] == ASKED


def test_a_stream_that_is_cut(lab):
	"""What came of it has passed, but for an event that is not whole."""
	def handle(conn, req):
		conn.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream"
		    b"\r\nContent-Length: 999\r\n\r\ndata: {\"choices\":[{}],"
		    b"\"usage\":null}\n\ndata: {\"choices\":[]")
		conn.close()
	far = lab.origin(handle)
	lab.sluice(hosts=rule())
	one = lab.client()
	one.ask("POST", far.url + CHAT, [JSON], json.dumps(body()))
	assert b"\"usage\"" not in one.until(b"}\n\n\r\n")
	assert one.rest() == b""


def test_what_is_held_is_counted(lab):
	"""An event that is not whole yet, until it is, or its client is gone."""
	def handle(conn, req):
		conn.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream"
		    b"\r\nContent-Length: 99999\r\n\r\ndata: {}\n\ndata: " +
		    b"x" * 30000)
		conn.wait_gone()
	far = lab.origin(handle)
	lab.sluice(hosts=rule())
	def held():
		return lab.control().get("/v1/status").json()["memory"]["used"]
	one = lab.client()
	one.ask("POST", far.url + CHAT, [JSON], json.dumps(body()))
	one.until(b"data: {}\n\n")
	wire.wait_until(lambda: held() > 30000, what="what is held, counted")
	one.close()
	wire.wait_until(lambda: held() == 0, what=f"nothing held, not {held()}")


@pytest.mark.parametrize("after", ["asks", "does not", "none"])
@pytest.mark.parametrize("chunked", [False, True])
def test_reload_while_it_is_read(lab, after, chunked):
	far = lab.origin(llm.Llm())
	daemon = lab.sluice(hosts=rule())
	one = lab.client()
	text = json.dumps(body()).encode()
	framing = "Transfer-Encoding: chunked" if chunked else \
	    f"Content-Length: {len(text)}"
	whole = wire.chunked(text) if chunked else text
	one.send(f"POST {far.url}{CHAT} HTTP/1.1\r\nHost: {far.at}\r\n{framing}"
	    "\r\nExpect: 100-continue\r\n\r\n".encode())
	# now its body is read
	assert one.head().status == 100
	one.send(whole[:20])
	hosts = rule()
	if after == "none":
		hosts = {"127.0.0.1": {"capacity": 9}}
	elif after == "does not":
		hosts["127.0.0.1"]["budgets"]["tokens"].pop("stream")
	daemon.reload(hosts=hosts)
	one.send(whole[20:])
	answer = one.response("POST")
	assert answer.body == direct(lab, far, body())
	got = json.loads(far.requests[0].body)
	assert got.pop("stream_options", None) == (ASKED if after == "asks"
	    else None)
	assert got == body()
