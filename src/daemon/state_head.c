/* SPDX-License-Identifier: ISC */
#include "daemon/state_head.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hosts/state_line.h"
#include "net/loop.h"

#define MAGIC	"sluice-state"
#define VERSION	1
#define BOOT_ID	"/proc/sys/kernel/random/boot_id"

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) == -1 || t.tv_sec < 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

struct hosts_instant
state_now(void)
{
	return (struct hosts_instant){
		.now = loop_now(),
		.boot = clock_ns(CLOCK_BOOTTIME),
		.wall = clock_ns(CLOCK_REALTIME),
	};
}

/* Where it cannot be read there is the wall's clock. */
static void
read_boot(char boot[STATE_BOOT])
{
	int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	if (fd != -1) {
		n = read(fd, boot, STATE_BOOT - 1);
		close(fd);
	}
	boot[n > 0 ? n : 0] = '\0';
	boot[strcspn(boot, "\n")] = '\0';
}

void
state_head_init(struct state_head *h)
{
	memset(h, 0, sizeof *h);
	read_boot(h->boot);
	client_hash_key(h->key);
	via_own(h->via);
}

void
state_head_adopt(struct state_head *h, const struct state_head *before,
    bool key)
{
	if (key) {
		memcpy(h->key, before->key, sizeof h->key);
		client_hash_set_key(h->key);
	}
	if (before->via[0] == '\0')
		return;
	memcpy(h->via, before->via, sizeof h->via);
	via_set_own(h->via);
}

void
state_head_put(const struct state_head *h, struct text *t)
{
	char key[2 * CLIENT_HASH_KEY + 1];
	size_t begin = t->len, i;

	for (i = 0; i < CLIENT_HASH_KEY; i++)
		snprintf(key + 2 * i, 3, "%02x", h->key[i]);
	text_puts(t, MAGIC);
	state_put_number(t, "version", VERSION);
	state_put_text(t, "boot", h->boot);
	state_put_text(t, "key", key);
	state_put_text(t, "via", h->via);
	if (h->store != 0)
		state_put_number(t, "store", h->store);
	state_put_end(t, begin);
	explicit_bzero(key, sizeof key);
}

static bool
read_key(unsigned char key[CLIENT_HASH_KEY], const char *text)
{
	unsigned byte;
	size_t i;

	if (strlen(text) != 2 * CLIENT_HASH_KEY ||
	    strspn(text, "0123456789abcdef") != 2 * CLIENT_HASH_KEY)
		return false;
	for (i = 0; i < CLIENT_HASH_KEY; i++) {
		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return false;
		key[i] = (unsigned char)byte;
	}
	return true;
}

/* Reads the words behind the magic.  Returns whether it has a key. */
static bool
read_words(struct state_head *h, char *at, const char **why)
{
	bool has_key = false;
	struct state_word w;

	*why = "its head is damaged";
	while (state_line_next(&at, &w)) {
		if (w.value == NULL)
			return false;
		if (strcmp(w.name, "version") == 0 &&
		    state_number(w.value) != VERSION) {
			*why = "it is of a newer version";
			return false;
		}
		if (strcmp(w.name, "key") == 0)
			has_key = read_key(h->key, w.value);
		else if (strcmp(w.name, "boot") == 0)
			snprintf(h->boot, sizeof h->boot, "%s", w.value);
		else if (strcmp(w.name, "via") == 0)
			snprintf(h->via, sizeof h->via, "%s", w.value);
		else if (strcmp(w.name, "store") == 0)
			h->store = state_number(w.value);
	}
	return has_key;
}

char *
state_head_read(struct state_head *h, char *text, const char **why)
{
	size_t len = strcspn(text, "\n");
	char *rest = text[len] == '\0' ? text + len : text + len + 1;

	memset(h, 0, sizeof *h);
	*why = "it is no state of sluice";
	if (strncmp(text, MAGIC " ", sizeof MAGIC) != 0)
		return NULL;
	if (!state_line_check(text, len)) {
		*why = "its head is damaged";
		return NULL;
	}
	return read_words(h, text + sizeof MAGIC, why) ? rest : NULL;
}
