/*
 * What can be told of a mail afterwards, and of the queue meanwhile, on a real MariaDB and Redis with the mailer and a peer that misbehaves on cue: isoloirctl trace,
 * top, queue pause, resume and drain, and lists of any length. The story of a whole way in is told on ./demo. ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { demo } from '../lib/demo.mjs';
import { Elector } from '../lib/elector.mjs';
import { MailWorld, sleep, until } from '../lib/mail_world.mjs';

const world = new MailWorld();
const program = path.resolve(process.env.ISOLOIR_BUILD ?? '.build/plain', 'isoloirctl');
let peer;

world.tell({ before, after, afterEach });

const ctl = (...words) => world.ctl(...words);
const json = (...words) => JSON.parse(ctl(...words, '--json').stdout);
const trace = (word, ...more) => json('trace', word, '--reason', 'rien reçu, appel 12', ...more);
const told = ({ story }) => story.map(({ what }) => what);

const electors = (...how) => world.newElectors(...how);

const with_mailer = async (...how) => { peer = await world.withMailer(...how); };
const without_mailer = () => world.configure(25);
const state = (who) => world.job(who).state;
const sent = (who, seconds) => until(() => state(who) === 'sent', seconds);
const attempts = (who) => world.sql(`select a.n, a.outcome, a.stage, a.code, a.tries, a.ms from mail_attempt a join mail_job j on j.id = a.job_id
	where j.identifier = '${who}' order by a.started_at, a.n`).map((row) => row.join(' '));

test('each attempt is told with its stage, reply and time, by job, reference, Message-ID, request and person alike', async () => {
	const [who] = electors(1);
	await with_mailer({ cue: ({ phase, n }) => (phase === 'rcpt' && n === 1 ? `450 4.2.0 <${who}> is greylisted` : phase === 'dot' ? { wait: 300 } : undefined) });
	world.put([who]);
	assert.ok(await sent(who));
	const { id, reference } = world.job(who);
	const [[request]] = world.sql(`select request_id from mail_job where id = '${id}'`);
	const message_id = peer.takenBy(who)[0].text.match(/^Message-Id: (<.*>)/im)[1];
	const by_job = trace(id);

	assert.deepEqual(told(by_job), ['asked for and queued', 'link made', 'attempt 1: put off', 'attempt 2: sent', 'sent']);
	const [put_off, taken] = by_job.story.filter((e) => e.what.startsWith('attempt'));
	assert.match(put_off.detail, /^rcpt 450 4\.2\.0 \* is greylisted \(\S+\/\d+\)$/, 'the reply, without the address, and who tried');
	assert.match(taken.detail, /^dot 250 2\.0\.0 taken /);
	assert.ok(Number(taken.took.match(/^(\d+\.\d+) s$/)[1]) >= 0.3, taken.took);
	assert.equal(by_job.mails[0].attempts, 2);
	assert.match(request, /^[0-9a-f]{16}$/);
	for (const word of [reference, reference.toLowerCase().replace('-', ''), message_id, message_id.slice(1, -1), request, who, ` ${who.toUpperCase()} `])
		assert.deepEqual(trace(word).story, by_job.story, word);
	assert.match(ctl('trace', id, '--reason', 'x').stdout, /attempt 1: put off +\d+\.\d+ s +rcpt 450 4\.2\.0 \* is greylisted/);

	/* A link's second is that of another mail, which carries none: it was made before that one was asked for. */
	world.sql(`update mail_job set created_at = '2026-11-05 10:00:50.876' where id = '${id}';
		update activation_token k join elector e on e.id = k.elector_id set k.created_at = '2026-11-05 10:00:51' where e.identifier = '${who}';
		insert into mail_job (id, election_id, mail, identifier, domain, reference, created_at, due_at, deadline_at, state, finished_at)
		select reverse(id), election_id, 'activated', identifier, domain, reference, '2026-11-05 10:00:51.951', due_at, deadline_at, 'sent', finished_at from mail_job where id = '${id}'`);
	assert.deepEqual(trace(who).story.slice(0, 3).map(({ at, what }) => [at.slice(17, 23), what]),
		[['50.876', 'asked for and queued'], ['51.000', 'link made'], ['51.951', 'asked for and queued']]);
});

