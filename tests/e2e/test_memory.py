# SPDX-License-Identifier: ISC
"""What all exchanges together may hold, and what ends each of them."""
import threading

import pytest

import client
import origin
import sluice
import wire

MIB = 1 << 20
BODY = wire.pattern(MIB)
# Kernel and allocator; a sanitizer's quarantine keeps what was freed.
SLACK = (400 if sluice.sanitized() else 24) * MIB


class Held:
	"""An origin that reads requests whole and answers when it is told."""

	def __init__(self, lab, *answers):
		self.go = threading.Event()
		self.answers = answers or [origin.fixed()]
		self.far = lab.origin(self.handle)
		self.url = self.far.url

	def handle(self, conn, req):
		answer = self.answers[min(self.again(req),
		    len(self.answers) - 1)]
		if not self.again(req):
			self.go.wait(3 * wire.DEADLINE)
		answer(conn, req)

	def again(self, req):
		"""How often that target was asked for before."""
		return sum(r.target == req.target and r.number < req.number
		    for r in self.far.requests)


def upload(lab, url, n, size=MIB, source=None):
	"""n PUTs, a connection each."""
	some = []
	for i in range(n):
		one = lab.client(source=source)
		one.send(client.request("PUT", f"{url}/{i}", body=BODY[:size]))
		some.append(one)
	return some


def test_no_body_is_kept_without_a_rule(lab):
	held = Held(lab)
	daemon = lab.sluice()
	lab.get("http://127.0.0.1:9/")
	before = daemon.rss()
	some = upload(lab, held.url, 60)
	held.far.wait_requests(60)
	assert daemon.rss() - before < SLACK
	held.go.set()
	assert {one.response("PUT").status for one in some} == {200}


def test_kept_bodies_are_bounded_together(lab):
	"""The largest are let go first: they are not sent again."""
	held = Held(lab, origin.fixed(429, fields=[("Retry-After", "0.2")]),
	    origin.fixed())
	daemon = lab.sluice(limits={"memory": "4MiB"}, access={"share": "off"},
	    hosts={"127.0.0.1": {"queue": {"max_wait": "60s"}}})
	small = upload(lab, held.url + "/small", 10, 20_000)
	lab.get("http://127.0.0.1:9/")
	before = daemon.rss()
	large = upload(lab, held.url + "/large", 60)
	held.far.wait_requests(70)
	assert daemon.rss() - before < SLACK
	held.go.set()
	assert [one.response("PUT").status for one in small] == [200] * 10
	got = [one.response("PUT").status for one in large]
	# as many as fit beside the small ones
	assert 1 <= got.count(200) <= 4
	assert got.count(429) == 60 - got.count(200)


def test_who_keeps_most_loses_first(lab):
	"""Another client's body is sent again, though it is larger."""
	held = Held(lab, origin.fixed(429, fields=[("Retry-After", "0.2")]),
	    origin.fixed())
	lab.sluice(limits={"memory": "8MiB"},
	    hosts={"127.0.0.1": {"queue": {"max_wait": "60s"}}})
	other = upload(lab, held.url + "/other", 1, source="127.0.0.5")
	held.far.wait_requests(1)
	many = upload(lab, held.url + "/many", 40, MIB // 2)
	held.far.wait_requests(41)
	held.go.set()
	assert other[0].response("PUT").status == 200
	got = [one.response("PUT").status for one in many]
	# half of what the other leaves
	assert 1 <= got.count(200) <= 7
	assert got.count(429) == 40 - got.count(200)


def test_readers_that_stall_share_a_bound(lab):
	"""Each waits for its own client; nobody else waits for them."""
	def handle(conn, req):
		if req.target == "/quick":
			conn.reply(body="quick")
			return
		conn.send(b"HTTP/1.1 200 OK\r\n"
		    b"Content-Length: 50000000\r\n\r\n")
		conn.sock.settimeout(3 * wire.DEADLINE)
		try:
			for _ in range(50):
				conn.send(BODY[:1000000])
		except OSError:
			pass
	far = lab.origin(handle)
	daemon = lab.sluice(limits={"memory": "1MiB", "buffer": "1MiB"})
	assert lab.get(far.url + "/quick").status == 200
	before = daemon.rss()
	stalled = [lab.client(rcvbuf=4096) for _ in range(60)]
	for one in stalled:
		one.ask("GET", far.url + "/slow")
	far.wait_requests(61)
	for _ in range(20):
		assert lab.get(far.url + "/quick").body == b"quick"
	# without the bound half of limits.buffer waits for each
	assert daemon.rss() - before < SLACK
	assert stalled[0].head().status == 200
	assert stalled[0].digest(50000000) == wire.sha(BODY[:1000000] * 50)
	for one in stalled:
		one.reset()


def test_uploads_that_wait_share_a_bound(lab):
	held = Held(lab)
	daemon = lab.sluice(limits={"memory": "1MiB", "head": "1MiB"},
	    hosts={"127.0.0.1": {"concurrency": 1}})
	before = daemon.rss()
	some = [lab.client() for _ in range(60)]
	for i, one in enumerate(some):
		one.send(client.request("PUT", f"{held.url}/{i}",
		    fields=[("Content-Length", MIB)]))
		one.send_until_stalled(MIB, data=BODY)
	assert daemon.rss() - before < SLACK
	held.go.set()
	for one in some:
		one.reset()


@pytest.mark.parametrize("whole", [True, False])
def test_heads_share_a_bound(lab, whole):
	"""Long ones are refused when memory is short, others never."""
	held = Held(lab)
	daemon = lab.sluice(limits={"memory": "1MiB"},
	    hosts={"127.0.0.1": {"concurrency": 1}})
	lab.get("http://127.0.0.1:9/")
	long = client.request("GET", held.url + "/long",
	    fields=[("X-Long", "x" * 30_000), ("X-Longer", "y" * 30_000)])
	refused = 0
	some = [lab.client() for _ in range(60)]
	for one in some:
		one.send(long if whole else long[:-2])
	# each is waiting, or is told
	wire.wait_until(lambda: sum(not one.quiet(0) for one in some) >= 35,
	    what="refusals")
	for one in some:
		if not one.quiet(0):
			answer = one.response()
			refused += answer.status == 503
			assert b"limits.memory is reached" in answer.body
	assert 35 <= refused < 60
	short = lab.client()
	short.ask("GET", held.url + "/short")
	held.go.set()
	for one in some:
		one.reset()
	assert short.response().status == 200


def test_a_reload_changes_the_bound(lab):
	held = Held(lab, origin.fixed(429, fields=[("Retry-After", "0.2")]),
	    origin.fixed())
	hosts = {"127.0.0.1": {}}
	daemon = lab.sluice(hosts=hosts)
	some = upload(lab, held.url, 4)
	held.far.wait_requests(4)
	daemon.change(limits={"memory": "64KiB"})
	held.go.set()
	assert [one.response("PUT").status for one in some] == [429] * 4


@pytest.mark.parametrize("method, body", [("POST", 20000), ("PUT", 20000),
    ("GET", 0)])
def test_sending_that_fails_ends_the_exchange(lab, fault, method, body):
	"""The slot comes back though body and response never will."""
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": {"concurrency": 1}},
	    timeouts={"response": "1s"})
	assert lab.get(far.url + "/").status == 200
	fault.arm("sendmsg", "ENOBUFS", port=far.port)
	one = lab.client()
	one.send(client.request(method, far.url + "/", body=BODY[:body] or None)
	    [:-10 if body else None])
	wire.wait_until(fault.fired, what="the fault")
	assert lab.get(far.url + "/").status == 200
	assert one.response(method).status in (502, 504)
