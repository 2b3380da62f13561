# SPDX-License-Identifier: ISC
"""SIGHUP keeps what there is; SIGTERM drains; a second one ends."""
import os
import signal
import sys
import threading
import time

import pytest

import client
import origin
import sluice
import wire

TIGHT = {"capacity": 1, "period": "1h", "queue": {"max_wait": "10ms"}}


def hosts(**keys):
	return {"127.0.0.1": keys}


def left(pid):
	"""The children of a process, those included that have ended."""
	with open(f"/proc/{pid}/task/{pid}/children") as f:
		return f.read().split()


def test_reload_keeps_what_was_consumed(lab):
	far = lab.origin()
	daemon = lab.sluice(hosts=hosts(**TIGHT))
	assert lab.get(far.url + "/").status == 200
	assert lab.get(far.url + "/").status == 429
	for _ in range(3):
		daemon.change(timeouts={"idle": "30s"})
		assert lab.get(far.url + "/").status == 429


def test_reload_with_other_limits(lab):
	"""They hold at once; consumed cost stays consumed."""
	far = lab.origin()
	daemon = lab.sluice(hosts=hosts(**TIGHT))
	assert lab.get(far.url + "/").status == 200
	assert lab.get(far.url + "/").status == 429
	daemon.change(hosts=hosts(capacity=3, period="1h",
	    queue={"max_wait": "10ms"}))
	got = [lab.get(far.url + "/").status for _ in range(4)]
	assert got == [200, 200, 429, 429]
	daemon.change(hosts=hosts(capacity=1000))
	assert [lab.get(far.url + "/").status for _ in range(5)] == [200] * 5


@pytest.mark.parametrize("before, after", [("host", "port"), ("port", "host"),
    ("shared", "host"), ("shared", "other")])
def test_reload_that_divides_keeps_what_was_consumed(lab, before, after):
	"""Whichever rule names the host afterwards, the hour's one is spent."""
	far = lab.origin()
	rules = {
	    "host": {"127.0.0.1": TIGHT},
	    "port": {f"127.0.0.1:{far.port}": TIGHT},
	    "shared": {"*": {**TIGHT, "shared": True}},
	    # A name that used the shared throttle first leaves it.
	    "other": {"*": {**TIGHT, "shared": True}, "localhost": {}},
	}
	daemon = lab.sluice(hosts=rules[before])
	host = "localhost" if after == "other" else "127.0.0.1"
	assert lab.get(f"http://{host}:{far.port}/").status == 200
	assert lab.get(far.url + "/").status == 429
	daemon.change(hosts=rules[after])
	assert lab.get(far.url + "/").status == 429


@pytest.mark.parametrize("before", ["host", "shared"])
def test_reload_shortens_the_pause(lab, before):
	"""To what a response may pause for now; who waits for it goes then."""
	far = lab.origin(origin.sequence(origin.fixed(429,
	    fields=[("Retry-After", "1000")]), origin.fixed()))
	def rule(most, **keys):
		return {"pause": {"max": most}, "retry": {"attempts": 0},
		    "queue": {"max_wait": "1h"}, **keys}
	wide = {"*": rule("1h", shared=True)}
	daemon = lab.sluice(hosts=wide if before == "shared" else
	    hosts(**rule("1h")))
	assert lab.get(far.url + "/").status == 429
	one = lab.client()
	one.ask("GET", far.url + "/")
	lab.settle()
	if before == "shared":
		daemon.change(hosts={**wide, **hosts(**rule("1h"))})
	assert one.quiet(0)
	daemon.change(hosts={**wide, **hosts(**rule("100ms"))})
	assert one.response().status == 200


def test_reload_keeps_the_pause(lab):
	far = lab.origin(origin.sequence(origin.fixed(429,
	    fields=[("Retry-After", "100")]), origin.fixed()))
	daemon = lab.sluice(hosts=hosts(queue={"max_wait": "10ms"},
	    retry={"attempts": 0}))
	assert lab.get(far.url + "/").status == 429
	daemon.change(hosts=hosts(capacity=1000, queue={"max_wait": "20ms"}))
	answer = lab.get(far.url + "/")
	assert answer.status == 429
	assert 90 <= int(answer.get("retry-after")) <= 100


