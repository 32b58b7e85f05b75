/*
 * What comes back of a mail: reports laid out as the usual servers write them, through isoloir-dsn as a pipe and as an LMTP server, on a real MariaDB, beside a real
 * mailer that stops writing to whom nothing arrives.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { MailWorld, sleep, until } from '../lib/mail_world.mjs';
import { SmtpPeer } from '../lib/smtp_peer.mjs';

const tree = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const build = process.env.ISOLOIR_BUILD ?? path.join(tree, '.build/plain');
const BOUNCE = 'retours@vote.example';
const world = new MailWorld();
let peer, lmtp, serial = 0;

before(async () => {
	await world.start();
	world.sql("grant all on isoloir.* to 'isoloir_ctl'@'%'");
	peer = await new SmtpPeer({ extensions: ['8BITMIME', 'DSN'] }).listen();
	await world.startMailer(peer.port, { bounce_address: BOUNCE, cooldown: '0s', daily_max: 100 });
});

after(async () => {
	lmtp?.kill();
	const status = await world.stopMailer();
	await peer.close();
	const wrong = world.fsck().wrong;
	await world.stop();
	assert.equal(status, 0);
	assert.deepEqual(wrong, []);
});

/* ---- mails, and what came with them ---- */

function elector() {
	const who = `elise.martin${++serial}@ac-nantes.fr`;

	world.addElectors([who]);
	return who;
}

const states = (who) => world.sql(`select state from mail_job where identifier = '${who}' order by created_at, id`).map(([s]) => s);
const bounces = (who) => world.sql(`select class, status, proof from bounce where identifier = '${who}' order by id`).map((r) => r.join(' '));
const suppressed = (who) => world.sql(`select why from suppression where identifier = '${who}' and live = 1`).length === 1;

/* A mail of that kind, to its final state. Returns its id, its sender and the command that named it. */
async function mail(who, kind = 'activation', state = 'sent') {
	const before = states(who).length;

	world.put([who], kind);
	assert.ok(await until(() => states(who).length === before + 1 && states(who).at(-1) === state, 5), `${kind}: ${states(who)}, not ${state}`);
	const { id } = world.job(who);
	const from = peer.envelopes.filter((c) => /^MAIL FROM/i.test(c) && c.includes(id)).at(-1);

	return { id, who, command: from, verp: /<([^>]*)>/.exec(from ?? '')?.[1] };
}

async function bounced(who, make, ...more) {
	const m = await mail(who);

	pipe(make(m, ...more));
	return m;
}

/* ---- reports ---- */

const crlf = (lines) => `${lines.join('\r\n')}\r\n`;
const head = (m) => [`Message-ID: <${m.id}@vote.example>`, 'From: Bureau de vote <elections@vote.example>', `To: ${m.who}`, 'Subject: Votre lien'];

function postfix(m, { status = '5.1.1', code = `smtp; 550 5.1.1 <${m.who}>: Recipient address rejected: User unknown`, action = 'failed', to = m.verp, envid } = {}) {
	return crlf([`X-Original-To: ${to}`, 'Return-Path: <>', `Delivered-To: ${to}`, 'From: MAILER-DAEMON@relais.example (Mail Delivery System)',
		'Subject: Undelivered Mail Returned to Sender', `To: ${to}`, 'Auto-Submitted: auto-replied', 'MIME-Version: 1.0',
		'Content-Type: multipart/report; report-type=delivery-status;', '\tboundary="8F1C2.1700000000/relais.example"', '', 'This is a MIME-encapsulated message.', '',
		'--8F1C2.1700000000/relais.example', 'Content-Description: Notification', 'Content-Type: text/plain; charset=us-ascii', '',
		"I'm sorry to have to inform you that your message could not be delivered.", '', '--8F1C2.1700000000/relais.example',
		'Content-Description: Delivery report', 'Content-Type: message/delivery-status', '', 'Reporting-MTA: dns; relais.example',
		...(envid ? [`Original-Envelope-Id: ${envid}`] : []), 'X-Postfix-Queue-ID: 8F1C2', '', `Final-Recipient: rfc822; ${m.who}`, `Original-Recipient: rfc822;${m.who}`,
		`Action: ${action}`, `Status: ${status}`, 'Remote-MTA: dns; mx.ac-nantes.fr', `Diagnostic-Code: ${code}`, '', '--8F1C2.1700000000/relais.example',
		'Content-Description: Undelivered Message Headers', 'Content-Type: text/rfc822-headers', '', ...head(m), '', '--8F1C2.1700000000/relais.example--']);
}

