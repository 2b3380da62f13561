/*
 * One host: why it waits, who waits, what it refused, its requests, its limits
 * and where each is from.  The row comes with the stream; the rest is asked for
 * when that says that something changed, and at times.
 */

const DETAIL = 1;		/* s between two looks, at least */
const REQUESTS = 3;
const SUGGESTED = 30;
const QUEUED = 12;		/* rows shown of each list */
const RECENT = 20;

const page = {
	key: null,
	parts: null,
	detail: null,		/* and so on: the last answers */
	queue: null,
	why: null,
	exchanges: null,
	suggestion: null,
	problem: "",
	asked: { detail: -1e9, requests: -1e9, suggestion: -1e9 },
	busy: false,
};

function section(id, title, extra, cls)
{
	const of = el("span");
	const body = el("div", { id });
	return { of, body, node: el("section", { class: cls ?
	    "card pad " + cls : "card pad" },
	    el("h2", null, title, " ", of, extra || ""), body) };
}

function legend(...items)
{
	return el("span", { class: "legend" }, items.map(([cls, words]) =>
	    [el("i", { class: cls }), words]));
}

function openHost(key)
{
	page.key = key;
	Object.assign(page, { detail: null, queue: null, why: null,
		exchanges: null, suggestion: null, problem: "",
		asked: { detail: -1e9, requests: -1e9, suggestion: -1e9 } });
	const parts = page.parts = {
		title: el("h2", { tabindex: "-1" }, key),
		pill: pill("open"),
		more: el("span", { class: "lab" }),
		orders: el("span", { class: "end" }),
		facts: el("div", { class: "facts" }),
		spark: sparkFrame(1100, 96, "spark big"),
		problem: el("p", { class: "none", hidden: true }),
		why: section("why", "Why it waits", null, "why"),
		queue: section("queue", "Who waits"),
		recent: section("recent", "Recent requests",
		    legend(["held", "held"], ["at", "at the host"])),
		budgets: section("budgets", "What is left"),
		named: section("named", "Named budgets",
		    legend(["used", "used"], ["reserved", "reserved"])),
		limits: section("limits", "Limits"),
		suggested: section("suggested", "Suggested limits"),
		clients: section("clients", "Clients"),
		partial: section("parts", "Parts"),
		refusals: section("refusals", "Last refusals by the host"),
		counts: section("counts", "Since it is remembered"),
	};
	const left = [parts.why, parts.queue, parts.recent, parts.refusals];
	const right = [parts.budgets, parts.named, parts.limits, parts.suggested,
	    parts.clients, parts.partial, parts.counts];
	byId("host").replaceChildren(
	    el("div", { class: "head" },
	        el("a", { class: "back", href: "#/" }, "← all hosts"),
	        parts.title, parts.pill, parts.more, parts.orders),
	    parts.problem,
	    el("section", { class: "card pad", "aria-label": "ten minutes" },
	        parts.facts, parts.spark,
	        el("div", { class: "two lab" }, el("span", { class: "ends" },
	            "ten minutes ago"), legend(["s", "started"],
	            ["w", "waiting"], ["r", "refused by the host"]),
	            el("span", { class: "ends" }, "now"))),
	    el("div", { class: "grid" },
	        el("div", null, left.map((one) => one.node)),
	        el("div", null, right.map((one) => one.node))));
	for (const one of [...left, ...right])
		one.node.hidden = true;
	parts.title.focus({ preventScroll: true });
	scrollTo(0, 0);
}

function drawHostOrders(host)
{
	const names = !world.status.full ? [] : [
		host.state === "open" ? "pause" : "resume",
		host.state === "paused" ? "pause" : null,
		host.state === "draining" ? null : "drain",
		"set", host.override && host.override.kind === "limits" ?
		    "unset" : null, "forget",
	].filter(Boolean);
	const wanted = names.join(" ");
	if (page.parts.orders.dataset.names === wanted)
		return;
	page.parts.orders.dataset.names = wanted;
	const had = page.parts.orders.contains(document.activeElement);
	page.parts.orders.replaceChildren(...names.map((name) =>
	    orderButton(name, host.key)));
	if (had)
		(page.parts.orders.firstChild || page.parts.title).focus();
}

const fact = (value, words) =>
    el("span", null, el("b", null, value), " " + words);

function storeFact(store)
{
	if (store.without)
		return fact(store.without, "without the store" +
		    (store.connected ? "" : ", which is not connected"));
	return fact(store.proxies ? amount(store.proxies) : "shared",
	    store.proxies === 1 ? "proxy shares it" : store.proxies ?
	        "proxies share it" : "by the store");
}

