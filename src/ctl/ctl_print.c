/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_print.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/utf8.h"

/* What the environment and the terminal say of standard output. */

static unsigned
columns(void)
{
	const char *text = getenv("COLUMNS");
	unsigned long n = text != NULL ? strtoul(text, NULL, 10) : 0;
	struct winsize size;

	if (n > 0 && n < 10000)
		return (unsigned)n;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		return size.ws_col;
	return 0;
}

static bool
has_styles(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no == NULL || no[0] == '\0') &&
	    term != NULL && strcmp(term, "dumb") != 0;
}

struct ctl_paper
ctl_paper(void)
{
	struct ctl_paper paper = { stdout, columns(), has_styles() };

	return paper;
}

/* Text */

/* Marks that turn the direction of what follows, or separate lines. */
static bool
is_mark(uint32_t c)
{
	return c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	    c == 0xfeff || (c >= 0xe0000 && c <= 0xe0fff);
}

/* Columns of a character; -1 where it is not to be shown as it is. */
static int
width_of(uint32_t c)
{
	if (c < 0x80)
		return c >= 0x20 && c != 0x7f ? 1 : -1;
	return is_mark(c) ? -1 : wcwidth((wchar_t)c);
}

void
ctl_print_safe(struct text *t, const char *p, size_t n)
{
	uint32_t c = 0;
	size_t len;

	for (; n > 0; p += len, n -= len) {
		len = utf8_take(p, n, &c);
		if (len == 0) {
			len = 1;
			text_putf(t, "\\x%02x", (unsigned char)p[0]);
		} else if (width_of(c) >= 0) {
			text_put(t, p, len);
		} else if (c < 0x80) {
			text_putf(t, "\\x%02x", (unsigned)c);
		} else {
			text_putf(t, "\\u{%x}", (unsigned)c);
		}
	}
}

json_t *
ctl_print_text(const char *text)
{
	json_t *value = json_string(text);
	struct text safe = { .p = NULL };

	if (value != NULL)
		return value;
	ctl_print_safe(&safe, text, strlen(text));
	if (!safe.failed)
		value = json_stringn(safe.p, safe.len);
	text_free(&safe);
	return value;
}

size_t
ctl_print_fit(const char *p, size_t n, unsigned max, unsigned *used)
{
	uint32_t c = 0;
	size_t len, at;
	unsigned width;

	*used = 0;
	for (at = 0; at < n; at += len) {
		len = utf8_take(p + at, n - at, &c);
		width = len == 0 || width_of(c) < 0 ? 1 :
		    (unsigned)width_of(c);
		if (len == 0)
			len = 1;
		if (*used + width > max)
			break;
		*used += width;
	}
	return at;
}

/* How many columns n bytes of safe text take. */
static unsigned
width_of_text(const char *p, size_t n)
{
	unsigned width;

	ctl_print_fit(p, n, UINT32_MAX / 2, &width);
	return width;
}

static const char *
escape(enum ctl_style style)
{
	static const char *const escapes[] = {
		[CTL_PLAIN] = "",
		[CTL_BOLD] = "\033[1m",
		[CTL_DIM] = "\033[2m",
		[CTL_GOOD] = "\033[32m",
		[CTL_WARN] = "\033[33m",
		[CTL_BAD] = "\033[31m",
		[CTL_PICKED] = "\033[7m",
	};

	return escapes[style];
}

/* Prints safe text in a style. */
static void
put(const struct ctl_paper *paper, enum ctl_style style, const char *p,
    size_t n)
{
	bool styled = paper->styles && style != CTL_PLAIN && n > 0;

	if (styled)
		fputs(escape(style), paper->out);
	if (n > 0)
		fwrite(p, 1, n, paper->out);
	if (styled)
		fputs("\033[0m", paper->out);
}

static bool	 lost;

bool
ctl_print_lost(void)
{
	return lost;
}

void
ctl_printf(const struct ctl_paper *paper, enum ctl_style style,
    const char *format, ...)
{
	struct text safe = { NULL, 0, 0, false };
	size_t end = strlen(format);
	bool ends = end > 0 && format[end - 1] == '\n';
	va_list ap;
	char *text;
	int n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n == -1) {
		lost = true;
		return;
	}
	ctl_print_safe(&safe, text, (size_t)n - (ends ? 1 : 0));
	lost = lost || safe.failed;
	put(paper, style, safe.p, safe.len);
	if (ends)
		fputc('\n', paper->out);
	text_free(&safe);
	free(text);
}

/* Tables */

#define COLUMNS	16		/* of a table, at most */
#define GAP	2		/* columns between two of them */
#define FIRST	24		/* columns to which the first one is cut */
#define LAST	8		/* ... and the last one */

struct cell {
	char		*p;	/* safe; owned; NULL: empty */
	size_t		 len;
	unsigned	 width;
	enum ctl_style	 style;
};

struct ctl_table {
	unsigned	 ncolumns;
	bool		 right[COLUMNS];
	struct cell	*cells;	/* row by row; the titles come first */
	size_t		 n;
	size_t		 size;
	bool		 failed;
};

