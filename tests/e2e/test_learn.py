# SPDX-License-Identifier: ISC
"""What hosts say of their limits is understood, and kept to."""
import datetime
import sys
import time

import pytest

import origin
import programs
import sluice
import window
import wire

SOON = {"queue": {"max_wait": "10ms"}}
RETRY = {"retry": {"attempts": 0}}


def said(status=200, **fields):
	return origin.fixed(status, fields=[(name.replace("_", "-"), value)
	    for name, value in fields.items()])


def in_seconds(n):
	return str(int(time.time()) + n)


# What a host says, and for how long it is left alone (s).
SIGNALS = {
    "ietf": (200, {"RateLimit": '"a";r=0;t=30'}, 30),
    "ietf-7": (200, {"RateLimit": "limit=10, remaining=0, reset=30"}, 30),
    "three-fields": (200, {"RateLimit_Limit": "10",
	"RateLimit_Remaining": "0", "RateLimit_Reset": "30"}, 30),
    "github": (403, {"X_GitHub_Request_Id": "C0DE:1:2:3:4",
	"X_RateLimit_Limit": "60", "X_RateLimit_Remaining": "0",
	"X_RateLimit_Reset": lambda: in_seconds(30)}, 30),
    "openai": (429, {"x_ratelimit_limit_requests": "60",
	"x_ratelimit_remaining_requests": "0",
	"x_ratelimit_reset_requests": "30s",
	"retry_after_ms": "20000"}, 20),
    "anthropic": (429, {"anthropic_ratelimit_requests_limit": "50",
	"anthropic_ratelimit_requests_remaining": "0",
	"Retry_After": "30"}, 30),
    "left": (200, {"RateLimit": '"a";r=1;t=30'}, 0),
    "malformed": (200, {"RateLimit": '"a";r=0;t=30;;'}, 0),
    "both": (429, {"RateLimit": '"a";r=0;t=30', "Retry_After": "20"}, 20),
    "capped": (200, {"RateLimit": '"a";r=0;t=30000'}, 100),
}


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("learn", ["pause", "shape", "off"])
def test_signals(lab, name, learn):
	status, fields, seconds = SIGNALS[name]
	fields = {k: v() if callable(v) else v for k, v in fields.items()}
	far = lab.origin(origin.sequence(said(status, **fields),
	    origin.fixed()))
	lab.sluice(hosts={"127.0.0.1": {"learn": learn, **SOON, **RETRY,
	    "pause": {"max": "100s", "default": "50s"}}})
	assert lab.get(far.url + "/").status == status
	if learn == "off":		# the status alone, with Retry-After
		seconds = {"anthropic": 30, "both": 20,
		    "openai": 20}.get(name, 0)
	answer = lab.get(far.url + "/")
	if name == "left" and learn == "shape":
		# the one that is left may go when half the time is over
		assert 12 <= int(answer.get("retry-after")) <= 15
	elif seconds == 0:
		assert answer.status == 200
	else:
		assert answer.status == 429
		assert seconds - 3 <= int(answer.get("retry-after")) \
		    <= seconds + 1


def test_a_pause_that_was_learned_is_told(lab):
	far = lab.origin(said(RateLimit='"a";r=0;t=30'))
	daemon = lab.sluice(hosts={"127.0.0.1": SOON})
	assert lab.get(far.url + "/").status == 200
	line = daemon.err.wait("paused for")
	assert "127.0.0.1: paused for 30 s after its answer 200 (" in line
	problem = lab.get(far.url + "/")
	assert problem.status == 429
	assert b'"budget":"paused by the host"' in problem.body


@pytest.mark.parametrize("body, status", [
    ("You have exceeded a secondary rate limit. Please wait", 429),
    ("Resource not accessible by integration", 200)])
def test_githubs_secondary_limit(lab, body, status):
	"""Only its body tells it from a lack of rights."""
	fields = [("X-GitHub-Request-Id", "C0DE:1:2:3:4"),
	    ("X-RateLimit-Limit", "60"), ("X-RateLimit-Remaining", "59"),
	    ("X-RateLimit-Reset", in_seconds(30))]
	far = lab.origin(origin.sequence(origin.fixed(403, body=body,
	    fields=fields), origin.fixed()))
	lab.sluice(hosts={"127.0.0.1": {**SOON, **RETRY,
	    "pause": {"max": "1h"}}})
	assert lab.get(far.url + "/").body == body.encode()
	answer = lab.get(far.url + "/")
	assert answer.status == status
	if status == 429:
		assert 58 <= int(answer.get("retry-after")) <= 60