function drawFacts(told)
{
	const host = told.host;
	const facts = [
		fact(amount(host.waiting), "of " + amount(host.queue_length) +
		    " may wait"),
		host.waiting && host.oldest_wait !== null ?
		    fact(duration(host.oldest_wait + age(told)),
		        "the longest") : null,
		fact(amount(host.in_flight), host.concurrency ?
		    "of " + amount(host.concurrency) + " under way" :
		    "under way"),
		host.tunnels ? fact(amount(host.tunnels), host.tunnels === 1 ?
		    "tunnel" : "tunnels") : null,
		host.hosts !== 1 ? fact(amount(host.hosts), "hosts") : null,
		host.store ? storeFact(host.store) : null,
		host.store && host.store.slots && !host.store.without ?
		    fact(amount(host.store.slots),
		        "slots lent by the store") : null,
		host.learned && host.learned.reset_in > age(told) ?
		    fact(amount(host.learned.left), "left, says the host," +
		        " until reset in " + countdown(host.learned.reset_in -
		        age(told))) : null,
	];
	page.parts.facts.replaceChildren(...facts.filter(Boolean));
}

/* Of one that is shared: what of it is here, and what nobody had. */
function sharedWords(budget, told)
{
	const store = budget.store;
	if (store.without)
		return "without the store: " + store.without + ", " +
		    amount(store.leased) + " leased";
	if (store.left === null)
		return "shared, not asked for yet";
	return "shared, " + amount(store.leased) + " leased here, " +
	    amount(store.left) + " free " +
	    duration(store.age + age(told)) + " ago";
}

function sharedNode(budget, told)
{
	if (!budget.store)
		return null;
	return el("div", { class: budget.store.without ? "lab warn" : "lab" },
	    sharedWords(budget, told));
}

function budgetNode(budget, told)
{
	return el("div", { class: "budget" },
	    el("div", { class: "two" }, el("span", null, budget.name),
	        el("small", null, origins[budget.from])),
	    bar(shareLeft(budget, told)),
	    el("div", { class: "two lab" },
	        el("span", null, amount(leftNow(budget, told)) + " of " +
	            amount(budget.burst) + " left" +
	            (budget.strict ? ", in any such time" : "")),
	        el("span", null, budget.full_in > age(told) ? "all of it in " +
	            countdown(budget.full_in - age(told)) : "full")),
	    sharedNode(budget, told));
}

/* What requests under way may still use is neither used nor left. */
const isNamed = (budget) => budget.reserved !== undefined;

function namedNode(budget, told)
{
	const used = Math.max(0, budget.burst - leftNow(budget, told) -
	    budget.reserved);
	return el("div", { class: "budget" },
	    el("div", { class: "two" }, el("span", null, budget.name),
	        el("small", null, origins[budget.from])),
	    twoBars(used / budget.burst, budget.reserved / budget.burst),
	    el("div", { class: "two lab" },
	        el("span", null, amount(used) + " used, " +
	            amount(budget.reserved) + " reserved of " +
	            amount(budget.burst)),
	        el("span", null, budget.full_in > age(told) ? "all of it in " +
	            countdown(budget.full_in - age(told)) : "full")),
	    sharedNode(budget, told));
}

function drawHead(told)
{
	const parts = page.parts;
	const state = stateWords(told);
	set(parts.pill, { class: "pill " + told.host.state });
	say(parts.pill, state.text);
	say(parts.more, state.more);
	drawHostOrders(told.host);
	drawFacts(told);
	drawSpark(parts.spark, told, 1100, 96);
	show(parts.budgets, told.host.budgets.filter((budget) =>
	    !isNamed(budget)).map((budget) => budgetNode(budget, told)));
	show(parts.named, told.host.budgets.filter(isNamed).map((budget) =>
	    namedNode(budget, told)));
}

/* What is in a section; one without anything is not shown. */
function show(part, nodes, of)
{
	const list = nodes.flat(2).filter(Boolean);
	part.node.hidden = !list.length;
	part.body.replaceChildren(...list);
	say(part.of, of || "");
}

const when = (seconds) => seconds === null ? "when a slot or an answer comes" :
    seconds <= 0 ? "now" : "in " + countdown(seconds);

function reasonRow(reason)
{
	return el("tr", { class: reason.decides ? "decides" : null },
	    el("td", null, reason.name),
	    el("td", { class: "n" }, when(reason.in)),
	    el("td", { class: "n" }, reason.decides ? "decides" : ""));
}

function drawWhy()
{
	const why = page.why;
	if (!why)
		return show(page.parts.why, []);
	const turn = why.turn;
	const turns = turn.waiting ? "Turn: " + amount(turn.ahead) +
	    " go first of " + amount(turn.waiting) + " who wait, of " +
	    count(turn.clients, "client", "clients") + "; " +
	    amount(turn.own_ahead) + " of its own." : "";
	show(page.parts.why, [
		el("p", { class: "says" }, why.says),
		table([{ name: "what has to allow it" },
		    { name: "when", cls: "n" }, { name: "", cls: "n" }],
		    why.reasons.map(reasonRow)),
		el("p", { class: "lab" }, [turns, why.certain ? "" :
		    "Not certain: it depends on what is under way."]
		    .filter(Boolean).join(" ")),
	], "the one that goes next");
}

