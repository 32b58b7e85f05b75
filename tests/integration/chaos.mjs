/*
 * The queue's promise under everything at once, bounded: tests/chaos/run has no bounds. ISOLOIR_SEED: the seed of another run, which gives the same cues and the
 * same events. ISOLOIR_BUILD: a build with fault points.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chaos } from '../chaos/chaos.mjs';
import { Plan } from '../chaos/plan.mjs';

const seed = process.env.ISOLOIR_SEED ?? String(Date.now() % 1e9);

test('400 mails while everything fails: each is delivered or refused, doubled only if it was uncertain, and once-only mails never', async (t) => {
	const chaos = new Chaos({ mails: 400, seconds: 22, seed });

	t.diagnostic(`ISOLOIR_SEED=${seed}`);
	assert.deepEqual(await chaos.run(), [], `ISOLOIR_SEED=${seed}`);
	t.diagnostic(JSON.stringify(chaos.figures));
	assert.equal(chaos.figures.accepted, 400);
	assert.ok(chaos.figures.cues > 50 && chaos.figures.uncertain > 5, 'it did fail: otherwise the run shows nothing');
	const again = new Plan(seed);
	for (const { key, act } of chaos.plan.given)
		assert.deepEqual(again.act(key.slice(0, key.indexOf(' ')), key), act, 'the seed gives the same again');
});

test('the seed decides, and nothing else: another one gives other cues and other events', () => {
	const list = (which) => Array.from({ length: 300 }, (_, i) => [which.act('rcpt', `rcpt somebody${i} 1`), which.event(i)]);

	assert.deepEqual(list(new Plan('1')), list(new Plan('1')));
	assert.notDeepEqual(list(new Plan('1')), list(new Plan('2')));
});
