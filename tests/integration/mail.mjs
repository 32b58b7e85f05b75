/*
 * The queue's promise, on a real MariaDB and Redis and against an SMTP peer that misbehaves on cue: no accepted mail is lost, and none is sent twice
 * unless SMTP itself left it unknowable. Each test is a story with its own electors; after each, every job stands in exactly one set.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MailWorld, sleep, until } from '../lib/mail_world.mjs';
import { SmtpPeer } from '../lib/smtp_peer.mjs';
import { sql_rows } from '../lib/sql_rows.mjs';

const tree = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const world = new MailWorld();
let peer;
let serial = 0;

before(async () => {
	await world.start();
});

after(async () => {
	await world.stop();
});

afterEach(async () => {
	const status = world.mailer ? await world.stopMailer() : 0;

	await peer?.close();
	peer = null;
	assert.equal(status, 0, `the mailer and its senders end well: ${world.log()}`);
	assert.deepEqual(world.fsck().wrong, [], 'every job stands in exactly one set');
});

/* Electors that no other test knows. */
function electors(n, { domain = 'ac-nantes.fr', zone } = {}) {
	const story = ++serial;
	const list = Array.from({ length: n }, (_, i) => `elise.martin${story}x${i}@${domain}`);

	world.addElectors(list, zone);
	return list;
}

/* A peer and a mailer that talks with it. */
async function given({ settings, env, port, ...behaviour } = {}) {
	peer = await new SmtpPeer(behaviour).listen(port);
	await world.startMailer(peer.port, settings, env);
}

const isSent = (who) => until(() => world.job(who)?.state === 'sent');
const taken = (who) => peer.takenBy(who).length;
const header = (mail, name) => new RegExp(`^${name}: (.*(?:\r\n[ \t].*)*)`, 'mi').exec(mail.text)?.[1];

/* The text part of a mail, decoded. */
function plain(mail) {
	const part = mail.text.split(/^--=_.*\r\n/m)[1];
	const body = part.slice(part.indexOf('\r\n\r\n') + 4).replace(/=\r\n/g, '');

	return Buffer.from(body.replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))), 'latin1').toString();
}

const link = (mail) => /https:\/\/\S+/.exec(plain(mail))[0];

test('a mail goes out once, with one link and the reference of the page', async () => {
	const [who] = electors(1);

	await given();
	const [reference] = world.put([who]);
	assert.ok(await isSent(who));
	assert.equal(taken(who), 1);
	const [mail] = peer.takenBy(who);
	assert.match(link(mail), /^https:\/\/vote\.example\/demo\/portail\/activation\/[\w-]{43}$/);
	assert.equal(plain(mail).match(/https?:/g).length, 1);
	assert.ok(plain(mail).includes(reference));
	assert.equal(header(mail, 'Message-Id'), `<${world.job(who).id}@vote.example>`);
	assert.equal(header(mail, 'Auto-Submitted'), 'auto-generated');
	assert.match(header(mail, 'From'), /<elections@vote\.example>$/);
	const [selector, hours] = world.sql(`select hex(selector), timestampdiff(minute, utc_timestamp(), expires_at) from activation_token
		join elector e on e.id = elector_id where identifier = '${who}'`)[0];
	assert.equal(Buffer.from(link(mail).slice(-43), 'base64url').subarray(0, 16).toString('hex').toUpperCase(), selector);
	assert.ok(hours >= 72 * 60 - 2 && hours <= 72 * 60);
});

test('the log tells the whole story of a delivery, and no address and no link', async () => {
	const [who] = electors(1);

	await given({ cue: ({ to, phase, n }) => (phase === 'rcpt' && n === 1 ? `450 4.2.0 <${to}> is busy` : undefined) });
	world.put([who]);
	assert.ok(await isSent(who));
	const lines = world.log().split('\n').filter((l) => l.includes(world.job(who).id));
	assert.match(lines[0], /mail=activation domain=ac-nantes\.fr who=[0-9a-f]{16} attempt=1 stage=rcpt reply=450 .*outcome=ready/);
	assert.match(lines.at(-1), /attempt=2 stage=dot reply=250 .*ms=\d+ outcome=sent/);
	assert.ok(!world.log().includes('elise.martin'));
	assert.ok(!world.log().includes(link(peer.takenBy(who)[0]).slice(-43)));
});

/* Electors whose accounts are activated since a moment ago. */
function activated_electors(n, options) {
	const list = electors(n, options);

	world.sql(`insert into challenge_question (election_id, place, wording) values (1, ${serial}, 'Question');
		insert into account (elector_id, password_hash, challenge_question_id, answer_hash, activated_at, changed_at)
		select id, 'x', (select max(q.id) from challenge_question q), 'x', utc_timestamp() - interval 9 second, utc_timestamp() - interval 9 second
		from elector where identifier in (${list.map((who) => `'${who}'`)})`);
	return list;
}

test('an unknown identifier and an activated account get no mail, and the row says why', async () => {
	const [activated] = activated_electors(1);

	await given();
	world.put([activated, 'personne@nulle-part.fr']);
	assert.ok(await until(() => world.job(activated).state === 'not_needed'));
	assert.ok(await until(() => world.job('personne@nulle-part.fr').state === 'unknown'));
	assert.equal(peer.mails.length, 0);
});

