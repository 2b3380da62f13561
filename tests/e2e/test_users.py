# SPDX-License-Identifier: ISC
"""Who may use the proxy by name and password: access.users."""
import base64
import ctypes
import json
import pathlib
import re
import ssl
import subprocess
import time

import pytest

import client
import metrics
import origin
import programs
import sluice
import wire

CRYPT = ctypes.CDLL("libcrypt.so.1")
CRYPT.crypt.restype = ctypes.c_char_p
CRYPT.crypt_gensalt.restype = ctypes.c_char_p


def crypt(password, kind=b"$2y$", cost=4):
	"""A hash; cost 4 of bcrypt is a millisecond, 5000 of SHA-crypt too."""
	salt = CRYPT.crypt_gensalt(kind, ctypes.c_ulong(cost), None, 0)
	hashed = CRYPT.crypt(password.encode(), salt)
	assert hashed.startswith(kind), hashed
	return hashed.decode()


def credentials(name, password):
	token = base64.b64encode(f"{name}:{password}".encode()).decode()
	return ("Proxy-Authorization", f"Basic {token}")


ALICE = credentials("alice", "wonder land:1")
BOB = credentials("bob", "builder")


class House:
	"""A proxy with users, and an origin that it leads to."""

	def __init__(self, lab, handler=None, users=None, **keys):
		self.lab = lab
		self.far = lab.origin(handler or origin.fixed(body="fine"))
		self.file = lab.dir / "users"
		self.users = users or {"alice": crypt("wonder land:1"),
		    "bob": crypt("builder", b"$6$", 1000)}
		self.write()
		self.keys = {"access": {"users": self.file}, **keys}
		self.daemon = lab.sluice(**self.keys)

	def write(self, **more):
		self.users.update(more)
		new = self.lab.dir / "users.new"
		new.write_text("".join(f"{name}:{hashed}\n"
		    for name, hashed in self.users.items() if hashed))
		new.chmod(0o640)
		new.rename(self.file)

	@property
	def url(self):
		return self.far.url + "/"

	def ask(self, *fields, path="", method="GET"):
		one = self.lab.client()
		answer = one.call(method, self.url + path, fields)
		one.close()
		return answer


def refused(answer, why="nobody has that name and password"):
	assert answer.status == 407, answer
	assert answer.get("proxy-authenticate") == \
	    'Basic realm="sluice", charset="UTF-8"'
	assert answer.get("content-type") == "application/problem+json"
	assert answer.get("proxy-status") == "sluice; " \
	    f'error=http_request_denied; details="{why}"'
	return True


MISSING = "Proxy-Authorization is missing, or not Basic"

# What is nobody's.
WRONG = [
	((), MISSING),
	(("Proxy-Authorization", "Basic"), MISSING),
	(("Proxy-Authorization", "Basic !!!!"), MISSING),
	(("Proxy-Authorization", "Basic YWxpY2U="), MISSING),
	(("Proxy-Authorization", "Bearer abc"), MISSING),
	(("Proxy-Authorization", 'Digest username="alice"'), MISSING),
	(("Authorization", ALICE[1]), MISSING),
	(credentials("alice", "wonder land:1\0"), MISSING),
	(credentials("alice", "x" * 600), MISSING),
	(credentials("alice", "wrong"), None),
	(credentials("alice", "wonder land:"), None),
	(credentials("alice", ""), None),
	(credentials("Alice", "wonder land:1"), None),
	(credentials("bob", "wonder land:1"), None),
	(credentials("nobody", "wonder land:1"), None),
	(credentials("", ""), None),
]


def test_who_is_nobody_gets_nowhere(lab):
	house = House(lab)
	for field, why in WRONG:
		fields = [field] if field else []
		why = why or "nobody has that name and password"
		one = lab.client()
		assert refused(one.get(house.url, fields), why), field
		# A browser or a program answers on the same connection.
		assert one.get(house.url, [ALICE]).body == b"fine"
		one.close()
		one = lab.client()
		assert refused(one.call("CONNECT", f"127.0.0.1:{house.far.port}",
		    fields), why), field
		assert one.ended()
		one.close()
	assert house.ask(ALICE).status == 200
	assert house.ask(BOB).status == 200
	metrics.until(house.daemon, lambda m: m.sum("sluice_refusals_total",
	    reason="access_user") == 2 * len(WRONG))
	assert len(house.far.requests) == len(WRONG) + 2
	for secret in ("wonder", "builder", ALICE[1], BOB[1],
	    *house.users.values()):
		assert secret not in house.daemon.out.text()
		assert secret not in house.daemon.err.text()


