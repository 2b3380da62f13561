# SPDX-License-Identifier: ISC
"""The ways in which control planes of others were had, each tried on ours."""
import contextlib
import fcntl
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys

import pytest

import origin
import wire

WEB = {"web": "127.0.0.1:0"}
TOKEN = "0123456789-abcdefghij"
SIOCGIFADDR = 0x8915


@pytest.fixture
def token(tmp_path):
	file = tmp_path / "token"
	file.write_text(TOKEN + "\n")
	file.chmod(0o600)
	return {**WEB, "web_token_file": str(file)}


def reloads(lab):
	return lab.control().get("/v1/status").json()["configuration"][
	    "reloads"]


# Pages


def test_image_tag_changes_nothing(lab, token):
	"""GET changes nothing, whatever the path and its query say."""
	lab.sluice(admin=token)
	for path in ("/v1/reload", "/v1/reload?_method=POST",
	    "/v1/log?level=debug"):
		for method in "GET", "HEAD":
			answer = lab.web(TOKEN).ask(method, path,
			    headers={"X-HTTP-Method-Override": "POST"})
			assert answer.status in (400, 405)
	assert reloads(lab) == 0
	assert lab.control().get("/v1/log").json()["level"] == "info"


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data",
    "application/x-www-form-urlencoded", None])
def test_form_that_posts(lab, token, kind):
	"""What a page can send without asking is no JSON by its type."""
	lab.sluice(admin=token)
	for way in lab.web(TOKEN), lab.control():
		answer = way.post("/v1/reload", '{"reason":"x"}',
		    **{"Content-Type": kind})
		assert answer.status == 415
	# and without the token, which no form has, it is not heard at all
	assert lab.web().post("/v1/reload", "{}", **{"Content-Type": kind}
	    ).status == 403
	assert reloads(lab) == 0


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "",
    "http://127.0.0.1", "https://127.0.0.1:PORT", "http://127.0.0.1:1",
    "http://127.0.0.1:PORT.evil.example"])
def test_post_of_another_origin(lab, token, origin):
	daemon = lab.sluice(admin=token)
	origin = origin.replace("PORT", str(daemon.web_port()))
	answer = lab.web(TOKEN).post("/v1/reload", {}, Origin=origin)
	assert answer.status == 403
	answer.problem()
	assert not [name for name in answer.headers if "access-control" in
	    name.lower()]
	own = f"http://127.0.0.1:{daemon.web_port()}"
	assert lab.web(TOKEN).post("/v1/reload", {}, Origin=own).status == 200
	assert reloads(lab) == 1


def test_page_asks_at_a_socket_that_was_forwarded(lab):
	lab.sluice()
	assert lab.control().post("/v1/reload", {},
	    Origin="http://localhost:8080").status == 403
	assert lab.control().get("/v1/status",
	    Host="evil.example:8080").status == 421
	assert reloads(lab) == 0


def test_preflight_allows_nothing(lab, token):
	daemon = lab.sluice(admin=token)
	answer = lab.web().ask("OPTIONS", "/v1/reload", headers={
	    "Origin": f"http://127.0.0.1:{daemon.web_port()}",
	    "Access-Control-Request-Method": "POST",
	    "Access-Control-Request-Headers": "content-type"})
	assert answer.status == 403
	assert not [name for name in answer.headers if "access-control" in
	    name.lower()]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "other"])
def test_another_site(lab, token, site):
	lab.sluice(admin=token)
	for path in "/metrics", "/v1/status", "/":
		assert lab.web(TOKEN).get(path, **{"Sec-Fetch-Site": site}
		    ).status == 403
	assert lab.web(TOKEN).get("/v1/status", **{"Sec-Fetch-Site":
	    "same-origin"}).status == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:PORT",
    "127.0.0.1", "127.0.0.1:1", "localhost.:PORT", "0.0.0.0:PORT",
    "127.0.0.1:PORT.evil.example", "127.0.0.1:0PORT", "[::]:PORT", ""])
def test_dns_rebinding(lab, token, host):
	"""A name of the attacker's that resolves to this machine."""
	daemon = lab.sluice(admin={**token, "web_hosts": "sluice.example"})
	port = str(daemon.web_port())
	answer = lab.web(TOKEN).get("/v1/status",
	    Host=host.replace("PORT", port))
	assert answer.status in (400, 421)
	answer.problem()
	for good in f"localhost:{port}", f"LOCALHOST:{port}", \
	    f"[::1]:{port}", f"sluice.example:{port}":
		assert lab.web().get("/v1/status", Host=good).status == 200


