# SPDX-License-Identifier: ISC
"""A client of the control plane: at its socket, or on the web."""
import http.client
import json
import socket

import wire


class Answer:
	def __init__(self, response):
		self.status = response.status
		self.headers = response.headers
		self.body = response.read()

	def json(self):
		return json.loads(self.body)

	def problem(self):
		"""The problem's text; it is one, and a right one."""
		assert self.headers["Content-Type"] == \
		    "application/problem+json", self.headers
		value = self.json()
		assert value["status"] == self.status
		assert value["title"] and value["type"] == "about:blank"
		return value["detail"]


class Connection(http.client.HTTPConnection):
	def __init__(self, at):
		super().__init__("localhost", timeout=wire.DEADLINE)
		self.at = at

	def connect(self):
		if isinstance(self.at, tuple):
			self.sock = socket.create_connection(self.at,
			    timeout=wire.DEADLINE)
			return
		self.sock = socket.socket(socket.AF_UNIX)
		self.sock.settimeout(wire.DEADLINE)
		self.sock.connect(str(self.at))


class Control:
	"""at: the socket's path, or a host and port."""

	def __init__(self, at, token=None):
		self.at = at
		self.token = token

	def fields(self, headers, body):
		fields = {}
		if isinstance(self.at, tuple):
			fields["Host"] = "%s:%d" % self.at
		if body is not None:
			fields["Content-Type"] = "application/json"
		if self.token:
			fields["Authorization"] = "Bearer " + self.token
		fields.update(headers or {})
		return {k: v for k, v in fields.items() if v is not None}

	def open(self, method, path, body=None, headers=None):
		"""A connection with its response, whose body is not read."""
		if isinstance(body, (dict, list)):
			body = json.dumps(body)
		one = Connection(self.at)
		one.request(method, path, body, self.fields(headers, body))
		return one, one.getresponse()

	def ask(self, method, path, body=None, headers=None):
		one, response = self.open(method, path, body, headers)
		try:
			return Answer(response)
		finally:
			one.close()

	def get(self, path, **headers):
		return self.ask("GET", path, headers=headers)

	def put(self, path, body, **headers):
		return self.ask("PUT", path, body, headers)

	def post(self, path, body, **headers):
		return self.ask("POST", path, body, headers)

	def events(self, path="/v1/events", **headers):
		return Events(*self.open("GET", path, headers=headers))


class Events:
	"""A stream of server-sent events."""

	def __init__(self, connection, response):
		self.connection = connection
		self.response = response
		assert response.status == 200, response.read()
		assert response.headers["Content-Type"] == "text/event-stream"

	def next(self):
		"""The next event: its id, name and data; "" where none is."""
		event = {"id": "", "event": "", "data": "", "comment": ""}
		while True:
			line = self.response.readline().decode()
			if line == "":
				raise EOFError
			line = line.rstrip("\n")
			if line == "":
				return event
			name, _, value = line.partition(":")
			event[name or "comment"] += value.removeprefix(" ")

	def until(self, like):
		"""The first event whose data likes, and its id in it."""
		while True:
			event = self.next()
			if event["data"] and not event["event"]:
				data = json.loads(event["data"])
				assert event["id"] == str(data["id"])
				if like(data):
					return data

	def close(self):
		self.response.close()
		self.connection.close()
