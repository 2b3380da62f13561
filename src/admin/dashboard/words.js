"use strict";
/*
 * Numbers and times as people read them; the same forms as in sluice's answers
 * and logs.
 */

const pad = (n) => String(n).padStart(2, "0");

/* So many of one unit, and of the next smaller one where there are any. */
function twoUnits(n, of, large, small)
{
	const rest = n % of;
	return Math.floor(n / of) + " " + large +
	    (rest ? " " + rest + " " + small : "");
}

/* Seconds, in words: "18.4 s", "11 min", "1 h 30 min", "6 d 4 h". */
function duration(seconds)
{
	const s = Math.max(0, seconds);
	if (s > 0 && s < 0.001)
		return "less than 1 ms";
	if (s > 0 && s < 1)
		return Math.round(s * 1000) + " ms";
	if (s < 10)
		return String(Math.round(s * 10) / 10) + " s";
	if (s < 120)
		return Math.round(s) + " s";
	if (s < 600)
		return twoUnits(Math.round(s), 60, "min", "s");
	if (s < 3600)
		return Math.round(s / 60) + " min";
	if (s < 172800)
		return twoUnits(Math.round(s / 60), 60, "h", "min");
	return twoUnits(Math.round(s / 3600), 24, "d", "h");
}

/* The same, where it changes all the time, without milliseconds. */
function tenths(seconds)
{
	return seconds >= 0.95 ? duration(Math.max(1, seconds)) :
	    "0." + Math.max(1, Math.round(seconds * 10)) + " s";
}

/* What is left until then: never 0 s while there is some. */
function countdown(seconds)
{
	return duration(seconds < 120 ? Math.max(1, Math.ceil(seconds)) :
	    seconds);
}

/* A number with three digits or so: 7, 18.3k, 2.1M. */
function amount(n)
{
	const size = Math.abs(n);
	const short = (x) => String(Math.round(x * 10) / 10);
	if (size >= 1e6)
		return short(n / 1e6) + "M";
	if (size >= 1e4)
		return short(n / 1e3) + "k";
	if (size >= 100 || Number.isInteger(n))
		return String(Math.round(n));
	/* Not "1" while a request of cost 1 would have to wait. */
	return String(Math.floor(n * 10) / 10);
}

/* "1 host", "3 hosts". */
function count(n, one, many)
{
	return amount(n) + " " + (n === 1 ? one : many);
}

/*
 * Control characters, marks that turn the direction of what follows, and others
 * that nobody sees: what sluice's commands do not show as they are.
 */
const unseen = new RegExp("[\\u0000-\\u0008\\u000b-\\u001f" +
    "\\u007f-\\u009f\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff" +
    "\\u{e0000}-\\u{e0fff}]", "gu");

/* A text with these spelled out, as those do: "a\x1b", "a\u{202e}b". */
function shown(text)
{
	return String(text).replace(unseen, (mark) => {
		const c = mark.codePointAt(0), hex = c.toString(16);
		return c < 0x80 ? "\\x" + hex.padStart(2, "0") :
		    "\\u{" + hex + "}";
	});
}

/* An instant on this machine's clock: 10:41:07, with the day if not today. */
function clock(instant, withSeconds)
{
	const then = new Date(instant);
	const day = then.toDateString() === new Date().toDateString() ? "" :
	    then.getFullYear() + "-" + pad(then.getMonth() + 1) + "-" +
	    pad(then.getDate()) + " ";
	return day + pad(then.getHours()) + ":" + pad(then.getMinutes()) +
	    (withSeconds ? ":" + pad(then.getSeconds()) : "");
}

/* Why a host is paused, by the API's word. */
const causes = {
	named: "the host said so",
	backoff: "it refused without a time",
	exhausted: "it said nothing is left",
	manual: "by an operator",
};

/* Where a limit is from. */
const origins = {
	file: "file",
	override: "set for a time",
	estimate: "learned",
	preset: "preset",
	default: "default",
};

const kinds = {
	refusal: "refused",
	pause: "paused",
	resume: "resumed",
	recovery: "recovering",
	open: "open",
	wait: "waiting",
	full: "full",
	not_full: "not full",
	drain: "draining",
	forget: "forgotten",
	override: "limits",
	reload: "reload",
	warning: "warning",
};
