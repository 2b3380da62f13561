# SPDX-License-Identifier: ISC
"""Limits cannot be walked around: however one thing is spelled, it is one.

Each row is something with a budget of one request, and other ways to write
the same.  What a row must not hold up is tested beside it.  Hosts' spellings
are in test_names.py.
"""
import threading

import dnsserver
import sluice
import wire

ONE = {"capacity": 1, "period": "1h"}
TIGHT = {"max_wait": "10ms"}


def own(lab, rule, **keys):
	"""A throttle for each name of .test, all with that rule."""
	lab.sluice(resolver=[lab.dns(dnsserver.Here()).at],
	    hosts={"*.test": {"queue": TIGHT, **rule}}, **keys)


# Paths that some server takes for the same as the first.
PATHS = [
    ["/search", "/%73earc%68", "/search/", "//search", "/./search", "/search?",
     "/x/../search", "/%2e/search", "/x/%2e%2E/search", "/search?a=/b",
     "/search/.", "/x//../../search", "/../search",
     "/" + "a/" * 40 + "../" * 40 + "search"],
    ["/search", "/%2fsearch", "/search%2F", "/x%2f..%2fsearch",
     "/x/..%2Fsearch"],
    ["/search", "/\\search", "/%5csearch", "/x\\..\\search", "/x/..%5Csearch"],
    ["/search", "/search;v=1", "/;x/search", "/search%3bv", "/x/..;/search",
     "/search;/x/..", "/search/;x"],
    ["/search", "/search%20", "/search.", "/search%20.%20", "/search%09",
     "/search%00", "/search%00.html", "/search/x%2f%2e%2e"],
    # white space of Latin-1 behind a path is none of it to Python
    ["/search", "/search\xa0", "/search\x85\xa0", "/search%20\x85"],
    ["/a/search", "/a//../search", "/a/%2f../search", "/a/;/../search"],
    ["/deep/x/y", "/deep%2fx/y", "/deep;v/x", "/deep\\x", "/deep/..",
     "/deep/x/../y", "/deep/%2e%2e/other"],
    # the one that wins for each reading is charged, not the widest
    ["/deep/in", "/deep%2fin", "/deep/in;v", "/deep\\in", "/deep/in%20"],
    # UTF-8 as it is, as curl and git send it
    ["/caf%C3%A9", "/caf\xc3\xa9", "/caf\xc3%a9", "/caf\xc3\xa9?\xe9"],
]
LIMITED = {"/search": ONE, "/a/search": ONE, "/deep/**": ONE,
    "/deep/in": ONE, "/caf\u00e9": ONE}


def test_paths(lab):
	far = lab.origin()
	own(lab, {"paths": LIMITED})
	for number, (first, *others) in enumerate(PATHS):
		for n, other in enumerate(others):
			# who comes first, the plain one or the other
			for pair in (first, other), (other, first):
				name = f"p{number}-{n}-{pair[0] == first:d}.test"
				statuses = [lab.get(f"http://{name}:{far.port}"
				    f"{path}").status for path in pair]
				assert statuses == [200, 429], pair


# These are different for all servers that are known, and have budgets apart.
APART = ["/search", "/Search", "/%2573earch", "/search%252f", "/searc", "/a"
    "/search", "/deep", "/search%3f", "/searches", "/se%61rch2", "/%",
    "/caf\xc3\xa9", "/caf\xe9", "/cafe", "/search%a0", "/\xa0search",
    "/search\xc3\xa0"]


def test_paths_that_differ(lab):
	far = lab.origin()
	own(lab, {"paths": LIMITED})
	for path in APART:
		assert lab.get(f"http://one.test:{far.port}{path}").status == \
		    200, path


