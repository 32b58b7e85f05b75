/*
 * The scoreboard: anonymous memory shared by the master and its workers. A worker writes its own slot, the
 * master reads all of them; nobody waits for anybody. It also holds two counts, each with its owners' pids, so that what a worker held
 * comes back when it is killed:
 * - the hash gate: as many slots as argon2 hashes may be computed at once by all workers, each with the memory for one;
 * - seats: as many workers as may be at requests that need a hash. Those requests come by an address of their own and are only taken up by who
 *   has a seat: otherwise a crowd of log-ins, each waiting for a slot, would hold every worker, and a page that needs none would wait behind it.
 */
#ifndef ISOLOIR_BOARD_H
#define ISOLOIR_BOARD_H

#include <stdatomic.h>
#include <sys/types.h>

#include "common/base/task.h"
#include "common/json.h"

#define BOARD_WORKERS_MAX 512                    /* as the settings' upper bound */
#define BOARD_SLOTS (2 * BOARD_WORKERS_MAX + 64) /* two generations at a reload, and some that still end */
#define BOARD_HASH_SLOTS_MAX 256
#define BOARD_SEATS_MAX (2 * BOARD_HASH_SLOTS_MAX)

enum board_state { BOARD_FREE, BOARD_STARTING, BOARD_IDLE, BOARD_BUSY, BOARD_STOPPING, BOARD_STATE__MAX };

struct board_slot {
	_Atomic pid_t pid;
	_Atomic int state;
	_Atomic bool hash_waiting;
	int generation;
	int64_t max_tasks;           /* 0: no limit */
	int64_t started_ms;          /* clock_mono_ms(), as all times here */
	_Atomic int64_t since_ms;    /* in this state */
	_Atomic int64_t deadline_ms; /* of the task; 0: none */
	_Atomic int64_t tasks;       /* done */
	char step[32];
	char task[17];   /* the task's id */
	char words[256]; /* last words of a worker that found itself wrong */
};

struct board;

const char *board_state_name(enum board_state s);

/* Shared from here on with every child. hash_slots 0: cores less one, at least one. hash_memory: bytes of one
 * hash, which each slot keeps ready; a hash that needs more maps its own. NULL with errno: no memory. */
struct board *board_new(TALLOC_CTX *ctx, int hash_slots, size_t hash_memory);
struct board_slot *board_slot(struct board *b, int index);

/* In the master: a free slot made ready for a fork, or -1; and back again when its worker is dead. */
int board_take(struct board *b, int generation, int64_t max_tasks);
void board_give_back(struct board *b, int index);

/* In a worker: slot `index` is mine; from now on the steps of tasks and last words go there. */
void board_mine(struct board *b, int index);
void board_turn(struct board_slot *s, enum board_state state);
void board_begin(struct board_slot *s, const struct task *t);
void board_last_words(const char *words);

/* The hash gate, in the shape of struct hash_gate (hash.h). enter fails with ERR_RETRY when no slot comes
 * free before t's deadline. */
WARN_UNUSED int board_hash_enter(struct task *t);
void *board_hash_memory(size_t *len_r);
void board_hash_leave(void);
/* The slots and the seat that this dead process held come back; true if there was a slot. */
bool board_free_of(struct board *b, pid_t dead);
/* How many slots the setting means: 0 is the cores less one, at least one. */
int board_hash_slots_for(int setting);
int board_hash_slots(const struct board *b);
int board_hash_busy(const struct board *b);
int board_hash_waiting(const struct board *b);

/* Seats, which nobody waits for: true if one was free and is mine now. In a process that is no worker there is always one. */
bool board_seat_take(void);
void board_seat_leave(void);
bool board_seat_is_free(void);
/* In the master: how many there are from now on; who sits stays. */
void board_set_seats(struct board *b, int seats);
int board_seats(const struct board *b);
int board_seats_taken(const struct board *b);
int64_t board_unseated(const struct board *b); /* hashes computed without a seat, ever */

/* One array of the living workers: index, pid, generation, state, step, task, ms, tasks. */
struct js *board_json(TALLOC_CTX *ctx, const struct board *b);

#endif
