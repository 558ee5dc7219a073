// Reads the parts of a JSON Schema that a form can show. Other parts are entered as JSON.
//
// A schema is a server's: it may point at itself, be huge, or name its members "__proto__". So parts are read when they are shown,
// members are looked up as own ones only, and a reader counts what it reads: a small schema can describe an endless one.
import { toText } from "./format.js";

const mostFields = 200;
const mostOptions = 500;
const mostVariants = 20;
const mostParts = 20; // of one allOf
const mostRefLength = 1000; // characters
/** How many schema nodes and members a form reads of one schema before its arguments are entered as JSON. */
export const mostNodes = 10_000;
/** How many references and `allOf` may lead to one another. */
export const mostDepth = 32;

/** A schema that is larger or deeper than a form reads. The message says which limit it exceeds. */
export class SchemaLimitError extends Error {
  name = "SchemaLimitError";
}

/** Reads one schema. Every node is resolved and described once, so that many references to one node cost as much as one. */
export class SchemaReader {
  /** Schema nodes and members read so far. */
  nodes = 0;
  #root;
  #resolved = new Map(); // node -> itself with its references followed; undefined while that is under way
  #described = new Map(); // node with its references followed -> description

  constructor(root) {
    this.#root = root;
  }

  /**
   * The description of a node of the schema: `{ kind, label, description, initial, … }` with `kind` one of
   * - "text" (`format`, `minLength`, `maxLength`), "number" and "integer" (`min`, `max`, `above`, `below`, `step`), "boolean";
   * - "choice" (`options: [{ label, value }]`), "choices" (several of them; `least`, `most`);
   * - "object" (`fields(initial)`: `[{ name, required, node() }]`), "list" (`item(initial)`, `least`, `most`, `unique`);
   * - "variants" (`variants: [{ label, node() }]`), and "json" (`expects`: a JSON type) for all else.
   * @throws {SchemaLimitError}
   */
  describe(given) {
    const outer = this.resolve(given);
    let described = this.#described.get(outer);
    if (!described) {
      const schema = this.#withoutNull(outer);
      described = {
        label: text(outer.title) ?? text(schema.title),
        description: text(outer.description, 4000) ?? text(schema.description, 4000),
        initial: outer.default ?? schema.default ?? undefined, // null says "left out"
        ...this.#shape(schema),
      };
      this.#described.set(outer, described);
    }
    return { ...described };
  }

  /** Follows references inside the document and joins `allOf`. A node that refers to itself adds nothing to itself. */
  resolve(schema, depth = 0) {
    if (!isObject(schema)) return {};
    this.#read(1);
    if (schema.$ref === undefined && schema.allOf === undefined) return schema;
    if (this.#resolved.has(schema)) return this.#resolved.get(schema) ?? {};
    if (depth > mostDepth) throw new SchemaLimitError(`This schema has more than ${mostDepth} references that lead to one another.`);
    this.#resolved.set(schema, undefined);
    const resolved = this.#follow(schema, depth);
    this.#resolved.set(schema, resolved);
    return resolved;
  }

  #follow({ $ref, allOf, ...beside }, depth) {
    this.#read(Object.keys(beside).length);
    if (typeof $ref === "string" && $ref.startsWith("#")) {
      const target = this.resolve(this.#target($ref), depth + 1);
      return Object.keys(beside).length === 0 ? target : this.#joined(beside, target, false);
    }
    const parts = Array.isArray(allOf) ? allOf.slice(0, mostParts) : [];
    return parts.reduce((all, part) => this.#joined(all, this.resolve(part, depth + 1), true), beside);
  }

  /** `over` and what `under` adds to it; `deep` joins their properties, too. */
  #joined(over, under, deep) {
    this.#read(Object.keys(under).length);
    const joined = { ...under, ...over };
    if (!deep) return joined;
    if (isObject(over.properties) && isObject(under.properties)) {
      this.#read(Object.keys(under.properties).length + Object.keys(over.properties).length);
      joined.properties = { ...under.properties, ...over.properties };
    }
    if (Array.isArray(over.required) && Array.isArray(under.required)) {
      this.#read(over.required.length + under.required.length);
      joined.required = [...new Set([...over.required, ...under.required])];
    }
    return joined;
  }

  #target($ref) {
    if ($ref.length > mostRefLength) return undefined;
    let target = this.#root;
    for (const part of $ref.slice(2).split("/").filter((part) => part !== "")) {
      const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
      target = target !== null && typeof target === "object" && Object.hasOwn(target, key) ? target[key] : undefined;
    }
    return target;
  }

