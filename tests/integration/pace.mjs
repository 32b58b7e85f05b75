/*
 * How fast mails go: windows, concurrency, nights, pauses by hand and by refusals of policy, on a real MariaDB and Redis with the mailer and a peer that
 * notes when each mail came. ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { MailWorld, sleep, until } from '../lib/mail_world.mjs';

const world = new MailWorld();
let peer;

world.tell({ before, after, afterEach });

const ctl = (...words) => world.answer(...words);
const electors = (...how) => world.newElectors(...how);
const with_mailer = async (behaviour, settings) => { peer = await world.withMailer(behaviour, { senders: 4, ...settings }); };
const states = (list) => world.states(list);
const all_sent = (list, seconds = 20) => until(() => states(list).every((state) => state === 'sent'), seconds);
const times = (list) => list.flatMap((who) => peer.takenBy(who).map(({ at }) => at)).sort((a, b) => a - b);
const set = (...words) => assert.equal(ctl('domain', 'set', ...words).status, 0);

/* In no stretch of so many ms (a little less: mails take their time after their turn) came more than n. */
function never_more_than(n, ms, list) {
	const at = times(list);

	for (let i = 0; i + n < at.length; i++)
		assert.ok(at[i + n] - at[i] > ms - 1000, `${n + 1} mails in ${at[i + n] - at[i]} ms`);
}

test('several windows hold at once for a domain, and no other domain waits for it', async () => {
	set('ac-nantes.fr', 'windows=3/2s,5/5s');
	const paced = electors(8), free = electors(6, 'ac-lent.fr');
	await with_mailer();
	world.put([...paced, ...free]);
	assert.ok(await all_sent(free, 5));
	assert.ok(times(paced).length <= 5, 'the others are not waited for');
	assert.ok(await all_sent(paced));
	never_more_than(3, 2000, paced);
	never_more_than(5, 5000, paced);
});

test('concurrency: of a domain that takes one at a time one goes at a time, though four senders are idle', async () => {
	set('ac-nantes.fr', 'conc=1');
	const list = electors(5);
	await with_mailer({ cue: ({ phase }) => (phase === 'dot' ? { wait: 250 } : undefined) });
	world.put(list);
	assert.ok(await all_sent(list));
	const at = times(list);
	for (let i = 1; i < at.length; i++)
		assert.ok(at[i] - at[i - 1] >= 240, `${at[i] - at[i - 1]} ms apart`);
});

test('the relay has a pace of its own over all domains, and a pattern holds for all that it fits', async () => {
	set('@relay', 'windows=4/3s');
	set('ac-*.fr', 'windows=1/2s');
	const fr = [...electors(2), ...electors(2, 'ac-lent.fr')], pf = electors(5, 'ac-polynesie.pf');
	await with_mailer();
	world.put([...fr, ...pf]);
	assert.ok(await all_sent([...fr, ...pf], 30));
	never_more_than(4, 3000, [...fr, ...pf]);
	never_more_than(1, 2000, fr.slice(0, 2));
	never_more_than(1, 2000, fr.slice(2));
});

test('by night in the relay’s zone a window is narrower', async () => {
	const hour = new Date().getUTCHours();
	const night = `Etc/GMT${hour >= 2 ? '+' : '-'}${hour >= 2 ? Math.min(hour - 2, 12) : 2 - hour}`; /* Etc/GMT+5 is five hours behind */
	set('ac-nantes.fr', 'windows=4/2s', 'night=25', 'weekend=100');
	const list = electors(4);
	await with_mailer({}, { zone: hour - 2 > 12 ? `Etc/GMT-${Math.min(26 - hour, 14)}` : night });
	world.put(list);
	assert.ok(await all_sent(list));
	never_more_than(1, 2000, list);
});

test('addresses that nobody has take no place in a window', async () => {
	set('ac-nantes.fr', 'windows=2/1h');
	await with_mailer();
	world.put(Array.from({ length: 6 }, (_, i) => `personne.${i}@ac-nantes.fr`));
	assert.ok(await until(() => world.busy() === 0));
	const list = electors(2);
	world.put(list);
	assert.ok(await all_sent(list));
	assert.equal(ctl('domain', 'show', 'ac-nantes.fr').windows[0].went, 2);
});

