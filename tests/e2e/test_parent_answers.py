# SPDX-License-Identifier: ISC
"""What a parent answers that is not a host's answer: refusals, limits, and
what nobody should say."""
import json

import pytest

import origin
import parent
import ways
import wire
from test_parent import SECRET, both, plab, trusting	# noqa: F401

CREDENTIALS = [
    (None, None, [("Proxy-Authenticate", 'Basic realm="x"')],
    "put a user into its url"),
    ("joe", "wrong", [("Proxy-Authenticate", 'Basic realm="x"')],
    r"the user of its url, or the password in \S+/parent.password, is not"),
    ("joe", SECRET, [("Proxy-Authenticate", "Negotiate"),
    ("Proxy-Authenticate", 'Digest realm="x"')],
    "wants one of Negotiate, Digest, but only Basic"),
    ("joe", SECRET, [], "is not the right one"),
]


def way_in(lab, kind, web, **keys):
	"""A client's way to ask: a call that gives the answer, with its
	name; "plain", "connect", or one of ways.BOTH."""
	if kind in ways.BOTH:
		return ways.Way(lab, kind, web, **keys).get
	lab.https(**keys)
	one = lab.client

	def ask(path="/"):
		client = one()
		try:
			if kind == "plain":
				return client.get(
				    f"http://web.test:{web.port}{path}")
			return client.tunnel(f"web.test:{web.port}")
		finally:
			client.close()
	return ask


ways_in = pytest.mark.parametrize("kind", ["plain", "connect", *ways.BOTH])


@ways_in
@pytest.mark.parametrize("user,password,fields,told", CREDENTIALS)
def test_407_is_the_proxys_own_trouble(plab, kind, user, password, fields,
    told):
	"""502 with the reason; the log says once what to mend."""
	far = plab.parent(*2 * [parent.refuses(407, fields, "who?")])
	web = plab.secure_origin() if kind in ways.BOTH else plab.origin()
	get = way_in(plab, kind, web, parent=trusting(plab, far, user,
	    password))
	daemon = plab.daemons[-1]
	for _ in range(3):
		answer = get()
		assert answer.status == 502
		assert answer.get("proxy-authenticate") is None
		said = ways.why(answer)
		assert "error=proxy_configuration_error" in said
		assert "received-status=407" in said
		detail = json.loads(answer.body)["detail"]
		assert detail == "the parent proxy does not accept this " \
		    "proxy's credentials"
	daemon.err.wait(told)
	daemon.out.like("parent: credentials", 3)
	line, = daemon.err.like("answers with 407", 1)
	assert str(password) not in line
	# with another configuration it is told again
	daemon.change(log={"level": "info"})
	assert get().status == 502
	assert len(daemon.err.like("answers with 407", 2)) == 2
	assert web.requests == []


@ways_in
@pytest.mark.parametrize("status", [429, 503])
def test_limits_count_as_the_hosts(plab, kind, status):
	"""Retry-After pauses the host, for all who ask, and it is asked
	again."""
	refused = parent.refuses(status, [("Retry-After", "1")])
	far = plab.parent()
	far.connect = origin.sequence(refused, far.tunnel)
	far.plain = origin.sequence(refused, far.forward)
	web = plab.secure_origin() if kind in ways.BOTH else plab.origin()
	get = way_in(plab, kind, web, parent=far.name)
	answer = get()
	if kind == "connect":
		assert answer.status == status
		assert answer.get("retry-after") == "1"
		assert f"received-status={status}" in ways.why(answer)
		answer = get()		# waits
	assert answer.status == 200
	first, second = far.wait_requests(2)
	assert second.time - first.time >= 1
	plab.daemons[-1].err.wait("paused for 1 s")


@ways_in
@pytest.mark.parametrize("status", [429, 503])
def test_limits_of_the_parent_itself(plab, kind, status):
	"""Proxy-Status says that they are: nothing is paused, nobody waits."""
	refused = parent.refuses(status, [("Retry-After", "3600"),
	    ("Proxy-Status", "corp; error=connection_limit_reached")])
	far = plab.parent()
	far.connect = origin.sequence(refused, far.tunnel)
	far.plain = origin.sequence(refused, far.forward)
	web = plab.secure_origin() if kind in ways.BOTH else plab.origin()
	get = way_in(plab, kind, web, parent=far.name)
	answer = get()
	assert answer.status == status
	assert answer.get("retry-after") == "3600"
	if kind == "plain":
		assert "corp; error=connection_limit" in answer.get(
		    "proxy-status")
	else:
		assert f"received-status={status}" in ways.why(answer)
	assert get().status == 200
	assert "paused" not in plab.daemons[-1].err.text()


