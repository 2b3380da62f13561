# SPDX-License-Identifier: ISC
"""Through a parent: a company's proxy, scripted, so that each of its answers
can be said."""
import re

import pytest

import origin
import parent
import sluice
import ways
import wire

SECRET = "correct horse battery"


@pytest.fixture
def plab(tlab):
	"""A lab whose parents are ended with it."""
	def new(*args, secure=False, **keys):
		if secure:
			keys["tls"] = tlab.pki.server("proxy")
		tlab.origins.append(parent.Parent(*args, **keys))
		return tlab.origins[-1]
	tlab.parent = new
	return tlab


def trusting(lab, far, user=None, password=SECRET):
	"""The parent as a configuration has it."""
	conf = {"url": far.name.replace("://", f"://{user}@" if user else
	    "://")}
	if user:
		file = lab.dir / "parent.password"
		file.write_text(password + "\n")
		file.chmod(0o600)
		conf["password_file"] = str(file)
	if far.tls:
		conf["tls"] = {"trust": str(lab.pki.pem("proxy-ca"))}
	return conf


both = pytest.mark.parametrize("secure", [False, True],
    ids=["in clear", "TLS to it"])


@both
def test_plain_requests(plab, secure):
	"""Absolute form, as whom the file says, and nobody else's words."""
	far = plab.parent(user="joe", password=SECRET, secure=secure)
	web = plab.origin(origin.echo)
	daemon = plab.sluice(parent=trusting(plab, far, "joe"))
	one = plab.client()
	data = wire.pattern(100000)
	answer = one.call("POST", f"http://web.test:{web.port}/a?b=c",
	    [("Proxy-Authorization", parent.basic("client", "own")),
	    ("X-Test", "1")], data)
	assert (answer.status, answer.body) == (200, data)
	assert answer.get("via").count("sluice-") == 1
	asked, = far.requests
	assert asked.start == (f"POST http://web.test:{web.port}/a?b=c "
	    "HTTP/1.1").encode()
	assert asked.all("host") == [f"web.test:{web.port}"]
	assert asked.all("proxy-authorization") == [
	    parent.basic("joe", SECRET)]
	assert asked.all("x-test") == ["1"]
	got, = web.requests
	assert got.start == b"POST /a?b=c HTTP/1.1"
	assert got.get("proxy-authorization") is None
	line = daemon.out.wait("web.test")
	assert f'parent="{far.name}"' in line and 'path="/a"' in line
	told = daemon.err.text() + daemon.out.text()
	assert SECRET not in told and parent.basic("joe", SECRET) not in told


def test_forms_of_targets(plab):
	"""What is sent for each kind of request."""
	far = plab.parent(plain=origin.fixed())
	plab.sluice(parent=far.name)
	one = plab.client()
	for method, url, want in [
	    ("GET", "http://a.test", "http://a.test/"),
	    ("GET", "http://a.test?q", "http://a.test/?q"),
	    ("GET", "http://A.test:80/", "http://a.test/"),
	    ("GET", "http://a.test.:8080//x", "http://a.test.:8080//x"),
	    ("GET", "http://[2001:DB8::1]:81/", "http://[2001:db8::1]:81/"),
	    ("OPTIONS", "http://a.test", "http://a.test"),
	    ("OPTIONS", "http://a.test/", "http://a.test/"),
	    ("HEAD", "http://a.test/h", "http://a.test/h")]:
		assert one.call(method, url).status == 200
		assert far.requests[-1].target == want, (method, url)


def test_hosts_share_connections(plab):
	"""All of them are the parent's, and are kept as any others."""
	far = plab.parent(plain=origin.fixed())
	plab.sluice(workers=1, parent=far.name)
	one = plab.client()
	for name in "a.test", "b.test", "c.test:81":
		assert one.get(f"http://{name}/").status == 200
	assert len(far.conns) == 1


def test_exceptions(plab):
	"""A rule's own, or direct; this machine only where its rule says so."""
	usual, other = plab.parent(plain=origin.fixed(body="usual")), \
	    plab.parent(plain=origin.fixed(body="other"))
	web = plab.origin(origin.fixed(body="direct"))
	plab.https(parent=usual.name, hosts={
	    "inside.test": {"parent": "direct"},
	    "other.test": {"parent": other.name},
	    "127.0.0.1": {"parent": other.name}})
	one = plab.client()
	for name, body in [("a.test", b"usual"), ("other.test", b"other"),
	    ("inside.test", b"direct"), ("localhost", b"direct"),
	    ("x.localhost", b"direct"), ("127.0.0.2", b"other"),
	    ("127.0.0.1", b"other")]:
		if name == "127.0.0.2":
			continue	# nobody listens there
		answer = one.get(f"http://{name}:{web.port}/")
		assert (name, answer.body) == (name, body)


