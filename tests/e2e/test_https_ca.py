# SPDX-License-Identifier: ISC
"""sluice ca: the CA it makes, how far that reaches, how it is guarded."""
import os
import re
import shutil
import stat
import subprocess
import sys

import pytest

from ca_house import House
from ca_house import house, street	# noqa: F401, fixtures
import origin
import programs
import sluice
import wire


def test_files(house, pki):
	"""A certificate for all to read, a key for nobody else."""
	done = house.make()
	assert stat.S_IMODE(house.key.stat().st_mode) == 0o600
	mode = stat.S_IMODE(house.pem.stat().st_mode)
	assert mode & 0o400 and not mode & 0o022, oct(mode)
	assert sorted(os.listdir(house.ca)) == ["bundle.pem", "ca.key",
	    "ca.pem"]
	assert house.bundle.read_text().endswith(house.pem.read_text())
	assert len(house.bundle.read_text()) > len(house.pem.read_text())
	assert str(house.pem) in done.stdout
	key = house.key.read_text().splitlines()
	assert key[0] == "-----BEGIN PRIVATE KEY-----"
	for line in key[1:-1]:
		assert line not in done.stdout + done.stderr
	text = pki.describe(house.pem)
	assert "CA:TRUE" in text
	assert "Certificate Sign" in text
	assert "ED25519" in text or "prime256v1" in text or "RSA" in text


def test_directory_that_is_there(house):
	house.ca.mkdir()
	(house.ca / "other").write_text("stays")
	house.make()
	assert (house.ca / "other").read_text() == "stays"


def test_umask_does_not_matter(house):
	old = os.umask(0)
	try:
		house.make()
	finally:
		os.umask(old)
	assert stat.S_IMODE(house.key.stat().st_mode) == 0o600
	assert not stat.S_IMODE(house.pem.stat().st_mode) & 0o022


@pytest.mark.parametrize("there", ["ca.pem", "ca.key", "both"])
def test_nothing_is_overwritten(house, there):
	"""Exit 1, the file is named, nothing has changed or come."""
	house.ca.mkdir()
	names = ["ca.pem", "ca.key"] if there == "both" else [there]
	for name in names:
		(house.ca / name).write_text("mine")
	done = house.make(status=1)
	assert any(str(house.ca / name) in done.stderr for name in names), \
	    done.stderr
	assert sorted(os.listdir(house.ca)) == sorted(names)
	for name in names:
		assert (house.ca / name).read_text() == "mine"


def test_twice(house):
	house.make()
	before = house.pem.read_bytes(), house.key.read_bytes()
	house.make(status=1)
	assert (house.pem.read_bytes(), house.key.read_bytes()) == before


def test_each_is_another(tmp_path):
	made = []
	for name in "ab":
		(tmp_path / name).mkdir()
		one = House(tmp_path / name)
		one.make()
		made.append((one.pem.read_bytes(), one.key.read_bytes()))
	assert made[0][0] != made[1][0] and made[0][1] != made[1][1]


def test_no_host_is_intercepted(tmp_path):
	"""Then there is nothing that it could be limited to."""
	house = House(tmp_path, {"tunnel.test": {"https": "tunnel"}})
	done = house.make(status=1)
	assert "intercept" in done.stderr, done.stderr
	assert not house.key.exists()


@pytest.mark.parametrize("args", [["ca"], ["ca", "-x"], ["ca", "a", "b"],
    ["ca", "add"], ["ca", "add", "--within", "x.test", "y.test"]])
def test_wrong_arguments(args, tmp_path):
	done = sluice.run(*args, cwd=tmp_path)
	assert done.returncode == 2, done
	assert os.listdir(tmp_path) == []


def test_bad_configuration(house):
	house.file.write_text("hosts: {intercept.test: {https: perhaps}}\n")
	done = house.make(status=5)
	assert re.search(r"house\.yaml:1:\d+: ", done.stderr), done.stderr
	assert not house.ca.exists()


def test_directory_that_cannot_be_made(house):
	house.ca = house.dir / "nowhere" / "deep"
	done = house.make(status=1)
	assert "nowhere" in done.stderr, done.stderr


FINE = {"exact": ["DNS:intercept.test"], "wild": ["DNS:a.wild.test"],
    "deep": ["DNS:a.b.wild.test"], "address": ["IP:127.0.0.1"],
    "two": ["DNS:intercept.test", "DNS:b.wild.test"]}
