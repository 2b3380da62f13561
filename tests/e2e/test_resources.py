# SPDX-License-Identifier: ISC
"""Names, descriptors, and reloads under load."""
import threading
import time

import pytest

import sluice
import wire


@pytest.mark.parametrize("answer, status", [("NXDOMAIN", 502),
    ("SERVFAIL", 502), ("REFUSED", 502), ({}, 502), ("garbage", 502)])
def test_name_not_found(lab, answer, status):
	dns = lab.dns({"x.test": answer})
	lab.sluice(resolver=[dns.at], timeouts={"connect": "3s"})
	one = lab.client()
	got = one.get("http://x.test/")
	assert got.status in ((502, 504) if answer == "garbage" else (status,))
	assert got.get("proxy-status", "").startswith("sluice")
	assert "dns" in got.get("proxy-status")
	assert one.ping()


def test_resolver_is_silent(lab):
	dns = lab.dns({"x.test": "silent"})
	lab.sluice(resolver=[dns.at], timeouts={"connect": "700ms"})
	began = time.monotonic()
	one = lab.client()
	assert one.get("http://x.test/").status == 504
	assert time.monotonic() - began < 8 * wire.SLOW
	assert one.ping()


def test_client_gone_while_resolving(lab):
	dns = lab.dns({"x.test": "silent", "y.test": {"A": ["127.0.0.1"]}})
	far = lab.origin()
	lab.sluice(resolver=[dns.at], defaults={"concurrency": 1})
	for _ in range(3):
		one = lab.client()
		one.ask("GET", "http://x.test/")
		wire.wait_until(lambda: any(n == "x.test"
		    for n, _, _ in dns.asked), what="a question")
		one.reset()
	assert lab.get(f"http://y.test:{far.port}/").status == 200


@pytest.mark.parametrize("names", [
    {"A": ["127.0.0.2", "127.0.0.1"]},
    {"A": ["127.0.0.1", "127.0.0.2"]},
    {"AAAA": ["::1"], "A": ["127.0.0.1"]},
    {"AAAA": ["::1"], "A": ["127.0.0.9", "127.0.0.8", "127.0.0.1"]}])
@pytest.mark.parametrize("method", ["GET", "CONNECT"])
def test_several_addresses(lab, names, method):
	"""Where the first is dead, the next is tried."""
	far = lab.origin()
	dns = lab.dns({"many.test": names})
	lab.sluice(resolver=[dns.at])
	one = lab.client()
	if method == "GET":
		assert one.get(f"http://many.test:{far.port}/").status == 200
		assert far.requests[0].all("host") == [f"many.test:{far.port}"]
	else:
		assert one.tunnel(f"many.test:{far.port}").status == 200


def test_all_addresses_dead(lab):
	dns = lab.dns({"dead.test": {"A": ["127.0.0.2", "127.0.0.3"],
	    "AAAA": ["::1"]}})
	lab.sluice(resolver=[dns.at])
	port = lab.closed_port()
	assert lab.get(f"http://dead.test:{port}/").status == 502


def test_ipv6_only(lab):
	try:
		far = lab.origin(address=("::1", 0))
	except OSError:
		pytest.skip("no IPv6 here")
	dns = lab.dns({"six.test": {"AAAA": ["::1"]}})
	lab.sluice(resolver=[dns.at])
	assert lab.get(f"http://six.test:{far.port}/").status == 200
	assert lab.get(f"http://[::1]:{far.port}/").status == 200
	assert far.requests[1].all("host") == [f"[::1]:{far.port}"]


def test_answer_cut_over_udp(lab):
	"""The name server is asked again over TCP."""
	far = lab.origin()
	dns = lab.dns({"big.test": ("truncated", {"A": ["127.0.0.1"]})})
	lab.sluice(resolver=[dns.at])
	assert lab.get(f"http://big.test:{far.port}/").status == 200
	assert ("big.test", "A", "tcp") in dns.asked


def test_trailing_dot_and_case_in_the_dns(lab):
	far = lab.origin()
	dns = lab.dns({"dot.test": {"A": ["127.0.0.1"]}})
	lab.sluice(resolver=[dns.at])
	assert lab.get(f"http://DOT.test.:{far.port}/").status == 200