test('clicks that made no mail are told: how many, when, and what stood in their way', async () => {
	const [who] = electors(1), unknown = 'personne.la@ac-nantes.fr';
	let grey = true;
	await with_mailer({ cue: ({ phase }) => (phase === 'rcpt' && grey ? '451 4.3.0 later' : undefined) });
	world.put([who]);
	assert.deepEqual(told(trace(who)).filter((what) => /again/.test(what)), []);
	assert.deepEqual([trace(who).mails[0].repeats, trace(who).mails[0].first_repeat_at], [0, '']);
	world.put([who]);
	await sleep(30);
	world.put([who, who]);
	const waiting = trace(who);
	assert.ok(told(waiting).includes('asked for again 3 times'));
	const line = waiting.story.find(({ what }) => what === 'asked for again 3 times');
	assert.equal(line.detail, `no second mail: 3 while it was unfinished; the first at ${waiting.mails[0].first_repeat_at}`);
	assert.equal(line.at, waiting.mails[0].last_repeat_at);
	assert.ok(waiting.mails[0].first_repeat_at < waiting.mails[0].last_repeat_at);
	grey = false;
	assert.ok(await sent(who));
	world.put([who]);
	const seen = trace(who), [mail] = seen.mails;
	assert.equal(told(seen).at(-1), 'asked for again 4 times', 'at the time of the last');
	assert.equal(seen.story.at(-1).detail, `no second mail: 3 while it was unfinished, 1 within the cool-down after its end (sent); the first at ${mail.first_repeat_at}`);
	assert.deepEqual([mail.repeats, mail.repeats_after_end, mail.last_repeat_at], [4, 1, seen.story.at(-1).at]);
	assert.match(ctl('trace', who, '--reason', 'x').stdout, /asked for again 4 times .*no second mail: 3 while/);

	world.put([unknown]);
	assert.ok(await until(() => state(unknown) === 'unknown'));
	world.put([unknown]);
	assert.equal(trace(unknown).story.at(-1).detail, 'no second mail: 1 within the cool-down after its end (unknown)');
	world.sql(`update mail_job set created_at = created_at - interval 100 second, finished_at = finished_at - interval 100 second where identifier = '${unknown}'`);
	assert.equal(told(trace(world.job(unknown).id)).at(-1), 'asked for again 1 time', 'long after its end, too');
});

test('a full mailbox, and the click that had the mail tried at once, stand in the story', async () => {
	const [who] = electors(1);
	let full = true;
	await with_mailer({ cue: ({ phase }) => (phase === 'rcpt' && full ? '452 4.2.2 over quota' : undefined) });
	world.put([who]);
	assert.ok(await world.waitsAgain(who, 1));
	await sleep(200);
	full = false;
	world.put([who]);
	assert.ok(await sent(who));
	assert.deepEqual(told(trace(who)), ['asked for and queued', 'link made', 'attempt 1: put off', 'asked for again 1 time', 'brought forward', 'attempt 2: sent', 'sent']);
});

test('who looks and why is told and audited, without an address; nobody and nonsense are told apart', async () => {
	without_mailer();
	const [who] = electors(1);
	world.put([who]);
	const before_it = world.sql("select count(*) from audit where act = 'mail traced'")[0][0];
	const { status, stderr } = ctl('trace', who);
	assert.equal(status, 64);
	assert.match(stderr, /told for a reason: say why with --reason/);
	assert.equal(ctl('trace', who, '--reason', '  ').status, 64);
	assert.equal(world.sql("select count(*) from audit where act = 'mail traced'")[0][0], before_it);
	assert.deepEqual(told(trace(who)), ['asked for and queued']);
	const [[actor, detail]] = world.sql("select actor, detail from audit where act = 'mail traced' order by id desc limit 1");
	assert.match(actor, /^isoloirctl \w+/);
	assert.match(detail, /^person person=[0-9a-f]{16} mails=1: rien reçu, appel 12$/);
	assert.equal(ctl('trace', 'personne@ac-nantes.fr', '--reason', 'x').status, 67);
	assert.equal(ctl('trace', 'ZZZ-ZZZZ', '--reason', 'x').status, 67);
	assert.equal(ctl('trace', 'f'.repeat(16), '--reason', 'x').status, 67);
	for (const word of ['zzz', '<@>', 'a b', '../etc'])
		assert.equal(ctl('trace', word, '--reason', 'x').status, 64, word);
});

