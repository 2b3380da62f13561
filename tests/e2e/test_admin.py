# SPDX-License-Identifier: ISC
"""The control plane: its ways in, its errors, its log and reload."""
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import stat
import subprocess
import tempfile

import pytest

import sluice
import wire

WEB = {"web": "127.0.0.1:0"}
TOKEN = "0123456789-abcdefghij"


@pytest.fixture
def token(tmp_path):
	file = tmp_path / "token"
	file.write_text(TOKEN + "\n")
	file.chmod(0o600)
	return {**WEB, "web_token_file": str(file)}


# Ways in


def test_socket_and_web(lab):
	lab.sluice(admin=WEB)
	for way in lab.control(), lab.web():
		assert way.get("/healthz").body == b"ok\n"
		assert way.get("/readyz").body == b"ready\n"
		head = way.ask("HEAD", "/healthz")
		assert (head.status, head.body) == (200, b"")
		assert head.headers["Content-Length"] == "3"


def test_answers_say_that_they_are_for_nobody_else(lab):
	lab.sluice(admin=WEB)
	headers = lab.web().get("/v1/status").headers
	assert headers["Cache-Control"] == "no-store"
	assert headers["X-Content-Type-Options"] == "nosniff"
	assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
	assert "default-src 'none'" in headers["Content-Security-Policy"]
	assert not [name for name in headers if "access-control" in
	    name.lower()]


def test_mode_and_group(lab, tmp_path):
	daemon = lab.sluice()
	assert lab.control().get("/healthz").status == 200
	before = os.stat(daemon.control)
	assert stat.S_IMODE(before.st_mode) == 0o600
	path = daemon.run_dir / "other.sock"
	other = lab.sluice(admin={"socket": str(path),
	    "group": str(os.getgid())})
	other.err.wait("is ready")
	assert stat.S_IMODE(os.stat(path).st_mode) == 0o660
	assert os.stat(path).st_gid == os.getgid()


def test_no_such_group(lab, tmp_path):
	file = tmp_path / "sluice.yaml"
	file.write_text(json.dumps(sluice.settings(admin={
	    "socket": str(tmp_path / "s"), "group": "no-such-group"})))
	done = sluice.run("-c", file)
	assert done.returncode == 1
	assert "admin.socket: cannot listen on" in done.stderr
	assert "there is no such group" in done.stderr


def test_stale_socket_is_taken_away(lab):
	daemon = lab.sluice()
	daemon.err.wait("is ready")
	daemon.status = None
	daemon.proc.kill()
	daemon.wait()
	assert daemon.control.exists()
	again = lab.sluice(admin={"socket": str(daemon.control)})
	again.control = daemon.control
	assert lab.control(again).get("/healthz").status == 200
	again.stop()
	assert not daemon.control.exists()


def test_two_daemons_of_one_directory(lab, tmp_path):
	"""The second warns, and works without."""
	first = lab.sluice()
	first.err.wait("is ready")
	second = lab.dir / "second"
	second.mkdir()
	file = second / "sluice.yaml"
	file.write_text(json.dumps(sluice.settings(admin={"socket":
	    str(first.control)})))
	done = sluice.run("-c", file)
	assert done.returncode == 1
	assert "Address already in use" in done.stderr
	assert lab.control(first).get("/healthz").status == 200


def test_named_for_the_port():
	"""Two daemons of a user who is not root have a socket each.

	/run/sluice may be nobody's, by a test of --user; it is not theirs.
	"""
	if os.geteuid() != 0:
		pytest.skip("needs root to be somebody else")
	place = pathlib.Path(tempfile.mkdtemp(prefix="sluice."))
	place.chmod(0o777)
	processes = []
	try:
		for i in range(2):
			file = place / f"{i}.yaml"
			file.write_text(json.dumps(sluice.settings()))
			processes.append(subprocess.Popen(["setpriv",
			    "--reuid=4712", "--regid=4712",
			    "--clear-groups", sluice.BINARY, "-c",
			    str(file)], env={"XDG_RUNTIME_DIR": str(place),
			    "PATH": os.environ["PATH"], **sluice.measured()},
			    stderr=subprocess.PIPE,
			    stdout=subprocess.DEVNULL))
			lines = sluice.Lines(processes[-1].stderr)
			lines.wait("is ready")
			port = sluice.LISTENING.search(lines.text()).group(2)
			assert (place / "sluice" /
			    f"admin-{port}.sock").exists()
	finally:
		for one in processes:
			one.terminate()
		for one in processes:
			assert one.wait(wire.DEADLINE) == 0
		shutil.rmtree(place)


