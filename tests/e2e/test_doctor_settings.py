# SPDX-License-Identifier: ISC
"""sluice doctor: what users have set, and what operators get wrong."""
import json
import os
import shutil
import socket
import subprocess
import sys

import pytest

from examined import HOSTS, PATIENCE, Place, lines, verdicts
from examined import bare, elsewhere, place, whole	# noqa: F401, fixtures
import sluice


def test_files_of_settings(place, elsewhere):
	"""What they name, another proxy or index, is not asked."""
	for name, text in {".curlrc": "proxy = %s\n", ".wgetrc":
	    "use_proxy = on\nhttp_proxy = %s\nhttps_proxy = %s\n",
	    ".gitconfig": "[http]\n\tproxy = %s\n", ".npmrc":
	    "proxy=%s\nhttps-proxy=%s\n", ".config/pip/pip.conf":
	    "[global]\nextra-index-url = %s\n"}.items():
		path = place.dir / name
		path.parent.mkdir(parents=True, exist_ok=True)
		path.write_text(text.replace("%s", elsewhere.url))
	place.told()
	clients = place.json(status=1)
	for name in ("curl", "wget", "git"):
		if name in clients:
			assert verdicts(clients[name])[:2] == ["proxy"] * 2
	assert not elsewhere()


# One that tells what it was run with; it is run several times at once.
TELLS = f"""#!{sys.executable}
import json, os, pathlib, sys
mine = pathlib.Path(f"NOTE.{{os.getpid()}}")
mine.write_text(json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]))
mine.replace("NOTE")
"""


def told(place, name, **env):
	"""The arguments, environment and directory that it gets."""
	note = place.dir / "note"
	place.has()
	place.put(name, TELLS.replace("NOTE", str(note)))
	place.env.update(env)
	place.json("--exec", status=1)
	return json.loads(note.read_text())


def test_pip_builds_nothing(place):
	"""Neither of another index nor from source, and it reads no file."""
	args, env, _ = told(place, "pip3", PIP_EXTRA_INDEX_URL="http://far.test",
	    PIP_FIND_LINKS="http://far.test", PIP_CONFIG_FILE="/far")
	assert {"--only-binary=:all:", "--no-deps"} <= set(args)
	assert env["PIP_CONFIG_FILE"] == "/dev/null"
	assert {name for name in env if name.startswith("PIP_")} == {
	    "PIP_CONFIG_FILE", "PIP_CERT", "PIP_KEYRING_PROVIDER"}


def test_go_asks_nobody_else(place):
	"""Nor a version control's host, nor for another Go."""
	_, env, _ = told(place, "go", GOPRIVATE="*", GOFLAGS="-x",
	    GOTOOLCHAIN="go9.9")
	assert env["GOPRIVATE"] == "" and env["GONOPROXY"] == "none"
	assert env["GOENV"] == "off" and env["GOTOOLCHAIN"] == "local"
	assert env["GOPROXY"].startswith("http")


@pytest.mark.parametrize("program,name", [
    ("ruby", "RUBYOPT"), ("perl", "PERL5OPT"), ("cargo", "RUSTC_WRAPPER"),
    ("cargo", "CARGO_BUILD_RUSTC"), ("git", "GIT_CONFIG_COUNT"),
    ("git", "GIT_PROXY_COMMAND"), ("npm", "NPM_CONFIG_NODE_OPTIONS"),
    ("bun", "BUN_OPTIONS"), ("deno", "DENO_AUTH_TOKENS"),
    ("php", "PHPRC")])
def test_nothing_is_run_beside_it(place, program, name):
	_, env, cwd = told(place, program, **{name: "/far"})
	assert name not in env
	assert (cwd == "/") == (program in ("cargo", "bun"))


# What operators get wrong


def test_no_daemon(tmp_path):
	"""It is told; --exec has one of its own, that ends with it."""
	place = Place(tmp_path, None, "curl")
	env = {**place.env, "XDG_RUNTIME_DIR": str(tmp_path)}
	file = tmp_path / "sluice.yaml"
	file.write_text(f"admin: {{socket: {tmp_path}/a.sock}}\n")
	done = sluice.run("doctor", "-c", file, env=env)
	assert done.returncode == 3
	assert "--exec" in done.stderr
	done = sluice.run("doctor", "-c", file, "--exec", "--json", env=env,
	    timeout=PATIENCE)
	assert done.returncode == 0, (done.stdout, done.stderr)
	client, = json.loads(done.stdout)["clients"]
	assert verdicts(client) == ["proxy", "proxy", "untried", "untried"]


