# SPDX-License-Identifier: ISC
"""A configuration with a CA of sluice's own making, and what runs with it."""
import json

import pytest

import sluice

HOSTS = {"intercept.test": {"https": "intercept"},
    "*.wild.test": {"https": "intercept"},
    "127.0.0.1": {"https": "intercept"},
    "tunnel.test": {"https": "tunnel"},
    "upstream.test": {"https": "upstream"}}


class House:
	"""A configuration that names a CA which is not there yet."""

	def __init__(self, directory, hosts=HOSTS):
		self.dir = directory
		self.file = directory / "house.yaml"
		self.ca = directory / "ca"
		self.pem = self.ca / "ca.pem"
		self.key = self.ca / "ca.key"
		self.root = self.ca / "root.pem"
		self.bundle = self.ca / "bundle.pem"
		self.write(hosts)

	def write(self, hosts, **keys):
		self.keys = {"hosts": hosts, "tls": {
		    "ca_certificate": str(self.pem), "ca_key": str(self.key)},
		    **keys}
		self.file.write_text(json.dumps(sluice.settings(**self.keys),
		    indent=1))

	def make(self, *args, status=0):
		done = sluice.run("ca", "-c", self.file, *args, self.ca)
		assert done.returncode == status, (done.returncode,
		    done.stdout, done.stderr)
		return done

	def sign(self, pki, name, alternatives, usage="serverAuth"):
		"""A leaf of this CA, as whoever has its key could make it."""
		cnf = self.ca / "ca.cnf"
		if not cnf.exists():
			text = (pki.dir / "ca.cnf").read_text()
			cnf.write_text(text.replace(str(pki.dir / "ca.db"),
			    str(self.ca / "index")).replace(
			    f"new_certs_dir = {pki.dir}",
			    f"new_certs_dir = {self.ca}"))
			(self.ca / "index").write_text("")
		out = self.dir / f"{name}.pem"
		request = self.dir / f"{name}.csr"
		pki.run("req", "-new", "-config", pki.dir / "empty.cnf",
		    "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
		    "-nodes", "-keyout", self.dir / f"{name}.key", "-out",
		    request, "-subj", f"/CN={name}", "-addext",
		    "subjectAltName=" + ",".join(alternatives), "-addext",
		    f"extendedKeyUsage={usage}")
		pki.run("ca", "-batch", "-notext", "-config", cnf, "-cert",
		    self.pem, "-keyfile", self.key, "-in", request, "-out",
		    out, "-days", 5)
		return out


@pytest.fixture
def house(tmp_path):
	return House(tmp_path)


@pytest.fixture
def street(tlab):
	"""A daemon that runs with a CA of sluice's own making, and nginx."""
	house = House(tlab.dir)
	house.write(HOSTS)
	house.printed = house.make().stdout
	house.site = tlab.nginx()
	house.at = f"intercept.test:{house.site.tls_port}"
	house.daemon = tlab.https(hosts=HOSTS, tls={
	    "ca_certificate": house.pem, "ca_key": house.key})
	house.lab = tlab
	return house


@pytest.fixture
def town(tlab):
	"""A street whose CA can be extended to all of .test."""
	house = House(tlab.dir)
	house.write({"intercept.test": {"https": "intercept"}})
	house.printed = house.make("--within", "*.test").stdout
	house.site = tlab.nginx()
	house.daemon = tlab.https(hosts=house.keys["hosts"],
	    tls=house.keys["tls"])
	house.lab = tlab
	return house


def extend(house, *hosts, status=0):
	done = sluice.run("ca", "-c", house.file, "add", *hosts)
	assert done.returncode == status, done
	return done


def mark(house, *hosts):
	"""The daemon's configuration marks them, too."""
	all = {**house.daemon.keys["hosts"],
	    **{host: {"https": "intercept"} for host in hosts}}
	line = house.daemon.reload(**{**house.daemon.keys, "hosts": all})
	assert "not reloaded" not in line, line
