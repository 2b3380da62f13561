# SPDX-License-Identifier: ISC
"""What a restart and a crash do not forget: state.file."""
import collections
import os
import random
import re
import shutil
import subprocess
import threading
import time
import zlib

import pytest

import client
import shared
import sluice
import test_estimate
import wire

# An hour is refused at once; what waits for the disk has time enough.
QUICK = {"queue": {"max_wait": "30s"}}
HOUR = {"capacity": 10, "period": "1h", **QUICK}


class Lives:
	"""A sluice, again and again, with one file of state."""

	def __init__(self, lab, every="100ms", **keys):
		self.lab = lab
		self.file = lab.dir / "state"
		self.keys = {"state": {"file": str(self.file), "every": every},
		    **keys}

	def start(self, **keys):
		self.keys.update(keys)
		self.daemon = self.lab.sluice(**self.keys)
		self.daemon.err.wait("is ready")
		return self.daemon

	def kill(self):
		self.daemon.status = None
		self.daemon.proc.kill()
		self.daemon.wait()

	def restart(self, kill=True, **keys):
		if kill:
			self.kill()
		else:
			self.daemon.stop()
		return self.start(**keys)


def gets(lab, url, n, **keys):
	return [lab.get(url, **keys).status for _ in range(n)]


def line(text):
	"""With its checksum."""
	return b"%s crc=%08x\n" % (text, zlib.crc32(text))


@pytest.mark.parametrize("kill", [False, True])
@pytest.mark.parametrize("strict", [False, True])
def test_spent_is_spent(lab, kill, strict):
	far = lab.origin()
	lives = Lives(lab, hosts={"127.0.0.1": {**HOUR, "strict": strict}})
	lives.start()
	assert gets(lab, far.url + "/", 4) == [200] * 4
	lives.restart(kill)
	left = gets(lab, far.url + "/", 7)
	assert left[6] == 429
	# What a crash loses is what was leased: of ten, one at most.
	assert left.count(200) >= (5 if kill else 6)
	lives.restart(kill)
	assert gets(lab, far.url + "/", 2) == [429, 429]


def after_a_boot(text, back):
	"""The state as another boot finds it, so long (s) after it was written."""
	found = b""
	for one in text.splitlines():
		one = re.sub(rb" crc=[0-9a-f]{8}$", b"", one)
		one = re.sub(rb"^(sluice-state .*)boot=\S+", rb"\1boot=other",
		    one)
		one = re.sub(rb" wall=(\d+)", lambda m: b" wall=%d" %
		    (int(m[1]) - back * 10 ** 9), one)
		found += line(one)
	return found


@pytest.mark.parametrize("strict", [False, True])
def test_spent_longer_ago_than_the_boot(lab, strict):
	"""It comes back when it would have without the boot."""
	day = 24 * 3600
	far = lab.origin()
	lives = Lives(lab, hosts={"127.0.0.1": {**QUICK, "capacity": 10,
	    "period": "300d", "strict": strict}})
	lives.start()
	assert gets(lab, far.url + "/", 10) == [200] * 10
	lives.daemon.stop()
	lives.file.write_bytes(after_a_boot(lives.file.read_bytes(),
	    270 * day))
	lives.start()
	if not strict:
		# A tenth of them comes back every 30 days.
		assert gets(lab, far.url + "/", 9) == [200] * 9
	refused = lab.get(far.url + "/")
	assert refused.status == 429
	# A window forgets within one of its 255 slots.
	assert 29.9 * day < int(refused.get("Retry-After")) < 32 * day


@pytest.mark.parametrize("boots, least, most", [(False, 35, 36),
    (True, 30, 34)])
def test_what_a_window_loses(lab, boots, least, most):
	"""Who is killed, what may go at once; a machine, what was to be safe."""
	far = lab.origin()
	lives = Lives(lab, every="1h", hosts={"127.0.0.1": {**QUICK,
	    "capacity": 40, "period": "1h", "strict": True}})
	lives.start()
	assert gets(lab, far.url + "/", 4) == [200] * 4
	lives.kill()
	if boots:
		lives.file.write_bytes(after_a_boot(lives.file.read_bytes(), 0))
	lives.start()
	assert least <= gets(lab, far.url + "/", 37).count(200) <= most


def test_other_limits_rescale(lab):
	far = lab.origin()
	lives = Lives(lab, hosts={"127.0.0.1": HOUR})
	lives.start()
	assert gets(lab, far.url + "/", 4) == [200] * 4
	lives.restart(kill=False, hosts={"127.0.0.1": {**HOUR,
	    "capacity": 5}})
	assert gets(lab, far.url + "/", 2) == [200, 429]


