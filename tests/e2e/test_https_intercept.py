# SPDX-License-Identifier: ISC
"""Tunnels that end at sluice: what clients see, and what is not let through."""
import signal
import threading
import time

import pytest

import client
from intercepted import RULE, House, issuer, names
from intercepted import house	# noqa: F401, fixtures
import origin
import sluice
import wire

TIGHT = {**RULE, "capacity": 1, "period": "1h", "queue": {"max_wait": "10ms"}}


def test_certificate(house):
	"""For the host and nothing else, from the user's CA."""
	one = house.inside()
	assert issuer(one.certificate) == "CA of the user for sluice"
	assert names(one.certificate) == ["intercept.test"]
	assert one.sock.obj.selected_alpn_protocol() == "http/1.1"
	assert one.get("/").body == b"fine"
	assert house.far.requests[0].start == b"GET / HTTP/1.1"
	assert house.far.requests[0].all("host") == [house.at]


def test_certificate_is_made_once(house):
	"""Two clients see the same, another host's is another."""
	serials = {house.inside().certificate["serialNumber"]
	    for _ in range(3)}
	assert len(serials) == 1


def test_certificate_for_each_host_of_a_pattern(tlab):
	house = House(tlab, name="*.intercept.test")
	one = tlab.inside(f"a.intercept.test:{house.far.port}")
	assert names(one.certificate) == ["a.intercept.test"]
	assert one.get("/").status == 200
	two = tlab.inside(f"B.Intercept.test.:{house.far.port}",
	    name="b.intercept.test")
	assert [n.lower() for n in names(two.certificate)] == [
	    "b.intercept.test"]


def test_certificate_is_the_tunnels_not_the_hellos(tlab):
	"""Whatever name is in the ClientHello, or none."""
	house = House(tlab)
	context = tlab.pki.client("user-ca")
	context.check_hostname = False
	one = tlab.inside(house.at, context=context, name="other.test")
	assert names(one.certificate) == ["intercept.test"]
	two = tlab.client()
	assert two.tunnel(house.at).status == 200
	two.secure(context)
	assert names(two.sock.obj.getpeercert()) == ["intercept.test"]
	assert two.get("/", host=house.at).status == 200


@pytest.mark.parametrize("name, address", [("127.0.0.1", "127.0.0.1"),
    ("[::1]", "::1")])
def test_ip_address(tlab, name, address):
	try:
		far = tlab.secure_origin(address=(address, 0))
	except OSError:
		pytest.skip("no IPv6 here")
	tlab.https(hosts={name: RULE})
	one = tlab.inside(f"{name}:{far.port}")
	kind, value = one.certificate["subjectAltName"][0]
	assert kind == "IP Address"
	assert value in (address, "0:0:0:0:0:0:0:1")
	assert one.get("/").status == 200
	assert far.wait_hellos(1)[0].hello.name is None
	assert far.requests[0].all("host") == [f"{name}:{far.port}"]


def test_others_are_not_decrypted(house):
	"""A host without a rule: its own certificate, its own ALPN."""
	far = house.lab.secure_origin(context={"alpn": ("h2", "http/1.1")})
	context = house.lab.pki.client("ca", alpn=("h2", "http/1.1"))
	one = house.lab.inside(f"other.test:{far.port}", context=context)
	assert issuer(one.certificate) == "Origins CA"
	assert one.sock.obj.selected_alpn_protocol() == "h2"
	conn, = far.wait_hellos(1)
	assert conn.hello.alpn == ["h2", "http/1.1"]


def test_only_the_port_of_the_pattern(tlab):
	"""host:port marks that port; the host's others stay closed."""
	a, b = tlab.secure_origin(), tlab.secure_origin()
	tlab.https(hosts={f"intercept.test:{a.port}": RULE})
	assert issuer(tlab.inside(f"intercept.test:{a.port}").certificate) \
	    == "CA of the user for sluice"
	assert issuer(tlab.inside(f"intercept.test:{b.port}",
	    trust="ca").certificate) == "Origins CA"


