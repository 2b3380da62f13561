# SPDX-License-Identifier: ISC
"""What of an Upgrade is passed on: never what hides any number of requests."""
import pytest

import origin
import programs


SETTINGS = ("HTTP2-Settings", "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA")


def seen(far):
	"""What the origin saw of the offer."""
	req, = far.requests
	return {name: req.all(name) for name in ("upgrade", "connection",
	    "http2-settings") if req.all(name)}


def switch(protocol, connection=True):
	return origin.raw(b"HTTP/1.1 101 Switching Protocols\r\n"
	    + (b"Connection: upgrade\r\n" if connection else b"")
	    + b"".join(b"Upgrade: %s\r\n" % one for one in protocol)
	    + b"\r\n", then="keep")


def test_h2c(lab):
	"""As curl --http2 offers it with each plain request.

	https://github.com/envoyproxy/envoy/issues/7973
	https://github.com/membrane/api-gateway/issues/1742
	https://github.com/diennea/carapaceproxy/issues/484
	"""
	far = lab.origin(origin.fixed(body="fine"))
	daemon = lab.sluice()
	for i in range(3):
		answer = lab.get(far.url + "/", [("Connection",
		    "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), SETTINGS])
		assert (answer.status, answer.body) == (200, b"fine")
		assert seen(far) == {}
		far.requests.clear()
	line = daemon.err.wait("Upgrade: h2c")
	assert "127.0.0.1: " in line
	lab.settle()
	assert daemon.err.text().count("Upgrade: h2c") == 1


OFFERS = [
    # fields, what is passed on
    ([("Connection", "upgrade"), ("Upgrade", "websocket")], "websocket"),
    ([("Connection", "UPGRADE"), ("Upgrade", "WebSocket")], "WebSocket"),
    ([("Connection", "upgrade"), ("Upgrade", "websocket, h2c"), SETTINGS],
     "websocket"),
    ([("Connection", "upgrade, http2-settings"), ("Upgrade", "H2C"),
     ("Upgrade", "websocket"), SETTINGS], "websocket"),
    ([("Connection", "upgrade"), ("Upgrade", "h2C")], None),
    ([("Connection", "upgrade"), ("Upgrade", "foo")], None),
    ([("Connection", "upgrade"), ("Upgrade", "TLS/1.0")], None),
    ([("Connection", "upgrade"), ("Upgrade", "")], None),
    ([("Connection", "upgrade")], None),
    ([("Upgrade", "websocket")], None),
    ([("Upgrade", "h2c")], None),
    ([("Connection", "HTTP2-Settings"), SETTINGS], None),
    ([SETTINGS], None),
]


@pytest.mark.parametrize("fields, passed", OFFERS)
@pytest.mark.parametrize("inside", [False, True])
def test_offers(lab, same, fields, passed, inside):
	"""In absolute form, and inside a tunnel."""
	far = lab.origin(origin.fixed(body="fine"))
	same()
	one = lab.client()
	if inside:
		assert one.tunnel(far.at).status == 200
		answer = one.get("/", fields, host=far.at)
	else:
		answer = one.get(far.url + "/", fields)
	assert (answer.status, answer.body) == (200, b"fine")
	assert seen(far) == ({"upgrade": [passed], "connection": ["upgrade"]}
	    if passed else {})


def test_what_the_rule_names(lab):
	far = lab.origin(switch([b"chat"]))
	lab.sluice(hosts={"127.0.0.1": {"upgrade": ["chat", "TLS/1.0"]}})
	one = lab.client()
	one.ask("GET", far.url + "/", [("Connection", "upgrade"),
	    ("Upgrade", "websocket, Chat, tls/1.0")])
	answer = one.head()
	assert answer.status == 101
	assert answer.all("upgrade") == ["chat"]
	assert seen(far)["upgrade"] == ["Chat, tls/1.0"]


def test_by_a_url_of_its_own_scheme(lab):
	"""As aiohttp asks a proxy for it."""
	far = lab.origin(switch([b"websocket"]))
	lab.sluice()
	one = lab.client()
	one.ask("GET", f"ws://{far.at}/chat?a=b", [("Connection", "upgrade"),
	    ("Upgrade", "websocket")], host=far.at)
	assert one.head().status == 101
	assert far.targets() == ["/chat?a=b"]
	assert far.requests[0].all("host") == [far.at]
	assert seen(far)["upgrade"] == ["websocket"]


@pytest.mark.parametrize("fields", [[], [("Connection", "upgrade"),
    ("Upgrade", "h2c")], [("Upgrade", "websocket")], [("Connection",
    "upgrade"), ("Upgrade", "websocket")]], ids=str)
@pytest.mark.parametrize("protocol", [[b"h2c"], [b"foo"], [b"websocket, h2c"],
    [b"websocket", b"h2c"], [b""], []], ids=str)
def test_101_for_another(lab, same, fields, protocol):
	"""Not asked for, or not for this: no tunnel comes of it."""
	far = lab.origin(switch(protocol))
	same()
	answer = lab.get(far.url + "/", fields)
	assert answer.status == 502
	assert "http_protocol_error" in answer.get("proxy-status")


def test_101_without_connection(lab):
	far = lab.origin(switch([b"websocket"], connection=False))
	lab.sluice()
	assert lab.get(far.url + "/", [("Connection", "upgrade"),
	    ("Upgrade", "websocket")]).status == 502


def test_old_version(lab):
	"""HTTP/1.0 has no Upgrade (RFC 9110 7.8)."""
	far = lab.origin(origin.fixed(body="fine"))
	lab.sluice()
	answer = lab.get(far.url + "/", [("Connection", "upgrade"),
	    ("Upgrade", "websocket")], version="1.0")
	assert answer.body == b"fine"
	assert "upgrade" not in seen(far)


@pytest.mark.parametrize("status", [200, 426])
def test_offers_of_the_host(lab, status):
	far = lab.origin(origin.fixed(status, body="fine", fields=[
	    ("Upgrade", "h2c, h2"), ("Connection", "Upgrade")]))
	lab.sluice()
	answer = lab.get(far.url + "/")
	assert answer.status == status
	assert answer.get("upgrade") is None
	assert "upgrade" not in (answer.get("connection") or "").lower()


def test_curl(lab, tmp_path):
	"""curl --http2, which offers h2c with each request."""

	far = lab.origin(origin.fixed(body="fine"))
	daemon = lab.sluice()
	got, = programs.Programs(tmp_path / "home", daemon.url).curl(
	    [far.url + "/"], "--http2")
	assert (got.status, got.text) == (200, "fine")
	assert seen(far) == {}
