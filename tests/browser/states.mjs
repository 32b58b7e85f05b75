/*
 * Every page in every state that somebody may see: one row each, told how to reach it. A page that is added adds its rows; a GET route, a page of
 * the theme or a refusal without one fails states.test.mjs. Row: name (of test and screenshot), route (as in portal/routes.def), reach, and
 *   status    of the answer, 200 when not told
 *   errors    the fields that are told to be wrong
 *   bare      not our header and footer: a page of nginx
 *   snapshot  its accessibility tree is kept in snapshots/journey.txt
 *   undo      what makes the portal whole again
 */
import { createHash } from 'node:crypto';
import { pause, redis, until } from '../lib/demo.mjs';
import { Elector, hidden } from '../lib/elector.mjs';
import { press } from './lib.mjs';
import { answer_challenge, ask, choose, identify, log_in, PASSWORD, solve, walk_on } from './way.mjs';

/* GET routes that answer no page. */
export const NO_PAGE = {
	'/captcha/*': 'a picture or a sound',
	'/session.css': 'a style sheet',
	'/reclamations/*/document': 'a document',
	'/activation/*': 'a redirect to /mot-de-passe, whose states are the link’s',
	'/reassort/lien/*': 'a redirect to /reassort',
	'/mes-scrutins/*/listes/*/logo': 'a picture',
	'/mes-scrutins/*/listes/*/profession-de-foi.pdf': 'a PDF',
};

/* What a browser may fill in for the person: each field that is shown has its row (WCAG 1.3.5). */
export const AUTOCOMPLETE = {
	adresse: ['username'], identifiant: ['username'], mot_de_passe: ['current-password', 'new-password'], confirmation: ['new-password'],
	captcha: ['off'], question: ['off'], reponse: ['off'], reponse_confirmation: ['off'], q: ['off'], lieu: ['off'],
	mot_de_passe_actuel: ['current-password'], reponse_actuelle: ['off'],
	objet: ['off'], nom: ['name'], courriel: ['email'], telephone: ['tel'], affectation: ['organization'], texte: ['off'],
	scrutin: ['off'], scrutin_texte: ['off'], document: [null],
};

let d;
const kept = {}; /* what several rows share: an activated elector, an open link */

/** The demo of these states, and who is there before they begin. */
export async function prepare(demo) {
	d = demo;
	walk_on(d);
	kept.banner = d.sql('select banner from election');
	kept.active = d.fresh();
	kept.used_link = await new Elector(d).ask(kept.active);
	const me = new Elector(d);
	await me.follow(await me.leave(await me.choose(kept.used_link), 'activer'));
	await pause(1100); /* the account knows whole seconds, and what was asked for before its last change is forgotten */
	const forgetful = new Elector(d);
	const page = await forgetful.go(forgetful.at('/mot-de-passe-oublie'));
	await forgetful.post(forgetful.at('/mot-de-passe-oublie'), { ...await forgetful.solved(page.text, '/mot-de-passe-oublie'), identifiant: kept.active });
	kept.reset_link = await until('the mail about a new password', async () => (await d.mails(kept.active))
		.filter((mail) => /nouveau mot de passe/.test(mail.subject)).map((mail) => mail.text.match(/http:\/\/\S+\/activation\/[\w-]+/)[0]).at(-1), 30);
	d.secrets.add(kept.reset_link.split('/').at(-1));
	await prepare_reissue();
	kept.visitor = d.fresh();
	kept.link = await new Elector(d).ask(kept.visitor);
}

/* Réassort: one elector who has a voting code, and the link that lets ask for another. */
async function prepare_reissue() {
	kept.reissuer = d.fresh();
	const me = new Elector(d);
	await me.enter(kept.reissuer, 'activer');
	d.sql(`insert into voting_code (elector_id, hash, how, issued_at) select id, unhex(sha2('etats', 256)), 'notice', utc_timestamp() from elector
		where identifier = '${kept.reissuer}'`);
	await me.post(me.at('/reassort/lien'), hidden((await me.get(me.at('/reassort'))).text, '/reassort/lien'));
	kept.reissue_link = await until('the mail about a réassort', async () => (await d.mails(kept.reissuer))
		.map((mail) => mail.text.match(/http:\/\/\S+\/reassort\/lien\/[\w-]+/)?.[0]).find(Boolean), 30);
	d.secrets.add(kept.reissue_link.split('/').at(-1));
}

const to = (path) => (page) => page.goto(`${d.base}${path}`);
const elector_sql = (set, who) => d.sql(`update elector set ${set} where identifier = '${who}'`);

/* Workers keep an election's row for some seconds; those of a reload read it anew. */
async function set_election(set) {
	const seen = d.sql('select concat(title, banner, opens_at, closes_at) from election');
	d.sql(`update election set ${set}`);
	if (d.sql('select concat(title, banner, opens_at, closes_at) from election') === seen)
		return;
	d.ctl('reload', 'portal');
	await pause(700);
}

const vote = (opens, closes) => (page) => set_election(`opens_at = utc_timestamp() + interval ${opens} day, closes_at = utc_timestamp() + interval ${closes} day`)
	.then(() => page.goto(`${d.base}/`));
const whole_vote = () => set_election('opens_at = utc_timestamp() + interval 16 day, closes_at = utc_timestamp() + interval 23 day');

const entered = async (page) => {
	await log_in(page, kept.active);
	await page.waitForURL('**/portail/');
};

const passwords = (password, confirmation = password) => async (page) => {
	await page.goto(kept.link);
	await choose(page, password, confirmation);
	await page.waitForSelector('#erreurs');
};

const reset_links = (at, how) => d.sql(`update activation_token t join elector e on e.id = t.elector_id set used_at = ${at}, used_how = ${how}
	where e.identifier = '${kept.active}' and purpose = 'reset'`);
const reset_ended = (how) => (page) => {
	reset_links('utc_timestamp()', `'${how}'`);
	return page.goto(kept.reset_link);
};

const challenge = async (page) => {
	await page.goto(kept.link);
	await choose(page);
	await page.waitForURL('**/question-defi');
};

/* The session that this browser is in ends, or reaches its longest time, in so many seconds. */
const set_session = async (page, field, seconds) => {
	const { value } = (await page.context().cookies(d.origin.replace('http:', 'https:'))).find((one) => one.name === '__Host-isoloir');
	const key = `session:${createHash('sha256').update(value).digest('hex')}`;

	await redis(d.REDIS_EPHEMERAL, 'HSET', key, field, Math.floor(Date.now() / 1000) + seconds);
};

