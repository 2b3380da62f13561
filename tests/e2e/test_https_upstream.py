# SPDX-License-Identifier: ISC
"""TLS towards origins: whom sluice trusts, what it shows, what it keeps."""
import os
import pathlib
import re
import ssl
import subprocess
import threading
import time

import pytest

import origin
import sluice
import ways
import wire

V1, V11, V12, V13 = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1,
    ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
both = pytest.mark.parametrize("mode", ways.BOTH)
one_worker = pytest.mark.skipif(sluice.WORKERS != 1,
    reason="each worker has a pool of its own")

REASONS = {
    "expired": r"certificate has expired",
    "future": r"certificate is not yet valid",
    "wrong": r"hostname mismatch|not for (this|the) host|name",
    "selfsigned": r"self[- ]signed certificate",
    "untrusted": r"unable to get local issuer certificate",
}


@both
def test_what_an_origin_sees(tlab, mode):
	"""Name and protocol in its ClientHello, and a plain request."""
	far = tlab.secure_origin(origin.fixed(body="fine"))
	way = ways.Way(tlab, mode, far)
	answer = way.get("/path?query", [("X-Test", "1")])
	assert (answer.status, answer.body) == (200, b"fine")
	conn, = far.wait_hellos(1)
	assert conn.hello.name == way.name
	assert conn.hello.alpn == ["http/1.1"]
	assert set(conn.hello.versions) == {"TLSv1.2", "TLSv1.3"}
	assert conn.version == "TLSv1.3"
	req, = far.requests
	assert req.start == b"GET /path?query HTTP/1.1"
	assert req.all("x-test") == ["1"]
	assert req.all("host") in ([way.name], [way.at])


@pytest.mark.parametrize("name", ["other.test", "127.0.0.1", "localhost"])
def test_absolute_form_with_https(tlab, name):
	"""A plain request for an https:// URL, to a host that no rule names."""
	far = tlab.secure_origin(origin.echo)
	tlab.https()
	one = tlab.client()
	for i in range(3):
		data = wire.pattern(1000, i)
		answer = one.call("POST", f"https://{name}:{far.port}/x",
		    body=data)
		assert (answer.status, answer.body) == (200, data)
	conn = far.wait_hellos(1)[0]
	assert conn.hello.name == (None if name[0] == "1" else name)
	assert far.requests[0].start == b"POST /x HTTP/1.1"
	assert far.requests[0].all("host") == [f"{name}:{far.port}"]


def test_absolute_form_with_https_over_ipv6(tlab):
	try:
		far = tlab.secure_origin(address=("::1", 0))
	except OSError:
		pytest.skip("no IPv6 here")
	tlab.https()
	assert tlab.get(f"https://[::1]:{far.port}/").status == 200
	assert far.wait_hellos(1)[0].hello.name is None


def test_absolute_form_with_https_is_verified(tlab):
	far = tlab.secure_origin(name="selfsigned")
	tlab.https()
	answer = tlab.get(f"https://selfsigned.test:{far.port}/")
	assert answer.status == 502
	assert "tls_certificate_error" in ways.why(answer)
	assert far.requests == []


@pytest.mark.parametrize("hosts", [{}, {"upstream.test":
    {"https": "upstream"}}], ids=["when asked", "by a rule"])
def test_trust_of_the_system(tlab, monkeypatch, hosts):
	"""It is read once, for all https:// URLs, and again by a reload."""
	known, other = tlab.secure_origin(), tlab.secure_origin(
	    name="untrusted")
	system = tlab.dir / "system.pem"
	system.write_bytes(pathlib.Path(tlab.pki.pem("ca")).read_bytes())
	monkeypatch.setenv("SSL_CERT_FILE", str(system))
	daemon = tlab.https(hosts=hosts, tls={"trust": "system"})

	def statuses():
		return [tlab.get(f"https://other.test:{known.port}/").status,
		    tlab.get(f"https://untrusted.test:{other.port}/").status]

	assert statuses() == [200, 502]
	system.write_bytes(pathlib.Path(
	    tlab.pki.pem("untrusted-ca")).read_bytes())
	assert statuses() == [200, 502]
	daemon.change()
	assert statuses() == [502, 200]


