# SPDX-License-Identifier: ISC
"""A refusal for a limit is not relayed: the request goes out again later."""
import json
import threading
import time

import pytest

import client
import origin
import sluice
import wire

BIG = wire.pattern(2000)


def refusal(status=429, after="0.3", body="slow down", **keys):
	return origin.fixed(status, body=body, fields=[("Retry-After", after)]
	    if after is not None else [], **keys)


def start(lab, *replies, retry=None, **keys):
	"""A sluice before an origin that gives those answers in turn."""
	far = lab.origin(origin.sequence(*(replies or (refusal(),
	    origin.fixed(body="good")))))
	lab.sluice(hosts={"127.0.0.1": {"retry": retry or {}, "learn": "pause",
	    **keys}})
	return far


def timings(answer):
	return ", ".join(answer.all("server-timing"))


def test_the_client_sees_the_final_answer_only(lab):
	far = start(lab)
	answer = lab.get(far.url + "/path")
	assert (answer.status, answer.body) == (200, b"good")
	assert answer.get("retry-after") is None
	assert answer.get("proxy-status") == \
	    'sluice; details="sent again 1 time after a throttled answer"'
	assert 'retry;desc="1"' in timings(answer)
	held = float(timings(answer).split("queue;dur=")[1].split(",")[0])
	assert 280 <= held < 3000 * wire.SLOW
	assert far.targets() == ["/path", "/path"]
	assert far.times()[1] >= 0.28
	line, = lab.daemons[0].out.like("sent again: 1", 1)
	assert " 200 " in line


def test_json_log(lab):
	far = lab.origin(origin.sequence(refusal(), origin.fixed()))
	daemon = lab.sluice(log={"format": "json"})
	assert lab.get(far.url + "/").status == 200
	line = json.loads(daemon.out.count(1)[0])
	assert (line["resent"], line["status"]) == (1, 200)
	assert line["held"] >= 0.28


def test_the_answer_that_is_not_an_improvement(lab):
	"""Attempts are bounded; the last refusal is relayed as it is."""
	far = start(lab, refusal(body="no"))
	answer = lab.get(far.url + "/")
	assert (answer.status, answer.body) == (429, b"no")
	assert answer.get("retry-after") == "0.3"
	assert answer.get("proxy-status") == "sluice; received-status=429; " \
	    'details="sent again 2 times after a throttled answer"'
	assert len(far.requests) == 3


@pytest.mark.parametrize("attempts", [0, 1, 4])
def test_attempts(lab, attempts):
	far = start(lab, refusal(after="0.05"), retry={"attempts": attempts})
	assert lab.get(far.url + "/").status == 429
	assert len(far.requests) == attempts + 1


@pytest.mark.parametrize("method, retry, fields, again", [
    ("GET", {}, [], True), ("HEAD", {}, [], True), ("PUT", {}, [], True),
    ("DELETE", {}, [], True), ("OPTIONS", {}, [], True),
    ("POST", {}, [], False), ("PATCH", {}, [], False),
    ("get", {}, [], False),
    ("POST", {"methods": ["idempotent", "POST"]}, [], True),
    ("PATCH", {"methods": ["POST"]}, [], False),
    ("GET", {"methods": ["POST"]}, [], False),
    ("POST", {}, [("Idempotency-Key", '"8e03978e"')], False),
    ("POST", {"idempotency_key": True}, [("Idempotency-Key", '"8e0"')], True),
    ("POST", {"idempotency_key": True}, [], False)])
def test_methods(lab, method, retry, fields, again):
	far = start(lab, retry=retry)
	answer = lab.client().call(method, far.url + "/", fields=fields,
	    body="body" if method in ("PUT", "POST", "PATCH") else None)
	assert answer.status == (200 if again else 429)
	assert [r.method for r in far.requests] == [method] * (1 + again)
	if fields and again:
		assert far.requests[1].get("idempotency-key") == fields[0][1]


