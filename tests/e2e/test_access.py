# SPDX-License-Identifier: ISC
"""Who may connect: access.clients.

Strangers are other addresses of the loopback's network, which access.clients
here does not name.
"""
import os
import re
import select
import socket
import subprocess

import pytest

import client
import metrics
import origin
import sluice
import wire

FRIEND, STRANGER = "127.0.0.1", "127.0.0.2"
ONLY = {"clients": [FRIEND]}
LINE = re.compile(r"access\.clients: 127\.0\.0\.2:\d+ is not let in ")


def refused(answer):
	assert answer.status == 403, answer
	assert answer.get("content-type") == "application/problem+json"
	assert answer.get("connection") == "close"
	assert answer.get("proxy-status") == "sluice; " \
	    'error=http_request_denied; details="access.clients does not ' \
	    'let this address in"'
	return True


def counted(daemon, n):
	metrics.until(daemon, lambda m: m.sum("sluice_refusals_total",
	    reason="access_client") == n and
	    m.sum("sluice_requests_total", outcome="refused") == n)


# What a stranger may begin with, all of which is answered alike.
FIRST = [
	b"GET http://%s/ HTTP/1.1\r\nHost: %s\r\n\r\n",
	b"CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n",
	b"OPTIONS * HTTP/1.1\r\nHost: %s\r\n\r\n",
	b"POST http://%s/ HTTP/1.1\r\nHost: %s\r\nContent-Length: 99\r\n\r\n",
	b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n",
	b"GET http://%s/ HTTP/1.1\r\nHost: %s\r\nContent-Length: x\r\n\r\n",
	b"\x16\x03\x01\r\n\r\n",
	b"GET http://%s/ HTTP/1.1\r\n" + b"X: y\r\n" * 2000 + b"\r\n",
]


def test_strangers_are_told_no_and_go(lab):
	far = lab.origin(origin.fixed())
	daemon = lab.sluice(access=ONLY)
	for first in FIRST:
		one = lab.client(source=STRANGER)
		at = f"127.0.0.1:{far.port}".encode()
		one.send(first.replace(b"%s", at))
		assert refused(one.response())
		assert one.ended()
	counted(daemon, len(FIRST))
	# Nor does any of it reach somebody; and the log stays short.
	assert lab.get(far.url + "/").status == 200
	assert len(far.requests) == 1
	daemon.out.wait(" 200 ")
	assert len(daemon.err.like(LINE, 1)) == 1
	assert len(daemon.out.like(" 403 ", 1)) == 1


def test_a_request_behind_the_first_is_not_answered(lab):
	far = lab.origin(origin.fixed())
	daemon = lab.sluice(access=ONLY)
	one = lab.client(source=STRANGER)
	one.ask("GET", far.url + "/")
	one.ask("GET", far.url + "/")
	assert refused(one.response())
	assert one.ended()
	counted(daemon, 1)


# What access.clients says, who comes, and whether he is let in.
NETWORKS = [
	(None, FRIEND, True),
	(None, STRANGER, True),
	(["127.0.0.2/31"], STRANGER, True),
	(["127.0.0.2/31"], FRIEND, False),
	(["10.0.0.0/8", "::/0"], FRIEND, False),
	(["::ffff:127.0.0.0/104"], FRIEND, True),
	(["0.0.0.0/0"], STRANGER, True),
	([], FRIEND, False),
]


def test_networks(lab):
	"""At a socket for both families, too, whose peers are mapped ones."""
	far = lab.origin(origin.fixed())
	both = socket.create_server(("::", 0), family=socket.AF_INET6,
	    dualstack_ipv6=True)
	port = both.getsockname()[1]
	daemon = lab.sluice(listen=["127.0.0.1:0", f"[::]:{port}"],
	    before=("bash", "-c", f"exec 3<&{both.fileno()}; "
	    'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"'),
	    fds=(both.fileno(),))
	both.close()
	assert daemon.ports[1] == port
	for clients, source, is_in in NETWORKS:
		daemon.change(access={} if clients is None else
		    {"clients": clients})
		for port in daemon.ports:
			one = client.Client(("127.0.0.1", port), source=source)
			answer = one.get(far.url + "/")
			assert answer.status == (200 if is_in else 403), \
			    (clients, source, port)
			one.close()


