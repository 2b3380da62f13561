# SPDX-License-Identifier: ISC
"""A real Prometheus that scrapes, each with its own port and directory."""
import json
import pathlib
import subprocess
import urllib.parse
import urllib.request

import wire

CONFIG = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: {rules}
scrape_configs:
- job_name: sluice
  static_configs: [{{targets: ["{target}"]}}]
"""


class Prometheus:
	def __init__(self, directory, target, rules=()):
		self.dir = pathlib.Path(directory)
		self.dir.mkdir()
		config = self.dir / "prometheus.yml"
		config.write_text(CONFIG.format(target=target,
		    rules=json.dumps([str(one) for one in rules])))
		self.at = f"127.0.0.1:{wire.free_port()}"
		self.log = open(self.dir / "log", "wb")
		self.proc = subprocess.Popen(["prometheus",
		    f"--config.file={config}", "--log.level=warn",
		    f"--storage.tsdb.path={self.dir / 'data'}",
		    f"--web.listen-address={self.at}"], stdin=subprocess.DEVNULL,
		    stdout=self.log, stderr=subprocess.STDOUT, cwd=self.dir)
		try:
			wire.wait_until(self.is_ready, timeout=3 *
			    wire.DEADLINE, what="Prometheus")
		except BaseException:
			self.stop()
			raise

	def is_ready(self):
		assert self.proc.poll() is None, \
		    (self.dir / "log").read_text()[-4000:]
		try:
			self.ask("-/ready")
		except OSError:
			return False
		return True

	def ask(self, path, **query):
		url = f"http://{self.at}/{path}"
		if query:
			url += "?" + urllib.parse.urlencode(query)
		with urllib.request.urlopen(url, timeout=wire.DEADLINE) as f:
			return f.read()

	def query(self, expr):
		"""The labels and values of what it answers."""
		answer = json.loads(self.ask("api/v1/query", query=expr))
		assert answer["status"] == "success", answer
		result = answer["data"]["result"]
		if answer["data"]["resultType"] == "scalar":
			return float(result[1])
		return [({k: v for k, v in one["metric"].items()
		    if k not in ("__name__", "job", "instance")},
		    float(one["value"][1])) for one in result]

	def one(self, expr):
		"""The only value, or None."""
		found = self.query(expr)
		assert len(found) <= 1, found
		return found[0][1] if found else None

	def stop(self):
		if self.proc.poll() is None:
			self.proc.terminate()
		try:
			self.proc.wait(wire.DEADLINE)
		except subprocess.TimeoutExpired:
			self.proc.kill()
			self.proc.wait()
		self.log.close()
