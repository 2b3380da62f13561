# SPDX-License-Identifier: ISC
"""One host by all its names: spellings, localhost, what the DNS says."""
import time

import pytest

import sluice
import wire

ONE = {"capacity": 1, "period": "1h", "queue": {"max_wait": "10ms"}}


def ask(lab, way, at):
	one = lab.client()
	if way == "CONNECT":
		return one.tunnel(at).status
	return one.get(f"http://{at}/").status


SPELLINGS = {
	"127.0.0.1": ["127.0.0.1.", "0.0.0.0", "[::ffff:127.0.0.1]",
	    "[::FFFF:7F00:1]", "[0:0:0:0:0:ffff:127.0.0.1]",
	    "[0000:0000:0000:0000:0000:ffff:7f00:0001]", "[::ffff:0.0.0.0]",
	    "[::ffff:0:0]"],
	"[::1]": ["[::]", "[0:0:0:0:0:0:0:1]", "[::0.0.0.1]",
	    "[0000:0000:0000:0000:0000:0000:0000:0001]", "[0::0]"],
	"api.test": ["API.test", "api.test.", "aPi.TeSt."],
}


@pytest.mark.parametrize("way", ["GET", "CONNECT"])
@pytest.mark.parametrize("rule", ["plain", "port", "other", "defaults"])
@pytest.mark.parametrize("name", SPELLINGS)
def test_spellings_count_against_one_budget(lab, name, rule, way):
	"""Whichever of them the rule is for."""
	far = lab.origin(address=("::1" if name == "[::1]" else "127.0.0.1",
	    0))
	dns = lab.dns({"api.test": {"A": ["127.0.0.1"]}})
	key = {"plain": name, "port": f"{name}:{far.port}",
	    "other": SPELLINGS[name][1]}.get(rule)
	lab.sluice(resolver=[dns.at], **({"hosts": {key: ONE}} if key
	    else {"defaults": ONE}))
	assert ask(lab, way, f"{name}:{far.port}") == 200
	for other in SPELLINGS[name]:
		assert ask(lab, way, f"{other}:{far.port}") == 429, other
	far.wait_conns(1)
	assert len(far.conns) == 1


@pytest.mark.parametrize("other", SPELLINGS["127.0.0.1"])
def test_first_asked_in_another_spelling(lab, other):
	"""It reaches the address, which sees its name; the log, too."""
	far = lab.origin()
	daemon = lab.sluice(hosts={"127.0.0.1": ONE})
	assert ask(lab, "GET", f"{other}:{far.port}") == 200
	assert far.requests[0].get("host") == far.at
	assert ask(lab, "GET", far.at) == 429
	daemon.out.wait(f" GET {far.at} 200 ")


@pytest.mark.parametrize("port", [":", ":80", ":080", ":00080"])
def test_spellings_of_the_default_port(lab, port):
	"""One rule, for the port that is meant where none is named."""
	lab.sluice(hosts={"127.0.0.9:80": {"capacity": 1, "period": "1h",
	    "queue": {"max_wait": "10ms"}}}, timeouts={"connect": "1s"})
	assert ask(lab, "GET", "127.0.0.9") != 429
	assert ask(lab, "GET", "127.0.0.9" + port) == 429


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("name", ["localhost", "LOCALHOST.", "x.localhost",
    "a.b.LocalHost", "www.localhost."])
def test_localhost_is_here(lab, name, address):
	"""Nobody is asked (RFC 6761, 6.3), on either family."""
	far = lab.origin(address=(address, 0))
	dns = lab.dns({})
	lab.sluice(resolver=[dns.at])
	assert ask(lab, "GET", f"{name}:{far.port}") == 200
	assert ask(lab, "CONNECT", f"{name}:{far.port}") == 200
	assert dns.asked == []


@pytest.mark.parametrize("name", ["localhost.test", "xlocalhost"])
def test_no_localhost(lab, name):
	dns = lab.dns({})
	lab.sluice(resolver=[dns.at])
	assert ask(lab, "GET", name) == 502
	assert dns.asked != []


def test_nobody_listens_at_localhost(lab):
	"""The reason is the refusal, with or without IPv6 here."""
	lab.sluice()
	answer = lab.get(f"http://localhost:{lab.closed_port()}/")
	assert answer.status == 502
	assert "connection_refused" in answer.get("proxy-status")


def closing(conn, req):
	"""So that the next request dials."""
	conn.reply(fields=[("Connection", "close")])
	conn.end()


def asked(dns, name):
	"""How many lookups: of each comes an A."""
	with dns.lock:
		return [kind for n, kind, _ in dns.asked if n == name].count(
		    "A")


