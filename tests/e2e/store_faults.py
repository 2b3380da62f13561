# SPDX-License-Identifier: ISC
"""What may happen to sluices that share budgets in a Redis, and to that one:
functions of shared.Proxies, with relays, that return between which instants it
was so."""
import re
import signal
import time

import shared
import wire

STOPPED = 3		# s
LOST = 0.25		# s of writes
SLOW = 0.1		# s that each answer is late

# An answer that grants something: now, its number, how much.
GRANT = re.compile(rb"^\*\d+\r\n\$\d+\r\n\d+\r\n\$\d+\r\n[1-9]\d*\r\n"
    rb"\$\d+\r\n[1-9]", re.M)


def lasts(seconds):
	"""Returns when so much time has passed."""
	end = time.monotonic() + seconds
	wire.wait_until(lambda: time.monotonic() >= end, seconds + 5,
	    what="time")


def connected_again(proxies):
	"""Those that are alive, once more than they were."""
	before = [(daemon, len(daemon.err)) for daemon in proxies.daemons
	    if daemon.runs()]

	def wait():
		for daemon, since in before:
			daemon.err.wait("connected: budgets are shared",
			    since=since)
	return wait


def stop(daemon):
	daemon.proc.send_signal(signal.SIGSTOP)
	wire.wait_until(daemon.stopped, what="its stop")


def proxy_killed(proxies):
	"""One of them, with what it has leased."""
	at = time.time()
	proxies.kill(0)
	return at, at


def proxy_stopped(proxies):
	"""One of them stands still, wherever it was."""
	at = time.time()
	stop(proxies.daemons[0])
	lasts(STOPPED)
	proxies.daemons[0].proc.send_signal(signal.SIGCONT)
	return at, time.time()


def proxy_stopped_with_a_grant(proxies):
	"""One of them stands still when it has been granted something, and has
	not read that: it finds it when its time is over."""
	relay, daemon = proxies.relays[0], proxies.daemons[0]
	relay.catches = GRANT
	wire.wait_until(lambda: relay.holds, what="a grant")
	at = time.time()
	stop(daemon)
	relay.holds = False
	wire.wait_until(lambda: not relay.kept, what="its way")
	lasts(STOPPED)
	daemon.proc.send_signal(signal.SIGCONT)
	return at, time.time()


def redis_killed(proxies):
	"""It begins again with nothing."""
	at, again = time.time(), connected_again(proxies)
	proxies.redis.kill()
	lasts(1)
	proxies.redis.start()
	again()
	return at, time.time()


def redis_old(proxies):
	"""It begins again with what it has saved two seconds before."""
	proxies.redis.call("SAVE")
	lasts(2)
	at, again = time.time(), connected_again(proxies)
	proxies.redis.kill()
	proxies.redis.start()
	assert proxies.redis.call("DBSIZE") != b":0\r\n"
	again()
	return at, time.time()


def redis_stopped(proxies):
	at, again = time.time(), connected_again(proxies)
	proxies.redis.stop()
	lasts(STOPPED)
	proxies.redis.go_on()
	again()
	return at, time.time()


def redis_slow(proxies):
	"""What it says comes later; nobody is without it."""
	at = time.time()
	for relay in proxies.relays:
		relay.delay = SLOW
	lasts(STOPPED)
	for relay in proxies.relays:
		relay.delay = 0
	return at, time.time()


def replica_promoted(proxies):
	"""Another server is it now, which has not heard of the last writes."""
	old = proxies.redis
	link = shared.Relay(old.port)
	(old.dir / "replica").mkdir()
	new = shared.Redis(old.dir / "replica", of=link.port)
	proxies.others += [link, old]
	proxies.redis = new
	wire.wait_until(lambda: new.info("replication", "master_link_status")
	    == "up", what="a replica")
	link.holds = True
	heard = int(new.info("replication", "slave_repl_offset"))
	lasts(LOST)
	wire.wait_until(lambda: int(old.info("replication",
	    "master_repl_offset")) > heard, what="what the replica has not heard")
	at, again = time.time(), connected_again(proxies)
	old.kill()
	new.call("REPLICAOF", "NO", "ONE")
	for relay in proxies.relays:
		relay.to = new.port
	again()
	return at, time.time()


ALL = {fault.__name__: fault for fault in (proxy_killed, proxy_stopped,
    proxy_stopped_with_a_grant, redis_killed, redis_old, redis_stopped,
    redis_slow, replica_promoted)}