test('a new password is asked for: who has activated gets a link to choose it, an address on no roll nothing', async () => {
	const [who] = activated_electors(1);

	await given();
	const [reference] = world.put([who, 'personne@nulle-part.fr'], 'reset');
	assert.ok(await isSent(who));
	assert.ok(await until(() => world.job('personne@nulle-part.fr').state === 'unknown'));
	assert.equal(peer.mails.length, 1);
	const [mail] = peer.takenBy(who);
	assert.match(plain(mail), /choisir et entrer dans le portail/);
	assert.ok(plain(mail).includes(reference));
	assert.match(link(mail), /^https:\/\/vote\.example\/demo\/portail\/activation\/[\w-]{43}$/);
	assert.deepEqual(world.sql(`select purpose, timestampdiff(hour, utc_timestamp() - interval 1 minute, expires_at) from activation_token
		join elector e on e.id = elector_id where identifier = '${who}'`), [['reset', '72']]);
});

test('a new password is asked for an account that is not activated: the link of a first visit goes instead, once for both requests', async () => {
	const [who, both] = electors(2);

	await given();
	world.put([both]);
	assert.ok(await isSent(both));
	world.put([who, both], 'reset');
	const reset = (one) => world.sql(`select state from mail_job where mail = 'reset' and identifier = '${one}'`)[0][0];
	assert.ok(await until(() => taken(who) === 1 && reset(who) === 'not_needed' && reset(both) === 'not_needed'));
	assert.match(plain(peer.takenBy(who)[0]), /Une première visite/);
	assert.equal(taken(both), 1);
	assert.deepEqual(world.sql(`select purpose, count(*) from activation_token join elector e on e.id = elector_id
		where identifier in ('${who}', '${both}') group by purpose`), [['activation', '2']]);
});

test('a link for a new password that was asked for before the last change is not made any more', async () => {
	const [who] = activated_electors(1);

	peer = await new SmtpPeer().listen();
	world.configure(peer.port);
	world.put([who], 'reset');
	world.sql(`update account join elector e on e.id = elector_id set changed_at = utc_timestamp() + interval 1 second where identifier = '${who}'`);
	await world.startMailer(peer.port);
	assert.ok(await until(() => world.job(who).state === 'not_needed'));
	assert.equal(peer.mails.length, 0);
	assert.equal(world.sql(`select count(*) from activation_token join elector e on e.id = elector_id where identifier = '${who}'`)[0][0], '0');
});

for (const mail of ['password_changed', 'challenge_changed'])
	test(`${mail}: tells when, by the elector's clock too, with no link that opens anything, and is not doubled`, async () => {
		const [who] = activated_electors(1, { domain: 'ac-polynesie.pf', zone: 'Pacific/Tahiti' });

		await given({ settings: { uncertain_delay: '1s' }, cue: ({ phase, n }) => (phase === 'dot' && n === 1 ? { cut: true } : undefined) });
		world.put([who], mail);
		assert.ok(await until(() => world.job(who).state === 'uncertain'));
		const [first] = peer.mails;
		assert.match(plain(first), /heure de Paris \(c’est-à-dire le .*, à l’heure de votre territoire\)/);
		assert.match(plain(first), /Si ce n’est pas vous/);
		assert.equal(link(first), 'https://vote.example/demo/portail/accueil');
		await sleep(1500);
		assert.equal(world.job(who).state, 'uncertain');
		assert.equal(peer.mails.length, 1);
		world.sql(`update mail_job set state = 'dropped', finished_at = utc_timestamp(3), attempt_open = 0 where identifier = '${who}'`);
	});

test('a repeat while one is on its way, or in the cool-down, makes no second mail', async () => {
	const [who] = electors(1);

	await given({ cue: ({ phase, n }) => (phase === 'rcpt' && n < 3 ? '451 4.7.1 greylisted' : undefined) });
	const references = [1, 2, 3, 4].map(() => world.put([who])[0]);
	assert.ok(await isSent(who));
	references.push(world.put([who])[0]);
	await sleep(600);
	assert.equal(taken(who), 1);
	assert.equal(new Set(references).size, 1);
	assert.equal(world.sql(`select count(*) from mail_job where identifier = '${who}'`)[0][0], '1');
});

/* The statement that every click makes, for a job that there is. */
function click_sql(who) {
	const [{ text }] = sql_rows(fs.readFileSync(path.join(tree, 'common/queue/queue_sql.def'), 'utf8')).filter(({ name }) => name === 'QUEUE_INSERT');
	const { id, reference } = world.job(who);
	const values = [`'${id}'`, 1, "'activation'", `'${who}'`, `'${who.split('@')[1]}'`, `'${reference}'`, 3600, "'0123456789abcdef'", `'${reference}'`];

	return text.replace(/\?/g, () => values.shift());
}

test('who asks again waits for nobody else\'s row, and only that person\'s next click for this one', async () => {
	const [before_it, who, after_it, newcomer] = ['a', 'm', 'z', 'n'].map((letter) => `crowd.${letter}@ac-nantes.fr`);
	world.addElectors([before_it, who, after_it, newcomer]);
	world.configure(25);
	world.put([before_it, who, after_it]);
	const crowd = spawn('mariadb', ['--no-defaults', '-u', 'root', '-S', path.join(world.dir, 'mariadb/s'), '-n', 'isoloir'], { stdio: ['pipe', 'pipe', 'inherit'] });
	const said = new Promise((done) => crowd.stdout.on('data', (bytes) => String(bytes).includes('held') && done()));
	crowd.stdin.write(`begin; ${click_sql(who)}; select 'held';\n`);
	await said;
	const began = Date.now();
	assert.ok([...world.put([before_it, after_it]), ...world.put([newcomer]), ...world.put([before_it])].every((reference) => reference !== '-'));
	assert.ok(Date.now() - began < 1000, `${Date.now() - began} ms`);
	assert.throws(() => world.put([who]), /Lock wait timeout/, 'the row is locked indeed');
	crowd.stdin.end('commit;\n');
	await new Promise((done) => crowd.once('close', done));
	world.put([who]);
	const repeats = Object.fromEntries(world.sql("select identifier, repeats from mail_job where identifier like 'crowd.%'"));
	assert.deepEqual(repeats, { [before_it]: '2', [who]: '2', [after_it]: '1', [newcomer]: '0' });
	world.sql("update mail_job set state = 'dropped', finished_at = utc_timestamp(3) - interval 2 day where identifier like 'crowd.%'");
	world.redisDo('FLUSHALL');
});

