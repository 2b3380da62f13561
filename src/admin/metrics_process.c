/* SPDX-License-Identifier: ISC */
#include "admin/metrics_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Reads the beginning of a file under /proc. */
static void
read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	if (fd != -1) {
		n = read(fd, buf, size - 1);
		close(fd);
	}
	buf[n > 0 ? n : 0] = '\0';
}

/* The nth field of /proc/PID/stat (proc(5)); the second may have blanks. */
static uint64_t
field(const char *stat, int nth)
{
	const char *p = strrchr(stat, ')');
	int i;

	for (i = 2; p != NULL && i < nth; i++)
		p = strchr(p + 1, ' ');
	return p != NULL ? strtoull(p, NULL, 10) : 0;
}

/* It is told in ticks from the boot on. */
static uint64_t
start_of(uint64_t ticks)
{
	struct timespec boot, now;
	uint64_t per = (uint64_t)sysconf(_SC_CLK_TCK);

	if (ticks == 0 || per == 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &boot) == -1 ||
	    clock_gettime(CLOCK_REALTIME, &now) == -1)
		return 0;
	return (uint64_t)(now.tv_sec - boot.tv_sec) * 1000 +
	    (uint64_t)(now.tv_nsec / 1000000) -
	    (uint64_t)(boot.tv_nsec / 1000000) + ticks * 1000 / per;
}

static uint64_t
count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	const struct dirent *e;
	uint64_t n = 0;

	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n - 1;	/* without the one that counts */
}

static uint64_t
us(struct timeval t)
{
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_usec;
}

void
metrics_process(struct metrics_process *p)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct rusage used;
	struct rlimit files;
	static uint64_t start;	/* told once: clocks are set */
	char stat[1024];

	memset(p, 0, sizeof *p);
	read_file("/proc/self/stat", stat, sizeof stat);
	p->threads = field(stat, 20);
	if (start == 0)
		start = start_of(field(stat, 22));
	p->start = start;
	p->virtual = field(stat, 23);
	p->resident = field(stat, 24) * page;
	if (getrusage(RUSAGE_SELF, &used) == 0)
		p->cpu = us(used.ru_utime) + us(used.ru_stime);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0)
		p->max_fds = files.rlim_cur;
	p->open_fds = count_fds();
}
