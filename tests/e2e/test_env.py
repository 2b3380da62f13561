# SPDX-License-Identifier: ISC
"""Programs get nothing but what "sluice env" prints, and use the daemon."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

import origin
import sluice
import wire

HOST = "client.test"
BODY = "through the proxy"
HERE = pathlib.Path(__file__).resolve().parent

URLLIB = "import sys, urllib.request as r; " \
    "print(r.urlopen(sys.argv[1]).read().decode())"
REQUESTS = "import sys, requests; print(requests.get(sys.argv[1]).text)"
AIOHTTP = """
import aiohttp, asyncio, sys
async def main():
    async with aiohttp.ClientSession(trust_env=True) as s:
        print(await (await s.get(sys.argv[1])).text())
asyncio.run(main())
"""
PERL = "use LWP::UserAgent; my $u = LWP::UserAgent->new; " \
    "my $r = $u->get($ARGV[0]); print $r->is_success ? $r->content : die " \
    "$r->status_line"
PHP = '$c = curl_init($argv[1]); curl_setopt($c, CURLOPT_RETURNTRANSFER, ' \
    'true); $s = curl_exec($c); echo $s === false ? curl_error($c) : $s;'
FETCH = "fetch(process.argv[1]).then((r) => r.text()).then(console.log)"
NODE = """
const url = process.argv[1];
require(url.split(":")[0]).get(url, (r) => r.pipe(process.stdout));
"""
JAVA = """
import java.net.URI;
class Get {
	public static void main(String[] args) throws Exception {
		System.out.println(new String(URI.create(args[0]).toURL()
		    .openStream().readAllBytes()));
	}
}
"""


def program(name):
	return shutil.which(name) or pytest.skip(f"no {name}")


def perl(home):
	path = program("perl")
	if subprocess.run([path, "-MLWP::Protocol::https", "-e1"],
	    capture_output=True).returncode:
		pytest.skip("no LWP::Protocol::https")
	return [path, "-e", PERL]


def php(home):
	path = program("php")
	if b"curl" not in subprocess.run([path, "-m"],
	    capture_output=True).stdout:
		pytest.skip("no curl in php")
	return [path, "-r", PHP, "--"]


def java(home):
	(home / "Get.java").write_text(JAVA)
	program("javac")
	return [program("java"), home / "Get.java"]


# What fetches a URL and prints what it got.
PROGRAMS = {
    "curl": lambda home: [program("curl"), "-sS"],
    "wget": lambda home: [program("wget"), "-nv", "-O", "-"],
    "urllib": lambda home: [sys.executable, "-c", URLLIB],
    "requests": lambda home: [sys.executable, "-c", REQUESTS],
    "aiohttp": lambda home: [sys.executable, "-c", AIOHTTP],
    "node": lambda home: [program("node"), "-e", NODE, "--"],
    "fetch": lambda home: [program("node"), "-e", FETCH, "--"],
    "perl": perl,
    "php": php,
    "java": java,
}


class House:
	"""An origin with TLS, intercepted, and one without."""

	def __init__(self, lab, tmp_path, https="intercept"):
		self.lab = lab
		self.home = tmp_path / "home"
		self.home.mkdir()
		self.files = tmp_path / "files"
		self.secure = lab.secure_origin(origin.fixed(body=BODY))
		self.plain = lab.origin(origin.fixed(body=BODY))
		self.daemon = lab.https(hosts={HOST: {"https": https}})
		self.daemon.err.wait("is ready")

	def bare(self, **more):
		return {"HOME": str(self.home), "PATH": os.environ["PATH"],
		    "LANG": "C.UTF-8", **sluice.measured(), **more}

	def print(self, *args, env=None, status=0):
		done = sluice.run("env", "-s", self.daemon.control, "--dir",
		    str(self.files), *args, env=env or self.bare())
		assert done.returncode == status, done
		return done

	def variables(self, env=None):
		return json.loads(self.print("--json", env=env).stdout)[
		    "variables"]

	def run(self, args, env):
		done = subprocess.run([str(a) for a in args],
		    cwd=self.home, env=env, capture_output=True, text=True,
		    stdin=subprocess.DEVNULL, timeout=3 * wire.DEADLINE)
		assert done.returncode == 0, done
		return done.stdout.strip()

	def urls(self):
		return (f"http://{HOST}:{self.plain.port}/",
		    f"https://{HOST}:{self.secure.port}/")


@pytest.fixture
def house(tlab, tmp_path):
	return House(tlab, tmp_path)


@pytest.mark.plain("what programs make of variables; what sluice does for that "
    "it does in the other tests, too")
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(house, name):
	"""In clear and by TLS: nobody else knows where client.test is, and the
	certificate is the daemon's own."""
	args = PROGRAMS[name](house.home)
	env = house.bare(**house.variables())
	for url in house.urls():
		assert house.run([*args, url], env) == BODY, url
	wire.wait_until(lambda: house.daemon.out.text().count(
	    f" GET {HOST}:") >= 2, what="a line for each")


