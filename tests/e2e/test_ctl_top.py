# SPDX-License-Identifier: ISC
"""The program's commands in terminals and shells: top, completion."""
import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from commands import api, ctl, environment, host
import sluice
import standin
import terminal
import wire


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
	# Keys that have more to say, and those that mean nothing here.
	for _ in range(20):
		one.key("C-Down")
	one.key("Left")
	one.key("F7")
	one.wait("^h20.test")
	for _ in range(20):
		one.key("Up")
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


def test_top_of_what_goes(room, open_terminal):
	"""Where the picked one is gone, the one in its place is; where none is
	left, there is nothing to be done to."""
	hosts = rows(3)
	at = room.standin(lambda request: api(hosts)(request))
	one = start_top(open_terminal, at)
	one.key("j")
	one.key("j")
	hosts.pop()
	wire.wait_until(lambda: "h02.test" not in one.screen())
	one.key("r")
	one.wait("Resume h01.test .y/n.")
	one.key("Escape")
	one.wait("h01.test is not resumed")
	hosts.clear()
	wire.wait_until(lambda: "h01.test  " not in one.screen())
	one.key("p")
	one.key("r")
	one.key("q")
	assert left(one) == 0
	assert not [each for each in at.targets() if each.startswith("POST")]


def test_top_is_refused(room, open_terminal):
	"""It says what the daemon says, and does nothing that was given up."""
	real = api(rows(2))
	at = room.standin(lambda request: standin.problem(409, "not now")
	    if request.method == "POST" else real(request))
	one = start_top(open_terminal, at)
	one.key("p")
	one.wait("Pause h00.test")
	one.type("\n")
	one.wait("Why.*_")
	one.key("Escape")
	one.wait("h00.test is not paused")
	assert not [each for each in at.targets() if each.startswith("POST")]
	one.key("p")
	one.wait("Pause h00.test")
	one.type("\n")
	one.wait("Why.*_")
	# A letter of two bytes is taken back as one.
	one.type("x\u00fc")
	one.wait("Why. x\u00fc_")
	one.key("BSpace")
	one.wait("Why. x_")
	one.type("\n")
	one.wait("h00.test: not now")
	asked = [each for each in at.asked if each.method == "POST"]
	assert json.loads(asked[0].body) == {"for": "30s", "reason": "x"}
	one.key("q")
	assert left(one) == 0


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
