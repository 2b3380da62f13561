# SPDX-License-Identifier: ISC
"""Calls that fail in the middle of it; tests/fault/run has all of them."""
import wire


def seen(lab, url):
	"""What a client of its own sees: a status, or None for an end."""
	one = lab.client()
	lab.clients.remove(one)
	try:
		return one.get(url).status
	except (OSError, wire.Closed):
		return None
	finally:
		one.close()


def each(fault, call, error):
	"""Has the Nth call fail while the caller's loop does something."""
	nth = 0
	while True:
		nth += 1
		fault.arm(call, error, nth)
		yield nth
		if not fault.disarm().fired:
			return


def survives(lab, fault, call, error, allowed):
	"""A request, whose slot is there for the next one."""
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": {"concurrency": 1}})
	assert seen(lab, far.url + "/") == 200
	statuses = set()
	for nth in each(fault, call, error):
		statuses.add(seen(lab, far.url + "/"))
		fault.disarm()
		assert seen(lab, far.url + "/") == 200, f"after {call} {nth}"
	assert nth > 2
	assert statuses <= allowed
	return nth


def test_no_memory(lab, fault):
	"""Any allocation: evhttp's for a connection, ours for a request."""
	assert survives(lab, fault, "memory", "ENOMEM",
	    {200, 503, None}) > 20


def test_descriptors_that_cannot_be_watched(lab, fault):
	survives(lab, fault, "epoll_ctl", "ENOSPC", {200, 502, 503, None})


def test_no_memory_for_a_reload(lab, fault):
	"""The old state stays, whichever it is that fails."""
	far = lab.origin()
	hosts = {f"h{i}.test": {"capacity": i + 1} for i in range(4)}
	daemon = lab.sluice(hosts={**hosts, "127.0.0.1": {"concurrency": 1}})
	assert seen(lab, far.url + "/") == 200
	n = 1
	while True:
		fault.arm("memory", "ENOMEM", n)
		line = daemon.reload(hosts={**hosts, f"n{n}.test": {},
		    "127.0.0.1": {"concurrency": 1}})
		if not fault.disarm().fired:
			break
		assert seen(lab, far.url + "/") == 200
		n += 1 + n // 20
	assert "not reloaded" not in line
	assert n > 100
