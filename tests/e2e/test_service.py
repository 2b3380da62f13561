# SPDX-License-Identifier: ISC
"""Under a service manager: what it is told, and sockets that it hands over."""
import os
import re
import shutil
import socket
import subprocess
import threading
import time

import pytest

import client
import origin
import sluice
import wire

WATCHDOG = 0.4 * wire.SLOW		# s


class Manager:
	"""A socket for what a daemon says; each datagram is a text."""

	def __init__(self, address):
		self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		self.sock.bind(address)
		self.cond = threading.Condition()
		self.got = []
		self.thread = threading.Thread(target=self.read, daemon=True)
		self.thread.start()

	def read(self):
		while True:
			text = self.sock.recv(4096).decode()
			if text == "over":
				return
			with self.cond:
				self.got.append(text)
				self.cond.notify_all()

	def wait(self, pattern, since=0):
		"""The place behind the first text from since that has it."""
		def found():
			for i, text in enumerate(self.got[since:], since + 1):
				if re.match(pattern, text):
					return i
			return None
		with self.cond:
			assert self.cond.wait_for(found, wire.DEADLINE), \
			    (pattern, self.got)
			return found()

	def count(self, text, since=0):
		with self.cond:
			return self.got[since:].count(text)

	def end(self):
		with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
			s.sendto(b"over", self.sock.getsockname())
		self.thread.join(wire.DEADLINE)
		self.sock.close()


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path, monkeypatch):
	path = str(tmp_path / "notify")
	if request.param == "abstract":
		path = "@sluice-" + str(tmp_path)[-80:]
	one = Manager(path.replace("@", "\0"))
	monkeypatch.setenv("NOTIFY_SOCKET", path)
	yield one
	one.end()


def test_states(lab, manager):
	"""Ready once it listens; a reload between two words; then the end."""
	daemon = lab.sluice(wait=False)
	at = manager.wait("READY=1$")
	daemon.learn()
	assert manager.got[0] == "READY=1"
	before = time.monotonic_ns() // 1000
	daemon.hup()
	at = manager.wait(r"RELOADING=1\nMONOTONIC_USEC=\d+$", at)
	usec = int(manager.got[at - 1].rsplit("=")[-1])
	assert before <= usec <= time.monotonic_ns() // 1000
	at = manager.wait("READY=1$", at)
	daemon.write("nonsense: 1\n")
	daemon.hup()
	at = manager.wait("RELOADING=1\n", at)
	at = manager.wait("READY=1$", at)
	daemon.stop()
	at = manager.wait("STOPPING=1$", at)
	assert manager.count("READY=1", at) == 0
	assert manager.count("WATCHDOG=1") == 0


def test_status(lab, manager):
	"""How many hosts there are, who waits and what is paused."""
	gate = origin.Gate()
	far = lab.origin(origin.by_path({"/429": origin.fixed(429, fields=[(
	    "Retry-After", "600")])}, gate))
	lab.sluice(hosts={"127.0.0.1": {"concurrency": 1},
	    "localhost": {"retry": {"attempts": 0}}})
	manager.wait("STATUS=0 hosts, 0 waiting, 0 paused$")
	clients = [lab.client().ask("GET", far.url + "/") for _ in range(3)]
	lab.get(f"http://localhost:{far.port}/429")
	manager.wait("STATUS=2 hosts, 2 waiting, 1 paused$")
	gate.open()
	for one in clients:
		assert one.response().status == 200
	manager.wait("STATUS=2 hosts, 0 waiting, 1 paused$")


def test_draining_asks_for_time(lab, manager):
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = lab.sluice()
	one = lab.client().ask("GET", far.url + "/")
	far.wait_requests(1)
	daemon.term()
	at = manager.wait("STOPPING=1$")
	assert int(re.match(r"EXTEND_TIMEOUT_USEC=(\d+)$", manager.got[
	    manager.wait("EXTEND_TIMEOUT_USEC=", at) - 1])[1]) >= 10_000_000
	at = manager.wait("STATUS=draining: 1 request to end$", at)
	# again, since that lasts
	manager.wait("EXTEND_TIMEOUT_USEC=", at)
	gate.open()
	assert one.response().status == 200
	daemon.wait()


