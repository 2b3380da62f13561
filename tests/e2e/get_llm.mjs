// SPDX-License-Identifier: ISC
// Usage: get_llm.mjs MODULES URL; a line of JSON for each answer.
// Ordinary code with the vendors' own packages, of that directory.  The URL is
// what stands for the vendor's: that of a sluice that is asked as a proxy, which
// fetch is told by NODE_USE_ENV_PROXY or, in older versions, by our own.
import { createRequire } from "node:module";
import http from "node:http";
import { Readable } from "node:stream";

const [modules, base] = process.argv.slice(2);
const require = createRequire(modules + "/");
const OpenAI = require("openai").default;
const Anthropic = require("@anthropic-ai/sdk").default;

// By the proxy, in absolute form; what is read is what came, decompressed.
function fetch(url, init = {}) {
	const proxy = new URL(process.env.http_proxy);
	const headers = Object.fromEntries(new Headers(init.headers));
	delete headers["accept-encoding"];

	return new Promise((resolve, reject) => {
		const req = http.request({ host: proxy.hostname,
		    port: proxy.port, method: init.method, path: String(url),
		    headers: { ...headers, host: new URL(url).host } },
		    (res) => resolve(new Response(Readable.toWeb(res), {
		    status: res.statusCode, headers: res.headers })));
		req.on("error", reject);
		req.end(init.body);
	});
}

const messages = [{ role: "user", content: "What is a sluice?" }];
const openai = new OpenAI({ apiKey: "k", baseURL: base + "/v1", fetch,
    maxRetries: 0 });
const anthropic = new Anthropic({ apiKey: "k", baseURL: base, fetch,
    maxRetries: 0 });

function say(name, answer) {
	console.log(JSON.stringify({ name, ...answer }));
}

const chat = { model: "m", max_tokens: 400, user: "use=30", messages };
const plain = await openai.chat.completions.create(chat);
say("openai", { output: plain.usage.completion_tokens });
let pieces = 0, output = null;
for await (const chunk of await openai.chat.completions.create({ ...chat,
    stream: true, stream_options: { include_usage: true } })) {
	pieces += chunk.choices.length;
	output = chunk.usage?.completion_tokens ?? output;
}
say("openai stream", { output, pieces });
pieces = 0, output = null;
for await (const chunk of await openai.chat.completions.create({ ...chat,
    stream: true })) {
	pieces += chunk.choices.length > 0 && !("usage" in chunk);
	output = chunk.choices.length > 0 ? output : chunk;
}
say("openai unasked", { output, pieces });

const asked = { model: "m", max_tokens: 400, messages,
    metadata: { user_id: "use=30" } };
const message = await anthropic.messages.create(asked);
say("anthropic", { output: message.usage.output_tokens });
const stream = anthropic.messages.stream(asked);
const final = await stream.finalMessage();
say("anthropic stream", { output: final.usage.output_tokens });
