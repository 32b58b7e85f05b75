/*
 * Do two samples of times come from the same source? Mann and Whitney's rank test, which asks nothing of their shape, and the rule by which a
 * difference counts: improbable by chance, and larger than what halves of one and the same group show in the same run.
 */

export function median(times) {
	const sorted = Float64Array.from(times).sort();
	const middle = sorted.length >> 1;

	return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The value under which a share (0 to 1) of the times lie: the nearest rank. */
export function quantile(times, share) {
	const sorted = Float64Array.from(times).sort();

	return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/* The complementary error function by continued fraction beyond 2, by series below: relative error under 1e-9, also far out, where p lies. */
function erfc(x) {
	if (x < 0)
		return 2 - erfc(-x);
	if (x < 2) {
		let term = x, sum = x;
		for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
			term *= -x * x / n;
			sum += term / (2 * n + 1);
		}
		return 1 - 2 / Math.sqrt(Math.PI) * sum;
	}
	let fraction = x;
	for (let n = 60; n > 0; n--)
		fraction = x + n / 2 / fraction;
	return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}

/** How improbable a normal deviate of z or beyond is, on either side. */
export function two_sided(z) {
	return erfc(Math.abs(z) / Math.SQRT2);
}

/* Sum of the ranks of the first sample, equal times sharing theirs; and what the shared ranks take from the variance. */
function rank_sum(a, b) {
	const all = [...a.map((time) => ({ time, first: true })), ...b.map((time) => ({ time, first: false }))].sort((x, y) => x.time - y.time);
	let sum = 0, ties = 0;

	for (let from = 0, to; from < all.length; from = to) {
		for (to = from + 1; to < all.length && all[to].time === all[from].time;)
			to++;
		const n = to - from;
		ties += n ** 3 - n;
		for (let i = from; i < to; i++)
			sum += all[i].first ? (from + 1 + to) / 2 : 0;
	}
	return { sum, ties };
}

/** The two-sided probability that chance alone sorts the two so far apart (normal approximation: at least 20 of each), and how the medians differ. */
export function rank_test(a, b) {
	const [n, m] = [a.length, b.length], all = n + m;
	const { sum, ties } = rank_sum(a, b);
	const u = sum - n * (n + 1) / 2;
	const variance = n * m / 12 * (all + 1 - ties / (all * (all - 1)));
	const z = variance > 0 ? (u - n * m / 2) / Math.sqrt(variance) : 0;

	return { p: two_sided(z), z, difference: median(a) - median(b) };
}

/** How far apart the medians of two halves of one group are: what a difference must exceed to mean anything. */
export function control_of(times) {
	const halves = [0, 1].map((parity) => times.filter((_, i) => i % 2 === parity));

	return Math.abs(median(halves[0]) - median(halves[1]));
}

/** groups: {name: times}. Every pair, and whether it tells: p under 0.0001 and beyond the largest control of the groups named in controls. */
export function compare(groups, controls) {
	const names = Object.keys(groups), pairs = [];
	const control = Math.max(...controls.map((name) => control_of(groups[name])));

	for (let i = 0; i < names.length; i++)
		for (let j = i + 1; j < names.length; j++) {
			const { p, difference } = rank_test(groups[names[i]], groups[names[j]]);
			pairs.push({ pair: `${names[i]}/${names[j]}`, p, difference, control, tells: p < 0.0001 && Math.abs(difference) > control });
		}
	return pairs;
}

/** The pairs that tell in both of two runs: what is no accident. */
export function told_twice(one, two) {
	return one.filter(({ pair, tells }) => tells && two.some((again) => again.pair === pair && again.tells));
}
