# SPDX-License-Identifier: ISC
"""The README's example prints what the README says."""
import os
import re
import signal
import subprocess

import sluice
import wire

README = os.path.join(os.path.dirname(__file__), "..", "..", "README.md")
BLOCK = re.compile(r"^```(sh|)\n(.*?)^```$", re.M | re.S)


def blocks():
	"""The example's commands, each with what it prints (or None)."""
	with open(README) as f:
		text = f.read()
	text = text[text.index("## See it work"):]
	text = text[:text.index("## Configuration")]
	found = []
	for kind, body in BLOCK.findall(text):
		if kind == "sh":
			found.append([body, None])
		else:
			found[-1][1] = body
	return found


def same(said, printed):
	"""Alike but for times, ports and what the clock does to numbers."""
	said, printed = said.split(), printed.split()
	assert len(said) == len(printed), (said, printed)
	for a, b in zip(said, printed):
		if re.fullmatch(r"\d+\.\d+", a):
			# seconds, or milliseconds in the log
			slack = 0.4 * wire.SLOW * (1000 if float(a) > 5 else 1)
			assert abs(float(a) - float(b)) < max(slack, 5)
		elif not re.search(r"\d{4}-\d\d-\d\dT|:\d+", a):
			assert a == b, (said, printed)


def test_example(tmp_path):
	origin, proxy = wire.free_port(), wire.free_port()
	shell = subprocess.Popen(["bash"], cwd=tmp_path, text=True,
	    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
	    start_new_session=True)
	try:
		for commands, said in blocks():
			commands = commands.replace("build/sluice",
			    sluice.BINARY).replace("8080", str(origin))
			commands = commands.replace("3128", str(proxy))
			shell.stdin.write(commands + "echo; echo END\n")
			shell.stdin.flush()
			printed = ""
			for line in shell.stdout:
				if line == "END\n":
					break
				printed += line
			if said is not None:
				same(said, printed)
			else:
				wire.wait_until(lambda: wire.listens(origin)
				    and wire.listens(proxy), what="the start")
	finally:
		shell.stdin.close()
		os.killpg(shell.pid, signal.SIGTERM)
		shell.wait()
