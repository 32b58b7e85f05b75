/*
 * A real Postfix between us and the world: a private instance with its own configuration and queue, which relays to a peer behind it. Mails arrive whole through it,
 * with STARTTLS and without, in few sessions; what it defers or refuses is deferred or dead here. ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { MailWorld, sleep, until } from '../lib/mail_world.mjs';
import { SmtpPeer } from '../lib/smtp_peer.mjs';
import { Postfix } from '../lib/postfix.mjs';

const world = new MailWorld();
let postfix, sink, serial = 0;

before(async () => {
	assert.equal(process.getuid(), 0, 'Postfix’ master wants to be started by root');
	sink = await new SmtpPeer({ extensions: ['PIPELINING', '8BITMIME'] }).listen();
	postfix = await new Postfix(sink.port).start();
	await world.start();
});

after(async () => {
	await world.stop();
	await postfix?.close();
	await sink?.close();
});

afterEach(async () => {
	assert.equal(await world.stopMailer(), 0, `the mailer and its senders end well: ${world.log()}`);
	assert.deepEqual(world.fsck().wrong, [], 'every job stands in exactly one set');
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
