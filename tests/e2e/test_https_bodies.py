# SPDX-License-Identifier: ISC
"""What passes through TLS comes out as it went in, and ends as it ended."""
import pytest

import origin
import tls
import ways
import wire

both = pytest.mark.parametrize("mode", ways.BOTH)
SIZES = [0, 1, 16383, 16384, 16385, 8_000_000]


@both
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("how", ["length", "chunked"])
def test_bodies_there_and_back(tlab, mode, size, how):
	far = tlab.secure_origin(origin.echo)
	one = ways.Way(tlab, mode, far).client()
	data = wire.pattern(size, 5)
	if how == "length":
		task = tlab.spawn(lambda: one.ask("PUT", "/", body=data))
	else:
		task = tlab.spawn(lambda: one.ask("PUT", "/", [
		    ("Transfer-Encoding", "chunked")], body=wire.chunked(data),
		    length=False))
	answer = one.response()
	task.join()
	assert answer.status == 200
	assert answer.get("x-framing") == how
	assert wire.sha(answer.body) == wire.sha(data)
	assert far.requests[0].body == data
	assert one.get("/again").status == 200


@both
def test_curl_to_nginx_there_and_back(tlab, mode, command):
	"""A few megabytes up and down between two programs."""
	site = tlab.nginx()
	far = site
	far.port = site.tls_port
	way = ways.Way(tlab, mode, far)
	data = wire.pattern(6_000_000, 9)
	(tlab.dir / "up.bin").write_bytes(data)
	base = f"http://{way.name}" if mode == "upstream" \
	    else f"https://{way.at}"
	for extra in ([], ["-H", "Transfer-Encoding: chunked"]):
		command("curl", "-sS", "-q", "-f", "-x", way.daemon.url,
		    "--cacert", tlab.pki.pem("user-ca"), *extra, "-T",
		    tlab.dir / "up.bin", base + "/up/x.bin")
		assert site.uploaded("x.bin") == data
		(site.www / "up/x.bin").rename(site.www / "down.bin")
		out = command("curl", "-sS", "-q", "-x", way.daemon.url,
		    "--cacert", tlab.pki.pem("user-ca"),
		    base + "/down.bin").stdout
		assert wire.sha(out) == wire.sha(data)


@both
@pytest.mark.parametrize("end, whole", [("end", True), ("cut", False),
    ("abort", False)])
def test_response_until_the_end(tlab, mode, end, whole):
	"""Only close_notify says that it was all."""
	def handle(conn, req):
		conn.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
		    + b"x" * 50_000)
		getattr(conn, end)()
	far = tlab.secure_origin(handle)
	way = ways.Way(tlab, mode, far)
	answer = way.get("/")
	assert answer.status == 200
	assert answer.whole is whole
	if whole:
		assert answer.body == b"x" * 50_000
	line = way.daemon.out.wait(" GET ")
	assert (" forwarded rule=" in line) is whole, line


@both
@pytest.mark.parametrize("end, whole", [("end", True), ("cut", False)])
def test_response_until_the_end_to_an_old_client(tlab, mode, end, whole):
	"""HTTP/1.0: the end of the connection is all that it has to go by."""
	def handle(conn, req):
		conn.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
		    + b"x" * 50_000)
		getattr(conn, end)()
	far = tlab.secure_origin(handle)
	way = ways.Way(tlab, mode, far)
	one = way.client()
	one.ask("GET", "/", version="1.0", host=way.at)
	assert one.head().status == 200
	if whole:
		assert one.rest() == b"x" * 50_000
	else:
		with pytest.raises(ConnectionError):
			one.rest()


