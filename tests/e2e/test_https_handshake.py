# SPDX-License-Identifier: ISC
"""TLS with clients whose tunnels end at sluice: how it comes, and how not."""
import ssl
import time

import pytest

import client
from intercepted import House, names
from intercepted import house	# noqa: F401, fixtures
import tls
import wire

V11, V12, V13 = (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2,
    ssl.TLSVersion.TLSv1_3)


def hello(lab, house, context=None):
	"""A connection, and the ClientHello that it is to send."""
	one = lab.client()
	one.secret = tls.Tls(one.sock, context or lab.pki.client("user-ca"),
	    house.name)
	return one, one.secret.hello()


def finish(one):
	"""Goes on with TLS after the answer to CONNECT was read."""
	one.secret.incoming.write(one.take(len(one.buf)))
	one.sock = one.secret
	one.sock.handshake()


def test_connect_and_hello_in_one_segment(house):
	one, data = hello(house.lab, house)
	one.send(client.request("CONNECT", house.at) + data)
	assert one.response("CONNECT").status == 200
	finish(one)
	assert one.get("/", host=house.at).body == b"fine"


def test_connect_and_hello_byte_by_byte(house):
	one, data = hello(house.lab, house)
	one.send_bytes(client.request("CONNECT", house.at) + data)
	assert one.response("CONNECT").status == 200
	finish(one)
	assert one.get("/", host=house.at).body == b"fine"


def test_everything_in_records_of_one_byte(house):
	one = house.inside()
	one.send_bytes(client.request("GET", "/", host=house.at))
	assert one.response().body == b"fine"


GARBAGE = {
    "noise": bytes(range(255, 0, -1)) * 40,
    "zeros": b"\0" * 5000,
    "a long record": b"\x16\x03\x01\xff\xff" + b"\x01" * 70000,
    "an alert": b"\x15\x03\x03\x00\x02\x02\x28",
    "application data": b"\x17\x03\x03\x00\x20" + b"x" * 32,
    "a hello of SSLv2": b"\x80\x2e\x01\x00\x02" + b"\0" * 41,
}


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("what", GARBAGE)
def test_garbage_after_connect(house, what, early):
	"""The connection ends; nothing of it is taken for a request."""
	one = house.lab.client()
	if early:
		one.send(client.request("CONNECT", house.at) + GARBAGE[what])
		assert one.response("CONNECT").status == 200
	else:
		assert one.tunnel(house.at).status == 200
		one.send(GARBAGE[what])
	try:
		rest = one.rest()
	except ConnectionError:
		rest = b""
	assert rest == b"" or rest[0] == 21, rest[:100]	# an alert
	assert house.far.conns == []
	assert house.works()


@pytest.mark.parametrize("part", [0, 1, 5, 100])
def test_stuck_handshake(tlab, part):
	"""Closed after timeouts.header, as a request's head would be."""
	house = House(tlab, timeouts={"header": "600ms", "idle": "60s"})
	one, data = hello(tlab, house)
	assert one.tunnel(house.at).status == 200
	began = time.monotonic()
	one.send(data[:part])
	try:
		one.rest()
	except ConnectionError:
		pass
	took = time.monotonic() - began
	assert 0.5 < took < 5 * wire.SLOW, took
	assert house.works()


def test_handshake_that_drips(tlab):
	"""A byte now and then does not lengthen the time it has."""
	house = House(tlab, timeouts={"header": "600ms", "idle": "60s"})
	one, data = hello(tlab, house)
	assert one.tunnel(house.at).status == 200
	began = time.monotonic()
	with pytest.raises(OSError):
		for i in range(100 * int(wire.SLOW)):
			one.send(data[i:i + 1])
			if wire.ready(one.sock, 1, 0.05):	# POLLIN
				raise OSError("closed")
	assert time.monotonic() - began < 5 * wire.SLOW


def test_client_that_does_not_trust(house):
	"""The log names the peer and the reason."""
	one = house.lab.client()
	peer = "%s:%d" % one.sock.getsockname()
	assert one.tunnel(house.at).status == 200
	with pytest.raises(ssl.SSLCertVerificationError):
		one.secure(house.lab.pki.client("ca"), house.name)
	one.close()
	daemon = house.daemon
	line = daemon.out.wait(f"{peer} .*TLS handshake")
	assert "unknown CA" in line, line
	assert house.name in line, line
	assert house.far.requests == []
	assert house.works()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("highest, fine", [(V11, False), (V12, True),
    (V13, True)])
def test_client_versions(house, highest, fine):
	context = house.lab.pki.client("user-ca")
	context.set_ciphers("ALL:@SECLEVEL=0")
	context.minimum_version = highest
	context.maximum_version = highest
	if fine:
		assert house.inside(context=context).get("/").status == 200
		return
	with pytest.raises(ssl.SSLError) as error:
		house.inside(context=context)
	assert "version" in str(error.value).lower(), error.value


@pytest.mark.parametrize("alpn, got", [(("h2", "http/1.1"), "http/1.1"),
    (("http/1.1",), "http/1.1"), ((), None)])
def test_alpn(house, alpn, got):
	one = house.inside(context=house.lab.pki.client("user-ca", alpn=alpn))
	assert one.sock.obj.selected_alpn_protocol() == got
	assert one.get("/").body == b"fine"


def test_alpn_of_nothing_we_speak(house):
	"""h2 alone: no handshake, or one without a protocol, but never h2."""
	context = house.lab.pki.client("user-ca", alpn=("h2",))
	try:
		one = house.inside(context=context)
	except ssl.SSLError as error:
		assert "protocol" in str(error).lower()
	else:
		assert one.sock.obj.selected_alpn_protocol() is None
	assert house.works()


@pytest.mark.parametrize("version", [V12, V13])
def test_client_comes_again(house, version):
	"""With its session or without, it gets in."""
	context = house.lab.pki.client("user-ca")
	context.minimum_version = context.maximum_version = version
	one = house.inside(context=context)
	assert one.get("/").status == 200
	session = one.sock.obj.session
	one.finish()
	two = house.inside(context=context, session=session)
	assert two.get("/").status == 200
	assert names(two.certificate) == ["intercept.test"]


def test_session_of_another_host(tlab):
	"""One host's session is none for another's tunnel."""
	house = House(tlab, name="*.test")
	context = tlab.pki.client("user-ca")
	one = tlab.inside(f"intercept.test:{house.far.port}", context=context)
	assert one.get("/").status == 200
	session = one.sock.obj.session
	two = tlab.inside(f"other.test:{house.far.port}", context=context,
	    session=session)
	assert names(two.certificate) == ["other.test"]
	assert two.get("/").status == 200