def test_reload_lets_waiters_go(lab):
	"""Those who wait get the new limits."""
	far = lab.origin()
	daemon = lab.sluice(hosts=hosts(capacity=1, period="10m",
	    queue={"max_wait": "2h"}))
	assert lab.get(far.url + "/").status == 200
	waiting = [lab.client().ask("GET", far.url + "/") for _ in range(5)]
	lab.settle()
	assert len(far.requests) == 1
	daemon.change(hosts=hosts(capacity=1000, period="1s"))
	for one in waiting:
		assert one.response().status == 200


def test_reload_with_more_slots(lab):
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = lab.sluice(hosts=hosts(concurrency=1))
	clients = [lab.client().ask("GET", far.url + "/") for _ in range(4)]
	wire.wait_until(lambda: gate.held == 1, what="one")
	lab.settle()
	daemon.change(hosts=hosts(concurrency=3))
	wire.wait_until(lambda: gate.held == 3, what="three")
	lab.settle()
	assert far.most == 3
	daemon.change(hosts=hosts(concurrency=1))
	gate.open()
	for one in clients:
		assert one.response().status == 200


def test_slots_count_across_a_reload(lab):
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = lab.sluice(hosts=hosts(concurrency=2))
	first = [lab.client().ask("GET", far.url + "/") for _ in range(2)]
	wire.wait_until(lambda: gate.held == 2, what="two")
	daemon.change(hosts=hosts(concurrency=2, capacity=1000))
	more = [lab.client().ask("GET", far.url + "/") for _ in range(4)]
	lab.settle()
	assert gate.held == 2
	gate.open()
	for one in first + more:
		assert one.response().status == 200
	assert far.most == 2


@pytest.mark.parametrize("after", [
    {}, {"defaults": {"capacity": 1000}},
    {"hosts": {"*": {"capacity": 1000}}}])
def test_waiters_whose_rule_went_away_move(lab, after):
	far = lab.origin()
	daemon = lab.sluice(hosts=hosts(capacity=1, period="10m",
	    queue={"max_wait": "2h"}))
	assert lab.get(far.url + "/").status == 200
	waiting = [lab.client().ask("GET", far.url + "/") for _ in range(3)]
	lab.settle()
	daemon.change(**{"hosts": {}, **after})
	for one in waiting:
		assert one.response().status == 200


def test_running_exchanges_survive_their_rule(lab):
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = lab.sluice(hosts=hosts(concurrency=1))
	one = lab.client().ask("GET", far.url + "/")
	far.wait_requests(1)
	daemon.change(hosts={})
	gate.open()
	assert one.response().status == 200
	for _ in range(3):
		assert lab.get(far.url + "/").status == 200


def test_one_configuration_for_a_request(lab):
	"""Also where a reload comes between its moments: rules that give a host
	other parts, throttles and credentials take turns meanwhile."""
	far = lab.origin()
	parts = {f"/{i}": {"capacity": 9000} for i in range(9)}
	rules = [hosts(paths=parts), hosts(per="client"),
	    {"*": {"paths": {"/8": {"capacity": 9000}}, "shared": True}}]
	daemon = lab.sluice(hosts=rules[0])
	over = threading.Event()
	seen = []

	def ask():
		one = lab.client()
		while not over.is_set():
			seen.append(one.get(far.url + "/8").status)
			two = lab.client()
			seen.append(two.tunnel(far.at).status)
			two.close()
	tasks = [lab.spawn(ask) for _ in range(3)]
	for i in range(30):
		daemon.change(hosts=rules[i % 3])
	over.set()
	for task in tasks:
		task.join()
	assert set(seen) == {200}


def test_what_needs_a_restart_is_said(lab):
	daemon = lab.sluice()
	daemon.change(workers=7)
	daemon.err.wait("workers.*restart")
	assert lab.client().ping()


def test_file_gone_at_reload(lab):
	far = lab.origin()
	daemon = lab.sluice()
	daemon.file.unlink()
	daemon.hup()
	daemon.err.wait("configuration not reloaded: ")
	assert lab.get(far.url + "/").status == 200


def test_log_file_is_reopened(lab):
	far = lab.origin()
	path = lab.dir / "access.log"
	daemon = lab.sluice(log={"access": str(path)})
	lab.get(far.url + "/")
	wire.wait_until(lambda: "GET" in path.read_text(), what="a line")
	path.rename(lab.dir / "access.log.1")
	daemon.change()
	lab.get(far.url + "/")
	wire.wait_until(lambda: path.exists() and "GET" in path.read_text(),
	    what="a line in the new file")
	assert (lab.dir / "access.log.1").read_text().count("\n") == 1
	assert path.read_text().count("\n") == 1


