# SPDX-License-Identifier: ISC
"""Clients that speak TLS to the proxy itself."""
import json
import shutil
import socket
import ssl
import threading
import time

import pytest

import client
import origin
import programs
import sluice
import tls
import wire

V11, V12 = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2


class House:
	"""A plain port, a port with TLS whose files may change, an origin."""

	def __init__(self, lab, handler=None, hosts=None, **keys):
		self.lab = lab
		self.dir = lab.dir / "listener"
		self.dir.mkdir()
		self.install("proxy")
		self.far = lab.origin(handler or origin.fixed(body="fine"))
		self.secure_far = lab.secure_origin(handler
		    or origin.fixed(body="fine"))
		self.trust = lab.pki.client("proxy-ca")
		self.daemon = lab.https(hosts=hosts, listen=["127.0.0.1:0",
		    {"address": "127.0.0.1:0", "tls": self.files}], **keys)
		self.port = self.daemon.ports[1]
		self.address = ("127.0.0.1", self.port)

	@property
	def files(self):
		return {"certificate": self.dir / "proxy.pem",
		    "key": self.dir / "proxy.key"}

	def install(self, name):
		"""Another certificate in the same place."""
		for end in ("pem", "key"):
			new = self.dir / f"new.{end}"
			shutil.copy(self.lab.pki.dir / f"{name}.{end}", new)
			new.rename(self.dir / f"proxy.{end}")

	def client(self, context=None, **keys):
		one = client.Client(self.address, tls=context or self.trust,
		    **keys)
		self.lab.clients.append(one)
		return one

	def inside(self, at, trust, **keys):
		one = client.Inside(self.address, at,
		    self.lab.pki.client(trust), tls=self.trust, **keys)
		self.lab.clients.append(one)
		return one

	def reload(self):
		"""SIGHUP with the same configuration; its line."""
		since = len(self.daemon.err)
		self.daemon.hup()
		return self.daemon.err.wait(sluice.RELOADED, since=since)


@pytest.fixture
def house(tlab):
	return House(tlab)


def common_name(one):
	return next(value for part in one.sock.obj.getpeercert()["subject"]
	    for key, value in part if key == "commonName")


def test_requests(house):
	one = house.client()
	assert common_name(one) == "proxy"
	for _ in range(3):
		assert one.get(house.far.url + "/").body == b"fine"
	assert one.get(house.secure_far.url + "/").body == b"fine"


def test_both_ports_share_the_budget(tlab):
	house = House(tlab, hosts={"127.0.0.1": {"capacity": 2, "period": "1h",
	    "queue": {"max_wait": "10ms"}}})
	assert tlab.get(house.far.url + "/").status == 200
	one = house.client()
	assert one.get(house.far.url + "/").status == 200
	assert one.get(house.far.url + "/").status == 429
	assert tlab.get(house.far.url + "/").status == 429


def test_tunnel_inside(house):
	"""TLS to the proxy, and the client's own TLS to the origin in it."""
	one = house.inside(f"other.test:{house.secure_far.port}", "ca")
	assert one.get("/").body == b"fine"
	assert house.secure_far.wait_hellos(1)[0].hello.name == "other.test"


def test_intercept_inside(tlab):
	"""Both ends of both are sluice's."""
	house = House(tlab, origin.echo,
	    hosts={"intercept.test": {"https": "intercept"}})
	at = f"intercept.test:{house.secure_far.port}"
	for version in (V12, None):
		one = house.inside(at, "user-ca")
		data = wire.pattern(3_000_000)
		task = tlab.spawn(lambda: one.ask("PUT", "/", body=data))
		answer = one.response()
		task.join()
		assert wire.sha(answer.body) == wire.sha(data)
		house.trust.maximum_version = V12
	one.finish()


