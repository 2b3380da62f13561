# SPDX-License-Identifier: ISC
"""What a real Prometheus makes of it, and what is in contrib/ for it."""
import json
import pathlib
import random
import re
import subprocess
import threading

import pytest

import dnsserver
import metrics
import origin
import prometheus
import sluice
import wire

CONTRIB = pathlib.Path(sluice.HERE) / "../../contrib"
RULES = CONTRIB / "prometheus/sluice.rules.yml"
BOARD = CONTRIB / "grafana/sluice.json"


def test_counters_never_go_back(lab):
	"""100 reloads, with traffic; rules come and go, and come again."""
	far = lab.origin()
	hosts = [f"h{i}.test" for i in range(9)]
	daemon = lab.sluice(resolver=[lab.dns(dnsserver.Here()).at],
	    log={"access": "off"}, metrics={"hosts": 3})
	over = threading.Event()

	def traffic():
		rng, one, done = random.Random(1), lab.client(), 0
		while not over.is_set():
			url = f"http://{rng.choice(hosts)}:{far.port}/"
			assert one.get(url).status == 200
			done += 1
		return done
	tasks = [lab.spawn(traffic) for _ in range(2)]
	rng = random.Random(2)
	before = {}
	for _ in range(100):
		daemon.change(metrics={"hosts": rng.choice([0, 3, 5])},
		    hosts={host: {} for host in rng.sample(hosts,
		    rng.randrange(len(hosts)))})
		now = metrics.scrape(daemon).counters()
		for key, value in before.items():
			assert now.get(key, 0) >= value, key
		before = now
	over.set()
	done = sum(task.join() for task in tasks)
	m = metrics.until(daemon, lambda m: m.sum("sluice_requests_total")
	    == done)
	assert m.sum("sluice_queue_wait_seconds_count") == done
	series = {dict(labels)["host"] for name, labels in m.values
	    if name == "sluice_requests_total"}
	assert {"_default", "_other"} < series
	assert len(series) <= 2 + 5
	assert m("sluice_config_reloads_total", result="success") == 100
	assert metrics.promtool(m.text) == (0, "")


# What Prometheus says

def start(lab, rules=(), **keys):
	daemon = lab.sluice(admin={"web": "127.0.0.1:0"}, **keys)
	line = daemon.err.wait("control plane at 127")
	at = re.search(r"127\.0\.0\.1:\d+", line)[0]
	lab.others.append(prometheus.Prometheus(lab.dir / "prometheus", at,
	    rules))
	prom = lab.others[-1]
	wire.wait_until(lambda: prom.one('up{job="sluice"}') == 1,
	    timeout=3 * wire.DEADLINE, what="a scrape")
	return daemon, prom


class Deeds:
	"""What is done to a sluice, for each host one thing."""

	hosts = {
	    "busy.test": {"concurrency": 2, "queue": {"length": 3,
	    "max_wait": "1h"}},
	    "slow.test": {"capacity": 4, "burst": 1, "queue": {
	    "max_wait": "1h"}},
	    "left.test": {"capacity": 10, "period": "1h"},
	    "paused.test": {"retry": {"attempts": 0}, "pause": {"max": "1h"}},
	    "again.test": {}, "down.test": {}, "bytes.test": {},
	}

	def __init__(self, lab):
		self.lab = lab
		self.gate = origin.Gate()
		self.held = lab.origin(self.gate)
		self.good = lab.origin(lambda conn, req: conn.reply(
		    body="x" * 1000))
		self.limit = lab.origin(origin.fixed(429, fields=[
		    ("Retry-After", "1800")]))
		self.once = lab.origin(origin.sequence(origin.fixed(429,
		    fields=[("Retry-After", "0.2")]), origin.fixed()))
		self.clients = []

	def get(self, name, far):
		return self.lab.get(f"http://{name}.test:{far.port}/").status

	def ask(self, name, far):
		self.clients.append(self.lab.client().ask("GET",
		    f"http://{name}.test:{far.port}/"))
		return self.clients[-1]

	def do(self, daemon):
		for _ in range(2):
			self.ask("busy", self.held)
		self.held.wait_requests(2)
		for _ in range(3):
			self.ask("busy", self.held)
		metrics.until(daemon, lambda m: m("sluice_queue_length",
		    host="busy.test") == 3)
		assert self.get("busy", self.held) == 429
		assert self.get("paused", self.limit) == 429
		assert self.get("again", self.once) == 200
		for _ in range(2):
			assert self.get("down", self.closed()) == 502
		for _ in range(4):
			assert self.get("left", self.good) == 200
		for _ in range(5):
			assert self.get("bytes", self.good) == 200
		slow = [self.ask("slow", self.good) for _ in range(12)]
		for one in slow:
			assert one.response("GET").status == 200

	def closed(self):
		class Closed:
			port = self.lab.closed_port()
		return Closed

	def end(self):
		self.gate.open()
		for one in self.clients[:5]:
			assert one.response("GET").status == 200


