# SPDX-License-Identifier: ISC
"""One client cannot have all of it: places, connections, time, memory."""
import json
import time

import metrics
import origin
import sluice
import test_users
import wire

GREEDY, MODEST, THIRD = "127.0.0.1", "127.0.0.5", "127.0.0.6"


def ask(lab, source, url):
	one = lab.client(source=source)
	one.ask("GET", url)
	return one


def fill(lab, daemon, far, n, source=GREEDY, first=0):
	"""So many more wait, one after the other; who they are."""
	waiting = []
	for i in range(first, first + n):
		waiting.append(ask(lab, source, f"{far.url}/{source}/{i}"))
		metrics.until(daemon, lambda seen: seen.sum(
		    "sluice_queue_length") == i + 1)
	return waiting


def test_a_full_queue_makes_room(lab):
	"""
	Who has all places gives its last one to a newcomer, up to half of
	them, and is told why; who would have no fewer is refused itself.
	"""
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = lab.sluice(hosts={"127.0.0.1": {"concurrency": 1,
	    "queue": {"length": 4}}})
	held = ask(lab, GREEDY, far.url + "/held")
	far.wait_requests(1)
	waiting = fill(lab, daemon, far, 4)
	refused = lab.client(source=GREEDY).get(far.url + "/alone")
	assert refused.status == 429
	assert json.loads(refused.body)["detail"] == "the host's queue is full"

	modest = [ask(lab, MODEST, f"{far.url}/modest/{i}") for i in range(2)]
	for one in waiting[:1:-1]:
		answer = one.response()
		assert answer.status == 429
		assert int(answer.get("retry-after")) >= 1
		problem = json.loads(answer.body)
		assert problem["detail"] == ("the host's queue is full, and "
		    "most of it is the client's")
		assert problem["says"].startswith("refused, for the queue is full")
	assert lab.client(source=MODEST).get(far.url + "/no").status == 429
	third = ask(lab, THIRD, far.url + "/third")
	metrics.until(daemon, lambda seen: seen("sluice_refusals_total",
	    host="127.0.0.1", reason="queue_full") == 5)
	gate.open()
	done = [one.response().status
	    for one in [held, third, *modest, *waiting[:2]]]
	assert sorted(done) == [200] * 5 + [429]


SLOT = {"127.0.0.1": {"concurrency": 1}}
PACE = "the client is slower than limits.pace, and others wait"
TIME = "it took longer than timeouts.exchange"
SIZE = 20_000_000	# bytes; more than what buffers and sockets take
LONG = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE


def waiter(lab, daemon, url):
	"""A client of its own that waits for the slot."""
	one = ask(lab, MODEST, url)
	metrics.until(daemon, lambda seen: seen.sum(
	    "sluice_queue_length") == 1)
	return one


def too_long(conn, req):
	"""Answers /long with more than anything takes, others at once."""
	if not req.target.startswith("/long"):
		return conn.reply()
	conn.send(LONG)
	try:
		conn.send(bytes(SIZE))
	except OSError:
		pass
	return None


def refused(daemon, reason, n=1):
	metrics.until(daemon, lambda seen: seen("sluice_refusals_total",
	    host="127.0.0.1", reason=reason) == n)


def test_who_does_not_send_gives_way(lab):
	"""An upload that does not go on, while another one waits."""
	far = lab.origin()
	daemon = lab.sluice(hosts=SLOT, timeouts={"idle": 2 * wire.SLOW})
	slow = lab.client()
	slow.ask("POST", far.url + "/slow", [("Content-Length", "1000000")])
	slow.send(b"x" * 500)
	far.wait_conns(1)
	other = waiter(lab, daemon, far.url + "/other")
	answer = slow.response("POST")
	assert answer.status == 408
	assert json.loads(answer.body)["detail"] == PACE
	assert other.response().status == 200
	refused(daemon, "too_slow")


