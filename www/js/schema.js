// Reads a tool's JSON Schema as far as a form can show it. What is beyond that is entered as JSON.

/**
 * The fields of an input schema: `{ name, kind, required, label, description, ... }` with `kind` one of
 * "text", "number", "integer", "boolean", "choice" (`options: [{ label, value }]`) and "json".
 */
export function fieldsOf(inputSchema) {
  const root = resolve(inputSchema ?? {}, inputSchema);
  const required = new Set(Array.isArray(root.required) ? root.required : []);
  return Object.entries(root.properties ?? {}).map(([name, schema]) => ({
    name, required: required.has(name), ...fieldOf(schema, inputSchema),
  }));
}

function fieldOf(given, root) {
  const outer = resolve(given, root);
  const schema = withoutNull(outer, root);
  const common = {
    label: outer.title ?? schema.title,
    description: outer.description ?? schema.description,
    initial: outer.default ?? schema.default ?? undefined, // null says "left out"
  };
  const options = optionsOf(schema);
  if (options) return { ...common, kind: "choice", options };
  switch (schema.type) {
    case "string":
      return { ...common, kind: "text", minLength: schema.minLength, maxLength: schema.maxLength };
    case "integer":
    case "number":
      return { ...common, kind: schema.type, min: schema.minimum, max: schema.maximum };
    case "boolean":
      return { ...common, kind: "boolean" };
    default:
      return { ...common, kind: "json", expects: schema.type };
  }
}

/** "T or null" is T: an optional argument that is left out says the same. */
function withoutNull(schema, root) {
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => type !== "null");
    return { ...schema, type: types.length === 1 ? types[0] : undefined };
  }
  const branches = (schema.anyOf ?? schema.oneOf)?.map((branch) => resolve(branch, root));
  const real = branches?.filter((branch) => branch.type !== "null");
  return real?.length === 1 ? { ...schema, ...real[0] } : schema;
}

function optionsOf(schema) {
  if (Array.isArray(schema.enum)) {
    return schema.enum.filter((value) => value !== null).map((value) => ({ label: String(value), value }));
  }
  if ("const" in schema) return [{ label: String(schema.const), value: schema.const }];
  const branches = schema.oneOf ?? schema.anyOf;
  if (!branches?.length || !branches.every((branch) => branch && "const" in branch)) return undefined;
  return branches.map((branch) => ({ label: branch.title ?? String(branch.const), value: branch.const }));
}

/** Follows references inside the document; a bound on the depth, for schemas that point at themselves. */
function resolve(schema, root, depth = 0) {
  if (schema === null || typeof schema !== "object") return {};
  const ref = schema.$ref;
  if (typeof ref !== "string" || !ref.startsWith("#/") || depth > 8) return schema;
  let target = root;
  for (const part of ref.slice(2).split("/")) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    target = target !== null && typeof target === "object" && Object.hasOwn(target, key) ? target[key] : undefined;
  }
  const { $ref, ...beside } = schema;
  return { ...resolve(target, root, depth + 1), ...beside };
}