@pytest.mark.skipif(os.geteuid() != 0, reason="namespaces are root's")
def test_trust_of_a_system_that_openssl_does_not_know(tlab, monkeypatch):
	"""A static program's OpenSSL looks where it would be on the machine that
	has made it; where nothing is there, the system's own file counts."""
	for name in "SSL_CERT_FILE", "SSL_CERT_DIR":
		monkeypatch.delenv(name, raising=False)
	places = re.search('"(.*)"', subprocess.run(["openssl", "version",
	    "-d"], capture_output=True, text=True).stdout)[1]
	if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none",
	    places], capture_output=True).returncode:
		pytest.skip("no namespace of mounts")
	far = tlab.secure_origin()
	script = f"mount -t tmpfs none {places} && " \
	    f"mount -t tmpfs -o mode=755 none /etc/ssl && " \
	    "mkdir /etc/ssl/certs && cat {ca} " \
	    '>/etc/ssl/certs/ca-certificates.crt && exec "$@"'
	for ca, status in ("ca", 200), ("untrusted-ca", 502):
		tlab.https(tls={"trust": "system"}, before=("unshare", "-m",
		    "sh", "-c", script.replace("{ca}",
		    str(tlab.pki.pem(ca))), "-"))
		assert tlab.get(f"https://other.test:{far.port}/").status == \
		    status


def test_absolute_form_counts_with_the_host(tlab):
	"""https://, http:// and CONNECT share the host's budget."""
	far, plain = tlab.secure_origin(), tlab.origin()
	tlab.https(hosts={"other.test": {"capacity": 3, "period": "1h",
	    "queue": {"max_wait": "10ms"}}})
	one = tlab.client()
	assert one.get(f"https://other.test:{far.port}/").status == 200
	assert one.get(f"http://other.test:{plain.port}/").status == 200
	assert tlab.client().tunnel(f"other.test:{plain.port}").status == 200
	assert one.get(f"https://other.test:{far.port}/").status == 429


def test_explicit_port_wins(tlab):
	"""tls.port is for URLs that name none."""
	usual, other = tlab.secure_origin(), tlab.secure_origin()
	tlab.https(hosts={"upstream.test": {"https": "upstream",
	    "tls": {"port": usual.port}}})
	one = tlab.client()
	assert one.get("http://upstream.test/a").status == 200
	assert one.get(f"http://upstream.test:{other.port}/b").status == 200
	assert (usual.targets(), other.targets()) == (["/a"], ["/b"])


def test_tunnel_to_a_host_of_upstream(tlab):
	"""CONNECT stays a tunnel, with the origin's own certificate."""
	far = tlab.secure_origin()
	tlab.https(hosts={"upstream.test": {"https": "upstream",
	    "tls": {"port": far.port}}})
	one = tlab.inside(f"upstream.test:{far.port}", trust="ca")
	assert one.get("/").status == 200


@both
@pytest.mark.parametrize("bad", REASONS)
def test_bad_certificate(tlab, mode, bad):
	"""502 and the reason; the origin gets no byte of the request."""
	far = tlab.secure_origin(name=bad)
	way = ways.Way(tlab, mode, far, name=f"{bad}.test")
	answer = way.get("/secret")
	assert answer.status == 502
	said = ways.why(answer)
	assert "error=tls_certificate_error" in said
	details = re.search(r'details="([^"]*)"', said)
	assert details, said
	assert re.search(REASONS[bad], details[1], re.I), said
	assert answer.get("content-type") == "application/problem+json"
	conn, = far.wait_hellos(1)
	assert conn.failure, "the handshake was completed"
	assert far.requests == []
	line = way.daemon.out.wait(" GET ")
	assert " 502 " in line and "upstream error" in line, line


def test_certificate_without_the_address(tlab):
	"""An IP address has to be in the certificate as such."""
	far = tlab.secure_origin(name="wrong")
	tlab.https()
	answer = tlab.get(f"https://127.0.0.1:{far.port}/")
	assert answer.status == 502
	assert "tls_certificate_error" in ways.why(answer)
	assert far.requests == []


def warnings(daemon, name):
	return [line for line in daemon.err.lines
	    if name in line and "verif" in line]


@both
@pytest.mark.parametrize("bad", REASONS)
def test_verify_false(tlab, mode, bad):
	"""Lets it through, and says so at each start and each reload."""
	far = tlab.secure_origin(name=bad)
	way = ways.Way(tlab, mode, far, name=f"{bad}.test",
	    tls={"verify": False})
	assert way.get("/").status == 200
	assert len(warnings(way.daemon, way.name)) == 1, way.daemon.err.text()
	way.change(tls={"verify": False}, rule={"concurrency": 5})
	wire.wait_until(lambda: len(warnings(way.daemon, way.name)) == 2,
	    what="a second warning")
	assert way.get("/").status == 200
	# Verified again: neither the connection nor the session that were
	# made without are of use.
	way.change(tls={"verify": True})
	answer = way.get("/")
	assert answer.status == 502, answer
	assert "tls_certificate_error" in ways.why(answer)
	assert len(far.requests) == 2
	assert len(warnings(way.daemon, way.name)) == 2


