# SPDX-License-Identifier: ISC
"""A reader of HTTP/1.1 for those who compare: strict, and none of sluice's.

It takes what RFC 9112 lets a sender send, and nothing that two readers could
take for two things.  Nothing is normalised.
"""
import re

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
LINE = re.compile(rb"(" + TOKEN + rb") ([!-~\x80-\xff]+) HTTP/1\.([0-9])")
STATUS = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9][0-9])"
    rb"(?: ([\t -~\x80-\xff]*))?")
FIELD = re.compile(rb"(" + TOKEN + rb"):[ \t]*((?:[!-~\x80-\xff]"
    rb"(?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?)[ \t]*")
# (What extensions say is nobody's business, as long as they end.)
SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})(?:[ \t]*;[\t -~\x80-\xff]*)?")


class Bad(Exception):
	"""What no good sender sends."""


class Message:
	"""A request or a response, as far as it came."""

	def __init__(self):
		self.method = self.target = None	# a request's
		self.status = self.reason = None	# a response's
		self.minor = 1
		self.fields = []
		self.framing = "none"		# length, chunked, close
		self.length = None
		self.body = b""
		self.trailers = []
		self.whole = False

	def all(self, name):
		return [v for n, v in self.fields
		    if n.lower() == name.lower().encode()]

	def one(self, name):
		values = self.all(name)
		return values[0] if values else None

	def options(self):
		"""The options of Connection, in lower case."""
		return [o.strip(b" \t").lower() for v in self.all("connection")
		    for o in v.split(b",")]

	def __repr__(self):
		what = self.status or b"%s %s" % (self.method, self.target)
		return f"<{what} {self.framing} {len(self.body)} bytes" \
		    f"{'' if self.whole else ', cut'}>"


class Reader:
	"""Takes messages off a growing buffer; requests, or responses to
	those whose methods are in a list."""

	def __init__(self):
		self.buf = bytearray()
		self.message = None		# whose body is being read
		self.left = None		# of a length, or of a chunk
		self.part = None		# of a chunked body

	def feed(self, data):
		self.buf += data

	def line(self):
		"""A line without its end, or None while it is not whole."""
		end = self.buf.find(b"\r\n")
		if end < 0:
			if b"\n" in self.buf or b"\r" in self.buf[:-1]:
				raise Bad("a line that ends in something else")
			return None
		line = bytes(self.buf[:end])
		if b"\r" in line or b"\n" in line:
			raise Bad("a line that ends in something else")
		del self.buf[:end + 2]
		return line

	def head(self):
		"""The lines of a head, or None."""
		end = self.buf.find(b"\r\n\r\n")
		if end < 0:
			return None
		lines = bytes(self.buf[:end]).split(b"\r\n")
		del self.buf[:end + 4]
		return lines

	@staticmethod
	def fields(lines):
		found = []
		for line in lines:
			match = FIELD.fullmatch(line)
			if not match:
				raise Bad(f"a field line {line!r}")
			found.append((match[1], match[2]))
		return found

	def frame(self, message):
		"""How the body is delimited, by the fields alone."""
		codings = message.all("transfer-encoding")
		lengths = message.all("content-length")
		if codings and lengths or len(codings) > 1 or len(lengths) > 1:
			raise Bad("framed twice")
		if codings and (codings[0].lower() != b"chunked"
		    or message.minor == 0):
			raise Bad("a transfer coding")
		if lengths and not re.fullmatch(rb"[0-9]{1,18}", lengths[0]):
			raise Bad("a length")
		if codings:
			message.framing = "chunked"
		elif lengths:
			message.framing = "length"
			message.length = int(lengths[0])

	def request(self):
		"""The next one, whole; or None.  What came so far of one whose
		head is there is self.message."""
		if self.message is None:
			lines = self.head()
			if lines is None:
				return None
			self.begin_request(lines)
		return self.body()

	def begin_request(self, lines):
		message = Message()
		match = LINE.fullmatch(lines[0])
		if not match:
			raise Bad(f"a request line {lines[0]!r}")
		message.method, message.target = match[1], match[2]
		message.minor = min(int(match[3]), 1)
		message.fields = self.fields(lines[1:])
		self.frame(message)
		hosts = len(message.all("host"))
		if hosts > 1 or (hosts == 0 and message.minor == 1):
			raise Bad("hosts")
		self.start(message)

	def response(self, method):
		if self.message is None:
			lines = self.head()
			if lines is None:
				return None
			self.begin_response(lines, method)
		return self.body()

	def begin_response(self, lines, method):
		message = Message()
		match = STATUS.fullmatch(lines[0])
		if not match:
			raise Bad(f"a status line {lines[0]!r}")
		message.minor, message.status = int(match[1]), int(match[2])
		message.reason = match[3]
		message.fields = self.fields(lines[1:])
		self.frame(message)
		if message.status < 200 or message.status in (204, 304) or \
		    method == b"HEAD" or (method == b"CONNECT" and
		    message.status < 300):
			message.framing = "none"
		elif message.framing == "none":
			message.framing = "close"
		self.start(message)

	def start(self, message):
		self.message = message
		self.left = message.length or 0
		self.part = "size"

	def body(self):
		message = self.message
		if message.framing == "chunked":
			done = self.chunks(message)
		elif message.framing == "close":
			message.body += bytes(self.buf)
			self.buf.clear()
			return None
		else:
			done = self.counted(message,
			    message.framing == "length")
		if not done:
			return None
		message.whole = True
		self.message = None
		return message

	def counted(self, message, has):
		n = min(self.left, len(self.buf)) if has else 0
		message.body += bytes(self.buf[:n])
		del self.buf[:n]
		self.left -= n if has else 0
		return not has or self.left == 0

	def chunks(self, message):
		while True:
			if self.part == "data":
				if not self.counted(message, True):
					return False
				self.part = "end"
			line = self.line()
			if line is None:
				return False
			if self.part == "end":
				if line:
					raise Bad("behind a chunk")
				self.part = "size"
			elif self.part == "size":
				self.size(line)
			elif line:
				message.trailers += self.fields([line])
			else:
				return True

	def size(self, line):
		match = SIZE.fullmatch(line)
		if not match:
			raise Bad(f"a chunk's size {line!r}")
		self.left = int(match[1], 16)
		self.part = "data" if self.left else "trailers"

	def ended(self):
		"""The peer's end: a response until then is whole."""
		message = self.message
		self.message = None
		if message and message.framing == "close":
			message.whole = True
		return message


def requests(data):
	"""What a stream of requests holds: those that are whole, and the one
	that is cut at the end or None; and what is wrong with what follows."""
	reader = Reader()
	reader.feed(data)
	found = []
	try:
		while True:
			# empty lines before a request line (RFC 9112 2.2)
			while reader.message is None and \
			    reader.buf.startswith(b"\r\n"):
				del reader.buf[:2]
			message = reader.request()
			if message is None:
				return found, reader.message, None
			found.append(message)
			if message.method == b"CONNECT":
				return found, None, None
	except Bad as error:
		return found, reader.message, error
