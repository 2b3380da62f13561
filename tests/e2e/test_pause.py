# SPDX-License-Identifier: ISC
"""A host that says "later" is left alone by everyone until then.

Most tests set a tiny max_wait: what comes while the pause lasts is then
refused at once, and the refusal's Retry-After tells the pause's length.
"""
import json
import time

import pytest

import origin
import wire

NO_RETRY = {"retry": {"attempts": 0}}
DATE = "Tue, 15 Nov 1994 12:45:26 GMT"


def paused(lab, reply, then=None, **keys):
	"""A sluice before an origin whose first answer is the given one."""
	far = lab.origin(origin.sequence(reply, then or origin.fixed()))
	rule = {"queue": {"max_wait": "10ms"}, "learn": "pause", **NO_RETRY,
	    **keys}
	lab.sluice(hosts={"127.0.0.1": rule})
	return far


def later(status=429, *values, date=DATE):
	return origin.fixed(status, body="slow down",
	    fields=[("Date", date)] + [("Retry-After", v) for v in values])


def left(lab, far):
	"""Seconds that a second request would have to wait; 0: it went."""
	before = len(far.requests)
	answer = lab.get(far.url + "/second")
	if answer.status == 200:
		assert len(far.requests) == before + 1
		return 0
	assert answer.status == 429
	assert answer.get("content-type") == "application/problem+json"
	assert len(far.requests) == before
	return int(answer.get("retry-after"))


FORMS = [
	("120", 120), ("0120", 120), ("1.5", 2), ("0.2", None),
	("Tue, 15 Nov 1994 12:47:26 GMT", 120),
	("Tuesday, 15-Nov-94 12:47:26 GMT", 120),
	("Tue Nov 15 12:47:26 1994", 120),
	("Tue, 15 Nov 1994 12:44:26 GMT", 0),
	("0", 0),
	("10000000", 3600), ("1m30s", 90), ("5, 120, 30", 120),
	("784903766", 3600),			# so many seconds
	("Tue, 15 Nov 1994 12:47:26 UTC", 120), ("2 minutes", 120),
	("PT2M", 120), ("1.2e2", 120),
	# The same instant in all that it may be counted in.
	("1700000120", 120, "Tue, 14 Nov 2023 22:13:20 GMT"),
	("1700000120000", 120, "Tue, 14 Nov 2023 22:13:20 GMT"),
	("1700000120000000", 120, "Tue, 14 Nov 2023 22:13:20 GMT"),
	("1700000120000000000", 120, "Tue, 14 Nov 2023 22:13:20 GMT"),
	# What is no time counts as absent: pause.default is 7 s.
	("-1", 7), ("soon", 7), ("", 7), ("+5", 7), ("0x10", 7), ("1e", 7),
	("5 s", 7), ("Tue, 32 Nov 1994 12:47:26 GMT", 7), ("nan", 7),
	("inf", 7), ("1.2.3", 7),
	# Nor is an instant more than a year away.
	("1" + "0" * 30, 7), ("99999999999999999999", 7), ("1700000120", 7),
	("Fri, 31 Dec 9999 23:59:59 GMT", 7),
]


@pytest.mark.parametrize("value, seconds, date",
    [(*form, DATE)[:3] for form in FORMS])
def test_retry_after(lab, value, seconds, date):
	far = paused(lab, later(429, value, date=date),
	    pause={"default": "7s"})
	first = lab.get(far.url + "/first")
	# The client sees the origin's answer as it is.
	assert (first.status, first.body) == (429, b"slow down")
	assert first.get("retry-after") == value
	assert "received-status=429" in first.get("proxy-status", "")
	got = left(lab, far)
	if seconds is None:
		assert got <= 1
	else:
		assert max(0, seconds - 2) <= got <= seconds


@pytest.mark.parametrize("row", [row for row in FORMS
    if row[1] is not None and row[1] > 7])
def test_retry_after_where_limits_are_learned(lab, row):
	"""What is named is obeyed, too, where pause.default is of no use."""
	value, seconds, *date = row
	far = paused(lab, later(429, value, date=date[0] if date else DATE),
	    learn="estimate")
	assert lab.get(far.url + "/first").status == 429
	assert seconds - 2 <= left(lab, far) <= seconds


@pytest.mark.parametrize("pause, seconds", [
    ({"default": "30s"}, 0),
    ({"default": "30s", "statuses": [429]}, 0),
    ({"default": "30s", "statuses": [{"status": 429, "default": "9s"}]}, 9)])
def test_without_a_time_where_limits_are_learned(lab, pause, seconds):
	"""A time of just this refusal's is waited for, but not any one's."""
	far = paused(lab, later(429), pause=pause, learn="estimate",
	    queue={"max_wait": "2s"})
	assert lab.get(far.url + "/first").status == 429
	assert max(0, seconds - 2) <= left(lab, far) <= seconds


@pytest.mark.parametrize("values, seconds", [
    (["5", "120", "30"], 120), (["junk", "30"], 30), (["30", "junk"], 30),
    (["120", "Tue, 15 Nov 1994 12:46:26 GMT"], 120)])
