# SPDX-License-Identifier: ISC
"""The command line, and configurations that are wrong."""
import json
import os
import re
import socket
import stat
import subprocess

import pytest

import sluice
import wire

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [" + ",".join(
    [f"*{chr(97 + i)}"] * 9) + "]\n" for i in range(12))

# Text, and what the message must speak of.
WRONG = {
	"empty": ("", "empty"),
	"only a comment": ("# nothing\n", "empty"),
	"unknown key": ("lisen: 127.0.0.1:0\n", "lisen.*listen"),
	"unknown nested key": ("timeouts: {heder: 1s}\n", "heder.*header"),
	"unknown rule key": ("hosts: {a.b: {capasity: 1}}\n",
	    "capasity.*capacity"),
	"duplicate key": ("workers: 1\nworkers: 1\n", "workers"),
	"duplicate host": ("hosts: {a.b: {capacity: 1}, A.b.: "
	    "{capacity: 2}}\n", "[aA]\\.b"),
	"nan": ("defaults: {capacity: .nan}\n", "capacity"),
	"inf": ("defaults: {capacity: .inf}\n", "capacity"),
	"negative": ("defaults: {capacity: -1}\n", "capacity"),
	"zero": ("defaults: {capacity: 0}\n", "capacity"),
	"1e309": ("defaults: {capacity: 1e309}\n", "capacity"),
	"no number": ("defaults: {capacity: many}\n", "capacity"),
	"concurrency": ("defaults: {concurrency: -1}\n", "concurrency"),
	"fraction": ("defaults: {concurrency: 1.5}\n", "concurrency"),
	"period": ("defaults: {capacity: 1, period: 0}\n", "period"),
	"unit": ("defaults: {capacity: 1, period: 1w}\n", "period"),
	"duration": ("timeouts: {idle: soon}\n", "timeouts.idle"),
	"size": ("limits: {head: 64 potatoes}\n", "limits.head"),
	"workers": ("workers: 0\n", "workers"),
	"workers, text": ("workers: some\n", "workers"),
	"listen": ("listen: nowhere\n", "listen"),
	"listen, port": ("listen: 127.0.0.1:65536\n", "listen"),
	"format": ("log: {format: xml}\n", "log.format"),
	"level": ("log: {level: loud}\n", "log.level"),
	"host pattern": ("hosts: {'a b': {capacity: 1}}\n", "a b"),
	"wildcard inside": ("hosts: {'a.*.b': {capacity: 1}}\n", r"a\.\*\.b"),
	"scheme": ("hosts: {'http://a.b/': {capacity: 1}}\n", "a.b"),
	"shared": ("hosts: {a.b: {capacity: 1, shared: true}}\n", "shared"),
	"both rates": ("defaults: {capacity: 1, rates: [{capacity: 2}]}\n",
	    "rates|capacity"),
	"statuses": ("defaults: {pause: {statuses: [99]}}\n", "statuses"),
	"list for map": ("timeouts: [1s]\n", "timeouts"),
	"map for scalar": ("workers: {a: 1}\n", "workers"),
	"scalar": ("just text\n", ""),
	"list": ("- listen: 127.0.0.1:0\n", ""),
	"tab": ("timeouts:\n\tidle: 1s\n", ""),
	"bad YAML": ("hosts: {a.b: {capacity: 1}\n", ""),
	"cut": ("timeouts:\n  idle: \"1", ""),
	"deep": ("a: " + "[" * 5000 + "]" * 5000 + "\n", ""),
	"bomb": (BOMB, ""),
	"recursive": ("hosts: &a {a.b: *a}\n", ""),
	"binary": (bytes(range(256)), ""),
	"NUL": (b"workers: 1\n\0\n", ""),
	"BOM": (b"\xef\xbb\xbfworkers: 1\n", "UTF-8|BOM|byte order"),
	"UTF-16": ("workers: 1\n".encode("utf-16"), "UTF-8"),
	"bad UTF-8": (b"listen: \xff\xfe\n", ""),
	"two documents": ("workers: 1\n---\nworkers: 1\n", ""),
}


def check(tmp_path, text):
	"""sluice -t on a file with that text."""
	path = tmp_path / "t.yaml"
	if isinstance(text, bytes):
		path.write_bytes(text)
	else:
		path.write_text(text)
	return sluice.run("-t", "-c", path)


