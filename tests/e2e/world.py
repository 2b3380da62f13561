# SPDX-License-Identifier: ISC
"""A daemon's machine with many addresses, another, and who asks from them."""
import json
import re

import pytest

import client
import elsewhere
import sluice

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