def test_several_retry_afters(lab, values, seconds):
	far = paused(lab, later(429, *values))
	assert lab.get(far.url + "/").status == 429
	assert seconds - 2 <= left(lab, far) <= seconds


def test_date_without_date(lab):
	"""Measured against our own clock where the origin shows none."""
	when = time.strftime("%a, %d %b %Y %H:%M:%S GMT",
	    time.gmtime(time.time() + 300))
	far = paused(lab, origin.fixed(429, fields=[("Retry-After", when)]))
	assert lab.get(far.url + "/").status == 429
	assert 290 <= left(lab, far) <= 301


def test_pause_max(lab):
	far = paused(lab, later(429, "500"), pause={"max": "100s"})
	assert lab.get(far.url + "/").status == 429
	assert 98 <= left(lab, far) <= 100


@pytest.mark.parametrize("values, seconds", [((), 5), (("60",), 60)])
def test_429(lab, values, seconds):
	far = paused(lab, later(429, *values))
	assert lab.get(far.url + "/").status == 429
	assert seconds - 2 <= left(lab, far) <= seconds


@pytest.mark.parametrize("status, values, seconds", [
    (503, (), 0), (503, ("60",), 60), (200, ("60",), 0), (500, ("60",), 0),
    (403, (), 0), (403, ("60",), 60)])
def test_other_statuses(lab, status, values, seconds):
	far = paused(lab, later(status, *values))
	assert lab.get(far.url + "/").status == status
	assert max(0, seconds - 2) <= left(lab, far) <= seconds


def test_a_403_without_learning(lab):
	"""That a 403 with a time is for a limit is a thing of its fields."""
	far = paused(lab, later(403, "60"), learn="off")
	assert lab.get(far.url + "/").status == 403
	assert left(lab, far) == 0


def test_statuses_are_configured(lab):
	far = paused(lab, later(403, "60"), pause={"statuses": [403]})
	assert lab.get(far.url + "/").status == 403
	assert 58 <= left(lab, far) <= 60


def test_status_that_is_not_configured(lab):
	far = paused(lab, later(429, "60"), pause={"statuses": [503]})
	assert lab.get(far.url + "/").status == 429
	assert left(lab, far) == 0


@pytest.mark.parametrize("status", [403, 498, 503, 504])
@pytest.mark.parametrize("own, seconds", [(None, 30), ("9s", 9), ("off", 0)])
def test_statuses_without_a_word(lab, status, own, seconds):
	"""What is named refuses, whether or not it says for how long.

	https://github.com/s3fs-fuse/s3fs-fuse/issues/603
	https://github.com/scrapy/scrapy/issues/6458
	https://github.com/daniel3303/Equibles/pull/3357
	https://github.com/digitalocean/nginxconfig.io/issues/377
	"""
	named = {"status": status, "default": own} if own else status
	far = paused(lab, later(status), pause={"default": "30s",
	    "statuses": [named]})
	assert lab.get(far.url + "/").status == status
	assert max(0, seconds - 2) <= left(lab, far) <= seconds


@pytest.mark.parametrize("pause", [{"status": 503, "default": "20ms"}, 503])
def test_a_named_status_is_sent_again(lab, pause):
	far = lab.origin(origin.sequence(later(503), origin.fixed()))
	lab.sluice(defaults={"pause": {"statuses": [pause],
	    "default": "30ms"}})
	assert lab.get(far.url + "/").status == 200


def test_a_429_that_is_off(lab):
	"""Without a word it does not pause; with one it does."""
	far = paused(lab, later(429), later(429, "60"), pause={"statuses":
	    [{"status": 429, "default": "off"}]})
	assert [lab.get(far.url + "/").status for _ in range(2)] == [429] * 2
	assert 58 <= left(lab, far) <= 60


def test_a_pause_is_waited_out(lab):
	far = lab.origin(origin.sequence(later(429, "1"), origin.fixed()))
	lab.sluice(defaults=NO_RETRY)
	assert lab.get(far.url + "/").status == 429
	clients = [lab.client().ask("GET", far.url + "/") for _ in range(5)]
	for one in clients:
		assert one.response().status == 200
	times = far.times()
	assert all(0.95 <= t < 1 + 3 * wire.SLOW for t in times[1:])


def test_everyone_is_paused_and_no_other_host(lab):
	far = paused(lab, later(429, "60"))
	other = lab.origin()
	assert lab.get(far.url + "/").status == 429
	for _ in range(3):
		assert 55 <= left(lab, far) <= 60
	url = other.url.replace("127.0.0.1", "localhost")
	assert lab.get(url + "/").status == 200


def test_a_later_pause_never_shortens(lab):
	"""Two in flight: the second answer's pause is the shorter."""
	gates = {"/a": origin.Gate(later(429, "100")),
	    "/b": origin.Gate(later(429, "1"))}
	far = lab.origin(origin.by_path(gates))
	lab.sluice(hosts={"127.0.0.1": {**NO_RETRY,
	    "queue": {"max_wait": "10ms"}}})
	a = lab.client().ask("GET", far.url + "/a")
	b = lab.client().ask("GET", far.url + "/b")
	far.wait_requests(2)
	gates["/a"].open()
	assert a.response().status == 429
	gates["/b"].open()
	assert b.response().status == 429
	assert 97 <= left(lab, far) <= 100