/* Room for one more; NULL without memory. */
static struct cell *
new_cell(struct ctl_table *t)
{
	size_t size = t->size == 0 ? 64 : t->size * 2;
	struct cell *cells;

	if (t->n == t->size) {
		cells = reallocarray(t->cells, size, sizeof *cells);
		if (cells == NULL) {
			t->failed = true;
			return NULL;
		}
		t->cells = cells;
		t->size = size;
	}
	memset(&t->cells[t->n], 0, sizeof t->cells[0]);
	return &t->cells[t->n++];
}

static void
add_cell(struct ctl_table *t, enum ctl_style style, const char *p, size_t n)
{
	struct text safe = { NULL, 0, 0, false };
	struct cell *cell = new_cell(t);

	if (cell == NULL)
		return;
	ctl_print_safe(&safe, p, n);
	t->failed |= safe.failed;
	cell->p = safe.p;
	cell->len = safe.len;
	cell->style = style;
	cell->width = safe.len > 0 ? width_of_text(safe.p, safe.len) : 0;
}

struct ctl_table *
ctl_table_new(const char *titles)
{
	struct ctl_table *t = calloc(1, sizeof *t);
	const char *end;

	for (; t != NULL && t->ncolumns < COLUMNS; titles = end + 1) {
		if (*titles == '>') {
			t->right[t->ncolumns] = true;
			titles++;
		}
		end = strchrnul(titles, '|');
		add_cell(t, CTL_BOLD, titles, (size_t)(end - titles));
		t->ncolumns++;
		if (*end == '\0')
			break;
	}
	return t;
}

void
ctl_table_free(struct ctl_table *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->n; i++)
		free(t->cells[i].p);
	free(t->cells);
	free(t);
}

void
ctl_cell(struct ctl_table *t, enum ctl_style style, const char *format, ...)
{
	va_list ap;
	char *text;
	int n;

	if (t == NULL)
		return;
	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n == -1) {
		t->failed = true;
		return;
	}
	add_cell(t, style, text, (size_t)n);
	free(text);
}

/* Takes from a column what is too much, but leaves it so many columns. */
static void
cut(unsigned *width, unsigned least, unsigned *all, unsigned max)
{
	unsigned most = *width > least ? *width - least : 0;
	unsigned less = *all > max ? *all - max : 0;

	if (less > most)
		less = most;
	*width -= less;
	*all -= less;
}

static void
find_widths(const struct ctl_table *t, unsigned max, unsigned *widths)
{
	unsigned all = GAP * (t->ncolumns - 1), *width;
	size_t i;

	memset(widths, 0, COLUMNS * sizeof *widths);
	for (i = 0; i < t->n; i++) {
		width = &widths[i % t->ncolumns];
		if (t->cells[i].width > *width)
			*width = t->cells[i].width;
	}
	for (i = 0; i < t->ncolumns; i++)
		all += widths[i];
	if (max == 0)
		return;
	cut(&widths[t->ncolumns - 1], LAST, &all, max);
	cut(&widths[0], FIRST, &all, max);
}

static void
spaces(FILE *out, unsigned n)
{
	fprintf(out, "%*s", (int)n, "");
}

/* A cell, cut where its column is; the last one has no spaces behind it. */
static void
print_cell(const struct ctl_paper *paper, const struct cell *cell,
    enum ctl_style style, unsigned width, bool right, bool last)
{
	unsigned used = cell->width;
	size_t len = cell->len;
	bool is_cut = used > width;

	if (is_cut && width > 1)
		len = ctl_print_fit(cell->p, len, width - 1, &used);
	else if (is_cut)
		len = used = 0;
	if (is_cut)
		used++;
	if (right)
		spaces(paper->out, width - used);
	put(paper, style, cell->p, len);
	if (is_cut)
		put(paper, style, "+", 1);
	if (!right && !last)
		spaces(paper->out, width - used);
	if (!last)
		spaces(paper->out, GAP);
}

/* A row that does not fit even so ends where the paper does. */
static void
print_row(const struct ctl_table *t, const struct ctl_paper *paper,
    const struct cell *row, const unsigned *widths, bool picked)
{
	unsigned i, at = 0, width;
	bool last;

	for (i = 0; i < t->ncolumns; i++) {
		width = widths[i];
		if (paper->width > 0 && at + width > paper->width)
			width = paper->width > at ? paper->width - at : 0;
		if (width == 0 && widths[i] > 0)
			break;
		at += width + GAP;
		last = i + 1 == t->ncolumns ||
		    (paper->width > 0 && at >= paper->width);
		print_cell(paper, &row[i], picked ? CTL_PICKED : row[i].style,
		    width, t->right[i], last);
		if (last)
			break;
	}
	fputc('\n', paper->out);
}

void
ctl_table_print(const struct ctl_table *t, const struct ctl_paper *paper,
    size_t from, size_t max, long picked)
{
	unsigned widths[COLUMNS];
	size_t row, rows;

	if (t == NULL || t->failed) {
		lost = true;
		return;
	}
	rows = t->n / t->ncolumns - 1;
	find_widths(t, paper->width, widths);
	print_row(t, paper, t->cells, widths, false);
	for (row = from; row < rows && row - from < max; row++)
		print_row(t, paper, &t->cells[(row + 1) * t->ncolumns], widths,
		    picked >= 0 && (size_t)picked == row);
}