test('an emptied Redis gives no domain a second budget: what went stands in the rows', async () => {
	set('ac-nantes.fr', 'windows=3/1h');
	const list = electors(3);
	await with_mailer();
	world.put(list);
	assert.ok(await all_sent(list));
	world.redisDo('FLUSHALL');
	const more = electors(1), free = electors(1, 'ac-lent.fr');
	world.put([...more, ...free]);
	assert.ok(await all_sent(free));
	await sleep(700);
	assert.deepEqual(states(more), ['ready']);
	assert.match(world.log(), /pace rebuilt/);
	set('ac-nantes.fr', 'windows=10/1h');
	assert.ok(await all_sent(more), 'a wider window holds at once');
});

test('three refusals of policy pause a domain and nobody else; then one mail tries, and its success opens the lane', async () => {
	let refuse = true;
	const list = electors(4), free = electors(2, 'ac-lent.fr');
	await with_mailer({ cue: ({ to, phase }) => (refuse && phase === 'rcpt' && /nantes/.test(to) ? '550 5.7.1 not from you' : undefined) }, { senders: 1 });
	world.put(list);
	assert.ok(await until(() => /domain paused.*lane=ac-nantes\.fr seconds=900/.test(world.log())));
	const tries = list.reduce((n, who) => n + (peer.tries.get(who) ?? 0), 0);
	world.put(free);
	assert.ok(await all_sent(free));
	assert.ok(ctl('domain', 'show', 'ac-nantes.fr').pauses_until);
	await sleep(500);
	assert.equal(list.reduce((n, who) => n + (peer.tries.get(who) ?? 0), 0), tries, 'nothing is tried meanwhile');
	assert.ok(states(list).every((state) => state === 'ready'), 'no mail is lost to it');
	refuse = false;
	world.redisDo('HSET', 'isoloir:{mq}:trouble:ac-nantes.fr', 'until', '1'); /* a quarter of an hour later */
	assert.equal(ctl('queue', 'retry', '--domain', 'ac-nantes.fr').status, 0);
	assert.ok(await all_sent(list));
	assert.equal(world.redisDo('EXISTS', 'isoloir:{mq}:trouble:ac-nantes.fr'), '0');
});

test('an operator pauses and resumes a domain or all of the relay', async () => {
	await with_mailer();
	for (const pattern of ['ac-nantes.fr', '@relay']) {
		const list = electors(2);
		assert.equal(ctl('domain', 'pause', pattern, '--reason', 'their relay is being moved').status, 0);
		await world.swept();
		world.put(list);
		await sleep(1200);
		assert.deepEqual(states(list), ['ready', 'ready'], pattern);
		assert.equal(ctl('domain', 'resume', pattern).status, 0);
		assert.ok(await all_sent(list));
	}
	assert.match(world.sql("select detail from audit where act = 'domain paused' order by id limit 1")[0][0], /^ac-nantes\.fr .*: their relay is being moved$/);
});

test('wrong words change nothing and are told; a profile is a row like others, and may be taken away', () => {
	for (const [words, why] of [[['ac-nantes.fr', 'windows=5'], /five of number\/time/], [['ac-nantes.fr', 'windows=5/2d'], /longest is a day/], [['ac-nantes.fr', 'window=5/1m'], /did you mean windows/],
		[['nantes', 'conc=1'], /no domain/], [['AC-Nantes.fr', 'conc=1'], /lower-case/], [['ac-nantes.fr', 'night=0'], /from 1 to 100/], [['ac-nantes.fr', 'conc'], /conc=N/]]) {
		const { status, error } = ctl('domain', 'set', ...words);
		assert.equal(status, 64, words.join(' '));
		assert.match(error, why);
	}
	assert.equal(ctl('domain', 'list').policies.length, 0);
	assert.match(ctl('domain', 'profile', 'acadmic').error, /did you mean academic/);
	assert.equal(ctl('domain', 'profile', 'academic', '--dry-run').status, 0);
	assert.equal(ctl('domain', 'list').policies.length, 0);
	assert.equal(ctl('domain', 'profile', 'academic').status, 0);
	const [row] = ctl('domain', 'list').policies;
	assert.deepEqual([row.pattern, row.windows, row.night, row.weekend], ['@relay', '450/1m,6000/10h', '25', '50']);
	set('@relay', 'conc=8');
	assert.equal(ctl('domain', 'list').policies[0].windows, '450/1m,6000/10h', 'what is not said stays');
	assert.equal(ctl('domain', 'reset', '@relay').status, 0);
	assert.equal(ctl('domain', 'reset', '@relay').status, 67);
});
