# SPDX-License-Identifier: ISC
"""A real nginx as an origin, in a directory of its own."""
import os
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
events {{ worker_connections 512; }}
http {{
	access_log {dir}/access.log;
	client_body_temp_path {dir}/body;
	proxy_temp_path {dir}/proxy;
	fastcgi_temp_path {dir}/fastcgi;
	uwsgi_temp_path {dir}/uwsgi;
	scgi_temp_path {dir}/scgi;
	client_max_body_size 200m;
	types {{ text/plain txt; }}
	server {{
		listen 127.0.0.1:{port};
		root {dir}/www;
		location /up/ {{ dav_methods PUT DELETE; create_full_put_path on; }}
		location = /hello {{ return 200 "hello\\n"; }}
		location = /host {{ return 200 "$http_host"; }}
		location = /moved {{ return 302 /hello; }}
		location = /gone {{ return 410; }}
	}}
}}
"""


class Nginx:
	def __init__(self, directory):
		self.dir = directory
		self.www = directory / "www"
		self.www.mkdir(parents=True)
		# The socket is made here and inherited, so that no port
		# has to be guessed.
		listener = socket.socket()
		listener.bind(("127.0.0.1", 0))
		listener.listen(511)
		self.port = listener.getsockname()[1]
		self.at = f"127.0.0.1:{self.port}"
		self.url = f"http://{self.at}"
		conf = directory / "nginx.conf"
		conf.write_text(CONF.format(dir=directory, port=self.port,
		    user="user root;" if os.geteuid() == 0 else ""))
		fd = listener.fileno()
		self.proc = subprocess.Popen([PROGRAM, "-p", str(directory),
		    "-c", str(conf)], pass_fds=[fd], stdin=subprocess.DEVNULL,
		    stderr=subprocess.DEVNULL,
		    env={**os.environ, "NGINX": f"{fd};"})
		listener.close()
		# It listens already; the first answer waits for nginx.
		opener = urllib.request.build_opener(
		    urllib.request.ProxyHandler({}))
		with opener.open(self.url + "/hello",
		    timeout=wire.DEADLINE) as answer:
			assert answer.read() == b"hello\n"

	def file(self, name, data):
		(self.www / name).write_bytes(data)
		return f"{self.url}/{name}"

	def uploaded(self, name):
		return (self.www / "up" / name).read_bytes()

	def stop(self):
		self.proc.send_signal(signal.SIGTERM)
		try:
			status = self.proc.wait(wire.DEADLINE)
		except subprocess.TimeoutExpired:
			self.proc.kill()
			self.proc.wait()
			raise
		assert status == 0, (self.dir / "error.log").read_text()
