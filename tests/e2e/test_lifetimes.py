# SPDX-License-Identifier: ISC
"""What lives as long as what: bodies, timers, waiters, throttles, sockets.

Where two things have to reach the daemon at the same moment it is stopped
meanwhile, so that both wait for it when it goes on.
"""
import contextlib
import os
import subprocess
import threading
import time

import pytest

import dnsserver
import origin
import wire

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = [("Transfer-Encoding", "chunked")]
LAST = b"0\r\n\r\n"


def chunk(data):
	return b"%x\r\n%s\r\n" % (len(data), data)


def hosts(**keys):
	return {"127.0.0.1": keys}


@contextlib.contextmanager
def frozen(lab, daemon):
	"""What happens in the block, it sees at once afterwards, in order."""
	lab.settle()		# nothing is left of what was ready before
	with daemon.stands_still():
		yield


def send_anyway(one, data):
	"""To a peer that may have closed by now."""
	try:
		one.send(data)
	except OSError:
		pass


def hold_slot(lab, far, gate):
	"""A client whose request is at the origin and stays there."""
	one = lab.client()
	one.ask("GET", far.url + "/held")
	wire.wait_until(lambda: gate.held == 1, what="a request held")
	return one


def whole_or_refused(far, answer, data):
	"""An upload came over as it was, or the client knows it did not."""
	assert answer.status in (200, 502)
	taken = [r for r in far.requests[1:] if r.complete.is_set()
	    and r.whole]
	assert all(r.body == data for r in taken)
	assert answer.status == 502 or len(taken) == 1


def test_stopped_for_longer_than_a_timeout(lab):
	"""What came meanwhile came in time: it was only not looked at."""
	patience = 2 * wire.SLOW
	replied = threading.Event()

	def reply(conn, req):
		conn.reply(body=req.target)
		replied.set()
	gate = origin.Gate(reply)
	far = lab.origin(gate)
	daemon = lab.sluice(hosts=hosts(concurrency=2),
	    timeouts={"header": patience, "response": patience})
	asks = lab.client()
	one = hold_slot(lab, far, gate)
	began = time.monotonic()
	asks.send(b"OPTIONS * HTTP/1.1\r\n")
	with frozen(lab, daemon):
		gate.let()
		assert replied.wait(wire.DEADLINE)
		asks.send(b"Host: x\r\n\r\n")
		wire.wait_until(lambda: time.monotonic() > began + patience
		    + 0.1, 2 * wire.DEADLINE, what="the deadlines' time")
	assert one.response().status == 200
	assert asks.response("OPTIONS").status == 200


def test_malformed_chunk_after_an_early_response(lab):
	"""Enough of a body to set a timer anew, and its end in one segment."""
	far = lab.origin(origin.raw(OK + b"Transfer-Encoding: chunked\r\n\r\n"
	    + chunk(b"early"), then="hold"), read_body=False)
	lab.sluice(timeouts={"idle": "200ms"})
	for _ in range(3):
		one = lab.client()
		one.ask("POST", far.url + "/", CHUNKED)
		answer = one.head()
		assert answer.status == 200
		one.send(chunk(b"x" * 2000) + b"ZZ\r\n")
		one.read_body(answer, "chunked")
		assert not answer.whole
		idle = lab.client()
		assert idle.ping() and idle.ended()	# the timeout is past
	assert lab.client().ping()


@pytest.fixture
def network(lab):
	"""The daemon's resolv.conf, and a name server and an origin there."""
	if os.geteuid() or subprocess.run(["unshare", "-m", "true"]).returncode:
		pytest.skip("no namespace of mounts")
	file = lab.dir / "resolv.conf"
	file.write_text("search home.test\n")
	dns = lab.dns({"silent.home.test": "silent", **{
	    name + ".test": {"A": ["127.0.0.1"]} for name in ("a.home",
	    "a.work", "b.work", "c.work", "silent.work")}})
	far = lab.origin(lambda conn, req: conn.reply(fields=[("Connection",
	    "close")]))
	lab.sluice(resolver=[dns.at], before=("unshare", "-m", "sh", "-c",
	    'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"', "-",
	    str(file)))
	return file, dns, far


def names_asked(dns):
	return [name for name, kind, _ in dns.asked if kind == "A"]


