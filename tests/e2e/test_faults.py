# SPDX-License-Identifier: ISC
"""Calls that fail in the middle of it; tests/fault/run has all of them."""
import http.client
import os
import re
import signal
import sys
import threading
import time
from email.utils import formatdate

import pytest

import dnsserver
import faults
import metrics
import origin
import sluice
import wire
from control import Connection


def seen(lab, url):
	"""What a client of its own sees: a status, or None for an end."""
	one = lab.client()
	lab.clients.remove(one)
	try:
		return one.get(url).status
	except (OSError, wire.Closed):
		return None
	finally:
		one.close()


def survives(lab, fault, call, error, allowed):
	"""A request, whose slot is there for the next one."""
	far = lab.origin()
	daemon = lab.sluice(hosts={"127.0.0.1": {"concurrency": 1}})
	daemon.err.wait("is ready")
	assert seen(lab, far.url + "/") == 200
	statuses = set()
	for nth in fault.each(call, error):
		statuses.add(seen(lab, far.url + "/"))
		fault.disarm()
		assert seen(lab, far.url + "/") == 200, f"after {call} {nth}"
	assert nth > 1
	assert statuses <= allowed
	assert len(re.findall("libevent: ", daemon.err.text())) < 9
	return nth


# A byte of three, from a socket with a name, and no room for what is beside.
CUT_MESSAGE = """
import array, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen()
client = socket.socket(socket.AF_UNIX)
client.bind(sys.argv[2])
client.connect(sys.argv[1])
one = server.accept()[0]
client.sendmsg([b"abc"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
    array.array("i", [0, 1]))])
data, beside, flags, name = one.recvmsg(16, socket.CMSG_LEN(4))
assert data == b"a", data
assert flags & socket.MSG_CTRUNC, flags
fds = array.array("i", beside[0][2])
assert len(fds) == 1, fds
assert name == sys.argv[2], name
assert one.recv(16) == b"bc"
"""


def test_message_cut_short_tells_the_rest(fault, command, tmp_path):
	"""The library itself: it is cut in its bytes and in nothing else."""
	fault.arm("recvmsg", "CUT")
	command(sys.executable, "-c", CUT_MESSAGE, tmp_path / "a",
	    tmp_path / "b")
	assert fault.disarm().fired == 1


def test_no_memory(lab, fault):
	"""Any allocation: evhttp's for a connection, ours for a request."""
	assert survives(lab, fault, "memory", "ENOMEM",
	    {200, 503, None}) > 20


def test_descriptors_that_cannot_be_watched(lab, fault):
	survives(lab, fault, "epoll_ctl", "ENOSPC", {200, 502, 503, None})


def test_listeners_that_cannot_be_watched(lab, fault):
	"""Whoever says that it is ready accepts, if only a moment later."""
	far = lab.origin()
	ready = 0
	for nth in fault.each("epoll_ctl", "ENOSPC"):
		daemon = lab.sluice(wait=False)
		wire.wait_until(lambda: daemon.proc.poll() is not None or
		    "is ready" in daemon.err.text(), what="a start")
		if daemon.proc.poll() is None:
			fault.put(faults.CALL, 0)
			daemon.learn()
			assert seen(lab, far.url + "/") == 200, nth
			ready += 1
		else:
			assert daemon.proc.returncode == 1
			daemon.err.wait("error: ")
			daemon.status = 1
		daemon.stop()
	assert ready > 1


def test_no_memory_for_a_reload(lab, fault):
	"""The old state stays, whichever it is that fails."""
	far = lab.origin()
	hosts = {f"h{i}.test": {"capacity": i + 1} for i in range(4)}
	daemon = lab.sluice(hosts={**hosts, "127.0.0.1": {"concurrency": 1}})
	# not the start of its last thread
	daemon.err.wait("is ready")
	assert seen(lab, far.url + "/") == 200
	n = 1
	while True:
		fault.arm("memory", "ENOMEM", n)
		line = daemon.reload(hosts={**hosts, f"n{n}.test": {},
		    "127.0.0.1": {"concurrency": 1}})
		if not fault.disarm().fired:
			break
		assert seen(lab, far.url + "/") == 200
		n += 1 + n // 20
	assert "not reloaded" not in line
	assert n > 100


