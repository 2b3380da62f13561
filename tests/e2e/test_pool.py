# SPDX-License-Identifier: ISC
"""Connections to origins are kept, shared, and replaced when stale."""
import signal
import socket
import time

import pytest

import origin
import sluice
import wire

one_worker = pytest.mark.skipif(sluice.WORKERS != 1,
    reason="each worker has a pool of its own")


LATE = (b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n"
    b"Connection: close\r\n\r\n")


def drop_after(n, how="end", body=None):
	"""Answers n requests of each connection, closes on the next, mute; or
	with 408, once it has read that request or before."""
	counts = {}

	def drop(conn):
		if how == "abort":
			conn.abort()
			return
		if how != "end":
			conn.send(LATE)
		conn.end()

	def handle(conn, req):
		counts[conn.number] = counts.get(conn.number, 0) + 1
		if counts[conn.number] > n:
			drop(conn)
			return
		conn.reply(body=body or "fine")
		if how == "unread" and counts[conn.number] == n:
			if conn.sock.recv(1, socket.MSG_PEEK):
				conn.send(LATE)
			conn.cut()
	return handle


@one_worker
def test_reuse_across_clients(lab):
	far = lab.origin()
	lab.sluice()
	for _ in range(10):
		assert lab.get(far.url + "/").status == 200
	assert len(far.conns) == 1


@one_worker
def test_parallel_then_reuse(lab):
	gate = origin.Gate()
	far = lab.origin(gate)
	lab.sluice()
	clients = [lab.client() for _ in range(5)]
	for _ in range(3):
		for one in clients:
			one.ask("GET", far.url + "/")
		wire.wait_until(lambda: gate.held == 5, what="five in flight")
		gate.let(5)
		for one in clients:
			assert one.response().status == 200
	assert len(far.conns) == 5


@one_worker
@pytest.mark.parametrize("token", ["Negotiate YII=", "ntlm TlRMTVNTUAAB"])
def test_who_has_signed_in_over_a_connection(lab, token):
	"""All that is asked over it is asked in his name: it is his alone, and
	ends with him; a challenge makes it nobody's yet."""
	far = lab.origin(lambda conn, req: conn.reply(401, fields=[
	    ("WWW-Authenticate", token.split()[0])]) if req.target == "/" else
	    conn.reply())
	lab.sluice()
	assert lab.get(far.url + "/anybody").status == 200
	one, other = lab.client(), lab.client()
	assert one.get(far.url + "/").status == 401
	assert other.get(far.url + "/other").status == 200
	for method in ("GET", "POST", "POST"):
		assert one.call(method, far.url + "/signs-in",
		    [("Authorization", token)]).status == 200
	assert one.get(far.url + "/one").status == 200
	assert other.get(far.url + "/other").status == 200
	one.close()
	assert far.conns[0].gone.wait(wire.DEADLINE)
	assert lab.get(far.url + "/anybody").status == 200
	assert [r.conn for r in far.requests] == [0, 0, 0, 0, 0, 0, 0, 1, 1]


@one_worker
@pytest.mark.parametrize("field", ["Basic YTpi", "Bearer ntlm", "NTLMx y"])
def test_who_signs_in_with_each_request(lab, field):
	far = lab.origin()
	lab.sluice()
	for _ in range(3):
		assert lab.client().get(far.url + "/", [("Authorization",
		    field)]).status == 200
	assert len(far.conns) == 1


@one_worker
def test_who_signs_in_without_being_asked(lab):
	far = lab.origin()
	lab.sluice()
	one = lab.client()
	for _ in range(2):
		assert one.get(far.url + "/", [("Authorization",
		    "Negotiate YII=")]).status == 200
	assert lab.get(far.url + "/").status == 200
	assert [r.conn for r in far.requests] == [0, 0, 1]


def test_not_shared_between_ports(lab):
	a, b = lab.origin(), lab.origin()
	lab.sluice()
	one = lab.client()
	for far in (a, b, a, b):
		assert one.get(far.url + "/").status == 200
	assert (len(a.requests), len(b.requests)) == (2, 2)


