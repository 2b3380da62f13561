# SPDX-License-Identifier: ISC
"""Logs that nobody reads, full disks and rotation: requests go on."""
import fcntl
import json
import os
import pty
import re
import signal
import subprocess
import threading

import pytest

import client
import origin
import sluice
import wire

def fail(one, n):
	"""So many requests for a port that refuses them, some at a time."""
	while n > 0:
		now = min(n, 50)
		for _ in range(now):
			one.ask("GET", "http://127.0.0.1:1/")
		for _ in range(now):
			assert one.response().status == 502
		n -= now


class Quiet:
	"""A sluice whose messages a test leaves unread."""

	def __init__(self, place, stderr=subprocess.DEVNULL,
	    stdout=subprocess.DEVNULL, **keys):
		self.unix = str(place / "socket")
		self.file = place / "sluice.yaml"
		self.write(**keys)
		self.proc = subprocess.Popen([sluice.BINARY, "-c",
		    str(self.file)], stdin=subprocess.DEVNULL, stdout=stdout,
		    stderr=stderr)
		wire.wait_until(self.answers, what="a sluice that answers")

	def write(self, **keys):
		self.file.write_text(json.dumps(sluice.settings(
		    listen="unix:" + self.unix, **keys)))

	def answers(self):
		assert self.proc.poll() is None
		try:
			return self.ask(1)
		except OSError:
			return False

	def ask(self, n):
		"""Requests that fail, on one connection."""
		one = client.Client(self.unix)
		fail(one, n)
		one.close()
		return True

	def stop(self):
		if self.proc.poll() is None:
			self.proc.send_signal(signal.SIGTERM)
		try:
			assert self.proc.wait(wire.DEADLINE) == 0
		finally:
			self.proc.kill()
			self.proc.wait()


@pytest.fixture
def quiet(tmp_path):
	started = []

	def start(**keys):
		started.append(Quiet(tmp_path, **keys))
		return started[-1]
	yield start
	for one in started:
		one.stop()


def small_pipe():
	read, write = os.pipe()
	fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
	return read, write


def fill(fd):
	"""What is written to it next would have to wait."""
	os.set_blocking(fd, False)
	try:
		while os.write(fd, b"x" * 512):
			pass
	except BlockingIOError:
		os.set_blocking(fd, True)


def start_silent(lab, log):
	"""One whose messages are not on standard error."""
	daemon = lab.sluice(listen=f"unix:{lab.dir}/s", log=log, wait=False)
	daemon.unix = f"{lab.dir}/s"
	wire.wait_until(lambda: wire.listens(daemon.unix), what="a socket")
	return daemon


def test_full_standard_error_from_the_start(quiet):
	"""Neither the start nor a reload, a request or the end waits."""
	read, write = small_pipe()
	fill(write)
	daemon = quiet(stderr=write, log={"level": "debug"})
	assert daemon.ask(50)
	daemon.write(log={"level": "info"})
	daemon.proc.send_signal(signal.SIGHUP)
	daemon.proc.send_signal(signal.SIGUSR1)
	assert daemon.ask(50)
	daemon.stop()
	os.close(read)
	os.close(write)


def test_full_standard_error_and_output_are_left_as_they_were(quiet):
	"""O_NONBLOCK would be set for all who share the pipe."""
	read, write = small_pipe()
	daemon = quiet(stderr=write, stdout=write, log={"level": "debug"})
	assert daemon.ask(50)
	assert not fcntl.fcntl(write, fcntl.F_GETFL) & os.O_NONBLOCK
	daemon.stop()
	os.close(read)
	os.close(write)


def test_messages_that_were_dropped_are_counted(lab):
	"""Told in their own place, when somebody reads again."""
	place = lab.dir / "diagnostics"
	os.mkfifo(place)
	reader = os.open(place, os.O_RDONLY | os.O_NONBLOCK)
	fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
	start_silent(lab, {"level": "debug", "diagnostics": str(place)})
	fail(lab.client(), 8000)
	os.set_blocking(reader, True)
	lines = sluice.Lines(open(reader, "rb"))
	lines.wait(r"diagnostics: writing again; [1-9]\d* lines? w")
	for line in lines.text().split("\n"):
		assert re.match(r"\d{4}-.*Z (debug|info|warn|error): ", line)


@pytest.mark.parametrize("how", ["start", "reload"])
def test_fifo_that_nobody_reads(lab, how):
	"""It is opened when somebody does; nobody waits for that."""
	path = lab.dir / "fifo"
	os.mkfifo(path)
	log = {"access": str(path)}
	if how == "start":
		daemon = lab.sluice(log=log)
	else:
		daemon = lab.sluice()
		daemon.change(log=log)
	daemon.err.wait("log.access: nobody reads the FIFO")
	assert lab.client().get("http://127.0.0.1:1/").status == 502
	with open(path) as lines:
		assert "127.0.0.1:1 502" in lines.readline()
		assert lab.client().get("http://127.0.0.1:1/").status == 502
		assert "127.0.0.1:1 502" in lines.readline()


def test_fifo_that_nobody_ever_reads(lab):
	path = lab.dir / "fifo"
	os.mkfifo(path)
	daemon = lab.sluice(log={"access": str(path)})
	assert lab.client().get("http://127.0.0.1:1/").status == 502
	daemon.term()
	assert daemon.wait() == 0
	daemon.err.wait("log.access: at the end 1 line was dropped")


def test_reader_of_a_fifo_that_comes_and_goes(lab):
	path = lab.dir / "fifo"
	os.mkfifo(path)
	lab.sluice(log={"access": str(path)})
	for _ in range(3):
		with open(path) as lines:
			assert lab.client().get("http://127.0.0.1:1/") \
			    .status == 502
			assert "502" in lines.readline()


