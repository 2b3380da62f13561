# SPDX-License-Identifier: ISC
"""Through Squid and tinyproxy, as they come from the distribution."""
import json

import pytest

import origin
import proxies
import ways
import wire

plain = pytest.mark.plain("test_parent_answers has it of a scripted one")
NAMES = ["plain.test", "tunnel.test", "upstream.test", "intercept.test"]


@pytest.fixture
def real(tlab):
	def start(kind, **keys):
		tlab.others.append(kind(**keys))
		return tlab.others[-1]
	return start


def configure(lab, far, password):
	file = lab.dir / "password"
	file.write_text(password + "\n")
	file.chmod(0o600)
	return {"url": far.url.replace("://", f"://{far.user}@"),
	    "password_file": str(file)}


def test_squid(tlab, real):
	"""Plain, a tunnel, and both ways of TLS, with its credentials."""
	web, secure = tlab.origin(origin.echo), tlab.secure_origin(origin.echo)
	far = real(proxies.Squid, names=NAMES, user="joe",
	    password="two words")
	tlab.https(parent=configure(tlab, far, "two words"), workers=1,
	    hosts={"upstream.test": {"https": "upstream", "tls": {
	    "port": secure.port}}, "intercept.test": {"https": "intercept"}})
	data = wire.pattern(300000)
	one = tlab.client()
	for url in f"http://plain.test:{web.port}/", "http://upstream.test/":
		for _ in range(2):
			answer = one.call("PUT", url, body=data)
			assert (url, answer.status) == (url, 200)
			assert answer.body == data
	for name, trust in ("tunnel.test", "ca"), ("intercept.test", "user-ca"):
		inside = tlab.inside(f"{name}:{secure.port}", trust=trust)
		answer = inside.call("PUT", "/", body=data)
		assert (answer.status, answer.body) == (200, data)
	assert "squid" in web.requests[0].get("via")
	# those that stand are used again: one a host
	assert len(secure.conns) == 3


@plain
@pytest.mark.parametrize("kind", ["plain", "connect", *ways.BOTH])
def test_squid_wants_others(tlab, real, kind):
	"""Its 407 is not the client's, and its page goes to nobody."""
	secure = tlab.secure_origin()
	far = real(proxies.Squid, names=NAMES, user="joe", password="right")
	parent = configure(tlab, far, "wrong")
	if kind in ways.BOTH:
		answer = ways.Way(tlab, kind, secure, parent=parent).get("/")
	else:
		tlab.https(parent=parent)
		one = tlab.client()
		answer = one.get("http://plain.test/") if kind == "plain" \
		    else one.tunnel("tunnel.test:443")
	assert answer.status == 502
	assert answer.get("proxy-authenticate") is None
	assert "received-status=407" in ways.why(answer)
	assert b"squid" not in answer.body.lower()
	tlab.daemons[-1].err.wait("answers with 407: the user of its url, or "
	    "the password in")


@plain
def test_squid_cannot_connect(tlab, real):
	"""What it says of a host that refuses, by page and by CONNECT."""
	far = real(proxies.Squid, names=NAMES)
	port = tlab.closed_port()
	tlab.https(parent=far.url)
	answer = tlab.get(f"http://plain.test:{port}/")
	assert answer.status == 503 and b"squid" in answer.body.lower()
	answer = tlab.client().tunnel(f"tunnel.test:{port}")
	assert answer.status == 503
	assert json.loads(answer.body)["detail"] == \
	    "the parent proxy refused a tunnel to the host: 503"


def test_tinyproxy(tlab, real):
	"""By a rule, since it takes this machine for a host as any other."""
	web, secure = tlab.origin(origin.echo), tlab.secure_origin(origin.echo)
	far = real(proxies.Tinyproxy, user="joe", password="secret")
	tlab.https(hosts={"127.0.0.1": {"parent": configure(tlab, far,
	    "secret")}})
	data = wire.pattern(100000)
	one = tlab.client()
	for url in web.url, secure.url:
		answer = one.call("PUT", url + "/x?y", body=data)
		assert (url, answer.status) == (url, 200)
		assert answer.body == data
	inside = tlab.inside(secure.at, trust="ca")
	assert inside.call("PUT", "/", body=data).body == data
	assert "tinyproxy" in web.requests[0].get("via")


@plain
def test_tinyproxy_wants_others(tlab, real):
	far = real(proxies.Tinyproxy, user="joe", password="secret")
	tlab.https(hosts={"127.0.0.1": {"parent": far.url}})
	port = tlab.closed_port()
	for answer in (tlab.get(f"http://127.0.0.1:{port}/"),
	    tlab.client().tunnel(f"127.0.0.1:{port}")):
		assert answer.status == 502
		assert "received-status=407" in ways.why(answer)
	tlab.daemons[-1].err.wait("answers with 407: put a user into its url")
