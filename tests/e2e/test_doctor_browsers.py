# SPDX-License-Identifier: ISC
"""sluice doctor and browsers, which ask others of their own accord."""
import os
import shutil

import pytest

from examined import DIRECT, HOSTS, QUICK, SLOW, Place, lines, verdicts
from examined import elsewhere, place, whole	# noqa: F401, fixtures
import programs

# A browser: it asks its maker, and the host for its icon, too.
BROWSER = """#!/bin/sh
for url; do :; done
curl="CURL -sS -m 9 -o /dev/null"
case $url in
http:*) host=${url#http://}; $curl "$url" "http://${host%%/*}/favicon.ico";;
*) $curl "$url";;
esac
echo "$HTTP_PROXY" >>PLACE/asked
$curl MAKER/update -w 'plain %{http_code}\n' >>PLACE/asked
$curl https://maker.test/ -w 'tunnel %{http_connect}\n' >>PLACE/asked
"""


def test_browsers_ask_nobody_else(place, elsewhere):
	"""What they are tried for goes to the daemon, all else is refused; they
	have no other way, and see whom their user trusts."""
	(place.dir / ".pki").mkdir()
	place.has()
	place.put("chromium", BROWSER.replace("CURL", shutil.which("curl"))
	    .replace("PLACE", str(place.dir)).replace("MAKER", elsewhere.url)
	    + f"[ -d $HOME/.pki ] && [ $HOME != {place.dir} ] || exit 1\n"
	    f"echo $* >>{place.dir}/args\n")
	chromium = place.json("--exec", status=0)["Chromium"]
	assert verdicts(chromium) == ["proxy"] * 4
	asked = (place.dir / "asked").read_text().splitlines()
	assert asked.count("plain 403") == asked.count("tunnel 403") == 4
	assert place.daemon.url not in asked and not elsewhere()
	for line in lines(place.daemon):
		assert "favicon" not in line and "maker" not in line, line
	for args in (place.dir / "args").read_text().splitlines():
		assert "MAP * ~NOTFOUND" in args and "--dump-dom http" in args
	assert (place.dir / ".pki").is_dir()


def test_browsers_that_are_told_nothing(place):
	place.has()
	place.put("chromium", DIRECT)
	chromium = place.json(status=1)["Chromium"]
	assert verdicts(chromium)[:2] == ["bypasses", "bypasses"]
	mend = chromium["plain"]["mend"]
	assert f"--proxy-server={place.daemon.url}" in mend


@pytest.mark.heavy
@pytest.mark.plain("the same for a browser")
def test_chromium(tlab):
	"""It goes by the environment, and trusts whom its database names."""
	if not shutil.which("chromium") or not shutil.which("certutil"):
		pytest.skip("no chromium")
	daemon = tlab.https(hosts=HOSTS)
	(tlab.dir / "place").mkdir()
	place = Place(tlab.dir / "place", daemon, "chromium")
	place.env["PATH"] += ":" + os.environ["PATH"]
	programs.Programs(place.dir, daemon.url,
	    daemon.keys["tls"]["ca_certificate"]).nss(place.dir / ".pki/nssdb")
	# its script wants that PATH, which the others are on, too
	for name in QUICK + SLOW:
		place.put(name, "#!/bin/sh\nexit 1\n")
	chromium = place.json("--exec", "--timeout", "60s",
	    status=1)["Chromium"]
	assert verdicts(chromium) == ["proxy"] * 4, chromium
	for line in lines(daemon):
		assert "google" not in line and "favicon" not in line, line