function exchange(m) {
	return crlf(['From: <postmaster@ministere.example>', `To: <${m.verp.toUpperCase()}>`, 'Subject: Undeliverable: Votre lien', 'MIME-Version: 1.0', 'X-MS-Exchange-Message-Is-Ndr:',
		'X-Auto-Response-Suppress: DR, OOF, AutoReply', 'Content-Language: fr-FR', 'Content-Type: multipart/report; report-type=delivery-status;', ' boundary="a1b2-c3d4"', '',
		'--a1b2-c3d4', 'Content-Type: multipart/alternative; boundary="inner"', '', '--inner', 'Content-Type: text/plain; charset="utf-8"', 'Content-Transfer-Encoding: quoted-printable', '',
		'Votre message n=E2=80=99a pas pu =C3=AAtre remis.', '--inner', 'Content-Type: text/html; charset="utf-8"', '', '<p>NDR</p>', '--inner--', '--a1b2-c3d4',
		'Content-Type: message/delivery-status', '', 'Reporting-MTA: dns;EX01.ministere.example', 'Received-From-MTA: dns;relais.example', 'Arrival-Date: Tue, 24 Nov 2026 09:00:00 +0000', '',
		`Final-Recipient: rfc822;${m.who}`, 'Action: failed', 'Status: 5.1.10', `Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ${m.who} not`, ' found by SMTP address lookup',
		'', '--a1b2-c3d4', 'Content-Type: message/rfc822', '', ...head(m), 'MIME-Version: 1.0', 'Content-Type: text/plain', '', 'Bonjour', '--a1b2-c3d4--']);
}

function gmail(m) {
	return crlf([`Delivered-To: ${m.verp}`, 'Return-Path: <>', 'From: Mail Delivery Subsystem <mailer-daemon@googlemail.example>', `To: ${m.verp}`, 'Auto-Submitted: auto-replied',
		'Subject: Delivery Status Notification (Failure)', 'MIME-Version: 1.0', 'Content-Type: multipart/report; boundary="000000000000aa"; report-type=delivery-status', '', '--000000000000aa',
		'Content-Type: multipart/related; boundary="000000000000bb"', '', '--000000000000bb', 'Content-Type: text/plain; charset="UTF-8"', '', '** Message not delivered **', '--000000000000bb',
		'Content-Type: image/png; name="icon.png"', 'Content-Transfer-Encoding: base64', '', 'iVBORw0KGgo=', '--000000000000bb--', '--000000000000aa', 'Content-Type: message/delivery-status', '',
		'Reporting-MTA: dns; googlemail.example', '', `Final-Recipient: rfc822; ${m.who}`, 'Action: failed', 'Status: 4.2.2',
		'Diagnostic-Code: smtp; 452-4.2.2 The recipient\'s inbox is out of storage space. Please direct the', ' 452 4.2.2 recipient to https://support.example', 'Last-Attempt-Date: Tue, 24 Nov 2026 01:00:00 -0800 (PST)', '',
		'--000000000000aa', 'Content-Type: message/rfc822', '', ...head(m), '', 'Bonjour', '--000000000000aa--']);
}