def test_git(house):
	"""It trusts nobody else than whom one variable of its own names."""
	git = program("git")
	env = house.bare(GIT_TERMINAL_PROMPT="0", **house.variables())
	done = subprocess.run([git, "ls-remote", house.urls()[1] + "x.git"],
	    env=env, cwd=house.home, capture_output=True, text=True,
	    timeout=3 * wire.DEADLINE)
	assert "certificate" not in done.stderr, done
	house.daemon.out.wait(f"GET {HOST}")


# How it is printed


@pytest.mark.parametrize("shell", ["sh", "fish"])
def test_shells(house, shell):
	"""A shell reads it, whatever stands in a value."""
	path = program(shell)
	env = house.bare(NO_PROXY="it's $HOME\\ `x`")
	script = house.print("--shell", shell, env=env).stdout
	expected = house.variables(env)
	assert expected["NO_PROXY"].startswith("it's $HOME\\ `x`,169.254.")
	for name, value in expected.items():
		shown = house.run([path, "-c", script
		    + f'\nprintf %s "${name}"'], house.bare())
		assert shown == value, name


def test_files_of_variables(house):
	expected = house.variables()
	# where what it names is not there, Node ends
	del expected["NODE_OPTIONS"]
	for option in "--docker", "--github":
		lines = house.print(option).stdout.splitlines()
		assert dict(line.split("=", 1) for line in lines) == expected
	says = house.print("--docker").stderr
	assert "--network host" in says
	assert f"-v {house.files}:{house.files}:ro" in says
	env = house.bare(NO_PROXY="a\nb")
	done = house.print("--github", env=env, status=1)
	assert "more than one line" in done.stderr and not done.stdout


def test_again_inside(house):
	"""Whoever asks again with what was printed gets the same."""
	first = house.variables()
	sizes = {path: path.stat().st_size for path in house.files.iterdir()}
	assert house.variables(house.bare(**first)) == first
	assert sizes == {path: path.stat().st_size
	    for path in house.files.iterdir()}


def test_own_settings_stay(house):
	rc = house.home / ".wgetrc"
	rc.write_text("tries = 7")
	conf = house.home / "own.conf"
	conf.write_text('Acquire::Retries "3";\n')
	bundle = house.home / "own.pem"
	bundle.write_text(house.lab.pki.pem("ca").read_text())
	extra = house.home / "extra.pem"
	extra.write_text(house.lab.pki.pem("proxy-ca").read_text())
	env = house.bare(JAVA_TOOL_OPTIONS="-Xmx64m", APT_CONFIG=str(conf),
	    NODE_EXTRA_CA_CERTS=str(extra), REQUESTS_CA_BUNDLE=str(extra),
	    NODE_OPTIONS="--no-warnings",
	    PHP_INI_SCAN_DIR="/own", SSL_CERT_FILE=str(bundle))
	found = house.variables(env)
	assert found["JAVA_TOOL_OPTIONS"].startswith("-Xmx64m -Dhttp.proxy")
	assert found["NODE_OPTIONS"] == \
	    f'--no-warnings --require="{house.files}/node.cjs"'
	assert found["PHP_INI_SCAN_DIR"] == f"/own:{house.files}/php"
	text = pathlib.Path(found["WGETRC"]).read_text()
	assert text.startswith("tries = 7\nca_certificate = ")
	# it may have passwords
	assert os.stat(found["WGETRC"]).st_mode & 0o777 == 0o600
	for name in "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE":
		assert extra.read_text().strip() in \
		    pathlib.Path(found[name]).read_text()
	assert f'#include "{conf}";' in \
	    pathlib.Path(found["APT_CONFIG"]).read_text()
	text = pathlib.Path(found["SSL_CERT_FILE"]).read_text()
	assert bundle.read_text() in text
	assert house.lab.pki.pem("user-ca").read_text().strip() in text


