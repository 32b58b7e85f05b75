/* The statistics that the no-oracle test rests on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, control_of, median, quantile, rank_test, told_twice, two_sided } from './rank.mjs';

/* A generator with a seed (xorshift), so that a failure comes again. */
function chance(seed) {
	return () => {
		seed ^= seed << 13;
		seed ^= seed >>> 17;
		seed ^= seed << 5;
		return (seed >>> 0) / 2 ** 32;
	};
}

/* Like times of requests: a floor, a bulk, a long tail. */
const times = (random, n, more = 0) => Array.from({ length: n }, () => 1 + more + 0.2 * random() - 0.1 * Math.log(1 - random()));

test('medians and quantiles are those of the textbook', () => {
	assert.equal(median([3, 1, 2]), 2);
	assert.equal(median([4, 1, 3, 2]), 2.5);
	assert.equal(quantile([5, 1, 4, 2, 3], 0.5), 3);
	assert.equal(quantile(Array.from({ length: 100 }, (_, i) => i + 1), 0.99), 99);
	assert.equal(quantile([7], 0.99), 7);
});

test('the rank test gives the values worked out by hand', () => {
	const a = [1, 2, 3, 4, 5], b = [6, 7, 8, 9, 10]; /* U = 0, mean 12.5, variance 25 × 11 / 12 */
	const { z, p, difference } = rank_test(a, b);

	assert.ok(Math.abs(z + 12.5 / Math.sqrt(25 * 11 / 12)) < 1e-12);
	assert.ok(Math.abs(p - 0.00902344) < 1e-7);
	assert.equal(difference, -5);
	const tied = rank_test([1, 1, 2], [1, 2, 2]); /* ranks 2 2 5 | 2 5 5: U = 3, variance 9/12 × (7 − 48/30) */
	assert.ok(Math.abs(tied.z - (3 - 4.5) / Math.sqrt(0.75 * (7 - 48 / 30))) < 1e-12);
	assert.equal(rank_test([1, 1], [1, 1]).p, 1);
});

test('p is right far out in the tail too', () => {
	for (const [z, p] of [[0, 1], [1.959963985, 0.05], [-2.575829304, 0.01], [3.290526731, 0.001], [3.890591886, 1e-4], [6, 1.973175290e-9]])
		assert.ok(Math.abs(two_sided(z) / p - 1) < 1e-7, `${z}: ${two_sided(z)}, not ${p}`);
});

test('equal sources are told apart no oftener than chance does', () => {
	const random = chance(20261124);
	let under = 0;

	for (let i = 0; i < 400; i++)
		under += rank_test(times(random, 60), times(random, 80)).p < 0.05;
	assert.ok(under >= 8 && under <= 36, `${under} of 400 at p < 0.05`);
});

test('a twentieth of a millisecond among 2,000 is seen, twice; no difference is not', () => {
	const random = chance(7);
	const run = (more) => compare({ unknown: times(random, 2000), known: times(random, 1000, more), activated: times(random, 1000, more) }, ['known', 'activated']);
	const told = told_twice(run(0.05), run(0.05)).map(({ pair }) => pair);

	assert.deepEqual(told, ['unknown/known', 'unknown/activated']);
	for (let i = 0; i < 20; i++)
		assert.deepEqual(told_twice(run(0), run(0)), []);
});

test('a difference within the control, or seen once only, does not count', () => {
	const drifting = Array.from({ length: 400 }, (_, i) => 10 + (i % 2) * 5 + i / 1000);
	const other = drifting.map((time) => time + 2);

	assert.ok(control_of(drifting) > 4);
	assert.ok(rank_test(drifting, other).p < 0.0001);
	assert.deepEqual(compare({ a: drifting, b: other }, ['a']).map(({ tells }) => tells), [false]);
	assert.deepEqual(told_twice([{ pair: 'a/b', tells: true }], [{ pair: 'a/b', tells: false }]), []);
});
