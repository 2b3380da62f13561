# SPDX-License-Identifier: ISC
"""
Runs a command, then ends whatever it has left.

	left.py COMMAND [ARGUMENT]...

A run of tests that is killed, or gives up, leaves daemons, databases and
browsers behind, which use the machine of all that come after it.  None gets
away by a session or a parent of its own: whoever has lost his parent is this
process's.
"""
import ctypes
import os
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

TOLD_BY = signal.SIGTERM, signal.SIGHUP


def children():
	"""Of this process, those that it never started included."""
	found = []
	for name in filter(str.isdigit, os.listdir("/proc")):
		try:
			with open(f"/proc/{name}/stat", "rb") as f:
				words = f.read().rsplit(b")", 1)[1].split()
		except (FileNotFoundError, ProcessLookupError):
			continue
		if int(words[1]) == os.getpid():
			found.append(int(name))
	return found


def end_all():
	"""Theirs become ours, until there are none."""
	while pids := children():
		for pid in pids:
			os.kill(pid, signal.SIGKILL)
		for pid in pids:
			os.waitpid(pid, 0)


def wait(process):
	"""For its end; meanwhile those that end without a parent are told off
	as well."""
	while True:
		pid, status = os.wait()
		if pid == process.pid:
			process.returncode = os.waitstatus_to_exitcode(status)
			return process.returncode


def told_to_end(number, _):
	"""At once, wherever this process is.  It may be told once more, by a
	parent that is told to end, too; then all the same it kills the rest."""
	for each in TOLD_BY:
		signal.signal(each, signal.SIG_IGN)
	end_all()
	os._exit(128 + number)


def main(args):
	parent = os.getppid()
	for each in TOLD_BY:
		signal.signal(each, told_to_end)
	prctl = ctypes.CDLL(None, use_errno=True).prctl
	for what, value in ((PR_SET_CHILD_SUBREAPER, 1),
	    (PR_SET_PDEATHSIG, signal.SIGTERM)):
		if prctl(what, value, 0, 0, 0) != 0:
			sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
	# one that was gone before is told of by nobody
	if os.getppid() != parent:
		return 128 + signal.SIGTERM
	# from a terminal the command has it, too, and ends in its own time
	signal.signal(signal.SIGINT, lambda *_: None)
	try:
		status = wait(subprocess.Popen(args))
	finally:
		end_all()
	return status if status >= 0 else 128 - status


if __name__ == "__main__":
	sys.exit(main(sys.argv[1:]))
