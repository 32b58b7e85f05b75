/*
 * One connection to the portal, by which times of answers are taken: requests one after the other, nothing between the clock and the socket.
 * For many requests from one place; an elector with cookies and forms is elector.mjs.
 */
import net from 'node:net';

/** Set-Cookie's name=value, as a browser would send it back. */
export function cookie_of(answer) {
	return (answer.headers['set-cookie'] ?? '').split(';')[0];
}

export class Wire {
	constructor(demo) {
		this.demo = demo;
		this.port = Number(new URL(demo.origin).port);
	}

	#open() {
		return new Promise((done, fail) => {
			const socket = net.connect({ port: this.port, host: '127.0.0.1', noDelay: true }).once('connect', done).once('error', fail);
			socket.on('close', () => { this.socket = this.socket === socket ? undefined : this.socket; });
			this.socket = socket;
		});
	}

	/** {status, headers, text, ms}: the time from the first byte sent to the last received. */
	async ask(method, path, { cookie = '', form } = {}) {
		const body = form === undefined ? '' : new URLSearchParams(form).toString();
		const head = [`${method} ${path} HTTP/1.1`, `Host: 127.0.0.1:${this.port}`, ...(cookie ? [`Cookie: ${cookie}`] : []),
			...(form === undefined ? [] : [`Origin: ${this.demo.origin}`, 'Content-Type: application/x-www-form-urlencoded', `Content-Length: ${Buffer.byteLength(body)}`])];

		if (!this.socket)
			await this.#open();
		const answer = await this.#exchange(`${head.join('\r\n')}\r\n\r\n${body}`);
		if (answer.headers.connection === 'close')
			this.close();
		return answer;
	}

	#exchange(request) {
		const { socket } = this;

		return new Promise((done, fail) => {
			const chunks = [];
			let size = 0, whole = Infinity, head;
			const on_data = (chunk) => {
				chunks.push(chunk);
				size += chunk.length;
				if (!head)
					[head, whole] = read_head(chunks);
				if (size < whole)
					return;
				const ms = Number(process.hrtime.bigint() - began) / 1e6;
				socket.off('data', on_data).off('close', on_close);
				done({ ...head, ms, text: Buffer.concat(chunks).subarray(head.size).toString() });
			};
			const on_close = () => fail(new Error(`the connection ended in mid-answer to ${request.split('\r\n')[0]}`));
			socket.on('data', on_data).once('close', on_close);
			const began = process.hrtime.bigint();
			socket.write(request);
		});
	}

	close() {
		this.socket?.destroy();
		this.socket = undefined;
	}
}

/* Status and headers once they are all there, and how long head and body are together. */
function read_head(chunks) {
	const bytes = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks), end = bytes.indexOf('\r\n\r\n');

	if (end < 0)
		return [undefined, Infinity];
	const [first, ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
	const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]));
	const size = end + 4;
	return [{ status: Number(first.split(' ')[1]), headers, names: lines.map((line) => line.split(':')[0]), size }, size + Number(headers['content-length'] ?? 0)];
}
