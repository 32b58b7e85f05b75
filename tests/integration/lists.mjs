/*
 * Candidate lists on the whole of ./demo: who may read them and from when on, what isoloirctl takes and refuses, and a draw that sha256sum computes
 * again. ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { demo, pause, ROOT, until } from '../lib/demo.mjs';
import { Elector } from '../lib/elector.mjs';

const SAMPLE = join(ROOT, 'conf/sample/demo');
const folder = mkdtempSync(join(tmpdir(), 'iso-lists-'));
const file = (name, bytes) => {
	writeFileSync(join(folder, name), bytes);
	return join(folder, name);
};
let d, inside, other;

before(async () => {
	d = await demo('lists.mjs', { settings: '[portal]\nworkers = 2\n' });
	await set_lists('utc_timestamp() + interval 1 hour');
	[inside, other] = [new Elector(d), new Elector(d)];
	await inside.enter('sophie.lefevre-garnier@ac-lyon.fr', 'sans_activation'); /* votes in CSA-MEN and CCMA */
	await other.enter('alienor.dorgeval@ac-nantes.fr', 'sans_activation'); /* votes in CCMMEP and CCMA alone */
});

after(async () => {
	rmSync(folder, { recursive: true, force: true });
	assert.deepEqual(await d.stop(), [], 'logs hold no report, secret, link or address, and the demo ends well');
});

/* The workers of a reload read the election anew. */
async function set_lists(at) {
	d.sql(`update election set lists_at = ${at}`);
	d.ctl('reload', 'portal');
	await pause(800);
}
const publish = () => set_lists('utc_timestamp() - interval 1 minute');
const hide = () => set_lists('utc_timestamp() + interval 1 hour');

function ctl(...words) {
	const r = spawnSync(d.ISOLOIRCTL, ['-c', d.CONF, '--json', ...words], { encoding: 'utf8' });

	assert.notEqual(r.status, null, `${words}: ${r.signal}`);
	return { status: r.status, ...JSON.parse(r.stdout) };
}
const done = (...words) => {
	const r = ctl(...words);
	assert.equal(r.status, 0, `${words.join(' ')}: ${r.error} ${JSON.stringify(r.errors ?? '')}`);
	return r;
};
const refused = (because, ...words) => {
	const r = ctl(...words);
	assert.notEqual(r.status, 0, words.join(' '));
	assert.match(r.error + JSON.stringify(r.errors ?? ''), because, words.join(' '));
	return r;
};

const page_of = (me, code) => me.get(me.at(`/mes-scrutins/${code}/listes`));
const titles = (page) => [...page.text.matchAll(/<h2>([^<]*)<\/h2>/g)].map(([, title]) => title);
const BELOW = ['/logo', '/profession-de-foi', '/profession-de-foi.pdf'];
const order = (code) => d.sql(`select l.title from candidate_list l join scrutin s on s.id = l.scrutin_id where s.code = '${code}' order by l.place`).split('\n');

test('before the minute no address shows a list, and the page says from when on', async () => {
	const page = await page_of(inside, 'CSA-MEN');

	assert.equal(page.status, 200);
	assert.match(page.text, /seront publiées ici le <time/);
	for (const word of ['LUCIOLE', 'PRÉAU', 'Aubépin', 'Tehei'])
		assert.ok(!page.text.includes(word), word);
	for (const below of BELOW)
		assert.equal((await inside.get(inside.at(`/mes-scrutins/CSA-MEN/listes/PRE${below}`))).status, 404, below);
	const draws = await new Elector(d).get(inside.at('/tirage-au-sort'));
	assert.equal(draws.status, 200);
	assert.doesNotMatch(draws.text, /pomme|CSA-MEN|Comité social/);
	assert.equal((await inside.get(inside.at('/tirage-au-sort/CSA-MEN'))).status, 404);
});

