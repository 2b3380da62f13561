/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_process.h"

#include <stdio.h>
#include <string.h>

bool
ctl_doctor_process(const char *pid, struct ctl_doctor_process *process)
{
	char path[64], text[512], *end;
	size_t n;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
	if ((f = fopen(path, "re")) == NULL)
		return false;
	n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = '\0';
	/* behind its name, which may have anything in it (proc(5)) */
	end = strrchr(text, ')');
	return end != NULL && sscanf(end, ") %*c %d %*d %d", &process->parent,
	    &process->session) == 2;
}
