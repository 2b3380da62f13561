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
	make = llm.Bucket if kind == "bucket" else llm.Window
	limits = {"requests": make(2000, PERIOD),
	    "tokens": make(CAPACITY, PERIOD)}
	strict = kind != "bucket"
	rate = {"period": f"{PERIOD}s", "strict": strict}
	budget = {"rates": [{"capacity": CAPACITY, **rate}],
	    "reserve": {"input": "bytes/4", "output": "max_tokens",
	    "default": 800}}
	if kind != "reserves":
		budget["settle"] = {"json": "usage.total_tokens"}
	rule = {"rates": [{"capacity": 2000, **rate}],
	    "fair_by": "header:Authorization",
	    "counted_within": "2s", "queue": {"max_wait": "1m"}, "budgets": {"tokens": budget}}
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


@pytest.mark.heavy
@pytest.mark.plain("it measures shares over many seconds")
@pytest.mark.alone("a busy machine has its host fall behind")
@pytest.mark.parametrize("kind", ["bucket", "window", "reserves"])
def test_crowd(lab, kind):
	host, hosts = kinds(kind)
	far = lab.origin(host)
	daemon = lab.sluice(hosts=hosts)
	began = time.monotonic()
	until = began + PERIOD * PERIODS
	agents = [Agent(i, far, daemon.address, until) for i in range(AGENTS)]
	# what goes before all of them are there, is nobody's turn
	time.sleep(max(0, began + PERIOD - time.monotonic()))
	with host.lock:
		early = dict(host.used)
	time.sleep(max(0, until - time.monotonic()))
	with host.lock:
		used = dict(host.used)
		refused, over = host.refused, host.over
	for agent in agents:
		agent.join()
	took = until - began
	there = CAPACITY * (took / PERIOD + (kind == "bucket"))
	spent = sum(used.values())
	share = jain([used[a.name] - early.get(a.name, 0) for a in agents])
	print(f"{kind}: {refused} refused, {over} over, "
	    f"{spent / there:.3f} of the budget, Jain {share:.4f}")
	assert refused == 0 and over == 0
	assert {s for a in agents for s in a.statuses} == {200}
	assert spent / there >= 0.95
	assert share >= 0.99


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
