# SPDX-License-Identifier: ISC
"""Where clients may go: destinations.

The daemon's machine has the addresses of world.py, and an origin listens at all
of them: what is not refused gets there.  Clients are on that machine, or away.
"""
import ipaddress
import json

import pytest

import client
import elsewhere
import metrics
import origin
import parent
import sluice
import wire
from world import (ADDRESSES, ALL, HERE, MALFORMED, NAMES, NOBODY, PUBLIC,
    WAYS, Names, World, clear, connect, denied, host, intercept, plain,
    secure_world, upstream)
from world import world	# noqa: F401, fixtures


def rule(target):
	"""The one key under hosts for all spellings of a literal."""
	try:
		at = ipaddress.ip_address(target.strip("[].").lower())
	except ValueError:
		return target.rstrip(".").lower()
	at = getattr(at, "ipv4_mapped", None) or at
	if at.is_unspecified:		# this machine
		at = ipaddress.ip_address("127.0.0.1" if at.version == 4 else
		    "::1")
	return f"[{at}]" if at.version == 6 else str(at)


def goes_where_it_may(world, way, targets, far):
	"""Each spelling, from both machines."""
	for target in targets:
		for where in "home", "away":
			seen = len(far.conns)
			answer = way(world, where, target, far.port)
			if target in ALL or (where == "home" and
			    target in HERE):
				assert answer.status == 200, (way, where,
				    target, answer.body)
				continue
			assert denied(answer, where == "away"), (way, where,
			    target)
			assert len(far.conns) == seen


def test_known_ways_in(world):
	for way in WAYS:
		names_only = way in (upstream, clear, intercept)
		goes_where_it_may(world, way, [target for target in
		    ALL + HERE + NOBODY if not names_only or
		    host(target) != target],
		    world.secure if names_only else world.far)
	metrics.until(world.daemon, lambda m: m.sum("sluice_refusals_total",
	    reason="destination") == m.sum("sluice_requests_total",
	    outcome="refused") > 100)


@pytest.mark.parametrize("way, https", [(upstream, "upstream"),
    (clear, "upstream"), (intercept, "intercept")])
def test_literals_that_tls_is_spoken_to(tlab, way, https):
	literals = [target for target in ALL + HERE + NOBODY
	    if host(target) == target]
	world = secure_world(tlab, {rule(target): {"https": https, "tls":
	    {"verify": False}} for target in literals})
	goes_where_it_may(world, way, literals, world.secure)


def test_who_comes_from_an_own_address_is_on_this_machine(lab):
	"""By whatever of its addresses, the ones that it gets later included;
	a neighbour in the same network is not."""
	world = World(lab)
	make = world.place.home.socket
	world.place.home.has("10.9.0.77/32", "fd09::77/128")
	world.place.home.ip("route", "add", "local", "10.9.0.128/26", "dev",
	    "lo")
	four, six = world.daemon.ports[:2]
	for source, port in (elsewhere.HOME, four), ("10.9.0.77", four), \
	    ("10.9.0.130", four), (elsewhere.HOME6, six), ("fd09::77", six):
		for target in "priv", "loop", "10.9.0.1", "[::1]":
			one = client.Client((elsewhere.HOME6 if ":" in source
			    else elsewhere.HOME, port), source=source,
			    make=make)
			assert one.get(f"http://{host(target)}:"
			    f"{world.far.port}/").status == 200, (source, target)
			one.close()
	for at, port in (elsewhere.HOME, four), (elsewhere.HOME6, six):
		one = client.Client((at, port), make=world.place.away.socket)
		assert denied(one.get(f"http://priv.test:{world.far.port}/"))
		one.close()