@pytest.mark.alone("who spins beside others may get less than half a core")
@pytest.mark.skipif(sluice.WORKERS != 1, reason="a reserve per worker")
def test_out_of_descriptors(lab):
	"""accept stops without spinning, and goes on afterwards."""
	far = lab.origin()
	daemon = lab.sluice(nofile=48)
	daemon.err.wait("is ready")
	assert lab.get(far.url + "/").status == 200
	clients = []
	for _ in range(80):
		one = lab.client()
		one.ask("GET", far.url + "/")
		clients.append(one)
	# Those that were accepted are stuck at connect or answered.
	wire.wait_until(lambda: daemon.files() >= 40 or any(
	    not c.quiet(0) for c in clients), what="pressure")
	begun, before = time.monotonic(), daemon.cpu()
	threading.Event().wait(1.0)		# a measuring interval
	used = (daemon.cpu() - before) / (time.monotonic() - begun)
	assert used < 0.5, f"spins: {used:.0%} of a processor"
	for one in clients:
		one.close()
	assert wire.wait_until(lambda: served(lab, far), what="recovery")


def test_upstream_has_no_descriptor(lab):
	"""Clients fill the table; those inside get an answer, not a hang.

	One of them may have the connection that there is already.
	"""
	far = lab.origin()
	files = 32 + 16 * sluice.WORKERS
	lab.sluice(nofile=files)
	assert lab.get(far.url + "/").status == 200
	clients = []
	for _ in range(files + 20):
		one = lab.client(timeout=5 * wire.SLOW)
		one.ask("GET", far.url + "/")
		clients.append(one)

	def status(one):
		# who is answered makes room for those who are not accepted yet
		try:
			return one.response().status
		except (OSError, wire.Closed):
			return None
		finally:
			one.close()
	waiting = [lab.spawn(status, one) for one in clients]
	got = [task.join() for task in waiting]
	assert got.count(200) >= 1
	assert set(got) <= {200, 502, 503, None}
	assert wire.wait_until(lambda: served(lab, far), what="recovery")


def served(lab, far):
	try:
		return lab.get(far.url + "/").status == 200
	except (OSError, wire.Closed):
		return False


def test_reloads_under_load(lab):
	"""1,000 SIGHUPs while requests run: not one is lost."""
	far = lab.origin(lambda c, r: c.reply(body="x" * 2000))
	daemon = lab.sluice(hosts={"127.0.0.1": {"capacity": 100000,
	    "concurrency": 8}})
	over = threading.Event()

	def load():
		one = lab.client()
		n = 0
		while not over.is_set() or n < 50:
			answer = one.get(far.url + "/")
			assert answer.status == 200, answer
			assert len(answer.body) == 2000
			n += 1
		return n
	tasks = [lab.spawn(load) for _ in range(4)]
	for i in range(1000):
		daemon.hup()
		if i % 50 == 0:
			daemon.err.wait("configuration reloaded")
			daemon.write(**{**daemon.keys, "hosts": {"127.0.0.1": {
			    "capacity": 100000 + i, "concurrency": 8}}})
	over.set()
	assert sum(t.join() for t in tasks) >= 200
	assert "not reloaded" not in daemon.err.text()
	assert lab.get(far.url + "/").status == 200


def test_no_descriptor_leaks(lab):
	"""After any mix of fates, as many files are open as before."""
	def handle(conn, req):
		{"/ok": conn.reply, "/end": conn.end, "/abort": conn.abort,
		    "/bad": lambda: conn.send(b"x\r\n\r\n")}[req.target]()
	far = lab.origin(handle)
	daemon = lab.sluice(timeouts={"idle": "500ms"})
	daemon.err.wait("is ready")
	assert lab.get(far.url + "/ok").status == 200
	before = daemon.files()
	for i in range(100):
		one = lab.client()
		one.ask("GET", far.url + ["/ok", "/end", "/abort", "/bad"]
		    [i % 4])
		if i % 3:
			one.response()
			one.close()
		else:
			one.reset()
	wire.wait_until(lambda: daemon.files() <= before,
	    what=f"{before} files")


def test_limit_of_hosts(lab):
	"""At the table's cap new hosts are refused, none is forgotten."""
	far = lab.origin()
	dns = lab.dns({f"h{i}.test": {"A": ["127.0.0.1"]} for i in range(9)})
	lab.sluice(resolver=[dns.at], limits={"hosts": 3}, defaults={
	    "capacity": 1, "period": "1h", "queue": {"max_wait": "10ms"}})
	one = lab.client()

	def get(i):
		return one.get(f"http://h{i}.test:{far.port}/").status
	assert [get(i) for i in range(3)] == [200] * 3
	assert get(5) == 503
	assert [get(i) for i in range(3)] == [429] * 3