function waiterRow(waiter)
{
	return el("tr", null,
	    el("td", { class: "cut", title: waiter.path }, waiter.method + " " +
	        waiter.path),
	    el("td", null, el("code", null, waiter.client)),
	    el("td", { class: "n" }, duration(waiter.waited)),
	    el("td", { class: "n" }, waiter.starts_in === null ?
	        "with a slot" : when(waiter.starts_in)),
	    el("td", { class: "n hide" }, when(waiter.gives_up_in)));
}

function drawQueue()
{
	const queue = page.queue;
	if (!queue || !queue.waiting)
		return show(page.parts.queue, []);
	show(page.parts.queue, [
		table([{ name: "request" }, { name: "client" },
		    { name: "waits", cls: "n" }, { name: "starts", cls: "n" },
		    { name: "gives up", cls: "n hide" }],
		    queue.waiters.slice(0, QUEUED).map(waiterRow)),
		queue.waiting > QUEUED ? el("p", { class: "lab" },
		    "and " + amount(queue.waiting - QUEUED) + " more") : null,
	], amount(queue.waiting) + " of " +
	    count(queue.clients, "client", "clients") + ", the next first");
}

/* How long it was held and how long the host took, on one scale for all. */
function waitBar(exchange, longest)
{
	const share = (s) => (s / longest * 100).toFixed(1) + "%";
	return svg("svg", { class: "wait", role: "img", "aria-label":
	    "held " + duration(exchange.held) + ", then " +
	    duration(exchange.upstream) + " at the host" },
	    svg("rect", { class: "held", height: "100%",
	        width: share(exchange.held) }),
	    svg("rect", { class: "at", height: "100%", x: share(exchange.held),
	        width: share(Math.max(exchange.upstream, longest / 200)) }));
}

function exchangeRow(exchange, longest)
{
	return el("tr", { title: exchange.reason },
	    el("td", null, el("time", { datetime: exchange.time },
	        clock(exchange.time, true))),
	    el("td", { class: "cut", title: exchange.path },
	        (exchange.method || "?") + " " + (exchange.path || "")),
	    el("td", { class: "hide" }, el("code", null, exchange.client)),
	    el("td", { class: "share" }, waitBar(exchange, longest)),
	    el("td", { class: "n" }, duration(exchange.held)),
	    el("td", { class: exchange.status >= 400 ? "n warn" : "n" },
	        exchange.status || "none",
	        exchange.outcome === "forwarded" ? null : el("div", { class: "lab" },
	            exchange.outcome)));
}

function drawExchanges()
{
	const list = page.exchanges || [];
	const longest = Math.max(0.001, ...list.map((one) =>
	    one.held + one.upstream));
	show(page.parts.recent, list.length ? [
		table([{ name: "ended" }, { name: "request" },
		    { name: "client", cls: "hide" }, { name: "" },
		    { name: "held", cls: "n" }, { name: "status", cls: "n" }],
		    list.map((one) => exchangeRow(one, longest))),
	] : []);
}

const pair = (name, value, from) => [el("dt", null, name),
    el("dd", null, value, from ? el("small", null, from) : null)];

function overrideWords(one)
{
	return one.by + (one.until ? " until " + clock(one.until) : "") +
	    ": " + one.was + " → " + one.is +
	    (one.reason ? " (" + one.reason + ")" : "");
}

function drawLimits()
{
	const host = page.detail;
	const limits = host.limits;
	show(page.parts.limits, [
		el("dl", null,
		    host.budgets.map((one) => pair(one.name, "burst " +
		        amount(one.burst), origins[one.from])),
		    pair("at a time", limits.concurrency.value ?
		        amount(limits.concurrency.value) : "no limit",
		        origins[limits.concurrency.from]),
		    pair("may wait", amount(limits.queue_length) +
		        ", each at most " + duration(limits.max_wait)),
		    host.parent ? pair("reached through", host.parent) : [],
		    pair("counted per", limits.shared ?
		        limits.per + ", shared by all of the rule" :
		        limits.per),
		    pair("https", limits.https), pair("mode", limits.mode)),
		host.override ? el("p", { class: "lab" }, "Set by " +
		    overrideWords(host.override)) : null,
	], "rule " + host.rule);
}

