# SPDX-License-Identifier: ISC
"""Clients of a host with https: upstream stay where their requests are seen:
what answers tell them by https://, they ask for by http://."""
import json
import re
import subprocess
import sys

import pytest

import origin
import programs
import wire

NAME = "upstream.test"


@pytest.fixture
def house(tlab):
	"""An origin that knows only https://, and a sluice before it."""
	class House:
		lab = tlab

		def __init__(self):
			self.answers = {}
			self.far = tlab.secure_origin(self.answer)
			self.daemon = None

		def answer(self, conn, req):
			target = req.start.split(b" ")[1].decode()
			say = self.answers.get(target, origin.fixed(body="end"))
			say(conn, req)

		def tells(self, path, *fields, status=302):
			self.answers[path] = origin.fixed(status, fields=fields)

		def url(self, path, name=NAME):
			"""As the origin says it."""
			return f"https://{name}:{self.far.port}{path}"

		def start(self, upstream=None, **hosts):
			rule = {"https": "upstream",
			    "tls": {"port": self.far.port},
			    **({"upstream": upstream} if upstream else {})}
			self.daemon = tlab.https(hosts={NAME: rule, **{
			    name.replace("_", "."): {**rule, **more}
			    for name, more in hosts.items()}})
			return self.daemon

		def get(self, path, *args, **keys):
			return tlab.client().get(f"http://{NAME}{path}", *args,
			    **keys)

		def curl(self, *args, status=0, **keys):
			done = subprocess.run(["curl", "-sS", "-x",
			    self.daemon.url, *args], capture_output=True,
			    text=True, timeout=2 * wire.DEADLINE, **keys)
			assert done.returncode == status, done
			return done
	return House()


# Redirects and pages, as programs follow them


@pytest.mark.parametrize("name", ["curl", "requests", "aiohttp",
    "chromium"])
def test_redirects_are_followed_inside(house, name):
	"""Three hops; none of them is a tunnel that nobody looks into."""
	house.tells("/a", ("Location", house.url("/b")), status=301)
	house.tells("/b", ("Location", house.url("/c?x=y")), status=307)
	house.answers["/c?x=y"] = origin.fixed(body="end",
	    fields=[("Content-Type", "text/html")])
	daemon = house.start()
	many = programs.Programs(house.lab.dir / "home", daemon.url)
	args = ["-L"] if name == "curl" else []
	got, = getattr(many, name)([f"http://{NAME}/a"], *args)
	assert got.status in (200, None) and "end" in got.text, got
	assert house.far.targets()[:3] == ["/a", "/b", "/c?x=y"]
	daemon.out.wait(rf' GET {NAME}:\d+ 200 .* path="/c')
	assert re.findall(r' GET \S+ (\d+) .* path="/([abc])"',
	    daemon.out.text()) == [("301", "a"), ("307", "b"), ("200", "c")]
	assert not daemon.out.like(" CONNECT .* tunnel", 0)


def test_credentials_stay(house):
	"""curl keeps them for the same host; to https:// they would be lost."""
	house.tells("/a", ("Location", house.url("/b")))
	house.start()
	house.curl("-L", "-u", "user:word", f"http://{NAME}/a")
	assert [r.all("authorization") for r in house.far.requests] == \
	    [["Basic dXNlcjp3b3Jk"]] * 2


PAGES = """
import json, sys, requests
url, seen = sys.argv[1], []
while url:
	answer = requests.get(url, timeout=60)
	seen.append(answer.status_code)
	url = answer.links.get("next", {}).get("url")
print(json.dumps(seen))
"""


def test_pages_are_followed_inside(house):
	"""Link, with commas and brackets in quotes, over two fields."""
	for i in range(3):
		house.tells(f"/p?{i}", ("Link", '</x>; title="a, <b>; c"'),
		    ("Link", f'<{house.url("/p?0")}>; rel="first", '
		    f'<{house.url(f"/p?{i + 1}")}>; rel="next"'), status=200)
	daemon = house.start()
	many = programs.Programs(house.lab.dir / "home", daemon.url)
	out, _ = many.run([sys.executable, "-c", PAGES,
	    f"http://{NAME}/p?0"], many.env)
	assert json.loads(out) == [200] * 4
	assert house.far.targets() == [f"/p?{i}" for i in range(4)]
	assert "CONNECT" not in daemon.out.text()


# What is changed


def test_which(house):
	"""Hosts that are asked for by http://, each with its own port."""
	port = house.far.port
	daemon = house.start(second_test={}, third_test={"tls": {"port": 443}},
	    away_test={"https": "tunnel"}, other_test={"upstream":
	    {"rewrite": False}})
	told = {
	    house.url("/x"): f"http://{NAME}/x",
	    house.url("/x", "SECOND.test"): "http://SECOND.test/x",
	    house.url("/", "third.test"): f"http://third.test:{port}/",
	    "https://third.test/": "http://third.test/",
	    "https://third.test:443": "http://third.test",
	    f"https://{NAME}": f"http://{NAME}:443",
	    f"https://{NAME}:443/": f"http://{NAME}:443/",
	    f"https://{NAME}:8443/": f"http://{NAME}:8443/",
	    f"https://u:p@{NAME}:{port}/": f"http://u:p@{NAME}/",
	    house.url("/", "other.test"): "http://other.test/",
	}
	same = [f"https://{NAME}:80/", house.url("/", "away.test"),
	    house.url("/", "nobody.test"), "/x", f"//{NAME}:{port}/",
	    f"http://{NAME}/", f"https:{NAME}", f"https://{NAME}:x/",
	    f"https://{NAME}\\@away.test/", f"https://a@{NAME}@away.test/", ""]
	told.update({one: one for one in same})
	for i, one in enumerate(told):
		house.tells(f"/{i}", ("Location", one),
		    ("Content-Location", one), ("X-Other", one))
	one = house.lab.client()
	for i, (before, after) in enumerate(told.items()):
		got = one.get(f"http://{NAME}/{i}")
		assert [got.get("location"), got.get("content-location"),
		    got.get("x-other")] == [after, after, before]
	house.tells("/kept", ("Location", house.url("/")))
	assert one.get("http://other.test/kept").get("location") == \
	    house.url("/")
	assert "error" not in daemon.err.text()


