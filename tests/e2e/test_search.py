# SPDX-License-Identifier: ISC
"""Which names are asked for: the system's search list, names that end in a dot.

A name with a dot behind it is whole (RFC 1034 3.1); one without may be part of
another one's.
"""
import pytest

ALONE = "api.vendor.test"
SEARCHED = ALONE + ".corp.test"
ONE = {"capacity": 1, "period": "1h", "queue": {"max_wait": "10ms"}}


@pytest.fixture
def search(monkeypatch):
	"""As in resolv.conf, which these come before."""
	def system(domains, options="ndots:1"):
		monkeypatch.setenv("LOCALDOMAIN", domains)
		monkeypatch.setenv("RES_OPTIONS", options)
	return system


def asked(dns):
	"""In their order; of each comes an A."""
	with dns.lock:
		return [name for name, kind, _ in dns.asked if kind == "A"]


def named(conn, req):
	conn.reply(body=req.get("host").encode())


class Two:
	"""A host whose name is whole, and the one that the list makes of it."""

	def __init__(self, lab, search):
		# as in Kubernetes
		search("corp.test", "ndots:5")
		self.whole = lab.origin(named)
		self.port = self.whole.port
		self.searched = lab.origin(named, address=("127.0.0.2",
		    self.port))
		self.dns = lab.dns({ALONE: {"A": ["127.0.0.1"]},
		    SEARCHED: {"A": ["127.0.0.2"]}})


@pytest.fixture
def two(lab, search):
	return Two(lab, search)


@pytest.mark.parametrize("spelling", [ALONE + ".", ALONE.upper() + "."])
def test_name_with_a_dot_is_asked_for_alone(lab, two, spelling):
	"""The host itself sees its name without it, as ever."""
	lab.sluice(resolver=[two.dns.at])
	answer = lab.get(f"http://{spelling}:{two.port}/")
	assert answer.status == 200
	assert answer.body == f"{ALONE}:{two.port}".encode()
	assert two.whole.requests and not two.searched.requests
	assert asked(two.dns) == [ALONE]


def test_tunnel_to_a_name_with_a_dot(lab, two):
	"""What is said inside of it goes there, however it spells the host."""
	lab.sluice(resolver=[two.dns.at])
	for host in (ALONE, ALONE + "."):
		one = lab.client()
		assert one.tunnel(f"{ALONE}.:{two.port}").status == 200
		assert one.get("/", host=f"{host}:{two.port}").status == 200
	assert len(two.whole.requests) == 2 and not two.searched.requests
	assert set(asked(two.dns)) == {ALONE}


def test_they_may_be_two_hosts(lab, two):
	"""Neither an idle connection nor an answer serves for the other."""
	lab.sluice(resolver=[two.dns.at])
	one = lab.client()
	for name in (ALONE, ALONE + ".", ALONE, ALONE + "."):
		assert one.get(f"http://{name}:{two.port}/").status == 200
	assert len(two.whole.requests) == len(two.searched.requests) == 2
	assert len(two.whole.conns) == len(two.searched.conns) == 1
	assert asked(two.dns) == [SEARCHED, ALONE]


def test_they_have_one_limit(lab, two):
	lab.sluice(resolver=[two.dns.at], hosts={ALONE: ONE})
	assert lab.get(f"http://{ALONE}:{two.port}/").status == 200
	assert lab.get(f"http://{ALONE}.:{two.port}/").status == 429


def test_destinations_know_it_with_its_dot(lab, two):
	lab.sluice(resolver=[two.dns.at], destinations={"deny": [ALONE]})
	for name in (ALONE, ALONE + "."):
		assert lab.get(f"http://{name}:{two.port}/").status == 403
	assert asked(two.dns) == []


def test_nobody_has_the_name(lab, search):
	search("corp.test", "ndots:5")
	dns = lab.dns({"web.corp.test": {"A": ["127.0.0.1"]}})
	lab.sluice(resolver=[dns.at])
	assert lab.get("http://web./").status == 502
	assert asked(dns) == ["web"]


def test_control_asks_as_a_request_does(lab, two):
	"""Where a name would go, it says of both spellings."""
	lab.sluice(resolver=[two.dns.at])
	control = lab.control()
	for name, address in ((ALONE, "127.0.0.2"), (ALONE + ".",
	    "127.0.0.1")):
		answer = control.ask("POST", "/v1/explain", {"url":
		    f"http://{name}:{two.port}/"}).json()
		assert [a["address"] for a in
		    answer["destination"]["addresses"]] == [address]


def test_proxy_that_resolves_is_told_of_the_dot(lab, two):
	"""It says what the name means: a parent, or one behind a tunnel."""
	far = lab.sluice(resolver=[two.dns.at])
	whole = f"{ALONE}.:{two.port}"
	lab.sluice(parent=f"http://127.0.0.1:{far.port}")
	assert lab.get(f"http://{whole}/").status == 200
	assert lab.client().tunnel(whole).status == 200
	lab.sluice()
	one = lab.client()
	assert one.tunnel(f"127.0.0.1:{far.port}").status == 200
	assert one.get(f"http://{whole}/").status == 200
	# each of its loops asks for itself
	assert set(asked(two.dns)) == {ALONE}


@pytest.mark.parametrize("domains, wanted", [
	(".", ["web"]), (". corp.test", ["web"]),
	("corp.test .", ["web.corp.test", "web"])])
def test_root_in_the_search_list(lab, search, domains, wanted):
	"""It is the name as it is; systemd-resolved writes it alone."""
	search(domains)
	far = lab.origin()
	dns = lab.dns({"web": {"A": ["127.0.0.1"]}})
	lab.sluice(resolver=[dns.at])
	assert lab.get(f"http://web:{far.port}/").status == 200
	assert asked(dns) == wanted


@pytest.mark.parametrize("name", ["nope", "none.test"])
def test_root_and_nobody_has_the_name(lab, search, name):
	"""Later versions of c-ares ask for it twice."""
	search(".")
	dns = lab.dns({})
	lab.sluice(resolver=[dns.at])
	assert lab.get(f"http://{name}/").status == 502
	assert set(asked(dns)) == {name}
