/**
 * Counts what a wasm module executes, as Shopify's runtime counts a Function's instructions: every one but nop, drop, block,
 * loop, else, end, unreachable and return. A counter is laid into the binary: an exported global that each straight piece of
 * code raises by its length before it runs.
 */

/** The exported global's name. */
export const FUEL = "__fuel";

const CUSTOM = 0;
const IMPORT = 2;
const GLOBAL = 6;
const EXPORT = 7;
const CODE = 10;
const I64 = 0x7e;
const END = 0x0b;
/** unreachable nop block loop else end return drop. */
const FREE = new Set([0x00, 0x01, 0x02, 0x03, 0x05, 0x0b, 0x0f, 0x1a]);
/** After these another piece of code begins: control goes elsewhere, or comes from elsewhere. */
const PIECE_ENDS = new Set([0x00, 0x02, 0x03, 0x04, 0x05, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f]);

class Reader {
  at: number;
  constructor(readonly bytes: Uint8Array, at = 0) {
    this.at = at;
  }
  byte(): number {
    return this.bytes[this.at++] ?? 0;
  }
  /** An unsigned LEB128. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }
  skipNumber(): void {
    while (this.byte() >= 128);
  }
  skip(count: number): void {
    this.at += count;
  }
}

function encode(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; ) {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    if (rest === 0) return [...bytes, byte];
    bytes.push(byte | 128);
  }
}

/** A signed LEB128 of a number that is not negative. */
function encodeSigned(value: number): number[] {
  const bytes = encode(value);
  const last = bytes[bytes.length - 1] ?? 0;
  return last & 64 ? [...bytes.slice(0, -1), last | 128, 0] : bytes;
}

interface Section {
  id: number;
  start: number;
  end: number;
}

/** The module with the counter in it. Knows what a module of QuickJS holds; throws on anything else. */
export function withFuel(wasm: Uint8Array): Uint8Array<ArrayBuffer> {
  const sections = readSections(wasm);
  const fuel = countGlobals(wasm, sections);
  const written = sections.map((section) => {
    const body = wasm.subarray(section.start, section.end);
    switch (section.id) {
      case GLOBAL:
        return bytesOf(GLOBAL, [appended(body, [I64, 1, 0x42, 0, END])]);
      case EXPORT:
        return bytesOf(EXPORT, [appended(body, [FUEL.length, ...new TextEncoder().encode(FUEL), 3, ...encode(fuel)])]);
      case CODE:
        return bytesOf(CODE, meteredBodies(wasm, section, encode(fuel)));
      default:
        return bytesOf(section.id, [body]);
    }
  });
  if (![GLOBAL, EXPORT, CODE].every((id) => sections.some((section) => section.id === id))) throw new Error("the module has no globals, exports or code");
  return concat([wasm.subarray(0, 8), ...written]);
}

function readSections(wasm: Uint8Array): Section[] {
  const sections: Section[] = [];
  const reader = new Reader(wasm, 8);
  while (reader.at < wasm.length) {
    const id = reader.byte();
    const length = reader.number();
    if (id !== CUSTOM) sections.push({ id, start: reader.at, end: reader.at + length });
    reader.skip(length);
  }
  return sections;
}

/** How many globals there are, imported and own: the index of the one that is added. */
function countGlobals(wasm: Uint8Array, sections: Section[]): number {
  const own = sections.find(({ id }) => id === GLOBAL);
  let count = own ? new Reader(wasm, own.start).number() : 0;
  const imports = sections.find(({ id }) => id === IMPORT);
  if (!imports) return count;
  const reader = new Reader(wasm, imports.start);
  for (let left = reader.number(); left > 0; left--) {
    reader.skip(reader.number());
    reader.skip(reader.number());
    if (skipImport(reader)) count++;
  }
  return count;
}

/** Passes what is imported; true for a global. */
function skipImport(reader: Reader): boolean {
  const kind = reader.byte();
  if (kind === 0) reader.skipNumber();
  else if (kind === 1 || kind === 2) skipLimits(reader, kind === 1);
  else if (kind === 3) reader.skip(2);
  else throw new Error(`an import of kind ${kind}`);
  return kind === 3;
}

function skipLimits(reader: Reader, isTable: boolean): void {
  if (isTable) reader.skip(1);
  const hasMaximum = reader.byte() & 1;
  reader.skipNumber();
  if (hasMaximum) reader.skipNumber();
}

/** A vector's bytes with one more element. */
function appended(vector: Uint8Array, element: number[]): Uint8Array {
  const reader = new Reader(vector);
  const count = reader.number();
  return concat([Uint8Array.from(encode(count + 1)), vector.subarray(reader.at), Uint8Array.from(element)]);
}

function meteredBodies(wasm: Uint8Array, section: Section, fuel: number[]): Uint8Array[] {
  const reader = new Reader(wasm, section.start);
  const count = reader.number();
  const bodies: Uint8Array[] = [Uint8Array.from(encode(count))];
  for (let left = count; left > 0; left--) {
    const length = reader.number();
    const body = meteredBody(wasm, reader.at, reader.at + length, fuel);
    bodies.push(Uint8Array.from(encode(body.length)), body);
    reader.skip(length);
  }
  return bodies;
}

function meteredBody(wasm: Uint8Array, start: number, end: number, fuel: number[]): Uint8Array {
  const reader = new Reader(wasm, start);
  for (let locals = reader.number(); locals > 0; locals--) {
    reader.skipNumber();
    reader.skip(1);
  }
  const parts = [wasm.subarray(start, reader.at)];
  let pieceStart = reader.at;
  // Entering the function counts as one.
  let cost = 1;
  while (reader.at < end) {
    const op = reader.byte();
    skipOperands(reader, op);
    if (!FREE.has(op)) cost++;
    if (!PIECE_ENDS.has(op) && reader.at < end) continue;
    if (cost > 0) parts.push(Uint8Array.from([0x23, ...fuel, 0x42, ...encodeSigned(cost), 0x7c, 0x24, ...fuel]));
    parts.push(wasm.subarray(pieceStart, reader.at));
    pieceStart = reader.at;
    cost = 0;
  }
  return concat(parts);
}

const isBetween = (op: number, from: number, to: number) => op >= from && op <= to;

/** Passes what stands behind an operation's byte: https://webassembly.github.io/spec/core/binary/instructions.html */
function skipOperands(reader: Reader, op: number): void {
  if (isBetween(op, 0x02, 0x04)) skipBlockType(reader);
  else if (op === 0x0c || op === 0x0d || op === 0x10 || op === 0xd2 || isBetween(op, 0x20, 0x26) || isBetween(op, 0x41, 0x42)) reader.skipNumber();
  else if (op === 0x11) skipNumbers(reader, 2);
  else if (op === 0x0e) skipNumbers(reader, reader.number() + 1);
  else if (op === 0x1c) reader.skip(reader.number());
  else if (isBetween(op, 0x28, 0x3e)) skipNumbers(reader, 2);
  else if (op === 0x3f || op === 0x40 || op === 0xd0) reader.skip(1);
  else if (op === 0x43) reader.skip(4);
  else if (op === 0x44) reader.skip(8);
  else if (op === 0xfc) skipLongOperands(reader, reader.number());
  else if (op > 0xd2) throw new Error(`operation 0x${op.toString(16)} is not known`);
}

function skipLongOperands(reader: Reader, op: number): void {
  // 0 to 7 convert numbers and have none.
  if (op === 8) skipNumbers(reader, 2);
  else if (op === 9 || op === 11) skipNumbers(reader, 1);
  else if (op === 10) skipNumbers(reader, 2);
  else if (op > 7) throw new Error(`operation 0xfc ${op} is not known`);
}

function skipBlockType(reader: Reader): void {
  const isType = isBetween(reader.bytes[reader.at] ?? 0, 0x40, 0x7f);
  if (isType) reader.skip(1);
  else reader.skipNumber();
}

function skipNumbers(reader: Reader, count: number): void {
  for (let left = count; left > 0; left--) reader.skipNumber();
}

function bytesOf(id: number, parts: Uint8Array[]): Uint8Array {
  const body = concat(parts);
  return concat([Uint8Array.from([id, ...encode(body.length)]), body]);
}

function concat(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
