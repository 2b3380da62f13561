/* SPDX-License-Identifier: ISC */

/*
 * limits_said
 *
 * Reads heads of responses and prints what they say of their host's limits:
 *
 *	curl -sI https://api.github.com/ | ./limits_said
 *
 *	cc -o limits_said limits_said.c \
 *	    $(pkg-config --cflags --libs libsluice)
 */

#include <ctype.h>
#include <err.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sluice/hint.h>
#include <sluice/throttle.h>

/* What a stranger wrote goes to a terminal without its escapes. */
static void
print_name(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		putchar(isprint((unsigned char)name[i]) ? name[i] : '?');
}

static double
seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

static void
print_budget(const struct sluice_budget *b)
{
	static const char *const units[] = {
		"requests", "requests at a time", "tokens or the like"
	};

	printf("  %s", b->source);
	if (b->name != NULL) {
		printf(" \"");
		print_name(b->name, b->name_length);
		putchar('"');
	}
	printf(", %s:", units[b->unit <= SLUICE_BUDGET_OTHER ? b->unit :
	    SLUICE_BUDGET_OTHER]);
	if (b->known & SLUICE_BUDGET_REMAINING)
		printf(" %" PRIu64 " left", b->remaining / SLUICE_UNIT);
	if (b->known & SLUICE_BUDGET_LIMIT)
		printf(" of %" PRIu64, b->limit / SLUICE_UNIT);
	if (b->known & SLUICE_BUDGET_WINDOW)
		printf(" in %g s", seconds(b->window));
	if (b->known & SLUICE_BUDGET_RESET)
		printf(", %s in %g s", b->known & SLUICE_BUDGET_REFILLS ?
		    "full" : "reset", seconds(b->reset));
	putchar('\n');
}

static void
print_hint(const struct sluice_hint *h, int status)
{
	unsigned flags = sluice_hint_flags(h);
	struct sluice_budget budget;
	const char *name;
	size_t i, length;

	printf("%d: %s\n", status, flags & SLUICE_HINT_CONCURRENCY ?
	    "refused, too many at a time" : flags & SLUICE_HINT_THROTTLED ?
	    "refused for a limit" : "not refused for a limit");
	if (sluice_hint_pause(h) == UINT64_MAX)
		printf("  wait for longer than can be said (%s)\n",
		    sluice_hint_source(h));
	else if (sluice_hint_pause(h) > 0)
		printf("  wait %g s (%s)\n", seconds(sluice_hint_pause(h)),
		    sluice_hint_source(h));
	if (flags & SLUICE_HINT_NO_RETRY)
		printf("  do not send it again\n");
	if ((name = sluice_hint_part(h, &length)) != NULL) {
		printf("  it belongs to \"");
		print_name(name, length);
		printf("\"%s\n", flags & SLUICE_HINT_PARTIAL ?
		    ", and that alone is meant" : "");
	}
	if ((name = sluice_hint_unusable(h, &length)) != NULL) {
		printf("  no sense could be made of ");
		print_name(name, length);
		putchar('\n');
	}
	for (i = 0; sluice_hint_budget(h, i, &budget, sizeof budget); i++)
		print_budget(&budget);
}

/* Tells of the head that was read until now, if there was one. */
static void
end_head(struct sluice_hint *h, int *status)
{
	enum sluice_result result;

	if (*status != 0) {
		result = sluice_hint_read(h, *status, (int64_t)time(NULL));
		if (result == SLUICE_OK)
			print_hint(h, *status);
		else
			warnx("%s", sluice_strerror((int)result));
	}
	sluice_hint_begin(h);
	*status = 0;
}

/* "HTTP/1.1 200 OK" */
static int
status_of(const char *line)
{
	const char *space = strchr(line, ' ');

	return space != NULL ? (int)strtol(space, NULL, 10) : 0;
}

static void
read_line(struct sluice_hint *h, char *line, int *status)
{
	enum sluice_result result;
	char *colon;

	line[strcspn(line, "\r\n")] = '\0';
	if (strncmp(line, "HTTP/", 5) == 0) {
		end_head(h, status);
		*status = status_of(line);
		return;
	}
	colon = strchr(line, ':');
	if (colon == NULL || *status == 0)
		return;
	result = sluice_hint_field(h, line, (size_t)(colon - line), colon + 1,
	    strlen(colon + 1));
	if (result != SLUICE_OK)
		warnx("%.*s: %s", (int)(colon - line), line,
		    sluice_strerror((int)result));
}

int
main(void)
{
	struct sluice_hint *h = sluice_hint_new();
	int status = 0;
	char *line = NULL;
	size_t size = 0;

	if (h == NULL)
		errx(1, "out of memory");
	while (getline(&line, &size, stdin) > 0)
		read_line(h, line, &status);
	end_head(h, &status);
	free(line);
	sluice_hint_free(h);
	return 0;
}