def complaint(done, path, about=""):
	"""Status 1 and one line that names the place and the matter."""
	assert done.returncode == 1, (done.returncode, done.stderr)
	lines = done.stderr.strip().split("\n")
	assert len(lines) == 1, lines
	assert str(path) in lines[0]
	assert re.search(about, lines[0], re.I), lines[0]
	return lines[0]


@pytest.mark.parametrize("row", WRONG)
def test_wrong(tmp_path, row):
	text, about = WRONG[row]
	line = complaint(check(tmp_path, text), tmp_path / "t.yaml", about)
	if about and "empty" not in about and "UTF" not in about:
		assert re.search(r"t\.yaml:\d+:\d+: ", line), line


@pytest.mark.parametrize("row", WRONG)
def test_wrong_at_reload(shared_lab, row):
	"""The old one stays, and goes on."""
	if not shared_lab.daemons:
		shared_lab.far = shared_lab.origin()
		shared_lab.sluice()
	daemon = shared_lab.daemons[0]
	line = daemon.reload(WRONG[row][0])
	assert "configuration not reloaded: " in line
	assert shared_lab.get(shared_lab.far.url + "/").status == 200


def test_good(tmp_path):
	done = check(tmp_path, "listen: 127.0.0.1:3128\n"
	    "hosts:\n  a.example:\n    capacity: 5000\n    period: 1h\n")
	assert done.returncode == 0
	assert "ERROR" not in done.stderr


def test_sample():
	sample = sluice.HERE / "../../conf/sluice.yaml"
	done = sluice.run("-t", "-c", sample.resolve())
	assert done.returncode == 0, done.stderr


def test_test_does_not_listen(tmp_path):
	"""-t works beside a running one: it binds nothing."""
	sock = socket.socket()
	sock.bind(("127.0.0.1", 0))
	sock.listen()
	with sock:
		done = check(tmp_path,
		    f"listen: 127.0.0.1:{sock.getsockname()[1]}\n")
	assert done.returncode == 0


def test_missing_file(tmp_path):
	done = sluice.run("-c", tmp_path / "none.yaml")
	complaint(done, tmp_path / "none.yaml", "no such file")


def test_directory(tmp_path):
	complaint(sluice.run("-t", "-c", tmp_path), tmp_path)


def test_fifo_that_nobody_writes_to(tmp_path):
	"""It does not hang for ever."""
	path = tmp_path / "fifo"
	os.mkfifo(path)
	complaint(sluice.run("-t", "-c", path), path, "within 10 s")


def test_pipe(tmp_path):
	"""As a shell's <(command) is one; and standard input."""
	for command in ('"$0" -t -c <(echo "workers: 1")',
	    '"$0" -t -c <(sleep .2; echo "workers: 1")',
	    'echo "workers: 1" | "$0" -t -c /dev/stdin',
	    '"$0" -t -c /dev/stdin <<<"workers: 1"'):
		done = subprocess.run(["bash", "-c", command, sluice.BINARY],
		    capture_output=True, text=True, timeout=wire.DEADLINE)
		assert (done.returncode, done.stderr) == (0, "")
		assert done.stdout.endswith(": ok\n")
	done = subprocess.run(["bash", "-c", '"$0" -t -c <(echo "worker: 1")',
	    sluice.BINARY], capture_output=True, text=True,
	    timeout=wire.DEADLINE)
	assert done.returncode == 1
	assert re.search(r":1:1: worker: .*workers", done.stderr)


def test_reload_of_a_pipe(lab):
	"""It was read to its end: the old state stays, and that is said."""
	far = lab.origin()
	place = lab.dir / "fifo"
	os.mkfifo(place)
	text = json.dumps(sluice.settings())
	writer = lab.spawn(place.write_text, text)
	daemon = lab.sluice(file=place)
	writer.join()
	daemon.hup()
	line = daemon.err.wait(sluice.RELOADED)
	assert "configuration not reloaded: " in line
	assert "cannot be read again" in line
	assert lab.get(far.url + "/").status == 200


