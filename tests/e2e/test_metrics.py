# SPDX-License-Identifier: ISC
"""/metrics: what is counted is what happened, in a form that others read."""
import re
import time

import pytest

import dnsserver
import metrics
import origin
import shared
import wire

HERE = "127.0.0.1"


def limited(lab, handler=None, **rule):
	"""A sluice whose rule is that of an origin's address."""
	far = lab.origin(handler)
	return far, lab.sluice(hosts={HERE: rule})


def refusal(status=429, after="0.05"):
	return origin.fixed(status, fields=[("Retry-After", after)])


# Form

def test_form(lab):
	"""promtool finds nothing, and what it does not see is right, too."""
	far, daemon = limited(lab, origin.sequence(refusal(), origin.fixed(
	    body="good")), rates=[{"capacity": 100}, {"capacity": 1000,
	    "period": "1m"}], concurrency=3,
	    paths={"/a": {"capacity": 5}, '/"x': {"capacity": 1}})
	assert lab.get(far.url + "/").status == 200
	assert lab.get("http://[::1]:1/").status >= 400
	text = metrics.scrape(daemon)
	assert metrics.promtool(text.text) == (0, "")
	assert not text.open
	assert text.has("sluice_budget_left", host=HERE,
	    budget="5 per 1s of /a")
	names = text.names()
	for name in ("sluice_build_info", "sluice_hosts_tracked",
	    "process_start_time_seconds", "process_cpu_seconds_total",
	    "process_resident_memory_bytes", "process_open_fds",
	    "process_max_fds", "process_virtual_memory_bytes"):
		assert name in names
	build, = [dict(labels) for name, labels in text.values
	    if name == "sluice_build_info"]
	assert set(build) == {"version", "compiler", "libevent", "openssl"}
	assert re.match(r"(gcc|.*[Cc]lang) \d", build["compiler"])
	assert all(re.match(r"\d+\.\d+", build[name])
	    for name in ("version", "libevent", "openssl"))
	# The other format has the same, but for what it calls a family.
	other = metrics.scrape(daemon, metrics.OPEN)
	assert other.open
	assert other.names() == names
	assert "sluice_requests" in other.kinds
	assert "sluice_requests_total" in text.kinds
	assert other.kinds["sluice_build"] == "info"


def test_formats(lab):
	"""The one that is liked better, and text for who does not say."""
	daemon = lab.sluice()
	for accept, is_open in ((None, False), ("*/*", False),
	    (metrics.OPEN, True), (f"{metrics.OPEN};version=1.0.0;q=0.8,"
	    "text/plain;q=0.9", False), (f"{metrics.OPEN};q=0.2,*/*;q=0.1",
	    True)):
		answer = metrics.fetch(daemon, accept)
		assert answer.get("content-type") == (
		    "application/openmetrics-text; version=1.0.0; "
		    "charset=utf-8" if is_open else
		    "text/plain; version=0.0.4; charset=utf-8")
	head = metrics.fetch(daemon, method="HEAD")
	assert (head.status, head.body) == (200, b"")


def test_secrets(lab):
	"""Neither names that were asked for nor paths, fields, clients."""
	far = lab.origin()
	daemon = lab.sluice(hosts={"*.test": {"per": "client"}},
	    resolver=[lab.dns(dnsserver.Here()).at])
	assert lab.get(f"http://hidden.test:{far.port}/path-s3cret?q=s3cret",
	    [("Authorization", "Bearer s3cret"), ("Cookie", "a=s3cret"),
	    ("User-Agent", "s3cret")]).status == 200
	text = metrics.until(daemon, lambda m: m("sluice_requests_total",
	    host="*.test", outcome="forwarded") == 1).text
	assert "s3cret" not in text
	assert "hidden" not in text
	assert "127.0.0.1" not in text


# What is counted

def test_requests(lab):
	far, daemon = limited(lab, lambda conn, req: conn.reply(
	    body="12345"), capacity=1000)
	one = lab.client()
	for _ in range(3):
		assert one.get(far.url + "/").status == 200
	assert one.call("POST", far.url + "/", body="abc").status == 200
	m = metrics.until(daemon, lambda m: m("sluice_requests_total",
	    host=HERE, outcome="forwarded") == 4)
	assert m.sum("sluice_requests_total") == 4
	assert m("sluice_upstream_responses_total", host=HERE,
	    **{"class": "2xx"}) == 4
	assert m("sluice_transferred_bytes_total", host=HERE,
	    direction="in") == 3
	assert m("sluice_transferred_bytes_total", host=HERE,
	    direction="out") == 20
	assert m("sluice_cost_total", host=HERE) == 4
	assert m("sluice_queue_wait_seconds_count", host=HERE) == 4
	assert m("sluice_upstream_latency_seconds_count", host=HERE) == 4
	assert m("sluice_upstream_latency_seconds_sum", host=HERE) > 0
	assert m("sluice_client_connections") == m("sluice_clients") == 1
	assert m("sluice_hosts_tracked") == 1


