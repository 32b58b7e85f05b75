/*
 * The mails before anybody gets one: shown, looked over, signed, and what the DNS must say of them. The real mailer, the real relay library, another
 * implementation of DKIM to verify (python3-dkim).
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, createPublicKey } from 'node:crypto';
import { appendFileSync, chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve, dirname } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { simpleParser } from 'mailparser';
import { MailWorld, until } from '../lib/mail_world.mjs';
import { SmtpPeer } from '../lib/smtp_peer.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const BUILD = resolve(ROOT, process.env.ISOLOIR_BUILD ?? '.build/plain');
const THEME = join(ROOT, 'mailer/theme/default');
const LSAN = { LSAN_OPTIONS: `suppressions=${join(ROOT, 'tests/lib/lsan.supp')}` };
const SPECIMEN = /^SPECIMEN-SANS-VALEUR-SPECIMEN-SANS-VALEUR-S$/;

/* The kinds as common/queue.h has them: [word, class, has a link, is to somebody of the roll, sentence]. */
const KINDS = [...readFileSync(join(ROOT, 'common/queue.h'), 'utf8')
	.matchAll(/^\tX\(\w+, "(\w+)", (\w+), (NULL|"\w+"), \w+, (\w+), "([^"]*)"\)/gm)]
	.map(([, word, kind, purpose, whom, sentence]) => ({ word, class: kind.toLowerCase(), link: purpose !== 'NULL', known: whom === 'ELECTOR', sentence }));
const PERSONS = [...readFileSync(join(ROOT, 'ctl/specimens.def'), 'utf8').matchAll(/^SPECIMEN\("(\w+)",\s*"[^"]*",\s*"([^"]*)",\s*"([^"]*)",\s*"([^"]*)"/gm)]
	.map(([, word, given, family, address]) => ({ word, given, family, address }));

let dir;

before(() => {
	assert.ok(KINDS.length >= 12 && PERSONS.length >= 5);
	dir = mkdtempSync(join(tmpdir(), 'isoloir-kit-'));
	chmodSync(dir, 0o755);
	key('rsa.pem', 'rsa', { modulusLength: 2048 });
	key('old.pem', 'rsa', { modulusLength: 3072 }, { type: 'pkcs1', format: 'pem' });
	key('small.pem', 'rsa', { modulusLength: 1024 });
});

after(() => rmSync(dir, { recursive: true, force: true }));

/** A settings file of its own. */
function settings(mailer = {}) {
	const file = join(mkdtempSync(join(dir, 'conf-')), 'isoloir.conf');
	const rows = { from: 'elections@vote.example', from_name: 'Bureau de vote', theme: THEME, ...mailer };

	writeFileSync(file, ['[isoloir]', `keys_dir = ${keys_dir()}`, 'public_url = https://vote.example', '[mailer]', ...Object.entries(rows).map(([k, v]) => `${k} = ${v}`), ''].join('\n'));
	return file;
}

function keys_dir() {
	const keys = join(dir, 'keys');

	if (!existsSync(keys)) {
		mkdirSync(keys);
		for (const name of ['pepper', 'token', 'page', 'reference', 'audit'])
			writeFileSync(join(keys, `${name}.key`), Buffer.alloc(32, name).toString('hex'), { mode: 0o440 });
	}
	return keys;
}

function run(conf, words) {
	return spawnSync(join(BUILD, 'isoloirctl'), ['-c', conf, ...words], { encoding: 'utf8', env: { ...process.env, ...LSAN }, maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'pipe'] });
}

function ctl(conf, ...words) {
	const { status, stdout, stderr } = run(conf, [...words, '--json']);

	return { status, stderr, ...(stdout ? JSON.parse(stdout) : {}) };
}

/** A copy of the theme, to be changed. */
function theme() {
	const copy = mkdtempSync(join(dir, 'theme-'));

	cpSync(THEME, copy, { recursive: true });
	return copy;
}

function edit(copy, file, from, to) {
	const path = join(copy, file);
	const text = readFileSync(path, 'utf8');

	assert.ok(text.includes(from), `${file} holds ${from}`);
	writeFileSync(path, text.replace(from, to));
}

/* ---- preview ---- */

test('without a kind all of them are listed, with class, subject and sentence', () => {
	const { kinds } = ctl(settings(), 'mail', 'preview');

	assert.deepEqual(kinds.map(({ kind, class: c, sentence }) => ({ kind, c, sentence })), KINDS.map(({ word, class: c, sentence }) => ({ kind: word, c, sentence })));
	assert.ok(kinds.every(({ subject }) => subject.includes('K7M-2QX4')));
	const text = run(settings(), ['mail', 'preview']).stdout;
	for (const { word } of KINDS)
		assert.match(text, new RegExp(`^  ${word} `, 'm'));
});

test('each kind is written as a mail and as a page, to persons with the names that there are, with a token that opens nothing', async () => {
	const out = join(dir, 'out');
	const wrote = ctl(settings(), 'mail', 'preview', '--out', out);

	assert.equal(wrote.status, 0, wrote.stderr);
	const persons = (kind) => kind.known ? PERSONS : PERSONS.slice(0, 1);
	assert.deepEqual(readdirSync(out).toSorted(), KINDS.flatMap((kind) => persons(kind).flatMap((p, i) => {
		const stem = i === 0 ? kind.word : `${kind.word}-${p.word}`;
		return [`${stem}.eml`, `${stem}.html`];
	})).toSorted());
	for (const kind of KINDS)
		for (const [i, person] of persons(kind).entries()) {
			const stem = join(out, i === 0 ? kind.word : `${kind.word}-${person.word}`);
			const mail = await simpleParser(readFileSync(`${stem}.eml`), { skipTextToHtml: true, skipTextLinks: true });
			const [link, ...more] = mail.text.match(/https?:\/\/\S+/g);

			assert.equal(readFileSync(`${stem}.html`, 'utf8').trim(), mail.html.trim(), stem);
			assert.deepEqual(more, [], stem);
			assert.ok(mail.html.includes(`href="${link}"`), stem);
			assert.equal(mail.to.value[0].address, person.address);
			assert.equal(mail.to.value[0].name, kind.known ? `${person.given} ${person.family}` : '');
			assert.equal(mail.text.includes(person.family), kind.known, stem);
			assert.equal(SPECIMEN.test(link.split('/').at(-1)), kind.link, link);
		}
	const far = readFileSync(join(out, 'activation-polynesie.html'), 'utf8');
	assert.match(far, /à l’heure de votre territoire/, 'the other clock shows');
	assert.match(readFileSync(join(out, 'activation-long.html'), 'utf8'), /&amp; &lt;FILS&gt;/);
});

test('one kind is shown, or written into one file; a name that is none is told the nearest', async () => {
	const conf = settings();
	const { text, html, eml, subject } = ctl(conf, 'mail', 'preview', 'reset');
	const page = join(dir, 'reset.html');

	assert.equal((await simpleParser(eml)).subject, subject);
	assert.match(text, /Un nouveau mot de passe/);
	assert.ok(run(conf, ['mail', 'preview', 'reset']).stdout.includes(text.trim()));
	assert.equal(ctl(conf, 'mail', 'preview', 'reset', '--out', page).status, 0);
	assert.equal(readFileSync(page, 'utf8'), html);
	assert.equal(ctl(conf, 'mail', 'preview', 'reset', '--out', join(dir, 'reset.eml')).status, 0);
	assert.equal(readFileSync(join(dir, 'reset.eml'), 'latin1'), eml);
	const wrong = ctl(conf, 'mail', 'preview', 'activatoin');
	assert.equal(wrong.status, 64);
	assert.match(wrong.error, /did you mean activation\?/);
	assert.equal(ctl(conf, 'mail', 'preview', '--out', page).status, 64, 'all kinds do not go into one file');
	symlinkSync(page, join(dir, 'link.html'));
	assert.equal(ctl(conf, 'mail', 'preview', 'reset', '--out', join(dir, 'link.html')).status, 73, 'never through a link that somebody put there');
});

test('what a designer changes shows at once; a bad theme is told with file and line', () => {
	const copy = theme();
	const conf = settings({ theme: copy });

	edit(copy, 'activation.html', '<h1>Votre lien', '<h1>Voici le lien');
	assert.match(ctl(conf, 'mail', 'preview', 'activation').html, /<h1>Voici le lien/);
	edit(copy, 'reset.txt', 'Référence', 'Pour {{refernce}}\nRéférence');
	const line = readFileSync(join(copy, 'reset.txt'), 'utf8').split('\n').findIndex((l) => l.includes('refernce')) + 1;
	for (const words of [['mail', 'preview'], ['mail', 'preview', 'activation'], ['mail', 'check']]) {
		const bad = ctl(conf, ...words);

		assert.equal(bad.status, 65);
		assert.ok(bad.error.includes(`reset.txt:${line}: `), bad.error);
		assert.match(bad.error, /reference/);
	}
	rmSync(join(copy, 'reset.txt'));
	assert.match(ctl(conf, 'mail', 'preview').error, /reset\.txt/);
});

/* ---- check ---- */

test('every kind of the default theme passes every check', () => {
	const { status, mails, checks, faults } = ctl(settings(), 'mail', 'check');

	assert.deepEqual(faults, []);
	assert.equal(status, 0);
	assert.equal(mails, KINDS.reduce((n, kind) => n + (kind.known ? PERSONS.length : 1), 0));
	assert.equal(checks.length, readFileSync(join(ROOT, 'mailer/inspect.def'), 'utf8').match(/^INSPECTION\(/gm).length);
});

/* What a theme can do wrong; what only the mailer could (lines, headers) is spoilt in tests/unit/test_inspect.c. */
const BREAKS = [
	['links', 'parts/foot.html', '</main>', '<p>http://autre.example/</p></main>', 'html', 'http://autre.example/'],
	['links', 'activation.html', '<a href="{{link}}">', '<a href="https://vote.example.evil{{link}}">', 'html', 'vote.example.evil'],
	['links', 'parts/foot.txt', '{{sender}}', '{{sender}} www.autre.example', 'text', 'www.autre.example'],
	['action', 'reset.html', '<hr>', '<p><a href="{{link}}">encore</a></p><hr>', 'html', '2 links'],
	['alternative', 'claim_received.txt', '{{link}}', 'Sur le portail.', 'text', 'no link'],
	['subject', 'activated-subject.txt', 'Votre compte', 'Votre compte et tout ce qui va avec', 'subject', 'characters'],
	['spaces', 'assistance.txt', 'Référence de la demande\u00a0:', 'Référence de la demande :', 'text', 'demande :'],
	['spaces', 'assistance.html', '«\u00a0{{sender}}\u00a0»', '« {{sender}} »', 'html', '«'],
	['spaces', 'reissue-subject.txt', 'code de vote', 'code de vote: voici', 'subject', 'vote: voici'],
	['remote', 'parts/head.html', '<main>', '<main><img src="https://vote.example/logo.png" alt="">', 'html', 'logo.png'],
	['remote', 'parts/head.html', 'body { margin: 0;', 'body { background: url(https://vote.example/f.png); margin: 0;', 'html', 'url()'],
	['script', 'parts/foot.html', '</body>', '<script>1</script></body>', 'html', '<script>'],
	['script', 'code_reissued.html', '<a href', '<a onclick="x()" href', 'html', 'onclick'],
	['size', 'password_changed.txt', 'Référence', `${'Une phrase de plus, qui ne dit rien.\n'.repeat(3000)}Référence`, 'body', 'bytes'],
];

test('a theme broken in each way is told by that check, with the kind, the part and the place', () => {
	for (const [check, file, from, to, where, what] of BREAKS) {
		const copy = theme();
		edit(copy, file, from, to);
		const { status, faults } = ctl(settings({ theme: copy }), 'mail', 'check');
		const told = faults.filter((f) => f.check === check && f.where === where && f.what.includes(what));

		assert.equal(status, 65, `${file}: ${to}`);
		assert.ok(told.length > 0, `${check} in ${file}: ${JSON.stringify(faults.slice(0, 3))}`);
		if (!file.startsWith('parts/'))
			assert.deepEqual([...new Set(faults.map((f) => f.kind))], [file.replace(/(-subject)?\.\w+$/, '')], file);
	}
	const told = new Set(BREAKS.map(([check]) => check));
	assert.deepEqual(ctl(settings(), 'mail', 'check').checks.map((c) => c.check).filter((c) => !told.has(c)), ['lines', 'headers']);
	const copy = theme();
	edit(copy, 'parts/foot.html', '</body>', '<script>1</script></body>');
	assert.match(run(settings({ theme: copy }), ['mail', 'check']).stdout, /^activation \(to nantes\), html: script: <script>$/m);
});

/* ---- keys and the DNS ---- */

function key(name, kind, options, format = { type: 'pkcs8', format: 'pem' }) {
	const path = join(dir, name);
	const pair = generateKeyPairSync(kind, options);

	writeFileSync(path, pair.privateKey.export(format), { mode: 0o640 });
	return path;
}

/* What OpenSSL, by way of node, says the public part is. */
const public_part = (path) => createPublicKey(readFileSync(path)).export({ type: 'spki', format: 'der' }).toString('base64');

const records = (conf, ...more) => {
	const { status, error, records: all } = ctl(conf, 'mail', 'dns', ...more);

	assert.equal(status, 0, error);
	return Object.fromEntries(all.map((r) => [r.record, r]));
};

test('mail dns prints what follows from the settings, and says of the rest that it cannot be known', () => {
	const unknown = records(settings({ host: '127.0.0.1' }));
	assert.deepEqual(Object.keys(unknown), ['SPF', 'DKIM', 'DMARC', 'MX']);
	for (const record of ['SPF', 'DKIM', 'MX']) {
		assert.equal(unknown[record].value, null, record);
		assert.equal(unknown[record].zone, null, record);
		assert.match(unknown[record].note, /^Not known: /, record);
	}
	assert.match(unknown.MX.note, /elections@vote\.example/);
	assert.deepEqual([unknown.DMARC.name, unknown.DMARC.value], ['_dmarc.vote.example', 'v=DMARC1; p=none']);
	assert.equal(records(settings({ host: '8.9.10.11' })).SPF.value, 'v=spf1 ip4:8.9.10.11 ~all');
	assert.equal(records(settings({ host: '10.1.2.3' })).SPF.value, null, 'a private address tells receivers nothing');
	assert.equal(records(settings({ host: '2a01:e0a::25' })).SPF.value, 'v=spf1 ip6:2a01:e0a::25 ~all');
	assert.equal(records(settings({ host: '8.9.10.11' }), '--include', 'spf.relay.example').SPF.zone,
		'vote.example. IN TXT "v=spf1 include:spf.relay.example ~all"');
});

test('the public part of a key, written in either way, is that of the private file; long texts are split as zone files want it', () => {
	for (const path of [join(dir, 'rsa.pem'), join(dir, 'old.pem')]) {
		const { DKIM } = records(settings({ dkim_key: path, dkim_selector: 'e2026', dkim_domain: 'vote.example' }));

		assert.equal(DKIM.name, 'e2026._domainkey.vote.example');
		assert.equal(DKIM.value, `v=DKIM1; k=rsa; p=${public_part(path)}`);
		const strings = [...DKIM.zone.matchAll(/"([^"]*)"/g)].map(([, s]) => s);
		assert.equal(strings.join(''), DKIM.value);
		assert.ok(strings.every((s) => s.length <= 255));
		assert.equal(JSON.stringify(DKIM).includes('PRIVATE'), false);
		assert.ok(run(settings({ dkim_key: path }), ['mail', 'dns']).stdout.includes(`isoloir._domainkey.vote.example. IN TXT`));
	}
});

test('a bad key or name keeps the mailer from starting, and is told with its file and reason', () => {
	const open = key('open.pem', 'rsa', { modulusLength: 2048 });
	chmodSync(open, 0o644);
	const garbage = join(dir, 'garbage.pem');
	writeFileSync(garbage, 'x'.repeat(100), { mode: 0o600 });
	const empty = join(dir, 'empty.pem');
	writeFileSync(empty, '', { mode: 0o600 });
	const fine = key('fine.pem', 'rsa', { modulusLength: 2048 });
	const public_only = join(dir, 'public.pem');
	writeFileSync(public_only, createPublicKey(readFileSync(fine)).export({ type: 'spki', format: 'pem' }), { mode: 0o600 });
	const bad = [
		[{ dkim_key: '/nowhere/key.pem' }, /\/nowhere\/key\.pem: No such file/],
		[{ dkim_key: dir }, /: (Is a directory|cannot be read)/],
		[{ dkim_key: open }, /open\.pem: others may read it/],
		[{ dkim_key: garbage }, /garbage\.pem: is no private key/],
		[{ dkim_key: empty }, /empty\.pem: cannot be read, or is empty/],
		[{ dkim_key: public_only }, /public\.pem: is no private key/],
		[{ dkim_key: join(dir, 'small.pem') }, /small\.pem: an RSA key of less than 2048 bits/],
		[{ dkim_key: key('ec.pem', 'ec', { namedCurve: 'P-256' }) }, /ec\.pem: is no RSA key/],
		[{ dkim_key: key('ed.pem', 'ed25519', {}) }, /ed\.pem: is no RSA key/],
		[{ dkim_key: key('locked.pem', 'rsa', { modulusLength: 2048 }, { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }) }, /locked\.pem: is no private key in PEM without a password/],
		[{ dkim_key: fine, dkim_selector: 'a..b' }, /mailer\.dkim_selector/],
		[{ dkim_key: fine, dkim_selector: 'a;b' }, /mailer\.dkim_selector/],
		[{ dkim_key: fine, dkim_domain: 'autre.example' }, /mailer\.dkim_domain: is neither the domain/],
		[{ dkim_key: fine, dkim_domain: 'ote.example' }, /mailer\.dkim_domain: is neither the domain/],
	];

	for (const [rows, why] of bad) {
		const conf = settings(rows);
		const { status, stderr } = spawnSync(join(BUILD, 'isoloir-mailer'), ['-t', '-c', conf], { encoding: 'utf8', env: { ...process.env, ...LSAN }, stdio: ['ignore', 'pipe', 'pipe'], timeout: 20000 });

		assert.equal(status, 78, JSON.stringify(rows));
		assert.match(stderr, why);
		assert.match(ctl(conf, 'mail', 'dns').error, why);
	}
	assert.equal(spawnSync(join(BUILD, 'isoloir-mailer'), ['-t', '-c', settings({ dkim_key: fine, dkim_domain: 'example' })], { env: { ...process.env, ...LSAN } }).status, 0, 'a domain above will do');
});

/* ---- signed, over the wire ---- */

function verify(text, { name, value }) {
	return spawnSync('/usr/bin/python3', [join(ROOT, 'tests/lib/dkim_verify.py'), name, value], { input: Buffer.from(text, 'latin1'), encoding: 'utf8' });
}

/* The lines that SMTP treats apart. */
function dotted() {
	const copy = theme();

	edit(copy, 'activation.txt', 'Référence', '.\n..\n. un point\n.fin\nRéférence');
	appendFileSync(join(copy, 'activation.html'), '.\n..\n   \n\n\n');
	return copy;
}

test('what libesmtp sends is what was signed: with and without CHUNKING and PIPELINING, dots and all', async () => {
	const world = await new MailWorld().start();
	const peers = [];

	try {
		for (const [i, extensions] of [['8BITMIME'], ['8BITMIME', 'PIPELINING'], ['8BITMIME', 'CHUNKING'], ['PIPELINING', 'CHUNKING', 'ENHANCEDSTATUSCODES']].entries()) {
			const peer = await new SmtpPeer({ extensions }).listen();
			const who = [`signe${i}a@ac-nantes.fr`, `signe${i}b@ac-nantes.fr`];
			const pem = join(dir, i % 2 ? 'old.pem' : 'rsa.pem');

			peers.push(peer);
			world.addElectors(who);
			await world.startMailer(peer.port, { theme: dotted(), dkim_key: pem, dkim_selector: `s${i}` });
			world.put(who);
			assert.ok(await until(() => who.every((w) => peer.takenBy(w).length === 1), 60), world.log());
			const { DKIM } = records(world.conf);
			for (const { text } of who.map((w) => peer.takenBy(w)[0])) {
				const seen = verify(text, DKIM);

				assert.equal(seen.status, 0, `${extensions}: ${seen.stderr}`);
				assert.match(text, /^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed\/simple;/);
				assert.match(text.replace(/\r\n\s+/g, ''), /h=[^;]*:From[^;]*:Reply-To/, 'a header put before would break it');
				assert.match(text, /\r\n\.\r\n\.\.\r\n\. un point\r\n/);
				for (const spoilt of [text.replace('. un point', '. un poinT'), text.replace('Subject: ', 'Subject: A'), `Subject: autre\r\n${text}`, `Reply-To: a@b.example\r\n${text}`, text.replace(/^DKIM[\s\S]*?\r\n(?=\w)/, '')]) {
					assert.notEqual(spoilt, text);
					assert.notEqual(verify(spoilt, DKIM).status, 0);
				}
				assert.notEqual(verify(text, { ...DKIM, value: DKIM.value.replace(/p=.*/, `p=${public_part(join(dir, i % 2 ? 'rsa.pem' : 'old.pem'))}`) }).status, 0);
			}
			await world.stopMailer();
		}
	} finally {
		await world.stop();
		await Promise.all(peers.map((peer) => peer.close()));
	}
});

test('without a key nothing is signed; a key that becomes bad is refused at a reload, and the old one stays in use', async () => {
	const world = await new MailWorld().start();
	const peer = await new SmtpPeer().listen();
	const sent = async (who) => {
		world.addElectors([who]);
		world.put([who]);
		assert.ok(await until(() => peer.takenBy(who).length === 1), world.log());
		return peer.takenBy(who)[0].text;
	};

	try {
		await world.startMailer(peer.port, {});
		assert.equal(/DKIM-Signature/i.test(await sent('nu@ac-nantes.fr')), false);
		world.configure(peer.port, { dkim_key: join(dir, 'rsa.pem') });
		assert.equal(ctl(world.conf, 'reload', 'mailer').status, 0);
		const { DKIM } = records(world.conf);
		await until(async () => /^DKIM-Signature/.test(await sent(`r${Date.now()}@ac-nantes.fr`)));
		world.configure(peer.port, { dkim_key: join(dir, 'small.pem') });
		const refused = ctl(world.conf, 'reload', 'mailer');
		assert.notEqual(refused.status, 0);
		assert.match(refused.error, /small\.pem: an RSA key of less than 2048 bits/);
		assert.equal(verify(await sent('encore@ac-nantes.fr'), DKIM).status, 0);
		assert.equal(world.log().includes('PRIVATE'), false);
	} finally {
		await world.stopMailer();
		await world.stop();
		await peer.close();
	}
});