def test_a_limit_that_does_not_bind_holds_nobody_for_good(lab):
	"""Used up until tomorrow, and everything is answered all the same."""
	until = str(int(time.time()) + 80000)
	far = lab.origin(origin.fixed(fields=[("X-RateLimit-Limit", "1000"),
	    ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", until)]))
	lab.sluice(hosts={"127.0.0.1": {"pause": {"max": "500ms"}}})
	for _ in range(12):
		assert lab.get(far.url + "/").status == 200
	times = far.times()
	assert times[1] - times[0] >= 0.45
	assert times[-1] - times[1] < 10 * 0.45


def test_a_refusal_says_that_it_binds_after_all(lab):
	spent = [("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "80000")]
	far = lab.origin(origin.sequence(origin.fixed(fields=spent),
	    origin.fixed(fields=spent), origin.fixed(429, fields=spent),
	    origin.fixed(fields=spent), origin.fixed(fields=spent),
	    origin.fixed()))
	lab.sluice(hosts={"127.0.0.1": {"pause": {"max": "500ms"}}})
	for _ in range(5):
		assert lab.get(far.url + "/").status == 200
	times = far.times()
	# a pause behind the first answer, the refusal, and the one after it
	gaps = [b - a >= 0.45 for a, b in zip(times, times[1:])]
	assert gaps == [True, False, True, True, False]


def admitted(line):
	"""When (s), by a line of the access log, a request was sent on."""
	parts = line.split()
	end = datetime.datetime.fromisoformat(parts[0].replace("Z", "+00:00"))
	return end.timestamp() - float(parts[8]) / 1000


def test_shape_spreads_what_is_left(lab):
	"""Ten are left for two seconds: not in one go, but all of them."""
	def handle(conn, req):
		left = max(0, 10 - req.number)
		t = 2 - (time.monotonic() - far.requests[0].time)
		conn.reply(fields=[("X-RateLimit-Limit", "11"),
		    ("X-RateLimit-Remaining", left),
		    ("X-RateLimit-Reset-After", f"{max(t, 0):.3f}")])
	far = lab.origin(handle)
	lab.sluice(hosts={"127.0.0.1": {"capacity": 1000,
	    "learn": "shape"}})
	clients = [lab.client().ask("GET", far.url + "/") for _ in range(10)]
	for one in clients:
		assert one.response().status == 200
	# as the daemon knows: an origin that is late itself sees them bunched
	times = sorted(admitted(line)
	    for line in lab.daemons[0].out.like(" 200 ", 10))
	# a fifth of a second or so each, in spite of 1000 a second
	gaps = [b - a for a, b in zip(times, times[1:])]
	# ... but for who comes right after one that a busy machine held up
	assert sum(gap < 0.05 for gap in gaps) <= 2, times
	assert 1.4 <= times[9] - times[0] < 2 + 2 * wire.SLOW


def spent_by(lab, host, others):
	"""How long (s) ten take of a named window, and 20, beside others."""
	far = lab.origin(host)
	daemon = lab.sluice(hosts={"127.0.0.1": {"capacity": 1000,
	    "learn": "shape", "queue": {"max_wait": "1m"}}})
	if others:
		host.take()
		host.other(others - 1)
	clients = [lab.client(daemon).ask("GET", far.url + "/")
	    for _ in range(20)]
	for one in clients:
		assert one.response().status == 200
	times = sorted(admitted(line) for line in daemon.out.like(" 200 ", 20))
	return times[9] - times[0], times[19] - times[0]


def test_shape_keeps_a_named_window_that_nobody_else_uses(lab):
	"""All of it may go at once: it is not spread, and never exceeded."""
	host = window.Window(10, 4, "ietf", retry_after=False)
	first, all_of_them = spent_by(lab, host, 0)
	assert first < 1.5 + wire.SLOW, first
	assert 4 - 1 < all_of_them < 8 + 2 * wire.SLOW, all_of_them
	assert not host.refused


def test_shape_spreads_a_named_window_that_others_use(lab):
	"""Five of fifteen were used elsewhere: what is left is spread."""
	first, _ = spent_by(lab, window.Window(15, 6, "ietf"), 5)
	assert first > 2, first


def test_shape_never_exceeds_the_configured_rate(lab):
	far = lab.origin(said(RateLimit='"a";r=1000;t=1'))
	lab.sluice(hosts={"127.0.0.1": {"capacity": 10, "burst": 1,
	    "learn": "shape"}})
	clients = [lab.client().ask("GET", far.url + "/") for _ in range(6)]
	for one in clients:
		assert one.response().status == 200
	# the first one's way may be slower than the last one's
	assert far.times()[-1] >= 0.5 - 0.02 * wire.SLOW


# The whole of it: programs that know of no limit, and a host that has one.

LIMIT, PERIOD = 80, 6
# All 800 of them once; where that would only take longer, a quarter.
FEWER = sluice.sanitized() or sluice.WORKERS > 1
CLIENTS, EACH = 25, 8 if FEWER else 32
NAMES = {"127.0.0.1": "ietf", "localhost": "github"}


def push(lab, url):
	"""25 programs push 800 requests; the statuses that they saw."""
	tools = programs.Programs(lab.dir / "home", lab.daemons[0].url)
	curl = ["curl", "-sS", "-w", "%{http_code}\\n"]
	python = [sys.executable, programs.HERE / "get_many.py"]

	def run(args):
		return tools.run(args, tools.env)[0].split()
	tasks = []
	for i in range(CLIENTS):
		urls = [f"{url}/{i}/{j}" for j in range(EACH)]
		if i % 2:
			tasks.append(lab.spawn(run, python + urls))
		else:
			tasks.append(lab.spawn(run, curl + [word for u in urls
			    for word in ("-o", "/dev/null", u)]))
	return [int(s) for task in tasks for s in task.join(300)]


def push_both(lab, monkeypatch, **rule):
	"""To two hosts at once, of which each speaks another dialect."""
	monkeypatch.setattr(programs, "PATIENCE", 300)
	rule = {"period": PERIOD, "queue": {"max_wait": "5m"}, **rule}
	lab.sluice(hosts={name: rule for name in NAMES})
	hosts, tasks = [], []
	for name, dialect in NAMES.items():
		hosts.append(window.Window(LIMIT, PERIOD, dialect))
		far = lab.origin(hosts[-1])
		tasks.append(lab.spawn(push, lab, f"http://{name}:{far.port}"))
	for host, task in zip(hosts, tasks):
		assert task.join(600) == [200] * CLIENTS * EACH
		assert len(host.good) == CLIENTS * EACH
	return hosts


@pytest.mark.heavy
def test_with_the_limit_configured_the_host_refuses_nothing(lab, monkeypatch):
	for host in push_both(lab, monkeypatch, capacity=LIMIT, strict=True):
		assert not host.refused


@pytest.mark.heavy
def test_with_three_times_the_limit_configured_nobody_sees_a_refusal(lab,
    monkeypatch):
	for host in push_both(lab, monkeypatch, capacity=3 * LIMIT,
	    learn="shape"):
		print(f"{host.dialect}: refused {len(host.refused)} times "
		    f"beside {len(host.good)}, in "
		    f"{max(host.good) - min(host.good):.1f} s")
		# what was on its way when a window ended, at most
		assert len(host.refused) <= CLIENTS


def test_two_proxies_share_without_a_word(lab):
	"""The same key behind two of them: both keep to what is left."""
	host = window.Window(30, 3, "ietf")
	far = lab.origin(host)
	rule = {"capacity": 300, "period": 3, "learn": "shape",
	    "queue": {"max_wait": "1m"}}
	daemons = [lab.sluice(hosts={"127.0.0.1": rule}) for _ in range(2)]
	clients = [lab.client(daemons[i % 2]).ask("GET", far.url + "/")
	    for i in range(60)]
	for one in clients:
		assert one.response().status == 200
	assert len(host.refused) <= 4, host.refused