test('after the cool-down a new mail carries the same live link', async () => {
	const [who] = electors(1);

	await given({ settings: { cooldown: '0' } });
	world.put([who]);
	assert.ok(await isSent(who));
	world.put([who], 'forget');
	world.put([who]);
	assert.ok(await until(() => taken(who) === 2));
	const [first, second] = peer.takenBy(who);
	assert.equal(link(first), link(second));
	assert.notEqual(header(first, 'Message-Id'), header(second, 'Message-Id'));
});

test('of ten requests a day six mails go, the others end as capped, the link keeps working, and its use makes room again', async () => {
	const [who] = electors(1);
	const states = () => world.sql(`select state, count(*) from mail_job where identifier = '${who}' group by state order by state`).map((row) => row.join(' '));
	const ask = async () => {
		world.put([who], 'forget');
		world.put([who]);
		assert.ok(await until(() => ['sent', 'capped'].includes(world.job(who).state)));
	};

	await given({ settings: { cooldown: '0' }, cue: ({ phase, n }) => (phase === 'rcpt' && n === 1 ? '450 4.2.0 later' : undefined) });
	for (let i = 0; i < 10; i++)
		await ask();
	assert.deepEqual(states(), ['capped 4', 'sent 6']);
	assert.equal(taken(who), 6);
	assert.equal(new Set(peer.takenBy(who).map(link)).size, 1);
	assert.equal(world.sql(`select count(*) from activation_token k join elector e on e.id = k.elector_id where identifier = '${who}' and live = 1`)[0][0], '1');
	world.sql(`update activation_token k join elector e on e.id = k.elector_id set used_at = utc_timestamp(), used_how = 'entered' where identifier = '${who}';
		update mail_job set finished_at = finished_at - interval 2 second where identifier = '${who}'`);
	await ask();
	assert.deepEqual(states(), ['capped 4', 'sent 7']);
	assert.notEqual(link(peer.takenBy(who)[6]), link(peer.takenBy(who)[0]));
});

test('of two kinds of link asked for at once one mail goes, and a use of its link makes room for the other', async () => {
	const [who] = electors(1);

	await given({ settings: { cooldown: '2min' } });
	world.put([who]);
	assert.ok(await isSent(who));
	world.sql(`update mail_job set mail = 'reset' where identifier = '${who}'`);
	world.put([who], 'forget');
	world.put([who]);
	assert.ok(await until(() => world.job(who).state === 'capped'));
	assert.equal(taken(who), 1);
	world.sql(`update activation_token k join elector e on e.id = k.elector_id set used_at = utc_timestamp(), used_how = 'entered'
		where identifier = '${who}'`);
	world.put([who], 'forget');
	world.put([who]);
	assert.ok(await isSent(who));
});

test('only mails that got their 250 count against the six a day, and those of yesterday do not', async () => {
	const [who] = electors(1);

	await given({ settings: { cooldown: '0', daily_max: 1 }, cue: ({ phase, n }) => (phase === 'rcpt' && n <= 2 ? '550 5.1.1 no such user' : undefined) });
	for (const state of ['dead', 'dead', 'sent', 'capped']) {
		world.put([who], 'forget');
		world.put([who]);
		assert.ok(await until(() => world.job(who).state === state), state);
	}
	world.sql(`update mail_job set finished_at = finished_at - interval 25 hour where identifier = '${who}'`);
	world.put([who], 'forget');
	world.put([who]);
	assert.ok(await isSent(who));
});

test('an expired link is replaced', async () => {
	const [who] = electors(1);

	await given({ settings: { cooldown: '0' } });
	world.put([who]);
	assert.ok(await isSent(who));
	world.sql(`update activation_token k join elector e on e.id = k.elector_id set expires_at = utc_timestamp() - interval 1 minute where identifier = '${who}'`);
	world.put([who], 'forget');
	world.put([who]);
	assert.ok(await until(() => taken(who) === 2));
	const [first, second] = peer.takenBy(who);
	assert.notEqual(link(first), link(second));
});

