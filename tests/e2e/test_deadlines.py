# SPDX-License-Identifier: ISC
"""Whose turn it is, and that the right one is blamed for taking too long.

That a timeout has passed is told by another exchange that meets it: one that
began to wait later is over, so the deadline of what is watched is past too.
"""
import socket
import threading
import time

import pytest

import origin
import wire

SHORT = 0.4 * wire.SLOW			# s; the timeout that must not strike
SIZE = 20_000_000
TOO_MUCH = 48_000_000	# bytes: more than the sockets of two hops may hold
OK = b"HTTP/1.1 200 OK\r\n"
PROCESSING = b"HTTP/1.1 102 Processing\r\n\r\n"


def silent(conn, req):
	conn.done = conn.wait_gone()


def response_timeout_passes(lab, mute):
	"""Twice, which leaves a whole one for the workers' differences."""
	for _ in range(2):
		assert lab.get(mute.url + "/").status == 504


def idle_timeout_passes(lab):
	for _ in range(2):
		one = lab.client()
		assert one.ping() and one.ended()


def switch(conn, req):
	"""101, and then an echo."""
	conn.send(b"HTTP/1.1 101 Switching Protocols\r\n"
	    b"Upgrade: websocket\r\nConnection: upgrade\r\n\r\n")
	while conn.fill():
		conn.send(conn.take(len(conn.buf)))
	conn.done = True


def test_upgrade_outlives_the_response_timeout(lab):
	far, mute = lab.origin(switch), lab.origin(silent)
	lab.sluice(timeouts={"response": SHORT})
	one = lab.client()
	one.ask("GET", far.url + "/", [("Connection", "upgrade"),
	    ("Upgrade", "websocket")])
	assert one.response().status == 101
	response_timeout_passes(lab, mute)
	one.send(b"ping")
	assert one.exactly(4) == b"ping"


def stuck(stalled):
	"""A handler whose response is longer than what buffers take in."""
	data = OK + b"Content-Length: %d\r\n\r\n" % SIZE + wire.pattern(SIZE)

	def handle(conn, req):
		n = conn.send_until_stalled(len(data), 0.2, data)
		stalled.set()
		conn.sock.settimeout(3 * wire.DEADLINE)
		conn.send(data[n:])
	return handle


@pytest.mark.parametrize("how", ["download", "half-closed", "upload"])
def test_client_that_stops_reading(lab, how):
	"""It is the client that is waited for, not the upstream."""
	stalled = threading.Event()
	far = lab.origin(stuck(stalled), read_body=False)
	mute = lab.origin(silent)
	lab.sluice(limits={"buffer": "16KiB"},
	    timeouts={"response": SHORT, "half_closed": SHORT})
	one = lab.client(rcvbuf=65536)
	if how == "upload":
		one.ask("POST", far.url + "/", [("Content-Length", 1000)])
	else:
		one.ask("GET", far.url + "/")
	answer = one.head()
	assert stalled.wait(wire.DEADLINE)
	if how == "upload":
		one.send(b"x" * 999)
	elif how == "half-closed":
		one.fin()
	response_timeout_passes(lab, mute)
	one.read_body(answer, "length")
	assert answer.whole and answer.body == wire.pattern(SIZE)


def test_rest_of_an_answer_that_nobody_reads(lab):
	"""The host is done long ago: the buffers are not held for ever."""
	body = wire.pattern(8 << 20)
	far = lab.origin(origin.fixed(body=body))
	lab.sluice(limits={"buffer": "32MiB", "memory": "64MiB"},
	    timeouts={"idle": SHORT})
	one = lab.client(rcvbuf=4096)
	one.ask("GET", far.url + "/")
	answer = one.head()
	assert answer.status == 200
	control = lab.control()
	wire.wait_until(lambda: control.get("/v1/status").json()[
	    "connections"] == 0)
	assert control.get("/v1/status").json()["memory"]["used"] < 1 << 20
	one.read_body(answer, "length")
	assert not answer.whole


def test_client_that_stops_sending(lab):
	"""Nor is the upstream to blame for a body that does not come."""
	far, mute = lab.origin(origin.echo), lab.origin(silent)
	lab.sluice(timeouts={"response": SHORT})
	one = lab.client()
	one.ask("PUT", far.url + "/", [("Content-Length", 8)])
	one.send(b"half")
	far.wait_requests(1)
	response_timeout_passes(lab, mute)
	one.send(b"half")
	assert one.response("PUT").body == b"halfhalf"


def expecting(lab, far):
	"""A client that will send five bytes once it is told to."""
	one = lab.client()
	one.ask("POST", far.url + "/", [("Content-Length", 5),
	    ("Expect", "100-continue")])
	far.wait_requests(1)
	return one


def continuing(go):
	"""A handler that asks for the body when it may."""
	def handle(conn, req):
		go.wait(3 * wire.DEADLINE)
		conn.send(b"HTTP/1.1 100 Continue\r\n\r\n")
		conn.read_body(req, "length")
		if req.whole:
			conn.reply(body=req.body)
		else:
			conn.end()
	return handle


