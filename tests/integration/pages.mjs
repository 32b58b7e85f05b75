/*
 * The pages that inform and the request for assistance, over plain HTTP, on the whole of ./demo. ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { demo, until } from '../lib/demo.mjs';
import { Elector, hidden, PASSWORD } from '../lib/elector.mjs';

let d;

before(async () => {
	d = await demo('pages.mjs', { settings: '[portal]\nworkers = 4\n[mailer]\ncooldown = 1s\nsweep = 500ms' });
	d.secrets.add(PASSWORD);
	for (const typed of ['Rose TRÉMIÈRE', 'jardin@ailleurs.example', 'pensée du matin'])
		d.secrets.add(typed);
});

after(async () => {
	assert.deepEqual(await d.stop(), [], 'logs hold no report, nothing typed, no link or address, and the demo ends well');
});

const TYPED = {
	objet: 'courriel', nom: 'Rose TRÉMIÈRE', courriel: ' Jardin@Ailleurs.example ', telephone: '06 00 00 00 00', affectation: 'Lycée <du> "Parc"',
	texte: '\r\nPremière ligne : la pensée du matin\r\n\r\n  deuxième <ligne> & fin',
};

/** The form of a fresh page, filled. */
async function filled(me, more = {}) {
	const page = await me.go(me.at('/assistance'));

	assert.equal(page.status, 200);
	return { ...hidden(page.text, '/assistance'), ...TYPED, ...more };
}

const reference_of = (answer) => answer.text.match(/<strong class="code">([2-9A-Z]{3}-[2-9A-Z]{4})<\/strong>/)?.[1];
const unescape = (text) => text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&amp;/g, '&');
const count = () => Number(d.sql('select count(*) from assistance_request'));

test('a request without a session is stored, and its reference stands on the screen, after a reload too, and in a mail that repeats nothing typed', async () => {
	const me = new Elector(d);
	const sent = await me.post(me.at('/assistance'), await filled(me));

	assert.equal(sent.status, 303);
	const page = await me.follow(sent);
	const reference = reference_of(page);
	assert.equal(reference_of(await me.get(page.url)), reference);
	assert.match(page.text, /01 99 00 12 34/);
	const row = d.sql(`select subject, name, contact, phone, posting, hex(body), state, elector_id from assistance_request where reference = '${reference}'`);
	assert.deepEqual(row.split('\t'), ['courriel', 'Rose TRÉMIÈRE', 'jardin@ailleurs.example', '06 00 00 00 00', 'Lycée <du> "Parc"',
		Buffer.from('Première ligne : la pensée du matin\n\n  deuxième <ligne> & fin').toString('hex').toUpperCase(), 'received', 'NULL']);
	const mail = await d.mail('jardin@ailleurs.example');
	assert.ok(mail.text.includes(reference) && mail.html.includes(reference));
	for (const typed of ['TRÉMIÈRE', 'pensée', 'Lycée', '06 00'])
		assert.ok(!(mail.text + mail.html + mail.subject).includes(typed), typed);
	assert.equal((await me.get(me.at('/assistance/recue/222-2222'))).status, 404);
});

test('at most two mails a day go to an address, whatever is asked in its name', async () => {
	const to = 'cible@ailleurs.example';

	for (let i = 0; i < 4; i++) {
		const me = new Elector(d);
		const sent = await me.post(me.at('/assistance'), await filled(me, { courriel: to, texte: `fois ${i}` }));
		assert.equal(sent.status, 303);
		await until('its mail to leave', () => d.sql(`select count(*) from mail_job where identifier = '${to}' and unfinished = 1`) === '0');
		await new Promise((done) => { setTimeout(done, 1100); }); /* the cool-down */
	}
	assert.equal(d.sql(`select count(*) from assistance_request where contact = '${to}'`), '4');
	assert.equal((await d.mails(to)).length, 2);
});

test('with a session the form knows who asks, and the request is tied to the elector', async () => {
	const who = d.fresh();
	const me = new Elector(d);

	await me.enter(who, 'activer');
	const page = await me.go(me.at('/assistance'));
	assert.match(page.text, new RegExp(`id="courriel" name="courriel" value="${who}"`));
	assert.match(page.text, /id="nom" name="nom" value="[^"]{4,}"/);
	const sent = await me.follow(await me.post(me.at('/assistance'), { ...hidden(page.text, '/assistance'), ...TYPED, courriel: who }));
	const reference = reference_of(sent);
	assert.equal(d.sql(`select e.identifier from assistance_request a join elector e on e.id = a.elector_id where a.reference = '${reference}'`), who);
	assert.equal(d.sql(`select count(*) from audit where act = 'assistance requested' and detail = '${reference}'`), '1');
});

