# SPDX-License-Identifier: ISC
"""Bodies say that a request was refused for a limit, and for how long.

What came of a refusal the second request tells: it went, or is told for
how long it would have to wait.
"""
import gzip
import json
import threading
import time
import zlib

import pytest

import origin
import wire

SOON = {"queue": {"max_wait": "10ms"}, "retry": {"attempts": 0}}
JSON = ("Content-Type", "application/json")
GITHUB = ("X-GitHub-Request-Id", "C0DE:1")
SECONDARY = json.dumps({"message": "You have exceeded a secondary rate "
    "limit. Please wait a few minutes before you try again."})
GOOGLE = json.dumps({"error": {"code": 403, "errors": [{"domain":
    "usageLimits", "reason": "rateLimitExceeded"}]}})
RETRY_INFO = json.dumps([{"error": {"code": 429, "details": [{"@type":
    "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "23.4s"}]}}])
SHOPIFY = json.dumps({"errors": [{"message": "Throttled", "extensions":
    {"code": "THROTTLED"}}], "extensions": {"cost": {
    "requestedQueryCost": 700, "throttleStatus": {"maximumAvailable": 1000.0,
    "currentlyAvailable": 100, "restoreRate": 50.0}}}})
TOKENS = json.dumps({"error": {"message": "WHAT on tokens per minute (TPM): "
    "Limit 6000, HOW", "type": "tokens", "code": "rate_limit_exceeded"}})
LARGE = TOKENS.replace("WHAT", "Request too large for model `m`").replace(
    "HOW", "Requested 12328, please reduce your message size and try again.")
SHORT = TOKENS.replace("WHAT", "Rate limit reached for model `m`").replace(
    "HOW", "Used 5034, Requested 1443. Please try again in 43s.")
LEFT = [("x-ratelimit-remaining-tokens", "966"),
    ("x-ratelimit-limit-tokens", "6000"), ("x-ratelimit-reset-tokens", "50s")]


def said(status, body, *fields, **keys):
	return origin.fixed(status, body=body, fields=fields, **keys)


def held(lab, reply, path="/", rule=None, method="GET"):
	"""The answer to a request, and for how long (s) the next is held."""
	far = lab.origin(origin.sequence(reply, origin.fixed()))
	lab.sluice(hosts={"127.0.0.1": {**SOON, "learn": "pause",
	    **(rule or {})}})
	first = lab.client().call(method, far.url + path)
	second = lab.get(far.url + "/second")
	if second.status == 200:
		return first, 0
	assert second.status == 429 and len(far.requests) == 1
	return first, int(second.get("retry-after"))


VENDORS = {
	# https://github.com/googleapis/google-api-python-client/issues/170
	"google": (403, GOOGLE, [JSON], "/", 5),
	# https://github.com/dcdpr/jp/pull/1061
	"gemini": (429, RETRY_INFO, [JSON], "/v1beta/models/m", 24),
	"gemini-503": (503, RETRY_INFO, [JSON], "/v1beta/models/m", 24),
	# https://github.com/hub4j/github-api/issues/2009
	"github": (403, SECONDARY, [GITHUB, JSON], "/search", 60),
	"github-other": (403, SECONDARY.replace("secondary", "some"),
	    [GITHUB, JSON], "/search", 0),
	# https://github.com/octokit/plugin-throttling.js/issues/632
	"github-graphql": (200, '{"errors":[{"type":"RATE_LIMITED"}]}',
	    [GITHUB, JSON], "/graphql", 60),
	# https://github.com/Shopify/cli/pull/8317
	"shopify": (200, SHOPIFY, [JSON], "/graphql.json", 12),
	"shopify-alike": (200, SHOPIFY, [JSON], "/graphql", 12),
	"shopify-elsewhere": (200, SHOPIFY, [JSON], "/query", 0),
	# https://github.com/aws/aws-sdk-php/pull/62
	"aws": (400, '{"__type":"com.example#ThrottlingException"}',
	    [("Content-Type", "application/x-amz-json-1.0")], "/", 5),
	"aws-other": (400, '{"__type":"com.example#ValidationException"}',
	    [("Content-Type", "application/x-amz-json-1.0")], "/", 0),
	# https://github.com/s3fs-fuse/s3fs-fuse/issues/603
	"s3": (503, "<Error><Code>SlowDown</Code></Error>",
	    [("x-amz-request-id", "1"), ("Content-Type", "application/xml")],
	    "/key", 5),
	"salesforce": (403, '[{"errorCode":"REQUEST_LIMIT_EXCEEDED"}]', [JSON],
	    "/services", 5),
	# https://github.com/thephpleague/flysystem-aws-s3-v3/issues/278
	"s3-alike": (503, '<?xml version="1.0"?><Error><Code>SlowDown</Code>'
	    "<Message>Reduce your request rate.</Message></Error>",
	    [("Content-Type", "application/xml")], "/key", 5),
	# https://github.com/e-dream-ai/client/issues/535
	"a-sentence-behind": (400, '{"success":false,"message":"Rate limit '
	    'exceeded. See the docs for more"}', [JSON], "/", 5),
	# https://api.stackexchange.com/docs/throttle
	"words": (400, '{"error_id":502,"error_message":"too many requests '
	    'from this IP, more requests available in 43 seconds",'
	    '"error_name":"throttle_violation"}', [JSON], "/2.3/info", 43),
	# https://github.com/ccxt/ccxt/issues/14639
	"words-of-an-instant": (429, '{"code":-1003,"msg":"IP banned until '
	    'INSTANT. Please"}', [JSON], "/", 300),
	# https://github.com/wso2/carbon-apimgt/pull/7059
	"a-key-of-its-own": (429, '{"fault":{"cooldown":"00:00:43"}}', [JSON],
	    "/", 43),
	# https://github.com/pelias/pelias/issues/74
	"openstack": (413, '{"overLimit":{"code":413,"message":"OverLimit '
	    'Retry...","retryAfter":43}}', [JSON], "/v2/servers", 43),
	# https://console.groq.com/docs/rate-limits
	"asks-for-too-much": (413, LARGE, [JSON], "/openai/v1/x", 0),
	"asks-for-too-much-429": (429, LARGE, [JSON, *LEFT], "/v1/x", 0),
	"asks-for-too-much-by-a-time": (429, LARGE, [JSON, *LEFT,
	    ("Retry-After", "40")], "/v1/x", 0),
	"asks-for-too-much-now": (429, SHORT, [JSON, *LEFT], "/v1/x", 43),
	"too-large": (413, '{"error":{"code":413,"message":"Too large"}}',
	    [JSON, ("Retry-After", "43")], "/", 0),
}


@pytest.mark.parametrize("name", VENDORS)
def test_vendors(lab, name):
	status, body, fields, path, seconds = VENDORS[name]
	# beside a Date in whole seconds it is up to a second further off
	body = body.replace("INSTANT", str(int((time.time() + seconds - 1) *
	    1000)))
	first, got = held(lab, said(status, body, *fields), path)
	assert (first.status, first.body) == (status, body.encode())
	assert max(0, seconds - 2) <= got <= seconds


@pytest.mark.parametrize("name", ["google", "shopify", "github"])
def test_nothing_is_learned_where_that_is_off(lab, name):
	status, body, fields, path, _ = VENDORS[name]
	_, got = held(lab, said(status, body, *fields), path,
	    {"learn": "off"})
	assert got == 0


def test_statuses_that_are_not_to_pause_do_not(lab):
	_, got = held(lab, said(429, RETRY_INFO, JSON), rule={"pause":
	    {"statuses": [503]}})
	assert got == 0


def test_a_code_that_is_a_number(lab):
	"""VK and others have no words for it; 200 whatever happens."""
	rule = {"pause": {"default": "9s", "bodies": [{"status": 200,
	    "json": "error.error_code", "in": [6]}]}}
	for code, seconds in ((6, 9), (5, 0)):
		_, got = held(lab, said(200, json.dumps({"error":
		    {"error_code": code}}), JSON), rule=rule)
		assert max(0, seconds - 2) <= got <= seconds


@pytest.mark.parametrize("status", [403, 200, 498])
def test_configured(lab, status):
	rule = {"learn": "off", "pause": {"bodies": [{"status": [status],
	    "json": "error.code", "in": ["slow"], "delay": "error.wait",
	    "default": "9s"}]}}
	for error, seconds in (({"code": "slow", "wait": 40}, 40),
	    ({"code": "slow"}, 9), ({"code": "fast", "wait": 40}, 0)):
		_, got = held(lab, said(status, json.dumps({"error": error}),
		    JSON), rule=rule)
		assert max(0, seconds - 2) <= got <= seconds


def test_configured_goes_before_what_is_built_in(lab):
	rule = {"pause": {"bodies": [{"status": 403, "contains":
	    "SECONDARY RATE LIMIT", "default": "20s"}]}}
	_, got = held(lab, said(403, SECONDARY, GITHUB, JSON), rule=rule)
	assert 18 <= got <= 20


def test_for_some_paths(lab):
	rule = {"pause": {"bodies": [{"status": 200, "path": "/query/*",
	    "json": "slow", "delay": {"need": "n", "have": "h",
	    "rate": "r"}}]}}
	body = '{"slow": true, "n": 90, "h": 10, "r": 2}'
	_, got = held(lab, said(200, body, JSON), "/query/1", rule)
	assert 38 <= got <= 40
	_, got = held(lab, said(200, body, JSON), "/other", rule)
	assert got == 0


def test_retry_after_of_the_head_counts_too(lab):
	_, got = held(lab, said(403, GOOGLE, JSON, ("Retry-After", "30")))
	assert 28 <= got <= 30


def raw_deflate(body):
	z = zlib.compressobj(wbits=-15)
	return z.compress(body) + z.flush()


CODINGS = {
	"gzip": ("gzip", gzip.compress),
	"x-gzip": ("x-gzip", gzip.compress),
	"zlib": ("deflate", zlib.compress),
	"deflate": ("deflate", raw_deflate),
	"two-members": ("gzip", lambda body: gzip.compress(body[:20])
	    + gzip.compress(body[20:])),
}


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("name", CODINGS)
def test_codings(lab, name, chunked):
	coding, encode = CODINGS[name]
	body = encode(SECONDARY.encode())
	first, got = held(lab, said(403, body, GITHUB, JSON,
	    ("Content-Encoding", coding), chunked=chunked))
	assert first.body == body
	assert 58 <= got <= 60


def test_until_close(lab):
	def reply(conn, req):
		conn.reply(403, fields=[JSON], length=False)
		conn.send(GOOGLE.encode())
		conn.end()
	first, got = held(lab, reply)
	assert first.body == GOOGLE.encode()
	assert 3 <= got <= 5


def test_in_single_bytes(lab):
	def reply(conn, req):
		conn.send(b"HTTP/1.1 429 Slow\r\nTransfer-Encoding: chunked\r\n"
		    b"Content-Type: application/json\r\n\r\n")
		for i in range(len(RETRY_INFO)):
			conn.send(b"1\r\n%c\r\n" % RETRY_INFO.encode()[i])
		conn.send(b"0\r\nX-End: yes\r\n\r\n")
	first, got = held(lab, reply)
	assert first.body == RETRY_INFO.encode()
	assert 21 <= got <= 24


@pytest.mark.parametrize("body", [b"", b"x" * 65535, b"x" * 65536,
    b"x" * 65537, b"x" * 300000, bytes(range(256)) * 500],
    ids=["empty", "less", "as-much", "more", "much", "binary"])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_whatever_it_is_it_comes_as_it_was(lab, body, chunked):
	first, got = held(lab, said(403, body, GITHUB, chunked=chunked))
	assert first.status == 403 and first.body == body and first.whole
	assert got == 0


def test_a_bomb(lab):
	body = gzip.compress(b" " * (64 << 20) + SECONDARY.encode())
	first, got = held(lab, said(403, body, GITHUB, JSON,
	    ("Content-Encoding", "gzip")))
	assert first.body == body and got == 0


@pytest.mark.parametrize("type", ["text/event-stream",
    "application/x-ndjson", "multipart/mixed; boundary=x"])
def test_streams_are_not_held_back(lab, type):
	gate = origin.Gate(lambda conn, req: conn.send(b"5\r\nworld\r\n"
	    b"0\r\n\r\n"))

	def reply(conn, req):
		conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
		    b"Content-Type: %s\r\n\r\n5\r\nhello\r\n" % type.encode())
		gate(conn, req)
	far = lab.origin(reply)
	lab.sluice(hosts={"127.0.0.1": {"pause": {"bodies": [
	    {"status": 200, "json": "a"}]}}})
	one = lab.client().ask("GET", far.url + "/graphql.json")
	assert one.head().status == 200
	gate.open()


def test_an_answer_that_no_rule_is_for_is_not_held_back(lab):
	"""Success or error, JSON or not, here are no rules."""
	gate = origin.Gate(lambda conn, req: conn.send(b"}"))

	def reply(conn, req):
		conn.send(b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n"
		    b"Content-Type: application/json\r\n\r\n{" %
		    int(req.target[1:]))
		gate(conn, req)
	far = lab.origin(reply)
	lab.sluice(hosts={"127.0.0.1": {**SOON, "pause": {"statuses": [503]}}})
	for status in (200, 404, 429, 502):
		one = lab.client().ask("GET", f"{far.url}/{status}")
		assert one.head().status == status
		gate.let()


def test_who_stops_in_the_middle_is_relayed_in_time(lab):
	"""A refusal whose body does not come is not waited for for long."""
	gate = origin.Gate(lambda conn, req: conn.send(b"12345"))

	def reply(conn, req):
		conn.send(b"HTTP/1.1 429 Slow\r\n"
		    b"Content-Length: 10\r\n\r\n12345")
		gate(conn, req)
	far = lab.origin(origin.sequence(reply, origin.fixed()))
	lab.sluice(hosts={"127.0.0.1": {**SOON, "learn": "pause",
	    "pause": {"default": "50s"}}})
	one = lab.client().ask("GET", far.url + "/")
	assert one.head().status == 429
	answer = lab.get(far.url + "/")
	assert answer.status == 429
	assert 45 <= int(answer.get("retry-after")) <= 50
	gate.open()


def test_an_error_that_stops_in_the_middle(lab):
	"""It is held back as long as a connection may be idle, no longer."""
	gate = origin.Gate(lambda conn, req: conn.send(b"12345"))

	def reply(conn, req):
		conn.send(b"HTTP/1.1 403 No\r\nContent-Length: 10\r\n\r\n12345")
		gate(conn, req)
	far = lab.origin(origin.sequence(reply, origin.fixed()))
	lab.sluice(hosts={"127.0.0.1": SOON}, timeouts={"idle": "300ms"})
	one = lab.client().ask("GET", far.url + "/")
	assert one.head().status == 403
	gate.open()


@pytest.mark.parametrize("how", ["end", "abort"])
def test_a_cut_is_a_cut(lab, how):
	def reply(conn, req):
		conn.send(b"HTTP/1.1 403 No\r\nContent-Length: 99\r\n"
		    b"X-GitHub-Request-Id: 1\r\n\r\n" + SECONDARY.encode()[:60])
		getattr(conn, how)()
	far = lab.origin(origin.sequence(reply, origin.fixed()))
	lab.sluice(hosts={"127.0.0.1": SOON})
	one = lab.client().ask("GET", far.url + "/").response()
	assert one.status == 403 and not one.whole
	# what there was of it said enough
	answer = lab.get(far.url + "/")
	assert answer.status == 429 and int(answer.get("retry-after")) > 50


@pytest.mark.parametrize("status", [403, 429])
def test_a_client_that_goes_away_meanwhile(lab, status):
	"""A refusal is one all the same; what nobody knows is none."""
	gate = origin.Gate(lambda conn, req: conn.send(b"12345"))

	def reply(conn, req):
		conn.send(b"HTTP/1.1 %d X\r\nContent-Length: 10\r\n"
		    b"\r\n12345" % status)
		gate(conn, req)
	far = lab.origin(origin.sequence(reply, origin.fixed()))
	lab.sluice(hosts={"127.0.0.1": {**SOON, "concurrency": 1,
	    "learn": "pause", "pause": {"default": "50s"}}})
	one = lab.client().ask("GET", far.url + "/")
	wire.wait_until(lambda: gate.held == 1, what="the head")
	one.close()

	def told():
		answer = lab.get(far.url + "/")
		return answer.status == 200 or \
		    int(answer.get("retry-after")) > 40
	wire.wait_until(told, what="an end")
	assert len(far.requests) == (2 if status == 403 else 1)
	gate.open()


def again(lab, reply, method="GET", body=None, **rule):
	far = lab.origin(origin.sequence(reply, origin.echo))
	lab.sluice(hosts={"127.0.0.1": {"pause": {"default": "30ms"},
	    "retry": {"statuses": [403]}, **rule}})
	return far, lab.client().call(method, far.url + "/", body=body)


def test_it_is_sent_again(lab):
	far, answer = again(lab, said(403, GOOGLE, JSON))
	assert answer.status == 200 and len(far.requests) == 2
	assert "sent again 1 time" in answer.get("proxy-status")


def test_a_body_is_sent_again(lab):
	far, answer = again(lab, said(403, GOOGLE, JSON), "PUT", b"b" * 70000)
	assert answer.body == b"b" * 70000 and len(far.requests) == 2


@pytest.mark.parametrize("retry", [{}, {"statuses": []},
    {"statuses": [403], "attempts": 0},
    {"statuses": [403], "methods": ["PUT"]}],
    ids=["default", "statuses", "attempts", "methods"])
def test_it_is_not_sent_again(lab, retry):
	far, answer = again(lab, said(403, GOOGLE, JSON), retry=retry)
	assert answer.status == 403 and answer.body == GOOGLE.encode()
	assert len(far.requests) == 1


def test_it_is_sent_again_over_and_over(lab):
	"""The last refusal is relayed; its connection stays usable."""
	far = lab.origin(said(403, GOOGLE, JSON))
	lab.sluice(hosts={"127.0.0.1": {"pause": {"default": "10ms"},
	    "learn": "pause", "retry": {"attempts": 3, "statuses": [403]}}})
	answer = lab.get(far.url + "/")
	assert answer.status == 403 and answer.body == GOOGLE.encode()
	assert len(far.requests) == 4 and len(far.conns) == 1


def test_what_is_sent_again_is_in_order(lab):
	"""Twenty at once, with bodies; each gets its own answer."""
	lock = threading.Lock()
	seen = set()

	def handle(conn, req):
		with lock:
			new = req.target not in seen
			seen.add(req.target)
		if new:
			conn.reply(403, body=GOOGLE, fields=[JSON],
			    chunked=len(seen) % 2 == 0)
		else:
			conn.reply(body=req.target.encode() + req.body)
	far = lab.origin(handle)
	lab.sluice(hosts={"127.0.0.1": {"pause": {"default": "5ms",
	    "max": "40ms"}, "retry": {"attempts": 10, "statuses": [403]}}})
	clients = [lab.client().ask("PUT", f"{far.url}/{i}",
	    body=b"%d" % i * 100) for i in range(20)]
	for i, one in enumerate(clients):
		assert one.response().body == b"/%d" % i + b"%d" % i * 100


def test_an_upload_that_is_refused_early(lab):
	"""The refusal comes while the body is still on its way."""
	far = lab.origin(origin.sequence(said(403, GOOGLE, JSON),
	    origin.fixed()), read_body=False)
	lab.sluice(hosts={"127.0.0.1": {**SOON, "learn": "pause"}})
	one = lab.client()
	one.send(b"PUT %s/ HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"
	    b"12345" % far.url.encode())
	answer = one.response()
	assert answer.status == 403 and answer.body == GOOGLE.encode()
	answer = lab.get(far.url + "/")
	assert answer.status == 429 and 3 <= int(answer.get("retry-after")) <= 5


def test_old_clients(lab):
	far = lab.origin(said(403, GOOGLE, JSON, chunked=True))
	lab.sluice(hosts={"127.0.0.1": SOON})
	one = lab.client()
	one.send(b"GET %s/ HTTP/1.0\r\n\r\n" % far.url.encode())
	assert one.rest().endswith(b"\r\n\r\n" + GOOGLE.encode())


def test_head_has_no_body(lab):
	far = lab.origin(said(403, GOOGLE, JSON))
	lab.sluice(hosts={"127.0.0.1": SOON})
	began = time.monotonic()
	assert lab.client().call("HEAD", far.url + "/").status == 403
	assert time.monotonic() - began < 5 * wire.SLOW
