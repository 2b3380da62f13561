# SPDX-License-Identifier: ISC
"""Named budgets that all credentials have together."""
import json
import threading

import metrics
import wire
from test_state import Lives
from test_tokens import JSON, RESERVE, SETTLE, answers, usage

TIGHT = {"max_wait": "50ms"}


def rule(total, own=1000, period="366d", **keys):
	"""Bytes and caps count; each credential has its own, all of them that."""
	budget = {"reserve": RESERVE, "settle": SETTLE}
	if own:
		budget["rates"] = [{"capacity": own, "period": period}]
	if total:
		budget["per_total"] = {"capacity": total, "period": period}
	return {"127.0.0.1": {"per": "authorization", "queue": TIGHT,
	    "budgets": {"tokens": budget}, **keys}}


def start(lab, far, who, cap):
	"""A request that wants its cap and 20 tokens for its body."""
	body = json.dumps({"max_tokens": cap}).ljust(80)
	return lab.client().ask("POST", far.url + "/v1/chat/completions", [JSON,
	    ("Authorization", f"Bearer {who}")], body)


def ask(lab, far, who, cap):
	return start(lab, far, who, cap).response()


def waiting(lab):
	return sum(one["waiting"] for one in
	    lab.control().get("/v1/hosts").json()["hosts"])


def named(lab):
	hosts = lab.control().get("/v1/hosts").json()["hosts"]
	return [budget for host in hosts for budget in host["budgets"]
	    if budget["name"].endswith(" of tokens of all credentials")]


def spends(lab, amount):
	"""As soon as it has been settled."""
	def spent():
		budgets = named(lab)
		return budgets and {round(one["capacity"] - one["left"])
		    for one in budgets} == {amount}
	wire.wait_until(spent, what=f"{amount} spent of {named(lab)}")


def test_all_credentials_together(lab):
	far = lab.origin(answers(usage(100)))
	daemon = lab.sluice(hosts=rule(1500))
	# 620 are wanted each time, and 100 used
	for n, who in enumerate("abcabc"):
		assert ask(lab, far, who, 600).status == 200
		spends(lab, 100 * (n + 1))
	# 900 are left of all, and 1000 are of its own
	answer = ask(lab, far, "d", 900)
	assert answer.status == 429
	assert b"1500 per 366d of tokens of all credentials" in answer.body
	assert ask(lab, far, "d", 700).status == 200
	spends(lab, 700)
	left = metrics.scrape(daemon)("sluice_budget_left", host="127.0.0.1",
	    budget="1500 per 366d of tokens of all credentials")
	assert round(left) == 800
	told = lab.control().post("/v1/explain", {"method": "POST", "url":
	    far.url + "/v1/chat/completions", "headers": dict([JSON,
	    ("Authorization", "Bearer e")]),
	    "body": json.dumps({"max_tokens": 900}).ljust(80)}).json()
	decides, = (one["name"] for one in told["reasons"] if one["decides"])
	assert decides == "1500 per 366d of tokens of all credentials"


def test_one_alone(lab):
	"""All have one together, and none of their own."""
	far = lab.origin(answers(usage(100)))
	lab.sluice(hosts=rule(400, own=None))
	for n, who in enumerate("abc"):
		assert ask(lab, far, who, 180).status == 200
		spends(lab, 100 * (n + 1))
	answer = ask(lab, far, "a", 180)
	assert answer.status == 429
	assert b"400 per 366d of tokens of all credentials" in answer.body


def test_they_take_turns(lab):
	"""Whoever is settled lets the next one go, whose credential it is not."""
	gate = threading.Event()

	def handle(conn, request):
		gate.wait(wire.DEADLINE)
		conn.reply(200, usage(10), [JSON])
	far = lab.origin(handle)
	lab.sluice(hosts=rule(1000, period="12h", queue={"max_wait": "24h"}))
	first = start(lab, far, "a", 700)
	far.wait_requests(1)
	others = [start(lab, far, who, 400) for who in "bc"]
	wire.wait_until(lambda: waiting(lab) == 2, what="two who wait")
	gate.set()
	for one in first, *others:
		assert one.response().status == 200
	spends(lab, 30)


def test_it_outlives_the_process(lab):
	"""And a reload, by which it may be another one, or none."""
	far = lab.origin(answers(usage(300)))
	keys = {"queue": {"max_wait": "30s"}}
	lives = Lives(lab, hosts=rule(1000, **keys))
	daemon = lives.start()
	for who in "ab":
		assert ask(lab, far, who, 300).status == 200
	spends(lab, 600)
	daemon.change(hosts=rule(1200, **keys))
	spends(lab, 600)
	lives.restart(kill=False, hosts=rule(1200, **keys))
	assert ask(lab, far, "c", 20).status == 200
	spends(lab, 900)
	answer = ask(lab, far, "c", 300)
	assert answer.status == 429
	assert b"1200 per 366d of tokens of all credentials" in answer.body
	lives.daemon.change(hosts=rule(None, **keys))
	assert ask(lab, far, "c", 300).status == 200
	assert not named(lab)
