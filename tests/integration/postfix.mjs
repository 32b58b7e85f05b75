/*
 * A real Postfix between us and the world: a private instance with its own configuration and queue, which relays to a peer behind it. Mails arrive whole through it,
 * with STARTTLS and without, in few sessions; what it defers or refuses is deferred or dead here. What the peer refuses comes back as the reports that Postfix makes,
 * by the ways to isoloir-dsn that its manual page shows, with the page's own lines. ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { free_port, ROOT } from '../lib/demo.mjs';
import { MailWorld, sleep, until } from '../lib/mail_world.mjs';
import { SmtpPeer } from '../lib/smtp_peer.mjs';
import { Postfix } from '../lib/postfix.mjs';

const BUILD = process.env.ISOLOIR_BUILD ?? path.join(ROOT, '.build/plain');
const world = new MailWorld();
const cues = new Map(), readers = [];
let postfix, sink, ways, serial = 0;

/*
 * The three ways of reports to isoloir-dsn: each has an address of its own, and the lines of main.cf and master.cf that man/isoloir-dsn.8 shows, with the paths of here.
 */
async function read_ways() {
	const blocks = [...fs.readFileSync(path.join(ROOT, 'man/isoloir-dsn.8'), 'utf8').matchAll(/^\.Bd -literal.*\n([^]*?)^\.Ed$/gm)].map(([, text]) => text);
	const [master, ...mains] = blocks, settings = {}, maps = [], port = await free_port(), program = path.join(world.dir, 'isoloir-dsn');
	const names = ['tuyau', 'reseau', 'retours'].map((one) => `${one}@vote.example`);

	for (const line of mains.join('').split('\n').filter(Boolean)) {
		const [, name, value] = line.match(/^(\w+) = (.*)$/), map = value.match(/^inline:\{ retours@example\.fr=(\S+) \}$/);
		if (map)
			maps.push(`${names[maps.length]}=${map[1].replace('127.0.0.1:2403', `127.0.0.1:${port}`)}`);
		else
			settings[name] = value;
	}
	assert.equal(maps.length, 3);
	fs.copyFileSync(path.join(BUILD, 'isoloir-dsn'), program);
	return {
		pipe: names[0], inet: names[1], unix: names[2], port, settings: { ...settings, transport_maps: `inline:{ ${maps.join(', ')} }`, delay_warning_time: '1s' },
		services: [master.trimEnd().replace('user=isoloir', 'user=nobody').replace('/usr/local/sbin/isoloir-dsn', `${program} -c ${world.dir}/pipe.conf`)],
	};
}

async function read_reports(where) {
	const child = spawn(path.join(BUILD, 'isoloir-dsn'), ['-c', world.conf, '-l', where], { stdio: ['ignore', 'ignore', 'inherit'] });

	child.ended = new Promise((done) => child.once('exit', done));
	readers.push(child);
	assert.ok(await until(() => world.log().includes(`listening: at=${where}`)), world.log());
	return child;
}

before(async () => {
	assert.equal(process.getuid(), 0, 'Postfix’ master wants to be started by root');
	sink = await new SmtpPeer({ extensions: ['PIPELINING', '8BITMIME'], cue: ({ to, phase }) => (phase === 'rcpt' ? cues.get(to) : undefined) }).listen();
	await world.start();
	ways = await read_ways();
	postfix = await new Postfix(sink.port, ways.settings, ways.services).start();
});

after(async () => {
	for (const child of readers)
		child.kill();
	const ends = await Promise.all(readers.map(({ ended }) => ended));
	await world.stop();
	await postfix?.close();
	await sink?.close();
	assert.deepEqual(ends.filter((status) => status !== 0), [], 'the readers of reports end well');
});

afterEach(async () => {
	await world.rest();
});

function electors(n, prefix = 'elise.martin') {
	const story = ++serial, list = Array.from({ length: n }, (_, i) => `${prefix}${story}x${i}@ac-nantes.fr`);

	world.addElectors(list);
	return list;
}

const came = (who) => sink.takenBy(who);
const state = (who) => world.job(who)?.state;
/* Without the trace lines that each relay puts on top. */
const body = (mail) => mail.text.slice(mail.text.indexOf('\r\n\r\n') + 4);

