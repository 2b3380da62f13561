/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STATE_FILE_H
#define SLUICE_STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * A file that is there whole or not at all, whenever the process or the machine
 * stops: written beside, made safe, moved into its place; and lines appended to
 * it.  Who has it has a lock beside it (PATH.lock), so nobody else has.
 *
 * What returns an errno returns 0 where all went well.
 */

struct state_file {
	char		*path;		/* owned */
	char		*beside;	/* owned: PATH.new */
	int		 lock;
	bool		 waits;		/* ... which another process has */
	int		 directory;
	int		 fd;		/* to append to; -1: to be replaced */
	int		 next;		/* beside; -1: none is written */
	off_t		 size;		/* of what is whole in fd */
	off_t		 written;	/* to next */
};

/*
 * Returns the path (to be freed) to which links lead from this one, whether or
 * not something is there: a link stays, and what it leads to is replaced.  NULL
 * with errno: too many links (ELOOP), or no memory.
 */
char		*state_file_resolve(const char *path);

/*
 * Takes it for this process.  Returns false with *cause (to be freed, or NULL
 * without memory) where that cannot be.  heir: where another process has it, it
 * is waited for, and not touched until state_file_adopt().
 */
bool		 state_file_open(struct state_file *, const char *path,
		    bool heir, char **cause);
/*
 * Takes the lock that another process has passed, which is owned from then on;
 * or with -1 that of a process that is gone.  Returns whether the file is ours.
 */
bool		 state_file_adopt(struct state_file *, int lock);
void		 state_file_close(struct state_file *);

/*
 * Reads all of it into *text, to be freed, with a zero behind it; NULL where
 * there is none, or an errno.
 */
int		 state_file_read(const struct state_file *, char **text,
		    size_t *len);
/*
 * Moves it out of the way, to PATH.1 or the first such name that is free.
 * Returns an errno, or sets *to (to be freed) to that.
 */
int		 state_file_aside(const struct state_file *, char **to);

/*
 * Begins another one beside it, adds to that, and puts it in its place.  Where
 * the lock was removed or moved away, as with all of its directory, it is taken
 * anew first; EBUSY: another process has it by then.
 */
int		 state_file_begin(struct state_file *);
int		 state_file_add(struct state_file *, const char *, size_t);
int		 state_file_replace(struct state_file *);
/* Drops what was begun. */
void		 state_file_drop(struct state_file *);

/*
 * Appends to what is there; what could not be appended whole is not there.
 * safe: also when the machine stops; else only when this process does.
 */
int		 state_file_append(struct state_file *, const char *, size_t,
		    bool safe);

#endif