def test_a_path_of_two_parts_pays_both(lab):
	"""GitLab's project in one segment, which is two to others."""
	far = lab.origin()
	own(lab, {"paths": {"/projects/*": {"capacity": 2, "period": "1h"},
	    "/projects/*/*": {"capacity": 3, "period": "1h"}}})
	base = f"http://one.test:{far.port}/projects"
	assert lab.get(f"{base}/group%2Fname").status == 200
	assert lab.get(f"{base}/1").status == 200
	answer = lab.get(f"{base}/group%2Fname")
	assert answer.status == 429
	assert b"2 per 1h of /projects/*" in answer.body
	# what was refused has taken nothing from the other
	assert [lab.get(f"{base}/1/issues").status for _ in range(3)] == \
	    [200, 200, 429]
	answer = lab.get(f"{base}/group%2Fname")
	assert answer.status == 429


def test_costs_by_path(lab):
	"""Of what a path may mean, the most expensive counts."""
	far = lab.origin()
	own(lab, {"capacity": 10, "period": "1h", "costs": [
	    {"path": "/free/**", "cost": 0}, {"path": "/export", "cost": 10}]})
	for n, path in enumerate(["/export", "/free/..;/export", "/export%20",
	    "/free%2f..%2fexport", "/free/x\\..\\..\\export"]):
		at = f"http://cost{n}.test:{far.port}"
		assert lab.get(at + path).status == 200, path
		assert lab.get(at + "/").status == 429, path


def test_too_many_readings(lab):
	far = lab.origin()
	own(lab, {"paths": {"/*": ONE, "/a/*": ONE, "/*/c": ONE, "/*/*": ONE,
	    "/a/b/*": ONE, "/a/b/c": ONE}})
	at = f"http://one.test:{far.port}"
	for path in "/a%2fb%5cc;d", "/;" + "x" * 8192:
		answer = lab.get(at + path)
		assert answer.status == 400
		assert b"can be read in too many ways" in answer.body
	assert far.requests == []


# Several names of one service.

JOINED = {"api.test": {**ONE, "queue": TIGHT, "same": ["alias.test",
    "127.0.0.1", "[::1]:80"]}}


def test_names_of_one_service(lab):
	far = lab.origin()
	lab.sluice(resolver=[lab.dns(dnsserver.Here()).at], hosts=JOINED)
	names = ["alias.test", "api.test", "127.0.0.1", "ALIAS.test.",
	    "0.0.0.0", "[::ffff:7f00:1]"]
	statuses = [lab.get(f"http://{name}:{far.port}/").status
	    for name in names]
	assert statuses == [200] + [429] * 5
	assert lab.client().tunnel(f"api.test:{far.port}").status == 429
	# each is asked for by its own name, and what is not listed is apart
	assert far.requests[0].get("host") == f"alias.test:{far.port}"
	assert lab.get(f"http://other.test:{far.port}/").status == 200
	hosts = lab.control().get("/v1/hosts").json()["hosts"]
	assert sorted(one["key"] for one in hosts) == ["api.test",
	    "other.test"]
	lines = lab.daemons[-1].out.like(" 429 ", 6)
	assert all("refused" in line for line in lines)


def test_names_that_are_joined_bring_what_they_spent(lab):
	far = lab.origin()
	daemon = lab.sluice(resolver=[lab.dns(dnsserver.Here()).at], hosts={
	    "alias.test": {**ONE, "queue": TIGHT}, "api.test": {**ONE,
	    "queue": TIGHT}})
	assert lab.get(f"http://alias.test:{far.port}/").status == 200
	daemon.change(hosts=JOINED)
	assert lab.get(f"http://api.test:{far.port}/").status == 429
	daemon.change(hosts={"api.test": {**ONE, "queue": TIGHT},
	    "alias.test": {**ONE, "queue": TIGHT}})
	assert lab.get(f"http://api.test:{far.port}/").status == 429
	assert lab.get(f"http://alias.test:{far.port}/").status == 429


def test_hosts_inside_a_tunnel(lab):
	"""Another name of the tunnel's host in it is the same host."""
	far = lab.origin()
	lab.sluice(resolver=[lab.dns(dnsserver.Here()).at], hosts={"api.test":
	    {"capacity": 2, "period": "1h", "queue": TIGHT,
	    "same": "alias.test"}})
	one = lab.client()
	assert one.tunnel(f"api.test:{far.port}").status == 200
	statuses = [one.get("/", host=f"{name}:{far.port}").status
	    for name in ("alias.test", "api.test", "alias.test")]
	assert statuses == [200, 200, 429]


