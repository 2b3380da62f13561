# SPDX-License-Identifier: ISC
"""Nobody gets to the proxy itself, or its control plane, through it."""
import re

import pytest

import metrics
import wire
from world import (PUBLIC, PUBLIC6, World, clear, connect, denied, intercept,
    plain, upstream)

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
