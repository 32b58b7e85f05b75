/* The statements of a table of SQL rows (sql.def) as the compiler puts them together. */

const TOKEN = /\/\*[^]*?\*\/|"((?:\\.|[^"\\])*)"|#define\s+(\w+)|#undef\s+\w+|\\\n|\w+|[(),\n]|\S/g;

/** [{name, text}] of a source text: SQL(NAME, "…" MACRO "…") rows, and the #define lines between them. */
export function sql_rows(source) {
	const macros = new Map(), rows = [];
	let macro, row;

	for (const [token, string, defined] of source.matchAll(TOKEN)) {
		const text = string !== undefined ? string.replace(/\\(.)/g, '$1') : macros.get(token);

		if (token.startsWith('/*') || token === '\\\n')
			continue;
		if (defined)
			macros.set(macro = defined, '');
		else if (token === '\n')
			macro = undefined;
		else if (macro && text !== undefined)
			macros.set(macro, macros.get(macro) + text);
		else if (token === 'SQL' && !macro)
			row = { text: '' };
		else if (row && text !== undefined)
			row.text += text;
		else if (row && !row.name && /^\w/.test(token))
			row.name = token;
		else if (row?.name && token === ')') {
			rows.push(row);
			row = undefined;
		}
	}
	return rows;
}