@pytest.fixture
def somebody():
	"""A user who has nothing but a directory in /tmp, if that."""
	if os.geteuid() != 0:
		pytest.skip("needs root to be somebody else")
	user = 50000 + os.getpid() % 10000
	place = pathlib.Path(f"/tmp/sluice-{user}")
	yield user, place
	if place.exists():
		shutil.rmtree(place)


def as_somebody(user):
	return ["setpriv", f"--reuid={user}", f"--regid={user}",
	    "--clear-groups"], {"PATH": os.environ["PATH"], **sluice.measured()}


def run_as(user, file):
	who, env = as_somebody(user)
	process = subprocess.Popen([*who, sluice.BINARY, "-c", str(file)],
	    env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
	lines = sluice.Lines(process.stderr)
	lines.wait("is ready")
	return process, lines


def readable():
	file = pathlib.Path(tempfile.mkdtemp(prefix="sluice.")) / "a.yaml"
	file.parent.chmod(0o755)
	file.write_text(json.dumps(sluice.settings()))
	return file


def status_as(user):
	who, env = as_somebody(user)
	return subprocess.run([*who, sluice.BINARY, "status"], env=env,
	    capture_output=True, text=True, timeout=wire.DEADLINE)


def test_without_a_directory_from_the_system(somebody):
	"""In a container, by su and cron there is no XDG_RUNTIME_DIR: commands find
	the daemon all the same."""
	user, place = somebody
	file = readable()
	process, _ = run_as(user, file)
	try:
		assert place.stat().st_uid == user
		done = status_as(user)
		assert done.returncode == 0 and str(file) in done.stdout, done
	finally:
		process.terminate()
		assert process.wait(wire.DEADLINE) == 0
		shutil.rmtree(file.parent)
	assert not list(place.iterdir())


def test_a_directory_that_another_user_has_made(somebody):
	"""Neither is a socket put there, nor one asked that is there."""
	user, place = somebody
	file = readable()
	place.mkdir()
	with socket.socket(socket.AF_UNIX) as theirs:
		theirs.bind(str(place / "admin-3128.sock"))
		theirs.listen()
		(place / "admin-3128.sock").chmod(0o777)
		process, lines = run_as(user, file)
		try:
			assert "no socket for commands" in lines.text()
			done = status_as(user)
			assert done.returncode == 3, done
			assert str(place) not in done.stderr
			theirs.setblocking(False)
			with pytest.raises(BlockingIOError):
				theirs.accept()
		finally:
			process.terminate()
			assert process.wait(wire.DEADLINE) == 0
			shutil.rmtree(file.parent)
	assert [one.name for one in place.iterdir()] == ["admin-3128.sock"]


def test_off(lab):
	daemon = lab.sluice(admin="off")
	daemon.err.wait("is ready")
	assert not daemon.control.exists()
	assert "control plane" not in daemon.err.text()


def test_web_with_tls(lab, pki, token):
	import http.client
	import ssl
	daemon = lab.sluice(admin={**token, "web": {"address":
	    "127.0.0.1:0", "tls": {"certificate": str(pki.pem("origin")),
	    "key": str(pki.key("origin"))}}})
	context = pki.client("ca")
	context.check_hostname = False
	one = http.client.HTTPSConnection("127.0.0.1", daemon.web_port(),
	    context=context, timeout=wire.DEADLINE)
	one.request("GET", "/v1/log", headers={"Authorization":
	    f"Bearer {TOKEN}"})
	assert one.getresponse().status == 200
	one.close()
	# an origin of http:// is another one there
	one = http.client.HTTPSConnection("127.0.0.1", daemon.web_port(),
	    context=context, timeout=wire.DEADLINE)
	one.request("GET", "/healthz", headers={"Origin":
	    f"http://127.0.0.1:{daemon.web_port()}"})
	assert one.getresponse().status == 403
	one.close()


def test_handshakes_that_fail(lab, pki, token):
	"""Who does not speak TLS, or does not trust it, ends nobody else."""
	daemon = lab.sluice(log={"level": "debug"}, admin={**token, "web": {
	    "address": "127.0.0.1:0", "tls": {
	    "certificate": str(pki.pem("origin")),
	    "key": str(pki.key("origin"))}}})
	at = ("127.0.0.1", daemon.web_port())
	with socket.create_connection(at) as clear:
		clear.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		clear.settimeout(wire.DEADLINE)
		while clear.recv(4096):
			pass
	daemon.err.wait(r"control plane: no TLS with 127\.0\.0\.1:")
	context = pki.client("ca")
	context.check_hostname = False
	one = http.client.HTTPSConnection(*at, context=context,
	    timeout=wire.DEADLINE)
	one.request("GET", "/healthz")
	assert one.getresponse().status == 200
	one.close()


# What is asked for


def test_spellings_of_a_path(lab):
	"""One slash at the end says nothing, two say something else."""
	lab.sluice()
	control = lab.control()
	assert control.get("/v1/status/").status == 200
	assert control.get("/v1/stat%75s").status == 200
	assert control.get("/v1/status//").status in (400, 404)
	assert control.get("/v1//status").status in (400, 404)
	assert control.get("/v1/status?").status == 200
	assert control.get("/v1/hosts?limit=5&&state=open&").status == 200
	for query in "limit=%", "limit=%1", "limit=%zz", "limit=%00", \
	    "limit=5&limit=5", "match=%0a":
		assert control.get("/v1/hosts?" + query).status == 400, query
	# + is a space in a query, and none in a path
	problem = control.get("/v1/hosts?state=a+b")
	assert problem.status == 400 and '"a b"' in problem.problem()
	assert control.get("/v1/hosts/a+b").status == 404


def test_status(lab):
	lab.sluice(admin=WEB)
	full = lab.control().get("/v1/status").json()
	assert full["full"] is True
	assert full["pid"] == lab.daemons[-1].pid
	assert full["configuration"]["path"].endswith("sluice.yaml")
	assert full["listen"] == [lab.daemons[-1].at]
	seen = lab.web().get("/v1/status").json()
	assert seen["full"] is False
	assert seen["configuration"]["path"] is None


def test_numbers_are_as_short_as_they_can_be(lab):
	"""Not 0.10000000000000001: people read it by curl."""
	lab.sluice()
	body = lab.control().get("/v1/status").body
	assert len(re.search(rb'"up":([\d.]+)', body)[1]) <= 16, body


def test_status_counts(lab):
	one = lab.origin()
	lab.sluice()
	lab.get(one.url + "/a")
	status = wire.wait_until(lambda: (lambda s: s if s["requests"] == 1
	    else None)(lab.control().get("/v1/status").json()))
	assert status["hosts"] == 1
	assert status["waiting"] == status["in_flight"] == 0


def test_wrong_paths(lab):
	lab.sluice(admin=WEB)
	way = lab.control()
	for path, near in (("/v1/statsu", "/v1/status"),
	    ("/healtz", "/healthz"), ("/v1/quite/other", None)):
		answer = way.get(path)
		assert answer.status == 404, path
		assert answer.problem()
		if near:
			assert answer.json()["expected"] == near
	for path in ("/v1//status", "/v1/%", "/v1/%zz", "/v1/%00",
	    "/v1/status?limit=%0", "/v1/log?x=1&x=1", "/" + "a/" * 9,
	    "/" + "x" * 3000):
		answer = way.get(path)
		assert answer.status == 400, path
		answer.problem()


def test_wrong_methods(lab):
	lab.sluice()
	answer = lab.control().ask("POST", "/v1/log", "{}")
	assert answer.status == 405
	assert answer.headers["Allow"] == "GET, HEAD, PUT"
	answer.problem()
	assert lab.control().ask("DELETE", "/healthz").status == 405
	assert lab.control().ask("PATCH", "/healthz").status == 501
	assert lab.control().ask("OPTIONS", "/healthz").status == 501


def test_wrong_parameters(lab):
	lab.sluice()
	for query in ("limit=0", "limit=1001", "limit=x", "follow=maybe",
	    "after=-1", "nothing=1"):
		answer = lab.control().get("/v1/events?" + query)
		assert answer.status == 400, query
		assert answer.json()["expected"]
		answer.problem()


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz",
    "/proxy.pac", "/"])