def test_refusals(lab):
	"""Each for its reason; as many as requests that were refused."""
	gate = origin.Gate()
	far, daemon = limited(lab, gate, concurrency=1,
	    queue={"length": 1, "max_wait": "60s"})
	first = lab.client().ask("GET", far.url + "/")
	far.wait_requests(1)
	second = lab.client().ask("GET", far.url + "/")
	m = metrics.until(daemon, lambda m: m("sluice_queue_length",
	    host=HERE) == 1)
	assert m("sluice_requests_in_flight", host=HERE) == 1
	assert m("sluice_concurrency_limit", host=HERE) == 1
	assert m("sluice_queue_limit", host=HERE) == 1
	assert lab.get(far.url + "/").status == 429
	wait = metrics.until(daemon, lambda m: m(
	    "sluice_queue_oldest_wait_seconds", host=HERE) >= 0.1)
	assert wait("sluice_queue_oldest_wait_seconds", host=HERE) < \
	    60 * wire.SLOW
	daemon.change(hosts={HERE: {"concurrency": 1, "queue": {
	    "max_wait": "0s"}}})
	gate.open()
	assert first.response("GET").status == 200
	assert second.response("GET").status in (200, 429)
	assert lab.client().call("OPTIONS", far.url + "/", [("Max-Forwards",
	    "x")]).status == 400
	assert lab.get(far.url + "/" + "x" * 70000).status in (414, 431)

	def are_counted(m):
		assert m("sluice_refusals_total", host=HERE,
		    reason="queue_full") == 1
		assert m("sluice_refusals_total", host=HERE,
		    reason="malformed") == 1
		assert m.sum("sluice_refusals_total", reason="too_large") == 1
		for door in ("access_client", "access_user", "destination",
		    "client_share", "client_rate", "exchange_time"):
			assert m("sluice_refusals_total", host=HERE,
			    reason=door) == 0
		assert m.sum("sluice_refusals_total") == \
		    m.sum("sluice_requests_total", outcome="refused") + \
		    m.sum("sluice_requests_total", outcome="aborted")
	metrics.until(daemon, are_counted)


def test_max_wait(lab):
	far, daemon = limited(lab, capacity=1, period="1h",
	    queue={"max_wait": "1s"})
	assert lab.get(far.url + "/").status == 200
	assert lab.get(far.url + "/").status == 429
	m = metrics.until(daemon, lambda m: m("sluice_refusals_total",
	    host=HERE, reason="max_wait") == 1)
	assert m("sluice_budget_left", host=HERE, budget="1 per 1h") < 0.1
	assert m("sluice_budget_burst", host=HERE, budget="1 per 1h") == 1
	assert m("sluice_budget_rate_per_second", host=HERE,
	    budget="1 per 1h") == pytest.approx(1 / 3600, abs=1e-9)


def test_connections(lab):
	daemon = lab.sluice(limits={"connections": 1},
	    access={"share": "off"})
	kept = lab.client()
	kept.ping()
	assert lab.get("http://127.0.0.1:1/").status == 503
	metrics.until(daemon, lambda m: m.sum("sluice_refusals_total",
	    reason="connections") == 1)


def test_throttled(lab):
	"""Refused, paused, sent again: each is counted where it belongs."""
	far, daemon = limited(lab, origin.sequence(refusal(after="1"),
	    origin.fixed(body="good")))
	began = time.time()
	task = lab.spawn(lab.get, far.url + "/")

	def is_paused(m):
		assert m("sluice_paused", host=HERE, cause="named") == 1
		assert began + 0.9 <= m(
		    "sluice_paused_until_timestamp_seconds", host=HERE) < \
		    began + 5 * wire.SLOW
		assert m("sluice_upstream_throttled_total", host=HERE,
		    status="429") == 1
		assert m("sluice_pauses_total", host=HERE, cause="named") == 1

	def is_over(m):
		assert m("sluice_requests_total", host=HERE,
		    outcome="forwarded") == 1
		assert m("sluice_resends_total", host=HERE) == 1
		assert m("sluice_paused", host=HERE, cause="named") == 0
		assert m("sluice_paused_until_timestamp_seconds",
		    host=HERE) == 0
		assert 0.9 < m("sluice_paused_seconds_total", host=HERE,
		    cause="named") < 5 * wire.SLOW
		assert m("sluice_upstream_responses_total", host=HERE,
		    **{"class": "4xx"}) == 1
		assert m("sluice_queue_wait_seconds_count", host=HERE) == 2
		assert m("sluice_queue_wait_seconds_sum", host=HERE) > 0.9
		assert m("sluice_cost_total", host=HERE) == 2
	metrics.until(daemon, is_paused)
	assert task.join().status == 200
	metrics.until(daemon, is_over)