def test_another_network(lab, network):
	"""Nobody tells that the system's settings are others by now."""
	file, dns, far = network
	assert lab.get(f"http://a:{far.port}/").status == 200
	file.write_text("search work.test\n")
	for name in "b", "a":	# what is known was for the network before
		assert lab.get(f"http://{name}:{far.port}/").status == 200
	assert names_asked(dns) == ["a.home.test", "b.work.test", "a.work.test"]


def test_another_network_while_a_name_is_asked_for(lab, network):
	"""It is asked for again, there, and no name is any more here."""
	file, dns, far = network
	one = lab.client().ask("GET", f"http://silent:{far.port}/")
	wire.wait_until(lambda: dns.asked, what="the question")
	file.write_text("search work.test\n")
	assert lab.get(f"http://b:{far.port}/").status == 200
	assert one.response().status == 200
	for name in "a", "c", "silent":
		assert lab.get(f"http://{name}:{far.port}/").status == 200
	assert set(names_asked(dns)) == {"silent.home.test", "silent.work.test",
	    "a.work.test", "b.work.test", "c.work.test"}


class HeldDns(dnsserver.Dns):
	"""Answers when it may."""

	def __init__(self, names):
		self.free = threading.Event()
		self.free.set()
		super().__init__(names)

	def answer(self, data, way):
		reply = super().answer(data, way)
		self.free.wait(wire.DEADLINE)
		return reply


@pytest.mark.parametrize("how", ["end", "abort"])
def test_body_that_arrives_between_two_attempts(lab, how):
	"""All of it goes to the second one, in order."""
	def handle(conn, req):
		if conn.number == 0 and req.method == "PUT":
			conn.exactly(len(chunk(b"AAAA")))
			return getattr(conn, how)()
		far.body(conn, req)
		conn.reply() if req.whole else conn.end()
	far = lab.origin(handle, read_body=False)
	dns = HeldDns({"o.example": {"A": ["127.0.0.1"]}})
	lab.others.append(dns)
	lab.sluice(resolver=dns.at, limits={"ttl": "0s"})
	url = f"http://o.example:{far.port}/"
	one = lab.client()
	assert one.get(url).status == 200
	asked = len(dns.asked)
	dns.free.clear()
	one.ask("PUT", url, CHUNKED)
	one.send(chunk(b"AAAA"))
	wire.wait_until(lambda: len(dns.asked) > asked, what="the retry")
	one.send(chunk(b"BBBB"))
	lab.settle()
	dns.free.set()
	send_anyway(one, chunk(b"CCCC") + LAST)
	whole_or_refused(far, one.response("PUT"), b"AAAABBBBCCCC")


@pytest.mark.parametrize("how", ["end", "abort"])
def test_idle_connection_ends_as_the_request_comes(lab, how):
	"""With more of a body than is kept for another attempt."""
	go = threading.Event()

	def handle(conn, req):
		conn.reply()
		if req.method == "GET":
			go.wait(wire.DEADLINE)
			getattr(conn, how)()
	far = lab.origin(handle)
	daemon = lab.sluice(limits={"buffer": "16KiB"})
	one = lab.client()
	assert one.get(far.url + "/").status == 200
	first, rest = wire.pattern(20000), b"the rest"
	with frozen(lab, daemon):
		one.ask("PUT", far.url + "/", CHUNKED)
		one.send(chunk(first))
		go.set()
		assert far.conns[0].gone.wait(wire.DEADLINE)
	lab.settle()
	send_anyway(one, chunk(rest) + LAST)
	whole_or_refused(far, one.response("PUT"), first + rest)


def test_body_of_many_small_writes_while_queued(lab):
	"""However many pieces it is stored in."""
	gate = origin.Gate(lambda c, r: c.reply(body=wire.sha(r.body)))
	far = lab.origin(gate)
	lab.sluice(hosts=hosts(concurrency=1), timeouts={"idle": "5s"})
	first = hold_slot(lab, far, gate)
	data = wire.pattern(65000)
	one, pace = lab.client(), lab.client()
	one.ask("PUT", far.url + "/", [("Content-Length", len(data))])
	for i in range(0, len(data), 500):
		one.send(data[i:i + 500])
		pace.ping()		# so that it is read by itself
	gate.open()
	assert first.response().status == 200
	assert one.response("PUT").body.decode() == wire.sha(data)


