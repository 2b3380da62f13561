# SPDX-License-Identifier: ISC
"""The program that needs no library, in a folder that has nothing else, as in
a container: DNS as /etc/resolv.conf says, and the CAs of one file.

	SLUICE_STATIC=build/package/sluice pytest tests/e2e/test_static.py

script/package static makes it, and runs this.
"""
import os
import shutil
import subprocess

import pytest

import dnsserver
import sluice
import wire

BINARY = os.environ.get("SLUICE_STATIC")
NOBODY = "65532:65532"
# Of the loopback, where hardly anybody else has port 53.
NAMES = "127.53.53.53"

pytestmark = [pytest.mark.plain("it is about another program"),
    pytest.mark.skipif(not BINARY, reason="script/package static runs it"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may chroot")]


class Dns(dnsserver.Dns):
	"""Where a system is told of it, by address alone."""

	def bind(self):
		self.port = 53
		self.udp = self.make(dnsserver.socket.AF_INET,
		    dnsserver.socket.SOCK_DGRAM)
		self.tcp = self.make()
		for sock in self.udp, self.tcp:
			sock.setsockopt(dnsserver.socket.SOL_SOCKET,
			    dnsserver.socket.SO_REUSEADDR, 1)
			sock.bind((NAMES, self.port))
		self.tcp.listen(16)


@pytest.fixture
def root(tmp_path):
	"""What contrib/Containerfile puts into the image, with other CAs."""
	place = tmp_path / "root"
	for name in "etc/ssl/certs", "run/sluice":
		(place / name).mkdir(parents=True)
	shutil.copy(BINARY, place / "sluice")
	os.chown(place / "run/sluice", 65532, 65532)
	(place / "etc/resolv.conf").write_text(f"nameserver {NAMES}\n")
	(place / "etc/sluice.yaml").write_text(
	    "listen: 127.0.0.1:0\nhosts: {'*.test': {https: upstream}}\n")
	return place


def start(lab, root):
	daemon = sluice.Sluice(lab.dir, file="/etc/sluice.yaml",
	    before=("env", "-u", "RUNTIME_DIRECTORY", "chroot",
	    f"--userspec={NOBODY}", root), binary="/sluice")
	lab.daemons.append(daemon)
	daemon.err.wait("is ready")
	return daemon


def inside(root, *args):
	return subprocess.run(["env", "-u", "RUNTIME_DIRECTORY", "-u",
	    "SLUICE_PRESETS", "chroot",
	    f"--userspec={NOBODY}", root, "/sluice", *args], text=True,
	    capture_output=True, timeout=wire.DEADLINE)


def test_names_and_certificates(tlab, root):
	"""A name is resolved, and a host's certificate verified, by what is in
	the folder; another file of CAs is another trust."""
	tlab.others.append(Dns(dnsserver.Here()))
	far = tlab.secure_origin(name="origin")
	url = f"http://upstream.test:{far.port}/"
	cas = root / "etc/ssl/certs/ca-certificates.crt"
	for ca, status in ("ca", 200), ("untrusted-ca", 502):
		cas.write_bytes(tlab.pki.pem(ca).read_bytes())
		daemon = start(tlab, root)
		answer = tlab.get(url)
		assert answer.status == status, answer.get("proxy-status")
		daemon.stop()
	assert len(far.requests) == 1


def test_presets(root):
	"""Where the container file puts them."""
	shutil.copytree(sluice.HERE / "../../conf/presets",
	    root / "share/sluice/presets")
	done = inside(root, "presets")
	assert done.returncode == 0 and "api.github.com" in done.stdout, done


def test_healthcheck(tlab, root):
	"""What the container file asks says whether it serves."""
	daemon = start(tlab, root)
	done = inside(root, "status")
	assert done.returncode == 0 and "running" in done.stdout, done
	with open(f"/proc/{daemon.pid}/status") as f:
		assert "Uid:\t65532" in f.read()
	daemon.stop()
	assert inside(root, "status").returncode != 0