def test_who_does_not_read_gives_way(lab):
	"""Its response is cut off, and the log says why."""
	far = lab.origin(too_long)
	daemon = lab.sluice(hosts=SLOT, limits={"buffer": "16KiB"},
	    timeouts={"idle": 2 * wire.SLOW})
	slow = lab.client(rcvbuf=4096)
	slow.ask("GET", far.url + "/long")
	far.wait_requests(1)
	assert waiter(lab, daemon, far.url + "/").response().status == 200
	refused(daemon, "too_slow")
	assert f" aborted: {PACE} rule=" in "\n".join(daemon.out.count(2))
	assert slow.head().status == 200
	try:
		assert len(slow.rest()) < SIZE
	except ConnectionError:
		pass


def test_who_holds_what_all_have_together_gives_way(lab):
	"""One slot, for which others wait with another credential."""
	rule = {"per": "x-key", "per_total": {"concurrency": 1}}
	far = lab.origin()
	daemon = lab.sluice(hosts={"127.0.0.1": rule},
	    timeouts={"idle": 2 * wire.SLOW})
	slow = lab.client()
	slow.ask("POST", far.url + "/slow", [("Content-Length", "1000000"),
	    ("X-Key", "a")])
	slow.send(b"x" * 500)
	far.wait_conns(1)
	other = lab.client(source=MODEST)
	other.ask("GET", far.url + "/other", [("X-Key", "b")])
	metrics.until(daemon, lambda seen: seen.sum(
	    "sluice_queue_length") == 1)
	answer = slow.response("POST")
	assert json.loads(answer.body)["detail"] == PACE
	assert other.response().status == 200
	refused(daemon, "too_slow")


def test_who_holds_up_nobody_may_be_slow(lab):
	"""Nor does the pace count where it is the host that takes its time."""
	step = 0.2 * wire.SLOW

	def events(conn, req):
		if req.target != "/events":
			conn.reply()
			return
		conn.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream"
		    b"\r\nContent-Length: 150\r\n\r\n")
		for _ in range(15):
			time.sleep(step)	# the host's own pace
			conn.send(b"data: one\n")
	far = lab.origin(events)
	daemon = lab.sluice(hosts=SLOT, timeouts={"idle": 1 * wire.SLOW},
	    limits={"pace": "1GiB"})
	stream = ask(lab, GREEDY, far.url + "/events")
	far.wait_requests(1)
	other = waiter(lab, daemon, far.url + "/other")
	assert stream.response().body == b"data: one\n" * 15
	assert other.response().status == 200

	# alone, an upload has all of timeouts.idle for each of its pieces
	slow = lab.client()
	slow.ask("POST", far.url + "/", [("Content-Length", "8000")])
	for _ in range(4):
		time.sleep(3 * step)
		slow.send(b"x" * 2000)
	assert slow.response("POST").status == 200


def test_no_pace(lab):
	"""With 0 it is timeouts.idle alone that ends it."""
	far = lab.origin()
	daemon = lab.sluice(hosts=SLOT, limits={"pace": 0},
	    timeouts={"idle": 1 * wire.SLOW})
	slow = lab.client()
	slow.ask("POST", far.url + "/slow", [("Content-Length", "1000000")])
	slow.send(b"x" * 500)
	far.wait_conns(1)
	other = waiter(lab, daemon, far.url + "/other")
	answer = slow.response("POST")
	assert json.loads(answer.body)["detail"] == \
	    "the request's body came too slowly"
	assert other.response().status == 200