def test_credentials_stay_here(lab):
	house = House(lab)
	one = lab.client()
	assert one.get(house.url, [ALICE, ("Authorization", "Basic b3du"),
	    ALICE, ("X-Other", "1")]).status == 200
	seen = house.far.requests[0]
	assert seen.get("proxy-authorization") is None
	assert seen.get("authorization") == "Basic b3du"
	assert seen.get("x-other") == "1"
	line = house.daemon.out.wait(" 200 ")
	assert ' user="alice"' in line


def test_methods_of_crypt(lab):
	kinds = {"y": crypt("s"), "b": crypt("s", b"$2b$"),
	    "a": crypt("s", b"$2a$"), "sha256": crypt("s", b"$5$", 1000),
	    "sha512": crypt("s", b"$6$", 1000), "yes": crypt("s", b"$y$", 1)}
	house = House(lab, users=kinds)
	for name in kinds:
		assert house.ask(credentials(name, "s")).status == 200, name
		assert refused(house.ask(credentials(name, "t"))), name


@pytest.mark.plain("it is about the program that writes such files")
def test_a_file_of_htpasswd(lab):
	file = lab.dir / "made"
	for name, flags in (("alice", "-cbB"), ("bob", "-bB")):
		subprocess.run(["htpasswd", flags, "-C", "4", file, name,
		    "pw of " + name], check=True, capture_output=True)
	house = House(lab)
	house.daemon.change(access={"users": file})
	for name in ("alice", "bob"):
		assert house.ask(credentials(name, "pw of " + name)).status == \
		    200
	subprocess.run(["htpasswd", "-bm", file, "eve", "x"], check=True,
	    capture_output=True)
	line = house.daemon.reload(access={"users": file})
	assert re.search(r"not reloaded: .*: access\.users: \S+/made:3: a hash "
	    r"of MD5 \(\$apr1\$\), .* with htpasswd -B$", line)
	# What held before still does.
	assert house.ask(credentials("bob", "pw of bob")).status == 200


# A file's text, and what is said of it; {} is its path.
FILES = [
	("alice:secret\n", r"{}:1: no hash but perhaps the password itself; "),
	("a:" + crypt("x") + "\nb:{SHA}x\n", r"{}:2: a hash of SHA-1 "),
	("x" * (4 << 20) + "\n", r"{}: larger than 4 MiB$"),
	(None, r"{}: No such file or directory$"),
	("/", r"{}: no regular file$"),
]


def test_files_that_are_wrong(lab):
	for i, (text, why) in enumerate(FILES):
		file = lab.dir / f"users{i}"
		if text == "/":
			file.mkdir()
		elif text:
			file.write_text(text)
		conf = lab.dir / "conf.yaml"
		conf.write_text(f"listen: 127.0.0.1:0\naccess: {{users: {file}}}"
		    "\n")
		done = sluice.run("-t", "-c", conf)
		assert done.returncode == 1, (text or "")[:40]
		assert re.search(re.escape(str(conf)) + r":2:17: access\.users: "
		    + why.format(re.escape(str(file))), done.stderr.strip()), \
		    done.stderr
	file.parent.joinpath("open").write_text("# nobody\n")
	conf.write_text(f"listen: 127.0.0.1:0\naccess: {{users: "
	    f"{file.parent}/open}}\n")
	done = sluice.run("-t", "-c", conf)
	assert done.returncode == 0
	assert "has no user, so nobody can use the proxy" in done.stderr
	assert "can be read by others (mode 0" in done.stderr


def test_a_reload_reads_the_file_again(lab):
	house = House(lab)
	one = lab.client()
	assert one.get(house.url, [ALICE]).status == 200
	house.write(alice=crypt("new"), bob=None, carol=crypt("carol"))
	house.daemon.change()
	assert refused(one.get(house.url, [ALICE]))
	assert one.get(house.url, [credentials("alice", "new")]).status == 200
	assert refused(one.get(house.url, [BOB]))
	assert house.ask(credentials("carol", "carol")).status == 200
	house.daemon.change(access={})
	assert house.ask().status == 200
	assert house.ask(credentials("alice", "wrong")).status == 200


def test_each_request_of_a_connection_is_somebodys(lab):
	house = House(lab)
	one = lab.client()
	assert one.get(house.url, [ALICE]).status == 200
	assert refused(one.get(house.url), MISSING)
	assert one.get(house.url, [BOB]).status == 200
	assert refused(one.get(house.url, [credentials("bob", "x")]))
	lines = house.daemon.out.like(" (200|407) ", 4)
	assert all(' path="' in line for line in lines), lines
	assert [re.findall(r' user="(\w+)"', line) for line in lines] == \
	    [["alice"], [], ["bob"], []]