# Text, and a pattern of each warning.
WARNED = [
	("listen: 0.0.0.0:0\n",
	    [r":1:9: listen: 0\.0\.0\.0:0 .* only clients on this one"]),
	("listen: ['[::]:0', '127.0.0.1:0', '[::1]:0', 'unix:%s/s']\n"
	    "access: {clients: ['::/0']}\n",
	    [r":1:10: listen: \[::\]:0 lets everybody"]),
	("listen: 127.0.0.1:0\nhosts:\n  default: {capacity: 1}\n",
	    [r":3:3: hosts\.default: .*the rule for all that have none"]),
	("listen: 127.0.0.1:0\nhosts:\n  a.b:\n    costs: [{cost: 2}]\n"
	    "    paths: {/a: {capacity: 1}}\n    client_cost: true\n"
	    "    per: x-tenant\n    fair_by: header:x-user\n",
	    [r":3:3: hosts\.a\.b: inside of HTTPS tunnels .* of: costs, paths, "
	    "client_cost, per, fair_by "]),
	("listen: 127.0.0.1:0\nhosts:\n"
	    "  a.b: {https: upstream, costs: [{cost: 2}]}\n"
	    "  'a.c:80': {costs: [{cost: 2}]}\n  a.d: {capacity: 1}\n", []),
	("listen: 127.0.0.1:0\nhosts:\n  a.b: {mode: observe, per: client, "
	    "per_total: {capacity: 1}}\n",
	    [r":3:3: hosts\.a\.b: with .mode: observe. .* of: per_total"]),
	("listen: 127.0.0.1:0\nhosts:\n  a.b: {mode: observe, per: client, "
	    "https: upstream, budgets: {t: {per_total: {capacity: 1}}}}\n",
	    [r":3:3: hosts\.a\.b: with .mode: observe. .* of: per_total"]),
	("listen: 127.0.0.1:0\nhosts:\n  a.b:\n    mode: observe\n"
	    "    https: upstream\n    per: client\n"
	    "    per_total: {capacity: 1}\n"
	    "    budgets: {t: {rates: [{capacity: 1}]}}\n",
	    [r":3:3: hosts\.a\.b: with .mode: observe. .* of: per_total "]),
	("listen: 127.0.0.1:0\nhosts:\n"
	    "  a.b: {budgets: {t: {rates: [{capacity: 1}]}}}\n",
	    [r":3:3: hosts\.a\.b: inside of HTTPS tunnels .* of: budgets "]),
	("listen: 127.0.0.1:0\nhosts:\n  a.b: {upstream: {rewrite: true}}\n"
	    "  a.c: {https: upstream, upstream: {rewrite: false}}\n"
	    "defaults: {upstream: {refuse_tunnels: true}}\n",
	    [r":3:19: hosts\.a\.b\.upstream: without .https: upstream",
	    r":5:22: defaults\.upstream: without .https: upstream"]),
	("listen: 127.0.0.1:0\nhosts:\n  a.b: {tls: {verify: false}}\n",
	    [r":3:3: hosts\.a\.b: tls\.verify is false"]),
	("listen: 127.0.0.1:0\ndefaults:\n  tls: {verify: false}\n",
	    [r":3:3: defaults: tls\.verify is false"]),
	# as files of earlier versions have it, when that paused for 429 only
	("listen: 127.0.0.1:0\nhosts:\n"
	    "  a.b: {pause: {statuses: [429, 503], default: 7s}}\n",
	    [r":3:3: hosts\.a\.b: pause\.statuses: a 503 pauses for 7s also "]),
	("listen: 127.0.0.1:0\ndefaults: {pause: {statuses: 502}}\n"
	    "hosts: {a.b: {capacity: 1}}\n",
	    [r":2:1\d: defaults: pause\.statuses: a 502 pauses for 5s also "]),
	("listen: 127.0.0.1:0\nhosts:\n"
	    "  a.b: {pause: {statuses: [429, 498, {status: 503, "
	    "default: 5s}]}}\n"
	    "  a.c: {pause: {statuses: [{status: 503, default: off}]}}\n", []),
	("listen: 127.0.0.1:0\nhosts:\n  a.b:\n    https: upstream\n"
	    "    paths: {'/u/{id}': {}, /v1/x:go: {}}\n"
	    "    costs: [{path: '/w/:id', cost: 2}]\n",
	    [r":3:3: hosts\.a\.b: paths: /u/\{id\} is that very path",
	    r":3:3: hosts\.a\.b: costs: /w/:id is that very path"]),
	("listen: 127.0.0.1:0\ntimeouts:\n  response: 10m\n",
	    [r":3:13: timeouts: .* idle holds \(1m\), not response \(10m\)"]),
	("listen: 127.0.0.1:0\ntimeouts:\n  idle: 5s\n",
	    [r":3:9: timeouts: .* idle holds \(5s\), not response \(1m\)"]),
	("listen: 127.0.0.1:0\ntimeouts: {idle: 5s, response: 1m}\n", []),
	("listen: 127.0.0.1:0\ntimeouts: {response: 5s}\n", []),
	("listen: 127.0.0.1:0\nlimits: {connections: 1000000}\n",
	    [r": limits\.connections: 1000000, but only"]),
]