def test_a_slot_is_had_for_so_long(lab):
	"""timeouts.exchange ends whatever has one, and says who was late."""
	gate = origin.Gate()
	far = lab.origin(origin.by_path({"/gate": gate}, too_long))
	daemon = lab.sluice(hosts={"127.0.0.1": {"concurrency": 4}},
	    timeouts={"exchange": 0.5 * wire.SLOW}, limits={"buffer": "16KiB"})
	waits = ask(lab, GREEDY, far.url + "/gate")
	sends = lab.client()
	sends.ask("PUT", far.url + "/", [("Content-Length", "1000000")])
	reads = lab.client(rcvbuf=4096)
	reads.ask("GET", far.url + "/long")
	tunnel = lab.client()
	assert tunnel.tunnel(f"127.0.0.1:{far.port}").status == 200
	tunnel.send(b"\x16\x03\x01")	# as TLS begins
	answer = waits.response()
	assert (answer.status, json.loads(answer.body)["detail"]) == (504, TIME)
	answer = sends.response("PUT")
	assert (answer.status, json.loads(answer.body)["detail"]) == (408, TIME)
	assert tunnel.ended()
	refused(daemon, "exchange_time", 4)
	gate.open()
	assert lab.client().get(far.url + "/next").status == 200
	assert len(daemon.out.like(TIME, 4)) == 4


def echo_bytes(conn):
	while conn.fill():
		conn.send(conn.take(len(conn.buf)))


def test_time_in_the_queue_is_not_counted(lab):
	"""Nor that of a tunnel that has given its slot back."""
	gate = origin.Gate()
	far, deaf = lab.origin(gate), lab.origin(accept=echo_bytes)
	daemon = lab.sluice(hosts={"127.0.0.1": {"concurrency": 1},
	    "localhost": {"concurrency": 1, "tunnel": {"hold": "connect"}}},
	    timeouts={"exchange": 0.5 * wire.SLOW})
	tunnel = lab.client()
	assert tunnel.tunnel(f"localhost:{deaf.port}").status == 200
	first = ask(lab, GREEDY, far.url + "/first")
	far.wait_requests(1)
	second = waiter(lab, daemon, far.url + "/second")
	assert first.response().status == 504
	far.wait_requests(2)
	gate.open()
	# it had waited for as long as it may have the slot
	assert second.response().status == 200
	tunnel.send(b"it stands")
	assert tunnel.exactly(9) == b"it stands"
	refused(daemon, "exchange_time")


def is_served(lab, source, url):
	"""Where it may be one of too many, and not even be answered."""
	try:
		return lab.client(source=source).get(url).status == 200
	except (OSError, wire.Closed):
		return False


def test_one_client_has_half_of_the_connections(lab):
	"""It is told so; what it holds beyond that nobody misses."""
	far = lab.origin()
	daemon = lab.sluice(limits={"connections": 12})
	mine = [lab.client(source=GREEDY) for _ in range(6)]
	for one in mine:
		assert one.get(far.url + "/mine").status == 200
	more = [lab.client(source=GREEDY) for _ in range(20)]
	for one in more:
		answer = one.get(far.url + "/more")
		assert answer.status == 503
		assert answer.get("connection") == "close"
		assert json.loads(answer.body)["detail"] == \
		    "the client has its share of limits.connections"
	daemon.err.wait(r"access.share: 127.0.0.1:\d+ has its share of "
	    r"limits.connections \(12\), and gets no more")
	assert len(daemon.err.like("has its share", 1)) == 1
	assert metrics.scrape(daemon)("sluice_clients") == 1

	# half of what that one leaves, and of what those two do
	others = [lab.client(source=MODEST) for _ in range(3)]
	for one in others:
		assert one.get(far.url + "/modest").status == 200
	assert lab.client(source=MODEST).get(far.url + "/").status == 503
	assert lab.client(source=THIRD).get(far.url + "/").status == 200

	# who goes makes room for one more
	for one in others[1:]:
		one.close()
	mine.pop().close()
	wire.wait_until(lambda: is_served(lab, MODEST, far.url + "/again"),
	    what="room again")
	metrics.until(daemon, lambda seen: seen.sum("sluice_refusals_total",
	    reason="client_share") >= 21)


