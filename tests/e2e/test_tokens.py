# SPDX-License-Identifier: ISC
"""Named budgets: what a request may use is reserved, waited for, settled."""
import gzip
import json
import zlib

import pytest

import llm
import metrics
import origin
import sluice
import wire

JSON = ("Content-Type", "application/json")
RESERVE = {"input": "bytes/4", "output": ["max_completion_tokens",
    "max_tokens"], "default": 300}
SETTLE = {"json": "usage.total_tokens"}
# A bucket that hardly fills while a test looks at it.
SLOW = [{"capacity": 100000, "period": "366d"}]


def tokens(rates=SLOW, reserve=RESERVE, settle=SETTLE, name="tokens", **keys):
	budget = {"rates": rates, **keys}
	if reserve:
		budget["reserve"] = reserve
	if settle:
		budget["settle"] = settle
	return {"127.0.0.1": {"budgets": {name: budget}}}


def spent(lab, name="tokens"):
	"""What of the first budget of a name is not there, as the API has it."""
	hosts = lab.control().get("/v1/hosts").json()["hosts"]
	one, = [b for host in hosts for b in host["budgets"]
	    if b["name"].endswith(f" of {name}")]
	return round(one["capacity"] - one["left"])


def spends(lab, amount, name="tokens"):
	wire.wait_until(lambda: spent(lab, name) == amount,
	    what=f"{amount} spent, not {spent(lab, name)}")


def post(one, far, body, fields=(), path="/v1/chat/completions", **keys):
	if not isinstance(body, (bytes, str)):
		body = json.dumps(body)
	return one.call("POST", far.url + path, [JSON, *fields], body, **keys)


def answers(*bodies, fields=(), **keys):
	"""A handler that gives these, one after another, the last for good."""
	left = list(bodies)

	def handle(conn, req):
		body = left.pop(0) if len(left) > 1 else left[0]
		conn.reply(200, body, [JSON, *fields], **keys)
	return handle


def usage(n):
	return json.dumps({"usage": {"total_tokens": n}})