def test_no_host(lab):
	daemon = lab.sluice(admin=WEB)
	with socket.create_connection(("127.0.0.1", daemon.web_port()),
	    timeout=wire.DEADLINE) as one:
		one.sendall(b"GET /v1/status HTTP/1.0\r\n\r\n")
		assert one.recv(1000).startswith(b"HTTP/1.1 421 ")


def test_websocket(lab, token):
	lab.sluice(admin=token)
	for way in lab.web(TOKEN), lab.control():
		answer = way.get("/v1/events", Connection="Upgrade",
		    Upgrade="websocket", **{"Sec-WebSocket-Version": "13",
		    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})
		assert answer.status == 400
		answer.problem()


# The proxy as a way to its own control plane

# This machine, for whoever reads these as the resolver or the kernel does ...
OURS = ["127.0.0.1", "127.0.0.1.", "0.0.0.0", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::ffff:0.0.0.0]",
    "[::1]", "[0::1]", "[::]", "localhost", "LOCALHOST", "localhost.",
    "x.localhost", "name.test", "six.test", "both.test", "first.test",
    "last.test", "mapped.test"]
# ... and what some take for an address, or an address and more.
MALFORMED = ["127.1", "0", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.1",
    "0177.0.0.1", "017700000001", "[::1%25lo]", "[::1%lo]",
    "[fe80::1%25eth0]", "127.0.0.1%00", "00.0.0.0"]
SPELLINGS = {**dict.fromkeys(OURS, (403, "error=destination_ip_prohibited; "
    'details="the destination is not allowed: ')), **dict.fromkeys(MALFORMED,
    (400, 'error=http_request_error; details="malformed host or port"'))}
NAMES = {"name.test": {"A": ["127.0.0.1"]}, "six.test": {"AAAA": ["::1"]},
    "both.test": {"A": ["127.0.0.1"], "AAAA": ["::1"]},
    # with an address that is not ours, and is asked for first or last
    "first.test": {"A": ["127.0.0.1", "169.254.0.1"]},
    "last.test": {"A": ["169.254.0.1", "127.0.0.1"]},
    "mapped.test": {"AAAA": ["::ffff:127.0.0.1"]}}


@pytest.fixture
def guarded(lab):
	"""The port of a control plane that listens in both families."""
	port = wire.free_port()
	lab.sluice(resolver=[lab.dns(NAMES).at], admin={"web":
	    [f"127.0.0.1:{port}", f"[::1]:{port}"]})
	assert lab.control().get("/healthz").status == 200
	for address in "127.0.0.1", "::1":
		with socket.create_connection((address, port),
		    timeout=wire.DEADLINE):
			pass
	return port


def questions(lab):
	"""How many the control plane has answered before this one."""
	text = lab.control().get("/metrics").body.decode()
	return sum(int(n) for n in re.findall(
	    r"^sluice_admin_requests_total\{.*\} (\d+)$", text, re.M))


def is_control(answer):
	"""Whether that is the control plane's answer, and not the proxy's."""
	return answer.get("content-security-policy") is not None or \
	    b'"pid"' in answer.body or b"sluice_" in answer.body


def is_refused(answer, spelling):
	status, said = SPELLINGS[spelling]
	return answer.status == status and answer.get(
	    "proxy-status").startswith("sluice; " + said)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_proxy_is_no_way(lab, guarded, spelling):
	asked = questions(lab)
	for path in "/metrics", "/v1/status", "/healthz":
		answer = lab.get(f"http://{spelling}:{guarded}{path}")
		assert is_refused(answer, spelling), answer.fields
		assert not is_control(answer)
	one = lab.client()
	answer = one.call("CONNECT", f"{spelling}:{guarded}")
	assert is_refused(answer, spelling), answer.fields
	assert not is_control(answer)
	one.close()
	# nothing but our own questions has come to it
	assert questions(lab) == asked + 1


