/*
 * The page: which part of it is shown, its keys, and once a second what goes on
 * by itself.
 */

const KEPT_SAID = 4000;		/* ms between two announcements */
const said = { words: [], timer: 0 };

/* Says it to who cannot see it change; several at once, not one by one. */
function announce(words)
{
	said.words.push(words);
	if (said.timer)
		return;
	const tell = () => {
		say(byId("said"), said.words.splice(0).slice(-3).join(". "));
		said.timer = said.words.length ?
		    setTimeout(tell, KEPT_SAID) : 0;
	};
	said.timer = setTimeout(tell, 0);
}

function eventRow(event, ofHost)
{
	const warn = ["refusal", "full", "warning"].includes(event.kind);
	const about = event.host || event.rule;
	return el("li", null,
	    el("time", { datetime: event.time }, clock(event.time, true)),
	    el("span", { class: warn ? "kind warn" : "kind" },
	        kinds[event.kind] || event.kind),
	    el("span", null, about && !ofHost ? el("a", { href: "#/host/" +
	        encodeURIComponent(about) }, el("b", null, about)) : null,
	        (about && !ofHost ? " " : "") + event.text,
	        event.fields ? el("code", null, event.fields) : null));
}

const EVENTS = 40;

function drawEvents()
{
	const key = page.key;
	const list = world.events.filter((event) => !key ||
	    event.host === key || (!event.host && event.rule === key));
	const shown = list.slice(0, EVENTS);
	byId("log").hidden = !shown.length;
	say(byId("log-of"), key || "all hosts");
	byId("events").replaceChildren(...shown.map((event) =>
	    eventRow(event, Boolean(key))));
}

const TOLD = ["pause", "resume", "open", "full", "drain", "override",
    "reload", "warning"];

function saidEvent(event)
{
	if (!learnEvent(event))
		return;
	if (TOLD.includes(event.kind))
		announce(((event.host || event.rule || "") + " " + event.text)
		    .trim());
}

/* Whether what is shown is of now: in words, not only by its colour. */
function drawLink()
{
	const lost = link.state === "lost";
	set(byId("link"), { class: "link " + link.state });
	say(byId("link"), lost ? "lost, trying again" : link.state === "live" ?
	    "live" : "connecting");
	set(byId("link"), { title: lost ? link.why : null });
	document.body.classList.toggle("stale", lost && world.status !== null);
}

/* What is encoded in an address; as it is where it is not. */
function decoded(text)
{
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

/* #/ all hosts · #/rows/N more of them · #/host/KEY one */
function route()
{
	const [, where, rest] = /^#\/([a-z]*)\/?(.*)$/.exec(location.hash) ||
	    [null, "", ""];
	const key = where === "host" ? decoded(rest) : null;
	const from = page.key;
	if (where === "rows")
		overview.shown = Math.max(ROWS, parseInt(rest, 10) || 0);
	byId("overview").hidden = key !== null;
	byId("host").hidden = key === null;
	if (key !== null && key !== from)
		openHost(key);
	else if (key === null)
		page.key = null;
	draw(true);
	/* Back is where one was. */
	if (key === null && from !== null && overview.rows.has(from))
		overview.rows.get(from).link.focus();
	drawEvents();
}

function draw(force)
{
	drawnAt = now();
	drawLink();
	if (!world.status)
		return;
	drawSummary();
	drawAccess();
	drawReload();
	if (page.key === null)
		drawOverview(force);
	else
		drawHost();
	if (world.newEvents)
		drawEvents();
	world.newEvents = false;
}

function drawReload()
{
	const place = byId("process-orders");
	if (world.status.full === Boolean(place.firstChild))
		return;
	place.replaceChildren(...(world.status.full ?
	    [orderButton("reload", null)] : []));
}

/* What was ordered shows at once, not with the next second. */
function ordered(key)
{
	page.asked.detail = -1e9;
	if (key && page.key === key)
		refreshHost();
}

let drawing = 0;
let drawnAt = 0;

/* However much is told, it is drawn once a frame. */
function drawSoon()
{
	drawing = drawing || requestAnimationFrame(() => {
		drawing = 0;
		draw(false);
	});
}

function moveRow(by)
{
	const links = [...byId("rows").querySelectorAll("td.name a")];
	const row = document.activeElement.closest("tr");
	const at = row ? links.findIndex((one) => row.contains(one)) : -1;
	const next = links[Math.max(0, Math.min(links.length - 1,
	    at < 0 ? 0 : at + by))];
	if (next)
		next.focus();
}

function leave(input)
{
	if (input) {
		input.value = "";
		input.dispatchEvent(new Event("input"));
		input.blur();
	} else if (page.key !== null) {
		location.hash = "#/";
	}
}

const keys = {
	"/": () => {
		if (page.key !== null)
			location.hash = "#/";
		/* The list has to be there first. */
		setTimeout(() => byId("filter").focus(), 0);
	},
	j: () => moveRow(1),
	k: () => moveRow(-1),
	"?": showKeys,
};

function pressed(event)
{
	const input = event.target.closest("input[type=search], input:not(" +
	    "[type=radio]), select, textarea");
	if (event.ctrlKey || event.metaKey || event.altKey ||
	    document.querySelector("dialog"))
		return;
	if (event.key === "Escape")
		return leave(input);
	if (input || !keys[event.key])
		return;
	event.preventDefault();
	keys[event.key]();
}

function start()
{
	takeToken();
	makeTools();
	byId("tools").hidden = false;
	addEventListener("hashchange", () => {
		/* A token that comes later: all begins anew with it. */
		if (takeToken())
			location.reload();
		else
			route();
	});
	document.addEventListener("keydown", pressed);
	document.addEventListener("visibilitychange", drawSoon);
	setInterval(() => {
		watchLink();
		if (now() - drawnAt > 0.9)
			drawSoon();
	}, 1000);
	route();
	stayConnected(drawSoon);
}

start();