def test_parts_totals_and_credentials(lab):
	"""Credentials are known again: the key of their hashes is kept."""
	far = lab.origin()
	lives = Lives(lab, hosts={"127.0.0.1": {**HOUR, "per": "authorization",
	    "per_total": {"capacity": 5, "period": "1h"},
	    "paths": {"/a": {"capacity": 1, "period": "1h"}}}})
	lives.start()

	def ask(who, path="/"):
		return lab.get(far.url + path, [("Authorization",
		    f"Bearer {who}")]).status
	assert ask("one", "/a") == 200
	assert ask("one") == 200
	lives.restart(kill=False)
	assert ask("one", "/a") == 429
	assert ask("two", "/a") == 200
	assert [ask("two"), ask("one")] == [200, 200]
	# All of them have had five.
	assert [ask("three"), ask("one")] == [429, 429]
	text = lives.file.read_text()
	assert "Bearer" not in text and "one" not in text
	assert lives.file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("learn, word", [("pause", b"pause="),
    ("estimate", b"estimate=")])
@pytest.mark.parametrize("kill", [False, True])
def test_a_pause_goes_on(lab, kill, learn, word):
	far = lab.origin(lambda conn, req: conn.reply(429, fields=[
	    ("Retry-After", 600)]))
	lives = Lives(lab, hosts={"127.0.0.1": {**QUICK, "learn": learn,
	    "retry": {"attempts": 0}}})
	lives.start()
	assert lab.get(far.url + "/").status == 429
	wire.wait_until(lambda: word in lives.file.read_bytes(),
	    what="the pause in the file")
	lives.restart(kill)
	answer = lab.get(far.url + "/")
	assert answer.status == 429
	assert len(far.requests) == 1
	assert 500 < int(answer.get("Retry-After")) <= 600


@pytest.mark.parametrize("kill", [False, True])
def test_what_was_learned(lab, kill):
	"""A limit that was found is kept from the start."""
	host = test_estimate.Slots(3)
	far = lab.origin(host)
	lives = Lives(lab, hosts={"127.0.0.1": {"learn": "estimate",
	    "learn_probes": False, **QUICK}}, admin={})
	lives.start()
	assert test_estimate.crowd(lab, far.url, 8, 10) == [200] * 80
	before, = lab.control().get("/v1/suggest").json()["suggestions"]
	assert before["confident"] is True
	wire.wait_until(lambda: b"estimate=" in lives.file.read_bytes(),
	    what="the estimate in the file")
	lives.restart(kill)
	refused = host.refused
	assert test_estimate.crowd(lab, far.url, 8, 3) == [200] * 24
	assert host.refused <= refused + (8 if kill else 0)


def test_what_operators_have_set(lab):
	far = lab.origin()
	lives = Lives(lab, hosts={"127.0.0.1": {"capacity": 1000}},
	    admin={})
	lives.start()
	assert lab.control().put("/v1/hosts/127.0.0.1/limits", {"capacity": 2,
	    "period": "1h", "for": "1h", "reason": "a test"}).status == 200
	assert lab.get(far.url + "/").status == 200
	lives.restart(kill=False)
	assert gets(lab, far.url + "/", 2) == [200, 429]
	override, = lab.control().get("/v1/overrides").json()["overrides"]
	assert override["reason"] == "a test"


ORDERS = {"pause", "drain", "override", "resume"}


def test_orders_are_told_as_they_were_given(lab):
	"""An order that goes on is no new one: after a restart, an upgrade."""
	lives = Lives(lab, hosts={"127.0.0.1": {"capacity": 1000}}, admin={})
	daemon = lives.start()
	ctl = lab.control()
	for change in (ctl.post("/v1/hosts/127.0.0.1/pause", {"for": "1h"}),
	    ctl.post("/v1/hosts/a.test/drain", {"reason": "a test"}),
	    ctl.put("/v1/hosts/b.test/limits", {"capacity": 2, "for": "1h"})):
		assert change.status == 200, change.body

	def told():
		return [{k: v for k, v in o.items() if k not in ("until",
		    "remaining")} for o in lab.control().get(
		    "/v1/overrides").json()["overrides"]]

	def events():
		all = lab.control().get("/v1/events?follow=false&after=0")
		return [e for e in all.json()["events"] if e["kind"] in ORDERS]
	before = told()
	assert len(before) == len(events()) == 3
	lives.restart(kill=False)
	assert told() == before and events() == []
	assert "has taken over" in lab.daemons[-1].upgrade()
	assert told() == before and events() == []