test('the same form sent twice, ten times at once, or by the back button is one request; another text is another', async () => {
	const me = new Elector(d);
	const form = await filled(me, { texte: 'double clic' });
	const before_rows = count();
	const answers = await Promise.all(Array.from({ length: 10 }, () => me.post(me.at('/assistance'), form)));

	for (const answer of answers) {
		assert.equal(answer.status, 303);
		assert.equal(answer.headers.location, answers[0].headers.location);
	}
	assert.equal(count(), before_rows + 1);
	const other = await me.post(me.at('/assistance'), { ...form, texte: 'double clic, corrigé' });
	assert.notEqual(other.headers.location, answers[0].headers.location);
	assert.equal(count(), before_rows + 2);
});

/** Every text of a page's form, as a browser would send it again. */
function as_shown(text) {
	const value = (name) => unescape(text.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1] ?? '');

	return {
		nom: value('nom'), courriel: value('courriel'), telephone: value('telephone'), affectation: value('affectation'),
		objet: text.match(/<option value="([^"]*)" selected>/)?.[1] ?? '', texte: unescape(text.match(/<textarea[^>]*>\n?([^]*?)<\/textarea>/)[1]),
	};
}

test('what is wrong is told field by field, and nothing typed is lost', async () => {
	const me = new Elector(d);
	const wrong = [
		[{ objet: '' }, 'objet'], [{ objet: 'rien' }, 'objet'], [{ nom: ' ' }, 'nom'], [{ nom: 'n'.repeat(201) }, 'nom'], [{ courriel: 'pas une adresse' }, 'courriel'],
		[{ telephone: '0'.repeat(41) }, 'telephone'], [{ affectation: 'é'.repeat(900) }, 'affectation'], [{ texte: '\r\n ' }, 'texte'],
		[{ texte: 'à'.repeat(4001) }, 'texte'], [{ texte: `début\r\n${'x'.repeat(21000)}` }, 'texte'],
	];
	const before_rows = count();

	for (const [more, field] of wrong) {
		const form = await filled(me, more);
		const answer = await me.post(me.at('/assistance'), form);
		assert.equal(answer.status, 200);
		assert.match(answer.text, /<title>Erreur/);
		assert.match(answer.text, new RegExp(`id="faute-${field}"`), JSON.stringify(more).slice(0, 60));
		const shown = as_shown(answer.text);
		for (const name of ['nom', 'courriel', 'telephone', 'affectation', 'texte'])
			assert.equal(shown[name], form[name], name);
		assert.equal(hidden(answer.text, '/assistance').jeton, form.jeton, 'a form shown again is the same form');
	}
	assert.equal(count(), before_rows);
	const most = await me.post(me.at('/assistance'), await filled(me, { texte: 'à'.repeat(4000), nom: 'é'.repeat(200) }));
	assert.equal(most.status, 303, 'the limits themselves are accepted');
});

test('a form whose page has expired is shown again with what was typed, and goes through', async () => {
	const me = new Elector(d);
	const form = await filled(me);
	const refused = await me.post(me.at('/assistance'), { ...form, csrf: 'x'.repeat(43) });

	assert.equal(refused.status, 403);
	assert.deepEqual({ ...as_shown(refused.text) }, { ...TYPED });
	assert.equal((await me.post(me.at('/assistance'), { ...hidden(refused.text, '/assistance'), ...as_shown(refused.text) })).status, 303);
});

test('with MariaDB away the page says so, and its button sends everything again, once', async () => {
	const me = new Elector(d);
	const form = await filled(me, { texte: 'ligne 1\r\n\r\n"ligne" <3>' });
	const before_rows = count();

	d.hold('mariadb');
	await until('MariaDB to end', () => !d.runs('mariadb'));
	const away = await me.post(me.at('/assistance'), form);
	d.release('mariadb');
	assert.equal(away.status, 503);
	assert.ok(Number(away.headers['retry-after']) > 0);
	const fields = hidden(away.text, '/assistance');
	assert.deepEqual([fields.texte, fields.nom, fields.jeton], [form.texte, form.nom, form.jeton]);
	const answer = await until('MariaDB to be back', async () => {
		const one = await me.post(me.at('/assistance'), fields);
		return one.status === 303 && one;
	}, 60);
	assert.match(reference_of(await me.follow(answer)), /-/);
	assert.equal(count(), before_rows + 1);
});

test('nothing tells whether the address given is on the roll, or activated', async () => {
	const [active, known] = [d.fresh(), d.fresh()];
	await new Elector(d).enter(active, 'activer');
	const shapes = [];

	for (const courriel of [active, known, known.replace(/^./, (c) => (c === 'z' ? 'y' : 'z'))]) {
		const me = new Elector(d);
		const sent = await me.post(me.at('/assistance'), await filled(me, { courriel, texte: `pour ${courriel}` }));
		const page = await me.follow(sent);
		const reference = reference_of(page);
		const shape = [sent, page].map(({ status, headers }) => [status, { ...headers, date: '', 'set-cookie': '' }]);
		shapes.push(JSON.stringify([shape, page.text]).replaceAll(reference, 'REF').replace(/Enregistrée le [^(]*/, '').replace(/Référence technique[^/]*/, ''));
	}
	assert.equal(shapes[1], shapes[0]);
	assert.equal(shapes[2], shapes[0]);
});
