/*
 * Elements.  What is shown comes from others (names of hosts, paths, fields
 * that were received), so it gets into the page as text only, and without marks
 * that would have it read as something else; there is no other way here.
 */

const byId = (id) => document.getElementById(id);

function fill(node, children)
{
	for (const child of children.flat(2))
		if (child !== null && child !== undefined && child !== false)
			node.append(typeof child === "string" ? shown(child) :
			    child);
	return node;
}

/* An element: its attributes by name, and what is in it. */
function el(tag, attributes, ...children)
{
	const node = document.createElement(tag);
	set(node, attributes);
	return fill(node, children);
}

function svg(tag, attributes, ...children)
{
	const node = document.createElementNS("http://www.w3.org/2000/svg",
	    tag);
	set(node, attributes);
	return fill(node, children);
}

/* Changes only what differs: most rows stay as they are most of the time. */
function set(node, attributes)
{
	for (const [name, value] of Object.entries(attributes || {})) {
		if (typeof value === "function")
			node.addEventListener(name, value);
		else if (value === null || value === false ||
		    value === undefined)
			node.removeAttribute(name);
		else
			setText(node, name, value === true ? "" : value);
	}
}

/* A title is shown, too. */
function setText(node, name, value)
{
	const text = name === "title" ? shown(value) : String(value);
	if (node.getAttribute(name) !== text)
		node.setAttribute(name, text);
}

function say(node, text)
{
	const safe = shown(text);
	if (node.textContent !== safe)
		node.textContent = safe;
}

/* A table for figures, with what stands above its columns. */
function table(heads, rows)
{
	return el("table", { class: "plain" },
	    el("thead", null, el("tr", null, heads.map((head) =>
	        el("th", { scope: "col", class: head.cls || null },
	            head.name)))),
	    el("tbody", null, rows));
}

/* A bar of what is left of all; low where less than a tenth is. */
function bar(share)
{
	const node = svg("svg", { class: "bar", "aria-hidden": "true" },
	    svg("rect", { height: "100%", rx: 4 }));
	setBar(node, share);
	return node;
}

/* A bar of two parts, one behind the other. */
function twoBars(first, second)
{
	const share = (n) => Math.max(0, Math.min(1, n)) * 100;
	const at = share(first), wide = Math.min(share(second), 100 - at);
	return svg("svg", { class: "bar parted", "aria-hidden": "true" },
	    svg("rect", { height: "100%", width: at.toFixed(1) + "%" }),
	    svg("rect", { class: "more", height: "100%",
	        x: at.toFixed(1) + "%", width: wide.toFixed(1) + "%" }));
}

function setBar(node, share)
{
	const width = Math.max(0, Math.min(1, share)) * 100;
	set(node, { class: share < 0.1 ? "bar low" : "bar" });
	set(node.firstChild, { width: width.toFixed(1) + "%" });
}

/* A state, by its word. */
function pill(state, text)
{
	return el("span", { class: "pill " + state }, text || state);
}
