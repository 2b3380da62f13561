/* SPDX-License-Identifier: ISC */
#include "net/redis_reply.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/read.h>

/*
 * hiredis tells where a reply's parts begin and end; what is made of them is
 * ours, in memory that is there from the start.  Its own objects will not do:
 * of an array it takes as much as the peer says that there is, before a byte of
 * it has come.
 */

struct redis_reader {
	redisReader		*parser;
	const char		*why;		/* it has failed for; or NULL */
	size_t			 nparts;
	size_t			 nbytes;
	struct redis_reply	 parts[REDIS_REPLY_PARTS];
	struct redis_reply	*last[REDIS_REPLY_PARTS]; /* of that array */
	char			 bytes[REDIS_REPLY_MAX];
};

static const char no_memory[] = "out of memory";

/* Parts */

static unsigned
depth_of(const redisReadTask *task)
{
	unsigned depth = 0;

	for (; task->parent != NULL; task = task->parent)
		depth++;
	return depth;
}

/* Has the parser give up. */
static void *
refuse(struct redis_reader *r, const char *why)
{
	if (r->why == NULL)
		r->why = why;
	return NULL;
}

static void
append(struct redis_reader *r, struct redis_reply *array,
    struct redis_reply *part)
{
	struct redis_reply **last = &r->last[array - r->parts];

	if (*last == NULL)
		array->first = part;
	else
		(*last)->next = part;
	*last = part;
}

/* The next part of a reply, the first of which takes all of the memory. */
static struct redis_reply *
new_part(const redisReadTask *task, enum redis_kind kind)
{
	struct redis_reader *r = task->privdata;
	struct redis_reply *part;

	if (task->parent == NULL)
		r->nparts = r->nbytes = 0;
	if (r->nparts == REDIS_REPLY_PARTS)
		return refuse(r, "a reply of more than 256 parts");
	r->last[r->nparts] = NULL;
	part = &r->parts[r->nparts++];
	*part = (struct redis_reply){ .kind = kind };
	if (task->parent != NULL)
		append(r, task->parent->obj, part);
	return part;
}

static void *
create_string(const redisReadTask *task, char *text, size_t len)
{
	static const char too_long[] = "a reply of more than 64 KiB";
	struct redis_reader *r = task->privdata;
	struct redis_reply *part = new_part(task,
	    task->type == REDIS_REPLY_ERROR ? REDIS_ERROR :
	    task->type == REDIS_REPLY_STATUS ? REDIS_STATUS : REDIS_STRING);

	if (part == NULL)
		return NULL;
	if (len >= sizeof r->bytes - r->nbytes)
		return refuse(r, too_long);
	part->text = memcpy(r->bytes + r->nbytes, text, len);
	part->len = len;
	r->nbytes += len;
	r->bytes[r->nbytes++] = '\0';
	return part;
}

static void *
create_array(const redisReadTask *task, int elements)
{
	struct redis_reader *r = task->privdata;

	if (elements >= REDIS_REPLY_PARTS)
		return refuse(r, "a reply of more than 256 parts");
	if (depth_of(task) >= REDIS_REPLY_DEPTH)
		return refuse(r, "a reply of arrays in arrays in arrays");
	return new_part(task, REDIS_ARRAY);
}

static void *
create_integer(const redisReadTask *task, long long value)
{
	struct redis_reply *part = new_part(task, REDIS_INTEGER);

	if (part != NULL)
		part->integer = value;
	return part;
}

static void *
create_nil(const redisReadTask *task)
{
	return new_part(task, REDIS_NIL);
}

static void
free_object(void *object)
{
	(void)object;
}

/* The reader */

struct redis_reader *
redis_reader_new(void)
{
	static redisReplyObjectFunctions functions = {
		.createString = create_string,
		.createArray = create_array,
		.createInteger = create_integer,
		.createNil = create_nil,
		.freeObject = free_object,
	};
	struct redis_reader *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	r->parser = redisReaderCreateWithFunctions(&functions);
	if (r->parser == NULL) {
		free(r);
		return NULL;
	}
	r->parser->privdata = r;
	/* to get rid of a large one it asserts that it has memory */
	r->parser->maxbuf = 0;
	return r;
}

