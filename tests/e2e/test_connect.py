# SPDX-License-Identifier: ISC
"""Tunnels: CONNECT and Upgrade, loops, and what is no target."""
import re
import threading

import pytest

import client
import origin
import wire


def echo_bytes(conn):
	"""Sends back whatever comes, until the peer's end."""
	while True:
		data = conn.sock.recv(wire.PIECE)
		if not data:
			return
		conn.send(data)


def test_bytes_both_ways(lab):
	far = lab.origin(accept=echo_bytes)
	lab.sluice()
	one = lab.client()
	answer = one.tunnel(far.at)
	assert answer.status == 200
	assert answer.get("content-length") is None
	assert answer.get("transfer-encoding") is None
	for i in range(50):
		data = wire.pattern(i * 37 + 1, i)
		one.send(data)
		assert one.exactly(len(data)) == data


def test_large_both_ways_at_once(lab):
	far = lab.origin(accept=echo_bytes)
	lab.sluice()
	one = lab.client()
	assert one.tunnel(far.at).status == 200
	data = wire.pattern(20_000_000)
	task = lab.spawn(one.send, data)
	assert one.digest(len(data)) == wire.sha(data)
	task.join()


@pytest.mark.parametrize("size", [1, 5, 5000, 300_000])
def test_early_bytes(lab, size):
	"""What the client sends without waiting for 200 arrives in order."""
	far = lab.origin(accept=echo_bytes)
	lab.sluice()
	one = lab.client()
	data = wire.pattern(size)
	task = lab.spawn(one.send, client.request("CONNECT", far.at)
	    + data + b"later")
	assert one.response("CONNECT").status == 200
	assert one.exactly(size + 5) == data + b"later"
	task.join()


def test_early_bytes_after_a_wait(lab):
	"""They are not lost while the CONNECT is queued."""
	gate = origin.Gate()
	held = lab.origin(gate)
	far = lab.origin(accept=echo_bytes)
	lab.sluice(hosts={"127.0.0.1": {"concurrency": 1}})
	first = lab.client().ask("GET", held.url + "/")
	held.wait_requests(1)
	one = lab.client()
	one.send(client.request("CONNECT", far.at) + b"early")
	lab.settle()
	assert far.conns == []
	gate.open()
	assert first.response().status == 200
	assert one.response("CONNECT").status == 200
	assert one.exactly(5) == b"early"


def test_client_half_closes(lab):
	"""The origin may go on sending long after."""
	data = wire.pattern(3_000_000)
	seen = []

	def accept(conn):
		seen.append(conn.rest())
		conn.send(data)
	far = lab.origin(accept=accept)
	lab.sluice()
	one = lab.client()
	assert one.tunnel(far.at).status == 200
	one.send(b"question")
	one.fin()
	assert wire.sha(one.rest()) == wire.sha(data)
	assert seen == [b"question"]


def test_origin_half_closes(lab):
	data = wire.pattern(3_000_000)
	seen = []

	def accept(conn):
		conn.send(b"hello")
		conn.fin()
		seen.append(wire.sha(conn.rest()))
	far = lab.origin(accept=accept)
	lab.sluice()
	one = lab.client()
	assert one.tunnel(far.at).status == 200
	assert one.rest() == b"hello"
	one.send(data)
	one.fin()
	assert far.conns[0].gone.wait(wire.DEADLINE)
	assert seen == [wire.sha(data)]


def test_origin_resets(lab):
	far = lab.origin(accept=lambda conn: (conn.exactly(1), conn.reset()))
	lab.sluice()
	one = lab.client()
	assert one.tunnel(far.at).status == 200
	one.send(b"x")
	assert one.ended()


def test_client_resets(lab):
	far = lab.origin(accept=lambda conn: conn.wait_gone())
	lab.sluice()
	one = lab.client()
	assert one.tunnel(far.at).status == 200
	conn, = far.wait_conns(1)
	one.reset()
	assert conn.gone.wait(wire.DEADLINE)


def send_and_reset(link, data):
	link.send(data)
	wire.wait_until(link.acknowledged)
	link.reset()


def test_what_the_origin_sent_before_its_reset(lab):
	"""All of it comes, to one who reads slowly, and then a reset."""
	data = wire.pattern(60000)
	far = lab.origin(accept=lambda conn: (conn.exactly(1),
	    send_and_reset(conn, data)))
	lab.sluice()
	one = lab.client(rcvbuf=4096)
	assert one.tunnel(far.at).status == 200
	one.send(b"x")
	conn, = far.wait_conns(1)
	wire.wait_until(lambda: conn.sock.fileno() == -1)
	assert one.until_reset() == data