test('a relay that is away for long is one line with how often, not a row each time', async () => {
	const [who] = electors(1);
	peer = await world.newPeer();
	const { port } = peer;
	await peer.close();
	await world.startMailer(port, { senders: 1 });
	world.put([who]);
	assert.ok(await until(() => /^1 again connect 0 [2-9]/.test(attempts(who)[0] ?? '')));
	assert.equal(attempts(who).length, 1);
	peer = await world.newPeer({}, port);
	assert.ok(await sent(who));
	assert.match(trace(who).story.find((e) => e.what === 'attempt 1: again').detail, /^connect no reply .*, \d+ times, the last at 2/);
	assert.deepEqual(attempts(who).map((row) => row.replace(/ \d+ \d+$/, '')), ['1 again connect 0', '1 sent dot 250']);
});

test('a verdict that waited for MariaDB is told with the time of its attempt', async () => {
	const [who] = electors(1);
	let asked;
	await with_mailer({ cue: ({ phase }) => (phase === 'dot' ? (asked ??= Date.now(), { wait: 1500 }) : undefined) }, { senders: 1 });
	world.put([who]);
	assert.ok(await until(() => asked));
	await world.end(world.mariadb);
	assert.ok(await until(() => world.fsck().counts.settling === 1));
	await sleep(1000);
	await world.startMariadb();
	assert.ok(await sent(who));
	assert.match(attempts(who)[0], /^1 sent dot 250 1 (1[5-9]|2)\d\d+$/);
	const [[began]] = world.sql(`select unix_timestamp(started_at) * 1000 from mail_attempt a join mail_job j on j.id = a.job_id where j.identifier = '${who}'`);
	assert.ok(Math.abs(Number(began) - asked) < 1000, `it began ${Number(began) - asked} ms after the end of the mail`);
});

test('a mail of unknown fate and its second try are two attempts', async () => {
	const [who] = electors(1);
	await with_mailer({ cue: ({ phase, n }) => (phase === 'dot' && n === 1 ? { cut: true } : undefined) }, { uncertain_delay: '1s' });
	world.put([who]);
	assert.ok(await sent(who));
	assert.deepEqual(told(trace(who)).filter((one) => one.startsWith('attempt')), ['attempt 1: uncertain', 'attempt 2: sent']);
});

test('attempts and decisions go with their mail', async () => {
	const [who] = electors(1);
	await with_mailer();
	world.put([who]);
	assert.ok(await sent(who));
	const { id } = world.job(who);
	world.sql(`insert into mail_note (job_id, at, who, act) values ('${id}', utc_timestamp(3), 'x', 'held');
		update mail_job set state = 'capped', finished_at = utc_timestamp(3) - interval 8 day where id = '${id}'`);
	assert.ok(await until(() => world.sql(`select count(*) from mail_job where id = '${id}'`)[0][0] === '0'));
	assert.deepEqual(world.sql(`select (select count(*) from mail_attempt where job_id = '${id}') + (select count(*) from mail_note where job_id = '${id}')`), [['0']]);
});