OUTSIDE = {"other": ["DNS:other.test"], "tunnel": ["DNS:tunnel.test"],
    "upstream": ["DNS:upstream.test"], "address": ["IP:127.0.0.2"],
    "ipv6": ["IP:0:0:0:0:0:0:0:1"], "suffix": ["DNS:xintercept.test"],
    "behind": ["DNS:intercept.test.evil.example"],
    "one of two": ["DNS:intercept.test", "DNS:bank.example"],
    "one address of two": ["IP:127.0.0.1", "IP:10.0.0.1"]}


@pytest.mark.parametrize("what", FINE)
def test_leaf_of_a_marked_host(house, pki, what):
	house.make()
	leaf = house.sign(pki, "leaf", FINE[what])
	said = pki.run("verify", "-CAfile", house.pem, leaf, status=None)
	assert said.strip().endswith("leaf.pem: OK"), said


@pytest.mark.parametrize("what", OUTSIDE)
def test_leaf_of_another_host(house, pki, what):
	"""Whoever steals the key can speak for the marked hosts only."""
	house.make()
	leaf = house.sign(pki, "leaf", OUTSIDE[what])
	said = pki.run("verify", "-CAfile", house.pem, leaf, status=None)
	assert "subtree violation" in said, said


def test_other_names_of_a_host(tmp_path, pki):
	"""What same lists is intercepted, too."""
	hosts = {"intercept.test": {"https": "intercept", "same":
	    ["other.test", "127.0.0.9"]}}
	house = House(tmp_path, hosts)
	house.make()
	for name in "DNS:intercept.test", "DNS:other.test", "IP:127.0.0.9":
		leaf = house.sign(pki, "leaf", [name])
		assert "OK" in pki.run("verify", "-CAfile", house.pem, leaf)
	leaf = house.sign(pki, "leaf", ["IP:127.0.0.8"])
	assert "subtree violation" in pki.run("verify", "-CAfile", house.pem,
	    leaf, status=None)
	assert "may not speak" not in sluice.run("-t", "-c", house.file).stderr
	# One that came later than the CA.
	hosts["intercept.test"]["same"].append("later.test")
	house.write(hosts)
	said = sluice.run("-t", "-c", house.file).stderr
	assert re.search(r"house\.yaml:\d+:\d+: hosts\.intercept\.test: "
	    r"tls\.ca_certificate may not speak for later\.test, which is in "
	    r"same: CONNECT is refused until a CA made with this configuration "
	    r"is there \(\"sluice ca\"\)", said), said


@pytest.mark.parametrize("purpose", ["smimesign", "smimeencrypt",
    "sslclient", "timestampsign"])
def test_leaf_for_another_use(house, pki, purpose):
	"""Not for mail, nor for whom a server lets in: servers only."""
	house.make()
	leaf = house.sign(pki, "leaf", ["DNS:intercept.test",
	    "email:someone@intercept.test"], usage="serverAuth,clientAuth,"
	    "emailProtection,timeStamping")
	said = pki.run("verify", "-purpose", "sslserver", "-CAfile",
	    house.pem, leaf, status=None)
	assert said.strip().endswith("leaf.pem: OK"), said
	said = pki.run("verify", "-purpose", purpose, "-CAfile", house.pem,
	    leaf, status=None)
	assert "unsuitable certificate purpose" in said, said


def test_addresses_are_excluded_where_none_is_marked(tmp_path, pki):
	"""Constraints on names alone would leave all addresses open."""
	house = House(tmp_path, {"intercept.test": {"https": "intercept"}})
	house.make()
	for address in ("IP:127.0.0.1", "IP:0:0:0:0:0:0:0:1"):
		leaf = house.sign(pki, "leaf", [address])
		said = pki.run("verify", "-CAfile", house.pem, leaf,
		    status=None)
		assert "subtree violation" in said, said


def test_names_are_excluded_where_none_is_marked(tmp_path, pki):
	house = House(tmp_path, {"127.0.0.1": {"https": "intercept"}})
	house.make()
	leaf = house.sign(pki, "leaf", ["DNS:intercept.test"])
	said = pki.run("verify", "-CAfile", house.pem, leaf, status=None)
	assert "subtree violation" in said, said


def test_constraints_are_critical(house, pki):
	house.make()
	text = pki.describe(house.pem)
	constraints = text[text.index("X509v3 Name Constraints"):]
	assert constraints.startswith("X509v3 Name Constraints: critical")
	assert "DNS:intercept.test" in constraints
	assert "wild.test" in constraints
	assert "IP:127.0.0.1/255.255.255.255" in constraints