const leave_without = async (page) => {
	await choose(page);
	await page.waitForURL('**/question-defi');
	await press(page, '[name=sans_activation]');
	await page.waitForURL('**/portail/');
};

/* The next page is there when this returns. */
const send = (page, selector) => Promise.all([page.waitForNavigation(), press(page, selector)]);

const OTHER = 'Trois canards-9 sous la Pluie';

const fill_and_send = async (page, fields) => {
	for (const [id, text] of Object.entries(fields))
		await page.fill(`#${id}`, text);
	await send(page, 'main form button:text("CHANGER")');
};

/* A form of Mon compte; with fields, posted and refused. is_in: the browser is in already. */
const change = (form, fields, is_in = false) => async (page) => {
	if (!is_in)
		await entered(page);
	await page.goto(`${d.base}/mon-compte/${form}`);
	if (fields)
		await fill_and_send(page, fields);
};

const change_without = (form) => async (page) => {
	await page.goto(await ask(page, d.fresh()));
	await leave_without(page);
	await page.goto(`${d.base}/mon-compte/${form}`);
};

const wrong_password = async (page, times) => {
	await identify(page, `inconnu${Math.random().toString(36).slice(2)}@ac-nantes.fr`);
	for (let i = 0; i < times; i++) {
		await page.fill('#mot_de_passe', 'Ce n’est pas-1 cela');
		if (await page.locator('#captcha').count())
			await solve(page);
		await send(page, 'text=SE CONNECTER');
	}
};

const request = async (page, more = {}) => {
	await page.selectOption('#objet', { index: 1 });
	for (const [id, text] of Object.entries({ nom: 'Rose TRÉMIÈRE', courriel: 'rose@ailleurs.example', texte: 'Le courriel ne vient pas.', ...more }))
		await page.fill(`#${id}`, text);
	if (await page.locator('#captcha').count())
		await solve(page);
	await send(page, 'text=ENVOYER');
};

/* A server that is away, until undo. */
const without = (name, reach) => async (page) => {
	await reach(page);
	await d.down(name, 'SIGKILL');
};
const back = (name) => async () => {
	await d.up(name);
	await until(`the portal to know that ${name} is back`, async () => {
		try {
			const me = new Elector(d);
			const [page, form, stored] = await Promise.all(['/accueil', '/assistance', '/reclamation/recue/R00000000'].map((at) => me.get(me.at(at))));
			return page.status === 200 && form.status === 200 && stored.status === 404;
		} catch {
			return false;
		}
	}, 60);
};

const ROLL = 'CSA-MEN';

/* A page of the roll, for the elector that these states share. */
const read_roll = (query = '') => async (page) => {
	await entered(page);
	await page.goto(`${d.base}/mes-scrutins/${ROLL}/liste-electorale${query}`);
};

/* Names and postings as they come, three pages of them: short, long, with all that French and overseas spelling has. */
function long_roll() {
	const names = [['de La Rochefontaine-Montbrison de Villeneuve-lès-Grandchamps', 'Marie-Antoinette Joséphine Philippine', 'delarochefontaine'], ['d’Élbée', 'Noël-François', 'elbee noel'],
		['L’Hévéder–Le Goff', 'Anne-Gaëlle', 'aheveder anne'], ['Teriʻierooitera’i', 'Hinanui', 'aterii hina'], ['M’Bappé-N’Diaye', 'Aïssatou', 'ambappe'], ['Ÿ', 'Li', 'ay li']];

	names.forEach(([family, given, key], i) => d.sql(`insert ignore into elector (election_id, identifier, family_name, given_name, posting) values
		(1, 'etat${i}@ac-nantes.fr', '${family}', '${given}', 'École élémentaire d’application Sainte-Geneviève-des-Bois-et-Saint-Michel-sur-Orge, Saint-Philippe-de-la-Réunion');
		insert ignore into elector_scrutin (elector_id, scrutin_id, name_key) select e.id, s.id, '${key}' from elector e join scrutin s on s.code = '${ROLL}' where e.identifier = 'etat${i}@ac-nantes.fr'`));
	d.sql(`insert ignore into elector (election_id, identifier, family_name, given_name, posting) select 1, concat('rang', seq, '@ac-nantes.fr'), 'Lemaître', 'Zoé', 'Lycée des Essais, Nantes' from seq_1_to_100;
		insert ignore into posting (election_id, name, academy, name_key) select 1, concat('Lycée des Essais ', seq, ', Nantes'), 'Nantes', concat('lycee des essais ', seq, ' nantes') from seq_1_to_25;
		insert ignore into elector_scrutin (elector_id, scrutin_id, name_key, posting_id) select e.id, s.id, 'lemaitre zoe', p.id from elector e join scrutin s on s.code = '${ROLL}'
			join posting p on p.name_key = concat('lycee des essais ', 1 + e.id mod 25, ' nantes') where e.identifier like 'rang%'`);
}

const DATES = ['rolls_from_at', 'rolls_until_at', 'claims_until_at', 'lists_at'];
const set_dates = async (set) => {
	kept.dates ??= DATES.map((one) => `${one} = '${d.sql(`select ${one} from election`)}'`).join();
	d.sql(`update election set ${set}`);
	d.ctl('reload', 'portal');
	await pause(700);
};
const whole_dates = () => set_dates(`${kept.dates}, suspended_at = null`);
const dated = (set, reach) => async (page) => {
	await set_dates(set);
	await reach(page);
};
const my_scrutins = async (page) => {
	await entered(page);
	await page.goto(`${d.base}/mes-scrutins`);
};
const LATER = 'rolls_from_at = utc_timestamp() + interval 2 day, rolls_until_at = utc_timestamp() + interval 9 day, lists_at = utc_timestamp() + interval 3 day';
const OVER = 'rolls_until_at = utc_timestamp() - interval 1 day, claims_until_at = utc_timestamp() - interval 1 day';
/* Held by the office, until undo. */
const suspended = (reach) => async (page) => {
	d.ctl('election', 'suspend', '--reason', 'Une panne générale du réseau touche plusieurs académies ; le vote reprendra dès qu’elle sera réparée.');
	d.ctl('reload', 'portal');
	await pause(700);
	await reach(page);
};
const resumed = async () => {
	d.ctl('election', 'resume', '--reason', 'Le réseau est rétabli.');
	d.ctl('reload', 'portal');
	await pause(700);
};