test('what operators decided of a mail, who and why, stands beside it', () => {
	without_mailer();
	const [who, other] = electors(2);
	world.put([who, other]);
	const { id, reference } = world.job(who);
	assert.equal(json('queue', 'hold', '--reference', reference.toLowerCase(), '--reason', 'adresse à vérifier').changed, 1);
	assert.equal(json('queue', 'list', '--reference', reference).mails.length, 1);
	assert.equal(json('queue', 'release', id).changed, 1);
	assert.equal(json('queue', 'drop', id, '--reason', 'parti', '--dry-run').changed, 0);
	const { decisions } = json('queue', 'show', id);
	assert.deepEqual(decisions.map(({ act, reason }) => [act, reason]), [['held', 'adresse à vérifier'], ['released', '']]);
	assert.match(decisions[0].who, /^\w+$/);
	assert.deepEqual(told(trace(who)), ['asked for and queued', 'held', 'released']);
	assert.match(trace(who).story[1].detail, /: adresse à vérifier$/);
	assert.deepEqual(json('queue', 'show', world.job(other).id).decisions, []);
	assert.equal(ctl('queue', 'list', '--reference', 'ZZZ-ZZZZ').stdout.trim(), '0 mails.');
	assert.equal(ctl('queue', 'hold', id, '--reference', reference).status, 64);
});

/* ---- pause, resume, drain ---- */

test('a class is paused and no other; an emptied Redis does not forget it', async () => {
	const [voter, told_one] = electors(2);
	await with_mailer();
	assert.equal(ctl('queue', 'pause', '--class', 'notice', '--reason', 'texte à corriger').status, 0);
	await until(() => /\|1\|$/.test(world.redisDo('HGET', 'isoloir:{mq}:pace', '@notice')));
	world.put([told_one], 'password_changed');
	world.put([voter]);
	assert.ok(await sent(voter));
	world.redisDo('FLUSHALL');
	await sleep(1500);
	assert.equal(state(told_one), 'ready');
	assert.equal(ctl('queue', 'resume', '--class', 'notice').status, 0);
	assert.ok(await sent(told_one));
	assert.match(world.sql("select detail from audit where act = 'queue paused' order by id desc limit 1")[0][0], /^@notice .*: texte à corriger$/);
	assert.equal(ctl('queue', 'pause', '--class', 'x').status, 64);
	assert.equal(ctl('queue', 'pause', '--dry-run').status, 0);
	assert.deepEqual(world.sql('select count(*) from mail_policy where paused = 1'), [['0']]);
});

test('a drain lets go what is on its way, takes nothing new, says when nothing is left, and resume lets all go', async () => {
	const [first, second] = electors(2);
	await with_mailer({ cue: ({ phase, n }) => (phase === 'dot' && n === 1 ? { wait: 5000 } : undefined) }, { senders: 2 });
	world.put([first]);
	assert.ok(await until(() => world.job(first).open));
	const drained = spawn(program, ['-c', world.conf, 'queue', 'drain', '--json', '--reason', 'relais en travaux'], { stdio: ['ignore', 'pipe', 'pipe'] });
	let out = '', err = '';
	drained.stdout.on('data', (bytes) => { out += bytes; });
	drained.stderr.on('data', (bytes) => { err += bytes; });
	assert.ok(await until(() => /\|1\|$/.test(world.redisDo('HGET', 'isoloir:{mq}:pace', '@interactive'))));
	world.put([second]);
	assert.equal(drained.exitCode, null, 'one is still on its way');
	assert.equal(await new Promise((done) => drained.once('close', done)), 0, err);
	const answer = JSON.parse(out);
	assert.deepEqual([answer.in_hand, answer.open, answer.unwritten], [0, 0, 0]);
	assert.match(answer.message, /Nothing is on its way/);
	assert.match(err, /1 in hand/);
	assert.equal(state(first), 'sent');
	await sleep(700);
	assert.equal(state(second), 'ready');
	assert.equal(ctl('queue', 'resume').status, 0);
	assert.ok(await sent(second));
	assert.equal(peer.takenBy(second).length, 1);
	await world.stopMailer();
	world.mailer = null;
	const { status, stderr } = ctl('queue', 'drain');
	assert.equal(status, 69);
	assert.match(stderr, /needs the mailer/);
	assert.deepEqual(world.sql('select count(*) from mail_policy where paused = 1'), [['0']], 'and nothing was paused');
});

