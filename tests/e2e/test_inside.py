# SPDX-License-Identifier: ISC
"""Plain HTTP inside CONNECT: each request is one, as in absolute form.

Many clients open a tunnel for http:// URLs, too: undici, https-proxy-agent,
curl -p, browsers for ws://.
"""
import ssl
import time

import pytest

import client
import origin
import sluice
import wire

TIGHT = {"period": "1h", "queue": {"max_wait": "10ms"}}
QUICK = {"header": "500ms", "idle": "60s"}
one_worker = pytest.mark.skipif(sluice.WORKERS != 1,
    reason="each worker has a pool of its own")


def opened(lab, at, **keys):
	one = lab.client()
	answer = one.tunnel(at, **keys)
	assert answer.status == 200, answer
	return one


def get(one, far, path="/", *args, **keys):
	return one.get(path, *args, host=getattr(far, "at", far), **keys)


def statuses(lab, far, n):
	"""Of requests that each have a tunnel."""
	return [get(opened(lab, far.at), far).status for _ in range(n)]


# Each is counted, and the tunnel is not.

@one_worker
def test_each_is_counted(lab):
	far = lab.origin()
	daemon = lab.sluice(hosts={"127.0.0.1": {"capacity": 3, **TIGHT}})
	one = opened(lab, far.at)
	assert [get(one, far).status for _ in range(4)] == [200] * 3 + [429]
	assert lab.client().tunnel(far.at).status == 429
	assert len(far.requests) == 3 and len(far.conns) == 1
	assert far.requests[0].all("host") == [far.at]
	assert len(far.requests[0].all("via")) == 1
	one.close()
	daemon.out.like(rf" CONNECT {far.at} 200 0 0 .* plain requests inside ",
	    1)
	daemon.out.like(rf" GET {far.at} 200 .* forwarded ", 3)
	daemon.out.like(rf" GET {far.at} 429 .* refused: max_wait ", 1)


def test_tunnels_cost_nothing_then(lab):
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": {"capacity": 3, **TIGHT}})
	assert statuses(lab, far, 3) == [200] * 3
	assert lab.client().tunnel(far.at).status == 429


def test_many_at_once(lab):
	"""Whatever order they speak in, all of the budget is there for them."""
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": {"capacity": 8, **TIGHT}})
	ones = [opened(lab, far.at) for _ in range(8)]
	assert lab.client().tunnel(far.at).status == 429
	for one in reversed(ones):
		one.ask("GET", "/", host=far.at)
	assert [one.response().status for one in ones] == [200] * 8


@pytest.mark.parametrize("hold", ["close", "connect"])
def test_cost_of_a_tunnel_comes_back(lab, hold):
	far = lab.origin(accept=lambda conn: conn.wait_gone())
	plain = lab.origin()
	lab.sluice(hosts={"127.0.0.1": {"capacity": 5, **TIGHT,
	    "concurrency": 1, "tunnel": {"cost": 4, "hold": hold}}})
	one = opened(lab, plain.at)
	assert [get(one, plain).status for _ in range(2)] == [200] * 2
	# What is none costs what the rule says.
	assert lab.client().tunnel(plain.at).status == 429
	assert [get(one, plain).status for _ in range(4)] == [200] * 3 + [429]
	assert far.conns == []


def test_slot_comes_back(lab):
	"""An idle connection holds none, as one for absolute form does not."""
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": {"concurrency": 1}})
	one = opened(lab, far.at)
	assert get(one, far).status == 200
	two = opened(lab, far.at)
	assert get(two, far).status == 200
	assert get(one, far).status == 200


def test_waits_its_turn(lab):
	"""In the queue it is a request like any other."""
	gate = origin.Gate()
	far = lab.origin(gate)
	lab.sluice(hosts={"127.0.0.1": {"concurrency": 1}})
	one, two = opened(lab, far.at), lab.client()
	one.ask("GET", "/1", host=far.at)
	far.wait_requests(1)
	two.ask("GET", far.url + "/2")
	lab.settle()
	one.send(client.request("GET", "/3", host=far.at))
	gate.open()
	assert one.response().status == two.response().status == 200
	assert one.response().status == 200
	assert far.targets() == ["/1", "/2", "/3"]


def test_pauses_and_is_sent_again(lab):
	far = lab.origin(origin.sequence(origin.fixed(429,
	    fields=[("Retry-After", "1")]), origin.fixed(body="fine")))
	lab.sluice(hosts={"127.0.0.1": {"retry": {"attempts": 1}}})
	one = opened(lab, far.at)
	answer = get(one, far)
	assert (answer.status, answer.body) == (200, b"fine")
	first, second = far.times()
	assert second - first >= 1