def test_connect_and_hello_in_one_segment(tlab):
	"""What came behind the CONNECT was decrypted once already."""
	house = House(tlab, hosts={"intercept.test": {"https": "intercept"}})
	at = f"intercept.test:{house.secure_far.port}"
	one = house.client()
	inner = tls.Tls(one.sock, tlab.pki.client("user-ca"), "intercept.test")
	assert one.tunnel(at, early=inner.hello()).status == 200
	inner.incoming.write(one.take(len(one.buf)))
	one.sock = inner
	one.sock.handshake()
	assert one.get("/", host=at).body == b"fine"


def test_upgrade_and_bytes_inside(tlab):
	def accept(conn):
		while conn.fill():
			conn.send(conn.take(len(conn.buf)))
	house = House(tlab)
	far = tlab.origin(accept=accept)
	one = house.client()
	assert one.tunnel(far.at).status == 200
	data = wire.pattern(4_000_000)
	task = tlab.spawn(one.send, data)
	assert one.digest(len(data)) == wire.sha(data)
	task.join()
	one.finish()
	assert far.conns[0].gone.wait(wire.DEADLINE)


def test_pipelining_and_bodies(tlab):
	house = House(tlab, origin.echo)
	one = house.client()
	one.send(b"".join(client.request("PUT", house.far.url + f"/{i}",
	    body=b"%d" % i * 2000) for i in range(20)))
	for i in range(20):
		assert one.response().body == b"%d" % i * 2000


@pytest.mark.parametrize("alpn, got", [(("http/1.1",), "http/1.1"),
    (("h2", "http/1.1"), "http/1.1"), ((), None), (("http 1.1",), None)])
def test_alpn(house, alpn, got):
	"""The last is what an agent of Node's is known to send."""
	one = house.client(house.lab.pki.client("proxy-ca", alpn=alpn))
	assert one.sock.obj.selected_alpn_protocol() == got
	assert one.get(house.far.url + "/").body == b"fine"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_version_is_refused(house):
	context = house.lab.pki.client("proxy-ca")
	context.set_ciphers("ALL:@SECLEVEL=0")
	context.minimum_version = context.maximum_version = V11
	with pytest.raises(ssl.SSLError):
		house.client(context)
	context.maximum_version = context.minimum_version = V12
	assert house.client(context).get(house.far.url + "/").status == 200


def test_end_in_good_order(house):
	one = house.client()
	answer = one.get(house.far.url + "/", [("Connection", "close")])
	assert answer.status == 200
	assert one.rest() == b""
	assert one.sock.over, "without close_notify"


def test_plain_client_at_the_port_with_tls(house):
	one = client.Client(house.address)
	house.lab.clients.append(one)
	one.ask("GET", house.far.url + "/")
	try:
		rest = one.rest()
	except ConnectionError:
		rest = b""
	assert rest == b"" or rest[0] == 21, rest[:100]
	assert house.far.requests == []
	assert house.client().get(house.far.url + "/").status == 200


def test_client_with_tls_at_the_plain_port(house):
	one = client.Client(house.daemon.address)
	house.lab.clients.append(one)
	with pytest.raises((ssl.SSLError, ConnectionError)):
		one.secure(house.trust, "localhost")
	assert house.lab.get(house.far.url + "/").status == 200