def test_interim_heads_to_a_slow_client(lab):
	"""What had to wait for the client goes on when it reads."""
	hint = (b"HTTP/1.1 103 Early Hints\r\n" + b"".join(
	    b"X-%d: %s\r\n" % (i, b"y" * 60000) for i in range(10)) + b"\r\n")
	text = hint * 12 + OK + b"Content-Length: 2\r\n\r\nok"
	stalled = threading.Event()

	def handle(conn, req):
		n = conn.send_until_stalled(len(text), 0.2, text)
		stalled.set()
		conn.send(text[n:])
	far = lab.origin(handle)
	lab.sluice(limits={"buffer": "16KiB", "head": "8MiB"})
	one = lab.client(rcvbuf=65536)
	one.ask("GET", far.url + "/")
	assert stalled.wait(wire.DEADLINE)
	lab.settle()
	for _ in range(12):
		assert wire.Message(one.until(b"\r\n\r\n", len(hint))
		    ).status == 103
	answer = one.response()
	assert answer.status == 200 and answer.body == b"ok"


@pytest.mark.parametrize("how", ["close", "reset"])
def test_queued_client_behind_a_full_input_goes(lab, how):
	"""More of its body has come than is read while it waits."""
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = lab.sluice(hosts=hosts(concurrency=1, queue={"length": 1}),
	    limits={"head": "8KiB"}, timeouts={"half_closed": "50ms"})
	first = hold_slot(lab, far, gate)
	for _ in range(2):
		since = len(daemon.out)
		one = lab.client()
		one.ask("PUT", far.url + "/gone", body=b"x" * 40000)
		lab.settle()
		getattr(one, how)()
		daemon.out.wait("PUT .*client gone", since=since)
	last = lab.client().ask("GET", far.url + "/last")
	lab.settle()
	gate.open()
	assert first.response().status == 200
	assert last.response().status == 200
	assert far.targets() == ["/held", "/last"]


def test_queued_upload_survives_a_smaller_head(lab):
	"""More of its body has been read than the new limit would have."""
	gate = origin.Gate(lambda c, r: c.reply(body=r.body))
	far = lab.origin(gate)
	daemon = lab.sluice(hosts=hosts(concurrency=1))
	first = hold_slot(lab, far, gate)
	data = wire.pattern(31000)
	one = lab.client()
	one.ask("PUT", far.url + "/", [("Content-Length", len(data))])
	one.send(data[:30000])
	lab.settle()
	daemon.change(limits={"head": "16KiB"})
	lab.settle()
	one.send(data[30000:])
	lab.settle()
	gate.open()
	assert first.response().status == 200
	answer = one.response("PUT")
	assert answer.status == 200 and answer.body == data


def test_reset_behind_our_own_write(lab):
	"""A body until close is cut off where an upload met the reset first."""
	go = threading.Event()

	def handle(conn, req):
		conn.send(OK + b"\r\npart of it")
		go.wait(wire.DEADLINE)
		conn.abort()
	far = lab.origin(handle, read_body=False)
	daemon = lab.sluice()
	one = lab.client()
	one.ask("POST", far.url + "/", CHUNKED)
	one.send(chunk(b"AAAA"))
	answer = one.head()
	assert one.exactly(15) == chunk(b"part of it")
	with frozen(lab, daemon):
		one.send(chunk(b"BBBB"))
		go.set()
		assert far.conns[0].gone.wait(wire.DEADLINE)
	one.read_body(answer, "chunked")
	assert not answer.whole


@pytest.mark.parametrize("workers", [2, 4])
def test_drain_over_workers(lab, workers):
	"""No worker ends while another's waiters may need it."""
	far = lab.origin()
	daemon = lab.sluice(workers=workers,
	    hosts=hosts(capacity=20, burst=1))
	clients = [lab.client() for _ in range(14)]
	for one in clients:
		one.ping()
	for one in clients:
		one.ask("GET", far.url + "/")
	for _ in range(8 * workers):	# which reach every worker
		lab.client().ping()
	daemon.term()
	for one in clients:
		answer = one.response()
		assert answer.status == 200 and answer.whole
		assert one.ended()
		one.close()
	assert daemon.wait() == 0
	assert len(far.requests) == len(clients)