function exim(m) {
	return crlf(['Return-path: <>', `Envelope-to: ${m.verp}`, `X-Failed-Recipients: ${m.who}`, 'Auto-Submitted: auto-replied', 'From: Mail Delivery System <Mailer-Daemon@univ.example>', `To: ${m.verp}`,
		'Content-Type: multipart/report; report-type=delivery-status; boundary=1700000000-eximdsn-42', 'MIME-Version: 1.0', 'Subject: Mail delivery failed: returning message to sender', '',
		'--1700000000-eximdsn-42', 'Content-type: text/plain; charset=us-ascii', '', 'This message was created automatically by mail delivery software.', '', '--1700000000-eximdsn-42',
		'Content-type: message/delivery-status', '', 'Reporting-MTA: dns; univ.example', '', 'Action: failed', `Final-Recipient: rfc822;${m.who}`, 'Status: 5.0.0', 'Remote-MTA: dns; mx.univ.example',
		'Diagnostic-Code: smtp; 552 Mailbox size limit exceeded', '', '--1700000000-eximdsn-42', 'Content-type: message/rfc822', '', `Return-path: <${m.verp}>`, ...head(m), '', '--1700000000-eximdsn-42--']);
}

/* ---- isoloir-dsn ---- */

function pipe(text) {
	const r = spawnSync(path.join(build, 'isoloir-dsn'), ['-c', world.conf], { input: text, encoding: 'utf8' });

	assert.equal(r.stderr, '');
	return r.status;
}

async function serve() {
	const socket = path.join(world.dir, 'run/dsn.sock');

	lmtp = spawn(path.join(build, 'isoloir-dsn'), ['-c', world.conf, '-l', socket], { stdio: ['ignore', 'ignore', 'inherit'] });
	assert.ok(await until(() => fs.existsSync(socket)));
	return socket;
}

/* One session, all commands at once; the answers, a line each. */
function talk(socket, ...commands) {
	return new Promise((done, failed) => {
		const s = net.connect(socket);
		let heard = '';

		s.on('data', (d) => (heard += d));
		s.on('error', failed);
		s.on('close', () => done(heard.split('\r\n').filter(Boolean)));
		s.end(commands.map((c) => (c.endsWith('\r\n') ? c : `${c}\r\n`)).join(''));
	});
}

const message = (text) => `${text.replace(/^\./gm, '..')}.\r\n`;

/* ---- the stories ---- */

test('each mail has a sender of its own, signed, and a relay that knows DSN is asked for reports under the same words', async () => {
	const m = await mail(elector());

	assert.match(m.verp, new RegExp(`^retours\\+${m.id}-[0-9a-f]{18}@vote\\.example$`));
	assert.match(m.command, new RegExp(`RET=HDRS.*ENVID=${m.verp.slice(8, -13).replace('+', '\\+')}|ENVID=${m.verp.slice(8, -13)}.*RET=HDRS`));
	assert.ok(peer.envelopes.some((c) => /^RCPT TO/i.test(c) && c.includes(m.who) && /NOTIFY=FAILURE,DELAY/.test(c) && c.includes('ORCPT=rfc822;')));
});

test('a relay that does not know DSN is asked for nothing, and takes the mail', async () => {
	const known = peer.extensions;

	peer.extensions = () => ['8BITMIME'];
	await sleep(300);
	const m = await mail(elector());
	peer.extensions = known;
	assert.match(m.command, /^MAIL FROM:<retours\+[0-9a-f]{32}-[0-9a-f]{18}@vote\.example>(?!.*(ENVID|RET=))/);
});

test('reports as Postfix, Exchange, Gmail and Exim write them are understood; the row of the mail stays sent', async () => {
	for (const [make, told, ends] of [[postfix, 'hard 5.1.1 verp', true], [exchange, 'hard 5.1.10 verp', true], [gmail, 'soft 4.2.2 verp', false], [exim, 'soft 5.2.2 verp', false]]) {
		const who = elector();

		await bounced(who, make);
		assert.deepEqual(bounces(who), [told]);
		assert.equal(suppressed(who), ends, make.name);
		assert.deepEqual(states(who), ['sent']);
	}
	assert.deepEqual(world.sql("select diagnostic from bounce where diagnostic like '%@%'"), []);
});