for (const extensions of [['8BITMIME'], ['PIPELINING', 'ENHANCEDSTATUSCODES'], ['CHUNKING', '8BITMIME'], ['PIPELINING', 'CHUNKING', 'ENHANCEDSTATUSCODES']]) {
	test(`450 at RCPT, then 250: it goes, once (${extensions.join(' ')})`, async () => {
		const [who] = electors(1);

		await given({ extensions, cue: ({ phase, n }) => (phase === 'rcpt' && n === 1 ? '450 4.2.0 later' : undefined) });
		world.put([who]);
		assert.ok(await isSent(who));
		assert.equal(taken(who), 1);
		assert.equal(peer.mails.length, 1);
		assert.equal(world.job(who).attempts, 2);
	});

	test(`550 at RCPT: dead at once, and others go on in the same session (${extensions.join(' ')})`, async () => {
		const [gone, well] = electors(2);

		await given({ extensions, settings: { senders: 1 }, cue: ({ to, phase }) => (phase === 'rcpt' && to === gone ? '550 5.1.1 no such user' : undefined) });
		world.put([gone, well]);
		assert.ok(await isSent(well));
		assert.ok(await until(() => world.job(gone).state === 'dead'));
		assert.match(world.job(gone).reply, /^rcpt 550/);
		assert.equal(peer.mails.length, 1);
	});

	test(`cut after the end of the mail: uncertain, then sent again with the same Message-ID, Date and link (${extensions.join(' ')})`, async () => {
		const [who] = electors(1);

		await given({ extensions, settings: { uncertain_delay: '2s' }, cue: ({ phase, n }) => (phase === 'dot' && n === 1 ? { cut: true } : undefined) });
		world.put([who]);
		assert.ok(await until(() => world.job(who).state === 'uncertain'));
		assert.equal(world.job(who).open, true);
		assert.equal(peer.mails.length, 1);
		assert.ok(await isSent(who));
		assert.equal(peer.mails.length, 2);
		const [first, second] = peer.mails;
		assert.equal(header(first, 'Message-Id'), header(second, 'Message-Id'));
		assert.equal(header(first, 'Date'), header(second, 'Date'));
		assert.equal(link(first), link(second));
	});

	test(`many mails go through one session (${extensions.join(' ')})`, async () => {
		const all = electors(30);

		peer = await new SmtpPeer({ extensions }).listen();
		world.configure(peer.port, { senders: 1 });
		world.put(all);
		await world.startMailer(peer.port, { senders: 1 });
		assert.ok(await until(() => all.every((who) => taken(who) === 1)));
		assert.equal(peer.mails.length, 30);
		assert.ok(Math.max(...peer.perSession) >= 10, `mails in each session: ${peer.perSession}`);
		await until(() => world.sql(`select count(*) from mail_job where identifier like 'elise.martin${serial}x%' and state = 'sent'`)[0][0] === '30');
	});
}

for (const [what, raw, cut] of [['a space before the number', ' 250 taken\r\n'], ['a number that overflows to 250', '4294967546 taken\r\n'], ['a line that is cut off', '250', true],
	['a line without end', `250 ${'x'.repeat(3000)}`, true], ['a NUL', '250\0 taken\r\n']])
	test(`the relay talks nonsense at the end of a mail (${what}): that is no 250, and the mail goes again`, async () => {
		const [who, next] = electors(2);

		await given({ settings: { senders: 1 }, extensions: cut ? ['8BITMIME'] : ['PIPELINING', 'CHUNKING', 'ENHANCEDSTATUSCODES'], cue: ({ to, phase, n }) => (phase === 'dot' && to === who && n === 1 ? { raw, cut } : undefined) });
		world.put([who, next]);
		assert.ok(await isSent(who));
		assert.ok(await isSent(next));
		assert.deepEqual([taken(who), taken(next), peer.mails.length], [1, 1, 3]);
	});

test('the relay talks nonsense at RCPT: neither refused nor sent, and it goes later, once', async () => {
	const all = electors(2);

	await given({ settings: { senders: 1 }, extensions: ['PIPELINING', 'CHUNKING'], cue: ({ phase, n }) => (phase === 'rcpt' && n === 1 ? { raw: '4294967546 yes\r\n' } : undefined) });
	world.put(all);
	assert.ok(await isSent(all[0]) && await isSent(all[1]));
	assert.equal(peer.mails.length, 2);
});

test('cut before the dot: nothing went, and it goes later, once', async () => {
	const [who] = electors(1);

	await given({ cue: ({ phase, n }) => (phase === 'data' && n === 1 ? { cut: true } : undefined) });
	world.put([who]);
	assert.ok(await isSent(who));
	assert.equal(peer.mails.length, 1);
	assert.equal(world.job(who).attempts, 2);
});

test('a refused DATA ends the session, and no job is kept from its turn', async () => {
	const all = electors(5);

	await given({ settings: { senders: 1 }, cue: ({ phase, n }) => (phase === 'data' && n === 1 ? '451 4.3.0 no room' : undefined) });
	world.put(all);
	assert.ok(await until(() => all.every((who) => taken(who) === 1)));
	assert.equal(peer.mails.length, 5);
});

test('a refusal of policy puts the mail off, and the person is not given up', async () => {
	const [who] = electors(1);

	await given({ settings: { backoff: '20ms' }, cue: ({ phase, n }) => (phase === 'dot' && n === 1 ? '550 5.7.1 not from you' : undefined) });
	world.put([who]);
	assert.ok(await isSent(who));
	assert.equal(world.job(who).attempts, 2);
});

test('a mail that must not double is parked when its fate is unknown', async () => {
	const [who] = electors(1);

	await given({ settings: { uncertain_delay: '1s' }, cue: ({ phase }) => (phase === 'dot' ? { cut: true } : undefined) });
	world.put([who], 'activated');
	assert.ok(await until(() => world.job(who).state === 'uncertain'));
	await sleep(2500);
	assert.equal(peer.mails.length, 1);
	assert.equal(world.job(who).state, 'uncertain');
	world.sql(`update mail_job set state = 'dropped', finished_at = utc_timestamp(3), attempt_open = 0 where identifier = '${who}'`);
});

test('the relay is absent: mails wait, one line tells of it, and they go when it is back', async () => {
	const all = electors(3);

	await given();
	const { port } = peer;
	await peer.close();
	world.put(all);
	await sleep(2500);
	assert.deepEqual(all.map((who) => world.job(who).state), ['ready', 'ready', 'ready']);
	assert.deepEqual(all.map((who) => world.job(who).attempts), [0, 0, 0]);
	peer = await new SmtpPeer().listen(port);
	assert.ok(await until(() => all.every((who) => taken(who) === 1), 20));
	const lines = world.log().split('\n').filter((l) => l.includes('outage begins') && l.includes('of=relay'));
	assert.ok(lines.length <= 4, `lines about the outage: ${lines.length}`);
});

