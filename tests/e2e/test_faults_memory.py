# SPDX-License-Identifier: ISC
"""Any allocation may fail, whatever is asked: an answer that says so, or an
end; never half an answer that looks whole, and the next one is as before."""
import http.client
import json

import pytest

import client
import dnsserver
import parent
import wire
from test_faults import seen
from test_users import ALICE, crypt

HOST = "/v1/hosts/127.0.0.1"

ORDERS = {
    "hosts": ("GET", "/v1/hosts", None),
    "some hosts": ("GET", "/v1/hosts?match=127*&limit=3&sort=key", None),
    "host": ("GET", HOST, None),
    "queue": ("GET", HOST + "/queue", None),
    "exchanges": ("GET", "/v1/exchanges", None),
    "suggest": ("GET", "/v1/suggest", None),
    "status": ("GET", "/v1/status", None),
    "overrides": ("GET", "/v1/overrides", None),
    "log": ("GET", "/v1/log", None),
    "new log": ("PUT", "/v1/log", {"level": "info", "for": "1m"}),
    "explain": ("POST", "/v1/explain", {"url": "http://127.0.0.1/a/b",
        "client": "127.0.0.1", "headers": {"X-Key": "k"}}),
    "explain what is denied": ("POST", "/v1/explain", {"url":
        "http://169.254.169.254/"}),
    "limits": ("PUT", HOST + "/limits", {"concurrency": 7, "for": "1m",
        "reason": "a test"}),
    "no limits": ("DELETE", HOST + "/limits", None),
    "pause": ("POST", HOST + "/pause", {"for": "1ms", "reason": "a test"}),
    "resume": ("POST", HOST + "/resume", {}),
    "drain": ("POST", "/v1/hosts/h.test/drain", {"reason": "a test"}),
    "reload": ("POST", "/v1/reload", {}),
}


def shape(value):
	"""What of an answer is the same each time: its keys, its lengths."""
	if isinstance(value, dict):
		return {key: shape(one) for key, one in value.items()}
	if isinstance(value, list):
		return [shape(one) for one in value]
	return value if isinstance(value, str) else type(value)


def ask(control, order):
	"""The status, and the shape of what is said by it."""
	try:
		answer = control.ask(*order)
	except (OSError, http.client.HTTPException):
		return None, None
	return answer.status, shape(json.loads(answer.body)) \
	    if answer.body else None


def test_first_order(lab, fault):
	"""What is done once for all may lack memory, too."""
	daemon = lab.sluice(hosts={"h.test": {"capacity": 1}})
	daemon.err.wait("is ready")
	control = lab.control()
	# not the start of its threads; it asks nobody who that is
	assert control.get("/v1/status").status == 200
	statuses = {ask(control, ORDERS["drain"])[0] for _ in
	    fault.each("memory", "ENOMEM")}
	assert statuses == {200, 503, None}


@pytest.mark.parametrize("name", ORDERS)
def test_orders(lab, fault, name):
	far = lab.origin()
	daemon = lab.sluice(hosts={"127.0.0.1": {"concurrency": 3,
	    "rates": [{"capacity": 1000}], "paths": {"/a/*":
	    {"capacity": 100}}, "candidate": {"capacity": 5}},
	    "h.test": {"capacity": 1}})
	daemon.err.wait("is ready")
	control = lab.control()
	assert seen(lab, far.url + "/a/b") == 200
	good, whole = ask(control, ORDERS[name])
	assert good in (200, 204), control.ask(*ORDERS[name]).body
	statuses = set()
	for nth in fault.each_site("memory", "ENOMEM"):
		status, got = ask(control, ORDERS[name])
		statuses.add(status)
		if status == good and whole:
			assert set(got) ^ set(whole) == set()
			assert got.get("decision") == whole.get("decision")
	# a file that there was no memory to read is refused
	assert statuses <= {good, 503, None, *([422] if name == "reload"
	    else [])}
	assert nth > 10
	assert ask(control, ORDERS[name])[0] == good
	assert seen(lab, far.url + "/a/b") == 200


