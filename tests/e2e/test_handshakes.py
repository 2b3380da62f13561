# SPDX-License-Identifier: ISC
"""Handshakes are dear, and begun for nothing: they take turns."""
import select
import signal
import ssl
import subprocess

import pytest

import client
import origin
import wire

GREEDY, MODEST = "127.0.0.1", "127.0.0.5"
MANY = 200


def hello():
	"""What a client begins with, which anybody may send again."""
	incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
	context = ssl.create_default_context()
	one = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
	with pytest.raises(ssl.SSLWantReadError):
		one.do_handshake()
	return outgoing.read()


@pytest.fixture
def certificate(tmp_path):
	"""With a key that is slow to sign with."""
	pem, key = tmp_path / "slow.pem", tmp_path / "slow.key"
	subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:3072",
	    "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key,
	    "-out", pem], check=True, capture_output=True)
	return {"certificate": pem, "key": key}


def answered(many):
	return sum(wire.ready(one.sock, select.POLLIN, 0) for one in many)


@pytest.fixture
def flooded(lab, certificate):
	"""Has one client begin many handshakes at once, and another one do what
	call says, of which it sees the end; how many of those it came after."""
	def run(call):
		daemon = lab.sluice(listen=["127.0.0.1:0", {"address":
		    "127.0.0.1:0", "tls": certificate}])
		secure = ("127.0.0.1", daemon.ports[1])
		many = [client.Client(secure, source=GREEDY)
		    for _ in range(MANY)]
		lab.clients += many
		modest = {"plain": lab.client(source=MODEST),
		    "secure": client.Client(secure, source=MODEST)}
		lab.clients += modest.values()
		for _ in range(2):
			modest["plain"].ping()
		lab.settle()
		daemon.proc.send_signal(signal.SIGSTOP)
		wire.wait_until(daemon.stopped, what="its stop")
		first = hello()
		for one in many:
			one.send(first)
		end = call(modest)
		daemon.proc.send_signal(signal.SIGCONT)
		end()
		before = answered(many)
		wire.wait_until(lambda: answered(many) == MANY,
		    what="all handshakes")
		return before
	return run


def test_requests_go_between_handshakes(lab, flooded):
	far = lab.origin(origin.fixed())

	def call(modest):
		modest["plain"].ask("GET", far.url + "/")
		return modest["plain"].response
	assert flooded(call) < MANY / 2


def test_each_client_has_a_turn(flooded):
	"""Who begins one does not wait for all that another one has begun."""
	def call(modest):
		modest["secure"].send(hello())
		return lambda: modest["secure"].exactly(5)
	assert flooded(call) < MANY / 2