def test_ca_that_may_not(tlab):
	"""Name constraints leave a host out: told at start, refused then."""
	far = tlab.secure_origin()
	daemon = tlab.https(hosts={"intercept.test": RULE,
	    "other.test": RULE}, tls={
	    "ca_certificate": tlab.pki.pem("narrow-ca"),
	    "ca_key": tlab.pki.key("narrow-ca")})
	daemon.err.wait("other.test")
	one = tlab.inside(f"intercept.test:{far.port}", trust="narrow-ca")
	assert one.get("/").status == 200
	answer = tlab.client().tunnel(f"other.test:{far.port}")
	assert answer.status >= 500, answer
	assert answer.get("proxy-status").startswith("sluice")


def test_tunnel_costs_nothing_requests_do(tlab):
	house = House(tlab, rule=TIGHT)
	clients = [house.inside() for _ in range(4)]
	got = [one.get("/").status for one in clients]
	assert got == [200, 429, 429, 429]
	answer = clients[1].get("/")
	assert 3500 <= int(answer.get("retry-after")) <= 3600
	assert answer.get("proxy-status").startswith("sluice")
	assert len(house.far.requests) == 1


def test_held_inside(tlab):
	"""concurrency: 1, two tunnels: the second's request waits its turn."""
	gate = origin.Gate()
	house = House(tlab, gate, {**RULE, "concurrency": 1})
	one, two = house.inside(), house.inside()
	one.ask("GET", "/1")
	house.far.wait_requests(1)
	two.ask("GET", "/2")
	tlab.settle()
	assert house.far.targets() == ["/1"]
	assert two.quiet(0.1)
	gate.let(1)
	assert one.response().status == 200
	house.far.wait_requests(2)
	gate.open()
	answer = two.response()
	assert answer.status == 200
	assert "queue" in answer.get("server-timing", "")


def test_pause_inside(tlab):
	"""A 429 inside one tunnel holds what is in the others."""
	house = House(tlab, origin.sequence(
	    origin.fixed(429, fields=[("Retry-After", "1")]),
	    origin.fixed()), {**RULE, "retry": {"attempts": 0}})
	one, two = house.inside(), house.inside()
	assert one.get("/").status == 429
	assert two.get("/").status == 200
	first, second = house.far.requests
	assert second.time - first.time >= 1


def test_sent_again_inside(tlab):
	"""As outside: the client does not hear of the refusal."""
	house = House(tlab, origin.sequence(
	    origin.fixed(429, fields=[("Retry-After", "1")]), origin.echo))
	data = wire.pattern(100000)
	answer = house.inside().call("PUT", "/", body=data)
	assert (answer.status, answer.body) == (200, data)
	assert "sent again 1 time" in answer.get("proxy-status")
	first, second = house.far.requests
	assert second.time - first.time >= 1
	assert len(house.far.conns) == 1


@pytest.mark.skipif(sluice.WORKERS != 1, reason="arrival over workers")
def test_whose_turn_it_is_inside(tlab):
	"""The user of the tunnel is the user of what is in it."""
	gate = origin.Gate()
	house = House(tlab, gate, {**RULE, "concurrency": 1,
	    "fair_by": "user"})

	def asks(word, path):
		return house.inside(fields=[("Proxy-Authorization",
		    f"Basic {word}")]).ask("GET", path)
	alice, bob = "YWxpY2U6MQ==", "Ym9iOjI="
	clients = [asks(alice, "/first")]
	house.far.wait_requests(1)
	clients += [asks(alice, f"/{i}") for i in range(4)]
	tlab.settle()
	clients.append(asks(bob, "/bob"))
	tlab.settle()
	gate.open()
	for one in clients:
		assert one.response().status == 200
	assert house.far.targets().index("/bob") <= 2
	assert not any(r.get("proxy-authorization")
	    for r in house.far.requests)


def test_plain_requests_share_the_budget(tlab):
	house = House(tlab, rule=TIGHT)
	plain = tlab.origin()
	assert tlab.get(f"http://intercept.test:{plain.port}/").status == 200
	assert house.get().status == 429


