/*
 * Mes scrutins and their rolls, over plain HTTP, on the whole of ./demo. ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { demo, pause, until } from '../lib/demo.mjs';
import { Elector } from '../lib/elector.mjs';

let d;
const LOOKED_FOR = ['Zephyrine', 'zephyrine', 'xylographe', 'Quincampoix'];

before(async () => {
	d = await demo('roll.mjs', { settings: '[portal]\nworkers = 3\n[mailer]\ncooldown = 1s\n' });
	for (const word of LOOKED_FOR)
		d.secrets.add(word);
	crowd();
});

after(async () => {
	assert.deepEqual(await d.stop(), [], 'logs hold no report, nobody who was looked for, no link or address, and the demo ends well');
});

/* 120 people of one name, and 60 whose names nobody has, in two postings that begin alike: all vote in CSA-AC. */
function crowd() {
	d.sql(`insert into posting (election_id, name, academy, name_key) values (1, 'Lycée de l’Essai', 'Nantes', 'lycee de l essai'),
		(1, 'Lycée de l’Essai Nord', 'Nantes', 'lycee de l essai nord');
		insert into elector (election_id, identifier, family_name, given_name, posting)
			select 1, concat('crowd', seq, '@ac-nantes.fr'), if(seq <= 120, 'Martin', concat('Villeneuve-', char(64 + seq div 10), char(65 + seq mod 10))), if(seq <= 120, 'Marie', 'Léo'),
			if(seq mod 2, 'Lycée de l’Essai', 'Lycée de l’Essai Nord') from seq_1_to_180;
		insert into elector_scrutin (elector_id, scrutin_id, name_key, posting_id)
			select e.id, s.id, lower(replace(concat(e.family_name, ' ', if(e.given_name = 'Léo', 'leo', 'marie')), '-', '')), p.id
			from elector e join scrutin s on s.code = 'CSA-AC' join posting p on p.name = e.posting where e.identifier like 'crowd%'`);
}

/* Somebody who votes in these scrutins and in no other. */
async function elector(...codes) {
	const who = d.fresh(), me = new Elector(d);

	d.sql(`delete r from elector_scrutin r join elector e on e.id = r.elector_id join scrutin s on s.id = r.scrutin_id
		where e.identifier = '${who}' and not find_in_set(s.code, '${codes.join()}')`);
	for (const code of codes)
		d.sql(`insert ignore into elector_scrutin (elector_id, scrutin_id, name_key) select e.id, s.id, 'zzz' from elector e join scrutin s on s.code = '${code}' where e.identifier = '${who}'`);
	await me.enter(who, 'activer');
	me.who = who;
	return me;
}

async function set_election(set) {
	d.sql(`update election set ${set}`);
	d.ctl('reload', 'portal');
	await pause(700);
}