def test_users(tlab):
	"""Who has no password goes by it, and is refused."""
	users = tlab.dir / "users"
	users.write_text("someone:" + subprocess.run(["openssl", "passwd",
	    "-6", "hushhush"], capture_output=True, text=True,
	    check=True).stdout)
	daemon = tlab.https(hosts=HOSTS, access={"users": str(users)})
	(tlab.dir / "place").mkdir()
	place = Place(tlab.dir / "place", daemon, "curl")
	place.told()
	clients = place.json(status=1)
	assert verdicts(clients["curl"])[0] == "refused"
	assert clients["curl"]["plain"]["says"].startswith("407, ")
	assert "These go by the daemon, which refuses them" in \
	    place.run(status=1)
	place.told(daemon.url.replace("//", "//someone:hushhush@"))
	place.json(status=1)
	place.env["CURL_CA_BUNDLE"] = str(daemon.keys["tls"]
	    ["ca_certificate"])
	clients = place.json(status=0)
	assert verdicts(clients["curl"]) == ["proxy"] * 4
	assert "hushhush" not in json.dumps(place.all)


def test_wrong_password(tlab):
	"""Of many attempts the last is told: git's first has none."""
	users = tlab.dir / "users"
	users.write_text("someone:" + subprocess.run(["openssl", "passwd",
	    "-6", "hushhush"], capture_output=True, text=True,
	    check=True).stdout)
	daemon = tlab.https(hosts=HOSTS, access={"users": str(users)})
	(tlab.dir / "place").mkdir()
	place = Place(tlab.dir / "place", daemon, "curl", "git")
	place.told(daemon.url.replace("//", "//someone:wrong@"))
	clients = place.json(status=1)
	for client in clients.values():
		for mode in ("plain", "tunnel"):
			assert client[mode]["verdict"] == "refused", client
			assert client[mode]["says"] == \
			    "407, nobody has that name and password"


def test_a_daemon_that_keeps_none(tlab):
	"""What is not known is not said to be wrong."""
	daemon = tlab.https(admin={"exchanges": 0})
	(tlab.dir / "place").mkdir()
	place = Place(tlab.dir / "place", daemon, "curl")
	place.told()
	clients = place.json(status=0)
	assert clients["curl"]["plain"]["verdict"] == "unknown"
	assert "admin.exchanges" in clients["curl"]["plain"]["says"]
	assert "unknown" in place.run(status=0)


def test_who_asks_again_for_what_it_does_not_trust(place):
	"""That it is late is not the reason."""
	place.has()
	place.told()
	place.put("curl", f"""#!/bin/sh
case $* in
*intercept.test*) echo certificate verify failed; read never <{place.dir}/f;;
esac
exec {shutil.which("curl")} "$@"
""")
	os.mkfifo(place.dir / "f")
	clients = place.json("--timeout", "2s", status=1)
	assert verdicts(clients["curl"])[3] == "distrusts"


def test_another_proxy(place):
	"""Nobody is tried: what they asked for would go there."""
	place.told("http://name:hushhush@127.0.0.1:1/")
	clients = place.json(status=1)
	assert clients == {}
	assert "127.0.0.1:1" in place.bad()["proxy"]
	assert "hushhush" not in json.dumps(place.all)


def test_no_secrets(place):
	"""A password in a proxy's URL is in no line of what programs say."""
	place.has("curl")
	place.told(place.daemon.url.replace("//", "//name:hushhush@"))
	place.put("wget", f"#!/bin/sh\necho cannot connect to $http_proxy "
	    "for its certificate\nexit 1\n")
	place.json(status=1)
	assert "hushhush" not in json.dumps(place.all)
	assert "hushhush" not in place.run(status=1)


@pytest.mark.parametrize("password", ["hush/pass", "hush#pass", "hush?pass",
    "hush@pass", "hush pass"])
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_a_password_that_is_not_encoded(place, password, scheme):
	"""Some take a part of it for the host: it is told, and not tried."""
	place.told(f"{scheme}name:{password}@127.0.0.1:{place.daemon.port}")
	assert place.json(status=1) == {}
	assert "%XX" in place.bad()["proxy"]
	said = json.dumps(place.all) + place.run(status=1)
	assert "hush" not in said and "pass:" not in said
	assert lines(place.daemon) == []


