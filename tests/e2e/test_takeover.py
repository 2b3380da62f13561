# SPDX-License-Identifier: ISC
"""SIGUSR2: another process takes over, without a gap and within the budgets."""
import os
import re
import shutil
import signal
import socket
import threading
import time

import pytest

import client
import crowd
import shared
import sluice
import wire
import test_rights
from sluice import alive
from commands import ctl
from test_keeper import children
from test_service import hand_over, listening, manager

user, home, start = test_rights.user, test_rights.home, test_rights.start

RATE = 200
LATE = 0.25 * wire.SLOW		# s; who notes the time of a request may be


def under_load(lab, times, rate=RATE, waiting=50, workers=(1,), takes=0,
    between=1.0, **rule):
	"""Upgrades under a crowd; what the origin has seen, and what was used."""
	far = crowd.Noting(takes)
	lab.others.append(far)
	conf = {"hosts": {"127.0.0.1": {"capacity": rate, "period": "1s",
	    "queue": {"length": 2 * waiting, "max_wait": "1m"}, **rule}}}
	daemon = lab.sluice(workers=workers[0], **conf)
	daemon.err.wait("is ready")
	many = crowd.Crowd(daemon.address, [far.url], waiting)
	began = time.monotonic()
	try:
		for i in range(times):
			threading.Event().wait(between)
			daemon.write(**{**daemon.keys, "workers":
			    workers[(i + 1) % len(workers)]})
			line = daemon.upgrade()
			assert "has taken over" in line, line
		threading.Event().wait(between)
		took = time.monotonic() - began
		n = len(far.times)
	finally:
		many.stop()
	assert many.wrong == []
	# Each client was told to go on with another connection.
	assert many.reconnects >= waiting * 2
	daemon.stop()
	print(f"{n} requests in {took:.1f} s")
	return far, n / (rate * took)


@pytest.mark.heavy
@pytest.mark.alone("a load that others slow down uses up no budget")
@pytest.mark.parametrize("workers", [(1,), (4, 1)])
def test_nothing_is_lost_nor_over_budget(lab, workers):
	"""A bucket as full as a second is long: forgotten once, it shows."""
	far, used = under_load(lab, 3, workers=workers, burst=RATE)
	assert crowd.fullest(far.times, RATE) <= RATE * (1 + LATE)
	assert used >= 0.9, used


@pytest.mark.heavy
@pytest.mark.alone("the same")
def test_an_exact_window(lab):
	far, used = under_load(lab, 3, strict=True)
	assert shared.over_window(far.times, RATE, 1) <= RATE * LATE
	assert used >= 0.9, used


@pytest.mark.heavy
def test_slots_are_held_over(lab):
	"""What the process before has under way holds its slots in the next."""
	far, used = under_load(lab, 3, rate=10000, concurrency=5, takes=0.02)
	assert far.most <= 5


def test_connections_are_served_once_more(lab):
	"""Idle ones, by the process that has them."""
	far = lab.origin()
	daemon = lab.sluice()
	idle = [lab.client() for _ in range(3)]
	for one in idle:
		assert one.get(far.url + "/").get("Connection") is None
	old = daemon.pid
	assert "has taken over" in daemon.upgrade()
	for one in idle:
		answer = one.get(far.url + "/")
		assert answer.status == 200
		assert answer.get("Connection") == "close"
	assert lab.get(far.url + "/").status == 200
	assert daemon.proc.wait(wire.DEADLINE) == 0
	assert daemon.pid != old
	daemon.err.wait("all that began before the upgrade is over")


def test_a_tunnel_goes_on(lab):
	far = lab.origin(lambda conn, req: conn.reply(200))
	daemon = lab.sluice()
	one = lab.client()
	assert one.tunnel(far.at).status == 200
	assert "has taken over" in daemon.upgrade()
	one.send(b"\0hello")
	assert daemon.proc.poll() is None
	one.close()
	assert daemon.proc.wait(wire.DEADLINE) == 0


