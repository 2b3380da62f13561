# SPDX-License-Identifier: ISC
"""SIGUSR2, and a next process that begins to take over, and then does not."""
import os
import signal
import subprocess
import time

import pytest

import sluice
import wire
from commands import environment
from test_keeper import children
from test_takeover import Gate, hanging, moved, waiting

# A program in the place of the next one: it says that it is ready, and then
# does what a line says.
READY = """#!/usr/bin/python3
import os, socket, time
end = socket.socket(fileno=int(os.environ["SLUICE_HANDOVER"]))
end.sendall(b"ready\\n")
lines = end.makefile("rb")

def read_all():
	while lines.readline() != b"yours\\n":
		pass

%s
"""

HANGS = [
    ("reads nothing", "time.sleep(60)", "it did not take over in time"),
    ("says nothing", "read_all(); time.sleep(60)",
	"it did not take over in time"),
    ("says something else", "end.sendall(b'what\\ntake\\n'); time.sleep(60)",
	"it did not take over in time"),
    ("ends", "read_all(); raise SystemExit(3)",
	"it has ended with status 3"),
    ("fails", "read_all(); end.sendall(b'failed for no reason\\n')",
	"for no reason"),
    ("closes", "end.shutdown(2); time.sleep(60)",
	"it did not take over in time"),
]


def in_its_place(lab, does, text=None, **keys):
	"""A daemon whose next process is that, until it is mended."""
	link = lab.dir / "sluice"
	link.symlink_to(sluice.BINARY)
	daemon = lab.sluice(binary=link, **keys)
	fake = lab.dir / "fake"
	fake.write_text(text or READY % does)
	fake.chmod(0o755)
	moved(link, fake)
	return daemon, lambda: moved(link, sluice.BINARY)


@pytest.mark.parametrize("does,said", [x[1:] for x in HANGS],
    ids=[x[0] for x in HANGS])
def test_all_goes_on(lab, does, said):
	"""As if nothing had been: turns, slots, what is spent, the file."""
	gate = Gate(lab)
	# What is in its place then, in earnest, has that time to be ready, too.
	daemon, mend = in_its_place(lab, does,
	    timeouts={"upgrade": f"{2 * wire.SLOW:.0f}s"},
	    state={"file": str(lab.dir / "state")}, hosts={"127.0.0.1":
	    {"concurrency": 1, "capacity": 5, "period": "1h"}})
	control = lab.control()
	asked = [lab.client().ask("GET", gate.url + "0")]
	gate.far.wait_requests(1)
	for i in range(1, 3):
		asked.append(lab.client().ask("GET", gate.url + str(i)))
		wire.wait_until(lambda: waiting(control) == i, what="waiters")
	since, began = len(daemon.err), time.monotonic()
	os.kill(daemon.pid, signal.SIGUSR2)
	daemon.err.wait(f"not upgraded: the new process: {said}", since=since)
	# The start of what is in its place is in that, too.
	assert time.monotonic() - began < 4 * wire.SLOW
	asked.append(lab.client().ask("GET", gate.url + "3"))
	wire.wait_until(lambda: waiting(control) == 3, what="waiters")
	for _ in range(5):
		gate.open.release()
	for one in asked:
		assert one.response().status == 200
	assert [r.target for r in gate.far.requests] == ["/0", "/1", "/2", "/3"]
	mend()
	assert "has taken over" in daemon.upgrade()
	assert lab.get(gate.url + "4").status == 200
	assert lab.client().get(gate.url, [("Sluice-Max-Wait", "0")]).status \
	    == 429
	daemon.stop()
	assert "host name=127.0.0.1 " in (lab.dir / "state").read_text()


# It comes up when it is let, and tells what it hears after its turn has come.
COMES_LATE = """#!/usr/bin/python3
import os, socket
end = socket.socket(fileno=int(os.environ["SLUICE_HANDOVER"]))
open("%s").read()
end.sendall(b"ready\\n")
lines = end.makefile("rb")
while lines.readline() != b"yours\\n":
	pass
end.sendall(b"taken\\n")
heard = lines.readline() + lines.readline()
os.write(2, b"heard " + heard.replace(b"\\n", b" ") + b"\\n")
"""


@pytest.mark.parametrize("sig, word", [(signal.SIGUSR1, "logs"),
    (signal.SIGHUP, "reload"), (None, "reload")], ids=["logs", "reload", "API"])
def test_what_it_may_have_read_before(lab, sig, word):
	"""Log files that are moved away, a configuration that is written anew."""
	fifo = lab.dir / "fifo"
	os.mkfifo(fifo)
	daemon, _ = in_its_place(lab, "", text=COMES_LATE % fifo)
	since = len(daemon.err)
	os.kill(daemon.pid, signal.SIGUSR2)
	# who opens the other end is there
	with open(fifo, "w"):
		if sig is None:
			assert lab.control().post("/v1/reload", b"").status == 200
		else:
			os.kill(daemon.pid, sig)
		daemon.err.wait("log files opened anew|configuration reloaded",
		    since=since)
	daemon.err.wait(f"^heard go {word} $", since=since)
	assert daemon.proc.wait(wire.DEADLINE) == 0