@pytest.mark.parametrize("status, after, again", [
    (429, "0.2", True), (429, None, True), (503, "0.2", True),
    (503, None, False), (403, "0.2", False), (500, "0.2", False),
    (502, "0.2", False), (200, "0.2", False)])
def test_statuses(lab, status, after, again):
	"""What is not a refusal for a limit is relayed, whatever its number."""
	far = start(lab, refusal(status, after), origin.fixed(),
	    pause={"default": "100ms"})
	answer = lab.get(far.url + "/")
	assert answer.status == (200 if again else status)
	assert len(far.requests) == 1 + again


def test_configured_statuses(lab):
	far = start(lab, retry={"statuses": [503]})
	assert lab.get(far.url + "/").status == 429
	assert len(far.requests) == 1


@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_go_out_again(lab, chunked):
	far = start(lab)
	one = lab.client()
	if chunked:
		one.send(client.request("PUT", far.url + "/",
		    fields=[("Transfer-Encoding", "chunked")])
		    + wire.chunked(BIG, trailers=[(b"X-Sum", b"7")]))
		answer = one.response()
	else:
		answer = one.call("PUT", far.url + "/", body=BIG)
	assert answer.status == 200
	first, second = far.requests
	assert first.body == second.body == BIG
	assert first.framing == second.framing
	assert one.ping()


def test_bodies_that_are_too_long_are_not_kept(lab):
	far = start(lab, refusal(after="0.1"), origin.fixed(),
	    refusal(after="0.1"), origin.fixed(), retry={"body": "2000B"})
	one = lab.client()
	assert one.call("PUT", far.url + "/", body=BIG).status == 200
	assert len(far.requests) == 2
	assert one.call("PUT", far.url + "/", body=BIG + b"x").status == 429
	assert len(far.requests) == 3


def test_bodies_are_kept_only_where_a_rule_is(lab):
	far = lab.origin(origin.sequence(refusal(after="0.1"), origin.fixed(),
	    refusal(after="0.1"), origin.fixed()))
	lab.sluice()
	one = lab.client()
	assert one.call("PUT", far.url + "/", body=BIG).status == 429
	assert one.call("PUT", far.url + "/", body=BIG).status == 200
	assert one.call("PUT", far.url + "/", body=b"").status == 200
	assert len(far.requests) == 4


def test_refused_before_the_body_is_there(lab):
	"""What the client has still to send is waited for, and goes once."""
	far = lab.origin(origin.sequence(refusal(), origin.echo),
	    read_body=False)

	def handle(conn, req):
		if req.number == 0:
			conn.reply(429, fields=[("Retry-After", "0.2")])
			conn.end()
		else:
			far.body(conn, req)
			origin.echo(conn, req)
	far.handler = handle
	lab.sluice(hosts={"127.0.0.1": {}})
	one = lab.client()
	whole = client.request("PUT", far.url + "/", body=BIG)
	one.send(whole[:-1000])
	far.wait_requests(2)
	one.send(whole[-1000:])
	answer = one.response()
	assert (answer.status, answer.body) == (200, BIG)


def test_one_100_is_enough(lab):
	def handle(conn, req):
		if req.number == 0:
			conn.reply(429, fields=[("Retry-After", "0.2")])
		else:
			origin.echo(conn, req)
	far = lab.origin(handle)
	lab.sluice(hosts={"127.0.0.1": {}})
	one = lab.client()
	head = client.request("PUT", far.url + "/", body=BIG,
	    fields=[("Expect", "100-continue")])[:-len(BIG)]
	one.send(head)
	assert one.head().status == 100
	one.send(BIG)
	answer = one.head()
	assert answer.status == 200
	one.read_body(answer, wire.response_framing(answer, "PUT"))
	assert answer.body == BIG
	assert one.ping()


@pytest.mark.parametrize("size, conns", [(0, 1), (1000, 1), (60000, 1),
    (200000, 2)])
def test_what_is_refused_is_read_to_its_end(lab, size, conns):
	"""So that its connection is of use, as long as that is not much."""
	far = start(lab, refusal(body="x" * size), origin.fixed())
	assert lab.get(far.url + "/").status == 200
	assert len(far.conns) == conns