@both
@pytest.mark.parametrize("body", [b"Content-Length: 1000\r\n\r\nshort",
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n"])
@pytest.mark.parametrize("end", ["end", "cut"])
def test_response_is_cut_short(tlab, mode, body, end):
	far = tlab.secure_origin(lambda conn, req: (conn.send(
	    b"HTTP/1.1 200 OK\r\n" + body), getattr(conn, end)()))
	answer = ways.Way(tlab, mode, far).get("/")
	assert answer.status == 200
	assert not answer.whole


@both
def test_head_and_bodiless(tlab, mode):
	far = tlab.secure_origin(lambda conn, req: conn.reply(
	    int(req.target[1:]), body=b"" if req.target != "/200"
	    else b"x" * 12345))
	one = ways.Way(tlab, mode, far).client()
	answer = one.call("HEAD", "/200")
	assert (answer.status, answer.body) == (200, b"")
	assert answer.get("content-length") == "12345"
	for status in (204, 304, 200):
		assert one.get(f"/{status}").status == status


@both
def test_continue(tlab, mode):
	far = tlab.secure_origin(origin.echo)
	one = ways.Way(tlab, mode, far).client()
	one.ask("PUT", "/", [("Expect", "100-continue"),
	    ("Content-Length", "5")])
	assert one.head().status == 100
	one.send(b"hello")
	answer = one.response()
	assert (answer.status, answer.body) == (200, b"hello")


@both
def test_tls_records_of_one_byte(tlab, mode):
	"""However the origin cuts it up."""
	text = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello there"

	def handle(conn, req):
		for i in range(len(text)):
			conn.send(text[i:i + 1])
	far = tlab.secure_origin(handle)
	one = ways.Way(tlab, mode, far).client()
	for _ in range(3):
		assert one.get("/").body == b"hello there"


@both
def test_new_keys_on_the_way(tlab, mode):
	"""A session ticket and a response in one go, on a kept connection."""
	site = tlab.nginx()
	site.port = site.tls_port
	data = wire.pattern(300_000, 4)
	site.file("x.bin", data)
	one = ways.Way(tlab, mode, site).client()
	for _ in range(20):
		assert wire.sha(one.get("/x.bin").body) == wire.sha(data)


@both
def test_upgrade(tlab, mode):
	"""101 turns it into a tunnel, with TLS where there was TLS."""
	def handle(conn, req):
		conn.send(b"HTTP/1.1 101 Switching Protocols\r\n"
		    b"Upgrade: websocket\r\nConnection: upgrade\r\n\r\nwelcome")
		while conn.fill():
			conn.send(conn.take(len(conn.buf)))
		conn.done = True
	far = tlab.secure_origin(handle)
	one = ways.Way(tlab, mode, far).client()
	one.ask("GET", "/", [("Connection", "Upgrade"),
	    ("Upgrade", "websocket")])
	assert one.response().status == 101
	assert one.exactly(7) == b"welcome"
	data = wire.pattern(3_000_000, 6)
	task = tlab.spawn(one.send, data)
	assert one.digest(len(data)) == wire.sha(data)
	task.join()
	one.finish()
	assert far.conns[0].gone.wait(wire.DEADLINE)


@both
@pytest.mark.parametrize("who", ["origin", "client"])
def test_upgrade_ends(tlab, mode, who):
	"""Either side's close_notify reaches the other."""
	ended = []

	def handle(conn, req):
		conn.send(b"HTTP/1.1 101 Switching Protocols\r\n"
		    b"Upgrade: websocket\r\nConnection: upgrade\r\n\r\n")
		if who == "origin":
			conn.send(b"bye")
			conn.end()
			return
		try:
			ended.append(conn.rest())
		except tls.Truncated:
			ended.append("cut")
		conn.done = True
	far = tlab.secure_origin(handle)
	one = ways.Way(tlab, mode, far).client()
	one.ask("GET", "/", [("Connection", "Upgrade"),
	    ("Upgrade", "websocket")])
	assert one.response().status == 101
	if who == "origin":
		assert one.rest() == b"bye"
		return
	one.send(b"bye")
	one.finish()
	assert far.conns[0].gone.wait(wire.DEADLINE)
	assert ended == [b"bye"]


@both
def test_upgrade_that_ends_at_once(tlab, mode):
	"""101, the only bytes of the tunnel and close_notify in one go."""
	def handle(conn, req):
		conn.sock.obj.write(b"HTTP/1.1 101 Switching Protocols\r\n"
		    b"Upgrade: websocket\r\nConnection: upgrade\r\n\r\nbye")
		conn.end()
	far = tlab.secure_origin(handle)
	one = ways.Way(tlab, mode, far).client()
	one.ask("GET", "/", [("Connection", "Upgrade"),
	    ("Upgrade", "websocket")])
	assert one.response().status == 101
	assert one.rest() == b"bye"


@both
def test_two_workers(tlab, mode):
	"""Forty clients on two event loops, three requests each."""
	far = tlab.secure_origin(lambda conn, req: conn.reply(
	    body=req.target))
	way = ways.Way(tlab, mode, far, workers=2)
	clients = [way.client() for _ in range(40)]
	for turn in range(3):
		for i, one in enumerate(clients):
			one.ask("GET", f"/{turn}/{i}")
		for i, one in enumerate(clients):
			assert one.response().body == b"/%d/%d" % (turn, i)
	assert len(far.requests) == 120