def test_continue_later_than_idle(lab):
	"""A client that waits for 100 is not idle."""
	go = threading.Event()
	far = lab.origin(continuing(go), read_body=False)
	lab.sluice(timeouts={"idle": SHORT, "continue": "60s"})
	one = expecting(lab, far)
	idle_timeout_passes(lab)
	go.set()
	assert one.head().status == 100
	one.send(b"hello")
	answer = one.response("POST")
	assert answer.status == 200 and answer.body == b"hello"


def test_body_that_does_not_come_after_continue(lab):
	"""From 100 on it is the client's turn, and its time is short."""
	go = threading.Event()
	go.set()
	far = lab.origin(continuing(go), read_body=False)
	lab.sluice(timeouts={"idle": SHORT})
	one = expecting(lab, far)
	assert one.head().status == 100
	assert one.rest()[:13] in (b"", b"HTTP/1.1 408 ")
	assert far.conns[0].gone.wait(wire.DEADLINE)


def test_continue_that_never_comes(lab):
	"""Until 100 it is the upstream's."""
	far = lab.origin(silent, read_body=False)
	lab.sluice(timeouts={"response": SHORT, "continue": "60s"})
	assert expecting(lab, far).response("POST").status == 504


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_host_that_does_not_know_of_continue(lab, version):
	"""It waits for the body, and the client for 100: for a while only."""
	def handle(conn, req):
		conn.read_body(req, "length")
		conn.reply(body=req.body, version=version)
	far = lab.origin(handle, read_body=False)
	lab.sluice(timeouts={"continue": SHORT})
	began = time.monotonic()
	one = expecting(lab, far)
	assert one.head().status == 100
	assert time.monotonic() - began >= SHORT
	one.send(b"hello")
	answer = one.response("POST")
	assert (answer.status, answer.body) == (200, b"hello")


def test_body_that_does_not_come_after_our_continue(lab):
	"""From then on it is the client's turn."""
	far = lab.origin(silent, read_body=False)
	lab.sluice(timeouts={"continue": SHORT, "idle": SHORT})
	one = expecting(lab, far)
	assert one.head().status == 100
	assert one.response("POST").status == 408
	assert far.conns[0].gone.wait(wire.DEADLINE)


def test_client_that_waits_for_continue_no_longer(lab):
	"""Once the body has come it gets the host's alone."""
	def handle(conn, req):
		conn.read_body(req, "length")
		assert not conn.gone.wait(2 * SHORT)
		conn.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 2)
		conn.reply(body=req.body)
	far = lab.origin(handle, read_body=False)
	lab.sluice(timeouts={"continue": SHORT})
	one = expecting(lab, far)
	one.send(b"hello")
	answer = one.response("POST")
	assert (answer.status, answer.body) == (200, b"hello")
	assert [m.status for m in answer.interim] == [100, 100]


def test_continue_of_the_host_after_ours(lab):
	"""One is enough."""
	go = threading.Event()
	far = lab.origin(continuing(go), read_body=False)
	lab.sluice(timeouts={"continue": SHORT})
	one = expecting(lab, far)
	assert one.head().status == 100
	go.set()
	one.send(b"hello")
	answer = one.response("POST")
	assert (answer.status, answer.body) == (200, b"hello")
	assert answer.interim == []


def test_final_answer_before_continue(lab):
	"""It is relayed, and nobody is asked for the body."""
	def handle(conn, req):
		conn.reply(417, body="no", fields=[("Connection", "close")])
		conn.end()
	far = lab.origin(handle, read_body=False)
	lab.sluice(timeouts={"continue": SHORT})
	answer = expecting(lab, far).response("POST")
	assert (answer.status, answer.body) == (417, b"no")
	assert answer.interim == []


def test_interim_responses_are_progress(lab):
	"""One each quarter of timeouts.response, longer than that in all."""
	def handle(conn, req):
		for _ in range(6):
			assert not conn.gone.wait(SHORT / 4)
			conn.send(PROCESSING)
		conn.reply(body="done")
	far = lab.origin(handle)
	lab.sluice(timeouts={"response": SHORT})
	answer = lab.get(far.url + "/")
	assert answer.status == 200 and answer.body == b"done"
	assert len(answer.interim) == 6


def test_silence_after_an_interim_response(lab):
	far = lab.origin(lambda c, r: (c.send(PROCESSING), silent(c, r)))
	lab.sluice(timeouts={"response": SHORT})
	answer = lab.get(far.url + "/")
	assert answer.status == 504
	assert [m.status for m in answer.interim] == [102]
	assert far.conns[0].gone.wait(wire.DEADLINE)


def pausing(go):
	"""A handler whose body pauses until it may go on."""
	def handle(conn, req):
		conn.send(OK + b"Transfer-Encoding: chunked\r\n\r\n"
		    b"5\r\nfirst\r\n")
		while not go.is_set() and conn.quiet(0.05):
			pass
		conn.send(b"4\r\nlast\r\n0\r\n\r\n")
	return handle


