# SPDX-License-Identifier: ISC
"""What traffic.py sends: requests as clients write them, good ones and some
that are broken on purpose, and answers as origins plan them."""
import re

import strict
import wire

FRAMING = {b"host", b"content-length", b"transfer-encoding"}
TCHAR = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFXYZ"
ID = re.compile(rb"~([a-z]{12})~")
SMUGGLED = b"GET http://127.0.0.1:%d/smuggled HTTP/1.1\r\nHost: x\r\n" \
    b"X-Id: ~smuggledxxxx~\r\n\r\n"


def name(rng):
	return bytes(rng.choice(TCHAR) for _ in range(rng.randrange(1, 12)))


def value(rng):
	n = int(10 ** rng.uniform(0, 2.3)) - 1
	text = bytes(rng.choice(b" \t!\"#,;=/:@abcXYZ0189~\x80\xff\xc3\xa9")
	    for _ in range(n))
	return text.strip(b" \t")


def identity(rng):
	return bytes(rng.choice(b"abcdefghijklmnopqrstuvwxyz")
	    for _ in range(12))


def fields(rng, most, odd):
	"""Any fields, of which some have a meaning."""
	known = [(b"Cookie", b"a=b; c=d"), (b"Accept", b"*/*"),
	    (b"User-Agent", b"x/1 (y)"), (b"X-A", b""), (b"x-a", b"2"),
	    (b"Cache-Control", b"no-cache"), (b"Via", b"1.0 somebody"),
	    (b"Keep-Alive", b"timeout=5"), (b"Authorization", b"Basic YTpi"),
	    (b"Date", b"Sat, 28 Nov 2026 11:00:00 GMT"), *odd]
	return [rng.choice(known) if rng.random() < 0.4
	    else (b"F-" + name(rng), value(rng))
	    for _ in range(rng.randrange(most))]


def connection(rng, some):
	"""A Connection that names some of the fields, and what else it may."""
	names = [n for n, _ in some if n.lower() not in
	    (b"x-id", b"expect") and n.lower() not in FRAMING]
	names += [b"x-t", b"Digest"]		# of trailers
	options = rng.sample(names, min(len(names), rng.randrange(3)))
	if any(n.lower() == b"te" for n, _ in some):
		options.append(b"TE")
	if not options:
		return []
	rng.shuffle(options)
	return [(rng.choice([b"Connection", b"connection"]),
	    rng.choice([b", ", b",", b" ,\t"]).join(options))]


def line(rng, field):
	blank = rng.choice([b" ", b"", b"  ", b"\t"])
	tail = rng.choice([b"", b"", b"", b" ", b"\t "])
	return field[0] + b":" + blank + field[1] + tail + b"\r\n"


def extensions(rng):
	return b"" if rng.random() < 0.7 else rng.choice([b";a", b";a=b",
	    b' ; a = "q\\"x;\t"', b";a=b;c=d"])


def chunked(rng, body, trailers):
	"""The body in chunks of any sizes, as any sender may write them."""
	out = []
	at = 0
	while at < len(body):
		n = min(len(body) - at, int(10 ** rng.uniform(0, 4)))
		size = rng.choice([b"%x", b"%X", b"0%x", b"000%x"]) % n
		out.append(size + extensions(rng) + b"\r\n"
		    + body[at:at + n] + b"\r\n")
		at += n
	end = rng.choice([b"0", b"00"]) + extensions(rng) + b"\r\n"
	return b"".join(out) + end + b"".join(line(rng, t)
	    for t in trailers) + b"\r\n"


def content(rng, port):
	"""A body; some look like a request, to whoever loses count."""
	body = wire.pattern(int(10 ** rng.uniform(0, 4.7)) - 1,
	    rng.randrange(9))
	if rng.random() < 0.3:
		body = SMUGGLED % port + body[:1000]
	return body


def some_trailers(rng):
	return [] if rng.random() < 0.6 else [
	    rng.choice([(b"X-T", b"1"), (b"Digest", b"x=y"),
	    (b"Content-Length", b"3"), (b"Host", b"evil"),
	    (b"Authorization", b"Basic eDp5"), (b"Set-Cookie", b"a=b"),
	    (b"Connection", b"close")])
	    for _ in range(rng.randrange(1, 4))]