/* ---- top ---- */

test('one look tells what waits where, how fast it goes, and what each sender does', async () => {
	const [busy] = electors(1), slow = electors(3, 'ac-lent.fr');
	await with_mailer({ cue: ({ phase, to }) => (phase === 'dot' && to === busy ? { wait: 2500 } : undefined) }, { senders: 2 });
	ctl('domain', 'set', 'ac-lent.fr', 'conc=3');
	ctl('domain', 'pause', 'ac-lent.fr');
	assert.ok(await until(() => /\|1\|$/.test(world.redisDo('HGET', 'isoloir:{mq}:pace', 'ac-lent.fr'))));
	world.put([...slow, busy]);
	assert.ok(await until(() => world.job(busy).open));
	const seen = json('top');
	const depth = Object.fromEntries(seen.depth.map((row) => [row.state, row.mails]));

	assert.deepEqual([depth.ready, depth.leased], [3, 1]);
	assert.deepEqual(seen.domains.find(({ domain }) => domain === 'ac-lent.fr'),
		{ domain: 'ac-lent.fr', waiting: 3, on_their_way: 0, limit: 1, windows: '', paused_until: 'by hand' }, 'nothing is known of it: one at first, whatever its row says');
	assert.deepEqual([seen.domains[0].domain, seen.domains[0].waiting, seen.domains[0].on_their_way], ['@relay', 3, 1]);
	assert.equal(seen.domains.find(({ domain }) => domain === 'ac-nantes.fr').on_their_way, 1);
	assert.ok(Number(seen.in_per_second) >= 0.4, seen.in_per_second);
	assert.match(seen.oldest, /^\d\.\d+ s$/);
	assert.deepEqual([seen.senders.length, seen.senders.filter(({ step }) => step === 'talk').length], [2, 1]);
	assert.deepEqual(seen.away, []);
	assert.match(ctl('top', '--once').stdout, /domain +waiting +on their way +limit[^]*ac-lent\.fr +3 +0 +1[^]*senders/);
	assert.ok(await sent(busy));
	assert.ok(await until(() => Number(json('top').out_per_second) >= 0.1));
});

test('the limit that top shows is the one that holds: one at first, then what the replies taught, no more than the row, one after a pause', async () => {
	const lanes = ['ac-nantes.fr', 'ac-lent.fr'], lists = [electors(24), electors(24, 'ac-lent.fr')];
	const taught = (lane) => Number(world.redisDo('HGET', `isoloir:{mq}:limit:${lane}`, 'at'));
	const row = (lane) => world.redisDo('HGET', 'isoloir:{mq}:pace', lane).split('|');
	const shown = () => Object.fromEntries(json('top').domains.map(({ domain, limit }) => [domain, limit]));
	/* A domain that is paused by hand is shown, and nothing changes. */
	const still = async (act) => {
		for (const lane of lanes) {
			assert.equal(ctl('domain', act, lane).status, 0);
			assert.ok(await until(() => row(lane)[3] === (act === 'pause' ? '1' : '0')));
		}
	};
	await with_mailer({ cue: ({ phase }) => (phase === 'dot' ? { wait: 60 } : undefined) }, { senders: 4 });
	ctl('domain', 'set', 'ac-lent.fr', 'conc=2', 'windows=100/60s');
	await still('pause');
	assert.deepEqual(shown(), { '@relay': 1, 'ac-nantes.fr': 1, 'ac-lent.fr': 1 });
	await still('resume');
	world.put(lists.flat());
	for (const who of lists.flat())
		assert.ok(await sent(who, 30));
	await still('pause');
	assert.ok(taught('ac-nantes.fr') > 2 && taught('ac-lent.fr') === 2 && taught('@relay') > 2);
	assert.deepEqual(shown(), { '@relay': taught('@relay'), 'ac-nantes.fr': taught('ac-nantes.fr'), 'ac-lent.fr': 2 });
	assert.equal(json('top').domains.find(({ domain }) => domain === 'ac-lent.fr').windows, '100/60s');
	ctl('domain', 'set', 'ac-nantes.fr', 'conc=2');
	assert.ok(await until(() => row('ac-nantes.fr')[0] === '2'));
	assert.equal(shown()['ac-nantes.fr'], 2);
	world.redisDo('HSET', 'isoloir:{mq}:trouble:ac-nantes.fr', 'until', String(Date.now() - 1000)); /* as after refusals by policy */
	assert.equal(shown()['ac-nantes.fr'], 1);
	for (const lane of lanes)
		assert.equal(json('domain', 'show', lane).limit, shown()[lane], 'as domain show has it');
});