def test_many_requests_in_one_tunnel(house):
	one = house.inside()
	for i in range(50):
		assert one.get(f"/{i}").status == 200
	assert house.far.targets() == [f"/{i}" for i in range(50)]
	first, *lines = house.daemon.out.count(51)
	assert f" CONNECT {house.at} 200 " in first
	assert " intercepted rule=" in first
	assert all(f" GET {house.at} 200 " in line for line in lines)


def test_absolute_form_inside(house):
	one = house.inside()
	answer = one.get(f"https://{house.at}/x?y")
	assert answer.status == 200
	assert house.far.targets() == ["/x?y"]


@pytest.mark.parametrize("host", ["other.test", "intercept.test:1",
    "intercept.test.evil.test", "127.0.0.1"])
def test_host_of_another(tlab, host):
	"""421, and the tunnel is of use afterwards or closed, never mixed."""
	house = House(tlab, rule={**TIGHT, "capacity": 2, "burst": 2})
	one = house.inside()
	answer = one.get("/", host=host)
	assert answer.status == 421, answer
	assert answer.get("proxy-status").startswith("sluice")
	assert house.far.requests == []
	# It has spent nothing.
	assert [house.get().status for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("target", ["https://other.test/",
    "http://other.test/"])
def test_absolute_form_of_another(house, target):
	one = house.inside()
	answer = one.get(target, host="other.test")
	assert answer.status in (400, 421), answer
	assert house.far.requests == []


@pytest.mark.parametrize("host", ["{name}:{port}", "INTERCEPT.test:{port}",
    "intercept.test.:{port}"])
def test_host_however_it_is_written(house, host):
	one = house.inside()
	host = host.format(name=house.name, port=house.far.port)
	assert one.get("/", host=host).status == 200


@pytest.mark.parametrize("request_line, status", [
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: {at}\r\nHost: {at}\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost : {at}\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nHost: {at}\r\nContent-Length: 3\r\n"
	b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"GET / HTTP/3.0\r\nHost: {at}\r\n\r\n", 505)])
def test_bad_request_inside(house, request_line, status):
	"""As strict as outside, and the tunnel ends with its answer."""
	one = house.inside()
	one.send(request_line.replace(b"{at}", house.at.encode())
	    + client.request("GET", "/hidden", host=house.at))
	assert one.response().status == status
	assert one.rest() == b""
	assert one.sock.over, "without close_notify"
	assert house.far.requests == []


def test_connect_inside(house):
	"""No tunnel in a tunnel."""
	one = house.inside()
	one.send(client.request("CONNECT", house.at))
	assert one.response("CONNECT").status >= 400
	assert house.works()
	assert house.far.targets() == ["/still"]


@pytest.mark.parametrize("method", ["GET", "CONNECT"])
def test_loop(tlab, method):
	"""Its own address is none that it would intercept."""
	daemon = tlab.https(hosts={"127.0.0.1": RULE})
	one = tlab.client()
	answer = one.tunnel(daemon.at)
	if answer.status == 200:
		one.secure(tlab.pki.client("user-ca"), "127.0.0.1")
		answer = one.get("/", host=daemon.at)
	assert answer.status in (403, 508), answer


def test_name_that_is_not_found(tlab):
	House(tlab, name="*.example")
	one = tlab.inside("nowhere.example:443")
	answer = one.get("/")
	assert answer.status == 502
	assert "dns" in answer.get("proxy-status")


def test_origin_refuses(tlab):
	tlab.https(hosts={"intercept.test": RULE})
	port = tlab.closed_port()
	one = tlab.inside(f"intercept.test:{port}")
	for _ in range(2):
		answer = one.get("/")
		assert answer.status == 502
		assert "connection_refused" in answer.get("proxy-status")


def test_idle_inside(tlab):
	"""timeouts.idle, and an end in good order."""
	house = House(tlab, timeouts={"idle": "400ms"})
	one = house.inside()
	assert one.get("/").status == 200
	assert one.rest() == b""
	assert one.sock.over, "without close_notify"


def test_connection_close_inside(house):
	one = house.inside()
	assert one.get("/", [("Connection", "close")]).status == 200
	assert one.rest() == b""
	assert one.sock.over, "without close_notify"