for (const [starttls, settings] of [['off', {}], ['required', () => ({ host: 'localhost', ca_file: postfix.certificate })]])
	test(`100 mails through Postfix with STARTTLS ${starttls}: each arrives whole, once`, async () => {
		const all = electors(100);

		await world.startMailer(postfix.port, { starttls, ...(typeof settings === 'function' ? settings() : settings) });
		const references = world.put(all);
		assert.ok(await until(() => all.every((who) => came(who).length >= 1), 40), postfix.log().slice(-4000));
		assert.ok(await until(() => all.every((who) => state(who) === 'sent')));
		await sleep(500);
		for (const [i, who] of all.entries()) {
			const [mail, ...more] = came(who), text = body(mail), { id } = world.job(who);

			assert.equal(more.length, 0);
			assert.match(mail.text, new RegExp(`^Message-Id: <${id}@vote\\.example>`, 'mi'));
			assert.ok(text.startsWith(`--=_${id}\r\n`) && text.endsWith(`--=_${id}--\r\n`), 'both parts, to the last boundary');
			assert.ok(text.includes(references[i]), 'the reference of the page');
			assert.match(text.replace(/=\r\n/g, ''), /https:\/\/vote\.example\/demo\/portail\/activation\/[\w-]{43}/);
		}
		if (starttls !== 'off')
			assert.match(postfix.log(), /TLS connection established from/);
	});

test('Postfix puts a recipient off: deferred, tried again, and sent when it relents; one that it refuses is dead', async () => {
	const [late] = electors(1, 'plus.tard'), [never] = electors(1, 'jamais');

	postfix.access({ [late]: '450 4.2.0 come back later', [never]: '550 5.1.1 nobody here' });
	await world.startMailer(postfix.port);
	world.put([late, never]);
	assert.ok(await until(() => world.job(late).attempts >= 2 && state(never) === 'dead'), world.log());
	assert.equal(state(late), 'ready');
	assert.match(world.job(late).reply, /^rcpt 450 .*come back later/);
	assert.match(world.job(never).reply, /^rcpt 550 .*nobody here/);
	postfix.access({});
	assert.ok(await until(() => state(late) === 'sent', 30));
	assert.ok(await until(() => came(late).length === 1));
	assert.equal(came(never).length, 0);
});

test('Postfix is stopped and started while mails go: each arrives at least once, and none twice that is not uncertain here', async () => {
	const all = electors(80);

	world.sql(`create table if not exists seen (id char(32) primary key);
		create or replace trigger seen_uncertain after update on mail_job for each row insert ignore into seen select new.id from dual where new.state = 'uncertain'`);
	const before = sink.mails.length;
	await world.startMailer(postfix.port);
	world.put(all);
	assert.ok(await until(() => sink.mails.length > before + 10));
	await postfix.stop();
	await sleep(700);
	await postfix.start();
	assert.ok(await until(() => all.every((who) => state(who) === 'sent'), 40), world.log());
	const missing = () => all.filter((who) => came(who).length === 0);
	await until(() => missing().length === 0, 20);
	assert.deepEqual(missing(), [], missing().map((who) => `${who}: ${world.job(who).reply}\n${postfix.told(/queued as (\w+)/.exec(world.job(who).reply)?.[1] ?? who)}`).join('\n'));
	const uncertain = new Set(world.sql('select id from seen').map(([id]) => id));
	assert.deepEqual(all.filter((who) => came(who).length > 1 && !uncertain.has(world.job(who).id)), []);
});

/* ---- what comes back ---- */

const bounces = (who) => world.sql(`select class, status, proof from bounce where identifier = '${who}' order by id`).map((row) => row.join(' '));
const suppressed = (who) => world.sql(`select why from suppression where identifier = '${who}' and live = 1`).length === 1;
const states = (who) => world.sql(`select state from mail_job where identifier = '${who}' order by created_at, id`).map(([one]) => one);

/** A mailer whose mails have that sender. */
async function with_sender(bounce_address) {
	await world.startMailer(postfix.port, { bounce_address, cooldown: '0s', daily_max: 100 });
}

/** One more mail to it, which Postfix takes. Its signed sender, as the peer sees it. */
async function mailed(who, mail = 'activation') {
	const before = states(who).length;

	world.put([who], mail);
	assert.ok(await until(() => states(who)[before] === 'sent'), `${states(who)} ${world.log()}`);
	const { id } = world.job(who);
	const command = await until(() => sink.envelopes.find((one) => /^MAIL FROM/i.test(one) && one.includes(id)), 20);
	assert.ok(command, postfix.log().slice(-4000));
	return command.match(/<(.*)>/)[1];
}

/** The reader whose socket is in a directory that gives on its group, as the manual page has it. */
async function read_at_unix() {
	const dir = path.join(postfix.dir, 'spool/isoloir');

	if (!fs.existsSync(dir))
		assert.equal(spawnSync('install', ['-d', '-g', 'postfix', '-m', '2750', dir]).status, 0);
	return read_reports(path.join(dir, 'dsn.sock'));
}

/* The pipe's program runs as somebody who is neither root nor Postfix: what it reads, and its log, are his. */
function prepare_pipe() {
	const keys = path.join(world.dir, 'pipe-keys'), log = path.join(world.dir, 'pipe.log');

	fs.cpSync(path.join(world.dir, 'keys'), keys, { recursive: true });
	fs.writeFileSync(log, '');
	fs.writeFileSync(path.join(world.dir, 'pipe.conf'), fs.readFileSync(world.conf, 'utf8').replace(/^keys_dir = .*$/m, `keys_dir = ${keys}`).replace(/^log_file = .*$/m, `log_file = ${log}`));
	spawnSync('chown', ['-R', 'nobody', keys, log]);
}

