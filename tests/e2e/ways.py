# SPDX-License-Identifier: ISC
"""The two ways on which sluice itself speaks TLS to an origin.

"upstream": the client asks in the clear, by http:// URLs.  "intercept": it has
a tunnel, with sluice's certificate at its end.  A test that is about the
origin's side runs on both; it asks for paths and does not see the difference.
"""
BOTH = ["upstream", "intercept"]


class Way:
	"""One origin under one name, and a sluice before it."""

	def __init__(self, lab, mode, far, name=None, rule=None, tls=None,
	    **keys):
		self.lab = lab
		self.mode = mode
		self.far = far
		self.name = name or f"{mode}.test"
		self.at = f"{self.name}:{far.port}"
		self.keys = keys
		self.daemon = lab.https(hosts=self.hosts(rule, tls), **keys)

	def hosts(self, rule=None, tls=None):
		tls = dict(tls or {})
		if self.mode == "upstream":
			tls["port"] = self.far.port
		return {self.name: {"https": self.mode,
		    **({"tls": tls} if tls else {}), **(rule or {})}}

	def change(self, rule=None, tls=None):
		"""Reloads with another rule for the host."""
		return self.daemon.change(hosts=self.hosts(rule, tls))

	def client(self, **keys):
		if self.mode == "upstream":
			return self.lab.outside(f"http://{self.name}", **keys)
		return self.lab.inside(self.at, **keys)

	def get(self, path="/", *args, **keys):
		"""On a connection of its own."""
		one = self.client()
		try:
			return one.get(path, *args, **keys)
		finally:
			one.close()


def why(answer):
	"""An own answer's Proxy-Status, for messages of failures too."""
	said = answer.get("proxy-status", "")
	assert said.startswith("sluice"), (answer, answer.fields)
	return said