test('with Redis, MariaDB or the mailer away top shows the rest and says so', async () => {
	without_mailer();
	world.put(electors(2));
	let seen = json('top');
	assert.deepEqual(seen.away.map(({ away }) => away), ['mailer']);
	assert.equal(seen.ok, false);
	await world.end(world.redis);
	seen = json('top');
	assert.deepEqual(seen.away.map(({ away }) => away), ['Redis', 'mailer']);
	assert.deepEqual(seen.depth, [{ state: 'ready', mails: 2 }], 'the rows know');
	await world.startRedis();
	await world.end(world.mariadb);
	seen = json('top');
	assert.deepEqual(seen.away.map(({ away }) => away), ['MariaDB', 'mailer']);
	assert.equal(seen.depth[0].mails, 2);
	assert.equal(ctl('top', '--once').status, 69);
	await world.startMariadb();
});

/** top on a terminal of its own; do_it({pid, tty}) while it runs. What it wrote, and the terminal's settings before and after. */
async function on_terminal(do_it, input = '') {
	const file = (name) => path.join(world.dir, name), read = (name) => fs.readFileSync(file(name), 'utf8').trim();
	const line = `stty rows 30 cols 100; tty >${file('tty')}; stty -g >${file('before')}; sh -c 'echo $$ >${file('top.pid')}; exec ${program} -c ${world.conf} top'; echo $? >${file('status')}; stty -g >${file('after')}`;
	for (const name of ['tty', 'before', 'after', 'top.pid', 'status'])
		fs.rmSync(file(name), { force: true });
	const script = spawn('script', ['-qec', line, '/dev/null'], { env: { ...process.env, TERM: 'xterm' }, stdio: ['pipe', 'pipe', 'inherit'] });
	let out = '';
	script.stdout.on('data', (bytes) => { out += bytes; });
	assert.ok(await until(() => out.includes('on their way') && out.includes('senders') || out.includes('away')), out);
	await do_it({ pid: Number(read('top.pid')), tty: read('tty'), so_far: () => out });
	script.stdin.write(input);
	await new Promise((done) => script.once('close', done));
	return { out, status: read('status'), before: read('before'), after: read('after') };
}

test('on a terminal top follows the queue; q, SIGINT and SIGTERM give the terminal back as it was, whatever its size became', async () => {
	await with_mailer();
	for (const [end, input] of [[() => {}, 'q'], [({ pid }) => process.kill(pid, 'SIGTERM'), ''], [({ pid }) => process.kill(pid, 'SIGINT'), '']]) {
		const { out, status, before: was, after: is } = await on_terminal(end, input);
		assert.equal(status, '0');
		assert.equal(is, was);
		assert.ok(out.indexOf('\x1b[?1049h') !== -1 && out.lastIndexOf('\x1b[?1049l') > out.lastIndexOf('\x1b[?1049h'), 'the screen of before is back');
	}
	const [who] = electors(1);
	const { out } = await on_terminal(async ({ tty, so_far }) => {
		spawnSync('stty', ['-F', tty, 'rows', '6', 'cols', '30']);
		const from = so_far().length;
		world.put([who]);
		assert.ok(await sent(who));
		assert.ok(await until(() => so_far().length > from + 100), 'it is drawn again');
	}, 'q');
	assert.match(out, /isoloirctl top: q quits/);
});

/* ---- lists of any length ---- */