test('a report that comes twice counts once', async () => {
	const who = elector();
	const m = await bounced(who, postfix, { status: '5.2.1', code: 'smtp; 550 5.2.1 disabled' });

	assert.equal(pipe(postfix(m, { status: '5.2.1', code: 'smtp; 550 5.2.1 disabled' })), 0);
	assert.deepEqual(bounces(who), ['hard 5.2.1 verp']);
	assert.equal(suppressed(who), false, 'a disabled mailbox must fail two mails');
	await bounced(who, postfix, { status: '5.2.1', code: 'smtp; 550 5.2.1 disabled' });
	assert.equal(suppressed(who), true);
});

test('a full mailbox never suppresses, nor do policy and delay', async () => {
	const who = elector();

	for (let i = 0; i < 4; i++)
		await bounced(who, postfix, { status: '5.2.2', code: 'smtp; 552 5.2.2 over quota' });
	await bounced(who, postfix, { status: '5.7.1', code: 'smtp; 550 5.7.1 blocked' });
	await bounced(who, postfix, { status: '4.4.1', action: 'delayed', code: 'smtp; timeout' });
	assert.deepEqual(bounces(who), [...Array(4).fill('soft 5.2.2 verp'), 'policy 5.7.1 verp', 'delayed 4.4.1 verp']);
	assert.equal(suppressed(who), false);
});

test('a forged signature counts for nothing, and one that is not there neither; the ENVID vouches as well', async () => {
	const who = elector();
	const m = await mail(who);
	const forged = m.verp.replace(/-(..)(.)/, (_, key, c) => `-${key}${c === 'a' ? 'b' : 'a'}`);

	assert.notEqual(forged, m.verp);
	assert.equal(pipe(postfix(m, { to: forged })), 0);
	assert.equal(pipe(postfix(m, { to: BOUNCE, envid: forged.slice(8, -13) })), 0);
	assert.deepEqual(bounces(who), []);
	assert.equal(pipe(postfix({ ...m, id: 'x' }, { to: BOUNCE })), 0);
	assert.deepEqual(bounces(who), []);
	assert.match(world.log(), /bounce refused: why="its signature is not ours"/);
	assert.equal(pipe(postfix(m, { to: BOUNCE })), 0);
	assert.deepEqual(bounces(who), ['hard 5.1.1 message-id'], 'kept for people to see');
	assert.equal(suppressed(who), false, 'and counts for nothing');
	assert.equal(pipe(postfix(m, { to: BOUNCE, envid: m.verp.slice(8, -13) })), 0);
	assert.deepEqual(bounces(who), ['hard 5.1.1 message-id', 'hard 5.1.1 envid']);
	assert.equal(suppressed(who), true);
});

test('auto-replies, spam, garbage, what is too long or cut off are told apart and count for nothing', async () => {
	const who = elector();
	const m = await mail(who);
	const whole = postfix(m);
	const away = crlf([`To: ${m.verp}`, `From: ${who}`, 'Auto-Submitted: auto-replied (vacation)', 'Subject: Absent', '', 'Je suis absente.']);
	const from = world.log().length;

	for (const text of [away, crlf([`To: ${m.verp}`, 'Subject: Gagnez', '', 'status: 5.1.1']), '\0\xff\xfe\r\n'.repeat(50), '', `${whole}${'x'.repeat(2 << 20)}`,
		whole.slice(0, whole.indexOf('Status: 5.1.1') + 10), whole.replace('Action: failed', 'Action: perhaps')])
		assert.equal(pipe(text), 0);
	assert.deepEqual(world.log().slice(from).match(/kind=[\w-]+/g), ['kind=auto-reply', 'kind=garbage', 'kind=garbage', 'kind=garbage', 'kind=oversize', 'kind=truncated', 'kind=truncated']);
	assert.deepEqual(bounces(who), []);
});

