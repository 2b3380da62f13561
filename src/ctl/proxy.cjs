// SPDX-License-Identifier: ISC
//
// Has a Node that does not know NODE_USE_ENV_PROXY (before 22.21, and 23 to
// 24.4), or is not given it, go through the proxy that the environment names: fetch, and http and
// https with their default agents.  All goes by CONNECT, which sluice looks
// into where it may.  A newer Node does this by itself, and what has agents of
// its own does as it always did.
"use strict";

const http = require("node:http");
const https = require("node:https");
const net = require("node:net");
const tls = require("node:tls");

const env = process.env;

function goes_by_itself() {
	const [major, minor] = process.versions.node.split(".").map(Number);
	const knows = major > 24 || (major === 24 && minor >= 5) ||
	    (major === 22 && minor >= 21);

	return knows && env.NODE_USE_ENV_PROXY === "1";
}

function url_of(...names) {
	const named = names.find((name) => env[name]);

	try {
		return named ? new URL(env[named]) : null;
	} catch {
		return null;	// whoever needs it will say so
	}
}

const proxies = {
	"http:": url_of("http_proxy", "HTTP_PROXY"),
	"https:": url_of("https_proxy", "HTTPS_PROXY"),
};
const plain = { "http:": new http.Agent(), "https:": new https.Agent() };
const direct = (env.no_proxy || env.NO_PROXY || "").split(",")
    .map((one) => one.trim().toLowerCase()).filter((one) => one !== "");

// "name" and ".name" stand for it and all below it, "*" for all.
function goes_direct(host) {
	const name = host.toLowerCase().replace(/^\[|\]$/g, "");

	return direct.some((one) => one === "*" || name === one ||
	    name === one.replace(/^\*?\./, "") ||
	    name.endsWith("." + one.replace(/^\*?\./, "")));
}

function bracketed(host) {
	return net.isIPv6(host) ? `[${host}]` : host;
}

// Calls done(error, socket), once, with a socket to the host or one that the
// proxy has opened.
function tunnel(proxy, host, port, done) {
	const at = `${bracketed(host)}:${port}`;
	const headers = { Host: at };

	if (proxy.username)
		headers["Proxy-Authorization"] = "Basic " + Buffer.from(
		    decodeURIComponent(proxy.username) + ":" +
		    decodeURIComponent(proxy.password)).toString("base64");
	const module = proxy.protocol === "https:" ? https : http;
	// the default agent's class is the one that calls this
	const request = module.request({
		host: proxy.hostname.replace(/^\[|\]$/g, ""),
		port: proxy.port || (proxy.protocol === "https:" ? 443 : 80),
		method: "CONNECT", path: at, headers, agent: plain[proxy.protocol],
	});

	request.once("connect", (answer, socket) => {
		if (answer.statusCode === 200)
			return done(null, socket);
		socket.destroy();
		done(new Error(`the proxy answers ${answer.statusCode} to ` +
		    `CONNECT ${at}`));
	});
	request.once("error", done);
	request.end();
}

// The name that a certificate is compared with; an address is none in TLS.
function secured(socket, host, options) {
	const name = options.servername || host;

	return tls.connect({ ...options, socket, host, port: undefined,
	    path: undefined, servername: net.isIP(name) ? "" : name });
}

// Calls done(error, socket) with one that is ready for a request.
function connect(protocol, host, port, options, done) {
	const proxy = proxies[protocol];

	tunnel(proxy, host, port, (error, socket) => {
		if (error)
			return done(error);
		if (protocol === "http:")
			return done(null, socket);
		const secure = secured(socket, host, options);
		const failed = (why) => done(why);
		secure.once("error", failed);
		secure.once("secureConnect", () => {
			secure.removeListener("error", failed);
			done(null, secure);
		});
	});
}

// http and https

function agent_class(module, protocol, port) {
	return class extends module.Agent {
		createConnection(options, done) {
			const host = options.host || "localhost";

			if (options.socketPath || goes_direct(host))
				return super.createConnection(options, done);
			connect(protocol, host, options.port || port, options,
			    done);
			return undefined;
		}
	};
}

function change_agent(module, protocol, port) {
	if (!proxies[protocol])
		return;
	const Agent = agent_class(module, protocol, port);
	module.globalAgent = new Agent({ keepAlive: true, timeout: 5000,
	    scheduling: "lifo" });
}

// fetch

const DISPATCHER = Symbol.for("undici.globalDispatcher.1");

// As the connector of undici has it, whose agent is the one that is there.
function connector(before) {
	return (options, done) => {
		const { protocol, hostname } = options;
		const port = options.port ||
		    (protocol === "https:" ? 443 : 80);
		const host = hostname.replace(/^\[|\]$/g, "");

		if (!proxies[protocol] || goes_direct(host))
			return before(options, done);
		return connect(protocol, host, port, {
			servername: options.servername || undefined,
			ALPNProtocols: ["http/1.1"],
		}, done);
	};
}

function plainly(options, done) {
	const host = options.hostname.replace(/^\[|\]$/g, "");
	const port = options.port || (options.protocol === "https:" ? 443 : 80);
	const socket = options.protocol === "https:" ?
	    tls.connect({ host, port, ALPNProtocols: ["http/1.1"],
	    servername: net.isIP(host) ? "" : host }) :
	    net.connect({ host, port });
	const ready = options.protocol === "https:" ? "secureConnect" :
	    "connect";

	socket.once("error", done);
	socket.once(ready, () => {
		socket.removeListener("error", done);
		done(null, socket);
	});
}

function change_fetch() {
	if (typeof fetch !== "function")
		return;
	// what fetch is made of is there only once something of it is used
	void new Headers();
	const there = globalThis[DISPATCHER];
	if (there)
		globalThis[DISPATCHER] = new there.constructor({
		    connect: connector(plainly) });
}

if (!goes_by_itself() && (proxies["http:"] || proxies["https:"])) {
	change_agent(http, "http:", 80);
	change_agent(https, "https:", 443);
	change_fetch();
}