def goes_nowhere_else(inside, far, spelling, port):
	"""It is for the tunnel's host, or for nobody."""
	answer = inside.get(f"http://{spelling}:{port}/metrics")
	assert not is_control(answer)
	if spelling in MALFORMED:
		assert answer.status == 400
		assert answer.get("proxy-status") == \
		    "sluice; " + SPELLINGS[spelling][1]
		return
	assert answer.status == 200 and answer.body == b"the origin's"
	assert far.requests[-1].start.endswith(b"/metrics HTTP/1.1")


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_proxy_is_no_way_from_inside_a_tunnel(lab, guarded, spelling):
	far = lab.origin(origin.fixed(body="the origin's"))
	inside = lab.client()
	assert inside.call("CONNECT", far.at).status == 200
	goes_nowhere_else(inside, far, spelling, guarded)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_proxy_is_no_way_from_inside_tls(tlab, spelling):
	"""What is for another host than the tunnel's is misdirected there."""
	far = tlab.secure_origin(origin.fixed(body="the origin's"))
	daemon = tlab.https(hosts={"far.test": {"https": "intercept"}},
	    admin=WEB)
	port = daemon.web_port()
	inside = tlab.inside(f"far.test:{far.port}")
	for scheme in "http", "https":
		answer = inside.get(f"{scheme}://{spelling}:{port}/metrics")
		assert (answer.status, answer.get("proxy-status")) == (
		    (421, "sluice; error=http_request_error; details=\"the "
		    "request is for another host than its tunnel\"")
		    if spelling in OURS else
		    (400, "sluice; " + SPELLINGS[spelling][1]))
		assert not is_control(answer)
		inside = tlab.inside(f"far.test:{far.port}")
	assert far.requests == []


def own_addresses():
	"""All of this machine's, as they stand in a URL."""
	with open("/proc/net/if_inet6") as file:
		six = [socket.inet_ntop(socket.AF_INET6,
		    bytes.fromhex(line.split()[0])) for line in file]
	four = []
	with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
		for _, name in socket.if_nameindex():
			try:
				four.append(socket.inet_ntoa(fcntl.ioctl(one,
				    SIOCGIFADDR, name.encode().ljust(40, b"\0")
				    )[20:24]))
			except OSError:		# it has none
				continue
	assert "127.0.0.1" in four and "::1" in six
	return ["127.0.0.2", *four, *(f"[{address}]" for address in six),
	    *(f"[::ffff:{address}]" for address in four)]


def test_proxy_is_no_way_to_any_address(lab, pki, token):
	"""Where it listens on all, each address of the machine is one."""
	port = wire.free_port()
	secure = {"certificate": str(pki.pem("origin")),
	    "key": str(pki.key("origin"))}
	lab.sluice(admin={**token, "web": [{"address": at, "tls": secure}
	    for at in (f"0.0.0.0:{port}", f"[::]:{port}")]})
	for address in own_addresses():
		one = lab.client()
		answer = one.call("CONNECT", f"{address}:{port}")
		assert answer.status == 403, address
		assert "is this proxy itself" in answer.get("proxy-status")
		one.close()
		assert lab.get(f"http://{address}:{port}/").status == 403


def test_proxy_is_no_way_to_a_unix_socket(lab):
	daemon = lab.sluice()
	path = str(daemon.control)
	for url in (f"unix:{path}", f"http://unix:{path}/v1/status",
	    f"http+unix://{path.replace('/', '%2F')}/v1/status",
	    f"http://{path.replace('/', '%2F')}/v1/status"):
		answer = lab.get(url)
		assert answer.status in (400, 502), url
		assert not is_control(answer)


# Other users


def as_nobody(*args):
	return subprocess.run(["setpriv", "--reuid=65534", "--regid=65534",
	    "--clear-groups", *args], capture_output=True, text=True,
	    timeout=wire.DEADLINE)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"),
    reason="needs root to be somebody else")
@pytest.mark.parametrize("mode, reaches", [("0600", False),
    ("0660", False), ("0666", True)])
def test_another_user_at_the_socket(lab, mode, reaches):
	daemon = lab.sluice(admin={"mode": mode})
	lab.control()
	daemon.run_dir.chmod(0o711)
	done = as_nobody(sys.executable, "-c", "import socket, sys\n"
	    "s = socket.socket(socket.AF_UNIX)\n"
	    "s.connect(sys.argv[1])\n"
	    "s.sendall(b'GET /healthz HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')\n"
	    "print(s.recv(15))", str(daemon.control))
	assert ("200" in done.stdout) == reaches, done.stderr
	assert ("PermissionError" in done.stderr) == (not reaches)


# Too much of everything