test('no mail goes to a suppressed address, but for one a day that its owner asks for', async () => {
	const who = elector();

	await bounced(who, postfix);
	assert.equal(suppressed(who), true);
	const override = await mail(who);
	assert.equal(peer.takenBy(who).length, 2);
	await mail(who, 'activation', 'suppressed');
	await mail(who, 'activated', 'suppressed');
	assert.equal(peer.takenBy(who).length, 2);
	assert.deepEqual(world.sql(`select overridden_job from suppression where identifier = '${who}'`), [[override.id]]);
	world.sql(`update suppression set overridden_at = utc_timestamp() - interval 25 hour where identifier = '${who}'`);
	await mail(who);
	await mail(who, 'activation', 'suppressed');
	assert.equal(peer.takenBy(who).length, 3);
});

test('by LMTP each recipient has its answer, dots are unstuffed, nothing is told of who is known', async () => {
	const socket = await serve();
	const [a, b] = [await mail(elector()), await mail(elector())];
	const text = postfix({ ...a, who: a.who }).replace('X-Original-To: ', 'X-Was: ').replace(/^(Delivered-To|To): .*$/gm, '$1: nobody@vote.example').replace('This is a MIME', '.This is a MIME');

	assert.deepEqual((await talk(socket, 'EHLO x', 'RCPT TO:<x@y>', 'LHLO relais.example', 'MAIL FROM:<>', `RCPT TO:<${a.verp}>`, 'RCPT TO:<nobody@vote.example>', 'DATA', message(text), 'QUIT')).map((l) => l.slice(0, 4)),
		['220 ', '500 ', '503 ', '250-', '250-', '250-', '250 ', '250 ', '250 ', '250 ', '354 ', '250 ', '250 ', '221 ']);
	assert.deepEqual(bounces(a.who).sort(), ['hard 5.1.1 message-id', 'hard 5.1.1 verp']);
	const both = await talk(socket, 'LHLO r', 'MAIL FROM:<>', `RCPT TO:<${b.verp}>`, 'DATA', message(postfix(b, { status: '5.4.4', code: 'X; no route' })), 'MAIL FROM:<>', `RCPT TO:<${b.verp}>`, 'DATA',
		`${'x'.repeat(3 << 20)}\r\n.\r\n`, 'NOOP', 'QUIT');
	assert.deepEqual(both.slice(-6).map((l) => l.slice(0, 3)), ['250', '250', '354', '250', '250', '221']);
	assert.deepEqual(bounces(b.who), ['hard 5.4.4 verp']);
	assert.match(world.log(), /kind=oversize/);
});

test('while MariaDB is away the relay is told to come again, and nothing is lost', async () => {
	const socket = path.join(world.dir, 'run/dsn.sock');
	const [a, b] = [await mail(elector()), await mail(elector())];
	const hand = () => talk(socket, 'LHLO r', 'MAIL FROM:<>', `RCPT TO:<${b.verp}>`, 'DATA', message(postfix(b)), 'QUIT');

	await world.end(world.mariadb);
	assert.equal(pipe(postfix(a)), 75);
	assert.match((await hand()).at(-2), /^451 4\.3\.0 /);
	await world.startMariadb();
	assert.equal(pipe(postfix(a)), 0);
	assert.match((await hand()).at(-2), /^250 /);
	assert.deepEqual([...bounces(a.who), ...bounces(b.who)], ['hard 5.1.1 verp', 'hard 5.1.1 verp']);
});

function ctl(...words) {
	const r = spawnSync(path.join(build, 'isoloirctl'), ['-c', world.conf, '--json', ...words], { encoding: 'utf8' });

	return { status: r.status, ...JSON.parse(r.stdout) };
}

