# SPDX-License-Identifier: ISC
"""A CA that is extended: sluice ca add."""
import json
import os
import re
import shutil
import stat
import subprocess

import pytest

from ca_house import House, extend, mark
from ca_house import house, town	# noqa: F401, fixtures
import programs
import wire


def test_files_of_one_that_can_be_extended(town, pki):
	"""Two keys for nobody else; what clients trust is the root."""
	assert sorted(os.listdir(town.ca)) == ["bundle.pem", "ca.key",
	    "ca.pem", "root.key", "root.pem"]
	assert stat.S_IMODE((town.ca / "root.key").stat().st_mode) == 0o600
	assert town.bundle.read_text().endswith(town.root.read_text())
	assert town.pem.read_text().endswith(town.root.read_text())
	assert f"export NODE_EXTRA_CA_CERTS={town.root}\n" in town.printed
	assert "pathlen:1" in pki.describe(town.root)


@pytest.mark.plain("test_openssl_sees_the_chain has the same chain")
@pytest.mark.parametrize("name", ["curl", "requests", "aiohttp", "node",
    "chromium"])
def test_programs_take_a_host_that_is_added(town, name):
	"""With the old root alone, and nothing told anew."""
	old = town.dir / "old.pem"
	shutil.copy(town.root, old)
	many = programs.Programs(town.dir / "home", town.daemon.url, old)
	town.site.file("page.html", b"<!doctype html><body>from a page")
	said = extend(town, "plain.test").stdout
	assert "clients need not be told" in said
	assert "'plain.test': {https: intercept}" in said
	mark(town, "plain.test")
	for host in "intercept.test", "plain.test":
		answer, = getattr(many, name)(
		    [f"https://{host}:{town.site.tls_port}/page.html"])
		assert "from a page" in answer.text
	pinned = town.lab.inside(f"plain.test:{town.site.tls_port}",
	    context=town.lab.pki.client(old))
	assert "sluice CA of" in str(pinned.certificate)


@pytest.mark.plain("test_openssl_sees_the_chain has the same chain")
def test_java_takes_a_host_that_is_added(town):
	"""By a store that was made before, from the bundle."""
	if not shutil.which("java") or not shutil.which("keytool"):
		pytest.skip("no java")
	store = town.dir / "store.p12"
	subprocess.run(["keytool", "-importcert", "-noprompt", "-alias",
	    "sluice", "-storetype", "PKCS12", "-storepass", "changeit",
	    "-keystore", store, "-file", town.root], check=True,
	    capture_output=True, timeout=programs.PATIENCE)
	extend(town, "plain.test")
	mark(town, "plain.test")
	source = town.dir / "Get.java"
	source.write_text("""
import java.net.*;
class Get {
	public static void main(String[] args) throws Exception {
		System.out.write(new URL(args[0]).openStream().readAllBytes());
		System.out.flush();
	}
}
""")
	host, _, port = town.daemon.at.rpartition(":")
	done = subprocess.run(["java", f"-Dhttps.proxyHost={host}",
	    f"-Dhttps.proxyPort={port}", "-Djavax.net.ssl.trustStorePassword="
	    "changeit", f"-Djavax.net.ssl.trustStore={store}", source,
	    f"https://plain.test:{town.site.tls_port}/hello"],
	    capture_output=True, timeout=programs.PATIENCE)
	assert done.stdout == b"hello\n", done


def test_openssl_sees_the_chain(town):
	"""The root is not sent, what is below it is; for other hosts nothing."""
	extend(town, "plain.test")
	mark(town, "plain.test")
	done = subprocess.run(["openssl", "s_client", "-proxy",
	    town.daemon.at, "-connect", f"plain.test:{town.site.tls_port}",
	    "-servername", "plain.test", "-CAfile", town.root, "-showcerts",
	    "-verify_return_error", "-verify_hostname", "plain.test"],
	    stdin=subprocess.DEVNULL, capture_output=True, text=True,
	    timeout=wire.DEADLINE)
	assert "Verify return code: 0 (ok)" in done.stdout, done
	assert done.stdout.count("BEGIN CERTIFICATE") == 2, done.stdout
	leaf = town.sign(town.lab.pki, "leaf", ["DNS:other.test"])
	said = town.lab.pki.run("verify", "-CAfile", town.root, "-untrusted",
	    town.pem, leaf, status=None)
	assert "subtree violation" in said, said