const reissuer = async (page) => {
	await log_in(page, kept.reissuer);
	await page.waitForURL('**/portail/');
};

/* What the vote writes of the first scrutins of that elector. */
const voted = (most) => d.sql(`insert into participation (elector_id, scrutin_id, voted_at) select es.elector_id, es.scrutin_id, '2026-12-05 10:12:00'
	from elector_scrutin es join elector e on e.id = es.elector_id where e.identifier = '${kept.reissuer}' order by es.scrutin_id limit ${most}`);
const not_voted = () => d.sql('delete from participation');

/* As far as the question; with an answer, beyond it. The link is as good as new each time. */
const reissue = (answer) => async (page) => {
	d.sql(`update activation_token t join elector e on e.id = t.elector_id set used_at = null, used_how = null
		where e.identifier = '${kept.reissuer}' and purpose = 'reissue'`);
	await reissuer(page);
	await page.goto(kept.reissue_link);
	if (answer === undefined)
		return;
	await page.fill('#reponse', answer);
	await send(page, 'text=OBTENIR UN NOUVEAU CODE');
	if (/^(?:\w{3}-){5}\w{3}$/.test(await page.locator('.code-vote').first().innerText({ timeout: 1 }).catch(() => '')))
		d.secrets.add(await page.locator('.code-vote').innerText());
};
/* Candidate lists: published at this moment (SQL), or with something else about them; a reload's workers know it at once. */
const set_lists = async (lists_at, sql) => {
	d.sql(`update election set lists_at = ${lists_at}; ${sql ?? ''}`);
	d.ctl('reload', 'portal');
	await pause(700);
};
const PUBLISHED = 'utc_timestamp() - interval 1 minute';
const lists = (path, lists_at = PUBLISHED, sql = '') => async (page) => {
	await set_lists(lists_at, sql);
	await entered(page);
	await page.goto(`${d.base}${path}`);
};
const of_scrutin = (code) => `(select id from scrutin where code = '${code}')`;
/* Claims. */
const claim_form = async (page) => {
	await entered(page);
	d.sql('delete from claim_draft');
	await page.goto(`${d.base}/reclamations/nouvelle`);
};
const write_claim = async (page, more = {}) => {
	await claim_form(page);
	await page.selectOption('#scrutin', 'autre');
	await page.selectOption('#objet', 'absent');
	for (const [id, text] of Object.entries({ scrutin_texte: 'CCP des accompagnants', texte: 'Je travaille au lycée depuis le 1er septembre,\net je ne suis pas sur la liste.', ...more }))
		await page.fill(`#${id}`, text);
	await page.setInputFiles('#document', { name: 'Arrêté d’affectation.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7\n1 0 obj <<>> endobj trailer <<>>\n%%EOF\n') });
	await send(page, 'text=CONTINUER');
};
const send_claim = async (page) => {
	await write_claim(page);
	await send(page, 'main button:text-is("ENVOYER")');
};
const claims_until = async (sql) => {
	d.sql(`update election set claims_until_at = ${sql}`);
	d.ctl('reload', 'portal');
	await pause(900);
};
const CLAIM_STATES = [
	{ name: 'reclamations-aucune', route: '/reclamations', reach: async (page) => {
		d.sql('delete from claim_document');
		d.sql('delete from claim');
		await entered(page);
		await page.goto(`${d.base}/reclamations`);
	} },
	{ name: 'reclamation-nouvelle', route: '/reclamations/nouvelle', reach: claim_form },
	{ name: 'reclamation-nouvelle-vide', route: '/reclamations/nouvelle', errors: ['scrutin', 'objet', 'texte'], reach: async (page) => {
		await claim_form(page);
		await send(page, 'text=CONTINUER');
	} },
	{ name: 'reclamation-nouvelle-autre', route: '/reclamations/nouvelle', errors: ['scrutin_texte'], reach: (page) => write_claim(page, { scrutin_texte: '' }) },
	{ name: 'reclamation-nouvelle-document-faux', route: '/reclamations/nouvelle', errors: ['document'], reach: async (page) => {
		await claim_form(page);
		await page.selectOption('#scrutin', { index: 1 });
		await page.selectOption('#objet', 'nom');
		await page.fill('#texte', 'Mon nom a changé.');
		await page.setInputFiles('#document', { name: 'lettre.pdf', mimeType: 'application/pdf', buffer: Buffer.from('<html>') });
		await send(page, 'text=CONTINUER');
	} },
	{ name: 'reclamation-verification', route: '/reclamations/verification', reach: (page) => write_claim(page) },
	{ name: 'reclamation-modifier', route: '/reclamations/nouvelle', reach: async (page) => {
		await write_claim(page);
		await send(page, 'text=Modifier');
	} },
	{ name: 'reclamation-envoyee', route: '/reclamations/*', reach: send_claim },
	{ name: 'reclamation-repondue', route: '/reclamations/*', reach: async (page) => {
		await send_claim(page);
		d.sql("update claim set state = 'accepted', answer = 'Vous êtes inscrite.\\n\\nLa liste est corrigée depuis ce matin.', answered_at = utc_timestamp(3)");
		await page.goto(page.url().replace('?envoyee', ''));
	} },
	{ name: 'reclamations', route: '/reclamations', reach: async (page) => {
		await send_claim(page);
		await page.goto(`${d.base}/reclamations`);
	} },
	{ name: 'reclamations-tahiti', route: '/reclamations', reach: async (page) => {
		elector_sql("time_zone = 'Pacific/Tahiti'", kept.active);
		await entered(page);
		await page.goto(`${d.base}/reclamations`);
	}, undo: () => elector_sql("time_zone = 'Europe/Paris'", kept.active) },
	{ name: 'reclamations-closes', route: '/reclamations/nouvelle', reach: async (page) => {
		await claims_until('utc_timestamp() - interval 2 day');
		await claim_form(page);
	}, undo: () => claims_until('utc_timestamp() + interval 10 day') },
	{ name: 'reclamations-pas-ouvertes', route: '/reclamation', reach: async (page) => {
		await claims_until('null');
		await page.goto(`${d.base}/reclamation`);
	}, undo: () => claims_until('utc_timestamp() + interval 10 day') },
	{ name: 'reclamation-publique', route: '/reclamation', reach: to('/reclamation') },
	{ name: 'reclamation-publique-vide', route: '/reclamation', errors: ['objet', 'scrutin_texte', 'nom', 'courriel', 'affectation', 'texte', 'captcha'], reach: async (page) => {
		await page.goto(`${d.base}/reclamation`);
		await send(page, 'text=ENVOYER');
	} },
	{ name: 'reclamation-recue', route: '/reclamation/recue/*', reach: async (page) => {
		await page.goto(`${d.base}/reclamation`);
		await page.selectOption('#objet', 'absent');
		for (const [id, text] of Object.entries({ scrutin_texte: 'CSA ministériel', nom: 'Rose TRÉMIÈRE', courriel: 'rose@ailleurs.example', affectation: 'Lycée du Parc', texte: 'Je ne suis sur aucune liste.' }))
			await page.fill(`#${id}`, text);
		await solve(page);
		await send(page, 'text=ENVOYER');
	} },
];