def test_queries_that_say_nothing(lab, path):
	"""Prometheus sends what is configured, probes what lets no cache in."""
	lab.sluice(admin=WEB)
	for query in ("?x", "?module=a&module=b", "?", "?%", "?now=1"):
		assert lab.web().get(path + query).status == 200, query


def test_wrong_bodies(lab):
	lab.sluice()
	way = lab.control()
	for body, status in (("{", 400), ("nothing", 400), ("", 415),
	    ('{"level":"info","level":"info"}', 400), ("[]", 422),
	    ('"info"', 422), ("{}", 422), ('{"level":1}', 422),
	    ('{"level":"loud"}', 422), ('{"level":"info","x":1}', 422),
	    ('{"level":"info","for":-1}', 422),
	    ('{"level":"info","for":"1y"}', 422),
	    ('{"level":"info","for":1e30}', 422),
	    ('{"level":"info","for":true}', 422),
	    ('{"level":"info","reason":"a\\nb"}', 422),
	    ('{"level":"info","reason":"%s"}' % ("x" * 201), 422),
	    ('{"level":"in\\u0000fo"}', 400), ("\xff\xfe", 400)):
		headers = {} if body else {"Content-Type": "text/plain"}
		answer = way.put("/v1/log", body.encode("latin-1"), **headers)
		assert answer.status == status, body
		answer.problem()
	assert way.get("/v1/log").json() == {"level": "info", "until": None}