def broken(rng, head, body, inside):
	"""A request in which readers may differ.  Inside of a tunnel its first
	line stays: without it nothing there is a request."""
	def put(text):
		return head[:-2] + text + b"\r\n" + body
	at = rng.randrange(len(head))
	behind = [
	    lambda: put(b"Content-Length: 5\r\nContent-Length: 6\r\n"),
	    lambda: put(b"Content-Length: 5\r\nTransfer-Encoding: chunked"
	        b"\r\n"),
	    lambda: put(b"Transfer-Encoding: xchunked\r\n"),
	    lambda: put(b"Transfer-Encoding: chunked, identity\r\n"),
	    lambda: put(b"Transfer-Encoding : chunked\r\n"),
	    lambda: put(b"Transfer-Encoding:\x0bchunked\r\n"),
	    lambda: put(b"Content-Length: +5\r\n"),
	    lambda: put(b"Content-Length: 5, 5\r\n"),
	    lambda: put(b"Content-Length: 0x5\r\n"),
	    lambda: put(b"X-A: 1\r\n folded: 2\r\n"),
	    lambda: put(b"X-A: 1\nX-B: 2\r\n"),
	    lambda: put(b"X-A: 1\rX-B: 2\r\n"),
	    lambda: put(b"X-A: \x00\r\n"),
	    lambda: put(b"Host: twice\r\n"),
	    lambda: head + (body[:at % 40] + bytes([rng.randrange(256)])
	        + body[at % 40 + 1:]),
	    lambda: head + body.replace(b"\r\n", b"\n", 1),
	]
	anywhere = [
	    lambda: head.replace(b"HTTP/1.1", b"HTTP/1.9", 1) + body,
	    lambda: head.replace(b" HTTP/1.1", b"  HTTP/1.1", 1) + body,
	    lambda: head.replace(b"\r\n", b"\n", 1) + body,
	    lambda: head[:at] + bytes([head[at] ^ (1 << rng.randrange(8))])
	        + head[at + 1:] + body,
	]
	return rng.choice(behind if inside else behind + anywhere)()


class Request:
	"""One that a client sends: its bytes, and what they were meant as."""

	def __init__(self, rng, place, way):
		self.id = identity(rng)
		self.method = rng.choice([b"GET", b"GET", b"HEAD", b"POST",
		    b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"M-SEARCH",
		    b"get", b"head"])
		inside = way in ("inside", "intercept")
		if inside:	# where others are no request's beginning
			self.method = self.method.upper()
		self.old = not inside and rng.random() < 0.1
		self.way, self.inside = way, inside
		self.at = place.authority(rng, way)
		self.path = rng.choice([b"/", b"/a/b?q=1", b"/%41/../x",
		    b"/;p//q", b"/'()*!", b"/" + b"y" * rng.randrange(2000),
		    b"/[]{}|", b"/\xc3\xa9?\xe9\x80", b"/?http://x/"])
		if not inside and rng.random() < 0.1:
			self.path = rng.choice([b"", b"?q=x;//y"])
		self.trailers = []
		self.make_fields(rng)
		self.make_body(rng, place.origin.port)
		self.raw = self.make(rng)

	def make_fields(self, rng):
		odd = [(b"TE", b"trailers"), (b"Proxy-Connection",
		    b"keep-alive"), (b"Proxy-Authorization", b"Basic eDp5"),
		    (b"Upgrade", b"h2c"), (b"Max-Forwards", b"7"),
		    (b"Priority", b"u=1")]
		some = fields(rng, 12, odd)
		if rng.random() < 0.1:
			some.append((b"Expect", b"100-continue"))
		some.append((rng.choice([b"X-Id", b"x-ID"]),
		    b"~" + self.id + b"~"))
		some += connection(rng, some)
		if self.old and rng.random() < 0.5:
			some.append((b"Connection", b"keep-alive"))
		rng.shuffle(some)
		self.fields = some

	def make_body(self, rng, port):
		self.kind = rng.choice(["none", "none", "length", "chunked"])
		if self.old and self.kind == "chunked":
			self.kind = "length"
		self.body = b"" if self.kind == "none" else content(rng, port)
		if self.kind == "length":
			self.fields.insert(rng.randrange(len(self.fields) + 1),
			    (b"Content-Length", b"%d" % len(self.body)))
		elif self.kind == "chunked":
			self.trailers = some_trailers(rng)
			self.fields.append((b"Transfer-Encoding",
			    rng.choice([b"chunked", b"Chunked"])))

	def make(self, rng):
		target = self.path if self.inside else rng.choice([b"http://",
		    b"HTTP://"]) + self.at + self.path
		head = self.method + b" " + target + b" HTTP/1." + \
		    (b"0" if self.old else b"1") + b"\r\n"
		host = [(rng.choice([b"Host", b"hoST"]), self.at)]
		at = rng.randrange(len(self.fields) + 1)
		some = self.fields[:at] + host + self.fields[at:]
		head += b"".join(line(rng, f) for f in some) + b"\r\n"
		body = chunked(rng, self.body, self.trailers) \
		    if self.kind == "chunked" else self.body
		# (who reads TLS cannot say that he has sent all)
		self.good = self.way == "intercept" or rng.random() < 0.9
		if not self.good:
			return broken(rng, head, body, self.inside)
		return b"\r\n" * rng.choice([0, 0, 0, 1]) + head + body


