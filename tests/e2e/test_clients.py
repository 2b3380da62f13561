# SPDX-License-Identifier: ISC
"""Real clients through the proxy to a real nginx."""
import asyncio
import hashlib
import json
import pathlib
import shutil

import aiohttp
import pytest
import requests

import client
import wire

HERE = pathlib.Path(__file__).resolve().parent
BIG = wire.pattern(3_000_000, 1)


@pytest.fixture
def site(lab):
	"""nginx with a few files, and a sluice before it."""
	lab.site = lab.nginx()
	lab.site.file("big.bin", BIG)
	lab.site.file("empty.txt", b"")
	lab.proxy = lab.sluice()
	return lab


@pytest.fixture
def curl(site, command):
	program = shutil.which("curl") or pytest.skip("no curl")

	def run(*args, via=("-x",), **keys):
		return command(program, "-sS", "-q", *via, site.proxy.url,
		    *args, **keys).stdout
	return run


def test_curl_get(site, curl):
	assert curl(site.site.url + "/hello") == b"hello\n"
	assert curl(site.site.url + "/big.bin") == BIG
	assert curl(site.site.url + "/empty.txt") == b""


def test_curl_environment(site, command):
	out = command("curl", "-sS", "-q", site.site.url + "/hello",
	    env={"http_proxy": site.proxy.url, "PATH": "/usr/bin:/bin"}).stdout
	assert out == b"hello\n"
	assert "forwarded" in site.proxy.out.wait("/?hello|:%d "
	    % site.site.port)


def test_curl_head(site, curl):
	out = curl("-I", site.site.url + "/big.bin")
	assert b"200 OK" in out
	assert b"Content-Length: 3000000\r\n" in out


def test_curl_range(site, curl):
	out = curl("-r", "1000-1999", site.site.url + "/big.bin")
	assert out == BIG[1000:2000]
	out = curl("-i", "-r", "9999999-", site.site.url + "/big.bin")
	assert b" 416 " in out.split(b"\r\n")[0]


def test_curl_http10(site, curl):
	out = curl("--http1.0", "-i", site.site.url + "/big.bin")
	head, _, body = out.partition(b"\r\n\r\n")
	assert b"chunked" not in head
	assert body == BIG


def test_curl_status_and_redirect(site, curl):
	out = curl("-o", "/dev/null", "-w", "%{http_code}",
	    site.site.url + "/gone")
	assert out == b"410"
	out = curl("-L", "-w", "%{num_redirects}", site.site.url + "/moved")
	assert out == b"hello\n1"


@pytest.mark.parametrize("size", [0, 1, 100_000, 8_000_000])
@pytest.mark.parametrize("how", ["length", "chunked", "http10"])
def test_curl_upload(site, curl, tmp_path, size, how):
	# curl sends Expect: 100-continue with what is large.
	if (how, size) == ("chunked", 0):
		pytest.skip("curl 7.88 then sends no last chunk")
	data = wire.pattern(size, 2)
	source = tmp_path / "up.bin"
	source.write_bytes(data)
	extra = {"length": [], "chunked": ["-H", "Transfer-Encoding: chunked"],
	    "http10": ["--http1.0"]}[how]
	out = curl("-T", source, *extra, "-w", "%{http_code}",
	    site.site.url + "/up/file.bin")
	assert out.endswith(b"201")
	assert site.site.uploaded("file.bin") == data


def test_curl_keepalive_and_parallel(site, curl):
	# Twenty at once, then ten on one connection.
	urls = [site.site.url + f"/big.bin?{i}" for i in range(20)]
	out = curl("-Z", "--parallel-max", "20", "-w", "%{http_code} ",
	    *sum((["-o", "/dev/null", u] for u in urls), []))
	assert out.split() == [b"200"] * 20
	urls = [site.site.url + f"/hello?{i}" for i in range(10)]
	out = curl("-w", "%{num_connects} ", *urls)
	assert out.count(b"hello\n") == 10
	assert out.split()[1::2] == [b"1"] + [b"0"] * 9


@pytest.mark.parametrize("how", [("-p", "-x"), ("--proxytunnel", "-x"),
    ("-p", "--proxy1.0")])