def test_a_secret_in_parts(place):
	"""Without a scheme, and decoded, it is in no line either."""
	place.has()
	place.told(place.daemon.url.replace("//", "//name:hush%2fqwerty@"))
	place.put("wget", "#!/bin/sh\necho no certificate of name:hush%2fqwerty, "
	    "nor hush/qwerty at qwerty\nexit 1\n")
	said = json.dumps(place.json(status=1))
	assert "no certificate of" in said
	assert "hush" not in said and "qwerty" not in said


@pytest.mark.parametrize("name,value", [
    ("npm_config_proxy", "http://far.test:1"),
    ("NPM_CONFIG_HTTPS_PROXY", "http://far.test:1"),
    ("CARGO_HTTP_PROXY", "far.test:1"), ("PIP_PROXY", "http://far.test:1"),
    ("JAVA_TOOL_OPTIONS", "-Dhttp.proxyHost=far.test -Dhttp.proxyPort=1"),
    ("_JAVA_OPTIONS", "-DsocksProxyHost=far.test"),
    ("WGETRC", "http_proxy = http://far.test:1\n"),
    ("APT_CONFIG", 'Acquire::http::Proxy "http://far.test:1";\n')])
def test_other_ways_to_another_proxy(place, name, value):
	"""Programs have variables of their own, and name files in some."""
	place.told()
	if name in ("WGETRC", "APT_CONFIG"):
		(place.dir / "rc").write_text(value)
		value = str(place.dir / "rc")
	place.env[name] = value
	assert place.json(status=1) == {}
	assert name in place.bad()["proxy"]
	assert "far.test" in place.bad()["proxy"]


@pytest.mark.parametrize("port,known", [("1", False), ("", False),
    ("{}", True)])
def test_java_at_another_port(place, port, known):
	"""The host alone is not the daemon; without a port it is 80."""
	place.told()
	place.has()
	port = port.format(place.daemon.port)
	place.env["JAVA_TOOL_OPTIONS"] = "-Dhttp.proxyHost=localhost " + (
	    f"-Dhttp.proxyPort={port}" if port else "")
	place.json(status=0 if known else 1)
	assert known or f"names localhost:{port or 80}," in \
	    place.bad()["proxy"]


@pytest.mark.parametrize("line,bad", [("http.proxyHost=far.test", True),
    ("# http.proxyHost=far.test", False), ("https.proxyHost=", False),
    ("http.nonProxyHosts=localhost", False)])
def test_java_of_the_machine(place, line, bad):
	"""Its own file counts where no option says another."""
	place.has()
	home = place.dir / "jvm"
	for name in "bin", "conf":
		(home / name).mkdir(parents=True)
	(home / "bin/java").write_text("#!/bin/sh\nexit 77\n")
	(home / "bin/java").chmod(0o755)
	(place.bin / "java").symlink_to(home / "bin/java")
	(home / "conf/net.properties").write_text(f"ftp.x=1\n{line}\n")
	place.told()
	place.json(status=1 if bad else 0)
	assert not bad or "net.properties names far.test:80" in \
	    place.bad()["proxy"]
	place.env["JAVA_TOOL_OPTIONS"] = "-Dhttp.proxyHost=127.0.0.1 " \
	    f"-Dhttp.proxyPort={place.daemon.port}"
	place.json(status=0)


@pytest.mark.parametrize("scheme", ["socks5", "https"])
def test_schemes_that_it_does_not_speak(place, scheme):
	place.told(f"{scheme}://127.0.0.1:{place.daemon.port}")
	assert place.json(status=1) == {}
	assert f"{scheme}://" in place.bad()["proxy"]


def test_no_programs_and_half_the_variables(bare):
	bare.json(status=0)
	assert any("none that can be tried" in one["says"]
	    for one in bare.all["checks"])
	del bare.env["https_proxy"], bare.env["HTTPS_PROXY"]
	bare.json(status=1)
	assert "https://" in bare.bad()["proxy"]


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "a.localhost",
    "[::ffff:127.0.0.1]", socket.gethostname()])
