/*
 * An elector without a browser: plain HTTP, own cookies, the forms as the pages give them. Every step returns the answer
 * ({status, headers, text, url}); go() follows redirects by hand as browsers do.
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'" };

function unescape(text) {
	return text.replace(/&(\w+|#\w+);/g, (all, name) => ENTITIES[name] ?? all);
}

/** Hidden fields of the page's first form that posts to a path ending in `action`. */
export function hidden(text, action) {
	const form = [...text.matchAll(/<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g)].find(([, to]) => to.endsWith(action));

	assert.ok(form, `a form that goes to ${action}, in: ${text.slice(0, 2000)}`);
	return Object.fromEntries([...form[2].matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)]
		.map(([, name, value]) => [name, unescape(value)]));
}

export const PASSWORD = 'Un vieux Chêne-7 sur la lande';
const agents = new Map([http, https].map((net) => [net, new net.Agent({ keepAlive: true, maxSockets: 200 })]));

export class Elector {
	/** address: where to come from, any of 127.0.0.0/8; the portal then sees it as another machine. Such a one says goodbye with leave_net(). */
	constructor(demo, { address } = {}) {
		this.demo = demo;
		this.cookies = new Map();
		this.net = demo.origin.startsWith('https:') ? https : http;
		this.agent = address ? new this.net.Agent({ keepAlive: true, maxSockets: 50, localAddress: address }) : agents.get(this.net);
	}

	leave_net() {
		if (this.agent !== agents.get(this.net))
			this.agent.destroy();
	}

	request(method, url, { body, headers = {} } = {}) {
		const target = new URL(url, this.demo.origin);
		const all = {
			...(this.cookies.size ? { Cookie: [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ') } : {}),
			...(body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded', Origin: this.demo.origin }),
			...headers,
		};
		const text = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : new URLSearchParams(body).toString();

		return new Promise((done, fail) => {
			const out = this.net.request(target, { method, agent: this.agent, headers: all }, (answer) => {
				const chunks = [];
				answer.on('data', (chunk) => chunks.push(chunk));
				answer.on('close', () => fail(new Error(`the answer to ${method} ${target} was cut`))); /* after 'end' this says nothing */
				answer.on('end', () => {
					const bytes = Buffer.concat(chunks);
					this.#keep_cookies(answer.headers['set-cookie'] ?? []);
					done({ status: answer.statusCode, headers: answer.headers, bytes, text: bytes.toString(), url: target.href });
				});
			});
			out.on('error', fail);
			out.end(text);
		});
	}

	#keep_cookies(lines) {
		for (const line of lines) {
			const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
			if (/max-age=0/i.test(line))
				this.cookies.delete(name);
			else
				this.cookies.set(name, value);
		}
	}

	get(url, options) {
		return this.request('GET', url, options);
	}

	post(url, body, options = {}) {
		return this.request('POST', url, { body, ...options });
	}

	async follow(answer) {
		for (let i = 0; i < 8 && [301, 302, 303].includes(answer.status); i++)
			answer = await this.get(new URL(answer.headers.location, answer.url).href);
		return answer;
	}

	async go(url) {
		return this.follow(await this.get(url));
	}

	at(path) {
		return `${this.demo.base}${path}`;
	}

	/** The hidden fields of a page's form with its captcha answered. */
	async solved(text, action) {
		const fields = hidden(text, action);
		return { ...fields, captcha: this.demo.captcha(fields.captcha_id) };
	}

	/** Screen 1: gives the identifier; the answer to CONNEXION, not followed. */
	async identify(identifier, more = {}) {
		const page = await this.go(this.at('/accueil'));
		return this.post(this.at('/accueil'), { ...await this.solved(page.text, '/accueil'), identifiant: identifier, ...more });
	}

	/** Screens 1 to 3: asks and returns the mailed link. */
	async ask(identifier, n = 1) {
		const answer = await this.follow(await this.identify(identifier));
		assert.equal(answer.status, 200);
		return this.demo.link(identifier, n);
	}

	/** Screen 4, from the link: chooses a password; the challenge page. */
	async choose(link, password = PASSWORD, confirmation = password) {
		const page = await this.go(link);
		assert.equal(page.status, 200, page.text);
		this.demo.secrets.add(password);
		return this.follow(await this.post(this.at('/mot-de-passe'),
			{ ...await this.solved(page.text, '/mot-de-passe'), mot_de_passe: password, confirmation }));
	}

	/** Screen 5: one of its two ways out; the answer, not followed. */
	leave(challenge, how, more = {}) {
		const question = challenge.text.match(/<option value="(\d+)"/)?.[1] ?? challenge.text.match(/name="question" value="(\d+)"/)?.[1] ?? '1';
		return this.post(this.at('/question-defi'), {
			...hidden(challenge.text, '/question-defi'),
			...(how === 'activer' ? { question, reponse: 'Île de Bréhat', reponse_confirmation: 'ile de brehat' } : {}),
			[how]: '1',
			...more,
		});
	}

	/** The whole way of a first visit; the home page. */
	async enter(identifier, how) {
		const challenge = await this.choose(await this.ask(identifier));
		return this.follow(await this.leave(challenge, how));
	}

	/** A return visit with the password; the answer, not followed. */
	async log_in(identifier, password = PASSWORD) {
		const page = await this.follow(await this.identify(identifier));
		return this.post(this.at('/connexion'), { ...hidden(page.text, '/connexion'), mot_de_passe: password });
	}
}