@pytest.mark.parametrize("workers", [1, 3])
def test_watchdog(lab, manager, fault, monkeypatch, workers):
	"""A loop that hangs is not vouched for, though the others turn."""
	monkeypatch.setenv("WATCHDOG_USEC", str(int(WATCHDOG * 1e6)))
	# The control plane's loop is not vouched for, and might be who hangs.
	daemon = lab.sluice(workers=workers, admin="off")
	at = 0
	for _ in range(4):
		at = manager.wait("WATCHDOG=1$", at)
	fault.hang()
	wire.wait_until(fault.hangs, what="a loop that hangs")
	since = len(manager.got)
	end = time.monotonic() + 3 * WATCHDOG
	# the main thread goes on meanwhile
	at = since
	while time.monotonic() < end:
		daemon.hup()
		at = manager.wait("READY=1$", at)
	# what it had answered before counts
	assert manager.count("WATCHDOG=1", since) <= 1
	since = len(manager.got)
	fault.go_on()
	at = manager.wait("WATCHDOG=1$", since)
	manager.wait("WATCHDOG=1$", at)


def test_watchdog_of_another(lab, manager, monkeypatch):
	monkeypatch.setenv("WATCHDOG_USEC", "1000")
	monkeypatch.setenv("WATCHDOG_PID", "1")
	daemon = lab.sluice()
	daemon.hup()
	manager.wait("RELOADING=1\n")
	assert manager.count("WATCHDOG=1") == 0


def test_nobody_takes_it(lab, tmp_path, monkeypatch):
	"""A full socket holds nobody up; the state comes when there is room."""
	path = str(tmp_path / "full")
	far = lab.origin()
	with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as full, \
	    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as feed:
		full.bind(path)
		feed.setblocking(False)
		with pytest.raises(BlockingIOError):
			while True:
				feed.sendto(b"x", path)
		monkeypatch.setenv("NOTIFY_SOCKET", path)
		lab.sluice()
		assert lab.get(far.url + "/").status == 200
		full.settimeout(wire.DEADLINE)
		while full.recv(4096) != b"READY=1":
			pass


@pytest.mark.parametrize("path", ["", "relative", "/no/such/socket",
    "/" + "x" * 200])
def test_no_manager(lab, monkeypatch, path):
	monkeypatch.setenv("NOTIFY_SOCKET", path)
	far = lab.origin()
	lab.sluice()
	assert lab.get(far.url + "/").status == 200


@pytest.mark.plain("it is about a file")
def test_the_unit_is_confined():
	"""As far as systemd measures it, from 0 to 100; what is left is for the
	network that a proxy needs."""
	if shutil.which("systemd-analyze") is None:
		pytest.skip("there is no systemd-analyze")
	unit = sluice.HERE / "../../contrib/sluice.service"
	done = subprocess.run(["systemd-analyze", "security",
	    "--offline=true", "--threshold=15", "--no-pager", str(unit)],
	    capture_output=True, text=True, timeout=wire.DEADLINE)
	if "ystem has not been booted" in done.stderr:
		pytest.skip(done.stderr)
	assert done.returncode == 0, done.stdout + done.stderr


# Sockets

def hand_over(lab, sockets, names="", pid="$$", said=None, **keys):
	"""A sluice to which they were handed over from descriptor 3 on; it is
	told of as many, or of something else."""
	moves = " ".join(f"{i}<&{s.fileno()} {s.fileno()}<&-"
	    for i, s in enumerate(sockets, 3))
	script = f"exec {moves}; export LISTEN_PID={pid} " \
	    f"LISTEN_FDS={len(sockets) if said is None else said} " \
	    f"LISTEN_FDNAMES={names}; " \
	    'exec "$0" "$@"'
	return lab.sluice(before=("bash", "-c", script),
	    fds=tuple(s.fileno() for s in sockets), **keys)