@pytest.mark.parametrize("n", [2, 50])
def test_pipelining(tlab, n):
	house = House(tlab, lambda conn, req: conn.reply(
	    body=req.target * 100))
	one = house.inside()
	one.send(b"".join(client.request("GET", f"/{i}", host=house.at)
	    for i in range(n)))
	for i in range(n):
		assert one.response().body == b"/%d" % i * 100


def test_pipelining_in_the_first_flight(house):
	"""The last of the handshake and two requests in one segment."""
	one = house.inside()
	one.send(client.request("GET", "/1", host=house.at)
	    + client.request("PUT", "/2", body=b"x" * 5000, host=house.at)
	    + client.request("GET", "/3", host=house.at))
	for _ in range(3):
		assert one.response().status == 200
	assert house.far.targets() == ["/1", "/2", "/3"]
	assert house.far.requests[1].body == b"x" * 5000


def test_abort_of_an_upload(tlab):
	"""The origin learns of it, and the slot comes back."""
	house = House(tlab, rule={**RULE, "concurrency": 1})
	one = house.inside()
	one.ask("PUT", "/half", [("Content-Length", "1000000")])
	one.send(b"x" * 100_000)
	req, = house.far.wait_requests(1)
	one.reset()
	assert house.far.conns[0].gone.wait(wire.DEADLINE)
	assert not req.whole
	assert house.works()


def test_abort_of_a_download(tlab):
	started, gone = threading.Event(), []

	def handle(conn, req):
		if req.target == "/still":
			conn.reply()
			return
		conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n"
		    b"\r\n")
		conn.send(b"x" * 1_000_000)
		started.set()
		gone.append(conn.wait_gone())
		conn.done = True
	house = House(tlab, handle, {**RULE, "concurrency": 1})
	one = house.inside()
	one.ask("GET", "/endless")
	assert started.wait(wire.DEADLINE)
	assert one.head().status == 200
	one.reset()
	assert house.works()
	assert gone == [True]


def test_abort_in_the_queue(tlab):
	"""Who goes while it waits has spent nothing."""
	gate = origin.Gate()
	house = House(tlab, gate, {**RULE, "concurrency": 1, "capacity": 2,
	    "period": "1h"})
	one, two, three = (house.inside() for _ in range(3))
	one.ask("GET", "/1")
	house.far.wait_requests(1)
	two.ask("GET", "/2")
	tlab.settle()
	two.reset()
	tlab.settle()
	three.ask("GET", "/3")
	gate.open()
	assert one.response().status == 200
	assert three.response().status == 200
	assert house.far.targets() == ["/1", "/3"]


def test_close_notify_in_the_queue(tlab):
	"""An end in good order while it waits is a client that went."""
	gate = origin.Gate()
	house = House(tlab, gate, {**RULE, "concurrency": 1})
	one, two = house.inside(), house.inside()
	one.ask("GET", "/1")
	house.far.wait_requests(1)
	two.ask("GET", "/2")
	tlab.settle()
	two.finish()
	house.daemon.out.wait("client gone")
	gate.open()
	assert one.response().status == 200
	assert house.works()
	assert house.far.targets() == ["/1", "/still"]


def test_reload_ends_interception(house):
	"""Tunnels that stand go on; new ones are not decrypted any more."""
	one = house.inside()
	assert one.get("/").status == 200
	house.daemon.change(hosts={house.name: {"https": "tunnel"}})
	assert one.get("/").status == 200
	assert issuer(house.inside(trust="ca").certificate) == "Origins CA"
	house.daemon.change(hosts={house.name: RULE})
	assert house.works()


def test_reload_with_another_ca(house):
	one = house.inside()
	assert one.get("/").status == 200
	pki = house.lab.pki
	house.daemon.change(tls={"ca_certificate": pki.pem("narrow-ca"),
	    "ca_key": pki.key("narrow-ca"), "trust": pki.pem("ca")})
	assert one.get("/").status == 200
	two = house.inside(trust="narrow-ca")
	assert issuer(two.certificate) == "CA of the user for one host"
	assert two.get("/").status == 200