def test_pipelined(lab):
	house = House(lab)
	one = lab.client()
	for fields in ([ALICE], [BOB], [], [ALICE]):
		one.ask("GET", house.url, fields)
	assert [one.response().status for _ in range(4)] == \
	    [200, 200, 407, 200]


def test_bodies_wait_for_the_check(lab):
	house = House(lab, origin.echo)
	body = wire.pattern(300000)
	one = lab.client()
	answer = one.call("POST", house.url, [ALICE], body)
	assert answer.status == 200 and answer.body == body
	one.send(client.request("POST", house.url, [ALICE,
	    ("Expect", "100-continue"), ("Content-Length", "3")]))
	assert one.head().status == 100
	one.send(b"abc")
	assert one.response().body == b"abc"
	assert refused(lab.client().call("POST", house.url, [], b"x" * 9),
	    MISSING)


def test_half_closed_while_it_is_checked(lab):
	house = House(lab)
	one = lab.client()
	one.ask("GET", house.url, [ALICE])
	one.fin()
	assert one.response().body == b"fine"


def test_tunnels_belong_to_who_asked(lab):
	def repeat(conn):
		while data := conn.sock.recv(wire.PIECE):
			conn.send(data)
	house = House(lab)
	far = lab.origin(accept=repeat)
	one = lab.client()
	assert one.tunnel(f"127.0.0.1:{far.port}", b"early",
	    [ALICE]).status == 200
	assert one.exactly(5) == b"early"
	one.close()
	line = house.daemon.out.wait("CONNECT")
	assert ' user="alice"' in line
	assert refused(lab.client().call("CONNECT", f"127.0.0.1:{far.port}"),
	    MISSING)


def test_inside_a_clear_tunnel(lab):
	"""Asked once; what is claimed inside changes nothing."""
	house = House(lab)
	at = f"127.0.0.1:{house.far.port}"
	one = lab.client()
	assert one.tunnel(at, fields=[ALICE]).status == 200
	for fields in ([], [BOB], [credentials("eve", "x")]):
		assert one.call("GET", "/", fields, host=at).status == 200
	lines = house.daemon.out.like(" GET .* 200 ", 3)
	assert all(' user="alice"' in line for line in lines)
	house.write(alice=None)
	house.daemon.change()
	answer = one.call("GET", "/", host=at)
	assert answer.status == 403 and answer.get("connection") == "close"
	assert "not in access.users any more" in answer.get("proxy-status")
	assert one.ended()


def test_inside_an_intercepted_tunnel(tlab):
	lab = tlab
	secure = lab.secure_origin(origin.fixed(body="inside"))
	file = lab.dir / "users"
	file.write_text(f"alice:{crypt('wonder land:1')}\n")
	daemon = lab.https(hosts={"intercept.test": {"https": "intercept"}},
	    access={"users": file})
	at = f"intercept.test:{secure.port}"
	one = lab.inside(at, fields=[ALICE])
	for _ in range(2):
		assert one.get("/").body == b"inside"
	assert all(' user="alice"' in line
	    for line in daemon.out.like(" GET .* 200 ", 2))
	assert refused(lab.client().call("CONNECT", at), MISSING)


# What a rule gives each user of its own: one request an hour.
ONE = {"capacity": 1, "period": "1h", "queue": {"length": 0}, "per": "user"}


def test_a_throttle_for_each_user(lab):
	"""Wherever he asks from; who is nobody spends nothing."""
	house = House(lab, hosts={"127.0.0.1": ONE})
	for field, statuses in ((credentials("alice", "x"), [407]),
	    (ALICE, [200, 429]), (BOB, [200, 429]), (ALICE, [429])):
		for status in statuses:
			assert house.ask(field).status == status, field
	for user in "alice", "bob":
		house.daemon.out.wait(f'429 .* user="{user}"')
	# Two of them, each known by a hash.
	hosts = json.loads(lab.control().get("/v1/hosts").body)["hosts"]
	assert len(hosts) == 2
	assert all(re.fullmatch(r"127\.0\.0\.1~[0-9a-f]+", one["key"])
	    for one in hosts), hosts
	line = house.daemon.reload(hosts={"127.0.0.1": ONE})
	assert "not reloaded" in line
	assert line.endswith('hosts.127.0.0.1.per: user, expected '
	    'access.users beside it, a file of users whose passwords are '
	    'checked ("htpasswd -B" makes one)')
	assert house.ask(ALICE).status == 429


