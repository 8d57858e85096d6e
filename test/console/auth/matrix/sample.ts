/** A value that a schema of the operator API accepts, made from the schema itself, so that a new route needs no line here. */
import * as z from 'zod';

type Schema = Readonly<Record<string, unknown>>;

/** By the name of a field; ids are those of the world. */
export type Known = Readonly<Record<string, unknown>>;

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null;
const listed = (value: unknown): readonly Schema[] => (Array.isArray(value) ? value.filter(isSchema) : []);

/** Required fields, and those that are known by name. */
export function sampleOf(type: z.ZodType, known: Known): unknown {
  return sample(z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' }), '', known);
}

function sample(schema: Schema, name: string, known: Known): unknown {
  if (Object.hasOwn(known, name)) return known[name];
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum'])) return (schema['enum'] as unknown[])[0];
  const [first] = [...listed(schema['anyOf']), ...listed(schema['oneOf']), ...listed(schema['allOf'])];
  if (first !== undefined) return sample(first, name, known);
  switch (schema['type']) {
    case 'object':
      return fieldsOf(schema, known);
    case 'array':
      return isSchema(schema['items']) ? [sample(schema['items'], name.replace(/s$/, ''), known)] : [];
    case 'integer':
    case 'number':
      return typeof schema['minimum'] === 'number' && schema['minimum'] > 0 ? schema['minimum'] : 0;
    case 'boolean':
      return true;
    case 'string':
      return schema['format'] === 'date-time' ? known['time'] : 'a sample of text';
    default:
      return null;
  }
}

function fieldsOf(schema: Schema, known: Known): Record<string, unknown> {
  const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
  const properties = isSchema(schema['properties']) ? schema['properties'] : {};
  const wanted = Object.entries(properties).filter(([name]) => required.includes(name) || Object.hasOwn(known, name));
  return Object.fromEntries(
    wanted.flatMap(([name, field]) => (isSchema(field) ? [[name, sample(field, name, known)]] : [])),
  );
}