test('a list of a hundred thousand mails is told whole in little memory, as JSON too', async () => {
	without_mailer();
	world.sql(`insert into mail_job (id, election_id, mail, identifier, domain, reference, created_at, due_at, deadline_at)
		select concat(lpad(hex(seq), 12, '0'), repeat('a', 20)), 1, 'activation', concat('x', seq, '@ac-nantes.fr'), 'ac-nantes.fr', 'AAA-AAAA', utc_timestamp(3), utc_timestamp(3),
		utc_timestamp() + interval 1 day from seq_1_to_100000`);
	const peak = async (...words) => {
		const child = spawn(program, ['-c', world.conf, 'queue', 'list', '--json', ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
		const chunks = [];
		let most = 0;

		child.stdout.on('data', (bytes) => {
			chunks.push(bytes);
			try {
				most = Math.max(most, Number(fs.readFileSync(`/proc/${child.pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/)?.[1] ?? 0));
			} catch { /* it has ended */ }
		});
		await new Promise((done) => child.once('close', done));
		return { most, answer: JSON.parse(Buffer.concat(chunks).toString()) };
	};
	const all = await peak(), few = await peak('--domain', 'ac-lent.fr'), some = await peak('--older', '0s', '--reference', 'AAA-AAAA');
	assert.equal(all.answer.mails.length, 100000);
	assert.equal(new Set(all.answer.mails.map(({ id }) => id)).size, 100000);
	assert.equal(all.answer.message, '100000 mails.');
	assert.equal(all.answer.ok, true);
	assert.deepEqual(few.answer.mails, []);
	assert.equal(some.answer.mails.length, 100000);
	assert.ok(all.most > 0 && all.most < 24 * 1024, `${all.most} kB`);
	console.log(`# VmHWM ${all.most} kB for 100,000 mails`);
	world.sql("delete from mail_job where reference = 'AAA-AAAA'");
});

/* ---- the whole way ---- */

test('a way in is told from the click to the activated account, with the delays; a look at the link is no opening', async () => {
	const d = await demo('trace.mjs', { settings: '[portal]\nworkers = 2\n' });

	try {
		const who = d.fresh(), me = new Elector(d);
		const link = await me.ask(who);
		const look = () => JSON.parse(d.ctl('trace', who, '--reason', 'appel 12', '--json'));
		await new Elector(d).go(link);
		assert.ok(!look().story.some(({ what }) => what === 'link opened'), 'a scanner of mails has looked, nobody has opened it');
		assert.equal(look().links[0].opened_at, '');
		await me.choose(link, 'Un vieux Chêne-7', 'autre chose');
		await me.follow(await me.leave(await me.choose(link), 'activer'));
		const seen = look(), what = seen.story.map((e) => e.what);
		const order = ['asked for and queued', 'attempt 1: sent', 'sent', 'link opened', 'account activated'].map((one) => what.indexOf(one));

		assert.ok(order.every((at, i) => at >= 0 && (i === 0 || at > order[i - 1])), JSON.stringify(seen.story));
		assert.equal(what.filter((one) => one === 'link opened').length, 1);
		const [one] = seen.links;
		assert.deepEqual([one.purpose, one.used_how], ['activation', 'activated']);
		for (const delay of [one.sent_to_opened, one.opened_to_used, seen.mails[0].after])
			assert.match(delay, /^\d+\.\d{3} s$/);
		const { request } = seen.story[what.indexOf('asked for and queued')];
		assert.match(request, /^[0-9a-f]{16}$/);
		assert.ok(d.log('portal').includes(request), 'the portal’s log has the click under the same id');
		const by_click = JSON.parse(d.ctl('trace', request, '--reason', 'appel 12', '--json'));
		assert.equal(by_click.identifier, who);
		const activated = seen.story[what.indexOf('account activated')];
		assert.match(activated.detail, /\w/);
		assert.ok(JSON.parse(d.ctl('trace', activated.request, '--reason', 'appel 12', '--json')).story.some((e) => e.what === 'account activated'));
	} finally {
		assert.deepEqual(await d.stop(), []);
	}
});
