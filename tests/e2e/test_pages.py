# SPDX-License-Identifier: ISC
"""doc/ has a page for each kind of user; what each says is done here, with its
own configuration, for hosts of the tests' own."""
import json
import os
import re
import subprocess
import time

import pytest

import advised
import origin
import sluice
import wire

PAGES = ["crawler", "ci", "agents", "s3", "github"]
WAIT = ("Retry-After", "1")


def page(name):
	return advised.read(f"doc/{name}.md")


def section(name, title):
	"""What stands under the heading that begins so."""
	text = re.split(rf"^## {title}.*$", page(name), flags=re.M)[1]
	return re.split(r"^## ", text, flags=re.M)[0]


def configuration(lab, pki, name, names=()):
	"""The page's, at any port, with files that are there."""
	text = advised.block(page(name))
	files = {"/var/lib/sluice": str(lab.dir),
	    "/etc/sluice/ca.pem": str(pki.pem("user-ca")),
	    "/etc/sluice/ca.key": str(pki.key("user-ca"))}
	text = advised.put(text, {here: own for here, own in files.items()
	    if here in text})
	text = re.sub(r"^listen: .*$", "listen: 127.0.0.1:0", text, flags=re.M)
	text = advised.put(text, {"127.0.0.1:3130": "127.0.0.1:0"})
	return advised.put(text, dict(names))


def start(lab, name, names):
	"""A sluice as the page has it."""
	text = configuration(lab, lab.pki, name, names)
	trust = f"tls:\n  trust: {lab.pki.pem('ca')}\n"
	text = text.replace("tls:\n", trust) if "\ntls:\n" in text else \
	    trust + text
	daemon = advised.start(lab, text, {"resolver": advised.here(lab)})
	daemon.err.wait("is ready")
	return daemon


def look(lab, name, names):
	"""What the page says to look with works, and what each prints."""
	daemon = lab.daemons[-1]
	place = lab.dir / "bin"
	place.mkdir()
	(place / "sluice").symlink_to(os.path.abspath(sluice.BINARY))
	lines = advised.put(advised.block(section(name, "See what it does"),
	    "sh"), names).splitlines()
	for line in lines:
		done = subprocess.run(["sh", "-c", line], text=True,
		    capture_output=True, timeout=2 * wire.DEADLINE, env={
		    "PATH": f"{place}:{os.environ['PATH']}",
		    "SLUICE_SOCKET": str(daemon.control)})
		assert done.returncode == 0, (line, done)
		yield line, done.stdout


def together(lab, calls):
	"""All at once; what came of each."""
	return [task.join() for task in [lab.spawn(*call) for call in calls]]



@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole(name):
	"""What each tells, in the same order."""
	heads = re.findall(r"^## (.*)$", page(name), re.M)
	assert len(heads) == 4
	for head, begins in zip(heads, ["The configuration",
	    "What it does on a ", "See what it does", "What to avoid"]):
		assert head.startswith(begins)
	assert f"doc/{name}.md" in advised.read("README.md")


@pytest.mark.parametrize("name", PAGES)
def test_a_configuration_is_checked(lab, pki, name):
	"""Without an error or a warning, by both who look."""
	file = lab.dir / "page.yaml"
	file.write_text(configuration(lab, pki, name))
	done = sluice.run("check", file)
	assert (done.returncode, done.stderr) == (0, "")
	done = sluice.run("-t", "-c", file)
	assert done.returncode == 0
	assert "warn" not in done.stdout + done.stderr, done


def test_crawler(tlab):
	"""Each site at its own pace, whoever asks; a refusal holds one."""
	names = {"shop.example": "shop.test", "archive.example": "upstream.test"}
	start(tlab, "crawler", names)
	slow, other, far = [tlab.origin() for _ in range(3)]
	busy = tlab.origin(origin.sequence(origin.fixed(429, fields=[WAIT]),
	    origin.fixed()))
	archive = tlab.secure_origin(name="origin")
	began = time.monotonic()
	urls = [f"http://a.test:{slow.port}/{n}" for n in range(3)] + \
	    [f"http://b.test:{busy.port}/{n}" for n in range(2)] + \
	    [f"http://c.test:{other.port}/"] + \
	    [f"http://{n}.shop.test:{far.port}/" for n in "xyz"] + \
	    [f"http://upstream.test:{archive.port}/"]
	answers = together(tlab, [(tlab.get, url) for url in urls])
	assert [a.status for a in answers] == [200] * len(urls)
	# a second between two of a site, less what a late timer is forgiven
	assert slow.times(began)[2] > 1.9
	# the refused one again, alone, and then the second
	assert len(busy.requests) >= 3 and busy.times(began)[1] > 1
	# two a second for all of the shop's names: the third is one late
	assert far.times(began)[2] > 0.4
	assert other.times(began)[0] < 1 * wire.SLOW
	assert len(archive.requests) == 1
	for line, said in look(tlab, "crawler", {"www.example.com":
	    f"b.test:{busy.port}"}):
		if line.startswith("sluice events"):
			assert "429" in said, said