@pytest.mark.parametrize("limits, times", [({}, 1), ({"names": 0}, 3),
    ({"ttl": "0s"}, 3)])
@pytest.mark.skipif(sluice.WORKERS != 1, reason="each worker remembers")
def test_answers_are_remembered(lab, limits, times):
	far = lab.origin(closing)
	dns = lab.dns({"a.test": {"A": ["127.0.0.1"]}, "no.test": "NXDOMAIN",
	    "empty.test": {}})
	lab.sluice(resolver=[dns.at], limits=limits)
	for _ in range(3):
		assert ask(lab, "GET", f"A.test.:{far.port}") == 200
		assert ask(lab, "GET", "no.test") == 502
		assert ask(lab, "GET", "empty.test") == 502
	assert asked(dns, "a.test") == times
	assert asked(dns, "no.test") == times
	assert asked(dns, "empty.test") == times


@pytest.mark.skipif(sluice.WORKERS != 1, reason="each worker remembers")
def test_names_remembered_are_bounded(lab):
	"""The one that was not asked for the longest goes."""
	far = lab.origin(closing)
	dns = lab.dns({f"{n}.test": {"A": ["127.0.0.1"]} for n in "abc"})
	lab.sluice(resolver=[dns.at], limits={"names": 2})
	for name in "abacab":
		assert ask(lab, "GET", f"{name}.test:{far.port}") == 200
	assert [asked(dns, f"{n}.test") for n in "abc"] == [1, 2, 1]


@pytest.mark.skipif(sluice.WORKERS != 1, reason="each worker remembers")
def test_failure_is_remembered_for_a_moment(lab):
	far = lab.origin()
	dns = lab.dns({"a.test": "SERVFAIL"})
	lab.sluice(resolver=[dns.at])
	assert ask(lab, "GET", f"a.test:{far.port}") == 502
	dns.names["a.test"] = {"A": ["127.0.0.1"]}
	wire.wait_until(lambda: ask(lab, "GET", f"a.test:{far.port}") == 200,
	    what="another lookup")


def test_reload_forgets_names(lab):
	far = lab.origin(closing)
	first = lab.dns({"a.test": {"A": ["127.0.0.1"]}})
	second = lab.dns({"b.test": {"A": ["127.0.0.1"]}})
	daemon = lab.sluice(resolver=[first.at])
	assert ask(lab, "GET", f"a.test:{far.port}") == 200
	assert ask(lab, "GET", "b.test") == 502
	first.names["a.test"] = "NXDOMAIN"
	daemon.change()
	lab.settle()
	assert ask(lab, "GET", f"a.test:{far.port}") == 502
	daemon.change(resolver=[second.at])
	lab.settle()
	assert ask(lab, "GET", f"b.test:{far.port}") == 200


def test_reload_while_it_is_asked(lab):
	"""It goes on, with whom the new configuration names."""
	far = lab.origin()
	first = lab.dns({"a.test": "silent"})
	second = lab.dns({"a.test": {"A": ["127.0.0.1"]}})
	daemon = lab.sluice(resolver=[first.at], timeouts={"connect": "20s"})
	one = lab.client()
	one.ask("GET", f"http://a.test:{far.port}/")
	wire.wait_until(lambda: asked(first, "a.test"), what="a question")
	daemon.change(resolver=[second.at])
	assert one.response().status == 200


def test_remembered_address_is_checked(lab):
	dns = lab.dns({"me.test": {"A": ["127.0.0.1"]}})
	daemon = lab.sluice(resolver=[dns.at])
	for way in ("GET", "CONNECT", "GET"):
		assert ask(lab, way, f"me.test:{daemon.port}") == 403


def test_one_lookup_for_all_who_ask(lab):
	dns = lab.dns({"x.test": "silent"})
	# all at once: what is learned lets a new host have a few at first
	lab.sluice(resolver=[dns.at], timeouts={"connect": "1s"},
	    defaults={"learn": "pause"})
	crowd = [lab.client() for _ in range(50)]
	for one in crowd:
		one.ask("GET", "http://x.test/")
	assert {one.response().status for one in crowd} == {504}
	# once a worker; it is asked again after 1.5 s
	assert asked(dns, "x.test") <= 2 * sluice.WORKERS


