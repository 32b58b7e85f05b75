/*
 * An SMTP peer that misbehaves on cue. Each arriving mail asks `cue({to, n, phase})` what to do, where n counts the tries for that recipient:
 *   undefined          behave
 *   "450 4.2.0 later"  answer this at that phase
 *   {cut: true}        cut the connection instead of answering
 *   {wait: ms}         answer late
 *   {raw: bytes}       answer these bytes and nothing else, which is no acceptance
 *   {keep: true, …}    at the dot: take the mail, whatever is answered or not
 * phase: connect, ehlo, mail, rcpt, data, text (before the mail is read), dot (after its end was).
 * What is taken goes through `keep(mail)` first, before a 250 leaves: who counts mails counts there. `extensions` may be a function of the session's number.
 * With `tls: {key, cert, …}` it offers STARTTLS, with `user` and `password` it wants AUTH PLAIN (under TLS or not).
 * It checks, too, what it may check: that a mail's end comes only after RCPT was accepted, and that lines are ended by CRLF.
 */
import net from 'node:net';
import tls from 'node:tls';

export class SmtpPeer {
	constructor(options = {}) {
		this.extensions = typeof options.extensions === 'function' ? options.extensions : () => options.extensions ?? ['8BITMIME'];
		this.keep = options.keep ?? (() => {});
		this.cue = options.cue ?? (() => undefined);
		this.tls = options.tls;
		this.user = options.user;
		this.password = options.password;
		this.secured = 0; // sessions that went over to TLS
		this.mails = []; // {to, text, taken: did we say 250?, at}
		this.sessions = 0;
		this.perSession = []; // mails taken in each session
		this.tries = new Map();
		this.sockets = new Set();
		this.commands = [];
		this.envelopes = []; // each MAIL and RCPT, whole
	}

	listen(port = 0) {
		this.server = net.createServer((socket) => this.#serve(socket));
		return new Promise((done, failed) => {
			this.server.once('error', failed);
			this.server.listen(port, '127.0.0.1', () => {
				this.port = this.server.address().port;
				done(this);
			});
		});
	}

	/** Refuse connections from now on, and cut those there are. */
	close() {
		for (const socket of this.sockets)
			socket.destroy();
		return new Promise((done) => (this.server?.listening ? this.server.close(done) : done()));
	}

	takenBy(to) {
		return this.mails.filter((m) => m.taken && m.to === to);
	}

	async #serve(socket) {
		const session = { index: this.sessions++, from: null, to: null, accepted: false };

		this.perSession[session.index] = 0;
		this.sockets.add(socket);
		socket.on('close', () => this.sockets.delete(socket));
		socket.on('error', () => {});
		try {
			await this.#say(socket, session, 'connect', '220 peer ESMTP');
			socket = await this.#converse(socket, session);
			if (session.upgrade)
				socket = await this.#converse(await this.#secure(socket, session), session);
		} catch (error) {
			if (!(error instanceof Cut))
				throw error;
		}
		socket.destroy();
	}

	async #converse(socket, session) {
		const reader = new Lines(socket);

		for (let line; (line = await reader.line()) !== null;)
			if (!(await this.#answer(socket, reader, session, line)))
				break;
		reader.leave();
		return socket;
	}

	async #secure(socket, session) {
		session.upgrade = false;
		const secure = new tls.TLSSocket(socket, { isServer: true, ...this.tls });

		secure.on('error', () => {});
		await new Promise((done) => {
			secure.once('secure', done);
			secure.once('close', done);
		});
		if (secure.destroyed || !secure.getProtocol())
			throw new Cut();
		session.secure = true;
		this.secured++;
		return secure;
	}

