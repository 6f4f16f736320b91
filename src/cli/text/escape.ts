/** What a terminal acts on: controls, marks of direction, separators. The joiners of emoji and of Persian stay. */
const ACTIVE = /(?![\n\t\u200c\u200d])[\p{C}\p{Zl}\p{Zp}]/gu;

/** Text of several lines as a screen may show it, whoever wrote it: everything that acts is written `\u{1b}`. */
export function escapeText(text: string): string {
  return text.replace(ACTIVE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** A sentence in one line. What it quotes is escaped already where it is ours; it may come from elsewhere. */
export function oneLine(sentence: string): string {
  return escapeText(sentence.replace(/\s+/g, ' ').trim());
}

/** The same JSON, pure ASCII where a terminal would act: `JSON.stringify` leaves C1 controls and marks of direction. */
export function escapeJson(json: string): string {
  return json.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, index) => {
      return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
    }).join(''),
  );
}

/** What was given, in quotes, fit for a terminal. */
export function quoted(text: string): string {
  return printable(JSON.stringify(shortened(text)));
}

/** Its first 200 characters. */
export function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** Without anything that a terminal would act on: JSON leaves C1 controls and marks of direction as they are. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}