def test_several_in_a_row(lab):
	"""What the first process has goes on through those that came after, which
	have nothing themselves."""
	gate = Gate(lab)
	daemon = lab.sluice(timeouts={"drain": "1ms"},
	    hosts={"127.0.0.1": {"concurrency": 1}})
	first = daemon.proc
	tunnel, idle = lab.client(), lab.client()
	far = lab.origin()
	# under another name, or it would have the slot
	assert tunnel.tunnel(f"localhost:{far.port}").status == 200
	idle.ping()
	asked = [lab.client().ask("GET", gate.url + "0")]
	gate.far.wait_requests(1)
	control = lab.control()
	for i in range(1, 4):
		asked.append(lab.client().ask("GET", gate.url + str(i)))
		wire.wait_until(lambda: waiting(control) == i, what="waiters")
	between = []
	for _ in range(3):
		assert "has taken over" in daemon.upgrade()
		between.append(daemon.pid)
	between.pop()
	for _ in asked:
		gate.open.release()
	for one in asked:
		assert one.response().status == 200
	assert [r.target for r in gate.far.requests] == ["/0", "/1", "/2", "/3"]
	gate.open.release()
	assert idle.get(gate.url).get("Connection") == "close"
	assert first.poll() is None
	assert all(alive(pid) for pid in between)
	assert not any("draining" in line for line in daemon.err.lines)
	tunnel.close()
	assert first.wait(wire.DEADLINE) == 0
	for pid in between:
		wire.wait_until(lambda: not alive(pid), what="its end")
	gate.open.release()
	assert lab.get(gate.url).status == 200


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("file", [False, True])
def test_spent_is_spent(lab, strict, file):
	far = lab.origin()
	keys = {"state": {"file": str(lab.dir / "state")}} if file else {}
	daemon = lab.sluice(hosts={"127.0.0.1": {"capacity": 10, "period": "1h",
	    "strict": strict, "queue": {"max_wait": "30s"}}}, **keys)
	got = []
	for _ in range(4):
		got += [lab.get(far.url + "/").status for _ in range(3)]
		assert "has taken over" in daemon.upgrade()
	assert got == [200] * 10 + [429] * 2
	if file:
		daemon.stop()
		assert " host name=127.0.0.1 " in " " + (lab.dir /
		    "state").read_text().replace("\n", " ")


def test_a_key_of_the_new_configuration(lab):
	"""It counts, and not the one that the process before has made up."""
	far = lab.origin()
	key = lab.dir / "key"
	key.write_text("0123456789abcdef" * 2 + "\n")
	key.chmod(0o600)
	hosts = {"127.0.0.1": {"capacity": 10, "period": "1h", "per": "X-Key"}}
	daemon = lab.sluice(state={"file": str(lab.dir / "state")}, hosts=hosts)
	assert lab.get(far.url + "/", [("X-Key", "a")]).status == 200
	daemon.write(**{**daemon.keys, "store": {"key_file": str(key),
	    "redis": f"redis://127.0.0.1:{wire.free_port()}/"}})
	since = len(daemon.err)
	assert "has taken over" in daemon.upgrade()
	daemon.err.wait("store.key_file: credentials have other hashes",
	    since=since)
	assert lab.get(far.url + "/", [("X-Key", "a")]).status == 200
	daemon.stop()
	assert " key=" + "0123456789abcdef" * 2 in (lab.dir / "state").read_text()


class Gate:
	"""An origin whose answers wait to be let go."""

	def __init__(self, lab):
		self.open = threading.Semaphore(0)
		self.far = lab.origin(self.answer)
		self.url = self.far.url + "/"

	def answer(self, conn, req):
		# several upgrades may come in between
		assert self.open.acquire(timeout=6 * wire.DEADLINE)
		conn.reply(200, body=req.target)


def test_a_slot_of_the_one_before(lab):
	"""It is held in the next one until the request there has ended; who
	waits there and here goes in turn."""
	gate = Gate(lab)
	daemon = lab.sluice(hosts={"127.0.0.1": {"concurrency": 1}})
	held = lab.client().ask("GET", gate.url + "1")
	gate.far.wait_requests(1)
	waits = lab.client().ask("GET", gate.url + "2")
	control = lab.control()
	wire.wait_until(lambda: waiting(control) == 1, what="a waiter")
	assert "has taken over" in daemon.upgrade()
	control = lab.control()
	assert waiting(control) == 1
	new = lab.client().ask("GET", gate.url + "3")
	wire.wait_until(lambda: waiting(control) == 2, what="two waiters")
	assert len(gate.far.requests) == 1
	for one in (held, waits, new):
		gate.open.release()
		assert one.response().status == 200
	assert [r.target for r in gate.far.requests] == ["/1", "/2", "/3"]