@pytest.mark.parametrize("how", ["cut", "drip", "hang", "close"])
def test_a_refusal_that_does_not_end_well(lab, how):
	"""Only its head matters."""
	def refuse(conn, req):
		conn.send(b"HTTP/1.1 429 No\r\nRetry-After: 0.3\r\n"
		    + (b"\r\n" if how == "close" else
		    b"Content-Length: 100\r\n\r\n") + b"x")
		if how == "cut":
			conn.abort()
		elif how == "close":
			conn.end()
		else:
			if how == "drip":
				conn.send(b"y" * 20)
			conn.wait_gone()
			conn.done = True
			conn.leave()
	far = start(lab, refuse, origin.fixed(body="good"))
	answer = lab.get(far.url + "/")
	assert (answer.status, answer.body) == (200, b"good")


@pytest.mark.parametrize("reply", [
    origin.fixed(429, body='{"error":{"code":"insufficient_quota"}}',
        fields=[("Content-Type", "application/json")]),
    origin.fixed(429, body='{"title":"x","retryable":false}',
        fields=[("Content-Type", "application/problem+json")]),
    origin.fixed(429, fields=[("X-Should-Retry", "false")]),
    origin.fixed(429, fields=[("grpc-retry-pushback-ms", "-1")])],
    ids=["quota", "body", "field", "pushback"])
def test_who_says_that_it_is_no_use(lab, reply):
	"""In a body or a field: relayed as it came, at once."""
	far = start(lab, reply, origin.fixed())
	assert lab.get(far.url + "/").status == 429
	assert len(far.requests) == 1


USELESS = '{"error":{"code":"insufficient_quota"}}'


def useless(*fields):
	"""A refusal that names its time, and says that no time helps."""
	return origin.fixed(429, body=USELESS, fields=[
	    ("Content-Type", "application/json"), *fields])


@pytest.mark.parametrize("field", [("Retry-After", "1"),
    ("retry-after-ms", "900"), ("RateLimit", '"a";r=0;t=1')],
    ids=lambda field: field[0])
def test_no_use_though_a_time_is_named(lab, field):
	"""Its body is read for that, and comes as it was."""
	far = start(lab, useless(field), origin.fixed())
	answer = lab.get(far.url + "/")
	assert (answer.status, answer.body) == (429, USELESS.encode())
	assert len(far.requests) == 1


def test_the_named_pause_does_not_wait_for_the_body(lab):
	"""Everybody else is held from the head on."""
	rest = threading.Event()

	def refuse(conn, req):
		conn.send(b"HTTP/1.1 429 No\r\nRetry-After: 60\r\n"
		    b"Content-Type: application/json\r\n"
		    b"Content-Length: %d\r\n\r\n" % len(USELESS))
		rest.wait(wire.DEADLINE)
		conn.send(USELESS.encode())
	far = start(lab, refuse, origin.fixed(), queue={"max_wait": "10ms"},
	    retry={"max_time": "30s"})
	task = lab.spawn(lab.get, far.url + "/")
	lab.daemons[0].err.like("paused for", 1)
	other = lab.get(far.url + "/other")
	rest.set()
	assert other.status == 429 and int(other.get("retry-after")) >= 55
	answer = task.join()
	assert (answer.status, answer.body) == (429, USELESS.encode())
	assert far.targets() == ["/"]


