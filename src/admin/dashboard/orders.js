/*
 * Orders: each is asked for in a dialog, with a reason that goes to the log and
 * to whoever looks at this page.  What is wrong is said by the daemon, in the
 * dialog, which stays open then.
 */

const FOR = { name: "for", label: "for (30s, 5m, 1h)", required: true };
const REASON = { name: "reason", label: "reason, for the log and whoever looks",
    maxlength: 200 };

/* What each asks for, and whom: {fields, says, method, path}. */
const orders = {
	pause: {
		says: "Admits nobody until then; who is in flight goes on.",
		fields: [{ ...FOR, value: "5m" }, REASON],
	},
	resume: {
		says: "Ends every pause there, recovery and draining.",
		fields: [REASON],
	},
	drain: {
		says: "Refuses newcomers until it is resumed; who waits or is" +
		    " in flight goes on.",
		fields: [REASON],
	},
	set: {
		says: "Holds until then instead of what the configuration" +
		    " says. What is left empty stays as it is.",
		fields: [
			{ name: "capacity", label: "capacity", number: true },
			{ name: "period", label: "period (1s, 1m)" },
			{ name: "burst", label: "burst", number: true },
			{ name: "concurrency", label: "at a time (0: no limit)",
			    number: true },
			{ ...FOR, value: "1h" }, REASON,
		],
		method: "PUT", path: "limits",
	},
	unset: {
		says: "What the configuration says holds again.",
		fields: [], method: "DELETE", path: "limits",
	},
	forget: {
		says: "Makes it as new: what was spent, paused and learned is" +
		    " gone. Who waits or is in flight stays.",
		fields: [REASON],
	},
	reload: {
		says: "Reads the configuration again.",
		fields: [REASON],
	},
};

function orderButton(name, key)
{
	return el("button", {
		type: "button", "data-order": name,
		"aria-label": key ? name + " " + key : name,
		"aria-haspopup": "dialog",
		click: () => askOrder(name, key),
	}, name);
}

function field(one)
{
	return el("label", null, one.label, el("input", {
		name: one.name, value: one.value, maxlength: one.maxlength,
		required: one.required, autocomplete: "off",
		inputmode: one.number ? "decimal" : null,
	}));
}

/* What was entered, as the API has it. */
function entered(form, fields)
{
	const body = {};
	for (const one of fields) {
		const value = form.elements[one.name].value.trim();
		if (value === "")
			continue;
		/* What is no number the daemon shall name as such. */
		body[one.name] = one.number && isFinite(value) ?
		    Number(value) : value;
	}
	return body;
}

function changeWords(name, answer)
{
	if (name === "reload")
		return "configuration read again: " + answer.says +
		    (answer.warnings.length ? ". Warnings: " +
		        answer.warnings.join("; ") : "");
	return answer.key + ": " + answer.is;
}

async function send(name, key, form, dialog)
{
	const what = orders[name];
	const path = key ? hostPath(key, what.path || name) : "/v1/" + name;
	const error = dialog.querySelector(".error");
	const button = dialog.querySelector("button.main");
	button.disabled = true;
	error.textContent = "";
	try {
		const answer = await order(what.method || "POST", path,
		    what.method === "DELETE" ? undefined :
		        entered(form, what.fields));
		dialog.close();
		announce(changeWords(name, answer));
		ordered(key);
	} catch (wrong) {
		error.textContent = wrong.message;
	}
	button.disabled = false;
}

function askOrder(name, key)
{
	const what = orders[name];
	const fields = what.fields.map(field);
	const wide = what.fields.includes(REASON) ? [fields.pop()] : [];
	const title = name === "reload" ? "Reload the configuration" :
	    name === "set" ? "Set limits of " + key :
	    name === "unset" ? "Unset the limits of " + key :
	    name[0].toUpperCase() + name.slice(1) + " " + key;
	const form = el("form", { submit: (event) => {
		event.preventDefault();
		send(name, key, form, dialog);
	} },
	    el("h2", { id: "order-title" }, title),
	    el("p", { id: "order-says" }, what.says),
	    el("div", { class: what.fields.length > 3 ? "fields" : null },
	        fields), wide,
	    el("p", { class: "error", role: "alert" }),
	    el("div", { class: "end" },
	        el("button", { type: "button", click: () => dialog.close() },
	            "cancel"),
	        el("button", { type: "submit", class: "main" }, name)));
	openDialog("order", form);
	const dialog = form.parentNode;
	(form.querySelector("input") || form.querySelector("button.main"))
	    .focus();
}

/* One at a time; it is gone when it is closed, and focus is where it was. */
function openDialog(id, content)
{
	const before = document.activeElement;
	const dialog = el("dialog", { id, "aria-labelledby": id + "-title",
	    "aria-describedby": id + "-says", close: () => {
		dialog.remove();
		if (before && before.isConnected)
			before.focus();
		else
			byId("main").focus();
	} }, content);
	document.body.append(dialog);
	dialog.showModal();
}

const KEYS = [["/", "filter hosts"], ["j, k", "next, previous row"],
    ["Enter", "the host's page"], ["Esc", "back; empties the filter"],
    ["?", "these keys"]];

function showKeys()
{
	openDialog("keys", el("div", null,
	    el("h2", { id: "keys-title" }, "Keys"),
	    el("dl", { id: "keys-says" }, KEYS.map(([key, what]) =>
	        [el("dt", null, el("kbd", null, key)), el("dd", null, what)])),
	    el("p", null, "Esc closes this.")));
}