def test_names_of_the_loopback(bare, name):
	"""Either names the daemon."""
	bare.told(f"http://{name}:{bare.daemon.port}")
	bare.json(status=0)
	assert "proxy" not in bare.bad()


@pytest.mark.parametrize("direct,bypassed", [
    (".test", True), ("*.test", True), ("test", True), ("*", True),
    ("a.example, up.test", True), ("intercept.test:443x", False),
    ("cept.test", False), ("a.intercept.test", False),
    ("localhost,127.0.0.1", False), ("10.0.0.0/8", True),
    ("10.1.2.0/31", False), ("10.1.2.2/31", True), ("10.1.2.3:99", True),
    ("fd00::/8", True), ("fe80::/10", False), ("[fd00::7]", True),
    ("intercept.test:443", True), ("foo.wild.example", True),
    ("foo.tame.example", False), ("ported.test:80", False),
    ("ported.test:8080", True), ("ported.test", True)])
def test_no_proxy(bare, direct, bypassed):
	bare.daemon.write(**{**bare.daemon.keys, "hosts": {**HOSTS,
	    **dict.fromkeys(["10.1.2.3", "[fd00::7]", "*.wild.example",
	    "ported.test:8080"], {"capacity": 1})}})
	bare.daemon.hup()
	bare.daemon.err.wait("reloaded")
	bare.env["NO_PROXY"] = direct
	bare.json(status=1 if bypassed else 0)
	assert ("NO_PROXY" in bare.bad()) == bypassed
	assert bypassed or any(one["about"] == "NO_PROXY"
	    for one in bare.all["checks"])


def test_no_proxy_of_either_case(bare):
	"""Where they differ some programs heed the one, some the other."""
	bare.env.update(no_proxy="localhost", NO_PROXY="up.test")
	bare.json(status=1)
	assert "in NO_PROXY" in bare.bad()["NO_PROXY"]
	bare.env.update(no_proxy="up.test", NO_PROXY="localhost")
	bare.json(status=1)
	assert "in no_proxy" in bare.bad()["NO_PROXY"]


def test_files_of_certificates(place):
	"""One that is not there, one without the CA, and one with it."""
	place.has()
	place.told()
	place.env["CURL_CA_BUNDLE"] = str(place.dir / "missing.pem")
	place.json(status=1)
	assert "missing.pem: No such file" in place.bad()["trust"]
	place.env["CURL_CA_BUNDLE"] = place.daemon.keys["tls"]["trust"]
	place.env["PIP_CERT"] = place.env["CURL_CA_BUNDLE"]
	place.json(status=1)
	assert "CURL_CA_BUNDLE, PIP_CERT: " in place.bad()["trust"]
	assert "lacks the CA" in place.bad()["trust"]
	place.env["CURL_CA_BUNDLE"] = place.env["PIP_CERT"] = str(
	    place.daemon.keys["tls"]["ca_certificate"])
	place.json(status=0)


def test_file_that_differs(place, tlab):
	"""What holds is not what the file says."""
	place.has()
	place.told()
	place.json(status=0)
	hosts = {**HOSTS, "127.0.0.1": {"capacity": 7}}
	place.daemon.write(**{**place.daemon.keys, "hosts": hosts})
	os.utime(place.daemon.file, (4e9, 4e9))
	place.json(status=0)
	assert any("written after it was read: sluice reload" in one["says"]
	    for one in place.all["checks"])
	place.daemon.hup()
	place.daemon.err.wait("reloaded")
	far = tlab.origin()
	assert tlab.client().get(far.url + "/").status == 200
	hosts["127.0.0.1"] = {"capacity": 8}
	place.daemon.write(**{**place.daemon.keys, "hosts": hosts})
	place.json(status=1)
	assert "8 in the file, and 7" in place.bad()["configuration"]
	place.daemon.file.write_text("hosts: [")
	place.daemon.hup()
	place.daemon.err.wait("not reloaded")
	place.json(status=1)
	assert "the last reload failed" in place.bad()["configuration"]


def test_tidy(place):
	"""For people: a line a check, a row a client, no escapes in a pipe."""
	place.told()
	said = place.run(status=1)
	assert "\033" not in said and "\\x" not in said
	assert said.startswith("ok    daemon ")
	assert "\nCLIENT " in said
	assert "\ncurl " in said
