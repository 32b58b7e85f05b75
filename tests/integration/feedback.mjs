/*
 * What replies teach the mailer: how many at once a domain and a relay are given, when one of them pauses, when a mail is tried again; and several relays.
 * On a real MariaDB and Redis, with peers that refuse on cue. ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { MailWorld, sleep, until } from '../lib/mail_world.mjs';

const world = new MailWorld();

world.tell({ before, after, afterEach });

const ctl = (...words) => world.answer(...words);
const electors = (...how) => world.newElectors(...how);
const with_mailer = (behaviour, settings) => world.withMailer(behaviour, { senders: 4, ...settings });
const states = (list) => world.states(list);
const all_sent = (list, seconds = 20) => until(() => states(list).every((state) => state === 'sent'), seconds);
const set = (...words) => assert.equal(ctl('domain', 'set', ...words).status, 0);
const limit = (lane) => Number(world.redisDo('HGET', `isoloir:{mq}:limit:${lane}`, 'at') || 1);
const set_limit = (lane, n) => world.redisDo('HSET', `isoloir:{mq}:limit:${lane}`, 'at', n, 'won', 0);
const tries = (peer, list) => list.reduce((n, who) => n + (peer.tries.get(who) ?? 0), 0);

/* Counts the mails of a domain that are between RCPT and the reply to their end, and refuses more than it takes. */
function takes_at_once(domain, n, seen) {
	const flying = new Set();

	return ({ to, phase, session }) => {
		if (phase === 'dot') {
			setTimeout(() => flying.delete(session), 60);	/* set before the wait's own timer, so it comes first */
			return { wait: 60 };
		}
		if (phase !== 'rcpt' || !to.endsWith(domain))
			return undefined;
		if (flying.size >= n) {
			seen.refused++;
			return '451 4.3.2 too many of you';
		}
		flying.add(session);
		seen.most = Math.max(seen.most, flying.size);
		return undefined;
	};
}

test('a domain gets more at once while it takes them, and fewer when it refuses; another one is not held back', async () => {
	const seen = { most: 0, refused: 0 }, list = electors(60), free = electors(30, 'ac-lent.fr');
	await with_mailer({ cue: takes_at_once('ac-nantes.fr', 3, seen) }, { senders: 8 });
	world.put([...list, ...free]);
	assert.ok(await all_sent([...list, ...free], 30));
	assert.equal(seen.most, 3, 'all that it takes at once is used');
	assert.ok(seen.refused > 0 && seen.refused < 30, `${seen.refused} refusals for 60 mails`);
	const { limit: shown, refused_at: at } = ctl('domain', 'show', 'ac-nantes.fr');
	assert.ok(shown >= 1 && shown <= 4, `${shown} at once`);
	assert.ok(at, 'and since when is told');
	assert.ok(ctl('domain', 'show', 'ac-lent.fr').limit >= 2);
	world.redisDo('FLUSHALL');
	assert.equal(ctl('domain', 'show', 'ac-lent.fr').limit, 1, 'what nothing is known of begins with one');
});

test('the ceiling is the row’s: a limit that has grown is shown and used no further', async () => {
	set('ac-nantes.fr', 'conc=2');
	const seen = { most: 0, refused: 0 }, list = electors(30);
	await with_mailer({ cue: takes_at_once('ac-nantes.fr', 20, seen) }, { senders: 6 });
	set_limit('ac-nantes.fr', 16);
	set_limit('@relay', 16);
	world.put(list);
	assert.ok(await all_sent(list));
	assert.equal(seen.most, 2);
	assert.equal(ctl('domain', 'show', 'ac-nantes.fr').limit, 2);
});