def test_an_upload_rests_while_its_refusal_is_read(lab):
	"""Else it may be longer than what is kept to be sent again."""
	first, rest = b"first", bytes(100_000)
	go = threading.Event()

	def handle(conn, req):
		if req.number > 0:
			conn.read_body(req, wire.request_framing(req))
			conn.reply(body=req.body)
			return
		conn.until(first)
		conn.send(b"HTTP/1.1 429 No\r\nRetry-After: 0.1\r\n"
		    b"Content-Type: application/json\r\n"
		    b"Content-Length: 2\r\n\r\n")
		lab.daemons[0].err.like("paused for", 1)
		go.set()
		# The end of the chunk that had come, and no more.
		while conn.buf.strip(b"\r\n") == b"":
			conn.buf.clear()
			if conn.quiet() or not conn.fill():
				break
		conn.send(b"{}")
		conn.wait_gone()
		conn.done = True
		conn.leave()
	far = lab.origin(handle, read_body=False)
	lab.sluice(hosts={"127.0.0.1": {"learn": "pause",
	    "retry": {"body": "1KiB"}}})
	one = lab.client()
	one.send(client.request("PUT", far.url + "/", length=False,
	    fields=[("Transfer-Encoding", "chunked")],
	    body=b"5\r\n%s\r\n" % first))
	go.wait(wire.DEADLINE)
	task = lab.spawn(one.send, wire.chunked(rest))
	answer = one.response("PUT")
	task.join()
	assert (answer.status, answer.body) == (200, first + rest)


def test_a_body_after_a_named_time_is_waited_for_a_second(lab):
	"""Then the request goes out again, though the answer is not whole."""
	def refuse(conn, req):
		conn.send(b"HTTP/1.1 429 No\r\nRetry-After: 0.1\r\n"
		    b"Content-Type: application/json\r\n"
		    b"Content-Length: 100\r\n\r\n{")
		conn.wait_gone()
		conn.done = True
		conn.leave()
	far = start(lab, refuse, origin.fixed(body="good"))
	answer = lab.get(far.url + "/")
	assert (answer.status, answer.body) == (200, b"good")
	first, second = far.times()
	assert second - first >= 0.9


def test_each_attempt_spends(lab):
	"""A token for each time, of a budget of two in a second."""
	far = start(lab, refusal(after="0"), refusal(after="0.05"),
	    origin.fixed(), capacity=2, period="1s", burst=1)
	since = time.monotonic()
	assert lab.get(far.url + "/").status == 200
	times = far.times(since)
	assert times[1] >= 0.48 and times[2] >= 0.98


def test_now_is_believed_once(lab):
	"""Who says "now" and refuses again gets a rest all the same."""
	far = start(lab, refusal(after="0"), retry={"attempts": 4},
	    pause={"default": "200ms"})
	assert lab.get(far.url + "/").status == 429
	times = far.times()
	gaps = [b - a for a, b in zip(times, times[1:])]
	assert len(times) == 5
	assert [round(g, 1) >= pause for g, pause in
	    zip(gaps, [0, 0.2, 0.4, 0.8])] == [True] * 4, gaps


def test_the_first_now_is_believed(lab):
	"""Also that of a request that has waited before, as it was told."""
	far = start(lab, refusal(after="0.3"), refusal(after="0"),
	    refusal(after="0"), origin.fixed(), retry={"attempts": 4},
	    pause={"default": "400ms"})
	assert lab.get(far.url + "/").status == 200
	times = far.times()
	assert times[3] - times[2] >= 0.39
	assert len(lab.daemons[0].err.like("believed once", 1)) == 1


PAST = "Tue, 15 Nov 1994 12:44:26 GMT"
DATE = ("Date", "Tue, 15 Nov 1994 12:45:26 GMT")


@pytest.mark.parametrize("fields", [
    [("Retry-After", "0")], [("Retry-After", "0.001")],
    [("Retry-After", PAST), DATE], [("Retry-After-Ms", "2")],
    [("RateLimit", '"a";r=0;t=0')],
    [("X-RateLimit-Remaining", "0"),
     ("X-RateLimit-Reset", str(int(time.time()) - 5))]],
    ids=["zero", "fraction", "past", "ms", "t", "reset"])
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_now_is_believed_once_for_a_host(lab, fields, method):
	"""Not once for each request: most are never sent again.

	https://github.com/kubescape/kubevuln/pull/755
	"""
	far = start(lab, origin.fixed(429, fields=fields),
	    queue={"max_wait": "10ms"}, retry={"attempts": 0})
	body = "x" if method == "POST" else None
	for _ in range(30):
		assert lab.client().call(method, far.url + "/",
		    body=body).status == 429
	assert len(far.requests) <= 2
	line, = lab.daemons[0].err.like("paused for 5 s", 1)
	assert '"now" has been believed once' in line or \
	    "no time is named" in line