def test_full_disk(lab):
	daemon = lab.sluice(log={"access": "/dev/full"})
	for _ in range(5):
		assert lab.client().get("http://127.0.0.1:1/").status == 502
	daemon.err.wait("log.access: cannot write: No space left on device")
	daemon.term()
	assert daemon.wait() == 0
	daemon.err.wait("log.access: at the end 5 lines were dropped")
	assert len(daemon.err.like("cannot write", 1)) == 1


def test_terminal_that_is_stopped(quiet):
	"""As after Ctrl-S: nothing is taken, and nobody waits for that."""
	master, slave = pty.openpty()
	daemon = quiet(stdout=slave, stderr=slave, log={"level": "debug"})
	assert daemon.ask(1000)
	assert not fcntl.fcntl(slave, fcntl.F_GETFL) & os.O_NONBLOCK
	daemon.stop()
	os.close(slave)
	os.close(master)


def test_nobody_reads_the_log(lab):
	"""A full pipe costs lines, not requests."""
	read, write = small_pipe()
	daemon = lab.sluice(stdout=write, log={"format": "json"})
	os.close(write)
	fail(lab.client(), 12000)
	daemon.err.wait("log.access: lines are dropped: nobody reads it")
	with open(read, "rb") as lines:
		told = []

		def wait():
			told.append(daemon.err.wait(
			    r"log.access: writing again; \d+"))
			fail(lab.client(), 1)	# whoever reads gets a line
		thread = threading.Thread(target=wait)
		thread.start()
		seen = 0
		while not told:
			assert lines.readline().endswith(b"\n")
			seen += 1
		thread.join()
	assert 0 < seen < 12000


@pytest.mark.parametrize("what", ["stdin", "stdout", "stderr"])
def test_without_a_standard_descriptor(lab, tmp_path, what):
	"""What is opened instead does not get what was meant for it."""
	number = {"stdin": "<", "stdout": ">", "stderr": "2>"}[what]
	path = tmp_path / "s.yaml"
	path.write_text(json.dumps(sluice.settings(
	    listen=f"unix:{tmp_path}/s", log={"level": "debug"})))
	proc = subprocess.Popen(["sh", "-c", f'exec "$0" -c "$1" {number}&-',
	    sluice.BINARY, str(path)], stdin=subprocess.DEVNULL,
	    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
	try:
		wire.wait_until(lambda: wire.listens(f"{tmp_path}/s"),
		    what="a socket")
		one = client.Client(f"{tmp_path}/s")
		for _ in range(5):
			assert one.get("http://127.0.0.1:1/").status == 502
		one.close()
		proc.send_signal(signal.SIGTERM)
		assert proc.wait(wire.DEADLINE) == 0
	finally:
		proc.kill()
		proc.wait()


def test_rotation_loses_nothing(lab):
	"""Moved away and SIGUSR1, again and again under load."""
	far = lab.origin(origin.fixed(body="ok"))
	path = lab.dir / "access.log"
	notes = lab.dir / "notes.log"
	daemon = start_silent(lab, {"access": str(path),
	    "diagnostics": str(notes), "level": "debug"})
	over = threading.Event()

	def load():
		one = lab.client()
		sent = 0
		while not over.is_set():
			for _ in range(20):
				one.ask("GET", far.url + "/")
			for _ in range(20):
				assert one.response().status == 200
			# a message each
			fail(one, 5)
			sent += 25
		return sent
	task = lab.spawn(load)
	for i in range(8):
		wire.wait_until(lambda: path.exists() and path.stat().st_size,
		    what="lines")
		path.rename(lab.dir / f"access.{i}")
		notes.rename(lab.dir / f"notes.{i}")
		daemon.proc.send_signal(signal.SIGUSR1)
		wire.wait_until(lambda: notes.exists() and
		    "opened anew" in notes.read_text(), what="word of it")
	over.set()
	sent = task.join()
	daemon.stop()
	lines = [line for file in lab.dir.glob("access.*")
	    for line in file.read_text().splitlines()]
	assert len(lines) == sent
	assert sum(" forwarded rule=" in line for line in lines) == \
	    sent // 25 * 20
	said = [line for file in lab.dir.glob("notes.*")
	    for line in file.read_text().splitlines()]
	assert sum(" debug: 127.0.0.1: refused: " in line
	    for line in said) == sent // 25 * 5


def test_rotation_that_fails_keeps_the_old(lab):
	place = lab.dir / "logs"
	place.mkdir()
	daemon = lab.sluice(log={"access": str(place / "a.log")})
	place.rename(lab.dir / "moved")
	daemon.proc.send_signal(signal.SIGUSR1)
	daemon.err.wait("log files not opened anew: .*log.access: .*a.log")
	assert lab.client().get("http://127.0.0.1:1/").status == 502
	wire.wait_until(lambda: "502" in (lab.dir / "moved/a.log").read_text(),
	    what="a line")


def test_diagnostics_in_a_file(lab, tmp_path):
	"""Why it did not start is on standard error all the same."""
	path = tmp_path / "s.yaml"
	notes = tmp_path / "notes.log"
	path.write_text(json.dumps(sluice.settings(listen="192.0.2.1:1",
	    log={"diagnostics": str(notes)})))
	done = sluice.run("-c", path)
	assert done.returncode == 1
	assert "192.0.2.1:1" in done.stderr
	assert "192.0.2.1:1" in notes.read_text()
	path.write_text(json.dumps(sluice.settings(
	    log={"diagnostics": f"{tmp_path}/none/notes.log"})))
	done = sluice.run("-c", path)
	assert done.returncode == 1
	assert "log.diagnostics: cannot open" in done.stderr
