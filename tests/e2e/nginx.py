# SPDX-License-Identifier: ISC
"""A real nginx as an origin, in a directory of its own."""
import os
import re
import shutil
import signal
import socket
import subprocess
import urllib.request

import wire

PROGRAM = shutil.which("nginx", path=os.environ.get("PATH", "")
    + ":/usr/sbin:/usr/local/sbin") or "nginx"

CONF = """
daemon off;
worker_processes 1;
{user}
pid {dir}/nginx.pid;
error_log {dir}/error.log;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
	log_format tests '$msec $connection_time '
	    '$connection $connection_requests '
	    '$ssl_protocol/$ssl_session_reused/$ssl_server_name '
	    '$status $request';
	access_log {dir}/access.log tests;
	client_body_temp_path {dir}/body;
	proxy_temp_path {dir}/proxy;
	fastcgi_temp_path {dir}/fastcgi;
	uwsgi_temp_path {dir}/uwsgi;
	scgi_temp_path {dir}/scgi;
	client_max_body_size 200m;
	keepalive_requests 10000;
	types {{ text/plain txt; text/html html; text/javascript js; }}
	root {dir}/www;
	server {{
		listen 127.0.0.1:{port};
		include {dir}/locations;
	}}
	{servers}
}}
"""

LOCATIONS = """
location /up/ {{ dav_methods PUT DELETE; create_full_put_path on; }}
location = /hello {{ return 200 "hello\\n"; }}
location = /host {{ return 200 "$http_host"; }}
location = /scheme {{ return 200 "$scheme"; }}
location = /moved {{ return 302 /hello; }}
location = /gone {{ return 410; }}
location /zip/ {{ alias {dir}/www/; gzip on; gzip_types *; }}
# The connection ends after each answer.
location /close/ {{ alias {dir}/www/; keepalive_timeout 0; }}
location = /close/hello {{ keepalive_timeout 0; return 200 "hello\\n"; }}
location = /client {{
	if ($ssl_client_verify != SUCCESS) {{ return 403; }}
	return 200 "$ssl_client_s_dn";
}}
"""

# By SNI; the first is for names of no other.
SERVER = """
	server {{
		listen 127.0.0.1:{port} ssl{default};
		server_name {name};
		ssl_certificate {certificate};
		ssl_certificate_key {key};
		ssl_protocols TLSv1.2 TLSv1.3;
		ssl_session_cache shared:all:1m;
		ssl_client_certificate {client_ca};
		ssl_verify_client {verify};
		include {dir}/locations;
	}}
"""

LINE = re.compile(r"(?P<time>[\d.]+) (?P<age>[\d.]+) (?P<conn>\d+) "
    r"(?P<turn>\d+) (?P<version>[^/]*)/(?P<resumed>[^/]*)/(?P<name>\S*) "
    r"(?P<status>\d+) (?P<request>.*)")


class Row:
	"""A line of the access log."""

	def __init__(self, line):
		match = LINE.fullmatch(line)
		assert match, line
		self.line = line
		self.time = float(match["time"])	# of its end
		self.born = self.time - float(match["age"])
		self.conn = int(match["conn"])
		self.turn = int(match["turn"])
		self.version = match["version"]
		self.resumed = match["resumed"] == "r"
		self.name = match["name"]
		self.status = int(match["status"])
		self.request = match["request"]
		self.path = (match["request"].split(" ") + ["", ""])[1]

	def __repr__(self):
		return f"<{self.line}>"


def listener():
	# Made here and inherited, so that no port has to be guessed.
	sock = socket.socket()
	sock.bind(("127.0.0.1", 0))
	sock.listen(4096)
	return sock


class Nginx:
	"""With certificates (certs.Certs) it speaks TLS on a second port."""

	def __init__(self, directory, certs=None):
		self.dir = directory
		self.www = directory / "www"
		self.www.mkdir(parents=True)
		socks = [listener()]
		self.port = socks[0].getsockname()[1]
		self.at = f"127.0.0.1:{self.port}"
		self.url = f"http://{self.at}"
		servers = ""
		if certs:
			socks.append(listener())
			self.tls_port = socks[1].getsockname()[1]
			servers = self.servers(certs)
		(directory / "locations").write_text(
		    LOCATIONS.format(dir=directory))
		conf = directory / "nginx.conf"
		conf.write_text(CONF.format(dir=directory, port=self.port,
		    servers=servers,
		    user="user root;" if os.geteuid() == 0 else ""))
		fds = [sock.fileno() for sock in socks]
		self.proc = subprocess.Popen([PROGRAM, "-p", str(directory),
		    "-c", str(conf)], pass_fds=fds, stdin=subprocess.DEVNULL,
		    stderr=subprocess.DEVNULL, env={**os.environ,
		    "NGINX": "".join(f"{fd};" for fd in fds)})
		for sock in socks:
			sock.close()
		# It listens already; the first answer waits for nginx.
		opener = urllib.request.build_opener(
		    urllib.request.ProxyHandler({}))
		with opener.open(self.url + "/hello",
		    timeout=wire.DEADLINE) as answer:
			assert answer.read() == b"hello\n"

	def servers(self, certs):
		def server(name, certificate, default="", verify="optional"):
			return SERVER.format(dir=self.dir, port=self.tls_port,
			    name=name, default=default, verify=verify,
			    certificate=certs.pem(certificate),
			    key=certs.key(certificate),
			    client_ca=certs.pem("ca"))
		out = server("_", "origin", " default_server")
		out += server("client.test", "origin", verify="on")
		for bad in certs.BAD:
			out += server(bad + ".test", bad)
		return out

	def file(self, name, data):
		(self.www / name).write_bytes(data)
		return f"{self.url}/{name}"

	def uploaded(self, name):
		return (self.www / "up" / name).read_bytes()

	def rows(self, path=""):
		"""What was asked of it over TLS, with paths that start so."""
		text = (self.dir / "access.log").read_text()
		rows = [Row(line) for line in text.splitlines()]
		return [row for row in rows if row.version not in ("", "-")
		    and row.path.startswith(path)]

	def wait_rows(self, n, path=""):
		"""n of them, which are written once they are answered."""
		wire.wait_until(lambda: len(self.rows(path)) >= n,
		    what=f"line {n} of nginx' log")
		return self.rows(path)

	def stop(self):
		self.proc.send_signal(signal.SIGTERM)
		try:
			status = self.proc.wait(wire.DEADLINE)
		except subprocess.TimeoutExpired:
			self.proc.kill()
			self.proc.wait()
			raise
		assert status == 0, (self.dir / "error.log").read_text()