# Requests, each of a kind that has something of its own to allocate.

KEY = ("X-Key", "one")


def handler(conn, req):
	conn.reply(body=req.body or b"fine", fields=[
	    ("RateLimit-Policy", '"a";q=100000;w=1'),
	    ("RateLimit", '"a";r=99999;t=1')])


def at(far):
	"""By a name: parents are not asked for this machine."""
	return f"http://web.test:{far.port}"


def plain(one, far, *fields):
	return one.get(at(far) + "/a/b", [KEY, ALICE, *fields])


def post(one, far):
	return one.call("POST", at(far) + "/a/c", [KEY, ALICE],
	    wire.pattern(50000))


def page(one, far):
	"""A refusal for people."""
	return plain(one, far, ("Accept", "text/html"))


def own_page(one, far):
	"""What people see who open the proxy's address in a browser."""
	one.send(client.request("GET", "/", [("Accept", "text/html")],
	    host="proxy.test"))
	return one.response()


def trace(one, far):
	return one.call("TRACE", at(far) + "/", [("Max-Forwards", "0"), ALICE])


def inside(one, far):
	"""In clear through a tunnel."""
	answer = one.tunnel(f"web.test:{far.port}", fields=[ALICE])
	return one.get("/a/b", [KEY], host=f"web.test:{far.port}") \
	    if answer.status == 200 else answer


def upgrade(one, far):
	return plain(one, far, ("Connection", "upgrade"),
	    ("Upgrade", "websocket"))


RULE = {"per": "header:X-Key", "fair_by": "header:X-Key",
    "per_total": {"capacity": 100000, "concurrency": 100},
    "weights": {"one": 2}, "capacity": 100000, "concurrency": 2,
    "paths": {"/a/*": {"capacity": 100000}}}
WAYS = {
    "credential": (plain, RULE),
    "learned": (plain, {"learn": "shape", "concurrency": 2}),
    "candidate": (plain, {"candidate": {"capacity": 100000,
        "concurrency": 1}}),
    "body": (post, RULE),
    "page": (page, {"capacity": 1, "burst": 0.5, "period": "1h",
        "queue": {"length": 0}}),
    "own page": (own_page, {}),
    "trace": (trace, {}),
    "inside": (inside, {"concurrency": 2}),
    "upgrade": (upgrade, RULE),
}


@pytest.mark.parametrize("parents", [False, True],
    ids=["direct", "through a parent"])
@pytest.mark.parametrize("name", WAYS)
def test_requests(lab, fault, name, parents):
	"""A slot that was had is there for the next one."""
	act, rule = WAYS[name]
	far = lab.origin(handler)
	users = lab.dir / "users"
	users.write_text(f"alice:{crypt('wonder land:1')}\n")
	users.chmod(0o600)
	keys = {}
	if parents:
		lab.origins.append(parent.Parent())
		keys["parent"] = lab.origins[-1].name
	daemon = lab.sluice(hosts={"web.test": rule}, **keys,
	    resolver=[lab.dns(dnsserver.Here()).at],
	    access={"users": str(users)})
	daemon.err.wait("is ready")

	def ask():
		one = lab.client()
		lab.clients.remove(one)
		try:
			answer = act(one, far)
			return answer.status, answer.body
		except (OSError, wire.Closed):
			return None, None
		finally:
			one.close()
	good = ask()
	good = ask()	# of a rate that is used up by now
	assert good[0] in (200, 400, 429), good
	for nth in fault.each_site("memory", "ENOMEM"):
		got = ask()
		assert got[0] in (good[0], 502, 503, None), got
		if got[0] == 200:
			assert got[1] == good[1]
		fault.disarm()
		wire.wait_until(lambda: ask()[0] == good[0],
		    what=f"recovery after {nth}")
	assert nth > 10