def test_ipv6(lab):
	far = lab.origin(origin.fixed())
	daemon = lab.sluice(listen="[::1]:0", wait=False)
	match = daemon.err.wait(r"listening on \[::1\]:(\d+)")
	port = int(re.search(r"\]:(\d+)", match).group(1))
	for clients, status in ((["::1"], 200), ([FRIEND], 403),
	    (["::/1"], 200)):
		daemon.change(access={"clients": clients})
		one = client.Client(("::1", port))
		assert one.get(far.url + "/").status == status, clients
		one.close()


def test_a_unix_socket_is_up_to_its_file(lab):
	far = lab.origin(origin.fixed())
	lab.sluice(listen=f"unix:{lab.dir}/s", access={"clients": []})
	assert lab.get(far.url + "/").status == 200


def test_no_handshake_is_made_with_strangers(tlab):
	lab = tlab
	far = lab.origin(origin.fixed())
	daemon = lab.sluice(access=ONLY, listen=["127.0.0.1:0", {"address":
	    "127.0.0.1:0", "tls": {"certificate": lab.pki.pem("proxy"),
	    "key": lab.pki.key("proxy")}}])
	at = ("127.0.0.1", daemon.ports[1])
	for n in range(1, 4):
		sock = socket.create_connection(at, wire.DEADLINE,
		    (STRANGER, 0))
		assert wire.Link(sock).ended()
		sock.close()
		counted(daemon, n)
	one = client.Client(at, tls=lab.pki.client("proxy-ca"))
	assert one.get(far.url + "/").status == 200
	one.close()


def test_the_control_plane_has_a_guard_of_its_own(lab):
	daemon = lab.sluice(access={"clients": []},
	    admin={"web": "127.0.0.1:0"})
	assert lab.web().get("/healthz").status == 200
	assert lab.control(daemon).get("/v1/status").status == 200


def test_silent_strangers_take_nobodys_place(lab):
	"""They are some at a time, for a while, and count for nothing else."""
	far = lab.origin(origin.fixed())
	daemon = lab.sluice(access=ONLY, limits={"connections": 2},
	    timeouts={"header": "200ms"})
	silent = [lab.client(source=STRANGER) for _ in range(20)]
	friend = lab.client()
	assert friend.get(far.url + "/").status == 200
	for one in silent:
		assert one.ended()
	assert friend.get(far.url + "/").status == 200
	metrics.until(daemon, lambda m: m("sluice_client_connections") == 1)


def test_so_many_strangers_are_heard(lab):
	"""Those beyond are closed as they come, without a word."""
	far = lab.origin(origin.fixed())
	daemon = lab.sluice(access=ONLY, timeouts={"header": "1h"})
	many = [lab.client(source=STRANGER) for _ in range(
	    64 * sluice.WORKERS + 20)]

	def closed():
		return [one for one in many if wire.ready(one.sock,
		    select.POLLIN, 0)]
	wire.wait_until(lambda: len(closed()) >= 20, what="20 closed")
	metrics.until(daemon, lambda m: m.sum("sluice_refusals_total",
	    reason="access_client") == len(closed()))
	for one in many:
		one.close()

	def heard():
		try:
			return refused(lab.client(source=STRANGER).get(
			    far.url + "/"))
		except (wire.Closed, OSError):
			return False
	wire.wait_until(heard, what="one to be heard again")
	assert lab.get(far.url + "/").status == 200


