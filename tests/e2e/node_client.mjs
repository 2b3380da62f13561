// SPDX-License-Identifier: ISC
// Usage: node_client.mjs PROXY_PORT ORIGIN_URL; prints one JSON object.
import http from "node:http";
import { createHash } from "node:crypto";

const [, , proxyPort, origin] = process.argv;
const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
const at = new URL(origin);

function call(method, path, body, headers = {}) {
	return new Promise((resolve, reject) => {
		const req = http.request({
			host: "127.0.0.1", port: proxyPort, agent, method,
			path: origin + path,
			headers: { Host: at.host, ...headers },
		}, (res) => {
			const hash = createHash("sha256");
			let size = 0;
			res.on("data", (data) => {
				hash.update(data);
				size += data.length;
			});
			res.on("error", reject);
			res.on("end", () => resolve({
				status: res.statusCode, size,
				hash: hash.digest("hex"),
				trailers: res.trailers,
				reused: req.reusedSocket,
			}));
		});
		req.on("error", reject);
		if (typeof body === "function")
			body(req);
		else
			req.end(body);
	});
}

function tunnel() {
	return new Promise((resolve, reject) => {
		const req = http.request({
			host: "127.0.0.1", port: proxyPort, method: "CONNECT",
			path: at.host, headers: { Host: at.host },
		});
		req.on("connect", (res, socket) => {
			const inner = http.request({
				createConnection: () => socket,
				path: "/hello", headers: { Host: at.host },
			}, (answer) => {
				let text = "";
				answer.on("data", (data) => { text += data; });
				answer.on("end", () => {
					socket.destroy();
					resolve({ connect: res.statusCode,
					    status: answer.statusCode, text });
				});
			});
			inner.on("error", reject);
			inner.end();
		});
		req.on("error", reject);
		req.end();
	});
}

const out = {};
out.gets = [];
for (let i = 0; i < 20; i++)
	out.gets.push(await call("GET", "/hello"));
out.parallel = await Promise.all(
    Array.from({ length: 20 }, () => call("GET", "/big.bin")));
out.head = await call("HEAD", "/big.bin");
out.missing = await call("GET", "/missing");
// Streamed, so that Node sends it in chunks.
out.put = await call("PUT", "/up/node.bin", (req) => {
	let left = 64;
	const more = () => {
		while (left-- > 0)
			if (!req.write(Buffer.alloc(65536, left)))
				return req.once("drain", more);
		req.end();
	};
	more();
});
out.tunnel = await tunnel();
agent.destroy();
console.log(JSON.stringify(out));