def test_what_the_client_sent_before_its_reset(lab):
	data = wire.pattern(60000)
	over = threading.Event()
	seen = []

	def accept(conn):
		assert over.wait(wire.DEADLINE)
		seen.append(conn.until_reset())
	far = lab.origin(accept=accept, rcvbuf=4096)
	lab.sluice()
	one = lab.client()
	assert one.tunnel(far.at).status == 200
	send_and_reset(one, data)
	over.set()
	wire.wait_until(lambda: seen)
	assert seen == [data]


@pytest.mark.parametrize("more", [False, True])
def test_a_reset_that_is_met_by_sending(lab, more):
	"""The origin's last bytes and its reset are there, and bytes for it,
	too, when sluice has time to look."""
	data = wire.pattern(60000)
	began, go = threading.Event(), threading.Event()
	far = lab.origin(accept=lambda conn: (conn.exactly(1), began.set(),
	    go.wait(wire.DEADLINE), send_and_reset(conn, data)))
	daemon = lab.sluice(limits={"buffer": "16KiB"})
	one = lab.client()
	assert one.tunnel(far.at).status == 200
	one.send(b"x")
	assert began.wait(wire.DEADLINE)
	conn, = far.wait_conns(1)
	with daemon.stands_still():
		one.send(b"y" * 3000)
		go.set()
		wire.wait_until(lambda: conn.sock.fileno() == -1)
		if more:
			one.send(b"z" * 3000)
	assert one.until_reset() == data


def test_slot_is_held_until_the_tunnel_closes(lab):
	far = lab.origin(accept=echo_bytes)
	daemon = lab.sluice(hosts={"127.0.0.1": {"concurrency": 1}})
	one = lab.client()
	assert one.tunnel(far.at).status == 200
	two = lab.client()
	two.ask("CONNECT", far.at)
	lab.settle()
	assert len(far.wait_conns(1)) == len(far.conns) == 1
	assert two.quiet(0.2)
	one.close()
	assert two.response("CONNECT").status == 200
	two.close()
	daemon.out.count(2)


def test_limits_refuse_tunnels(lab):
	far = lab.origin(accept=echo_bytes)
	lab.sluice(hosts={"127.0.0.1": {"capacity": 1, "period": "1h",
	    "queue": {"max_wait": "10ms"}}})
	assert lab.client().tunnel(far.at).status == 200
	answer = lab.client().tunnel(far.at, early=b"GET / HTTP/1.1\r\n\r\n")
	assert answer.status == 429
	assert 3500 <= int(answer.get("retry-after")) <= 3600
	assert len(far.wait_conns(1)) == len(far.conns) == 1


def test_many_tunnels(lab):
	far = lab.origin(accept=echo_bytes)
	daemon = lab.sluice()
	clients = [lab.client() for _ in range(200)]
	for one in clients:
		one.ask("CONNECT", far.at)
	for one in clients:
		assert one.response("CONNECT").status == 200
	for i, one in enumerate(clients):
		one.send(b"%06d" % i)
	for i, one in enumerate(clients):
		assert one.exactly(6) == b"%06d" % i
	for one in clients:
		one.close()
	wire.wait_until(lambda: daemon.files() < 60, what="closed tunnels")


def test_refused_by_the_origin(lab):
	lab.sluice()
	one = lab.client()
	answer = one.tunnel(f"127.0.0.1:{lab.closed_port()}")
	assert answer.status == 502
	assert "connection_refused" in answer.get("proxy-status")


def test_upgrade(lab):
	"""101 turns the exchange into a tunnel."""
	def handle(conn, req):
		assert req.get("upgrade") == "websocket"
		assert "upgrade" in req.get("connection").lower()
		conn.send(b"HTTP/1.1 101 Switching Protocols\r\n"
		    b"Upgrade: websocket\r\nConnection: upgrade\r\n\r\nwelcome")
		echo_bytes(conn)
		conn.done = True
	far = lab.origin(handle)
	lab.sluice()
	one = lab.client()
	one.ask("GET", far.url + "/", [("Connection", "Upgrade"),
	    ("Upgrade", "websocket")])
	answer = one.response()
	assert answer.status == 101
	assert answer.get("upgrade") == "websocket"
	assert one.exactly(7) == b"welcome"
	one.send(b"ping")
	assert one.exactly(4) == b"ping"


def test_upgrade_declined(lab):
	far = lab.origin(origin.fixed(body="plain"))
	lab.sluice()
	one = lab.client()
	for _ in range(2):
		answer = one.get(far.url + "/", [("Connection", "Upgrade"),
		    ("Upgrade", "websocket")])
		assert answer.status == 200 and answer.body == b"plain"