test('the office sees whose mailbox fails and lifts a suppression for a reason, after which old reports count no more', async () => {
	const who = elector(), disabled = { status: '5.2.1', code: 'smtp; 550 5.2.1 disabled' }, file = path.join(world.dir, 'pannes.csv');

	const m = await bounced(who, postfix, disabled);
	await bounced(who, postfix, disabled);
	const [row] = ctl('bounce', 'list').failing.filter((f) => f.identifier === who);
	assert.deepEqual([row.family_name, row.mails, row.class, row.status, row.last_reply, row.suppressed], ['MARTIN', '2', 'hard', '5.2.1', 'smtp; 550 5.2.1 disabled', 'yes']);
	assert.equal(ctl('bounce', 'list', file).status, 64, 'a file of persons takes a reason');
	assert.equal(ctl('bounce', 'list', file, '--reason', 'to be called').status, 0);
	assert.match(fs.readFileSync(file, 'utf8'), new RegExp(`^identifier;family_name;.*\r\n(.*\r\n)*"${who}";"MARTIN";"Élise";`));
	assert.equal(fs.statSync(file).mode & 0o777, 0o600);
	assert.equal(ctl('queue', 'show', m.id).bounces[0].status, '5.2.1');
	assert.ok(ctl('suppression', 'list').suppressed.some((s) => s.identifier === who && s.by_whom === 'isoloir-dsn'));
	assert.equal(ctl('suppression', 'lift', who).status, 64);
	assert.equal(ctl('suppression', 'lift', who, '--dry-run').status, 0);
	assert.equal(suppressed(who), true);
	assert.equal(ctl('suppression', 'lift', who.toUpperCase(), '--reason', 'the mailbox is back').status, 0);
	assert.equal(suppressed(who), false);
	assert.equal(ctl('suppression', 'lift', who, '--reason', 'the mailbox is back').status, 67);
	await sleep(1100);
	await bounced(who, postfix, disabled);
	assert.equal(suppressed(who), false, 'one since then');
	await bounced(who, postfix, disabled);
	assert.equal(suppressed(who), true);
	const shown = ctl('suppression', 'show', who);
	assert.deepEqual([shown.suppressions.length, shown.suppressions[0].lifted_why, shown.bounces.length], [2, 'the mailbox is back', 4]);
});

test('an operator may suppress an address, once', async () => {
	const who = elector();

	assert.equal(ctl('suppression', 'add', who).status, 64);
	assert.equal(ctl('suppression', 'add', who, '--reason', 'asked for by phone').status, 0);
	assert.equal(ctl('suppression', 'add', who, '--reason', 'asked for by phone').status, 67);
	await mail(who, 'activated', 'suppressed');
	assert.deepEqual(world.sql("select act, detail, count(*) from audit where act like '%suppress%' and actor like 'isoloirctl%' group by 1, 2 order by 1"),
		[['address suppressed', 'asked for by phone', '1'], ['suppression lifted', 'the mailbox is back', '1']]);
	assert.deepEqual(world.sql("select detail from audit where detail like '%@%'"), []);
});

test('the log names nobody', () => {
	assert.match(world.log(), / bounce: job=[0-9a-f]{32} who=[0-9a-f]{16} action=failed status=5\.1\.1 class=hard proof=verp/);
	assert.equal(/[\w.+-]+@(ac-nantes|vote)/.test(world.log().split('\n').filter((l) => l.includes('isoloir-dsn')).join('\n')), false);
});

test('the LMTP server ends well when told to, and takes its socket along', async () => {
	lmtp.kill('SIGTERM');
	assert.ok(await until(() => lmtp.exitCode !== null));
	assert.equal(lmtp.exitCode, 0);
	assert.equal(fs.existsSync(path.join(world.dir, 'run/dsn.sock')), false);
	await sleep(0);
});
