# SPDX-License-Identifier: ISC
"""check and diff: what a configuration says, before a daemon has it."""
import json

import pytest

from commands import STATUS, api, budget, ctl, host, in_json
import sluice

GOOD = """\
hosts:
  api.test:
    {capacity: 20, period: 1s, https: upstream,
     paths: {/search: {capacity: 30, period: 1m}},
     costs: [{method: POST, cost: 2.5}]}
"""


def test_check(tmp_path):
	file = tmp_path / "a.yaml"
	file.write_text(GOOD)
	assert ctl(None, "check", file).stdout == f"{file}: ok\n"
	text = ctl(None, "check", file, "http://api.test/search?q=x").stdout
	assert f"rule           api.test, {file}:2:3\n" in text
	assert "part           /search\n" in text
	assert "30 per 1m of /search" in text
	text = ctl(None, "check", file, "-X", "POST",
	    "http://api.test/").stdout
	assert "cost           2.5\n" in text and "part" not in text
	found = in_json(None, "check", file, "http://other.test/")
	assert found["explanation"]["rule"] == "unlimited"
	assert found["explanation"]["at"] is None
	for url in "/x", "api.test", "ftp://api.test/", "http://a b/":
		ctl(None, "check", file, url, status=2)
	ctl(None, "check", file, "-X", "CONNECT", "api.test:443")
	for client in "192.0.2.1", "2001:db8::1":
		ctl(None, "check", file, "--from", client, "http://a.test/")
	assert "is no address" in ctl(None, "check", file, "--from", "me",
	    "http://a.test/", status=2).stderr
	assert "Max-Wait" in ctl(None, "check", file, "-H",
	    "Sluice-Max-Wait: soon", "http://a.test/", status=2).stderr
	ctl(None, "check", file, "-H", "x: y\r\n\r\nz", "http://a/", status=2)