	/* What the cue wants at this phase, or the usual answer. Returns the answer's first digit. */
	async #say(socket, session, phase, usual) {
		return this.#answer_as(socket, this.#ask(session, phase), usual);
	}

	#ask(session, phase) {
		return this.cue({ to: session.to, n: this.tries.get(session.to) ?? 0, phase, session: session.index });
	}

	async #answer_as(socket, cue, usual) {
		if (cue?.wait)
			await new Promise((done) => setTimeout(done, cue.wait));
		if (cue?.raw && !socket.destroyed)
			socket.write(cue.raw);
		if (cue?.cut) {
			socket.destroy();
			throw new Cut();
		}
		if (cue?.raw)
			return '';
		const said = typeof cue === 'string' ? cue : cue?.say ?? usual;

		if (!socket.destroyed)
			socket.write(`${said}\r\n`);
		return said[0];
	}

	async #answer(socket, reader, session, line) {
		const verb = line.slice(0, 4).toUpperCase();

		this.commands.push(verb);
		if (verb === 'MAIL' || verb === 'RCPT')
			this.envelopes.push(line);
		if (verb === 'EHLO') {
			const offers = ['peer', ...this.extensions(session.index), ...(this.tls && !session.secure ? ['STARTTLS'] : []), ...(this.user ? ['AUTH PLAIN'] : [])];
			const said = offers.map((e, i, all) => `250${i === all.length - 1 ? ' ' : '-'}${e}`);

			await this.#say(socket, session, 'ehlo', said.join('\r\n'));
		} else if (verb === 'STAR' && this.tls) {
			socket.write('220 go on\r\n');
			session.upgrade = true;
			return false;
		} else if (verb === 'AUTH') {
			await this.#auth(socket, reader, session, line);
		} else if (verb === 'MAIL' && this.user && !session.known) {
			socket.write('530 5.7.0 who are you\r\n');
		} else if (verb === 'HELO' || verb === 'RSET' || verb === 'NOOP') {
			session.to = null;
			session.accepted = false;
			socket.write('250 yes\r\n');
		} else if (verb === 'MAIL') {
			session.to = null;
			await this.#say(socket, session, 'mail', '250 2.1.0 yes');
		} else if (verb === 'RCPT') {
			session.to = /<(.*)>/.exec(line)[1];
			this.tries.set(session.to, (this.tries.get(session.to) ?? 0) + 1);
			session.accepted = (await this.#say(socket, session, 'rcpt', '250 2.1.5 yes')) === '2';
		} else if (verb === 'DATA') {
			await this.#data(socket, reader, session);
		} else if (verb === 'BDAT') {
			await this.#bdat(socket, reader, session, line);
		} else if (verb === 'QUIT') {
			socket.end('221 bye\r\n');
			return false;
		} else {
			socket.write('500 what\r\n');
		}
		return true;
	}

	async #auth(socket, reader, session, line) {
		let given = line.split(' ')[2];

		if (given === undefined) {
			socket.write('334 \r\n');
			given = await reader.line();
		}
		const [, user, password] = Buffer.from(given ?? '', 'base64').toString().split('\0');

		session.known = user === this.user && password === this.password;
		socket.write(session.known ? '235 2.7.0 welcome\r\n' : '535 5.7.8 no\r\n');
	}

	async #data(socket, reader, session) {
		if (!session.accepted) {
			socket.write('554 5.5.1 no valid recipients\r\n');
			return;
		}
		if ((await this.#say(socket, session, 'data', '354 go on')) !== '3')
			return;
		await this.#before_text(socket, session);
		let text = '';

		for (let line; (line = await reader.line()) !== '.';) {
			if (line === null)
				return; // cut before the dot: nothing came
			text += `${line.startsWith('.') ? line.slice(1) : line}\r\n`;
		}
		await this.#take(socket, session, text);
	}

	async #bdat(socket, reader, session, line) {
		const [, size, last] = /^BDAT (\d+)( LAST)?/i.exec(line);

		await this.#before_text(socket, session);
		const chunk = await reader.bytes(Number(size));

		if (chunk === null)
			return;
		session.chunks = (session.chunks ?? '') + chunk;
		if (!session.accepted) {
			socket.write('503 5.5.1 no valid recipients\r\n');
		} else if (!last) {
			socket.write('250 2.0.0 chunk\r\n');
		} else {
			const text = session.chunks;

			session.chunks = '';
			await this.#take(socket, session, text);
		}
	}

	/* Here a cue can only cut, or wait. */
	async #before_text(socket, session) {
		const cue = this.#ask(session, 'text');

		if (cue?.wait)
			await new Promise((done) => setTimeout(done, cue.wait));
		if (cue?.cut) {
			socket.destroy();
			throw new Cut();
		}
	}

	async #take(socket, session, text) {
		const mail = { to: session.to, text, taken: false, at: Date.now(), session: session.index };
		const cue = this.#ask(session, 'dot');

		this.mails.push(mail);
		mail.kept = cue?.keep || (!cue?.cut && !cue?.raw && (typeof cue === 'string' ? cue : cue?.say ?? '2')[0] === '2');
		if (mail.kept)
			this.keep(mail);
		mail.taken = (await this.#answer_as(socket, cue, '250 2.0.0 taken')) === '2';
		this.perSession[session.index] += mail.taken ? 1 : 0;
		session.to = null;
		session.accepted = false;
	}
}

class Cut extends Error {}

/* Lines and bytes of a socket, awaited one by one; null at its end. */
class Lines {
	#buffer = Buffer.alloc(0);
	#over = false;
	#wake = () => {};

	#socket;
	#more = (more) => {
		this.#buffer = Buffer.concat([this.#buffer, more]);
		this.#wake();
	};

	constructor(socket) {
		this.#socket = socket;
		socket.on('data', this.#more);
		socket.on('close', () => {
			this.#over = true;
			this.#wake();
		});
		socket.on('end', () => {
			this.#over = true;
			this.#wake();
		});
	}

	/** What comes now is another's, as after STARTTLS. */
	leave() {
		this.#socket.off('data', this.#more);
	}

	async line() {
		for (;;) {
			const end = this.#buffer.indexOf('\r\n');

			if (end >= 0) {
				const line = this.#buffer.toString('latin1', 0, end);

				this.#buffer = this.#buffer.subarray(end + 2);
				return line;
			}
			if (this.#over)
				return null;
			await new Promise((done) => (this.#wake = done));
		}
	}

	async bytes(n) {
		while (this.#buffer.length < n) {
			if (this.#over)
				return null;
			await new Promise((done) => (this.#wake = done));
		}
		const bytes = this.#buffer.toString('latin1', 0, n);

		this.#buffer = this.#buffer.subarray(n);
		return bytes;
	}
}