def test_a_throttle_for_each_user_of_a_tunnel(tlab):
	"""What is claimed inside changes nothing."""
	lab = tlab
	secure = lab.secure_origin(origin.fixed(body="inside"))
	file = lab.dir / "users"
	file.write_text(f"alice:{crypt('wonder land:1')}\n"
	    f"bob:{crypt('builder')}\n")
	lab.https(hosts={"intercept.test": {"https": "intercept", **ONE}},
	    access={"users": file})
	at = f"intercept.test:{secure.port}"
	first, second = (lab.inside(at, fields=[ALICE]) for _ in range(2))
	other = lab.inside(at, fields=[BOB])
	assert first.get("/").body == b"inside"
	assert second.get("/", [BOB]).status == 429
	assert other.get("/", [ALICE]).body == b"inside"
	assert other.get("/", [ALICE]).status == 429


def test_users_that_come_with_a_reload(tlab):
	"""Who has a tunnel that nobody was asked for is asked from now on."""
	lab = tlab
	secure = lab.secure_origin(origin.fixed(body="inside"))
	file = lab.dir / "users"
	file.write_text(f"alice:{crypt('wonder land:1')}\n")
	daemon = lab.https(hosts={"intercept.test": {"https": "intercept"}})
	at = f"intercept.test:{secure.port}"
	one = lab.inside(at, fields=[ALICE])
	assert one.get("/").status == 200
	daemon.keys["hosts"] = {"intercept.test": {"https": "intercept"}}
	daemon.keys["resolver"] = [lab.others[0].at]
	daemon.keys["tls"] = {"ca_certificate": lab.pki.pem("user-ca"),
	    "ca_key": lab.pki.key("user-ca"), "trust": lab.pki.pem("ca")}
	daemon.change(access={"users": file})
	assert one.ended()
	assert refused(lab.client().call("CONNECT", at), MISSING)
	assert lab.inside(at, fields=[ALICE]).get("/").status == 200


def test_at_a_listener_with_tls(tlab):
	lab = tlab
	house = House(lab, listen=["127.0.0.1:0", {"address": "127.0.0.1:0",
	    "tls": {"certificate": lab.pki.pem("proxy"),
	    "key": lab.pki.key("proxy")}}])
	one = client.Client(("127.0.0.1", house.daemon.ports[1]),
	    tls=lab.pki.client("proxy-ca"))
	assert refused(one.get(house.url), MISSING)
	assert one.get(house.url, [ALICE]).body == b"fine"
	one.close()


@pytest.mark.plain("programs say the same to each build")
def test_programs(lab):
	"""As people use them: with the password in the proxy's URL, or not."""
	house = House(lab)
	for user, status in (("alice:wonder%20land%3A1@", 200),
	    ("bob:builder@", 200), ("", 407), ("bob:x@", 407)):
		p = programs.Programs(lab.dir / "home",
		    f"http://{user}{house.daemon.at}")
		for name in ("curl", "requests"):
			answer = getattr(p, name)([house.url])[0]
			assert answer.status == status, (name, user, answer)
	done = subprocess.run(["curl", "-sS", "--proxy-anyauth", "-x",
	    house.daemon.url, "-U", "bob:builder", house.url],
	    capture_output=True, text=True, timeout=wire.DEADLINE)
	assert done.stdout == "fine", done


SLOW = 9			# of bcrypt: 25 ms and more, by design


def slow_house(lab, n, **keys):
	users = {f"u{i}": crypt(f"p{i}", cost=SLOW) for i in range(n)}
	users["quick"] = crypt("quick")
	# They have the lowest priority, and a machine may have much to do.
	return House(lab, users=users, timeouts={"header": "60s"}, **keys)


def test_slow_checks_delay_nobody_else(lab):
	"""While others' passwords are checked, who is known goes on."""
	house = slow_house(lab, 4)
	known = lab.client()
	quick = credentials("quick", "quick")
	assert known.get(house.url, [quick]).status == 200
	others = [lab.client().ask("GET", house.url + "slow",
	    [credentials(f"u{i % 4}", f"p{i}")]) for i in range(12)]
	assert known.get(house.url + "quick", [quick]).status == 200
	assert [one.response().status for one in others] == \
	    [200] * 4 + [407] * 8
	lines = house.daemon.out.count(14)
	# Not behind those that came before it.
	at = [i for i, line in enumerate(lines) if "/quick" in line]
	assert at and at[0] < 13, lines


