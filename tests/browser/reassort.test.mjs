/*
 * Réassort in Chromium: the code stays on the screen as long as its elector does, prints well, and is gone for whoever comes back.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { demo, until } from '../lib/demo.mjs';
import { Elector, hidden } from '../lib/elector.mjs';
import { close_browser, new_page, open_browser, press, SHOTS } from './lib.mjs';
import { log_in, walk_on } from './way.mjs';

let d;

before(async () => {
	d = await demo('reassort.mjs', { settings: '[portal]\nworkers = 2\n[mailer]\ncooldown = 1s\n' });
	walk_on(d);
	await open_browser();
});

after(async () => {
	await close_browser();
	assert.deepEqual(await d.stop(), [], 'logs hold no report, code, link or address, and the demo ends well');
});

async function with_link() {
	const who = d.fresh();
	const me = new Elector(d);

	await me.enter(who, 'activer');
	d.sql(`insert into voting_code (elector_id, hash, how, issued_at) select id, unhex(sha2('${who}', 256)), 'notice', utc_timestamp() from elector where identifier = '${who}'`);
	await me.post(me.at('/reassort/lien'), hidden((await me.get(me.at('/reassort'))).text, '/reassort/lien'));
	const link = await until('the mail', async () => (await d.mails(who)).map((mail) => mail.text.match(/http:\/\/\S+\/reassort\/lien\/[\w-]+/)?.[0]).find(Boolean), 30);
	d.secrets.add(link.split('/').at(-1));
	return { who, link };
}

for (const script of [true, false])
	test(`the link first, then the password, then the answer; the code stays, prints, and does not come back (${script ? 'with' : 'without'} scripts)`, async () => {
		const { who, link } = await with_link();
		const page = await new_page({ script });

		try {
			await page.goto(link);
			assert.match(await page.innerText('main'), /Votre lien est gardé dans ce navigateur/);
			await log_in(page, who);
			await page.waitForURL('**/portail/');
			await press(page, 'section:has(#vote) >> text=Réassort de mon code de vote');
			await page.waitForURL('**/reassort');
			await page.fill('#reponse', 'ile de brehat');
			if (script)
				await page.clock.install();
			await Promise.all([page.waitForNavigation(), press(page, 'text=OBTENIR UN NOUVEAU CODE')]);
			const code = (await page.innerText('.code-vote')).replace(/\s/g, '');
			assert.match(code, /^(?:\w{3}-){5}\w{3}$/);
			d.secrets.add(code);
			if (script)
				await page.clock.fastForward('00:50:00');
			assert.equal((await page.innerText('.code-vote')).replace(/\s/g, ''), code, 'it stays');
			await page.emulateMedia({ media: 'print' });
			await page.screenshot({ path: join(SHOTS, 'reassort-code-print.png'), fullPage: true });
			assert.ok(await page.locator('.code-vote').isVisible());
			assert.equal(await page.locator('.epellation li:visible').count(), 6);
			for (const gone of ['header nav', '.actions', '.session', '.fin'])
				assert.equal(await page.locator(`${gone}:visible`).count(), 0, gone);
			await page.emulateMedia({ media: 'screen' });
			await page.goto(`${d.base}/`);
			await page.goBack({ timeout: 4000 }).catch(() => {}); /* Chromium asks whether to send the form again */
			assert.equal(await page.locator('.code-vote').count(), 0, 'whoever goes back finds no code');
			await until('the page after it', () => page.goto(`${d.base}/reassort`).then(() => true, () => false));
			assert.match(await page.innerText('main'), /Un code vous a été remis ici le/);
		} finally {
			await page.context().close();
		}
	});