@pytest.mark.parametrize("kind", ["connect", *ways.BOTH])
def test_refused_tunnels(plab, kind):
	"""Statuses that say something stay; nothing else is passed on."""
	far = plab.parent()
	web = plab.secure_origin()
	get = way_in(plab, kind, web, parent=far.name)
	body = wire.pattern(5000)
	for status, want, error in [
	    (403, 403, "http_request_denied"),
	    (502, 502, "destination_unavailable"),
	    (503, 503, "destination_unavailable"),
	    (504, 504, "connection_timeout"),
	    (302, 502, "connection_refused"),
	    (400, 502, "connection_refused"),
	    (401, 502, "connection_refused"),
	    (405, 502, "connection_refused"),
	    (500, 502, "connection_refused"),
	    (599, 502, "connection_refused")]:
		for chunked in False, True:
			far.connect = parent.refuses(status, [("X-Parent", "1"),
			    ("Set-Cookie", "a=b"), ("Location", "http://x/")],
			    body, chunked=chunked)
			answer = get()
			assert (status, answer.status) == (status, want)
			said = ways.why(answer)
			assert f"error={error}; received-status={status}; " \
			    in said
			assert json.loads(answer.body)["detail"] == \
			    "the parent proxy refused a tunnel to the host: " \
			    f"{status}"
			for name in "x-parent", "set-cookie", "location":
				assert answer.get(name) is None
	plab.daemons[-1].out.like("parent: refused: 403", 2)
	assert web.conns == []


def bytes_then(data, then="end"):
	"""A connect() that sends bytes as they are."""
	return origin.raw(data, then)


OK = b"HTTP/1.1 200 OK\r\n"
BROKEN = [
    # what is sent, the status, and what is said of it
    (b"", 502, "the parent proxy closed the connection before its response "
    "was whole: nothing had come"),
    (b"HTTP/1.1 200 O", 502, "whole: in its head"),
    (OK + b"X: y\r\n", 502, "whole: in its head"),
    (b"garbage\r\n\r\n", 502, "the parent proxy's response is not valid"),
    (b"\x16\x03\x01\x02\x00\x01\x00", 502, "is not valid HTTP"),
    (b"HTTP/2 200 OK\r\n\r\n", 502, "is not valid HTTP"),
    (b"HTTP/1.1 999999 OK\r\n\r\n", 502, "is not valid HTTP"),
    (OK + b" folded\r\n\r\n", 502, "is not valid HTTP"),
    (OK + b"X\x00: y\r\n\r\n", 502, "is not valid HTTP"),
    (OK + b"X: " + b"y" * 70000, 502, "head of the parent proxy's response "
    "is too large"),
    (OK + b"X: y\r\n" * 1001 + b"\r\n", 502, "is too large: more than 1000 "
    "fields"),
    (b"HTTP/1.1 100 Continue\r\n\r\n" * 3000, 502, "is too large"),
    (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n"
    b"Connection: upgrade\r\n\r\n", 502, "unsolicited 101"),
]


@both
@pytest.mark.parametrize("kind", ["connect", "upstream"])
def test_broken_answers_to_connect(plab, kind, secure):
	far = plab.parent(secure=secure)
	web = plab.secure_origin()
	get = way_in(plab, kind, web, parent=trusting(plab, far))
	for data, status, said in BROKEN:
		far.connect = bytes_then(data)
		answer = get()
		assert (data[:30], answer.status) == (data[:30], status)
		assert said in json.loads(answer.body)["detail"], data[:30]
		ways.why(answer)
	assert web.conns == []


@pytest.mark.parametrize("secure", [False, True])
def test_good_answers_to_connect(plab, secure):
	"""As far as RFC 9110 9.3.6 allows."""
	far = plab.parent(secure=secure)
	web = plab.secure_origin(origin.fixed(body="fine"))
	plab.https(parent=trusting(plab, far))
	for head in (b"HTTP/1.0 200 Connection established\r\n\r\n",
	    b"HTTP/1.1 200\r\n\r\n", b"HTTP/1.1 299 Well\r\n\r\n",
	    OK + b"Content-Length: 5\r\n\r\n",
	    OK + b"Transfer-Encoding: chunked\r\n\r\n",
	    OK + b"Connection: close\r\n\r\n",
	    b"HTTP/1.1 102 Processing\r\n\r\n" * 3 + OK + b"\r\n"):
		def connect(conn, req, head=head):
			for i in range(0, len(head), 7):	# in pieces
				conn.send(head[i:i + 7])
			up = far.reach(req.target)
			conn.leave()
			conn.done = True
			there = plab.spawn(parent.pump, conn.sock, up)
			parent.pump(up, conn.sock)
			there.join()
		far.connect = connect
		one = plab.inside(f"other.test:{web.port}", trust="ca")
		assert one.get("/").body == b"fine", head
		one.close()


def test_bytes_behind_the_200_are_the_hosts(plab):
	"""Where TLS is to be spoken they are a part of it, or spoil it."""
	far = plab.parent(early=b"HTTP/1.1 200 OK\r\n\r\nfrom the parent")
	web = plab.secure_origin()
	way = ways.Way(plab, "upstream", web, parent=far.name)
	answer = way.get("/")
	assert answer.status == 502
	assert "error=tls_protocol_error" in ways.why(answer)
	assert b"from the parent" not in answer.body