def test_reload_keeps_a_shared_throttle(lab):
	"""Though a name that it served first gets a rule of its own."""
	tight = {"capacity": 1, "period": "1h", "queue": {"max_wait": "10ms"}}
	rule = {"*.shared": {**tight, "shared": True}}
	far = lab.origin()
	dns = lab.dns({f"{n}.shared": {"A": ["127.0.0.1"]} for n in "abc"})
	daemon = lab.sluice(resolver=dns.at, hosts=rule)

	def ask(name):
		return lab.get(f"http://{name}.shared:{far.port}/").status
	assert [ask(n) for n in "ab"] == [200, 429]
	daemon.change(hosts={**rule, "a.shared": tight})
	assert [ask(n) for n in "abc"] == [429] * 3
	daemon.change(hosts=rule)
	assert [ask(n) for n in "abc"] == [429] * 3
	assert len(far.requests) == 1


def test_throttle_that_is_gone_but_to_be_woken(lab):
	"""A sanitizer tells whether all of it goes before the daemon does."""
	far = lab.origin(origin.fixed(429, fields=[("Retry-After", "3600")]))
	rule = {"queue": {"max_wait": "2h"}, "retry": {"attempts": 0}}
	daemon = lab.sluice(hosts={"*.localhost": {**rule, "shared": True}})
	url = f"http://a.localhost:{far.port}/"
	assert lab.get(url).status == 429
	one = lab.client()
	one.ask("GET", url)
	lab.settle()
	one.close()
	daemon.out.wait(r" client gone rule=")
	daemon.change(hosts={"*.localhost": rule})
	daemon.term()
	assert daemon.wait() == 0


def upgraded(lab, url):
	"""A tunnel by way of 101."""
	one = lab.client()
	one.ask("GET", url, [("Connection", "upgrade"),
	    ("Upgrade", "websocket")])
	assert one.response().status == 101
	return one


def connected(lab, at):
	one = lab.client()
	assert one.tunnel(at).status == 200
	return one


def tunnel(lab, way, after):
	"""A client and an origin that does as told behind it."""
	def handle(conn, req):
		conn.send(b"HTTP/1.1 101 Switching Protocols\r\n"
		    b"Upgrade: websocket\r\nConnection: upgrade\r\n\r\n")
		after(conn)
		conn.done = True
	if way == "CONNECT":
		return connected(lab, lab.origin(accept=after).at)
	return upgraded(lab, lab.origin(handle).url + "/")


@pytest.mark.parametrize("way", ["CONNECT", "Upgrade"])
def test_tunnel_whose_origin_resets(lab, way):
	"""The client must not take what it got for all."""
	def half(conn):
		conn.exactly(8)
		conn.send(b"half an ans")
		conn.exactly(1)
		conn.abort()
	lab.sluice()
	one = tunnel(lab, way, half)
	one.send(b"question")
	assert one.exactly(11) == b"half an ans"
	one.send(b"?")
	with pytest.raises(ConnectionResetError):
		one.rest()


@pytest.mark.parametrize("way", ["CONNECT", "Upgrade"])
def test_tunnel_whose_client_resets(lab, way):
	seen = []

	def note(conn):
		conn.send(b"!")
		try:
			seen.append(conn.rest())
		except ConnectionResetError:
			seen.append("reset")
	lab.sluice()
	one = tunnel(lab, way, note)
	assert one.exactly(1) == b"!"
	one.reset()
	wire.wait_until(lambda: seen, what="the tunnel's end")
	assert seen == ["reset"]


def test_client_half_closes_while_the_rest_is_sent(lab):
	"""The exchange is over, its last bytes are not: then the end comes."""
	data = wire.pattern(12_000_000)
	far = lab.origin(origin.fixed(body=data))
	daemon = lab.sluice(limits={"buffer": "32MiB"},
	    timeouts={"idle": "10m"})
	one = lab.client(rcvbuf=65536)
	one.ask("GET", far.url + "/")
	daemon.out.wait("GET .*forwarded")
	one.fin()
	lab.settle()
	answer = one.response()
	assert answer.whole and answer.body == data
	assert one.ended(wire.DEADLINE / 4)
