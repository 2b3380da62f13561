# SPDX-License-Identifier: ISC
"""The program's commands, with daemons and with what is none."""
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess

import pytest

import origin
import sluice
import standin
import terminal
import wire

HOUR = "2026-11-28T11:00:00Z"


def environment(at=None, **more):
	env = {name: value for name, value in os.environ.items()
	    if name not in ("SLUICE_SOCKET", "XDG_RUNTIME_DIR", "COLUMNS",
	    "NO_COLOR")}
	env["LC_ALL"] = "C.UTF-8"
	if at is not None:
		env["SLUICE_SOCKET"] = str(at)
	return {**env, **{name: str(value) for name, value in more.items()}}


def answers(path):
	with socket.socket(socket.AF_UNIX) as sock:
		return sock.connect_ex(str(path)) == 0


def ctl(at, *args, status=0, **env):
	"""A command, at a daemon, a stand-in, or no socket (None)."""
	where = getattr(at, "control", None) or getattr(at, "path", at)
	if isinstance(at, sluice.Sluice):
		wire.wait_until(lambda: answers(at.control))
	done = sluice.run(*args, env=environment(where, **env))
	assert not sluice.FAULTS.search(done.stderr), done.stderr
	assert done.returncode == status, (args, done)
	return done


def in_json(at, *args):
	done = ctl(at, "--json", *args)
	assert done.stderr == ""
	value = json.loads(done.stdout)
	assert value["version"] == 1
	return value


def wrong_json(at, *args, status):
	done = ctl(at, "--json", *args, status=status)
	assert done.stdout == ""
	value = json.loads(done.stderr)
	assert value["version"] == 1 and value["error"]["exit"] == status
	return value["error"]


@pytest.fixture
def room(lab, tmp_path_factory):
	"""Makes stand-ins; paths of sockets are short."""
	class Room:
		dir = tmp_path_factory.mktemp("s")

		def standin(self, reply, name="s"):
			lab.others.append(standin.Standin(self.dir / name,
			    reply))
			return lab.others[-1]
	return Room()


def host(key, **more):
	return {"key": key, "rule": key, "hosts": 1, "state": "open",
	    "waiting": 0, "queue_length": 1000, "oldest_wait": None,
	    "in_flight": 1, "concurrency": 10, "tunnels": 0, "pause": None,
	    "recovery": None, "budgets": [], "learned": None,
	    "override": None, "history": None, **more}


def budget(left, burst=20):
	return {"name": "20 per 1s", "part": None, "capacity": 20,
	    "period": 1, "burst": burst, "strict": False, "left": left,
	    "full_in": 1, "from": "file"}


STATUS = {"version": "9", "pid": 1, "listen": ["127.0.0.1:3128"],
    "started": HOUR, "up": 90, "workers": 1, "state": "running",
    "full": True, "configuration": {"path": None, "loaded": HOUR,
    "reloads": 0, "last_error": None}, "hosts": 1, "waiting": 3,
    "oldest_wait": 12.25, "in_flight": 7, "paused": 1,
    "refused_last_hour": 2, "connections": 4, "clients": 2,
    "requests": 5,
    "memory": {"used": 1048576, "limit": 536870912}, "overrides": 0}


def api(hosts=(), status=STATUS, **more):
	"""What a daemon with these hosts answers; more by targets."""
	def reply(request):
		path = request.target.split("?")[0]
		if request.target in more:
			return more[request.target]
		if path == "/v1/status":
			return standin.answer(status)
		if path == "/v1/hosts":
			return standin.answer({"hosts": list(hosts),
			    "total": len(hosts), "next": None})
		name = path.split("/")[3] if path.count("/") > 2 else None
		if not any(one["key"] == name for one in hosts):
			return standin.problem(404, "there is no such host")
		if request.method == "GET":
			return standin.answer([one for one in hosts
			    if one["key"] == name][0])
		return standin.answer({"key": name, "was": "open",
		    "is": path.split("/")[4], "until": None})
	return reply


# The command line


@pytest.mark.parametrize("args, says", [
    (["statsu"], 'there is no command "statsu"; did you mean status?'),
    (["frobnicate"], "sluice -h lists them"),
    (["sluice.yaml"], "did you mean -c sluice.yaml?"),
    (["hosts", "--stat", "open"], "did you mean --state?"),
    (["hosts", "--state", "shut"],
     "none of these: open paused recovering draining"),
    (["show"], "HOST is missing"),
    (["status", "x"], '"x" is too much'),
    (["pause", "a", "30x"], "expected a time such as 30s, 5m or 1h"),
    (["pause", "a", "--reason"], "--reason wants TEXT"),
    (["pause", "a", "1s", "--reason", "\udcff"], "--reason is no UTF-8"),
    (["set", "a", "rate=5", "--for", "1h"], '"rate=5" is no limit'),
    (["set", "a", "capacity=-1", "--for", "1h"], "a number above 0"),
    (["set", "a", "capacity=nan", "--for", "1h"], "a number above 0"),
    (["set", "a", "period=soon", "--for", "1h"], "a time such as 1s"),
    (["set", "a", "concurrency=1.5", "--for", "1h"], "a whole number"),
    (["set", "a", "capacity=5"], "--for TIME is missing"),
    (["explain", "-H", "x", "http://a/"], 'expected "Name: value"'),
    (["log", "loud"], "none of these: error warn info debug"),
    (["log", "--for", "1h"], "which LEVEL?"),
    (["status", "--timeout", "0y"], "expected a time"),
])
def test_usage(args, says):
	done = ctl("/nonexistent/s", *args, status=2)
	assert says in done.stderr and done.stdout == ""
	assert says in wrong_json("/nonexistent/s", *args, status=2)["detail"]


def test_help():
	listed = re.findall(r"^  (\w+) ", sluice.run("-h").stdout, re.M)
	assert "status" in listed and "pause" in listed
	for name in listed:
		done = ctl(None, name, "-h")
		assert done.stdout.startswith(f"usage: sluice {name}")


# Which daemon, and whether it is one


def test_no_daemon(tmp_path):
	done = ctl(None, "status", status=3, XDG_RUNTIME_DIR=tmp_path)
	assert "no daemon answers" in done.stderr
	assert f"{tmp_path}/sluice/admin*.sock" in done.stderr
	done = ctl("/nonexistent/s", "status", status=3)
	assert "/nonexistent/s: No such file or directory" in done.stderr
	assert ctl("x" * 200, "status", status=2)
	assert ctl(None, "-s", "", "status", status=2)


