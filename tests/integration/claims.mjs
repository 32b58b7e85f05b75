/*
 * Claims on the rolls, over plain HTTP, on the whole of ./demo: an elector's with its document, a stranger's, what the office does of them, and what the
 * mails say. ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { demo, ROOT, until } from '../lib/demo.mjs';
import { Elector, hidden, PASSWORD } from '../lib/elector.mjs';

let d;
let anne; /* an elector who is in, and another */
let paul;
let dir;

const REFERENCE = /[2-9A-Z]{3}-[2-9A-Z]{4}/;
const FORM = '/reclamations/nouvelle';
const REVIEW = '/reclamations/verification';

const entered = async () => {
	const me = new Elector(d);
	me.who = d.fresh();
	assert.equal((await me.enter(me.who, 'activer')).status, 200);
	return me;
};

before(async () => {
	d = await demo('claims.mjs', { settings: '[portal]\nworkers = 3\n[mailer]\ncooldown = 1s\nsweep = 300ms\n[throttle]\nscale = 300' });
	d.secrets.add(PASSWORD);
	for (const typed of ['Rose TRÉMIÈRE', 'jardin@ailleurs.example', 'ma mutation secrète'])
		d.secrets.add(typed);
	dir = mkdtempSync(join(tmpdir(), 'isoloir-claims.'));
	[anne, paul] = await Promise.all([entered(), entered()]);
});

after(async () => {
	rmSync(dir, { recursive: true, force: true });
	assert.deepEqual(await d.stop(), [], 'logs hold no report, nothing typed, no link or address, and the demo ends well');
});

/* ---- bodies ---- */

const PDF = Buffer.from('%PDF-1.7\n1 0 obj <<>> endobj trailer <<>>\n%%EOF\n');
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==', 'base64');
const ZIP_END = Buffer.concat([Buffer.from('PK\u0005\u0006'), Buffer.alloc(18)]);
const pdf_of = (size) => Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(size - 15, 32), Buffer.from('%%EOF\n')]);

const part = (head, data) => Buffer.concat([Buffer.from(`--lim\r\nContent-Disposition: form-data; ${head}\r\n\r\n`), Buffer.from(data), Buffer.from('\r\n')]);
const file_part = (name, data, field = 'document') => part(`name="${field}"; filename="${name}"\r\nContent-Type: application/octet-stream`, data);
const body_of = (fields, ...files) => Buffer.concat([...Object.entries(fields).map(([name, value]) => part(`name="${name}"`, value)), ...files, Buffer.from('--lim--\r\n')]);
const send_body = (me, body, path = FORM, headers = {}) => me.post(me.at(path), body, { headers: { 'Content-Type': 'multipart/form-data; boundary=lim', ...headers } });

const TYPED = { scrutin: 'autre', scrutin_texte: 'CCP des AESH', objet: 'absent', texte: 'Première ligne : ma mutation secrète\r\n\r\n<deuxième> & fin' };

async function filled(me, more = {}) {
	const page = await me.go(me.at(FORM));
	assert.equal(page.status, 200, page.text.slice(0, 500));
	return { ...hidden(page.text, FORM), ...TYPED, ...more };
}