def test_no_memory_for_an_order(lab, fault):
	"""The order was right: it is not said to be wrong."""
	daemon = lab.sluice(hosts={"h.test": {"capacity": 1}})
	# not the start of its last thread
	daemon.err.wait("is ready")
	control = lab.control()

	def order():
		try:
			return control.post("/v1/hosts/h.test/pause",
			    {"for": "1ms", "reason": "a test"}).status
		except (OSError, http.client.HTTPException):
			return None
	assert order() == 200
	assert {order() for _ in fault.each("memory", "ENOMEM")} == \
	    {200, 503, None}
	assert order() == 200


def test_connecting_that_is_interrupted_goes_on(lab, fault):
	far = lab.origin()
	lab.sluice()
	fault.arm("connect", "EINTR")
	assert seen(lab, far.url + "/") == 200
	assert fault.fired() == 1


@pytest.mark.parametrize("call, error", [("write", "EINTR"),
    ("memory", "ENOMEM"), ("poll", "ENOMEM"), ("epoll_wait", "EINTR")])
def test_end_in_spite_of_what_fails(lab, fault, call, error):
	far = lab.origin()
	nth = 0
	while nth == 0 or fault.fired():
		daemon = lab.sluice()
		daemon.err.wait("is ready")
		assert seen(lab, far.url + "/") == 200
		nth += 1
		fault.arm(call, error, nth)
		daemon.term()
		assert daemon.wait() == 0
		fault.disarm()


class Cpu:
	"""What a daemon has used of a processor, for a while."""

	def __init__(self, daemon):
		self.daemon = daemon
		self.begun, self.before = time.monotonic(), daemon.cpu()

	def share(self, seconds):
		threading.Event().wait(seconds)		# a measuring interval
		return (self.daemon.cpu() - self.before) / (
		    time.monotonic() - self.begun)


MANY = 1 << 30