function drawClients()
{
	const clients = page.detail.clients;
	const all = Math.max(1, ...clients.map((one) =>
	    one.waiting + one.in_flight));
	show(page.parts.clients, clients.length ? [
		table([{ name: "client" }, { name: "" },
		    { name: "under way", cls: "n" }, { name: "waiting",
		    cls: "n" }], clients.slice(0, QUEUED).map((one) =>
			el("tr", null, el("td", null, el("code", null,
			    one.client)),
			    el("td", { class: "share" }, waitBar({
				held: one.waiting, upstream: one.in_flight },
				all)),
			    el("td", { class: "n" }, amount(one.in_flight)),
			    el("td", { class: "n" }, amount(one.waiting))))),
		clients.length > QUEUED ? el("p", { class: "lab" }, "and " +
		    (clients.length - QUEUED) + " more") : null,
	] : []);
}

function drawParts()
{
	const host = page.detail;
	show(page.parts.partial, host.parts.map((part) => [
		el("div", { class: "two" },
		    el("span", null, part.name + " ", el("small", null,
		        part.learned ? "named by the host" : "")),
		    pill(part.state, part.pause ? "paused " +
		        countdown(part.pause.remaining) : part.state)),
		el("p", { class: "lab" }, amount(part.in_flight) +
		    (part.concurrency ? " of " + amount(part.concurrency) :
		    "") + " under way" + part.budgets.map((budget) => " · " +
		        amount(budget.left) + " of " + amount(budget.burst) +
		        " left").join("")),
		(part.estimate || []).map((limit) => el("p", { class: "lab" },
		    "found: " + limit.evidence + " (confidence " +
		    limit.confidence + "%)")),
	]));
}

function drawRefusals()
{
	show(page.parts.refusals, page.detail.refusals.length ? [
		el("ol", { class: "log" }, page.detail.refusals.slice(0, QUEUED)
		    .map((event) => eventRow(event, true))),
	] : []);
}

function drawCountsOf()
{
	const host = page.detail;
	const seen = host.observed;
	show(page.parts.counts, [el("dl", null,
	    pair("admitted", amount(host.counts.admitted)),
	    pair("refused by us", amount(host.counts.refused)),
	    pair("refused by the host", amount(host.counts.throttled)),
	    pair("sent again", amount(host.counts.resent)),
	    seen ? [pair("would go at once", amount(seen.would_go)),
	        pair("would wait", amount(seen.would_wait)),
	        pair("would be refused", amount(seen.would_refuse)),
	        pair("would wait now", amount(seen.waiting))] : null)]);
}

function drawSuggestion()
{
	const one = page.suggestion;
	const limits = one && one.limits;
	show(page.parts.suggested, one ? [
		el("p", { class: "lab" }, one.why),
		limits && limits.yaml ? el("pre", null, limits.yaml) : null,
	] : [], one ? (one.confident ? "confident" : "not sure yet") : "");
}

function drawDetail()
{
	set(page.parts.problem, { hidden: !page.problem });
	say(page.parts.problem, page.problem);
	if (!page.detail)
		return;
	drawWhy();
	drawQueue();
	drawExchanges();
	drawLimits();
	drawClients();
	drawParts();
	drawRefusals();
	drawCountsOf();
	drawSuggestion();
}

/* Asks for what is due, one after another; a key that was left is dropped. */
async function readDetail(key)
{
	const full = maySee();
	const detail = await get(hostPath(key));
	const queue = full && detail.waiting ?
	    await get(hostPath(key, "queue?limit=" + QUEUED)) : null;
	if (page.key !== key)
		return;
	learnHost(detail, Boolean(detail.history &&
	    detail.history.started.length > 1));
	/* of the queue that is shown, where there is one */
	Object.assign(page, { detail, queue, why: (queue || detail).why,
		problem: "" });
	if (!full)
		return;
	if (now() - page.asked.requests > REQUESTS) {
		page.asked.requests = now();
		page.exchanges = (await get("/v1/exchanges?limit=" + RECENT +
		    "&host=" + encodeURIComponent(key))).exchanges;
	}
	if (now() - page.asked.suggestion > SUGGESTED) {
		page.asked.suggestion = now();
		page.suggestion = (await get("/v1/suggest?host=" +
		    encodeURIComponent(key)).catch(() => ({ suggestions: [] })))
		    .suggestions.find((one) => one.key === key) || null;
	}
}

async function refreshHost()
{
	const key = page.key;
	if (page.busy || link.state !== "live" || document.hidden ||
	    now() - page.asked.detail < DETAIL)
		return;
	page.busy = true;
	page.asked.detail = now();
	try {
		await readDetail(key);
	} catch (error) {
		if (page.key === key)
			page.problem = error.message;
	}
	page.busy = false;
	if (page.key === key)
		drawDetail();
}

function drawHost()
{
	const told = world.hosts.get(page.key);
	if (told)
		drawHead(told);
	refreshHost();
}