def test_no_ca_below_it(house, pki):
	"""It may sign hosts, not another CA."""
	house.make()
	assert "pathlen:0" in pki.describe(house.pem)


def test_it_works(street):
	"""What sluice signs with it, OpenSSL takes, for every kind of host."""
	assert "other.test" not in street.daemon.err.text()
	for host in ("intercept.test", "plain.test"):
		trust = street.pem if host == "intercept.test" else "ca"
		one = street.lab.inside(f"{host}:{street.site.tls_port}",
		    context=street.lab.pki.client(trust))
		assert one.get("/hello").body == b"hello\n"
	one = street.lab.inside(f"127.0.0.1:{street.site.tls_port}",
	    context=street.lab.pki.client(street.pem))
	assert one.get("/hello").body == b"hello\n"


@pytest.mark.plain("they are the same, and so is what programs make of them")
@pytest.mark.parametrize("name", ["curl", "python", "requests", "node"])
def test_printed_lines(street, name):
	"""They are run as they stand, but for where the system's files are."""
	local, etc = street.dir / "local", street.dir / "etc"
	local.mkdir()
	etc.mkdir()
	lines = street.printed.replace("sudo ", "").replace(
	    "/usr/local/share/ca-certificates", str(local)).replace(
	    "update-ca-certificates",
	    f"update-ca-certificates --localcertsdir {local} --certsdir "
	    f"{local} --etccertsdir {etc} --hooksdir {local} >&2")
	assert lines.count(str(local)) == 4, street.printed
	many = programs.Programs(street.dir / "home", street.daemon.url)
	many.env["PATH"] += ":/usr/sbin:/sbin"
	# Where Debian's curl and Python look by themselves.
	many.env["CURL_CA_BUNDLE"] = many.env["SSL_CERT_FILE"] = str(
	    etc / "ca-certificates.crt")
	url = f"https://{street.at}/hello"
	command = {"curl": ["curl", "-sS", url],
	    "requests": [sys.executable, programs.HERE / "get_requests.py",
	    url], "node": [programs.node(), programs.HERE / "get_node.cjs",
	    url], "python": [sys.executable, "-c", "import sys, urllib.request"
	    " as r; print(r.urlopen(sys.argv[1]).read())", url]}[name]
	# Without them it does not work.
	many.run(command, many.env, status=77 if name == "curl" else 1)
	out, _ = many.run(["sh", "-ec", lines + '\nexec "$@"', "sh",
	    *command], many.env)
	assert b"hello\\n" in out or out == b"hello\n", out


def test_printed_lines_are_commands(street):
	"""But for comments, so that all of it may be pasted."""
	for line in street.printed.splitlines():
		assert re.match(r"#|export \w+=\S+$|sudo ", line), line
	for name in ("curl", "wget", "git", "urllib", "requests", "pip",
	    "aws", "aiohttp", "httpx", "Node", "undici", "axios", "got",
	    "npm", "bun", "deno", "Go", "Java", "Ruby", "Perl", "PHP",
	    "cargo", "uv", "apt", "Chromium"):
		assert re.search(rf"^# .*\b{name}\b", street.printed, re.M), name


@pytest.mark.plain("test_it_works has the same certificates")
def test_chromium_takes_it(street):
	many = programs.Programs(street.dir / "home", street.daemon.url,
	    street.pem)
	street.site.file("page.html", b"<!doctype html><body>from a page")
	page, = many.chromium([f"https://{street.at}/page.html"])
	assert "from a page" in page.text


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o666, 0o602, 0o601])
def test_key_that_others_may_read(house, mode):
	"""Not at start, not with -t; the message names file and mode."""
	house.make()
	house.key.chmod(mode)
	for args in (["-c", house.file], ["-t", "-c", house.file]):
		done = sluice.run(*args)
		assert done.returncode == 1, done
		assert str(house.key) in done.stderr, done.stderr
		assert f"{mode:o}" in done.stderr, done.stderr


def test_key_that_others_may_read_at_reload(street):
	"""The old configuration stays, and with it the interception."""
	def works():
		one = street.lab.inside(street.at,
		    context=street.lab.pki.client(street.pem))
		return one.get("/hello").status == 200
	assert works()
	street.key.chmod(0o644)
	line = street.daemon.reload(**street.daemon.keys)
	assert "not reloaded" in line, line
	assert str(street.key) in street.daemon.err.text()
	assert works()
	street.key.chmod(0o600)
	assert "not reloaded" not in street.daemon.reload(
	    **street.daemon.keys)
	assert works()