test('a slow relay is waited for, and one that never answers is not waited for for ever', async () => {
	const [slow, mute] = electors(2);

	await given({
		settings: { reply_timeout: '1s' },
		cue: ({ to, phase, n }) => {
			if (phase === 'dot' && to === slow)
				return { wait: 2500 };
			return phase === 'rcpt' && to === mute && n === 1 ? { wait: 30000 } : undefined;
		},
	});
	world.put([slow, mute]);
	assert.ok(await isSent(slow));
	assert.ok(await isSent(mute));
	assert.deepEqual([taken(slow), taken(mute)], [1, 1]);
});

test('a sender killed between lease and send: the mail goes all the same, once', async () => {
	const [who] = electors(1);
	let slow = true;

	await given({ settings: { senders: 1 }, cue: ({ phase }) => (phase === 'ehlo' && slow ? { wait: 3000 } : undefined) });
	world.put([who]);
	assert.ok(await until(() => peer.commands.includes('EHLO')));
	slow = false;
	for (const pid of world.senders())
		process.kill(pid, 'SIGKILL');
	assert.ok(await isSent(who));
	assert.equal(taken(who), 1);
	assert.equal(world.job(who).attempts, 1);
});

for (const [point, mails, attempts] of [['lease', 1, 1], ['compose', 1, 1], ['mark', 1, 1], ['marking', 1, 1], ['marked', 1, 2], ['settle', 2, 2], ['settled', 1, 1]]) {
	test(`a sender killed at the point "${point}": ${mails === 1 ? 'the mail goes once' : 'it is unknowable, and goes twice with one Message-ID'}`,
		async (t) => {
			if (!world.hasFaults())
				return t.skip('built without --enable-faults');
			const [who] = electors(1);
			const once = path.join(world.dir, `once-${point}`);

			fs.writeFileSync(once, '');
			await given({ env: { ISOLOIR_FAULT: `kill:${point}`, ISOLOIR_FAULT_ONCE: once } });
			world.put([who]);
			assert.ok(await isSent(who));
			assert.ok(!fs.existsSync(once), 'a sender was killed there');
			await sleep(500);
			assert.equal(peer.mails.length, mails);
			assert.equal(new Set(peer.mails.map((m) => header(m, 'Message-Id'))).size, 1);
			assert.equal(world.job(who).attempts, attempts);
			assert.ok(await until(() => world.busy() === 0));
			return undefined;
		});
}

/* ISOLOIR_FAULT for one process, once; skips without fault points. Says whether somebody died there. */
function fault(t, point) {
	const once = path.join(world.dir, `once-${point}-${++serial}`);

	if (!world.hasFaults()) {
		t.skip('built without --enable-faults');
		return null;
	}
	fs.writeFileSync(once, '');
	return { env: { ISOLOIR_FAULT: `kill:${point}`, ISOLOIR_FAULT_ONCE: once }, died: () => !fs.existsSync(once) };
}

test('a sender killed while the relay thinks about a mail that it has: unknowable, and sent again with the same Message-ID', async () => {
	const [who] = electors(1);
	let slow = true;

	await given({ settings: { senders: 1, uncertain_delay: '1s' }, cue: ({ phase }) => (phase === 'dot' && slow ? { wait: 3000 } : undefined) });
	world.put([who]);
	assert.ok(await until(() => peer.mails.length === 1));
	slow = false;
	for (const pid of world.senders())
		process.kill(pid, 'SIGKILL');
	assert.ok(await until(() => world.job(who).state === 'uncertain'));
	assert.ok(await isSent(who));
	assert.equal(peer.mails.length, 2);
	assert.equal(new Set(peer.mails.map((m) => header(m, 'Message-Id'))).size, 1);
});

test('a sender killed when it has noted that a mail goes to nobody: the note stands, and nothing is left in Redis', async (t) => {
	const died = fault(t, 'closed');

	if (!died)
		return;
	await given({ env: died.env });
	world.put(['absente@ac-nantes.fr']);
	assert.ok(await until(() => world.job('absente@ac-nantes.fr').state === 'unknown' && world.busy() === 0));
	assert.ok(died.died());
	assert.equal(peer.mails.length, 0);
});

for (const [point, mails] of [['parking', 2], ['parked', 1]])
	test(`MariaDB ends before the 250 can be noted, and the sender at the point "${point}": ${mails === 1 ? 'the 250 counts' : 'unknowable, and sent again'}`, async (t) => {
		const [who] = electors(1);
		const died = fault(t, point);

		if (!died)
			return;
		await given({ env: died.env, settings: { uncertain_delay: '1s' }, cue: ({ phase, n }) => (phase === 'dot' && n === 1 ? { wait: 1500 } : undefined) });
		world.put([who]);
		assert.ok(await until(() => peer.mails.length === 1));
		await world.end(world.mariadb, 'SIGKILL');
		assert.ok(await until(() => died.died()));
		await world.startMariadb();
		assert.ok(await isSent(who));
		await sleep(500);
		assert.equal(peer.mails.length, mails);
	});

