# SPDX-License-Identifier: ISC
"""The documentation site: whole, without a broken link, and readable on a small
screen without scripts."""
import html.parser
import pathlib
import shutil
import subprocess
import sys
import urllib.parse

import pytest


TOP = pathlib.Path(__file__).resolve().parents[2]
VOID = {"br", "col", "hr", "img", "input", "link", "meta", "wbr"}


class Page(html.parser.HTMLParser):
	"""What a page has, and where it leads."""

	def __init__(self, text):
		super().__init__()
		self.tags = set()
		self.ids = []
		self.links = []
		self.loads = []			# what a browser fetches by itself
		self.open = []
		self.unclosed = []
		self.feed(text)
		self.close()

	def handle_starttag(self, tag, attrs):
		attrs = dict(attrs)
		self.tags.add(tag)
		if "id" in attrs:
			self.ids.append(attrs["id"])
		if tag == "a" and "href" in attrs:
			self.links.append(attrs["href"])
		elif "href" in attrs or "src" in attrs:
			self.loads.append(attrs.get("href") or attrs["src"])
		if tag not in VOID:
			self.open.append(tag)

	def handle_startendtag(self, tag, attrs):
		self.handle_starttag(tag, attrs)
		if tag not in VOID:
			self.open.pop()

	def handle_endtag(self, tag):
		if not self.open or self.open.pop() != tag:
			self.unclosed.append((tag, self.getpos()))


def faults(place):
	"""What is wrong with the links of a folder of pages."""
	pages = {file.name: Page(file.read_text())
	    for file in place.glob("*.html")}
	for name, page in pages.items():
		for link in page.links + page.loads:
			url = urllib.parse.urlsplit(link)
			if url.scheme or url.netloc:
				if link in page.loads or url.scheme != "https":
					yield f"{name}: {link} is elsewhere"
				continue
			path = url.path or name
			if not (place / path).is_file():
				yield f"{name}: {link}: no such file"
			elif url.fragment and (path not in pages or
			    urllib.parse.unquote(url.fragment) not in
			    pages[path].ids):
				yield f"{name}: {link}: no such place"