def test_a_reset_says_more_than_now(lab):
	"""What is used up until then is no guess, once "now" was wrong."""
	far = start(lab, origin.fixed(429, fields=[("Retry-After", "0"),
	    ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "40")]),
	    queue={"max_wait": "10ms"}, retry={"attempts": 0})
	for _ in range(4):
		answer = lab.get(far.url + "/")
		assert answer.status == 429
	assert len(far.requests) == 2
	assert 30 <= int(answer.get("retry-after")) <= 40


def test_a_success_makes_now_believable_again(lab):
	far = start(lab, *[refusal(after="0"), origin.fixed()] * 3)
	began = time.monotonic()
	for _ in range(3):
		assert lab.get(far.url + "/").status == 200
	assert time.monotonic() - began < 3 * wire.SLOW
	assert len(far.requests) == 6


def test_max_wait_counts_from_the_end_of_the_pause(lab):
	"""A time that is named and max_wait are often the same minute.

	https://github.com/EnricoMi/publish-unit-test-result-action/issues/419
	"""
	far = start(lab, refusal(after="1"), refusal(after="1"),
	    origin.fixed(), queue={"max_wait": "1s"})
	assert lab.get(far.url + "/").status == 200
	assert len(far.requests) == 3


def test_max_wait_is_none_of_the_pause(lab):
	"""What made a pause longer while one waited is not held against it."""
	gate = origin.Gate(refusal(after="0.4"))
	far = lab.origin(origin.sequence(gate, gate, refusal(after="0.8"),
	    origin.fixed()))
	lab.sluice(hosts={"127.0.0.1": {"queue": {"max_wait": "300ms"}}})
	clients = [lab.client().ask("GET", far.url + "/") for _ in range(2)]
	far.wait_requests(2)
	gate.open()
	for one in clients:
		assert one.response().status == 200
	assert len(far.requests) == 5


def test_beyond_its_deadline_the_refusal_is_relayed_at_once(lab):
	far = start(lab, refusal(after="60"), queue={"max_wait": "5s"},
	    retry={"max_time": "50s"})
	began = time.monotonic()
	answer = lab.get(far.url + "/")
	assert answer.status == 429 and answer.get("retry-after") == "60"
	assert answer.body == b"slow down"
	assert time.monotonic() - began < 2 * wire.SLOW
	assert len(far.requests) == 1


@pytest.mark.parametrize("how", ["max_time", "field"])
def test_it_may_be_sent_again_within_a_time(lab, how):
	"""Of the rule, or the client's own word: for all waits together."""
	far = start(lab, refusal(after="1.5"), queue={"max_wait": "2s"},
	    retry={"attempts": 10, **({"max_time": "2s"} if how ==
	    "max_time" else {})})
	began = time.monotonic()
	answer = lab.client().call("GET", far.url + "/", fields=[
	    ("Sluice-Max-Wait", "2")] if how == "field" else [])
	assert (answer.status, answer.get("retry-after")) == (429, "1.5")
	assert time.monotonic() - began < 3 * wire.SLOW
	assert len(far.requests) == 2


def test_an_answer_of_our_own_tells_of_it_too(lab):
	"""Sent again, and then the host was gone, or the time was up."""
	far = start(lab, refusal(after="0.2"),
	    origin.raw(b"nonsense\r\n\r\n", "end"))
	answer = lab.get(far.url + "/")
	assert answer.status == 502
	assert "(sent again 1 time before)" in answer.get("proxy-status")
	assert 'retry;desc="1"' in timings(answer)


