/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_report.h"

#include <string.h>

#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"
#include "ctl/ctl_print.h"

static const struct {
	const char	*word;		/* as JSON has it */
	const char	*shown;
	enum ctl_style	 style;
	bool		 bad;
} verdicts[] = {
	[CTL_DOCTOR_UNTRIED] = { "untried", "-", CTL_DIM, false },
	[CTL_DOCTOR_GOES] = { "proxy", "ok", CTL_GOOD, false },
	[CTL_DOCTOR_BY_TUNNEL] = { "tunnel", "ok, in a tunnel", CTL_GOOD,
	    false },
	[CTL_DOCTOR_UNKNOWN] = { "unknown", "unknown", CTL_WARN, false },
	[CTL_DOCTOR_BYPASSES] = { "bypasses", "BYPASSES", CTL_BAD, true },
	[CTL_DOCTOR_REFUSED] = { "refused", "refused", CTL_BAD, true },
	[CTL_DOCTOR_DISTRUSTS] = { "distrusts", "distrusts the CA", CTL_BAD,
	    true },
	[CTL_DOCTOR_FAILS] = { "fails", "fails", CTL_BAD, true },
	[CTL_DOCTOR_LATE] = { "late", "no answer", CTL_BAD, true },
};

static const struct {
	const char	*word;
	const char	*title;
	const char	*says;
} modes[CTL_DOCTOR_MODES] = {
	[CTL_DOCTOR_PLAIN] = { "plain", "HTTP", "http://" },
	[CTL_DOCTOR_TUNNEL] = { "tunnel", "HTTPS", "https://" },
	[CTL_DOCTOR_UPSTREAM] = { "upstream", "UPSTREAM",
	    "http:// of a host with https: upstream" },
	[CTL_DOCTOR_INTERCEPT] = { "intercept", "INTERCEPTED",
	    "https:// of a host with https: intercept" },
};

bool
ctl_doctor_report_bad(const struct ctl_doctor_try *tried)
{
	unsigned i;
	int m;

	for (i = 0; i < tried->nrows; i++)
		for (m = 0; m < CTL_DOCTOR_MODES; m++)
			if (verdicts[tried->rows[i].cells[m].verdict].bad)
				return true;
	return false;
}

/* How it is mended */

/* Puts a text with the names in it replaced. */
static void
put_proxy(struct text *t, const char *from, const struct ctl_client *proxy)
{
	const struct {
		const char	*name;
		const char	*value;
	} names[] = {
		{ "@PROXY@", proxy->proxy }, { "@HOST@", proxy->host },
		{ "@PORT@", proxy->port },
	};
	size_t i, n;

	while (*from != '\0') {
		for (i = 0; i < 3; i++)
			if (strncmp(from, names[i].name,
			    strlen(names[i].name)) == 0)
				break;
		n = i < 3 ? strlen(names[i].name) : 1;
		text_put(t, i < 3 ? names[i].value : from, i < 3 ?
		    strlen(names[i].value) : 1);
		from += n;
	}
}

/* Puts what is to be done; "" where that is not known. */
static void
put_mend(struct text *t, const struct ctl_doctor_report *r,
    const struct ctl_doctor_row *row, enum ctl_doctor_verdict verdict)
{
	if (verdict == CTL_DOCTOR_BYPASSES)
		put_proxy(t, row->client->proxy, r->client);
	if (verdict == CTL_DOCTOR_DISTRUSTS)
		ctl_advice_put(t, row->client->trust, &r->files);
	text_put(t, "", 1);
}

/* JSON */

static json_t *
cell_json(const struct ctl_doctor_report *r, const struct ctl_doctor_row *row,
    int mode)
{
	const struct ctl_doctor_cell *cell = &row->cells[mode];
	struct text mend = { .p = NULL };
	json_t *json;

	put_mend(&mend, r, row, cell->verdict);
	json = json_pack("{s:s, s:o, s:o}", "verdict",
	    verdicts[cell->verdict].word, "says", cell->line[0] != '\0' ?
	    ctl_print_text(cell->line) : json_null(), "mend", mend.p != NULL &&
	    mend.p[0] != '\0' ? ctl_print_text(mend.p) : json_null());
	text_free(&mend);
	return json;
}

static json_t *
clients_json(const struct ctl_doctor_report *r)
{
	json_t *list = json_array(), *one;
	const struct ctl_doctor_row *row;
	unsigned i;
	int m;

	for (i = 0; i < r->tried->nrows; i++) {
		row = &r->tried->rows[i];
		if (row->absent)
			continue;
		one = json_pack("{s:s, s:o}", "client", row->client->name,
		    "program", ctl_print_text(row->program));
		for (m = 0; m < CTL_DOCTOR_MODES; m++)
			(void)json_object_set_new(one, modes[m].word,
			    cell_json(r, row, m));
		(void)json_array_append_new(list, one);
	}
	return list;
}

static int
report_json(const struct ctl *c, const struct ctl_doctor_report *r)
{
	json_t *all = json_pack("{s:b, s:O, s:o}", "ok", !r->findings->bad &&
	    !ctl_doctor_report_bad(r->tried), "checks", r->findings->list,
	    "clients", clients_json(r));
	bool ok = all != NULL && ctl_print_json(all);

	json_decref(all);
	return ok ? CTL_DONE : ctl_fail(c, CTL_FAILED, "out of memory");
}

/* For people */