def test_it_may_be_ended_meanwhile(lab):
	"""SIGTERM does not wait for one that takes nothing."""
	daemon, _ = in_its_place(lab, "time.sleep(60)",
	    timeouts={"upgrade": "60s"})
	os.kill(daemon.pid, signal.SIGUSR2)
	control = lab.control()
	# Nobody is admitted from when it is ready on.
	far, asked = lab.origin(), []
	wire.wait_until(lambda: hangs(lab, far, control, asked),
	    what="one that waits")
	daemon.term()
	daemon.err.wait("not upgraded: the new process: this process was told "
	    "to end")
	assert daemon.proc.wait(wire.DEADLINE) == 0


def hangs(lab, far, control, asked):
	"""Asks until one waits, or some do: the last may not have come yet."""
	if waiting(control) == 0:
		asked.append(lab.client().ask("GET", far.url + "/"))
	return waiting(control) > 0


def test_a_reload_meanwhile_comes_afterwards(lab):
	far, asked = lab.origin(), []
	daemon, _ = in_its_place(lab, "time.sleep(60)",
	    timeouts={"upgrade": "2s"})
	os.kill(daemon.pid, signal.SIGUSR2)
	control = lab.control()
	wire.wait_until(lambda: hangs(lab, far, control, asked),
	    what="one that waits")
	since = len(daemon.err)
	daemon.write(**{**daemon.keys, "hosts": {"127.0.0.1": {"capacity":
	    10_000, "period": "1h"}}})
	daemon.hup()
	daemon.err.wait("not upgraded", since=since)
	daemon.err.wait("configuration reloaded", since=since)
	text = daemon.err.text()
	assert text.index("not upgraded") < text.index("configuration reloaded")
	for one in asked:
		assert one.response().status == 200


def stopped_launcher(lab):
	"""One that has failed, and is not killed yet."""
	daemon, pid = hanging(lab, "1s")
	(launcher,) = [one for one in children(daemon.pid)
	    if "sluice-launcher" in open(f"/proc/{one}/comm").read()]
	os.kill(launcher, signal.SIGSTOP)
	daemon.err.wait("not upgraded: .*it was not ready in time")
	return daemon, launcher


def test_one_that_failed_is_waited_for(lab):
	"""Who asks again while it is being killed, as soon as he is told."""
	daemon, launcher = stopped_launcher(lab)
	moved(lab.dir / "sluice", sluice.BINARY)
	daemon.write(**{**daemon.keys, "timeouts": {"upgrade": "60s"}})
	daemon.hup()
	daemon.err.wait("configuration reloaded")
	since = len(daemon.err)
	with subprocess.Popen([sluice.BINARY, "upgrade"], text=True,
	    stdout=subprocess.PIPE, env=environment(daemon.control)) as asked:
		daemon.err.wait("upgrade: begins when the process that failed "
		    "has ended", since=since)
		os.kill(launcher, signal.SIGCONT)
		said = asked.communicate(timeout=wire.DEADLINE)[0]
	assert "has taken over" in said
	assert daemon.proc.wait(wire.DEADLINE) == 0
	daemon.pid = int(said.split()[2])


def test_one_that_failed_is_not_waited_for_long(lab):
	daemon, launcher = stopped_launcher(lab)
	since = len(daemon.err)
	os.kill(daemon.pid, signal.SIGUSR2)
	daemon.err.wait("upgrade: begins when", since=since)
	daemon.err.wait("no upgrade begins: the process that failed does not "
	    "end", since=since)
	os.kill(launcher, signal.SIGCONT)
	moved(lab.dir / "sluice", sluice.BINARY)
	wire.wait_until(lambda: "has taken over" in daemon.upgrade(),
	    what="its end")


def test_a_launcher_that_is_killed(lab):
	"""It is told once, nothing is left of it, and all else goes on."""
	far = lab.origin()
	daemon = lab.sluice()
	daemon.err.wait("is ready")
	launcher, = children(daemon.pid)
	os.kill(launcher, signal.SIGKILL)
	daemon.err.wait("error: sluice-launcher is gone: no upgrade is possible "
	    "until sluice is started anew")
	wire.wait_until(lambda: not os.path.exists(f"/proc/{launcher}"),
	    what="its burial")
	os.kill(daemon.pid, signal.SIGUSR2)
	daemon.err.wait("no upgrade begins: there is nobody who could start a "
	    "process")
	assert lab.get(far.url + "/").status == 200
	daemon.stop()
	assert daemon.err.text().count("launcher is gone") == 1
