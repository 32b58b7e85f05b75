/*
 * Every hour that an elector reads, in each of the eleven overseas territories and over the changes of the clocks: home page, mails, and the
 * countdown, which counts the same minutes whatever zone the device is set to. The words to expect come from ICU, not from the C library.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { demo, pause } from '../lib/demo.mjs';
import { Elector } from '../lib/elector.mjs';
import { close_browser, new_page, open_browser } from './lib.mjs';

const ZONES = [
	['Europe/Paris', null],
	['America/Guadeloupe', 'Guadeloupe'],
	['America/Martinique', 'Martinique'],
	['America/Cayenne', 'Guyane'],
	['Indian/Reunion', 'La Réunion'],
	['Indian/Mayotte', 'Mayotte'],
	['America/Miquelon', 'Saint-Pierre-et-Miquelon'],
	['America/St_Barthelemy', 'Saint-Barthélemy'],
	['America/Marigot', 'Saint-Martin'],
	['Pacific/Tahiti', 'Tahiti et îles de la Société'],
	['Pacific/Marquesas', 'îles Marquises'],
	['Pacific/Gambier', 'îles Gambier'],
	['Pacific/Wallis', 'Wallis-et-Futuna'],
	['Pacific/Noumea', 'Nouvelle-Calédonie'],
	['Indian/Kerguelen', 'Terres australes'],
];

/* Votes that a change of the clocks falls into: that of Miquelon (14 March 2027), of Paris (28 March), both back (31 October, 7 November). */
const VOTES = [
	['2027-03-10T07:00:00Z', '2027-03-18T16:00:00Z'],
	['2027-03-26T07:00:00Z', '2027-04-02T15:00:00Z'],
	['2027-10-29T06:00:00Z', '2027-11-08T16:00:00Z'],
	['2027-03-28T00:59:00Z', '2027-03-28T01:00:00Z'],
];

let d;

before(async () => {
	d = await demo('times.mjs', { settings: '[portal]\nworkers = 2\n' });
	await open_browser();
});

after(async () => {
	await close_browser();
	assert.deepEqual(await d.stop(), [], 'logs hold no report, secret, link or address, and the demo ends well');
});

/** "mardi 1er décembre 2026 à 8 h 00", no-break spaces and all. */
function words(at, timeZone) {
	const part = Object.fromEntries(new Intl.DateTimeFormat('fr-FR', {
		timeZone, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', hour: 'numeric', minute: '2-digit', hourCycle: 'h23',
	}).formatToParts(new Date(at)).map(({ type, value }) => [type, value]));
	const day = part.day === '1' ? '1er' : part.day;

	return `${part.weekday} ${day}\u00a0${part.month} ${part.year} à ${Number(part.hour)}\u00a0h\u00a0${part.minute}`;
}

const sql_time = (at) => new Date(at).toISOString().slice(0, 19).replace('T', ' ');

async function set_vote(opens, closes) {
	d.sql(`update election set opens_at = '${sql_time(opens)}', closes_at = '${sql_time(closes)}'`);
	d.ctl('reload', 'portal'); /* workers keep an election's row for some seconds; new ones read it anew */
	await pause(700);
}

const plain = (html) => html.replace(/<[^>]*>/g, '');

test('the home page tells Paris time, and that of the territory beside it, before and after every change of the clocks', async () => {
	const who = d.fresh();
	const me = new Elector(d);

	await me.enter(who, 'activer');
	for (const [opens, closes] of VOTES) {
		await set_vote(opens, closes);
		for (const [zone, name] of ZONES) {
			d.sql(`update elector set time_zone = '${zone}' where identifier = '${who}'`);
			const text = plain((await me.go(me.at('/'))).text);
			assert.ok(text.includes(`Ouvert du ${words(opens, 'Europe/Paris')} au ${words(closes, 'Europe/Paris')} (heure de Paris).`), text);
			const here = `À votre heure (${name})\u00a0: du ${words(opens, zone)} au ${words(closes, zone)}.`;
			assert.ok(name ? text.includes(here) : !text.includes('À votre heure'), `${zone}: ${here}\n${text}`);
		}
	}
});

test('the mail tells until when its link works by the clocks of the person whom it is for', async () => {
	for (const [zone, name] of ZONES) {
		const who = d.fresh();
		d.sql(`update elector set time_zone = '${zone}' where identifier = '${who}'`);
		await new Elector(d).ask(who);
		const { text, html } = await d.mail(who);
		const until = Number(d.sql(`select unix_timestamp(expires_at) from activation_token t join elector e on e.id = t.elector_id where e.identifier = '${who}'`)) * 1000;
		for (const body of [text, plain(html)].map((one) => one.replace(/\s*\n\s*/g, ' '))) {
			assert.ok(body.includes(`jusqu’au ${words(until, 'Europe/Paris')}, heure de Paris`), body);
			assert.equal(body.includes(`jusqu’au ${words(until, zone)}, à l’heure de votre territoire`), name !== null, `${zone}: ${body}`);
		}
	}
});

test('a countdown over a change of the clocks counts minutes that pass, in whatever zone the device is', async () => {
	/* 400 days hold every change there is. */
	const opens = (Math.floor(Date.now() / 60000) + 400 * 1440 + 13 * 60 + 7) * 60000;
	const left = () => {
		const minutes = Math.ceil((opens - Date.now()) / 60000);
		return [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60].join(' ');
	};

	await set_vote(opens, opens + 7 * 86400000);
	for (const timezoneId of ZONES.map(([zone]) => zone).concat('Asia/Kathmandu')) {
		const page = await new_page({ timezoneId });
		await page.clock.install();
		await page.goto(`${d.base}/`);
		const shown = async () => (await page.locator('[data-phase=avant] [data-part]').allInnerTexts()).join(' ');
		const expected = left();
		assert.ok([expected, left()].includes(await shown()), `${timezoneId}, without the script: ${await shown()}, not ${expected}`);
		await page.clock.fastForward((36 * 60 + 1) * 60000);
		await page.clock.runFor(5000);
		const [days, hours, minutes] = (await shown()).split(' ').map(Number);
		const passed = expected.split(' ').map(Number);
		const minus = (passed[0] * 1440 + passed[1] * 60 + passed[2]) - (days * 1440 + hours * 60 + minutes);
		assert.ok(minus >= 36 * 60 + 1 && minus <= 36 * 60 + 3, `${timezoneId}: ${minus} minutes less after 36 hours and a minute`);
		await page.context().close();
	}
});

test('a device whose clock is wrong by hours still counts down to the right minute', async () => {
	for (const wrong of [-7, 9]) {
		const page = await new_page({ timezoneId: 'Pacific/Noumea' });
		await page.clock.install({ time: Date.now() + wrong * 3600000 });
		await page.goto(`${d.base}/`);
		const shown = async () => (await page.locator('[data-phase=avant] [data-part]').allInnerTexts()).map(Number);
		const [days, hours, minutes] = await shown();
		await page.clock.fastForward(120000);
		await page.clock.runFor(5000);
		const [d2, h2, m2] = await shown();
		const minus = (days * 1440 + hours * 60 + minutes) - (d2 * 1440 + h2 * 60 + m2);
		assert.ok(minus >= 1 && minus <= 3, `${wrong} hours off: ${minus} minutes less after two`);
		await page.context().close();
	}
});