@both
@pytest.mark.parametrize("mode", ways.BOTH)
def test_https_by_tunnels(plab, mode, secure):
	"""CONNECT to the parent, and TLS to the host inside, verified."""
	far = plab.parent(user="joe", password=SECRET, secure=secure)
	web = plab.secure_origin(origin.echo)
	way = ways.Way(plab, mode, web, parent=trusting(plab, far, "joe"),
	    workers=1)
	one = way.client()
	data = wire.pattern(300000)
	for _ in range(2):
		answer = one.call("PUT", "/path", body=data)
		assert (answer.status, answer.body) == (200, data)
	asked, = far.requests
	assert asked.start == f"CONNECT {way.at} HTTP/1.1".encode()
	assert asked.all("host") == [way.at]
	assert asked.all("proxy-authorization") == [
	    parent.basic("joe", SECRET)]
	assert "sluice-" in asked.get("via")
	conn, = web.conns
	assert conn.hello.name == way.name
	assert [r.start for r in web.requests] == 2 * [b"PUT /path HTTP/1.1"]
	assert f'parent="{far.name}"' in way.daemon.out.wait("/path")


@both
def test_urls_of_https(plab, secure):
	far = plab.parent(secure=secure)
	web = plab.secure_origin(origin.fixed(body="fine"))
	plab.https(parent=trusting(plab, far))
	assert plab.get(f"https://other.test:{web.port}/x").body == b"fine"
	assert far.connects[0].target == f"other.test:{web.port}"


@both
def test_tunnels(plab, secure):
	"""A client's CONNECT, with what it says of itself; bytes both ways."""
	far = plab.parent(user="joe", password=SECRET, secure=secure)
	web = plab.secure_origin(origin.echo)
	daemon = plab.https(parent=trusting(plab, far, "joe"))
	one = plab.client()
	answer = one.tunnel(f"tunnel.test:{web.port}", fields=[
	    ("User-Agent", "test/1"), ("Proxy-Authorization", "Basic eDp5"),
	    ("Via", "1.1 before")])
	assert answer.status == 200 and answer.get("x-parent") is None
	one.secure(plab.pki.client("ca"), "tunnel.test")
	data = wire.pattern(300000)
	answer = one.call("POST", "/x", body=data, host="tunnel.test")
	assert (answer.status, answer.body) == (200, data)
	asked, = far.connects
	assert asked.target == f"tunnel.test:{web.port}"
	assert asked.all("user-agent") == ["test/1"]
	assert asked.all("proxy-authorization") == [
	    parent.basic("joe", SECRET)]
	assert re.match(r"1\.1 before, 1\.1 sluice-", asked.get("via"))
	one.finish()
	assert f'parent="{far.name}"' in daemon.out.wait("tunnel.test")


@both
def test_hosts_that_speak_first(plab, secure):
	"""What comes behind the 200 is the host's, at once or later."""
	far = plab.parent(secure=secure, early=b"220 early\r\n")

	def greet(conn):
		conn.send(b"and late\r\n")
		conn.send(conn.until(b"\r\n"))
		conn.end()
	web = plab.origin(accept=greet)
	plab.sluice(parent=trusting(plab, far))
	one = plab.client()
	assert one.tunnel(f"mail.test:{web.port}").status == 200
	assert one.until(b"late\r\n") == b"220 early\r\nand late\r\n"
	one.send(b"QUIT\r\n")
	assert one.until(b"\r\n") == b"QUIT\r\n"
	assert one.rest() == b""


@both
def test_requests_in_clear_inside(plab, secure):
	"""They are counted each, and use the tunnel that stands."""
	far = plab.parent(secure=secure)
	web = plab.origin(origin.fixed(body="fine"))
	plab.sluice(workers=1, parent=trusting(plab, far))
	at = f"clear.test:{web.port}"
	one = plab.client()
	assert one.tunnel(at).status == 200
	for i in range(3):
		answer = one.call("GET", f"/{i}", host=at)
		assert (answer.status, answer.body) == (200, b"fine")
	assert web.targets() == ["/0", "/1", "/2"]
	assert len(far.requests) == 1 and len(web.conns) == 1


@both
@pytest.mark.parametrize("tls", [False, True], ids=["ws", "wss"])
def test_upgrades_go_by_tunnel(plab, secure, tls):
	"""RFC 6455 4.1: a parent need not know the protocol."""
	far = plab.parent(secure=secure)

	def switch(conn, req):
		conn.send(b"HTTP/1.1 101 Switching Protocols\r\n"
		    b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\nhello")
		conn.send(conn.exactly(5)[::-1])
		conn.end()
	web = plab.secure_origin(switch) if tls else plab.origin(switch)
	plab.https(parent=trusting(plab, far))
	one = plab.client()
	scheme = "https" if tls else "http"
	answer = one.get(f"{scheme}://other.test:{web.port}/chat", [
	    ("Connection", "upgrade"), ("Upgrade", "websocket")])
	assert answer.status == 101
	assert one.exactly(5) == b"hello"
	one.send(b"abcde")
	assert one.exactly(5) == b"edcba"
	assert far.connects[0].target == f"other.test:{web.port}"
	assert web.requests[0].target == "/chat"