@both
def test_trust_of_one_host(tlab, mode):
	"""tls.trust of a host is instead of the general one."""
	far = tlab.secure_origin(name="untrusted")
	way = ways.Way(tlab, mode, far, name="untrusted.test",
	    tls={"trust": tlab.pki.pem("untrusted-ca")})
	assert way.get("/").status == 200
	way.change()
	assert way.get("/").status == 502
	other = tlab.secure_origin()
	way.change(tls={"trust": tlab.pki.pem("untrusted-ca")})
	assert tlab.get(f"https://other.test:{other.port}/").status == 200


@both
@pytest.mark.parametrize("lowest, highest", [(V12, V12), (V13, V13)])
def test_versions(tlab, mode, lowest, highest):
	far = tlab.secure_origin(context={"lowest": lowest,
	    "highest": highest})
	way = ways.Way(tlab, mode, far)
	assert way.get("/").status == 200
	assert far.wait_hellos(1)[0].version == {V12: "TLSv1.2",
	    V13: "TLSv1.3"}[lowest]


@both
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_version_is_refused(tlab, mode):
	far = tlab.secure_origin(context={"lowest": V1, "highest": V11})
	way = ways.Way(tlab, mode, far)
	answer = way.get("/")
	assert answer.status == 502
	assert re.search("tls_alert_received|tls_protocol_error",
	    ways.why(answer))
	assert far.requests == []
	assert far.wait_hellos(1)[0].failure


def closing(conn, req):
	conn.reply(body="fine", fields=[("Connection", "close")])
	conn.wait_gone()
	conn.done = True


@both
@pytest.mark.parametrize("version", [V12, V13])
def test_session_is_resumed(tlab, mode, version):
	far = tlab.secure_origin(closing, context={"lowest": version,
	    "highest": version})
	way = ways.Way(tlab, mode, far)
	for _ in range(6):
		assert way.get("/").status == 200
	conns = far.wait_conns(6)
	assert not conns[0].resumed
	assert [c.resumed for c in conns[1:]] == [True] * 5, \
	    [c.hello for c in conns]
	assert conns[5].hello.name == way.name


@both
def test_session_of_another_host_is_not_resumed(tlab, mode):
	"""Two names, one origin: each session is its name's."""
	far = tlab.secure_origin(closing)
	way = ways.Way(tlab, mode, far)
	assert way.get("/").status == 200
	assert tlab.get(f"https://other.test:{far.port}/").status == 200
	assert not far.wait_conns(2)[1].hello.ticket


@both
def test_session_that_the_origin_forgot(tlab, mode):
	"""A restarted origin: the whole handshake again, no error."""
	far = tlab.secure_origin(closing)
	way = ways.Way(tlab, mode, far)
	assert way.get("/").status == 200
	far.tls = tlab.pki.server("origin2")
	assert way.get("/").status == 200
	assert not far.wait_conns(2)[1].resumed


@both
@pytest.mark.parametrize("version", [V12, V13])
def test_client_certificate(tlab, mode, version):
	far = tlab.secure_origin(context={"client_ca": "ca",
	    "lowest": version, "highest": version})
	way = ways.Way(tlab, mode, far, tls={
	    "certificate": tlab.pki.pem("client"),
	    "key": tlab.pki.key("client")})
	assert way.get("/").status == 200
	assert far.wait_hellos(1)[0].subject == "client"


@both
@pytest.mark.parametrize("version", [V12, V13])
def test_client_certificate_is_missing(tlab, mode, version):
	far = tlab.secure_origin(context={"client_ca": "ca",
	    "lowest": version, "highest": version})
	way = ways.Way(tlab, mode, far)
	answer = way.get("/")
	assert answer.status == 502
	said = ways.why(answer)
	assert "error=tls_alert_received" in said
	assert version == V12 or "certificate required" in said, said
	assert far.requests == []


def test_client_certificates_of_two_hosts(tlab):
	"""Each host gets its own, and no connection that has another's."""
	far = tlab.secure_origin(lambda conn, req: conn.reply(
	    body=conn.subject), context={"client_ca": "ca"})

	def rule(name):
		return {"https": "upstream", "tls": {"port": far.port,
		    "certificate": tlab.pki.pem(name),
		    "key": tlab.pki.key(name)}}
	tlab.https(hosts={"upstream.test": rule("client"),
	    "other.test": rule("client2")})
	one = tlab.client()
	for _ in range(3):
		assert one.get("http://upstream.test/").body == b"client"
		assert one.get("http://other.test/").body == b"client2"


def test_client_certificate_changed_by_a_reload(tlab):
	far = tlab.secure_origin(lambda conn, req: conn.reply(
	    body=conn.subject), context={"client_ca": "ca"})

	def files(name):
		return {"certificate": tlab.pki.pem(name),
		    "key": tlab.pki.key(name)}
	way = ways.Way(tlab, "upstream", far, tls=files("client"))
	assert way.get("/").body == b"client"
	way.change(tls=files("client2"))
	assert way.get("/").body == b"client2"