def test_found_where_it_is(room):
	room.standin(api(), "sluice/admin-3128.sock")
	place = {"XDG_RUNTIME_DIR": room.dir}
	assert "running" in ctl(None, "status", **place).stdout
	other = room.standin(api(), "sluice/admin-8080.sock")
	done = ctl(None, "status", status=3, **place)
	assert "2 daemons answer; choose one by --socket" in done.stderr
	for port in "3128", "8080":
		assert f"{room.dir}/sluice/admin-{port}.sock" in done.stderr
	assert ctl(None, "status", "--socket", other.path, **place)
	assert ctl(None, "--socket", other.path, "status", **place)
	assert ctl(other.path, "status", **place)
	# A socket that nobody listens at does not count.
	other.close()
	assert ctl(None, "status", **place)


def test_found_by_its_configuration(lab, room):
	path = room.dir / "c"
	daemon = lab.sluice(admin={"socket": str(path)})
	wire.wait_until(lambda: answers(path))
	assert ctl(None, "log", "-c", daemon.file).stdout == "info\n"
	assert ctl("/nonexistent/s", "-c", daemon.file, "log")
	off = room.dir / "off.yaml"
	off.write_text("admin: off\n")
	assert "admin: off" in ctl(None, "log", "-c", off, status=3).stderr
	off.write_text("admin: {socket: 5}\n")
	ctl(None, "log", "-c", off, status=5)