def test_curl_tunnel(site, curl, how):
	assert curl(site.site.url + "/big.bin", via=how) == BIG
	site.proxy.out.wait("CONNECT .* plain requests inside")
	site.proxy.out.wait("GET .* forwarded")


def test_curl_tunnel_upload(site, curl, tmp_path):
	data = wire.pattern(2_000_000, 3)
	(tmp_path / "up.bin").write_bytes(data)
	curl("-p", "-T", tmp_path / "up.bin", site.site.url + "/up/t.bin")
	assert site.site.uploaded("t.bin") == data


def test_curl_userinfo_of_the_proxy_is_not_logged(site, curl):
	out = curl("-U", "someone:open-sesame", site.site.url + "/hello")
	assert out == b"hello\n"
	site.proxy.out.wait("forwarded")
	said = site.proxy.out.text() + site.proxy.err.text()
	assert "sesame" not in said


def test_requests(site):
	with requests.Session() as session:
		session.trust_env = False
		session.proxies = {"http": site.proxy.url}
		for _ in range(5):
			r = session.get(site.site.url + "/hello", timeout=20)
			assert (r.status_code, r.text) == (200, "hello\n")
		r = session.get(site.site.url + "/big.bin", timeout=20)
		assert r.content == BIG
		r = session.head(site.site.url + "/big.bin", timeout=20)
		assert r.headers["Content-Length"] == "3000000"

		def pieces():
			for i in range(50):
				yield BIG[i * 10_000:(i + 1) * 10_000]
		r = session.put(site.site.url + "/up/r.bin", data=pieces(),
		    timeout=20)
		assert r.status_code == 201
		assert site.site.uploaded("r.bin") == BIG[:500_000]
		r = session.delete(site.site.url + "/up/r.bin", timeout=20)
		assert r.status_code == 204
		assert r.request.url.endswith("/up/r.bin")


def test_aiohttp(site):
	async def one(session, i):
		async with session.get(site.site.url + f"/big.bin?{i}",
		    proxy=site.proxy.url) as r:
			return r.status, hashlib.sha256(
			    await r.read()).hexdigest()

	async def main():
		wait = aiohttp.ClientTimeout(total=60)
		async with aiohttp.ClientSession(timeout=wait) as session:
			got = await asyncio.gather(*(one(session, i)
			    for i in range(40)))
			async with session.put(site.site.url + "/up/a.bin",
			    proxy=site.proxy.url, data=BIG) as r:
				return got, r.status
	got, put = asyncio.run(main())
	assert got == [(200, wire.sha(BIG))] * 40
	assert put == 201 and site.site.uploaded("a.bin") == BIG


def test_node(site, command):
	program = shutil.which("node") or shutil.which("nodejs") or \
	    pytest.skip("no node")
	out = json.loads(command(program, HERE / "node_client.mjs",
	    site.proxy.port, site.site.url).stdout)
	assert [g["status"] for g in out["gets"]] == [200] * 20
	assert all(g["reused"] for g in out["gets"][1:])
	assert {g["hash"] for g in out["parallel"]} == {wire.sha(BIG)}
	assert (out["head"]["status"], out["head"]["size"]) == (200, 0)
	assert out["missing"]["status"] == 404
	assert out["put"]["status"] == 201
	assert site.site.uploaded("node.bin") == b"".join(
	    bytes([i]) * 65536 for i in range(63, -1, -1))
	assert out["tunnel"] == {"connect": 200, "status": 200,
	    "text": "hello\n"}


def test_unix_socket(lab, tmp_path):
	site = lab.nginx()
	lab.sluice(listen=f"unix:{tmp_path}/s")
	one = lab.client()
	for _ in range(3):
		assert one.get(site.url + "/hello").body == b"hello\n"
	two = lab.client()
	assert two.tunnel(site.at).status == 200
	two.send(client.request("GET", "/hello", host=site.at))
	assert two.response().body == b"hello\n"


def test_host_reaches_nginx(site):
	one = site.client()
	answer = one.get(site.site.url + "/host", host="other.example")
	assert answer.body.decode() == site.site.at