test('each reply counts once and for whom it meets: domain, relay, or the person alone', async () => {
	const replies = {};
	await with_mailer({ cue: ({ to, phase, n }) => (n === 1 && phase === 'rcpt' ? replies[to] : undefined) }, { senders: 1 });
	for (const [reply, lane, relay] of [
		['451 4.3.0 too busy', 4, 8], ['450 no more now', 4, 8], ['452 4.3.1 no room here', 4, 8], ['421 4.3.2 closing', 8, 4], [{ cut: true }, 8, 4],
		['450 4.7.1 greylisted', 8, 8], ['450 4.2.1 not at the moment', 8, 8], ['552 5.2.2 mailbox full', 8, 8], ['550 5.1.1 nobody', 8, 8], ['550 5.7.1 not from you', 8, 8],
	]) {
		const [who] = electors(1);
		replies[who] = reply;
		set_limit('ac-nantes.fr', 8);
		set_limit('@relay', 8);
		world.put([who]);
		assert.ok(await until(() => world.job(who).attempts >= 1), `${reply}`);
		await until(() => /outcome=/.test(world.log().split(`job=${world.job(who).id}`)[1] ?? ''), 3);
		assert.deepEqual([limit('ac-nantes.fr'), limit('@relay')], [lane, relay], JSON.stringify(reply));
		ctl('queue', 'drop', world.job(who).id);
	}
});

test('refusals of mails that were on their way together halve once', async () => {
	const list = electors(4);
	await with_mailer({ cue: ({ phase, n }) => (n === 1 && phase === 'rcpt' ? { wait: 700, say: '451 4.3.0 too busy' } : undefined) });
	set_limit('ac-nantes.fr', 8);
	set_limit('@relay', 8);
	world.put(list);
	assert.ok(await until(() => list.every((who) => world.job(who).attempts >= 1), 10));
	assert.equal(limit('ac-nantes.fr'), 4);
});

test('a domain that only puts off pauses and nobody else; then one mail tries, and its success opens the lane', async () => {
	let refuse = true;
	const list = electors(6), free = electors(3, 'ac-lent.fr');
	const peer = await with_mailer({ cue: ({ to, phase }) => (refuse && phase === 'rcpt' && /nantes/.test(to) ? '451 4.3.0 later' : undefined) }, { backoff: '200ms' });
	world.put(list);
	assert.ok(await until(() => /domain paused.*lane=ac-nantes\.fr/.test(world.log())));
	world.put(free);
	assert.ok(await all_sent(free, 5));
	const before = tries(peer, list);
	await sleep(2000);
	assert.ok(tries(peer, list) - before <= 6, `${tries(peer, list) - before} tries in two seconds`);
	const shown = ctl('domain', 'show', 'ac-nantes.fr');
	assert.equal(shown.waiting, 6);
	assert.deepEqual(shown.put_off.map(({ last_reply: reply, mails }) => [reply, mails]), [['rcpt 451 4.3.0 later', 6]]);
	assert.ok(shown.waiting_since && shown.put_off[0].since_at);
	assert.equal(shown.empty_at, undefined, 'nothing went: nothing is foretold');
	refuse = false;
	assert.ok(await all_sent(list, 30));
	assert.equal(world.redisDo('EXISTS', 'isoloir:{mq}:trouble:ac-nantes.fr'), '0');
});

test('a relay that is away is tried by one mail at a time, and all goes when it is back', async () => {
	const list = electors(8);
	const peer = await with_mailer();
	await peer.close();
	set_limit('@relay', 8);
	world.put(list);
	assert.ok(await until(() => /relay paused.*lane=@relay /.test(world.log())));
	assert.equal(limit('@relay'), 1);
	assert.equal(list.filter((who) => world.job(who).attempts > 0).length, 0, 'it costs no mail an attempt');
	await peer.listen(peer.port);
	assert.ok(await all_sent(list, 30));
});

