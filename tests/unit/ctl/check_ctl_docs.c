/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "check_run.h"
#include "ctl/ctl.h"
#include "ctl/ctl_command.h"
#include "ctl/ctl_usage.h"

/*
 * The table of commands, the help and the manual page name the same commands
 * and options, in the same words.
 */

#define MANUAL	"man/sluice-ctl.8"

static char *
slurp(void)
{
	const char *dir = getenv("srcdir");
	char *text = NULL, path[1024];
	size_t size;
	FILE *in, *out;
	int c;

	snprintf(path, sizeof path, "%s/%s", dir == NULL ? "." : dir, MANUAL);
	in = fopen(path, "r");
	ck_assert_msg(in != NULL, "%s cannot be read", path);
	out = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(out);
	while ((c = getc(in)) != EOF)
		putc(c, out);
	fclose(in);
	fclose(out);
	return text;
}

static unsigned
count_commands(void)
{
	unsigned n = 0;

	while (ctl_commands()[n].name != NULL)
		n++;
	return n;
}

/* All options: those of each command come behind those that each one has. */
static const struct ctl_option *
option_at(unsigned at)
{
	const struct ctl_command *command = ctl_commands();
	const struct ctl_option *o = ctl_options();

	for (;;) {
		for (; o != NULL && o->name != NULL; o++)
			if (at-- == 0)
				return o;
		if (command->name == NULL)
			return NULL;
		o = command++->options;
	}
}

static unsigned
count_options(void)
{
	unsigned n = 0;

	while (option_at(n) != NULL)
		n++;
	return n;
}

/* As the manual has it: ".It Cm pause Ar HOST Ar TIME". */
static void
put_command(struct text *t, const struct ctl_command *command)
{
	const struct ctl_operand *o;

	text_putf(t, "\n.It Cm %s", command->name);
	for (o = command->operands; o->name != NULL; o++)
		text_putf(t, "%s Ar %s", o->optional ? " Op" : "", o->name);
	text_puts(t, command->more ? " ...\n" : "\n");
}

/* ".It Fl n , Fl -limit Ar N". */
static void
put_option(struct text *t, const struct ctl_option *o)
{
	text_puts(t, "\n.It");
	if (o->letter != 0)
		text_putf(t, " Fl %c ,", o->letter);
	text_putf(t, " Fl -%s", o->name);
	if (o->value != NULL)
		text_putf(t, " Ar %s", o->value);
	text_puts(t, "\n");
}

/* Whether the text has that once, with the help as a sentence behind it. */
static void
stands_once(const char *all, struct text *want, const char *help)
{
	const char *got;

	text_put(want, "", 1);
	ck_assert(!want->failed);
	got = strstr(all, want->p);
	ck_assert_msg(got != NULL, "%s has no line%s", MANUAL, want->p);
	ck_assert_msg(strstr(got + 1, want->p) == NULL, "%s has twice%s",
	    MANUAL, want->p);
	got += want->len - 1;
	ck_assert_msg(toupper((unsigned char)help[0]) == got[0] &&
	    strncmp(got + 1, help + 1, strlen(help) - 1) == 0 &&
	    strncmp(got + strlen(help), ".\n", 2) == 0,
	    "%s:%sexpected: %s.\nthere is: %.*s", MANUAL, want->p, help,
	    (int)strcspn(got, "\n"), got);
	text_free(want);
}

START_TEST(manual_has_command)
{
	const struct ctl_command *command = &ctl_commands()[_i];
	struct text want = { NULL, 0, 0, false };
	char *all = slurp();

	put_command(&want, command);
	stands_once(all, &want, command->help);
	free(all);
}
END_TEST

START_TEST(manual_has_option)
{
	const struct ctl_option *o = option_at((unsigned)_i);
	struct text want = { NULL, 0, 0, false };
	char *all = slurp();

	put_option(&want, o);
	stands_once(all, &want, o->help);
	free(all);
}
END_TEST

