# SPDX-License-Identifier: ISC
"""What the programs of fleet.py are told to do, each in its own language: fetch
the URLs that they are given, in turn, and print what they got.
"""
URLLIB = """
import sys, urllib.request
for url in sys.argv[1:]:
    print(urllib.request.urlopen(url).read().decode())
"""
REQUESTS = """
import sys, requests
for url in sys.argv[1:]:
    answer = requests.get(url)
    answer.raise_for_status()
    print(answer.text)
"""
AIOHTTP = """
import aiohttp, asyncio, sys
async def main():
    async with aiohttp.ClientSession(trust_env=True) as session:
        for url in sys.argv[1:]:
            async with session.get(url) as answer:
                answer.raise_for_status()
                print(await answer.text())
asyncio.run(main())
"""
HTTPX = """
import sys, httpx
with httpx.Client() as client:
    for url in sys.argv[1:]:
        answer = client.get(url)
        answer.raise_for_status()
        print(answer.text)
"""
BOTO3 = """
import sys, urllib.parse, boto3, botocore.config
for url in sys.argv[1:]:
    at = urllib.parse.urlsplit(url)
    s3 = boto3.client("s3", endpoint_url=f"{at.scheme}://{at.netloc}",
        region_name="us-east-1", aws_access_key_id="a",
        aws_secret_access_key="b", config=botocore.config.Config(
        retries={"max_attempts": 0}, s3={"addressing_style": "path"}))
    print(s3.get_object(Bucket="bucket", Key=at.path[1:])["Body"]
        .read().decode())
"""
GRPC = """
import os, sys, urllib.parse, grpc
for url in sys.argv[1:]:
    at = urllib.parse.urlsplit(url)
    if at.scheme == "http":
        channel = grpc.insecure_channel(at.netloc + ":80")
    else:
        channel = grpc.secure_channel(at.netloc + ":50051",
            grpc.ssl_channel_credentials())
    with channel:
        print(channel.unary_unary("/test.Echo/Call")(
            b"", timeout=20).decode())
"""
FETCH = """
(async () => {
	const args = typeof Deno === "undefined" ? process.argv.slice(2) :
	    Deno.args;
	for (const url of args) {
		const answer = await fetch(url);
		if (!answer.ok)
			throw new Error(answer.status);
		console.log(await answer.text());
	}
})().catch((error) => {
	console.error(error);
	process.exit(1);
});
"""
# What a program in a file of Node's does for each URL: a promise of the text.
NODE = """
const one = %s;
(async () => {
	for (const url of process.argv.slice(2))
		console.log(await one(url));
})().catch((error) => {
	console.error(error);
	process.exit(1);
});
"""
CORE = """(url, options = {}) => new Promise((done, failed) => {
	require(url.split(":")[0]).get(url, options, (answer) => {
		let text = "";
		answer.on("data", (data) => { text += data; });
		answer.on("end", () => answer.statusCode === 200 ? done(text) :
		    failed(new Error(answer.statusCode)));
	}).on("error", failed);
})"""
UNDICI = """async (url) => {
	const { request } = require("undici");
	const answer = await request(url);
	if (answer.statusCode !== 200)
		throw new Error(answer.statusCode);
	return answer.body.text();
}"""
UNDICI_AGENT = """async (url) => {
	const { request, ProxyAgent } = require("undici");
	const answer = await request(url, { dispatcher:
	    new ProxyAgent(process.env.https_proxy) });
	if (answer.statusCode !== 200)
		throw new Error(answer.statusCode);
	return answer.body.text();
}"""
AXIOS = """async (url) => (await require("axios").get(url,
    { responseType: "text" })).data"""
GOT = """async (url) => (await import("got")).default(url,
    { retry: { limit: 0 } }).text()"""
AGENT = """async (url) => {
	const { HttpsProxyAgent } = require("https-proxy-agent");
	return get(url, { agent: new HttpsProxyAgent(
	    process.env.https_proxy) });
}"""
JAVA_URL = """
import java.net.URI;
class Get {
	public static void main(String[] args) throws Exception {
		for (String url : args)
			System.out.println(new String(URI.create(url).toURL()
			    .openStream().readAllBytes()));
	}
}
"""
JAVA_CLIENT = """
import java.net.URI;
import java.net.http.*;
class Get {
	public static void main(String[] args) throws Exception {
		HttpClient client = HttpClient.newHttpClient();
		for (String url : args) {
			HttpResponse<String> answer = client.send(HttpRequest
			    .newBuilder(URI.create(url)).build(),
			    HttpResponse.BodyHandlers.ofString());
			if (answer.statusCode() != 200)
				throw new Exception("" + answer.statusCode());
			System.out.println(answer.body());
		}
	}
}
"""
GO = """
package main
import ("fmt"; "io"; "net/http"; "os")
func main() {
	for _, url := range os.Args[1:] {
		answer, err := http.Get(url)
		if err != nil || answer.StatusCode != 200 {
			fmt.Fprintln(os.Stderr, answer, err)
			os.Exit(1)
		}
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		fmt.Println(string(text))
	}
}
"""
RUBY = """
require "net/http"
ARGV.each do |url|
  answer = Net::HTTP.get_response(URI(url))
  abort answer.code if answer.code != "200"
  puts answer.body
end
"""
PERL = """
use LWP::UserAgent;
my $agent = LWP::UserAgent->new;
for my $url (@ARGV) {
	my $answer = $agent->get($url);
	die $answer->status_line if !$answer->is_success;
	print $answer->content, "\\n";
}
"""
PHP_CURL = """<?php
foreach (array_slice($argv, 1) as $url) {
	$c = curl_init($url);
	curl_setopt($c, CURLOPT_RETURNTRANSFER, true);
	curl_setopt($c, CURLOPT_FAILONERROR, true);
	$text = curl_exec($c);
	if ($text === false) {
		fwrite(STDERR, curl_error($c));
		exit(1);
	}
	echo $text, "\\n";
}
"""
PHP_FILE = """<?php
foreach (array_slice($argv, 1) as $url) {
	$text = file_get_contents($url);
	if ($text === false)
		exit(1);
	echo $text, "\\n";
}
"""
