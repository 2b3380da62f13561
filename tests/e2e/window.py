# SPDX-License-Identifier: ISC
"""An origin that enforces a fixed window, and says so honestly."""
import threading
import time


class Window:
	"""limit requests in each period (s); dialect is how it tells of it.

	The window begins with its first request, as most hosts have it, and
	what is over its limit is refused with 429 and counts for nothing.
	"""

	def __init__(self, limit, period, dialect, retry_after=True):
		self.limit = limit
		self.period = period
		self.dialect = dialect
		self.retry_after = retry_after
		self.lock = threading.Lock()
		self.end = 0
		self.used = 0
		self.good = []			# when, of those let in
		self.refused = []

	def take(self):
		with self.lock:
			now = time.monotonic()
			if now >= self.end:
				self.end = now + self.period
				self.used = 0
			ok = self.used < self.limit
			self.used += ok
			(self.good if ok else self.refused).append(now)
			return ok, self.limit - self.used, self.end - now

	def other(self, n):
		"""Somebody else takes n of what is left."""
		with self.lock:
			self.used += n

	def fields(self, remaining, left):
		return getattr(self, self.dialect)(remaining, left)

	def ietf(self, remaining, left):
		return [("RateLimit-Policy",
		    f'"window";q={self.limit};w={max(1, round(self.period))}'),
		    ("RateLimit", f'"window";r={remaining};'
		    f't={-int(-left // 1)}')]

	def github(self, remaining, left):
		return [("X-GitHub-Request-Id", "C0DE:1:2:3:4"),
		    ("X-RateLimit-Limit", self.limit),
		    ("X-RateLimit-Remaining", remaining),
		    ("X-RateLimit-Used", self.limit - remaining),
		    # the end of its second: theirs are whole
		    ("X-RateLimit-Reset", int(time.time() + left) + 1),
		    ("X-RateLimit-Resource", "core")]

	def __call__(self, conn, req):
		ok, remaining, left = self.take()
		fields = self.fields(remaining, left)
		if not ok and self.retry_after:
			fields.append(("Retry-After", -int(-left // 1)))
		conn.reply(200 if ok else 429, body=req.target, fields=fields)