const prepare = { unix: read_at_unix, inet: () => read_reports(`127.0.0.1:${ways.port}`), pipe: prepare_pipe };

for (const way of ['unix', 'inet', 'pipe'])
	test(`the peer knows no such person: Postfix’ report comes by ${way}, and no mail goes there any more`, async () => {
		const [gone, there] = electors(2, way);

		await with_sender(ways[way]);
		await prepare[way]();
		cues.set(gone, `550 5.1.1 <${gone}>: Recipient address rejected: User unknown`);
		await mailed(there);
		assert.match(await mailed(gone), new RegExp(`^${ways[way].replace('@', `\\+${world.job(gone).id}-[0-9a-f]{18}@`)}$`));
		assert.ok(await until(() => bounces(gone).length === 1, 20), postfix.log().slice(-4000) + world.log());
		assert.deepEqual(bounces(gone), ['hard 5.1.1 verp']);
		assert.ok(suppressed(gone));
		assert.deepEqual(states(gone), ['sent'], 'Postfix had taken it');
		world.put([gone], 'activated');
		assert.ok(await until(() => states(gone).includes('suppressed')));
		assert.deepEqual(bounces(there), []);
		assert.ok(!suppressed(there));
	});

test('an unclear refusal suppresses at the second mail; one of policy never', async () => {
	const [unclear, refused] = electors(2, 'flou');

	await with_sender(ways.unix);
	cues.set(unclear, '550 5.1.0 Address rejected');
	cues.set(refused, '554 5.7.1 Message refused');
	for (const n of [1, 2]) {
		await mailed(unclear);
		await mailed(refused);
		assert.ok(await until(() => bounces(unclear).length === n && bounces(refused).length === n, 20), postfix.log().slice(-4000));
		assert.equal(suppressed(unclear), n === 2);
	}
	assert.deepEqual([...bounces(unclear), ...bounces(refused)], ['hard 5.1.0 verp', 'hard 5.1.0 verp', 'policy 5.7.1 verp', 'policy 5.7.1 verp']);
	assert.ok(!suppressed(refused));
});

test('a delay is told as such and counts for nothing; the mail arrives when the peer relents', async () => {
	const [late] = electors(1, 'retard');

	await with_sender(ways.unix);
	cues.set(late, '451 4.3.0 not just now');
	await mailed(late);
	assert.ok(await until(() => bounces(late).length === 1, 20), postfix.log().slice(-4000));
	assert.deepEqual(bounces(late), ['delayed 4.3.0 verp']);
	cues.delete(late);
	assert.ok(await until(() => came(late).length === 1, 20));
	assert.ok(!suppressed(late));
});

test('a report that a mail was handed on, which somebody asked Postfix for, is no bounce', async () => {
	const [who] = electors(1, 'remis');

	await with_sender(ways.unix);
	const from = await mailed(who);
	await new Promise((done, failed) => {
		const lines = ['EHLO here.example', `MAIL FROM:<${from}>`, `RCPT TO:<${who}> NOTIFY=SUCCESS`, 'DATA', 'Subject: x\r\n\r\nx\r\n.', 'QUIT'];
		const socket = net.connect(postfix.port, '127.0.0.1');
		socket.on('data', (bytes) => /^\d{3} .*\r\n$/m.test(bytes) && lines.length > 0 && socket.write(`${lines.shift()}\r\n`)).on('close', done).on('error', failed);
	});
	assert.ok(await until(() => world.log().includes(`bounce ignored: job=${world.job(who).id} why="it arrived"`), 20), postfix.log().slice(-4000) + world.log());
	assert.deepEqual(bounces(who), []);
	assert.ok(!suppressed(who));
});

test('nobody reads reports for a while, or MariaDB is away: they wait at Postfix, and none is lost', async () => {
	const lost = electors(3, 'attente');

	await with_sender(ways.unix);
	readers[0].kill();
	assert.equal(await readers[0].ended, 0);
	for (const who of lost) {
		cues.set(who, '550 5.1.1 nobody here');
		await mailed(who);
	}
	assert.ok(await until(() => lost.every((who) => new RegExp(`to=<retours\\+${world.job(who).id}-.*status=deferred`).test(postfix.log())), 20), postfix.log().slice(-4000));
	assert.equal(await world.stopMailer(), 0);
	await world.end(world.mariadb);
	await read_at_unix();
	assert.ok(await until(() => /status=deferred \(.*said: 451 4\.3\.0/.test(postfix.log()), 20), postfix.log().slice(-4000));
	await world.startMariadb();
	assert.ok(await until(() => lost.every((who) => bounces(who).length === 1), 30), postfix.log().slice(-4000) + world.log());
	assert.ok(lost.every(suppressed));
});
