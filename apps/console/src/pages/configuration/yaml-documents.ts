/** One of the documents of a YAML file. */
export interface DocumentText {
  readonly text: string;
  /** Offset of its first character in the file. */
  readonly from: number;
  /** Offset behind its last one, where the next `---` begins. */
  readonly to: number;
}

/** The documents of a file, empty ones included; `---` at the start of a line parts them, even in a block of text. */
export function documentsOf(content: string): DocumentText[] {
  const documents: DocumentText[] = [];
  let from = 0;
  for (const { index, 0: separator } of content.matchAll(/^---(?=[ \t\r\n]|$)[^\n]*\n?/gm)) {
    documents.push({ text: content.slice(from, index), from, to: index });
    from = index + separator.length;
  }
  documents.push({ text: content.slice(from), from, to: content.length });
  return documents;
}

/** The document in which an offset lies. */
export function documentAt(content: string, offset: number): DocumentText {
  const documents = documentsOf(content);
  return (
    documents.findLast(({ from }) => from <= offset) ?? {
      text: content,
      from: 0,
      to: content.length,
    }
  );
}

/** A file with a document added at its end. */
export function withDocument(content: string, document: string): string {
  if (content.trim() === '') return document;
  const ended = content.endsWith('\n') ? content : `${content}\n`;
  return `${ended}---\n${document}`;
}

/** A file with another text in place of one document. */
export function withDocumentAt(content: string, index: number, document: string): string {
  const place = documentsOf(content)[index];
  if (!place) return withDocument(content, document);
  return content.slice(0, place.from) + document + content.slice(place.to);
}