# In whatever pieces, and of whatever kind.

@pytest.mark.parametrize("early", [0, 1, 3, 4, 20, None])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_in_pieces(lab, early, version):
	"""Some of it behind the CONNECT, the rest a byte at a time."""
	far = lab.origin(origin.fixed(body="fine"))
	lab.sluice(hosts={"127.0.0.1": {"capacity": 1, **TIGHT}})
	one = lab.client()
	data = client.request("GET", "/x", host=far.at)
	one.send(client.request("CONNECT", far.at, version=version)
	    + data[:early])
	assert one.response("CONNECT").status == 200
	if early is not None:
		one.send_bytes(data[early:])
	assert one.response().body == b"fine"
	assert get(one, far).status == 429


def test_pipelined(lab):
	far = lab.origin(origin.echo)
	lab.sluice(hosts={"127.0.0.1": {"capacity": 4, **TIGHT}})
	one = lab.client()
	one.send(client.request("CONNECT", far.at) + b"".join(
	    client.request("POST", f"/{i}", body=b"%d" % i, host=far.at)
	    for i in range(5)))
	assert one.response("CONNECT").status == 200
	got = [one.response("POST") for _ in range(5)]
	assert [a.status for a in got] == [200] * 4 + [429]
	assert [a.body for a in got[:4]] == [b"0", b"1", b"2", b"3"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS",
    "PROPFIND", "M-SEARCH", "x", "!"])
def test_methods(lab, method):
	far = lab.origin(origin.fixed(body="fine"))
	lab.sluice(hosts={"127.0.0.1": {"capacity": 1, **TIGHT}})
	one = opened(lab, far.at)
	answer = one.call(method, "/x", host=far.at)
	assert answer.status == 200
	assert far.requests[0].start == f"{method} /x HTTP/1.1".encode()
	assert one.call(method, "/x", host=far.at).status == 429


def test_options_of_the_host(lab):
	far = lab.origin()
	lab.sluice()
	one = opened(lab, far.at)
	assert one.call("OPTIONS", "*", host=far.at).status == 200
	assert far.requests[0].start == b"OPTIONS * HTTP/1.1"


@pytest.mark.parametrize("size", [1, 100_000])
def test_bodies(lab, size):
	far = lab.origin(origin.echo)
	lab.sluice()
	one = opened(lab, far.at)
	data = wire.pattern(size)
	answer = one.call("POST", "/", host=far.at, body=data)
	assert wire.sha(answer.body) == wire.sha(data)
	one.send(client.request("POST", "/", [("Transfer-Encoding",
	    "chunked")], host=far.at) + wire.chunked(data))
	assert wire.sha(one.response("POST").body) == wire.sha(data)


def test_expect(lab):
	far = lab.origin(origin.echo)
	lab.sluice()
	one = opened(lab, far.at)
	one.send(client.request("POST", "/", [("Expect", "100-continue"),
	    ("Content-Length", "4")], host=far.at))
	assert one.head().status == 100
	one.send(b"fine")
	assert one.response("POST").body == b"fine"


def test_old_version(lab):
	"""Without Host: it is the tunnel's."""
	far = lab.origin(origin.fixed(body="fine"))
	lab.sluice()
	one = opened(lab, far.at)
	one.send(b"GET /x HTTP/1.0\r\n\r\n")
	assert one.response().body == b"fine"
	assert one.ended()
	assert far.requests[0].all("host") == [far.at]


def test_upgrade(lab):
	"""As a WebSocket does."""
	def handle(conn, req):
		conn.send(b"HTTP/1.1 101 Switching Protocols\r\n"
		    b"Upgrade: websocket\r\nConnection: upgrade\r\n\r\n")
		while data := conn.sock.recv(wire.PIECE):
			conn.send(data)
		conn.done = True
	far = lab.origin(handle)
	daemon = lab.sluice()
	one = opened(lab, far.at)
	one.ask("GET", "/", [("Connection", "Upgrade"),
	    ("Upgrade", "websocket")], host=far.at)
	assert one.head().status == 101
	# The stream of a WebSocket is no request, whatever is in it.
	data = client.request("GET", "/", host=far.at)
	one.send(data)
	assert one.exactly(len(data)) == data
	one.close()
	daemon.out.like(rf" GET {far.at} 101 .* upgraded rule=", 1)


