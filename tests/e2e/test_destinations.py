# SPDX-License-Identifier: ISC
"""Where clients may go: destinations.

The daemon's machine has the addresses below, and an origin listens at all of
them: what is not refused gets there.  Clients are on that machine, or away.
"""
import ipaddress
import json
import re
import socket

import pytest

import client
import dnsserver
import elsewhere
import metrics
import origin
import parent
import sluice
import wire

PUBLIC, PUBLIC6 = "1.2.3.4", "2606:4700::1234"
ADDRESSES = [PUBLIC + "/32", PUBLIC6 + "/128", "169.254.169.254/32",
    "100.100.100.200/32", "fd00:ec2::254/128", "64:ff9b::a09:1/128",
    "64:ff9b::102:304/128", "2002:a09:1::1/128", "2002:102:304::1/128"]
CLIENTS = {"clients": ["10.9.0.0/24", "fd09::/64", "127.0.0.0/8"]}

# Names, whatever of .test, .up.test or .in.test is behind them.
NAMES = {
    "pub": {"A": [PUBLIC]}, "pub6": {"AAAA": [PUBLIC6]},
    "loop": {"A": ["127.0.0.1"]}, "loop6": {"AAAA": ["::1"]},
    "priv": {"A": ["10.9.0.1"]}, "priv6": {"AAAA": ["fd09::1"]},
    "any": {"A": ["0.0.0.0"]}, "mapped": {"AAAA": ["::ffff:10.9.0.1"]},
    "nat": {"AAAA": ["64:ff9b::a09:1"]}, "six": {"AAAA": ["2002:a09:1::1"]},
    "meta": {"A": ["169.254.169.254"]},
    "meta6": {"AAAA": ["fd00:ec2::254"]},
    "metanat": {"AAAA": ["64:ff9b::a9fe:a9fe"]},
    "metamapped": {"AAAA": ["::ffff:169.254.169.254"]},
    "link6": {"AAAA": ["fe80::1"]},
    "mixed": {"A": ["10.9.0.1", PUBLIC]},
    "mixed6": {"A": [PUBLIC], "AAAA": ["fd09::1", "::1"]},
    "two": {"A": ["10.9.0.1", "127.0.0.1"], "AAAA": ["::1"]},
}

# Who may go there: all, those on this machine, or nobody.
ALL = [PUBLIC, f"[{PUBLIC6}]", f"[::ffff:{PUBLIC}]", PUBLIC + ".",
    "[64:ff9b::1.2.3.4]", "[2002:102:304::1]", "pub", "PUB", "pub6", "mixed",
    "mixed6"]
HERE = ["127.0.0.1", "127.0.0.1.", "127.9.8.7", "0.0.0.0", "[::1]", "[::]",
    "[0:0::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::FFFF:0:0]",
    "10.9.0.1", "[fd09::1]", "[::ffff:10.9.0.1]", "[64:ff9b::10.9.0.1]",
    "[64:ff9b::a09:1]", "[2002:a09:1::1]", "localhost", "LOCALHOST.",
    "x.localhost", "loop", "loop6", "priv", "PRIV", "priv6", "any", "mapped",
    "nat", "six", "two"]
NOBODY = ["169.254.169.254", "169.254.169.254.", "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]", "[64:ff9b::169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::1]", "[::169.254.169.254]",
    "100.100.100.200", "[fd00:ec2::254]", "[fd00:0ec2:0::0254]",
    "168.63.129.16", "169.254.1.1", "[fe80::1]", "meta", "meta6", "metanat",
    "metamapped", "link6"]
# What some read as one of these, and we as nothing.
MALFORMED = ["127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1",
    "0x7f.1", "0177.0.0.1", "017700000001", "0251.0376.0251.0376",
    "2852039166", "0xa9fea9fe", "169.254.43518", "10.9.1", "[::1%25lo]",
    "[::1%lo]", "[fe80::1%25home0]", "127.0.0.1%00", "127.0.0.1%2e", "00.0.0.0",
    "[::ffff:127.0.0.1", "127。0。0。1", "①②⑦.0.0.1", "[v1.::1]"]


class Names(dict):
	def get(self, name, default=None):
		entry = super().get(name.split(".")[0], default)
		return entry() if callable(entry) else entry


class World:
	"""A daemon at home, an origin at all of its addresses, and clients."""

	def __init__(self, lab, names=None, **keys):
		self.lab = lab
		self.place = lab.elsewhere()
		self.place.home.has(*ADDRESSES)
		self.make = {"home": self.place.home.socket,
		    "away": self.place.away.socket}
		self.far = self.origin()
		self.dns = lab.dns(Names({**NAMES, **(names or {})}),
		    make=self.place.home.socket)
		self.daemon = lab.sluice(before=self.place.before,
		    **{"listen": ["0.0.0.0:0", "[::]:0"], "access": CLIENTS,
		    "resolver": [self.dns.at], **keys})

	def origin(self, *args, port=0, tls=None, **keys):
		"""One for both families."""
		return self.lab.origin(*args, address=("::", port),
		    make=self.place.home.socket, tls=tls, **keys)

	def client(self, where, **keys):
		at = {"home": "127.0.0.1", "away": elsewhere.HOME}[where]
		one = client.Client((at, self.daemon.port),
		    make=self.make[where], **keys)
		self.lab.clients.append(one)
		return one

	def settle(self):
		"""As that of the lab: every event loop has heard of all."""
		many = 1 if sluice.WORKERS == 1 else 8 * sluice.WORKERS
		for _ in range(many):
			one = self.client("home")
			for _ in range(2):
				one.ping()
			one.close()

	def get(self, where, url, *args, **keys):
		one = self.client(where)
		try:
			return one.get(url, *args, **keys)
		finally:
			one.close()