@pytest.mark.parametrize("sent", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01"])
def test_stuck_handshake(tlab, sent):
	house = House(tlab, timeouts={"header": "600ms", "idle": "60s"})
	one = client.Client(house.address)
	tlab.clients.append(one)
	began = time.monotonic()
	one.send(sent)
	try:
		one.rest()
	except ConnectionError:
		pass
	took = time.monotonic() - began
	assert 0.5 < took < 5 * wire.SLOW, took
	assert house.client().get(house.far.url + "/").status == 200


def test_client_without_trust_is_logged(house):
	one = client.Client(house.address)
	house.lab.clients.append(one)
	peer = "%s:%d" % one.sock.getsockname()
	with pytest.raises(ssl.SSLCertVerificationError):
		one.secure(house.lab.pki.client("ca"), "localhost")
	one.close()
	house.daemon.out.wait(f" {peer} .*TLS handshake: unknown CA")


def test_sighup_takes_a_new_certificate(house):
	"""For those who come; who is there stays."""
	old = house.client()
	assert common_name(old) == "proxy"
	assert old.get(house.far.url + "/").status == 200
	house.install("proxy2")
	assert common_name(house.client()) == "proxy"
	assert "not reloaded" not in house.reload()
	new = house.client()
	assert common_name(new) == "proxy2"
	assert new.get(house.far.url + "/").status == 200
	assert old.get(house.far.url + "/").status == 200


BROKEN = {
    "missing": lambda house: house.files["certificate"].unlink(),
    "empty": lambda house: house.files["certificate"].write_text(""),
    "garbage": lambda house: house.files["key"].write_text("nonsense"),
    "another's key": lambda house: shutil.copy(
	house.lab.pki.key("proxy2"), house.files["key"]),
    "readable key": lambda house: house.files["key"].chmod(0o644),
}


@pytest.mark.parametrize("what", BROKEN)
def test_sighup_with_a_broken_certificate(house, what):
	"""Everything stays as it was, and the line names the file."""
	BROKEN[what](house)
	line = house.reload()
	assert "not reloaded" in line
	text = house.daemon.err.text()
	assert "proxy.pem" in text or "proxy.key" in text, text
	one = house.client()
	assert common_name(one) == "proxy"
	assert one.get(house.far.url + "/").status == 200


@pytest.mark.parametrize("what", BROKEN)
def test_start_with_a_broken_certificate(house, what, tmp_path):
	BROKEN[what](house)
	file = tmp_path / "again.yaml"
	file.write_text(house.daemon.file.read_text())
	for args in (("-c", file), ("-t", "-c", file)):
		done = sluice.run(*args)
		assert done.returncode == 1, done
		assert "proxy.pem" in done.stderr or \
		    "proxy.key" in done.stderr, done.stderr


@pytest.mark.parametrize("tls", [{"certificate": "/x.pem"},
    {"key": "/x.key"}, {}])
def test_certificate_and_key_need_each_other(tmp_path, tls):
	file = tmp_path / "half.yaml"
	file.write_text(json.dumps({"listen": [{"address": "127.0.0.1:0",
	    "tls": tls}]}, indent=1))
	done = sluice.run("-t", "-c", file)
	assert done.returncode == 1, done
	assert "half.yaml:" in done.stderr, done.stderr


def test_reloads_while_clients_come(tlab):
	"""Not one is turned away, whichever certificate it meets."""
	house = House(tlab)
	over = threading.Event()

	def come():
		n = 0
		while not over.is_set() or n < 10:
			one = client.Client(house.address, tls=house.trust)
			assert one.get(house.far.url + "/").status == 200
			one.finish()
			n += 1
		return n
	tasks = [tlab.spawn(come) for _ in range(3)]
	for i in range(40):
		house.install("proxy2" if i % 2 else "proxy")
		assert "not reloaded" not in house.reload()
	over.set()
	assert sum(task.join() for task in tasks) >= 30


def test_two_workers(tlab):
	house = House(tlab, workers=2)
	many = [house.client() for _ in range(30)]
	for _ in range(3):
		for one in many:
			one.ask("GET", house.far.url + "/")
		for one in many:
			assert one.response().body == b"fine"


def test_only_a_port_with_tls(tlab):
	"""No plain one beside it."""
	far = tlab.origin()
	daemon = tlab.https(listen=[{"address": "127.0.0.1:0", "tls": {
	    "certificate": tlab.pki.pem("proxy"),
	    "key": tlab.pki.key("proxy")}}])
	one = client.Client(daemon.address, tls=tlab.pki.client("proxy-ca"))
	tlab.clients.append(one)
	assert one.get(far.url + "/").status == 200


# Of real programs, those that can speak TLS to a proxy.

@pytest.fixture
def street(tlab):
	"""All three kinds of hosts behind a port with TLS, and nginx."""
	site = tlab.nginx()
	house = House(tlab, hosts={
	    "upstream.test": {"https": "upstream",
		"tls": {"port": site.tls_port}},
	    "intercept.test": {"https": "intercept"}})
	house.site = site
	site.file("page.html", b"<!doctype html><body>hello from a page")
	house.urls = ["http://upstream.test{}",
	    f"https://intercept.test:{site.tls_port}{{}}",
	    f"https://tunnel.test:{site.tls_port}{{}}"]
	pki = tlab.pki
	house.cas = [pki.pem("proxy-ca"), pki.pem("user-ca"), pki.pem("ca")]
	return house


def test_curl(street, command):
	"""By its options, as its manual says."""
	bundle = street.lab.dir / "bundle.pem"
	bundle.write_text("".join(one.read_text() for one in street.cas[1:]))
	for url in street.urls:
		out = command("curl", "-sS", "-q", "--proxy-cacert",
		    street.cas[0], "--cacert", bundle, "-x",
		    f"https://localhost:{street.port}",
		    url.format("/hello")).stdout
		assert out == b"hello\n"


def test_curl_by_the_environment(street, command):
	bundle = street.lab.dir / "bundle.pem"
	bundle.write_text("".join(one.read_text() for one in street.cas))
	proxy = f"https://localhost:{street.port}"
	for url in street.urls:
		out = command("curl", "-sS", "-q", "--proxy-cacert",
		    street.cas[0], url.format("/hello"), env={
		    "PATH": "/usr/bin:/bin", "http_proxy": proxy,
		    "https_proxy": proxy, "CURL_CA_BUNDLE": bundle}).stdout
		assert out == b"hello\n"


@pytest.mark.plain("what other programs do; to sluice it is test_curl's")
@pytest.mark.parametrize("name", ["requests", "node", "undici", "chromium"])
def test_program(street, name):
	"""https_proxy=https://...; TLS in TLS for what is not upstream.

	Chromium takes such a URL by option only.
	"""
	# Node before 20 takes the first address of localhost only.
	host = "127.0.0.1" if name in ("node", "undici") else "localhost"
	many = programs.Programs(street.lab.dir / "home",
	    f"https://{host}:{street.port}", *street.cas)
	for url in street.urls:
		if host[0] == "1" and url.startswith("http:"):
			# Node's agents look for the origin's name, not the
			# proxy's, in the proxy's certificate.
			continue
		if name == "chromium":
			page, = many.chromium([url.format("/page.html")],
			    "--proxy-server=" + many.env["https_proxy"])
			assert "hello from a page" in page.text, page.text
			continue
		got, = getattr(many, name)([url.format("/hello")])
		assert (got.status, got.text) == (200, "hello\n"), url
	assert len(street.site.rows()) >= 2


@pytest.mark.parametrize("half", [False, True])
def test_close_notify_that_has_to_wait(tlab, fault, half):
	"""A full socket takes it later; until then nothing is closed."""
	go = threading.Event()

	def handle(conn, req):
		conn.send(b"HTTP/1.0 200 OK\r\n\r\nfine")
		go.wait(3 * wire.DEADLINE)
		conn.end()
	house = House(tlab, handle)
	one = house.client()
	port = one.sock.getsockname()[1]
	one.ask("GET", house.far.url + "/", version="1.0")
	assert one.head().status == 200
	assert one.exactly(4) == b"fine"
	if half:
		one.sock.sock.shutdown(socket.SHUT_WR)
		one.sock.flush = lambda: 0	# it has nothing to send
	fault.arm("sendmsg", "EAGAIN", port=port)
	go.set()
	assert one.rest() == b""	# no cut
	assert fault.fired()
