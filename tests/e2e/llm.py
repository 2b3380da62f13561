# SPDX-License-Identifier: ISC
"""A scripted host of language models: it speaks OpenAI's and Anthropic's
forms, plain and streamed, and counts tokens in its vendors' ways.

What a request is to use is in its body: "user" of OpenAI's, "metadata" of
Anthropic's, "use=120".  Its input is what the request has beside its text,
which is one token for each four bytes.
"""
import gzip
import json
import re
import threading
import time
import zlib


class Bucket:
	"""So many in a period, and as many at once; refilled all the time."""

	def __init__(self, capacity, period):
		self.capacity = self.left = capacity
		self.period = period
		self.since = time.monotonic()

	def tick(self):
		now = time.monotonic()
		self.left = min(self.capacity, self.left + (now - self.since) *
		    self.capacity / self.period)
		self.since = now

	def allows(self, amount):
		self.tick()
		return self.left >= amount

	def take(self, amount):
		self.tick()
		self.left -= amount

	def owes(self):
		self.tick()
		return max(0, -self.left)


class Window:
	"""So many in each period by the clock."""

	def __init__(self, capacity, period):
		self.capacity = capacity
		self.period = period
		self.used = {}

	def at(self):
		return int(time.monotonic() / self.period)

	def allows(self, amount):
		return self.used.get(self.at(), 0) + amount <= self.capacity

	def take(self, amount):
		at = self.at()
		self.used[at] = self.used.get(at, 0) + amount

	def owes(self):
		return max(0, self.used.get(self.at(), 0) - self.capacity)


class Llm:
	"""The handler of an origin.  limits has what counts "requests", "input",
	"output" and "tokens", which is both; reserves: what a request names is
	taken at once, and stays taken, as some hosts do.  Else the output is
	taken as it comes, and whoever has taken too much is refused."""

	def __init__(self, limits=(), reserves=False, latency=0, pieces=8):
		self.limits = dict(limits)
		self.reserves = reserves
		self.latency = latency
		self.pieces = pieces
		self.lock = threading.Lock()
		self.refused = 0
		self.over = 0			# tokens beyond a limit, at most
		self.used = {}			# what counted of each agent's
		self.seen = []			# bodies, parsed

	def take(self, **amounts):
		for name, amount in amounts.items():
			if name in self.limits:
				self.limits[name].take(amount)
				self.over = max(self.over,
				    self.limits[name].owes())

	def admits(self, amounts):
		with self.lock:
			if all(self.limits[name].allows(amount)
			    for name, amount in amounts.items()
			    if name in self.limits):
				self.take(**amounts)
				return True
			self.refused += 1
			return False

	def __call__(self, conn, req):
		body = json.loads(req.body or b"{}")
		text = json.dumps(body)
		use = int(re.search(r"use=(\d+)", text + "use=50").group(1))
		cap = body.get("max_completion_tokens",
		    body.get("max_tokens", 1000))
		use = min(use, cap)
		asked = -(-len(req.body) // 4)
		first = {"requests": 1, "input": asked, "tokens": asked,
		    "output": 0}
		if self.reserves:
			first["tokens"] += cap
			first["output"] = cap
		self.seen.append(body)
		if not self.admits(first):
			conn.reply(429, b'{"error": {"type": "rate_limit"}}',
			    [("Content-Type", "application/json"),
			    ("Retry-After", "1")])
			return
		time.sleep(self.latency)
		agent = req.get("authorization") or req.get("x-api-key") or ""
		with self.lock:
			counts = asked + (cap if self.reserves else use)
			self.used[agent] = self.used.get(agent, 0) + counts
		answer = (self.anthropic if "/messages" in req.target
		    else self.openai)
		answer(conn, req, body, asked, use)

	def charge(self, n):
		if not self.reserves:
			with self.lock:
				self.take(output=n, tokens=n)

	def plain(self, conn, req, answer, use):
		self.charge(use)
		body = json.dumps(answer).encode()
		fields = [("Content-Type", "application/json")]
		accepts = req.get("accept-encoding", "")
		if "gzip" in accepts:
			body = gzip.compress(body)
			fields.append(("Content-Encoding", "gzip"))
		elif "deflate" in accepts:
			body = zlib.compress(body)
			fields.append(("Content-Encoding", "deflate"))
		conn.reply(200, body, fields)

	def stream(self, conn, events, use):
		"""The events are pairs of a name (or None) and data."""
		conn.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; "
		    b"charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n")
		count = max(1, sum(1 for e in events if e[2]))
		left = use
		for name, data, counts in events:
			if counts:
				part = min(left, -(-use // count))
				self.charge(part)
				left -= part
			text = f"event: {name}\n" if name else ""
			if not isinstance(data, str):
				data = json.dumps(data)
			piece = (text + f"data: {data}\n\n").encode()
			conn.send(b"%x\r\n%s\r\n" % (len(piece), piece))
		self.charge(left)
		conn.leave()
		conn.send(b"0\r\n\r\n")

	def openai(self, conn, req, body, asked, use):
		usage = {"prompt_tokens": asked, "completion_tokens": use,
		    "total_tokens": asked + use,
		    "prompt_tokens_details": {"cached_tokens": 0}}
		base = {"id": "chatcmpl-1", "created": 1,
		    "model": body.get("model", "m")}
		if not body.get("stream"):
			self.plain(conn, req, {**base,
			    "object": "chat.completion", "choices": [{
			    "index": 0, "finish_reason": "stop", "message": {
			    "role": "assistant", "content": "ha" * use}}],
			    "usage": usage}, use)
			return
		told = body.get("stream_options", {}).get("include_usage")
		base["object"] = "chat.completion.chunk"
		if told:
			base["usage"] = None
		events = [(None, {**base, "choices": [{"index": 0, "delta": {
		    "content": "ha"}, "finish_reason": None}]}, True)
		    for _ in range(self.pieces)]
		events.append((None, {**base, "choices": [{"index": 0,
		    "delta": {}, "finish_reason": "stop"}]}, False))
		if told:
			events.append((None, {**base, "choices": [],
			    "usage": usage}, False))
		events.append((None, "[DONE]", False))
		self.stream(conn, events, use)

	def anthropic(self, conn, req, body, asked, use):
		message = {"id": "msg_1", "type": "message",
		    "role": "assistant", "model": body.get("model", "m"),
		    "stop_reason": None, "stop_sequence": None}
		if not body.get("stream"):
			self.plain(conn, req, {**message,
			    "stop_reason": "end_turn", "content": [{
			    "type": "text", "text": "ha" * use}],
			    "usage": {"input_tokens": asked,
			    "output_tokens": use}}, use)
			return
		events = [("message_start", {"type": "message_start",
		    "message": {**message, "content": [], "usage": {
		    "input_tokens": asked, "output_tokens": 1}}}, False),
		    ("content_block_start", {"type": "content_block_start",
		    "index": 0, "content_block": {"type": "text",
		    "text": ""}}, False),
		    ("ping", {"type": "ping"}, False)]
		events += [("content_block_delta", {
		    "type": "content_block_delta", "index": 0, "delta": {
		    "type": "text_delta", "text": "ha"}}, True)
		    for _ in range(self.pieces)]
		events += [("content_block_stop", {
		    "type": "content_block_stop", "index": 0}, False),
		    ("message_delta", {"type": "message_delta", "delta": {
		    "stop_reason": "end_turn", "stop_sequence": None},
		    "usage": {"output_tokens": use}}, False),
		    ("message_stop", {"type": "message_stop"}, False)]
		self.stream(conn, events, use)
