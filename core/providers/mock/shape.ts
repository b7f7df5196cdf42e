type Schema = Record<string, unknown>;

/** Deep enough for any real tool; a schema that refers to itself ends here. */
const DEEPEST = 8;

/** A value that has the shape of a JSON schema: the same one each time. */
export function shapeOf(schema: unknown): unknown {
  return shape(schema, isSchema(schema) ? schema : {}, 0);
}

function shape(schema: unknown, root: Schema, depth: number): unknown {
  if (!isSchema(schema) || depth > DEEPEST) return null;
  for (const known of ['const', 'default'] as const) {
    if (known in schema) return schema[known];
  }
  for (const list of [schema.enum, schema.examples]) {
    if (Array.isArray(list) && list.length > 0) return list[0];
  }
  if (typeof schema.$ref === 'string') return shape(lookUp(schema.$ref, root), root, depth + 1);
  const branches = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(branches)) return shape(branches[0], root, depth + 1);
  if (Array.isArray(schema.allOf)) {
    const merged = Object.assign({}, ...schema.allOf.filter(isSchema)) as Schema;
    return shape(merged, root, depth + 1);
  }
  return valueOf(schema, root, depth);
}

function valueOf(schema: Schema, root: Schema, depth: number): unknown {
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  const make =
    BY_TYPE[typeof type === 'string' ? type : isSchema(schema.properties) ? 'object' : ''];
  return make === undefined ? {} : make(schema, root, depth);
}

const BY_TYPE: Readonly<Record<string, (schema: Schema, root: Schema, depth: number) => unknown>> =
  Object.freeze({
    string: (schema) => textFor(schema),
    number: (schema) => numberFor(schema),
    integer: (schema) => Math.ceil(numberFor(schema)),
    boolean: () => true,
    null: () => null,
    array: (schema, root, depth) => {
      const least = typeof schema.minItems === 'number' ? Math.min(schema.minItems, 100) : 1;
      return Array.from({ length: least }, () => shape(schema.items ?? {}, root, depth + 1));
    },
    object: (schema, root, depth) => {
      const properties = isSchema(schema.properties) ? schema.properties : {};
      return Object.fromEntries(
        Object.entries(properties).map(([name, inner]) => [name, shape(inner, root, depth + 1)]),
      );
    },
  });

const BY_FORMAT: Readonly<Record<string, string>> = Object.freeze({
  date: '2026-01-01',
  'date-time': '2026-01-01T00:00:00Z',
  time: '00:00:00Z',
  email: 'mock@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
});

function textFor(schema: Schema): string {
  const text = BY_FORMAT[String(schema.format)] ?? 'mock';
  const least = typeof schema.minLength === 'number' ? Math.min(schema.minLength, 1000) : 0;
  const most = typeof schema.maxLength === 'number' ? schema.maxLength : Infinity;
  return text.padEnd(least, 'k').slice(0, most);
}

function numberFor(schema: Schema): number {
  if (typeof schema.minimum === 'number') return schema.minimum;
  if (typeof schema.exclusiveMinimum === 'number') return schema.exclusiveMinimum + 1;
  if (typeof schema.maximum === 'number') return Math.min(1, schema.maximum);
  return 1;
}

function lookUp(reference: string, root: Schema): unknown {
  return reference
    .replace(/^#\/?/, '')
    .split('/')
    .filter((step) => step !== '')
    .reduce<unknown>((at, step) => (isSchema(at) ? at[step] : undefined), root);
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