@pytest.mark.plain("a minute of scrapes is as many as test_metrics has")
def test_prometheus(lab):
	"""A minute of scraping, and what an operator asks then."""
	deeds = Deeds(lab)
	daemon, prom = start(lab, rules=[RULES.resolve()],
	    resolver=[lab.dns(dnsserver.Here()).at], hosts=deeds.hosts)
	# The histograms are there before what is to be seen in them.
	wire.wait_until(lambda: (prom.one("count_over_time("
	    "sluice_queue_wait_seconds_count{host='slow.test'}[1m])") or 0)
	    >= 2, what="two scrapes")
	deeds.do(daemon)
	wire.wait_until(lambda: prom.one("count_over_time(up[10m])") >= 60,
	    timeout=90 * wire.SLOW, step=0.5, what="a minute of scrapes")

	# every scrape was taken whole
	assert prom.one("min_over_time(up[10m])") == 1
	# how many wait
	assert prom.query("sluice_queue_length > 0") == \
	    [({"host": "busy.test"}, 3)]
	# for how long, at the 99th percentile: 12 at 4 a second
	longest = prom.one("histogram_quantile(0.99, sum by (le) (increase("
	    "sluice_queue_wait_seconds_bucket{host='slow.test'}[10m])))")
	assert 2.5 < longest <= 5 * wire.SLOW
	# what was refused, and why
	assert prom.query("sum by (host, reason) (sluice_refusals_total) > 0"
	    ) == [({"host": "busy.test", "reason": "queue_full"}, 1)]
	# what is left of each budget: 6, and what an hour's share adds
	left = dict((labels["budget"], value) for labels, value in
	    prom.query("sluice_budget_left{host='left.test'}"))
	assert set(left) == {"10 per 1h"}
	assert 6 <= left["10 per 1h"] < 7
	# who is paused, and until when
	(labels, until), = prom.query(
	    "sluice_paused_until_timestamp_seconds > time()")
	assert labels == {"host": "paused.test"}
	now = prom.query("time()")
	assert 1500 < until - now < 1800
	assert prom.query("sluice_paused > 0") == \
	    [({"host": "paused.test", "cause": "named"}, 1)]
	# how many 429s
	assert sorted((labels["host"], round(value)) for labels, value in
	    prom.query("increase(sluice_upstream_throttled_total"
	    "{status='429'}[10m]) > 0")) == \
	    [("again.test", 1), ("paused.test", 1)]
	# what was sent again
	assert prom.query("sluice_resends_total > 0") == \
	    [({"host": "again.test"}, 1)]
	# in flight, of concurrency
	assert prom.query("sluice_requests_in_flight / "
	    "sluice_concurrency_limit") == [({"host": "busy.test"}, 1)]
	# bytes
	assert prom.one("sluice_transferred_bytes_total{host='bytes.test', "
	    "direction='out'}") == 5000
	# errors, by kind
	assert prom.query("sum by (error) (sluice_upstream_errors_total"
	    "{host='down.test'}) > 0") == [({"error": "refused"}, 2)]
	# and none of its own alerts is wrong of form
	groups = json.loads(prom.ask("api/v1/rules"))["data"]["groups"]
	assert {rule["health"] for group in groups
	    for rule in group["rules"]} == {"ok"}
	deeds.end()


# What is in contrib/

def promtool(*args):
	done = subprocess.run(["promtool", *args], capture_output=True,
	    text=True, cwd=RULES.parent, timeout=wire.DEADLINE)
	assert done.returncode == 0, done.stdout + done.stderr
	return done.stdout