def host(target, way=""):
	"""A name gets the domain of what is done for its host."""
	if re.fullmatch(r"[a-zA-Z0-9]+", target) and not target.isdigit() and \
	    target.lower() != "localhost" and not target.startswith("0x"):
		return target + way + ".test"
	return target


def denied(answer, stranger=True):
	assert answer.status == 403, (answer, answer.body)
	said = answer.get("proxy-status")
	assert said.startswith("sluice; error=destination_ip_prohibited; "
	    'details="the destination is not allowed'), said
	# A stranger is told no address, and no rule.
	if stranger:
		assert said.endswith('details="the destination is not '
		    'allowed"'), said
		assert json.loads(answer.body)["detail"] == \
		    "the destination is not allowed"
	return True


def plain(world, where, target, far):
	return world.get(where, f"http://{host(target)}:{far}/")


def connect(world, where, target, far):
	"""The answer to CONNECT, or to the request inside, in clear."""
	one = world.client(where)
	at = f"{host(target)}:{far}"
	answer = one.tunnel(at)
	if answer.status == 200:
		answer = one.call("GET", "/", host=at)
	one.close()
	return answer


def upstream(world, where, target, far):
	"""Its host is asked with TLS."""
	return world.get(where, f"http://{host(target, '.up')}:{far}/")


def clear(world, where, target, far):
	"""The same, inside a tunnel that the client does not speak TLS in."""
	one = world.client(where)
	at = f"{host(target, '.up')}:{far}"
	answer = one.tunnel(at)
	if answer.status == 200:
		answer = one.call("GET", "/", host=at)
	one.close()
	return answer


def intercept(world, where, target, far):
	one = world.client(where)
	at = f"{host(target, '.in')}:{far}"
	answer = one.tunnel(at)
	if answer.status == 200:
		one.secure(world.lab.pki.client(None))
		answer = one.call("GET", "/", host=at)
	one.close()
	return answer


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


def secure_world(lab, hosts=None, **keys):
	"""With TLS to hosts of .up.test and .in.test, and to others."""
	pki = lab.pki
	# Clients speak TLS at any port here, which strangers may not else.
	one = World(lab, hosts={**(hosts or {}), "*.up.test": {"https": "upstream",
	    "tls": {"verify": False}}, "*.in.test": {"https": "intercept",
	    "tls": {"verify": False}}}, destinations={"ports": {"tls":
	    "1-65535"}}, tls={"ca_certificate": pki.pem("user-ca"),
	    "ca_key": pki.key("user-ca")}, **keys)
	one.secure = one.origin(tls=pki.server("origin"))
	return one


@pytest.fixture
def world(tlab):
	return secure_world(tlab)


WAYS = [plain, connect, upstream, clear, intercept]


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


# This machine at any of its addresses; the last are new ones, and one that no
# interface has.
OWN4 = ["127.0.0.1", "127.0.0.1.", "127.3.2.1", "0.0.0.0", "localhost",
    "LOCALHOST.", "x.localhost", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[::ffff:0.0.0.0]", "10.9.0.1", "[::ffff:10.9.0.1]", PUBLIC,
    f"[::ffff:{PUBLIC}]", "[64:ff9b::1.2.3.4]", "[64:ff9b::a09:1]",
    "[2002:102:304::1]", "pub", "loop", "priv", "any", "mapped", "nat", "six",
    "two", "mixed", "new", "1.2.3.99", "[::ffff:1.2.3.99]", "route"]
OWN6 = ["[::1]", "[0:0:0::1]", "[::]", "[0:0::0]", "localhost", "[fd09::1]",
    f"[{PUBLIC6}]", "[2606:4700:0::1234]", "pub6", "loop6",
    "priv6", "two", "new6", "[2606::99]"]
# Where only 127.0.0.1 is listened at.
OWN_LOOP = ["127.0.0.1", "127.0.0.1.", "0.0.0.0", "localhost", "x.localhost",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0.0.0.0]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::1]", "loop",
    "any"]
# What others than we may take for such an address.
NO_HOST = ["127.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1",
    "017700000001", "0", "0x0", "00.0.0.0", "[::1%25lo]", "[::1%lo]",
    "[fe80::1%25home0]"]