def test_who_waits_in_the_one_before(lab):
	"""As it was seen there, and after a second upgrade."""
	gate = Gate(lab)
	daemon = lab.sluice(hosts={"127.0.0.1": {"concurrency": 1,
	    "queue": {"max_wait": "10m"}}})
	asked = [lab.client().ask("GET", gate.url + "1")]
	gate.far.wait_requests(1)
	asked.append(lab.client().ask("POST", gate.url + "2?key=hush"))
	wire.wait_until(lambda: waiting(lab.control()) == 1, what="a waiter")
	before = time.monotonic()
	said = None
	for _ in range(3):
		control, waits = lab.control(), time.monotonic() - before
		waiter, = control.get("/v1/hosts/127.0.0.1/queue").json()[
		    "waiters"]
		host = control.get("/v1/hosts/127.0.0.1").json()
		for key in "starts_in", "gives_up_in":
			waiter.pop(key)
		assert waiter.pop("waited") >= waits - 0.1
		assert host["oldest_wait"] >= waits - 0.1
		said = said or (waiter, host["clients"])
		assert (waiter, host["clients"]) == said
		assert "has taken over" in daemon.upgrade()
	waiter, clients = said
	assert waiter["client"] == "127.0.0.1"
	assert (waiter["method"], waiter["path"]) == ("POST", "/2")
	for one in asked:
		gate.open.release()
		assert one.response().status == 200


def test_who_asks_the_one_before(lab):
	"""What it has to be told of in the next one is shown there as others
	are."""
	gate = Gate(lab)
	daemon = lab.sluice(hosts={"127.0.0.1": {"concurrency": 1,
	    "fair_by": "header:X-Who", "queue": {"max_wait": "10m"}}})
	held, late = lab.client().ask("GET", gate.url + "1"), lab.client()
	gate.far.wait_requests(1)
	late.ping()
	assert "has taken over" in daemon.upgrade()
	late.ask("POST", gate.url + "2?key=hush", [("X-Who", "me")])
	control = lab.control()
	wire.wait_until(lambda: waiting(control) == 1, what="a waiter")
	waiter, = control.get("/v1/hosts/127.0.0.1/queue").json()["waiters"]
	assert waiter["client"] == "me"
	assert (waiter["method"], waiter["path"]) == ("POST", "/2")
	for one in held, late:
		gate.open.release()
		assert one.response().status == 200


def waiting(control):
	hosts = control.get("/v1/hosts").json()["hosts"]
	return sum(host["waiting"] for host in hosts)


def test_a_pause_is_everybodys(lab):
	"""One that the process before hears of holds in the next one."""
	gate = threading.Semaphore(0)
	far = lab.origin(lambda conn, req: (gate.acquire(),
	    conn.reply(429, fields=[("Retry-After", "30")])))
	daemon = lab.sluice(hosts={"127.0.0.1": {"capacity": 100,
	    "period": "1s", "queue": {"max_wait": "1s"},
	    "retry": {"attempts": 0}}})
	one = lab.client().ask("GET", far.url + "/")
	far.wait_requests(1)
	assert "has taken over" in daemon.upgrade()
	gate.release()
	assert one.response().status == 429
	control = lab.control()
	wire.wait_until(lambda: [host["state"] for host in control.get(
	    "/v1/hosts").json()["hosts"]] == ["paused"], what="the pause")
	assert lab.get(far.url + "/").status == 429
	assert len(far.requests) == 1


FAILS = [
    ("bad configuration", lambda d: d.write("hosts: [\n"),
	r"not upgraded: .*sluice\.yaml:", 5),
    ("an address that cannot be had", lambda d: d.write(**{**d.keys,
	"listen": ["127.0.0.1:0", "192.0.2.1:9"]}),
	r"not upgraded: .*cannot listen on 192\.0\.2\.1:9", 1),
]


@pytest.mark.parametrize("break_it,said,status", [x[1:] for x in FAILS],
    ids=[x[0] for x in FAILS])
