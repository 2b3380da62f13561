# SPDX-License-Identifier: ISC
"""A keeper, and the workers' process that it starts, and starts again."""
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import time

import pytest

import client
import origin
import sluice
import test_rights
import test_service
import wire

user, home, start = test_rights.user, test_rights.home, test_rights.start
DIED = "the workers' process has died: "


def children(pid):
	"""The processes whose parent it is, as /proc has them."""
	found = []
	for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
		try:
			text = path.read_text()
		except (FileNotFoundError, ProcessLookupError):
			continue
		state, parent = text.rsplit(")", 1)[1].split()[:2]
		if int(parent) == pid and state != "Z":
			found.append(int(path.parent.name))
	return found


def worker_of(daemon):
	(pid,) = children(daemon.pid)
	return pid


@pytest.fixture
def keeper(lab):
	"""Starts one, at a port that it is to have again."""
	def run(**keys):
		keys.setdefault("listen", f"127.0.0.1:{wire.free_port()}")
		daemon = lab.sluice(args=("--keeper",), **keys)
		daemon.err.wait("is ready")
		return daemon
	return run


def kill_worker(daemon, sig=signal.SIGKILL):
	"""Kills it; the process that takes its place, when it is ready."""
	since = len(daemon.err)
	old = worker_of(daemon)
	os.kill(old, sig)
	daemon.err.wait("is ready", since=since)
	new = worker_of(daemon)
	assert new != old
	return new


@pytest.mark.parametrize("workers", [1, 3])
def test_starts_it_again(lab, keeper, workers):
	"""With the same sockets, in which clients wait meanwhile."""
	far = lab.origin()
	daemon = keeper(workers=workers, listen=[
	    f"127.0.0.1:{wire.free_port()}", f"unix:{lab.dir}/s"])
	assert lab.get(far.url + "/").status == 200
	old = worker_of(daemon)
	os.kill(old, signal.SIGSTOP)
	wire.wait_until(lambda: daemon.stopped(old), what="its stop")
	waiting = [lab.client().ask("GET", far.url + "/") for _ in range(8)]
	one = client.Client(f"{lab.dir}/s").ask("GET", far.url + "/")
	new = kill_worker(daemon)
	for each in [*waiting, one]:
		assert each.response().status == 200
	one.close()
	assert daemon.err.text().count(DIED + "Killed; another starts in 0 s") \
	    == 1
	daemon.err.wait(f"listening on {daemon.at}, as handed over")
	assert worker_of(daemon) == new
	# the new process hands over as the first did, but a second later
	began = time.monotonic()
	kill_worker(daemon)
	assert time.monotonic() - began >= 0.9
	assert daemon.err.text().count(DIED) == 2
	assert lab.get(far.url + "/").status == 200
	assert lab.control().get("/healthz").status == 200


def test_passes_signals_on(lab, keeper):
	far = lab.origin()
	daemon = keeper(log={"access": str(lab.dir / "access.log")})
	assert "not reloaded" in daemon.reload("nonsense: 1\n")
	daemon.change(log={"level": "debug"})
	daemon.proc.send_signal(signal.SIGUSR1)
	daemon.err.wait("log files opened anew")
	gate = origin.Gate()
	slow = lab.origin(gate)
	one = lab.client().ask("GET", slow.url + "/")
	slow.wait_requests(1)
	daemon.term()
	daemon.err.wait("Terminated: draining")
	# nobody waits in a socket that nobody will accept from
	with pytest.raises(OSError):
		for _ in range(1000):
			lab.client().get(far.url + "/")
	gate.open()
	assert one.response().status == 200
	assert daemon.wait() == 0


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_one_signal_to_both_is_one(lab, keeper, sig):
	"""As a terminal, or a manager, sends it to all; the second ends."""
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = keeper()
	one, two = (lab.client().ask("GET", far.url + "/") for _ in range(2))
	far.wait_requests(2)
	worker = worker_of(daemon)
	for pid in worker, daemon.pid, worker:
		os.kill(pid, sig)
	daemon.err.wait(": draining")
	gate.open()
	assert one.response().status == 200
	assert two.response().status == 200
	assert daemon.wait() == 0
	assert "ending at once" not in daemon.err.text()