static void
print_findings(const struct ctl_paper *paper, const json_t *list)
{
	const char *level;
	const json_t *one;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		one = json_array_get(list, i);
		level = ctl_string(one, "level", "");
		ctl_printf(paper, strcmp(level, "ok") == 0 ? CTL_GOOD :
		    strcmp(level, "bad") == 0 ? CTL_BAD : CTL_WARN, "%-4s",
		    level);
		ctl_printf(paper, CTL_PLAIN, "  %-13s  %s\n",
		    ctl_string(one, "about", ""), ctl_string(one, "says", ""));
	}
}

static void
print_table(const struct ctl_paper *paper, const struct ctl_doctor_try *tried)
{
	struct ctl_table *table;
	char titles[128] = "CLIENT";
	const struct ctl_doctor_row *row;
	enum ctl_doctor_verdict v;
	unsigned i;
	int m;

	for (m = 0; m < CTL_DOCTOR_MODES; m++)
		if (tried->hosts[m] != NULL)
			snprintf(titles + strlen(titles), sizeof titles -
			    strlen(titles), "|%s", modes[m].title);
	table = ctl_table_new(titles);
	for (i = 0; i < tried->nrows; i++) {
		row = &tried->rows[i];
		if (row->absent)
			continue;
		ctl_cell(table, CTL_PLAIN, "%s", row->client->name);
		for (m = 0; m < CTL_DOCTOR_MODES; m++) {
			v = row->cells[m].verdict;
			if (tried->hosts[m] != NULL)
				ctl_cell(table, verdicts[v].style, "%s",
				    m == CTL_DOCTOR_TUNNEL && v ==
				    CTL_DOCTOR_GOES ? "tunnel" :
				    verdicts[v].shown);
		}
	}
	ctl_printf(paper, CTL_PLAIN, "\n");
	if (table != NULL)
		ctl_table_print(table, paper, 0, tried->nrows, -1);
	ctl_table_free(table);
}

/* A line for a client that is bad in that way, if it is. */
static void
print_mend(const struct ctl_paper *paper, const struct ctl_doctor_report *r,
    const struct ctl_doctor_row *row, enum ctl_doctor_verdict verdict)
{
	struct text mend = { .p = NULL };
	int m = 0;

	while (m < CTL_DOCTOR_MODES && row->cells[m].verdict != verdict)
		m++;
	if (m == CTL_DOCTOR_MODES)
		return;
	put_mend(&mend, r, row, verdict);
	ctl_printf(paper, CTL_BOLD, "    %-16s", row->client->name);
	if (mend.p != NULL && mend.p[0] != '\0')
		ctl_printf(paper, CTL_PLAIN, " %s\n", mend.p);
	else
		ctl_printf(paper, CTL_PLAIN, " %s: %s\n", modes[m].says,
		    row->cells[m].line[0] != '\0' ? row->cells[m].line :
		    "it says nothing");
	text_free(&mend);
}

static bool
has(const struct ctl_doctor_try *tried, enum ctl_doctor_verdict verdict)
{
	unsigned i;
	int m;

	for (i = 0; i < tried->nrows; i++)
		for (m = 0; m < CTL_DOCTOR_MODES; m++)
			if (tried->rows[i].cells[m].verdict == verdict)
				return true;
	return false;
}

static void
print_mends(const struct ctl_paper *paper, const struct ctl_doctor_report *r)
{
	static const struct {
		enum ctl_doctor_verdict	 verdict;
		const char		*says;
	} groups[] = {
		{ CTL_DOCTOR_BYPASSES, "These go direct, past all limits.  "
		    "What tells them of the proxy:" },
		{ CTL_DOCTOR_REFUSED, "These go by the daemon, which refuses "
		    "them:" },
		{ CTL_DOCTOR_UNKNOWN, "Whether these went by the daemon is not "
		    "known:" },
		{ CTL_DOCTOR_DISTRUSTS, "These do not trust the CA.  What has "
		    "them trust it:" },
		{ CTL_DOCTOR_FAILS, "These came nowhere, and say:" },
		{ CTL_DOCTOR_LATE, "These came nowhere in time, and say:" },
	};
	unsigned i, k;

	for (k = 0; k < sizeof groups / sizeof groups[0]; k++) {
		if (!has(r->tried, groups[k].verdict))
			continue;
		ctl_printf(paper, CTL_PLAIN, "\n");
		ctl_printf(paper, CTL_PLAIN, "%s\n", groups[k].says);
		for (i = 0; i < r->tried->nrows; i++)
			print_mend(paper, r, &r->tried->rows[i],
			    groups[k].verdict);
	}
	if (!has(r->tried, CTL_DOCTOR_BYPASSES) &&
	    !has(r->tried, CTL_DOCTOR_DISTRUSTS))
		return;
	ctl_printf(paper, CTL_PLAIN, "\n");
	ctl_printf(paper, CTL_PLAIN, "All of it at once: eval \"$(sluice env)"
	    "\", or sluice exec PROGRAM, which sluice doctor --exec tries.\n");
}

int
ctl_doctor_report(const struct ctl *c, const struct ctl_doctor_report *r)
{
	struct ctl_paper paper = ctl_paper();

	if (c->json)
		return report_json(c, r);
	print_findings(&paper, r->findings->list);
	if (r->tried->nrows > 0)
		print_table(&paper, r->tried);
	print_mends(&paper, r);
	return CTL_DONE;
}