def test_ci(tlab):
	"""Two runners, of which none sees that the registry refuses; what is
	over the quota is refused by us at once, and says until when."""
	names = {"registry-1.docker.io": "intercept.test",
	    "api.github.com": "a.intercept.test", "pypi.org": "tunnel.test"}
	daemon = start(tlab, "ci", names)
	far = tlab.secure_origin(origin.sequence(origin.fixed(429,
	    fields=[WAIT]), origin.fixed()), name="origin")
	at = f"intercept.test:{far.port}"
	image = "/v2/library/alpine/manifests/3"

	def pull(source):
		return tlab.inside(at, source=source).get(image).status
	assert together(tlab, [(pull, f"127.0.0.1{n}") for n in (1, 2)]) == \
	    [200, 200]
	runner = tlab.inside(at)
	# a layer is no pull; of 200, three were sent
	assert runner.get("/v2/library/alpine/blobs/sha256:1").status == 200
	assert {runner.get(image).status for _ in range(197)} == {200}
	over = runner.get(image)
	assert over.status == 429 and int(over.get("retry-after")) > 900
	assert len(far.requests) == 201
	# not looked into, as it is not marked
	inside = tlab.inside(f"tunnel.test:{far.port}", context=
	    tlab.pki.client("ca"))
	assert inside.get("/simple/").status == 200
	inside.close()
	daemon.out.wait("CONNECT tunnel.test")
	for line, said in look(tlab, "ci", {"registry-1.docker.io": at}):
		if line.startswith("sluice explain"):
			assert "200 per 6h" in said, said


def answer(conn, req):
	usage = {"input_tokens": 20, "output_tokens": 10}
	conn.reply(200, json.dumps({"usage": usage}),
	    [("Content-Type", "application/json")])


def test_agents(tlab):
	"""A refused prompt goes out again, whole, and tokens are counted."""
	names = {"api.anthropic.com": "upstream.test",
	    "api.openai.com": "other.test"}
	start(tlab, "agents", names)
	far = tlab.secure_origin(origin.sequence(origin.fixed(429,
	    fields=[WAIT]), answer), name="origin")
	url = f"http://upstream.test:{far.port}/v1/messages"
	prompt = json.dumps({"max_tokens": 500, "messages": ["x" * 2000]})

	def ask(agent):
		return tlab.client().call("POST", url, [("X-Agent", agent),
		    ("Content-Type", "application/json")], prompt).status
	assert together(tlab, [(ask, agent) for agent in "abc"]) == [200] * 3
	assert {req.body for req in far.requests} == {prompt.encode()}
	assert len(far.requests) >= 4
	said = dict(look(tlab, "agents", {"api.anthropic.com":
	    f"upstream.test:{far.port}"}))
	explained, = [text for line, text in said.items() if "explain" in line]
	assert "8000 per 1m of output" in explained, explained


def test_s3(tlab):
	"""SlowDown holds everybody, and what was refused is sent again."""
	start(tlab, "s3", {"storage.example": "intercept.test"})
	slow = origin.fixed(503, body="<Error><Code>SlowDown</Code></Error>")
	far = tlab.secure_origin(origin.sequence(slow, origin.fixed()),
	    name="origin")
	url = f"http://a.intercept.test:{far.port}/bucket/key"
	part = b"z" * 300_000

	def put():
		return tlab.client().call("PUT", url, body=part).status
	began = time.monotonic()
	assert together(tlab, [(put,)] * 3) == [200] * 3
	assert {req.body for req in far.requests} == {part}
	assert far.times(began)[-1] > 1
	far.handler = slow
	assert tlab.client().call("POST", url + "?uploads",
	    body=b"").status == 503
	for line, said in look(tlab, "s3", {"s3.storage.example":
	    f"a.intercept.test:{far.port}"}):
		if line.startswith("sluice events"):
			assert "503" in said, said


SECONDARY = json.dumps({"message": "You have exceeded a secondary rate "
    "limit. Please wait a few minutes before you try again."})
FORBIDDEN = json.dumps({"message": "Resource not accessible"})


def test_github(tlab):
	"""A 403 that is about a limit is waited out, another one is passed on."""
	start(tlab, "github", {"api.github.com": "upstream.test",
	    "  github.com": "  tunnel.test"})
	body = [("Content-Type", "application/json")]
	far = tlab.secure_origin(origin.by_path({
	    "/issues": origin.sequence(origin.fixed(403, SECONDARY,
	        [WAIT, *body]), origin.fixed()),
	    "/secret": origin.fixed(403, FORBIDDEN, body)}), name="origin")
	url = f"http://upstream.test:{far.port}"
	token = [("Authorization", "Bearer one")]
	one = tlab.client()
	began = time.monotonic()
	assert one.get(url + "/issues", token).status == 200
	assert time.monotonic() - began > 1
	refused = one.get(url + "/secret", token)
	assert (refused.status, refused.body) == (403, FORBIDDEN.encode())
	assert far.targets() == ["/issues", "/issues", "/secret"]
	said = dict(look(tlab, "github", {"api.github.com": "upstream.test"}))
	assert "30 per 1m" in said[[line for line in said
	    if "explain" in line][0]], said
