# SPDX-License-Identifier: ISC
"""Certification authorities and certificates, made with the openssl program.

Once per run of the tests; each certificate has a name, its files are NAME.pem
and NAME.key.
"""
import shutil
import ssl
import subprocess

HERE = ["DNS:localhost", "IP:127.0.0.1", "IP:0:0:0:0:0:0:0:1"]
NAMES = ["tunnel.test", "upstream.test", "intercept.test", "plain.test",
    "other.test", "client.test", "a.intercept.test"]

CA = """
[ca]
default_ca = it
[it]
database = {dir}/{name}.db
rand_serial = yes
new_certs_dir = {dir}
unique_subject = no
default_md = sha256
policy = policy
copy_extensions = copy
x509_extensions = both
[policy]
commonName = supplied
[both]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


def strict(protocol):
	"""A context that tells a cut from an end, which Python's do not."""
	context = ssl.SSLContext(protocol)
	context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
	return context


class Certs:
	# What nginx serves under names of what is wrong with them.
	BAD = ["expired", "wrong", "selfsigned", "untrusted", "future"]

	def __init__(self, directory, make=True):
		"""In a directory that has them, or is to get them."""
		self.dir = directory
		if make:
			self.make()

	def make(self):
		if not shutil.which("openssl"):
			raise RuntimeError("the tests need the openssl program")
		self.authority("ca", "Origins CA")
		self.authority("untrusted-ca", "CA that nobody knows")
		self.authority("proxy-ca", "CA of the proxy's listener")
		self.authority("user-ca", "CA of the user for sluice")
		self.authority("narrow-ca", "CA of the user for one host",
		    "nameConstraints=critical,permitted;DNS:intercept.test")
		self.leaf("origin", [f"DNS:{n}" for n in NAMES] + HERE)
		self.leaf("origin2", [f"DNS:{n}" for n in NAMES] + HERE)
		self.leaf("wrong", ["DNS:elsewhere.test"])
		self.leaf("expired", ["DNS:expired.test"],
		    dates=("20200101000000Z", "20200201000000Z"))
		self.leaf("future", ["DNS:future.test"],
		    dates=("20480101000000Z", "20480201000000Z"))
		self.leaf("untrusted", ["DNS:untrusted.test"],
		    ca="untrusted-ca")
		self.selfsigned("selfsigned", ["DNS:selfsigned.test"])
		self.leaf("proxy", HERE, ca="proxy-ca")
		self.leaf("proxy2", HERE, ca="proxy-ca")
		self.leaf("client", ["DNS:client"], usage="clientAuth")
		self.leaf("client2", ["DNS:client2"], usage="clientAuth")

	def pem(self, name):
		return self.dir / f"{name}.pem"

	def key(self, name):
		return self.dir / f"{name}.key"

	def run(self, *args, status=0):
		"""The openssl program; its output."""
		done = subprocess.run(["openssl", *map(str, args)],
		    cwd=self.dir, stdin=subprocess.DEVNULL,
		    capture_output=True, text=True, timeout=60)
		if status is not None:
			assert done.returncode == status, (args,
			    done.returncode, done.stderr, done.stdout)
		return done.stdout + done.stderr

	def new_key(self, name):
		return ["-newkey", "ec", "-pkeyopt",
		    "ec_paramgen_curve:P-256", "-nodes", "-keyout",
		    self.key(name)]

	def authority(self, name, subject, *extensions):
		more = []
		for one in ["basicConstraints=critical,CA:TRUE",
		    "keyUsage=critical,keyCertSign,cRLSign", *extensions]:
			more += ["-addext", one]
		# Without a configuration, which has extensions of its own.
		empty = self.dir / "empty.cnf"
		empty.write_text("[req]\ndistinguished_name = dn\n[dn]\n")
		self.run("req", "-x509", "-config", empty,
		    *self.new_key(name), "-out", self.pem(name), "-days", 30,
		    "-subj", f"/CN={subject}", *more)
		(self.dir / f"{name}.db").write_text("")
		(self.dir / f"{name}.cnf").write_text(CA.format(dir=self.dir,
		    name=name))

	def leaf(self, name, alternatives, ca="ca", usage="serverAuth",
	    dates=None, out=None):
		"""Signed by a CA; dates are its first and its last."""
		request = self.dir / f"{name}.csr"
		empty = self.dir / "empty.cnf"
		self.run("req", "-new", "-config", empty, *self.new_key(name),
		    "-out", request, "-subj", f"/CN={name}",
		    "-addext", "subjectAltName=" + ",".join(alternatives),
		    "-addext", "basicConstraints=critical,CA:FALSE",
		    "-addext", "keyUsage=critical,digitalSignature",
		    "-addext", f"extendedKeyUsage={usage}")
		when = ["-days", 20]
		if dates:
			when = ["-startdate", dates[0], "-enddate", dates[1]]
		self.run("ca", "-batch", "-notext", "-config",
		    self.dir / f"{ca}.cnf", "-cert", self.pem(ca), "-keyfile",
		    self.key(ca), "-in", request, "-out",
		    out or self.pem(name), *when)

	def selfsigned(self, name, alternatives):
		self.run("req", "-x509", "-config", self.dir / "empty.cnf",
		    *self.new_key(name), "-out", self.pem(name), "-days", 20,
		    "-subj", f"/CN={name}", "-addext",
		    "subjectAltName=" + ",".join(alternatives))

	def server(self, name="origin", lowest=None, highest=None,
	    client_ca=None, alpn=("http/1.1",)):
		"""A context for a scripted origin."""
		context = strict(ssl.PROTOCOL_TLS_SERVER)
		context.load_cert_chain(self.pem(name), self.key(name))
		if lowest:
			context.minimum_version = lowest
		if highest:
			context.maximum_version = highest
			if highest < ssl.TLSVersion.TLSv1_2:
				context.set_ciphers("ALL:@SECLEVEL=0")
		if client_ca:
			context.load_verify_locations(self.pem(client_ca))
			context.verify_mode = ssl.CERT_REQUIRED
		if alpn:
			context.set_alpn_protocols(list(alpn))
		return context

	def client(self, trust, certificate=None, alpn=("http/1.1",)):
		"""A context for a client that trusts one CA, and only that.

		trust is the CA's name or a file; None trusts whatever comes.
		"""
		context = strict(ssl.PROTOCOL_TLS_CLIENT)
		if trust is None:
			context.check_hostname = False
			context.verify_mode = ssl.CERT_NONE
		elif self.pem(trust).exists():
			context.load_verify_locations(self.pem(trust))
		else:
			context.load_verify_locations(trust)
		if certificate:
			context.load_cert_chain(self.pem(certificate),
			    self.key(certificate))
		if alpn:
			context.set_alpn_protocols(list(alpn))
		return context

	def describe(self, path):
		"""A certificate as text."""
		return self.run("x509", "-noout", "-text", "-in", path)

	def secrets(self):
		"""Lines of every private key, to be looked for in logs."""
		return {line for path in self.dir.glob("*.key")
		    for line in path.read_text().splitlines()
		    if len(line) > 30 and not line.startswith("---")}