def test_pause_in_a_body_is_no_response_timeout(lab):
	"""https://github.com/envoyproxy/envoy/issues/30753"""
	go = threading.Event()
	far, mute = lab.origin(pausing(go)), lab.origin(silent)
	lab.sluice(timeouts={"response": SHORT, "idle": "60s"})
	one = lab.client().ask("GET", far.url + "/events")
	answer = one.head()
	response_timeout_passes(lab, mute)
	go.set()
	one.read_body(answer, "chunked")
	assert answer.whole and answer.body == b"firstlast"


def test_pause_in_a_body_is_idle(lab):
	"""https://github.com/http-party/node-http-proxy/issues/921"""
	far = lab.origin(pausing(threading.Event()))
	daemon = lab.sluice(timeouts={"response": "60s", "idle": SHORT})
	answer = lab.client().ask("GET", far.url + "/events").response()
	assert answer.status == 200 and not answer.whole
	assert answer.body == b"first"
	assert " upstream error: idle timeout rule=" in daemon.out.count(1)[0]
	assert far.conns[0].gone.wait(wire.DEADLINE)


def test_late_response_is_not_idle(lab):
	"""Until its head only timeouts.response counts."""
	def handle(conn, req):
		assert not conn.gone.wait(3 * SHORT)
		conn.reply(body="late")
	far = lab.origin(handle)
	lab.sluice(timeouts={"response": "60s", "idle": SHORT})
	assert lab.get(far.url + "/").body == b"late"


def test_late_response_is_told(lab):
	far = lab.origin(silent)
	daemon = lab.sluice(timeouts={"response": SHORT, "idle": "60s"})
	answer = lab.get(far.url + "/")
	assert answer.status == 504
	assert "http_response_timeout" in answer.get("proxy-status")
	assert " upstream error: response timeout rule=" in \
	    daemon.out.count(1)[0]


def silent_reader(conn, req):
	"""Takes what its socket does, and no more."""
	conn.origin.wait(lambda: conn.origin.stopping, 3 * wire.DEADLINE)
	conn.done = True


def test_upload_that_is_not_taken_is_no_response_timeout(lab):
	"""A host that pauses in the upload has not got the request yet."""
	go = threading.Event()

	def handle(conn, req):
		go.wait(3 * wire.DEADLINE)
		# What is on its way then is to be taken soon.
		conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
		    TOO_MUCH)
		conn.read_body(req, "length")
		conn.reply(body="whole" if req.whole else "cut")
	far = lab.origin(handle, read_body=False, rcvbuf=65536)
	mute = lab.origin(silent)
	# in which a busy machine takes what the kernel holds of it in the end
	lab.sluice(timeouts={"response": 3 * SHORT, "idle": "60s"})
	one = lab.client()
	data = memoryview(wire.pattern(TOO_MUCH))
	one.ask("POST", far.url + "/", [("Content-Length", TOO_MUCH)])
	sent = one.send_until_stalled(TOO_MUCH, 0.3, data)
	assert sent < TOO_MUCH
	response_timeout_passes(lab, mute)
	go.set()
	one.send(data[sent:])
	assert one.response("POST").body == b"whole"


def test_upload_that_is_not_taken_is_idle(lab):
	far = lab.origin(silent_reader, read_body=False, rcvbuf=65536)
	# in which a client on a busy machine sends on
	daemon = lab.sluice(timeouts={"response": "60s", "idle": 3 * SHORT})
	one = lab.client()
	one.ask("POST", far.url + "/", [("Content-Length", SIZE)])
	# Until there is an answer: it is not the client who is idle.
	feed = lab.spawn(one.send_until_closed, wire.pattern(SIZE))
	answer = one.response("POST")
	one.close()
	feed.join()
	assert answer.status == 504
	assert "connection_write_timeout" in answer.get("proxy-status")
	assert " upstream error: idle timeout in the request rule=" in \
	    daemon.out.count(1)[0]


def test_response_time_begins_behind_the_upload(lab):
	"""However long that took, the host has its whole time."""
	def handle(conn, req):
		assert not conn.gone.wait(SHORT / 2)
		conn.reply(body=req.body)
	far = lab.origin(handle)
	lab.sluice(timeouts={"response": SHORT, "idle": "60s"})
	one = lab.client()
	one.ask("PUT", far.url + "/", [("Content-Length", 6)])
	for _ in range(6):
		assert one.quiet(SHORT / 3)
		one.send(b"x")
	assert one.response("PUT").body == b"x" * 6


def test_continue_is_no_progress(lab):
	"""Only other interim responses begin the time anew."""
	def handle(conn, req):
		while not conn.gone.wait(SHORT / 4):
			conn.send(b"HTTP/1.1 100 Continue\r\n\r\n")
	far = lab.origin(handle)
	lab.sluice(timeouts={"response": SHORT})
	answer = lab.get(far.url + "/")
	assert answer.status == 504
	assert len(answer.interim) <= 8
