# SPDX-License-Identifier: ISC
"""Agents of unequal appetite share the tokens of one key.

A minute is a few seconds here.  The host is llm.Llm, which counts as its vendors
do; the agents always want more than there is.
"""
import json
import statistics
import threading
import time

import pytest

import client
import llm
import wire

AGENTS = 40
PERIOD = 3		# seconds: a "minute"
PERIODS = 6
CAPACITY = 40000	# tokens in each
JSON = ("Content-Type", "application/json")


def kinds(kind):
	"""What the host counts by, and what sluice is told of it."""
	make = llm.Bucket if kind in ("bucket", "cap alone") else llm.Window
	limits = {"requests": make(2000, PERIOD),
	    "tokens": make(CAPACITY, PERIOD)}
	strict = make is llm.Window
	rate = {"period": f"{PERIOD}s", "strict": strict}
	budget = {"rates": [{"capacity": CAPACITY, **rate}],
	    "reserve": {"input": "bytes/4", "output": "max_tokens",
	    "default": 800}}
	if kind in ("bucket", "window"):
		budget["settle"] = {"json": "usage.total_tokens"}
	rule = {"rates": [{"capacity": 2000, **rate}],
	    "fair_by": "header:Authorization",
	    "counted_within": "2s", "queue": {"max_wait": "1m"},
	    "budgets": {"tokens": budget}}
	far = llm.Llm(limits, reserves=kind == "reserves", latency=0.02)
	return far, {"127.0.0.1": rule}


class Agent:
	"""As many requests at a time as it takes to always have one waiting,
	each of about as many tokens."""

	def __init__(self, number, far, address, until):
		self.name = f"agent{number}"
		self.use = 60 + 12 * number
		self.cap = self.use * (2 + number % 3)
		self.stream = number % 4 == 1
		self.statuses = []
		self.threads = [threading.Thread(target=self.run, args=(far,
		    address, until)) for _ in range(max(3, 1200 // self.use))]
		for thread in self.threads:
			thread.start()

	def run(self, far, address, until):
		one = client.Client(address, timeout=4 * wire.DEADLINE)
		body = json.dumps({"model": "m", "stream": self.stream,
		    "stream_options": {"include_usage": True},
		    "max_tokens": self.cap, "user": f"use={self.use}"})
		while time.monotonic() < until:
			answer = one.call("POST", far.url +
			    "/v1/chat/completions", [JSON,
			    ("Authorization", self.name)], body)
			self.statuses.append(answer.status)
		one.close()

	def join(self):
		for thread in self.threads:
			thread.join()


def jain(values):
	return sum(values) ** 2 / (len(values) * sum(v * v for v in values))


class Crowd:
	"""Agents at a daemon of their own, for some periods of a host's."""

	def __init__(self, lab, kind):
		self.kind = kind
		self.host, hosts = kinds(kind)
		self.far = lab.origin(self.host)
		self.address = lab.sluice(hosts=hosts).address

	def begin(self):
		self.began = time.monotonic()
		self.until = self.began + PERIOD * PERIODS
		self.agents = [Agent(i, self.far, self.address, self.until)
		    for i in range(AGENTS)]

	def used(self, at):
		"""What each has used by then."""
		time.sleep(max(0, at - time.monotonic()))
		with self.host.lock:
			return dict(self.host.used)

	def watch(self):
		# what goes before all of them are there, is nobody's turn
		self.early = self.used(self.began + PERIOD)
		self.late = self.used(self.until)
		self.refused, self.over = self.host.refused, self.host.over
		for agent in self.agents:
			agent.join()

	def judge(self):
		full = self.kind in ("bucket", "cap alone")
		there = CAPACITY * (PERIODS + full)
		spent = sum(self.late.values()) / there
		share = jain([self.late[a.name] - self.early.get(a.name, 0)
		    for a in self.agents])
		print(f"{self.kind}: {self.refused} refused, {self.over} over, "
		    f"{spent:.3f} of the budget, Jain {share:.4f}")
		assert self.refused == 0 and self.over == 0
		assert {s for a in self.agents for s in a.statuses} == {200}
		if self.kind == "cap alone":
			assert spent < 0.6
			return
		assert spent >= 0.95
		assert share >= 0.99


@pytest.mark.heavy
@pytest.mark.plain("it measures shares over many seconds")
@pytest.mark.alone("a busy machine has its host fall behind")
def test_crowds(lab):
	"""Side by side, for each takes as long as its periods do.  The last one is
	what a gateway reaches that reserves what a request names, and does not
	settle it, at a host that counts what is used."""
	crowds = [Crowd(lab, kind) for kind in ("bucket", "window",
	    "reserves", "cap alone")]
	for crowd in crowds:
		crowd.begin()
	watching = [threading.Thread(target=crowd.watch) for crowd in crowds]
	for thread in watching:
		thread.start()
	for thread in watching:
		thread.join()
	for crowd in crowds:
		crowd.judge()


def first_event(link, far, agent):
	body = json.dumps({"stream": True, "max_tokens": 50})
	began = time.monotonic()
	link.ask("POST", far.url + "/v1/chat/completions", [JSON], body)
	link.until(b"data: ", limit=4096)
	took = time.monotonic() - began
	link.until(b"0\r\n\r\n")
	return took


@pytest.mark.plain("it measures fractions of milliseconds")
@pytest.mark.alone("it measures fractions of milliseconds")
def test_first_event(lab):
	"""It comes hardly later than by a direct connection."""
	far = lab.origin(llm.Llm())
	_, hosts = kinds("window")
	daemon = lab.sluice(hosts=hosts)
	by = client.Client(daemon.address)
	direct = client.Client((far.host, far.port))
	times = [(first_event(direct, far, "a"), first_event(by, far, "a"))
	    for _ in range(60)]
	more = statistics.median(b for _, b in times) - \
	    statistics.median(a for a, _ in times)
	print(f"{more * 1000:.2f} ms later in the median")
	assert more < 0.002 * wire.SLOW
