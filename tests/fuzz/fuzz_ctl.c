/* SPDX-License-Identifier: ISC */

/*
 * What a command reads of a daemon, and shows to people.  The first byte has
 * how many bytes the socket gives at a time, the second what the answer is
 * taken for; the rest is what the daemon sends.  The linker puts send, recv and
 * connect of here in place of the system's.
 */

#include "fuzz.h"

#include <sys/socket.h>

#include <jansson.h>

#include "ctl/ctl_ask.h"
#include "ctl/ctl_event_row.h"
#include "ctl/ctl_explanation.h"
#include "ctl/ctl_host_row.h"
#include "ctl/ctl_http.h"
#include "ctl/ctl_print.h"

ssize_t	__wrap_recv(int, void *, size_t, int);
ssize_t	__wrap_send(int, const void *, size_t, int);
int	__wrap_connect(int, const struct sockaddr *, socklen_t);

static const uint8_t *input;
static size_t left, step;

ssize_t
__wrap_recv(int fd, void *p, size_t n, int flags)
{
	(void)fd;
	(void)flags;
	n = n < step ? n : step;
	n = n < left ? n : left;
	memcpy(p, input, n);
	input += n;
	left -= n;
	return (ssize_t)n;
}

ssize_t
__wrap_send(int fd, const void *p, size_t n, int flags)
{
	(void)fd;
	(void)p;
	(void)flags;
	return (ssize_t)n;
}

int
__wrap_connect(int fd, const struct sockaddr *to, socklen_t len)
{
	(void)fd;
	(void)to;
	(void)len;
	return 0;
}

/* Nothing that a terminal would obey, and nothing but UTF-8. */
static void
check_shown(const char *p, size_t n)
{
	json_t *text;
	size_t i;

	for (i = 0; i < n; i++)
		REQUIRE((unsigned char)p[i] >= 0x20 ? p[i] != 0x7f :
		    p[i] == '\n');
	text = json_stringn(p, n);
	REQUIRE(text != NULL || n == 0);
	json_decref(text);
}

static void
show(const json_t *json, unsigned as, FILE *out)
{
	static const struct ctl ctl = { .json = false };
	const struct ctl_paper paper = { .out = out, .width = as & 4 ? 40 : 0 };
	struct ctl_table *table;

	(void)ctl;
	switch (as & 3) {
	case 0:
		ctl_event_print(&paper, json);
		break;
	case 1:
		ctl_why_print(&paper, json);
		break;
	default:
		table = ctl_host_table();
		REQUIRE(table != NULL);
		ctl_host_row(table, json);
		ctl_table_print(table, &paper, 0, 10, -1);
		ctl_table_free(table);
	}
}

static void
check_answer(const struct ctl_answer *answer, unsigned as)
{
	char *shown = NULL;
	size_t n = 0;
	FILE *out;

	REQUIRE(answer->status >= 0 && answer->status <= 999);
	REQUIRE(answer->status == 0 || answer->json != NULL);
	REQUIRE(answer->status != 0 || answer->error[0] != '\0');
	if (answer->status == 0)
		return;
	REQUIRE(json_is_object(answer->json));
	out = open_memstream(&shown, &n);
	REQUIRE(out != NULL);
	show(answer->json, as, out);
	fclose(out);
	check_shown(shown, n);
	free(shown);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctl_answer answer = { .status = 0 };
	struct ctl_http *http;
	enum ctl_http_result result;

	if (size < 2)
		return 0;
	step = 1 + data[0] % 64U * 64U;
	input = data + 2;
	left = size - 2;
	http = ctl_http_new();
	REQUIRE(http != NULL);
	REQUIRE(ctl_http_connect(http, "/s") == CTL_HTTP_DONE);
	result = ctl_http_ask(http, "GET", "/v1/status", NULL);
	if (result == CTL_HTTP_DONE) {
		ctl_answer_read(http, &answer);
		check_answer(&answer, data[1]);
		ctl_answer_done(&answer);
	} else {
		REQUIRE(ctl_http_error(http)[0] != '\0');
	}
	ctl_http_free(http);
	return 0;
}