def test_learned(lab):
	reset = int(time.time()) + 1000
	far, daemon = limited(lab, origin.fixed(fields=[
	    ("X-RateLimit-Limit", "100"), ("X-RateLimit-Remaining", "60"),
	    ("X-RateLimit-Reset", str(reset))]), learn="shape")
	assert lab.get(far.url + "/").status == 200
	m = metrics.until(daemon, lambda m: m.has("sluice_learned_remaining",
	    host=HERE))
	assert 58 <= m("sluice_learned_remaining", host=HERE) <= 60
	assert m("sluice_learned_reset_timestamp_seconds", host=HERE) == \
	    pytest.approx(reset, abs=3)


def test_errors(lab):
	"""The kinds of failures of hosts that can be had here."""
	closing = lab.origin(lambda conn, req: conn.abort())
	wrong = lab.origin(origin.raw(b"HTTP/9.9 nothing\r\n\r\n"))
	daemon = lab.sluice(hosts={HERE: {}},
	    resolver=[lab.dns(dnsserver.Here()).at])
	assert lab.get(f"http://{HERE}:{lab.closed_port()}/").status == 502
	assert lab.get(closing.url + "/").status == 502
	assert lab.get(wrong.url + "/").status == 502
	m = metrics.until(daemon, lambda m: m("sluice_requests_total",
	    host=HERE, outcome="upstream_error") == 3)
	for error in ("refused", "closed", "malformed"):
		assert m("sluice_upstream_errors_total", host=HERE,
		    error=error) == 1, error
	assert m.sum("sluice_upstream_errors_total") == 3


def test_tunnel(lab):
	"""Its bytes are counted as they pass."""
	far = lab.origin(accept=lambda conn: (conn.send(conn.exactly(6)),
	    conn.wait_gone()))
	daemon = lab.sluice(hosts={HERE: {"concurrency": 5}})
	one = lab.client()
	assert one.tunnel(far.at).status == 200
	one.send(b"\0hello")
	assert one.exactly(6) == b"\0hello"
	m = metrics.until(daemon, lambda m: m(
	    "sluice_transferred_bytes_total", host=HERE, direction="out")
	    == 6)
	assert m("sluice_transferred_bytes_total", host=HERE,
	    direction="in") == 6
	assert m("sluice_tunnels_open", host=HERE) == 1
	assert m("sluice_requests_total", host=HERE, outcome="tunnel") == 0
	one.close()
	metrics.until(daemon, lambda m: m("sluice_requests_total", host=HERE,
	    outcome="tunnel") == 1 and m("sluice_tunnels_open",
	    host=HERE) == 0)


# Whose

def test_series(lab):
	"""A pattern keeps its series; those beyond metrics.hosts share one."""
	far = lab.origin()
	dns = {"resolver": [lab.dns(dnsserver.Here()).at]}
	daemon = lab.sluice(hosts={"a.test": {}, "b.test": {}, "c.test": {}},
	    metrics={"hosts": 2}, **dns)
	for name in "abcx":
		assert lab.get(f"http://{name}.test:{far.port}/").status \
		    == 200
	m = metrics.until(daemon, lambda m: m.sum("sluice_requests_total")
	    == 4)
	for host in ("a.test", "b.test", "_other", "_default"):
		assert m("sluice_requests_total", host=host,
		    outcome="forwarded") == 1, host
	daemon.change(hosts={"c.test": {}, "b.test": {}})
	assert lab.get(f"http://c.test:{far.port}/").status == 200
	m = metrics.until(daemon, lambda m: m("sluice_requests_total",
	    host="_other", outcome="forwarded") == 2)
	assert m("sluice_requests_total", host="a.test",
	    outcome="forwarded") == 1
	assert not m.has("sluice_queue_length", host="a.test")
	assert not m.has("sluice_requests_total", host="c.test",
	    outcome="forwarded")


