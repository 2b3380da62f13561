# SPDX-License-Identifier: ISC
"""The README's examples print what the README says."""
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

import sluice
import wire

TOP = pathlib.Path(__file__).resolve().parents[2]
README = TOP / "README.md"
BLOCK = re.compile(r"^```(sh|)\n(.*?)^```$", re.M | re.S)


def section(title):
	with open(README) as f:
		text = f.read()
	text = re.split(rf"^##+ {title}$", text, flags=re.M)[1]
	return re.split(r"^##", text, maxsplit=1, flags=re.M)[0]


def blocks(titles):
	"""An example's commands, each with what it prints (or None)."""
	found = []
	for kind, body in BLOCK.findall("".join(map(section, titles))):
		if kind == "sh":
			found.append([body, None])
		else:
			found[-1][1] = body
	return found


def is_told(commands):
	"""Whether they print what the daemon tells of itself, as it stands."""
	return re.search(r"^build/sluice (?!-c|ca )|--unix-socket", commands,
	    re.M)


def words(text):
	"""A text without its numbers, and their units."""
	return re.sub(r"\d+(\.\d+)?(e-\d+)?( (ms|s)\b)?", "N", text).split()


def same(said, printed):
	"""Alike but for times, ports and what the clock does to numbers; as far
	as it is shown, where "..." stands for the rest."""
	lines = said.splitlines()
	if lines[-1] == "...":
		said = "\n".join(lines[:-1])
		printed = "\n".join(printed.splitlines()[:len(lines) - 1])
	# seconds, or milliseconds in the log
	unit = 1000 if re.match(r"\d{4}-", said) else 1
	said, printed = said.split(), printed.split()
	assert len(said) == len(printed), (said, printed)
	for a, b in zip(said, printed):
		if re.fullmatch(r"\d+\.\d+", a):
			assert abs(float(a) - float(b)) < \
			    0.4 * wire.SLOW * unit
		elif not re.search(r"\d{4}-\d\d-\d\d|:\d+", a):
			assert a == b, (said, printed)


def test_can_be_pasted():
	"""A comment is none in zsh, whose default is to pass it on; and a quote
	in it would wait for its end."""
	for name in "README.md", "SECURITY.md", "doc":
		for file in sorted((TOP / name).glob("*.md")) or [TOP / name]:
			for kind, body in BLOCK.findall(file.read_text()):
				assert kind != "sh" or not re.search(
				    r"^\s*#|\s# ", body, re.M), (file, body)


def test_configuration(tmp_path):
	"""The first file that a stranger tries has nothing to be warned of."""
	file = tmp_path / "sluice.yaml"
	file.write_text(re.search(r"^```yaml\n(.*?)^```$",
	    section("Configuration on one screen"), re.M | re.S)[1])
	done = subprocess.run([sluice.BINARY, "-t", "-c", file], text=True,
	    capture_output=True, timeout=wire.DEADLINE)
	assert (done.returncode, done.stderr) == (0, "")
	assert "warn" not in done.stdout


@pytest.mark.alone("its times are those of a machine with nothing else to do")
@pytest.mark.parametrize("program", [["bash"], ["zsh", "-f", "-i"]],
    ids=["bash", "zsh"])
@pytest.mark.parametrize("titles, ports", [
    (("See it work", "See it"), ("8181", "3181", "3191")),
    (("See it intercept",), ("8182", "3182"))])
def test_example(tmp_path, titles, ports, program):
	"""Ports and directory are the test's own."""
	if not shutil.which(program[0]):
		pytest.skip(f"no {program[0]}")
	own = {port: str(wire.free_port()) for port in ports}
	shell = subprocess.Popen(program, cwd=tmp_path, text=True,
	    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
	    start_new_session=True)
	try:
		for commands, said in blocks(titles):
			told = is_told(commands)
			commands = commands.replace("build/sluice",
			    sluice.BINARY)
			for port, free in own.items():
				commands = commands.replace(port, free)
			shell.stdin.write(commands + "echo; echo END\n")
			shell.stdin.flush()
			printed = ""
			for line in shell.stdout:
				if line == "END\n":
					break
				printed += line
			if said is not None and told:
				assert words(printed) == words(said)
			elif said is not None:
				same(said.replace("/tmp/try", str(tmp_path)),
				    printed)
		# what the example has started it has ended
		wire.wait_until(lambda: not os.listdir(tmp_path) and
		    not any(wire.listens(int(p)) for p in own.values()),
		    what="the end")
	finally:
		shell.stdin.close()
		os.killpg(shell.pid, signal.SIGTERM)
		shell.wait()