def test_slow_body(lab):
	"""Who sends nothing more is not waited for, and holds up nobody."""
	daemon = lab.sluice(timeouts={"idle": "300ms"})
	lab.control()
	slow = socket.socket(socket.AF_UNIX)
	slow.settimeout(wire.DEADLINE)
	slow.connect(str(daemon.control))
	slow.sendall(b"PUT /v1/log HTTP/1.1\r\nHost: x\r\nContent-Type: "
	    b"application/json\r\nContent-Length: 100\r\n\r\n{")
	assert lab.control().get("/healthz").status == 200
	assert slow.recv(1000).startswith(b"HTTP/1.1 408 ")
	slow.close()


def test_slow_head(lab):
	daemon = lab.sluice(timeouts={"header": "300ms"}, admin=WEB)
	slow = socket.create_connection(("127.0.0.1", daemon.web_port()),
	    timeout=wire.DEADLINE)
	slow.sendall(b"GET /v1/status HTTP/1.1\r\nHo")
	assert slow.recv(1000).startswith(b"HTTP/1.1 408 ")
	slow.close()


def test_flood_of_connections(lab):
	"""32 at the web and no more; neither commands nor the proxy notice."""
	one = lab.origin()
	daemon = lab.sluice(admin=WEB)
	port = daemon.web_port()
	before = daemon.files()
	held = []
	try:
		for _ in range(32):
			held.append(http.client.HTTPConnection("127.0.0.1",
			    port, timeout=wire.DEADLINE))
			held[-1].request("GET", "/healthz")
			response = held[-1].getresponse()
			assert response.status == 200
			response.read()
		for _ in range(5):
			answer = lab.web().get("/healthz")
			assert answer.status == 503
			assert "admin.connections" in answer.problem()
		for _ in range(200):
			sock = socket.socket()
			sock.setblocking(False)
			sock.connect_ex(("127.0.0.1", port))
			held.append(sock)
		assert lab.control().get("/healthz").status == 200
		assert lab.get(one.url + "/").status == 200
		# 64 are told why not; as many may come before they are counted
		assert daemon.files() < before + 32 + 64 + 64 + 8
	finally:
		for sock in held:
			sock.close()

	def is_open():
		try:
			return lab.web().get("/healthz").status == 200
		except ConnectionError:
			# the flood is still being taken in
			return False

	wire.wait_until(is_open)


def test_crowd_at_once(lab):
	"""All that have come are not taken in before the first is heard: the
	proxy needs descriptors, too."""
	daemon = lab.sluice(nofile=300, admin=WEB)
	lab.control()
	with daemon.stands_still():
		crowd = [socket.create_connection(("127.0.0.1",
		    daemon.web_port()), timeout=wire.DEADLINE)
		    for _ in range(1000)]
	try:
		# the last one was taken in: it has been closed, or answers
		crowd[-1].sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		with contextlib.suppress(ConnectionError):
			crowd[-1].recv(1)
	finally:
		for one in crowd:
			one.close()
	assert lab.control().get("/healthz").status == 200
	assert "Too many open files" not in daemon.err.text()


def test_deep_json(lab):
	lab.sluice()
	for body in ("[" * 10000, '{"level":' * 5000, "[" * 10000 + "]" * 10000,
	    '{"level":' + "[" * 10000 + "]" * 10000 + "}"):
		answer = lab.control().put("/v1/log", body)
		assert answer.status in (400, 422)
		answer.problem()
	assert lab.control().get("/healthz").status == 200


@pytest.mark.parametrize("head, status", [
    (b"GET /" + b"x" * 40000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 70000 + b"\r\n\r\n", 431),
    (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 1001 + b"\r\n", 431),
    (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
     b"Content-Length: 2\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
    (b"GET http://localhost/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
     400),
    (b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n", 400),
    (b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    (b"GET / HTTP/1.1\nHost: x\n\n", 400)])
def test_heads(lab, head, status):
	daemon = lab.sluice()
	lab.control()
	one = socket.socket(socket.AF_UNIX)
	one.settimeout(wire.DEADLINE)
	one.connect(str(daemon.control))
	try:
		one.sendall(head)
	except BrokenPipeError:
		pass
	got = one.recv(4096)
	assert got.startswith(b"HTTP/1.1 %d " % status), got[:100]
	assert b"application/problem+json" in got
	one.close()
	assert lab.control().get("/healthz").status == 200
