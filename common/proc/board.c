/* Shared memory of master and workers: see board.h. */
#include "common/proc/board.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/metrics.h"

/* A waiter looks again after this even unwoken: the one that was to wake it may have been killed. */
#define HASH_NAP_MS 100

struct shared {
	struct board_slot slots[BOARD_SLOTS];
	_Atomic pid_t hash_owner[BOARD_HASH_SLOTS_MAX];
	_Atomic uint32_t hash_freed; /* counts releases; the futex */
	_Atomic pid_t seat_owner[BOARD_SEATS_MAX];
	_Atomic int seats;
	_Atomic int64_t unseated;
};

struct board {
	struct shared *shared;
	int hash_slots;
	char *hash_memory; /* of all slots, one after the other; NULL: none */
	size_t hash_memory_each;
};

/* What a worker knows: who it is, and which hash slot and seat it holds. */
static struct {
	struct board *board;
	struct board_slot *slot;
	int hash_slot, seat;
} me = {NULL, NULL, -1, -1};

const char *
board_state_name(enum board_state s)
{
	static const char *const names[BOARD_STATE__MAX] = {"free", "starting", "idle", "busy", "stopping"};

	return names[s];
}

static int
unmap(struct board *b)
{
	if (me.board == b) {
		me.board = NULL;
		me.slot = NULL;
	}
	if (b->hash_memory != NULL)
		munmap(b->hash_memory, b->hash_memory_each * (size_t)b->hash_slots);
	return munmap(b->shared, sizeof(*b->shared));
}

static void *
map_shared(size_t len)
{
	void *mem = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return mem != MAP_FAILED ? mem : NULL;
}

/* Costs nothing until it is used, and then stays; without it hashes are slower, and as good. It stands in no core dump. */
static void
map_hash_memory(struct board *b, size_t each)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	b->hash_memory_each = (each + page - 1) / page * page;
	b->hash_memory = each > 0 ? map_shared(b->hash_memory_each * (size_t)b->hash_slots) : NULL;
	if (b->hash_memory != NULL)
		madvise(b->hash_memory, b->hash_memory_each * (size_t)b->hash_slots, MADV_DONTDUMP);
}

int
board_hash_slots_for(int setting)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (setting > 0)
		return setting;
	if (cores > BOARD_HASH_SLOTS_MAX)
		return BOARD_HASH_SLOTS_MAX;
	return cores > 2 ? (int)cores - 1 : 1;
}

struct board *
board_new(TALLOC_CTX *ctx, int hash_slots, size_t hash_memory)
{
	struct shared *mem = map_shared(sizeof(*mem));
	struct board *b;

	if (mem == NULL)
		return NULL;
	b = talloc(ctx, struct board);
	must(b != NULL && hash_slots <= BOARD_HASH_SLOTS_MAX);
	b->shared = mem;
	b->hash_slots = board_hash_slots_for(hash_slots);
	map_hash_memory(b, hash_memory);
	talloc_set_destructor(b, unmap);
	return b;
}

struct board_slot *
board_slot(struct board *b, int index)
{
	must(index >= 0 && index < BOARD_SLOTS);
	return &b->shared->slots[index];
}

int
board_take(struct board *b, int generation, int64_t max_tasks)
{
	for (int i = 0; i < BOARD_SLOTS; i++) {
		struct board_slot *s = &b->shared->slots[i];

		if (s->state != BOARD_FREE)
			continue;
		memset(s, 0, sizeof(*s));
		s->generation = generation;
		s->max_tasks = max_tasks;
		s->started_ms = clock_mono_ms();
		board_turn(s, BOARD_STARTING);
		return i;
	}
	return -1;
}

void
board_give_back(struct board *b, int index)
{
	struct board_slot *s = board_slot(b, index);

	s->pid = 0;
	s->state = BOARD_FREE;
}

/* The master may read while we write: a mixed word for one moment, but always one with an end. */
static void
copy_word(char *to, size_t size, const char *from)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	memset(to + len, 0, size - len);
}

static void
show_step(const struct task *t)
{
	if (me.slot == NULL)
		return;
	copy_word(me.slot->step, sizeof(me.slot->step), t->step);
	copy_word(me.slot->task, sizeof(me.slot->task), t->id);
}

void
board_mine(struct board *b, int index)
{
	me.board = b;
	me.slot = board_slot(b, index);
	me.slot->pid = getpid();
	task_step_hook = show_step;
	must_hook = board_last_words;
}

void
board_turn(struct board_slot *s, enum board_state state)
{
	s->deadline_ms = 0;
	s->since_ms = clock_mono_ms();
	s->state = (int)state;
}

void
board_begin(struct board_slot *s, const struct task *t)
{
	board_turn(s, BOARD_BUSY);
	copy_word(s->step, sizeof(s->step), t->step);
	copy_word(s->task, sizeof(s->task), t->id);
	s->deadline_ms = t->deadline_ms;
}

void
board_last_words(const char *words)
{
	if (me.slot != NULL)
		copy_word(me.slot->words, sizeof(me.slot->words), words);
}

/* The first of n that nobody owns becomes mine: its number, or -1. */
static int
own_one(_Atomic pid_t *owner, int n)
{
	for (int i = 0; i < n; i++) {
		pid_t nobody = 0;

		if (atomic_compare_exchange_strong(&owner[i], &nobody, getpid()))
			return i;
	}
	return -1;
}

