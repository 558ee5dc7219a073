// Reads a JSON Schema as far as a form can show it. What is beyond that is entered as JSON.
//
// A schema is a server's: it may point at itself, be huge, or name its members "__proto__". So nothing is followed before
// it is shown, and members are looked up as own ones only.

const mostFields = 200;
const mostOptions = 500;

/**
 * What to show for a schema: `{ kind, label, description, initial, … }` with `kind` one of
 * - "text" (`format`, `minLength`, `maxLength`), "number" and "integer" (`min`, `max`, `above`, `below`, `step`), "boolean";
 * - "choice" (`options: [{ label, value }]`), "choices" (several of them; `least`, `most`);
 * - "object" (`fields(initial)`: `[{ name, required, node }]`), "list" (`item(initial)`, `least`, `most`, `unique`);
 * - "variants" (`variants: [{ label, node() }]`), and "json" (`expects`: a JSON type) for all else.
 */
export function describe(given, root = given) {
  const outer = resolve(given, root);
  const schema = withoutNull(outer, root);
  const common = {
    label: text(outer.title) ?? text(schema.title),
    description: text(outer.description) ?? text(schema.description),
    initial: outer.default ?? schema.default ?? undefined, // null says "left out"
  };
  return { ...common, ...shape(schema, root) };
}

function shape(schema, root) {
  const options = optionsOf(schema);
  if (options) return { kind: "choice", options };
  const branches = schema.oneOf ?? schema.anyOf;
  if (Array.isArray(branches) && branches.length > 1 && branches.length <= 20) return { kind: "variants", variants: variantsOf(branches, schema, root) };
  switch (schema.type ?? (isObject(schema.properties) ? "object" : undefined)) {
    case "string": {
      const { format, minLength, maxLength, pattern } = schema;
      return { kind: "text", format, minLength, maxLength, pattern: text(pattern) };
    }
    case "integer":
    case "number":
      return {
        kind: schema.type, min: schema.minimum, max: schema.maximum, above: schema.exclusiveMinimum, below: schema.exclusiveMaximum,
        step: schema.multipleOf,
      };
    case "boolean":
      return { kind: "boolean" };
    case "object":
      return objectOf(schema, root);
    case "array":
      return listOf(schema, root);
    default:
      return { kind: "json", expects: text(schema.type) };
  }
}

function objectOf(schema, root) {
  const properties = isObject(schema.properties) ? Object.entries(schema.properties) : [];
  // A map of any keys, or more than a person fills in: as JSON.
  const isMap = properties.length === 0 && isObject(schema.additionalProperties);
  if (isMap || properties.length > mostFields) return { kind: "json", expects: "object" };
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const fields = (initial) => properties.map(([name, member]) => {
    const node = describe(member, root);
    if (isObject(initial) && Object.hasOwn(initial, name)) node.initial = initial[name] ?? undefined;
    return { name, required: required.has(name), node };
  });
  return { kind: "object", fields };
}

function listOf(schema, root) {
  const { minItems: least = 0, maxItems: most = Infinity, uniqueItems: unique = false } = schema;
  const items = resolve(schema.items, root);
  const options = optionsOf(items);
  if (options) return { kind: "choices", options, least, most };
  if (!isObject(schema.items) || schema.prefixItems !== undefined) return { kind: "json", expects: "array" };
  const item = (initial) => {
    const node = describe(schema.items, root);
    return initial === undefined ? node : { ...node, initial };
  };
  return { kind: "list", item, least, most, unique };
}

function variantsOf(branches, schema, root) {
  const { oneOf, anyOf, ...beside } = schema;
  return branches.map((branch, i) => {
    const resolved = resolve(branch, root);
    const label = text(resolved.title) ?? text(resolved.type) ?? `variant ${i + 1}`;
    const node = () => ({ ...describe({ ...beside, ...resolved, default: resolved.default }, root), label, description: text(resolved.description) });
    return { label, node };
  });
}

/** "T or null" is T: an optional argument that is left out says the same. */
function withoutNull(schema, root) {
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => type !== "null");
    return { ...schema, type: types.length === 1 ? types[0] : undefined };
  }
  const branches = schema.anyOf ?? schema.oneOf;
  if (!Array.isArray(branches) || branches.length > mostOptions) return schema;
  const real = branches.map((branch) => resolve(branch, root)).filter((branch) => branch.type !== "null");
  if (real.length === branches.length) return schema;
  const { anyOf, oneOf, ...beside } = schema;
  return real.length === 1 ? { ...beside, ...real[0] } : { ...beside, anyOf: real };
}

function optionsOf(schema) {
  if (Array.isArray(schema.enum) && schema.enum.length <= mostOptions) {
    const names = Array.isArray(schema.enumNames) ? schema.enumNames : [];
    return schema.enum.map((value, i) => ({ label: String(names[i] ?? labelOf(value)), value })).filter(({ value }) => value !== null);
  }
  if (Object.hasOwn(schema, "const")) return [{ label: labelOf(schema.const), value: schema.const }];
  const branches = schema.oneOf ?? schema.anyOf;
  const isConst = (branch) => isObject(branch) && Object.hasOwn(branch, "const");
  if (!Array.isArray(branches) || branches.length === 0 || !branches.every(isConst)) return undefined;
  return branches.slice(0, mostOptions).map((branch) => ({ label: text(branch.title) ?? labelOf(branch.const), value: branch.const }));
}

/** Follows references inside the document, and joins `allOf`; a bound on the depth, for schemas that point at themselves. */
function resolve(schema, root, depth = 0) {
  if (!isObject(schema)) return {};
  const { $ref, allOf, ...beside } = schema;
  if (depth > 8) return beside;
  if (typeof $ref === "string" && $ref.startsWith("#")) {
    let target = root;
    for (const part of $ref.slice(2).split("/").filter((part) => part !== "")) {
      const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
      target = target !== null && typeof target === "object" && Object.hasOwn(target, key) ? target[key] : undefined;
    }
    return { ...resolve(target, root, depth + 1), ...beside };
  }
  if (!Array.isArray(allOf)) return schema;
  return allOf.slice(0, 20).map((part) => resolve(part, root, depth + 1)).reduce((all, part) => ({
    ...part, ...all,
    ...(all.properties || part.properties ? { properties: { ...part.properties, ...all.properties } } : {}),
    ...(all.required || part.required ? { required: [all.required, part.required].flat().filter(Boolean) } : {}),
  }), beside);
}

export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const text = (value) => (typeof value === "string" && value !== "" ? value : undefined);
const labelOf = (value) => (typeof value === "string" ? value : JSON.stringify(value) ?? "");
