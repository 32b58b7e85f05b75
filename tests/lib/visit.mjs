/*
 * One elector's whole way in on an installed portal, from the host that it runs on: node visit.mjs ORIGIN MAILBOX IDENTIFIER. Prints what was seen, as JSON.
 * It reads a captcha's code from the key, as root may.
 */
import { captcha_code, until } from './demo.mjs';
import { Elector, hidden } from './elector.mjs';

const [origin, mailbox, who] = process.argv.slice(2);
const place = {
	origin,
	base: `${origin}/demo/portail`,
	secrets: new Set(),
	captcha: (id) => captcha_code('/etc/isoloir/keys', id),
	async link(to) {
		const mail = await until('the mail', async () => (await (await fetch(`${mailbox}?to=${encodeURIComponent(to)}`)).json()).at(-1));
		return mail.text.match(new RegExp(`${origin}/\\S+/activation/[\\w-]+`))[0];
	},
};
const me = new Elector(place);
const access = await me.go(me.at('/accueil'));
const { captcha_id } = hidden(access.text, '/accueil');
const type = async (kind) => (await me.get(me.at(`/captcha/${captcha_id}.${kind}`))).headers['content-type'];
const image = await type('png'), sound = await type('wav');
const home = await me.enter(who, 'activer');
const again = new Elector(place);
const back = await again.follow(await again.log_in(who));

console.log(JSON.stringify({ image, sound, home: home.status, back: back.status, who_is_in: /Mon Compte/.test(back.text) }));