def test_one_name_in_via(lab):
	far = lab.origin()
	lives = Lives(lab)
	lives.start()
	lab.get(far.url + "/")
	lives.restart()
	lab.get(far.url + "/")
	names = {req.get("Via") for req in far.requests}
	assert len(names) == 1 and None not in names


def test_two_of_one_file(lab):
	lives = Lives(lab)
	lives.start()
	other = lab.sluice(wait=False, **lives.keys)
	other.status = 1
	assert other.wait() == 1
	assert "another sluice has it" in other.err.text()


def test_a_file_by_a_link(lab):
	"""The link stays; another sluice that knows the file itself is told."""
	(lab.dir / "there").mkdir()
	there = lab.dir / "there" / "file"
	lives = Lives(lab, hosts={"127.0.0.1": HOUR})
	lives.file.symlink_to("there/file")
	far = lab.origin()
	lives.start()
	assert lab.get(far.url + "/").status == 200
	lives.restart(kill=False)
	assert lives.file.is_symlink()
	assert b"127.0.0.1" in there.read_bytes()
	keys = {**lives.keys, "state": {"file": str(there)}}
	other = lab.sluice(wait=False, **keys)
	other.status = 1
	assert other.wait() == 1
	assert "another sluice has it" in other.err.text()


# What is there instead of a state, why it is none, and whether it is kept.
FOREIGN = [
    (b"something else\n", "it is no state of sluice"),
    (b"sluice-state version=1 key=00\n", "its head is damaged"),
    (line(b"sluice-state version=2 boot= key=" + b"0" * 32),
	"it is of a newer version"),
    (b"\x00" * 4096, "it is no state of sluice"),
]


@pytest.mark.parametrize("data, why", FOREIGN)
def test_what_is_no_state_is_kept(lab, data, why):
	lives = Lives(lab)
	lives.file.write_bytes(data)
	(lab.dir / "state.1").write_bytes(b"older")
	lives.start()
	assert why in lives.daemon.err.text()
	assert (lab.dir / "state.2").read_bytes() == data
	assert (lab.dir / "state.1").read_bytes() == b"older"
	assert lives.file.read_bytes().startswith(b"sluice-state version=1 ")


@pytest.mark.parametrize("make, said", [
    (os.mkdir, "a directory"), (os.mkfifo, "a device, a pipe or a socket")])
def test_what_is_no_file_stays_where_it_is(tmp_path, make, said):
	"""It may be /dev/null, or a directory with all that sluice has."""
	path = tmp_path / "state"
	make(path)
	result = sluice_test(tmp_path, path)
	assert result.returncode == 1
	assert f":1:15: state.file: {path} is {said}, expected a file" in \
	    result.stderr
	assert sluice.run("-c", tmp_path / "sluice.yaml").returncode == 1
	assert sorted(os.listdir(tmp_path)) == ["sluice.yaml", "state"]


def test_damaged_records_are_skipped(lab):
	"""Whatever byte of one is another, that one is skipped, and told."""
	far = lab.origin()
	two = lab.origin()
	lives = Lives(lab, hosts={"127.0.0.1": HOUR, "localhost": HOUR})
	lives.start()
	gets(lab, far.url + "/", 10)
	gets(lab, f"http://localhost:{two.port}/", 10)
	lives.daemon.stop()
	lines = lives.file.read_bytes().splitlines(keepends=True)
	assert len(lines) == 3
	at = next(i for i, one in enumerate(lines)
	    if one.startswith(b"host name=localhost "))
	lines[at] = lines[at].replace(b"rate=1", b"rate=2", 1)
	lives.file.write_bytes(b"".join(lines) + lines[0][:20])
	lives.start()
	assert "2 records were skipped: damaged" in lives.daemon.err.text()
	assert gets(lab, far.url + "/", 1) == [429]
	assert gets(lab, f"http://localhost:{two.port}/", 1) == [200]


def test_records_of_nobody(lab):
	"""What the configuration has no more, or another version knows."""
	lives = Lives(lab)
	lives.start()
	lives.daemon.stop()
	with lives.file.open("ab") as f:
		f.write(line(b"queue name=a.test boot=1 wall=1 x=1"))
		f.write(line(b"host name=a.test~" + b"1" * 32 +
		    b" boot=1 wall=1 budget=host rate=1,1,1,0,1,0"))
	lives.start()
	assert "2 records were skipped" in lives.daemon.err.text()


