/*
 * The pages that inform and the request for assistance, over plain HTTP, on the whole of ./demo. ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { demo, ROOT, until } from '../lib/demo.mjs';
import { Elector, hidden, PASSWORD } from '../lib/elector.mjs';

let d;

before(async () => {
	d = await demo('pages.mjs', { settings: '[portal]\nworkers = 4\n[mailer]\ncooldown = 1s\nsweep = 500ms\n[throttle]\nscale = 1000' });
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

const INFORM = ['/edito', '/aide', '/identifiant-oublie', '/assistance', '/accessibilite', '/mentions-legales', '/donnees-personnelles',
	'/tutoriels/parcours-electeur', '/tutoriels/parcours-de-vote', '/tutoriels/reassorts'];

test('every page that informs is there without a session, and every link to a page of ours leads somewhere', async () => {
	const me = new Elector(d);
	const seen = new Map();

	for (const path of INFORM) {
		const page = await me.get(me.at(path));
		assert.equal(page.status, 200, path);
		assert.equal(page.text.match(/<h1/g).length, 1, path);
		assert.doesNotMatch(page.text, /\{[a-z_]+\}/, 'no sign is left unfilled');
		for (const [, href] of page.text.matchAll(/href="(\/demo[^"#?]*)/g))
			seen.set(href, path);
	}
	for (const [href, from] of seen)
		assert.equal((await me.get(`${d.origin}${href}`)).status, 200, `${href}, from ${from}`);
});

test('the home page of an elector leads to édito, help, assistance and the three tutorials', async () => {
	const home = await new Elector(d).enter(d.fresh(), 'sans_activation');

	for (const label of ['Édito', 'Aide en ligne – Foire aux questions', 'Formulaire de demande d’assistance', 'Parcours électeur', 'Parcours de vote', 'Réassorts'])
		assert.match(home.text, new RegExp(`<a href="[^"]*">[^<]*${label}`));
});

const questions = (page) => [...page.text.matchAll(/<h2 id="([^"]*)">([^<]*)<\/h2>/g)].filter(([, id]) => id !== 'sommaire').map(([, id]) => id);

test('the help has its questions in a list and each with its answer, at addresses that stay', async () => {
	const me = new Elector(d);
	const page = await me.get(me.at('/aide'));
	const all = questions(page);

	assert.ok(all.length >= 20, `${all.length} questions`);
	assert.deepEqual([...page.text.matchAll(/<li><a href="#([^"]*)">/g)].map(([, id]) => id), all);
	for (const id of ['identifiant', 'courriel', 'lien', 'captcha', 'mot-de-passe', 'mot-de-passe-oublie', 'activation'])
		assert.ok(all.includes(id), id);
});

test('a search folds case, accents and plural, wants every word, keeps what was typed and counts what it found', async () => {
	const me = new Elector(d);
	const look = (q) => me.get(me.at(`/aide?q=${encodeURIComponent(q)}`));
	const found = [['courriels RECUS', 'courriel'], ['Tahiti', 'outre-mer'], ["j'ai oublié mon mot de passe", 'mot-de-passe-oublie'], ['phishing', 'hameconnage'],
		['AVEUGLE son', 'captcha'], ['ordinateur collègue', 'ordinateur-partage']];

	for (const [q, id] of found) {
		const page = await look(q);
		assert.equal(page.status, 200);
		const ids = questions(page);
		assert.ok(ids.includes(id), `${q}: ${ids}`);
		assert.ok(ids.length < 15, `${q}: ${ids}`);
		assert.match(page.text, new RegExp(`${ids.length} réponses? pour`));
		assert.equal(unescape(page.text.match(/name="q" value="([^"]*)"/)[1]), q);
	}
	const none = await look('<b>hippopotame');
	assert.match(none.text, /Aucune réponse pour «\u00a0&lt;b&gt;hippopotame\u00a0»/);
	assert.match(none.text, /\/assistance"/);
	assert.deepEqual(questions(none), []);
	assert.equal(questions(await look('tahiti captcha')).length, 0, 'every word must be there');
	assert.ok(questions(await look('de la')).length >= 20, 'small words alone look for everything');
	for (const broken of ['q=%zz', 'q=%ff', 'q=%00', `q=${'a'.repeat(301)}`])
		assert.equal((await me.get(me.at(`/aide?${broken}`))).status, 400, broken.slice(0, 8));
});

test('what somebody looks for stands in no log, not even when the portal does not answer', async () => {
	const me = new Elector(d);

	assert.equal((await me.get(me.at('/aide?q=girafe'))).status, 200);
	d.hold('portal', 'SIGKILL');
	await until('nginx to miss the portal', async () => (await me.get(me.at('/aide?q=girafe'))).status >= 500);
	d.release('portal');
	await until('the portal to be back', async () => (await me.get(me.at('/aide?q=girafe'))).status === 200, 60);
	assert.match(d.log('nginx-access'), /GET \/demo\/portail\/aide /);
	for (const log of ['nginx-access', 'nginx-error', 'nginx', 'portal'])
		assert.doesNotMatch(d.log(log), /girafe|hippopotame/, log);
});

test('what the office sets is on the page within seconds, without a restart, and its reset brings the theme back', async () => {
	const me = new Elector(d);
	const edito = async () => (await me.get(me.at('/edito'))).text;
	const set = (name, body) => d.sql(`replace into office_text (election_id, name, body, changed_at, changed_by) select id, '${name}', '${body}', utc_timestamp(3), 'test' from election where slug = 'demo'`);
	const before_text = await edito();

	set('edito', 'Bonjour <3 & "vous".\n\n## Un titre\n\n- voir https://www.example.fr/a?b=1&c=2.\n- et /assistance');
	const text = await until('the new text', async () => {
		const now = await edito(); /* each worker finds out for itself */
		return /Un titre/.test(now) && now;
	});
	assert.match(text, /<p>Bonjour &lt;3 &amp; &quot;vous&quot;\.<\/p>/);
	assert.match(text, /<h2 id="un-titre">Un titre<\/h2>\n<ul>\n<li>voir <a href="https:\/\/www\.example\.fr\/a\?b=1&amp;c=2" rel="noopener">/);
	assert.match(text, /<a href="\/demo\/portail\/assistance">Formulaire de demande d’assistance<\/a>/);
	set('faq', '## La girafe ?\nmots: cou\n\nElle va bien.');
	await until('the new questions', async () => questions(await me.get(me.at('/aide?q=cou'))).includes('la-girafe'));
	d.sql('delete from office_text');
	await until('the theme to be back', async () => (await edito()).includes(before_text.match(/<h1>[^]*?<\/h2>/)[0]));
});

test('with MariaDB away the help is still there', async () => {
	const me = new Elector(d);

	await Promise.all(Array.from({ length: 40 }, () => me.get(me.at('/aide')))); /* each worker knows the election */
	d.hold('mariadb');
	await until('MariaDB to end', () => !d.runs('mariadb'));
	const answers = await Promise.all(Array.from({ length: 20 }, () => me.get(me.at('/aide?q=captcha'))));
	d.release('mariadb');
	assert.ok(answers.some(({ status }) => status === 200));
	await until('MariaDB to be back', async () => (await me.get(me.at('/assistance/recue/222-2222'))).status === 404, 60);
});

test('the durations of the page on personal data are those of the settings', async () => {
	const me = new Elector(d);
	const page = await me.get(me.at('/donnees-personnelles'));

	for (const words of ['20\u00a0minutes sans activité, 4\u00a0heures au plus', 'Le lien fonctionne 3\u00a0jours', '10\u00a0minutes'])
		assert.ok(page.text.includes(words), words);
	assert.equal(page.text.match(/<dt>Durée<\/dt>/g).length, readFileSync(join(ROOT, 'docs/donnees.csv'), 'utf8').trim().split('\n').length - 1);
});