# Credentials, told apart by what identifies them.

def digest(*parts):
	return "Digest " + ", ".join([*parts, 'nonce="n"', 'response="r"'])


SIGV4 = "AWS4-HMAC-SHA256"

# Another one, and what is the same.
CREDENTIALS = [
    ("Authorization", "Bearer k", ["Bearer K", "bearer K", "Bearer   K",
     "BEARER\tK ", "token K", "K"]),
    # u:p, padded or not, in either alphabet, with what decoders pass over
    ("Authorization", "Basic dTpx", ["Basic dTpw", "basic dTpw=",
     "Basic  dTpw==", "Basic dT pw", "Basic d.T!pw", "Basic dTpw===="]),
    ("Authorization", digest("username=alicia", "realm=r"),
     [digest('username="alice"', 'realm="r"'),
     digest("realm=r", "username=alice"), digest('username = "al\\ice"',
     'realm = "r"'), digest("username*=UTF-8''%61lice", 'realm="r"'),
     digest('Username="alice"', 'REALM="r"') + "0"]),
    ("Authorization", f"{SIGV4} Credential=KEZ/1/r/s3/aws4_request",
     [f"{SIGV4} Credential=KEY/1/r/s3/aws4_request, Signature=00",
     f"{SIGV4} Signature=01,Credential=KEY/2/q/s3/aws4_request"]),
    ("X-Api-Key", "k", ["K", " K", "K\t"]),
]


def test_credentials(lab):
	far = lab.origin()
	lab.sluice(resolver=[lab.dns(dnsserver.Here()).at], hosts={
	    f"c{n}.test": {**ONE, "queue": TIGHT, "per": name.lower()}
	    for n, (name, _, _) in enumerate(CREDENTIALS)})
	for n, (name, other, values) in enumerate(CREDENTIALS):
		at = f"http://c{n}.test:{far.port}/"
		statuses = [lab.get(at, fields=[(name, value)]).status
		    for value in values]
		assert statuses == [200] + [429] * (len(values) - 1), values
		# the same twice is no other, and an empty one is none
		twice = [(name, values[0])] * 2 + [(name.upper(), "")]
		assert lab.get(at, fields=twice).status == 429
		assert lab.get(at, fields=[(name, other)]).status == 200


def test_credentials_of_which_hosts_take_one(lab):
	"""The first or the last: so who adds one would be somebody else."""
	far = lab.origin()
	own(lab, {**ONE, "per": "authorization"})
	at = f"http://one.test:{far.port}/"
	for fields in [("Bearer K", "Bearer x1"), ("x2", "Bearer K"),
	    (digest("username=x3", "username=alice"),)]:
		answer = lab.get(at, fields=[("Authorization", value)
		    for value in fields])
		assert answer.status == 400, fields
	assert far.requests == []


# Made-up credentials.

KEYS = {"capacity": 2, "period": "1h", "queue": TIGHT,
    "per": "authorization"}


def key(text):
	return [("Authorization", f"Bearer {text}")]


def test_made_up_credentials(lab):
	"""Without a total each has a budget; with it all have one, too."""
	far = lab.origin()
	lab.sluice(resolver=[lab.dns(dnsserver.Here()).at], hosts={
	    "open.test": KEYS, "api.test": {**KEYS, "per_total": {
	    "capacity": 3, "period": "1h"}}})
	one = lab.client()
	at = f"http://open.test:{far.port}/"
	assert [one.get(at, fields=key(n)).status for n in range(9)] == \
	    [200] * 9
	at = f"http://api.test:{far.port}/"
	assert [one.get(at, fields=key(n)).status for n in range(9)] == \
	    [200] * 3 + [429] * 6
	answer = one.get(at)
	assert answer.status == 429
	assert b"3 per 1h of all credentials" in answer.body
	# its own limit is there as before, and is told as such
	assert one.tunnel(f"api.test:{far.port}").status == 429
	told = lab.control().get("/v1/hosts?limit=100").json()["hosts"]
	budgets = [budget for host in told for budget in host["budgets"]
	    if host["rule"] == "api.test"]
	all_have = [budget for budget in budgets
	    if budget["name"] == "3 per 1h of all credentials"]
	assert all_have and all(one["left"] < 0.1 for one in all_have)