def test_without_a_ca(tlab, tmp_path):
	"""Programs keep whom they trust."""
	tlab.sluice()
	tlab.daemons[-1].err.wait("is ready")
	done = sluice.run("env", "-s", tlab.daemons[-1].control, "--dir",
	    str(tmp_path / "d"), "--json")
	names = json.loads(done.stdout)["variables"]
	assert "SSL_CERT_FILE" not in names and "WGETRC" not in names
	assert names["HTTPS_PROXY"] == names["http_proxy"]
	assert sorted(p.name for p in (tmp_path / "d").iterdir()) == \
	    ["apt.conf", "node.cjs", "php"]
	assert "curl.cainfo" not in (tmp_path / "d/php/sluice.ini").read_text()


def test_php_that_loads_another_file(house):
	"""The one that its settings name is loaded, too, in sluice exec within
	sluice exec as well."""
	path = shutil.which("php") or pytest.skip("no php")
	own = house.home / "ini"
	own.mkdir()
	(own / "own.ini").write_text(f"auto_prepend_file = {own}/own.php\n")
	(own / "own.php").write_text("<?php $own = ($own ?? 0) + 1;")
	program = house.home / "get.php"
	program.write_text("<?php echo $own, isset($sluice_before) ? '!' : '',"
	    " json_encode(stream_context_get_options("
	    "stream_context_get_default()), JSON_UNESCAPED_SLASHES);")
	inner = [sluice.BINARY, "exec", "-s", house.daemon.control, "--", path,
	    program]
	for args in inner, [*inner[:5], *inner]:
		done = subprocess.run(args, env=house.bare(
		    PHP_INI_SCAN_DIR=f":{own}"), text=True,
		    capture_output=True, timeout=3 * wire.DEADLINE)
		assert done.stdout == '1{"http":{"proxy":"tcp://%s",' \
		    '"request_fulluri":true}}' % house.daemon.at, done


def test_what_goes_wrong(tlab, tmp_path):
	blocked = tmp_path / "file"
	blocked.write_text("")
	open_dir = tmp_path / "open"
	open_dir.mkdir()
	open_dir.chmod(0o777)
	tlab.sluice()
	tlab.daemons[-1].err.wait("is ready")
	control = tlab.daemons[-1].control
	for args, says in [
	    (["--dir", str(blocked / "x")], "Not a directory"),
	    (["--dir", str(blocked)], "expected a directory"),
	    (["--dir", str(tmp_path / "a/b")], "No such file"),
	    (["--dir", str(open_dir)], "others cannot write to"),
	    (["--shell", "csh"], "none of these: sh fish"),
	]:
		done = sluice.run("env", "-s", control, *args)
		assert done.returncode in (1, 2) and says in done.stderr, done
		assert not done.stdout


def test_pac(tlab):
	"""A browser's script names the proxy, and no way round it."""
	daemon = tlab.sluice(admin={"web": "127.0.0.1:0"})
	answer = tlab.web().get("/proxy.pac")
	assert answer.headers["Content-Type"] == \
	    "application/x-ns-proxy-autoconfig"
	text = answer.body.decode()
	assert f'return "PROXY 127.0.0.1:{daemon.address[1]}; ";' in text
	assert text.rstrip().endswith('; ";\n}')


def test_pac_of_nothing(tlab, tmp_path):
	"""An empty script would send browsers direct."""
	tlab.sluice(listen=f"unix:{tmp_path}/proxy.sock",
	    admin={"web": "127.0.0.1:0"})
	assert tlab.web().get("/proxy.pac").status == 404
	done = sluice.run("env", "-s", tlab.daemons[-1].control)
	assert done.returncode == 1 and "at no address" in done.stderr
