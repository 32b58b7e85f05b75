/* The scoreboard and the hash gate, with real processes. */
#include "tests/unit/unit.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/proc/board.h"

static pid_t
child_of(struct board *b, void (*life)(struct board *b))
{
	int i = board_take(b, 1, 0);
	pid_t pid;

	assert_int_not_equal(i, -1);
	pid = fork();
	if (pid == 0) {
		board_mine(b, i);
		life(b);
		_exit(0);
	}
	return pid;
}

static int
end_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool
comes(int (*count)(const struct board *b), const struct board *b, int expected)
{
	for (int i = 0; i < 200; i++) {
		if (count(b) == expected)
			return true;
		usleep(10000);
	}
	return false;
}

static void
hold_for_ever(struct board *b)
{
	struct task *t = task_new(NULL, 0);

	(void)b;
	if (board_hash_enter(t) == 0)
		for (;;)
			pause();
}

static void
enter_and_leave(struct board *b)
{
	struct task *t = task_new(NULL, 5000);

	(void)b;
	if (board_hash_enter(t) == -1)
		_exit(1);
	board_hash_leave();
	talloc_free(t);
}

static void
give_up(struct board *b)
{
	struct task *t = task_new(NULL, 200);
	int64_t before = clock_mono_ms();

	(void)b;
	if (board_hash_enter(t) == 0 || t->err.kind != ERR_RETRY || clock_mono_ms() - before > 1000)
		_exit(1);
	talloc_free(t);
}

static void
slot_of_a_killed_owner_comes_back(void **state)
{
	struct board *b = board_new(NULL, 1, 0);
	pid_t owner = child_of(b, hold_for_ever), waiter;

	(void)state;
	assert_true(comes(board_hash_busy, b, 1));
	waiter = child_of(b, enter_and_leave);
	assert_true(comes(board_hash_waiting, b, 1));
	kill(owner, SIGKILL);
	end_of(owner);
	assert_int_equal(board_hash_busy(b), 1);
	assert_true(board_free_of(b, owner));
	assert_int_equal(end_of(waiter), 0);
	assert_int_equal(board_hash_busy(b), 0);
	assert_false(board_free_of(b, owner));
	talloc_free(b);
}

static void
no_slot_in_time_is_an_error_of_the_world(void **state)
{
	struct board *b = board_new(NULL, 1, 0);
	pid_t owner = child_of(b, hold_for_ever);

	(void)state;
	assert_true(comes(board_hash_busy, b, 1));
	assert_int_equal(end_of(child_of(b, give_up)), 0);
	kill(owner, SIGKILL);
	end_of(owner);
	talloc_free(b);
}

static void
never_more_hashes_than_slots(void **state)
{
	struct board *b = board_new(NULL, 3, 0);
	pid_t pids[8];

	(void)state;
	for (int i = 0; i < 8; i++)
		pids[i] = child_of(b, hold_for_ever);
	assert_true(comes(board_hash_busy, b, 3));
	assert_true(comes(board_hash_waiting, b, 5));
	for (int i = 0; i < 8; i++) {
		kill(pids[i], SIGKILL);
		end_of(pids[i]);
	}
	talloc_free(b);
}

static void
sit_for_ever(struct board *b)
{
	(void)b;
	if (!board_seat_take())
		_exit(1);
	pause();
}

static void
find_no_seat(struct board *b)
{
	(void)b;
	if (board_seat_is_free() || board_seat_take())
		_exit(1);
	board_seat_leave();
}

static void
sit_down_and_leave(struct board *b)
{
	(void)b;
	if (!board_seat_is_free() || !board_seat_take())
		_exit(1);
	board_seat_leave();
}

static void
seats_are_counted_and_come_back_from_the_dead(void **state)
{
	struct board *b = board_new(NULL, 1, 0);
	pid_t pids[2];

	(void)state;
	board_set_seats(b, 2);
	for (int i = 0; i < 2; i++)
		pids[i] = child_of(b, sit_for_ever);
	assert_true(comes(board_seats_taken, b, 2));
	assert_int_equal(end_of(child_of(b, find_no_seat)), 0);
	assert_int_equal(board_seats_taken(b), 2);
	kill(pids[0], SIGKILL);
	end_of(pids[0]);
	assert_false(board_free_of(b, pids[0]));
	assert_int_equal(end_of(child_of(b, sit_down_and_leave)), 0);
	board_set_seats(b, 3);
	assert_int_equal(end_of(child_of(b, sit_down_and_leave)), 0);
	kill(pids[1], SIGKILL);
	end_of(pids[1]);
	board_free_of(b, pids[1]);
	assert_int_equal(board_seats_taken(b), 0);
	talloc_free(b);
}