def test_a_longer_pause_lengthens(lab):
	gates = {"/a": origin.Gate(later(429, "10")),
	    "/b": origin.Gate(later(429, "100"))}
	far = lab.origin(origin.by_path(gates))
	lab.sluice(hosts={"127.0.0.1": {**NO_RETRY,
	    "queue": {"max_wait": "10ms"}}})
	a = lab.client().ask("GET", far.url + "/a")
	b = lab.client().ask("GET", far.url + "/b")
	far.wait_requests(2)
	for one, path in ((a, "/a"), (b, "/b")):
		gates[path].open()
		assert one.response().status == 429
	assert 97 <= left(lab, far) <= 100


def test_those_who_wait_hear_of_it(lab):
	"""Beyond max_wait now: refused at once, with the true time."""
	gate = origin.Gate(later(429, "60"))
	far = lab.origin(gate)
	lab.sluice(hosts={"127.0.0.1": {**NO_RETRY, "concurrency": 1,
	    "queue": {"max_wait": "20s"}}})
	first = lab.client().ask("GET", far.url + "/")
	far.wait_requests(1)
	waiting = [lab.client().ask("GET", far.url + "/") for _ in range(5)]
	lab.settle()
	began = time.monotonic()
	gate.open()
	assert first.response().get("retry-after") == "60"
	for one in waiting:
		answer = one.response()
		assert answer.status == 429
		assert 57 <= int(answer.get("retry-after")) <= 60
		assert answer.get("content-type") == \
		    "application/problem+json"
	assert time.monotonic() - began < 8 * wire.SLOW
	assert len(far.requests) == 1


def test_those_who_can_wait_do(lab):
	gate = origin.Gate(later(429, "1"))
	far = lab.origin(origin.sequence(gate, origin.fixed()))
	lab.sluice(hosts={"127.0.0.1": {**NO_RETRY, "concurrency": 1,
	    "queue": {"max_wait": "20s"}}})
	first = lab.client().ask("GET", far.url + "/")
	far.wait_requests(1)
	waiting = [lab.client().ask("GET", far.url + "/") for _ in range(3)]
	lab.settle()
	gate.open()
	assert first.response().status == 429
	began = time.monotonic()
	for one in waiting:
		assert one.response().status == 200
	assert time.monotonic() - began >= 0.85


def test_pause_holds_tunnels_too(lab):
	far = paused(lab, later(429, "60"))
	assert lab.get(far.url + "/").status == 429
	answer = lab.client().tunnel(far.at)
	assert answer.status == 429
	assert 55 <= int(answer.get("retry-after")) <= 60


def test_pause_survives_with_nothing_else_to_limit(lab):
	"""A host that no rule names is paused all the same."""
	far = lab.origin(origin.sequence(later(429, "1"), origin.fixed()))
	lab.sluice(defaults=NO_RETRY)
	assert lab.get(far.url + "/").status == 429
	assert lab.get(far.url + "/").status == 200
	assert far.times()[1] >= 0.95


def test_pause_from_head(lab):
	far = paused(lab, later(429, "60"))
	assert lab.client().call("HEAD", far.url + "/").status == 429
	assert 55 <= left(lab, far) <= 60


def test_pause_comes_with_the_head_not_the_body(lab):
	"""It holds while the body of the 429 is still on its way."""
	gate = origin.Gate(lambda c, r: c.send(b"x" * 5))

	def handle(conn, req):
		conn.send(b"HTTP/1.1 429 Slow\r\nRetry-After: 60\r\n"
		    b"Content-Length: 10\r\n\r\n" + b"x" * 5)
		gate(conn, req)
	far = lab.origin(handle)
	lab.sluice(hosts={"127.0.0.1": {**NO_RETRY,
	    "queue": {"max_wait": "10ms"}}})
	one = lab.client().ask("GET", far.url + "/")
	assert one.head().status == 429
	assert 55 <= left(lab, far) <= 60
	gate.open()


@pytest.mark.parametrize("status, fields, body, pause", [
    (429, [], b"", {"default": "30s"}),
    (403, [], b"", {"statuses": [403]}),
    (400, [("X-Amzn-ErrorType", "ThrottlingException")], b"{}", {}),
    (403, [("Content-Type", "application/json")], json.dumps({"error":
        {"errors": [{"reason": "rateLimitExceeded"}]}}).encode(), {}),
])
def test_nobody_asks_at_once(lab, status, fields, body, pause):
	"""What more than a bare 429 says, or the rule, is waited for; also where
	limits are found by what is refused."""
	far = lab.origin(lambda conn, req: conn.reply(status, body, fields))
	lab.sluice(hosts={"127.0.0.1": {"queue": {"max_wait": "10ms"},
	    "retry": {"attempts": 0}, "pause": pause}})
	assert lab.get(far.url + "/").status == status
	for _ in range(4):
		answer = lab.get(far.url + "/")
		assert answer.status == 429
		assert 3 <= int(answer.get("Retry-After")) <= 30
	assert len(far.requests) == 1
