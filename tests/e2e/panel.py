# SPDX-License-Identifier: ISC
"""A sluice with a door for browsers, and what stands behind it."""
import contextlib
import http.client
import json
import re

import dnsserver
import wire

TOKEN = "a-token-for-the-tests-of-it"
DOOR = re.compile(r"control plane at (\d\S+)")


class House:
	"""All of .test is one origin, which answers at once."""

	def __init__(self, lab, hosts=None, token=True, door=None, **admin):
		self.lab = lab
		file = lab.dir / "token"
		file.write_text(TOKEN + "\n")
		self.token = TOKEN if token else None
		if token:
			admin["web_token_file"] = str(file)
		self.far = lab.origin()
		self.daemon = lab.sluice(hosts=hosts or {},
		    resolver=[lab.dns(dnsserver.Here()).at],
		    admin={"socket": str(lab.dir / "admin.sock"),
		    "web": door or "127.0.0.1:0", **admin})
		self.door = DOOR.search(self.daemon.err.wait(DOOR))[1]
		self.url = f"http://{self.door}/"
		self.client = lab.client()

	def name(self, host, path="/"):
		return f"http://{host}:{self.far.port}{path}"

	def get(self, host, path="/"):
		answer = self.client.get(self.name(host, path))
		assert answer.status == 200, answer
		return answer

	def wait_for(self, host, path="/", fields=()):
		"""A request whose answer nobody reads yet."""
		self.lab.client().ask("GET", self.name(host, path), fields)

	def call(self, path, method="GET", body=None, fields=()):
		one = http.client.HTTPConnection(self.door,
		    timeout=wire.DEADLINE)
		with contextlib.closing(one):
			headers = dict(fields)
			if self.token:
				headers["Authorization"] = \
				    "Bearer " + self.token
			if body is not None:
				headers["Content-Type"] = "application/json"
				body = json.dumps(body)
			one.request(method, path, body, headers)
			answer = one.getresponse()
			answer.data = answer.read()
			return answer

	def json(self, path, *args, **keys):
		answer = self.call(path, *args, **keys)
		assert answer.status == 200, (path, answer.data)
		return json.loads(answer.data)

	def host(self, key):
		return self.json("/v1/hosts/" + key)

	def show(self, chromium, where="#/", **options):
		page = chromium.page(**options)
		if self.token:
			page.open(self.url + "#token=" + self.token)
			page.until("location.hash === '#/'")
			page.run(f"location.hash = {json.dumps(where)}")
		else:
			page.open(self.url + where)
		page.until("document.getElementById('link').innerText === "
		    "'live'")
		return page
