# SPDX-License-Identifier: ISC
"""What documents advise: their blocks, and a sluice that is told so."""
import json
import os
import re

import dnsserver
import sluice

TOP = os.path.join(os.path.dirname(__file__), "..", "..")


def read(name):
	with open(os.path.join(TOP, name)) as f:
		return f.read()


def block(text, kind="yaml"):
	"""The first one of that kind."""
	return re.search(rf"^```{kind}\n(.*?)^```", text, re.M | re.S).group(1)


def put(text, names):
	"""The text with names of the tests' own for those in it."""
	for name, own in names.items():
		assert name in text, name
		text = text.replace(name, own)
	return text


def start(lab, text, keys):
	"""A sluice with that configuration, and keys that it has besides."""
	return lab.sluice("".join(f"{key}: {json.dumps(value)}\n"
	    for key, value in {"workers": sluice.WORKERS, **keys}.items())
	    + text)


def here(lab):
	"""A resolver to whom all of .test is this machine."""
	return [lab.dns(dnsserver.Here()).at]