test('all of them are there from the very second on, though workers have known the election for a while', async () => {
	const at = Number(d.sql('select unix_timestamp(utc_timestamp()) + 4'));

	await set_lists(`from_unixtime(${at})`);
	let first_200 = 0, last_404 = 0;
	while (Date.now() < (at + 2) * 1000) {
		const asked = Date.now();
		const answer = await inside.get(inside.at('/mes-scrutins/CSA-MEN/listes/PRE/logo'));
		const page = await page_of(inside, 'CSA-MEN');

		if (answer.status === 404)
			last_404 = asked;
		else
			first_200 ||= Date.now();
		assert.ok(titles(page).length === 0 || titles(page).length === 5, 'all or none');
		await pause(30);
	}
	assert.ok(first_200 >= at * 1000, 'not earlier');
	assert.ok(last_404 < at * 1000, 'not later');
});

test('the page has every list in the drawn order with the same box, every candidate in rank, and every profession de foi', async () => {
	await publish();
	const page = await page_of(inside, 'CSA-MEN');

	assert.deepEqual(titles(page), order('CSA-MEN'));
	assert.equal(titles(page).length, 5);
	assert.equal(page.text.match(/class="logo"/g).length, 5);
	assert.match(page.text, /<p class="logo">TABLEAU<\/p>/);
	assert.equal(page.text.match(/<li>M(me|\.)\u00a0/g).length, 30);
	assert.match(page.text, /Mme\u00a0Hereiti Tehei’ura-Maʻi <span class="niveau">Collège de la Presqu’île, Taravao/);
	assert.match(page.text, /Ŝtefančič-Łukasz/);
	assert.match(page.text, /en PDF \(\d+\u00a0Ko\)/);
	assert.doesNotMatch(page.text, /<details/);
	assert.match(page.headers['cache-control'], /no-store/);
	const sigle = await page_of(inside, 'CCMA');
	assert.deepEqual(titles(sigle), order('CCMA'));
	assert.doesNotMatch(sigle.text, /<ol/);
});

test('logo, text and PDF are what was stored, as what they are and nothing else', async () => {
	const page = await page_of(inside, 'CSA-MEN');
	const [, src] = page.text.match(/src="([^"]*PRE\/logo[^"]*)"/);
	const logo = await inside.get(`${d.origin}${src}`);

	assert.equal(logo.headers['content-type'], 'image/png');
	assert.deepEqual([logo.bytes.readUInt32BE(16), logo.bytes.readUInt32BE(20)], [320, 160]);
	assert.ok(logo.bytes.length <= 65536);
	assert.match(logo.headers['cache-control'], /^private, /);
	const pdf = await inside.get(inside.at('/mes-scrutins/CSA-MEN/listes/PRE/profession-de-foi.pdf'));
	assert.ok(pdf.bytes.equals(readFileSync(join(SAMPLE, 'statement-preau.pdf'))));
	assert.equal(pdf.headers['content-type'], 'application/pdf');
	assert.equal(pdf.headers['x-content-type-options'], 'nosniff');
	assert.match(pdf.headers['content-security-policy'], /default-src 'none'.*sandbox/);
	assert.equal(pdf.headers['content-disposition'], 'inline; filename=profession-de-foi-CSA-MEN-PRE.pdf');
	assert.match(pdf.headers['cache-control'], /no-store/);
	const text = await inside.get(inside.at('/mes-scrutins/CSA-MEN/listes/BOU/profession-de-foi'));
	assert.match(text.text, /<h2 id="le-cap">Le cap<\/h2>/);
	assert.match(text.text, /<a href="\/demo\/portail\/aide">/);
	for (const absent of ['/mes-scrutins/CSA-MEN/listes/TAB/logo', '/mes-scrutins/CSA-MEN/listes/BOU/profession-de-foi.pdf', '/mes-scrutins/CSA-MEN/listes/XXX/logo',
		'/mes-scrutins/CSA-MEN/listes/ENC/logo'])
		assert.equal((await inside.get(inside.at(absent))).status, 404, absent);
});