class Plan:
	"""How the origin answers: some attempts with a refusal, then this."""

	def __init__(self, rng, request):
		self.method = request.method
		self.refusals = rng.randrange(1, 4) if b"ocal" in request.at \
		    and rng.random() < 0.1 else 0
		self.interim = [(rng.choice([102, 103, 103, 100]),
		    fields(rng, 3, [])) for _ in range(rng.choice([0, 0, 0,
		    1, 2]))]
		self.status = rng.choice([200, 200, 200, 201, 204, 206, 304,
		    302, 404, 410, 500, 599])
		self.early = rng.random() < 0.1	# before the body
		self.old = rng.random() < 0.1
		some = fields(rng, 10, [(b"Proxy-Authenticate", b"Basic"),
		    (b"Set-Cookie", b"x=y"), (b"ETag", b'"e"')])
		self.fields = some + connection(rng, some)
		rng.shuffle(self.fields)
		self.framing = rng.choice(["length", "length", "chunked",
		    "close"])
		if self.old and self.framing == "chunked":
			self.framing = "close"
		self.body = content(rng, 1)
		self.trailers = some_trailers(rng) \
		    if self.framing == "chunked" else []
		self.ways(rng)
		self.raw = self.make(rng)

	def ways(self, rng):
		"""What goes wrong, if anything; how the connection ends."""
		self.fault = rng.choice(["cut", "reset", "garbage", "twice",
		    "nothing"]) if rng.random() < 0.15 else None
		self.bodyless = self.method == b"HEAD" or \
		    self.status in (204, 304)
		if self.bodyless:
			self.body = b""
		self.closes = rng.random() < 0.1 or self.fault is not None \
		    or (self.framing == "close" and not self.bodyless)
		self.extra = rng.random() < 0.03 and self.framing != "close"

	def make(self, rng):
		out = b"".join(b"HTTP/1.1 %d Wait\r\n" % status + b"".join(
		    line(rng, f) for f in some) + b"\r\n"
		    for status, some in self.interim)
		out += b"HTTP/1.%d %d %s\r\n" % (not self.old, self.status,
		    rng.choice([b"OK", b"", b"An odd (one)"]))
		some = list(self.fields)
		if self.framing == "chunked" and self.status != 204:
			some.append((b"Transfer-Encoding", b"chunked"))
		elif self.framing == "length" and self.status != 204:
			some.append((b"Content-Length", b"%d" % len(
			    self.body)))
		out += b"".join(line(rng, f) for f in some)
		if self.fault == "twice" and self.bodyless:
			self.fault = None
		if self.fault == "twice":
			out += b"Content-Length: 3\r\nContent-Length: 4\r\n"
		if self.extra or (self.closes and (self.framing != "close"
		    or self.bodyless or rng.random() < 0.5)):
			# or its client would run into the end
			out += b"Connection: close\r\n"
		self.head = len(out) + 2
		out += b"\r\n"
		if self.framing == "chunked" and not self.bodyless:
			out += chunked(rng, self.body, self.trailers)
		else:
			out += self.body
		return self.spoil(rng, out)

	def spoil(self, rng, out):
		if self.fault == "garbage":
			return b"\x00garbage " + out
		if self.fault == "nothing":
			return b""
		if self.fault in ("cut", "reset"):
			return out[:rng.randrange(len(out) + 1)]
		return out + (b"HTTP/1.1 200 Extra\r\n\r\n" if self.extra
		    else b"")

	def answer(self):
		"""What whoever reads the bytes strictly finds: the final
		response, whole or not, or None; and what is wrong."""
		reader = strict.Reader()
		reader.feed(self.raw)
		try:
			while True:
				message = reader.response(self.method)
				if message is None:
					return reader.ended() if self.closes \
					    and self.fault != "reset" \
					    else reader.message
				if message.status >= 200:
					return message
		except strict.Bad:
			return None


REFUSAL = b"HTTP/1.1 429 Slow Down\r\nRetry-After: 0\r\n" \
    b"Content-Length: 2\r\n\r\n"


def refusal(method):
	return REFUSAL + (b"" if method == b"HEAD" else b"no")


def pieces(rng, data):
	"""The same bytes in pieces."""
	at = 0
	style = rng.choice([0, 0, 2.5, 4])
	while at < len(data):
		n = int(10 ** rng.uniform(0, style)) if style else len(data)
		yield data[at:at + n]
		at += n