for (const point of ['takeover', 'resume'])
	test(`a sweeper killed at the point "${point}" while it puts another's mail right: the next one does, and it goes`, async (t) => {
		const [who] = electors(1);
		const died = fault(t, point);

		if (!died)
			return;
		await given({ env: died.env, settings: { senders: 3, uncertain_delay: '1s' }, cue: ({ phase, n }) => (phase === 'dot' && n === 1 ? { wait: 2000 } : undefined) });
		world.put([who]);
		assert.ok(await until(() => peer.mails.length === 1));
		const [, , owner] = world.redisDo('HGET', `isoloir:{mq}:job:${world.job(who).id}`, 'owner').split(' '); /* host, boot, pid */
		process.kill(Number(owner), 'SIGKILL');
		assert.ok(await isSent(who));
		assert.ok(died.died());
		assert.equal(peer.mails.length, 2);
		assert.equal(new Set(peer.mails.map((m) => header(m, 'Message-Id'))).size, 1);
	});

test('a sweeper killed after it moved a mail that was asked for again, and before its row says so: it goes, once', async (t) => {
	const [who] = electors(1);
	const died = fault(t, 'forward');

	if (!died)
		return;
	await given({ env: died.env, settings: { senders: 3, backoff: '500ms' }, cue: ({ phase, n }) => (phase === 'rcpt' && n === 1 ? '552 5.2.2 mailbox full' : undefined) });
	world.put([who]);
	assert.ok(await world.waitsAgain(who, 1));
	await sleep(600);
	world.put([who]);
	assert.ok(await isSent(who));
	assert.ok(died.died());
	assert.equal(taken(who), 1);
	assert.equal(peer.tries.get(who), 2);
});

for (const point of ['reserved', 'inserted'])
	test(`a portal worker killed at the point "${point}" of asking for a mail: the next request is one mail, and nothing is lost`, async (t) => {
		const [who] = electors(1);
		const died = fault(t, point);

		if (!died)
			return;
		await given();
		assert.throws(() => world.put([who], 'activation', died.env));
		assert.ok(died.died());
		if (point === 'inserted')
			assert.ok(await isSent(who), 'what MariaDB has is sent without another request');
		world.put([who]);
		assert.ok(await isSent(who));
		await sleep(500);
		assert.equal(taken(who), 1);
	});

test('the relay puts everything off, again and again: nothing is lost, the queue tells of it, and all goes when it relents', async () => {
	const all = electors(5);
	let stubborn = true;

	await given({ settings: { backoff: '20ms' }, cue: ({ phase }) => (phase === 'rcpt' && stubborn ? '451 4.3.2 please come back' : undefined) });
	world.put(all);
	assert.ok(await until(() => all.every((who) => world.job(who).attempts >= 4), 30));
	assert.deepEqual([...new Set(all.map((who) => world.job(who).state))], ['ready']);
	assert.match(world.job(all[0]).reply, /^rcpt 451 4\.3\.2/);
	assert.equal(world.busy(), 5);
	stubborn = false;
	assert.ok(await until(() => all.every((who) => taken(who) === 1), 30));
	assert.equal(peer.mails.length, 5);
});

for (const phase of ['connect', 'ehlo', 'mail', 'data'])
	test(`a relay that hangs at "${phase}" is left after reply_timeout; the mail goes once it talks again`, async () => {
		const [who] = electors(1);
		let hangs = true;

		await given({ settings: { reply_timeout: '1s', senders: 1 }, cue: (at) => (at.phase === phase && hangs ? { wait: 60000 } : undefined) });
		world.put([who]);
		assert.ok(await until(() => world.log().split('\n').some((l) => l.includes(world.job(who).id) && / outcome=(again|ready)/.test(l)), 10));
		hangs = false;
		assert.ok(await isSent(who));
		assert.equal(taken(who), 1);
	});

test('a relay that refuses us at its door: mails wait, untouched', async () => {
	const [who] = electors(1);
	let closed = true;

	await given({ settings: { senders: 1 }, cue: ({ phase }) => (phase === 'connect' && closed ? { say: '554 5.3.2 not now' } : undefined) });
	world.put([who]);
	assert.ok(await until(() => peer.sessions >= 2));
	assert.deepEqual([world.job(who).state, world.job(who).attempts], ['ready', 0]);
	closed = false;
	assert.ok(await isSent(who));
	assert.equal(taken(who), 1);
});

test('FLUSHALL of the queue loses nothing and doubles nothing', async () => {
	const all = electors(20);
	let open = false;

	await given({ cue: ({ phase }) => (phase === 'rcpt' && !open ? '450 4.2.0 later' : undefined) });
	world.put(all);
	await until(() => peer.commands.filter((c) => c === 'RCPT').length > 5);
	world.redisDo('FLUSHALL');
	world.put(all.slice(0, 5)); // repeats while Redis knows nothing
	open = true;
	assert.ok(await until(() => all.every((who) => taken(who) >= 1), 20));
	await sleep(500);
	assert.deepEqual(all.filter((who) => taken(who) !== 1), []);
	assert.equal(world.sql(`select count(*) from mail_job where identifier like 'elise.martin${serial}x%'`)[0][0], '20');
});

test('the mailer\'s clock is an hour ahead: what is put off is due when MariaDB and Redis say, also after a FLUSHALL', async (t) => {
	const library = fs.readdirSync('/usr/lib').map((one) => `/usr/lib/${one}/faketime/libfaketime.so.1`).find((one) => fs.existsSync(one));
	const [who] = electors(1);
	let open = false;

	if (!library)
		return t.skip('libfaketime is not here');
	await given({ env: { LD_PRELOAD: library, FAKETIME: '+3600', FAKETIME_DONT_FAKE_MONOTONIC: '1' }, cue: ({ phase }) => (phase === 'rcpt' && !open ? '450 4.2.0 later' : undefined) });
	world.put([who]);
	assert.ok(await until(() => world.job(who).attempts >= 2));
	world.redisDo('FLUSHALL');
	open = true;
	assert.ok(await isSent(who));
	assert.equal(taken(who), 1);
	return undefined;
});