LOOPS = ["127.0.0.1:{}", "localhost:{}", "LOCALHOST.:{}",
    "[::ffff:127.0.0.1]:{}", "[::ffff:7f00:1]:{}", "0.0.0.0:{}"]


@pytest.mark.parametrize("method", ["CONNECT", "GET"])
@pytest.mark.parametrize("at", LOOPS)
def test_loop_by_address(lab, same, at, method):
	daemon = same()
	at = at.format(daemon.port)
	one = lab.client()
	if method == "CONNECT":
		answer = one.tunnel(at)
	else:
		answer = one.get(f"http://{at}/")
	assert answer.status == 403
	assert answer.get("proxy-status", "").startswith("sluice")


@pytest.mark.parametrize("names", [{"A": ["127.0.0.1"]},
    {"AAAA": ["::ffff:127.0.0.1"]}])
def test_loop_by_a_name_of_the_dns(lab, names):
	dns = lab.dns({"me.test": names})
	daemon = lab.sluice(resolver=[dns.at])
	assert lab.client().tunnel(f"me.test:{daemon.port}").status == 403


LOOPS = [("1.1 me", 508), ("1.0 a, 1.1 me (x)", 508), ("1.1 ME", 508),
    ("HTTP/1.1 me", 508), ("1.1\tme", 508), ("1.1 me(x)", 508),
    (" ,, 1.1 me,", 508), ("1.1 a (x, y), 1.1 me", 508),
    ("1.1 a (x (y)), 1.1 me", 508), ("1.1 a (x\\), y), 1.1 me", 508),
    # What does not end is no comment, and hides nobody.
    ("1.1 a (x, 1.1 me", 508), ("1.1 a (x, b (y), 1.1 me", 508),
    ("1.1 a (x\\), 1.1 me", 508),
    ("1.1 me2", 200), ("1.1 b (me)", 200), ("1.1 b (x, 1.1 me)", 200),
    ("1.1 b (x (1.1 me), 1.1 me)", 200), ("me 1.1", 200), ("me", 200),
    ("1.1 sluice", 200), ("1.1 sluice-00000000", 200), ("1.1 me:80", 200)]


@pytest.mark.parametrize("via, status", LOOPS)
def test_loop_by_via(lab, same, via, status):
	far = lab.origin()
	same(via={"name": "me"})
	answer = lab.get(far.url + "/", [("Via", via)])
	assert answer.status == status
	assert len(far.requests) == (status == 200)


def test_loop_by_several_fields(lab):
	far = lab.origin()
	lab.sluice(via={"name": "me"})
	assert lab.get(far.url + "/", [("Via", "1.1 a (x"),
	    ("Via", "1.1 b"), ("via", "1.1 me")]).status == 508
	assert lab.client().tunnel(far.at, fields=[("Via", "1.1 me")]
	    ).status == 508
	assert far.conns == []


def name_in(via):
	return via.rsplit(", ", 1)[-1].split(" ")[1]


def test_name_of_each_its_own(lab):
	"""Random, on both ways the same, and it lives across a reload."""
	far = lab.origin()
	names = []
	for _ in range(2):
		daemon = lab.sluice()
		for _ in range(2):
			answer = lab.get(far.url + "/")
			names.append(name_in(answer.get("via")))
			assert name_in(far.requests[-1].get("via")) == names[-1]
			daemon.change(timeouts={"idle": "33s"})
	assert names[0] == names[1] != names[2] == names[3]
	assert re.fullmatch(r"sluice-[0-9a-f]{8}", names[0])
	# One's own is a loop, the other's is not.
	for name, status in ((names[0], 200), (names[2], 508)):
		assert lab.get(far.url + "/", [("Via", f"1.1 {name}")]
		    ).status == status


def test_two_on_one_way(lab):
	"""https://github.com/linkerd/linkerd/issues/1411

	An application passes the fields of its request on through another.
	"""
	back = lab.origin(origin.fixed(body="data"))
	second = lab.sluice()

	def application(conn, req):
		one = client.Client(second.address)
		answer = one.get(back.url + "/", [("Via", req.get("via"))])
		one.close()
		conn.reply(answer.status, answer.body,
		    [("Via", answer.get("via"))])
	front = lab.origin(application)
	first = lab.sluice()
	answer = lab.client(first).get(front.url + "/")
	assert answer.status == 200 and answer.body == b"data"
	assert len(back.requests[0].get("via").split(", ")) == 2
	assert len(answer.get("via").split(", ")) == 2