def test_alert_rules():
	promtool("check", "rules", RULES.name)
	promtool("test", "rules", "sluice.rules.test.yml")


METRIC = r"\b(?:sluice|process)_[a-z_]+\b"
SELECTOR = re.compile(f"({METRIC})" r"(?:\{([^}]*)\})?")


def expressions():
	"""All that contrib/ asks for."""
	board = json.loads(BOARD.read_text())
	for panel in board["panels"]:
		for target in panel.get("targets", []):
			yield target["expr"]
	for one in board["templating"]["list"]:
		yield one.get("definition", "")
	for one in board["annotations"]["list"]:
		yield one["expr"]
	yield from promtool("check", "rules", RULES.name) and re.findall(
	    r"expr: (?:>-\s*)?((?:.|\n)*?)\n\s+for:", RULES.read_text())


# Labels whose values are words of ours, all told from the start.
WORDS = {"outcome", "reason", "cause", "class", "error", "direction",
    "decision", "result"}
MATCHER = re.compile(r'([a-z_]+)\s*([=!]~?)\s*"([^"]*)"')


def check_values(m, name, selector):
	"""Each word that a selector has is one that the label can be."""
	for label, operator, value in MATCHER.findall(selector):
		if label not in WORDS:
			continue
		there = {dict(labels).get(label) for other, labels in m.values
		    if other == name}
		for one in value.split("|") if "~" in operator else [value]:
			assert any(word and re.fullmatch(one, word)
			    for word in there), (name, label, one)
			yield one


def test_every_metric_there_is(lab):
	"""No metric and no label is named that there is not."""
	far = lab.origin(origin.sequence(origin.fixed(fields=[
	    ("X-RateLimit-Limit", "100"), ("X-RateLimit-Remaining", "60"),
	    ("X-RateLimit-Reset", "1000")])))
	daemon = lab.sluice(hosts={"127.0.0.1": {"capacity": 5,
	    "concurrency": 2, "learn": "shape", "budgets": {"tokens": {
	        "rates": [{"capacity": 9, "period": "1s"}],
	        "reserve": {"input": "bytes/4"}}}},
	    "seen.test": {"capacity": 1, "mode": "observe"}},
	    resolver=[lab.dns(dnsserver.Here()).at])
	assert lab.get(far.url + "/").status == 200
	assert lab.client().call("POST", far.url + "/", [("Content-Type",
	    "application/json")], "{}").status == 200
	assert lab.get(f"http://seen.test:{far.port}/").status == 200
	m = metrics.until(daemon, lambda m:
	    m.has("sluice_learned_remaining", host="127.0.0.1") and
	    m.has("sluice_budget_amount_total", host="127.0.0.1",
	    budget="tokens", amount="used") and
	    m.sum("sluice_observed_requests_total") > 0)
	there = {name: m.labels(name) | {"job", "instance"}
	    for name in m.names()}
	seen, words = set(), set()
	for expr in expressions():
		for name, selector in SELECTOR.findall(expr):
			assert name in there, expr
			seen.add(name)
			for label in re.findall(r"([a-z_]+)\s*[=!]~?\s*\"",
			    selector):
				assert label in there[name], (name, label)
			words.update(check_values(m, name, selector))
		labels = set().union(*(there[name] for name, _ in
		    SELECTOR.findall(expr))) if SELECTOR.search(expr) else \
		    {"job", "instance"}
		for by in re.findall(r"\b(?:by|on) \(([^)]*)\)", expr):
			assert set(by.split(", ")) <= labels, expr
	assert len(seen) > 20
	assert "queue_full" in words
	with pytest.raises(AssertionError):
		list(check_values(m, "sluice_refusals_total",
		    'reason=~"queue_full|queue_ful"'))


def test_dashboard_file():
	board = json.loads(BOARD.read_text())
	assert board["uid"] == "sluice"
	ids = [panel["id"] for panel in board["panels"]]
	assert len(set(ids)) == len(ids)
	for panel in board["panels"]:
		if panel["type"] != "row":
			assert panel["datasource"]["uid"] == "${datasource}"
			assert panel["targets"]