def test_a_full_disk(lab):
	"""It says so, and goes on; when there is room all is written."""
	if os.geteuid() != 0:
		pytest.skip("only root can mount a small disk")
	disk = lab.dir / "disk"
	disk.mkdir()
	if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none",
	    str(disk)], capture_output=True).returncode != 0:
		pytest.skip("no disk can be mounted")
	try:
		full_disk(lab, disk)
	finally:
		for daemon in lab.daemons:
			daemon.stop()
		subprocess.run(["umount", "-l", str(disk)], check=True)


def full_disk(lab, disk):
	far = lab.origin()
	lives = Lives(lab, hosts={"127.0.0.1": {"capacity": 1000,
	    "period": "1h", "burst": 20}})
	lives.file = disk / "state"
	lives.keys["state"]["file"] = str(lives.file)
	lives.start()
	(disk / "fill").write_bytes(b"x" * 4096)
	with (disk / "fill").open("ab", buffering=0) as f:
		try:
			while True:
				f.write(b"x" * 4096)
		except OSError:
			pass
	assert gets(lab, far.url + "/", 5) == [200] * 5
	lives.daemon.err.wait("cannot be written: No space left")
	since = len(lives.daemon.err)
	before = lives.file.read_bytes()
	(disk / "fill").unlink()
	wire.wait_until(lambda: lives.file.read_bytes() != before and
	    b"name=127.0.0.1" in lives.file.read_bytes(),
	    what="a snapshot")
	lives.daemon.err.wait("info: state.file: .*/state: writing again",
	    since=since)
	lives.restart()
	assert gets(lab, far.url + "/", 15).count(200) < 16


def test_an_empty_file(lab):
	"""As a power failure leaves one; there is nothing to keep of it."""
	lives = Lives(lab, hosts={"127.0.0.1": {"capacity": 5}})
	lives.file.write_bytes(b"")
	lives.start()
	lives.daemon.err.wait("warn: state.file: .*/state is empty: all begins "
	    "anew")


def test_a_directory_that_is_made_anew(lab):
	"""It is written there, and is nobody else's."""
	far = lab.origin()
	place = lab.dir / "place"
	place.mkdir()
	lives = Lives(lab, hosts={"127.0.0.1": {"capacity": 1000}})
	lives.file = place / "state"
	lives.keys["state"]["file"] = str(lives.file)
	lives.start()
	assert gets(lab, far.url + "/", 2) == [200] * 2
	place.rename(lab.dir / "gone")
	shutil.rmtree(lab.dir / "gone")
	lives.daemon.err.wait("cannot be written: No such file or directory")
	place.mkdir()
	lives.daemon.err.wait("writing again")
	assert lives.file.exists()
	other = lab.sluice(wait=False, state={"file": str(lives.file)})
	other.status = 1
	other.err.wait("another sluice has it, expected a file for each")


def test_no_directory(lab, tmp_path):
	result = sluice_test(tmp_path, "/nowhere/at/all/state")
	assert result.returncode == 1
	assert "state.file: its directory /nowhere/at/all: " in result.stderr


def sluice_test(tmp_path, path):
	file = tmp_path / "sluice.yaml"
	file.write_text(f"state: {{file: {path}}}\n")
	return sluice.run("-t", "-c", file)


def test_nothing_waits_that_may_go(lab):
	"""A host that lets nobody wait lets go who waits for the disk."""
	far = lab.origin()
	lives = Lives(lab, hosts={"127.0.0.1": {"capacity": 5, "period": "1h",
	    "queue": {"length": 0}}})
	lives.start()
	assert gets(lab, far.url + "/", 6) == [200] * 5 + [429]


# Nobody may wait for what is spent; what is full again is at once.
NO_WAIT = {"queue": {"max_wait": 0}}
FULL = {"capacity": 1000, "period": "1s"}


def snapshots(lives, n):
	"""Waits until the file was written anew so many times."""
	for _ in range(n):
		before = lives.file.stat().st_mtime_ns
		wire.wait_until(lambda: lives.file.stat().st_mtime_ns !=
		    before, what="a snapshot")


@pytest.mark.parametrize("rule, fields", [
    ({**FULL, **NO_WAIT}, []),
    ({**FULL, **QUICK}, [("Sluice-Max-Wait", 0)]),
    ({**NO_WAIT, "paths": {"/": FULL}}, []),
    ({**NO_WAIT, "per": "authorization", "per_total": FULL}, []),
    ({**NO_WAIT, "budgets": {"tokens": {"rates": [FULL],
	"reserve": {"default": 300}}}}, []),
], ids=["host", "field", "part", "total", "tokens"])
def test_who_cannot_wait_goes_after_a_rest(lab, rule, fields):
	"""An idle host has no lease: the next one waits for the disk alone."""
	far = lab.origin()
	lives = Lives(lab, hosts={"127.0.0.1": rule})
	lives.start()
	for _ in range(5):
		assert lab.client().call("POST", far.url + "/", [("Content-Type",
		    "application/json"), *fields], "{}").status == 200
		snapshots(lives, 2)


