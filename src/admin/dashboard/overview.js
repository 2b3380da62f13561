/*
 * All hosts: a row each, the worst first.  A row is made once for a key and
 * changed where something changed; rows change places only while nobody points
 * at one or is in one, and not more than once in a few seconds.
 */

const ROWS = 50;		/* shown at first, and with each "more" */
const SETTLED = 4;		/* s between two changes of the order */

const overview = {
	rows: new Map(),	/* key: its row's parts */
	order: [],		/* keys that match, the worst first */
	orderedAt: -SETTLED,
	shown: ROWS,
	match: "",
	state: "",
};

function matches(told)
{
	const host = told.host;
	const text = (host.key + " " + host.rule).toLowerCase();
	if (overview.state === "waiting" ? !host.waiting :
	    overview.state && host.state !== overview.state)
		return false;
	return text.includes(overview.match);
}

/* The keys that match, in the order in which they belong. */
function wanted()
{
	return [...world.hosts.values()].filter(matches)
	    .map((told) => ({ key: told.host.key, bad: badness(told) }))
	    .sort((a, b) => b.bad - a.bad || (a.key < b.key ? -1 : 1))
	    .map((one) => one.key);
}

const isBusy = () => byId("rows").matches(":hover, :focus-within");

/*
 * The order that is shown.  Newcomers come at the end, and those that went go,
 * until rows may move.
 */
function settle(force)
{
	const want = wanted();
	if (force || !overview.order.length ||
	    (now() - overview.orderedAt > SETTLED && !isBusy())) {
		overview.order = want;
		overview.orderedAt = now();
		return;
	}
	const there = new Set(want);
	const kept = overview.order.filter((key) => there.delete(key));
	overview.order = kept.concat([...there]);
}

function limitWords(host)
{
	const words = host.budgets.map((budget) => budget.name);
	if (host.concurrency)
		words.push(host.concurrency + " at a time");
	return words.join(" · ") || "no limit";
}

function underName(host)
{
	const words = [];
	if (host.rule !== host.key)
		words.push(host.rule);
	else if (host.hosts !== 1)
		words.push(count(host.hosts, "host", "hosts"));
	words.push(limitWords(host));
	return words.join(" · ");
}

function budgetWords(told, least)
{
	const words = [];
	if (least)
		words.push(amount(leftNow(least, told)) + " of " +
		    amount(least.burst) +
		    (least.part ? " of " + least.part : ""));
	const store = told.host.store;
	if (store)
		words.push(store.without ? "without the store: " +
		    store.without : "shared" + (store.proxies > 1 ? " by " +
		    store.proxies : ""));
	const learned = told.host.learned;
	if (learned && learned.reset_in > age(told))
		words.push("host says " + amount(learned.left) +
		    ", reset in " + countdown(learned.reset_in - age(told)));
	return words.join(" · ") || "no rate";
}

/* The state in its word, and what there is to say of it. */
function stateWords(told)
{
	const host = told.host;
	const left = pauseLeft(told);
	if (host.pause)
		return {
			text: "paused" + (left > 0 ? " " + countdown(left) :
			    ""),
			more: host.pause.why || causes[host.pause.cause],
		};
	if (host.state === "recovering" && host.recovery)
		return {
			text: "recovering",
			more: host.recovery.on_their_way + " of " +
			    host.recovery.at_most + " on their way",
		};
	if (host.state === "draining")
		return { text: "draining", more: "newcomers are refused" };
	return { text: host.state, more: "" };
}

function makeRow(key)
{
	const row = {
		link: el("a", { href: "#/host/" + encodeURIComponent(key) },
		    key),
		under: el("small"),
		bar: bar(0),
		budget: el("div", { class: "lab" }),
		flight: el("b"),
		atMost: el("span"),
		waiting: el("b"),
		oldest: el("div", { class: "lab" }),
		spark: sparkFrame(138, 32, "spark"),
		pill: pill("open"),
		why: el("div", { class: "lab" }),
		orders: el("td", { class: "orders" }),
		drawn: -1,
		sparkAt: -1,
		seen: true,
	};
	row.waits = el("td", { class: "n waiting" }, row.waiting, row.oldest);
	row.tr = el("tr", { "data-key": key },
	    el("td", { class: "name" }, row.link, row.under),
	    el("td", { class: "budgets" }, row.bar, row.budget),
	    el("td", { class: "n wide" }, row.flight, row.atMost),
	    row.waits,
	    el("td", { class: "wide" }, row.spark),
	    el("td", { class: "state" }, row.pill, row.why),
	    row.orders);
	sight.observe(row.tr);
	return row;
}