@pytest.mark.parametrize("how", ["end", "abort"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT",
    "DELETE", "TRACE"])
def test_stale_connection_is_retried(lab, method, how):
	far = lab.origin(drop_after(1, how))
	lab.sluice()
	one = lab.client()
	assert one.get(far.url + "/1").status == 200
	assert one.call(method, far.url + "/2").status == 200
	assert [(r.target, r.conn) for r in far.requests] == [
	    ("/1", 0), ("/2", 0), ("/2", 1)]


@pytest.mark.parametrize("how", ["end", "abort"])
@pytest.mark.parametrize("method", ["POST", "PATCH", "BREW"])
def test_stale_connection_is_not_retried_unsafely(lab, method, how):
	"""What was sent may have been acted on."""
	far = lab.origin(drop_after(1, how))
	lab.sluice()
	one = lab.client()
	assert one.get(far.url + "/1").status == 200
	answer = one.call(method, far.url + "/2", body=b"pay 100")
	assert answer.status == 502
	assert far.targets() == ["/1", "/2"]
	assert one.get(far.url + "/3").status == 200


def test_put_whose_body_was_sent_is_not_repeated_in_part(lab):
	"""Either the whole body again, or no retry."""
	far = lab.origin(drop_after(1))
	lab.sluice()
	one = lab.client()
	assert one.get(far.url + "/1").status == 200
	data = wire.pattern(2_000_000)
	answer = one.call("PUT", far.url + "/2", body=data)
	assert answer.status in (200, 502)
	for req in far.requests[1:]:
		assert not req.complete.is_set() or req.body == data


def test_retried_once_only(lab):
	counts = []

	def handle(conn, req):
		if req.target == "/1":
			conn.reply()
		else:
			counts.append(conn.number)
			conn.end()
	far = lab.origin(handle)
	lab.sluice()
	one = lab.client()
	assert one.get(far.url + "/1").status == 200
	answer = one.get(far.url + "/2")
	assert answer.status == 502
	assert counts == [0, 1]


def test_fresh_connection_is_not_retried(lab):
	far = lab.origin(lambda conn, req: conn.end())
	lab.sluice()
	assert lab.get(far.url + "/").status == 502
	assert len(far.requests) == 1


@pytest.mark.parametrize("how,statuses", [("end", [200, 200, 429, 429]),
    ("abort", [200, 200, 200, 429]), ("late", [200, 200, 429, 429]),
    ("unread", [200, 200, 429, 429])])
def test_what_a_retry_costs(lab, how, statuses):
	"""A host that ends a connection in good order has read, and counted,
	what went over it; one that resets it may not have; one that says 408
	is taken to.  In either case no slot is leaked."""
	far = lab.origin(drop_after(1, how))
	lab.sluice(hosts={"127.0.0.1": {"capacity": 3, "period": "1h",
	    "concurrency": 1, "queue": {"max_wait": "10ms"}}})
	one = lab.client()
	assert [one.get(far.url + f"/{i}").status for i in range(4)] == statuses


@pytest.mark.parametrize("how", ["late", "unread"])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_late_answer_to_an_idle_connection(lab, method, how):
	"""A 408 that has crossed a request is no answer to it; but what may
	have had an effect is not sent twice."""
	far = lab.origin(drop_after(1, how))
	daemon = lab.sluice()
	one = lab.client()
	assert one.get(far.url + "/1").status == 200
	answer = one.call(method, far.url + "/2", body=b"text")
	assert answer.status == (408 if method == "POST" else 200)
	assert len(far.conns) == (1 if method == "POST" else 2)
	assert " 408 " not in daemon.out.text() or method == "POST"


@pytest.mark.parametrize("fields", [[], [("Connection", "close")]])
def test_answer_408_to_a_request(lab, fields):
	"""Over a new connection, or where it goes on, it is one."""
	def handle(conn, req):
		if req.target == "/1":
			conn.reply()
		else:
			conn.reply(408, fields=fields)
			conn.done = bool(fields)
	far = lab.origin(handle)
	lab.sluice()
	one = lab.client()
	if not fields:
		assert one.get(far.url + "/1").status == 200
	assert one.get(far.url + "/2").status == 408
	assert far.targets().count("/2") == 1