test('greylisted: again after ten units and not before; a full mailbox: much later, and never dead', async () => {
	const [grey, full] = electors(2);
	const first = {};
	const peer = await with_mailer({ cue: ({ to, phase, n }) => {
		if (phase !== 'rcpt')
			return undefined;
		first[to] ??= Date.now();
		return to === full ? '552 5.2.2 mailbox full' : n === 1 ? '451 4.7.1 greylisted, come back' : undefined;
	} });
	world.put([grey, full]);
	assert.ok(await all_sent([grey]));
	const waited = peer.takenBy(grey)[0].at - first[grey];
	assert.ok(waited >= 1000 && waited < 3000, `${waited} ms`);
	const { state, attempts } = world.job(full);
	assert.deepEqual([state, attempts], ['ready', 1]);
	const [[in_ms]] = world.sql(`select timestampdiff(microsecond, created_at, due_at) / 1000 from mail_job where identifier = '${full}'`);
	assert.ok(in_ms >= 6000 && in_ms < 13000, `${in_ms} ms`);
});

/* ---- who asks again ---- */

const FULL = '552 5.2.2 mailbox full';
const at_rcpt = (say) => ({ cue: ({ phase, to }) => (phase === 'rcpt' ? say(to) : undefined) });
const attempts_are = (who, n) => world.waitsAgain(who, n);
/* When the row and Redis say that it is due, in ms from now, and when a click may bring it forward (NaN: never). */
function due(who) {
	const [[id, lane, row, forward]] = world.sql(`select id, domain, timestampdiff(microsecond, utc_timestamp(3), due_at) / 1000, timestampdiff(microsecond, utc_timestamp(3), forward_at) / 1000
		from mail_job where identifier = '${who}' and finished_at is null`);
	const score = world.redisDo('ZSCORE', `isoloir:{mq}:ready:0:${lane}`, id);

	return { row: Number(row), live: score === '' ? NaN : Number(score) - Date.now(), forward: Number(forward) };
}
const stop = async () => assert.equal(await world.stopMailer(), 0);

test('a full mailbox is emptied: its owner asks again, and the mail goes at once', async () => {
	const [who] = electors(1);
	let full = true;
	const peer = await with_mailer(at_rcpt(() => (full ? FULL : undefined)), { backoff: '500ms' });
	world.put([who]);
	assert.ok(await attempts_are(who, 1));
	const { row, live } = due(who);
	assert.ok(row > 25000 && Math.abs(row - live) < 1000, `due in ${row} ms by its row, ${live} ms in Redis`);
	await sleep(600);
	full = false;
	const asked = Date.now();
	world.put([who]);
	assert.ok(await all_sent([who], 10));
	assert.ok(peer.takenBy(who)[0].at - asked < 5000);
	assert.equal(peer.takenBy(who).length, 1);
	assert.deepEqual(world.sql(`select count(*), max(repeats), max(attempts) from mail_job where identifier = '${who}'`), [['1', '1', '2']]);
});

test('a mailbox that stays full is tried at most once in ten units, however often its owner asks, and not at all without', async () => {
	const [who] = electors(1);
	const peer = await with_mailer(at_rcpt(() => FULL), { backoff: '300ms' });
	world.put([who]);
	assert.ok(await attempts_are(who, 1));
	await sleep(400);
	const first = Date.now();
	while (Date.now() - first < 2500) {
		world.put([who, who, who]);
		await sleep(50); /* the peer answers meanwhile */
	}
	assert.equal(peer.tries.get(who), 2, 'the first of them, and none of the others');
	assert.ok(await attempts_are(who, 2));
	assert.ok(due(who).row > 12000, 'it waits again as before');
	assert.ok(await attempts_are(who, 3), 'the others count once their time has come');
	assert.ok(Date.now() - first >= 3000, `${Date.now() - first} ms`);
	await sleep(3600);
	assert.equal(peer.tries.get(who), 3, 'and since then nobody asked');
	assert.ok(Number(world.sql(`select repeats from mail_job where identifier = '${who}'`)[0][0]) > 10);
});