@pytest.mark.parametrize("kind", ["plain", "connect", "upstream"])
def test_slow_parents(plab, kind):
	"""An answer may take timeouts.response, TLS timeouts.header."""
	silent = origin.raw(b"HTTP/1.1 2", "hold")
	far = plab.parent(silent, silent)
	web = plab.secure_origin()
	get = way_in(plab, kind, web, parent=far.name,
	    timeouts={"response": "100ms"})
	answer = get()
	assert answer.status == 504
	assert "error=http_response_timeout" in ways.why(answer)
	assert json.loads(answer.body)["detail"] == \
	    "the parent proxy did not respond in time"
	plab.daemons[-1].out.wait("parent: response timeout")


def test_slow_handshakes(plab):
	far = plab.origin(accept=lambda conn: conn.wait_gone())
	web = plab.origin()
	plab.https(parent=f"https://{far.at}", timeouts={"header": "100ms"})
	for answer in (plab.client().tunnel(f"web.test:{web.port}"),
	    plab.get(f"http://web.test:{web.port}/")):
		assert answer.status == 504
		assert json.loads(answer.body)["detail"] == "the parent " \
		    "proxy did not finish the TLS handshake in time"


@pytest.mark.parametrize("kind", ["plain", "connect", "upstream"])
@pytest.mark.parametrize("certificate,said", [
    ("selfsigned", "self-signed certificate"),
    ("wrong", "mismatch"), (None, "unable to get local issuer")])
def test_parents_are_verified(plab, kind, certificate, said):
	far = plab.parent(tls=plab.pki.server(certificate or "proxy"))
	web = plab.secure_origin()
	trust = "proxy-ca" if certificate == "selfsigned" else "ca"
	get = way_in(plab, kind, web, parent={"url": far.name,
	    "tls": {"trust": str(plab.pki.pem(trust))}})
	answer = get()
	assert answer.status == 502
	assert "error=tls_certificate_error" in ways.why(answer)
	detail = json.loads(answer.body)["detail"]
	assert detail.startswith("the parent proxy's certificate was not "
	    "accepted: ") and said in detail
	assert far.requests == []


@pytest.mark.parametrize("kind", ["plain", "connect", "upstream"])
def test_parents_that_are_not_there(plab, kind):
	web = plab.secure_origin()
	get = way_in(plab, kind, web,
	    parent=f"http://127.0.0.1:{plab.closed_port()}")
	answer = get()
	assert answer.status == 502
	assert "error=connection_refused" in ways.why(answer)
	assert json.loads(answer.body)["detail"] == \
	    "the parent proxy refused the connection"
	plab.daemons[-1].out.wait("parent: refused")


def test_parents_without_a_name(plab):
	plab.sluice(parent="http://nowhere.invalid:3128",
	    resolver=[plab.dns({}).at])
	answer = plab.get("http://web.test/")
	assert answer.status == 502
	assert json.loads(answer.body)["detail"] == \
	    "the parent proxy's name is not known, or has no address"


@pytest.mark.parametrize("kind", ["plain", "connect"])
def test_parent_that_is_this_proxy(plab, kind):
	daemon = plab.sluice()
	daemon.change(parent=daemon.url)
	one = plab.client()
	answer = one.get("http://web.test/") if kind == "plain" else \
	    one.tunnel("web.test:443")
	assert answer.status == 500
	assert "error=proxy_configuration_error" in ways.why(answer)
	assert "the parent proxy is this proxy" in answer.body.decode()
	daemon.out.wait("parent: loop")


@pytest.mark.parametrize("kind", ["plain", "connect", "upstream"])
def test_what_is_denied_is_denied_before_the_parent(plab, kind):
	"""Literals, this machine's names, and names that are listed; a name
	that is not is the parent's to resolve."""
	far = plab.parent(plain=origin.fixed())
	web = plab.secure_origin()
	names = ["192.0.2.1", "listed.test", "localhost", "x.localhost"]
	daemon = plab.https(parent=far.name, destinations={"deny": [
	    "192.0.2.0/24", "listed.test", "127.0.0.0/8"]}, hosts={
	    **{name: {"parent": far.name} for name in names},
	    **({"*": {"https": "upstream"}} if kind == "upstream" else {})})
	one = plab.client()
	for name in names:
		answer = plab.client().tunnel(f"{name}:{web.port}") \
		    if kind == "connect" else \
		    one.get(f"http://{name}:{web.port}/")
		assert (name, answer.status) == (name, 403)
		assert "destination_ip_prohibited" in ways.why(answer)
	assert far.requests == []
	if kind == "plain":
		assert one.get("http://other.test/").status == 200
	daemon.out.like("403", len(names))