def test_a_reload_lets_in_and_bars(lab):
	gate = origin.Gate(origin.fixed(body="whole"))
	far = lab.origin(origin.by_path({"/held": gate}, origin.fixed()))
	daemon = lab.sluice(access={"clients": [FRIEND, STRANGER]})
	idle, busy, half, stays = (lab.client(source=source) for source in
	    (STRANGER, STRANGER, STRANGER, FRIEND))
	for one in (idle, busy, half, stays):
		assert one.get(far.url + "/").status == 200
	busy.ask("GET", far.url + "/held")
	busy.ask("GET", far.url + "/next")
	far.wait_requests(5)
	half.send(b"GET " + far.url.encode() + b"/half HTTP/1.1\r\nHo")
	lab.settle()
	daemon.change(access=ONLY)
	assert idle.ended()
	half.send(b"st: 127.0.0.1:%d\r\n\r\n" % far.port)
	answer = half.response()
	assert answer.status == 200 and answer.get("connection") == "close"
	assert half.ended()
	gate.open()
	answer = busy.response()
	assert answer.status == 200 and answer.body == b"whole"
	assert answer.get("connection") == "close"
	assert busy.ended()
	assert stays.get(far.url + "/").status == 200
	assert refused(lab.client(source=STRANGER).get(far.url + "/"))
	daemon.change(access={"clients": [STRANGER]})
	assert stays.ended()
	assert lab.client(source=STRANGER).get(far.url + "/").status == 200


def test_a_tunnel_outlives_a_reload(lab):
	def repeat(conn):
		while data := conn.sock.recv(wire.PIECE):
			conn.send(data)
	far = lab.origin(accept=repeat)
	daemon = lab.sluice()
	one = lab.client(source=STRANGER)
	assert one.tunnel(f"127.0.0.1:{far.port}").status == 200
	daemon.change(access=ONLY)
	for piece in (b"a", b"b" * 100000):
		one.send(piece)
		assert one.exactly(len(piece)) == piece


def test_an_open_address_lets_nobody_in_by_itself(lab):
	"""Which an older file, for which it did, is told."""
	far = lab.origin(origin.fixed())
	daemon = lab.sluice(listen="0.0.0.0:0")
	daemon.err.wait(r"without access\.clients only clients on this one "
	    r"are let in; write ")
	sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	try:
		sock.connect(("192.0.2.1", 9))
		own = sock.getsockname()[0]
	except OSError:
		pytest.skip("no address but the loopback")
	finally:
		sock.close()
	one = client.Client((own, daemon.port))
	assert refused(one.get(far.url + "/"))
	one.close()


# Whose process it is


STATUS = """
import socket, sys
one = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=60)
one.sendall(f"GET {sys.argv[3]} HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n".encode())
print(one.makefile("rb").readline().decode().split()[1])
"""


def status_of(user, address, url):
	"""What a process of that user is answered."""
	done = subprocess.run(["/usr/bin/python3", "-c", STATUS, address[0],
	    str(address[1]), url], user=user, capture_output=True, text=True,
	    cwd="/", timeout=3 * wire.DEADLINE)
	assert done.returncode == 0, done
	return int(done.stdout)


@pytest.mark.parametrize("at", ["127.0.0.1", "::1"])
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has two users")
def test_same_user(lab, at):
	"""Another user's process is told no, over IPv4 and IPv6."""
	far = lab.origin(origin.fixed())
	daemon = lab.sluice(listen=f"[{at}]:0" if ":" in at else f"{at}:0",
	    access={"same_user": True})
	address = (at, daemon.address[1])
	assert status_of(0, address, far.url) == 200
	assert status_of(65534, address, far.url) == 403
	daemon.err.wait("access.same_user: ")
	assert "another user" in daemon.err.text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has two users")
def test_same_user_by_a_reload(lab):
	far = lab.origin(origin.fixed())
	daemon = lab.sluice()
	assert status_of(65534, daemon.address, far.url) == 200
	daemon.reload(access={"same_user": True})
	assert status_of(65534, daemon.address, far.url) == 403
	assert lab.client().get(far.url).status == 200
