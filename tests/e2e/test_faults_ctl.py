# SPDX-License-Identifier: ISC
"""Any allocation of a command may fail: it says so, or does all of it."""
import pytest

import commands
import sluice
from test_faults import seen

COMMANDS = [
    ["status"],
    ["hosts"],
    ["hosts", "--sort", "key"],
    ["show", "127.0.0.1"],
    ["--json", "hosts"],
    ["queue", "127.0.0.1"],
    ["exchanges"],
    ["suggest"],
    ["pause", "127.0.0.1", "1s", "--reason", "a test"],
    ["set", "127.0.0.1", "capacity=5", "--for", "1m"],
    ["explain", "http://127.0.0.1/"],
    ["log", "info"],
]


@pytest.fixture
def daemon(lab, fault, monkeypatch):
	"""Without the fault: it is the command that has it."""
	far = lab.origin()
	with monkeypatch.context() as calm:
		for name in fault.environment():
			calm.delenv(name)
		daemon = lab.sluice(hosts={"127.0.0.1": {"capacity": 1000}})
	assert seen(lab, far.url + "/a") == 200
	commands.ctl(daemon, "status")
	return daemon


@pytest.mark.parametrize("args", COMMANDS, ids=" ".join)
def test_no_memory(daemon, fault, args):
	env = commands.environment(daemon.control)
	nth = failed = 0
	for nth in fault.each("memory", "ENOMEM", few=True):
		done = sluice.run(*args, env=env)
		assert done.returncode in (0, 1, 3), (nth, done)
		failed += done.returncode != 0
		if done.returncode:
			assert done.stderr, nth
		else:
			assert done.stdout or args[0] == "queue", nth
	assert failed > 3, (nth, failed)