@pytest.mark.parametrize("method, body", [("GET", None), ("POST", "x")])
def test_an_idle_connection_that_was_closed_meanwhile(lab, method, body):
	"""A pause is long enough for origins to close what is idle."""
	def refuse(conn, req):
		conn.reply(429, fields=[("Retry-After", "0.3")])
		conn.end()
	far = start(lab, refuse, origin.echo,
	    retry={"methods": ["idempotent", "POST"]})
	answer = lab.client().call(method, far.url + "/", body=body)
	assert answer.status == 200
	assert far.requests[1].body == (body or "").encode()


@pytest.mark.skipif(sluice.WORKERS != 1, reason="arrival over workers")
def test_it_goes_before_those_who_wait(lab):
	gate = origin.Gate(refusal())
	far = lab.origin(origin.sequence(gate, origin.fixed()))
	lab.sluice(hosts={"127.0.0.1": {"concurrency": 1}})
	first = lab.client().ask("GET", far.url + "/first")
	far.wait_requests(1)
	others = [lab.client().ask("GET", far.url + f"/{i}")
	    for i in range(3)]
	lab.settle()
	gate.open()
	for one in [first] + others:
		assert one.response().status == 200
	assert far.targets()[:2] == ["/first", "/first"]


@pytest.mark.parametrize("how", ["reset", "close"])
def test_a_client_that_leaves_meanwhile(lab, how):
	far = start(lab, refusal(after="1"), origin.fixed(), concurrency=1)
	one = lab.client().ask("GET", far.url + "/gone")
	lab.daemons[0].err.wait("paused for")
	getattr(one, how)()
	lab.daemons[0].out.wait("client gone")
	assert lab.get(far.url + "/next").status == 200
	assert far.targets() == ["/gone", "/next"]


@pytest.mark.parametrize("learn", ["pause", "estimate"])
def test_what_is_always_refused_keeps_nobody_waiting(lab, learn):
	"""After each pause one request asks: not one client's six, each again and
	again, while the other has one for what the host serves."""
	far = lab.origin(origin.by_path({"/bad": refusal(after="0.5")}))
	lab.sluice(hosts={"127.0.0.1": {"learn": learn}})
	bad = [lab.client().ask("GET", far.url + "/bad") for _ in range(6)]
	wire.wait_until(lambda: len(far.requests) == 6, what="six refusals")
	other = lab.client(source="127.0.0.2")
	assert other.get(far.url + "/good").status == 200
	assert far.targets().index("/good") <= 7
	for one in bad:
		one.close()


def test_a_reload_meanwhile(lab):
	"""The pause, the place and the deadline stay."""
	far = start(lab, refusal(after="1"), origin.fixed(body="good"))
	one = lab.client().ask("GET", far.url + "/")
	daemon = lab.daemons[0]
	daemon.err.wait("paused for")
	daemon.change(hosts={"127.0.0.1": {"capacity": 100,
	    "retry": {"attempts": 0}}})
	assert one.response().body == b"good"
	assert far.times()[1] >= 0.9


def test_a_shutdown_meanwhile(lab):
	"""Those who wait for another attempt are waited for, as all are."""
	far = start(lab, refusal(after="0.5"), origin.fixed(body="good"))
	one = lab.client().ask("GET", far.url + "/")
	lab.daemons[0].err.wait("paused for")
	lab.daemons[0].term()
	assert one.response().body == b"good"
	assert lab.daemons[0].wait() == 0


def test_many_at_once(lab):
	"""Every second answer is a refusal; nobody hears of it."""
	def handle(conn, req):
		if req.number % 2 == 0:
			conn.reply(429, fields=[("Retry-After", "0")])
		else:
			conn.reply(body=req.target)
	far = lab.origin(handle)
	lab.sluice(hosts={"127.0.0.1": {"retry": {"attempts": 10},
	    "learn": "pause", "pause": {"default": "10ms", "max": "100ms"}}})
	clients = [lab.client().ask("GET", far.url + f"/{i}")
	    for i in range(50)]
	for i, one in enumerate(clients):
		answer = one.response()
		assert (answer.status, answer.body) == (200, f"/{i}".encode())
	assert len(far.requests) >= 99