def test_one_that_does_not_come_up_changes_nothing(lab, break_it, said,
    status):
	far = lab.origin()
	daemon = lab.sluice()
	one = lab.client()
	assert one.get(far.url + "/").status == 200
	break_it(daemon)
	for _ in range(2):
		since = len(daemon.err)
		os.kill(daemon.pid, signal.SIGUSR2)
		daemon.err.wait(said, since=since)
	failed = ctl(daemon, "upgrade", status=status)
	assert failed.stderr.endswith("; all stays as it was\n")
	assert one.get(far.url + "/").get("Connection") is None
	assert lab.get(far.url + "/").status == 200
	daemon.write(**daemon.keys)
	assert "has taken over" in daemon.upgrade()


FAKES = [
    ("exits", "exit 3", "it has ended with status 3", 1),
    ("dies", "kill -9 $$", "it has died: Killed", 1),
    ("hangs", "exec sleep 60", "it was not ready in time", 6),
]


@pytest.mark.parametrize("does,said,status", [x[1:] for x in FAKES],
    ids=[x[0] for x in FAKES])
def test_another_program(lab, does, said, status):
	"""By the name that it was started by there is another one now."""
	far = lab.origin()
	link = lab.dir / "sluice"
	link.symlink_to(sluice.BINARY)
	daemon = lab.sluice(binary=link, timeouts={"upgrade": "2s"})
	assert lab.get(far.url + "/").status == 200
	fake = lab.dir / "fake"
	fake.write_text(f"#!/bin/sh\n{does}\n")
	fake.chmod(0o755)
	moved(link, fake)
	since = len(daemon.err)
	assert said in ctl(daemon, "upgrade", status=status).stderr
	daemon.err.wait(f"not upgraded: .*{said}", since=since)
	assert lab.get(far.url + "/").status == 200
	moved(link, sluice.BINARY)
	assert "has taken over" in daemon.upgrade()
	assert lab.get(far.url + "/").status == 200


@pytest.mark.parametrize("mode,why", [(0o644, "Permission denied"),
    (None, "No such file or directory")], ids=["not executable", "gone"])
@pytest.mark.parametrize("args", [(), ("--keeper",)],
    ids=["launcher", "keeper"])
def test_a_program_that_cannot_be_started(lab, mode, why, args):
	"""The reason is printed, and stands in the log as all others do."""
	program = lab.dir / "program"
	shutil.copy(sluice.BINARY, program)
	daemon = lab.sluice(binary=program, args=args)
	daemon.err.wait("is ready")
	if mode is None:
		program.unlink()
	else:
		program.chmod(mode)
	failed = ctl(daemon, "upgrade", status=1)
	assert failed.stderr == f"sluice upgrade: cannot start {program}: " \
	    f"{why}; all stays as it was\n"
	daemon.err.wait(f"error: not upgraded: the new process: cannot start "
	    f"{program}: {why}; this one goes on")
	assert daemon.err.text().count("cannot start") == 1


def test_a_reload_while_it_starts(lab):
	"""It has read the file before, or reads it twice."""
	daemon = lab.sluice()
	daemon.err.wait("is ready")
	daemon.write(hosts={"a.test": {"capacity": 7}})
	os.kill(daemon.pid, signal.SIGUSR2)
	daemon.err.wait("starting the program again")
	os.kill(daemon.pid, signal.SIGHUP)
	daemon.pid = int(sluice.UPGRADED.search(
	    daemon.err.wait("has taken over"))[1])
	wire.wait_until(lambda: daemon.err.text().count(
	    "configuration reloaded") == 2, what="the new one's")


def test_nobody_to_start_one(lab):
	daemon = lab.sluice()
	daemon.err.wait("is ready")
	(launcher,) = children(daemon.pid)
	os.kill(launcher, signal.SIGKILL)
	failed = ctl(daemon, "upgrade", status=1)
	assert re.search("nobody who could start|who starts it is gone",
	    failed.stderr)


def moved(link, to):
	new = link.with_name("new")
	new.symlink_to(to)
	new.rename(link)


