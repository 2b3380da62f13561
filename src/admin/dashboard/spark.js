/*
 * Ten minutes of a host: what started as a line, what waited as an area, and
 * a mark where the host refused.
 */

/* So many steps become one point, that a pixel has one of its own. */
function gather(row, points, join)
{
	const each = Math.max(1, Math.ceil(row.length / points));
	const out = [];
	for (let end = row.length; end > 0; end -= each)
		out.unshift(row.slice(Math.max(0, end - each), end)
		    .reduce(join, 0));
	return out;
}

const sum = (a, b) => a + b;
const most = (a, b) => Math.max(a, b);

function sparkFrame(width, height, cls)
{
	return svg("svg", { class: cls, viewBox: `0 0 ${width} ${height}`,
	    preserveAspectRatio: "none", role: "img" },
	    svg("path", { class: "base" }), svg("path", { class: "w" }),
	    svg("path", { class: "s" }), svg("path", { class: "r" }));
}

/* Draws a told host's history into a frame of that size. */
function drawSpark(frame, told, width, height)
{
	const points = Math.min(150, Math.round(width / 2.2));
	const history = told.history;
	if (!history)
		return;
	moveHistory(history, told.host.waiting);
	const started = gather(history.started, points, sum);
	const waiting = gather(history.waiting, points, most);
	const refused = gather(history.refused, points, sum);
	const each = Math.max(1,
	    Math.ceil(history.started.length / points));
	const whole = HISTORY / history.step / each;
	const step = width / Math.max(1, Math.min(points, whole) - 1);
	const x = (i, row) => (width - (row.length - 1 - i) * step).toFixed(1);
	const floor = height - 1;
	const scale = (row, least) => Math.max(least, ...row);
	const y = (value, of) => (floor - value / of * (height - 4)).toFixed(1);
	const line = (row, of) => row.map((value, i) =>
	    x(i, row) + " " + y(value, of)).join("L");
	const [base, w, s, r] = frame.children;
	set(base, { d: `M0 ${floor}H${width}` });
	set(w, { d: waiting.some(Boolean) ? `M${x(0, waiting)} ${floor}L` +
	    line(waiting, scale(waiting, 4)) + `L${width} ${floor}Z` : "" });
	set(s, { d: started.some(Boolean) ?
	    "M" + line(started, scale(started, 4)) : "" });
	set(r, { d: refused.map((n, i) => n ?
	    `M${x(i, refused)} 0V${Math.round(height / 4)}` : "").join("") });
	set(frame, { "aria-label": "in the last ten minutes " +
	    history.started.reduce(sum, 0) + " started, at most " +
	    history.waiting.reduce(most, 0) + " waited, the host refused " +
	    history.refused.reduce(sum, 0) });
}