@pytest.mark.parametrize("row", range(len(WARNED)))
def test_warnings(lab, tmp_path, row):
	"""What -t says a start says, and a reload."""
	text, patterns = WARNED[row]
	text = text.replace("%s", str(tmp_path))
	done = check(tmp_path, text)
	assert done.returncode == 0
	lines = done.stderr.splitlines()
	assert len(lines) == len(patterns), lines
	for line, pattern in zip(lines, patterns):
		assert re.search("t\\.yaml" + pattern, line), line
		assert line.endswith(" (warning)")
	daemon = lab.sluice(text, wait=False)
	for times in (1, 2):
		daemon.err.wait("is ready|configuration reloaded" if times == 1
		    else "configuration reloaded")
		said = [line.split("sluice.yaml")[-1] for line
		    in daemon.err.lines if " warn: " in line]
		want = [line.split("t.yaml")[-1][:-len(" (warning)")]
		    for line in lines]
		assert said == want * times
		daemon.hup()


# Text, and what it says of what it names: -t as a start.
FILES = [
	("log:\n  access: /no/such/a.log\n",
	    r":2:11: log\.access: cannot open /no/such/a\.log: No such"),
	("log:\n  diagnostics: /no/such/a.log\n",
	    r":2:16: log\.diagnostics: cannot open /no/such/a\.log: No such"),
	("log: {access: /}\n", r":1:15: log\.access: cannot open /: Is a dir"),
	("tls:\n  ca_certificate: /no/ca.pem\n  ca_key: /no/ca.key\n",
	    r":2:19: tls\.ca_certificate: /no/ca\.pem: No such file or "
	    r'directory; "sluice ca" makes'),
	("tls:\n  trust: /no/ca.pem\n",
	    r":2:10: tls\.trust: /no/ca\.pem: No such file"),
	("hosts:\n  a.b:\n    tls: {certificate: /no/a, key: /no/b}\n",
	    r":3:10: hosts\.a\.b\.tls: /no/a: No such file"),
	("listen:\n  address: 127.0.0.1:0\n  tls: {certificate: /no/a, "
	    "key: /no/b}\n", r":3:8: listen\[0\]\.tls: /no/a: No such file"),
]


@pytest.mark.parametrize("row", range(len(FILES)))
def test_files(tmp_path, row):
	text, pattern = FILES[row]
	line = complaint(check(tmp_path, text), tmp_path / "t.yaml", pattern)
	done = sluice.run("-c", tmp_path / "t.yaml")
	assert done.returncode == 1
	assert line in done.stderr


@pytest.mark.parametrize("name, words", [("expired", "expired at "),
    ("future", "is not valid before ")])
def test_certificates_that_are_not_in_force(tmp_path, pki, name, words):
	"""Those that we show: nobody would go on with them."""
	pair = f"{{certificate: {pki.pem(name)}, key: {pki.key(name)}}}"
	done = check(tmp_path, "listen:\n  address: 127.0.0.1:0\n"
	    f"  tls: {pair}\nhosts:\n  a.b:\n    tls: {pair}\n")
	assert done.returncode == 0
	first, second = done.stderr.splitlines()
	assert f":3:8: listen[0].tls.certificate: it {words}20" in first
	assert f":6:10: hosts.a.b.tls.certificate: it {words}20" in second


def test_addresses_that_are_taken(tmp_path):
	"""By whom, and where that address was configured."""
	(tmp_path / "dir").mkdir()
	(tmp_path / "file").touch()
	with socket.create_server(("127.0.0.1", 0)) as taken:
		port = taken.getsockname()[1]
		for address, words in [(f"127.0.0.1:{port}", "already in use"),
		    (f"unix:{tmp_path}/dir", "that is a directory"),
		    (f"unix:{tmp_path}/file", "no socket")]:
			path = tmp_path / "t.yaml"
			path.write_text(f"workers: 1\nlisten: {address}\n")
			done = sluice.run("-c", path)
			assert done.returncode == 1
			assert re.search(rf"t\.yaml:2:9: listen: cannot "
			    rf"listen on .*{words}$", done.stderr,
			    re.M), done.stderr