@pytest.mark.parametrize("error", ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"])
def test_accept_that_fails_for_a_while(lab, fault, error):
	"""No spinning meanwhile, told once a loop, all served a moment
	later."""
	far = lab.origin()
	daemon = lab.sluice()
	assert seen(lab, far.url + "/") == 200
	fault.arm("accept4", error, many=MANY)
	crowd = [lab.client().ask("GET", far.url + "/") for _ in range(20)]
	daemon.err.wait("accept: .*accepting stops")
	assert Cpu(daemon).share(0.3) < 0.3
	assert fault.fired() < 100
	fault.disarm()
	began = time.monotonic()
	assert [one.response().status for one in crowd] == [200] * 20
	assert time.monotonic() - began < 1 * wire.SLOW
	assert len(daemon.err.like("accept: ", 1)) <= sluice.WORKERS


def test_no_descriptor_for_what_goes_out(lab, fault):
	"""Neither a host's nor the name server's; the same a moment later."""
	far = lab.origin()
	dns = lab.dns(dnsserver.Here())
	daemon = lab.sluice(resolver=[dns.at], timeouts={"connect": "2s"},
	    defaults={"concurrency": 1})
	urls = [far.url + "/", f"http://a.test:{far.port}/"]
	fault.arm("socket", "EMFILE", many=MANY)
	used = Cpu(daemon)
	for _ in range(3):
		for url in urls:
			assert seen(lab, url) in (502, 503, 504)
	assert used.share(0.3) < 0.5
	fault.disarm()
	wire.wait_until(lambda: [seen(lab, url) for url in urls] ==
	    [200, 200], 2 * wire.SLOW, what="recovery")


def test_no_descriptor_for_a_log(lab, fault):
	"""The old one is written on; there is a new one next time."""
	far = lab.origin()
	path = lab.dir / "access.log"
	daemon = lab.sluice(log={"access": str(path)})
	assert seen(lab, far.url + "/") == 200
	wire.wait_until(lambda: path.read_text().count("\n") == 1)
	path.rename(lab.dir / "old.log")
	fault.arm("open", "EMFILE", many=MANY)
	daemon.proc.send_signal(signal.SIGUSR1)
	daemon.err.wait("log files not opened anew: .*Too many open files")
	assert seen(lab, far.url + "/") == 200
	wire.wait_until(lambda: (lab.dir / "old.log").read_text()
	    .count("\n") == 2, what="a line in the old one")
	fault.disarm()
	daemon.proc.send_signal(signal.SIGUSR1)
	wire.wait_until(path.exists, what="a new one")


def test_file_that_may_not_grow(lab):
	"""As by ulimit -f: requests go on, and it is told once."""
	far = lab.origin()
	path = lab.dir / "access.log"
	daemon = lab.sluice(log={"access": str(path)},
	    before=["prlimit", "--fsize=4096", "--"])
	one = lab.client()
	for _ in range(100):
		assert one.get(far.url + "/").status == 200
	daemon.err.wait("log.access: cannot write: File too large")
	assert one.get(far.url + "/").status == 200
	assert len(daemon.err.like("cannot write", 1)) == 1
	assert path.stat().st_size <= 4096


@pytest.mark.plain("the other loops stand still in the same way everywhere")
def test_exchanges_of_a_loop_that_hangs(lab, fault):
	"""Those of the others are shown, after a moment; and all afterwards."""
	far = lab.origin()
	daemon = lab.sluice(workers=2)
	control = lab.control()
	for _ in range(8):
		assert seen(lab, far.url + "/") == 200

	def shown():
		return len(control.get("/v1/exchanges").json()["exchanges"])
	wire.wait_until(lambda: shown() == 8, what="all of them")
	fault.hang(daemon.port)
	one = lab.client().ask("GET", far.url + "/last")
	wire.wait_until(fault.hangs, what="a loop that hangs")
	assert shown() < 9
	# who does not wait for that
	gone = Connection(control.at)
	gone.request("GET", "/v1/exchanges")
	gone.close()
	assert control.get("/v1/status").status == 200
	fault.go_on()
	assert one.response().status == 200
	wire.wait_until(lambda: shown() == 9, what="all of them again")


DAY = 24 * 3600


def test_wall_clock_that_jumps(lab, fault):
	"""By a day, both ways: rates, pauses and streams do not notice."""
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": {"capacity": 20, "burst": 1,
	    "pause": {"max": "1h"}}})
	one = lab.client()
	for jump in (0, DAY, -DAY, 0):
		fault.shift_clock(jump)
		began = time.monotonic()
		for _ in range(5):
			assert one.get(far.url + "/").status == 200
		assert 0.15 < time.monotonic() - began < 2 * wire.SLOW


@pytest.mark.parametrize("jump", [DAY, -DAY])
def test_wall_clock_that_jumps_in_a_pause(lab, fault, jump):
	"""A date is what its answer's own Date makes it; a pause then holds."""
	now = int(time.time())
	far = lab.origin(origin.sequence(lambda conn, req: conn.reply(429,
	    fields=[("Date", formatdate(now, usegmt=True)),
	        ("Retry-After", formatdate(now + 1, usegmt=True))]),
	    origin.fixed()))
	lab.sluice(hosts={"127.0.0.1": {"retry": {"attempts": 2},
	    "pause": {"max": "1h"}}})
	one = lab.client()
	one.ask("GET", far.url + "/")
	far.wait_requests(1)
	fault.shift_clock(jump)
	assert one.response().status == 200
	first, second = far.times()
	assert 0.9 < second - first < 1 + 5 * wire.SLOW


def told(lab, daemon):
	"""The instants that are told of what is over."""
	ctl = lab.control(daemon)
	status = ctl.get("/v1/status").json()
	yield status["started"]
	yield status["configuration"]["loaded"]
	for x in ctl.get("/v1/exchanges").json()["exchanges"]:
		yield x["time"]
	for o in ctl.get("/v1/overrides").json()["overrides"]:
		yield o["since"]
	for e in ctl.get("/v1/events?follow=false&after=0").json()["events"]:
		yield e["time"]
	yield next(line for line in metrics.fetch(daemon).body.splitlines()
	    if line.startswith(LOADED))


