# SPDX-License-Identifier: ISC
"""Any allocation may fail, whatever is asked: an answer that says so, or an
end; never half an answer that looks whole, and the next one is as before."""
import http.client
import json

import pytest

import origin
import parent
import wire
from test_faults import seen
from test_users import ALICE, crypt

HOST = "/v1/hosts/127.0.0.1"

ORDERS = {
    "hosts": ("GET", "/v1/hosts", None),
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
	for nth in fault.each("memory", "ENOMEM"):
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