@pytest.mark.parametrize("reply, status, says", [
    (b"", 3, "ended before the answer"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", 3,
     "ended before the answer"),
    (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", 3, "not HTTP"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 3, "not JSON"),
    (standin.answer("<html>", kind="text/html"), 3, "not JSON"),
    (standin.answer("[]"), 3, "not JSON"),
    (standin.answer("{"), 3, "not JSON"),
    (standin.problem(503, "out of memory"), 1, "out of memory"),
    (standin.problem(403, "not here"), 1, "not here"),
    (standin.problem(404, "no such path"), 1, "no such path"),
    (standin.problem(422, "wrong", expected="right"), 2,
     "wrong; expected: right"),
    (standin.problem(500, "a\033[2Jb"), 1, "a\\x1b[2Jb"),
])
def test_wrong_answers(room, reply, status, says):
	one = room.standin(reply)
	assert says in ctl(one, "overrides", status=status).stderr
	error = wrong_json(one, "overrides", status=status)
	assert says in error["detail"] or "\033" in error["detail"] or \
	    says == f"{error['detail']}; expected: {error['expected']}"


def test_hangs(room):
	one = room.standin(None)
	done = ctl(one, "status", "--timeout", "100ms", status=6)
	assert "no answer in time (--timeout)" in done.stderr
	begun = room.standin(b"", "t")
	begun.reply = lambda request: begun.links[-1].send(
	    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	    b"Content-Length: 9\r\n\r\n{")
	ctl(begun, "status", "--timeout", "100ms", status=6)


def test_without_newcomers(lab, room):
	"""One that accepts nobody: its queue is full."""
	path = room.dir / "full"
	listener = socket.socket(socket.AF_UNIX)
	lab.socks.append(listener)
	listener.bind(str(path))
	listener.listen(0)
	waiting = socket.socket(socket.AF_UNIX)
	lab.socks.append(waiting)
	waiting.connect(str(path))
	ctl(path, "status", "--timeout", "200ms", status=6)


# What is printed


def test_status_words(room):
	text = ctl(room.standin(api()), "status").stdout
	assert "sluice 9, running for 90 s" in text
	assert re.search(r"^waiting +3, the oldest for 12 s$", text, re.M)
	assert re.search(r"^memory +1.0 MiB of 512 MiB$", text, re.M)
	assert in_json(room.standin(api(), "t"), "status")["status"] == STATUS


def test_hosts(room):
	one = room.standin(api([host("a.test", state="paused", waiting=7,
	    pause={"until": HOUR, "remaining": 28.2, "cause": "named",
	    "why": "its answer 429"}, budgets=[budget(20), budget(5)]),
	    host("b.test:8080")]))
	lines = ctl(one, "hosts").stdout.splitlines()
	assert lines[0].split()[:2] == ["HOST", "STATE"]
	assert re.fullmatch(r"a\.test +paused +\[\|\|        \] 5 of 20 +"
	    r"1 of 10 +7 +- +28 s, its answer 429", lines[1])
	assert lines[2].startswith("b.test:8080  open")
	# each column stands where its title does
	assert lines[0].index("STATE") == lines[1].index("paused") == \
	    lines[2].index("open")
	assert ctl(one, "hosts", "--keys").stdout == "a.test\nb.test:8080\n"
	assert in_json(one, "hosts")["total"] == 2
	ctl(one, "hosts", "a b&c", "--state", "paused", "--by", "rule", "-n",
	    "5")
	assert one.targets()[-1] == "GET /v1/hosts?match=a%20b%26c&" \
	    "state=paused&by=rule&limit=5"


def test_rows_of_hosts(room):
	one = room.standin(api([host("*.test", hosts=12), host("a.test",
	    state="recovering", recovery={"at_most": 4, "in_flight": 1}),
	    host("b.test", state="draining", concurrency=None)]))
	lines = ctl(one, "hosts", "--by", "rule").stdout.splitlines()
	assert lines[1].startswith("*.test (12)")
	assert "recovering, 4 at a time" in lines[2]
	assert re.search(r"draining .* 1 ", lines[3] + " ")


def test_more_than_is_shown(room):
	one = room.standin(lambda request: standin.answer(
	    {"hosts": [host("a.test")], "total": 9, "next": "x"}
	    if request.target.startswith("/v1/hosts?") else
	    {"waiting": 9, "clients": 1, "why": None, "waiters": [
	    {"client": "127.0.0.1", "waits_for": 1, "starts_in": 2,
	    "gives_up_in": None, "cost": 1, "urgency": 3, "part": None,
	    "method": "GET", "path": "/"}]}))
	for args in ["hosts", "-n", "1"], ["queue", "a.test", "-n", "1"]:
		done = ctl(one, *args)
		assert "1 of 9" in done.stdout + done.stderr, args


@pytest.mark.parametrize("args, answer, says", [
    (["exchanges"], {"exchanges": []}, "no request has ended yet"),
    (["suggest"], {"suggestions": []}, "there is nothing to suggest yet"),
    (["overrides"], {"overrides": []}, "nothing is overridden"),
    (["queue", "a.test"], {"waiters": [], "waiting": 0},
     "nobody waits there"),
    (["events"], {"events": [], "missed": 7},
     "7 before these are not kept any more"),
])
def test_nothing_to_show(room, args, answer, says):
	one = room.standin(lambda request: standin.answer(answer))
	done = ctl(one, *args)
	assert says in done.stdout + done.stderr
	assert json.loads(ctl(one, "--json", *args).stdout) == \
	    {"version": 1, **answer}


def test_suggested_lines(room):
	one = room.standin(lambda request: standin.answer({"suggestions": [
	    {"key": "a.test", "why": "it says so", "confident": False,
	    "limits": {"yaml": "a.test:\n  capacity: 5\n"}}]}))
	assert ctl(one, "suggest").stdout == "a.test: it says so (not " \
	    "certain yet)\n  a.test:\n    capacity: 5\n"


def test_suggested_of_credentials(room):
	"""Of those of which nothing is known there is one line a host."""
	def one(key, limits=None):
		return {"key": key, "why": "why", "confident": bool(limits),
		    "limits": limits}

	daemon = room.standin(lambda request: standin.answer({"suggestions": [
	    one("a.test~01"), one("b.test~01"), one("a.test~02"), one("c.test"),
	    one("a.test~03", {"yaml": "a.test:\n"}), one("a.test~04")]}))
	assert ctl(daemon, "suggest").stdout == "a.test: of 3 credentials no " \
	    "limit is known\nb.test~01: why\nc.test: why\n" \
	    "a.test~03: why\n  a.test:\n"


def test_explain_asks_for_what_is_said(room):
	one = room.standin(lambda request: standin.answer({"decision": "go",
	    "says": "it goes at once", "rule": "a.test", "reasons": []}))
	ctl(one, "explain", "-X", "PUT", "-H", "X-A:  1 2", "-H", "Sluice-Cost"
	    ":3", "--from", "2001:db8::1", "http://a.test/")
	assert one.targets() == ["POST /v1/explain"]
	assert json.loads(one.asked[0].body) == {"url": "http://a.test/",
	    "method": "PUT", "client": "2001:db8::1",
	    "headers": {"X-A": "1 2", "Sluice-Cost": "3"}}
	for args, says in ((["-H", "A: 1", "-H", "A: 2"], "given twice"),
	    (["-H", "A: \udcff"], "no UTF-8"), (["-H", ": 1"], "no field")):
		done = ctl(one, "explain", *args, "http://a.test/", status=2)
		assert says in done.stderr
	assert "no UTF-8" in ctl(one, "explain", "http://\udcff/",
	    status=2).stderr
	assert len(one.asked) == 1


def test_keys_like_one(room):
	"""Five at most, those most like it first."""
	names = ["far.example", "api.test", "apj.test", "axx.test",
	    "ap.test", "aoi.test", "apis.test"]
	one = room.standin(api([host(name) for name in names]))
	done = ctl(one, "show", "apk.test", status=4)
	said = re.search(r"did you mean (.*)\?", done.stderr)[1].split(", ")
	assert set(said[:3]) <= {"api.test", "apj.test", "ap.test"}
	assert len(said) <= 5 and "far.example" not in said


def test_hosts_in_pages(room):
	def reply(request):
		last = "after=p1" in request.target
		return standin.answer({"hosts": [host("b" if last else "a")],
		    "total": 2, "next": None if last else "p1"})
	one = room.standin(reply)
	assert ctl(one, "hosts", "--keys").stdout == "a\nb\n"
	assert [each["key"] for each in in_json(one, "hosts")["hosts"]] == \
	    ["a", "b"]
	assert ctl(one, "hosts", "--keys", "-n", "1").stdout == "a\n"


def test_no_hosts(room):
	one = room.standin(api())
	done = ctl(one, "hosts")
	assert done.stdout == "" and "no hosts yet" in done.stderr


NASTY = "\033]0;x\007a\nb\u202egnp.test"


def test_hostile_names(room):
	"""Nothing that a host or a client has named reaches the terminal."""
	one = room.standin(api([host(NASTY, budgets=[{"name": NASTY}],
	    pause={"until": NASTY, "remaining": 1, "cause": NASTY,
	    "why": NASTY})]))
	for command in ["hosts"], ["hosts", "--by", "rule"], ["top"]:
		text = ctl(one, *command).stdout
		assert "\\x1b]0;x\\x07a\\x0ab\\u{202e}gnp.test" in text
		assert len(text.splitlines()) == 2
		assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", text)


def on_terminal(args, at, **env):
	"""What a command writes to a terminal of 60 columns."""
	leader, follower = pty.openpty()
	proc = subprocess.Popen([sluice.BINARY, *args], stdin=follower,
	    stdout=follower, stderr=follower, env=environment(at.path,
	    TERM="xterm", **env))
	os.close(follower)
	data = b""
	while select.select([leader], [], [], wire.DEADLINE)[0]:
		try:
			piece = os.read(leader, 65536)
		except OSError:
			break
		data += piece
	os.close(leader)
	assert proc.wait(wire.DEADLINE) == 0
	return data.decode()


def test_colours_only_where_they_are_wanted(room):
	one = room.standin(api([host("a.test", state="paused")]))
	assert "\033[31mpaused\033[0m" in on_terminal(["hosts"], one)
	assert "\033" not in on_terminal(["hosts"], one, NO_COLOR="1")
	assert "\033[31m" in on_terminal(["hosts"], one, NO_COLOR="")
	assert "\033" not in ctl(one, "hosts").stdout


def test_columns(room):
	one = room.standin(api([host("x" * 200)]))
	assert max(map(len, ctl(one, "hosts").stdout.splitlines())) > 200
	for columns in 40, 80, 120:
		lines = ctl(one, "hosts", COLUMNS=columns).stdout.splitlines()
		assert max(map(len, lines)) <= columns
		assert "x+" in lines[1]


def test_ascii_where_the_terminal_is(room):
	one = room.standin(api([host("b\u00fccher.test")]))
	assert "b\u00fccher.test" in ctl(one, "hosts").stdout
	assert "b\\u{fc}cher.test" in ctl(one, "hosts", LC_ALL="C").stdout


# Ends that are not as they should be


def test_reader_goes_first(room):
	one = room.standin(api([host(f"h{i}.test") for i in range(3000)]))
	proc = subprocess.Popen([sluice.BINARY, "hosts"],
	    env=environment(one.path), stdout=subprocess.PIPE,
	    stderr=subprocess.PIPE)
	proc.stdout.close()
	assert proc.wait(wire.DEADLINE) == -signal.SIGPIPE
	assert proc.stderr.read() == b""
	proc.stderr.close()


def test_full_disk(room):
	one = room.standin(api([host("a.test")]))
	with open("/dev/full", "w") as full:
		done = subprocess.run([sluice.BINARY, "hosts"], stdout=full,
		    stderr=subprocess.PIPE, env=environment(one.path),
		    timeout=wire.DEADLINE)
	assert done.returncode == 1
	assert b"standard output: No space left on device" in done.stderr


# Hosts that a command names


def test_no_such_host(room):
	one = room.standin(api([host("api.example.com"), host("b.test")]))
	for command in ["show"], ["queue"], ["resume"], ["forget"], ["unset"]:
		done = ctl(one, *command, "api.exmaple.com", status=4)
		assert "did you mean api.example.com?" in done.stderr
		done = ctl(one, *command, "example", status=4)
		assert "did you mean api.example.com?" in done.stderr
		done = ctl(one, *command, "zzzzzzzz", status=4)
		assert "sluice hosts lists them" in done.stderr
	assert wrong_json(one, "show", "x.y", status=4)["status"] == 404


def test_changes(room):
	one = room.standin(api([host("a.test")]))
	for args, target, body in [
	    (["pause", "a.test", "30s", "--reason", "why \u00fc"],
	     "POST /v1/hosts/a.test/pause", {"for": "30s",
	     "reason": "why \u00fc"}),
	    (["resume", "a.test"], "POST /v1/hosts/a.test/resume", {}),
	    (["drain", "a.test", "--reason=x"],
	     "POST /v1/hosts/a.test/drain", {"reason": "x"}),
	    (["forget", "a.test"], "POST /v1/hosts/a.test/forget", {}),
	    (["set", "a.test", "capacity=5.5", "period=1m", "burst=2",
	     "concurrency=0", "--for", "1h"], "PUT /v1/hosts/a.test/limits",
	     {"capacity": 5.5, "period": "1m", "burst": 2, "concurrency": 0,
	     "for": "1h"}),
	    (["unset", "a.test"], "DELETE /v1/hosts/a.test/limits", None),
	]:
		text = ctl(one, *args).stdout
		assert text == f"a.test: was open; is {target.split('/')[-1]}\n"
		assert one.targets()[-1] == target
		sent = one.asked[-1].body
		assert (json.loads(sent) if sent else None) == body
		assert in_json(one, *args)["key"] == "a.test"


def test_key_is_encoded(room):
	one = room.standin(api())
	ctl(one, "show", "*.a/b?c%", status=4)
	assert one.targets()[0] == "GET /v1/hosts/%2A.a%2Fb%3Fc%25"


# Events


def event(id, **more):
	return {"id": id, "time": HOUR, "kind": "refusal", "host": "a.test",
	    "rule": "a.test", "text": f"refused ({id})", "fields": None,
	    **more}


class Follower:
	def __init__(self, at, *args):
		self.proc = subprocess.Popen([sluice.BINARY, "events", "-f",
		    *args], env=environment(at.path), stdin=subprocess.DEVNULL,
		    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
		self.out = sluice.Lines(self.proc.stdout)
		self.err = sluice.Lines(self.proc.stderr)

	def stop(self):
		self.proc.kill()
		self.proc.wait()
		self.out.thread.join(wire.DEADLINE)
		self.err.thread.join(wire.DEADLINE)


def test_follow(lab, room):
	"""It goes on behind the last event; in a new process, from its first."""
	started = [HOUR]
	streams = [standin.events(event(1), event(2)),
	    standin.events(event(3, host=NASTY)), b""]

	def reply(request):
		if request.target == "/v1/status":
			return standin.answer({**STATUS, "started":
			    started[0]})
		if len(streams) == 2:
			started[0] = "2026-11-28T12:00:00Z"
		return streams.pop(0) if streams else \
		    standin.events(event(1, text="after the restart"))
	one = room.standin(reply)
	follower = Follower(one)
	lab.others.append(follower)
	follower.out.wait(r"refusal +a.test refused \(1\)")
	follower.out.wait(r"refusal +a.test refused \(2\)")
	follower.out.wait(r"\\x1b\]0;x\\x07a\\x0ab\\u\{202e\}gnp.test refused")
	follower.err.wait("the daemon is gone; waiting")
	follower.out.wait("after the restart")
	asked = [each for each in one.targets() if "events" in each]
	assert asked[:4] == ["GET /v1/events", "GET /v1/events?after=2",
	    "GET /v1/events?after=0", "GET /v1/events?after=0"]


def test_follow_json(lab, room):
	follower = Follower(room.standin(lambda request:
	    standin.answer(STATUS) if "status" in request.target else
	    standin.events(event(7))), "--json")
	lab.others.append(follower)
	line = follower.out.count(1)[0]
	assert json.loads(line) == {"version": 1, **event(7)}


def test_follow_nobody(room):
	ctl("/nonexistent/s", "events", "-f", status=3)
	one = room.standin(lambda request: standin.answer(STATUS)
	    if "status" in request.target else
	    standin.problem(503, "too many streams"))
	assert "too many streams" in ctl(one, "events", "-f", status=1).stderr


# The daemon as a whole


def test_log(lab):
	daemon = lab.sluice()
	assert ctl(daemon, "log").stdout == "info\n"
	assert re.fullmatch(r"debug until \S+Z\n", ctl(daemon, "log", "debug",
	    "--for", "1h").stdout)
	assert in_json(daemon, "log")["level"] == "debug"
	assert ctl(daemon, "log", "warn").stdout == "warn\n"


def test_reload(lab):
	daemon = lab.sluice()
	assert "reloaded at " in ctl(daemon, "reload").stdout
	daemon.write(workers=64 if sluice.WORKERS == 1 else 1)
	done = ctl(daemon, "reload", "--reason", "a test")
	assert "takes effect at a restart" in done.stdout
	assert re.search(r"reloaded at \S+: \d.* changed", done.stdout)
	daemon.write(workers=32)
	assert in_json(daemon, "reload")["changes"]
	daemon.write("workers: 9999\n")
	done = ctl(daemon, "reload", status=5)
	assert f"{daemon.file}:1:10: workers: \"9999\"" in done.stderr
	assert "stays as it was" in done.stderr and done.stdout == ""
	assert wrong_json(daemon, "reload", status=5)["status"] == 422


# A host, as its daemon has it


def test_a_host(lab):
	far = lab.origin()
	daemon = lab.sluice(hosts={"127.0.0.1": {"capacity": 1,
	    "period": "1h", "queue": {"max_wait": "2h"}}})
	lab.get(f"http://{far.at}/one")
	waiting = lab.client()
	waiting.ask("GET", f"http://{far.at}/two?secret=1")

	def waits():
		return in_json(daemon, "queue", "127.0.0.1")["waiting"] == 1
	wire.wait_until(waits)
	text = ctl(daemon, "queue", "127.0.0.1").stdout
	assert "GET /two\n" in text and "secret" not in text
	line = ctl(daemon, "hosts").stdout.splitlines()[1]
	assert re.match(r"127\.0\.0\.1 +open +\[ {10}\] \S+ of 1 ", line)
	text = ctl(daemon, "show", "127.0.0.1").stdout
	assert "127.0.0.1 is open\n" in text
	assert re.search(r"^1 per 1h .* file$", text, re.M)

	text = ctl(daemon, "pause", "127.0.0.1", "30m", "--reason",
	    "their maintenance").stdout
	assert text.startswith("127.0.0.1: was open; is paused for 30 min")
	assert "their maintenance" in ctl(daemon, "show",
	    "127.0.0.1").stdout
	text = ctl(daemon, "overrides").stdout
	assert "paused for 30 min" in text and "their maintenance" in text
	assert ctl(daemon, "hosts", "--state", "paused",
	    "--keys").stdout == "127.0.0.1\n"
	assert "is open" in ctl(daemon, "resume", "127.0.0.1").stdout

	# Its limit is raised, so the one that waits goes.
	text = ctl(daemon, "set", "127.0.0.1", "capacity=10", "burst=10",
	    "--for", "1h").stdout
	assert "was 1 per 1h" in text and "is 10 per 1h" in text
	assert waiting.response().status == 200
	assert "override" in ctl(daemon, "show", "127.0.0.1").stdout
	assert "is 1 per 1h" in ctl(daemon, "unset", "127.0.0.1").stdout

	assert "is draining" in ctl(daemon, "drain", "127.0.0.1").stdout
	assert lab.get(f"http://{far.at}/three").status == 503
	assert "is open" in ctl(daemon, "resume", "127.0.0.1").stdout
	ctl(daemon, "forget", "127.0.0.1")
	assert lab.get(f"http://{far.at}/four").status == 200


def test_all_of_a_host(room):
	pause = {"until": HOUR, "remaining": 90, "cause": "named",
	    "why": "its answer 429"}
	one = room.standin(api([host("a.test", state="recovering",
	    recovery={"at_most": 4, "on_their_way": 2},
	    learned={"left": 7, "reset_in": 30}, budgets=[budget(3)],
	    limits={"https": "tunnel", "per": "jwt:sub", "mode": "observe",
	    "shared": True, "max_wait": 30,
	    "concurrency": {"value": 0, "from": "file"}},
	    observed={"would_go": 5, "would_wait": 6, "would_refuse": 7,
	    "waiting": 8}, parts=[
	    {"name": "/search", "learned": False, "state": "paused",
	    "in_flight": 1, "concurrency": 2, "pause": pause,
	    "budgets": [budget(1)]},
	    {"name": "core", "learned": True, "state": "open",
	    "in_flight": 0, "concurrency": 0, "pause": None, "budgets": []}],
	    refusals=[{"id": 1, "time": HOUR, "kind": "refusal",
	    "host": "a.test", "says": "GET was answered with 429",
	    "fields": "retry-after: 5"}])]))
	text = ctl(one, "show", "a.test").stdout
	for line in ("recovering     4 at a time, 2 on their way",
	    "it says        7 left, reset in 30 s", ", per jwt:sub",
	    ", shared, only observed",
	    "would go 5, wait 6, be refused 7; waiting now 8",
	    "LAST REFUSALS"):
		assert line in text, (line, text)
	assert re.search(r"^/search +paused +1 of 2 +file +"
	    r"90 s, its answer 429$", text, re.M), text
	assert re.search(r"^core +open +0 +the host *$", text, re.M), text


def test_found_by_its_port(room, tmp_path):
	"""Of several daemons of a user the one that its file means."""
	place = room.dir / "sluice"
	one = room.standin(api(status={**STATUS, "pid": 11}),
	    "sluice/admin-4711.sock")
	room.standin(api(status={**STATUS, "pid": 22, "listen":
	    ["127.0.0.1:4712"]}), "sluice/admin.sock")
	file = tmp_path / "a.yaml"
	for listen, pid in (("127.0.0.1:4711", 11), ('"[::1]:4711"', 11),
	    ("[unix:/s, 127.0.0.1:4711]", 11), ("127.0.0.1:4712", 22)):
		file.write_text(f"listen: {listen}\n")
		done = ctl(None, "status", "--json", "-c", file,
		    XDG_RUNTIME_DIR=place.parent)
		status = json.loads(done.stdout)["status"]
		assert status["pid"] == pid, listen
	assert one.asked


def test_a_host_that_is_not_there(lab):
	far = lab.origin()
	daemon = lab.sluice(hosts={"127.0.0.1": {"capacity": 9,
	    "period": "1s"}})
	lab.get(f"http://{far.at}/")
	done = ctl(daemon, "show", "127.0.0.2", status=4)
	assert "did you mean 127.0.0.1?" in done.stderr
	done = ctl(daemon, "pause", "127.0.0.2", "1s")
	assert "nobody has asked for 127.0.0.2 yet; there is 127.0.0.1" in \
	    done.stderr
	done = ctl(daemon, "set", "127.0.0.1", "burst=1e300", "--for", "1h",
	    status=2)
	assert "expected" in done.stderr


# Without a daemon

GOOD = """\
hosts:
  api.test:
    {capacity: 20, period: 1s, https: upstream,
     paths: {/search: {capacity: 30, period: 1m}},
     costs: [{method: POST, cost: 2.5}]}
"""


def test_check(tmp_path):
	file = tmp_path / "a.yaml"
	file.write_text(GOOD)
	assert ctl(None, "check", file).stdout == f"{file}: ok\n"
	text = ctl(None, "check", file, "http://api.test/search?q=x").stdout
	assert f"rule           api.test, {file}:2:3\n" in text
	assert "part           /search\n" in text
	assert "30 per 1m of /search" in text
	text = ctl(None, "check", file, "-X", "POST",
	    "http://api.test/").stdout
	assert "cost           2.5\n" in text and "part" not in text
	found = in_json(None, "check", file, "http://other.test/")
	assert found["explanation"]["rule"] == "unlimited"
	assert found["explanation"]["at"] is None
	for url in "/x", "api.test", "ftp://api.test/", "http://a b/":
		ctl(None, "check", file, url, status=2)
	ctl(None, "check", file, "-X", "CONNECT", "api.test:443")
	for client in "192.0.2.1", "2001:db8::1":
		ctl(None, "check", file, "--from", client, "http://a.test/")
	assert "is no address" in ctl(None, "check", file, "--from", "me",
	    "http://a.test/", status=2).stderr
	assert "Max-Wait" in ctl(None, "check", file, "-H",
	    "Sluice-Max-Wait: soon", "http://a.test/", status=2).stderr
	ctl(None, "check", file, "-H", "x: y\r\n\r\nz", "http://a/", status=2)


def test_check_says_what_budgets_are_charged(tmp_path):
	file = tmp_path / "a.yaml"
	file.write_text("""\
hosts:
  llm.test:
    budgets:
      tokens:
        rates: [{capacity: 1000, period: 1m}]
        refuse: true
        reserve: {input: bytes/4, output: max_tokens, default: 300}
      points: {rates: [{capacity: 5, period: 1m}], reserve: {input: cost}}
""")
	def check(*args):
		return in_json(None, "check", file, "http://llm.test/v1/x",
		    *args)["explanation"]
	body = '{"max_tokens": 70, "cost": 2}'
	wants = {"tokens": 70 + -(-len(body) // 4), "points": 2}
	assert check("-d", body)["reserves"] == wants
	assert check("-d", body)["decision"] == "go"
	(tmp_path / "body").write_text(body)
	assert check("-d", f"@{tmp_path}/body")["reserves"] == wants
	assert f"reserves       {wants['tokens']} of tokens" in ctl(None,
	    "check", file, "http://llm.test/", "--data", body).stdout
	# no body, or one of another kind, takes nothing
	assert "reserves" not in check()
	assert "reserves" not in check("-d", "")
	assert "reserves" not in check("-d", body, "-H",
	    "Content-Type: text/plain")
	found = check("-d", '{"max_tokens": 1001}')
	assert found["decision"] == "refuse" and "of tokens" in found["says"]
	assert "No such file" in ctl(None, "check", file, "http://llm.test/",
	    "-d", f"@{tmp_path}/none", status=2).stderr
	with open(tmp_path / "long", "wb") as f:
		f.truncate((16 << 20) + 1)
	assert "longer than 16 MiB" in ctl(None, "check", file,
	    "http://llm.test/", "-d", f"@{tmp_path}/long", status=2).stderr


@pytest.mark.parametrize("text", ["workers: 9999\n", "hosts: [\n",
    "hosts: {a.test: {capacity: 1, period: 1s, paths: "
    "{/x: {capacity: 2, period: 1s}}}}\n"])
def test_check_is_a_test(tmp_path, text):
	"""It says what -t says, of errors and of warnings."""
	file = tmp_path / "a.yaml"
	file.write_text(text)
	tested = sluice.run("-t", "-c", file)
	done = sluice.run("check", file)
	assert (done.stdout, done.stderr) == (tested.stdout, tested.stderr)
	assert done.returncode == (5 if tested.returncode else 0)
	done = sluice.run("check", file, "--json")
	if tested.returncode:
		assert json.loads(done.stderr)["error"]["detail"] == \
		    tested.stderr.rstrip("\n")
	else:
		assert [line + " (warning)" for line in
		    json.loads(done.stdout)["warnings"]] == \
		    tested.stderr.splitlines()


def test_diff_of_files(tmp_path):
	old, new = tmp_path / "a.yaml", tmp_path / "b.yaml"
	old.write_text(GOOD + "workers: 1\n")
	new.write_text(GOOD.replace("20", "30") + "workers: 2\n")
	text = ctl(None, "diff", "-c", old, new).stdout
	assert text.splitlines() == ["hosts.api.test.capacity: 20 -> 30",
	    "workers: 1 -> 2", "workers: 1 -> 2 takes effect at a restart"]
	assert in_json(None, "diff", "-c", old, new)["changes"][0] == {
	    "key": "hosts.api.test.capacity", "was": "20", "is": "30"}
	assert "the same" in ctl(None, "diff", "-c", old, old).stderr
	new.write_text("workers: x\n")
	ctl(None, "diff", "-c", old, new, status=5)


def test_diff_with_what_holds(room, tmp_path):
	file = tmp_path / "a.yaml"
	file.write_text(GOOD)
	status = {**STATUS, "configuration": {**STATUS["configuration"],
	    "path": str(file)}}
	running = host("api.test", budgets=[budget(3), {**budget(3),
	    "part": "/search", "capacity": 9}], concurrency=0)
	one = room.standin(api([running], status))
	assert f"what holds and {file} are the same" in ctl(one, "diff").stderr
	file.write_text(GOOD.replace("20", "30"))
	assert ctl(one, "diff").stdout == "api.test.rates: 20 per 1s, " \
	    "burst 20 -> 30 per 1s, burst 30\n"
	file.write_text("hosts: {b.test: {}}\n")
	assert ctl(one, "diff").stdout == "api.test: a rule -> not there\n"


# In terminals and shells


@pytest.fixture
def open_terminal(lab, tmp_path):
	def run(command, **keys):
		lab.others.append(terminal.Terminal(tmp_path, command, **{
		    "PATH": f"{os.path.dirname(sluice.BINARY)}:"
		    f"{os.environ['PATH']}", **keys}))
		return lab.others[-1]
	return run


def rows(n):
	return [host(f"h{i:02}.test", waiting=n - i) for i in range(n)]


def start_top(open_terminal, at, **keys):
	"""A shell in which top runs; what it leaves is seen there."""
	one = open_terminal(["sh"], SLUICE_SOCKET=at.path, PS1="$ ", **keys)
	one.wait("^[$#]")
	one.type("sluice top\n")
	one.wait("^HOST +STATE")
	return one


def left(one):
	"""The status with which it ended."""
	one.wait(r"top\n(.*\n)?[$#] *\n\n")
	one.type("echo left with $?\n")
	text = one.wait("^left with [0-9]+$")
	return int(re.search("left with ([0-9]+)", text).group(1))


def test_top(room, open_terminal):
	at = room.standin(api(rows(40)))
	one = start_top(open_terminal, at, lines=20, columns=100)
	screen = one.wait("^h15.test").splitlines()
	assert screen[0].startswith("sluice 9 running for 90 s")
	assert len([line for line in screen if ".test" in line]) == 16
	assert "q quit" in screen[19]
	# Down, to what does not fit at first, and up again.
	for _ in range(20):
		one.key("Down")
	one.wait("^h20.test")
	for _ in range(25):
		one.key("k")
	one.wait("^h00.test")
	one.resize(50, 10)
	screen = one.wait("^h05.test.*\n.*q quit").splitlines()
	assert len(screen) == 10
	assert all(len(line) <= 50 for line in screen)
	one.resize(120, 40)
	one.wait("^h35.test")
	one.key("q")
	assert left(one) == 0
	assert "HOST" not in one.screen()


def test_top_steers(room, open_terminal):
	at = room.standin(api(rows(3)))
	one = start_top(open_terminal, at)
	one.key("j")
	one.key("p")
	one.wait(r"Pause h01.test for \(30s\): _")
	one.type("45x")
	one.key("BSpace")
	one.type("s\n")
	one.wait("Why.*_")
	one.type("a test\n")
	one.wait("h01.test: was open; is pause")
	pause = [each for each in at.asked if "pause" in each.target][0]
	assert pause.target == "/v1/hosts/h01.test/pause"
	assert json.loads(pause.body) == {"for": "45s", "reason": "a test"}
	one.key("p")
	one.wait("Pause h01.test")
	one.type("soon\n")
	one.wait('"soon" is no time')
	one.key("r")
	one.wait("Resume h01.test .y/n.")
	one.type("n\n")
	one.wait("h01.test is not resumed")
	one.key("r")
	one.wait("Resume h01.test .y/n.")
	one.type("y\n")
	one.wait("h01.test: was open; is resume")
	asked = [each for each in at.targets() if each.startswith("POST")]
	assert asked == ["POST /v1/hosts/h01.test/pause",
	    "POST /v1/hosts/h01.test/resume"]
	one.key("q")
	assert left(one) == 0


def test_top_keeps_to_its_host(room, open_terminal):
	"""The picked one stays so, wherever it goes in the list."""
	hosts = rows(3)
	at = room.standin(lambda request: api(hosts)(request))
	one = start_top(open_terminal, at)
	one.key("j")
	hosts.reverse()
	hosts.insert(0, host("new.test"))
	one.wait("^new.test")
	one.key("p")
	one.wait("Pause h01.test for")
	one.key("Escape")
	one.wait("h01.test is not paused")


def test_top_without_its_daemon(room, open_terminal):
	at = room.standin(api(rows(3)))
	one = start_top(open_terminal, at)
	at.close()
	one.wait("Connection refused")
	assert "h00.test" in one.screen()
	one.key("q")
	assert left(one) == 0
	ctl(at.path, "top", status=3)


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP", "SEGV"])
def test_top_ends_by_a_signal(room, open_terminal, name):
	"""The terminal is as it was."""
	if name == "SEGV" and sluice.sanitized():
		pytest.skip("the sanitizer has that signal")
	at = room.standin(api(rows(3)))
	one = start_top(open_terminal, at)
	pid = one.call("display-message", "-p", "#{pane_pid}").strip()
	top = wire.wait_until(lambda: children(pid))[0]
	os.kill(top, getattr(signal, "SIG" + name))
	assert left(one) == 128 + getattr(signal, "SIG" + name)
	one.type("stty -a | tr ';' '\\n'; echo over\n")
	text = one.wait("^over$")
	assert re.search(r"(?<!-)icanon", text)
	assert re.search(r"(?<!-)\becho\b", text)
	assert one.call("display-message", "-p",
	    "#{alternate_on} #{cursor_flag}").strip() == "0 1"


def children(pid):
	with open(f"/proc/{pid}/task/{pid}/children") as f:
		return [int(each) for each in f.read().split()]


def test_top_stops_and_goes_on(room, open_terminal):
	at = room.standin(api(rows(3)))
	one = open_terminal(["bash", "--norc"], SLUICE_SOCKET=at.path)
	one.type("PS1='$ '\nsluice top\n")
	one.wait("^h00.test")
	one.key("C-z")
	one.wait("Stopped")
	assert "h00.test" not in one.screen()
	one.type("fg\n")
	one.wait("^h00.test")
	one.key("q")
	wire.wait_until(lambda: "h00.test" not in one.screen())


SHELLS = {
    "bash": (["bash", "--norc"], "PS1='$ '; source <(sluice completion "
	"bash)\n"),
    "zsh": (["zsh", "-f"], "autoload -U compinit; compinit -u -D; "
	"PS1='$ '; source <(sluice completion zsh)\n"),
    "fish": (["fish", "--no-config"], "function fish_prompt; echo '$ '; "
	"end; sluice completion fish | source\n"),
}


def completes(one, whole):
	"""A shell asks for a second; who is slower is asked again."""
	pattern = r"\$ +" + re.escape(whole) + r" *$"
	for _ in range(3):
		try:
			return one.wait(pattern, timeout=wire.DEADLINE / 4)
		except AssertionError:
			one.key("Tab")
	return one.wait(pattern)


@pytest.mark.parametrize("shell", SHELLS)
def test_completion(room, open_terminal, shell):
	"""What is typed, with a tab, becomes what is meant."""
	if not shutil.which(shell):
		pytest.skip(f"no {shell}")
	at = room.standin(api([host("api.test:8443"), host("b.test")]))
	command, begin = SHELLS[shell]
	one = open_terminal(command, SLUICE_SOCKET=at.path, columns=120,
	    SLUICE_PRESETS=os.environ["SLUICE_PRESETS"])
	one.wait(r"[$#%>] *$")
	one.type(begin + "clear\n")
	for typed, whole in [
	    ("sluice overr\t", "sluice overrides"),
	    ("sluice pause ap\t", "sluice pause api.test:8443"),
	    ("sluice show api.test:\t", "sluice show api.test:8443"),
	    ("sluice pause --reason x b\t", "sluice pause --reason x b.test"),
	    ("sluice queue --lim\t", "sluice queue --limit"),
	    ("sluice hosts --state pau\t", "sluice hosts --state paused"),
	    ("sluice hosts --state=pau\t", "sluice hosts --state=paused"),
	    ("sluice log d\t", "sluice log debug"),
	    ("sluice set b.test capa\t", "sluice set b.test capacity="),
	    ("sluice completion zs\t", "sluice completion zsh"),
	    ("sluice presets sh\t", "sluice presets show"),
	    ("sluice presets show githu\t", "sluice presets show github"),
	]:
		one.type(typed)
		completes(one, whole)
		one.key("C-u")
	assert all(each == "GET /v1/hosts?limit=1000"
	    for each in at.targets())


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_is_silent(tmp_path, shell):
	"""Without a daemon nothing is said, and nothing is waited for."""
	if shell == "zsh" or not shutil.which(shell):
		pytest.skip("zsh completes in terminals only"
		    if shell == "zsh" else f"no {shell}")
	tell = {"bash": "compopt() { :; }; source <($0 completion bash); "
	    "COMP_LINE='sluice show '; COMP_POINT=12; _sluice; "
	    "echo \"${COMPREPLY[*]}\"",
	    "fish": f"{sluice.BINARY} completion fish | source; "
	    "complete -C 'sluice show '"}[shell]
	done = subprocess.run([shell, "-c", tell, sluice.BINARY],
	    capture_output=True, text=True, timeout=wire.DEADLINE,
	    env=environment("/nonexistent/s", PATH=os.path.dirname(
	    sluice.BINARY) + ":" + os.environ["PATH"], HOME=tmp_path))
	assert (done.stdout.strip(), done.stderr) == ("", "")


# All that looks, at a daemon


@pytest.fixture
def busy(lab, tmp_path_factory):
	"""One with a host that has refused, one that somebody waits for."""
	class Busy:
		path = tmp_path_factory.mktemp("s") / "a.sock"
		far = lab.origin(origin.by_path({"/no": origin.fixed(429, fields=[
		    ("Retry-After", "0"), ("X-RateLimit-Remaining", "9")])},
		    origin.fixed()))

		def start(self):
			self.daemon = lab.sluice(admin={"socket": str(self.path),
			    "mode": "0600"}, hosts={"127.0.0.1": {"capacity": 3,
			    "period": "1h", "queue": {"max_wait": "2h"},
			    "retry": {"attempts": 0}}})
			wire.wait_until(lambda: answers(self.path))

		def ask(self, path):
			return lab.get(self.far.url + path)
	one = Busy()
	one.start()
	return one


def test_status_of_a_daemon(busy):
	assert busy.ask("/").status == 200
	text = ctl(busy.path, "status").stdout
	assert re.search(r"^hosts +1, paused 0$", text, re.M)
	assert re.search(r"^configuration +" + re.escape(str(
	    busy.daemon.file)) + ", loaded ", text, re.M)
	status = in_json(busy.path, "status")["status"]
	assert status["pid"] == busy.daemon.proc.pid
	assert status["requests"] == 1 and status["full"] is True


def test_lists_of_a_daemon(busy):
	assert busy.ask("/a/b?s3cret").status == 200
	assert busy.ask("/no").status == 429
	wire.wait_until(lambda: len(in_json(busy.path,
	    "exchanges")["exchanges"]) == 2)
	text = ctl(busy.path, "exchanges").stdout
	assert re.search(r" 127\.0\.0\.1 +200 .*GET /a/b\b", text)
	assert re.search(r" 127\.0\.0\.1 +429 .*GET /no\b", text)
	assert "s3cret" not in text
	assert len(in_json(busy.path, "exchanges", "--limit",
	    "1")["exchanges"]) == 1
	text = ctl(busy.path, "events").stdout
	assert re.search(r" refusal +127\.0\.0\.1 GET was answered with 429",
	    text)
	assert "x-ratelimit-remaining: 9" in text.lower()
	kinds = {one["kind"] for one in in_json(busy.path,
	    "events")["events"]}
	assert "refusal" in kinds
	found = in_json(busy.path, "suggest", "127.0.0.1")["suggestions"]
	assert [one["key"] for one in found] == ["127.0.0.1"]
	# at what rate depends on when it is asked
	assert found[0]["why"].split(" at ")[0] in ctl(busy.path,
	    "suggest").stdout
	ctl(busy.path, "suggest", "nobody.test", status=4)


def test_explain_by_a_daemon(busy):
	for _ in range(3):
		assert busy.ask("/").status == 200
	text = ctl(busy.path, "explain", busy.far.url + "/?s3cret").stdout
	assert text.startswith("3 per 1h lets it go in ")
	assert re.search(r"^rule +127\.0\.0\.1, " + re.escape(str(
	    busy.daemon.file)) + r":\d+:\d+$", text, re.M)
	assert re.search(r"^3 per 1h +in .*; this decides$", text, re.M)
	assert "s3cret" not in text
	assert in_json(busy.path, "explain", "-X", "POST",
	    busy.far.url)["decision"] == "wait"
	done = ctl(busy.path, "explain", "ftp://h.test/", status=2)
	assert "would be refused" in done.stderr


def test_follow_over_a_restart(lab, busy):
	follower = Follower(busy)
	lab.others.append(follower)

	def told():
		"""Asked for until the follower is there to hear of it."""
		busy.ask("/no")
		# or the next one is held, by the pause or for an hour
		ctl(busy.path, "forget", "127.0.0.1")
		return any("answered with 429" in line
		    for line in follower.out.lines)
	wire.wait_until(told)
	busy.daemon.stop()
	follower.err.wait("the daemon is gone; waiting")
	busy.start()
	ctl(busy.path, "pause", "127.0.0.1", "30s", "--reason", "again")
	follower.out.wait("pause .*127.0.0.1 .*again")
	assert follower.proc.poll() is None


def test_top_of_a_daemon(lab, busy, open_terminal):
	assert busy.ask("/").status == 200
	one = start_top(open_terminal, busy)
	one.wait(r"^127\.0\.0\.1 +open ")
	ctl(busy.path, "pause", "127.0.0.1", "30m", "--reason", "a test")
	one.wait(r"^127\.0\.0\.1 +paused ")
	one.key("r")
	one.wait("Resume 127.0.0.1 .y/n.")
	one.type("y\n")
	one.wait(r"^127\.0\.0\.1 +open ")
	one.key("q")
	assert left(one) == 0