# Each is a rule for all hosts, and what goes to them by it.
OWN_WAYS = {
    "tunnel": ({}, (plain, connect)),
    "upstream": ({"https": "upstream"}, (upstream, clear)),
    "intercept": ({"https": "intercept"}, (intercept,)),
}


def questions(lab):
	"""How many the control plane has answered before this one."""
	text = lab.control().get("/metrics").body.decode()
	return sum(int(n) for n in re.findall(
	    r"^sluice_admin_requests_total\{.*\} (\d+)$", text, re.M))


def own_world(lab, rule):
	"""One that listens wherever it can, and gets more addresses then."""
	pki, web = lab.pki, {"certificate": str(lab.pki.pem("origin")),
	    "key": str(lab.pki.key("origin"))}
	token = lab.dir / "token"
	token.write_text("a" * 40)
	token.chmod(0o600)
	world = World(lab, {"new": {"A": ["1.2.3.99"]},
	    "new6": {"AAAA": ["2606::99"]}, "route": {"A": ["1.9.9.9"]}},
	    listen=["0.0.0.0:80", "[::]:443", "0.0.0.0:443", "127.0.0.1:3128",
	    f"unix:{lab.dir}/s"], hosts={"*": {**rule, "tls":
	    {"verify": False}}} if rule else {},
	    admin={"web_token_file": str(token), "web": ["127.0.0.1:3131",
	    {"address": "0.0.0.0:3130", "tls": web},
	    {"address": "[::]:3130", "tls": web}]},
	    tls={"ca_certificate": pki.pem("user-ca"),
	    "ca_key": pki.key("user-ca")},
	    destinations={"ports": {"http": "1-65535", "tls": "1-65535"}})
	world.daemon.err.wait("is ready")
	world.place.home.has("1.2.3.99/32", "2606::99/128")
	world.place.home.ip("route", "add", "local", "1.9.0.0/16", "dev", "lo")
	return world


@pytest.mark.parametrize("name", OWN_WAYS)
def test_own_listeners(tlab, name):
	"""The daemon's and the control plane's, by each of the addresses that
	this machine has, or gets, or only answers at."""
	rule, ways = OWN_WAYS[name]
	world = own_world(tlab, rule)
	asked = questions(tlab)
	rows = [(port, target) for port, targets in ((80, OWN4), (443, OWN6),
	    (3130, OWN4 + OWN6), (3128, OWN_LOOP), (3131, OWN_LOOP))
	    for target in targets]
	for port, target in rows:
		for where in "home", "away":
			for way in ways:
				answer = way(world, where, target, port)
				assert denied(answer, where == "away"), (way,
				    where, target, port)
				if where == "home":
					assert "this proxy itself" in \
					    answer.get("proxy-status"), (way,
					    target, port)
	# The control plane has heard of nobody but us.
	assert questions(tlab) == asked + 1
	metrics.until(world.daemon, lambda m: m.sum("sluice_refusals_total",
	    reason="destination") == 2 * len(rows) * len(ways))


@pytest.mark.parametrize("name", OWN_WAYS)
def test_own_listeners_spelled(tlab, name):
	"""Ports that go without saying, or are said in another way, and what is
	no address to us."""
	world = own_world(tlab, OWN_WAYS[name][0])
	asked = questions(tlab)
	for authority in "127.0.0.1", "127.0.0.1:", "127.0.0.1:080", \
	    PUBLIC, "[::ffff:7f00:1]", "loop.test":
		answer = world.get("home", f"http://{authority}/")
		assert answer.status == 403, authority
	for target in NO_HOST:
		for port in 80, 3128, 3130, 3131:
			for method, url in ("GET", f"http://{target}:{port}/"), \
			    ("CONNECT", f"{target}:{port}"):
				answer = world.client("home").call(method, url)
				assert answer.status == 400, url
	for port in "0000080", "80 ", "+80", "0x50", "65616", "80.", "8 0", "%38%30":
		answer = world.client("home").call("CONNECT",
		    f"127.0.0.1:{port}")
		assert answer.status == 400, port
	assert questions(tlab) == asked + 1


def test_other_services_of_this_machine_are_not_ours(tlab):
	world = own_world(tlab, {})
	for target in "1.2.3.99", "new", "new6", "route", PUBLIC:
		answer = plain(world, "away", target, world.far.port)
		assert answer.status == 200, (target, answer.body)
	# What listens at one address only is not at others.
	for target in "127.3.2.1", "[::1]", PUBLIC:
		assert plain(world, "home", target, 3128).status == 502, target


def test_own_is_allowed_by_its_word_only(lab):
	world = World(lab, destinations={"allow": ["127.0.0.1", "*",
	    "loopback"], "ports": {"http": "1-65535"}})
	at = world.daemon.ports[0]
	assert denied(plain(world, "home", "127.0.0.1", at), False)
	world.daemon.change(destinations={"allow": "own"})
	# what comes back is no request for a proxy, or noticed by its Via
	wire.wait_until(lambda: plain(world, "home", "127.0.0.1", at).status
	    in (400, 421, 508))


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