test('no click brings forward what waits for the domain, its policy or the relay', async () => {
	const replies = { later: '451 4.3.0 later', policy: '554 5.7.1 not from you', relay: '421 4.3.2 too busy', person: '450 4.2.1 put off' };
	const who = Object.fromEntries(electors(4).map((one, i) => [Object.keys(replies)[i], one]));
	await with_mailer(at_rcpt((to) => replies[Object.keys(who).find((why) => who[why] === to)]), { backoff: '60s' });
	for (const one of Object.values(who)) {
		world.put([one]);
		assert.ok(await until(() => world.job(one).attempts > 0), one);
	}
	await stop();
	for (const one of Object.values(who)) {
		world.sql(`update mail_job set due_at = utc_timestamp(3) + interval 1 hour where identifier = '${one}'`);
		world.redisDo('ZADD', 'isoloir:{mq}:ready:0:ac-nantes.fr', 'XX', String(Date.now() + 3600000), world.job(one).id);
	}
	await with_mailer({}, { backoff: '60s' });
	world.put(Object.values(who));
	await sleep(1500);
	for (const [why, one] of Object.entries(who))
		assert.ok(due(one).row > 3590000 && due(one).live > 3590000, why);
	assert.deepEqual(world.sql(`select count(*), sum(forward_at is null), sum(brought_at is null), sum(repeats) from mail_job where identifier in ('${Object.values(who).join("','")}')`),
		[['4', '4', '4', '4']]);
});

test('who is greylisted is brought forward once ten units are over, and not before', async () => {
	const [who] = electors(1);
	const peer = await with_mailer(at_rcpt(() => '451 4.7.1 greylisted, come back'), { backoff: '60s' });
	world.put([who]);
	assert.ok(await attempts_are(who, 1));
	const [[forward, row]] = world.sql(`select timestampdiff(microsecond, deferred_at, forward_at) / 1000, timestampdiff(microsecond, deferred_at, due_at) / 1000
		from mail_job where identifier = '${who}'`).map((list) => list.map(Number));
	assert.ok(forward === 600000 && row >= forward, `${forward} ms, due in ${row} ms`);
	world.put([who]);
	await sleep(1000);
	assert.ok(due(who).row > 590000 && due(who).live > 590000, 'its ten units are not over');
	world.sql(`update mail_job set forward_at = utc_timestamp(3) where identifier = '${who}'`);
	assert.ok(await attempts_are(who, 2));
	assert.equal(peer.tries.get(who), 2);
});

test('who has not asked again waits for the whole of it', async () => {
	const [who] = electors(1);
	const peer = await with_mailer(at_rcpt(() => FULL), { backoff: '60s' });
	world.put([who, who, who]);
	assert.ok(await attempts_are(who, 1));
	world.sql(`update mail_job set forward_at = utc_timestamp(3), repeated_at = deferred_at - interval 1 second where identifier = '${who}'`);
	await sleep(1000);
	assert.equal(peer.tries.get(who), 1, 'clicks before it was put off do not count');
});

test('a click counts although Redis was away or emptied, and row and Redis agree', async () => {
	const [flushed, missed] = electors(2);
	let full = true;
	await with_mailer(at_rcpt(() => (full ? FULL : undefined)), { backoff: '60s' });
	world.put([flushed, missed]);
	assert.ok(await attempts_are(flushed, 1) && await attempts_are(missed, 1));
	await stop();
	full = false;
	world.sql('update mail_job set forward_at = utc_timestamp(3) where forward_at is not null');
	await world.end(world.redis);
	world.put([missed]);
	await world.startRedis();
	assert.ok(due(missed).row > 3000000 && due(missed).live > 3000000, 'a click moves nothing');
	await with_mailer({}, { backoff: '60s' });
	assert.ok(await all_sent([missed]));
	assert.equal(world.job(flushed).attempts, 1);
	world.put([flushed]);
	world.redisDo('FLUSHALL');
	assert.ok(await all_sent([flushed]));
});

