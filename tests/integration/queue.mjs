/*
 * What operators do to the queue, on a real MariaDB and Redis, with the mailer at work or not: isoloirctl queue list, why, hold, release, retry, drop,
 * restore, fsck, rebuild. After each story every job stands in exactly one set. ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { MailWorld, sleep, until } from '../lib/mail_world.mjs';

const world = new MailWorld();
let peer;

world.tell({ before, after, afterEach });

const ctl = (...words) => world.ctl(...words);
const json = (...words) => JSON.parse(ctl(...words, '--json').stdout);

const electors = (...how) => world.newElectors(...how);

/* A peer, and a mailer that talks with it; or no mailer at all, and then nothing moves by itself. */
const with_mailer = async (...how) => { peer = await world.withMailer(...how); };
const without_mailer = () => world.configure(25);
const states = (list) => world.states(list);
const taken = (who) => peer.takenBy(who).length;
const place = (who) => world.redisDo('HGET', `isoloir:{mq}:job:${world.job(who).id}`, 'place');

test('the list tells what waits, by filter, and says so when a word is wrong', () => {
	without_mailer();
	const nantes = electors(2), rennes = electors(1, 'ac-lent.fr');
	world.put([...nantes, ...rennes]);
	world.put(nantes.slice(0, 1), 'password_changed');

	assert.equal(json('queue', 'list').mails.length, 4);
	assert.deepEqual(json('queue', 'list', '--domain', 'ac-lent.fr').mails.map(({ identifier }) => identifier), rennes);
	assert.deepEqual(json('queue', 'list', '--class', 'notice').mails.map(({ mail }) => mail), ['password_changed']);
	assert.equal(json('queue', 'list', '--mail', 'activation').mails.length, 3);
	assert.equal(json('queue', 'list', '--older', '1h').mails.length, 0);
	assert.equal(json('queue', 'list', '--state', 'held').mails.length, 0);
	assert.match(ctl('queue', 'list').stdout, /ac-lent\.fr[^]*4 mails\./);
	for (const [words, why] of [[['--state', 'sent'], /ready, held or uncertain/], [['--mail', 'pigeon'], /no kind of mail is called pigeon/],
		[['--class', 'x'], /interactive, notice or campaign/], [['--older', 'soon'], /30min/], [['--class', 'notice', '--mail', 'activated'], /exclude/]]) {
		const { status, stderr } = ctl('queue', 'list', ...words);
		assert.equal(status, 64);
		assert.match(stderr, why);
	}
});

test('a list of more than a page is told whole, each mail once', () => {
	without_mailer();
	const many = electors(1203);
	world.put(many);
	const { mails } = json('queue', 'list');
	assert.deepEqual(mails.map(({ identifier }) => identifier).sort(), [...many].sort());
});

test('held mails stay, whatever the mailer does, and go once released, each once', async () => {
	without_mailer();
	const [kept, free] = [electors(3), electors(2, 'ac-lent.fr')];
	world.put([...kept, ...free]);
	const said = json('queue', 'hold', '--domain', 'ac-nantes.fr', '--reason', 'their relay is down');
	assert.deepEqual([said.found, said.changed], [3, 3]);
	assert.ok(kept.every((who) => place(who) === 'held'));
	await with_mailer();
	assert.ok(await until(() => states(free).every((state) => state === 'sent')));
	await sleep(800);
	assert.deepEqual(states(kept), ['held', 'held', 'held']);
	assert.equal(kept.reduce((n, who) => n + taken(who), 0), 0);
	assert.equal(json('queue', 'release', '--domain', 'ac-nantes.fr').changed, 3);
	assert.ok(await until(() => states(kept).every((state) => state === 'sent')));
	assert.ok(kept.every((who) => taken(who) === 1));
	const trail = world.sql("select act, detail, actor from audit where act like 'mails %' order by id desc limit 2");
	assert.deepEqual(trail.map(([act]) => act), ['mails released', 'mails held']);
	assert.match(trail[1][1], /^3 of state=any domain=ac-nantes\.fr mail=any older=0s: their relay is down$/);
	assert.match(trail[1][2], /^isoloirctl \w+/);
});

test('a mail that is put while others of its person are held is not the same mail; a repeat of a held one makes no second', async () => {
	without_mailer();
	const [who] = electors(1);
	const [reference] = world.put([who]);
	assert.equal(ctl('queue', 'hold', reference).status, 0);
	world.put([who]);
	assert.equal(world.sql(`select count(*) from mail_job where identifier = '${who}'`)[0][0], '1');
	await with_mailer();
	await sleep(600);
	assert.equal(taken(who), 0);
	assert.equal(ctl('queue', 'release', world.job(who).id).status, 0);
	assert.ok(await until(() => taken(who) === 1));
});