static void
hash_without_a_seat(struct board *b)
{
	enter_and_leave(b);
}

static void
hash_with_a_seat(struct board *b)
{
	if (!board_seat_take())
		_exit(1);
	enter_and_leave(b);
}

static void
hashes_without_a_seat_are_counted(void **state)
{
	struct board *b = board_new(NULL, 1, 0);

	(void)state;
	board_set_seats(b, 1);
	assert_int_equal(end_of(child_of(b, hash_without_a_seat)), 0);
	assert_int_equal(end_of(child_of(b, hash_with_a_seat)), 0);
	assert_int_equal(board_unseated(b), 1);
	talloc_free(b);
}

static void
without_a_board_the_gate_is_open(void **state)
{
	struct task *t = task_new(NULL, 100);

	(void)state;
	assert_int_equal(board_hash_enter(t), 0);
	board_hash_leave();
	talloc_free(t);
}

static void
default_is_cores_less_one(void **state)
{
	struct board *b = board_new(NULL, 0, 0);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	(void)state;
	assert_int_equal(board_hash_slots(b), cores > 2 ? cores - 1 : 1);
	talloc_free(b);
}

static void
work_one_step(struct board *b)
{
	struct task *t = task_new(NULL, 5000);

	board_begin(board_slot(b, 0), t);
	task_step(t, "a step whose name is much longer than its place");
	board_last_words("all is lost");
}

static void
master_sees_step_task_and_last_words(void **state)
{
	struct board *b = board_new(NULL, 1, 0);
	struct board_slot *s = board_slot(b, 0);

	(void)state;
	assert_int_equal(end_of(child_of(b, work_one_step)), 0);
	assert_int_equal(s->state, BOARD_BUSY);
	assert_string_equal(s->step, "a step whose name is much longe");
	assert_int_equal(strlen(s->task), 16);
	assert_string_equal(s->words, "all is lost");
	assert_int_not_equal(s->deadline_ms, 0);
	talloc_free(b);
}

static void
slots_are_taken_and_given_back(void **state)
{
	struct board *b = board_new(NULL, 1, 0);

	(void)state;
	for (int i = 0; i < BOARD_SLOTS; i++)
		assert_int_equal(board_take(b, 1, 0), i);
	assert_int_equal(board_take(b, 1, 0), -1);
	board_give_back(b, 7);
	assert_int_equal(board_take(b, 2, 0), 7);
	assert_int_equal(board_slot(b, 7)->generation, 2);
	talloc_free(b);
}

static void
json_lists_the_living(void **state)
{
	struct board *b = board_new(NULL, 1, 0);
	struct js *all;

	(void)state;
	board_take(b, 3, 0);
	board_take(b, 3, 0);
	board_give_back(b, 0);
	all = board_json(b, b);
	assert_int_equal(js_size(all), 1);
	assert_int_equal(js_number(js_at(all, 0), "index", -1), 1);
	assert_int_equal(js_number(js_at(all, 0), "generation", -1), 3);
	assert_string_equal(js_text(js_at(all, 0), "state", ""), "starting");
	talloc_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(seats_are_counted_and_come_back_from_the_dead),
	    cmocka_unit_test(hashes_without_a_seat_are_counted),
	    cmocka_unit_test(without_a_board_the_gate_is_open),
	    cmocka_unit_test(slot_of_a_killed_owner_comes_back),
	    cmocka_unit_test(no_slot_in_time_is_an_error_of_the_world),
	    cmocka_unit_test(never_more_hashes_than_slots),
	    cmocka_unit_test(default_is_cores_less_one),
	    cmocka_unit_test(master_sees_step_task_and_last_words),
	    cmocka_unit_test(slots_are_taken_and_given_back),
	    cmocka_unit_test(json_lists_the_living),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
