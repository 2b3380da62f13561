# SPDX-License-Identifier: ISC
"""Bodies of every size and framing arrive as they were sent."""
import threading

import pytest

import client
import origin
import wire

OPEN = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

SIZES = [0, 1, 4095, 4096, 4097, 65536, 262143, 1_000_003, 20_000_000]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS",
    "TRACE", "PROPFIND", "MKCOL", "REPORT", "PURGE", "BREW", "get", "Post",
    "M-SEARCH", "X!#$%&'*+-.^_`|~1"]


def upload(data, how, **keys):
	"""The fields and bytes of a request body, in a framing."""
	if how == "length":
		return client.request(body=data, **keys)
	return client.request(body=wire.chunked(data), length=False,
	    fields=[("Transfer-Encoding", "chunked")], **keys)


@pytest.mark.parametrize("how", ["length", "chunked"])
@pytest.mark.parametrize("size", SIZES)
def test_both_ways(lab, same, size, how):
	# The same connection takes three, so that framing must be exact.
	far = lab.origin(origin.echo)
	same()
	one = lab.client()
	data = wire.pattern(size, size)
	for _ in range(3 if size < 10_000_000 else 1):
		task = lab.spawn(one.send, upload(data, how, method="POST",
		    url=far.url + "/"))
		answer = one.response("POST")
		task.join()
		assert answer.status == 200
		assert wire.sha(answer.body) == wire.sha(data)
		assert answer.framing == how
	assert {r.framing for r in far.requests} == {how}


@pytest.mark.parametrize("size", [0, 1, 70_000, 5_000_000])
def test_response_until_close(lab, same, size):
	data = wire.pattern(size)

	def handle(conn, req):
		conn.reply(body=data, length=False)
		conn.end()
	far = lab.origin(handle)
	same()
	answer = lab.get(far.url + "/")
	assert answer.status == 200 and answer.whole
	assert answer.body == data


@pytest.mark.parametrize("method", METHODS)
def test_method(lab, same, method):
	far = lab.origin(origin.echo)
	same()
	one = lab.client()
	assert one.call(method, far.url + "/m?" + "q").status == 200
	assert one.get(far.url + "/after").status == 200
	first, after = far.requests
	assert (first.method, first.target) == (method, "/m?q")
	assert first.framing == "none"


@pytest.mark.parametrize("how", ["length", "chunked"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE",
    "DELETE", "BREW"])
def test_body_with_any_method(lab, same, method, how):
	"""Such a body is consumed as framed, never the next request."""
	inner = client.request("GET", "http://127.0.0.1:1/inner")
	far = lab.origin()
	same()
	one = lab.client()
	one.send(upload(inner, how, method=method, url=far.url + "/outer"))
	assert one.response(method).status < 500
	assert one.get(far.url + "/after").status == 200
	assert far.targets()[-1] == "/after"
	assert not [t for t in far.targets() if "inner" in t]
	for req in far.requests[:-1]:
		assert req.body in (inner, b"")


@pytest.mark.parametrize("size", (1, 100))
def test_small_chunks_go_on_together(lab, size):
	"""Else whoever sends a byte in each has all others wait for him."""
	far = lab.origin(lambda conn, req: conn.send(
	    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	    + wire.chunked(req.body, sizes=(size,))))
	lab.sluice()
	data = wire.pattern(10_000 * size)
	one = lab.client()
	task = lab.spawn(one.send, client.request("POST", far.url + "/",
	    fields=[("Transfer-Encoding", "chunked")], length=False,
	    body=wire.chunked(data, sizes=(size,))))
	answer = one.response("POST")
	task.join()
	assert answer.body == data
	# What is read at once goes on as one.
	assert far.requests[0].chunks < 5000
	assert answer.chunks < 5000


def test_many_tiny_chunks(lab):
	"""200,000 chunks of a byte: the cost per byte is bounded."""
	far = lab.origin(origin.echo)
	daemon = lab.sluice()
	data = wire.pattern(200_000)
	one = lab.client()
	before = daemon.cpu()
	task = lab.spawn(one.send, client.request("POST", far.url + "/",
	    fields=[("Transfer-Encoding", "chunked")], length=False,
	    body=wire.chunked(data, sizes=(1,))))
	answer = one.response("POST")
	task.join()
	assert answer.body == data
	assert daemon.cpu() - before < 5 * wire.SLOW


def test_tiny_chunks_of_a_response(lab):
	data = wire.pattern(100_000)

	def handle(conn, req):
		conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
		    b"\r\n" + wire.chunked(data, sizes=(1,)))
	far = lab.origin(handle)
	lab.sluice()
	assert lab.get(far.url + "/").body == data