BROKEN = {
    "no certificate": lambda h, pki: h.pem.unlink(),
    "no key": lambda h, pki: h.key.unlink(),
    "empty certificate": lambda h, pki: h.pem.write_text(""),
    "garbage": lambda h, pki: h.pem.write_text("-----BEGIN CERTIFICATE-----"
	"\nAAAA\n-----END CERTIFICATE-----\n"),
    "another's key": lambda h, pki: shutil.copy(pki.key("user-ca"), h.key),
    "no CA": lambda h, pki: (shutil.copy(pki.pem("origin"), h.pem),
	shutil.copy(pki.key("origin"), h.key)),
    "a directory": lambda h, pki: (h.pem.unlink(), h.pem.mkdir()),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_files(house, pki, what):
	house.make()
	BROKEN[what](house, pki)
	done = sluice.run("-c", house.file)
	assert done.returncode == 1, done
	assert str(house.ca) in done.stderr, done.stderr
	assert "PRIVATE" not in done.stderr


@pytest.mark.parametrize("what", BROKEN)
def test_broken_files_at_reload(street, what):
	BROKEN[what](street, street.lab.pki)
	before = len(street.daemon.err)
	line = street.daemon.reload(**street.daemon.keys)
	assert "not reloaded" in line, line
	street.daemon.err.wait(re.escape(str(street.ca)), since=before)
	one = street.lab.inside(street.at,
	    context=street.lab.pki.client(None))
	assert one.get("/hello").status == 200


def test_intercept_without_a_ca(tmp_path):
	"""Refused with the place; nothing listens."""
	file = tmp_path / "noca.yaml"
	file.write_text("listen: 127.0.0.1:0\n"
	    "hosts:\n"
	    "  plain.test: {capacity: 1}\n"
	    "  intercept.test: {capacity: 1, https: intercept}\n")
	for args in (["-c", file], ["-t", "-c", file]):
		done = sluice.run(*args)
		assert done.returncode == 1, done
		assert re.search(r"noca\.yaml:4:\d+: .*intercept",
		    done.stderr), done.stderr
		assert "ca_certificate" in done.stderr, done.stderr
		assert "listening" not in done.stderr


def test_intercept_without_a_ca_at_reload(street):
	keys = {**street.daemon.keys, "tls": {
	    "trust": street.lab.pki.pem("ca")}}
	assert "not reloaded" in street.daemon.reload(**keys)
	one = street.lab.inside(street.at,
	    context=street.lab.pki.client(street.pem))
	assert one.get("/hello").status == 200


def test_not_for_all_hosts(tmp_path):
	"""In defaults it is an error: nothing unthought-of is decrypted."""
	file = tmp_path / "all.yaml"
	file.write_text("defaults:\n  https: intercept\n")
	done = sluice.run("-t", "-c", file)
	assert done.returncode == 1, done
	assert re.search(r"all\.yaml:2:\d+: ", done.stderr), done.stderr


def test_as_another_user(house):
	"""A key that somebody else owns is refused."""
	if os.geteuid() != 0:
		pytest.skip("needs root to give files away")
	house.make()
	os.chown(house.key, 12345, 12345)
	done = sluice.run("-c", house.file)
	assert done.returncode == 1, done
	assert str(house.key) in done.stderr, done.stderr


def test_help_and_manual_name_it():
	"""The command is told of where people look."""
	done = sluice.run("-h")
	assert re.search(r"\bca\b", done.stdout + done.stderr)


def test_handshakes_of_programs_at_once(street):
	"""openssl's own client, a few times, with the printed CA."""
	far = street.lab.secure_origin(origin.fixed(body="fine"))
	for _ in range(3):
		done = subprocess.run(["openssl", "s_client", "-proxy",
		    street.daemon.at, "-connect",
		    f"intercept.test:{far.port}", "-servername",
		    "intercept.test", "-CAfile", street.pem,
		    "-verify_return_error", "-verify_hostname",
		    "intercept.test", "-alpn", "h2,http/1.1", "-ign_eof"],
		    input=f"GET / HTTP/1.1\r\nHost: intercept.test:{far.port}"
		    "\r\nConnection: close\r\n\r\n", capture_output=True,
		    text=True, timeout=wire.DEADLINE)
		assert "Verify return code: 0 (ok)" in done.stdout, done
		assert "ALPN protocol: http/1.1" in done.stdout, done.stdout
		assert done.stdout.rstrip().endswith("fine") or \
		    "fine" in done.stdout, done.stdout
