# SPDX-License-Identifier: ISC
"""An origin, and a sluice that its tunnels end at."""
import pytest

import origin

RULE = {"https": "intercept"}


class House:
	"""An origin, and a sluice that intercepts what goes to it."""

	def __init__(self, lab, handler=None, rule=RULE, name="intercept.test",
	    **keys):
		self.lab = lab
		self.far = lab.secure_origin(handler)
		self.name = name
		self.at = f"{name}:{self.far.port}"
		self.daemon = lab.https(hosts={name: rule}, **keys)

	def inside(self, **keys):
		return self.lab.inside(self.at, **keys)

	def get(self, path="/", *args, **keys):
		one = self.inside()
		try:
			return one.get(path, *args, **keys)
		finally:
			one.close()

	def works(self):
		"""For everybody else, whatever one client did."""
		assert self.get("/still").status == 200
		return True


@pytest.fixture
def house(tlab):
	return House(tlab, origin.fixed(body="fine"))


def names(certificate):
	return [value for _, value in certificate["subjectAltName"]]


def issuer(certificate):
	return dict(part[0] for part in certificate["issuer"])["commonName"]