test('who does not vote in a scrutin finds nothing of its lists, logged in or out, published or not', async () => {
	const out = new Elector(d);

	for (const when of [publish, hide]) {
		await when();
		for (const code of ['CSA-MEN', 'CSA-AC', 'CAPN-ENS', 'CAPA-ADM', 'CCP-ENS', 'CCP-AESH', 'RIEN'])
			for (const below of ['', ...['LUC', 'MAR', 'PRE', 'BOU', 'TAB', 'ENC'].flatMap((list) => BELOW.map((one) => `/${list}${one}`))]) {
				const path = `/mes-scrutins/${code}/listes${below}`;
				const theirs = await other.get(other.at(path));
				assert.equal(theirs.status, 404, path);
				assert.doesNotMatch(theirs.text, /LUCIOLE|Aubépin/);
			}
		for (const path of ['', '/PRE/logo', '/PRE/profession-de-foi', '/PRE/profession-de-foi.pdf']) {
			const answer = await out.get(out.at(`/mes-scrutins/CCMA/listes${path}`));
			assert.equal(answer.status, 303, path);
			assert.match(answer.headers.location, /\/accueil$/);
		}
	}
	await publish();
	assert.equal((await page_of(other, 'CCMA')).status, 200, 'their own is there');
});

test('anybody can compute a draw again with what its page says', async () => {
	await publish();
	const out = new Elector(d);
	const index = await out.get(out.at('/tirage-au-sort'));
	const shown = [...index.text.matchAll(/href="[^"]*\/tirage-au-sort\/([^"]+)"/g)].map(([, code]) => code);

	assert.deepEqual(shown, ['CSA-MEN', 'CSA-AC', 'CAPN-ENS', 'CAPA-ADM', 'CCP-ENS', 'CCMMEP', 'CCMA']);
	for (const code of ['CSA-MEN', 'CCMA']) {
		const page = await out.get(out.at(`/tirage-au-sort/${code}`));
		const command = page.text.match(/<pre[^>]*>([^<]*)<\/pre>/)[1].replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
		const told = [...page.text.matchAll(/<dd class="code">([A-Z]{3})<\/dd><\/div><div><dt>Nombre<\/dt><dd class="code">([0-9a-f]{64})</g)]
			.map(([, list, number]) => `${number}  ${list}`);
		assert.equal(execFileSync('bash', ['-c', command], { encoding: 'utf8' }).trim(), told.join('\n'));
		assert.match(page.text, /pomme 3-1-4 riviere lampe/);
	}
	assert.equal((await out.get(out.at('/tirage-au-sort/CCP-AESH'))).status, 404);
});

test('a draw is made once; again with a reason; never with lists that are published; and a dry run changes nothing', async () => {
	await hide();
	const rows = () => d.sql('select count(*) from list_draw');
	const places = () => d.sql('select group_concat(code, place order by id) from candidate_list');
	const before_all = [rows(), places()];

	refused(/--seed/, 'draw', 'CSA-AC');
	refused(/8 to 200/, 'draw', 'CSA-AC', '--seed', 'court');
	refused(/without accents/, 'draw', 'CSA-AC', '--seed', 'été à la mer');
	refused(/drawn already/, 'draw', 'CSA-AC', '--seed', 'citron 4-4-2');
	refused(/--reason/, 'draw', 'CSA-AC', '--seed', 'citron 4-4-2', '--again');
	refused(/did you mean CSA-AC/, 'draw', 'CSA-AB', '--seed', 'citron 4-4-2');
	refused(/no list to draw/, 'draw', 'CCP-AESH', '--seed', 'citron 4-4-2');
	refused(/wait for a draw/, 'draw', '--seed', 'citron 4-4-2');
	const dry = done('draw', 'CSA-AC', '--seed', 'citron 4-4-2', '--again', '--reason', 'essai', '--dry-run');
	assert.deepEqual([rows(), places()], before_all);
	const real = done('draw', 'CSA-AC', '--seed', 'citron 4-4-2', '--again', '--reason', 'Une liste admise après coup.', '--witnesses', 'Rose Trémière, déléguée');
	assert.deepEqual(real.order, dry.order);
	assert.equal(Number(rows()), Number(before_all[0]) + 1);
	assert.deepEqual(d.sql("select l.code from candidate_list l join scrutin s on s.id = l.scrutin_id where s.code = 'CSA-AC' order by l.place").split('\n'),
		real.order.map(({ list }) => list));
	assert.match(d.sql("select detail from audit where act = 'lists drawn' order by id desc limit 1"), /^CSA-AC seed_hash=[0-9a-f]{64} order=\S+ \S+ \S+: Une liste admise après coup\.$/);
	await publish();
	const page = await inside.get(inside.at('/tirage-au-sort/CSA-AC'));
	assert.match(page.text, /Tirage remplacé/);
	assert.match(page.text, /Une liste admise après coup/);
	assert.doesNotMatch(page.text, /Rose Trémière/, 'who was there is no page’s affair');
	refused(/published/, 'draw', 'CSA-AC', '--seed', 'orange 1-2-3', '--again', '--reason', 'non');
});

test('a scrutin with a list that is not drawn shows none, and isoloirctl says what is to do', async () => {
	await hide();
	for (const code of ['..', 'a/b', 'é', ''])
		refused(/dot|ASCII|empty/, 'list', 'add', 'CSA-AC', code, '--title', 'Liste', '--sigle', 'L');
	done('list', 'add', 'CSA-AC', 'NEW', '--title', 'Liste nouvelle', '--sigle', 'NEUVE');
	assert.match(JSON.stringify(done('list', 'show').scrutins.find(({ scrutin }) => scrutin === 'CSA-AC')), /without candidates/);
	done('candidate', 'add', 'CSA-AC', 'NEW', '1', 'Mme', 'Rose', 'Trémière', 'Lycée du Jardin');
	assert.match(JSON.stringify(done('list', 'show').scrutins.find(({ scrutin }) => scrutin === 'CSA-AC')), /draw again/);
	await publish();
	const page = await page_of(inside, 'CSA-AC');
	assert.match(page.text, /pas encore été tiré au sort/);
	assert.deepEqual(titles(page), []);
	assert.equal((await inside.get(inside.at('/mes-scrutins/CSA-AC/listes/LUC/logo'))).status, 404);
	await hide();
	done('draw', 'CSA-AC', '--seed', 'raisin 5-5-1', '--again', '--reason', 'Liste admise.');
	await publish();
	assert.equal(titles(await page_of(inside, 'CSA-AC')).length, 4);
});

test('once published a change needs its reason, a withdrawn list is told as such, and its files are gone with it', async () => {
	await publish();
	refused(/--reason/, 'list', 'set', 'CSA-AC', 'NEW', '--title', 'Autre');
	refused(/--reason/, 'candidate', 'remove', 'CSA-AC', 'NEW', '1');
	refused(/no place in the order/, 'list', 'add', 'CSA-AC', 'TRD', '--title', 'Trop tard', '--sigle', 'TARD', '--reason', 'x');
	done('list', 'set', 'CSA-AC', 'NEW', '--title', 'Liste <renommée>', '--reason', 'Erreur de saisie.');
	assert.match((await page_of(inside, 'CSA-AC')).text, /Liste &lt;renommée&gt;/);
	done('list', 'remove', 'CSA-AC', 'LUC', '--reason', 'Retrait par ses délégués.');
	const page = await page_of(inside, 'CSA-AC');
	assert.equal(titles(page).length, 3);
	assert.match(page.text, /La liste «\u00a0Liste LUCIOLE\u00a0» \(LUCIOLE\) a été retirée le/);
	for (const below of BELOW)
		assert.equal((await inside.get(inside.at(`/mes-scrutins/CSA-AC/listes/LUC${below}`))).status, 404);
	done('list', 'restore', 'CSA-AC', 'LUC', '--reason', 'Décision du tribunal.');
	assert.equal(titles(await page_of(inside, 'CSA-AC')).length, 4);
	assert.equal(d.sql("select count(*) from audit where act in ('list withdrawn', 'list restored', 'list set') and actor like 'isoloirctl %' and detail like 'CSA-AC %: %'"), '3');
});

test('candidates keep their ranks without holes, whoever comes or goes', async () => {
	await hide();
	const names = () => done('list', 'show', 'CSA-AC', 'NEW').candidates.map((one) => `${one.rank} ${one.family_name}`);

	done('candidate', 'add', 'CSA-AC', 'NEW', '2', '', 'Ô', 'Ly');
	done('candidate', 'add', 'CSA-AC', 'NEW', '1', 'M.', 'Jean', 'Premier', 'Ici');
	assert.deepEqual(names(), ['1 Premier', '2 Trémière', '3 Ly']);
	done('candidate', 'remove', 'CSA-AC', 'NEW', '2');
	assert.deepEqual(names(), ['1 Premier', '2 Ly']);
	refused(/next rank is 3/, 'candidate', 'add', 'CSA-AC', 'NEW', '5', 'M.', 'A', 'B');
	refused(/M\., Mme or nothing/, 'candidate', 'add', 'CSA-AC', 'NEW', '3', 'Dr', 'A', 'B');
	refused(/no candidate of rank 9/, 'candidate', 'remove', 'CSA-AC', 'NEW', '9');
	refused(/vote on organizations/, 'candidate', 'add', 'CCMA', 'LUC', '1', 'M.', 'A', 'B');
});

test('a file is what its content says; what is hostile, damaged or too large is refused and nothing changes', () => {
	const files = () => d.sql('select sha2(group_concat(list_id, kind, hash order by 1), 256) from candidate_file');
	const png = readFileSync(join(SAMPLE, 'logo-preau.png'));
	const pdf = readFileSync(join(SAMPLE, 'statement-preau.pdf'));
	const bomb = Buffer.from(png);
	const before_all = files();

	bomb.writeUInt32BE(60000, 16);
	for (const [because, bytes] of [[/neither a PNG/, 'du texte'], [/neither a PNG/, '<svg xmlns="http://www.w3.org/2000/svg"/>'], [/damaged/, bomb], [/damaged/, png.subarray(0, png.length / 2)],
		[/longer/, Buffer.concat([png, Buffer.alloc(1 << 20)])], [/empty/, '']])
		refused(because, 'list', 'logo', 'CSA-MEN', 'LUC', file('logo.png', bytes));
	for (const [because, bytes] of [[/no end/, pdf.subarray(0, 9000)], [/JavaScript/, Buffer.concat([pdf.subarray(0, 100), Buffer.from('/JavaScript'), pdf.subarray(100)])],
		[/longer/, Buffer.concat([pdf, Buffer.alloc(4 << 20), Buffer.from('%%EOF')])], [/HTML/, 'Bonjour <script>'], [/https:\/\/ alone/, 'voir http://exemple.fr'], [/UTF-8/, Buffer.from([0x41, 0xe9, 0x42])],
		[/no page/, 'voir /nulle-part']])
		refused(because, 'list', 'statement', 'CSA-MEN', 'LUC', file('statement', bytes));
	refused(/No such file/, 'list', 'logo', 'CSA-MEN', 'LUC', join(folder, 'absent'));
	assert.equal(files(), before_all);
	done('list', 'logo', 'CSA-MEN', 'LUC', join(SAMPLE, 'logo-preau.png'), '--dry-run');
	assert.equal(files(), before_all);
	const largest = Buffer.concat([pdf, Buffer.alloc((4 << 20) - pdf.length - 6, 0x20), Buffer.from('%%EOF\n')]);
	done('list', 'statement', 'CSA-MEN', 'LUC', file('largest.pdf', largest));
	assert.equal(d.sql("select max(size), max(length(bytes)) from candidate_file"), `${4 << 20}\t${4 << 20}`);
	done('list', 'logo', 'CSA-MEN', 'TAB', join(SAMPLE, 'logo-encrier.png'));
	done('list', 'logo', 'CSA-MEN', 'TAB', 'none');
});

test('slow browsers that fetch the largest PDF keep no page waiting', async () => {
	await publish();
	const cookie = [...inside.cookies].map(([k, v]) => `${k}=${v}`).join('; ');
	const slow = Array.from({ length: 8 }, () => net.connect({ port: d.port, host: '127.0.0.1' }));

	for (const one of slow) {
		one.write(`GET ${d.path}/mes-scrutins/CSA-MEN/listes/LUC/profession-de-foi.pdf HTTP/1.1\r\nHost: 127.0.0.1:${d.port}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`);
		await new Promise((go) => { one.once('readable', go); }); /* it has begun, and nobody reads on */
	}
	const began = Date.now();
	for (let i = 0; i < 6; i++)
		assert.equal((await page_of(inside, 'CSA-MEN')).status, 200);
	assert.ok(Date.now() - began < 5000, `six pages took ${Date.now() - began} ms`);
	const whole = await inside.get(inside.at('/mes-scrutins/CSA-MEN/listes/LUC/profession-de-foi.pdf'));
	assert.equal(whole.bytes.length, 4 << 20);
	for (const one of slow)
		one.destroy();
});

const HEAD = 'scrutin;list;title;sigle;organization;rank;civility;given_name;family_name;posting;logo;text;pdf\n';
const stored = () => d.sql(`select sha2(concat((select group_concat(id, code, title, sigle, organization order by id) from candidate_list),
	(select group_concat(list_id, place, family_name order by 1) from candidate)), 256)`);

test('a file of lists is checked whole, with every wrong line told, and changes nothing before --apply', async () => {
	await hide();
	const before_all = stored();
	const wrong = file('wrong.csv', `${HEAD}CSA-ME;AAA;Titre;A;;1;M.;Jean;Un;;;;\nCSA-MEN;BBB;;B;;1;M.;Jean;Deux;;;;\nCSA-MEN;CCC;Titre;C;;2;M.;Jean;Trois;;;;\n`
		+ 'CSA-MEN;DDD;Titre;D;;1;Dr;Jean;Quatre;;;;\nCCMA;EEE;Sigle;E;;1;M.;Jean;Cinq;;;;\nCSA-MEN;FFF;Titre;F;;;;;;;;;\nCSA-MEN;GGG;Titre;G;;1;M.;Jean;Sept;;absent.png;;\n'
		+ 'CSA-MEN;HHH;Titre;H;;1;M.;Jean;Huit;;../logo.png;;\nCSA-MEN;BBB;Titre;B;;2;M.;Jean;Neuf;;;;\nCSA-MEN;III;"Titre;I;;1\n');
	const said = refused(/errors?; nothing/, 'import', 'lists', wrong, '--apply').errors;
	const pattern = [/:2: .*did you mean CSA-MEN/, /:3: .*title and its sigle/, /:4: rank 2/, /:5: civility/, /:6: .*organizations/, /:7: .*no candidate/, /:8: .*absent\.png/, /:9: .*not beside/,
		/:10: .*stand together/, /:11: /];
	for (const one of pattern)
		assert.ok(said.some((line) => one.test(line)), `${one} in ${said.join('\n')}`);
	assert.equal(stored(), before_all);

	refused(/unknown column/, 'import', 'lists', file('header.csv', 'scrutin;list;titre\n'));
	const good = file('good.csv', `${HEAD}CCP-AESH;LUC;Liste LUCIOLE;LUCIOLE;Ligue;1;Mme;Rose;Trémière;Jardin;logo.png;text.txt;\nCCP-AESH;LUC;;;;2;M.;Jean;Deux;;;;\n`);
	file('logo.png', readFileSync(join(SAMPLE, 'logo-luciole.png')));
	file('text.txt', 'Bonjour.\n');
	const report = done('import', 'lists', good);
	assert.deepEqual([report.lists, report.new, report.candidates], [1, 1, 2]);
	assert.equal(stored(), before_all);
	assert.equal(done('import', 'lists', good, '--apply').new, 1);
	assert.notEqual(stored(), before_all);
	const again = done('import', 'lists', good, '--apply');
	assert.deepEqual([again.new, again.changed, again.same], [0, 0, 1]);
	file('text.txt', 'Bonjour à tous.\n');
	assert.equal(done('import', 'lists', good, '--apply').changed, 1);
	done('draw', '--seed', 'fraise 6-6-6');
	assert.equal(d.sql("select count(*) from list_draw where seed = 'fraise 6-6-6'"), '1', 'those that wait are drawn, and no other');
	const all = done('import', 'lists', join(SAMPLE, 'lists.csv'));
	assert.equal(all.new, 0);
});

test('the audit trail tells of each act, and stays whole', async () => {
	const acts = d.sql("select distinct act from audit where act like 'list%' or act like 'candidate%' order by act").split('\n');

	assert.deepEqual(acts, ['candidate added', 'candidate removed', 'list added', 'list file removed', 'list file set', 'list restored', 'list set', 'list withdrawn',
		'lists drawn', 'lists imported']);
	await until('the trail to be sealed', () => ctl('audit', 'verify').status === 0);
});
