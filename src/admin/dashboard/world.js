/*
 * What is known of the daemon: what the stream has told, with the instant on
 * this page's own clock at which it did.  Countdowns and buckets go on from
 * there by themselves, so that nothing has to be sent for them.
 */

const KEPT_EVENTS = 200;
const HISTORY = 600;		/* seconds of it */

const world = {
	status: null,
	statusAt: 0,
	hosts: new Map(),	/* key: { host, at, history } */
	events: [],		/* the newest first */
	lastEvent: 0,
	newEvents: false,	/* since they were shown */
};

const now = () => performance.now() / 1000;

/* The instant that is shown: figures of a lost daemon do not go on. */
const asOf = () => (link.state === "lost" ? link.heard : now());

/* How many seconds ago that was told. */
const age = (told) => Math.max(0, asOf() - told.at);

/*
 * Takes a host as it is now.  Its history comes whole, or as the last step
 * only; a host in which nothing happens is not told, so that the steps between
 * are made up here: as many as wait, and nothing else.
 */
function learnHost(host, whole)
{
	let told = world.hosts.get(host.key);
	if (!told) {
		told = { host, at: 0, history: null };
		world.hosts.set(host.key, told);
	}
	if (host.history)
		told.history = whole || !told.history ?
		    wholeHistory(host.history) :
		    laterHistory(told.history, host.history,
		        told.host.waiting);
	told.host = host;
	told.at = now();
}

function wholeHistory(history)
{
	return {
		step: history.step,
		started: history.started.slice(),
		waiting: history.waiting.slice(),
		refused: history.refused.slice(),
		at: now(),
	};
}

function pushStep(history, started, waiting, refused)
{
	const most = Math.ceil(HISTORY / history.step);
	history.started.push(started);
	history.waiting.push(waiting);
	history.refused.push(refused);
	for (const row of [history.started, history.waiting, history.refused])
		row.splice(0, Math.max(0, row.length - most));
}

/* Moves it on to the present, with the steps of which nothing was told. */
function moveHistory(history, waiting)
{
	const steps = Math.floor((asOf() - history.at) / history.step);
	for (let i = 0; i < Math.min(steps, HISTORY); i++)
		pushStep(history, 0, waiting, 0);
	history.at += Math.max(0, steps) * history.step;
}

function laterHistory(history, last, waiting)
{
	const end = last.started.length - 1;
	/* A second that comes a little early is the next one, too. */
	history.at -= history.step / 4;
	moveHistory(history, waiting);
	history.at += history.step / 4;
	const at = history.started.length - 1;
	if (end < 0 || at < 0)
		return history;
	history.started[at] = last.started[end];
	history.waiting[at] = last.waiting[end];
	history.refused[at] = last.refused[end];
	return history;
}

function learnLive(live)
{
	world.status = live.status;
	world.statusAt = now();
	for (const host of live.hosts)
		learnHost(host, false);
	for (const key of live.gone)
		world.hosts.delete(key);
}

function learnEvent(event)
{
	if (event.id <= world.lastEvent)
		return false;
	world.lastEvent = event.id;
	world.events.unshift(event);
	world.events.length = Math.min(world.events.length, KEPT_EVENTS);
	world.newEvents = true;
	return true;
}

/* Another daemon than before, or the same one started again. */
function forgetWorld()
{
	world.hosts.clear();
	world.events = [];
	world.lastEvent = 0;
}

/*
 * What is left in a bucket now, at most: it fills by itself.  Of one that is
 * shared others may have taken of what nobody had when the store told it.
 */
function leftNow(budget, told)
{
	const filled = Math.min(age(told), budget.full_in);
	const pace = budget.capacity / budget.period;
	const here = budget.left + filled * pace;
	const store = budget.store;
	if (store && store.without === "hold")
		return Math.min(here, store.leased);
	if (!store || store.without || store.left === null)
		return here;
	return Math.min(here, store.leased + store.left +
	    (store.age + age(told)) * pace);
}

const shareLeft = (budget, told) => leftNow(budget, told) / budget.burst;

/* The budget of which the smallest share is left. */
function tightest(told)
{
	let least = null;
	for (const budget of told.host.budgets)
		if (!least || shareLeft(budget, told) < shareLeft(least, told))
			least = budget;
	return least;
}

const pauseLeft = (told) =>
    told.host.pause ? told.host.pause.remaining - age(told) : 0;

/*
 * How bad it is, in steps so coarse that a row does not move for a trifle:
 * the state, then how many wait, to a power of two.
 */
function badness(told)
{
	const host = told.host;
	const states = { open: 0, draining: 2, recovering: 2, paused: 4 };
	const waits = host.waiting ? 1 : 0;
	return (states[host.state] + waits) * 64 +
	    Math.floor(Math.log2(host.waiting + 1)) * 2 +
	    (host.in_flight ? 1 : 0);
}