def test_closed_while_idle(lab):
	"""The origin's FIN on an idle connection; no request is lost."""
	far = lab.origin(lambda conn, req: (conn.reply(), conn.end()))
	lab.sluice()
	one = lab.client()
	for i in range(20):
		assert one.get(far.url + f"/{i}").status == 200
	assert far.targets() == [f"/{i}" for i in range(20)]


@one_worker
def test_bytes_nobody_asked_for(lab):
	"""On an idle connection, just ahead of the next request."""
	far = lab.origin()
	daemon = lab.sluice()
	one = lab.client()
	assert one.get(far.url + "/").status == 200
	daemon.proc.send_signal(signal.SIGSTOP)
	wire.wait_until(daemon.stopped, what="the stop")
	one.ask("GET", far.url + "/next")
	far.conns[0].send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL")
	daemon.proc.send_signal(signal.SIGCONT)
	assert one.response().body != b"EVIL"


def test_connection_close_of_the_origin(lab):
	def handle(conn, req):
		conn.reply(body="x", fields=[("Connection", "close")])
		assert conn.wait_gone()
		conn.done = True
	far = lab.origin(handle)
	lab.sluice()
	one = lab.client()
	for _ in range(3):
		assert one.get(far.url + "/").status == 200
	assert len(far.conns) == 3
	assert one.ping()


def test_idle_connections_are_closed_in_time(lab):
	far = lab.origin()
	lab.sluice(timeouts={"idle": "300ms"})
	assert lab.get(far.url + "/").status == 200
	assert far.conns[0].gone.wait(wire.DEADLINE)


def test_idle_clients_are_closed_in_time(lab):
	far = lab.origin()
	lab.sluice(timeouts={"idle": "300ms"})
	one = lab.client()
	assert one.get(far.url + "/").status == 200
	assert one.ended()


def test_pool_is_bounded(lab):
	"""Many origins, one after another: descriptors do not pile up."""
	many = [lab.origin() for _ in range(60)]
	daemon = lab.sluice(timeouts={"idle": "500ms"})
	one = lab.client()
	one.ping()
	before = daemon.files()
	for far in many:
		assert one.get(far.url + "/").status == 200
	wire.wait_until(lambda: all(c.gone.is_set() for far in many
	    for c in far.conns), what="the end of idle connections")
	wire.wait_until(lambda: daemon.files() <= before + 2 *
	    sluice.WORKERS, what="few descriptors")


def saying(*fields):
	return origin.fixed(fields=[("Connection", "keep-alive"),
	    *(("Keep-Alive", value) for value in fields)])


def a_second_passes(lab):
	assert lab.client().quiet(1.2)


KEPT = ["timeout=5", "timeout=5, max=100", "max=2", "timeout=x", "timeout=-1",
    "max=", "5", "nonsense=1"]


@one_worker
@pytest.mark.parametrize("value", KEPT)
def test_keep_alive_that_allows_reuse(lab, value):
	far = lab.origin(saying(value))
	lab.sluice()
	for _ in range(2):
		assert lab.get(far.url + "/").status == 200
	assert len(far.conns) == 1


SPENT = [("timeout=0",), ("max=0",), ("timeout=5, max=0",), ("TIMEOUT=0",),
    ("timeout=9", "timeout=0")]


@pytest.mark.parametrize("values", SPENT)
def test_keep_alive_that_forbids_reuse(lab, values):
	far = lab.origin(saying(*values))
	lab.sluice()
	for _ in range(2):
		assert lab.get(far.url + "/").status == 200
	assert len(far.conns) == 2
	assert far.conns[0].gone.wait(wire.DEADLINE)


@one_worker
def test_keep_alive_is_counted_where_it_is_told_once(lab):
	far = lab.origin(origin.sequence(saying("max=2"), origin.fixed()))
	lab.sluice()
	for _ in range(4):
		assert lab.get(far.url + "/").status == 200
	assert [r.conn for r in far.requests] == [0, 0, 0, 1]