@pytest.mark.parametrize("strict", [False, True])
def test_what_is_not_used_comes_back(lab, strict):
	far = lab.origin(llm.Llm())
	lab.sluice(hosts=tokens([{"capacity": 1000, "period": "366d",
	    "strict": strict}]))
	for i in range(3):
		answer = post(lab.client(), far, {"max_tokens": 900,
		    "user": "use=20"})
		assert answer.status == 200
		spends(lab, sum(-(-len(r.body) // 4) + 20
		    for r in far.requests))


def test_a_debt_is_waited_off(lab):
	far = lab.origin(answers(usage(1500), usage(0)))
	lab.sluice(hosts=tokens([{"capacity": 1000, "period": "4s"}]))
	assert post(lab.client(), far, {}).status == 200
	# the client has its answer a moment before that is settled
	wire.wait_until(lambda: spent(lab) > 1000, what="a debt")
	assert post(lab.client(), far, {}).status == 200
	# 300 are wanted besides the debt of 500
	assert far.times()[1] > 0.7
	line = lab.daemons[0].out.wait(lambda line: "budget=" in line)
	assert 'budget="1000 per 4s of tokens"' in line


def test_all_budgets_at_once(lab):
	far = lab.origin(answers(usage(0)))
	hosts = tokens([{"capacity": 1000, "period": "1s"}], settle=None)
	hosts["127.0.0.1"]["budgets"]["input"] = {"rates": [{"capacity": 10,
	    "period": "366d"}], "reserve": {"input": "meta.n"}}
	lab.sluice(hosts=hosts)
	assert post(lab.client(), far, {"max_tokens": 990,
	    "meta": {"n": 4}}).status == 200
	assert post(lab.client(), far, {"max_tokens": 900,
	    "meta": {"n": 4}}).status == 200
	assert far.times()[1] > 0.8
	spends(lab, 8, "input")


@pytest.mark.parametrize("status", [413, 429])
def test_what_was_too_large_by_itself_used_nothing(lab, status):
	"""However it is called; nor is it sent again, or anybody else held."""
	body = json.dumps({"error": {"message": "Request too large for model `m`"
	    " on tokens per minute (TPM): Limit 6000, Requested 12328, please "
	    "reduce your message size.", "code": "rate_limit_exceeded"}})
	far = lab.origin(origin.sequence(
	    origin.fixed(status, body=body, fields=[JSON]), answers(usage(20))))
	lab.sluice(hosts=tokens())
	assert post(lab.client(), far, {"max_tokens": 12000}).status == status
	spends(lab, 0)
	assert post(lab.client(), far, {"max_tokens": 90}).status == 200
	spends(lab, 20)
	assert len(far.requests) == 2 and far.times()[1] < 5 * wire.SLOW


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("coding", ["gzip", "deflate", None])
def test_forms(lab, stream, coding):
	"""OpenAI's and Anthropic's; what is relayed is what the host sent."""
	far = lab.origin(llm.Llm())
	hosts = tokens(settle={"json": "usage.output_tokens"}, name="output")
	hosts["127.0.0.1"]["budgets"]["tokens"] = tokens()["127.0.0.1"][
	    "budgets"]["tokens"]
	lab.sluice(hosts=hosts)
	fields = [("Accept-Encoding", f"br;q=1.0, {coding}, zstd")] \
	    if coding else []
	body = {"max_tokens": 500, "stream": stream, "user": "use=33",
	    "stream_options": {"include_usage": True}}
	answer = post(lab.client(), far, body, fields)
	assert far.requests[0].get("accept-encoding") == coding
	text = answer.body
	if coding and not stream:
		text = (gzip.decompress if coding == "gzip"
		    else zlib.decompress)(text)
	if stream:
		assert text.endswith(b"data: [DONE]\n\n")
	else:
		assert json.loads(text)["usage"]["completion_tokens"] == 33
	asked = -(-len(far.requests[0].body) // 4)
	spends(lab, asked + 33)
	# that one tells nothing of it: what was reserved stands
	spends(lab, asked + 500, "output")
	answer = post(lab.client(), far, body, fields, path="/v1/messages")
	assert answer.status == 200
	spends(lab, asked + 500 + 33, "output")


def test_a_compressed_stream(lab):
	events = b"".join(b'data: {"usage": {"total_tokens": %d}}\r\n\r\n' % n
	    for n in range(1, 2000))
	packed = gzip.compress(events)
	def handle(conn, req):
		conn.reply(200, packed, [("Content-Type", "text/event-stream"),
		    ("Content-Encoding", "gzip")], chunked=True)
	far = lab.origin(handle)
	lab.sluice(hosts=tokens())
	answer = post(lab.client(), far, {}, [("Accept-Encoding", "gzip")])
	assert answer.body == packed
	spends(lab, 1999)


def test_a_stream_that_is_not_read(lab):
	far = lab.origin(llm.Llm())
	hosts = tokens(stream={"format": "none"})
	hosts["127.0.0.1"]["budgets"]["other"] = tokens()["127.0.0.1"][
	    "budgets"]["tokens"]
	lab.sluice(hosts=hosts)
	post(lab.client(), far, {"max_tokens": 400, "user": "use=30",
	    "stream": True, "stream_options": {"include_usage": True}})
	asked = -(-len(far.requests[0].body) // 4)
	spends(lab, asked + 30, "other")
	spends(lab, asked + 400)


@pytest.mark.parametrize("chunked", [False, True])
def test_caps_behind_megabytes(lab, chunked):
	far = lab.origin(answers(usage(5)))
	lab.sluice(hosts=tokens(settle=None))
	body = json.dumps({"messages": [{"content": 'x" \\ ' * 150000}],
	    "max_tokens": 777}).encode()
	one = lab.client()
	if chunked:
		one.send(f"POST {far.url}/ HTTP/1.1\r\nHost: {far.at}\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n".encode() +
		    wire.chunked(body))
		answer = one.response("POST")
	else:
		answer = post(one, far, body)
	assert answer.status == 200
	assert far.requests[0].body == body
	spends(lab, -(-len(body) // 4) + 777)


def test_more_than_is_kept(lab):
	"""Beyond retry.body it goes with what was found until then."""
	far = lab.origin(answers(usage(5)))
	hosts = tokens(settle=None, rates=[{"capacity": 10000000,
	    "period": "366d"}])
	hosts["127.0.0.1"]["retry"] = {"body": "64KiB"}
	lab.sluice(hosts=hosts)
	body = json.dumps({"max_tokens": 50, "messages": "m" * 3000000,
	    "max_completion_tokens": 5000}).encode()
	assert post(lab.client(), far, body).status == 200
	assert far.requests[0].body == body
	spends(lab, -(-len(body) // 4) + 50)


def test_who_waits_to_be_asked_is_asked(lab):
	far = lab.origin(answers(usage(5)))
	lab.sluice(hosts=tokens(settle=None))
	one = lab.client()
	body = b'{"max_tokens": 70}'
	one.send(f"POST {far.url}/ HTTP/1.1\r\nHost: {far.at}\r\nContent-Length:"
	    f" {len(body)}\r\nExpect: 100-continue\r\n\r\n".encode())
	assert one.head().status == 100
	one.send(body)
	assert one.response("POST").status == 200
	assert far.requests[0].body == body
	spends(lab, 5 + 70)


def test_what_does_not_count(lab):
	far = lab.origin(answers(b"{}"))
	lab.sluice(hosts=tokens())
	assert lab.get(far.url).status == 200
	assert lab.client().call("POST", far.url, [("Content-Type",
	    "application/octet-stream")], b"x" * 4000).status == 200
	spends(lab, 0)
	# but what an answer tells is counted, whatever was asked
	far.handler = answers(usage(70))
	assert lab.get(far.url).status == 200
	spends(lab, 70)


def test_refuse(lab):
	far = lab.origin(answers(usage(5)))
	lab.sluice(hosts=tokens([{"capacity": 1000, "period": "366d"}],
	    refuse=True))
	answer = post(lab.client(), far, {"max_tokens": 1000})
	assert answer.status == 400
	assert answer.get("content-type") == "application/problem+json"
	assert "more of a budget than the whole of it" in \
	    json.loads(answer.body)["detail"]
	assert far.requests == []
	assert post(lab.client(), far, {"max_tokens": 900}).status == 200


LIES = {
    "malformed": (b'{"usage": {"total_tokens": 7}', ()),
    "deep": (b"[" * 600 + b"]" * 600, ()),
    "negative": (usage(-7).encode(), ()),
    "huge": (usage(10 ** 30).encode(), ()),
    "text": (b'{"usage": {"total_tokens": "7"}}', ()),
    "no gzip": (usage(7).encode(), [("Content-Encoding", "gzip")]),
    "cut gzip": (gzip.compress(usage(7).encode())[:-12],
        [("Content-Encoding", "gzip")]),
    "other": (usage(7).encode(), [("Content-Encoding", "br")]),
    "bomb": (lambda: gzip.compress(b"0" * 40000000),
        [("Content-Encoding", "gzip")]),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_cannot_be_read(lab, lie):
	"""What was reserved stands, the answer passes; said once."""
	body, fields = LIES[lie]
	if callable(body):
		body = body()		# it takes its time
	far = lab.origin(answers(body, fields=fields))
	daemon = lab.sluice(hosts=tokens())
	for _ in range(2):
		answer = post(lab.client(), far, {"max_tokens": 40})
		assert answer.status == 200
		assert answer.body == body
	spends(lab, 2 * (5 + 40))
	daemon.term()
	daemon.wait()
	assert len([line for line in daemon.err.text().splitlines()
	    if "what was reserved stands" in line]) == 1


def test_said_once_a_host(lab):
	"""However many credentials there are, made up or not."""
	far = lab.origin(answers(usage(-7)))
	hosts = tokens()
	hosts["127.0.0.1"]["per"] = "authorization"
	daemon = lab.sluice(hosts=hosts)
	for i in range(5):
		assert post(lab.client(), far, {}, [("Authorization",
		    f"Bearer made-up-{i}")]).status == 200
	daemon.term()
	daemon.wait()
	assert daemon.err.text().count("what was reserved stands") == 1


def test_errors_have_used_nothing(lab):
	def handle(conn, req):
		conn.reply(int(req.target.split("/")[1]), b"{}", [JSON])
	far = lab.origin(handle)
	hosts = tokens()
	hosts["127.0.0.1"]["pause"] = {"max": "0s"}
	lab.sluice(hosts=hosts)
	post(lab.client(), far, {"max_tokens": 40}, path="/404")
	spends(lab, 0)
	post(lab.client(), far, {"max_tokens": 40}, path="/500")
	spends(lab, 45)
	post(lab.client(), far, {"max_tokens": 40}, path="/429")
	spends(lab, 90)


def test_a_stream_that_is_cut(lab):
	"""What went in counts, and an event for each of the rest."""
	def handle(conn, req):
		conn.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream"
		    b"\r\nTransfer-Encoding: chunked\r\n\r\n")
		for i in range(9):
			conn.send(b"a\r\ndata: {}\n\n\r\n")
		conn.wait_gone()
	far = lab.origin(handle)
	lab.sluice(hosts=tokens())
	one = lab.client()
	one.ask("POST", far.url, [JSON], b'{"max_tokens": 400}')
	for i in range(9):
		one.until(b"data: {}\n\n")
	one.close()
	spends(lab, 5 + 9)


def test_what_the_host_says_is_left(lab):
	"""Others use the key, too."""
	far = lab.origin(answers(usage(10), fields=[
	    ("x-ratelimit-remaining-tokens", "70000")]))
	lab.sluice(hosts=tokens())
	assert post(lab.client(), far, {"max_tokens": 40}).status == 200
	# it has not counted the answer yet when it says that
	wire.wait_until(lambda: 29950 <= spent(lab) <= 30010,
	    what="the others' tokens")


@pytest.mark.parametrize("fields", [[("Age", "60")],
    [("x-ratelimit-limit-tokens", "10000")]], ids=str)
def test_what_is_left_of_something_else(lab, fields):
	"""When a cache got it, or of another model."""
	far = lab.origin(answers(usage(10), fields=[
	    ("x-ratelimit-remaining-tokens", "7000"), *fields]))
	daemon = lab.sluice(hosts=tokens())
	for i in range(2):
		answer = post(lab.client(), far, {"max_tokens": 40})
		assert answer.status == 200
		spends(lab, 10 * (i + 1))
	assert daemon.err.text().count("it names a limit of 10000 for "
	    "\"tokens\"") == (fields[0][1] == "10000")


def test_sent_again(lab):
	"""Refused for a limit, it goes again with its body, and pays again."""
	bodies = []
	def handle(conn, req):
		bodies.append(req.body)
		if len(bodies) == 1:
			conn.reply(429, b"{}", [("Retry-After", "0")])
		else:
			conn.reply(200, usage(9), [JSON])
	far = lab.origin(handle)
	hosts = tokens()
	hosts["127.0.0.1"]["retry"] = {"methods": ["POST"]}
	lab.sluice(hosts=hosts)
	assert post(lab.client(), far, {"max_tokens": 40}).status == 200
	assert bodies[0] == bodies[1] == b'{"max_tokens": 40}'
	spends(lab, 45 + 9)


def test_a_host_that_is_not_there_has_counted_nothing(lab):
	port = lab.closed_port()
	lab.sluice(hosts=tokens())
	answer = lab.client().call("POST", f"http://127.0.0.1:{port}/", [JSON],
	    b'{"max_tokens": 40}')
	assert answer.status == 502
	spends(lab, 0)


@pytest.mark.parametrize("used", [900, 100])
@pytest.mark.parametrize("to", ["other limits", "another name",
    "another rule"])
def test_reload(lab, used, to):
	"""What is out then is settled as if nothing had happened."""
	gate = {}
	def handle(conn, req):
		gate["conn"] = conn
		wire.wait_until(lambda: "go" in gate, what="go")
		conn.reply(200, usage(used), [JSON])
	far = lab.origin(handle)
	daemon = lab.sluice(hosts=tokens())
	one = lab.client()
	one.ask("POST", far.url, [JSON], b'{"max_tokens": 400}')
	far.wait_requests(1)
	name = "all" if to == "another name" else "tokens"
	rates = SLOW if to != "other limits" else [{"capacity": 200000,
	    "period": "366d"}]
	hosts = tokens(rates, name=name)
	if to == "another rule":
		hosts = {f"127.0.0.1:{far.port}": hosts["127.0.0.1"]}
	daemon.reload(hosts=hosts)
	spends(lab, 405, name)
	gate["go"] = True
	assert one.response("POST").status == 200
	spends(lab, used, name)
	daemon.reload(hosts={"127.0.0.1": {"capacity": 10}})
	assert post(lab.client(), far, {}).status == 200


def test_explained(lab):
	"""What a request would take of each, and which one it would wait for."""
	far = lab.origin(answers(usage(900)))
	hosts = tokens([{"capacity": 1000, "period": "12h"}])
	hosts["127.0.0.1"]["queue"] = {"max_wait": "3h"}
	hosts["127.0.0.1"]["budgets"]["points"] = {"refuse": True,
	    "rates": [{"capacity": 50}], "reserve": {"input": "cost"}}
	daemon = lab.sluice(hosts=hosts)
	def explain(**asked):
		answer = lab.control().post("/v1/explain", {"url": far.url +
		    "/v1/x", **asked})
		assert answer.status == 200, answer.body
		return answer.json()
	body = '{"max_tokens": 200,\n"cost": 7}'
	told = explain(body=body)
	asked = -(-len(body) // 4)
	assert told["reserves"] == {"tokens": 200 + asked, "points": 7}
	assert told["decision"] == "go"
	assert "reserves" not in explain()
	assert "reserves" not in explain(body="{}", headers={
	    "Content-Type": "text/plain"})
	# without a size, or to be read before it goes: what stands for that
	assert explain(body="{}")["reserves"] == {"tokens": 301, "points": 0}
	assert post(lab.client(), far, {}).status == 200
	spends(lab, 900)
	told = explain(body=body)
	assert told["decision"] == "wait"
	assert "tokens" in told["says"]
	told = explain(body='{"cost": 51}')
	assert told["decision"] == "refuse"
	assert told["says"] == "it wants more of points than the whole of it"
	done = sluice.run("explain", far.url, "--data", body, "--socket",
	    daemon.control)
	assert f"reserves       {200 + asked} of tokens\n" in done.stdout
	assert told["learns"] == []


def test_explained_where_it_learns(lab):
	"""What was learned is each worker's, so no number is promised."""
	far = lab.origin(answers(usage(9)))
	hosts = tokens(reserve={**RESERVE, "learn": "p90"})
	hosts["127.0.0.1"]["budgets"]["points"] = {"rates": SLOW,
	    "reserve": {"input": "cost"}}
	daemon = lab.sluice(hosts=hosts)
	told = lab.control().post("/v1/explain", {"url": far.url + "/v1/x",
	    "body": '{"max_tokens": 200}'}).json()
	assert told["reserves"] == {"tokens": 205, "points": 0}
	assert told["learns"] == ["tokens"]
	done = sluice.run("explain", far.url, "--data", '{"max_tokens": 200}',
	    "--socket", daemon.control)
	assert "reserves       at most 205 of tokens, or less by what such " \
	    "requests have used\n" in done.stdout
	assert "reserves       0 of points\n" in done.stdout


@pytest.mark.parametrize("accepts, asked", [
    ("gzip;q=0, br", "identity"), ("gzip, *;q=0", "gzip, identity;q=0"),
    ("br, *;q=0", None), ("br, gzip;q=0, identity;q=0", None)])
def test_codings_that_are_refused(lab, accepts, asked):
	"""What a client does not take is not asked for in its name; where that
	leaves nothing that can be read, the answer is not."""
	far = lab.origin(answers(usage(20)))
	lab.sluice(hosts=tokens())
	answer = post(lab.client(), far, {"max_tokens": 5},
	    [("Accept-Encoding", accepts)])
	assert answer.status == 200
	assert far.requests[0].all("accept-encoding") == [asked or accepts]


def test_observed(lab):
	"""Nothing is held, refused or changed; what would be, is told."""
	far = lab.origin(answers(usage(20)))
	hosts = tokens([{"capacity": 1000, "period": "366d"}], refuse=True,
	    stream={"ask_usage": True})
	daemon = lab.sluice(hosts={"127.0.0.1": {"mode": "observe",
	    **hosts["127.0.0.1"]}})
	one = lab.client()
	fields = [("Accept-Encoding", "br")]
	body = {"max_tokens": 900, "stream": True}
	assert post(one, far, body, fields).status == 200
	assert far.requests[0].get("accept-encoding") == "br"
	assert json.loads(far.requests[0].body) == body
	# it is settled by what was used, so the next would go, too
	spends(lab, 20)
	assert post(one, far, {"max_tokens": 900}).status == 200
	spends(lab, 40)
	# one that never would
	assert post(one, far, {"max_tokens": 2000}).status == 200
	spends(lab, 40)
	line = daemon.out.wait(lambda line: "would have" in line)
	assert "1000 per 366d of tokens" in line


def test_metrics(lab):
	"""What was reserved, used, came back and is owed; what is left."""
	far = lab.origin(answers(usage(5), usage(1500), b"{}"))
	daemon = lab.sluice(hosts=tokens([{"capacity": 2000, "period":
	    "366d"}]))
	for cap in 1000, 20, 30:
		assert post(lab.client(), far, {"max_tokens": cap}).status == 200
	asked = [-(-len(r.body) // 4) for r in far.requests]
	spends(lab, 5 + 1500 + asked[2] + 30)
	def amounts():
		text = metrics.scrape(daemon)
		return {amount: text("sluice_budget_amount_total",
		    host="127.0.0.1", budget="tokens", amount=amount)
		    for amount in ("reserved", "used", "refunded", "owed")}
	# what was reserved is counted when it is settled
	wire.wait_until(lambda: amounts()["reserved"] == sum(asked) + 1050,
	    what=f"all that was reserved, not {amounts()}")
	text = metrics.scrape(daemon)
	assert metrics.promtool(text.text) == (0, "")
	assert amounts() == {"reserved": sum(asked) + 1050,
	    "used": 1505, "refunded": asked[0] + 1000 - 5,
	    "owed": 1500 - asked[1] - 20}
	assert round(text("sluice_budget_left", host="127.0.0.1",
	    budget="2000 per 366d of tokens")) == 2000 - 1505 - asked[2] - 30


def test_learned(lab):
	far = lab.origin(llm.Llm())
	reserve = {**RESERVE, "learn": "p90"}
	lab.sluice(hosts=tokens(reserve=reserve), workers=1)
	one = lab.client()
	for i in range(10):
		post(one, far, {"model": "a", "max_tokens": 9000,
		    "user": "use=30"})
	before = sum(-(-len(r.body) // 4) + 30 for r in far.requests)
	spends(lab, before)
	far.handler = lambda conn, req: conn.wait_gone()
	for model, amount in ("a", 30), ("b", 9000):
		body = json.dumps({"model": model, "max_tokens": 9000})
		before += -(-len(body) // 4) + amount
		two = lab.client()
		two.ask("POST", far.url + "/v1/chat/completions?x=1", [JSON],
		    body)
		spends(lab, before)
		far.wait_requests(11 if model == "a" else 12)
		two.close()


def cases(**kinds):
	return pytest.mark.parametrize("path, body, amount", kinds.values(),
	    ids=kinds)


@cases(same=("/v1/small?x=1", {"n": 3}, 61),
    path=("/v1/large", {"n": 3}, 6000),
    n=("/v1/small", {"n": 2}, 4000),
    model=("/v1/small", {"n": 3, "model": "b"}, 6000),
    less=("/v1/small", {"n": 3, "max_tokens": 10}, 30))
def test_learned_of_its_kind(lab, path, body, amount):
	"""All n answers together have used that, at that path."""
	far = lab.origin(answers(usage(61)))
	lab.sluice(hosts=tokens(reserve={"output": "max_tokens",
	    "learn": "p90"}), workers=1)
	kind = {"model": "a", "max_tokens": 2000, "n": 3}
	for _ in range(12):
		post(lab.client(), far, kind, path="/v1/small")
	spends(lab, 12 * 61)
	far.handler = lambda conn, req: conn.wait_gone()
	one = lab.client()
	one.ask("POST", far.url + path, [JSON], json.dumps({**kind, **body}))
	spends(lab, 12 * 61 + amount)
	one.close()