@pytest.mark.parametrize("form", ["length", "chunked"])
def test_large_bodies(lab, form):
	lab.sluice()
	body = b'{"level":"info","reason":"' + b"x" * 65536 + b'"}'
	answer = lab.control().put("/v1/log", iter([body[i:i + 1000]
	    for i in range(0, len(body), 1000)]) if form == "chunked"
	    else body, **{"Content-Type": "application/json"})
	assert answer.status == 413
	answer.problem()


def test_body_with_expect(lab):
	lab.sluice()
	lab.control()
	one = socket.socket(socket.AF_UNIX)
	one.settimeout(wire.DEADLINE)
	one.connect(str(lab.daemons[-1].control))
	one.sendall(b"PUT /v1/log HTTP/1.1\r\nHost: localhost\r\n"
	    b"Content-Type: application/json\r\nContent-Length: 16\r\n"
	    b"Expect: 100-continue\r\n\r\n")
	assert one.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
	one.sendall(b'{"level":"info"}')
	assert one.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")
	one.close()


def test_keep_alive_and_pipelining(lab):
	lab.sluice()
	lab.control()
	one = socket.socket(socket.AF_UNIX)
	one.settimeout(wire.DEADLINE)
	one.connect(str(lab.daemons[-1].control))
	one.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 3 +
	    b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	got = b""
	while piece := one.recv(65536):
		got += piece
	assert got.count(b"HTTP/1.1 200 OK") == 4
	one.close()


# The log


def test_log_level(lab):
	daemon = lab.sluice()
	way = lab.control()
	answer = way.put("/v1/log", {"level": "debug", "reason": "why not"})
	assert answer.json() == {"level": "debug", "until": None}
	line = daemon.err.wait("PUT /v1/log by")
	assert f"uid {os.getuid()}, pid {os.getpid()}" in line
	assert "why not" in line
	daemon.hup()
	daemon.err.wait("configuration reloaded")
	wire.wait_until(lambda: way.get("/v1/log").json()["level"] == "info")


def test_log_level_for_a_time(lab):
	daemon = lab.sluice()
	way = lab.control()
	answer = way.put("/v1/log", {"level": "debug", "for": "100ms"})
	assert answer.json()["until"] is not None
	daemon.err.wait("log.level is info again")
	assert way.get("/v1/log").json() == {"level": "info", "until": None}


# Reload


def test_reload(lab):
	daemon = lab.sluice()
	way = lab.control()
	daemon.write(**{**daemon.keys, "workers": 64,
	    "listen": "127.0.0.1:1"})
	answer = way.post("/v1/reload", {"reason": "new limits"})
	assert answer.status == 200
	assert any(line.startswith("workers: ") and
	    line.endswith("takes effect at a restart")
	    for line in answer.json()["changes"])
	status = way.get("/v1/status").json()["configuration"]
	assert status["reloads"] == 1
	assert status["last_error"] is None