def hanging(lab, within="60s"):
	"""A daemon whose next process does not come up by itself."""
	link = lab.dir / "sluice"
	link.symlink_to(sluice.BINARY)
	daemon = lab.sluice(binary=link, timeouts={"upgrade": within})
	fake = lab.dir / "fake"
	fake.write_text(f"#!/bin/sh\necho $$ >{lab.dir}/pid.new\n"
	    f"mv {lab.dir}/pid.new {lab.dir}/pid\nexec sleep 60\n")
	fake.chmod(0o755)
	moved(link, fake)
	os.kill(daemon.pid, signal.SIGUSR2)
	wire.wait_until((lab.dir / "pid").exists, what="the next process")
	return daemon, int((lab.dir / "pid").read_text())


def test_one_at_a_time(lab):
	daemon, pid = hanging(lab)
	os.kill(daemon.pid, signal.SIGUSR2)
	daemon.err.wait("no upgrade begins: an upgrade is under way")
	answer = lab.control().post("/v1/upgrade", {})
	assert answer.status == 409
	assert answer.problem() == "an upgrade is under way"
	ctl(daemon, "upgrade", status=1)
	os.kill(pid, signal.SIGKILL)
	daemon.err.wait("not upgraded: .*it has died: Killed")


def test_sigterm_ends_both(lab):
	daemon, pid = hanging(lab)
	daemon.term()
	assert daemon.proc.wait(wire.DEADLINE) == 0
	wire.wait_until(lambda: not alive(pid), what="its end")


def test_sigterm_after_it_has_taken_over(lab):
	"""Both drain, and what they have begun ends well."""
	gate = Gate(lab)
	daemon = lab.sluice()
	before = lab.client().ask("GET", gate.url)
	gate.far.wait_requests(1)
	idle = lab.client()
	idle.ping()
	daemon.upgrade()
	after = lab.client().ask("GET", gate.url)
	gate.far.wait_requests(2)
	daemon.term()
	daemon.err.wait("the process that took over ends: draining")
	assert idle.ended()
	for one in (before, after):
		gate.open.release()
		assert one.response().status == 200
	assert daemon.proc.wait(wire.DEADLINE) == 0


def test_the_one_before_dies(lab):
	"""What it held is free, and the next one goes on."""
	gate = Gate(lab)
	daemon = lab.sluice(hosts={"127.0.0.1": {"concurrency": 1}})
	daemon.status = -signal.SIGKILL
	lab.client().ask("GET", gate.url)
	gate.far.wait_requests(1)
	daemon.upgrade()
	new = lab.client().ask("GET", gate.url)
	control = lab.control()
	wire.wait_until(lambda: waiting(control) == 1, what="a waiter")
	daemon.proc.kill()
	gate.far.wait_requests(2)
	gate.open.release()
	gate.open.release()
	assert new.response().status == 200
	daemon.err.wait("the process before has ended")


def test_the_new_one_dies(lab):
	"""Who waits in the one before is refused, what is under way ends."""
	gate = Gate(lab)
	daemon = lab.sluice(hosts={"127.0.0.1": {"concurrency": 1}})
	held = lab.client().ask("GET", gate.url)
	gate.far.wait_requests(1)
	waits = lab.client().ask("GET", gate.url)
	control = lab.control()
	wire.wait_until(lambda: waiting(control) == 1, what="a waiter")
	daemon.upgrade()
	os.kill(daemon.pid, signal.SIGKILL)
	assert waits.response().status == 503
	gate.open.release()
	assert held.response().status == 200
	assert daemon.proc.wait(wire.DEADLINE) == 0


def test_the_command(lab):
	daemon = lab.sluice()
	done = ctl(daemon, "upgrade")
	daemon.pid = int(re.fullmatch(r"upgraded: process (\d+) has taken "
	    r"over\n", done.stdout)[1])
	assert daemon.proc.wait(wire.DEADLINE) == 0
	ctl(daemon, "status")
	daemon.write("hosts: [\n")
	failed = ctl(daemon, "upgrade", status=5)
	assert "sluice.yaml:" in failed.stderr


@pytest.mark.parametrize("args", [(), ("--keeper",)], ids=["", "keeper"])
@pytest.mark.parametrize("sig,says", [
    (signal.SIGUSR1, ["log files opened anew"] * 3),
    (signal.SIGHUP, ["configuration reloaded"] +
	["log files opened anew"] * 2)], ids=["USR1", "HUP"])