static int
count_owned(const _Atomic pid_t *owner, int n)
{
	int owned = 0;

	for (int i = 0; i < n; i++)
		owned += owner[i] != 0;
	return owned;
}

static void
nap(struct board *b, uint32_t seen, int64_t ms)
{
	struct timespec ts = {ms / 1000, ms % 1000 * 1000000};

	syscall(SYS_futex, &b->shared->hash_freed, FUTEX_WAIT, seen, &ts, NULL, 0);
}

static bool
await_hash_slot(struct task *t)
{
	for (;;) {
		uint32_t seen = me.board->shared->hash_freed;
		int64_t left;

		me.hash_slot = own_one(me.board->shared->hash_owner, me.board->hash_slots);
		if (me.hash_slot != -1)
			return true;
		left = task_left_ms(t);
		if (left == 0)
			return false;
		nap(me.board, seen, left < HASH_NAP_MS ? left : HASH_NAP_MS);
	}
}

int
board_hash_enter(struct task *t)
{
	bool got;

	if (me.board == NULL)
		return 0;
	must(me.hash_slot == -1);
	me.board->shared->unseated += me.seat == -1;
	me.slot->hash_waiting = true;
	got = await_hash_slot(t);
	me.slot->hash_waiting = false;
	if (!got)
		return task_fail(t, ERR_RETRY, "no slot for a password hash came free in time");
	return 0;
}

void *
board_hash_memory(size_t *len_r)
{
	if (me.board == NULL || me.board->hash_memory == NULL)
		return NULL;
	must(me.hash_slot != -1);
	*len_r = me.board->hash_memory_each;
	return me.board->hash_memory + (size_t)me.hash_slot * me.board->hash_memory_each;
}

static void
free_hash_slot(struct board *b, int i)
{
	b->shared->hash_owner[i] = 0;
	b->shared->hash_freed++;
	syscall(SYS_futex, &b->shared->hash_freed, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void
board_hash_leave(void)
{
	if (me.board == NULL || me.hash_slot == -1)
		return;
	free_hash_slot(me.board, me.hash_slot);
	me.hash_slot = -1;
	metrics_add(KEPT_HASHES, 0, 0);
}

bool
board_free_of(struct board *b, pid_t dead)
{
	bool any = false;

	for (int i = 0; i < BOARD_SEATS_MAX; i++)
		if (b->shared->seat_owner[i] == dead)
			b->shared->seat_owner[i] = 0;
	for (int i = 0; i < b->hash_slots; i++) {
		if (b->shared->hash_owner[i] != dead)
			continue;
		free_hash_slot(b, i);
		any = true;
	}
	return any;
}

int
board_hash_slots(const struct board *b)
{
	return b->hash_slots;
}

int
board_hash_busy(const struct board *b)
{
	return count_owned(b->shared->hash_owner, b->hash_slots);
}

int
board_hash_waiting(const struct board *b)
{
	int n = 0;

	for (int i = 0; i < BOARD_SLOTS; i++)
		n += b->shared->slots[i].state != BOARD_FREE && b->shared->slots[i].hash_waiting;
	return n;
}

bool
board_seat_take(void)
{
	if (me.board == NULL)
		return true;
	must(me.seat == -1);
	me.seat = own_one(me.board->shared->seat_owner, me.board->shared->seats);
	return me.seat != -1;
}

void
board_seat_leave(void)
{
	if (me.board == NULL || me.seat == -1)
		return;
	me.board->shared->seat_owner[me.seat] = 0;
	me.seat = -1;
}

bool
board_seat_is_free(void)
{
	return me.board == NULL || board_seats_taken(me.board) < board_seats(me.board);
}

void
board_set_seats(struct board *b, int seats)
{
	must(seats >= 1 && seats <= BOARD_SEATS_MAX);
	b->shared->seats = seats;
}

int
board_seats(const struct board *b)
{
	return b->shared->seats;
}

int64_t
board_unseated(const struct board *b)
{
	return b->shared->unseated;
}

int
board_seats_taken(const struct board *b)
{
	return count_owned(b->shared->seat_owner, b->shared->seats);
}

static struct js *
slot_json(TALLOC_CTX *ctx, const struct board_slot *s, int index)
{
	struct js *o = js_object(ctx);
	bool busy = s->state == BOARD_BUSY;

	js_set_number(o, "index", index);
	js_set_number(o, "pid", s->pid);
	js_set_number(o, "generation", s->generation);
	js_set_text(o, "state", board_state_name((enum board_state)s->state));
	js_set_text(o, "step", busy ? s->step : "");
	js_set_text(o, "task", busy ? s->task : "");
	js_set_number(o, "ms", clock_mono_ms() - s->since_ms);
	js_set_number(o, "tasks", s->tasks);
	return o;
}

struct js *
board_json(TALLOC_CTX *ctx, const struct board *b)
{
	struct js *all = js_array(ctx);

	for (int i = 0; i < BOARD_SLOTS; i++)
		if (b->shared->slots[i].state != BOARD_FREE)
			js_push(all, slot_json(all, &b->shared->slots[i], i));
	return all;
}