const plain = (text) => text.replace(/<[^>]*>/g, '').replace(/&#39;/g, '\'').replace(/&quot;/g, '"').replace(/&amp;/g, '&').trim();
const rows_of = ({ text }) => [...text.matchAll(/<tr><th scope="row">(.*?)<\/th><td>(.*?)<\/td><td>(.*?)<\/td><\/tr>/g)].map((cells) => cells.slice(1).map(plain).join('|'));
const link_of = ({ text }, words) => text.match(new RegExp(`href="([^"]*)"[^>]*>${words}<`))?.[1].replace(/&amp;/g, '&');
const roll = (code, query = '') => `/mes-scrutins/${code}/liste-electorale${query}`;

test('each scrutin has its card, in the order in which one votes, with its state, its dates and its links', async () => {
	await set_election('lists_at = utc_timestamp() - interval 1 minute');
	const me = await elector('CCP-ENS', 'CSA-MEN');
	const { status, text } = await me.get(me.at('/mes-scrutins'));

	assert.equal(status, 200);
	assert.deepEqual([...text.matchAll(/<h3>(.*?)<\/h3>/g)].map(([, name]) => name.slice(0, 30)),
		d.sql("select left(name, 30) from scrutin where code in ('CSA-MEN', 'CCP-ENS') order by place").split('\n'));
	for (const one of [/<dd>15<\/dd>/, /centralisateur du CSA/, /<strong>Listes de candidats publiées<\/strong>/, /Ouverture du vote<\/dt><dd>\S+ \d+.* \(heure de Paris\)<\/dd>/, /Clôture du vote<\/dt><dd>\S+ \d+.* \(heure de Paris\)<\/dd>/,
		/href="[^"]*\/mes-scrutins\/CSA-MEN\/liste-electorale"/, /href="[^"]*\/mes-scrutins\/CSA-MEN\/listes"/, /href="[^"]*\/reclamations\/nouvelle\?scrutin=CSA-MEN"/])
		assert.match(text, one);
	const home = await me.get(me.at('/'));
	for (const label of ['Consulter les listes électorales de mes scrutins', 'Consulter mes scrutins \\(ceux pour lesquels je suis électeur\\) et leurs listes de candidats', 'Formuler une réclamation'])
		assert.match(home.text, new RegExp(`>${label}</a>`));
});

test('where a scrutin stands follows the dates of the office', async () => {
	const me = await elector('CSA-MEN'), hour = (n) => `utc_timestamp() + interval ${n} hour`;
	const kept = d.sql("select concat_ws(', ', concat('opens_at = ''', opens_at, ''''), concat('closes_at = ''', closes_at, ''''), concat('rolls_from_at = ''', rolls_from_at, ''''),"
		+ " concat('rolls_until_at = ''', rolls_until_at, ''''), concat('claims_until_at = ''', claims_until_at, ''''), concat('lists_at = ''', lists_at, '''')) from election");
	const stages = [
		[`opens_at = ${hour(50)}, closes_at = ${hour(60)}, rolls_from_at = null, claims_until_at = null, lists_at = null`, 'En préparation'],
		[`rolls_from_at = ${hour(-1)}, rolls_until_at = ${hour(60)}`, 'Liste électorale affichée'],
		[`claims_until_at = ${hour(5)}`, 'Liste électorale ouverte aux réclamations'],
		[`lists_at = ${hour(-1)}`, 'Listes de candidats publiées'],
		[`opens_at = ${hour(-1)}`, 'Vote ouvert'],
		["suspended_at = utc_timestamp(), suspended_why = 'Une panne de courant.'", 'Vote suspendu'],
		['closes_at = utc_timestamp() - interval 30 minute', 'Vote clos'],
	];

	for (const [set, words] of stages) {
		await set_election(set);
		const { text } = await me.get(me.at('/mes-scrutins'));
		assert.match(text, new RegExp(`<strong>${words}</strong>`), words);
		assert.equal(/Une panne de courant/.test(text), /suspendu|clos/.test(words));
	}
	await set_election(`${kept}, suspended_at = null, suspended_why = ''`);
});

test('a roll shows name, forename and posting and nothing else, my own line first of all', async () => {
	const me = await elector('CSA-AC');
	const page = await me.get(me.at(roll('CSA-AC')));
	const [family, given, posting] = d.sql(`select family_name, given_name, posting from elector where identifier = '${me.who}'`).split('\t');

	assert.equal(page.status, 200);
	const own = page.text.slice(page.text.indexOf('id="inscription"'), page.text.indexOf('id="electeurs"'));
	for (const one of [family, given, posting])
		assert.ok(own.includes(one), one);
	assert.match(own, /href="[^"]*\/reclamations\/nouvelle\?scrutin=CSA-AC">Ce n’est pas exact</);
	assert.equal(rows_of(page).length, 50);
	assert.match(page.text, /<caption>/);
	assert.deepEqual([...page.text.matchAll(/<th scope="col">(.*?)<\/th>/g)].map(([, one]) => one), ['Nom', 'Prénom', 'Affectation']);
	assert.doesNotMatch(page.text.replaceAll(me.who, ''), /@ac-|@ailleurs|Mme\b/, 'nobody’s address, nobody’s civility');
});

test('its pages go to the end and back, each elector once, in the order of names', async () => {
	const me = await elector('CSA-AC');
	const expected = d.sql(`select concat_ws('|', e.family_name, e.given_name, e.posting) from elector_scrutin r join elector e on e.id = r.elector_id
		join scrutin s on s.id = r.scrutin_id where s.code = 'CSA-AC' order by r.name_key, e.id`).split('\n');
	const forth = [], back = [];
	let page = await me.get(me.at(roll('CSA-AC')));

	assert.equal(link_of(page, 'Page précédente'), undefined);
	for (;; page = await me.get(new URL(link_of(page, 'Page suivante'), d.origin).href)) {
		forth.push(rows_of(page));
		if (!link_of(page, 'Page suivante'))
			break;
		assert.equal(rows_of(page).length, 50);
	}
	assert.deepEqual(forth.flat(), expected);
	for (; link_of(page, 'Page précédente'); page = await me.get(new URL(link_of(page, 'Page précédente'), d.origin).href))
		back.unshift(rows_of(page));
	back.unshift(rows_of(page));
	assert.deepEqual(back, forth);
	page = await me.get(me.at(roll('CSA-AC', '?apres=martin%20marie.999999')));
	assert.deepEqual(rows_of(await me.get(new URL(link_of(page, 'Première page'), d.origin).href)), forth[0]);
});

test('people are found by the beginning of a name, by name and forename in either order, and by posting', async () => {
	const me = await elector('CSA-AC');
	const found = async (query) => rows_of(await me.get(me.at(roll('CSA-AC', query))));

	d.sql(`insert into elector (election_id, identifier, family_name, given_name, posting) values (1, 'p1@ac-nantes.fr', 'Quincampoix-Dufy', 'Zéphyrine', 'Lycée de l’Essai'),
		(1, 'p2@ac-nantes.fr', 'de La Xylographe', 'Jean', ''), (1, 'p3@ac-nantes.fr', 'Teriʻi', 'Hina', '');
		insert into elector_scrutin (elector_id, scrutin_id, name_key, posting_id) select e.id, s.id, case e.identifier when 'p1@ac-nantes.fr' then 'quincampoixdufy zephyrine'
		when 'p2@ac-nantes.fr' then 'laxylographe jean' else 'terii hina' end, coalesce(p.id, 0) from elector e join scrutin s on s.code = 'CSA-AC'
		left join posting p on p.name = e.posting where e.identifier like 'p_@ac-nantes.fr'`);
	for (const typed of ['quinc', 'QUINCAMPOIX DUFY', 'quincampoix-d', 'Quincampoix-Dufy Zéphyrine', 'zephyrine quincampoix dufy', 'Quincampoix Dufy, Z', ' quincampoix '])
		assert.deepEqual(await found(`?q=${encodeURIComponent(typed)}&lieu=`), ['Quincampoix-Dufy|Zéphyrine|Lycée de l’Essai'], typed);
	assert.deepEqual(await found('?q=de+la+xylo'), ['de La Xylographe|Jean|']);
	assert.deepEqual(await found('?q=hina+terii'), ['Teriʻi|Hina|']);
	const page = await me.get(me.at(roll('CSA-AC', '?q=xylographe')));
	assert.match(page.text, /Aucun électeur trouvé/);
	assert.deepEqual(rows_of(await me.get(new URL(link_of(page, '«.la xylographe.»'), d.origin).href)), ['de La Xylographe|Jean|']);

	const choice = await me.get(me.at(roll('CSA-AC', '?q=&lieu=lycee+de+l%27essai')));
	assert.equal(rows_of(choice).length, 0);
	const only = new URL(link_of(choice, 'Lycée de l’Essai'), d.origin).href;
	assert.ok(rows_of(await me.get(only)).every((row) => row.endsWith('|Lycée de l’Essai')));
	assert.equal((await found('?lieu=lycee+de+l+essai+n&q=villeneuve')).length, 30, 'the only one that begins so is chosen at once');
	const id = new URL(only).searchParams.get('dans');
	assert.deepEqual(await found(`?q=quinc&dans=${id}`), ['Quincampoix-Dufy|Zéphyrine|Lycée de l’Essai']);
	assert.equal((await found(`?q=ville&lieu=Lycée de l’Essai&choisi=${id}`.replace(/[^\x21-\x7e]/g, encodeURIComponent))).length, 30);
	assert.equal((await found(`?q=quinc&lieu=&choisi=${id}`)).length, 1, 'a posting that was taken away counts no more');
	const none = await me.get(me.at(roll('CSA-AC', '?q=&lieu=zzzz')));
	assert.match(none.text, /Aucune affectation de ce scrutin/);
	assert.equal((await me.get(me.at(roll('CSA-AC', '?q=---')))).status, 200);
});

test('a beginning that thousands of postings share asks for a word more, in a scrutin where hardly any of them votes', async () => {
	const me = await elector('CSA-AC');
	const page = async (lieu) => (await me.get(me.at(roll('CSA-AC', `?q=&lieu=${lieu}`)))).text;

	d.sql("insert into posting (election_id, name, academy, name_key) select 1, concat('Zodiaque ', seq), '', concat('zodiaque ', lpad(seq, 5, '0')) from seq_1_to_4000");
	assert.match(await page('zodiaque'), /Trop d’affectations/);
	assert.match(await page('zodiaque+00'), /Aucune affectation de ce scrutin/);
	d.sql(`insert into elector (election_id, identifier, family_name, given_name, posting) values (1, 'z1@ac-nantes.fr', 'Zodiaque', 'Zoé', 'Zodiaque 5');
		insert into elector_scrutin (elector_id, scrutin_id, name_key, posting_id) select e.id, s.id, 'zodiaque zoe', p.id from elector e join scrutin s on s.code = 'CSA-AC'
			join posting p on p.name = e.posting where e.identifier = 'z1@ac-nantes.fr'`);
	assert.match(await page('zodiaque'), /Choisissez-en une[^]*Zodiaque 5<[^]*donnez un mot de plus/);
	assert.deepEqual(rows_of({ text: await page('zodiaque+0000') }), ['Zodiaque|Zoé|Zodiaque 5']);
});

test('whoever has left the roll is on no page', async () => {
	const me = await elector('CSA-AC');

	d.sql("update elector set gone_at = utc_timestamp() where identifier = 'crowd150@ac-nantes.fr'");
	const rows = rows_of(await me.get(me.at(roll('CSA-AC', '?q=villeneuve&apres=villeneuve.0'))));
	assert.equal(rows.length, 50);
	const name = d.sql("select family_name from elector where identifier = 'crowd150@ac-nantes.fr'");
	assert.equal(rows_of(await me.get(me.at(roll('CSA-AC', `?q=${name}`)))).length, 0);
	d.sql("update elector set gone_at = null where identifier = 'crowd150@ac-nantes.fr'");
	assert.equal(rows_of(await me.get(me.at(roll('CSA-AC', `?q=${name}`)))).length, 1);
});

test('nobody reads a scrutin that is not theirs, by whatever address', async () => {
	const me = await elector('CSA-MEN', 'CCP-AESH'), stranger = new Elector(d);
	const theirs = ['CSA-MEN', 'CCP-AESH'], others = d.sql(`select code from scrutin where not find_in_set(code, '${theirs.join()}')`).split('\n');
	const elsewhere = Number(d.sql("select max(posting_id) from elector_scrutin r join scrutin s on s.id = r.scrutin_id where s.code = 'CSA-AC'"));

	assert.equal(others.length, 6);
	for (const code of [...others, 'csa-men', 'CSA-MEN2', 'X', '%20', 'CSA-MEN%20', 'CSA-MEN%27', '%27%20or%201=1%20--%20', '..%2f', '%00', '%C3%A9', '1', 'a'.repeat(200)]) {
		const { status, text } = await me.get(me.at(roll(code)));
		assert.ok(status === 404 || status === 400, `${code}: ${status}`);
		assert.doesNotMatch(text, /<td>/);
	}
	for (const code of theirs)
		assert.equal((await me.get(me.at(roll(code)))).status, 200);
	assert.equal((await me.get(me.at(roll('CSA-MEN', `?dans=${elsewhere}`)))).status, 404, 'a posting in which nobody votes here');
	for (const query of ['?dans=x', '?dans=-1', '?dans=1e3', '?apres=x', '?apres=.1.', '?apres=DUPONT.1', '?apres=a.-1', '?avant=%ff.1', '?q=%ff', `?q=${'a'.repeat(401)}`, '?choisi=0', '?avant=a%00.1'])
		assert.equal((await me.get(me.at(roll('CSA-MEN', query)))).status, 400, query);
	for (const path of ['/mes-scrutins', roll('CSA-MEN')])
		assert.match((await stranger.get(stranger.at(path))).headers.location, /\/accueil$/);
	assert.equal((await me.post(me.at(roll('CSA-MEN')), {})).status, 405);
});

test('a roll is shown between the dates of the office only, and the page says which', async () => {
	const me = await elector('CSA-AC');
	const kept = d.sql("select concat('rolls_from_at = ''', rolls_from_at, ''', rolls_until_at = ''', rolls_until_at, '''') from election");

	for (const [set, words] of [
		['rolls_from_at = utc_timestamp() + interval 1 day, rolls_until_at = utc_timestamp() + interval 2 day', /pourront être consultées à partir du \S+ \d+/],
		['rolls_from_at = utc_timestamp() - interval 2 day, rolls_until_at = utc_timestamp() - interval 1 day', /ne peuvent plus être consultées depuis le \S+ \d+/],
		['rolls_from_at = null, rolls_until_at = null', /n’est pas encore fixée/],
	]) {
		await set_election(set);
		for (const query of ['', '?q=martin', '?apres=a.1']) {
			const page = await me.get(me.at(roll('CSA-AC', query)));
			assert.equal(page.status, 200);
			assert.match(page.text, words);
			assert.equal(rows_of(page).length, 0);
		}
		assert.match((await me.get(me.at('/mes-scrutins'))).text, words);
	}
	await set_election(kept);
	assert.equal(rows_of(await me.get(me.at(roll('CSA-AC')))).length, 50);
});

test('nobody carries a roll off: after so many pages the visit, then the elector, waits; the rest of the portal does not', async () => {
	const me = await elector('CSA-AC');
	const read = async (one, query) => (await one.get(one.at(roll('CSA-AC', query)))).status;
	let pages = 0, refused;

	for (let i = 0; i < 3; i++)
		assert.equal(await read(me, '?apres=x'), 400, 'what shows nothing counts nothing');
	while ((refused = await me.get(me.at(roll('CSA-AC', `?q=zephyrine&apres=a.${pages}`)))).status === 200)
		assert.ok(++pages <= 70, 'it ends');
	assert.ok(pages >= 60 && pages <= 65, `${pages} pages in a visit`);
	assert.equal(refused.status, 429);
	assert.ok(Number(refused.headers['retry-after']) >= 1 && Number(refused.headers['retry-after']) <= 600);
	assert.match(refused.text, /Recommencez à partir de \d+.h.\d\d/);
	assert.match(refused.text, /href="[^"]*\/liste-electorale\?q=zephyrine&amp;apres=a\.\d+"/, 'the search is kept');
	assert.equal((await me.get(me.at('/mes-scrutins'))).status, 200);
	const again = new Elector(d);
	await again.log_in(me.who);
	for (let i = 0; i < 70 && await read(again, '') === 200; i++)
		pages++;
	assert.ok(pages >= 119 && pages <= 130, `${pages} pages in two visits of one elector`);
	const known = new Elector(d);
	known.cookies = new Map([...me.cookies].filter(([name]) => /appareil|device/.test(name)));
	assert.equal(known.cookies.size, 1);
	await known.log_in(me.who);
	assert.equal(await read(known, ''), 429, 'a known device changes nothing here');
	const other = await elector('CSA-AC');
	assert.equal(await read(other, ''), 200, 'nor is anybody else concerned');
});

test('my account says what the roll says of me, and leads to a claim while claims are taken', async () => {
	const me = await elector('CSA-AC', 'CAPN-ENS');
	const kept = d.sql("select concat('claims_until_at = ''', claims_until_at, '''') from election");
	const { text } = await me.get(me.at('/mon-compte'));

	assert.match(text, /Comité social d’administration académique/);
	assert.match(text, /Commission administrative paritaire nationale/);
	assert.match(text, /href="[^"]*\/reclamations\/nouvelle">C’est faux</);
	await set_election('claims_until_at = utc_timestamp() - interval 1 day');
	assert.doesNotMatch((await me.get(me.at('/mon-compte'))).text, /reclamations\/nouvelle/);
	assert.doesNotMatch((await me.get(me.at(roll('CSA-AC')))).text, /reclamations\/nouvelle/);
	await set_election(kept);
});

test('whoever is looked for stands in no log, not even when the portal does not answer', async () => {
	const me = await elector('CSA-AC');

	for (const query of ['?q=Zephyrine&lieu=Quincampoix', '?q=xylographe', '?q=Zephyrine%00', '?q=%ffZephyrine'])
		await me.get(me.at(roll('CSA-AC', query)));
	d.hold('portal', 'SIGKILL');
	await until('the portal to be gone', () => !d.runs('portal'));
	assert.equal((await me.get(me.at(roll('CSA-AC', '?q=Zephyrine')))).status, 503);
	d.release('portal');
	await until('the portal to be back', async () => (await me.get(me.at('/accueil'))).status < 400, 60);
});