def test_log_files_of_those_before(lab, args, sig, says):
	"""They are opened anew wherever requests have still to end."""
	gate, path = Gate(lab), lab.dir / "access.log"
	daemon = lab.sluice(args=args, log={"access": str(path)})
	daemon.err.wait("is ready")
	main, asked = daemon.pid, []
	for i in range(3):
		asked.append(lab.client().ask("GET", f"{gate.url}{i}"))
		gate.far.wait_requests(i + 1)
		if i < 2:
			assert "has taken over" in daemon.upgrade()
	if args:
		daemon.pid = main
	for i in range(2):
		path.rename(lab.dir / "access.log.1")
		os.kill(daemon.pid, sig)
		for what in set(says):
			daemon.err.like(what, (i + 1) * says.count(what))
	for one in asked:
		gate.open.release()
		assert one.response().status == 200
	wire.wait_until(lambda: path.read_text().count("\n") == 3,
	    what="three lines in the new file")
	assert (lab.dir / "access.log.1").read_text() == ""


def test_unix_sockets(lab):
	"""Their files stay until the last process ends."""
	far = lab.origin()
	path = lab.dir / "s"
	daemon = lab.sluice(listen=["127.0.0.1:0", f"unix:{path}"])
	for _ in range(2):
		daemon.upgrade()
		assert client.Client(str(path)).get(far.url + "/").status == 200
	daemon.stop()
	assert not path.exists()


def test_with_a_keeper(lab):
	"""It stays, starts the next one, and that one again if it dies."""
	far = lab.origin()
	daemon = lab.sluice(args=("--keeper",), workers=2,
	    listen=f"127.0.0.1:{wire.free_port()}")
	daemon.err.wait("is ready")
	(old,) = children(daemon.pid)
	idle = lab.client()
	assert idle.get(far.url + "/").status == 200
	keeper = daemon.pid
	assert "has taken over" in daemon.upgrade()
	new, daemon.pid = daemon.pid, keeper
	assert idle.get(far.url + "/").get("Connection") == "close"
	wire.wait_until(lambda: children(keeper) == [new],
	    what="the end of the one before")
	assert new != old
	since = len(daemon.err)
	os.kill(new, signal.SIGKILL)
	daemon.err.wait("is ready", since=since)
	assert lab.get(far.url + "/").status == 200
	daemon.write("hosts: [\n")
	os.kill(keeper, signal.SIGUSR2)
	daemon.err.wait(r"not upgraded: .*sluice\.yaml:")
	assert lab.get(far.url + "/").status == 200


def test_a_manager_is_told(lab, manager):
	daemon = lab.sluice()
	at = manager.wait("READY=1")
	daemon.upgrade()
	at = manager.wait("RELOADING=1\nMONOTONIC_USEC=", at)
	manager.wait(f"READY=1\nMAINPID={daemon.pid}$", at)
	# Nobody but that one speaks from then on.
	assert daemon.proc.wait(wire.DEADLINE) == 0
	assert manager.count("STOPPING=1") == 0
	daemon.write("hosts: [\n")
	at = len(manager.got)
	os.kill(daemon.pid, signal.SIGUSR2)
	at = manager.wait("RELOADING=1", at)
	manager.wait("READY=1$", at)
	daemon.stop()
	assert manager.count("STOPPING=1") == 1


def test_sockets_of_a_manager(lab):
	"""They go on to the next one, and stay the manager's."""
	far = lab.origin()
	path = f"{lab.dir}/s"
	socks = [listening(), listening(path, socket.AF_UNIX)]
	port = socks[0].getsockname()[1]
	daemon = hand_over(lab, socks, workers=2, listen=[
	    f"127.0.0.1:{port}", f"unix:{path}"])
	for _ in range(2):
		assert "has taken over" in daemon.upgrade()
		assert lab.get(far.url + "/").status == 200
		one = client.Client(path)
		assert one.get(far.url + "/").status == 200
		one.close()
	daemon.stop()
	assert os.path.exists(path)
	for sock in socks:
		sock.close()


@test_rights.needs_root
def test_without_rights(lab, start, user):
	"""A low port is handed over by who may bind none any more."""
	far = lab.origin()
	port = test_rights.low_port()
	daemon = start(args=("-u", "nobody"), listen=f"127.0.0.1:{port}")
	for _ in range(2):
		assert "has taken over" in daemon.upgrade()
		test_rights.is_only(daemon, user)
		assert lab.get(far.url + "/").status == 200