/* What goes on by itself: countdowns, buckets. */
function tickRow(row, told)
{
	const host = told.host;
	const least = tightest(told);
	const state = stateWords(told);
	set(row.bar, { hidden: !least });
	if (least)
		setBar(row.bar, shareLeft(least, told));
	say(row.budget, budgetWords(told, least));
	set(row.budget, { class: host.store && host.store.without ?
	    "lab warn" : "lab" });
	say(row.pill, state.text);
	say(row.oldest, host.waiting && host.oldest_wait !== null ?
	    "oldest " + tenths(host.oldest_wait + age(told)) : "");
	drawRowSpark(row, told);
}

const hasSparks = matchMedia("(min-width: 961px)");

/* Only when there is another step in it: it is most of a row's work. */
function drawRowSpark(row, told)
{
	if (!told.history || !hasSparks.matches)
		return;
	moveHistory(told.history, told.host.waiting);
	if (row.sparkAt === told.history.at)
		return;
	row.sparkAt = told.history.at;
	drawSpark(row.spark, told, 138, 32);
}

/* Rows that nobody can see are not worked at until they are seen. */
const sight = new IntersectionObserver((entries) => {
	for (const entry of entries) {
		const row = overview.rows.get(entry.target.dataset.key);
		if (row)
			row.seen = entry.isIntersecting;
	}
	drawSoon();
}, { rootMargin: "200px" });

function drawRow(row, told)
{
	const host = told.host;
	const state = stateWords(told);
	say(row.under, underName(host));
	set(row.under, { title: underName(host) });
	say(row.flight, amount(host.in_flight));
	set(row.flight, { class: host.in_flight ? null : "zero" });
	say(row.atMost, host.concurrency ? " / " + amount(host.concurrency) :
	    "");
	say(row.waiting, amount(host.waiting));
	set(row.waiting, { class: host.waiting ? null : "zero" });
	set(row.waits, { class: host.waiting ? "n waiting some" :
	    "n waiting" });
	set(row.pill, { class: "pill " + host.state });
	say(row.why, [state.more, host.override ? "set for a time" : ""]
	    .filter(Boolean).join(" · "));
	set(row.why, { title: row.why.textContent || null });
	drawRowOrders(row, host);
	row.drawn = told.at;
}

/* One button a row: what one wants at once; the rest is on the host's page. */
function drawRowOrders(row, host)
{
	const name = !world.status.full ? "" :
	    host.state === "open" ? "pause" : "resume";
	set(row.orders, { hidden: !name });
	if (row.order === name)
		return;
	row.order = name;
	const had = row.orders.contains(document.activeElement);
	row.orders.replaceChildren(...(name ?
	    [orderButton(name, host.key)] : []));
	/* Who has just pressed it stays where he is. */
	if (had)
		(row.orders.firstChild || row.link).focus();
}

/* Puts the rows where they belong, and touches none that is there. */
function placeRows(keys)
{
	const body = byId("rows");
	let at = body.firstElementChild;
	for (const key of keys) {
		let row = overview.rows.get(key);
		if (!row)
			overview.rows.set(key, row = makeRow(key));
		if (row.tr === at)
			at = at.nextElementSibling;
		else
			body.insertBefore(row.tr, at);
	}
	while (at) {
		const next = at.nextElementSibling;
		if (at.contains(document.activeElement))
			moveRow(next ? 1 : -1);
		overview.rows.delete(at.dataset.key);
		sight.unobserve(at);
		at.remove();
		at = next;
	}
}

function drawOverview(force)
{
	settle(force);
	const keys = overview.order.slice(0, overview.shown);
	placeRows(keys);
	set(byId("orders-head"), { hidden: !world.status.full });
	for (const key of keys) {
		const row = overview.rows.get(key);
		const told = world.hosts.get(key);
		if (!row.seen && row.drawn >= 0)
			continue;
		if (row.drawn !== told.at)
			drawRow(row, told);
		tickRow(row, told);
	}
	drawMore();
	drawCounts();
}

function noHost()
{
	const at = (world.status.listen || []).find((one) =>
	    /^[^/]*:[0-9]+$/.test(one));
	return "No host yet: none was asked since the start." + (at ?
	    " Clients find this sluice by http_proxy=http://" + at + "." : "");
}

function drawMore()
{
	const all = overview.order.length;
	const rest = all - overview.shown;
	set(byId("more"), { hidden: rest <= 0 });
	if (rest > 0) {
		say(byId("more-of"), overview.shown + " of " + all +
		    " are shown. ");
		say(byId("more-link"), "Show " + Math.min(rest, ROWS * 2) +
		    " more");
		set(byId("more-link"), { href: "#/rows/" +
		    (overview.shown + ROWS * 2) });
	}
	set(byId("none"), { hidden: all > 0 });
	say(byId("none"), world.hosts.size ? "No host matches." : noHost());
}