def test_reload_says_what_changed(lab):
	daemon = lab.sluice(hosts={"a.test": {"capacity": 1},
	    "b.test": {"capacity": 1}, "c.test": {"capacity": 1}})
	way = lab.control()

	def reloaded(**keys):
		daemon.write(**{**daemon.keys, **keys})
		answer = way.post("/v1/reload", {})
		assert answer.status == 200
		return answer.json()
	same = reloaded()
	assert same["says"] == "nothing changed" and same["changes"] == []
	new = reloaded(hosts={"a.test": {"capacity": 2},
	    "b.test": {"capacity": 1}, "d.test": {"capacity": 4}},
	    log={"held": "7s"})
	for line in ("hosts.a.test.capacity: 1 -> 2",
	    "hosts.c.test: {capacity: 1} -> not there",
	    "hosts.d.test: not there -> {capacity: 4}"):
		assert line in new["changes"]
	says = new["says"]
	assert says.startswith("1 rule changed, 1 new, 1 gone, ")
	daemon.err.wait("configuration reloaded: " + says)
	told = way.get("/v1/events?follow=false&after=0&limit=1000").json()
	texts = [event["text"] for event in told["events"]
	    if event["kind"] == "reload"]
	assert texts == ["configuration read again: nothing changed",
	    "configuration read again: " + says]
	# many are not told all: with those goes what log had
	many = reloaded(hosts={f"h{n}.test": {"capacity": 1}
	    for n in range(437)})
	assert many["says"].startswith("437 rules new, 3 gone")
	assert len(many["changes"]) == 101
	assert many["changes"][-1] == "and 341 more"


def test_reload_of_a_wrong_file(lab):
	daemon = lab.sluice()
	way = lab.control()
	daemon.write("hosts:\n  a: {capacity: many}\n")
	answer = way.post("/v1/reload", {})
	assert answer.status == 422
	assert "sluice.yaml:2:" in answer.problem()
	assert "hosts.a.capacity" in answer.problem()
	status = wire.wait_until(lambda: way.get("/v1/status").json()[
	    "configuration"]["last_error"])
	assert "hosts.a.capacity" in status
	daemon.write(**daemon.keys)
	assert way.post("/v1/reload", None).status == 200
	assert way.get("/v1/status").json()["configuration"][
	    "last_error"] is None


def test_reload_while_it_drains(lab):
	one = lab.origin()
	daemon = lab.sluice()
	tunnel = lab.client()
	tunnel.sock.sendall(f"CONNECT {one.at} HTTP/1.1\r\n"
	    f"Host: {one.at}\r\n\r\n".encode())
	assert tunnel.response("CONNECT").status == 200
	daemon.term()
	way = lab.control()
	wire.wait_until(lambda: way.get("/readyz").status == 503)
	assert way.get("/healthz").status == 200
	assert way.get("/v1/status").json()["state"] == "draining"
	assert way.post("/v1/reload", {}).status == 409
	tunnel.close()


def test_token_is_read_anew(lab, token):
	daemon = lab.sluice(admin=token)
	assert lab.web(TOKEN).get("/v1/log").status == 200
	assert lab.web("another-token-of-length").get("/v1/log").status == 401
	stream = lab.web(TOKEN).events()
	kept = lab.control().events()
	with open(token["web_token_file"], "w") as f:
		f.write("another-token-of-length")
	daemon.hup()
	daemon.err.wait("configuration reloaded: 1 file changed$")
	wire.wait_until(lambda: lab.web("another-token-of-length").get(
	    "/v1/log").status == 200)
	assert lab.web(TOKEN).get("/v1/log").status == 401
	# What was begun with the old one ends; the socket needs none.
	with pytest.raises((EOFError, ConnectionError,
	    http.client.HTTPException)):
		while True:
			stream.next()
	kept.until(lambda e: e["kind"] == "reload")
	with open(token["web_token_file"], "w") as f:
		f.write("short")
	line = daemon.reload(**daemon.keys)
	assert "not reloaded" in line and "shorter than 16" in line
	assert "short\n" not in daemon.err.text()


def test_changes_on_the_web(lab, token):
	lab.sluice(admin=token)
	assert lab.web().put("/v1/log", {"level": "info"}).status == 403
	assert lab.web(TOKEN).put("/v1/log", {"level": "info"}).status == 200
	daemon = lab.sluice(admin={**token, "readonly": True})
	assert lab.web(TOKEN).put("/v1/log", {"level": "info"}).status == 403
	assert lab.web(TOKEN).get("/v1/log").status == 200
	# a question, though by POST
	assert lab.web(TOKEN).ask("POST", "/v1/explain", {"url":
	    "http://a.test/"}).status == 200
	assert lab.web(TOKEN).get("/v1/status").json()["full"] is False
	assert lab.control(daemon).put("/v1/log", {"level": "info"}
	    ).status == 200
	daemon.err.wait("control plane: PUT /v1/log")
	assert "explain" not in daemon.err.text()