/* How many lines of the manual begin with that. */
static unsigned
count_lines(const char *begin)
{
	char *all = slurp(), *p = all;
	unsigned n = 0;

	while ((p = strstr(p, begin)) != NULL) {
		p += strlen(begin);
		n++;
	}
	free(all);
	return n;
}

/* Options of one name say the same wherever they stand. */
static unsigned
count_names(void)
{
	const struct ctl_option *o, *other;
	unsigned i, k, n = 0;

	for (i = 0; (o = option_at(i)) != NULL; i++) {
		for (k = 0; k < i; k++) {
			other = option_at(k);
			if (strcmp(o->name, other->name) != 0)
				continue;
			ck_assert_str_eq(o->help, other->help);
			ck_assert_int_eq(o->letter, other->letter);
			break;
		}
		n += k == i;
	}
	return n;
}

START_TEST(manual_has_no_more)
{
	ck_assert_uint_eq(count_lines("\n.It Cm "), count_commands());
	ck_assert_uint_eq(count_lines("\n.It Fl "), count_names());
}
END_TEST

static char *
help_of(const struct ctl_command *command)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	if (command != NULL)
		ctl_usage_command(out, command, ctl_options());
	else
		ctl_print_commands(out);
	fclose(out);
	return text;
}

/* Each of the words stands in the help. */
static void
has_choices(const char *help, const char *choices)
{
	char *words, *word, *rest;

	if (choices == NULL)
		return;
	ck_assert_ptr_nonnull(words = rest = strdup(choices));
	while ((word = strsep(&rest, " ")) != NULL)
		ck_assert_msg(strstr(help, word) != NULL, "%s", word);
	free(words);
}

/* The help of a command has its arguments, and all its options. */
START_TEST(help_has)
{
	const struct ctl_command *command = &ctl_commands()[_i];
	const struct ctl_option *lists[] = { command->options, ctl_options() };
	char *help = help_of(command), *list = help_of(NULL), name[64];
	const struct ctl_operand *operand;
	const struct ctl_option *o;
	unsigned i;

	ck_assert_ptr_nonnull(strstr(help, command->help));
	ck_assert_ptr_nonnull(strstr(list, command->help));
	for (operand = command->operands; operand->name != NULL; operand++) {
		ck_assert_ptr_nonnull(strstr(help, operand->name));
		has_choices(help, operand->choices);
	}
	for (i = 0; i < 2; i++)
		for (o = lists[i]; o != NULL && o->name != NULL; o++) {
			snprintf(name, sizeof name, "  --%s", o->name);
			if (o->letter != 0)
				snprintf(name, sizeof name, "  -%c, --%s",
				    o->letter, o->name);
			ck_assert_ptr_nonnull(strstr(help, name));
			ck_assert_ptr_nonnull(strstr(help, o->help));
			has_choices(help, o->choices);
		}
	free(help);
	free(list);
}
END_TEST

/* No line of help is wider than a terminal. */
START_TEST(help_fits)
{
	const struct ctl_command *command = _i > 0 ?
	    &ctl_commands()[_i - 1] : NULL;
	char *help = help_of(command), *line, *rest = help;

	while ((line = strsep(&rest, "\n")) != NULL)
		ck_assert_msg(strlen(line) < 80, "%s", line);
	free(help);
}
END_TEST

static Suite *
docs_suite(void)
{
	Suite *suite = suite_create("ctl_docs");
	TCase *tc = tcase_create("ctl_docs");

	tcase_add_loop_test(tc, manual_has_command, 0,
	    (int)count_commands());
	tcase_add_loop_test(tc, manual_has_option, 0, (int)count_options());
	tcase_add_test(tc, manual_has_no_more);
	tcase_add_loop_test(tc, help_has, 0, (int)count_commands());
	tcase_add_loop_test(tc, help_fits, 0, (int)count_commands() + 1);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(docs_suite());
}
