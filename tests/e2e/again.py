# SPDX-License-Identifier: ISC
"""
What failed beside the others, once more by itself.

A machine that others use, too, stops a process for a second now and then, and
among thousands of tests some notice.  So a few that failed run again alone,
two times, and who passes both is told as such, and fails nothing.  What a
program said of itself that is a fault at any pace, a sanitizer's report above
all, is never put to that.
"""
import os
import pathlib
import re
import subprocess
import sys

# sluice.Fault, and a program that is not under its eyes
FAULT = re.compile(r"\bFault:|Sanitizer|runtime error:|core dumped")

FEW = 6			# more are no accident
TIMES = 2
LEFT = pathlib.Path(__file__).with_name("left.py")


def passes(nodeid, config):
	"""Whether it does so, alone, each time; nothing of it is left."""
	env = {name: value for name, value in os.environ.items()
	    if not name.startswith("PYTEST")}
	for _ in range(TIMES):
		done = subprocess.run([sys.executable, LEFT, sys.executable,
		    "-m", "pytest", "-q", "-p", "no:cacheprovider",
		    "-p", "no:anyio", "-p", "no:xdist", nodeid],
		    cwd=config.rootpath, env=env, stdin=subprocess.DEVNULL)
		if done.returncode != 0:
			return False
	return True


def judge(reporter, config):
	"""
	Runs again what may; returns whether nothing is left that failed.  The
	totals tell of the others as "passed alone".
	"""
	stats = reporter.stats
	failed = stats.get("failed", []) + stats.get("error", [])
	nodeids = sorted({report.nodeid for report in failed})
	if not 0 < len(nodeids) <= FEW or any(
	    FAULT.search(report.longreprtext) for report in failed):
		return False
	reporter.section("again, alone")
	for nodeid in nodeids:
		if not passes(nodeid, config):
			return False
	for kind in "failed", "error":
		stats.pop(kind, None)
	stats["passed alone"] = failed
	for nodeid in nodeids:
		reporter.line(f"FAILED beside the others, passed alone: "
		    f"{nodeid}")
	return True