def test_half_closed(lab):
	"""A client that sends all it has, and then reads."""
	far = lab.origin(origin.fixed(body="fine"))
	lab.sluice()
	one = lab.client()
	one.send(client.request("CONNECT", far.at)
	    + client.request("GET", "/", host=far.at))
	one.fin()
	assert one.response("CONNECT").status == 200
	assert one.response().body == b"fine"


# What is no request, or for somebody else.

@pytest.mark.parametrize("data, status", [
    (b"CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n", 400),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0" * 9, 505),
    (b"GET / HTTP/1.1\nHost: x\n\n", 400),
    (b"\n GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET\t/\tHTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    (b"get / http/1.1\r\n\r\n", 400),
    (b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
], ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("early", [False, True])
def test_refused(lab, same, data, status, early):
	"""What some origin would take for a request does not get there."""
	far = lab.origin(accept=lambda conn: conn.wait_gone())
	same()
	one = opened(lab, far.at, early=data if early else b"")
	if not early:
		one.send(data)
	answer = one.response()
	assert answer.status == status
	assert one.ended()
	assert all(not conn.buf for conn in far.conns)


def test_a_request_in_odd_pieces(lab):
	"""What does not look like one goes through, until it is one."""
	seen = []

	def accept(conn):
		seen.append(conn.exactly(4))
		conn.wait_gone()
		seen.append(bytes(conn.buf))
	far = lab.origin(accept=accept)
	daemon = lab.sluice()
	one = opened(lab, far.at)
	one.send(b"get ")
	wire.wait_until(lambda: seen == [b"get "], what="the first piece")
	one.send(b"/ HTTP/1.1\r\nHost: x\r\n\r\n")
	assert one.ended()
	wire.wait_until(lambda: len(seen) == 2, what="the end")
	assert seen[1] == b""
	daemon.out.like(r" CONNECT .* tunnel, .*: a request in pieces ", 1)


def test_a_long_line_in_pieces(lab):
	"""It is none that goes through because there is more of it."""
	far = lab.origin(accept=lambda conn: conn.wait_gone())
	daemon = lab.sluice()
	one = opened(lab, far.at)
	one.send(b"get /" + b"a" * 1000000)
	one.send(b" HTTP/1.1\r\nHost: x\r\n\r\n")
	assert one.ended()
	daemon.out.like(r" CONNECT .* tunnel, .*: a request in pieces ", 1)


def test_a_long_method(lab):
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": {"capacity": 1, **TIGHT}})
	one = opened(lab, far.at)
	assert one.call("A" * 200, "/", host=far.at).status == 200
	assert get(one, far).status == 429


def test_late_request(lab):
	far = lab.origin()
	lab.sluice(timeouts=QUICK)
	one = opened(lab, far.at)
	one.send(b"GET / HT")
	assert one.response().status == 408
	assert far.requests == []


@pytest.mark.parametrize("form", ["origin", "absolute"])
def test_for_another_host(lab, form):
	"""It goes where the tunnel goes, and counts for whom it is."""
	far = lab.origin()
	lab.sluice(hosts={"other.test": {"capacity": 1, **TIGHT}})
	one = opened(lab, far.at)
	url = "/x?y" if form == "origin" else "http://other.test:99/x?y"
	host = "other.test" if form == "origin" else "other.test:99"
	assert one.get(url, host=host).status == 200
	assert one.get(url, host=host).status == 429
	assert get(one, far).status == 200
	req = far.requests[0]
	assert req.start == f"GET {url} HTTP/1.1".encode()
	assert req.all("host") == [host]


@pytest.mark.parametrize("limit", [{"capacity": 1, **TIGHT},
    {"concurrency": 1}, {"paths": {"/x": {"capacity": 1, "period": "1h"}}}],
    ids=["rate", "concurrency", "path"])
@pytest.mark.parametrize("form", ["origin", "absolute"])
def test_no_way_around_limits(lab, form, limit):
	"""Another name in a request is no other budget for the same host."""
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": limit, "other.test": limit})
	one = opened(lab, far.at)
	url = "/x" if form == "origin" else "http://other.test/x"
	assert one.get(url, host="other.test").status == 421
	one = opened(lab, far.at)
	assert far.requests == []
	assert get(one, far, "/x").status == 200


@pytest.mark.parametrize("form", ["origin", "absolute"])
def test_another_name_counts_for_the_tunnels_host(lab, form):
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": {"capacity": 2, **TIGHT}})
	one = opened(lab, far.at)
	for i, status in enumerate((200, 200, 429)):
		name = f"other{i}.test"
		url = "/x" if form == "origin" else f"http://{name}/x"
		assert one.get(url, host=name).status == status
	assert lab.get(far.url).status == 429
	assert [req.all("host") for req in far.requests] == \
	    [["other0.test"], ["other1.test"]]


def test_names_that_share_a_throttle(lab):
	far = lab.origin()
	lab.sluice(hosts={"*.localhost": {"capacity": 2,
	    "shared": True, **TIGHT}})
	one = opened(lab, f"a.localhost:{far.port}")
	for status in 200, 200, 429:
		assert one.get("/", host="b.localhost").status == status


def test_absolute_form_for_the_tunnels_host(lab):
	far = lab.origin()
	lab.sluice()
	one = opened(lab, far.at)
	assert one.get(far.url + "/x").status == 200
	assert far.requests[0].start == b"GET /x HTTP/1.1"


def test_absolute_form_with_https(lab):
	"""Not in clear."""
	far = lab.origin()
	lab.sluice()
	one = opened(lab, far.at)
	assert one.get(f"https://{far.at}/", host=far.at).status == 421
	assert far.requests == []


# Hosts whose HTTPS is ours.

def ours(tlab, far, **rule):
	tlab.https(hosts={"upstream.test": {"https": "upstream", **rule}},
	    timeouts=QUICK)
	return f"upstream.test:{far.port}"


def test_goes_out_as_https(tlab):
	"""Nothing arrives in clear, of a client that asked for a tunnel."""
	far = tlab.secure_origin(origin.fixed(body="fine"))
	at = ours(tlab, far, capacity=2, **TIGHT)
	one = opened(tlab, at)
	assert far.conns == []
	answer = get(one, at, "/", [("Authorization", "Bearer secret")])
	assert answer.body == b"fine"
	conn, = far.wait_hellos(1)
	assert conn.hello.name == "upstream.test"
	assert get(one, at).status == 200
	assert get(one, at).status == 429
	assert tlab.client().tunnel(at).status == 429


def test_port_of_https(tlab):
	far = tlab.secure_origin(origin.fixed(body="fine"))
	ours(tlab, far, tls={"port": far.port})
	one = opened(tlab, "upstream.test:80")
	assert get(one, "upstream.test").body == b"fine"


@pytest.mark.parametrize("early", [0, 1, 5, None])
def test_tls_goes_through_to_ours(tlab, early):
	"""A ClientHello may come in pieces; it decides as a whole."""
	far = tlab.secure_origin(origin.fixed(body="fine"))
	at = ours(tlab, far)
	context = tlab.pki.client("ca")
	incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
	inner = context.wrap_bio(incoming, outgoing,
	    server_hostname="upstream.test")
	with pytest.raises(ssl.SSLWantReadError):
		inner.do_handshake()
	data = outgoing.read()
	one = opened(tlab, at, early=data[:early])
	if early is not None:
		for i in range(early, 8):
			one.send(data[i:i + 1])
			tlab.settle()
		one.send(data[8:])
	while True:
		try:
			inner.do_handshake()
			break
		except ssl.SSLWantReadError:
			one.send(outgoing.read())
			# It may have come together with the 200.
			assert one.buf or one.fill()
			incoming.write(one.take(len(one.buf)))
	assert inner.getpeercert()["subjectAltName"]


NEITHER = [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16GET / HTTP/1.1\r\n\r\n",
    b"EHLO x\r\n", b"\0\1\2\3", b"\x16\x03\x01\x00\x05\x02",
    b"\x80\x2e\x01\x00\x02", b"GET /\r\n", b"x\r\nGET / HTTP/1.1\r\n\r\n"]


@pytest.mark.parametrize("https", ["upstream", "intercept"])
@pytest.mark.parametrize("data", NEITHER, ids=str)
def test_neither_tls_nor_http(tlab, https, data):
	far = tlab.origin(accept=lambda conn: conn.wait_gone())
	tlab.https(hosts={"upstream.test": {"https": https}})
	at = f"upstream.test:{far.port}"
	one = opened(tlab, at)
	one.send(data)
	assert one.ended()
	tlab.daemons[-1].out.like(rf" CONNECT {at} 200 .* refused: neither TLS "
	    "nor HTTP in a tunnel rule=", 1)
	assert far.conns == []


@pytest.mark.parametrize("https", ["upstream", "intercept"])
@pytest.mark.parametrize("data", [b"", b"\r\n", b"\x16\x03"], ids=str)
def test_silence(tlab, https, data):
	"""It has the time that a head has; and the slot is given back."""
	far = tlab.origin(accept=lambda conn: conn.wait_gone())
	tlab.https(hosts={"upstream.test": {"https": https, "capacity": 1,
	    **TIGHT}}, timeouts=QUICK)
	at = f"upstream.test:{far.port}"
	for _ in range(2):
		one = opened(tlab, at)
		began = time.monotonic()
		one.send(data)
		assert one.ended()
		assert time.monotonic() - began >= 0.4
	assert far.conns == []


def test_client_that_leaves(tlab):
	far = tlab.origin()
	at = ours(tlab, far, capacity=1, **TIGHT)
	for i in range(3):
		opened(tlab, at).close()
		tlab.daemons[-1].out.like(" client gone rule=", i + 1)


def test_not_through_to_ours(tlab):
	"""A request for a host of https: upstream, in another's tunnel."""
	far = tlab.origin()
	ours(tlab, far)
	one = opened(tlab, far.at)
	answer = one.get("/", host=f"upstream.test:{far.port}")
	assert answer.status == 421
	assert one.get(f"http://upstream.test:{far.port}/").status == 421
	one = opened(tlab, f"upstream.test:{far.port}")
	assert get(one, far).status == 421
	assert far.requests == []


def test_in_clear_to_an_intercepted_host(tlab):
	"""As in absolute form: in clear to that port, and counted."""
	far = tlab.origin(origin.fixed(body="fine"))
	daemon = tlab.https(hosts={"cut.test": {"https": "intercept",
	    "capacity": 2, **TIGHT}})
	at = f"cut.test:{far.port}"
	one = opened(tlab, at)
	assert get(one, at).body == b"fine"
	assert get(one, at).status == 200
	assert get(one, at).status == 429
	daemon.out.like(rf" CONNECT {at} 200 .* plain requests inside ", 1)


# What stays a tunnel.

@pytest.mark.parametrize("data", [b"x", b"000000", b"\r\n", b"PING",
    b"PING\r\n", b"get", b"\x16\x03\x01", b"\x16", b"hello world",
    b"GET", b"*1\r\n$4\r\nPING\r\n"], ids=str)
def test_other_first_bytes(lab, data):
	"""The client speaks first, and waits for an answer."""
	def accept(conn):
		conn.send(conn.exactly(len(data)))
		conn.wait_gone()
	far = lab.origin(accept=accept)
	daemon = lab.sluice()
	one = opened(lab, far.at)
	one.send(data)
	assert one.exactly(len(data)) == data
	one.close()
	daemon.out.like(" CONNECT .* tunnel, requests inside not seen rule=", 1)


def test_upstream_speaks_first(lab):
	"""SMTP, SSH, MySQL: the tunnel costs and holds what it did."""
	def accept(conn):
		conn.send(b"220 hello\r\n")
		while data := conn.sock.recv(wire.PIECE):
			conn.send(data)
	far = lab.origin(accept=accept)
	lab.sluice(hosts={"127.0.0.1": {"capacity": 1, **TIGHT}})
	one = opened(lab, far.at)
	assert one.exactly(11) == b"220 hello\r\n"
	one.send(b"GET / HTTP/1.1\r\n\r\n")
	assert one.exactly(18) == b"GET / HTTP/1.1\r\n\r\n"
	assert lab.client().tunnel(far.at).status == 429


def test_silent_on_both_sides(lab):
	"""Beyond timeouts.header it counts as a tunnel, and goes on."""
	far = lab.origin(origin.fixed(body="fine"))
	lab.sluice(timeouts={"header": "200ms", "tunnel": "1h"},
	    hosts={"127.0.0.1": {"capacity": 2, **TIGHT}})
	one = opened(lab, far.at)
	time.sleep(0.5)
	assert one.quiet(0.2)
	assert get(one, far).body == b"fine"
	assert get(one, far).status == 429


def test_silent_for_too_long(lab):
	far = lab.origin(accept=lambda conn: conn.wait_gone())
	daemon = lab.sluice(timeouts={"header": "200ms", "tunnel": "1s"})
	one = opened(lab, far.at)
	assert one.ended()
	daemon.out.like(" CONNECT .* tunnel, requests inside not seen: idle rule=",
	    1)


def test_end_of_a_silent_one(lab):
	"""Either side may end a tunnel in which nothing was said."""
	far = lab.origin(accept=lambda conn: conn.fin() or conn.wait_gone())
	lab.sluice()
	one = opened(lab, far.at)
	assert one.rest() == b""
	far = lab.origin(accept=lambda conn: conn.wait_gone())
	one = opened(lab, far.at)
	one.fin()
	assert far.wait_conns(1)[0].gone.wait(wire.DEADLINE)
