/*
 * The way to the daemon.  A token comes behind the # of the address, where no
 * server sees it, is kept for this tab only, and goes out as a bearer: a cookie
 * would be sent to every other service on this machine, too.
 */

const TOKEN = "sluice-token";
const FIRST_RETRY = 1;		/* s */
const LAST_RETRY = 30;
const SILENT = 5;		/* s without a word: the figures are old */

const link = {
	state: "connecting",	/* live, lost */
	heard: 0,		/* when, on this page's clock */
	retryAt: 0,
	abort: null,
	refused: false,		/* the token is not the daemon's */
};

function takeToken()
{
	const found = /[#&]token=([^&]+)/.exec(location.hash);
	if (!found)
		return false;
	sessionStorage.setItem(TOKEN, decoded(found[1]));
	history.replaceState(null, "", location.pathname + "#/");
	return true;
}

/* Who may not change anything may see all of it, with a token. */
const maySee = () => world.status.full ||
    sessionStorage.getItem(TOKEN) !== null;

function request(path, options)
{
	const token = sessionStorage.getItem(TOKEN);
	const headers = { ...(options && options.headers) };
	if (token)
		headers.Authorization = "Bearer " + token;
	return fetch(path, { cache: "no-store", credentials: "omit",
	    ...options, headers });
}

/* An answer's problem, in words. */
async function problem(response)
{
	try {
		const said = await response.json();
		return said.detail + (said.expected ?
		    " (expected: " + said.expected + ")" : "");
	} catch {
		return "the answer was " + response.status;
	}
}

async function get(path)
{
	const response = await request(path);
	if (!response.ok)
		throw new Error(await problem(response));
	return response.json();
}

/* Asks for a change; throws the problem in words. */
async function order(method, path, body)
{
	const response = await request(path, {
		method,
		headers: { "Content-Type": "application/json" },
		body: body === undefined ? undefined : JSON.stringify(body),
	});
	if (!response.ok)
		throw new Error(await problem(response));
	return response.json();
}

const hostPath = (key, rest) =>
    "/v1/hosts/" + encodeURIComponent(key) + (rest ? "/" + rest : "");

/* All hosts with their histories, in pages; others are there no more. */
async function readHosts()
{
	const there = new Set();
	let after = "";
	do {
		const page = await get("/v1/hosts?limit=200" +
		    (after && "&after=" + encodeURIComponent(after)));
		for (const host of page.hosts) {
			there.add(host.key);
			learnHost(host, true);
		}
		after = page.next;
	} while (after);
	for (const key of world.hosts.keys())
		if (!there.has(key))
			world.hosts.delete(key);
}

async function readEvents()
{
	let page;
	do {
		page = await get("/v1/events?follow=false&limit=1000&after=" +
		    world.lastEvent);
		page.events.forEach(learnEvent);
	} while (page.events.length === 1000);
}

/* Calls each(name, data) for the events in a stream of bytes. */
async function readStream(body, each)
{
	const reader = body.pipeThrough(new TextDecoderStream()).getReader();
	let rest = "";
	for (;;) {
		const { value, done } = await reader.read();
		if (done)
			return;
		const parts = (rest + value.replaceAll("\r", "")).split("\n\n");
		rest = parts.pop();
		for (const part of parts)
			readOne(part, each);
	}
}

function readOne(text, each)
{
	let name = "message";
	const data = [];
	for (const line of text.split("\n")) {
		const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
		if (field === "event")
			name = value;
		else if (field === "data")
			data.push(value);
	}
	/* Each piece, and be it a comment, says that the daemon is there. */
	each(name, data.length ? JSON.parse(data.join("\n")) : null);
}

/* One stream, until it ends. */
async function follow(told)
{
	const signal = link.abort.signal;
	const status = await request("/v1/status", { signal });
	if (status.status === 401) {
		/* Without it, what everybody may see is still there. */
		sessionStorage.removeItem(TOKEN);
		link.refused = true;
		throw new Error("the token was refused");
	}
	if (!status.ok)
		throw new Error(await problem(status));
	takeStatus(await status.json());
	await readHosts();
	await readEvents();
	told();
	const stream = await request("/v1/events?live=true&after=" +
	    world.lastEvent, { signal });
	if (!stream.ok)
		throw new Error(await problem(stream));
	await readStream(stream.body, (name, data) => {
		heard();
		if (data && name === "live")
			learnLive(data);
		else if (data)
			saidEvent(data);
		told();
	});
}

/* Figures of another process, or of hosts instead of rules, are not ours. */
function takeStatus(status)
{
	const before = world.status;
	if (before && (before.started !== status.started ||
	    before.full !== status.full))
		forgetWorld();
	world.status = status;
	world.statusAt = now();
}

function heard()
{
	link.heard = now();
	link.state = "live";
}

/* For ever: a stream, and after its end the next one, less and less often. */
async function stayConnected(told)
{
	let wait = FIRST_RETRY;
	for (;;) {
		link.abort = new AbortController();
		const began = now();
		try {
			await follow(told);
		} catch (error) {
			link.why = error.message;
		}
		if (link.heard > began)
			wait = FIRST_RETRY;
		link.state = "lost";
		/* Not all pages at once, after a restart. */
		const pause = wait * (0.7 + 0.6 * Math.random());
		link.retryAt = now() + pause;
		told();
		await new Promise((go) => setTimeout(go, pause * 1000));
		wait = Math.min(LAST_RETRY, wait * 2);
	}
}

/* A connection that says nothing is none, whatever TCP thinks. */
function watchLink()
{
	if (link.state === "live" && now() - link.heard > SILENT)
		link.abort.abort();
}