test('a mail that is held or in hand stays where it is when its person asks again', async () => {
	const [held, in_hand] = electors(2);
	const peer = await with_mailer({ cue: ({ phase, to, n }) => {
		if (phase === 'rcpt' && n === 1)
			return FULL;
		return phase === 'dot' && to === in_hand ? { wait: 2500 } : undefined;
	} }, { backoff: '500ms' });
	world.put([held, in_hand]);
	assert.ok(await attempts_are(held, 1) && await attempts_are(in_hand, 1));
	assert.equal(ctl('queue', 'hold', world.job(held).id).changed, 1);
	await sleep(600);
	world.put([in_hand]);
	assert.ok(await until(() => world.job(in_hand).open));
	world.put([held, in_hand]);
	assert.equal(world.fsck().counts.leased, 1);
	assert.equal(world.fsck().counts.held, 1);
	assert.equal(world.job(held).state, 'held');
	assert.ok(await all_sent([in_hand]));
	assert.equal(peer.takenBy(in_hand).length, 1);
	assert.deepEqual([world.job(held).state, world.job(held).attempts], ['held', 1]);
});

test('a verdict of a full mailbox that waited for MariaDB may be brought forward, too', async () => {
	const [who] = electors(1);
	let asked, full = true;
	const peer = await with_mailer({ cue: ({ phase }) => (phase === 'rcpt' && full ? (asked ??= Date.now(), { wait: 1500, say: FULL }) : undefined) }, { senders: 1, backoff: '1s' });
	world.put([who]);
	assert.ok(await until(() => asked));
	await world.end(world.mariadb);
	assert.ok(await until(() => world.fsck().counts.settling === 1));
	await world.startMariadb();
	assert.ok(await attempts_are(who, 1));
	assert.ok(due(who).forward > -10000 && due(who).forward < 1100);
	full = false;
	await sleep(1200);
	world.put([who]);
	assert.ok(await all_sent([who], 10));
	assert.equal(peer.takenBy(who).length, 1);
});

/* What the servers did for one program that asks: statements and scripts, and whether Redis had to write. */
function cost_of(who) {
	const count = () => {
		const stats = world.redisDo('INFO', 'commandstats');
		const calls = ['evalsha', 'eval'].reduce((n, name) => n + Number(stats.match(new RegExp(`cmdstat_${name}:calls=(\\d+)`))?.[1] ?? 0), 0);
		const [[, statements]] = world.sql("show global status like 'Com_stmt_execute'");

		return { statements: Number(statements), scripts: calls, aof: Number(world.redisDo('INFO', 'persistence').match(/aof_current_size:(\d+)/)[1]) };
	};
	const from = count();
	world.put([who]);
	const to = count();

	return [to.statements - from.statements, to.scripts - from.scripts, to.aof > from.aof];
}

test('a repeat costs the same whoever asks: unknown, sent, a full mailbox that is tried for it and one that is not', async () => {
	const [sent, full, waiting] = electors(3), unknown = 'personne.ici@ac-nantes.fr';
	await with_mailer(at_rcpt((to) => (to === sent ? undefined : FULL)), { backoff: '60s' });
	world.put([sent, full, waiting, unknown]);
	assert.ok(await all_sent([sent]));
	assert.ok(await attempts_are(full, 1) && await attempts_are(waiting, 1) && await until(() => world.job(unknown).state === 'unknown'));
	await stop();
	world.sql(`update mail_job set forward_at = utc_timestamp(3) where identifier = '${full}'`);
	assert.equal(world.redisDo('DEBUG', 'SET-ACTIVE-EXPIRE', '0'), 'OK'); /* what expires is written, whenever that is */
	const costs = [unknown, sent, full, waiting].map((who) => [who, cost_of(who)]);
	world.redisDo('DEBUG', 'SET-ACTIVE-EXPIRE', '1');
	for (const [who, cost] of costs)
		assert.deepEqual(cost, costs[0][1], who);
	assert.deepEqual(costs[0][1].slice(1), [2, false], 'two scripts, and nothing for Redis to write');
	assert.deepEqual(world.sql(`select repeats, repeats_after from mail_job where identifier in ('${unknown}', '${sent}')`), [['1', '1'], ['1', '1']]);
});