test('a mail that is on its way cannot be held or dropped: it goes, and its row says sent', async () => {
	const [who] = electors(1);
	await with_mailer({ cue: ({ phase }) => (phase === 'dot' ? { wait: 1500 } : undefined) });
	world.put([who]);
	assert.ok(await until(() => world.job(who).open));
	assert.equal(json('queue', 'hold', '--domain', 'ac-nantes.fr').changed, 0);
	assert.equal(json('queue', 'drop', '--domain', 'ac-nantes.fr').changed, 0);
	assert.ok(await until(() => world.job(who).state === 'sent'));
	assert.equal(taken(who), 1);
});

test('a hold between the lease and the end of the mail keeps it back', async () => {
	const [who] = electors(1);
	await with_mailer({ cue: ({ phase }) => (phase === 'rcpt' ? { wait: 1200 } : undefined) });
	world.put([who]);
	assert.ok(await until(() => place(who) === 'leased'));
	assert.equal(json('queue', 'hold', '--mail', 'activation').changed, 1);
	await sleep(2000);
	assert.equal(world.job(who).state, 'held');
	assert.equal(taken(who), 0);
	assert.ok(await until(() => place(who) === 'held'));
});

test('a deferred mail is tried now when told so', async () => {
	const [who] = electors(1);
	await with_mailer({ cue: ({ phase, n }) => (phase === 'rcpt' && n === 1 ? '450 4.2.0 later' : undefined) }, { backoff: '30min' });
	world.put([who]);
	assert.ok(await world.waitsAgain(who, 1));
	const [waiting] = json('queue', 'why').waiting;
	assert.deepEqual([waiting.domain, waiting.state, waiting.mails], ['ac-nantes.fr', 'ready', '1']);
	assert.match(waiting.last_reply, /^rcpt 450/);
	assert.match(waiting.advice, /tried again by itself/);
	assert.equal(ctl('queue', 'retry', '--domain', 'ac-nantes.fr').status, 0);
	assert.ok(await until(() => world.job(who).state === 'sent'));
	assert.equal(taken(who), 1);
});

test('a mail of unknown fate that must not double waits for a decision, and says why', async () => {
	const [one, two] = electors(2);
	await with_mailer({ cue: ({ phase, n }) => (phase === 'dot' && n === 1 ? { cut: true } : undefined) }, { senders: 1 });
	world.put([one, two], 'password_changed');
	assert.ok(await until(() => states([one, two]).every((state) => state === 'uncertain')));
	assert.match(json('queue', 'why').waiting[0].advice, /nobody knows whether it went/);
	assert.equal(json('queue', 'retry', world.job(one).id).changed, 1);
	assert.equal(json('queue', 'drop', world.job(two).id).changed, 1);
	assert.ok(await until(() => world.job(one).state === 'sent'));
	assert.equal(world.job(two).state, 'dropped');
});

test('what was dropped is gone, comes back held within a day, and not after', async () => {
	without_mailer();
	const [who, old] = electors(2);
	world.put([who, old]);
	assert.equal(json('queue', 'drop', '--domain', 'ac-nantes.fr').changed, 2);
	assert.deepEqual(world.fsck().jobs, 0);
	world.sql(`update mail_job set finished_at = utc_timestamp(3) - interval 25 hour where identifier = '${old}'`);
	assert.equal(json('queue', 'restore', '--domain', 'ac-nantes.fr').changed, 1);
	assert.deepEqual(states([who, old]), ['held', 'dropped']);
	assert.equal(place(who), 'held');
	await with_mailer();
	assert.equal(ctl('queue', 'release', world.job(who).id).status, 0);
	assert.ok(await until(() => taken(who) === 1));
	assert.equal(ctl('queue', 'drop', 'ZZZ-ZZZZ').status, 67, 'nobody has that reference');
});

test('a dropped mail whose person has asked again since stays dropped', () => {
	without_mailer();
	const [who] = electors(1);
	world.put([who]);
	const { id } = world.job(who);
	assert.equal(json('queue', 'drop', id).changed, 1);
	world.put([who]);
	assert.equal(json('queue', 'restore', id).changed, 0);
	assert.equal(world.sql(`select count(*) from mail_job where identifier = '${who}' and finished_at is null`)[0][0], '1');
});

test('a dry run counts and changes nothing; without a filter nothing is done at all', () => {
	without_mailer();
	const [who] = electors(1);
	world.put([who]);
	const { found, changed, message } = json('queue', 'hold', '--domain', 'ac-nantes.fr', '--dry-run');
	assert.deepEqual([found, changed], [1, 0]);
	assert.match(message, /nothing was changed/);
	assert.equal(world.job(who).state, 'ready');
	for (const verb of ['hold', 'release', 'retry', 'drop', 'restore']) {
		const { status, stderr } = ctl('queue', verb);
		assert.equal(status, 64, verb);
		assert.match(stderr, /which mails\?/);
	}
});