const STATES = ["", "waiting", "paused", "recovering", "draining", "open"];

function drawCounts()
{
	const counts = new Map(STATES.map((state) => [state, 0]));
	for (const told of world.hosts.values()) {
		const host = told.host;
		counts.set("", counts.get("") + 1);
		counts.set(host.state, counts.get(host.state) + 1);
		if (host.waiting)
			counts.set("waiting", counts.get("waiting") + 1);
	}
	for (const state of STATES)
		say(byId("count-" + (state || "all")),
		    amount(counts.get(state)));
}

function makeTools()
{
	const search = el("input", {
		type: "search", id: "filter", autocomplete: "off",
		spellcheck: "false", placeholder: "filter hosts",
		"aria-label": "filter hosts by name or rule",
		"aria-keyshortcuts": "/",
		input: () => {
			overview.match = search.value.trim().toLowerCase();
			drawOverview(true);
		},
	});
	const chips = STATES.map((state) => el("label", null,
	    el("input", { type: "radio", name: "state", value: state,
	        checked: state === "", change: () => {
			overview.state = state;
			drawOverview(true);
	    } }), (state || "all") + " ",
	    el("b", { id: "count-" + (state || "all") }, "0")));
	byId("tools").append(search,
	    el("fieldset", { class: "chips", "aria-label": "state" }, chips),
	    el("span", { class: "end" },
	        el("span", { class: "keys" }, el("kbd", null, "/"), " filter ",
	            el("kbd", null, "j"), " ", el("kbd", null, "k"), " rows"),
	        el("span", { id: "process-orders" })));
	byId("more").append(el("span", { id: "more-of" }),
	    el("a", { id: "more-link" }));
}

/* Where budgets are shared: whether they are, and since when. */
function storeWords(store)
{
	const age = el("b", null,
	    duration(store.age + asOf() - world.statusAt));

	if (!store.connected)
		return el("span", { class: "warn" },
		    "without the store for ", age);
	if (store.without)
		return el("span", { class: "warn" },
		    el("b", null, amount(store.without)), " " +
		    (store.without === 1 ? "budget" : "budgets") +
		    " without the store");
	return el("span", null, "store connected for ", age,
	    store.proxies ? ", of " + amount(store.proxies) +
	    (store.proxies === 1 ? " proxy" : " proxies") : "");
}

/* The line that sums it up. */
function drawSummary()
{
	const status = world.status;
	const one = (n, words, warn) => el("span",
	    { class: warn && n ? "warn" : null }, el("b", null, amount(n)),
	    " " + words);
	const waiting = one(status.waiting, status.waiting === 1 ? "waits" :
	    "wait");
	if (status.waiting && status.oldest_wait !== null)
		waiting.append(", longest ", el("b", null,
		    duration(status.oldest_wait + asOf() - world.statusAt)));
	byId("summary").replaceChildren(waiting,
	    one(status.in_flight, "under way"),
	    one(status.paused, status.paused === 1 ? "host paused" :
	        "hosts paused", true),
	    one(status.refused_last_hour, "refused in the last hour", true),
	    ...(status.overrides ? [one(status.overrides, "set by hand")] :
	        []),
	    ...(status.store ? [storeWords(status.store)] : []));
	const words = ["up " + duration(status.up + asOf() - world.statusAt),
	    "configuration of " + clock(status.configuration.loaded)];
	if (status.state === "draining")
		words.unshift("draining: it is about to end");
	say(byId("process"), words.join(" · "));
	set(byId("process"), { title: "sluice " + status.version +
	    ", process " + status.pid });
	document.title = (status.waiting ? "(" + amount(status.waiting) + ") " :
	    "") + "sluice";
}

function drawAccess()
{
	const status = world.status;
	const words = [];
	if (link.refused)
		words.push("The token of this page's address was refused.");
	if (!status.full && maySee())
		words.push("Read only: the configuration says that changes" +
		    " are taken by the socket only (admin.readonly).");
	else if (!status.full)
		words.push("Read only, and rules instead of hosts. Who opens" +
		    " this page with #token=… behind its address sees each" +
		    " host with its requests, and may pause it or set its" +
		    " limits; the file that admin.web_token_file names has" +
		    " the token.");
	if (status.configuration.last_error)
		words.push("The configuration on disk is wrong, and what was" +
		    " read before still holds: " +
		    status.configuration.last_error);
	say(byId("access"), words.join(" "));
}