test('a 250 comes for a mail that is parked by then, and Redis is away: the job is taken out when every row is looked at', async () => {
	const [who] = electors(1);

	await given({ settings: { senders: 2 }, cue: ({ phase }) => (phase === 'dot' ? { wait: 3000 } : undefined) });
	world.put([who], 'activated');
	assert.ok(await until(() => peer.mails.length === 1));
	world.redisDo('FLUSHALL');
	assert.ok(await until(() => world.fsck().counts.uncertain === 1));
	await world.end(world.redis, 'SIGKILL');
	assert.ok(await isSent(who));
	await sleep(300);
	await world.startRedis();
	assert.equal(world.fsck().counts.uncertain, 1);
	world.redisDo('DEL', 'isoloir:{mq}:whole');
	assert.ok(await until(() => world.fsck().jobs === 0));
	assert.equal(taken(who), 1);
});

for (const lost of ['and its hash names none', 'though its hash names one'])
	test(`a job that stands in no set, ${lost}, is put into one by the sweep`, async () => {
		const [who] = electors(1);

		await given({ cue: ({ phase, n }) => (phase === 'rcpt' && n === 1 ? '450 4.2.0 later' : undefined), settings: { backoff: '1h' } });
		world.put([who]);
		assert.ok(await world.waitsAgain(who, 1));
		const key = `isoloir:{mq}:job:${world.job(who).id}`;
		const place = () => world.redisDo('HGET', key, 'place');
		world.redisDo('ZREM', `isoloir:{mq}:${place()}`, world.job(who).id);
		if (lost.startsWith('and'))
			world.redisDo('HDEL', key, 'place');
		assert.ok(await until(() => world.fsck().wrong.length === 0));
		assert.match(place(), /^ready/);
		world.sql(`update mail_job set state = 'dropped', finished_at = utc_timestamp(3) where identifier = '${who}'`);
		world.redisDo('FLUSHALL'); /* due in an hour, it would be the next story's */
	});

test('Redis away while mails are asked for: they are accepted, and go when it is back', async () => {
	const all = electors(3);

	await given();
	await world.end(world.redis);
	world.put(all);
	await sleep(500);
	await world.startRedis();
	assert.ok(await until(() => all.every((who) => taken(who) === 1), 20));
	assert.equal(peer.mails.length, 3);
});

test('MariaDB ends in the middle and comes back: every mail goes once', async () => {
	const all = electors(40);

	await given({ settings: { senders: 3 }, cue: ({ phase }) => (phase === 'rcpt' ? { wait: 40 } : undefined) });
	world.put(all);
	await until(() => peer.mails.length >= 5);
	await world.end(world.mariadb, 'SIGKILL');
	await sleep(1500);
	await world.startMariadb();
	const done = await until(() => all.every((who) => taken(who) >= 1), 30);
	assert.ok(done, `left: ${all.filter((who) => taken(who) === 0).length}`);
	assert.ok(await until(() => world.sql(`select count(*) from mail_job where identifier like 'elise.martin${serial}x%' and state = 'sent'`)[0][0] === '40'));
	assert.equal(peer.mails.length, 40);
});

test('MariaDB ends between the end of a mail and its 250: the verdict waits in Redis and is written later', async () => {
	const [who] = electors(1);

	await given({ settings: { senders: 1 }, cue: ({ phase }) => (phase === 'dot' ? { wait: 1500 } : undefined) });
	world.put([who]);
	await until(() => peer.mails.length === 1);
	await world.end(world.mariadb, 'SIGKILL');
	await until(() => world.fsck().counts.settling === 1);
	assert.equal(world.fsck().counts.settling, 1);
	await world.startMariadb();
	assert.ok(await isSent(who));
	await sleep(500);
	assert.equal(peer.mails.length, 1);
});

test('500 mails through 4 senders: each exactly once', async () => {
	const all = [...electors(300), ...electors(150, { domain: 'ac-lent.fr' }), ...electors(50, { domain: 'inconnu.example' })];

	await given({ settings: { senders: 4 }, extensions: ['PIPELINING', '8BITMIME'], cue: ({ to, phase, n }) => (phase === 'rcpt' && n === 1 && to?.includes('7@') ? '451 4.3.2 later' : undefined) });
	world.put(all);
	assert.ok(await until(() => new Set(peer.mails.filter((m) => m.taken).map((m) => m.to)).size === 500, 60));
	await sleep(300);
	assert.equal(peer.mails.length, 500);
	assert.ok(await until(() => world.busy() === 0), JSON.stringify([world.fsck(), world.sql('select state, last_reply, attempts, attempt_open from mail_job where finished_at is null')]));
});

test('a drain ends with the mail in hand, and with no other', async () => {
	const all = electors(10);

	await given({ settings: { senders: 1 }, cue: ({ phase }) => (phase === 'dot' ? { wait: 300 } : undefined) });
	world.put(all);
	await until(() => peer.mails.length === 1);
	const began = Date.now();

	assert.equal(await world.stopMailer(), 0);
	assert.ok(Date.now() - began < 4000, `drained in ${Date.now() - began} ms`);
	assert.equal(peer.mails.filter((m) => m.taken).length, peer.mails.length);
	assert.ok(peer.mails.length <= 2);
	assert.equal(world.fsck().counts.leased ?? 0, 0);
	await world.startMailer(peer.port, { senders: 2 });
	assert.ok(await until(() => all.every((who) => taken(who) === 1), 20));
});