@pytest.mark.parametrize("what", [signal.SIGTERM, signal.SIGINT])
def test_idle_ends_at_once(lab, what):
	far = lab.origin()
	daemon = lab.sluice(timeouts={"drain": "60s"})
	one = lab.client()		# an idle connection is no obstacle
	assert one.get(far.url + "/").status == 200
	began = time.monotonic()
	daemon.proc.send_signal(what)
	assert one.ended()
	assert daemon.wait() == 0
	assert time.monotonic() - began < 5 * wire.SLOW


def test_drain(lab):
	"""Running and queued ones finish; nobody new gets in."""
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = lab.sluice(hosts=hosts(concurrency=1),
	    timeouts={"drain": "60s"})
	clients = [lab.client().ask("GET", far.url + f"/{i}")
	    for i in range(4)]
	wire.wait_until(lambda: gate.held == 1, what="one in flight")
	lab.settle()
	daemon.term()
	wire.wait_until(lambda: refused(daemon), what="a closed listener")
	assert daemon.proc.poll() is None
	gate.open()
	for one in clients:
		answer = one.response()
		assert answer.status == 200 and answer.whole
		assert one.ended()
	assert daemon.wait() == 0
	assert len(far.requests) == 4


def refused(daemon):
	return refuses(daemon.address)


def refuses(address):
	try:
		client.Client(address).close()
		return False
	except OSError:
		return True


@pytest.mark.parametrize("args", [(), ("--keeper",)], ids=["", "keeper"])
def test_a_socket_of_the_next_daemon_stays(lab, args):
	"""One that drains takes no file with it but its own."""
	gate = origin.Gate()
	far = lab.origin(gate)
	door = lab.dir / "door"
	keys = {"listen": f"unix:{door}", "timeouts": {"drain": "60s"}}
	first = lab.sluice(args=args, **keys)
	first.err.wait("is ready")
	one = client.Client(str(door)).ask("GET", far.url + "/")
	far.wait_requests(1)
	first.term()
	wire.wait_until(lambda: refuses(str(door)), what="a closed listener")
	lab.sluice(args=args, **keys).err.wait("is ready")
	gate.open()
	assert one.response().status == 200
	one.close()
	assert first.wait() == 0
	other = client.Client(str(door))
	assert other.get(far.url + "/").status == 200
	other.close()


def test_requests_while_draining(lab):
	"""On a connection that is open already: 503, or it is closed."""
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = lab.sluice(timeouts={"drain": "60s"})
	running = lab.client().ask("GET", far.url + "/held")
	far.wait_requests(1)
	running.send(client.request("GET", far.url + "/next"))
	lab.settle()
	daemon.term()
	wire.wait_until(lambda: refused(daemon), what="a closed listener")
	gate.open()
	assert running.response().status == 200
	text = running.rest()
	assert text == b"" or text.startswith(b"HTTP/1.1 503 ")
	assert daemon.wait() == 0
	assert far.targets() == ["/held"]


def test_drain_is_bounded(lab):
	far = lab.origin(accept=lambda conn: conn.wait_gone(60))
	daemon = lab.sluice(timeouts={"drain": "700ms"})
	one = lab.client()
	assert one.tunnel(far.at).status == 200
	began = time.monotonic()
	daemon.term()
	assert one.ended()
	assert daemon.wait() == 0
	assert 0.6 < time.monotonic() - began < 6 * wire.SLOW


@pytest.mark.parametrize("held", ["off", "1ms"])
def test_who_waits_at_the_end_of_a_drain(lab, held):
	"""It is told that nothing was sent; what was sent is cut off."""
	far = lab.origin(origin.Gate())
	daemon = lab.sluice(hosts=hosts(concurrency=1), log={"held": held},
	    timeouts={"drain": "700ms"})
	running = lab.client().ask("GET", far.url + "/held")
	far.wait_requests(1)
	others = [lab.client().ask("POST", far.url + "/", body="x")
	    for _ in range(3)]
	control = lab.control()
	wire.wait_until(lambda: control.get("/v1/status").json()["waiting"]
	    == 3, what="three who wait")
	if held != "off":
		daemon.err.wait("held for .*: POST")
	daemon.term()
	for one in others:
		answer = one.response("POST")
		assert answer.status == 503
		assert b"the proxy is shutting down" in answer.body
		assert one.ended()
	assert running.ended()
	assert daemon.wait() == 0
	assert far.targets() == ["/held"]
	if sluice.WORKERS == 1:		# else each tells of its own
		assert "drain: 1 exchanges cut off, 3 that waited refused" \
		    in daemon.err.text()