def test_malformed_ways_in(world):
	for target in MALFORMED + [f"{PUBLIC}@127.0.0.1", f"x:y@{PUBLIC}",
	    f"{PUBLIC}#@127.0.0.1", f"{PUBLIC}\\@127.0.0.1", f"{PUBLIC} "]:
		for where in "home", "away":
			one = world.client(where)
			one.send(f"GET http://{target}:{world.far.port}/ "
			    f"HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
			assert one.response().status == 400, target
			one = world.client(where)
			one.send(f"CONNECT {target}:{world.far.port} HTTP/1.1"
			    f"\r\nHost: {target}\r\n\r\n".encode())
			assert one.response().status == 400, target
	assert not world.far.conns


# What a file says, who asks for what, and what decides: as ctl tells it, and
# in which line of the file below.
EXPLAINED = [
    ("10.9.0.2", "http://pub.test/", "nothing denies it", None),
    ("10.9.0.2", "http://priv.test/", "10.9.0.1 is private, which is denied "
	"to clients that are not on this machine (destinations.deny)", None),
    ("10.9.0.1", "http://priv.test/", "nothing denies it", None),
    ("127.0.0.1", "http://meta.test/", "169.254.169.254 is metadata, which "
	"is denied to all (destinations.deny, line 7)", 7),
    ("127.0.0.1", "http://banned.test/", "denied by banned.test "
	"(destinations.deny, line 8)", 8),
    ("10.9.0.2", "http://loop.test:7777/", "127.0.0.1: allowed by "
	"127.0.0.1:7777 (destinations.allow, line 10)", 10),
    ("10.9.0.2", "http://pub.test:25/", "port 25 is not for HTTP of clients "
	"that are not on this machine (destinations.ports.http, line 12)", 12),
    ("10.9.0.2", "http://mixed.test/", "nothing denies it", None),
    ("10.9.0.2", "http://nowhere.test/", "the host's name is not known, or "
	"has no address", None),
]
FILE = """listen: 0.0.0.0:0
access:
  clients: [10.9.0.0/24]
resolver: [%s]
destinations:
  deny:
  - metadata
  - banned.test
  allow:
  - 127.0.0.1:7777
  ports:
    http: [80, 1024-65535]
"""


def test_explain_names_the_line(lab, command):
	place = lab.elsewhere()
	place.home.has(*ADDRESSES)
	dns = lab.dns(Names(NAMES), make=place.home.socket)
	daemon = lab.sluice(FILE % dns.at, before=place.before)
	for who, url, says, line in EXPLAINED:
		answer = lab.control().post("/v1/explain", {"url": url,
		    "client": who})
		assert answer.status == 200, answer.body
		found = json.loads(answer.body)
		to = found["destination"]
		assert to["says"] == says, (who, url)
		assert (to["at"] or "::").split(":")[1] == str(line or "")
		refused = to["allowed"] is False
		assert (found["decision"] == "refuse") == refused
		if refused:
			assert found["says"] == "the destination is not " \
			    "allowed: " + says
		said = command(sluice.BINARY, "explain", "--socket",
		    daemon.control, "--from", who, url).stdout.decode()
		assert f"destination    {says}" in said
	mixed = json.loads(lab.control().post("/v1/explain", {"url":
	    "http://mixed.test/", "client": "10.9.0.2"}).body)
	assert {one["address"]: one["allowed"] for one in
	    mixed["destination"]["addresses"]} == {"10.9.0.1": False,
	    PUBLIC: True}


@pytest.mark.parametrize("way", WAYS)
def test_rebinding(tlab, way):
	"""The name's address changes between two looks, or while it is known
	to others: what is judged is what is connected to."""
	turn = iter(range(10 ** 6))

	def flip():
		# asked for A and for AAAA each time
		return {"A": [PUBLIC if next(turn) // 2 % 2 else "10.9.0.1"]}
	world = secure_world(tlab, names={"flip": flip}, limits={"names": 0})
	far = world.far if way in (plain, connect) else world.secure
	seen = set()
	for _ in range(40):
		answer = way(world, "away", "flip", far.port)
		if answer.status == 403:
			assert denied(answer)
		else:
			assert answer.status == 200
		seen.add(answer.status)
	assert seen == {200, 403}
	locals_ = {conn.sock.getsockname()[0] for conn in far.conns}
	assert locals_ == {"::ffff:" + PUBLIC}


def test_through_a_parent(lab):
	"""It resolves: so what is no name is judged here, and what names this
	machine; the parent's own address may be anything."""
	world = World(lab, destinations={"ports": {"http": "1-65535", "tls":
	    "1-65535"}})
	far = parent.Parent(plain=origin.fixed(), make=world.make["home"])
	lab.origins.append(far)
	world.daemon.change(parent=far.name)
	world.settle()
	own, port = world.daemon.ports[0], world.far.port
	for target, port in ("10.9.0.1", port), ("[::ffff:10.9.0.1]", port), \
	    ("169.254.169.254", port), ("[64:ff9b::a9fe:a9fe]", port), \
	    ("localhost", port), ("x.localhost", port), (PUBLIC, own), \
	    (f"[::ffff:{PUBLIC}]", own), ("[2002:102:304::1]", own):
		for way in plain, connect:
			assert denied(way(world, "away", target, port)), target
	for target in PUBLIC, f"[::ffff:{PUBLIC}]", "[64:ff9b::a9fe:a9fe]":
		port = 80 if "a9fe" in target else own
		assert denied(plain(world, "home", target, port), False)
	assert not far.requests
	# names, and addresses that strangers may go to, are the parent's
	for target in "pub", "meta", PUBLIC:
		assert plain(world, "away", target, 80).status == 200
	assert len(far.requests) == 3 and not world.dns.asked


def test_what_others_know_and_use(lab):
	"""Neither a name that is remembered, nor a connection that is idle, is
	a way in for somebody else."""
	world = World(lab)
	far = world.far
	for target in "priv", "10.9.0.1":
		url = f"http://{host(target)}:{far.port}/"
		near, away = world.client("home"), world.client("away")
		for _ in range(2):
			n = len(far.conns)
			assert near.get(url).status == 200
			assert denied(away.get(url))
			assert near.get(url).status == 200
			assert len(far.conns) <= n + 1
	# Nor is one that was made by a clear CONNECT.
	one = world.client("home")
	at = f"priv.test:{far.port}"
	assert one.tunnel(at).status == 200
	assert one.call("GET", "/", host=at).status == 200
	n = len(far.conns)
	assert denied(world.get("away", f"http://{at}/"))
	assert len(far.conns) == n


def test_idle_connections_of_other_rules(lab):
	"""After a reload that denies a host, none to it is used any more."""
	world = World(lab)
	url = f"http://priv.test:{world.far.port}/"
	one = world.client("home")	# of one event loop, as its upstreams
	for _ in range(2):
		assert one.get(url).status == 200
	world.daemon.change(log={"level": "debug"})
	assert one.get(url).status == 200
	assert len(world.far.conns) == 1
	world.daemon.change(destinations={"deny": "10.0.0.0/8"})
	# until that event loop has heard of it
	wire.wait_until(lambda: one.get(url).status == 403)
	assert len(world.far.conns) == 1
	answer = one.get(url)
	assert answer.get("proxy-status").endswith("10.9.0.1: denied by "
	    '10.0.0.0/8 (destinations.deny, line '
	    f'{line_of(world.daemon, "10.0.0.0/8")})"')
	world.daemon.out.wait(r"refused: destination: 10\.9\.0\.1: denied by "
	    r"10\.0\.0\.0/8 \(destinations\.deny, line \d+\)")


def line_of(daemon, text):
	lines = daemon.file.read_text().splitlines()
	return next(i for i, line in enumerate(lines, 1) if text in line)


def test_exceptions_and_only(lab):
	world = World(lab, destinations={"allow": ["priv.test", "fd09::/16",
	    "127.0.0.1:1"], "only": True})
	far = world.far.port
	for target, status in ("priv", 200), ("priv6", 200), ("pub", 403), \
	    ("loop", 403), ("meta", 403), (PUBLIC, 403), ("[fd09::1]", 200):
		assert plain(world, "away", target, far).status == status, \
		    target
	world.daemon.change(destinations={"allow": ["priv.test"],
	    "only": True})
	world.settle()
	asked = len(world.dns.asked)
	assert denied(plain(world, "away", "pub", far))
	assert denied(plain(world, "away", "other", far))
	# what no address could help is not looked up
	assert len(world.dns.asked) == asked
	assert plain(world, "away", "priv", far).status == 200


def test_other_hosts_than_the_target(lab):
	"""What a request names besides where it goes opens nothing."""
	world = World(lab, destinations={"deny": ["banned.test"]})
	far = world.far
	one = world.client("away")
	answer = one.call("GET", f"http://priv.test:{far.port}/",
	    host=f"pub.test:{far.port}")
	assert answer.status in (400, 403), answer.body
	# Inside a tunnel in clear, to a host behind that one.
	one = world.client("away")
	assert one.tunnel(f"pub.test:{far.port}").status == 200
	assert one.call("GET", "/", host="banned.test").status == 403
	one = world.client("away")
	assert one.tunnel(f"pub.test:{far.port}").status == 200
	assert one.call("GET", f"http://pub.test:{far.port}/").status == 200
	assert one.call("CONNECT", f"10.9.0.1:{far.port}").status == 400
	# h2c would hide what is asked for behind its 101: it is not offered.
	seen = len(far.requests)
	assert world.get("away", f"http://pub.test:{far.port}/", [
	    ("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"),
	    ("HTTP2-Settings", "AAMAAABkAAQAAP__")]).status == 200
	assert far.requests[seen].get("upgrade") is None
	# A redirect is followed by the client, who asks anew.
	moved = world.origin(lambda conn, req: conn.reply(302, fields=[
	    ("Location", f"http://meta.test:{far.port}/")]))
	answer = world.get("away", f"http://pub.test:{moved.port}/")
	assert answer.status == 302
	assert denied(world.get("away", answer.get("location")))


HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(193)


def echo(conn):
	while data := conn.sock.recv(65536):
		conn.sock.sendall(data)


def test_ports(lab):
	"""By what is inside: TLS at 443, requests in clear at 80, 443 and above
	1023, nothing else; for clients on this machine anything anywhere."""
	world = World(lab)
	for port in 25, 80, 443, 8443:
		world.origin(accept=echo, port=port)
	for where in "home", "away":
		stranger = where == "away"
		for port in (25, 79):
			one = world.client(where)
			answer = one.tunnel(f"{PUBLIC}:{port}")
			assert answer.status == (403 if stranger else 200 if
			    port == 25 else 502)
			if stranger:
				assert denied(world.get(where,
				    f"http://{PUBLIC}:{port}/"))
		for port, first, through in (443, HELLO, True), \
		    (443, b"SSH-2.0-x\r\n", False), (443, b"\x00\x01", False), \
		    (80, HELLO, False), (8443, HELLO, False), \
		    (8443, b"SSH-2.0-x\r\n", False):
			one = world.client(where)
			assert one.tunnel(f"{PUBLIC}:{port}").status == 200
			one.send(first)
			if through or not stranger:
				assert one.exactly(len(first)) == first
			else:
				assert one.ended(), (port, first)
	metrics.until(world.daemon, lambda m: m.sum("sluice_refusals_total",
	    reason="destination") == 4 + 5)


def test_ports_of_who_speaks_first(lab):
	def banner(conn):
		conn.sock.sendall(b"220 hello\r\n")
		while conn.sock.recv(100):
			pass
	world = World(lab)
	world.origin(accept=banner, port=443)
	for where in "home", "away":
		one = world.client(where)
		assert one.tunnel(f"{PUBLIC}:443").status == 200
		if where == "home":
			assert one.exactly(11) == b"220 hello\r\n"
		else:
			assert one.ended()
	world.daemon.change(destinations={"ports": {"other": 443}})
	world.settle()
	one = world.client("away")
	assert one.tunnel(f"{PUBLIC}:443").status == 200
	assert one.exactly(11) == b"220 hello\r\n"