  #read(nodes) {
    this.nodes += nodes;
    if (this.nodes > mostNodes) throw new SchemaLimitError(`This schema has more than ${mostNodes.toLocaleString("en")} parts.`);
  }

  #shape(schema) {
    const options = this.#optionsOf(schema);
    if (options) return { kind: "choice", options };
    const branches = schema.oneOf ?? schema.anyOf;
    if (Array.isArray(branches) && branches.length > 1 && branches.length <= mostVariants) return { kind: "variants", variants: this.#variantsOf(branches, schema) };
    switch (schema.type ?? (isObject(schema.properties) ? "object" : undefined)) {
      case "string":
        return { kind: "text", format: text(schema.format), minLength: number(schema.minLength), maxLength: number(schema.maxLength), pattern: text(schema.pattern) };
      case "integer":
      case "number":
        return {
          kind: schema.type, min: number(schema.minimum), max: number(schema.maximum),
          above: number(schema.exclusiveMinimum), below: number(schema.exclusiveMaximum), step: number(schema.multipleOf),
        };
      case "boolean":
        return { kind: "boolean" };
      case "object":
        return this.#objectOf(schema);
      case "array":
        return this.#listOf(schema);
      default:
        return { kind: "json", expects: text(schema.type) };
    }
  }

  #objectOf(schema) {
    const properties = isObject(schema.properties) ? Object.entries(schema.properties) : [];
    // A map of any keys, or more than a person fills in: as JSON.
    const isMap = properties.length === 0 && isObject(schema.additionalProperties);
    if (isMap || properties.length > mostFields) return { kind: "json", expects: "object" };
    const required = new Set(Array.isArray(schema.required) ? schema.required : []);
    const fields = (initial) => properties.map(([name, member]) => ({
      name,
      required: required.has(name),
      node: () => {
        const node = this.describe(member);
        return isObject(initial) && Object.hasOwn(initial, name) ? { ...node, initial: initial[name] ?? undefined } : node;
      },
    }));
    return { kind: "object", fields };
  }

  #listOf(schema) {
    const least = number(schema.minItems) ?? 0;
    const most = number(schema.maxItems) ?? Infinity;
    const options = this.#optionsOf(this.resolve(schema.items));
    if (options) return { kind: "choices", options, least, most };
    if (!isObject(schema.items) || schema.prefixItems !== undefined) return { kind: "json", expects: "array" };
    const item = (initial) => {
      const node = this.describe(schema.items);
      return initial === undefined ? node : { ...node, initial };
    };
    return { kind: "list", item, least, most, unique: schema.uniqueItems === true };
  }

  #variantsOf(branches, schema) {
    const { oneOf, anyOf, ...beside } = schema;
    return branches.map((branch, i) => {
      const resolved = this.resolve(branch);
      const label = text(resolved.title) ?? text(resolved.type) ?? `variant ${i + 1}`;
      let node;
      return {
        label,
        node: () => {
          this.#read(Object.keys(resolved).length);
          node ??= { ...this.describe(this.#joined({ ...resolved, default: resolved.default }, beside, false)), label, description: text(resolved.description, 4000) };
          return { ...node };
        },
      };
    });
  }

  /** "T or null" is T: an optional argument that is left out says the same. */
  #withoutNull(schema) {
    if (Array.isArray(schema.type)) {
      const types = schema.type.filter((type) => type !== "null");
      return { ...schema, type: types.length === 1 ? types[0] : undefined };
    }
    const branches = schema.anyOf ?? schema.oneOf;
    if (!Array.isArray(branches) || branches.length > mostOptions) return schema;
    const real = branches.map((branch) => this.resolve(branch)).filter((branch) => branch.type !== "null");
    if (real.length === branches.length) return schema;
    const { anyOf, oneOf, ...beside } = schema;
    return real.length === 1 ? this.#joined(real[0], beside, false) : { ...beside, anyOf: real };
  }

  #optionsOf(schema) {
    if (Array.isArray(schema.enum) && schema.enum.length <= mostOptions) {
      this.#read(schema.enum.length);
      const names = Array.isArray(schema.enumNames) ? schema.enumNames : [];
      return schema.enum.map((value, i) => ({ label: toText(names[i] ?? labelOf(value)), value })).filter(({ value }) => value !== null);
    }
    if (Object.hasOwn(schema, "const")) return [{ label: labelOf(schema.const), value: schema.const }];
    const branches = schema.oneOf ?? schema.anyOf;
    const isConst = (branch) => isObject(branch) && Object.hasOwn(branch, "const");
    if (!Array.isArray(branches) || branches.length === 0 || !branches.every(isConst)) return undefined;
    this.#read(Math.min(branches.length, mostOptions));
    return branches.slice(0, mostOptions).map((branch) => ({ label: text(branch.title) ?? labelOf(branch.const), value: branch.const }));
  }
}

export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const text = (value, most = 300) => (typeof value === "string" && value !== "" ? toText(value, most) : undefined);
const number = (value) => (Number.isFinite(value) ? value : undefined);
const labelOf = (value) => (value === null ? "null" : toText(value));