def test_check_says_what_budgets_are_charged(tmp_path):
	file = tmp_path / "a.yaml"
	file.write_text("""\
hosts:
  llm.test:
    budgets:
      tokens:
        rates: [{capacity: 1000, period: 1m}]
        refuse: true
        reserve: {input: bytes/4, output: max_tokens, default: 300}
      points: {rates: [{capacity: 5, period: 1m}], reserve: {input: cost}}
""")
	def check(*args):
		return in_json(None, "check", file, "http://llm.test/v1/x",
		    *args)["explanation"]
	body = '{"max_tokens": 70, "cost": 2}'
	wants = {"tokens": 70 + -(-len(body) // 4), "points": 2}
	assert check("-d", body)["reserves"] == wants
	assert check("-d", body)["decision"] == "go"
	(tmp_path / "body").write_text(body)
	assert check("-d", f"@{tmp_path}/body")["reserves"] == wants
	assert f"reserves       {wants['tokens']} of tokens" in ctl(None,
	    "check", file, "http://llm.test/", "--data", body).stdout
	# no body, or one of another kind, takes nothing
	assert "reserves" not in check()
	assert "reserves" not in check("-d", "")
	assert "reserves" not in check("-d", body, "-H",
	    "Content-Type: text/plain")
	found = check("-d", '{"max_tokens": 1001}')
	assert found["decision"] == "refuse" and "of tokens" in found["says"]
	assert "No such file" in ctl(None, "check", file, "http://llm.test/",
	    "-d", f"@{tmp_path}/none", status=2).stderr
	with open(tmp_path / "long", "wb") as f:
		f.truncate((16 << 20) + 1)
	assert "longer than 16 MiB" in ctl(None, "check", file,
	    "http://llm.test/", "-d", f"@{tmp_path}/long", status=2).stderr


@pytest.mark.parametrize("text", ["workers: 9999\n", "hosts: [\n",
    "hosts: {a.test: {capacity: 1, period: 1s, paths: "
    "{/x: {capacity: 2, period: 1s}}}}\n"])
def test_check_is_a_test(tmp_path, text):
	"""It says what -t says, of errors and of warnings."""
	file = tmp_path / "a.yaml"
	file.write_text(text)
	tested = sluice.run("-t", "-c", file)
	done = sluice.run("check", file)
	assert (done.stdout, done.stderr) == (tested.stdout, tested.stderr)
	assert done.returncode == (5 if tested.returncode else 0)
	done = sluice.run("check", file, "--json")
	if tested.returncode:
		assert json.loads(done.stderr)["error"]["detail"] == \
		    tested.stderr.rstrip("\n")
	else:
		assert [line + " (warning)" for line in
		    json.loads(done.stdout)["warnings"]] == \
		    tested.stderr.splitlines()


# A file that is not there, by whoever names it; and where that stands.
FILES = [
    ('parent: {url: "https://p.test:1", tls: {trust: /none}}', "1:40: parent.tls"),
    ('{parent: {url: "https://p.test:1"}, tls: {trust: /none}}',
     "1:50: tls.trust"),
    ('{hosts: {a.test: {parent: "https://p.test:1"}}, tls: {trust: /none}}',
     "1:62: tls.trust"),
    ('{store: {redis: "rediss://r.test:1", ca: /none}}', "1:42: store.ca"),
    ('{store: {redis: "rediss://r.test:1"}, tls: {trust: /none}}',
     "1:52: tls.trust"),
    ("{hosts: {a.test: {https: upstream, tls: {trust: /none}}}}",
     "1:41: hosts.a.test.tls"),
    ("{hosts: {a.test: {https: upstream}}, tls: {trust: /none}}",
     "1:51: tls.trust"),
    ("listen: {address: 127.0.0.1:1, tls: {certificate: /none, key: /none}}",
     "listen"),
    ("{access: {users: /none}}", "access.users"),
]


@pytest.mark.parametrize("text, where", FILES)
def test_check_says_which_file(tmp_path, text, where):
	file = tmp_path / "a.yaml"
	file.write_text(text + "\n")
	says = ctl(None, "check", file, status=5).stderr
	assert f"{where}" in says and "/none: No such file" in says


@pytest.mark.parametrize("text", [
    'parent: {url: "https://p.test:1"}', 'store: {redis: "rediss://r.test:1"}',
])
def test_check_says_whose_trust(tmp_path, pki, text):
	"""Hosts have a file of their own, what is asked besides has not."""
	file = tmp_path / "a.yaml"
	file.write_text(f"defaults: {{tls: {{trust: {pki.pem('ca')}}}}}\n"
	    f"tls: {{trust: /none}}\n{text}\n")
	assert "2:14: tls.trust: /none: No such file" in ctl(None, "check",
	    file, status=5).stderr


def test_check_warns_of_a_password(tmp_path):
	"""Others may read it there."""
	file = tmp_path / "a.yaml"
	file.write_text('store: {redis: "redis://:secret@r.test:1"}\n')
	file.chmod(0o644)
	says = ctl(None, "check", file).stderr
	assert "store.redis has a password in it" in says
	assert "secret" not in says


def test_diff_of_files(tmp_path):
	old, new = tmp_path / "a.yaml", tmp_path / "b.yaml"
	old.write_text(GOOD + "workers: 1\n")
	new.write_text(GOOD.replace("20", "30") + "workers: 2\n")
	text = ctl(None, "diff", "-c", old, new).stdout
	assert text.splitlines() == ["hosts.api.test.capacity: 20 -> 30",
	    "workers: 1 -> 2", "workers: 1 -> 2 takes effect at a restart"]
	assert in_json(None, "diff", "-c", old, new)["changes"][0] == {
	    "key": "hosts.api.test.capacity", "was": "20", "is": "30"}
	assert "the same" in ctl(None, "diff", "-c", old, old).stderr
	new.write_text("workers: x\n")
	ctl(None, "diff", "-c", old, new, status=5)


def test_diff_with_what_holds(room, tmp_path):
	file = tmp_path / "a.yaml"
	file.write_text(GOOD)
	status = {**STATUS, "configuration": {**STATUS["configuration"],
	    "path": str(file)}}
	running = host("api.test", budgets=[budget(3), {**budget(3),
	    "part": "/search", "capacity": 9}], concurrency=0)
	one = room.standin(api([running], status))
	assert f"what holds and {file} are the same" in ctl(one, "diff").stderr
	file.write_text(GOOD.replace("20", "30"))
	assert ctl(one, "diff").stdout == "api.test.rates: 20 per 1s, " \
	    "burst 20 -> 30 per 1s, burst 30\n"
	file.write_text("hosts: {b.test: {}}\n")
	assert ctl(one, "diff").stdout == "api.test: a rule -> not there\n"