def test_a_file_without_its_option(tmp_path):
	done = sluice.run("-t", tmp_path / "t.yaml")
	assert done.returncode == 2
	assert f"did you mean -c {tmp_path}/t.yaml?" in done.stderr


def test_ca_key_by_its_name(tmp_path, pki):
	line = complaint(check(tmp_path, "tls:\n"
	    f"  ca_certificate: {pki.pem('user-ca')}\n  ca_key: /no/ca.key\n"),
	    tmp_path / "t.yaml", r":3:11: tls\.ca_key: /no/ca\.key: No such")
	assert '"sluice ca" makes' in line


def test_test_leaves_no_log_behind(tmp_path):
	path = tmp_path / "a.log"
	assert check(tmp_path, f"log: {{access: {path}}}\n").returncode == 0
	assert not path.exists()


def test_unreadable(tmp_path):
	if os.geteuid() == 0:
		pytest.skip("root reads everything")
	path = tmp_path / "t.yaml"
	path.write_text("workers: 1\n")
	path.chmod(0)
	complaint(sluice.run("-t", "-c", path), path, "permission")


def test_version():
	for option in ("-V", "--version"):
		done = sluice.run(option)
		assert done.returncode == 0
		assert re.match(r"sluice \d+\.\d+\.\d+", done.stdout)


def test_help():
	for option in ("-h", "--help"):
		done = sluice.run(option)
		assert done.returncode == 0
		assert "usage: sluice" in done.stdout.lower()
		for word in ("-c", "-t", "-V", "-h"):
			assert word in done.stdout


@pytest.mark.parametrize("args, says", [(["-z"], "usage"),
    (["--frobnicate"], "usage"), (["-c"], "usage"),
    (["surplus"], "sluice -h")])
def test_usage(args, says):
	done = sluice.run(*args)
	assert done.returncode != 0
	assert says in done.stderr.lower()
	assert done.stdout == ""


def test_port_in_use(lab):
	daemon = lab.sluice()
	text = daemon.file.read_text().replace("127.0.0.1:0",
	    f"127.0.0.1:{daemon.port}")
	path = lab.dir / "second.yaml"
	path.write_text(text)
	done = sluice.run("-c", path)
	assert done.returncode == 1
	assert f"127.0.0.1:{daemon.port}" in done.stderr
	assert "in use" in done.stderr
	assert lab.client().ping()


def test_address_that_is_not_ours(tmp_path):
	path = tmp_path / "s.yaml"
	path.write_text("listen: 192.0.2.1:3128\n")
	done = sluice.run("-c", path)
	assert done.returncode == 1
	assert "192.0.2.1:3128" in done.stderr


def test_several_addresses(lab, tmp_path):
	far = lab.origin()
	daemon = lab.sluice(listen=["127.0.0.1:0", "127.0.0.1:0",
	    f"unix:{tmp_path}/s"])
	daemon.err.wait(re.escape(f"unix:{tmp_path}/s"))
	wire.wait_until(lambda: len(ports(daemon)) == 2, what="two ports")
	for port in ports(daemon):
		daemon.address = ("127.0.0.1", port)
		assert lab.get(far.url + "/").status == 200
	daemon.unix = f"{tmp_path}/s"
	assert lab.get(far.url + "/").status == 200
	assert stat.S_ISSOCK(os.stat(daemon.unix).st_mode)


def ports(daemon):
	return {int(p) for p in re.findall(r"listening on 127\.0\.0\.1:(\d+)",
	    daemon.err.text())}


def test_unix_socket_left_behind(lab, tmp_path):
	"""A stale socket of a dead one is no obstacle; a live one is."""
	path = f"{tmp_path}/s"
	stale = socket.socket(socket.AF_UNIX)
	stale.bind(path)
	stale.close()
	far = lab.origin()
	daemon = lab.sluice(listen=f"unix:{path}")
	assert lab.get(far.url + "/").status == 200
	done = sluice.run("-c", daemon.file)
	assert done.returncode == 1
	assert lab.get(far.url + "/").status == 200


def test_many_rules(lab):
	"""Tens of thousands of hosts load quickly, at reload too."""
	far = lab.origin()
	daemon = lab.sluice()
	lines = ["listen: 127.0.0.1:0\n", f"workers: {sluice.WORKERS}\n",
	    "hosts:\n"] + [f"  h{i}.example: {{capacity: {i + 1}}}\n"
	    for i in range(20000)]
	line = daemon.reload("".join(lines))
	assert "not reloaded" not in line
	assert lab.get(far.url + "/").status == 200