def make(place):
	for program in "mandoc", "cmark-gfm":
		if not shutil.which(program):
			pytest.skip(f"no {program}")
	return subprocess.run([sys.executable, TOP / "script/site", place],
	    capture_output=True, text=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
	place = tmp_path_factory.mktemp("site")
	done = make(place)
	assert (done.returncode, done.stderr) == (0, ""), done
	return place


def test_made_up_faults(tmp_path):
	(tmp_path / "a.html").write_text('<a href="b.html#there">x</a>'
	    '<a href="b.html#not">x</a><a href="no.html">x</a>'
	    '<a href="#not">x</a><a href="http://a.example/">x</a>'
	    '<img src="https://a.example/x.png"><a href="https://ok/">x</a>')
	(tmp_path / "b.html").write_text('<p id="there">x</p>')
	assert len(list(faults(tmp_path))) == 5


def test_links(site):
	"""To files, to places in them, to manuals; nothing from elsewhere."""
	assert list(faults(site)) == []
	pages = {file.name: Page(file.read_text())
	    for file in site.glob("*.html")}
	# what the documents refer to is a link
	for name, to in [("sluice.8.html", "sluice.yaml.5.html"),
	    ("sluice-ctl.8.html", "sluice.8.html"),
	    ("index.html", "crawler.html"), ("index.html", "openapi.yaml"),
	    ("index.html", "sluice.yaml.5.html"),
	    ("security.html", "promises.html")]:
		assert to in pages[name].links, (name, to)
	# apt's and curl's manuals are not ours
	assert not any("curl.1" in link for page in pages.values()
	    for link in page.links)


def test_pages(site):
	"""Each manual and each page is there, and can be reached from all."""
	sources = [*TOP.glob("doc/*.md"), *TOP.glob("man/*.[1-9]"),
	    TOP / "HACKING.md", TOP / "SECURITY.md"]
	names = {(file.stem.lower() if file.suffix == ".md" else file.name) +
	    ".html" for file in sources} | {"index.html"}
	assert {file.name for file in site.glob("*.html")} == names
	for name in names:
		text = (site / name).read_text()
		page = Page(text)
		assert not page.unclosed and not page.open, (name,
		    page.unclosed, page.open)
		assert not page.tags & {"script", "iframe", "object"}
		assert len(page.ids) == len(set(page.ids)), name
		assert page.loads[0] == "site.css"
		assert names <= set(page.links), name
		assert text.count("<h1") == 1 and text.count(
		    'aria-current="page"') == 1, name


def test_a_link_to_nowhere(tmp_path):
	"""It is told of, and nothing is made of it."""
	for folder in "script", "doc", "man":
		shutil.copytree(TOP / folder, tmp_path / folder)
	for file in "README.md", "SECURITY.md", "HACKING.md", "configure.ac":
		shutil.copy(TOP / file, tmp_path)
	with open(tmp_path / "doc/s3.md", "a") as out:
		out.write("[x](nowhere.md)\n")
	done = subprocess.run([sys.executable, tmp_path / "script/site",
	    tmp_path / "out"], capture_output=True, text=True)
	if "needs" in done.stderr:
		pytest.skip(done.stderr)
	assert done.returncode == 1
	assert done.stderr == "doc/s3.md: no such page: nowhere.md\n"


@pytest.mark.plain("it is about pages, not about the daemon")
@pytest.mark.parametrize("width", [360, 800, 1400])
def test_screens(site, chromium, width):
	"""No page is wider than the screen, and all is to be had from files."""
	page = chromium.page(width=width)
	for file in sorted(site.glob("*.html")):
		page.open(file.as_uri())
		assert page.run("document.documentElement.scrollWidth") == \
		    width, file.name
		assert page.run("getComputedStyle(document.body).margin") == \
		    "0px", "no style"
		assert page.run("[...document.images].every("
		    "(one) => one.complete && one.naturalWidth)"), file.name
	assert all(url.startswith(site.as_uri()) for url in page.urls), page.urls
	assert not page.complaints


@pytest.mark.plain("it is about pages, not about the daemon")
def test_wide_table(site, chromium):
	"""A table is whole where there is room, and shows where it is not."""
	whole = {}
	for width in 360, 1400:
		page = chromium.page(width=width)
		page.open((site / "clients.html").as_uri())
		whole[width] = page.run("[...document.querySelectorAll("
		    "'.wide')].every((one) => "
		    "one.scrollWidth <= one.clientWidth)")
		# covers that go along with the table, and shadows that stay
		assert page.run("getComputedStyle(document.querySelector("
		    "'.wide')).backgroundAttachment") == \
		    "local, local, scroll, scroll"
	assert whole == {360: False, 1400: True}


@pytest.mark.plain("it is about pages, not about the daemon")
def test_picture_in_the_dark(site, chromium):
	page = chromium.page()
	page.open((site / "shared.svg").as_uri())
	grounds = []
	for dark in False, True:
		page.media(dark=dark)
		ink, ground = page.run("""["text", "rect"].map((one) =>
		    getComputedStyle(document.querySelector(one)).fill
		    .match(/[0-9]+/g).map(Number))""")
		assert contrast(ink, ground) >= 4.5, dark
		grounds.append(sum(ground))
	assert grounds[0] > 600 > 150 > grounds[1]


@pytest.mark.plain("it is about pages, not about the daemon")
def test_light_and_dark(site, chromium):
	"""Text and ground are far enough apart (WCAG 2, 4.5 to 1) in both."""
	page = chromium.page()
	page.open((site / "index.html").as_uri())
	grounds = set()
	for dark in False, True:
		page.media(dark=dark)
		for selector in "main p", "main p a", "nav h2", "pre", "footer":
			ink, ground = page.run(f"""(() => {{
				let node = document.querySelector("{selector}");
				const ink = getComputedStyle(node).color;
				let ground;
				do {{
					ground = getComputedStyle(node)
					    .backgroundColor;
					node = node.parentElement;
				}} while (ground === "rgba(0, 0, 0, 0)");
				return [ink, ground].map((one) =>
				    one.match(/[0-9]+/g).map(Number));
			}})()""")
			assert contrast(ink, ground) >= 4.5, (dark, selector)
			grounds.add(tuple(ground))
	assert len(grounds) >= 4


def contrast(*colours):
	def light(colour):
		parts = [one / 255 for one in colour]
		red, green, blue = [one / 12.92 if one <= 0.04045 else
		    ((one + 0.055) / 1.055) ** 2.4 for one in parts]
		return 0.2126 * red + 0.7152 * green + 0.0722 * blue
	dark, bright = sorted(light(one) for one in colours)
	return (bright + 0.05) / (dark + 0.05)