def test_the_second_ends_at_once(lab, keeper):
	far = lab.origin(origin.Gate())
	daemon = keeper()
	one = lab.client().ask("GET", far.url + "/")
	far.wait_requests(1)
	daemon.term()
	daemon.err.wait(": draining")
	daemon.term()
	assert daemon.wait() == 0
	assert "ending at once" in daemon.err.text()
	one.close()


def test_ends_with_its_status(lab, tmp_path):
	"""One that cannot start is not tried again."""
	taken = test_service.listening()
	port = taken.getsockname()[1]
	daemon = lab.sluice(args=("-k",), wait=False,
	    listen=f"127.0.0.1:{port}")
	daemon.status = 1
	assert daemon.wait() == 1
	assert "cannot listen on" in daemon.err.text()
	taken.close()
	# killed before it has read its configuration
	os.mkfifo(tmp_path / "conf")
	daemon = lab.sluice(args=("-k",), wait=False, file=tmp_path / "conf")
	wire.wait_until(lambda: children(daemon.pid), what="a process")
	daemon.status = 128 + signal.SIGKILL
	os.kill(worker_of(daemon), signal.SIGKILL)
	assert daemon.wait() == daemon.status
	assert DIED not in daemon.err.text()


def test_told_to_end_between_two(lab, keeper):
	daemon = keeper()
	kill_worker(daemon)
	os.kill(worker_of(daemon), signal.SIGKILL)
	daemon.err.wait("another starts in 1 s")
	daemon.term()
	assert daemon.wait() == 0


def test_a_program_that_is_gone(lab, keeper):
	"""Whoever is to start it again says why it does not."""
	program = lab.dir / "program"
	shutil.copy(sluice.BINARY, program)
	daemon = keeper(binary=program)
	program.unlink()
	os.kill(worker_of(daemon), signal.SIGKILL)
	daemon.err.wait(f"cannot start {program}: No such file or directory")
	assert daemon.proc.wait(wire.DEADLINE) == 1
	daemon.status = 1


def test_ends_without_its_keeper(lab, keeper):
	"""Its requests first."""
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = keeper()
	one = lab.client().ask("GET", far.url + "/")
	far.wait_requests(1)
	worker = worker_of(daemon)
	daemon.proc.kill()
	daemon.err.wait("the keeper is gone: draining")
	gate.open()
	assert one.response().status == 200
	wire.wait_until(lambda: not os.path.exists(f"/proc/{worker}"),
	    what="its end")
	daemon.status = -signal.SIGKILL


@pytest.mark.parametrize("text", ["", "1", "99999", "x", "0"])
def test_no_keeper(lab, monkeypatch, text):
	"""What the environment names may be nothing of the kind."""
	monkeypatch.setenv("SLUICE_KEEPER", text)
	daemon = lab.sluice()
	daemon.err.wait(f'SLUICE_KEEPER: "{text}" is no socket of a keeper')


def test_files_of_sockets_go_with_it(lab, keeper):
	"""Whoever of the processes has bound them."""
	path = lab.dir / "s"
	daemon = keeper(listen=[f"127.0.0.1:{wire.free_port()}", f"unix:{path}"])
	kill_worker(daemon)
	assert path.exists() and daemon.control.exists()
	daemon.term()
	assert daemon.wait() == 0
	assert not path.exists() and not daemon.control.exists()
	# also where no process is left that could do it
	daemon = keeper(listen=[f"127.0.0.1:{wire.free_port()}", f"unix:{path}"])
	kill_worker(daemon)
	os.kill(worker_of(daemon), signal.SIGKILL)
	daemon.err.wait("another starts in 1 s")
	daemon.term()
	assert daemon.wait() == 0
	assert not path.exists()