test('a mail is tried for as long as its link works, and one that comes at the last moment is good for as long again', async () => {
	world.configure(25, { link_validity: '14d' });
	const [who] = electors(1);
	world.put([who]);
	world.put([who], 'activated');
	assert.deepEqual(world.sql(`select mail, timestampdiff(day, created_at - interval 1 minute, deadline_at) from mail_job where identifier = '${who}' order by mail`), [['activated', '3'], ['activation', '14']]);
	world.sql(`update mail_job set created_at = created_at - interval 20159 minute, deadline_at = deadline_at - interval 20159 minute where identifier = '${who}' and mail = 'activation'`);
	await with_mailer({}, { link_validity: '14d' });
	assert.ok(await until(() => world.sql(`select state from mail_job where identifier = '${who}' and mail = 'activation'`)[0][0] === 'sent'));
	const [[minutes]] = world.sql(`select timestampdiff(minute, utc_timestamp(), expires_at) from activation_token k join elector e on e.id = k.elector_id where identifier = '${who}'`);
	assert.ok(minutes >= 14 * 1440 - 2, `${minutes} minutes`);
});

test('a domain’s mails go through another relay at once, those that wait too, and back again', async () => {
	const b = await world.newPeer(), list = electors(3), waiting = electors(3), others = electors(2, 'ac-lent.fr');
	const a = await with_mailer({}, { more: `[relay B]\nhost = 127.0.0.1\nport = ${b.port}\nstarttls = off\n` });
	world.put(list);
	assert.ok(await all_sent(list));
	assert.equal(a.mails.length, 3);
	assert.equal(ctl('domain', 'pause', 'ac-nantes.fr').status, 0);
	await world.swept();
	world.put(waiting);
	set('ac-*.fr', 'relay=B');
	set('ac-lent.fr', 'conc=4');
	assert.equal(ctl('domain', 'reset', 'ac-nantes.fr').status, 0);
	assert.ok(await all_sent(waiting));
	world.put(others);
	assert.ok(await all_sent(others));
	assert.equal(waiting.every((who) => b.takenBy(who).length === 1), true, 'what waited goes through B');
	assert.equal(others.every((who) => a.takenBy(who).length === 1), true, 'the row of a domain holds for it, and names no relay');
	const shown = ctl('domain', 'show', 'ac-nantes.fr');
	assert.deepEqual([shown.relay, ctl('domain', 'show', 'ac-lent.fr').relay], ['B', 'main']);
	assert.deepEqual(ctl('domain', 'show', '@relay:B').last_day.map(({ mails }) => mails), [3]);
	assert.deepEqual(world.sql("select relay, count(*) from mail_job where state = 'sent' group by 1 order by 1"), [['', '5'], ['B', '3']]);
	assert.equal(ctl('domain', 'reset', 'ac-*.fr').status, 0);
	await world.swept();
	const again = electors(2);
	world.put(again);
	assert.ok(await all_sent(again));
	assert.equal(again.every((who) => a.takenBy(who).length === 1), true);
});

test('a relay that is away, or paused by hand, keeps no mail of another one waiting', async () => {
	const b = await world.newPeer(), through_b = electors(3), through_a = electors(3, 'ac-lent.fr');
	const a = await with_mailer({}, { senders: 1, more: `[relay B]\nhost = 127.0.0.1\nport = ${b.port}\nstarttls = off\n` });
	set('ac-nantes.fr', 'relay=B');
	await world.swept();
	await a.close();
	world.put(through_a);
	assert.ok(await until(() => /outage begins.*of=relay /.test(world.log())));
	world.put(through_b);
	assert.ok(await all_sent(through_b, 5));
	await a.listen(a.port);
	assert.ok(await all_sent(through_a, 30));
	assert.equal(ctl('domain', 'pause', '@relay:B').status, 0);
	await world.swept();
	const more_b = electors(2), more_a = electors(2, 'ac-lent.fr');
	world.put([...more_b, ...more_a]);
	assert.ok(await all_sent(more_a, 5));
	assert.deepEqual(states(more_b), ['ready', 'ready']);
	const relays = ctl('top').domains.filter(({ domain }) => domain.startsWith('@')).map(({ domain, waiting, limit: at, paused_until: until_when }) => [domain, waiting, at, until_when]);
	assert.deepEqual(relays, [['@relay:B', 2, limit('@relay:B'), 'by hand'], ['@relay', 0, limit('@relay'), '']], 'each relay for itself');
	world.redisDo('FLUSHALL');
	await sleep(1000);
	assert.deepEqual(states(more_b), ['ready', 'ready'], 'an emptied Redis forgets no pause and no relay');
	assert.equal(ctl('domain', 'resume', '@relay:B').status, 0);
	assert.ok(await all_sent(more_b));
	assert.equal(more_b.every((who) => b.takenBy(who).length === 1), true);
});