def test_through_itself(lab):
	"""The application's proxy is the one that it is behind."""
	def application(conn, req):
		one = client.Client(lab.daemons[0].address)
		answer = one.get(far.url + "/again", [("Via", req.get("via"))])
		one.close()
		conn.reply(answer.status)
	far = lab.origin(application)
	lab.sluice()
	assert lab.get(far.url + "/").status == 508
	assert far.targets() == ["/"]


def test_name_is_reloaded(lab):
	far = lab.origin()
	daemon = lab.sluice(via={"name": "one"})
	assert lab.get(far.url + "/").get("via") == "1.1 one"
	daemon.change(via={"name": "two"})
	assert lab.get(far.url + "/").get("via") == "1.1 two"
	assert far.requests[1].get("via") == "1.1 two"


def test_no_via(lab):
	"""None is added, none is taken away, none is a loop."""
	far = lab.origin(origin.fixed(fields=[("Via", "1.0 inner")]))
	daemon = lab.sluice(via={"send": False, "name": "me"})
	answer = lab.get(far.url + "/", [("Via", "1.1 me")])
	assert answer.get("via") == "1.0 inner"
	assert far.requests[0].get("via") == "1.1 me"
	assert lab.client().tunnel(far.at).get("via") is None
	# By its address it still knows itself.
	assert lab.get(f"http://{daemon.at}/").status == 403


def test_one_behind_another(lab):
	"""A tunnel through one to another is no loop."""
	far = lab.origin()
	lab.sluice()
	lab.sluice()
	first, second = lab.daemons
	one = lab.client(first)
	assert one.tunnel(second.at).status == 200
	assert one.get(far.url + "/").status == 200


BAD = ["127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:0", "127.0.0.1:65536",
    "127.0.0.1:-1", "127.0.0.1:80x", "127.0.0.1:80:80", "127.0.0.1:80/",
    "127.0.0.1:80?x", "http://127.0.0.1:80", "http://127.0.0.1:80/",
    "u@127.0.0.1:80", "u:p@127.0.0.1:80", "[::1:80", "::1:80", "[::1]",
    "[::1%lo]:80", "[localhost]:80", "2130706433:80", "0x7f.1:80",
    "017700000001:80", "127.1:80", "*", "/", "127.0.0.1:+80", "127.0.0.1: 80",
    "127.0.0.1:80#f", "a..b:80", "-:99999"]


@pytest.mark.parametrize("target", BAD)
def test_bad_target(lab, same, target):
	same()
	one = lab.client()
	one.send(client.request("CONNECT", target, host="x"))
	one.send(client.request("OPTIONS", "*", host="hidden"))
	answer = one.response("CONNECT")
	assert answer.status == 400
	assert one.ended()


def test_refused_tunnel_closes_or_is_framed(lab):
	"""What follows a refused CONNECT cannot be taken for a request."""
	far = lab.origin()
	daemon = lab.sluice()
	one = lab.client()
	one.send(client.request("CONNECT", daemon.at)
	    + client.request("GET", far.url + "/inside"))
	assert one.response("CONNECT").status == 403
	assert one.ended()
	assert far.requests == []


def test_tunnel_idle_timeout(lab):
	far = lab.origin(accept=echo_bytes)
	lab.sluice(timeouts={"tunnel": "1s", "idle": "200ms"})
	one = lab.client()
	assert one.tunnel(far.at).status == 200
	one.send(b"x")
	assert one.exactly(1) == b"x"
	assert one.ended()
	assert far.conns[0].gone.wait(wire.DEADLINE)


def test_two_waiters_for_one_closing_tunnel(lab):
	"""A tunnel's slot comes back once, not twice."""
	lock = threading.Lock()
	now, most = [0], [0]

	def accept(conn):
		with lock:
			now[0] += 1
			most[0] = max(most[0], now[0])
		try:
			echo_bytes(conn)
		finally:
			with lock:
				now[0] -= 1
	far = lab.origin(accept=accept)
	lab.sluice(hosts={"127.0.0.1": {"concurrency": 2}})
	clients = [lab.client() for _ in range(8)]
	for one in clients:
		one.ask("CONNECT", far.at)
	todo = list(clients)
	for _ in range(8):
		wire.wait_until(lambda: any(not c.quiet(0) for c in todo),
		    what="a tunnel")
		one = next(c for c in todo if not c.quiet(0))
		todo.remove(one)
		assert one.response("CONNECT").status == 200
		# The origin ends, so that its count falls before the slot.
		one.fin()
		assert one.rest() == b""
	assert most[0] <= 2