test('with Redis away the row is changed, and Redis follows once it is back', async () => {
	without_mailer();
	const [held, freed] = electors(2);
	world.put([held, freed]);
	assert.equal(json('queue', 'hold', world.job(freed).id).changed, 1);
	await world.end(world.redis);
	const away = [json('queue', 'hold', world.job(held).id), json('queue', 'release', world.job(freed).id)];
	for (const { changed, message } of away) {
		assert.equal(changed, 1);
		assert.match(message, /Redis is away/);
	}
	await world.startRedis();
	assert.equal(place(freed), 'held', 'Redis has not heard yet');
	await with_mailer();
	assert.ok(await until(() => taken(freed) === 1));
	assert.ok(await until(() => place(held) === 'held'));
	assert.equal(taken(held), 0);
});

test('fsck finds a job in no set, one in two, one without a hash and a row without a job, and mends them by the rows', async () => {
	without_mailer();
	const list = electors(5), key = 'isoloir:{mq}:';
	world.put(list);
	world.sql('update mail_job set created_at = created_at - interval 1 minute where finished_at is null');
	assert.match(json('queue', 'fsck').message, /^5 jobs, each in its one set/);
	const [lost, twice, bare, gone] = list.map((who) => world.job(who).id);
	world.redisDo('ZREM', `${key}ready:0:ac-nantes.fr`, lost);
	world.redisDo('ZADD', `${key}held`, '1', twice);
	world.redisDo('DEL', `${key}job:${bare}`);
	world.redisDo('DEL', `${key}job:${gone}`);
	world.redisDo('ZREM', `${key}ready:0:ac-nantes.fr`, gone);
	const { ok, wrong, error } = json('queue', 'fsck');
	assert.equal(ok, false);
	assert.match(error, /things are wrong; `isoloirctl queue fsck --repair`/);
	for (const [id, why] of [[lost, /where it is not/], [twice, /stands in held, and its hash names ready:0/], [bare, /its hash names no set/], [gone, /Redis does not know it/]])
		assert.ok(wrong.some((row) => row.id === id && why.test(row.wrong)), `${id}: ${JSON.stringify(wrong)}`);
	assert.equal(ctl('queue', 'fsck', '--repair').status, 0);
	await with_mailer();
	assert.ok(await until(() => list.every((who) => taken(who) === 1)));
});

test('rebuild and a repair are audited with their reason, and a dry run of rebuild changes nothing', () => {
	without_mailer();
	const [who] = electors(1);
	world.put([who]);
	world.redisDo('SET', 'isoloir:{mq}:whole', 'x');
	assert.match(ctl('queue', 'rebuild', '--dry-run').stdout, /nothing was changed/);
	assert.equal(world.redisDo('GET', 'isoloir:{mq}:whole'), 'x');
	assert.equal(ctl('queue', 'rebuild', '--reason', 'Redis remplacé').status, 0);
	assert.equal(world.redisDo('EXISTS', 'isoloir:{mq}:whole'), '0');
	world.redisDo('ZREM', 'isoloir:{mq}:ready:0:ac-nantes.fr', world.job(who).id);
	assert.equal(ctl('queue', 'fsck', '--repair', '--reason', 'après la panne').status, 0);
	assert.deepEqual(world.sql("select act, detail from audit where act like 'queue re%' order by id desc limit 2"),
		[['queue repaired', '1 taken out of Redis: après la panne'], ['queue rebuilt', 'at the next sweep: Redis remplacé']]);
});

test('a list that breaks off in the middle is JSON all the same, and says so', async () => {
	without_mailer();
	world.put(electors(3));
	await world.end(world.mariadb);
	const { status, stdout } = ctl('queue', 'list', '--json');
	const answer = JSON.parse(stdout);
	assert.equal(status, 69);
	assert.equal(answer.ok, false);
	assert.match(answer.error, /MariaDB|server/i);
	await world.startMariadb();
	assert.deepEqual(Object.keys(json('queue', 'list')), ['mails', 'message', 'ok']);
});

test('rebuild queues at once what an emptied Redis lacks', async () => {
	await with_mailer({}, { sweep: '1s' });
	assert.ok(await until(() => world.redisDo('EXISTS', 'isoloir:{mq}:whole') === '1'));
	const [who] = electors(1);
	world.put([who]);
	assert.ok(await until(() => taken(who) === 1));
	const [other] = electors(1);
	world.sql(`insert into mail_job (id, election_id, mail, identifier, domain, reference, created_at, due_at, deadline_at)
		values ('0${'1'.repeat(31)}', 1, 'activation', '${other}', 'ac-nantes.fr', 'AAA-AAAA', utc_timestamp() - interval 1 day, utc_timestamp(), utc_timestamp() + interval 1 day)`);
	await sleep(1500);
	assert.equal(taken(other), 0, 'old rows are looked at every five minutes');
	assert.equal(ctl('queue', 'rebuild').status, 0);
	assert.ok(await until(() => taken(other) === 1));
});
