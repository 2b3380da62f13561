# SPDX-License-Identifier: ISC
"""What the control plane tells of hosts, and of a rule that has many."""
import time

import dnsserver
import origin
import wire

LEFT = 40


def at(far, name):
	"""The URL of an origin by another name."""
	return f"http://{name}:{far.at.rpartition(':')[2]}/"


def says(left, reset):
	"""An origin that says what is left, and until when."""
	return origin.fixed(fields=[("X-RateLimit-Limit", "100"),
	    ("X-RateLimit-Remaining", str(left)),
	    ("X-RateLimit-Reset", str(reset))])


def test_what_hosts_say_is_left(lab):
	"""Of a host what it says, of their rule what the one says that has the
	least."""
	reset = int(time.time()) + 1000
	lab.sluice(defaults={"learn": "shape"},
	    resolver=[lab.dns(dnsserver.Here()).at])
	control = lab.control()
	for name, left in ("a.test", 60), ("b.test", LEFT), ("c.test", 90):
		far = lab.origin(says(left, reset))
		assert lab.get(at(far, name)).status == 200

	def told(key):
		learned = control.get(f"/v1/hosts/{key}").json()["learned"]
		assert 0 < learned["reset_in"] <= 1000
		return learned["left"]
	assert 58 <= told("a.test") <= 60
	assert LEFT - 2 <= told("defaults") <= LEFT


def test_a_rule_of_many_hosts(lab):
	"""More than are looked at in one go."""
	far = lab.origin()
	lab.sluice(defaults={"capacity": 100, "period": "1h"},
	    resolver=[lab.dns(dnsserver.Here()).at])
	one = lab.client()
	for i in range(70):
		assert one.get(at(far, f"h{i}.test")).status == 200
	rule = lab.control().get("/v1/hosts/defaults").json()
	assert rule["hosts"] == 70 and rule["counts"]["admitted"] == 70


def test_whose_throttles_they_are(lab):
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": {"per": "jwt:sub,iss"}})
	assert lab.get(far.url + "/").status == 200
	host = lab.control().get("/v1/hosts?by=rule").json()["hosts"][0]
	rule = lab.control().get(f"/v1/hosts/{host['key']}").json()
	assert rule["limits"]["per"] == "jwt:sub,iss"


def test_the_last_refusals(lab):
	"""The newest first, and no more than a few."""
	far = lab.origin(origin.fixed(429))
	lab.sluice(hosts={"127.0.0.1": {"mode": "observe",
	    "retry": {"attempts": 0}}})
	for _ in range(25):
		assert lab.get(far.url + "/").status == 429
	host = lab.control().get("/v1/hosts/127.0.0.1").json()
	times = [one["time"] for one in host["refusals"]]
	assert len(times) == 20
	assert times == sorted(times, reverse=True)


def test_clients_of_a_unix_socket(lab, tmp_path):
	far = lab.origin()
	lab.sluice(listen=f"unix:{tmp_path}/s")
	assert lab.get(far.url + "/").status == 200
	control = lab.control()
	done = wire.wait_until(lambda: control.get("/v1/exchanges").json()
	    ["exchanges"])
	assert done[0]["client"] == "unix:"


def test_no_upgrade_while_it_drains(lab):
	"""Nothing is handed over by who ends."""
	gate = origin.Gate()
	far = lab.origin(gate)
	daemon = lab.sluice(timeouts={"drain": "60s"})
	one = lab.client().ask("GET", far.url + "/")
	wire.wait_until(lambda: gate.held == 1, what="one in flight")
	control = lab.control()
	daemon.term()
	daemon.err.wait("draining")
	answer = control.post("/v1/upgrade", {})
	assert answer.status == 409 and "drains" in answer.problem()
	gate.open()
	assert one.response().status == 200
	assert daemon.wait() == 0
