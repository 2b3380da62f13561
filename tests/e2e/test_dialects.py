# SPDX-License-Identifier: ISC
"""Fields that nobody has listed are understood by their form.

Each row is a public report of a host, or of a client that met one: what it
answered, and for how long (s) it is then left alone.
"""
import time

import pytest

import origin

RULE = {"queue": {"max_wait": "10ms"}, "retry": {"attempts": 0},
    "learn": "pause", "pause": {"default": "7s", "max": "100s"}}


def ahead(seconds, factor=1):
	return lambda: str(int((time.time() + seconds) * factor))


SAID = {
    # https://github.com/pubg/api-documentation-content/issues/61
    "nanoseconds": (200, [("X-RateLimit-Limit", "10"),
	("X-RateLimit-Remaining", "0"),
	("X-RateLimit-Reset", ahead(30, 10 ** 9))], 30),
    # https://github.com/Kong/kong/issues/14353
    "joined": (200, [("X-RateLimit-Remaining", "59, 0"),
	("X-RateLimit-Reset", "12, 30")], 30),
    "joined-delay": (429, [("Retry-After", "30, 20")], 30),
    # https://github.com/AniList/docs/issues/20
    "reset-alone": (429, [("X-RateLimit-Limit", "90"),
	("X-RateLimit-Reset", ahead(30))], 30),
    # https://github.com/bigcommerce/node-bigcommerce/pull/5
    "reset-ms": (200, [("X-Rate-Limit-Requests-Left", "0"),
	("X-Rate-Limit-Requests-Quota", "150"),
	("X-Rate-Limit-Time-Reset-Ms", "30000")], 30),
    # https://github.com/eveseat/seat/issues/545
    "error-limit": (404, [("X-ESI-Error-Limit-Remain", "0"),
	("X-ESI-Error-Limit-Reset", "30")], 30),
    # https://github.com/MarcGiffing/bucket4j-spring-boot-starter/issues/86
    "retry-after-seconds": (429,
	[("X-Rate-Limit-Retry-After-Seconds", "30")], 30),
    # https://github.com/trello-archive/api-docs/issues/147
    "interval": (429, [("x-rate-limit-api-token-interval-ms", "30000"),
	("x-rate-limit-api-token-max", "100"),
	("x-rate-limit-api-token-remaining", "0"),
	("x-rate-limit-api-key-max", "300"),
	("x-rate-limit-api-key-remaining", "299")], 30),
    # https://github.com/aws/aws-sdk-php/pull/62
    "error-type": (400, [("X-Amzn-ErrorType", "ThrottlingException")], 7),
    # https://github.com/octokit/plugin-throttling.js/issues/632
    "delay-with-200": (200, [("X-GitHub-Request-Id", "C0DE:1"),
	("Retry-After", "30"), ("X-RateLimit-Limit", "5000"),
	("X-RateLimit-Remaining", "4000")], 30),
    # https://github.com/microsoft/azure-devops-rust-api/issues/309
    "not-github": (429, [("X-RateLimit-Resource", "AzureDevOps/TSTUs")], 7),
    # https://github.com/mike4aday/SwiftlySalesforce/issues/29
    "no-rights": (403, [("Sforce-Limit-Info", "api-usage=15100/15000")], 0),
    "no-limit": (200, [("Upload-Limit", "0"), ("X-Reset-Password", "30"),
	("Access-Control-Max-Age", "0")], 0),
    "far": (200, [("RateLimit-Remaining", "0"),
	("RateLimit-Reset", "9999-12-31T23:59:59Z")], 0),
}


@pytest.mark.parametrize("name", SAID)
def test_unlisted(lab, name):
	status, fields, seconds = SAID[name]
	fields = [(k, v() if callable(v) else v) for k, v in fields]
	far = lab.origin(origin.sequence(origin.fixed(status, fields=fields),
	    origin.fixed()))
	lab.sluice(hosts={"127.0.0.1": RULE})
	assert lab.get(far.url + "/").status == status
	answer = lab.get(far.url + "/")
	if seconds == 0:
		assert answer.status == 200
	else:
		assert answer.status == 429
		assert seconds - 3 <= int(answer.get("retry-after")) \
		    <= seconds + 1


@pytest.mark.parametrize("status", [403, 503, 520])
def test_a_status_that_the_rule_names_has_its_reset(lab, status):
	"""Not only those that are refusals by themselves."""
	far = lab.origin(origin.sequence(origin.fixed(status,
	    fields=[("X-RateLimit-Reset", "30")]), origin.fixed()))
	lab.sluice(hosts={"127.0.0.1": {**RULE, "pause": {
	    "statuses": [status], "default": "7s"}}})
	assert lab.get(far.url + "/").status == status
	assert 28 <= int(lab.get(far.url + "/").get("retry-after")) <= 30


@pytest.mark.parametrize("name", ["X-Should-Retry", "Stripe-Should-Retry"])
def test_what_shall_not_be_sent_again(lab, name):
	"""It is relayed at once.

	https://github.com/anthropics/anthropic-sdk-python/pull/1692
	"""
	far = lab.origin(origin.fixed(429, fields=[(name, "false")]))
	lab.sluice(hosts={"127.0.0.1": {"pause": {"default": "100ms"}}})
	assert lab.get(far.url + "/").status == 429
	assert len(far.requests) == 1


@pytest.mark.parametrize("name, value, shown", [
    ("X-RateLimit-Reset", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ("Retry-After", "x" * 100, "x" * 64 + "..."),
    ("Retry-After", "a\tb", "a?b")])
def test_what_is_of_no_use_is_said_once(lab, name, value, shown):
	far = lab.origin(origin.fixed(fields=[(name, value)]))
	daemon = lab.sluice(hosts={"127.0.0.1": RULE})
	for _ in range(3):
		assert lab.get(far.url + "/").status == 200
	daemon.err.wait("127.0.0.1: ignored, ")
	line, = [line for line in daemon.err.text().splitlines()
	    if ": ignored, " in line]
	assert line.endswith(f": {name}: {shown}")
