# SPDX-License-Identifier: ISC
"""What is said once, when it happens, to whoever would wonder."""
import ssl

import pytest

import client
import origin

TIGHT = {"capacity": 1, "period": "1h", "retry": {"attempts": 0}}


def told(daemon, text):
	return [line for line in daemon.err.lines if text in line]


@pytest.mark.parametrize("wait, words", [("10ms", "10 ms"), ("1500ms",
    "1.5 s"), ("90s", "90 s"), ("10m", "10 min")])
def test_times_have_their_unit(lab, wait, words):
	"""A wait of 10 ms is not one of 0 s."""
	far = lab.origin()
	daemon = lab.sluice(hosts={"127.0.0.1": {**TIGHT,
	    "queue": {"max_wait": wait}}})
	assert [lab.get(far.url + "/").status for _ in range(2)] == [200, 429]
	daemon.err.wait(rf"longer than queue\.max_wait \({words}\)")


@pytest.mark.parametrize("fields, grounds", [([("Retry-After", "7")],
    "7 s after its answer 429 (retry-after)"),
    ([("Retry-After", "99999")],
    "10 s after its answer 429 (retry-after, cut to pause.max)"),
    ([], "3 s after its answer 429 (no time is named: pause.default)"),
    ([("Retry-After", "soon")],
    "3 s after its answer 429 (no time is named: pause.default)")])
def test_what_a_pause_rests_on(lab, fields, grounds):
	"""Retry-After only where the host has said so."""
	far = lab.origin(origin.fixed(429, fields=fields))
	daemon = lab.sluice(hosts={"127.0.0.1": {"retry": {"attempts": 0},
	    "learn": "pause", "pause": {"default": "3s", "max": "10s"},
	    "queue": {"max_wait": "0s"}}})
	assert lab.get(far.url + "/").status == 429
	assert grounds in daemon.err.wait("paused for")


def test_http2_preface(lab):
	"""Answered with the reason each time, and told once."""
	daemon = lab.sluice()
	for _ in range(3):
		one = lab.client()
		one.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
		answer = one.response()
		assert answer.status == 505
		assert "HTTP/2 from the start" in answer.get("proxy-status")
	daemon.stop()
	assert len(told(daemon, "speaks HTTP/2 from the start")) == 1


def test_other_versions_are_no_http2(lab):
	daemon = lab.sluice()
	one = lab.client()
	one.send(b"GET http://h/ HTTP/3.0\r\n\r\n")
	assert one.response().status == 505
	daemon.stop()
	assert told(daemon, "HTTP/2") == []


def test_limits_of_tunnels(lab):
	"""Whoever limits requests learns that it is tunnels; once a host."""
	far = lab.origin(accept=lambda conn: conn.wait_gone(60))
	daemon = lab.sluice(hosts={"127.0.0.1": {"capacity": 100},
	    "localhost": {"queue": {"length": 5}}})
	for at in [far.at, f"localhost:{far.port}"] * 3:
		one = lab.client()
		assert one.tunnel(at).status == 200
		one.send(b"\0\1\2\3")		# neither HTTP nor TLS
	daemon.err.wait("its limits count tunnels")
	daemon.stop()
	line, = told(daemon, "its limits count tunnels")
	assert "127.0.0.1: its limits" in line
	assert "https: intercept" in line


@pytest.fixture
def house(tlab):
	tlab.far = tlab.secure_origin()
	tlab.daemon = tlab.https(hosts={"a.test": {"https": "intercept"},
	    "b.test": {"https": "intercept"}})
	return tlab


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2,
    ssl.TLSVersion.TLSv1_3])
def test_client_that_does_not_trust_the_ca(house, version):
	context = house.pki.client("ca")
	context.minimum_version = context.maximum_version = version
	for _ in range(3):
		with pytest.raises((ssl.SSLError, OSError)):
			house.inside("a.test:443", context=context)
	line = house.daemon.err.wait("a.test: a client .* before any request")
	assert "does it trust the CA of tls.ca_certificate?" in line
	house.settle()
	assert len(told(house.daemon, "before any request")) == 1


def test_http2_inside(house):
	"""Each host is told of, once; such clients can be let through."""
	for name in ("a.test", "b.test") * 3:
		one = house.inside(f"{name}:443")
		one.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
		assert one.response().status == 505
	house.daemon.stop()
	lines = told(house.daemon, "speaks HTTP/2 from the start")
	assert [line.split("info: ")[1].split(": ")[0] for line in lines] == [
	    "a.test", "b.test"]
	assert all('"https: tunnel"' in line for line in lines)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2,
    ssl.TLSVersion.TLSv1_3])
def test_client_that_wants_http2_only(house, version):
	"""By ALPN: it goes when it is not given that, and trusts us."""
	context = house.pki.client("user-ca", alpn=("h2",))
	context.minimum_version = context.maximum_version = version
	for _ in range(2):
		one = house.inside("a.test:443", context=context)
		assert one.sock.obj.selected_alpn_protocol() is None
		one.close()
	line = house.daemon.err.wait("a.test: a client .* wants HTTP/2 only")
	assert 'let it through with "https: tunnel"' in line
	# One that would take HTTP/1.1 as well goes for another reason.
	context = house.pki.client("user-ca", alpn=("h2", "http/1.1"))
	house.inside("b.test:443", context=context).close()
	house.daemon.err.wait("b.test: .* does it trust the CA")
	house.daemon.stop()
	assert len(told(house.daemon, "HTTP/2")) == 1
	assert len(told(house.daemon, "before any request")) == 1


def test_client_that_goes_after_the_handshake(house):
	"""Some only close, without a word; who has asked before may go."""
	one = house.inside("a.test:443")
	one.close()
	house.daemon.err.wait("a.test: a client .* before any request")
	one = house.inside("b.test:443")
	one.send(client.request("GET", "/", host="b.test"))
	one.response()
	one.close()
	house.daemon.stop()
	assert len(told(house.daemon, "before any request")) == 1


def test_throttles_are_told_apart(lab):
	"""By the port where that has a rule, by the pattern that is shared."""
	far = lab.origin(origin.fixed(429))
	other = lab.origin(origin.fixed(429))
	ports = far.port, other.port
	daemon = lab.sluice(hosts={f"127.0.0.1:{ports[0]}": TIGHT,
	    "*": {"shared": True, "learn": "pause",
	    "retry": {"attempts": 0}}})
	assert lab.get(far.url + "/").status == 429
	daemon.err.wait(rf" 127\.0\.0\.1:{ports[0]}: paused for")
	assert lab.get(other.url + "/").status == 429
	daemon.err.wait(r" \*: paused for")


def test_a_host_without_its_port(lab):
	"""Port 0 is none that anybody has asked for."""
	daemon = lab.sluice(limits={"fields": 3})
	one = lab.client()
	one.send(b"GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n" +
	    b"X: y\r\n" * 5 + b"\r\n")
	assert one.response().status == 431
	daemon.out.wait(r" GET a\.test 431 ")