test('each relay has its own windows, its own nights, and after an emptied Redis its own history', async () => {
	const hour = new Date().getUTCHours();
	const at = (wanted) => { /* a zone in which it is about that hour; Etc/GMT+5 is five hours behind */
		const east = ((wanted - hour + 36) % 24) - 12;
		return `Etc/GMT${east > 0 ? '-' : '+'}${Math.abs(east)}`;
	};
	const b = await world.newPeer(), list = electors(3);
	await with_mailer({}, { zone: at(12), more: `[relay B]\nhost = 127.0.0.1\nport = ${b.port}\nstarttls = off\nzone = ${at(2)}\n` });
	set('ac-nantes.fr', 'relay=B');
	set('@relay:B', 'windows=8/1h', 'night=25');
	set('@relay', 'windows=8/1h', 'night=25', 'weekend=100');
	await world.swept();
	world.put(list);
	assert.ok(await until(() => b.mails.length === 2));
	await sleep(500);
	assert.equal(b.mails.length, 2, 'a quarter of eight');
	assert.deepEqual(['@relay', '@relay:B'].map((lane) => ctl('domain', 'show', lane).windows.map(({ went, of }) => [went, of])), [[[0, 8]], [[2, 2]]]);
	world.redisDo('FLUSHALL');
	assert.ok(await until(() => ctl('domain', 'show', '@relay:B').windows[0].went === 2));
	assert.equal(ctl('domain', 'show', '@relay').windows[0].went, 0);
	assert.ok(await until(() => ctl('domain', 'show', '@relay:B').waiting === 1));
	const { empty_at: at_iso } = ctl('domain', 'show', '@relay:B');
	const minutes = (Date.parse(at_iso) - Date.now()) / 60000;
	assert.ok(minutes > 55 && minutes < 65, `empty in ${minutes} minutes`);
});

test('rate is one of the windows; a relay that the settings lack is refused, and one that they lost lets mails go', async () => {
	world.configure(25, { more: '[relay lycees]\nhost = 127.0.0.1\n' });
	set('ac-nantes.fr', 'rate=20/s', 'conc=4', 'windows=500/1m,800/10m', 'relay=lycees');
	const row = () => ctl('domain', 'list').policies[0];
	assert.deepEqual([row().windows, row().concurrency, row().relay], ['20/1s,500/1m,800/10m', '4', 'lycees']);
	set('ac-nantes.fr', 'rate=5/s');
	assert.equal(row().windows, '5/1s,500/1m,800/10m');
	for (const [words, why] of [[['ac-nantes.fr', 'relay=lycee'], /did you mean lycees/], [['@relay', 'relay=lycees'], /no other/], [['@relay:C', 'conc=1'], /no relay of the settings/],
		[['ac-nantes.fr', 'rate=5'], /as 20\/s/], [['ac-nantes.fr', 'rate=1/h', 'windows=1/1s,1/2s,1/3s,1/4s,1/5s'], /five windows/]]) {
		const { status, error } = ctl('domain', 'set', ...words);
		assert.equal(status, 64, words.join(' '));
		assert.match(error, why);
	}
	await with_mailer();
	const list = electors(2);
	world.put(list);
	assert.ok(await all_sent(list));
	assert.match(world.log(), /relay unknown.*name=lycees/);
});