def test_files_that_are_left_are_in_nobodys_way(lab, keeper):
	"""Both have been killed; the next start takes their places."""
	far = lab.origin()
	listen = [f"127.0.0.1:{wire.free_port()}", f"unix:{lab.dir}/s"]
	daemon = keeper(listen=listen, admin={"socket": f"{lab.dir}/a"})
	kill_worker(daemon)
	worker = worker_of(daemon)
	# or it would see that its keeper is gone, and end in order
	os.kill(worker, signal.SIGSTOP)
	wire.wait_until(lambda: daemon.stopped(worker), what="its stop")
	for pid in daemon.pid, worker:
		os.kill(pid, signal.SIGKILL)
	wire.wait_until(lambda: not os.path.exists(f"/proc/{worker}"),
	    what="its end")
	daemon.proc.wait(wire.DEADLINE)
	daemon.status = -signal.SIGKILL
	assert (lab.dir / "s").exists() and (lab.dir / "a").exists()
	daemon = keeper(listen=listen, admin={"socket": f"{lab.dir}/a"})
	one = client.Client(f"{lab.dir}/s")
	assert one.get(far.url + "/").status == 200
	one.close()
	one = client.Client(f"{lab.dir}/a")
	assert one.call("GET", "/healthz", host="localhost").status == 200
	one.close()


class Credited(test_service.Manager):
	"""Knows who has sent what."""

	def __init__(self, address):
		self.senders = set()
		super().__init__(address)
		self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)

	def read(self):
		while True:
			data, control, _, _ = self.sock.recvmsg(4096, 256)
			if data == b"over":
				return
			for _, _, value in control:
				self.senders.add(struct.unpack("3i", value)[0])
			with self.cond:
				self.got.append(data.decode())
				self.cond.notify_all()


def test_a_manager_hears_the_keeper_only(lab, tmp_path, monkeypatch, keeper):
	"""It believes nobody else; and its watchdog watches the workers."""
	manager = Credited(str(tmp_path / "notify"))
	try:
		monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
		monkeypatch.setenv("WATCHDOG_USEC", "200000")
		daemon = keeper()
		at = manager.wait("READY=1$")
		at = manager.wait("WATCHDOG=1$", at)
		daemon.hup()
		at = manager.wait(r"RELOADING=1\nMONOTONIC_USEC=\d+$", at)
		at = manager.wait("READY=1$", at)
		kill_worker(daemon)
		at = manager.wait("READY=1$", at)
		at = manager.wait("STATUS=0 hosts", at)
		daemon.stop()
		manager.wait("STOPPING=1$", at)
		assert manager.senders == {daemon.pid}
	finally:
		manager.end()


def test_sockets_of_a_manager(lab, tmp_path):
	"""They go on to the one that is started, and to the next."""
	far = lab.origin()
	socks = [test_service.listening(), test_service.listening(
	    f"{lab.dir}/s", socket.AF_UNIX)]
	port = socks[0].getsockname()[1]
	daemon = test_service.hand_over(lab, socks, args=("-k",), workers=2,
	    listen=[f"127.0.0.1:{port}", f"unix:{lab.dir}/s"])
	for _ in range(2):
		daemon.err.wait("is ready")
		for _ in range(4):
			assert lab.get(far.url + "/").status == 200
		one = client.Client(f"{lab.dir}/s")
		assert one.get(far.url + "/").status == 200
		one.close()
		kill_worker(daemon)
	assert len(re.findall(f"listening on 127.0.0.1:{port}, as handed over",
	    daemon.err.text())) == 3
	daemon.stop()
	assert os.path.exists(f"{lab.dir}/s")
	for sock in socks:
		sock.close()


@test_rights.needs_root
def test_neither_has_rights(lab, start, user):
	"""Nor could the next one bind what it is handed."""
	far = lab.origin()
	port = test_rights.low_port()
	daemon = start(args=("-k", "-u", "nobody"),
	    listen=f"127.0.0.1:{port}")
	for _ in range(2):
		assert lab.get(far.url + "/").status == 200
		test_rights.is_only(daemon, user)
		worker = worker_of(daemon)
		for status in test_rights.threads(worker):
			assert status["Uid"].split() == [str(user.pw_uid)] * 4
			assert status["CapPrm"] == test_rights.ZERO
		kill_worker(daemon)
	assert lab.get(far.url + "/").status == 200