def test_nginx_verifies_the_client(tlab):
	site = tlab.nginx()
	tlab.https(hosts={"client.test": {"https": "upstream", "tls": {
	    "port": site.tls_port, "certificate": tlab.pki.pem("client"),
	    "key": tlab.pki.key("client")}}, "upstream.test": {
	    "https": "upstream", "tls": {"port": site.tls_port}}})
	one = tlab.client()
	assert one.get("http://client.test/client").body == b"CN=client"
	assert one.get("http://upstream.test/client").status == 403


@one_worker
@both
def test_connection_is_kept(tlab, mode):
	site = tlab.nginx()
	site.port = site.tls_port
	way = ways.Way(tlab, mode, site)
	for _ in range(5):
		assert way.get("/hello").body == b"hello\n"
	rows = site.wait_rows(5, "/hello")
	assert {r.conn for r in rows} == {rows[0].conn}, rows
	assert [r.turn for r in rows] == [1, 2, 3, 4, 5]


@both
@pytest.mark.parametrize("how", ["end", "cut", "abort"])
def test_stale_connection_is_retried(tlab, mode, how):
	"""Whether it ended with close_notify, without, or with a reset."""
	counts = {}

	def handle(conn, req):
		counts[conn.number] = counts.get(conn.number, 0) + 1
		if counts[conn.number] > 1:
			getattr(conn, how)()
		else:
			conn.reply(body="fine")
	far = tlab.secure_origin(handle)
	one = ways.Way(tlab, mode, far).client()
	assert one.get("/1").status == 200
	assert one.get("/2").status == 200
	assert [(r.target, r.conn) for r in far.requests] == [
	    ("/1", 0), ("/2", 0), ("/2", 1)]


@both
def test_closed_while_idle(tlab, mode):
	"""close_notify on an idle connection; no request is lost."""
	far = tlab.secure_origin(lambda c, r: (c.reply(), c.end()))
	one = ways.Way(tlab, mode, far).client()
	for i in range(20):
		assert one.get(f"/{i}").status == 200
	assert far.targets() == [f"/{i}" for i in range(20)]


STUCK = {
    "silent": lambda conn: conn.wait_gone(),
    "in a record": lambda conn: (conn.send(b"\x16\x03\x03"),
	conn.wait_gone()),
    "in a hello": lambda conn: (conn.send(b"\x16\x03\x03\x01\x00\x02\x00"),
	conn.wait_gone()),
}


@both
@pytest.mark.parametrize("how", STUCK)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_stuck_handshake(tlab, mode, how, method):
	"""504 after timeouts.header, and the connection is closed."""
	far = tlab.origin(accept=STUCK[how])
	way = ways.Way(tlab, mode, far, timeouts={"header": "700ms"})
	one = way.client()
	began = time.monotonic()
	answer = one.call(method, "/", body=None if method == "GET" else b"x")
	took = time.monotonic() - began
	assert answer.status == 504
	ways.why(answer)
	assert 0.6 < took < 5 * wire.SLOW, took
	assert far.conns[0].gone.wait(wire.DEADLINE)
	assert len(far.conns) == 1


FAILURES = {
    "end": (lambda conn: (conn.fill(), conn.close()), None),
    "abort": (lambda conn: (conn.fill(), conn.abort()), None),
    "plain": (lambda conn: (conn.fill(), conn.send(
	b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
	conn.wait_gone()), "tls_protocol_error"),
    "alert": (lambda conn: (conn.fill(), conn.send(
	b"\x15\x03\x03\x00\x02\x02\x28"), conn.wait_gone()),
	"tls_alert_received"),
}


@both
@pytest.mark.parametrize("how", FAILURES)
def test_handshake_fails(tlab, mode, how):
	accept, error = FAILURES[how]
	far = tlab.origin(accept=accept)
	way = ways.Way(tlab, mode, far)
	answer = way.get("/")
	assert answer.status == 502
	said = ways.why(answer)
	assert f"error={error}" in said if error else "error=" in said, said


@both
def test_client_leaves_during_the_handshake(tlab, mode):
	"""Its slot comes back."""
	shaken = threading.Event()

	def accept(conn):
		if not shaken.is_set():
			shaken.set()
			conn.wait_gone()
			return
		conn.shake(tlab.pki.server())
		far.one(conn)
	far = tlab.origin(accept=accept)
	way = ways.Way(tlab, mode, far, rule={"concurrency": 1})
	one = way.client()
	one.ask("GET", "/")
	assert shaken.wait(wire.DEADLINE)
	one.reset()
	assert way.get("/").status == 200
