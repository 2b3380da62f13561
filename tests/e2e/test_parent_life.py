# SPDX-License-Identifier: ISC
"""Connections to parents and through them, over time; loops; reloads."""
import json
import pathlib

import pytest

import origin
import parent
import sluice
import test_ctl
import ways
import wire
from test_parent import SECRET, both, plab, trusting	# noqa: F401


def test_connections_are_of_one_parent(plab):
	"""None of another's is used, nor a direct one."""
	one, other = plab.parent(), plab.parent()
	web = plab.secure_origin(origin.fixed(body="fine"))
	name = f"https://other.test:{web.port}/"
	daemon = plab.https(workers=1, parent=one.name)
	for way in one.name, other.name, "direct":
		daemon.change(parent=way)
		for _ in range(2):
			assert plab.get(name).body == b"fine"
	assert len(one.connects) == len(other.connects) == 1
	assert len(web.conns) == 3


def test_reload_keeps_those_under_way(plab):
	"""Who has begun goes on through the old one; new ones the new way."""
	gate = origin.Gate(lambda conn, req: conn.reply(body="old"))
	old, new = plab.parent(plain=gate), \
	    plab.parent(plain=origin.fixed(body="new"))
	daemon = plab.sluice(parent=old.name)
	first = plab.client().ask("GET", "http://a.test/")
	wire.wait_until(lambda: gate.held == 1)
	daemon.change(parent=new.name)
	assert plab.get("http://a.test/").body == b"new"
	gate.open()
	assert first.response("GET").body == b"old"


def test_reload_reads_the_password_again(plab):
	far = plab.parent(plain=origin.fixed(), user="joe", password="new one")
	daemon = plab.sluice(parent=trusting(plab, far, "joe", "old one"))
	assert plab.get("http://a.test/").status == 502
	pathlib.Path(plab.dir / "parent.password").write_text("new one")
	daemon.change()
	assert plab.get("http://a.test/").status == 200


def test_idle_connection_that_ended(plab):
	"""The request goes out again, as to an origin."""
	def last(conn, req):
		conn.reply(body="last")
		conn.end()
	far = plab.parent(plain=origin.sequence(last, origin.fixed(
	    body="next")))
	plab.sluice(workers=1, parent=far.name)
	one = plab.client()
	assert one.get("http://a.test/").body == b"last"
	assert one.get("http://b.test/").body == b"next"
	assert len(far.conns) == 2


def test_uploads_are_sent_again_after_a_refusal(plab):
	"""The parent's answer for the host, with its body kept."""
	far = plab.parent(plain=origin.sequence(parent.refuses(429, [
	    ("Retry-After", "0")]), origin.echo))
	plab.sluice(parent=far.name, hosts={"a.test": {"concurrency": 9}})
	data = wire.pattern(50000)
	answer = plab.client().call("PUT", "http://a.test/", body=data)
	assert (answer.status, answer.body) == (200, data)
	assert len(far.requests) == 2


def test_limits_are_ours(plab):
	"""Rates and slots hold for requests and tunnels through a parent."""
	gate = origin.Gate()
	far = plab.parent(plain=gate)
	web = plab.origin(gate)
	plab.https(parent=far.name, hosts={"web.test": {"concurrency": 1}})
	first = plab.client().ask("GET", f"http://web.test:{web.port}/1")
	wire.wait_until(lambda: gate.held == 1)
	second = plab.client().ask("CONNECT", f"web.test:{web.port}")
	plab.settle()
	assert far.connects == []
	gate.let()
	assert first.response("GET").status == 200
	assert second.response("CONNECT").status == 200


@pytest.mark.parametrize("kind", ["plain", "connect", *ways.BOTH])
def test_loops_of_parents(plab, kind):
	"""Two that are each other's parent: CONNECT passes Via on, too."""
	rule = {} if kind in ("plain", "connect") else {"https": kind}
	for _ in range(2):
		plab.https(trust="user-ca" if kind == "intercept" else "ca",
		    hosts={"far.test": rule} if rule else {})
	daemon, other = plab.daemons
	daemon.change(parent=other.url)
	other.change(parent=daemon.url)
	one = plab.client(daemon)
	if kind == "plain":
		answer = one.get("http://far.test/")
		assert answer.status == 508
	elif kind == "connect":
		answer = one.tunnel("far.test:443")
		assert answer.status == 502
		assert "received-status=50" in ways.why(answer)
	elif kind == "upstream":
		answer = one.get("http://far.test/")
		assert answer.status == 502
	else:
		inside = plab.inside("far.test:443", daemon=daemon)
		answer = inside.get("/")
		assert answer.status == 508
	wire.wait_until(lambda: any("passed this proxy" in line
	    for one in plab.daemons for line in one.out.lines))


