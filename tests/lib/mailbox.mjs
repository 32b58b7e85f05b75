/*
 * The demo's and the tests' mail catcher: takes every mail at once over SMTP (STARTTLS offered), keeps the
 * newest in memory, and shows them in a web page for people and as a JSON array for programs.
 *
 *   node mailbox.mjs --ready FILE [--smtp PORT] [--http PORT] [--cert FILE --key FILE]
 *
 * Port 0 (the default) takes a free one. Once both listen, FILE holds "SMTP_PORT=… HTTP_PORT=…", one a line.
 * A mail is parsed when somebody first looks at it, so that taking mails stays cheap.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { parseArgs } from 'node:util';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

const KEPT = 20000;
const SIZE_MAX = 1 << 20;
const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: start; padding: .4rem .6rem; border-bottom: 1px solid #8886; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 1rem; border: 1px solid #8886; }
`;

const options = parseArgs({
	options: {
		ready: { type: 'string' },
		smtp: { type: 'string', default: '0' },
		http: { type: 'string', default: '0' },
		cert: { type: 'string' },
		key: { type: 'string' },
	},
}).values;

/* Mails in the order in which their 250 went out; number: 1, 2, 3… for ever, even when old ones are let go. */
const mails = [];
let taken = 0;

function keep(envelope, raw) {
	mails.push({ number: ++taken, at: new Date(), envelope, raw });
	if (mails.length > KEPT)
		mails.shift();
}

function find(number) {
	return mails.find((mail) => mail.number === number);
}

function addresses(field) {
	return [field ?? []].flat().flatMap((one) => one.value).map((one) => one.address);
}

async function parse(raw) {
	const seen = await simpleParser(raw, { skipTextToHtml: true, skipTextLinks: true });
	const headers = {};

	for (const { key, line } of seen.headerLines)
		headers[key] = line.replace(/^[^:]*:\s*/, '').replace(/\r?\n\s+/g, ' ');
	return {
		from: addresses(seen.from)[0] ?? '',
		fromName: seen.from?.value[0]?.name ?? '',
		subject: seen.subject ?? '',
		messageId: seen.messageId ?? '',
		date: seen.date?.toISOString() ?? '',
		headers,
		text: seen.text ?? '',
		html: seen.html || '',
	};
}

/* What programs see of a mail. */
async function view(mail) {
	mail.parsed ??= parse(mail.raw);
	return {
		number: mail.number,
		received: mail.at.toISOString(),
		envelopeFrom: mail.envelope.from,
		to: mail.envelope.to,
		...(await mail.parsed),
	};
}

/* SMTP */

function take(stream, session, done) {
	const chunks = [];

	stream.on('data', (chunk) => chunks.push(chunk));
	stream.on('end', () => {
		if (stream.sizeExceeded)
			return done(Object.assign(new Error('too large'), { responseCode: 552 }));
		keep({
			from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '',
			to: session.envelope.rcptTo.map((one) => one.address),
		}, Buffer.concat(chunks));
		return done();
	});
}

function smtp_server() {
	const tls = options.cert ? { cert: readFileSync(options.cert), key: readFileSync(options.key) } : {};
	const server = new SMTPServer({
		...tls,
		name: 'mailbox.localhost',
		banner: 'mailbox of the demo',
		disabledCommands: options.cert ? [] : ['STARTTLS'],
		authOptional: true,
		allowInsecureAuth: true,
		disableReverseLookup: true,
		size: SIZE_MAX,
		noDelay: true,
		onAuth: (auth, session, done) => done(null, { user: auth.username }),
		onData: take,
	});

	server.on('error', (wrong) => {
		/* One client that hangs up in the middle of things is its own affair. */
		if (wrong.syscall === 'listen')
			throw wrong;
	});
	return server;
}

/* The web page */

function escape(text) {
	return String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function page(title, body) {
	return `<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>${escape(title)}</title>`
		+ `<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body>${body}</body></html>`;
}

async function list_page() {
	const newest = await Promise.all(mails.slice(-200).reverse().map(view));
	const rows = newest.map((mail) => `<tr><td>${escape(new Date(mail.received).toLocaleTimeString('fr-FR'))}</td>`
		+ `<td>${escape(mail.to.join(', '))}</td><td><a href="/mail/${mail.number}">${escape(mail.subject)}</a></td></tr>`);

	return page('Boîte aux lettres de la démonstration',
		'<h1>Boîte aux lettres de la démonstration</h1><p>Tous les messages partis du portail arrivent ici, quel que soit '
		+ 'leur destinataire ; le plus récent en tête. <a href="/">Actualiser</a></p>'
		+ `<table><thead><tr><th>Reçu à</th><th>Pour</th><th>Objet</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
		+ (rows.length ? '' : '<p>Aucun message pour l’instant.</p>'));
}

function linked(text) {
	return escape(text).replace(/https?:\/\/[^\s<>&]+/g, (address) => `<a href="${address}" rel="noreferrer">${address}</a>`);
}

async function mail_page(mail) {
	const seen = await view(mail);

	return page(seen.subject,
		`<p><a href="/">Tous les messages</a></p><h1>${escape(seen.subject)}</h1>`
		+ `<p>De ${escape(seen.fromName)} &lt;${escape(seen.from)}&gt; pour ${escape(seen.to.join(', '))}</p>`
		+ `<p><a href="/mail/${mail.number}/html">Version mise en page</a> · <a href="/mail/${mail.number}/source">Source</a></p>`
		+ `<pre>${linked(seen.text)}</pre>`);
}

const HTML = 'text/html; charset=utf-8';
const SHOWN = {
	'': async (mail) => [HTML, await mail_page(mail)],
	html: async (mail) => [HTML, (await view(mail)).html],
	source: async (mail) => ['text/plain; charset=utf-8', mail.raw],
};

/* GET /mails.json, with ?to=ADDRESS and ?after=NUMBER for those who wait for one mail. */
async function json(query) {
	const to = query.get('to');
	const after = Number(query.get('after') ?? 0);
	const wanted = mails.filter((mail) => mail.number > after && (to === null || mail.envelope.to.includes(to)));

	return ['application/json; charset=utf-8', JSON.stringify(await Promise.all(wanted.map(view)))];
}

async function answer(url) {
	const [, number, form = ''] = url.pathname.match(/^\/mail\/(\d+)(?:\/(html|source))?$/) ?? [];
	const mail = number && find(Number(number));

	if (url.pathname === '/')
		return [HTML, await list_page()];
	if (url.pathname === '/mails.json')
		return json(url.searchParams);
	return mail ? SHOWN[form](mail) : null;
}

function http_server() {
	return http.createServer(async (request, response) => {
		const found = await answer(new URL(request.url, 'http://localhost')).catch((wrong) => ['text/plain', String(wrong)]);

		response.writeHead(found ? 200 : 404, {
			'Content-Type': found?.[0] ?? HTML,
			'Content-Security-Policy': PAGE_POLICY,
			'Cache-Control': 'no-store',
		});
		response.end(found?.[1] ?? page('Message absent', '<h1>Ce message n’est pas là</h1>'));
	});
}

function listen(server, port) {
	return new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen(Number(port), '127.0.0.1', resolve);
	});
}

const smtp = smtp_server();
const web = http_server();

await listen(smtp, options.smtp);
await listen(web, options.http);
process.on('SIGTERM', () => process.exit(0));
process.on('SIGINT', () => process.exit(0));
if (options.ready) {
	writeFileSync(`${options.ready}.new`, `SMTP_PORT=${smtp.server.address().port}\nHTTP_PORT=${web.address().port}\n`);
	renameSync(`${options.ready}.new`, options.ready);
}