export const STATES = [
	{ name: 'bienvenue', route: '/', snapshot: true, reach: to('/') },
	{ name: 'bienvenue-sans-bandeau', route: '/', reach: async (page) => {
		await set_election("banner = ''");
		await page.goto(`${d.base}/`);
	}, undo: () => set_election(`banner = '${kept.banner}'`) },
	{ name: 'vote-avant', route: '/', reach: vote(16, 23) },
	{ name: 'vote-pendant', route: '/', reach: vote(-1, 6) },
	{ name: 'vote-apres', route: '/', reach: vote(-9, -2), undo: whole_vote },
	{ name: 'acces', route: '/accueil', snapshot: true, reach: to('/accueil') },
	{ name: 'acces-vide', route: '/accueil', errors: ['identifiant', 'captcha'], snapshot: true, reach: async (page) => {
		await page.goto(`${d.base}/accueil`);
		await press(page, 'text=CONNEXION');
		await page.waitForSelector('#erreurs');
	} },
	{ name: 'acces-identifiant-faux', route: '/accueil', errors: ['identifiant'], reach: async (page) => {
		await page.goto(`${d.base}/accueil`);
		await page.fill('#identifiant', 'pas une adresse');
		await solve(page);
		await press(page, 'text=CONNEXION');
		await page.waitForSelector('#erreurs');
	} },
	{ name: 'acces-captcha-faux', route: '/accueil', errors: ['captcha'], reach: async (page) => {
		await page.goto(`${d.base}/accueil`);
		await page.fill('#identifiant', 'prenom.nom@ac-nantes.fr');
		await page.fill('#captcha', '12');
		await press(page, 'text=CONNEXION');
		await page.waitForSelector('#erreurs');
	} },
	{ name: 'connexion', route: '/connexion', snapshot: true, reach: (page) => identify(page, kept.active) },
	{ name: 'connexion-longue-adresse', route: '/connexion', reach: (page) => identify(page, 'marie-antoinette.de-la-rochefontaine-montbrison-de-villeneuve@ac-aix-marseille.fr') },
	{ name: 'connexion-vide', route: '/connexion', errors: ['mot_de_passe'], reach: async (page) => {
		await identify(page, kept.active);
		await press(page, 'text=SE CONNECTER');
		await page.waitForSelector('#erreurs');
	} },
	{ name: 'connexion-fausse', route: '/connexion', errors: ['mot_de_passe'], snapshot: true, reach: (page) => wrong_password(page, 1) },
	{ name: 'connexion-captcha', route: '/connexion', errors: ['mot_de_passe'], reach: (page) => wrong_password(page, 5) },
	{ name: 'connexion-captcha-faux', route: '/connexion', errors: ['captcha'], reach: async (page) => {
		await wrong_password(page, 5);
		await page.fill('#mot_de_passe', 'Ce n’est pas-1 cela');
		await press(page, 'text=SE CONNECTER');
		await page.waitForSelector('#faute-captcha');
	} },
	{ name: 'connexion-page-perimee', route: '/connexion', status: 403, reach: async (page) => {
		await identify(page, kept.active);
		await page.locator('form[action$=connexion] [name=csrf]').evaluate((input) => { input.value = 'perdu'; });
		await page.fill('#mot_de_passe', PASSWORD);
		await press(page, 'text=SE CONNECTER');
		await page.waitForSelector('.notice');
	} },
	{ name: 'mot-de-passe', route: '/mot-de-passe', snapshot: true, reach: (page) => page.goto(kept.link) },
	{ name: 'mot-de-passe-faible', route: '/mot-de-passe', errors: ['mot_de_passe'], snapshot: true, reach: passwords('motdepasse') },
	{ name: 'mot-de-passe-different', route: '/mot-de-passe', errors: ['confirmation'], reach: passwords(PASSWORD, 'autre chose') },
	{ name: 'mot-de-passe-vide', route: '/mot-de-passe', errors: ['mot_de_passe', 'captcha'], reach: async (page) => {
		await page.goto(kept.link);
		await press(page, 'text=CONTINUER');
		await page.waitForSelector('#erreurs');
	} },
	{ name: 'mot-de-passe-devine', route: '/mot-de-passe', errors: ['mot_de_passe'], reach: passwords('Azertyuiop-2026') },
	{ name: 'mot-de-passe-oublie', route: '/mot-de-passe-oublie', snapshot: true, reach: to('/mot-de-passe-oublie') },
	{ name: 'mot-de-passe-oublie-vide', route: '/mot-de-passe-oublie', errors: ['identifiant', 'captcha'], reach: async (page) => {
		await page.goto(`${d.base}/mot-de-passe-oublie`);
		await press(page, 'text=RECEVOIR UN LIEN');
		await page.waitForSelector('#erreurs');
	} },
	{ name: 'mot-de-passe-envoye', route: '/mot-de-passe-oublie/envoye', snapshot: true, reach: async (page) => {
		await page.goto(`${d.base}/mot-de-passe-oublie`);
		await page.fill('#identifiant', 'prenom.nom@ac-nantes.fr');
		await solve(page);
		await press(page, 'text=RECEVOIR UN LIEN');
		await page.waitForURL('**/envoye');
	} },
	{ name: 'mot-de-passe-nouveau', route: '/mot-de-passe', snapshot: true, reach: (page) => page.goto(kept.reset_link) },
	{ name: 'question-defi', route: '/question-defi', snapshot: true, reach: challenge },
	{ name: 'question-defi-vide', route: '/question-defi', errors: ['question', 'reponse'], snapshot: true, reach: async (page) => {
		await challenge(page);
		await press(page, '[name=activer]');
		await page.waitForSelector('#erreurs');
	} },
	{ name: 'question-defi-differente', route: '/question-defi', errors: ['reponse_confirmation'], reach: async (page) => {
		await challenge(page);
		await page.selectOption('[name=question]', { index: 2 });
		await page.fill('#reponse', 'bleu nuit');
		await page.fill('#reponse_confirmation', 'vert pomme');
		await press(page, '[name=activer]');
		await page.waitForSelector('#erreurs');
	} },
	{ name: 'lien-expire', route: '/mot-de-passe', status: 410, snapshot: true, reach: async (page) => {
		d.sql(`update activation_token t join elector e on e.id = t.elector_id set expires_at = utc_timestamp() - interval 1 minute where e.identifier = '${kept.visitor}'`);
		await page.goto(kept.link);
	}, undo: () => d.sql(`update activation_token t join elector e on e.id = t.elector_id set expires_at = utc_timestamp() + interval 1 day where e.identifier = '${kept.visitor}'`) },
	{ name: 'lien-utilise-active', route: '/mot-de-passe', status: 410, reach: (page) => page.goto(kept.used_link) },
	{ name: 'lien-utilise-entre', route: '/mot-de-passe', status: 410, reach: async (page) => {
		kept.entered_link ??= await enter_without();
		await page.goto(kept.entered_link);
	} },
	{ name: 'lien-utilise-change', route: '/mot-de-passe', status: 410, reach: reset_ended('reset'), undo: () => reset_links('null', 'null') },
	{ name: 'lien-annule', route: '/mot-de-passe', status: 410, reach: reset_ended('voided'), undo: () => reset_links('null', 'null') },
	{ name: 'lien-inconnu', route: '/mot-de-passe', status: 404, reach: (page) => page.goto(`${kept.link.slice(0, -6)}AAAAAA`) },
	{ name: 'portail-active', route: '/', reach: async (page) => {
		await page.goto(await ask(page, d.fresh()));
		await choose(page);
		await page.waitForURL('**/question-defi');
		await answer_challenge(page);
	} },
	{ name: 'portail-sans-activation', route: '/', reach: async (page) => {
		await page.goto(await ask(page, d.fresh()));
		await leave_without(page);
	} },
	{ name: 'portail-retour', route: '/', snapshot: true, reach: entered },
	{ name: 'portail-outre-mer', route: '/', reach: async (page) => {
		elector_sql("time_zone = 'Pacific/Tahiti'", kept.active);
		await entered(page);
	}, undo: () => elector_sql("time_zone = 'Europe/Paris'", kept.active) },
	{ name: 'portail-sans-scrutin', route: '/', reach: async (page) => {
		const who = d.fresh();
		d.sql(`delete r from elector_scrutin r join elector e on e.id = r.elector_id where e.identifier = '${who}'`);
		await page.goto(await ask(page, who));
		await leave_without(page);
	} },
	{ name: 'deconnexion', route: '/deconnexion', reach: async (page) => {
		await entered(page);
		await page.goto(`${d.base}/deconnexion`);
	} },
	{ name: 'deconnecte', route: '/', snapshot: true, reach: async (page) => {
		await entered(page);
		await press(page, 'text=SE DÉCONNECTER');
		await page.waitForSelector('.notice');
	} },
	{ name: 'mon-compte', route: '/mon-compte', reach: async (page) => {
		await new Elector(d).log_in(kept.active);
		await entered(page);
		await page.goto(`${d.base}/mon-compte`);
	} },
	{ name: 'mon-compte-session-fermee', route: '/mon-compte', reach: async (page) => {
		await new Elector(d).log_in(kept.active);
		await entered(page);
		await page.goto(`${d.base}/mon-compte`);
		await press(page, 'form[action$="/mon-compte/session/fin"] button >> nth=0');
		await page.waitForSelector('.notice');
	} },
	{ name: 'mon-compte-sans-activation', route: '/mon-compte', reach: async (page) => {
		await page.goto(await ask(page, d.fresh()));
		await leave_without(page);
		await page.goto(`${d.base}/mon-compte`);
	} },
	{ name: 'changer-mot-de-passe', route: '/mon-compte/mot-de-passe', reach: change('mot-de-passe') },
	{ name: 'changer-mot-de-passe-vide', route: '/mon-compte/mot-de-passe', errors: ['mot_de_passe_actuel', 'mot_de_passe'], reach: change('mot-de-passe', {}) },
	{ name: 'changer-mot-de-passe-faux', route: '/mon-compte/mot-de-passe', errors: ['mot_de_passe_actuel'],
		reach: change('mot-de-passe', { mot_de_passe_actuel: 'Ce n’est pas-1 cela', mot_de_passe: OTHER, confirmation: OTHER }) },
	{ name: 'changer-mot-de-passe-faible', route: '/mon-compte/mot-de-passe', errors: ['mot_de_passe'],
		reach: change('mot-de-passe', { mot_de_passe_actuel: PASSWORD, mot_de_passe: 'motdepasse', confirmation: 'motdepasse' }) },
	{ name: 'changer-mot-de-passe-captcha', route: '/mon-compte/mot-de-passe', errors: ['captcha'], reach: async (page) => {
		await page.goto(await ask(page, d.fresh()));
		await choose(page);
		await page.waitForURL('**/question-defi');
		await answer_challenge(page);
		await page.waitForURL('**/portail/');
		d.sql('delete from device'); /* no browser is known any more: the visit counts */
		for (let i = 0; i < 6; i++)
			await change('mot-de-passe', { mot_de_passe_actuel: 'Ce n’est pas-1 cela', mot_de_passe: OTHER, confirmation: OTHER }, true)(page);
	} },
	{ name: 'changer-mot-de-passe-sans-activation', route: '/mon-compte/mot-de-passe', reach: change_without('mot-de-passe') },
	{ name: 'changer-question', route: '/mon-compte/question-defi', reach: change('question-defi') },
	{ name: 'changer-question-vide', route: '/mon-compte/question-defi', errors: ['mot_de_passe_actuel', 'reponse_actuelle', 'question', 'reponse'], reach: change('question-defi', {}) },
	{ name: 'changer-question-fausse', route: '/mon-compte/question-defi', errors: ['reponse_actuelle'], reach: async (page) => {
		await change('question-defi')(page);
		await page.selectOption('#question', { index: 1 });
		await fill_and_send(page, { mot_de_passe_actuel: PASSWORD, reponse_actuelle: 'bleu nuit', reponse: 'vert pomme', reponse_confirmation: 'vert pomme' });
	} },
	{ name: 'changer-question-sans-activation', route: '/mon-compte/question-defi', reach: change_without('question-defi') },
	{ name: 'mes-scrutins', route: '/mes-scrutins', reach: my_scrutins },
	{ name: 'mes-scrutins-avant', route: '/mes-scrutins', reach: dated(LATER, my_scrutins), undo: whole_dates },
	{ name: 'mes-scrutins-suspendus', route: '/mes-scrutins', reach: dated("suspended_at = utc_timestamp(), suspended_why = 'Une panne du réseau national empêche de voter.'", my_scrutins), undo: whole_dates },
	{ name: 'mes-scrutins-outre-mer', route: '/mes-scrutins', reach: async (page) => {
		elector_sql("time_zone = 'Pacific/Tahiti'", kept.active);
		await my_scrutins(page);
	}, undo: () => elector_sql("time_zone = 'Europe/Paris'", kept.active) },
	{ name: 'mes-scrutins-aucun', route: '/mes-scrutins', reach: async (page) => {
		const who = d.fresh();
		d.sql(`delete r from elector_scrutin r join elector e on e.id = r.elector_id where e.identifier = '${who}'`);
		await page.goto(await ask(page, who));
		await leave_without(page);
		await page.goto(`${d.base}/mes-scrutins`);
	} },
	{ name: 'liste-electorale', route: '/mes-scrutins/*/liste-electorale', reach: async (page) => {
		long_roll();
		await read_roll()(page);
	} },
	{ name: 'liste-electorale-suite', route: '/mes-scrutins/*/liste-electorale', reach: read_roll('?apres=lemaitre%20zoe.1') },
	{ name: 'liste-electorale-nom', route: '/mes-scrutins/*/liste-electorale', reach: read_roll('?q=lemaitre+z&lieu=') },
	{ name: 'liste-electorale-affectations', route: '/mes-scrutins/*/liste-electorale', reach: read_roll('?q=&lieu=lyc%C3%A9e+des') },
	{ name: 'liste-electorale-affectation', route: '/mes-scrutins/*/liste-electorale', reach: read_roll('?q=&lieu=lyc%C3%A9e+des+essais+7') },
	{ name: 'liste-electorale-affectation-inconnue', route: '/mes-scrutins/*/liste-electorale', reach: read_roll('?q=&lieu=zzzz') },
	{ name: 'liste-electorale-vide', route: '/mes-scrutins/*/liste-electorale', reach: read_roll('?q=goff&lieu=') },
	{ name: 'liste-electorale-sans-reclamation', route: '/mes-scrutins/*/liste-electorale', reach: dated('claims_until_at = utc_timestamp() - interval 1 day', read_roll('?q=martin')), undo: whole_dates },
	{ name: 'liste-electorale-avant', route: '/mes-scrutins/*/liste-electorale', reach: dated(LATER, read_roll()), undo: whole_dates },
	{ name: 'liste-electorale-apres', route: '/mes-scrutins/*/liste-electorale', reach: dated(OVER, read_roll()), undo: whole_dates },
	{ name: 'refus-429-liste', status: 429, reach: async (page) => {
		await entered(page);
		for (let i = 0; i < 70 && page.answer.status() !== 429; i++)
			await page.goto(`${d.base}/mes-scrutins/${ROLL}/liste-electorale?q=martin`);
	} },
	{ name: 'fin-de-session', route: '/assistance', reach: async (page) => {
		await entered(page);
		await page.goto(`${d.base}/assistance`);
		if (page.script)
			await page.evaluate(() => document.getElementById('fin-session').getAnimations().forEach((wait) => wait.finish()));
	} },
	{ name: 'session-prolongee', route: '/session', reach: async (page) => {
		await entered(page);
		await page.goto(`${d.base}/session`);
	} },
	{ name: 'session-au-plus', route: '/session', reach: async (page) => {
		await entered(page);
		await set_session(page, 'until', 600);
		await page.goto(`${d.base}/session`);
	} },
	{ name: 'session-terminee', route: '/accueil', reach: async (page) => {
		await entered(page);
		await set_session(page, 'idle_until', -1);
		await page.goto(`${d.base}/mon-compte`);
	} },
	{ name: 'aide', route: '/aide', reach: to('/aide') },
	{ name: 'aide-recherche', route: '/aide', reach: to('/aide?q=courriel') },
	{ name: 'aide-sans-reponse', route: '/aide', reach: to('/aide?q=zzzz') },
	{ name: 'edito', route: '/edito', reach: to('/edito') },
	{ name: 'tutoriel-electeur', route: '/tutoriels/parcours-electeur', reach: to('/tutoriels/parcours-electeur') },
	{ name: 'tutoriel-vote', route: '/tutoriels/parcours-de-vote', reach: to('/tutoriels/parcours-de-vote') },
	{ name: 'tutoriel-reassorts', route: '/tutoriels/reassorts', reach: to('/tutoriels/reassorts') },
	{ name: 'mentions-legales', route: '/mentions-legales', reach: to('/mentions-legales') },
	{ name: 'donnees-personnelles', route: '/donnees-personnelles', reach: to('/donnees-personnelles') },
	{ name: 'identifiant-oublie', route: '/identifiant-oublie', reach: to('/identifiant-oublie') },
	{ name: 'accessibilite', route: '/accessibilite', reach: to('/accessibilite') },
	{ name: 'assistance', route: '/assistance', snapshot: true, reach: to('/assistance') },
	{ name: 'assistance-connecte', route: '/assistance', reach: async (page) => {
		await entered(page);
		await page.goto(`${d.base}/assistance`);
	} },
	{ name: 'assistance-vide', route: '/assistance', errors: ['objet', 'nom', 'courriel', 'texte'], reach: async (page) => {
		await page.goto(`${d.base}/assistance`);
		await press(page, 'text=ENVOYER');
		await page.waitForSelector('#erreurs');
	} },
	{ name: 'assistance-recue', route: '/assistance/recue/*', reach: async (page) => {
		await page.goto(`${d.base}/assistance`);
		await request(page, { texte: `Demande ${Math.random()}` });
		await page.waitForURL('**/recue/*');
	} },
	{ name: 'reassort-deconnecte', route: '/reassort', reach: to('/reassort') },
	{ name: 'reassort-sans-compte', route: '/reassort', reach: async (page) => {
		await page.goto(await ask(page, d.fresh()));
		await leave_without(page);
		await page.goto(`${d.base}/reassort`);
	} },
	{ name: 'reassort-sans-code', route: '/reassort', reach: async (page) => {
		await entered(page);
		await page.goto(`${d.base}/reassort`);
	} },
	{ name: 'reassort', route: '/reassort', reach: async (page) => {
		await reissuer(page);
		await page.goto(`${d.base}/reassort`);
	} },
	{ name: 'reassort-annule', route: '/reassort', reach: async (page) => {
		d.sql(`update voting_code v join elector e on e.id = v.elector_id set void_at = utc_timestamp(), void_how = 'returned'
			where e.identifier = '${kept.reissuer}' and live = 1`);
		await reissuer(page);
		await page.goto(`${d.base}/reassort`);
	}, undo: () => d.sql(`update voting_code v join elector e on e.id = v.elector_id set void_at = null, void_how = null
		where e.identifier = '${kept.reissuer}' and void_how = 'returned'`) },
	{ name: 'reassort-question', route: '/reassort', reach: reissue() },
	{ name: 'reassort-vide', route: '/reassort', errors: ['reponse'], reach: reissue('') },
	{ name: 'reassort-faux', route: '/reassort', errors: ['reponse'], reach: reissue('Belle-Île'), undo: () => d.ctl('throttle', 'forgive', kept.reissuer, '--reason', 'essai') },
	{ name: 'reassort-code', route: '/reassort', reach: reissue('ile de brehat') },
	{ name: 'reassort-apres', route: '/reassort', reach: async (page) => {
		await set_election('opens_at = utc_timestamp() - interval 9 day, closes_at = utc_timestamp() - interval 2 day');
		await reissuer(page);
		await page.goto(`${d.base}/reassort`);
	}, undo: whole_vote },
	{ name: 'reassort-en-partie', route: '/reassort', reach: async (page) => {
		voted(1);
		await reissuer(page);
		await page.goto(`${d.base}/reassort`);
	}, undo: not_voted },
	{ name: 'reassort-tout-vote', route: '/reassort', reach: async (page) => {
		voted(99);
		await reissuer(page);
		await page.goto(`${d.base}/reassort`);
	}, undo: not_voted },
	{ name: 'mes-scrutins-vote', route: '/mes-scrutins', reach: async (page) => {
		voted(1);
		await reissuer(page);
		await page.goto(`${d.base}/mes-scrutins`);
	}, undo: not_voted },
	{ name: 'reassort-suspendu', route: '/reassort', reach: suspended(async (page) => {
		await reissuer(page);
		await page.goto(`${d.base}/reassort`);
	}), undo: resumed },
	{ name: 'refus-429-reassort', status: 429, reach: async (page) => {
		await reissue('rien')(page);
		for (let i = 0; i < 5 && page.answer.status() !== 429; i++) {
			await page.fill('#reponse', `rien ${i}`);
			await send(page, 'text=OBTENIR UN NOUVEAU CODE');
		}
	}, undo: () => d.ctl('throttle', 'forgive', kept.reissuer, '--reason', 'essai') },
	{ name: 'refus-400', status: 400, reach: to('/aide?q=%ff') },
	{ name: 'refus-403', status: 403, reach: async (page) => {
		await page.goto(`${d.base}/accueil`);
		await page.fill('#identifiant', 'prenom.nom@ac-nantes.fr');
		await page.context().clearCookies();
		await press(page, 'text=CONNEXION');
		await page.waitForSelector('text=Code 403');
	} },
	{ name: 'refus-404', status: 404, reach: to('/nulle-part') },
	{ name: 'refus-404-sans-election', status: 404, reach: (page) => page.goto(`${d.origin}/nulle-part/portail/`) },
	{ name: 'refus-405', status: 405, reach: to('/nouveau-lien') },
	{ name: 'refus-413', status: 413, reach: async (page) => {
		await page.goto(`${d.base}/assistance`);
		await request(page, { texte: 'x'.repeat(70000) });
	} },
	{ name: 'refus-415', status: 415, reach: async (page) => {
		await page.goto(`${d.base}/accueil`);
		await page.locator('form[action$=accueil]').evaluate((form) => { form.enctype = 'multipart/form-data'; });
		await press(page, 'text=CONNEXION');
		await page.waitForSelector('text=Code 415');
	} },
	{ name: 'refus-429', status: 429, reach: async (page) => {
		const who = `devine${Math.random().toString(36).slice(2)}@ac-nantes.fr`;
		for (let visit = 0; visit < 2; visit++) {
			const stranger = new Elector(d);
			let text = (await stranger.follow(await stranger.identify(who))).text;
			for (let i = 0; i < 5; i++)
				text = (await stranger.post(stranger.at('/connexion'), { ...hidden(text, '/connexion'), mot_de_passe: `Essai-${visit}${i} du hasard` })).text;
		}
		await log_in(page, who);
		await page.waitForSelector('text=Code 429');
	} },
	{ name: 'refus-429-assistance', status: 429, reach: async (page) => {
		for (let i = 0; i < 20 && page.answer?.status() !== 429; i++) {
			await page.goto(`${d.base}/assistance`);
			await request(page, { texte: `Demande ${i} ${Math.random()}` });
		}
	} },
	{ name: 'assistance-captcha', route: '/assistance', reach: async (page) => {
		/* Others behind the same address have used up what goes without. */
		for (let others = 0; others < 25; others++) {
			const one = new Elector(d);
			const { text } = await one.go(one.at('/assistance'));
			if (text.includes('id="captcha"'))
				break;
			await one.post(one.at('/assistance'), { ...hidden(text, '/assistance'), objet: 'courriel', nom: 'Un', courriel: `un${others}@ailleurs.example`, texte: 'Un autre.' });
		}
		await page.goto(`${d.base}/assistance`);
		await page.waitForSelector('#captcha');
	} },
	{ name: 'refus-503', status: 503, reach: async (page) => {
		await without('redis-ephemeral', to('/'))(page);
		await page.goto(`${d.base}/accueil`);
	}, undo: back('redis-ephemeral') },
	{ name: 'refus-503-a-renvoyer', status: 503, reach: async (page) => {
		await without('mariadb', to('/assistance'))(page);
		await request(page);
	}, undo: back('mariadb') },
	...CLAIM_STATES,
	{ name: 'nginx-400', status: 414, bare: true, reach: (page) => page.goto(`${d.origin}/${'a'.repeat(9000)}`) },
	{ name: 'nginx-404', status: 404, bare: true, reach: (page) => page.goto(`${d.origin}/theme/rien.css`) },
	{ name: 'nginx-413', status: 413, bare: true, reach: async (page) => {
		await page.goto(`${d.base}/assistance`);
		await request(page, { texte: 'x'.repeat(110000) });
	} },
	{ name: 'nginx-503', status: 503, bare: true, reach: async (page) => {
		await without('portal', to('/'))(page);
		await page.goto(`${d.base}/`);
	}, undo: back('portal') },

	{ name: 'plan-du-site', route: '/plan-du-site', reach: to('/plan-du-site') },
	{ name: 'plan-du-site-connecte', route: '/plan-du-site', reach: async (page) => {
		await entered(page);
		await page.goto(`${d.base}/plan-du-site`);
	} },

	/* A vote that the office holds. */
	{ name: 'suspendu-bienvenue', route: '/', reach: suspended(to('/')), undo: resumed },
	{ name: 'suspendu-portail', route: '/', reach: suspended(entered), undo: resumed },
	{ name: 'suspendu-outre-mer', route: '/', reach: suspended(async (page) => {
		elector_sql("time_zone = 'Pacific/Tahiti'", kept.active);
		await entered(page);
	}), undo: async () => {
		elector_sql("time_zone = 'Europe/Paris'", kept.active);
		await resumed();
	} },
	{ name: 'suspendu-tutoriel', route: '/tutoriels/parcours-de-vote', reach: suspended(to('/tutoriels/parcours-de-vote')), undo: resumed },
	{ name: 'suspendu-acces', route: '/accueil', reach: suspended(to('/accueil')), undo: resumed },
	/* Candidate lists and their draws. */
	{ name: 'listes', route: '/mes-scrutins/*/listes', reach: lists('/mes-scrutins/CSA-MEN/listes') },
	{ name: 'listes-sigle', route: '/mes-scrutins/*/listes', reach: lists('/mes-scrutins/CCMA/listes') },
	{ name: 'listes-avant', route: '/mes-scrutins/*/listes', reach: lists('/mes-scrutins/CSA-MEN/listes', 'utc_timestamp() + interval 3 day'), undo: () => set_lists(PUBLISHED) },
	{ name: 'listes-avant-outre-mer', route: '/mes-scrutins/*/listes', reach: lists('/mes-scrutins/CSA-MEN/listes', 'utc_timestamp() + interval 3 day',
		'update elector set time_zone = \'Pacific/Tahiti\''), undo: () => set_lists(PUBLISHED, 'update elector set time_zone = \'Europe/Paris\'') },
	{ name: 'listes-sans-date', route: '/mes-scrutins/*/listes', reach: lists('/mes-scrutins/CSA-MEN/listes', 'null'), undo: () => set_lists(PUBLISHED) },
	{ name: 'listes-non-tirees', route: '/mes-scrutins/*/listes', reach: lists('/mes-scrutins/CSA-AC/listes', PUBLISHED,
		`update candidate_list set place = null where code = 'LUC' and scrutin_id = ${of_scrutin('CSA-AC')}`),
	undo: () => d.sql(`update candidate_list set place = 9 where code = 'LUC' and scrutin_id = ${of_scrutin('CSA-AC')}`) },
	{ name: 'listes-retirees', route: '/mes-scrutins/*/listes', reach: lists('/mes-scrutins/CCMMEP/listes', PUBLISHED,
		`update candidate_list set withdrawn_at = utc_timestamp() where scrutin_id = ${of_scrutin('CCMMEP')}`),
	undo: () => d.sql('update candidate_list set withdrawn_at = null') },
	{ name: 'profession-de-foi', route: '/mes-scrutins/*/listes/*/profession-de-foi', reach: lists('/mes-scrutins/CSA-MEN/listes/BOU/profession-de-foi') },
	{ name: 'tirage-au-sort', route: '/tirage-au-sort', reach: to('/tirage-au-sort') },
	{ name: 'tirage-au-sort-avant', route: '/tirage-au-sort', reach: async (page) => {
		await set_lists('utc_timestamp() + interval 3 day');
		await page.goto(`${d.base}/tirage-au-sort`);
	}, undo: () => set_lists(PUBLISHED) },
	{ name: 'tirage-au-sort-sans-date', route: '/tirage-au-sort', reach: async (page) => {
		await set_lists('null');
		await page.goto(`${d.base}/tirage-au-sort`);
	}, undo: () => set_lists(PUBLISHED) },
	{ name: 'tirage', route: '/tirage-au-sort/*', reach: to('/tirage-au-sort/CSA-MEN') },
	{ name: 'tirage-refait', route: '/tirage-au-sort/*', reach: async (page) => {
		d.sql(`insert into list_draw (scrutin_id, seed, method, seed_hash, ordered, result, drawn_at, drawn_by, reason)
			select scrutin_id, seed, method, seed_hash, ordered, result, drawn_at, drawn_by, 'Une liste a été admise après le premier tirage.' from list_draw
			where scrutin_id = ${of_scrutin('CSA-AC')} limit 1`);
		await page.goto(`${d.base}/tirage-au-sort/CSA-AC`);
	} },
];

async function enter_without() {
	const me = new Elector(d);
	const link = await me.ask(d.fresh());

	await me.leave(await me.choose(link), 'sans_activation');
	return link;
}

/** An accessibility tree without what differs from one run to the next: references, whose turn it is, a made-up address, dates, what is left until the vote. */
export function constant(tree) {
	return tree
		.replace(/(inconnu|devine)\w+@/g, '$1@')
		.replace(/- strong: (?:M\.|Mme) .*/g, '- strong: PERSONNE')
		.replace(/(textbox "Identifiant électeur": )\S+@\S+/g, '$1ADRESSE')
		.replace(/\b[2-9A-Z]{3}-[2-9A-Z]{4}\b/g, 'REF-ERENCE')
		.replace(/- paragraph: .*Référence technique.*/g, '- paragraph: Référence technique')
		.replace(/(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche) \d+(?:er)?\s\S+ \d{4} à \d+\sh\s\d\d/g, 'DATE')
		.replace(/\d+\sh\s\d\d/g, 'HEURE')
		.replace(/\d+ (jour|heure|minute)\(s\)/g, 'N $1(s)');
}