def test_second_sluice_as_parent(plab):
	"""The whole way twice: plain, tunnels, upstream, intercept, and what
	the far one refuses is told as its own."""
	web, secure = plab.origin(origin.echo), plab.secure_origin(origin.echo)
	far = plab.https(hosts={"limited.test": {"capacity": 1, "period": "1h",
	    "queue": {"max_wait": "1ms"}}})
	near = plab.https(parent=far.url, hosts={
	    "upstream.test": {"https": "upstream", "tls": {
	    "port": secure.port}}, "intercept.test": {"https": "intercept"}})
	data = wire.pattern(100000)
	one = plab.client(near)
	for url in (f"http://plain.test:{web.port}/x", "http://upstream.test/x",
	    f"https://other.test:{secure.port}/x"):
		answer = one.call("POST", url, body=data)
		assert (url, answer.status) == (url, 200)
		assert answer.body == data
	for name, trust in ("tunnel.test", "ca"), ("intercept.test", "user-ca"):
		inside = plab.inside(f"{name}:{secure.port}", trust=trust,
		    daemon=near)
		answer = inside.call("POST", "/x", body=data)
		assert (answer.status, answer.body) == (200, data)
	for status in 200, 429, 429:
		answer = one.get(f"http://limited.test:{web.port}/")
		assert answer.status == status
	assert answer.get("proxy-status").startswith("sluice; error=")
	assert "paused" not in near.err.text()
	assert 'parent="%s"' % far.url in near.out.wait("plain.test")


def test_what_a_parent_resolves_is_not_resolved_here(plab):
	"""Nor where it is only asked what would become of a request."""
	far = plab.parent()
	dns = plab.dns({})
	plab.sluice(parent=far.name, resolver=[dns.at], access={"clients":
	    ["127.0.0.0/8"]}, hosts={"direct.test": {"parent": "direct"}})
	control = plab.control()

	def destination(url, client="192.0.2.1"):
		answer = control.post("/v1/explain", {"url": url,
		    "client": client})
		assert answer.status == 200, answer.body
		return answer.json()["destination"]
	there = destination("http://a.test/")
	assert there == {"allowed": True, "at": None, "addresses": [],
	    "says": "nothing denies it here; the parent resolves it"}
	assert destination("http://10.0.0.1/")["allowed"] is False
	assert destination("http://8.8.8.8/")["says"] == "nothing denies it"
	assert not dns.asked
	assert destination("http://direct.test/")["allowed"] is None
	assert {name for name, *_ in dns.asked} == {"direct.test"}


# What is remembered for a while.
SPENT = {"capacity": 100, "period": "1h"}


def test_what_is_told_of_parents(plab):
	"""Where it goes, by the commands and the API; never as whom."""
	far = plab.parent(plain=origin.fixed(), user="joe", password=SECRET)
	daemon = plab.sluice(parent=trusting(plab, far, "joe"), hosts={
	    "inside.test": {"parent": "direct"}, "a.test": SPENT,
	    "localhost": SPENT})
	control = plab.control()
	assert plab.get("http://a.test/").status == 200
	assert control.get("/v1/status").json()["parent"] == far.name
	for host, name in ("a.test", far.name), ("inside.test", None), \
	    ("localhost", None):
		answer = control.post("/v1/explain", {"url":
		    f"http://{host}/"})
		assert (host, answer.json()["parent"]) == (host, name)
	# of each host, and of each request that has ended
	near = plab.origin(origin.fixed())
	assert plab.get(f"http://localhost:{near.port}/").status == 200
	for host, name in ("a.test", far.name), ("localhost", None):
		assert control.get(f"/v1/hosts/{host}").json()["parent"] == name
	ended = control.get("/v1/exchanges").json()["exchanges"]
	assert [(one["host"], one["parent"]) for one in ended] == [
	    ("localhost", None), ("a.test", far.name)]
	other = plab.dir / "other.yaml"
	other.write_text("parent: http://joe@127.0.0.1:1\n")
	out = ""
	for command in (["status"], ["explain", "http://a.test/"],
	    ["check", daemon.file], ["diff"], ["diff", other],
	    ["show", "a.test"], ["status", "--json"], ["exchanges"]):
		done = sluice.run(*command,
		    env=test_ctl.environment(daemon.control))
		out += done.stdout + done.stderr
		if command[0] in ("status", "explain", "show", "exchanges"):
			assert far.name in done.stdout, command
	for secret in SECRET, "joe", parent.basic("joe", SECRET)[6:]:
		assert secret not in out + daemon.err.text() + \
		    daemon.out.text()