def test_each_credential_has_its_own_limit_too(lab):
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": {**KEYS, "per_total": {
	    "capacity": 3, "period": "1h"}}})
	one = lab.client()
	assert [one.get(f"http://{far.at}/", fields=key(n)).status
	    for n in "aaabb"] == [200, 200, 429, 200, 429]


def test_credentials_take_turns(lab, command):
	"""One request of each that waits for what all have together."""
	gate = threading.Event()
	order = []

	def handle(conn, request):
		order.append(request.get("authorization")[-1])
		gate.wait(wire.DEADLINE)
		conn.reply()
	far = lab.origin(handle)
	daemon = lab.sluice(hosts={"127.0.0.1": {"per": "authorization",
	    "per_total": {"concurrency": 1}}})
	first = lab.client().ask("GET", f"http://{far.at}/", fields=key("z"))
	far.wait_requests(1)
	many = []
	control = lab.control()
	host, = control.get("/v1/hosts").json()["hosts"]
	shown = control.get("/v1/hosts/" + host["key"]).json()
	assert shown["total"] == {"in_flight": 1, "concurrency": 1}
	said = command(sluice.BINARY, "show", "--socket", daemon.control,
	    host["key"]).stdout.decode()
	assert "in flight      1, of all credentials 1 of 1, tunnels 0" in said
	for n in "aaabbc":
		many.append(lab.client().ask("GET", f"http://{far.at}/",
		    fields=key(n)))
		wire.wait_until(lambda: sum(one["waiting"] for one in
		    control.get("/v1/hosts").json()["hosts"]) == len(many))
	gate.set()
	for one in first, *many:
		assert one.response().status == 200
	assert "".join(order) == "zabcaba"
	daemon.change(hosts={"127.0.0.1": {"per": "authorization"}})
	assert lab.get(f"http://{far.at}/", fields=key("a")).status == 200


def test_a_total_outlives_its_credentials(lab):
	"""Entries that are idle are dropped as others come; it is kept."""
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": {"capacity": 1000, "period": "1ms",
	    "per": "authorization", "queue": TIGHT, "per_total":
	    {"capacity": 5, "period": "1h"}}}, limits={"hosts": 100})
	one = lab.client()
	statuses = [one.get(f"http://{far.at}/", fields=key(n)).status
	    for n in range(300)]
	assert statuses == [200] * 5 + [429] * 295


def test_reloads_keep_what_all_have_spent(lab):
	far = lab.origin()
	rule = {**KEYS, "per_total": {"capacity": 3, "period": "1h"}}
	daemon = lab.sluice(hosts={"127.0.0.1": rule})
	at = f"http://{far.at}/"
	assert [lab.get(at, fields=key(n)).status for n in "abc"] == [200] * 3
	daemon.change(hosts={"127.0.0.1": {**rule, "per_total": {
	    "capacity": 4, "period": "1h"}}})
	assert [lab.get(at, fields=key(n)).status for n in "de"] == [200, 429]
	daemon.change(hosts={"127.0.0.1": KEYS})
	assert lab.get(at, fields=key("e")).status == 200
	daemon.change(hosts={"127.0.0.1": rule})
	assert [lab.get(at, fields=key(n)).status for n in "fghi"] == \
	    [200] * 3 + [429]


def test_tunnels_come_to_nothing_for_all(lab):
	"""A CONNECT with plain requests inside gives its cost back."""
	far = lab.origin()
	lab.sluice(hosts={"127.0.0.1": {"per": "authorization", "queue": TIGHT,
	    "per_total": {"capacity": 3, "period": "1h"}}})
	statuses = []
	for n in range(5):
		one = lab.client()
		if one.tunnel(far.at).status == 200:
			statuses.append(one.get("/", host=far.at,
			    fields=key(n)).status)
	assert statuses == [200] * 3