/** Written, looked at, sent; the page that follows. */
async function claim(me, more = {}, ...files) {
	const written = await send_body(me, body_of(await filled(me, more), ...files));
	assert.equal(written.status, 303, written.text.match(/<p class="faute[^]*?<\/p>/)?.[0] ?? written.text.slice(0, 800));
	assert.ok(written.headers.location.endsWith(REVIEW));
	const review = await me.follow(written);
	return me.follow(await me.post(me.at(REVIEW), hidden(review.text, REVIEW)));
}
const number_of = (page) => page.text.match(new RegExp(`<strong class="code">(${REFERENCE.source})<`))?.[1];
const count = () => Number(d.sql('select count(*) from claim'));
const elector_id = (who) => d.sql(`select id from elector where identifier = '${who}'`);
const ctl = (...words) => {
	const r = spawnSync(d.ISOLOIRCTL, ['-c', d.CONF, ...words, '--json'], { encoding: 'utf8' });
	return { status: r.status, ...JSON.parse(r.stdout || '{}'), err: r.stderr };
};
const unescape = (text) => text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&amp;/g, '&');

test('an elector writes, looks at, sends and follows a claim with its document, and gets a mail that repeats nothing of it', async () => {
	const written = await send_body(anne, body_of(await filled(anne), file_part('Arrêté\u202e de mutation.PDF', PDF)));
	const review = await anne.follow(written);

	for (const shown of ['CCP des AESH', 'Je ne figure pas sur la liste électorale', 'ma mutation secrète\n\n&lt;deuxième&gt; &amp; fin', 'Arrêté de mutation.pdf', anne.who])
		assert.ok(review.text.includes(shown), shown);
	assert.match(review.text, /jusqu’au [^<]*<\/strong>, heure de Paris/);
	assert.equal(count(), 0, 'nothing is sent yet');
	const changed = await anne.go(anne.at(FORM));
	assert.match(changed.text, /<textarea[^>]*>\nPremière ligne[^<]*secrète\n\n&lt;deuxième/, '« Modifier » has all of it');
	assert.match(changed.text, /Arrêté de mutation\.pdf/);
	const page = await anne.follow(await anne.post(anne.at(REVIEW), hidden(review.text, REVIEW)));
	assert.match(page.text, /Votre réclamation est enregistrée/);
	const number = number_of(page);
	assert.match(page.text, /Reçue/);
	const document = await anne.get(anne.at(`/reclamations/${number}/document`));
	assert.equal(document.status, 200);
	assert.deepEqual(document.bytes, PDF);
	assert.equal(document.headers['content-type'], 'application/pdf');
	assert.equal(document.headers['content-disposition'], `attachment; filename="reclamation-${number}.pdf"`);
	assert.equal(document.headers['x-content-type-options'], 'nosniff');
	assert.match((await anne.go(anne.at('/reclamations'))).text, new RegExp(`/reclamations/${number}"`));
	assert.equal(d.sql(`select count(*) from audit where act = 'claim made' and detail = '${number}'`), '1');
	assert.equal(d.sql('select count(*) from claim_draft'), '0');
	const mail = await until('the mail', async () => (await d.mails(anne.who)).find((one) => one.subject.includes(number)), 30);
	assert.ok(mail.text.includes(number) && mail.html.includes(number));
	assert.doesNotMatch(mail.text + mail.html, /mutation|AESH/);
});

test('the same claim sent twice, or ten times at once, is one; a window that is out of date sends nothing', async () => {
	const before_rows = count();
	const review = await anne.follow(await send_body(anne, body_of(await filled(anne, { objet: 'nom' }))));
	const form = hidden(review.text, REVIEW);
	const answers = await Promise.all(Array.from({ length: 10 }, () => anne.post(anne.at(REVIEW), form)));

	for (const answer of answers)
		assert.equal(answer.headers.location, answers[0].headers.location);
	assert.match(answers[0].headers.location, new RegExp(`/reclamations/${REFERENCE.source}\\?envoyee$`));
	assert.equal(count(), before_rows + 1);
	const one = await filled(anne, { texte: 'une fenêtre' });
	const old = hidden((await anne.follow(await send_body(anne, body_of(one)))).text, REVIEW);
	await send_body(anne, body_of({ ...one, jeton: 'A'.repeat(22), texte: 'une autre fenêtre' }));
	const shown = await anne.post(anne.at(REVIEW), old);
	assert.equal(shown.status, 200);
	assert.match(shown.text, /modifiée dans une autre fenêtre/);
	assert.match(shown.text, /une autre fenêtre<\/dd>/);
	assert.equal(count(), before_rows + 1);
});

test('nobody reads another\'s claim, document or draft, whichever number they try', async () => {
	const number = number_of(await claim(paul, {}, file_part('a.png', PNG)));
	const all = d.sql('select reference, elector_id from claim').split('\n').map((line) => line.split('\t'));
	const mine = elector_id(anne.who);

	assert.ok(all.length >= 3);
	for (const [reference, whose] of all)
		for (const path of [`/reclamations/${reference}`, `/reclamations/${reference}/document`]) {
			const expected = whose === mine ? [200, 404] : [404];
			assert.ok(expected.includes((await anne.get(anne.at(path))).status), path);
			assert.equal((await new Elector(d).get(anne.at(path))).status, 303, 'a stranger is led to the way in');
			assert.equal((await new Elector(d).get(anne.at(`/reclamation/recue/${reference}`))).status, 404, 'nor does the public page know it');
		}
	assert.equal((await paul.get(paul.at(`/reclamations/${number}/document`))).headers['content-type'], 'image/png');
	await send_body(paul, body_of(await filled(paul, { texte: 'le brouillon de Paul' }), file_part('paul.pdf', PDF)));
	for (const path of [FORM, REVIEW])
		assert.doesNotMatch((await anne.go(anne.at(path))).text, /Paul|paul\.pdf/);
	const taken = await anne.post(anne.at(REVIEW), { ...hidden((await paul.go(paul.at(REVIEW))).text, REVIEW), csrf: hidden((await anne.go(anne.at('/assistance'))).text, '/assistance').csrf });
	assert.notEqual(taken.status, 303);
	assert.equal(d.sql(`select count(*) from claim where body like '%Paul%'`), '0');
});

test('numbers have seven signs without look-alikes, and tell neither who nor how many', () => {
	const all = d.sql('select reference from claim order by id').split('\n');

	for (const one of all)
		assert.match(one, /^[2-9A-HJKMNP-Z]{3}-[2-9A-HJKMNP-Z]{4}$/);
	assert.equal(new Set(all.map((one) => one.slice(0, 3))).size, all.length, 'they do not count');
});

test('what is wrong is told field by field; text and document stay', async () => {
	const wrong = [
		[{ scrutin: '' }, 'scrutin'], [{ scrutin: 'NOWHERE' }, 'scrutin'], [{ scrutin_texte: ' ' }, 'scrutin-texte'], [{ scrutin_texte: 'é'.repeat(201) }, 'scrutin-texte'],
		[{ objet: 'rien' }, 'objet'], [{ texte: '\r\n ' }, 'texte'], [{ texte: 'à'.repeat(4001) }, 'texte'],
	];

	for (const [more, field] of wrong) {
		const form = await filled(anne, more);
		const page = await send_body(anne, body_of(form, file_part('preuve.pdf', PDF)));
		assert.equal(page.status, 200);
		assert.match(page.text, /<title>Erreur/);
		assert.match(page.text, new RegExp(`id="faute-${field}"`), JSON.stringify(more).slice(0, 60));
		assert.match(page.text, /Document joint[^]*preuve\.pdf/);
		assert.equal(unescape(page.text.match(/<textarea[^>]*>\n?([^]*?)<\/textarea>/)[1]), form.texte);
		assert.equal(unescape(page.text.match(/name="scrutin_texte" value="([^"]*)"/)[1]), form.scrutin_texte);
	}
	const fields = await filled(anne, { objet: 'autre' });
	const review = await anne.follow(await send_body(anne, body_of(fields)));
	assert.match(review.text, /preuve\.pdf/, 'the document of a refused form goes with the right one');
	const bare = await send_body(anne, body_of({ ...fields, texte: 'gardé', retirer: '1' }));
	assert.match(bare.text, /Le document est retiré[^]*gardé<\/textarea>/);
	assert.doesNotMatch(bare.text, /preuve\.pdf/);
	assert.match((await anne.follow(await send_body(anne, body_of(fields)))).text, /<dd>Aucun<\/dd>/);
});

test('hostile documents are refused with a sentence, and nothing typed is lost', async () => {
	const wrong = [
		['page.pdf', Buffer.from('<html><script>alert(1)</script></html>'), /n’est pas un fichier/],
		['poly.pdf', Buffer.concat([Buffer.from('GIF89a/*'), PDF]), /n’est pas un fichier/], ['zip.pdf', Buffer.concat([PDF, ZIP_END]), /n’est pas un fichier/],
		['zip.png', Buffer.concat([PNG, ZIP_END]), /n’est pas un fichier/], ['html.png', Buffer.concat([PNG, Buffer.from('<script>')]), /n’est pas un fichier/],
		['vide.pdf', Buffer.alloc(0), /n’est pas un fichier/], ['zero.pdf', Buffer.alloc(5000), /n’est pas un fichier/], ['coupe.png', PNG.subarray(0, 60), /n’est pas un fichier/],
		['image.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'), /n’est pas un fichier/],
		['virus.exe', Buffer.from('MZ\u0090\u0000'.repeat(20)), /n’est pas un fichier/], ['gros.pdf', pdf_of(5 * 1024 * 1024 + 1), /trop volumineux/], ['enorme.pdf', pdf_of(15e6), /trop volumineux/],
	];

	for (const [name, bytes, why] of wrong) {
		const page = await send_body(anne, body_of(await filled(anne), file_part(name, bytes)));
		assert.equal(page.status, 200, name);
		assert.match(page.text.match(/id="faute-document">([^<]*)/)[1], why, name);
		assert.match(page.text, /ma mutation secrète/, name);
	}
	assert.equal((await send_body(anne, body_of(await filled(anne), file_part('max.pdf', pdf_of(5 * 1024 * 1024))))).status, 303, 'the limit itself is accepted');
	assert.equal(d.sql(`select octet_length(document) from claim_draft where elector_id = ${elector_id(anne.who)}`), String(5 * 1024 * 1024));
	for (const [name, kept] of [['..\\..\\a.pdf', 'a.pdf'], ['/etc/passwd', 'passwd.pdf'], ['a%22;<b>.pdf', 'a_22__b_.pdf'], ['.htaccess', 'htaccess.pdf']]) {
		await send_body(anne, body_of(await filled(anne), file_part(name, PDF)));
		assert.equal(d.sql(`select document_name from claim_draft where elector_id = ${elector_id(anne.who)}`), kept, name);
	}
	assert.equal((await send_body(anne, body_of(await filled(anne), file_part('x.pdf', pdf_of(24e6))))).status, 413);
});

test('a multipart body that no browser sends is refused whole, and only where a document is expected', async () => {
	const fields = await filled(anne);
	const good = body_of(fields, file_part('a.pdf', PDF));
	const wrong = {
		'cut in the document': good.subarray(0, good.length - 30), 'cut in a header': good.subarray(0, 40), empty: Buffer.alloc(0),
		'two documents': body_of(fields, file_part('a.pdf', PDF), file_part('b.pdf', PDF)), 'a document as a field': body_of(fields, file_part('a.pdf', PDF, 'texte')),
		'a field twice': body_of(fields, part('name="texte"', 'x')), 'a NUL in a field': body_of({ ...fields, texte: 'a\u0000b' }), 'something behind': Buffer.concat([good, Buffer.from('x')]),
		'another encoding': body_of(fields, part('name="document"; filename="a.pdf"\r\nContent-Transfer-Encoding: base64', 'JVBERi0=')),
		'filename*': body_of(fields, part("name=\"document\"; filename*=UTF-8''a.pdf", PDF)), 'no UTF-8': Buffer.concat([part('name="x"', Buffer.from([255])), good]),
		'a flood of parts': body_of({}, ...Array.from({ length: 60 }, (_, i) => part(`name="x${i}"`, 'x'))),
	};

	for (const [what, body] of Object.entries(wrong))
		assert.equal((await send_body(anne, body)).status, 400, what);
	assert.equal((await send_body(anne, good, FORM, { 'Content-Type': 'multipart/form-data' })).status, 400, 'no boundary');
	for (const path of [REVIEW, '/assistance', '/reclamation', '/accueil'])
		assert.equal((await send_body(anne, good, path)).status, 415, path);
	const expired = await send_body(anne, body_of({ ...fields, csrf: 'x'.repeat(43) }, file_part('expire.pdf', PDF)));
	assert.equal(expired.status, 403, 'without the token of our page');
	assert.match(expired.text, /secrète[^]*expire\.pdf\u00a0» n’a pas pu être gardé/, 'what was typed is there, and what is not is told');
	assert.equal((await send_body(anne, good, FORM, { Origin: 'https://ailleurs.example' })).status, 403, 'from another origin');
	assert.equal((await send_body(new Elector(d), good)).status, 403, 'from who never had a page of ours no document is read');
});

test('uploads.def and nginx let long bodies pass at the same addresses', () => {
	const ours = [...readFileSync(join(ROOT, 'portal/uploads.def'), 'utf8').matchAll(/^UPLOAD\("([^"]+)"/gm)].map(([, path]) => path);
	const theirs = [...readFileSync(join(ROOT, 'conf/nginx/isoloir-portal.inc'), 'utf8').matchAll(/location ~ \^\/\[\^\/\]\+\/portail(\S+)\$ \{\n\s+client_max_body_size/g)].map(([, path]) => path);

	assert.deepEqual(theirs, ours);
});

test('a link with scrutin and object fills them in; what an elector does not vote in is not offered', async () => {
	const code = d.sql(`select s.code from elector_scrutin es join scrutin s on s.id = es.scrutin_id where es.elector_id = ${elector_id(paul.who)} limit 1`);
	const other = d.sql(`select code from scrutin where id not in (select scrutin_id from elector_scrutin where elector_id = ${elector_id(paul.who)}) limit 1`);
	const page = await paul.go(paul.at(`${FORM}?scrutin=${code}&objet=affectation`));

	assert.match(page.text, new RegExp(`<option value="${code}" selected>`));
	assert.match(page.text, /<option value="affectation" selected>/);
	assert.doesNotMatch(page.text, new RegExp(`value="${other}"`));
	assert.match((await send_body(paul, body_of(await filled(paul, { scrutin: other })))).text, /id="faute-scrutin"/);
	assert.match((await claim(paul, { scrutin: code, objet: 'affectation' })).text, new RegExp(d.sql(`select name from scrutin where code = '${code}'`)));
});

/* Workers keep the election's row for some seconds. */
async function closes(sql) {
	d.sql(`update election set claims_until_at = ${sql}`);
	d.ctl('reload', 'portal');
	await until('the new time', async () => (await Promise.all(Array.from({ length: 9 }, () => anne.get(anne.at('/reclamations'))))).every(({ status }) => status === 200));
	await new Promise((done) => { setTimeout(done, 700); });
}

test('after the closing a page says so; who was writing has half an hour more, and no other time does', async () => {
	const form = await filled(anne, { texte: 'commencé avant' });
	const stranger = new Elector(d);
	const public_form = hidden((await stranger.go(stranger.at('/reclamation'))).text, '/reclamation');

	await new Promise((done) => { setTimeout(done, 1100); });
	await closes('utc_timestamp()');
	await new Promise((done) => { setTimeout(done, 1100); });
	assert.match((await paul.go(paul.at('/reclamations'))).text, /étaient reçues jusqu’au/);
	const late = new Elector(d);
	assert.match((await late.go(late.at('/reclamation'))).text, /Les réclamations sont closes[^]*01 99 00 12 34/);
	for (const ouvert of ['', '1.0', `${Math.floor(Date.now() / 1000) - 60}.${'0'.repeat(32)}`, form.ouvert.replace(/.$/, (c) => (c === '0' ? '1' : '0'))]) {
		const refused = await send_body(anne, body_of({ ...form, ouvert }));
		assert.equal(refused.status, 410, ouvert);
		assert.match(refused.text, /commencé avant/, 'what was written is not lost');
	}
	const taken = await send_body(paul, body_of({ ...form, csrf: hidden((await paul.go(paul.at('/assistance'))).text, '/assistance').csrf }));
	assert.equal(taken.status, 410, 'the time that another was told is not one\'s own');
	const review = await anne.follow(await send_body(anne, body_of(form)));
	assert.match((await anne.follow(await anne.post(anne.at(REVIEW), hidden(review.text, REVIEW)))).text, /commencé avant/);
	const again = await stranger.post(stranger.at('/reclamation'), { ...public_form, captcha: d.captcha(public_form.captcha_id), objet: 'absent', scrutin_texte: 'CSA', nom: 'Rose', courriel: 'grace@ailleurs.example', affectation: 'Lycée', texte: 'x' });
	assert.equal(again.status, 303);
	await closes('utc_timestamp() - interval 31 minute');
	assert.equal((await send_body(anne, body_of(form))).status, 410);
	await closes('null');
	assert.match((await anne.go(anne.at(FORM))).text, /ne sont pas ouvertes/);
	await closes('utc_timestamp() + interval 20 day');
});

test('the closing is told by the elector\'s own clocks too', async () => {
	d.sql(`update elector set time_zone = 'Pacific/Tahiti' where identifier = '${paul.who}'`);
	assert.match((await paul.go(paul.at('/reclamations'))).text, /heure de Paris, soit à votre heure \([^)]*\) le [a-z]+ \d/);
	d.sql(`update elector set time_zone = 'Europe/Paris' where identifier = '${paul.who}'`);
});

const PUBLIC = { objet: 'absent', scrutin_texte: 'CSA ministériel', nom: 'Rose TRÉMIÈRE', courriel: ' Jardin@Ailleurs.example ', affectation: 'Lycée <du> "Parc"', texte: 'Je suis AESH : ma mutation secrète' };

async function public_claim(more = {}, me = new Elector(d)) {
	const page = await me.go(me.at('/reclamation'));
	return me.follow(await me.post(me.at('/reclamation'), { ...await me.solved(page.text, '/reclamation'), ...PUBLIC, ...more }));
}

test('somebody without a session makes a claim: same numbers, same list; the captcha is asked, and nothing tells who is on the roll', async () => {
	const shapes = [];

	for (const courriel of [anne.who, d.fresh(), 'inconnu@ailleurs.example']) {
		const page = await public_claim({ courriel });
		assert.equal(page.status, 200);
		shapes.push(page.text.replaceAll(number_of(page), 'REF').replace(/Enregistrée le [^(]*/, '').replace(/Référence technique[^/]*/, ''));
	}
	assert.deepEqual(shapes, [shapes[0], shapes[0], shapes[0]]);
	const me = new Elector(d);
	const form = hidden((await me.go(me.at('/reclamation'))).text, '/reclamation');
	const refused = await me.post(me.at('/reclamation'), { ...form, ...PUBLIC, captcha: '000000' });
	assert.match(refused.text, /id="faute-captcha"/);
	assert.equal(unescape(refused.text.match(/name="affectation" value="([^"]*)"/)[1]), PUBLIC.affectation);
	assert.match((await me.post(me.at('/reclamation'), { csrf: form.csrf, autre_code: '1', ...PUBLIC })).text, /secrète<\/textarea>/, '« Autre code » keeps what was typed');
	const empty = await me.post(me.at('/reclamation'), { ...form, ...Object.fromEntries(Object.keys(PUBLIC).map((name) => [name, ''])) });
	for (const field of ['objet', 'scrutin-texte', 'nom', 'courriel', 'affectation', 'texte', 'captcha'])
		assert.match(empty.text, new RegExp(`id="faute-${field}"`), field);
	const page = await public_claim();
	const row = d.sql(`select elector_id, contact, name, posting, scrutin_text, object, state from claim where reference = '${number_of(page)}'`).split('\t');
	assert.deepEqual(row, ['NULL', 'jardin@ailleurs.example', 'Rose TRÉMIÈRE', 'Lycée <du> "Parc"', 'CSA ministériel', 'absent', 'received']);
	const mail = await d.mail('jardin@ailleurs.example');
	assert.ok(mail.text.includes(number_of(page)));
	assert.doesNotMatch(mail.text + mail.html + mail.subject, /TRÉMIÈRE|secrète|Parc/);
	assert.match((await new Elector(d).get(anne.at('/identifiant-oublie'))).text, /href="\/demo\/portail\/reclamation"/);
});

test('at most two receipts a day go to an address that a stranger types; the same form twice is one claim', async () => {
	const courriel = 'cible@ailleurs.example';

	for (let i = 0; i < 4; i++)
		await public_claim({ courriel, texte: `fois ${i}` });
	assert.equal(d.sql(`select count(*) from claim where contact = '${courriel}'`), '4');
	assert.equal(d.sql(`select count(*) from mail_job where identifier = '${courriel}'`), '2');
	const me = new Elector(d);
	const form = { ...await me.solved((await me.go(me.at('/reclamation'))).text, '/reclamation'), ...PUBLIC, courriel, texte: 'double clic' };
	const [one, two] = [await me.post(me.at('/reclamation'), form), await me.post(me.at('/reclamation'), form)];
	assert.equal(one.status, 303);
	assert.equal(two.headers.location, one.headers.location);
});

test('the office lists, assigns and answers: late ones first, filters, one answer each, and its author reads it by mail and on the page', async () => {
	const number = number_of(await claim(anne, { objet: 'nom', texte: 'mon nom' }, file_part('acte.pdf', PDF)));
	const stranger = number_of(await public_claim({ courriel: 'reponse@ailleurs.example' }));
	d.sql(`update claim set due_at = utc_timestamp() - interval 1 day where reference = '${stranger}'`);
	const text = join(dir, 'answer.txt');
	writeFileSync(text, 'Votre nom est corrigé.\n\nIl apparaît <demain> & après.\n');

	const list = ctl('claims', 'list').claims;
	assert.equal(list[0].number, stranger, 'the late one is first');
	assert.equal(list[0].late, 'yes');
	assert.deepEqual(ctl('claims', 'list', '--where', 'late').claims.map((one) => one.number), [stranger]);
	const [academy] = d.sql(`select academy from elector where identifier = '${anne.who}'`).split('\n');
	const named = ctl('claims', 'list', '--where', `object=nom,academy=${academy},state=received`).claims;
	assert.ok(named.length >= 1 && named.every((one) => one.object === 'nom' && one.academy === academy));
	assert.match(ctl('claims', 'list', '--where', 'objet=nom').error, /did you mean object/);
	assert.match(ctl('claims', 'list', '--where', 'state=recieved').error, /did you mean received/);
	assert.equal(ctl('claims', 'show', number.toLowerCase().replace('-', '')).claim.document, 'acte.pdf');
	assert.equal(ctl('claims', 'assign', number, 'Mme Durand').status, 0);
	assert.match((await anne.go(anne.at(`/reclamations/${number}`))).text, /À l’étude/);
	const file = join(dir, 'acte.pdf');
	assert.equal(ctl('claims', 'document', number, file).status, 0);
	assert.deepEqual(readFileSync(file), PDF);
	assert.equal(statSync(file).mode & 0o777, 0o600);
	assert.equal(ctl('claims', 'document', number, file).status, 73, 'no file is overwritten');
	assert.equal(ctl('claims', 'answer', number, '--text', text).status, 64, 'an outcome is needed');
	assert.equal(ctl('claims', 'answer', number, '--outcome', 'accepted').status, 64, 'so are reasons');
	assert.equal(ctl('claims', 'answer', number, '--outcome', 'accepted', '--text', text, '--dry-run').status, 0);
	assert.equal(d.sql(`select state from claim where reference = '${number}'`), 'in_study');
	assert.equal(ctl('claims', 'answer', number, '--outcome', 'accepted', '--text', text, '--reason', 'vérifié').status, 0);
	assert.equal(ctl('claims', 'answer', number, '--outcome', 'refused', '--text', text).status, 65, 'once only');
	assert.equal(ctl('claims', 'assign', number, 'Paul').status, 65);
	assert.equal(ctl('claims', 'answer', stranger, '--outcome', 'refused', '--text', text).status, 0);
	const page = await anne.go(anne.at(`/reclamations/${number}`));
	assert.match(page.text, /Répondue\u00a0: acceptée[^]*Votre nom est corrigé\.\n\nIl apparaît &lt;demain&gt; &amp; après\./);
	for (const [who, one, outcome] of [[anne.who, number, 'acceptée'], ['reponse@ailleurs.example', stranger, 'rejetée']]) {
		const mail = await until('the answer', async () => (await d.mails(who)).find(({ subject }) => subject.includes('Réponse') && subject.includes(one)), 30);
		assert.match(mail.text, new RegExp(`est ${outcome}[^]*Votre nom est corrigé\\.\\nIl apparaît <demain> & après\\.`));
		assert.match(mail.html, /<p>Il apparaît &lt;demain&gt; &amp; après\.<\/p>/);
	}
	assert.match(d.sql(`select group_concat(concat(act, ' ', detail) order by id separator '; ') from audit where detail like '${number}%' and actor like 'isoloirctl%'`),
		new RegExp(`^claim assigned ${number} to Mme Durand; claim document read ${number}; claim answered ${number} accepted: vérifié$`));
});

test('a mass answer needs its number, answers each once with a mail each, also to one person', async () => {
	for (let i = 0; i < 3; i++)
		await claim(paul, { objet: 'autre', texte: `masse ${i}` });
	const text = join(dir, 'mass.txt');
	writeFileSync(text, 'Réponse à tous.');
	const words = ['claims', 'answer', '--where', 'object=autre,state=received', '--outcome', 'refused', '--text', text];
	const meant = ctl('claims', 'list', '--where', 'object=autre,state=received').claims;

	const before_mails = Number(d.sql("select count(*) from mail_job where mail = 'claim_answered'"));
	assert.ok(meant.length >= 3);
	assert.equal(ctl(...words, '--dry-run').claims, meant.length);
	assert.equal(ctl(...words).status, 64);
	assert.equal(ctl(...words, '--yes', String(meant.length + 1)).status, 65);
	assert.equal(ctl('claims', 'answer', '--where', 'state=accepted', '--outcome', 'refused', '--text', text, '--dry-run').status, 64);
	assert.equal(ctl(...words, '--yes', String(meant.length)).answered, meant.length);
	assert.equal(ctl(...words, '--yes', '0').answered, 0);
	assert.equal(Number(d.sql("select count(*) from mail_job where mail = 'claim_answered'")), before_mails + meant.length);
	await until('all mails', () => d.sql("select count(*) from mail_job where mail = 'claim_answered' and state <> 'sent'") === '0', 30);
	const mails = (await d.mails(paul.who)).filter(({ subject }) => subject.startsWith('Réponse'));
	assert.equal(new Set(mails.map(({ subject }) => subject)).size, mails.length);
	assert.ok(mails.length >= 3, 'one for each claim');
	const stats = ctl('claims', 'stats');
	assert.equal(Number(stats.sums.claims), count());
	assert.equal(Number(stats.sums.accepted) + Number(stats.sums.refused) + Number(stats.sums.open), count());
});

test('a list of thousands comes page by page and loses none', () => {
	d.sql(`insert into claim (election_id, reference, object, name, contact, body, created_at, changed_at, due_at)
		select 1, concat('ZZZ', lpad(seq, 5, '0')), 'absent', 'n', 'n@ailleurs.example', 'b', utc_timestamp(3), utc_timestamp(3), utc_timestamp() + interval seq div 700 day from seq_1_to_1700`);
	const list = ctl('claims', 'list', '--where', 'state=all').claims;
	assert.equal(list.length, count());
	assert.equal(new Set(list.map((one) => one.number)).size, list.length);
	assert.match(d.ctl('claims', 'list'), /claims\.\n$/);
	d.sql("delete from claim where reference like 'ZZZ%'");
});

test('the deadline moves with a reason, and every page says so', async () => {
	assert.equal(ctl('claims', 'deadline', '--until', '2031-11-05 17:00').status, 64, 'a reason is needed');
	for (const wrong of ['2031-02-30 10:00', '2031-11-05', '2031-11-05 17:00 x', '5/11/2031 17:00'])
		assert.equal(ctl('claims', 'deadline', '--until', wrong, '--reason', 'x').status, 64, wrong);
	assert.equal(ctl('claims', 'deadline', '--until', '2031-11-05 17:00', '--reason', 'panne du 3', '--dry-run').claims_until, '2031-11-05T17:00:00+01:00');
	assert.equal(ctl('claims', 'deadline', '--until', '2031-11-05 17:00', '--reason', 'panne du 3').status, 0);
	const page = await until('the new time', async () => {
		const one = await anne.go(anne.at('/reclamations'));
		return /class="bandeau">.*5\snovembre 2031 à 17\sh\s00/.test(one.text) && one;
	});
	assert.match(page.text, /jusqu’au mercredi 5\snovembre 2031 à 17\sh\s00<\/strong>, heure de Paris/);
	assert.equal(d.sql("select detail from audit where act = 'claims deadline'"), '2031-11-05T17:00:00+01:00: panne du 3');
});

test('an answer of the assistance goes by mail and stands with the elector\'s requests', async () => {
	const page = await anne.go(anne.at('/assistance'));
	const sent = await anne.follow(await anne.post(anne.at('/assistance'), { ...hidden(page.text, '/assistance'), objet: 'lien', nom: 'Anne', courriel: anne.who, telephone: '', affectation: '', texte: 'au secours' }));
	const reference = number_of(sent);
	const text = join(dir, 'help.txt');

	assert.match((await anne.go(anne.at('/assistance'))).text, new RegExp(`Mes demandes[^]*${reference}[^]*en cours`));
	writeFileSync(text, 'Essayez encore <demain>.\nBien à vous.');
	assert.equal(ctl('assistance', 'answer', reference, '--text', text).status, 0);
	assert.match((await anne.go(anne.at('/assistance'))).text, /Réponse\u00a0: Essayez encore &lt;demain&gt;\.\nBien à vous\./);
	assert.doesNotMatch((await paul.go(paul.at('/assistance'))).text, new RegExp(reference));
	const mail = await until('the answer', async () => (await d.mails(anne.who)).find(({ subject }) => subject.includes(`assistance ${reference}`)), 30);
	assert.match(mail.text, /Essayez encore <demain>\.\nBien à vous\./);
	const other = number_of(await anne.follow(await anne.post(anne.at('/assistance'), { ...hidden((await anne.go(anne.at('/assistance'))).text, '/assistance'), objet: 'autre', nom: 'Anne', courriel: anne.who, telephone: '', affectation: '', texte: 'autre' })));
	assert.equal(ctl('assistance', 'answer', other).status, 0);
	assert.equal(d.sql("select count(*) from mail_job where mail = 'assistance_answered'"), '1', 'without words there is no mail');
});

test('with MariaDB away nothing that was typed or sent is lost, and what was lost is told', async () => {
	const fields = await filled(anne, { texte: 'ligne 1\r\n\r\n"ligne" <3>' });
	const review = hidden((await anne.follow(await send_body(anne, body_of({ ...fields, objet: 'scrutin' }, file_part('avant.pdf', PDF))))).text, REVIEW);
	const before_rows = count();

	await d.down('mariadb');
	await d.again('portal'); /* its workers have not even read the election */
	const form_away = await send_body(anne, body_of(fields, file_part('perdu.pdf', PDF)));
	const send_away = await anne.post(anne.at(REVIEW), review);
	await d.up('mariadb');
	assert.equal(form_away.status, 503);
	const offered = hidden(form_away.text, FORM);
	assert.equal(offered.texte, fields.texte);
	assert.equal(offered.document_nom, 'perdu.pdf');
	assert.equal(send_away.status, 503);
	const told = await until('MariaDB to be back', async () => {
		const one = await anne.post(anne.at(FORM), offered);
		return one.status === 200 && one;
	}, 60);
	assert.match(told.text, /id="faute-document">[^<]*perdu\.pdf[^<]*choisissez-le de nouveau/);
	const sent = await anne.post(anne.at(REVIEW), hidden(send_away.text, REVIEW));
	assert.equal(sent.status, 303);
	assert.match(sent.headers.location, /\?envoyee$/);
	assert.equal(count(), before_rows + 1);
});

test('a session that ends while a claim is written gives the words back after the next log-in, and says which document to choose again', async () => {
	const me = await entered();
	const fields = await filled(me, { texte: 'interrompu' });

	d.sql(`insert into session_epoch (elector_id, epoch) values (${elector_id(me.who)}, 1) on duplicate key update epoch = epoch + 1`);
	const away = await send_body(me, body_of(fields, file_part('preuve.pdf', PDF)));
	assert.match(away.headers.location, /\/accueil/);
	const back = await me.follow(await me.log_in(me.who));
	assert.match(back.text, /interrompu<\/textarea>/);
	assert.match(back.text, /preuve\.pdf[^<]*n’a pas pu être gardé/);
	assert.equal((await send_body(me, body_of({ ...hidden(back.text, FORM), ...TYPED, texte: 'interrompu' }, file_part('preuve.pdf', PDF)))).status, 303);
});

test('a draft that is not sent is gone when its time is over', async () => {
	await send_body(paul, body_of(await filled(paul), file_part('a.pdf', PDF)));
	d.sql('update claim_draft set expires_at = utc_timestamp() - interval 1 second');
	assert.equal((await paul.get(paul.at(REVIEW))).status, 303);
	await until('the sweep', () => d.sql('select count(*) from claim_draft') === '0', 30);
});

test('claims have a pace of their own: so many in a visit, and then a wait that is told, with what was typed', async () => {
	const me = new Elector(d);
	let answer;
	let n = 0;

	do {
		const page = await me.go(me.at('/reclamation'));
		answer = await me.post(me.at('/reclamation'), { ...await me.solved(page.text, '/reclamation'), ...PUBLIC, texte: `fois ${n}` });
	} while (answer.status === 303 && ++n < 40);
	assert.equal(answer.status, 429);
	assert.equal(n, 30, 'ten an hour, by the scale of this test');
	assert.match(answer.text, /name="texte" value="fois 30"/);
});