def test_connections_that_say_nothing_beyond_a_share(lab):
	"""Most of them are closed at once, and others are served."""
	far = lab.origin()
	daemon = lab.sluice(limits={"connections": 40})
	flood = [lab.client(source=GREEDY) for _ in range(300)]
	metrics.until(daemon, lambda seen: seen.sum("sluice_refusals_total",
	    reason="client_share") >= 300 - 20 - 65 * sluice.WORKERS)
	for _ in range(10):
		assert lab.client(source=MODEST).get(far.url + "/").status == 200
	for one in flood:
		one.close()


def test_share_off(lab):
	far = lab.origin()
	lab.sluice(limits={"connections": 10}, access={"share": "off"})
	mine = [lab.client(source=GREEDY) for _ in range(10)]
	for one in mine:
		assert one.get(far.url + "/").status == 200
	refused = lab.client(source=MODEST).get(far.url + "/")
	assert json.loads(refused.body)["detail"] == \
	    "limits.connections is reached"


def test_rate(lab):
	"""Of all a client's connections together, and of nobody else's."""
	far = lab.origin()
	daemon = lab.sluice(access={"rate": 3})
	one, other = lab.client(source=GREEDY), lab.client(source=GREEDY)
	since = time.monotonic()
	answers = [(one if i % 2 else other).get(far.url + "/")
	    for i in range(40)]
	took = time.monotonic() - since
	passed = [answer.status for answer in answers].count(200)
	assert 3 <= passed <= 3 + 3 * took
	slow = next(answer for answer in answers if answer.status == 429)
	assert slow.get("retry-after") == "1"
	assert slow.get("connection") is None
	assert json.loads(slow.body)["detail"] == \
	    "more requests than access.rate allows"
	assert lab.client(source=MODEST).get(far.url + "/").status == 200

	# it is no use to come anew
	one.close()
	other.close()
	wire.wait_until(lambda: is_served(lab, GREEDY, far.url + "/"),
	    what="a request that may go")
	assert lab.client(source=GREEDY).get(far.url + "/").status == 429
	metrics.until(daemon, lambda seen: seen("sluice_refusals_total",
	    host="_default", reason="client_rate") >= 38 - 3 * took)


def test_a_user_is_one_client(lab):
	"""From whatever address, and beside others at the same one."""
	gate = origin.Gate()
	house = test_users.House(lab, origin.by_path({"/held": gate},
	    origin.fixed()), hosts={"127.0.0.1": {"concurrency": 1,
	    "queue": {"length": 4}}})
	far, daemon = house.far, house.daemon

	def queue(fields, source, n):
		waiting = []
		for _ in range(n):
			before = metrics.scrape(daemon).sum(
			    "sluice_queue_length")
			waiting.append(lab.client(source=source))
			waiting[-1].ask("GET", far.url + "/", [fields])
			metrics.until(daemon, lambda seen: seen.sum(
			    "sluice_queue_length") == before + 1)
		return waiting
	held = lab.client()
	held.ask("GET", far.url + "/held", [test_users.BOB])
	far.wait_requests(1)
	alice = queue(test_users.ALICE, GREEDY, 2) + \
	    queue(test_users.ALICE, MODEST, 2)
	bob = lab.client(source=MODEST)
	bob.ask("GET", far.url + "/", [test_users.BOB])
	# her last, wherever that one came from
	assert alice.pop().response().status == 429
	gate.open()
	assert {one.response().status for one in [held, bob, *alice]} == {200}


def test_the_rate_of_users(lab):
	"""His, who is a user; the address's of who is none."""
	house = test_users.House(lab, access={"users": lab.dir / "users",
	    "rate": 2})
	alice, bob = lab.client(), lab.client()
	seen = [alice.get(house.url, [test_users.ALICE]).status
	    for _ in range(20)]
	assert seen.count(429) >= 20 - 2 - 2 * 2 * wire.SLOW
	assert bob.get(house.url, [test_users.BOB]).status == 200
	nobody = [lab.client().get(house.url).status for _ in range(20)]
	assert 407 in nobody and 429 in nobody
	house.daemon.err.wait("is ready")
