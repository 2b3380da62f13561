/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_data.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl_args.h"
#include "ctl/ctl_fail.h"

/* Returns false where it cannot be read, or is too long (then errno is 0). */
static bool
read_file(FILE *f, struct text *body)
{
	char buf[4096];
	size_t n;

	errno = 0;
	while ((n = fread(buf, 1, sizeof buf, f)) > 0) {
		if (body->len + n > CTL_DATA)
			return false;
		text_put(body, buf, n);
	}
	return !ferror(f);
}

static int
data_of(const struct ctl *c, const char *path, struct text *body)
{
	bool in = strcmp(path, "-") == 0, ok;
	FILE *f = in ? stdin : fopen(path, "r");

	if (f == NULL)
		return ctl_fail(c, CTL_USAGE, "--data: %s: %s", path,
		    strerror(errno));
	ok = read_file(f, body);
	if (!ok)
		ctl_fail(c, CTL_USAGE, "--data: %s: %s", path, errno != 0 ?
		    strerror(errno) : "longer than 16 MiB");
	if (!in)
		fclose(f);
	return ok ? CTL_DONE : CTL_USAGE;
}

int
ctl_data(const struct ctl *c, struct text *body)
{
	const char *data = ctl_arg(c, "data");
	int status = CTL_DONE;

	*body = (struct text){ 0 };
	if (data == NULL)
		return CTL_DONE;
	if (data[0] == '@')
		status = data_of(c, data + 1, body);
	else
		text_puts(body, data);
	if (status == CTL_DONE && body->failed)
		return ctl_fail(c, CTL_FAILED, "out of memory");
	return status;
}