def listening(address="127.0.0.1", family=socket.AF_INET):
	# beyond what is handed over
	sock = socket.socket(family, socket.SOCK_STREAM)
	os.set_inheritable(sock.fileno(), True)
	sock.bind((address, 0) if family != socket.AF_UNIX else address)
	sock.listen(16)
	return sock


def test_handed_over(lab):
	"""They are used where listen has their address; by all workers."""
	far = lab.origin()
	socks = [listening(), listening(f"{lab.dir}/s", socket.AF_UNIX)]
	port = socks[0].getsockname()[1]
	daemon = hand_over(lab, socks, workers=2, listen=[
	    f"127.0.0.1:{port}", f"unix:{lab.dir}/s", "127.0.0.1:0"])
	for line in (f"127.0.0.1:{port}", f"unix:{lab.dir}/s"):
		daemon.err.wait(rf"listening on {line}, as handed over$")
	assert "LISTEN_FDS" not in daemon.err.text()
	for _ in range(20):
		assert lab.get(far.url + "/").status == 200
	one = client.Client(f"{lab.dir}/s")
	assert one.get(far.url + "/").status == 200
	one.close()
	daemon.stop()
	# whoever has made them keeps them
	assert os.path.exists(f"{lab.dir}/s")
	with socket.create_connection(("127.0.0.1", port)):
		socks[0].accept()[0].close()
	for sock in socks:
		sock.close()


def test_what_fits_nothing_is_closed(lab):
	other, datagrams = listening(), socket.socket(socket.AF_INET,
	    socket.SOCK_DGRAM)
	os.set_inheritable(datagrams.fileno(), True)
	port = other.getsockname()[1]
	daemon = hand_over(lab, [other, datagrams], names="web:udp")
	daemon.err.wait(r"LISTEN_FDS: descriptor 4 \(udp\) is no stream socket "
	    "that listens: closed")
	daemon.err.wait(rf"LISTEN_FDS: descriptor 3 \(web\) is bound to "
	    rf"127\.0\.0\.1:{port}, which is no address of the configuration: "
	    "closed")
	other.close()
	datagrams.close()
	with pytest.raises(ConnectionRefusedError):
		socket.create_connection(("127.0.0.1", port)).close()


@pytest.mark.parametrize("said, told", [
    ("two", '"two" is no number'),
    ("1x", '"1x" is no number'),
    ("", '"" is no number'),
    ("2", "descriptor 4 is not open"),
    ("300", "descriptor 4 is not open, nor are 298 of those after it"),
    ("99999", "99999 sockets, of which the first 4608 are looked at"),
])
def test_wrong_number(lab, said, told):
	"""It is said, and what can be listened at is."""
	far = lab.origin()
	one = listening()
	port = one.getsockname()[1]
	daemon = hand_over(lab, [one], said=said, listen=["127.0.0.1:0",
	    *([f"127.0.0.1:{port}"] if said.isdigit() else [])])
	daemon.err.wait("LISTEN_FDS: " + told)
	assert lab.get(far.url + "/").status == 200
	assert len(daemon.err.like("LISTEN_FDS: ", 1)) <= 3
	one.close()


def test_meant_for_another(lab):
	"""What a parent got is not ours."""
	one = listening()
	daemon = hand_over(lab, [one], pid="1")
	daemon.stop()
	assert "LISTEN_FDS" not in daemon.err.text()
	one.close()


def test_connections_before_the_start(lab):
	"""They waited in the socket, and are answered."""
	far = lab.origin()
	sock = listening()
	port = sock.getsockname()[1]
	early = client.Client(("127.0.0.1", port))
	early.ask("GET", far.url + "/")
	hand_over(lab, [sock], listen=f"127.0.0.1:{port}")
	assert early.response().status == 200
	early.close()
	sock.close()
