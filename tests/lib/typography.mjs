// French typography over the templates: what people read must have no-break spaces before : ; ? ! and inside « »,
// the apostrophe ’, the ellipsis …, and no double space. Run: node tests/lib/typography.mjs [DIR…]; prints file:line: what, exits 1 if anything.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const NB = '\u00a0\u202f';

const rules = [
  [/ [:;?!»]/u, 'plain space before a sign that wants a no-break one'],
  [/« /u, 'plain space after «'],
  [new RegExp(`«[^${NB} ]`, 'u'), 'no space after «'],
  [new RegExp(`[^${NB} ]»`, 'u'), 'no space before »'],
  [new RegExp(`[^${NB} \\d?!][:;?!](?=[ ${NB}]|$)`, 'u'), 'no space before : ; ? or !'],
  [/\p{L}'\p{L}/u, "straight apostrophe (') in a word"],
  [/"/u, 'straight quotation mark'],
  [/\.\.\./u, 'three dots instead of …'],
  [new RegExp(`[ ${NB}]{2,}`, 'u'), 'double space'],
  [new RegExp(`[ ${NB}][,.](?![\\w.])`, 'u'), 'space before a comma or full stop'],
];

const blank = (s) => s.replace(/[^\n]/gu, '');

// Only what people read, one line for one line. A variable counts as a letter, a section or part sign as nothing.
export function readable(file, text) {
  const words = text.replace(/\{\{[#^/>][^}]*\}\}/gu, '').replace(/\{\{[^}]*\}\}/gu, 'x');
  if (!file.endsWith('.html')) return words.replace(/https?:\S+/gu, 'x').replace(/^[A-Z][\w-]*: /gmu, '');
  return words
    .replace(/<!--[\s\S]*?-->|<style[\s\S]*?<\/style>/gu, blank)
    .replace(/<[^>]*>/gu, (tag) => {
      const said = [...tag.matchAll(/\s(?:alt|title|aria-label|placeholder)="([^"]*)"/gu)].map((m) => m[1]);
      return said.length > 0 ? `\n${said.join('\n')}\n`.replace(/\n/gu, '\v') : blank(tag);
    })
    .replace(/&(?:nbsp|#160|#8239);/gu, '\u00a0')
    .replace(/&[a-z0-9#]+;/giu, 'x');
}

export function faults(file, text) {
  const found = [];
  readable(file, text).split('\n').forEach((line, i) => {
    for (const words of line.split('\v'))
      for (const [wrong, why] of rules) {
        const at = wrong.exec(words.trim());
        if (at) found.push(`${file}:${i + 1}: ${why}: “${words.trim().slice(Math.max(0, at.index - 20), at.index + 20)}”`);
      }
  });
  return found;
}

function* files(path) {
  if (!statSync(path).isDirectory()) return yield path;
  for (const name of readdirSync(path)) yield* files(join(path, name));
}

function main(paths) {
  const all = paths.flatMap((p) => [...files(p)]).filter((f) => /\.(html|txt)$/u.test(f));
  const found = all.flatMap((f) => faults(f, readFileSync(f, 'utf8')));
  for (const line of found) console.log(line);
  if (found.length === 0) console.log(`typography: ${all.length} files, nothing to mend`);
  process.exitCode = found.length > 0 || all.length === 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  main(process.argv.length > 2 ? process.argv.slice(2) : [join(top, 'portal', 'theme')]);
