# SPDX-License-Identifier: ISC
"""The program's commands, mostly with what is no daemon."""
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess

import pytest

from commands import (HOUR, NASTY, STATUS, Follower, answers, api, budget, ctl,
    environment, event, found, host, in_json, wrong_json)
import sluice
import standin
import wire


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
    (["set", "a", "capacity=0x5", "--for", "1h"], "a number above 0"),
    (["set", "a", "burst=1e3", "--for", "1h"], "a number above 0"),
    (["set", "a", "burst=0", "--for", "1h"], "a number above 0"),
    (["set", "a", "capacity=5", "period=1s", "capacity=6", "--for", "1h"],
     "capacity= is there twice"),
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


@pytest.mark.parametrize("args", [["show"], ["queue"], ["exchanges"],
    ["pause", "1s"], ["resume"], ["drain"], ["forget"], ["unset"],
    ["set", "capacity=1", "--for", "1h"], ["suggest"]],
    ids=lambda args: args[0])
def test_names_that_no_host_has(args):
	for name, says in [("", "HOST is empty"),
	    ("x" * 3000, "a name of 3000 bytes is longer than any host's"),
	    ("a\nb", "HOST: no host's name has a control character in it")]:
		words = [args[0], name, *args[1:]]
		done = ctl("/nonexistent/s", *words, status=2)
		assert says in done.stderr and done.stdout == ""
		assert says in wrong_json("/nonexistent/s", *words,
		    status=2)["detail"]


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


def test_what_dead_daemons_have_left(room):
	"""A few are named, the others counted; what is certainly nobody's any more
	is removed."""
	place = room.dir / "sluice"
	place.mkdir()
	sockets = {}
	for i in range(1, 9):
		sockets[i] = socket.socket(socket.AF_UNIX)
		sockets[i].bind(str(place / f"admin-{i}.sock"))
		if i != 8:		# that one starts just now
			os.utime(place / f"admin-{i}.sock", (1e9, 1e9))
	for i in 1, 2, 3, 8:
		sockets[i].close()
	done = ctl(None, "status", status=3, XDG_RUNTIME_DIR=room.dir)
	assert sorted(one.name for one in place.iterdir()) == [
	    f"admin-{i}.sock" for i in (4, 5, 6, 7, 8)]
	for port in 4, 5:
		assert f"admin-{port}.sock: Connection refused" in done.stderr
	assert re.search(r", [34] more, 3 left by daemons that were killed, "
	    r"now removed\)", done.stderr), done.stderr
	assert done.stderr.count("admin-") < 4


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
    (["exchanges", "a.test"], {"exchanges": []},
     "none of the requests that ended last was to a.test"),
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


def test_suggested_of_parts(room):
	"""No rule can say which requests are of one, so it is a comment."""
	one = room.standin(lambda request: standin.answer({"suggestions": [
	    {"key": "a.test", "why": "it says so", "confident": False,
	    "limits": None, "parts": [{"name": "read", "estimate": [
	    found("window", 88, "5 per 2 s: 14 windows"),
	    found("slots", 70, "3 at a time: 9 requests")]}]}]}))
	assert ctl(one, "suggest").stdout == "a.test: it says so\n" \
	    "  # part read: 5 per 2 s: 14 windows (confidence 88%)\n" \
	    "  # part read: 3 at a time: 9 requests (confidence 70%)\n"


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


@pytest.mark.parametrize("arg", ["-V", "-h", "-t"])
def test_full_disk_without_a_command(tmp_path, arg):
	conf = tmp_path / "sluice.yaml"
	conf.write_text("listen: 127.0.0.1:0\n")
	with open("/dev/full", "w") as full:
		done = subprocess.run([sluice.BINARY, "-c", conf, arg],
		    stdout=full, stderr=subprocess.PIPE,
		    timeout=wire.DEADLINE)
	assert done.returncode == 1
	assert done.stderr == \
	    b"sluice: standard output: No space left on device\n"


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
	    "budgets": [budget(1)], "estimate": None},
	    {"name": "core", "learned": True, "state": "open",
	    "in_flight": 0, "concurrency": 0, "pause": None, "budgets": [],
	    "estimate": [found("slots", 70, "3 at a time: 9 requests"),
	    found("window", 88, "5 per 2 s: 14 windows")]}],
	    estimate=[found("bucket", 100, "80 per 60 s: 99 requests")],
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
	assert re.search(r"^FOUND FOR +KIND +CONFIDENCE +EVIDENCE *\n"
	    r"a.test +bucket +100 % +80 per 60 s: 99 requests *\n"
	    r"core +slots +70 % +3 at a time: 9 requests *\n"
	    r"core +window +88 % +5 per 2 s: 14 windows *$", text, re.M), text


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