def test_reloads_are_told(lab):
	daemon = lab.sluice()
	m = metrics.scrape(daemon)
	assert m("sluice_config_last_reload_successful") == 1
	assert m("sluice_config_reloads_total", result="success") == 0
	before = m("sluice_config_last_reload_success_timestamp_seconds")
	assert before == pytest.approx(time.time(), abs=60 * wire.SLOW)
	assert "not reloaded" in daemon.reload("nonsense: 1\n")
	m = metrics.scrape(daemon)
	assert m("sluice_config_last_reload_successful") == 0
	assert m("sluice_config_reloads_total", result="failure") == 1
	assert m("sluice_config_last_reload_success_timestamp_seconds") == \
	    pytest.approx(before, abs=0.01)
	assert "not reloaded" not in daemon.reload(**daemon.keys)
	m = metrics.scrape(daemon)
	assert m("sluice_config_last_reload_successful") == 1
	assert m("sluice_config_reloads_total", result="success") == 1
	assert m("sluice_config_last_reload_success_timestamp_seconds") > \
	    before


def test_control_plane_counts_itself(lab):
	daemon = lab.sluice()
	for _ in range(3):
		metrics.scrape(daemon)
	assert metrics.fetch(daemon, path="/nowhere").status == 404
	m = metrics.scrape(daemon)
	assert m("sluice_admin_requests_total", code="200") == 3
	assert m("sluice_admin_requests_total", code="404") == 1
	# those are not the proxy's
	assert m.sum("sluice_requests_total") == 0
	assert m("sluice_client_connections") == 0


def test_overridden_budget(lab):
	"""Of a host that there is, what holds is told, not what the file has."""
	far, daemon = limited(lab, origin.fixed(), capacity=1, period="2s",
	    paths={"/a": {"capacity": 5}})
	m = metrics.scrape(daemon)
	assert m("sluice_budget_left", host=HERE, budget="1 per 2s") == 1
	assert lab.get(far.url + "/").status == 200
	assert lab.control().put("/v1/hosts/127.0.0.1/limits", {"capacity": 5,
	    "period": "1s", "for": "1h"}).status == 200
	m = metrics.scrape(daemon)
	assert m.has("sluice_budget_left", host=HERE, budget="5 per 1s")
	assert m("sluice_budget_left", host=HERE,
	    budget="5 per 1s of /a") == 5
	assert not m.has("sluice_budget_left", host=HERE, budget="1 per 2s")
	assert not m.has("sluice_budget_burst", host=HERE, budget="1 per 2s")


def test_many_rules(lab):
	"""The first hundred from the start; of others what there is."""
	many = 10000
	far = lab.origin()
	daemon = lab.sluice(resolver=[lab.dns(dnsserver.Here()).at],
	    metrics={"hosts": many}, hosts={f"h{n}.test": {"capacity": 1}
	    for n in range(many)})
	m = metrics.scrape(daemon)
	for kind in ("sluice_resends_total", "sluice_queue_length",
	    "sluice_queue_wait_seconds_count"):
		assert m.has(kind, host="h99.test")
		assert m.has(kind, host="_default")
		assert not m.has(kind, host="h100.test")
	assert len(m.text) < 5e6
	for name in "h500", "h9999":
		assert lab.get(f"http://{name}.test:{far.port}/").status == 200
	m = metrics.until(daemon, lambda m: m.has("sluice_requests_total",
	    host="h9999.test", outcome="forwarded"))
	assert m("sluice_requests_total", host="h9999.test",
	    outcome="forwarded") == 1
	assert m("sluice_resends_total", host="h9999.test") == 0
	assert m.has("sluice_queue_length", host="h500.test")
	# what was told once is told for good, without the host and the rule
	daemon.change(hosts={})
	m = metrics.scrape(daemon)
	assert m("sluice_resends_total", host="h9999.test") == 0
	assert not m.has("sluice_queue_length", host="h9999.test")
	assert m.has("sluice_resends_total", host="h99.test")


@pytest.mark.plain("thousands of hosts are no more ways than ten")
def test_many_hosts(lab, request):
	"""It is soon done, whatever else the machine does."""
	many = 2500
	far = shared.Far()		# all of its connections on one thread
	request.addfinalizer(far.end)
	daemon = lab.sluice(resolver=[lab.dns(dnsserver.Here()).at],
	    hosts={"*.test": {"capacity": 1, "period": "1h"}},
	    log={"access": "off"}, limits={"names": many})
	one = lab.client()
	for i in range(many):
		assert one.get(f"http://h{i}.test:{far.port}/{i}").status == 200
	m = metrics.scrape(daemon)
	assert m("sluice_hosts_tracked") == many
	assert m("sluice_queue_limit", host="*.test") == 1000 * many
	assert m("sluice_budget_left", host="*.test", budget="1 per 1h") < 1
	before = daemon.cpu()
	for _ in range(20):
		metrics.fetch(daemon)
	took = (daemon.cpu() - before) / 20
	print(f"{took:.4f} s of the processor each")
	assert took < many * 1e-5