# One request through each way in, and then no other through any.

def absolute(lab, at, other):
	yield lab.get(f"http://{at}/")
	yield lab.get(f"http://{at}/", host=other)
	yield lab.get(f"http://{at}/", host=False, version="1.0")
	yield lab.get(f"HTTP://{at.upper()}/x")


def in_a_tunnel(lab, at, other):
	for to, host, target in [(at, at, "/"), (at, other, "/"),
	    (at, at.upper(), "/"), (at, other, f"http://{other}/"),
	    (other, at, "/"), (other, other, f"http://{at}/"),
	    (other, at, f"http://{at.upper()}/")]:
		one = lab.client()
		answer = one.tunnel(to)
		yield one.get(target, host=host) if answer.status == 200 \
		    else answer


def test_ways_to_one_host_in_clear(lab):
	far = lab.origin()
	lab.sluice(resolver=[lab.dns(dnsserver.Here()).at], hosts={
	    "api.test": {**ONE, "queue": TIGHT}})
	at, other = f"api.test:{far.port}", f"other.test:{far.port}"
	answers = [*absolute(lab, at, other), *in_a_tunnel(lab, at, other)]
	assert [answer.status for answer in answers] == [200] + [429] * 10
	assert len(far.requests) == 1


def test_ways_to_one_host_with_tls(tlab):
	"""The name in the ClientHello, Host and the target against CONNECT."""
	far = tlab.secure_origin()
	at, other = f"intercept.test:{far.port}", f"upstream.test:{far.port}"
	tlab.https(hosts={"intercept.test": {**ONE, "https": "intercept",
	    "queue": TIGHT}})
	statuses = [tlab.inside(at).get("/").status]
	for name, host, target in [("upstream.test", at, "/"),
	    ("intercept.test", other, "/"), ("upstream.test", other, "/"),
	    ("intercept.test", at, f"https://{other}/"), ("intercept.test", at.upper(),
	    f"https://{at.upper()}/"), ("INTERCEPT.test", at, "/")]:
		try:
			one = tlab.inside(at, name=name,
			    context=tlab.pki.client(None))
			statuses.append(one.get(target, host=host).status)
		except OSError:
			statuses.append(0)	# no TLS came of it
	assert statuses[0] == 200
	assert set(statuses[1:]) <= {0, 421, 429}, statuses
	assert statuses[-2:] == [429, 429]
	assert tlab.get(f"http://{at}/").status == 429
	assert len(far.requests) == 1


# Addresses as some resolvers read them, and names that are none.
NO_HOSTS = ["2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1",
    "127.0.0.01", "127.1", "127.0.1", "1.2.3.4.5", "127.0.0.256", "api.test..",
    ".api.test", "api..test", "%61pi.test", "api%2etest", "api.test%00", "api."
    "test%2f", "[::ffff:127.0.0.1%25lo]", "[127.0.0.1]", "[::1", "api.test@x",
    "b\xfccher.test", "api.test\\", "api.test;x"]


def test_what_is_no_host_is_refused(lab):
	far = lab.origin()
	own(lab, ONE)
	for name in NO_HOSTS:
		answer = lab.get(f"http://{name}:{far.port}/", host="x")
		assert answer.status == 400, name
		one = lab.client()
		assert one.tunnel(f"{name}:{far.port}").status == 400, name
	for name in "xn--bcher-kva.test", "XN--BCHER-KVA.test", "xN--bcHer-kva." \
	    "TEST.":
		answer = lab.get(f"http://{name}:{far.port}/")
		assert answer.status == (200 if name.islower() else 429), name
	for version, method in [("1.0", "GET"), ("1.1", "HEAD"), ("1.1", "PUT"),
	    ("1.1", "get"), ("1.1", "PROPFIND"), ("1.1", "FOO")]:
		answer = lab.client().call(method, f"http://xn--bcher-kva.test:"
		    f"{far.port}/", version=version, body=b"")
		assert answer.status == 429, method
	assert len(far.requests) == 1
