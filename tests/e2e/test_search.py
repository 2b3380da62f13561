# SPDX-License-Identifier: ISC
"""Which names are asked for: the system's search list."""
import pytest


@pytest.fixture
def search(monkeypatch):
	"""As in resolv.conf, which these come before."""
	def system(domains, options="ndots:1"):
		monkeypatch.setenv("LOCALDOMAIN", domains)
		monkeypatch.setenv("RES_OPTIONS", options)
	return system


def asked(dns):
	"""In their order; of each comes an A."""
	with dns.lock:
		return [name for name, kind, _ in dns.asked if kind == "A"]


@pytest.mark.parametrize("domains, wanted", [
	(".", ["web"]), (". corp.test", ["web"]),
	("corp.test .", ["web.corp.test", "web"])])
def test_root_in_the_search_list(lab, search, domains, wanted):
	"""It is the name as it is; systemd-resolved writes it alone."""
	search(domains)
	far = lab.origin()
	dns = lab.dns({"web": {"A": ["127.0.0.1"]}})
	lab.sluice(resolver=[dns.at])
	assert lab.get(f"http://web:{far.port}/").status == 200
	assert asked(dns) == wanted


@pytest.mark.parametrize("name", ["nope", "none.test"])
def test_root_and_nobody_has_the_name(lab, search, name):
	"""Later versions of c-ares ask for it twice."""
	search(".")
	dns = lab.dns({})
	lab.sluice(resolver=[dns.at])
	assert lab.get(f"http://{name}/").status == 502
	assert set(asked(dns)) == {name}