LOADED = b"sluice_config_last_reload_success_timestamp_seconds "


def test_wall_clock_changes_nothing_that_is_over(lab, fault):
	"""When it was is what the clock said then, however often it is told."""
	far = lab.origin()
	daemon = lab.sluice(hosts={"127.0.0.1": {"capacity": 20}})
	one = lab.client()
	for _ in range(3):
		assert one.get(far.url + "/").status == 200
	ctl = lab.control(daemon)
	assert ctl.post("/v1/hosts/a.test/drain", {}).status == 200
	wire.wait_until(lambda: len(ctl.get("/v1/exchanges").json()[
	    "exchanges"]) == 3, what="all of them have ended")
	before = list(told(lab, daemon))
	assert len(before) >= 7
	for jump in (0, DAY, -DAY, 0):
		fault.shift_clock(jump)
		assert list(told(lab, daemon)) == before


def test_wall_clock_changes_no_order(lab, fault):
	"""Of what several event loops have ended, the last comes first."""
	far = lab.origin()
	daemon = lab.sluice(workers=2)
	ctl = lab.control(daemon)

	def paths():
		return [e["path"] for e in ctl.get("/v1/exchanges").json()[
		    "exchanges"]]
	for i in range(16):
		if i == 8:
			fault.shift_clock(-DAY)
		assert lab.get(f"{far.url}/{i}").status == 200
		wire.wait_until(lambda: len(paths()) == i + 1, what="its end")
	assert paths() == [f"/{i}" for i in reversed(range(16))]


@pytest.mark.plain("a loop stands still in the same way everywhere")
@pytest.mark.parametrize("strict", [False, True])
def test_stopped_under_load(lab, strict):
	"""SIGSTOP, SIGCONT: what was missed is not made up for at once."""
	seconds = float(os.environ.get("SLUICE_LONG", "1"))
	far = lab.origin()
	daemon = lab.sluice(hosts={"127.0.0.1": {"capacity": 50, "burst": 5,
	    "strict": strict, "queue": {"length": 500, "max_wait": "1h"}}})
	over = threading.Event()

	def load():
		one = lab.client()
		while not over.is_set():
			assert one.get(far.url + "/").status == 200
	tasks = [lab.spawn(load) for _ in range(20)]
	far.wait_requests(20)
	with daemon.stands_still():
		threading.Event().wait(seconds)
		before = len(far.requests)
		at = time.monotonic()
	far.wait_requests(before + 30)
	over.set()
	for task in tasks:
		task.join()
	# a burst, and what is due since then
	times = far.times(at)[before:before + 30]
	assert times[-1] > (30 - 5 - 1) / 50 - 0.05
	assert times[14] > (15 - 5 - 1) / 50 - 0.05


def test_an_upgrade_without_a_thread(lab, fault):
	"""The old process goes on: the new one has all that it needs before it
	takes over, or does not."""
	far = lab.origin()
	daemon = lab.sluice(workers=2)
	daemon.err.wait("is ready")
	kept = 0
	for nth in fault.each("pthread_create", "EAGAIN"):
		kept += "not upgraded" in daemon.upgrade()
		assert lab.get(far.url + "/").status == 200, f"after {nth}"
	# The workers', and the control plane's.
	assert kept >= 3
	assert daemon.proc.wait(wire.DEADLINE) == 0


def test_an_upgrade_without_memory(lab, fault):
	"""No socket is lost on the way, neither with who starts the new one nor
	in what that reads; nor does the old one wait for what never comes."""
	far = lab.origin()
	daemon = lab.sluice(timeouts={"upgrade": "1h"})
	daemon.err.wait("is ready")
	# Both count them together: what the nth is for is not the same each time.
	for nth in range(1, 200):
		fault.arm("memory", "ENOMEM", nth)
		daemon.upgrade()
		assert fault.disarm().fired
		assert lab.get(far.url + "/").status == 200, f"after {nth}"
