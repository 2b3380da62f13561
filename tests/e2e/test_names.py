# SPDX-License-Identifier: ISC
"""One host by all its names: spellings, localhost, what the DNS says."""
import pytest

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
	assert len(far.conns) == 1


@pytest.mark.parametrize("other", SPELLINGS["127.0.0.1"])
def test_first_asked_in_another_spelling(lab, other):
	"""It reaches the address, which sees its name; the log, too."""
	far = lab.origin()
	daemon = lab.sluice(hosts={"127.0.0.1": ONE})
	assert ask(lab, "GET", f"{other}:{far.port}") == 200
	assert far.requests[0].get("host") == far.at
	assert ask(lab, "GET", far.at) == 429
	assert f"GET {far.at} 200" in daemon.out.count(1)[0]


@pytest.mark.parametrize("port", [":", ":80", ":080", ":00080"])
def test_spellings_of_the_default_port(lab, port):
	"""One rule, for the port that is meant where none is named."""
	lab.sluice(hosts={"127.0.0.9:80": {"capacity": 1, "period": "1h",
	    "queue": {"max_wait": "10ms"}}}, timeouts={"connect": "1s"})
	assert ask(lab, "GET", "127.0.0.9") != 429
	assert ask(lab, "GET", "127.0.0.9" + port) == 429