TIGHT = {"capacity": 1, "period": "1h", "queue": {"max_wait": "10ms"}}


def test_full_table_of_hosts(lab):
	"""Hosts of the configuration have their place; the reason is told."""
	far = lab.origin()
	dns = lab.dns({f"{n}.test": {"A": ["127.0.0.1"]} for n in (
	    "a", "b", "c", "own", "x.shared", "x.wild")})
	daemon = lab.sluice(resolver=[dns.at], limits={"hosts": 2},
	    defaults=TIGHT, hosts={"own.test": TIGHT,
	    "*.shared.test": {**TIGHT, "shared": True}, "*.wild.test": TIGHT})
	one = lab.client()

	def get(name):
		return one.get(f"http://{name}.test:{far.port}/")
	assert [get(n).status for n in "ab"] == [200, 200]
	for name in ("c", "x.wild"):
		answer = get(name)
		assert answer.status == 503
		assert "limits.hosts is reached" in answer.get("proxy-status")
	daemon.err.wait("limits.hosts .2. is reached")
	for name in ("own", "x.shared"):
		assert [get(name).status for _ in "12"] == [200, 429]


def test_share_of_the_table_of_hosts(lab):
	"""One client's hosts leave room for those of others."""
	far = lab.origin()
	dns = lab.dns({f"h{i}.test": {"A": ["127.0.0.1"]} for i in range(20)})
	daemon = lab.sluice(resolver=[dns.at], limits={"hosts": 16},
	    defaults=TIGHT)

	def get(i, source):
		one = lab.client(source=source)
		return one.get(f"http://h{i}.test:{far.port}/")
	mine = [get(i, "127.0.0.2") for i in range(14)]
	assert [a.status for a in mine] == [200] * 13 + [503]
	assert "its share of limits.hosts" in mine[13].get("proxy-status")
	assert get(14, "127.0.0.3").status == 200
	assert get(15, "127.0.0.2").status == 503
	daemon.err.wait("127.0.0.2:[0-9]+ has its share of limits.hosts")


@pytest.mark.skipif(sluice.WORKERS != 1,
    reason="one asks while another has answered and not yet forgotten")
@pytest.mark.parametrize("answer", ["NXDOMAIN", "SERVFAIL", "silent", {}])
@pytest.mark.parametrize("method", ["GET", "CONNECT"])
def test_names_that_lead_nowhere_take_no_place(lab, answer, method):
	"""Nor do they count: none of them has reached a host."""
	dns = lab.dns({f"n{i}.test": answer for i in range(4)})
	lab.sluice(resolver=[dns.at], limits={"hosts": 1}, defaults=TIGHT,
	    timeouts={"connect": "300ms"})
	status = 504 if answer == "silent" else 502
	for i in (0, 1, 2, 3, 0):
		one = lab.client()
		got = one.tunnel(f"n{i}.test:80") if method == "CONNECT" \
		    else one.get(f"http://n{i}.test/")
		assert got.status == status


def test_who_waits_for_a_name_that_leads_nowhere(lab):
	"""What others have taken for it does not hold him up."""
	dns = lab.dns({"no.test": "silent"})
	lab.sluice(resolver=[dns.at], timeouts={"connect": "500ms"},
	    defaults={"capacity": 1, "period": "1h", "burst": 1,
	    "queue": {"max_wait": "5h"}})
	crowd = [lab.client() for _ in range(4)]
	for one in crowd:
		one.ask("GET", "http://no.test/")
	assert [one.response().status for one in crowd] == [504] * 4


def test_a_host_whose_name_is_lost_is_remembered(lab):
	"""What it was asked before counts, whatever the DNS says now."""
	def handle(conn, req):
		conn.reply(fields=[("Connection", "close")])
		conn.end()
	far = lab.origin(handle)
	dns = lab.dns({"a.test": {"A": ["127.0.0.1"]}})
	lab.sluice(resolver=[dns.at], limits={"ttl": "0s"},
	    defaults={**TIGHT, "capacity": 2})
	url = f"http://a.test:{far.port}/"
	assert lab.get(url).status == 200
	dns.names["a.test"] = "NXDOMAIN"
	assert [lab.get(url).status for _ in "12"] == [502, 429]
