# SPDX-License-Identifier: ISC
"""Tunnels that are passed through: what they cost, what they hold, for how
long, and that nobody looks into them."""
import threading
import time

import pytest

import client
import origin
import tls
import wire


def echo_bytes(conn):
	while conn.fill():
		conn.send(conn.take(len(conn.buf)))


@pytest.mark.parametrize("rule", [{}, {"https": "tunnel"},
    {"https": "upstream"}])
def test_nobody_looks_inside(tlab, rule):
	"""The origin's certificate, its version, its protocol."""
	far = tlab.secure_origin(origin.fixed(body="fine"),
	    context={"alpn": ("h2", "http/1.1")})
	tlab.https(hosts={"tunnel.test": {**rule, "capacity": 10}})
	one = tlab.inside(f"tunnel.test:{far.port}", trust="ca",
	    context=tlab.pki.client("ca", alpn=("h2", "http/1.1")))
	assert one.sock.obj.selected_alpn_protocol() == "h2"
	assert one.get("/").body == b"fine"
	conn, = far.wait_hellos(1)
	assert conn.hello.alpn == ["h2", "http/1.1"]
	assert conn.hello.name == "tunnel.test"


def test_log_says_what_was_not_seen(tlab):
	far = tlab.secure_origin()
	daemon = tlab.https(hosts={"tunnel.test": {"https": "tunnel"}})
	one = tlab.inside(f"tunnel.test:{far.port}", trust="ca")
	for _ in range(3):
		assert one.get("/").status == 200
	one.finish()
	line = daemon.out.wait(" CONNECT ")
	assert "tunnel" in line and "seen" in line, line
	assert len(daemon.out) == 1


def tight(**keys):
	return {"capacity": 4, "period": "1h", "queue": {"max_wait": "10ms"},
	    **keys}


@pytest.mark.parametrize("cost, tunnels", [(1, 4), (2, 2), (3, 1), (0.5, 8)])
def test_cost(tlab, cost, tunnels):
	far = tlab.origin(accept=echo_bytes)
	tlab.https(hosts={"tunnel.test": tight(https="tunnel",
	    tunnel={"cost": cost})})
	at = f"tunnel.test:{far.port}"
	got = [tlab.client().tunnel(at).status for _ in range(tunnels + 1)]
	assert got == [200] * tunnels + [429]


def test_cost_is_the_tunnels_only(tlab):
	"""A plain request to the host costs 1."""
	far, plain = tlab.origin(accept=echo_bytes), tlab.origin()
	tlab.https(hosts={"tunnel.test": tight(tunnel={"cost": 3})})
	assert tlab.client().tunnel(f"tunnel.test:{far.port}").status == 200
	url = f"http://tunnel.test:{plain.port}/"
	assert [tlab.get(url).status for _ in range(2)] == [200, 429]


def test_cost_of_a_refused_tunnel(tlab):
	"""Refused by us, it has cost nothing."""
	far, plain = tlab.origin(accept=echo_bytes), tlab.origin()
	tlab.https(hosts={"tunnel.test": tight(tunnel={"cost": 4})})
	url = f"http://tunnel.test:{plain.port}/"
	assert tlab.get(url).status == 200
	assert tlab.client().tunnel(f"tunnel.test:{far.port}").status == 429
	assert [tlab.get(url).status for _ in range(4)] == [200] * 3 + [429]


def test_hold_close(tlab):
	"""The slot is the tunnel's until it closes."""
	far = tlab.origin(accept=echo_bytes)
	tlab.https(hosts={"tunnel.test": {"concurrency": 2,
	    "tunnel": {"hold": "close"}}})
	at = f"tunnel.test:{far.port}"
	# Clients of several workers come in no order, unless they wait.
	two = [tlab.client() for _ in range(2)]
	assert [one.tunnel(at).status for one in two] == [200, 200]
	third = tlab.client().ask("CONNECT", at)
	tlab.settle()
	assert third.quiet(0.2)
	two[0].close()
	assert third.response("CONNECT").status == 200


def test_hold_connect(tlab):
	"""Ten tunnels stand at once, with one slot; all work."""
	far = tlab.origin(accept=echo_bytes)
	daemon = tlab.https(hosts={"tunnel.test": {"concurrency": 1,
	    "tunnel": {"hold": "connect"}}})
	at = f"tunnel.test:{far.port}"
	many = [tlab.client() for _ in range(10)]
	for one in many:
		assert one.tunnel(at).status == 200
	for i, one in enumerate(many):
		one.send(b"%06d" % i)
	for i, one in enumerate(many):
		assert one.exactly(6) == b"%06d" % i
	for one in many:
		one.close()
	daemon.out.count(10)


def test_hold_connect_shares_with_requests(tlab):
	"""A standing tunnel does not hinder the host's plain requests."""
	gate = origin.Gate()
	far, plain = tlab.origin(accept=echo_bytes), tlab.origin(gate)
	tlab.https(hosts={"tunnel.test": {"concurrency": 1,
	    "tunnel": {"hold": "connect"}}})
	one = tlab.client()
	assert one.tunnel(f"tunnel.test:{far.port}").status == 200
	# And a request that runs holds a tunnel back, as long as it runs.
	two = tlab.client().ask("GET", f"http://tunnel.test:{plain.port}/")
	plain.wait_requests(1)
	three = tlab.client().ask("CONNECT", f"tunnel.test:{far.port}")
	tlab.settle()
	assert three.quiet(0.2)
	gate.open()
	assert two.response().status == 200
	assert three.response("CONNECT").status == 200
	one.send(b"x")
	assert one.exactly(1) == b"x"