def test_who_asks_for_https_gets_https(house):
	"""In absolute form, and where the host is intercepted."""
	house.tells("/a", ("Location", house.url("/b")),
	    ("Set-Cookie", "a=b; Secure"))
	house.start({"strip_secure": True}, intercept_test={"https":
	    "intercept"})
	got = house.lab.client().get(house.url("/a"))
	assert got.get("location") == house.url("/b")
	assert got.get("set-cookie") == "a=b; Secure"
	got = house.lab.inside(f"intercept.test:{house.far.port}").get("/a")
	assert got.get("location") == house.url("/b")
	got = house.lab.client().tunnel(f"{NAME}:80")
	assert got.status == 200


def test_plain_requests_in_tunnels(house):
	house.tells("/a", ("Location", house.url("/b")))
	house.start()
	one = house.lab.client()
	assert one.tunnel(f"{NAME}:80").status == 200
	one.send(f"GET /a HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
	assert one.response().get("location") == f"http://{NAME}/b"


def test_interim_answers(house):
	"""103 has links, 100 is as it was, and 201 has its Location."""
	def answer(conn, req):
		conn.send(b"HTTP/1.1 103 Early Hints\r\nLink: <"
		    + house.url("/style").encode() + b">; rel=preload\r\n\r\n")
		conn.reply(201, fields=[("Location", house.url("/made"))])
	house.answers["/a"] = answer
	house.start()
	done = house.curl("-i", "-H", "Expect: 100-continue", "-d", "x" * 2000,
	    f"http://{NAME}/a")
	heads = done.stdout.split("\n\n")
	assert heads[0].startswith("HTTP/1.1 100 "), heads
	assert f"Link: <http://{NAME}/style>; rel=preload" in heads[1]
	assert f"Location: http://{NAME}/made" in heads[2]
	assert house.far.requests[0].body == b"x" * 2000


def test_after_a_retry(house):
	refuse = origin.fixed(429, fields=[("Retry-After", "0"),
	    ("Location", house.url("/no"))])
	house.answers["/a"] = origin.sequence(refuse, origin.fixed(302,
	    fields=[("Location", house.url("/b"))]))
	house.start()
	got = house.get("/a")
	assert (got.status, got.get("location")) == (302, f"http://{NAME}/b")
	assert house.far.targets() == ["/a", "/a"]


def test_off_and_on_by_a_reload(house):
	house.tells("/a", ("Location", house.url("/b")))
	daemon = house.start({"rewrite": False})
	assert house.get("/a").get("location") == house.url("/b")
	daemon.change(hosts={NAME: {"https": "upstream",
	    "tls": {"port": house.far.port}}})
	assert house.get("/a").get("location") == f"http://{NAME}/b"


# Cookies


@pytest.mark.parametrize("strip", [False, True])
def test_cookies(house, strip):
	house.tells("/a", ("Location", house.url("/b")),
	    ("Set-Cookie", "a=1; Secure; Path=/"),
	    ("Set-Cookie", "b=2; Path=/"),
	    ("Set-Cookie", "__Secure-c=3; Secure; Path=/"))
	house.start({"strip_secure": strip})
	house.curl("-L", "-b", "", f"http://{NAME}/a")
	sent = house.far.requests[1].all("cookie")
	assert sorted(sent[0].split("; ")) == (["a=1", "b=2"] if strip else
	    ["b=2"])


def test_cookies_of_other_sites(house):
	"""A browser takes them, although they were for requests from anywhere:
	without Secure it would take none that says so."""
	house.tells("/a", ("Location", house.url("/b")),
	    ("Set-Cookie", "a=1; SameSite=None; Secure"),
	    ("Set-Cookie", "b=2; Path=/; Secure; SameSite=None; Partitioned"),
	    ("Set-Cookie", "c=3; SameSite=None"))
	house.answers["/b"] = origin.fixed(body="end",
	    fields=[("Content-Type", "text/html")])
	daemon = house.start({"strip_secure": True})
	many = programs.Programs(house.lab.dir / "home", daemon.url)
	got, = many.chromium([f"http://{NAME}/a"])
	assert "end" in got.text, got
	there = next(r for r in house.far.requests
	    if r.start.split(b" ")[1] == b"/b")
	assert sorted(there.all("cookie")[0].split("; ")) == ["a=1", "b=2"]


# Tunnels


def test_tunnels_are_refused(house):
	"""At once where they can only be for https://, else at their TLS."""
	daemon = house.start({"refuse_tunnels": True})
	done = house.curl("-v", f"https://{NAME}/", status=56)
	assert "403" in done.stderr and "ask for http://" in done.stderr
	daemon.out.wait(rf" CONNECT {NAME}:443 403 .*ask for http://")
	done = house.curl(house.url("/"), status=35)
	assert "access denied" in done.stderr, done
	daemon.out.wait(rf" CONNECT {NAME}:{house.far.port} 200 .*"
	    "ask for http://")
	assert house.far.conns == []
	done = house.curl("-p", f"http://{NAME}:{house.far.port}/")
	assert done.stdout == "end"
	done = house.curl("-p", f"http://{NAME}/")
	assert done.stdout == "end"