def test_chunk_extensions_are_dropped(lab):
	far = lab.origin(origin.raw(b"HTTP/1.1 200 OK\r\n"
	    b"Transfer-Encoding: chunked\r\n\r\n"
	    b"3;a=b\r\nabc\r\n2 ; c=\"d e\"\r\nde\r\n0;last\r\n\r\n"))
	lab.sluice()
	one = lab.client()
	one.send(client.request("POST", far.url + "/", length=False,
	    fields=[("Transfer-Encoding", "Chunked")],
	    body=b"3;q=1;r\r\nxyz\r\n00001;s=\"t\"\r\n!\r\n000;u\r\n\r\n"))
	answer = one.response("POST")
	assert answer.body == b"abcde"
	assert far.requests[0].body == b"xyz!"


@pytest.mark.parametrize("width", (4, 16, 65))
def test_sizes_that_are_filled_up(lab, width):
	"""As old servers and small ones write them; there may be any number
	of chunks."""
	data = wire.pattern(2000 * 13)
	chunks = [b"%s\r\n%s\r\n" % (b"d".ljust(width), data[at:at + 13])
	    for at in range(0, len(data), 13)]
	far = lab.origin(origin.raw(OPEN + b"".join(chunks)
	    + b"0".ljust(width) + b"\r\n\r\n"))
	lab.sluice()
	one = lab.client()
	for _ in range(2):
		assert one.get(far.url + "/").body == data


@pytest.mark.parametrize("how", ["length", "chunked"])
def test_a_byte_at_a_time(lab, how):
	far = lab.origin(origin.echo)
	lab.sluice()
	one = lab.client()
	for _ in range(2):
		one.send_bytes(upload(b"slowly but surely", how,
		    method="POST", url=far.url + "/slow"))
		assert one.response("POST").body == b"slowly but surely"


def test_response_streams(lab):
	"""What has arrived is passed on at once."""
	gate = origin.Gate(lambda c, r: c.send(b"3\r\ntwo\r\n0\r\n\r\n"))

	def handle(conn, req):
		conn.send(OPEN + b"3\r\none\r\n")
		gate(conn, req)
	far = lab.origin(handle)
	lab.sluice()
	one = lab.client().ask("GET", far.url + "/")
	assert one.head().status == 200
	assert one.until(b"one\r\n")
	gate.open()
	assert one.until(b"two\r\n0\r\n\r\n")


def test_upload_streams(lab):
	"""The origin has the first part before the client sends the second."""
	first = threading.Event()

	def handle(conn, req):
		conn.until(b"first\r\n")
		first.set()
		conn.until(b"second\r\n0\r\n\r\n")
		conn.reply(body="both")
	far = lab.origin(handle, read_body=False)
	lab.sluice()
	one = lab.client()
	one.ask("POST", far.url + "/", length=False, body=b"5\r\nfirst\r\n",
	    fields=[("Transfer-Encoding", "chunked")])
	assert first.wait(wire.DEADLINE)
	one.send(b"6\r\nsecond\r\n0\r\n\r\n")
	assert one.response("POST").body == b"both"


def test_both_stream_at_once(lab):
	"""An origin that answers while it still reads, as an echo does."""
	def handle(conn, req):
		conn.until(b"first\r\n")
		conn.send(OPEN + b"3\r\none\r\n")
		conn.until(b"second\r\n0\r\n\r\n")
		conn.send(b"3\r\ntwo\r\n0\r\n\r\n")
	far = lab.origin(handle, read_body=False)
	lab.sluice()
	one = lab.client()
	one.ask("POST", far.url + "/", length=False, body=b"5\r\nfirst\r\n",
	    fields=[("Transfer-Encoding", "chunked")])
	assert one.head().status == 200
	assert one.until(b"one\r\n")
	one.send(b"6\r\nsecond\r\n0\r\n\r\n")
	assert one.until(b"two\r\n0\r\n\r\n")


@pytest.mark.parametrize("limit, size, how, status", [
    ("10kB", 10_000, "length", 200), ("10kB", 10_001, "length", 413),
    ("10kB", 10_000, "chunked", 200), ("10kB", 10_001, "chunked", 413)])
def test_body_limit(lab, limit, size, how, status):
	far = lab.origin(origin.echo)
	lab.sluice(limits={"body": limit})
	one = lab.client()
	try:
		one.send(upload(wire.pattern(size), how, method="POST",
		    url=far.url + "/"))
	except ConnectionError:
		pass
	assert one.response("POST").status == status
	if status == 413:
		assert one.ended()
