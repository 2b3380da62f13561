# SPDX-License-Identifier: ISC
"""What the README advises for particular hosts and clients, with those."""
import json
import re
import textwrap

import pytest

import advised
import origin
import parent

SECTION = "## What else a host or client may need"


def paragraphs():
	text = advised.read("README.md")
	text = text[text.index(SECTION) + len(SECTION):]
	return re.split(r"\n(?=\*\*)", text[:text.index("\n## ")])


def advice(about):
	"""The configuration under the paragraph that begins so."""
	for text in paragraphs():
		if text.startswith(f"**{about}"):
			return advised.block(text)
	raise KeyError(about)


def start(lab, about, port=None, also=(), **names):
	"""A sluice with that advice, for hosts of the tests' own, and keys
	that it has besides."""
	text = advised.put(advice(about), names)
	keys = {"listen": "127.0.0.1:0", **dict(also)}
	if port is not None:
		text = text.replace("https: upstream",
		    f"https: upstream\n    tls: {{port: {port}}}")
		keys["tls"] = {"trust": str(lab.pki.pem("ca"))}
		keys["resolver"] = advised.here(lab)
	return advised.start(lab, text, keys)


def test_all_of_it_is_tested():
	said = {re.match(r"\*\*(.*?)\*\*", text).group(1)
	    for text in paragraphs() if text.startswith("**")}
	assert said == {"How long a request can be held",
	    "A restart forgets", "An upgrade has no gap", "APIs of language models", "S3", "nginx", "gRPC",
	    "A company's proxy"}


def test_restart(lab):
	"""With the file that is named, what was spent is spent."""
	text, = (text for text in paragraphs()
	    if text.startswith("**A restart forgets"))
	state = re.search(r"`(state: \{.*?\})`", text).group(1)
	far = lab.origin()
	keys = state.replace("/var/lib/sluice", str(lab.dir)) + \
	    "\nlisten: 127.0.0.1:0\nhosts: {127.0.0.1: {capacity: 2, " \
	    "period: 1h, queue: {max_wait: 20s}}}\n"
	for _ in range(2):
		daemon = lab.sluice(keys)
		daemon.err.wait("is ready")
		last = [lab.get(far.url + "/").status for _ in range(3)]
		daemon.stop()
	assert last == [429] * 3
	assert len(far.requests) == 2


def test_language_models(tlab):
	"""A refused POST goes out again, whole, and each key has its turn."""
	far = tlab.secure_origin(origin.sequence(
	    origin.fixed(429, fields=[("Retry-After", "0.2")]),
	    origin.echo), name="origin")
	start(tlab, "APIs of language models", far.port,
	    **{"api.llm.example": "upstream.test"})
	prompt = json.dumps({"messages": ["x" * 200_000]}).encode()
	one = tlab.client()
	answer = one.call("POST", "http://upstream.test/v1/chat", body=prompt,
	    fields=[("Authorization", "Bearer one")])
	assert (answer.status, answer.body) == (200, prompt)
	assert len(far.requests) == 2


def test_company(lab, tmp_path):
	"""It asks for whom the file says; what is inside goes without it."""
	far = parent.Parent(plain=origin.fixed(body="by the proxy"),
	    user="joe", password="secret")
	lab.origins.append(far)
	web = lab.origin(origin.fixed(body="direct"))
	file = tmp_path / "parent.password"
	file.write_text("secret\n")
	file.chmod(0o600)
	start(lab, "A company's proxy",
	    also={"resolver": advised.here(lab)}, **{
	    "proxy.corp.example:3128": far.at,
	    "/etc/sluice/parent.password": str(file),
	    "*.corp.example": "*.corp.test"})
	for name, body in [("web.test", b"by the proxy"),
	    ("wiki.corp.test", b"direct"), ("localhost", b"direct")]:
		answer = lab.get(f"http://{name}:{web.port}/")
		assert (name, answer.body) == (name, body)


S3 = textwrap.dedent("""
	import sys
	import boto3
	from botocore.config import Config
	s3 = boto3.client("s3", endpoint_url=sys.argv[1],
	    aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret",
	    region_name="us-east-1", config=Config(retries={"max_attempts": 0},
	    s3={"addressing_style": "path"}))
	s3.put_object(Bucket="bucket", Key="key", Body=b"z" * 100000)
	print(s3.get_object(Bucket="bucket", Key="key")["Body"].read().decode())
""")


def test_s3(tlab, command):
	"""SlowDown is waited out, under signatures that stay valid."""
	pytest.importorskip("boto3")
	slow = origin.fixed(503, body="<Error><Code>SlowDown</Code></Error>")
	far = tlab.secure_origin(origin.sequence(slow, origin.fixed(), slow,
	    origin.fixed(body="object")), name="origin")
	at = f"a.intercept.test:{far.port}"
	daemon = start(tlab, "S3", far.port, **{"s3.example": "intercept.test"})
	out = command("/usr/bin/python3", "-c", S3,
	    f"http://{at}", env={
	    "http_proxy": daemon.url, "PATH": "/usr/bin:/bin"}).stdout
	assert out.strip() == b"object"
	first, second = far.requests[:2]
	assert first.body == second.body == b"z" * 100000
	for name in ("authorization", "host", "x-amz-date",
	    "x-amz-content-sha256"):
		assert first.get(name) == second.get(name)
	signed = re.search(r"SignedHeaders=([^,]+)",
	    first.get("authorization")).group(1).split(";")
	assert "host" in signed and first.get("host") == at
	assert all(first.get(name) for name in signed)


def test_nginx_compresses(lab, command):
	"""Only for whom it takes for no proxy."""
	site = lab.nginx()
	site.file("page.txt", b"again and " * 1000)

	def length(daemon):
		return len(command("curl", "-sS", "-q", "-x", daemon.url,
		    "-H", "Accept-Encoding: gzip", site.url
		    + "/zip/page.txt").stdout)
	assert length(lab.sluice()) == 10000
	assert length(start(lab, "nginx")) < 1000


GRPC = textwrap.dedent("""
	import concurrent.futures
	import sys
	import grpc
	key, chain, trust = [open(name, "rb").read() for name in sys.argv[1:]]
	def call(request, context):
	    return request[::-1]
	server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
	server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(
	    "test.Echo", {"Call": grpc.unary_unary_rpc_method_handler(call)}),))
	port = server.add_secure_port("127.0.0.1:0",
	    grpc.ssl_server_credentials([(key, chain)]))
	server.start()
	with grpc.secure_channel(f"tunnel.test:{port}",
	    grpc.ssl_channel_credentials(trust)) as channel:
	    for _ in range(3):
	        print(channel.unary_unary("/test.Echo/Call")(b"olleh",
	            timeout=20).decode())
	server.stop(None)
""")


def test_grpc(tlab, command):
	"""Three calls of a channel are one tunnel."""
	pytest.importorskip("grpc")
	daemon = tlab.https()
	out = command("/usr/bin/python3", "-c", GRPC, tlab.pki.key("origin"),
	    tlab.pki.pem("origin"), tlab.pki.pem("ca"), env={
	    "https_proxy": daemon.url, "PATH": "/usr/bin:/bin"}).stdout
	assert out.split() == [b"hello"] * 3
	line, = daemon.out.like("CONNECT", 1)
	assert "CONNECT tunnel.test:" in line