void
redis_reader_free(struct redis_reader *r)
{
	if (r == NULL)
		return;
	redisReaderFree(r->parser);
	free(r);
}

bool
redis_reader_feed(struct redis_reader *r, const char *bytes, size_t n)
{
	if (r->why == NULL && n > 0 &&
	    redisReaderFeed(r->parser, bytes, n) != REDIS_OK)
		r->why = no_memory;
	return r->why != no_memory;
}

enum redis_read
redis_reader_next(struct redis_reader *r, const struct redis_reply **reply,
    const char **why)
{
	void *object = NULL;

	if (r->why == NULL &&
	    redisReaderGetReply(r->parser, &object) != REDIS_OK && r->why == NULL)
		r->why = r->parser->err == REDIS_ERR_OOM ? no_memory :
		    "no reply of a Redis";
	if (r->why == NULL && object != NULL) {
		*reply = object;
		return REDIS_READ_REPLY;
	}
	/* what is left is the beginning of one part */
	if (r->why == NULL && r->parser->len - r->parser->pos > REDIS_REPLY_MAX)
		r->why = "a reply of more than 64 KiB";
	if (r->why == NULL)
		return REDIS_READ_MORE;
	*why = r->why;
	return REDIS_READ_FAILED;
}

/* Replies */

bool
redis_reply_is(const struct redis_reply *reply, const char *text)
{
	return (reply->kind == REDIS_STATUS || reply->kind == REDIS_STRING) &&
	    reply->len == strlen(text) &&
	    memcmp(reply->text, text, reply->len) == 0;
}

static bool
read_digits(const char *p, size_t n, uint64_t max, uint64_t *value)
{
	uint64_t v = 0, digit;

	if (n == 0)
		return false;
	for (; n > 0; p++, n--) {
		digit = (uint64_t)(unsigned char)*p - '0';
		if (digit > 9 || digit > max || v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*value = v;
	return true;
}

bool
redis_reply_number(const struct redis_reply *reply, uint64_t max,
    uint64_t *value)
{
	if (reply->kind == REDIS_STRING)
		return read_digits(reply->text, reply->len, max, value);
	if (reply->kind != REDIS_INTEGER || reply->integer < 0 ||
	    (uint64_t)reply->integer > max)
		return false;
	*value = (uint64_t)reply->integer;
	return true;
}

const char *
redis_reply_say(const struct redis_reply *reply, char buf[REDIS_WHY])
{
	size_t len = reply->len, i;

	if (reply->kind != REDIS_ERROR)
		return "an answer that is none";

	if (len > REDIS_WHY - 1)
		len = REDIS_WHY - 1;
	for (i = 0; i < len; i++)
		buf[i] = isascii((unsigned char)reply->text[i]) &&
		    isprint((unsigned char)reply->text[i]) ?
		    reply->text[i] : '?';
	buf[len] = '\0';
	return buf;
}

/* What servers begin an error with, where it says something of them. */
static const char *const codes[] = {
	"ASK", "BUSY", "CLUSTERDOWN", "CROSSSLOT", "DENIED", "ERR", "LOADING",
	"MASTERDOWN", "MISCONF", "MOVED", "NOAUTH", "NOPERM", "NOREPLICAS",
	"NOSCRIPT", "OOM", "READONLY", "TRYAGAIN", "WRONGPASS", "WRONGTYPE",
};

/* A script's error has it behind what the script is called. */
static bool
begins(const char *text, const char *code)
{
	size_t n = strlen(code);

	return strncmp(text, code, n) == 0 && (text[n] == ' ' ||
	    text[n] == '\0');
}

const char *
redis_reply_code(const struct redis_reply *reply)
{
	const char *text, *inner;
	size_t i;

	if (reply->kind != REDIS_ERROR)
		return "";
	inner = strstr(reply->text, ": -");
	text = inner != NULL ? inner + 3 : reply->text;
	for (i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (begins(text, codes[i]))
			return codes[i];
	return "";
}