def test_tunnel_ends_the_drain(lab):
	"""The last tunnel's end is the end; no need to wait longer."""
	far = lab.origin(accept=lambda conn: conn.wait_gone(60))
	daemon = lab.sluice(timeouts={"drain": "60s"})
	one = lab.client()
	assert one.tunnel(far.at).status == 200
	daemon.term()
	wire.wait_until(lambda: refused(daemon), what="a closed listener")
	assert daemon.proc.poll() is None
	one.close()
	assert daemon.wait() == 0


def test_second_signal_ends_at_once(lab):
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = lab.sluice(timeouts={"drain": "60s"})
	daemon.status = None		# whatever it is
	lab.client().ask("GET", far.url + "/")
	far.wait_requests(1)
	daemon.term()
	wire.wait_until(lambda: refused(daemon), what="a closed listener")
	assert daemon.proc.poll() is None
	began = time.monotonic()
	daemon.term()
	assert daemon.wait() in (0, 1, -signal.SIGTERM)
	assert time.monotonic() - began < 3 * wire.SLOW
	gate.open()


def test_reload_while_draining(lab):
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = lab.sluice(timeouts={"drain": "60s"})
	one = lab.client().ask("GET", far.url + "/")
	far.wait_requests(1)
	daemon.term()
	wire.wait_until(lambda: refused(daemon), what="a closed listener")
	for _ in range(5):
		daemon.hup()
	gate.open()
	assert one.response().status == 200
	assert daemon.wait() == 0


def test_signals_before_it_is_ready(lab):
	"""Whoever rotates logs or reloads at that moment does not end it."""
	far = lab.origin()
	place = lab.dir / "fifo"
	os.mkfifo(place)
	daemon = lab.sluice(file=place, wait=False)
	# it waits for somebody who writes its configuration
	writer = os.open(place, os.O_WRONLY)
	daemon.proc.send_signal(signal.SIGUSR1)
	daemon.hup()
	os.write(writer, daemon.file.read_bytes())
	os.close(writer)
	daemon.learn()
	daemon.err.wait("log files opened anew")
	daemon.err.wait("configuration not reloaded: .* cannot be read again")
	assert lab.get(far.url + "/").status == 200


def test_other_signals(lab):
	"""A stray SIGPIPE is no end."""
	far = lab.origin()
	daemon = lab.sluice()
	daemon.proc.send_signal(signal.SIGPIPE)
	assert lab.get(far.url + "/").status == 200


def test_standard_output_closed(lab):
	"""Nobody reads the access log any more; requests go on."""
	far = lab.origin()
	reader, writer = os.pipe()
	lab.sluice(stdout=writer)
	os.close(writer)
	os.close(reader)
	for _ in range(20):
		assert lab.get(far.url + "/").status == 200


# Becomes a program that has a child which it has never started.
PARENT = """
import os, sys
child = os.fork()
if child == 0:
	os.read(%d, 1)
	os._exit(0)
if %r:
	os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.parametrize("ended", [False, True], ids=["later", "before"])
def test_orphans_are_buried(lab, ended):
	"""Those that a container's first process has, or is started with."""
	ours, theirs = os.pipe()
	with os.fdopen(ours), os.fdopen(theirs, "wb", 0) as lives:
		if ended:
			lives.write(b"!")
		daemon = lab.sluice(before=[sys.executable, "-c", PARENT %
		    (ours, ended)], fds=[ours])
		daemon.err.wait("is ready")
		if not ended:
			assert len(left(daemon.pid)) == 2
			lives.write(b"!")
		wire.wait_until(lambda: len(left(daemon.pid)) == 1,
		    what="its burial")
		# who is to start others is not taken for one of them
		assert "has taken over" in daemon.upgrade()


def test_children_that_nobody_waits_for(lab):
	"""Whoever starts it ignores the end of children: it does not."""
	daemon = lab.sluice(before=["env", "--ignore-signal=CHLD"])
	daemon.err.wait("is ready")
	if not sluice.sanitized():
		assert "no sandbox" not in daemon.err.text()
	assert "has taken over" in daemon.upgrade()