def test_requests_go_before_checks(lab):
	"""The threads that check have a lower priority, in the sandbox, too."""
	house = House(lab)
	assert house.ask(ALICE).status == 200
	nice = []
	for stat in pathlib.Path(f"/proc/{house.daemon.pid}/task").glob(
	    "*/stat"):
		nice.append(int(stat.read_text().rsplit(")", 1)[1].split()[16]))
	assert max(nice) == max(10, min(nice)), nice


def test_the_same_password_is_checked_once(lab):
	"""Of many at once, whose first it is, all wait for one check."""
	house = slow_house(lab, 1)
	before = house.daemon.cpu()
	many = [lab.client().ask("GET", house.url, [credentials("u0", "p0")])
	    for _ in range(100)]
	assert {one.response().status for one in many} == {200}
	once = time.process_time()
	crypt("p0", cost=SLOW)
	once = time.process_time() - once
	assert house.daemon.cpu() - before < 25 * once * sluice.WORKERS


def test_so_many_checks_wait(lab):
	house = slow_house(lab, 1)
	statuses = []
	many = [lab.client().ask("GET", house.url, [credentials(f"x{i}", "x")])
	    for i in range(100)]
	# The client of another address has his turn before most of these.
	one = client.Client(house.daemon.address, source="127.0.0.2")
	assert one.get(house.url, [credentials("quick",
	    "quick")]).status == 200
	one.close()
	for one in many:
		answer = one.response()
		statuses.append(answer.status)
		if answer.status == 503:
			assert answer.get("retry-after") == "1"
			assert "too many passwords wait" in \
			    answer.get("proxy-status")
	assert set(statuses) == {407, 503}
	assert statuses.count(407) >= 32


def test_a_check_that_takes_too_long(lab):
	"""It may be asked for again, as one that found no place may."""
	endless = "$2b$13$" + "." * 21 + "e" + "." * 31
	house = House(lab, users={"u": endless}, timeouts={"header": "200ms"})
	answer = house.ask(credentials("u", "p"))
	assert answer.status == 503
	assert answer.get("retry-after") == "1"
	assert "took too long" in answer.get("proxy-status")


def test_names_that_nobody_has_take_as_long(lab):
	"""Nobody learns from the time who is there: a check is made in vain."""
	house = House(lab, users={"u": crypt("p", cost=SLOW)})
	once = time.process_time()
	crypt("p", cost=SLOW)
	once = time.process_time() - once
	for name in ("u", "nobody"):
		before = house.daemon.cpu()
		for i in range(4):
			assert refused(house.ask(credentials(name,
			    f"guess {i}"))), name
		assert house.daemon.cpu() - before > 2 * once, name


def test_clients_that_leave_while_they_are_checked(lab):
	house = slow_house(lab, 1)
	for i in range(20):
		one = lab.client()
		one.ask("GET", house.url, [credentials("u0", f"guess {i}")])
		if i % 2:
			one.reset()
		else:
			one.close()
	assert house.ask(credentials("quick", "quick")).status == 200
	metrics.until(house.daemon,
	    lambda m: m("sluice_client_connections") == 0)


def test_the_end_comes_while_passwords_are_checked(lab):
	house = slow_house(lab, 1)
	many = [lab.client() for _ in range(5)]
	for i, one in enumerate(many):
		# or it may not even have been accepted
		assert refused(one.get(house.url), MISSING)
		one.ask("GET", house.url, [credentials("u0", f"guess {i}")])
	house.daemon.change()
	house.daemon.term()
	for one in many:
		answer = one.response()
		assert answer.status in (407, 503), answer
	house.daemon.wait()


def test_turns_go_by_checked_names(lab):
	"""fair_by: user means who was checked, not who is claimed inside."""
	gate = origin.Gate()
	house = House(lab, gate, hosts={"127.0.0.1": {"concurrency": 1,
	    "fair_by": "user"}})
	asked = [lab.client().ask("GET", house.url + "0", [ALICE])]
	house.far.wait_requests(1)
	for i, (path, who) in enumerate((("a0", ALICE), ("a1", ALICE),
	    ("b", BOB)), 1):
		asked.append(lab.client().ask("GET", house.url + path, [who]))
		metrics.until(house.daemon, lambda m: m.sum(
		    "sluice_queue_length") == i)
	gate.open()
	for one in asked:
		assert one.response().status == 200
	assert house.far.targets()[1:] == ["/a0", "/b", "/a1"]
