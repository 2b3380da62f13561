# SPDX-License-Identifier: ISC
"""Limits that are suggested, by what was seen of hosts."""
import json

import client
import dnsserver
import origin


def limits(**keys):
	return {"127.0.0.1": keys}


def start(lab, **keys):
	daemon = lab.sluice(admin={"socket": str(lab.dir / "a.sock"),
	    "mode": "0600"}, **keys)

	daemon.err.wait("is ready")

	def ask(query=""):
		one = client.Client(str(lab.dir / "a.sock"))
		lab.clients.append(one)
		answer = one.get("/v1/suggest" + query, host="localhost")
		return answer.status, json.loads(answer.body)
	return daemon, ask


def test_nothing_is_known(lab):
	"""A host that refuses nothing has limits that nobody knows."""
	far = lab.origin()
	daemon, ask = start(lab)
	assert ask() == (200, {"suggestions": []})
	one = lab.client()
	for i in range(3):
		assert one.get(far.url + f"/{i}").status == 200
	status, body = ask()
	assert status == 200
	[host] = body["suggestions"]
	assert host["key"] == "127.0.0.1" and host["rule"] == "unlimited"
	assert host["confident"] is False and host["limits"] is None
	assert host["why"].startswith("unknown, peak ")
	assert host["why"].endswith("0 of 3 requests refused")


def test_host_refuses(lab):
	far = lab.origin(origin.fixed(429, b"", [("Retry-After", "1")]))
	daemon, ask = start(lab, hosts=limits(retry={"attempts": 0}))
	assert lab.client().get(far.url).status == 429
	status, body = ask("?host=127.0.0.1")
	[host] = body["suggestions"]
	assert host["confident"] is False and host["limits"] is None
	assert host["why"] == "unknown, peak 1 per 1 s: 1 of 1 request refused"


def test_host_that_says_so(lab):
	far = lab.origin(origin.fixed(200, b"", [
	    ("RateLimit-Policy", '"default";q=100;w=60'),
	    ("RateLimit", '"default";r=50;t=30')]))
	daemon, ask = start(lab, hosts=limits(capacity=1000))
	one = lab.client()
	assert one.get(far.url).status == 200
	[host] = ask()[1]["suggestions"]
	assert host["confident"] is True and host["rule"] == "127.0.0.1"
	assert host["why"] == "the host says that it allows 100 per 1m"
	yaml = host["limits"].pop("yaml")
	assert host["limits"] == {"capacity": 100, "period": 60,
	    "concurrency": None}
	# as it is, it can stand below hosts
	text = f'listen: "127.0.0.1:{daemon.port}"\nhosts:\n' + \
	    "".join(f"  {line}\n" for line in yaml.splitlines())
	assert "not reloaded" not in daemon.reload(text)


def test_more_hosts_than_are_looked_at_once(lab):
	"""All are told of, each once."""
	far = lab.origin(origin.fixed(429, b"", [("Retry-After", "1")]))
	daemon, ask = start(lab, resolver=[lab.dns(dnsserver.Here()).at],
	    hosts={"*.many.test": {"learn": "estimate", "retry":
	    {"attempts": 0}}})
	names = [f"h{i}.many.test" for i in range(150)]
	one = lab.client()
	for name in names:
		assert one.get(f"http://{name}:{far.port}/").status == 429
	told = ask()[1]["suggestions"]
	assert sorted(host["key"].split(":")[0] for host in told) == \
	    sorted(names)


def test_host_that_there_is_not(lab):
	daemon, ask = start(lab)
	status, body = ask("?host=far.example")
	assert status == 404 and body["status"] == 404
	status, body = ask("?hots=far.example")
	assert status == 400