/* A certificate authority of our own, and a certificate of it for a name. */
function certificate(name) {
	const at = (file) => path.join(world.dir, file);
	const openssl = (...words) => spawnSync('openssl', words, { encoding: 'utf8' });

	if (!fs.existsSync(at('ca.pem')))
		openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '2', '-subj', '/CN=our CA');
	openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`), '-subj', `/CN=${name}`);
	fs.writeFileSync(at(`${name}.ext`), `subjectAltName=DNS:${name}\n`);
	openssl('x509', '-req', '-in', at(`${name}.csr`), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at(`${name}.ext`), '-out', at(`${name}.pem`));
	return { key: fs.readFileSync(at(`${name}.key`)), cert: fs.readFileSync(at(`${name}.pem`)) };
}

const secured = (more) => ({ starttls: 'required', host: 'localhost', ca_file: path.join(world.dir, 'ca.pem'), ...more });

test('STARTTLS required, with a right certificate, and AUTH from a secret file', async () => {
	const all = electors(3);
	const tls = certificate('localhost');
	const file = path.join(world.dir, 'secrets/relay');

	fs.writeFileSync(file, 'très secret\n', { mode: 0o600 });
	await given({ tls, user: 'isoloir', password: 'très secret', settings: secured({ user: 'isoloir', password_file: file }) });
	world.put(all);
	assert.ok(await until(() => all.every((who) => taken(who) === 1)));
	assert.ok(peer.secured > 0);
	assert.ok(!world.log().includes('secret'));
});

for (const [what, name, tlsMore, settings] of [
	['the certificate is of another name', 'elsewhere.example', {}, {}],
	['the certificate is of an unknown authority', 'localhost', {}, { ca_file: '/etc/ssl/certs/ca-certificates.crt' }],
	['the relay offers no STARTTLS', null, {}, {}],
	['the relay knows nothing newer than TLS 1.1', 'localhost', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }, {}],
	['our password is wrong', 'localhost', {}, { user: 'isoloir' }],
])
	test(`with STARTTLS required no mail goes, and none is lost, when ${what}`, async () => {
		const [who] = electors(1);
		const tls = name ? { ...certificate(name), ...tlsMore } : (certificate('localhost'), undefined);
		const file = path.join(world.dir, 'secrets/wrong');

		fs.writeFileSync(file, 'wrong\n', { mode: 0o600 });
		await given({ tls, user: settings.user, password: 'right', settings: secured({ password_file: settings.user ? file : '', ...settings }) });
		world.put([who]);
		await until(() => peer.sessions > 1);
		await sleep(500);
		assert.equal(peer.mails.length, 0);
		assert.deepEqual([world.job(who).state, world.job(who).attempts], ['ready', 0]);
		assert.ok(world.log().split('\n').some((l) => l.includes('outage begins') && l.includes('of=relay')));
		world.sql(`update mail_job set state = 'dropped', finished_at = utc_timestamp(3) where identifier = '${who}'`);
	});

test('STARTTLS optional: used where it is offered, whatever the certificate, and done without where not', async () => {
	const [first, second] = electors(2);

	await given({ tls: certificate('elsewhere.example'), settings: { starttls: 'optional' } });
	world.put([first]);
	assert.ok(await isSent(first));
	assert.equal(peer.secured, peer.sessions);
	await world.stopMailer();
	await peer.close();
	await given({ settings: { starttls: 'optional' } });
	world.put([second]);
	assert.ok(await isSent(second));
});

test('a relay whose backlog is full is given up after connect_timeout, not after minutes', async () => {
	const [who] = electors(1);
	const stuck = spawn('python3', ['-c', `
import socket, time
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(0); print(s.getsockname()[1], flush=True)
others = [socket.socket() for _ in range(8)]
for o in others:
    o.setblocking(False)
    try: o.connect(s.getsockname())
    except BlockingIOError: pass
time.sleep(60)`], { stdio: ['ignore', 'pipe', 'inherit'] });
	const port = await new Promise((done) => stuck.stdout.once('data', (line) => done(Number(line))));

	peer = null;
	await world.startMailer(port, { connect_timeout: '1s', senders: 1 });
	world.put([who]);
	const line = await until(() => world.log().split('\n').find((l) => l.includes(world.job(who).id) && l.includes('stage=connect')), 10);
	stuck.kill();
	assert.ok(line);
	const ms = Number(/ ms=(\d+)/.exec(line)[1]);
	assert.ok(ms >= 900 && ms < 3000, `given up after ${ms} ms`);
	world.sql(`update mail_job set state = 'dropped', finished_at = utc_timestamp(3) where identifier = '${who}'`);
});

test('every audit row is sealed, and the chain holds', async () => {
	const [who] = electors(1);

	await given();
	world.put([who]);
	assert.ok(await isSent(who));
	assert.ok(await until(() => world.sql('select count(*) from audit a left join audit_seal s on s.audit_id = a.id where s.place is null')[0][0] === '0'));
	const { createHash } = await import('node:crypto');
	let before = Buffer.alloc(32);

	for (const row of world.sql(`select hex(s.hash), a.id, a.at, coalesce(a.election_id, 0), a.actor, a.act, a.subject, a.detail, a.request_id
		from audit_seal s join audit a on a.id = s.audit_id order by s.place`)) {
		const text = row.slice(1).map((column) => `${Buffer.byteLength(column)}:${column}`).join('');

		before = createHash('sha256').update(before).update(text).digest();
		assert.equal(before.toString('hex').toUpperCase(), row[0]);
	}
});