def test_added_twice(town):
	"""Nothing changes the second time."""
	extend(town, "plain.test", "*.wild.test")
	before = town.pem.read_bytes(), town.pem.stat().st_ino
	said = extend(town, "plain.test", "a.wild.test").stdout
	assert "nothing has changed" in said
	assert (town.pem.read_bytes(), town.pem.stat().st_ino) == before


def test_marked_with_a_port(town):
	"""What the configuration has at one port is there: a certificate is for
	all of them.  At another than is asked for it is not."""
	town.write({"intercept.test": {"https": "intercept"},
	    "plain.test:8443": {"https": "intercept"},
	    "*.wild.test:8443": {"https": "intercept"}})
	for host in "plain.test", "plain.test:8443", "*.wild.test", \
	    "a.wild.test":
		assert "under hosts:" not in extend(town, host).stdout, host
	for host in "plain.test:8444", "*.plain.test":
		assert f"'{host}': " in extend(town, host).stdout, host


def test_json(house):
	"""Where the files are; whether anything has changed."""
	made = json.loads(house.make("--json", "--within", "*.test").stdout)
	assert made == {"version": 1, "trust": str(house.root),
	    "bundle": str(house.bundle)}
	for changed in True, False:
		said = json.loads(extend(house, "--json", "later.test").stdout)
		assert said == {"version": 1, "certificate": str(house.pem),
		    "changed": changed}


def test_hosts_that_are_marked_already(tmp_path):
	"""However they are written; only others are to be marked."""
	house = House(tmp_path, {"q.test": {"https": "intercept"},
	    "*.wild.test": {"https": "intercept"},
	    "one.test": {"https": "intercept", "same": ["two.test"]},
	    "tunnel.wild.test": {"https": "tunnel"}})
	house.make("--within", "*.test")
	said = extend(house, "Q.test", "foo.wild.test", "*.wild.test",
	    "*.far.wild.test", "Two.test").stdout
	assert "under hosts" not in said
	said = extend(house, "q.test", "tunnel.wild.test", "*.test").stdout
	assert re.findall("'(.*)': {https: intercept}", said) == [
	    "tunnel.wild.test", "*.test"]


@pytest.mark.parametrize("what", ["outside", "no key", "another's key",
    "none configured"])
def test_not_added(town, what):
	"""Told why, and all stays as it was."""
	before = town.pem.read_bytes()
	host, status, want = "later.test", 1, None
	if what == "outside":
		host, want = "example.com", "do not permit example.com"
	elif what == "no key":
		(town.ca / "root.key").unlink()
		want = "root.key: No such file or directory"
	elif what == "another's key":
		shutil.copy(town.key, town.ca / "root.key")
		want = "root.key: not the key of"
	else:
		town.file.write_text("hosts: {a.test: {https: intercept}}\n")
		want = "there is no CA to extend"
	done = extend(town, host, status=status)
	assert want in done.stderr, done.stderr
	assert done.stdout == ""
	assert town.pem.read_bytes() == before
	assert not [one for one in os.listdir(town.ca) if one[0] == "."]


def test_folder_that_cannot_be_written(town):
	if os.geteuid() == 0:
		pytest.skip("root may write anywhere")
	town.ca.chmod(0o500)
	done = extend(town, "later.test", status=1)
	town.ca.chmod(0o700)
	assert "Permission denied" in done.stderr, done.stderr


def test_one_that_cannot_be_extended(house):
	"""It says how one is made that can."""
	house.make()
	done = extend(house, "later.test", status=1)
	assert "--within" in done.stderr, done.stderr
	assert extend(house, "b.wild.test").stdout.startswith("# ")