def test_who_cannot_wait_of_a_crowd(lab):
	"""As many go as may, whoever comes at one time; the rest is refused."""
	far = lab.origin()
	lives = Lives(lab, hosts={"127.0.0.1": {"capacity": 30,
	    "period": "1h", **NO_WAIT}})
	lives.start()
	tasks = [lab.spawn(gets, lab, far.url + "/", 1) for _ in range(30)]
	assert [task.join() for task in tasks] == [[200]] * 30
	tasks = [lab.spawn(lab.get, far.url + "/") for _ in range(5)]
	for task in tasks:
		answer = task.join()
		assert answer.status == 429
		assert int(answer.get("Retry-After")) > 60
	assert len(far.requests) == 30


class Crowd:
	"""Clients who ask as fast as they are answered, through every life."""

	def __init__(self, lives, url, n):
		self.lives = lives
		self.url = url
		self.over = threading.Event()
		self.tasks = [lives.lab.spawn(self.run) for _ in range(n)]

	def run(self):
		while not self.over.is_set():
			try:
				one = client.Client(self.lives.daemon.address)
			except OSError:
				# Between two lives; the next one is at hand.
				self.over.wait(0.005)
				continue
			try:
				while not self.over.is_set():
					one.get(self.url)
			except (OSError, wire.Closed, AssertionError):
				pass
			finally:
				one.close()

	def stop(self):
		self.over.set()
		for task in self.tasks:
			task.join()


# s; a request may come to the host so much later than it went
LATE = 0.25 * wire.SLOW


def could(before, begin, end, rate, burst=None):
	"""How many there could have been between two instants after those before,
	of a bucket; without burst: of a window of a second."""
	if burst is not None:
		tat = 0
		for at in before:
			tat = max(tat, at) + 1 / rate
		left = burst - max(0, tat - begin) * rate
		return min(left, burst) + rate * (end - begin)
	held = collections.deque(at for at in before if at > begin - 1)
	n, at = 0, begin
	while at < end:
		while held and held[0] <= at - 1:
			held.popleft()
		if len(held) < rate:
			held.append(at)
			n += 1
		else:
			at = held[0] + 1
	return n


def used(times, spans, *limit):
	"""What part of what each life could have had it has used."""
	had = done = before = 0
	for begin, end in spans:
		# its first request may come before it is known to be ready
		begin = min([t for t in times if before < t < begin] or [begin])
		had += could([t for t in times if t < begin], begin, end, *limit)
		done += sum(begin <= t < end for t in times)
		before = end
	return done / had


def crashes(lab, n, strict, seed):
	"""kill -9 and start, at moments that nobody chose: no bucket and no
	window, wherever it begins, has more than the budget; returns the part
	of it that was used while there was a sluice."""
	far = shared.Far()
	rng = random.Random(seed)
	rate, burst = 60, 10
	rule = {"capacity": rate, "period": "1s", "strict": strict,
	    "queue": {"length": 100, "max_wait": "1m"}}
	if not strict:
		rule["burst"] = burst
	lives = Lives(lab, every="500ms", hosts={"127.0.0.1": rule})
	lives.start()
	crowd = Crowd(lives, far.url + "/0", 20)
	spans = []		# (s, s): from a life's begin to its end
	for _ in range(n + 1):
		begin = time.time()
		crowd.over.wait(rng.uniform(0.3, 1.5))
		spans.append((begin, time.time()))
		lives.restart()
	crowd.stop()
	far.end()
	times = far.times()
	over = shared.over_window(times, rate, 1) if strict else \
	    shared.over_bucket(times, rate, burst, LATE)
	part = used(times, spans, rate, *([] if strict else [burst]))
	print(f"{n} crashes, {len(times)} requests, {part:.3f} used, "
	    f"{over:.1f} over")
	assert over <= 0
	return part


@pytest.mark.heavy
@pytest.mark.parametrize("strict", [False, True])
def test_crashes_under_load(lab, strict):
	# How much exactly: check_lease_crashes, whose clock is a number, where
	# here leases wait for the disk, and all for the processor.
	assert crashes(lab, 8, strict, 7) >= 0.5