@pytest.mark.parametrize("hold", ["close", "connect"])
def test_slot_of_a_tunnel_that_did_not_come_about(tlab, hold):
	"""It comes back once, whatever became of it."""
	far = tlab.origin(accept=echo_bytes)
	tlab.https(hosts={"tunnel.test": {"concurrency": 1,
	    "tunnel": {"hold": hold}}})
	for _ in range(3):
		answer = tlab.client().tunnel(
		    f"tunnel.test:{tlab.closed_port()}")
		assert answer.status == 502
	gate = threading.Event()
	plain = tlab.origin(lambda conn, req: (gate.wait(wire.DEADLINE),
	    conn.reply()))
	if hold == "connect":
		assert tlab.client().tunnel(
		    f"tunnel.test:{far.port}").status == 200
	# One slot, not two: of two requests one waits.
	url = f"http://tunnel.test:{plain.port}/"
	many = [tlab.client().ask("GET", url) for _ in range(2)]
	plain.wait_requests(1)
	tlab.settle()
	assert len(plain.requests) == 1
	gate.set()
	for one in many:
		assert one.response().status == 200


def test_client_leaves_while_it_connects(tlab):
	"""hold: connect, and a client that goes before the tunnel stands."""
	far = tlab.origin(accept=echo_bytes)
	names = {"slow.test": "silent"}
	dns = tlab.dns(names)
	tlab.sluice(resolver=[dns.at], hosts={"*.test": {"concurrency": 1,
	    "shared": True, "tunnel": {"hold": "connect"}}})
	one = tlab.client().ask("CONNECT", f"slow.test:{far.port}")
	wire.wait_until(lambda: dns.asked, what="a question")
	one.reset()
	names["quick.test"] = {"A": ["127.0.0.1"]}
	for _ in range(3):
		assert tlab.client().tunnel(
		    f"quick.test:{far.port}").status == 200


def test_idle(tlab):
	"""Each host's own, else timeouts.tunnel."""
	far = tlab.origin(accept=echo_bytes)
	tlab.https(hosts={"tunnel.test": {"tunnel": {"idle": "1s"}}})
	one, two = tlab.client(), tlab.client()
	assert one.tunnel(f"tunnel.test:{far.port}").status == 200
	assert two.tunnel(f"other.test:{far.port}").status == 200
	began = time.monotonic()
	assert one.ended()
	assert time.monotonic() - began > 0.9
	two.send(b"still")
	assert two.exactly(5) == b"still"


def test_idle_longer_than_the_general_one(tlab):
	far = tlab.origin(accept=echo_bytes)
	tlab.https(hosts={"tunnel.test": {"tunnel": {"idle": "1h"}}},
	    timeouts={"tunnel": "1s"})
	one, two = tlab.client(), tlab.client()
	assert one.tunnel(f"tunnel.test:{far.port}").status == 200
	assert two.tunnel(f"other.test:{far.port}").status == 200
	assert two.ended()
	one.send(b"still")
	assert one.exactly(5) == b"still"


def test_traffic_keeps_it(tlab):
	"""Only what is still counts as idle, in either direction."""
	far = tlab.origin(accept=echo_bytes)
	tlab.https(hosts={"tunnel.test": {"tunnel": {"idle": "1s"}}})
	one = tlab.client()
	assert one.tunnel(f"tunnel.test:{far.port}").status == 200
	began = time.monotonic()
	while time.monotonic() - began < 2.5:
		one.send(b"x")
		assert one.exactly(1) == b"x"
		assert one.quiet(0.2)
	assert one.ended()


def test_early_hello(tlab):
	"""ClientHello right behind CONNECT, before the answer."""
	far = tlab.secure_origin(origin.fixed(body="fine"))
	tlab.https(hosts={"tunnel.test": {"https": "tunnel"}})
	at = f"tunnel.test:{far.port}"
	one = tlab.client()
	secret = tls.Tls(one.sock, tlab.pki.client("ca"), "tunnel.test")
	one.send(client.request("CONNECT", at) + secret.hello())
	assert one.response("CONNECT").status == 200
	secret.incoming.write(one.take(len(one.buf)))
	one.sock = secret
	secret.handshake()
	assert one.get("/", host=at).body == b"fine"


def test_large_both_ways(tlab):
	far = tlab.secure_origin(accept=echo_bytes)
	tlab.https(hosts={"tunnel.test": {"https": "tunnel"}})
	one = tlab.inside(f"tunnel.test:{far.port}", trust="ca")
	data = wire.pattern(8_000_000)
	task = tlab.spawn(one.send, data)
	assert one.digest(len(data)) == wire.sha(data)
	task.join()


def test_reload_changes_what_tunnels_cost(tlab):
	far = tlab.origin(accept=echo_bytes)
	daemon = tlab.https(hosts={"tunnel.test": tight(
	    tunnel={"cost": 1})})
	at = f"tunnel.test:{far.port}"
	assert tlab.client().tunnel(at).status == 200
	daemon.change(hosts={"tunnel.test": tight(tunnel={"cost": 3})})
	got = [tlab.client().tunnel(at).status for _ in range(2)]
	assert got == [200, 429]