def test_sigterm(tlab):
	"""A request that runs is answered; then the end, in good order."""
	gate = origin.Gate()
	house = House(tlab, gate)
	idle, busy = house.inside(), house.inside()
	busy.ask("GET", "/1")
	house.far.wait_requests(1)
	house.daemon.proc.send_signal(signal.SIGTERM)
	assert idle.rest() == b""
	gate.open()
	assert busy.response().status == 200
	assert house.daemon.wait() == 0


def test_tunnels_that_never_shook_hands_do_not_hinder_the_end(tlab):
	house = House(tlab, timeouts={"drain": "1s"})
	many = [tlab.client() for _ in range(5)]
	for one in many:
		assert one.tunnel(house.at).status == 200
	began = time.monotonic()
	house.daemon.term()
	assert house.daemon.wait() == 0
	assert time.monotonic() - began < 10 * wire.SLOW


def test_many_hosts(tlab):
	"""A hundred names, a certificate for each."""
	house = House(tlab, origin.fixed(body="fine"), name="*.many.test",
	    rule={**RULE, "tls": {"verify": False}})
	for i in range(100):
		name = f"h{i}.many.test"
		one = tlab.inside(f"{name}:{house.far.port}")
		assert names(one.certificate) == [name]
		assert one.get("/").body == b"fine"
		one.close()


@pytest.mark.skipif(sluice.WORKERS != 1, reason="sets the number itself")
@pytest.mark.parametrize("workers", [1, 2])
def test_many_at_once(tlab, workers):
	"""Handshakes, requests and aborts from many threads."""
	house = House(tlab, lambda conn, req: conn.reply(body=req.target),
	    workers=workers)

	def one(turn):
		for i in range(15):
			inside = client.Inside(house.daemon.address, house.at,
			    tlab.pki.client("user-ca"))
			if i % 3 == 2:
				inside.ask("GET", "/aborted")
				inside.reset()
				continue
			for k in range(3):
				path = f"/{turn}/{i}/{k}"
				answer = inside.get(path)
				assert answer.body == path.encode()
			inside.close()
	for task in [tlab.spawn(one, turn) for turn in range(8)]:
		task.join()
	assert house.works()
	before = house.daemon.files()
	wire.wait_until(lambda: house.daemon.files() <= max(before, 60),
	    what="closed descriptors")


@pytest.mark.parametrize("level", ["info", "debug"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secrets_in_logs(tlab, level, form):
	"""No key, no content, no credential, no path; in errors neither."""
	house = House(tlab, origin.fixed(200, body="content-from-origin",
	    fields=[("Set-Cookie", "id=cookie-from-origin")]),
	    log={"level": level, "format": form})
	one = house.inside()
	fields = [("Authorization", "Bearer token-of-client"),
	    ("Cookie", "id=cookie-of-client"),
	    ("Proxy-Authorization", "Basic cHJveHk6cGFzcw=="),
	    ("X-Api-Key", "key-of-client")]
	answer = one.call("POST", "/the-path?query-of-client", fields,
	    body=b"content-of-client")
	assert answer.body == b"content-from-origin"
	assert one.get("/the-path", fields,
	    host="other.test").status == 421
	two = house.inside()
	two.send(b"GET /the-path bad-of-client\r\nAuthorization: "
	    b"token-of-client\r\n\r\n")
	two.response()
	three = tlab.client()
	assert three.tunnel(house.at).status == 200
	three.send(b"content-of-client, in the clear: token-of-client\r\n\r\n")
	try:
		three.rest()
	except ConnectionError:
		pass
	house.daemon.change(timeouts={"idle": "33s"})
	house.daemon.term()
	house.daemon.wait()
	said = house.daemon.out.text() + house.daemon.err.text()
	assert house.name in said
	for word in ("of-client", "from-origin", "cHJveHk6", "PRIVATE KEY"):
		assert word not in said, next(line
		    for line in said.splitlines() if word in line)
	for secret in tlab.pki.secrets():
		assert secret not in said
	got = house.far.requests[0]
	assert got.get("authorization") == "Bearer token-of-client"
	assert got.get("proxy-authorization") is None