def test_silent_names_hold_up_nobody_else(lab):
	"""A client's lookups beyond its share wait; others' go on.

	Of the names that nobody answers for only so many are asked for at a
	time, whoever else asks is answered meanwhile, and who waited in vain
	is told so.
	"""
	far = lab.origin(closing)
	dns = lab.dns({"good.test": {"A": ["127.0.0.1"]},
	    **{f"n{i}.test": "silent" for i in range(200)}})
	lab.sluice(resolver=[dns.at], timeouts={"connect": "4s"},
	    limits={"lookups": 8})
	crowd = [lab.client(source="127.0.0.2") for _ in range(200)]
	for i, one in enumerate(crowd):
		one.ask("GET", f"http://n{i}.test/")
	lab.settle()
	for _ in range(3):
		assert ask(lab, "GET", far.at) == 200
		assert ask(lab, "GET", f"good.test:{far.port}") == 200
		assert ask(lab, "CONNECT", f"good.test:{far.port}") == 200
	assert all(one.quiet(0) for one in crowd), "answered first"
	# a quarter of them, in each worker
	silent = {n for n, _, _ in dns.asked} - {"good.test"}
	assert 1 <= len(silent) <= 2 * sluice.WORKERS
	answers = [one.response() for one in crowd]
	assert {a.status for a in answers} == {503, 504}
	for answer in answers:
		assert ("limits.lookups" if answer.status == 503 else
		    "dns_timeout") in answer.get("proxy-status")


def test_everybody_asks_for_what_is_silent(lab):
	"""With all places taken a turn comes within one lookup's time."""
	far = lab.origin()
	dns = lab.dns({"good.test": {"A": ["127.0.0.1"]},
	    **{f"n{i}.test": "silent" for i in range(60)}})
	lab.sluice(resolver=[dns.at], timeouts={"connect": "2s"},
	    limits={"lookups": 4})
	crowd = [lab.client(source=f"127.0.0.{2 + i % 6}") for i in range(60)]
	for i, one in enumerate(crowd):
		one.ask("GET", f"http://n{i}.test/")
	lab.settle()
	wire.wait_until(lambda: ask(lab, "GET", f"good.test:{far.port}") == 200,
	    what="a turn")


def test_lookups_that_everybody_left(lab):
	"""They hold no place: others are looked up at once."""
	far = lab.origin()
	names = {f"n{i}.test": "silent" for i in range(40)}
	dns = lab.dns({"good.test": {"A": ["127.0.0.1"]}, **names})
	lab.sluice(resolver=[dns.at], limits={"lookups": 4},
	    timeouts={"connect": "60s"})
	for name in names:
		one = lab.client()
		one.ask("GET", f"http://{name}/")
		wire.wait_until(lambda: asked(dns, name), what="a question")
		one.reset()
	began = time.monotonic()
	assert ask(lab, "GET", f"good.test:{far.port}") == 200
	assert time.monotonic() - began < wire.DEADLINE


def test_answer_after_everybody_left(lab):
	"""A lookup goes on where nobody needs its place."""
	far = lab.origin(closing)
	dns = lab.dns({"late.test": "silent"})
	lab.sluice(resolver=[dns.at], timeouts={"connect": "60s"})
	one = lab.client()
	one.ask("GET", "http://late.test/")
	wire.wait_until(lambda: asked(dns, "late.test"), what="a question")
	one.reset()
	lab.settle()
	dns.names["late.test"] = {"A": ["127.0.0.1"]}
	# its second try is answered, to whoever asks then
	assert ask(lab, "GET", f"late.test:{far.port}") == 200


@pytest.mark.parametrize("silent, other, address", [
    ("AAAA", "A", "127.0.0.1"), ("A", "AAAA", "::1")])
def test_one_family_is_silent(lab, silent, other, address):
	"""The other one's addresses serve."""
	far = lab.origin(address=(address, 0))
	dns = lab.dns({"half.test": {silent: "silent", other: [address]}})
	lab.sluice(resolver=[dns.at], timeouts={"connect": "9s"})
	assert ask(lab, "GET", f"half.test:{far.port}") == 200


def names_of_the_hosts_file():
	"""Those of 127.0.0.1, but for localhost."""
	try:
		with open("/etc/hosts") as f:
			lines = [line.split("#")[0].split() for line in f]
	except OSError:
		return []
	return [name for line in lines if line[:1] == ["127.0.0.1"]
	    for name in line[1:] if "localhost" not in name]


@pytest.mark.skipif(not names_of_the_hosts_file(), reason="no name in it")
def test_hosts_file(lab):
	"""It comes before the DNS, whether the name has its dot or not."""
	far = lab.origin(closing)
	name = names_of_the_hosts_file()[0]
	dns = lab.dns({name: {"A": ["127.0.0.9"]}})
	lab.sluice(resolver=[dns.at])
	for at in (name, name + ".", name):
		assert ask(lab, "GET", f"{at}:{far.port}") == 200
	assert dns.asked == []