@one_worker
def test_upstream_is_given_up_before_its_host_closes_it(lab):
	"""https://github.com/h2o/h2o/issues/281"""
	far = lab.origin(saying("timeout=1"))
	lab.sluice(timeouts={"idle": "60s"})
	for _ in range(2):
		assert lab.get(far.url + "/").status == 200
	a_second_passes(lab)
	for _ in range(2):
		assert lab.get(far.url + "/").status == 200
	assert [r.conn for r in far.requests] == [0, 0, 1, 1]


def test_posts_as_far_apart_as_the_host_keeps_connections(lab):
	"""https://github.com/nodejs/node/pull/52653

	What comes on a connection after its time is lost, as if the host's
	FIN were on the way.
	"""
	last = {}

	def handle(conn, req):
		before = last.get(conn.number, req.time)
		last[conn.number] = req.time
		if req.time - before >= 0.98:
			return conn.end()
		conn.reply(fields=[("Keep-Alive", "timeout=1")])
	far = lab.origin(handle)
	lab.sluice(hosts={"127.0.0.1": {"capacity": 1, "burst": 1}})
	one = lab.client()
	for _ in range(3):
		answer = one.call("POST", far.url + "/order", body=b"pay 100")
		assert answer.status == 200


@one_worker
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "PATCH"])
def test_what_cannot_go_out_again_takes_no_old_connection(lab, method):
	far = lab.origin()
	lab.sluice()
	assert lab.get(far.url + "/").status == 200
	assert lab.client().call(method, far.url + "/", body=b"x").status == 200
	a_second_passes(lab)
	assert lab.client().call(method, far.url + "/", body=b"x").status == 200
	fresh = method in ("POST", "PATCH")
	assert [r.conn for r in far.requests] == [0, 0, 1 if fresh else 0]
	if fresh:
		assert far.conns[0].gone.wait(wire.DEADLINE)


def test_a_retry_waits_its_turn(lab):
	"""What was read, and not answered, goes again when that may."""
	came = []

	def handle(conn, req):
		came.append(time.monotonic())
		if conn.number == 0 and req.target == "/2":
			conn.end()
		else:
			conn.reply()
	far = lab.origin(handle)
	lab.sluice(hosts={"127.0.0.1": {"capacity": 2, "period": "1s",
	    "strict": True}})
	one = lab.client()
	assert one.get(far.url + "/1").status == 200
	assert one.call("PUT", far.url + "/2", body=b"all of it").status == 200
	assert far.targets() == ["/1", "/2", "/2"]
	assert [req.body for req in far.requests[1:]] == 2 * [b"all of it"]
	assert came[2] - came[0] >= 1


@pytest.mark.parametrize("queue", ["0s", "1ms"])
def test_a_retry_without_a_limit_waits_for_nothing(lab, queue):
	"""Whose time to wait is over by then goes all the same."""
	far = lab.origin(drop_after(1))
	lab.sluice(hosts={"127.0.0.1": {"queue": {"max_wait": queue},
	    "retry": {"max_time": queue}}})
	one = lab.client()
	for i in range(5):
		answer = one.get(far.url + f"/{i}", [("Sluice-Max-Wait", "0")])
		assert answer.status == 200


@one_worker
def test_a_retry_of_nobody(lab):
	"""Whose client has ended its side, and may be gone, does not wait."""
	gate = origin.Gate(lambda conn, req: conn.end())
	far = lab.origin(lambda conn, req: gate(conn, req)
	    if req.target == "/2" else conn.reply())
	near = lab.origin()
	lab.sluice(hosts={"127.0.0.1": {"capacity": 9, "period": "1h"}},
	    timeouts={"half_closed": "20s"})
	one = lab.client()
	assert one.get(far.url + "/1").status == 200
	one.ask("GET", far.url + "/2")
	wire.wait_until(lambda: gate.held == 1, what="a request")
	one.sock.shutdown(socket.SHUT_WR)
	# the loop has seen that when it answers what came later
	assert lab.get(near.url + "/").status == 200
	gate.open()
	assert one.response().status == 502
	assert far.targets() == ["/1", "/2"]
